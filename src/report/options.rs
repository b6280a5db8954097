//! What a reporter needs to know besides the outcome.

use crate::finding::Severity;

/// How a report is written; formats for machines look at few of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Write terminal colors.
    pub color: bool,
    /// Columns to stay within.
    pub width: usize,
    /// Show suppressed findings, rules that had nothing to look at and unrecognised files as well.
    pub verbose: bool,
    /// Findings and one closing line, nothing else.
    pub quiet: bool,
    /// Version of palisade.
    pub version: &'static str,
    /// Severity from which findings fail the run; `None` when none does.
    pub fail_on: Option<Severity>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
            verbose: false,
            quiet: false,
            version: env!("CARGO_PKG_VERSION"),
            fail_on: Some(Severity::Medium),
        }
    }
}
