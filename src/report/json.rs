//! The JSON report, version 1: a promise, described by `schemas/report-v1.schema.json`. Findings stand one a line in both
//! spellings, so that a large report is written, compared and read piecemeal.

use super::json_out::{write_array, write_value};
use super::options::Options;
use super::summary;
use crate::finding::model::{Fix, Suppressed};
use crate::finding::{Finding, Incomplete, Label, Location, Notice, Outcome, PolicyIdentity};
use crate::span::Position;
use serde_json::{Map, Value, json};
use std::io::{Result, Write};

/// Version of the report, raised when a reader of the old one would break.
pub const SCHEMA_VERSION: u32 = 1;

/// Write one JSON object.
pub fn write(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"{\n\"schema_version\": ")?;
    write_value(&SCHEMA_VERSION.into(), out)?;
    for (key, value) in [("palisade", options.version), ("catalog", outcome.catalog_date.as_str())] {
        write!(out, ",\n\"{key}\": ")?;
        write_value(&value.into(), out)?;
    }
    out.write_all(b",\n\"findings\": ")?;
    write_array(outcome.findings.iter().map(finding), out)?;
    for (key, value) in closing(outcome) {
        write!(out, ",\n\"{key}\": ")?;
        write_value(&value, out)?;
    }
    out.write_all(b"\n}\n")
}

