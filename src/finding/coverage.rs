//! What the guardrails of an organization say of each of its units and accounts: held, open, or not known.

use super::model::RuleId;
use std::fmt;
use std::sync::Arc;

/// How a guardrail stands for one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// Every request that it is about is stopped.
    Held,
    /// A request gets through: there is a finding of the rule with the target's ARN as its resource.
    Open,
    /// It cannot be told.
    Undecided,
    /// No control policy binds the target: the management account.
    Unbound,
    /// The rule does not speak of the target.
    NotApplicable,
}

impl Standing {
    /// Its word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Open => "open",
            Self::Undecided => "undecided",
            Self::Unbound => "unbound",
            Self::NotApplicable => "not-applicable",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One cell of the map: a rule and a target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetVerdict {
    /// The rule.
    pub rule: RuleId,
    /// Id of the unit (`r-…`, `ou-…`) or account (12 digits).
    pub target: Arc<str>,
    /// How it stands.
    pub standing: Standing,
}
