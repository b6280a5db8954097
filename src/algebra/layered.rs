//! `denies` and `grants` asked of control policies by the levels they are attached at: a request needs an Allow at every
//! level from the root down, and a Deny at any of them stops it.
//!
//! AWS Organizations User Guide, "SCP evaluation".

use super::ask::{self, Want, ask, denied};
use super::cover::{self, Answer};
use super::question::Question;
use super::truth::Truth;
use crate::policy::{Effect, Policy, Statement};
use crate::proof::Decided;

/// What is attached to one level.
#[derive(Clone, Debug, Default)]
pub struct Layer<'a, 'd> {
    /// Its policies.
    pub policies: Vec<&'a Policy<'d>>,
    /// It allows everything, whatever its policies say.
    pub open: bool,
}

impl Layer<'_, '_> {
    /// Whether some Allow of it says everything, or it is open in any case.
    fn allows_everything(&self) -> bool {
        self.open || self.policies.iter().flat_map(|policy| &policy.statements).any(allows_everything)
    }
}

/// True for an Allow of every action on every resource without a condition.
pub fn allows_everything(statement: &Statement<'_>) -> bool {
    statement.is(Effect::Allow)
        && statement.conditions.is_empty()
        && statement.condition_node.is_none()
        && statement.actions.as_ref().is_some_and(|e| !e.negated && e.items.iter().any(|a| matches!(a.text, "*" | "*:*")))
        && statement.resources.as_ref().is_none_or(|e| !e.negated && e.items.iter().any(|r| r.text == "*"))
}

/// Whether every request of the question is stopped on its way through the levels.
pub fn denies<'d>(layers: &[Layer<'_, 'd>], question: &Question) -> Answer<'d> {
    let tight: Vec<&Layer<'_, 'd>> = layers.iter().filter(|layer| !layer.allows_everything()).collect();
    let all: Vec<&Policy<'d>> = layers.iter().flat_map(|layer| &layer.policies).copied().collect();
    if question.explicit || tight.is_empty() {
        return ask::denies(&all, &Question { explicit: true, ..question.clone() });
    }
    let denies: Vec<&Statement<'d>> =
        all.iter().flat_map(|policy| &policy.statements).filter(|statement| statement.is(Effect::Deny)).collect();
    let mut missing: Option<Answer<'d>> = None;
    for layer in &tight {
        let allows = layer.policies.iter().flat_map(|policy| &policy.statements).filter(|statement| statement.is(Effect::Allow));
        let statements: Vec<&Statement<'d>> = allows.chain(denies.iter().copied()).collect();
        let answer = cover::denies(&statements, question);
        if answer.truth == Truth::True {
            return denied(&denies);
        }
        missing = Some(narrowed(missing, answer));
    }
    let (policies, levels) = numbered(layers);
    let mut answer = missing.unwrap_or_else(|| cover::denies(&denies, question));
    match ask(&policies, &levels, question, Want::Allowed) {
        Some(Decided::Pass(_)) => denied(&denies),
        Some(Decided::Fail(request)) => {
            answer.witness = Some(request);
            answer
        }
        Some(Decided::Unknown(_)) | None => answer,
    }
}

/// What stays open at this level as well; all of it when that is nothing, since then no name tells what gets through.
fn narrowed<'d>(known: Option<Answer<'d>>, mut here: Answer<'d>) -> Answer<'d> {
    let Some(known) = known else { return here };
    let both: Vec<String> = here.missing.iter().filter(|name| known.missing.contains(name)).cloned().collect();
    if !both.is_empty() {
        here.missing = both;
    }
    here
}

/// Whether some request of the question gets through.
pub fn grants<'d>(layers: &[Layer<'_, 'd>], question: &Question) -> Answer<'d> {
    let denied = denies(layers, question);
    let shown = denied.witness.is_some();
    let truth = match denied.truth {
        Truth::True => Truth::False,
        Truth::False if shown => Truth::True,
        Truth::False | Truth::Unknown => Truth::Unknown,
    };
    Answer { truth, ..denied }
}

/// All policies, each with the number of its level; those of levels that allow everything have none.
fn numbered<'a, 'd>(layers: &[Layer<'a, 'd>]) -> (Vec<&'a Policy<'d>>, Vec<Option<usize>>) {
    let (mut policies, mut levels, mut next) = (Vec::new(), Vec::new(), 0);
    for layer in layers {
        let level = (!layer.allows_everything()).then_some(next);
        next += usize::from(level.is_some());
        policies.extend(&layer.policies);
        levels.extend(layer.policies.iter().map(|_| level));
    }
    (policies, levels)
}

#[cfg(test)]
#[path = "layered_tests.rs"]
mod tests;
