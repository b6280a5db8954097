//! The audit in Markdown, for a ticket or a mail: what came of it, what changed, findings folded into a table.

use super::audit_groups::{Group, groups};
use super::audit_words::{self as words, count};
use super::escape::{markdown, markdown_code};
use super::options::Options;
use super::summary;
use crate::audit::{Audit, Drift};
use crate::finding::Finding;
use std::io::{Result, Write};

/// Rows of a table at most: a comment on GitHub holds 65,536 characters.
const MOST: usize = 100;

/// Targets of a guardrail that are named: of more accounts their number.
const FEW: usize = 10;

/// Write the report. With `since_last` only the news are listed.
pub fn write(audit: &Audit, options: &Options, since_last: bool, out: &mut dyn Write) -> Result<()> {
    let run = &audit.run;
    let result = summary::result(&audit.outcome, options.fail_on);
    writeln!(out, "## Audit of {}: {}\n", markdown_code(&run.subject), markdown(&result))?;
    if let Some(warning) = summary::incomplete(&audit.outcome) {
        writeln!(out, "> [!CAUTION]\n> {}\n", markdown(&warning))?;
    }
    let number = if run.id > 0 { format!(", run {}", run.id) } else { String::new() };
    writeln!(out, "{}{number}. {}\n", markdown(&run.at), markdown(&summary::coverage(&audit.outcome)))?;
    if let Some(online) = summary::online(&audit.outcome) {
        writeln!(out, "{}\n", markdown(&online))?;
    }
    for line in words::guardrails(audit, FEW) {
        writeln!(out, "- guardrail {}", markdown(&line))?;
    }
    if !audit.outcome.targets.is_empty() {
        writeln!(out)?;
    }
    if let Some(drift) = &audit.drift {
        write_drift(audit, drift, out)?;
    }
    let only_news = since_last && audit.drift.is_some();
    let groups = groups(audit, |f| if only_news { audit.is_news(f) } else { f.suppressed.is_none() });
    if !groups.is_empty() {
        writeln!(out, "### {}\n", if only_news { "New findings" } else { "Findings" })?;
        write_table(audit, &groups, out)?;
    }
    write_incomplete(audit, out)
}

fn write_drift(audit: &Audit, drift: &Drift, out: &mut dyn Write) -> Result<()> {
    let since = format!("Since {} (run {}): {}", drift.since.at, drift.since.id, words::tally(drift));
    writeln!(out, "### {}\n", markdown(&since))?;
    let mut lines: Vec<String> = Vec::new();
    lines.extend(drift.rules_changed.then(|| format!("rules: {}", words::OTHER_RULES)));
    lines.extend(drift.changes.iter().map(words::change));
    lines.extend(drift.turns.iter().map(|turn| format!("guardrail {}", words::turn(audit, turn))));
    lines.extend(drift.resolved.iter().map(|gone| format!("resolved: {}", words::gone(gone))));
    lines.extend(drift.unseen.iter().map(|gone| format!("not looked for again: {}", words::gone(gone))));
    if drift.tree_unknown {
        lines.push("the tree was not compared: the organization could not be read in full this time".to_owned());
    }
    for line in lines.iter().take(MOST) {
        writeln!(out, "- {}", markdown(line))?;
    }
    match lines.len().saturating_sub(MOST) {
        0 if lines.is_empty() => Ok(()),
        0 => writeln!(out),
        more => writeln!(out, "\nand {more} more\n"),
    }
}

fn write_table(audit: &Audit, groups: &[Group<'_>], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "| severity | rule | finding | where |\n| --- | --- | --- | --- |")?;
    for group in groups.iter().take(MOST) {
        let Some(first) = group.findings.first() else { continue };
        let more = group.findings.len() - 1;
        let accounts = match group.accounts_after(1) {
            0 => String::new(),
            n => format!(" in {}", count(n, "account", "accounts")),
        };
        let more = if more > 0 { format!(" and {more} more{accounts}") } else { String::new() };
        let news = match (group.news, &audit.drift) {
            (0, _) | (_, None) => String::new(),
            (n, Some(_)) => format!(", {n} new"),
        };
        let severity = format!("{}{news}", group.severity);
        let rule = markdown_code(group.rule.as_str());
        writeln!(out, "| {severity} | {rule} | {} | {}{more} |", markdown(&first.message), place(first))?;
    }
    match groups.len().saturating_sub(MOST) {
        0 => writeln!(out),
        more => writeln!(out, "\nand {more} more\n"),
    }
}

fn place(finding: &Finding) -> String {
    let at = &finding.primary.location;
    let place = markdown_code(&format!("{}:{}:{}", at.file, at.start.line, at.start.column));
    match &finding.policy.resource {
        Some(arn) => format!("{} at {place}", markdown_code(arn)),
        None => place,
    }
}

fn write_incomplete(audit: &Audit, out: &mut dyn Write) -> Result<()> {
    let all: Vec<_> = audit.outcome.unsaid().collect();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Not read in full\n\n| file | reason | help |\n| --- | --- | --- |")?;
    for item in all.iter().take(MOST) {
        writeln!(out, "| {} | {} | {} |", markdown_code(&item.file), markdown(&item.reason), markdown(&item.help))?;
    }
    match all.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(out, "\nand {more} more"),
    }
}
