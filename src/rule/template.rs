//! Text out of rules: prose in paragraphs, messages with placeholders, edits as the JSON to write.

use super::compiler::Compiler;
use super::meta::Rule;
use super::subject::{Item, Subject, Trace, joined};
use crate::document::{Kind, Node};
use crate::extract::Setting;
use crate::text::value::{ParamData, ParamValue};
use serde_json::Value;
use std::borrow::Cow;

/// Placeholders a message may hold, apart from `{params.…}`.
pub const PLACEHOLDERS: [&str; 16] = [
    "it.text",
    "it.account",
    "it.key",
    "it.principals.foreign_accounts",
    "statement.sid",
    "principal.name",
    "policy.name",
    "attachment.name",
    "attachment.arn",
    "target.name",
    "account.id",
    "missing.actions",
    "missing.summary",
    "it.sseAlgorithm",
    "it.kmsMasterKeyID",
    "it.finding",
];

/// Prose as it stands in a YAML block: single line breaks join, empty lines part paragraphs.
pub fn plain_text(block: &str) -> String {
    let paragraphs = block.trim().split("\n\n").map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.filter(|p| !p.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// The names between braces in a message.
pub fn placeholders(message: &str) -> impl Iterator<Item = &str> {
    message.split('{').skip(1).filter_map(|tail| tail.split_once('}')).map(|(name, _)| name)
}

/// Placeholders a message of a built-in check may hold, apart from `{params.…}`.
pub const CHECK_PLACEHOLDERS: [&str; 5] = ["it.text", "it.key", "it.operator", "it.other", "it.count"];

/// A message with its placeholders filled in.
pub fn fill(template: &str, rule: &Rule, subject: Subject<'_, '_>, trace: &Trace<'_>, place: Option<Node<'_>>) -> String {
    fill_with(template, |name| value(name, rule, subject, trace, place).map(Cow::Owned))
}

/// A message with its placeholders filled in by what `value` gives for them.
pub fn fill_with<'t>(template: &str, value: impl Fn(&str) -> Option<Cow<'t, str>>) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((head, tail)) = rest.split_once('{') {
        out.push_str(head);
        let Some((name, after)) = tail.split_once('}') else {
            out.push('{');
            rest = tail;
            continue;
        };
        match value(name) {
            Some(text) => out.push_str(&shortened(&text)),
            None => {
                // Not one of ours: JSON in an edit has braces too.
                out.push('{');
                rest = tail;
                continue;
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Policy text can be of any length; a message is one line.
fn shortened(text: &str) -> String {
    const LIMIT: usize = 160;
    if text.chars().count() <= LIMIT {
        return text.to_owned();
    }
    text.chars().take(LIMIT - 1).chain(['…']).collect()
}

fn value(name: &str, rule: &Rule, subject: Subject<'_, '_>, trace: &Trace<'_>, place: Option<Node<'_>>) -> Option<String> {
    let site = subject.site()?;
    if let Some(param) = name.strip_prefix("params.") {
        return rule.params.get(param).map(ToString::to_string);
    }
    if let (Some(key), Item::Json(value, _)) = (name.strip_prefix("it."), subject.item) {
        return Some(match value.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => "none".to_owned(),
            Some(other) => other.to_string(),
        });
    }
    Some(match name {
        "it.text" => it_text(subject, place),
        "it.finding" => match site.facts.iter().find(|f| f.name == "access_analyzer.summary").map(|f| &f.setting) {
            Some(Setting::Is(text)) => text.clone(),
            _ => "a finding".to_owned(),
        },
        "it.key" => subject.text(),
        "it.account" => match subject.item {
            Item::Principal(p) => p.account().unwrap_or(p.text).to_owned(),
            _ => subject.text(),
        },
        "it.principals.foreign_accounts" => foreign_accounts(subject),
        "statement.sid" => subject.statement.and_then(|s| s.sid).unwrap_or("(no Sid)").to_owned(),
        "principal.name" => site.principal_name().to_owned(),
        "policy.name" => site.name().to_owned(),
        "attachment.name" => site.attachment_name().to_owned(),
        "attachment.arn" => site.context.resource.clone().unwrap_or_else(|| "the resource".to_owned()),
        "target.name" => target_name(subject),
        "account.id" => site.context.account.clone().unwrap_or_else(|| "<account>".to_owned()),
        "missing.actions" => joined(trace.missing.iter().map(String::as_str)),
        "missing.summary" => match (&trace.missing[..], site.context.resource.as_deref()) {
            ([], _) => "the resource".to_owned(),
            (missing, Some(arn)) => format!("{} on {arn}", joined(missing.iter().map(String::as_str))),
            (missing, None) => joined(missing.iter().map(String::as_str)),
        },
        _ => return None,
    })
}

/// The subject's text; of a statement, the text of the place that is pointed at.
fn it_text(subject: Subject<'_, '_>, place: Option<Node<'_>>) -> String {
    match (subject.item, place) {
        (Item::Statement | Item::Documents, Some(node)) if node.is_scalar() => node.scalar().to_owned(),
        (Item::Statement | Item::Documents, Some(node)) => joined(node.one_or_many().filter(|n| n.is_scalar()).map(Node::scalar)),
        (Item::Condition(_), Some(node)) if node.is_scalar() => node.scalar().to_owned(),
        _ => subject.text(),
    }
}

fn foreign_accounts(subject: Subject<'_, '_>) -> String {
    let own = subject.site().and_then(|s| s.context.account.as_deref());
    let principals = subject.statement.and_then(|s| s.principals.as_ref()).map(|e| e.items.as_slice()).unwrap_or_default();
    let mut accounts: Vec<_> = principals.iter().filter_map(|p| p.account()).filter(|a| Some(*a) != own).collect();
    accounts.dedup();
    if accounts.is_empty() { "of anyone".to_owned() } else { joined(accounts.into_iter()) }
}

/// The account, the organizational unit, else the folder that stands for it.
fn target_name(subject: Subject<'_, '_>) -> String {
    let Some(site) = subject.site() else { return String::new() };
    if let (Some(_), Some(account)) = (subject.layers, &site.context.account) {
        let named = site.context.name.as_ref().filter(|name| *name != account);
        return named.map_or_else(|| account.clone(), |name| format!("{name} ({account})"));
    }
    let folder = site.file.rsplit_once('/').map(|(folder, _)| folder);
    let alone = subject.sites.len() == 1;
    let fallback = if alone { site.name() } else { folder.unwrap_or(".") };
    site.context.ou.clone().unwrap_or_else(|| fallback.to_owned())
}

/// The text an edit writes: a statement, a condition, a value. Parameters are filled in, placeholders stay.
pub(super) fn edit_text<'d>(c: &mut Compiler<'d>, edit: Node<'d>) -> String {
    let known = ["replace", "with", "remove", "add_statement", "add_condition", "split_statement"];
    c.known_keys(edit, &known, "an edit");
    let body = edit.get("with").or_else(|| edit.get("add_statement")).or_else(|| edit.get("add_condition"));
    let Some(body) = body else { return String::new() };
    if body.kind() == Kind::String {
        return body.scalar().to_owned();
    }
    serde_json::to_string_pretty(&edit_value(c, body)).unwrap_or_default()
}

fn edit_value<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Value {
    if let Some(value) = c.param(node) {
        return value.map_or_else(|| Value::String("<value>".to_owned()), |v| param_value(&v));
    }
    match node.kind() {
        Kind::Array => Value::Array(node.elements().map(|n| edit_value(c, n)).collect()),
        Kind::Object => Value::Object(node.members().map(|(k, v)| (k.scalar().to_owned(), edit_value(c, v))).collect()),
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Null | Kind::Number | Kind::String => Value::String(node.scalar().to_owned()),
    }
}

fn param_value(value: &ParamValue) -> Value {
    match &value.data {
        ParamData::List(items) => Value::Array(items.iter().map(param_value).collect()),
        ParamData::Bool(b) => Value::Bool(*b),
        ParamData::String(_) | ParamData::Int { .. } => Value::String(value.to_string()),
    }
}
