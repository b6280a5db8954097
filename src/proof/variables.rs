//! What variables may be: a proof for each way in which they are there or not, or by the values that conditions write out;
//! values to try where a proof was not found.

use super::engine::Engine;
use super::hash::Map;
use super::literal::{Field, Meaning};
use super::pattern::{Pattern, Symbol};
use super::problem::{Attempt, Case, Problem, Ready, attempt, literals};
use super::strings::Side;
use super::value::Atom;
use crate::evaluate::Request;
use std::collections::BTreeSet;

/// How many ways to choose variables are tried.
const CHOICES: usize = 40;

/// Up to so many variables, their presence is told apart.
const APART: usize = 3;

/// A proof for each way in which variables are there or not: who has no user name is no user.
pub(super) fn by_presence(engine: &mut Engine, problem: &dyn Problem, ready: &Ready) -> Option<Vec<Case>> {
    let names: Vec<&String> = ready.variables.iter().collect();
    if names.is_empty() || names.len() > APART {
        return None;
    }
    let mut cases = Vec::new();
    for mask in 0..1u32 << names.len() {
        engine.table.choose_nothing();
        let mut pins = Vec::with_capacity(names.len());
        let mut variables = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let there = mask >> at & 1 == 1;
            let key = engine.table.key(name);
            let (id, _) = engine.table.present(key);
            pins.push((id, there));
            if there {
                engine.table.there.insert((*name).clone());
            } else {
                engine.table.chosen.insert((*name).clone(), None);
            }
            variables.push(((*name).clone(), there));
        }
        let ready = problem.ready(&mut engine.table);
        let Attempt::Met(trees, facts) = attempt(engine, problem, &ready, Side::Over, &pins) else { return None };
        cases.push(Case { variables, ready, trees, facts });
    }
    Some(cases)
}

/// What a variable is taken to be.
#[derive(Clone, Debug)]
enum Taken {
    /// Nothing: it has no value.
    Absent,
    /// This value.
    Is(String),
    /// A value that the question does not write out.
    Other,
}

/// Up to so many combinations of values are told apart.
const COMBINATIONS: usize = 64;

/// A proof for each value that conditions write out for a variable, for any other, and for none. No tree is kept: there is
/// no certificate for it.
pub(super) fn by_value(engine: &mut Engine, problem: &dyn Problem, ready: &Ready) -> Option<Vec<Case>> {
    let names: Vec<&String> = ready.variables.iter().collect();
    let mut ways: Vec<Vec<Taken>> = vec![Vec::new()];
    let mut written: Vec<Vec<Pattern>> = Vec::new();
    for name in &names {
        let values = written_out(engine, ready, name);
        let mut options = vec![Taken::Absent, Taken::Other];
        options.extend(values.iter().map(|value| Taken::Is(value.show())));
        written.push(values);
        if ways.len() * options.len() > COMBINATIONS {
            return None;
        }
        ways = ways.iter().flat_map(|way| options.iter().map(|o| way.iter().chain([o]).cloned().collect())).collect();
    }
    for way in ways.iter().filter(|_| !names.is_empty()) {
        engine.table.choose_nothing();
        let mut pins = Vec::new();
        for ((name, taken), written) in names.iter().zip(way).zip(&written) {
            let key = engine.table.key(name);
            let (present, _) = engine.table.present(key);
            pins.push((present, !matches!(taken, Taken::Absent)));
            let value = match taken {
                Taken::Absent => Some(None),
                Taken::Is(value) => {
                    pins.push(engine.table.among(key, vec![Pattern::exact(value, false)]));
                    Some(Some(value.clone()))
                }
                Taken::Other => {
                    if !written.is_empty() {
                        let (among, _) = engine.table.among(key, written.clone());
                        pins.push((among, false));
                    }
                    engine.table.there.insert((*name).clone());
                    None
                }
            };
            if let Some(value) = value {
                engine.table.chosen.insert((*name).clone(), value);
            }
        }
        let ready = problem.ready(&mut engine.table);
        let Attempt::Met(..) = attempt(engine, problem, &ready, Side::Over, &pins) else { return None };
    }
    (!names.is_empty()).then(Vec::new)
}

