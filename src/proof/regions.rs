//! What a change of policies gives and takes, in the terms of the policies: for each statement that allows something new,
//! which of its actions, on which of its resources, and why that was not allowed before.

use super::compile::{Compiled, Input};
use super::engine::Engine;
use super::granted::Asked;
use super::literal::Table;
use super::new_access::scope_of;
use super::problem::{Decided, Obligation, Problem, Ready, decide, joined};
use super::replay;
use super::verdict::Responsible;
use crate::catalog;
use crate::evaluate::Request;
use crate::policy::{Effect, PolicyKind, Statement};
use crate::text::glob::{Case, has_wildcard, matches};

/// Some access that one side allows and the other does not.
#[derive(Clone, Debug)]
pub struct Region {
    /// The policy that allows it, counted on its own side.
    pub policy: usize,
    /// Its statement.
    pub statement: usize,
    /// The node of the statement.
    pub node: u32,
    /// Actions and patterns of the statement that are meant as a whole, and single actions of others.
    pub actions: Vec<String>,
    /// Resources of the statement; an empty list stands for all it names.
    pub resources: Vec<String>,
    /// Why the other side does not allow it, at its statements.
    pub because: Vec<Responsible>,
    /// One such request.
    pub witness: Request,
}

/// Both directions.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// Allowed by new and not by old.
    pub gained: Vec<Region>,
    /// Allowed by old and not by new.
    pub lost: Vec<Region>,
    /// Denied by old and not by new: what other policies allow may now come in.
    pub undenied: Vec<Region>,
    /// Denied by new and not by old.
    pub denied: Vec<Region>,
    /// Why one of them could not be decided.
    pub unknown: Option<String>,
}

/// One statement of a side against the other side, for some access.
struct Part<'a, 'd> {
    from: Input<'a, 'd>,
    against: Input<'a, 'd>,
    kind: PolicyKind,
    effect: Effect,
    only: usize,
    asked: Asked,
}

impl Problem for Part<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let (from, against) = (self.from.boxes(table), self.against.boxes(table));
        let asked = self.asked.senses(table);
        let mut obligations = Vec::new();
        if self.effect == Effect::Deny {
            obligations.extend(from.deny.get(self.only).map(|deny| Obligation::new(&[deny], &against.deny)));
        } else if let Some(allow) = from.allow.get(self.only) {
            obligations.push(Obligation::new(&[allow], from.deny.iter().chain(&against.allow)));
            obligations.extend(against.deny.iter().map(|deny| Obligation::new(&[allow, deny], &from.deny)));
        }
        obligations.iter_mut().for_each(|o| o.within.extend(&asked));
        Ready { obligations, scope: scope_of(self.kind), variables: joined(&[&from, &against]) }
    }

    fn is_shown_by(&self, request: &Request) -> bool {
        match self.effect {
            Effect::Allow => {
                replay::surely_allowed(self.from.policies, request) && replay::surely_not_allowed(self.against.policies, request)
            }
            Effect::Deny => {
                !replay::denying(self.from.policies, request, 0).is_empty()
                    && !replay::perhaps_denied(self.against.policies, request)
            }
        }
    }
}

/// Actions of one pattern that are looked at one by one; of more, the pattern is told with an example.
const SINGLE: usize = 400;

/// What the change gives and takes.
pub fn difference(engine: &mut Engine, old: Input<'_, '_>, new: Input<'_, '_>, kind: PolicyKind) -> Difference {
    let mut out = Difference::default();
    let mut take = |from, against, effect| match one_way(engine, from, against, (kind, effect)) {
        Ok(regions) => regions,
        Err(reason) => {
            out.unknown = Some(reason);
            Vec::new()
        }
    };
    let gained = take(new, old, Effect::Allow);
    let lost = take(old, new, Effect::Allow);
    let undenied = take(old, new, Effect::Deny);
    let denied = take(new, old, Effect::Deny);
    Difference { gained, lost, undenied, denied, ..out }
}

