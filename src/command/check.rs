//! `palisade check`: the default for pre-commit and CI.

use super::load::{self, Project};
use super::progress::Progress;
use super::{Exit, Terminal, Usage, policies};
use crate::cli::{CheckArgs, OutputArgs};
use crate::config::FailOn;
use crate::finding::baseline::{self, Baseline};
use crate::finding::{Outcome, Severity};
use crate::policy::Context;
use crate::report::{self, Format, Options};
use crate::rule::Registry;
use crate::scan::{OrganizationAt, Scan, unreadable};
use crate::source::{self, Entry, Expanded, WalkOptions};
use crate::text::suggest::did_you_mean;
use std::path::{Component, Path, PathBuf};

/// Run it.
pub fn run(args: &CheckArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let today = match &args.project.as_of {
        Some(day) => time::Date::parse(day, time::macros::format_description!("[year]-[month]-[day]"))
            .map_err(|_| Usage::new(format!("`{day}` is not a day"), "write YYYY-MM-DD"))?,
        None => source::today(),
    };
    let format = format(&args.output.format)?;
    let input = &args.input;
    let context = policies::said(input.kind.as_deref(), input.resource_type.as_deref(), input.account.as_deref())?;
    let project = match load::project(&args.project, &args.paths, today, terminal)? {
        Ok(project) => project,
        Err(exit) => return Ok(exit),
    };
    let fail_on = fail_on(&args.output, &project)?;
    let registry = match load::registry(&project, &args.rules, terminal)? {
        Ok(registry) => registry,
        Err(exit) => return Ok(exit),
    };
    if args.project.write_baseline && !(args.rules.select.is_empty() && args.rules.ignore.is_empty()) {
        let message = "`--write-baseline` with `--select` or `--ignore` would forget the findings of all other rules";
        return Err(Usage::new(message, "write the baseline of a whole run").into());
    }
    let baseline_path = baseline_path(args, &project);
    let known = if args.project.write_baseline { None } else { read_baseline(&baseline_path)? };
    let setup = Setup {
        args,
        project: &project,
        registry: &registry,
        context,
        baseline: known.as_ref(),
        today,
        cards: format == Format::Sarif,
        excerpts: format.shows_source() && !args.project.write_baseline,
    };
    let (outcome, unmatched) = setup.outcome(terminal)?;
    if args.project.write_baseline {
        return write_baseline(&baseline_path, &outcome, terminal);
    }
    let least = match fail_on {
        FailOn::Never => None,
        FailOn::At(severity) => Some(severity),
    };
    let options = Options {
        color: terminal.color && args.output.output.is_none(),
        width: terminal.width,
        verbose: args.output.verbose,
        quiet: args.output.quiet,
        fail_on: least,
        ..Options::default()
    };
    write_report(args, format, &outcome, &options, terminal)?;
    let strict = args.output.strict || project.config.strict;
    let exit = verdict(&outcome, least, strict, &unmatched);
    if exit == Exit::NoInput {
        no_input(args, &unmatched, terminal)?;
    }
    Ok(exit)
}

fn format(text: &str) -> anyhow::Result<Format> {
    text.parse().map_err(|()| {
        let names = Format::ALL.map(Format::as_str);
        let help = did_you_mean(text, names).unwrap_or_else(|| format!("use one of {}", names.join(", ")));
        Usage::new(format!("no format `{text}`"), help).into()
    })
}

fn fail_on(output: &OutputArgs, project: &Project) -> anyhow::Result<FailOn> {
    let Some(text) = &output.fail_on else { return Ok(project.config.fail_on.unwrap_or_default()) };
    text.parse().map_err(|()| {
        let names: Vec<_> = Severity::ALL.iter().map(|s| s.as_str()).chain(["none"]).collect();
        let help = did_you_mean(text, names.iter().copied()).unwrap_or_else(|| format!("use one of {}", names.join(", ")));
        Usage::new(format!("`--fail-on {text}` is not a severity"), help).into()
    })
}

