//! Statements without effect, proved: whatever the request, the policy decides the same without them.
//!
//! A finding is only made where a proof was found; what cannot be decided gives none. Actions that AWS may add later count as
//! well, except where a statement is said to match nothing at all.

use super::code::Code;
use super::label::Labels;
use super::proof_condition;
use super::proof_form;
use super::proof_lockout;
use super::proof_plain::is_plain;
use super::proof_public;
use super::subject::Subject;
use crate::document::Node;
use crate::finding::fingerprint::normalise_statement;
use crate::policy::{Effect, Element, Principal, Statement};
use crate::proof::{Engine, Part, Statements, World};
use std::collections::HashSet;

/// The checks that take proofs about statements and conditions.
const CODES: [Code; 7] = [
    Code::StatementNeverMatches,
    Code::RedundantAllow,
    Code::ShadowedDeny,
    Code::CancelledAllow,
    Code::ConditionAlwaysHolds,
    Code::RedundantCondition,
    Code::ConditionNeverHolds,
];

/// Statements and texts up to which a policy is looked at: more than AWS takes in one.
const MOST: (usize, usize) = (200, 8000);

/// A policy with what was found out of it.
pub(super) struct Proofs<'a, 'd> {
    /// The policy.
    pub subject: Subject<'a, 'd>,
    /// The engine, for all questions about it.
    pub engine: Engine,
    /// Its statements, compiled.
    pub statements: Statements<'a, 'd>,
    /// Those that proofs may speak of and that match something, by number.
    live: HashSet<usize>,
}

/// Everything proofs say of a policy.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    proof_lockout::check(subject, out);
    proof_public::check(subject, out);
    if !out.wants(&CODES) || subject.policy.statements.len() > MOST.0 || texts(subject) > MOST.1 {
        return;
    }
    let mut engine = Engine::typed(World::Closed);
    let statements = Statements::new(&mut engine, subject.policy, subject.kind);
    let plain = (0..subject.policy.statements.len()).filter(|n| statement(subject, *n).is_some_and(|s| is_plain(subject, s)));
    let mut proofs = Proofs { subject, engine, statements, live: plain.collect() };
    for (number, statement) in subject.statements().enumerate().filter(|(n, _)| proofs.live.contains(n)).collect::<Vec<_>>() {
        let parts = proofs.statements.parts(&proofs.engine, number);
        let never =
            proof_condition::never(&mut proofs, (number, statement), out) || proofs.never((number, statement), &parts, out);
        if never {
            proofs.live.remove(&number);
        } else {
            proof_condition::always(&mut proofs, (number, statement), out);
        }
    }
    proofs.engine.world = World::Open;
    proofs.shadowed(out);
    proofs.cancelled(out);
    proofs.redundant(out);
}

fn texts(subject: Subject<'_, '_>) -> usize {
    let of = |s: &Statement<'_>| {
        let actions = s.actions.as_ref().map_or(0, |e| e.items.len());
        let resources = s.resources.as_ref().map_or(0, |e| e.items.len());
        actions + resources + s.conditions.iter().map(|c| c.values.len()).sum::<usize>()
    };
    subject.statements().map(of).sum()
}

fn statement<'a, 'd>(subject: Subject<'a, 'd>, number: usize) -> Option<&'a Statement<'d>> {
    subject.policy.statements.get(number)
}

/// The place that a part of a statement stands in, and what to call it.
fn place<'d>(statement: &Statement<'d>, part: Part) -> Option<(Node<'d>, &'d str)> {
    match part {
        Part::Action => statement.actions.as_ref().map(|e| (e.key, e.key.scalar())),
        Part::Resource => statement.resources.as_ref().map(|e| (e.key, e.key.scalar())),
        Part::Principal => statement.principals.as_ref().map(|e| (e.key, e.key.scalar())),
        Part::Condition(number) => statement.conditions.get(number).map(|c| (c.key_node, c.key)),
    }
}