/// The texts that conditions compare a variable's key with, whole and in one letter case.
fn written_out(engine: &Engine, ready: &Ready, name: &str) -> Vec<Pattern> {
    let Some(key) = engine.table.known_key(name) else { return Vec::new() };
    let mut out: Vec<Pattern> = Vec::new();
    for id in literals(ready) {
        let Some(literal) = engine.table.get(id).filter(|l| l.field == Field::Key(key)) else { continue };
        if let Meaning::Key(test) = &literal.meaning
            && let Atom::Text(patterns) = &test.atom
        {
            out.extend(patterns.iter().filter(|p| p.is_exact() && !p.fold).cloned());
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// With every variable given a value, and only requests that are surely meant.
pub(super) fn concretely(engine: &mut Engine, problem: &dyn Problem, ready: &Ready) -> Option<Box<Request>> {
    for choice in choices(engine, ready) {
        engine.table.chosen = choice.clone();
        engine.table.concrete = true;
        let concrete = problem.ready(&mut engine.table);
        let mut pins = Vec::with_capacity(choice.len());
        for (name, value) in &choice {
            let key = engine.table.key(name);
            pins.push(match value {
                Some(value) => engine.table.among(key, vec![Pattern::exact(value, false)]),
                None => {
                    let (id, there) = engine.table.present(key);
                    (id, !there)
                }
            });
        }
        pins.sort_unstable();
        for side in [Side::Under, Side::Over] {
            if let Attempt::Shown(request) = attempt(engine, problem, &concrete, side, &pins) {
                return Some(request);
            }
        }
    }
    None
}

/// Values for variables: one that nobody wrote, pieces of what policies write, and none.
fn choices(engine: &Engine, ready: &Ready) -> Vec<Map<String, Option<String>>> {
    let usual = |name: &str| match name {
        n if n.ends_with("account") => "111122223333",
        n if n.ends_with("arn") => "arn:aws:iam::111122223333:role/x",
        _ => "some-value",
    };
    let base: Map<String, Option<String>> =
        ready.variables.iter().map(|name| (name.clone(), Some(usual(name).to_owned()))).collect();
    let elsewhere = |name: &String| name.ends_with("account").then(|| "444455556666".to_owned());
    let other = base.iter().map(|(name, value)| (name.clone(), elsewhere(name).or_else(|| value.clone()))).collect();
    let mut out = vec![base.clone(), other];
    if ready.variables.is_empty() {
        return vec![base];
    }
    let fragments = fragments(engine, ready);
    for value in fragments.into_iter().map(Some).chain([None]) {
        for name in &ready.variables {
            let mut choice = base.clone();
            choice.insert(name.clone(), value.clone());
            out.push(choice);
        }
        if ready.variables.len() > 1 {
            out.push(ready.variables.iter().map(|name| (name.clone(), value.clone())).collect());
        }
        if out.len() > CHOICES {
            break;
        }
    }
    // Absent last, but always.
    out.push(ready.variables.iter().map(|name| (name.clone(), None)).collect());
    out
}

/// What stands between separators in the patterns of a question.
fn fragments(engine: &Engine, ready: &Ready) -> Vec<String> {
    let mut out = BTreeSet::new();
    let mut add = |pattern: &Pattern, whole: bool| {
        if whole {
            out.extend(pattern.samples());
        }
        for piece in pattern.symbols.split(|s| matches!(s, Symbol::Char('/' | ':'))) {
            let text: Option<String> = piece.iter().map(|s| if let Symbol::Char(c) = s { Some(*c) } else { None }).collect();
            let usual = ["arn", "aws", "s3", ""];
            out.extend(text.filter(|t| !usual.contains(&t.as_str())));
        }
    };
    for id in literals(ready) {
        match engine.table.get(id).map(|l| &l.meaning) {
            Some(Meaning::Resources(patterns, _)) => patterns.iter().for_each(|p| add(p, false)),
            Some(Meaning::Key(test)) => {
                if let Atom::Text(patterns) = &test.atom {
                    patterns.iter().for_each(|p| add(p, true));
                }
            }
            _ => {}
        }
    }
    out.into_iter().collect()
}
