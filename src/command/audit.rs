//! `palisade audit`: check an organization, remember what was found, tell what changed since, report.

use super::audit_reports::{Reports, View};
use super::scanning::{Checked, Setup, Shown, Wanted, fail_on, no_input};
use super::snapshots::{self, Manifests, Names, Organized};
use super::{Exit, Terminal, Usage, fetch};
use crate::audit::{Audit, History, HistoryError, Pending, Reading, Run, Told};
use crate::cli::{AuditArgs, FetchArgs, FetchWhatArgs, PlainFormat};
use crate::finding::coverage::Standing;
use crate::finding::{Finding, Outcome};
use crate::source::{self, Entry};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Run it.
pub fn run(args: &AuditArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let reports = Reports::new(&args.output)?;
    if args.fetching.fetch
        && let Some(exit) = fetch(args, terminal)?
    {
        return Ok(exit);
    }
    let wanted = Wanted {
        paths: &args.paths,
        rules: &args.rules,
        input: &args.input,
        project: &args.project,
        rebase: false,
        quiet: args.output.quiet,
    };
    let setup = match Setup::new(&wanted, terminal)? {
        Ok(setup) => setup,
        Err(exit) => return Ok(exit),
    };
    let least = fail_on(args.output.fail_on.as_deref(), &setup.project)?;
    let view = View { least, since_last: args.history.since_last };
    let checked = match args.asking.online_validate {
        true => second_opinion(args, &setup, reports.shown(), terminal)?,
        false => setup.outcome(reports.shown(), None, terminal)?,
    };
    let Checked { mut outcome, unmatched, entries, organization, unanswered } = checked;
    if outcome.coverage.documents == 0 && outcome.incomplete.is_empty() {
        no_input(&args.paths, &unmatched, terminal)?;
        return Ok(Exit::NoInput);
    }
    let organized = snapshots::organization(organization.as_deref(), &entries);
    let manifests = snapshots::manifests(&entries);
    let missing = !unmatched.is_empty();
    let input = Input { entries, manifests, organized, missing };
    let mut reading = reading(args, &setup, &outcome, &input);
    if args.asking.online_validate {
        reading.online(unanswered.is_empty());
    }
    outcome.incomplete.extend(unanswered);
    let mut audit = audit(args, outcome, &input)?;
    let kept = keep(&Keep { args, setup: &setup, input: &input, reading: &reading }, &mut audit, terminal, |audit, terminal| {
        reports.files(audit, view, terminal)
    })?;
    reports.main(&audit, view, terminal)?;
    for line in &unmatched {
        writeln!(terminal.err, "{}", line.lines())?;
    }
    let strict = (args.output.strict || setup.project.config.strict) && !audit.outcome.notices.is_empty();
    Ok(match verdict(&audit, view, strict, kept) {
        Exit::Clean if !unmatched.is_empty() => Exit::NoInput,
        exit => exit,
    })
}

/// What was read, besides its outcome.
struct Input {
    entries: Vec<Entry>,
    manifests: Manifests,
    organized: Option<Organized>,
    /// Something that was named is not there, or is nothing we know.
    missing: bool,
}

/// `--fetch`: what cannot be fetched is missing in the snapshot, and said by its manifest. An exit when there is nothing to
/// go on with.
fn fetch(args: &AuditArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Option<Exit>> {
    let [folder] = args.paths.as_slice() else {
        return Err(Usage::new("`--fetch` without one folder to fetch into", "write `palisade audit FOLDER --fetch`").into());
    };
    let fetch_args = fetch_args(args, folder);
    // Standard output is for the report.
    let mut said = Vec::new();
    let (color, progress, width) = (terminal.color, terminal.progress, terminal.width);
    let exit = fetch::run(&fetch_args, &mut Terminal { out: &mut said, err: terminal.err, color, progress, width });
    terminal.err.write_all(&said)?;
    Ok(match exit? {
        Exit::Clean | Exit::Incomplete => None,
        exit => Some(exit),
    })
}

/// The options as `palisade fetch` knows them.
fn fetch_args(args: &AuditArgs, folder: &Path) -> FetchArgs {
    let from = &args.fetching;
    let what = FetchWhatArgs {
        source: from.source.clone(),
        aggregator: from.aggregator.clone(),
        query: from.query,
        config_snapshots: from.config_snapshots.clone(),
        role_name: from.role_name.clone(),
        external_id: from.external_id.clone(),
        account: Vec::new(),
        region: from.region.clone(),
        resource_type: Vec::new(),
    };
    FetchArgs {
        out: Some(folder.to_owned()),
        what,
        how: from.how.clone(),
        plan: false,
        print_policy: None,
        format: PlainFormat::Text,
        quiet: args.output.quiet,
        verbose: args.output.verbose,
    }
}

/// `--online-validate`: the check with what AWS says of every policy.
#[cfg(feature = "aws")]
fn second_opinion(args: &AuditArgs, setup: &Setup<'_>, shown: Shown, terminal: &mut Terminal<'_>) -> anyhow::Result<Checked> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Usage::new("`--online-validate` of standard input", "write it to a file: it is read twice").into());
    }
    let settings = fetch::settings(&fetch_args(args, Path::new("")))?;
    super::online::outcome(setup, &settings, shown, terminal)
}

