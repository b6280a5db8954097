//! One statement against one request: action, resource, principal and every condition must fit.
//!
//! IAM User Guide, "Policy evaluation logic".

use super::text::Text;
use super::truth::{Cause, Match, Strength, Why};
use super::view::View;
use super::{caller, condition, glob};
use crate::document::{Kind, Node};
use crate::policy::intrinsic::is_within_call;
use crate::policy::{ArnPattern, Effect, Element, Statement};

/// Whether a statement of a policy of this version matches. `No` names the first literal that does not fit; one that cannot
/// be decided counts only when all others fit.
pub fn judge<'d>(version: Option<&str>, statement: &Statement<'d>, view: &View<'_>) -> Match<'d> {
    let action = action(statement, view);
    if let Match::No(_) = action {
        return action;
    }
    let resource = resource(version, statement, view);
    if let Match::No(_) = resource {
        return resource;
    }
    let principal = caller::judge(statement, view);
    let (strength, mut doubt) = match principal {
        Match::No(_) => return principal,
        Match::Yes(strength) => (strength, None),
        Match::Unknown(strength, doubt) => (strength, Some(doubt)),
    };
    for literal in [action, resource] {
        if let Match::Unknown(_, found) = literal {
            doubt = doubt.or(Some(found));
        }
    }
    for condition in &statement.conditions {
        match condition::judge(version, condition, view) {
            miss @ Match::No(_) => return miss,
            Match::Unknown(_, found) => doubt = doubt.or(Some(found)),
            Match::Yes(_) => {}
        }
    }
    doubt.map_or(Match::Yes(strength), |doubt| Match::Unknown(strength, doubt))
}

/// A statement without actions or without an effect is no statement, and nobody can tell what AWS would make of it.
fn action<'d>(statement: &Statement<'d>, view: &View<'_>) -> Match<'d> {
    let Some(element) = statement.actions.as_ref().filter(|_| statement.effect.is_some()) else {
        return Match::doubt(statement.node, Cause::Grammar);
    };
    let action = &view.request().action;
    let named = element.items.iter().any(|pattern| glob::ignoring_case(pattern.text, action));
    Match::of(named != element.negated, element.value, Why::Action)
}

/// Trust policies have no resource: they speak of their role.
fn resource<'d>(version: Option<&str>, statement: &Statement<'d>, view: &View<'_>) -> Match<'d> {
    let Some(element) = &statement.resources else { return Match::Yes(Strength::Direct) };
    let mut open = None;
    for pattern in &element.items {
        if is_computed(element, pattern) {
            open = Some((pattern.node, Cause::Template));
            continue;
        }
        match Text::resource(pattern.text, version, view).fits(view.resource()) {
            Some(true) => return Match::of(!element.negated, element.value, Why::Resource),
            Some(false) => {}
            None if element.negated => open = open.or(Some((pattern.node, Cause::Variable))),
            // A pattern without a value fits nothing.
            None => {}
        }
    }
    match open {
        Some((node, cause)) => Match::doubt(node, cause),
        None => Match::of(element.negated, element.value, Why::Resource),
    }
}

fn is_computed<'d>(element: &Element<'d, ArnPattern<'d>>, pattern: &ArnPattern<'d>) -> bool {
    pattern.variable && (pattern.node.kind() != Kind::String || is_within_call(element.value, pattern.node))
}

/// A statement that matches a request, or may.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'d> {
    /// Which policy of those that were asked.
    pub policy: usize,
    /// Which statement of it.
    pub statement: usize,
    /// The statement.
    pub node: Node<'d>,
    /// Its name.
    pub sid: Option<&'d str>,
    /// What it does; `None` when it does not say.
    pub effect: Option<Effect>,
    /// How it names the caller.
    pub strength: Strength,
    /// Why it only may match.
    pub doubt: Option<super::truth::Doubt<'d>>,
}

impl Applied<'_> {
    /// Surely has this effect on the request.
    pub fn surely(&self, effect: Effect) -> bool {
        self.effect == Some(effect) && self.doubt.is_none()
    }

    /// Has this effect, or may have it.
    pub fn perhaps(&self, effect: Effect) -> bool {
        self.effect.is_none_or(|own| own == effect)
    }
}
