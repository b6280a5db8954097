//! A smaller policy that allows the same: statements and entries that can go, statements that can be one. Each step is
//! proved before it is taken, so what comes out is equivalent to what went in.

use super::compile::Input;
use super::engine::Engine;
use super::new_access::{NewAccess, no_new_access};
use super::verdict::Verdict;
use crate::document::{Document, Kind, Node, json};
use crate::policy::{PolicyKind, parse};
use serde_json::Value;

/// What became of a policy.
#[derive(Clone, Debug)]
pub struct Minimised {
    /// The policy as it can be.
    pub policy: Value,
    /// What was done, in order.
    pub steps: Vec<String>,
    /// A step that would have been possible if its proof had been found.
    pub unknown: Option<String>,
}

/// Make a policy smaller; its node may stand in a document of any sort.
pub fn minimise(engine: &mut Engine, policy: Node<'_>, kind: PolicyKind) -> Minimised {
    let policy = value(policy);
    let mut work = Work { engine, kind, out: Minimised { policy, steps: Vec::new(), unknown: None } };
    work.drop_statements();
    work.merge_statements();
    work.drop_entries();
    work.out
}

/// A node as a value; the last of repeated keys counts.
fn value(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Number => serde_json::from_str(node.scalar()).unwrap_or_else(|_| node.scalar().into()),
        Kind::String => node.scalar().into(),
        Kind::Array => node.elements().map(value).collect(),
        Kind::Object => Value::Object(node.members().map(|(key, v)| (key.scalar().to_owned(), value(v))).collect()),
    }
}

struct Work<'e> {
    engine: &'e mut Engine,
    kind: PolicyKind,
    out: Minimised,
}

fn is_deny(statement: &Value) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some("Deny")
}

fn list(policy: &Value) -> Vec<&Value> {
    match policy.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(other) => vec![other],
        None => Vec::new(),
    }
}

/// What a policy denies, as a policy that allows it.
fn denies(policy: &Value) -> Option<Value> {
    let turned = list(policy).into_iter().filter(|s| is_deny(s)).cloned().map(|mut s| {
        if let Some(object) = s.as_object_mut() {
            object.insert("Effect".to_owned(), "Allow".into());
        }
        s
    });
    let turned: Vec<Value> = turned.collect();
    if turned.is_empty() {
        return None;
    }
    let mut out = policy.clone();
    out.as_object_mut()?.insert("Statement".to_owned(), Value::Array(turned));
    Some(out)
}

/// Denies that exempt somebody: exempting is not the reverse of allowing, so they stay as they are.
fn exempting(policy: &Value) -> Vec<&Value> {
    list(policy).into_iter().filter(|s| is_deny(s) && s.get("NotPrincipal").is_some()).collect()
}

/// Elements whose entries can be left out one by one.
const LISTS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];

