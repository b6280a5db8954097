//! Findings of IAM Access Analyzer, pointed at the statement that grants what they tell of.

use crate::common::Sandbox;
use serde_json::{Value, json};

const A: &str = "111122223333";

/// Two roles and a user with inline, attached and group policies, and a bucket.
fn sandbox() -> Sandbox {
    let allow = |actions: Value, resource: &str| json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "Job", "Effect": "Allow", "Action": actions, "Resource": resource }] });
    let arn = |rest: &str| format!("arn:aws:iam::{A}:{rest}");
    let trust = |principal: Value| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" },
        { "Sid": "Vendor", "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": { "StringEquals": { "sts:ExternalId": "x-1" } } }] })
    };
    let role = |name: &str, trust: Value, inline: Value, attached: &[&str]| {
        let attached: Vec<Value> =
            attached.iter().map(|name| json!({ "PolicyName": name, "PolicyArn": arn(&format!("policy/{name}")) })).collect();
        json!({ "Path": "/", "RoleName": name, "RoleId": name, "Arn": arn(&format!("role/{name}")), "AssumeRolePolicyDocument": trust,
            "RolePolicyList": [{ "PolicyName": "inline", "PolicyDocument": inline }], "AttachedManagedPolicies": attached })
    };
    let details = json!({ "AccountId": A,
        "UserDetailList": [{ "Path": "/", "UserName": "ci", "UserId": "ci", "Arn": arn("user/ci"), "GroupList": ["builders"], "UserPolicyList": [], "AttachedManagedPolicies": [] }],
        "GroupDetailList": [{ "Path": "/", "GroupName": "builders", "GroupId": "g", "Arn": arn("group/builders"),
            "GroupPolicyList": [{ "PolicyName": "build", "PolicyDocument": allow(json!(["codebuild:StartBuild"]), "*") }], "AttachedManagedPolicies": [] }],
        "RoleDetailList": [
            role("deploy", trust(json!({ "AWS": "arn:aws:iam::999988887777:root" })), allow(json!(["sqs:SendMessage"]), "*"), &["Deploy"]),
            role("etl", trust(json!({ "AWS": "arn:aws:iam::111122223333:role/deploy" })), allow(json!(["s3:GetObject"]), "arn:aws:s3:::lake/*"), &[]),
        ],
        "Policies": [{ "PolicyName": "Deploy", "PolicyId": "p", "Arn": arn("policy/Deploy"), "Path": "/", "DefaultVersionId": "v2", "AttachmentCount": 1, "IsAttachable": true,
            "PolicyVersionList": [{ "VersionId": "v2", "IsDefaultVersion": true, "Document": allow(json!(["s3:GetObject", "s3:PutObject", "ec2:*"]), "*") },
                { "VersionId": "v1", "IsDefaultVersion": false, "Document": allow(json!(["s3:PutObject"]), "*") }] }] });
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
        { "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*" },
        { "Sid": "Partner", "Effect": "Allow", "Principal": { "AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::999988887777:root"] }, "Action": "s3:Put*", "Resource": "*" }] });
    let bucket = json!({ "resourceType": "AWS::S3::Bucket", "awsAccountId": A, "ARN": "arn:aws:s3:::lake", "resourceName": "lake", "configurationItemStatus": "OK",
        "configuration": { "name": "lake" }, "supplementaryConfiguration": { "BucketPolicy": { "policyText": policy.to_string() } } });
    let sandbox = Sandbox::with(&[]);
    sandbox.write(&format!("snap/iam/{A}.json"), format!("{details:#}"));
    sandbox.write(&format!("snap/config/{A}.jsonl"), format!("{bucket}\n"));
    sandbox
}

/// A finding as `get-finding-v2` gives it.
fn finding(number: u32, kind: &str, resource: &str, details: Value) -> Value {
    let resource_type = match resource.split([':', '/']).nth(5) {
        Some("role") => "AWS::IAM::Role",
        Some("user") => "AWS::IAM::User",
        _ => "AWS::S3::Bucket",
    };
    json!({ "id": format!("f-{number}"), "resource": resource, "resourceType": resource_type, "resourceOwnerAccount": A, "status": "ACTIVE",
        "findingType": kind, "updatedAt": "2026-01-01T00:00:00Z", "findingDetails": [details] })
}

fn line(finding: &Value) -> String {
    json!({ "analyzer": { "arn": "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/a", "type": "ACCOUNT" }, "account": A, "region": "eu-west-1", "kind": "any", "finding": finding }).to_string()
}

