//! Templates of CloudFormation, of SAM, and those that the CDK makes: the policies of their resources, who they are attached
//! to inside the template, and what is set on buckets.
//!
//! CloudFormation Template Reference, "AWS resource and property types reference".

mod bucket;
mod iam;
mod resource;
mod value;

use super::entity::{Entity, Identity};
use super::found::{Body, Found, Place};
use crate::document::{Kind, Node};
use crate::policy::Context;
use std::collections::HashMap;
use std::sync::Arc;

/// True for such a document.
pub fn is_template(root: Node<'_>) -> bool {
    let Some(resources) = root.get("Resources").filter(|r| r.kind() == Kind::Object) else { return false };
    let typed = |node: Node<'_>| node.get("Type").and_then(Node::as_str).is_some_and(|t| t.contains("::"));
    let said = root.get("AWSTemplateFormatVersion").is_some() || root.get("Transform").is_some();
    said || resources.members().any(|(_, resource)| typed(resource))
}

/// What it speaks of. Nothing of it has an ARN yet: principals and managed policies are known as `template:` and their
/// logical id.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    let template = Template::new(root, said);
    let links = iam::Links::new(&template);
    template.resources.iter().flat_map(|resource| template.of_resource(resource, &links)).collect()
}

/// One resource of a template.
struct Resource {
    /// Its logical id.
    id: Arc<str>,
    /// Its type.
    name: String,
    /// Where the type is written: what to point at when something is missing.
    anchor: Place,
    /// Its properties, which it need not have.
    properties: Option<Place>,
}

struct Template<'a> {
    resources: Vec<Resource>,
    /// From logical ids to places in `resources`.
    index: HashMap<Arc<str>, usize>,
    said: &'a Context,
}

impl Resource {
    fn read(id: &str, place: &Place) -> Option<Self> {
        let anchor = place.get("Type").filter(|t| t.node().as_str().is_some())?;
        let name = anchor.node().scalar().to_owned();
        Some(Self { id: id.into(), name, anchor, properties: place.get("Properties") })
    }

    /// A property; members by `/`.
    fn property(&self, path: &str) -> Option<Place> {
        path.split('/').try_fold(self.properties.clone()?, |here, step| here.any(&[step]))
    }

    /// A property that is spelled out.
    fn text(&self, path: &str) -> Option<String> {
        self.property(path).and_then(|p| value::literal(&p))
    }

    /// The elements of a property.
    fn list(&self, path: &str) -> Vec<Place> {
        self.property(path).map(|p| value::list(&p)).unwrap_or_default()
    }

    /// The name it is known by inside the template.
    fn key(&self) -> Arc<str> {
        template_id(&self.id)
    }
}

/// What stands for the ARN of a resource of the template.
fn template_id(logical: &str) -> Arc<str> {
    format!("template:{logical}").into()
}

impl<'a> Template<'a> {
    fn new(root: &Place, said: &'a Context) -> Self {
        let resources = root.get("Resources").map(|r| members(&r)).unwrap_or_default();
        let index = resources.iter().enumerate().map(|(at, r)| (r.id.clone(), at)).collect();
        Self { resources, index, said }
    }

    /// The resource with this logical id.
    fn get(&self, logical: &str) -> Option<&Resource> {
        self.index.get(logical).and_then(|at| self.resources.get(*at))
    }

    /// The resource of one of some types that a value speaks of: by its logical id, or by the name it is given.
    fn target(&self, place: &Place, types: &[&str], name: &str) -> Option<&Resource> {
        let fits = |resource: &&Resource| types.contains(&resource.name.as_str());
        let by_id = || value::reference(place).and_then(|id| self.get(&id)).filter(fits);
        let by_name = || {
            let wanted = value::render(place)?;
            let named = |r: &&Resource| r.property(name).and_then(|p| value::render(&p)).is_some_and(|n| n == wanted);
            self.resources.iter().filter(fits).find(named)
        };
        by_id().or_else(by_name)
    }

    /// What is known of everything in the template.
    fn context(&self) -> Context {
        // The kind and the type that were said of the file are those of a bare policy.
        Context { kind: None, resource_type: None, resource: None, name: None, attached_to: None, ..self.said.clone() }
    }

    fn of_resource(&self, resource: &Resource, links: &iam::Links) -> Vec<Entity> {
        if let Some(entities) = iam::entities(self, resource, links) {
            return entities;
        }
        let mut found = resource::policies(self, resource);
        if resource.name == bucket::TYPE {
            found.extend(bucket::found(self, resource));
        }
        if found.is_empty() { Vec::new() } else { vec![Entity::Resource(Identity::default(), found)] }
    }
}

/// The resources of an object, those of loops included.
fn members(resources: &Place) -> Vec<Resource> {
    let mut out = Vec::new();
    for (key, node) in resources.node().members() {
        let place = resources.at(node);
        // `Fn::ForEach::Name: [Identifier, Collection, {OutputKey: …}]`
        if key.scalar().starts_with("Fn::ForEach") {
            out.extend(place.elements().nth(2).map(|body| members(&body)).unwrap_or_default());
        } else {
            out.extend(Resource::read(key.scalar(), &place));
        }
    }
    out
}

/// A resource that lacks what it might have.
fn missing(resource: &Resource, context: Context) -> Found {
    Found { body: Body::Missing(resource.anchor.clone()), context }
}

#[cfg(test)]
#[path = "cloudformation_tests.rs"]
mod tests;
