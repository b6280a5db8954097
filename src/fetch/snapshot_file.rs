//! One snapshot file: read item by item, rid of what may be secret, and written as it was delivered otherwise.

use super::context::Context;
use super::error::{Sort, Trouble};
use super::item;
use super::operation::Op;
use super::snapshots::{Reader, about};
use super::unit::{self, Page};
use crate::source::SourceError;
use crate::source::spool::{Frame, Spool};
use crate::source::stream::{self, Content};
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use time::macros::format_description;

/// The units whose records are the items of a file.
pub const UNITS: &str = "snapshots/file/";

/// Largest file, packed.
const LARGEST: u64 = 512 << 20;

/// How often a file is asked for that comes damaged.
const AGAIN: u32 = 4;

/// Bytes of items that are looked at together.
const BATCH: usize = 1 << 20;

/// An account and region in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub account: String,
    pub region: String,
    /// The folder of its files.
    pub folder: String,
}

/// True for the key of a snapshot file with a harmless name.
pub fn is_snapshot(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    plain && name.contains("_ConfigSnapshot_") && name.ends_with(".json.gz")
}

/// The region that the file of a unit was recorded in: `…/Config/REGION/…`.
pub fn region(unit: &str) -> Option<&str> {
    unit.strip_prefix(UNITS)?.split('/').skip_while(|part| *part != "Config").nth(1)
}

/// `YYYY-MM-DD` of a key.
pub fn day_of(key: &str) -> Option<String> {
    let stamp = key.rsplit_once("_ConfigSnapshot_")?.1;
    let digits = stamp.get(..8).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    Some(format!("{}-{}-{}", digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?))
}

/// Days on a line.
pub fn day_number(day: &str) -> Option<i64> {
    let date = time::Date::parse(day, format_description!("[year]-[month]-[day]")).ok()?;
    Some(i64::from(date.to_julian_day()))
}

/// Read a file: the first record tells about it, the others are its items.
pub async fn read(reader: &Reader<'_>, key: &str) -> Result<Page, Trouble> {
    let mut attempt = 1;
    loop {
        let read = bytes(reader, key).await.and_then(|bytes| items(key, bytes));
        match read {
            Err(trouble) if trouble.sort == Sort::Garbled && attempt < AGAIN => {
                reader.context.aws.wait(attempt).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

async fn bytes(reader: &Reader<'_>, key: &str) -> Result<Vec<u8>, Trouble> {
    let request = reader.client.get_object().bucket(&reader.bucket.bucket).key(key);
    let send = |c| request.clone().customize().interceptor(c).send();
    let (out, _) = reader.context.aws.call(&reader.session, Op::GetObject, send).await?;
    let size = out.content_length().unwrap_or_default();
    if u64::try_from(size).unwrap_or_default() > LARGEST {
        return Err(Trouble::new(Sort::Other, format!("{}: the file has {size} bytes: too large", Op::GetObject)));
    }
    let body = out.body.collect().await;
    body.map(|all| all.to_vec()).map_err(|_| Trouble::new(Sort::Garbled, format!("{}: the file broke off", Op::GetObject)))
}

fn items(key: &str, bytes: Vec<u8>) -> Result<Page, Trouble> {
    let garbled = |what: &str| Trouble::new(Sort::Garbled, format!("{}: the file {what}", Op::GetObject));
    let name: Arc<str> = key.into();
    let size = bytes.len() as u64;
    let opened = stream::open(&name, Box::new(Cursor::new(bytes)), size, LARGEST);
    let mut lines = vec![json!({ "palisade_file": key }).to_string()];
    match opened.map_err(|_| garbled("cannot be unpacked"))? {
        Content::Items(mut stream) => loop {
            let batch = stream.batch(BATCH);
            if batch.is_empty() {
                if stream.failure().is_some() || stream.cut_off().is_some() {
                    return Err(garbled("ends too early"));
                }
                break;
            }
            for one in batch {
                let value = serde_json::from_str(&one.text).ok().and_then(item::normal);
                lines.push(value.ok_or_else(|| garbled("holds an item that cannot be read"))?.to_string());
            }
        },
        Content::Whole(file) => {
            let value: Value = serde_json::from_str(&file.text).map_err(|_| garbled("is no JSON"))?;
            let list = value.get("configurationItems").and_then(Value::as_array);
            let list = list.ok_or_else(|| garbled("is no snapshot of AWS Config"))?;
            lines.extend(list.iter().cloned().filter_map(item::normal).map(|item| item.to_string()));
        }
    }
    Ok(Page { lines, next: None })
}

/// Write one file where it lay in the bucket, below `folder`. Gives how many items it holds.
///
/// # Errors
/// When the disk refuses.
pub fn write(context: &Context<'_>, unit: &str, folder: &Path) -> Result<u64, SourceError> {
    let mut spool = Spool::new(context.store.spool("file-spool"))?;
    let mut count = 0u64;
    unit::each(&context.store.parts, unit, |record| {
        if about(&record).is_some() {
            return Ok(());
        }
        count += 1;
        // In the order in which they were delivered.
        spool.push("file", &format!("{count:012}"), "", &record.to_string())
    })?;
    let path = unit.strip_prefix(UNITS).unwrap_or(unit);
    let id = path.rsplit('_').next().and_then(|end| end.strip_suffix(".json.gz")).unwrap_or_default();
    let open = format!("{{\"fileVersion\":\"1.0\",\"configSnapshotId\":\"{id}\",\"configurationItems\":[");
    if count == 0 {
        // A file without an item is still a file.
        spool.push("file", "", "", "")?;
    }
    let target = path.split('/').fold(folder.to_path_buf(), |at, part| at.join(part));
    spool.write("file", &target, Frame { open: &open, between: ",\n", close: "]}\n" })?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_lead_elsewhere_are_no_snapshots() {
        let good =
            "AWSLogs/1/Config/us-east-1/2026/8/22/ConfigSnapshot/1_Config_us-east-1_ConfigSnapshot_20260822T060000Z_ab-1.json.gz";
        assert!(is_snapshot(good));
        assert_eq!(region(&format!("{UNITS}{good}")), Some("us-east-1"));
        assert_eq!(day_of(good).as_deref(), Some("2026-08-22"));
        assert_eq!(day_number("2026-08-22").unwrap() - day_number("2026-07-22").unwrap(), 31);
        for bad in ["a/ConfigWritabilityCheckFile", "a/x_ConfigSnapshot_..\\b.json.gz", "a/x_ConfigHistory_y.json.gz"] {
            assert!(!is_snapshot(bad), "{bad}");
        }
    }

    #[test]
    fn a_file_that_was_cut_off_is_not_taken_for_whole() {
        let text = r#"{"fileVersion":"1.0","configurationItems":[{"resourceType":"AWS::S3::Bucket","resourceId":"a"},{"resourceId":"b"}]}"#;
        let read = |text: &str| items("k", text.as_bytes().to_vec()).map(|page| page.lines.len());
        assert_eq!(read(text), Ok(3));
        for length in [0, 10, 60, 100, text.len() - 2] {
            assert!(read(&text[..length]).is_err(), "{length}");
        }
        assert_eq!(read(r#"{"fileVersion":"1.0","configurationItems":[]}"#), Ok(1));
        assert!(read(r#"{"other":[]}"#).is_err());
    }
}
