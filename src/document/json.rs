//! The JSON parser: strict JSON on the fast path, and for everything else a mistake that is named, mended and stepped
//! over (`json_recover.rs`). It never fails: text that holds no value gives an empty tree and a problem.

use super::json_recover as recover;
use super::node::{Document, Kind, RawNode, Text};
use super::problem::{Problem, ProblemCode};
use crate::span::Span;

/// Containers deeper than this are skipped and reported. AWS policies need seven levels.
pub const MAX_DEPTH: usize = 128;

/// Mistakes listed per document; the rest is counted in one line.
const MAX_PROBLEMS: usize = 100;

/// Parse `text` into a tree.
pub fn parse(text: String) -> Document {
    let mut parser = Parser::new(&text);
    parser.document();
    let Parser { nodes, decoded, problems, .. } = parser;
    Document::new(text, decoded, nodes, problems)
}

/// Where a value stands, for the recovery of what is missing around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Outside every container.
    Root,
    /// An object key.
    Key,
    /// An object member's value or an array element.
    Value,
}

pub(super) struct Parser<'t> {
    pub text: &'t str,
    pub bytes: &'t [u8],
    pub pos: usize,
    pub nodes: Vec<RawNode>,
    pub decoded: String,
    pub problems: Vec<Problem>,
    /// Opening brackets we are inside of, with their offsets.
    pub open: Vec<(u8, usize)>,
    dropped: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            // Policies average one node for every 20 bytes; growing once costs less than over-reserving on big files.
            nodes: Vec::with_capacity(text.len() / 24 + 8),
            decoded: String::new(),
            problems: Vec::new(),
            open: Vec::new(),
            dropped: 0,
        }
    }

    fn document(&mut self) {
        self.skip_space();
        if self.peek().is_none() {
            let span = Span::new(0, self.bytes.len());
            self.problem(Problem::new(
                ProblemCode::Empty,
                span,
                "nothing to read",
                "write a policy document, or remove the file",
            ));
            return;
        }
        while self.nodes.is_empty() && self.peek().is_some() {
            self.value(Place::Root);
            self.skip_space();
        }
        if self.peek().is_some() {
            recover::text_after_value(self);
        }
        if self.dropped > 0 {
            let end = Span::new(self.bytes.len(), self.bytes.len());
            let message = format!("{} more mistakes are not listed", self.dropped);
            self.problems.push(Problem::new(ProblemCode::TooManyProblems, end, message, "mend the first ones and run again"));
        }
        self.problems.sort_by_key(|p| p.span);
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    pub fn problem(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.dropped += 1;
        }
    }

    /// Skip white space, and what people write in its place.
    pub fn skip_space(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.pos += 1,
                Some(b'"' | b'{' | b'}' | b'[' | b']' | b',' | b':') | None => return,
                Some(b) => {
                    if !recover::odd_space(self, b) {
                        return;
                    }
                }
            }
        }
    }

    pub fn push(&mut self, kind: Kind, span: Span, text: Text) -> u32 {
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(RawNode { kind, span, text, end: id.saturating_add(1) });
        id
    }

    pub fn push_word(&mut self, kind: Kind, start: usize) {
        let span = Span::new(start, self.pos);
        self.push(kind, span, Text::Source(span));
    }

    /// Parse one value; always consumes something or pushes a node, so that every loop ends.
    pub fn value(&mut self, place: Place) {
        self.skip_space();
        let start = self.pos;
        match self.peek() {
            Some(b'"') => self.string(place),
            Some(b'{') => self.container(b'{'),
            Some(b'[') => self.container(b'['),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') if self.word(b"true") => self.push_word(Kind::True, start),
            Some(b'f') if self.word(b"false") => self.push_word(Kind::False, start),
            Some(b'n') if self.word(b"null") => self.push_word(Kind::Null, start),
            Some(_) | None => recover::value(self, place),
        }
    }

    /// Consume `word` when it stands alone here.
    fn word(&mut self, word: &[u8]) -> bool {
        let end = self.pos + word.len();
        let alone = !self.bytes.get(end).is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
        let found = alone && self.bytes.get(self.pos..end) == Some(word);
        if found {
            self.pos = end;
        }
        found
    }

    fn number(&mut self) {
        let start = self.pos;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let len = number_len(rest);
        let ends =
            !rest.get(len).is_some_and(|&b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-' | b'_' | b':' | b'*'));
        if len == 0 || !ends {
            recover::bad_number(self);
            return;
        }
        self.pos += len;
        self.push_word(Kind::Number, start);
    }

    fn container(&mut self, opener: u8) {
        let start = self.pos;
        if self.open.len() >= MAX_DEPTH {
            recover::too_deep(self);
            return;
        }
        self.pos += 1;
        self.open.push((opener, start));
        let kind = if opener == b'{' { Kind::Object } else { Kind::Array };
        let id = self.push(kind, Span::new(start, start), Text::Source(Span::default()));
        if kind == Kind::Object {
            self.members(start)
        } else {
            self.elements(start)
        }
        self.open.pop();
        let end = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.span = Span::new(start, self.pos);
            node.end = end;
        }
        if kind == Kind::Object {
            self.report_duplicates(id, end);
        }
    }

    fn elements(&mut self, start: usize) {
        let mut comma: Option<usize> = None;
        let mut first = true;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b']') => return self.close(comma),
                Some(b',') => {
                    comma = Some(recover::extra_comma(self));
                    continue;
                }
                Some(b'}') | None => {
                    if recover::unclosed(self, b'[', start, comma) {
                        return;
                    }
                    continue;
                }
                Some(_) => {
                    let (pos, nodes) = (self.pos, self.nodes.len());
                    self.value(Place::Value);
                    self.skip_space();
                    if self.peek() == Some(b':') && self.swallowed_key(nodes) {
                        // The bracket was forgotten: this string is the next member of the object around.
                        self.nodes.truncate(nodes);
                        self.pos = comma.unwrap_or(pos);
                        return recover::forgotten_bracket(self, start);
                    }
                    if !first && comma.is_none() {
                        recover::missing_comma(self, pos);
                    }
                }
            }
            first = false;
            comma = self.comma();
        }
    }

    /// True when the one node since `nodes` is a string and the array stands directly in an object.
    fn swallowed_key(&self, nodes: usize) -> bool {
        let in_object = self.open.iter().rev().nth(1).is_some_and(|(opener, _)| *opener == b'{');
        let string = self.nodes.last().is_some_and(|node| node.kind == Kind::String);
        in_object && string && self.nodes.len() == nodes + 1
    }

    fn members(&mut self, start: usize) {
        let mut comma: Option<usize> = None;
        let mut first = true;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'}') => return self.close(comma),
                Some(b',') => {
                    comma = Some(recover::extra_comma(self));
                    continue;
                }
                Some(b']') | None => {
                    if recover::unclosed(self, b'{', start, comma) {
                        return;
                    }
                    continue;
                }
                Some(b) => {
                    if !first && comma.is_none() {
                        recover::missing_comma(self, self.pos);
                    }
                    self.member(b);
                }
            }
            first = false;
            comma = self.comma();
        }
    }

    fn member(&mut self, first_byte: u8) {
        if first_byte == b'"' {
            self.string(Place::Key)
        } else {
            recover::key(self)
        }
        self.skip_space();
        if self.peek() == Some(b':') {
            self.pos += 1;
        } else if !recover::missing_colon(self) {
            return;
        }
        self.skip_space();
        match self.peek() {
            Some(b',' | b'}' | b']') | None => recover::missing_value(self),
            Some(_) => self.value(Place::Value),
        }
    }

    fn comma(&mut self) -> Option<usize> {
        self.skip_space();
        (self.peek() == Some(b',')).then(|| {
            self.pos += 1;
            self.pos - 1
        })
    }

    fn close(&mut self, comma: Option<usize>) {
        self.pos += 1;
        if let Some(at) = comma {
            let span = Span::new(at, at + 1);
            self.problem(Problem::new(
                ProblemCode::TrailingComma,
                span,
                "trailing comma",
                "remove the comma after the last entry",
            ));
        }
    }

    fn report_duplicates(&mut self, id: u32, end: u32) {
        let mut keys: Vec<(u32, Span)> = Vec::new();
        let mut at = id + 1;
        while at < end {
            let Some(key) = self.nodes.get(at as usize) else { break };
            keys.push((at, key.span));
            at = self.nodes.get(at as usize + 1).map_or(end, |value| value.end);
        }
        if keys.len() < 2 {
            return;
        }
        if keys.len() <= 16 {
            // Almost every object: a quadratic look over a handful of keys beats building a set.
            let pairs = keys.iter().enumerate().filter_map(|(i, (a, _))| {
                let text = self.key_text(*a);
                keys.get(..i)?.iter().find(|(b, _)| self.key_text(*b) == text).map(|(b, _)| (*a, *b))
            });
            let pairs: Vec<_> = pairs.collect();
            pairs.into_iter().for_each(|(again, before)| self.duplicate(again, before));
            return;
        }
        let mut seen = std::collections::HashMap::with_capacity(keys.len());
        let mut pairs = Vec::new();
        for (a, _) in keys {
            if let Some(before) = seen.insert(self.key_text(a), a) {
                pairs.push((a, before));
            }
        }
        pairs.into_iter().for_each(|(again, before)| self.duplicate(again, before));
    }

    fn key_text(&self, id: u32) -> &str {
        self.nodes.get(id as usize).map_or("", |node| match node.text {
            Text::Source(span) => self.text.get(span.range()).unwrap_or_default(),
            Text::Decoded(span) => self.decoded.get(span.range()).unwrap_or_default(),
        })
    }

    fn duplicate(&mut self, again: u32, before: u32) {
        let span_of = |id: u32| self.nodes.get(id as usize).map_or(Span::default(), |n| n.span);
        let (span, first) = (span_of(again), span_of(before));
        let message = format!("duplicate key `{}`", self.key_text(again));
        let help = "merge the two, or remove one: readers keep only one of them, and not always the same one";
        self.problem(Problem::new(ProblemCode::DuplicateKey, span, message, help).with_related(first, "first written here"));
    }
}

/// Length of the JSON number at the start of `bytes`; 0 when there is none.
fn number_len(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes.get(at) == Some(&b'0')) {
        return 0;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return 0;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return 0;
        }
        at += 1 + sign + exponent;
    }
    at
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
