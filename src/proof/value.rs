//! What a condition says of one value, and the theory of one value: is there a value that all of some atoms say yes or no to.

use super::pattern::Pattern;
use super::scalar::{self, Net, ONE, SECOND, Span};
use super::strings::{self, Side, Solved};
use crate::catalog::KeyType;

/// A set of values, by how an operator compares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    /// Text that some pattern matches.
    Text(Vec<Pattern>),
    /// Addresses in some range.
    Address(Vec<Net>),
    /// Numbers.
    Number(Vec<Span>),
    /// Moments.
    Moment(Vec<Span>),
    /// `true` or `false`.
    Bool(Vec<bool>),
    /// Base64 text.
    Binary(Vec<String>),
    /// Every value: only whether there is one counts.
    Anything,
    /// No value: an operator for single values on a key that comes as a list.
    Nothing,
    /// An operator or values of which nothing is known, by their text.
    Opaque(String),
}

/// The sort of value an atom is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Text,
    Address,
    Number,
    Moment,
    Bool,
    Binary,
}

impl Atom {
    fn sort(&self) -> Option<Sort> {
        match self {
            Self::Text(_) => Some(Sort::Text),
            Self::Address(_) => Some(Sort::Address),
            Self::Number(_) => Some(Sort::Number),
            Self::Moment(_) => Some(Sort::Moment),
            Self::Bool(_) => Some(Sort::Bool),
            Self::Binary(_) => Some(Sort::Binary),
            Self::Anything | Self::Nothing | Self::Opaque(_) => None,
        }
    }

    /// True when it holds a variable: which values it means is then not known.
    pub fn has_variable(&self) -> bool {
        matches!(self, Self::Text(patterns) if patterns.iter().any(Pattern::has_variable))
    }

    /// Whether a value is in the set; `None` where that cannot be told.
    fn holds(&self, value: &str) -> Option<bool> {
        Some(match self {
            Self::Text(patterns) => {
                let hit = patterns.iter().any(|p| !p.has_variable() && p.matches(value));
                if !hit && self.has_variable() {
                    return None;
                }
                hit
            }
            Self::Address(nets) => scalar::address_value(value).is_some_and(|a| nets.iter().any(|n| n.holds(a))),
            Self::Number(spans) => scalar::number(value).is_some_and(|v| spans.iter().any(|s| s.holds(v))),
            Self::Moment(spans) => scalar::moment(value).is_some_and(|v| spans.iter().any(|s| s.holds(v))),
            Self::Bool(values) => values.iter().any(|b| value.eq_ignore_ascii_case(if *b { "true" } else { "false" })),
            Self::Binary(values) => values.iter().any(|v| v == value),
            Self::Anything => true,
            Self::Nothing => false,
            Self::Opaque(_) => return None,
        })
    }

    /// Whether every value of `other` is in this set. Sound; it may miss a containment.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Anything, _) | (_, Self::Nothing) => true,
            (Self::Text(outer), Self::Text(inner)) => {
                inner.len().saturating_mul(outer.len()) <= 4096 && inner.iter().all(|i| outer.iter().any(|o| o.contains(i)))
            }
            (Self::Address(outer), Self::Address(inner)) => {
                inner.iter().all(|i| outer.iter().any(|o| o.six == i.six && o.low <= i.low && i.high <= o.high))
            }
            _ => self == other,
        }
    }

    /// Whether no value is in both. Sound; it may miss that.
    pub fn is_apart_from(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => true,
            (Self::Text(a), Self::Text(b)) => {
                a.len().saturating_mul(b.len()) <= 4096 && a.iter().all(|x| b.iter().all(|y| !x.may_meet(y)))
            }
            (Self::Bool(a), Self::Bool(b)) => !a.iter().any(|x| b.contains(x)),
            _ => false,
        }
    }
}

/// An atom that a value must be in, or out of.
pub type Wanted<'a> = (&'a Atom, bool);

