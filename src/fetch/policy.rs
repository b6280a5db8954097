//! The least privilege that a fetch needs: one policy for whoever starts it, one for the role in each account.

use super::operation::{Caller, Op, Row, TABLE, Target};
use super::settings::{Settings, Source};
use crate::catalog::partition::Partition;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The operations a fetch with these settings may call, in the order of a run.
pub fn operations(settings: &Settings) -> Vec<&'static Row> {
    let assumes = settings.role_name.is_some() && Source::OF_ACCOUNTS.into_iter().any(|source| settings.reads(source));
    let lists = [Op::ListAggregateDiscoveredResources, Op::BatchGetAggregateResourceConfig];
    let wanted = |row: &Row| {
        row.sources.iter().any(|s| settings.reads(*s))
            && (row.op != Op::SelectAggregateResourceConfig || settings.query)
            && (!lists.contains(&row.op) || !settings.query)
            && (row.op != Op::AssumeRole || assumes)
    };
    TABLE.iter().filter(|row| wanted(row)).collect()
}

/// Order and names of statements.
const SIDS: [(Target, &str); 8] = [
    (Target::All, "Read"),
    (Target::Aggregator, "ReadAggregator"),
    (Target::Analyzer, "ReadAnalyzers"),
    (Target::SnapshotBucket, "ListConfigSnapshots"),
    (Target::SnapshotObject, "ReadConfigSnapshots"),
    (Target::Bucket, "ReadBucketSettings"),
    (Target::Secret, "ReadPoliciesOfSecrets"),
    (Target::Role, "AssumeRoleInAccounts"),
];

/// The policy of whoever calls. The caller reads its own account itself, so that its policy holds the role's actions too.
pub fn policy(settings: &Settings, caller: Caller, region: Option<&str>) -> Value {
    let partition = region.and_then(Partition::of_region).unwrap_or(Partition::Aws);
    let mut by_target: BTreeMap<Target, BTreeSet<&str>> = BTreeMap::new();
    for row in operations(settings) {
        if let (Some(action), true) = (row.action, caller == Caller::Own || row.caller == caller) {
            by_target.entry(row.target).or_default().insert(action);
        }
    }
    let mut statements = Vec::new();
    for (target, sid) in SIDS {
        let Some(actions) = by_target.get(&target) else { continue };
        let resource = resources(settings, target, partition.as_str());
        let statement = match condition(settings, target) {
            None => json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource }),
            Some(condition) => {
                json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource, "Condition": condition })
            }
        };
        statements.push(statement);
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn resources(settings: &Settings, target: Target, partition: &str) -> Value {
    let bucket = settings.snapshots.as_ref();
    match target {
        Target::All => json!("*"),
        Target::Aggregator => json!(format!("arn:{partition}:config:*:*:config-aggregator/*")),
        Target::Analyzer => json!(format!("arn:{partition}:access-analyzer:*:*:analyzer/*")),
        Target::Bucket => json!(format!("arn:{partition}:s3:::*")),
        Target::Secret => json!(format!("arn:{partition}:secretsmanager:*:*:secret:*")),
        Target::SnapshotBucket => json!(bucket.map(|b| format!("arn:{partition}:s3:::{}", b.bucket))),
        Target::SnapshotObject => json!(bucket.map(|b| format!("arn:{partition}:s3:::{}/{}AWSLogs/*", b.bucket, b.prefix))),
        Target::Role => {
            let name = settings.role_name.as_deref().unwrap_or_default();
            let arn = |account: &str| format!("arn:{partition}:iam::{account}:role/{name}");
            if settings.accounts.is_empty() {
                json!(arn("*"))
            } else {
                json!(settings.accounts.iter().map(|a| arn(a)).collect::<Vec<_>>())
            }
        }
    }
}

fn condition(settings: &Settings, target: Target) -> Option<Value> {
    match target {
        // Without a list of accounts: those of the own organization, whichever they are.
        Target::Role if settings.accounts.is_empty() => {
            Some(json!({ "StringEquals": { "aws:ResourceOrgID": "${aws:PrincipalOrgID}" } }))
        }
        Target::SnapshotBucket => {
            let prefix = settings.snapshots.as_ref().map(|b| format!("{}AWSLogs/*", b.prefix));
            Some(json!({ "StringLike": { "s3:prefix": prefix } }))
        }
        Target::All
        | Target::Aggregator
        | Target::Analyzer
        | Target::Role
        | Target::SnapshotObject
        | Target::Bucket
        | Target::Secret => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::BucketPrefix;
    use super::*;

    #[test]
    fn only_what_is_asked_for() {
        let settings = Settings { sources: [Source::AccessAnalyzer].into(), ..Settings::default() };
        let text = policy(&settings, Caller::Own, Some("cn-north-1")).to_string();
        assert_eq!(
            text,
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["access-analyzer:ListAnalyzers"],"Resource":"*"},{"Sid":"ReadAnalyzers","Effect":"Allow","Action":["access-analyzer:GetFinding","access-analyzer:ListFindings"],"Resource":"arn:aws-cn:access-analyzer:*:*:analyzer/*"}]}"#
        );
    }

    #[test]
    fn the_role_has_no_more_than_it_does() {
        let settings = Settings { role_name: Some("Audit".into()), ..Settings::default() };
        let role = policy(&settings, Caller::Role, None).to_string();
        assert!(role.contains("iam:GetAccountAuthorizationDetails") && !role.contains("sts:"), "{role}");
        assert!(role.contains("secretsmanager:GetResourcePolicy") && !role.contains("GetSecretValue"), "{role}");
        let own = policy(&settings, Caller::Own, None).to_string();
        assert!(own.contains("arn:aws:iam::*:role/Audit") && own.contains("${aws:PrincipalOrgID}"), "{own}");
        let named = Settings { accounts: ["111122223333".to_owned()].into(), ..settings };
        let own = policy(&named, Caller::Own, None).to_string();
        assert!(own.contains("arn:aws:iam::111122223333:role/Audit") && !own.contains("PrincipalOrgID"), "{own}");
    }

    #[test]
    fn files_are_read_where_they_lie_alone() {
        let snapshots = BucketPrefix::parse("s3://logs-1/org");
        let settings = Settings { snapshots, sources: [Source::ConfigSnapshots].into(), ..Settings::default() };
        let text = policy(&settings, Caller::Own, None).to_string();
        assert!(text.contains(r#""Resource":"arn:aws:s3:::logs-1/org/AWSLogs/*""#), "{text}");
        assert!(text.contains(r#""s3:prefix":"org/AWSLogs/*""#), "{text}");
    }
}
