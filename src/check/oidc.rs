//! Trust in identity providers: conditions that say which of their users are meant.
//!
//! IAM User Guide, "Create a role for OpenID Connect federation"; "Available keys for AWS OIDC federation".

use super::code::Code;
use super::label::{Labels, about};
use super::subject::{Subject, texts};
use super::trust::{Provider, named, provider};
use crate::policy::condition::{Comparison, Quantifier};
use crate::policy::{Condition, Effect, Statement};
use crate::text::glob::has_wildcard;

const GITHUB: &str = "token.actions.githubusercontent.com";

/// The statements that trust a provider.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    for condition in &statement.conditions {
        audience(subject, condition, out);
    }
    if !statement.is(Effect::Allow) {
        return;
    }
    for (sort, text, node) in named(statement) {
        if sort != "Federated" || provider(text) != Provider::Oidc {
            continue;
        }
        let host = host(text);
        if host.eq_ignore_ascii_case(GITHUB) || host.to_ascii_lowercase().starts_with("token.actions.githubusercontent.com/") {
            github(statement, host, node, out);
        } else if !statement.conditions.iter().any(|c| claim(c, host).is_some()) {
            out.add(Code::MissingConditionKeyForOidcPrincipal, node).other(host);
        }
    }
}

/// The provider's name in condition keys.
fn host(text: &str) -> &str {
    text.split_once(":oidc-provider/").map_or(text, |(_, host)| host)
}

/// The claim that a condition is about, when it is one of this provider.
fn claim<'d>(condition: &Condition<'d>, host: &str) -> Option<&'d str> {
    let head = condition.key.get(..host.len())?;
    let claim = condition.key.get(host.len()..)?.strip_prefix(':')?;
    head.eq_ignore_ascii_case(host).then_some(claim)
}

fn github<'d>(statement: &Statement<'d>, host: &'d str, node: crate::document::Node<'d>, out: &mut Labels<'d>) {
    let of = |name: &str| -> Vec<&Condition<'d>> {
        statement.conditions.iter().filter(|c| claim(c, host).is_some_and(|claim| claim.eq_ignore_ascii_case(name))).collect()
    };
    if !statement.conditions.iter().any(|c| claim(c, host).is_some()) {
        out.add(Code::MissingConditionKeyForOidcPrincipal, node).other(host);
    }
    let subjects = of("sub");
    if subjects.is_empty() {
        out.add(Code::MissingGithubRepoConditionKey, node).other(host);
    }
    let has_ref = !of("ref").is_empty();
    for condition in subjects {
        let text = matches!(condition.operator.comparison, Comparison::Glob | Comparison::Text | Comparison::TextIgnoringCase);
        if !text || condition.operator.negated {
            continue;
        }
        let wild = condition.operator.comparison == Comparison::Glob;
        for (text, value) in texts(condition).filter(|(text, _)| !specific(text, wild, has_ref)) {
            about(out.add(Code::SpecificGithubRepoAndBranchRecommended, value), condition).text(text);
        }
    }
}

/// `repo:owner/name:ref:refs/heads/main`: a repository and a branch that are spelled out. A subject with an environment names no
/// branch; a condition on the `ref` claim does then.
fn specific(text: &str, wild: bool, has_ref: bool) -> bool {
    let open = |part: &str| wild && has_wildcard(part);
    let Some((repository, branch)) = text.strip_prefix("repo:").and_then(|rest| rest.split_once(':')) else { return !open(text) };
    if open(repository) || branch == "*" && wild {
        return false;
    }
    if branch.starts_with("environment:") { has_ref && !open(branch) } else { !open(branch) || has_ref }
}

/// Set operators on a claim that tokens carry once.
fn audience<'d>(subject: Subject<'_, 'd>, condition: &Condition<'d>, out: &mut Labels<'d>) {
    let Some((provider, claim)) = condition.key.rsplit_once(':') else { return };
    if !claim.eq_ignore_ascii_case("aud") || !provider.contains('.') || condition.operator.comparison == Comparison::Null {
        return;
    }
    let single = subject.catalog.table("audience-providers").has(provider) || provider.starts_with("oidc.circleci.com/");
    let code = match condition.operator.quantifier {
        Quantifier::None => return,
        Quantifier::Any if single => Code::ForanyvalueWithAudienceClaimType,
        Quantifier::Any | Quantifier::All => Code::ConfirmAudienceClaimType,
    };
    about(out.add(code, condition.key_node), condition).other(provider);
}
