//! What is on disk of a fetch on its way: how it was asked, and the parts that were read. `DIR/.fetch/` holds both until
//! everything is there.

use super::assemble::can_go_on;
use super::error::FetchError;
use super::settings::{BucketPrefix, Settings, Source};
use crate::source::lock::{Lock, Locked};
use crate::source::parts::Parts;
use crate::source::{SourceError, folder, read_text, snapshot, write_atomic};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The folder of a fetch on its way, in that of the snapshot.
pub const WORK: &str = ".fetch";

/// In the folder of a fetch on its way, the file that whoever works there holds.
const LOCK: &str = "lock";

/// The files and folders that make a snapshot.
pub const LAYOUT: [&str; 8] =
    [snapshot::MANIFEST, "organization.json", "config", "AWSLogs", "iam", "s3", "secrets-manager", "access-analyzer"];

/// How a fetch was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// When, RFC 3339.
    pub started: String,
    /// The account that asked.
    pub account: String,
    /// The aggregator that was named, or the only one there was.
    pub aggregator: Option<String>,
}

/// The folders of a fetch.
#[derive(Debug)]
pub struct Store {
    /// That of the snapshot.
    pub root: PathBuf,
    /// What was read.
    pub parts: Parts,
    /// Nobody else fetches into it meanwhile.
    lock: Lock,
}

impl Store {
    /// In the folder of a snapshot, which nobody else may fetch into until this is dropped. `now` is told to whoever tries.
    ///
    /// # Errors
    /// When somebody else is at it, or the disk refuses.
    pub fn take(root: PathBuf, now: &str) -> Result<Self, FetchError> {
        let who = format!("process {}, since {now}\n", std::process::id());
        match Lock::take(&root.join(WORK).join(LOCK), &who)? {
            Locked::Taken(lock) => Ok(Self { parts: Parts::new(root.join(WORK).join("parts")), root, lock }),
            Locked::Held(who) => {
                let who = who.map_or_else(String::new, |who| format!(" ({who})"));
                let message = format!("another fetch into `{}` is on its way{who}", root.display());
                Err(FetchError::usage(message, "wait until it has ended, or fetch into another folder"))
            }
        }
    }

    /// Whether whoever wrote a manifest was killed after all else was swept but the lock: it was taken before the end. One
    /// that was taken later is of a fetch that did not begin.
    fn was_nearly_done(&self, manifest: &snapshot::Manifest) -> bool {
        let since = self.lock.before().and_then(|who| who.rsplit_once("since ")).map(|(_, since)| since);
        since.zip(manifest.finished.as_deref()).is_some_and(|(since, finished)| since <= finished)
    }

    /// Names of what a fetch has left of its work, without the lock.
    fn left(&self) -> Result<BTreeSet<String>, SourceError> {
        let mut names = folder::names(&self.root.join(WORK))?;
        names.remove(LOCK);
        Ok(names)
    }

    /// Whether a fetch was on its way here: the folder of its work was there before this one, if only empty.
    fn was_begun(&self) -> Result<bool, SourceError> {
        Ok(self.lock.is_first() || !self.left()?.is_empty())
    }

    /// Where lines are sorted.
    pub fn spool(&self, name: &str) -> PathBuf {
        self.root.join(WORK).join(name)
    }

    /// Where the new snapshot is put together.
    pub fn fresh(&self) -> PathBuf {
        self.root.join(WORK).join("new")
    }

    fn record(&self) -> PathBuf {
        self.root.join(WORK).join("run.json")
    }

