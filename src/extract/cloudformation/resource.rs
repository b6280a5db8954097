//! Policies of resources: where each type keeps them, and which resource they protect.

use super::{Resource, Template, bucket, value};
use crate::extract::found::{Found, Place};
use crate::policy::{Context, PolicyKind, arn};

/// Where a type keeps a policy.
struct Row {
    /// The type.
    name: &'static str,
    /// Its property; members by `/`.
    property: &'static str,
    /// The type of resource that is protected.
    protects: &'static str,
    /// The property that names that resource.
    target: &'static str,
}

const fn row(name: &'static str, property: &'static str, protects: &'static str, target: &'static str) -> Row {
    Row { name, property, protects, target }
}

const fn own(name: &'static str, property: &'static str, target: &'static str) -> Row {
    Row { name, property, protects: name, target }
}

/// By type. Types with statements of their own language (`AWS::IoT::Policy`) or without a document
/// (`AWS::Lambda::Permission`) are not here.
const ROWS: [Row; 45] = [
    own("AWS::ApiGateway::RestApi", "Policy", "Name"),
    own("AWS::Backup::BackupVault", "AccessPolicy", "BackupVaultName"),
    own("AWS::Backup::LogicallyAirGappedBackupVault", "AccessPolicy", "BackupVaultName"),
    row("AWS::CloudTrail::ResourcePolicy", "ResourcePolicy", "AWS::CloudTrail::Channel", "ResourceArn"),
    own("AWS::CodeArtifact::Domain", "PermissionsPolicyDocument", "DomainName"),
    own("AWS::CodeArtifact::Repository", "PermissionsPolicyDocument", "RepositoryName"),
    own("AWS::DynamoDB::Table", "ResourcePolicy/PolicyDocument", "TableName"),
    own("AWS::DynamoDB::Table", "StreamSpecification/ResourcePolicy/PolicyDocument", "TableName"),
    own("AWS::EC2::VPCEndpoint", "PolicyDocument", ""),
    own("AWS::ECR::PublicRepository", "RepositoryPolicyText", "RepositoryName"),
    own("AWS::ECR::RegistryPolicy", "PolicyText", ""),
    own("AWS::ECR::Repository", "RepositoryPolicyText", "RepositoryName"),
    own("AWS::EFS::FileSystem", "FileSystemPolicy", ""),
    own("AWS::Elasticsearch::Domain", "AccessPolicies", "DomainName"),
    own("AWS::Events::EventBus", "Policy", "Name"),
    row("AWS::Events::EventBusPolicy", "Statement", "AWS::Events::EventBus", "EventBusName"),
    own("AWS::KMS::Key", "KeyPolicy", ""),
    row("AWS::KMS::ReplicaKey", "KeyPolicy", "AWS::KMS::Key", ""),
    row("AWS::Kinesis::ResourcePolicy", "ResourcePolicy", "AWS::Kinesis::Stream", "ResourceArn"),
    row("AWS::Lex::ResourcePolicy", "Policy", "AWS::Lex::Bot", "ResourceArn"),
    own("AWS::Logs::ResourcePolicy", "PolicyDocument", "PolicyName"),
    row("AWS::MSK::ClusterPolicy", "Policy", "AWS::MSK::Cluster", "ClusterArn"),
    own("AWS::MediaStore::Container", "Policy", "ContainerName"),
    own("AWS::OpenSearchService::Domain", "AccessPolicies", "DomainName"),
    own("AWS::Organizations::ResourcePolicy", "Content", ""),
    own("AWS::S3::AccessPoint", "Policy", "Name"),
    row("AWS::S3::BucketPolicy", "PolicyDocument", bucket::TYPE, "Bucket"),
    row("AWS::S3::MultiRegionAccessPointPolicy", "Policy", "AWS::S3::MultiRegionAccessPoint", "MrapName"),
    own("AWS::S3Express::AccessPoint", "Policy", "Name"),
    row("AWS::S3Express::BucketPolicy", "PolicyDocument", "AWS::S3Express::DirectoryBucket", "Bucket"),
    row(
        "AWS::S3ObjectLambda::AccessPointPolicy",
        "PolicyDocument",
        "AWS::S3ObjectLambda::AccessPoint",
        "ObjectLambdaAccessPoint",
    ),
    own("AWS::S3Outposts::AccessPoint", "Policy", "Name"),
    row("AWS::S3Outposts::BucketPolicy", "PolicyDocument", "AWS::S3Outposts::Bucket", "Bucket"),
    row("AWS::S3Tables::TableBucketPolicy", "ResourcePolicy", "AWS::S3Tables::TableBucket", "TableBucketARN"),
    row("AWS::S3Tables::TablePolicy", "ResourcePolicy", "AWS::S3Tables::Table", "TableARN"),
    row("AWS::SNS::TopicInlinePolicy", "PolicyDocument", "AWS::SNS::Topic", "TopicArn"),
    row("AWS::SNS::TopicPolicy", "PolicyDocument", "AWS::SNS::Topic", "Topics"),
    row("AWS::SQS::QueueInlinePolicy", "PolicyDocument", "AWS::SQS::Queue", "Queue"),
    row("AWS::SQS::QueuePolicy", "PolicyDocument", "AWS::SQS::Queue", "Queues"),
    row("AWS::SSM::ResourcePolicy", "Policy", "AWS::SSM::Parameter", "ResourceArn"),
    row("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", "AWS::SecretsManager::Secret", "SecretId"),
    own("AWS::VpcLattice::AuthPolicy", "Policy", "ResourceIdentifier"),
    own("AWS::VpcLattice::ResourcePolicy", "Policy", "ResourceArn"),
    own("AWS::XRay::ResourcePolicy", "PolicyDocument", "PolicyName"),
    own("AWS::SSO::PermissionSet", "InlinePolicy", "Name"),
];

