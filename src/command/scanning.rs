//! From options to an outcome: what `check` and `audit` do alike before they report.

use super::load::{self, Project};
use super::progress::Progress;
use super::{Exit, Terminal, Usage, policies};
use crate::cli::{InputArgs, ProjectArgs, RuleArgs};
use crate::config::FailOn;
use crate::finding::baseline::{self, Baseline};
use crate::finding::{Incomplete, Outcome, Severity};
use crate::policy::Context;
use crate::report::escape;
use crate::rule::Registry;
use crate::scan::review::Reviewer;
use crate::scan::{OrganizationAt, Scan, unreadable};
use crate::source::{self, Entry, Expanded, WalkOptions};
use crate::text::suggest::did_you_mean;
use std::path::{Component, Path, PathBuf};

/// What is to be checked, as the command line says it.
pub(super) struct Wanted<'a> {
    /// Files, folders or patterns.
    pub paths: &'a [PathBuf],
    /// Which rules apply.
    pub rules: &'a RuleArgs,
    /// What the files are.
    pub input: &'a InputArgs,
    /// Project file and baseline.
    pub project: &'a ProjectArgs,
    /// The baseline is written anew, not compared with.
    pub rebase: bool,
    /// No progress is shown.
    pub quiet: bool,
}

/// The same, resolved.
pub(super) struct Setup<'a> {
    wanted: &'a Wanted<'a>,
    /// The project file.
    pub project: Project,
    /// The rules that apply.
    pub registry: Registry,
    context: Context,
    /// The baseline file.
    pub baseline_path: Option<PathBuf>,
    baseline: Option<Baseline>,
    /// The day that suppressions are compared with.
    pub today: time::Date,
}

/// What a run came to.
pub(super) struct Checked {
    /// Everything it found out.
    pub outcome: Outcome,
    /// Things that were named and gave nothing.
    pub unmatched: Vec<Usage>,
    /// The files that were read.
    pub entries: Vec<Entry>,
    /// Where the organization was said to be.
    pub organization: Option<PathBuf>,
    /// Policies that AWS, when it was asked, gave no answer to.
    pub unanswered: Vec<Incomplete>,
}

/// What reports need besides findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The prose of the rules.
    pub cards: bool,
    /// The lines around places.
    pub excerpts: bool,
}

impl<'a> Setup<'a> {
    /// Read the project file, the rules and the baseline. `Err` of the inner result: it was shown what is wrong.
    pub fn new(wanted: &'a Wanted<'a>, terminal: &mut Terminal<'_>) -> anyhow::Result<Result<Self, Exit>> {
        let today = match &wanted.project.as_of {
            Some(day) => time::Date::parse(day, time::macros::format_description!("[year]-[month]-[day]"))
                .map_err(|_| Usage::new(format!("`{day}` is not a day"), "write YYYY-MM-DD"))?,
            None => source::today(),
        };
        let input = wanted.input;
        let context = policies::said(input.kind.as_deref(), input.resource_type.as_deref(), input.account.as_deref())?;
        let project = match load::project(wanted.project, wanted.paths, today, terminal)? {
            Ok(project) => project,
            Err(exit) => return Ok(Err(exit)),
        };
        let registry = match load::registry(&project, wanted.rules, terminal)? {
            Ok(registry) => registry,
            Err(exit) => return Ok(Err(exit)),
        };
        let baseline_path = baseline_path(wanted, &project);
        let baseline = if wanted.rebase { None } else { read_baseline(&baseline_path)? };
        Ok(Ok(Self { wanted, project, registry, context, baseline_path, baseline, today }))
    }

    /// Whether nobody wants to watch.
    #[cfg(feature = "aws")]
    pub fn is_quiet(&self) -> bool {
        self.wanted.quiet
    }

