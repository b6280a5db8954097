//! Actions and the resources they work on: all actions of the catalogue are looked at, and the forms of their resources.
//!
//! Service Authorization Reference, "Actions, resources, and condition keys for AWS services". An action exists when the
//! catalogue has it or a policy names it outright; in the open world every name that has the form of one may come to be.

use super::literal::{Meaning, Sense};
use super::pattern::{Pattern, Reading, Symbol};
use super::product;
use crate::catalog::{self, Action};
use std::collections::{BTreeMap, BTreeSet};

/// What was found out about the catalogue and this certificate.
#[derive(Debug)]
pub struct Targets {
    /// Every action of the catalogue, service and name in lower case.
    actions: Vec<(String, String)>,
    /// Which of them a pattern names.
    named: BTreeMap<String, BTreeSet<usize>>,
    /// Actions that policies name outright and the catalogue does not have.
    spelled: BTreeSet<String>,
    /// Actions to come count.
    open_world: bool,
    /// Resources have the forms that the catalogue gives for actions.
    typed: bool,
}

impl Default for Targets {
    fn default() -> Self {
        let all = (0..catalog::current().action_count()).filter_map(|index| catalog::current().action_at(index));
        let lower = |action: Action| (action.service().prefix().to_lowercase(), action.name().to_lowercase());
        Self {
            actions: all.map(lower).collect(),
            named: BTreeMap::new(),
            spelled: BTreeSet::new(),
            open_world: false,
            typed: false,
        }
    }
}

impl Targets {
    /// Begin with another claim: what its policies spell out, which world it is about, and whether resources have forms.
    pub fn begin<'a>(&mut self, meanings: impl Iterator<Item = &'a Meaning>, (open_world, typed): (bool, bool)) {
        let names = meanings.filter_map(|m| if let Meaning::Actions(names, _) = m { Some(names) } else { None }).flatten();
        let plain = names.filter(|name| !name.contains(['*', '?']));
        self.spelled = plain.filter(|name| catalog::current().action_named(name).is_none()).cloned().collect();
        (self.open_world, self.typed) = (open_world, typed);
    }

    /// The actions of the catalogue that a pattern names.
    fn of(&mut self, pattern: &str) -> &BTreeSet<usize> {
        let actions = &self.actions;
        self.named.entry(pattern.to_lowercase()).or_insert_with_key(|text| {
            // Where the service is written out, most need not be looked at.
            let head = text.split_once(':').map(|(head, _)| head).filter(|head| !head.contains(['*', '?']));
            let near = |service: &str| head.is_none_or(|head| head == service);
            let all = actions.iter().enumerate().filter(|(_, (service, _))| near(service));
            if text == "*" {
                return (0..actions.len()).collect();
            }
            let Some(pattern) = read(text) else { return BTreeSet::new() };
            all.filter(|(_, (service, name))| pattern.matches(&format!("{service}:{name}"))).map(|(index, _)| index).collect()
        })
    }

    /// The actions of the catalogue that are as the path wants.
    fn left(&mut self, path: &[Sense<'_>]) -> BTreeSet<usize> {
        let mut elements: Vec<(&[String], bool)> = elements(path).collect();
        // What is to be in is looked at first: it leaves the fewest.
        elements.sort_by_key(|(_, inside)| !inside);
        let mut left: Option<BTreeSet<usize>> = None;
        for (names, inside) in elements {
            if left.is_none() && inside {
                left = Some(names.iter().flat_map(|name| self.of(name).clone()).collect());
                continue;
            }
            let mut rest = left.unwrap_or_else(|| (0..self.actions.len()).collect());
            if rest.is_empty() {
                return rest;
            }
            if inside {
                let mut kept = BTreeSet::new();
                names.iter().for_each(|name| kept.extend(rest.intersection(self.of(name))));
                rest = kept;
            } else {
                for name in names {
                    let named = self.of(name);
                    if named.len() < rest.len() {
                        named.iter().for_each(|index| _ = rest.remove(index));
                    } else {
                        rest.retain(|index| !named.contains(index));
                    }
                }
            }
            left = Some(rest);
        }
        left.unwrap_or_else(|| (0..self.actions.len()).collect())
    }

    /// Whether an action that the catalogue does not have may be as the path wants.
    fn may_be_unknown(&mut self, path: &[Sense<'_>]) -> bool {
        let elements: Vec<(&[String], bool)> = elements(path).collect();
        let sets: Vec<(Vec<Pattern>, bool)> =
            elements.iter().map(|(names, inside)| (names.iter().filter_map(|name| read(name)).collect(), *inside)).collect();
        let fits = |name: &String| sets.iter().all(|(set, inside)| set.iter().any(|p| p.matches(name)) == *inside);
        if self.spelled.iter().any(fits) {
            return true;
        }
        // A pattern that names nothing of the catalogue was written by somebody who knew of an action.
        let wild = elements.iter().filter(|(_, inside)| *inside).flat_map(|(names, _)| names.iter());
        let wild: Vec<&String> = wild.filter(|name| name.contains(['*', '?'])).collect();
        let mut regions: Vec<Pattern> = Vec::new();
        for name in wild {
            if self.of(name).is_empty() {
                regions.extend(read(name));
            }
        }
        if self.open_world {
            let field = [Symbol::One(true), Symbol::Run(true)];
            regions
                .push(Pattern::of(field.iter().cloned().chain([Symbol::Char(':')]).chain(field.iter().cloned()).collect(), true));
        }
        let pick = |sense: bool| sets.iter().filter(move |(_, inside)| *inside == sense).map(|(set, _)| set.as_slice());
        let without: Vec<&[Pattern]> = pick(false).collect();
        regions.iter().any(|region| {
            let within: Vec<&[Pattern]> = [std::slice::from_ref(region)].into_iter().chain(pick(true)).collect();
            !product::is_empty(&within, &without)
        })
    }

    /// True when surely no action is as the path wants.
    pub fn no_action(&mut self, path: &[Sense<'_>]) -> bool {
        self.left(path).is_empty() && !self.may_be_unknown(path)
    }

    /// True when surely no action that is left works on a resource that is left.
    pub fn nothing_to_work_on(&mut self, path: &[Sense<'_>]) -> bool {
        if no_resource(path, None) {
            return true;
        }
        if self.may_be_unknown(path) {
            return false;
        }
        let mut forms: BTreeSet<&str> = BTreeSet::new();
        let mut none = false;
        for action in self.left(path).into_iter().filter_map(|index| catalog::current().action_at(index)) {
            if !self.typed && action.types().next().is_some() {
                // It may work on anything, and something is left.
                return false;
            }
            forms.extend(action.types().map(catalog::ResourceType::arn));
            none |= action.works_on_none();
        }
        // What works on no resource is evaluated against the text `*`.
        (!none || !may_be_none(path)) && forms.into_iter().all(|form| no_resource(path, Some(form)))
    }
}

/// Action elements, and whether the action is to be among their names.
fn elements<'a>(path: &[Sense<'a>]) -> impl Iterator<Item = (&'a [String], bool)> {
    path.iter().filter_map(|(literal, want)| match &literal.meaning {
        Meaning::Actions(names, negated) => Some((names.as_slice(), want != negated)),
        Meaning::Resources(..) | Meaning::Principals(..) | Meaning::Key(_) => None,
    })
}

fn read(text: &str) -> Option<Pattern> {
    Pattern::read(text, Reading::Glob, true, None)
}

/// Resource elements, and whether the resource is to be among theirs. A statement that may be void can be escaped from.
fn resources<'a>(path: &[Sense<'a>]) -> impl Iterator<Item = (&'a [Pattern], bool)> {
    path.iter().filter_map(|(literal, want)| match &literal.meaning {
        Meaning::Resources(all, negated) if *want || !literal.doubtful => Some((all.as_slice(), want != negated)),
        _ => None,
    })
}

