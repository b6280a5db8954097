//! Proofs: is every request that some statements match matched by others, and if not, which one is not.
//!
//! Without variables a statement is a conjunction of literals, each about one field of a request. Whether some boxes lie in
//! the union of others is then a search over literals with a theory for each field.

mod automaton;
mod pattern;
mod strings;
pub mod verdict;

pub use verdict::{Proof, Responsible, Verdict};
