//! Every operation of AWS that a fetch calls, with the action it needs: one table for the calls, the plan and the policy.
//!
//! Service Authorization Reference, one page a service. Most actions are named as their operation; those of S3 are not.

use super::settings::Source;
use std::fmt;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// Who calls.
    GetCallerIdentity,
    /// Into another account.
    AssumeRole,
    /// The organization.
    DescribeOrganization,
    /// Its root.
    ListRoots,
    /// Units of a unit.
    ListOrganizationalUnitsForParent,
    /// Accounts of a unit.
    ListAccountsForParent,
    /// Control policies.
    ListPolicies,
    /// The text of one.
    DescribePolicy,
    /// What one is attached to.
    ListTargetsForPolicy,
    /// Accounts that may act for the organization.
    ListDelegatedAdministrators,
    /// For which services.
    ListDelegatedServicesForAccount,
    /// Aggregators.
    DescribeConfigurationAggregators,
    /// How fresh an aggregator's sources are.
    DescribeConfigurationAggregatorSourcesStatus,
    /// Resources of a type.
    ListAggregateDiscoveredResources,
    /// Their configuration, a hundred at a time.
    BatchGetAggregateResourceConfig,
    /// The same by a query.
    SelectAggregateResourceConfig,
    /// Analyzers of a region.
    ListAnalyzers,
    /// Findings of an analyzer.
    ListFindingsV2,
    /// One in full.
    GetFindingV2,
    /// A document judged by AWS.
    ValidatePolicy,
    /// Everything of IAM in an account.
    GetAccountAuthorizationDetails,
    /// Buckets of an account.
    ListBuckets,
    /// The region of a bucket.
    GetBucketLocation,
    /// Its policy.
    GetBucketPolicy,
    /// Its default encryption.
    GetBucketEncryption,
    /// Its public access block.
    GetPublicAccessBlock,
    /// Secrets of an account in a region, without their values.
    ListSecrets,
    /// The policy of one.
    GetResourcePolicy,
    /// Keys of a bucket.
    ListObjectsV2,
    /// An object.
    GetObject,
}

/// Who calls an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// Whoever starts palisade.
    Own,
    /// The role in each account; in the caller's own account the caller itself.
    Role,
}

/// What an operation is asked of, which is what its permission is narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Nothing narrower exists.
    All,
    /// Aggregators.
    Aggregator,
    /// Analyzers.
    Analyzer,
    /// The role in each account.
    Role,
    /// The bucket of the snapshot files.
    SnapshotBucket,
    /// The files in it.
    SnapshotObject,
    /// Every bucket of an account.
    Bucket,
    /// Every secret of an account.
    Secret,
}

/// A row of the table.
pub struct Row {
    /// The operation.
    pub op: Op,
    /// The service as people and the limits of a fetch know it.
    pub service: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The action to allow; none where AWS asks for no permission.
    pub action: Option<&'static str>,
    /// Who calls it.
    pub caller: Caller,
    /// What it is asked of.
    pub target: Target,
    /// For which sources; empty for those that no source of a fetch needs.
    pub sources: &'static [Source],
}

const fn row(
    op: Op,
    names: (&'static str, &'static str),
    action: Option<&'static str>,
    who: (Caller, Target),
    sources: &'static [Source],
) -> Row {
    Row { op, service: names.0, name: names.1, action, caller: who.0, target: who.1, sources }
}

use Caller::{Own, Role};
use Source::{AccessAnalyzer, Config, ConfigSnapshots, Iam, Organizations, S3, SecretsManager};

const ORG: &str = "organizations";
const CONFIG: &str = "config";
const AA: &str = "access-analyzer";

