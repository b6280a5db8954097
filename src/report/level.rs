//! Severity in the three steps that other tools know, and in terminal colors: one mapping for every format.

use crate::finding::Severity;

/// What CI systems and SARIF distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Must be mended.
    Error,
    /// Should be mended.
    Warning,
    /// Worth knowing.
    Note,
}

impl Level {
    /// The level of a severity.
    pub fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Info => Self::Note,
        }
    }

    /// The word used in text reports and by SARIF.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Terminal color of a severity, as a number of the 16-color palette that every terminal has.
pub fn sgr(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "1;31",
        Severity::High => "31",
        Severity::Medium => "33",
        Severity::Low => "36",
        Severity::Info => "34",
    }
}

/// `text` in a color, or as it is.
pub fn paint(text: &str, sgr: &str, color: bool) -> String {
    if color && !text.is_empty() { format!("\x1b[{sgr}m{text}\x1b[0m") } else { text.to_owned() }
}
