//! What a part of the input gave, and how parts are put together.

use super::observed::Sighting;
use super::verdict::{NameKey, RuleIndex};
use crate::extract::{DocumentKind, Found, Identity};
use crate::finding::{Finding, Incomplete, Outcome, RuleId, Standing, TargetVerdict};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Rules about the public access block of a bucket: that of the account, where it is complete, does what they ask for.
///
/// Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage": the most restrictive of both settings holds.
const COVERED_BY_ACCOUNT: [&str; 2] = ["bucket-public-access-not-blocked", "bucket-without-public-access-block"];

/// Numbers by rule.
#[derive(Default)]
pub(super) struct Tally(Vec<usize>);

impl Tally {
    /// One more.
    pub fn add(&mut self, rule: RuleIndex) {
        let at = rule as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        if let Some(count) = self.0.get_mut(at) {
            *count += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a += b);
    }

    /// By the ids of the rules.
    fn named(&self, ids: &[RuleId]) -> BTreeMap<RuleId, usize> {
        let counted = ids.iter().zip(&self.0).filter(|(_, count)| **count > 0);
        counted.map(|(id, count)| (id.clone(), *count)).collect()
    }
}

/// How new a record is, and where it stands: of two records of one thing the greater one counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    recorded: u64,
    /// Earlier files and earlier items go first.
    before: Reverse<(Arc<str>, usize)>,
}

impl Rank {
    pub fn new(identity: &Identity, file: &Arc<str>, offset: usize) -> Self {
        Self { recorded: moment(&identity.recorded), before: Reverse((file.clone(), offset)) }
    }
}

/// A time as a number that grows with it, to the millisecond: texts as ISO 8601 writes them, or seconds since 1970. Only
/// times of one form are compared.
fn moment(text: &str) -> u64 {
    let digits = text.bytes().filter(u8::is_ascii_digit).take(17);
    let (number, count) = digits.fold((0u64, 0u32), |(number, count), digit| (number * 10 + u64::from(digit - b'0'), count + 1));
    let wanted = if text.contains('T') { 17 } else { 13 };
    number.saturating_mul(10u64.saturating_pow(u32::saturating_sub(wanted, count)))
}

/// A record of something, by a key that is its own.
#[derive(Debug)]
pub(super) struct Record {
    pub key: NameKey,
    pub rank: Rank,
}

/// What some files gave.
#[derive(Default)]
pub(super) struct FileResult {
    pub findings: Vec<(Option<Arc<Record>>, Finding)>,
    /// Findings of Access Analyzer, whose places are looked for when everything was read.
    pub observed: Vec<Sighting>,
    pub incomplete: Vec<Incomplete>,
    pub unrecognised: Vec<Arc<str>>,
    pub documents: usize,
    /// What the documents were, by the names of their layouts.
    pub layouts: BTreeMap<&'static str, usize>,
    pub policies: BTreeMap<(DocumentKind, bool), usize>,
    pub statements: usize,
    pub not_applicable: Tally,
    pub undecided: Tally,
    /// Policies that are known only when a template is deployed.
    pub unknown: usize,
    /// Attached managed policies, and groups of users, that the input does not have.
    pub absent: HashSet<Arc<str>>,
    /// Policies attached to nothing, and versions that are not the default.
    pub idle: usize,
    /// Archived findings of Access Analyzer, each with its record.
    pub archived: Vec<Option<Arc<Record>>>,
    /// Records of things, to tell which of several is the newest.
    pub records: Vec<Arc<Record>>,
    /// SCPs and RCPs, which are judged once more together with their neighbours.
    pub sets: Vec<Found>,
    /// Accounts that block public access to all their buckets.
    pub blocked: BTreeSet<Arc<str>>,
    /// How the rules about targets stand for each of them.
    pub targets: Vec<TargetVerdict>,
}

impl FileResult {
    /// Count a policy.
    pub fn policy(&mut self, kind: DocumentKind, assumed: bool, statements: usize) {
        *self.policies.entry((kind, assumed)).or_default() += 1;
        self.statements += statements;
    }

