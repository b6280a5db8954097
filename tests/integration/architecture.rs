//! The house rules a compiler does not know: arrows point down, files stay short, each outside thing has one home.

use crate::common::{files_below, read};

/// The floors, from the ground up: each may import those before it.
const FLOORS: [&str; 23] = [
    "span",
    "text",
    "catalog",
    "document",
    "source",
    "policy",
    "finding",
    "extract",
    "organization",
    "evaluate",
    "certificate",
    "proof",
    "guardrail",
    "algebra",
    "check",
    "rule",
    "audit",
    "report",
    "config",
    "scan",
    "fetch",
    "cli",
    "command",
];

/// Longest file, in lines above its tests.
const LONGEST: usize = 500;

/// A source file of the program, without its tests.
struct Source {
    name: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let files = files_below("src").into_iter().filter(|f| f.ends_with(".rs") && !f.ends_with("_tests.rs"));
    let all: Vec<_> = files.map(|name| Source { code: code_of(&read(&name)), name }).collect();
    assert!(all.len() > 50, "the sources moved");
    all
}

/// What stands above the tests at the foot of a file.
fn code_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let end =
        lines.iter().position(|l| l.trim_end() == "#[cfg(test)]").filter(|&i| is_tests(lines.get(i + 1..).unwrap_or_default()));
    lines.get(..end.unwrap_or(lines.len())).unwrap_or_default().join("\n")
}

fn is_tests(after: &[&str]) -> bool {
    after.iter().take(2).any(|l| l.contains("mod tests"))
}

/// The floor a file belongs to: `src/rule/eval.rs` and `src/rule.rs` belong to `rule`.
fn floor(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// Lines that are no comment, numbered.
fn lines(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().map(|(i, l)| (i + 1, l)).filter(|(_, l)| !l.trim_start().starts_with("//"))
}

/// The modules a line takes from the crate's root.
fn imported(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default())
}

/// Every line outside `homes` that holds one of the words.
fn strays(words: &[&str], homes: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|s| !homes.iter().any(|h| s.name.starts_with(h))) {
        for (number, line) in lines(&source.code) {
            if words.iter().any(|w| line.contains(w)) {
                found.push(format!("{}:{number}: {}", source.name, line.trim()));
            }
        }
    }
    found
}

#[track_caller]
fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|s| !matches!(s.name.as_str(), "src/lib.rs" | "src/main.rs")) {
        let here = floor(&source.name);
        let height = FLOORS.iter().position(|f| *f == here);
        let Some(height) = height else {
            wrong.push(format!("{}: `{here}` has no floor", source.name));
            continue;
        };
        for (number, line) in lines(&source.code) {
            for module in imported(line) {
                let below = FLOORS.iter().position(|f| *f == module).is_some_and(|h| h <= height);
                if !below {
                    wrong.push(format!("{}:{number}: {here} imports {module}", source.name));
                }
            }
        }
    }
    none(&wrong, "a folder imports only the floors below it, by name");
}

#[test]
fn the_library_lists_its_modules_from_the_ground_up() {
    let declared: Vec<String> = read("src/lib.rs")
        .lines()
        .filter_map(|l| l.strip_prefix("pub mod ").and_then(|l| l.strip_suffix(';')).map(str::to_owned))
        .collect();
    assert_eq!(declared, FLOORS);
}

#[test]
fn files_are_short_and_say_what_they_own() {
    let mut wrong = Vec::new();
    for source in sources() {
        let length = source.code.lines().count();
        if length > LONGEST {
            wrong.push(format!("{}: {length} lines", source.name));
        }
        if !source.code.starts_with("//! ") {
            wrong.push(format!("{}: no `//!` at the top", source.name));
        }
    }
    none(&wrong, "no file over 500 lines above its tests, and each opens with what it owns");
}

#[test]
fn only_the_source_folder_touches_the_disk() {
    let words = ["std::fs", "fs::read", "fs::write", "File::open", "File::create", "fs::canonicalize"];
    none(&strays(&words, &["src/source/"]), "read and write through `source`");
}

#[test]
fn only_the_source_folder_starts_programs() {
    none(&strays(&["process::Command", "process::Child"], &["src/source/"]), "ask a program through `source`");
}

#[test]
fn only_the_command_line_knows_clap() {
    let found =
        strays(&["clap::", "clap_complete", "clap_mangen"], &["src/cli.rs", "src/cli/", "src/command/mod.rs", "src/main.rs"]);
    none(&found, "commands see settings, not clap");
}

#[test]
fn only_the_text_report_knows_ariadne() {
    none(
        &strays(&["ariadne::"], &["src/report/text.rs", "src/report/snippet.rs", "src/report/frame.rs"]),
        "draw through `report`",
    );
}

#[test]
fn nothing_prints_past_the_writers() {
    let words = ["println!", "eprintln!", "print!(", "eprint!(", "process::exit", "io::stdout()", "io::stderr()"];
    none(&strays(&words, &["src/main.rs"]), "write to the writer you were handed");
}

#[test]
fn nothing_opens_a_socket() {
    none(
        &strays(&["TcpStream", "TcpListener", "UdpSocket", "ToSocketAddrs", "reqwest", "hyper::"], &[]),
        "check opens no socket",
    );
}

#[test]
fn debris_is_swept() {
    none(&strays(&["todo!", "FIXME", "XXX", "dbg!("], &[]), "finish it or leave it out");
}
