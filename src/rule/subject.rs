//! What a matcher is asked of, and what is remembered while it is asked.

use super::layers::{Around, Layers};
use crate::document::Node;
use crate::extract::Site;
use crate::policy::{ActionPattern, ArnPattern, Condition, Element, Principal, Statement};

/// The thing `it` stands for.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a, 'd> {
    /// A document or a set of documents.
    Documents,
    /// The statement.
    Statement,
    /// One action.
    Action(&'a ActionPattern<'d>),
    /// `NotAction` as a whole.
    NotActions(&'a Element<'d, ActionPattern<'d>>),
    /// One resource.
    Resource(&'a ArnPattern<'d>),
    /// `NotResource` as a whole.
    NotResources(&'a Element<'d, ArnPattern<'d>>),
    /// One principal.
    Principal(&'a Principal<'d>),
    /// `NotPrincipal` as a whole.
    NotPrincipals(&'a Element<'d, Principal<'d>>),
    /// One operator and key.
    Condition(&'a Condition<'d>),
    /// A JSON value and the node it was written in.
    Json(&'a serde_json::Value, Node<'d>),
}

/// A subject in its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a, 'd> {
    /// The documents: one, the set of a folder, or control policies of several levels.
    pub sites: &'a [&'a Site<'d>],
    /// Whose context counts; without it that of the first document.
    pub owner: Option<&'a Site<'d>>,
    /// The levels that the documents are attached at, when they are control policies of an organization.
    pub layers: Option<&'a Layers<'d>>,
    /// What binds the owner from outside.
    pub around: Around<'a, 'd>,
    /// The statement, unless the subject is a document.
    pub statement: Option<&'a Statement<'d>>,
    /// The subject itself.
    pub item: Item<'a, 'd>,
}

impl<'a, 'd> Subject<'a, 'd> {
    /// The documents as a subject.
    pub fn documents(sites: &'a [&'a Site<'d>]) -> Self {
        Self { sites, owner: None, layers: None, around: Around::default(), statement: None, item: Item::Documents }
    }

    /// Control policies as a subject, in the place of what they bind.
    pub fn inherited(self, layers: &'a Layers<'d>, sites: &'a [&'a Site<'d>]) -> Self {
        Self { sites, owner: self.site(), layers: Some(layers), around: self.around, statement: None, item: Item::Documents }
    }

    /// A statement of the first document as a subject.
    pub fn of_statement(self, statement: &'a Statement<'d>) -> Self {
        Self { statement: Some(statement), item: Item::Statement, ..self }
    }

    /// Every statement of the documents.
    pub fn statements(self) -> impl Iterator<Item = &'a Statement<'d>> {
        self.sites.iter().filter_map(|site| site.policy.as_ref()).flat_map(|policy| &policy.statements)
    }

    /// Whose it is: the owner, else the first document.
    pub fn site(self) -> Option<&'a Site<'d>> {
        self.owner.or(self.sites.first().copied())
    }

    /// The node to point at when nothing smaller is to blame.
    pub fn node(self) -> Option<Node<'d>> {
        Some(match self.item {
            Item::Documents => return self.site().and_then(|s| s.root),
            Item::Statement => return self.statement.map(|s| s.node),
            Item::Action(action) => action.node,
            Item::NotActions(element) => element.value,
            Item::Resource(resource) => resource.node,
            Item::NotResources(element) => element.value,
            Item::Principal(principal) => principal.node,
            Item::NotPrincipals(element) => element.value,
            Item::Condition(condition) => condition.key_node,
            Item::Json(_, node) => node,
        })
    }

    /// Its text, for messages.
    pub fn text(self) -> String {
        match self.item {
            Item::Documents | Item::Statement => String::new(),
            Item::Action(action) => action.text.to_owned(),
            Item::Resource(resource) => resource.text.to_owned(),
            Item::Principal(principal) => principal.text.to_owned(),
            Item::Condition(condition) => condition.key.to_owned(),
            Item::NotActions(element) => format!("NotAction {}", joined(element.items.iter().map(|i| i.text))),
            Item::NotResources(element) => format!("NotResource {}", joined(element.items.iter().map(|i| i.text))),
            Item::NotPrincipals(element) => format!("NotPrincipal {}", joined(element.items.iter().map(|i| i.text))),
            Item::Json(value, _) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        }
    }
}

/// Up to three texts, and how many more.
pub fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let all: Vec<_> = texts.collect();
    let shown = all.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    if all.len() > 3 { format!("{shown} and {} more", all.len() - 3) } else { shown }
}

/// How much a place says; a place that says more is pointed at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// `Effect`: true of half of all statements.
    Weak,
    /// A condition, a principal, a resource.
    Plain,
    /// An action, or what an obligation found in its way.
    Strong,
}

/// What decided an answer.
#[derive(Clone, Debug, Default)]
pub struct Trace<'d> {
    /// Places.
    pub places: Vec<(Weight, Node<'d>)>,
    /// Actions that stay open, of the last `denies` that was false.
    pub missing: Vec<String>,
    /// A request that shows it, as a sentence.
    pub witness: Option<String>,
}

impl<'d> Trace<'d> {
    /// Remember a place.
    pub fn add(&mut self, weight: Weight, node: Node<'d>) {
        self.places.push((weight, node));
    }

    /// Number of places, to return to with [`Self::keep_from`].
    pub fn mark(&self) -> usize {
        self.places.len()
    }

    /// Forget what was remembered between two marks.
    pub fn forget(&mut self, from: usize, to: usize) {
        if from < to && to <= self.places.len() {
            self.places.drain(from..to);
        }
    }

    /// Remember several places.
    pub fn extend(&mut self, weight: Weight, nodes: Vec<Node<'d>>) {
        self.places.extend(nodes.into_iter().map(|node| (weight, node)));
    }

    /// The smallest of the places.
    pub fn smallest(&self) -> Option<Node<'d>> {
        let telling = self.places.iter().filter(|(weight, _)| *weight > Weight::Weak);
        // Counted in nodes: white space must not decide what is pointed at.
        telling.map(|(_, node)| *node).min_by_key(|node| (node.subtree_end() - node.id(), node.id()))
    }

    /// The first of the places that say most.
    pub fn strongest(&self) -> Option<Node<'d>> {
        let best = self.places.iter().map(|(weight, _)| *weight).max()?;
        self.places.iter().find(|(weight, _)| *weight == best).map(|(_, node)| *node)
    }
}
