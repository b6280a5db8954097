//! AWS Config through an aggregator: which one, how fresh it is, and the configuration items of each resource type, by
//! lists and batches or by queries.
//!
//! AWS Config API Reference, "ListAggregateDiscoveredResources", "BatchGetAggregateResourceConfig",
//! "SelectAggregateResourceConfig". An answer holds at most a hundred records.

use super::client::Session;
use super::config_batch;
use super::context::{About, Context};
use super::error::{FetchError, Sort, Trouble};
use super::item;
use super::operation::Op;
use super::settings::{Settings, Source};
use super::types;
use super::unit::{self, Page, Tally};
use crate::source::snapshot::State;
use aws_sdk_config::Client;
use aws_sdk_config::types::{ResourceFilters, ResourceType};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashSet;

/// Most a page may hold.
const PAGE: i32 = 100;

/// Reads one aggregator.
pub struct Reader<'a> {
    pub context: &'a Context<'a>,
    pub session: &'a Session,
    pub client: Client,
    pub aggregator: String,
}

/// One list: a type, of all or of one account and region.
#[derive(Clone, Debug)]
pub struct Slice {
    pub kind: String,
    pub account: Option<String>,
    pub region: Option<String>,
}

impl Slice {
    fn name(&self, step: &str) -> String {
        let part = |p: &Option<String>| p.as_deref().unwrap_or("all").to_owned();
        format!("config/{step}/{}/{}/{}", self.kind, part(&self.account), part(&self.region))
    }

    /// The unit of its identifiers.
    pub fn list(&self) -> String {
        self.name("list")
    }

    /// The unit of its items.
    pub fn items(&self) -> String {
        self.name("items")
    }
}

/// The aggregator to read: the one that is named, or the only one.
///
/// # Errors
/// When there are several to choose from, or the one that is named is not there; and the trouble, when AWS does not say.
pub async fn choose(context: &Context<'_>) -> Result<Result<String, Trouble>, FetchError> {
    let session = &context.aws.own;
    let client = Client::new(&session.config);
    let mut names: Vec<String> = Vec::new();
    let mut token = None;
    loop {
        let request = client.describe_configuration_aggregators().set_next_token(token.clone()).limit(PAGE);
        let send = |c| request.clone().customize().interceptor(c).send();
        let out = match context.aws.call(session, Op::DescribeConfigurationAggregators, send).await {
            Ok((out, _)) => out,
            Err(trouble) => return Ok(Err(trouble)),
        };
        names.extend(out.configuration_aggregators().iter().filter_map(|a| a.configuration_aggregator_name.clone()));
        let next = out.next_token.filter(|t| !t.is_empty());
        if next.is_none() || next == token {
            break;
        }
        token = next;
    }
    names.sort();
    pick(context.settings, &names, session.region())
}

fn pick(settings: &Settings, names: &[String], region: &str) -> Result<Result<String, Trouble>, FetchError> {
    let listed = || names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    match (&settings.aggregator, names) {
        (Some(name), _) if names.contains(name) => Ok(Ok(name.clone())),
        (None, [only]) => Ok(Ok(only.clone())),
        (Some(name), _) if !names.is_empty() => {
            let nearest = crate::text::suggest::nearest(name, names.iter().map(String::as_str));
            let help = nearest.map_or_else(|| format!("there are {}", listed()), |near| format!("did you mean `{near}`?"));
            Err(FetchError::usage(format!("there is no aggregator `{name}` in region `{region}`"), help))
        }
        (None, [_, _, ..]) => {
            let message = format!("there are several aggregators in region `{region}`");
            Err(FetchError::usage(message, format!("choose one with `--aggregator`: {}", listed())))
        }
        (named, _) => {
            let message = named.as_ref().map_or_else(
                || format!("there is no aggregator of AWS Config in region `{region}`"),
                |name| format!("there is no aggregator `{name}`, nor any other, in region `{region}`"),
            );
            let help = "set `AWS_REGION` to the region it lies in; or have one made in the management account or a delegated \
                        administrator; or read what Config delivers with `--config-snapshots`";
            if settings.named(Source::Config) || named.is_some() {
                return Err(FetchError::usage(message, help));
            }
            // The other sources of the default set are read all the same.
            Ok(Err(Trouble::new(Sort::Other, message).help(help)))
        }
    }
}

/// Fetch all resource types.
pub async fn fetch(context: &Context<'_>, aggregator: &str) {
    let session = &context.aws.own;
    let client = Client::new(&session.config);
    let reader = Reader { context, session, client, aggregator: aggregator.to_owned() };
    reader.freshness().await;
    let kinds = context.settings.resource_types();
    let work = kinds.iter().map(|kind| reader.kind(kind));
    // Twice what may be in flight, so that a type that ends leaves no gap.
    let width = context.settings.concurrency.max(1) * 2;
    let mut done = stream::iter(work).buffer_unordered(width);
    while let Some((kind, tally)) = done.next().await {
        let about = About { source: Source::Config.as_str(), what: Some(&kind), ..About::default() };
        context.report(about.tally(&tally));
    }
}

