//! Policies under well-known names anywhere in a document: the last resort for outputs of other tools.

use super::resource;
use crate::document::{Kind, embed};
use crate::extract::entity::Entity;
use crate::extract::found::Place;
use crate::extract::owner;
use crate::policy::arn::Arn;
use crate::policy::{Context, PolicyKind};

/// A document nested deeper than this is not looked through to its end.
const DEPTH: usize = 12;

/// Members that hold policies in APIs, templates and tools.
const NAMES: [&str; 18] = [
    "PolicyDocument",
    "policyDocument",
    "AssumeRolePolicyDocument",
    "assumeRolePolicyDocument",
    "ResourcePolicy",
    "resourcePolicy",
    "policyText",
    "RepositoryPolicyText",
    "KeyPolicy",
    "AccessPolicies",
    "AccessPolicy",
    "accessPolicy",
    "BucketPolicy",
    "Policy",
    "policy",
    "Document",
    "document",
    "Content",
];

/// The policies under those names.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    let mut all = Vec::new();
    walk(root, said, DEPTH, &mut all);
    all
}

fn walk(here: &Place, said: &Context, depth: usize, all: &mut Vec<Entity>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for (key, value) in here.node().members() {
        if value.is_scalar() && value.kind() != Kind::String {
            continue;
        }
        let name = key.scalar();
        let place = here.at(value);
        if NAMES.contains(&name) && is_policy(&place) {
            let kind = name.to_ascii_lowercase().starts_with("assume").then_some(PolicyKind::TrustPolicy);
            all.extend(place.policy(kind, context(here, said)).map(|found| resource([found])));
        } else {
            walk(&place, said, depth, all);
        }
    }
    for element in here.elements() {
        walk(&element, said, depth, all);
    }
}

/// An object with statements, or a string that holds one.
fn is_policy(place: &Place) -> bool {
    let node = place.node();
    let object = node.kind() == Kind::Object || embed::holds_json(node);
    object && place.opened().node().get("Statement").is_some()
}

/// What the members beside a policy tell of it.
fn context(holder: &Place, said: &Context) -> Context {
    let arn = holder.text(&["Arn", "ARN", "arn", "ResourceArn", "resourceArn"]).filter(|arn| Arn::parse(arn).is_some());
    let name = holder.text(&["PolicyName", "policyName", "Name", "name"]);
    Context { name: name.or_else(|| said.name.clone()), ..owner::by_arn(said, arn) }
}
