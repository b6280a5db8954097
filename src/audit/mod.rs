//! What one audit knows besides its findings: the run, those before it, what changed between, and how completely it read.
//! Read `model.rs` first, then `store.rs`.

pub mod changes;
mod drift;
pub mod history;
pub mod matching;
pub mod model;
pub mod reading;
pub mod store;
pub mod tree;

pub use history::{History, HistoryError, Opened};
pub use model::{Audit, Change, ChangeKind, Drift, Gone, Run, Seen, Turn, Was};
pub use reading::Reading;
pub use store::{Pending, Told};
pub use tree::Tree;
