//! Roles, users, groups and managed policies as IAM's API describes them: answers of the AWS CLI spell members with a
//! capital, configuration items of AWS Config without. Documents are objects, or strings in any encoding.
//!
//! IAM API Reference, "RoleDetail", "UserDetail", "GroupDetail" and "ManagedPolicyDetail".

use super::entity::{Managed, Principal};
use super::found::{Body, Found, Place};
use super::trust;
use crate::policy::PolicyKind;
use crate::policy::context::{AttachedTo, Context, PrincipalKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something of IAM, described by one object.
#[derive(Debug)]
pub struct Detail {
    /// The object with its members.
    pub body: Place,
    /// What to point at when something is missing.
    pub anchor: Place,
    /// Whose it is; the name is that of the principal or of the policy.
    pub context: Context,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Detail {
    /// As a role, user or group with this ARN, or another name that is unique.
    pub fn principal(&self, kind: PrincipalKind, id: &str) -> Principal {
        let body = &self.body;
        let name = body.text(&["roleName", "userName", "groupName", "RoleName", "UserName", "GroupName"]);
        let attached_to = AttachedTo {
            kind: Some(kind),
            name: name.or_else(|| self.context.name.clone()).unwrap_or_default(),
            path: body.text(&["path", "Path"]),
            tags: self.tags.clone(),
            trusts_others: None,
        };
        let mut context = Context { attached_to: Some(attached_to), resource_type: None, ..self.context.clone() };
        let trust = body.any(&["assumeRolePolicyDocument", "AssumeRolePolicyDocument"]);
        let mut trust = trust.and_then(|t| t.policy(Some(PolicyKind::TrustPolicy), context.clone()));
        let trusts_others = trust.as_ref().and_then(|t| trust::lets_others_in(t, context.account.as_deref()));
        for context in trust.iter_mut().map(|t| &mut t.context).chain([&mut context]) {
            context.attached_to.iter_mut().for_each(|a| a.trusts_others = trusts_others);
        }
        let lists =
            ["rolePolicyList", "userPolicyList", "groupPolicyList", "RolePolicyList", "UserPolicyList", "GroupPolicyList"];
        let inline = body.list(&lists).into_iter().filter_map(|entry| {
            let name = entry.text(&["policyName", "PolicyName"]);
            let context = Context { name, ..context.clone() };
            entry.any(&["policyDocument", "PolicyDocument"])?.policy(Some(PolicyKind::IdentityPolicy), context)
        });
        let attached = body.list(&["attachedManagedPolicies", "AttachedManagedPolicies"]);
        let boundary = body.any(&["permissionsBoundary", "PermissionsBoundary"]);
        let boundary = boundary.and_then(|b| b.text(&["permissionsBoundaryArn", "PermissionsBoundaryArn"]));
        // An entry of `list-roles` or `list-users`, or a row of a query, leaves the boundary out whether or not there is one.
        let whole =
            ["permissionsBoundary", "PermissionsBoundary", "attachedManagedPolicies", "AttachedManagedPolicies", "RoleLastUsed"];
        let group = |g: Place| g.text(&["groupName", "arn", "GroupName"]).or_else(|| g.node().as_str().map(str::to_owned));
        Principal {
            kind,
            id: id.into(),
            own: trust.into_iter().collect(),
            inline: inline.collect(),
            attached: attached.iter().filter_map(|a| a.text(&["policyArn", "PolicyArn"])).map(Arc::from).collect(),
            groups: body.list(&["groupList", "GroupList"]).into_iter().filter_map(group).map(Arc::from).collect(),
            boundary: boundary.map(Arc::from),
            tells_boundary: whole.iter().chain(&lists).any(|key| body.get(key).is_some()),
            subject: Found { body: Body::Missing(self.anchor.clone()), context },
        }
    }

    /// As a managed policy with this ARN, or another name that is unique.
    pub fn managed(&self, id: &str) -> Managed {
        let body = &self.body;
        let versions = body.list(&["policyVersionList", "PolicyVersionList"]);
        let current = body.text(&["defaultVersionId", "DefaultVersionId"]);
        let is_default = |version: &Place| {
            let named = current.is_some() && version.text(&["versionId", "VersionId"]) == current;
            let flag = version.any(&["isDefaultVersion", "IsDefaultVersion"]);
            named || flag.is_some_and(|d| d.node().as_bool() == Some(true))
        };
        let default = versions.iter().find(|v| is_default(v)).and_then(|v| v.any(&["document", "Document"]));
        let context = Context { resource_type: None, ..self.context.clone() };
        let number = |keys: &[&str]| body.text(keys).and_then(|n| n.parse().ok());
        Managed {
            id: id.into(),
            old_versions: versions.len().saturating_sub(usize::from(default.is_some())),
            default: default.and_then(|d| d.policy(Some(PolicyKind::IdentityPolicy), context)),
            attachments: number(&["attachmentCount", "AttachmentCount"]),
            boundaries: number(&["permissionsBoundaryUsageCount", "PermissionsBoundaryUsageCount"]),
        }
    }
}