/// The table, in the order of a run.
pub const TABLE: [Row; 30] = [
    row(Op::GetCallerIdentity, ("sts", "GetCallerIdentity"), None, (Own, Target::All), &Source::ALL),
    row(
        Op::DescribeOrganization,
        (ORG, "DescribeOrganization"),
        Some("organizations:DescribeOrganization"),
        (Own, Target::All),
        &[Organizations],
    ),
    row(Op::ListRoots, (ORG, "ListRoots"), Some("organizations:ListRoots"), (Own, Target::All), &[Organizations]),
    row(
        Op::ListOrganizationalUnitsForParent,
        (ORG, "ListOrganizationalUnitsForParent"),
        Some("organizations:ListOrganizationalUnitsForParent"),
        (Own, Target::All),
        &[Organizations],
    ),
    row(
        Op::ListAccountsForParent,
        (ORG, "ListAccountsForParent"),
        Some("organizations:ListAccountsForParent"),
        (Own, Target::All),
        &[Organizations],
    ),
    row(Op::ListPolicies, (ORG, "ListPolicies"), Some("organizations:ListPolicies"), (Own, Target::All), &[Organizations]),
    row(Op::DescribePolicy, (ORG, "DescribePolicy"), Some("organizations:DescribePolicy"), (Own, Target::All), &[Organizations]),
    row(
        Op::ListTargetsForPolicy,
        (ORG, "ListTargetsForPolicy"),
        Some("organizations:ListTargetsForPolicy"),
        (Own, Target::All),
        &[Organizations],
    ),
    row(
        Op::ListDelegatedAdministrators,
        (ORG, "ListDelegatedAdministrators"),
        Some("organizations:ListDelegatedAdministrators"),
        (Own, Target::All),
        &[Organizations],
    ),
    row(
        Op::ListDelegatedServicesForAccount,
        (ORG, "ListDelegatedServicesForAccount"),
        Some("organizations:ListDelegatedServicesForAccount"),
        (Own, Target::All),
        &[Organizations],
    ),
    row(
        Op::DescribeConfigurationAggregators,
        (CONFIG, "DescribeConfigurationAggregators"),
        Some("config:DescribeConfigurationAggregators"),
        (Own, Target::All),
        &[Config],
    ),
    row(
        Op::DescribeConfigurationAggregatorSourcesStatus,
        (CONFIG, "DescribeConfigurationAggregatorSourcesStatus"),
        Some("config:DescribeConfigurationAggregatorSourcesStatus"),
        (Own, Target::Aggregator),
        &[Config],
    ),
    row(
        Op::ListAggregateDiscoveredResources,
        (CONFIG, "ListAggregateDiscoveredResources"),
        Some("config:ListAggregateDiscoveredResources"),
        (Own, Target::Aggregator),
        &[Config],
    ),
    row(
        Op::BatchGetAggregateResourceConfig,
        (CONFIG, "BatchGetAggregateResourceConfig"),
        Some("config:BatchGetAggregateResourceConfig"),
        (Own, Target::Aggregator),
        &[Config],
    ),
    row(
        Op::SelectAggregateResourceConfig,
        (CONFIG, "SelectAggregateResourceConfig"),
        Some("config:SelectAggregateResourceConfig"),
        (Own, Target::Aggregator),
        &[Config],
    ),
    row(Op::ListObjectsV2, ("s3", "ListObjectsV2"), Some("s3:ListBucket"), (Own, Target::SnapshotBucket), &[ConfigSnapshots]),
    row(Op::GetObject, ("s3", "GetObject"), Some("s3:GetObject"), (Own, Target::SnapshotObject), &[ConfigSnapshots]),
    row(Op::ListAnalyzers, (AA, "ListAnalyzers"), Some("access-analyzer:ListAnalyzers"), (Own, Target::All), &[AccessAnalyzer]),
    row(
        Op::ListFindingsV2,
        (AA, "ListFindingsV2"),
        Some("access-analyzer:ListFindings"),
        (Own, Target::Analyzer),
        &[AccessAnalyzer],
    ),
    row(Op::GetFindingV2, (AA, "GetFindingV2"), Some("access-analyzer:GetFinding"), (Own, Target::Analyzer), &[AccessAnalyzer]),
    row(Op::AssumeRole, ("sts", "AssumeRole"), Some("sts:AssumeRole"), (Own, Target::Role), &Source::OF_ACCOUNTS),
    row(
        Op::GetAccountAuthorizationDetails,
        ("iam", "GetAccountAuthorizationDetails"),
        Some("iam:GetAccountAuthorizationDetails"),
        (Role, Target::All),
        &[Iam],
    ),
    row(Op::ListBuckets, ("s3", "ListBuckets"), Some("s3:ListAllMyBuckets"), (Role, Target::All), &[S3]),
    row(Op::GetBucketLocation, ("s3", "GetBucketLocation"), Some("s3:GetBucketLocation"), (Role, Target::Bucket), &[S3]),
    row(Op::GetBucketPolicy, ("s3", "GetBucketPolicy"), Some("s3:GetBucketPolicy"), (Role, Target::Bucket), &[S3]),
    row(
        Op::GetBucketEncryption,
        ("s3", "GetBucketEncryption"),
        Some("s3:GetEncryptionConfiguration"),
        (Role, Target::Bucket),
        &[S3],
    ),
    row(
        Op::GetPublicAccessBlock,
        ("s3", "GetPublicAccessBlock"),
        Some("s3:GetBucketPublicAccessBlock"),
        (Role, Target::Bucket),
        &[S3],
    ),
    row(
        Op::ListSecrets,
        ("secretsmanager", "ListSecrets"),
        Some("secretsmanager:ListSecrets"),
        (Role, Target::All),
        &[SecretsManager],
    ),
    row(
        Op::GetResourcePolicy,
        ("secretsmanager", "GetResourcePolicy"),
        Some("secretsmanager:GetResourcePolicy"),
        (Role, Target::Secret),
        &[SecretsManager],
    ),
    row(Op::ValidatePolicy, (AA, "ValidatePolicy"), Some("access-analyzer:ValidatePolicy"), (Own, Target::All), &[]),
];

impl Op {
    /// Its row.
    pub fn row(self) -> &'static Row {
        // Every variant has a row, as a test sees to; the first stands in for the type's sake.
        let [first, ..] = &TABLE;
        TABLE.iter().find(|row| row.op == self).unwrap_or(first)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().name
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_exists() {
        for row in &TABLE {
            let Some(action) = row.action else { continue };
            let (service, name) = action.split_once(':').unwrap();
            assert!(crate::catalog::action(service, name).is_some(), "{action}");
            assert_eq!(format!("{:?}", row.op), row.name);
            assert_eq!(row.op.name(), row.name);
        }
    }
}
