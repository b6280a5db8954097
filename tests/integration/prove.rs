//! `palisade prove`: what arguments may be, what is refused, and how runs end. What the answers are is tested elsewhere.

use crate::common::{GOOD, PASS_ROLE, Sandbox, run_with_stdin};
use std::process::Command;

const BUCKET: &str = r#"{ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
  "Resource": "arn:aws:s3:::data/*" }] }"#;

/// Two roles with inline policies of one name.
const TEMPLATE: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  One:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement: [{ Effect: Allow, Action: 's3:GetObject', Resource: '*' }]
  Two:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement: [{ Effect: Allow, Action: 's3:PutObject', Resource: '*' }]
";

fn git(sandbox: &Sandbox, args: &[&str]) {
    let status = Command::new("git")
        .current_dir(sandbox.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"])
        .args(args)
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.expect("git starts").success(), "git {args:?}");
}

/// A repository with two commits of `p/a.json` and `p/b.json`; the second commit removes the latter.
fn repository() -> Sandbox {
    let sandbox = Sandbox::with(&[("p/a.json", GOOD), ("p/b.json", PASS_ROLE), ("p/notes.txt", "x"), ("p/-x.json", GOOD)]);
    git(&sandbox, &["init", "-q", "-b", "main"]);
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "-q", "-m", "one"]);
    git(&sandbox, &["tag", "v1"]);
    git(&sandbox, &["rm", "-q", "p/b.json"]);
    sandbox.write("p/a.json", PASS_ROLE);
    git(&sandbox, &["commit", "-q", "-a", "-m", "two"]);
    sandbox
}

fn subjects(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let json = sandbox.run(&[args, &["--format", "json"]].concat()).json();
    let of = |answer: &serde_json::Value| answer["of"].as_str().expect("a name").to_owned();
    json["answers"].as_array().map(|all| all.iter().map(of).collect()).unwrap_or_default()
}

#[test]
fn files_of_every_sort_are_read() {
    let sandbox = Sandbox::with(&[("a.json", GOOD), ("b.yaml", "Statement: [{ Effect: Allow, Action: '*', Resource: '*' }]")]);
    let run = sandbox.run(&["prove", "no-new-access", "a.json", "b.yaml", "--format", "json"]);
    assert_eq!(run.json()["verb"], "no-new-access");
    assert_eq!(run.json()["schema_version"], 1);
    assert!(matches!(run.code, 0..=2), "{}", run.stderr);
    let piped = run_with_stdin(sandbox.path(), &["prove", "no-new-access", "a.json", "-"], GOOD.as_bytes());
    assert!(piped.stdout.contains("<stdin>"), "{}\n{}", piped.stdout, piped.stderr);
    sandbox.run(&["prove", "no-new-access", "-", "-"]).ends(2).complains("stands twice");
}

#[test]
fn what_is_not_there_is_exit_three() {
    let sandbox = Sandbox::with(&[("a.json", GOOD), ("other.json", "{\"a\":1}"), ("empty/x.txt", "")]);
    sandbox.run(&["prove", "no-new-access", "a.jsn", "a.json"]).ends(3).complains("did you mean `a.json`");
    sandbox.run(&["prove", "no-new-access", "a.json", "other.json"]).ends(3).complains("holds no policy");
    sandbox.run(&["prove", "no-public-access", "empty"]).ends(3).complains("no policy in `empty`");
}

#[test]
fn a_broken_policy_is_pointed_at_and_never_answered() {
    for (text, place, word) in [
        (GOOD.replace("\"Effect\": \"Allow\"", "\"Effect\": \"allow\""), "b.json:4:", "`allow` is not an effect"),
        (GOOD.replace("  ]\n}", "  ]\n"), "b.json:", ""),
        (GOOD.replace("\"Action\"", "\"Actoin\""), "b.json:4:", "did you mean `Action`"),
        (GOOD.replace("\"Sid\": \"Read\",", "\"Sid\": \"Read\" \"Sid\": \"x\","), "b.json:4:", ""),
        (TEMPLATE.replace("[{ Effect: Allow, Action: 's3:GetObject', Resource: '*' }]", "!Ref X"), "b.json:", ""),
    ] {
        let sandbox = Sandbox::with(&[("a.json", GOOD)]);
        sandbox.write(if text.contains("AWSTemplate") { "b.yaml" } else { "b.json" }, &text);
        let name = if text.contains("AWSTemplate") { "b.yaml" } else { "b.json" };
        let place = place.replace("b.json", name);
        for format in ["text", "json"] {
            let run = sandbox.run(&["prove", "no-new-access", "a.json", name, "--format", format]);
            let run = run.ends(4).complains(&place).complains(word).complains("no answer");
            assert_eq!(run.stdout, "");
        }
    }
}

