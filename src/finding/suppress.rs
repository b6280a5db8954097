//! Suppressions of the project file: matched by rule and by whose policy it is, never by line. What has expired or
//! matches nothing is reported.

use super::model::{Finding, Location, Suppressed};
use super::outcome::Notice;
use crate::policy::PolicyKind;
use crate::text::glob::{self, Case};
use globset::GlobMatcher;
use time::Date;

/// A condition on a finding. Patterns are anchored: they match the whole value.
#[derive(Clone, Debug)]
pub enum Where {
    /// The account of the policy.
    Account(String),
    /// The role a policy is attached to, or whose trust policy it is.
    Role(String),
    /// The name of the policy or resource.
    Name(String),
    /// The `Sid` of the blamed statement.
    Sid(String),
    /// The file; `*` stops at `/`, `**` does not.
    File(GlobMatcher),
    /// The ARN the policy is attached to.
    Resource(String),
    /// The finding itself.
    Fingerprint(String),
}

/// One accepted risk.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// Pattern of rule ids.
    pub rule: String,
    /// All must hold.
    pub wheres: Vec<Where>,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepted it.
    pub owner: Option<String>,
    /// Where that is tracked.
    pub ticket: Option<String>,
    /// Last day it holds.
    pub expires: Option<Date>,
    /// Where it stands in the project file.
    pub place: Location,
}

impl Suppression {
    /// True when it speaks of this finding, expired or not.
    pub fn matches(&self, finding: &Finding, project_name: &dyn Fn(&str) -> String) -> bool {
        glob::matches(&self.rule, finding.rule.as_str(), Case::Sensitive)
            && self.wheres.iter().all(|w| w.matches(finding, project_name))
    }

    /// True when its last day has passed.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    fn mark(&self) -> Suppressed {
        Suppressed::Config {
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            ticket: self.ticket.clone(),
            expires: self.expires.map(|date| date.to_string()),
        }
    }
}

impl Where {
    fn matches(&self, finding: &Finding, project_name: &dyn Fn(&str) -> String) -> bool {
        let policy = &finding.policy;
        let like = |pattern: &str, value: Option<&str>| value.is_some_and(|v| glob::matches(pattern, v, Case::Sensitive));
        match self {
            Self::Account(pattern) => like(pattern, policy.account.as_deref()),
            Self::Role(pattern) => like(pattern, role_of(finding)),
            Self::Name(pattern) => like(pattern, policy.name.as_deref()),
            Self::Sid(pattern) => like(pattern, policy.sid.as_deref()),
            Self::File(pattern) => pattern.is_match(project_name(&finding.primary.location.file)),
            Self::Resource(pattern) => like(pattern, policy.resource.as_deref()),
            Self::Fingerprint(pattern) => like(pattern, Some(&finding.fingerprint)),
        }
    }
}

/// The role a finding is about: from its ARN, else the name of a policy of a kind that roles have.
fn role_of(finding: &Finding) -> Option<&str> {
    let policy = &finding.policy;
    if let Some((head, path)) = policy.resource.as_deref().and_then(|arn| arn.split_once(":role/")) {
        return head.starts_with("arn:").then(|| path.rsplit('/').next().unwrap_or(path));
    }
    match policy.kind {
        Some(
            PolicyKind::IdentityPolicy | PolicyKind::TrustPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy,
        ) => policy.name.as_deref(),
        Some(
            PolicyKind::ResourcePolicy
            | PolicyKind::VpcEndpointPolicy
            | PolicyKind::ServiceControlPolicy
            | PolicyKind::ResourceControlPolicy,
        )
        | None => None,
    }
}

/// Mark what is suppressed. The notices name expired suppressions (`PAL901`), which have no effect, and those that match
/// no finding (`PAL902`; only of interest when everything was looked at), in the order of the project file.
///
/// `project_name` turns a file's name into the one the project file knows it by.
pub fn apply(
    findings: &mut [Finding],
    suppressions: &[Suppression],
    today: Date,
    project_name: &dyn Fn(&str) -> String,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for suppression in suppressions {
        let matching = findings.iter_mut().filter(|finding| suppression.matches(finding, project_name));
        if let Some(last) = suppression.expires.filter(|_| suppression.is_expired(today)) {
            notices.push(expired(suppression, last, matching.count()));
            continue;
        }
        let mut used = false;
        for finding in matching {
            used = true;
            finding.suppressed.get_or_insert_with(|| suppression.mark());
        }
        if !used {
            notices.push(Notice {
                code: "PAL902",
                message: format!("the suppression of `{}` matches no finding", suppression.rule),
                help: "remove it, or correct its `where`".to_owned(),
                location: Some(suppression.place.clone()),
            });
        }
    }
    notices
}

