//! A ruling in words: which statements decided, why, and what was taken for granted.

use super::decision::{Ruling, Verdict};
use super::layers::{Attached, Relation, Scenario, rcps_bind, scps_bind, takes_boundary, takes_session};
use super::request::{CallerKind, Request};
use super::statement::{self, Applied};
use super::truth::{Cause, Doubt, Match, Strength, Why};
use super::view::View;
use crate::catalog;
use crate::document::Node;
use crate::policy::principal::PrincipalType;
use crate::policy::{Effect, PolicyKind, Statement};

/// Statements shown that nearly allow.
const NEAR: usize = 5;

/// A statement that decides.
#[derive(Clone, Debug)]
pub struct Reason<'s, 'd> {
    /// The policy it stands in.
    pub policy: &'s Attached<'d>,
    /// The layer.
    pub layer: PolicyKind,
    /// Its name.
    pub sid: Option<&'d str>,
    /// The place to point at: the statement, or the literal of it that decides.
    pub node: Node<'d>,
    /// What it does.
    pub note: String,
}

/// A ruling in words.
#[derive(Clone, Debug)]
pub struct Explanation<'s, 'd> {
    /// The statements that decide, the telling one first. For an implicit deny: those that nearly allow.
    pub responsible: Vec<Reason<'s, 'd>>,
    /// One sentence, lower case, no full stop.
    pub reason: String,
    /// What was taken for granted, and what is not looked at though it could matter.
    pub assumptions: Vec<String>,
}

/// Put a ruling into words.
pub fn explain<'s, 'd>(ruling: &Ruling<'s, 'd>, scenario: &'s Scenario<'d>, request: &Request) -> Explanation<'s, 'd> {
    let mut responsible = deciding(ruling);
    if ruling.verdict == Verdict::DenyImplicit {
        nearly(ruling, request, &mut responsible);
    }
    let reason = reason(ruling, request);
    Explanation { responsible, reason, assumptions: assumptions(ruling, scenario, request) }
}

fn deciding<'s, 'd>(ruling: &Ruling<'s, 'd>) -> Vec<Reason<'s, 'd>> {
    let mut out: Vec<_> = ruling
        .deciding
        .iter()
        .filter_map(|deciding| {
            let group = ruling.layers.groups.get(deciding.group)?;
            let applied = group.applied.get(deciding.applied)?;
            let policy = *group.policies.get(applied.policy)?;
            let node = pointed(policy, applied);
            let note = said(ruling.verdict, applied, group.layer);
            Some(Reason { policy, layer: group.layer, sid: applied.sid, node, note })
        })
        .collect();
    // The layer that decides is named first.
    out.sort_by_key(|reason| reason.layer != ruling.layer);
    out
}

/// Where to point: at what is in doubt, at who is named, else at the effect.
fn pointed<'d>(policy: &Attached<'d>, applied: &Applied<'d>) -> Node<'d> {
    if let Some(doubt) = applied.doubt {
        return doubt.node;
    }
    let statement = policy.policy.statements.get(applied.statement);
    statement.and_then(|s| s.effect).map_or(applied.node, |(_, node)| node)
}

fn said(verdict: Verdict, applied: &Applied<'_>, layer: PolicyKind) -> String {
    match (verdict, applied.doubt) {
        (Verdict::Unknown, Some(doubt)) => doubt.cause.brief().to_owned(),
        (Verdict::Unknown, None) => Cause::EveryoneCapped.brief().to_owned(),
        (Verdict::DenyExplicit, _) => "denies it".to_owned(),
        (Verdict::Allow | Verdict::DenyImplicit, _) => match (layer.has_principal(), applied.strength) {
            (true, Strength::Account) => "allows it to the caller's account".to_owned(),
            (true, Strength::Role) => "allows it to the caller's role".to_owned(),
            (true, Strength::Everyone) => "allows it to everybody".to_owned(),
            (true, Strength::Direct) => "allows it to the caller by name".to_owned(),
            (false, _) => "allows it".to_owned(),
        },
    }
}

