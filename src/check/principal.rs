//! `Principal` and `NotPrincipal`: who may stand there, in which form, in which kind of policy.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal".

use super::code::Code;
use super::label::{Labels, about};
use super::service_principal::{self, is_service_principal};
use super::subject::{Subject, has_any_key};
use crate::catalog::Catalog;
use crate::document::{Kind, Node};
use crate::policy::arn::has_dollar_brace;
use crate::policy::condition::{Comparison, Operator};
use crate::policy::parse::is_intrinsic;
use crate::policy::{Condition, Effect, PolicyKind, Statement};
use crate::text::glob::has_wildcard;
use crate::text::suggest::did_you_mean;

const SORTS: [&str; 4] = ["AWS", "CanonicalUser", "Federated", "Service"];
/// Keys that say on whose behalf a service calls.
pub(super) const SOURCE_KEYS: [&str; 4] = ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"];
/// Keys that limit a service less well, or that the caller can choose.
/// Services whose calls carry no source. User Guide for Application Load Balancers, "Access logs".
const SOURCELESS: [&str; 1] = ["logdelivery.elasticloadbalancing.amazonaws.com"];
const WEAK_KEYS: [&str; 8] = [
    "aws:Referer",
    "aws:SourceOwner",
    "kms:CallerAccount",
    "kms:ViaService",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceIp",
    "aws:PrincipalOrgID",
];

/// The principals of a statement.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    for (key, value) in statement.node.members() {
        if !matches!(key.scalar(), "Principal" | "NotPrincipal") {
            continue;
        }
        where_it_stands(subject, statement, (key, value), out);
        if subject.kind.has_principal() {
            form(subject, key, value, out);
        }
    }
    if subject.kind == PolicyKind::ResourcePolicy {
        service_without_source(subject.catalog, statement, out);
    }
    keys_of_others(subject, statement, out);
}

/// Kinds of policy that have no principal, or only `*`.
fn where_it_stands<'d>(
    subject: Subject<'_, 'd>,
    statement: &Statement<'d>,
    (key, value): (Node<'d>, Node<'d>),
    out: &mut Labels<'d>,
) {
    let negated = key.scalar() == "NotPrincipal";
    match subject.kind {
        PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy => {
            out.add(Code::UnsupportedPrincipal, key);
        }
        PolicyKind::ServiceControlPolicy => {
            out.add(Code::ScpSyntaxErrorPrincipal, key);
        }
        PolicyKind::ResourceControlPolicy => {
            let everyone = !negated && (value.as_str() == Some("*") || only_star(value));
            if !everyone && !is_intrinsic(value) {
                out.add(Code::RcpSyntaxErrorPrincipal, key);
            }
        }
        PolicyKind::TrustPolicy => {
            if negated {
                out.add(Code::RoleTrustPolicySyntaxErrorNotprincipal, key);
            } else if value.as_str() == Some("*") {
                out.add(Code::RoleTrustPolicyUnsupportedWildcardInPrincipal, value).text("*");
            }
        }
        PolicyKind::ResourcePolicy | PolicyKind::VpcEndpointPolicy => {
            if negated && statement.is(Effect::Allow) {
                out.add(Code::AllowWithNotPrincipal, key);
            }
        }
    }
}

/// `{"AWS": "*"}`, which Organizations takes for `*`.
fn only_star(value: Node<'_>) -> bool {
    let mut members = value.members();
    let star = members.next().is_some_and(|(key, v)| key.scalar() == "AWS" && v.one_or_many().all(|n| n.as_str() == Some("*")));
    star && members.next().is_none()
}

fn form<'d>(subject: Subject<'_, 'd>, key: Node<'d>, value: Node<'d>, out: &mut Labels<'d>) {
    match value.as_str() {
        Some("*") => return,
        Some(text) if !has_dollar_brace(text) => {
            out.add(Code::InvalidPrincipalFormat, value).other(key.scalar());
            return;
        }
        Some(_) | None => {}
    }
    if value.kind() != Kind::Object || is_intrinsic(value) {
        return;
    }
    for (sort, values) in value.members() {
        if !SORTS.contains(&sort.scalar()) {
            out.add(Code::InvalidPrincipalKey, sort).hint(did_you_mean(sort.scalar(), SORTS));
            continue;
        }
        if sort.scalar() == "Federated" && !subject.is_trust() {
            let first = values.one_or_many().find_map(Node::as_str).unwrap_or("Federated");
            out.add(Code::FederatedPrincipalNotSupported, values).text(first);
        }
        for item in values.one_or_many() {
            if let Some(text) = item.as_str() {
                one(subject, (key.scalar(), sort.scalar()), text, item, out);
            }
        }
    }
}

