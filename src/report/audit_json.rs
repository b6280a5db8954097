//! The JSON report of an audit, version 1: a promise, described by `schemas/audit-v1.schema.json`. Findings are those of the
//! report of `check` with what the history knows of them; they stand one a line.

use super::json;
use super::json_out::{write_array, write_value};
use super::options::Options;
use crate::audit::{Audit, Change, Drift, Gone, Run, Turn};
use crate::finding::Finding;
use crate::source::snapshot::SourceState;
use serde_json::{Map, Value, json};
use std::io::{Result, Write};

/// Version of the report, raised when a reader of the old one would break.
pub const SCHEMA_VERSION: u32 = 1;

/// Write one JSON object.
pub fn write(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    let outcome = &audit.outcome;
    out.write_all(b"{\n\"schema_version\": ")?;
    write_value(&SCHEMA_VERSION.into(), out)?;
    let head = [
        ("palisade", options.version.into()),
        ("catalog", outcome.catalog_date.as_str().into()),
        ("run", run(&audit.run)),
        ("organization", organization(audit)),
        ("drift", audit.drift.as_ref().map_or(Value::Null, drift)),
    ];
    for (key, value) in head {
        write!(out, ",\n\"{key}\": ")?;
        write_value(&value, out)?;
    }
    let lists: [(&str, Vec<Value>); 3] = [
        ("trend", audit.trend.iter().map(run).collect()),
        ("sources", audit.sources.iter().map(source).collect()),
        ("guardrails", outcome.targets.iter().map(cell).collect()),
    ];
    for (key, values) in lists {
        write!(out, ",\n\"{key}\": ")?;
        write_array(values.into_iter(), out)?;
    }
    out.write_all(b",\n\"findings\": ")?;
    write_array(outcome.findings.iter().map(|found| finding(audit, found)), out)?;
    for (key, value) in json::closing(outcome) {
        write!(out, ",\n\"{key}\": ")?;
        write_value(&value, out)?;
    }
    out.write_all(b"\n}\n")
}

fn run(run: &Run) -> Value {
    let counts: Map<String, Value> =
        run.by_severity.iter().rev().map(|(severity, n)| (severity.as_str().to_owned(), (*n).into())).collect();
    json!({
        // A run that the history does not have has no number.
        "id": (run.id > 0).then_some(run.id),
        "at": run.at,
        "subject": run.subject,
        "complete": run.complete,
        "by_severity": counts,
        "guardrails": { "held": run.guardrails.0, "decided": run.guardrails.1 },
    })
}

fn organization(audit: &Audit) -> Value {
    let Some(tree) = &audit.organization else { return Value::Null };
    let units =
        tree.units.values().map(|unit| json!({ "id": unit.id, "path": tree.named_path(&unit.id), "parent": unit.parent }));
    let accounts = tree.accounts.values().map(|a| json!({ "id": a.id, "name": a.name, "parent": a.parent }));
    json!({
        "management_account": tree.management_account,
        "units": units.collect::<Vec<_>>(),
        "accounts": accounts.collect::<Vec<_>>(),
    })
}

fn source(source: &SourceState) -> Value {
    json!({
        "source": source.source, "account": source.account, "region": source.region, "what": source.what,
        "state": source.state.as_str(), "items": source.items, "reason": source.reason, "help": source.help,
    })
}

fn cell(cell: &crate::finding::TargetVerdict) -> Value {
    json!({ "rule": cell.rule.as_str(), "target": &*cell.target, "standing": cell.standing.as_str() })
}

fn drift(drift: &Drift) -> Value {
    let changed = drift.changed.iter().map(|fingerprint| {
        let was = drift.was.get(fingerprint);
        json!({
            "fingerprint": fingerprint,
            "before": was.map(|was| json!({ "severity": was.severity.as_str(), "message": was.message })),
        })
    });
    let gone = |list: &[Gone]| list.iter().map(gone).collect::<Vec<_>>();
    json!({
        "since": run(&drift.since),
        "new": drift.new,
        "reopened": drift.reopened,
        "accepted": drift.accepted,
        "changed": changed.collect::<Vec<_>>(),
        "resolved": gone(&drift.resolved),
        "unseen": gone(&drift.unseen),
        "not_asked": gone(&drift.unasked),
        "organization": drift.changes.iter().map(change).collect::<Vec<_>>(),
        "rules_changed": drift.rules_changed,
        "organization_compared": !drift.tree_unknown,
        "guardrails": drift.turns.iter().map(turn).collect::<Vec<_>>(),
    })
}

fn gone(gone: &Gone) -> Value {
    json!({
        "fingerprint": gone.fingerprint, "rule": gone.rule, "severity": gone.severity.as_str(), "message": gone.message,
        "account": gone.account, "resource": gone.resource, "first_seen": gone.first_seen,
    })
}

fn change(change: &Change) -> Value {
    json!({
        "kind": change.kind.as_str(), "subject": change.subject, "name": change.name,
        "before": change.before, "after": change.after,
    })
}

fn turn(turn: &Turn) -> Value {
    json!({ "rule": turn.rule, "target": turn.target, "before": turn.before.as_str(), "after": turn.after.as_str() })
}

fn finding(audit: &Audit, found: &Finding) -> Value {
    let mut value = json::finding(found);
    let seen = audit.seen.get(&found.fingerprint);
    if let Value::Object(members) = &mut value {
        members.insert("standing".into(), audit.standing_of(found).into());
        members.insert("first_seen".into(), seen.map_or(audit.run.at.as_str(), |seen| &seen.first).into());
    }
    value
}
