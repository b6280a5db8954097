//! The top level of the project file.

use super::read::Reader;
use super::{Config, FailOn, MAX_DAYS, NamedOrganization, context, rules, suppressions};
use crate::document::{Document, Kind, Node, Problem, yaml};
use crate::policy::arn::is_account_id;
use crate::span::LineIndex;
use std::sync::Arc;
use time::Date;

/// Keys of the project file.
pub const KEYS: [&str; 16] = [
    "extends",
    "select",
    "ignore",
    "fail_on",
    "exclude",
    "baseline",
    "catalog",
    "organization",
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
    config.organization = of("organization").and_then(|node| organization(reader, node));
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

/// A path, or a mapping with it.
fn organization<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> Option<NamedOrganization> {
    if node.kind() != Kind::Object {
        return reader.spanned(node, "organization").map(|path| NamedOrganization { path, management_account: None });
    }
    let members = reader.members(node, "organization", &["path", "management_account"]);
    let of = |wanted: &str| members.iter().rev().find(|(key, _)| *key == wanted).map(|(_, value)| *value);
    let management_account = of("management_account").and_then(|node| reader.text(node, "management_account").map(|t| (t, node)));
    if let Some((account, node)) = management_account.filter(|(account, _)| !is_account_id(account)) {
        reader.problem(node, format!("`{account}` is no account id"), "write its 12 digits, in quotes");
    }
    let Some(path) = of("path") else {
        reader.problem(node, "`organization` without `path`", "add the file or the folder that tells the organization");
        return None;
    };
    let path = reader.spanned(path, "path")?;
    Some(NamedOrganization { path, management_account: management_account.map(|(account, _)| account.to_owned()) })
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
