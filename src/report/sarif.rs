//! SARIF 2.1.0, for code scanning. Results stand one a line, so that a large report is written piecemeal.

use super::escape::{terminal, terminal_lines, uri_path};
use super::json_out::{write_array, write_value};
use super::level::Level;
use super::options::Options;
use super::sarif_rules::descriptor;
use super::summary;
use crate::finding::{Finding, Incomplete, Label, Location, Notice, Outcome, PolicyIdentity};
use serde_json::{Map, Value, json};
use std::io::{Result, Write};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Write the report.
pub fn write(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{{\n\"$schema\": \"{SCHEMA}\",\n\"version\": \"2.1.0\",\n\"runs\": [\n{{")?;
    let driver = json!({
        "driver": {
            "name": "palisade",
            "version": options.version,
            "semanticVersion": options.version,
            "rules": outcome.rules.iter().map(descriptor).collect::<Vec<_>>(),
        }
    });
    write_key("tool", &driver, out)?;
    write_key("invocations", &json!([invocation(outcome)]), out)?;
    write_key("columnKind", &"unicodeCodePoints".into(), out)?;
    write_key("properties", &properties(outcome, options), out)?;
    write!(out, "\"results\": ")?;
    write_array(outcome.findings.iter().map(|finding| result(finding, outcome)), out)?;
    writeln!(out, "\n}}\n]\n}}")
}

fn write_key(key: &str, value: &Value, out: &mut dyn Write) -> Result<()> {
    write!(out, "\"{key}\": ")?;
    write_value(value, out)?;
    writeln!(out, ",")
}

fn properties(outcome: &Outcome, options: &Options) -> Value {
    json!({
        "catalog": terminal(&outcome.catalog_date),
        "coverage": summary::coverage(outcome),
        "result": summary::result(outcome, options.fail_on),
    })
}

fn invocation(outcome: &Outcome) -> Value {
    json!({
        "executionSuccessful": outcome.incomplete.is_empty(),
        "toolExecutionNotifications": outcome.incomplete.iter().map(incomplete).collect::<Vec<_>>(),
        "toolConfigurationNotifications": outcome.notices.iter().map(notice).collect::<Vec<_>>(),
    })
}

fn incomplete(item: &Incomplete) -> Value {
    let place = item.location.as_ref().map_or_else(|| json!({ "artifactLocation": artifact(&item.file) }), physical);
    json!({
        "descriptor": { "id": item.code.map_or("unreadable", |code| code.as_str()) },
        "level": "error",
        "message": message(&format!("{}; {}", item.reason, item.help)),
        "locations": [{ "physicalLocation": place }],
    })
}

fn notice(notice: &Notice) -> Value {
    let places: Vec<Value> = notice.location.iter().map(|place| json!({ "physicalLocation": physical(place) })).collect();
    json!({
        "descriptor": { "id": notice.code },
        "level": "warning",
        "message": message(&format!("{}; {}", notice.message, notice.help)),
        "locations": places,
    })
}

fn result(finding: &Finding, outcome: &Outcome) -> Value {
    let mut map = Map::new();
    map.insert("ruleId".into(), finding.rule.as_str().into());
    if let Ok(index) = outcome.rules.binary_search_by(|card| card.id.cmp(&finding.rule)) {
        map.insert("ruleIndex".into(), index.into());
    }
    map.insert("level".into(), Level::of(finding.severity).as_str().into());
    map.insert("message".into(), message(&finding.message));
    let mut place = json!({ "physicalLocation": physical(&finding.primary.location) });
    if let Some(place) = place.as_object_mut() {
        let names = logical(&finding.policy);
        if !names.is_empty() {
            place.insert("logicalLocations".into(), names.into());
        }
        if !finding.primary.message.is_empty() {
            place.insert("message".into(), message(&finding.primary.message));
        }
    }
    map.insert("locations".into(), json!([place]));
    if !finding.related.is_empty() {
        map.insert("relatedLocations".into(), finding.related.iter().enumerate().map(related).collect());
    }
    map.insert("partialFingerprints".into(), json!({ "palisade/v1": finding.fingerprint }));
    if let Some(suppressed) = &finding.suppressed {
        let why = terminal(&summary::suppression(suppressed));
        map.insert("suppressions".into(), json!([{ "kind": "external", "status": "accepted", "justification": why }]));
    }
    map.insert("properties".into(), result_properties(finding));
    Value::Object(map)
}

fn result_properties(finding: &Finding) -> Value {
    let place = &finding.primary.location;
    let policy = &finding.policy;
    let mut value = json!({
        "severity": finding.severity.as_str(),
        "category": finding.category.as_str(),
        "confidence": finding.confidence.as_str(),
        "pointer": terminal(&place.pointer),
        "embeddedPointer": place.embedded.as_deref().map(terminal),
        "policyKind": policy.kind.map(|kind| kind.as_str()),
        "account": policy.account.as_deref().map(terminal),
        "resource": policy.resource.as_deref().map(terminal),
        "help": finding.help.as_deref().map(terminal_lines),
    });
    if let (Value::Object(map), Some(online)) = (&mut value, finding.online) {
        map.insert("online".to_owned(), online.as_str().into());
    }
    value
}

fn related((index, label): (usize, &Label)) -> Value {
    let text = if label.message.is_empty() { "see also" } else { &label.message };
    json!({ "id": index + 1, "physicalLocation": physical(&label.location), "message": message(text) })
}

/// The policy and the statement by name, for readers that group by them.
fn logical(policy: &PolicyIdentity) -> Vec<Value> {
    let kind = policy.kind.map_or("policy", |kind| kind.as_str());
    let name = policy.name.as_ref().map(|name| (name, kind));
    let statement = policy.sid.as_ref().map(|sid| (sid, "statement"));
    name.into_iter().chain(statement).map(|(name, kind)| json!({ "name": terminal(name), "kind": kind })).collect()
}

fn physical(place: &Location) -> Value {
    let (start, end) = (place.start, place.end);
    json!({
        "artifactLocation": artifact(&place.file),
        "region": {
            "startLine": start.line.max(1),
            "startColumn": start.column.max(1),
            "endLine": end.line.max(1),
            "endColumn": end.column.max(1),
            "byteOffset": start.offset,
            "byteLength": end.offset.saturating_sub(start.offset),
        },
    })
}

/// Relative to the root of the repository, unless the path is absolute.
fn artifact(file: &str) -> Value {
    if file.starts_with('/') {
        return json!({ "uri": format!("file://{}", uri_path(file)) });
    }
    let relative = file.strip_prefix("./").unwrap_or(file);
    json!({ "uri": uri_path(relative), "uriBaseId": "%SRCROOT%" })
}

/// Plain text that no reader takes for a link or a placeholder.
fn message(text: &str) -> Value {
    let mut text = terminal(text);
    if text.contains("](") {
        text = text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    }
    for digit in '0'..='9' {
        text = text.replace(&format!("{{{digit}"), &format!("{{{{{digit}"));
    }
    json!({ "text": text })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn shown(outcome: &Outcome) -> Value {
        let mut out = Vec::new();
        write(outcome, &Options::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(sample::is_tame(&text));
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn logs_keep_to_the_published_schema() {
        let schema = serde_json::from_str(include_str!("../../tests/schemas/sarif-2.1.0.json")).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        for outcome in [Outcome::default(), sample::outcome(), sample::hostile()] {
            let log = shown(&outcome);
            let errors: Vec<String> = validator.iter_errors(&log).map(|e| format!("{e} at {}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}");
        }
    }

    #[test]
    fn results_point_at_their_rule_and_their_region() {
        let log = shown(&sample::outcome());
        let run = &log["runs"][0];
        let result = &run["results"][2];
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["properties"]["security-severity"], "8.0");
        assert_eq!(result["level"], "error");
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(8), Some(19)));
        assert_eq!(region["byteLength"], 54);
        assert_eq!(result["locations"][0]["logicalLocations"][1]["name"], "Detect");
        assert_eq!(run["results"][0]["suppressions"][0]["kind"], "external");
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn hostile_text_is_neither_link_nor_placeholder_nor_scheme() {
        let log = shown(&sample::hostile());
        let result = &log["runs"][0]["results"][0];
        let text = result["message"]["text"].as_str().unwrap();
        assert!(sample::is_tame(text));
        assert!(text.contains("\\[l\\](http://e)") && text.contains("{{0}"));
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
        assert!(log["runs"][0]["tool"]["driver"]["rules"][0].get("helpUri").is_none());
    }
}
