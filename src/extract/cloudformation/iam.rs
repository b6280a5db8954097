//! Roles, users, groups and their policies: inline, as resources of their own, managed, and those of SAM functions.
//!
//! CloudFormation Template Reference, "AWS Identity and Access Management resource type reference"; AWS SAM Developer
//! Guide, "AWS::Serverless::Function".

use super::{Resource, Template, missing, template_id, value};
use crate::document::Kind;
use crate::extract::entity::{Entity, Identity, Managed, Principal};
use crate::extract::found::{Found, Place};
use crate::policy::context::{AttachedTo, PrincipalKind};
use crate::policy::intrinsic::is_intrinsic;
use crate::policy::{Context, PolicyKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A principal's type and the property of its name.
const PRINCIPALS: [(PrincipalKind, &str, &str); 3] = [
    (PrincipalKind::Role, "AWS::IAM::Role", "RoleName"),
    (PrincipalKind::User, "AWS::IAM::User", "UserName"),
    (PrincipalKind::Group, "AWS::IAM::Group", "GroupName"),
];

/// Types of SAM that make a role of their own, named after their logical id.
const SAM: [&str; 2] = ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"];

const MANAGED: &str = "AWS::IAM::ManagedPolicy";
const LISTS: &[(&str, PrincipalKind)] =
    &[("Roles", PrincipalKind::Role), ("Users", PrincipalKind::User), ("Groups", PrincipalKind::Group)];

/// Properties of policies that name principals.
const TARGETS: [(&str, &[(&str, PrincipalKind)]); 5] = [
    ("AWS::IAM::Policy", LISTS),
    ("AWS::IAM::RolePolicy", &[("RoleName", PrincipalKind::Role)]),
    ("AWS::IAM::UserPolicy", &[("UserName", PrincipalKind::User)]),
    ("AWS::IAM::GroupPolicy", &[("GroupName", PrincipalKind::Group)]),
    (MANAGED, LISTS),
];

/// What other resources say of the principals of a template, by logical id.
#[derive(Default)]
pub(super) struct Links {
    /// Inline policies, as places among the resources.
    inline: HashMap<Arc<str>, Vec<usize>>,
    attached: HashMap<Arc<str>, Vec<Arc<str>>>,
    groups: HashMap<Arc<str>, Vec<Arc<str>>>,
}

impl Links {
    /// Read every resource that speaks of principals.
    pub(super) fn new(template: &Template<'_>) -> Self {
        let mut links = Self::default();
        for (at, resource) in template.resources.iter().enumerate() {
            for (_, place, kind) in targets(resource) {
                let Some(principal) = principal_of(template, &place, kind) else { continue };
                if resource.name == MANAGED {
                    links.attached.entry(principal).or_default().push(resource.key());
                } else {
                    links.inline.entry(principal).or_default().push(at);
                }
            }
            if resource.name == "AWS::IAM::UserToGroupAddition"
                && let Some(group) = resource.property("GroupName").and_then(|place| group(template, &place))
            {
                let users = resource.list("Users").into_iter();
                for user in users.filter_map(|place| principal_of(template, &place, PrincipalKind::User)) {
                    links.groups.entry(user).or_default().push(group.clone());
                }
            }
        }
        links
    }
}

/// The principals that a policy names: with the property, and their kind.
fn targets(resource: &Resource) -> Vec<(&'static str, Place, PrincipalKind)> {
    let properties = TARGETS.iter().find(|(name, _)| *name == resource.name).map(|(_, properties)| *properties);
    let of = |(property, kind): &(&'static str, PrincipalKind)| {
        let (property, kind) = (*property, *kind);
        resource.list(property).into_iter().map(move |place| (property, place, kind))
    };
    properties.unwrap_or_default().iter().flat_map(of).collect()
}

/// The logical id of the principal that a value names, when it belongs to the template.
fn principal_of(template: &Template<'_>, place: &Place, kind: PrincipalKind) -> Option<Arc<str>> {
    let (_, name, property) = PRINCIPALS.iter().find(|(k, ..)| *k == kind)?;
    if let Some(found) = template.target(place, &[name], property) {
        return Some(found.id.clone());
    }
    let id = value::reference(place).filter(|_| kind == PrincipalKind::Role)?;
    let owner = template.get(id.strip_suffix("Role")?)?;
    makes_role(owner).then(|| id.into())
}

fn makes_role(resource: &Resource) -> bool {
    SAM.contains(&resource.name.as_str()) && resource.property("Role").is_none()
}

fn group(template: &Template<'_>, place: &Place) -> Option<Arc<str>> {
    let inside = principal_of(template, place, PrincipalKind::Group).map(|id| template_id(&id));
    inside.or_else(|| value::literal(place).map(Arc::from))
}

/// The ARN of a managed policy, or what stands for one of the template.
fn managed_policy(template: &Template<'_>, place: &Place) -> Option<Arc<str>> {
    if let Some(inside) = template.target(place, &[MANAGED], "ManagedPolicyName") {
        return Some(inside.key());
    }
    let text = value::render(place).filter(|text| text.starts_with("arn:"))?;
    if let Some((_, name)) = text.split_once(":iam::aws:policy/") {
        return Some(format!("arn:aws:iam::aws:policy/{name}").into());
    }
    let name = text.split_once(":policy/")?.1.rsplit('/').next()?;
    let named = |r: &&Resource| r.name == MANAGED && r.text("ManagedPolicyName").as_deref() == Some(name);
    let inside = template.resources.iter().find(named).map(Resource::key);
    Some(inside.unwrap_or_else(|| text.as_str().into()))
}

/// Principals and policies of IAM; `None` for any other resource.
pub(super) fn entities(template: &Template<'_>, resource: &Resource, links: &Links) -> Option<Vec<Entity>> {
    let name = resource.name.as_str();
    if let Some((kind, _, property)) = PRINCIPALS.iter().find(|(_, of, _)| *of == name) {
        let known = resource.text(property).unwrap_or_else(|| resource.id.to_string());
        let maker = Maker { template, resource, links, kind: *kind, id: resource.id.clone(), name: known };
        return Some(vec![maker.principal()]);
    }
    if SAM.contains(&name) {
        let id: Arc<str> = format!("{}Role", resource.id).into();
        let maker = Maker { template, resource, links, kind: PrincipalKind::Role, name: id.to_string(), id };
        return Some(makes_role(resource).then(|| maker.role_of_sam()).into_iter().collect());
    }
    match name {
        MANAGED => Some(managed(template, resource)),
        _ if TARGETS.iter().any(|(of, _)| *of == name) => Some(inline(template, resource)),
        _ => None,
    }
}

/// An inline policy of principals that the template does not have; those that it has hold it themselves.
fn inline(template: &Template<'_>, resource: &Resource) -> Vec<Entity> {
    let targets = targets(resource);
    if targets.iter().any(|(_, place, kind)| principal_of(template, place, *kind).is_some()) {
        return Vec::new();
    }
    let attached_to = targets.first().map(|(_, place, kind)| AttachedTo {
        kind: Some(*kind),
        name: value::literal(place).unwrap_or_default(),
        ..AttachedTo::default()
    });
    let found = documents(resource, "PolicyName", &Context { attached_to, ..template.context() });
    if found.is_empty() { Vec::new() } else { vec![Entity::Resource(Identity::default(), found)] }
}

/// The policies of a resource that is an identity policy, under its name or its logical id.
fn documents(resource: &Resource, name: &str, context: &Context) -> Vec<Found> {
    let name = resource.text(name).or_else(|| Some(resource.id.to_string()));
    let context = Context { name, ..context.clone() };
    let place = resource.property("PolicyDocument");
    place.map(|place| value::policies(&place, PolicyKind::IdentityPolicy, &context)).unwrap_or_default()
}

fn managed(template: &Template<'_>, resource: &Resource) -> Vec<Entity> {
    let mut found = documents(resource, "ManagedPolicyName", &template.context()).into_iter();
    let managed = Managed { id: resource.key(), default: found.next(), attachments: None, boundaries: None, old_versions: 0 };
    let mut out = vec![Entity::Managed(Identity::default(), Box::new(managed))];
    // The other side of a condition.
    out.extend(found.map(|found| Entity::Resource(Identity::default(), vec![found])));
    out
}

/// A principal in the making.
struct Maker<'a> {
    template: &'a Template<'a>,
    resource: &'a Resource,
    links: &'a Links,
    kind: PrincipalKind,
    /// Its logical id.
    id: Arc<str>,
    name: String,
}