/// Every statement of one side that allows, or denies, what the other does not.
fn one_way<'a, 'd>(
    engine: &mut Engine,
    from: Input<'a, 'd>,
    against: Input<'a, 'd>,
    (kind, effect): (PolicyKind, Effect),
) -> Result<Vec<Region>, String> {
    let (own, other): (Compiled, Compiled) = (engine.compile(from.policies), engine.compile(against.policies));
    let from = Input { compiled: Some(&own), ..from };
    let against = Input { compiled: Some(&other), ..against };
    let mut out = Vec::new();
    let boxes = if effect == Effect::Allow { &own.allow } else { &own.deny };
    for (only, boxed) in boxes.iter().enumerate() {
        let mut asks = |asked: Asked| decide(engine, &Part { from, against, kind, effect, only, asked });
        let request = match asks(Asked::default()) {
            Decided::Pass(_) => continue,
            Decided::Unknown(reason) => return Err(reason),
            Decided::Fail(request) => *request,
        };
        let statement = from.policies.get(boxed.policy).and_then(|p| p.statements.get(boxed.statement));
        let actions = statement.map(|s| actions(s, &mut asks)).unwrap_or_default();
        let resources = statement.map(|s| resources(s, &mut asks)).unwrap_or_default();
        let because = match effect {
            Effect::Allow => {
                let mut denies = replay::denying(against.policies, &request, 0);
                denies.extend(replay::near_misses(against.policies, &request, 0));
                denies
            }
            Effect::Deny => replay::near_denies(against.policies, &request, 0),
        };
        out.push(Region {
            policy: boxed.policy,
            statement: boxed.statement,
            node: boxed.node,
            actions,
            resources,
            because,
            witness: request,
        });
    }
    Ok(out)
}

/// Which of a statement's actions are new: a pattern as a whole when everything it names is, else its actions one by one.
fn actions(statement: &Statement<'_>, asks: &mut impl FnMut(Asked) -> Decided) -> Vec<String> {
    let Some(element) = &statement.actions else { return Vec::new() };
    let mut is_new =
        |action: &str| matches!(asks(Asked { actions: vec![action.to_owned()], resources: Vec::new() }), Decided::Fail(_));
    let mut out = Vec::new();
    if element.negated {
        let but: Vec<&str> = element.items.iter().map(|i| i.text).collect();
        return vec![format!("everything but {}", but.join(", "))];
    }
    for item in &element.items {
        if !is_new(item.text) {
            continue;
        }
        let real: Vec<String> = if has_wildcard(item.text) { real_actions(item.text) } else { Vec::new() };
        if real.len() < 2 || real.len() > SINGLE {
            out.push(item.text.to_owned());
            continue;
        }
        let new: Vec<&String> = real.iter().filter(|name| is_new(name)).collect();
        if new.len() == real.len() || new.is_empty() {
            out.push(item.text.to_owned());
        } else {
            out.extend(new.into_iter().cloned());
        }
    }
    out
}

/// The actions of the catalogue that a pattern with a literal service names.
fn real_actions(pattern: &str) -> Vec<String> {
    let Some((service, name)) = pattern.split_once(':') else { return Vec::new() };
    let all = catalog::actions(service).into_iter().flatten();
    all.filter(|a| matches(name, a.name(), Case::Insensitive)).map(|a| a.full_name()).collect()
}

/// Which of a statement's resources are concerned; none when all are.
fn resources(statement: &Statement<'_>, asks: &mut impl FnMut(Asked) -> Decided) -> Vec<String> {
    let Some(element) = statement.resources.as_ref().filter(|e| !e.negated) else { return Vec::new() };
    let plain = element.items.iter().filter(|i| !i.variable);
    let mut out: Vec<String> = Vec::new();
    for item in plain {
        let asked = Asked { actions: Vec::new(), resources: vec![item.text.to_owned()] };
        if matches!(asks(asked), Decided::Fail(_)) {
            out.push(item.text.to_owned());
        }
    }
    out.extend(element.items.iter().filter(|i| i.variable).map(|i| i.text.to_owned()));
    out
}

/// The conditions of a statement in words, in the order of the text.
pub fn conditions(statement: &Statement<'_>) -> Vec<String> {
    statement
        .conditions
        .iter()
        .map(|c| {
            let values: Vec<&str> = c.values.iter().map(|v| v.scalar()).collect();
            format!("{} {} {}", c.key, c.operator_node.scalar(), values.join(" or "))
        })
        .collect()
}
