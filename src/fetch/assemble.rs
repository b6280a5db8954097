//! From parts to a snapshot: put together beside the old one, sorted, then swapped, the manifest last.

use super::context::Context;
use super::store::{LAYOUT, WORK};
use super::{analyzer, config_seen, iam, item, organizations, s3, secrets, snapshot_file, unit};
use crate::policy::arn::is_account_id;
use crate::source::snapshot::{self, Manifest, State};
use crate::source::spool::{LINES, Spool};
use crate::source::{SourceError, folder, make_folder, write_atomic};
use serde_json::Value;
use std::path::Path;

/// Put the snapshot together and in its place.
///
/// # Errors
/// When the disk refuses; all parts are still there then.
pub fn assemble(context: &Context<'_>, manifest: &Manifest) -> Result<(), SourceError> {
    let fresh = context.store.fresh();
    folder::remove(&fresh)?;
    make_folder(&fresh)?;
    if let Some(text) = organizations::document(context)? {
        write_atomic(&fresh.join("organization.json"), text.as_bytes())?;
    }
    let parts = &context.store.parts;
    items(context, parts.units(config_seen::ITEMS), &fresh.join("config"))?;
    let kept = context.kept.borrow().clone();
    for (starts, folder) in [(s3::UNITS, "s3"), (secrets::UNITS, "secrets-manager")] {
        let units = kept.iter().filter(|unit| unit.starts_with(starts)).flat_map(|start| parts.units(start));
        items(context, units.collect(), &fresh.join(folder))?;
    }
    for unit in parts.units(snapshot_file::UNITS) {
        snapshot_file::write(context, &unit, &fresh)?;
    }
    // Of an account that has none of what was asked for there is no file.
    let told = |name: &&String| name.starts_with(iam::UNITS) && unit::count(parts, name) > 0;
    for unit in kept.iter().filter(told) {
        let account = iam::account(unit);
        iam::write(context, unit, &fresh.join("iam").join(format!("{account}.json.gz")))?;
    }
    findings(context, &fresh.join("access-analyzer"))?;
    swap(context, &fresh, manifest)
}

/// A name for a file of what belongs to an account.
fn owner(account: &str) -> &str {
    if is_account_id(account) { account } else { "unknown" }
}

/// Configuration items, a file for each account, each resource once.
fn items(context: &Context<'_>, units: Vec<String>, folder: &Path) -> Result<(), SourceError> {
    let parts = &context.store.parts;
    let mut spool = Spool::new(context.store.spool("item-spool"))?;
    for unit in units {
        unit::each(parts, &unit, |record| {
            let status = record.get("configurationItemStatus").and_then(Value::as_str).unwrap_or_default();
            if status.starts_with("ResourceDeleted") {
                return Ok(());
            }
            let account = owner(item::account(&record).unwrap_or_default());
            spool.push(account, &item::key(&record), item::recorded(&record), &record.to_string())
        })?;
    }
    write_each(&mut spool, folder)
}

fn findings(context: &Context<'_>, folder: &Path) -> Result<(), SourceError> {
    let mut spool = Spool::new(context.store.spool("finding-spool"))?;
    analyzer::each(context, |account, key, line| spool.push(owner(account), key, "", line))?;
    write_each(&mut spool, folder)
}

fn write_each(spool: &mut Spool, folder: &Path) -> Result<(), SourceError> {
    for name in spool.names()? {
        spool.write(&name, &folder.join(format!("{name}.jsonl.gz")), LINES)?;
    }
    Ok(())
}

/// Until the new manifest is there, none is: half of a snapshot is never taken for a whole one.
fn swap(context: &Context<'_>, fresh: &Path, manifest: &Manifest) -> Result<(), SourceError> {
    let root = &context.store.root;
    folder::remove(&root.join(snapshot::MANIFEST))?;
    let there = folder::names(fresh)?;
    for name in LAYOUT.iter().filter(|name| **name != snapshot::MANIFEST) {
        if there.contains(*name) {
            folder::replace(&fresh.join(name), &root.join(name))?;
        } else {
            folder::remove(&root.join(name))?;
        }
    }
    snapshot::write(root, manifest)?;
    if !can_go_on(manifest) {
        folder::remove(&root.join(WORK))?;
    }
    Ok(())
}

/// True when asking again may give more: what is not recorded or stale is so whoever asks.
pub fn can_go_on(manifest: &Manifest) -> bool {
    let open = |state| matches!(state, State::Denied | State::Throttled | State::Failed | State::Pending);
    manifest.sources.iter().any(|s| open(s.state))
}
