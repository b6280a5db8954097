//! Proofs: is every request that some statements match matched by others, and if not, which one is not.
//!
//! Without variables a statement is a conjunction of literals, each about one field of a request. Whether some boxes lie in
//! the union of others is then a search over literals with a theory for each field.

mod actions;
mod automaton;
mod callers;
mod compile;
mod engine;
mod formats;
mod hash;
mod keys;
mod leaf;
mod literal;
mod pattern;
mod scalar;
mod search;
mod state;
mod strings;
mod value;
pub mod verdict;

pub use verdict::{Proof, Responsible, Verdict};
