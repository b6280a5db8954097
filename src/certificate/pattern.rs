//! Patterns: texts with wildcards and variables, one symbol after the other.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" (`*` and `?` in the first five fields of an ARN do not
//! cross a colon) and "IAM policy elements: Variables and tags".

use std::collections::{BTreeMap, BTreeSet};

/// One symbol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbol {
    /// This character.
    Char(char),
    /// A digit.
    Digit,
    /// One character; no colon when the flag is set.
    One(bool),
    /// A run of characters; without colons when the flag is set.
    Run(bool),
    /// The value of a variable, by its text.
    Variable(String),
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    /// Its symbols, in lower case when letter case does not count.
    pub symbols: Vec<Symbol>,
    /// Letter case does not count.
    pub fold: bool,
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Wildcards are characters.
    Exact,
    /// `*` and `?` are wildcards.
    Glob,
    /// The same for resources: a variable before the fifth colon is not the same as one behind it, where it has a value.
    Resource,
    /// The same for ARN operators: wildcards stay within their field.
    Arn,
}

/// A character in lower case where that is one character.
pub fn lower(c: char) -> char {
    let mut all = c.to_lowercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The key and the default of what stands between the braces of a variable.
pub fn variable_parts(inside: &str) -> (&str, Option<&str>) {
    match inside.split_once(',') {
        None => (inside.trim(), None),
        Some((key, default)) => {
            let default = default.trim();
            let bare = default.strip_prefix('\'').and_then(|d| d.strip_suffix('\''));
            (key.trim(), Some(bare.unwrap_or(default)))
        }
    }
}

/// The variables of a text, as they stand between the braces.
pub fn variables(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once("${") {
        let Some((inside, after)) = tail.split_once('}') else { break };
        if !matches!(inside, "*" | "?" | "$") {
            out.push(inside);
        }
        rest = after;
    }
    out
}

/// A variable by its key and its default, in which letter case counts.
fn spelled(key: &str, default: Option<&str>) -> String {
    default.map_or_else(|| key.to_owned(), |default| format!("{key}, '{default}'"))
}

impl Pattern {
    /// Read a text. `known` says of keys of variables whether they have a value; it is `None` where the policy has no
    /// variables. The answer is `None` for a pattern that matches nothing.
    pub fn read(text: &str, reading: Reading, fold: bool, known: Option<&BTreeMap<String, bool>>) -> Option<Self> {
        let mut symbols = Vec::new();
        let mut colons = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let braces = rest.strip_prefix("${").filter(|_| known.is_some()).and_then(|tail| tail.split_once('}'));
            if let Some((inside, after)) = braces {
                match inside {
                    "*" | "?" | "$" => symbols.extend(inside.chars().map(Symbol::Char)),
                    _ => {
                        let (key, default) = variable_parts(inside);
                        let name = key.to_lowercase();
                        let there = known.and_then(|all| all.get(&name).copied());
                        let early = reading == Reading::Resource && colons < 5;
                        if early {
                            // It may be text, whatever value the variable has.
                            symbols.push(Symbol::Variable(format!("{} in front", spelled(&name, default))));
                        } else if there == Some(false) {
                            symbols.extend(default?.chars().map(Symbol::Char));
                        } else {
                            // The default counts where there may be no value.
                            symbols.push(Symbol::Variable(spelled(&name, default.filter(|_| there.is_none()))));
                        }
                    }
                }
                rest = after;
                continue;
            }
            let mut chars = rest.chars();
            let Some(c) = chars.next() else { break };
            let stays = reading == Reading::Arn && colons < 5;
            symbols.push(match c {
                '*' if reading != Reading::Exact => Symbol::Run(stays),
                '?' if reading != Reading::Exact => Symbol::One(stays),
                _ => Symbol::Char(c),
            });
            colons += usize::from(c == ':');
            rest = chars.as_str();
        }
        let symbols = if reading == Reading::Arn { of_arn(symbols)? } else { symbols };
        Some(Self::of(symbols, fold))
    }

    /// Of symbols.
    pub fn of(symbols: Vec<Symbol>, fold: bool) -> Self {
        let folded = |symbol| match symbol {
            Symbol::Char(c) if fold => Symbol::Char(lower(c)),
            other => other,
        };
        Self { symbols: symbols.into_iter().map(folded).collect(), fold }
    }

    /// Matches everything.
    pub fn everything() -> Self {
        Self { symbols: vec![Symbol::Run(false)], fold: false }
    }

    /// Of plain characters.
    pub fn exact(text: &str) -> Self {
        Self { symbols: text.chars().map(Symbol::Char).collect(), fold: false }
    }

    /// The one text that it matches.
    pub fn only_text(&self) -> Option<String> {
        let one = |s: &Symbol| if let Symbol::Char(c) = s { Some(*c) } else { None };
        if self.fold { None } else { self.symbols.iter().map(one).collect() }
    }

    /// Holds a variable.
    pub fn has_variable(&self) -> bool {
        self.symbols.iter().any(|s| matches!(s, Symbol::Variable(_)))
    }

    /// All that it may match whatever its variables are: their values may hold colons, so that fields are no more told apart.
    pub fn widened(&self) -> Self {
        let wide = |symbol: &Symbol| match symbol {
            Symbol::Variable(_) | Symbol::Run(_) => Symbol::Run(false),
            Symbol::One(_) => Symbol::One(false),
            Symbol::Char(_) | Symbol::Digit => symbol.clone(),
        };
        let symbols = if self.has_variable() { self.symbols.iter().map(wide).collect() } else { self.symbols.clone() };
        Self { symbols, fold: self.fold }
    }

    /// Whether a text is surely matched.
    pub fn matches(&self, text: &str) -> bool {
        let mut at = self.closed(BTreeSet::from([0]));
        for c in text.chars() {
            let mut next = BTreeSet::new();
            for position in at {
                match self.symbols.get(position) {
                    Some(symbol @ Symbol::Run(_)) if takes(symbol, c, self.fold) => _ = next.insert(position),
                    Some(Symbol::Run(_)) | None => {}
                    Some(symbol) if takes(symbol, c, self.fold) => _ = next.insert(position + 1),
                    Some(_) => {}
                }
            }
            at = self.closed(next);
        }
        at.contains(&self.symbols.len())
    }

    /// With the positions behind runs, which may be empty.
    pub fn closed(&self, mut at: BTreeSet<usize>) -> BTreeSet<usize> {
        for position in 0..self.symbols.len() {
            if at.contains(&position) && matches!(self.symbols.get(position), Some(Symbol::Run(_))) {
                at.insert(position + 1);
            }
        }
        at
    }
}

