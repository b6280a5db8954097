//! Policies of the resources of a plan: those the table knows, and any other argument that holds one.

use super::plan::{Plan, Resource, Value};
use super::table::{ROWS, Row};
use crate::document::embed;
use crate::extract::entity::{Entity, Identity};
use crate::extract::found::{Found, Place};
use crate::extract::{organizations, owner};
use crate::policy::Context;

/// Policies of resources. Those of principals are not among them.
pub fn entities(plan: &Plan) -> Vec<Entity> {
    let mut all = Vec::new();
    for resource in &plan.resources {
        let mut rows = ROWS.iter().filter(|row| row.kind == resource.kind).peekable();
        if rows.peek().is_none() {
            all.extend(others(plan, resource));
        }
        all.extend(rows.filter_map(|row| policy(plan, resource, row)));
    }
    all.into_iter().map(|found| Entity::Resource(Identity::default(), vec![found])).collect()
}

fn policy(plan: &Plan, resource: &Resource, row: &Row) -> Option<Found> {
    match plan.value(resource, row.policy) {
        // Without the configuration nobody knows whether somebody set it.
        Value::Unknown if row.of.is_empty() && plan.configuration.sets(&resource.address, row.policy) != Some(true) => {
            return None;
        }
        Value::Known(place) if is_repeated(plan, row, &place) => return None,
        Value::Known(_) | Value::Unknown | Value::Unset => {}
    }
    let kind = match row.policy_kind() {
        Some(kind) => kind,
        None => organizations::kind(resource.text("type").as_deref().unwrap_or("SERVICE_CONTROL_POLICY"))?,
    };
    plan.policy(resource, row.policy, Some(kind), context(plan, resource, row))
}

fn context(plan: &Plan, resource: &Resource, row: &Row) -> Context {
    let owners = if row.of.is_empty() { Vec::new() } else { protected(plan, resource, row) };
    let owner = if let [owner] = owners.as_slice() { Some(*owner) } else { None };
    let bucket = row.protects == "AWS::S3::Bucket";
    let name = owner.and_then(|o| o.text(if bucket { "bucket" } else { "name" })).or_else(|| resource.text(row.name));
    let arn = resource.text(row.arn).or_else(|| owner.and_then(|o| o.text("arn")));
    let arn = arn.or_else(|| name.as_ref().filter(|_| bucket).map(|name| format!("arn:aws:s3:::{name}")));
    let fallback = || resource.text("name").unwrap_or_else(|| resource.address.clone());
    Context {
        name: Some(name.filter(|name| !name.starts_with("arn:")).unwrap_or_else(fallback)),
        resource_type: Some(row.protects.to_owned()).filter(|t| !t.is_empty()),
        ..owner::by_arn(&plan.said, arn)
    }
}

/// The resources of the plan that a policy protects.
pub fn protected<'p>(plan: &'p Plan, resource: &Resource, row: &Row) -> Vec<&'p Resource> {
    let Some(name) = resource.text(row.name) else { return plan.referred(resource, row.name, row.of) };
    let keys = [if row.of == "aws_s3_bucket" { "bucket" } else { "name" }, "id", "arn"];
    plan.of(row.of).filter(|owner| keys.iter().any(|key| owner.text(key).as_ref() == Some(&name))).collect()
}

/// In a state, a resource repeats the policy that another resource has given it.
fn is_repeated(plan: &Plan, row: &Row, place: &Place) -> bool {
    let text = place.node().scalar();
    let givers = ROWS.iter().filter(|other| row.of.is_empty() && other.of == row.kind);
    givers
        .flat_map(|other| plan.of(other.kind).filter_map(|r| r.get(other.policy)))
        .any(|other| same_json(other.node().scalar(), text))
}

/// Whether two texts are the same JSON.
pub fn same_json(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || read(one).is_some_and(|one| Some(one) == read(other))
}

/// Policies under names that speak of policies, of resources that nothing is known of.
fn others(plan: &Plan, resource: &Resource) -> Vec<Found> {
    if resource.kind.starts_with("aws_iam_") {
        return Vec::new();
    }
    let Some(values) = &resource.values else { return Vec::new() };
    let named = |key: &str| matches!(key, "policy" | "policy_document" | "access_policies") || key.ends_with("_policy");
    let members = values.node().members().filter(|(key, _)| named(key.scalar())).map(|(_, value)| values.at(value));
    let opens = |place: &Place| embed::holds_json(place.node()) && place.opened().node().get("Statement").is_some();
    let context = || Context { resource_type: None, ..plan.context(resource, "resource_arn") };
    members.filter(opens).filter_map(|place| place.policy(None, context())).collect()
}
