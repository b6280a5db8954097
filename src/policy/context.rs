//! What is known about a policy beyond its text: whose it is, where it is attached, which kind it must be.

use super::kind::PolicyKind;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What an identity policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// A role.
    Role,
    /// A user.
    User,
    /// A group.
    Group,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Role, Self::User, Self::Group];

    /// The spelling used in rules and in the project file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
        }
    }
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PrincipalKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// The role, user or group a policy is attached to, or whose trust policy it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedTo {
    /// What it is.
    pub kind: Option<PrincipalKind>,
    /// Its name; empty when unknown.
    pub name: String,
    /// Its path, such as `/consumer/`.
    pub path: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether a role's trust policy lets a principal of another account assume it; none when that is not known.
    pub trusts_others: Option<bool>,
}

/// What is known; every part may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Kind of the policy, when it was said rather than inferred.
    pub kind: Option<PolicyKind>,
    /// CloudFormation type of the resource it is attached to, such as `AWS::S3::Bucket`.
    pub resource_type: Option<String>,
    /// Account that owns it, 12 digits.
    pub account: Option<String>,
    /// Its partition.
    pub partition: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Path of the organizational unit, such as `/workloads/prod`.
    pub ou: Option<String>,
    /// Id of the organization, `o-…`.
    pub org_id: Option<String>,
    /// The management account of the organization, 12 digits.
    pub management_account: Option<String>,
    /// ARN of the resource it is attached to.
    pub resource: Option<String>,
    /// Name of the policy or of its resource.
    pub name: Option<String>,
    /// The principal it is attached to.
    pub attached_to: Option<AttachedTo>,
}
