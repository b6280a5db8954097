//! The types of an audit: what its reports are handed.

use crate::finding::{Finding, Outcome, Severity};
use crate::organization::Organization;
use crate::source::snapshot::SourceState;
use std::collections::BTreeMap;

/// One run as the history keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Its number in the history, from 1; 0 when it is not stored.
    pub id: i64,
    /// When, RFC 3339.
    pub at: String,
    /// What was audited.
    pub subject: String,
    /// Nothing was left unread.
    pub complete: bool,
    /// Active findings by severity.
    pub by_severity: BTreeMap<Severity, usize>,
    /// Cells of the map of guardrails that are held, and all that are held or open.
    pub guardrails: (usize, usize),
}

/// When a finding was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// In which run first, RFC 3339.
    pub first: String,
    /// In which run last.
    pub last: String,
}

/// What changed outside the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// An account that was not there.
    AccountAdded,
    /// An account that is gone.
    AccountRemoved,
    /// An account is in another unit.
    AccountMoved,
    /// A unit that was not there.
    UnitAdded,
    /// A unit that is gone.
    UnitRemoved,
    /// A unit is in another unit.
    UnitMoved,
    /// A control policy was attached to a target.
    PolicyAttached,
    /// A control policy was detached from a target.
    PolicyDetached,
    /// The text of a control policy is another one.
    PolicyChanged,
}

/// One change of the organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What sort.
    pub kind: ChangeKind,
    /// Id of the account, unit or policy.
    pub subject: String,
    /// Its name.
    pub name: String,
    /// Where it was, or the policy that was detached.
    pub before: Option<String>,
    /// Where it is, or the policy that was attached.
    pub after: Option<String>,
}

/// What changed between two runs.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    /// The run it is compared with.
    pub since: Run,
    /// Fingerprints of findings that were not there; their texts are in the outcome.
    pub new: Vec<String>,
    /// Findings that are gone, as the history keeps them: severity, rule, message, resource.
    pub resolved: Vec<Gone>,
    /// Fingerprints of findings whose severity or message is another one.
    pub changed: Vec<String>,
    /// Findings that were not looked for again, because what they stand in could not be read this time.
    pub unseen: Vec<Gone>,
    /// Changes of the organization.
    pub changes: Vec<Change>,
}

/// A finding that the history knows and this run has not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gone {
    /// Its fingerprint.
    pub fingerprint: String,
    /// How bad it was.
    pub severity: Severity,
    /// The rule.
    pub rule: String,
    /// What it said.
    pub message: String,
    /// The account.
    pub account: Option<String>,
    /// The resource.
    pub resource: Option<String>,
    /// When it was seen first, RFC 3339.
    pub first_seen: String,
}

/// One audit: what its reports are handed.
#[derive(Debug, Default)]
pub struct Audit {
    /// Findings, coverage and the map of guardrails.
    pub outcome: Outcome,
    /// The tree, where the input has one.
    pub organization: Option<Organization>,
    /// How completely the sources were read; empty when the input is no snapshot of ours.
    pub sources: Vec<SourceState>,
    /// This run.
    pub run: Run,
    /// The runs before it of the same subject and this one, oldest first.
    pub trend: Vec<Run>,
    /// When findings were seen, by fingerprint.
    pub seen: BTreeMap<String, Seen>,
    /// What changed since the run before; none in the first.
    pub drift: Option<Drift>,
}

impl Audit {
    /// An outcome by itself: a run without history, of `subject` at a time in RFC 3339.
    pub fn alone(outcome: Outcome, subject: &str, at: &str) -> Self {
        let run = Run {
            at: at.to_owned(),
            subject: subject.to_owned(),
            complete: outcome.incomplete.is_empty(),
            by_severity: outcome.by_severity(),
            ..Run::default()
        };
        Self { outcome, run, ..Self::default() }
    }

    /// True for a finding that the run before did not have.
    pub fn is_new(&self, finding: &Finding) -> bool {
        self.drift.as_ref().is_some_and(|drift| drift.new.binary_search(&finding.fingerprint).is_ok())
    }
}
