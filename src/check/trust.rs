//! Role trust policies: elements they do not have, and principals that do not go with the action.
//!
//! IAM User Guide, "Roles terms and concepts", trust policy; "AWS JSON policy elements: Principal".

use super::action::may_be;
use super::code::Code;
use super::label::Labels;
use super::principal::SOURCE_KEYS;
use super::subject::{Subject, has_any_key};
use crate::document::Node;
use crate::policy::arn::Arn;
use crate::policy::arn::has_dollar_brace;
use crate::policy::{Effect, Statement};
use crate::text::glob::{Case, has_wildcard, matches};

const ANYWHERE: &str = "rolesanywhere.amazonaws.com";
const ANYWHERE_ACTIONS: [&str; 3] = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];

/// What a federated principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    /// `arn:…:saml-provider/…`.
    Saml,
    /// `arn:…:oidc-provider/…` or a host name.
    Oidc,
    /// Neither.
    Wrong,
}

/// The whole policy.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    for statement in subject.statements() {
        for (key, _) in statement.node.members().filter(|(key, _)| matches!(key.scalar(), "Resource" | "NotResource")) {
            out.add(Code::RoleTrustPolicySyntaxErrorResource, key);
        }
        principals(statement, out);
        service_without_source(subject, statement, out);
        sessions(statement, out);
    }
    roles_anywhere(subject, out);
}

/// Every principal of `Principal` with its key.
pub(super) fn named<'d>(statement: &Statement<'d>) -> impl Iterator<Item = (&'d str, &'d str, Node<'d>)> + use<'d> {
    let members = statement.node.get("Principal").into_iter().flat_map(Node::members);
    members.flat_map(|(sort, values)| values.one_or_many().filter_map(move |node| Some((sort.scalar(), node.as_str()?, node))))
}

/// What a `Federated` value names.
pub(super) fn provider(text: &str) -> Provider {
    if let Some(arn) = Arn::parse(text).filter(|arn| arn.service == "iam") {
        let named = |kind: &str| arn.resource.strip_prefix(kind).is_some_and(|name| !name.is_empty());
        return match (named("saml-provider/"), named("oidc-provider/")) {
            (true, _) => Provider::Saml,
            (_, true) => Provider::Oidc,
            _ => Provider::Wrong,
        };
    }
    let label = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let host = text.split('/').next().unwrap_or_default();
    if host.contains('.') && host.split('.').all(label) && !text.starts_with("arn:") { Provider::Oidc } else { Provider::Wrong }
}

fn principals<'d>(statement: &Statement<'d>, out: &mut Labels<'d>) {
    let mut seen = Vec::new();
    for (sort, text, node) in named(statement).filter(|(_, text, _)| !has_wildcard(text) && !has_dollar_brace(text)) {
        if sort == "Federated" && provider(text) == Provider::Wrong {
            out.add(Code::InvalidFederatedPrincipalSyntaxInRoleTrustPolicy, node);
        } else {
            seen.push((sort, text, node));
        }
    }
    let Some(actions) = statement.actions.as_ref().filter(|a| !a.negated) else { return };
    for action in actions.items.iter().filter(|a| !has_wildcard(a.text)) {
        let wanted = match action.text.to_ascii_lowercase().as_str() {
            "sts:assumerolewithsaml" => Some(Provider::Saml),
            "sts:assumerolewithwebidentity" => Some(Provider::Oidc),
            "sts:assumerole" => None,
            _ => continue,
        };
        let goes_with = |sort: &str, text: &str| match wanted {
            Some(wanted) => sort == "Federated" && provider(text) == wanted,
            None => sort != "Federated",
        };
        // An action that goes with one of the principals has its use; the others may have theirs from another action.
        if !seen.is_empty() && !seen.iter().any(|(sort, text, _)| goes_with(sort, text)) {
            let label = out.add(Code::MismatchedActionForPrincipal, action.node);
            if let Some((_, text, node)) = seen.first() {
                label.other(*text).related(*node, "with this principal");
            }
        }
    }
}

/// A service that assumes the role on behalf of any of its customers.
fn service_without_source<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    if !statement.is(Effect::Allow) || has_any_key(statement, &SOURCE_KEYS) {
        return;
    }
    let table = subject.catalog.table("deputy-services");
    for (_, text, node) in named(statement).filter(|(sort, text, _)| *sort == "Service" && table.has(text)) {
        out.add(Code::ServiceTrustWithoutSource, node).text(text);
    }
}

/// A session of a role that is trusted as a whole.
fn sessions<'d>(statement: &Statement<'d>, out: &mut Labels<'d>) {
    let all: Vec<(&str, Node<'d>)> =
        named(statement).filter(|(sort, ..)| *sort == "AWS").map(|(_, text, node)| (text, node)).collect();
    let role = |text: &'d str| {
        let arn = Arn::parse(text)?;
        let path = arn.resource.strip_prefix("role/")?;
        Some((arn.account, path.rsplit('/').next()?))
    };
    for (text, node) in &all {
        let Some(arn) = Arn::parse(text) else { continue };
        let Some((name, _)) = arn.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/')) else { continue };
        if let Some((whole, place)) = all.iter().find(|(other, _)| role(other) == Some((arn.account, name))) {
            out.add(Code::RedundantPrincipalInRoleTrustPolicy, *node).other(*whole).related(*place, "the role as a whole");
        }
    }
}

/// IAM Roles Anywhere makes sessions with a source identity and tags.
fn roles_anywhere<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    let about = |statement: &&Statement<'d>| {
        statement.is(Effect::Allow) && named(statement).any(|(sort, text, _)| sort == "Service" && text == ANYWHERE)
    };
    let statements: Vec<&Statement<'d>> = subject.statements().filter(about).collect();
    let Some(first) = statements.first() else { return };
    let granted = |action: &&&str| {
        let covers = |s: &&Statement<'d>| {
            s.actions.as_ref().is_some_and(|e| e.items.iter().any(|a| matches(a.text, action, Case::Insensitive)) != e.negated)
        };
        statements.iter().any(covers)
    };
    let missing: Vec<&str> = ANYWHERE_ACTIONS.iter().filter(|action| !granted(action)).copied().collect();
    let asks = |s: &Statement<'d>| s.actions.as_ref().is_some_and(|e| e.items.iter().any(|a| may_be(a.text, "sts:*")));
    if !missing.is_empty() && asks(first) {
        let place = named(first).find(|(_, text, _)| *text == ANYWHERE).map_or(first.node, |(.., node)| node);
        out.add(Code::MissingActionForRolesAnywhereTrustPolicy, place).other(missing.join(", "));
    }
}
