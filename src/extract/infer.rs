//! The kind of a bare policy: from what only that kind can say; then from the folder or file name where the content
//! leaves a choice; else an identity policy, and the summary says that this was assumed.

use crate::policy::context::Context;
use crate::policy::model::Statement;
use crate::policy::principal::PrincipalType;
use crate::policy::{Effect, Policy, PolicyKind};

/// The kind, and whether it is a guess.
pub(super) fn kind(policy: &Policy<'_>, context: &Context, file: &str) -> (PolicyKind, bool) {
    let trust = context.resource_type.as_deref() == Some("AWS::IAM::AssumeRolePolicyDocument");
    if let Some(kind) = context.kind {
        // Access Analyzer takes trust policies for resource policies of a type of their own.
        let kind = if trust && kind == PolicyKind::ResourcePolicy { PolicyKind::TrustPolicy } else { kind };
        return (kind, false);
    }
    if trust {
        return (PolicyKind::TrustPolicy, false);
    }
    if context.resource_type.is_some() {
        return (PolicyKind::ResourcePolicy, false);
    }
    let has_principal = policy.statements.iter().any(|s| s.principals.is_some());
    let named = named_kind(file).filter(|k| k.has_principal() == has_principal && can_be(policy, *k));
    if !has_principal {
        return named.map_or((PolicyKind::IdentityPolicy, true), |kind| (kind, false));
    }
    if policy.statements.iter().all(is_trust) {
        return (PolicyKind::TrustPolicy, false);
    }
    if let Some(kind) = named {
        return (kind, false);
    }
    if policy.statements.iter().all(is_rcp_deny) {
        return (PolicyKind::ResourceControlPolicy, true);
    }
    (PolicyKind::ResourcePolicy, false)
}

/// Whether the content leaves room for what a name says: a trust policy names no resource, an RCP only denies.
fn can_be(policy: &Policy<'_>, kind: PolicyKind) -> bool {
    match kind {
        PolicyKind::TrustPolicy => policy.statements.iter().all(|s| s.resources.is_none()),
        PolicyKind::ResourceControlPolicy => policy.statements.iter().all(|s| s.is(Effect::Deny) || allows_everything(s)),
        PolicyKind::IdentityPolicy
        | PolicyKind::PermissionsBoundary
        | PolicyKind::SessionPolicy
        | PolicyKind::ResourcePolicy
        | PolicyKind::VpcEndpointPolicy
        | PolicyKind::ServiceControlPolicy => true,
    }
}

/// `RCPFullAWSAccess`, which Organizations attaches itself.
fn allows_everything(statement: &Statement<'_>) -> bool {
    statement.actions.as_ref().is_some_and(|a| !a.negated && a.items.iter().all(|i| i.text == "*"))
        && statement.resources.as_ref().is_some_and(|r| !r.negated && r.items.iter().all(|i| i.text == "*"))
}

/// The kind that a folder or file name speaks of.
fn named_kind(file: &str) -> Option<PolicyKind> {
    let mut parts = file.rsplit('/');
    let stem = super::site::stem(parts.next().unwrap_or_default());
    let words = stem.split(['-', '_', '.', ' ']);
    // The folder nearest to the file speaks last; the file's own words before all folders.
    words.chain(parts).find_map(|word| {
        let word = word.to_ascii_lowercase();
        Some(match word.trim_end_matches('s') {
            "scp" | "service-control-policie" | "service_control_policie" | "service-control-policy" => {
                PolicyKind::ServiceControlPolicy
            }
            "rcp" | "resource-control-policie" | "resource_control_policie" | "resource-control-policy" => {
                PolicyKind::ResourceControlPolicy
            }
            "vpce" | "endpoint-policie" | "vpc-endpoint-policie" => PolicyKind::VpcEndpointPolicy,
            "trust" | "trust-policie" | "trust-policy" | "assume-role-policie" => PolicyKind::TrustPolicy,
            "boundarie" | "permissions-boundarie" | "permission-boundarie" => PolicyKind::PermissionsBoundary,
            _ => return None,
        })
    })
}

/// A statement only a trust policy can hold: who may assume a role, with no resource.
fn is_trust(statement: &Statement<'_>) -> bool {
    statement.resources.is_none()
        && statement.actions.as_ref().is_some_and(|actions| {
            !actions.items.is_empty() && actions.items.iter().all(|a| a.text == "*" || a.service().eq_ignore_ascii_case("sts"))
        })
}

