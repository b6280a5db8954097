//! The resources of a plan with their planned values, and what is known only after it is applied.

use super::configuration::{Configuration, without_keys};
use crate::document::{Kind, Node};
use crate::extract::found::{Body, Found, Place};
use crate::extract::owner;
use crate::policy::{Context, PolicyKind};
use std::collections::HashMap;

/// A plan, or a state.
pub struct Plan {
    /// Managed resources.
    pub resources: Vec<Resource>,
    /// Results of data sources, read before the plan and during it.
    pub data: Vec<Resource>,
    /// What the configuration refers to.
    pub configuration: Configuration,
    /// What was said of the file.
    pub said: Context,
}

/// A resource, or the result of a data source.
pub struct Resource {
    /// Its address, with module and keys.
    pub address: String,
    /// Where the address stands: what to point at when something is missing.
    pub anchor: Place,
    /// Its type, such as `aws_iam_role`.
    pub kind: String,
    /// Its values; `None` when all of them are unknown.
    pub values: Option<Place>,
    /// It is the result of a data source.
    is_data: bool,
    /// Members that are true stand for values that are known only after the plan is applied.
    unknown: Option<Place>,
}

/// A value of a resource.
pub enum Value {
    /// It stands here.
    Known(Place),
    /// It is known only after the plan is applied.
    Unknown,
    /// It is not set.
    Unset,
}

impl Plan {
    /// Read a plan's planned values, a state's values, or else the changes.
    pub fn read(root: &Place, said: &Context) -> Self {
        let changes = root.list(&["resource_changes"]);
        let unknown: HashMap<String, Place> = changes
            .iter()
            .filter(|change| change.any(&["deposed"]).is_none())
            .filter_map(|change| Some((change.text(&["address"])?, change.any(&["change"])?.any(&["after_unknown"])?)))
            .collect();
        let mut all = Vec::new();
        let planned = root.any(&["planned_values", "values"]);
        match planned.as_ref().and_then(|values| values.any(&["root_module"])) {
            Some(module) => module_resources(&module, &unknown, &mut all),
            None if planned.is_none() => all.extend(changes.iter().filter_map(|change| changed(change, &unknown))),
            None => {}
        }
        let (mut data, resources): (Vec<_>, Vec<_>) = all.into_iter().partition(|resource: &Resource| resource.is_data);
        let prior = root.any(&["prior_state"]).and_then(|state| state.any(&["values"])?.any(&["root_module"]));
        if let Some(module) = prior {
            let mut before = Vec::new();
            module_resources(&module, &HashMap::new(), &mut before);
            data.extend(before.into_iter().filter(|resource| resource.is_data));
        }
        Self { resources, data, configuration: Configuration::read(root), said: said.clone() }
    }

    /// The resources of a type.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// The resources of some type that an argument of a resource refers to. Which instance is meant is not said: those of
    /// its own module, and those with its own key, are preferred where there are such.
    pub fn referred<'a>(&'a self, resource: &Resource, argument: &str, kind: &'a str) -> Vec<&'a Resource> {
        let addresses = self.configuration.references(&resource.address, argument);
        let mut found: Vec<&Resource> = self.of(kind).filter(|r| addresses.contains(&without_keys(&r.address))).collect();
        for part in [Resource::module, Resource::key] {
            let same = |other: &Resource| part(resource).is_some() && part(other) == part(resource);
            if found.iter().any(|other| same(other)) {
                found.retain(|other| same(other));
            }
        }
        found
    }

    /// What a value is. One that Terraform would compute, and that the configuration does not set, is not set.
    pub fn value(&self, resource: &Resource, argument: &str) -> Value {
        match resource.get(argument) {
            Some(place) => Value::Known(place),
            None if !resource.is_unknown(argument) => Value::Unset,
            None if self.configuration.sets(&resource.address, argument) == Some(false) => Value::Unset,
            None => Value::Unknown,
        }
    }

