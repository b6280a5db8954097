//! Whole inputs with the report beside them: `fixtures/policies/x.json` or the folder `fixtures/policies/x`, and
//! `fixtures/policies/x.txt`. `PALISADE_UPDATE=1` rewrites the reports.

use crate::common::{differs, none_differ, repo, run};
use std::fs;

/// Files and folders right below a folder of fixtures, as paths from the package's folder, sorted.
fn cases(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(repo().join(folder)).expect("the fixtures");
    let names = entries.map(|e| e.expect("an entry").file_name().into_string().expect("a plain name"));
    let mut names: Vec<_> = names.filter(|n| !n.ends_with(".txt")).map(|n| format!("{folder}/{n}")).collect();
    names.sort();
    assert!(names.len() > 10, "{folder} lost its fixtures");
    names
}

/// The report of one case, exit code first, and where it is kept.
fn report(case: &str) -> (String, String, i32) {
    let run = run(&repo(), &["check", "--config", "fixtures/palisade.yaml", case]);
    let mut text = format!("exit code {}\n\n{}", run.code, run.stdout);
    if !run.stderr.is_empty() {
        text.push_str("\nstandard error:\n");
        text.push_str(&run.stderr);
    }
    let stem = case.strip_suffix(".json").unwrap_or(case);
    (format!("{stem}.txt"), text, run.code)
}

#[test]
fn policies() {
    let messages = cases("fixtures/policies").into_iter().filter_map(|case| {
        let (file, text, code) = report(&case);
        assert!(matches!(code, 0 | 1), "{case} ended with {code}\n{text}");
        differs(&file, &text)
    });
    none_differ(&messages.collect::<Vec<_>>());
}

#[test]
fn malformed() {
    let messages = cases("fixtures/malformed").into_iter().filter_map(|case| {
        let (file, text, code) = report(&case);
        assert!(matches!(code, 1 | 4), "{case} ended with {code}\n{text}");
        assert!(
            text.contains("incomplete") && (text.contains("  help: ") || text.contains("  fix: ")),
            "{case} gives no cure\n{text}"
        );
        let points = text.contains(&format!("[ {case}:"));
        assert!(points || case.ends_with("damaged.json.gz"), "{case} points nowhere\n{text}");
        differs(&file, &text)
    });
    none_differ(&messages.collect::<Vec<_>>());
}

#[test]
fn malformed_files_are_never_green_in_a_folder_either() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for case in cases("fixtures/malformed") {
        let name = case.rsplit('/').next().expect("a name");
        let place = folder.path().join(name);
        fs::copy(repo().join(&case), &place).expect("a copy");
        let run = run(folder.path(), &["check", "--format", "concise", "."]);
        assert!(matches!(run.code, 1 | 4), "{case} ended with {}\n{}{}", run.code, run.stdout, run.stderr);
        fs::remove_file(place).expect("the copy goes");
    }
}

#[test]
fn nothing_hostile_reaches_a_report_raw() {
    for format in
        ["text", "concise", "json", "ndjson", "sarif", "junit", "github", "gitlab", "markdown", "html", "csv", "ocsf", "asff"]
    {
        for case in
            ["fixtures/policies/hostile-text.json", "fixtures/malformed/control-character.json", "fixtures/malformed/nul.json"]
        {
            let run = run(&repo(), &["check", "--config", "fixtures/palisade.yaml", "--verbose", "--format", format, case]);
            let stdout = if format == "csv" { run.stdout.replace("\r\n", "\n") } else { run.stdout.clone() };
            let bad = stdout
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'));
            let line = bad.and_then(|bad| run.stdout.lines().find(|l| l.contains(bad)));
            assert_eq!(bad, None, "{format} of {case}: {}", line.unwrap_or_default());
            assert!(!run.stdout.lines().any(|l| l.starts_with("::error file=x")), "{format} of {case}: a workflow command");
            // Within a fence Markdown is text.
            let outside: Vec<&str> = run.stdout.split("```").step_by(if format == "markdown" { 2 } else { 1 }).collect();
            let markup = matches!(format, "junit" | "markdown") && outside.concat().contains("<script>")
                || format == "html" && run.stdout.matches("<script").count() != 2;
            assert!(!markup, "{format} of {case}: markup\n{}", run.stdout);
        }
    }
}
