//! The organization: its tree of units and accounts, and which policies are attached where. Read `load.rs` to see what it is
//! read from.

mod doubt;
pub mod folders;
pub mod load;
pub mod tree;

pub use doubt::{Doubt, Doubts};
pub use load::{Loaded, load};
pub use tree::{Account, AccountState, ControlPolicy, Organization, Unit, Written};
