//! Hand-made outcomes for the tests of every format: an ordinary run and a hostile one.

use crate::document::ProblemCode;
use crate::finding::model::{Fix, FixSafety, Suppressed};
use crate::finding::{
    Category, Confidence, Coverage, Excerpt, Finding, Incomplete, Label, Location, Notice, Outcome, PolicyIdentity, RuleCard,
    RuleId, Severity,
};
use crate::policy::PolicyKind;
use crate::span::{LineIndex, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A consumer role of the founding example.
pub const CONSUMER: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Detect",
      "Effect": "Allow",
      "Action": "rekognition:DetectCustomLabels",
      "Resource": "arn:aws:rekognition:us-east-1:111122223333:project/*"
    }
  ]
}
"#;

/// The place of `wanted` in `text`, with two lines of context.
pub fn location(file: &str, text: &str, wanted: &str) -> Location {
    let start = text.find(wanted).expect("the sample holds the wanted text");
    location_of(file, text, start, start + wanted.len())
}

/// The place of a byte range.
pub fn location_of(file: &str, text: &str, start: usize, end: usize) -> Location {
    let index = LineIndex::new(text);
    let (from, to) = (index.position(text, start), index.position(text, end));
    let first = from.line.saturating_sub(2).max(1);
    let last = (to.line + 2).min(index.lines());
    let lines = index.line_range(text, first).start..index.line_range(text, last).end;
    let excerpt = Excerpt {
        text: text.get(lines.clone()).unwrap_or_default().to_owned(),
        first_line: first,
        span: Span::new(start - lines.start, end - lines.start),
        decoded: false,
    };
    Location {
        file: file.into(),
        start: from,
        end: to,
        pointer: "/Statement/0/Resource".into(),
        embedded: None,
        via: Vec::new(),
        on_key: false,
        excerpt: Arc::new(excerpt),
    }
}

/// A label.
pub fn label(message: &str, location: Location) -> Label {
    Label { message: message.into(), location }
}

/// A finding at a label, all else filled in.
pub fn finding(rule: &str, severity: Severity, message: &str, primary: Label) -> Finding {
    Finding {
        rule: RuleId::new(rule),
        severity,
        category: Category::Security,
        confidence: Confidence::High,
        message: message.into(),
        why: Some(
            "A wildcard in place of the project name grants every model of the account, those trained later included.".into(),
        ),
        help: Some("name the project or the model version".into()),
        url: Some("https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html".into()),
        primary,
        related: Vec::new(),
        policy: PolicyIdentity {
            kind: Some(PolicyKind::IdentityPolicy),
            account: Some("111122223333".into()),
            name: Some("consumer".into()),
            sid: Some("Detect".into()),
            ..PolicyIdentity::default()
        },
        fingerprint: format!("{:032x}", rule.len() * 7919 + message.len()),
        suppressed: None,
        fixes: Vec::new(),
        online: None,
    }
}

/// The wildcard of the founding example, with two labels and a fix.
pub fn wildcard() -> Finding {
    let place = location("policies/consumer.json", CONSUMER, "\"arn:aws:rekognition:us-east-1:111122223333:project/*\"");
    let mut found = finding(
        "rekognition-project-wildcard",
        Severity::High,
        "`rekognition:DetectCustomLabels` is granted on every project",
        label("`project/*` covers every project of the account, present and future", place),
    );
    let action = location("policies/consumer.json", CONSUMER, "\"rekognition:DetectCustomLabels\"");
    found.related.push(label("the action it is granted for", action));
    found.fixes.push(Fix {
        title: "name one model version".into(),
        safety: FixSafety::Suggest,
        text: "\"arn:aws:rekognition:us-east-1:111122223333:project/NAME/version/VERSION/TIMESTAMP\"".into(),
    });
    found
}

fn card(rule: &str, severity: Severity) -> RuleCard {
    RuleCard {
        id: RuleId::new(rule),
        title: "Grants on a wildcard project".into(),
        severity,
        category: Category::Security,
        confidence: Confidence::High,
        rationale: "A wildcard grants every model of the account.\n\nThose trained later are included.".into(),
        remediation: "Name the project.".into(),
        references: vec!["https://docs.aws.amazon.com/rekognition/".into()],
        tags: vec!["rekognition".into()],
        compliance: BTreeMap::new(),
    }
}

/// A broken file.
pub fn incomplete() -> Incomplete {
    let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Deny\", \"Action\": [\"s3:*\",], \"Resource\": \"*\"}\n  ]\n}\n";
    let comma = text.find(",]").expect("the sample holds a trailing comma");
    Incomplete {
        file: "scp/deny.json".into(),
        code: Some(ProblemCode::TrailingComma),
        reason: "comma before `]`".into(),
        help: "remove the comma".into(),
        location: Some(location_of("scp/deny.json", text, comma, comma + 1)),
        related: Vec::new(),
        resource: None,
    }
}

