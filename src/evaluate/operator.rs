//! One value of a policy against one value of a request, by each operator.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators".

use super::text::Text;
use super::value::{Decimal, base64, boolean, in_range, moment};
use super::view::View;
use crate::document::Node;
use crate::policy::condition::{Comparison, Operator};
use std::cmp::Ordering;

/// A value of a policy, ready for its operator.
#[derive(Clone, Debug)]
pub(super) enum Wanted<'d> {
    /// Text whose variables were put in.
    Text(Text<'d>),
    /// Compared as written: the operator takes no variables.
    Plain(&'d str),
    /// A template computes it.
    Template,
}

impl<'d> Wanted<'d> {
    /// Read a value for an operator.
    pub(super) fn read(operator: &Operator, node: Node<'d>, version: Option<&str>, view: &View<'_>) -> Self {
        if !node.is_scalar() {
            return Self::Template;
        }
        match operator.comparison {
            Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob | Comparison::Arn | Comparison::Bool => {
                Self::Text(Text::read(node.scalar(), version, view))
            }
            Comparison::Ip
            | Comparison::Binary
            | Comparison::Number
            | Comparison::Date
            | Comparison::NumberOrder
            | Comparison::DateOrder
            | Comparison::Null
            | Comparison::Unknown => Self::Plain(node.scalar()),
        }
    }

    /// Whether a variable in it has no value.
    pub(super) fn is_unresolved(&self) -> bool {
        matches!(self, Self::Text(Text::Unresolved))
    }

    /// Whether the request's value passes, negation left aside; `None` when this value is not known.
    pub(super) fn passes(&self, operator: &Operator, seen: &str) -> Option<bool> {
        match self {
            Self::Template => None,
            Self::Text(text) => text_passes(operator.comparison, text, seen),
            Self::Plain(wanted) => Some(plain_passes(operator, wanted, seen)),
        }
    }
}

fn text_passes(comparison: Comparison, text: &Text<'_>, seen: &str) -> Option<bool> {
    match comparison {
        Comparison::Text => text.equals(seen),
        Comparison::TextIgnoringCase => text.literal().map(|wanted| folded(&wanted).eq(folded(seen))),
        Comparison::Glob => text.fits(seen),
        Comparison::Arn => text.fits_arn(seen),
        Comparison::Bool => text.literal().map(|wanted| both(boolean(&wanted), boolean(seen)).is_some_and(|(a, b)| a == b)),
        Comparison::Ip
        | Comparison::Binary
        | Comparison::Number
        | Comparison::Date
        | Comparison::NumberOrder
        | Comparison::DateOrder
        | Comparison::Null
        | Comparison::Unknown => Some(false),
    }
}

fn plain_passes(operator: &Operator, wanted: &str, seen: &str) -> bool {
    match operator.comparison {
        Comparison::Ip => in_range(wanted, seen),
        Comparison::Binary => both(base64(wanted), base64(seen)).is_some_and(|(a, b)| a == b),
        Comparison::Number | Comparison::NumberOrder => {
            both(Decimal::parse(wanted), Decimal::parse(seen)).is_some_and(|(a, b)| ordered(operator.base, b.cmp(&a)))
        }
        Comparison::Date | Comparison::DateOrder => {
            both(moment(wanted), moment(seen)).is_some_and(|(a, b)| ordered(operator.base, b.cmp(&a)))
        }
        Comparison::Text
        | Comparison::TextIgnoringCase
        | Comparison::Glob
        | Comparison::Arn
        | Comparison::Bool
        | Comparison::Null
        | Comparison::Unknown => false,
    }
}

/// Whether the request's value may stand in this order to the policy's.
fn ordered(base: &str, order: Ordering) -> bool {
    match base {
        "NumericLessThan" | "DateLessThan" => order.is_lt(),
        "NumericLessThanEquals" | "DateLessThanEquals" => order.is_le(),
        "NumericGreaterThan" | "DateGreaterThan" => order.is_gt(),
        "NumericGreaterThanEquals" | "DateGreaterThanEquals" => order.is_ge(),
        _ => order.is_eq(),
    }
}

fn both<T>(a: Option<T>, b: Option<T>) -> Option<(T, T)> {
    a.zip(b)
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}
