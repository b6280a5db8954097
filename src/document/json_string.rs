//! Strings of the JSON parser: the fast scan, escapes, and quotation marks that are missing or of the wrong sort.

use super::json::{Parser, Place};
use super::node::{Kind, Text};
use super::problem::{Problem, ProblemCode};
use crate::span::Span;

/// Marks that word processors and chat tools put in the place of `"`.
const DOUBLE: [char; 9] = ['“', '”', '„', '‟', '″', '«', '»', '＂', '〝'];
/// Marks used in the place of `'`.
const SINGLE: [char; 7] = ['‘', '’', '‚', '‛', '′', '`', '´'];

/// True for quotation marks that are not JSON's.
pub(super) fn is_typographic(c: char) -> bool {
    DOUBLE.contains(&c) || SINGLE.contains(&c)
}

/// `b”}`: the text up to and with the mark, when only closers stand behind it.
fn up_to_typographic_closer(content: &str) -> Option<&str> {
    let (at, mark) = content.char_indices().rev().find(|(_, c)| is_typographic(*c))?;
    let (kept, rest) = content.split_at_checked(at + mark.len_utf8())?;
    rest.chars().all(|c| matches!(c, ',' | ']' | '}' | ' ')).then_some(kept)
}

/// The first character that some text of a string stands for, and how many bytes spell it; mistakes are read as the
/// parser mends them.
pub(super) fn escaped(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    if first != '\\' {
        return Some((first, first.len_utf8()));
    }
    let Some(next) = text.get(1..).and_then(|t| t.chars().next()) else { return Some(('\\', 1)) };
    let hex = |from: usize| {
        let digits = text.get(from..from + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    Some(match next {
        'b' => ('\u{8}', 2),
        'f' => ('\u{c}', 2),
        'n' => ('\n', 2),
        'r' => ('\r', 2),
        't' => ('\t', 2),
        'u' => {
            let Some(high) = hex(2) else { return Some(('u', 2)) };
            let low = text.get(6..8).filter(|t| *t == "\\u").and_then(|_| hex(8));
            let pair = low.filter(|l| (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(l));
            match (char::from_u32(high), pair) {
                (Some(c), _) => (c, 6),
                (None, Some(low)) => {
                    (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).unwrap_or('\u{FFFD}'), 12)
                }
                (None, None) => ('\u{FFFD}', 6),
            }
        }
        other => (other, 1 + other.len_utf8()),
    })
}

/// Bytes of the first character that was escaped twice: as written, and decoded.
pub(super) fn escaped_twice(raw: &str) -> (usize, usize) {
    let mut once = String::new();
    let mut ends = Vec::new();
    let mut at = 0;
    // The longest escape is a pair of surrogates.
    while let Some((c, len)) = raw.get(at..).and_then(escaped).filter(|_| ends.len() < 12) {
        at += len;
        once.push(c);
        ends.push((once.len(), at));
    }
    let (c, len) = escaped(&once).unwrap_or_default();
    let taken = ends.iter().find(|(end, _)| *end >= len).map_or(at, |(_, taken)| *taken);
    (taken, c.len_utf8())
}

impl Parser<'_> {
    /// A string that starts with `"` here.
    pub fn string(&mut self, place: Place) {
        let start = self.pos;
        let rest = self.bytes.get(start + 1..).unwrap_or_default();
        let plain = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20);
        let Some(len) = plain else { return self.unclosed_string(start, self.bytes.len(), place) };
        let end = start + 1 + len;
        if rest.get(len) == Some(&b'"') && !self.glued(end) {
            self.pos = end + 1;
            self.push(Kind::String, Span::new(start, end + 1), Text::Source(Span::new(start + 1, end)));
            return;
        }
        self.odd_string(start, place);
    }

    /// A closing quote with a word right behind it: the quote belongs to the next string and ours was never closed.
    fn glued(&self, quote: usize) -> bool {
        self.bytes.get(quote + 1).is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'*' || b == b'_' || b >= 0x80)
    }

    /// Any string off the fast path: escapes, control characters, unclosed.
    #[cold]
    fn odd_string(&mut self, start: usize, place: Place) {
        let mut at = start + 1;
        let from = self.decoded.len();
        let mut copied = at;
        let mut escaped = false;
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n' | b'\r') => {
                    self.decoded.truncate(from);
                    return self.unclosed_string(start, at, place);
                }
                Some(b'"') => break,
                Some(b'\\') => {
                    self.decoded.push_str(self.text.get(copied..at).unwrap_or_default());
                    at = self.escape(at);
                    copied = at;
                    escaped = true;
                }
                Some(&b) if b < 0x20 => {
                    self.control(at, b);
                    at += 1;
                }
                Some(_) => at += 1,
            }
        }
        if self.glued(at) && self.ends_early(start, at, place) {
            self.decoded.truncate(from);
            return;
        }
        self.pos = at + 1;
        let text = if escaped {
            self.decoded.push_str(self.text.get(copied..at).unwrap_or_default());
            Text::Decoded(Span::new(from, self.decoded.len()))
        } else {
            Text::Source(Span::new(start + 1, at))
        };
        self.push(Kind::String, Span::new(start, at + 1), text);
    }

    fn control(&mut self, at: usize, byte: u8) {
        let (message, help) = match byte {
            b'\t' => ("tab inside a string".to_owned(), "write it as `\\t`, or remove it".to_owned()),
            other => (
                format!("control character U+{other:04X} inside a string"),
                "remove it: it is invisible and AWS rejects it".to_owned(),
            ),
        };
        self.problem(Problem::new(ProblemCode::ControlCharacter, Span::new(at, at + 1), message, help));
    }

    /// Decode the escape at `at` into the side buffer; returns the offset behind it.
    fn escape(&mut self, at: usize) -> usize {
        let simple = match self.bytes.get(at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(at),
            Some(_) | None => return self.bad_escape(at),
        };
        self.decoded.push(simple);
        at + 2
    }

    fn bad_escape(&mut self, at: usize) -> usize {
        let next = self.text.get(at + 1..).and_then(|t| t.chars().next());
        let Some(c) = next.filter(|c| *c != '\n' && *c != '\r') else { return at + 1 };
        let end = at + 1 + c.len_utf8();
        let message = format!("`\\{c}` is not an escape of JSON");
        let help = format!("write `\\\\{c}` for a backslash, or only `{c}`");
        self.problem(Problem::new(ProblemCode::BadEscape, Span::new(at, end), message, help));
        self.decoded.push(c);
        end
    }

    fn unicode_escape(&mut self, at: usize) -> usize {
        let hex = |from: usize| {
            let digits = self.text.get(from..from + 4)?;
            digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
        };
        let Some(high) = hex(at + 2) else {
            let span = Span::new(at, at + 2);
            self.problem(Problem::new(
                ProblemCode::BadEscape,
                span,
                "`\\u` without four hexadecimal digits",
                "write four digits, such as `\\u00e9`",
            ));
            self.decoded.push('u');
            return at + 2;
        };
        if let Some(c) = char::from_u32(high) {
            self.decoded.push(c);
            return at + 6;
        }
        let low = (self.bytes.get(at + 6..at + 8) == Some(b"\\u")).then(|| hex(at + 8)).flatten();
        let pair = low.filter(|l| high < 0xDC00 && (0xDC00..0xE000).contains(l));
        if let Some(c) = pair.and_then(|l| char::from_u32(0x10000 + ((high - 0xD800) << 10) + (l - 0xDC00))) {
            self.decoded.push(c);
            return at + 12;
        }
        let message = "half of a surrogate pair";
        self.problem(Problem::new(
            ProblemCode::BadEscape,
            Span::new(at, at + 6),
            message,
            "write the whole pair, or the character itself",
        ));
        self.decoded.push('\u{FFFD}');
        at + 6
    }

    /// `"s3:Get, "s3:Put"`: the string whose closing quote is glued to a word ended before its last comma or at a
    /// typographic mark. False when nothing in it looks like an end.
    fn ends_early(&mut self, start: usize, quote: usize, place: Place) -> bool {
        let content = self.text.get(start + 1..quote).unwrap_or_default();
        let trimmed = content.trim_end().trim_end_matches([',', ':']);
        let looks_cut = trimmed.len() < content.trim_end().len() || trimmed.ends_with(is_typographic);
        if looks_cut {
            self.unclosed_string(start, quote, place);
        }
        looks_cut
    }

    /// A string opened at `start` (with any quotation mark) that is not closed before `limit`.
    #[cold]
    pub fn unclosed_string(&mut self, start: usize, limit: usize, place: Place) {
        let line = self.text.get(start..limit).unwrap_or_default();
        let line = line.split(['\n', '\r']).next().unwrap_or_default();
        let mark = line.chars().next().map_or(1, char::len_utf8);
        let content = line.get(mark..).unwrap_or_default();
        let mut kept = content.trim_end();
        if place == Place::Key {
            kept = kept.split(':').next().unwrap_or_default().trim_end();
        } else {
            kept = kept.trim_end_matches(',').trim_end();
            kept = up_to_typographic_closer(kept).unwrap_or(kept);
        }
        let closed_by = kept.chars().next_back().filter(|c| is_typographic(*c));
        if let Some(c) = closed_by {
            kept = kept.get(..kept.len() - c.len_utf8()).unwrap_or_default();
        }
        let text = Span::new(start + mark, start + mark + kept.len());
        let end = text.end as usize + closed_by.map_or(0, char::len_utf8);
        match closed_by {
            Some(c) => self.typographic(end - c.len_utf8(), c),
            None => {
                let point = Span::new(end, end);
                let opened = Span::new(start, start + mark);
                let problem = Problem::new(ProblemCode::UnclosedString, point, "this string is never closed", "add `\"` here");
                self.problem(problem.with_related(opened, "opened here"));
            }
        }
        self.pos = end.max(start + mark);
        self.push(Kind::String, Span::new(start, self.pos), Text::Source(text));
    }

    /// Report a quotation mark of the wrong sort.
    pub fn typographic(&mut self, at: usize, mark: char) {
        let span = Span::new(at, at + mark.len_utf8());
        let message = format!("typographic quotation mark `{mark}`");
        self.problem(Problem::new(ProblemCode::TypographicQuote, span, message, "replace it with a straight `\"`"));
    }

    /// A string that starts with a quotation mark JSON does not know.
    #[cold]
    pub fn foreign_string(&mut self, mark: char, place: Place) {
        let start = self.pos;
        let inside = start + mark.len_utf8();
        let rest = self.text.get(inside..).unwrap_or_default();
        let single = mark == '\'' || SINGLE.contains(&mark);
        let closes = |c: char| if single { c == '\'' || SINGLE.contains(&c) } else { c == '"' || DOUBLE.contains(&c) };
        if mark != '\'' {
            self.typographic(start, mark);
        }
        // Stops at the first mark or line end: looking further would cost a whole line for each mark on it.
        let stop = rest.char_indices().find(|(_, c)| closes(*c) || *c == '\n' || *c == '\r');
        let Some((len, closer)) = stop.filter(|(_, c)| closes(*c)) else {
            let limit = stop.map_or(self.bytes.len(), |(at, _)| inside + at);
            return self.unclosed_string(start, limit, place);
        };
        let end = inside + len + closer.len_utf8();
        if mark == '\'' {
            let span = Span::new(start, end);
            self.problem(Problem::new(
                ProblemCode::SingleQuote,
                span,
                "single quotes around a string",
                "use double quotes: JSON knows no others",
            ));
        } else if closer != '"' {
            self.typographic(inside + len, closer);
        }
        self.pos = end;
        self.push(Kind::String, Span::new(start, end), Text::Source(Span::new(inside, inside + len)));
    }
}
