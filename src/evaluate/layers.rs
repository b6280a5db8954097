//! Every policy that bears on a request, layer by layer, and how the layers combine.
//!
//! IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic", "Permissions boundaries for IAM
//! entities"; Organizations User Guide, "SCP evaluation" and "Resource control policies (RCPs)".

use super::policy::applied;
use super::request::{CallerKind, Request};
use super::statement::Applied;
use super::truth::Strength;
use super::view::View;
use crate::catalog;
use crate::policy::arn::Arn;
use crate::policy::{Effect, Policy, PolicyKind};
use std::sync::Arc;

/// A policy and what to call it.
#[derive(Clone, Debug)]
pub struct Attached<'d> {
    /// The policy.
    pub policy: Policy<'d>,
    /// Its name: that of its file, or its place in the scenario.
    pub name: Arc<str>,
    /// The file it stands in.
    pub file: Arc<str>,
}

/// The policies that bear on a request.
#[derive(Clone, Debug, Default)]
pub struct Scenario<'d> {
    /// Attached to the caller or to its groups.
    pub identity: Vec<Attached<'d>>,
    /// The caller's permissions boundaries; each caps.
    pub boundaries: Vec<Attached<'d>>,
    /// Passed when the session was made; they cap together.
    pub sessions: Vec<Attached<'d>>,
    /// Attached to the resource: bucket policy, key policy, trust policy, ….
    pub resource: Option<Attached<'d>>,
    /// Service control policies, from the root of the organization down to the account.
    pub scps: Vec<Vec<Attached<'d>>>,
    /// Resource control policies, alike.
    pub rcps: Vec<Vec<Attached<'d>>>,
    /// Of the VPC endpoint that the request takes.
    pub endpoints: Vec<Attached<'d>>,
    /// The management account, where it is known: neither SCPs nor RCPs bind it.
    pub management_account: Option<String>,
}

/// How caller and resource stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The caller belongs to the account that owns the resource.
    SameAccount,
    /// It belongs to another one.
    CrossAccount,
    /// It belongs to none: a service, somebody of an identity provider, nobody who signed.
    NoAccount,
}

/// What is missing to answer at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The account that owns the resource.
    ResourceAccount,
    /// The account of the caller.
    CallerAccount,
}

/// The policies of one layer that count together, and which of their statements match.
#[derive(Clone, Debug)]
pub struct Group<'s, 'd> {
    /// The layer.
    pub layer: PolicyKind,
    /// The policies.
    pub policies: Vec<&'s Attached<'d>>,
    /// Statements that match or may.
    pub applied: Vec<Applied<'d>>,
}

/// What statements of which nobody can tell are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Such an Allow matches, and such a Deny does not.
    Wide,
    /// The other way about.
    Narrow,
}

impl<'s, 'd> Group<'s, 'd> {
    fn new(layer: PolicyKind, policies: impl IntoIterator<Item = &'s Attached<'d>>, view: &View<'_>) -> Self {
        let policies: Vec<_> = policies.into_iter().collect();
        let applied = applied(policies.iter().map(|a| &a.policy), view);
        Self { layer, policies, applied }
    }

    pub(super) fn denies(&self, reading: Reading) -> bool {
        self.applied.iter().any(|a| match reading {
            Reading::Wide => a.surely(Effect::Deny),
            Reading::Narrow => a.perhaps(Effect::Deny),
        })
    }

    /// The strongest way in which it allows.
    pub(super) fn allows(&self, reading: Reading) -> Option<Strength> {
        let counts = |a: &&Applied<'_>| match reading {
            Reading::Wide => a.perhaps(Effect::Allow),
            Reading::Narrow => a.surely(Effect::Allow),
        };
        self.applied.iter().filter(counts).map(|a| a.strength).max()
    }
}

/// A request laid before every layer.
#[derive(Clone, Debug)]
pub struct Layers<'s, 'd> {
    /// How caller and resource stand to each other.
    pub relation: Relation,
    /// Every group that binds the request: service control policies level by level, resource control policies, endpoint,
    /// boundaries, session, identity, resource. The order is that in which a missing Allow is named.
    pub groups: Vec<Group<'s, 'd>>,
    /// The resource's own policy must name the caller or its account, even within the account.
    pub resource_must_allow: bool,
    kind: CallerKind,
}

