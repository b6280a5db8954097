//! IAM Access Analyzer: analyzers of the regions that are asked for, and their findings in full.
//!
//! IAM Access Analyzer API Reference, "ListAnalyzers", "ListFindingsV2", "GetFindingV2". Findings that are resolved are left
//! out: they tell what was.

use super::client::{Capture, Session};
use super::config_seen;
use super::context::{About, Context};
use super::error::{Sort, Trouble};
use super::operation::Op;
use super::settings::{OVERALL, Source};
use super::unit::{self, Page, Tally};
use crate::source::SourceError;
use crate::source::snapshot::State;
use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::Criterion;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;

/// Most a page of findings holds.
const PAGE: i32 = 100;

/// Findings of so many ids are put into one part.
const TOGETHER: usize = 10;

/// Most pages of details of one finding.
const PAGES: usize = 1_000;

/// An analyzer.
struct Analyzer {
    arn: String,
    kind: String,
}

/// Reads the analyzers of a region.
struct Reader<'a> {
    context: &'a Context<'a>,
    session: &'a Session,
    client: &'a Client,
}

/// The units whose records are findings.
pub const FINDINGS: &str = "analyzer/findings/";

/// Fetch the regions that were named, or the caller's own.
pub async fn fetch(context: &Context<'_>) {
    let own = [context.aws.own.region().to_owned()];
    let named = if context.settings.regions.is_empty() { &own[..] } else { &context.settings.regions };
    regions(context, named.iter().cloned().collect()).await;
}

/// Where no region was named: the others in which Config told of anything, for an analyzer tells of its own region alone.
///
/// # Errors
/// When a part cannot be read.
pub async fn elsewhere(context: &Context<'_>) -> Result<(), SourceError> {
    if context.settings.regions.is_empty() {
        let mut there: BTreeSet<String> = config_seen::seen(context)?.into_values().flat_map(|seen| seen.regions).collect();
        there.remove(context.aws.own.region());
        context.ahead(there.len());
        regions(context, there).await;
    }
    Ok(())
}

async fn regions(context: &Context<'_>, regions: BTreeSet<String>) {
    for region in regions {
        let session = context.aws.own.in_region(&region);
        let client = Client::new(&session.config);
        Reader { context, session: &session, client: &client }.region(&region).await;
        context.step(0);
    }
}

/// What a type of analyzer finds.
fn finds(kind: &str) -> &'static str {
    if kind.ends_with("UNUSED_ACCESS") {
        "unused"
    } else if kind.ends_with("INTERNAL_ACCESS") {
        "internal"
    } else {
        "external"
    }
}

