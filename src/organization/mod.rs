//! The organization: its tree of units and accounts, and which policies are attached where.

pub mod tree;

pub use tree::{Account, Organization, Unit};