    /// Check everything that was named; also the named things that gave nothing. `review` is asked about every policy.
    pub fn outcome(&self, shown: Shown, review: Option<&Reviewer<'_>>, terminal: &Terminal<'_>) -> anyhow::Result<Checked> {
        let input = self.wanted.input;
        let walk = self.walk();
        let stdin = self.wanted.paths.iter().any(|p| p.as_os_str() == "-");
        if stdin && self.wanted.paths.len() > 1 {
            return Err(Usage::new("`-` beside other paths", "check standard input alone").into());
        }
        let here = std::env::current_dir().unwrap_or_default();
        let project_name = |file: &str| project_name(&here, &self.project.folder, file);
        let expanded = if stdin { Expanded::default() } else { self.expand(&walk, &project_name)? };
        if let Some(jobs) = input.jobs {
            // Only the first call in a process can set it, and this is the first.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs.max(1)).build_global();
        }
        let organization = self.organization(&here, &expanded);
        let progress = Progress::new(expanded.bytes(), terminal.progress && !self.wanted.quiet);
        let tick = |bytes| progress.tick(bytes);
        let scan = Scan {
            registry: &self.registry,
            cards: shown.cards,
            excerpts: shown.excerpts,
            organization: organization.as_ref(),
            config: &self.project.config,
            context: self.context.clone(),
            walk: walk.clone(),
            project_name: &project_name,
            progress: &tick,
            review,
            baseline: self.baseline.as_ref(),
            today: self.today,
            whole: !stdin && self.wanted.rules.select.is_empty() && self.covers_project(&here),
        };
        let mut outcome = if stdin {
            let name = input.stdin_filename.as_deref().unwrap_or(source::stdin::NAME).into();
            match source::stdin::open(&name, walk.max_bytes) {
                Ok(content) => scan.content(content, &name),
                Err(error) => only(unreadable(&error)),
            }
        } else {
            scan.files(&expanded.entries)
        };
        progress.finish();
        let unread = expanded.errors.iter().filter(|e| !e.is_missing() || !expanded.entries.is_empty());
        outcome.incomplete.extend(unread.map(unreadable));
        let unmatched = self.unmatched(stdin, &expanded, &outcome);
        Ok(Checked {
            outcome,
            unmatched,
            entries: expanded.entries,
            organization: organization.map(|at| at.path),
            unanswered: Vec::new(),
        })
    }

    /// How files are read.
    fn walk(&self) -> WalkOptions {
        let input = self.wanted.input;
        WalkOptions {
            exclude: input.exclude.clone(),
            max_bytes: input.max_size.saturating_mul(1 << 20),
            no_ignore: input.no_ignore,
        }
    }

    /// What was named and gave nothing.
    fn unmatched(&self, stdin: bool, expanded: &Expanded, outcome: &Outcome) -> Vec<Usage> {
        let missing = expanded.errors.iter().filter(|e| e.is_missing());
        let mut unmatched: Vec<Usage> = missing.map(|e| Usage::new(e.to_string(), e.help())).collect();
        let named = |file: &str| stdin || expanded.entries.iter().any(|e| e.explicit && &*e.name == file);
        if !self.wanted.input.skip_unrecognised {
            unmatched.extend(outcome.coverage.unrecognised.iter().filter(|f| named(f)).map(|f| {
                Usage::new(
                    format!("`{f}` holds no policy that is known"),
                    "`--kind` tells what a file is; `--skip-unrecognised` passes over it",
                )
            }));
        }
        unmatched
    }

    /// The organization that was named, its path spelled like those of the files of it that are checked.
    fn organization(&self, here: &Path, expanded: &Expanded) -> Option<OrganizationAt> {
        let named = self.project.config.organization.as_ref();
        let said = named.map(|named| self.project.folder.join(&named.path.value));
        let path = self.wanted.input.organization.clone().or(said)?;
        let path = path.strip_prefix(here).map(Path::to_path_buf).unwrap_or(path);
        let path = source::walk::spelled_like(&path, &expanded.entries);
        Some(OrganizationAt { path, management_account: named.and_then(|named| named.management_account.clone()) })
    }

    /// True when some named folder holds the whole project, so that what was not found is not there.
    fn covers_project(&self, here: &Path) -> bool {
        let covers = |p: &PathBuf| self.project.folder.starts_with(std::path::absolute(here.join(p)).unwrap_or_default());
        self.wanted.paths.iter().any(covers) || (self.wanted.paths.is_empty() && self.project.folder.starts_with(here))
    }