impl Reader<'_> {
    async fn region(&self, region: &str) {
        let list = |token: Option<String>| async move {
            let request = self.client.list_analyzers().max_results(PAGE).set_next_token(token);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, raw) = self.context.aws.call(self.session, Op::ListAnalyzers, send).await?;
            Ok(Page::of(&raw, "analyzers", out.next_token()))
        };
        let about = About { source: Source::AccessAnalyzer.as_str(), region: Some(region), ..About::default() };
        let name = format!("analyzer/list/{region}");
        let listed = unit::pages(self.context, &name, list).await;
        let records = unit::records(&self.context.store.parts, &name).unwrap_or_default();
        let about_all = About { what: Some("analyzers"), ..about };
        let mut state = about_all.tally(&listed);
        if listed.trouble.is_none() && records.is_empty() {
            state.reason = Some("there is no analyzer in this region".to_owned());
        } else if listed.trouble.as_ref().is_some_and(Trouble::is_of_region) && region != self.context.aws.own.region() {
            state = about_all.state(State::Complete, 0);
            state.reason = Some("not available: the account has not enabled this region".to_owned());
        }
        self.context.report(state);
        for record in records {
            let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let analyzer = Analyzer { arn: text("arn"), kind: text("type") };
            let (tally, bare) = self.findings(&analyzer).await;
            let what = crate::report::escape::terminal(&analyzer.arn);
            let account = analyzer.arn.split(':').nth(4).filter(|a| crate::policy::arn::is_account_id(a));
            let mut state = About { account, what: Some(&what), ..about }.tally(&tally);
            if bare {
                state.reason = Some("without details: the endpoint does not know GetFindingV2".to_owned());
            }
            self.context.report(state);
        }
    }

    /// The findings of an analyzer, and whether their details could not be asked for.
    async fn findings(&self, analyzer: &Analyzer) -> (Tally, bool) {
        let list = |token: Option<String>| async move {
            let open = Criterion::builder().neq("RESOLVED").build();
            let request = self
                .client
                .list_findings_v2()
                .analyzer_arn(&analyzer.arn)
                .filter("status", open)
                .max_results(PAGE)
                .set_next_token(token);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, raw) = self.context.aws.call(self.session, Op::ListFindingsV2, send).await?;
            let mut page = Page::of(&raw, "findings", out.next_token());
            page.lines.retain(|line| !line.contains("\"status\":\"RESOLVED\""));
            Ok(page)
        };
        let ids_unit = format!("analyzer/ids/{}", analyzer.arn);
        let listed = unit::pages(self.context, &ids_unit, list).await;
        let records = match unit::records(&self.context.store.parts, &ids_unit) {
            Ok(records) => records,
            Err(error) => return (Tally { items: 0, trouble: Some(error.into()) }, false),
        };
        let ids: BTreeSet<String> =
            records.iter().filter_map(|r| r.get("id").and_then(Value::as_str).map(str::to_owned)).collect();
        let mut got = self.details(analyzer, ids).await;
        let bare = listed.trouble.is_none() && got.trouble.as_ref().is_some_and(|t| t.sort == Sort::Unsupported);
        if bare {
            got = self.as_listed(analyzer, &records);
        }
        got.trouble = got.trouble.or(listed.trouble);
        (got, bare)
    }

    /// The findings in full, those that are on disk already left out.
    async fn details(&self, analyzer: &Analyzer, mut ids: BTreeSet<String>) -> Tally {
        let parts = &self.context.store.parts;
        let unit = format!("{FINDINGS}{}", analyzer.arn);
        let mut there = 0;
        let known = unit::each(parts, &unit, |record| {
            let id = record.pointer("/finding/id").and_then(Value::as_str).unwrap_or_default();
            there += u64::from(ids.remove(id));
            Ok(())
        });
        if let Err(error) = known {
            return Tally { items: 0, trouble: Some(error.into()) };
        }
        let mut part = parts.numbers(&unit).last().copied().unwrap_or_default();
        self.context.ahead(ids.len());
        let failed = Cell::new(false);
        let work = ids.iter().map(|id| self.unless(&failed, analyzer, id));
        let mut answers = stream::iter(work).buffer_unordered(self.context.settings.concurrency.max(1) * OVERALL);
        let mut out = Tally { items: there, trouble: None };
        let mut held: Vec<String> = Vec::new();
        loop {
            let answer = answers.next().await;
            if held.len() >= TOGETHER || (answer.is_none() && !held.is_empty()) {
                part += 1;
                let head = json!({ "items": held.len() }).to_string();
                if let Err(error) = parts.write(&unit, part, &head, &held) {
                    return Tally { trouble: Some(error.into()), ..out };
                }
                out.items += held.len() as u64;
                held.clear();
            }
            match answer {
                None => return out,
                // Gone since it was listed, or not asked for after another one failed.
                Some(Ok(None)) => {}
                Some(Ok(Some(record))) => held.push(record.to_string()),
                Some(Err(found)) => {
                    let known = out.trouble.as_ref().map(|t| (t.sort, &t.message));
                    if known.is_none_or(|known| (found.sort, &found.message) < known) {
                        out.trouble = Some(found);
                    }
                }
            }
        }
    }

    /// The findings as the list tells them, where the endpoint knows no details: which resource, and that there is something.
    fn as_listed(&self, analyzer: &Analyzer, records: &[Value]) -> Tally {
        let parts = &self.context.store.parts;
        let unit = format!("{FINDINGS}{}", analyzer.arn);
        let id = |finding: &Value| finding.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut there = BTreeSet::new();
        let known = unit::each(parts, &unit, |record| {
            there.extend(record.get("finding").map(id));
            Ok(())
        });
        let lines: Vec<String> = records
            .iter()
            .filter(|finding| !there.contains(&id(finding)))
            .map(|finding| self.record(analyzer, finding.clone()).to_string())
            .collect();
        let part = parts.numbers(&unit).last().copied().unwrap_or_default() + 1;
        let head = json!({ "items": lines.len() }).to_string();
        let trouble = known.and_then(|()| parts.write(&unit, part, &head, &lines)).err().map(Into::into);
        Tally { items: (there.len() + lines.len()) as u64, trouble }
    }

    /// One finding, unless another one met something that would stop this one as well.
    async fn unless(&self, failed: &Cell<bool>, analyzer: &Analyzer, id: &str) -> Result<Option<Value>, Trouble> {
        if failed.get() {
            return Ok(None);
        }
        let answer = self.detail(analyzer, id).await;
        let stops = answer.as_ref().is_err_and(|trouble| trouble.sort != Sort::Garbled);
        failed.set(failed.get() || stops);
        self.context.step(1);
        answer
    }

    /// One finding, the pages of its details joined; none when it is gone.
    async fn detail(&self, analyzer: &Analyzer, id: &str) -> Result<Option<Value>, Trouble> {
        let mut finding: Option<Value> = None;
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let request = self.client.get_finding_v2().analyzer_arn(&analyzer.arn).id(id).set_next_token(token.clone());
            let send = |c: Capture| request.clone().customize().interceptor(c).send();
            let (out, raw) = match self.context.aws.call(self.session, Op::GetFindingV2, send).await {
                Ok(answer) => answer,
                Err(trouble) if trouble.code.as_deref() == Some("ResourceNotFoundException") => return Ok(None),
                Err(trouble) => return Err(trouble),
            };
            join(&mut finding, raw.json());
            let next = out.next_token.filter(|t| !t.is_empty());
            if next.is_none() || next == token {
                break;
            }
            token = next;
        }
        Ok(finding.map(|finding| self.record(analyzer, finding)))
    }

    fn record(&self, analyzer: &Analyzer, finding: Value) -> Value {
        let own = analyzer.arn.split(':').nth(4).unwrap_or_default();
        let account = finding.get("resourceOwnerAccount").and_then(Value::as_str).unwrap_or(own).to_owned();
        json!({
            "analyzer": { "arn": analyzer.arn, "type": analyzer.kind }, "account": account,
            "region": self.session.region(), "kind": finds(&analyzer.kind), "finding": finding,
        })
    }
}

