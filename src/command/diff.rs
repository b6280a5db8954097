//! `palisade diff`: what a change of policies gives and takes.

use super::pairs::pairs;
use super::policies::{Input, Loader};
use super::prove::Case;
use super::prove_terms::Terms;
use super::{Exit, Terminal, Usage, prove_ask as ask};
use crate::cli::{DiffArgs, DiffFormat};
use crate::policy::{Policy, PolicyKind, Statement, parse};
use crate::proof::{self, Region, Verdict};
use crate::report::Options;
use crate::report::diff::{self, Access, Change};
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
    let mut changes = Vec::new();
    if terms.together {
        let (before, after): (Vec<&Input>, Vec<&Input>) = (old.policies.iter().collect(), new.policies.iter().collect());
        let kind = one_kind(before.iter().chain(&after).copied())?;
        changes.push(change(new.argument.clone(), (&before, &after), kind, &terms));
    } else {
        for pair in pairs(old, new)? {
            let kind = pair.kind()?;
            let name = pair.either().map(Input::name).unwrap_or_default();
            let (before, after): (Vec<&Input>, Vec<&Input>) = (pair.old.into_iter().collect(), pair.new.into_iter().collect());
            changes.push(change(name, (&before, &after), kind, &terms));
        }
    }
    let assumptions = terms.assumptions(terms.world());
    match args.format {
        DiffFormat::Text => {
            let options = Options { color: terminal.color, width: terminal.width, ..Options::default() };
            diff::write_text(&changes, &assumptions, &options, terminal.out)?;
        }
        DiffFormat::Json => diff::write_json(&changes, &assumptions, terminal.out)?,
        DiffFormat::Markdown => diff::write_markdown(&changes, &assumptions, terminal.out)?,
    }
    Ok(match diff::verdict(&changes) {
        Verdict::Pass => Exit::Clean,
        Verdict::Fail => Exit::Findings,
        Verdict::Unknown => Exit::Usage,
    })
}

fn one_kind<'a>(mut inputs: impl Iterator<Item = &'a Input>) -> Result<PolicyKind, Usage> {
    let Some(first) = inputs.next() else { return Ok(PolicyKind::IdentityPolicy) };
    match inputs.find(|other| other.kind() != first.kind()) {
        Some(other) => {
            let message = format!("`{}` is read as {} and `{}` as {}", first.name(), first.kind(), other.name(), other.kind());
            Err(Usage::new(message, "take policies of one kind together, or say the kind with `--kind`"))
        }
        None => Ok(first.kind()),
    }
}

fn change(subject: String, (old, new): (&[&Input], &[&Input]), kind: PolicyKind, terms: &Terms) -> Change {
    let (before, after) = (Case::new(old.iter().copied()), Case::new(new.iter().copied()));
    let document = ask::full_access(kind);
    let full = document.root().map(|root| parse(root).0);
    let sides = [&before, &after].map(|case| ask::beside(case.policies.iter().collect(), kind, full.as_ref()));
    let [old_side, new_side] = &sides;
    let (old_side, new_side) = (proof::Input::new(old_side), proof::Input::new(new_side));
    let found = proof::difference(&mut terms.engine(), old_side, new_side, kind);
    let tell = |regions: Vec<Region>, own: &Case<'_>, other: &Case<'_>| -> Vec<Access> {
        regions.into_iter().map(|region| access(region, own, other)).collect()
    };
    Change {
        subject,
        gained: tell(found.gained, &after, &before),
        lost: tell(found.lost, &before, &after),
        undenied: tell(found.undenied, &before, &after),
        denied: tell(found.denied, &after, &before),
        reason: found.unknown,
    }
}

fn access(region: Region, own: &Case<'_>, other: &Case<'_>) -> Access {
    let statement = |case: &Case<'_>| -> Option<Vec<String>> {
        let policy: &Policy<'_> = case.policies.get(region.policy)?;
        policy.statements.get(region.statement).map(|s: &Statement<'_>| proof::conditions(s))
    };
    let cited = own.cite(&proof::Responsible {
        policy: region.policy,
        statement: region.statement,
        node: region.node,
        note: String::new(),
    });
    let (policy, sid, location) = match cited {
        Some(cited) => (cited.policy, cited.sid, cited.location),
        // What stands beside control policies by itself has no place of its own.
        None => ("FullAWSAccess".to_owned(), None, crate::finding::Location::default()),
    };
    Access {
        policy,
        sid,
        location,
        conditions: statement(own).unwrap_or_default(),
        actions: region.actions,
        resources: region.resources,
        because: region.because.iter().filter_map(|part| other.cite(part)).collect(),
        witness: region.witness,
    }
}
