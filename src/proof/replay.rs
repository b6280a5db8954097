//! The evaluator as the judge of witnesses, and what it says of single statements.

use super::verdict::Responsible;
use crate::document::Node;
use crate::evaluate::policy::applied;
use crate::evaluate::{Applied, Match, Request, View, Why, statement};
use crate::policy::{Effect, Policy};

/// Whether some policies, read as one list, surely allow a request.
pub fn surely_allowed(policies: &[&Policy<'_>], request: &Request) -> bool {
    let applied = applied(policies.iter().copied(), &View::new(request));
    applied.iter().any(|a| a.surely(Effect::Allow)) && !applied.iter().any(|a| a.perhaps(Effect::Deny))
}

/// Whether some of them deny a request, or may.
pub fn perhaps_denied(policies: &[&Policy<'_>], request: &Request) -> bool {
    applied(policies.iter().copied(), &View::new(request)).iter().any(|a| a.perhaps(Effect::Deny) && a.effect.is_some())
}

/// Whether they surely do not.
pub fn surely_not_allowed(policies: &[&Policy<'_>], request: &Request) -> bool {
    let applied = applied(policies.iter().copied(), &View::new(request));
    applied.iter().any(|a| a.surely(Effect::Deny)) || !applied.iter().any(|a| a.perhaps(Effect::Allow))
}

fn with_effect(policies: &[&Policy<'_>], request: &Request, (effect, note): (Effect, &str), first: usize) -> Vec<Responsible> {
    let applied = applied(policies.iter().copied(), &View::new(request));
    let fits = applied.iter().filter(|a| a.surely(effect));
    fits.map(|a| Responsible {
        policy: first + a.policy,
        statement: a.statement,
        node: telling(policies, a).id(),
        note: note.to_owned(),
    })
    .collect()
}

/// What to point at: the actions say more than the brace that a statement opens with.
fn telling<'d>(policies: &[&Policy<'d>], applied: &Applied<'d>) -> Node<'d> {
    let statement = policies.get(applied.policy).and_then(|p| p.statements.get(applied.statement));
    statement.and_then(|s| s.actions.as_ref()).map_or(applied.node, |element| element.value)
}

/// The statements that allow a request.
pub fn allowing(policies: &[&Policy<'_>], request: &Request, first: usize) -> Vec<Responsible> {
    with_effect(policies, request, (Effect::Allow, "allows it"), first)
}

/// The statements that deny it.
pub fn denying(policies: &[&Policy<'_>], request: &Request, first: usize) -> Vec<Responsible> {
    with_effect(policies, request, (Effect::Deny, "denies it"), first)
}

/// How many statements that miss are told.
const MISSES: usize = 4;

/// Statements about this action that do not apply, with what keeps each from it.
pub fn near_misses(policies: &[&Policy<'_>], request: &Request, first: usize) -> Vec<Responsible> {
    misses(policies, request, first, &[Effect::Allow, Effect::Deny])
}

/// The same of statements that deny.
pub fn near_denies(policies: &[&Policy<'_>], request: &Request, first: usize) -> Vec<Responsible> {
    misses(policies, request, first, &[Effect::Deny])
}

fn misses(policies: &[&Policy<'_>], request: &Request, first: usize, effects: &[Effect]) -> Vec<Responsible> {
    let view = View::new(request);
    let mut out = Vec::new();
    for (number, policy) in policies.iter().enumerate() {
        for (at, found) in policy.statements.iter().enumerate() {
            let Match::No(miss) = statement::judge(policy.version, found, &view) else { continue };
            let Some((effect, _)) = found.effect.filter(|(e, _)| miss.why != Why::Action && effects.contains(e)) else {
                continue;
            };
            let effect = if effect == Effect::Allow { "Allow" } else { "Deny" };
            let note = format!("this {effect} does not apply: {}", told(miss.why, miss.node));
            out.push(Responsible { policy: first + number, statement: at, node: miss.node.id(), note });
        }
    }
    out.truncate(MISSES);
    out
}

/// Why a literal does not fit; the node of a condition is its key.
fn told(why: Why, node: Node<'_>) -> String {
    let key = node.scalar();
    match why {
        Why::Action => "it is about other actions".to_owned(),
        Why::Resource => "it is about other resources".to_owned(),
        Why::Principal => "it is about other principals".to_owned(),
        Why::Absent => format!("`{key}` is absent"),
        Why::Present => format!("`{key}` is there"),
        Why::Value => format!("`{key}` has another value"),
        Why::List => format!("`{key}` has a list of values"),
    }
}
