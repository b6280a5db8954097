//! What a snapshot tells besides its documents: how completely it was fetched, and the tree of the organization.

use crate::audit::Tree;
use crate::audit::reading::ORGANIZATION;
use crate::document::{Node, json};
use crate::finding::{Incomplete, Outcome};
use crate::organization::Organization;
use crate::source::snapshot::{self, Found, MANIFEST, Manifest, SourceState, State};
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

/// Read them; what was not fetched is not complete.
pub(super) fn manifests(paths: &[PathBuf], outcome: &mut Outcome) -> Manifests {
    let mut out = Manifests::default();
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    for folder in paths.iter().filter(|path| path.is_dir()) {
        let name = source::walk::name_of(&folder.join(MANIFEST));
        let mut say = |reason: String, help: &str| {
            let (file, help) = (name.clone(), help.to_owned());
            outcome.incomplete.push(Incomplete { file, code: None, reason, help, location: None, related: Vec::new() });
        };
        match snapshot::manifest(folder) {
            Found::None => continue,
            Found::Newer(version) => {
                let reason = format!("a newer palisade wrote this snapshot: version {version} of its layout");
                say(reason, "update palisade, or fetch the snapshot again with this one");
                out.untrusted = true;
            }
            Found::Broken(reason) => {
                say(format!("the manifest cannot be read: {reason}"), "fetch the snapshot again");
                out.untrusted = true;
            }
            Found::Read(manifest) => {
                if manifest.finished.is_none() {
                    say("the fetch of this snapshot did not end".to_owned(), "complete it with `palisade fetch --resume`");
                    out.untrusted = true;
                }
                for source in manifest.sources.iter().filter(|s| s.state != State::Complete) {
                    say(reason(source), source.help.as_deref().unwrap_or(help(source.state)));
                }
                out.read.push(manifest);
            }
        }
        outcome.coverage.unrecognised.retain(|file| *file != name);
    }
    out
}

fn reason(source: &SourceState) -> String {
    let part = |word: &str, value: &Option<String>| value.as_ref().map(|v| format!(" {word} {v}")).unwrap_or_default();
    let what = source.what.as_ref().map(|what| format!(" ({what})")).unwrap_or_default();
    let why = source.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(
        "{}{what}{}{} is {}{why}",
        source.source,
        part("of account", &source.account),
        part("in", &source.region),
        source.state.as_str().replace('-', " ")
    )
}

fn help(state: State) -> &'static str {
    match state {
        State::Complete => "",
        State::Denied => "grant what `palisade fetch --print-policy` lists, then complete it with `palisade fetch --resume`",
        State::Throttled | State::Failed | State::Pending => "complete it with `palisade fetch --resume`",
        State::NotRecorded => "have AWS Config record this type, or fetch it from its own service",
        State::Stale => "see why AWS Config did not deliver, and fetch again",
    }
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