impl Reader<'_> {
    /// The lists of a type: filters take one account and one region each.
    pub fn slices(settings: &Settings, kind: &str) -> Vec<Slice> {
        let some = |all: Vec<String>| if all.is_empty() { vec![None] } else { all.into_iter().map(Some).collect() };
        let accounts = some(settings.accounts.iter().cloned().collect());
        // What belongs to no region is recorded in any.
        let regions = some(if types::is_global(kind) { Vec::new() } else { settings.regions.clone() });
        let mut all = Vec::new();
        for account in &accounts {
            for region in &regions {
                all.push(Slice { kind: kind.to_owned(), account: account.clone(), region: region.clone() });
            }
        }
        all
    }

    async fn kind(&self, kind: &str) -> (String, Tally) {
        let mut all = Tally::default();
        if self.context.settings.query {
            return (kind.to_owned(), self.query(kind).await);
        }
        for slice in Self::slices(self.context.settings, kind) {
            let listed = self.list(&slice).await;
            let got = config_batch::fetch(self, &slice).await;
            all.items += got.items;
            all.trouble = all.trouble.or(listed.trouble).or(got.trouble);
            if all.trouble.is_some() {
                break;
            }
        }
        (kind.to_owned(), all)
    }

    /// Identifiers of a type. Those of IAM come once for each aggregated region: once is enough.
    async fn list(&self, slice: &Slice) -> Tally {
        let name = slice.list();
        let known = RefCell::new(HashSet::new());
        if types::is_global(&slice.kind) {
            let seen = |id: Value| {
                known.borrow_mut().insert(identity(&id));
                Ok(())
            };
            if let Err(error) = unit::each(&self.context.store.parts, &name, seen) {
                return Tally { items: 0, trouble: Some(error.into()) };
            }
        }
        let read = |token: Option<String>| {
            let known = &known;
            async move {
                let filters =
                    ResourceFilters::builder().set_account_id(slice.account.clone()).set_region(slice.region.clone()).build();
                let filtered = slice.account.is_some() || slice.region.is_some();
                let request = self
                    .client
                    .list_aggregate_discovered_resources()
                    .configuration_aggregator_name(&self.aggregator)
                    .resource_type(ResourceType::from(slice.kind.as_str()))
                    .set_filters(filtered.then_some(filters))
                    .limit(PAGE)
                    .set_next_token(token);
                let send = |c| request.clone().customize().interceptor(c).send();
                let (out, raw) = self.context.aws.call(self.session, Op::ListAggregateDiscoveredResources, send).await?;
                let mut page = Page::of(&raw, "ResourceIdentifiers", out.next_token());
                if types::is_global(&slice.kind) {
                    let new = |line: &String| {
                        let id = serde_json::from_str(line).unwrap_or_default();
                        known.borrow_mut().insert(identity(&id))
                    };
                    page.lines.retain(new);
                }
                Ok(page)
            }
        };
        unit::pages(self.context, &name, read).await
    }

    /// Items of a type by advanced queries.
    async fn query(&self, kind: &str) -> Tally {
        let expression = expression(self.context.settings, kind);
        let read = |token: Option<String>| {
            let request = self
                .client
                .select_aggregate_resource_config()
                .configuration_aggregator_name(&self.aggregator)
                .expression(&expression)
                .limit(PAGE)
                .set_next_token(token);
            async move {
                let send = |c| request.clone().customize().interceptor(c).send();
                let (out, _) = self.context.aws.call(self.session, Op::SelectAggregateResourceConfig, send).await?;
                let rows = out.results().iter().map(|row| serde_json::from_str(row).ok().and_then(item::normal));
                let lines: Option<Vec<String>> = rows.map(|row| row.map(|item| item.to_string())).collect();
                let broken = || Trouble::new(Sort::Garbled, format!("{}: a row is no JSON", Op::SelectAggregateResourceConfig));
                Ok(Page { lines: lines.ok_or_else(broken)?, next: out.next_token.filter(|t| !t.is_empty()) })
            }
        };
        let slice = Slice { kind: kind.to_owned(), account: None, region: None };
        unit::pages(self.context, &slice.items(), read).await
    }

    /// Whether the aggregator heard of its sources lately. Not every endpoint knows the question.
    async fn freshness(&self) {
        let session = self.session.probing();
        let client = Client::new(&session.config);
        let (client, session) = (&client, &session);
        let name = "config/status";
        let read = |token: Option<String>| {
            let request = client
                .describe_configuration_aggregator_sources_status()
                .configuration_aggregator_name(&self.aggregator)
                .limit(PAGE)
                .set_next_token(token);
            async move {
                let send = |c| request.clone().customize().interceptor(c).send();
                let op = Op::DescribeConfigurationAggregatorSourcesStatus;
                let (out, raw) = self.context.aws.call(session, op, send).await?;
                Ok(Page::of(&raw, "AggregatedSourceStatusList", out.next_token()))
            }
        };
        let tally = unit::pages(self.context, name, read).await;
        let about = About { source: Source::Config.as_str(), what: Some("aggregator"), ..About::default() };
        let mut state = about.tally(&Tally { items: 0, trouble: tally.trouble.clone() });
        if tally.trouble.as_ref().is_some_and(|t| t.sort == Sort::Unsupported) {
            state.state = State::Complete;
            state.reason = Some(format!("how fresh it is cannot be told: {}", state.reason.unwrap_or_default()));
            state.help = None;
        }
        self.context.report(state);
        for status in unit::records(&self.context.store.parts, name).unwrap_or_default() {
            self.stale(&status);
        }
    }

    fn stale(&self, status: &Value) {
        let text = |key: &str| status.get(key).and_then(Value::as_str).unwrap_or_default();
        let id = text("SourceId");
        let is_account = text("SourceType") != "ORGANIZATION";
        let unwanted = is_account && !self.context.settings.wants(id);
        if !matches!(text("LastUpdateStatus"), "FAILED" | "OUTDATED") || unwanted {
            return;
        }
        let region = Some(text("AwsRegion")).filter(|r| !r.is_empty());
        let account = is_account.then_some(id);
        let what = (!is_account).then_some("organization");
        let about = About { source: Source::Config.as_str(), account, region, what };
        let mut state = about.state(State::Stale, 0);
        let word = text("LastUpdateStatus").to_ascii_lowercase();
        let said = crate::report::escape::terminal(&format!("{} {}", text("LastErrorCode"), text("LastErrorMessage")));
        state.reason = Some(format!("the aggregator's last update is {word}: {}", said.trim()).trim_end_matches(": ").to_owned());
        state.help =
            Some("see that the account authorizes the aggregator and that a recorder runs there; then fetch again".to_owned());
        self.context.report(state);
    }
}

