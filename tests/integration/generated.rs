//! Files made from other files are current. `PALISADE_UPDATE=1 cargo test generated` writes them anew.

use crate::common::{differs, files_below, none_differ, read, repo, run};
use palisade::document::{Document, Node, yaml};
use palisade::extract::facts;
use palisade::rule::Registry;
use palisade::rule::bundle::{self, pack};
use palisade::rule::registry::Wishes;
use std::fmt::Write;

/// Every file under `rules/`, path and text.
fn rule_files() -> Vec<(String, String)> {
    let all = files_below("rules").into_iter().filter(|f| f.ends_with(".yaml"));
    all.map(|f| (f.clone(), read(&f).replace("\r\n", "\n"))).collect()
}

#[test]
fn bundled_rules_are_the_rule_files() {
    let packed = pack(&rule_files());
    let files = [
        ("src/rule/data/index.json", packed.index),
        ("src/rule/data/bundled.jsonl", packed.rules),
        ("src/rule/data/sources.json", packed.sources),
    ];
    none_differ(&files.iter().filter_map(|(name, text)| differs(name, text)).collect::<Vec<_>>());
}

#[test]
fn bundled_sources_read_back_as_written() {
    assert_eq!(bundle::sources(), rule_files());
}

#[test]
fn readme_help_is_current() {
    if !repo().join("README.md").exists() {
        return;
    }
    let text = read("README.md").replace("\r\n", "\n");
    let wanted = with_help(&text).expect("README.md has a block between `<!-- help -->` and `<!-- /help -->`");
    none_differ(&differs("README.md", &wanted).into_iter().collect::<Vec<_>>());
}

/// The README with the help of `palisade check` between its markers.
pub fn with_help(readme: &str) -> Option<String> {
    let (before, rest) = readme.split_once("<!-- help -->\n")?;
    let (_, after) = rest.split_once("<!-- /help -->")?;
    let help = run(&repo(), &["check", "--help"]).ends(0).stdout;
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    Some(format!("{before}<!-- help -->\n```text\n{}\n```\n<!-- /help -->{after}", help.join("\n").trim_end()))
}

#[test]
fn facts_are_those_that_rules_can_ask_for() {
    if !repo().join("docs/rule-language.md").exists() {
        return;
    }
    let text = read("docs/rule-language.md").replace("\r\n", "\n");
    let wanted = with_facts(&text).expect("the page has a block between `<!-- facts -->` and `<!-- /facts -->`");
    none_differ(&differs("docs/rule-language.md", &wanted).into_iter().collect::<Vec<_>>());
}

/// The page of the rule language with the table of facts between its markers.
fn with_facts(page: &str) -> Option<String> {
    let (before, rest) = page.split_once("<!-- facts -->\n")?;
    let (_, after) = rest.split_once("<!-- /facts -->")?;
    let rows: String = facts::NAMES.iter().map(|(name, what)| format!("| `{name}` | {what} |\n")).collect();
    Some(format!("{before}<!-- facts -->\n| fact | value |\n| --- | --- |\n{rows}<!-- /facts -->{after}"))
}

#[test]
fn rule_index_is_current() {
    if !repo().join("docs/rules.md").exists() {
        return;
    }
    none_differ(&differs("docs/rules.md", &rule_index()).into_iter().collect::<Vec<_>>());
}

/// The page that lists every bundled rule.
pub fn rule_index() -> String {
    let all = Wishes { select: vec!["*".to_owned()], ..Wishes::default() };
    let registry = Registry::build(&[], &all).expect("the bundled rules compile");
    let files = rule_files();
    let packs = files.iter().filter(|(path, _)| path.ends_with("/pack.yaml"));
    let mut out = String::from(
        "# Rules\n\nMade from the files under `rules/`; `palisade rules show ID` prints the same. Each rule file also holds its tests.\n",
    );
    for (path, text) in packs {
        let document = yaml::parse(text.clone());
        let name = bundle::pack_of(path);
        let _ = write!(
            out,
            "\n## {}\n\n`palisade:{name}`. {}\n",
            text_of(&document, "title"),
            flow(&text_of(&document, "description"))
        );
        out.push_str("\n| rule | severity | what |\n| --- | --- | --- |\n");
        let rules: Vec<_> = registry.rules().iter().filter(|a| &*a.head.pack == name).collect();
        for active in &rules {
            let meta = &active.rule().meta;
            let _ = writeln!(out, "| [`{0}`](#{0}) | {1} | {2} |", meta.id, meta.severity, cell(&meta.title));
        }
        for active in rules {
            let file = files.iter().find(|(path, _)| path.ends_with(&format!("/{}.yaml", active.head.id)));
            let (_, text) = file.expect("a rule has a file");
            out.push_str(&section(&yaml::parse(text.clone()), name));
        }
    }
    out
}

fn section(document: &Document, pack: &str) -> String {
    let of = |key: &str| text_of(document, key);
    let mut out = format!("\n### {}\n\n{}.\n\n", of("id"), of("title"));
    let _ = writeln!(out, "Severity {}, confidence {}, {}, pack `{pack}`.", of("severity"), of("confidence"), of("category"));
    if let Some(sort) = document.root().and_then(|root| root.get("aws_type")) {
        let _ = writeln!(out, "Access Analyzer calls it `{}`, {}.", of("check"), sort.scalar());
    }
    let _ = write!(out, "\n**Why.** {}\n\n**Instead.** {}\n", flow(&of("rationale")), flow(&of("remediation")));
    let Some(root) = document.root() else { return out };
    if let Some(params) = root.get("params") {
        out.push_str("\n| parameter | type | default | |\n| --- | --- | --- | --- |\n");
        for (name, spec) in params.members() {
            let text = |key: &str| spec.get(key).map(Node::scalar).unwrap_or_default();
            let default = spec.get("default").map_or_else(|| "required".to_owned(), |d| format!("`{}`", shown(d)));
            let _ = writeln!(
                out,
                "| `{}` | `{}` | {} | {} |",
                name.scalar(),
                text("type"),
                cell(&default),
                cell(text("description"))
            );
        }
    }
    for (verdict, word) in [("fail", "Reported"), ("pass", "Accepted")] {
        let cases = root.get("tests").into_iter().flat_map(Node::elements);
        let mut fitting = cases.filter(|c| c.get("expect").is_some_and(|e| e.scalar() == verdict) && c.get("doc").is_some());
        if let Some(case) = fitting.next() {
            let text = |key: &str| case.get(key).map(Node::scalar).unwrap_or_default();
            let _ = write!(out, "\n{word}: {}\n\n```json\n{}\n```\n", text("name"), text("doc").trim());
        }
    }
    let references: Vec<_> =
        root.get("references").into_iter().flat_map(Node::elements).map(|r| format!("- <{}>", r.scalar())).collect();
    if !references.is_empty() {
        let _ = write!(out, "\n{}\n", references.join("\n"));
    }
    out
}

fn text_of(document: &Document, key: &str) -> String {
    document.root().and_then(|r| r.get(key)).map(|n| n.scalar().trim().to_owned()).unwrap_or_default()
}

/// Prose without the line breaks of the rule file, paragraphs kept.
fn flow(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn shown(node: Node<'_>) -> String {
    if node.is_scalar() {
        return node.scalar().to_owned();
    }
    format!("[{}]", node.elements().map(Node::scalar).collect::<Vec<_>>().join(", "))
}
