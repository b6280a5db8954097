//! The rules that come with palisade: the files under `rules/`, packed into three JSON files that are compiled in: an index to
//! select by, what a run needs of each rule, and the whole files for `rules show` and `rules test`.

use super::active::Head;
use super::compile::compile;
use crate::document::{Document, Kind, Node, json, yaml};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One line of what selecting and indexing need, for every bundled rule.
static INDEX: &str = include_str!("data/index.json");
/// What a run needs of every bundled rule, one rule a line.
static RULES: &str = include_str!("data/bundled.jsonl");
/// Every bundled rule file as written.
static SOURCES: &str = include_str!("data/sources.json");

/// The index of the bundled rules, in the order of [`bodies`].
pub fn index() -> Document {
    json::parse(INDEX.to_owned())
}

/// The JSON of every bundled rule, without its tests.
pub fn bodies() -> impl Iterator<Item = &'static str> {
    RULES.lines()
}

/// Path and text of every bundled rule file, sorted.
pub fn sources() -> Vec<(String, String)> {
    let document = json::parse(SOURCES.to_owned());
    let Some(root) = document.root() else { return Vec::new() };
    root.members().map(|(path, text)| (path.scalar().to_owned(), text.scalar().to_owned())).collect()
}

/// The files under `rules/`, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// For selecting.
    pub index: String,
    /// For running.
    pub rules: String,
    /// As written.
    pub sources: String,
}

/// Pack the files under `rules/`, given as path and text.
pub fn pack(files: &[(String, String)]) -> Packed {
    let descriptions = files.iter().filter(|(path, _)| path.ends_with("/pack.yaml"));
    let on_request: Vec<&str> = descriptions.filter(|(_, text)| on_request(text)).map(|(path, _)| pack_of(path)).collect();
    let (mut index, mut rules, mut sources) = (Vec::new(), Vec::new(), Map::new());
    for (path, text) in files {
        let document = yaml::parse(text.clone());
        if !path.ends_with("/pack.yaml")
            && let Some(root) = document.root()
        {
            let compiled = compile(&document, pack_of(path), &BTreeMap::new());
            if let Some(mut rule) = compiled.rule {
                rule.meta.on_request = on_request.contains(&pack_of(path));
                index.push(Head::of(&rule, &compiled.missing_params).to_json().to_string());
                rules.push(without_tests(root).to_string());
            }
        }
        sources.insert(path.clone(), Value::from(text.as_str()));
    }
    Packed {
        index: format!("[\n{}\n]\n", index.join(",\n")),
        rules: rules.join("\n") + "\n",
        sources: serde_json::to_string_pretty(&sources).unwrap_or_default() + "\n",
    }
}

/// `default: false` in the description of a pack: its rules run only when somebody asks for them.
fn on_request(text: &str) -> bool {
    yaml::parse(text.to_owned()).root().and_then(|root| root.get("default")).and_then(Node::as_bool) == Some(false)
}

/// `rules/<pack>/<id>.yaml` belongs to `<pack>`.
pub fn pack_of(path: &str) -> &str {
    path.rsplit('/').nth(1).unwrap_or("local")
}

fn without_tests(root: Node<'_>) -> Value {
    Value::Object(root.members().filter(|(k, _)| k.scalar() != "tests").map(|(k, v)| (k.scalar().to_owned(), value(v))).collect())
}

fn value(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Number => serde_json::from_str(node.scalar()).unwrap_or_else(|_| Value::from(node.scalar())),
        Kind::String => Value::from(node.scalar()),
        Kind::Array => Value::Array(node.elements().map(value).collect()),
        Kind::Object => Value::Object(node.members().map(|(k, v)| (k.scalar().to_owned(), value(v))).collect()),
    }
}
