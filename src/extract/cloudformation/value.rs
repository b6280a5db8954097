//! Values of a template: what is spelled out, what a function stands for, and what only the deployment knows.

use crate::document::{Kind, Node};
use crate::extract::found::{Found, Place};
use crate::policy::intrinsic::{call, choice, is_no_value, substitution};
use crate::policy::{Context, PolicyKind};

/// The text of a value that is spelled out.
pub(super) fn literal(place: &Place) -> Option<String> {
    render(place).filter(|text| !text.contains("${"))
}

/// The text of a value, with `${Name}` for what is not known. The partition is the one that most templates mean.
pub(super) fn render(place: &Place) -> Option<String> {
    rendered(place.node())
}

fn rendered(node: Node<'_>) -> Option<String> {
    if node.is_scalar() {
        return (node.kind() != Kind::Null).then(|| node.scalar().to_owned());
    }
    if let Some(text) = substitution(node) {
        return Some(text.scalar().replace("${AWS::Partition}", "aws"));
    }
    match call(node)? {
        ("Ref", name) if name.as_str() == Some("AWS::Partition") => Some("aws".to_owned()),
        ("Ref", name) => Some(format!("${{{}}}", name.as_str()?)),
        ("Fn::GetAtt", _) => Some(format!("${{{}}}", attribute(node)?)),
        ("Fn::Join", argument) => {
            let mut parts = argument.elements();
            let separator = parts.next()?.as_str()?;
            let all: Option<Vec<String>> = parts.next()?.elements().map(rendered).collect();
            Some(all?.join(separator))
        }
        _ => None,
    }
}

/// `Resource.Attribute` of `Fn::GetAtt`, which YAML writes as one string and JSON as a list.
fn attribute(node: Node<'_>) -> Option<String> {
    let (_, argument) = call(node).filter(|(name, _)| *name == "Fn::GetAtt")?;
    let parts: Option<Vec<&str>> = argument.one_or_many().map(Node::as_str).collect();
    parts.map(|parts| parts.join("."))
}

/// The logical id that a value refers to, whatever of the resource it takes.
pub(super) fn reference(place: &Place) -> Option<String> {
    let whole = render(place)?;
    let name = whole.strip_prefix("${")?.strip_suffix('}')?;
    let id = name.split('.').next().unwrap_or_default();
    (!id.is_empty() && !id.contains(['{', '}', ':', '!'])).then(|| id.to_owned())
}

/// A value, or both values of an `Fn::If`; nothing for what is taken out.
pub(super) fn branches(place: &Place) -> Vec<Place> {
    let node = place.node();
    if is_no_value(node) || node.kind() == Kind::Null {
        return Vec::new();
    }
    match choice(node) {
        Some(both) => both.into_iter().flat_map(|branch| branches(&place.at(branch))).collect(),
        None => vec![place.clone()],
    }
}

/// The elements of a list, with both sides of conditions; a single value is a list of one.
pub(super) fn list(place: &Place) -> Vec<Place> {
    let one = |place: Place| match place.node().kind() {
        Kind::Array => place.elements().flat_map(|element| branches(&element)).collect(),
        Kind::Object | Kind::String | Kind::Number | Kind::True | Kind::False | Kind::Null => vec![place],
    };
    branches(place).into_iter().flat_map(one).collect()
}

/// The policies that stand at a place: several where a condition of the template decides.
pub(super) fn policies(place: &Place, kind: PolicyKind, context: &Context) -> Vec<Found> {
    let one = |place: Place| {
        let node = place.node();
        let inner = match call(node) {
            Some(("Fn::ToJsonString", document)) => Some(document),
            // Text in which nothing is filled in is the policy itself.
            Some(("Fn::Sub", _)) => substitution(node).filter(|text| !text.scalar().contains("${")),
            Some(_) | None => None,
        };
        inner.map_or_else(|| place.clone(), |inner| place.at(inner)).policy(Some(kind), context.clone())
    };
    list(place).into_iter().filter_map(one).collect()
}
