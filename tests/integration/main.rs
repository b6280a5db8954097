//! Everything that needs the whole program: one binary, so that it is linked once.

#![allow(clippy::string_slice, reason = "tests cut where they know the text")]

mod architecture;
mod cli;
mod common;
mod fixtures;
mod generated;
mod inputs;
mod living;
mod properties;
mod rule_commands;
mod rules;
