//! What in a policy has no effect: statements that no request fulfils, statements whose requests others decide already,
//! conditions that always hold.
//!
//! Only what is proved counts. A request that shows the contrary is not asked for, so none is replayed.

use super::actions::Bits;
use super::callers::Scope;
use super::compile::{Boxed, Compiled, Input};
use super::engine::Engine;
use super::hash::Map;
use super::literal::{Field, Meaning, Sense, Table};
use super::new_access::scope_of;
use super::problem::{Case, Decided, Obligation, Problem, Ready, clause, decide};
use super::search::Tree;
use crate::evaluate::Request;
use crate::policy::{Effect, Policy, PolicyKind};
use std::collections::BTreeSet;

/// What a part of a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// A condition, by its number in the statement.
    Condition(usize),
}

/// The statements of one policy, compiled.
#[derive(Debug)]
pub struct Statements<'a, 'd> {
    policy: &'a Policy<'d>,
    compiled: Compiled,
    kind: PolicyKind,
    /// Statement to the actions of the catalogue that it is about.
    actions: Map<usize, Bits>,
}

impl<'a, 'd> Statements<'a, 'd> {
    /// Compile a policy.
    pub fn new(engine: &mut Engine, policy: &'a Policy<'d>, kind: PolicyKind) -> Self {
        let compiled = engine.compile(&[policy]);
        let boxes = compiled.allow.iter().chain(&compiled.deny);
        let actions = boxes.map(|boxed| (boxed.statement, bits(engine, boxed))).collect();
        Self { policy, compiled, kind, actions }
    }

    /// Its statements with this effect, by number.
    pub fn with(&self, effect: Effect) -> impl Iterator<Item = usize> {
        let boxes = match effect {
            Effect::Allow => &self.compiled.allow,
            Effect::Deny => &self.compiled.deny,
        };
        boxes.iter().map(|boxed| boxed.statement)
    }

    /// The parts that a statement has.
    pub fn parts(&self, engine: &Engine, statement: usize) -> Vec<Part> {
        let boxed = self.compiled.allow.iter().chain(&self.compiled.deny).find(|b| b.statement == statement);
        let mut conditions = 0;
        let parts = boxed.into_iter().flat_map(|b| &b.parts).map(|(id, _)| match engine.field(*id) {
            Field::Action => Part::Action,
            Field::Resource => Part::Resource,
            Field::Principal => Part::Principal,
            Field::Key(_) => {
                conditions += 1;
                Part::Condition(conditions - 1)
            }
        });
        parts.collect()
    }

    /// Whether no request fulfils these parts of a statement together.
    pub fn excludes(&self, engine: &mut Engine, statement: usize, parts: &[Part]) -> bool {
        self.proved(engine, (statement, parts), &[], None).is_some()
    }

    /// Whether whatever fulfils some parts of a statement fulfils another part as well.
    pub fn implies(&self, engine: &mut Engine, statement: usize, parts: &[Part], part: Part) -> bool {
        self.proved(engine, (statement, parts), &[], Some(part)).is_some()
    }

    /// Whether every request that a statement matches is matched by one of others; which of them it takes for that.
    pub fn covered(&self, engine: &mut Engine, statement: usize, others: &[usize]) -> Option<Vec<usize>> {
        let others = &self.likely(statement, others)?;
        let parts = self.parts(engine, statement);
        let used = self.proved(engine, (statement, &parts), others, None)?;
        if let Some(one) = used.iter().find(|one| self.proved(engine, (statement, &parts), &[**one], None).is_some()) {
            return Some(vec![*one]);
        }
        let mut core = used.clone();
        for other in used.iter().take(MOST_TRIED) {
            let fewer: Vec<usize> = core.iter().copied().filter(|n| n != other).collect();
            if self.proved(engine, (statement, &parts), &fewer, None).is_some() {
                core = fewer;
            }
        }
        Some(core)
    }

