//! The findings: the frame that the script fills, and for readers without scripts the worst of them.

use super::data::COLUMNS;
use super::markup::{badge, count, number, paragraphs, prose, text};
use super::summary::references;
use super::tree::Tree;
use crate::audit::Audit;
use crate::finding::{Finding, Label};
use crate::report::snippet::{Sheet, sheets};
use std::io::{Result, Write};

/// Findings that can be read without scripts.
const MOST: usize = 100;

/// Write the section.
pub fn write(audit: &Audit, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "<section id=\"findings\" aria-labelledby=\"findings-title\"><h2 id=\"findings-title\" tabindex=\"-1\">Findings</h2>"
    )?;
    writeln!(out, "<div id=\"filters\" role=\"search\" aria-label=\"Filter the findings\"></div>\n<div id=\"list\"></div>")?;
    writeln!(out, "<noscript>")?;
    let mut worst: Vec<&Finding> = audit.outcome.active().collect();
    worst.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let shown = worst.len().min(MOST);
    writeln!(
        out,
        "<p class=\"fine\">Scripts are off: the worst {} of {} are shown, without filters. Formats json and csv hold all of them.</p>",
        number(shown),
        count(worst.len(), "finding", "findings")
    )?;
    for found in worst.into_iter().take(MOST) {
        article(found, tree, out)?;
    }
    writeln!(out, "</noscript></section>")
}

fn article(found: &Finding, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "<article><h3>{} {}</h3>", badge(found.severity), prose(&found.message))?;
    let account = found.policy.account.as_deref();
    let name = account.and_then(|id| tree.row(id)).and_then(|i| tree.rows.get(i)).map_or("", |row| row.name);
    let parts = [Some(found.rule.as_str()), Some(name), account, found.policy.resource.as_deref()];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|p| !p.is_empty()).map(text).collect();
    writeln!(out, "<p class=\"fine\">{}</p>", parts.join(" · "))?;
    let labels: Vec<&Label> = std::iter::once(&found.primary).chain(&found.related).collect();
    for sheet in sheets(&labels, COLUMNS) {
        figure(&sheet, &labels, out)?;
    }
    if let Some(help) = &found.help {
        writeln!(out, "{}", paragraphs(help))?;
    }
    if let Some(url) = &found.url {
        writeln!(out, "<ul>{}</ul>", references(std::slice::from_ref(url)))?;
    }
    writeln!(out, "</article>")
}

/// Source with its marks; their messages stand below.
fn figure(sheet: &Sheet, labels: &[&Label], out: &mut dyn Write) -> Result<()> {
    let subtitle = sheet.subtitle.as_deref().map(|s| format!(" ({})", text(s))).unwrap_or_default();
    write!(out, "<figure><figcaption>{}{subtitle}</figcaption><pre>", text(&sheet.title))?;
    let mut start = 0;
    for (i, line) in sheet.text.split_inclusive('\n').enumerate() {
        let body = line.trim_end_matches('\n');
        write!(out, "<span class=\"no\">{:>5} </span>", sheet.first_line + i)?;
        let mut ranges: Vec<(usize, usize)> = sheet
            .marks
            .iter()
            .filter(|mark| mark.label.is_some())
            .map(|m| (m.range.start.saturating_sub(start).min(body.len()), m.range.end.saturating_sub(start).min(body.len())))
            .filter(|(from, to)| from < to)
            .collect();
        ranges.sort_unstable();
        let mut at = 0;
        for (from, to) in ranges {
            let from = from.max(at);
            let (before, marked) = (body.get(at..from), body.get(from..to.max(from)));
            write!(out, "{}<mark>{}</mark>", text(before.unwrap_or_default()), text(marked.unwrap_or_default()))?;
            at = to.max(at);
        }
        writeln!(out, "{}", text(body.get(at..).unwrap_or_default()))?;
        start += line.len();
    }
    writeln!(out, "</pre>")?;
    let said: Vec<&str> =
        sheet.marks.iter().filter_map(|m| Some(labels.get(m.label?)?.message.as_str())).filter(|m| !m.is_empty()).collect();
    for message in said {
        writeln!(out, "<p>{}</p>", prose(message))?;
    }
    writeln!(out, "</figure>")
}
