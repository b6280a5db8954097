//! Arguments of Terraform resources that hold policies.
//!
//! Terraform Registry, documentation of the AWS provider.

use crate::policy::PolicyKind;

/// A resource type with a policy.
pub struct Row {
    /// Terraform's type.
    pub kind: &'static str,
    /// The argument with the policy.
    pub policy: &'static str,
    /// CloudFormation type of what the policy protects; empty when there is none that rules know.
    pub protects: &'static str,
    /// The argument that names what the policy protects.
    pub name: &'static str,
    /// The value with its ARN.
    pub arn: &'static str,
    /// Terraform's type of what the policy protects; empty for an argument of the resource itself, which Terraform
    /// computes when it is not set.
    pub of: &'static str,
}

impl Row {
    /// The kind of its policies; `None` where a resource says so itself.
    pub fn policy_kind(&self) -> Option<PolicyKind> {
        match self.kind {
            "aws_organizations_policy" => None,
            "aws_ssoadmin_permission_set_inline_policy" => Some(PolicyKind::IdentityPolicy),
            "aws_vpc_endpoint" | "aws_vpc_endpoint_policy" => Some(PolicyKind::VpcEndpointPolicy),
            _ => Some(PolicyKind::ResourcePolicy),
        }
    }
}

/// An argument of the resource itself.
const fn own(kind: &'static str, policy: &'static str, protects: &'static str, name: &'static str) -> Row {
    Row { kind, policy, protects, name, arn: "arn", of: "" }
}

/// A resource that gives a policy to another, which it names by one value and perhaps by its ARN.
const fn other(kind: &'static str, protects: &'static str, of: &'static str, name: &'static str) -> Row {
    Row { kind, policy: "policy", protects, name, arn: "", of }
}

/// One that names the other by its ARN.
const fn by_arn(kind: &'static str, protects: &'static str, of: &'static str, arn: &'static str) -> Row {
    Row { kind, policy: "policy", protects, name: arn, arn, of }
}

/// The same, with its policy under another name.
const fn under(policy: &'static str, row: Row) -> Row {
    Row { policy, ..row }
}

const TABLE_BUCKET: &str = "AWS::S3Tables::TableBucket";

/// Every type that is known; [`super::policy`] finds policies of others by the names of their arguments.
pub const ROWS: [Row; 43] = [
    own("aws_s3_bucket", "policy", "AWS::S3::Bucket", "bucket"),
    other("aws_s3_bucket_policy", "AWS::S3::Bucket", "aws_s3_bucket", "bucket"),
    own("aws_s3_access_point", "policy", "AWS::S3::AccessPoint", "name"),
    by_arn("aws_s3control_access_point_policy", "AWS::S3::AccessPoint", "aws_s3_access_point", "access_point_arn"),
    own("aws_kms_key", "policy", "AWS::KMS::Key", "key_id"),
    own("aws_kms_external_key", "policy", "AWS::KMS::Key", "key_id"),
    own("aws_kms_replica_key", "policy", "AWS::KMS::Key", "key_id"),
    other("aws_kms_key_policy", "AWS::KMS::Key", "aws_kms_key", "key_id"),
    own("aws_sns_topic", "policy", "AWS::SNS::Topic", "name"),
    by_arn("aws_sns_topic_policy", "AWS::SNS::Topic", "aws_sns_topic", "arn"),
    own("aws_sqs_queue", "policy", "AWS::SQS::Queue", "name"),
    other("aws_sqs_queue_policy", "AWS::SQS::Queue", "aws_sqs_queue", "queue_url"),
    other("aws_ecr_repository_policy", "AWS::ECR::Repository", "aws_ecr_repository", "repository"),
    other("aws_ecrpublic_repository_policy", "AWS::ECR::PublicRepository", "aws_ecrpublic_repository", "repository_name"),
    other("aws_ecr_registry_policy", "AWS::ECR::RegistryPolicy", "aws_ecr_registry", "registry_id"),
    own("aws_secretsmanager_secret", "policy", "AWS::SecretsManager::Secret", "name"),
    by_arn("aws_secretsmanager_secret_policy", "AWS::SecretsManager::Secret", "aws_secretsmanager_secret", "secret_arn"),
    own("aws_vpc_endpoint", "policy", "AWS::EC2::VPCEndpoint", "id"),
    other("aws_vpc_endpoint_policy", "AWS::EC2::VPCEndpoint", "aws_vpc_endpoint", "vpc_endpoint_id"),
    under("content", other("aws_organizations_policy", "", "", "name")),
    other("aws_efs_file_system_policy", "AWS::EFS::FileSystem", "aws_efs_file_system", "file_system_id"),
    own("aws_glacier_vault", "access_policy", "AWS::Glacier::Vault", "name"),
    own("aws_elasticsearch_domain", "access_policies", "AWS::Elasticsearch::Domain", "domain_name"),
    under(
        "access_policies",
        other("aws_elasticsearch_domain_policy", "AWS::Elasticsearch::Domain", "aws_elasticsearch_domain", "domain_name"),
    ),
    own("aws_opensearch_domain", "access_policies", "AWS::OpenSearchService::Domain", "domain_name"),
    under(
        "access_policies",
        other("aws_opensearch_domain_policy", "AWS::OpenSearchService::Domain", "aws_opensearch_domain", "domain_name"),
    ),
    other("aws_backup_vault_policy", "AWS::Backup::BackupVault", "aws_backup_vault", "backup_vault_name"),
    other("aws_cloudwatch_event_bus_policy", "AWS::Events::EventBus", "aws_cloudwatch_event_bus", "event_bus_name"),
    own("aws_api_gateway_rest_api", "policy", "AWS::ApiGateway::RestApi", "name"),
    other("aws_api_gateway_rest_api_policy", "AWS::ApiGateway::RestApi", "aws_api_gateway_rest_api", "rest_api_id"),
    other("aws_media_store_container_policy", "AWS::MediaStore::Container", "aws_media_store_container", "container_name"),
    under(
        "policy_document",
        other("aws_codeartifact_domain_permissions_policy", "AWS::CodeArtifact::Domain", "aws_codeartifact_domain", "domain"),
    ),
    under(
        "policy_document",
        other(
            "aws_codeartifact_repository_permissions_policy",
            "AWS::CodeArtifact::Repository",
            "aws_codeartifact_repository",
            "repository",
        ),
    ),
    under("policy_document", other("aws_cloudwatch_log_resource_policy", "AWS::Logs::ResourcePolicy", "", "policy_name")),
    under("inline_policy", other("aws_ssoadmin_permission_set_inline_policy", "", "", "permission_set_arn")),
    by_arn("aws_dynamodb_resource_policy", "AWS::DynamoDB::Table", "aws_dynamodb_table", "resource_arn"),
    by_arn("aws_kinesis_resource_policy", "AWS::Kinesis::Stream", "aws_kinesis_stream", "resource_arn"),
    under(
        "resource_policy",
        by_arn("aws_s3tables_table_bucket_policy", TABLE_BUCKET, "aws_s3tables_table_bucket", "table_bucket_arn"),
    ),
    under("resource_policy", other("aws_s3tables_table_policy", "AWS::S3Tables::Table", "aws_s3tables_table", "name")),
    by_arn("aws_acmpca_policy", "AWS::ACMPCA::CertificateAuthority", "aws_acmpca_certificate_authority", "resource_arn"),
    other("aws_glue_resource_policy", "", "", ""),
    by_arn("aws_msk_cluster_policy", "AWS::MSK::ClusterPolicy", "aws_msk_cluster", "cluster_arn"),
    by_arn("aws_redshift_resource_policy", "", "", "resource_arn"),
];
