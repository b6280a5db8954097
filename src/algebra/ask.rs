//! `denies` and `grants`, decided: what is plain by the text is answered by [`super::cover`]; of the rest the proof engine
//! says whether it holds for every request, or names one for which it does not.
//!
//! An answer of the engine counts only where the question is about some request, and each part of it is: what is said of
//! nothing would hold of a name with a mistake in it.

use super::asked::Asked;
use super::cover::{self, Answer, speaks_to};
use super::question::{Question, Who};
use super::truth::Truth;
use crate::document::{Document, Kind, json};
use crate::evaluate::Request;
use crate::evaluate::policy::applied;
use crate::evaluate::{Applied, View};
use crate::policy::intrinsic::is_within_call;
use crate::policy::{self, Effect, Policy, Statement};
use crate::proof::{Boxed, Decided, Engine, Input, Obligation, Problem, Ready, Sense, Table, World, decide, is_possible};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Branches of one search: rules ask many questions of one policy.
const BUDGET: usize = 2_000;

/// Ways to pick an Allow of each level up to which all are looked at.
const WAYS: usize = 256;

/// Literals after which a thread begins anew, and questions that it remembers.
const LITERALS: usize = 2_000;
const QUESTIONS: usize = 128;

/// Whether every request of the question is denied by these policies together.
pub fn denies<'d>(policies: &[&Policy<'d>], question: &Question) -> Answer<'d> {
    let statements: Vec<&Statement<'d>> = policies.iter().flat_map(|p| &p.statements).collect();
    let mut answer = cover::denies(&statements, question);
    if answer.truth == Truth::True || (!question.explicit && statements.iter().any(|s| s.is(Effect::Allow) && is_computed(s))) {
        return answer;
    }
    let want = if question.explicit { Want::NotDenied } else { Want::Allowed };
    match ask(policies, &[], question, want) {
        Some(Decided::Pass(_)) => denied(&statements),
        Some(Decided::Fail(request)) => {
            answer.witness = Some(request);
            answer
        }
        // What is not shown to be denied is not denied, for all a rule may rely on.
        Some(Decided::Unknown(_)) | None => answer,
    }
}

/// The answer that these statements deny everything that was asked about.
pub(super) fn denied<'d>(statements: &[&Statement<'d>]) -> Answer<'d> {
    let evidence = statements.iter().filter(|s| s.is(Effect::Deny)).map(|s| s.node).collect();
    Answer { truth: Truth::True, missing: Vec::new(), evidence, witness: None }
}

/// Whether some request of the question is allowed by them.
pub fn grants<'d>(policies: &[&Policy<'d>], question: &Question) -> Answer<'d> {
    let statements: Vec<&Statement<'d>> = policies.iter().flat_map(|p| &p.statements).collect();
    let mut answer = cover::grants(&statements, question);
    if answer.truth == Truth::False || statements.iter().any(|s| s.is(Effect::Allow) && is_computed(s)) {
        return answer;
    }
    match ask(policies, &[], question, Want::Allowed) {
        Some(Decided::Fail(request)) => {
            answer.truth = Truth::True;
            answer.witness = Some(request);
            answer
        }
        Some(Decided::Pass(_)) => Answer { truth: Truth::False, missing: Vec::new(), evidence: Vec::new(), witness: None },
        Some(Decided::Unknown(_)) | None => answer,
    }
}

/// Whether a request within all conditions that a statement has on a key can be without it, or outside of some globs.
pub(super) fn leaves(statement: &Statement<'_>, key: &str, inside: &[String]) -> Option<bool> {
    with_asker(|asker| asker.engine.leaves(statement, key, inside))
}

/// What a request must be like to show that the answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// No statement denies it.
    NotDenied,
    /// Some statement allows it besides; where there are levels, some statement of each.
    Allowed,
}

/// One thread's engine, and the questions it knows.
struct Asker {
    engine: Engine,
    known: HashMap<Asked, Rc<[Sense]>>,
}

fn with_asker<T>(work: impl FnOnce(&mut Asker) -> T) -> T {
    thread_local! {
        static ASKER: RefCell<Option<Asker>> = const { RefCell::new(None) };
    }
    ASKER.with_borrow_mut(|asker| {
        if asker.as_ref().is_some_and(|a| a.engine.table.count() > LITERALS || a.known.len() > QUESTIONS) {
            *asker = None;
        }
        work(asker.get_or_insert_with(|| {
            let mut engine = Engine::typed(World::Closed);
            engine.budget = BUDGET;
            Asker { engine, known: HashMap::new() }
        }))
    })
}

impl Asker {
    /// The literals of a question.
    fn literals(&mut self, asked: &Asked) -> Rc<[Sense]> {
        if let Some(known) = self.known.get(asked) {
            return known.clone();
        }
        let literals: Rc<[Sense]> = self.compiled(asked).into();
        self.known.insert(asked.clone(), literals.clone());
        literals
    }

    /// Whether every part of a question is about some request.
    fn is_possible(&mut self, asked: &Asked) -> bool {
        asked.pieces().iter().all(|piece| {
            let senses = self.compiled(piece);
            is_possible(&mut self.engine, &senses, piece.scope.clone())
        })
    }

    fn compiled(&mut self, asked: &Asked) -> Vec<Sense> {
        let document = json::parse(asked.policy());
        let Some(root) = document.root() else { return Vec::new() };
        let (read, _) = policy::parse(root);
        let compiled = self.engine.compile(&[&read]);
        // The first literal is about the actions, which the question means in its own way.
        let rest = compiled.allow.first().into_iter().flat_map(|b| b.parts.iter().skip(1)).map(|(id, _)| (*id, true));
        std::iter::once(self.engine.table.actions(&asked.actions)).chain(rest).collect()
    }
}

