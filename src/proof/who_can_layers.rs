//! The layers of policies that bear on one principal, as boxes, and what must hold for an Allow to get through all of them.

use super::actions::ActionSet;
use super::compile::{Boxed, Compiled, compile, plain};
use super::guardrail::{WAYS, ways};
use super::literal::{Field, Meaning, Named, Sense, Table};
use super::pattern::{Pattern, Reading};
use super::problem::{Obligation, clause};
use super::search::Clause;
use super::who_can::{Case, Who, joined_senses};
use crate::catalog;
use crate::evaluate::Attached;
use crate::policy::Policy;
use crate::policy::arn::{Arn, is_account_id};
use crate::text::glob::{Case as Letters, matches};
use std::collections::BTreeSet;

/// What an Allow is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// Caller and resource are of one account.
    Same,
    /// They are not.
    Cross,
    /// Nothing is known of the caller's own policies: what the resource says counts.
    Outside,
}

/// How a resource policy reaches the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// By name, or as one of everybody.
    Direct,
    /// Through its role, which a boundary still caps.
    Role,
}

/// The Allow that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// Of an identity policy, by its number among the boxes.
    Identity(usize),
    /// Of the resource policy.
    Resource(usize, Reach),
}

/// Every layer, compiled.
#[derive(Debug)]
pub(super) struct Layers {
    pub identity: Compiled,
    pub resource: Compiled,
    boundaries: Vec<Compiled>,
    scps: Vec<Compiled>,
    rcps: Compiled,
    /// Keys of all variables.
    pub variables: BTreeSet<String>,
}

/// Actions that only the resource's own policy can allow, and the resources.
const OWN_POLICY: [(&str, &str); 2] = [("sts", "arn:*:iam:*:*:role/*"), ("kms", "arn:*:kms:*:*:key/*")];

impl Layers {
    /// Of a principal. The table has the values of variables that are known.
    pub fn of(case: &Case<'_, '_>, table: &mut Table) -> Self {
        let scenario = case.scenario;
        let mut all = |list: &[Attached<'_>]| compile(table, &list.iter().map(|a| &a.policy).collect::<Vec<&Policy<'_>>>());
        let identity = if case.known { all(&scenario.identity) } else { Compiled::default() };
        let resource = scenario.resource.as_ref().map(|one| all(std::slice::from_ref(one))).unwrap_or_default();
        let boundaries: Vec<Compiled> = scenario.boundaries.iter().map(|one| all(std::slice::from_ref(one))).collect();
        let scps = if case.scps_bind() { scenario.scps.iter().map(|level| all(level)).collect() } else { Vec::new() };
        let flat: Vec<Attached<'_>> = scenario.rcps.iter().flatten().filter(|_| case.rcps_bind()).cloned().collect();
        let rcps = all(&flat);
        let parts = [&identity, &resource, &rcps].into_iter().chain(&boundaries).chain(&scps);
        let variables = parts.flat_map(|part| part.variables.iter().cloned()).collect();
        Self { identity, resource, boundaries, scps, rcps, variables }
    }

    /// Every Allow that could let the access through, by itself or together with others.
    pub fn grants(&self, case: &Case<'_, '_>, table: &Table) -> Vec<Grant> {
        let may = |boxed: &Boxed| case.asked.actions.is_empty() || boxed.parts.iter().all(|(id, _)| may_name(case, table, *id));
        let identity = self.identity.allow.iter().enumerate().filter(|(_, b)| may(b)).map(|(at, _)| Grant::Identity(at));
        // Of somebody outside, what everybody may is told once, with a row of its own.
        let apart = case.force() == Force::Outside && *case.who != Who::Anyone;
        let own = |boxed: &Boxed| !apart || !boxed.parts.iter().any(|(id, _)| is_for_all(table, *id));
        let resource = self.resource.allow.iter().enumerate().filter(|(_, b)| may(b) && own(b));
        let both = resource.flat_map(|(at, _)| [Grant::Resource(at, Reach::Direct), Grant::Resource(at, Reach::Role)]);
        let mut out: Vec<Grant> = match case.force() {
            Force::Same => identity.chain(both).collect(),
            Force::Cross => identity.collect(),
            Force::Outside => both.filter(|grant| !matches!(grant, Grant::Resource(_, Reach::Role))).collect(),
        };
        // What allows most by itself is told first, and what adds nothing to it not at all.
        let is_key = |id| table.get(id).is_some_and(|l| matches!(l.meaning, Meaning::Key(_)));
        let conditions = |boxed: &Boxed| boxed.parts.iter().filter(|(id, _)| is_key(*id)).count();
        out.sort_by_key(|grant| self.of_grant(*grant).map_or(0, conditions));
        out
    }

