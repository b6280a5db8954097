//! Exit codes, options that select and configure rules, formats, and repeatable output.

use crate::common::{GOOD, PASS_ROLE, Sandbox, command, run, run_with_stdin};
use std::fmt::Write as _;
use std::io::Read;
use std::process::Stdio;

fn one_bad() -> Sandbox {
    Sandbox::with(&[("bad.json", PASS_ROLE)])
}

#[test]
fn zero_nothing_to_report() {
    let sandbox = Sandbox::with(&[("good.json", GOOD)]);
    sandbox.run(&["check", "good.json"]).ends(0).says("1 document, 1 policy (1 identity-policy assumed), 1 statement");
    sandbox.run(&["check"]).ends(0).says("0 findings; 0 suppressed; 0 incomplete");
    sandbox.run(&["check", "-q", "good.json"]).ends(0);
    sandbox.run(&["--version"]).ends(0).says("palisade [VERSION]");
    sandbox.run(&["check", "--help"]).ends(0).says("--fail-on");
}

#[test]
fn one_findings() {
    one_bad().run(&["check", "bad.json"]).ends(1).says("error[pass-role-with-star-in-resource] high").says("bad.json:4:");
}

#[test]
fn two_usage() {
    let sandbox = one_bad();
    sandbox.run(&["chekc"]).ends(2).complains("check");
    sandbox.run(&["check", "--formt", "json"]).ends(2).complains("--format");
    sandbox.run(&["check", "--format", "jsn", "bad.json"]).ends(2).complains("did you mean `json`");
    sandbox.run(&["check", "--fail-on", "hihg", "bad.json"]).ends(2).complains("did you mean `high`");
    sandbox.run(&["check", "--kind", "trust-polcy", "bad.json"]).ends(2).complains("did you mean `trust-policy`");
    sandbox.run(&["check", "--account", "12", "bad.json"]).ends(2).complains("12 digits");
    sandbox.run(&["check", "--as-of", "tomorrow", "bad.json"]).ends(2).complains("YYYY-MM-DD");
    sandbox.run(&["check", "--config", "none.yaml", "bad.json"]).ends(2).complains("none.yaml");
    sandbox.run(&["check", "-", "bad.json"]).ends(2).complains("standard input alone");
    sandbox.run(&["check", "-q", "-v", "bad.json"]).ends(2);
    sandbox.run(&["check", "--exclude", "a[", "bad.json"]).complains("");
}

#[test]
fn two_rules_that_do_not_exist() {
    let sandbox = one_bad();
    sandbox.run(&["check", "--select", "pass-role-an", "bad.json"]).ends(2).complains("did you mean `pass-role-any`");
    sandbox.run(&["check", "--ignore", "recomended", "bad.json"]).ends(2).complains("did you mean `recommended`");
    sandbox.run(&["check", "--param", "pass-role-with-star-in-resource", "bad.json"]).ends(2).complains("RULE.NAME=VALUE");
    sandbox.run(&["check", "--param", "pass-rol-any.x=1", "bad.json"]).ends(2).complains("did you mean `pass-role-any`");
    sandbox
        .run(&["check", "--param", "pass-role-with-star-in-resource.nothing=1", "bad.json"])
        .ends(2)
        .complains("no parameter `nothing`");
    let wrong = "rekognition-trust-too-broad.consumer_account=1";
    sandbox.run(&["check", "--param", wrong, "bad.json"]).ends(2).complains("did you mean `consumer_accounts`");
    let wrong = "rekognition-trust-too-broad.consumer_accounts=[12]";
    sandbox.run(&["check", "--param", wrong, "bad.json"]).ends(2).complains("an account id of 12 digits");
}

