//! Scenario files: a request and the policies that bear on it, read from a document so that every mistake has its place.

use super::draft::Draft;
use crate::document::{Document, Kind, Node, Problem, ProblemCode};
use crate::policy::{Policy, PolicyKind, parse};
use crate::text::suggest::did_you_mean;

/// Where a policy of a scenario is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The caller or one of its groups.
    Identity,
    /// The caller's permissions boundary.
    Boundary,
    /// The caller's session.
    Session,
    /// The resource.
    Resource,
    /// A level of the organization, the root being 0: a service control policy.
    Scp(usize),
    /// The same for a resource control policy.
    Rcp(usize),
    /// The VPC endpoint.
    Endpoint,
}

impl Place {
    /// The kind of policy that stands there.
    pub fn kind(self) -> PolicyKind {
        match self {
            Self::Identity => PolicyKind::IdentityPolicy,
            Self::Boundary => PolicyKind::PermissionsBoundary,
            Self::Session => PolicyKind::SessionPolicy,
            Self::Resource => PolicyKind::ResourcePolicy,
            Self::Scp(_) => PolicyKind::ServiceControlPolicy,
            Self::Rcp(_) => PolicyKind::ResourceControlPolicy,
            Self::Endpoint => PolicyKind::VpcEndpointPolicy,
        }
    }
}

/// How a policy is given.
#[derive(Clone, Copy, Debug)]
pub enum Given<'d> {
    /// Here.
    Inline(Node<'d>),
    /// In a file, named from where the scenario stands.
    File(&'d str),
}

/// A policy of a scenario.
#[derive(Clone, Debug)]
pub struct Slot<'d> {
    /// Where it is attached.
    pub place: Place,
    /// Its place in the file, such as `scps[0][1]`.
    pub name: String,
    /// The policy, or its file.
    pub given: Given<'d>,
}

/// A scenario as written.
#[derive(Clone, Debug, Default)]
pub struct ScenarioFile<'d> {
    /// What it says of the request.
    pub request: Draft,
    /// Its policies.
    pub slots: Vec<Slot<'d>>,
    /// Levels of the organization that it lists, with service and resource control policies. A level may be empty.
    pub levels: [usize; 2],
    /// The management account of the organization.
    pub management_account: Option<String>,
}

const FIELDS: [&str; 9] = [
    "request",
    "identity_policies",
    "permissions_boundaries",
    "session_policies",
    "resource_policy",
    "scps",
    "rcps",
    "vpc_endpoint_policies",
    "management_account",
];

/// Read a scenario. What does not fit is reported and left out.
pub fn read(document: &Document) -> (ScenarioFile<'_>, Vec<Problem>) {
    let mut out = ScenarioFile::default();
    let mut problems = Vec::new();
    let Some(root) = document.root() else { return (out, problems) };
    for (key, value) in members(root, "a scenario", &FIELDS, &mut problems) {
        match key {
            "request" => out.request = Draft::read(value, &mut problems),
            "identity_policies" => list(value, key, Place::Identity, &mut out.slots, &mut problems),
            "permissions_boundaries" => list(value, key, Place::Boundary, &mut out.slots, &mut problems),
            "session_policies" => list(value, key, Place::Session, &mut out.slots, &mut problems),
            "vpc_endpoint_policies" => list(value, key, Place::Endpoint, &mut out.slots, &mut problems),
            "resource_policy" if value.kind() == Kind::Null => {}
            "resource_policy" => slot(value, key.to_owned(), Place::Resource, &mut out.slots, &mut problems),
            "scps" => out.levels[0] = levels(value, key, Place::Scp, &mut out.slots, &mut problems),
            "rcps" => out.levels[1] = levels(value, key, Place::Rcp, &mut out.slots, &mut problems),
            _ => out.management_account = account(value, key, &mut problems),
        }
    }
    (out, problems)
}

fn levels<'d>(
    value: Node<'d>,
    key: &str,
    place: fn(usize) -> Place,
    slots: &mut Vec<Slot<'d>>,
    problems: &mut Vec<Problem>,
) -> usize {
    if value.kind() != Kind::Array {
        wrong(value, key, "a list of levels, each a list of policies", problems);
    }
    let mut count = 0;
    for (number, level) in value.elements().enumerate() {
        list(level, &format!("{key}[{number}]"), place(number), slots, problems);
        count += 1;
    }
    count
}

