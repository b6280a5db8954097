//! The names of the formats.

use std::fmt;
use std::str::FromStr;

/// A report format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// For people: source with carets.
    #[default]
    Text,
    /// For people in a hurry and for editors: one line a finding.
    Concise,
    /// JSON report, version 1.
    Json,
    /// The same findings, one JSON object a line.
    Ndjson,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test dashboards.
    Junit,
    /// GitHub Actions workflow commands.
    Github,
    /// GitLab Code Quality.
    Gitlab,
    /// For comments on a pull request.
    Markdown,
    /// One page for people, to open in a browser and to pass on.
    Html,
    /// For spreadsheets.
    Csv,
    /// OCSF Compliance Findings, one JSON object a line.
    Ocsf,
    /// AWS Security Finding Format, for Security Hub.
    Asff,
}

impl Format {
    /// True for formats that print the source around a place.
    pub fn shows_source(self) -> bool {
        matches!(self, Self::Text | Self::Markdown | Self::Html)
    }

    /// True for formats that tell about the rules themselves.
    pub fn lists_rules(self) -> bool {
        matches!(self, Self::Sarif | Self::Html | Self::Ocsf | Self::Asff)
    }

    /// Every format, in the order of the help text.
    pub const ALL: [Self; 13] = [
        Self::Text,
        Self::Concise,
        Self::Json,
        Self::Ndjson,
        Self::Sarif,
        Self::Junit,
        Self::Github,
        Self::Gitlab,
        Self::Markdown,
        Self::Html,
        Self::Csv,
        Self::Ocsf,
        Self::Asff,
    ];

    /// The name used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Ocsf => "ocsf",
            Self::Asff => "asff",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert_eq!("xml".parse::<Format>(), Err(()));
    }
}
