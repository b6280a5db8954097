//! A snapshot's manifest: what was fetched, from where, and how completely. `docs/snapshot.md` tells the layout.

use super::{disk, error::SourceError};
use serde_json::Value;
use std::path::Path;

/// Name of the manifest in the folder of a snapshot.
pub const MANIFEST: &str = "manifest.json";

/// The member that tells a manifest of ours from any other.
const MARK: &str = "palisade_snapshot";

/// The layout this version writes, and the newest it reads.
pub const SCHEMA_VERSION: u64 = 1;

/// How completely a source was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Everything is there.
    Complete,
    /// AWS refused the call.
    Denied,
    /// AWS asked to slow down until the attempts were used up.
    Throttled,
    /// AWS Config does not record it.
    NotRecorded,
    /// It is older than it should be, such as an aggregator's source whose last update failed.
    Stale,
    /// Another error.
    Failed,
    /// Not read yet: the fetch was interrupted.
    Pending,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Complete, Self::Denied, Self::Throttled, Self::NotRecorded, Self::Stale, Self::Failed, Self::Pending];

    /// Its word in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::NotRecorded => "not-recorded",
            Self::Stale => "stale",
            Self::Failed => "failed",
            Self::Pending => "pending",
        }
    }
}

/// One source: what of which account and region was asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceState {
    /// `organizations`, `config`, `config-snapshots`, `iam`, `access-analyzer`, `s3`, `secrets-manager`.
    pub source: String,
    /// The account, unless it is about all.
    pub account: Option<String>,
    /// The region, unless it is about all.
    pub region: Option<String>,
    /// Which part, such as a resource type.
    pub what: Option<String>,
    /// How completely.
    pub state: State,
    /// Why it is not complete: error code and message, nothing of the request.
    pub reason: Option<String>,
    /// The next step.
    pub help: Option<String>,
    /// How many records it gave.
    pub items: u64,
}

/// A manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// When the fetch began, RFC 3339.
    pub started: String,
    /// When it ended; none while it runs or after it was interrupted.
    pub finished: Option<String>,
    /// The account that asked.
    pub caller_account: Option<String>,
    /// Who asked.
    pub caller_arn: Option<String>,
    /// The sources, sorted.
    pub sources: Vec<SourceState>,
}

/// What reading a manifest came to.
#[derive(Debug)]
pub enum Found {
    /// There is none: the folder is no snapshot of ours.
    None,
    /// It was read.
    Read(Manifest),
    /// A newer palisade wrote it.
    Newer(u64),
    /// It is no manifest, or cannot be read.
    Broken(String),
}

/// The manifest in a folder.
pub fn manifest(folder: &Path) -> Found {
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Found::None;
    }
    match disk::read_text(&path) {
        Ok(text) => parse(&text),
        // Whoever reads the file as a document says what is wrong with its text.
        Err(SourceError::NotUtf8 { .. }) => Found::None,
        Err(error) => Found::Broken(error.to_string()),
    }
}

/// Read a manifest. What is not a snapshot's manifest at all, such as a web application's `manifest.json`, is
/// [`Found::None`].
pub fn parse(text: &str) -> Found {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) if text.contains(MARK) => return Found::Broken(error.to_string()),
        Err(_) => return Found::None,
    };
    let Some(written) = value.get(MARK) else { return Found::None };
    match written.as_u64() {
        Some(0) | None => return Found::Broken(format!("`{written}` is no version of its layout")),
        Some(version) if version > SCHEMA_VERSION => return Found::Newer(version),
        Some(_) => {}
    }
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut out = Manifest {
        started: text(&value, "started").unwrap_or_default(),
        finished: text(&value, "finished"),
        caller_account: value.get("caller").and_then(|c| text(c, "account")),
        caller_arn: value.get("caller").and_then(|c| text(c, "arn")),
        sources: Vec::new(),
    };
    let Some(sources) = value.get("sources").and_then(Value::as_array) else {
        return Found::Broken("it has no list `sources`".to_owned());
    };
    for one in sources {
        let word = text(one, "state").unwrap_or_default();
        let Some(state) = State::ALL.into_iter().find(|s| s.as_str() == word) else {
            return Found::Broken(format!("`{word}` is no state of a source"));
        };
        out.sources.push(SourceState {
            source: text(one, "source").unwrap_or_default(),
            account: text(one, "account"),
            region: text(one, "region"),
            what: text(one, "what"),
            state,
            reason: text(one, "reason"),
            help: text(one, "help"),
            items: one.get("items").and_then(Value::as_u64).unwrap_or_default(),
        });
    }
    let complete = out.finished.is_some() && out.sources.iter().all(|source| source.state == State::Complete);
    if complete && value.get("complete").and_then(Value::as_bool) == Some(false) {
        return Found::Broken("it says that it is not complete, and names nothing that is missing".to_owned());
    }
    Found::Read(out)
}

