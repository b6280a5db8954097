//! OCSF 1.6.0, class Compliance Finding (2003) with the profile `cloud`: one JSON object a line, for data lakes and SIEMs.
//!
//! Attributes and enumerations are those of <https://schema.ocsf.io/1.6.0/classes/compliance_finding>. Times are
//! milliseconds since 1970.

use super::export::{Record, Standing, arn, around, milliseconds, records};
use super::options::Options;
use crate::audit::Audit;
use crate::finding::{Confidence, Severity};
use serde_json::{Map, Value, json};
use std::io::{Result, Write};

/// The version of the schema.
pub const VERSION: &str = "1.6.0";

/// Write an event a finding; what is gone since the run before is closed, what was not checked has no verdict.
///
/// # Errors
/// When the writer refuses.
pub fn write(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    for record in records(audit) {
        writeln!(out, "{}", event(audit, &record, options))?;
    }
    Ok(())
}

fn event(audit: &Audit, record: &Record, options: &Options) -> Value {
    let (activity, activity_name) = match record.standing {
        Standing::New | Standing::Suppressed | Standing::Unread => (1, "Create"),
        Standing::Known | Standing::Changed => (2, "Update"),
        Standing::Resolved => (3, "Close"),
    };
    let (status, status_name) = match record.standing {
        Standing::New | Standing::Known | Standing::Changed | Standing::Unread => (1, "New"),
        Standing::Suppressed => (3, "Suppressed"),
        Standing::Resolved => (4, "Resolved"),
    };
    let (severity, severity_name) = severity(record.severity);
    let (confidence, confidence_name) = confidence(record.confidence);
    let mut map = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            map.insert(key.to_owned(), value);
        }
    };
    set("class_uid", 2003.into());
    set("class_name", "Compliance Finding".into());
    set("category_uid", 2.into());
    set("category_name", "Findings".into());
    set("activity_id", activity.into());
    set("activity_name", activity_name.into());
    set("type_uid", (200_300 + activity).into());
    set("type_name", format!("Compliance Finding: {activity_name}").into());
    set("time", milliseconds(&audit.run.at).unwrap_or_default().into());
    set("severity_id", severity.into());
    set("severity", severity_name.into());
    set("status_id", status.into());
    set("status", status_name.into());
    set("confidence_id", confidence.into());
    set("confidence", confidence_name.into());
    set("message", record.message.as_str().into());
    set("metadata", metadata(audit, record, options));
    set("cloud", cloud(audit, record));
    set("finding_info", info(audit, record));
    set("compliance", compliance(record));
    set("resources", resources(record));
    set("remediation", remediation(record));
    if !record.place.is_empty() {
        let place = json!({ "place": record.place, "pointer": record.pointer });
        set("evidences", json!([{ "name": "place in the policy", "data": place }]));
    }
    Value::Object(map)
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn confidence(confidence: Confidence) -> (u8, &'static str) {
    match confidence {
        Confidence::Low => (1, "Low"),
        Confidence::Medium => (2, "Medium"),
        Confidence::High => (3, "High"),
    }
}

fn metadata(audit: &Audit, record: &Record, options: &Options) -> Value {
    let mut map = Map::new();
    map.insert("version".into(), VERSION.into());
    map.insert("product".into(), json!({ "name": "palisade", "vendor_name": "palisade", "version": options.version }));
    map.insert("profiles".into(), json!(["cloud"]));
    map.insert("log_name".into(), "palisade audit".into());
    if let Some(rule) = &record.rule {
        map.insert("event_code".into(), rule.as_str().into());
    }
    if milliseconds(&audit.run.at).is_some() {
        map.insert("original_time".into(), audit.run.at.as_str().into());
    }
    Value::Object(map)
}