fn all() -> Vec<Value> {
    let external = |principal: Value, actions: Value, public: bool, sources: Value| json!({ "externalAccessDetails": { "principal": principal, "action": actions, "isPublic": public, "condition": {}, "sources": sources } });
    let by_policy = json!([{ "type": "POLICY" }]);
    vec![
        finding(
            1,
            "ExternalAccess",
            "arn:aws:s3:::lake",
            external(json!({ "AWS": "*" }), json!(["s3:GetObject", "s3:ListBucket"]), true, by_policy.clone()),
        ),
        finding(
            2,
            "ExternalAccess",
            "arn:aws:s3:::lake",
            external(json!({ "AWS": "999988887777" }), json!(["s3:PutObject"]), false, by_policy.clone()),
        ),
        finding(
            3,
            "ExternalAccess",
            "arn:aws:iam::111122223333:role/deploy",
            external(json!({ "AWS": "999988887777" }), json!(["sts:AssumeRole"]), false, by_policy),
        ),
        finding(
            4,
            "ExternalAccess",
            "arn:aws:s3:::lake",
            external(json!({ "AWS": "*" }), json!(["s3:PutObject"]), true, json!([{ "type": "BUCKET_ACL" }])),
        ),
        finding(
            5,
            "UnusedPermission",
            "arn:aws:iam::111122223333:role/deploy",
            json!({ "unusedPermissionDetails": { "serviceNamespace": "s3", "actions": [{ "action": "PutObject" }] } }),
        ),
        finding(
            6,
            "UnusedPermission",
            "arn:aws:iam::111122223333:user/ci",
            json!({ "unusedPermissionDetails": { "serviceNamespace": "codebuild" } }),
        ),
        finding(
            7,
            "UnusedPermission",
            "arn:aws:iam::111122223333:role/deploy",
            json!({ "unusedPermissionDetails": { "serviceNamespace": "sns" } }),
        ),
        finding(
            8,
            "UnusedIAMRole",
            "arn:aws:iam::111122223333:role/etl",
            json!({ "unusedIamRoleDetails": { "lastAccessed": "2025-06-01T00:00:00Z" } }),
        ),
        finding(
            9,
            "UnusedIAMUserAccessKey",
            "arn:aws:iam::111122223333:user/ci",
            json!({ "unusedIamUserAccessKeyDetails": { "accessKeyId": "AKIAIOSFODNN7EXAMPLE" } }),
        ),
        finding(
            10,
            "InternalAccess",
            "arn:aws:s3:::lake",
            json!({ "internalAccessDetails": { "principal": { "AWS": "arn:aws:iam::111122223333:role/etl" }, "action": ["s3:GetObject"], "accessType": "INTRA_ACCOUNT" } }),
        ),
    ]
}

