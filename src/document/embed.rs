//! Documents inside strings of other documents: decoded for reading, and mapped back character by character, through
//! percent-encoding, JSON escapes and any nesting of both.

use super::json_string::{escaped, escaped_twice};
use super::node::{Kind, Node};
use super::path;
use crate::span::{LineIndex, Position};
use crate::text::percent;
use std::sync::{Arc, OnceLock};

/// Where a document's text stands in its file.
#[derive(Clone, Debug)]
pub enum Origin {
    /// It is a stretch of the file's own text.
    Part(Arc<Part>),
    /// It was decoded from a string.
    Embedded(Arc<Embedding>),
}

impl Default for Origin {
    fn default() -> Self {
        Self::part(Position { offset: 0, line: 1, column: 1 }, String::new())
    }
}

/// A stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its first character in the file.
    pub start: Position,
    /// RFC 6901 pointer of its root in the file's document.
    pub pointer: String,
}

/// How a text was written into a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// Percent-encoded (RFC 3986), as IAM writes policies.
    Percent,
    /// With JSON's escapes once more but without quotation marks, as API Gateway writes policies: `{\"Version\":…`.
    Escaped,
    /// In some other way (a YAML block): only the whole string can be pointed at.
    Opaque,
}

/// A text that was decoded from a string of another document.
#[derive(Debug)]
pub struct Embedding {
    /// The string as it was written, between its quotation marks; for [`Encoding::Opaque`] the decoded text.
    raw: Arc<str>,
    encoding: Encoding,
    at: At,
    /// Pointer of the string in the document that holds it.
    pointer: String,
    map: OnceLock<Vec<Checkpoint>>,
}

/// Where a string's text stands.
#[derive(Clone, Debug)]
enum At {
    /// In a file: first character, and one past the last.
    File(Position, Position),
    /// In a text that was decoded from a string itself: first byte and one past the last.
    Inside(Arc<Embedding>, usize, usize),
}

/// Where some byte of the decoded text comes from.
#[derive(Clone, Copy, Debug)]
struct Checkpoint {
    inner: usize,
    raw: usize,
    /// Lines and columns from the start of the raw text.
    line: usize,
    column: usize,
}

/// Decoded bytes between two checkpoints.
const STRIDE: usize = 1024;

impl Origin {
    /// A stretch of a file.
    pub fn part(start: Position, pointer: String) -> Self {
        Self::Part(Arc::new(Part { start, pointer }))
    }

    /// The position in the file of a byte of the document's text; `lines` are those of that text.
    pub fn position(&self, text: &str, lines: &LineIndex, offset: usize) -> Position {
        match self {
            Self::Part(part) => {
                let here = lines.position(text, offset);
                let column = if here.line == 1 { here.column + part.start.column - 1 } else { here.column };
                Position { offset: here.offset + part.start.offset, line: here.line + part.start.line - 1, column }
            }
            Self::Embedded(embedding) => embedding.position(offset),
        }
    }

    /// Pointers from the file inwards to a place in this document: one for each text on the way.
    pub fn pointers(&self, inner: String) -> Vec<String> {
        match self {
            Self::Part(part) => vec![format!("{}{inner}", part.pointer)],
            Self::Embedded(embedding) => {
                let mut all = embedding.pointers();
                all.push(inner);
                all
            }
        }
    }

    /// The line of the file that the text starts on, for showing lines with their numbers.
    pub fn first_line(&self) -> usize {
        match self {
            Self::Part(part) => part.start.line,
            Self::Embedded(_) => 1,
        }
    }

    /// True when the text is not the file's own.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded(_))
    }

    /// Decode a string of a document. `None` when the node is no string.
    pub fn open(&self, node: Node<'_>) -> Option<(Arc<Embedding>, Encoding)> {
        let text = node.as_str()?;
        let document = node.document();
        let span = node.span().range();
        let written = document.text().get(span.clone()).unwrap_or_default();
        let quoted = written.starts_with('"');
        // A file that was cut off ends within a string.
        let closed = quoted && written.len() >= 2 && written.ends_with('"');
        let (from, to) = (span.start + usize::from(quoted), span.end - usize::from(closed));
        let raw = document.text().get(from..to).unwrap_or_default();
        // What JSON's escapes do not explain is a string of YAML, or one that was mended.
        let faithful = if node.is_decoded() { quoted && unescaped(raw) == text } else { raw == text };
        let encoding = match text.trim_start() {
            _ if !faithful => Encoding::Opaque,
            start if start.starts_with('%') => Encoding::Percent,
            // No JSON has a backslash there.
            start if start.strip_prefix('{').is_some_and(|inner| inner.trim_start().starts_with('\\')) => Encoding::Escaped,
            _ => Encoding::Plain,
        };
        let at = match self {
            Self::Part(_) => {
                let place = |offset| self.position(document.text(), document.lines(), offset);
                At::File(place(from), place(to))
            }
            Self::Embedded(outer) => At::Inside(outer.clone(), from, to),
        };
        let pointer = pointer_of(self, node);
        let raw: Arc<str> = if encoding == Encoding::Opaque { text.into() } else { raw.into() };
        Some((Arc::new(Embedding { raw, encoding, at, pointer, map: OnceLock::new() }), encoding))
    }
}