    /// Those of some statements that share an action with another, when together they have all of its actions. An action that
    /// works on none of the resources counts as well: a statement is not taken apart to find it superfluous.
    fn likely(&self, statement: usize, others: &[usize]) -> Option<Vec<usize>> {
        let own = self.actions.get(&statement)?;
        let mut left = own.clone();
        let mut out = Vec::new();
        for other in others {
            let theirs = self.actions.get(other)?;
            if !own.lies(theirs, false) || own.is_empty() {
                left.keep(theirs, false);
                out.push(*other);
            }
        }
        (left.is_empty() && !out.is_empty()).then_some(out)
    }

    /// The statements to avoid that a proof makes use of, when there is one.
    fn proved(
        &self,
        engine: &mut Engine,
        (statement, parts): (usize, &[Part]),
        others: &[usize],
        part: Option<Part>,
    ) -> Option<Vec<usize>> {
        let question = Question { of: self, statement, parts, others, part };
        match decide(engine, &question) {
            Decided::Pass(cases) => Some(used(&cases)),
            Decided::Fail(_) | Decided::Unknown(_) => None,
        }
    }
}

/// The actions of the catalogue that a statement is about.
fn bits(engine: &Engine, boxed: &Boxed) -> Bits {
    let mut all = Bits::filled(engine.catalog, true);
    for (id, _) in &boxed.parts {
        if let Some(Meaning::Actions(set, negated)) = engine.table.get(*id).map(|literal| &literal.meaning) {
            all.keep(&set.bits, !negated);
        }
    }
    all
}

/// Statements up to which a list of those that cover another is made shorter.
const MOST_TRIED: usize = 8;

/// Whose requests are looked at. The root user has no identity policies, but what looks like one may be an SCP.
fn scope(kind: PolicyKind) -> Scope {
    match scope_of(kind) {
        Scope::Identity => Scope::Principals,
        other => other,
    }
}

/// The statements whose clauses occur in proofs.
fn used(cases: &[Case]) -> Vec<usize> {
    let mut out = BTreeSet::new();
    for case in cases {
        for (obligation, tree) in case.ready.obligations.iter().zip(&case.trees) {
            let mut open = vec![tree];
            while let Some(Tree::Split(number, below)) = open.pop() {
                out.extend(obligation.but.get(*number).map(|(_, statement)| *statement));
                open.extend(below.iter().filter(|tree| matches!(tree, Tree::Split(..))));
            }
        }
    }
    out.into_iter().collect()
}

/// Whether some parts of a statement lie in other statements, or in another part.
struct Question<'q, 'a, 'd> {
    of: &'q Statements<'a, 'd>,
    statement: usize,
    parts: &'q [Part],
    others: &'q [usize],
    part: Option<Part>,
}

impl Question<'_, '_, '_> {
    /// The literal of a part.
    fn literal(boxed: &Boxed, table: &Table, wanted: Part) -> Option<Sense> {
        let mut conditions = 0;
        boxed.parts.iter().find_map(|(id, _)| {
            let part = match table.get(*id)?.field {
                Field::Action => Part::Action,
                Field::Resource => Part::Resource,
                Field::Principal => Part::Principal,
                Field::Key(_) => {
                    conditions += 1;
                    Part::Condition(conditions - 1)
                }
            };
            (part == wanted).then_some((*id, true))
        })
    }
}

impl Problem for Question<'_, '_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let policies = [self.of.policy];
        let boxes = Input { policies: &policies, compiled: Some(&self.of.compiled) }.boxes(table);
        let mut obligation = Obligation::default();
        for boxed in boxes.allow.iter().chain(&boxes.deny) {
            if boxed.statement == self.statement {
                obligation.within = self.parts.iter().filter_map(|p| Self::literal(boxed, table, *p)).collect();
                if let Some(part) = self.part {
                    obligation.avoid.extend(Self::literal(boxed, table, part).map(|sense| vec![sense]));
                }
            } else if self.others.contains(&boxed.statement) {
                obligation.avoid.push(clause(boxed));
                obligation.but.push((boxed.policy, boxed.statement));
            }
        }
        Ready { obligations: vec![obligation], scope: scope(self.of.kind), variables: boxes.variables.clone() }
    }

    /// Enough to leave the question alone.
    fn is_shown_by(&self, _: &Request) -> bool {
        true
    }
}

#[cfg(test)]
#[path = "dead_tests.rs"]
mod tests;
