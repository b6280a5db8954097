//! The project file, `palisade.yaml`: raw YAML in, resolved settings out, and every mistake in it pointed at.

pub mod context;
mod parse;
mod read;
mod rules;
mod suppressions;

pub use crate::source::discover;
pub use context::ContextEntry;
pub use parse::{KEYS, parse};
pub use rules::{Override, RuleSetting};

use crate::finding::Severity;
use crate::finding::suppress::Suppression;
use crate::policy::Context;
use crate::span::Spanned;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest time a suppression may run, unless the project file says otherwise.
pub const MAX_DAYS: u16 = 180;

/// From which severity on findings make the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailOn {
    /// Findings never do.
    Never,
    /// This one and above.
    At(Severity),
}

impl FailOn {
    /// True when a finding of this severity makes the run fail.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Never => false,
            Self::At(least) => severity >= least,
        }
    }
}

impl Default for FailOn {
    fn default() -> Self {
        Self::At(Severity::Medium)
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("none"),
            Self::At(severity) => severity.fmt(f),
        }
    }
}

impl FromStr for FailOn {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "none" { Ok(Self::Never) } else { text.parse().map(Self::At) }
    }
}

/// Where the organization is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedOrganization {
    /// An export, a folder that holds one, or folders that mirror the tree; from the folder of the project file.
    pub path: Spanned<String>,
    /// The management account, where the data does not tell.
    pub management_account: Option<String>,
}

/// The settings of a project.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The project file, as shown to people; empty when there is none.
    pub name: Arc<str>,
    /// Packs (`palisade:recommended`) and folders of rules (`./rules`), in order.
    pub extends: Vec<Spanned<String>>,
    /// Rules to apply: ids, packs, tags, globs. Empty: all of `extends`.
    pub select: Vec<Spanned<String>>,
    /// Rules to leave out.
    pub ignore: Vec<Spanned<String>>,
    /// When the run fails.
    pub fail_on: Option<FailOn>,
    /// Files and folders that walks leave out.
    pub exclude: Vec<Spanned<String>>,
    /// The baseline file, from the folder of the project file.
    pub baseline: Option<Spanned<String>>,
    /// A catalogue of AWS to use instead of the embedded one, from the folder of the project file.
    pub catalog: Option<Spanned<String>>,
    /// The organization that accounts belong to.
    pub organization: Option<NamedOrganization>,
    /// Whether suppressions may do without an end.
    pub allow_permanent: bool,
    /// Longest time a suppression may run, in days.
    pub max_days: u16,
    /// Whether notices make the run fail.
    pub strict: bool,
    /// What bare files are.
    pub contexts: Vec<ContextEntry>,
    /// Settings of rules.
    pub rules: Vec<RuleSetting>,
    /// Settings of rules for some files, accounts or organizational units, later ones win.
    pub overrides: Vec<Override>,
    /// Accepted risks.
    pub suppressions: Vec<Suppression>,
}

impl Config {
    /// What the project file says about `file` (`/` separated, from the folder of the project file). Of several entries
    /// that match, later ones win field by field.
    pub fn context_for(&self, file: &str) -> Context {
        let mut context = Context::default();
        for entry in self.contexts.iter().filter(|entry| entry.matches(file)) {
            entry.lay_over(&mut context, file);
        }
        context
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
