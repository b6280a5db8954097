//! A request: who calls which action on what, with which condition keys.
//!
//! IAM User Guide, "Policy evaluation logic", "The request context".

use crate::policy::arn::{Arn, is_account_id};
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

    /// What a name says by itself: an ARN of IAM or STS, a 12-digit account for its root user, the host of a service.
    ///
    /// IAM User Guide, "IAM identifiers".
    pub fn named(text: &str) -> Option<Self> {
        let of = |kind| Self { kind, arn: text.to_owned(), account: None, session_name: None };
        let Some(arn) = Arn::parse(text) else {
            return match text {
                "anonymous" => Some(Self::anonymous()),
                account if is_account_id(account) => {
                    Some(Self { arn: format!("arn:aws:iam::{account}:root"), ..of(CallerKind::Root) }.completed())
                }
                host if host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") => Some(of(CallerKind::Service)),
                _ => None,
            };
        };
        let kind = match (arn.service, arn.resource.split('/').next().unwrap_or_default()) {
            ("iam", "user") => CallerKind::User,
            ("iam", "role") => CallerKind::Role,
            ("iam", "root") if arn.resource == "root" => CallerKind::Root,
            ("iam", "oidc-provider") => CallerKind::WebIdentity,
            ("iam", "saml-provider") => CallerKind::Saml,
            ("sts", "assumed-role") => CallerKind::RoleSession,
            ("sts", "federated-user") => CallerKind::FederatedUser,
            _ => return None,
        };
        Some(of(kind).completed())
    }

    /// With what follows from its ARN: the account, and for the ARN of a session its role and its name. The role's path stands
    /// in no session ARN, so that a role with a path has to be named itself.
    pub fn completed(mut self) -> Self {
        if !self.kind.has_account() {
            return self;
        }
        let Some(arn) = Arn::parse(&self.arn) else { return self };
        if self.account.is_none() && is_account_id(arn.account) {
            self.account = Some(arn.account.to_owned());
        }
        let session = arn.resource.strip_prefix("assumed-role/").filter(|_| arn.service == "sts");
        if let Some((role, name)) = session.and_then(|rest| rest.split_once('/')) {
            let role = format!("arn:{}:iam::{}:role/{role}", arn.partition, arn.account);
            self.session_name.get_or_insert_with(|| name.to_owned());
            self.arn = role;
        }
        // A role of which the session is named is that session.
        if self.kind == CallerKind::Role && self.session_name.is_some() {
            self.kind = CallerKind::RoleSession;
        }
        self
    }

    /// A role that AWS made for one of its services.
    pub fn is_service_linked(&self) -> bool {
        matches!(self.kind, CallerKind::Role | CallerKind::RoleSession)
            && Arn::parse(&self.arn).is_some_and(|arn| arn.resource.starts_with("role/aws-service-role/"))
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

impl Request {
    /// With what follows from its ARNs: see [`Caller::completed`], and the owner of a resource whose ARN names an account.
    pub fn completed(mut self) -> Self {
        self.caller = self.caller.completed();
        if self.resource_account.is_none() {
            let account = Arn::parse(&self.resource).map(|arn| arn.account).filter(|account| is_account_id(account));
            self.resource_account = account.map(str::to_owned);
        }
        self
    }
}
