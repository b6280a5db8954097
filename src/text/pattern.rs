//! Regular expressions of rules: linear-time, bounded in size, and built when first asked. Building one costs more than
//! reading a policy, and most runs ask few of them.

use regex::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// A regular expression that is built on first use.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    built: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Without a look at whether it can be built; for rules that were tested before.
    pub fn trusted(text: String) -> Self {
        Self { text, built: OnceLock::new() }
    }

    /// Built now; the error says what is wrong with it.
    pub fn checked(text: String) -> Result<Self, String> {
        let regex = build(&text).map_err(|error| error.to_string().lines().last().unwrap_or_default().trim().to_owned())?;
        Ok(Self { text, built: OnceLock::from(Some(regex)) })
    }

    /// Whether it matches somewhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.built.get_or_init(|| build(&self.text).ok()).as_ref().is_some_and(|r| r.is_match(text))
    }
}

impl Clone for Pattern {
    fn clone(&self) -> Self {
        Self::trusted(self.text.clone())
    }
}

fn build(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(1 << 20).build()
}
