//! Plans and states of Terraform, as `terraform show -json` prints them: policies of the resources that will be there.
//!
//! Terraform documentation, "JSON Output Format"; arguments as in the documentation of the AWS provider.

mod attachment;
mod bucket;
mod configuration;
mod data;
mod plan;
mod policy;
mod principal;
mod table;

use super::entity::Entity;
use super::found::Place;
use crate::document::{Kind, Node};
use crate::policy::Context;
use plan::Plan;

/// True for a plan, or for a state in the same form.
pub fn is_plan(root: Node<'_>) -> bool {
    let object = |name: &str| root.get(name).is_some_and(|node| node.kind() == Kind::Object);
    let changes = || root.get("resource_changes").is_some_and(|node| node.kind() == Kind::Array);
    root.get("format_version").is_some() && (object("planned_values") || object("values") || changes())
}

/// The version of a plan's form, when it is none of those known: a change of the major number may change anything.
pub fn unknown_version(root: Node<'_>) -> Option<Node<'_>> {
    let version = root.get("format_version").filter(|_| is_plan(root))?;
    let major = version.scalar().split('.').next().unwrap_or_default();
    (!matches!(major, "0" | "1")).then_some(version)
}

/// What it speaks of.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    // What a folder was said to hold is about single policies; here each policy has its place.
    let plan = Plan::read(root, &Context { kind: None, resource_type: None, ..said.clone() });
    let mut all = principal::entities(&plan);
    all.extend(policy::entities(&plan));
    all.extend(bucket::entities(&plan));
    all.extend(data::entities(&plan));
    all
}

#[cfg(test)]
#[path = "terraform_tests.rs"]
mod tests;