    fn of_grant(&self, grant: Grant) -> Option<&Boxed> {
        match grant {
            Grant::Identity(at) => self.identity.allow.get(at),
            Grant::Resource(at, _) => self.resource.allow.get(at),
        }
    }

    /// What other Allows match that are as good as this one: a boundary caps some of them, and the policy of a key
    /// or role has to allow beside others.
    fn blocked(&self, case: &Case<'_, '_>, grant: Grant, told: &[Grant]) -> Vec<Clause> {
        let plain = self.boundaries.is_empty() && OWN_POLICY.iter().all(|(service, _)| !asks(case, service));
        let sort = |grant: &Grant| std::mem::discriminant(grant);
        let alike = |other: &&Grant| match (grant, **other) {
            (Grant::Resource(_, a), Grant::Resource(_, b)) => a == b,
            _ => plain || sort(&grant) == sort(other),
        };
        told.iter().filter(alike).filter_map(|other| self.of_grant(*other)).map(clause).collect()
    }

    /// What must hold for an Allow to get through: an obligation for each choice of what else allows.
    pub fn obligations(&self, case: &Case<'_, '_>, table: &mut Table, grant: Grant, told: &[Grant]) -> Vec<Obligation> {
        let base = target(case, table);
        let scps = ways(table, &self.scps);
        let capped = ways(table, self.boundaries.iter().chain(&self.scps));
        let whole = scps.len() <= WAYS && capped.len() <= WAYS;
        let mut out = Vec::new();
        let mut add = |ways: &[Vec<&Boxed>], extra: &[Sense], avoid: &[Clause]| {
            for way in ways.iter().take(WAYS) {
                let within = base.iter().chain(extra).copied().chain(joined_senses(way.iter().copied()));
                let avoid = avoid.to_vec();
                out.push(Obligation { within: within.collect(), avoid, ..Obligation::default() });
            }
        };
        match (grant, case.force()) {
            (Grant::Identity(at), force) => {
                let Some(allow) = self.identity.allow.get(at) else { return out };
                let own = clause(allow);
                let named: Vec<Clause> = self.resource.allow.iter().map(clause).collect();
                let special = own_policy(case, table);
                if force == Force::Cross {
                    named.iter().for_each(|r| add(&capped, &[own.as_slice(), r].concat(), &[]));
                } else {
                    add(&capped, &own, &special);
                    for only in &special {
                        named.iter().for_each(|r| add(&capped, &[own.as_slice(), r, only].concat(), &[]));
                    }
                }
            }
            (Grant::Resource(at, _), Force::Outside) => {
                self.resource.allow.get(at).into_iter().for_each(|allow| add(&scps, &clause(allow), &[]));
            }
            (Grant::Resource(at, reach), Force::Same | Force::Cross) => {
                let Some(allow) = self.resource.allow.get(at).and_then(|b| reaching(table, b, reach)) else { return out };
                // Sure ones first: whether everybody gets past a boundary, AWS does not say.
                add(&capped, &allow, &[]);
                if reach == Reach::Direct && !self.boundaries.is_empty() {
                    add(&scps, &allow, &[]);
                }
            }
        }
        if !whole && !out.is_empty() {
            // Too many to look at: nothing is proved, what is found is still right.
            out.push(Obligation { within: base.clone(), ..Obligation::default() });
        }
        let mut denies = self.denies(table);
        denies.extend(self.blocked(case, grant, told));
        out.iter_mut().for_each(|obligation| obligation.avoid.extend(denies.iter().cloned()));
        out
    }

    /// Every Deny of every layer.
    fn denies(&self, table: &mut Table) -> Vec<Clause> {
        let plainly = self.boundaries.iter().chain(&self.scps).chain([&self.identity]);
        let mut out: Vec<Clause> = plainly.flat_map(|layer| layer.deny.iter().map(clause)).collect();
        // `NotPrincipal` in a Deny spares nobody who has a boundary.
        let spares = |table: &Table, (id, _): &Sense| {
            !self.boundaries.is_empty() && table.get(*id).is_some_and(|l| matches!(l.meaning, Meaning::DenyPrincipals(..)))
        };
        for deny in &self.resource.deny {
            out.push(clause(deny).into_iter().filter(|sense| !spares(table, sense)).collect());
        }
        if !self.rcps.deny.is_empty() {
            let services: Vec<String> = catalog::current().table("rcp-services").iter().map(|s| format!("{s}:*")).collect();
            let bound = ActionSet::new(services.iter().map(String::as_str));
            let beyond = ActionSet::new(["kms:RetireGrant"].into_iter());
            let bound = (table.literal(plain(Field::Action, Meaning::Actions(bound, false))), true);
            let beyond = (table.literal(plain(Field::Action, Meaning::Actions(beyond, false))), false);
            out.extend(self.rcps.deny.iter().map(|deny| [clause(deny).as_slice(), &[bound, beyond]].concat()));
        }
        out
    }
}

