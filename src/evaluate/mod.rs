//! One request against policies: the concrete evaluator. It knows one request and no sets, shares no code with the proof
//! engine, and judges every witness that the engine finds.

pub mod request;
pub mod truth;
pub mod view;
mod glob;
mod text;
mod value;
mod operator;
mod condition;
mod caller;
pub mod statement;
pub mod policy;
pub mod layers;
pub mod decision;
pub mod explain;
pub mod draft;
pub mod scenario;

pub use decision::{Ruling, Verdict, rule};
pub use draft::Draft;
pub use explain::{Explanation, Reason, explain};
pub use layers::{Attached, Group, Layers, Missing, Relation, Scenario};
pub use policy::{Answer, Decision, decide, decide_all, statement_matches};
pub use request::{Caller, CallerKind, ContextValue, Request};
pub use scenario::{Given, Place, ScenarioFile, Slot};
pub use statement::Applied;
pub use truth::{Cause, Doubt, Match, Miss, Strength, Truth, Why};
pub use view::View;

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
