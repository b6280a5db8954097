//! The last tier of the string theory: breadth-first search of the product of all patterns, each a row of bits, for the
//! shortest text inside of all unions and outside of the rest.

use super::pattern::{Pattern, Symbol, lower};
use super::strings::Solved;
use std::collections::{BTreeSet, HashMap};

/// Most states that are looked at.
const STATES: usize = 200_000;
/// Most words of bits that are worked through, over all steps.
const WORDS: usize = 40_000_000;

/// All patterns side by side: symbol `i` of a pattern that starts at bit `o` is bit `o + i`, its end the bit after.
struct Product {
    words: usize,
    /// Bits of runs.
    runs: Vec<u64>,
    /// The end bits of each union.
    ends: Vec<Vec<u64>>,
    /// All bits of each union.
    all: Vec<Vec<u64>>,
    /// Ends of the patterns to stay out of.
    outside: Vec<u64>,
    /// Bits from which a pattern to stay out of takes whatever follows.
    lost: Vec<u64>,
    alphabet: Vec<char>,
    /// For each character, the bits it moves on from and the bits it stays at.
    moves: Vec<(Vec<u64>, Vec<u64>)>,
    start: Vec<u64>,
}

fn set(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

fn meets(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(x, y)| x & y != 0)
}

impl Product {
    fn new(unions: &[Vec<&Pattern>], without: &[&Pattern]) -> Self {
        let patterns: Vec<&Pattern> = unions.iter().flatten().copied().chain(without.iter().copied()).collect();
        let bits: usize = patterns.iter().map(|p| p.symbols.len() + 1).sum();
        let words = bits.div_ceil(64).max(1);
        let blank = || vec![0u64; words];
        let alphabet = alphabet(&patterns);
        let mut product = Self {
            words,
            runs: blank(),
            ends: vec![blank(); unions.len()],
            all: vec![blank(); unions.len()],
            outside: blank(),
            lost: blank(),
            moves: vec![(blank(), blank()); alphabet.len()],
            alphabet,
            start: blank(),
        };
        let mut at = 0;
        for (number, union) in unions.iter().enumerate() {
            for pattern in union {
                at = product.add(pattern, at, Some(number));
            }
        }
        for pattern in without {
            at = product.add(pattern, at, None);
        }
        product.start = product.closed(product.start.clone());
        product
    }

    /// Lay out a pattern; gives the bit after it.
    fn add(&mut self, pattern: &Pattern, from: usize, union: Option<usize>) -> usize {
        let end = from + pattern.symbols.len();
        set(&mut self.start, from);
        for (i, symbol) in pattern.symbols.iter().enumerate() {
            if symbol.is_run() {
                set(&mut self.runs, from + i);
            }
            for (c, (forth, stay)) in self.alphabet.iter().zip(&mut self.moves) {
                if symbol.takes(*c, pattern.fold) {
                    set(if symbol.is_run() { stay } else { forth }, from + i);
                }
            }
        }
        match union {
            Some(number) => {
                if let (Some(ends), Some(all)) = (self.ends.get_mut(number), self.all.get_mut(number)) {
                    set(ends, end);
                    (from..=end).for_each(|at| set(all, at));
                }
            }
            None => {
                set(&mut self.outside, end);
                if pattern.symbols.last() == Some(&Symbol::Run) {
                    set(&mut self.lost, end - 1);
                }
            }
        }
        end + 1
    }

    /// With what runs that take nothing lead to.
    fn closed(&self, mut state: Vec<u64>) -> Vec<u64> {
        let mut carry = 0;
        for (word, runs) in state.iter_mut().zip(&self.runs) {
            let on = *word & runs;
            *word |= (on << 1) | carry;
            // The bit that is carried over may be a run itself only if two stood side by side, which they never do.
            carry = on >> 63;
        }
        state
    }

    fn step(&self, state: &[u64], (forth, stay): &(Vec<u64>, Vec<u64>)) -> Vec<u64> {
        let mut next = Vec::with_capacity(self.words);
        let mut carry = 0;
        for ((word, forth), stay) in state.iter().zip(forth).zip(stay) {
            let on = word & forth;
            next.push((on << 1) | carry | (word & stay));
            carry = on >> 63;
        }
        self.closed(next)
    }

    fn is_dead(&self, state: &[u64]) -> bool {
        meets(state, &self.lost) || !self.all.iter().all(|union| meets(state, union))
    }

    fn accepts(&self, state: &[u64]) -> bool {
        !meets(state, &self.outside) && self.ends.iter().all(|union| meets(state, union))
    }
}

/// One character of every sort that the patterns can tell apart.
fn alphabet(patterns: &[&Pattern]) -> Vec<char> {
    let mut out = BTreeSet::new();
    let (mut digits, mut fields) = (false, false);
    for pattern in patterns {
        for symbol in &*pattern.symbols {
            match symbol {
                Symbol::Char(c) => {
                    out.insert(*c);
                    if pattern.fold {
                        out.insert(lower(*c));
                        out.extend(c.to_uppercase().next().filter(|u| lower(*u) == *c));
                    }
                }
                Symbol::Digit => digits = true,
                Symbol::OneInField | Symbol::RunInField => fields = true,
                Symbol::One | Symbol::Run | Symbol::Variable(_) => {}
            }
        }
    }
    if fields {
        out.insert(':');
    }
    let fresh = ['x', 'q', 'z', 'y', 'w', 'k', 'j'].into_iter().chain('a'..='z').chain('\u{100}'..='\u{2000}');
    let unused = fresh.into_iter().find(|c| !out.contains(c) && c.to_uppercase().all(|u| !out.contains(&u)));
    let digit = ('0'..='9').find(|c| digits && !out.contains(c));
    // The new ones first: what stands for many texts leads to short and plain witnesses.
    unused.into_iter().chain(digit).chain(out).collect()
}

/// Find the shortest text.
pub fn search(unions: &[Vec<&Pattern>], without: &[&Pattern]) -> Solved<String> {
    let product = Product::new(unions, without);
    let mut states: Vec<(Vec<u64>, usize, char)> = Vec::new();
    let mut seen: HashMap<Vec<u64>, ()> = HashMap::new();
    if product.is_dead(&product.start) {
        return Solved::None;
    }
    seen.insert(product.start.clone(), ());
    states.push((product.start.clone(), 0, ' '));
    let mut work = 0;
    let mut at = 0;
    while let Some((state, ..)) = states.get(at).cloned() {
        if product.accepts(&state) {
            return Solved::Some(path(&states, at));
        }
        for (c, moves) in product.alphabet.iter().zip(&product.moves) {
            let next = product.step(&state, moves);
            if !product.is_dead(&next) && seen.insert(next.clone(), ()).is_none() {
                states.push((next, at, *c));
            }
        }
        work += product.words * product.alphabet.len();
        if states.len() > STATES || work > WORDS {
            return Solved::Unknown("patterns with more wildcards inside than can be compared");
        }
        at += 1;
    }
    Solved::None
}

fn path(states: &[(Vec<u64>, usize, char)], mut at: usize) -> String {
    let mut out = Vec::new();
    while at != 0 {
        let Some((_, before, c)) = states.get(at) else { break };
        out.push(*c);
        at = *before;
    }
    out.iter().rev().collect()
}
