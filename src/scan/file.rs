//! One file: opened, read whole or item by item, and everything it speaks of judged, except for what must wait until all
//! of an account was read.

use super::judge::{Judge, tell};
use super::principals::Waiting;
use super::result::{FileResult, Rank, Record};
use super::verdict::NameKey;
use crate::document::{Document, Origin, Problem, ProblemCode, json};
use crate::extract::{Base, Body, DocumentKind, Entity, Found, Identity};
use crate::finding::Incomplete;
use crate::finding::place::Placer;
use crate::policy::context::PrincipalKind;
use crate::source::stream::Content;
use crate::source::{self, Entry, SourceError};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// What reads files, one after the other.
pub(super) struct Reader<'j, 's> {
    pub judge: &'j Judge<'s>,
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
        resource: None,
    }
}

/// An item that was parsed.
pub(super) struct Parsed {
    /// Where it starts, which tells it from others.
    pub offset: usize,
    pub entities: Vec<Entity>,
    pub layout: Option<&'static str>,
    pub incomplete: Vec<Incomplete>,
}

impl<'j, 's> Reader<'j, 's> {
    pub fn new(judge: &'j Judge<'s>) -> Self {
        Self { judge, seen: HashMap::new(), waiting: Waiting::default(), result: FileResult::default() }
    }

    /// A file on disk.
    pub fn file(&mut self, entry: &Entry) {
        let scan = self.judge.scan;
        let known = self.judge.around.known;
        if known.is_manifest(&entry.name) {
            self.result.documents += 1;
            *self.result.layouts.entry("snapshot manifest").or_default() += 1;
            return;
        }
        if known.skips(&entry.name) {
            return;
        }
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

    /// Judge what was parsed, the newest record of each thing only.
    pub(super) fn entities(&mut self, parsed: Vec<Parsed>, name: &Arc<str>) {
        let mut now = Vec::new();
        for one in parsed {
            self.result.incomplete.extend(one.incomplete);
            for mut entity in one.entities {
                self.judge.around.complete(&mut entity, name);
                if self.judge.around.known.is_second_record(name) {
                    identify(&mut entity);
                }
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
}

pub(super) fn identity_of(entity: &Entity) -> &Identity {
    match entity {
        Entity::Resource(identity, _) | Entity::Principal(identity, _) | Entity::Managed(identity, _) => identity,
    }
}

/// Give what IAM tells the key that AWS Config's record of it has, so that it is judged once. Nothing says when IAM told it,
/// and the record of AWS Config goes first; so it does of a secret, other than of its policy.
fn identify(entity: &mut Entity) {
    let (identity, context, kind, id) = match entity {
        Entity::Principal(identity, principal) => {
            let kind = match principal.kind {
                PrincipalKind::Role => "Role",
                PrincipalKind::User => "User",
                PrincipalKind::Group => "Group",
            };
            (identity, Some(&principal.subject.context), kind, &principal.id)
        }
        Entity::Managed(identity, managed) => (identity, managed.default.as_ref().map(|f| &f.context), "Policy", &managed.id),
        Entity::Resource(identity, found) => {
            if found.iter().any(|found| matches!(found.body, Body::Record(_))) {
                identity.recorded = "".into();
            }
            return;
        }
    };
    let account = context.and_then(|context| context.account.as_deref());
    if let (None, Some(account)) = (&identity.key, account) {
        identity.key = Some(format!("{account}|AWS::IAM::{kind}|{id}").into());
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

/// Report mistakes of the texts in strings that were read to find what a document speaks of.
pub(super) fn tell_inside(base: &Base, result: &mut FileResult) {
    for embedding in base.broken() {
        let document = json::parse(embedding.text());
        let placer = Placer::within(&document, base.file.clone(), Origin::Embedded(embedding));
        tell(document.problems().iter(), &placer, result);
    }
}

/// Mistakes found when a text was decoded, with those found when it was parsed. Bytes that were not UTF-8 stand as SUB in
/// the text, and are not told once more for that.
pub(super) fn with_those_of(document: &Document, mut mistakes: Vec<Problem>) -> Vec<Problem> {
    let undecoded = mistakes.iter().any(|p| p.code == ProblemCode::InvalidUtf8);
    let again = |p: &&Problem| undecoded && p.code == ProblemCode::ControlCharacter && p.message.contains("U+001A");
    mistakes.extend(document.problems().iter().filter(|p| !again(p)).cloned());
    mistakes
}