/// Statements of the layer that allow the action, and fail on something else.
fn nearly<'s, 'd>(ruling: &Ruling<'s, 'd>, request: &Request, out: &mut Vec<Reason<'s, 'd>>) {
    let Some(group) = ruling.layers.groups.get(ruling.group) else { return };
    let view = View::new(request);
    for policy in &group.policies {
        for statement in policy.policy.statements.iter().filter(|s| s.is(Effect::Allow)) {
            let near = near(policy.policy.version, statement, &view);
            out.extend(near.map(|(node, note)| Reason { policy, layer: group.layer, sid: statement.sid, node, note }));
        }
    }
    let resource = ruling.layers.resource().filter(|_| ruling.layer == PolicyKind::IdentityPolicy);
    if let Some(group) = resource {
        for applied in group.applied.iter().filter(|a| a.surely(Effect::Allow)) {
            let Some(policy) = group.policies.get(applied.policy) else { continue };
            let node = pointed(policy, applied);
            let note = "allows it, and a policy of the caller's must as well".to_owned();
            out.push(Reason { policy, layer: group.layer, sid: applied.sid, node, note });
        }
    }
    out.truncate(NEAR);
}

fn near<'d>(version: Option<&str>, statement: &Statement<'d>, view: &View<'_>) -> Option<(Node<'d>, String)> {
    match statement::judge(version, statement, view) {
        Match::No(miss) if miss.why != Why::Action => Some((miss.node, miss.note(view))),
        Match::No(_) | Match::Yes(_) | Match::Unknown(..) => None,
    }
}

fn reason(ruling: &Ruling<'_, '_>, request: &Request) -> String {
    let layer = layer_name(ruling.layer);
    match ruling.verdict {
        Verdict::Allow if ruling.layer == PolicyKind::IdentityPolicy && request.caller.kind == CallerKind::Root => {
            "the root user of the account needs no policy, and nothing denies it".to_owned()
        }
        Verdict::Allow if ruling.layers.relation == Relation::CrossAccount => {
            "an identity policy of the caller and the resource's policy both allow it, and nothing denies it".to_owned()
        }
        Verdict::Allow => format!("{layer} allows it, and nothing denies it"),
        Verdict::DenyExplicit => format!("{layer} denies it"),
        Verdict::Unknown => ruling.doubt().map_or_else(|| "it cannot be decided".to_owned(), |doubt| named(&doubt)),
        Verdict::DenyImplicit => implicit(ruling, request),
    }
}

/// What is in doubt, with the construct where it is a short one.
fn named(doubt: &Doubt<'_>) -> String {
    match doubt.cause {
        Cause::Variable | Cause::Operator => format!("`{}`: {}", doubt.node.scalar(), doubt.cause),
        Cause::NotPrincipal | Cause::EveryoneCapped | Cause::Template | Cause::Grammar => doubt.cause.to_string(),
    }
}

fn implicit(ruling: &Ruling<'_, '_>, request: &Request) -> String {
    let group = ruling.layers.groups.get(ruling.group);
    let given = group.is_some_and(|g| !g.policies.is_empty());
    match ruling.layer {
        PolicyKind::ServiceControlPolicy => {
            let level = ruling.group + 1;
            format!("no service control policy of level {level}, counted from the root of the organization, allows it")
        }
        PolicyKind::IdentityPolicy if !given => "the caller has no identity policy, and nothing else allows it".to_owned(),
        PolicyKind::SessionPolicy if !given => {
            "a federated user without a session policy has no permissions from identity policies".to_owned()
        }
        PolicyKind::TrustPolicy if !given => "the role's trust policy has to allow it, and none is given".to_owned(),
        PolicyKind::ResourcePolicy if !given => match ruling.layers.relation {
            Relation::CrossAccount => format!(
                "the resource belongs to another account ({}), and no resource policy is given that lets the caller in",
                request.resource_account.as_deref().unwrap_or_default()
            ),
            Relation::SameAccount => "the key policy has to allow it, and none is given".to_owned(),
            Relation::NoAccount => "only a resource policy could allow it, and none is given".to_owned(),
        },
        PolicyKind::ResourcePolicy
        | PolicyKind::TrustPolicy
        | PolicyKind::PermissionsBoundary
        | PolicyKind::SessionPolicy
        | PolicyKind::IdentityPolicy
        | PolicyKind::VpcEndpointPolicy
        | PolicyKind::ResourceControlPolicy => format!("no statement of {} allows it", layer_name(ruling.layer)),
    }
}

