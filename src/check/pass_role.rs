//! `iam:PassRole` and `iam:CreateServiceLinkedRole` on more than named roles.
//!
//! IAM User Guide, "Grant a user permissions to pass a role to an AWS service" and "Create a service-linked role".

use super::code::Code;
use super::label::Labels;
use super::subject::{Subject, texts};
use crate::document::Node;
use crate::policy::condition::Comparison;
use crate::policy::{ActionPattern, ArnPattern, Condition, Effect, Element, PolicyKind, Statement};
use crate::text::glob::{Case, has_wildcard, matches};

/// One of the two actions with its six codes.
struct Grant {
    action: &'static str,
    key: &'static str,
    /// By how the action is written, then by whether `NotResource` is: named, wildcard, `NotAction`.
    codes: [(Code, Code); 3],
}

const GRANTS: [Grant; 2] = [
    Grant {
        action: "iam:PassRole",
        key: "iam:PassedToService",
        codes: [
            (Code::PassRoleWithStarInResource, Code::PassRoleWithNotResource),
            (Code::PassRoleWithStarInActionAndResource, Code::PassRoleWithStarInActionAndNotResource),
            (Code::PassRoleWithStarInResourceAndNotAction, Code::PassRoleWithNotActionAndNotResource),
        ],
    },
    Grant {
        action: "iam:CreateServiceLinkedRole",
        key: "iam:AWSServiceName",
        codes: [
            (Code::CreateSlrWithStarInResource, Code::CreateSlrWithNotResource),
            (Code::CreateSlrWithStarInActionAndResource, Code::CreateSlrWithStarInActionAndNotResource),
            (Code::CreateSlrWithStarInResourceAndNotAction, Code::CreateSlrWithNotActionAndNotResource),
        ],
    },
];

/// A statement that allows.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    if subject.kind != PolicyKind::IdentityPolicy || !statement.is(Effect::Allow) {
        return;
    }
    let (Some(actions), Some(resources)) = (&statement.actions, &statement.resources) else { return };
    for grant in &GRANTS {
        let Some((row, node)) = written(grant.action, actions) else { continue };
        let Some(resource) = everywhere(resources, grant.action) else { continue };
        if statement.conditions.iter().any(|c| limits(grant, c)) {
            continue;
        }
        let Some((star, not)) = grant.codes.get(row) else { continue };
        let code = if resources.negated { *not } else { *star };
        let word = if resources.negated { "on every resource but these" } else { "on every resource" };
        out.add(code, node)
            .text(if actions.negated { "NotAction" } else { node.scalar() })
            .other(resource.scalar())
            .related(resource, word);
    }
}

/// How the action is written, and where: 0 by name, 1 by wildcard, 2 by `NotAction`.
fn written<'d>(action: &str, element: &Element<'d, ActionPattern<'d>>) -> Option<(usize, Node<'d>)> {
    let hit = |item: &&ActionPattern<'d>| matches(item.text, action, Case::Insensitive);
    if element.negated {
        return (!element.items.iter().any(|item| hit(&item))).then_some((2, element.key));
    }
    let named = element.items.iter().find(|item| item.text.eq_ignore_ascii_case(action));
    match named {
        Some(item) => Some((0, item.node)),
        None => element.items.iter().find(hit).map(|item| (1, item.node)),
    }
}

/// The resource that leaves the role open, or `NotResource` as a whole.
fn everywhere<'d>(element: &Element<'d, ArnPattern<'d>>, action: &str) -> Option<Node<'d>> {
    if element.negated {
        return Some(element.key);
    }
    let slr = action.ends_with("LinkedRole");
    element.items.iter().find(|item| any_role(item.text, slr)).map(|item| item.node)
}

/// A pattern with nothing fixed behind `role/`. Roles with a fixed part in their name are let pass, as AWS does, and so are
/// service-linked roles by path, for the action that creates them.
fn any_role(text: &str, slr: bool) -> bool {
    if text.bytes().all(|b| b == b'*' || b == b'?') && !text.is_empty() {
        return true;
    }
    // `arn:*`, `arn:aws:iam::*`: wildcards that swallow the fields behind them.
    let name = match crate::policy::arn::Arn::parse(text) {
        Some(arn) if arn.service == "iam" || has_wildcard(arn.service) => {
            let resource = arn.resource;
            let resource = resource.strip_prefix("role/").or_else(|| resource.strip_prefix("role")).unwrap_or(resource);
            if slr && resource.starts_with("aws-service-role/") { return false } else { resource }
        }
        Some(_) => return false,
        None => text.strip_prefix("arn:").unwrap_or("x").trim_start_matches("aws").trim_start_matches(":iam").trim_matches(':'),
    };
    !name.is_empty() && name.bytes().all(|b| matches!(b, b'*' | b'?' | b'/'))
}

/// A condition that says which service: under any operator that a missing key does not pass.
fn limits(grant: &Grant, condition: &Condition<'_>) -> bool {
    let associated = condition.is_about("iam:AssociatedResourceArn") && grant.action == "iam:PassRole";
    if !(condition.is_about(grant.key) || associated) || condition.operator.holds_when_absent() && !condition.operator.negated {
        return false;
    }
    let comparison = condition.operator.comparison;
    if matches!(comparison, Comparison::Null | Comparison::Unknown) {
        return false;
    }
    // For service-linked roles only the full names of those that may be used count.
    !grant.action.ends_with("LinkedRole") || !condition.operator.negated && texts(condition).all(|(text, _)| !has_wildcard(text))
}
