//! Which finding of the history is which finding of this run, and what that says: new, known, changed, back again, gone,
//! or not looked for.

use super::reading::{Looked, Reading, Whereabouts};
use crate::finding::{Finding, Severity};
use std::collections::{BTreeMap, HashMap};

/// A finding as the history knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its row.
    pub id: i64,
    /// Its fingerprint when it was seen last.
    pub fingerprint: String,
    /// The rule.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// What was said.
    pub message: String,
    /// The account of its policy.
    pub account: Option<String>,
    /// The ARN of what the policy belongs to.
    pub resource: Option<String>,
    /// CloudFormation type of that.
    pub resource_type: Option<String>,
    /// The file.
    pub file: String,
    /// When it was seen first, RFC 3339.
    pub first_seen: String,
    /// When it was seen last.
    pub last_seen: String,
    /// It is gone.
    pub resolved: bool,
    /// It was accepted: suppressed or in the baseline.
    pub accepted: bool,
    /// AWS alone told of it.
    pub online: bool,
}

/// What became of a finding of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turnout {
    /// The history does not know it.
    New,
    /// It does, and nothing changed.
    Same,
    /// Its severity or its message is another one.
    Changed,
    /// It was gone, or accepted, and counts again.
    Back,
    /// It counted, and is accepted now.
    Accepted,
}

/// A finding of this run beside the one of the history it is, if any.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// Of this run.
    pub finding: &'a Finding,
    /// Of the history.
    pub known: Option<&'a Known>,
    /// What that says.
    pub turnout: Turnout,
}

/// The two runs side by side.
#[derive(Debug, Default)]
pub struct Matched<'a> {
    /// Findings of this run, by fingerprint.
    pub pairs: Vec<Pair<'a>>,
    /// Findings of the history that are not there any more, and whether they were looked for.
    pub absent: Vec<(&'a Known, Looked)>,
}

/// Compare. Equal findings of one statement have one fingerprint with a number behind it, which changes with the order of
/// the text: among those, message and severity tell which is which.
pub fn compare<'a>(findings: &'a [Finding], known: &'a [Known], reading: &Reading) -> Matched<'a> {
    let mut old: HashMap<&str, Vec<&Known>> = HashMap::new();
    for one in known {
        old.entry(base(&one.fingerprint)).or_default().push(one);
    }
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in distinct(findings) {
        groups.entry(base(&finding.fingerprint)).or_default().push(finding);
    }
    let mut out = Matched::default();
    let mut absent: Vec<&Known> = Vec::new();
    for (fingerprint, group) in groups {
        absent.extend(pair(group, old.remove(fingerprint).unwrap_or_default(), &mut out.pairs));
    }
    absent.extend(old.into_values().flatten());
    absent.retain(|one| !one.resolved);
    absent.sort_by_key(|one| one.id);
    let looked = |one: &Known| reading.looked(whereabouts(one));
    out.absent = absent.into_iter().map(|one| (one, looked(one))).collect();
    out.pairs.sort_by(|a, b| a.finding.fingerprint.cmp(&b.finding.fingerprint));
    out
}

fn whereabouts(known: &Known) -> Whereabouts<'_> {
    Whereabouts {
        rule: &known.rule,
        account: known.account.as_deref(),
        resource: known.resource.as_deref(),
        resource_type: known.resource_type.as_deref(),
        file: &known.file,
        online: known.online,
    }
}

/// Each fingerprint once: a record that is in two files gives every finding twice. The one that counts most stands for it.
fn distinct(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    let mut best: BTreeMap<&str, &Finding> = BTreeMap::new();
    let weight = |f: &Finding| (f.suppressed.is_none(), f.severity);
    for finding in findings {
        let slot = best.entry(&finding.fingerprint).or_insert(finding);
        if weight(finding) > weight(slot) {
            *slot = finding;
        }
    }
    best.into_values()
}

/// A fingerprint without the number behind it.
fn base(fingerprint: &str) -> &str {
    fingerprint.split('-').next().unwrap_or(fingerprint)
}

/// Pair the findings of one fingerprint; what is left of the history comes back.
fn pair<'a>(mut findings: Vec<&'a Finding>, mut known: Vec<&'a Known>, out: &mut Vec<Pair<'a>>) -> Vec<&'a Known> {
    type Alike = fn(&Finding, &Known) -> bool;
    let ways: [Alike; 6] = [
        |f, k| !k.resolved && f.fingerprint == k.fingerprint && says_same(f, k),
        |f, k| !k.resolved && says_same(f, k),
        |f, k| !k.resolved && f.fingerprint == k.fingerprint,
        |_, k| !k.resolved,
        says_same,
        |_, _| true,
    ];
    for alike in ways {
        findings.retain(|finding| {
            let Some(at) = known.iter().position(|one| alike(finding, one)) else { return true };
            let one = known.remove(at);
            out.push(Pair { finding, known: Some(one), turnout: turnout(finding, one) });
            false
        });
    }
    out.extend(findings.into_iter().map(|finding| Pair { finding, known: None, turnout: Turnout::New }));
    known
}

