//! The question for a whole organization, from the tree to the answer, in one screen.

use super::accounts::{Bearing, Binding, Weight, in_scope, neighbours};
use super::judge::{Judged, Pool};
use super::model::{Coverage, Group, Holds, Question, Spot};
use super::nearest::{self, Seen};
use super::structural;
use super::suggest::{self, Aim, Open};
use super::texts::{Control, Text};
use crate::policy::PolicyKind;
use crate::proof::{self, Engine, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Whether the control policies of an organization stop what is asked, for every account in scope. The engine's terms
/// (assumptions, forms of resources) are kept; its world is that of the question.
pub fn cover(engine: &mut Engine, question: &Question<'_>, controls: &[Control<'_>]) -> Coverage {
    let organization = question.organization;
    let (accounts, nowhere) = in_scope(question);
    let pool = Pool::new(engine, question, controls);
    let seen = nearest::look(engine, &pool, &question.asked.actions);
    let weights = weights(engine, &pool, &seen);
    let mut binding = Binding::new(organization, controls, &weights);
    let management = organization.management_account.as_deref();
    let bound = accounts.iter().copied().filter(|id| management != Some(*id));
    let mut alike: BTreeMap<Bearing, Vec<&str>> = BTreeMap::new();
    for (one, neighbours) in neighbours(organization, bound) {
        alike.entry(binding.of_member(one)).or_default().extend(neighbours);
    }
    alike.values_mut().for_each(|accounts| accounts.sort_unstable());
    let attached = Attached::new(organization);
    let mut groups = Vec::new();
    let (mut open, mut to_outsiders): (Vec<Open<'_>>, Vec<Open<'_>>) = (Vec::new(), Vec::new());
    let mut unused: Option<BTreeSet<usize>> = None;
    for (bearing, members) in alike {
        let mut answers: Vec<(Judged<'_>, Option<Verdict>)> = Vec::new();
        for (of_resources, members) in pool.of_resources(engine, &bearing, members) {
            let judged = match stopped(&bearing, &seen) {
                true => vec![pool.held(&bearing, members)],
                false => pool.judge(engine, &bearing, members),
            };
            answers.extend(judged.into_iter().map(|judged| (judged, of_resources)));
        }
        for (judged, of_resources) in answers {
            let mut group = group(question, &pool, &judged);
            hold(&mut group, (&judged, of_resources), &bearing, &seen);
            // Once every exemption was needed somewhere there is nothing to learn any more.
            let open_question = !question.except.is_empty() && unused.as_ref().is_none_or(|known| !known.is_empty());
            if open_question && group.held.iter().any(|holds| holds.kind == PolicyKind::ServiceControlPolicy) {
                let now: BTreeSet<usize> = pool.unused(engine, &bearing).into_iter().collect();
                unused = Some(unused.map_or_else(|| now.clone(), |known| &known & &now));
            }
            if group.verdict != Verdict::Pass {
                let above = judged.accounts.first().map(|account| binding.above(account)).unwrap_or_default();
                if let (Some(request), Some(account)) = (&mut group.witness, judged.accounts.first()) {
                    pool.complete(engine, request, account, &above);
                }
                group.nearest = nearest::nearest(&pool, &seen, &above, &|control| attached.targets(controls, control));
            }
            if group.verdict == Verdict::Fail {
                open.push(Open { bearing: bearing.clone(), accounts: judged.accounts.clone() });
            }
            if of_resources != Some(Verdict::Pass) {
                to_outsiders.push(Open { bearing: bearing.clone(), accounts: judged.accounts.clone() });
            }
            groups.push(group);
        }
    }
    let mut groups = merged(groups);
    sort(&mut groups);
    let gaps = structural::gaps(question, &accounts, &groups, pool.binds_resources);
    let suggestion = suggest::suggest(engine, question, &pool, &open, &Aim::at_principals(&groups));
    let for_resources = suggest::suggest(engine, question, &pool, &to_outsiders, &Aim::at_resources(&groups));
    let unused = unused.into_iter().flatten().filter_map(|at| question.except.get(at).cloned()).collect();
    Coverage { groups, gaps, suggestion, for_resources, unused, nowhere }
}

/// True when one Deny stops all of it by itself, in the world with the most actions: whatever stands beside it, nobody gets
/// through.
fn stopped(bearing: &Bearing, seen: &[Seen]) -> bool {
    let here: BTreeSet<usize> = bearing.levels.iter().flatten().copied().collect();
    seen.iter().any(|s| s.aimed.stops_all && here.contains(&s.spot.control))
}

/// What each policy says of the question.
fn weights(engine: &Engine, pool: &Pool<'_, '_>, seen: &[Seen]) -> Vec<Weight> {
    let near: BTreeSet<usize> = seen.iter().filter(|s| s.is_near()).map(|s| s.spot.control).collect();
    let touching: BTreeSet<usize> = seen.iter().filter(|s| s.aimed.touches).map(|s| s.spot.control).collect();
    let one = |(at, (control, compiled)): (usize, (&Control<'_>, &proof::Compiled))| {
        let known = matches!(control.text, Text::Read(_) | Text::Full(_));
        let allows_everything = proof::allows_everything(engine, compiled);
        Weight { allows_everything, may_deny: touching.contains(&at) || !known, is_near: near.contains(&at), known }
    };
    pool.controls.iter().zip(&pool.compiled).enumerate().map(one).collect()
}

/// The answer of a proof, in the organization's terms.
fn group(question: &Question<'_>, pool: &Pool<'_, '_>, judged: &Judged<'_>) -> Group {
    let spot = |part: &proof::Responsible| {
        let control = *judged.numbering.get(part.policy)?;
        Some((Spot { control, statement: part.statement, node: part.node }, part.note.clone()))
    };
    // One that only stands for others that allow everything has no place.
    let placed = |(spot, _): &(Spot, String)| pool.controls.get(spot.control).is_some_and(|c| !c.id.is_empty());
    let parent = |id: &&str| question.organization.accounts.get(*id).and_then(|account| account.parent.clone());
    let units = judged.accounts.iter().filter_map(parent);
    let units: BTreeSet<String> = units.collect();
    Group {
        verdict: judged.proof.verdict,
        accounts: judged.accounts.iter().map(|id| (*id).to_owned()).collect(),
        units: units.into_iter().collect(),
        held: Vec::new(),
        witness: judged.proof.witness.clone(),
        reason: judged.proof.reason.clone(),
        deciding: judged.proof.responsible.iter().filter_map(spot).filter(placed).collect(),
        nearest: Vec::new(),
    }
}

/// What holds the accounts; what one of both sorts of policies stops is stopped.
fn hold(group: &mut Group, (judged, of_resources): (&Judged<'_>, Option<Verdict>), bearing: &Bearing, seen: &[Seen]) {
    let whole = |controls: &BTreeSet<usize>| {
        seen.iter().find(|s| s.aimed.stops_all && controls.contains(&s.spot.control)).map(|s| s.spot)
    };
    if judged.proof.verdict == Verdict::Pass {
        let by = whole(&judged.numbering.iter().copied().collect());
        group.held.push(Holds { kind: PolicyKind::ServiceControlPolicy, by });
    }
    if of_resources == Some(Verdict::Pass) {
        group.held.push(Holds { kind: PolicyKind::ResourceControlPolicy, by: whole(&bearing.of_resources) });
        if group.verdict != Verdict::Pass {
            group.verdict = Verdict::Pass;
            group.witness = None;
            group.deciding.clear();
            let word = "resource control policies alone hold it: nobody can do it to resources of these accounts, but their \
                        principals can do it to resources of others that let them";
            group.reason = Some(word.to_owned());
        }
    }
}

/// Groups of which the same is to be said are one: what bears on them differs only in what decides nothing.
fn merged(groups: Vec<Group>) -> Vec<Group> {
    let mut out: Vec<Group> = Vec::new();
    for group in groups {
        match out.iter_mut().find(|known| is_alike(known, &group)) {
            Some(known) => {
                known.accounts.extend(group.accounts);
                known.units.extend(group.units);
            }
            None => out.push(group),
        }
    }
    for group in &mut out {
        group.accounts.sort();
        group.units.sort();
        group.units.dedup();
    }
    out
}

fn is_alike(a: &Group, b: &Group) -> bool {
    let witness = |group: &Group| {
        let own = group.accounts.first().map_or("", String::as_str);
        group.witness.clone().map(|mut request| {
            for text in [&mut request.caller.arn, &mut request.resource] {
                *text = text.replace(own, "");
            }
            request.caller.account = None;
            request
        })
    };
    (a.verdict, &a.held, &a.reason, &a.nearest) == (b.verdict, &b.held, &b.reason, &b.nearest) && witness(a) == witness(b)
}

fn sort(groups: &mut [Group]) {
    let first = |verdict| match verdict {
        Verdict::Fail => 0,
        Verdict::Unknown => 1,
        Verdict::Pass => 2,
    };
    groups.sort_by(|a, b| {
        let key = |g: &Group| (first(g.verdict), std::cmp::Reverse(g.accounts.len()));
        key(a).cmp(&key(b)).then_with(|| a.accounts.cmp(&b.accounts))
    });
}

/// Targets by policy.
struct Attached<'q> {
    by_policy: BTreeMap<&'q str, Vec<&'q str>>,
}

impl<'q> Attached<'q> {
    fn new(organization: &'q crate::organization::Organization) -> Self {
        let mut by_policy: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (target, policies) in &organization.attached {
            for policy in policies {
                by_policy.entry(policy).or_default().push(target);
            }
        }
        Self { by_policy }
    }

    fn targets(&self, controls: &[Control<'_>], control: usize) -> Vec<String> {
        let found = controls.get(control).and_then(|c| self.by_policy.get(c.id.as_str()));
        found.into_iter().flatten().map(|target| (*target).to_owned()).collect()
    }
}