#[test]
fn two_project_files_with_mistakes() {
    for (text, complaint) in [
        ("fial_on: high\n", "did you mean `fail_on`"),
        ("fail_on: hihg\n", "did you mean `high`"),
        ("rules:\n  pass-role-an: off\n", "did you mean `pass-role-any`"),
        ("rules:\n  pass-role-any: { severty: low }\n", "did you mean `severity`"),
        ("rules:\n  rekognition-trust-too-broad: { params: { consumer_accounts: [12] } }\n", "an account id of 12 digits"),
        ("rules:\n  rekognition-trust-too-broad: { params: { consumer_acounts: [] } }\n", "did you mean `consumer_accounts`"),
        ("extends: [palisade:recomended]\n", "did you mean `recommended`"),
        ("extends: [./no-rules]\n", "no-rules"),
        ("extends: [\"https://example.com/rules\"]\n", "check opens no socket"),
        ("context:\n  - { file: \"*.json\", kind: trust-polcy }\n", "did you mean `trust-policy`"),
        ("suppressions:\n  - { rule: pass-role-with-star-in-resource, expires: 2026-10-01 }\n", "no `reason`"),
        ("suppressions:\n  - { rule: pass-role-with-star-in-resource, reason: because }\n", "never expires"),
        ("overrides:\n  - { file: \"a/*\", rules: { pass-role-an: off } }\n", "did you mean `pass-role-any`"),
        ("a: [\n", "palisade.yaml:"),
    ] {
        let sandbox = Sandbox::with(&[("bad.json", PASS_ROLE), ("palisade.yaml", text)]);
        sandbox.run(&["check", "--as-of", "2026-09-01"]).ends(2).complains(complaint);
        sandbox.run(&["check", "--no-config"]).ends(1);
    }
}

#[test]
fn two_points_into_the_project_file() {
    let sandbox = Sandbox::with(&[("bad.json", PASS_ROLE), ("palisade.yaml", "strict: false\nfial_on: high\n")]);
    let run = sandbox.run(&["check"]).ends(2).complains("[ palisade.yaml:2:1 ]").complains("2 │ fial_on: high");
    assert_eq!(run.stdout, "");
}

#[test]
fn two_points_into_a_broken_rule_file() {
    let rule = "palisade: 1\nid: my-rule\ntitle: Mine\nseverity: hgih\n";
    let sandbox = Sandbox::with(&[("bad.json", PASS_ROLE), ("rules/my-rule.yaml", rule)]);
    sandbox
        .run(&["check", "--rules", "rules", "bad.json"])
        .ends(2)
        .complains("[ rules/my-rule.yaml:4:")
        .complains("severity: hgih")
        .complains("did you mean `high`");
    sandbox.run(&["check", "--rules", "rulse", "bad.json"]).ends(2).complains("`rulse` does not exist");
    let empty = Sandbox::with(&[("bad.json", PASS_ROLE), ("rules/readme.txt", "")]);
    empty.run(&["check", "--rules", "rules", "bad.json"]).ends(2).complains("no rule file in `rules`");
}

#[test]
fn three_no_input() {
    let sandbox = Sandbox::with(&[("notes.txt", "nothing")]);
    sandbox.run(&["check"]).ends(3).complains("no JSON or YAML file");
    sandbox.run(&["check", "polices"]).ends(3).complains("`polices` does not exist");
    sandbox.run(&["check", "*.json"]).ends(3).complains("no file matches `*.json`");
    sandbox.write("policy.json", GOOD);
    sandbox.run(&["check", "polcy.json"]).ends(3).complains("policy.json`?");
}