/// A value that fulfils everything.
pub fn solve(wanted: &[Wanted<'_>], kind: Option<KeyType>, side: Side) -> Solved<String> {
    let mut rest: Vec<Wanted<'_>> = Vec::with_capacity(wanted.len());
    let mut opaque = false;
    for (atom, want) in wanted.iter().copied() {
        match (atom, want) {
            (Atom::Anything, true) | (Atom::Nothing, false) => {}
            (Atom::Anything, false) | (Atom::Nothing, true) => return Solved::None,
            (Atom::Opaque(_), _) => {
                if wanted.iter().any(|(other, sense)| *other == atom && *sense != want) {
                    return Solved::None;
                }
                opaque = true;
            }
            _ => rest.push((atom, want)),
        }
    }
    if opaque && side == Side::Under {
        return Solved::None;
    }
    if rest.iter().any(|(atom, want)| *want && rest.iter().any(|(other, sense)| !sense && other == atom)) {
        return Solved::None;
    }
    let first = rest.first().and_then(|(atom, _)| atom.sort());
    if rest.iter().all(|(atom, _)| atom.sort() == first) { of_sort(first, &rest, kind, side) } else { mixed(&rest, kind, side) }
}

fn of_sort(sort: Option<Sort>, wanted: &[Wanted<'_>], kind: Option<KeyType>, side: Side) -> Solved<String> {
    let Some(sort) = sort else { return Solved::Some("x".to_owned()) };
    if sort == Sort::Text {
        let pick = |sense: bool| -> Vec<&[Pattern]> {
            let fits = wanted.iter().filter(|(_, want)| *want == sense);
            fits.filter_map(|(atom, _)| if let Atom::Text(p) = atom { Some(p.as_slice()) } else { None }).collect()
        };
        return strings::solve(&pick(true), &pick(false), side);
    }
    // Only a key of this type has no other values.
    let typed = match sort {
        Sort::Address => kind == Some(KeyType::IpAddress),
        Sort::Number => matches!(kind, Some(KeyType::Numeric | KeyType::Date)),
        Sort::Moment => kind == Some(KeyType::Date),
        Sort::Bool => kind == Some(KeyType::Bool),
        Sort::Text | Sort::Binary => true,
    };
    let other = (!typed).then(|| "x".to_owned());
    match tries(sort, wanted).into_iter().chain(other).find(|value| fulfils(wanted, value) == Some(true)) {
        Some(value) => Solved::Some(value),
        // What was tried stands for every value of this sort.
        None => Solved::None,
    }
}

/// Values of one sort that are enough to try.
fn tries(sort: Sort, wanted: &[Wanted<'_>]) -> Vec<String> {
    let spans = |wanted: &[Wanted<'_>]| -> Vec<Span> {
        let all = wanted.iter().filter_map(|(atom, _)| match atom {
            Atom::Number(spans) | Atom::Moment(spans) => Some(spans.iter().copied()),
            _ => None,
        });
        all.flatten().collect()
    };
    match sort {
        Sort::Address => {
            let nets = wanted.iter().filter_map(|(atom, _)| if let Atom::Address(nets) = atom { Some(nets) } else { None });
            let nets: Vec<Net> = nets.flatten().copied().collect();
            scalar::addresses(&nets).into_iter().map(scalar::show_address).collect()
        }
        Sort::Number => scalar::points(&spans(wanted), ONE).into_iter().map(scalar::show_number).collect(),
        Sort::Moment => {
            let points = scalar::points(&spans(wanted), SECOND);
            let today = scalar::moment("2026-01-01T00:00:00Z");
            points.into_iter().chain(today).filter_map(scalar::show_moment).collect()
        }
        Sort::Bool => vec!["true".to_owned(), "false".to_owned()],
        Sort::Binary => {
            let own = wanted.iter().filter_map(|(atom, _)| if let Atom::Binary(v) = atom { Some(v) } else { None });
            own.flatten().cloned().chain(["cGFsaXNhZGU=".to_owned()]).collect()
        }
        Sort::Text => {
            let own = wanted.iter().filter_map(|(atom, _)| if let Atom::Text(p) = atom { Some(p) } else { None });
            own.flatten().flat_map(|p| [strings::fill(p, "x"), strings::fill(p, "")]).collect()
        }
    }
}

fn fulfils(wanted: &[Wanted<'_>], value: &str) -> Option<bool> {
    let mut sure = true;
    for (atom, want) in wanted {
        match atom.holds(value) {
            Some(holds) if holds == *want => {}
            Some(_) => return Some(false),
            None => sure = false,
        }
    }
    sure.then_some(true)
}

/// Atoms of several sorts on one key: values of each sort are tried against all.
fn mixed(wanted: &[Wanted<'_>], kind: Option<KeyType>, side: Side) -> Solved<String> {
    let mut sorts: Vec<Sort> = Vec::new();
    for sort in wanted.iter().filter_map(|(atom, _)| atom.sort()) {
        if !sorts.contains(&sort) {
            sorts.push(sort);
        }
    }
    let mut values: Vec<String> = sorts.iter().flat_map(|sort| tries(*sort, wanted)).collect();
    values.push("x".to_owned());
    if let Some(value) = values.into_iter().find(|value| fulfils(wanted, value) == Some(true)) {
        return Solved::Some(value);
    }
    // One sort by itself may rule out every value, whatever the others say of it. Only atoms that want a value in them
    // tell which values there are.
    let exhausted = |sort: Sort| {
        let own: Vec<_> = wanted.iter().copied().filter(|(atom, _)| atom.sort() == Some(sort)).collect();
        own.iter().any(|(_, want)| *want) && of_sort(Some(sort), &own, kind, side) == Solved::None
    };
    // Some atom holds a handful of texts, and each of them was tried.
    let finite = wanted
        .iter()
        .any(|(atom, want)| *want && matches!(atom, Atom::Text(patterns) if patterns.iter().all(|p| p.is_exact() && !p.fold)));
    if finite || sorts.iter().any(|sort| exhausted(*sort)) {
        return Solved::None;
    }
    Solved::Unknown("values of several types under one condition key")
}
