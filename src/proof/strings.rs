//! The theory of strings: is there a text in all of some unions of patterns and outside of others.
//!
//! Three tiers: single patterns that cover or miss each other, texts made of the patterns themselves, and where both leave
//! it open, a search of the product automaton. Complete but for its budget.

use super::automaton;
use super::pattern::{Pattern, Symbol};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Which side to err on where a variable makes a set unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Hold every request that may be meant: "none" is then sure.
    Over,
    /// Hold only requests that are surely meant: "some" is then sure.
    Under,
}

/// The answer of a theory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Solved<T> {
    /// This value does it.
    Some(T),
    /// No value does it.
    None,
    /// Too much work, or nothing the theory knows.
    Unknown(&'static str),
}

/// How many texts are tried before the automaton.
const CANDIDATES: usize = 48;

/// A text in every union of `within` and in none of `without`.
pub fn solve(within: &[&[Pattern]], without: &[&[Pattern]], side: Side) -> Solved<String> {
    let everything = [Pattern::new(vec![Symbol::Run], false)];
    let whole: [&[Pattern]; 1] = [&everything];
    let within = if within.is_empty() { &whole[..] } else { within };
    let Some(open) = Open::new(within, without, side) else { return Solved::None };
    if let Some(text) = open.candidates().take(CANDIDATES).find(|text| open.holds(text)) {
        return Solved::Some(text);
    }
    open.search()
}

/// What is left after single patterns were compared.
struct Open<'p> {
    /// The union with the fewest patterns, those left that may hold a text.
    base: Vec<Cow<'p, Pattern>>,
    /// The other unions.
    others: Vec<Vec<Cow<'p, Pattern>>>,
    /// Patterns outside of which the text must be.
    without: Vec<Cow<'p, Pattern>>,
}

impl<'p> Open<'p> {
    /// `None` when that shows already that there is no such text.
    fn new(within: &[&'p [Pattern]], without: &[&'p [Pattern]], side: Side) -> Option<Self> {
        let smallest = within.iter().enumerate().min_by_key(|(_, union)| union.len()).map(|(i, _)| i)?;
        let (exact, wild): (Vec<&Pattern>, Vec<&Pattern>) =
            without.iter().flat_map(|union| union.iter()).partition(|p| p.is_exact());
        let same: HashSet<&Pattern> = exact.iter().chain(&wild).copied().collect();
        let some_fold = exact.iter().any(|p| p.fold);
        let by_head = ByHead::new(&wild);
        let covered = |p: &Pattern| {
            same.contains(p) || by_head.some_contains(p) || (some_fold && p.is_exact() && exact.iter().any(|e| e.contains(p)))
        };
        let mut base: Vec<Cow<'p, Pattern>> = Vec::new();
        let mut others: Vec<&[Pattern]> = Vec::new();
        for (i, union) in within.iter().enumerate() {
            if i == smallest {
                base.extend(union.iter().filter(|p| !covered(p)).filter_map(|p| inside(p, side)));
            } else if !union.iter().any(Pattern::is_everything) {
                others.push(union);
            }
        }
        base.retain(|p| others.iter().all(|union| union.iter().any(|o| o.may_meet(p))));
        if base.is_empty() {
            return None;
        }
        let mut narrowed = Vec::new();
        for union in others {
            // A union that holds all of what is left says nothing.
            if base.iter().all(|p| union.iter().any(|o| !o.has_variable() && o.contains(p))) {
                continue;
            }
            let near = union.iter().filter(|o| !covered(o) && base.iter().any(|p| o.may_meet(p)));
            let near: Vec<_> = near.filter_map(|o| inside(o, side)).collect();
            if near.is_empty() {
                return None;
            }
            narrowed.push(near);
        }
        let near = |p: &&&Pattern| base.iter().any(|b| p.may_meet(b));
        let without: Vec<_> = exact.iter().chain(&wild).filter(near).filter_map(|p| outside(p, side)).collect();
        if without.iter().any(|p| base.iter().all(|b| p.contains(b))) {
            return None;
        }
        Some(Self { base, others: narrowed, without })
    }

    /// Texts worth a try: each pattern with its wildcards filled in a few ways.
    fn candidates(&self) -> impl Iterator<Item = String> + '_ {
        let patterns = self.base.iter().chain(self.others.iter().flatten());
        let patterns: Vec<_> = patterns.take(CANDIDATES).collect();
        // A field that one pattern leaves open may be written out in another.
        let said: Vec<[String; 6]> = patterns.iter().filter_map(|p| arn_fields(p)).collect();
        let usual: [String; 6] = std::array::from_fn(|at| {
            let written = said.iter().filter_map(|fields| fields.get(at)).find(|field| !field.is_empty());
            written.cloned().unwrap_or_else(|| USUAL.get(at).map_or_else(String::new, |usual| (*usual).to_owned()))
        });
        let fillers = ["x", "", "q7/z", "0"].into_iter();
        fillers.flat_map(move |filler| {
            let usual = usual.clone();
            patterns.clone().into_iter().map(move |p| filled(p, filler, &usual))
        })
    }

    fn holds(&self, text: &str) -> bool {
        self.base.iter().any(|p| p.matches(text))
            && self.others.iter().all(|union| union.iter().any(|p| p.matches(text)))
            && !self.without.iter().any(|p| p.matches(text))
    }

    fn search(&self) -> Solved<String> {
        let mut unions: Vec<Vec<&Pattern>> = vec![self.base.iter().map(AsRef::as_ref).collect()];
        unions.extend(self.others.iter().map(|union| union.iter().map(AsRef::as_ref).collect()));
        let without: Vec<&Pattern> = self.without.iter().map(AsRef::as_ref).collect();
        automaton::search(&unions, &without)
    }
}