/// Whether a symbol takes a character. A variable takes none for sure.
pub fn takes(symbol: &Symbol, c: char, fold: bool) -> bool {
    match symbol {
        Symbol::Char(own) => *own == c || (fold && *own == lower(c)),
        Symbol::Digit => c.is_ascii_digit(),
        Symbol::One(stays) | Symbol::Run(stays) => !stays || c != ':',
        Symbol::Variable(_) => false,
    }
}

/// ARN operators match nothing but ARNs, which have six fields, the first being `arn`.
fn of_arn(symbols: Vec<Symbol>) -> Option<Vec<Symbol>> {
    let variable = symbols.iter().any(|s| matches!(s, Symbol::Variable(_)));
    if !variable && symbols.iter().filter(|s| **s == Symbol::Char(':')).count() < 5 {
        return None;
    }
    let end = symbols.iter().position(|s| matches!(s, Symbol::Char(':') | Symbol::Variable(_)))?;
    let (first, rest) = symbols.split_at_checked(end)?;
    if matches!(rest.first(), Some(Symbol::Variable(_))) {
        return Some(symbols);
    }
    let first = Pattern { symbols: first.to_vec(), fold: false };
    first.matches("arn").then(|| "arn".chars().map(Symbol::Char).chain(rest.iter().cloned()).collect())
}