impl Maker<'_> {
    fn context(&self) -> Context {
        let attached_to = AttachedTo {
            kind: Some(self.kind),
            name: self.name.clone(),
            path: self.resource.text("Path").or_else(|| self.resource.text("RolePath")),
            tags: tags(self.resource),
            trusts_others: None,
        };
        Context { attached_to: Some(attached_to), name: Some(self.name.clone()), ..self.template.context() }
    }

    fn principal(&self) -> Entity {
        let context = self.context();
        let mut inline = Vec::new();
        for entry in self.resource.list("Policies") {
            let name = entry.any(&["PolicyName"]).and_then(|place| value::literal(&place));
            let name = name.unwrap_or_else(|| self.id.to_string());
            let context = Context { name: Some(name), ..context.clone() };
            if is_intrinsic(entry.node()) {
                inline.extend(entry.policy(Some(PolicyKind::IdentityPolicy), context));
            } else if let Some(place) = entry.any(&["PolicyDocument"]) {
                inline.extend(value::policies(&place, PolicyKind::IdentityPolicy, &context));
            }
        }
        let arns = self.resource.list("ManagedPolicyArns");
        let attached = arns.iter().filter_map(|place| managed_policy(self.template, place)).collect();
        self.finish(context, inline, attached)
    }

    /// The role that SAM makes for a function.
    fn role_of_sam(&self) -> Entity {
        let context = self.context();
        let (mut inline, mut attached) = (Vec::new(), Vec::new());
        for (at, entry) in self.resource.list("Policies").iter().enumerate() {
            let node = entry.node();
            if node.kind() == Kind::Object && !is_intrinsic(node) {
                // What has no statements is a policy of SAM's own, such as `S3ReadPolicy`, by its name.
                if node.get("Statement").is_some() {
                    let name = Some(format!("{}Policy{at}", self.id));
                    let context = Context { name, ..context.clone() };
                    inline.extend(entry.policy(Some(PolicyKind::IdentityPolicy), context));
                }
                continue;
            }
            let known = managed_policy(self.template, entry);
            let by_name = || {
                value::literal(entry).filter(|n| !n.starts_with("arn:")).map(|n| format!("arn:aws:iam::aws:policy/{n}").into())
            };
            attached.extend(known.or_else(by_name));
        }
        self.finish(context, inline, attached)
    }

    /// What all principals have in common, and what other resources say of them.
    fn finish(&self, context: Context, mut inline: Vec<Found>, mut attached: Vec<Arc<str>>) -> Entity {
        let trust = self.resource.property("AssumeRolePolicyDocument").filter(|_| self.kind == PrincipalKind::Role);
        let own = trust.map(|place| value::policies(&place, PolicyKind::TrustPolicy, &context)).unwrap_or_default();
        for policy in self.links.inline.get(&self.id).into_iter().flatten() {
            let resource = self.template.resources.get(*policy);
            inline.extend(resource.map(|r| documents(r, "PolicyName", &context)).unwrap_or_default());
        }
        attached.extend(self.links.attached.get(&self.id).into_iter().flatten().cloned());
        let mut groups: Vec<Arc<str>> = match self.kind {
            PrincipalKind::User => self.resource.list("Groups").iter().filter_map(|p| group(self.template, p)).collect(),
            PrincipalKind::Role | PrincipalKind::Group => Vec::new(),
        };
        groups.extend(self.links.groups.get(&self.id).into_iter().flatten().cloned());
        let boundary = self.resource.property("PermissionsBoundary").map(|place| value::branches(&place));
        for list in [&mut attached, &mut groups] {
            let mut seen = std::collections::HashSet::new();
            list.retain(|name| seen.insert(name.clone()));
        }
        let principal = Principal {
            kind: self.kind,
            id: template_id(&self.id),
            own,
            inline,
            attached,
            groups,
            // One that only the deployment knows is a boundary as well.
            tells_boundary: boundary.is_none(),
            boundary: boundary.and_then(|all| all.first().and_then(|place| managed_policy(self.template, place))),
            subject: missing(self.resource, context),
        };
        Entity::Principal(Identity::default(), Box::new(principal))
    }
}

/// Tags as a list of keys and values, or as SAM's map. A value that is not known yet is there all the same.
fn tags(resource: &Resource) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for place in resource.list("Tags") {
        let node = place.node();
        if is_intrinsic(node) {
            continue;
        }
        if let Some(key) = place.any(&["Key"]).and_then(|key| value::literal(&key)) {
            out.insert(key, place.any(&["Value"]).and_then(|v| value::render(&v)).unwrap_or_default());
        } else if node.get("Key").is_none() {
            out.extend(node.members().filter_map(|(key, v)| Some((key.scalar().to_owned(), value::render(&place.at(v))?))));
        }
    }
    out
}
