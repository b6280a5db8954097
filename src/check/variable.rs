//! Policy variables: `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}`, `${$}`.
//!
//! IAM User Guide, "IAM policy elements: Variables and tags".

use super::code::Code;
use super::label::{Labels, about};
use super::subject::{Subject, texts};
use crate::document::Node;
use crate::policy::arn::has_dollar_brace;
use crate::policy::condition::Comparison;
use crate::policy::intrinsic::is_within_call;
use crate::policy::{ArnPattern, Condition, Statement};

/// Every text of a statement that may hold a variable, and those that may not.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    for name in ["Sid", "Effect"] {
        if let Some(node) = statement.node.get(name).filter(|n| n.as_str().is_some_and(has_dollar_brace)) {
            out.add(Code::VariableUnsupportedInElement, node).other(if name == "Sid" { "Sid" } else { "Effect" });
        }
    }
    if let Some(element) = &statement.actions {
        for action in element.items.iter().filter(|a| has_dollar_brace(a.text) && a.node.as_str().is_some()) {
            out.add(Code::VariableUnsupportedInElement, action.node).other(element.key.scalar());
        }
    }
    if let Some(element) = &statement.resources {
        // What `Fn::Sub` fills in is the template's, not a variable of the policy.
        let own = |r: &&ArnPattern<'d>| r.node.as_str().is_some() && !is_within_call(element.value, r.node);
        for resource in element.items.iter().filter(|r| has_dollar_brace(r.text)).filter(own) {
            value(subject, resource.text, resource.node, None, out);
        }
    }
    for condition in &statement.conditions {
        for (text, node) in texts(condition) {
            value(subject, text, node, Some(condition), out);
        }
    }
}

fn value<'d>(subject: Subject<'_, 'd>, text: &'d str, node: Node<'d>, of: Option<&Condition<'d>>, out: &mut Labels<'d>) {
    if !has_dollar_brace(text) {
        return;
    }
    if let Some(condition) = of
        && !takes_variables(condition)
    {
        about(out.add(Code::InvalidVariableForOperator, node), condition);
        return;
    }
    if !subject.knows_variables() {
        if crate::policy::arn::has_variable(text) {
            out.add(Code::VariableUnsupportedInVersion, node).other(subject.policy.version.unwrap_or("2008-10-17"));
        }
        return;
    }
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once("${") {
        let (inside, after) = match cut(tail) {
            Some(parts) => parts,
            None => {
                out.add(Code::MissingBraceInVariable, node);
                return;
            }
        };
        if let Some(code) = mistake(inside) {
            out.add(code, node);
            return;
        }
        rest = after;
    }
}

/// What stands between the braces, and what follows. A closing brace inside quotes belongs to the default value.
fn cut(tail: &str) -> Option<(&str, &str)> {
    let plain = tail.split_once('}')?;
    let quoted = plain.0.split_once('\'').is_some_and(|(_, value)| !value.contains('\''));
    if quoted && let Some(end) = tail.find("'}") {
        return Some((tail.get(..=end)?, tail.get(end + 2..)?));
    }
    Some(plain)
}

fn mistake(inside: &str) -> Option<Code> {
    if matches!(inside, "*" | "?" | "$") {
        return None;
    }
    let (name, default) = inside.split_once(',').map_or((inside, None), |(name, default)| (name, Some(default.trim())));
    if let Some(default) = default {
        let closed = default.len() >= 2 && default.starts_with('\'') && default.ends_with('\'');
        if !closed {
            return Some(Code::MissingQuoteInVariable);
        }
    }
    if name.trim().is_empty() {
        return Some(Code::EmptyVariable);
    }
    // A tag key may hold blanks; the name in front of it may not.
    let (head, tag) = name.split_once('/').map_or((name, None), |(head, tag)| (head, Some(tag)));
    let spaced = head.contains(' ') || tag.is_some_and(|t| t != t.trim());
    if spaced { Some(Code::UnsupportedSpaceInVariable) } else { None }
}

fn takes_variables(condition: &Condition<'_>) -> bool {
    match condition.operator.comparison {
        Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob | Comparison::Arn | Comparison::Unknown => true,
        Comparison::Ip
        | Comparison::Bool
        | Comparison::Binary
        | Comparison::Number
        | Comparison::Date
        | Comparison::NumberOrder
        | Comparison::DateOrder
        | Comparison::Null => false,
    }
}
