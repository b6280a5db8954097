//! Snapshots that were damaged on their way: nothing of them is lost unsaid, and nothing passes because of it.

use crate::common::{Run, Sandbox};
use flate2::Compression;
use serde_json::{Value, json};
use std::io::Write;

const ITEMS: &str = "snap/config/111111111111.jsonl.gz";

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(text.as_bytes()).expect("memory");
    out.finish().expect("memory")
}

fn manifest() -> Value {
    let source = |source: &str, items: u64| {
        json!({ "source": source, "account": null, "region": null, "what": null, "state": "complete", "items": items,
            "reason": null, "help": null })
    };
    json!({ "palisade_snapshot": 1, "palisade": "0.1.0", "started": "2026-08-22T06:00:00Z", "finished": "2026-08-22T06:04:10Z",
        "complete": true, "caller": { "account": "999999999999", "arn": "arn:aws:iam::999999999999:role/audit" },
        "sources": [source("config", 1), source("organizations", 5)] })
}

fn role() -> Value {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
    json!({ "resourceType": "AWS::IAM::Role", "awsAccountId": "111111111111", "ARN": "arn:aws:iam::111111111111:role/app",
        "resourceName": "app", "configurationItemStatus": "OK",
        "configuration": { "roleName": "app", "assumeRolePolicyDocument": trust, "rolePolicyList": [] } })
}

/// One unit with the guardrail, one account in it.
fn organization() -> Value {
    let deny =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "rekognition:*", "Resource": "*" }] });
    json!({ "Organization": { "Id": "o-1", "MasterAccountId": "999999999999" }, "Roots": [{ "Id": "r-1" }],
        "OrganizationalUnits": [{ "Id": "ou-1", "Name": "Prod", "ParentId": "r-1" }],
        "Accounts": [{ "Id": "111111111111", "Name": "one", "ParentId": "ou-1" }],
        "Policies": [{ "PolicySummary": { "Id": "p-1", "Arn": "arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1",
            "Name": "guard", "Type": "SERVICE_CONTROL_POLICY" }, "Content": deny.to_string() }],
        "PolicyAttachments": [{ "PolicyId": "p-1", "TargetId": "ou-1" }] })
}

/// A snapshot in which all is well.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with(&[
        ("snap/manifest.json", &manifest().to_string()),
        ("snap/organization.json", &organization().to_string()),
    ]);
    sandbox.write(ITEMS, gzip(&format!("{}\n", role())));
    sandbox
}

fn check(sandbox: &Sandbox) -> Run {
    sandbox.run(&["check", "snap", "--format", "json"])
}

fn prove(sandbox: &Sandbox) -> Run {
    sandbox.run(&["prove", "guardrail", "snap", "--action", "rekognition:StopProject*"])
}

/// Why a check of it is not complete.
fn reasons(sandbox: &Sandbox) -> Vec<String> {
    let report = check(sandbox).ends(4).json();
    let all = report["documents"]["incomplete"].as_array().expect("a list").iter();
    all.map(|entry| format!("{}: {}", entry["file"].as_str().unwrap(), entry["reason"].as_str().unwrap())).collect()
}

#[test]
fn a_whole_one_passes() {
    check(&sandbox()).ends(0);
    prove(&sandbox()).ends(0);
}

#[test]
fn a_file_of_it_that_holds_nothing_is_not_passed_over() {
    let hollow = "snap/config/111111111111.jsonl.gz: this file of the snapshot holds nothing that was fetched";
    for content in [Vec::new(), gzip(""), gzip("{}\n"), gzip("[1, 2]\n")] {
        let sandbox = sandbox();
        sandbox.write(ITEMS, content);
        assert_eq!(reasons(&sandbox), [hollow]);
    }
    let sandbox = sandbox();
    for (file, text) in
        [("snap/organization.json", "{\"Organi"), ("snap/organization.json", "[]"), ("snap/iam/111111111111.json", "{}")]
    {
        sandbox.write(file, text);
        let wanted = format!("{file}: this file of the snapshot holds nothing that was fetched");
        assert!(reasons(&sandbox).contains(&wanted), "{file}");
    }
    let sandbox = self::sandbox();
    sandbox.write(ITEMS, gzip(&format!("{}\n{{\"a\":1}}\n{{}}\n", role())));
    assert_eq!(reasons(&sandbox), [format!("{ITEMS}: 2 lines hold nothing that was fetched")]);
    // What somebody put beside it is none of its files.
    let sandbox = self::sandbox();
    sandbox.write("snap/notes.json", "{}");
    sandbox.write("snap/AWSLogs/111111111111/Config/ConfigWritabilityCheckFile.json", "{}");
    check(&sandbox).ends(0);
}

