//! Units of work: a list that is read page by page. Each page is on disk before the next is asked for, together with the
//! token that leads on, so that a fetch goes on where it stopped.

use super::client::Capture;
use super::context::Context;
use super::error::{Sort, Trouble};
use crate::source::SourceError;
use crate::source::parts::Parts;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::future::Future;

/// So many empty pages in a row are no list any more.
const EMPTY: u32 = 1_000;

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    /// Records, one JSON text each.
    pub lines: Vec<String>,
    /// What leads on; none at the end.
    pub next: Option<String>,
}

impl Page {
    /// The elements of a list in an answer.
    pub fn of(raw: &Capture, member: &str, next: Option<&str>) -> Self {
        let lines = match raw.json().get_mut(member).map(Value::take) {
            Some(Value::Array(all)) => all.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        Self { lines, next: next.filter(|n| !n.is_empty()).map(str::to_owned) }
    }

    /// One record, and nothing more.
    pub fn one(record: &Value) -> Self {
        Self { lines: vec![record.to_string()], next: None }
    }
}

/// What reading a unit came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Records on disk.
    pub items: u64,
    /// Why it is not complete.
    pub trouble: Option<Trouble>,
}

/// What reading things one by one came to, which a list named.
#[derive(Debug, Default)]
pub struct Many {
    /// All of them together, and why the list is not complete.
    pub tally: Tally,
    /// Those that could not be read, by their names.
    pub troubles: Vec<(String, Trouble)>,
}

impl Many {
    /// Nothing was read.
    pub fn failed(trouble: Trouble) -> Self {
        Self { tally: Tally { items: 0, trouble: Some(trouble) }, troubles: Vec::new() }
    }

    /// The list, and what became of each thing on it.
    pub fn of(listed: Tally, each: Vec<(String, Tally)>) -> Self {
        let mut all = Self::default();
        for (name, tally) in each {
            all.tally.items += tally.items;
            all.troubles.extend(tally.trouble.map(|trouble| (name, trouble)));
        }
        all.tally.trouble = listed.trouble;
        all
    }
}

/// How far a unit is on disk.
#[derive(Debug, Default)]
struct Standing {
    pages: u32,
    items: u64,
    next: Option<String>,
    done: bool,
    seen: BTreeSet<String>,
}

fn standing(parts: &Parts, unit: &str) -> Standing {
    let mut out = Standing::default();
    for number in parts.numbers(unit) {
        let head: Option<Value> = parts.head(unit, number).and_then(|head| serde_json::from_str(&head).ok());
        // A page that is missing or damaged is read again, and with it those that came after it.
        let Some(head) = head.filter(|_| number == out.pages + 1 && !out.done) else { break };
        out.pages = number;
        out.items += head.get("items").and_then(Value::as_u64).unwrap_or_default();
        out.next = head.get("next").and_then(Value::as_str).map(str::to_owned);
        out.done = out.next.is_none();
        out.seen.extend(out.next.clone());
    }
    out
}

/// Read a list to its end, from where it stands on disk. `fetch` gets the token of the page.
pub async fn pages<F, Fut>(context: &Context<'_>, unit: &str, fetch: F) -> Tally
where
    F: Fn(Option<String>) -> Fut,
    Fut: Future<Output = Result<Page, Trouble>>,
{
    let parts = &context.store.parts;
    let mut here = standing(parts, unit);
    let mut fresh = here.pages == 0;
    let mut empty = 0;
    while !here.done {
        context.ahead(1);
        let page = match fetch(here.next.clone()).await {
            Ok(page) => page,
            // A token of yesterday: the list is read anew.
            Err(trouble) if trouble.sort == Sort::Token && !fresh => {
                parts.forget(unit);
                here = Standing::default();
                fresh = true;
                continue;
            }
            Err(trouble) => return Tally { items: here.items, trouble: Some(trouble) },
        };
        fresh = true;
        empty = if page.lines.is_empty() { empty + 1 } else { 0 };
        let again = page.next.as_ref().is_some_and(|next| !here.seen.insert(next.clone()));
        if again || empty > EMPTY {
            let what = if again { "gave the same token twice" } else { "gave nothing but empty pages" };
            let trouble = Trouble::new(Sort::Other, format!("the list {what}: it has no end"));
            let help = "`--resume` asks again; if it stays so, the endpoint is at fault";
            return Tally { items: here.items, trouble: Some(trouble.help(help)) };
        }
        let head = json!({ "items": page.lines.len(), "next": page.next }).to_string();
        if let Err(error) = parts.write(unit, here.pages + 1, &head, &page.lines) {
            return Tally { items: here.items, trouble: Some(error.into()) };
        }
        here.pages += 1;
        here.items += page.lines.len() as u64;
        here.done = page.next.is_none();
        here.next = page.next;
        context.step(page.lines.len() as u64);
    }
    Tally { items: here.items, trouble: None }
}

/// True when all of a list is on disk.
pub fn is_done(parts: &Parts, unit: &str) -> bool {
    whole(parts, unit).is_some()
}

/// Records of a list that are on disk.
pub fn count(parts: &Parts, unit: &str) -> u64 {
    standing(parts, unit).items
}

/// Records of a list that is on disk as a whole; none of one that is not.
pub fn whole(parts: &Parts, unit: &str) -> Option<Tally> {
    let here = standing(parts, unit);
    here.done.then_some(Tally { items: here.items, trouble: None })
}

/// Hand out the records of a unit, in order.
///
/// # Errors
/// When a part cannot be read.
pub fn each(parts: &Parts, unit: &str, mut take: impl FnMut(Value) -> Result<(), SourceError>) -> Result<(), SourceError> {
    for number in parts.numbers(unit) {
        parts.each(unit, number, &mut |line| match serde_json::from_str(line) {
            Ok(value) => take(value),
            // Every line was written by us; one that is none would be the disk's.
            Err(_) => Ok(()),
        })?;
    }
    Ok(())
}

/// The records of a unit that is small.
pub fn records(parts: &Parts, unit: &str) -> Result<Vec<Value>, SourceError> {
    let mut all = Vec::new();
    each(parts, unit, |value| {
        all.push(value);
        Ok(())
    })?;
    Ok(all)
}
