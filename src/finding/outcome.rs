//! Everything one run found out: what a reporter is handed.

use super::coverage::TargetVerdict;
use super::model::{Category, Confidence, Finding, Label, Location, RuleId, Severity};
use crate::document::ProblemCode;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Something that could not be read or understood, which makes the run incomplete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// The file.
    pub file: Arc<str>,
    /// What kind of mistake, when it is one in the text.
    pub code: Option<ProblemCode>,
    /// What happened.
    pub reason: String,
    /// The cure.
    pub help: String,
    /// Where, unless the file could not be read at all.
    pub location: Option<Location>,
    /// A second place that explains the first.
    pub related: Vec<Label>,
    /// The ARN of what the text belongs to, when only that is in doubt: a policy of one resource among others in the file.
    pub resource: Option<String>,
}

/// Something about the project file that should be tidied up: expired or unused suppressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `PAL901` (expired), `PAL902` (unused), ….
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// Next step.
    pub help: String,
    /// Where in the project file.
    pub location: Option<Location>,
}

/// A rule's public face, for formats that list rules (SARIF, Markdown).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCard {
    /// Its id.
    pub id: RuleId,
    /// One line.
    pub title: Arc<str>,
    /// Severity in this run, overrides applied.
    pub severity: Severity,
    /// What sort.
    pub category: Category,
    /// How sure.
    pub confidence: Confidence,
    /// Why it matters, plain text paragraphs.
    pub rationale: Arc<str>,
    /// How to mend it.
    pub remediation: Arc<str>,
    /// Further reading; the first is the rule's url.
    pub references: Vec<Arc<str>>,
    /// Free words.
    pub tags: Vec<Arc<str>>,
    /// Controls of compliance frameworks that it is about, by the framework's id.
    pub compliance: BTreeMap<String, Vec<String>>,
}

/// What was looked at, so that silence cannot be mistaken for success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Documents read.
    pub documents: usize,
    /// Files that hold nothing we know.
    pub unrecognised: Vec<Arc<str>>,
    /// Policies by kind; the flag in the key says that the kind was assumed.
    pub policies: BTreeMap<(String, bool), usize>,
    /// Statements in them.
    pub statements: usize,
    /// What the documents were, by the names of their layouts.
    pub layouts: BTreeMap<&'static str, usize>,
    /// Policies that are known only when a template is deployed.
    pub unknown: usize,
    /// ARNs of attached managed policies, and of groups of users, that the input does not have.
    pub absent: BTreeSet<Arc<str>>,
    /// Policies that are attached to nothing, and versions that are not in force.
    pub idle: usize,
    /// Findings of IAM Access Analyzer that somebody archived: they are none here either.
    pub archived: usize,
    /// Rules that were applied.
    pub rules: usize,
    /// Per rule, the policies of its kinds it had nothing to look at in.
    pub not_applicable: BTreeMap<RuleId, usize>,
    /// Per rule, the policies of which the text does not tell whether they break it.
    pub undecided: BTreeMap<RuleId, usize>,
    /// What came of asking AWS itself; `None` when it was not asked.
    pub online: Option<OnlineCoverage>,
}

/// What came of asking AWS itself about the policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnlineCoverage {
    /// Policies that were sent; of equal ones one.
    pub policies: usize,
    /// Those AWS gave no answer to.
    pub unanswered: usize,
    /// Findings that AWS has as well.
    pub confirmed: usize,
    /// Findings that AWS alone has.
    pub added: usize,
    /// Findings of checks that AWS has, and did not report.
    pub not_reported: usize,
}

/// One run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Sorted by file, place, rule.
    pub findings: Vec<Finding>,
    /// Sorted by file, place.
    pub incomplete: Vec<Incomplete>,
    /// About the project file.
    pub notices: Vec<Notice>,
    /// The rules that were applied, sorted by id; empty unless the report lists them.
    pub rules: Vec<RuleCard>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Date of the embedded AWS catalogue, `YYYY-MM-DD`.
    pub catalog_date: String,
    /// Rules about organizational units and accounts, by rule and target: the map of guardrails. Empty without an
    /// organization.
    pub targets: Vec<TargetVerdict>,
}

impl Outcome {
    /// Findings that count: not suppressed, not in the baseline.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.suppressed.is_none())
    }

    /// What could not be read, without what a finding at the same place says as well: a missing `Effect` keeps a statement
    /// from being judged, and is a mistake of the policy. It counts as both and is shown once.
    pub fn unsaid(&self) -> impl Iterator<Item = &Incomplete> {
        let place = |location: &Location| (location.file.clone(), location.start.offset);
        let said: HashSet<_> = self.active().map(|f| place(&f.primary.location)).collect();
        self.incomplete.iter().filter(move |item| {
            let grammar = item.code == Some(ProblemCode::PolicyGrammar);
            !(grammar && item.location.as_ref().is_some_and(|at| said.contains(&place(at))))
        })
    }

    /// Number of suppressed findings.
    pub fn suppressed(&self) -> usize {
        self.findings.iter().filter(|f| f.suppressed.is_some()).count()
    }

    /// Active findings by severity, every severity present.
    pub fn by_severity(&self) -> BTreeMap<Severity, usize> {
        let mut counts: BTreeMap<_, _> = Severity::ALL.iter().map(|&s| (s, 0)).collect();
        for finding in self.active() {
            *counts.entry(finding.severity).or_default() += 1;
        }
        counts
    }

    /// Active findings by rule.
    pub fn by_rule(&self) -> BTreeMap<&RuleId, usize> {
        let mut counts = BTreeMap::new();
        for finding in self.active() {
            *counts.entry(&finding.rule).or_default() += 1;
        }
        counts
    }

    /// Number of policies.
    pub fn policies(&self) -> usize {
        self.coverage.policies.values().sum()
    }
}
