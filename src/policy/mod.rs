//! The IAM policy grammar as types: every value keeps the node it was read from, nothing is lost in normalising.

pub mod arn;
pub mod condition;
pub mod context;
pub(crate) mod intrinsic;
pub mod kind;
pub mod model;
pub mod parse;
pub mod principal;
mod values;

pub use condition::Condition;
pub use context::Context;
pub use kind::PolicyKind;
pub use model::{ActionPattern, ArnPattern, Effect, Element, Policy, Statement};
pub use parse::{parse, parse_statement};
pub use principal::Principal;
