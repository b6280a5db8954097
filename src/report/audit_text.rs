//! The audit for people: what was audited and what came of it, what changed since the run before, the findings folded,
//! and last what could not be read.

use super::audit_groups::{Group, groups};
use super::audit_words::{self as words, count};
use super::diagnostic::Diagnostic;
use super::escape::terminal;
use super::level::{paint, sgr};
use super::options::Options;
use super::summary;
use super::text::write_diagnostic;
use super::wrap::hanging;
use crate::audit::{Audit, Drift};
use crate::finding::{Finding, Severity};
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// Places listed of a group besides the first, and lines of each kind of change.
const FEW: usize = 5;

/// Write the whole report. With `since_last` only the news are shown, unless everything is asked for.
pub fn write(audit: &Audit, options: &Options, since_last: bool, out: &mut dyn Write) -> Result<()> {
    head(audit, options, out)?;
    if let Some(drift) = &audit.drift {
        write_drift(audit, drift, options, out)?;
    }
    writeln!(out)?;
    if !options.quiet {
        let only_news = since_last && audit.drift.is_some() && !options.verbose;
        let wanted = |f: &Finding| {
            if only_news { audit.is_news(f) } else { f.suppressed.is_none() || options.verbose }
        };
        for group in groups(audit, wanted) {
            write_group(audit, &group, options, out)?;
        }
        if only_news {
            let known = audit.outcome.active().filter(|f| !audit.is_news(f)).count();
            if known > 0 {
                let known = count(known, "known finding is", "known findings are");
                writeln!(out, "{known} not shown; `-v` shows everything\n")?;
            }
        }
        for notice in &audit.outcome.notices {
            write_diagnostic(&Diagnostic::of_notice(notice), options, out)?;
        }
    }
    write_incomplete(audit, options, out)?;
    closing(audit, options, out)
}

/// Write what came of the run in few lines, for whoever gets the report elsewhere.
pub fn summary(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    head(audit, options, out)?;
    if let Some(drift) = &audit.drift {
        row("changed", &since(drift), options, out)?;
    }
    closing(audit, options, out)
}

fn head(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    let run = &audit.run;
    let number = if run.id > 0 { format!(", run {}", run.id) } else { String::new() };
    let title = format!("audit of {} at {}{number}", terminal(&run.subject), terminal(&run.at));
    writeln!(out, "{}", paint(&title, "1", options.color))?;
    if let Some(organization) = &audit.organization {
        let accounts = count(organization.accounts.len(), "account", "accounts");
        let units = organization.units.values().filter(|unit| unit.parent.is_some()).count();
        row("tree", &format!("{accounts} in {}", count(units, "unit", "units")), options, out)?;
    }
    row("read", &summary::coverage(&audit.outcome), options, out)?;
    let by_severity = words::severities(&run.by_severity);
    let accepted = match audit.outcome.suppressed() {
        0 => String::new(),
        n => format!("; {n} accepted"),
    };
    row("findings", &format!("{}{accepted}", if by_severity.is_empty() { "none" } else { &by_severity }), options, out)?;
    if let Some(online) = summary::online(&audit.outcome) {
        row("aws", &online, options, out)?;
    }
    for line in words::guardrails(audit, if options.verbose { usize::MAX } else { FEW }) {
        row("guardrail", &line, options, out)?;
    }
    Ok(())
}

