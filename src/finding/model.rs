//! A finding: about the user's policy, never about our own failings. It owns everything a report needs, so that the
//! document it came from can be dropped.

use super::excerpt::Excerpt;
use crate::policy::PolicyKind;
use crate::span::Position;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A rule's id: kebab-case, names the bad pattern, stays forever.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// Wrap an id.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A rule id as it is, or an issue code of Access Analyzer as the id of its rule: `INVALID_ACTION` is `invalid-action`.
    pub fn canonical(id: &str) -> Cow<'_, str> {
        let capitals = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        if id.contains('_') && id.bytes().all(capitals) {
            return Cow::Owned(id.to_ascii_lowercase().replace('_', "-"));
        }
        Cow::Borrowed(id)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declares a small closed vocabulary with its spelling, in ascending order.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The spelling used in rules, options and reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text).ok_or(())
            }
        }
    };
}

vocabulary! {
    /// How bad it is.
    Severity {
        /// Worth knowing.
        Info = "info",
        /// Tidy up.
        Low = "low",
        /// Should be mended.
        Medium = "medium",
        /// Must be mended.
        High = "high",
        /// Stop and mend now.
        Critical = "critical",
    }
}

vocabulary! {
    /// How sure we are.
    Confidence {
        /// A value was unknown, or the rule is a heuristic.
        Low = "low",
        /// Usually right.
        Medium = "medium",
        /// Follows from the evaluation rules of AWS.
        High = "high",
    }
}

vocabulary! {
    /// What sort of trouble.
    Category {
        /// The policy does not do what it says.
        Correctness = "correctness",
        /// The policy gives away too much.
        Security = "security",
        /// An organization's own obligation.
        Guardrail = "guardrail",
        /// Readability.
        Style = "style",
    }
}

/// A place in a file, and the text around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Path as given by the user, `<stdin>` or the name it was given; `/` separated.
    pub file: Arc<str>,
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// RFC 6901 pointer in the outer document.
    pub pointer: String,
    /// Pointer inside a policy that sits in a string of the outer document.
    pub embedded: Option<String>,
    /// Pointers of the strings between the two, when the policy's string sits in a string itself.
    pub via: Vec<String>,
    /// True when the place is a key rather than a value.
    pub on_key: bool,
    /// The text to show.
    pub excerpt: Arc<Excerpt>,
}

/// A place with a word on why it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// May be empty for a place that explains itself.
    pub message: String,
    /// The place.
    pub location: Location,
}

/// Whose policy it is; unknown parts are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyIdentity {
    /// Kind; `None` for a finding about a record that is no policy.
    pub kind: Option<PolicyKind>,
    /// CloudFormation type of the resource it is attached to.
    pub resource_type: Option<String>,
    /// 12 digits.
    pub account: Option<String>,
    /// ARN of the resource it is attached to.
    pub resource: Option<String>,
    /// Policy, role or resource name.
    pub name: Option<String>,
    /// `Sid` of the blamed statement.
    pub sid: Option<String>,
}

vocabulary! {
    /// Whether a fix may be applied without a look.
    FixSafety {
        /// A sketch: values are missing.
        Suggest = "suggest",
        /// Right, but it may change who has access.
        Unsafe = "unsafe",
        /// Keeps the meaning.
        Safe = "safe",
    }
}

/// Advice on how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the edit does.
    pub title: String,
    /// Whether it may be applied unseen.
    pub safety: FixSafety,
    /// The text to write: JSON of a statement or condition, or a value; may be empty.
    pub text: String,
}

vocabulary! {
    /// What AWS itself says of a finding, when it was asked.
    Online {
        /// AWS has the same check and does not report it here.
        NotReported = "not-reported",
        /// AWS alone reports it.
        Added = "added",
        /// AWS reports it, too.
        Confirmed = "confirmed",
    }
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suppressed {
    /// It stands in the baseline file.
    Baseline,
    /// A suppression of the project file covers it.
    Config {
        /// Why it is accepted.
        reason: String,
        /// Who accepted it.
        owner: Option<String>,
        /// Where that is tracked.
        ticket: Option<String>,
        /// Last day it holds, `YYYY-MM-DD`.
        expires: Option<String>,
    },
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: RuleId,
    /// How bad.
    pub severity: Severity,
    /// What sort.
    pub category: Category,
    /// How sure.
    pub confidence: Confidence,
    /// One line, lower case where it does not start with a name, no full stop.
    pub message: String,
    /// Why it matters.
    pub why: Option<Arc<str>>,
    /// How to mend it.
    pub help: Option<Arc<str>>,
    /// Where to read on.
    pub url: Option<Arc<str>>,
    /// The smallest place that broke the rule.
    pub primary: Label,
    /// Places that explain it.
    pub related: Vec<Label>,
    /// Whose policy.
    pub policy: PolicyIdentity,
    /// Stable identity: 32 hexadecimal digits, with `-2`, `-3`, … for equal findings of one document.
    pub fingerprint: String,
    /// Set when it does not count.
    pub suppressed: Option<Suppressed>,
    /// Advice.
    pub fixes: Vec<Fix>,
    /// What AWS itself says of it; `None` when it was not asked, or has no such check.
    pub online: Option<Online>,
}