fn list<'d>(value: Node<'d>, name: &str, place: Place, slots: &mut Vec<Slot<'d>>, problems: &mut Vec<Problem>) {
    if value.kind() != Kind::Array {
        wrong(value, name, "a list of policies", problems);
    }
    for (number, item) in value.elements().enumerate() {
        slot(item, format!("{name}[{number}]"), place, slots, problems);
    }
}

fn slot<'d>(value: Node<'d>, name: String, place: Place, slots: &mut Vec<Slot<'d>>, problems: &mut Vec<Problem>) {
    let given = match (value.kind(), value.as_str()) {
        (Kind::Object, _) => Given::Inline(value),
        (_, Some(file)) if !file.trim().is_empty() => Given::File(file),
        _ => return wrong(value, &name, "a policy, or the name of a file with one", problems),
    };
    slots.push(Slot { place, name, given });
}

/// The members under known keys; others are reported.
pub(super) fn members<'d>(
    node: Node<'d>,
    what: &str,
    known: &[&'static str],
    problems: &mut Vec<Problem>,
) -> Vec<(&'static str, Node<'d>)> {
    if node.kind() != Kind::Object {
        wrong(node, what, "an object", problems);
    }
    let mut out: Vec<(&'static str, Node<'d>)> = Vec::new();
    for (key, value) in node.members() {
        match known.iter().find(|name| **name == key.scalar()) {
            Some(name) => out.push((name, value)),
            None => {
                let help = did_you_mean(key.scalar(), known.iter().copied())
                    .unwrap_or_else(|| format!("it has only {}", known.join(", ")));
                problem(key, format!("`{}` is no field of {what}", key.scalar()), help, problems);
            }
        }
    }
    out
}

/// 12 digits, or null.
pub(super) fn account(node: Node<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let text = text(node, key, problems)?;
    if crate::policy::arn::is_account_id(&text) {
        return Some(text);
    }
    problem(node, format!("`{text}` is not an account"), "write its 12 digits, in quotes", problems);
    None
}

/// A string; null counts as not written.
pub(super) fn text(node: Node<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<String> {
    match node.as_str() {
        Some(text) => return Some(text.to_owned()),
        None if node.kind() == Kind::Null => {}
        None => wrong(node, key, "text in double quotes", problems),
    }
    None
}

pub(super) fn wrong(node: Node<'_>, what: &str, wanted: &str, problems: &mut Vec<Problem>) {
    let found = match node.kind() {
        Kind::Null => "null",
        Kind::True | Kind::False => "true or false",
        Kind::Number => "a number",
        Kind::String => "text",
        Kind::Array => "a list",
        Kind::Object => "an object",
    };
    problem(node, format!("{what} is {found}"), format!("write {wanted}"), problems);
}

pub(super) fn problem(node: Node<'_>, message: String, help: impl Into<String>, problems: &mut Vec<Problem>) {
    problems.push(Problem::new(ProblemCode::Scenario, node.span(), message, help));
}

/// Read a policy for its place. An element that AWS refuses there is reported as well: an answer would be about a policy
/// that cannot exist.
pub fn policy<'d>(node: Node<'d>, place: Place) -> (Policy<'d>, Vec<Problem>) {
    let (policy, mut problems) = parse(node);
    let kind = place.kind();
    let grammar =
        |node: Node<'_>, message: String, help: &str| Problem::new(ProblemCode::PolicyGrammar, node.span(), message, help);
    for statement in &policy.statements {
        match (&statement.principals, place) {
            (Some(element), Place::Identity | Place::Boundary | Place::Session | Place::Scp(_)) => {
                let message = format!("`{}` in a policy of kind {kind}", element.key.scalar());
                problems.push(grammar(element.key, message, "remove it: such a policy speaks of whom it is attached to"));
            }
            (None, Place::Resource) => {
                let help = "add the principals it is about: a resource policy speaks of others";
                problems.push(grammar(statement.node, "a statement of a resource policy without `Principal`".to_owned(), help));
            }
            (Some(_) | None, _) => {}
        }
        let needs = matches!(place, Place::Identity | Place::Boundary | Place::Session | Place::Scp(_));
        if needs && statement.resources.is_none() {
            let message = format!("a statement without `Resource` in a policy of kind {kind}");
            problems.push(grammar(statement.node, message, "add the resources it is about, or `\"Resource\": \"*\"`"));
        }
    }
    (policy, problems)
}
