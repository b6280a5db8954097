//! Hand-made audits for the tests of the reports: an organization with a history, a hostile one, a large one.

use super::sample::{self, HOSTILE, finding, label, location};
use crate::audit::model::{Turn, Was};
use crate::audit::{Audit, Change, ChangeKind, Drift, Gone, Run, Seen};
use crate::finding::{Category, Coverage, Finding, Outcome, PolicyIdentity, RuleCard, RuleId, Severity, Standing, TargetVerdict};
use crate::organization::Organization;
use crate::organization::tree::{Account, Unit};
use crate::policy::PolicyKind;
use crate::source::snapshot::{SourceState, State};
use std::collections::BTreeMap;

/// When the audits of the samples ran.
pub const AT: &str = "2026-11-26T01:06:47Z";

/// A rule about units and accounts.
pub const GUARDRAIL: &str = "project-lifecycle-not-denied";

const ARN: &str = "arn:aws:organizations::999999999999:";

fn unit(id: &str, name: &str, parent: Option<&str>) -> (String, Unit) {
    let kind = if parent.is_none() { "root" } else { "ou" };
    let arn = format!("{ARN}{kind}/o-sample/{id}");
    (id.into(), Unit { id: id.into(), arn: Some(arn), name: name.into(), parent: parent.map(Into::into) })
}

fn account(id: &str, name: &str, parent: &str) -> (String, Account) {
    let arn = format!("{ARN}account/o-sample/{id}");
    (id.into(), Account { id: id.into(), arn: Some(arn), name: name.into(), parent: Some(parent.into()), ..Account::default() })
}

fn organization() -> Organization {
    Organization {
        management_account: Some("999999999999".into()),
        units: BTreeMap::from([
            unit("r-0001", "Root", None),
            unit("ou-work", "Workloads", Some("r-0001")),
            unit("ou-prod", "Prod", Some("ou-work")),
            unit("ou-sand", "Sandbox", Some("r-0001")),
        ]),
        accounts: BTreeMap::from([
            account("999999999999", "management", "r-0001"),
            account("111122223333", "ml-central", "ou-work"),
            account("333333333333", "shop", "ou-prod"),
            account("444444444444", "web", "ou-prod"),
            account("555555555555", "play", "ou-sand"),
        ]),
        ..Organization::default()
    }
}

fn verdict(rule: &str, target: &str, standing: Standing) -> TargetVerdict {
    TargetVerdict { rule: RuleId::new(rule), target: target.into(), standing }
}

fn of_account(mut found: Finding, account: &str, resource: &str) -> Finding {
    found.policy.account = Some(account.into());
    found.policy.resource = Some(resource.into());
    found
}

/// A unit in which a guardrail is open.
pub fn open_unit() -> Finding {
    let text = "{\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"rekognition:StopProject*\", \"Resource\": \"*\",\n  \"Condition\": {\"StringEquals\": {\"aws:RequestedRegion\": \"us-east-1\"}}}]}\n";
    let place = location("organization.json", text, "\"Condition\"");
    let mut found = finding(
        GUARDRAIL,
        Severity::Critical,
        "Sandbox: `rekognition:StopProjectVersion` can still be allowed",
        label("it denies in one region only", place),
    );
    found.category = Category::Guardrail;
    found.help = Some("Deny it without a condition.\n\nA request that gets through: StopProjectVersion in `eu-west-1`.".into());
    found.fingerprint = "00000000000000000000000000000007".into();
    found.policy = PolicyIdentity {
        kind: Some(PolicyKind::ServiceControlPolicy),
        resource: Some(format!("{ARN}ou/o-sample/ou-sand")),
        name: Some("sandbox-guard".into()),
        ..PolicyIdentity::default()
    };
    found
}

fn card(rule: &str, severity: Severity, category: Category) -> RuleCard {
    RuleCard {
        id: RuleId::new(rule),
        title: "Grants on a wildcard project".into(),
        severity,
        category,
        confidence: crate::finding::Confidence::High,
        rationale: "A wildcard grants every model of the account.\n\nThose trained later are included.".into(),
        remediation: "Name the project.".into(),
        references: vec!["https://docs.aws.amazon.com/rekognition/".into()],
        tags: vec!["rekognition".into()],
        compliance: [("cis-aws-3.0", "1.16"), ("nist-800-53-r5", "AC-6"), ("x-acme", "iam 7")]
            .map(|(framework, control)| (framework.to_owned(), vec![control.to_owned()]))
            .into(),
    }
}

fn run(id: i64, day: u32, complete: bool, counts: [usize; 5]) -> Run {
    let by_severity = Severity::ALL.iter().rev().copied().zip(counts).collect();
    let at = format!("2026-11-{day:02}T01:06:47Z");
    Run { id, at, subject: "snapshots/acme".into(), complete, by_severity, guardrails: (3 + counts[4] % 3, 6) }
}

