//! Rules about settings: placed where the setting stands, and quiet where a source does not tell it.

use crate::common::Sandbox;

/// As `aws configservice batch-get-resource-config` answers: every value of the item is a string.
const BATCH: &str = r#"{"baseConfigurationItems": [{"version": "1.3", "accountId": "111122223333", "resourceType": "AWS::S3::Bucket",
  "arn": "arn:aws:s3:::data", "resourceId": "data", "resourceName": "data", "awsRegion": "eu-west-1",
  "configurationItemStatus": "OK", "configuration": "{\"name\":\"data\"}",
  "supplementaryConfiguration": {
    "BucketVersioningConfiguration": "{\"status\":\"Suspended\",\"isMfaDeleteEnabled\":null}",
    "PublicAccessBlockConfiguration": "{\"blockPublicAcls\":true,\"ignorePublicAcls\":true,\"blockPublicPolicy\":false}"
  }}], "unprocessedResourceKeys": []}"#;

#[test]
fn a_setting_in_a_string_is_found_in_the_string_and_in_the_file() {
    let sandbox = Sandbox::with(&[("items.json", BATCH)]);
    let report = sandbox.run(&["check", "--select", "settings", "--format", "json", "items.json"]).ends(1).json();
    let findings = report["findings"].as_array().expect("findings");
    let seen: Vec<_> = findings
        .iter()
        .map(|f| {
            let at = &f["location"];
            (f["rule"].as_str(), at["start"]["line"].as_u64(), at["pointer"].as_str(), at["embedded"]["pointer"].as_str())
        })
        .collect();
    let inside = "/baseConfigurationItems/0/supplementaryConfiguration";
    let (versions, block) =
        (format!("{inside}/BucketVersioningConfiguration"), format!("{inside}/PublicAccessBlockConfiguration"));
    assert_eq!(
        seen,
        [
            (Some("bucket-versioning-off"), Some(5), Some(versions.as_str()), Some("/status")),
            (Some("bucket-public-access-not-blocked"), Some(6), Some(block.as_str()), Some("/blockPublicPolicy")),
        ],
        "{report:#}"
    );
    // What is not there is told by the block as a whole.
    sandbox.write("items.json", BATCH.replace(r#"\"blockPublicPolicy\":false"#, r#"\"blockPublicPolicy\":true"#));
    sandbox.run(&["check", "--select", "bucket-public-access-not-blocked", "items.json"]).ends(1).says("data: not all four");
}

#[test]
fn settings_that_are_not_told_are_no_findings() {
    let row = r#"{"Results": ["{\"resourceType\":\"AWS::S3::Bucket\",\"resourceId\":\"data\",\"supplementaryConfiguration\":{\"BucketVersioningConfiguration\":{\"status\":\"Enabled\"}}}"]}"#;
    let keys = r#"{"AccessKeyMetadata": [{"UserName": "ana", "Status": "Active", "CreateDate": "2999-01-01T00:00:00Z"}]}"#;
    let sandbox = Sandbox::with(&[("row.json", row), ("keys.json", keys)]);
    let selected = ["check", "--select", "settings,bucket-settings,user-settings", "--fail-on", "info", "."];
    sandbox.run(&selected).ends(0).does_not_say("not decided");
}

#[test]
fn an_old_access_key_is_found_without_being_asked_for() {
    let keys = r#"{"AccessKeyMetadata": [{"UserName": "ana", "Status": "Active", "CreateDate": "2020-01-01T00:00:00Z"}]}"#;
    let sandbox = Sandbox::with(&[("keys.json", keys)]);
    sandbox.run(&["check"]).ends(1).says("access-key-too-old").says("user ana");
    sandbox.run(&["check", "--param", "access-key-too-old.max_days=100000"]).ends(0);
}

#[test]
fn a_boundary_is_missed_only_where_the_source_would_tell_it() {
    let role = r#""RoleName": "app", "Path": "/", "Arn": "arn:aws:iam::111122223333:role/app""#;
    let detail = |more: &str| format!(r#"{{"RoleDetailList": [{{{role}, "RolePolicyList": []{more}}}]}}"#);
    let template = |more: &str| {
        format!(r#"{{"Resources": {{"R": {{"Type": "AWS::IAM::Role", "Properties": {{"RoleName": "app"{more}}}}}}}}}"#)
    };
    let cases = [
        (detail(""), true),
        (detail(r#", "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/b"}"#), false),
        (format!(r#"{{"Roles": [{{{role}}}]}}"#), false),
        (format!(r#"{{"Role": {{{role}, "RoleLastUsed": {{}}}}}}"#), true),
        (template(""), true),
        (template(r#", "PermissionsBoundary": {"Ref": "Boundary"}"#), false),
        (detail("").replace("\"Path\": \"/\"", "\"Path\": \"/aws-service-role/support.amazonaws.com/\""), false),
    ];
    for (text, missed) in cases {
        let sandbox = Sandbox::with(&[("a.json", &text)]);
        let run = sandbox.run(&["check", "--select", "role-without-boundary", "--fail-on", "low"]);
        assert_eq!(run.code, i32::from(missed), "{text}\n{}\n{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_rule_about_settings_can_be_tried() {
    let sandbox = Sandbox::with(&[("items.json", BATCH), ("policy.json", crate::common::GOOD)]);
    let tried = sandbox.run(&["rules", "try", "bucket-versioning-off", "items.json"]).ends(0);
    tried.says("applies_to true").says("assert false").says("BucketVersioningConfiguration");
    let nothing = sandbox.run(&["rules", "try", "bucket-versioning-off", "policy.json"]);
    assert_ne!(nothing.code, 0);
    nothing.complains("holds no settings that are known");
}

/// The controls that a bundled rule names reach the systems that ask for them.
#[test]
fn controls_of_rules_are_exported() {
    let item = r#"{"resourceType":"AWS::S3::Bucket","awsAccountId":"111122223333","ARN":"arn:aws:s3:::data","resourceName":"data","supplementaryConfiguration":{"PublicAccessBlockConfiguration":{"blockPublicAcls":true,"ignorePublicAcls":false,"blockPublicPolicy":true,"restrictPublicBuckets":false}}}"#;
    let sandbox = Sandbox::with(&[("item.json", item)]);
    let run = |format: &str| {
        let select = "bucket-public-access-not-blocked";
        sandbox.run(&["check", "item.json", "--select", select, "--format", format, "--as-of", "2026-01-01"]).ends(1).json()
    };
    let names = ["AWS Foundational Security Best Practices v1.0.0", "CIS AWS Foundations Benchmark v3.0.0"];
    let related = &run("asff")[0]["Compliance"]["RelatedRequirements"];
    let nist = ["NIST.800-53.r5 AC-3", "NIST.800-53.r5 AC-4", "NIST.800-53.r5 SC-7"];
    assert_eq!(
        *related,
        serde_json::json!([format!("{}/S3.8", names[0]), format!("{}/2.1.4", names[1]), nist[0], nist[1], nist[2]])
    );
    let compliance = run("ocsf")["compliance"].clone();
    assert_eq!(compliance["standards"], serde_json::json!(["palisade", names[0], names[1], "NIST.800-53.r5"]));
    assert_eq!(compliance["requirements"][0], format!("{} S3.8", names[0]));
}
