//! The YAML parser, for rules, the project file and templates: YAML 1.2 with the core schema, read into the same tree as
//! JSON. What a linter cannot point at (aliases, a second document) is reported rather than followed.

mod short_form;

use super::node::{Document, Kind, RawNode, Text};
use super::problem::{Problem, ProblemCode};
use crate::span::Span;
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks, Tag};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Containers deeper than this are skipped and reported.
const MAX_DEPTH: usize = 128;

/// Nodes per document; a rule has hundreds.
const MAX_NODES: usize = 1_000_000;

/// Mistakes listed per document.
const MAX_PROBLEMS: usize = 100;

/// Parse `text` into a tree. Never fails: what could be read before a mistake is kept.
pub fn parse(text: String) -> Document {
    read(text, false)
}

/// As [`parse`], with CloudFormation's short tags in their long form: `!Ref x` becomes `{"Ref": "x"}`. Object and key have the
/// span of tag and value.
pub fn parse_template(text: String) -> Document {
    read(text, true)
}

fn read(text: String, template: bool) -> Document {
    let mut builder = Builder { template, ..Builder::new(&text) };
    builder.run();
    let Builder { nodes, decoded, problems, .. } = builder;
    Document::new(text, decoded, nodes, problems)
}

/// A container whose end has not been seen yet.
struct Open {
    id: u32,
    kind: Kind,
    children: usize,
    /// It stands for a short tag, and ends with its only value.
    function: bool,
}