fn gone(fingerprint: &str, message: &str) -> Gone {
    Gone {
        fingerprint: fingerprint.into(),
        severity: Severity::High,
        rule: "public-bucket-policy".into(),
        message: message.into(),
        account: Some("444444444444".into()),
        resource: Some("arn:aws:s3:::web-data".into()),
        first_seen: "2026-10-02T00:00:00Z".into(),
    }
}

fn change(kind: ChangeKind, subject: &str, name: &str, places: (Option<&str>, Option<&str>)) -> Change {
    let (before, after) = (places.0.map(Into::into), places.1.map(Into::into));
    Change { kind, subject: subject.into(), name: name.into(), before, after }
}

fn drift() -> Drift {
    Drift {
        since: run(2, 25, true, [0, 2, 1, 0, 1]),
        new: vec!["00000000000000000000000000000007".into()],
        resolved: vec![gone("a1", "`web-data` could be read by anyone")],
        changed: vec!["000000000000000000000000000000b1".into()],
        unseen: vec![gone("a2", "`old-data` could be read by anyone")],
        changes: vec![
            change(ChangeKind::AccountMoved, "333333333333", "shop", (Some("/Sandbox"), Some("/Workloads/Prod"))),
            change(ChangeKind::PolicyDetached, "ou-sand", "Sandbox", (Some("deny-stop"), None)),
        ],
        reopened: vec!["00000000000000000000000000036260".into()],
        was: BTreeMap::from([(
            "000000000000000000000000000000b1".into(),
            Was { severity: Severity::Low, message: "the policy language version is old".into() },
        )]),
        turns: vec![Turn { rule: GUARDRAIL.into(), target: "ou-sand".into(), before: Standing::Held, after: Standing::Open }],
        ..Drift::default()
    }
}

fn sources() -> Vec<SourceState> {
    let one = |account: &str, state, reason: Option<&str>| SourceState {
        source: "config".into(),
        account: Some(account.into()),
        region: None,
        what: Some("AWS::IAM::Role".into()),
        state,
        reason: reason.map(Into::into),
        help: reason.map(|_| "let the auditor's role be assumed there".into()),
        items: 3,
    };
    vec![one("111122223333", State::Complete, None), one("555555555555", State::Denied, Some("AccessDenied: not authorized"))]
}

/// Four findings, one of them suppressed, in five accounts; the third run.
pub fn audit() -> Audit {
    let mut accepted = of_account(sample::outcome().findings.remove(0), "444444444444", "arn:aws:iam::444444444444:role/break");
    accepted.fingerprint = "000000000000000000000000000000c1".into();
    let mut shop = of_account(sample::outcome().findings.remove(1), "333333333333", "arn:aws:iam::333333333333:role/shop");
    shop.fingerprint = "000000000000000000000000000000b1".into();
    let wildcard = of_account(sample::wildcard(), "111122223333", "arn:aws:iam::111122223333:role/consumer");
    let findings = vec![wildcard, open_unit(), shop, accepted];
    let seen = |f: &Finding| {
        let first = if f.rule.as_str() == GUARDRAIL { AT } else { "2026-11-24T01:06:47Z" };
        (f.fingerprint.clone(), Seen { first: first.into(), last: AT.into() })
    };
    Audit {
        run: run(3, 26, false, [1, 1, 1, 0, 0]),
        trend: vec![run(1, 24, true, [0, 3, 1, 0, 0]), run(2, 25, true, [0, 2, 1, 0, 1]), run(3, 26, false, [1, 1, 1, 0, 0])],
        seen: findings.iter().map(seen).collect(),
        outcome: Outcome {
            findings,
            rules: vec![
                card("full-admin", Severity::Critical, Category::Security),
                card("old-version", Severity::Medium, Category::Security),
                card(GUARDRAIL, Severity::Critical, Category::Guardrail),
                card("rekognition-project-wildcard", Severity::High, Category::Security),
            ],
            targets: vec![
                verdict("other-guardrail", "444444444444", Standing::Open),
                verdict("other-guardrail", "555555555555", Standing::Undecided),
                verdict(GUARDRAIL, "333333333333", Standing::Held),
                verdict(GUARDRAIL, "444444444444", Standing::Held),
                verdict(GUARDRAIL, "999999999999", Standing::Unbound),
                verdict(GUARDRAIL, "ou-prod", Standing::Held),
                verdict(GUARDRAIL, "ou-sand", Standing::Open),
                verdict(GUARDRAIL, "ou-work", Standing::Held),
            ],
            coverage: sample::outcome().coverage,
            catalog_date: "2026-09-26".into(),
            ..Outcome::default()
        },
        organization: Some(organization()),
        sources: sources(),
        drift: Some(drift()),
    }
}

