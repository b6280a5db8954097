//! A request that shows why a rule is broken, in one line.

use super::subject::Subject;
use crate::algebra::Question;
use crate::algebra::action_set::reaches;
use crate::evaluate::{CallerKind, ContextValue, Request};
use crate::extract::DocumentKind;
use crate::policy::{Effect, PolicyKind};

/// Conditions that are told of a request.
const TOLD: usize = 4;

/// Longest text of a value.
const LONGEST: usize = 120;

/// What the caller's ARN and sort tell already.
const OF_CALLER: [&str; 7] = [
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalType",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:userid",
    "aws:username",
];

/// The request as a sentence.
pub(super) fn told(request: &Request, question: &Question, subject: Subject<'_, '_>) -> String {
    let who = who(request, question, subject);
    let what = format!("`{}` on `{}`", request.action, short(&request.resource));
    let how = circumstances(request, question, subject);
    if question.explicit {
        format!("no Deny keeps {who} from calling {what}{how}")
    } else {
        format!("{who} may call {what}{how}")
    }
}

fn who(request: &Request, question: &Question, subject: Subject<'_, '_>) -> String {
    let Some(site) = subject.site() else { return "somebody".to_owned() };
    let caller = &request.caller;
    match (site.kind, caller.kind) {
        (DocumentKind::Policy(PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy), _)
            if question.except.is_empty() =>
        {
            match &site.context.attached_to {
                Some(to) => {
                    let kind = to.kind.map_or(String::new(), |kind| format!("{}/", kind.as_str()));
                    format!("`{kind}{}`", short(site.principal_name()))
                }
                None => "whoever has this policy".to_owned(),
            }
        }
        (_, CallerKind::Anonymous) => "an anonymous caller".to_owned(),
        (_, CallerKind::Service) => format!("the service `{}`", short(&caller.arn)),
        (_, CallerKind::WebIdentity | CallerKind::Saml) => format!("a user of `{}`", short(&caller.arn)),
        (_, CallerKind::User | CallerKind::RoleSession | CallerKind::Role | CallerKind::Root | CallerKind::FederatedUser) => {
            let outside = if question.except.is_empty() { "" } else { " outside the exemptions" };
            format!("a principal{outside} such as `{}`", short(&caller.arn))
        }
    }
}

/// The keys that the question and the Deny statements about the action speak of, as they are in the request.
fn circumstances(request: &Request, question: &Question, subject: Subject<'_, '_>) -> String {
    let about = |statement: &&crate::policy::Statement<'_>| {
        statement.is(Effect::Deny) && statement.actions.as_ref().is_some_and(|e| reaches(&request.action, e))
    };
    let asked = question.when.iter().map(|w| w.key.as_str());
    let denies: Vec<&str> = subject.statements().filter(about).flat_map(|s| s.conditions.iter().map(|c| c.key)).collect();
    let mut keys: Vec<&str> = Vec::new();
    for key in asked.chain(denies).chain(request.context.keys().map(String::as_str)) {
        if !key.is_empty() && !keys.iter().any(|k| k.eq_ignore_ascii_case(key)) {
            keys.push(key);
        }
    }
    let mut out: Vec<String> = Vec::new();
    for key in keys {
        let value = request.context.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value);
        match value {
            Some(ContextValue::One(text)) => out.push(format!("with `{}` = `{}`", short(key), short(text))),
            Some(ContextValue::Many(list)) => out.push(format!("with `{}` = `{}`", short(key), short(&list.join("`, `")))),
            None if OF_CALLER.iter().any(|k| k.eq_ignore_ascii_case(key)) => {}
            None => out.push(format!("without `{}`", short(key))),
        }
    }
    let more = out.len() > TOLD;
    out.truncate(TOLD);
    let told = out.join(" and ");
    let more = if more { " …" } else { "" };
    if told.is_empty() { String::new() } else { format!(" {told}{more}") }
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
