//! What is read: folders, globs, ignore files, gzip, links, files that hold no policy, contexts.

use crate::common::{GOOD, PASS_ROLE, Sandbox, run};
use std::fs;

#[test]
fn folders_are_walked_for_json_and_yaml() {
    let sandbox = Sandbox::with(&[
        ("a.json", GOOD),
        ("deep/er/b.json", PASS_ROLE),
        ("c.txt", PASS_ROLE),
        ("d.yaml", "Version: \"2012-10-17\"\nStatement:\n  Effect: Deny\n  Action: s3:*\n  Resource: \"*\"\n"),
        ("d.helm.yaml", "a: {{ .Values.arn }}\nb: arn:aws:s3:::x"),
        ("palisade.yaml", "fail_on: medium"),
        ("e.JSON", GOOD),
    ]);
    sandbox.run(&["check"]).ends(1).says("deep/er/b.json:4:").says("4 documents");
    sandbox.run(&["check", "deep"]).ends(1).says("1 document,");
    sandbox.run(&["check", "a.json", "./a.json", "."]).ends(1).says("4 documents");
}

#[test]
fn ignore_files_are_honoured_unless_told_otherwise() {
    let sandbox = Sandbox::with(&[
        (".gitignore", "build/\n"),
        (".ignore", "old.json\n"),
        ("build/a.json", PASS_ROLE),
        ("old.json", PASS_ROLE),
        ("good.json", GOOD),
    ]);
    sandbox.run(&["check"]).ends(0).says("1 document,");
    sandbox.run(&["check", "--no-ignore"]).ends(1).says("3 documents");
    // What is named is read.
    sandbox.run(&["check", "build/a.json"]).ends(1);
}

#[test]
fn exclude_leaves_out() {
    let sandbox = Sandbox::with(&[("vendor/a.json", PASS_ROLE), ("b.test.json", PASS_ROLE), ("good.json", GOOD)]);
    sandbox.run(&["check", "--exclude", "vendor", "--exclude", "*.test.json"]).ends(0).says("1 document,");
    sandbox.write("palisade.yaml", "exclude: [vendor, \"*.test.json\"]\n");
    sandbox.run(&["check"]).ends(0).says("1 document,");
    sandbox.run(&["check", "vendor/a.json"]).ends(1);
    let run = sandbox.run(&["check", "--exclude", "a[", "good.json"]);
    assert_ne!(run.code, 0, "a pattern that means nothing passes unseen: {run:?}");
}

#[test]
fn globs_are_expanded_here_when_the_shell_does_not() {
    let sandbox = Sandbox::with(&[("a/x.json", PASS_ROLE), ("a/b/y.json", PASS_ROLE), ("c/z.json", GOOD), ("c/notes.txt", "")]);
    sandbox.run(&["check", "a/*.json"]).ends(1).says("1 document,");
    sandbox.run(&["check", "a/**/*.json"]).ends(1).says("2 documents");
    sandbox.run(&["check", "c/*"]).ends(0).says("1 document,");
    sandbox.run(&["check", "{a,c}/*.json"]).ends(1).says("2 documents");
    sandbox.run(&["check", "d/*.json"]).ends(3).complains("no file matches");
}

