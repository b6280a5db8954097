//! The page: head with its policy, the sections in reading order, the data, the script.

use super::data::Data;
use super::tree::Tree;
use super::{coverage, drift, finding, lists, markup, summary, trend};
use crate::audit::Audit;
use crate::report::options::Options;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::io::{Result, Write};

/// The only style of the page.
const STYLE: &str = include_str!("style.css");
/// The only script of the page.
const SCRIPT: &str = include_str!("script.js");

/// Write the report.
///
/// # Errors
/// When the writer refuses.
pub fn write(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    let tree = Tree::of(audit);
    head(audit, out)?;
    summary::header(audit, options, out)?;
    navigation(audit, &tree, out)?;
    writeln!(out, "<main id=\"main\">")?;
    summary::banner(audit, out)?;
    summary::tiles(audit, &tree, out)?;
    coverage::write(audit, &tree, out)?;
    drift::write(audit, &tree, out)?;
    trend::write(&audit.trend, out)?;
    finding::write(audit, &tree, out)?;
    lists::rules(audit, &tree, out)?;
    lists::accounts(audit, &tree, out)?;
    writeln!(out, "</main>")?;
    summary::footer(audit, options, out)?;
    write!(out, "<script type=\"application/json\" id=\"data\">")?;
    Data::new(audit, &tree).write(out)?;
    writeln!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// What the page may do: use this style and this script, and nothing else.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

fn head(audit: &Audit, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">", policy())?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">")?;
    writeln!(out, "<meta name=\"robots\" content=\"noindex\">\n<link rel=\"icon\" href=\"data:,\">")?;
    writeln!(out, "<title>palisade: {}</title>", markup::text(summary::subject(audit)))?;
    writeln!(out, "<style>{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#findings\">Skip to the findings</a>")
}

/// Links to the sections that are there.
fn navigation(audit: &Audit, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    let sections = [
        ("summary", "Summary", true),
        ("coverage", "Guardrails", !tree.guardrails.is_empty()),
        ("changes", "Changes", audit.drift.is_some()),
        ("trend", "Trend", audit.trend.len() > 1),
        ("findings", "Findings", true),
        ("rules", "Rules", !audit.outcome.findings.is_empty()),
        ("accounts", "Accounts", tree.accounts().next().is_some()),
    ];
    write!(out, "<nav aria-label=\"Sections\"><div>")?;
    for (id, title, there) in sections {
        if there {
            write!(out, "<a href=\"#{id}\">{title}</a>")?;
        }
    }
    writeln!(out, "</div></nav>")
}
