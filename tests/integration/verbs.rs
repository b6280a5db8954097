//! What a person sees of `prove` and `diff`: every verb with its answer, the request that shows it, and the places.

use crate::common::Sandbox;
use insta::assert_snapshot;

const OLD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Use",
      "Effect": "Allow",
      "Action": "rekognition:*",
      "Resource": "*",
      "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-0a1b2c3d" } }
    },
    {
      "Sid": "NotProd",
      "Effect": "Deny",
      "Action": "rekognition:StopProject*",
      "Resource": "*",
      "Condition": { "StringEquals": { "aws:PrincipalTag/env": "prod" } }
    }
  ]
}
"#;

const NEW: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Start",
      "Effect": "Allow",
      "Action": ["rekognition:StartProjectVersion", "rekognition:StopProjectVersion"],
      "Resource": "*",
      "Condition": { "StringEqualsIfExists": { "aws:SourceVpce": "vpce-0a1b2c3d" } }
    }
  ]
}
"#;

const BUCKET: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Partners",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::data/*",
      "Condition": { "StringEqualsIfExists": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } }
    }
  ]
}
"#;

/// An organization: `Guarded` has the guardrail, `Half` one that exempts too much, `Free` none.
fn organization() -> String {
    let guard = |pattern: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"NoStop","Effect":"Deny","Action":"rekognition:StopProject*","Resource":"*",
            "Condition":{{"ArnNotLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/{pattern}"}}}}}}]}}"#
        )
    };
    let policy = |id: &str, content: &str| {
        serde_json::json!({ "PolicySummary": { "Id": id, "Name": id, "Type": "SERVICE_CONTROL_POLICY",
            "Arn": format!("arn:aws:organizations::999999999999:policy/o-1/service_control_policy/{id}") }, "Content": content })
    };
    let unit = |id: &str, name: &str| serde_json::json!({ "Id": id, "Name": name, "ParentId": "r-1" });
    let account = |id: &str, parent: &str| serde_json::json!({ "Id": id, "Name": id, "ParentId": parent, "Arn": format!("arn:aws:organizations::999999999999:account/o-1/{id}") });
    let attached = |policy: &str, target: &str| serde_json::json!({ "PolicyId": policy, "TargetId": target });
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let all = ["r-1", "ou-1", "ou-2", "ou-3", "111111111111", "222222222222", "333333333333", "444444444444"];
    let mut attachments: Vec<_> = all.iter().map(|target| attached("p-FullAWSAccess", target)).collect();
    attachments.extend([attached("p-guard", "ou-1"), attached("p-half", "ou-2")]);
    let value = serde_json::json!({
        "Organization": { "Id": "o-1", "Arn": "arn:aws:organizations::999999999999:organization/o-1", "MasterAccountId": "999999999999" },
        "Roots": [{ "Id": "r-1", "Name": "Root", "Arn": "arn:aws:organizations::999999999999:root/o-1/r-1" }],
        "OrganizationalUnits": [unit("ou-1", "Guarded"), unit("ou-2", "Half"), unit("ou-3", "Free")],
        "Accounts": [account("111111111111", "ou-1"), account("222222222222", "ou-1"), account("333333333333", "ou-2"),
            account("444444444444", "ou-3"), account("999999999999", "r-1")],
        "Policies": [policy("p-FullAWSAccess", full), policy("p-guard", &guard("break-glass")), policy("p-half", &guard("break-glass*"))],
        "PolicyAttachments": attachments,
    });
    format!("{value:#}")
}

fn sandbox() -> Sandbox {
    Sandbox::with(&[("old.json", OLD), ("new.json", NEW), ("bucket.json", BUCKET), ("organization.json", &organization())])
}

fn shown(args: &[&str], code: i32) -> String {
    let run = sandbox().run(args);
    assert_eq!(run.code, code, "{}\n{}", run.stdout, run.stderr);
    run.stdout
}

