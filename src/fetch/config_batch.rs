//! Configuration items by batches of a hundred. Each batch is on disk when it is there, with what AWS left out of it.

use super::config::{Reader, Slice, identifier};
use super::error::{Sort, Trouble};
use super::item;
use super::operation::Op;
use super::unit::Tally;
use crate::source::SourceError;
use crate::source::parts::Parts;
use aws_sdk_config::types::{AggregateResourceIdentifier, ResourceType};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Most a batch may hold.
const BATCH: usize = 100;

/// Most batches of one page; a page holds a hundred identifiers.
const PER_PAGE: u32 = 100;

/// How often what AWS left out is asked for again.
const AGAIN: u32 = 4;

/// A batch: its number, what it is about, and what of it is still to be asked for.
struct Batch {
    number: u32,
    about: String,
    wanted: Vec<Value>,
}

/// What tells that a batch on disk is about these identifiers: the list may have been read anew since.
fn about(chunk: &[Value]) -> String {
    let mut hasher = DefaultHasher::new();
    chunk.iter().for_each(|id| id.to_string().hash(&mut hasher));
    format!("{:016x}", hasher.finish())
}

/// The head of a batch on disk, if it is about this.
fn head(parts: &Parts, unit: &str, number: u32, about: &str) -> Option<Value> {
    let head: Value = serde_json::from_str(&parts.head(unit, number)?).ok()?;
    (head.get("about").and_then(Value::as_str) == Some(about)).then_some(head)
}

/// What is to be asked for, and how many items are there already.
fn batches(parts: &Parts, slice: &Slice) -> Result<(Vec<Batch>, u64), SourceError> {
    let (list, items) = (slice.list(), slice.items());
    let mut open = Vec::new();
    let mut there = 0;
    for page in parts.numbers(&list) {
        let mut ids = Vec::new();
        parts.each(&list, page, &mut |line| {
            ids.extend(serde_json::from_str::<Value>(line).ok());
            Ok(())
        })?;
        for (at, chunk) in ids.chunks(BATCH).enumerate() {
            let number = page * PER_PAGE + u32::try_from(at).unwrap_or_default();
            let chunk: Vec<Value> = chunk.iter().map(identifier).collect();
            let about = about(&chunk);
            let wanted = match &head(parts, &items, number, &about) {
                None => chunk,
                Some(head) => {
                    there += head.get("items").and_then(Value::as_u64).unwrap_or_default();
                    head.get("left").and_then(Value::as_array).cloned().unwrap_or_default()
                }
            };
            if !wanted.is_empty() {
                open.push(Batch { number, about, wanted });
            }
        }
    }
    Ok((open, there))
}

/// Fetch the items of all identifiers that are listed on disk.
pub async fn fetch(reader: &Reader<'_>, slice: &Slice) -> Tally {
    let (open, there) = match batches(&reader.context.store.parts, slice) {
        Ok(found) => found,
        Err(error) => return Tally { items: 0, trouble: Some(error.into()) },
    };
    reader.context.ahead(open.len());
    let failed = Cell::new(false);
    let work = open.into_iter().map(|batch| {
        let failed = &failed;
        async move {
            // What stopped one batch stops the others, other than an answer that was cut off.
            if failed.get() {
                return Tally::default();
            }
            let tally = one(reader, slice, batch).await;
            let stops = tally.trouble.as_ref().is_some_and(|t| !matches!(t.sort, Sort::Garbled | Sort::Absent));
            failed.set(failed.get() || stops);
            tally
        }
    });
    let width = reader.context.settings.concurrency.max(1) * 2;
    let done: Vec<Tally> = stream::iter(work).buffer_unordered(width).collect().await;
    let items = there + done.iter().map(|t| t.items).sum::<u64>();
    // The worst first, so that the order of answers does not show.
    let trouble = done.into_iter().filter_map(|t| t.trouble).min_by(|a, b| (a.sort, &a.message).cmp(&(b.sort, &b.message)));
    Tally { items, trouble }
}

