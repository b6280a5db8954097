//! Patterns of the engine: strings of characters, wildcards and variables, as sets of texts.
//!
//! Resources, actions and `StringLike` know `*` and `?`; ARN operators know the same, but in the first five fields neither
//! crosses a colon (IAM User Guide, "ARN condition operators"). A variable is one symbol whose text is not known.

use super::pattern_rows::{contains_rows, matches_rows, meet_rows};
use std::sync::Arc;

/// One symbol of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// This character.
    Char(char),
    /// A digit.
    Digit,
    /// One character that is no colon.
    OneInField,
    /// One character.
    One,
    /// Any run without a colon.
    RunInField,
    /// Any run.
    Run,
    /// The value of a variable, by number.
    Variable(u32),
}

impl Symbol {
    /// Stands for runs of any length.
    pub fn is_run(self) -> bool {
        matches!(self, Self::Run | Self::RunInField)
    }

    /// Whether it takes this character; `fold` compares letters without their case (the symbol is lower case then).
    pub fn takes(self, c: char, fold: bool) -> bool {
        match self {
            Self::Char(own) => own == c || (fold && own == lower(c)),
            Self::Digit => c.is_ascii_digit(),
            Self::OneInField | Self::RunInField => c != ':',
            Self::One | Self::Run => true,
            Self::Variable(_) => false,
        }
    }
}

/// A character in lower case, where that is one character.
pub fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut all = c.to_lowercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    /// Its symbols; in lower case when letter case does not count. Runs never stand side by side.
    pub symbols: Arc<[Symbol]>,
    /// Letter case does not count.
    pub fold: bool,
}

/// How text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// `*` and `?` are wildcards.
    Glob,
    /// Wildcards are characters.
    Literal,
    /// ARN operator: wildcards of the first five fields stay in them.
    Arn,
}

/// The numbers and values of variables.
pub trait Variables {
    /// The value that was chosen for a variable: a text, `None` for absent; the outer `None` leaves it a symbol.
    fn value(&self, key: &str) -> Option<Option<String>>;
    /// The number of a variable, by its key in lower case and its default: letter case counts in that.
    fn number(&mut self, key: &str, default: Option<&str>) -> u32;
}

/// A text with its pieces told apart.
enum Piece<'t> {
    Text(&'t str),
    Escaped(char),
    Variable(&'t str),
}

/// Split at `${…}`. An opening without an end is text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("${") {
        let Some((inside, after)) = tail.split_once('}') else { break };
        if !head.is_empty() {
            out.push(Piece::Text(head));
        }
        let mut chars = inside.chars();
        match (chars.next(), chars.next()) {
            (Some(c @ ('*' | '?' | '$')), None) => out.push(Piece::Escaped(c)),
            _ => out.push(Piece::Variable(inside)),
        }
        rest = after;
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    out
}

/// The key and the default of a variable: `aws:PrincipalTag/team, 'none'`.
pub fn variable_parts(inside: &str) -> (&str, Option<&str>) {
    let Some((key, default)) = inside.split_once(',') else { return (inside.trim(), None) };
    let default = default.trim();
    let unquoted = default.strip_prefix('\'').and_then(|d| d.strip_suffix('\''));
    (key.trim(), Some(unquoted.unwrap_or(default)))
}

/// A variable as it stands between the braces, always spelled alike.
pub fn variable_text(key: &str, default: Option<&str>) -> String {
    default.map_or_else(|| key.to_owned(), |default| format!("{key}, '{default}'"))
}

impl Pattern {
    /// Of literal text.
    pub fn exact(text: &str, fold: bool) -> Self {
        Self::new(text.chars().map(Symbol::Char).collect(), fold)
    }

    /// Of symbols: runs are merged, letters folded.
    pub fn new(symbols: Vec<Symbol>, fold: bool) -> Self {
        let mut out: Vec<Symbol> = Vec::with_capacity(symbols.len());
        for symbol in symbols {
            let symbol = match symbol {
                Symbol::Char(c) if fold => Symbol::Char(lower(c)),
                other => other,
            };
            match (out.last(), symbol) {
                (Some(Symbol::Run), Symbol::Run | Symbol::RunInField) | (Some(Symbol::RunInField), Symbol::RunInField) => {}
                (Some(Symbol::RunInField), Symbol::Run) => {
                    out.pop();
                    out.push(Symbol::Run);
                }
                // `?*` and `*?` are one set: the single characters go first.
                (Some(Symbol::Run), Symbol::One) => {
                    out.pop();
                    out.extend([Symbol::One, Symbol::Run]);
                }
                (Some(Symbol::RunInField), Symbol::OneInField) => {
                    out.pop();
                    out.extend([Symbol::OneInField, Symbol::RunInField]);
                }
                _ => out.push(symbol),
            }
        }
        Self { symbols: out.into(), fold }
    }

