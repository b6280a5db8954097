//! Tag conditions on actions whose service does not look at tags: an Allow that never grants, a Deny that never denies.
//!
//! IAM User Guide, "AWS services that work with IAM", attribute-based access control.

use super::action::named_actions;
use super::code::Code;
use super::label::{Labels, about};
use super::subject::Subject;
use crate::catalog::{Action, ConditionKey};
use crate::policy::condition::Comparison;
use crate::policy::{ActionPattern, Condition, Effect, PolicyKind, Statement};
use std::collections::BTreeMap;

/// The tag conditions of a statement.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let (named, rest) = match statement.effect {
        Some((Effect::Allow, _)) => {
            (Code::AllowWithUnsupportedTagConditionKeyForService, Code::AllowNotactionWithUnsupportedTagConditionKeyForService)
        }
        Some((Effect::Deny, _)) => {
            (Code::DenyWithUnsupportedTagConditionKeyForService, Code::DenyNotactionWithUnsupportedTagConditionKeyForService)
        }
        None => return,
    };
    if subject.kind == PolicyKind::TrustPolicy || !out.wants(&[named, rest]) {
        return;
    }
    // With several tag keys in a statement the first says it all.
    let Some(condition) = statement.conditions.iter().find(|c| is_resource_tag(c)) else { return };
    let Some(actions) = &statement.actions else { return };
    if actions.negated {
        about(out.add(rest, condition.key_node), condition);
        return;
    }
    let mut by_service: BTreeMap<&str, Vec<&ActionPattern<'d>>> = BTreeMap::new();
    for (item, action) in named_actions(subject.catalog, statement) {
        if !looks_at_tags(action) && !subject.catalog.table("tag-aware-actions").has(item.text) {
            by_service.entry(action.service().prefix()).or_default().push(item);
        }
    }
    for (service, items) in by_service {
        let Some((first, others)) = items.split_first() else { continue };
        let label = about(out.add(named, first.node), condition).text(first.text).other(service).count(items.len());
        for item in others {
            label.related(item.node, "nor does this action");
        }
    }
}

/// A test that only a resource with the tag passes.
fn is_resource_tag(condition: &Condition<'_>) -> bool {
    let operator = condition.operator;
    let plain = operator.comparison != Comparison::Null && !operator.negated && !operator.if_exists;
    // Keys of a service of its own, such as `ec2:ResourceTag/…`, Access Analyzer lets pass.
    plain && condition.key.get(..16).is_some_and(|head| head.eq_ignore_ascii_case("aws:ResourceTag/"))
}

/// Actions that create take the tags of the request instead, and count as looking at tags.
fn looks_at_tags(action: Action) -> bool {
    let is_tag = |key: ConditionKey| {
        let name = key.name().split_once(':').map_or("", |(_, name)| name);
        name.starts_with("ResourceTag/")
            || name.starts_with("RequestTag/")
            || name == "TagKeys"
            || name.contains("-tag/")
            || name.contains("Tag/")
    };
    action.own_keys().any(is_tag) || action.types().any(|t| t.keys().any(is_tag))
}
