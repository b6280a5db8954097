//! One file: opened, read whole or item by item, and everything it speaks of judged, except for what must wait until all
//! of an account was read.

use super::Scan;
use super::judge::{Judge, finding, tell};
use super::principals::Waiting;
use super::result::{FileResult, Rank, Record};
use super::verdict::NameKey;
use crate::check::Code;
use crate::document::{Document, Origin, Problem, ProblemCode, json, yaml};
use crate::extract::{Base, Body, DocumentKind, Entity, Extraction, Found, Identity, Site, extract, unknown_plan_version};
use crate::finding::place::Placer;
use crate::finding::{Incomplete, Severity};
use crate::policy::{Context, PolicyKind};
use crate::rule::checked;
use crate::rule::registry::Active;
use crate::source::stream::{Content, Item, Stream};
use crate::source::{self, Entry, SourceError, SourceFile};
use crate::span::{Position, Span};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// Text of the items that are looked at together.
const BATCH: usize = 1 << 20;

/// Mistakes listed of the items of a file.
const MANY_MISTAKES: usize = 1000;

/// What reads files, one after the other.
pub(super) struct Reader<'j, 's> {
    judge: &'j Judge<'s>,
    /// The newest record of each thing so far.
    seen: HashMap<NameKey, Rank>,
    pub waiting: Waiting,
    pub result: FileResult,
}

/// An input that could not be read at all.
pub fn unreadable(error: &SourceError) -> Incomplete {
    Incomplete {
        file: error.name().clone(),
        code: None,
        reason: error.to_string(),
        help: error.help(),
        location: None,
        related: Vec::new(),
    }
}

/// An item that was parsed.
struct Parsed {
    /// Where it starts, which tells it from others.
    offset: usize,
    entities: Vec<Entity>,
    layout: Option<&'static str>,
    incomplete: Vec<Incomplete>,
}

impl<'j, 's> Reader<'j, 's> {
    pub fn new(judge: &'j Judge<'s>) -> Self {
        Self { judge, seen: HashMap::new(), waiting: Waiting::default(), result: FileResult::default() }
    }

    /// A file on disk.
    pub fn file(&mut self, entry: &Entry) {
        let scan = self.judge.scan;
        match source::disk::open(entry, &scan.walk, scan.progress) {
            Ok(content) => self.content(content, &entry.name, entry.explicit),
            Err(error) => self.result.incomplete.push(unreadable(&error)),
        }
    }

    /// What came out of a file. `explicit` tells that the user named this very file.
    pub fn content(&mut self, content: Content, name: &Arc<str>, explicit: bool) {
        match content {
            Content::Whole(file) => self.whole(file, explicit),
            Content::Items(stream) => self.items(stream, name),
        }
    }

    fn items(&mut self, mut stream: Box<Stream>, name: &Arc<str>) {
        self.result.documents += 1;
        let context = self.judge.scan.context_of(name);
        let mut batch = stream.batch(BATCH);
        let mut known = 0;
        let (mut told, mut untold) = (0, 0);
        let mut layouts = std::collections::BTreeMap::new();
        while !batch.is_empty() {
            let lines = batch.first().is_some_and(|item| item.pointer.is_empty());
            let one = |item: Item| parse_item(item, name, &context, lines);
            let items = std::mem::take(&mut batch);
            // The next items are unpacked while these are parsed.
            let parse = || -> Vec<Parsed> { items.into_par_iter().map(one).collect() };
            let (next, mut parsed) = rayon::join(|| stream.batch(BATCH), parse);
            (self.judge.scan.progress)(stream.taken());
            for layout in parsed.iter().filter_map(|p| p.layout) {
                known += 1;
                *layouts.entry(if lines { layout } else { "AWS Config snapshot" }).or_insert(0usize) += 1;
            }
            for one in &mut parsed {
                let room = MANY_MISTAKES.saturating_sub(told);
                untold += one.incomplete.len().saturating_sub(room);
                one.incomplete.truncate(room);
                told += one.incomplete.len();
            }
            self.entities(parsed, name);
            let settled = self.waiting.settle(self.judge);
            self.result = std::mem::take(&mut self.result).merge(settled);
            batch = next;
        }
        if untold > 0 {
            let reason = format!("{untold} more mistakes are not listed");
            let code = Some(ProblemCode::TooManyProblems);
            let help = "mend the first ones and run again".to_owned();
            let (file, related) = (name.clone(), Vec::new());
            self.result.incomplete.push(Incomplete { file, code, reason, help, location: None, related });
        }
        let leftover = stream.leftover();
        if let Some(error) = stream.failure() {
            self.result.incomplete.push(unreadable(&error));
        } else if let Some(place) = stream.cut_off() {
            let help = "fetch or unpack the file again: what was cut off was not checked";
            let reason = "the file ends within its list of items";
            self.result.incomplete.push(at(name, place, ProblemCode::UnclosedBracket, reason, help));
        } else if let Some(place) = leftover {
            let help = "keep one list in a file: each page of an answer in a file of its own";
            let reason = "what follows the list of items was not read";
            self.result.incomplete.push(at(name, place, ProblemCode::TextAfterValue, reason, help));
        }
        if known == 0 {
            self.result.documents -= 1;
            self.result.unrecognised.push(name.clone());
        }
        let main = layouts.into_iter().max_by_key(|(_, count)| *count);
        main.into_iter().for_each(|(layout, _)| *self.result.layouts.entry(layout).or_default() += 1);
    }

