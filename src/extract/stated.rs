//! The settings a text speaks of, held so that a rule can be tried on it.

use super::entity::Entity;
use super::facts::{Fact, dated, other_bases};
use super::found::{Base, Body, Place};
use super::layout::extract;
use super::site::{DocumentKind, Site};
use crate::document::{Node, Origin, json, path, yaml};
use crate::policy::Context;
use std::sync::Arc;
use time::Date;

/// What a document says of one resource.
#[derive(Debug)]
pub struct Stated {
    place: Place,
    facts: Vec<Fact>,
    /// Whose settings they are.
    pub context: Context,
}

impl Stated {
    /// Everything that a text, JSON or YAML, says of resources; `None` for a text of no known layout. Facts that hang on
    /// the day need to know it.
    pub fn read(file: &Arc<str>, text: &str, said: &Context, today: Option<Date>) -> Option<Vec<Self>> {
        let is_json = text.trim_start().starts_with(['{', '[']);
        let text = text.to_owned();
        let document = if is_json { json::parse(text) } else { yaml::parse_template(text) };
        let base = Base::new(file.clone(), document, Origin::default());
        let extraction = extract(Arc::new(base), said);
        extraction.layout?;
        let found = extraction.entities.into_iter().flat_map(|entity| match entity {
            Entity::Resource(_, found) => found,
            Entity::Principal(_, principal) => principal.own,
            Entity::Managed(..) => Vec::new(),
        });
        let settings = found.filter_map(|found| match found.body {
            Body::Settings(place, facts) => {
                let facts = today.map_or_else(|| facts.clone(), |today| dated(&facts, today));
                Some(Self { place, facts, context: found.context })
            }
            Body::Tree(_) | Body::Text(..) | Body::Missing(_) | Body::Unknown(_) | Body::Record(_) => None,
        });
        Some(settings.collect())
    }

    /// As a site.
    pub fn site(&self) -> Site<'_> {
        Site {
            file: self.place.base().file.clone(),
            root: Some(self.place.node()),
            kind: DocumentKind::Settings,
            assumed: false,
            policy: None,
            facts: &self.facts,
            context: self.context.clone(),
        }
    }

    /// The pointer of one of its nodes: in the outer document, that of the string it stands in.
    pub fn pointer(&self, node: Node<'_>) -> String {
        let home = self.place.base();
        let mut bases = std::iter::once(home).chain(other_bases(&self.facts, home));
        let Some(base) = bases.find(|base| std::ptr::eq(&raw const base.document, node.document())) else {
            return String::new();
        };
        let inner = base.document.root().map(|root| path::pointer(&path::steps(root, node).0)).unwrap_or_default();
        base.origin.pointers(inner).into_iter().next().unwrap_or_default()
    }
}
