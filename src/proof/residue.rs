//! What a way takes, in words: the conditions of the statements that allow, and the keys without which something denies.

use super::regions::conditions;
use super::who_can::Case;
use super::who_can_layers::{Force, Grant, Layers, Reach};
use crate::evaluate::{Applied, ContextValue, Group, Request, Ruling, Strength, Verdict, rule};
use crate::policy::{Effect, PolicyKind, Statement};

/// What a witness takes, in words; `None` when it is none.
pub(super) fn of(case: &Case<'_, '_>, layers: &Layers, grant: Grant, witness: &Request) -> Option<Vec<String>> {
    let ruling = rule(case.scenario, witness).ok().filter(|ruling| ruling.verdict == Verdict::Allow)?;
    let (kind, boxed) = match grant {
        Grant::Identity(at) => (PolicyKind::IdentityPolicy, layers.identity.allow.get(at)?),
        Grant::Resource(at, _) => (PolicyKind::ResourcePolicy, layers.resource.allow.get(at)?),
    };
    let list =
        if kind == PolicyKind::IdentityPolicy { case.scenario.identity.as_slice() } else { case.scenario.resource.as_slice() };
    let own = list.get(boxed.policy)?.policy.statements.get(boxed.statement)?;
    let mut said: Vec<&Statement<'_>> = vec![own];
    for group in ruling.layers.groups.iter().filter(|group| counts(case, &ruling, grant, group)) {
        let allowing: Vec<_> = group.applied.iter().filter(|a| a.surely(Effect::Allow)).collect();
        let found = |a: &&&Applied<'_>| group.policies.get(a.policy)?.policy.statements.get(a.statement);
        let all: Vec<&Statement<'_>> = allowing.iter().filter_map(|a| found(&a)).collect();
        if let (Some(first), true) = (all.first(), all.iter().all(|s| !s.conditions.is_empty())) {
            said.push(first);
        }
    }
    let mut words: Vec<String> = Vec::new();
    for statement in &said {
        words.extend(conditions(statement));
    }
    let covered = |key: &str| said.iter().flat_map(|s| &s.conditions).any(|c| c.key.eq_ignore_ascii_case(key));
    for (key, value) in needed(case, witness) {
        if !covered(&key) {
            words.push(format!("{key} = {}, or else it is denied", shown(&value)));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|word| seen.insert(word.clone()));
    Some(words)
}

/// Whether a layer other than that of the Allow has to allow besides.
fn counts(case: &Case<'_, '_>, ruling: &Ruling<'_, '_>, grant: Grant, group: &Group<'_, '_>) -> bool {
    match (group.layer, grant) {
        (PolicyKind::ServiceControlPolicy, _) => true,
        (PolicyKind::PermissionsBoundary, Grant::Resource(_, Reach::Direct)) => {
            // Who is named gets past the boundary; whether everybody does, AWS does not say.
            let by_name = |a: &Applied<'_>| a.surely(Effect::Allow) && a.strength == Strength::Direct;
            !ruling.layers.resource().is_some_and(|resource| resource.applied.iter().any(by_name))
        }
        (PolicyKind::PermissionsBoundary, Grant::Identity(_) | Grant::Resource(_, Reach::Role)) => true,
        (PolicyKind::ResourcePolicy | PolicyKind::TrustPolicy, Grant::Identity(_)) => {
            case.force() == Force::Cross || ruling.layers.resource_must_allow
        }
        _ => false,
    }
}

/// Keys that every request carries: taking them away shows nothing, but another value may.
const ALWAYS: [(&str, [&str; 2]); 3] = [
    ("aws:SecureTransport", ["false", "true"]),
    ("aws:CurrentTime", ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]),
    ("aws:EpochTime", ["978307200", "4070908800"]),
];

/// The keys of a witness without which it is not allowed.
fn needed(case: &Case<'_, '_>, witness: &Request) -> Vec<(String, ContextValue)> {
    let allowed = |request: &Request| rule(case.scenario, request).is_ok_and(|ruling| ruling.verdict == Verdict::Allow);
    let mut left = witness.clone();
    for key in witness.context.keys() {
        let always = ALWAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        let mut less = left.clone();
        less.context.remove(key);
        let with = |value: &str| {
            let mut other = left.clone();
            other.context.insert(key.clone(), ContextValue::One(value.to_owned()));
            allowed(&other)
        };
        if allowed(&less) && always.is_none_or(|(_, values)| values.iter().all(|value| with(value))) {
            left = less;
        }
    }
    left.context.into_iter().collect()
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::One(text) => text.clone(),
        ContextValue::Many(all) => format!("[{}]", all.join(", ")),
    }
}
