//! Answers of `prove` for people: the verdict and a sentence, the request that shows it, the statements that decide drawn
//! in their source, and what the answer rests on.

use super::diagnostic::{Diagnostic, Note};
use super::escape::{terminal, terminal_lines};
use super::level::paint;
use super::options::Options;
use super::text::{write_header, write_notes, write_source};
use crate::evaluate::{Caller, CallerKind, ContextValue, Request};
use crate::finding::place::Placer;
use crate::finding::{Label, Location};
use crate::policy::Policy;
use crate::proof::{Proof, Responsible, Verdict};
use std::io::{Result, Write};

/// A policy that was asked about, and what places its nodes.
pub struct Exhibit<'a, 'd> {
    /// Its name for people.
    pub name: String,
    /// The policy.
    pub policy: &'a Policy<'d>,
    /// Places nodes of its document.
    pub placer: &'a Placer<'d>,
}

impl Exhibit<'_, '_> {
    /// A statement of this policy, with its place.
    pub fn cite(&self, part: &Responsible) -> Cited {
        let statement = self.policy.statements.get(part.statement);
        let node = self.placer.document().node(part.node).or(statement.map(|s| s.node));
        Cited {
            policy: self.name.clone(),
            sid: statement.and_then(|s| s.sid).map(str::to_owned),
            note: part.note.clone(),
            location: self.placer.node(node),
        }
    }
}

/// A statement that takes part in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    /// The name of its policy.
    pub policy: String,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// What it does.
    pub note: String,
    /// The place that tells.
    pub location: Location,
}

/// An answer with all that a report needs: it owns its places, and the documents can be dropped.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The question: `no-new-access`.
    pub verb: &'static str,
    /// What it was asked about, for one of several answers.
    pub subject: String,
    /// A sentence, without a full stop.
    pub sentence: String,
    /// The answer.
    pub verdict: Verdict,
    /// The request that shows it.
    pub witness: Option<Request>,
    /// The statements that decide, the telling one first.
    pub responsible: Vec<Cited>,
    /// Why there is no answer, or a word on the one there is.
    pub reason: Option<String>,
    /// What it rests on besides the policies.
    pub assumptions: Vec<String>,
    /// For a PASS, what shows it, where it was asked for; it goes to a file of its own.
    pub certificate: Option<serde_json::Value>,
    /// A policy to put in the place of the one that was asked about.
    pub policy: Option<serde_json::Value>,
}

impl Answer {
    /// Of a proof about some policies, in the order they were handed to the engine.
    pub fn new(verb: &'static str, proof: Proof, exhibits: &[Exhibit<'_, '_>]) -> Self {
        let mut responsible: Vec<Cited> = Vec::new();
        for part in &proof.responsible {
            let Some(exhibit) = exhibits.get(part.policy) else { continue };
            let cited = exhibit.cite(part);
            // A place is drawn once; what is said of it is said together.
            match responsible.iter_mut().find(|other| other.location == cited.location) {
                Some(other) if other.note == cited.note => {}
                Some(other) => other.note = format!("{}; {}", other.note, cited.note),
                None => responsible.push(cited),
            }
        }
        Self {
            verb,
            subject: String::new(),
            sentence: String::new(),
            verdict: proof.verdict,
            witness: proof.witness,
            responsible,
            reason: proof.reason,
            assumptions: proof.assumptions,
            certificate: None,
            policy: None,
        }
    }

    /// The same about something, in a sentence for each verdict.
    pub fn about(self, subject: impl Into<String>, say: impl FnOnce(Verdict) -> String) -> Self {
        let sentence = say(self.verdict);
        Self { subject: subject.into(), sentence, ..self }
    }
}

/// The answer to a question that was asked several times: one that fails, else one that is unknown.
pub fn worst(answers: &[Answer]) -> Option<&Answer> {
    let of = |verdict: Verdict| answers.iter().find(|answer| answer.verdict == verdict);
    of(Verdict::Fail).or_else(|| of(Verdict::Unknown)).or_else(|| answers.first())
}

