//! Entities of IAM as `aws iam get-account-authorization-details` prints them: the SDK's types have no such form. Documents
//! come percent-encoded and become objects.

use crate::document::json as parser;
use crate::text::percent;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, Tag, UserDetail,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value, json};

/// A record of a part.
pub fn line(list: &str, entry: Value) -> String {
    json!({ "list": list, "entry": entry }).to_string()
}

/// A document: an object where that loses nothing, else its decoded text.
pub fn document(encoded: &str) -> Value {
    let plain = encoded.trim_start().starts_with('{');
    let text = if plain { encoded.to_owned() } else { percent::decode(encoded) };
    match serde_json::from_str::<Value>(&text) {
        // A repeated member would be lost in an object.
        Ok(value) if parser::parse(text.clone()).problems().is_empty() => value,
        _ => Value::String(text),
    }
}

/// An object of the members that are there.
struct Entry(Map<String, Value>);

impl Entry {
    fn new() -> Self {
        Self(Map::new())
    }

    fn with(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    fn list<T>(self, name: &str, all: &[T], each: impl Fn(&T) -> Value) -> Self {
        self.with(name, Some(all.iter().map(each).collect::<Vec<_>>()))
    }

    fn value(self) -> Value {
        Value::Object(self.0)
    }
}

fn day(time: Option<&DateTime>) -> Option<String> {
    time.and_then(|t| t.fmt(Format::DateTime).ok())
}

fn inline(policy: &PolicyDetail) -> Value {
    Entry::new().with("PolicyName", policy.policy_name()).with("PolicyDocument", policy.policy_document().map(document)).value()
}

fn attached(policy: &AttachedPolicy) -> Value {
    Entry::new().with("PolicyName", policy.policy_name()).with("PolicyArn", policy.policy_arn()).value()
}

fn boundary(boundary: &AttachedPermissionsBoundary) -> Value {
    let kind = boundary.permissions_boundary_type().map(|t| t.as_str().to_owned());
    let entry = Entry::new().with("PermissionsBoundaryType", kind);
    entry.with("PermissionsBoundaryArn", boundary.permissions_boundary_arn()).value()
}

fn tag(tag: &Tag) -> Value {
    json!({ "Key": tag.key(), "Value": tag.value() })
}

/// A user.
pub fn user(user: &UserDetail) -> Value {
    Entry::new()
        .with("Path", user.path())
        .with("UserName", user.user_name())
        .with("UserId", user.user_id())
        .with("Arn", user.arn())
        .with("CreateDate", day(user.create_date()))
        .list("UserPolicyList", user.user_policy_list(), inline)
        .with("GroupList", Some(user.group_list().to_vec()))
        .list("AttachedManagedPolicies", user.attached_managed_policies(), attached)
        .with("PermissionsBoundary", user.permissions_boundary().map(boundary))
        .list("Tags", user.tags(), tag)
        .value()
}

/// A group.
pub fn group(group: &GroupDetail) -> Value {
    Entry::new()
        .with("Path", group.path())
        .with("GroupName", group.group_name())
        .with("GroupId", group.group_id())
        .with("Arn", group.arn())
        .with("CreateDate", day(group.create_date()))
        .list("GroupPolicyList", group.group_policy_list(), inline)
        .list("AttachedManagedPolicies", group.attached_managed_policies(), attached)
        .value()
}

/// A role.
pub fn role(role: &RoleDetail) -> Value {
    let used = role
        .role_last_used()
        .map(|used| Entry::new().with("LastUsedDate", day(used.last_used_date())).with("Region", used.region()).value());
    Entry::new()
        .with("Path", role.path())
        .with("RoleName", role.role_name())
        .with("RoleId", role.role_id())
        .with("Arn", role.arn())
        .with("CreateDate", day(role.create_date()))
        .with("AssumeRolePolicyDocument", role.assume_role_policy_document().map(document))
        .list(
            "InstanceProfileList",
            role.instance_profile_list(),
            |profile| json!({ "InstanceProfileName": profile.instance_profile_name(), "Arn": profile.arn() }),
        )
        .list("RolePolicyList", role.role_policy_list(), inline)
        .list("AttachedManagedPolicies", role.attached_managed_policies(), attached)
        .with("PermissionsBoundary", role.permissions_boundary().map(boundary))
        .list("Tags", role.tags(), tag)
        .with("RoleLastUsed", used)
        .value()
}

/// A managed policy, all its versions.
pub fn managed(policy: &ManagedPolicyDetail) -> Value {
    Entry::new()
        .with("PolicyName", policy.policy_name())
        .with("PolicyId", policy.policy_id())
        .with("Arn", policy.arn())
        .with("Path", policy.path())
        .with("DefaultVersionId", policy.default_version_id())
        .with("AttachmentCount", policy.attachment_count())
        .with("PermissionsBoundaryUsageCount", policy.permissions_boundary_usage_count())
        .with("IsAttachable", Some(policy.is_attachable()))
        .with("Description", policy.description())
        .with("CreateDate", day(policy.create_date()))
        .with("UpdateDate", day(policy.update_date()))
        .list("PolicyVersionList", policy.policy_version_list(), |version| {
            Entry::new()
                .with("Document", version.document().map(document))
                .with("VersionId", version.version_id())
                .with("IsDefaultVersion", Some(version.is_default_version()))
                .with("CreateDate", day(version.create_date()))
                .value()
        })
        .value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_and_lose_nothing() {
        assert_eq!(document("%7B%22a%22%3A%5B%22s3%3A%2A%22%5D%7D"), json!({"a": ["s3:*"]}));
        assert_eq!(document("{\"a\":\"100%25\"}"), json!({"a": "100%25"}));
        assert_eq!(document("%7B%22a%22%3A1%2C%22a%22%3A2%7D"), json!("{\"a\":1,\"a\":2}"));
        assert_eq!(document("%7B"), json!("{"));
    }
}
