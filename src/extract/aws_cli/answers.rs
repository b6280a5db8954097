//! Answers that hold policies: a table of where they stand, and how it is read.
//!
//! An answer that is only `{"Policy": "…"}` tells nothing of its resource; [`super::anywhere`] finds it, and what its
//! actions are about tells the rest.

use super::resource;
use crate::document::embed;
use crate::extract::entity::Entity;
use crate::extract::found::Place;
use crate::extract::layout::is_policy;
use crate::extract::owner;
use crate::policy::context::{AttachedTo, PrincipalKind};
use crate::policy::{Context, PolicyKind};

/// Where an answer has its policy, and what it tells of it.
struct Answer {
    /// The member that holds the described thing, or a list of such; the answer itself when empty.
    inside: &'static str,
    /// Members of the thing that tell this answer from others.
    has: &'static [&'static str],
    /// A member, and what its text contains.
    told: (&'static str, &'static str),
    /// The policy.
    policy: &'static str,
    /// Its kind.
    kind: PolicyKind,
    /// CloudFormation type of the resource.
    resource_type: Option<&'static str>,
    /// Members with the ARN of the resource, the name and the account.
    arn: &'static str,
    name: &'static str,
    account: &'static str,
    /// The principal that an inline policy belongs to.
    principal: Option<PrincipalKind>,
}

/// The members most answers have in common.
const PLAIN: Answer = Answer {
    inside: "",
    has: &[],
    told: ("", ""),
    policy: "Policy",
    kind: PolicyKind::ResourcePolicy,
    resource_type: None,
    arn: "",
    name: "",
    account: "",
    principal: None,
};

/// An inline policy: `get-role-policy` and its like.
const INLINE: Answer = Answer { policy: "PolicyDocument", kind: PolicyKind::IdentityPolicy, name: "PolicyName", ..PLAIN };

/// A domain of OpenSearch or Elasticsearch.
const DOMAIN: Answer = Answer {
    policy: "AccessPolicies",
    resource_type: Some("AWS::OpenSearchService::Domain"),
    arn: "ARN",
    name: "DomainName",
    ..PLAIN
};

const OLD_DOMAIN: Answer =
    Answer { has: &["ARN", "ElasticsearchVersion"], resource_type: Some("AWS::Elasticsearch::Domain"), ..DOMAIN };

/// A REST API, alone or in a list.
const REST_API: Answer = Answer {
    has: &["id", "endpointConfiguration"],
    policy: "policy",
    resource_type: Some("AWS::ApiGateway::RestApi"),
    name: "name",
    ..PLAIN
};

/// Permissions of CodeArtifact.
const ARTIFACT: Answer =
    Answer { inside: "policy", has: &["document", "resourceArn"], policy: "document", arn: "resourceArn", ..PLAIN };

/// An event bus.
const BUS: Answer = Answer {
    has: &["Name", "Arn"],
    told: ("Arn", ":event-bus/"),
    resource_type: Some("AWS::Events::EventBus"),
    arn: "Arn",
    name: "Name",
    ..PLAIN
};

