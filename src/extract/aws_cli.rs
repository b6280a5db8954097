//! Outputs of the AWS CLI, told by their members, and documents with policies under well-known names.
//!
//! AWS CLI Command Reference; an output has the members of the API's answer.

mod answers;
mod anywhere;
mod credential_report;
mod settings;
mod subjects;

use super::entity::{Entity, Identity};
use super::found::{Found, Place};
use crate::document::Kind;
use crate::policy::Context;

/// What it speaks of; nothing when it is none of them.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    if root.node().kind() != Kind::Object {
        return Vec::new();
    }
    let read: [fn(&Place, &Context) -> Vec<Entity>; 5] =
        [subjects::entities, answers::entities, settings::entities, credential_report::entities, anywhere::entities];
    read.iter().map(|read| read(root, said)).find(|all| !all.is_empty()).unwrap_or_default()
}

/// Something about one resource. No answer has a date, so that none takes the place of another.
fn resource(found: impl IntoIterator<Item = Found>) -> Entity {
    Entity::Resource(Identity::default(), found.into_iter().collect())
}

#[cfg(test)]
#[path = "aws_cli_tests.rs"]
mod tests;