#[cfg(not(feature = "aws"))]
fn second_opinion(_: &AuditArgs, _: &Setup<'_>, _: Shown, _: &mut Terminal<'_>) -> anyhow::Result<Checked> {
    Err(fetch::without_aws().into())
}

/// How completely the input was read.
fn reading(args: &AuditArgs, setup: &Setup<'_>, outcome: &Outcome, input: &Input) -> Reading {
    let names = Names::new(&args.paths);
    let mut reading = Reading::new(setup.registry.rules().iter().map(|active| active.head.id.to_string()));
    reading.files(input.entries.iter().map(|entry| names.of(&entry.name)));
    reading.incomplete(&outcome.incomplete, |file| names.of(file));
    outcome.coverage.unrecognised.iter().for_each(|file| reading.broken(names.of(file)));
    for manifest in &input.manifests.read {
        reading.sources(&manifest.sources);
    }
    if outcome.coverage.layouts.contains_key("Access Analyzer findings") {
        reading.analyzer();
    }
    if let Some(organized) = &input.organized {
        reading.members(organized.tree.accounts.keys().cloned());
    }
    // Of a snapshot that may lack anything nothing can be said to be gone, nor of one of which nothing could be read.
    if input.manifests.untrusted || input.missing || outcome.coverage.documents == 0 {
        reading.distrust();
    }
    reading
}

/// The audit before it meets the history.
fn audit(args: &AuditArgs, outcome: Outcome, input: &Input) -> anyhow::Result<Audit> {
    let moment = match &args.project.as_of {
        // A day that was said is no moment to look at the clock.
        Some(day) => format!("{day}T00:00:00Z"),
        None => source::now().format(&Rfc3339)?,
    };
    let counted = |standing: Standing| outcome.targets.iter().filter(|cell| cell.standing == standing).count();
    let (held, open) = (counted(Standing::Held), counted(Standing::Open));
    let run = Run {
        id: 0,
        at: moment,
        subject: subject(args, input),
        complete: outcome.incomplete.is_empty(),
        by_severity: outcome.by_severity(),
        guardrails: (held, held + open),
    };
    let sources = input.manifests.read.iter().flat_map(|manifest| manifest.sources.iter().cloned()).collect();
    let organization = input.organized.as_ref().map(|organized| organized.organization.clone());
    Ok(Audit { outcome, organization, sources, trend: vec![run.clone()], run, ..Audit::default() })
}

/// What is audited: as said, else the organization, else what it may be known by.
fn subject(args: &AuditArgs, input: &Input) -> String {
    let told =
        args.history.subject.clone().or_else(|| input.organized.as_ref().and_then(|organized| organized.organization.id.clone()));
    told.or_else(|| aliases(args, input).into_iter().next()).unwrap_or_else(|| ".".to_owned())
}

/// What a subject may be known by besides: the account that fetched, and what was named.
fn aliases(args: &AuditArgs, input: &Input) -> Vec<String> {
    let callers = input.manifests.read.iter().filter_map(|manifest| manifest.caller_account.clone());
    let names: Vec<_> = args.paths.iter().map(|path| source::walk::name_of(path).to_string()).collect();
    let named = if names.is_empty() { ".".to_owned() } else { names.join(" ") };
    callers.chain([named]).collect()
}