/// True when surely no resource is as the path wants; with the form of a type, none of that type.
pub fn no_resource(path: &[Sense<'_>], form: Option<&str>) -> bool {
    let contradicts =
        |(literal, want): &Sense<'_>| matches!(literal.meaning, Meaning::Resources(..)) && path.contains(&(literal, !want));
    if path.iter().any(contradicts) {
        return true;
    }
    let pick = |sense: bool| resources(path).filter(move |(_, inside)| *inside == sense).map(|(all, _)| all);
    let shape = form.map(|form| [shape(form)]);
    let slash = [Pattern::of(vec![Symbol::Run(false), Symbol::Char('/'), Symbol::Run(false)], false)];
    let within: Vec<&[Pattern]> = shape.iter().map(|shape| &shape[..]).chain(pick(true)).collect();
    let mut without: Vec<&[Pattern]> = pick(false).collect();
    // A name of a bucket has no slash: what has one is an object.
    let bucket = form.and_then(|form| form.strip_prefix("arn:${Partition}:s3:::"));
    if bucket.is_some_and(|name| name.ends_with('}') && !name.contains('/')) {
        without.push(&slash);
    }
    product::is_empty(&within, &without)
}

/// Whether the text `*`, which stands for no resource, may be as the path wants.
fn may_be_none(path: &[Sense<'_>]) -> bool {
    resources(path).all(|(all, inside)| {
        let surely = all.iter().any(|p| p.matches("*"));
        let may = all.iter().any(|p| p.widened().matches("*"));
        if inside { may } else { !surely }
    })
}

/// What ARNs of a form look like. Region and account may be empty, for AWS's own resources.
fn shape(form: &str) -> Pattern {
    let mut symbols = Vec::new();
    let mut colons = 0;
    let mut rest = form;
    while let Some(c) = rest.chars().next() {
        let variable = rest.strip_prefix("${").and_then(|tail| tail.split_once('}'));
        if let Some((_, after)) = variable {
            symbols.extend(match colons {
                0..=2 => vec![Symbol::One(true), Symbol::Run(true)],
                3 | 4 => vec![Symbol::Run(true)],
                _ => vec![Symbol::Run(false)],
            });
            rest = after;
            continue;
        }
        colons += usize::from(c == ':');
        symbols.push(if c == '*' { Symbol::Run(false) } else { Symbol::Char(c) });
        rest = rest.strip_prefix(c).unwrap_or_default();
    }
    Pattern::of(symbols, false)
}
