//! The theory of a condition key: absent, one value, or a list of values.
//!
//! IAM User Guide, "Single-valued vs. multivalued context keys". A key that comes as a list fulfils no operator for single
//! values, negated or not; a set operator sees a single value as a list of one.

use super::callers::Linked;
use super::literal::Test;
use super::strings::{Side, Solved};
use super::value::{self, Atom, Wanted};
use crate::evaluate::ContextValue;
use crate::policy::condition::Quantifier;

/// How a key comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arrives {
    /// With at most one value.
    One,
    /// As a list.
    List,
    /// The catalogue does not know the key.
    Either,
}

/// A condition that must hold or not. A doubtful one may be void.
#[derive(Clone, Copy, Debug)]
pub struct WantedTest<'a> {
    /// The condition.
    pub test: &'a Test,
    /// Whether it must hold.
    pub want: bool,
    /// See [`super::literal::Literal::doubtful`].
    pub doubtful: bool,
}

/// What the key can be besides its conditions.
#[derive(Clone, Debug)]
pub struct Domain<'a> {
    /// How it comes.
    pub arrives: Arrives,
    /// What the caller makes of it.
    pub linked: &'a Linked,
    /// Every request carries it.
    pub always: bool,
    /// A value to show where any will do.
    pub usual: &'static str,
}

/// A value of the key that fulfils everything; the inner `None` is an absent key.
pub fn solve(wanted: &[WantedTest<'_>], domain: &Domain<'_>, side: Side) -> Solved<Option<ContextValue>> {
    // What may be void can always be escaped from.
    let wanted: Vec<_> =
        wanted.iter().copied().filter(|w| !w.doubtful || w.want || side != Side::Over || contradicted(w, wanted)).collect();
    let opaque = |w: &WantedTest<'_>| matches!(w.test.atom, Atom::Opaque(_));
    let absent_fits = wanted.iter().all(|w| if opaque(w) { side == Side::Over } else { w.test.at_absent == w.want });
    let contradiction = wanted.iter().any(|w| contradicted(w, &wanted));
    if contradiction {
        return Solved::None;
    }
    let may_be_absent = !domain.always && matches!(domain.linked, Linked::Free | Linked::Absent);
    if absent_fits && may_be_absent {
        return Solved::Some(None);
    }
    if *domain.linked == Linked::Absent {
        return Solved::None;
    }
    let one = match domain.arrives {
        Arrives::One | Arrives::Either => one_value(&wanted, domain, side),
        Arrives::List => Solved::None,
    };
    let sets = wanted.iter().any(|w| w.test.quantifier != Quantifier::None);
    match (one, domain.arrives) {
        (Solved::Some(value), _) => Solved::Some(Some(ContextValue::One(value))),
        (_, Arrives::List) => list(&wanted, domain, side),
        (one, Arrives::Either) if sets => match (one, list(&wanted, domain, side)) {
            (Solved::Unknown(why), Solved::None) => Solved::Unknown(why),
            (_, found) => found,
        },
        (Solved::None, _) => Solved::None,
        (Solved::Unknown(why), _) => Solved::Unknown(why),
    }
}

/// The same condition is wanted both ways.
fn contradicted(one: &WantedTest<'_>, all: &[WantedTest<'_>]) -> bool {
    all.iter().any(|other| other.want != one.want && other.test == one.test)
}

fn one_value(wanted: &[WantedTest<'_>], domain: &Domain<'_>, side: Side) -> Solved<String> {
    let (inside, outside) = match domain.linked {
        Linked::Within(inside, outside) => (Atom::Text(inside.clone()), Atom::Text(outside.clone())),
        Linked::Free | Linked::Absent => (Atom::Anything, Atom::Nothing),
    };
    let mut atoms: Vec<Wanted<'_>> = wanted.iter().map(|w| (&w.test.atom, w.want != w.test.negated)).collect();
    let free = atoms.iter().all(|(atom, _)| matches!(atom, Atom::Anything | Atom::Nothing | Atom::Opaque(_)));
    atoms.push((&inside, true));
    atoms.push((&outside, false));
    match value::solve(&atoms, side) {
        Solved::Some(_) if free && inside == Atom::Anything => Solved::Some(domain.usual.to_owned()),
        solved => solved,
    }
}

fn list(wanted: &[WantedTest<'_>], domain: &Domain<'_>, side: Side) -> Solved<Option<ContextValue>> {
    let mut every: Vec<Wanted<'_>> = Vec::new();
    let mut some: Vec<Wanted<'_>> = Vec::new();
    for w in wanted {
        let inside = w.want != w.test.negated;
        match (w.test.quantifier, w.want) {
            (Quantifier::None, true) => return Solved::None,
            (Quantifier::None, false) => {}
            (Quantifier::All, true) | (Quantifier::Any, false) => every.push((&w.test.atom, inside)),
            (Quantifier::Any, true) | (Quantifier::All, false) => some.push((&w.test.atom, inside)),
        }
    }
    let mut values: Vec<String> = Vec::new();
    let goals: Vec<Option<Wanted<'_>>> = if some.is_empty() { vec![None] } else { some.into_iter().map(Some).collect() };
    for goal in goals {
        let atoms: Vec<Wanted<'_>> = every.iter().copied().chain(goal).collect();
        match value::solve(&atoms, side) {
            Solved::Some(value) if atoms.is_empty() => {
                values.push(if value.is_empty() { domain.usual.to_owned() } else { value })
            }
            Solved::Some(value) => values.push(value),
            Solved::None => return Solved::None,
            Solved::Unknown(why) => return Solved::Unknown(why),
        }
    }
    values.sort_unstable();
    values.dedup();
    Solved::Some(Some(ContextValue::Many(values)))
}