fn baseline_path(args: &CheckArgs, project: &Project) -> Option<PathBuf> {
    let told = project.config.baseline.as_ref().map(|b| project.folder.join(&b.value));
    let default = args.project.write_baseline.then(|| project.folder.join("palisade-baseline.json"));
    args.project.baseline.clone().or(told).or(default)
}

fn read_baseline(path: &Option<PathBuf>) -> anyhow::Result<Option<Baseline>> {
    let Some(path) = path else { return Ok(None) };
    let text = source::read_text(path).map_err(|e| {
        Usage::new(format!("the baseline cannot be read: {e}"), "write it with `palisade check --write-baseline`")
    })?;
    let known = baseline::parse(&text).map_err(|e| Usage::new(format!("`{}`: {e}", path.display()), e.help()))?;
    Ok(Some(known))
}

fn write_baseline(path: &Option<PathBuf>, outcome: &Outcome, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let Some(path) = path else { return Ok(Exit::Usage) };
    let text = baseline::render(&baseline::of(&outcome.findings));
    source::write_atomic(path, text.as_bytes()).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    let count = outcome.active().count();
    let plural = if count == 1 { "" } else { "s" };
    writeln!(terminal.err, "wrote {count} finding{plural} to {}", path.display())?;
    if outcome.incomplete.is_empty() {
        return Ok(Exit::Clean);
    }
    writeln!(terminal.err, "{} places could not be read; run `palisade check` to see them", outcome.incomplete.len())?;
    Ok(Exit::Incomplete)
}

struct Setup<'a> {
    args: &'a CheckArgs,
    project: &'a Project,
    registry: &'a Registry,
    context: Context,
    baseline: Option<&'a Baseline>,
    today: time::Date,
    cards: bool,
    excerpts: bool,
}