    /// A policy of a resource, known or not.
    pub fn policy(&self, resource: &Resource, argument: &str, kind: Option<PolicyKind>, context: Context) -> Option<Found> {
        match self.value(resource, argument) {
            Value::Known(place) => place.policy(kind, context),
            Value::Unknown => {
                let context = Context { kind: context.kind.or(kind), ..context };
                Some(Found { body: Body::Unknown(resource.anchor.clone()), context })
            }
            Value::Unset => None,
        }
    }

    /// Whose a resource is: `arn` is the value with the ARN of what its policy protects.
    pub fn context(&self, resource: &Resource, arn: &str) -> Context {
        let name = resource.text("name").unwrap_or_else(|| resource.address.clone());
        Context { name: Some(name), ..owner::by_arn(&self.said, resource.text(arn)) }
    }
}

impl Resource {
    /// The modules of its address, keys included.
    fn module(&self) -> Option<&str> {
        self.address.rsplit_once(&format!("{}.", self.kind)).map(|(module, _)| module)
    }

    /// The key of its instance.
    fn key(&self) -> Option<&str> {
        self.address.strip_suffix(']').and_then(|address| address.rsplit_once('[')).map(|(_, key)| key)
    }

    /// A value that is known and not null.
    pub fn get(&self, argument: &str) -> Option<Place> {
        self.values.as_ref().and_then(|values| values.any(&[argument]))
    }

    /// A value that is a scalar, and not empty.
    pub fn text(&self, argument: &str) -> Option<String> {
        self.values.as_ref().and_then(|values| values.text(&[argument])).filter(|text| !text.is_empty())
    }

    /// The texts of a list.
    pub fn texts(&self, argument: &str) -> Vec<String> {
        let list = self.values.as_ref().map(|values| values.list(&[argument])).unwrap_or_default();
        list.iter().filter_map(|entry| entry.node().as_str().map(str::to_owned)).collect()
    }

    /// The first block of a name.
    pub fn block(&self, name: &str) -> Option<Place> {
        self.values.as_ref().and_then(|values| values.list(&[name]).into_iter().next())
    }

    /// True when a value, or a part of it, is known only after the plan is applied.
    pub fn is_unknown(&self, argument: &str) -> bool {
        self.unknown.as_ref().and_then(|unknown| unknown.any(&[argument])).is_some_and(|value| holds_true(value.node()))
    }
}

fn holds_true(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::True => true,
        Kind::Array => node.elements().any(holds_true),
        Kind::Object => node.members().any(|(_, value)| holds_true(value)),
        Kind::Null | Kind::False | Kind::Number | Kind::String => false,
    }
}

fn module_resources(module: &Place, unknown: &HashMap<String, Place>, all: &mut Vec<Resource>) {
    all.extend(module.list(&["resources"]).iter().filter_map(|entry| resource(entry, entry.any(&["values"]), unknown)));
    for child in module.list(&["child_modules"]) {
        module_resources(&child, unknown, all);
    }
}

/// A resource of a plan that has nothing but changes; `None` when it will be deleted.
fn changed(entry: &Place, unknown: &HashMap<String, Place>) -> Option<Resource> {
    let change = entry.any(&["change"])?;
    let after = change.any(&["after"]);
    if after.is_none() && change.list(&["actions"]).iter().any(|action| action.node().scalar() == "delete") {
        return None;
    }
    resource(entry, after, unknown)
}

fn resource(entry: &Place, values: Option<Place>, unknown: &HashMap<String, Place>) -> Option<Resource> {
    let anchor = entry.any(&["address"])?;
    let address = anchor.node().as_str()?.to_owned();
    let unknown = unknown.get(&address).cloned();
    let is_data = entry.text(&["mode"]).as_deref() == Some("data");
    Some(Resource { kind: entry.text(&["type"])?, values, is_data, unknown, anchor, address })
}