/// `  title      text`, wrapped under itself.
fn row(title: &str, text: &str, options: &Options, out: &mut dyn Write) -> Result<()> {
    let lead = format!("  {title:<10}");
    let hang = " ".repeat(lead.len());
    for (i, line) in hanging(&format!("{lead}{}", terminal(text)), options.width, &hang).into_iter().enumerate() {
        match line.strip_prefix(&lead) {
            Some(rest) if i == 0 => writeln!(out, "{}{rest}", paint(&lead, "1", options.color))?,
            Some(_) | None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

fn since(drift: &Drift) -> String {
    format!("since {} (run {}): {}", drift.since.at, drift.since.id, words::tally(drift))
}

fn write_drift(audit: &Audit, drift: &Drift, options: &Options, out: &mut dyn Write) -> Result<()> {
    writeln!(out)?;
    for line in hanging(&terminal(&since(drift)), options.width, "  ") {
        writeln!(out, "{}", paint(&line, "1", options.color))?;
    }
    if drift.rules_changed {
        row("rules", words::OTHER_RULES, options, out)?;
    }
    for change in &drift.changes {
        row("tree", &words::change(change), options, out)?;
    }
    some("guardrail", drift.turns.iter().map(|turn| words::turn(audit, turn)), options, out)?;
    some("resolved", drift.resolved.iter().map(words::gone), options, out)?;
    let by_fingerprint: BTreeMap<&str, &Finding> = audit.outcome.findings.iter().map(|f| (f.fingerprint.as_str(), f)).collect();
    let changed = drift.changed.iter().filter_map(|fingerprint| {
        let (now, was) = (by_fingerprint.get(fingerprint.as_str())?, drift.was.get(fingerprint)?);
        let whose = now.policy.resource.as_deref().map(|arn| format!(" (`{arn}`)")).unwrap_or_default();
        let (rule, severity, message) = (&now.rule, now.severity, &now.message);
        Some(format!("`{rule}`: was {}: {}; is {severity}: {message}{whose}", was.severity, was.message))
    });
    some("changed", changed, options, out)?;
    some("unseen", drift.unseen.iter().map(words::gone), options, out)?;
    if !drift.unasked.is_empty() {
        let n = count(drift.unasked.len(), "finding of a rule that did not run is", "findings of rules that did not run are");
        row("kept", &format!("{n} kept as it was"), options, out)?;
    }
    if drift.tree_unknown {
        row("tree", "not compared: the organization could not be read in full this time", options, out)?;
    }
    Ok(())
}

/// The first few lines of a kind, unless all are asked for.
fn some(title: &str, lines: impl Iterator<Item = String>, options: &Options, out: &mut dyn Write) -> Result<()> {
    let mut more = 0;
    for (i, line) in lines.enumerate() {
        if i < 2 * FEW || options.verbose {
            row(title, &line, options, out)?;
        } else {
            more += 1;
        }
    }
    if more > 0 { row("", &format!("… and {more} more {title}; -v shows all"), options, out) } else { Ok(()) }
}

/// The first finding of a group with its source, then where else it is so.
fn write_group(audit: &Audit, group: &Group<'_>, options: &Options, out: &mut dyn Write) -> Result<()> {
    let Some((first, others)) = group.findings.split_first() else { return Ok(()) };
    let mut drawn = Vec::new();
    write_diagnostic(&Diagnostic::of_finding(first, false), options, &mut drawn)?;
    // A blank line ends it; what follows belongs to it.
    drawn.pop();
    out.write_all(&drawn)?;
    status(audit, first, options, out)?;
    if !others.is_empty() {
        let shown = if options.verbose || others.len() <= FEW + 1 { others.len() } else { FEW };
        let accounts = match group.accounts_after(1) {
            0 => String::new(),
            n => format!(" in {}", count(n, "account", "accounts")),
        };
        writeln!(out, "  and {}{accounts}:", count(others.len(), "more place", "more places"))?;
        for finding in others.iter().take(shown) {
            writeln!(out, "    {}", place(audit, finding, options))?;
        }
        if others.len() > shown {
            let accounts = match group.accounts_after(1 + shown) {
                0 => String::new(),
                n => format!(" in {}", count(n, "account", "accounts")),
            };
            writeln!(out, "    … and {} more{accounts}; -v shows all", others.len() - shown)?;
        }
    }
    writeln!(out)
}

/// Since when a finding is known, where there is a run to compare with.
fn status(audit: &Audit, finding: &Finding, options: &Options, out: &mut dyn Write) -> Result<()> {
    if audit.drift.is_none() {
        return Ok(());
    }
    let text = match (audit.standing_of(finding), audit.seen.get(&finding.fingerprint)) {
        ("new", _) => "new in this run".to_owned(),
        (word, Some(seen)) => format!("{word}, first seen {}", seen.first),
        (word, None) => word.to_owned(),
    };
    writeln!(out, "  {} {}", paint("seen:", "1", options.color), terminal(&text))
}

/// Whose it is, or `file:line:column` where that is not known or everything is asked for; and whether it is news.
fn place(audit: &Audit, finding: &Finding, options: &Options) -> String {
    let at = &finding.primary.location;
    let place = format!("{}:{}:{}", terminal(&at.file), at.start.line, at.start.column);
    let policy = &finding.policy;
    let whose = match (&policy.resource, &policy.name, &policy.account) {
        (Some(arn), ..) => terminal(arn),
        (None, Some(name), Some(account)) => format!("{} of {}", terminal(name), terminal(account)),
        (None, Some(one), None) | (None, None, Some(one)) => terminal(one),
        (None, None, None) => String::new(),
    };
    // Files of a snapshot have long names, and all findings of an account stand in the same few.
    let whose = match (whose.is_empty(), options.verbose) {
        (true, _) => place,
        (false, false) if policy.resource.is_some() => whose,
        (false, _) => format!("{whose} in {place}"),
    };
    let word = match audit.standing_of(finding) {
        "known" => "",
        _ if audit.drift.is_none() => "",
        word => word,
    };
    let word = if word.is_empty() { String::new() } else { format!(" ({})", paint(word, "1", options.color)) };
    format!("{whose}{word}")
}

/// What could not be read, with the next step; alike ones folded.
fn write_incomplete(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    let all: Vec<_> = audit.outcome.unsaid().collect();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", paint("not read in full", "1;31", options.color))?;
    // Those with one next step stand together, in the order in which they came.
    let mut helps: Vec<&str> = Vec::new();
    for item in &all {
        if !helps.contains(&item.help.as_str()) {
            helps.push(&item.help);
        }
    }
    for help in helps {
        let alike: Vec<_> = all.iter().filter(|item| item.help == help).collect();
        let shown = if options.verbose { alike.len() } else { 2 * FEW };
        for item in alike.iter().take(shown) {
            let place = item.location.as_ref().map_or_else(String::new, |l| format!(":{}:{}", l.start.line, l.start.column));
            row("", &format!("{}{place}: {}", item.file, item.reason), options, out)?;
        }
        if alike.len() > shown {
            row("", &format!("… and {} more like these; -v shows all", alike.len() - shown), options, out)?;
        }
        if !help.is_empty() {
            row("help", help, options, out)?;
        }
    }
    writeln!(out)
}

fn closing(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    let outcome = &audit.outcome;
    for line in [summary::undecided(outcome), summary::left_out(outcome), summary::archived(outcome)].into_iter().flatten() {
        for line in hanging(&line, options.width, "  ") {
            writeln!(out, "{line}")?;
        }
    }
    let result = summary::result(&audit.outcome, options.fail_on);
    for line in hanging(&result, options.width, "  ") {
        writeln!(out, "{}", colored(&line, options.color))?;
    }
    if let Some(warning) = summary::incomplete(&audit.outcome) {
        for line in hanging(&warning, options.width, "  ") {
            writeln!(out, "{}", paint(&line, "1;31", options.color))?;
        }
    }
    Ok(())
}

fn colored(line: &str, color: bool) -> String {
    let mut line = line.to_owned();
    for &severity in Severity::ALL.iter().filter(|_| color) {
        line = line.replace(&format!(" {severity}"), &format!(" {}", paint(severity.as_str(), sgr(severity), true)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::{audit_json, audit_markdown, audit_sample, sample};
    use super::*;

    fn shown(audit: &Audit, options: &Options) -> String {
        let mut out = Vec::new();
        write(audit, options, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_audit_with_a_past() {
        insta::assert_snapshot!(shown(&audit_sample::audit(), &Options { quiet: true, ..Options::default() }), @r"
        audit of snapshots/acme at 2026-11-26T01:06:47Z, run 3
          tree      5 accounts in 3 units
          read      3 documents, 3 policies (2 identity-policy assumed, 1 trust-policy),
                    9 statements; 41 rules applied; 1 file unrecognised
          findings  1 critical, 1 high, 1 medium; 1 accepted
          guardrail `other-guardrail`: held for 0 of 1 target; open for account
                    `444444444444` (`web`); undecided for account `555555555555`
                    (`play`)
          guardrail `project-lifecycle-not-denied`: held for 4 of 5 targets; open for
                    `/Sandbox`

        since 2026-11-25T01:06:47Z (run 2): findings: 1 new, 1 back again, 1 changed, 1
          resolved, 1 not looked for again
          tree      account `333333333333` (`shop`) moved from `/Sandbox` to
                    `/Workloads/Prod`
          tree      `deny-stop` was detached from `Sandbox`
          guardrail `project-lifecycle-not-denied` was held for `/Sandbox` and is open
          resolved  high `public-bucket-policy`: `web-data` could be read by anyone
                    (`arn:aws:s3:::web-data`, since 2026-10-02)
          changed   `old-version`: was low: the policy language version is old; is
                    medium: the policy language version is not stated twice
                    (`arn:aws:iam::333333333333:role/shop`)
          unseen    high `public-bucket-policy`: `old-data` could be read by anyone
                    (`arn:aws:s3:::web-data`, since 2026-10-02)

        3 findings: 1 critical, 1 high, 1 medium; 1 suppressed; 0 incomplete
        ");
    }

    #[test]
    fn nothing_hostile_gets_through() {
        let audit = audit_sample::hostile();
        let text = shown(&audit, &Options { verbose: true, ..Options::default() });
        assert!(sample::is_tame(&text), "{text:?}");
        let mut json = Vec::new();
        audit_json::write(&audit, &Options::default(), &mut json).unwrap();
        assert!(sample::is_tame(std::str::from_utf8(&json).unwrap()));
        let mut markdown = Vec::new();
        audit_markdown::write(&audit, &Options::default(), false, &mut markdown).unwrap();
        assert!(sample::is_tame(std::str::from_utf8(&markdown).unwrap()));
    }

    #[test]
    fn what_is_many_is_folded() {
        let audit = audit_sample::large(3000, 100, 3);
        let short = shown(&audit, &Options::default());
        let long = shown(&audit, &Options { verbose: true, ..Options::default() });
        let lines = |text: &str| text.lines().count();
        assert!(2 * lines(&short) < lines(&long) && lines(&long) > 3000, "{} {}", lines(&short), lines(&long));
    }
}