/// Severity and message are the same. The fingerprint says that the statement means the same; a message that names its
/// parts in another order, or in other letters, says nothing else.
fn says_same(finding: &Finding, known: &Known) -> bool {
    let alike = || words(&finding.message) == words(&known.message);
    finding.severity == known.severity && (finding.message == known.message || alike())
}

fn words(message: &str) -> Vec<String> {
    let bare = |word: &str| word.trim_end_matches([',', ';', ':']).to_ascii_lowercase();
    let mut words: Vec<String> = message.split_whitespace().map(bare).collect();
    words.sort();
    words
}

fn turnout(finding: &Finding, known: &Known) -> Turnout {
    let counted = !known.resolved && !known.accepted;
    match (counted, finding.suppressed.is_none()) {
        (true, true) if says_same(finding, known) => Turnout::Same,
        (true, true) => Turnout::Changed,
        (true, false) => Turnout::Accepted,
        (false, true) => Turnout::Back,
        (false, false) => Turnout::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::model::Suppressed;
    use crate::finding::{Category, Confidence, Label, Location, PolicyIdentity, RuleId};

    fn finding(fingerprint: &str, message: &str) -> Finding {
        Finding {
            rule: RuleId::new("r"),
            severity: Severity::High,
            category: Category::Security,
            confidence: Confidence::High,
            message: message.into(),
            why: None,
            help: None,
            url: None,
            primary: Label { message: String::new(), location: Location::default() },
            related: Vec::new(),
            policy: PolicyIdentity::default(),
            fingerprint: fingerprint.into(),
            suppressed: None,
            fixes: Vec::new(),
            online: None,
        }
    }

    fn known(id: i64, fingerprint: &str, message: &str) -> Known {
        Known {
            id,
            fingerprint: fingerprint.into(),
            rule: "r".into(),
            severity: Severity::High,
            message: message.into(),
            account: None,
            resource: None,
            resource_type: None,
            file: "a.json".into(),
            first_seen: String::new(),
            last_seen: String::new(),
            resolved: false,
            accepted: false,
            online: false,
        }
    }

    fn told(findings: &[Finding], known: &[Known]) -> Vec<(String, Option<i64>, Turnout)> {
        let matched = compare(findings, known, &Reading::new(["r".to_owned()]));
        matched.pairs.iter().map(|p| (p.finding.fingerprint.clone(), p.known.map(|k| k.id), p.turnout)).collect()
    }

    #[test]
    fn the_order_of_equal_findings_is_no_change() {
        let now = [finding("f", "b"), finding("f-2", "a"), finding("f-3", "c")];
        let before = [known(1, "f", "a"), known(2, "f-2", "b")];
        let wanted = [("f", Some(2), Turnout::Same), ("f-2", Some(1), Turnout::Same), ("f-3", None, Turnout::New)];
        assert_eq!(told(&now, &before), wanted.map(|(f, id, t)| (f.to_owned(), id, t)));
    }

    #[test]
    fn what_changed_came_back_or_was_accepted() {
        let mut gone = known(2, "g", "g");
        gone.resolved = true;
        let mut accepted = known(3, "h", "h");
        accepted.accepted = true;
        let before = [known(1, "f", "old"), gone, accepted, known(4, "i", "i")];
        let mut now = [finding("f", "new"), finding("g", "g"), finding("h", "h"), finding("i", "i"), finding("j", "j")];
        now[3].suppressed = Some(Suppressed::Baseline);
        now[4].suppressed = Some(Suppressed::Baseline);
        let turnouts: Vec<Turnout> = told(&now, &before).into_iter().map(|(.., t)| t).collect();
        assert_eq!(turnouts, [Turnout::Changed, Turnout::Back, Turnout::Back, Turnout::Accepted, Turnout::New]);
    }

    #[test]
    fn a_message_in_another_order_is_the_same() {
        let now = [finding("f", "`b:Y`, `a:X` are granted")];
        assert_eq!(told(&now, &[known(1, "f", "`a:x`, `b:Y` are granted")])[0].2, Turnout::Same);
        assert_eq!(told(&now, &[known(1, "f", "`a:X` is granted")])[0].2, Turnout::Changed);
    }

    #[test]
    fn a_record_in_two_files_is_one_finding() {
        let mut worse = finding("f", "a");
        worse.severity = Severity::Critical;
        let now = [finding("f", "a"), worse];
        assert_eq!(told(&now, &[known(1, "f", "a")]), [("f".to_owned(), Some(1), Turnout::Changed)]);
    }

    #[test]
    fn what_is_absent_is_listed_once() {
        let mut gone = known(1, "f", "f");
        gone.resolved = true;
        let mut other = known(3, "h", "h");
        other.rule = "other".into();
        let before = [gone, known(2, "g", "g"), other];
        let matched = compare(&[], &before, &Reading::new(["r".to_owned()]));
        let absent: Vec<_> = matched.absent.iter().map(|(k, looked)| (k.id, *looked)).collect();
        assert_eq!(absent, [(2, Looked::For), (3, Looked::Unasked)]);
    }
}