impl<'s, 'd> Layers<'s, 'd> {
    /// Ask every policy about a request that is [completed](Request::completed).
    ///
    /// # Errors
    /// When it is not known whether caller and resource belong to one account, and a resource policy is there to which that
    /// makes a difference.
    pub fn ask(scenario: &'s Scenario<'d>, request: &Request) -> Result<Self, Missing> {
        let relation = relation(scenario, request)?;
        let view = View::new(request);
        let caller = &request.caller;
        let mut groups = Vec::with_capacity(6);
        if scps_bind(scenario, request) {
            let levels = scenario.scps.iter();
            groups.extend(levels.map(|level| Group::new(PolicyKind::ServiceControlPolicy, level, &view)));
        }
        if rcps_bind(scenario, request) {
            groups.push(Group::new(PolicyKind::ResourceControlPolicy, scenario.rcps.iter().flatten(), &view));
        }
        if !scenario.endpoints.is_empty() {
            groups.push(Group::new(PolicyKind::VpcEndpointPolicy, &scenario.endpoints, &view));
        }
        if takes_boundary(caller.kind) {
            let each = scenario.boundaries.iter();
            groups.extend(each.map(|one| Group::new(PolicyKind::PermissionsBoundary, [one], &view)));
        }
        // A session of a federated user has no permissions of its own without a session policy.
        if takes_session(caller.kind) && (!scenario.sessions.is_empty() || caller.kind == CallerKind::FederatedUser) {
            groups.push(Group::new(PolicyKind::SessionPolicy, &scenario.sessions, &view));
        }
        if caller.kind.has_account() {
            groups.push(Group::new(PolicyKind::IdentityPolicy, &scenario.identity, &view));
        }
        let trust = is_trust(request);
        let layer = if trust { PolicyKind::TrustPolicy } else { PolicyKind::ResourcePolicy };
        let bounded = takes_boundary(caller.kind) && !scenario.boundaries.is_empty();
        groups.push(Group::new(layer, &scenario.resource, &view.bounded(bounded)));
        Ok(Self { relation, groups, resource_must_allow: trust || is_key(request), kind: caller.kind })
    }

    fn of(&self, layer: PolicyKind) -> impl Iterator<Item = &Group<'s, 'd>> {
        self.groups.iter().filter(move |group| group.layer == layer)
    }

    /// The group of the resource's own policy.
    pub fn resource(&self) -> Option<&Group<'s, 'd>> {
        self.groups.last()
    }

    /// Whether the identity side allows. The root user needs no policy for that, and can have none.
    fn identity_allows(&self, reading: Reading) -> bool {
        self.kind == CallerKind::Root || self.of(PolicyKind::IdentityPolicy).any(|group| group.allows(reading).is_some())
    }

    /// Whether a boundary or a session policy does not surely allow what the account's own resource policy may.
    pub(super) fn caps(&self) -> bool {
        let caps = |layer| matches!(layer, PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy);
        let closed = self.groups.iter().any(|group| caps(group.layer) && group.allows(Reading::Narrow).is_none());
        closed && self.relation == Relation::SameAccount
    }

    /// Verdict and the layer that gives it, as place among the groups.
    pub(super) fn outcome(&self, reading: Reading) -> (Outcome, usize) {
        let last = self.groups.len().saturating_sub(1);
        if let Some(at) = self.groups.iter().position(|group| group.denies(reading)) {
            return (Outcome::ExplicitDeny, at);
        }
        let place = |layer| self.groups.iter().position(|group| group.layer == layer).unwrap_or(last);
        let closed = |layers: &[PolicyKind]| {
            self.groups.iter().position(|group| layers.contains(&group.layer) && group.allows(reading).is_none())
        };
        // Resource control policies always allow: `RCPFullAWSAccess` cannot be detached.
        if let Some(at) = closed(&[PolicyKind::ServiceControlPolicy, PolicyKind::VpcEndpointPolicy]) {
            return (Outcome::ImplicitDeny, at);
        }
        let named = self.resource().and_then(|group| group.allows(reading));
        // Whether everybody includes those whom a boundary or a session policy caps, AWS does not say.
        let past_caps = match named {
            Some(Strength::Direct) => true,
            Some(Strength::Everyone) => reading == Reading::Wide,
            Some(Strength::Role | Strength::Account) | None => false,
        };
        match self.relation {
            Relation::NoAccount => return (if named.is_some() { Outcome::Allow } else { Outcome::ImplicitDeny }, last),
            Relation::SameAccount if past_caps => return (Outcome::Allow, last),
            Relation::SameAccount | Relation::CrossAccount => {}
        }
        if let Some(at) = closed(&[PolicyKind::PermissionsBoundary, PolicyKind::SessionPolicy]) {
            return (Outcome::ImplicitDeny, at);
        }
        let identity = self.identity_allows(reading);
        let instead = named.is_some_and(|strength| strength > Strength::Account);
        let needs_resource = self.relation == Relation::CrossAccount || self.resource_must_allow;
        if needs_resource && named.is_none() && (identity || self.relation == Relation::SameAccount) {
            return (Outcome::ImplicitDeny, last);
        }
        if identity {
            return (Outcome::Allow, place(PolicyKind::IdentityPolicy));
        }
        match self.relation {
            Relation::SameAccount if instead => (Outcome::Allow, last),
            Relation::SameAccount | Relation::CrossAccount | Relation::NoAccount => {
                (Outcome::ImplicitDeny, place(PolicyKind::IdentityPolicy))
            }
        }
    }
}