/// The first that fits is taken.
const ANSWERS: [Answer; 28] = [
    Answer {
        inside: "PolicyVersion",
        has: &["Document", "IsDefaultVersion"],
        policy: "Document",
        kind: PolicyKind::IdentityPolicy,
        ..PLAIN
    },
    Answer { has: &["RoleName", "PolicyName", "PolicyDocument"], principal: Some(PrincipalKind::Role), ..INLINE },
    Answer { has: &["UserName", "PolicyName", "PolicyDocument"], principal: Some(PrincipalKind::User), ..INLINE },
    Answer { has: &["GroupName", "PolicyName", "PolicyDocument"], principal: Some(PrincipalKind::Group), ..INLINE },
    // A key has one policy, and it is called "default".
    Answer { has: &["Policy"], told: ("PolicyName", "default"), resource_type: Some("AWS::KMS::Key"), ..PLAIN },
    Answer { inside: "Attributes", has: &["QueueArn"], resource_type: Some("AWS::SQS::Queue"), arn: "QueueArn", ..PLAIN },
    Answer {
        inside: "Attributes",
        has: &["TopicArn", "Policy"],
        resource_type: Some("AWS::SNS::Topic"),
        arn: "TopicArn",
        account: "Owner",
        ..PLAIN
    },
    Answer {
        has: &["registryId", "repositoryName", "policyText"],
        policy: "policyText",
        resource_type: Some("AWS::ECR::Repository"),
        name: "repositoryName",
        account: "registryId",
        ..PLAIN
    },
    Answer {
        has: &["registryId", "policyText"],
        policy: "policyText",
        resource_type: Some("AWS::ECR::RegistryPolicy"),
        account: "registryId",
        ..PLAIN
    },
    Answer {
        has: &["ARN", "Name", "ResourcePolicy"],
        policy: "ResourcePolicy",
        resource_type: Some("AWS::SecretsManager::Secret"),
        arn: "ARN",
        name: "Name",
        ..PLAIN
    },
    Answer {
        inside: "VpcEndpoints",
        has: &["VpcEndpointId"],
        policy: "PolicyDocument",
        kind: PolicyKind::VpcEndpointPolicy,
        resource_type: Some("AWS::EC2::VPCEndpoint"),
        name: "VpcEndpointId",
        account: "OwnerId",
        ..PLAIN
    },
    Answer { has: &["FileSystemId", "Policy"], resource_type: Some("AWS::EFS::FileSystem"), name: "FileSystemId", ..PLAIN },
    Answer {
        has: &["BackupVaultArn", "Policy"],
        resource_type: Some("AWS::Backup::BackupVault"),
        arn: "BackupVaultArn",
        name: "BackupVaultName",
        ..PLAIN
    },
    BUS,
    Answer { inside: "EventBuses", ..BUS },
    Answer { inside: "DomainStatus", ..OLD_DOMAIN },
    Answer { inside: "DomainStatusList", ..OLD_DOMAIN },
    Answer { inside: "DomainStatus", has: &["ARN", "AccessPolicies"], ..DOMAIN },
    Answer { inside: "DomainStatusList", has: &["ARN", "AccessPolicies"], ..DOMAIN },
    Answer { told: ("resourceArn", ":domain/"), resource_type: Some("AWS::CodeArtifact::Domain"), ..ARTIFACT },
    Answer { told: ("resourceArn", ":repository/"), resource_type: Some("AWS::CodeArtifact::Repository"), ..ARTIFACT },
    Answer { inside: "policy", has: &["Policy"], resource_type: Some("AWS::Glacier::Vault"), ..PLAIN },
    Answer {
        inside: "resourcePolicies",
        has: &["policyName", "policyDocument"],
        policy: "policyDocument",
        resource_type: Some("AWS::Logs::ResourcePolicy"),
        name: "policyName",
        ..PLAIN
    },
    Answer { has: &["PolicyInJson"], policy: "PolicyInJson", ..PLAIN },
    Answer { inside: "GetResourcePoliciesResponseList", has: &["PolicyInJson"], policy: "PolicyInJson", ..PLAIN },
    Answer { has: &["InlinePolicy"], policy: "InlinePolicy", kind: PolicyKind::IdentityPolicy, ..PLAIN },
    REST_API,
    Answer { inside: "items", ..REST_API },
];

/// The policies of an answer; a thing without a policy counts as read.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    for answer in &ANSWERS {
        let things = answer.things(root);
        if !things.is_empty() {
            return things.iter().map(|thing| answer.entity(thing, said)).collect();
        }
    }
    Vec::new()
}

impl Answer {
    fn things(&self, root: &Place) -> Vec<Place> {
        let inside = if self.inside.is_empty() { Some(root.clone()) } else { root.any(&[self.inside]) };
        let Some(inside) = inside else { return Vec::new() };
        let has = |thing: &Place, key: &str| thing.any(&[key]).is_some_and(|m| key != self.policy || may_be_policy(&m));
        let (member, part) = self.told;
        let told = |thing: &Place| member.is_empty() || thing.text(&[member]).is_some_and(|text| text.contains(part));
        let fits = |thing: &Place| self.has.iter().all(|member| has(thing, member)) && told(thing);
        inside.node().one_or_many().map(|node| root.at(node)).filter(fits).collect()
    }

    fn entity(&self, thing: &Place, said: &Context) -> Entity {
        let text = |member: &str| if member.is_empty() { None } else { thing.text(&[member]) };
        let of_arn = owner::by_arn(said, text(self.arn));
        let principal = self.principal.map(|kind| AttachedTo {
            kind: Some(kind),
            name: thing.text(&["RoleName", "UserName", "GroupName"]).unwrap_or_default(),
            ..AttachedTo::default()
        });
        // An endpoint has no ARN here, but its service tells the region: `com.amazonaws.eu-west-1.s3`.
        let service = text("ServiceName").filter(|_| self.kind == PolicyKind::VpcEndpointPolicy);
        let region = service.and_then(|s| s.split('.').find(|part| crate::catalog::is_region(part)).map(str::to_owned));
        let context = Context {
            account: text(self.account).or(of_arn.account),
            region: of_arn.region.or(region),
            name: text(self.name).or(of_arn.name),
            resource_type: self.resource_type.map(str::to_owned).or(of_arn.resource_type),
            attached_to: principal,
            ..of_arn
        };
        resource(thing.any(&[self.policy]).filter(may_be_policy).and_then(|place| place.policy(Some(self.kind), context)))
    }
}

/// An object with statements, a string that may hold one, or the empty string that stands for no policy.
fn may_be_policy(place: &Place) -> bool {
    let node = place.node();
    let empty = || node.as_str().is_some_and(|text| text.trim().is_empty());
    embed::holds_json(node) || is_policy(node) || empty()
}