/// Put it to the engine. `levels` tells the level of each policy, none where its Allows do not count; it is empty where
/// all policies are one list.
pub(super) fn ask(policies: &[&Policy<'_>], levels: &[Option<usize>], question: &Question, want: Want) -> Option<Decided> {
    let asked = Asked::new(question, policies);
    with_asker(|asker| {
        let literals = asker.literals(&asked);
        let compiled = asker.engine.compile(policies);
        let input = Input { policies, compiled: Some(&compiled) };
        let text = json::parse(asked.policy());
        let problem = Asking { input, levels, literals: &literals, text, want, asked: &asked, who: &question.who };
        let decided = decide(&mut asker.engine, &problem);
        let counts = !matches!(decided, Decided::Pass(_)) || asker.is_possible(&asked);
        counts.then_some(decided)
    })
}

struct Asking<'a, 'd> {
    input: Input<'a, 'd>,
    /// The level of each policy; empty where there are none.
    levels: &'a [Option<usize>],
    literals: &'a [Sense],
    /// The question as a policy, for the evaluator.
    text: Document,
    want: Want,
    asked: &'a Asked,
    who: &'a Who,
}

impl<'d> Asking<'_, 'd> {
    fn statement(&self, boxed: &Boxed) -> Option<&Statement<'d>> {
        self.input.policies.get(boxed.policy)?.statements.get(boxed.statement)
    }

    /// One obligation for each way to pick an Allow of every level: whoever gets through gets through one of them.
    fn ways<'b>(&self, allows: &[&'b Boxed], denies: &[&'b Boxed]) -> Vec<Obligation> {
        let count = self.levels.iter().flatten().max().map_or(0, |last| last + 1);
        let mut ways: Vec<Vec<&Boxed>> = vec![Vec::new()];
        for level in 0..count {
            let own: Vec<&'b Boxed> = allows.iter().copied().filter(|b| self.level(b.policy) == Some(level)).collect();
            let next = ways.iter().flat_map(|way| own.iter().map(move |allow| way.iter().copied().chain([*allow]).collect()));
            ways = next.take(WAYS + 1).collect();
        }
        if ways.len() > WAYS {
            // Too many to look at: that no Deny lets anything through is still a proof.
            return vec![Obligation::new(&[], denies.iter().copied())];
        }
        ways.iter().map(|way| Obligation::new(way, denies.iter().copied())).collect()
    }

    fn level(&self, policy: usize) -> Option<usize> {
        self.levels.get(policy).copied().flatten()
    }
}

impl Problem for Asking<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let boxes = self.input.boxes(table);
        // Of a Deny that is not known in full, nothing is taken for granted.
        let known = |b: &&Boxed| self.statement(b).is_some_and(|s| s.actions.is_some() && !(is_computed(s) && excepts(s)));
        let denies: Vec<&Boxed> = boxes.deny.iter().filter(known).collect();
        let mut obligations: Vec<Obligation> = match self.want {
            Want::NotDenied => vec![Obligation::new(&[], denies)],
            Want::Allowed => {
                let speaks = |b: &&Boxed| self.statement(b).is_none_or(|s| speaks_to(s, self.who));
                let allows: Vec<&Boxed> = boxes.allow.iter().filter(speaks).collect();
                match self.levels {
                    [] => allows.iter().map(|allow| Obligation::new(&[allow], denies.iter().copied())).collect(),
                    _ => self.ways(&allows, &denies),
                }
            }
        };
        for obligation in &mut obligations {
            obligation.within.splice(0..0, self.literals.iter().copied());
        }
        Ready { obligations, scope: self.asked.scope.clone(), variables: boxes.variables.clone() }
    }

    fn is_shown_by(&self, request: &Request) -> bool {
        let view = View::new(request);
        let Some(root) = self.text.root() else { return false };
        let (question, _) = policy::parse(root);
        if !applied([&question], &view).iter().any(|a| a.surely(Effect::Allow)) {
            return false;
        }
        let found: Vec<Applied<'_>> = applied(self.input.policies.iter().copied(), &view);
        let at = |level: Option<usize>| found.iter().any(|a| self.level(a.policy) == level && a.surely(Effect::Allow));
        let mut levels = self.levels.iter().flatten();
        let mut allowed = || match self.levels {
            [] => at(None),
            _ => levels.all(|level| at(Some(*level))),
        };
        !found.iter().any(|a| a.perhaps(Effect::Deny)) && (self.want == Want::NotDenied || allowed())
    }
}

/// Whether its resources hang on values that only a deployed template has.
fn is_computed(statement: &Statement<'_>) -> bool {
    statement.resources.as_ref().is_some_and(|element| {
        let computed = |node| node_is_computed(element.value, node);
        element.items.iter().any(|item| item.variable && computed(item.node))
    })
}

fn node_is_computed<'d>(value: crate::document::Node<'d>, node: crate::document::Node<'d>) -> bool {
    node.kind() != Kind::String || is_within_call(value, node)
}

/// Whether its resources are all but some.
fn excepts(statement: &Statement<'_>) -> bool {
    statement.resources.as_ref().is_some_and(|element| element.negated)
}

#[cfg(test)]
#[path = "ask_tests.rs"]
mod tests;
