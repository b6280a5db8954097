//! From a node to a place in a file, with the lines around it.

use super::excerpt::Excerpt;
use super::fingerprint::{fingerprint, normalise_statement};
use super::model::{Location, PolicyIdentity, RuleId};
use crate::document::path;
use crate::document::{Document, Node, Origin, pretty};
use crate::span::{LineIndex, Span};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Lines shown before and after a place, so that two close places share one picture.
const AROUND: usize = 4;
/// A line longer than this is not readable; the policy is printed anew instead.
const LONG_LINE: usize = 400;
/// Nodes printed anew at most.
const MANY_NODES: u32 = 160;

/// Places things of one document.
pub struct Placer<'d> {
    document: &'d Document,
    file: Arc<str>,
    origin: Origin,
    /// The lines around a place are wanted.
    shown: bool,
    normalised: RefCell<HashMap<u32, Rc<str>>>,
    fingerprints: RefCell<HashMap<(RuleId, u32), String>>,
}

impl<'d> Placer<'d> {
    /// For a document of this file.
    pub fn new(document: &'d Document, file: Arc<str>) -> Self {
        Self::within(document, file, Origin::default())
    }

    /// For a document that is only a part of the file, or stands encoded in it.
    pub fn within(document: &'d Document, file: Arc<str>, origin: Origin) -> Self {
        Self { document, file, origin, shown: true, normalised: RefCell::default(), fingerprints: RefCell::default() }
    }

    /// The fingerprint of what a rule says about a statement of a policy. Of the many findings of one rule in one
    /// statement only the first pays for it.
    pub fn fingerprint(&self, rule: &RuleId, policy: &PolicyIdentity, statement: Option<Node<'d>>, fallback: &str) -> String {
        let Some(statement) = statement else { return fingerprint(rule, policy, "", fallback) };
        let mut known = self.fingerprints.borrow_mut();
        let new = || fingerprint(rule, policy, &self.normalised(statement), fallback);
        known.entry((rule.clone(), statement.id())).or_insert_with(new).clone()
    }

    /// What a fingerprint takes of a statement.
    fn normalised(&self, statement: Node<'d>) -> Rc<str> {
        let mut known = self.normalised.borrow_mut();
        known.entry(statement.id()).or_insert_with(|| normalise_statement(statement).into()).clone()
    }

    /// The same, without the lines around places when they are not `shown`: no report prints them then.
    pub fn showing(self, shown: bool) -> Self {
        Self { shown, ..self }
    }

