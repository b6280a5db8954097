//! Where a thing stands in its source: byte ranges, and lines and columns for people.

use std::ops::Range;

/// A half-open byte range of a source text. `u32` keeps the tree compact; sources are capped far below 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `start..end`; ends beyond 4 GiB are clamped.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The same range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// True for a point between two bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// True when `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A value together with the place it was written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

/// A place for people and for reports: byte offset, 1-based line, 1-based column in Unicode scalar values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// 0-based byte offset in the decoded (UTF-8) text.
    pub offset: usize,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, counted in Unicode scalar values.
    pub column: usize,
}

/// Bytes between two column checkpoints of a text that is not ASCII.
const STRIDE: usize = 4096;

/// Line starts of a text, plus checkpoints so that a column on a 10 MB line costs no scan of that line.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// Scalar values before byte `i * STRIDE`; empty for ASCII text, where columns are bytes.
    checkpoints: Vec<u32>,
}

impl LineIndex {
    /// Index `text` once.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|i| u32::try_from(i + 1).unwrap_or(u32::MAX)));
        let mut checkpoints = Vec::new();
        if !bytes.is_ascii() {
            let mut count = 0u32;
            for chunk in bytes.chunks(STRIDE) {
                checkpoints.push(count);
                count += chars_starting_in(chunk);
            }
            checkpoints.push(count);
        }
        Self { starts, checkpoints }
    }

    /// Number of lines, at least 1.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Byte range of 1-based `line`, without its line break.
    pub fn line_range(&self, text: &str, line: usize) -> Range<usize> {
        let at = |i: usize| self.starts.get(i).map(|&s| s as usize);
        let start = at(line.saturating_sub(1)).unwrap_or(text.len());
        let mut end = at(line).map_or(text.len(), |next| next.saturating_sub(1)).max(start);
        if text.as_bytes().get(start..end).is_some_and(|l| l.ends_with(b"\r")) {
            end -= 1;
        }
        start..end
    }

    /// The position of a byte offset of the same `text`.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = offset.min(text.len());
        let line = self.starts.partition_point(|&s| s as usize <= offset).max(1);
        let start = self.starts.get(line - 1).map_or(0, |&s| s as usize);
        let column = self.chars_before(text, offset) - self.chars_before(text, start) + 1;
        Position { offset, line, column }
    }

    fn chars_before(&self, text: &str, offset: usize) -> usize {
        let Some(&count) = self.checkpoints.get(offset / STRIDE) else { return offset };
        let from = offset / STRIDE * STRIDE;
        let rest = text.as_bytes().get(from..offset).unwrap_or_default();
        count as usize + chars_starting_in(rest) as usize
    }
}

/// Scalar values whose first byte lies in `bytes`.
fn chars_starting_in(bytes: &[u8]) -> u32 {
    let n = bytes.iter().filter(|&&b| (b & 0xC0) != 0x80).count();
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "a\n\"ä–b\"\r\nz";
        let index = LineIndex::new(text);
        let at = text.find('b').unwrap();
        let p = index.position(text, at);
        assert_eq!((p.line, p.column), (2, 4));
        assert_eq!(&text[index.line_range(text, 2)], "\"ä–b\"");
        assert_eq!(index.lines(), 3);
    }

    #[test]
    fn checkpoints_agree_with_a_plain_count() {
        let text = "é".repeat(10_000) + "\n" + &"xü".repeat(5_000);
        let index = LineIndex::new(&text);
        for (offset, _) in text.char_indices().step_by(997) {
            let before = &text[..offset];
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            assert_eq!(index.position(&text, offset).column, column);
        }
    }
}
