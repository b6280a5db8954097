//! Walking a tree: what is assumed on the way, and whether each branch is closed for a reason that stands.

use super::caller::Caller;
use super::literal::{Field, Literal, Meaning, Sense};
use super::read::{Node, Why};
use super::target::{Targets, no_resource};
use super::value::{Link, is_impossible};
use std::collections::BTreeSet;

/// What a tree is to show: no request is in all of the first and in none of the second.
#[derive(Debug)]
pub struct Shown<'a> {
    /// What holds.
    pub within: Vec<Sense<'a>>,
    /// What does not hold as a whole, each.
    pub avoid: Vec<Vec<Sense<'a>>>,
    /// Who may call.
    pub callers: &'a [Caller],
}

/// Walk it. The answer is the node that does not stand, and why.
pub fn walk(shown: &Shown<'_>, nodes: &[Node], targets: &mut Targets) -> Result<(), (usize, String)> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<(usize, Vec<Sense<'_>>)> = vec![(0, shown.within.clone())];
    while let Some((at, path)) = open.pop() {
        let node = nodes.get(at).ok_or_else(|| (at, "the tree has no such node".to_owned()))?;
        if !seen.insert(at) {
            return Err((at, "the tree comes here twice".to_owned()));
        }
        match node {
            Node::Closed(why) => {
                if !is_closed(why, &path, shown.callers, targets) {
                    return Err((at, format!("that {} is not so", said(why))));
                }
            }
            Node::Split(number, cases) => {
                let clause = shown.avoid.get(*number).ok_or_else(|| (at, "there is no such box to avoid".to_owned()))?;
                if cases.len() != clause.len() {
                    return Err((at, format!("{} cases for {} literals", cases.len(), clause.len())));
                }
                let mut held = path;
                for ((literal, want), next) in clause.iter().zip(cases) {
                    let mut path = held.clone();
                    path.push((literal, !want));
                    open.push((*next, path));
                    held.push((literal, *want));
                }
            }
        }
    }
    Ok(())
}

fn said(why: &Why) -> String {
    match why {
        Why::Action => "no action is left".to_owned(),
        Why::Resource => "no resource is left".to_owned(),
        Why::Principal => "no caller is left".to_owned(),
        Why::Key(key) => format!("no value of `{key}` is left"),
        Why::Formats => "no action that is left works on a resource that is left".to_owned(),
        Why::Callers => "no caller that is left carries the keys that are asked for".to_owned(),
    }
}

fn is_closed(why: &Why, path: &[Sense<'_>], callers: &[Caller], targets: &mut Targets) -> bool {
    match why {
        Why::Action => contradicts(path, &Field::Action) || targets.no_action(path),
        Why::Resource => no_resource(path, None),
        Why::Principal => contradicts(path, &Field::Principal) || !callers.iter().any(|caller| caller.may_be(path)),
        Why::Key(key) => is_impossible(key, path, &Link::Free),
        Why::Formats => targets.nothing_to_work_on(path),
        Why::Callers => {
            let keys: BTreeSet<&str> = path.iter().filter_map(|(literal, _)| key(literal)).collect();
            callers
                .iter()
                .filter(|caller| caller.may_be(path))
                .all(|caller| keys.iter().any(|key| is_impossible(key, path, &caller.link(key))))
        }
    }
}

fn key(literal: &Literal) -> Option<&str> {
    match (&literal.field, &literal.meaning) {
        (Field::Key(key), Meaning::Key(_)) => Some(key),
        _ => None,
    }
}

/// The same is wanted both ways.
fn contradicts(path: &[Sense<'_>], field: &Field) -> bool {
    path.iter().any(|(literal, want)| literal.field == *field && path.contains(&(literal, !want)))
}
