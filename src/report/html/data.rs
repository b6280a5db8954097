//! The data of the page: everything that may be large, written once and referred to by number.
//!
//! `script.js` reads it; the order of the fields of a finding is told there and in [`Data::finding`].

use super::markup::{script_json, seen, seen_lines, standing};
use super::tree::Tree;
use crate::audit::Audit;
use crate::finding::model::Online;
use crate::finding::{Category, Confidence, Finding, Label, RuleCard, Severity};
use crate::report::snippet::{Sheet, sheets};
use crate::report::summary::suppression;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Result, Write};
use std::sync::Arc;

/// Columns of source that are kept of a long line.
pub const COLUMNS: usize = 132;

/// Things that are written once: each gets a number.
#[derive(Default)]
struct Table {
    numbers: HashMap<Arc<str>, usize>,
    list: Vec<Arc<str>>,
}

impl Table {
    fn number(&mut self, text: String) -> usize {
        if let Some(&known) = self.numbers.get(text.as_str()) {
            return known;
        }
        let (number, text) = (self.list.len(), Arc::<str>::from(text));
        self.numbers.insert(text.clone(), number);
        self.list.push(text);
        number
    }
}

/// The writer of the data.
pub struct Data<'a> {
    audit: &'a Audit,
    tree: &'a Tree<'a>,
    rules: Vec<&'a str>,
    rule_numbers: HashMap<&'a str, usize>,
    cards: BTreeMap<&'a str, &'a RuleCard>,
    new: HashSet<&'a str>,
    reopened: HashSet<&'a str>,
    changed: HashSet<&'a str>,
    texts: Table,
    sheets: Table,
}

impl<'a> Data<'a> {
    /// For an audit whose rows are `tree`.
    pub fn new(audit: &'a Audit, tree: &'a Tree<'a>) -> Self {
        let cards: BTreeMap<&str, &RuleCard> = audit.outcome.rules.iter().map(|card| (card.id.as_str(), card)).collect();
        let mut rules: Vec<&str> =
            audit.outcome.findings.iter().map(|f| f.rule.as_str()).chain(tree.guardrails.clone()).collect();
        rules.sort_unstable();
        rules.dedup();
        let rule_numbers = rules.iter().enumerate().map(|(i, id)| (*id, i)).collect();
        let set = |list: Option<&'a Vec<String>>| list.into_iter().flatten().map(String::as_str).collect();
        let mut texts = Table::default();
        // The empty text is 0, so that a missing part is falsy.
        texts.number(String::new());
        Self {
            audit,
            tree,
            rules,
            rule_numbers,
            cards,
            new: set(audit.drift.as_ref().map(|d| &d.new)),
            reopened: set(audit.drift.as_ref().map(|d| &d.reopened)),
            changed: set(audit.drift.as_ref().map(|d| &d.changed)),
            texts,
            sheets: Table::default(),
        }
    }

