//! What a snapshot tells besides its documents: how completely it was fetched, and the tree of the organization.

use crate::audit::Tree;
use crate::organization::Organization;
use crate::organization::load::{self, EXPORT};
use crate::policy::Context;
use crate::source::snapshot::{self, Found, MANIFEST, Manifest};
use crate::source::{self, Entry, WalkOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The manifests among some files. What they say is missing was told when the files were checked.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    /// What was read.
    pub read: Vec<Manifest>,
    /// Some manifest is of a newer version, or broken, or its fetch did not end.
    pub untrusted: bool,
}

/// Read them.
pub(super) fn manifests(entries: &[Entry]) -> Manifests {
    let mut out = Manifests::default();
    for entry in entries.iter().filter(|entry| entry.name.rsplit('/').next() == Some(MANIFEST)) {
        match snapshot::manifest(entry.path.parent().unwrap_or(Path::new("."))) {
            Found::None => {}
            Found::Newer(_) | Found::Broken(_) => out.untrusted = true,
            Found::Read(manifest) => {
                out.untrusted |= manifest.finished.is_none();
                out.read.push(manifest);
            }
        }
    }
    out
}

/// The tree of the organization, where some file has one.
#[derive(Debug)]
pub(super) struct Organized {
    /// The model.
    pub organization: Organization,
    /// The same for the history.
    pub tree: Tree,
}

/// Look for it: where it was said to be, else in `organization.json` of a snapshot, else in a file that was named itself.
pub(super) fn organization(said: Option<&Path>, entries: &[Entry]) -> Option<Organized> {
    let walk = WalkOptions::default();
    let loaded = match said {
        Some(path) => load::load(path, &walk, &|_| Context::default()).ok()??,
        None => {
            let name = |entry: &Entry| entry.name.rsplit('/').next().unwrap_or_default().to_owned();
            let named = |entry: &&Entry| name(entry).trim_end_matches(".gz") == EXPORT;
            // The one that is highest up is that of the snapshot.
            let mut candidates: Vec<&Entry> = entries.iter().filter(named).collect();
            candidates.sort_by_key(|entry| entry.name.matches('/').count());
            candidates.extend(entries.iter().filter(|entry| entry.explicit && !named(entry)));
            candidates.into_iter().find_map(|entry| load::export(entry, &walk).ok().flatten())?
        }
    };
    Some(Organized { tree: Tree::of(&loaded), organization: loaded.organization })
}

/// Names of files as the history keeps them: from the folder that was named on, so that snapshots in folders of other
/// names compare.
pub(super) struct Names(Vec<Arc<str>>);

impl Names {
    /// Of the arguments.
    pub fn new(paths: &[PathBuf]) -> Self {
        Self(paths.iter().filter(|path| path.is_dir()).map(|path| source::walk::name_of(path)).collect())
    }

    /// The name of a file.
    pub fn of<'n>(&self, file: &'n str) -> &'n str {
        let below = |folder: &Arc<str>| file.strip_prefix(&**folder)?.strip_prefix('/');
        self.0.iter().filter_map(below).min_by_key(|rest| rest.len()).unwrap_or(file)
    }
}
