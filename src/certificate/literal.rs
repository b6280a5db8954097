//! What each element and condition of a statement says, read anew from the policy.
//!
//! IAM User Guide, "IAM JSON policy elements reference". The literals of a statement stand in the order action, principal,
//! resource, then each condition as it stands in the text.

use super::pattern::{Pattern, Reading, variable_parts, variables};
use super::scalar::{self, Interval, Range};
use crate::policy::arn::Arn;
use crate::policy::condition::{Comparison, Quantifier};
use crate::policy::principal::{PrincipalForm, PrincipalType};
use crate::policy::{Condition, Effect, Policy, Principal, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// What a literal is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The action.
    Action,
    /// Who calls.
    Principal,
    /// The resource.
    Resource,
    /// A condition key, in lower case.
    Key(String),
}

/// Whom a `Principal` element names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// `*`.
    Everyone,
    /// All of an account.
    Account(String),
    /// A user, role or session.
    Arn(String),
    /// A service.
    Service(String),
    /// An identity provider.
    Provider(String),
    /// An S3 canonical user.
    Canonical(String),
    /// Nobody there is.
    Nobody,
    /// Not known.
    Unknown(String),
}

/// A set of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// Texts.
    Text(Vec<Pattern>),
    /// Addresses.
    Address(Vec<Range>),
    /// Numbers.
    Number(Vec<Interval>),
    /// Moments.
    Moment(Vec<Interval>),
    /// `true` and `false`.
    Bool(Vec<bool>),
    /// Base64.
    Binary(Vec<String>),
    /// Every value.
    Everything,
    /// No value.
    Nothing,
    /// Of which nothing is known, by its text.
    Unknown(String),
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Set operator.
    pub quantifier: Quantifier,
    /// Values outside of the set are meant.
    pub negated: bool,
    /// Whether it holds of a request without the key.
    pub at_absent: bool,
    /// The values.
    pub set: Set,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// One of these actions, or none of them.
    Actions(Vec<String>, bool),
    /// One of these resources, or none.
    Resources(Vec<Pattern>, bool),
    /// One of these callers, or none; the last tells a Deny.
    Principals(Vec<Named>, bool, bool),
    /// A condition.
    Key(Test),
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// What it is about.
    pub field: Field,
    /// What it says.
    pub meaning: Meaning,
    /// It negates a variable without a default: without a value the statement may be void, whatever else it says.
    pub doubtful: bool,
}

/// A literal that holds, or does not.
pub type Sense<'a> = (&'a Literal, bool);

/// How variables are read.
#[derive(Clone, Copy)]
struct Texts<'a> {
    /// Variables that have a value, and those that have none; `None` where the policy knows no variables.
    known: Option<&'a BTreeMap<String, bool>>,
}

/// The literals of a statement. `known` says of keys of variables whether they have a value.
pub fn literals(policy: &Policy<'_>, statement: &Statement<'_>, known: &BTreeMap<String, bool>) -> Vec<Literal> {
    let texts = Texts { known: (policy.version == Some("2012-10-17")).then_some(known) };
    let mut out = Vec::new();
    if let Some(element) = &statement.actions {
        let names = element.items.iter().map(|item| item.text.to_owned()).collect();
        out.push(Literal { field: Field::Action, meaning: Meaning::Actions(names, element.negated), doubtful: false });
    }
    if let Some(element) = &statement.principals {
        let all: BTreeSet<Named> = element.items.iter().map(named).collect();
        let meaning = Meaning::Principals(all.into_iter().collect(), element.negated, statement.is(Effect::Deny));
        out.push(Literal { field: Field::Principal, meaning, doubtful: false });
    }
    if let Some(element) = &statement.resources {
        let items: Vec<&str> = element.items.iter().map(|item| item.text).collect();
        let meaning = Meaning::Resources(texts.patterns(&items, Reading::Resource, false), element.negated);
        out.push(Literal { field: Field::Resource, meaning, doubtful: element.negated && texts.open(&items) });
    }
    out.extend(statement.conditions.iter().map(|condition| texts.condition(condition)));
    out
}

/// That a key is there, or that it is not.
pub fn presence(key: &str, there: bool) -> Literal {
    let set = if there { Set::Everything } else { Set::Nothing };
    let test = Test { quantifier: Quantifier::Any, negated: false, at_absent: !there, set };
    Literal { field: Field::Key(key.to_lowercase()), meaning: Meaning::Key(test), doubtful: false }
}