    /// Judge what was parsed, the newest record of each thing only.
    fn entities(&mut self, parsed: Vec<Parsed>, name: &Arc<str>) {
        let mut now = Vec::new();
        for one in parsed {
            self.result.incomplete.extend(one.incomplete);
            for entity in one.entities {
                let record = self.record(identity_of(&entity), name, one.offset);
                let Ok(record) = record else { continue };
                match (entity, record) {
                    (Entity::Resource(_, found), record) => now.push((record, found)),
                    (entity, record) => {
                        let known = identity_of(&entity).key.clone().unwrap_or_else(|| unique(name, one.offset, &entity));
                        let record = record.unwrap_or_else(|| {
                            let rank = Rank::new(&Identity::default(), name, one.offset);
                            Arc::new(Record { key: self.judge.verdicts.name(&known), rank })
                        });
                        self.waiting.keep(known, record, self.lightened(entity));
                    }
                }
            }
        }
        let judge = self.judge;
        let some = |all: &[(Option<Arc<Record>>, Vec<Found>)]| {
            let mut result = FileResult::default();
            for (record, found) in all {
                found.iter().for_each(|found| judge.alone(found, record.as_ref(), &mut result));
            }
            result
        };
        let judged = match now.len() {
            0..16 => some(&now),
            _ => now.par_chunks(16).map(some).reduce(FileResult::default, FileResult::merge),
        };
        self.result = std::mem::take(&mut self.result).merge(judged);
    }

    /// What must wait, without what nobody will ask for.
    fn lightened(&self, mut entity: Entity) -> Entity {
        if let Entity::Principal(_, principal) = &mut entity {
            if !self.judge.asks(DocumentKind::ConfigItem) {
                principal.own.retain(|found| !matches!(found.body, Body::Record(_)));
            }
            if let Body::Missing(place) = &mut principal.subject.body {
                *place = place.alone();
            }
        }
        entity
    }

    /// The record of a thing; an error when a newer one is known.
    fn record(&mut self, identity: &Identity, name: &Arc<str>, offset: usize) -> Result<Option<Arc<Record>>, ()> {
        let Some(key) = &identity.key else { return Ok(None) };
        let rank = Rank::new(identity, name, offset);
        let key = self.judge.verdicts.name(key);
        match self.seen.get_mut(&key) {
            Some(known) if *known >= rank => return Err(()),
            Some(known) => *known = rank.clone(),
            None => {
                self.seen.insert(key, rank.clone());
            }
        }
        let record = Arc::new(Record { key, rank });
        self.result.records.push(record.clone());
        Ok(Some(record))
    }