struct Builder<'t> {
    text: &'t str,
    /// Short tags are functions.
    template: bool,
    offsets: Offsets,
    nodes: Vec<RawNode>,
    decoded: String,
    problems: Vec<Problem>,
    open: Vec<Open>,
    /// Containers entered since we began to skip a subtree.
    skipping: usize,
    documents: usize,
    /// End of the last value read: where a block container, which has no closing bracket, ends.
    last_end: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            template: false,
            offsets: Offsets::new(text),
            nodes: Vec::with_capacity(text.len() / 24 + 8),
            decoded: String::new(),
            problems: Vec::new(),
            open: Vec::new(),
            skipping: 0,
            documents: 0,
            last_end: 0,
        }
    }

    fn run(&mut self) {
        // The scanner takes NUL for the end of its input; what follows would go unread without a word.
        let readable = match self.text.find('\0') {
            Some(at) => {
                let help = "remove it, and save the file as UTF-8 text";
                self.problem(ProblemCode::ControlCharacter, Span::new(at, at + 1), "NUL character", help);
                self.text.get(..at).unwrap_or_default()
            }
            None => self.text,
        };
        let mut parser = Parser::new_from_str(readable);
        while let Some(next) = parser.next_event() {
            match next {
                Ok((event, marks)) => {
                    if self.event(event, marks).is_break() {
                        break;
                    }
                }
                Err(error) => {
                    self.scan_error(error.marker().index(), error.info());
                    break;
                }
            }
        }
        while !self.open.is_empty() {
            self.close(self.last_end);
        }
        if self.nodes.is_empty() && self.problems.is_empty() {
            let span = Span::new(0, self.text.len());
            self.problem(ProblemCode::Empty, span, "nothing to read", "write a document, or remove the file");
        }
        self.problems.sort_by_key(|p| p.span);
        if self.problems.len() > MAX_PROBLEMS {
            let message = format!("{} more mistakes are not listed", self.problems.len() - MAX_PROBLEMS);
            self.problems.truncate(MAX_PROBLEMS);
            let end = Span::new(self.text.len(), self.text.len());
            self.problem(ProblemCode::TooManyProblems, end, &message, "mend the first ones and run again");
        }
    }

    fn scan_error(&mut self, index: usize, info: &str) {
        let at = self.offsets.byte(index);
        let span = Span::new(at, self.char_end(at));
        let help = match self.text.get(span.range()) {
            // `Action: *` is the mistake that people who write policies make.
            Some(first @ ("*" | "&" | "!" | "%" | "@" | "`")) => format!("put text that starts with `{first}` in quotes"),
            Some(_) | None => "check the indentation (spaces, not tabs), and quote text that holds `: ` or ` #`".to_owned(),
        };
        self.problem(ProblemCode::Yaml, span, &format!("not valid YAML: {info}"), &help);
    }

    /// End of the character at byte `at`, or of the text.
    fn char_end(&self, at: usize) -> usize {
        let next = self.text.get(at..).and_then(|rest| rest.chars().next());
        at + next.map_or(0, char::len_utf8)
    }

    fn problem(&mut self, code: ProblemCode, span: Span, message: &str, help: &str) {
        self.problems.push(Problem::new(code, span, message, help));
    }

    fn event(&mut self, event: Event<'_>, marks: Marks) -> ControlFlow<()> {
        let span = self.offsets.span(marks);
        if self.skipping > 0 {
            self.skip(&event, span);
            return ControlFlow::Continue(());
        }
        if self.nodes.len() >= MAX_NODES {
            let help = "split the file";
            self.problem(ProblemCode::TooLarge, span, "more than 1,000,000 values", help);
            return ControlFlow::Break(());
        }
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let help = "keep one document in a file; move what follows `---` to a file of its own";
                    self.problem(ProblemCode::Yaml, span, "a second document starts here", help);
                    return ControlFlow::Break(());
                }
            }
            Event::Alias(_) => {
                let help = "write the value out here, or put text that starts with `*` in quotes";
                self.problem(ProblemCode::Yaml, span, "aliases are not supported", help);
                self.push(Kind::Null, span, Text::Source(span));
            }
            Event::Scalar(value, style, _, tag) => {
                if let Some(span) = self.enter_function(tag.as_deref(), span, Some(style)) {
                    self.scalar(&value, style, tag.as_deref(), span);
                    self.leave_function();
                }
            }
            Event::SequenceStart(_, tag) => self.tagged_container(Kind::Array, tag.as_deref(), span),
            Event::MappingStart(_, tag) => self.tagged_container(Kind::Object, tag.as_deref(), span),
            Event::SequenceEnd | Event::MappingEnd => {
                // Flow containers end with a bracket, block containers with their last value.
                let end = if span.is_empty() { self.last_end } else { span.range().end };
                self.close(end);
            }
        }
        ControlFlow::Continue(())
    }

    fn skip(&mut self, event: &Event<'_>, span: Span) {
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => self.skipping += 1,
            Event::SequenceEnd | Event::MappingEnd => self.skipping -= 1,
            Event::Scalar(..) | Event::Alias(_) => {}
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => return,
        }
        if !span.is_empty() {
            self.last_end = self.last_end.max(span.range().end);
        }
        let end = self.last_end;
        if let Some(node) = self.nodes.last_mut() {
            node.span = Span::new(node.span.range().start, end);
        }
        if self.skipping == 0 {
            self.leave_function();
        }
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) {
        let string = tag.is_some_and(|t| !t.is_yaml_core_schema() || t.suffix == "str");
        let kind = match style {
            ScalarStyle::Plain if !string => plain_kind(value),
            ScalarStyle::Plain
            | ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => Kind::String,
        };
        let span = self.trimmed(span, style);
        let text = self.text_of(value, style, span);
        self.push(kind, span, text);
        self.last_end = self.last_end.max(span.range().end);
    }

    /// The scanner's end mark may stand behind blanks that are no part of the scalar.
    fn trimmed(&self, span: Span, style: ScalarStyle) -> Span {
        let Some(slice) = self.text.get(span.range()) else { return Span::default() };
        let kept = match style {
            ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => slice.trim_end(),
            ScalarStyle::Literal | ScalarStyle::Folded => slice.trim_end_matches([' ', '\t']),
        };
        let start = span.range().start;
        Span::new(start, start + kept.len())
    }

    /// Where the text of a scalar stands: in the source when it was written without escapes and folds.
    fn text_of(&mut self, value: &str, style: ScalarStyle, span: Span) -> Text {
        let inner = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if span.len() >= 2 => {
                Span::new(span.range().start + 1, span.range().end - 1)
            }
            ScalarStyle::Plain
            | ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => span,
        };
        if self.text.get(inner.range()) == Some(value) {
            return Text::Source(inner);
        }
        let start = self.decoded.len();
        self.decoded.push_str(value);
        Text::Decoded(Span::new(start, self.decoded.len()))
    }

    fn tagged_container(&mut self, kind: Kind, tag: Option<&Tag>, span: Span) {
        if let Some(span) = self.enter_function(tag, span, None) {
            self.container(kind, span);
        } else {
            self.skipping = 1;
        }
    }

    fn container(&mut self, kind: Kind, span: Span) {
        let start = span.range().start;
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            self.problem(ProblemCode::TooDeep, span, &message, "flatten the document");
        } else if self.at_key() {
            let help = "use text as the key";
            self.problem(ProblemCode::Yaml, span, "a list or a mapping cannot be a key", help);
        } else {
            let id = self.push(kind, Span::new(start, start), Text::Source(Span::default()));
            self.open.push(Open { id, kind, children: 0, function: false });
            return;
        }
        self.push(Kind::Null, span, Text::Source(span));
        self.skipping = 1;
    }

    /// True when the next node is a key.
    fn at_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.kind == Kind::Object && open.children % 2 == 0)
    }

    fn push(&mut self, kind: Kind, span: Span, text: Text) -> u32 {
        if let Some(open) = self.open.last_mut() {
            open.children += 1;
        }
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(RawNode { kind, span, text, end: id.saturating_add(1) });
        id
    }

    fn close(&mut self, end: usize) {
        let Some(Open { id, kind, children, .. }) = self.open.last().map(|o| Open { ..*o }) else { return };
        if kind == Kind::Object && children % 2 == 1 {
            // A mistake ended the text behind a key.
            let span = Span::new(end, end);
            self.push(Kind::Null, span, Text::Source(span));
        }
        self.open.pop();
        // Where a mistake ended the text, the last thing that was read ends behind the last thing that was closed.
        let inner = self.nodes.last().map_or(0, |last| last.span.range().end);
        let end = end.max(inner);
        let nodes_end = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.span = Span::new(node.span.range().start, end);
            node.end = nodes_end;
        }
        self.last_end = self.last_end.max(end);
        if kind == Kind::Object {
            self.report_duplicates(id, nodes_end);
        }
        self.leave_function();
    }

    fn report_duplicates(&mut self, id: u32, end: u32) {
        let mut seen = HashMap::new();
        let mut found = Vec::new();
        let mut at = id + 1;
        while at < end {
            let Some(key) = self.nodes.get(at as usize) else { break };
            let text = self.key_text(key);
            if let Some(&first) = seen.get(text) {
                let message = format!("duplicate key `{text}`");
                let problem = Problem::new(ProblemCode::DuplicateKey, key.span, message, "merge the two, or remove one");
                found.push(problem.with_related(first, "first written here"));
            } else {
                seen.insert(text, key.span);
            }
            at = self.nodes.get(at as usize + 1).map_or(end, |value| value.end);
        }
        self.problems.append(&mut found);
    }

    fn key_text(&self, key: &RawNode) -> &str {
        match key.text {
            Text::Source(span) => self.text.get(span.range()).unwrap_or_default(),
            Text::Decoded(span) => self.decoded.get(span.range()).unwrap_or_default(),
        }
    }
}

