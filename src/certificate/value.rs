//! Whether a condition key can have a value that all of some conditions say yes or no to.
//!
//! IAM User Guide, "Single-valued vs. multivalued context keys": a key that comes as a list fulfils no operator for single
//! values, negated or not; a set operator sees a single value as a list of one. A key that the catalogue does not know may
//! come as a list where a set operator is used on it.

use super::literal::{Field, Meaning, Sense, Set, Test};
use super::pattern::Pattern;
use super::product;
use super::scalar;
use crate::catalog::{self, ConditionKey, KeyType};
use crate::policy::condition::Quantifier;

/// What the caller makes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Nothing.
    Free,
    /// The request does not carry it.
    Absent,
    /// It is there: in one of the first and in none of the second.
    Within(Vec<Pattern>, Vec<Pattern>),
}

/// A set that a value must be in, or out of.
type Wanted<'a> = (&'a Set, bool);

/// AWS global condition context keys: every request carries these.
const ALWAYS: [&str; 3] = ["aws:securetransport", "aws:currenttime", "aws:epochtime"];

/// True when the key surely cannot be as all conditions on it want, present or absent.
pub fn is_impossible(key: &str, path: &[Sense<'_>], link: &Link) -> bool {
    let mut wanted: Vec<(&Test, bool)> = Vec::new();
    for (literal, want) in path.iter().filter(|(literal, _)| literal.field == Field::Key(key.to_owned())) {
        let Meaning::Key(test) = &literal.meaning else { continue };
        if path.contains(&(literal, !want)) {
            return true;
        }
        // A statement that may be void can always be escaped from.
        if *want || !literal.doubtful {
            wanted.push((test, *want));
        }
    }
    let fits_absent = |(test, want): &(&Test, bool)| matches!(test.set, Set::Unknown(_)) || test.at_absent == *want;
    let may_be_absent = *link == Link::Absent || (*link == Link::Free && !ALWAYS.contains(&key));
    if may_be_absent && wanted.iter().all(fits_absent) {
        return false;
    }
    if *link == Link::Absent {
        return true;
    }
    let known = catalog::current().key(key);
    let kind = known.map(ConditionKey::kind);
    let one = known.is_none_or(|known| !known.is_list());
    let quantified = wanted.iter().any(|(test, _)| test.quantifier != Quantifier::None);
    let many = known.map_or(quantified, ConditionKey::is_list);
    (!one || no_single(&wanted, link, kind)) && (!many || no_list(&wanted, kind))
}

fn no_single(wanted: &[(&Test, bool)], link: &Link, kind: Option<KeyType>) -> bool {
    let mut all: Vec<Wanted<'_>> = wanted.iter().map(|(test, want)| (&test.set, *want != test.negated)).collect();
    let (inside, outside) = match link {
        Link::Within(inside, outside) => (Set::Text(inside.clone()), Set::Text(outside.clone())),
        Link::Free | Link::Absent => (Set::Everything, Set::Nothing),
    };
    all.extend([(&inside, true), (&outside, false)]);
    no_value(&all, kind)
}

/// A list has a value for each condition that wants one, and all its values fulfil those that speak of all. An empty list is
/// as no key.
fn no_list(wanted: &[(&Test, bool)], kind: Option<KeyType>) -> bool {
    let mut every: Vec<Wanted<'_>> = Vec::new();
    let mut some: Vec<Wanted<'_>> = Vec::new();
    for (test, want) in wanted {
        let one = (&test.set, *want != test.negated);
        match (test.quantifier, want) {
            (Quantifier::None, true) => return true,
            (Quantifier::None, false) => {}
            (Quantifier::All, true) | (Quantifier::Any, false) => every.push(one),
            (Quantifier::Any, true) | (Quantifier::All, false) => some.push(one),
        }
    }
    if some.is_empty() {
        return no_value(&every, kind);
    }
    some.into_iter().any(|one| no_value(&every.iter().copied().chain([one]).collect::<Vec<_>>(), kind))
}

/// The sort of values that a set is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Text,
    Address,
    Number,
    Moment,
    Bool,
    Binary,
}

const SORTS: [Sort; 6] = [Sort::Text, Sort::Address, Sort::Number, Sort::Moment, Sort::Bool, Sort::Binary];

fn sort(set: &Set) -> Option<Sort> {
    match set {
        Set::Text(_) => Some(Sort::Text),
        Set::Address(_) => Some(Sort::Address),
        Set::Number(_) => Some(Sort::Number),
        Set::Moment(_) => Some(Sort::Moment),
        Set::Bool(_) => Some(Sort::Bool),
        Set::Binary(_) => Some(Sort::Binary),
        Set::Everything | Set::Nothing | Set::Unknown(_) => None,
    }
}