/// Why nothing fulfils these parts together.
fn said(core: &[Part], places: &[(Node<'_>, &str)]) -> String {
    let names: Vec<String> = places.iter().map(|(_, name)| format!("`{name}`")).collect();
    match (core, places) {
        ([Part::Principal], _) => "nobody is left of those it names".to_owned(),
        ([_], [(_, name)]) if name.starts_with("Not") => format!("`{name}` leaves nothing"),
        (_, [(_, one), (_, other)]) if one.eq_ignore_ascii_case(other) => format!("its conditions on `{one}` exclude each other"),
        ([Part::Action | Part::Resource, ..], _) => "none of its actions works on one of its resources".to_owned(),
        _ => format!("{} exclude each other", names.join(" and ")),
    }
}

impl<'d> Proofs<'_, 'd> {
    /// A statement that no request matches.
    fn never(&mut self, (number, statement): (usize, &Statement<'d>), parts: &[Part], out: &mut Labels<'d>) -> bool {
        if !self.statements.excludes(&mut self.engine, number, parts) {
            return false;
        }
        // The fewest parts that exclude each other.
        let mut core = parts.to_vec();
        for part in parts {
            let fewer: Vec<Part> = core.iter().copied().filter(|p| p != part).collect();
            if self.statements.excludes(&mut self.engine, number, &fewer) {
                core = fewer;
            }
        }
        let by_form = core.iter().all(|part| matches!(part, Part::Action | Part::Resource));
        if !by_form || proof_form::is_sure(self.subject.catalog, statement) {
            let places: Vec<(Node<'d>, &'d str)> = core.iter().filter_map(|part| place(statement, *part)).collect();
            let label = out.add(Code::StatementNeverMatches, statement.node).text(said(&core, &places));
            for (node, _) in places {
                label.related(node, "this takes part in it");
            }
        }
        true
    }

    fn live(&self, effect: Effect) -> Vec<usize> {
        self.statements.with(effect).filter(|n| self.live.contains(n)).collect()
    }

    /// Add a label at a statement, with the statements that make it so.
    fn add(&self, code: Code, (number, by): (usize, &[usize]), word: &'static str, out: &mut Labels<'d>) {
        let Some(found) = statement(self.subject, number) else { return };
        let others: Vec<String> = by.iter().map(|n| self.path(*n)).collect();
        let label = out.add(code, found.node).text("").other(others.join(" and "));
        for other in by.iter().filter_map(|n| statement(self.subject, *n)) {
            label.related(other.node, word);
        }
    }

    /// `$.Statement[1]`.
    fn path(&self, number: usize) -> String {
        let list = self.subject.policy.node.get("Statement").is_some_and(|s| s.elements().next().is_some());
        if list { format!("$.Statement[{number}]") } else { "$.Statement".to_owned() }
    }

    /// Statements that are left when those that others cover are taken out, the last first. Copies are another check's.
    fn covered(&mut self, effect: Effect, beside: &[usize], report: &mut dyn FnMut(&Self, usize, Vec<usize>)) {
        let mut left = self.live(effect);
        let copies = self.copies();
        left.retain(|n| !copies.contains(n));
        for number in left.clone().into_iter().rev() {
            let others: Vec<usize> = left.iter().copied().filter(|n| *n != number && self.may_stand_for(*n, number)).collect();
            if others.is_empty() {
                continue;
            }
            let all: Vec<usize> = others.iter().chain(beside).copied().collect();
            if let Some(by) = self.statements.covered(&mut self.engine, number, &all) {
                left.retain(|n| *n != number);
                report(self, number, by);
            }
        }
    }

    /// Statements that repeat an earlier one word for word.
    fn copies(&self) -> HashSet<usize> {
        let mut seen = HashSet::new();
        let all = self.subject.statements().enumerate();
        all.filter(|(_, s)| !seen.insert(normalise_statement(s.node))).map(|(n, _)| n).collect()
    }

    /// Naming an account is less than naming its users and roles: only who is named in the same way takes somebody's place.
    fn may_stand_for(&self, other: usize, number: usize) -> bool {
        let (Some(other), Some(own)) = (statement(self.subject, other), statement(self.subject, number)) else { return false };
        if !own.services.may_meet(other.services) {
            return false;
        }
        if own.is(Effect::Deny) {
            return true;
        }
        let names = |e: &Element<'d, Principal<'d>>| -> HashSet<&'d str> { e.items.iter().map(|p| p.text).collect() };
        match (&own.principals, &other.principals) {
            (Some(own), Some(other)) if !own.negated && !other.negated => names(own).is_subset(&names(other)),
            (Some(own), Some(other)) => own.negated == other.negated && names(own) == names(other),
            (own, other) => own.is_none() && other.is_none(),
        }
    }

    /// A Deny that others swallow.
    fn shadowed(&mut self, out: &mut Labels<'d>) {
        if out.wants(&[Code::ShadowedDeny]) {
            self.covered(Effect::Deny, &[], &mut |own, number, by| {
                own.add(Code::ShadowedDeny, (number, &by), "this Deny covers it", out);
            });
        }
    }

    /// An Allow that the Denies of the policy take away.
    fn cancelled(&mut self, out: &mut Labels<'d>) {
        let denies = self.live(Effect::Deny);
        if denies.is_empty() || !out.wants(&[Code::CancelledAllow, Code::RedundantAllow]) {
            return;
        }
        for number in self.live(Effect::Allow) {
            if let Some(by) = self.statements.covered(&mut self.engine, number, &denies) {
                self.live.remove(&number);
                self.add(Code::CancelledAllow, (number, &by), "this Deny takes it away", out);
            }
        }
    }

    /// An Allow that others, and the Denies, leave nothing to allow.
    fn redundant(&mut self, out: &mut Labels<'d>) {
        if out.wants(&[Code::RedundantAllow]) {
            let denies = self.live(Effect::Deny);
            self.covered(Effect::Allow, &denies, &mut |own, number, by| {
                own.add(Code::RedundantAllow, (number, &by), "this statement decides it already", out);
            });
        }
    }
}
