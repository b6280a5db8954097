//! The top of the page: what was audited and when, whether it is complete, the numbers.

use super::markup::{count, link, number, paragraphs, prose, text, when};
use super::tree::Tree;
use crate::audit::Audit;
use crate::finding::{Incomplete, Severity};
use crate::report::options::Options;
use crate::report::summary::{coverage, online};
use crate::source::snapshot::{SourceState, State};
use std::io::{Result, Write};

/// Rows of a static list at most; a longer one says how many are left out.
pub const MOST: usize = 200;

/// What was audited, for people.
pub fn subject(audit: &Audit) -> &str {
    if audit.run.subject.is_empty() { "report" } else { &audit.run.subject }
}

/// Sources that were not read completely.
fn gaps(audit: &Audit) -> Vec<&SourceState> {
    audit.sources.iter().filter(|s| s.state != State::Complete).collect()
}

/// True when nothing was left unread.
fn is_complete(audit: &Audit) -> bool {
    audit.outcome.incomplete.is_empty() && gaps(audit).is_empty()
}

/// Title, time and the versions of what was used.
pub fn header(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    let (class, word) = if is_complete(audit) { ("ok", "complete") } else { ("bad", "incomplete") };
    writeln!(out, "<header class=\"top\"><div class=\"title\"><p class=\"brand\">palisade <span>IAM policy audit</span></p>")?;
    writeln!(out, "<h1>{}</h1></div>\n<ul class=\"facts\">", text(subject(audit)))?;
    writeln!(out, "<li><span class=\"pill {class}\">{word}</span></li>")?;
    if !audit.run.at.is_empty() {
        writeln!(out, "<li>{}</li>", when(&audit.run.at))?;
    }
    if audit.run.id > 0 {
        writeln!(out, "<li>run {}</li>", audit.run.id)?;
    }
    writeln!(out, "<li>palisade {}</li>", text(options.version))?;
    writeln!(out, "<li>AWS catalogue {}</li></ul></header>", text(&audit.outcome.catalog_date))
}

