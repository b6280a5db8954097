//! `bounded_by`: a statement can match only when a key is present and its value lies inside a set.
//!
//! Positive operators alone bind. `…IfExists` and `ForAllValues:` are true without the key, so they bind only beside
//! `"Null": {"key": "false"}`. IAM User Guide, "Condition operators" and "Single-valued vs. multivalued context keys".

use super::arn_shape::ArnShape;
use super::ask;
use super::truth::Truth;
use crate::document::Node;
use crate::policy::arn::has_variable;
use crate::policy::condition::{Comparison, Quantifier};
use crate::policy::{Condition, Statement};
use crate::text::glob::{Case, contains, has_wildcard};
use crate::text::pattern::Pattern;
use std::borrow::Cow;

/// The set that every value must lie in.
#[derive(Clone, Debug)]
pub enum Inside {
    /// Anything but everything: no value may be a lone `*`.
    Something,
    /// No wildcard in any value.
    Literal,
    /// One of these globs.
    Globs(Vec<String>),
    /// `aws:PrincipalOrgPaths` below one of these organizations.
    Organizations(Vec<String>),
    /// An ARN of this shape.
    Shape(ArnShape),
    /// A regular expression, anchored by the author.
    Regex(Pattern),
    /// CIDR ranges at least this long: IPv4, IPv6.
    Network(u8, u8),
}

/// Keys, any of which may bind, and the set.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Condition keys, letter case ignored.
    pub keys: Vec<String>,
    /// The set.
    pub inside: Inside,
}

impl Bound {
    /// Whether `statement` is bound. Evidence: the binding values, or the nearest thing that fails to bind.
    pub fn test<'d>(&self, statement: &Statement<'d>, evidence: &mut Vec<Node<'d>>) -> Truth {
        let mut best = Truth::False;
        let mark = evidence.len();
        for condition in statement.conditions.iter().filter(|c| self.keys.iter().any(|key| c.is_about(key))) {
            let truth = self.condition(condition, statement, evidence);
            best = best.or(truth);
            if best == Truth::True {
                evidence.drain(mark..);
                evidence.push(condition.value_node);
                break;
            }
        }
        if best == Truth::False
            && let Some(value) = self.together(statement)
        {
            evidence.truncate(mark);
            evidence.push(value);
            return Truth::True;
        }
        best
    }

    /// Several conditions on one key may bind it together where none of them does alone. Gives the first of them.
    fn together<'d>(&self, statement: &Statement<'d>) -> Option<Node<'d>> {
        let globs: Cow<'_, [String]> = match &self.inside {
            Inside::Globs(set) => Cow::Borrowed(set),
            Inside::Organizations(set) => Cow::Owned(set.iter().map(|o| format!("{o}/*")).collect()),
            Inside::Something | Inside::Literal | Inside::Shape(_) | Inside::Regex(_) | Inside::Network(..) => return None,
        };
        self.keys.iter().find_map(|key| {
            let own: Vec<_> = statement.conditions.iter().filter(|c| c.is_about(key)).collect();
            let plain = |c: &&Condition<'_>| c.values.iter().all(|v| v.is_scalar() && !has_variable(v.scalar()));
            let first = own.first().filter(|_| own.len() > 1 && own.iter().all(plain))?;
            // Conditions that nothing fulfils bind nothing.
            let possible = ask::leaves(statement, key, &[]) == Some(true);
            (possible && ask::leaves(statement, key, &globs) == Some(false)).then_some(first.value_node)
        })
    }

    fn condition<'d>(&self, condition: &Condition<'d>, statement: &Statement<'d>, evidence: &mut Vec<Node<'d>>) -> Truth {
        let operator = condition.operator;
        if operator.comparison == Comparison::Null {
            return Truth::False;
        }
        if operator.comparison == Comparison::Unknown {
            evidence.push(condition.operator_node);
            return Truth::Unknown;
        }
        let open_when_absent = operator.if_exists || operator.quantifier == Quantifier::All;
        if operator.negated || (open_when_absent && !requires(statement, condition.key)) {
            evidence.push(condition.operator_node);
            return Truth::False;
        }
        if !names_a_value(operator.comparison) {
            evidence.push(condition.operator_node);
            return Truth::False;
        }
        let mut truth = Truth::from(!condition.values.is_empty());
        for value in &condition.values {
            let inside = if compares_with_itself(condition.key, value.scalar()) {
                Truth::False
            } else if value.is_scalar() {
                self.value(value.scalar(), operator.comparison)
            } else {
                Truth::Unknown
            };
            if inside != Truth::True {
                evidence.push(*value);
            }
            truth = truth.and(inside);
        }
        truth
    }

    fn value(&self, value: &str, comparison: Comparison) -> Truth {
        let globs = matches!(comparison, Comparison::Glob | Comparison::Arn);
        if has_variable(value) {
            return Truth::Unknown;
        }
        match &self.inside {
            Inside::Something => {
                let everything = globs && value.bytes().all(|b| b == b'*');
                Truth::from(!everything && !is_whole_network(value))
            }
            Inside::Literal => {
                let open = globs && has_wildcard(value);
                Truth::from(!value.is_empty() && !open)
            }
            Inside::Globs(set) if globs => Truth::from(set.iter().any(|g| contains(g, value, Case::Sensitive))),
            Inside::Globs(set) => Truth::from(set.iter().any(|g| crate::text::glob::matches(g, value, Case::Sensitive))),
            Inside::Organizations(set) => {
                let organization = value.split('/').next().unwrap_or_default();
                Truth::from(value.contains('/') && set.iter().any(|o| o == organization))
            }
            Inside::Shape(shape) => shape.test(value).truth,
            Inside::Regex(regex) => Truth::from(regex.is_match(value)),
            Inside::Network(v4, v6) => {
                Truth::from(prefix_length(value).is_some_and(|(len, six)| len >= if six { *v6 } else { *v4 }))
            }
        }
    }
}