    /// Sweep what a fetch left that ended and was killed while it tidied up. Its manifest, when that is what should be gone on
    /// with: everything is there.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn tidy(&self, resume: bool) -> Result<Option<snapshot::Manifest>, SourceError> {
        let inside = folder::names(&self.root)?;
        let half = format!(".{}.", snapshot::MANIFEST);
        let found = snapshot::manifest(&self.root);
        let begun = self.was_begun()? || matches!(&found, snapshot::Found::Read(manifest) if self.was_nearly_done(manifest));
        let ours = begun || matches!(found, snapshot::Found::Read(_));
        for name in inside.iter().filter(|name| ours && name.starts_with(&half) && name.ends_with(".tmp")) {
            folder::remove(&self.root.join(name))?;
        }
        let snapshot::Found::Read(manifest) = found else { return Ok(None) };
        if !begun || manifest.finished.is_none() || can_go_on(&manifest) {
            return Ok(None);
        }
        // A later fetch into the same folder, killed on its way, leaves the manifest of the one before.
        let record = read_text(&self.record()).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let started = record.as_ref().and_then(|value| value.get("started")).and_then(Value::as_str);
        if started.is_some_and(|started| started != manifest.started) {
            return Ok(None);
        }
        // The lock is kept until the end.
        for name in self.left()? {
            folder::remove(&self.root.join(WORK).join(name))?;
        }
        Ok(resume.then_some(manifest))
    }

    /// See whether the folder may be fetched into; give the run that is gone on with, whose options fill in those that were
    /// not given again.
    ///
    /// # Errors
    /// When the folder holds something else, a fetch that was not finished, or nothing to go on with; when options differ.
    pub fn begin(&self, settings: &mut Settings) -> Result<Option<Run>, FetchError> {
        let shown = self.root.display();
        let mut inside = folder::names(&self.root)?;
        inside.remove(WORK);
        let unfinished = !self.left()?.is_empty();
        if settings.resume {
            if unfinished {
                return self.resume(settings).map(Some);
            }
            let help = "leave out `--resume` to fetch anew";
            return Err(FetchError::usage(format!("there is no unfinished fetch in `{shown}`"), help));
        }
        if unfinished {
            let help = format!("go on with `--resume`, or remove `{}` to start anew", self.root.join(WORK).display());
            return Err(FetchError::usage(format!("`{shown}` holds a fetch that is not finished"), help));
        }
        let found = snapshot::manifest(&self.root);
        if let snapshot::Found::Newer(version) = found {
            let message = format!("`{shown}` holds a snapshot of a newer palisade (layout {version})");
            return Err(FetchError::usage(message, "update palisade, or name another folder"));
        }
        let ours = matches!(found, snapshot::Found::Read(_));
        let strangers = inside.iter().filter(|name| !ours || !LAYOUT.contains(&name.as_str()));
        if let Some(name) = strangers.min() {
            let what = if ours { "something that belongs to no snapshot" } else { "no snapshot" };
            let help = "name a folder that is empty, or not there yet, or holds an older snapshot";
            return Err(FetchError::usage(format!("`{shown}` holds {what}: `{name}`"), help));
        }
        Ok(None)
    }

    /// Write down how a fetch was begun.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_down(&self, run: &Run, settings: &Settings) -> Result<(), SourceError> {
        let list = |all: &BTreeSet<Source>| all.iter().map(|s| s.as_str()).collect::<Vec<_>>();
        let value = json!({
            "palisade_fetch": 1, "started": run.started, "account": run.account, "aggregator": run.aggregator,
            "sources": list(&settings.sources), "query": settings.query,
            "snapshots": settings.snapshots.as_ref().map(ToString::to_string), "role_name": settings.role_name,
            "external_id": settings.external_id.is_some(), "accounts": settings.accounts, "regions": settings.regions,
            "types": settings.types,
        });
        crate::source::make_folder(&self.root.join(WORK))?;
        write_atomic(&self.record(), format!("{value:#}\n").as_bytes())
    }

    fn resume(&self, settings: &mut Settings) -> Result<Run, FetchError> {
        let broken = || {
            let help = format!("remove `{}` to start anew", self.root.join(WORK).display());
            FetchError::usage(format!("`{}` cannot be read: nobody knows how the fetch was begun", self.record().display()), help)
        };
        let text = read_text(&self.record()).map_err(|_| broken())?;
        let value: Value = serde_json::from_str(&text).map_err(|_| broken())?;
        if value.get("palisade_fetch").and_then(Value::as_u64) != Some(1) {
            return Err(broken());
        }
        let then = Then { value: &value };
        then.fill(settings)?;
        Ok(Run {
            started: then.text("started").unwrap_or_default(),
            account: then.text("account").unwrap_or_default(),
            aggregator: then.text("aggregator"),
        })
    }
}

/// The options of the run that is gone on with.
struct Then<'a> {
    value: &'a Value,
}

