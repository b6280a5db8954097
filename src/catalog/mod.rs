//! Facts of AWS, compiled in and read only: actions, access levels, partitions. No rule, no opinion.

pub mod action;
pub mod partition;

pub use action::{AccessLevel, Action, actions, date, services};
pub use partition::{Partition, is_region};
