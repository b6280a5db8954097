//! Which accounts Config told something of, from what is on disk.

use super::context::Context;
use super::{item, snapshot_file, unit};
use crate::source::SourceError;
use aws_sdk_iam::types::EntityType;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The units whose records are configuration items.
pub const ITEMS: &str = "config/items/";

/// What Config told of an account: which of these types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen(BTreeSet<&'static str>);

/// The types that can be read elsewhere, with their names in IAM's filter; buckets have none.
pub const ELSEWHERE: [(&str, Option<EntityType>); 5] = [
    ("AWS::IAM::User", Some(EntityType::User)),
    ("AWS::IAM::Group", Some(EntityType::Group)),
    ("AWS::IAM::Role", Some(EntityType::Role)),
    ("AWS::IAM::Policy", Some(EntityType::LocalManagedPolicy)),
    ("AWS::S3::Bucket", None),
];

impl Seen {
    /// Whether it told something of a type.
    pub fn has(&self, kind: &str) -> bool {
        self.0.contains(kind)
    }
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
                one.0.extend(ELSEWHERE.iter().map(|(name, _)| *name).filter(|name| *name == kind));
            }
            Ok(())
        })?;
    }
    Ok(all)
}
