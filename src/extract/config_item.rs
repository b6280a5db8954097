//! Configuration items of AWS Config in all their spellings: delivered snapshots and histories, API answers with values in
//! strings, rows of advanced queries, events of rules.
//!
//! AWS Config Developer Guide, "Components of a configuration item" and "Supported resource types".

use super::entity::{Entity, Identity};
use super::found::{Body, Found, Place};
use super::iam::Detail;
use super::secret::Secret;
use super::{owner, settings};
use crate::document::Node;
use crate::policy::context::{Context, PrincipalKind};
use crate::policy::{PolicyKind, arn};

/// True for an object that is a configuration item, or a row of a query with enough of one.
pub fn is_item(node: Node<'_>) -> bool {
    let has = |name: &str| node.get(name).is_some();
    let body = has("configuration") || has("supplementaryConfiguration");
    body && (has("resourceType") || has("arn") || has("ARN") || has("resourceId") || shape(node).is_some())
}

/// The type of a row that does not name it, by the members of its configuration.
fn shape(node: Node<'_>) -> Option<&'static str> {
    const SHAPES: [(&str, &str); 13] = [
        ("roleName", "AWS::IAM::Role"),
        ("assumeRolePolicyDocument", "AWS::IAM::Role"),
        ("userName", "AWS::IAM::User"),
        ("groupPolicyList", "AWS::IAM::Group"),
        ("groupName", "AWS::IAM::Group"),
        ("policyVersionList", "AWS::IAM::Policy"),
        ("keyManager", "AWS::KMS::Key"),
        ("functionArn", "AWS::Lambda::Function"),
        ("TopicArn", "AWS::SNS::Topic"),
        ("QueueArn", "AWS::SQS::Queue"),
        ("RepositoryPolicyText", "AWS::ECR::Repository"),
        ("RepositoryName", "AWS::ECR::Repository"),
        ("vpcEndpointId", "AWS::EC2::VPCEndpoint"),
    ];
    let configuration = node.get("configuration")?;
    let found = SHAPES.iter().find(|(member, _)| configuration.get(member).is_some()).map(|(_, name)| *name);
    let bucket =
        || node.get("supplementaryConfiguration").is_some_and(|s| s.members().any(|(k, _)| k.scalar().starts_with("Bucket")));
    let owner = || configuration.get("owner").is_some() && configuration.get("creationDate").is_some();
    found.or_else(|| (bucket() || owner()).then_some("AWS::S3::Bucket"))
}

/// Where a resource type keeps its policy: `c` in `configuration`, `s` in `supplementaryConfiguration`; members by `/`.
const POLICIES: [(&str, &[&str]); 22] = [
    ("AWS::S3::Bucket", &["s/BucketPolicy/policyText", "s/BucketPolicy"]),
    ("AWS::S3::AccessPoint", &["c/Policy", "c/policy", "s/Policy"]),
    ("AWS::KMS::Key", &["s/Policy", "c/Policy", "c/KeyPolicy"]),
    ("AWS::Lambda::Function", &["s/Policy", "c/Policy"]),
    ("AWS::SNS::Topic", &["c/Policy", "c/policy", "s/Policy"]),
    ("AWS::SQS::Queue", &["c/Policy", "c/policy", "s/Policy"]),
    ("AWS::ECR::Repository", &["c/RepositoryPolicyText", "c/repositoryPolicyText"]),
    ("AWS::ECR::RegistryPolicy", &["c/PolicyText", "c/policyText"]),
    ("AWS::EC2::VPCEndpoint", &["c/policyDocument", "c/PolicyDocument"]),
    ("AWS::SecretsManager::Secret", &["c/ResourcePolicy", "s/ResourcePolicy"]),
    ("AWS::SecretsManager::ResourcePolicy", &["c/ResourcePolicy"]),
    ("AWS::Backup::BackupVault", &["c/AccessPolicy"]),
    ("AWS::EFS::FileSystem", &["c/FileSystemPolicy", "c/fileSystemPolicy"]),
    ("AWS::S3Express::BucketPolicy", &["c/PolicyDocument"]),
    ("AWS::OpenSearch::Domain", &["c/AccessPolicies", "c/accessPolicies"]),
    ("AWS::OpenSearchService::Domain", &["c/AccessPolicies", "c/accessPolicies"]),
    ("AWS::Elasticsearch::Domain", &["c/AccessPolicies", "c/accessPolicies"]),
    ("AWS::Events::EventBus", &["c/Policy", "c/policy"]),
    ("AWS::MSK::ClusterPolicy", &["c/Policy", "c/policy"]),
    ("AWS::ApiGateway::RestApi", &["c/policy", "c/Policy"]),
    ("AWS::CodeArtifact::Domain", &["c/PermissionsPolicyDocument"]),
    ("AWS::CodeArtifact::Repository", &["c/PermissionsPolicyDocument"]),
];

/// True for a type of resource that keeps a policy.
pub fn may_have_policy(resource_type: &str) -> bool {
    POLICIES.iter().any(|(name, _)| *name == resource_type)
}

/// Resources of these types may have a policy; one without is worth a look.
const MAY_LACK: [&str; 1] = ["AWS::S3::Bucket"];

/// Everything an item speaks of. `context` is what was said of the file.
pub fn item(item: &Place, context: &Context) -> Vec<Entity> {
    let configuration = item.any(&["configuration"]).map(|c| c.read());
    let supplementary = item.any(&["supplementaryConfiguration"]).map(|c| c.read());
    let conf = |keys: &[&str]| configuration.as_ref().and_then(|c| c.text(keys));
    let resource_type = item.text(&["resourceType"]).or_else(|| shape(item.node()).map(str::to_owned)).unwrap_or_default();
    let said = || item.text(&["ARN", "arn"]).or_else(|| conf(&["arn", "Arn", "functionArn", "TopicArn", "QueueArn"]));
    let account = item.text(&["awsAccountId", "accountId"]);
    let mut context = context.clone();
    context.name = item
        .text(&["resourceName"])
        .or_else(|| conf(&["roleName", "userName", "groupName", "policyName", "name", "functionName"]))
        .or_else(|| item.text(&["resourceId"]));
    let bucket = || {
        (resource_type == "AWS::S3::Bucket").then(|| context.name.as_ref().map(|name| format!("arn:aws:s3:::{name}"))).flatten()
    };
    context.resource = said().or_else(bucket);
    let of_arn = context.resource.as_deref().and_then(arn::Arn::parse);
    context.account =
        account.or_else(|| of_arn.map(|a| a.account.to_owned()).filter(|a| arn::is_account_id(a))).or(context.account);
    context.partition = of_arn.map(|a| a.partition.to_owned()).or(context.partition);
    context.region = item.text(&["awsRegion", "region"]).filter(|r| r != "global").or(context.region);
    context.resource_type = Some(resource_type.clone());
    let id = context.resource.clone().or_else(|| item.text(&["resourceId"])).or_else(|| context.name.clone());
    let identity = Identity {
        key: id.as_ref().map(|id| format!("{}|{resource_type}|{id}", context.account.as_deref().unwrap_or_default()).into()),
        recorded: item.text(&["configurationItemCaptureTime"]).unwrap_or_default().into(),
    };
    let secret = Secret::of((&identity, &context), conf(&["SecretId"]));
    if item.text(&["configurationItemStatus"]).is_some_and(|s| s.starts_with("ResourceDeleted")) {
        let gone = std::iter::once(identity).chain(secret.map(|secret| secret.identity));
        return gone.map(|identity| Entity::Resource(identity, Vec::new())).collect();
    }
    let record = Found { body: Body::Record(item.clone()), context: context.clone() };
    let parts = Parts { item, configuration, supplementary, context };
    let kind = match resource_type.as_str() {
        "AWS::IAM::Role" => Some(PrincipalKind::Role),
        "AWS::IAM::User" => Some(PrincipalKind::User),
        "AWS::IAM::Group" => Some(PrincipalKind::Group),
        _ => None,
    };
    if let (Some(kind), Some(id)) = (kind, &id) {
        let mut principal = parts.detail().principal(kind, id);
        principal.own.push(record);
        return vec![Entity::Principal(identity, Box::new(principal))];
    }
    if let ("AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy", Some(id)) = (resource_type.as_str(), &id) {
        let managed = Entity::Managed(identity.clone(), Box::new(parts.detail().managed(id)));
        let key = identity.key.map(|key| format!("{key}#record").into());
        return vec![managed, Entity::Resource(Identity { key, ..identity }, vec![record])];
    }
    if let Some(secret) = secret {
        let policy = Parts { context: secret.context, ..parts }.told(&resource_type);
        let policy = policy.map(|found| Entity::Resource(secret.identity, found));
        return std::iter::once(Entity::Resource(identity, vec![record])).chain(policy).collect();
    }
    let mut found = vec![record];
    found.extend(parts.resource(&resource_type));
    vec![Entity::Resource(identity, found)]
}

fn policies(resource_type: &str) -> &'static [&'static str] {
    POLICIES.iter().find(|(name, _)| *name == resource_type).map(|(_, paths)| *paths).unwrap_or_default()
}

