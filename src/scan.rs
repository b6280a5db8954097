//! The pipeline in one screen: read, parse, extract, judge, place, filter, sort. It opens no socket and prints nothing.

mod file;
mod grants;
mod groups;
mod holdings;
mod inventory;
mod items;
mod judge;
mod known;
mod observed;
mod open;
mod path_key;
mod policies;
mod principal_set;
mod principals;
mod result;
pub mod review;
mod said;
mod sets;
mod surroundings;
mod targets;
mod verdict;
mod whole;

use crate::catalog;
use crate::config::Config;
use crate::finding::baseline::{self, Baseline};
use crate::finding::fingerprint::number_duplicates;
use crate::finding::{Finding, Notice, Outcome, RuleCard, RuleId, suppress};
use crate::policy::Context;
use crate::rule::Registry;
use crate::rule::registry::Active;
use crate::source::stream::Content;
use crate::source::{Entry, WalkOptions};
use file::Reader;
pub use file::unreadable;
pub use inventory::{Attachment, Holder, Inventory};
use judge::Judge;
use known::Known;
pub use known::OrganizationAt;
pub use policies::{Gathered, Gatherer, Input};
use result::FileResult;
use review::Reviewer;
use std::sync::Arc;
use surroundings::Surroundings;

/// Everything a run needs, resolved.
pub struct Scan<'a> {
    /// The rules that apply.
    pub registry: &'a Registry,
    /// The project file.
    pub config: &'a Config,
    /// What the command line says of every file.
    pub context: Context,
    /// The report lists the rules: their prose is wanted.
    pub cards: bool,
    /// The report shows the source around places.
    pub excerpts: bool,
    /// The organization that was named; one among the files is found without.
    pub organization: Option<&'a OrganizationAt>,
    /// How files are read.
    pub walk: WalkOptions,
    /// A file's name as the project file sees it.
    pub project_name: &'a (dyn Fn(&str) -> String + Sync),
    /// Told how many bytes of files were read.
    pub progress: &'a (dyn Fn(u64) + Sync),
    /// Who else is asked about every policy.
    pub review: Option<&'a Reviewer<'a>>,
    /// Findings that are known and accepted.
    pub baseline: Option<&'a Baseline>,
    /// The day suppressions are compared with.
    pub today: time::Date,
    /// Everything the project file speaks of was looked at: suppressions that hit nothing are worth a word.
    pub whole: bool,
}

impl Scan<'_> {
    /// Check files on disk.
    pub fn files(&self, entries: &[Entry]) -> Outcome {
        let known = Known::find(self, entries);
        let texts = known.opened();
        let around = Surroundings::new(&known, &texts);
        let judge = Judge::new(self, &around);
        let result = groups::judge(&judge, entries);
        self.outcome(&judge, entries, result)
    }

    /// Check what was opened elsewhere, such as standard input.
    pub fn content(&self, content: Content, name: &Arc<str>) -> Outcome {
        let known = Known::find(self, &[]);
        let texts = known.opened();
        let around = Surroundings::new(&known, &texts);
        let judge = Judge::new(self, &around);
        let mut reader = Reader::new(&judge);
        reader.content(content, name, true);
        let joined = reader.waiting.judge(&judge);
        self.outcome(&judge, &[], reader.result.merge(joined))
    }

    fn outcome(&self, judge: &Judge<'_>, entries: &[Entry], mut result: FileResult) -> Outcome {
        observed::settle(judge, entries, &mut result);
        let mut outcome = Outcome { catalog_date: catalog::date().to_owned(), ..Outcome::default() };
        let of_sets = sets::judge(judge, std::mem::take(&mut result.sets)).merge(targets::judge(judge));
        let known = judge.around.known;
        result.incomplete.extend(known.incomplete.iter().cloned().chain(known.hollow(&result.unrecognised)));
        let ids: Vec<RuleId> = self.registry.rules().iter().map(|active| active.head.id.clone()).collect();
        result.merge(of_sets).into_outcome(&ids, &mut outcome);
        outcome.coverage.rules = self.registry.rules().len();
        if self.cards {
            outcome.rules = self.registry.rules().iter().map(card).collect();
        }
        self.filter(&mut outcome);
        outcome
    }

    /// Sort, number, suppress, compare with the baseline.
    fn filter(&self, outcome: &mut Outcome) {
        outcome.findings.sort_by(|a, b| place(a).cmp(&place(b)));
        outcome.incomplete.sort_by(|a, b| {
            let key = |i: &crate::finding::Incomplete| (i.file.clone(), i.location.as_ref().map(|l| l.start), i.reason.clone());
            key(a).cmp(&key(b))
        });
        outcome.coverage.unrecognised.sort();
        number_duplicates(&mut outcome.findings);
        outcome.notices = suppress::apply(&mut outcome.findings, &self.config.suppressions, self.today, &self.project_name);
        if !self.whole {
            outcome.notices.retain(|n| n.code != "PAL902");
        }
        if let Some(known) = self.baseline {
            let gone = baseline::apply(&mut outcome.findings, known).len();
            if gone > 0 && self.whole {
                outcome.notices.push(Notice {
                    code: "PAL903",
                    message: format!("{gone} findings of the baseline are gone"),
                    help: "write it anew with `--write-baseline`, so that they cannot come back unseen".to_owned(),
                    location: None,
                });
            }
        }
    }
}

fn place(finding: &Finding) -> (&str, usize, usize, &str, &str, Option<&str>) {
    let at = &finding.primary.location;
    let whose = finding.policy.resource.as_deref();
    (&at.file, at.start.offset, at.end.offset, finding.rule.as_str(), &finding.message, whose)
}

fn card(active: &Active) -> RuleCard {
    let meta = &active.rule().meta;
    RuleCard {
        id: meta.id.clone(),
        title: meta.title.clone(),
        severity: active.severity,
        category: meta.category,
        confidence: meta.confidence,
        rationale: meta.rationale.clone(),
        remediation: meta.remediation.clone(),
        references: meta.references.clone(),
        tags: meta.tags.clone(),
        compliance: meta.compliance.clone(),
    }
}
