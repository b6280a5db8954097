//! The resource types of Config that hold policies, or settings that rules ask for.
//!
//! AWS Config Developer Guide, "Supported resource types".

/// Read unless others are named, in order.
pub const DEFAULT: [&str; 25] = [
    "AWS::Backup::BackupVault",
    "AWS::CodeArtifact::Domain",
    "AWS::CodeArtifact::Repository",
    "AWS::EC2::VPCEndpoint",
    "AWS::ECR::RegistryPolicy",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::Elasticsearch::Domain",
    "AWS::Events::EventBus",
    "AWS::IAM::Group",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::MSK::ClusterPolicy",
    "AWS::OpenSearch::Domain",
    "AWS::S3::AccessPoint",
    "AWS::S3::AccountPublicAccessBlock",
    "AWS::S3::Bucket",
    "AWS::S3Express::BucketPolicy",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SecretsManager::Secret",
];

/// True for types that belong to an account rather than to a region: Config records them in one region, or in each.
pub fn is_global(kind: &str) -> bool {
    kind.starts_with("AWS::IAM::") || kind == "AWS::S3::AccountPublicAccessBlock"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sorted_and_once() {
        assert!(DEFAULT.is_sorted_by(|a, b| a < b));
        assert!(is_global("AWS::IAM::Role") && !is_global("AWS::S3::Bucket"));
    }
}
