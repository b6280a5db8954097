//! From AWS to a snapshot on disk: the only code that opens a socket, and only in builds with the feature `aws`. What would
//! be called, and with which permissions, is known without it.
//!
//! `settings ─plan▶ units of work ─call▶ parts on disk ─assemble▶ snapshot`. Read [`operation`] first: one table drives the
//! calls, the plan and the policy; then `runner` for the order of things.

pub mod event;
pub mod operation;
pub mod plan;
pub mod policy;
pub mod settings;
pub mod types;

#[cfg(feature = "aws")]
mod account;
#[cfg(feature = "aws")]
mod analyzer;
#[cfg(feature = "aws")]
pub mod assemble;
#[cfg(feature = "aws")]
mod client;
#[cfg(feature = "aws")]
mod config;
#[cfg(feature = "aws")]
mod config_batch;
#[cfg(feature = "aws")]
mod config_seen;
#[cfg(feature = "aws")]
mod context;
#[cfg(feature = "aws")]
pub mod error;
#[cfg(feature = "aws")]
mod gate;
#[cfg(feature = "aws")]
mod iam;
#[cfg(feature = "aws")]
mod iam_record;
#[cfg(feature = "aws")]
mod item;
#[cfg(feature = "aws")]
mod lacking;
#[cfg(feature = "aws")]
mod organizations;
#[cfg(feature = "aws")]
mod runner;
#[cfg(feature = "aws")]
mod s3;
#[cfg(feature = "aws")]
mod secrets;
#[cfg(feature = "aws")]
mod snapshot_file;
#[cfg(feature = "aws")]
mod snapshots;
#[cfg(feature = "aws")]
mod store;
#[cfg(feature = "aws")]
#[cfg(test)]
mod testing;
#[cfg(feature = "aws")]
mod unit;
#[cfg(feature = "aws")]
pub mod validate;

#[cfg(feature = "aws")]
pub use error::FetchError;
pub use event::Event;
#[cfg(feature = "aws")]
pub use runner::run;
pub use settings::{BucketPrefix, Retry, Settings, Source};