fn expired(suppression: &Suppression, last: Date, count: usize) -> Notice {
    let effect = match count {
        0 => String::new(),
        1 => ": 1 finding counts again".to_owned(),
        n => format!(": {n} findings count again"),
    };
    let help = match count {
        0 => "remove it: it matches no finding any more",
        _ => "mend the policy, or have the risk accepted anew with a later date",
    };
    Notice {
        code: "PAL901",
        message: format!("the suppression of `{}` expired on {last}{effect}", suppression.rule),
        help: help.to_owned(),
        location: Some(suppression.place.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::tests::finding;
    use super::*;
    use time::macros::date;

    fn suppression(rule: &str, wheres: Vec<Where>, expires: Option<Date>) -> Suppression {
        let place = finding("", "palisade.yaml", "").primary.location;
        Suppression { rule: rule.into(), wheres, reason: "r".into(), owner: None, ticket: None, expires, place }
    }

    fn file(pattern: &str) -> Where {
        let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build().unwrap();
        Where::File(glob.compile_matcher())
    }

    #[test]
    fn every_condition_must_hold() {
        let mut one = finding("pass-role-any", "p/a.json", "f1");
        one.policy.account = Some("111122223333".into());
        one.policy.sid = Some("Vendor".into());
        one.policy.kind = Some(PolicyKind::TrustPolicy);
        one.policy.name = Some("vendor-backup".into());
        let yes: [Vec<Where>; 5] = [
            vec![],
            vec![Where::Account("1111*".into()), Where::Role("vendor-*".into()), Where::Sid("Vendor".into())],
            vec![Where::Name("vendor-backup".into()), file("p/*.json")],
            vec![Where::Fingerprint("f1".into())],
            vec![file("**/a.json")],
        ];
        let no: [Vec<Where>; 5] = [
            vec![Where::Account("1111".into())],
            vec![Where::Sid("Vendor".into()), Where::Sid("Other".into())],
            vec![Where::Resource("*".into())],
            vec![file("*.json")],
            vec![Where::Fingerprint("f".into())],
        ];
        for wheres in yes {
            assert!(suppression("pass-role-*", wheres.clone(), None).matches(&one, &str::to_owned), "{wheres:?}");
        }
        for wheres in no {
            assert!(!suppression("pass-role-any", wheres.clone(), None).matches(&one, &str::to_owned), "{wheres:?}");
        }
        assert!(!suppression("pass-role", vec![], None).matches(&one, &str::to_owned));
        one.policy.resource = Some("arn:aws:iam::1:role/path/other".into());
        assert!(suppression("*", vec![Where::Role("other".into())], None).matches(&one, &str::to_owned));
    }

    #[test]
    fn expired_and_unused_ones_are_reported() {
        let mut findings = [finding("a", "x", "1"), finding("b", "x", "2"), finding("b", "x", "3")];
        let all = [
            suppression("a", vec![], Some(date!(2026 - 11 - 23))),
            suppression("b", vec![], Some(date!(2026 - 11 - 22))),
            suppression("c", vec![], None),
        ];
        let notices = apply(&mut findings, &all, date!(2026 - 11 - 23), &str::to_owned);
        let said: Vec<_> = notices.iter().map(|n| (n.code, n.message.as_str())).collect();
        assert_eq!(
            said,
            [
                ("PAL901", "the suppression of `b` expired on 2026-11-22: 2 findings count again"),
                ("PAL902", "the suppression of `c` matches no finding"),
            ]
        );
        assert_eq!(findings.iter().map(|f| f.suppressed.is_some()).collect::<Vec<_>>(), [true, false, false]);
        let Some(Suppressed::Config { expires, .. }) = &findings[0].suppressed else { panic!() };
        assert_eq!(expires.as_deref(), Some("2026-11-23"));
    }
}