struct Parts<'a> {
    item: &'a Place,
    configuration: Option<Place>,
    supplementary: Option<Place>,
    context: Context,
}

impl Parts<'_> {
    /// What to point at when something is missing: the name of the resource.
    fn anchor(&self) -> Place {
        self.item.any(&["resourceName", "ARN", "arn", "resourceId"]).unwrap_or_else(|| self.item.clone())
    }

    /// As something of IAM.
    fn detail(&self) -> Detail {
        Detail {
            body: self.configuration.clone().unwrap_or_else(|| self.item.clone()),
            anchor: self.anchor(),
            context: self.context.clone(),
            tags: owner::tags(self.item, self.configuration.as_ref()),
        }
    }

    fn resource(&self, resource_type: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let paths = policies(resource_type);
        let kind = match resource_type {
            "AWS::EC2::VPCEndpoint" => PolicyKind::VpcEndpointPolicy,
            _ => PolicyKind::ResourcePolicy,
        };
        let context = Context { kind: Some(kind), ..self.context.clone() };
        let policy = paths.iter().filter_map(|path| self.follow(path)).find_map(|p| policy_at(&p, kind, &context));
        if policy.is_none() && MAY_LACK.contains(&resource_type) && self.supplementary.is_some() {
            let told = paths.iter().find_map(|path| self.follow_null(path));
            // A row that did not select the policy says nothing of it.
            if told.is_some() || self.item.any(&["configurationItemStatus", "configurationItemVersion", "version"]).is_some() {
                found.push(Found { body: Body::Missing(told.unwrap_or_else(|| self.anchor())), context });
            }
        }
        found.extend(policy);
        let facts = settings::of_config_item(resource_type, self.configuration.as_ref(), self.supplementary.as_ref());
        if !facts.is_empty() {
            found.push(Found { body: Body::Settings(self.anchor(), facts), context: self.context.clone() });
        }
        found
    }

    /// The same, when the item tells of a policy or that there is none.
    fn told(&self, resource_type: &str) -> Option<Vec<Found>> {
        let found = self.resource(resource_type);
        let none = || policies(resource_type).iter().any(|path| self.follow_null(path).is_some());
        (!found.is_empty() || none()).then_some(found)
    }

    fn base_of(&self, path: &str) -> Option<Place> {
        if path.starts_with("c/") { self.configuration.clone() } else { self.supplementary.clone() }
    }

    fn follow(&self, path: &str) -> Option<Place> {
        let mut here = self.base_of(path)?;
        for step in path.split('/').skip(1) {
            here = here.read().any(&[step])?;
        }
        Some(here)
    }

    /// The null that says that there is no policy.
    fn follow_null(&self, path: &str) -> Option<Place> {
        let mut here = self.base_of(path)?;
        for step in path.split('/').skip(1) {
            here = here.opened().get(step)?;
        }
        Some(here)
    }
}

/// A policy that stands here; not an object that only holds one, or a `policyText` of null.
fn policy_at(place: &Place, kind: PolicyKind, context: &Context) -> Option<Found> {
    let object = place.opened();
    let node = object.node();
    let wrapped = node.get("Statement").is_none() && node.get("policyText").is_some();
    let empty = node.members().next().is_none() && node.kind() == crate::document::Kind::Object;
    if wrapped || empty { None } else { place.policy(Some(kind), context.clone()) }
}
