//! What one audit knows besides its findings: the run, those before it, what changed between, and how completely it read.

pub mod model;

pub use model::{Audit, Change, ChangeKind, Drift, Gone, Run, Seen};
