//! Which statements a proof may speak of: those that say the same wherever they are read.

use super::subject::Subject;
use crate::catalog::KeyType;
use crate::document::Node;
use crate::policy::arn::{Arn, has_dollar_brace};
use crate::policy::condition::{Comparison, Quantifier};
use crate::policy::intrinsic::is_intrinsic;
use crate::policy::principal::{PrincipalForm, PrincipalType};
use crate::policy::{Condition, PolicyKind, Principal, Statement};
use crate::text::glob::has_wildcard;

/// Whether nothing of a statement hangs on a template, is missing, or is read by AWS in a way that is not documented.
pub(super) fn is_plain(subject: Subject<'_, '_>, statement: &Statement<'_>) -> bool {
    let Some(actions) = statement.actions.as_ref().filter(|e| !e.items.is_empty()) else { return false };
    let named = statement.principals.as_ref();
    let whole = statement.effect.is_some()
        && statement.resources.as_ref().map_or(subject.is_trust(), |e| !e.items.is_empty())
        && named.map_or(is_of_callers(subject.kind), |e| !e.items.is_empty() && !is_of_callers(subject.kind));
    let texts = actions.items.iter().all(|a| is_text(a.node) && !has_dollar_brace(a.text))
        && statement.resources.iter().flat_map(|e| &e.items).all(|r| is_text(r.node) && is_readable(subject, r.text))
        && named.into_iter().flat_map(|e| &e.items).all(is_plain_principal);
    whole && texts && stands_alone(subject, statement) && statement.conditions.iter().all(|c| is_plain_condition(subject, c))
}

/// Attached to principals, so that a statement names none.
fn is_of_callers(kind: PolicyKind) -> bool {
    match kind {
        PolicyKind::IdentityPolicy
        | PolicyKind::PermissionsBoundary
        | PolicyKind::SessionPolicy
        | PolicyKind::ServiceControlPolicy => true,
        PolicyKind::TrustPolicy
        | PolicyKind::ResourcePolicy
        | PolicyKind::VpcEndpointPolicy
        | PolicyKind::ResourceControlPolicy => false,
    }
}

/// What is no principal at all is said by other checks.
fn is_plain_principal(principal: &Principal<'_>) -> bool {
    let written = match (principal.kind, principal.form) {
        (PrincipalType::Aws, PrincipalForm::Empty | PrincipalForm::Other) => false,
        (PrincipalType::Aws, PrincipalForm::AccountRoot) => principal.account().is_some(),
        (PrincipalType::Aws | PrincipalType::Anyone, _) => true,
        (PrincipalType::Service | PrincipalType::Federated | PrincipalType::Canonical, form) => form != PrincipalForm::Empty,
    };
    written && is_text(principal.node) && !has_dollar_brace(principal.text)
}

fn is_text(node: Node<'_>) -> bool {
    node.as_str().is_some()
}

/// A resource that is an ARN or may become one. Short forms of resource policies are made ARNs when they are saved.
fn is_readable(subject: Subject<'_, '_>, text: &str) -> bool {
    if is_placeholder(text) {
        return false;
    }
    let variable = has_dollar_brace(text);
    (!variable || subject.knows_variables()) && (Arn::parse(text).is_some() || has_wildcard(text.get(..1).unwrap_or_default()))
}

/// `<account-id>`, `{{account}}`: to be filled in.
fn is_placeholder(text: &str) -> bool {
    text.contains(['<', '>']) || text.contains("{{")
}

/// In no branch of a template, and without any of its functions.
fn stands_alone(subject: Subject<'_, '_>, statement: &Statement<'_>) -> bool {
    let is_root = statement.node.id() == subject.root.id();
    let list = subject.policy.node.get("Statement");
    let listed = list.is_some_and(|list| list.one_or_many().any(|s| s.id() == statement.node.id()));
    (is_root || listed) && !calls(statement.node)
}

fn calls(node: Node<'_>) -> bool {
    let parts = node.elements().chain(node.members().map(|(_, value)| value));
    is_intrinsic(node) || parts.filter(|n| !n.is_scalar()).any(calls)
}

fn is_plain_condition(subject: Subject<'_, '_>, condition: &Condition<'_>) -> bool {
    let operator = condition.operator;
    let known = subject.catalog.key(condition.key);
    // What AWS makes of a list where one value comes, and the other way round, is said by the checks of set operators.
    let amiss = known.is_some_and(|key| key.is_list() == (operator.quantifier == Quantifier::None));
    let presence = operator.comparison == Comparison::Null;
    let typed = !presence && known.is_some_and(|key| !suits(key.kind(), operator.comparison));
    !condition.values.is_empty()
        && operator.comparison != Comparison::Unknown
        && (presence || !amiss)
        && (!presence || (!operator.if_exists && operator.quantifier == Quantifier::None))
        && !typed
        && condition.values.iter().all(|value| value.is_scalar() && is_value(subject, condition, value.scalar()))
}

/// Whether a key's values can be compared in this way. What does not suit is said by other checks.
fn suits(kind: KeyType, comparison: Comparison) -> bool {
    match comparison {
        Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob | Comparison::Binary => true,
        Comparison::Arn => matches!(kind, KeyType::Arn | KeyType::String),
        Comparison::Ip => matches!(kind, KeyType::IpAddress | KeyType::String),
        Comparison::Bool => matches!(kind, KeyType::Bool | KeyType::String),
        Comparison::Number | Comparison::NumberOrder => matches!(kind, KeyType::Numeric | KeyType::String),
        Comparison::Date | Comparison::DateOrder => matches!(kind, KeyType::Date | KeyType::Numeric | KeyType::String),
        Comparison::Null | Comparison::Unknown => true,
    }
}

/// Whether a value is of the kind that the operator compares.
fn is_value(subject: Subject<'_, '_>, condition: &Condition<'_>, text: &str) -> bool {
    if has_dollar_brace(text) {
        return subject.knows_variables();
    }
    if is_placeholder(text) {
        return false;
    }
    match condition.operator.comparison {
        Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob | Comparison::Binary => true,
        // The fewer fields, the less is documented of its wildcards.
        Comparison::Arn => Arn::parse(text).is_some() || !has_wildcard(text),
        Comparison::Bool | Comparison::Null => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
        Comparison::Ip => crate::proof::is_address_range(text),
        Comparison::Number | Comparison::NumberOrder => text.parse::<f64>().is_ok(),
        Comparison::Date | Comparison::DateOrder => crate::proof::is_moment(text),
        Comparison::Unknown => false,
    }
}
