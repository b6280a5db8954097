//! Answers of `prove` as JSON, version 1: a promise, described by `schemas/prove-v1.schema.json`.

use super::json::{SCHEMA_VERSION, location};
use super::json_out::{write_array, write_value};
use super::proof::{Answer, Cited, worst};
use crate::evaluate::{CallerKind, ContextValue, Request};
use crate::proof::Verdict;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::{Result, Write};

/// Write one JSON object. Of several answers it is one that fails, else one that is unknown, and `answers` holds them all.
pub fn write(answers: &[Answer], out: &mut dyn Write) -> Result<()> {
    let Some(worst) = worst(answers) else { return Ok(()) };
    write!(out, "{{\n\"schema_version\": {SCHEMA_VERSION},\n\"verb\": ")?;
    write_value(&worst.verb.into(), out)?;
    for (key, mut value) in members(worst) {
        if key == "assumptions" && worst.verdict == Verdict::Pass {
            // All of them hold it up.
            let all: BTreeSet<&str> = answers.iter().flat_map(|a| &a.assumptions).map(String::as_str).collect();
            value = if answers.len() > 1 { all.into_iter().collect() } else { value };
        }
        write!(out, ",\n\"{key}\": ")?;
        write_value(&value, out)?;
    }
    if answers.len() > 1 {
        out.write_all(b",\n\"answers\": ")?;
        write_array(answers.iter().map(one_of_many), out)?;
    }
    out.write_all(b"\n}\n")
}

fn one_of_many(answer: &Answer) -> Value {
    let mut map = Map::new();
    map.insert("of".into(), answer.subject.as_str().into());
    map.extend(members(answer));
    Value::Object(map)
}

fn members(answer: &Answer) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("verdict".into(), answer.verdict.as_str().into());
    map.insert("witness".into(), answer.witness.as_ref().map_or(Value::Null, request));
    map.insert("responsible".into(), answer.responsible.iter().map(cited).collect());
    map.insert("reason".into(), answer.reason.as_deref().into());
    map.insert("assumptions".into(), answer.assumptions.iter().map(String::as_str).collect());
    if let Some(policy) = &answer.policy {
        map.insert("policy".into(), policy.clone());
    }
    map
}

/// A statement that takes part.
pub fn cited(cited: &Cited) -> Value {
    json!({ "policy": cited.policy, "sid": cited.sid, "note": cited.note, "location": location(&cited.location) })
}

/// A request, as scenario files spell it; an anonymous principal is null.
pub fn request(request: &Request) -> Value {
    let caller = &request.caller;
    let principal = match caller.kind {
        CallerKind::Anonymous => Value::Null,
        CallerKind::User
        | CallerKind::RoleSession
        | CallerKind::Role
        | CallerKind::Root
        | CallerKind::FederatedUser
        | CallerKind::WebIdentity
        | CallerKind::Saml
        | CallerKind::Service => json!({
            "arn": caller.arn,
            "type": caller.kind.as_str(),
            "account": caller.account,
            "session_name": caller.session_name,
        }),
    };
    let context: Map<String, Value> = request.context.iter().map(|(key, value)| (key.clone(), context_value(value))).collect();
    json!({
        "principal": principal,
        "action": request.action,
        "resource": request.resource,
        "resource_account": request.resource_account,
        "context": context,
    })
}

fn context_value(value: &ContextValue) -> Value {
    match value {
        ContextValue::One(text) => text.as_str().into(),
        ContextValue::Many(all) => all.iter().map(String::as_str).collect(),
    }
}