#[test]
fn folders_are_paired_by_name() {
    let sandbox = Sandbox::with(&[("old/a.json", GOOD), ("old/s/b.json", GOOD), ("new/a.json", PASS_ROLE), ("new/c.json", GOOD)]);
    let all = subjects(&sandbox, &["prove", "no-new-access", "old", "new/"]);
    assert_eq!(all, ["new/a.json", "new/c.json", "old/s/b.json"]);
    sandbox.run(&["prove", "no-new-access", "old", "new/a.json"]).ends(2).complains("`old` is a folder");
    assert_eq!(all, subjects(&sandbox, &["prove", "no-new-access", "old/**/*.json", "./new/**"]));
    let run = sandbox.run(&["prove", "no-new-access", "old", "new", "--together", "--format", "json"]);
    assert_eq!(run.json().get("answers"), None);
}

#[test]
fn policies_of_a_document_are_paired_by_what_they_are() {
    let swapped = TEMPLATE.replace("One:", "Other:").replace("Two:", "One:").replace("Other:", "Two:");
    let sandbox = Sandbox::with(&[("a.yaml", TEMPLATE), ("b.yaml", &swapped)]);
    let all = subjects(&sandbox, &["prove", "no-new-access", "a.yaml", "b.yaml"]);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|name| name.ends_with("in b.yaml")), "{all:?}");
    sandbox.run(&["prove", "minimise", "a.yaml"]).ends(2).complains("holds 2 policies");
}

