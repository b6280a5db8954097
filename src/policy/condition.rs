//! `Condition`: operators taken apart into base, set quantifier and `IfExists`.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context keys".

use crate::document::Node;

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Character by character.
    Text,
    /// The same, letter case ignored.
    TextIgnoringCase,
    /// With `*` and `?`.
    Glob,
    /// ARN by ARN field, with wildcards.
    Arn,
    /// CIDR ranges.
    Ip,
    /// Booleans.
    Bool,
    /// Base64 bytes.
    Binary,
    /// Numbers, equal.
    Number,
    /// Dates, equal.
    Date,
    /// Less, greater: numbers.
    NumberOrder,
    /// Less, greater: dates.
    DateOrder,
    /// Presence.
    Null,
    /// An operator AWS does not have.
    Unknown,
}

/// Set operator in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// Single-valued.
    None,
    /// `ForAnyValue:`.
    Any,
    /// `ForAllValues:`, true when the key is absent.
    All,
}

/// A condition operator in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The AWS spelling without quantifier and `IfExists`; empty when unknown.
    pub base: &'static str,
    /// How it compares.
    pub comparison: Comparison,
    /// `…Not…`: true when no value matches, and when the key is absent.
    pub negated: bool,
    /// `…IfExists`: true when the key is absent.
    pub if_exists: bool,
    /// Set operator.
    pub quantifier: Quantifier,
}

/// Every operator: spelling, comparison, negated.
const OPERATORS: [(&str, Comparison, bool); 27] = [
    ("StringEquals", Comparison::Text, false),
    ("StringNotEquals", Comparison::Text, true),
    ("StringEqualsIgnoreCase", Comparison::TextIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::TextIgnoringCase, true),
    ("StringLike", Comparison::Glob, false),
    ("StringNotLike", Comparison::Glob, true),
    ("ArnEquals", Comparison::Arn, false),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnNotLike", Comparison::Arn, true),
    ("IpAddress", Comparison::Ip, false),
    ("NotIpAddress", Comparison::Ip, true),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::Binary, false),
    ("NumericEquals", Comparison::Number, false),
    ("NumericNotEquals", Comparison::Number, true),
    ("NumericLessThan", Comparison::NumberOrder, false),
    ("NumericLessThanEquals", Comparison::NumberOrder, false),
    ("NumericGreaterThan", Comparison::NumberOrder, false),
    ("NumericGreaterThanEquals", Comparison::NumberOrder, false),
    ("DateEquals", Comparison::Date, false),
    ("DateNotEquals", Comparison::Date, true),
    ("DateLessThan", Comparison::DateOrder, false),
    ("DateLessThanEquals", Comparison::DateOrder, false),
    ("DateGreaterThan", Comparison::DateOrder, false),
    ("DateGreaterThanEquals", Comparison::DateOrder, false),
    ("Null", Comparison::Null, false),
];

/// Spellings of every operator, for near misses.
pub fn operator_names() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().map(|(name, _, _)| *name)
}

impl Operator {
    /// Take an operator apart; letter case is ignored, as AWS does.
    pub fn parse(text: &str) -> Self {
        let (quantifier, rest) = match text.split_once(':') {
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAnyValue") => (Quantifier::Any, rest),
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAllValues") => (Quantifier::All, rest),
            Some(_) | None => (Quantifier::None, text),
        };
        let (name, if_exists) = match rest.len().checked_sub(8).and_then(|at| rest.split_at_checked(at)) {
            Some((name, tail)) if tail.eq_ignore_ascii_case("IfExists") => (name, true),
            Some(_) | None => (rest, false),
        };
        let known = OPERATORS.iter().find(|(spelling, _, _)| spelling.eq_ignore_ascii_case(name));
        let (base, comparison, negated) = known.copied().unwrap_or(("", Comparison::Unknown, false));
        Self { base, comparison, negated, if_exists, quantifier }
    }

    /// True when a request without the key fulfils it.
    pub fn holds_when_absent(&self) -> bool {
        match self.quantifier {
            Quantifier::All => true,
            Quantifier::Any => self.if_exists,
            Quantifier::None => self.negated || self.if_exists,
        }
    }
}

/// One operator with one key and its values, which are ORed (NORed when negated).
#[derive(Clone, Debug)]
pub struct Condition<'d> {
    /// The operator's key node.
    pub operator_node: Node<'d>,
    /// The operator.
    pub operator: Operator,
    /// The condition key's node.
    pub key_node: Node<'d>,
    /// The condition key as written; compare without regard to letter case.
    pub key: &'d str,
    /// The value or list of values.
    pub value_node: Node<'d>,
    /// Every value; a template's intrinsic function is an object.
    pub values: Vec<Node<'d>>,
}

impl Condition<'_> {
    /// True when this is about `key`; the part behind a slash (a tag key) is compared alike.
    pub fn is_about(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_come_apart() {
        let op = Operator::parse("ForAllValues:StringNotEqualsIfExists");
        assert_eq!((op.base, op.negated, op.if_exists, op.quantifier), ("StringNotEquals", true, true, Quantifier::All));
        assert!(op.holds_when_absent());
        assert!(!Operator::parse("ForAnyValue:StringNotEquals").holds_when_absent());
        assert!(Operator::parse("stringnotequals").holds_when_absent());
        assert_eq!(Operator::parse("StringEqual").comparison, Comparison::Unknown);
        assert_eq!(Operator::parse("").comparison, Comparison::Unknown);
    }
}