/// The same, every word of it from an enemy.
pub fn hostile() -> Audit {
    let evil = format!("{HOSTILE}</script><img src=x onerror=alert(1)>=cmd|' /C calc'!A0");
    let mut audit = audit();
    audit.outcome = sample::hostile();
    for found in &mut audit.outcome.findings {
        found.message.clone_from(&evil);
        found.policy.resource = Some(evil.clone());
        found.policy.account = Some(evil.clone());
        found.policy.resource_type = Some(evil.clone());
        found.primary.location.pointer.clone_from(&evil);
    }
    audit.outcome.targets = vec![verdict(&evil, "ou-sand", Standing::Open), verdict(&evil, &evil, Standing::Held)];
    let organization = audit.organization.get_or_insert_with(Organization::default);
    organization.units.values_mut().for_each(|u| u.name.clone_from(&evil));
    organization.accounts.values_mut().for_each(|a| a.name.clone_from(&evil));
    audit.run.subject.clone_from(&evil);
    audit.run.at.clone_from(&evil);
    audit.trend.iter_mut().for_each(|run| run.at.clone_from(&evil));
    for source in &mut audit.sources {
        source.reason = Some(evil.clone());
        source.help = Some(evil.clone());
        source.source.clone_from(&evil);
        source.state = State::Failed;
        source.region = Some(evil.clone());
    }
    let compliance = [(evil.clone(), vec![evil.clone()])].into();
    audit.outcome.rules.push(RuleCard { compliance, ..card(&evil, Severity::High, Category::Security) });
    let one = Gone {
        fingerprint: evil.clone(),
        severity: Severity::High,
        rule: evil.clone(),
        message: evil.clone(),
        account: Some(evil.clone()),
        resource: Some(evil.clone()),
        first_seen: evil.clone(),
    };
    let places = (Some(evil.as_str()), Some(evil.as_str()));
    audit.drift = Some(Drift {
        since: audit.run.clone(),
        new: audit.outcome.findings.iter().map(|f| f.fingerprint.clone()).collect(),
        resolved: vec![one.clone()],
        changed: Vec::new(),
        unseen: vec![one],
        changes: vec![change(ChangeKind::AccountMoved, &evil, &evil, places)],
        ..Drift::default()
    });
    audit
}

/// An organization of this many accounts and guardrails with this many findings, spread evenly.
pub fn large(findings: usize, accounts: usize, guardrails: usize) -> Audit {
    let mut audit = audit();
    let mut tree = Organization { management_account: None, ..organization() };
    tree.accounts.clear();
    for i in 0..40 {
        let parent = if i < 8 { "ou-work".to_owned() } else { format!("ou-{:03}", i % 8) };
        tree.units.extend([unit(&format!("ou-{i:03}"), &format!("Unit {i:02}"), Some(&parent))]);
    }
    let id = |i: usize| format!("{:012}", 100_000_000_000 + i * 7);
    tree.accounts.extend((0..accounts).map(|i| account(&id(i), &format!("account-{i:04}"), &format!("ou-{:03}", i % 40))));
    audit.outcome.findings = (0..findings).map(|i| one_of_many(i, &id(i % accounts.max(1)))).collect();
    audit.outcome.targets.clear();
    audit.outcome.rules = (0..60).map(|i| card(&format!("rule-{i:02}"), severity(i), Category::Security)).collect();
    for rule in (0..guardrails).map(|i| format!("guardrail-{i:02}-not-denied")) {
        audit.outcome.rules.insert(0, card(&rule, Severity::Critical, Category::Guardrail));
        for (i, target) in tree.accounts.keys().chain(tree.units.keys().skip(1)).enumerate() {
            let standing = match (i * 31 + rule.len() + i / 7) % 23 {
                0 => Standing::Open,
                1 => Standing::Undecided,
                2..=21 => Standing::Held,
                _ => Standing::NotApplicable,
            };
            audit.outcome.targets.push(verdict(&rule, target, standing));
        }
    }
    audit.outcome.coverage = Coverage { documents: accounts * 51, statements: accounts * 180, rules: 80, ..Coverage::default() };
    audit.outcome.coverage.policies = BTreeMap::from([(("identity-policy".to_owned(), false), accounts * 100)]);
    audit.organization = Some(tree);
    audit.seen.clear();
    audit
}

fn severity(i: usize) -> Severity {
    Severity::ALL[[4, 3, 3, 2, 2, 2, 1, 0][i % 8]]
}

fn one_of_many(i: usize, account: &str) -> Finding {
    let text = sample::CONSUMER.replace("111122223333", account).replace("Detect\"", &format!("Detect{}\"", i % 50));
    let wanted = format!("\"arn:aws:rekognition:us-east-1:{account}:project/*\"");
    let file = format!("snapshot/config/{account}.jsonl.gz");
    let place = location(&file, &text, &wanted);
    let mut found = sample::wildcard();
    found.rule = RuleId::new(&format!("rule-{:02}", i % 60));
    found.severity = severity(i % 60);
    found.primary.location = place;
    found.related.clear();
    found.message = format!("`rekognition:DetectCustomLabels` is granted on every project to `role/consumer-{}`", i % 50);
    found.fingerprint = format!("{i:032x}");
    of_account(found, account, &format!("arn:aws:iam::{account}:role/consumer-{}", i % 50))
}
