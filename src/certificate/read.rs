//! A certificate as it stands in its file, read and not yet believed.

use super::caller::Scope;
use crate::policy::PolicyKind;
use crate::policy::condition::Quantifier;
use serde_json::Value;
use std::str::FromStr;

/// What is wrong with a file.
pub type Broken = String;

/// One claim with what shows it.
#[derive(Debug)]
pub struct Claim {
    /// The question.
    pub verb: String,
    /// The kind of the policies.
    pub kind: PolicyKind,
    /// Actions to come count.
    pub open_world: bool,
    /// Resources have the forms that the catalogue gives for actions.
    pub typed: bool,
    /// The date of the catalogue it was made with.
    pub catalog: String,
    /// Whose requests are meant.
    pub callers: Scope,
    /// Keys that have these values, by the word of whoever asked.
    pub assume: Vec<(String, String)>,
    /// The policies.
    pub policies: Vec<Written>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// A policy as it stands in the certificate.
#[derive(Debug)]
pub struct Written {
    /// `old`, `new` or `asked`.
    pub side: String,
    /// For people.
    pub name: String,
    /// The document.
    pub text: String,
}

/// What is shown for variables with a value and without.
#[derive(Debug)]
pub struct Case {
    /// Keys of variables in lower case, and whether they are there.
    pub variables: Vec<(String, bool)>,
    /// What is to be shown then.
    pub obligations: Vec<Obligation>,
}

/// No request is in all of `within` and in none of `avoid`.
#[derive(Debug)]
pub struct Obligation {
    /// What holds.
    pub within: Vec<Term>,
    /// What does not hold as a whole, each.
    pub avoid: Vec<Term>,
    /// The tree, its root first.
    pub nodes: Vec<Node>,
}

/// A box.
#[derive(Debug, PartialEq, Eq)]
pub enum Term {
    /// A statement: policy and number.
    Statement(usize, usize),
    /// A fact about requests, by its name.
    Fact(String),
    /// Literals that no statement has, and whether they hold.
    Literals(Vec<(Own, bool)>),
}

/// A literal that no statement has.
#[derive(Debug, PartialEq, Eq)]
pub enum Own {
    /// The action is one of these, or none of them.
    Action(Vec<String>, bool),
    /// The resource is.
    Resource(Vec<String>, bool),
    /// A key has one of some values, is there, or is not.
    Key {
        /// The key.
        key: String,
        /// Patterns as they stand in policies; `None` for the presence alone.
        values: Option<Vec<String>>,
        /// Outside of the values.
        negated: bool,
        /// Whether it holds without the key.
        at_absent: bool,
        /// Set operator.
        quantifier: Quantifier,
    },
}

/// A node of a tree.
#[derive(Debug)]
pub enum Node {
    /// Closed, and by what.
    Closed(Why),
    /// One of the literals of a box to avoid fails: a node for each.
    Split(usize, Vec<usize>),
}

/// What closes a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No action.
    Action,
    /// No resource.
    Resource,
    /// No caller.
    Principal,
    /// No value of a key.
    Key(String),
    /// No action with a resource it works on.
    Formats,
    /// No caller that carries the keys.
    Callers,
}

/// Read a file: one claim, or several.
///
/// # Errors
/// When it is no certificate.
pub fn read(text: &str) -> Result<Vec<Claim>, Broken> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    match value.get("schema_version").and_then(Value::as_u64) {
        Some(1) => {}
        Some(other) => return Err(format!("it has version {other}, and this palisade knows version 1")),
        None => return Err("it is no certificate: it has no `schema_version`".to_owned()),
    }
    let claims: Vec<Claim> = list(&value, "certificates")?.iter().map(claim).collect::<Result<_, _>>()?;
    if claims.is_empty() { Err("it certifies nothing".to_owned()) } else { Ok(claims) }
}

fn member<'v>(value: &'v Value, key: &str) -> Result<&'v Value, Broken> {
    value.get(key).ok_or_else(|| format!("`{key}` is missing"))
}

fn list<'v>(value: &'v Value, key: &str) -> Result<&'v Vec<Value>, Broken> {
    member(value, key)?.as_array().ok_or_else(|| format!("`{key}` is no list"))
}

fn text(value: &Value, key: &str) -> Result<String, Broken> {
    member(value, key)?.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is no text"))
}

fn number(value: &Value) -> Result<usize, Broken> {
    value.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| format!("`{value}` is no number of a part"))
}

fn flag(value: &Value, key: &str) -> Result<bool, Broken> {
    member(value, key)?.as_bool().ok_or_else(|| format!("`{key}` is neither true nor false"))
}

fn texts(value: &Value) -> Result<Vec<String>, Broken> {
    let one = |v: &Value| v.as_str().map(str::to_owned).ok_or_else(|| format!("`{v}` is no text"));
    value.as_array().ok_or_else(|| format!("`{value}` is no list"))?.iter().map(one).collect()
}

