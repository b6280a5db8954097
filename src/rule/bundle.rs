//! The rules that come with palisade: the files under `rules/`, packed into two JSON files that are compiled in. The
//! first holds what a run needs, without tests; the second the whole files, for `rules show` and `rules test`.

use crate::document::{Document, Kind, Node, json, yaml};
use serde_json::{Map, Value};

/// What a run needs of every bundled rule.
static RULES: &str = include_str!("data/bundled.json");
/// Every bundled rule file as written.
static SOURCES: &str = include_str!("data/sources.json");

/// The bundled rules as one document: `{"rules": [{"pack", "file", "rule"}]}`.
pub fn rules() -> Document {
    json::parse(RULES.to_owned())
}

/// Path and text of every bundled rule file, sorted.
pub fn sources() -> Vec<(String, String)> {
    let document = json::parse(SOURCES.to_owned());
    let Some(root) = document.root() else { return Vec::new() };
    root.members().map(|(path, text)| (path.scalar().to_owned(), text.scalar().to_owned())).collect()
}

/// Pack the files under `rules/`, given as path and text: the two JSON files.
pub fn pack(files: &[(String, String)]) -> (String, String) {
    let packs: Vec<&str> = files
        .iter()
        .filter(|(path, text)| path.ends_with("/pack.yaml") && on_request(text))
        .map(|(path, _)| pack_of(path))
        .collect();
    let mut rules = Vec::new();
    let mut sources = Map::new();
    for (path, text) in files {
        let document = yaml::parse(text.clone());
        if !path.ends_with("/pack.yaml")
            && let Some(root) = document.root()
        {
            let pack = pack_of(path);
            rules.push(serde_json::json!({ "pack": pack, "on_request": packs.contains(&pack), "file": path, "rule": without_tests(root) }));
        }
        sources.insert(path.clone(), Value::from(text.as_str()));
    }
    let lines: Vec<_> = rules.iter().map(ToString::to_string).collect();
    (format!("{{\"rules\":[\n{}\n]}}\n", lines.join(",\n")), serde_json::to_string_pretty(&sources).unwrap_or_default() + "\n")
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
