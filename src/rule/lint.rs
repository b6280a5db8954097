//! `rules lint`: what compiles and is still wrong: actions nobody has, rules without a failing test, names that do not
//! agree.

use super::compile::compile;
use super::template::{CHECK_PLACEHOLDERS, PLACEHOLDERS, placeholders};
use crate::algebra::action_set::real_actions;
use crate::catalog;
use crate::document::{Kind, Node, Problem, ProblemCode, yaml};
use crate::text::glob::{Case, has_wildcard, matches};
use crate::text::suggest::did_you_mean;
use std::collections::BTreeMap;

/// What is wrong with a rule file, beyond what keeps it from compiling.
pub fn lint(name: &str, text: &str) -> (crate::document::Document, Vec<Problem>) {
    let document = yaml::parse(text.to_owned());
    let mut problems = compile(&document, "lint", &BTreeMap::new()).problems;
    if problems.is_empty()
        && let Some(root) = document.root()
    {
        id_is_file_name(root, name, &mut problems);
        message_placeholders(root, &mut problems);
        tests(root, &mut problems);
        for key in ["where", "assert", "define", "default_when"] {
            if let Some(node) = root.get(key) {
                actions(node, false, &mut problems);
                keys(node, &mut problems);
            }
        }
        if let Some(params) = root.get("params") {
            for (_, spec) in params.members() {
                let is_actions = spec.get("type").is_some_and(|t| t.scalar().contains("action-glob"));
                if let Some(default) = spec.get("default").filter(|_| is_actions) {
                    actions(default, true, &mut problems);
                }
            }
        }
    }
    problems.sort_by_key(|p| p.span);
    (document, problems)
}

fn report(node: Node<'_>, message: impl Into<String>, help: impl Into<String>, problems: &mut Vec<Problem>) {
    problems.push(Problem::new(ProblemCode::Rule, node.span(), message, help));
}

fn id_is_file_name(root: Node<'_>, name: &str, problems: &mut Vec<Problem>) {
    let stem = crate::extract::site::stem(name);
    if let Some(id) = root.get("id").filter(|id| id.scalar() != stem) {
        report(
            id,
            format!("the id `{}` differs from the file name `{stem}`", id.scalar()),
            "make them equal, so that one search finds both",
            problems,
        );
    }
}

fn message_placeholders(root: Node<'_>, problems: &mut Vec<Problem>) {
    let Some(message) = root.get("message") else { return };
    let known_names: &[&str] = if root.get("check").is_some() { &CHECK_PLACEHOLDERS } else { &PLACEHOLDERS };
    let params: Vec<String> =
        root.get("params").map(|p| p.members().map(|(k, _)| format!("params.{}", k.scalar())).collect()).unwrap_or_default();
    let json = root.get("for_each").is_some_and(|n| n.kind() == Kind::Object);
    for name in placeholders(message.scalar()) {
        let known = known_names.contains(&name) || params.iter().any(|p| p == name) || (json && name.starts_with("it."));
        if !known {
            let help = did_you_mean(name, known_names.iter().copied());
            let help = help.unwrap_or_else(|| format!("use one of {}", known_names.join(", ")));
            report(message, format!("no placeholder `{{{name}}}`"), help, problems);
        }
    }
}

fn tests(root: Node<'_>, problems: &mut Vec<Problem>) {
    let Some(tests) = root.get("tests") else {
        return report(
            root,
            "a rule without tests",
            "add `tests:` with at least one case that passes and one that fails",
            problems,
        );
    };
    for verdict in ["pass", "fail"] {
        let some = tests.elements().any(|case| case.get("expect").is_some_and(|e| e.scalar() == verdict));
        if !some {
            report(
                tests,
                format!("no test expects `{verdict}`"),
                "a rule that was never seen to do both cannot be trusted",
                problems,
            );
        }
    }
}

/// Action patterns below `actions:` and on action subjects must match something that exists.
fn actions(node: Node<'_>, inside: bool, problems: &mut Vec<Problem>) {
    match node.kind() {
        Kind::Object => node.members().for_each(|(key, value)| {
            let here = matches!(key.scalar(), "actions" | "some_action" | "every_action" | "no_action");
            actions(value, inside || here, problems);
        }),
        Kind::Array => node.elements().for_each(|item| actions(item, inside, problems)),
        Kind::String if inside => action(node, problems),
        Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::String => {}
    }
}

/// Condition keys, wherever a matcher names one, must exist.
fn keys(node: Node<'_>, problems: &mut Vec<Problem>) {
    match node.kind() {
        Kind::Object => node.members().for_each(|(key, value)| {
            if key.scalar() == "key" {
                value.one_or_many().filter(|n| n.as_str().is_some()).for_each(|n| key_name(n, problems));
            } else {
                keys(value, problems);
            }
        }),
        Kind::Array => node.elements().for_each(|item| keys(item, problems)),
        Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::String => {}
    }
}

fn key_name(node: Node<'_>, problems: &mut Vec<Problem>) {
    let (text, catalog) = (node.scalar(), catalog::current());
    let prefix = text.split(':').next().unwrap_or_default();
    // A host name is that of an identity provider, whose claims nobody can list.
    if prefix.contains('.') || has_wildcard(prefix) {
        return;
    }
    let known = if has_wildcard(text) {
        let stem = text.split(['*', '?']).next().unwrap_or_default();
        catalog.keys().any(|k| matches(text, k.name(), Case::Insensitive)) || catalog.key(&format!("{stem}x")).is_some()
    } else {
        catalog.key(text).is_some()
    };
    if !known {
        let help = did_you_mean(text, catalog.keys().map(catalog::ConditionKey::name))
            .unwrap_or_else(|| format!("the catalogue of {} has none like it", catalog::date()));
        report(node, format!("no condition key `{text}`"), help, problems);
    }
}

fn action(node: Node<'_>, problems: &mut Vec<Problem>) {
    let text = node.scalar();
    if text.starts_with('@') {
        // Unknown sets do not compile.
        return;
    }
    let Some((service, name)) = text.split_once(':').filter(|(service, _)| !has_wildcard(service)) else { return };
    if service.is_empty() || !service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return;
    }
    match real_actions(text).map(|mut found| found.next().is_some()) {
        Some(true) => {}
        Some(false) => {
            let names: Vec<&str> = catalog::actions(service).into_iter().flatten().map(catalog::Action::name).collect();
            let help =
                did_you_mean(name, names).unwrap_or_else(|| format!("the catalogue of {} has none like it", catalog::date()));
            report(node, format!("`{text}` matches no known action"), help, problems);
        }
        None => {
            let help = did_you_mean(service, catalog::services())
                .unwrap_or_else(|| "see the service authorization reference".to_owned());
            report(node, format!("no service `{service}`"), help, problems);
        }
    }
}
