//! What a change of policies gives and takes, for people, for machines, and for comments on a pull request.

use super::escape::{markdown, markdown_code, terminal};
use super::json::{SCHEMA_VERSION, location};
use super::json_out::write_pretty;
use super::level::paint;
use super::options::Options;
use super::proof::Cited;
use super::proof_json;
use crate::evaluate::Request;
use crate::finding::Location;
use crate::proof::Verdict;
use serde_json::{Value, json};
use std::io::{Result, Write};

/// Some access that only one side allows.
#[derive(Clone, Debug)]
pub struct Access {
    /// The name of the policy that allows it.
    pub policy: String,
    /// The `Sid` of the statement.
    pub sid: Option<String>,
    /// Where the statement stands.
    pub location: Location,
    /// Its actions that are concerned.
    pub actions: Vec<String>,
    /// Its resources that are concerned.
    pub resources: Vec<String>,
    /// Its conditions, in words.
    pub conditions: Vec<String>,
    /// Why the other side does not allow it.
    pub because: Vec<Cited>,
    /// One such request.
    pub witness: Request,
}

/// The change of one policy, or of all that belong together.
#[derive(Clone, Debug)]
pub struct Change {
    /// What changed.
    pub subject: String,
    /// Allowed after, not before.
    pub gained: Vec<Access>,
    /// Allowed before, not after.
    pub lost: Vec<Access>,
    /// Denied before, not after: what other policies allow may come in.
    pub undenied: Vec<Access>,
    /// Denied after, not before.
    pub denied: Vec<Access>,
    /// Why it could not be decided.
    pub reason: Option<String>,
}

impl Change {
    /// How the new side relates to the old one.
    pub fn relation(&self) -> &'static str {
        let same = self.gained.is_empty() && self.undenied.is_empty();
        match (&self.reason, same, self.lost.is_empty() && self.denied.is_empty()) {
            (Some(_), ..) => "unknown",
            (None, true, true) => "equivalent",
            (None, false, true) => "wider",
            (None, true, false) => "narrower",
            (None, false, false) => "incomparable",
        }
    }

    /// The parts with their titles; what lets more in is red.
    fn parts(&self) -> [(&'static str, &'static str, &[Access]); 4] {
        [
            ("gained", "31", &self.gained),
            ("no longer denied", "31", &self.undenied),
            ("lost", "32", &self.lost),
            ("newly denied", "32", &self.denied),
        ]
    }

    /// Equivalent is a pass.
    pub fn verdict(&self) -> Verdict {
        match (&self.reason, self.parts().iter().all(|(_, _, part)| part.is_empty())) {
            (_, false) => Verdict::Fail,
            (Some(_), true) => Verdict::Unknown,
            (None, true) => Verdict::Pass,
        }
    }
}

/// The verdict over all changes.
pub fn verdict(changes: &[Change]) -> Verdict {
    let has = |verdict| changes.iter().any(|change| change.verdict() == verdict);
    match (has(Verdict::Fail), has(Verdict::Unknown)) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Unknown,
        (false, false) => Verdict::Pass,
    }
}

/// Entries of a list that are shown; JSON has all.
const SHOWN: usize = 12;

fn list(texts: &[String], nothing: &str) -> String {
    match texts {
        [] => nothing.to_owned(),
        some => {
            let more = some.len().saturating_sub(SHOWN);
            let shown = some.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            if more > 0 { format!("{shown} and {more} more") } else { shown }
        }
    }
}

/// For a terminal.
pub fn write_text(changes: &[Change], assumptions: &[String], options: &Options, out: &mut dyn Write) -> Result<()> {
    for change in changes.iter().filter(|change| changes.len() == 1 || change.relation() != "equivalent") {
        let color = match change.relation() {
            "equivalent" | "narrower" => "32",
            "unknown" => "33",
            _ => "31",
        };
        writeln!(out, "{}: {}", paint(change.relation(), color, options.color), terminal(&change.subject))?;
        for (title, color, all) in change.parts() {
            for access in all {
                write_access(access, &paint(title, color, options.color), out)?;
            }
        }
        if let Some(reason) = &change.reason {
            writeln!(out, "  not decided: {}", terminal(reason))?;
        }
    }
    let count = |relation: &str| changes.iter().filter(|change| change.relation() == relation).count();
    if changes.len() > 1 {
        let words = ["equivalent", "wider", "narrower", "incomparable", "unknown"].map(|w| format!("{} {w}", count(w)));
        writeln!(out, "{} of {} policies", words.join(", "), changes.len())?;
    }
    for assumption in assumptions {
        writeln!(out, "assumed: {}", terminal(assumption))?;
    }
    Ok(())
}

fn place(location: &Location) -> String {
    format!("{}:{}:{}", location.file, location.start.line, location.start.column)
}

