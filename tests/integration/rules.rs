//! Every rule file does what its own tests say, and is complete.

use crate::common::{files_below, read};
use palisade::check::Code;
use palisade::document::{Document, Node, yaml};
use palisade::rule::active::Head;
use palisade::rule::registry::Wishes;
use palisade::rule::{Registry, inline_test, lint};
use std::collections::BTreeSet;

/// Rule files below a folder, with their text.
fn rule_files(folder: &str) -> Vec<(String, String)> {
    let all = files_below(folder).into_iter().filter(|f| f.ends_with(".yaml") && !f.ends_with("/pack.yaml"));
    all.map(|f| (f.clone(), read(&f))).collect()
}

fn bundled() -> Vec<(String, String)> {
    rule_files("rules")
}

fn root(document: &Document) -> Node<'_> {
    document.root().expect("a rule")
}

#[test]
fn inline_tests_hold() {
    let mut failures = Vec::new();
    for (file, text) in bundled().into_iter().chain(rule_files("fixtures/rules/worked")) {
        let cases = inline_test::run(&text);
        assert!(!cases.is_empty(), "{file} has no tests");
        for case in cases {
            if let Some(failure) = case.failure {
                failures.push(format!("{file}: `{}`: {failure}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_linter_finds_nothing() {
    let mut found = Vec::new();
    for (file, text) in bundled() {
        let (_, problems) = lint::lint(&file, &text);
        found.extend(problems.iter().map(|p| format!("{file}: {}; {}", p.message, p.help)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_rule_is_seen_to_pass_to_fail_at_a_place_and_to_stay_away() {
    let mut missing = Vec::new();
    for (file, text) in bundled() {
        let document = yaml::parse(text);
        let cases: Vec<Node<'_>> = root(&document).get("tests").into_iter().flat_map(Node::elements).collect();
        let expects = |case: &Node<'_>, verdict: &str| case.get("expect").is_some_and(|e| e.scalar() == verdict);
        // A built-in check of every kind of policy stays away from none.
        let kinds = root(&document).get("applies_to").and_then(|a| a.get("kind"));
        let everywhere = root(&document).get("check").is_some() && kinds.is_some_and(|k| k.elements().count() == 8);
        for verdict in ["pass", "not_applicable"] {
            if everywhere && verdict == "not_applicable" {
                continue;
            }
            if !cases.iter().any(|c| expects(c, verdict)) {
                missing.push(format!("{file}: no case expects `{verdict}`"));
            }
        }
        if !cases.iter().any(|c| expects(c, "fail") && c.get("at").is_some()) {
            missing.push(format!("{file}: no case expects `fail` with `at`"));
        }
        let names: BTreeSet<&str> = cases.iter().filter_map(|c| c.get("name")).map(Node::scalar).collect();
        if names.len() != cases.len() {
            missing.push(format!("{file}: two cases share a name, or one has none"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn ids_are_file_names_and_packs_are_described() {
    let (mut packs, mut ids, mut tags) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (file, text) in bundled() {
        let (pack, name) =
            file.strip_prefix("rules/").and_then(|f| f.split_once('/')).unwrap_or_else(|| panic!("{file} is in no pack"));
        packs.insert(pack.to_owned());
        let document = yaml::parse(text);
        let of = |key: &str| root(&document).get(key).map(|n| n.scalar().to_owned()).unwrap_or_default();
        assert_eq!(format!("{}.yaml", of("id")), name, "{file}");
        let kebab = of("id").bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        assert!(kebab, "{file}: the id is not kebab-case");
        for key in ["title", "severity", "confidence", "category", "message", "rationale", "remediation"] {
            assert!(!of(key).trim().is_empty(), "{file}: no `{key}`");
        }
        assert!(!of("title").trim_end().ends_with('.'), "{file}: the title ends in a full stop");
        assert!(!of("message").trim_end().ends_with('.'), "{file}: the message ends in a full stop");
        let references = root(&document).get("references").into_iter().flat_map(Node::elements);
        assert!(references.map(Node::scalar).any(|r| r.starts_with("https://")), "{file}: no reference");
        ids.insert(of("id"));
        tags.extend(root(&document).get("tags").into_iter().flat_map(Node::elements).map(|t| t.scalar().to_owned()));
    }
    // Whoever selects a rule by its id gets that rule and no others.
    assert!(tags.is_disjoint(&ids), "tags that are ids: {:?}", tags.intersection(&ids).collect::<Vec<_>>());
    for pack in packs {
        let document = yaml::parse(read(&format!("rules/{pack}/pack.yaml")));
        assert_eq!(root(&document).get("id").map(Node::scalar), Some(pack.as_str()));
        assert!(root(&document).get("title").is_some() && root(&document).get("description").is_some(), "{pack}");
    }
}

#[test]
fn every_bundled_rule_is_the_one_of_its_line_in_the_index() {
    let wishes = Wishes { select: vec!["ALL".to_owned()], ..Wishes::default() };
    let registry = Registry::build(&[], &wishes).expect("the bundled rules compile");
    assert_eq!(registry.rules().len(), bundled().len());
    for active in registry.rules() {
        let (rule, head) = (active.rule(), &active.head);
        assert!(!rule.meta.message.is_empty() && !rule.meta.title.is_empty(), "{}", head.id);
        let of_rule = Head::of(rule, &[]);
        assert_eq!((&of_rule.id, of_rule.severity, of_rule.check), (&head.id, head.severity, head.check));
        assert_eq!((&of_rule.pack, of_rule.status, of_rule.limit), (&head.pack, head.status, head.limit), "{}", head.id);
        let mut kinds = of_rule.kinds.clone();
        kinds.sort();
        assert_eq!((kinds, &of_rule.tags, of_rule.about_sets), (head.kinds.clone(), &head.tags, head.about_sets), "{}", head.id);
    }
}

#[test]
fn every_check_of_access_analyzer_has_a_rule_of_its_name() {
    let mut found = BTreeSet::new();
    for (file, text) in bundled() {
        let document = yaml::parse(text);
        let of = |key: &str| root(&document).get(key).map(|n| n.scalar().to_owned());
        let Some(check) = of("check") else { continue };
        assert_eq!(of("id"), Some(check.to_ascii_lowercase().replace('_', "-")), "{file}");
        assert_eq!(of("aws_type").is_some(), file.starts_with("rules/access-analyzer/"), "{file}");
        let severity = match of("aws_type").as_deref() {
            Some("ERROR" | "SECURITY_WARNING") => Some("high".to_owned()),
            Some("WARNING") => Some("medium".to_owned()),
            Some("SUGGESTION") => Some("low".to_owned()),
            Some(other) => panic!("{file}: no finding type `{other}`"),
            None => of("severity"),
        };
        assert_eq!(of("severity"), severity, "{file}");
        found.insert(check);
    }
    let all: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    assert_eq!(found, all);
    assert_eq!(rule_files("rules/access-analyzer").len(), 153);
}