/// True when surely no value is in all of some sets and out of others.
fn no_value(wanted: &[Wanted<'_>], kind: Option<KeyType>) -> bool {
    let trivial = |(set, want): &Wanted<'_>| match set {
        Set::Everything => !want,
        Set::Nothing => *want,
        _ => false,
    };
    let contradicted = |(set, want): &Wanted<'_>| wanted.contains(&(set, !want));
    if wanted.iter().any(|one| trivial(one) || contradicted(one)) {
        return true;
    }
    // A handful of texts can be tried one by one.
    let listed = wanted.iter().filter(|(_, want)| *want).find_map(|(set, _)| match set {
        Set::Text(patterns) => patterns.iter().map(Pattern::only_text).collect::<Option<Vec<String>>>(),
        _ => None,
    });
    if listed.is_some_and(|texts| texts.iter().all(|text| wanted.iter().any(|(set, want)| surely(set, text) == Some(!want)))) {
        return true;
    }
    SORTS.into_iter().any(|own| {
        let part: Vec<Wanted<'_>> = wanted.iter().copied().filter(|(set, _)| sort(set) == Some(own)).collect();
        !part.is_empty() && none_of_sort(own, &part, kind)
    })
}

/// Whether a text is in a set, where that is known.
fn surely(set: &Set, text: &str) -> Option<bool> {
    match set {
        Set::Text(patterns) => {
            let hit = patterns.iter().any(|p| p.matches(text));
            let may = patterns.iter().any(|p| p.widened().matches(text));
            (hit == may).then_some(hit)
        }
        Set::Address(ranges) => scalar::address(text).map(|a| in_ranges(ranges, a)),
        Set::Number(intervals) => scalar::number(text).map(|v| intervals.iter().any(|i| i.holds(v * 2))),
        Set::Moment(intervals) => scalar::moment(text).map(|v| intervals.iter().any(|i| i.holds(v * 2))),
        Set::Bool(values) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(values.contains(&true)),
            "false" => Some(values.contains(&false)),
            _ => Some(false),
        },
        Set::Binary(_) | Set::Unknown(_) => None,
        Set::Everything => Some(true),
        Set::Nothing => Some(false),
    }
}

fn in_ranges(ranges: &[scalar::Range], (value, six): (u128, bool)) -> bool {
    ranges.iter().any(|range| range.six == six && (range.low..=range.high).contains(&value))
}

/// The same for sets of one sort.
fn none_of_sort(own: Sort, part: &[Wanted<'_>], kind: Option<KeyType>) -> bool {
    let fulfils = |holds: &dyn Fn(&Set) -> bool| part.iter().all(|(set, want)| holds(set) == *want);
    // Of a key that has no type every text may be a value, and lies in no set of numbers.
    let typed = match own {
        Sort::Text => return texts(part),
        Sort::Address => kind == Some(KeyType::IpAddress),
        Sort::Number => kind == Some(KeyType::Numeric) || kind == Some(KeyType::Date),
        Sort::Moment => kind == Some(KeyType::Date),
        Sort::Bool => kind == Some(KeyType::Bool),
        Sort::Binary => false,
    };
    if !typed && fulfils(&|_| false) {
        return false;
    }
    let intervals = || {
        let all = part.iter().filter_map(|(set, _)| if let Set::Number(i) | Set::Moment(i) = set { Some(i) } else { None });
        all.flatten()
    };
    match own {
        Sort::Number | Sort::Moment => !scalar::points(intervals()).into_iter().any(|value| {
            fulfils(&|set| matches!(set, Set::Number(all) | Set::Moment(all) if all.iter().any(|i| i.holds(value))))
        }),
        Sort::Address => {
            let ranges = part.iter().filter_map(|(set, _)| if let Set::Address(r) = set { Some(r) } else { None });
            !scalar::addresses(ranges.flatten())
                .into_iter()
                .any(|a| fulfils(&|set| matches!(set, Set::Address(ranges) if in_ranges(ranges, a))))
        }
        Sort::Bool => ![true, false].into_iter().any(|b| fulfils(&|set| matches!(set, Set::Bool(all) if all.contains(&b)))),
        Sort::Binary => {
            let mut own = part.iter().filter_map(|(set, _)| if let Set::Binary(all) = set { Some(all) } else { None }).flatten();
            !own.any(|text| fulfils(&|set| matches!(set, Set::Binary(all) if all.contains(text))))
        }
        Sort::Text => false,
    }
}

fn texts(part: &[Wanted<'_>]) -> bool {
    let pick = |sense: bool| -> Vec<&[Pattern]> {
        let fits = part.iter().filter(|(_, want)| *want == sense);
        fits.filter_map(|(set, _)| if let Set::Text(all) = set { Some(all.as_slice()) } else { None }).collect()
    };
    product::is_empty(&pick(true), &pick(false))
}
