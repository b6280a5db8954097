//! JSONPath over documents: the escape hatch, with the node behind every value.

use super::expr::{FactTest, PathMany, PathTest, ValueTest};
use super::leaf::{account_in, text_holds};
use super::subject::{Item, Subject, Trace, Weight};
use crate::algebra::Truth;
use crate::document::{Kind, Node, json};
use crate::extract::Setting;
use crate::policy::Context;
use crate::policy::arn::Arn;
use crate::text::glob::Case;
use serde_json::Value;

/// The tree as a plain value. With `decode`, strings that hold a JSON object or array are opened.
pub fn plain(node: Node<'_>, decode: bool) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Number => serde_json::from_str(node.scalar()).unwrap_or_else(|_| Value::String(node.scalar().to_owned())),
        Kind::String => embedded(node.scalar(), decode).unwrap_or_else(|| Value::String(node.scalar().to_owned())),
        Kind::Array => Value::Array(node.elements().map(|n| plain(n, decode)).collect()),
        Kind::Object => Value::Object(node.members().map(|(k, v)| (k.scalar().to_owned(), plain(v, decode))).collect()),
    }
}

fn embedded(text: &str, decode: bool) -> Option<Value> {
    if !decode || !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let document = json::parse(text.to_owned());
    document.root().filter(|_| document.problems().is_empty()).map(|root| plain(root, true))
}

/// The values at a path with the deepest written node on the way to each: the value itself, or the string it sits in.
pub fn select<'v, 'd>(path: &str, value: &'v Value, root: Node<'d>) -> Vec<(&'v Value, Node<'d>)> {
    let Ok(found) = jsonpath_rust::query::js_path(path, value) else { return Vec::new() };
    let with_nodes = found.into_iter().map(|hit| {
        let path = hit.clone().path();
        (hit.val(), deepest(root, &path))
    });
    with_nodes.collect()
}

/// Follow a normalized path such as `$['a'][0]` as far as nodes go.
fn deepest<'d>(root: Node<'d>, path: &str) -> Node<'d> {
    let mut here = root;
    let mut rest = path.trim_start_matches('$');
    while let Some(inside) = rest.strip_prefix('[') {
        let (step, tail) = match inside.strip_prefix('\'') {
            Some(quoted) => match quoted.split_once("']") {
                Some((key, tail)) => (here.get(key), tail),
                None => break,
            },
            None => match inside.split_once(']') {
                Some((index, tail)) => (index.parse().ok().and_then(|i| here.elements().nth(i)), tail),
                None => break,
            },
        };
        match step {
            Some(node) => here = node,
            None => break,
        }
        rest = tail;
    }
    here
}

/// A `path` matcher.
pub(super) fn path<'d>(test: &PathTest, subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> Truth {
    let owned;
    let (value, node) = match subject.item {
        Item::Json(value, node) => (value, node),
        _ => {
            let root = if subject.statement.is_some() && matches!(subject.item, Item::Statement) {
                subject.statement.map(|s| s.node)
            } else {
                subject.site().and_then(|s| s.root)
            };
            let Some(root) = root else { return Truth::False };
            owned = plain(root, false);
            (&owned, root)
        }
    };
    let found = select(&test.path, value, node);
    let whose = subject.site().map(|s| &s.context);
    match &test.test {
        ValueTest::Exists(wanted) => return decided(found.is_empty() != *wanted, &found, trace),
        ValueTest::Count(min, max) => {
            let fits = min.is_none_or(|n| found.len() >= n) && max.is_none_or(|n| found.len() <= n);
            return decided(fits, &found, trace);
        }
        ValueTest::Known(_)
        | ValueTest::In(_)
        | ValueTest::Text(_)
        | ValueTest::Less(_)
        | ValueTest::Greater(_)
        | ValueTest::Arn { .. } => {}
    }
    let scored: Vec<_> = found.iter().map(|(value, node)| (*node, holds(&test.test, value, whose))).collect();
    let truth = match test.many {
        PathMany::Some => scored.iter().map(|(_, t)| *t).max().unwrap_or(Truth::False),
        PathMany::Every => scored.iter().map(|(_, t)| *t).min().unwrap_or(Truth::True),
        PathMany::One => scored.first().map_or(Truth::False, |(_, t)| *t),
    };
    let places = scored.into_iter().filter(|(_, t)| (*t == Truth::True) == (truth == Truth::True)).map(|(node, _)| node);
    trace.extend(Weight::Plain, places.collect());
    truth
}

/// A `fact` matcher: `Unknown` where the source does not tell.
pub(super) fn fact<'d>(test: &FactTest, subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> Truth {
    let facts = subject.site().map(|site| site.facts).unwrap_or_default();
    let fact = facts.iter().find(|fact| fact.name == test.name);
    if let Some(fact) = fact {
        trace.add(Weight::Plain, fact.place.node());
    }
    let setting = fact.map_or(&Setting::Unknown, |fact| &fact.setting);
    match (setting, &test.test) {
        (setting, ValueTest::Known(wanted)) => Truth::from((*setting != Setting::Unknown) == *wanted),
        (Setting::Unknown, _) => Truth::Unknown,
        (setting, ValueTest::Exists(wanted)) => Truth::from((*setting != Setting::Unset) == *wanted),
        (Setting::Unset, _) => Truth::False,
        (Setting::Is(value), test) => {
            let number = value.parse::<i64>().ok().map(Value::from);
            let wanted_number = matches!(test, ValueTest::Less(_) | ValueTest::Greater(_));
            let value = number.filter(|_| wanted_number).unwrap_or_else(|| Value::from(value.as_str()));
            holds(test, &value, None)
        }
    }
}

fn decided<'d>(truth: bool, found: &[(&Value, Node<'d>)], trace: &mut Trace<'d>) -> Truth {
    trace.extend(Weight::Plain, found.iter().map(|(_, node)| *node).collect());
    Truth::from(truth)
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn holds(test: &ValueTest, value: &Value, whose: Option<&Context>) -> Truth {
    match test {
        ValueTest::In(set) => Truth::from(!value.is_null() && set.contains(&text_of(value))),
        ValueTest::Text(test) => Truth::from(text_holds(test, &text_of(value), Case::Sensitive)),
        ValueTest::Less(limit) => Truth::from(value.as_f64().is_some_and(|n| n < *limit)),
        ValueTest::Greater(limit) => Truth::from(value.as_f64().is_some_and(|n| n > *limit)),
        ValueTest::Arn { service, within } => {
            let Some(arn) = value.as_str().and_then(Arn::parse) else { return Truth::False };
            let right = service.as_deref().is_none_or(|s| s == arn.service);
            let account = if within.is_empty() { Truth::True } else { account_in(arn.account, within, whose) };
            Truth::from(right).and(account)
        }
        ValueTest::Known(_) | ValueTest::Exists(_) | ValueTest::Count(..) => Truth::True,
    }
}
