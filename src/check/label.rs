//! What a check says: a place, the places that belong to it, and the words a message can be made of.

use super::code::{Code, Codes};
use crate::document::Node;
use crate::policy::Condition;
use std::borrow::Cow;

/// One thing a check found. The rule of the check adds severity, message and advice.
#[derive(Clone, Debug)]
pub struct Label<'d> {
    /// The check.
    pub code: Code,
    /// Where.
    pub node: Node<'d>,
    /// Places that belong to it, each with a word.
    pub related: Vec<(Node<'d>, &'static str)>,
    /// `{it.text}`; by default the text of the place.
    pub text: Option<Cow<'d, str>>,
    /// `{it.key}`: the condition key.
    pub key: Option<&'d str>,
    /// `{it.operator}`: the condition operator.
    pub operator: Option<&'d str>,
    /// `{it.other}`: what it is compared with.
    pub other: Option<Cow<'d, str>>,
    /// `{it.count}`.
    pub count: Option<usize>,
    /// The near miss, as a sentence.
    pub hint: Option<String>,
    /// The public facts may be incomplete here: said with low confidence.
    pub doubtful: bool,
}

impl<'d> Label<'d> {
    fn new(code: Code, node: Node<'d>) -> Self {
        Self {
            code,
            node,
            related: Vec::new(),
            text: None,
            key: None,
            operator: None,
            other: None,
            count: None,
            hint: None,
            doubtful: false,
        }
    }

    /// With a text of its own.
    pub fn text(&mut self, text: impl Into<Cow<'d, str>>) -> &mut Self {
        self.text = Some(text.into());
        self
    }

    /// With the other side.
    pub fn other(&mut self, other: impl Into<Cow<'d, str>>) -> &mut Self {
        self.other = Some(other.into());
        self
    }

    /// With a number.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.count = Some(count);
        self
    }

    /// With a did-you-mean.
    pub fn hint(&mut self, hint: Option<String>) -> &mut Self {
        self.hint = hint;
        self
    }

    /// With another place.
    pub fn related(&mut self, node: Node<'d>, word: &'static str) -> &mut Self {
        self.related.push((node, word));
        self
    }
}

/// A label about a condition.
pub(super) fn about<'l, 'd>(label: &'l mut Label<'d>, condition: &Condition<'d>) -> &'l mut Label<'d> {
    label.key = Some(condition.key);
    label.operator = Some(condition.operator_node.scalar());
    label
}

/// Labels as they are found.
#[derive(Debug)]
pub struct Labels<'d> {
    wanted: Codes,
    found: Vec<Label<'d>>,
    /// Takes what nobody asked for.
    unwanted: Option<Label<'d>>,
}

impl<'d> Labels<'d> {
    /// For some checks.
    pub fn new(wanted: Codes) -> Self {
        Self { wanted, found: Vec::new(), unwanted: None }
    }

    /// Whether somebody asked for one of these: worth looking at before costly work.
    pub fn wants(&self, codes: &[Code]) -> bool {
        self.wanted.has_any(codes)
    }

    /// Add a label.
    pub fn add(&mut self, code: Code, node: Node<'d>) -> &mut Label<'d> {
        if self.wanted.has(code) {
            self.found.push(Label::new(code, node));
            // Just pushed, so there is a last one.
            if let Some(label) = self.found.last_mut() {
                return label;
            }
        }
        // Never read: what is said of it goes nowhere.
        self.unwanted.insert(Label::new(code, node))
    }

    /// What was found, by check, then in the order of the text.
    pub fn finish(mut self) -> Vec<Label<'d>> {
        self.found.sort_by_key(|label| (label.code, label.node.id()));
        self.found
    }
}
