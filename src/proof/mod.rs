//! Proofs: is every request that some statements match matched by others, and if not, which one is not.
//!
//! Without variables a statement is a conjunction of literals, each about one field of a request. Whether some boxes lie in
//! the union of others is then a search over literals with a theory for each field.

mod actions;
mod automaton;
mod callers;
pub mod certificate;
mod compile;
mod dead;
mod engine;
mod formats;
mod granted;
mod guardrail;
mod guardrail_path;
mod hash;
mod keys;
mod known;
mod leaf;
mod literal;
mod lockout;
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
mod variables;
pub mod verdict;
mod who_can;
mod who_can_layers;
mod witness;

pub use actions::World;
pub use callers::Scope;
pub use certificate::Certificate;
pub use compile::{Boxed, Compiled, Input};
pub use dead::{Part, Statements};
pub use engine::Engine;
pub use granted::{Asked, Granted, access_not_granted};
pub use guardrail::{Guardrail, Level, allows_everything, guardrail, needless_denies, unused_exemptions};
pub use guardrail_path::{Aimed, Path, Tried, aim_at, aimed, guardrail_path, tells_accounts_apart};
pub use known::Known;
pub use literal::{Sense, Table};
pub use lockout::{Lock, Lockout, is_locked};
pub use minimise::{Minimised, minimise};
pub use new_access::{NewAccess, no_new_access, scope_of};
pub use problem::{Decided, Obligation, Problem, Ready, decide, is_impossible, is_possible};
pub use public::{no_public_access, not_public};
pub use regions::{Difference, Region, conditions, difference};
pub use scalar::{is_address_range, is_moment};
pub use verdict::{Proof, Responsible, Verdict};
pub use who_can::{Case as WhoCan, Possible, Way, Who, is_possible_at_all, possible};

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
#[cfg(test)]
#[path = "laws_tests.rs"]
mod laws;
#[cfg(test)]
mod random;
#[cfg(test)]
mod certificate_tests;
