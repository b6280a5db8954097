//! `palisade rules`: list, show, test, lint, try, new; and rules of one's own.

use crate::common::{GOOD, PASS_ROLE, Sandbox, repo, run};

#[test]
fn list_and_show() {
    let here = repo();
    let all = run(&here, &["rules", "list"]).ends(0).says("pass-role-any").says("rekognition-sharing").stdout.lines().count();
    let some = run(&here, &["rules", "list", "--select", "recommended"])
        .ends(0)
        .does_not_say("rekognition-sharing")
        .stdout
        .lines()
        .count();
    assert!(some < all);
    let json = run(&here, &["rules", "list", "--format", "json"]).ends(0).json();
    assert_eq!(json.as_array().map(Vec::len), Some(all));
    run(&here, &["rules", "list", "--select", "nothing-like-it"]).ends(2);
    run(&here, &["rules", "show", "pass-role-any"]).ends(0).says("Why").says("Instead").says("https://");
    run(&here, &["rules", "show", "PASS_ROLE_ANY"]).ends(0);
    run(&here, &["rules", "show", "resource-exposure"]).ends(0).says("pack risk");
    run(&here, &["rules", "show", "INVALID_ARN_REGION"]).ends(0).says("Access Analyzer calls it INVALID_ARN_REGION, ERROR");
    run(&here, &["rules", "show", "pass-role-an"]).ends(2).complains("did you mean `pass-role-any`");
    let json = run(&here, &["rules", "show", "rekognition-trust-too-broad", "--format", "json"]).ends(0).json();
    assert_eq!(json["id"], "rekognition-trust-too-broad");
    assert!(json["params"]["consumer_accounts"].is_string(), "{json}");
}

#[test]
fn the_shipped_rules_pass_their_own_tests_and_lint() {
    let here = repo();
    run(&here, &["rules", "test"]).ends(0).says(" 0 failed");
    run(&here, &["rules", "test", "rules", "fixtures/rules/worked"]).ends(0).says(" 0 failed");
    let json = run(&here, &["rules", "test", "--format", "json"]).ends(0).json();
    assert_eq!(json["failed"], 0);
    run(&here, &["rules", "lint", "rules"]).ends(0).says("no problems");
    let json = run(&here, &["rules", "lint", "rules", "--format", "json"]).ends(0).json();
    assert_eq!(json, serde_json::json!([]));
}

#[test]
fn a_new_rule_works_as_it_is_written() {
    let sandbox = Sandbox::with(&[("bad.json", &GOOD.replace("arn:aws:s3:::data/*", "*"))]);
    sandbox.run(&["rules", "new", "my-own-rule"]).ends(0).complains("next: palisade rules test");
    sandbox.run(&["rules", "test", "rules"]).ends(0).says("1 rule, 3 cases: 3 passed, 0 failed");
    sandbox.run(&["rules", "lint", "rules"]).ends(0);
    sandbox.run(&["check", "--rules", "rules", "bad.json"]).ends(1).says("my-own-rule");
    sandbox.run(&["check", "--rules", "rules/my-own-rule.yaml", "bad.json"]).ends(1);
    sandbox.run(&["check", "bad.json"]).ends(0);
    sandbox.write("palisade.yaml", "extends: [./rules]\n");
    sandbox.run(&["check", "bad.json"]).ends(1).says("my-own-rule");
    sandbox.run(&["rules", "try", "rules/my-own-rule.yaml", "bad.json"]).ends(0).says("/Statement/0/Action").says("assert false");
    sandbox.run(&["rules", "new", "my-own-rule"]).ends(2).complains("is there already");
    sandbox.run(&["rules", "new", "My_Rule"]).ends(2).complains("is not a rule id");
    sandbox.run(&["rules", "new", "../up"]).ends(2);
}

#[test]
fn a_failing_test_of_a_rule_is_named() {
    let sandbox = Sandbox::with(&[]);
    sandbox.run(&["rules", "new", "my-own-rule", "--dir", "."]).ends(0);
    let text = sandbox.read("my-own-rule.yaml");
    sandbox.write("my-own-rule.yaml", text.replace("expect: pass", "expect: fail"));
    sandbox
        .run(&["rules", "test", "my-own-rule.yaml"])
        .ends(1)
        .says("`another service`")
        .says("expected fail, got pass")
        .says("1 failed");
    sandbox.write("my-own-rule.yaml", text.replace("$.Statement[0].Action\"", "$.Statement[0].Resource\""));
    sandbox.run(&["rules", "test", "my-own-rule.yaml"]).ends(1).says("expected the place /Statement/0/Resource");
    let untested = text.split("tests:").next().expect("a head").to_owned();
    sandbox.write("my-own-rule.yaml", &untested);
    sandbox.run(&["rules", "test", "my-own-rule.yaml"]).ends(1).says("no tests");
    sandbox.run(&["rules", "lint", "my-own-rule.yaml"]).ends(2).complains("a rule without tests");
}

