//! What the exports for other systems have in common: a view of each finding with its times and its resource.

use super::escape::{terminal, terminal_lines};
use crate::audit::{Audit, Gone};
use crate::finding::{Category, Confidence, Finding, Incomplete, RuleCard, Severity};
use crate::organization::Organization;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The account that stands where none is known.
pub const NO_ACCOUNT: &str = "000000000000";

/// How a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A finding of this run that the one before did not have, or of a run without history.
    New,
    /// A finding that was there before.
    Known,
    /// A finding that was there before, with another severity or message.
    Changed,
    /// A finding that does not count.
    Suppressed,
    /// A finding of the run before that is gone.
    Resolved,
    /// No finding: something that could not be checked.
    Unread,
}

/// One record of an export. All texts are free of invisible and reordering characters.
#[derive(Clone, Debug)]
pub struct Record {
    /// How it stands.
    pub standing: Standing,
    /// Identity: the fingerprint, or for what was not checked a hash of its place and reason.
    pub id: String,
    /// How bad.
    pub severity: Severity,
    /// The rule; none for what was not checked.
    pub rule: Option<String>,
    /// The rule's title, or else the message.
    pub title: String,
    /// What is said.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// How to mend it.
    pub help: String,
    /// Where to read on.
    pub url: Option<String>,
    /// 12 digits.
    pub account: Option<String>,
    /// What is concerned: an ARN where there is one.
    pub resource: Option<String>,
    /// CloudFormation type of the resource.
    pub resource_type: Option<String>,
    /// When it was seen first, RFC 3339.
    pub first_seen: String,
    /// Controls that the rule is about: the framework and the control, sorted.
    pub controls: Vec<(String, String)>,
    /// What sort of trouble.
    pub category: Category,
    /// How sure.
    pub confidence: Confidence,
    /// File, line and column.
    pub place: String,
    /// JSON Pointer to it.
    pub pointer: String,
}

/// Everything an export writes: findings in their order, then what is gone, then what was not checked.
pub fn records(audit: &Audit) -> impl Iterator<Item = Record> {
    let cards: BTreeMap<&str, &RuleCard> = audit.outcome.rules.iter().map(|c| (c.id.as_str(), c)).collect();
    let changed: BTreeSet<&str> = audit.drift.iter().flat_map(|d| &d.changed).map(String::as_str).collect();
    let findings = audit.outcome.findings.iter().map(move |found| {
        let standing = match &audit.drift {
            _ if found.suppressed.is_some() => Standing::Suppressed,
            Some(_) if changed.contains(found.fingerprint.as_str()) => Standing::Changed,
            // One that came back is the old one, open again.
            Some(_) if !audit.is_new(found) => Standing::Known,
            Some(_) | None => Standing::New,
        };
        of_finding(audit, found, standing, cards.get(found.rule.as_str()).copied())
    });
    let resolved = audit.drift.iter().flat_map(|d| &d.resolved).map(|gone| of_gone(audit, gone));
    findings.chain(resolved).chain(audit.outcome.incomplete.iter().map(|item| of_unread(audit, item)))
}

fn of_finding(audit: &Audit, found: &Finding, standing: Standing, card: Option<&RuleCard>) -> Record {
    let place = &found.primary.location;
    let why = found.why.as_deref().or(card.map(|c| c.rationale.as_ref())).unwrap_or_default();
    let help = found.help.as_deref().or(card.map(|c| c.remediation.as_ref())).unwrap_or_default();
    let pointer = match &place.embedded {
        Some(inner) => format!("{} {inner}", place.pointer),
        None => place.pointer.clone(),
    };
    let line = |text: &String| terminal(text);
    Record {
        standing,
        id: line(&found.fingerprint),
        severity: found.severity,
        rule: Some(terminal(found.rule.as_str())),
        title: card.map_or_else(|| terminal(&found.message), |c| terminal(&c.title)),
        message: terminal(&found.message),
        why: one_line(why),
        help: one_line(help),
        url: found.url.as_deref().filter(|url| super::sarif_rules::is_link(url)).map(str::to_owned),
        account: found.policy.account.as_ref().map(line).or_else(|| found.policy.resource.as_deref().and_then(account_of)),
        resource: found.policy.resource.as_ref().or(found.policy.name.as_ref()).map(line),
        resource_type: found.policy.resource_type.as_ref().map(line),
        first_seen: audit.seen.get(&found.fingerprint).map_or_else(|| terminal(&audit.run.at), |s| terminal(&s.first)),
        controls: card.map(controls).unwrap_or_default(),
        category: found.category,
        confidence: found.confidence,
        place: format!("{}:{}:{}", terminal(&place.file), place.start.line, place.start.column),
        pointer: terminal(&pointer),
    }
}

