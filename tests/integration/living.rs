//! Living with findings: baselines and suppressions.

use crate::common::{PASS_ROLE, Sandbox};

const ADMIN: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Admin","Effect":"Allow","Action":"*","Resource":"*"}]}"#;

#[test]
fn a_baseline_takes_what_is_known_out_of_the_count() {
    let sandbox = Sandbox::with(&[("a.json", PASS_ROLE), ("b.json", ADMIN)]);
    sandbox.run(&["check", "--write-baseline"]).ends(0).complains("wrote 4 findings to");
    let text = sandbox.read("palisade-baseline.json");
    sandbox.run(&["check"]).ends(1);
    let baseline = ["check", "--baseline", "palisade-baseline.json"];
    sandbox.run(&baseline).ends(0).says("0 findings; 4 suppressed");
    // Twice the same.
    sandbox.run(&["check", "--write-baseline"]).ends(0);
    assert_eq!(sandbox.read("palisade-baseline.json"), text);
    // Layout, order and edits elsewhere keep the match.
    let edited = PASS_ROLE
        .replace("\"Statement\": [", "\"Statement\": [\n    {\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"*\"},");
    sandbox.write("a.json", edited.replace("\"Action\": \"iam:PassRole\"", "\"Action\": [ \"iam:passrole\" ]"));
    sandbox.run(&baseline).ends(0).says("4 suppressed");
    // A new violation is reported, the known ones stay quiet.
    sandbox.write("c.json", ADMIN);
    sandbox.run(&baseline).ends(1).says("c.json:1:").says("3 findings: 2 high, 1 medium; 4 suppressed").does_not_say("a.json:");
    // So is a second one in a known file.
    std::fs::remove_file(sandbox.path().join("c.json")).expect("gone");
    sandbox.write("b.json", ADMIN.replace("]}", ",{\"Effect\":\"Allow\",\"Action\":\"iam:PassRole\",\"Resource\":\"*\"}]}"));
    sandbox.run(&baseline).ends(1).says("pass-role-with-star-in-resource").says("4 suppressed");
}

#[test]
fn findings_of_the_baseline_that_are_gone_are_named() {
    let sandbox = Sandbox::with(&[("a.json", PASS_ROLE), ("b.json", ADMIN), ("palisade.yaml", "baseline: known.json\n")]);
    sandbox.run(&["check", "--write-baseline"]).ends(0).complains("known.json");
    sandbox.run(&["check"]).ends(0).does_not_say("PAL903");
    sandbox.write(
        "b.json",
        ADMIN.replace("\"*\"", "\"arn:aws:s3:::b/*\"").replace("Action\":\"arn:aws:s3:::b/*", "Action\":\"s3:GetObject"),
    );
    sandbox.run(&["check"]).ends(0).says("PAL903").says("3 findings of the baseline");
    sandbox.run(&["check", "--strict"]).ends(1);
    // Not everything was looked at, so nothing can be said to be gone.
    sandbox.run(&["check", "a.json"]).ends(0).does_not_say("PAL903");
}

#[test]
fn broken_baselines_are_usage_errors() {
    let sandbox = Sandbox::with(&[("a.json", PASS_ROLE), ("broken.json", "{"), ("other.json", "{}")]);
    for file in ["gone.json", "broken.json", "other.json"] {
        sandbox.run(&["check", "a.json", "--baseline", file]).ends(2).complains("--write-baseline");
    }
}

#[test]
fn a_baseline_is_not_written_over_what_could_not_be_read_without_a_word() {
    let sandbox = Sandbox::with(&[("a.json", PASS_ROLE), ("cut.json", "{\"Statement\":[")]);
    sandbox.run(&["check", "--write-baseline"]).ends(4).complains("could not be read");
}