fn write_access(access: &Access, title: &str, out: &mut dyn Write) -> Result<()> {
    let on = list(&access.resources, "what the statement names");
    writeln!(out, "  {title}: {} on {}", terminal(&list(&access.actions, "actions")), terminal(&on))?;
    for (at, condition) in access.conditions.iter().enumerate() {
        writeln!(out, "      {} {}", if at == 0 { "when" } else { " and" }, terminal(condition))?;
    }
    let name = access.sid.as_deref().map_or(String::new(), |sid| format!(" `{sid}`"));
    writeln!(out, "      by{} at {}", terminal(&name), terminal(&place(&access.location)))?;
    for cited in &access.because {
        let name = cited.sid.as_deref().map_or(String::new(), |sid| format!(" (`{sid}`)"));
        let line = format!("{}{name} at {}", cited.note, place(&cited.location));
        writeln!(out, "      otherwise: {}", terminal(&line))?;
    }
    Ok(())
}

/// As JSON, version 1.
pub fn write_json(changes: &[Change], assumptions: &[String], out: &mut dyn Write) -> Result<()> {
    let access = |a: &Access| {
        json!({
            "actions": a.actions, "resources": a.resources, "conditions": a.conditions, "policy": a.policy, "sid": a.sid,
            "location": location(&a.location), "because": a.because.iter().map(proof_json::cited).collect::<Vec<_>>(),
            "witness": proof_json::request(&a.witness),
        })
    };
    let change = |c: &Change| {
        json!({
            "of": c.subject, "relation": c.relation(), "verdict": c.verdict().as_str(), "reason": c.reason,
            "gained": c.gained.iter().map(access).collect::<Vec<_>>(), "lost": c.lost.iter().map(access).collect::<Vec<_>>(),
            "no_longer_denied": c.undenied.iter().map(access).collect::<Vec<_>>(),
            "newly_denied": c.denied.iter().map(access).collect::<Vec<_>>(),
        })
    };
    let first = changes.iter().flat_map(|c| c.gained.iter().chain(&c.undenied).chain(&c.lost).chain(&c.denied)).next();
    let relation = if let [one] = changes { one.relation() } else { relation_of(changes) };
    let value = json!({
        "schema_version": SCHEMA_VERSION, "verb": "diff", "verdict": verdict(changes).as_str(), "relation": relation,
        "witness": first.map_or(Value::Null, |a| proof_json::request(&a.witness)), "responsible": [],
        "reason": changes.iter().find_map(|c| c.reason.clone()), "assumptions": assumptions,
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
    });
    write_pretty(&value, out)?;
    writeln!(out)
}

fn relation_of(changes: &[Change]) -> &'static str {
    let has = |relation: &str| changes.iter().any(|c| c.relation() == relation);
    match (has("unknown"), has("incomparable"), has("wider"), has("narrower")) {
        (true, ..) => "unknown",
        (_, true, ..) | (_, _, true, true) => "incomparable",
        (_, _, true, false) => "wider",
        (_, _, false, true) => "narrower",
        (..) => "equivalent",
    }
}

/// A comment on a pull request.
pub fn write_markdown(changes: &[Change], assumptions: &[String], out: &mut dyn Write) -> Result<()> {
    let differing: Vec<&Change> = changes.iter().filter(|change| change.relation() != "equivalent").collect();
    if differing.is_empty() {
        writeln!(out, "**Access is unchanged**: {} compared, all equivalent.", changes.len())?;
    }
    for change in differing {
        writeln!(out, "### {} is {}\n", markdown_code(&change.subject), change.relation())?;
        if let Some(reason) = &change.reason {
            writeln!(out, "Not decided: {}\n", markdown(reason))?;
        }
        if change.parts().iter().all(|(_, _, part)| part.is_empty()) {
            continue;
        }
        writeln!(out, "| | actions | resources | conditions | statement | otherwise |\n| --- | --- | --- | --- | --- | --- |")?;
        for (title, _, all) in change.parts() {
            for access in all {
                let code = |texts: &[String]| {
                    let mut shown: Vec<String> = texts.iter().take(SHOWN).map(|t| markdown_code(t)).collect();
                    shown.extend((texts.len() > SHOWN).then(|| format!("and {} more", texts.len() - SHOWN)));
                    shown.join("<br>")
                };
                let statement = access.sid.clone().unwrap_or_else(|| access.location.pointer.clone());
                let because: Vec<String> = access.because.iter().map(|c| markdown(&c.note)).collect();
                writeln!(
                    out,
                    "| **{title}** | {} | {} | {} | {} | {} |",
                    code(&access.actions),
                    code(&access.resources),
                    code(&access.conditions),
                    markdown_code(&statement),
                    because.join("<br>")
                )?;
            }
        }
        writeln!(out)?;
    }
    for assumption in assumptions {
        writeln!(out, "<sub>assumed: {}</sub>", markdown(assumption))?;
    }
    Ok(())
}
