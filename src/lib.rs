//! Palisade: a policy guardrail linter and compliance scanner for AWS.
//!
//! `bytes ─parse▶ document ─extract▶ policies ─judge▶ places ─rule▶ findings ─filter▶ report`. The modules stand in that
//! order, and each imports only those above it. Read [`scan`] first.

#![cfg_attr(test, allow(clippy::string_slice, clippy::too_many_lines, reason = "a test that panics has found something"))]

pub mod span;
pub mod text;
pub mod catalog;
pub mod document;
pub mod source;
pub mod policy;
pub mod finding;
pub mod extract;
pub mod organization;
pub mod evaluate;
pub mod certificate;
pub mod proof;
pub mod guardrail;
pub mod algebra;
pub mod check;
pub mod rule;
pub mod audit;
pub mod report;
pub mod config;
pub mod scan;
pub mod fetch;
pub mod cli;
pub mod command;
