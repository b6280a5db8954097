//! The top level of the project file.

use super::read::Reader;
use super::{Config, FailOn, MAX_DAYS, context, rules, suppressions};
use crate::document::{Document, Node, Problem, yaml};
use crate::span::LineIndex;
use std::sync::Arc;
use time::Date;

/// Keys of the project file.
pub const KEYS: [&str; 15] = [
    "extends",
    "select",
    "ignore",
    "fail_on",
    "exclude",
    "baseline",
    "catalog",
    "allow_permanent",
    "max_days",
    "strict",
    "context",
    "rules",
    "overrides",
    "suppressions",
    "$schema",
];

/// Read a project file. The problems, those of the YAML included, are in the order of the text; with any of them the
/// settings must not be used, since they lack what was not understood.
pub fn parse(name: Arc<str>, text: String, today: Date) -> (Config, Document, Vec<Problem>) {
    let document = yaml::parse(text);
    let lines = LineIndex::new(document.text());
    let mut reader = Reader { name: name.clone(), document: &document, lines, today, problems: document.problems().to_vec() };
    let mut config = Config { name, max_days: MAX_DAYS, ..Config::default() };
    if let Some(root) = document.root() {
        top(&mut reader, root, &mut config);
    } else {
        // A file of comments only is a project file with every setting at its default.
        reader.problems.retain(|p| p.code != crate::document::ProblemCode::Empty);
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|p| p.span);
    (config, document, problems)
}

fn top<'d>(reader: &mut Reader<'d>, root: Node<'d>, config: &mut Config) {
    let members = reader.members(root, "palisade.yaml", &KEYS);
    let of = |wanted: &str| members.iter().rev().find(|(key, _)| *key == wanted).map(|(_, value)| *value);
    let texts = |reader: &mut Reader<'d>, key: &str| of(key).map(|node| reader.texts(node, key)).unwrap_or_default();
    config.extends = texts(reader, "extends");
    config.select = texts(reader, "select");
    config.ignore = texts(reader, "ignore");
    config.exclude = texts(reader, "exclude");
    config.baseline = of("baseline").and_then(|node| reader.spanned(node, "baseline"));
    config.catalog = of("catalog").and_then(|node| reader.spanned(node, "catalog"));
    let levels = ["none", "info", "low", "medium", "high", "critical"];
    config.fail_on = of("fail_on").and_then(|node| reader.choice::<FailOn>(node, "fail_on", &levels));
    config.allow_permanent = flag(reader, of("allow_permanent"), "allow_permanent");
    config.strict = flag(reader, of("strict"), "strict");
    if let Some(node) = of("max_days") {
        max_days(reader, node, config);
    }
    config.contexts = of("context").map(|node| context::read(reader, node)).unwrap_or_default();
    config.rules = of("rules").map(|node| rules::read(reader, node)).unwrap_or_default();
    config.overrides = of("overrides").map(|node| rules::read_overrides(reader, node)).unwrap_or_default();
    if let Some(node) = of("suppressions") {
        let limits = suppressions::Limits { allow_permanent: config.allow_permanent, max_days: config.max_days };
        config.suppressions = suppressions::read(reader, node, limits);
    }
}

fn flag<'d>(reader: &mut Reader<'d>, node: Option<Node<'d>>, what: &str) -> bool {
    node.and_then(|node| reader.bool(node, what)).unwrap_or(false)
}

fn max_days<'d>(reader: &mut Reader<'d>, node: Node<'d>, config: &mut Config) {
    match node.scalar().parse() {
        Ok(days @ 1..) if node.as_str().is_none() => config.max_days = days,
        Ok(_) | Err(_) => {
            reader.problem(node, "`max_days` must be a whole number from 1 on", format!("write {MAX_DAYS}, for example"))
        }
    }
}