/// Two findings that count, one suppressed, two incomplete files, one notice.
pub fn outcome() -> Outcome {
    let place = location("policies/consumer.json", CONSUMER, "\"2012-10-17\"");
    let second =
        finding("old-version", Severity::Medium, "the policy language version is not stated twice", label("", place.clone()));
    let mut accepted = finding("full-admin", Severity::Critical, "everything is granted on everything", label("", place));
    accepted.suppressed = Some(Suppressed::Config {
        reason: "break-glass role".into(),
        owner: Some("platform".into()),
        ticket: None,
        expires: Some("2027-01-31".into()),
    });
    let unread = Incomplete {
        file: "policies/secret.json".into(),
        code: None,
        reason: "permission denied".into(),
        help: "make the file readable or exclude it in `palisade.yaml`".into(),
        location: None,
        related: Vec::new(),
        resource: None,
    };
    let notice = Notice {
        code: "PAL902",
        message: "the suppression of `public-bucket-policy` matched nothing".into(),
        help: "remove it".into(),
        location: Some(location("palisade.yaml", "suppress:\n  - rule: public-bucket-policy\n", "public-bucket-policy")),
    };
    Outcome {
        findings: vec![accepted, second, wildcard()],
        incomplete: vec![unread, incomplete()],
        notices: vec![notice],
        rules: vec![
            card("full-admin", Severity::Critical),
            card("old-version", Severity::Medium),
            card("rekognition-project-wildcard", Severity::High),
        ],
        coverage: Coverage {
            documents: 3,
            layouts: BTreeMap::from([("policy", 3)]),
            unknown: 0,
            absent: BTreeSet::new(),
            idle: 0,
            archived: 0,
            unrecognised: vec!["package.json".into()],
            policies: BTreeMap::from([(("identity-policy".to_owned(), true), 2), (("trust-policy".to_owned(), false), 1)]),
            statements: 9,
            rules: 41,
            undecided: BTreeMap::new(),
            not_applicable: BTreeMap::from([(RuleId::new("public-bucket-policy"), 3), (RuleId::new("public-trust-policy"), 2)]),
            online: None,
        },
        catalog_date: "2026-09-26".into(),
        targets: Vec::new(),
    }
}

/// A text that tries every way out at once.
pub const HOSTILE: &str =
    "a\x1b[31m\u{9b}2J\n::error::pwned|<script>alert(1)</script>@everyone]]>`x`[l](http://e)\u{202e}\u{200b}\u{2028}\t{0}";

/// One finding, one broken file and one notice whose every word comes from an enemy.
pub fn hostile() -> Outcome {
    let file = format!("dir/{HOSTILE}.json");
    let text = format!("{{\n  \"Sid\": \"{}\"\n}}\n", HOSTILE.replace('\n', " "));
    let place = location(&file, &text, "\"Sid\"");
    let mut found = finding("hostile", Severity::High, HOSTILE, label(HOSTILE, place.clone()));
    found.why = Some(HOSTILE.into());
    found.help = Some(HOSTILE.into());
    found.url = Some(HOSTILE.into());
    found.policy.name = Some(HOSTILE.into());
    found.policy.sid = Some(HOSTILE.into());
    found.related.push(label(HOSTILE, place.clone()));
    found.fixes.push(Fix { title: HOSTILE.into(), safety: FixSafety::Unsafe, text: HOSTILE.into() });
    let mut accepted = found.clone();
    accepted.suppressed = Some(Suppressed::Config {
        reason: HOSTILE.into(),
        owner: Some(HOSTILE.into()),
        ticket: Some(HOSTILE.into()),
        expires: None,
    });
    let broken = Incomplete {
        file: file.as_str().into(),
        code: Some(ProblemCode::BareWord),
        reason: HOSTILE.into(),
        help: HOSTILE.into(),
        location: Some(place.clone()),
        related: vec![label(HOSTILE, place.clone())],
        resource: None,
    };
    let notice = Notice { code: "PAL901", message: HOSTILE.into(), help: HOSTILE.into(), location: Some(place) };
    let mut rule = card("hostile", Severity::High);
    rule.title = HOSTILE.into();
    rule.rationale = HOSTILE.into();
    rule.remediation = HOSTILE.into();
    rule.references = vec![HOSTILE.into()];
    rule.tags = vec![HOSTILE.into()];
    let coverage = Coverage { unrecognised: vec![file.as_str().into()], documents: 1, ..Coverage::default() };
    Outcome {
        findings: vec![found, accepted],
        incomplete: vec![broken.clone(), Incomplete { location: None, code: None, ..broken }],
        notices: vec![notice],
        rules: vec![rule],
        coverage,
        catalog_date: HOSTILE.into(),
        targets: Vec::new(),
    }
}

/// True when nothing in `text` can act on a terminal or hide.
pub fn is_tame(text: &str) -> bool {
    !text.chars().any(|c| c != '\n' && super::escape::is_hostile(c))
}
