//! Answers of `who-can`: a table for people, and JSON as described by `schemas/who-can-v1.schema.json`.

use super::escape::terminal;
use super::json::SCHEMA_VERSION;
use super::json_out::{write_array, write_value};
use super::level::paint;
use super::options::Options;
use super::proof::Cited;
use super::proof_json::{cited, request};
use super::wrap::hanging;
use crate::evaluate::{Request, Verdict};
use serde_json::{Value, json};
use std::io::{Result, Write};

/// One way in which somebody can.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its ARN or name.
    pub arn: String,
    /// Its sort: `user`, `role`, `service`, `public`, ….
    pub kind: &'static str,
    /// The account it belongs to.
    pub account: Option<String>,
    /// It can, or nobody knows.
    pub verdict: Verdict,
    /// What it takes.
    pub conditions: Vec<String>,
    /// The statements that allow.
    pub via: Vec<Cited>,
    /// A request that is allowed.
    pub witness: Option<Request>,
    /// Why nobody knows.
    pub reason: Option<String>,
}

/// Who can.
#[derive(Clone, Debug)]
pub struct WhoCan {
    /// The action that was asked about.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Somebody can, nobody can, or nobody knows.
    pub verdict: Verdict,
    /// Those of the inventory who can.
    pub principals: Vec<Row>,
    /// Others whom the policy of the resource lets.
    pub external: Vec<Row>,
    /// How many principals were looked at.
    pub looked_at: usize,
    /// Why nobody knows.
    pub reason: Option<String>,
    /// What the answer rests on.
    pub assumptions: Vec<String>,
}

/// The rows of one principal stand together and count once.
fn counted(rows: &[Row], verdict: Verdict) -> usize {
    let mut names: Vec<&str> = rows.iter().filter(|r| r.verdict == verdict).map(|r| r.arn.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

impl WhoCan {
    /// The answer in a sentence, without a full stop.
    pub fn sentence(&self) -> String {
        let what = format!("`{}` on `{}`", self.action, self.resource);
        let number = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let looked = number(self.looked_at, "principal", "principals");
        let can = counted(&self.principals, Verdict::Allow);
        let others = counted(&self.external, Verdict::Allow);
        let open = counted(&self.principals, Verdict::Unknown) + counted(&self.external, Verdict::Unknown);
        let undecided = if open > 0 { format!("; {open} could not be decided") } else { String::new() };
        match self.verdict {
            Verdict::Allow if others > 0 => format!("{can} of {looked}, and {others} besides, may do {what}{undecided}"),
            Verdict::Allow => format!("{can} of {looked} may do {what}{undecided}"),
            Verdict::DenyExplicit | Verdict::DenyImplicit => format!("none of {looked} may do {what}"),
            Verdict::Unknown => format!("of {looked} none surely may do {what}{undecided}"),
        }
    }
}

/// Write it for people.
pub fn write_text(answer: &WhoCan, options: &Options, out: &mut dyn Write) -> Result<()> {
    let word = match answer.verdict {
        Verdict::Allow => "ALLOW",
        Verdict::DenyExplicit | Verdict::DenyImplicit => "NOBODY",
        Verdict::Unknown => "UNKNOWN",
    };
    writeln!(out, "{}[who-can]: {}", paint(word, "1", options.color), terminal(&answer.sentence()))?;
    for (title, rows) in [("principals", &answer.principals), ("others, whom the policy of the resource lets", &answer.external)]
    {
        if !rows.is_empty() {
            writeln!(out, "\n  {}", paint(title, "1", options.color))?;
            let width = rows.iter().map(|row| row.kind.len()).max().unwrap_or_default();
            let mut before = None;
            for row in rows {
                write_row(row, (width, before == Some(&row.arn)), options, out)?;
                before = Some(&row.arn);
            }
        }
    }
    writeln!(out)?;
    let why = answer.reason.iter().map(|reason| ("why", reason));
    for (title, text) in why.chain(answer.assumptions.iter().map(|a| ("assumed", a))) {
        for line in hanging(&format!("  = {title}: {}", terminal(text)), options.width, "    ") {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// A principal, and below it what it takes and what allows it.
fn write_row(row: &Row, (width, again): (usize, bool), options: &Options, out: &mut dyn Write) -> Result<()> {
    let mark = if row.verdict == Verdict::Allow { " " } else { "?" };
    if again {
        writeln!(out, "    {:width$}  or", "")?;
    } else {
        writeln!(out, "  {mark} {:<width$}  {}", row.kind, paint(&terminal(&row.arn), "1", options.color))?;
    }
    let pad = " ".repeat(width + 6);
    if let Some(reason) = &row.reason {
        writeln!(out, "{pad}why   {}", terminal(reason))?;
    }
    match row.conditions.as_slice() {
        [] if row.verdict == Verdict::Allow => writeln!(out, "{pad}when  always")?,
        all => {
            for (at, condition) in all.iter().enumerate() {
                writeln!(out, "{pad}{}  {}", if at == 0 { "when" } else { " and" }, terminal(condition))?;
            }
        }
    }
    for (at, part) in row.via.iter().enumerate() {
        let start = part.location.start;
        let place = format!("{}:{}:{}", part.location.file, start.line, start.column);
        let sid = part.sid.as_deref().map_or_else(|| "a statement".to_owned(), |sid| format!("`{sid}`"));
        let line = format!("{sid} of {} at {place}", part.policy);
        writeln!(out, "{pad}{}  {}", if at == 0 { "via " } else { "    " }, terminal(&line))?;
    }
    Ok(())
}

/// Write it as one JSON object.
pub fn write_json(answer: &WhoCan, out: &mut dyn Write) -> Result<()> {
    write!(out, "{{\n\"schema_version\": {SCHEMA_VERSION},\n\"verb\": \"who-can\",\n\"verdict\": ")?;
    write_value(&answer.verdict.as_str().into(), out)?;
    for (key, rows) in [("principals", &answer.principals), ("external", &answer.external)] {
        write!(out, ",\n\"{key}\": ")?;
        write_array(rows.iter().map(row), out)?;
    }
    let first = answer.principals.iter().chain(&answer.external).find_map(|row| row.witness.as_ref());
    for (key, value) in [
        ("witness", first.map_or(Value::Null, request)),
        ("responsible", json!([])),
        ("reason", answer.reason.as_deref().into()),
        ("assumptions", answer.assumptions.iter().map(String::as_str).collect()),
    ] {
        write!(out, ",\n\"{key}\": ")?;
        write_value(&value, out)?;
    }
    out.write_all(b"\n}\n")
}

fn row(row: &Row) -> Value {
    json!({
        "arn": row.arn,
        "type": row.kind,
        "account": row.account,
        "verdict": row.verdict.as_str(),
        "conditions": row.conditions,
        "via": row.via.iter().map(cited).collect::<Vec<_>>(),
        "witness": row.witness.as_ref().map_or(Value::Null, request),
        "reason": row.reason,
    })
}
