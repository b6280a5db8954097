//! What the tool says: findings, the places they point at, and what makes one finding the same as yesterday's.

pub mod baseline;
pub mod coverage;
pub mod excerpt;
pub mod fingerprint;
pub mod model;
pub mod outcome;
pub mod place;
pub mod suppress;

pub use coverage::{Standing, TargetVerdict};
pub use excerpt::Excerpt;
pub use model::{Category, Confidence, Finding, Label, Location, PolicyIdentity, RuleId, Severity};
pub use outcome::{Coverage, Incomplete, Notice, Outcome, RuleCard};
