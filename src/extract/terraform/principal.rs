//! Roles, users and groups of a plan with what is attached to them, and its managed policies.

use super::attachment;
use super::plan::{Plan, Resource, Value};
use crate::extract::entity::{Entity, Identity, Managed, Principal};
use crate::extract::found::{Body, Found};
use crate::extract::owner;
use crate::policy::context::{AttachedTo, PrincipalKind};
use crate::policy::{Context, PolicyKind};
use std::sync::Arc;

/// The resource type of each kind of principal, and the argument by which others name it.
pub const TYPES: [(&str, PrincipalKind, &str); 3] = [
    ("aws_iam_role", PrincipalKind::Role, "role"),
    ("aws_iam_user", PrincipalKind::User, "user"),
    ("aws_iam_group", PrincipalKind::Group, "group"),
];

/// A principal and the resource that makes it.
pub struct Known<'p> {
    /// The resource.
    pub resource: &'p Resource,
    /// The principal.
    pub principal: Principal,
}

/// Principals and managed policies.
pub fn entities(plan: &Plan) -> Vec<Entity> {
    let mut known = Vec::new();
    for (name, kind, _) in TYPES {
        known.extend(plan.of(name).map(|resource| Known { resource, principal: principal(plan, resource, kind) }));
    }
    attachment::attach(plan, &mut known);
    let loose = attachment::inline(plan, &mut known);
    let managed =
        plan.of("aws_iam_policy").map(|resource| Entity::Managed(Identity::default(), Box::new(managed(plan, resource))));
    let principals = known.into_iter().map(|known| Entity::Principal(Identity::default(), Box::new(known.principal)));
    let mut all: Vec<Entity> = principals.collect();
    all.extend(managed);
    all.extend(loose);
    all
}

fn principal(plan: &Plan, resource: &Resource, kind: PrincipalKind) -> Principal {
    let attached_to = AttachedTo {
        kind: Some(kind),
        name: resource.text("name").unwrap_or_else(|| resource.address.clone()),
        path: resource.text("path"),
        tags: resource.values.as_ref().map(|values| owner::tags(values, None)).unwrap_or_default(),
        trusts_others: None,
    };
    let context = Context { attached_to: Some(attached_to), ..plan.context(resource, "arn") };
    let trust = plan.policy(resource, "assume_role_policy", Some(PolicyKind::TrustPolicy), context.clone());
    let blocks = resource.values.as_ref().map(|values| values.list(&["inline_policy"])).unwrap_or_default();
    let mut inline: Vec<Found> = blocks
        .iter()
        .filter_map(|block| {
            let context = Context { name: block.text(&["name"]), ..context.clone() };
            block.any(&["policy"])?.policy(Some(PolicyKind::IdentityPolicy), context)
        })
        .collect();
    // Blocks whose policy is computed have a name, or are not there at all.
    let hidden = blocks.iter().filter(|block| block.any(&["policy"]).is_none() && block.any(&["name"]).is_some()).count();
    let all_hidden = blocks.is_empty() && matches!(plan.value(resource, "inline_policy"), Value::Unknown);
    if all_hidden || (hidden > 0 && resource.is_unknown("inline_policy")) {
        let context = Context { kind: Some(PolicyKind::IdentityPolicy), ..context.clone() };
        inline.push(Found { body: Body::Unknown(resource.anchor.clone()), context });
    }
    Principal {
        kind,
        id: id(resource).into(),
        own: trust.into_iter().collect(),
        inline,
        attached: attachment::policies(plan, resource, "managed_policy_arns"),
        groups: Vec::new(),
        boundary: attachment::policies(plan, resource, "permissions_boundary").into_iter().next(),
        tells_boundary: matches!(plan.value(resource, "permissions_boundary"), Value::Unset),
        subject: Found { body: Body::Missing(resource.anchor.clone()), context },
    }
}

fn managed(plan: &Plan, resource: &Resource) -> Managed {
    let context = plan.context(resource, "arn");
    Managed {
        id: policy_id(resource),
        default: plan.policy(resource, "policy", Some(PolicyKind::IdentityPolicy), context),
        attachments: None,
        boundaries: None,
        old_versions: 0,
    }
}

/// The ARN, once it is known.
fn id(resource: &Resource) -> String {
    resource.text("arn").unwrap_or_else(|| format!("terraform:{}", resource.address))
}

/// A managed policy of a plan goes by its address: its ARN is known only once it exists.
pub fn policy_id(resource: &Resource) -> Arc<str> {
    format!("terraform:{}", resource.address).into()
}
