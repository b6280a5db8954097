//! A tree of AWS Config snapshots, made up: accounts with roles, managed policies and buckets, the same on every run.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

const ACCOUNTS: usize = 60;
const ROLES: usize = 60;
const BUCKETS: usize = 10;

/// Write the tree; returns its folder.
pub fn make(folder: &Path, policies: &[String]) -> PathBuf {
    for account in 0..ACCOUNTS {
        let id = format!("{:012}", 248_163_590_711u64 + account as u64 * 7_919);
        let day = folder.join(format!("AWSLogs/{id}/Config/us-east-1/2026/8/20/ConfigSnapshot"));
        fs::create_dir_all(&day).expect("a folder");
        let name = format!("{id}_Config_us-east-1_ConfigSnapshot_20260820T042704Z_0000.json.gz");
        let snapshot =
            json!({ "fileVersion": "1.0", "configSnapshotId": id, "configurationItems": items(&id, account, policies) });
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(snapshot.to_string().as_bytes()).expect("memory");
        fs::write(day.join(name), packed.finish().expect("memory")).expect("a file");
    }
    folder.to_path_buf()
}

fn items(account: &str, seed: usize, policies: &[String]) -> Vec<Value> {
    let policy = |n: usize| policies.get((seed * 31 + n * 7) % policies.len().max(1)).map_or("", String::as_str);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let roles = (0..ROLES).map(|n| {
        let (name, arn) = (format!("role-{n}"), format!("arn:aws:iam::{account}:role/role-{n}"));
        let inline = json!([{ "policyName": "inline", "policyDocument": encoded(policy(n)) }]);
        let configuration = json!({ "path": "/", "roleName": name, "arn": arn, "assumeRolePolicyDocument": encoded(trust),
            "rolePolicyList": inline, "attachedManagedPolicies": [{ "policyArn": format!("arn:aws:iam::{account}:policy/p-{}", n % 8) }],
            "permissionsBoundary": null, "tags": [] });
        item(account, ("AWS::IAM::Role", &name, &arn), configuration, json!({}))
    });
    let managed = (0..8).map(|n| {
        let (name, arn) = (format!("p-{n}"), format!("arn:aws:iam::{account}:policy/p-{n}"));
        let versions = json!([{ "document": encoded(policy(1000 + n)), "versionId": "v1", "isDefaultVersion": true }]);
        let configuration = json!({ "policyName": name, "arn": arn, "defaultVersionId": "v1", "attachmentCount": 1, "policyVersionList": versions });
        item(account, ("AWS::IAM::Policy", &name, &arn), configuration, json!({}))
    });
    let buckets = (0..BUCKETS).map(|n| {
        let (name, arn) = (format!("data-{account}-{n}"), format!("arn:aws:s3:::data-{account}-{n}"));
        let deny = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")], "Condition": { "Bool": { "aws:SecureTransport": "false" } } }] });
        let supplementary = json!({ "BucketPolicy": { "policyText": deny.to_string() } });
        item(account, ("AWS::S3::Bucket", &name, &arn), json!({ "name": name }), supplementary)
    });
    roles.chain(managed).chain(buckets).collect()
}

fn item(account: &str, (kind, name, arn): (&str, &str, &str), configuration: Value, supplementary: Value) -> Value {
    json!({ "relatedEvents": [], "relationships": [], "configuration": configuration, "supplementaryConfiguration": supplementary,
        "tags": {}, "configurationItemVersion": "1.3", "configurationItemCaptureTime": "2026-08-20T01:42:29.955Z",
        "configurationStateId": 1_787_525_713_914u64, "awsAccountId": account, "configurationItemStatus": "OK", "resourceType": kind,
        "resourceId": name, "resourceName": name, "ARN": arn, "awsRegion": "us-east-1", "availabilityZone": "Regional" })
}

fn encoded(policy: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    policy.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
