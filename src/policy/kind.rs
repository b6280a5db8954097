//! The eight kinds of policy. Which elements a policy may have, and whom it binds, follow from its kind.

use std::fmt;
use std::str::FromStr;

/// Kind of a policy; names as in the AWS documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyKind {
    /// Attached to a user, group or role.
    IdentityPolicy,
    /// Caps what identity policies can give.
    PermissionsBoundary,
    /// Passed when a session is made.
    SessionPolicy,
    /// Who may assume a role.
    TrustPolicy,
    /// Attached to a resource: bucket, key, queue, topic, ….
    ResourcePolicy,
    /// Attached to a VPC endpoint.
    VpcEndpointPolicy,
    /// Organizations: caps principals of member accounts.
    ServiceControlPolicy,
    /// Organizations: caps access to resources of member accounts.
    ResourceControlPolicy,
}

impl PolicyKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::IdentityPolicy,
        Self::PermissionsBoundary,
        Self::SessionPolicy,
        Self::TrustPolicy,
        Self::ResourcePolicy,
        Self::VpcEndpointPolicy,
        Self::ServiceControlPolicy,
        Self::ResourceControlPolicy,
    ];

    /// The kebab-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdentityPolicy => "identity-policy",
            Self::PermissionsBoundary => "permissions-boundary",
            Self::SessionPolicy => "session-policy",
            Self::TrustPolicy => "trust-policy",
            Self::ResourcePolicy => "resource-policy",
            Self::VpcEndpointPolicy => "vpc-endpoint-policy",
            Self::ServiceControlPolicy => "service-control-policy",
            Self::ResourceControlPolicy => "resource-control-policy",
        }
    }

    /// True for kinds whose statements name a principal.
    pub fn has_principal(self) -> bool {
        match self {
            Self::TrustPolicy | Self::ResourcePolicy | Self::VpcEndpointPolicy | Self::ResourceControlPolicy => true,
            Self::IdentityPolicy | Self::PermissionsBoundary | Self::SessionPolicy | Self::ServiceControlPolicy => false,
        }
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PolicyKind {
    type Err = ();

    /// Reads the full names and the short ones that rules use: `scp`, `rcp`, `vpce-policy`, `permission-boundary`.
    fn from_str(name: &str) -> Result<Self, ()> {
        let long = match name {
            "scp" => "service-control-policy",
            "rcp" => "resource-control-policy",
            "vpce-policy" => "vpc-endpoint-policy",
            "permission-boundary" => "permissions-boundary",
            other => other,
        };
        Self::ALL.into_iter().find(|kind| kind.as_str() == long).ok_or(())
    }
}