#[test]
fn files_that_the_manifest_tells_of_and_nobody_has_are_missed() {
    let sandbox = sandbox();
    std::fs::remove_file(sandbox.path().join(ITEMS)).unwrap();
    std::fs::remove_file(sandbox.path().join("snap/organization.json")).unwrap();
    assert_eq!(
        reasons(&sandbox),
        [
            "snap/manifest.json: the snapshot has no `config/`, and its manifest tells of items of AWS Config: 1",
            "snap/manifest.json: the snapshot has no `organization.json`, and its manifest tells of the organization",
        ]
    );
    prove(&sandbox).ends(3).complains("has no `organization.json`");
    let mut manifest = manifest();
    let state = |source: &str, account: &str| json!({ "source": source, "account": account, "state": "complete", "items": 2 });
    manifest["sources"] = json!([state("iam", "222222222222"), state("s3", "111111111111"), state("iam", "333333333333")]);
    let sandbox = self::sandbox();
    sandbox.write("snap/manifest.json", manifest.to_string());
    sandbox.write("snap/iam/333333333333.json", r#"{"UserDetailList":[],"RoleDetailList":[]}"#);
    assert_eq!(
        reasons(&sandbox),
        [
            "snap/manifest.json: the snapshot has no `iam/222222222222.json.gz`, and its manifest tells of records of 222222222222: 2",
            "snap/manifest.json: the snapshot has no `s3/111111111111.jsonl.gz`, and its manifest tells of records of 111111111111: 2",
        ]
    );
}

#[test]
fn values_of_the_wrong_type_are_not_read_as_nothing() {
    type Case = (fn(&mut Value), &'static str);
    let change: [Case; 4] = [
        (|item| item["configuration"] = json!(5), "`configuration` is no object"),
        (|item| item["configuration"] = Value::Null, "the item has no `configuration`, and the resource is there"),
        (|item| item["configuration"]["rolePolicyList"] = json!({}), "`rolePolicyList` is no list"),
        (|item| item["configuration"]["assumeRolePolicyDocument"] = json!(false), "`false` is no policy"),
    ];
    for (change, wanted) in change {
        let mut item = role();
        change(&mut item);
        let sandbox = sandbox();
        sandbox.write(ITEMS, gzip(&format!("{}\n{item}\n", role())));
        assert_eq!(reasons(&sandbox), [format!("{ITEMS}: {wanted}")]);
    }
}

#[test]
fn a_manifest_that_cannot_be_trusted_passes_nothing() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut manifest = manifest();
        change(&mut manifest);
        let sandbox = sandbox();
        sandbox.write("snap/manifest.json", manifest.to_string());
        sandbox
    };
    let unread = "snap/manifest.json: the manifest of the snapshot cannot be read: ";
    for version in [json!("2"), json!(-1), json!(0), json!(2.5), Value::Null] {
        let sandbox = with(&|m| m["palisade_snapshot"] = version.clone());
        assert_eq!(reasons(&sandbox), [format!("{unread}`{version}` is no version of its layout")]);
        prove(&sandbox).ends(4).complains("is no version of its layout");
    }
    let sandbox = with(&|m| m["complete"] = json!(false));
    assert_eq!(reasons(&sandbox), [format!("{unread}it says that it is not complete, and names nothing that is missing")]);
    prove(&sandbox).ends(4);
    let sandbox = with(&|m| m["sources"][0]["state"] = json!("half-baked"));
    prove(&sandbox).ends(4).complains("`half-baked` is no state of a source");
    let sandbox = with(&|m| m["finished"] = Value::Null);
    prove(&sandbox).ends(4).complains("the fetch of this snapshot did not end");
}

#[test]
fn a_newer_one_proves_nothing() {
    let mut newer = manifest();
    newer["palisade_snapshot"] = json!(2);
    let sandbox = sandbox();
    sandbox.write("snap/manifest.json", newer.to_string());
    let run = prove(&sandbox).ends(4).complains("has layout 2, and this palisade reads 1");
    assert_eq!(run.stdout, "");
    let run = sandbox.run(&["prove", "guardrail", "--organization", "snap", "--action", "rekognition:*"]).ends(4);
    assert_eq!(run.stdout, "");
}

#[test]
fn an_organization_that_is_none_is_not_called_missing() {
    let sandbox = sandbox();
    for text in ["{\"Organi", "[]", ""] {
        sandbox.write("snap/organization.json", text);
        prove(&sandbox).ends(4).complains("holds an `organization.json` that is none");
    }
    let text = organization().to_string();
    sandbox.write("snap/organization.json", &text[..text.len() - 40]);
    prove(&sandbox).ends(4).complains("no answer");
}
