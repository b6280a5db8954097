//! `fetch` as far as it goes without AWS: the plan, the policy it needs, and mistakes with their cures.

#[cfg(feature = "aws")]
use crate::common::command;
use crate::common::{Sandbox, files_below, read};
use palisade::fetch::operation::{Caller, TABLE};
use regex::Regex;
use std::collections::BTreeSet;

fn empty() -> Sandbox {
    Sandbox::with(&[])
}

#[test]
fn a_plan_calls_nothing_and_names_everything() {
    let run =
        empty().run(&["fetch", "--plan", "--source", "config,iam", "--role-name", "Audit", "--resource-type", "AWS::SNS::Topic"]);
    insta::assert_snapshot!(run.ends(0).stdout, @r"
    sts:GetCallerIdentity                                manifest.json            1; your credentials
    config:DescribeConfigurationAggregators              manifest.json            1; your credentials
    config:DescribeConfigurationAggregatorSourcesStatus  manifest.json            1 for 100 sources; your credentials
    config:ListAggregateDiscoveredResources              config/ACCOUNT.jsonl.gz  1 or more, 1 for 100 resources; your credentials
    config:BatchGetAggregateResourceConfig               config/ACCOUNT.jsonl.gz  1 for 100 resources; your credentials
    sts:AssumeRole                                       manifest.json            1 for each account; your credentials
    iam:GetAccountAuthorizationDetails                   iam/ACCOUNT.json.gz      1 for 1000 entities, for each account; role Audit in each account

    7 operations for config, iam; nothing was called
    resource types: AWS::SNS::Topic
    ");
    let json = empty().run(&["fetch", "--plan", "--format", "json"]).ends(0).json();
    assert_eq!(json["calls"][0]["operation"], "GetCallerIdentity");
    assert!(json["calls"].as_array().is_some_and(|calls| calls.len() > 10));
}

#[test]
fn the_policy_it_asks_for_passes_its_own_check() {
    let sets: [&[&str]; 8] = [
        &[],
        &["--role-name", "PalisadeAudit"],
        &["--role-name", "PalisadeAudit", "--account", "111122223333,444455556666", "--query"],
        &["--config-snapshots", "s3://config-logs-1/org", "--role-name", "audit/PalisadeAudit"],
        &["--source", "iam,s3"],
        &["--source", "secrets-manager", "--role-name", "PalisadeAudit", "--region", "cn-north-1"],
        &["--source", "access-analyzer", "--region", "us-gov-west-1"],
        &["--source", "organizations"],
    ];
    for options in sets {
        for whose in ["caller", "role"] {
            if whose == "role" && !options.contains(&"--role-name") {
                continue;
            }
            let sandbox = empty();
            let print = format!("--print-policy={whose}");
            let policy = sandbox.run(&[&["fetch", print.as_str()], options].concat()).ends(0);
            sandbox.write("policy.json", &policy.stdout);
            sandbox
                .run(&["check", "--fail-on", "medium", "--kind", "identity-policy", "policy.json"])
                .ends(0)
                .says("0 incomplete");
        }
    }
}

#[test]
fn the_policy_holds_what_is_called_and_no_more() {
    let of = |options: &[&str]| -> BTreeSet<String> {
        let json = empty().run(&[&["fetch", "--print-policy"], options].concat()).ends(0).json();
        let statements = json["Statement"].as_array().expect("statements").clone();
        statements
            .iter()
            .flat_map(|s| s["Action"].as_array().expect("a list").clone())
            .map(|a| a.as_str().expect("text").to_owned())
            .collect()
    };
    let planned = |options: &[&str]| -> BTreeSet<String> {
        let json = empty().run(&[&["fetch", "--plan", "--format", "json"], options].concat()).ends(0).json();
        let calls = json["calls"].as_array().expect("calls").clone();
        calls.iter().filter_map(|c| c["action"].as_str().map(str::to_owned)).collect()
    };
    for options in [&[][..], &["--query"], &["--role-name", "A"], &["--config-snapshots", "s3://logs-1"], &["--source", "s3"]] {
        assert_eq!(of(options), planned(options), "{options:?}");
    }
    assert!(!of(&[]).iter().any(|action| action.starts_with("iam:") || action.starts_with("s3:")));
}

/// What the code calls, by its builders of requests, stands in the table of operations.
#[test]
fn no_call_is_made_past_the_table() {
    let names: BTreeSet<&str> = TABLE.iter().map(|row| row.name).collect();
    let builder = Regex::new(r"(?:client|at\.0)\s*\.([a-z][a-z0-9_]*)\(\)").expect("a pattern");
    let mut called = BTreeSet::new();
    for file in files_below("src/fetch").iter().filter(|f| f.ends_with(".rs") && !f.ends_with("_tests.rs")) {
        for found in builder.captures_iter(&read(file)) {
            let words = found[1].split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
            called.insert(words.collect::<String>());
        }
    }
    let wild: Vec<&String> = called.iter().filter(|name| !names.contains(name.as_str())).collect();
    assert!(wild.is_empty(), "called, and in no table: {wild:?}");
    let idle: Vec<&&str> = names.iter().filter(|name| !called.contains(**name)).collect();
    assert!(idle.is_empty(), "in the table, and never called: {idle:?}");
    assert!(TABLE.iter().any(|row| row.caller == Caller::Role));
}

#[test]
fn mistakes_are_pointed_at() {
    let sandbox = empty();
    for (options, complaint) in [
        (&["--source", "organisations"][..], "did you mean `organizations`?"),
        (&["--source", "zzz"], "there are config, organizations, access-analyzer, iam, s3, secrets-manager, config-snapshots"),
        (&["--source", "config-snapshots"], "name the bucket with `--config-snapshots`"),
        (&["--config-snapshots", "my-bucket"], "write it as `s3://BUCKET`"),
        (&["--account", "12"], "an account id has 12 digits"),
        (&["--region", "europe"], "write it as `eu-west-1`"),
        (&["--resource-type", "s3' OR 'a' = 'a"], "write it as `AWS::S3::Bucket`"),
        (&["--role-name", "arn:aws:iam::1:role/x"], "not the ARN"),
        (&["--external-id", "x"], "--role-name"),
        (&["--concurrency", "0"], "--concurrency"),
        (&["--retry", "never"], "standard"),
    ] {
        sandbox.run(&[&["fetch", "--out", "s"], options].concat()).ends(2).complains(complaint);
    }
    sandbox.run(&["fetch"]).ends(2).complains("--out");
    sandbox.run(&["fetch", "--print-policy=role"]).ends(2).complains("name it with `--role-name`");
    assert!(!sandbox.path().join("s").exists());
}

#[test]
#[cfg(not(feature = "aws"))]
fn a_build_without_it_says_how_to_get_it() {
    empty().run(&["fetch", "--out", "s"]).ends(2).complains("cannot talk to AWS").complains("--features aws");
    let asking = ["audit", ".", "--no-history", "--online-validate"];
    Sandbox::with(&[("a.json", "{}")]).run(&asking).ends(2).complains("cannot talk to AWS");
}

#[cfg(feature = "aws")]
mod online {
    use super::*;
    use std::process::Output;

    /// The program with an environment in which no credentials are.
    fn fetch(sandbox: &Sandbox, variables: &[(&str, &str)], options: &[&str]) -> (Option<i32>, String) {
        let mut command = command(sandbox.path());
        command
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "none")
            .env("AWS_SHARED_CREDENTIALS_FILE", "none");
        let Output { status, stderr, .. } =
            command.envs(variables.iter().copied()).args(["fetch", "--out", "s"]).args(options).output().expect("it starts");
        (status.code(), String::from_utf8_lossy(&stderr).into_owned())
    }

    #[test]
    fn nobody_gets_in_without_region_and_credentials() {
        let sandbox = empty();
        let (code, said) = fetch(&sandbox, &[], &[]);
        insta::assert_snapshot!(said, @r"
        error: no region is set
          help: set `AWS_REGION`, give the profile a region, or name one with `--region`
        ");
        assert_eq!(code, Some(2));
        let (code, said) = fetch(&sandbox, &[("AWS_REGION", "eu-west-1")], &[]);
        assert!(said.starts_with("error: there are no AWS credentials\n  help: set `AWS_PROFILE`"), "{said}");
        assert_eq!(code, Some(2));
        assert!(!sandbox.path().join("s").exists());
    }

    #[test]
    fn folders_with_something_else_are_left_alone() {
        let sandbox = Sandbox::with(&[("s/thesis.tex", "x")]);
        let keys = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
        let (code, said) = fetch(&sandbox, &keys, &[]);
        assert!(said.contains("`s` holds no snapshot: `thesis.tex`") && !said.contains("hunter2"), "{said}");
        assert_eq!(code, Some(2));
        let (code, said) = fetch(&empty(), &keys, &["--resume"]);
        assert!(said.contains("there is no unfinished fetch in `s`"), "{said}");
        assert_eq!(code, Some(2));
    }

    #[test]
    fn an_endpoint_that_is_not_there_is_said() {
        let sandbox = empty();
        let keys = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKIATEST"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            // Nobody listens on the port of nothing.
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ];
        let (code, said) = fetch(&sandbox, &keys, &["--max-attempts", "1"]);
        assert!(said.contains("AWS does not say who is calling") && said.contains("check the region `eu-west-1`"), "{said}");
        assert!(!said.contains("hunter2") && !sandbox.path().join("s").exists(), "{said}");
        assert_eq!(code, Some(2));
    }
}
