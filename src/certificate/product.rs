//! Whether some text is in all of several unions of patterns and outside of others: all patterns are read side by side, a
//! character at a time, in every way in which they can be told apart.
//!
//! A variable of the pattern that leads is a letter of its own. What must not match it matches it by a run or by the same
//! variable; what must match as well may match it in any way. So whatever the value is, a text is not overlooked.

use super::pattern::{Pattern, Symbol, lower, takes};
use std::collections::BTreeSet;

/// Most states that are looked at: what takes more is refused.
const STATES: usize = 20_000;

/// Positions in patterns: which pattern, and where in it.
type Places = BTreeSet<(usize, usize)>;

/// How far each pattern has been read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    lead: BTreeSet<usize>,
    others: Vec<Places>,
    without: Places,
}

/// What is read next.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    Char(char),
    Variable(String),
}

/// True when there is surely no text in all of `within` and in none of `without`.
pub fn is_empty(within: &[&[Pattern]], without: &[&[Pattern]]) -> bool {
    let everything = [Pattern::everything()];
    let whole = [&everything[..]];
    let within = if within.is_empty() { &whole[..] } else { within };
    let outside: Vec<&Pattern> = without.iter().copied().flatten().collect();
    let mut order: Vec<usize> = (0..within.len()).collect();
    order.sort_by_key(|at| within.get(*at).map_or(0, |union| union.len()));
    // Any union may lead. Without variables all lead to the same answer.
    let variable = within.iter().copied().flatten().any(Pattern::has_variable);
    order.truncate(if variable { order.len() } else { 1 });
    order.into_iter().any(|at| {
        let rest = within.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, union)| *union);
        let others: Vec<Vec<Pattern>> = rest.map(|union| union.iter().map(Pattern::widened).collect()).collect();
        let lead = within.get(at).copied().unwrap_or_default();
        lead.iter()
            .all(|pattern| outside.contains(&pattern) || Product { lead: pattern, others: &others, without: &outside }.is_empty())
    })
}

struct Product<'p> {
    lead: &'p Pattern,
    others: &'p [Vec<Pattern>],
    without: &'p [&'p Pattern],
}

