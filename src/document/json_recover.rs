//! Recovery of the JSON parser: each function knows one mistake, reports it with its cure, and leaves the parser at a
//! place from which what follows can still be read.

use super::json::{Parser, Place};
use super::json_string::is_typographic;
use super::node::{Kind, Text};
use super::problem::{Problem, ProblemCode};
use crate::span::Span;

/// Comments, NUL, invisible and non-breaking spaces where white space may stand. False when `byte` is none of them.
#[cold]
pub(super) fn odd_space(p: &mut Parser<'_>, byte: u8) -> bool {
    let start = p.pos;
    let rest = p.text.get(start..).unwrap_or_default();
    if byte == b'#' || rest.starts_with("//") || rest.starts_with("/*") {
        let len = match rest.strip_prefix("/*") {
            Some(body) => body.find("*/").map_or(rest.len(), |i| i + 4),
            None => rest.find('\n').unwrap_or(rest.len()),
        };
        p.pos += len;
        let span = Span::new(start, start + rest.get(..len).unwrap_or_default().trim_end().len());
        p.problem(Problem::new(
            ProblemCode::Comment,
            span,
            "a comment",
            "remove it: JSON has no comments; use `Sid` to say what a statement is for",
        ));
        return true;
    }
    let Some(c) = rest.chars().next() else { return false };
    if byte >= 0x20
        && !matches!(c, '\u{a0}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{3000}' | '\u{2000}'..='\u{200a}' | '\u{202f}')
    {
        return false;
    }
    let len = rest.chars().take_while(|other| *other == c).count() * c.len_utf8();
    p.pos += len;
    let span = Span::new(start, p.pos);
    let (code, what) = match c {
        '\0' => (ProblemCode::ControlCharacter, "NUL character".to_owned()),
        '\u{feff}' => (ProblemCode::ByteOrderMark, "byte order mark inside the text".to_owned()),
        c if byte < 0x20 => (ProblemCode::ControlCharacter, format!("control character U+{:04X}", u32::from(c))),
        c => (ProblemCode::UnexpectedCharacter, format!("invisible character U+{:04X}", u32::from(c))),
    };
    p.problem(Problem::new(code, span, what, "remove it: only space, tab and line breaks may stand between values"));
    true
}

/// Whatever else stands where a value should.
#[cold]
pub(super) fn value(p: &mut Parser<'_>, place: Place) {
    let start = p.pos;
    let Some(c) = p.text.get(start..).and_then(|t| t.chars().next()) else {
        return missing_value(p);
    };
    if c == '\'' || is_typographic(c) {
        return p.foreign_string(c, place);
    }
    if is_word(c) {
        return bare_word(p, place);
    }
    if matches!(c, ']' | '}') && place != Place::Root {
        return missing_value(p);
    }
    let rest = p.text.get(start..).unwrap_or_default();
    let garbage = |c: char| !(c.is_whitespace() || is_word(c) || is_typographic(c) || matches!(c, '"' | '\'' | '[' | '{'));
    let ends = |c: char| !garbage(c) || (place != Place::Root && matches!(c, ',' | ']' | '}'));
    p.pos += rest.find(ends).unwrap_or(rest.len()).max(c.len_utf8());
    let span = Span::new(start, p.pos);
    if place == Place::Root && matches!(c, ']' | '}') {
        p.problem(Problem::new(ProblemCode::UnexpectedCloser, span, format!("`{c}` closes nothing"), "remove it"));
        return;
    }
    let help = "expected a value: a string, number, `true`, `false`, `null`, `[` or `{`";
    p.problem(Problem::new(ProblemCode::UnexpectedCharacter, span, format!("unexpected `{}`", shown(c)), help));
    if place == Place::Root {
        return;
    }
    p.skip_space();
    match p.peek() {
        Some(b',' | b']' | b'}') | None => missing_value(p),
        // One step only: what stands here now starts a value.
        Some(_) => p.value(place),
    }
}

fn shown(c: char) -> String {
    if c.is_control() { format!("U+{:04X}", u32::from(c)) } else { c.to_string() }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '*' | '.' | '+' | '-' | '/' | '@' | '?' | '\\' | '<')
}