/// From the scanner's character indexes to bytes.
struct Offsets {
    /// Byte offset of each character; empty for ASCII text, where the two are the same.
    starts: Vec<u32>,
    len: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let starts = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(i, _)| u32::try_from(i).unwrap_or(u32::MAX)).collect()
        };
        Self { starts, len: text.len() }
    }

    fn byte(&self, index: usize) -> usize {
        if self.starts.is_empty() {
            return index.min(self.len);
        }
        self.starts.get(index).map_or(self.len, |&at| at as usize)
    }

    fn span(&self, marks: Marks) -> Span {
        Span::new(self.byte(marks.start.index()), self.byte(marks.end.index()))
    }
}

/// What a scalar without quotes is, by the core schema of YAML 1.2: `yes`, `on` and `1_000` are text.
fn plain_kind(value: &str) -> Kind {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::True,
        "false" | "False" | "FALSE" => Kind::False,
        _ if is_number(value) => Kind::Number,
        _ => Kind::String,
    }
}

fn is_number(value: &str) -> bool {
    if let Some(digits) = value.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some(digits) = value.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
    }
    if matches!(value, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let value = value.strip_prefix(['-', '+']).unwrap_or(value);
    if matches!(value, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = value.split_once(['e', 'E']).map_or((value, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|e| e.strip_prefix(['-', '+']).unwrap_or(e));
    let some_digit = !whole.is_empty() || !fraction.is_empty();
    some_digit && digits(whole) && digits(fraction) && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
