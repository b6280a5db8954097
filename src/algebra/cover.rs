//! `denies` and `grants`: does the union of some Deny statements cover every request of a question, or is some request
//! allowed. A Deny counts when its actions, resources and principals contain the target by glob containment and every
//! condition of it is implied by the question; anything else leaves the target open, never a wrong pass. These are the cheap
//! tests that stand before the proof engine, and they say what keeps the nearest Deny from counting.
//!
//! IAM User Guide, "Policy evaluation logic": an explicit Deny wins whatever the order.

use super::action_set::{covered, reaches, real_actions};
use super::implied::implied;
use super::question::{Question, Who};
use super::resource_set::{apart, contained};
use super::truth::Truth;
use crate::catalog::{self, AccessLevel};
use crate::document::Node;
use crate::evaluate::Request;
use crate::policy::principal::PrincipalType;
use crate::policy::{Effect, Statement};
use crate::text::glob::{Case, contains, has_wildcard, overlaps};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// An answer with what shows it.
#[derive(Clone, Debug)]
pub struct Answer<'d> {
    /// The answer.
    pub truth: Truth,
    /// Actions that stay open (for `denies`), the telling ones first.
    pub missing: Vec<String>,
    /// The values that keep the nearest Deny from counting, or the Allow that grants.
    pub evidence: Vec<Node<'d>>,
    /// A request that shows it: not denied, or granted. The evaluator was asked about it.
    pub witness: Option<Box<Request>>,
}

/// Whether every request of the question is denied by these statements together.
pub fn denies<'s, 'd: 's>(statements: &[&'s Statement<'d>], question: &Question) -> Answer<'d> {
    let effective: Vec<_> =
        statements.iter().copied().filter(|s| s.is(Effect::Deny) && obstacle(s, question).is_none()).collect();
    let allows: Vec<_> = statements.iter().copied().filter(|s| s.is(Effect::Allow)).collect();
    let mut missing = Vec::new();
    let mut wildly_open = false;
    let named = |action: &String, resource: &String| covers_by_name(&effective, action, resource);
    if question.actions.iter().all(|action| question.resources.iter().all(|resource| named(action, resource))) {
        // What is written covers the globs as they are: no need to look at every action they stand for.
        return Answer { truth: Truth::True, missing, evidence: effective.iter().map(|s| s.node).collect(), witness: None };
    }
    for (action, resource) in targets(question) {
        if target_denied(&action, resource, &effective, &allows, question) {
            continue;
        }
        wildly_open |= has_wildcard(&action) && real_actions(&action).is_none();
        missing.extend(open_actions(&action, resource, &effective));
    }
    let truth = Truth::from(missing.is_empty() && !wildly_open);
    let evidence = if truth == Truth::True {
        effective.iter().map(|s| s.node).collect()
    } else {
        nearest_miss(statements, &missing, question)
    };
    missing.sort_by_cached_key(|name| telling(name));
    missing.dedup();
    Answer { truth, missing, evidence, witness: None }
}

/// Whether some request of the question is allowed: by an Allow that reaches it and no Deny that surely stops it.
pub fn grants<'s, 'd: 's>(statements: &[&'s Statement<'d>], question: &Question) -> Answer<'d> {
    let effective: Vec<_> =
        statements.iter().copied().filter(|s| s.is(Effect::Deny) && obstacle(s, question).is_none()).collect();
    let mut answer = Answer { truth: Truth::False, missing: Vec::new(), evidence: Vec::new(), witness: None };
    for allow in statements.iter().copied().filter(|s| s.is(Effect::Allow) && speaks_to(s, &question.who)) {
        for (action, resource) in targets(question) {
            if !reaches_target(allow, &action, resource) || covers_target(&effective, &action, resource) {
                continue;
            }
            let bare = allow.conditions.iter().all(|c| implied(c, &question.when, &question.except));
            let disputed = statements.iter().any(|s| s.is(Effect::Deny) && reaches_target(s, &action, resource));
            let truth = if bare && !disputed { Truth::True } else { Truth::Unknown };
            if truth > answer.truth {
                answer.truth = truth;
                answer.evidence = allow.actions.as_ref().map(|a| a.value).into_iter().collect();
            }
        }
    }
    answer
}