/// Whether such a comparison can pin a key to values: an order over account ids or dates cannot.
fn names_a_value(comparison: Comparison) -> bool {
    match comparison {
        Comparison::Text
        | Comparison::TextIgnoringCase
        | Comparison::Glob
        | Comparison::Arn
        | Comparison::Ip
        | Comparison::Bool => true,
        Comparison::Binary
        | Comparison::Number
        | Comparison::Date
        | Comparison::NumberOrder
        | Comparison::DateOrder
        | Comparison::Null
        | Comparison::Unknown => false,
    }
}

/// `"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"` holds for everyone who has the key.
fn compares_with_itself(key: &str, value: &str) -> bool {
    value.to_ascii_lowercase().contains(&format!("${{{}", key.to_ascii_lowercase()))
}

/// True when the statement holds `"Null": {key: "false"}`, or another condition that fails without the key.
fn requires(statement: &Statement<'_>, key: &str) -> bool {
    statement.conditions.iter().filter(|c| c.is_about(key) && !c.values.is_empty()).any(|c| match c.operator.comparison {
        Comparison::Null => !c.operator.if_exists && c.values.iter().all(|v| v.scalar().eq_ignore_ascii_case("false")),
        Comparison::Unknown => false,
        _ => !c.operator.holds_when_absent(),
    })
}

fn is_whole_network(value: &str) -> bool {
    matches!(prefix_length(value), Some((0, _)))
}

/// Prefix length of a CIDR or address, and whether it is IPv6.
pub fn prefix_length(value: &str) -> Option<(u8, bool)> {
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
        None => (value, None),
    };
    match address.parse::<std::net::IpAddr>().ok()? {
        std::net::IpAddr::V4(_) => Some((length.unwrap_or(32), false)),
        std::net::IpAddr::V6(_) => Some((length.unwrap_or(128), true)),
    }
}
