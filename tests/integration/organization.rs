//! Organizations: rules about their units and accounts, what accounts inherit, and snapshots, as a person meets them.

use crate::common::Sandbox;
use insta::assert_snapshot;
use palisade::config::Config;
use palisade::policy::Context;
use palisade::rule::Registry;
use palisade::rule::registry::Wishes;
use palisade::scan::Scan;
use palisade::source::{self, WalkOptions};
use serde_json::{Value, json};
use std::io::Write;

const STOP: &str = "--param=project-lifecycle-not-denied.actions=rekognition:StopProject*";
const ONLY: [&str; 4] = ["--select", "project-lifecycle-not-denied", "--format", "json"];

/// An organization of three units and four accounts: `Prod` lies in `Work`, `Work` and `Test` below the root.
fn organization(policies: &[(&str, &str, Value)], attached: &[(&str, &str)]) -> Value {
    let arn = |sort: &str, id: &str| format!("arn:aws:organizations::999999999999:{sort}/o-abc/{id}");
    let unit = |id: &str, name: &str, parent: &str| json!({ "Id": id, "Arn": arn("ou", id), "Name": name, "ParentId": parent });
    let account = |id: &str, name: &str, parent: &str, status: &str| json!({ "Id": id, "Arn": arn("account", id), "Name": name, "Status": status, "ParentId": parent });
    let types = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"].map(|kind| json!({ "Type": kind, "Status": "ENABLED" }));
    let policy = |(id, kind, content): &(&str, &str, Value)| {
        let path = format!("{}_control_policy", if *kind == "RCP" { "resource" } else { "service" });
        let arn = format!("arn:aws:organizations::999999999999:policy/o-abc/{path}/{id}");
        let summary = json!({ "Id": id, "Arn": arn, "Name": id, "Type": path.to_uppercase(), "AwsManaged": false });
        let content = if content.is_null() { Value::Null } else { json!(content.to_string()) };
        json!({ "PolicySummary": summary, "Content": content })
    };
    let targets = ["r-1", "ou-work", "ou-prod", "ou-test", "111111111111", "222222222222", "333333333333", "999999999999"];
    let full = targets.iter().map(|target| ("p-FullAWSAccess", *target));
    let attached: Vec<Value> =
        full.chain(attached.iter().copied()).map(|(p, t)| json!({ "PolicyId": p, "TargetId": t })).collect();
    json!({
        "Organization": { "Id": "o-abc", "Arn": arn("organization", "o-abc"), "MasterAccountId": "999999999999" },
        "Roots": [{ "Id": "r-1", "Arn": arn("root", "r-1"), "Name": "Root", "PolicyTypes": types }],
        "OrganizationalUnits": [unit("ou-work", "Work", "r-1"), unit("ou-prod", "Prod", "ou-work"), unit("ou-test", "Test", "r-1")],
        "Accounts": [account("111111111111", "shop", "ou-prod", "ACTIVE"), account("222222222222", "lab", "ou-test", "ACTIVE"),
            account("333333333333", "gone", "ou-test", "SUSPENDED"), account("999999999999", "pay", "r-1", "ACTIVE")],
        "Policies": policies.iter().map(policy).collect::<Vec<_>>(),
        "PolicyAttachments": attached,
    })
}