#[test]
fn of_several_records_the_newest_is_read() {
    let item = |day: u32, policy: &str| {
        let version = serde_json::json!({ "versionId": "v1", "isDefaultVersion": true, "document": policy });
        let item = serde_json::json!({ "resourceType": "AWS::IAM::Policy", "ARN": "arn:aws:iam::111122223333:policy/p",
            "awsAccountId": "111122223333", "resourceName": "p", "resourceId": "ANPA", "configurationItemStatus": "OK",
            "configurationItemCaptureTime": format!("2026-01-{day:02}T00:00:00Z"),
            "configuration": { "policyName": "p", "policyVersionList": [version] } });
        item.to_string() + "\n"
    };
    let sandbox = Sandbox::with(&[("items.jsonl", &(item(2, PASS_ROLE) + &item(1, GOOD))), ("new.json", PASS_ROLE)]);
    let run = sandbox.run(&["prove", "minimise", "items.jsonl"]);
    assert!(run.stderr.is_empty() && run.stdout.contains("identity-policy p in"), "{}{}", run.stdout, run.stderr);
    sandbox.write("cut.json", r#"{"configurationItems":["#.to_owned() + &item(1, GOOD));
    sandbox.run(&["prove", "minimise", "cut.json"]).ends(4).complains("cut.json");
}

#[test]
fn a_removed_limit_is_not_passed() {
    let deny = GOOD.replace("Allow", "Deny");
    let sandbox = Sandbox::with(&[("old/a.json", GOOD), ("old/b.json", &deny), ("new/a.json", GOOD)]);
    let json = sandbox.run(&["prove", "no-new-access", "old", "new", "--format", "json"]).json();
    let gone = json["answers"].as_array().and_then(|all| all.iter().find(|a| a["of"] == "old/b.json")).expect("an answer");
    assert_eq!(gone["verdict"], "UNKNOWN");
    assert!(gone["reason"].as_str().is_some_and(|reason| reason.contains("was removed")), "{gone}");
}

#[test]
fn what_only_denies_is_told_to_allow_nothing() {
    let deny = GOOD.replace("Allow", "Deny");
    let sandbox = Sandbox::with(&[("old.json", &deny), ("new.json", &deny.replace("data", "date")), ("allow.json", GOOD)]);
    let told = |old: &str, new: &str| {
        let json = sandbox.run(&["prove", "no-new-access", old, new, "--format", "json"]).json();
        (json["verdict"].clone(), json["assumptions"].to_string().contains("allows nothing by itself"))
    };
    assert_eq!(told("old.json", "new.json"), ("PASS".into(), true));
    assert_eq!(told("allow.json", "allow.json"), ("PASS".into(), false));
}

#[test]
fn limits_that_are_all_removed_are_not_passed() {
    let sandbox = Sandbox::with(&[("old/scps/a.json", GOOD), ("old/b.json", GOOD), ("new/b.json", GOOD)]);
    let json = sandbox.run(&["prove", "no-new-access", "old", "new", "--together", "--format", "json"]).json();
    let all = json["answers"].as_array().expect("two kinds");
    assert_eq!(all[1]["verdict"], "UNKNOWN");
    assert!(all[1]["reason"].to_string().contains("every service-control-policy was removed"), "{json}");
    sandbox.write("old/trust.json", GOOD.replace("\"Resource\": \"arn:aws:s3:::data/*\"", "\"Principal\": \"*\""));
    sandbox.run(&["prove", "no-new-access", "old", "new", "--together"]).ends(2).complains("each belongs to a resource");
}

#[test]
fn revisions_of_git_are_read() {
    let sandbox = repository();
    let all = subjects(&sandbox, &["prove", "no-new-access", "git:v1:p", "git:main:p/"]);
    assert_eq!(all, ["git:main:p/-x.json", "git:main:p/a.json", "git:v1:p/b.json"]);
    assert_eq!(
        all,
        subjects(&sandbox, &["prove", "no-new-access", "git:HEAD~1:./p", "git:main:p"])
            .iter()
            .map(|name| name.replace("HEAD~1", "v1"))
            .collect::<Vec<_>>()
    );
    let all = subjects(&sandbox, &["prove", "no-new-access", "git:v1:p", "p"]);
    assert_eq!(all, ["p/-x.json", "p/a.json", "git:v1:p/b.json"]);
    sandbox.run(&["prove", "no-new-access", "git:v1:p/-x.json", "p/-x.json"]).says("git:v1:p/-x.json");
    let below = sandbox.path().join("p");
    for (argument, other) in
        [("git:v1:./a.json", "a.json"), ("git:v1:p/a.json", "a.json"), ("git:main:..", ".."), ("git:main:.", ".")]
    {
        let run = crate::common::run(&below, &["prove", "no-new-access", argument, other, "--format", "json"]);
        let answers = run.json()["answers"].as_array().map_or(1, Vec::len);
        assert_eq!((answers, run.stderr.as_str()), (if other == "a.json" { 1 } else { 2 }, ""), "{argument}");
    }
    let root = subjects(&sandbox, &["prove", "no-new-access", "git:v1:", "git:main:."]);
    assert_eq!(root, ["git:main:p/-x.json", "git:main:p/a.json", "git:v1:p/b.json"]);
}

#[test]
fn revisions_that_are_not_there_are_told() {
    let sandbox = repository();
    for (argument, complaint) in [
        ("git:v2:p", "no such commit"),
        ("git:v1:q", "no such file"),
        ("git:v1", "git:REV:PATH"),
        ("git:--help:p", "cannot be the name of a revision"),
        ("git:-x:p", "cannot be the name of a revision"),
        ("git:main:p/b.json", "no such file"),
    ] {
        sandbox.run(&["prove", "no-new-access", argument, "p/a.json"]).ends(3).complains(complaint);
    }
    let bare = tempfile::tempdir().expect("a folder");
    std::fs::write(bare.path().join("a.json"), GOOD).expect("a file");
    crate::common::run(bare.path(), &["prove", "no-new-access", "git:HEAD:a.json", "a.json"])
        .ends(3)
        .complains("in no git repository");
    let run = crate::common::command(sandbox.path())
        .env("PATH", "/nowhere")
        .args(["prove", "no-new-access", "git:v1:p", "p"])
        .output()
        .expect("the program starts");
    assert!(String::from_utf8_lossy(&run.stderr).contains("`git` does not start"), "{run:?}");
}

#[cfg(unix)]
#[test]
fn links_in_a_commit_are_not_followed() {
    let sandbox = Sandbox::with(&[("a.json", GOOD)]);
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path().join("l.json")).expect("a link");
    git(&sandbox, &["init", "-q", "-b", "main"]);
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "-q", "-m", "one"]);
    sandbox.run(&["prove", "no-public-access", "git:main:"]).ends(4).complains("symbolic");
    sandbox.run(&["prove", "no-public-access", "git:main:l.json"]).ends(4).complains("symbolic");
}