/// What keeping a run takes.
struct Keep<'a> {
    args: &'a AuditArgs,
    setup: &'a Setup<'a>,
    input: &'a Input,
    reading: &'a Reading,
}

/// Compare with the history and write the run to it. The reports go out in between: a run whose reports could not be
/// written is not remembered, so that its findings are new once more. False when the history could not be used.
fn keep(
    keep: &Keep<'_>,
    audit: &mut Audit,
    terminal: &mut Terminal<'_>,
    mut report: impl FnMut(&Audit, &mut Terminal<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<bool> {
    if keep.args.history.no_history {
        report(audit, terminal)?;
        return Ok(true);
    }
    let names = Names::new(&keep.args.paths);
    let rules = rules_in_force(keep.setup);
    let aliases = aliases(keep.args, keep.input);
    let told = Told {
        aliases: if keep.args.history.subject.is_some() { &[] } else { &aliases },
        reading: keep.reading,
        tree: keep.input.organized.as_ref().map(|organized| &organized.tree),
        rules: &rules,
        named: &|file| names.of(file).to_owned(),
    };
    let mut history = match open(keep, terminal)? {
        Ok(history) => history,
        Err(error) => {
            unusable(&error, terminal)?;
            report(audit, terminal)?;
            return Ok(false);
        }
    };
    // An organization whose export is broken this time is still the one it was.
    let unnamed =
        keep.args.history.subject.is_none() && keep.input.organized.as_ref().is_none_or(|o| o.organization.id.is_none());
    if let Some(subject) = history.subject_of(&aliases).filter(|_| unnamed) {
        audit.rename(&subject);
    }
    let written = history.record(audit, &told);
    if let Err(error) = &written {
        unusable(error, terminal)?;
        audit.forget();
    }
    report(audit, terminal)?;
    match written.map(Pending::commit) {
        Ok(Ok(())) => Ok(true),
        Ok(Err(error)) => {
            unusable(&error, terminal)?;
            audit.unstored();
            report(audit, terminal)?;
            Ok(false)
        }
        Err(_) => Ok(false),
    }
}

fn open(keep: &Keep<'_>, terminal: &mut Terminal<'_>) -> anyhow::Result<Result<History, HistoryError>> {
    let path = keep.args.history.history.clone().unwrap_or_else(|| default_path(keep.setup));
    let stamp = stamp(source::now());
    let opened = match History::open(&path, &stamp) {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(aside) = opened.aside {
        let [path, aside] = [&path, &aside].map(|p| crate::report::escape::terminal(&p.to_string_lossy()));
        writeln!(terminal.err, "warning: the history `{path}` was damaged, or no history; it is kept as `{aside}`")?;
        writeln!(terminal.err, "  help: a new history begins with this run, and there is nothing to compare it with")?;
    }
    Ok(Ok(opened.history))
}

fn default_path(setup: &Setup<'_>) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let folder = setup.project.folder.strip_prefix(&here).unwrap_or(&setup.project.folder);
    folder.join(".palisade").join("history.sqlite")
}

/// `20260102T030405Z`.
fn stamp(now: OffsetDateTime) -> String {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    now.format(&format).unwrap_or_default()
}

fn unusable(error: &HistoryError, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    writeln!(terminal.err, "{}", Usage::new(error.to_string(), error.help()).lines())?;
    Ok(())
}

/// A hash of the rules with their severities and parameters, and of what their texts and facts hang on, to tell later why
/// the findings of two runs differ.
fn rules_in_force(setup: &Setup<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{} {}\n{}", env!("CARGO_PKG_VERSION"), crate::catalog::date(), setup.registry.in_force()));
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Findings come before what could not be read: a gate that is red is red.
fn verdict(audit: &Audit, view: View, strict: bool, whole: bool) -> Exit {
    // Without a run before, everything is new.
    let only_news = view.since_last && audit.drift.is_some();
    let fails =
        |finding: &Finding| view.least.is_some_and(|least| finding.severity >= least) && (!only_news || audit.is_news(finding));
    if strict || audit.outcome.active().any(fails) {
        Exit::Findings
    } else if whole && audit.outcome.incomplete.is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    }
}
