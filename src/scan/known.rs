//! What must be known before anything is judged: the organizations among the files, and the manifests of snapshots.
//!
//! An export of an organization is looked for in files whose name holds `organization`, in those that were named
//! themselves, and where the command line or the project file say.

use super::Scan;
use super::file::unreadable;
use super::open::Opened;
use crate::extract::Found;
use crate::finding::Incomplete;
use crate::organization::load::{self, Loaded};
use crate::policy::arn::is_account_id;
use crate::source::Entry;
use crate::source::snapshot::{self, MANIFEST, Manifest, SCHEMA_VERSION, SourceState, State};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An organization that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationAt {
    /// An export, a folder that holds one, or folders that mirror the tree.
    pub path: PathBuf,
    /// The management account, where the data does not tell.
    pub management_account: Option<String>,
}

/// What is known before anything is judged.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub organizations: Vec<Source>,
    /// What the names of the files of each snapshot start with.
    snapshots: Vec<String>,
    /// The same of snapshots that a newer palisade wrote: nothing of them is read.
    newer: Vec<String>,
    manifests: BTreeSet<Arc<str>>,
    pub incomplete: Vec<Incomplete>,
}

/// An organization.
#[derive(Debug)]
pub(super) struct Source {
    pub loaded: Loaded,
    /// It is among what is checked, so that its units and accounts are subjects of rules. Otherwise it only tells where
    /// accounts hang and what binds them.
    pub checked: bool,
}

/// A text of a control policy, opened for judging.
pub(super) struct Text<'k> {
    pub id: &'k str,
    pub found: &'k Found,
    pub opened: Opened<'k>,
}

impl Known {
    /// Look for it.
    pub fn find(scan: &Scan<'_>, entries: &[Entry]) -> Self {
        let mut out = Self::default();
        for entry in entries.iter().filter(|entry| file_name(&entry.name) == MANIFEST) {
            out.manifest(entry);
        }
        if let Some(at) = scan.organization {
            out.named(scan, at);
        }
        for entry in entries.iter().filter(|entry| may_be_export(entry)) {
            let known = |source: &Source| source.loaded.documents.contains_key(&entry.name);
            if out.skips(&entry.name) || out.organizations.iter().any(known) {
                continue;
            }
            // What cannot be read is told when all files are read.
            if let Ok(Some(loaded)) = load::export(entry, &scan.walk) {
                out.organizations.push(Source { loaded, checked: true });
            }
        }
        let names: BTreeSet<&str> = entries.iter().map(|entry| &*entry.name).collect();
        for source in &mut out.organizations {
            source.checked = source.loaded.documents.keys().any(|file| names.contains(&**file));
            out.incomplete.append(&mut source.loaded.problems);
        }
        out.organizations.sort_by(|a, b| a.loaded.prefix.cmp(&b.loaded.prefix));
        out
    }

    fn named(&mut self, scan: &Scan<'_>, at: &OrganizationAt) {
        match load::load(&at.path, &scan.walk, &|file| scan.context_of(file)) {
            Ok(Some(mut loaded)) => {
                let management = &mut loaded.organization.management_account;
                *management = management.take().or_else(|| at.management_account.clone());
                self.organizations.push(Source { loaded, checked: true });
            }
            Ok(None) => self.incomplete.push(incomplete(
                &crate::source::walk::entry(&at.path).name,
                "this is no export of an organization".to_owned(),
                "name an `organization.json` as `palisade fetch` writes it, a folder with one, or folders that mirror the tree",
            )),
            Err(error) => self.incomplete.push(unreadable(&error)),
        }
    }

    /// A file that may be the manifest of a snapshot.
    fn manifest(&mut self, entry: &Entry) {
        let folder = entry.path.parent().unwrap_or(Path::new("."));
        let prefix = entry.name.strip_suffix(MANIFEST).unwrap_or_default().to_owned();
        match snapshot::manifest(folder) {
            snapshot::Found::None => return,
            snapshot::Found::Read(manifest) => {
                self.incomplete.extend(unread(&entry.name, &manifest));
                self.incomplete.extend(snapshot::lost(folder, &manifest).into_iter().map(|(name, what)| {
                    let reason = format!("the snapshot has no `{name}`, and its manifest tells of {what}");
                    incomplete(&entry.name, reason, "fetch it again: a file of the snapshot was lost")
                }));
                self.snapshots.push(prefix);
            }
            snapshot::Found::Newer(version) => {
                self.incomplete.push(incomplete(
                    &entry.name,
                    format!("a newer palisade wrote this snapshot: its layout is version {version}, this palisade reads up to {SCHEMA_VERSION}"),
                    "update palisade; nothing of the snapshot was checked",
                ));
                self.newer.push(prefix);
            }
            snapshot::Found::Broken(reason) => {
                self.incomplete.push(incomplete(
                    &entry.name,
                    format!("the manifest of the snapshot cannot be read: {reason}"),
                    "fetch the snapshot again: what lies in the folder was checked, and nothing tells whether that is all",
                ));
                self.snapshots.push(prefix);
            }
        }
        self.manifests.insert(entry.name.clone());
    }

