//! Organizations: a whole organization in one file, and outputs of `aws organizations`.
//!
//! AWS Organizations API Reference, "DescribePolicy", "ListPolicies" and the other list operations. A policy's `Content`
//! is a string; a list of summaries has none.

use super::entity::{Entity, Identity};
use super::found::{Found, Place};
use super::owner;
use crate::document::{Kind, Node};
use crate::policy::{Context, PolicyKind, arn::Arn};

/// Lists whose elements have ARNs of the service.
const LISTS: [&str; 5] = ["Roots", "Accounts", "OrganizationalUnits", "Policies", "Targets"];

/// True for data of Organizations, with or without policies.
pub fn is_export(root: Node<'_>) -> bool {
    let described = |name: &str| root.get(name).is_some_and(of_service);
    let listed = |name: &str| root.get(name).and_then(|list| list.elements().next()).is_some_and(of_service);
    of_summary(root) || described("Policy") || described("Organization") || LISTS.iter().any(|name| listed(name))
}

fn of_service(node: Node<'_>) -> bool {
    let arn = node.get("Arn").and_then(Node::as_str).and_then(Arn::parse);
    of_summary(node) || arn.is_some_and(|a| a.service == "organizations")
}

fn of_summary(node: Node<'_>) -> bool {
    node.get("PolicySummary").is_some_and(|summary| summary.kind() == Kind::Object)
}

/// The policies of it that are in the language of IAM.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    let listed = root.list(&["Policies"]);
    let alone = [root.any(&["Policy"]), Some(root.clone())].into_iter().flatten();
    listed.into_iter().chain(alone).filter_map(|entry| policy(&entry, said)).collect()
}

/// The control policies of an export with their ids, in the order of the text; those without a text are left out.
pub fn control_policies(root: &Place, said: &Context) -> Vec<(String, Found)> {
    let one = |entry: Place| {
        let id = entry.any(&["PolicySummary"])?.text(&["Id"])?;
        let Some(Entity::Resource(_, found)) = policy(&entry, said) else { return None };
        found.into_iter().next().map(|found| (id, found))
    };
    root.list(&["Policies"]).into_iter().filter_map(one).collect()
}

fn policy(entry: &Place, said: &Context) -> Option<Entity> {
    let summary = entry.any(&["PolicySummary"])?;
    let arn = summary.text(&["Arn"]);
    let fields = arn.as_deref().and_then(Arn::parse);
    // `policy/o-…/service_control_policy/p-…`; the organization is left out for policies of AWS.
    let mut path = fields.map(|f| f.resource.split('/').skip(1)).into_iter().flatten();
    let org_id = path.clone().next().filter(|p| p.starts_with("o-")).map(str::to_owned);
    let written = summary.text(&["Type"]).or_else(|| path.find(|p| p.ends_with("_policy")).map(str::to_ascii_uppercase));
    let kind = kind(&written?)?;
    let context = Context {
        kind: Some(kind),
        resource_type: None,
        name: summary.text(&["Name", "Id"]),
        org_id: org_id.or_else(|| said.org_id.clone()),
        ..owner::by_arn(said, arn)
    };
    let found = entry.any(&["Content"])?.policy(Some(kind), context)?;
    Some(Entity::Resource(Identity::default(), vec![found]))
}

/// The kind by the name of its type; `None` for tag policies and others in a language of their own.
pub fn kind(written: &str) -> Option<PolicyKind> {
    match written {
        "SERVICE_CONTROL_POLICY" => Some(PolicyKind::ServiceControlPolicy),
        "RESOURCE_CONTROL_POLICY" => Some(PolicyKind::ResourceControlPolicy),
        _ => None,
    }
}

#[cfg(test)]
#[path = "organizations_tests.rs"]
mod tests;
