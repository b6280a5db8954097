//! GitLab Code Quality: a JSON array, one issue a line. Suppressed findings are left out, as GitLab knows no such thing.

use super::escape::terminal;
use super::json_out::write_array;
use super::options::Options;
use crate::finding::{Category, Finding, Incomplete, Location, Outcome, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// Write the report.
pub fn write(outcome: &Outcome, _options: &Options, out: &mut dyn Write) -> Result<()> {
    let mut seen = BTreeMap::new();
    let broken = outcome.incomplete.iter().map(incomplete);
    let issues = broken.chain(outcome.active().map(issue)).map(|mut issue| {
        number(&mut issue, &mut seen);
        issue
    });
    write_array(issues, out)?;
    out.write_all(b"\n")
}

/// GitLab drops issues with a fingerprint it has seen, so equal ones are numbered.
fn number(issue: &mut Value, seen: &mut BTreeMap<String, usize>) {
    let Some(fingerprint) = issue.get("fingerprint").and_then(Value::as_str).map(str::to_owned) else { return };
    let count = seen.entry(fingerprint.clone()).or_default();
    *count += 1;
    if let (Some(slot), true) = (issue.get_mut("fingerprint"), *count > 1) {
        *slot = format!("{fingerprint}:{count}").into();
    }
}

fn issue(finding: &Finding) -> Value {
    let mut body = Vec::new();
    for (title, text) in [("Why", &finding.why), ("Fix", &finding.help), ("See", &finding.url)] {
        if let Some(text) = text {
            body.push(format!("{title}: {}", terminal(text)));
        }
    }
    json!({
        "type": "issue",
        "description": terminal(&finding.message),
        "check_name": finding.rule.as_str(),
        "categories": [category(finding.category)],
        "content": { "body": body.join("\n\n") },
        "fingerprint": finding.fingerprint,
        "severity": severity(finding.severity),
        "location": location(&finding.primary.location),
    })
}

fn incomplete(item: &Incomplete) -> Value {
    let code = item.code.map_or("unreadable", |code| code.as_str());
    let place =
        item.location.as_ref().map_or_else(|| json!({ "path": path(&item.file), "lines": { "begin": 1, "end": 1 } }), location);
    json!({
        "type": "issue",
        "description": format!("not checked in full: {}; {}", terminal(&item.reason), terminal(&item.help)),
        "check_name": code,
        "categories": ["Bug Risk"],
        "content": { "body": "" },
        "fingerprint": format!("incomplete:{code}:{}", terminal(&item.file)),
        "severity": "critical",
        "location": place,
    })
}

fn location(place: &Location) -> Value {
    json!({
        "path": path(&place.file),
        "lines": { "begin": place.start.line, "end": place.end.line },
        "positions": {
            "begin": { "line": place.start.line, "column": place.start.column },
            "end": { "line": place.end.line, "column": place.end.column },
        },
    })
}

/// Relative to the repository, without a leading `./`.
fn path(file: &str) -> String {
    terminal(file.strip_prefix("./").unwrap_or(file))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "minor",
        Severity::Medium => "major",
        Severity::High => "critical",
        Severity::Critical => "blocker",
    }
}

fn category(category: Category) -> &'static str {
    match category {
        Category::Correctness => "Bug Risk",
        Category::Security | Category::Guardrail => "Security",
        Category::Style => "Style",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn shown(outcome: &Outcome) -> Vec<Value> {
        let mut out = Vec::new();
        write(outcome, &Options::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(sample::is_tame(&text));
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn every_issue_has_what_gitlab_reads() {
        let issues = shown(&sample::outcome());
        assert_eq!(issues.len(), 4, "two broken files, two findings that count");
        for issue in &issues {
            assert!(issue["description"].is_string() && issue["check_name"].is_string());
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        }
    }

    #[test]
    fn fingerprints_are_unique() {
        let mut outcome = sample::outcome();
        outcome.findings = vec![sample::wildcard(), sample::wildcard(), sample::wildcard()];
        outcome.incomplete = vec![sample::incomplete(), sample::incomplete()];
        let mut prints: Vec<String> = shown(&outcome).iter().map(|i| i["fingerprint"].to_string()).collect();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), 5);
    }

    #[test]
    fn nothing_is_an_empty_array_and_hostile_text_is_shown() {
        assert!(shown(&Outcome::default()).is_empty());
        let issues = shown(&sample::hostile());
        assert!(issues.iter().all(|issue| sample::is_tame(issue["description"].as_str().unwrap())));
    }
}
