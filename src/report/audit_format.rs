//! The formats of an audit: those of `check`, of which some say more here, and those only an audit has.

use super::format::Format;
use super::options::Options;
use super::{audit_json, audit_markdown, audit_text};
use crate::audit::Audit;
use std::io::{Result, Write};
use std::str::FromStr;

/// A format of an audit's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFormat {
    /// One that `check` has too. Text, JSON and Markdown tell of the history as well.
    Plain(Format),
}

impl AuditFormat {
    /// Every format, in the order of the help text.
    pub fn all() -> impl Iterator<Item = Self> {
        Format::ALL.into_iter().map(Self::Plain)
    }

    /// The name used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain(format) => format.as_str(),
        }
    }

    /// True for formats that print the source around a place.
    pub fn shows_source(self) -> bool {
        match self {
            Self::Plain(format) => format.shows_source(),
        }
    }

    /// True for formats that list the rules.
    pub fn lists_rules(self) -> bool {
        match self {
            Self::Plain(format) => format.lists_rules(),
        }
    }

    /// Write the report. `since_last` leaves out, for people, what the run before had.
    pub fn write(self, audit: &Audit, options: &Options, since_last: bool, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Plain(Format::Text) => audit_text::write(audit, options, since_last, out),
            Self::Plain(Format::Json) => audit_json::write(audit, options, out),
            Self::Plain(Format::Markdown) => audit_markdown::write(audit, options, since_last, out),
            Self::Plain(format) => super::render(format, audit, options, out),
        }
    }
}

impl FromStr for AuditFormat {
    type Err = ();

    fn from_str(name: &str) -> std::result::Result<Self, ()> {
        Self::all().find(|format| format.as_str() == name).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for format in AuditFormat::all() {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert_eq!("xml".parse::<AuditFormat>(), Err(()));
    }
}
