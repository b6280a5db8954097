//! The guardrail of an organization as JSON: the members of every answer of `prove`, version 1, and `guardrail` with every
//! account. `schemas/prove-v1.schema.json` describes it.

use super::guardrail::View;
use super::json::{SCHEMA_VERSION, location};
use super::json_out::{write_array, write_pretty, write_value};
use super::proof_json::request;
use crate::guardrail::{Gap, Group, Spot, Suggestion, Target};
use crate::proof::Verdict;
use serde_json::{Map, Value, json};
use std::io::{Result, Write};

/// Write one JSON object.
pub fn write(view: &View<'_>, out: &mut dyn Write) -> Result<()> {
    let verdict = view.verdict();
    let worst = view.coverage.groups.first().filter(|group| group.verdict == verdict);
    let gap = view.coverage.gaps.iter().find(|gap| gap.fails && !view.accepts_structural);
    let reason = worst.map_or_else(|| gap.map(|gap| gap.says.clone()), |group| group.reason.clone());
    let responsible = worst.map(|group| group.deciding.iter().filter_map(|(spot, note)| cited(view, *spot, note)).collect());
    let head: [(&str, Value); 7] = [
        ("schema_version", SCHEMA_VERSION.into()),
        ("verb", "guardrail".into()),
        ("verdict", verdict.as_str().into()),
        ("witness", worst.and_then(|group| group.witness.as_ref()).map_or(Value::Null, request)),
        ("responsible", responsible.unwrap_or_else(|| Value::Array(Vec::new()))),
        ("reason", reason.into()),
        ("assumptions", view.assumptions.iter().map(String::as_str).collect()),
    ];
    out.write_all(b"{")?;
    for (at, (key, value)) in head.iter().enumerate() {
        write!(out, "{}\n\"{key}\": ", if at == 0 { "" } else { "," })?;
        write_value(value, out)?;
    }
    out.write_all(b",\n\"guardrail\": {\n\"asked\": ")?;
    write_value(&asked(view), out)?;
    out.write_all(b",\n\"accounts\": ")?;
    write_value(&counts(view), out)?;
    out.write_all(b",\n\"groups\": ")?;
    write_array(view.coverage.groups.iter().map(|group| of_group(view, group)), out)?;
    out.write_all(b",\n\"structural\": ")?;
    write_array(view.coverage.gaps.iter().map(|gap| of_gap(view, gap)), out)?;
    out.write_all(b",\n\"unused_exemptions\": ")?;
    write_value(&view.coverage.unused.iter().map(String::as_str).collect(), out)?;
    out.write_all(b",\n\"suggestion\": ")?;
    write_pretty(&view.coverage.suggestion.as_ref().map_or(Value::Null, |s| suggestion(view, s)), out)?;
    out.write_all(b",\n\"suggestion_for_resources\": ")?;
    write_pretty(&view.coverage.for_resources.as_ref().map_or(Value::Null, |s| suggestion(view, s)), out)?;
    out.write_all(b"\n}\n}\n")
}

fn asked(view: &View<'_>) -> Value {
    json!({ "actions": view.asked.actions, "resources": view.asked.resources, "except_principals": view.except })
}

fn counts(view: &View<'_>) -> Value {
    let count = |verdict| view.coverage.count(verdict);
    let all = view.coverage.accounts();
    json!({ "held": count(Verdict::Pass), "open": count(Verdict::Fail), "undecided": count(Verdict::Unknown), "bound": all })
}

/// A statement that takes part, as all answers of `prove` spell it.
fn cited(view: &View<'_>, spot: Spot, note: &str) -> Option<Value> {
    let found = (view.statement)(spot)?;
    let policy = view.controls.get(spot.control).map(|control| control.name.as_str());
    Some(json!({ "policy": policy, "sid": found.sid, "note": note, "location": location(&found.location) }))
}

fn of_group(view: &View<'_>, group: &Group) -> Value {
    let account = |id: &String| {
        let name = view.organization.accounts.get(id).map(|account| account.name.as_str());
        json!({ "id": id, "name": name })
    };
    let unit = |id: &String| json!({ "id": id, "path": view.target(id) });
    let nearest = group.nearest.iter().filter_map(|n| {
        let mut value = cited(view, n.spot, &view.misses(n))?;
        let map = value.as_object_mut()?;
        map.insert("above".to_owned(), n.is_above.into());
        map.insert("stops_all".to_owned(), n.stops_all.into());
        map.insert("why".to_owned(), n.why.iter().map(String::as_str).collect());
        map.insert("attached_to".to_owned(), n.attached.iter().map(unit).collect());
        Some(value)
    });
    let held = group.held.iter().map(|holds| {
        let by = holds.by.and_then(|spot| cited(view, spot, "stops all of it"));
        json!({ "kind": holds.kind.as_str(), "by": by })
    });
    let mut map = Map::new();
    map.insert("verdict".to_owned(), group.verdict.as_str().into());
    map.insert("accounts".to_owned(), group.accounts.iter().map(account).collect());
    map.insert("units".to_owned(), group.units.iter().map(unit).collect());
    map.insert("witness".to_owned(), group.witness.as_ref().map_or(Value::Null, request));
    map.insert("reason".to_owned(), group.reason.as_deref().into());
    map.insert("held_by".to_owned(), held.collect());
    map.insert("nearest".to_owned(), nearest.collect());
    Value::Object(map)
}

fn of_gap(view: &View<'_>, gap: &Gap) -> Value {
    let fails = gap.fails && !view.accepts_structural;
    json!({ "code": gap.code.as_str(), "message": gap.says, "help": gap.help, "accounts": gap.accounts, "fails": fails })
}

fn suggestion(view: &View<'_>, suggestion: &Suggestion) -> Value {
    let target = |target: &Target| {
        let room = target.room.as_ref().map(|all| {
            let one = |room: &crate::guardrail::Room| {
                let policy = view.controls.get(room.control);
                json!({
                    "policy_id": policy.map(|p| p.id.as_str()), "policy": policy.map(|p| p.name.as_str()),
                    "size": room.characters, "also_attached_to": room.also,
                })
            };
            all.iter().map(one).collect::<Vec<Value>>()
        });
        json!({
            "id": target.id, "path": view.target(&target.id), "closes": target.closes, "touches": target.touches,
            "attached": target.attached, "full": room.is_some(), "room_in": room.unwrap_or_default(),
        })
    };
    let fallback = |fallback: &crate::guardrail::Fallback| {
        let targets = fallback.targets.iter().map(target).collect::<Vec<Value>>();
        json!({ "targets": targets, "touches_held": fallback.held, "touches_others": fallback.others })
    };
    let drafts = suggestion.drafts.iter().map(|draft| json!({ "policy": draft.policy, "size": draft.characters }));
    let quota = suggestion.quota;
    json!({
        "kind": suggestion.kind.as_str(),
        "policies": drafts.collect::<Vec<Value>>(), "proved": suggestion.proved, "closes": suggestion.closes,
        "attach_to": suggestion.attach_to.iter().map(target).collect::<Vec<Value>>(),
        "or_to": suggestion.or_to.iter().map(fallback).collect::<Vec<Value>>(),
        "quota": { "characters": quota.characters, "attached": quota.attached, "since": quota.since },
    })
}
