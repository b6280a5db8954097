//! What a snapshot tells besides its documents: how completely it was fetched, and the tree of the organization.

use crate::audit::Tree;
use crate::audit::reading::ORGANIZATION;
use crate::document::{Node, json};
use crate::organization::Organization;
use crate::source::snapshot::{self, Found, Manifest};
use crate::source::{self, Entry};
use std::path::PathBuf;
use std::sync::Arc;

/// The manifests of the folders that were named.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    /// What was read.
    pub read: Vec<Manifest>,
    /// Some manifest is of a newer version, or broken, or its fetch did not end.
    pub untrusted: bool,
}

/// Read them. What they lack is told with everything else that could not be read, by the scan.
pub(super) fn manifests(paths: &[PathBuf]) -> Manifests {
    let mut out = Manifests::default();
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    for folder in paths.iter().filter(|path| path.is_dir()) {
        match snapshot::manifest(folder) {
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
    /// `o-…`.
    pub id: Option<String>,
}

/// Look for it: `organization.json` of a snapshot, else a file by itself that is an export.
pub(super) fn organization(entries: &[Entry]) -> Option<Organized> {
    let named = |entry: &&Entry| entry.name.rsplit('/').next() == Some(ORGANIZATION);
    // The one that is highest up is that of the snapshot.
    let mut candidates: Vec<&Entry> = entries.iter().filter(named).collect();
    candidates.sort_by_key(|entry| entry.name.matches('/').count());
    candidates.extend(entries.iter().filter(|entry| entry.explicit && !named(entry)));
    candidates.into_iter().find_map(|entry| {
        let document = json::parse(source::read_text(&entry.path).ok()?);
        let root = document.root()?;
        let organization = Organization::read(root)?;
        let tree = Tree::of(&organization, root);
        let id = root.get("Organization").and_then(|o| o.get("Id")).and_then(Node::as_str).map(str::to_owned);
        Some(Organized { organization, tree, id })
    })
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
