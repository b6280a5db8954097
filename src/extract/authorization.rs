//! The output of `aws iam get-account-authorization-details`: every user, group, role and managed policy of an account.
//!
//! IAM API Reference, "GetAccountAuthorizationDetails".

use super::entity::{Entity, Identity};
use super::found::Place;
use super::iam::Detail;
use super::owner;
use crate::document::Node;
use crate::policy::Context;
use crate::policy::context::PrincipalKind;

/// The lists of principals, and what they hold.
const PRINCIPALS: [(&str, PrincipalKind); 3] = [
    // One of them may be left out: the answer can be filtered.
    ("UserDetailList", PrincipalKind::User),
    ("GroupDetailList", PrincipalKind::Group),
    ("RoleDetailList", PrincipalKind::Role),
];

/// True for such a document, a page of one included.
pub fn is_details(root: Node<'_>) -> bool {
    let listed = |name: &str| root.get(name).is_some_and(|list| list.elements().all(|entry| entry.get("Arn").is_some()));
    let policies = || {
        let first = root.get("Policies").and_then(|list| list.elements().next());
        first.is_some_and(|policy| policy.get("PolicyVersionList").is_some())
    };
    PRINCIPALS.iter().any(|(name, _)| listed(name)) || policies()
}

/// What it speaks of.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    // What a folder was said to hold is about single policies; here each policy has its place.
    let said = Context { kind: None, resource_type: None, ..said.clone() };
    let mut all = Vec::new();
    for (key, list) in root.node().members() {
        let list = root.at(list);
        let kind = PRINCIPALS.iter().find(|(name, _)| *name == key.scalar()).map(|(_, kind)| *kind);
        match kind {
            Some(kind) => all.extend(list.elements().filter_map(|entry| principal(kind, &entry, &said))),
            None if key.scalar() == "Policies" => all.extend(list.elements().filter_map(|entry| managed(&entry, &said))),
            None => {}
        }
    }
    all
}

/// A role, user or group. Nothing tells which of two answers is newer, so that neither takes the place of the other.
pub fn principal(kind: PrincipalKind, entry: &Place, said: &Context) -> Option<Entity> {
    let (detail, id) = detail(entry, said)?;
    Some(Entity::Principal(Identity::default(), Box::new(detail.principal(kind, &id))))
}

/// A managed policy.
pub fn managed(entry: &Place, said: &Context) -> Option<Entity> {
    let (detail, id) = detail(entry, said)?;
    Some(Entity::Managed(Identity::default(), Box::new(detail.managed(&id))))
}

fn detail(entry: &Place, said: &Context) -> Option<(Detail, String)> {
    const NAMES: [&str; 4] = ["RoleName", "UserName", "GroupName", "PolicyName"];
    let id = entry.text(&["Arn"])?;
    // A dump that left out the names still has them in the ARNs.
    let name = entry.text(&NAMES).or_else(|| id.rsplit('/').next().map(str::to_owned));
    let context = Context { name, ..owner::by_arn(said, Some(id.clone())) };
    let anchor = entry.any(&NAMES).or_else(|| entry.any(&["Arn"])).unwrap_or_else(|| entry.clone());
    Some((Detail { body: entry.clone(), anchor, context, tags: owner::tags(entry, None) }, id))
}

#[cfg(test)]
#[path = "authorization_tests.rs"]
mod tests;