    /// True for a file that nothing is to be read of.
    pub fn skips(&self, file: &str) -> bool {
        self.newer.iter().any(|prefix| file.starts_with(prefix)) && !self.manifests.contains(file)
    }

    /// True for the manifest of a snapshot, broken or not.
    pub fn is_manifest(&self, file: &str) -> bool {
        self.manifests.contains(file)
    }

    /// Files of snapshots that hold nothing anybody knows: what was in them is lost.
    pub fn hollow(&self, unrecognised: &[Arc<str>]) -> Vec<Incomplete> {
        let one = |file: &Arc<str>| {
            let reason = "this file of the snapshot holds nothing that was fetched".to_owned();
            incomplete(file, reason, "fetch the snapshot again: the file is empty, damaged or of something else")
        };
        unrecognised.iter().filter(|file| self.is_part(file)).map(one).collect()
    }

    /// The same of lines of a file that has others. Elsewhere such lines are of another program, and none of ours.
    pub fn hollow_lines(&self, file: &Arc<str>, count: usize) -> Option<Incomplete> {
        let plural = if count == 1 { "line holds" } else { "lines hold" };
        let reason = format!("{count} {plural} nothing that was fetched");
        let help = "fetch the snapshot again: the file is damaged";
        (count > 0 && self.is_part(file)).then(|| incomplete(file, reason, help))
    }

    /// True for a file that belongs to a snapshot.
    fn is_part(&self, file: &str) -> bool {
        self.below_snapshot(file).is_some_and(snapshot::is_part)
    }

    /// The account of a file in a tree that is read account by account: as AWS Config delivers it,
    /// `…/AWSLogs/111122223333/Config/…`, or a file of a snapshot, `config/111122223333.jsonl.gz`.
    pub fn account_of<'e>(&self, file: &'e str) -> Option<&'e str> {
        if let Some((_, below)) = file.rsplit_once("AWSLogs/") {
            return below.split('/').take(2).find(|part| is_account_id(part));
        }
        let below = self.below_snapshot(file)?;
        let (folder, name) = below.split_once('/')?;
        let account = name.split('.').next().filter(|account| is_account_id(account));
        account.filter(|_| matches!(folder, "config" | "iam" | "s3" | "secrets-manager"))
    }

    /// Whether a file of a snapshot holds what IAM or Secrets Manager say of an account: records of what AWS Config may tell
    /// as well.
    pub fn is_second_record(&self, file: &str) -> bool {
        let second = |below: &str| below.starts_with("iam/") || below.starts_with("secrets-manager/");
        self.below_snapshot(file).is_some_and(second)
    }

    fn below_snapshot<'e>(&self, file: &'e str) -> Option<&'e str> {
        self.snapshots.iter().filter_map(|prefix| file.strip_prefix(prefix.as_str())).min_by_key(|below| below.len())
    }

    /// The texts of the control policies of each organization.
    pub fn opened(&self) -> Vec<Vec<Text<'_>>> {
        self.organizations.iter().map(texts).collect()
    }
}

fn texts(source: &Source) -> Vec<Text<'_>> {
    source.loaded.texts.iter().map(|(id, found)| Text { id, found, opened: Opened::new(found) }).collect()
}

fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn may_be_export(entry: &Entry) -> bool {
    let name = file_name(&entry.name).to_ascii_lowercase();
    let is_json = name.trim_end_matches(".gz").ends_with(".json");
    is_json && (entry.explicit || name.contains("organization"))
}

fn incomplete(file: &Arc<str>, reason: String, help: &str) -> Incomplete {
    Incomplete {
        file: file.clone(),
        code: None,
        reason,
        help: help.to_owned(),
        location: None,
        related: Vec::new(),
        resource: None,
    }
}

