//! What a fetch would call, before it calls anything.

use super::operation::{Caller, Op, Row};
use super::policy::operations;
use super::settings::{Settings, Source};

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The service.
    pub service: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// The action it needs.
    pub action: Option<&'static str>,
    /// How often it is called, as far as that can be told beforehand.
    pub calls: String,
    /// With whose rights.
    pub caller: String,
    /// Where the answers are written in the snapshot.
    pub written: &'static str,
}

/// The plan, in the order of a run.
pub fn plan(settings: &Settings) -> Vec<Line> {
    let lines = operations(settings).into_iter().map(|row| Line {
        service: row.service,
        operation: row.name,
        action: row.action,
        calls: calls(row.op, settings),
        caller: caller(row, settings),
        written: written(row.op),
    });
    lines.collect()
}

fn caller(row: &Row, settings: &Settings) -> String {
    match (row.caller, settings.role_name.as_deref()) {
        (Caller::Own, _) => "your credentials".to_owned(),
        (Caller::Role, None) => "your credentials, in your account".to_owned(),
        (Caller::Role, Some(name)) if settings.accounts.is_empty() => format!("role {name} in each account"),
        (Caller::Role, Some(name)) => format!("role {name} in {} accounts", settings.accounts.len()),
    }
}

fn calls(op: Op, settings: &Settings) -> String {
    let filters = settings.accounts.len().max(1) * settings.regions.len().max(1);
    let kinds = settings.resource_types().len() * filters;
    let regions = settings.regions.len().max(1);
    let every = match settings.accounts.len() {
        0 => "for each account".to_owned(),
        1 => "for 1 account".to_owned(),
        n => format!("for {n} accounts"),
    };
    let lacking = || "for each account that Config lacks".to_owned();
    let per_account = if settings.named(Source::Iam) || settings.named(Source::S3) { every.clone() } else { lacking() };
    match op {
        Op::GetCallerIdentity | Op::DescribeOrganization | Op::ListRoots | Op::DescribeConfigurationAggregators => "1".to_owned(),
        Op::AssumeRole if settings.reads(Source::SecretsManager) => format!("1 {every}"),
        Op::AssumeRole => format!("1 {per_account}"),
        Op::ListOrganizationalUnitsForParent | Op::ListAccountsForParent => "1 or more for each unit".to_owned(),
        Op::ListPolicies => "2 or more".to_owned(),
        Op::DescribePolicy => "1 for each control policy".to_owned(),
        Op::ListTargetsForPolicy => "1 or more for each control policy".to_owned(),
        Op::ListDelegatedAdministrators => "1 or more".to_owned(),
        Op::ListDelegatedServicesForAccount => "1 or more for each delegated administrator".to_owned(),
        Op::DescribeConfigurationAggregatorSourcesStatus => "1 for 100 sources".to_owned(),
        Op::ListAggregateDiscoveredResources => format!("{kinds} or more, 1 for 100 resources"),
        Op::BatchGetAggregateResourceConfig => "1 for 100 resources".to_owned(),
        Op::SelectAggregateResourceConfig => format!("{} or more, 1 for 100 resources", settings.resource_types().len()),
        Op::ListAnalyzers if settings.regions.is_empty() => "1 or more for each region that Config tells of".to_owned(),
        Op::ListAnalyzers => format!("{regions} or more, 1 for each region"),
        Op::ListFindingsV2 => "1 for 100 findings of an analyzer".to_owned(),
        Op::GetFindingV2 => "1 for each finding that is not resolved".to_owned(),
        Op::ValidatePolicy => "1 for each document".to_owned(),
        Op::GetAccountAuthorizationDetails => format!("1 for 1000 entities, {per_account}"),
        Op::ListBuckets => format!("1 or more {per_account}"),
        Op::GetBucketLocation => "1 for each bucket whose region the list leaves out".to_owned(),
        Op::GetBucketPolicy | Op::GetBucketEncryption | Op::GetPublicAccessBlock => "1 for each bucket".to_owned(),
        Op::ListSecrets if settings.regions.is_empty() => format!("1 or more {every} and each region that Config tells of"),
        Op::ListSecrets => format!("{regions} or more {every}, 1 for each region"),
        Op::GetResourcePolicy => "1 for each secret".to_owned(),
        Op::ListObjectsV2 => "about 6 for each account and region".to_owned(),
        Op::GetObject => "1 for each account and region".to_owned(),
    }
}

fn written(op: Op) -> &'static str {
    match op {
        Op::GetCallerIdentity
        | Op::AssumeRole
        | Op::DescribeConfigurationAggregators
        | Op::DescribeConfigurationAggregatorSourcesStatus => "manifest.json",
        Op::DescribeOrganization
        | Op::ListRoots
        | Op::ListOrganizationalUnitsForParent
        | Op::ListAccountsForParent
        | Op::ListPolicies
        | Op::DescribePolicy
        | Op::ListTargetsForPolicy
        | Op::ListDelegatedAdministrators
        | Op::ListDelegatedServicesForAccount => "organization.json",
        Op::ListAggregateDiscoveredResources | Op::BatchGetAggregateResourceConfig | Op::SelectAggregateResourceConfig => {
            "config/ACCOUNT.jsonl.gz"
        }
        Op::ListAnalyzers | Op::ListFindingsV2 | Op::GetFindingV2 | Op::ValidatePolicy => "access-analyzer/ACCOUNT.jsonl.gz",
        Op::GetAccountAuthorizationDetails => "iam/ACCOUNT.json.gz",
        Op::ListBuckets | Op::GetBucketLocation | Op::GetBucketPolicy | Op::GetBucketEncryption | Op::GetPublicAccessBlock => {
            "s3/ACCOUNT.jsonl.gz"
        }
        Op::ListSecrets | Op::GetResourcePolicy => "secrets-manager/ACCOUNT.jsonl.gz",
        Op::ListObjectsV2 | Op::GetObject => "AWSLogs/…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_what_is_called_and_nothing_else() {
        let settings = Settings { query: true, sources: [Source::Config].into(), ..Settings::default() };
        let names: Vec<_> = plan(&settings).iter().map(|l| l.operation).collect();
        assert_eq!(
            names,
            [
                "GetCallerIdentity",
                "DescribeConfigurationAggregators",
                "DescribeConfigurationAggregatorSourcesStatus",
                "SelectAggregateResourceConfig"
            ]
        );
        let settings = Settings { sources: [Source::Iam].into(), ..Settings::default() };
        let lines = plan(&settings);
        assert!(lines.iter().all(|l| l.operation != "AssumeRole"), "no role was named");
    }
}
