//! Which accounts Config told something of, and in which regions, from what is on disk.

use super::context::Context;
use super::{item, snapshot_file, unit};
use crate::catalog::partition::is_region;
use crate::source::SourceError;
use aws_sdk_iam::types::EntityType;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The units whose records are configuration items.
pub const ITEMS: &str = "config/items/";

/// The units whose records are identifiers.
const LISTS: &str = "config/list/";

/// What Config told of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Which of the types that can be read elsewhere.
    kinds: BTreeSet<&'static str>,
    /// Where it told of anything, or recorded it.
    pub regions: BTreeSet<String>,
}

/// The types that can be read elsewhere, with their names in IAM's filter; buckets have none.
pub const ELSEWHERE: [(&str, Option<EntityType>); 5] = [
    ("AWS::IAM::User", Some(EntityType::User)),
    ("AWS::IAM::Group", Some(EntityType::Group)),
    ("AWS::IAM::Role", Some(EntityType::Role)),
    ("AWS::IAM::Policy", Some(EntityType::LocalManagedPolicy)),
    ("AWS::S3::Bucket", None),
];

impl Seen {
    /// Take note of a region. It becomes part of the name of a host: whatever else stands there is none.
    fn told_in(&mut self, region: Option<&str>) {
        if let Some(region) = region.filter(|region| is_region(region) && !self.regions.contains(*region)) {
            self.regions.insert(region.to_owned());
        }
    }

    /// Whether it told something of a type.
    pub fn has(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
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
        let recorded_in = snapshot_file::region(&unit);
        unit::each(parts, &unit, |record| {
            if let Some(account) = item::account(&record) {
                let kind = record.get("resourceType").and_then(Value::as_str).unwrap_or_default();
                let one = all.entry(account.to_owned()).or_default();
                one.kinds.extend(ELSEWHERE.iter().map(|(name, _)| *name).filter(|name| *name == kind));
                one.told_in(record.get("awsRegion").and_then(Value::as_str));
                one.told_in(recorded_in);
            }
            Ok(())
        })?;
    }
    // Where IAM was recorded stands in the list alone: its items say `global`.
    for unit in parts.units(LISTS) {
        unit::each(parts, &unit, |record| {
            let text = |member: &str| record.get(member).and_then(Value::as_str);
            if let Some(one) = text("SourceAccountId").and_then(|account| all.get_mut(account)) {
                one.told_in(text("SourceRegion"));
            }
            Ok(())
        })?;
    }
    Ok(all)
}
