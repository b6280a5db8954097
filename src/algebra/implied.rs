//! Whether a condition of a Deny holds for every request that a question is about. Only then does the Deny count.

use super::question::{When, WhenTest};
use crate::document::Node;
use crate::policy::Condition;
use crate::policy::arn::has_variable;
use crate::policy::condition::{Comparison, Quantifier};
use crate::text::glob::{Case, contains, has_wildcard, matches, overlaps};

/// True when `condition` holds for all requests with `when`, made by principals outside `except`.
pub(super) fn implied(condition: &Condition<'_>, when: &[When], except: &[String]) -> bool {
    if condition.values.iter().any(|v| !v.is_scalar() || has_variable(v.scalar()))
        || condition.operator.comparison == Comparison::Unknown
    {
        return false;
    }
    exempts_only(condition, except) || when.iter().any(|w| condition.is_about(&w.key) && follows(condition, w))
}

/// `ArnNotLike aws:PrincipalArn […]` and its kin with nothing but declared exemptions: everybody else fulfils it.
fn exempts_only(condition: &Condition<'_>, except: &[String]) -> bool {
    let operator = condition.operator;
    let on_principal = condition.is_about("aws:PrincipalArn");
    // An anonymous request carries no aws:PrincipalArn; a negated operator without `ForAnyValue` is true then.
    on_principal
        && operator.negated
        && operator.quantifier != Quantifier::Any
        && !condition.values.is_empty()
        && condition.values.iter().all(|v| except.iter().any(|e| contains(e, v.scalar(), Case::Sensitive)))
}

fn follows(condition: &Condition<'_>, when: &When) -> bool {
    let operator = condition.operator;
    let absent_holds = operator.holds_when_absent();
    if operator.comparison == Comparison::Null {
        let wants_absent = condition.values.iter().all(|v| v.scalar().eq_ignore_ascii_case("true")) && !operator.if_exists;
        return match &when.test {
            WhenTest::Absent => wants_absent,
            WhenTest::Equals(_) | WhenTest::Within(_) => !wants_absent,
            WhenTest::NotWithin { .. } | WhenTest::NotLiteral { .. } => false,
        };
    }
    match &when.test {
        WhenTest::Absent => absent_holds,
        WhenTest::Equals(value) => accepts(condition, value),
        WhenTest::Within(set) => set.iter().all(|value| !has_wildcard(value) && accepts(condition, value)),
        WhenTest::NotWithin { set, or_absent } => {
            let inside = |v: &Node<'_>| set.iter().any(|g| contains(g, v.scalar(), Case::Sensitive));
            outside(condition, *or_absent) && condition.values.iter().all(inside)
        }
        WhenTest::NotLiteral { or_absent } => {
            let globs = matches!(operator.comparison, Comparison::Glob | Comparison::Arn);
            outside(condition, *or_absent)
                && condition.values.iter().map(|v| v.scalar()).all(|v| !v.is_empty() && (!globs || !has_wildcard(v)))
        }
    }
}

/// A negated operator that holds for every value but its own, and for an absent key where that is asked.
fn outside(condition: &Condition<'_>, or_absent: bool) -> bool {
    let operator = condition.operator;
    let exact = matches!(operator.comparison, Comparison::Text | Comparison::Glob | Comparison::Arn);
    operator.negated && exact && !condition.values.is_empty() && (!or_absent || operator.holds_when_absent())
}

/// Whether a request in which the key has this one value fulfils the condition.
fn accepts(condition: &Condition<'_>, value: &str) -> bool {
    let operator = condition.operator;
    let hit = |v: &Node<'_>| {
        let pattern = v.scalar();
        match operator.comparison {
            Comparison::Text | Comparison::Number | Comparison::Date | Comparison::Binary => pattern == value,
            Comparison::TextIgnoringCase | Comparison::Bool => pattern.eq_ignore_ascii_case(value),
            Comparison::Glob | Comparison::Arn => matches(pattern, value, Case::Sensitive),
            Comparison::Ip | Comparison::NumberOrder | Comparison::DateOrder | Comparison::Null | Comparison::Unknown => false,
        }
    };
    if operator.negated {
        // A comparison we do not compute must not be taken for "no value matches".
        let computed =
            matches!(operator.comparison, Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob | Comparison::Arn);
        return computed && !condition.values.iter().any(|v| overlaps(v.scalar(), value, Case::Insensitive) || hit(v));
    }
    condition.values.iter().any(hit)
}
