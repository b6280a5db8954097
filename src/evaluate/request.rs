//! A request: who calls which action on what, with which condition keys.
//!
//! IAM User Guide, "Policy evaluation logic", "The request context".

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The sort of caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallerKind {
    /// An IAM user.
    User,
    /// A session of a role.
    RoleSession,
    /// A role itself, read as one of its sessions of which the name is not told.
    Role,
    /// The root user of an account.
    Root,
    /// A session of `sts:GetFederationToken`.
    FederatedUser,
    /// Somebody of an OIDC or web identity provider, before there is a session.
    WebIdentity,
    /// Somebody of a SAML provider, before there is a session.
    Saml,
    /// A service by itself.
    Service,
    /// Nobody who signed.
    Anonymous,
}

impl CallerKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::User,
        Self::RoleSession,
        Self::Role,
        Self::Root,
        Self::FederatedUser,
        Self::WebIdentity,
        Self::Saml,
        Self::Service,
        Self::Anonymous,
    ];

    /// The name used in scenario files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::RoleSession => "role-session",
            Self::Role => "role",
            Self::Root => "root",
            Self::FederatedUser => "federated-user",
            Self::WebIdentity => "web-identity",
            Self::Saml => "saml",
            Self::Service => "service",
            Self::Anonymous => "anonymous",
        }
    }

    /// Whether such a caller belongs to an account, and so has identity policies or could have them.
    pub fn has_account(self) -> bool {
        match self {
            Self::User | Self::RoleSession | Self::Role | Self::Root | Self::FederatedUser => true,
            Self::WebIdentity | Self::Saml | Self::Service | Self::Anonymous => false,
        }
    }
}

impl fmt::Display for CallerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CallerKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The sort.
    pub kind: CallerKind,
    /// The ARN of the user, of the role (with its path), of the federated user or the account's root; the name of a
    /// service; the ARN or host of an identity provider. Empty for an anonymous caller.
    pub arn: String,
    /// The 12-digit account it belongs to; none for services, providers' users and anonymous callers.
    pub account: Option<String>,
    /// The name of the session, where there is one.
    pub session_name: Option<String>,
}

impl Caller {
    /// Nobody who signed.
    pub fn anonymous() -> Self {
        Self { kind: CallerKind::Anonymous, arn: String::new(), account: None, session_name: None }
    }
}

/// What a condition key holds. A key that is absent is not in the context; an empty list counts as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextValue {
    /// One value, as text.
    One(String),
    /// A list, as multivalued keys have it.
    Many(Vec<String>),
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who calls.
    pub caller: Caller,
    /// `service:Name`.
    pub action: String,
    /// The ARN, or `*` for actions that work on none.
    pub resource: String,
    /// The 12-digit account that owns the resource, where it is known.
    pub resource_account: Option<String>,
    /// Condition keys, spelled in any letter case but each once.
    pub context: BTreeMap<String, ContextValue>,
}