impl Setup<'_> {
    /// Check everything that was named; also the named things that gave nothing.
    fn outcome(&self, terminal: &Terminal<'_>) -> anyhow::Result<(Outcome, Vec<Usage>)> {
        let input = &self.args.input;
        let walk = WalkOptions {
            exclude: input.exclude.clone(),
            max_bytes: input.max_size.saturating_mul(1 << 20),
            no_ignore: input.no_ignore,
        };
        let stdin = self.args.paths.iter().any(|p| p.as_os_str() == "-");
        if stdin && self.args.paths.len() > 1 {
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
        let progress = Progress::new(expanded.bytes(), terminal.progress && !self.args.output.quiet);
        let tick = |bytes| progress.tick(bytes);
        let scan = Scan {
            registry: self.registry,
            cards: self.cards,
            excerpts: self.excerpts,
            organization: organization.as_ref(),
            config: &self.project.config,
            context: self.context.clone(),
            walk: walk.clone(),
            project_name: &project_name,
            progress: &tick,
            baseline: self.baseline,
            today: self.today,
            whole: !stdin && self.args.rules.select.is_empty() && self.covers_project(&here),
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
        let missing = expanded.errors.iter().filter(|e| e.is_missing());
        let mut unmatched: Vec<Usage> = missing.map(|e| Usage::new(e.to_string(), e.help())).collect();
        outcome
            .incomplete
            .extend(expanded.errors.iter().filter(|e| !e.is_missing() || !expanded.entries.is_empty()).map(unreadable));
        let named = |file: &str| stdin || expanded.entries.iter().any(|e| e.explicit && &*e.name == file);
        if !input.skip_unrecognised {
            unmatched.extend(outcome.coverage.unrecognised.iter().filter(|f| named(f)).map(|f| {
                Usage::new(
                    format!("`{f}` holds no policy that is known"),
                    "`--kind` tells what a file is; `--skip-unrecognised` passes over it",
                )
            }));
        }
        Ok((outcome, unmatched))
    }

    /// The organization that was named, its path spelled like those of the files of it that are checked.
    fn organization(&self, here: &Path, expanded: &Expanded) -> Option<OrganizationAt> {
        let named = self.project.config.organization.as_ref();
        let said = named.map(|named| self.project.folder.join(&named.path.value));
        let path = self.args.input.organization.clone().or(said)?;
        let path = path.strip_prefix(here).map(Path::to_path_buf).unwrap_or(path);
        let path = source::walk::spelled_like(&path, &expanded.entries);
        Some(OrganizationAt { path, management_account: named.and_then(|named| named.management_account.clone()) })
    }

    /// True when some named folder holds the whole project, so that what was not found is not there.
    fn covers_project(&self, here: &Path) -> bool {
        let covers = |p: &PathBuf| self.project.folder.starts_with(std::path::absolute(here.join(p)).unwrap_or_default());
        self.args.paths.iter().any(covers) || (self.args.paths.is_empty() && self.project.folder.starts_with(here))
    }

    /// The files to read; the project file's `exclude` speaks of names below its own folder.
    fn expand(&self, walk: &WalkOptions, project_name: &dyn Fn(&str) -> String) -> anyhow::Result<Expanded> {
        let here = [PathBuf::from(".")];
        let paths = if self.args.paths.is_empty() { &here[..] } else { &self.args.paths };
        let paths: Vec<PathBuf> = paths.iter().chain(&self.args.input.organization).cloned().collect();
        let mut expanded = source::expand(&paths, walk);
        if self.args.input.skip_unrecognised {
            expanded.entries.iter_mut().for_each(|e| e.explicit = false);
        }
        let globs: Vec<_> = self.project.config.exclude.iter().map(|e| e.value.clone()).collect();
        let excluded = source::walk::glob_set(&globs).map_err(|e| Usage::new(e.to_string(), e.help()))?;
        expanded.entries.retain(|e: &Entry| e.explicit || !excluded.is_match(project_name(&e.name)));
        Ok(expanded)
    }
}

fn only(incomplete: crate::finding::Incomplete) -> Outcome {
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

fn write_report(
    args: &CheckArgs,
    format: Format,
    outcome: &Outcome,
    options: &Options,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<()> {
    let Some(path) = &args.output.output else {
        report::render(format, outcome, options, terminal.out)?;
        return Ok(());
    };
    let mut bytes = Vec::new();
    report::render(format, outcome, options, &mut bytes)?;
    source::write_atomic(path, &bytes).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    report::summary::write(outcome, options, terminal.err)?;
    Ok(())
}

/// Findings come before what could not be read: a gate that is red is red.
fn verdict(outcome: &Outcome, least: Option<Severity>, strict: bool, unmatched: &[Usage]) -> Exit {
    let failing = outcome.active().any(|f| least.is_some_and(|least| f.severity >= least));
    let nothing = outcome.coverage.documents == 0 && outcome.incomplete.is_empty();
    if failing || (strict && !outcome.notices.is_empty()) {
        Exit::Findings
    } else if !outcome.incomplete.is_empty() {
        Exit::Incomplete
    } else if !unmatched.is_empty() || (nothing && outcome.coverage.unrecognised.is_empty()) {
        Exit::NoInput
    } else {
        Exit::Clean
    }
}

fn no_input(args: &CheckArgs, unmatched: &[Usage], terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    for line in unmatched {
        writeln!(terminal.err, "{}", line.lines())?;
    }
    if unmatched.is_empty() {
        let paths: Vec<_> = args.paths.iter().map(|p| p.display().to_string()).collect();
        let paths = if paths.is_empty() { ".".to_owned() } else { paths.join(" ") };
        let paths = report::escape::terminal(&paths);
        writeln!(terminal.err, "error: no JSON or YAML file in `{paths}`, ignored and excluded ones aside")?;
        writeln!(terminal.err, "  help: name policy files or a folder of them")?;
    }
    Ok(())
}