/// Pointer of a node, below the pointer of its document.
fn pointer_of(origin: &Origin, node: Node<'_>) -> String {
    let Some(root) = node.document().root() else { return String::new() };
    let steps = path::pointer(&path::steps(root, node).0);
    match origin {
        Origin::Part(part) => format!("{}{steps}", part.pointer),
        Origin::Embedded(_) => steps,
    }
}

fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((c, len)) = escaped(rest) {
        out.push(c);
        rest = rest.get(len..).unwrap_or_default();
    }
    out
}

impl Embedding {
    /// The string as it was written, and how: equal pairs decode alike.
    pub fn written(&self) -> (&Arc<str>, Encoding) {
        (&self.raw, self.encoding)
    }

    /// The decoded text.
    pub fn text(&self) -> String {
        let plain = match self.encoding {
            Encoding::Opaque => return self.raw.to_string(),
            Encoding::Plain | Encoding::Percent | Encoding::Escaped if !self.raw.contains('\\') => self.raw.to_string(),
            Encoding::Plain | Encoding::Percent | Encoding::Escaped => unescaped(&self.raw),
        };
        match self.encoding {
            Encoding::Percent => percent::decode(&plain),
            Encoding::Escaped => unescaped(&plain),
            Encoding::Plain | Encoding::Opaque => plain,
        }
    }

    /// Pointers from the file to this string, one for each text on the way.
    fn pointers(&self) -> Vec<String> {
        let mut all = match &self.at {
            At::File(..) => Vec::new(),
            At::Inside(outer, ..) => outer.pointers(),
        };
        all.push(self.pointer.clone());
        all
    }

    /// The position in the file of a byte of the decoded text.
    pub fn position(&self, offset: usize) -> Position {
        if self.encoding == Encoding::Opaque {
            let end = offset >= self.raw.len() && offset > 0;
            return match &self.at {
                At::File(from, to) => {
                    if end {
                        *to
                    } else {
                        *from
                    }
                }
                At::Inside(outer, from, to) => outer.position(if end { *to } else { *from }),
            };
        }
        let map = self.map.get_or_init(|| self.checkpoints());
        let after = map.partition_point(|c| c.inner <= offset);
        let Some(mut here) = after.checked_sub(1).and_then(|i| map.get(i)).copied() else { return Position::default() };
        while here.inner < offset && self.step(&mut here) {}
        match &self.at {
            At::File(start, _) => Position {
                offset: start.offset + here.raw,
                line: start.line + here.line,
                column: if here.line == 0 { start.column + here.column } else { here.column + 1 },
            },
            At::Inside(outer, start, _) => outer.position(start + here.raw),
        }
    }

    fn checkpoints(&self) -> Vec<Checkpoint> {
        let mut here = Checkpoint { inner: 0, raw: 0, line: 0, column: 0 };
        let mut all = vec![here];
        let mut next = STRIDE;
        while self.step(&mut here) {
            if here.inner >= next {
                all.push(here);
                next = here.inner + STRIDE;
            }
        }
        all
    }

    /// Move over what stands for one decoded character, or for one percent-encoded byte; false at the end.
    fn step(&self, here: &mut Checkpoint) -> bool {
        let rest = self.raw.get(here.raw..).unwrap_or_default();
        let Some((c, len)) = escaped(rest) else { return false };
        let mut taken = len;
        let mut inner = c.len_utf8();
        if c == '\\' && self.encoding == Encoding::Escaped {
            (taken, inner) = escaped_twice(rest);
        }
        if c == '%' && self.encoding == Encoding::Percent {
            let mut digits = 0;
            let mut at = len;
            while digits < 2 {
                let Some((digit, len)) = rest.get(at..).and_then(escaped).filter(|(d, _)| d.is_ascii_hexdigit()) else { break };
                debug_assert!(digit.is_ascii());
                at += len;
                digits += 1;
            }
            if digits == 2 {
                (taken, inner) = (at, 1);
            }
        }
        for c in rest.get(..taken).unwrap_or_default().chars() {
            if c == '\n' {
                (here.line, here.column) = (here.line + 1, 0);
            } else {
                here.column += 1;
            }
        }
        here.raw += taken;
        here.inner += inner;
        true
    }
}

/// True for a string that may hold a JSON object, array or string: what it starts with says so.
pub fn may_hold_json(text: &str) -> bool {
    let start = text.trim_start();
    start.starts_with(['{', '[', '"'])
        || start.get(..3).is_some_and(|s| matches!(s, "%7B" | "%7b" | "%5B" | "%5b" | "%22" | "%0A" | "%20"))
}

/// True for a node that is a string and [`may_hold_json`].
pub fn holds_json(node: Node<'_>) -> bool {
    node.kind() == Kind::String && may_hold_json(node.scalar())
}

#[cfg(test)]
#[path = "embed_tests.rs"]
mod tests;
