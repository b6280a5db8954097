use super::super::settings::{BucketPrefix, Source};
use super::super::testing::*;
use super::tests::{roles, sandbox, usage};
use super::*;
use crate::source::snapshot::State;
use serde_json::json;

#[test]
fn a_member_account_is_told_where_to_ask() {
    let dir = sandbox();
    let fake = Fake::new(|call| match call.op.as_str() {
        "ListRoots" | "ListPolicies" | "ListDelegatedAdministrators" => Some(error(400, "AccessDeniedException")),
        _ => None,
    });
    let manifest = fake.fetch(&settings(dir.path())).unwrap();
    let denied: Vec<_> = manifest.sources.iter().filter(|s| s.state == State::Denied).collect();
    assert_eq!(denied.len(), 4, "{}", open(&manifest));
    assert!(denied.iter().all(|s| s.help.as_ref().unwrap().contains("management account or a delegated administrator")));
    assert!(!files(dir.path())["organization.json"].contains("PolicyAttachments"), "attachments are not known");
    // An account that is in no organization has nothing to read, and that is an answer.
    let alone = Fake::new(|call| (call.op == "DescribeOrganization").then(|| error(400, "AWSOrganizationsNotInUseException")));
    let settings = Settings { sources: [Source::Organizations].into(), ..settings(&dir.path().join("alone")) };
    let manifest = alone.fetch(&settings).unwrap();
    assert!(manifest.is_complete());
    assert!(manifest.sources[0].reason.as_ref().unwrap().contains("belongs to no organization"));
}

#[test]
fn without_an_aggregator_the_others_are_read() {
    let dir = sandbox();
    let fake =
        Fake::new(|call| (call.op == "DescribeConfigurationAggregators").then(|| ok(json!({"ConfigurationAggregators": []}))));
    let manifest = fake.fetch(&settings(&dir.path().join("a"))).unwrap();
    insta::assert_snapshot!(open(&manifest), @"config : failed: there is no aggregator of AWS Config in region `eu-west-1`");
    assert!(files(&dir.path().join("a")).contains_key("organization.json"));
    let error = usage(fake.fetch(&Settings { sources: [Source::Config].into(), ..settings(&dir.path().join("b")) }));
    assert!(error.starts_with("there is no aggregator of AWS Config in region `eu-west-1`\n  help: set `AWS_REGION`"), "{error}");
    assert!(!dir.path().join("b").exists(), "nothing is left behind");
}

