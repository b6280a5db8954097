//! The types of an audit: what its reports are handed.

use crate::finding::coverage::Standing;
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
    /// An account has another name.
    AccountRenamed,
    /// AWS suspended or closed an account that somebody could work in.
    AccountSuspended,
    /// Somebody can work in an account again.
    AccountReopened,
    /// An account administers a service for the organization.
    AdministratorAdded,
    /// An account does not administer a service any more.
    AdministratorRemoved,
    /// A unit that was not there.
    UnitAdded,
    /// A unit that is gone.
    UnitRemoved,
    /// A unit is in another unit.
    UnitMoved,
    /// A unit has another name.
    UnitRenamed,
    /// A control policy that was not there.
    PolicyCreated,
    /// A control policy that is gone.
    PolicyDeleted,
    /// A control policy was attached to a target.
    PolicyAttached,
    /// A control policy was detached from a target.
    PolicyDetached,
    /// The text of a control policy is another one.
    PolicyChanged,
    /// A control policy has another name.
    PolicyRenamed,
    /// A type of control policies is switched off on the root: none of them binds anybody.
    PolicyTypeDisabled,
    /// A type of control policies is switched on.
    PolicyTypeEnabled,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::AccountAdded,
        Self::AccountRemoved,
        Self::AccountMoved,
        Self::AccountRenamed,
        Self::AccountSuspended,
        Self::AccountReopened,
        Self::AdministratorAdded,
        Self::AdministratorRemoved,
        Self::UnitAdded,
        Self::UnitRemoved,
        Self::UnitMoved,
        Self::UnitRenamed,
        Self::PolicyCreated,
        Self::PolicyDeleted,
        Self::PolicyAttached,
        Self::PolicyDetached,
        Self::PolicyChanged,
        Self::PolicyRenamed,
        Self::PolicyTypeDisabled,
        Self::PolicyTypeEnabled,
    ];

    /// Its word in reports and in the history.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountAdded => "account-added",
            Self::AccountRemoved => "account-removed",
            Self::AccountMoved => "account-moved",
            Self::AccountRenamed => "account-renamed",
            Self::AccountSuspended => "account-suspended",
            Self::AccountReopened => "account-reopened",
            Self::AdministratorAdded => "administrator-added",
            Self::AdministratorRemoved => "administrator-removed",
            Self::UnitAdded => "unit-added",
            Self::UnitRemoved => "unit-removed",
            Self::UnitMoved => "unit-moved",
            Self::UnitRenamed => "unit-renamed",
            Self::PolicyCreated => "policy-created",
            Self::PolicyDeleted => "policy-deleted",
            Self::PolicyAttached => "policy-attached",
            Self::PolicyDetached => "policy-detached",
            Self::PolicyChanged => "policy-changed",
            Self::PolicyRenamed => "policy-renamed",
            Self::PolicyTypeDisabled => "policy-type-disabled",
            Self::PolicyTypeEnabled => "policy-type-enabled",
        }
    }
}

/// One change of the organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What sort.
    pub kind: ChangeKind,
    /// Id of the account, unit or policy; of the target, when a policy was attached or detached.
    pub subject: String,
    /// Its name; the path by names of a unit.
    pub name: String,
    /// Where it was, or the policy that was detached.
    pub before: Option<String>,
    /// Where it is, or the policy that was attached.
    pub after: Option<String>,
}

/// A guardrail stands otherwise for a target than in the run before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// The rule.
    pub rule: String,
    /// Id of the unit or account.
    pub target: String,
    /// How it stood.
    pub before: Standing,
    /// How it stands.
    pub after: Standing,
}

/// What a finding was before it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Was {
    /// How bad it was.
    pub severity: Severity,
    /// What it said.
    pub message: String,
}

/// What changed between two runs. Lists of fingerprints are sorted.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    /// The run it is compared with.
    pub since: Run,
    /// Fingerprints of findings that were not there; their texts are in the outcome.
    pub new: Vec<String>,
    /// Fingerprints of findings that were gone, or accepted, and count again.
    pub reopened: Vec<String>,
    /// Fingerprints of findings that counted and are accepted now: suppressed or in the baseline.
    pub accepted: Vec<String>,
    /// Findings that are gone, as the history keeps them: severity, rule, message, resource.
    pub resolved: Vec<Gone>,
    /// Fingerprints of findings whose severity or message is another one.
    pub changed: Vec<String>,
    /// What those were before, by fingerprint.
    pub was: BTreeMap<String, Was>,
    /// Findings that were not looked for again, because what they stand in could not be read this time.
    pub unseen: Vec<Gone>,
    /// Findings of rules that did not run this time.
    pub unasked: Vec<Gone>,
    /// Changes of the organization.
    pub changes: Vec<Change>,
    /// Guardrails that stand otherwise.
    pub turns: Vec<Turn>,
    /// Other rules, severities or parameters are in force, or another version of them: what is new or gone may come of that.
    pub rules_changed: bool,
    /// The tree was not compared, because one of the two runs could not read it.
    pub tree_unknown: bool,
}

impl Drift {
    /// Nothing changed.
    pub fn is_empty(&self) -> bool {
        let lists = [self.new.len(), self.reopened.len(), self.accepted.len(), self.resolved.len(), self.changed.len()];
        lists.iter().all(|n| *n == 0) && self.changes.is_empty() && self.turns.is_empty()
    }
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
    /// It is an audit of this.
    pub fn rename(&mut self, subject: &str) {
        for run in self.trend.iter_mut().chain([&mut self.run]) {
            subject.clone_into(&mut run.subject);
        }
    }

    /// The history could not be used: there is nothing to compare with.
    pub fn forget(&mut self) {
        self.unstored();
        (self.drift, self.seen) = (None, BTreeMap::new());
        self.trend = vec![self.run.clone()];
    }

    /// The run was compared with the history and could not be written to it.
    pub fn unstored(&mut self) {
        self.run.id = 0;
        if let Some(last) = self.trend.last_mut() {
            last.id = 0;
        }
    }

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

    /// True for a finding that counts and did not in the run before: a new one, or one that came back.
    pub fn is_news(&self, finding: &Finding) -> bool {
        let back = |drift: &Drift| drift.reopened.binary_search(&finding.fingerprint).is_ok();
        finding.suppressed.is_none() && (self.is_new(finding) || self.drift.as_ref().is_some_and(back))
    }

    /// How a finding compares with the run before.
    pub fn standing_of(&self, finding: &Finding) -> &'static str {
        let Some(drift) = &self.drift else { return if finding.suppressed.is_some() { "accepted" } else { "new" } };
        let listed = |list: &[String]| list.binary_search(&finding.fingerprint).is_ok();
        match () {
            () if finding.suppressed.is_some() => "accepted",
            () if listed(&drift.new) => "new",
            () if listed(&drift.reopened) => "reopened",
            () if listed(&drift.changed) => "changed",
            () => "known",
        }
    }
}