/// False when an element surely leaves out every action that is asked for; patterns are left to the search.
fn may_name(case: &Case<'_, '_>, table: &Table, id: super::literal::LiteralId) -> bool {
    let Some(Meaning::Actions(set, negated)) = table.get(id).map(|l| &l.meaning) else { return true };
    case.asked.actions.iter().any(|a| a.contains(['*', '?']) || set.names(a) != *negated)
}

/// True for a principal element that means everybody, or everybody else.
fn is_for_all(table: &Table, id: super::literal::LiteralId) -> bool {
    match table.get(id).map(|l| &l.meaning) {
        Some(Meaning::Principals(list, negated)) => *negated || list.contains(&Named::Everyone),
        _ => false,
    }
}

/// The access, the account that owns the resource, and what a request says of it.
fn target(case: &Case<'_, '_>, table: &mut Table) -> Vec<Sense> {
    let mut out = case.asked.senses(table);
    let Some(home) = case.home() else { return out };
    if let (Some(owner), Some(key)) = (case.owner, table.known_key("aws:resourceaccount")) {
        out.push(table.among(key, vec![Pattern::exact(owner, false)]));
    }
    let open = |text: &String| Arn::parse(text).is_none_or(|arn| !arn.account.is_empty() && !is_account_id(arn.account));
    if case.asked.resources.iter().any(open) {
        let shapes = [format!("arn:*:*:*:{home}:*"), "arn:*:*:*::*".to_owned(), "arn:*:*:*:aws:*".to_owned()];
        let mut patterns: Vec<Pattern> = shapes.iter().filter_map(|s| Pattern::read(s, Reading::Arn, false, None)).collect();
        patterns.push(Pattern::exact("*", false));
        patterns.sort_unstable();
        out.push((table.literal(plain(Field::Resource, Meaning::Resources(patterns, false))), true));
    }
    out
}

/// Whether actions of a service may be among those asked for.
fn asks(case: &Case<'_, '_>, service: &str) -> bool {
    let prefix = |action: &String| action.split(':').next().unwrap_or_default().to_owned();
    case.asked.actions.iter().any(|action| matches(&prefix(action), service, Letters::Insensitive))
}

/// Where only the resource's own policy can allow, as literals; none where nothing of that sort is asked.
fn own_policy(case: &Case<'_, '_>, table: &mut Table) -> Vec<Clause> {
    let mut out = Vec::new();
    for (service, resource) in OWN_POLICY {
        let Some(pattern) = Pattern::read(resource, Reading::Arn, false, None).filter(|_| asks(case, service)) else { continue };
        let all = format!("{service}:*");
        let action = plain(Field::Action, Meaning::Actions(ActionSet::new([all.as_str()].into_iter()), false));
        let resource = plain(Field::Resource, Meaning::Resources(vec![pattern], false));
        out.push(vec![(table.literal(action), true), (table.literal(resource), true)]);
    }
    out
}

/// An Allow of the resource policy as far as it reaches callers in one way; `None` when it does not.
fn reaching(table: &mut Table, boxed: &Boxed, reach: Reach) -> Option<Clause> {
    let direct = reach == Reach::Direct;
    let mut out = clause(boxed);
    let mut found = false;
    for sense in &mut out {
        let Some(Meaning::Principals(list, negated)) = table.get(sense.0).map(|l| l.meaning.clone()) else { continue };
        found = true;
        if negated {
            // Everybody else.
            return direct.then_some(out);
        }
        let kept: Vec<Named> = list.into_iter().filter(|named| fits(named, direct)).collect();
        if kept.is_empty() {
            return None;
        }
        sense.0 = table.literal(plain(Field::Principal, Meaning::Principals(kept, false)));
    }
    (found || direct).then_some(out)
}

fn fits(named: &Named, direct: bool) -> bool {
    match named {
        Named::Arn(arn) => Arn::parse(arn).is_some_and(|a| a.service == "iam" && a.resource.starts_with("role/")) != direct,
        Named::Unknown(_) => true,
        // An account hands on, and the caller's own policies decide.
        Named::Account(_) => false,
        Named::Everyone | Named::Service(_) | Named::Provider(_) | Named::Canonical(_) | Named::Nobody(_) => direct,
    }
}