    /// Read policy text. `variables` is `None` where the policy's version knows none. `None` when a variable was chosen to
    /// be absent and has no default: the pattern then matches nothing.
    pub fn read(text: &str, reading: Reading, fold: bool, variables: Option<&mut dyn Variables>) -> Option<Self> {
        let mut symbols = Vec::with_capacity(text.len());
        let mut colons = 0;
        match variables {
            Some(variables) if text.contains("${") => {
                for piece in pieces(text) {
                    match piece {
                        Piece::Text(part) => read_part(part, reading, &mut colons, &mut symbols),
                        Piece::Escaped(c) => symbols.push(Symbol::Char(c)),
                        Piece::Variable(inside) => {
                            let (key, default) = variable_parts(inside);
                            let name = key.to_lowercase();
                            match variables.value(&name) {
                                None => symbols.push(Symbol::Variable(variables.number(&name, default))),
                                // What is put in is no wildcard.
                                Some(value) => {
                                    symbols.extend(value.as_deref().or(default)?.chars().map(Symbol::Char));
                                }
                            }
                        }
                    }
                }
            }
            Some(_) | None => read_part(text, reading, &mut colons, &mut symbols),
        }
        let fields = symbols.iter().filter(|s| **s == Symbol::Char(':')).count();
        // An ARN has six fields; a text with fewer matches none.
        if reading == Reading::Arn && fields < 5 && !symbols.iter().any(|s| matches!(s, Symbol::Variable(_))) {
            return None;
        }
        Some(Self::new(symbols, fold))
    }

    /// No wildcard and no variable.
    pub fn is_exact(&self) -> bool {
        self.symbols.iter().all(|s| matches!(s, Symbol::Char(_)))
    }

    /// Matches everything.
    pub fn is_everything(&self) -> bool {
        matches!(&*self.symbols, [Symbol::Run])
    }

    /// Holds a variable.
    pub fn has_variable(&self) -> bool {
        self.symbols.iter().any(|s| matches!(s, Symbol::Variable(_)))
    }

    /// With every variable as any run.
    pub fn widened(&self) -> Self {
        let wide = |s: &Symbol| if matches!(s, Symbol::Variable(_)) { Symbol::Run } else { *s };
        Self::new(self.symbols.iter().map(wide).collect(), self.fold)
    }

    /// Whether a text is in the set.
    pub fn matches(&self, text: &str) -> bool {
        let (symbols, fold) = (&*self.symbols, self.fold);
        let chars: Vec<char> = text.chars().collect();
        let mut p = 0;
        let mut t = 0;
        // Runs within a field must not be passed over by an earlier point of return: keep both kinds.
        let mut retry: Option<(usize, usize)> = None;
        if symbols.contains(&Symbol::RunInField) {
            return matches_rows(symbols, &chars, fold);
        }
        loop {
            match (symbols.get(p), chars.get(t)) {
                (None, None) => return true,
                (Some(Symbol::Run), _) => {
                    p += 1;
                    retry = Some((p, t));
                }
                (Some(symbol), Some(c)) if symbol.takes(*c, fold) => {
                    p += 1;
                    t += 1;
                }
                _ => match retry {
                    Some((back, from)) if from < chars.len() => {
                        p = back;
                        t = from + 1;
                        retry = Some((back, t));
                    }
                    _ => return false,
                },
            }
        }
    }

