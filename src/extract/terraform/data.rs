//! Policies that data sources made: judged where no resource of the plan has the same policy.

use super::plan::Plan;
use crate::document::{Kind, Node};
use crate::extract::entity::{Entity, Identity};
use crate::extract::found::Place;
use crate::policy::Context;
use serde_json::Value;

/// The policies of `aws_iam_policy_document`, each text once.
pub fn entities(plan: &Plan) -> Vec<Entity> {
    let documents: Vec<_> = plan.data.iter().filter(|data| data.kind == "aws_iam_policy_document").collect();
    if documents.is_empty() {
        return Vec::new();
    }
    let mut known = Vec::new();
    for values in plan.resources.iter().filter_map(|resource| resource.values.as_ref()) {
        policies(values.node(), &mut known);
    }
    let mut all = Vec::new();
    for data in documents {
        let Some(place) = data.get("json").filter(|json| new(json, &mut known)) else { continue };
        let context = Context { name: Some(data.address.clone()), ..plan.said.clone() };
        all.extend(place.policy(None, context).map(|found| Entity::Resource(Identity::default(), vec![found])));
    }
    all
}

/// Whether this JSON is not known yet; known it is then. The provider prints it anew, so that texts do not compare.
fn new(json: &Place, known: &mut Vec<Value>) -> bool {
    let Some(value) = read(json.node().scalar()) else { return true };
    let new = !known.contains(&value);
    if new {
        known.push(value);
    }
    new
}

fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Every policy in the strings of some values.
fn policies(node: Node<'_>, known: &mut Vec<Value>) {
    match node.kind() {
        Kind::Array => node.elements().for_each(|element| policies(element, known)),
        Kind::Object => node.members().for_each(|(_, value)| policies(value, known)),
        Kind::String if node.scalar().contains("\"Statement\"") => known.extend(read(node.scalar())),
        Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::String => {}
    }
}
