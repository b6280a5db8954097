//! `palisade who-can`: who of an account can, whom else the policy of a resource lets, and how runs end.

use crate::common::{Run, Sandbox, differs, none_differ, read, repo, run};
use serde_json::{Value, json};

const OBJECT: &str = "arn:aws:s3:::data/a";

/// Asked in the folder of the fixture.
fn asked(args: &[&str]) -> Run {
    run(&repo().join("fixtures/who-can"), &[&["who-can"], args].concat())
}

fn account() -> String {
    read("fixtures/who-can/account.json")
}

/// The names in rows, each once, with `?` where nobody knows.
fn names(answer: &Value, key: &str) -> Vec<String> {
    let of = |row: &Value| {
        let name = row["arn"].as_str().expect("a name").rsplit('/').next().unwrap_or_default().to_owned();
        if row["verdict"] == "ALLOW" { name } else { format!("{name}?") }
    };
    let mut all: Vec<String> = answer[key].as_array().expect("rows").iter().map(of).collect();
    all.dedup();
    all
}

#[test]
fn the_account_is_told_as_recorded() {
    let data: &[&str] = &["--action", "s3:GetObject", "account.json", "--resource-policy", "bucket.json"];
    let cases: [(&str, Vec<&str>, i32); 4] = [
        ("object", [data, &["--resource", OBJECT]].concat(), 0),
        ("bucket", [data, &["--resource", "arn:aws:s3:::data/*"]].concat(), 0),
        ("role", vec!["--action", "sts:AssumeRole", "--resource", "arn:aws:iam::111122223333:role/admin", "account.json"], 0),
        ("key", vec!["--action", "kms:Decrypt", "--resource", "arn:aws:kms:eu-west-1:111122223333:key/1", "account.json"], 2),
    ];
    let mut wrong = Vec::new();
    for (name, args, code) in cases {
        let text = asked(&args).ends(code).stdout;
        wrong.extend(differs(&format!("fixtures/who-can/{name}.txt"), &text));
    }
    none_differ(&wrong);
}

#[test]
fn json_is_as_its_schema_tells() {
    let schema: Value = serde_json::from_str(&read("schemas/who-can-v1.schema.json")).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (action, resource, code) in [
        ("s3:GetObject", "arn:aws:s3:::data/*", 0),
        ("s3:PutObject", OBJECT, 0),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1", 2),
    ] {
        let args = ["--action", action, "--resource", resource, "account.json", "bucket.json", "--format", "json"];
        let answer = asked(&args).ends(code).json();
        let errors: Vec<String> = validator.iter_errors(&answer).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

#[test]
fn rows_have_what_it_takes_and_where_it_stands() {
    let args = ["--action", "s3:GetObject", "--resource", OBJECT, "account.json", "bucket.json", "--format", "json"];
    let answer = asked(&args).ends(0).json();
    assert_eq!(names(&answer, "principals"), ["admin", "audit?", "ana"]);
    assert_eq!(names(&answer, "external"), ["444455556666"]);
    let ana = &answer["principals"][2];
    let wanted = json!(["aws:SourceVpce StringEquals vpce-0a1b2c3d", "aws:RequestedRegion = eu-west-1, or else it is denied"]);
    assert_eq!(ana["conditions"], wanted);
    assert_eq!(ana["via"][0]["sid"], "ReadData");
    assert_eq!(ana["via"][0]["location"]["file"], "account.json");
    assert_eq!(ana["witness"]["principal"]["arn"], "arn:aws:iam::111122223333:user/ana");
    assert_eq!(ana["witness"]["resource_account"], "111122223333");
    assert_eq!(answer["witness"], answer["principals"][0]["witness"]);
}

/// An organization with one account in a unit; its policies by their texts.
fn organization(scp: &str, rcp: &str) -> String {
    let arn = |kind: &str, id: &str| format!("arn:aws:organizations::999999999999:policy/o-1/{kind}/{id}");
    let policy = |id: &str, kind: &str, content: &str| {
        let arn = arn(&kind.to_lowercase(), id);
        json!({ "PolicySummary": { "Id": id, "Arn": arn, "Name": id, "Type": kind }, "Content": content })
    };
    let full = json!({ "PolicySummary": { "Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Name": "FullAWSAccess",
        "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess" } });
    let attached = |id: &str, target: &str| json!({ "PolicyId": id, "TargetId": target });
    json!({
        "Organization": { "Id": "o-1", "Arn": "arn:aws:organizations::999999999999:organization/o-1", "MasterAccountId": "999999999999" },
        "Roots": [{ "Id": "r-1", "Name": "Root", "Arn": "arn:aws:organizations::999999999999:root/o-1/r-1" }],
        "OrganizationalUnits": [{ "Id": "ou-1", "Name": "Work", "ParentId": "r-1" }],
        "Accounts": [{ "Id": "111122223333", "Name": "a", "ParentId": "ou-1" }, { "Id": "999999999999", "ParentId": "r-1" }],
        "Policies": [policy("p-scp", "SERVICE_CONTROL_POLICY", scp), policy("p-rcp", "RESOURCE_CONTROL_POLICY", rcp), full],
        "PolicyAttachments": [attached("p-FullAWSAccess", "r-1"), attached("p-FullAWSAccess", "ou-1"), attached("p-scp", "ou-1"),
            attached("p-FullAWSAccess", "111122223333"), attached("p-rcp", "r-1")],
    })
    .to_string()
}

fn deny(action: &str, extra: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"{action}","Resource":"*"{extra}}}]}}"#)
}

