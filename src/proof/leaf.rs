//! A request out of what a search has assumed: one action with a resource it works on, one caller with the keys it carries.

use super::callers::Linked;
use super::engine::Engine;
use super::formats;
use super::literal::{Field, KeyId, Meaning};
use super::search::{Outcome, Tree, Why};
use super::state::{Frame, State};
use super::strings::{self, Side, Solved};
use crate::catalog::Action;
use crate::evaluate::ContextValue;
use std::collections::HashSet;

/// Keys with their values; an absent one has none.
pub type Keys = Vec<(KeyId, Option<ContextValue>)>;

/// A request as the engine found it.
#[derive(Clone, Debug)]
pub struct Model {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The class of the caller, by its number.
    pub class: usize,
    /// Keys that were asked for: absent ones too.
    pub keys: Keys,
}

/// A model of the state, which leaves room in each field by itself.
pub fn model(engine: &mut Engine, frame: Frame<'_>, state: &State) -> Outcome {
    let (action, resource) = match target(engine, frame.side, state) {
        Solved::Some(found) => found,
        Solved::None => return Outcome::Closed(Tree::Closed(Why::Formats)),
        Solved::Unknown(why) => return Outcome::Open(why),
    };
    let (class, keys) = match caller(engine, frame, state) {
        Solved::Some(found) => found,
        Solved::None => return Outcome::Closed(Tree::Closed(Why::Callers)),
        Solved::Unknown(why) => return Outcome::Open(why),
    };
    Outcome::Found(Box::new(Model { action, resource, class, keys }))
}

/// A caller and the keys: those that are the caller's own follow from its class.
fn caller(engine: &mut Engine, frame: Frame<'_>, state: &State) -> Solved<(usize, Keys)> {
    let mut keys = Vec::new();
    let mut own: Vec<KeyId> = Vec::new();
    for (key, senses) in &state.keys {
        let name = engine.table.key_name(*key);
        if name.starts_with("aws:principal") || matches!(name, "aws:userid" | "aws:username") {
            own.push(*key);
            continue;
        }
        match engine.solve_key(*key, senses, frame.side) {
            Solved::Some(value) => keys.push((*key, value)),
            Solved::None => return Solved::None,
            Solved::Unknown(why) => return Solved::Unknown(why),
        }
    }
    let mut unknown = None;
    for (number, (class, left)) in frame.classes.iter().zip(&state.classes).enumerate() {
        if !left {
            continue;
        }
        let mut all = keys.clone();
        let mut fits = true;
        for key in &own {
            let linked = class.linked(engine.table.key_name(*key));
            let solved = match &linked {
                Linked::Free => engine.solve_key(*key, state.key(*key), frame.side),
                Linked::Absent | Linked::Within(..) => engine.solve_key_of(*key, state.key(*key), &linked, frame.side),
            };
            match solved {
                Solved::Some(value) => all.push((*key, value)),
                Solved::None => fits = false,
                Solved::Unknown(why) => {
                    unknown = Some(why);
                    fits = false;
                }
            }
            if !fits {
                break;
            }
        }
        if fits {
            return Solved::Some((number, all));
        }
    }
    unknown.map_or(Solved::None, Solved::Unknown)
}

/// An action and a resource it works on.
fn target(engine: &mut Engine, side: Side, state: &State) -> Solved<(String, String)> {
    let mut unknown = None;
    let any = match engine.solve_resource(&state.resource, None, side) {
        Solved::Some(text) => text,
        Solved::None => return Solved::None,
        Solved::Unknown(why) => return Solved::Unknown(why),
    };
    let free = is_free(engine, state);
    let services = services(engine, state);
    let mut tried: HashSet<Option<usize>> = HashSet::new();
    for index in state.bits.iter() {
        let Some(action) = engine.catalog.action_at(index) else { continue };
        if engine.closed_keys && !carries(engine, side, state, action) {
            continue;
        }
        match on_action(engine, (side, state), (action, free), services.as_deref(), &mut tried) {
            Solved::Some(resource) => return Solved::Some((action.full_name(), resource)),
            Solved::None => {}
            Solved::Unknown(why) => unknown = Some(why),
        }
    }
    if !engine.typed
        && let Some(action) = of_other_form(engine, side, state)
    {
        return Solved::Some((action.full_name(), any));
    }
    for other in state.others(engine) {
        match other {
            // What the catalogue does not know may work on anything.
            Solved::Some(action) => return Solved::Some((action, any)),
            Solved::None => {}
            Solved::Unknown(why) => unknown = Some(why),
        }
    }
    unknown.map_or(Solved::None, Solved::Unknown)
}

