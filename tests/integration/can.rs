//! `palisade can`: every combination of layers in `fixtures/can`, the command line, and what it says about mistakes.

use crate::common::{Sandbox, files_below, read};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";

const READ: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::data/*",
      "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-1" } }
    }
  ]
}
"#;

const FULL: &str = r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }"#;

const GUARDRAIL: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "*", "Resource": "*" },
    {
      "Sid": "OnlyReleases",
      "Effect": "Deny",
      "Action": "s3:Get*",
      "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/release" } }
    }
  ]
}
"#;

const TO_EVERYBODY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*" }
  ]
}
"#;

const MISTAKEN: &str = r#"{
  "request": {
    "principal": { "arn": "arn:aws:iam::111122223333:user/ann", "kind": "user" },
    "acton": "s3:GetObject",
    "resource": 7
  },
  "scps": [{ "Statement": [] }],
  "rcp": []
}
"#;

fn sandbox() -> Sandbox {
    Sandbox::with(&[
        ("read.json", READ),
        ("full.json", FULL),
        ("guardrail.json", GUARDRAIL),
        ("everybody.json", TO_EVERYBODY),
        ("none.json", r#"{ "Version": "2012-10-17", "Statement": [] }"#),
    ])
}

/// The usual question, with more options.
fn ask(sandbox: &Sandbox, more: &[&str]) -> crate::common::Run {
    let mut args =
        vec!["can", "--principal", ROLE, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::data/a", "--session-name", "s1"];
    args.extend(more);
    sandbox.run(&args)
}

fn code(verdict: &str) -> i32 {
    match verdict {
        "ALLOW" => 0,
        "UNKNOWN" => 2,
        _ => 1,
    }
}

#[test]
fn layers_combine_as_aws_says() {
    let sandbox = sandbox();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files_below("fixtures/can") {
        let cases: Vec<Value> = serde_json::from_str(&read(&file)).expect("a list of cases");
        for case in cases {
            count += 1;
            sandbox.write("scenario.json", case["scenario"].to_string());
            let run = sandbox.run(&["can", "--scenario", "scenario.json", "--format", "json"]);
            let (verdict, layer) = (case["verdict"].as_str().expect("a verdict"), &case["layer"]);
            let name = format!("{file}: {}", case["name"]);
            if run.code != code(verdict) || run.stdout.is_empty() {
                wrong.push(format!("{name}: {verdict} ends with {}\n{}{}", run.code, run.stdout, run.stderr));
                continue;
            }
            let found = run.json();
            if found["verdict"] != verdict || &found["layer"] != layer {
                wrong.push(format!("{name}: {} by {}, wanted {verdict} by {layer}", found["verdict"], found["layer"]));
            }
            let points = !found["responsible"].as_array().expect("a list").is_empty();
            let root = case["scenario"]["request"]["principal"]["type"] == "root";
            if verdict != "DENY_IMPLICIT" && !points && !root {
                wrong.push(format!("{name}: points at nothing"));
            }
            // What was evaluated is a request again, and comes to the same.
            let mut again = case["scenario"].clone();
            again["request"] = found["witness"].clone();
            sandbox.write("again.json", again.to_string());
            let run = sandbox.run(&["can", "--scenario", "again.json", "--format", "json"]);
            if run.stdout.is_empty() || run.json()["verdict"] != verdict {
                wrong.push(format!("{name}: its witness comes to something else\n{}{}", run.stdout, run.stderr));
            }
        }
    }
    assert!(count > 80, "the cases moved");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_allow_in_words() {
    let run =
        ask(&sandbox(), &["--identity-policy", "read.json", "--context", "aws:SourceVpce=vpce-1", "--scp", "full.json"]).ends(0);
    insta::assert_snapshot!(run.stdout, @r#"
    ALLOW[identity-policy]: an identity policy allows it, and nothing denies it
       ╭─[ read.json:6:17 ]
       │
     4 │     {
     5 │       "Sid": "Read",
     6 │       "Effect": "Allow",
       │                 ┬──────
       │                 ╰── allows it
     7 │       "Action": "s3:GetObject",
    ───╯
      asked: s3:GetObject on arn:aws:s3:::data/a by
             arn:aws:iam::111122223333:role/app in session s1
       note: caller and resource are taken to belong to one account
    "#);
}

#[test]
fn a_service_control_policy_in_words() {
    let run = ask(&sandbox(), &["--identity-policy", "full.json", "--scp", "full.json", "--scp", "guardrail.json"]).ends(1);
    insta::assert_snapshot!(run.stdout, @r#"
    DENY_EXPLICIT[service-control-policy]: a service control policy denies it
       ╭─[ guardrail.json:7:17 ]
       │
     5 │     {
     6 │       "Sid": "OnlyReleases",
     7 │       "Effect": "Deny",
       │                 ┬─────
       │                 ╰── denies it
     8 │       "Action": "s3:Get*",
    ───╯
      asked: s3:GetObject on arn:aws:s3:::data/a by
             arn:aws:iam::111122223333:role/app in session s1
    "#);
}

#[test]
fn an_implicit_deny_in_words() {
    let run = ask(&sandbox(), &["--identity-policy", "read.json"]).ends(1);
    insta::assert_snapshot!(run.stdout, @r#"
    DENY_IMPLICIT[identity-policy]: no statement of an identity policy allows it
        ╭─[ read.json:9:40 ]
        │
      7 │       "Action": "s3:GetObject",
      8 │       "Resource": "arn:aws:s3:::data/*",
      9 │       "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-1" } }
        │                                        ┬───────────────
        │                                        ╰── does not apply:
        │                                            `aws:SourceVpce` is absent from
        │                                            the request
     10 │     }
    ────╯
      asked: s3:GetObject on arn:aws:s3:::data/a by
             arn:aws:iam::111122223333:role/app in session s1
    "#);
}

#[test]
fn an_unknown_in_words() {
    let more =
        ["--resource-policy", "everybody.json", "--permissions-boundary", "none.json", "--resource-account", "111122223333"];
    insta::assert_snapshot!(ask(&sandbox(), &more).ends(2).stdout, @r#"
    UNKNOWN[permissions-boundary]: the resource policy allows `*`, and AWS does not
        say whether the permissions boundary or session policy still caps that
       ╭─[ everybody.json:4:32 ]
       │
     2 │   "Version": "2012-10-17",
     3 │   "Statement": [
     4 │     { "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:G…
       │                                ┬──────
       │                                ╰── allows it to everybody
     5 │   ]
    ───╯
      asked: s3:GetObject on arn:aws:s3:::data/a by
             arn:aws:iam::111122223333:role/app in session s1
    "#);
}

#[test]
fn what_cannot_be_decided_is_named() {
    let sandbox = sandbox();
    let condition = |operator: &str| json!({ operator: { "s3:ExistingObjectTag/owner": "${aws:PrincipalTag/name}" } });
    for (operator, reason, pointer) in [
        ("StringNotEquals", "`${aws:PrincipalTag/name}`: a policy variable has no value", "/s3:ExistingObjectTag~1owner"),
        ("StringUnlike", "`StringUnlike`: AWS has no such condition operator", ""),
    ] {
        let statement = |effect: &str| json!({ "Effect": effect, "Action": "s3:*", "Resource": "*" });
        let mut deny = statement("Deny");
        deny["Condition"] = condition(operator);
        sandbox.write("p.json", json!({ "Version": "2012-10-17", "Statement": [statement("Allow"), deny] }).to_string());
        let run =
            ask(&sandbox, &["--identity-policy", "p.json", "--context", "s3:ExistingObjectTag/owner=x", "--format", "json"]);
        let found = run.ends(2).json();
        assert!(found["reason"].as_str().is_some_and(|text| text.starts_with(reason)), "{found}");
        let place = &found["responsible"][0]["location"];
        assert_eq!(place["pointer"], format!("/Statement/1/Condition/{operator}{pointer}"), "{found}");
    }
}

#[test]
fn a_field_that_is_none_is_pointed_at() {
    let sandbox = sandbox();
    sandbox.write("scenario.json", MISTAKEN);
    let run = sandbox.run(&["can", "--scenario", "scenario.json"]).ends(2);
    assert_eq!(run.stdout, "");
    insta::assert_snapshot!(run.stderr, @r#"
    error[scenario]: `kind` is no field of a principal
       ╭─[ scenario.json:3:65 ]
       │
     1 │ {
     2 │   "request": {
     3 │     "principal": { "arn": "arn:aws:iam::111122223333:user/ann", "kind": "…
       │                                                                 ──────
     4 │     "acton": "s3:GetObject",
    ───╯
      help: it has only arn, type, account, session_name

    error[scenario]: `acton` is no field of a request
       ╭─[ scenario.json:4:5 ]
       │
     2 │   "request": {
     3 │     "principal": { "arn": "arn:aws:iam::111122223333:user/ann", "kind": "…
     4 │     "acton": "s3:GetObject",
       │     ───────
     5 │     "resource": 7
    ───╯
      help: did you mean `action`?

    error[scenario]: resource is a number
       ╭─[ scenario.json:5:17 ]
       │
     3 │     "principal": { "arn": "arn:aws:iam::111122223333:user/ann", "kind": "…
     4 │     "acton": "s3:GetObject",
     5 │     "resource": 7
       │                 ▲
     6 │   },
    ───╯
      help: write text in double quotes

    error[scenario]: scps[0] is an object
       ╭─[ scenario.json:7:12 ]
       │
     5 │     "resource": 7
     6 │   },
     7 │   "scps": [{ "Statement": [] }],
       │            ───────────────────
     8 │   "rcp": []
    ───╯
      help: write a list of policies

    error[scenario]: `rcp` is no field of a scenario
       ╭─[ scenario.json:8:3 ]
       │
     6 │   },
     7 │   "scps": [{ "Statement": [] }],
     8 │   "rcp": []
       │   ─────
     9 │ }
    ───╯
      help: did you mean `rcps`?
    "#);
}

#[test]
fn an_owner_that_matters_is_asked_for() {
    let run = ask(&sandbox(), &["--resource-policy", "everybody.json"]).ends(2);
    assert_eq!(run.stdout, "");
    insta::assert_snapshot!(run.stderr, @r"
    error: it is not known which account owns `arn:aws:s3:::data/a`, and the resource policy means another thing in each case
      help: write `resource_account` in the request, or `--resource-account`: within the account the resource policy may suffice, from another one it does not
    ");
}

#[test]
fn a_broken_policy_is_no_answer() {
    let sandbox = sandbox();
    sandbox.write("broken.json", "{ \"Version\": \"2012-10-17\", \"Statement\": [ { \"Effect\": \"Allow\", } ] }");
    ask(&sandbox, &["--identity-policy", "broken.json"]).ends(4).complains("trailing-comma").does_not_say("ALLOW");
    sandbox.write(
        "grammar.json",
        r#"{ "Version": "2012-10-17", "Statement": [ { "Efect": "Allow", "Action": "*", "Resource": "*" } ] }"#,
    );
    ask(&sandbox, &["--identity-policy", "grammar.json"]).ends(4).complains("did you mean `Effect`?");
    // A policy that AWS would not take in its place.
    ask(&sandbox, &["--identity-policy", "everybody.json"]).ends(4).complains("`Principal` in a policy of kind identity-policy");
    ask(&sandbox, &["--resource-policy", "full.json"]).ends(4).complains("without `Principal`");
    sandbox.write(
        "trust.json",
        TO_EVERYBODY.replace(r#", "Resource": "arn:aws:s3:::data/*""#, "").replace(r#""Principal": "*", "#, ""),
    );
    ask(&sandbox, &["--scp", "trust.json"]).ends(4).complains("a statement without `Resource`");
    let inline =
        json!({ "request": { "principal": null, "action": "s3:GetObject" }, "identity_policies": [{ "Statement": "no" }] });
    sandbox.write("scenario.json", inline.to_string());
    sandbox.run(&["can", "--scenario", "scenario.json"]).ends(4).complains("scenario.json");
    ask(&sandbox, &["--identity-policy", "raed.json"]).ends(3).complains("did you mean");
    sandbox.run(&["can", "--scenario", "no.json"]).ends(3);
    sandbox.write("half.json", "{");
    sandbox.run(&["can", "--scenario", "half.json"]).ends(4).complains("unclosed-brace");
}

#[test]
fn mistakes_on_the_command_line() {
    let sandbox = sandbox();
    sandbox.run(&["can", "--action", "s3:GetObject"]).ends(2).complains("the request has no principal");
    sandbox.run(&["can", "--principal", "anonymous"]).ends(2).complains("the request has no action");
    ask(&sandbox, &["--context", "aws:SourceVpce"]).ends(2).complains("is not KEY=VALUE");
    ask(&sandbox, &["--principal-type", "rol"]).ends(2).complains("did you mean `role`?");
    ask(&sandbox, &["--principal-type", "user"]).ends(2).complains("is of type role, not user");
    ask(&sandbox, &["--resource-account", "1234"]).ends(2).complains("write its 12 digits");
    sandbox.run(&["can", "--principal", ROLE, "--action", "s3:Get*"]).ends(2).complains("a request has one action");
    sandbox.run(&["can", "--principal", "ann", "--action", "s3:GetObject"]).ends(2).complains("what sort of principal");
    sandbox
        .run(&["can", "--principal", "role/app", "--principal-type", "role", "--action", "s3:GetObject"])
        .ends(2)
        .complains("is not an ARN");
}

#[test]
fn options_go_before_the_scenario() {
    let sandbox = sandbox();
    let scenario = json!({
        "request": { "principal": { "arn": ROLE }, "action": "s3:GetObject", "resource": "arn:aws:s3:::data/a" },
        "identity_policies": ["policies/read.json"],
    });
    sandbox.write("in/scenario.json", scenario.to_string());
    sandbox.write("in/policies/read.json", READ);
    let can = |more: &[&str]| {
        let mut args = vec!["can", "--scenario", "in/scenario.json", "--format", "json"];
        args.extend(more);
        sandbox.run(&args)
    };
    can(&[]).ends(1);
    let run = can(&["--context", "aws:SourceVpce=vpce-1"]).ends(0);
    let found = run.json();
    assert_eq!(found["responsible"][0]["policy"], "in/policies/read.json");
    assert_eq!(found["witness"]["principal"]["type"], "role");
    can(&["--context", "aws:sourcevpce=vpce-1", "--resource", "arn:aws:s3:::other/a"]).ends(1);
    let run = can(&[
        "--context",
        "aws:SourceVpce=[vpce-1]",
        "--session-name",
        "s2",
        "--context",
        "aws:TagKeys=a",
        "--context",
        "aws:tagkeys=b",
    ])
    .ends(0);
    let found = run.json();
    assert_eq!(
        (&found["witness"]["principal"]["session_name"], &found["witness"]["principal"]["type"]),
        (&json!("s2"), &json!("role-session"))
    );
    assert_eq!(found["witness"]["context"]["aws:TagKeys"], json!(["a", "b"]));
}

#[test]
fn callers_by_name() {
    let sandbox = sandbox();
    for (name, kind, account) in [
        ("arn:aws:iam::111122223333:user/ann", "user", json!("111122223333")),
        ("arn:aws:sts::111122223333:assumed-role/app/s1", "role-session", json!("111122223333")),
        ("111122223333", "root", json!("111122223333")),
        ("arn:aws:sts::111122223333:federated-user/bob", "federated-user", json!("111122223333")),
        ("sns.amazonaws.com", "service", Value::Null),
        ("arn:aws:iam::111122223333:saml-provider/idp", "saml", Value::Null),
    ] {
        let run = sandbox.run(&["can", "--principal", name, "--action", "s3:ListAllMyBuckets", "--format", "json"]);
        let principal = &run.json()["witness"]["principal"];
        assert_eq!((&principal["type"], &principal["account"]), (&json!(kind), &account), "{name}");
    }
    let run = sandbox.run(&[
        "can",
        "--principal",
        "arn:aws:sts::111122223333:assumed-role/app/s1",
        "--action",
        "s3:ListAllMyBuckets",
        "--format",
        "json",
    ]);
    assert_eq!(run.json()["witness"]["context"]["aws:PrincipalArn"], ROLE);
}

#[test]
fn many_requests_at_once() {
    let sandbox = sandbox();
    sandbox.write("scenario.json", json!({ "identity_policies": ["read.json"] }).to_string());
    let line = |vpce: &str| json!({ "principal": { "arn": ROLE }, "action": "s3:GetObject", "resource": "arn:aws:s3:::data/a", "context": { "aws:SourceVpce": vpce } });
    sandbox.write("lines.jsonl", format!("{}\n\n{}\n", line("vpce-1"), line("vpce-2")));
    let args = ["can", "--scenario", "scenario.json", "--requests", "lines.jsonl"];
    let run = sandbox.run(&args).ends(1);
    insta::assert_snapshot!(run.stdout, @r"
    ALLOW         s3:GetObject on arn:aws:s3:::data/a by arn:aws:iam::111122223333:role/app: an identity policy allows it, and nothing denies it
    DENY_IMPLICIT s3:GetObject on arn:aws:s3:::data/a by arn:aws:iam::111122223333:role/app: no statement of an identity policy allows it
    ");
    let run = sandbox.run(&[&args[..], &["--format", "json", "--context", "aws:SourceVpce=vpce-1"]].concat()).ends(0);
    assert!(run.stdout.lines().count() == 2 && run.stdout.lines().all(|l| l.contains(r#""verdict":"ALLOW""#)));
    sandbox.write("lines.jsonl", format!("{}\n{{\"acton\": 1}}\n", line("vpce-1")));
    sandbox.run(&args).ends(2).says("ALLOW").complains("lines.jsonl:2:2").complains("did you mean `action`?");
    sandbox.write("lines.jsonl", "\n");
    sandbox.run(&args).ends(3);
}

#[test]
fn policy_text_reaches_no_terminal() {
    let sandbox = sandbox();
    let name = "\u{1b}[31mred\u{202e}";
    let statement = json!({ "Sid": name, "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { "StringEquals": { name: name } } });
    sandbox.write("hostile.json", json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string());
    for format in ["text", "json"] {
        let run =
            ask(&sandbox, &["--identity-policy", "hostile.json", "--context", &format!("{name}=\u{1b}x"), "--format", format])
                .ends(1);
        assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{}", run.stdout);
    }
}
