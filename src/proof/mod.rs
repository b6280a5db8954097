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
mod granted;
mod guardrail;
mod hash;
mod keys;
mod leaf;
mod literal;
mod minimise;
mod new_access;
mod pattern;
mod pattern_rows;
mod problem;
mod public;
mod regions;
mod replay;
mod residue;
mod scalar;
mod search;
mod state;
mod strings;
mod value;
pub mod verdict;
mod who_can;
mod who_can_layers;

pub use actions::World;
pub use compile::{Compiled, Input};
pub use engine::Engine;
pub use granted::{Asked, Granted, access_not_granted};
pub use guardrail::{Guardrail, Level, guardrail, needless_denies, unused_exemptions};
pub use minimise::{Minimised, minimise};
pub use new_access::{NewAccess, no_new_access};
pub use public::{no_public_access, not_public};
pub use regions::{Difference, Region, conditions, difference};
pub use verdict::{Proof, Responsible, Verdict};
pub use who_can::{Case as WhoCan, Possible, Way, Who, is_possible_at_all, possible};

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
#[cfg(test)]
mod random;