/// A word without quotes: a Python or JavaScript literal, or a forgotten pair of quotes.
fn bare_word(p: &mut Parser<'_>, place: Place) {
    let start = p.pos;
    let rest = p.text.get(start..).unwrap_or_default();
    let mut len = 0;
    for (i, c) in rest.char_indices() {
        let next = rest.get(i + c.len_utf8()..).and_then(|t| t.chars().next());
        // A colon inside an ARN or an action belongs to the word; a key ends at its colon.
        let colon = c == ':' && place != Place::Key && next.is_some_and(|n| is_word(n) || n == ':');
        if !(is_word(c) || colon || matches!(c, '>' | '=' | '%' | '#' | '~' | '(' | ')' | '!' | ';')) {
            break;
        }
        len = i + c.len_utf8();
    }
    let word = rest.get(..len.max(1)).unwrap_or_default();
    p.pos += word.len().max(1);
    let span = Span::new(start, p.pos);
    let (kind, help) = match word {
        "True" | "TRUE" => (Kind::True, "write `true`".to_owned()),
        "False" | "FALSE" => (Kind::False, "write `false`".to_owned()),
        "None" | "NULL" | "Null" | "undefined" | "nil" | "NaN" => {
            (Kind::Null, "write `null`, or leave the member out".to_owned())
        }
        other => (Kind::String, format!("put it in double quotes: `\"{other}\"`")),
    };
    p.problem(Problem::new(ProblemCode::BareWord, span, format!("`{word}` without quotes"), help));
    p.push(kind, span, Text::Source(span));
}

/// `012`, `+1`, `.5`, `0x10`, `1_000`, or a word that starts with a digit.
#[cold]
pub(super) fn bad_number(p: &mut Parser<'_>) {
    let start = p.pos;
    let rest = p.text.get(start..).unwrap_or_default();
    let len =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | '*' | '/'))).unwrap_or(rest.len());
    p.pos += len.max(1);
    let span = Span::new(start, p.pos);
    let word = p.text.get(span.range()).unwrap_or_default();
    let account = word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit());
    let help = if account {
        format!("write an account id as a string: `\"{word}\"`")
    } else {
        "write a plain number, or put it in double quotes".to_owned()
    };
    p.problem(Problem::new(ProblemCode::BadNumber, span, format!("`{word}` is not a number of JSON"), help));
    p.push(Kind::String, span, Text::Source(span));
}

/// A key that does not start with `"`.
#[cold]
pub(super) fn key(p: &mut Parser<'_>) {
    let start = p.pos;
    let Some(c) = p.text.get(start..).and_then(|t| t.chars().next()) else { return };
    if c == '\'' || is_typographic(c) {
        return p.foreign_string(c, Place::Key);
    }
    if is_word(c) {
        return bare_word(p, Place::Key);
    }
    let point = Span::new(start, start);
    p.problem(Problem::new(
        ProblemCode::UnexpectedCharacter,
        point,
        format!("expected a key before `{}`", shown(c)),
        "write `\"key\":` first, or close the object with `}`",
    ));
    p.push(Kind::String, point, Text::Source(point));
    if !matches!(c, '{' | '[' | ':') {
        p.pos += c.len_utf8();
    }
}

/// After a key without a colon: true when a value can be read all the same; else a null stands in for it.
#[cold]
pub(super) fn missing_colon(p: &mut Parser<'_>) -> bool {
    let end = previous_end(p);
    let point = Span::new(end, end);
    if matches!(p.peek(), Some(b'=')) {
        p.problem(Problem::new(ProblemCode::MissingColon, Span::new(p.pos, p.pos + 1), "`=` between key and value", "write `:`"));
        p.pos += 1;
        return true;
    }
    p.problem(Problem::new(ProblemCode::MissingColon, point, "no colon after this key", "add `:` and a value"));
    if matches!(p.peek(), Some(b',' | b'}' | b']') | None) {
        p.push(Kind::Null, point, Text::Source(point));
        return false;
    }
    true
}

/// A key followed by no value.
#[cold]
pub(super) fn missing_value(p: &mut Parser<'_>) {
    let end = previous_end(p);
    let point = Span::new(end, end);
    p.problem(Problem::new(ProblemCode::MissingValue, point, "a value is missing here", "write a value, or remove the key"));
    p.push(Kind::Null, point, Text::Source(point));
}