/// The property in which a protected resource has its name.
const NAMES: [(&str, &str); 8] = [
    (bucket::TYPE, "BucketName"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::Kinesis::Stream", "Name"),
    ("AWS::S3Express::DirectoryBucket", "BucketName"),
    ("AWS::S3ObjectLambda::AccessPoint", "Name"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::SecretsManager::Secret", "Name"),
];

/// The policies of a resource.
pub(super) fn policies(template: &Template<'_>, resource: &Resource) -> Vec<Found> {
    if resource.name == "AWS::Organizations::Policy" {
        return of_organization(template, resource);
    }
    let mut out = Vec::new();
    for row in ROWS.iter().filter(|row| row.name == resource.name) {
        let Some(place) = resource.property(row.property) else { continue };
        if row.name == "AWS::SSO::PermissionSet" {
            let name = resource.text(row.target).or_else(|| Some(resource.id.to_string()));
            out.extend(value::policies(&place, PolicyKind::IdentityPolicy, &Context { name, ..template.context() }));
            continue;
        }
        let kind = match row.protects {
            "AWS::EC2::VPCEndpoint" => PolicyKind::VpcEndpointPolicy,
            _ => PolicyKind::ResourcePolicy,
        };
        out.extend(value::policies(&place, kind, &context(template, resource, row)));
    }
    out
}

/// Policies of AWS Organizations that are policies of IAM as well.
fn of_organization(template: &Template<'_>, resource: &Resource) -> Vec<Found> {
    let kind = match resource.text("Type").as_deref() {
        Some("SERVICE_CONTROL_POLICY") => PolicyKind::ServiceControlPolicy,
        Some("RESOURCE_CONTROL_POLICY") => PolicyKind::ResourceControlPolicy,
        Some(_) | None => return Vec::new(),
    };
    let name = resource.text("Name").or_else(|| Some(resource.id.to_string()));
    let context = Context { name, ..template.context() };
    resource.property("Content").map(|place| value::policies(&place, kind, &context)).unwrap_or_default()
}

/// Whose policy it is.
fn context(template: &Template<'_>, resource: &Resource, row: &Row) -> Context {
    let first = resource.list(row.target).into_iter().next();
    let inside = first.as_ref().and_then(|place| protected(template, place, row.protects));
    let given = match inside {
        Some(target) => name_property(row.protects).and_then(|property| target.text(property)),
        None => first.as_ref().and_then(value::literal),
    };
    let resource_arn = given.clone().filter(|text| arn::Arn::parse(text).is_some());
    // An ARN, or the URL of a queue.
    let name = given.as_deref().and_then(|text| text.rsplit(['/', ':']).next()).map(str::to_owned);
    let bucket = name.as_ref().filter(|_| row.protects == bucket::TYPE).map(|name| bucket::arn(name, template.said));
    let id = inside.map_or(&resource.id, |target| &target.id);
    Context {
        resource_type: Some(row.protects.to_owned()),
        resource: resource_arn.or(bucket),
        name: name.or_else(|| Some(id.to_string())),
        ..template.context()
    }
}

/// The protected resource, when the template has it.
pub(super) fn protected<'a>(template: &'a Template<'_>, place: &Place, protects: &str) -> Option<&'a Resource> {
    let property = name_property(protects);
    template.target(place, &[protects], property.unwrap_or_default())
}

fn name_property(protects: &str) -> Option<&'static str> {
    NAMES.iter().find(|(name, _)| *name == protects).map(|(_, property)| *property)
}