/// A further page of a finding has the same head and more details.
fn join(finding: &mut Option<Value>, mut page: Value) {
    if let Some(members) = page.as_object_mut() {
        members.remove("nextToken");
    }
    let Some(first) = finding else {
        *finding = Some(page);
        return;
    };
    let more = page.get_mut("findingDetails").map(Value::take);
    if let (Some(Value::Array(more)), Some(Value::Array(all))) = (more, first.get_mut("findingDetails")) {
        all.extend(more);
    }
}

/// Account, key and text of a finding on disk.
///
/// # Errors
/// What taking one has.
pub fn each(context: &Context<'_>, mut take: impl FnMut(&str, &str, &str) -> Result<(), SourceError>) -> Result<(), SourceError> {
    let parts = &context.store.parts;
    for unit in parts.units(FINDINGS) {
        unit::each(parts, &unit, |record| {
            let text = |path: &str| record.pointer(path).and_then(Value::as_str).unwrap_or_default();
            let key = format!("{}\u{1}{}", text("/analyzer/arn"), text("/finding/id"));
            take(text("/account"), &key, &record.to_string())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_the_type_of_the_analyzer() {
        for (kind, wanted) in [
            ("ACCOUNT", "external"),
            ("ORGANIZATION", "external"),
            ("ORGANIZATION_UNUSED_ACCESS", "unused"),
            ("ACCOUNT_INTERNAL_ACCESS", "internal"),
        ] {
            assert_eq!(finds(kind), wanted);
        }
    }

    #[test]
    fn pages_of_one_finding_are_joined() {
        let mut finding = None;
        join(&mut finding, json!({"id": "f", "findingDetails": [1], "nextToken": "t"}));
        join(&mut finding, json!({"id": "f", "findingDetails": [2, 3]}));
        assert_eq!(finding, Some(json!({"id": "f", "findingDetails": [1, 2, 3]})));
    }
}