/// An action that works on resources of some form, where the form is not insisted upon. One without resource types works
/// on `*` alone.
fn of_other_form(engine: &mut Engine, side: Side, state: &State) -> Option<Action> {
    let closed = engine.closed_keys;
    let left = state.bits.iter().filter_map(|index| engine.catalog.action_at(index)).filter(|a| a.types().next().is_some());
    let left: Vec<Action> = if closed { left.collect() } else { left.take(1).collect() };
    left.into_iter().find(|action| !closed || carries(engine, side, state, *action))
}

/// Whether requests for an action carry the keys that were asked for, or may do without.
fn carries(engine: &mut Engine, side: Side, state: &State, action: Action) -> bool {
    state.keys.iter().all(|(key, senses)| {
        let known = engine.catalog.key(engine.table.key_name(*key));
        let sent = known.is_none_or(|key| key.is_global() || action.takes(key));
        sent || engine.solve_key_of(*key, senses, &Linked::Absent, side) != Solved::None
    })
}

/// A resource that an action works on.
fn on_action(
    engine: &mut Engine,
    (side, state): (Side, &State),
    (action, free): (Action, bool),
    services: Option<&[String]>,
    tried: &mut HashSet<Option<usize>>,
) -> Solved<String> {
    let mut unknown = None;
    for kind in action.types() {
        if tried.contains(&Some(kind.index())) {
            continue;
        }
        let format = engine.formats.of(kind.index());
        if free {
            return Solved::Some(strings::fill(&format.within, "x"));
        }
        tried.insert(Some(kind.index()));
        if services.is_some_and(|all| !format.service.is_empty() && !all.contains(&format.service)) {
            continue;
        }
        match engine.solve_resource(&state.resource, Some(kind.index()), side) {
            Solved::Some(resource) => return Solved::Some(resource),
            Solved::None => {}
            Solved::Unknown(why) => unknown = Some(why),
        }
    }
    if action.works_on_none() && tried.insert(None) && fits_none(engine, side, state) {
        return Solved::Some("*".to_owned());
    }
    unknown.map_or(Solved::None, Solved::Unknown)
}

/// Whether requests on no resource are left: they are evaluated against the text `*`.
fn fits_none(engine: &Engine, side: Side, state: &State) -> bool {
    state.resource.iter().all(|(id, want)| match engine.table.get(*id) {
        Some(literal) => match &literal.meaning {
            Meaning::Resources(_, _) if literal.doubtful && !want && side == Side::Over => true,
            Meaning::Resources(patterns, negated) => {
                let hit = patterns.iter().any(|p| p.matches("*"));
                let maybe = patterns.iter().any(|p| p.has_variable() && p.widened().matches("*"));
                (hit != *negated) == *want || (maybe && side == Side::Over)
            }
            _ => true,
        },
        None => true,
    })
}

/// True when every resource is left.
fn is_free(engine: &Engine, state: &State) -> bool {
    state.resource.iter().all(|(id, want)| match engine.table.get(*id).map(|l| (l.field, &l.meaning)) {
        Some((Field::Resource, Meaning::Resources(patterns, negated))) => {
            (*want && !negated && patterns.iter().any(super::pattern::Pattern::is_everything))
                || (*want == *negated && patterns.is_empty())
        }
        _ => false,
    })
}

/// The services whose resources are left, where the patterns tell.
fn services(engine: &Engine, state: &State) -> Option<Vec<String>> {
    state.resource.iter().find_map(|(id, want)| {
        // What may be void binds nothing.
        let literal = engine.table.get(*id).filter(|literal| !literal.doubtful)?;
        match &literal.meaning {
            Meaning::Resources(patterns, negated) if want != negated => formats::services(patterns),
            _ => None,
        }
    })
}