#[test]
fn stale_sources_and_accounts_without_a_recorder_are_said() {
    let dir = sandbox();
    let fake = Fake::new(|call| match call.op.as_str() {
        "DescribeConfigurationAggregatorSourcesStatus" => Some(ok(json!({"AggregatedSourceStatusList": [
            {"SourceId": OWN, "SourceType": "ACCOUNT", "AwsRegion": "eu-west-1", "LastUpdateStatus": "OUTDATED"},
            {"SourceId": OWN, "SourceType": "ACCOUNT", "AwsRegion": "us-east-1", "LastUpdateStatus": "FAILED",
             "LastErrorCode": "AccessDenied", "LastErrorMessage": "not authorized"}]}))),
        _ => roles(call, |_| (vec!["a"], None)),
    });
    let sources = [Source::Organizations, Source::Config].into();
    let settings = Settings { sources, types: vec!["AWS::IAM::Role".into()], ..settings(dir.path()) };
    let manifest = fake.fetch(&settings).unwrap();
    insta::assert_snapshot!(open(&manifest), @r"
    config 111111111111 eu-west-1: stale: the aggregator's last update is outdated
    config 111111111111 us-east-1: stale: the aggregator's last update is failed: AccessDenied not authorized
    config 222222222222: not-recorded: AWS Config told nothing of this account: no recorder runs there, or it is not aggregated
    ");
    assert!(!dir.path().join(".fetch").exists(), "asking again would give no more");
}

#[test]
fn buckets_have_what_they_have_and_those_not_read_are_none() {
    let dir = sandbox();
    let fake = Fake::new(|call| {
        (call.op == "GetBucketPolicy" && call.account == OTHER && call.path.contains("set-"))
            .then(|| s3_error(403, "AccessDenied"))
    });
    let sources = [Source::Organizations, Source::S3].into();
    let manifest = fake.fetch(&Settings { sources, role_name: Some("Audit".into()), ..settings(dir.path()) }).unwrap();
    insta::assert_snapshot!(open(&manifest), @"s3 222222222222 set-222222222222: denied: GetBucketPolicy: AccessDenied: no (request request-1)");
    let all = files(dir.path());
    let started = &manifest.started;
    insta::assert_snapshot!(all["s3/111111111111.jsonl.gz"].replace(started.as_str(), "NOW"), @r#"
    {"configurationItemVersion":"1.3","configurationItemCaptureTime":"NOW","configurationItemStatus":"OK","awsAccountId":"111111111111","resourceType":"AWS::S3::Bucket","resourceId":"plain-111111111111","resourceName":"plain-111111111111","ARN":"arn:aws:s3:::plain-111111111111","awsRegion":"eu-west-1","resourceCreationTime":null,"configuration":{"name":"plain-111111111111","owner":{"id":"o"},"creationDate":null},"supplementaryConfiguration":{"BucketPolicy":{"policyText":null},"ServerSideEncryptionConfiguration":{"rules":[]},"PublicAccessBlockConfiguration":null}}
    {"configurationItemVersion":"1.3","configurationItemCaptureTime":"NOW","configurationItemStatus":"OK","awsAccountId":"111111111111","resourceType":"AWS::S3::Bucket","resourceId":"set-111111111111","resourceName":"set-111111111111","ARN":"arn:aws:s3:::set-111111111111","awsRegion":"eu-west-1","resourceCreationTime":null,"configuration":{"name":"set-111111111111","owner":{"id":"o"},"creationDate":null},"supplementaryConfiguration":{"BucketPolicy":{"policyText":"{\"Version\":\"2012-10-17\",\"Statement\":[]}"},"ServerSideEncryptionConfiguration":{"rules":[{"applyServerSideEncryptionByDefault":{"sseAlgorithm":"aws:kms","kmsMasterKeyID":null},"bucketKeyEnabled":false}]},"PublicAccessBlockConfiguration":{"blockPublicAcls":true,"ignorePublicAcls":false,"blockPublicPolicy":false,"restrictPublicBuckets":false}}}
    "#);
    // A bucket whose policy may not be read is not one without a policy.
    assert!(!all["s3/222222222222.jsonl.gz"].contains("set-"));
}

/// A bucket with the files of one account.
fn files_of_config(call: &Call, keys: &[&str]) -> Option<Reply> {
    let prefix = query(call, "prefix").unwrap_or_default();
    if call.op == "GetObject" {
        return Some(text(
            200,
            r#"{"fileVersion":"1.0","configSnapshotId":"x","configurationItems":[
            {"resourceType":"AWS::Lambda::Function","resourceId":"f","awsAccountId":"111111111111","configuration":{"environment":{"P":"hunter2"}}}]}"#,
        ));
    }
    if call.op != "ListObjectsV2" {
        return None;
    }
    let mut inside: Vec<String> = Vec::new();
    for key in keys.iter().filter_map(|k| k.strip_prefix(prefix.as_str())) {
        inside.push(match key.split_once('/') {
            Some((folder, _)) => format!("<CommonPrefixes><Prefix>{prefix}{folder}/</Prefix></CommonPrefixes>"),
            None => format!("<Contents><Key>{prefix}{key}</Key></Contents>"),
        });
    }
    inside.sort();
    inside.dedup();
    Some(text(200, &format!("<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>", inside.concat())))
}

#[test]
fn secrets_are_asked_for_where_a_file_was_recorded() {
    let dir = sandbox();
    let fake = Fake::new(|call| {
        let key = |region: &str| {
            let name = format!("111111111111_Config_{region}_ConfigSnapshot_20260822T060000Z_a.json.gz");
            format!("AWSLogs/111111111111/Config/{region}/2026/8/22/ConfigSnapshot/{name}")
        };
        files_of_config(call, &[&key("us-east-1"), &key("eu-central-1")])
    });
    let snapshots = BucketPrefix::parse("s3://logs-1");
    fake.fetch(&Settings { snapshots, role_name: Some("Audit".into()), ..settings(dir.path()) }).unwrap();
    let log = fake.log.lock().unwrap();
    let lists = log.iter().filter(|call| call.op == "ListSecrets");
    let mut asked: Vec<String> = lists.map(|c| format!("{} {}", c.account, c.path.split('.').nth(1).unwrap())).collect();
    asked.sort();
    // The items of the file name no region; of the other account there is none.
    assert_eq!(asked, ["111111111111 eu-central-1", "111111111111 us-east-1", "222222222222 eu-west-1"]);
}

