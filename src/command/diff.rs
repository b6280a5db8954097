//! `palisade diff`: what a change of policies gives and takes.

use super::pairs::{Pair, pairs};
use super::policies::{Input, Loader};
use super::prove::show;
use super::prove_terms::Terms;
use super::{Exit, Terminal, prove_ask};
use crate::cli::{DiffArgs, DiffFormat, PlainFormat, ShownArgs};
use crate::proof::{Proof, Verdict};
use crate::report::escape::{markdown, markdown_code};
use crate::report::proof::Answer;
use std::path::Path;

/// Run it.
pub fn run(args: &DiffArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let terms = Terms::of(&args.terms)?;
    let paths: [&Path; 2] = [&args.old, &args.new];
    let loader = match Loader::new(&args.input, &paths, terminal)? {
        Ok(loader) => loader,
        Err(exit) => return Ok(exit),
    };
    let loaded = match loader.all(&paths, terminal)? {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let [old, new] = loaded.as_slice() else { return Ok(Exit::NoInput) };
    let mut answers = Vec::new();
    for pair in pairs(old, new)? {
        pair.kind()?;
        let name = pair.either().map(Input::name).unwrap_or_default();
        let answer = Answer::new("diff", ask(&pair, &terms), &[]);
        answers.push(answer.about(name.clone(), |_| format!("it could not be decided what the change of `{name}` gives")));
    }
    let format = match args.format {
        DiffFormat::Text => PlainFormat::Text,
        DiffFormat::Json => PlainFormat::Json,
        DiffFormat::Markdown => return in_markdown(&answers, terminal),
    };
    show(&answers, &ShownArgs { format, color: args.color, fail_on_unknown: false }, terminal)
}

fn in_markdown(answers: &[Answer], terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    writeln!(terminal.out, "| policy | verdict | |\n| --- | --- | --- |")?;
    for answer in answers {
        let reason = markdown(answer.reason.as_deref().unwrap_or_default());
        writeln!(terminal.out, "| {} | {} | {reason} |", markdown_code(&answer.subject), answer.verdict.as_str())?;
    }
    let decided = answers.iter().all(|answer| answer.verdict == Verdict::Pass);
    Ok(if decided { Exit::Clean } else { Exit::Usage })
}

fn ask(_pair: &Pair<'_>, _terms: &Terms) -> Proof {
    prove_ask::unknown("not yet decided")
}
