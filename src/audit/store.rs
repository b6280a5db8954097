//! One run into the history: compared with the run before of the same subject, and written in one transaction.

use super::changes;
use super::drift::{drift, turns};
use super::history::{History, HistoryError};
use super::matching::{Known, Matched, Pair, Turnout, compare};
use super::model::{Audit, Change, Drift, Run, Seen};
use super::reading::{Looked, Reading};
use super::tree::Tree;
use crate::finding::coverage::{Standing, TargetVerdict};
use crate::finding::model::Online;
use crate::finding::{Incomplete, Outcome, RuleId, Severity};
use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a run brings besides its outcome.
pub struct Told<'a> {
    /// Which rules ran, how completely the input was read.
    pub reading: &'a Reading,
    /// The tree, where the input has one.
    pub tree: Option<&'a Tree>,
    /// Stands for the rules and their settings.
    pub rules: &'a str,
    /// What else the subject may be known by, such as the account that fetched; see [`History::subject_of`].
    pub aliases: &'a [String],
    /// A file's name in the history: the same for two snapshots in folders of other names.
    pub named: &'a dyn Fn(&str) -> String,
}

/// A run that was written and waits to be made to last.
#[derive(Debug)]
pub struct Pending<'h> {
    transaction: Transaction<'h>,
    path: &'h std::path::Path,
}

impl Pending<'_> {
    /// Make it last.
    ///
    /// # Errors
    /// When the disk is full, or the operating system refuses; the history is as it was before.
    pub fn commit(self) -> Result<(), HistoryError> {
        self.transaction.commit().map_err(|error| HistoryError::of(self.path, &error))
    }
}

impl History {
    /// The subject that was known by one of these when it was audited before, for an input that does not tell its
    /// organization this time.
    pub fn subject_of(&self, aliases: &[String]) -> Option<String> {
        let query = "SELECT s.name FROM alias a JOIN subject s ON s.id = a.subject WHERE a.name = ?1";
        aliases.iter().find_map(|alias| self.connection.query_row(query, [alias], |row| row.get(0)).ok())
    }

    /// Compare an audit with the run before, complete it with what the history knows, and write it.
    ///
    /// # Errors
    /// When another run holds the history for more than some seconds, or it cannot be read or written.
    pub fn record(&mut self, audit: &mut Audit, told: &Told<'_>) -> Result<Pending<'_>, HistoryError> {
        let path = self.path.as_path();
        let failed = |error: rusqlite::Error| HistoryError::of(path, &error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        Writer { transaction: &transaction, told }.run(audit).map_err(failed)?;
        Ok(Pending { transaction, path })
    }
}

struct Writer<'w> {
    transaction: &'w Transaction<'w>,
    told: &'w Told<'w>,
}

impl Writer<'_> {
    fn run(&self, audit: &mut Audit) -> rusqlite::Result<()> {
        let subject = self.subject(&audit.run.subject)?;
        for alias in self.told.aliases {
            let insert = "INSERT OR REPLACE INTO alias (name, subject) VALUES (?1, ?2)";
            self.transaction.execute(insert, params![alias, subject])?;
        }
        let mut trend = self.runs(subject)?;
        let before = trend.last().cloned();
        let known = self.known(subject)?;
        let matched = compare(&audit.outcome.findings, &known, self.told.reading);
        if audit.outcome.incomplete.is_empty() {
            audit.outcome.incomplete.extend(missing(&matched));
            audit.run.complete = audit.outcome.incomplete.is_empty();
        }
        let rules_changed = match &before {
            Some(before) => self.rules_of(before.id)? != self.told.rules,
            None => false,
        };
        audit.run.id = self.new_run(subject, &audit.run, &audit.outcome)?;
        self.write_findings(subject, audit.run.id, &matched)?;
        let old_tree = self.tree(subject)?;
        let told_tree = self.told.tree.filter(|_| self.told.reading.is_tree_whole());
        let changes = match (&old_tree, told_tree) {
            (Some(old), Some(new)) => changes::between(old, new),
            _ => Vec::new(),
        };
        self.write_tree(subject, audit.run.id, told_tree, &changes)?;
        let cells = self.cells(subject)?;
        self.write_cells(subject, audit.run.id, &cells, &audit.outcome.targets)?;
        audit.seen = seen(&matched, &audit.run.at);
        audit.drift = before.map(|since| Drift {
            turns: turns(&cells.values().map(|(_, cell)| cell.clone()).collect::<Vec<_>>(), &audit.outcome.targets),
            // A subject that never had a tree has none to compare.
            tree_unknown: told_tree.is_none() && (old_tree.is_some() || self.told.tree.is_some()),
            changes,
            rules_changed,
            ..drift(since, &matched)
        });
        trend.push(audit.run.clone());
        audit.trend = trend;
        Ok(())
    }

