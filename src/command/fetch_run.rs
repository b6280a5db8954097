//! Running a fetch in front of somebody: progress, a line for each source, the closing summary.

use super::{Exit, Terminal, Usage};
use crate::cli::{FetchArgs, PlainFormat};
use crate::fetch::assemble::can_go_on;
use crate::fetch::settings::Settings;
use crate::fetch::{self, Event, FetchError};
use crate::report::escape;
use crate::source::snapshot::{Manifest, SourceState, State};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

/// Lines about what is missing, before they are counted only.
const SHOWN: usize = 20;

/// Run it.
pub fn run(args: &FetchArgs, settings: &Settings, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let mut watch = Watch::new(args, terminal);
    let result = fetch::run(settings, &mut |event| watch.take(event));
    watch.end();
    let manifest = match result {
        Ok(manifest) => manifest,
        Err(FetchError::Usage { message, help }) => return Err(Usage::new(message, help).into()),
        Err(FetchError::Disk(error)) => {
            let help = format!("{}; what was read is kept: go on with `--resume`", error.help());
            writeln!(terminal.err, "error: {}\n  help: {}", escape::terminal(&error.to_string()), escape::terminal(&help))?;
            return Ok(Exit::Incomplete);
        }
    };
    match args.format {
        PlainFormat::Json => writeln!(terminal.out, "{:#}", as_json(settings, &manifest))?,
        PlainFormat::Text => summary(args, settings, &manifest, terminal.out)?,
    }
    Ok(if manifest.is_complete() { Exit::Clean } else { Exit::Incomplete })
}

/// What is shown on the way.
struct Watch<'t, 'w> {
    bar: Option<ProgressBar>,
    err: &'t mut (dyn Write + 'w),
    verbose: bool,
    records: u64,
}

