//! The IAM policy grammar as types: every value keeps the node it was read from, nothing is lost in normalising.

pub mod arn;
pub mod condition;
pub mod context;
pub mod kind;
pub mod model;
pub(crate) mod parse;
pub mod principal;

pub use condition::Condition;
pub use context::Context;
pub use kind::PolicyKind;
pub use model::{ActionPattern, ArnPattern, Effect, Element, Policy, Statement};
pub use parse::parse;
pub use principal::Principal;