#[test]
fn kinds_are_understood_as_aws_spells_them() {
    let sandbox = Sandbox::with(&[("a.json", GOOD), ("bucket.json", BUCKET)]);
    for kind in ["IDENTITY_POLICY", "identity_policy", "identity-policy", "Service_Control_Policy", "scp"] {
        for option in ["--kind", "--policy-type", "--type"] {
            let run = sandbox.run(&["prove", "no-new-access", "a.json", "a.json", option, kind, "--format", "json"]);
            assert_eq!(
                run.json()["assumptions"].as_array().map(|a| a.iter().any(|t| t.to_string().contains("--kind"))),
                Some(false)
            );
        }
    }
    let run = sandbox.run(&["prove", "no-new-access", "a.json", "a.json", "--format", "json"]);
    assert!(run.json()["assumptions"].to_string().contains("nothing tells its kind"));
    sandbox.run(&["prove", "no-new-access", "a.json", "a.json", "--type", "IDENTITY"]).ends(2).complains("no kind of policy");
    sandbox.run(&["prove", "no-new-access", "a.json", "a.json", "--account", "1"]).ends(2).complains("12 digits");
    sandbox.run(&["prove", "no-public-access", "a.json"]).ends(2).complains("which lets no stranger in");
    sandbox.run(&["prove", "no-public-access", "."]).complains("1 policies of other kinds");
}