#[test]
fn the_organization_binds_its_accounts_but_not_the_one_that_manages() {
    let nothing = deny("sqs:*", r#","Principal":"*""#);
    let stop = deny("s3:*", r#","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin"}}"#);
    let sandbox = Sandbox::with(&[("account.json", &account()), ("organization.json", &organization(&stop, &nothing))]);
    let args = ["who-can", "--action", "s3:GetObject", "--resource", OBJECT, "--format", "json"];
    let answer = sandbox.run(&args).ends(0).json();
    assert_eq!(names(&answer, "principals"), ["admin"]);
    sandbox.write("organization.json", organization(&stop, &deny("s3:*", r#","Principal":"*""#)));
    assert_eq!(sandbox.run(&args).ends(1).json()["verdict"], "DENY_IMPLICIT");
    // In the management account neither counts.
    sandbox.write("account.json", account().replace("111122223333", "999999999999"));
    assert_eq!(names(&sandbox.run(&args).ends(0).json(), "principals"), ["admin", "audit?", "ana"]);
}

#[test]
fn levels_of_the_command_line_bind_everybody() {
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let sandbox = Sandbox::with(&[("account.json", &account()), ("full.json", full), ("deny.json", &deny("s3:*", ""))]);
    let args = ["who-can", "--action", "s3:GetObject", "--resource", OBJECT, "account.json", "--scp", "full.json"];
    sandbox.run(&args).ends(0).says("role/admin");
    sandbox.run(&[&args[..], &["--scp", "full.json,deny.json"]].concat()).ends(1).says("none of 5 principals");
}

#[test]
fn what_is_not_there_is_told() {
    // Without its boundary nobody knows of a user, and without a customer's policy neither.
    let text = account().replace("policy/boundary\",\n      \"Path\"", "policy/other\",\n      \"Path\"");
    assert_ne!(text, account());
    let sandbox = Sandbox::with(&[("account.json", &text)]);
    let args = ["who-can", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::data/home/bo/x", "account.json"];
    sandbox.run(&args).ends(0).says("the text of its permissions boundary `arn:aws:iam::111122223333:policy/boundary`");
    sandbox.run(&["who-can", "--action", "s3:GetObject", "--resource", OBJECT, "none.json"]).ends(3);
    sandbox.run(&["who-can", "--action", "s3:GetObjekt", "--resource", OBJECT, "account.json"]).ends(2).complains("did you mean");
    let wrong = ["who-can", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::data", "account.json"];
    sandbox.run(&wrong).ends(2).complains("does not work on");
    sandbox.write("bucket.json", read("fixtures/who-can/bucket.json").replace("\"Deny\"", "\"deny\""));
    sandbox.run(&["who-can", "--action", "s3:GetObject", "--resource", OBJECT, "."]).ends(4).complains("no answer");
}

#[test]
fn a_policy_that_nobody_is_known_to_have_counts_by_its_name() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Get","Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;
    let sandbox = Sandbox::with(&[("p.json", policy), ("q.json", &deny("s3:*", ""))]);
    let args = ["who-can", "--action", "s3:GetObject", "--resource", OBJECT, ".", "--format", "json"];
    let answer = sandbox.run(&args).ends(0).json();
    assert_eq!(names(&answer, "principals"), ["p.json"]);
    assert_eq!(answer["principals"][0]["type"], "policy");
    sandbox.run(&["who-can", "--action", "s3:PutObject", "--resource", OBJECT, "."]).ends(1);
}

#[test]
fn a_template_is_joined_and_an_odd_account_is_not_answered_about() {
    let template = "
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  One:
    Type: AWS::IAM::Role
    Properties:
      RoleName: one
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: 'sts:AssumeRole' }]
      Policies:
        - PolicyName: inline
          PolicyDocument:
            Statement: [{ Effect: Allow, Action: 's3:*', Resource: '*' }]
  Two:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [one]
      PolicyDocument:
        Statement: [{ Effect: Deny, Action: 's3:PutObject', Resource: '*' }]
";
    let sandbox = Sandbox::with(&[("t.yaml", template), ("account.json", &account().replace("111122223333", "1111"))]);
    let args = ["who-can", "--resource", OBJECT, "--format", "json", "--action"];
    let answer = sandbox.run(&[&args[..], &["s3:GetObject", "t.yaml"]].concat()).ends(0).json();
    assert_eq!(names(&answer, "principals"), ["one"]);
    sandbox.run(&[&args[..], &["s3:PutObject", "t.yaml"]].concat()).ends(1);
    sandbox.run(&[&args[..], &["s3:GetObject", "account.json"]].concat()).ends(2).says("its ARN names no account");
}

#[test]
fn strangers_are_told_as_public() {
    let open = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"Open","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/pub/*"},
        {"Sid":"\u001b[31mOrg","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/org/*",
         "Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}]}"#;
    let sandbox = Sandbox::with(&[("b.json", open), ("account.json", &account())]);
    let kinds = |resource: &str| -> Vec<String> {
        let args = ["who-can", "--action", "s3:GetObject", "--resource", resource, ".", "--format", "json"];
        let answer = sandbox.run(&args).ends(0).json();
        answer["external"].as_array().expect("rows").iter().map(|row| row["type"].as_str().expect("a type").to_owned()).collect()
    };
    assert_eq!(kinds("arn:aws:s3:::data/pub/a"), ["public"]);
    assert_eq!(kinds("arn:aws:s3:::data/org/a"), ["anyone"]);
    assert_eq!(kinds("arn:aws:s3:::data/other"), Vec::<String>::new());
    let text = sandbox.run(&["who-can", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::data/org/a", "."]).ends(0);
    text.says(r"`\u{1b}[31mOrg`").does_not_say("\u{1b}");
}
