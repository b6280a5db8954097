//! How a run ends: one enum, one table in the README.

use std::fmt;

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or above `--fail-on`; PASS.
    Clean = 0,
    /// Findings; FAIL.
    Findings = 1,
    /// Bad usage, configuration or rule; UNKNOWN.
    Usage = 2,
    /// No input found.
    NoInput = 3,
    /// Something could not be read or understood.
    Incomplete = 4,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A mistake in how palisade was called, with its cure.
#[derive(Debug)]
pub struct Usage {
    /// What happened.
    pub message: String,
    /// Next step.
    pub help: String,
}

impl Usage {
    /// Message and cure.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl Usage {
    /// For a terminal: two lines, whatever stands in the names that were given.
    pub fn lines(&self) -> String {
        self.after("error")
    }

    /// The same where the run goes on.
    pub fn warning(&self) -> String {
        self.after("warning")
    }

    fn after(&self, word: &str) -> String {
        let [message, help] = [&self.message, &self.help].map(|text| crate::report::escape::terminal(text));
        format!("{word}: {message}\n  help: {help}")
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  help: {}", self.message, self.help)
    }
}

impl std::error::Error for Usage {}
