//! Built-in checks: predicates over one policy that give labels, no metadata. The rules of the pack `access-analyzer` name
//! them and add severity, prose and the kinds of policy they are for.

mod action;
mod attached;
pub mod code;
mod condition;
mod condition_value;
mod escalation;
mod ip_address;
pub mod label;
mod oidc;
mod pass_role;
mod principal;
mod proof_condition;
mod proof_form;
mod proof_lockout;
mod proof_plain;
mod proof_policy;
mod proof_public;
mod rcp;
mod redundant;
mod resource;
mod scope;
mod service_principal;
mod sid;
mod size;
pub mod subject;
mod support;
mod syntax;
mod tag;
mod trust;
mod variable;
mod wildcard;

pub use code::{Code, Codes};
pub use label::Label;
pub use subject::{Limits, Subject};

use crate::policy::PolicyKind;
use crate::policy::arn::has_dollar_brace;
use label::Labels;

/// Everything the wanted checks have to say of a policy, by check, then in the order of the text. One walk serves them all.
pub fn run<'d>(subject: Subject<'_, 'd>, wanted: Codes) -> Vec<Label<'d>> {
    let mut out = Labels::new(wanted);
    if wanted.is_empty() {
        return Vec::new();
    }
    syntax::check(subject, &mut out);
    if subject.root.document().problems().iter().any(|p| !p.code.is_mended()) {
        // What stands in a tree with holes says little about the policy that was meant.
        return syntax_errors(out);
    }
    sid::check(subject, &mut out);
    size::check(subject, &mut out);
    redundant::statements(subject, &mut out);
    escalation::check(subject, &mut out);
    proof_policy::check(subject, &mut out);
    if subject.is_trust() {
        trust::check(subject, &mut out);
    }
    // Of the policy alone: the document around it may hold thousands of others.
    let variables = subject.root.document().text().get(subject.root.span().range()).is_some_and(has_dollar_brace);
    for statement in subject.statements() {
        action::check(subject, statement, &mut out);
        resource::check(subject, statement, &mut out);
        principal::check(subject, statement, &mut out);
        redundant::lists(statement, &mut out);
        pass_role::check(subject, statement, &mut out);
        if variables {
            variable::check(subject, statement, &mut out);
        }
        scope::check(subject, statement, &mut out);
        if !statement.conditions.is_empty() || statement.condition_node.is_some() {
            condition::check(subject, statement, &mut out);
            support::check(subject, statement, &mut out);
            tag::check(subject, statement, &mut out);
        }
        match subject.kind {
            PolicyKind::TrustPolicy => oidc::check(subject, statement, &mut out),
            PolicyKind::ResourceControlPolicy => rcp::check(subject, statement, &mut out),
            PolicyKind::IdentityPolicy
            | PolicyKind::PermissionsBoundary
            | PolicyKind::SessionPolicy
            | PolicyKind::ResourcePolicy
            | PolicyKind::VpcEndpointPolicy
            | PolicyKind::ServiceControlPolicy => {}
        }
    }
    out.finish()
}

/// Only that the text is no JSON.
fn syntax_errors(out: Labels<'_>) -> Vec<Label<'_>> {
    out.finish().into_iter().filter(|label| label.code == Code::JsonSyntaxError).collect()
}