#[test]
fn gzip_is_unpacked() {
    let sandbox = Sandbox::with(&[]);
    sandbox.write("packed.json.gz", gzip(PASS_ROLE.as_bytes()));
    sandbox.run(&["check"]).ends(1).says("packed.json.gz:4:");
    sandbox.write("packed.json.gz", &gzip(PASS_ROLE.as_bytes())[..40]);
    sandbox.run(&["check"]).ends(4).says("packed.json.gz");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

#[test]
fn other_json_is_counted_in_a_walk_and_an_error_when_named() {
    let sandbox = Sandbox::with(&[("package.json", "{\"name\":\"x\"}"), ("good.json", GOOD), ("list.json", "[1,2]")]);
    sandbox.run(&["check"]).ends(0).says("2 files unrecognised").does_not_say("package.json");
    sandbox.run(&["check", "-v"]).ends(0).says("no policy recognised in: list.json, package.json");
    sandbox.run(&["check", "package.json"]).ends(3).complains("`package.json` holds no policy that is known");
    sandbox.run(&["check", "good.json", "package.json"]).ends(3);
    sandbox.run(&["check", "--skip-unrecognised", "good.json", "package.json"]).ends(0).says("1 file unrecognised");
    sandbox.run(&["check", "--skip-unrecognised", "package.json"]).ends(0);
    // Only unrecognised files, found on a walk: looked at, and said so.
    sandbox.run(&["check", "--exclude", "good.json"]).ends(0).says("2 files unrecognised");
}

#[test]
fn a_broken_file_that_is_no_policy_does_not_fail_a_walk_but_a_named_one_does() {
    let sandbox = Sandbox::with(&[("tsconfig.json", "{ \"a\": 1, // comment\n}"), ("good.json", GOOD)]);
    sandbox.run(&["check"]).ends(0).says("1 file unrecognised");
    sandbox.run(&["check", "tsconfig.json"]).ends(4);
    sandbox.run(&["check", "--skip-unrecognised", "tsconfig.json"]).ends(0);
}

#[test]
fn a_size_limit_is_a_limit() {
    let big = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[],\"x\":\"{}\"}}", "a".repeat(2 << 20));
    let sandbox = Sandbox::with(&[("big.json", &big)]);
    sandbox.run(&["check", "--max-size", "1"]).ends(4).says("larger than 1048576 bytes");
    sandbox.run(&["check", "--max-size", "3"]).does_not_say("larger than");
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_and_reported_when_they_lead_out() {
    let outside = Sandbox::with(&[("secret.json", PASS_ROLE)]);
    let sandbox = Sandbox::with(&[("real/a.json", PASS_ROLE)]);
    std::os::unix::fs::symlink("real/a.json", sandbox.path().join("link.json")).expect("a link");
    sandbox.run(&["check"]).ends(1);
    fs::remove_dir_all(sandbox.path().join("real")).expect("gone");
    sandbox.run(&["check"]).ends(4).says("symbolic link to nothing");
    fs::remove_file(sandbox.path().join("link.json")).expect("gone");
    std::os::unix::fs::symlink(outside.path().join("secret.json"), sandbox.path().join("out.json")).expect("a link");
    sandbox.run(&["check"]).ends(4).says("leads elsewhere").does_not_say("pass-role-any");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_not_green() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with(&[("good.json", GOOD), ("closed.json", GOOD)]);
    let closed = sandbox.path().join("closed.json");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closed");
    if fs::read(&closed).is_ok() {
        // The superuser reads everything.
        return;
    }
    sandbox.run(&["check"]).ends(4).says("cannot read `closed.json`");
    sandbox.run(&["check", "closed.json"]).ends(4);
}

#[test]
fn the_kind_is_said_by_option_by_project_file_or_by_name() {
    let sandbox = Sandbox::with(&[("a.json", PASS_ROLE), ("scps/b.json", PASS_ROLE), ("boundaries/c.json", PASS_ROLE)]);
    sandbox.run(&["check", "a.json"]).says("1 identity-policy assumed");
    sandbox.run(&["check", "scps"]).ends(0).says("1 service-control-policy)");
    sandbox.run(&["check", "boundaries"]).says("1 permissions-boundary)");
    for (said, kind) in
        [("scp", "service-control-policy"), ("session-policy", "session-policy"), ("rcp", "resource-control-policy")]
    {
        sandbox.run(&["check", "a.json", "--kind", said]).says(&format!("1 {kind})"));
    }
    sandbox.write("palisade.yaml", "context:\n  - { file: \"a.json\", kind: permissions-boundary }\n");
    sandbox.run(&["check", "a.json"]).says("1 permissions-boundary)");
    sandbox.run(&["check", "a.json", "--kind", "identity-policy"]).says("1 identity-policy)");
}

#[test]
fn the_project_file_holds_for_folders_below_it() {
    let sandbox = Sandbox::with(&[
        ("palisade.yaml", "context:\n  - { file: \"guard/*.json\", kind: scp }\n"),
        ("guard/a.json", PASS_ROLE),
        ("guard/deeper/b.json", PASS_ROLE),
    ]);
    sandbox.run(&["check", "guard/a.json"]).ends(0).says("service-control-policy");
    let below = sandbox.path().join("guard");
    run(&below, &["check", "a.json"]).ends(0).says("service-control-policy");
    run(&below, &["check", "deeper"]).ends(1);
    run(&below.join("deeper"), &["check", "../a.json"]).ends(0).says("service-control-policy");
    run(&below.join("deeper"), &["check", &*sandbox.path().join("guard/a.json").to_string_lossy()]).ends(0);
}

#[test]
fn policies_of_one_folder_guard_together() {
    let deny = |actions: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":[{actions}],"Resource":"*"}}}}"#)
    };
    let first = deny("\"rekognition:CreateProject*\",\"rekognition:DeleteProject*\",\"rekognition:StartProject*\"");
    let sandbox = Sandbox::with(&[("scps/first.json", &first)]);
    sandbox.run(&["check"]).ends(1).says("project-lifecycle-not-denied");
    sandbox.write("scps/second.json", deny("\"rekognition:StopProject*\""));
    sandbox.run(&["check"]).ends(0);
    sandbox.write("elsewhere/scps/third.json", deny("\"rekognition:CreateProject*\""));
    sandbox.run(&["check"]).ends(1).says("elsewhere/scps");
}

#[test]
fn a_file_name_can_be_hostile_too() {
    let sandbox = Sandbox::with(&[]);
    let name = "a\u{1b}[31m\u{202e}b.json";
    if fs::write(sandbox.path().join(name), PASS_ROLE).is_err() {
        return;
    }
    for format in
        ["text", "concise", "json", "ndjson", "sarif", "junit", "github", "gitlab", "markdown", "html", "csv", "ocsf", "asff"]
    {
        let run = sandbox.run(&["check", "--format", format]).ends(1);
        let raw = run.stdout.contains(['\u{1b}', '\u{202e}']);
        assert!(!raw, "{format}:\n{}", run.stdout);
    }
}

#[test]
fn two_policies_in_one_document_are_a_slip_and_in_lines_they_are_two() {
    let two = format!("{}\n{}\n", GOOD.replace('\n', ""), PASS_ROLE.replace('\n', ""));
    let sandbox = Sandbox::with(&[("two.json", &two), ("two.jsonl", &two)]);
    sandbox.run(&["check", "two.json"]).says("text-after-value");
    sandbox.run(&["check", "two.jsonl"]).ends(1).says("2 policies").says("0 incomplete");
    // A list of policies is none: whoever says that it is one is told so.
    sandbox.write("list.json", format!("[{}]", GOOD.trim()));
    sandbox.run(&["check", "--kind", "identity-policy", "list.json"]).says("data-type-mismatch");
}