impl Then<'_> {
    fn text(&self, key: &str) -> Option<String> {
        self.value.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    fn list(&self, key: &str) -> Vec<String> {
        let all = self.value.get(key).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|v| v.as_str().map(str::to_owned)).collect()
    }

    /// What was not given again is as it was; what was given must be as it was.
    fn fill(&self, now: &mut Settings) -> Result<(), FetchError> {
        let sources: BTreeSet<Source> = self.list("sources").iter().filter_map(|s| Source::parse(s).ok()).collect();
        let names = |all: &BTreeSet<Source>| all.iter().map(|s| s.as_str().to_owned()).collect::<Vec<_>>();
        same("--source", &names(&now.sources), &names(&sources))?;
        now.sources = sources;
        let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
        let fills: [(&str, &str, &mut Option<String>); 2] =
            [("--aggregator", "aggregator", &mut now.aggregator), ("--role-name", "role_name", &mut now.role_name)];
        for (option, key, value) in fills {
            let before = self.text(key);
            same(option, &one(value), &one(&before))?;
            *value = before;
        }
        let before = self.text("snapshots");
        same("--config-snapshots", &one(&now.snapshots.as_ref().map(ToString::to_string)), &one(&before))?;
        now.snapshots = before.and_then(|text| BucketPrefix::parse(&text));
        let accounts: Vec<String> = now.accounts.iter().cloned().collect();
        same("--account", &accounts, &self.list("accounts"))?;
        now.accounts = self.list("accounts").into_iter().collect();
        let lists: [(&str, &str, &mut Vec<String>); 2] =
            [("--region", "regions", &mut now.regions), ("--resource-type", "types", &mut now.types)];
        for (option, key, value) in lists {
            same(option, value, &self.list(key))?;
            *value = self.list(key);
        }
        let query = self.value.get("query").and_then(Value::as_bool).unwrap_or_default();
        if now.query && !query {
            return Err(other("--query", "given now", "not given"));
        }
        now.query = query;
        let secret = self.value.get("external_id").and_then(Value::as_bool).unwrap_or_default();
        if secret && now.external_id.is_none() {
            let help = "it is never written down; give it again";
            return Err(FetchError::usage("the fetch was begun with an `--external-id`", help));
        }
        Ok(())
    }
}

fn same(option: &str, now: &[String], then: &[String]) -> Result<(), FetchError> {
    if now.is_empty() || now == then {
        return Ok(());
    }
    let show = |all: &[String]| if all.is_empty() { "none".to_owned() } else { format!("`{}`", all.join(", ")) };
    Err(other(option, &show(now), &show(then)))
}