fn claim(value: &Value) -> Result<Claim, Broken> {
    let kind = text(value, "kind")?;
    let world = text(value, "world")?;
    let policy = |v: &Value| -> Result<Written, Broken> {
        Ok(Written { side: text(v, "side")?, name: text(v, "name")?, text: member(v, "document")?.to_string() })
    };
    Ok(Claim {
        verb: text(value, "verb")?,
        kind: PolicyKind::from_str(&kind).map_err(|()| format!("`{kind}` is no kind of policy"))?,
        open_world: match world.as_str() {
            "open" => true,
            "closed" => false,
            _ => return Err(format!("`{world}` is no world")),
        },
        typed: member(value, "typed")?.as_bool().ok_or("`typed` is neither true nor false")?,
        catalog: text(value, "catalog")?,
        callers: scope(member(value, "callers")?)?,
        assume: assume(member(value, "assume")?)?,
        policies: list(value, "policies")?.iter().map(policy).collect::<Result<_, _>>()?,
        cases: list(value, "cases")?.iter().map(case).collect::<Result<_, _>>()?,
    })
}

fn assume(value: &Value) -> Result<Vec<(String, String)>, Broken> {
    let one = |(key, v): (&String, &Value)| v.as_str().map(|v| (key.clone(), v.to_owned()));
    let all = value.as_object().and_then(|map| map.iter().map(one).collect());
    all.ok_or_else(|| "`assume` is no object of texts".to_owned())
}

fn scope(value: &Value) -> Result<Scope, Broken> {
    Ok(match (value.as_str(), value.get("member").and_then(Value::as_str)) {
        (Some("identity"), _) => Scope::Identity,
        (Some("principals"), _) => Scope::Principals,
        (Some("everyone"), _) => Scope::Everyone,
        (Some("stranger"), _) => Scope::Stranger,
        (None, Some(account)) => Scope::Member(account.to_owned()),
        _ => return Err(format!("`{value}` says not who calls")),
    })
}

fn case(value: &Value) -> Result<Case, Broken> {
    let variables = member(value, "variables")?.as_object().ok_or("`variables` is no object")?;
    let there = |(name, v): (&String, &Value)| match v.as_str() {
        Some("present") => Ok((name.to_lowercase(), true)),
        Some("absent") => Ok((name.to_lowercase(), false)),
        _ => Err(format!("the variable `{name}` is neither present nor absent")),
    };
    Ok(Case {
        variables: variables.iter().map(there).collect::<Result<_, _>>()?,
        obligations: list(value, "obligations")?.iter().map(obligation).collect::<Result<_, _>>()?,
    })
}

fn obligation(value: &Value) -> Result<Obligation, Broken> {
    let terms = |key: &str| list(value, key)?.iter().map(term).collect::<Result<Vec<_>, Broken>>();
    let nodes = list(value, "tree")?.iter().map(node).collect::<Result<_, _>>()?;
    Ok(Obligation { within: terms("within")?, avoid: terms("avoid")?, nodes })
}

fn term(value: &Value) -> Result<Term, Broken> {
    if let Some(name) = value.get("fact") {
        return Ok(Term::Fact(name.as_str().unwrap_or_default().to_owned()));
    }
    if let Some(all) = value.get("literals").and_then(Value::as_array) {
        return Ok(Term::Literals(all.iter().map(own).collect::<Result<_, _>>()?));
    }
    Ok(Term::Statement(number(member(value, "policy")?)?, number(member(value, "statement")?)?))
}

fn own(value: &Value) -> Result<(Own, bool), Broken> {
    Ok((literal(value)?, flag(value, "holds")?))
}

fn literal(value: &Value) -> Result<Own, Broken> {
    if let Some(names) = value.get("action") {
        return Ok(Own::Action(texts(names)?, flag(value, "negated")?));
    }
    if let Some(patterns) = value.get("resource") {
        return Ok(Own::Resource(texts(patterns)?, flag(value, "negated")?));
    }
    Ok(Own::Key {
        key: text(value, "key")?,
        values: value.get("values").map(texts).transpose()?,
        negated: flag(value, "negated")?,
        at_absent: flag(value, "at_absent")?,
        quantifier: match text(value, "quantifier")?.as_str() {
            "none" => Quantifier::None,
            "any" => Quantifier::Any,
            "all" => Quantifier::All,
            other => return Err(format!("`{other}` is no quantifier")),
        },
    })
}

fn node(value: &Value) -> Result<Node, Broken> {
    if value.get("avoid").is_some() {
        let cases = list(value, "cases")?.iter().map(number).collect::<Result<_, _>>()?;
        return Ok(Node::Split(number(member(value, "avoid")?)?, cases));
    }
    let closed = text(value, "closed")?;
    Ok(Node::Closed(match closed.as_str() {
        "action" => Why::Action,
        "resource" => Why::Resource,
        "principal" => Why::Principal,
        "key" => Why::Key(text(value, "key")?.to_lowercase()),
        "formats" => Why::Formats,
        "callers" => Why::Callers,
        _ => return Err(format!("`{closed}` closes nothing")),
    }))
}
