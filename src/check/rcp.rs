//! Resource control policies: the part of the language they have, and the AWS services they must let through.
//!
//! Organizations User Guide, "Resource control policies (RCPs)", syntax and list of services.

use super::code::Code;
use super::label::{Labels, about};
use super::subject::{Subject, has_key, texts};
use super::{action::is_everything, principal::SOURCE_KEYS};
use crate::policy::condition::Comparison;
use crate::policy::{Condition, Effect, Statement};
use crate::text::glob::has_wildcard;

/// One statement.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    actions(subject, statement, out);
    match statement.effect {
        Some((Effect::Allow, node)) if !full_access(statement) => {
            out.add(Code::RcpSyntaxErrorAllow, node);
        }
        Some((Effect::Deny, _)) => conditions(subject, statement, out),
        Some((Effect::Allow, _)) | None => {}
    }
}

fn actions<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let Some(element) = &statement.actions else { return };
    if element.negated {
        out.add(Code::RcpSyntaxErrorNotaction, element.key);
        return;
    }
    let services = subject.catalog.table("rcp-services");
    for action in &element.items {
        let service = action.text.split(':').next().unwrap_or_default();
        let known =
            if is_everything(action.text) { !statement.is(Effect::Deny) } else { has_wildcard(service) || services.has(service) };
        if !known {
            out.add(Code::RcpSyntaxErrorAction, action.node).other(service);
        }
    }
}

/// `RCPFullAWSAccess`: everybody, everything, no condition.
fn full_access(statement: &Statement<'_>) -> bool {
    let star = |name: &str| {
        statement
            .node
            .get(name)
            .is_some_and(|v| v.one_or_many().all(|n| n.as_str() == Some("*")) && v.one_or_many().next().is_some())
    };
    let everybody = star("Principal")
        || statement
            .node
            .get("Principal")
            .is_some_and(|p| p.get("AWS").is_some_and(|v| v.one_or_many().all(|n| n.as_str() == Some("*"))));
    everybody && star("Resource") && statement.conditions.is_empty()
}

fn conditions<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let about_principal = |c: &&Condition<'d>| {
        let head = c.key.split_inclusive('/').next().unwrap_or_default();
        let table = subject.catalog.table("principal-keys");
        (table.has(c.key) || (head.ends_with('/') && table.has(head))) && c.operator.comparison != Comparison::Null
    };
    let about_source =
        |c: &&Condition<'d>| SOURCE_KEYS.iter().any(|key| c.is_about(key)) && c.operator.comparison != Comparison::Null;
    if let Some(condition) = statement.conditions.iter().find(about_principal)
        && !is_service(statement, "false")
    {
        about(out.add(Code::RcpMissingRelatedPrincipalConditionKey, condition.key_node), condition);
    }
    let Some(condition) = statement.conditions.iter().find(about_source) else { return };
    if !is_service(statement, "true") {
        about(out.add(Code::RcpMissingRelatedServicePrincipalConditionKey, condition.key_node), condition);
    }
    let absent_passes = condition.operator.holds_when_absent();
    let checked = statement.conditions.iter().any(|c| {
        c.operator.comparison == Comparison::Null
            && (c.is_about("aws:SourceAccount") || c.is_about("aws:SourceArn"))
            && texts(c).all(|(text, _)| text.eq_ignore_ascii_case("false"))
    });
    if absent_passes && !checked {
        about(out.add(Code::RcpMissingServiceConditionKeyNullCheck, condition.key_node), condition);
    }
}

/// `aws:PrincipalIsAWSService` is tested for this value.
fn is_service(statement: &Statement<'_>, value: &str) -> bool {
    has_key(statement, "aws:PrincipalIsAWSService")
        && statement.conditions.iter().any(|c| {
            c.is_about("aws:PrincipalIsAWSService")
                && c.operator.comparison == Comparison::Bool
                && texts(c).all(|(text, _)| text.eq_ignore_ascii_case(value))
        })
}
