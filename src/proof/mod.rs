//! Proofs: is every request that some statements match matched by others, and if not, which one is not.
//!
//! Without variables a statement is a conjunction of literals, each about one field of a request. Whether some boxes lie in
//! the union of others is then a search over literals with a theory for each field.

mod actions;
mod automaton;
mod callers;
mod compile;
mod dead;
mod engine;
mod formats;
mod hash;
mod keys;
mod leaf;
mod literal;
mod lockout;
mod new_access;
mod pattern;
mod problem;
mod replay;
mod scalar;
mod search;
mod state;
mod strings;
mod value;
pub mod verdict;

pub use actions::World;
pub use compile::{Compiled, Input};
pub use dead::{Part, Statements};
pub use engine::Engine;
pub use lockout::{Lock, Lockout, is_locked};
pub use new_access::{NewAccess, no_new_access};
pub use scalar::{is_address_range, is_moment};
pub use verdict::{Proof, Responsible, Verdict};

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
#[cfg(test)]
mod random;
