//! What shows a PASS, written down so that it can be checked without this engine: statements by their numbers, trees of
//! cases, and what closes each branch. `docs/certificates.md` describes it, `crate::certificate` checks it.

use super::callers::Scope;
use super::engine::Engine;
use super::literal::{Field, Meaning, Sense};
use super::pattern::{Pattern, Symbol};
use super::problem::{Case, Obligation};
use super::search::{Tree, Why};
use super::value::Atom;
use crate::catalog;
use crate::document::{Kind, Node};
use crate::policy::condition::Quantifier;
use crate::policy::{Policy, PolicyKind};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// What shows a PASS, but for the policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    callers: Value,
    world: &'static str,
    typed: bool,
    assume: Map<String, Value>,
    cases: Vec<Value>,
}

/// A policy that a claim is about.
#[derive(Debug)]
pub struct Subject<'a, 'd> {
    /// `old`, `new`, or `asked` where there are no sides.
    pub side: &'static str,
    /// Its name.
    pub name: &'a str,
    /// The policy.
    pub policy: &'a Policy<'d>,
}

impl Certificate {
    /// Of the cases of a proof; `None` when it was not asked for, or something cannot be written down, such as a proof by
    /// single values of variables, which has none.
    pub fn of(engine: &Engine, cases: &[Case]) -> Option<Self> {
        let first = cases.first().filter(|_| engine.certify && !engine.closed_keys)?;
        let callers = match &first.ready.scope {
            Scope::Identity => json!("identity"),
            Scope::Principals => json!("principals"),
            Scope::Member(account) => json!({ "member": account }),
            Scope::Everyone => json!("everyone"),
            Scope::Stranger => json!("stranger"),
            // Questions about one caller are answered by rows, not by certificates.
            Scope::Just(_) | Scope::Holder(_) => return None,
        };
        let cases = cases.iter().map(|case| of_case(engine, case)).collect::<Option<_>>()?;
        let assume = engine.assume.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        Some(Self { callers, world: engine.world.as_str(), typed: engine.typed, assume, cases })
    }

    /// With the policies, in the order in which they were handed to the engine.
    pub fn claim(self, verb: &str, kind: PolicyKind, subjects: &[Subject<'_, '_>]) -> Value {
        let policy = |subject: &Subject<'_, '_>| {
            let node = subject.policy.node;
            let hash = Sha256::digest(node.document().text().as_bytes());
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            let document = if subject.policy.is_lone_statement() {
                json!({ "Version": subject.policy.version, "Statement": [plain(node)] })
            } else {
                plain(node)
            };
            json!({ "side": subject.side, "name": subject.name, "sha256": hash, "document": document })
        };
        json!({
            "verb": verb,
            "kind": kind.as_str(),
            "world": self.world,
            "typed": self.typed,
            "catalog": catalog::date(),
            "callers": self.callers,
            "assume": self.assume,
            "policies": subjects.iter().map(policy).collect::<Vec<_>>(),
            "cases": self.cases,
        })
    }
}

/// A file with claims.
pub fn file(claims: &[Value]) -> String {
    let value = json!({ "schema_version": 1, "palisade": env!("CARGO_PKG_VERSION"), "certificates": claims });
    format!("{value:#}\n")
}

/// A node as JSON. Numbers become text, which is how they are compared.
fn plain(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Number | Kind::String => node.scalar().into(),
        Kind::Array => node.elements().map(plain).collect(),
        Kind::Object => Value::Object(node.members().map(|(key, value)| (key.scalar().to_owned(), plain(value))).collect()),
    }
}

fn of_case(engine: &Engine, case: &Case) -> Option<Value> {
    let there = |(name, there): &(String, bool)| (name.clone(), if *there { "present" } else { "absent" }.into());
    let variables: Map<String, Value> = case.variables.iter().map(there).collect();
    let both = case.ready.obligations.iter().zip(&case.trees);
    let obligations: Vec<Value> =
        both.map(|(obligation, tree)| of_obligation(engine, obligation, &case.facts, tree)).collect::<Option<_>>()?;
    Some(json!({ "variables": variables, "obligations": obligations }))
}

