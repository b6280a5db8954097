//! Snapshot files of AWS Config in a bucket: of each account and region the newest, found by walking down the folders from
//! the newest year rather than by listing years of keys.
//!
//! AWS Config Developer Guide, "Delivery channel": `[prefix/]AWSLogs/[organization/]ACCOUNT/Config/REGION/Y/M/D/ConfigSnapshot/`.

use super::client::Session;
use super::context::{About, Context};
use super::error::{Sort, Trouble};
use super::operation::Op;
use super::settings::{BucketPrefix, Source};
use super::snapshot_file::{self as file, Place};
use super::unit::{self, Page, Tally};
use crate::catalog::partition::is_region;
use crate::policy::arn::is_account_id;
use crate::source::snapshot::State;
use aws_sdk_s3::Client;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

/// Most folders of days that are looked into for one account and region.
const DAYS: usize = 100;

/// A snapshot that is so many days older than the newest one of all is stale.
const STALE: i64 = 7;

/// Reads the bucket.
pub struct Reader<'a> {
    pub context: &'a Context<'a>,
    pub session: Session,
    pub client: Client,
    pub bucket: &'a BucketPrefix,
}

/// What became of one account and region.
struct Done {
    place: Place,
    day: Option<String>,
    tally: Tally,
}

/// Fetch the newest file of each account and region.
pub async fn fetch(context: &Context<'_>, bucket: &BucketPrefix) {
    let about = About { source: Source::ConfigSnapshots.as_str(), ..About::default() };
    let session = context.aws.own.clone();
    let client = Client::new(&session.config);
    let mut reader = Reader { context, session, client, bucket };
    let (places, mut trouble) = match reader.places().await {
        Err(trouble) if trouble.sort == Sort::Elsewhere && trouble.region.is_some() => {
            // It lies in another region, which the answer names.
            reader.session = reader.session.in_region(trouble.region.as_deref().unwrap_or_default());
            reader.client = Client::new(&reader.session.config);
            reader.places().await
        }
        other => other,
    }
    .map_or_else(|trouble| (Vec::new(), Some(trouble)), |places| (places, None));
    if places.is_empty() && trouble.is_none() {
        let found = Trouble::new(Sort::Absent, format!("there are no files of AWS Config below `{bucket}AWSLogs/`"));
        trouble = Some(
            found.help("name the bucket and prefix of the delivery channel: `aws configservice describe-delivery-channels`"),
        );
    }
    if let Some(trouble) = trouble {
        context.report(about.trouble(&trouble, 0));
        return;
    }
    let work = places.into_iter().map(|place| reader.place(place));
    let mut done: Vec<Done> = stream::iter(work).buffer_unordered(context.settings.concurrency.max(1)).collect().await;
    done.sort_by(|a, b| a.place.cmp(&b.place));
    let newest = done.iter().filter_map(|d| d.day.as_deref().and_then(file::day_number)).max();
    for one in &done {
        let what = one.day.as_ref().map(|day| format!("snapshot of {day}"));
        let about = About { account: Some(&one.place.account), region: Some(&one.place.region), what: what.as_deref(), ..about };
        let mut state = about.tally(&one.tally);
        let age = one.day.as_deref().and_then(file::day_number).zip(newest).map(|(day, newest)| newest - day);
        if state.state == State::Complete && age.is_some_and(|days| days > STALE) {
            state.state = State::Stale;
            state.reason = Some(format!("it is {} days older than the newest one", age.unwrap_or_default()));
            state.help = Some("see that the recorder and the delivery channel of this account and region run".to_owned());
        }
        context.report(state);
    }
}