fn cloud(audit: &Audit, record: &Record) -> Value {
    let mut map = Map::new();
    map.insert("provider".into(), "AWS".into());
    let [partition, _, region, _, _] = record.resource.as_deref().and_then(arn).unwrap_or_default();
    for (key, value) in [("cloud_partition", partition), ("region", region)] {
        if !value.is_empty() {
            map.insert(key.into(), value.into());
        }
    }
    if let Some(id) = &record.account {
        let (name, unit) = around(audit.organization.as_ref(), id);
        let mut account = json!({ "uid": id, "type_id": 10, "type": "AWS Account" });
        if let (Some(name), Some(object)) = (name, account.as_object_mut()) {
            object.insert("name".into(), super::escape::terminal(name).into());
        }
        map.insert("account".into(), account);
        // `…:account/o-exampleorgid/111122223333`
        let arn = audit.organization.as_ref().and_then(|o| o.accounts.get(id)?.arn.as_deref()?.split('/').nth(1));
        if let (Some((unit, unit_name)), Some(organization)) = (unit, arn) {
            let [organization, unit, unit_name] = [organization, unit, unit_name].map(super::escape::terminal);
            map.insert("org".into(), json!({ "uid": organization, "ou_uid": unit, "ou_name": unit_name }));
        }
    }
    Value::Object(map)
}

fn info(audit: &Audit, record: &Record) -> Value {
    let mut map = Map::new();
    map.insert("uid".into(), record.id.as_str().into());
    map.insert("title".into(), record.title.as_str().into());
    let desc = [record.message.as_str(), &record.why].join("\n");
    map.insert("desc".into(), desc.trim().into());
    map.insert("types".into(), json!([record.category.as_str()]));
    map.insert("data_sources".into(), json!(["IAM policies"]));
    if let Some(rule) = &record.rule {
        map.insert("analytic".into(), json!({ "uid": rule, "name": record.title, "type_id": 1, "type": "Rule" }));
    }
    if let Some(url) = &record.url {
        map.insert("src_url".into(), url.as_str().into());
    }
    let first = milliseconds(&record.first_seen);
    let now = milliseconds(&audit.run.at);
    // A finding that is gone was last seen in the run before.
    let last =
        if record.standing == Standing::Resolved { audit.drift.as_ref().and_then(|d| milliseconds(&d.since.at)) } else { now };
    let times = [("created_time", first), ("first_seen_time", first), ("last_seen_time", last), ("modified_time", now)];
    for (key, value) in times {
        if let Some(value) = value {
            map.insert(key.into(), value.into());
        }
    }
    Value::Object(map)
}

fn compliance(record: &Record) -> Value {
    let (status, name) = match record.standing {
        Standing::New | Standing::Known | Standing::Changed | Standing::Suppressed => (3, "Fail"),
        Standing::Resolved => (1, "Pass"),
        Standing::Unread => (0, "Unknown"),
    };
    let mut map = Map::new();
    map.insert("status_id".into(), status.into());
    map.insert("status".into(), name.into());
    let mut standards = vec!["palisade"];
    standards.extend(record.controls.iter().map(|(framework, _)| framework.as_str()));
    standards.dedup();
    map.insert("standards".into(), json!(standards));
    let requirements: Vec<String> = record.controls.iter().map(|(framework, control)| format!("{framework} {control}")).collect();
    if !requirements.is_empty() {
        map.insert("requirements".into(), json!(requirements));
    }
    map.insert("category".into(), record.category.as_str().into());
    if let Some(rule) = &record.rule {
        map.insert("control".into(), rule.as_str().into());
    }
    let detail = match record.standing {
        Standing::Resolved => "it is gone since the run before",
        Standing::Suppressed => "it is accepted",
        Standing::New | Standing::Known | Standing::Changed | Standing::Unread => record.message.as_str(),
    };
    map.insert("status_details".into(), json!([detail]));
    Value::Object(map)
}

fn resources(record: &Record) -> Value {
    let Some(resource) = &record.resource else { return Value::Null };
    let [partition, service, region, _, name] = arn(resource).unwrap_or_default();
    let mut map = Map::new();
    map.insert("uid".into(), resource.as_str().into());
    map.insert("name".into(), if name.is_empty() { resource.as_str() } else { name }.into());
    let kind = record.resource_type.as_deref().unwrap_or(service);
    for (key, value) in [("type", kind), ("cloud_partition", partition), ("region", region)] {
        if !value.is_empty() {
            map.insert(key.into(), value.into());
        }
    }
    json!([map])
}