fn document(statements: &Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn deny(action: &str) -> Value {
    document(&json!([{ "Sid": "Guard", "Effect": "Deny", "Action": action, "Resource": "*" }]))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON")
}

/// The findings of one rule: the target, and the place of the finding.
fn found(report: &Value) -> Vec<String> {
    let one = |f: &Value| {
        let policy = &f["policy"];
        let target = policy["resource"].as_str().or(policy["name"].as_str()).unwrap_or("-");
        format!(
            "{} at {} {}",
            target.rsplit(':').next().unwrap(),
            f["location"]["file"].as_str().unwrap(),
            f["location"]["pointer"].as_str().unwrap()
        )
    };
    report["findings"].as_array().expect("findings").iter().map(one).collect()
}

/// How every rule about targets stands for each of them.
fn map(sandbox: &Sandbox, select: &str) -> Vec<String> {
    let registry = Registry::build(&[], &Wishes { select: vec![select.to_owned()], ..Wishes::default() }).expect("rules");
    let config = Config::default();
    let scan = Scan {
        registry: &registry,
        config: &config,
        cards: false,
        excerpts: false,
        organization: None,
        context: Context::default(),
        walk: WalkOptions::default(),
        project_name: &str::to_owned,
        progress: &|_| {},
        review: None,
        baseline: None,
        today: time::macros::date!(2026 - 09 - 01),
        whole: true,
    };
    let outcome = scan.files(&source::expand(&[sandbox.path().to_path_buf()], &scan.walk).entries);
    outcome.targets.iter().map(|t| format!("{} {}", t.target, t.standing)).collect()
}

#[test]
fn every_unit_and_account_is_asked_for() {
    let policies = [("p-guard", "SCP", deny("rekognition:StopProject*"))];
    let text = pretty(&organization(&policies, &[("p-guard", "ou-work")]));
    let sandbox = Sandbox::with(&[("org/organization.json", &text)]);
    let run = checked(&sandbox, &[STOP, "org"]).ends(1);
    assert_eq!(
        found(&run.json()),
        [
            "ou/o-abc/ou-test at org/organization.json /OrganizationalUnits/2/Arn",
            "account/o-abc/222222222222 at org/organization.json /Accounts/1/Arn",
        ]
    );
    let account = &run.json()["findings"][1];
    assert_eq!(account["policy"]["account"], "222222222222");
    assert_eq!(account["policy"]["name"], "lab");
    assert_eq!(account["message"], "lab (222222222222): rekognition:StopProjectVersion can still be allowed");
    assert!(account["help"].as_str().unwrap().contains("such as `arn:aws:iam::222222222222:role/x`"), "{account}");
    assert_eq!(run.json()["findings"][0]["message"], "/Test: rekognition:StopProjectVersion can still be allowed");
    assert_eq!(
        map(&sandbox, "project-lifecycle-not-denied"),
        [
            "111111111111 held",
            "222222222222 open",
            "333333333333 not-applicable",
            "999999999999 unbound",
            "ou-prod held",
            "ou-test open",
            "ou-work held",
            "r-1 open",
        ]
    );
}

fn checked(sandbox: &Sandbox, more: &[&str]) -> crate::common::Run {
    sandbox.run(&[&["check"], &ONLY[..], more].concat())
}

#[test]
fn the_nearest_deny_is_shown_with_why_it_misses() {
    let scp = document(&json!([{ "Sid": "Guard", "Effect": "Deny", "Action": "rekognition:StopProject*", "Resource": "*",
        "Condition": { "StringNotEquals": { "aws:RequestedRegion": "eu-west-1" } } }]));
    let text = pretty(&organization(&[("p-near", "SCP", scp)], &[("p-near", "ou-work")]));
    let sandbox = Sandbox::with(&[("organization.json", &text), ("palisade.yaml", "suppressions: []\n")]);
    let run = sandbox.run(&["check", "--select", ONLY[1], STOP, "--fail-on", "none"]);
    let work = run.stdout.split("\n\n").find(|part| part.contains("/Work:")).expect("the unit");
    assert_snapshot!(work, @r#"
    error[project-lifecycle-not-denied] critical: /Work:
        rekognition:StopProjectVersion can still be allowed
        ╭─[ organization.json:27:14 ]
        │
     25 │     {
     26 │       "Id": "ou-work",
     27 │       "Arn": "arn:aws:organizations::999999999999:ou/o-abc/ou-work",
        │              ──────────────────────────────────────────────────────
     28 │       "Name": "Work",
        │
        ├─[ organization.json:83:174 ]
        │  string at /Policies/0/Content shown decoded, at /Statement/0/Condition
        │
      7 │       "Action": "rekognition:StopProject*",
      8 │       "Resource": "*",
      9 │       "Condition": {
        │                    ┬
        │                    ╰── this Deny holds under a condition only
     10 │         "StringNotEquals": {
    ────╯
      why: Stopping a model version ends inference for every account that shares it.
           A Deny counts only when it holds for every action, every resource and
           every request: a condition, an exempted principal or one project out of
           many leaves a way. Service control policies bind neither the management
           account nor service-linked roles.
      fix: Deny rekognition:StopProject* on every resource, without a condition, in
           a service control policy on this OU or above. Set the parameter `actions`
           to ask for more, and `break_glass` to accept an exempted operator role.
           As it is, a principal such as `arn:aws:iam::111122223333:role/x` may call
           `rekognition:StopProjectVersion` on
           `arn:aws:rekognition:us-east-1:111122223333:project/x/version/x/x` with
           `aws:RequestedRegion` = `eu-west-1`.
      try: Add the Deny statement
           {
             "Sid": "DenyRekognitionProjectLifecycle",
             "Effect": "Deny",
             "Action": [
               "rekognition:StopProject*"
             ],
             "Resource": "*"
           }
      see: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    "#);
}

#[test]
fn names_fingerprints_and_order_do_not_hang_on_the_layout() {
    let value = organization(&[("p-other", "SCP", deny("rekognition:CreateProject"))], &[("p-other", "r-1")]);
    let prints = |text: &str, name: &str| {
        let sandbox = Sandbox::with(&[(name, text)]);
        let report = checked(&sandbox, &[]).json();
        let all = report["findings"].as_array().unwrap().iter();
        let mut all: Vec<String> = all.map(|f| f["fingerprint"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    let (first, second) = (prints(&pretty(&value), "organization.json"), prints(&value.to_string(), "a/my-organization.json"));
    assert_eq!(first, second);
    assert_eq!(first.len(), 5);
}

#[test]
fn the_guardrail_is_wanted_everywhere_once_a_policy_speaks_of_it() {
    let quiet = organization(&[("p-other", "SCP", deny("ec2:*"))], &[("p-other", "r-1")]);
    let sandbox = Sandbox::with(&[("organization.json", &pretty(&quiet))]);
    let rule = "project-lifecycle-not-denied";
    let count = |sandbox: &Sandbox, more: &[&str]| {
        let report = sandbox.run(&[&["check", "--format", "json"], more].concat()).json();
        report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == rule).count()
    };
    assert_eq!(count(&sandbox, &[]), 0);
    // Naming the rule asks for it, and so does setting one of its parameters.
    assert_eq!(count(&sandbox, &["--select", rule]), 5);
    assert_eq!(count(&sandbox, &["--param", "project-lifecycle-not-denied.break_glass="]), 5);
    // A policy that is attached to nothing says what somebody means.
    let wanted = organization(&[("p-idle", "SCP", deny("rekognition:StopProject*"))], &[]);
    let sandbox = Sandbox::with(&[("organization.json", &pretty(&wanted))]);
    assert_eq!(count(&sandbox, &[]), 5);
}

#[test]
fn several_actions_in_one_text_are_no_parameter() {
    let text = pretty(&organization(&[("p-other", "SCP", deny("ec2:*"))], &[]));
    let sandbox = Sandbox::with(&[("organization.json", &text)]);
    let with = |name: &str, value: &str| {
        let param = format!("project-lifecycle-not-denied.{name}={value}");
        sandbox.run(&["check", ONLY[0], ONLY[1], "--format", "json", "--param", &param])
    };
    let hint = "a list is written `[a, b]`";
    with("actions", "rekognition:StopProject*,rekognition:DeleteProject").ends(2).complains(hint);
    with("actions", "rekognition:Stop Project").ends(2).complains("takes an action such as");
    let role = "arn:aws:iam::*:role/a";
    with("break_glass", &format!("{role}, {role}")).ends(2).complains(hint);
    with("actions", "[rekognition:StopProject*, rekognition:DeleteProject]").ends(1);
    for nothing in ["", "[]"] {
        with("actions", nothing).ends(2).complains("has no action, and the rule would hold whatever a policy says");
        with("break_glass", nothing).ends(1);
    }
    // Names of roles may have a comma.
    with("break_glass", "arn:aws:iam::*:role/a,b").ends(1);
}

#[test]
fn a_policy_without_text_is_never_held_against_or_for_anybody() {
    let policies = [("p-guard", "SCP", deny("rekognition:*")), ("p-gone", "SCP", Value::Null)];
    let text = pretty(&organization(&policies, &[("p-gone", "ou-work"), ("p-guard", "ou-prod")]));
    let sandbox = Sandbox::with(&[("organization.json", &text)]);
    let run = checked(&sandbox, &[]);
    let report = run.json();
    let incomplete = &report["documents"]["incomplete"];
    assert_eq!(
        incomplete[0]["reason"], "the control policy `p-gone` is attached to 1 target, and its text is not here",
        "{report}"
    );
    assert_eq!(incomplete[0]["location"]["pointer"], "/Policies/1/PolicySummary/Arn");
    assert!(found(&report).iter().all(|line| !line.contains("ou-work") && !line.contains("111111111111")), "{report}");
    let stands = map(&sandbox, "project-lifecycle-not-denied");
    for line in ["ou-work undecided", "ou-prod held", "111111111111 held", "ou-test open"] {
        assert!(stands.iter().any(|stand| stand == line), "{line}: {stands:?}");
    }
    // Nothing is open besides: the run is not green.
    let text = pretty(&organization(&policies, &[("p-gone", "ou-work"), ("p-guard", "r-1")]));
    sandbox.write("organization.json", text);
    checked(&sandbox, &[]).ends(4);
}

#[test]
fn what_an_export_lost_or_says_twice_is_never_clean() {
    let guarded = || organization(&[("p-guard", "SCP", deny("rekognition:*"))], &[("p-guard", "r-1")]);
    type Case = (&'static str, fn(&mut Value), usize);
    let change: [Case; 6] = [
        ("it has no `PolicyAttachments`", |o| drop(o.as_object_mut().unwrap().remove("PolicyAttachments")), 6),
        ("`Accounts` is no list", |o| o["Accounts"] = json!({ "111111111111": {} }), 0),
        ("has no text as its `Id`", |o| o["Accounts"][0]["Id"] = json!(111_111_111_111_u64), 0),
        ("the unit `ou-work` has no `ParentId`", |o| o["OrganizationalUnits"][0]["ParentId"] = Value::Null, 3),
        (
            "`ou-test` is listed twice",
            |o| {
                let unit = json!({ "Id": "ou-test", "Name": "Test", "ParentId": "ou-work" });
                o["OrganizationalUnits"].as_array_mut().unwrap().push(unit);
            },
            2,
        ),
        (
            "`p-guard` is listed twice",
            |o| {
                let other = json!({ "PolicySummary": o["Policies"][0]["PolicySummary"], "Content": "{}" });
                o["Policies"].as_array_mut().unwrap().push(other);
            },
            6,
        ),
    ];
    for (word, change, undecided) in change {
        let mut value = guarded();
        change(&mut value);
        let sandbox = Sandbox::with(&[("organization.json", &pretty(&value))]);
        let report = checked(&sandbox, &[]).ends(4).json();
        let reasons = report["documents"]["incomplete"].to_string();
        assert!(reasons.contains(word), "{word}: {reasons}");
        assert_eq!(found(&report), Vec::<String>::new(), "{word}");
        let stands = map(&sandbox, "project-lifecycle-not-denied");
        assert_eq!(stands.iter().filter(|line| line.contains("undecided")).count(), undecided, "{word}: {stands:?}");
    }
}

#[test]
fn a_control_policy_with_mistakes_is_like_one_without_text() {
    let mut value = organization(&[("p-guard", "SCP", deny("rekognition:*"))], &[("p-guard", "ou-work")]);
    value["Policies"][0]["Content"] = json!("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":");
    let sandbox = Sandbox::with(&[("organization.json", &pretty(&value))]);
    let report = checked(&sandbox, &[]).ends(1).json();
    // The unit beside it has no such policy.
    assert_eq!(found(&report).len(), 2, "{report}");
    assert!(found(&report)[0].contains("ou-test"), "{report}");
    assert_eq!(report["documents"]["incomplete"][0]["file"], "organization.json");
}

#[test]
fn policies_of_a_kind_that_is_switched_off_bind_nobody() {
    let mut value = organization(&[("p-guard", "SCP", deny("rekognition:*"))], &[("p-guard", "r-1")]);
    let sandbox = Sandbox::with(&[("organization.json", &pretty(&value))]);
    checked(&sandbox, &[]).ends(0);
    value["Roots"][0]["PolicyTypes"] = json!([]);
    sandbox.write("organization.json", pretty(&value));
    let report = checked(&sandbox, &[]).ends(1).json();
    assert_eq!(found(&report).len(), 5);
    assert_eq!(report["findings"][0]["related"][0]["message"], "policies of this kind are not switched on for the root");
    assert_eq!(report["findings"][0]["related"][0]["location"]["pointer"], "/Roots/0/Arn");
}

#[test]
fn resource_control_policies_guard_targets_too() {
    let tls = document(&json!([{ "Effect": "Deny", "Principal": "*", "Action": ["s3:*", "rekognition:*"], "Resource": "*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } } }]));
    let text = pretty(&organization(&[("p-tls", "RCP", tls)], &[("p-tls", "ou-work")]));
    let rule = |service: &str| {
        format!(
            "palisade: 1\nid: plain-http\ntitle: Plain HTTP\nseverity: high\nmessage: \"{{target.name}}\"\napplies_to: {{ kind: [rcp] }}\n\
             for_each: org-target\nassert:\n  denies: {{ actions: [\"{service}:*\"], when: [{{ key: aws:SecureTransport, equals: \"false\" }}] }}\n"
        )
    };
    let sandbox = Sandbox::with(&[("organization.json", &text), ("rules/s3.yaml", &rule("s3"))]);
    let args = ["check", "--rules", "rules", "--select", "plain-http", "--format", "json", "organization.json"];
    let targets = |sandbox: &Sandbox| {
        let lines = found(&sandbox.run(&args).ends(1).json());
        lines.into_iter().map(|line| line.split(" at ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(targets(&sandbox), ["ou/o-abc/ou-test", "account/o-abc/222222222222"]);
    // They do not reach every service, whatever they say.
    sandbox.write("rules/s3.yaml", rule("rekognition"));
    assert_eq!(targets(&sandbox).len(), 5);
}

const TLS: &str = "bucket-without-tls-only";

fn bucket(account: &str, name: &str) -> Value {
    json!({ "resourceType": "AWS::S3::Bucket", "awsAccountId": account, "ARN": format!("arn:aws:s3:::{name}"), "resourceName": name,
        "configurationItemCaptureTime": "2026-08-20T01:42:29.955Z", "configuration": { "name": name }, "supplementaryConfiguration": {
            "BucketPolicy": { "policyText": document(&json!([{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::444444444444:root" },
                "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*") }])).to_string() } } })
}

#[test]
fn a_resource_control_policy_of_the_unit_answers_for_its_buckets() {
    let tls = document(&json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": { "BoolIfExists": { "aws:SecureTransport": "false" } } }]));
    let accounts = ["111111111111", "222222222222", "999999999999", "555555555555"];
    let items: Vec<Value> = accounts.iter().map(|account| bucket(account, &format!("data-{account}"))).collect();
    let items = json!({ "fileVersion": "1.0", "configurationItems": items }).to_string();
    let with = |attached: &str| {
        let text = pretty(&organization(&[("p-tls", "RCP", tls.clone())], &[("p-tls", attached)]));
        let sandbox = Sandbox::with(&[("organization.json", &text), ("items.json", &items)]);
        let report = sandbox.run(&["check", "--select", TLS, "--format", "json"]).json();
        found(&report).into_iter().map(|line| line.split(" at ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // Not in the account of another unit, not in the management account, not outside of the organization.
    assert_eq!(with("ou-work"), ["data-222222222222", "data-999999999999", "data-555555555555"]);
    assert_eq!(with("r-1"), ["data-999999999999", "data-555555555555"]);
    assert_eq!(with("111111111111"), ["data-222222222222", "data-999999999999", "data-555555555555"]);
}

#[test]
fn rules_select_policies_by_the_unit_of_their_account() {
    let text = pretty(&organization(&[], &[]));
    let items = json!({ "fileVersion": "1.0", "configurationItems": [bucket("111111111111", "a"), bucket("222222222222", "b")] });
    let sandbox = Sandbox::with(&[("organization.json", &text), ("items.json", &items.to_string())]);
    sandbox.write("palisade.yaml", "overrides:\n  - ou: /Work/**\n    rules: { bucket-without-tls-only: { enabled: false } }\n");
    let report = sandbox.run(&["check", "--select", TLS, "--format", "json"]).json();
    assert_eq!(found(&report).len(), 1, "{report}");
    assert!(found(&report)[0].starts_with('b'), "{report}");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).expect("memory");
    out.finish().expect("memory")
}

const ROLE: &str = "arn:aws:iam::111111111111:role/pass";

fn role_item() -> String {
    let policies = json!([{ "policyArn": "arn:aws:iam::111111111111:policy/all", "policyName": "all" }]);
    json!({ "resourceType": "AWS::IAM::Role", "awsAccountId": "111111111111", "ARN": ROLE, "resourceName": "pass", "resourceId": "AROA1",
        "configurationItemCaptureTime": "2026-08-20T01:42:29.955Z", "configuration": { "roleName": "pass", "path": "/",
            "attachedManagedPolicies": policies, "rolePolicyList": [] } })
    .to_string()
}

fn details() -> String {
    let passing = document(&json!([{ "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*" }]));
    json!({ "AccountId": "111111111111", "UserDetailList": [], "GroupDetailList": [],
        "RoleDetailList": [{ "Arn": ROLE, "RoleName": "pass", "RolePolicyList": [], "AttachedManagedPolicies": [{ "PolicyArn": "arn:aws:iam::111111111111:policy/all", "PolicyName": "all" }] }],
        "Policies": [{ "Arn": "arn:aws:iam::111111111111:policy/all", "PolicyName": "all", "DefaultVersionId": "v1", "AttachmentCount": 1,
            "PolicyVersionList": [{ "VersionId": "v1", "IsDefaultVersion": true, "Document": passing }] }] })
    .to_string()
}

fn manifest(version: u64, sources: &Value) -> String {
    json!({ "palisade_snapshot": version, "started": "2026-08-20T00:00:00Z", "finished": "2026-08-20T00:10:00Z", "sources": sources })
        .to_string()
}

#[test]
fn a_snapshot_is_read_account_by_account() {
    let sandbox = Sandbox::with(&[("snap/manifest.json", &manifest(1, &json!([])))]);
    sandbox.write("snap/organization.json", pretty(&organization(&[], &[])));
    sandbox.write("snap/config/111111111111.jsonl.gz", gzip(&(role_item() + "\n")));
    sandbox.write("snap/iam/111111111111.json.gz", gzip(&details()));
    let line = json!({ "analyzer": { "arn": "arn:aws:access-analyzer:eu-west-1:111111111111:analyzer/a", "type": "ACCOUNT" },
        "account": "111111111111", "region": "eu-west-1", "kind": "external", "finding": { "id": "1", "resource": "arn:aws:s3:::b",
            "resourceType": "AWS::S3::Bucket", "status": "ARCHIVED", "findingType": "ExternalAccess", "resourceOwnerAccount": "111111111111" } });
    sandbox.write("snap/access-analyzer/111111111111.jsonl.gz", gzip(&format!("{line}\n")));
    let report = sandbox.run(&["check", "snap", "--select", "pass-role-any", "--format", "json"]).ends(1).json();
    // The role is told twice and reported once, with the policy whose text only IAM tells.
    assert_eq!(
        found(&report),
        ["role/pass at snap/iam/111111111111.json.gz /Policies/0/PolicyVersionList/0/Document/Statement/0/Action"]
    );
    assert_eq!(
        report["documents"]["by_layout"],
        json!({ "AWS Config item": 1, "Access Analyzer findings": 1, "account authorization details": 1, "organization": 1,
            "snapshot manifest": 1 })
    );
    assert_eq!(report["documents"]["unrecognised"], json!([]));
}

#[test]
fn a_snapshot_that_lacks_something_is_not_green() {
    let state = |account: &str, state: &str| {
        json!({ "source": "iam", "account": account, "region": null, "what": null, "state": state, "items": 0,
            "reason": "AccessDenied: not authorized", "help": null })
    };
    let sandbox = Sandbox::with(&[("snap/organization.json", &pretty(&organization(&[], &[])))]);
    sandbox
        .write("snap/manifest.json", manifest(1, &json!([state("111111111111", "complete"), state("222222222222", "denied")])));
    let run = sandbox.run(&["check", "snap", "--select", TLS]).ends(4);
    assert_snapshot!(run.stdout, @r#"
    incomplete: snap/manifest.json: iam of 222222222222 was denied: AccessDenied:
        not authorized
      help: allow what `palisade fetch --print-policy` lists, and run `palisade
            fetch` again with `--resume`

    2 documents (1 organization, 1 snapshot manifest), 0 policies, 0 statements; 1
      rule applied
    0 findings; 0 suppressed; 1 incomplete
    run incomplete: 1 file was not checked in full, findings in it may be missing
    "#);
    // A newer layout: nothing of it is read.
    sandbox.write("snap/config/111111111111.jsonl", bucket("111111111111", "a").to_string() + "\n");
    sandbox.write("snap/manifest.json", manifest(2, &json!([])));
    let run = sandbox.run(&["check", "snap", "--select", TLS]).ends(4);
    assert_snapshot!(run.stdout, @r#"
    incomplete: snap/manifest.json: a newer palisade wrote this snapshot: its layout
        is version 2, this palisade reads up to 1
      help: update palisade; nothing of the snapshot was checked

    1 document (1 snapshot manifest), 0 policies, 0 statements; 1 rule applied
    0 findings; 0 suppressed; 1 incomplete
    run incomplete: 1 file was not checked in full, findings in it may be missing
    "#);
    // A manifest that cannot be read: the rest is.
    sandbox.write("snap/manifest.json", "{\"palisade_snapshot\": 1,");
    let run = sandbox.run(&["check", "snap", "--select", TLS, "--format", "json"]).ends(1);
    assert!(run.stdout.contains("the manifest of the snapshot cannot be read: "), "{}", run.stdout);
    // An interrupted fetch.
    sandbox.write("snap/manifest.json", manifest(1, &json!([])).replace("\"2026-08-20T00:10:00Z\"", "null"));
    let run = sandbox.run(&["check", "snap", "--select", "pass-role-any", "--format", "json"]).ends(4);
    assert!(run.stdout.contains("the fetch of this snapshot did not end"), "{}", run.stdout);
    // Another manifest is nothing of ours.
    sandbox.write("snap/manifest.json", "{\"name\": \"an app\", \"icons\": []}");
    sandbox.run(&["check", "snap", "--select", "pass-role-any"]).ends(0);
}

#[test]
fn folders_that_mirror_the_tree_are_an_organization_when_they_are_named() {
    let sandbox = Sandbox::with(&[]);
    let text = |value: &Value| pretty(value);
    sandbox.write("org/leave.json", text(&deny("organizations:LeaveOrganization")));
    sandbox.write("org/Work/guard.json", text(&deny("rekognition:StopProject*")));
    sandbox.write("org/Work/Prod/regions.json", text(&deny("ec2:*")));
    sandbox.write("org/Test/lab-222222222222/more.json", text(&deny("rekognition:StopStreamProcessor")));
    sandbox.write("org/Test/333333333333.json", text(&deny("rekognition:Stop*")));
    sandbox.write("items.json", json!({ "configurationItems": [bucket("222222222222", "b")] }).to_string());
    let rule = ["check", "--select", "project-lifecycle-not-denied", "--format", "json"];
    let named = sandbox.run(&[&rule[..], &["--organization", "org"]].concat()).ends(1).json();
    let want = ["/Test at org/leave.json ", "lab at org/Test/lab-222222222222/more.json "];
    let mut lines = found(&named);
    lines.sort();
    assert_eq!(lines, want);
    // The project file says where the organization is; what is not checked is not reported.
    sandbox.write("palisade.yaml", "organization: org\n");
    let mut lines = found(&sandbox.run(&rule).ends(1).json());
    lines.sort();
    assert_eq!(lines, want);
    sandbox.run(&[&rule[..], &["items.json"]].concat()).ends(0);
    sandbox.write("palisade.yaml", "organization: { path: org, management_account: '222222222222' }\n");
    assert_eq!(found(&sandbox.run(&rule).ends(1).json()), ["/Test at org/leave.json "]);
    // Without it the policies of each folder are a set of their own.
    sandbox.write("palisade.yaml", "context:\n  - file: org/**\n    kind: service-control-policy\n");
    let alone = found(&sandbox.run(&rule).json());
    assert_eq!(alone.len(), 3, "{alone:?}");
    // A name that is none.
    sandbox.write("palisade.yaml", "suppressions: []\n");
    let run = sandbox.run(&[&rule[..], &["--organization", "items.json", "items.json"]].concat()).ends(4);
    assert!(run.stdout.contains("this is no export of an organization"), "{}", run.stdout);
}

#[test]
fn the_project_file_tells_mistakes_about_the_organization() {
    let sandbox = Sandbox::with(&[("a.json", crate::common::GOOD)]);
    sandbox.write("palisade.yaml", "organization: { management_account: 12 }\n");
    let run = sandbox.run(&["check"]).ends(2);
    assert_snapshot!(run.stderr, @r#"
    error[yaml]: `organization` without `path`
       ╭─[ palisade.yaml:1:15 ]
       │
     1 │ organization: { management_account: 12 }
       │               ──────────────────────────
    ───╯
      help: add the file or the folder that tells the organization

    error[yaml]: `12` is no account id
       ╭─[ palisade.yaml:1:37 ]
       │
     1 │ organization: { management_account: 12 }
       │                                     ──
    ───╯
      help: write its 12 digits, in quotes
    "#);
}
