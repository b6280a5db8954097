//! The baseline: findings that were there when palisade came, kept in a file and left out of the count.

use super::model::{Finding, Suppressed};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};
use thiserror::Error;

/// One known finding. Only the fingerprint decides; the rest is for the reader of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BaselineEntry {
    /// File it was found in.
    pub file: String,
    /// The rule.
    pub rule: String,
    /// See [`super::fingerprint`].
    pub fingerprint: String,
    /// What was said.
    pub message: String,
}

/// A baseline file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Sorted by file, rule, fingerprint.
    pub entries: Vec<BaselineEntry>,
}

/// Why a baseline file cannot be used.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// Not JSON.
    #[error("the baseline is not valid JSON: line {line}, column {column}")]
    Json {
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
    },
    /// JSON of another kind.
    #[error("this is not a palisade baseline: `palisade_baseline` is missing")]
    NotABaseline,
    /// Written by a later version.
    #[error("the baseline has version {0}, this palisade reads version 1")]
    Version(String),
    /// An entry without the needed fields.
    #[error("entry {0} of the baseline has no `fingerprint`")]
    Entry(usize),
}

impl BaselineError {
    /// The next step.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Version(_) => "update palisade, or write the baseline anew with `--write-baseline`",
            Self::Json { .. } | Self::NotABaseline | Self::Entry(_) => "write it anew with `--write-baseline`",
        }
    }
}

/// Read a baseline file.
pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
    let value: Value = serde_json::from_str(text).map_err(|e| BaselineError::Json { line: e.line(), column: e.column() })?;
    let version = value.get("palisade_baseline").ok_or(BaselineError::NotABaseline)?;
    if version.as_u64() != Some(1) {
        return Err(BaselineError::Version(version.to_string()));
    }
    let findings = value.get("findings").and_then(Value::as_array).ok_or(BaselineError::NotABaseline)?;
    let mut entries = Vec::with_capacity(findings.len());
    for (i, finding) in findings.iter().enumerate() {
        let field = |name: &str| finding.get(name).and_then(Value::as_str).map(str::to_owned);
        entries.push(BaselineEntry {
            fingerprint: field("fingerprint").ok_or(BaselineError::Entry(i + 1))?,
            file: field("file").unwrap_or_default(),
            rule: field("rule").unwrap_or_default(),
            message: field("message").unwrap_or_default(),
        });
    }
    entries.sort();
    Ok(Baseline { entries })
}

/// The baseline of these findings: all that are not suppressed by the project file.
pub fn of(findings: &[Finding]) -> Baseline {
    let known = findings.iter().filter(|finding| match &finding.suppressed {
        None | Some(Suppressed::Baseline) => true,
        Some(Suppressed::Config { .. }) => false,
    });
    let entries: BTreeSet<BaselineEntry> = known
        .map(|finding| BaselineEntry {
            file: finding.primary.location.file.to_string(),
            rule: finding.rule.to_string(),
            fingerprint: finding.fingerprint.clone(),
            message: finding.message.clone(),
        })
        .collect();
    Baseline { entries: entries.into_iter().collect() }
}

/// The text of a baseline file.
pub fn render(baseline: &Baseline) -> String {
    let mut entries: Vec<&BaselineEntry> = baseline.entries.iter().collect();
    entries.sort();
    let findings: Vec<Value> = entries
        .iter()
        .map(|e| json!({ "fingerprint": e.fingerprint, "rule": e.rule, "file": e.file, "message": e.message }))
        .collect();
    format!("{:#}\n", json!({ "palisade_baseline": 1, "findings": findings }))
}

/// Mark the known findings; gives back the entries that match nothing any more.
pub fn apply<'b>(findings: &mut [Finding], baseline: &'b Baseline) -> Vec<&'b BaselineEntry> {
    let known: HashSet<&str> = baseline.entries.iter().map(|e| e.fingerprint.as_str()).collect();
    let mut met: HashSet<&str> = HashSet::new();
    for finding in findings {
        let Some(&fingerprint) = known.get(finding.fingerprint.as_str()) else { continue };
        met.insert(fingerprint);
        // A suppression says more than the baseline does: it stays.
        finding.suppressed.get_or_insert(Suppressed::Baseline);
    }
    baseline.entries.iter().filter(|e| !met.contains(e.fingerprint.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::tests::finding;
    use super::*;

    #[test]
    fn written_read_and_applied() {
        let mut findings = [finding("b", "z.json", "2"), finding("a", "a.json", "1"), finding("c", "a.json", "3")];
        findings[2].suppressed = Some(Suppressed::Config { reason: "r".into(), owner: None, ticket: None, expires: None });
        let baseline = of(&findings);
        let text = render(&baseline);
        assert!(
            text.starts_with(
                "{\n  \"palisade_baseline\": 1,\n  \"findings\": [\n    {\n      \"fingerprint\": \"1\",\n      \"rule\": \"a\","
            ),
            "{text}"
        );
        assert_eq!(parse(&text).unwrap(), baseline);
        let mut later = [finding("a", "moved.json", "1"), finding("b", "z.json", "4"), finding("c", "a.json", "3")];
        let unused = apply(&mut later, &baseline);
        assert_eq!(unused.iter().map(|e| e.fingerprint.as_str()).collect::<Vec<_>>(), ["2"]);
        assert_eq!(later.map(|f| f.suppressed), [Some(Suppressed::Baseline), None, None]);
    }

    #[test]
    fn broken_files_say_why() {
        for (text, message) in [
            ("{", "the baseline is not valid JSON: line 1, column 1"),
            ("{}", "this is not a palisade baseline: `palisade_baseline` is missing"),
            ("{\"palisade_baseline\":2}", "the baseline has version 2, this palisade reads version 1"),
            ("{\"palisade_baseline\":1,\"findings\":[{}]}", "entry 1 of the baseline has no `fingerprint`"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }
}