/// Files that a snapshot must have by its manifest, and that are not in its folder: for each the name, and what was read of
/// AWS for it.
pub fn lost(folder: &Path, manifest: &Manifest) -> Vec<(String, String)> {
    let has = |name: &str| folder.join(name).exists() || folder.join(name.trim_end_matches(".gz")).exists();
    let read = |name: &str| -> u64 { manifest.sources.iter().filter(|s| s.source == name).map(|s| s.items).sum() };
    let mut out = Vec::new();
    if read("organizations") > 0 && !has("organization.json.gz") {
        out.push(("organization.json".to_owned(), "the organization".to_owned()));
    }
    let items = read("config");
    if items > 0 && super::folder::names(&folder.join("config")).is_ok_and(|names| names.is_empty()) {
        out.push(("config/".to_owned(), format!("items of AWS Config: {items}")));
    }
    for source in manifest.sources.iter().filter(|s| s.state == State::Complete && s.items > 0) {
        let (Some(account), Some(ending)) = (&source.account, ending(&source.source)) else { continue };
        let name = format!("{}/{account}.{ending}", source.source);
        if !has(&name) {
            out.push((name, format!("records of {account}: {}", source.items)));
        }
    }
    out
}

/// How the file of an account is called that a source writes.
fn ending(source: &str) -> Option<&'static str> {
    match source {
        "iam" => Some("json.gz"),
        "config" | "s3" => Some("jsonl.gz"),
        _ => None,
    }
}

/// True for a file that belongs to a snapshot, by its name below the folder of it.
pub fn is_part(below: &str) -> bool {
    let folder = below.split_once('/').map(|(folder, _)| folder);
    match folder {
        None => below == "organization.json" || below == "organization.json.gz",
        // What else a bucket of AWS Config holds is none of ours.
        Some("AWSLogs") => below.contains("_ConfigSnapshot_"),
        Some(folder) => matches!(folder, "config" | "iam" | "s3" | "secrets-manager" | "access-analyzer"),
    }
}

/// Write the manifest of a snapshot, after everything else of it is there.
///
/// # Errors
/// When the operating system refuses.
pub fn write(folder: &Path, manifest: &Manifest) -> Result<(), SourceError> {
    disk::write_atomic(&folder.join(MANIFEST), render(manifest).as_bytes())
}

/// As text: one source a line, so that two manifests can be compared by eye.
pub fn render(manifest: &Manifest) -> String {
    let head = serde_json::json!({
        MARK: SCHEMA_VERSION,
        "palisade": env!("CARGO_PKG_VERSION"),
        "started": manifest.started,
        "finished": manifest.finished,
        "complete": manifest.is_complete(),
        "caller": { "account": manifest.caller_account, "arn": manifest.caller_arn },
    });
    let mut lines: Vec<String> = Vec::new();
    for one in &manifest.sources {
        let line = serde_json::json!({
            "source": one.source, "account": one.account, "region": one.region, "what": one.what,
            "state": one.state.as_str(), "items": one.items, "reason": one.reason, "help": one.help,
        });
        lines.push(format!("    {line}"));
    }
    let head = head.to_string();
    let open = head.strip_suffix('}').unwrap_or(&head);
    format!("{open},\n  \"sources\": [\n{}\n  ]\n}}\n", lines.join(",\n"))
}

impl Manifest {
    /// Everything that was asked for is there.
    pub fn is_complete(&self) -> bool {
        self.finished.is_some() && self.sources.iter().all(|s| s.state == State::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(state: State) -> SourceState {
        SourceState {
            source: "config".into(),
            account: Some("111122223333".into()),
            region: None,
            what: Some("AWS::IAM::Role".into()),
            state,
            reason: Some("AccessDeniedException: no".into()),
            help: None,
            items: 3,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let manifest = Manifest {
            started: "2026-01-02T03:04:05Z".into(),
            finished: Some("2026-01-02T03:05:05Z".into()),
            caller_account: Some("999988887777".into()),
            caller_arn: None,
            sources: State::ALL.into_iter().map(one).collect(),
        };
        let text = render(&manifest);
        assert!(!manifest.is_complete() && text.contains("\"complete\":false"), "{text}");
        let Found::Read(read) = parse(&text) else { panic!("{text}") };
        assert_eq!(read, manifest);
        assert_eq!(render(&read), text);
    }

    #[test]
    fn others_are_told_apart() {
        assert!(matches!(parse(r#"{"name":"an app","icons":[]}"#), Found::None));
        assert!(matches!(parse(r#"{"palisade_snapshot":2}"#), Found::Newer(2)));
        assert!(matches!(parse(r#"{"palisade_snapshot":1}"#), Found::Broken(_)));
        assert!(matches!(parse(r#"{"palisade_snapshot":1,"#), Found::Broken(_)));
        assert!(matches!(parse(r#"{"name":"an app",}"#), Found::None));
        assert!(matches!(parse(r#"{"palisade_snapshot":1,"sources":[{"state":"odd"}]}"#), Found::Broken(_)));
    }
}
