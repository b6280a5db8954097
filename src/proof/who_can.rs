//! Who can do something: whether some request of one principal is allowed by all layers together, in which ways, and under
//! which conditions.
//!
//! IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"; Organizations User Guide, "SCP
//! evaluation". What the search finds is laid before the evaluator; what it does not find there is not.

use super::callers::Scope;
use super::compile::Boxed;
use super::engine::Engine;
use super::granted::Asked;
use super::literal::{Named, Sense, Table};
use super::problem::{Decided, Obligation, Problem, Ready, decide};
use super::residue;
use super::who_can_layers::{Force, Grant, Layers};
use crate::evaluate::{Request, Scenario, Verdict, rule};
use crate::policy::arn::{Arn, is_account_id};

/// Who is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A user, the sessions of a role, or one session.
    Arn(String),
    /// Somebody of an account who has identity policies of which nobody knows whose they are.
    Holder(String),
    /// Everybody of an account.
    Account(String),
    /// A service.
    Service(String),
    /// Somebody of an identity provider.
    Provider(String),
    /// A canonical user.
    Canonical(String),
    /// Somebody whom no policy names.
    Anyone,
}

impl Who {
    /// The account it belongs to.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Arn(arn) => Arn::parse(arn).map(|arn| arn.account).filter(|id| is_account_id(id)),
            Self::Holder(account) | Self::Account(account) => Some(account),
            Self::Service(_) | Self::Provider(_) | Self::Canonical(_) | Self::Anyone => None,
        }
    }

    fn scope(&self) -> Scope {
        match self.clone() {
            Self::Arn(arn) => Scope::Just(Named::Arn(arn)),
            Self::Holder(account) => Scope::Holder(account),
            Self::Account(account) => Scope::Just(Named::Account(account)),
            Self::Service(name) => Scope::Just(Named::Service(name)),
            Self::Provider(name) => Scope::Just(Named::Provider(name)),
            Self::Canonical(id) => Scope::Just(Named::Canonical(id)),
            Self::Anyone => Scope::Stranger,
        }
    }

    /// Variables with a value that is known before any request is.
    fn variables(&self) -> Vec<(String, Option<String>)> {
        let Self::Arn(text) = self else { return Vec::new() };
        let Some(arn) = Arn::parse(text).filter(|arn| arn.service == "iam") else { return Vec::new() };
        let user = arn.resource.strip_prefix("user/").map(|rest| rest.rsplit('/').next().unwrap_or(rest).to_owned());
        let mut out = vec![("aws:username".to_owned(), user), ("aws:principalarn".to_owned(), Some(text.clone()))];
        if is_account_id(arn.account) {
            out.push(("aws:principalaccount".to_owned(), Some(arn.account.to_owned())));
        }
        out
    }

    fn is_service_linked(&self) -> bool {
        matches!(self, Self::Arn(arn) if Arn::parse(arn).is_some_and(|a| a.resource.starts_with("role/aws-service-role/")))
    }
}

/// A principal, with every policy that bears on it.
#[derive(Debug)]
pub struct Case<'a, 'd> {
    /// The policies.
    pub scenario: &'a Scenario<'d>,
    /// The access.
    pub asked: &'a Asked,
    /// The account that owns the resource, where it is known.
    pub owner: Option<&'a str>,
    /// Who.
    pub who: &'a Who,
    /// Its own policies are known. Of somebody else the scenario has no boundary and no control policies but those of its
    /// account, and identity policies that allow all where any are needed.
    pub known: bool,
}

/// One way in which it is possible.
#[derive(Clone, Debug)]
pub struct Way {
    /// A request that the evaluator allows.
    pub witness: Request,
    /// What it takes, in words.
    pub conditions: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Possible {
    /// Ways in which it is possible; the one with the fewest conditions first.
    pub ways: Vec<Way>,
    /// There are more.
    pub capped: bool,
    /// Why something could not be decided.
    pub unknown: Option<String>,
}

/// Ways that are told of one principal.
const TOLD: usize = 4;

impl Case<'_, '_> {
    /// How the two accounts stand to each other.
    pub(super) fn force(&self) -> Force {
        match (self.known, self.who.account(), self.owner) {
            (false, ..) => Force::Outside,
            (true, Some(own), Some(owner)) if own != owner => Force::Cross,
            (true, ..) => Force::Same,
        }
    }

    pub(super) fn scps_bind(&self) -> bool {
        let managing = self.scenario.management_account.as_deref().is_some_and(|id| self.who.account() == Some(id));
        self.who.account().is_some() && !self.who.is_service_linked() && !managing
    }

