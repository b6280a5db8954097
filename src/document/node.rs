//! The tree: one flat array of nodes in the order of the text, borrowed views for walking it.
//!
//! Strings without escapes are slices of the source; only escaped ones are decoded, into one side buffer. A tree of a
//! policy is thus two allocations, which is what makes it faster than a map of owned values.

use super::path::Parent;
use super::problem::{Problem, ProblemCode};
use crate::span::{LineIndex, Span};
use std::sync::OnceLock;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`, or a value that was missing.
    Null,
    /// `true`.
    True,
    /// `false`.
    False,
    /// A number, kept as written.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object; its children alternate key, value.
    Object,
}

/// Where the decoded text of a scalar stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text {
    /// In the source.
    Source(Span),
    /// In the side buffer of decoded strings.
    Decoded(Span),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct RawNode {
    pub kind: Kind,
    pub span: Span,
    pub text: Text,
    /// Index one past the last node of this subtree.
    pub end: u32,
}

/// A parsed document: its text, its tree and its mistakes.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) text: String,
    pub(super) decoded: String,
    pub(super) nodes: Vec<RawNode>,
    pub(super) problems: Vec<Problem>,
    /// Some object has a key twice.
    repeats: bool,
    lines: OnceLock<LineIndex>,
    parents: OnceLock<Vec<Parent>>,
}

impl Document {
    /// Of the parts that a parser made.
    pub(super) fn new(text: String, decoded: String, nodes: Vec<RawNode>, problems: Vec<Problem>) -> Self {
        let repeats = problems.iter().any(|p| matches!(p.code, ProblemCode::DuplicateKey | ProblemCode::TooManyProblems));
        Self { text, decoded, nodes, problems, repeats, lines: OnceLock::new(), parents: OnceLock::new() }
    }

    /// The lines of the text, found once: a document of thousands of policies is not searched anew for each.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Where each node hangs, worked out when it is first asked for.
    pub(super) fn parents(&self) -> &[Parent] {
        self.parents.get_or_init(|| super::path::parents(self.nodes.iter().map(|raw| raw.end)))
    }

    /// The source text, decoded to UTF-8.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Mistakes found while parsing, in the order of the text.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The root value; `None` only when the text held no value at all.
    pub fn root(&self) -> Option<Node<'_>> {
        self.node(0)
    }

    /// The node with this index.
    pub fn node(&self, id: u32) -> Option<Node<'_>> {
        self.nodes.get(id as usize).map(|raw| Node { document: self, id, raw })
    }

    /// The node with this index; a null that stands nowhere when there is none.
    pub fn node_or_null(&self, id: u32) -> Node<'_> {
        static NULL: RawNode =
            RawNode { kind: Kind::Null, span: Span { start: 0, end: 0 }, text: Text::Source(Span { start: 0, end: 0 }), end: 0 };
        self.node(id).unwrap_or(Node { document: self, id, raw: &NULL })
    }

    /// Number of nodes, keys included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when the text held no value.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// A borrowed view of one node.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document,
    id: u32,
    raw: &'d RawNode,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}@{}..{}", self.raw.kind, self.raw.span.start, self.raw.span.end)
    }
}

impl<'d> Node<'d> {
    /// The document it belongs to.
    pub fn document(self) -> &'d Document {
        self.document
    }

    /// Its index in the document.
    pub fn id(self) -> u32 {
        self.id
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.raw.kind
    }

    /// Where it was written, quotes and brackets included.
    pub fn span(self) -> Span {
        self.raw.span
    }

    /// Index one past the last node of this subtree.
    pub fn subtree_end(self) -> u32 {
        self.raw.end
    }

    /// The decoded text of a string.
    pub fn as_str(self) -> Option<&'d str> {
        (self.raw.kind == Kind::String).then(|| self.scalar())
    }

    /// The text of any scalar: strings decoded, numbers and booleans as written; empty for arrays and objects.
    pub fn scalar(self) -> &'d str {
        let (buffer, span) = match self.raw.text {
            Text::Source(span) => (&self.document.text, span),
            Text::Decoded(span) => (&self.document.decoded, span),
        };
        match self.raw.kind {
            Kind::Null => "null",
            Kind::True => "true",
            Kind::False => "false",
            Kind::Number | Kind::String => buffer.get(span.range()).unwrap_or_default(),
            Kind::Array | Kind::Object => "",
        }
    }

    /// True when the string was written with escapes, so that its text is not a slice of the source.
    pub fn is_decoded(self) -> bool {
        matches!(self.raw.text, Text::Decoded(_))
    }

    /// A boolean.
    pub fn as_bool(self) -> Option<bool> {
        match self.raw.kind {
            Kind::True => Some(true),
            Kind::False => Some(false),
            Kind::Null | Kind::Number | Kind::String | Kind::Array | Kind::Object => None,
        }
    }

    /// Neither array nor object.
    pub fn is_scalar(self) -> bool {
        !matches!(self.raw.kind, Kind::Array | Kind::Object)
    }

    /// Elements of an array; nothing for other kinds.
    pub fn elements(self) -> impl Iterator<Item = Node<'d>> {
        let end = if self.raw.kind == Kind::Array { self.raw.end } else { 0 };
        Siblings { document: self.document, next: self.id + 1, end }
    }

    /// The elements of an array, or the node itself: IAM reads a value and a list of one value alike.
    pub fn one_or_many(self) -> impl Iterator<Item = Node<'d>> {
        let (next, end) = if self.raw.kind == Kind::Array { (self.id + 1, self.raw.end) } else { (self.id, self.id + 1) };
        Siblings { document: self.document, next, end }
    }

    /// Members of an object as key and value, duplicates included; nothing for other kinds.
    pub fn members(self) -> impl Iterator<Item = (Node<'d>, Node<'d>)> {
        let end = if self.raw.kind == Kind::Object { self.raw.end } else { 0 };
        let mut children = Siblings { document: self.document, next: self.id + 1, end };
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The last member with this key, as every reader that keeps one value does.
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        let mut found = self.members().filter(|(k, _)| k.scalar() == key).map(|(_, v)| v);
        // A second one is a mistake of the text, and rare.
        if self.document.repeats { found.last() } else { found.next() }
    }
}

struct Siblings<'d> {
    document: &'d Document,
    next: u32,
    end: u32,
}

impl<'d> Iterator for Siblings<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        if self.next >= self.end {
            return None;
        }
        let node = self.document.node(self.next)?;
        // A string is one node; `one_or_many` may hand us a scalar, whose subtree is itself.
        self.next = node.raw.end.max(self.next + 1);
        Some(node)
    }
}
