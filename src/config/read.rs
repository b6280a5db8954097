//! Typed reading of YAML nodes: a value of the wrong type is a problem at its place, and is then left out.

use crate::document::{Document, Kind, Node, Problem, ProblemCode};
use crate::finding::{Excerpt, Location};
use crate::span::{LineIndex, Span, Spanned};
use crate::text::suggest;
use globset::{GlobBuilder, GlobMatcher};
use std::sync::Arc;
use time::Date;
use time::macros::format_description;

pub(super) struct Reader<'d> {
    pub name: Arc<str>,
    pub document: &'d Document,
    pub lines: LineIndex,
    pub today: Date,
    pub problems: Vec<Problem>,
}

impl<'d> Reader<'d> {
    pub fn problem(&mut self, node: Node<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(ProblemCode::Yaml, node.span(), message, help));
    }

    fn wrong_type(&mut self, node: Node<'_>, what: &str, wanted: &str) {
        let message = format!("`{what}` must be {wanted}, not {}", type_name(node));
        self.problem(node, message, format!("write {wanted}"));
    }

    /// The members of a mapping under known keys. Keys without a value count as not written.
    pub fn members(&mut self, node: Node<'d>, what: &str, known: &[&str]) -> Vec<(&'d str, Node<'d>)> {
        let all = self.entries(node, what);
        let mut kept = Vec::with_capacity(all.len());
        for (key, value) in all {
            if known.contains(&key.scalar()) {
                if value.kind() != Kind::Null {
                    kept.push((key.scalar(), value));
                }
                continue;
            }
            let help = suggest::did_you_mean(key.scalar(), known.iter().copied());
            let help = help.unwrap_or_else(|| format!("known keys: {}", known.join(", ")));
            self.problem(key, format!("unknown key `{}`", key.scalar()), help);
        }
        kept
    }

    /// Every member of a mapping.
    pub fn entries(&mut self, node: Node<'d>, what: &str) -> Vec<(Node<'d>, Node<'d>)> {
        if !matches!(node.kind(), Kind::Object | Kind::Null) {
            self.wrong_type(node, what, "a mapping");
        }
        node.members().collect()
    }

    /// The elements of a list.
    pub fn list(&mut self, node: Node<'d>, what: &str) -> Vec<Node<'d>> {
        if node.kind() != Kind::Array {
            self.wrong_type(node, what, "a list");
        }
        node.elements().collect()
    }

    /// Text; a number counts as its digits, since an account id without quotes is one.
    pub fn text(&mut self, node: Node<'d>, what: &str) -> Option<&'d str> {
        match node.kind() {
            Kind::String | Kind::Number if !node.scalar().trim().is_empty() => Some(node.scalar()),
            Kind::String | Kind::Number => {
                self.problem(node, format!("`{what}` is empty"), "write a value, or remove the key");
                None
            }
            Kind::Null | Kind::True | Kind::False | Kind::Array | Kind::Object => {
                self.wrong_type(node, what, "text");
                None
            }
        }
    }

    pub fn spanned(&mut self, node: Node<'d>, what: &str) -> Option<Spanned<String>> {
        Some(Spanned { value: self.text(node, what)?.to_owned(), span: node.span() })
    }

    /// Text or a list of texts.
    pub fn texts(&mut self, node: Node<'d>, what: &str) -> Vec<Spanned<String>> {
        node.one_or_many().collect::<Vec<_>>().into_iter().filter_map(|item| self.spanned(item, what)).collect()
    }

    pub fn bool(&mut self, node: Node<'d>, what: &str) -> Option<bool> {
        let value = node.as_bool();
        if value.is_none() {
            self.wrong_type(node, what, "true or false");
        }
        value
    }

    /// A word of a closed vocabulary.
    pub fn choice<T: std::str::FromStr>(&mut self, node: Node<'d>, what: &str, words: &[&str]) -> Option<T> {
        let text = self.text(node, what)?;
        let value = text.parse().ok();
        if value.is_none() {
            let help = suggest::did_you_mean(text, words.iter().copied());
            let help = help.unwrap_or_else(|| format!("one of {}", words.join(", ")));
            self.problem(node, format!("`{text}` is not a known `{what}`"), help);
        }
        value
    }

    pub fn date(&mut self, node: Node<'d>, what: &str) -> Option<Date> {
        let text = self.text(node, what)?;
        let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
        if date.is_none() {
            self.problem(node, format!("`{text}` is not a date"), "write a day of the calendar as YYYY-MM-DD");
        }
        date
    }

    /// A pattern for paths: `*` stops at `/`, `**` does not.
    pub fn path_glob(&mut self, node: Node<'d>, what: &str) -> Option<GlobMatcher> {
        let text = self.text(node, what)?;
        let pattern = text.strip_prefix("./").unwrap_or(text);
        match GlobBuilder::new(pattern).literal_separator(true).build() {
            Ok(glob) => Some(glob.compile_matcher()),
            Err(error) => {
                let help = "`*` matches within a folder, `**` across folders, `[ab]` a set, `{a,b}` a choice";
                self.problem(node, format!("`{text}` is not a valid pattern: {}", error.kind()), help);
                None
            }
        }
    }

    /// A pattern or a list of patterns for paths.
    pub fn path_globs(&mut self, node: Node<'d>, what: &str) -> Vec<GlobMatcher> {
        node.one_or_many().collect::<Vec<_>>().into_iter().filter_map(|item| self.path_glob(item, what)).collect()
    }

    /// The place of a node, for what is reported after the project file is gone.
    pub fn place(&self, node: Node<'d>) -> Location {
        let text = self.document.text();
        let range = node.span().range();
        let start = self.lines.position(text, range.start);
        let line = self.lines.line_range(text, start.line);
        let inside = |at: usize| at.clamp(line.start, line.end) - line.start;
        let (steps, on_key) = match self.document.root() {
            Some(root) => crate::document::path::steps(root, node),
            None => (Vec::new(), false),
        };
        let excerpt = Excerpt {
            text: text.get(line.clone()).unwrap_or_default().to_owned(),
            first_line: start.line,
            span: Span::new(inside(range.start), inside(range.end)),
            decoded: false,
        };
        Location {
            file: self.name.clone(),
            start,
            end: self.lines.position(text, range.end),
            pointer: crate::document::path::pointer(&steps),
            embedded: None,
            via: Vec::new(),
            on_key,
            excerpt: Arc::new(excerpt),
        }
    }
}

fn type_name(node: Node<'_>) -> &'static str {
    match node.kind() {
        Kind::Null => "nothing",
        Kind::True | Kind::False => "true or false",
        Kind::Number => "a number",
        Kind::String => "text",
        Kind::Array => "a list",
        Kind::Object => "a mapping",
    }
}
