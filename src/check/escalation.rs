//! Actions that together let their holder gain privileges, and power over a bucket's policy that can be traded for more.
//!
//! The sets stand in the catalogue's table `escalation`, one way a line.

use super::action::is_everything;
use super::attached::may_name;
use super::code::Code;
use super::label::Labels;
use super::subject::Subject;
use crate::catalog::Catalog;
use crate::document::Node;
use crate::policy::{ActionPattern, ArnPattern, Effect, Element, PolicyKind, Statement};
use crate::text::glob::{Case, matches};

const OBJECT_ACTIONS: [&str; 3] = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
const BUCKET_POWERS: [&str; 2] = ["s3:PutBucketPolicy", "s3:PutBucketAcl"];

/// The whole policy.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    if subject.kind != PolicyKind::IdentityPolicy {
        return;
    }
    if out.wants(&[Code::PrivilegeEscalation]) {
        privileges(subject.catalog, subject.statements(), out);
    }
    if out.wants(&[Code::BucketPolicyPower]) {
        bucket_power(subject, out);
    }
}

fn privileges<'a, 'd: 'a>(
    catalog: &'static Catalog,
    statements: impl Iterator<Item = &'a Statement<'d>> + Clone,
    out: &mut Labels<'d>,
) {
    let granting: Vec<&Statement<'d>> = statements.clone().filter(|s| s.is(Effect::Allow) && s.conditions.is_empty()).collect();
    if granting.is_empty() || granting.iter().any(|s| allows_everything(s)) {
        return;
    }
    let denying: Vec<&Statement<'d>> =
        statements.filter(|s| s.is(Effect::Deny) && s.conditions.is_empty() && on_star(s)).collect();
    let grant = |action: &str| -> Option<Node<'d>> {
        if denying.iter().any(|s| entry(s, action).is_some()) {
            return None;
        }
        granting.iter().filter(|s| on_any(catalog, s, action)).find_map(|s| entry(s, action))
    };
    let mut ways = 0;
    let mut first: Option<(&str, Vec<Node<'d>>)> = None;
    for line in catalog.table("escalation").iter() {
        let nodes: Option<Vec<Node<'d>>> = line.split(' ').map(grant).collect();
        if let Some(nodes) = nodes {
            ways += 1;
            first.get_or_insert((line, nodes));
        }
    }
    let Some((line, nodes)) = first else { return };
    let Some((place, others)) = nodes.split_first() else { return };
    let text = if place.is_scalar() { place.scalar() } else { "NotAction" };
    let label = out.add(Code::PrivilegeEscalation, *place).text(text).other(line.replace(' ', " + ")).count(ways);
    let mut seen = vec![place.id()];
    for node in others {
        if !seen.contains(&node.id()) {
            seen.push(node.id());
            label.related(*node, "together with this");
        }
    }
}

/// The entry that reaches an action, or the key of `NotAction`.
fn entry<'d>(statement: &Statement<'d>, action: &str) -> Option<Node<'d>> {
    let element: &Element<'d, ActionPattern<'d>> = statement.actions.as_ref()?;
    let hit = element.items.iter().find(|item| matches(item.text, action, Case::Insensitive));
    match (element.negated, hit) {
        (false, Some(item)) => Some(item.node),
        (true, None) => Some(element.key),
        (false, None) | (true, Some(_)) => None,
    }
}

fn allows_everything(statement: &Statement<'_>) -> bool {
    let actions = statement.actions.as_ref().is_some_and(|e| !e.negated && e.items.iter().any(|a| is_everything(a.text)));
    actions && on_star(statement)
}

pub(super) fn on_star(statement: &Statement<'_>) -> bool {
    statement.resources.as_ref().is_some_and(|e| !e.negated && e.items.iter().any(is_star))
}

/// `*` and its longer spellings.
pub(super) fn is_star(item: &ArnPattern<'_>) -> bool {
    !item.text.is_empty() && item.text.bytes().all(|b| b == b'*')
}

/// A resource without a fixed name that the action can be about: `*`, `…:role/*`, `…:function:*`.
fn on_any(catalog: &'static Catalog, statement: &Statement<'_>, action: &str) -> bool {
    let unnamed = |item: &&ArnPattern<'_>| {
        let resource = item.text.splitn(6, ':').nth(5).unwrap_or(item.text);
        let name = resource.find(['/', ':']).and_then(|at| resource.get(at..)).unwrap_or(resource);
        !name.is_empty() && name.bytes().all(|b| matches!(b, b'*' | b'/' | b':' | b'?'))
    };
    let action = catalog.action_named(action);
    let about = |item: &ArnPattern<'_>| is_star(item) || action.is_none_or(|a| a.types().any(|kind| may_name(item.text, kind)));
    statement.resources.as_ref().is_some_and(|e| e.negated || e.items.iter().filter(unnamed).any(about))
}

fn bucket_power<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    let granting = || subject.statements().filter(|s| s.is(Effect::Allow) && s.conditions.is_empty());
    let lacks: Vec<&str> =
        OBJECT_ACTIONS.iter().copied().filter(|action| !granting().any(|s| entry(s, action).is_some())).collect();
    if lacks.is_empty() {
        return;
    }
    for statement in granting() {
        let Some(element) = statement.actions.as_ref().filter(|e| !e.negated) else { continue };
        for item in &element.items {
            if BUCKET_POWERS.iter().any(|power| matches(item.text, power, Case::Insensitive)) {
                out.add(Code::BucketPolicyPower, item.node).other(lacks.join(", "));
            }
        }
    }
}