    /// Whether every text of `inner` is in this set, whatever the variables are. Sound; it may miss a containment.
    pub fn contains(&self, inner: &Self) -> bool {
        if self.is_everything() {
            return true;
        }
        // Letter case that counts inside does not matter outside when outside folds it; the other way round it does.
        let lettered = |s: &Symbol| matches!(s, Symbol::Variable(_)) || matches!(s, Symbol::Char(c) if c.is_alphabetic());
        if inner.fold && !self.fold && inner.symbols.iter().any(lettered) {
            return false;
        }
        let (outer, inner, fold) = (&*self.symbols, &*inner.symbols, self.fold);
        if !heads_agree(outer, inner, fold) {
            return false;
        }
        if outer.contains(&Symbol::RunInField) || inner.contains(&Symbol::RunInField) {
            return contains_rows(outer, inner, fold);
        }
        let (mut p, mut t) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (outer.get(p), inner.get(t)) {
                (None, None) => return true,
                (Some(Symbol::Run), _) => {
                    p += 1;
                    retry = Some((p, t));
                }
                (Some(own), Some(other)) if covers(*own, *other, fold) => {
                    p += 1;
                    t += 1;
                }
                _ => match retry {
                    Some((back, from)) if from < inner.len() => {
                        p = back;
                        t = from + 1;
                        retry = Some((back, t));
                    }
                    _ => return false,
                },
            }
        }
    }

    /// Whether some text may be in both, variables being any text. False is sure.
    pub fn may_meet(&self, other: &Self) -> bool {
        if self.is_everything() || other.is_everything() {
            return true;
        }
        let fold = self.fold || other.fold;
        let (a, b) = (&*self.symbols, &*other.symbols);
        let open = |s: Symbol| s.is_run() || matches!(s, Symbol::Variable(_));
        for (x, y) in a.iter().zip(b) {
            if open(*x) || open(*y) {
                break;
            }
            if !meet(*x, *y, fold) {
                return false;
            }
        }
        for (x, y) in a.iter().rev().zip(b.iter().rev()) {
            if open(*x) || open(*y) {
                break;
            }
            if !meet(*x, *y, fold) {
                return false;
            }
        }
        if !a.iter().any(|s| open(*s)) && !b.iter().any(|s| open(*s)) {
            return a.len() == b.len();
        }
        meet_rows(a, b, fold)
    }

    /// Some of its texts: the one it is, another letter case where that does not count, one for its wildcards.
    pub fn samples(&self) -> Vec<String> {
        let mut out = Vec::new();
        if !self.has_variable() {
            out.push(if self.is_exact() { self.show() } else { super::strings::fill(self, "x") });
            out.extend(self.fold.then(|| out.concat().to_uppercase()));
            out.retain(|text| self.matches(text));
        }
        out
    }

    /// For people: the text it was read from, roughly.
    pub fn show(&self) -> String {
        let mut out = String::new();
        for symbol in &*self.symbols {
            match symbol {
                Symbol::Char(c) => out.push(*c),
                Symbol::Digit => out.push('0'),
                Symbol::One | Symbol::OneInField => out.push('?'),
                Symbol::Run | Symbol::RunInField => out.push('*'),
                Symbol::Variable(_) => out.push_str("${…}"),
            }
        }
        out
    }
}

fn read_part(part: &str, reading: Reading, colons: &mut usize, symbols: &mut Vec<Symbol>) {
    for c in part.chars() {
        let in_field = reading == Reading::Arn && *colons < 5;
        symbols.push(match c {
            '*' if reading == Reading::Glob => Symbol::Run,
            '?' if reading == Reading::Glob => Symbol::One,
            '*' if reading == Reading::Arn => {
                if in_field {
                    Symbol::RunInField
                } else {
                    Symbol::Run
                }
            }
            '?' if reading == Reading::Arn => {
                if in_field {
                    Symbol::OneInField
                } else {
                    Symbol::One
                }
            }
            c => {
                if c == ':' {
                    *colons += 1;
                }
                Symbol::Char(c)
            }
        });
    }
}

fn heads_agree(outer: &[Symbol], inner: &[Symbol], fold: bool) -> bool {
    for (x, y) in outer.iter().zip(inner) {
        match (x, y) {
            (Symbol::Char(a), Symbol::Char(b)) if a == b || (fold && *a == lower(*b)) => {}
            (Symbol::Char(_), _) => return false,
            _ => return true,
        }
    }
    true
}

/// Whether all that one symbol of the inner pattern can be is taken by one symbol of the outer that is no run.
pub(super) fn covers(outer: Symbol, inner: Symbol, fold: bool) -> bool {
    match (outer, inner) {
        (Symbol::Char(a), Symbol::Char(b)) => a == b || (fold && a == lower(b)),
        (Symbol::Digit, Symbol::Char(b)) => b.is_ascii_digit(),
        (Symbol::Digit, Symbol::Digit) => true,
        (Symbol::OneInField, Symbol::Char(b)) => b != ':',
        (Symbol::OneInField, Symbol::Digit | Symbol::OneInField) => true,
        (Symbol::One, Symbol::Char(_) | Symbol::Digit | Symbol::OneInField | Symbol::One) => true,
        (Symbol::Variable(a), Symbol::Variable(b)) => a == b,
        _ => false,
    }
}

/// Whether two symbols that are no runs have a character in common.
pub(super) fn meet(a: Symbol, b: Symbol, fold: bool) -> bool {
    match (a, b) {
        (Symbol::Char(x), Symbol::Char(y)) => x == y || (fold && lower(x) == lower(y)),
        (Symbol::Char(x), other) | (other, Symbol::Char(x)) => other.takes(x, fold),
        _ => true,
    }
}