#[test]
fn new_access_is_shown_with_what_keeps_the_old_policy_from_allowing_it() {
    assert_snapshot!(shown(&["prove", "no-new-access", "old.json", "new.json", "--kind", "identity-policy"], 1), @r##"
    FAIL[no-new-access]: `new.json` allows a request that `old.json` does not
      request:
        principal  role-session arn:aws:iam::111122223333:role/x, session session
        action     rekognition:StartProjectVersion
        resource   arn:aws:rekognition:us-east-1:111122223333:project/x/version/x/x
        context    no condition keys
        ╭─[ new.json:7:17 ]
        │
      5 │       "Sid": "Start",
      6 │       "Effect": "Allow",
      7 │ …": ["rekognition:StartProjectVersion", "rekognition:StopProjectVersion"],
        │     ┬────────────────────────────────────────────────────────────────────
        │     ╰── allows it
      8 │       "Resource": "*",
        │
        ├─[ old.json:9:40 ]
        │
      7 │       "Action": "rekognition:*",
      8 │       "Resource": "*",
      9 │       "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-0a1b2c3d"…
        │                                        ┬───────────────
        │                                        ╰── this Allow does not apply:
        │                                            `aws:SourceVpce` is absent
     10 │     },
    ────╯
      assumed: actions are those of the catalogue of 2026-09-26, and those that the
               policies name
    "##);
    assert_snapshot!(shown(&["prove", "no-new-access", "old.json", "old.json", "--kind", "identity-policy"], 0), @r##"
    PASS[no-new-access]: every request that `old.json` allows is allowed by
        `old.json` too
      assumed: actions are those of the catalogue of 2026-09-26, and those that the
               policies name
    "##);
}

#[test]
fn granted_access_names_every_statement() {
    let args = ["prove", "access-not-granted", "new.json", "--kind", "identity-policy", "--action"];
    assert_snapshot!(shown(&[&args[..], &["rekognition:StopProjectVersion,s3:GetObject"]].concat(), 1), @r##"
    FAIL[access-not-granted]: `new.json` grants what was asked for
      request:
        principal  role-session arn:aws:iam::111122223333:role/x, session session
        action     rekognition:StopProjectVersion
        resource   arn:aws:rekognition:us-east-1:111122223333:project/x/version/x/x
        context    no condition keys
       ╭─[ new.json:7:17 ]
       │
     5 │       "Sid": "Start",
     6 │       "Effect": "Allow",
     7 │ …": ["rekognition:StartProjectVersion", "rekognition:StopProjectVersion"],
       │     ┬────────────────────────────────────────────────────────────────────
       │     ╰── grants `rekognition:StopProjectVersion`
     8 │       "Resource": "*",
    ───╯
      assumed: actions are those of the catalogue of 2026-09-26, and those that the
               policies name
    "##);
    shown(&[&args[..], &["s3:GetObject"]].concat(), 0);
}

#[test]
fn strangers_are_shown() {
    assert_snapshot!(shown(&["prove", "no-public-access", "bucket.json", "--resource-type", "AWS::S3::Bucket"], 1), @r##"
    FAIL[no-public-access]: `bucket.json` allows a stranger
      request:
        principal  anonymous: nobody who signed
        action     s3:GetObject
        resource   arn:aws:s3:::data/x
        context    no condition keys
       ╭─[ bucket.json:8:17 ]
       │
     6 │       "Effect": "Allow",
     7 │       "Principal": "*",
     8 │       "Action": "s3:GetObject",
       │                 ┬─────────────
       │                 ╰── allows it
     9 │       "Resource": "arn:aws:s3:::data/*",
    ───╯
      assumed: actions are those of the catalogue of 2026-09-26, and those that the
               policies name
    "##);
}

#[test]
fn a_change_is_told_both_ways() {
    assert_snapshot!(shown(&["diff", "old.json", "new.json", "--kind", "identity-policy"], 1), @r##"
    incomparable: new.json
      gained: rekognition:StartProjectVersion, rekognition:StopProjectVersion on *
          when aws:SourceVpce StringEqualsIfExists vpce-0a1b2c3d
          by `Start` at new.json:4:5
          otherwise: this Allow does not apply: `aws:SourceVpce` is absent (`Use`) at old.json:9:40
      no longer denied: rekognition:StopProject* on *
          when aws:PrincipalTag/env StringEquals prod
          by `NotProd` at old.json:11:5
      lost: rekognition:AssociateFaces, rekognition:CompareFaces, rekognition:CopyProjectVersion, rekognition:CreateCollection, rekognition:CreateDataset, rekognition:CreateFaceLivenessSession, rekognition:CreateProject, rekognition:CreateProjectVersion, rekognition:CreateStreamProcessor, rekognition:CreateUser, rekognition:DeleteCollection, rekognition:DeleteDataset and 62 more on *
          when aws:SourceVpce StringEquals vpce-0a1b2c3d
          by `Use` at old.json:4:5
    assumed: actions are those of the catalogue of 2026-09-26, and those that the policies name
    "##);
    assert_snapshot!(shown(&["diff", "old.json", "new.json", "--kind", "identity-policy", "--format", "markdown"], 1), @r##"
    ### `new.json` is incomparable

    | | actions | resources | conditions | statement | otherwise |
    | --- | --- | --- | --- | --- | --- |
    | **gained** | `rekognition:StartProjectVersion`<br>`rekognition:StopProjectVersion` | `*` | `aws:SourceVpce StringEqualsIfExists vpce-0a1b2c3d` | `Start` | this Allow does not apply: `aws:SourceVpce` is absent |
    | **no longer denied** | `rekognition:StopProject*` | `*` | `aws:PrincipalTag/env StringEquals prod` | `NotProd` |  |
    | **lost** | `rekognition:AssociateFaces`<br>`rekognition:CompareFaces`<br>`rekognition:CopyProjectVersion`<br>`rekognition:CreateCollection`<br>`rekognition:CreateDataset`<br>`rekognition:CreateFaceLivenessSession`<br>`rekognition:CreateProject`<br>`rekognition:CreateProjectVersion`<br>`rekognition:CreateStreamProcessor`<br>`rekognition:CreateUser`<br>`rekognition:DeleteCollection`<br>`rekognition:DeleteDataset`<br>and 62 more | `*` | `aws:SourceVpce StringEquals vpce-0a1b2c3d` | `Use` |  |

    <sub>assumed: actions are those of the catalogue of 2026-09-26, and those that the policies name</sub>
    "##);
    shown(&["diff", "old.json", "old.json"], 0);
    let json = sandbox().run(&["diff", "old.json", "new.json", "--format", "json"]).json();
    assert_eq!((json["relation"].as_str(), json["verdict"].as_str()), (Some("incomparable"), Some("FAIL")));
    assert_eq!(json["changes"][0]["no_longer_denied"][0]["actions"][0], "rekognition:StopProject*");
}

#[test]
fn a_policy_is_made_smaller_and_denies_the_same() {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"Read","Effect":"Allow","Action":["s3:Get*","s3:GetObject"],"Resource":"*"},
        {"Effect":"Allow","Action":"s3:PutObject","Resource":"*"},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},
        {"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#;
    let sandbox = Sandbox::with(&[("p.json", policy)]);
    let run = sandbox.run(&["prove", "minimise", "p.json", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let small = run.json()["policy"].to_string();
    assert_eq!(
        small,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["s3:Get*","s3:PutObject"],"Resource":"*"},{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#
    );
    sandbox.write("small.json", &small);
    assert_eq!(sandbox.run(&["diff", "p.json", "small.json"]).code, 0);
    assert_eq!(sandbox.run(&["prove", "minimise", "small.json"]).code, 0);
}

#[test]
fn json_is_as_its_schemas_promise() {
    let sandbox = sandbox();
    let prove = include_str!("../../schemas/prove-v1.schema.json");
    let diff = include_str!("../../schemas/diff-v1.schema.json");
    let guardrail = ["prove", "guardrail", "organization.json", "--action", "rekognition:StopProject*", "--format", "json"];
    let asked: [(&str, &[&str]); 7] = [
        (prove, &["prove", "no-new-access", "old.json", "new.json", "--format", "json"]),
        (prove, &["prove", "no-new-access", "old.json", "old.json", "--format", "json"]),
        (prove, &["prove", "access-not-granted", "new.json", "--action", "rekognition:*", "--format", "json"]),
        (prove, &["prove", "no-public-access", "bucket.json", "--format", "json"]),
        (prove, &["prove", "minimise", "old.json", "--format", "json"]),
        (prove, &guardrail),
        (diff, &["diff", "old.json", "new.json", "--format", "json"]),
    ];
    for (schema, args) in asked {
        let schema = jsonschema::validator_for(&serde_json::from_str(schema).expect("a schema")).expect("a schema");
        let json = sandbox.run(args).json();
        let errors: Vec<String> = schema.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{args:?}: {errors:#?}");
    }
}
