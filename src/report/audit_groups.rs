//! Findings folded: what one rule says alike of many accounts is one entry with many places.

use crate::audit::Audit;
use crate::finding::{Finding, RuleId, Severity};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one rule and severity whose messages differ in names only.
#[derive(Debug)]
pub struct Group<'a> {
    /// The rule.
    pub rule: &'a RuleId,
    /// How bad.
    pub severity: Severity,
    /// New ones and those that came back first, then by account and place.
    pub findings: Vec<&'a Finding>,
    /// How many of them are news.
    pub news: usize,
}

impl Group<'_> {
    /// How many accounts the findings after the first few are in.
    pub fn accounts_after(&self, shown: usize) -> usize {
        let accounts = self.findings.iter().skip(shown).filter_map(|f| f.policy.account.as_deref());
        accounts.collect::<BTreeSet<_>>().len()
    }
}

/// The groups, worst first; within a severity those with news first.
pub fn groups<'a>(audit: &'a Audit, wanted: impl Fn(&Finding) -> bool) -> Vec<Group<'a>> {
    let mut all: BTreeMap<(Reverse<Severity>, &RuleId, String), Vec<&Finding>> = BTreeMap::new();
    for finding in audit.outcome.findings.iter().filter(|f| wanted(f)) {
        all.entry((Reverse(finding.severity), &finding.rule, pattern(finding))).or_default().push(finding);
    }
    let group = |((Reverse(severity), rule, _), mut findings): (_, Vec<&'a Finding>)| {
        // The order of places is kept within an account.
        findings.sort_by_key(|f| (!audit.is_news(f), f.policy.account.clone()));
        let news = findings.iter().filter(|f| audit.is_news(f)).count();
        Group { rule, severity, findings, news }
    };
    let mut out: Vec<Group<'a>> = all.into_iter().map(group).collect();
    out.sort_by_key(|group| (Reverse(group.severity), group.news == 0));
    out
}

/// A message without the names in it: what stands between backticks, numbers, and what the policy is called.
fn pattern(finding: &Finding) -> String {
    let policy = &finding.policy;
    let last = policy.resource.as_deref().and_then(|arn| arn.rsplit(['/', ':']).next());
    let names = [policy.resource.as_deref(), policy.name.as_deref(), last, policy.sid.as_deref()];
    let mut message = finding.message.clone();
    // A name of one or two letters would be found inside of words.
    for name in names.into_iter().flatten().filter(|name| name.len() > 2) {
        message = message.replace(name, "``");
    }
    nameless(&message)
}

fn nameless(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut inside = false;
    for c in message.chars() {
        match c {
            '`' => inside = !inside,
            _ if inside => {}
            c if c.is_ascii_digit() && out.ends_with('#') => {}
            c => out.push(if c.is_ascii_digit() { '#' } else { c }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_no_difference() {
        assert_eq!(nameless("`a:B` on 12 of `x`"), nameless("`c` on 3 of ``"));
        assert_ne!(nameless("`a` is open"), nameless("`a` is shut"));
    }
}