fn of_obligation(engine: &Engine, obligation: &Obligation, facts: &[&str], tree: &Tree) -> Option<Value> {
    let statement = |(policy, statement): &(usize, usize)| json!({ "policy": policy, "statement": statement });
    let own = |senses: &[Sense]| -> Option<Value> {
        let all: Vec<Value> = senses.iter().map(|sense| literal(engine, *sense)).collect::<Option<_>>()?;
        Some(json!({ "literals": all }))
    };
    let mut within: Vec<Value> = obligation.of.iter().map(statement).collect();
    let rest = obligation.within.get(obligation.boxed..)?;
    if !rest.is_empty() {
        within.push(own(rest)?);
    }
    let mut avoid: Vec<Value> = obligation.but.iter().map(statement).collect();
    for clause in obligation.avoid.get(obligation.but.len()..)? {
        avoid.push(own(clause)?);
    }
    avoid.extend(facts.iter().map(|name| json!({ "fact": name })));
    Some(json!({ "within": within, "avoid": avoid, "tree": nodes(engine, tree) }))
}

/// A tree as a list: its root first, cases by the number of their node.
fn nodes(engine: &Engine, tree: &Tree) -> Vec<Value> {
    let mut trees = vec![tree];
    let mut out = Vec::new();
    while let Some(tree) = trees.get(out.len()).copied() {
        out.push(match tree {
            Tree::Closed(why) => closed(engine, why),
            Tree::Split(clause, cases) => {
                let numbers: Vec<usize> = (trees.len()..).take(cases.len()).collect();
                trees.extend(cases);
                json!({ "avoid": clause, "cases": numbers })
            }
        });
    }
    out
}

fn closed(engine: &Engine, why: &Why) -> Value {
    match why {
        Why::Field(Field::Action) => json!({ "closed": "action" }),
        Why::Field(Field::Resource) => json!({ "closed": "resource" }),
        Why::Field(Field::Principal) => json!({ "closed": "principal" }),
        Why::Field(Field::Key(key)) => json!({ "closed": "key", "key": engine.table.key_spelling(*key) }),
        Why::Formats => json!({ "closed": "formats" }),
        Why::Callers => json!({ "closed": "callers" }),
    }
}

/// A literal that no statement has.
fn literal(engine: &Engine, (id, want): Sense) -> Option<Value> {
    let literal = engine.table.get(id).filter(|literal| !literal.doubtful)?;
    let texts = |patterns: &[Pattern]| patterns.iter().map(|p| text(engine, p)).collect::<Option<Vec<String>>>();
    match (&literal.meaning, literal.field) {
        (Meaning::Actions(set, negated), _) => {
            Some(json!({ "action": texts(&set.patterns)?, "negated": negated, "holds": want }))
        }
        (Meaning::Resources(patterns, negated), _) => {
            Some(json!({ "resource": texts(patterns)?, "negated": negated, "holds": want }))
        }
        (Meaning::Key(test), Field::Key(key)) => {
            let (values, nothing) = match &test.atom {
                Atom::Text(patterns) if patterns.iter().all(|p| !p.fold) => (Some(texts(patterns)?), false),
                Atom::Anything => (None, false),
                Atom::Nothing => (None, true),
                _ => return None,
            };
            let quantifier = match test.quantifier {
                Quantifier::None => "none",
                Quantifier::Any => "any",
                Quantifier::All => "all",
            };
            let mut out = json!({
                "key": engine.table.key_spelling(key),
                "quantifier": quantifier,
                "negated": test.negated != nothing,
                "at_absent": test.at_absent,
                "holds": want,
            });
            if let (Some(values), Some(out)) = (values, out.as_object_mut()) {
                out.insert("values".to_owned(), values.into());
            }
            Some(out)
        }
        _ => None,
    }
}

/// A pattern as policy text; `None` where policies cannot write it.
fn text(engine: &Engine, pattern: &Pattern) -> Option<String> {
    let mut out = String::new();
    for symbol in &*pattern.symbols {
        match symbol {
            Symbol::Char(c @ ('*' | '?' | '$')) => out.extend(["${", &c.to_string(), "}"]),
            Symbol::Char(c) => out.push(*c),
            Symbol::One => out.push('?'),
            Symbol::Run => out.push('*'),
            Symbol::Variable(number) => out.extend(["${", engine.table.variable(*number), "}"]),
            Symbol::Digit | Symbol::OneInField | Symbol::RunInField => return None,
        }
    }
    Some(out)
}
