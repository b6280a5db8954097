//! Where policies live: which parts of a document are policies, of which kind, whose they are, and what else the document
//! tells of its resources. Read `layout.rs` first.

pub mod access_analyzer;
mod authorization;
mod aws_cli;
mod bare;
mod cloudformation;
mod config_item;
pub mod entity;
pub mod facts;
pub mod found;
mod iam;
mod infer;
mod layout;
mod organizations;
mod owner;
mod secret;
mod settings;
mod shape;
pub mod site;
mod stated;
mod terraform;
mod trust;
#[cfg(test)]
mod testing;

pub use bare::{Hints, Recognised, policy_site, recognise};
pub use entity::{Entity, Identity, Managed, Principal};
pub use facts::{Fact, Setting};
pub use found::{Base, Body, Found, Place};
pub use layout::{Extraction, extract};
pub use organizations::control_policies;
pub use settings::blocks_account;
pub use shape::mistakes as mistakes_of_shape;
pub use site::{DocumentKind, Site};
pub use stated::Stated;
pub use terraform::unknown_version as unknown_plan_version;