#[test]
fn the_newest_snapshot_files_are_copied_without_their_secrets() {
    let dir = sandbox();
    let fake = Fake::new(|call| {
        if call.op == "ListObjectsV2" && call.nth == 1 {
            return Some(Reply { region: Some("eu-central-1"), ..s3_error(301, "PermanentRedirect") });
        }
        files_of_config(
            call,
            &[
                "org/AWSLogs/111111111111/Config/ConfigWritabilityCheckFile",
                "org/AWSLogs/111111111111/Config/eu-west-1/2026/8/22/ConfigSnapshot/111111111111_Config_eu-west-1_ConfigSnapshot_20260822T060000Z_a.json.gz",
                "org/AWSLogs/111111111111/Config/eu-west-1/2026/10/2/ConfigSnapshot/111111111111_Config_eu-west-1_ConfigSnapshot_20261002T060000Z_b.json.gz",
                "org/AWSLogs/111111111111/Config/eu-west-1/2026/10/3/ConfigHistory/111111111111_Config_eu-west-1_ConfigHistory_x.json.gz",
                "org/AWSLogs/o-a/222222222222/Config/us-east-1/2026/1/1/ConfigSnapshot/222222222222_Config_us-east-1_ConfigSnapshot_20260101T060000Z_c.json.gz",
                "org/AWSLogs/../../evil/Config/x",
            ],
        )
    });
    let snapshots = BucketPrefix::parse("s3://logs-1/org");
    let settings = Settings { sources: [Source::ConfigSnapshots].into(), snapshots, ..settings(dir.path()) };
    let manifest = fake.fetch(&settings).unwrap();
    insta::assert_snapshot!(open(&manifest), @"config-snapshots 222222222222 us-east-1 snapshot of 2026-01-01: stale: it is 274 days older than the newest one");
    let all = files(dir.path());
    assert_eq!(all.len(), 2);
    insta::assert_snapshot!(all["AWSLogs/111111111111/Config/eu-west-1/2026/10/2/ConfigSnapshot/111111111111_Config_eu-west-1_ConfigSnapshot_20261002T060000Z_b.json.gz"], @r#"{"fileVersion":"1.0","configSnapshotId":"b","configurationItems":[{"awsAccountId":"111111111111","resourceType":"AWS::Lambda::Function","resourceId":"f","configuration":{}}]}"#);
}

#[test]
fn analyzers_are_looked_for_where_config_tells_of_anything() {
    let dir = sandbox();
    let fake = || {
        Fake::new(|call| match (call.op.as_str(), region(call)) {
            ("ListAggregateDiscoveredResources", _) if call.body["ResourceType"] == "AWS::IAM::Role" => {
                let one = |region: &str| {
                    let mut one = identifier(OTHER, "AWS::IAM::Role", region);
                    one["SourceRegion"] = json!(region);
                    one
                };
                let all = ["eu-west-1", "us-east-1", "ap-east-1", "x.example.com/"].map(one);
                Some(ok(json!({"ResourceIdentifiers": all})))
            }
            ("ListAnalyzers", "eu-west-1") => None,
            ("ListAnalyzers", "ap-east-1") => Some(error(403, "UnrecognizedClientException")),
            ("ListAnalyzers", region) => Some(ok(json!({"analyzers": [{
                "arn": format!("arn:aws:access-analyzer:{region}:{OWN}:analyzer/far"), "name": "far", "type": "ORGANIZATION",
                "createdAt": "2026-01-01T00:00:00Z", "status": "ACTIVE"}]}))),
            _ => None,
        })
    };
    let told = |manifest: &Manifest| -> Vec<String> {
        let of_analyzers = manifest.sources.iter().filter(|s| s.what.as_deref() == Some("analyzers"));
        let line = |s: &crate::source::snapshot::SourceState| {
            format!("{} {} {}", s.region.as_deref().unwrap(), s.items, s.reason.as_deref().unwrap_or_default())
        };
        of_analyzers.map(line).collect()
    };
    let manifest = fake().fetch(&settings(&dir.path().join("all"))).unwrap();
    assert_eq!(
        told(&manifest),
        ["ap-east-1 0 not available: the account has not enabled this region", "eu-west-1 1 ", "us-east-1 1 "]
    );
    assert!(manifest.is_complete());
    let named = Settings { regions: vec!["eu-west-1".into()], ..settings(&dir.path().join("named")) };
    assert_eq!(told(&fake().fetch(&named).unwrap()), ["eu-west-1 1 "]);
}
