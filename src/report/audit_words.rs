//! The sentences of an audit's reports for people, before they are escaped. Names from outside stand in backticks.

use crate::audit::{Audit, Change, ChangeKind, Drift, Gone, Turn};
use crate::finding::Severity;
use crate::finding::coverage::Standing;
use std::collections::BTreeMap;

/// So many of something.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `2 high, 1 low`; empty for nothing.
pub fn severities(counts: &BTreeMap<Severity, usize>) -> String {
    let parts = counts.iter().rev().filter(|(_, n)| **n > 0).map(|(severity, n)| format!("{n} {severity}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// Why findings may have come and gone, of the rules.
pub const OTHER_RULES: &str =
    "others are in force than in the run before, or with other severities or parameters: what is new or gone may come of that";

/// What changed in one line: `findings: 1 new, 2 resolved`.
pub fn tally(drift: &Drift) -> String {
    let parts = [
        (drift.new.len(), "new"),
        (drift.reopened.len(), "back again"),
        (drift.changed.len(), "changed"),
        (drift.resolved.len(), "resolved"),
        (drift.accepted.len(), "accepted"),
        (drift.unseen.len(), "not looked for again"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if parts.is_empty() { "no finding changed".to_owned() } else { format!("findings: {}", parts.join(", ")) }
}

/// An account with its name, where the organization tells it.
pub fn account(audit: &Audit, id: &str) -> String {
    let name = audit.organization.as_ref().and_then(|o| o.accounts.get(id)).map(|account| account.name.as_str());
    name.filter(|name| *name != id).map_or_else(|| format!("`{id}`"), |name| format!("`{id}` (`{name}`)"))
}

/// A unit by its path, an account by its id and name.
pub fn target(audit: &Audit, id: &str) -> String {
    match &audit.organization {
        Some(organization) if organization.units.contains_key(id) => format!("`{}`", organization.named_path(id)),
        _ => format!("account {}", account(audit, id)),
    }
}

/// A change of the organization.
pub fn change(change: &Change) -> String {
    let Change { kind, subject, name, before, after } = change;
    let before = before.as_deref().unwrap_or("?");
    let after = after.as_deref().unwrap_or("?");
    let account = || format!("account `{subject}` (`{name}`)");
    let is_account = subject.len() == 12 && subject.bytes().all(|b| b.is_ascii_digit());
    let target = || if is_account { account() } else { format!("`{name}`") };
    match kind {
        ChangeKind::AccountAdded => format!("{} came to `{after}`", account()),
        ChangeKind::AccountRemoved => format!("{} left `{before}` and the organization", account()),
        ChangeKind::AccountMoved => format!("{} moved from `{before}` to `{after}`", account()),
        ChangeKind::AccountRenamed => format!("account `{subject}` is called `{after}`, no longer `{before}`"),
        ChangeKind::AccountSuspended => format!("{} was suspended or closed", account()),
        ChangeKind::AccountReopened => format!("{} was opened again", account()),
        ChangeKind::AdministratorAdded => format!("{} administers `{after}` for the organization", account()),
        ChangeKind::AdministratorRemoved => format!("{} no longer administers `{before}` for the organization", account()),
        ChangeKind::UnitAdded => format!("unit `{name}` was created"),
        ChangeKind::UnitRemoved => format!("unit `{name}` was deleted"),
        ChangeKind::UnitMoved => format!("unit `{before}` moved to `{after}`"),
        ChangeKind::UnitRenamed => format!("unit `{before}` is called `{after}`"),
        ChangeKind::PolicyCreated => format!("`{name}` was created"),
        ChangeKind::PolicyDeleted => format!("`{name}` was deleted"),
        ChangeKind::PolicyAttached => format!("`{after}` was attached to {}", target()),
        ChangeKind::PolicyDetached => format!("`{before}` was detached from {}", target()),
        ChangeKind::PolicyChanged => format!("`{name}` says something else than before"),
        ChangeKind::PolicyRenamed => format!("`{before}` is called `{after}`"),
        ChangeKind::PolicyTypeDisabled => format!("{name} were switched off: none of them binds anybody"),
        ChangeKind::PolicyTypeEnabled => format!("{name} were switched on"),
    }
}

/// A guardrail that stands otherwise.
pub fn turn(audit: &Audit, turn: &Turn) -> String {
    let Turn { rule, target: id, before, after } = turn;
    format!("`{rule}` was {} for {} and is {}", standing(*before), target(audit, id), standing(*after))
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Held => "held",
        Standing::Open => "open",
        Standing::Undecided => "undecided",
        Standing::Unbound => "unbound",
        Standing::NotApplicable => "not applicable",
    }
}

/// A finding of the history: `high pass-role-any: message (arn, since 2026-01-02)`.
pub fn gone(gone: &Gone) -> String {
    let whose = gone.resource.as_deref().or(gone.account.as_deref());
    let whose = whose.map(|whose| format!("`{whose}`, ")).unwrap_or_default();
    let day = gone.first_seen.split('T').next().unwrap_or_default();
    format!("{} `{}`: {} ({whose}since {day})", gone.severity, gone.rule, gone.message)
}

/// Units by their paths, then accounts: all of them where there are few, else their number.
fn targets(audit: &Audit, ids: &[&str], most: usize) -> String {
    let is_unit = |id: &&str| audit.organization.as_ref().is_some_and(|o| o.units.contains_key(*id));
    let (units, accounts): (Vec<&str>, Vec<&str>) = ids.iter().copied().partition(is_unit);
    let mut named: Vec<String> = units.iter().map(|id| target(audit, id)).collect();
    named.sort();
    let more = |left: usize, word: &str| (left > 0).then(|| format!("{left} more {word}"));
    let hidden = named.len().saturating_sub(most);
    named.truncate(most);
    named.extend(more(hidden, "units"));
    if ids.len() > most && accounts.len() > 1 {
        named.push(format!("{} accounts", accounts.len()));
    } else {
        named.extend(accounts.iter().map(|id| target(audit, id)));
    }
    named.join(", ")
}

/// How the guardrails stand, one line a rule: how many targets are held, and which are not.
pub fn guardrails(audit: &Audit, most: usize) -> Vec<String> {
    let mut rules: BTreeMap<&str, BTreeMap<Standing, Vec<&str>>> = BTreeMap::new();
    for cell in &audit.outcome.targets {
        rules.entry(cell.rule.as_str()).or_default().entry(cell.standing).or_default().push(&cell.target);
    }
    let line = |(rule, by_standing): (&str, BTreeMap<Standing, Vec<&str>>)| {
        let ids = |standing: Standing| by_standing.get(&standing).map(Vec::as_slice).unwrap_or_default();
        let (held, open) = (ids(Standing::Held), ids(Standing::Open));
        let mut text = format!("`{rule}`: held for {} of {}", held.len(), count(held.len() + open.len(), "target", "targets"));
        for (word, ids) in [("open", open), ("undecided", ids(Standing::Undecided))] {
            if ids.is_empty() {
                continue;
            }
            text.push_str(&format!("; {word} for {}", targets(audit, ids, most)));
        }
        text
    };
    rules.into_iter().map(line).collect()
}