fn of_gone(audit: &Audit, gone: &Gone) -> Record {
    let card = audit.outcome.rules.iter().find(|c| c.id.as_str() == gone.rule);
    let message = terminal(&gone.message);
    Record {
        standing: Standing::Resolved,
        id: terminal(&gone.fingerprint),
        severity: gone.severity,
        rule: Some(terminal(&gone.rule)),
        title: card.map_or_else(|| message.clone(), |c| terminal(&c.title)),
        message,
        why: card.map(|c| one_line(&c.rationale)).unwrap_or_default(),
        help: card.map(|c| one_line(&c.remediation)).unwrap_or_default(),
        url: None,
        account: gone.account.as_deref().map(terminal).or_else(|| gone.resource.as_deref().and_then(account_of)),
        resource: gone.resource.as_deref().map(terminal),
        resource_type: None,
        first_seen: terminal(&gone.first_seen),
        controls: card.map(controls).unwrap_or_default(),
        category: card.map_or(Category::Security, |c| c.category),
        confidence: card.map_or(Confidence::High, |c| c.confidence),
        place: String::new(),
        pointer: String::new(),
    }
}

fn of_unread(audit: &Audit, item: &Incomplete) -> Record {
    let at = item.location.as_ref().map(|at| format!(":{}:{}", at.start.line, at.start.column)).unwrap_or_default();
    let place = format!("{}{at}", terminal(&item.file));
    let reason = terminal(&item.reason);
    Record {
        standing: Standing::Unread,
        id: hash(&[&place, &reason]),
        severity: Severity::Info,
        rule: None,
        title: "Not checked in full".to_owned(),
        message: format!("{place} was not checked in full: {reason}"),
        why: "What could not be read was not checked: findings may be missing.".to_owned(),
        help: one_line(&item.help),
        url: None,
        account: None,
        resource: Some(terminal(&item.file)),
        resource_type: None,
        first_seen: terminal(&audit.run.at),
        controls: Vec::new(),
        category: Category::Correctness,
        confidence: Confidence::High,
        pointer: item.location.as_ref().map(|at| terminal(&at.pointer)).unwrap_or_default(),
        place,
    }
}

/// The controls of a rule, each with its framework by the name that it is known by.
fn controls(card: &RuleCard) -> Vec<(String, String)> {
    let of = |(id, controls): (&String, &Vec<String>)| -> Vec<(String, String)> {
        let name = terminal(&framework(id));
        controls.iter().filter(|c| !c.trim().is_empty()).map(|control| (name.clone(), terminal(control))).collect()
    };
    card.compliance.iter().filter(|(id, _)| !id.trim().is_empty()).flat_map(of).collect()
}

/// The names that AWS Security Hub has for the frameworks of the bundled rules; others are called as their rules call them.
///
/// AWS Security Hub User Guide, "Standards reference".
fn framework(id: &str) -> String {
    let version = |text: &str| text.split('.').count() == 2 && text.split('.').all(|n| n.parse::<u8>().is_ok());
    match id.strip_prefix("cis-aws-").filter(|rest| version(rest)) {
        Some(version) => format!("CIS AWS Foundations Benchmark v{version}.0"),
        None if id == "aws-fsbp" => "AWS Foundational Security Best Practices v1.0.0".to_owned(),
        None if id == "nist-800-53-r5" => "NIST.800-53.r5".to_owned(),
        None => id.to_owned(),
    }
}