    /// Put two results together.
    pub fn merge(mut self, other: Self) -> Self {
        self.findings.extend(other.findings);
        self.observed.extend(other.observed);
        self.incomplete.extend(other.incomplete);
        self.unrecognised.extend(other.unrecognised);
        self.documents += other.documents;
        other.layouts.into_iter().for_each(|(name, n)| *self.layouts.entry(name).or_default() += n);
        other.policies.into_iter().for_each(|(kind, n)| *self.policies.entry(kind).or_default() += n);
        self.statements += other.statements;
        self.not_applicable.merge(&other.not_applicable);
        self.undecided.merge(&other.undecided);
        self.unknown += other.unknown;
        self.absent.extend(other.absent);
        self.idle += other.idle;
        self.archived.extend(other.archived);
        self.records.extend(other.records);
        self.sets.extend(other.sets);
        self.blocked.extend(other.blocked);
        self.targets.extend(other.targets);
        self
    }

    /// As the outcome of a run. Of several records of one thing only the newest counts.
    pub fn into_outcome(self, rules: &[RuleId], outcome: &mut Outcome) {
        let mut newest: HashMap<NameKey, &Rank> = HashMap::with_capacity(self.records.len());
        for record in &self.records {
            newest.entry(record.key).and_modify(|best| *best = (*best).max(&record.rank)).or_insert(&record.rank);
        }
        let current = |record: &Option<Arc<Record>>| {
            record.as_ref().is_none_or(|record| newest.get(&record.key).is_none_or(|best| **best == record.rank))
        };
        outcome.coverage.archived = self.archived.iter().filter(|record| current(record)).count();
        let blocked = &self.blocked;
        let is_covered = |finding: &Finding| {
            let by_account = finding.policy.account.as_deref().is_some_and(|account| blocked.contains(account));
            by_account && COVERED_BY_ACCOUNT.contains(&finding.rule.as_str())
        };
        let counts = |(record, finding): &(Option<Arc<Record>>, Finding)| current(record) && !is_covered(finding);
        outcome.findings.extend(self.findings.into_iter().filter(counts).map(|(_, finding)| finding));
        outcome.incomplete.extend(self.incomplete);
        outcome.targets.extend(worst(self.targets));
        let coverage = &mut outcome.coverage;
        coverage.unrecognised.extend(self.unrecognised);
        coverage.documents += self.documents;
        coverage.statements += self.statements;
        coverage.layouts = self.layouts;
        coverage.unknown = self.unknown;
        coverage.absent = self.absent.into_iter().collect();
        coverage.idle = self.idle;
        for ((kind, assumed), count) in self.policies {
            *coverage.policies.entry((kind.as_str().to_owned(), assumed)).or_default() += count;
        }
        coverage.undecided = self.undecided.named(rules);
        coverage.not_applicable = self.not_applicable.named(rules);
    }
}

/// One verdict for each rule and target, sorted: of a rule about both kinds of control policies the worse one.
fn worst(mut all: Vec<TargetVerdict>) -> Vec<TargetVerdict> {
    let rank = |verdict: &TargetVerdict| match verdict.standing {
        Standing::Open => 0,
        Standing::Undecided => 1,
        Standing::Held => 2,
        Standing::Unbound => 3,
        Standing::NotApplicable => 4,
    };
    all.sort_by(|a, b| (&a.rule, &a.target, rank(a)).cmp(&(&b.rule, &b.target, rank(b))));
    all.dedup_by(|b, a| a.rule == b.rule && a.target == b.target);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_grow() {
        for pair in [
            ["2026-08-20T01:42:29.955Z", "2026-08-20T01:42:30Z"],
            ["2017-08-11T06:48:56.507000-04:00", "2017-08-11T06:48:56.508Z"],
            ["1502510556.116", "1502510557"],
            ["", "2017-08-11T06:48:56Z"],
        ] {
            assert!(moment(pair[0]) < moment(pair[1]), "{pair:?}");
        }
    }
}