    /// The document whose places these are.
    pub fn document(&self) -> &'d Document {
        self.document
    }

    /// The file's name.
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    fn lines(&self) -> &'d LineIndex {
        self.document.lines()
    }

    /// The place of a node; of the document's start when there is none.
    pub fn node(&self, node: Option<Node<'d>>) -> Location {
        let (Some(root), Some(node)) = (self.document.root(), node) else { return self.span(Span::default()) };
        let (steps, on_key) = path::steps(root, node);
        let mut location = self.span(node.span());
        self.point(&mut location, path::pointer(&steps));
        location.on_key = on_key;
        if self.shown && location.excerpt.text.is_empty() {
            location.excerpt = Arc::new(printed(self.surroundings(root, node), node));
        }
        location
    }

    /// Set the pointers: of the string in the file, and of the place in the policy that was decoded from it.
    fn point(&self, location: &mut Location, inner: String) {
        let mut pointers = self.origin.pointers(inner);
        location.embedded = if self.origin.is_embedded() { pointers.pop() } else { None };
        location.via = pointers.split_off(pointers.len().min(1));
        location.pointer = pointers.pop().unwrap_or_default();
    }

    /// The place of a span, without a pointer. The excerpt is empty when the line is too long to show.
    pub fn span(&self, span: Span) -> Location {
        let text = self.document.text();
        let lines = self.lines();
        let mut location = Location {
            file: self.file.clone(),
            start: self.origin.position(text, lines, span.start as usize),
            end: self.origin.position(text, lines, span.end as usize),
            pointer: String::new(),
            embedded: None,
            via: Vec::new(),
            on_key: false,
            excerpt: if self.shown { Arc::new(self.excerpt(span)) } else { Arc::default() },
        };
        if self.origin.is_embedded() {
            self.point(&mut location, String::new());
        }
        location
    }

    /// The place of a mistake in the text: like [`Self::span`], but a long line is cut around it rather than left out.
    pub fn mistake(&self, span: Span) -> Location {
        let mut location = self.span(span);
        if self.shown && location.excerpt.text.is_empty() {
            let line = self.lines().position(self.document.text(), span.start as usize).line;
            location.excerpt = Arc::new(self.cut(span, line));
        }
        location
    }

    /// The largest subtree around a node that is small enough to print.
    fn surroundings(&self, root: Node<'d>, node: Node<'d>) -> Node<'d> {
        let mut here = root;
        while here.subtree_end() - here.id() > MANY_NODES {
            let Some(child) = path::child_towards(here, node) else { break };
            here = child;
        }
        here
    }

    fn excerpt(&self, span: Span) -> Excerpt {
        let text = self.document.text();
        let lines = self.lines();
        let line = lines.position(text, span.start as usize).line;
        // A policy in a string is shown printed: its line breaks, if it has any, are not those of the file.
        let readable =
            |n: usize| !self.origin.is_embedded() && n >= 1 && n <= lines.lines() && lines.line_range(text, n).len() <= LONG_LINE;
        if !readable(line) {
            return Excerpt::default();
        }
        let first = (0..=AROUND).map(|back| line.saturating_sub(back)).take_while(|n| readable(*n)).last().unwrap_or(line);
        let last = (line..=line + AROUND).take_while(|n| readable(*n)).last().unwrap_or(line);
        let range = lines.line_range(text, first).start..lines.line_range(text, last).end;
        // A place of many lines is marked on its first.
        let end = (span.end as usize).min(lines.line_range(text, line).end).max(span.start as usize);
        let marked = Span::new((span.start as usize).saturating_sub(range.start), end.saturating_sub(range.start));
        let first_line = first + self.origin.first_line() - 1;
        Excerpt { text: text.get(range).unwrap_or_default().to_owned(), first_line, span: marked, decoded: false }
    }

    /// Some characters on both sides of a place on a very long line.
    fn cut(&self, span: Span, line: usize) -> Excerpt {
        const SIDE: usize = 40;
        let text = self.document.text();
        let range = self.lines().line_range(text, line);
        let at = (span.start as usize).clamp(range.start, range.end);
        let border = |mut i: usize| {
            while !text.is_char_boundary(i) {
                i -= 1;
            }
            i
        };
        let start = border(at.saturating_sub(SIDE).max(range.start));
        let end = border((at + SIDE).min(range.end));
        let marked = Span::new(at - start, (span.end as usize).clamp(at, end.max(at)) - start);
        let first_line = line + self.origin.first_line() - 1;
        let decoded = self.origin.is_embedded();
        Excerpt { text: text.get(start..end).unwrap_or_default().to_owned(), first_line, span: marked, decoded }
    }
}

/// A part of a policy pretty-printed, the few lines around a node of it.
fn printed(part: Node<'_>, node: Node<'_>) -> Excerpt {
    let (text, span) = pretty::print(part, node);
    let index = LineIndex::new(&text);
    let line = index.position(&text, span.start as usize).line;
    let first = line.saturating_sub(AROUND).max(1);
    let last = (line + AROUND).min(index.lines());
    let range = index.line_range(&text, first).start..index.line_range(&text, last).end;
    let end = (span.end as usize).min(index.line_range(&text, line).end);
    let marked = Span::new(span.start as usize - range.start, end - range.start);
    Excerpt { text: text.get(range).unwrap_or_default().to_owned(), first_line: first, span: marked, decoded: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    #[test]
    fn a_minified_policy_is_shown_printed() {
        let statement = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
        let text = format!("{{\"Statement\":[{}]}}", [statement; 5000].join(","));
        let document = json::parse(text);
        let root = document.root().unwrap();
        let target = root.get("Statement").unwrap().elements().nth(4321).unwrap().get("Action").unwrap();
        let location = Placer::new(&document, "p.json".into()).node(Some(target));
        assert_eq!((location.pointer.as_str(), location.start.line), ("/Statement/4321/Action", 1));
        assert!(location.excerpt.decoded);
        assert_eq!(&location.excerpt.text[location.excerpt.span.range()], "\"s3:*\"");
        assert!(location.excerpt.text.len() < 200);
    }

    #[test]
    fn a_readable_file_is_shown_as_it_is() {
        let document = json::parse("{\n  \"a\": [\n    1,\n    2\n  ]\n}".to_owned());
        let placer = Placer::new(&document, "p.json".into());
        let array = document.root().unwrap().get("a").unwrap();
        let location = placer.node(Some(array));
        assert_eq!(location.excerpt.first_line, 1);
        assert_eq!(&location.excerpt.text[location.excerpt.span.range()], "[");
        assert_eq!((location.start.line, location.end.line), (2, 5));
    }
}
