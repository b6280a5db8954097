//! Everything that needs the whole program: one binary, so that it is linked once.

#![allow(clippy::string_slice, clippy::indexing_slicing, reason = "tests cut where they know the text")]
#![allow(clippy::too_many_lines, reason = "a picture of what is shown has as many lines as it has")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod access_analyzer;
mod architecture;
mod audit;
mod can;
mod cli;
mod common;
mod crash;
mod fetch;
mod fixtures;
mod generated;
mod guardrail;
mod html;
mod inputs;
mod living;
mod oracle;
mod organization;
mod properties;
mod prove;
mod rule_commands;
mod rules;
mod settings;
mod snapshots;
mod sources;
mod verbs;
mod who_can;