async fn one(reader: &Reader<'_>, slice: &Slice, mut batch: Batch) -> Tally {
    let context = reader.context;
    let mut wanted = std::mem::take(&mut batch.wanted);
    let mut items = Vec::new();
    let mut trouble = None;
    for attempt in 1..=AGAIN {
        match ask(reader, &wanted).await {
            Ok((got, left)) => {
                items.extend(got);
                wanted = left;
            }
            Err(found) => {
                trouble = Some(found);
                break;
            }
        }
        if wanted.is_empty() {
            break;
        }
        if attempt < AGAIN {
            context.aws.wait(attempt).await;
        }
    }
    let count = items.len() as u64;
    if (trouble.is_none() || !items.is_empty())
        && let Err(error) = keep(&context.store.parts, &slice.items(), &batch, (items, &wanted))
    {
        return Tally { items: 0, trouble: Some(error.into()) };
    }
    context.step(count);
    if trouble.is_none() && !wanted.is_empty() {
        let first = wanted.first().and_then(|id| id.get("ResourceId")).and_then(Value::as_str).unwrap_or_default();
        let first = crate::report::escape::terminal(first);
        let op = Op::BatchGetAggregateResourceConfig;
        let message = format!("{op}: {} resources were left out of every answer, such as `{first}`", wanted.len());
        let help = "`--resume` asks for them again; they may have been deleted meanwhile";
        trouble = Some(Trouble::new(Sort::Absent, message).help(help));
    }
    Tally { items: count, trouble }
}

/// Write what is there of a batch, with what was there of it before.
fn keep(parts: &Parts, unit: &str, batch: &Batch, got: (Vec<Value>, &[Value])) -> Result<(), SourceError> {
    let (items, left) = got;
    let mut lines = Vec::new();
    if head(parts, unit, batch.number, &batch.about).is_some() {
        parts.each(unit, batch.number, &mut |line| {
            lines.push(line.to_owned());
            Ok(())
        })?;
    }
    lines.extend(items.iter().map(ToString::to_string));
    let head = json!({ "items": lines.len(), "about": batch.about, "left": left });
    parts.write(unit, batch.number, &head.to_string(), &lines)
}

/// Items, and identifiers that were left out.
async fn ask(reader: &Reader<'_>, wanted: &[Value]) -> Result<(Vec<Value>, Vec<Value>), Trouble> {
    let op = Op::BatchGetAggregateResourceConfig;
    let text = |id: &Value, key: &str| id.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut ids = Vec::new();
    for id in wanted {
        let built = AggregateResourceIdentifier::builder()
            .source_account_id(text(id, "SourceAccountId"))
            .source_region(text(id, "SourceRegion"))
            .resource_id(text(id, "ResourceId"))
            .resource_type(ResourceType::from(text(id, "ResourceType").as_str()))
            .set_resource_name(id.get("ResourceName").and_then(Value::as_str).map(str::to_owned))
            .build();
        ids.push(built.map_err(|_| Trouble::new(Sort::Garbled, format!("{op}: an identifier of the list is not whole")))?);
    }
    let request = reader
        .client
        .batch_get_aggregate_resource_config()
        .configuration_aggregator_name(&reader.aggregator)
        .set_resource_identifiers(Some(ids));
    let send = |c| request.clone().customize().interceptor(c).send();
    let (_, raw) = reader.context.aws.call(reader.session, op, send).await?;
    let mut raw = raw.json();
    let mut list = |name: &str| match raw.get_mut(name).map(Value::take) {
        Some(Value::Array(all)) => all,
        _ => Vec::new(),
    };
    let items = list("BaseConfigurationItems").into_iter().filter_map(item::normal).collect();
    let left = list("UnprocessedResourceIdentifiers").iter().map(identifier).collect();
    Ok((items, left))
}