    pub(super) fn rcps_bind(&self) -> bool {
        let managing = self.scenario.management_account.is_some() && self.scenario.management_account.as_deref() == self.owner;
        !self.who.is_service_linked() && !managing
    }

    /// The account in which a resource is that does not tell it.
    pub(super) fn home(&self) -> Option<&str> {
        self.owner.or_else(|| self.who.account())
    }

    /// A witness as it is laid before the evaluator: with the account that owns the resource.
    pub(super) fn grounded(&self, request: &Request) -> Request {
        let mut out = request.clone();
        if let Some(owner) = self.owner {
            out.resource_account = Some(owner.to_owned());
        }
        let own = out.resource_account.clone().map(crate::evaluate::ContextValue::One);
        out.context.retain(|key, value| !(key.eq_ignore_ascii_case("aws:ResourceAccount") && Some(&*value) == own.as_ref()));
        out.completed()
    }

    /// Why the evaluator may not have taken what was found.
    fn why(&self, grant: Grant, reason: String) -> String {
        match (self.who, grant) {
            (Who::Canonical(_), _) => "which account a canonical user id belongs to stands in no policy".to_owned(),
            (_, Grant::Resource(..)) if !self.scenario.boundaries.is_empty() => {
                format!("{reason}; whether everybody includes those whom a permissions boundary caps, AWS does not say")
            }
            _ => reason,
        }
    }

    /// Give the variables their values that have one before any request.
    fn choose(&self, table: &mut Table) {
        for (key, value) in self.who.variables() {
            table.chosen.insert(key, value);
        }
    }
}

/// One Allow, with all that must allow besides.
struct Question<'a, 'd> {
    case: &'a Case<'a, 'd>,
    layers: &'a Layers,
    grant: Grant,
    /// What these match is told already.
    told: &'a [Grant],
}

impl Problem for Question<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let fresh = (table.concrete || !table.chosen.is_empty()) && !self.layers.variables.is_empty();
        let known = self.case.who.variables();
        let mut variables = self.layers.variables.clone();
        variables.retain(|name| known.iter().all(|(key, _)| key != name));
        let obligations = if fresh {
            self.case.choose(table);
            Layers::of(self.case, table).obligations(self.case, table, self.grant, self.told)
        } else {
            self.layers.obligations(self.case, table, self.grant, self.told)
        };
        Ready { obligations, scope: self.case.who.scope(), variables }
    }

    fn is_shown_by(&self, request: &Request) -> bool {
        let request = self.case.grounded(request);
        rule(self.case.scenario, &request).is_ok_and(|ruling| ruling.verdict == Verdict::Allow)
    }
}

/// Every way in which a principal can.
pub fn possible(engine: &mut Engine, case: &Case<'_, '_>) -> Possible {
    engine.table.choose_nothing();
    case.choose(&mut engine.table);
    let layers = Layers::of(case, &mut engine.table);
    let mut out = Possible::default();
    let mut told: Vec<Grant> = Vec::new();
    for grant in layers.grants(case, &engine.table) {
        match decide(engine, &Question { case, layers: &layers, grant, told: &told }) {
            Decided::Pass(_) => {}
            Decided::Unknown(reason) => _ = out.unknown.get_or_insert_with(|| case.why(grant, reason)),
            Decided::Fail(request) => {
                let witness = case.grounded(&request);
                let Some(conditions) = residue::of(case, &layers, grant, &witness) else { continue };
                if out.ways.len() == TOLD {
                    out.capped = true;
                    break;
                }
                told.push(grant);
                out.ways.push(Way { witness, conditions });
            }
        }
    }
    out.ways.sort_by_key(|way| way.conditions.len());
    out
}

/// Whether there can be a request for the access at all: the actions may work on other resources.
pub fn is_possible_at_all(engine: &mut Engine, asked: &Asked) -> bool {
    struct Bare<'a>(&'a Asked);
    impl Problem for Bare<'_> {
        fn ready(&self, table: &mut Table) -> Ready {
            let obligation = Obligation { within: self.0.senses(table), ..Obligation::default() };
            Ready { obligations: vec![obligation], scope: Scope::Principals, variables: std::collections::BTreeSet::new() }
        }

        fn is_shown_by(&self, _request: &Request) -> bool {
            true
        }
    }
    !matches!(decide(engine, &Bare(asked)), Decided::Pass(_))
}

/// A box as literals, and others with it.
pub(super) fn joined_senses<'b>(boxes: impl IntoIterator<Item = &'b Boxed>) -> Vec<Sense> {
    boxes.into_iter().flat_map(super::problem::clause).collect()
}

#[cfg(test)]
#[path = "who_can_tests.rs"]
mod tests;
