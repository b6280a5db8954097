//! What a rule says of itself, and when it applies.

use super::expr::Matcher;
use super::prefilter::Prefilter;
use super::reach::{Digits, Reach};
use crate::check::Code;
use crate::extract::DocumentKind;
use crate::finding::{Category, Confidence, RuleId, Severity};
use crate::text::value::ParamValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Life cycle of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Ready.
    Stable,
    /// New: may change.
    Preview,
    /// On its way out; the id keeps working.
    Deprecated,
}

/// Identity and prose.
#[derive(Clone, Debug)]
pub struct RuleMeta {
    /// Equal to the file name.
    pub id: RuleId,
    /// Pack it belongs to.
    pub pack: Arc<str>,
    /// One line.
    pub title: Arc<str>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What sort.
    pub category: Category,
    /// Life cycle.
    pub status: Status,
    /// One line with placeholders.
    pub message: String,
    /// Why it matters.
    pub rationale: Arc<str>,
    /// How to mend it.
    pub remediation: Arc<str>,
    /// Pages to read; the first is the rule's url.
    pub references: Vec<Arc<str>>,
    /// Free words.
    pub tags: Vec<Arc<str>>,
    /// Runs only when its pack, a tag or itself is asked for.
    pub on_request: bool,
    /// Finding type of IAM Access Analyzer, for the checks it has too: `ERROR`, `WARNING`, ….
    pub aws_type: Option<Arc<str>>,
    /// Rules that say the same and more: where one of them speaks of the same statement, this one keeps quiet.
    pub same_as: Vec<RuleId>,
    /// Controls of compliance frameworks.
    pub compliance: BTreeMap<String, Vec<String>>,
}

/// `applies_to.attached_to`: all that is given must hold; an empty list holds for nothing.
#[derive(Clone, Debug, Default)]
pub struct AttachedTest {
    /// `role`, `user`, `group`.
    pub types: Option<Vec<String>>,
    /// Name globs.
    pub name: Option<Vec<String>>,
    /// Path globs.
    pub path: Option<Vec<String>>,
    /// Tag key and value globs.
    pub tags: Vec<(String, Vec<String>)>,
    /// A role that a principal of another account may assume.
    pub by_others: bool,
    /// Alternatives.
    pub any_of: Vec<Self>,
}

/// `applies_to`, all of which must hold.
#[derive(Clone, Debug, Default)]
pub struct AppliesTo {
    /// Kinds of document; empty for any policy.
    pub kinds: Vec<DocumentKind>,
    /// File globs.
    pub files: Option<Vec<String>>,
    /// Account globs.
    pub accounts: Option<Vec<String>>,
    /// Globs over the organizational unit's path.
    pub ous: Option<Vec<String>>,
    /// Partition globs.
    pub partitions: Option<Vec<String>>,
    /// CloudFormation resource types.
    pub resource_types: Option<Vec<String>>,
    /// What the policy is attached to.
    pub attached_to: Option<AttachedTest>,
    /// Not when this holds.
    pub unless: Option<Box<Self>>,
}

/// What `where` and `assert` are asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForEach {
    /// The document.
    Document,
    /// Each statement.
    Statement,
    /// Each part of each statement.
    Part(super::expr::Part),
    /// An account or organizational unit with all that is attached; without organization data the documents of a folder.
    OrgTarget,
    /// A resource, whether or not it has a policy.
    Attachment,
    /// Values at a JSONPath; with `true`, JSON inside strings is opened on the way.
    JsonPath(String, bool),
}

/// What to do when there is nothing to look at, or nothing to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// Count it, say nothing.
    Pass,
    /// Report it with low confidence.
    Report,
    /// Report it.
    Fail,
}

/// `fix`, resolved but for the placeholders.
#[derive(Clone, Debug)]
pub struct FixSpec {
    /// What the edit does.
    pub title: String,
    /// Whether it may be applied unseen.
    pub safety: crate::finding::model::FixSafety,
    /// What to write: a statement, a condition block or a value.
    pub text: String,
}

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Identity and prose.
    pub meta: RuleMeta,
    /// Parameters with the values in force.
    pub params: BTreeMap<String, ParamValue>,
    /// Where it applies.
    pub applies_to: AppliesTo,
    /// A built-in check in the place of `where` and `assert`.
    pub check: Option<Code>,
    /// When nobody asked for the rule by name: only documents that fulfil this.
    pub default_when: Option<Matcher>,
    /// Subject.
    pub for_each: ForEach,
    /// What a statement must have for `where` to hold.
    pub prefilter: Prefilter,
    /// What the answer hangs on besides the text of one policy.
    pub reach: Reach,
    /// What its constants say about account ids.
    pub digits: Digits,
    /// Which subjects.
    pub filter: Option<Matcher>,
    /// What must be true of them.
    pub assert: Matcher,
    /// No subject at all.
    pub on_empty: Otherwise,
    /// No document at all.
    pub on_missing: Otherwise,
    /// Not to be known.
    pub on_unknown: Otherwise,
    /// Advice.
    pub fixes: Vec<FixSpec>,
}
