//! What the text report draws: a finding, a broken file and a broken rule all look alike.

use super::level::Level;
use crate::finding::model::{Fix, FixSafety};
use crate::finding::{Finding, Incomplete, Label, Notice, Severity};

/// One drawn message. Everything in it may be hostile; it is escaped when drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic<'a> {
    /// First word: `error`, `warning`, `note`, `incomplete`.
    pub kind: &'a str,
    /// What stands in brackets after it.
    pub code: Option<&'a str>,
    /// Severity, for the color and the word after the code.
    pub severity: Option<Severity>,
    /// The message.
    pub message: &'a str,
    /// File to name when there is no place in it.
    pub file: Option<&'a str>,
    /// The place.
    pub primary: Option<Label>,
    /// Places that explain it.
    pub related: Vec<Label>,
    /// Titled lines below the source.
    pub notes: Vec<Note<'a>>,
}

/// A titled line below the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// `of`, `why`, `fix`, `help`, `see`.
    pub title: &'a str,
    /// Prose, wrapped to the width.
    pub text: String,
    /// Text to copy, shown indented and never wrapped; may be empty.
    pub block: &'a str,
}

impl<'a> Note<'a> {
    /// Prose alone.
    pub fn prose(title: &'a str, text: impl Into<String>) -> Self {
        Self { title, text: text.into(), block: "" }
    }
}

impl<'a> Diagnostic<'a> {
    /// A finding; `brief` leaves out the notes.
    pub fn of_finding(finding: &'a Finding, brief: bool) -> Self {
        Self {
            kind: Level::of(finding.severity).as_str(),
            code: Some(finding.rule.as_str()),
            severity: Some(finding.severity),
            message: &finding.message,
            file: None,
            primary: Some(finding.primary.clone()),
            related: finding.related.clone(),
            notes: if brief { owner(finding).into_iter().collect() } else { finding_notes(finding) },
        }
    }

    /// Something that could not be read or understood.
    pub fn of_problem(kind: &'a str, problem: &'a Incomplete) -> Self {
        let place = |location| Label { message: String::new(), location };
        let help = (!problem.help.is_empty()).then(|| Note::prose("help", problem.help.as_str()));
        Self {
            kind,
            code: problem.code.map(|code| code.as_str()),
            severity: None,
            message: &problem.reason,
            file: Some(&problem.file),
            primary: problem.location.clone().map(place),
            related: problem.related.clone(),
            notes: help.into_iter().collect(),
        }
    }

    /// Something about the project file.
    pub fn of_notice(notice: &'a Notice) -> Self {
        let place = |location| Label { message: String::new(), location };
        let help = (!notice.help.is_empty()).then(|| Note::prose("help", notice.help.as_str()));
        Self {
            kind: "notice",
            code: Some(notice.code),
            severity: None,
            message: &notice.message,
            file: None,
            primary: notice.location.clone().map(place),
            related: Vec::new(),
            notes: help.into_iter().collect(),
        }
    }
}

/// Whose policy it is, where a file holds those of many.
fn owner(finding: &Finding) -> Option<Note<'_>> {
    let among_many = finding.primary.location.embedded.is_some();
    finding.policy.resource.as_deref().filter(|_| among_many).map(|resource| Note::prose("of", resource))
}

fn finding_notes(finding: &Finding) -> Vec<Note<'_>> {
    let mut notes: Vec<Note<'_>> = owner(finding).into_iter().collect();
    if let Some(why) = &finding.why {
        notes.push(Note::prose("why", why.as_ref()));
    }
    if let Some(help) = &finding.help {
        notes.push(Note::prose("fix", help.as_ref()));
    }
    for fix in &finding.fixes {
        notes.push(fix_note(fix));
    }
    if let Some(url) = &finding.url {
        notes.push(Note::prose("see", url.as_ref()));
    }
    if let Some(said) = finding.online.and_then(super::summary::second_opinion) {
        notes.push(Note::prose("aws", said));
    }
    if let Some(suppressed) = &finding.suppressed {
        notes.push(Note::prose("suppressed", super::summary::suppression(suppressed)));
    }
    notes
}

fn fix_note(fix: &Fix) -> Note<'_> {
    let (title, remark) = match fix.safety {
        FixSafety::Suggest => ("try", ""),
        FixSafety::Unsafe => ("edit", " (may change who has access)"),
        FixSafety::Safe => ("edit", ""),
    };
    Note { title, text: format!("{}{remark}", fix.title), block: &fix.text }
}