#[test]
fn actions_must_be_known() {
    let sandbox = Sandbox::with(&[("a.json", GOOD)]);
    let ask = |rest: &[&str]| sandbox.run(&[&["prove", "access-not-granted", "a.json"], rest].concat());
    ask(&[]).ends(2).complains("nothing is asked for");
    ask(&["--action", "s3:GetObjct"]).ends(2).complains("did you mean `s3:GetObject`");
    ask(&["--action", "s3"]).ends(2).complains("is not an action");
    ask(&["--action", "s3:Nothing*"]).ends(2).complains("--world open");
    ask(&["--action", "@wriet"]).ends(2).complains("did you mean `@write`");
    ask(&["--resource", "bucket"]).ends(2).complains("is not a resource");
    ask(&["--action", "s3:GetObject", "--assume", "x"]).ends(2).complains("KEY=VALUE");
    for good in ["s3:GetObject,s3:put*", "@write", "@credentials-exposure", "*"] {
        let run = ask(&["--actions", good, "--resources", "arn:aws:s3:::a,arn:aws:s3:::b"]);
        assert!(run.stderr.is_empty() && !run.stdout.is_empty(), "{}", run.stderr);
    }
    let run = ask(&["--action", "s3:Nothing*", "--world", "open"]);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn a_certificate_is_written_for_a_pass_and_checked() {
    let narrow = GOOD.replace(
        "\"Effect\": \"Allow\",",
        "\"Effect\": \"Allow\", \"Condition\": { \"Bool\": { \"aws:SecureTransport\": true } },",
    );
    let sandbox = Sandbox::with(&[("old.json", GOOD), ("new.json", &narrow)]);
    sandbox.run(&["prove", "no-new-access", "old.json", "new.json", "--certificate", "c.json"]).ends(0);
    let run = sandbox.run(&["prove", "verify", "c.json"]).ends(0);
    assert!(run.stdout.contains("PASS") && run.stdout.contains("the old `old.json` and the new `new.json`"), "{}", run.stdout);
    // What denies allows nothing new: the claim is another, and true.
    let text = sandbox.read("c.json");
    sandbox.write("d.json", text.replace("\"Effect\": \"Allow\"", "\"Effect\": \"Deny\""));
    let run = sandbox.run(&["prove", "verify", "d.json", "--format", "json"]).ends(0);
    assert_eq!(run.json()["verdict"], "PASS");
    sandbox.write("f.json", text.replace("\"cases\": [\n", "\"cases\": [\n7,"));
    sandbox.run(&["prove", "verify", "f.json"]).ends(4).complains("is not a certificate");
    sandbox.write("g.json", text.replace("\"side\": \"old\"", "\"side\": \"new\""));
    let run = sandbox.run(&["prove", "verify", "g.json"]).ends(1);
    assert!(run.stdout.contains("nothing is shown for the Allow") || run.stdout.contains("obligation"), "{}", run.stdout);
}

#[test]
fn no_certificate_is_written_where_something_does_not_pass() {
    let sandbox = Sandbox::with(&[("a.json", GOOD), ("b.json", PASS_ROLE)]);
    let run = sandbox.run(&["prove", "no-new-access", "a.json", "b.json", "--certificate", "c.json"]).ends(1);
    run.complains("no certificate was written to `c.json`");
    sandbox.run(&["prove", "verify", "c.json"]).ends(2);
    sandbox.run(&["prove", "verify", "a.json"]).ends(4).complains("no `schema_version`");
}

#[test]
fn several_answers_share_a_certificate() {
    let sandbox =
        Sandbox::with(&[("old/a.json", GOOD), ("old/b.json", PASS_ROLE), ("new/a.json", GOOD), ("new/b.json", PASS_ROLE)]);
    sandbox.run(&["prove", "no-new-access", "old", "new", "--certificate", "c.json"]).ends(0);
    let run = sandbox.run(&["prove", "verify", "c.json"]).ends(0);
    assert!(run.stdout.contains("old/a.json") && run.stdout.contains("old/b.json"), "{}", run.stdout);
    // Templates too: their policies are written as they mean.
    let sandbox = Sandbox::with(&[("a.yaml", TEMPLATE), ("b.yaml", TEMPLATE)]);
    sandbox.run(&["prove", "no-new-access", "a.yaml", "b.yaml", "--certificate", "c.json"]).ends(0);
    sandbox.run(&["prove", "verify", "c.json"]).ends(0);
}

#[test]
fn other_questions_have_certificates_too() {
    let sandbox = Sandbox::with(&[("a.json", GOOD), ("b.json", &BUCKET.replace("\"*\"", "{ \"AWS\": \"111122223333\" }"))]);
    let asked = ["prove", "access-not-granted", "a.json", "--action", "s3:PutObject", "--certificate", "c.json"];
    sandbox.run(&asked).ends(0);
    let run = sandbox.run(&["prove", "verify", "c.json", "--format", "json"]).ends(0);
    let assumed = run.json()["assumptions"].to_string();
    assert!(assumed.contains("`access-not-granted` is taken to ask for no request in"), "{assumed}");
    sandbox.run(&["prove", "no-public-access", "b.json", "--kind", "resource-policy", "--certificate", "d.json"]).ends(0);
    sandbox.run(&["prove", "verify", "d.json"]).ends(0);
    // What cannot be written down is said, and no file is left.
    let run = sandbox.run(&["prove", "minimise", "a.json", "--certificate", "e.json"]).ends(2);
    run.complains("no certificate was written to `e.json`");
    // Policies that only deny stand beside one that allows everything, in the certificate too.
    let deny = GOOD.replace("Allow", "Deny");
    sandbox.write("scp.json", deny);
    let scp = ["prove", "no-new-access", "scp.json", "scp.json", "--kind", "scp", "--assume", "aws:RequestedRegion=eu-west-1"];
    sandbox.run(&[&scp[..], &["--certificate", "f.json"]].concat()).ends(0);
    let run = sandbox.run(&["prove", "verify", "f.json"]).ends(0);
    run.says("`aws:RequestedRegion` is `eu-west-1`").says("the old `what allows");
}
