//! Actions against the resources they are granted on: `*` where something narrower would do, and resources that the
//! action cannot be about.
//!
//! Service Authorization Reference, resource types of each action.

use super::action::{is_everything, named_actions};
use super::attached::may_name;
use super::code::Code;
use super::escalation::{is_star, on_star};
use super::label::{Labels, about};
use super::subject::Subject;
use crate::catalog::{AccessLevel, Action, Catalog, ResourceType};
use crate::policy::arn::{Arn, has_dollar_brace};
use crate::policy::condition::Comparison;
use crate::policy::{ActionPattern, Effect, Statement};
use crate::text::glob::{Case, has_wildcard, matches};

/// One statement.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let catalog = subject.catalog;
    if out.wants(&[Code::WildcardMatchesNothing]) {
        for item in statement.actions.iter().flat_map(|e| &e.items) {
            matches_nothing(catalog, item, out);
        }
    }
    if out.wants(&[Code::ConditionKeyNotSupported]) {
        unsupported_keys(catalog, statement, out);
    }
    let wide = out.wants(&[Code::InfrastructureModification, Code::ResourceStarCanBeNarrowed]);
    if wide && statement.is(Effect::Allow) && statement.conditions.is_empty() && on_star(statement) {
        too_wide(catalog, statement, out);
    }
    if out.wants(&[Code::ActionNeedsStar, Code::ActionResourceMismatch]) {
        never_matches(catalog, statement, out);
    }
}

/// The actions a written pattern stands for; none for everything, and for services nobody knows.
fn reached(catalog: &'static Catalog, text: &str) -> impl Iterator<Item = Action> {
    let (service, name) = text.split_once(':').unwrap_or((text, ""));
    let plain = !has_wildcard(name);
    let one = if plain { catalog.action(service, name) } else { None };
    let all = if plain || has_wildcard(service) { None } else { catalog.service(service) };
    let wild = all.into_iter().flat_map(crate::catalog::Service::actions);
    let name = name.to_owned();
    one.into_iter().chain(wild.filter(move |action| matches(&name, action.name(), Case::Insensitive)))
}

fn matches_nothing<'d>(catalog: &'static Catalog, item: &ActionPattern<'d>, out: &mut Labels<'d>) {
    let Some((service, name)) = item.text.split_once(':') else { return };
    let known = !has_wildcard(service) && catalog.service(service).is_some();
    if known && has_wildcard(name) && !has_dollar_brace(item.text) && reached(catalog, item.text).next().is_none() {
        out.add(Code::WildcardMatchesNothing, item.node).other(service);
    }
}

fn can_be_scoped(action: Action) -> bool {
    action.types().next().is_some()
}

fn too_wide<'d>(catalog: &'static Catalog, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let Some(element) = statement.actions.as_ref().filter(|e| !e.negated) else { return };
    let star = statement.resources.iter().flat_map(|e| &e.items).find(|item| is_star(item));
    let Some(star) = star else { return };
    if out.wants(&[Code::InfrastructureModification]) {
        let changes = |action: &Action| action.level() >= AccessLevel::Tagging && can_be_scoped(*action);
        let mut found: Vec<String> = element
            .items
            .iter()
            .filter(|item| !is_everything(item.text))
            .flat_map(|item| reached(catalog, item.text).filter(changes).map(Action::full_name))
            .collect();
        let shown = found.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        found.sort_unstable();
        found.dedup();
        if !found.is_empty() {
            out.add(Code::InfrastructureModification, star.node).count(found.len()).other(shown);
        }
    }
    let named: Vec<_> = named_actions(catalog, statement).collect();
    let reads = |action: &Action| action.level() <= AccessLevel::Read && can_be_scoped(*action);
    if named.len() == element.items.len()
        && named.iter().all(|(_, action)| reads(action))
        && let Some((first, _)) = named.first()
    {
        out.add(Code::ResourceStarCanBeNarrowed, star.node).other(first.text);
    }
}

/// Named actions that none of the resources can be about.
fn never_matches<'d>(catalog: &'static Catalog, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let Some(resources) = statement.resources.as_ref().filter(|e| !e.negated && !e.items.is_empty()) else { return };
    if on_star(statement) || resources.items.iter().any(|r| r.node.as_str().is_none()) {
        return;
    }
    let effect = if statement.is(Effect::Deny) { "Deny" } else { "Allow" };
    for (item, action) in named_actions(catalog, statement) {
        if !can_be_scoped(action) {
            // `arn:*` and its like may stand for everything as well.
            if resources.items.iter().all(|r| Arn::parse(r.text).is_some()) {
                out.add(Code::ActionNeedsStar, item.node).other(effect);
            }
        } else if !resources.items.iter().any(|r| action.types().any(|kind| may_name(r.text, kind))) {
            let types: Vec<&str> = action.types().map(ResourceType::name).collect();
            out.add(Code::ActionResourceMismatch, item.node).other(types.join(", "));
        }
    }
}

/// Keys that a named action does not take, by the full reference.
fn unsupported_keys<'d>(catalog: &'static Catalog, statement: &Statement<'d>, out: &mut Labels<'d>) {
    if statement.conditions.is_empty() {
        return;
    }
    let named: Vec<_> = named_actions(catalog, statement).collect();
    for condition in statement.conditions.iter().filter(|c| c.operator.comparison != Comparison::Null) {
        let global = condition.key.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("aws:"));
        let Some(key) = catalog.key(condition.key).filter(|key| !global && !key.is_global()) else { continue };
        let mut without = named.iter().filter(|(_, action)| !action.takes(key));
        let Some((first, _)) = without.next() else { continue };
        let label = about(out.add(Code::ConditionKeyNotSupported, condition.key_node), condition).other(first.text);
        label.related(first.node, "this action does not take it");
        for (item, _) in without {
            label.related(item.node, "nor does this one");
        }
    }
}