/// What follows the findings.
pub fn closing(outcome: &Outcome) -> [(&'static str, Value); 3] {
    [("documents", documents(outcome)), ("notices", notices(outcome)), ("summary", summary(outcome))]
}

/// Write one finding a line, and a last line with everything else.
pub fn write_lines(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    for found in &outcome.findings {
        write_value(&finding(found), out)?;
        out.write_all(b"\n")?;
    }
    let last = json!({
        "schema_version": SCHEMA_VERSION,
        "palisade": options.version,
        "catalog": outcome.catalog_date,
        "documents": documents(outcome),
        "notices": notices(outcome),
        "summary": summary(outcome),
    });
    write_value(&last, out)?;
    out.write_all(b"\n")
}

/// A finding as reports have it; what AWS says of it only where it was asked.
pub fn finding(found: &Finding) -> Value {
    let mut value = json!({
        "rule": found.rule.as_str(),
        "severity": found.severity.as_str(),
        "category": found.category.as_str(),
        "confidence": found.confidence.as_str(),
        "message": found.message,
        "why": found.why.as_deref(),
        "help": found.help.as_deref(),
        "url": found.url.as_deref(),
        "label": found.primary.message,
        "location": location(&found.primary.location),
        "policy": policy(&found.policy),
        "related": found.related.iter().map(label).collect::<Vec<_>>(),
        "fingerprint": found.fingerprint,
        "suppressed": found.suppressed.as_ref().map_or(Value::Null, suppressed),
        "fixes": found.fixes.iter().map(fix).collect::<Vec<_>>(),
    });
    if let (Value::Object(map), Some(online)) = (&mut value, found.online) {
        map.insert("online".to_owned(), online.as_str().into());
    }
    value
}

/// A place; `on` is written only for keys, as a value is what a pointer names.
pub fn location(place: &Location) -> Value {
    let mut map = Map::new();
    map.insert("file".into(), place.file.as_ref().into());
    map.insert("start".into(), position(place.start));
    map.insert("end".into(), position(place.end));
    map.insert("pointer".into(), place.pointer.as_str().into());
    if place.on_key {
        map.insert("on".into(), "key".into());
    }
    let embedded = place.embedded.as_ref().map(|pointer| match place.via.is_empty() {
        true => json!({ "pointer": pointer }),
        false => json!({ "pointer": pointer, "via": place.via }),
    });
    map.insert("embedded".into(), embedded.unwrap_or(Value::Null));
    Value::Object(map)
}

fn position(at: Position) -> Value {
    json!({ "offset": at.offset, "line": at.line, "column": at.column })
}

fn label(label: &Label) -> Value {
    json!({ "message": label.message, "location": location(&label.location) })
}

fn policy(policy: &PolicyIdentity) -> Value {
    json!({
        "kind": policy.kind.map(|kind| kind.as_str()),
        "resource_type": policy.resource_type,
        "account": policy.account,
        "resource": policy.resource,
        "name": policy.name,
        "sid": policy.sid,
    })
}

fn suppressed(suppressed: &Suppressed) -> Value {
    match suppressed {
        Suppressed::Baseline => json!({ "by": "baseline" }),
        Suppressed::Config { reason, owner, ticket, expires } => {
            json!({ "by": "config", "reason": reason, "owner": owner, "ticket": ticket, "expires": expires })
        }
    }
}

fn fix(fix: &Fix) -> Value {
    json!({ "title": fix.title, "safety": fix.safety.as_str(), "text": fix.text })
}

fn documents(outcome: &Outcome) -> Value {
    let unrecognised: Vec<&str> = outcome.coverage.unrecognised.iter().map(AsRef::as_ref).collect();
    json!({
        "read": outcome.coverage.documents,
        "by_layout": outcome.coverage.layouts,
        "unrecognised": unrecognised,
        "unknown": outcome.coverage.unknown,
        "absent": outcome.coverage.absent.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        "not_in_force": outcome.coverage.idle,
        "archived": outcome.coverage.archived,
        "incomplete": outcome.incomplete.iter().map(incomplete).collect::<Vec<_>>(),
    })
}

fn incomplete(item: &Incomplete) -> Value {
    json!({
        "file": item.file.as_ref(),
        "reason": item.reason,
        "help": item.help,
        "code": item.code.map(|code| code.as_str()),
        "location": item.location.as_ref().map_or(Value::Null, location),
        "related": item.related.iter().map(label).collect::<Vec<_>>(),
    })
}

fn notices(outcome: &Outcome) -> Value {
    outcome.notices.iter().map(notice).collect()
}

fn notice(notice: &Notice) -> Value {
    json!({
        "code": notice.code,
        "message": notice.message,
        "help": notice.help,
        "location": notice.location.as_ref().map_or(Value::Null, location),
    })
}

fn summary(outcome: &Outcome) -> Value {
    let kinds = outcome.coverage.policies.iter();
    let counts = |pairs: Vec<(&str, usize)>| -> Map<String, Value> {
        pairs.into_iter().map(|(key, n)| (key.to_owned(), n.into())).collect()
    };
    let severities = outcome.by_severity();
    let mut value = json!({
        "policies": outcome.policies(),
        "policies_by_kind": kinds
            .map(|((kind, assumed), n)| json!({ "kind": kind, "assumed": assumed, "count": n }))
            .collect::<Vec<_>>(),
        "statements": outcome.coverage.statements,
        "rules": outcome.coverage.rules,
        "by_severity": counts(severities.iter().rev().map(|(severity, n)| (severity.as_str(), *n)).collect()),
        "by_rule": counts(outcome.by_rule().iter().map(|(rule, n)| (rule.as_str(), *n)).collect()),
        "undecided": counts(outcome.coverage.undecided.iter().map(|(rule, n)| (rule.as_str(), *n)).collect()),
        "not_applicable": counts(outcome.coverage.not_applicable.iter().map(|(rule, n)| (rule.as_str(), *n)).collect()),
        "suppressed": outcome.suppressed(),
        "incomplete": summary::incomplete_files(outcome).len(),
    });
    if let (Value::Object(map), Some(online)) = (&mut value, outcome.coverage.online) {
        let told = json!({
            "policies": online.policies, "unanswered": online.unanswered, "confirmed": online.confirmed,
            "added": online.added, "not_reported": online.not_reported,
        });
        map.insert("online".to_owned(), told);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn shown(outcome: &Outcome, lines: bool) -> String {
        let mut out = Vec::new();
        let write = if lines { write_lines } else { write };
        write(outcome, &Options::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn schema() -> Value {
        serde_json::from_str(include_str!("../../schemas/report-v1.schema.json")).unwrap()
    }

    fn assert_valid(schema: &Value, instance: &Value) {
        let validator = jsonschema::validator_for(schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(instance).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    #[test]
    fn reports_keep_to_the_schema() {
        for outcome in [Outcome { catalog_date: "2026-09-26".into(), ..Outcome::default() }, sample::outcome(), {
            let mut hostile = sample::hostile();
            hostile.catalog_date = "2026-09-26".into();
            hostile
        }] {
            let text = shown(&outcome, false);
            assert!(sample::is_tame(&text));
            assert_valid(&schema(), &serde_json::from_str(&text).unwrap());
        }
    }

    #[test]
    fn the_schema_is_strict() {
        let mut report: Value = serde_json::from_str(&shown(&sample::outcome(), false)).unwrap();
        report["findings"][0]["surprise"] = true.into();
        assert!(!jsonschema::is_valid(&schema(), &report));
    }

    #[test]
    fn lines_are_the_same_findings_and_a_summary() {
        let outcome = sample::outcome();
        let whole: Value = serde_json::from_str(&shown(&outcome, false)).unwrap();
        let lines: Vec<Value> = shown(&outcome, true).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (last, findings) = lines.split_last().unwrap();
        assert_eq!(whole["findings"].as_array().unwrap(), findings);
        let mut definitions = schema();
        for found in findings {
            definitions["$ref"] = "#/$defs/finding".into();
            for key in ["type", "required", "properties", "additionalProperties"] {
                definitions.as_object_mut().unwrap().remove(key);
            }
            assert_valid(&definitions, found);
        }
        for key in ["schema_version", "palisade", "catalog", "documents", "notices", "summary"] {
            assert_eq!(last[key], whole[key]);
        }
    }

    #[test]
    fn what_aws_says_is_written_where_it_was_asked() {
        let mut outcome = sample::outcome();
        assert!(!shown(&outcome, false).contains("\"online\""));
        outcome.findings[0].online = Some(crate::finding::model::Online::NotReported);
        outcome.coverage.online = Some(crate::finding::outcome::OnlineCoverage { policies: 3, ..Default::default() });
        let report: Value = serde_json::from_str(&shown(&outcome, false)).unwrap();
        assert!(jsonschema::is_valid(&schema(), &report));
        assert_eq!(report["findings"][0]["online"], "not-reported");
        assert_eq!(report["summary"]["online"]["policies"], 3);
    }

    #[test]
    fn suppressed_findings_are_listed_and_not_counted() {
        let report: Value = serde_json::from_str(&shown(&sample::outcome(), false)).unwrap();
        assert_eq!(report["findings"].as_array().unwrap().len(), 3);
        assert_eq!(report["summary"]["by_severity"]["critical"], 0);
        assert_eq!(report["summary"]["by_rule"].as_object().unwrap().len(), 2);
        assert_eq!(report["summary"]["suppressed"], 1);
        assert_eq!(report["summary"]["incomplete"], 2);
    }

    #[test]
    fn keys_stand_in_the_promised_order() {
        let report: Value = serde_json::from_str(&shown(&sample::outcome(), false)).unwrap();
        let keys: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["schema_version", "palisade", "catalog", "findings", "documents", "notices", "summary"]);
    }

    #[test]
    fn keys_and_embedded_policies_are_told_apart() {
        let mut place = sample::wildcard().primary.location;
        assert_eq!(location(&place)["embedded"], Value::Null);
        assert!(location(&place).get("on").is_none());
        place.on_key = true;
        place.embedded = Some("/Statement/0".into());
        assert_eq!(location(&place)["on"], "key");
        assert_eq!(location(&place)["embedded"]["pointer"], "/Statement/0");
    }
}
