//! The rules in SARIF's words: help pages, levels, and the properties that code scanning sorts by.

use super::escape::{markdown, terminal, terminal_lines};
use super::level::Level;
use crate::finding::{Category, Confidence, RuleCard, Severity};
use serde_json::{Map, Value, json};

/// A `reportingDescriptor`.
pub fn descriptor(card: &RuleCard) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), card.id.as_str().into());
    map.insert("shortDescription".into(), json!({ "text": terminal(&card.title) }));
    map.insert("fullDescription".into(), json!({ "text": terminal_lines(&card.rationale) }));
    map.insert("help".into(), json!({ "text": help_text(card), "markdown": help_markdown(card) }));
    if let Some(uri) = card.references.first().filter(|uri| is_link(uri)) {
        map.insert("helpUri".into(), uri.as_ref().into());
    }
    map.insert("defaultConfiguration".into(), json!({ "level": Level::of(card.severity).as_str() }));
    map.insert(
        "properties".into(),
        json!({
            "precision": precision(card.confidence),
            "security-severity": security_severity(card.severity),
            "problem.severity": problem_severity(card.severity),
            "tags": tags(card),
        }),
    );
    Value::Object(map)
}

fn help_text(card: &RuleCard) -> String {
    let mut parts = vec![terminal_lines(&card.rationale), terminal_lines(&card.remediation)];
    parts.extend(card.references.iter().map(|reference| terminal(reference)));
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n\n")
}

fn help_markdown(card: &RuleCard) -> String {
    let mut out = String::new();
    for (title, text) in [("Why it matters", &card.rationale), ("How to mend it", &card.remediation)] {
        let paragraphs: Vec<String> = text.split("\n\n").filter(|p| !p.trim().is_empty()).map(paragraph).collect();
        if !paragraphs.is_empty() {
            out.push_str(&format!("## {title}\n\n{}\n\n", paragraphs.join("\n\n")));
        }
    }
    let links: Vec<String> = card.references.iter().filter(|uri| is_link(uri)).map(|uri| format!("- <{uri}>\n")).collect();
    if !links.is_empty() {
        out.push_str(&format!("## Read on\n\n{}", links.concat()));
    }
    out
}

fn paragraph(text: &str) -> String {
    text.lines().map(|line| markdown(line.trim())).collect::<Vec<_>>().join("\n")
}

/// True for an absolute web address that needs no escaping anywhere.
pub fn is_link(uri: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&*+,;=%".contains(c);
    (uri.starts_with("https://") || uri.starts_with("http://")) && uri.chars().all(allowed)
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// GitHub's bands: critical from 9.0, high from 7.0, medium from 4.0, low above zero.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match Level::of(severity) {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    }
}

/// The category and the rule's own tags, each once; `security` is what makes GitHub read `security-severity`.
fn tags(card: &RuleCard) -> Vec<String> {
    let security = match card.category {
        Category::Security | Category::Guardrail => Some("security"),
        Category::Correctness | Category::Style => None,
    };
    let all = security.into_iter().chain([card.category.as_str()]).chain(card.tags.iter().map(AsRef::as_ref));
    let mut tags: Vec<String> = Vec::new();
    for tag in all.map(terminal) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}