/// What one reading comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Allow,
    ExplicitDeny,
    ImplicitDeny,
}

fn relation(scenario: &Scenario<'_>, request: &Request) -> Result<Relation, Missing> {
    let caller = &request.caller;
    if !caller.kind.has_account() {
        return Ok(Relation::NoAccount);
    }
    let Some(own) = &caller.account else { return Err(Missing::CallerAccount) };
    match &request.resource_account {
        Some(owner) if owner == own => Ok(Relation::SameAccount),
        Some(_) => Ok(Relation::CrossAccount),
        None if scenario.resource.is_some() => Err(Missing::ResourceAccount),
        // Without a resource policy there is nothing that could let in another account.
        None => Ok(Relation::SameAccount),
    }
}

/// Whether service control policies bind the caller.
pub(super) fn scps_bind(scenario: &Scenario<'_>, request: &Request) -> bool {
    let caller = &request.caller;
    let managing = scenario.management_account.is_some() && scenario.management_account == caller.account;
    !scenario.scps.is_empty() && caller.kind.has_account() && !caller.is_service_linked() && !managing
}

/// Actions that resource control policies leave alone though they know the service.
const BEYOND_RCPS: [&str; 1] = ["kms:RetireGrant"];

/// Whether resource control policies bind access to the resource.
pub(super) fn rcps_bind(scenario: &Scenario<'_>, request: &Request) -> bool {
    if scenario.rcps.is_empty() {
        return false;
    }
    let managing = scenario.management_account.is_some() && scenario.management_account == request.resource_account;
    let service = request.action.split(':').next().unwrap_or_default();
    let beyond = BEYOND_RCPS.iter().any(|action| action.eq_ignore_ascii_case(&request.action));
    catalog::current().table("rcp-services").has(service) && !beyond && !managing && !request.caller.is_service_linked()
}

/// Users and roles can have a permissions boundary; who is federated by a user has the user's.
pub(super) fn takes_boundary(kind: CallerKind) -> bool {
    match kind {
        CallerKind::User | CallerKind::RoleSession | CallerKind::Role | CallerKind::FederatedUser => true,
        CallerKind::Root | CallerKind::WebIdentity | CallerKind::Saml | CallerKind::Service | CallerKind::Anonymous => false,
    }
}

/// Sessions can have a session policy.
pub(super) fn takes_session(kind: CallerKind) -> bool {
    match kind {
        CallerKind::RoleSession | CallerKind::Role | CallerKind::FederatedUser => true,
        CallerKind::User
        | CallerKind::Root
        | CallerKind::WebIdentity
        | CallerKind::Saml
        | CallerKind::Service
        | CallerKind::Anonymous => false,
    }
}

/// Taking on a role: the resource policy is the role's trust policy.
fn is_trust(request: &Request) -> bool {
    let sts = request.action.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("sts:"));
    sts && Arn::parse(&request.resource).is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
}

/// Using a KMS key: the resource policy is the key policy.
fn is_key(request: &Request) -> bool {
    let kms = request.action.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("kms:"));
    kms && Arn::parse(&request.resource).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"))
}