/// The region of a snapshot: the only one that its sources name for an account, or the only one they name at all. Of several
/// none is its own.
pub fn region_of<'a>(audit: &'a Audit, account: &str) -> Option<&'a str> {
    let named = |own: bool| -> BTreeSet<&str> {
        let sources = audit.sources.iter().filter(|s| !own || s.account.as_deref() == Some(account));
        sources.filter_map(|s| s.region.as_deref()).filter(|region| is_region(region)).collect()
    };
    let only = |all: BTreeSet<&'a str>| if all.len() == 1 { all.into_iter().next() } else { None };
    only(named(true)).or_else(|| only(named(false)))
}

/// Lower case letters, digits and hyphens, as in `eu-west-1`.
fn is_region(text: &str) -> bool {
    text.split('-').count() > 2 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Lines joined; nothing hostile is left in them.
fn one_line(text: &str) -> String {
    terminal_lines(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// 32 hexadecimal digits of some texts.
pub fn hash(parts: &[&str]) -> String {
    let mut all = Sha256::new();
    for part in parts {
        // The length keeps `ab`, `c` apart from `a`, `bc`.
        all.update(part.len().to_le_bytes());
        all.update(part.as_bytes());
    }
    all.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The parts of an ARN after `arn:`: partition, service, region, account, resource.
pub fn arn(text: &str) -> Option<[&str; 5]> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// The account an ARN names; that of an organization's units is its management account.
fn account_of(text: &str) -> Option<String> {
    let [_, service, _, account, resource] = arn(text)?;
    let target = resource.strip_prefix("account/").and_then(|rest| rest.rsplit('/').next());
    let account = target.filter(|_| service == "organizations").unwrap_or(account);
    is_account(account).then(|| account.to_owned())
}

/// 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Milliseconds since 1970 of an RFC 3339 time.
pub fn milliseconds(at: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(at, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

/// At most so many characters, an ellipsis in place of the rest.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The name of an account and the id and name of the unit it is in.
pub fn around<'a>(organization: Option<&'a Organization>, account: &str) -> (Option<&'a str>, Option<(&'a str, &'a str)>) {
    let Some(found) = organization.and_then(|o| o.accounts.get(account)) else { return (None, None) };
    let unit = found.parent.as_ref().and_then(|id| organization?.units.get(id)).map(|u| (u.id.as_str(), u.name.as_str()));
    (Some(found.name.as_str()), unit)
}

#[cfg(test)]
mod tests {
    use super::super::audit_sample;
    use super::*;

    #[test]
    fn records_tell_how_they_stand() {
        let shown: Vec<String> = records(&audit_sample::audit())
            .map(|r| format!("{:?} {} {}", r.standing, r.account.as_deref().unwrap_or("-"), r.rule.as_deref().unwrap_or("-")))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        Known 111122223333 rekognition-project-wildcard
        New 999999999999 project-lifecycle-not-denied
        Changed 333333333333 old-version
        Suppressed 444444444444 full-admin
        Resolved 444444444444 public-bucket-policy
        ");
    }

    #[test]
    fn what_was_not_checked_is_a_record() {
        let audit = Audit { outcome: super::super::sample::outcome(), ..Audit::default() };
        let unread: Vec<Record> = records(&audit).filter(|r| r.standing == Standing::Unread).collect();
        assert_eq!(unread.len(), 2);
        assert_ne!(unread[0].id, unread[1].id);
        assert_eq!(unread[1].place, "scp/deny.json:4:41");
    }

    #[test]
    fn accounts_are_read_from_arns() {
        assert_eq!(account_of("arn:aws:iam::111122223333:role/x").as_deref(), Some("111122223333"));
        assert_eq!(account_of("arn:aws:organizations::999999999999:account/o-1/111122223333").as_deref(), Some("111122223333"));
        assert_eq!(account_of("arn:aws:organizations::999999999999:ou/o-1/ou-1").as_deref(), Some("999999999999"));
        assert_eq!(account_of("arn:aws:s3:::bucket"), None);
        assert_eq!(account_of("arn:aws:iam"), None);
    }

    #[test]
    fn times_are_milliseconds() {
        assert_eq!(milliseconds("2026-11-26T01:06:47Z"), Some(1_795_655_207_000));
        assert_eq!(milliseconds("2026-11-26T02:06:47.5+01:00"), Some(1_795_655_207_500));
        assert_eq!(milliseconds("yesterday"), None);
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
    }
}
