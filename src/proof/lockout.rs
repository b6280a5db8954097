//! Whether a policy leaves anybody who may change it.

use super::actions::ActionSet;
use super::callers::Scope;
use super::compile::{Boxed, Input, plain};
use super::engine::Engine;
use super::literal::{Field, Literal, Meaning, Sense, Table};
use super::pattern::{Pattern, Reading};
use super::problem::{Decided, Obligation, Problem, Ready, decide};
use crate::evaluate::Request;
use crate::policy::Policy;

/// What is asked of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Every principal of every account is denied: a policy beside which identity policies grant.
    Denied,
    /// Nobody is allowed and not denied: a policy without which no other grants.
    NotAllowed,
}

/// Whether nobody can do any of some actions on a resource.
#[derive(Debug)]
pub struct Lockout<'a, 'd> {
    /// The policy.
    pub policy: &'a Policy<'d>,
    /// Statements that are left out, by number.
    pub without: &'a [usize],
    /// The actions.
    pub actions: &'a [&'a str],
    /// The resource; `None` for any.
    pub resource: Option<&'a str>,
    /// In which way.
    pub lock: Lock,
}

/// Ask.
pub fn is_locked(engine: &mut Engine, question: &Lockout<'_, '_>) -> bool {
    matches!(decide(engine, question), Decided::Pass(_))
}

impl Lockout<'_, '_> {
    fn target(&self, table: &mut Table) -> Vec<Sense> {
        let set = ActionSet::new(self.actions.iter().copied());
        let mut literals: Vec<Literal> = vec![plain(Field::Action, Meaning::Actions(set, false))];
        let pattern = self.resource.and_then(|text| Pattern::read(text, Reading::Literal, false, None));
        literals.extend(pattern.map(|p| plain(Field::Resource, Meaning::Resources(vec![p], false))));
        literals.into_iter().map(|literal| (table.literal(literal), true)).collect()
    }
}

impl Problem for Lockout<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let policies = [self.policy];
        let boxes = Input::new(&policies).boxes(table);
        let target = self.target(table);
        let counts = |boxed: &&Boxed| !self.without.contains(&boxed.statement);
        let denies = || boxes.deny.iter().filter(counts);
        let mut obligations = Vec::new();
        match self.lock {
            Lock::Denied => obligations.push(Obligation::new(&[], denies())),
            Lock::NotAllowed => {
                obligations.extend(boxes.allow.iter().filter(counts).map(|allow| Obligation::new(&[allow], denies())));
            }
        }
        for obligation in &mut obligations {
            obligation.within.extend(target.iter().copied());
        }
        let scope = match self.lock {
            Lock::Denied => Scope::Principals,
            Lock::NotAllowed => Scope::Everyone,
        };
        Ready { obligations, scope, variables: boxes.variables.clone() }
    }

    /// Enough to leave the question alone.
    fn is_shown_by(&self, _: &Request) -> bool {
        true
    }
}