fn identity(id: &Value) -> (String, String) {
    let text = |key: &str| id.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("SourceAccountId"), text("ResourceId"))
}

/// The query for the items of a type. Values are letters, digits, colons and dashes, as the command line sees to.
fn expression(settings: &Settings, kind: &str) -> String {
    const FIELDS: &str = "version, accountId, configurationItemCaptureTime, configurationItemStatus, configurationStateId, arn, \
                          resourceType, resourceId, resourceName, awsRegion, availabilityZone, resourceCreationTime, tags, \
                          configuration, supplementaryConfiguration";
    let mut out = format!("SELECT {FIELDS} WHERE resourceType = '{kind}'");
    let quoted = |all: &mut dyn Iterator<Item = &String>| all.map(|v| format!("'{v}'")).collect::<Vec<_>>().join(", ");
    if !settings.accounts.is_empty() {
        out.push_str(&format!(" AND accountId IN ({})", quoted(&mut settings.accounts.iter())));
    }
    if !settings.regions.is_empty() && !types::is_global(kind) {
        out.push_str(&format!(" AND awsRegion IN ({})", quoted(&mut settings.regions.iter())));
    }
    out
}

/// An identifier as a request names it.
pub fn identifier(id: &Value) -> Value {
    const MEMBERS: [&str; 5] = ["SourceAccountId", "SourceRegion", "ResourceId", "ResourceType", "ResourceName"];
    let text = |key: &str| id.get(key).filter(|v| v.is_string()).map(|v| (key.to_owned(), v.clone()));
    Value::Object(MEMBERS.into_iter().filter_map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregator_is_chosen_only_when_there_is_no_doubt() {
        let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let mut settings = Settings::default();
        let ask = |settings: &Settings, all: &[&str]| match pick(settings, &names(all), "eu-west-1") {
            Ok(Ok(name)) => name,
            Ok(Err(trouble)) => format!("trouble: {}", trouble.message),
            Err(FetchError::Usage { message, help }) => format!("{message} | {help}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(ask(&settings, &["org"]), "org");
        insta::assert_snapshot!(ask(&settings, &["a", "b"]), @"there are several aggregators in region `eu-west-1` | choose one with `--aggregator`: `a`, `b`");
        insta::assert_snapshot!(ask(&settings, &[]), @"trouble: there is no aggregator of AWS Config in region `eu-west-1`");
        settings.sources = [Source::Config].into();
        assert!(ask(&settings, &[]).starts_with("there is no aggregator of AWS Config in region `eu-west-1` | set `AWS_REGION`"));
        settings.aggregator = Some("orgg".into());
        insta::assert_snapshot!(ask(&settings, &["org", "x"]), @"there is no aggregator `orgg` in region `eu-west-1` | did you mean `org`?");
    }

    #[test]
    fn queries_are_narrowed() {
        let settings = Settings {
            accounts: ["1".to_owned(), "2".to_owned()].into(),
            regions: vec!["eu-west-1".to_owned()],
            ..Settings::default()
        };
        let bucket = expression(&settings, "AWS::S3::Bucket");
        assert!(bucket.ends_with("'AWS::S3::Bucket' AND accountId IN ('1', '2') AND awsRegion IN ('eu-west-1')"), "{bucket}");
        assert!(expression(&settings, "AWS::IAM::Role").ends_with("IN ('1', '2')"));
        assert!(bucket.len() < 4096);
    }
}