fn other(option: &str, now: &str, then: &str) -> FetchError {
    let message = format!("the fetch that is gone on with was begun with another `{option}`: {then}, now {now}");
    FetchError::usage(message, "leave the option out, or fetch into another folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(settings: &Settings) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::take(dir.path().join("snapshot"), "now").unwrap();
        let run = Run { started: "2026-01-01T00:00:00Z".into(), account: "1".into(), aggregator: Some("org".into()) };
        store.write_down(&run, settings).unwrap();
        (dir, store)
    }

    #[test]
    fn options_are_remembered_and_secrets_are_not() {
        let first = Settings {
            sources: [Source::Iam].into(),
            role_name: Some("Audit".into()),
            external_id: Some("hunter2".into()),
            regions: vec!["eu-west-1".into()],
            ..Settings::default()
        };
        let (_dir, store) = begun(&first);
        assert!(!read_text(&store.record()).unwrap().contains("hunter2"));
        let mut settings = Settings { resume: true, ..Settings::default() };
        let error = store.begin(&mut settings).unwrap_err().to_string();
        assert!(error.contains("--external-id"), "{error}");
        let mut settings = Settings { resume: true, external_id: Some("hunter2".into()), ..Settings::default() };
        let run = store.begin(&mut settings).unwrap().unwrap();
        assert_eq!(run.aggregator.as_deref(), Some("org"));
        assert_eq!((settings.sources, settings.role_name, settings.regions), (first.sources, first.role_name, first.regions));
    }

    #[test]
    fn other_options_are_refused_by_name() {
        let (_dir, store) = begun(&Settings { accounts: ["1".to_owned()].into(), ..Settings::default() });
        let mut settings = Settings { resume: true, accounts: ["2".to_owned()].into(), ..Settings::default() };
        let error = store.begin(&mut settings).unwrap_err().to_string();
        assert_eq!(error, "the fetch that is gone on with was begun with another `--account`: `1`, now `2`");
        let mut settings = Settings { resume: true, query: true, ..Settings::default() };
        assert!(store.begin(&mut settings).unwrap_err().to_string().contains("--query"));
        let error = store.begin(&mut Settings::default()).unwrap_err().to_string();
        assert!(error.contains("not finished"), "{error}");
    }

    /// Whoever comes second is told who was first, also when it would go on with what is there.
    #[test]
    fn two_fetches_into_one_folder_are_kept_apart() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("snapshot");
        let store = Store::take(root.clone(), "2026-01-01T00:00:00Z").unwrap();
        store.write_down(&Run::default(), &Settings::default()).unwrap();
        let error = Store::take(root.clone(), "later").unwrap_err();
        let FetchError::Usage { message, help } = error else { panic!("another error") };
        let who = format!("process {}, since 2026-01-01T00:00:00Z", std::process::id());
        assert_eq!(message, format!("another fetch into `{}` is on its way ({who})", root.display()));
        assert_eq!(help, "wait until it has ended, or fetch into another folder");
        // Another folder is another matter.
        assert!(Store::take(dir.path().join("other"), "now").is_ok());
        drop(store);
        let store = Store::take(root.clone(), "later").unwrap();
        let mut settings = Settings { resume: true, ..Settings::default() };
        assert!(store.begin(&mut settings).unwrap().is_some(), "what was begun is there");
    }

    /// Nothing is left of a fetch that was refused, and one that was killed before it began is none.
    #[test]
    fn a_lock_alone_is_no_fetch() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("snapshot");
        drop(Store::take(root.clone(), "now").unwrap());
        assert!(!root.exists());
        crate::source::make_folder(&root.join(WORK)).unwrap();
        write_atomic(&root.join(WORK).join(LOCK), b"process 1, since then\n").unwrap();
        let store = Store::take(root.clone(), "now").unwrap();
        assert_eq!(store.tidy(false).unwrap(), None);
        assert_eq!(store.begin(&mut Settings::default()).unwrap(), None);
        let mut settings = Settings { resume: true, ..Settings::default() };
        assert!(store.begin(&mut settings).unwrap_err().to_string().contains("no unfinished fetch"));
    }

    /// Only the lock is left: of the fetch that wrote the manifest, or of a later one that never began.
    #[test]
    fn a_lock_tells_who_left_it() {
        for (since, resumed) in [("2026-01-01T00:00:30Z", true), ("2026-01-02T00:00:00Z", false)] {
            let dir = tempfile::tempdir().unwrap();
            let manifest = snapshot::Manifest {
                started: "2026-01-01T00:00:00Z".into(),
                finished: Some("2026-01-01T00:01:00Z".into()),
                ..snapshot::Manifest::default()
            };
            snapshot::write(dir.path(), &manifest).unwrap();
            crate::source::make_folder(&dir.path().join(WORK)).unwrap();
            let who = format!("process 1, since {since}\n");
            write_atomic(&dir.path().join(WORK).join(LOCK), who.as_bytes()).unwrap();
            let store = Store::take(dir.path().to_path_buf(), "2026-01-03T00:00:00Z").unwrap();
            assert_eq!(store.tidy(true).unwrap().is_some(), resumed, "{since}");
            drop(store);
            assert!(!dir.path().join(WORK).exists(), "{since}");
        }
    }

    #[test]
    fn folders_of_others_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::take(dir.path().to_path_buf(), "now").unwrap();
        assert_eq!(store.begin(&mut Settings::default()).unwrap(), None);
        write_atomic(&dir.path().join("thesis.tex"), b"x").unwrap();
        let error = store.begin(&mut Settings::default()).unwrap_err().to_string();
        assert!(error.contains("holds no snapshot: `thesis.tex`"), "{error}");
        snapshot::write(dir.path(), &snapshot::Manifest::default()).unwrap();
        let error = store.begin(&mut Settings::default()).unwrap_err().to_string();
        assert!(error.contains("belongs to no snapshot: `thesis.tex`"), "{error}");
        let mut settings = Settings { resume: true, ..Settings::default() };
        assert!(store.begin(&mut settings).unwrap_err().to_string().contains("no unfinished fetch"));
    }
}