/// Organizations User Guide, "Resource control policies", services; a Deny of everything is no RCP.
fn reached_by_rcp(service: &str) -> bool {
    crate::catalog::current().table("rcp-services").has(service)
}

/// Deny, everybody, no resource by name: what an RCP looks like, and a resource policy never does.
fn is_rcp_deny(statement: &Statement<'_>) -> bool {
    let everybody =
        statement.principals.as_ref().is_some_and(|p| !p.negated && p.items.iter().all(|i| i.kind == PrincipalType::Anyone));
    let unnamed = statement.resources.as_ref().is_some_and(|r| r.items.iter().all(|i| i.text.ends_with(":::*") || i.text == "*"));
    let services = statement.actions.as_ref().is_some_and(|a| !a.negated && a.items.iter().all(|i| reached_by_rcp(i.service())));
    statement.is(Effect::Deny) && everybody && unnamed && services
}

/// What the text of a resource policy tells about its resource.
pub(super) fn complete(policy: &Policy<'_>, kind: PolicyKind, context: &mut Context) {
    if kind != PolicyKind::ResourcePolicy {
        return;
    }
    if context.resource_type.is_none() {
        context.resource_type =
            context.resource.as_deref().and_then(type_of_arn).or_else(|| type_of_actions(policy)).map(str::to_owned);
    }
    if context.resource.is_none() && context.resource_type.as_deref() == Some("AWS::S3::Bucket") {
        context.resource = only_bucket(policy);
    }
}

/// CloudFormation types by service prefix, for the resources that carry policies.
const TYPES: [(&str, &str); 14] = [
    ("s3", "AWS::S3::Bucket"),
    ("kms", "AWS::KMS::Key"),
    ("sns", "AWS::SNS::Topic"),
    ("sqs", "AWS::SQS::Queue"),
    ("lambda", "AWS::Lambda::Function"),
    ("ecr", "AWS::ECR::Repository"),
    ("secretsmanager", "AWS::SecretsManager::Secret"),
    ("execute-api", "AWS::ApiGateway::RestApi"),
    ("events", "AWS::Events::EventBus"),
    ("glacier", "AWS::Glacier::Vault"),
    ("elasticfilesystem", "AWS::EFS::FileSystem"),
    ("es", "AWS::OpenSearchService::Domain"),
    ("dynamodb", "AWS::DynamoDB::Table"),
    ("rekognition", "AWS::Rekognition::Project"),
];

fn type_of_service(service: &str) -> Option<&'static str> {
    TYPES.iter().find(|(prefix, _)| prefix.eq_ignore_ascii_case(service)).map(|(_, name)| *name)
}

fn type_of_arn(arn: &str) -> Option<&'static str> {
    type_of_service(crate::policy::arn::Arn::parse(arn)?.service)
}

/// The type when every named action belongs to one service.
fn type_of_actions(policy: &Policy<'_>) -> Option<&'static str> {
    let mut services = policy.statements.iter().flat_map(|s| s.actions.iter()).flat_map(|e| &e.items).map(|a| a.service());
    let first = services.find(|s| *s != "*");
    match first {
        Some(first) => services.all(|s| s == "*" || s.eq_ignore_ascii_case(first)).then(|| type_of_service(first))?,
        None => {
            policy.statements.iter().flat_map(|s| s.resources.iter()).flat_map(|e| &e.items).find_map(|r| type_of_arn(r.text))
        }
    }
}

/// The bucket, when every resource of the policy lies in the same one and it is spelled out.
fn only_bucket(policy: &Policy<'_>) -> Option<String> {
    let mut found: Option<&str> = None;
    for item in policy.statements.iter().flat_map(|s| s.resources.iter()).flat_map(|e| &e.items) {
        if item.text == "*" {
            continue;
        }
        let bucket = item.text.split('/').next().unwrap_or_default();
        let name = crate::policy::arn::Arn::parse(bucket).filter(|arn| arn.service == "s3")?.resource;
        if name.is_empty() || name.contains(['*', '?', '$']) || found.is_some_and(|f| f != bucket) {
            return None;
        }
        found = Some(bucket);
    }
    found.map(str::to_owned)
}
