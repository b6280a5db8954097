//! The commands: each takes its options, does its work and says how it ended. Output goes to writers they are handed.

pub mod audit;
mod audit_reports;
pub mod can;
mod can_load;
mod can_request;
pub mod catalog;
pub mod check;
pub mod diff;
pub mod exit;
pub mod fetch;
#[cfg(feature = "aws")]
mod fetch_run;
mod guardrail;
mod guardrail_organization;
pub mod init;
mod load;
#[cfg(feature = "aws")]
mod online;
pub mod pairs;
pub mod policies;
mod progress;
pub mod prove;
pub mod prove_ask;
pub mod prove_terms;
pub mod rules;
mod rules_try;
mod scanning;
mod snapshots;
pub mod who_can;
mod who_can_control;
mod who_can_resource;
mod who_can_rows;

pub use exit::{Exit, Usage};

use crate::cli::{Cli, Command};
use clap::CommandFactory;
use std::io::{self, Write};

/// Where output goes, and what it may look like.
pub struct Terminal<'w> {
    /// Findings.
    pub out: &'w mut dyn Write,
    /// Everything else.
    pub err: &'w mut dyn Write,
    /// Standard output understands color.
    pub color: bool,
    /// Standard error is a terminal: progress is welcome.
    pub progress: bool,
    /// Columns.
    pub width: usize,
}

/// Run one command.
pub fn run(cli: Cli, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    if let Some(path) = &cli.catalog {
        load::catalog(path)?;
    }
    match cli.command {
        Command::Check(args) => check::run(&args, terminal),
        Command::Audit(args) => audit::run(&args, terminal),
        Command::Can(args) => can::run(&args, terminal),
        Command::Prove(command) => prove::run(command, terminal),
        Command::WhoCan(args) => who_can::run(&args, terminal),
        Command::Diff(args) => diff::run(&args, terminal),
        Command::Fetch(args) => fetch::run(&args, terminal),
        Command::Rules(command) => rules::run(command, terminal),
        Command::Catalog(args) => catalog::run(&args, terminal),
        Command::Init(args) => init::run(&args, terminal),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "palisade", &mut Forward(terminal.out));
            Ok(Exit::Clean)
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut Forward(terminal.out))?;
            Ok(Exit::Clean)
        }
    }
}

/// A sized writer over an unsized one, for generators that want the former.
struct Forward<'w>(&'w mut dyn Write);

impl Write for Forward<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