impl Reader<'_> {
    /// Folders and keys right below a prefix.
    async fn list(&self, prefix: &str) -> Result<(Vec<String>, Vec<String>), Trouble> {
        let read = |token: Option<String>| async move {
            let request = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket.bucket)
                .prefix(prefix)
                .delimiter("/")
                .set_continuation_token(token);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, _) = self.context.aws.call(&self.session, Op::ListObjectsV2, send).await?;
            let folders = out.common_prefixes().iter().filter_map(|p| p.prefix()).map(|p| json!({ "folder": p }).to_string());
            let keys = out.contents().iter().filter_map(|o| o.key()).map(|k| json!({ "key": k }).to_string());
            let next = out.next_continuation_token().filter(|_| out.is_truncated().unwrap_or_default()).map(str::to_owned);
            Ok(Page { lines: folders.chain(keys).collect(), next })
        };
        let name = format!("snapshots/list/{prefix}");
        let tally = unit::pages(self.context, &name, read).await;
        if let Some(trouble) = tally.trouble {
            return Err(trouble);
        }
        let records = unit::records(&self.context.store.parts, &name)?;
        let of = |member: &str| records.iter().filter_map(|r| r.get(member)?.as_str().map(str::to_owned)).collect::<Vec<_>>();
        Ok((of("folder"), of("key")))
    }

    /// Names of the folders below a prefix.
    async fn folders(&self, prefix: &str) -> Result<Vec<String>, Trouble> {
        let (folders, _) = self.list(prefix).await?;
        let name = |f: &String| f.strip_prefix(prefix).map(|n| n.trim_end_matches('/').to_owned());
        Ok(folders.iter().filter_map(name).filter(|n| !n.is_empty()).collect())
    }

    /// Accounts and regions there are files of.
    async fn places(&self) -> Result<Vec<Place>, Trouble> {
        let top = format!("{}AWSLogs/", self.bucket.prefix);
        let mut accounts = Vec::new();
        for name in self.folders(&top).await? {
            if is_account_id(&name) {
                accounts.push((format!("{top}{name}/Config/"), name));
            } else if name.starts_with("o-") && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                // A trail of the whole organization puts its id in between.
                let inside = format!("{top}{name}/");
                let below = self.folders(&inside).await?;
                let below = below.into_iter().filter(|n| is_account_id(n));
                accounts.extend(below.map(|account| (format!("{inside}{account}/Config/"), account)));
            }
        }
        accounts.retain(|(_, account)| self.context.settings.wants(account));
        let wanted = &self.context.settings.regions;
        let work = accounts.iter().map(|(folder, account)| async move {
            let regions = self.folders(folder).await?;
            let regions = regions.into_iter().filter(|r| is_region(r) && (wanted.is_empty() || wanted.contains(r)));
            let place = |region: String| Place { account: account.clone(), folder: format!("{folder}{region}/"), region };
            Ok(regions.map(place).collect::<Vec<Place>>())
        });
        let width = self.context.settings.concurrency.max(1);
        let found: Vec<Result<Vec<Place>, Trouble>> = stream::iter(work).buffered(width).collect().await;
        let mut all = Vec::new();
        for one in found {
            all.extend(one?);
        }
        Ok(all)
    }

    async fn place(&self, place: Place) -> Done {
        let failed = |place, trouble| Done { place, day: None, tally: Tally { items: 0, trouble: Some(trouble) } };
        let key = match self.newest(&place).await {
            Ok(Some(key)) => key,
            Ok(None) => {
                let trouble = Trouble::new(Sort::Absent, "there is no snapshot file, only histories or nothing");
                return failed(
                    place,
                    trouble.help("have snapshots delivered: set the delivery frequency of the delivery channel"),
                );
            }
            Err(trouble) => return failed(place, trouble),
        };
        let below = key.strip_prefix(&self.bucket.prefix).unwrap_or(&key);
        let day = file::day_of(&key);
        let read = |_| file::read(self, &key);
        let unit = format!("{}{below}", file::UNITS);
        let mut tally = unit::pages(self.context, &unit, read).await;
        // The first record tells about the file.
        tally.items = tally.items.saturating_sub(1);
        Done { place, day, tally }
    }

    /// The key of the newest snapshot file.
    async fn newest(&self, place: &Place) -> Result<Option<String>, Trouble> {
        let mut looked = 0;
        for year in self.numbers(&place.folder).await? {
            let of_year = format!("{}{year}/", place.folder);
            for month in self.numbers(&of_year).await? {
                let of_month = format!("{of_year}{month}/");
                for day in self.numbers(&of_month).await? {
                    looked += 1;
                    if looked > DAYS {
                        return Ok(None);
                    }
                    let (_, mut keys) = self.list(&format!("{of_month}{day}/ConfigSnapshot/")).await?;
                    keys.retain(|key| file::is_snapshot(key));
                    if let Some(key) = keys.into_iter().max() {
                        return Ok(Some(key));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Folders whose names are numbers, the largest first.
    async fn numbers(&self, prefix: &str) -> Result<Vec<u32>, Trouble> {
        let mut all: Vec<u32> = self.folders(prefix).await?.iter().filter_map(|n| n.parse().ok()).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        Ok(all)
    }
}

/// The units of files, with the record about the file and those of its items.
pub fn about(record: &Value) -> Option<&str> {
    record.get("palisade_file").and_then(Value::as_str)
}