/// Every action with every resource it can act on. Globs of one service become its real actions only where the sort of
/// resource matters.
fn targets(question: &Question) -> Vec<(String, &str)> {
    let mut out = Vec::new();
    for action in &question.actions {
        for (position, resource) in question.resources.iter().enumerate() {
            let sort = if position == 0 { "bucket" } else { "object" };
            if question.by_resource_type
                && let Some(real) = actions_on(action, sort)
            {
                out.extend(real.iter().map(|name| (name.clone(), resource.as_str())));
            } else {
                out.push((action.clone(), resource.as_str()));
            }
        }
    }
    out
}

/// The real actions of a glob that act on a sort of resource. The question is put of every bucket there is, with the
/// same few globs, so that each thread keeps its answers.
fn actions_on(glob: &str, sort: &'static str) -> Option<Rc<[String]>> {
    type Known = HashMap<(String, &'static str), Option<Rc<[String]>>>;
    thread_local! {
        static KNOWN: RefCell<Known> = RefCell::default();
    }
    const MANY: usize = 64;
    KNOWN.with_borrow_mut(|known| {
        if known.len() > MANY {
            known.clear();
        }
        let find = || real_actions(glob).map(|real| real.filter(|name| acts_on(name, sort)).collect());
        known.entry((glob.to_owned(), sort)).or_insert_with(find).clone()
    })
}

fn acts_on(action: &str, sort: &str) -> bool {
    find(action).is_some_and(|a| a.has_resource_type(sort))
}

fn find(action: &str) -> Option<catalog::Action> {
    let (service, name) = action.split_once(':')?;
    catalog::action(service, name)
}

/// Reads before writes, alphabetical after that: `s3:ListBucket` says more to a reader than `s3:CreateBucket`.
fn telling(action: &str) -> (u8, String) {
    let level = match find(action).map(catalog::Action::level) {
        Some(AccessLevel::List) => 0,
        Some(AccessLevel::Write) => 1,
        Some(AccessLevel::Read) => 2,
        Some(AccessLevel::PermissionsManagement | AccessLevel::Tagging) | None => 3,
    };
    (level, action.to_owned())
}

fn target_denied(
    action: &str,
    resource: &str,
    effective: &[&Statement<'_>],
    allows: &[&Statement<'_>],
    question: &Question,
) -> bool {
    covers_target(effective, action, resource)
        || (!question.explicit && !allows.iter().any(|allow| reaches_target(allow, action, resource)))
        || (!question.explicit
            && real_actions(action).is_some_and(|mut real| {
                let mut some = false;
                real.all(|name| {
                    some = true;
                    covers_target(effective, &name, resource)
                        || !allows.iter().any(|allow| reaches_target(allow, &name, resource))
                }) && some
            }))
}

/// The real actions of an open target, or the glob itself.
fn open_actions(action: &str, resource: &str, effective: &[&Statement<'_>]) -> Vec<String> {
    if !has_wildcard(action) {
        return vec![action.to_owned()];
    }
    let Some(real) = real_actions(action) else { return vec![action.to_owned()] };
    let open: Vec<_> = real.filter(|name| !covers_target(effective, name, resource)).collect();
    if open.is_empty() { vec![action.to_owned()] } else { open }
}

/// Whether one of these statements contains the target as it is written.
fn covers_by_name(statements: &[&Statement<'_>], action: &str, resource: &str) -> bool {
    let by_action = |s: &Statement<'_>| s.actions.as_ref().is_some_and(|e| covered(action, e));
    statements.iter().any(|s| by_action(s) && covers_resource(s, resource))
}

/// Whether the union of these statements contains the target.
fn covers_target(statements: &[&Statement<'_>], action: &str, resource: &str) -> bool {
    let here: Vec<_> = statements.iter().filter(|s| covers_resource(s, resource)).collect();
    let one = |name: &str| here.iter().any(|s| s.actions.as_ref().is_some_and(|e| covered(name, e)));
    one(action)
        || (has_wildcard(action)
            && real_actions(action).is_some_and(|mut real| {
                let mut some = false;
                real.all(|name| {
                    some = true;
                    one(&name)
                }) && some
            }))
}

fn covers_resource(statement: &Statement<'_>, resource: &str) -> bool {
    let Some(element) = &statement.resources else { return true };
    let truth = if element.negated { apart(resource, &element.items) } else { contained(resource, &element.items) };
    truth == Truth::True
}

fn reaches_target(statement: &Statement<'_>, action: &str, resource: &str) -> bool {
    let by_action = statement.actions.as_ref().is_some_and(|e| reaches(action, e));
    by_action
        && statement.resources.as_ref().is_none_or(|element| {
            if element.negated {
                contained(resource, &element.items) != Truth::True
            } else {
                element.items.iter().any(|i| i.variable || overlaps(i.text, resource, Case::Sensitive))
            }
        })
}

/// What keeps a Deny from counting for the question, apart from actions and resources.
fn obstacle<'d>(statement: &Statement<'d>, question: &Question) -> Option<Node<'d>> {
    if let Some(element) = &statement.principals
        && !denies_everyone_asked(statement, question)
    {
        return Some(element.value);
    }
    let open = statement.conditions.iter().find(|c| !implied(c, &question.when, &question.except))?;
    // A condition of a template decides where none is written.
    Some(statement.condition_node.unwrap_or(open.operator_node))
}

fn denies_everyone_asked(statement: &Statement<'_>, question: &Question) -> bool {
    let Some(element) = &statement.principals else { return true };
    if element.negated {
        // Whoever is listed is exempt; only declared exemptions may be.
        return question.who == Who::Anyone
            && element.items.iter().all(|p| question.except.iter().any(|e| contains(e, p.text, Case::Sensitive)));
    }
    let everyone = element.items.iter().any(|p| p.kind == PrincipalType::Anyone);
    match &question.who {
        Who::Anyone => everyone,
        Who::Listed(list) => everyone || list.iter().all(|who| element.items.iter().any(|p| p.text == who)),
    }
}

/// Whether an Allow may speak to somebody of the question.
pub(super) fn speaks_to(statement: &Statement<'_>, who: &Who) -> bool {
    let Some(element) = &statement.principals else { return true };
    match who {
        Who::Anyone => element.negated || element.items.iter().any(|p| p.kind == PrincipalType::Anyone),
        Who::Listed(list) => {
            element.negated || element.items.iter().any(|p| p.kind == PrincipalType::Anyone || list.iter().any(|w| w == p.text))
        }
    }
}

/// Of the Deny statements that would cover a missing action, what keeps each from counting.
fn nearest_miss<'d>(statements: &[&Statement<'d>], missing: &[String], question: &Question) -> Vec<Node<'d>> {
    let mut out = Vec::new();
    for deny in statements.iter().filter(|s| s.is(Effect::Deny)) {
        let Some(actions) = deny.actions.as_ref().filter(|e| missing.iter().any(|name| reaches(name, e))) else { continue };
        if let Some(node) = obstacle(deny, question) {
            out.push(node);
        } else if let Some(element) =
            deny.resources.as_ref().filter(|_| question.resources.iter().any(|r| !covers_resource(deny, r)))
        {
            out.push(element.value);
        } else {
            out.push(actions.value);
        }
    }
    out
}

#[cfg(test)]
#[path = "cover_tests.rs"]
mod tests;
