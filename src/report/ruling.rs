//! What becomes of one request, for people and for machines.

use super::diagnostic::{Diagnostic, Note};
use super::escape::terminal;
use super::json::{SCHEMA_VERSION, location};
use super::json_out::write_value;
use super::options::Options;
use super::text::write_diagnostic;
use crate::evaluate::{Caller, CallerKind, ContextValue, Explanation, Reason, Request, Ruling, View};
use crate::finding::Label;
use crate::finding::place::Placer;
use serde_json::{Map, Value, json};
use std::io::{Result, Write};

/// Statements drawn at most.
const DRAWN: usize = 4;

/// A request with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a, 's, 'd> {
    /// What was asked.
    pub request: &'a Request,
    /// The verdict.
    pub ruling: &'a Ruling<'s, 'd>,
    /// Its grounds.
    pub explanation: &'a Explanation<'s, 'd>,
}

/// Write the verdict, one sentence, and the statements that decide in their source.
pub fn write_text(answered: Answered<'_, '_, '_>, options: &Options, out: &mut dyn Write) -> Result<()> {
    let Answered { request, ruling, explanation } = answered;
    let mut labels = explanation.responsible.iter().take(DRAWN).map(label);
    let mut notes = vec![Note::prose("asked", asked(request))];
    notes.extend(explanation.assumptions.iter().map(|text| Note::prose("note", text.as_str())));
    let diagnostic = Diagnostic {
        kind: ruling.verdict.as_str(),
        code: Some(ruling.layer.as_str()),
        severity: None,
        message: &explanation.reason,
        file: None,
        primary: labels.next(),
        related: labels.collect(),
        notes,
    };
    write_diagnostic(&diagnostic, options, out)
}

/// Write one line.
pub fn write_line(answered: Answered<'_, '_, '_>, out: &mut dyn Write) -> Result<()> {
    let Answered { request, ruling, explanation } = answered;
    let (asked, reason) = (terminal(&asked(request)), terminal(&explanation.reason));
    writeln!(out, "{:13} {asked}: {reason}", ruling.verdict.as_str())
}

/// Write one JSON object on one line.
pub fn write_json(answered: Answered<'_, '_, '_>, out: &mut dyn Write) -> Result<()> {
    let Answered { request, ruling, explanation } = answered;
    let value = json!({
        "schema_version": SCHEMA_VERSION,
        "verb": "can",
        "verdict": ruling.verdict.as_str(),
        "layer": ruling.layer.as_str(),
        "witness": witness(request),
        "responsible": explanation.responsible.iter().map(responsible).collect::<Vec<_>>(),
        "reason": explanation.reason,
        "assumptions": explanation.assumptions,
    });
    write_value(&value, out)?;
    writeln!(out)
}

/// A request as it was evaluated, the keys that AWS adds included. It can be put into a scenario again.
pub fn witness(request: &Request) -> Value {
    let view = View::new(request);
    let context: Map<String, Value> = view.full_context().into_iter().map(|(key, value)| (key, text_or_list(value))).collect();
    json!({
        "principal": caller(&request.caller),
        "action": request.action,
        "resource": view.resource(),
        "resource_account": request.resource_account,
        "context": context,
    })
}

fn text_or_list(value: ContextValue) -> Value {
    match value {
        ContextValue::One(text) => text.into(),
        ContextValue::Many(texts) => texts.into(),
    }
}

fn caller(caller: &Caller) -> Value {
    if caller.kind == CallerKind::Anonymous {
        return Value::Null;
    }
    let (kind, account) = (caller.kind.as_str(), &caller.account);
    json!({ "arn": caller.arn, "type": kind, "account": account, "session_name": caller.session_name })
}

fn responsible(reason: &Reason<'_, '_>) -> Value {
    json!({
        "policy": reason.policy.name.as_ref(),
        "sid": reason.sid,
        "layer": reason.layer.as_str(),
        "note": reason.note,
        "location": location(&place(reason, false).location),
    })
}

fn label(reason: &Reason<'_, '_>) -> Label {
    place(reason, true)
}

fn place(reason: &Reason<'_, '_>, shown: bool) -> Label {
    let placer = Placer::new(reason.node.document(), reason.policy.file.clone()).showing(shown);
    Label { message: reason.note.clone(), location: placer.node(Some(reason.node)) }
}

/// `s3:GetObject on arn:… by arn:…`.
fn asked(request: &Request) -> String {
    let caller = &request.caller;
    let who = match (caller.kind, &caller.session_name) {
        (CallerKind::Anonymous, _) => "an anonymous caller".to_owned(),
        (_, Some(session)) => format!("{} in session {session}", caller.arn),
        (_, None) => caller.arn.clone(),
    };
    format!("{} on {} by {who}", request.action, request.resource)
}