/// A sandbox with one finding and one suppression.
fn suppressing(entry: &str) -> Sandbox {
    let config = format!(
        "suppressions:\n  - {{ rule: pass-role-with-star-in-resource, reason: \"until the split\", owner: team-a, {entry} }}\n"
    );
    Sandbox::with(&[("roles/a.json", PASS_ROLE), ("palisade.yaml", &config)])
}

#[test]
fn a_suppression_holds_until_its_last_day() {
    let sandbox = suppressing("expires: 2026-10-01");
    sandbox.run(&["check", "--as-of", "2026-09-01"]).ends(0).says("0 findings; 1 suppressed");
    sandbox.run(&["check", "--as-of", "2026-10-01"]).ends(0);
    sandbox
        .run(&["check", "--as-of", "2026-10-02"])
        .ends(1)
        .says("PAL901")
        .says("pass-role-with-star-in-resource")
        .says("palisade.yaml:2:");
    let shown = sandbox.run(&["check", "--as-of", "2026-09-01", "-v"]).ends(0);
    assert!(shown.stdout.contains("until the split"), "{}", shown.stdout);
}

#[test]
fn an_expired_suppression_without_a_finding_fails_only_when_strict() {
    let sandbox = suppressing("expires: 2026-10-01");
    sandbox.write("roles/a.json", crate::common::GOOD);
    sandbox.run(&["check", "--as-of", "2026-10-02"]).ends(0).says("PAL901");
    sandbox.run(&["check", "--as-of", "2026-10-02", "--strict"]).ends(1);
}

#[test]
fn an_unused_suppression_is_named_when_everything_was_looked_at() {
    let sandbox = suppressing("where: { name: somebody-else }, expires: 2026-10-01");
    let day = ["--as-of", "2026-09-01"];
    sandbox.run(&["check", day[0], day[1]]).ends(1).says("PAL902");
    sandbox.run(&["check", day[0], day[1], "--fail-on", "critical"]).ends(0).says("PAL902");
    sandbox.run(&["check", day[0], day[1], "--fail-on", "critical", "--strict"]).ends(1);
    sandbox.write("palisade.yaml", format!("strict: true\n{}", sandbox.read("palisade.yaml")));
    sandbox.run(&["check", day[0], day[1], "--fail-on", "critical"]).ends(1);
    sandbox.run(&["check", day[0], day[1], "roles/a.json"]).ends(1).does_not_say("PAL902");
    sandbox.run(&["check", day[0], day[1], "--select", "full-admin"]).ends(0).does_not_say("PAL902");
}

#[test]
fn a_suppression_speaks_of_place_by_sid_and_by_file() {
    for (entry, holds) in [
        ("where: { sid: Pass }", true),
        ("where: { sid: \"P*\" }", true),
        ("where: { sid: pass }", false),
        ("where: { file: \"roles/*.json\" }", true),
        ("where: { file: \"*.json\" }", false),
        ("where: { file: \"**/*.json\", sid: Pass }", true),
        ("where: { file: \"**/*.json\", sid: Other }", false),
    ] {
        let sandbox = suppressing(&format!("{entry}, expires: 2026-10-01"));
        sandbox.run(&["check", "--as-of", "2026-09-01"]).ends(i32::from(!holds));
    }
}

#[test]
fn files_in_suppressions_are_named_from_the_folder_of_the_project_file() {
    let sandbox = suppressing("where: { file: \"roles/*.json\" }, expires: 2026-10-01");
    let below = sandbox.path().join("roles");
    crate::common::run(&below, &["check", "--as-of", "2026-09-01", "a.json"]).ends(0).says("1 suppressed");
}

#[test]
fn the_end_of_a_suppression_has_a_limit() {
    let sandbox = suppressing("expires: 2027-10-01");
    sandbox.run(&["check", "--as-of", "2026-09-01"]).ends(2).complains("max_days");
    sandbox.write("palisade.yaml", format!("max_days: 400\n{}", sandbox.read("palisade.yaml")));
    sandbox.run(&["check", "--as-of", "2026-09-01"]).ends(0);
}