    /// A file that was read whole.
    fn whole(&mut self, source: SourceFile, explicit: bool) {
        let scan = self.judge.scan;
        let SourceFile { name, text, problems: mut mistakes } = source;
        let yaml = is_yaml(&name, &text);
        let document = if yaml { yaml::parse_template(text) } else { json::parse(text) };
        let context = scan.context_of(&name);
        mistakes = with_those_of(&document, mistakes);
        let base = Arc::new(Base::new(name.clone(), document, Origin::default()));
        let Extraction { layout, entities } = extract(base.clone(), &context);
        let document = &base.document;
        if layout.is_none() {
            // Tags of other programs; only in a template they are mistakes.
            mistakes.retain(|p| p.code != ProblemCode::UnknownTag);
        }
        if layout.is_some_and(|layout| layout != "policy") {
            // AWS is never handed this file itself, and it could be read.
            mistakes.retain(|p| !matches!(p.code, ProblemCode::Utf16 | ProblemCode::ByteOrderMark));
        }
        mistakes.extend(document.root().and_then(unknown_plan_version).map(|node| {
            let message = format!("a plan of format version {}: palisade knows 0 and 1", node.scalar());
            let help = "update palisade, or write the plan with a terraform of before; it was read as far as it is understood";
            Problem::new(ProblemCode::UnknownVersion, node.span(), message, help)
        }));
        if layout.is_none() && !worth_reporting(document, &mistakes, explicit, yaml) {
            self.result.unrecognised.push(name);
            return;
        }
        let placer = Placer::new(document, name.clone());
        if layout.is_none() {
            self.no_json(document, &mistakes, &placer);
        }
        tell(mistakes.iter(), &placer, &mut self.result);
        match layout {
            Some(layout) => {
                tell_inside(&base, &mut self.result);
                self.result.documents += 1;
                *self.result.layouts.entry(layout).or_default() += 1;
            }
            None if mistakes.is_empty() => self.result.unrecognised.push(name.clone()),
            None => self.result.documents += 1,
        }
        self.entities(vec![Parsed { offset: 0, entities, layout, incomplete: Vec::new() }], &name);
    }

    /// A text in which not even a policy can be seen is a syntax error to those who ask for that check.
    fn no_json(&mut self, document: &Document, mistakes: &[Problem], placer: &Placer<'_>) {
        let scan = self.judge.scan;
        let Some(problem) = mistakes.iter().find(|p| p.code.is_syntax()) else { return };
        let kind = DocumentKind::Policy(scan.context.kind.unwrap_or(PolicyKind::IdentityPolicy));
        let context = scan.context_of(placer.file());
        let site =
            Site { file: placer.file().clone(), root: document.root(), kind, assumed: true, policy: None, facts: &[], context };
        let Some(checks) = scan.registry.checks(kind) else { return };
        for active in scan.registry.checking(checks, Code::JsonSyntaxError).filter(|active| active.selected) {
            let Some(severity) = scan.severity(active, &site) else { continue };
            let raised = checked::syntax_error(active.rule(), &site, problem);
            self.result.findings.push((None, finding(active, severity, &raised, None, |_| placer)));
        }
    }
}

fn identity_of(entity: &Entity) -> &Identity {
    match entity {
        Entity::Resource(identity, _) | Entity::Principal(identity, _) | Entity::Managed(identity, _) => identity,
    }
}

/// A key for what has no ARN: its place.
fn unique(name: &Arc<str>, offset: usize, entity: &Entity) -> Arc<str> {
    match entity {
        Entity::Principal(_, principal) => format!("{name}#{offset}#{}", principal.id).into(),
        Entity::Managed(_, managed) => format!("{name}#{offset}#{}", managed.id).into(),
        Entity::Resource(..) => name.clone(),
    }
}

/// Mistakes found when a text was decoded, with those found when it was parsed. Bytes that were not UTF-8 stand as SUB in
/// the text, and are not told once more for that.
fn with_those_of(document: &Document, mut mistakes: Vec<Problem>) -> Vec<Problem> {
    let undecoded = mistakes.iter().any(|p| p.code == ProblemCode::InvalidUtf8);
    let again = |p: &&Problem| undecoded && p.code == ProblemCode::ControlCharacter && p.message.contains("U+001A");
    mistakes.extend(document.problems().iter().filter(|p| !again(p)).cloned());
    mistakes
}

/// Report mistakes of the texts in strings that were read to find what a document speaks of.
fn tell_inside(base: &Base, result: &mut FileResult) {
    for embedding in base.broken() {
        let document = json::parse(embedding.text());
        let placer = Placer::within(&document, base.file.clone(), Origin::Embedded(embedding));
        tell(document.problems().iter(), &placer, result);
    }
}

fn is_yaml(name: &str, text: &str) -> bool {
    let name = name.trim_end_matches(".gz").to_ascii_lowercase();
    let by_name = [".yaml", ".yml", ".template"].iter().any(|e| name.ends_with(e));
    // What comes down a pipe has no name to tell.
    let by_content = || name == source::stdin::NAME && starts_like_yaml(text);
    (by_name && !text.trim_start().starts_with('{')) || by_content()
}

