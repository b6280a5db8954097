//! Reading rule files: problems with their places, parameters in the place of values, keys nobody knows.

use crate::document::{Kind, Node, Problem, ProblemCode};
use crate::text::pattern::Pattern;
use crate::text::suggest::did_you_mean;
use crate::text::value::{ParamData, ParamValue};
use std::collections::BTreeMap;

/// State while one rule is compiled.
pub struct Compiler<'d> {
    /// The file is one of ours and was tested: expressions need no look before they are used.
    pub trusted: bool,
    /// What is wrong with the file.
    pub problems: Vec<Problem>,
    /// Parameter values in force.
    pub params: BTreeMap<String, ParamValue>,
    /// Parameters that have no value: matchers that use them cannot be compiled, but the rule can be listed.
    pub unset: Vec<String>,
    /// Named matchers of `define`.
    pub defines: BTreeMap<&'d str, Node<'d>>,
    /// Named matchers expanded so far; a rule that doubles at every step must not fill the memory.
    pub uses: usize,
    /// Names being expanded, to refuse rings.
    pub expanding: Vec<&'d str>,
}

impl<'d> Compiler<'d> {
    /// Report something about a node.
    pub fn problem(&mut self, node: Node<'d>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(ProblemCode::Rule, node.span(), message, help));
    }

    /// Report every key of an object that is not among the known ones.
    pub fn known_keys(&mut self, node: Node<'d>, known: &[&str], what: &str) {
        for (key, _) in node.members() {
            if !known.contains(&key.scalar()) {
                self.unknown_key(key, known, what);
            }
        }
    }

    /// Report one key nobody knows.
    pub fn unknown_key(&mut self, key: Node<'d>, known: &[&str], what: &str) {
        let help = did_you_mean(key.scalar(), known.iter().copied());
        let help = help.unwrap_or_else(|| format!("{what} has {}", known.join(", ")));
        self.problem(key, format!("`{}` is not known in {what}", key.scalar()), help);
    }

    /// True when the node is an object; else reported.
    pub fn object(&mut self, node: Node<'d>, what: &str) -> bool {
        let ok = node.kind() == Kind::Object;
        if !ok {
            self.problem(node, format!("{what} is not a mapping"), "write keys and values");
        }
        ok
    }

    /// The value of `{param: name}`; `None` for anything else or a parameter without a value.
    pub fn param(&mut self, node: Node<'d>) -> Option<Option<ParamValue>> {
        let mut members = node.members();
        let (key, name) = members.next()?;
        if key.scalar() != "param" || members.next().is_some() {
            return None;
        }
        let value = self.params.get(name.scalar()).cloned();
        if value.is_none() && !self.unset.iter().any(|n| n == name.scalar()) {
            let known: Vec<String> = self.params.keys().cloned().collect();
            let help = did_you_mean(name.scalar(), known.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| "declare it under `params`".to_owned());
            self.problem(name, format!("no parameter `{}`", name.scalar()), help);
        }
        Some(value)
    }

    /// Texts of a scalar, a list, or a parameter reference, nested to any depth.
    pub fn strings(&mut self, node: Node<'d>) -> Vec<String> {
        match node.kind() {
            Kind::Array => node.elements().flat_map(|item| self.strings(item)).collect(),
            Kind::Object => match self.param(node) {
                Some(Some(value)) => texts(&value),
                Some(None) => Vec::new(),
                None => {
                    self.problem(node, "a mapping where text is expected", "write text, a list of text, or `{ param: name }`");
                    Vec::new()
                }
            },
            Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::String => vec![node.scalar().to_owned()],
        }
    }

    /// One text.
    pub fn string(&mut self, node: Node<'d>) -> String {
        self.strings(node).into_iter().next().unwrap_or_default()
    }

    /// `true` or `false`.
    pub fn bool(&mut self, node: Node<'d>) -> bool {
        if let Some(Some(value)) = self.param(node) {
            return value.as_bool().unwrap_or(false);
        }
        node.as_bool().unwrap_or_else(|| {
            self.problem(node, "neither true nor false", "write `true` or `false`");
            false
        })
    }

    /// A whole number of zero or more.
    pub fn number(&mut self, node: Node<'d>) -> Option<usize> {
        let number = match self.param(node) {
            Some(value) => value.and_then(|v| v.as_int()).and_then(|n| usize::try_from(n).ok()),
            None => node.scalar().parse().ok(),
        };
        if number.is_none() {
            self.problem(node, "not a whole number", "write a number such as `1`");
        }
        number
    }

    /// One of some words, in the spelling of `all`.
    pub fn word<T: Copy>(&mut self, node: Node<'d>, text: &str, all: &[(&str, T)], what: &str) -> Option<T> {
        let found = all.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
            let help = did_you_mean(text, names.iter().copied());
            self.problem(
                node,
                format!("`{text}` is not {what}"),
                help.unwrap_or_else(|| format!("use one of {}", names.join(", "))),
            );
        }
        found
    }

    /// Several of some words.
    pub fn words<T: Copy>(&mut self, node: Node<'d>, all: &[(&str, T)], what: &str) -> Vec<T> {
        self.strings(node).iter().filter_map(|text| self.word(node, text, all, what)).collect()
    }

    /// Regular expressions, linear-time and bounded in size.
    pub fn regexes(&mut self, node: Node<'d>) -> Vec<Pattern> {
        let mut out = Vec::new();
        for text in self.strings(node) {
            if self.trusted {
                out.push(Pattern::trusted(text));
                continue;
            }
            match Pattern::checked(text.clone()) {
                Ok(pattern) => out.push(pattern),
                Err(line) => self.problem(node, format!("`{text}` is not a regular expression"), line),
            }
        }
        out
    }
}

fn texts(value: &ParamValue) -> Vec<String> {
    match &value.data {
        ParamData::List(items) => items.iter().flat_map(texts).collect(),
        ParamData::String(_) | ParamData::Bool(_) | ParamData::Int { .. } => vec![value.to_string()],
    }
}