/// Rule, severity, file and place of each finding, and the text there.
fn told(report: &Value) -> String {
    let mut lines: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let at = &f["location"];
            let place = at["embedded"]["pointer"].as_str().map_or(String::new(), |inner| format!(" > {inner}"));
            format!(
                "{} {}: {} {}{place} {}",
                f["rule"].as_str().unwrap().trim_start_matches("access-analyzer-"),
                f["severity"].as_str().unwrap(),
                f["message"].as_str().unwrap(),
                at["pointer"].as_str().unwrap(),
                f["policy"]["sid"].as_str().unwrap_or("-")
            )
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn each_points_at_what_grants_it() {
    let sandbox = sandbox();
    let lines: Vec<String> = all().iter().map(line).collect();
    sandbox.write(&format!("snap/access-analyzer/{A}.jsonl"), lines.join("\n"));
    let args = ["check", "snap", "--select", "access-analyzer-findings", "--format", "json"];
    let report = sandbox.run(&args).ends(1).json();
    insta::assert_snapshot!(told(&report), @r"
    external-access medium: deploy: `999988887777` may do `sts:AssumeRole` /RoleDetailList/0/AssumeRolePolicyDocument/Statement/1/Principal/AWS Vendor
    external-access medium: lake: `999988887777` may do `s3:PutObject` /supplementaryConfiguration/BucketPolicy/policyText > /Statement/2/Principal/AWS/1 Partner
    internal-access low: lake: `arn:aws:iam::111122223333:role/etl` may do `s3:GetObject` /supplementaryConfiguration/BucketPolicy/policyText > /Statement/1/Principal Open
    public-access high: lake: anyone may do `s3:GetObject`, `s3:ListBucket` /supplementaryConfiguration/BucketPolicy/policyText > /Statement/1/Principal Open
    public-write critical: lake: anyone may do `s3:PutObject`, through its bucket ACL /finding/status -
    unused-credential medium: ci: the access key `AKIAIOSFODNN7EXAMPLE` was never used /UserDetailList/0/UserName -
    unused-permission low: ci: `codebuild` was never used /GroupDetailList/0/GroupPolicyList/0/PolicyDocument/Statement/0/Action/0 Job
    unused-permission low: deploy: `s3:PutObject` was never used /Policies/0/PolicyVersionList/0/Document/Statement/0/Action/1 Job
    unused-permission low: deploy: `sns` was never used /finding/status -
    unused-role medium: etl: the role was not used since 2025-06-01 /RoleDetailList/1/RoleName -
    ");
    let without = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["location"]["file"].as_str().unwrap().contains("access-analyzer"))
        .count();
    assert_eq!(without, 2);
    let text = sandbox.run(&["check", "snap", "--select", "access-analyzer-unused-permission"]).ends(0);
    insta::assert_snapshot!(text.stdout, @r#"
    note[access-analyzer-unused-permission] low: deploy: `sns` was never used
        ╭─[ snap/access-analyzer/111122223333.jsonl:7:309 ]
        │  shown pretty-printed, at /finding/status
        │
     12 │     "resourceType": "AWS::IAM::Role",
     13 │     "resourceOwnerAccount": "111122223333",
     14 │     "status": "ACTIVE",
        │               ────────
     15 │     "findingType": "UnusedPermission",
    ────╯
      why: What a role or user may do and never does is of use only to whoever takes
           it over.
      fix: Take the action, or the whole service, out of the statement that grants
           it. IAM Access Analyzer can propose a policy from what was used. No
           statement in the input grants this, so the finding points at what Access
           Analyzer says.
      see: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html

    note[access-analyzer-unused-permission] low: ci: `codebuild` was never used
        ╭─[ snap/iam/111122223333.json:32:19 ]
        │
     30 │                 "Effect": "Allow",
     31 │                 "Action": [
     32 │                   "codebuild:StartBuild"
        │                   ┬─────────────────────
        │                   ╰── granted here
     33 │                 ],
        │
        ├─[ snap/access-analyzer/111122223333.jsonl:6:305 ]
        │  shown pretty-printed, at /finding/status
        │
     12 │     "resourceType": "AWS::IAM::User",
     13 │     "resourceOwnerAccount": "111122223333",
     14 │     "status": "ACTIVE",
        │               ┬───────
        │               ╰── what Access Analyzer says
     15 │     "findingType": "UnusedPermission",
    ────╯
      why: What a role or user may do and never does is of use only to whoever takes
           it over.
      fix: Take the action, or the whole service, out of the statement that grants
           it. IAM Access Analyzer can propose a policy from what was used.
      see: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html

    note[access-analyzer-unused-permission] low: deploy: `s3:PutObject` was never
        used
         ╭─[ snap/iam/111122223333.json:171:19 ]
         │
     169 │                 "Action": [
     170 │                   "s3:GetObject",
     171 │                   "s3:PutObject",
         │                   ┬─────────────
         │                   ╰── granted here
     172 │                   "ec2:*"
         │
         ├─[ snap/access-analyzer/111122223333.jsonl:5:309 ]
         │  shown pretty-printed, at /finding/status
         │
      12 │     "resourceType": "AWS::IAM::Role",
      13 │     "resourceOwnerAccount": "111122223333",
      14 │     "status": "ACTIVE",
         │               ┬───────
         │               ╰── what Access Analyzer says
      15 │     "findingType": "UnusedPermission",
    ─────╯
      why: What a role or user may do and never does is of use only to whoever takes
           it over.
      fix: Take the action, or the whole service, out of the statement that grants
           it. IAM Access Analyzer can propose a policy from what was used.
      see: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html

    3 documents (1 AWS Config item, 1 Access Analyzer findings, 1 account
      authorization details), 7 policies (4 identity-policy, 1 resource-policy, 2
      trust-policy), 11 statements; 1 rule applied
    not judged: 1 policy not in force
    3 findings: 3 low (none at or above medium); 0 suppressed; 0 incomplete
    "#);
}

#[test]
fn answers_of_the_aws_cli_say_the_same() {
    let sandbox = sandbox();
    for (number, one) in all().iter().enumerate() {
        sandbox.write(&format!("snap/finding-{number}.json"), format!("{one:#}"));
    }
    // The list names them all once more, without details.
    let list: Vec<Value> = all()
        .into_iter()
        .map(|mut one| {
            one.as_object_mut().unwrap().remove("findingDetails");
            one
        })
        .collect();
    sandbox.write("snap/list.json", json!({ "findings": list }).to_string());
    let args = ["check", "snap", "--select", "access-analyzer-findings", "--format", "json"];
    let alone = told(&sandbox.run(&args).ends(1).json());
    assert_eq!(alone.lines().count(), 10, "{alone}");
    assert!(alone.contains("unused-permission low: deploy: `s3:PutObject` was never used /Policies/0/PolicyVersionList/0/Document/Statement/0/Action/1 Job"), "{alone}");
}

#[test]
fn archived_ones_are_none_and_selecting_works() {
    let sandbox = sandbox();
    let mut found = all();
    found[0]["status"] = "ARCHIVED".into();
    found[1]["status"] = "RESOLVED".into();
    let lines: Vec<String> = found.iter().map(line).collect();
    sandbox.write(&format!("snap/access-analyzer/{A}.jsonl"), lines.join("\n"));
    let args = ["check", "snap", "--format", "json", "--select", "access-analyzer-public-access,access-analyzer-external-access"];
    assert_eq!(told(&sandbox.run(&args).ends(1).json()).lines().count(), 1);
    let accepted = "rules:\n  access-analyzer-unused-role: { severity: info }\nsuppressions:\n  - rule: access-analyzer-external-access\n    where: { role: deploy }\n    reason: the vendor\n    owner: security\n    expires: 2026-02-01\n";
    sandbox.write("palisade.yaml", accepted);
    let args = [
        "check",
        "snap",
        "--format",
        "json",
        "--as-of",
        "2026-01-01",
        "--ignore",
        "access-analyzer-public-write",
        "--select",
        "access-analyzer-findings",
    ];
    let report = sandbox.run(&args).ends(1).json();
    assert_eq!(report["summary"]["suppressed"], 1);
    assert!(told(&report).contains("unused-role info:"));
}

/// What somebody put away is told of by number, once for each finding, and only to those who asked for the others.
#[test]
fn archived_ones_are_counted() {
    let sandbox = sandbox();
    let mut found = all();
    let said = |found: &[Value], more: &[&str]| {
        let lines: Vec<String> = found.iter().map(line).collect();
        sandbox.write(&format!("snap/access-analyzer/{A}.jsonl"), lines.join("\n"));
        let run = sandbox.run(&[&["check", "snap", "--select", "access-analyzer-findings"], more].concat());
        let json =
            sandbox.run(&[&["check", "snap", "--format", "json", "--select", "access-analyzer-findings"], more].concat()).json();
        let line = run.stdout.lines().find(|line| line.contains("archived")).map(str::to_owned);
        (line, json["documents"]["archived"].clone())
    };
    assert_eq!(said(&found, &[]), (None, json!(0)));
    found[0]["status"] = "ARCHIVED".into();
    found[1]["status"] = "RESOLVED".into();
    let one = "1 archived finding of Access Analyzer is left out".to_owned();
    assert_eq!(said(&found, &[]), (Some(one), json!(1)));
    found[2]["status"] = "ARCHIVED".into();
    // The same finding in the answer of another day, and one that was opened again since.
    let again = found[0].clone();
    let mut opened = found[2].clone();
    opened["status"] = "ACTIVE".into();
    opened["updatedAt"] = "2026-02-01T00:00:00Z".into();
    found.extend([again, opened]);
    found[3]["status"] = "ARCHIVED".into();
    let two = "2 archived findings of Access Analyzer are left out".to_owned();
    assert_eq!(said(&found, &[]), (Some(two.clone()), json!(2)));
    assert_eq!(said(&found, &["--quiet"]), (None, json!(2)));
    let run = sandbox.run(&["check", "snap", "--select", "bucket-without-tls-only"]);
    assert!(!run.stdout.contains("archived"), "{}", run.stdout);
    let audit = ["audit", "snap", "--select", "access-analyzer-findings", "--no-history"];
    sandbox.run(&audit).says(&two);
    assert_eq!(sandbox.run(&[&audit[..], &["--format", "json"]].concat()).json()["documents"]["archived"], 2);
}

#[test]
fn drift_tells_of_them() {
    let sandbox = sandbox();
    let path = format!("snap/access-analyzer/{A}.jsonl");
    let write = |found: &[Value]| sandbox.write(&path, found.iter().map(line).collect::<Vec<_>>().join("\n"));
    let audit = |day: u32| {
        let as_of = format!("2026-01-{day:02}");
        let report =
            sandbox.run(&["audit", "snap", "--as-of", &as_of, "--select", "access-analyzer-findings", "--format", "json"]).json();
        let count = |list: &str| report["drift"][list].as_array().map_or(0, Vec::len);
        (count("new"), count("resolved"), count("changed"), count("unseen") + count("not_asked"))
    };
    let mut found = all();
    write(&found);
    audit(1);
    assert_eq!(audit(2), (0, 0, 0, 0));
    // One is archived, one more action was not used, and the order is another one.
    found[1]["status"] = "ARCHIVED".into();
    found[4]["findingDetails"][0]["unusedPermissionDetails"]["actions"] =
        json!([{ "action": "PutObject" }, { "action": "GetObject" }]);
    found.reverse();
    write(&found);
    assert_eq!(audit(3), (0, 1, 1, 0));
    // Nothing tells of any finding: nothing can be said of them.
    std::fs::remove_file(sandbox.path().join(&path)).unwrap();
    assert_eq!(audit(4), (0, 0, 0, 9));
    write(&found);
    assert_eq!(audit(5), (0, 0, 0, 0));
}