    fn subject(&self, name: &str) -> rusqlite::Result<i64> {
        self.transaction.execute("INSERT OR IGNORE INTO subject (name) VALUES (?1)", [name])?;
        self.transaction.query_row("SELECT id FROM subject WHERE name = ?1", [name], |row| row.get(0))
    }

    /// The runs so far, oldest first.
    fn runs(&self, subject: i64) -> rusqlite::Result<Vec<Run>> {
        let mut statement = self.transaction.prepare(
            "SELECT r.id, r.at, s.name, r.complete, r.held, r.decided, r.critical, r.high, r.medium, r.low, r.info
             FROM run r JOIN subject s ON s.id = r.subject WHERE r.subject = ?1 ORDER BY r.id",
        )?;
        let run = |row: &Row<'_>| {
            let columns =
                [(6, Severity::Critical), (7, Severity::High), (8, Severity::Medium), (9, Severity::Low), (10, Severity::Info)];
            let mut by_severity = BTreeMap::new();
            for (column, severity) in columns {
                by_severity.insert(severity, row.get::<_, usize>(column)?);
            }
            let (id, at, subject, complete) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(Run { id, at, subject, complete, by_severity, guardrails: (row.get(4)?, row.get(5)?) })
        };
        statement.query_map([subject], run)?.collect()
    }

    /// What stood for the rules of a run.
    fn rules_of(&self, run: i64) -> rusqlite::Result<String> {
        self.transaction.query_row("SELECT rules FROM run WHERE id = ?1", [run], |row| row.get(0))
    }

    fn new_run(&self, subject: i64, run: &Run, outcome: &Outcome) -> rusqlite::Result<i64> {
        let count = |severity: Severity| run.by_severity.get(&severity).copied().unwrap_or_default();
        self.transaction.execute(
            "INSERT INTO run (subject, at, palisade, catalog, rules, complete, accounts, documents, policies, statements,
                critical, high, medium, low, info, accepted, held, decided)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            params![
                subject,
                run.at,
                env!("CARGO_PKG_VERSION"),
                outcome.catalog_date,
                self.told.rules,
                run.complete,
                self.told.tree.map(|tree| tree.accounts.len()),
                outcome.coverage.documents,
                outcome.policies(),
                outcome.coverage.statements,
                count(Severity::Critical),
                count(Severity::High),
                count(Severity::Medium),
                count(Severity::Low),
                count(Severity::Info),
                outcome.suppressed(),
                run.guardrails.0,
                run.guardrails.1,
            ],
        )?;
        Ok(self.transaction.last_insert_rowid())
    }

    /// Every finding the history has of a subject, those that are gone too: they may come back.
    fn known(&self, subject: i64) -> rusqlite::Result<Vec<Known>> {
        let mut statement = self.transaction.prepare(
            "SELECT f.id, f.fingerprint, f.rule, f.severity, f.message, f.account, f.resource, f.resource_type, f.file,
                a.at, b.at, f.resolved_run IS NOT NULL, f.accepted, f.online
             FROM finding f JOIN run a ON a.id = f.first_run JOIN run b ON b.id = f.last_run
             WHERE f.subject = ?1 ORDER BY f.id",
        )?;
        let known = |row: &Row<'_>| {
            let severity: String = row.get(3)?;
            Ok(Known {
                id: row.get(0)?,
                fingerprint: row.get(1)?,
                rule: row.get(2)?,
                severity: severity.parse().unwrap_or(Severity::Info),
                message: row.get(4)?,
                account: row.get(5)?,
                resource: row.get(6)?,
                resource_type: row.get(7)?,
                file: row.get(8)?,
                first_seen: row.get(9)?,
                last_seen: row.get(10)?,
                resolved: row.get(11)?,
                accepted: row.get(12)?,
                online: row.get(13)?,
            })
        };
        statement.query_map([subject], known)?.collect()
    }

    fn write_findings(&self, subject: i64, run: i64, matched: &Matched<'_>) -> rusqlite::Result<()> {
        let mut insert = self.transaction.prepare(
            "INSERT INTO finding (fingerprint, rule, severity, message, account, resource, resource_type, policy, file,
                pointer, embedded, accepted, last_run, subject, first_run, online)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?13, ?15)",
        )?;
        let mut update = self.transaction.prepare(
            "UPDATE finding SET fingerprint = ?1, rule = ?2, severity = ?3, message = ?4, account = ?5, resource = ?6,
                resource_type = ?7, policy = ?8, file = ?9, pointer = ?10, embedded = ?11, accepted = ?12, last_run = ?13,
                resolved_run = NULL, online = ?15 WHERE id = ?14",
        )?;
        let mut note = self
            .transaction
            .prepare("INSERT INTO finding_change (finding, run, what, severity, message) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for Pair { finding, known, turnout } in &matched.pairs {
            let (policy, place) = (&finding.policy, &finding.primary.location);
            let statement = if known.is_some() { &mut update } else { &mut insert };
            statement.execute(params![
                finding.fingerprint,
                finding.rule.as_str(),
                finding.severity.as_str(),
                finding.message,
                policy.account,
                policy.resource,
                policy.resource_type,
                policy.name,
                (self.told.named)(&place.file),
                place.pointer,
                place.embedded,
                finding.suppressed.is_some(),
                run,
                known.map_or(subject, |known| known.id),
                finding.online == Some(Online::Added),
            ])?;
            if let (Some(known), Some(word)) = (known, word(*turnout)) {
                note.execute(params![known.id, run, word, known.severity.as_str(), known.message])?;
            }
        }
        let mut resolve = self.transaction.prepare("UPDATE finding SET resolved_run = ?1 WHERE id = ?2")?;
        for (known, _) in matched.absent.iter().filter(|(_, looked)| *looked == Looked::For) {
            resolve.execute(params![run, known.id])?;
        }
        Ok(())
    }

    fn tree(&self, subject: i64) -> rusqlite::Result<Option<Tree>> {
        let text: Option<String> = self
            .transaction
            .query_row("SELECT tree FROM organization WHERE subject = ?1", [subject], |row| row.get(0))
            .optional()?;
        Ok(text.as_deref().and_then(Tree::from_json))
    }

    fn write_tree(&self, subject: i64, run: i64, tree: Option<&Tree>, changes: &[Change]) -> rusqlite::Result<()> {
        let Some(tree) = tree else { return Ok(()) };
        self.transaction.execute(
            "INSERT OR REPLACE INTO organization (subject, run, tree) VALUES (?1, ?2, ?3)",
            params![subject, run, tree.to_json()],
        )?;
        let mut note = self
            .transaction
            .prepare("INSERT INTO change (run, kind, subject, name, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for one in changes {
            note.execute(params![run, one.kind.as_str(), one.subject, one.name, one.before, one.after])?;
        }
        Ok(())
    }

    /// The cells of the map of guardrails as they stand, with their rows, by rule and target.
    fn cells(&self, subject: i64) -> rusqlite::Result<HashMap<(RuleId, String), (i64, TargetVerdict)>> {
        let mut statement =
            self.transaction.prepare("SELECT rowid, rule, target, standing FROM cell WHERE subject = ?1 AND to_run IS NULL")?;
        let cell = |row: &Row<'_>| {
            let (rule, target, word): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let standing = STANDINGS.into_iter().find(|s| s.as_str() == word).unwrap_or(Standing::Undecided);
            let rule = RuleId::new(&rule);
            let verdict = TargetVerdict { rule: rule.clone(), target: target.as_str().into(), standing };
            Ok(((rule, target), (row.get(0)?, verdict)))
        };
        statement.query_map([subject], cell)?.collect()
    }

    /// A cell is written when it turns: from which run to which it stood like that.
    fn write_cells(
        &self,
        subject: i64,
        run: i64,
        known: &HashMap<(RuleId, String), (i64, TargetVerdict)>,
        now: &[TargetVerdict],
    ) -> rusqlite::Result<()> {
        let mut close = self.transaction.prepare("UPDATE cell SET to_run = ?1 WHERE rowid = ?2")?;
        let mut open = self
            .transaction
            .prepare("INSERT INTO cell (subject, rule, target, standing, from_run) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut met = HashSet::new();
        for cell in now {
            let key = (cell.rule.clone(), cell.target.to_string());
            let old = known.get(&key);
            met.insert(key);
            if old.is_some_and(|(_, old)| old.standing == cell.standing) {
                continue;
            }
            if let Some((row, _)) = old {
                close.execute(params![run, row])?;
            }
            open.execute(params![subject, cell.rule.as_str(), &*cell.target, cell.standing.as_str(), run])?;
        }
        // Targets that left; those of rules that did not run stay as they were, and so do all when the tree is not whole.
        let whole = self.told.reading.is_tree_whole();
        let gone = known.iter().filter(|(key, _)| whole && !met.contains(*key) && self.told.reading.asked(key.0.as_str()));
        for (_, (row, _)) in gone {
            close.execute(params![run, row])?;
        }
        Ok(())
    }
}

