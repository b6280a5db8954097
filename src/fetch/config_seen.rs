//! Which accounts Config told something of, from what is on disk.

use super::context::Context;
use super::{item, snapshot_file, unit};
use crate::source::SourceError;
use serde_json::Value;
use std::collections::BTreeMap;

/// The units whose records are configuration items.
pub const ITEMS: &str = "config/items/";

/// What Config told of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Something of IAM.
    pub iam: bool,
    /// A bucket.
    pub buckets: bool,
}

/// By account.
///
/// # Errors
/// When a part cannot be read.
pub fn seen(context: &Context<'_>) -> Result<BTreeMap<String, Seen>, SourceError> {
    let parts = &context.store.parts;
    let mut all: BTreeMap<String, Seen> = BTreeMap::new();
    for unit in parts.units(ITEMS).into_iter().chain(parts.units(snapshot_file::UNITS)) {
        unit::each(parts, &unit, |record| {
            if let Some(account) = item::account(&record) {
                let kind = record.get("resourceType").and_then(Value::as_str).unwrap_or_default();
                let one = all.entry(account.to_owned()).or_default();
                one.iam |= kind.starts_with("AWS::IAM::");
                one.buckets |= kind == "AWS::S3::Bucket";
            }
            Ok(())
        })?;
    }
    Ok(all)
}
