//! What a document is, told by its content.

use super::entity::{Entity, Identity};
use super::found::{Base, Body, Found, Place};
use super::{access_analyzer, authorization, aws_cli, cloudformation, config_item, organizations, terraform};
use crate::document::{Kind, Node};
use crate::policy::Context;
use std::sync::Arc;

/// What a document is, and what it speaks of.
#[derive(Debug)]
pub struct Extraction {
    /// The layout by a name for people; `None` when nothing was recognised.
    pub layout: Option<&'static str>,
    /// In the order of the text.
    pub entities: Vec<Entity>,
}

/// Recognise a document by its content. `said` is what was said of its file from outside.
pub fn extract(base: Arc<Base>, said: &Context) -> Extraction {
    let nothing = Extraction { layout: None, entities: Vec::new() };
    let Some(root) = Place::root(base) else { return nothing };
    if said.kind.is_some() && said.kind_is_sure(&root) {
        return found("policy", bare(&root, said));
    }
    value(&root, said).unwrap_or(nothing)
}

impl Context {
    /// Whether a kind that was said of a file means that the file is a policy itself: it holds none of the known layouts.
    fn kind_is_sure(&self, root: &Place) -> bool {
        // A list of policies is no policy either; whoever said the kind is told so.
        let list = root.node().elements().next().is_some() && root.node().elements().all(is_policy);
        list || is_policy(root.node()) || value(root, &Self::default()).is_none()
    }
}

fn found(layout: &'static str, entities: Vec<Entity>) -> Extraction {
    Extraction { layout: Some(layout), entities }
}

/// One value that stands by itself.
fn value(root: &Place, said: &Context) -> Option<Extraction> {
    let node = root.node();
    match node.kind() {
        Kind::Object => object(root, said),
        Kind::Array => elements(root, said),
        Kind::String => {
            let inner = root.opened();
            let found = if inner.node().kind() == Kind::String { None } else { value(&inner, said) };
            found.inspect(|_| drop(root.read()))
        }
        Kind::Null | Kind::True | Kind::False | Kind::Number => None,
    }
}

fn object(root: &Place, said: &Context) -> Option<Extraction> {
    let node = root.node();
    let has = |name: &str| node.get(name).is_some();
    if has("palisade") || has("palisade_pack") {
        // A rule with policies in its tests.
        return None;
    }
    if is_policy(node) {
        return Some(found("policy", bare(root, said)));
    }
    if config_item::is_item(node) {
        return Some(found("AWS Config item", config_item::item(root, said)));
    }
    if let Some(items) = config_items(root, said) {
        return Some(found("AWS Config items", items));
    }
    if let Some(event) = ["invokingEvent", "configurationItem", "detail"].iter().find_map(|key| root.any(&[key])) {
        let inner = event.read();
        let item = inner.any(&["configurationItem"]).map_or(inner, |item| item.read());
        if config_item::is_item(item.node()) {
            return Some(found("AWS Config rule event", config_item::item(&item, said)));
        }
    }
    if cloudformation::is_template(node) {
        return Some(found("CloudFormation template", cloudformation::entities(root, said)));
    }
    if terraform::is_plan(node) {
        return Some(found("Terraform plan", terraform::entities(root, said)));
    }
    if authorization::is_details(node) {
        return Some(found("account authorization details", authorization::entities(root, said)));
    }
    if organizations::is_export(node) {
        return Some(found("organization", organizations::entities(root, said)));
    }
    if access_analyzer::is_answer(node) {
        return Some(found("Access Analyzer findings", access_analyzer::entities(root, said)));
    }
    let answer = aws_cli::entities(root, said);
    (!answer.is_empty()).then(|| found("AWS CLI output", answer))
}

/// Lists of configuration items, as objects or as strings.
fn config_items(root: &Place, said: &Context) -> Option<Vec<Entity>> {
    let list = root.any(&[
        "configurationItems",
        "ConfigurationItems",
        "BaseConfigurationItems",
        "baseConfigurationItems",
        "Results",
        "results",
    ])?;
    let mut all = Vec::new();
    let mut seen = false;
    for element in list.opened().elements() {
        if config_item::is_item(element.opened().node()) {
            seen = true;
            all.extend(config_item::item(&element.read(), said));
        }
    }
    seen.then_some(all)
}

/// A list of documents.
fn elements(root: &Place, said: &Context) -> Option<Extraction> {
    let mut layout = None;
    let mut entities = Vec::new();
    for element in root.elements() {
        if let Some(inner) = value(&element, said) {
            layout = layout.or(inner.layout);
            entities.extend(inner.entities);
        }
    }
    layout.map(|layout| Extraction { layout: Some(layout), entities })
}

/// A `Statement`, however it is spelled; or a lone statement somebody forgot to wrap.
pub fn is_policy(root: Node<'_>) -> bool {
    let has = |name: &str| root.members().any(|(key, _)| key.scalar().eq_ignore_ascii_case(name));
    let near = || root.members().any(|(key, _)| strsim::damerau_levenshtein(key.scalar(), "Statement") <= 2);
    has("Statement") || (has("Version") && near()) || (has("Effect") && (has("Action") || has("NotAction")))
}

fn bare(root: &Place, said: &Context) -> Vec<Entity> {
    let found = Found { body: Body::Tree(root.clone()), context: said.clone() };
    vec![Entity::Resource(Identity::default(), vec![found])]
}