    /// Write it as one JSON object that is safe in a script element. The findings come before the tables that they
    /// number, so that no more than one of them is held at a time.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn write(mut self, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "{{\"rules\":{},", script_json(&self.rules()))?;
        writeln!(out, "\"rows\":{},", script_json(&self.rows()))?;
        writeln!(out, "\"guardrails\":{},", script_json(&self.guardrails()))?;
        write!(out, "\"findings\":[")?;
        for (i, finding) in self.audit.outcome.findings.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(out, "{comma}\n{}", script_json(&self.finding(finding)))?;
        }
        write!(out, "],\n\"sheets\":[")?;
        for (i, sheet) in self.sheets.list.iter().enumerate() {
            // A sheet is made safe when it is numbered.
            write!(out, "{}\n{sheet}", if i == 0 { "" } else { "," })?;
        }
        write!(out, "],\n\"texts\":[")?;
        for (i, text) in self.texts.list.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(out, "{comma}\n{}", script_json(&json!(text.as_ref())))?;
        }
        writeln!(out, "]}}")
    }

    /// Per rule: id, title, why, remediation, references.
    fn rules(&self) -> Value {
        let one = |id: &&str| match self.cards.get(*id) {
            Some(card) => {
                let references: Vec<String> = card.references.iter().map(|r| seen(r)).collect();
                json!([seen(id), seen(&card.title), seen_lines(&card.rationale), seen_lines(&card.remediation), references])
            }
            None => json!([seen(id), "", "", "", []]),
        };
        self.rules.iter().map(one).collect()
    }

    /// Per row of the tree: id, name, depth, 1 for a unit, the row above or -1, a letter for each guardrail.
    fn rows(&self) -> Value {
        let one = |(i, row): (usize, &super::tree::Row<'_>)| {
            let letters: String =
                (0..self.tree.guardrails.len()).map(|g| self.tree.standing(i, g).map_or('n', |s| standing(s).0)).collect();
            let letters = if letters.chars().all(|c| c == 'n') { String::new() } else { letters };
            let above = row.parent.map_or(json!(-1), Value::from);
            json!([seen(row.id), seen(row.name), row.depth, i32::from(row.unit), above, letters])
        };
        self.tree.rows.iter().enumerate().map(one).collect()
    }

    fn guardrails(&self) -> Value {
        self.tree.guardrails.iter().map(|id| self.rule_numbers.get(id).copied()).collect()
    }

    fn text(&mut self, text: &str) -> usize {
        self.texts.number(seen(text))
    }

    fn lines(&mut self, text: &str) -> usize {
        self.texts.number(seen_lines(text))
    }

    /// Rule, severity, category, confidence (numbers of their vocabularies), message, help, why, address, row or -1, name,
    /// resource, sid, kind, sheets with their titles, messages of the labels, place, pointer, fingerprint, first seen, flags (1
    /// new, 2 changed, 4 suppressed, 8 back again, 16 told by AWS alone, 32 not reported by AWS), why suppressed, fixes with
    /// title, safety and text, what it was before.
    fn finding(&mut self, found: &Finding) -> Value {
        let policy = &found.policy;
        let place = &found.primary.location;
        let pointer = match &place.embedded {
            Some(inner) => format!("{} → {inner}", place.pointer),
            None => place.pointer.clone(),
        };
        let first = self.audit.seen.get(&found.fingerprint).map_or("", |s| s.first.as_str());
        let fingerprint = found.fingerprint.as_str();
        let flag = |set: &HashSet<&str>, bit: u8| if set.contains(fingerprint) { bit } else { 0 };
        let suppressed = if found.suppressed.is_some() { 4 } else { 0 };
        let online = match found.online {
            Some(Online::Added) => 16,
            Some(Online::NotReported) => 32,
            Some(Online::Confirmed) | None => 0,
        };
        let flags = flag(&self.new, 1) | flag(&self.changed, 2) | suppressed | flag(&self.reopened, 8) | online;
        let was = self.audit.drift.as_ref().and_then(|d| d.was.get(fingerprint));
        let was = was.map(|was| format!("{}: {}", was.severity, was.message)).unwrap_or_default();
        let why = found
            .why
            .as_deref()
            .filter(|why| self.cards.get(found.rule.as_str()).is_none_or(|c| c.rationale.trim() != why.trim()));
        let kind = policy.kind.map_or("", |kind| kind.as_str());
        let fixes: Vec<Value> =
            found.fixes.iter().map(|fix| json!([self.text(&fix.title), fix.safety.as_str(), self.lines(&fix.text)])).collect();
        let labels: Vec<&Label> = std::iter::once(&found.primary).chain(&found.related).collect();
        let shown: Vec<Value> = sheets(&labels, COLUMNS).iter().map(|sheet| self.sheet(sheet)).collect();
        let messages: Vec<usize> = labels.iter().map(|label| self.text(&label.message)).collect();
        json!([
            self.rule_numbers.get(found.rule.as_str()),
            place_in(Severity::ALL, &found.severity),
            place_in(Category::ALL, &found.category),
            place_in(Confidence::ALL, &found.confidence),
            self.text(&found.message),
            self.lines(found.help.as_deref().unwrap_or_default()),
            self.lines(why.unwrap_or_default()),
            self.text(found.url.as_deref().unwrap_or_default()),
            self.tree.row_of(found).map_or(json!(-1), Value::from),
            self.text(policy.name.as_deref().unwrap_or_default()),
            self.text(policy.resource.as_deref().unwrap_or_default()),
            self.text(policy.sid.as_deref().unwrap_or_default()),
            self.text(kind),
            shown,
            messages,
            self.text(&format!("{}:{}:{}", place.file, place.start.line, place.start.column)),
            self.text(&pointer),
            seen(&found.fingerprint),
            self.text(first),
            flags,
            self.text(&found.suppressed.as_ref().map(suppression).unwrap_or_default()),
            fixes,
            self.text(&was),
        ])
    }

    /// Number of a sheet and of its title. A sheet is its first line, subtitle, text, and marks with the label of each;
    /// marks count UTF-16 units, as scripts do. Equal sheets of many files are written once.
    fn sheet(&mut self, sheet: &Sheet) -> Value {
        let units = |byte: usize| sheet.text.get(..byte).map_or(0, |before| before.encode_utf16().count());
        let marks: Vec<Value> = sheet
            .marks
            .iter()
            .filter_map(|mark| Some(json!([units(mark.range.start), units(mark.range.end), mark.label?])))
            .collect();
        let subtitle = sheet.subtitle.as_deref().unwrap_or_default();
        let json = script_json(&json!([sheet.first_line, subtitle, sheet.text, marks]));
        json!([self.sheets.number(json), self.text(&sheet.title)])
    }
}

fn place_in<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|x| x == one).unwrap_or_default()
}
