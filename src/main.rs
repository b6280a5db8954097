//! The `palisade` program: arguments in, exit code out.

use clap::Parser;
use palisade::cli::{Cli, ColorChoice, Command};
use palisade::command::{self, Exit, Terminal, Usage};
use palisade::report::escape;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows which stream each belongs to.
            let wanted = !error.use_stderr();
            let _ = error.print();
            return if wanted { Exit::Clean.into() } else { Exit::Usage.into() };
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut err = io::stderr().lock();
    let mut terminal =
        Terminal { color: color(&cli), progress: io::stderr().is_terminal(), width: width(), out: &mut out, err: &mut err };
    let result = command::run(cli, &mut terminal).and_then(|exit| {
        terminal.out.flush()?;
        Ok(exit)
    });
    match result {
        Ok(exit) => exit.into(),
        Err(error) if is_closed_pipe(&error) => Exit::Clean.into(),
        Err(error) => {
            let usage = error.downcast_ref::<Usage>();
            let text = usage.map_or_else(|| format!("error: {}", escape::terminal(&error.to_string())), Usage::lines);
            let _ = writeln!(io::stderr().lock(), "{text}");
            if usage.is_some() { Exit::Usage.into() } else { Exit::Incomplete.into() }
        }
    }
}

/// The flag first, then `NO_COLOR`, `FORCE_COLOR`, then the terminal.
fn color(cli: &Cli) -> bool {
    let choice = match &cli.command {
        Command::Check(args) => args.output.color,
        Command::Audit(args) => args.output.color,
        Command::Prove(command) => command.color(),
        Command::WhoCan(args) => args.shown.color,
        Command::Diff(args) => args.color,
        Command::Can(_)
        | Command::Fetch(_)
        | Command::Rules(_)
        | Command::Catalog(_)
        | Command::Init(_)
        | Command::Completions { .. }
        | Command::Man => ColorChoice::Auto,
    };
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if set("FORCE_COLOR") => true,
        ColorChoice::Auto => io::stdout().is_terminal(),
    }
}

fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let seen = || terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| usize::from(columns));
    told.or_else(seen).map_or(80, |columns: usize| columns.clamp(40, 120))
}

/// Somebody piped us into `head`: they have what they wanted.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}