/// A comma with nothing before it; returns where it stood.
#[cold]
pub(super) fn extra_comma(p: &mut Parser<'_>) -> usize {
    let at = p.pos;
    p.pos += 1;
    p.problem(Problem::new(ProblemCode::ExtraComma, Span::new(at, at + 1), "a comma with no value before it", "remove it"));
    at
}

/// Two entries with nothing between them; the second starts at `before`.
#[cold]
pub(super) fn missing_comma(p: &mut Parser<'_>, before: usize) {
    let end = p.text.get(..before).unwrap_or_default().trim_end().len();
    p.problem(Problem::new(ProblemCode::MissingComma, Span::new(end, end), "no comma between two entries", "add `,` here"));
}

/// An array that ends where the next member of the object around it begins.
#[cold]
pub(super) fn forgotten_bracket(p: &mut Parser<'_>, start: usize) {
    let end = previous_end(p);
    let problem = Problem::new(ProblemCode::UnclosedBracket, Span::new(end, end), "`[` is never closed", "add `]` here");
    p.problem(problem.with_related(Span::new(start, start + 1), "opened here"));
}

/// Where the last thing before here ended.
fn previous_end(p: &Parser<'_>) -> usize {
    p.text.get(..p.pos).unwrap_or_default().trim_end().len()
}

/// At the wrong closer or the end of the text inside a container. True when the container ends here.
#[cold]
pub(super) fn unclosed(p: &mut Parser<'_>, opener: u8, start: usize, comma: Option<usize>) -> bool {
    let here = p.peek();
    let wanted = if here == Some(b']') { b'[' } else { b'{' };
    let enclosing = p.open.iter().any(|(b, _)| *b == wanted);
    if here.is_some() && !enclosing {
        let c = if wanted == b'[' { ']' } else { '}' };
        let span = Span::new(p.pos, p.pos + 1);
        p.pos += 1;
        p.problem(Problem::new(ProblemCode::UnexpectedCloser, span, format!("`{c}` closes nothing"), "remove it"));
        return false;
    }
    let (code, open, close) =
        if opener == b'[' { (ProblemCode::UnclosedBracket, '[', ']') } else { (ProblemCode::UnclosedBrace, '{', '}') };
    let end = previous_end(p);
    let problem = Problem::new(code, Span::new(end, end), format!("`{open}` is never closed"), format!("add `{close}` here"));
    p.problem(problem.with_related(Span::new(start, start + 1), "opened here"));
    if let Some(at) = comma {
        p.problem(Problem::new(
            ProblemCode::TrailingComma,
            Span::new(at, at + 1),
            "trailing comma",
            "remove the comma after the last entry",
        ));
    }
    true
}

/// A container below the depth limit: skip it, keep its place.
#[cold]
pub(super) fn too_deep(p: &mut Parser<'_>) {
    let start = p.pos;
    let mut level = 0usize;
    let mut in_string = false;
    while let Some(b) = p.peek() {
        p.pos += 1;
        match b {
            b'\\' if in_string => p.pos += 1,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => level += 1,
            b']' | b'}' if !in_string => {
                level -= 1;
                if level == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    p.pos = p.pos.min(p.bytes.len());
    let span = Span::new(start, p.pos);
    let message = format!("nested deeper than {} levels; the rest was not read", super::json::MAX_DEPTH);
    p.problem(Problem::new(ProblemCode::TooDeep, Span::new(start, start + 1), message, "no AWS policy needs this: flatten it"));
    p.push(Kind::Null, span, Text::Source(span));
}

/// Something behind the end of the document.
#[cold]
pub(super) fn text_after_value(p: &mut Parser<'_>) {
    let rest = p.text.get(p.pos..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default().trim_end();
    let span = Span::new(p.pos, p.pos + line.len());
    let help = match line.bytes().next() {
        Some(b'}' | b']') => "remove the extra closing bracket",
        Some(b'{' | b'[') => "one document a file: put the second into its own file",
        Some(b',') => "remove the comma",
        Some(_) | None => "remove it, or move it inside the document",
    };
    p.problem(Problem::new(ProblemCode::TextAfterValue, span, "text after the end of the document", help));
}