/// What a snapshot lacks, by its own account; what is the same of many accounts is told once.
fn unread(file: &Arc<str>, manifest: &Manifest) -> Vec<Incomplete> {
    let mut out = Vec::new();
    if manifest.finished.is_none() {
        let reason = "the fetch of this snapshot did not end".to_owned();
        out.push(incomplete(file, reason, "run `palisade fetch` on it again with `--resume`"));
    }
    let mut alike: BTreeMap<SourceState, Vec<&str>> = BTreeMap::new();
    for source in manifest.sources.iter().filter(|source| source.state != State::Complete) {
        let key = SourceState { account: None, items: 0, ..source.clone() };
        alike.entry(key).or_default().extend(source.account.as_deref());
    }
    for (source, accounts) in alike {
        let whose = match accounts.as_slice() {
            [] => String::new(),
            [one] => format!(" of {one}"),
            many => {
                let shown: Vec<&str> = many.iter().take(3).copied().collect();
                let more = many.len() - shown.len();
                format!(" of {}{}", shown.join(", "), if more > 0 { format!(" and {more} more accounts") } else { String::new() })
            }
        };
        let what = source.what.as_ref().map(|what| format!(" {what}")).unwrap_or_default();
        let region = source.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
        let (state, help) = words(source.state);
        let why = source.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let reason = format!("{}{what}{whose}{region} {state}{why}", source.source);
        out.push(incomplete(file, reason, source.help.as_deref().unwrap_or(help)));
    }
    out
}

/// What is said of a state, and the next step where the manifest has none.
fn words(state: State) -> (&'static str, &'static str) {
    match state {
        State::Complete => ("is complete", ""),
        State::Denied => {
            ("was denied", "allow what `palisade fetch --print-policy` lists, and run `palisade fetch` again with `--resume`")
        }
        State::Throttled => ("was throttled", "run `palisade fetch` again with `--resume`, and less `--concurrency`"),
        State::NotRecorded => {
            ("is not recorded by AWS Config", "record it, or fetch it from the account itself with `--role-name`")
        }
        State::Stale => ("is older than it should be", "see the status of the aggregator's sources in AWS Config"),
        State::Failed => ("could not be read", "run `palisade fetch` again with `--resume`"),
        State::Pending => ("was not read yet", "run `palisade fetch` again with `--resume`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_an_account_are_known_by_their_names() {
        let known = Known { snapshots: vec!["snap/".to_owned()], ..Known::default() };
        let account = Some("111122223333");
        let name = "x/o-abc/AWSLogs/o-abc/111122223333/Config/us-east-1/2026/8/20/ConfigSnapshot/a.json.gz";
        assert_eq!(known.account_of(name), account);
        assert_eq!(known.account_of("AWSLogs/111122223333/Config/a.json"), account);
        assert_eq!(known.account_of("snap/AWSLogs/111122223333/Config/a.json"), account);
        for name in ["config/111122223333.jsonl.gz", "iam/111122223333.json.gz", "s3/111122223333.jsonl"] {
            assert_eq!(known.account_of(&format!("snap/{name}")), account, "{name}");
        }
        let secrets = "snap/secrets-manager/111122223333.jsonl.gz";
        assert!(known.account_of(secrets) == account && known.is_second_record(secrets));
        for name in ["policies/111122223333/a.json", "config/111122223333.jsonl.gz", "snap/access-analyzer/111122223333.jsonl.gz"]
        {
            assert_eq!(known.account_of(name), None, "{name}");
        }
        assert!(known.is_second_record("snap/iam/111122223333.json.gz") && !known.is_second_record("iam/111122223333.json.gz"));
        assert!(!known.is_second_record("snap/config/111122223333.jsonl.gz"));
    }

    #[test]
    fn what_is_the_same_of_many_accounts_is_told_once() {
        let source = |account: &str, state: State| SourceState {
            source: "config".to_owned(),
            account: Some(account.to_owned()),
            region: None,
            what: Some("AWS::IAM::Role".to_owned()),
            state,
            reason: Some("AccessDeniedException".to_owned()),
            help: None,
            items: 7,
        };
        let accounts = ["111111111111", "222222222222", "333333333333", "444444444444", "555555555555"];
        let mut sources: Vec<SourceState> = accounts.iter().map(|account| source(account, State::Denied)).collect();
        sources.extend([source("666666666666", State::Stale), source("777777777777", State::Complete)]);
        let manifest = Manifest { finished: Some("2026-01-02T03:05:05Z".to_owned()), sources, ..Manifest::default() };
        let told: Vec<String> = unread(&"s/manifest.json".into(), &manifest).into_iter().map(|i| i.reason).collect();
        assert_eq!(
            told,
            [
                "config AWS::IAM::Role of 111111111111, 222222222222, 333333333333 and 2 more accounts was denied: AccessDeniedException",
                "config AWS::IAM::Role of 666666666666 is older than it should be: AccessDeniedException",
            ]
        );
    }
}