fn remediation(record: &Record) -> Value {
    if record.help.is_empty() {
        return Value::Null;
    }
    match &record.url {
        Some(url) => json!({ "desc": record.help, "references": [url] }),
        None => json!({ "desc": record.help }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{audit_sample, sample};
    use super::*;

    fn events(audit: &Audit) -> Vec<Value> {
        let mut out = Vec::new();
        write(audit, &Options::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(sample::is_tame(&text));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn events_keep_to_the_schema() {
        let schema: Value = serde_json::from_str(include_str!("../../tests/schemas/ocsf-compliance-finding-1.6.0.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut incomplete = audit_sample::audit();
        incomplete.outcome.incomplete = sample::outcome().incomplete;
        let alone = Audit { outcome: sample::outcome(), ..Audit::default() };
        for audit in [incomplete, alone, audit_sample::hostile()] {
            for event in events(&audit) {
                let errors: Vec<String> =
                    validator.iter_errors(&event).map(|e| format!("{e} at {}", e.instance_path())).collect();
                assert!(errors.is_empty(), "{errors:#?}\n{event:#}");
            }
        }
        let mut wrong = events(&audit_sample::audit()).remove(0);
        wrong["severity_id"] = 7.into();
        assert!(!validator.is_valid(&wrong), "the schema knows its enumerations");
        wrong["severity_id"] = 3.into();
        assert!(validator.is_valid(&wrong));
        wrong["finding_info"].as_object_mut().unwrap().remove("uid");
        assert!(!validator.is_valid(&wrong), "and what is required");
    }

    #[test]
    fn an_event_tells_its_story() {
        let mut audit = audit_sample::audit();
        audit.outcome.incomplete = sample::outcome().incomplete;
        let shown: Vec<String> = events(&audit)
            .iter()
            .map(|e| {
                format!(
                    "{} | {} | {} | {} | {}",
                    e["type_name"], e["status"], e["compliance"]["status"], e["severity"], e["finding_info"]["uid"]
                )
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n").replace('"', ""), @r"
        Compliance Finding: Update | New | Fail | High | 00000000000000000000000000036260
        Compliance Finding: Create | New | Fail | Critical | 00000000000000000000000000000007
        Compliance Finding: Update | New | Fail | Medium | 000000000000000000000000000000b1
        Compliance Finding: Create | Suppressed | Fail | Critical | 000000000000000000000000000000c1
        Compliance Finding: Close | Resolved | Pass | High | a1
        Compliance Finding: Create | New | Unknown | Informational | ad7dbcdd615d038416f3191ac9c98c49
        Compliance Finding: Create | New | Unknown | Informational | 70874ef67b7cb16c00e144918c090323
        ");
    }

    #[test]
    fn controls_are_requirements_of_their_standards() {
        let mut audit = audit_sample::audit();
        // Two controls of a framework name it once; a rule without any is about palisade's own.
        audit.outcome.rules[1].compliance = [("aws-fsbp".to_owned(), vec!["IAM.1".to_owned(), "IAM.2".to_owned()])].into();
        audit.outcome.rules[3].compliance.clear();
        let of = |rule: &str| {
            let all = events(&audit);
            let event = all.iter().find(|e| e["metadata"]["event_code"] == rule).unwrap();
            (event["compliance"]["standards"].clone(), event["compliance"]["requirements"].clone())
        };
        let named = ["CIS AWS Foundations Benchmark v3.0.0", "NIST.800-53.r5", "x-acme"];
        let whole = json!(["palisade", named[0], named[1], named[2]]);
        let requirements = json!([format!("{} 1.16", named[0]), "NIST.800-53.r5 AC-6", "x-acme iam 7"]);
        assert_eq!(of("full-admin"), (whole, requirements));
        let fsbp = "AWS Foundational Security Best Practices v1.0.0";
        assert_eq!(of("old-version"), (json!(["palisade", fsbp]), json!([format!("{fsbp} IAM.1"), format!("{fsbp} IAM.2")])));
        assert_eq!(of("rekognition-project-wildcard"), (json!(["palisade"]), Value::Null));
    }

    #[test]
    fn equal_runs_write_equal_events() {
        let text = |audit: &Audit| events(audit).iter().map(Value::to_string).collect::<Vec<_>>();
        assert_eq!(text(&audit_sample::audit()), text(&audit_sample::audit()));
    }
}