    /// The files to read; the project file's `exclude` speaks of names below its own folder.
    fn expand(&self, walk: &WalkOptions, project_name: &dyn Fn(&str) -> String) -> anyhow::Result<Expanded> {
        let here = [PathBuf::from(".")];
        let paths = if self.wanted.paths.is_empty() { &here[..] } else { self.wanted.paths };
        let paths: Vec<PathBuf> = paths.iter().chain(&self.wanted.input.organization).cloned().collect();
        let mut expanded = source::expand(&paths, walk);
        if self.wanted.input.skip_unrecognised {
            expanded.entries.iter_mut().for_each(|e| e.explicit = false);
        }
        let globs: Vec<_> = self.project.config.exclude.iter().map(|e| e.value.clone()).collect();
        let excluded = source::walk::glob_set(&globs).map_err(|e| Usage::new(e.to_string(), e.help()))?;
        expanded.entries.retain(|e: &Entry| e.explicit || !excluded.is_match(project_name(&e.name)));
        Ok(expanded)
    }
}

/// From which severity on findings fail a run: as asked, else as the project file says.
pub(super) fn fail_on(asked: Option<&str>, project: &Project) -> anyhow::Result<Option<Severity>> {
    let Some(text) = asked else { return Ok(least(project.config.fail_on.unwrap_or_default())) };
    text.parse().map(least).map_err(|()| {
        let names: Vec<_> = Severity::ALL.iter().map(|s| s.as_str()).chain(["none"]).collect();
        let help = did_you_mean(text, names.iter().copied()).unwrap_or_else(|| format!("use one of {}", names.join(", ")));
        Usage::new(format!("`--fail-on {text}` is not a severity"), help).into()
    })
}

fn least(fail_on: FailOn) -> Option<Severity> {
    match fail_on {
        FailOn::Never => None,
        FailOn::At(severity) => Some(severity),
    }
}

fn baseline_path(wanted: &Wanted<'_>, project: &Project) -> Option<PathBuf> {
    let told = project.config.baseline.as_ref().map(|b| project.folder.join(&b.value));
    let default = wanted.rebase.then(|| project.folder.join("palisade-baseline.json"));
    wanted.project.baseline.clone().or(told).or(default)
}

fn read_baseline(path: &Option<PathBuf>) -> anyhow::Result<Option<Baseline>> {
    let Some(path) = path else { return Ok(None) };
    let text = source::read_text(path).map_err(|e| {
        Usage::new(format!("the baseline cannot be read: {e}"), "write it with `palisade check --write-baseline`")
    })?;
    let known = baseline::parse(&text).map_err(|e| Usage::new(format!("`{}`: {e}", path.display()), e.help()))?;
    Ok(Some(known))
}

fn only(incomplete: Incomplete) -> Outcome {
    Outcome { incomplete: vec![incomplete], ..Outcome::default() }
}

/// A file's name below the folder of the project file, `/` separated; as it is when it lies elsewhere.
pub(super) fn project_name(here: &Path, folder: &Path, file: &str) -> String {
    if here == folder && !file.starts_with('/') && !file.starts_with("..") {
        return file.to_owned();
    }
    let full = straightened(&here.join(file));
    full.strip_prefix(folder).map_or_else(|_| file.to_owned(), |p| p.to_string_lossy().replace('\\', "/"))
}

/// A path without `.` and `..`, by its text alone: what a link points to does not matter for names.
fn straightened(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

/// Say that there was nothing to check.
pub(super) fn no_input(paths: &[PathBuf], unmatched: &[Usage], terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    for line in unmatched {
        writeln!(terminal.err, "{}", line.lines())?;
    }
    if unmatched.is_empty() {
        let paths: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
        let paths = if paths.is_empty() { ".".to_owned() } else { paths.join(" ") };
        let paths = escape::terminal(&paths);
        writeln!(terminal.err, "error: no JSON or YAML file in `{paths}`, ignored and excluded ones aside")?;
        writeln!(terminal.err, "  help: name policy files or a folder of them")?;
    }
    Ok(())
}
