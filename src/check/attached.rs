//! Resources that carry policies: which actions and ARNs can be about them.
//!
//! IAM User Guide, "AWS services that work with IAM", and the resource type pages of CloudFormation.

use crate::catalog::{Catalog, ResourceType};
use crate::policy::arn::{Arn, has_dollar_brace, widened};
use crate::text::glob::{Case, has_wildcard, overlaps};

/// A type of resource with a policy.
#[derive(Debug)]
pub(super) struct AttachedType {
    /// CloudFormation type.
    pub name: &'static str,
    /// Prefixes of actions that can be about it.
    services: &'static [&'static str],
    /// Resource types that lie in it; empty for any of the service.
    types: &'static [&'static str],
}

const TYPES: [AttachedType; 24] = [
    AttachedType { name: "AWS::S3::Bucket", services: &["s3"], types: &["bucket", "object"] },
    AttachedType { name: "AWS::S3::AccessPoint", services: &["s3"], types: &["accesspoint", "accesspointobject"] },
    AttachedType {
        name: "AWS::S3::MultiRegionAccessPoint",
        services: &["s3"],
        types: &["multiregionaccesspoint", "accesspoint", "accesspointobject"],
    },
    AttachedType { name: "AWS::S3ObjectLambda::AccessPoint", services: &["s3-object-lambda"], types: &[] },
    AttachedType { name: "AWS::S3Express::DirectoryBucket", services: &["s3express"], types: &[] },
    AttachedType { name: "AWS::S3Tables::TableBucket", services: &["s3tables"], types: &[] },
    AttachedType { name: "AWS::DynamoDB::Table", services: &["dynamodb"], types: &["table", "index"] },
    AttachedType { name: "AWS::KMS::Key", services: &["kms"], types: &[] },
    AttachedType { name: "AWS::SNS::Topic", services: &["sns"], types: &[] },
    AttachedType { name: "AWS::SQS::Queue", services: &["sqs"], types: &[] },
    AttachedType { name: "AWS::Lambda::Function", services: &["lambda"], types: &[] },
    AttachedType { name: "AWS::ECR::Repository", services: &["ecr"], types: &[] },
    AttachedType { name: "AWS::SecretsManager::Secret", services: &["secretsmanager"], types: &[] },
    AttachedType { name: "AWS::EFS::FileSystem", services: &["elasticfilesystem"], types: &[] },
    AttachedType { name: "AWS::Events::EventBus", services: &["events"], types: &[] },
    AttachedType { name: "AWS::Glacier::Vault", services: &["glacier"], types: &[] },
    AttachedType { name: "AWS::Kinesis::Stream", services: &["kinesis"], types: &[] },
    AttachedType { name: "AWS::CodeArtifact::Domain", services: &["codeartifact"], types: &[] },
    AttachedType { name: "AWS::CodeArtifact::Repository", services: &["codeartifact"], types: &[] },
    AttachedType { name: "AWS::ApiGateway::RestApi", services: &["execute-api"], types: &[] },
    AttachedType { name: "AWS::OpenSearchService::Domain", services: &["es"], types: &[] },
    AttachedType { name: "AWS::Backup::BackupVault", services: &["backup"], types: &[] },
    AttachedType { name: "AWS::Rekognition::Project", services: &["rekognition"], types: &[] },
    AttachedType { name: "AWS::ACMPCA::CertificateAuthority", services: &["acm-pca"], types: &[] },
];

/// The type with this CloudFormation name; `None` for one of which too little is known.
pub(super) fn of(name: &str) -> Option<&'static AttachedType> {
    TYPES.iter().find(|t| t.name == name)
}

impl AttachedType {
    /// False when a written action can never be about such a resource.
    pub(super) fn may_have_action(&self, catalog: &'static Catalog, written: &str) -> bool {
        let Some((prefix, name)) = written.split_once(':') else { return true };
        if !self.services.iter().any(|service| overlaps(prefix, service, Case::Insensitive)) {
            return false;
        }
        if self.types.is_empty() || has_wildcard(written) {
            return true;
        }
        // An action that nobody knows is another check's business.
        let Some(action) = catalog.action(prefix, name) else { return true };
        // Amazon S3 User Guide, "Access point compatibility": what reads a bucket, though the reference does not say so.
        if self.types.contains(&"accesspoint") && ["GetBucket", "ListBucket"].iter().any(|head| action.name().starts_with(head)) {
            return true;
        }
        action.types().any(|t| self.types.contains(&t.name()))
    }

    /// False when an ARN can never name such a resource, or a part of it.
    pub(super) fn may_have_service(&self, field: &str) -> bool {
        has_wildcard(field) || has_dollar_brace(field) || self.services.contains(&field)
    }

    /// The resource types that lie in it; empty for any.
    pub(super) fn resource_types(&self) -> &'static [&'static str] {
        self.types
    }
}

/// Whether a written resource can name a resource of a type. Field by field: a placeholder of a format holds no colon.
pub(super) fn may_name(text: &str, kind: ResourceType) -> bool {
    let Some(arn) = Arn::parse(text) else { return true };
    let field = kind.arn().split(':').nth(2).unwrap_or_default();
    let wide = widened(arn.resource);
    // A bucket's name has no slash, which its format does not say.
    let variable = has_dollar_brace(arn.resource);
    let within_bucket = field == "s3" && kind.name() == "bucket" && arn.resource.contains('/') && !variable;
    let service = has_dollar_brace(arn.service) || overlaps(arn.service, field, Case::Sensitive);
    service && !within_bucket && overlaps(&wide, kind.resource_glob(), Case::Sensitive)
}