impl Product<'_> {
    fn is_empty(&self) -> bool {
        let start = |count: usize| (0..count).map(|pattern| (pattern, 0)).collect::<Places>();
        let state = State {
            lead: self.lead.closed(BTreeSet::from([0])),
            others: self.others.iter().map(|union| closed(start(union.len()), |p| union.get(p))).collect(),
            without: closed(start(self.without.len()), |p| self.without.get(p).copied()),
        };
        let mut seen = BTreeSet::new();
        let mut open = vec![state];
        while let Some(state) = open.pop() {
            if self.is_dead(&state) || seen.contains(&state) {
                continue;
            }
            if self.accepts(&state) || seen.len() >= STATES {
                return false;
            }
            for letter in self.letters(&state) {
                open.push(self.step(&state, &letter));
            }
            seen.insert(state);
        }
        true
    }

    /// No text that goes on from here counts: one to match has no way left, or one not to match takes whatever follows.
    fn is_dead(&self, state: &State) -> bool {
        let rest = |(p, at): &(usize, usize)| self.without.get(*p).and_then(|pattern| pattern.symbols.get(*at..));
        state.lead.is_empty()
            || state.others.iter().any(BTreeSet::is_empty)
            || state.without.iter().any(|place| matches!(rest(place), Some([Symbol::Run(false)])))
    }

    fn accepts(&self, state: &State) -> bool {
        let ends = |pattern: Option<&Pattern>, at: usize| pattern.is_some_and(|p| p.symbols.len() == at);
        let mut others = state.others.iter().zip(self.others);
        state.lead.iter().any(|at| ends(Some(self.lead), *at))
            && others.all(|(places, union)| places.iter().any(|(p, at)| ends(union.get(*p), *at)))
            && !state.without.iter().any(|(p, at)| ends(self.without.get(*p).copied(), *at))
    }

    /// The letters that may be told apart here: those that are asked for, and one for all others.
    fn letters(&self, state: &State) -> BTreeSet<Letter> {
        let lead: Vec<&Symbol> = state.lead.iter().filter_map(|at| self.lead.symbols.get(*at)).collect();
        let mut chars = BTreeSet::new();
        lead.iter().for_each(|symbol| asked(symbol, self.lead.fold, &mut chars));
        if lead.iter().any(|s| matches!(s, Symbol::One(_) | Symbol::Run(_) | Symbol::Digit)) {
            let others = state
                .others
                .iter()
                .zip(self.others)
                .flat_map(|(places, union)| places.iter().filter_map(|(p, at)| union.get(*p).map(|pattern| (pattern, *at))));
            let without = state.without.iter().filter_map(|(p, at)| self.without.get(*p).map(|pattern| (*pattern, *at)));
            for (pattern, at) in others.chain(without) {
                pattern.symbols.get(at).into_iter().for_each(|symbol| asked(symbol, pattern.fold, &mut chars));
            }
            chars.insert(':');
            chars.extend(('0'..='9').find(|c| !chars.contains(c)));
            chars.extend(('\u{e000}'..='\u{f8ff}').find(|c| !chars.contains(c)));
        }
        let variables = lead.iter().filter_map(|s| if let Symbol::Variable(v) = s { Some(v.clone()) } else { None });
        chars.into_iter().map(Letter::Char).chain(variables.map(Letter::Variable)).collect()
    }

    fn step(&self, state: &State, letter: &Letter) -> State {
        let lead = state.lead.iter().filter_map(|at| match (self.lead.symbols.get(*at)?, letter) {
            (Symbol::Variable(own), Letter::Variable(read)) => (own == read).then_some(at + 1),
            (symbol, Letter::Char(c)) if takes(symbol, *c, self.lead.fold) => Some(after(symbol, *at)),
            _ => None,
        });
        let others = state.others.iter().zip(self.others).map(|(places, union)| {
            let next = places.iter().flat_map(|(p, at)| match (union.get(*p), letter) {
                (Some(pattern), Letter::Char(c)) => taken(pattern, (*p, *at), *c).into_iter().collect::<Vec<_>>(),
                // Some text: each position from here on may be the next.
                (Some(pattern), Letter::Variable(_)) => (*at..=pattern.symbols.len()).map(|at| (*p, at)).collect(),
                (None, _) => Vec::new(),
            });
            closed(next.collect(), |p| union.get(p))
        });
        let without = state.without.iter().filter_map(|(p, at)| {
            let pattern = self.without.get(*p)?;
            match (letter, pattern.symbols.get(*at)?) {
                (Letter::Char(c), _) => taken(pattern, (*p, *at), *c),
                (Letter::Variable(_), Symbol::Run(false)) => Some((*p, *at)),
                // Where letter case does not count in front, the text may be another than the value.
                (Letter::Variable(read), Symbol::Variable(own)) if own == read && (pattern.fold || !self.lead.fold) => {
                    Some((*p, at + 1))
                }
                (Letter::Variable(_), _) => None,
            }
        });
        State {
            lead: self.lead.closed(lead.collect()),
            others: others.collect(),
            without: closed(without.collect(), |p| self.without.get(p).copied()),
        }
    }
}

/// Where a pattern stands after a character.
fn taken(pattern: &Pattern, (p, at): (usize, usize), c: char) -> Option<(usize, usize)> {
    let symbol = pattern.symbols.get(at)?;
    takes(symbol, c, pattern.fold).then(|| (p, after(symbol, at)))
}

fn after(symbol: &Symbol, at: usize) -> usize {
    if matches!(symbol, Symbol::Run(_)) { at } else { at + 1 }
}

/// With the positions behind runs, which may be empty.
fn closed<'p>(mut places: Places, pattern: impl Fn(usize) -> Option<&'p Pattern>) -> Places {
    let mut open: Vec<(usize, usize)> = places.iter().copied().collect();
    while let Some((p, at)) = open.pop() {
        let run = pattern(p).and_then(|pattern| pattern.symbols.get(at)).is_some_and(|s| matches!(s, Symbol::Run(_)));
        if run && places.insert((p, at + 1)) {
            open.push((p, at + 1));
        }
    }
    places
}

/// The characters that a symbol tells from others.
fn asked(symbol: &Symbol, fold: bool, out: &mut BTreeSet<char>) {
    let Symbol::Char(c) = symbol else { return };
    out.insert(*c);
    if fold {
        out.extend(c.to_uppercase().filter(|u| lower(*u) == *c));
        // Signs of measures that have a letter as their lower case.
        out.extend(['\u{212a}', '\u{212b}', '\u{2126}'].into_iter().filter(|sign| lower(*sign) == *c));
    }
}
