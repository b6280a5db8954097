//! Palisade: a policy guardrail linter and compliance scanner for AWS.
//!
//! `bytes ─parse▶ document ─extract▶ policies ─judge▶ places ─rule▶ findings ─filter▶ report`. The modules stand in that
//! order, and each imports only those above it. Read [`scan`] first.

pub mod algebra;
pub mod catalog;
pub mod cli;
pub mod command;
pub mod config;
pub mod document;
pub mod extract;
pub mod finding;
pub mod policy;
pub mod report;
pub mod rule;
pub mod scan;
pub mod source;
pub mod span;
pub mod text;
