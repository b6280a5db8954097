//! A file that is read item by item: the next items are unpacked while these are parsed.

use super::file::{Parsed, Reader, tell_inside, unreadable, with_those_of};
use super::judge::tell;
use super::result::FileResult;
use crate::document::{Origin, Problem, ProblemCode, json};
use crate::extract::{Base, Extraction, extract, mistakes_of_shape};
use crate::finding::Incomplete;
use crate::finding::place::Placer;
use crate::policy::Context;
use crate::source::stream::{Item, Stream};
use crate::span::{Position, Span};
use rayon::prelude::*;
use std::sync::Arc;

/// Text of the items that are looked at together.
pub(super) const BATCH: usize = 1 << 20;

/// Mistakes listed of the items of a file.
const MANY_MISTAKES: usize = 1000;

impl Reader<'_, '_> {
    /// Read and judge them all.
    pub(super) fn items(&mut self, mut stream: Box<Stream>, name: &Arc<str>) {
        self.result.documents += 1;
        let context = self.judge.context_of(name);
        let mut batch = stream.batch(BATCH);
        let mut known = 0;
        let (mut told, mut untold, mut hollow) = (0, 0, 0);
        let mut layouts = std::collections::BTreeMap::new();
        while !batch.is_empty() {
            let lines = batch.first().is_some_and(|item| item.pointer.is_empty());
            let one = |item: Item| parse_item(item, name, &context, lines);
            let items = std::mem::take(&mut batch);
            // The next items are unpacked while these are parsed.
            let parse = || -> Vec<Parsed> { items.into_par_iter().map(one).collect() };
            let (next, mut parsed) = rayon::join(|| stream.batch(BATCH), parse);
            (self.judge.scan.progress)(stream.taken());
            hollow += parsed.iter().filter(|p| lines && p.layout.is_none() && p.incomplete.is_empty()).count();
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
            self.result.incomplete.push(Incomplete { file, code, reason, help, location: None, related, resource: None });
        }
        self.result.incomplete.extend(unread(&mut stream, name));
        let around = self.judge.around.known;
        if known > 0 {
            self.result.incomplete.extend(around.hollow_lines(name, hollow));
        }
        if known == 0 {
            self.result.documents -= 1;
            self.result.unrecognised.push(name.clone());
        }
        let main = layouts.into_iter().max_by_key(|(_, count)| *count);
        main.into_iter().for_each(|(layout, _)| *self.result.layouts.entry(layout).or_default() += 1);
    }
}

/// What was not read of a file, once all its items were.
pub(super) fn unread(stream: &mut Stream, name: &Arc<str>) -> Option<Incomplete> {
    let leftover = stream.leftover();
    if let Some(error) = stream.failure() {
        return Some(unreadable(&error));
    }
    if let Some(place) = stream.cut_off() {
        let help = "fetch or unpack the file again: what was cut off was not checked";
        let reason = "the file ends within its list of items";
        return Some(at(name, place, ProblemCode::UnclosedBracket, reason, help));
    }
    let place = leftover?;
    let help = "keep one list in a file: each page of an answer in a file of its own";
    let reason = "what follows the list of items was not read";
    Some(at(name, place, ProblemCode::TextAfterValue, reason, help))
}

/// Parse an item and see what it speaks of.
pub(super) fn parse_item(item: Item, name: &Arc<str>, context: &Context, line: bool) -> Parsed {
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
    if layout.is_some() {
        problems.extend(base.document.root().map(mistakes_of_shape).unwrap_or_default());
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
        resource: None,
    }
}