impl<'t, 'w> Watch<'t, 'w> {
    fn new(args: &FetchArgs, terminal: &'t mut Terminal<'w>) -> Self {
        let bar = (terminal.progress && !args.quiet).then(|| {
            let style = ProgressStyle::with_template("fetching {bar:24} {pos}/{len} steps, {msg}, {eta} left, {elapsed} gone");
            let bar = ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar.with_message("0 records")
        });
        Self { bar, err: &mut *terminal.err, verbose: args.verbose, records: 0 }
    }

    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Ahead(steps) => {
                if let Some(bar) = &self.bar {
                    bar.inc_length(*steps);
                }
            }
            Event::Step(records) => {
                self.records += records;
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("{} records", self.records));
                    bar.inc(1);
                }
            }
            Event::Source(state) if self.verbose => self.line(&line(state)),
            Event::Note(text) if self.verbose => self.line(text),
            Event::Source(_) | Event::Note(_) => {}
        }
    }

    fn line(&mut self, text: &str) {
        // Nobody needs to see it for the fetch to go on.
        match &self.bar {
            Some(bar) => bar.suspend(|| drop(writeln!(self.err, "{text}"))),
            None => drop(writeln!(self.err, "{text}")),
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What a state is about, in words.
fn subject(state: &SourceState) -> String {
    let parts = [Some(&state.source), state.account.as_ref(), state.region.as_ref(), state.what.as_ref()];
    escape::terminal(&parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "))
}

fn line(state: &SourceState) -> String {
    let reason = state.reason.as_ref().map(|r| format!(": {}", escape::terminal(r))).unwrap_or_default();
    format!("{}: {}, {}{reason}", subject(state), state.state.as_str(), records(state.items))
}

fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

fn summary(args: &FetchArgs, settings: &Settings, manifest: &Manifest, out: &mut dyn Write) -> anyhow::Result<()> {
    let folder = escape::terminal(&settings.out.display().to_string());
    let mut by_source: BTreeMap<&str, (u64, usize, usize)> = BTreeMap::new();
    for state in &manifest.sources {
        let sum = by_source.entry(&state.source).or_default();
        sum.0 += state.items;
        sum.1 += 1;
        sum.2 += usize::from(state.state != State::Complete);
    }
    if !args.quiet {
        for (source, (items, all, open)) in &by_source {
            let whole = if *open == 0 { "complete".to_owned() } else { format!("{open} of {all} parts not complete") };
            writeln!(out, "{source:16}  {:>16}  {whole}", records(*items))?;
        }
    }
    let open: Vec<&SourceState> = manifest.sources.iter().filter(|s| s.state != State::Complete).collect();
    if !open.is_empty() {
        missing(&open, args.verbose, out)?;
    }
    if open.is_empty() {
        writeln!(out, "\nsnapshot complete in `{folder}`\nnext: `palisade check {folder}`")?;
    } else if can_go_on(manifest) {
        writeln!(
            out,
            "\nsnapshot incomplete in `{folder}`\nnext: `palisade fetch --out {folder} --resume` asks for what is missing"
        )?;
    } else {
        writeln!(out, "\nsnapshot incomplete in `{folder}`: asking again would give no more")?;
    }
    Ok(())
}

/// What a reason says without the account and the number of the request, which differ where nothing else does.
fn alike(state: &SourceState) -> String {
    let reason = state.reason.as_deref().unwrap_or_default();
    let reason = reason.split_once(" (request ").map_or(reason, |(before, _)| before);
    match &state.account {
        Some(account) => reason.replace(account, "ACCOUNT"),
        None => reason.to_owned(),
    }
}

/// What is missing; the same reason for many accounts is told once.
fn missing(open: &[&SourceState], verbose: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "\nnot complete:")?;
    let mut groups: BTreeMap<(&str, &str, String, &str), Vec<&SourceState>> = BTreeMap::new();
    for state in open {
        let help = state.help.as_deref().unwrap_or_default();
        groups.entry((&state.source, state.state.as_str(), alike(state), help)).or_default().push(state);
    }
    let limit = if verbose { usize::MAX } else { SHOWN };
    for ((_, word, _, help), members) in groups.iter().take(limit) {
        let Some(first) = members.first() else { continue };
        let more = if members.len() > 1 { format!(" and {} more", members.len() - 1) } else { String::new() };
        let reason = escape::terminal(first.reason.as_deref().unwrap_or_default());
        writeln!(out, "  {}{more}: {word}: {reason}", subject(first))?;
        if !help.is_empty() {
            writeln!(out, "    help: {}", escape::terminal(help))?;
        }
    }
    if groups.len() > limit {
        writeln!(out, "  … and {} more reasons: `-v` shows them, and `manifest.json` holds all", groups.len() - limit)?;
    }
    Ok(())
}

fn as_json(settings: &Settings, manifest: &Manifest) -> serde_json::Value {
    let sources: Vec<_> = manifest
        .sources
        .iter()
        .map(|s| {
            json!({
                "source": s.source, "account": s.account, "region": s.region, "what": s.what, "state": s.state.as_str(),
                "items": s.items, "reason": s.reason, "help": s.help,
            })
        })
        .collect();
    json!({
        "schema_version": 1, "snapshot": settings.out.to_string_lossy(), "complete": manifest.is_complete(),
        "resumable": can_go_on(manifest), "started": manifest.started, "finished": manifest.finished,
        "caller": { "account": manifest.caller_account, "arn": manifest.caller_arn }, "sources": sources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reason_of_many_accounts_is_told_once() {
        let state = |account: &str, reason: &str| SourceState {
            source: "iam".to_owned(),
            account: Some(account.to_owned()),
            region: None,
            what: None,
            state: State::Denied,
            reason: Some(reason.replace('#', account)),
            help: Some("see to it".to_owned()),
            items: 0,
        };
        let denied = "AssumeRole: AccessDenied: not on arn:aws:iam::#:role/Audit (request 1-#)";
        let all = [
            state("111122223333", denied),
            state("222233334444", denied),
            state("333344445555", "AssumeRole: RegionDisabledException: no"),
            state("444455556666", denied),
        ];
        let mut out = Vec::new();
        missing(&all.iter().collect::<Vec<_>>(), false, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"

        not complete:
          iam 111122223333 and 2 more: denied: AssumeRole: AccessDenied: not on arn:aws:iam::111122223333:role/Audit (request 1-111122223333)
            help: see to it
          iam 333344445555: denied: AssumeRole: RegionDisabledException: no
            help: see to it
        ");
    }
}