impl Work<'_> {
    /// The statements; a lone one is a list of one.
    fn statements(&self) -> Vec<Value> {
        match self.out.policy.get("Statement") {
            Some(Value::Array(list)) => list.clone(),
            Some(other) => vec![other.clone()],
            None => Vec::new(),
        }
    }

    /// Put other statements in their place when the policy then allows the same.
    fn accept(&mut self, statements: Vec<Value>, step: impl FnOnce() -> String) -> bool {
        let mut candidate = self.out.policy.clone();
        let Some(object) = candidate.as_object_mut() else { return false };
        object.insert("Statement".to_owned(), Value::Array(statements));
        match self.is_equivalent(&candidate) {
            Verdict::Pass => {
                self.out.policy = candidate;
                self.out.steps.push(step());
                true
            }
            Verdict::Unknown => {
                self.out.unknown.get_or_insert_with(step);
                false
            }
            Verdict::Fail => false,
        }
    }

    /// Whether a candidate allows the same, and denies the same: other policies may allow what this one denies.
    fn is_equivalent(&mut self, candidate: &Value) -> Verdict {
        let own = self.out.policy.clone();
        if exempting(&own) != exempting(candidate) {
            return Verdict::Fail;
        }
        match self.same(&own, candidate) {
            Verdict::Pass => match (denies(&own), denies(candidate)) {
                (None, None) => Verdict::Pass,
                (Some(a), Some(b)) => self.same(&a, &b),
                (Some(_), None) | (None, Some(_)) => Verdict::Fail,
            },
            other => other,
        }
    }

    fn same(&mut self, a: &Value, b: &Value) -> Verdict {
        if a == b {
            return Verdict::Pass;
        }
        let [old, new] = [a, b].map(|value| json::parse(value.to_string()));
        let read = |document: &Document| document.root().map(|root| parse(root).1.is_empty());
        if read(&new) != Some(true) {
            return Verdict::Fail;
        }
        let (Some(old), Some(new)) = (old.root(), new.root()) else { return Verdict::Fail };
        let ((old, _), (new, _)) = (parse(old), parse(new));
        let (old, new) = ([&old], [&new]);
        let mut answer = |from, to| {
            let question = NewAccess { old: Input::new(from), new: Input::new(to), kind: self.kind };
            no_new_access(self.engine, &question).verdict
        };
        match answer(&old, &new) {
            Verdict::Pass => answer(&new, &old),
            other => other,
        }
    }

    fn drop_statements(&mut self) {
        let mut at = self.statements().len();
        while at > 0 {
            at -= 1;
            let mut statements = self.statements();
            if statements.len() < 2 || at >= statements.len() {
                continue;
            }
            let gone = statements.remove(at);
            self.accept(statements, || format!("left out {}: the others say as much", named(&gone, at)));
        }
    }

    /// Two statements that differ in one list only are one.
    fn merge_statements(&mut self) {
        let mut first = 0;
        while first < self.statements().len() {
            let mut second = first + 1;
            while second < self.statements().len() {
                let mut statements = self.statements();
                let (Some(a), Some(b)) = (statements.get(first).cloned(), statements.get(second).cloned()) else { break };
                let merged = merge(&a, &b);
                let done = merged.is_some_and(|one| {
                    statements.remove(second);
                    if let Some(slot) = statements.get_mut(first) {
                        *slot = one;
                    }
                    self.accept(statements, || format!("put {} and {} together", named(&a, first), named(&b, second)))
                });
                if !done {
                    second += 1;
                }
            }
            first += 1;
        }
    }

    fn drop_entries(&mut self) {
        for at in 0..self.statements().len() {
            for key in LISTS {
                let mut entry = self.entries(at, key);
                while entry > 0 {
                    entry -= 1;
                    if self.entries(at, key) < 2 {
                        break;
                    }
                    let mut statements = self.statements();
                    let Some(list) = statements.get_mut(at).and_then(|s| s.get_mut(key)).and_then(Value::as_array_mut) else {
                        break;
                    };
                    let gone = list.remove(entry);
                    let text = gone.as_str().unwrap_or_default().to_owned();
                    self.accept(statements, || format!("left out `{text}` of `{key}` in statement {at}"));
                }
            }
        }
    }

    fn entries(&self, at: usize, key: &str) -> usize {
        self.statements().get(at).and_then(|s| s.get(key)).and_then(Value::as_array).map_or(0, Vec::len)
    }
}

fn named(statement: &Value, at: usize) -> String {
    match statement.get("Sid").and_then(Value::as_str) {
        Some(sid) => format!("statement {at} (`{sid}`)"),
        None => format!("statement {at}"),
    }
}

/// One statement for two that are alike but for one list; a name is kept when only one of them has it.
fn merge(a: &Value, b: &Value) -> Option<Value> {
    let (x, y) = (a.as_object()?, b.as_object()?);
    let keys = |o: &serde_json::Map<String, Value>| {
        let mut keys: Vec<String> = o.keys().filter(|k| *k != "Sid").cloned().collect();
        keys.sort();
        keys
    };
    if keys(x) != keys(y) {
        return None;
    }
    let differing: Vec<String> = keys(x).into_iter().filter(|k| x.get(k) != y.get(k)).collect();
    let [key] = differing.as_slice() else { return None };
    if !["Action", "Resource"].contains(&key.as_str()) {
        return None;
    }
    let list = |value: &Value| match value {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let mut all = list(x.get(key)?);
    for value in list(y.get(key)?) {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    let mut out = x.clone();
    out.insert(key.clone(), Value::Array(all));
    match (x.get("Sid"), y.get("Sid")) {
        (None, Some(sid)) => _ = out.insert("Sid".to_owned(), sid.clone()),
        (Some(_), Some(_)) => _ = out.remove("Sid"),
        _ => {}
    }
    Some(Value::Object(out))
}
