//! Proofs: is every request that some statements match matched by others, and if not, which one is not.

pub mod verdict;

pub use verdict::{Proof, Responsible, Verdict};
