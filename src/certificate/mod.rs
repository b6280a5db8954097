//! The checker of certificates: whether what was written down with a PASS shows it.
//!
//! It shares no code with the engine that made the certificate, and is meant to be read: no tables of bits, no memory of
//! earlier questions but of the catalogue, every set enumerated or walked through. What it cannot verify it refuses.

mod pattern;
mod product;
mod scalar;
mod literal;
mod value;
mod caller;
mod target;
mod read;
mod tree;
mod verify;

pub use verify::{Checker, Failure, Verified, verify};