/// Patterns by the literal text they begin with: of thousands only a few can contain another.
struct ByHead<'p> {
    /// All of them, where they are few or letter case does not count.
    linear: Vec<&'p Pattern>,
    heads: HashMap<&'p [Symbol], Vec<&'p Pattern>>,
    lengths: BTreeSet<usize>,
}

/// The symbols before the first wildcard.
fn head(pattern: &Pattern) -> &[Symbol] {
    let end = pattern.symbols.iter().position(|s| !matches!(s, Symbol::Char(_))).unwrap_or(pattern.symbols.len());
    pattern.symbols.get(..end).unwrap_or_default()
}

impl<'p> ByHead<'p> {
    fn new(patterns: &[&'p Pattern]) -> Self {
        let mut out = Self { linear: Vec::new(), heads: HashMap::new(), lengths: BTreeSet::new() };
        let few = patterns.len() <= 16;
        for pattern in patterns.iter().copied() {
            if few || pattern.fold {
                out.linear.push(pattern);
            } else {
                let head = head(pattern);
                out.heads.entry(head).or_default().push(pattern);
                out.lengths.insert(head.len());
            }
        }
        out
    }

    fn some_contains(&self, inner: &Pattern) -> bool {
        let own = head(inner);
        let near = self.lengths.iter().map_while(|length| own.get(..*length)).filter_map(|start| self.heads.get(start));
        self.linear.iter().any(|p| p.contains(inner)) || near.flatten().any(|p| p.contains(inner))
    }
}

/// What a pattern that the text must match becomes on this side; nothing when it holds no text for sure.
fn inside(pattern: &Pattern, side: Side) -> Option<Cow<'_, Pattern>> {
    match (pattern.has_variable(), side) {
        (false, _) => Some(Cow::Borrowed(pattern)),
        (true, Side::Over) => Some(Cow::Owned(pattern.widened())),
        (true, Side::Under) => None,
    }
}

/// The same of a pattern that the text must not match.
fn outside(pattern: &Pattern, side: Side) -> Option<Cow<'_, Pattern>> {
    match side {
        Side::Over => inside(pattern, Side::Under),
        Side::Under => inside(pattern, Side::Over),
    }
}

/// What a reader expects in the fields of an ARN.
const USUAL: [&str; 6] = ["", "aws", "", "us-east-1", "111122223333", ""];

/// The fields of an ARN that a pattern writes out; the others are empty. `None` for other patterns.
fn arn_fields(pattern: &Pattern) -> Option<[String; 6]> {
    let mut out: [String; 6] = Default::default();
    for (at, field) in pattern.symbols.split(|s| *s == Symbol::Char(':')).take(5).enumerate() {
        let text: Option<String> = field.iter().map(|s| if let Symbol::Char(c) = s { Some(*c) } else { None }).collect();
        if at == 0 && text.as_deref() != Some("arn") {
            return None;
        }
        *out.get_mut(at)? = text.unwrap_or_default();
    }
    Some(out)
}

/// A text of a pattern. The fields of an ARN get what a reader expects there.
pub fn fill(pattern: &Pattern, filler: &str) -> String {
    filled(pattern, filler, &USUAL.map(str::to_owned))
}

fn filled(pattern: &Pattern, filler: &str, usual: &[String; 6]) -> String {
    let mut out = String::new();
    let mut digits = "111122223333".chars().cycle();
    let arn = pattern.symbols.iter().take(4).map(|s| if let Symbol::Char(c) = s { *c } else { '*' }).eq("arn:".chars());
    let mut symbols = pattern.symbols.iter().peekable();
    while let Some(symbol) = symbols.next() {
        let field = if arn { out.matches(':').count() } else { 0 };
        // A field that is one run gets a usual value; a piece of one is filled like any other.
        let usual = usual.get(field).filter(|u| out.ends_with(':') && !u.is_empty());
        match symbol {
            Symbol::Char(c) => out.push(*c),
            Symbol::Digit => out.extend(digits.next()),
            Symbol::One | Symbol::OneInField => {
                // At least one character: the run behind it is filled together with it.
                let run = symbols.next_if(|next| next.is_run()).is_some();
                match usual.filter(|_| run) {
                    Some(value) => out.push_str(value),
                    None if run && !filler.is_empty() => out.push_str(filler),
                    None => out.push(if field == 4 { '1' } else { 'x' }),
                }
            }
            Symbol::Run | Symbol::RunInField | Symbol::Variable(_) => out.push_str(usual.map_or(filler, String::as_str)),
        }
    }
    out
}

#[cfg(test)]
#[path = "strings_tests.rs"]
mod tests;
