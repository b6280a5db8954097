//! `palisade who-can`: the principals that may do an action on a resource.

use super::policies::{Input, Loader};
use super::{Exit, Terminal, prove, prove_ask};
use crate::cli::WhoCanArgs;
use crate::proof::Proof;
use crate::report::proof::Answer;
use std::path::{Path, PathBuf};

/// Run it.
pub fn run(args: &WhoCanArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let loader = match Loader::new(&args.input, &paths, terminal)? {
        Ok(loader) => loader,
        Err(exit) => return Ok(exit),
    };
    let loaded = match loader.all(&paths, terminal)? {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let inputs: Vec<&Input> = loaded.iter().flat_map(|l| &l.policies).collect();
    let answer = Answer::new("who-can", ask(&inputs, args), &[]);
    let subject = format!("{} on {}", args.action, args.resource);
    let answer = answer.about(subject, |_| format!("it could not be decided who may do `{}`", args.action));
    prove::show(&[answer], &args.shown, terminal)
}

fn ask(_inputs: &[&Input], _args: &WhoCanArgs) -> Proof {
    prove_ask::unknown("not yet decided")
}
