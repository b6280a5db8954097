//! Roles, users, groups and managed policies as `aws iam get-…` and `list-…` print them, with or without documents.

use crate::document::Node;
use crate::extract::authorization;
use crate::extract::entity::Entity;
use crate::extract::found::Place;
use crate::policy::Context;
use crate::policy::arn::Arn;
use crate::policy::context::PrincipalKind;

/// Members that hold one subject or a list of them, and what they are; `None` for managed policies.
const SUBJECTS: [(&str, Option<PrincipalKind>); 8] = [
    ("Role", Some(PrincipalKind::Role)),
    ("Roles", Some(PrincipalKind::Role)),
    ("Group", Some(PrincipalKind::Group)),
    ("Groups", Some(PrincipalKind::Group)),
    ("User", Some(PrincipalKind::User)),
    ("Users", Some(PrincipalKind::User)),
    ("Policy", None),
    ("Policies", None),
];

/// Members that only one kind of subject has, for a subject without its answer around it, as `--query` leaves it.
const NAMES: [(&str, Option<PrincipalKind>); 4] = [
    ("RoleName", Some(PrincipalKind::Role)),
    ("UserName", Some(PrincipalKind::User)),
    ("GroupName", Some(PrincipalKind::Group)),
    ("DefaultVersionId", None),
];

/// The subjects of an answer of IAM.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    if of_iam(root.node()) {
        let kind = NAMES.iter().find(|(name, _)| root.any(&[name]).is_some());
        return kind.and_then(|(_, kind)| subject(*kind, root, said)).into_iter().collect();
    }
    let mut all = Vec::new();
    for (member, kind) in SUBJECTS {
        let Some(value) = root.any(&[member]) else { continue };
        let found = value.node().one_or_many().filter(|node| of_iam(*node));
        all.extend(found.filter_map(|node| subject(kind, &root.at(node), said)));
    }
    all
}

/// What a file was said to hold is not what its principals are.
fn subject(kind: Option<PrincipalKind>, entry: &Place, said: &Context) -> Option<Entity> {
    match kind {
        Some(kind) => authorization::principal(kind, entry, &Context { kind: None, resource_type: None, ..said.clone() }),
        None => authorization::managed(entry, said),
    }
}

fn of_iam(subject: Node<'_>) -> bool {
    subject.get("Arn").and_then(Node::as_str).and_then(Arn::parse).is_some_and(|arn| arn.service == "iam")
}
