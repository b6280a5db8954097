//! A request as a person would write it down, out of what the engine found.

use super::callers::Class;
use super::engine::Engine;
use super::leaf::{Keys, Model};
use super::literal::{Field, KeyId};
use super::problem::{Ready, literals};
use super::strings::{Side, Solved};
use crate::evaluate::{ContextValue, Request};
use crate::policy::arn::Arn;

/// A request as a person would write it down.
pub(super) fn witness(engine: &mut Engine, ready: &Ready, classes: &[Class], model: &Model) -> Option<Request> {
    let class = classes.get(model.class)?;
    let always = always_there(engine, ready, model);
    let engine = &*engine;
    let text = |name: &str| {
        let id = engine.table.known_key(name)?;
        model.keys.iter().find(|(key, _)| *key == id).and_then(|(_, value)| match value {
            Some(ContextValue::One(text)) => Some(text.as_str()),
            Some(ContextValue::Many(_)) | None => None,
        })
    };
    let user = text("aws:username");
    let caller = class.caller(text("aws:principalarn"), text("aws:principalaccount"), user);
    let own_name = caller.arn.rsplit('/').next().unwrap_or_default();
    let spelled = |key: KeyId| {
        let written = engine.table.key_spelling(key);
        let known = engine.catalog.key(written).filter(|k| !k.is_template());
        known.map_or_else(|| written.to_owned(), |k| k.name().to_owned())
    };
    let mut context = std::collections::BTreeMap::new();
    for (key, value) in model.keys.iter().chain(&always) {
        // The resource's account is said to be absent: the evaluator takes it from the ARN otherwise.
        let absent = || (engine.table.key_name(*key) == "aws:resourceaccount").then(|| ContextValue::Many(Vec::new()));
        let Some(value) = value.clone().or_else(absent) else { continue };
        // What follows from the caller need not be said.
        let follows = match engine.table.key_name(*key) {
            "aws:principalarn" => text("aws:principalarn") == Some(caller.arn.as_str()),
            "aws:principalaccount" => text("aws:principalaccount") == caller.account.as_deref(),
            "aws:principaltype" | "aws:principalisawsservice" | "aws:principalservicename" => true,
            "aws:username" => user == Some(own_name),
            _ => false,
        };
        if !follows {
            context.insert(spelled(*key), value);
        }
    }
    let account = Arn::parse(&model.resource).map(|a| a.account).filter(|a| crate::policy::arn::is_account_id(a));
    Some(Request {
        caller,
        action: model.action.clone(),
        resource_account: account.map(str::to_owned),
        resource: model.resource.clone(),
        context,
    })
}

/// Keys that every request carries and the question speaks of, where nothing was asked of them in the end.
fn always_there(engine: &mut Engine, ready: &Ready, model: &Model) -> Keys {
    let mut out = Vec::new();
    for id in literals(ready) {
        let Field::Key(key) = engine.field(id) else { continue };
        let known = model.keys.iter().chain(&out).any(|(own, _)| *own == key);
        if !known
            && engine.is_always_there(key)
            && let Solved::Some(value) = engine.solve_key(key, &[], Side::Over)
        {
            out.push((key, value));
        }
    }
    out
}
