//! Why a Deny misses, in words: which of its elements and conditions leave something, each named.

use super::judge::Pool;
use super::nearest::Seen;
use crate::catalog;
use crate::policy::{Condition, Element, Statement};
use crate::text::glob::{self, Case};

/// Values and actions that are named; of more, how many.
const NAMED: usize = 3;

/// Why a Deny does not stop all of what is asked.
pub(super) fn why(pool: &Pool<'_, '_>, seen: &Seen) -> Vec<String> {
    let statement = pool.singles.get(seen.spot.control).and_then(|[policy]| policy.statements.get(seen.spot.statement));
    let Some(statement) = statement else { return Vec::new() };
    seen.aimed.leaving.iter().filter_map(|node| of_part(statement, *node, pool.asked_actions)).collect()
}

fn of_part(statement: &Statement<'_>, node: u32, asked: &[String]) -> Option<String> {
    if let Some(element) = statement.actions.as_ref().filter(|e| e.value.id() == node) {
        let items: Vec<&str> = element.items.iter().map(|i| i.text).collect();
        return Some(of_actions(&items, element.negated, asked));
    }
    if let Some(element) = statement.resources.as_ref().filter(|e| e.value.id() == node) {
        return Some(of_resources(element));
    }
    if let Some(element) = statement.principals.as_ref().filter(|e| e.value.id() == node) {
        let word = if element.negated { "`NotPrincipal` leaves out" } else { "`Principal` names only" };
        return Some(format!("{word} {}", listed(element.items.iter().map(|i| i.text))));
    }
    statement.conditions.iter().find(|c| c.value_node.id() == node).map(of_condition)
}

/// `a`, `b`, `c` and 4 more.
pub(super) fn listed<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let all: Vec<&str> = texts.collect();
    let shown: Vec<String> = all.iter().take(NAMED).map(|text| format!("`{text}`")).collect();
    let more = all.len().saturating_sub(NAMED);
    let shown = shown.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Which actions that are asked about a list does not name.
fn of_actions(items: &[&str], negated: bool, asked: &[String]) -> String {
    let names = |action: &str| items.iter().any(|item| glob::matches(item, action, Case::Insensitive)) != negated;
    let real = asked.iter().flat_map(|action| real_actions(action));
    let left: Vec<String> = real.filter(|action| !names(action)).collect();
    if left.is_empty() {
        return "it names actions of today, and not every one that may come".to_owned();
    }
    let shown = listed(left.iter().map(String::as_str));
    if negated {
        let exempting = items.iter().copied().filter(|item| left.iter().any(|a| glob::matches(item, a, Case::Insensitive)));
        return format!("`NotAction` leaves out {}", listed(exempting));
    }
    format!("it does not name {shown}")
}

/// The actions of the catalogue that a pattern with a literal service names; the pattern itself where there are none.
fn real_actions(pattern: &str) -> Vec<String> {
    let with_wildcard = pattern.split_once(':').filter(|(_, name)| glob::has_wildcard(name));
    let Some((service, name)) = with_wildcard else { return vec![pattern.to_owned()] };
    let all = catalog::actions(service).into_iter().flatten();
    let found: Vec<String> = all.filter(|a| glob::matches(name, a.name(), Case::Insensitive)).map(|a| a.full_name()).collect();
    if found.is_empty() { vec![pattern.to_owned()] } else { found }
}

fn of_resources(element: &Element<'_, crate::policy::ArnPattern<'_>>) -> String {
    let word = if element.negated { "`NotResource` leaves out" } else { "it is only about" };
    format!("{word} {}", listed(element.items.iter().map(|i| i.text)))
}

fn of_condition(condition: &Condition<'_>) -> String {
    let key = condition.key;
    let operator = condition.operator_node.scalar();
    let values = listed(condition.values.iter().map(|v| if v.is_scalar() { v.scalar() } else { "…" }));
    let of_caller = ["aws:principalarn", "aws:userid", "aws:username"].iter().any(|own| key.eq_ignore_ascii_case(own))
        || key.get(..17).is_some_and(|head| head.eq_ignore_ascii_case("aws:PrincipalTag/"));
    if of_caller && condition.operator.negated {
        return format!("its `{operator}` on `{key}` exempts {values}");
    }
    if condition.operator.negated {
        return format!("its `{operator}` on `{key}` lets {values} through");
    }
    format!("its `{operator}` on `{key}` holds only for {values}")
}