const STANDINGS: [Standing; 5] =
    [Standing::Held, Standing::Open, Standing::Undecided, Standing::Unbound, Standing::NotApplicable];

/// The word in the history for a change of a finding.
fn word(turnout: Turnout) -> Option<&'static str> {
    match turnout {
        Turnout::New | Turnout::Same => None,
        Turnout::Changed => Some("changed"),
        Turnout::Back => Some("reopened"),
        Turnout::Accepted => Some("accepted"),
    }
}

/// Files in which findings stood, and of which nothing else tells that they could not be read: a snapshot that lacks them
/// is not complete.
fn missing(matched: &Matched<'_>) -> Vec<Incomplete> {
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    for (known, _) in matched.absent.iter().filter(|(_, looked)| *looked == Looked::Unread) {
        *files.entry(&known.file).or_default() += 1;
    }
    let one = |(file, n): (&str, usize)| Incomplete {
        file: file.into(),
        code: None,
        reason: format!(
            "{} in it before, and it could not be read",
            if n == 1 { "a finding stood".to_owned() } else { format!("{n} findings stood") }
        ),
        help: "fetch the snapshot again; of an account that was closed, fetch the organization as well".to_owned(),
        location: None,
        related: Vec::new(),
        resource: None,
    };
    files.into_iter().map(one).collect()
}

/// When the findings of this run were seen first.
fn seen(matched: &Matched<'_>, now: &str) -> BTreeMap<String, Seen> {
    let one = |pair: &Pair<'_>| {
        let first = pair.known.map_or(now, |known| &known.first_seen).to_owned();
        (pair.finding.fingerprint.clone(), Seen { first, last: now.to_owned() })
    };
    matched.pairs.iter().map(one).collect()
}