#[test]
fn the_linter_points_at_what_compiles_and_is_wrong() {
    let sandbox = Sandbox::with(&[]);
    sandbox.run(&["rules", "new", "my-own-rule", "--dir", "."]).ends(0);
    let text = sandbox.read("my-own-rule.yaml");
    sandbox.write("other-name.yaml", &text);
    sandbox
        .run(&["rules", "lint", "other-name.yaml"])
        .ends(2)
        .complains("differs from the file name")
        .complains("other-name.yaml:2:");
    sandbox.write("my-own-rule.yaml", text.replace("{it.text}", "{it.txt}"));
    sandbox.run(&["rules", "lint", "my-own-rule.yaml"]).ends(2).complains("did you mean `it.text`");
    let action = "    effect: Allow\n    actions: { touches: [\"s3:GetObjct\"] }";
    sandbox.write("my-own-rule.yaml", text.replace("    effect: Allow", action));
    sandbox.run(&["rules", "lint", "my-own-rule.yaml"]).ends(2).complains("did you mean `GetObject`");
    let json = sandbox.run(&["rules", "lint", "my-own-rule.yaml", "--format", "json"]).ends(2).json();
    assert!(json[0]["line"].as_u64() > Some(10), "{json}");
}

#[test]
fn mistakes_in_rules_are_shown_where_they_stand() {
    let sandbox = Sandbox::with(&[("bad.json", PASS_ROLE)]);
    sandbox.run(&["rules", "new", "my-own-rule", "--dir", "rules"]).ends(0);
    let text = sandbox.read("rules/my-own-rule.yaml");
    for (from, to, complaint) in [
        ("for_each: action", "for_each: acton", "did you mean"),
        ("severity: medium", "severty: medium", "did you mean `severity`"),
        ("none_of:", "non_of:", "did you mean `none_of`"),
        ("kind: [identity-policy]", "kind: [identity-polcy]", "did you mean `identity-policy`"),
        ("palisade: 1", "palisade: 2", "version"),
        ("{ glob: \"s3:*\" }", "{ regex: \"(\" }", "regular expression"),
        ("{ glob: \"s3:*\" }", "{ param: nothing }", "nothing"),
        ("{ glob: \"s3:*\" }", "{ glob: [ }", "rules/my-own-rule.yaml:"),
    ] {
        assert!(text.contains(from), "{from}");
        sandbox.write("rules/my-own-rule.yaml", text.replace(from, to));
        let run = sandbox.run(&["check", "--rules", "rules", "bad.json"]).ends(2).complains("rules/my-own-rule.yaml:");
        assert!(run.stderr.contains(complaint), "{to}: no `{complaint}` in\n{}", run.stderr);
    }
}

#[test]
fn two_rules_cannot_share_an_id() {
    let sandbox = Sandbox::with(&[("bad.json", PASS_ROLE)]);
    sandbox.run(&["rules", "new", "pass-role-any", "--dir", "."]).ends(0);
    sandbox
        .run(&["check", "--rules", "pass-role-any.yaml", "bad.json"])
        .ends(2)
        .complains("two rules have the id `pass-role-any`");
}

#[test]
fn try_explains() {
    let sandbox = Sandbox::with(&[("bad.json", PASS_ROLE), ("other.json", "{}"), ("cut.json", "{\"Statement\":[{\"Effect\":")]);
    sandbox.run(&["rules", "try", "pass-role-any", "bad.json"]).ends(0).says("applies_to true").says("/Statement/0/Action");
    let json = sandbox.run(&["rules", "try", "pass-role-any", "bad.json", "--format", "json"]).ends(0).json();
    assert_eq!(json["subjects"][0]["assert"], "false");
    sandbox.run(&["rules", "try", "pass-role-an", "bad.json"]).ends(2).complains("did you mean");
    sandbox.run(&["rules", "try", "pass-role-any", "gone.json"]).ends(2).complains("gone.json");
    sandbox.run(&["rules", "try", "pass-role-any", "cut.json"]).ends(0);
}

/// A rule about anything: what a policy says may reach its message, but not the terminal.
#[test]
fn what_a_rule_quotes_is_escaped() {
    let sandbox = Sandbox::with(&[("bad.json", &PASS_ROLE.replace("iam:PassRole", "s3:\\u001b[31m\\n::error::x"))]);
    sandbox.run(&["rules", "new", "my-own-rule"]).ends(0);
    for format in ["text", "concise", "github"] {
        let run = sandbox.run(&["check", "--rules", "rules", "--format", format, "bad.json"]).ends(1);
        assert!(!run.stdout.contains('\u{1b}') && !run.stdout.contains("\n::error::x"), "{format}\n{}", run.stdout);
    }
    let run = sandbox.run(&["rules", "try", "rules/my-own-rule.yaml", "bad.json"]).ends(0);
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
}