/// Write all answers; of several those that pass are only counted.
pub fn write(answers: &[Answer], options: &Options, out: &mut dyn Write) -> Result<()> {
    let alone = answers.len() == 1;
    for answer in answers.iter().filter(|answer| alone || answer.verdict != Verdict::Pass) {
        write_one(answer, options, out)?;
    }
    if let (false, Some(worst)) = (alone, worst(answers)) {
        let count = |verdict: Verdict| answers.iter().filter(|answer| answer.verdict == verdict).count();
        let counts = [Verdict::Pass, Verdict::Fail, Verdict::Unknown].map(|v| format!("{} {}", count(v), v.as_str()));
        let word = paint(worst.verdict.as_str(), sgr(worst.verdict), options.color);
        writeln!(out, "{word}: {} of {} questions", counts.join(", "), answers.len())?;
    }
    Ok(())
}

fn write_one(answer: &Answer, options: &Options, out: &mut dyn Write) -> Result<()> {
    let labels: Vec<Label> =
        answer.responsible.iter().map(|c| Label { message: c.note.clone(), location: c.location.clone() }).collect();
    let header = Diagnostic {
        kind: answer.verdict.as_str(),
        code: Some(answer.verb),
        severity: None,
        message: &answer.sentence,
        file: None,
        primary: None,
        related: Vec::new(),
        notes: notes(answer),
    };
    write_header(&header, options, out)?;
    if let Some(request) = &answer.witness {
        write_request(request, options, out)?;
    }
    if !labels.is_empty() {
        write_source(&labels.iter().collect::<Vec<_>>(), None, options, out)?;
    }
    write_notes(&header.notes, options, out)?;
    if let Some(policy) = &answer.policy {
        writeln!(out, "{}", terminal_lines(&format!("{policy:#}")))?;
    }
    writeln!(out)
}

fn notes(answer: &Answer) -> Vec<Note<'_>> {
    let title = match answer.verdict {
        Verdict::Unknown => "why",
        Verdict::Pass | Verdict::Fail => "note",
    };
    let reason = answer.reason.iter().map(|reason| Note::prose(title, reason.as_str()));
    reason.chain(answer.assumptions.iter().map(|assumption| Note::prose("assumed", assumption.as_str()))).collect()
}

pub(super) fn sgr(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "32",
        Verdict::Fail => "31",
        Verdict::Unknown => "33",
    }
}

/// Write a request, a part a line; nothing is wrapped, so that it can be copied.
pub fn write_request(request: &Request, options: &Options, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}", paint("  request:", "1", options.color))?;
    let mut rows = vec![("principal", caller(&request.caller)), ("action", request.action.clone())];
    rows.push(("resource", request.resource.clone()));
    let owner = request.resource_account.as_ref().filter(|id| !request.resource.contains(id.as_str()));
    rows.extend(owner.map(|id| ("owner", format!("account {id}"))));
    for (at, (key, value)) in request.context.iter().enumerate() {
        rows.push((if at == 0 { "context" } else { "" }, format!("{key} = {}", shown(value))));
    }
    if request.context.is_empty() {
        rows.push(("context", "no condition keys".to_owned()));
    }
    for (title, text) in rows {
        writeln!(out, "    {title:<9}  {}", terminal(&text))?;
    }
    Ok(())
}

/// `role-session arn:… of account …`.
pub(super) fn caller(caller: &Caller) -> String {
    if caller.kind == CallerKind::Anonymous {
        return "anonymous: nobody who signed".to_owned();
    }
    let mut out = format!("{} {}", caller.kind, caller.arn);
    if let Some(session) = &caller.session_name {
        out = format!("{out}, session {session}");
    }
    if let Some(account) = caller.account.as_ref().filter(|account| !caller.arn.contains(account.as_str())) {
        out = format!("{out}, account {account}");
    }
    out
}

pub(super) fn shown(value: &ContextValue) -> String {
    let quoted = |text: &String| format!("\"{text}\"");
    match value {
        ContextValue::One(text) => quoted(text),
        ContextValue::Many(all) => format!("[{}]", all.iter().map(quoted).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