impl Texts<'_> {
    fn patterns(self, items: &[&str], reading: Reading, fold: bool) -> Vec<Pattern> {
        let all: BTreeSet<Pattern> = items.iter().filter_map(|t| Pattern::read(t, reading, fold, self.known)).collect();
        all.into_iter().collect()
    }

    /// Some variable has no default.
    fn open(self, items: &[&str]) -> bool {
        let none = |inside: &str| variable_parts(inside).1.is_none();
        self.known.is_some() && items.iter().flat_map(|item| variables(item)).any(none)
    }

    fn condition(self, condition: &Condition<'_>) -> Literal {
        let operator = &condition.operator;
        let scalars = condition.values.iter().all(|value| value.is_scalar());
        let items: Vec<&str> = condition.values.iter().map(|value| value.scalar()).collect();
        let says = |word: &str| items.iter().any(|item| item.eq_ignore_ascii_case(word));
        let null = operator.comparison == Comparison::Null;
        let set = match scalars && !(null && operator.if_exists) {
            true if null && says("false") => Some(Set::Everything),
            true if null => Some(Set::Nothing),
            true => self.set(condition, &items),
            false => None,
        };
        let set = set.unwrap_or_else(|| Set::Unknown(format!("{} {}", self.known.is_some(), written(condition))));
        let test = match null {
            // The key as a whole is meant, however many values it has.
            true => Test { quantifier: Quantifier::Any, negated: false, at_absent: says("true"), set },
            false => {
                let absent = match operator.quantifier {
                    Quantifier::All => true,
                    Quantifier::Any => operator.if_exists,
                    Quantifier::None => operator.negated || operator.if_exists,
                };
                Test { quantifier: operator.quantifier, negated: operator.negated, at_absent: absent, set }
            }
        };
        let doubtful = !null && operator.negated && self.open(&items);
        Literal { field: Field::Key(condition.key.to_lowercase()), meaning: Meaning::Key(test), doubtful }
    }

    /// The values of a condition; `None` when they cannot be kept exactly.
    fn set(self, condition: &Condition<'_>, items: &[&str]) -> Option<Set> {
        let text = |reading, fold| Some(Set::Text(self.patterns(items, reading, fold)));
        let plain = !items.iter().any(|item| item.contains("${"));
        match condition.operator.comparison {
            Comparison::Text => text(Reading::Exact, false),
            Comparison::TextIgnoringCase => text(Reading::Exact, true),
            Comparison::Glob => text(Reading::Glob, false),
            Comparison::Arn => {
                // Without a first field it is not known what is an ARN.
                let sure = plain || items.iter().all(|item| !item.starts_with("${"));
                if sure { text(Reading::Arn, false) } else { None }
            }
            Comparison::Ip => Some(Set::Address(items.iter().filter_map(|item| scalar::range(item)).collect())),
            Comparison::Bool if plain => {
                let says = |word: &str| items.iter().any(|item| item.eq_ignore_ascii_case(word));
                Some(Set::Bool([true, false].into_iter().filter(|b| says(&b.to_string())).collect()))
            }
            Comparison::Binary if plain => Some(Set::Binary(items.iter().map(|item| (*item).to_owned()).collect())),
            Comparison::Number | Comparison::NumberOrder => Some(Set::Number(intervals(condition, items, scalar::number)?)),
            Comparison::Date | Comparison::DateOrder => Some(Set::Moment(intervals(condition, items, scalar::moment)?)),
            Comparison::Bool | Comparison::Binary | Comparison::Null | Comparison::Unknown => None,
        }
    }
}

fn intervals(condition: &Condition<'_>, items: &[&str], read: fn(&str) -> Option<i128>) -> Option<Vec<Interval>> {
    let base = condition.operator.base;
    let itself = base.ends_with("Equals");
    let one = |item: &&str| {
        let end = Some((read(item)?, itself));
        Some(Interval { low: end.filter(|_| !base.contains("LessThan")), high: end.filter(|_| !base.contains("GreaterThan")) })
    };
    items.iter().map(one).collect()
}

/// A condition by its text.
fn written(condition: &Condition<'_>) -> String {
    let node = condition.value_node;
    let values = node.document().text().get(node.span().range()).unwrap_or_default();
    format!("{} {} {}", condition.operator_node.scalar(), condition.key, values.split_whitespace().collect::<String>())
}

fn named(principal: &Principal<'_>) -> Named {
    let text = principal.text.to_owned();
    if text.contains("${") {
        return Named::Unknown(text);
    }
    match (principal.kind, principal.form) {
        (PrincipalType::Anyone, _) | (PrincipalType::Aws, PrincipalForm::Wildcard) => Named::Everyone,
        (PrincipalType::Service, _) => Named::Service(text),
        (PrincipalType::Federated, _) => Named::Provider(text),
        (PrincipalType::Canonical, _) => Named::Canonical(text),
        (PrincipalType::Aws, PrincipalForm::AccountRoot) => match Arn::parse(&text) {
            Some(arn) => Named::Account(arn.account.to_owned()),
            None => Named::Account(text),
        },
        (PrincipalType::Aws, PrincipalForm::Role | PrincipalForm::User | PrincipalForm::Session) => Named::Arn(text),
        (PrincipalType::Aws, PrincipalForm::UniqueId | PrincipalForm::Empty | PrincipalForm::Other) => Named::Nobody,
    }
}
