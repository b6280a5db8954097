//! `palisade check`: the default for pre-commit and CI.

use super::scanning::{Checked, Setup, Shown, Wanted, fail_on, no_input};
use super::{Exit, Terminal, Usage};
use crate::audit::Audit;
use crate::cli::CheckArgs;
use crate::finding::{Outcome, Severity, baseline};
use crate::report::{self, Format, Options};
use crate::source;
use crate::text::suggest::did_you_mean;
use std::path::PathBuf;

/// Run it.
pub fn run(args: &CheckArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let format = format(&args.output.format)?;
    let rebase = args.write_baseline;
    if rebase && !(args.rules.select.is_empty() && args.rules.ignore.is_empty()) {
        let message = "`--write-baseline` with `--select` or `--ignore` would forget the findings of all other rules";
        return Err(Usage::new(message, "write the baseline of a whole run").into());
    }
    let wanted = Wanted {
        paths: &args.paths,
        rules: &args.rules,
        input: &args.input,
        project: &args.project,
        rebase,
        quiet: args.output.quiet,
    };
    let setup = match Setup::new(&wanted, terminal)? {
        Ok(setup) => setup,
        Err(exit) => return Ok(exit),
    };
    let least = fail_on(args.output.fail_on.as_deref(), &setup.project)?;
    let shown = Shown { cards: format.lists_rules(), excerpts: format.shows_source() && !rebase };
    let Checked { outcome, unmatched, .. } = setup.outcome(shown, None, terminal)?;
    if rebase {
        return write_baseline(&setup.baseline_path, &outcome, terminal);
    }
    let options = Options {
        color: terminal.color && args.output.output.is_none(),
        width: terminal.width,
        verbose: args.output.verbose,
        quiet: args.output.quiet,
        fail_on: least,
        ..Options::default()
    };
    let audit = Audit::alone(outcome, &subject(args), &at(args, setup.today));
    write_report(args, format, &audit, &options, terminal)?;
    let strict = args.output.strict || setup.project.config.strict;
    let exit = verdict(&audit.outcome, least, strict, &unmatched);
    if exit == Exit::NoInput {
        no_input(&args.paths, &unmatched, terminal)?;
    }
    Ok(exit)
}

/// What was checked, for the title of a report.
fn subject(args: &CheckArgs) -> String {
    let paths: Vec<String> = args.paths.iter().map(|p| p.display().to_string().replace('\\', "/")).collect();
    match paths.as_slice() {
        [] => ".".to_owned(),
        [one, two, three, rest @ ..] if !rest.is_empty() => format!("{one}, {two}, {three} and {} more", rest.len()),
        few => few.join(", "),
    }
}

/// When, RFC 3339: now, or the beginning of the day that was named, so that such a run can be repeated.
fn at(args: &CheckArgs, today: time::Date) -> String {
    let at = if args.project.as_of.is_some() { today.midnight().assume_utc() } else { source::now() };
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

fn format(text: &str) -> anyhow::Result<Format> {
    text.parse().map_err(|()| {
        let names = Format::ALL.map(Format::as_str);
        let help = did_you_mean(text, names).unwrap_or_else(|| format!("use one of {}", names.join(", ")));
        Usage::new(format!("no format `{text}`"), help).into()
    })
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

fn write_report(
    args: &CheckArgs,
    format: Format,
    audit: &Audit,
    options: &Options,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<()> {
    let Some(path) = &args.output.output else {
        report::render(format, audit, options, terminal.out)?;
        return Ok(());
    };
    let mut bytes = Vec::new();
    report::render(format, audit, options, &mut bytes)?;
    source::write_atomic(path, &bytes).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    report::summary::write(&audit.outcome, options, terminal.err)?;
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
