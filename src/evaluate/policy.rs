//! Policies in isolation: what a list of statements says of a request, whatever other policies there may be. Any way in
//! which a principal element reaches the caller counts.
//!
//! IAM User Guide, "Policy evaluation logic", "Determining whether a request is allowed or denied within an account".

use super::request::Request;
use super::statement::{self, Applied};
use super::truth::Match;
use super::view::View;
use crate::policy::{Effect, Policy, Statement};

/// What policies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Some statement allows, and none denies.
    Allow,
    /// Some statement denies.
    ExplicitDeny,
    /// No statement allows, and none surely denies.
    ImplicitDeny,
    /// It depends on a statement of which nobody can tell whether it matches.
    Unknown,
}

/// What policies say of a request.
#[derive(Clone, Debug)]
pub struct Answer<'d> {
    /// The decision.
    pub decision: Decision,
    /// Every statement that matches or may, in the order of the text.
    pub applied: Vec<Applied<'d>>,
}

impl Answer<'_> {
    /// True when the request is allowed.
    pub fn is_allowed(&self) -> bool {
        self.decision == Decision::Allow
    }
}

/// What one policy says.
pub fn decide<'d>(policy: &Policy<'d>, request: &Request) -> Answer<'d> {
    decide_all([policy], request)
}

/// What several policies say, read as one list of statements.
pub fn decide_all<'p, 'd: 'p>(policies: impl IntoIterator<Item = &'p Policy<'d>>, request: &Request) -> Answer<'d> {
    let applied = applied(policies, &View::new(request));
    Answer { decision: decision(&applied), applied }
}

/// Whether a statement of a policy of this version matches a request. For many statements and one request, make the
/// [`View`] once and call [`statement::judge`].
pub fn statement_matches<'d>(version: Option<&str>, statement: &Statement<'d>, request: &Request) -> Match<'d> {
    statement::judge(version, statement, &View::new(request))
}

/// Every statement that matches or may.
pub fn applied<'p, 'd: 'p>(policies: impl IntoIterator<Item = &'p Policy<'d>>, view: &View<'_>) -> Vec<Applied<'d>> {
    let mut out = Vec::new();
    for (policy, own) in policies.into_iter().enumerate() {
        for (number, found) in own.statements.iter().enumerate() {
            let (strength, doubt) = match statement::judge(own.version, found, view) {
                Match::No(_) => continue,
                Match::Yes(strength) => (strength, None),
                Match::Unknown(strength, doubt) => (strength, Some(doubt)),
            };
            let effect = found.effect.map(|(effect, _)| effect);
            out.push(Applied { policy, statement: number, node: found.node, sid: found.sid, effect, strength, doubt });
        }
    }
    out
}

fn decision(applied: &[Applied<'_>]) -> Decision {
    let surely = |effect| applied.iter().any(|a| a.surely(effect));
    let perhaps = |effect| applied.iter().any(|a| a.perhaps(effect));
    if surely(Effect::Deny) {
        Decision::ExplicitDeny
    } else if !perhaps(Effect::Allow) {
        Decision::ImplicitDeny
    } else if perhaps(Effect::Deny) || !surely(Effect::Allow) {
        Decision::Unknown
    } else {
        Decision::Allow
    }
}
