//! One operator with one key: keys that are absent, lists, set operators, `IfExists` and `Null`.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context keys".

use super::operator::Wanted;
use super::truth::{Cause, Doubt, Match, Miss, Truth, Why};
use super::value::boolean;
use super::view::{Values, View};
use crate::policy::Condition;
use crate::policy::condition::{Comparison, Quantifier};
use crate::policy::intrinsic::is_intrinsic;

/// Whether a request fulfils a condition of a policy of this version.
pub(super) fn judge<'d>(version: Option<&str>, condition: &Condition<'d>, view: &View<'_>) -> Match<'d> {
    let operator = &condition.operator;
    let node = condition.key_node;
    match operator.comparison {
        Comparison::Unknown => {
            let computed = condition.key.is_empty() || is_intrinsic(condition.value_node);
            let cause = if computed { Cause::Template } else { Cause::Operator };
            return Match::doubt(condition.operator_node, cause);
        }
        Comparison::Null => return presence(condition, view),
        Comparison::Text
        | Comparison::TextIgnoringCase
        | Comparison::Glob
        | Comparison::Arn
        | Comparison::Ip
        | Comparison::Bool
        | Comparison::Binary
        | Comparison::Number
        | Comparison::Date
        | Comparison::NumberOrder
        | Comparison::DateOrder => {}
    }
    let wanted = || condition.values.iter().map(|value| Wanted::read(operator, *value, version, view));
    let Some(values) = view.values(condition.key) else {
        if !operator.holds_when_absent() {
            return Match::No(Miss { node, why: Why::Absent });
        }
        // Were the statement void for want of a value, the absent key would not make it match either.
        let void = condition.values.iter().zip(wanted()).find(|(_, wanted)| operator.negated && wanted.is_unresolved());
        return void.map_or(Match::of(true, node, Why::Absent), |(value, _)| Match::doubt(*value, Cause::Variable));
    };
    if operator.quantifier == Quantifier::None && values.list {
        return Match::No(Miss { node, why: Why::List });
    }
    let mut doubt = Doubt { node, cause: Cause::Variable };
    let truth = match condition.values.as_slice() {
        // Nearly always there is one.
        [only] => over(condition, values, &[Wanted::read(operator, *only, version, view)], &mut doubt),
        _ => over(condition, values, &wanted().collect::<Vec<_>>(), &mut doubt),
    };
    match truth {
        Truth::True => Match::of(true, node, Why::Value),
        Truth::False => Match::No(Miss { node, why: Why::Value }),
        Truth::Unknown => Match::doubt(doubt.node, doubt.cause),
    }
}

/// `Null`: `true` asks for a key that is absent, `false` for one that is there.
fn presence<'d>(condition: &Condition<'d>, view: &View<'_>) -> Match<'d> {
    let node = condition.key_node;
    if condition.operator.if_exists {
        return Match::doubt(condition.operator_node, Cause::Operator);
    }
    if condition.values.iter().any(|value| !value.is_scalar()) {
        return Match::doubt(node, Cause::Template);
    }
    let absent = view.values(condition.key).is_none();
    let holds = condition.values.iter().any(|value| boolean(value.scalar()) == Some(absent));
    Match::of(holds, node, if absent { Why::Absent } else { Why::Present })
}

/// The values of the request under the set operator.
fn over<'d>(condition: &Condition<'d>, values: Values<'_>, wanted: &[Wanted<'d>], doubt: &mut Doubt<'d>) -> Truth {
    // What decides the set at once, and what it is when nothing does.
    let (decisive, otherwise) = match condition.operator.quantifier {
        Quantifier::Any => (Truth::True, Truth::False),
        Quantifier::All | Quantifier::None => (Truth::False, Truth::True),
    };
    let mut result = otherwise;
    for seen in values.iter() {
        match passes(condition, wanted, seen, doubt) {
            truth if truth == decisive => return decisive,
            Truth::Unknown => result = Truth::Unknown,
            Truth::True | Truth::False => {}
        }
    }
    result
}

/// One value of the request: some value of the policy fits, or with a negated operator none does.
fn passes<'d>(condition: &Condition<'d>, wanted: &[Wanted<'d>], seen: &str, doubt: &mut Doubt<'d>) -> Truth {
    let operator = &condition.operator;
    let mut open = false;
    for (node, value) in condition.values.iter().zip(wanted) {
        let cause = match value.passes(operator, seen) {
            Some(true) => return if operator.negated { Truth::False } else { Truth::True },
            Some(false) => continue,
            None if matches!(value, Wanted::Template) => Cause::Template,
            // A pattern without a value fits nothing; where it should keep something out that is not the last word.
            None if operator.negated => Cause::Variable,
            None => continue,
        };
        *doubt = Doubt { node: *node, cause };
        open = true;
    }
    match (open, operator.negated) {
        (true, _) => Truth::Unknown,
        (false, true) => Truth::True,
        (false, false) => Truth::False,
    }
}
