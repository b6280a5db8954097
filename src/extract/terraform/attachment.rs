//! What a plan attaches to principals, by resources of their own: managed policies, inline policies, groups.

use super::plan::{Plan, Resource};
use super::principal::{Known, TYPES, policy_id};
use crate::extract::entity::{Entity, Identity};
use crate::policy::context::{AttachedTo, PrincipalKind};
use crate::policy::{Context, PolicyKind};
use std::sync::Arc;

/// Arguments that name principals of a kind.
type Targets = &'static [(PrincipalKind, &'static str)];

/// Resources that attach: type, whom to, argument with the policies.
const ATTACHMENTS: [(&str, Targets, &str); 7] = [
    ("aws_iam_role_policy_attachment", &[(PrincipalKind::Role, "role")], "policy_arn"),
    ("aws_iam_user_policy_attachment", &[(PrincipalKind::User, "user")], "policy_arn"),
    ("aws_iam_group_policy_attachment", &[(PrincipalKind::Group, "group")], "policy_arn"),
    (
        "aws_iam_policy_attachment",
        &[(PrincipalKind::Role, "roles"), (PrincipalKind::User, "users"), (PrincipalKind::Group, "groups")],
        "policy_arn",
    ),
    ("aws_iam_role_policy_attachments_exclusive", &[(PrincipalKind::Role, "role_name")], "policy_arns"),
    ("aws_iam_user_policy_attachments_exclusive", &[(PrincipalKind::User, "user_name")], "policy_arns"),
    ("aws_iam_group_policy_attachments_exclusive", &[(PrincipalKind::Group, "group_name")], "policy_arns"),
];

/// Inline policies of a kind of principal.
const INLINE: [&str; 3] = ["aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"];

/// Add managed policies and groups to the principals of the plan. Others are not the plan's to judge.
pub fn attach(plan: &Plan, known: &mut [Known<'_>]) {
    for (name, targets, argument) in ATTACHMENTS {
        for resource in plan.of(name) {
            let policies = policies(plan, resource, argument);
            for (kind, target) in targets {
                for at in targeted(plan, resource, *kind, target, known) {
                    let Some(found) = known.get_mut(at) else { continue };
                    let new = policies.iter().filter(|p| !found.principal.attached.contains(p)).cloned().collect::<Vec<_>>();
                    found.principal.attached.extend(new);
                }
            }
        }
    }
    for (name, user, group) in
        [("aws_iam_user_group_membership", "user", "groups"), ("aws_iam_group_membership", "users", "group")]
    {
        for resource in plan.of(name) {
            let groups = groups(plan, resource, group, known);
            for at in targeted(plan, resource, PrincipalKind::User, user, known) {
                known.get_mut(at).into_iter().for_each(|user| user.principal.groups.extend(groups.iter().cloned()));
            }
        }
    }
}

/// Add inline policies to the principals of the plan, and return those of others.
pub fn inline(plan: &Plan, known: &mut [Known<'_>]) -> Vec<Entity> {
    let mut loose = Vec::new();
    for (name, (_, kind, target)) in INLINE.into_iter().zip(TYPES) {
        for resource in plan.of(name) {
            let holder = targeted(plan, resource, kind, target, known).first().and_then(|at| known.get_mut(*at));
            let of_plan = |holder: &Known<'_>| holder.principal.subject.context.clone();
            let other = || Context {
                attached_to: Some(AttachedTo {
                    kind: Some(kind),
                    name: resource.text(target).unwrap_or_default(),
                    ..AttachedTo::default()
                }),
                ..plan.said.clone()
            };
            let context = Context { name: plan.context(resource, "arn").name, ..holder.as_deref().map_or_else(other, of_plan) };
            let Some(found) = plan.policy(resource, "policy", Some(PolicyKind::IdentityPolicy), context) else { continue };
            match holder {
                // A state lists what is inline in the role as well.
                Some(holder) if holder.principal.inline.iter().any(|other| other.context.name == found.context.name) => {}
                Some(holder) => holder.principal.inline.push(found),
                None => loose.push(Entity::Resource(Identity::default(), vec![found])),
            }
        }
    }
    loose
}

/// The managed policies that an argument names: by ARN, or by the address of a policy of the plan.
pub fn policies(plan: &Plan, resource: &Resource, argument: &str) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> = Vec::new();
    for arn in resource.text(argument).into_iter().chain(resource.texts(argument)) {
        let planned = plan.of("aws_iam_policy").find(|policy| policy.text("arn").as_ref() == Some(&arn));
        found.push(planned.map_or_else(|| arn.as_str().into(), policy_id));
    }
    if found.is_empty() || resource.is_unknown(argument) {
        for policy in plan.referred(resource, argument, "aws_iam_policy") {
            let id = policy_id(policy);
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

/// Indices of the principals that an argument names: by name or list of names, or by their addresses.
fn targeted(plan: &Plan, resource: &Resource, kind: PrincipalKind, argument: &str, known: &[Known<'_>]) -> Vec<usize> {
    let names: Vec<String> = resource.text(argument).into_iter().chain(resource.texts(argument)).collect();
    let type_name = TYPES.iter().find(|(_, of, _)| *of == kind).map(|(name, ..)| *name).unwrap_or_default();
    let referred = plan.referred(resource, argument, type_name);
    let is_meant = |other: &Resource| {
        let named = ["name", "id"].iter().any(|key| other.text(key).is_some_and(|name| names.contains(&name)));
        named || ((names.is_empty() || resource.is_unknown(argument)) && referred.iter().any(|r| r.address == other.address))
    };
    let of_kind = known.iter().enumerate().filter(|(_, k)| k.principal.kind == kind);
    of_kind.filter(|(_, k)| is_meant(k.resource)).map(|(at, _)| at).collect()
}

/// Names of the groups that an argument names.
fn groups(plan: &Plan, resource: &Resource, argument: &str, known: &[Known<'_>]) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> =
        resource.text(argument).into_iter().chain(resource.texts(argument)).map(|name| name.as_str().into()).collect();
    for at in targeted(plan, resource, PrincipalKind::Group, argument, known) {
        let name =
            known.get(at).and_then(|k| k.principal.subject.context.attached_to.as_ref().map(|a| Arc::from(a.name.as_str())));
        found.extend(name.filter(|name| !found.contains(name)));
    }
    found
}