/// What is missing and what to do about it; nothing when nothing is.
pub fn banner(audit: &Audit, out: &mut dyn Write) -> Result<()> {
    if is_complete(audit) {
        return Ok(());
    }
    let (gaps, unread) = (gaps(audit), &audit.outcome.incomplete);
    let parts = [
        (gaps.len(), count(gaps.len(), "source was", "sources were")),
        (unread.len(), count(unread.len(), "place in the input was", "places in the input were")),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect();
    writeln!(
        out,
        "<section class=\"banner\" aria-labelledby=\"incomplete\"><h2 id=\"incomplete\">This report is incomplete</h2>"
    )?;
    writeln!(
        out,
        "<p>{} not read in full. What was not read was not checked: findings may be missing.</p>",
        parts.join(" and ")
    )?;
    writeln!(
        out,
        "<details><summary>What is missing, and the next step</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What is missing\">"
    )?;
    writeln!(
        out,
        "<table><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Why</th><th scope=\"col\">Next step</th></tr></thead><tbody>"
    )?;
    for source in gaps.iter().take(MOST) {
        gap(source, out)?;
    }
    for item in unread.iter().take(MOST) {
        unread_place(item, out)?;
    }
    writeln!(out, "</tbody></table></div>")?;
    let left = gaps.len().saturating_sub(MOST) + unread.len().saturating_sub(MOST);
    if left > 0 {
        writeln!(out, "<p>and {} more; the JSON report lists all.</p>", number(left))?;
    }
    writeln!(out, "</details></section>")
}

fn gap(source: &SourceState, out: &mut dyn Write) -> Result<()> {
    let parts = [Some(&source.source), source.account.as_ref(), source.region.as_ref(), source.what.as_ref()];
    let what: Vec<String> = parts.into_iter().flatten().map(|p| text(p)).collect();
    let reason = source.reason.as_deref().map(|r| format!(": {}", prose(r))).unwrap_or_default();
    let help = source.help.as_deref().map(prose).unwrap_or_default();
    writeln!(out, "<tr><td>{}</td><td><b>{}</b>{reason}</td><td>{help}</td></tr>", what.join(" · "), source.state.as_str())
}

fn unread_place(item: &Incomplete, out: &mut dyn Write) -> Result<()> {
    let place = item.location.as_ref().map(|at| format!(":{}:{}", at.start.line, at.start.column)).unwrap_or_default();
    let (file, reason, help) = (text(&item.file), prose(&item.reason), prose(&item.help));
    writeln!(out, "<tr><td><code>{file}{place}</code></td><td>{reason}</td><td>{help}</td></tr>")
}

/// The numbers.
pub fn tiles(audit: &Audit, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    let outcome = &audit.outcome;
    writeln!(out, "<section id=\"summary\" aria-labelledby=\"summary-title\"><h2 id=\"summary-title\">Summary</h2>")?;
    let active = outcome.active().count();
    writeln!(out, "<p class=\"lead\">{}.</p>\n<ul class=\"tiles\">", lead(audit, active))?;
    for (severity, n) in outcome.by_severity().iter().rev() {
        let empty = if *n == 0 { " none" } else { "" };
        writeln!(
            out,
            "<li><button type=\"button\" class=\"tile {severity}{empty}\" data-severity=\"{severity}\"><b>{}</b> <span>{severity}</span></button></li>",
            number(*n)
        )?;
    }
    if let Some(drift) = &audit.drift {
        tile("new since the last run", number(drift.new.len()), out)?;
        tile("resolved", number(drift.resolved.len()), out)?;
    }
    let accounts = tree.accounts().count();
    if accounts > 0 {
        tile(if accounts == 1 { "account" } else { "accounts" }, number(accounts), out)?;
    }
    tile(if outcome.policies() == 1 { "policy" } else { "policies" }, number(outcome.policies()), out)?;
    if !tree.guardrails.is_empty() {
        let (held, all) = tree.held();
        tile(&format!("of {} guardrails held", number(all)), number(held), out)?;
    }
    if outcome.suppressed() > 0 {
        tile("suppressed", number(outcome.suppressed()), out)?;
    }
    let online = online(outcome).map(|told| format!(" {told}.")).unwrap_or_default();
    writeln!(out, "</ul>\n<p class=\"fine\">{}</p></section>", prose(&format!("{}.{online}", coverage(outcome))))
}

fn tile(title: &str, value: String, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "<li class=\"tile\"><b>{value}</b> <span>{title}</span></li>")
}

/// The result in one sentence.
fn lead(audit: &Audit, active: usize) -> String {
    let by_severity = audit.outcome.by_severity();
    let of = |severity| by_severity.get(&severity).copied().unwrap_or_default();
    let (critical, high) = (of(Severity::Critical), of(Severity::High));
    let worst = match (critical, high) {
        (0, 0) => "none of them high or critical".to_owned(),
        (0, high) => format!("{} high, none critical", number(high)),
        (critical, high) => format!("{} critical and {} high", number(critical), number(high)),
    };
    match active {
        0 if is_complete(audit) => "No findings".to_owned(),
        0 => "No findings in what could be read".to_owned(),
        n => format!("{}, {worst}", count(n, "finding", "findings")),
    }
}

/// Notices about the project file, and what this page is.
pub fn footer(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "<footer>")?;
    if !audit.outcome.notices.is_empty() {
        writeln!(out, "<h2>About the project file</h2><ul>")?;
        for notice in audit.outcome.notices.iter().take(MOST) {
            writeln!(out, "<li>{} ({}): {}</li>", prose(&notice.message), notice.code, prose(&notice.help))?;
        }
        writeln!(out, "</ul>")?;
    }
    let about = format!(
        "Written by palisade {} from the policies it read. The page holds all its data and loads nothing.",
        options.version
    );
    writeln!(out, "{}</footer>", paragraphs(&about))
}

/// References as a list of links.
pub fn references(list: &[std::sync::Arc<str>]) -> String {
    list.iter().map(|r| format!("<li>{}</li>", link(r))).collect()
}