fn one<'d>(subject: Subject<'_, 'd>, (element, sort): (&'d str, &'d str), text: &'d str, node: Node<'d>, out: &mut Labels<'d>) {
    if has_dollar_brace(text) {
        out.add(Code::VariableUnsupportedInElement, node).other(element);
        return;
    }
    if has_wildcard(text) {
        if !(sort == "AWS" && text == "*") {
            out.add(Code::UnsupportedWildcardInPrincipal, node).other(sort);
        }
        return;
    }
    match sort {
        "Service" if !is_service_principal(text) => {
            let hint = service_principal::hint(subject.catalog, text);
            out.add(Code::InvalidServicePrincipalFormat, node).other("service.amazonaws.com").hint(hint);
        }
        "AWS" if is_unique_id(text, "AROA") => {
            out.add(Code::InvalidRoleReference, node);
        }
        "AWS" if is_unique_id(text, "AIDA") => {
            out.add(Code::InvalidUserReference, node);
        }
        _ => {}
    }
}

/// IAM User Guide, "IAM identifiers", unique identifiers.
fn is_unique_id(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix) && text.len() >= 16 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The service principals of an Allow or Deny, when nobody else is named beside them.
fn services<'d>(statement: &Statement<'d>) -> Option<Vec<Node<'d>>> {
    let value = statement.node.get("Principal")?;
    let mut nodes = Vec::new();
    for (sort, values) in value.members() {
        if sort.scalar() != "Service" {
            return None;
        }
        nodes.extend(values.one_or_many().filter(|n| n.as_str().is_some()));
    }
    (!nodes.is_empty()).then_some(nodes)
}

/// A service that acts for any account: the confused deputy.
fn service_without_source<'d>(catalog: &'static Catalog, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let Some(value) = statement.node.get("Principal").filter(|_| statement.is(Effect::Allow)) else { return };
    // An Allow that no service can use lets none act for anybody.
    let unusable = services(statement).is_some_and(|s| never_met(catalog, statement, &s).any(|c| !c.operator.negated));
    if has_any_key(statement, &SOURCE_KEYS) || unusable || statement.conditions.iter().any(names_the_source) {
        return;
    }
    let weak = statement.conditions.iter().find(|c| WEAK_KEYS.iter().any(|key| c.is_about(key)));
    for (_, values) in value.members().filter(|(sort, _)| sort.scalar() == "Service") {
        let checked = |n: &Node<'d>| n.as_str().is_some_and(|s| is_service_principal(s) && !SOURCELESS.contains(&s));
        for node in values.one_or_many().filter(checked) {
            match weak {
                Some(condition) => {
                    let label = out.add(Code::RecommendedConditionKeyForServicePrincipal, condition.key_node);
                    about(label, condition).other(node.scalar()).related(node, "for this service");
                }
                None => {
                    out.add(Code::RestrictAccessToServicePrincipal, node);
                }
            }
        }
    }
}

/// Keys that name whom a service acts for as well as a source ARN does. Amazon CloudWatch Logs User Guide, "Encrypt log
/// data using AWS KMS"; Alexa Skills Kit, "Host a skill as a Lambda function".
fn names_the_source(condition: &Condition<'_>) -> bool {
    let context = condition.key.get(..22).is_some_and(|head| head.eq_ignore_ascii_case("kms:EncryptionContext:"));
    (context || condition.is_about("lambda:EventSourceToken")) && !condition.operator.negated
}

/// Keys about an IAM principal are never there when a service calls with its own.
fn keys_of_others<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    if !out.wants(&[Code::UnsupportedConditionKeyForServicePrincipal]) || !subject.kind.has_principal() {
        return;
    }
    let Some(services) = services(statement) else { return };
    for condition in never_met(subject.catalog, statement, &services) {
        let label = out.add(Code::UnsupportedConditionKeyForServicePrincipal, condition.key_node);
        label.key = Some(condition.key);
        if let Some(service) = services.first() {
            label.other(service.scalar());
        }
    }
}

/// The conditions that need a key which is never there when one of these services calls.
fn never_met<'a, 'd>(
    catalog: &'static Catalog,
    statement: &'a Statement<'d>,
    services: &[Node<'d>],
) -> impl Iterator<Item = &'a Condition<'d>> {
    // IAM Roles Anywhere User Guide, "Trust policy": the fields of the certificate arrive as tags of the principal.
    let certificate = services.iter().any(|s| s.scalar() == "rolesanywhere.amazonaws.com");
    let table = catalog.table("principal-keys");
    statement.conditions.iter().filter(move |condition| {
        let Operator { comparison, if_exists, .. } = condition.operator;
        let absent_is_fine = if_exists || comparison == Comparison::Null;
        let head = condition.key.split_inclusive('/').next().unwrap_or_default();
        let tag = head.ends_with('/') && table.has(head) && !certificate;
        !absent_is_fine && (tag || table.has(condition.key))
    })
}