/// A first line with a key and a colon, both without quotes: no JSON starts like that.
fn starts_like_yaml(text: &str) -> bool {
    let skipped = |line: &&str| line.is_empty() || line.starts_with(['#', '%']) || *line == "---";
    let first = text.lines().map(str::trim).find(|line| !skipped(line)).unwrap_or_default();
    let word = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    first.split_once(':').is_some_and(|(key, rest)| word(key) && (rest.is_empty() || rest.starts_with(' ')))
}

/// Parse an item and see what it speaks of.
fn parse_item(item: Item, name: &Arc<str>, context: &Context, line: bool) -> Parsed {
    let offset = item.start.offset;
    let document = json::parse(item.text);
    let origin = Origin::part(item.start, item.pointer);
    let base = Arc::new(Base::new(name.clone(), document, origin));
    let Extraction { layout, entities } = extract(base.clone(), context);
    let mut problems = with_those_of(&base.document, item.problems);
    if layout.is_none() && problems.is_empty() && !line {
        let span = base.document.root().map_or(Span::default(), |root| root.span());
        let help = "every element of `configurationItems` has a `resourceType` and a `configuration`";
        problems.push(Problem::new(ProblemCode::PolicyGrammar, span, "this is no configuration item", help));
    }
    let placer = Placer::within(&base.document, name.clone(), base.origin.clone());
    let mut told = FileResult::default();
    tell(problems.iter(), &placer, &mut told);
    if layout.is_some() {
        tell_inside(&base, &mut told);
    }
    Parsed { offset, entities, layout, incomplete: told.incomplete }
}

/// Something that is wrong with a list at a place of it.
fn at(name: &Arc<str>, place: Position, code: ProblemCode, reason: &str, help: &str) -> Incomplete {
    let location =
        crate::finding::Location { file: name.clone(), start: place, end: place, ..crate::finding::Location::default() };
    Incomplete {
        file: name.clone(),
        code: Some(code),
        reason: reason.to_owned(),
        help: help.to_owned(),
        location: Some(location),
        related: Vec::new(),
    }
}

/// A broken file that no rule can read: worth a word when it was named, when it is empty, or when it looks like a policy.
fn worth_reporting(document: &Document, mistakes: &[Problem], explicit: bool, yaml: bool) -> bool {
    let unread = |p: &Problem| {
        matches!(
            p.code,
            ProblemCode::Empty | ProblemCode::TooDeep | ProblemCode::TooLarge | ProblemCode::InvalidUtf8 | ProblemCode::Utf16
        )
    };
    // Much is written in YAML that is none (templates of templates) and that has to do with AWS.
    let of_yaml = ["AWSTemplateFormatVersion", "AWS::IAM::", "PolicyDocument:", "Effect: Allow", "Effect: Deny"];
    let of_json = ["Statement", "statement", "\"Effect\"", "\"Action\"", "\"Principal\"", "\"2012-10-17\"", "arn:aws"];
    let words = if yaml { &of_yaml[..] } else { &of_json[..] };
    let policy_like = || words.iter().any(|word| document.text().contains(word));
    !mistakes.is_empty() && (explicit || mistakes.iter().any(unread) || policy_like())
}

impl Scan<'_> {
    /// What the command line and the project file say of a file; the command line wins.
    fn context_of(&self, file: &str) -> Context {
        let mut context = self.config.context_for(&(self.project_name)(file));
        let said = &self.context;
        context.kind = said.kind.or(context.kind);
        context.resource_type = said.resource_type.clone().or(context.resource_type);
        context.account = said.account.clone().or(context.account);
        context
    }

    /// The severity of a rule for a site; `None` when an override switches it off there.
    pub(super) fn severity(&self, active: &Active, site: &Site<'_>) -> Option<Severity> {
        let mut severity = active.severity;
        if self.config.overrides.is_empty() {
            return Some(severity);
        }
        let name = (self.project_name)(&site.file);
        for change in self.config.overrides.iter().filter(|o| o.applies(&name, &site.context)) {
            for setting in change.rules.iter().filter(|s| s.id.value == active.head.id.as_str()) {
                if setting.enabled == Some(false) {
                    return None;
                }
                severity = setting.severity.unwrap_or(severity);
            }
        }
        Some(severity)
    }
}
