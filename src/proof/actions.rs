//! Sets of actions: bits over the catalogue, and patterns for what the catalogue does not have.
//!
//! In the closed world an action exists when the catalogue has it, or when some policy names it outright. A pattern of
//! which the catalogue knows no action is read as text: whoever wrote it knew of one.

use super::pattern::{Pattern, Reading, Symbol};
use super::strings::{self, Side, Solved};
use crate::catalog::{self, Catalog};
use crate::text::glob::{Case, has_wildcard, matches};

/// Bits over the actions of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bits(pub Box<[u64]>);

impl Bits {
    /// None of them, or all.
    pub fn filled(catalog: &'static Catalog, all: bool) -> Self {
        let count = catalog.action_count();
        let mut words = vec![if all { u64::MAX } else { 0 }; count.div_ceil(64)];
        if let Some(last) = words.last_mut().filter(|_| all && !count.is_multiple_of(64)) {
            *last = (1 << (count % 64)) - 1;
        }
        Self(words.into())
    }

    fn set(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Keep those that are in the other, or that are not.
    pub fn keep(&mut self, other: &Self, inside: bool) {
        let flip = if inside { 0 } else { u64::MAX };
        for (word, mask) in self.0.iter_mut().zip(&other.0) {
            *word &= mask ^ flip;
        }
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// True when all of them are in the other (or none, when `inside` is false).
    pub fn lies(&self, other: &Self, inside: bool) -> bool {
        let flip = if inside { u64::MAX } else { 0 };
        self.0.iter().zip(&other.0).all(|(word, mask)| word & (mask ^ flip) == 0)
    }

    /// Their numbers.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit as usize
                })
            })
        })
    }
}

/// The actions that one element names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActionSet {
    /// Everything as written, letter case folded.
    pub patterns: Vec<Pattern>,
    /// Those of the catalogue.
    pub bits: Bits,
    /// Names that the catalogue does not have, as written.
    pub extra: Vec<String>,
    /// Patterns of which the catalogue has nothing.
    pub regions: Vec<Pattern>,
}

impl ActionSet {
    /// Of the values of `Action` or `NotAction`.
    pub fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let catalog = catalog::current();
        let mut out = Self { patterns: Vec::new(), bits: Bits::filled(catalog, false), extra: Vec::new(), regions: Vec::new() };
        for text in texts {
            let Some(pattern) = Pattern::read(text, Reading::Glob, true, None) else { continue };
            if is_everything(text) {
                out.bits = Bits::filled(catalog, true);
            } else if !has_wildcard(text) {
                match catalog.action_named(text) {
                    Some(action) => out.bits.set(action.index()),
                    None => out.extra.push(text.to_owned()),
                }
            } else if !out.add(catalog, text) {
                out.regions.push(pattern.clone());
            }
            out.patterns.push(pattern);
        }
        out.patterns.sort_unstable();
        out.patterns.dedup();
        out.extra.sort_unstable();
        out.extra.dedup();
        out
    }

    /// Set the bits of a pattern; false when there are none.
    fn add(&mut self, catalog: &'static Catalog, text: &str) -> bool {
        let mut some = false;
        match text.split_once(':').filter(|(prefix, _)| !has_wildcard(prefix)) {
            Some((prefix, name)) => {
                for action in catalog.service(prefix).into_iter().flat_map(catalog::Service::actions) {
                    if matches(name, action.name(), Case::Insensitive) {
                        self.bits.set(action.index());
                        some = true;
                    }
                }
            }
            None => {
                for service in catalog.services() {
                    for action in service.actions().filter(|a| matches(text, &a.full_name(), Case::Insensitive)) {
                        self.bits.set(action.index());
                        some = true;
                    }
                }
            }
        }
        some
    }

    /// Read some of its patterns as text too: actions that the catalogue does not have.
    pub fn open<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        for text in texts {
            if is_everything(text) {
                self.regions.push(any_name());
            } else {
                self.regions.extend(Pattern::read(text, Reading::Glob, true, None));
            }
        }
        self.regions.sort_unstable();
        self.regions.dedup();
    }

    /// Whether it names an action; letter case is ignored.
    pub fn names(&self, action: &str) -> bool {
        self.patterns.iter().any(|p| p.matches(action))
    }
}

/// `*` and `*:*` name every action.
fn is_everything(text: &str) -> bool {
    text == "*" || text == "*:*" || (text.len() > 1 && text.bytes().all(|b| b == b'*'))
}

/// Which actions exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum World {
    /// Those of the catalogue, and those that policies name.
    #[default]
    Closed,
    /// Any name that has the form of one: actions to come as well.
    Open,
}

impl World {
    /// The name used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }
}

/// What has the form of an action.
fn any_name() -> Pattern {
    let field = [Symbol::OneInField, Symbol::RunInField];
    Pattern::new(field.into_iter().chain([Symbol::Char(':')]).chain(field).collect(), true)
}

/// An element that an action must be named by, or not.
pub type WantedSet<'a> = (&'a ActionSet, bool);

/// Actions outside of the catalogue that fulfil everything: names that the question spells out first, then one for each
/// pattern that may hold some.
pub fn others(wanted: &[WantedSet<'_>], spelled: &[String], world: World) -> Vec<Solved<String>> {
    let fulfils = |name: &str| wanted.iter().all(|(set, want)| set.names(name) == *want);
    let inside = || wanted.iter().filter(|(_, want)| *want);
    let named: Vec<_> = spelled.iter().filter(|name| fulfils(name)).cloned().map(Solved::Some).collect();
    let within: Vec<&[Pattern]> = inside().map(|(set, _)| set.patterns.as_slice()).collect();
    let without: Vec<&[Pattern]> = wanted.iter().filter(|(_, want)| !want).map(|(set, _)| set.patterns.as_slice()).collect();
    let mut regions: Vec<Pattern> = inside().flat_map(|(set, _)| set.regions.iter().cloned()).collect();
    if world == World::Open {
        regions.push(any_name());
    }
    let known = |name: &str| catalog::current().action_named(name).is_some();
    // A name of the catalogue is no action to come, and what it works on is known.
    let real: Vec<Pattern> =
        inside().flat_map(|(set, _)| &set.patterns).filter(|p| p.is_exact() && known(&p.show())).cloned().collect();
    let found = regions.into_iter().filter_map(|region| {
        let region = [region];
        let all: Vec<&[Pattern]> = within.iter().copied().chain([region.as_slice()]).collect();
        let mut besides = real.clone();
        for _ in 0..TRIES {
            let not: Vec<&[Pattern]> = without.iter().copied().chain([besides.as_slice()]).collect();
            match strings::solve(&all, &not, Side::Over) {
                Solved::Some(name) if known(&name) => besides.push(Pattern::exact(&name, true)),
                Solved::None => return None,
                solved => return Some(solved),
            }
        }
        Some(Solved::Unknown("a pattern that many actions of the catalogue match"))
    });
    let found: Vec<_> = found.collect();
    named.into_iter().chain(found).collect()
}

/// Names of the catalogue that are passed over in the search for one to come.
const TRIES: usize = 16;