#[test]
fn three_or_four_when_only_some_is_missing_never_green() {
    let sandbox = Sandbox::with(&[("good.json", GOOD)]);
    let run = sandbox.run(&["check", "good.json", "gone.json"]);
    assert!(matches!(run.code, 3 | 4), "{run:?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("`gone.json` does not exist"), "{said}");
}

#[test]
fn four_incomplete() {
    let sandbox = Sandbox::with(&[("cut.json", "{\"Version\":\"2012-10-17\",\"Statement\":[")]);
    sandbox.run(&["check", "cut.json"]).ends(4).says("run incomplete: 1 file");
    sandbox.run(&["check", "--fail-on", "none"]).ends(4);
    // Findings come before what could not be read.
    sandbox.write("bad.json", PASS_ROLE);
    sandbox.run(&["check"]).ends(1).says("run incomplete: 1 file").says("pass-role-with-star-in-resource");
    sandbox.run(&["check", "--fail-on", "none"]).ends(4);
}

#[test]
fn fail_on_decides_what_is_red() {
    let sandbox = one_bad();
    sandbox.run(&["check", "--fail-on", "high"]).ends(1);
    sandbox
        .run(&["check", "--fail-on", "critical"])
        .ends(0)
        .says("pass-role-with-star-in-resource")
        .says("none at or above critical");
    sandbox.run(&["check", "--fail-on", "none"]).ends(0).says("pass-role-with-star-in-resource");
    sandbox.write("palisade.yaml", "fail_on: critical\n");
    sandbox.run(&["check"]).ends(0);
    sandbox.run(&["check", "--fail-on", "medium"]).ends(1);
    sandbox.write("palisade.yaml", "rules:\n  pass-role-with-star-in-resource: low\n");
    sandbox.run(&["check"]).ends(0).says("[pass-role-with-star-in-resource] low");
    sandbox.write("palisade.yaml", "rules:\n  pass-role-with-star-in-resource: { severity: critical }\n");
    sandbox.run(&["check", "--fail-on", "critical"]).ends(1).says("[pass-role-with-star-in-resource] critical");
}

#[test]
fn severity_can_differ_by_place() {
    let config = "ignore: [pass-role-any]\noverrides:\n  - { file: \"sandbox/**\", rules: { pass-role-with-star-in-resource: info } }\n  - { file: \"old/**\", rules: { pass-role-with-star-in-resource: off } }\n";
    let sandbox = Sandbox::with(&[
        ("sandbox/a.json", PASS_ROLE),
        ("old/b.json", PASS_ROLE),
        ("prod/c.json", PASS_ROLE),
        ("palisade.yaml", config),
    ]);
    let run = sandbox.run(&["check", "--format", "concise"]).ends(1).says("sandbox/a.json:4:").does_not_say("old/b.json:");
    assert!(run.stdout.contains("info: ") && run.stdout.contains("high: "), "{}", run.stdout);
    sandbox.run(&["check", "sandbox", "old"]).ends(0);
}

#[test]
fn rules_are_chosen_by_id_pack_tag_and_glob() {
    let sandbox = one_bad();
    let applied = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["check", "bad.json", "--fail-on", "none", "--format", "json"];
        all.extend(args);
        let json = sandbox.run(&all).ends(0).json();
        let found = json["findings"].as_array().expect("findings").iter();
        found.map(|f| f["rule"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(applied(&[]), ["pass-role-with-star-in-resource"]);
    let speaks = [
        ("pass-role-with-star-in-resource", "pass-role-with-star-in-resource"),
        ("PASS_ROLE_WITH_STAR_IN_RESOURCE", "pass-role-with-star-in-resource"),
        ("access-analyzer", "pass-role-with-star-in-resource"),
        ("pass-*", "pass-role-with-star-in-resource"),
        ("full-admin,pass-role-with-star-in-resource", "pass-role-with-star-in-resource"),
        // The rule that says the same speaks where the other is not asked for.
        ("pass-role-any", "pass-role-any"),
        ("recommended", "pass-role-any"),
        ("palisade:recommended", "pass-role-any"),
    ];
    for (select, rule) in speaks {
        assert_eq!(applied(&["--select", select]), [rule], "{select}");
    }
    assert_eq!(applied(&["--ignore", "access-analyzer"]), ["pass-role-any"]);
    assert!(applied(&["--ignore", "pass-*"]).is_empty());
    for select in ["rekognition-sharing", "full-admin", "trust"] {
        assert!(applied(&["--select", select]).is_empty(), "{select}");
    }
    assert!(applied(&["--select", "recommended", "--ignore", "pass-*"]).is_empty());
    sandbox.write("palisade.yaml", "extends: [palisade:rekognition-sharing]\n");
    assert!(applied(&[]).is_empty());
    sandbox.write("palisade.yaml", "ignore: [pass-role-with-star-in-resource, pass-role-any]\n");
    assert!(applied(&[]).is_empty());
}

#[test]
fn parameters_change_the_verdict() {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/app"},"Action":"sts:AssumeRole"}}"#;
    let config = "context:\n  - { file: \"*.json\", account: \"111122223333\", attached_to: { type: role, name: \"{stem}\" } }\n";
    let sandbox = Sandbox::with(&[("cats-consumer.json", trust), ("palisade.yaml", config)]);
    let check =
        |value: &str| sandbox.run(&["check", "--param", &format!("rekognition-trust-too-broad.consumer_accounts={value}")]);
    check("[444455556666]").ends(0);
    check("[\"444455556666\", \"111122223333\"]").ends(0);
    check("444455556666").ends(0);
    check("[777788889999]").ends(1).says("rekognition-trust-too-broad");
}

#[test]
fn every_format_is_written_to_stdout_or_to_a_file() {
    let sandbox = one_bad();
    for (format, part) in [
        ("text", "error[pass-role-with-star-in-resource] high"),
        ("concise", "bad.json:4:51: high: "),
        ("json", "\"schema_version\": 1"),
        ("ndjson", "{\""),
        ("sarif", "\"version\": \"2.1.0\""),
        ("junit", "<testsuites"),
        ("github", "::error file=bad.json,line=4"),
        ("gitlab", "\"fingerprint\""),
        ("markdown", "pass-role-with-star-in-resource"),
        ("html", "<!DOCTYPE html>"),
        ("csv", "record,status,severity,rule"),
        ("ocsf", "\"class_uid\":2003"),
        ("asff", "[{\"SchemaVersion\":\"2018-10-08\""),
    ] {
        // Reports that tell the time of the run tell that of the day that is named.
        let check = ["check", "bad.json", "--as-of", "2026-11-26", "--format", format];
        let shown = sandbox.run(&check).ends(1).says(part).stdout;
        let run = sandbox.run(&[&check[..], &["--output", "report"]].concat()).ends(1).complains("1 finding");
        assert_eq!(run.stdout, "", "{format}");
        assert_eq!(sandbox.read("report").replace(env!("CARGO_PKG_VERSION"), "[VERSION]"), shown, "{format}");
    }
    sandbox.run(&["check", "bad.json", "--output", "no/such/folder/report"]).ends(2).complains("cannot write");
}

#[test]
fn json_says_what_it_promises() {
    let sandbox = one_bad();
    let json = sandbox.run(&["check", "bad.json", "--format", "json"]).ends(1).json();
    let finding = &json["findings"][0];
    assert_eq!(finding["rule"], "pass-role-with-star-in-resource");
    assert_eq!(finding["location"]["file"], "bad.json");
    assert_eq!(finding["location"]["pointer"], "/Statement/0/Action");
    assert_eq!(finding["location"]["start"]["line"], 4);
    assert_eq!(finding["policy"]["kind"], "identity-policy");
    assert_eq!(finding["policy"]["sid"], "Pass");
    assert_eq!(json["documents"]["read"], 1);
    assert_eq!(json["summary"]["by_severity"]["high"], 1);
    let offset = |end: &str| usize::try_from(finding["location"][end]["offset"].as_u64().expect("an offset")).expect("small");
    assert_eq!(&PASS_ROLE[offset("start")..offset("end")], "\"iam:PassRole\"");
}

#[test]
fn color_is_asked_for_by_flag_then_environment() {
    let sandbox = one_bad();
    sandbox.run(&["check", "bad.json"]).does_not_say("\u{1b}");
    sandbox.run(&["check", "bad.json", "--color", "always"]).says("\u{1b}[");
    let colored = |name: &str, flag: &str| {
        let mut command = command(sandbox.path());
        command.env_remove("NO_COLOR").env(name, "1");
        let output = command.args(["check", "bad.json", "--color", flag]).output().expect("the program starts");
        output.stdout.contains(&0x1b)
    };
    assert!(colored("FORCE_COLOR", "auto"));
    assert!(!colored("FORCE_COLOR", "never"));
    assert!(!colored("NO_COLOR", "auto"));
}

#[test]
fn output_is_the_same_byte_for_byte() {
    let sandbox = Sandbox::with(&[]);
    for i in 0..40 {
        sandbox.write(&format!("{:02}/p{i}.json", i % 7), if i % 3 == 0 { GOOD } else { PASS_ROLE });
        sandbox.write(&format!("{:02}/cut{i}.json", i % 5), "{\"Statement\":[");
    }
    for format in
        ["text", "concise", "json", "ndjson", "sarif", "junit", "github", "gitlab", "markdown", "html", "csv", "ocsf", "asff"]
    {
        let first = sandbox.run(&["check", "--as-of", "2026-11-26", "--format", format]).ends(1).stdout;
        for jobs in ["1", "2", "5"] {
            let again = sandbox.run(&["check", "--as-of", "2026-11-26", "--format", format, "--jobs", jobs]).ends(1).stdout;
            assert!(first == again, "{format} differs with {jobs} jobs");
        }
    }
}

#[test]
fn a_closed_pipe_is_success() {
    let mut policy = String::from("{\"Version\":\"2012-10-17\",\"Statement\":[");
    for i in 0..3000 {
        let comma = if i == 0 { "" } else { "," };
        let _ =
            write!(policy, "{comma}\n{{\"Sid\":\"S{i}\",\"Effect\":\"Allow\",\"Action\":\"iam:PassRole\",\"Resource\":\"*\"}}");
    }
    policy.push_str("]}");
    let sandbox = Sandbox::with(&[("big.json", &policy)]);
    for format in ["text", "concise", "json", "ndjson", "sarif"] {
        let mut command = command(sandbox.path());
        let mut child = command
            .args(["check", "big.json", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut out = child.stdout.take().expect("a pipe");
        let mut some = [0; 10];
        out.read_exact(&mut some).expect("some output");
        drop(out);
        let output = child.wait_with_output().expect("the program ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*stderr), (Some(0), ""), "{format}");
    }
}

#[test]
fn completions_and_manual() {
    let sandbox = Sandbox::with(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        sandbox.run(&["completions", shell]).ends(0).says("palisade");
    }
    sandbox.run(&["completions", "tcsh"]).ends(2);
    sandbox.run(&["man"]).ends(0).says(".TH palisade").says("Exit codes");
}

#[test]
fn init_writes_files_that_work_and_keeps_what_is_there() {
    let sandbox = Sandbox::with(&[("bad.json", PASS_ROLE)]);
    sandbox.run(&["init"]).ends(0).complains("wrote").complains("next: palisade check");
    sandbox.run(&["check"]).ends(1);
    let text = sandbox.read("palisade.yaml");
    sandbox.run(&["init"]).ends(2).complains("is there already");
    sandbox.run(&["init", "--pre-commit"]).ends(2);
    assert_eq!(sandbox.read("palisade.yaml"), text);
    let fresh = Sandbox::with(&[]);
    fresh.run(&["init", "--pre-commit"]).ends(0);
    assert!(fresh.read(".pre-commit-config.yaml").contains("id: palisade"));
    fresh.run(&["init", "no/such/folder"]).ends(2);
}

#[test]
fn every_setting_that_init_suggests_is_understood() {
    let sandbox = Sandbox::with(&[("bad.json", PASS_ROLE), ("rules/.keep", "")]);
    sandbox.run(&["init"]).ends(0);
    let text = sandbox.read("palisade.yaml");
    let lines = text.lines().map(|line| {
        let hint = line.trim_start().strip_prefix("# ").filter(|l| !l.starts_with("yaml-language") && !l.contains("./rules"));
        let indent = line.len() - line.trim_start().len();
        hint.filter(|l| l.contains(": ") || l.ends_with(':') || l.starts_with("- ")).map_or_else(
            || if line.trim_start().starts_with('#') { String::new() } else { line.replace("context: []", "context:") },
            |l| format!("{}{l}", " ".repeat(indent)),
        )
    });
    let uncommented: Vec<String> = lines.filter(|l| !l.is_empty() && !l.ends_with('.')).collect();
    sandbox.write("palisade.yaml", uncommented.join("\n"));
    sandbox.run(&["check", "--as-of", "2026-10-01"]).ends(1);
}

#[test]
fn catalog_answers() {
    let sandbox = Sandbox::with(&[]);
    sandbox.run(&["catalog"]).ends(0).says("services, ").says("as of 20");
    sandbox.run(&["catalog", "s3:GetObject"]).ends(0).says("s3:GetObject ").does_not_say("s3:GetObjectAcl");
    sandbox.run(&["catalog", "S3:getobject*"]).ends(0).says("s3:GetObjectAcl");
    sandbox.run(&["catalog", "s4:GetObject"]).ends(2).complains("did you mean");
    let json = sandbox.run(&["catalog", "--format", "json"]).ends(0).json();
    assert!(json["actions"].as_u64() > Some(10_000), "{json}");
    let json = sandbox.run(&["catalog", "iam:PassRole", "--format", "json"]).ends(0).json();
    assert_eq!(json[0]["action"], "iam:PassRole");
}

#[test]
fn standard_input_is_checked_like_a_file() {
    let sandbox = Sandbox::with(&[]);
    let check = |args: &[&str], text: &str| run_with_stdin(sandbox.path(), args, text.as_bytes());
    check(&["check", "-"], PASS_ROLE).ends(1).says("<stdin>:4:");
    check(&["check", "-"], GOOD).ends(0);
    check(&["check", "-", "--stdin-filename", "policies/a.json"], PASS_ROLE).ends(1).says("policies/a.json:4:");
    check(&["check", "-"], "").ends(4);
    check(&["check", "-"], "{\"Statement\":[").ends(4);
    check(&["check", "-"], "{\"a\":1}").ends(3);
    check(&["check", "-", "--skip-unrecognised"], "{\"a\":1}").ends(0);
    check(&["check", "-", "--kind", "scp"], PASS_ROLE).ends(0);
}

#[test]
fn the_name_given_to_standard_input_is_seen_by_the_project_file() {
    let config = "context:\n  - { file: \"scps/*\", kind: scp }\n";
    let sandbox = Sandbox::with(&[("palisade.yaml", config)]);
    let args = ["check", "-", "--stdin-filename", "scps/a.json"];
    run_with_stdin(sandbox.path(), &args, PASS_ROLE.as_bytes()).ends(0).says("1 service-control-policy");
}

#[test]
fn a_name_on_the_command_line_cannot_speak_to_the_terminal() {
    let sandbox = Sandbox::with(&[]);
    let run = run(sandbox.path(), &["check", "no\u{1b}31m\n::error::x.json"]).ends(3);
    assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains("\n::error::"), "{}", run.stderr);
}

/// `--output /dev/stdout` or a pipe is written to; only plain files are replaced.
#[cfg(unix)]
#[test]
fn a_report_goes_into_a_pipe_and_not_in_its_place() {
    use std::os::unix::fs::FileTypeExt;
    use std::process::Command;
    let sandbox = one_bad();
    let pipe = sandbox.path().join("pipe");
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()) {
        return;
    }
    let mut reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().expect("cat starts");
    sandbox.run(&["check", "bad.json", "--output", "pipe"]).ends(1);
    let still = std::fs::metadata(&pipe).is_ok_and(|m| m.file_type().is_fifo());
    if !still {
        let _ = reader.kill();
    }
    let output = reader.wait_with_output().expect("cat ends");
    assert!(still, "the pipe was replaced by a file");
    assert!(String::from_utf8_lossy(&output.stdout).contains("pass-role-with-star-in-resource"));
}

#[test]
fn the_project_file_takes_issue_codes_of_access_analyzer() {
    let code = "PASS_ROLE_WITH_STAR_IN_RESOURCE";
    let sandbox = one_bad();
    for off in [
        format!("rules: {{ {code}: off }}\n"),
        format!("overrides: [{{ file: \"*.json\", rules: {{ {code}: off }} }}]\n"),
        format!("allow_permanent: true\nsuppressions: [{{ rule: {code}, reason: known }}]\n"),
    ] {
        // Our own rule of the same meaning speaks where AWS's is off.
        sandbox.write("palisade.yaml", &off);
        sandbox.run(&["check", "--ignore", "pass-role-any", "bad.json"]).ends(0);
    }
    sandbox.write("palisade.yaml", format!("rules: {{ {code}: on }}\n"));
    sandbox.run(&["check", "bad.json"]).ends(1);
    sandbox.write("palisade.yaml", "strict: false\n");
    let size = ["check", "bad.json", "--param", "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA.limit=10"];
    sandbox.run(&size).ends(1).says("policy-size-exceeds-identity-policy-quota");
}

#[test]
fn a_selection_from_packs_that_are_not_in_use_is_no_all_clear() {
    let sandbox = one_bad();
    for select in ["risk", "privilege-escalation", "recommended, resource-exposure"] {
        sandbox.write("palisade.yaml", format!("select: [{select}]\n"));
        sandbox.run(&["check", "bad.json"]).ends(2).complains("select");
    }
    sandbox.write("palisade.yaml", "extends: [palisade:risk]\nselect: [resource-exposure]\n");
    sandbox.run(&["check", "bad.json"]).says("1 rule applied");
}