fn plain_name(layer: PolicyKind) -> &'static str {
    match layer {
        PolicyKind::IdentityPolicy => "identity policy",
        PolicyKind::PermissionsBoundary => "permissions boundary",
        PolicyKind::SessionPolicy => "session policy",
        PolicyKind::TrustPolicy => "trust policy",
        PolicyKind::ResourcePolicy => "resource policy",
        PolicyKind::VpcEndpointPolicy => "VPC endpoint policy",
        PolicyKind::ServiceControlPolicy => "service control policy",
        PolicyKind::ResourceControlPolicy => "resource control policy",
    }
}

fn layer_name(layer: PolicyKind) -> String {
    let article = match layer {
        PolicyKind::IdentityPolicy => "an",
        PolicyKind::TrustPolicy | PolicyKind::ResourcePolicy | PolicyKind::PermissionsBoundary => "the",
        PolicyKind::SessionPolicy
        | PolicyKind::VpcEndpointPolicy
        | PolicyKind::ServiceControlPolicy
        | PolicyKind::ResourceControlPolicy => "a",
    };
    format!("{article} {}", plain_name(layer))
}

/// What is taken for granted; only what could matter to this request.
fn assumptions(ruling: &Ruling<'_, '_>, scenario: &Scenario<'_>, request: &Request) -> Vec<String> {
    let mut out = Vec::new();
    let caller = &request.caller;
    let catalogue = catalog::current();
    match catalogue.action_named(&request.action) {
        None => {
            out.push(format!(
                "the catalogue of {} does not know `{}`, which is taken as it is",
                catalogue.date(),
                request.action
            ));
        }
        Some(action) if request.resource == "*" && action.types().next().is_some() => {
            out.push("the action works on resources and the request names none, so that only `*` in a policy fits it".to_owned());
        }
        Some(_) => {}
    }
    let granted = matches!(ruling.verdict, Verdict::Allow | Verdict::Unknown);
    if granted && caller.kind.has_account() && request.resource_account.is_none() {
        out.push("caller and resource are taken to belong to one account".to_owned());
    }
    if !scenario.scps.is_empty() && !scps_bind(scenario, request) {
        out.push("service control policies do not bind this caller, and were left out".to_owned());
    }
    if !scenario.rcps.is_empty() && !rcps_bind(scenario, request) {
        out.push("resource control policies do not bind this request, and were left out".to_owned());
    }
    if !scenario.boundaries.is_empty() && !takes_boundary(caller.kind) {
        out.push(format!("a permissions boundary does not bind a caller of type {}, and was left out", caller.kind));
    }
    if !scenario.sessions.is_empty() && !takes_session(caller.kind) {
        out.push(format!("a session policy does not bind a caller of type {}, and was left out", caller.kind));
    }
    if !scenario.identity.is_empty() && !caller.kind.has_account() {
        out.push(format!("a caller of type {} has no identity policies; those given were left out", caller.kind));
    }
    let doubtful = ruling.layers.groups.iter().flat_map(|g| &g.applied).any(|a| a.doubt.is_some());
    if ruling.verdict == Verdict::DenyImplicit && doubtful {
        out.push("some statement cannot be decided, which changes nothing: it is denied either way".to_owned());
    }
    let canonical = scenario.resource.iter().flat_map(|a| &a.policy.statements).flat_map(|s| s.principals.iter());
    if canonical.flat_map(|p| &p.items).any(|p| p.kind == PrincipalType::Canonical) {
        out.push("a canonical user id in the resource policy is taken for somebody else than the caller".to_owned());
    }
    out.extend(beyond(ruling, request).map(str::to_owned));
    out
}

/// What no policy says, and AWS asks besides.
fn beyond(ruling: &Ruling<'_, '_>, request: &Request) -> Option<&'static str> {
    let service = request.action.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let stranger = ruling.layers.relation != Relation::SameAccount;
    let closed = ruling.verdict == Verdict::DenyImplicit
        && matches!(ruling.layer, PolicyKind::ResourcePolicy | PolicyKind::IdentityPolicy);
    match (service.as_str(), ruling.verdict) {
        ("s3", Verdict::Allow) if stranger => Some("S3 Block Public Access is not looked at: it may refuse all the same"),
        ("s3", _) if closed && stranger => Some("S3 access control lists are not looked at: one may allow all the same"),
        ("kms", _) if closed => Some("KMS grants are not looked at: one may allow all the same"),
        ("lakeformation" | "glue" | "athena", Verdict::Allow) => {
            Some("Lake Formation is not looked at: it may refuse all the same")
        }
        _ => None,
    }
}
