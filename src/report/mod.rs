//! One file a format, one plain function each: an outcome or an audit in, text out. Nothing here reads a file or decides what counts.
//! Everything that comes from a policy is hostile and passes `escape` on its way out.

pub mod asff;
mod audit_groups;
pub mod audit_json;
pub mod audit_markdown;
pub mod audit_text;
mod audit_words;
pub mod concise;
pub mod csv;
pub mod diagnostic;
pub mod diff;
pub mod escape;
mod export;
mod format;
mod frame;
pub mod github;
pub mod gitlab;
pub mod guardrail;
pub mod guardrail_json;
pub mod guardrail_markdown;
pub mod html;
pub mod json;
pub mod json_out;
pub mod junit;
mod level;
pub mod markdown;
pub mod ocsf;
pub mod options;
pub mod proof;
pub mod proof_json;
pub mod ruling;
pub mod sarif;
mod sarif_rules;
mod snippet;
pub mod summary;
pub mod text;
pub mod who_can;
mod wrap;

#[cfg(test)]
mod audit_sample;
#[cfg(test)]
mod sample;

pub use format::Format;
pub use options::Options;
pub use text::{write_diagnostic, write_problem};

use crate::audit::Audit;
use std::io::{Result, Write};

/// Write an audit in one format. Some formats are about its outcome alone.
///
/// # Errors
/// When the writer refuses.
pub fn render(format: Format, audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    let outcome = &audit.outcome;
    match format {
        Format::Text => text::write(outcome, options, out),
        Format::Concise => concise::write(outcome, options, out),
        Format::Json => json::write(outcome, options, out),
        Format::Ndjson => json::write_lines(outcome, options, out),
        Format::Sarif => sarif::write(outcome, options, out),
        Format::Junit => junit::write(outcome, options, out),
        Format::Github => github::write(outcome, options, out),
        Format::Gitlab => gitlab::write(outcome, options, out),
        Format::Markdown => markdown::write(outcome, options, out),
        Format::Html => html::write(audit, options, out),
        Format::Csv => csv::write(audit, out),
        Format::Ocsf => ocsf::write(audit, options, out),
        Format::Asff => asff::write(audit, options, out),
    }
}

/// Write an audit with what the history knows, in the formats that have room for it. `since_last` leaves out, for people,
/// what the run before had.
///
/// # Errors
/// When the writer refuses.
pub fn render_audit(format: Format, audit: &Audit, options: &Options, since_last: bool, out: &mut dyn Write) -> Result<()> {
    match format {
        Format::Text => audit_text::write(audit, options, since_last, out),
        Format::Json => audit_json::write(audit, options, out),
        Format::Markdown => audit_markdown::write(audit, options, since_last, out),
        other => render(other, audit, options, out),
    }
}
