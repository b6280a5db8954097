//! Conditions without effect, proved: those that hold for every request their statement would match without them, and those
//! that hold for none.

use super::code::Code;
use super::label::{Labels, about};
use super::proof_policy::Proofs;
use crate::policy::condition::Comparison;
use crate::policy::{Condition, Statement};
use crate::proof::Part;

/// A condition that no request fulfils. True when there is one.
pub(super) fn never<'d>(proofs: &mut Proofs<'_, 'd>, (number, statement): (usize, &Statement<'d>), out: &mut Labels<'d>) -> bool {
    let mut found = false;
    for (at, condition) in statement.conditions.iter().enumerate() {
        if proofs.statements.excludes(&mut proofs.engine, number, &[Part::Condition(at)]) {
            found = true;
            if !is_star(condition) {
                about(out.add(Code::ConditionNeverHolds, condition.key_node), condition);
            }
        }
    }
    found
}

/// Conditions that say nothing by themselves, or nothing beside the others; the last first, so that all of them can be
/// dropped at once.
pub(super) fn always<'d>(proofs: &mut Proofs<'_, 'd>, (number, statement): (usize, &Statement<'d>), out: &mut Labels<'d>) {
    if !out.wants(&[Code::ConditionAlwaysHolds, Code::RedundantCondition]) {
        return;
    }
    let mut left: Vec<usize> = (0..statement.conditions.len()).collect();
    for (at, condition) in statement.conditions.iter().enumerate().rev().filter(|(_, c)| !is_presence(c) && !is_star(c)) {
        let part = Part::Condition(at);
        if may_hold_when_absent(condition) && proofs.statements.implies(&mut proofs.engine, number, &[], part) {
            left.retain(|n| *n != at);
            about(out.add(Code::ConditionAlwaysHolds, condition.key_node), condition);
            continue;
        }
        let beside = |other: &usize| *other != at && statement.conditions.get(*other).is_some_and(|c| may_imply(c, condition));
        let others: Vec<Part> = left.iter().filter(|n| beside(n)).map(|n| Part::Condition(*n)).collect();
        if others.is_empty() || !proofs.statements.implies(&mut proofs.engine, number, &others, part) {
            continue;
        }
        left.retain(|n| *n != at);
        let by = others.iter().filter(|other| proofs.statements.implies(&mut proofs.engine, number, &[**other], part));
        let by = match by.collect::<Vec<_>>().first() {
            Some(Part::Condition(other)) => vec![*other],
            Some(Part::Action | Part::Resource | Part::Principal) | None => left.iter().copied().filter(|n| beside(n)).collect(),
        };
        let label = about(out.add(Code::RedundantCondition, condition.key_node), condition);
        for other in by.iter().filter_map(|n| statement.conditions.get(*n)) {
            label.related(other.key_node, "this condition says it already");
        }
    }
}

/// Said beside another condition to make plain that the key has to be there.
fn is_presence(condition: &Condition<'_>) -> bool {
    condition.operator.comparison == Comparison::Null
}

/// Few keys are in every request: what asks for a value fails where the key is absent.
fn may_hold_when_absent(condition: &Condition<'_>) -> bool {
    let always = ["aws:SecureTransport", "aws:CurrentTime", "aws:EpochTime", "aws:PrincipalType", "aws:PrincipalIsAWSService"];
    let there = ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:userid"];
    condition.operator.holds_when_absent() || always.iter().chain(&there).any(|key| condition.is_about(key))
}

/// Conditions on different keys have to do with each other where the caller or the network links the keys.
fn may_imply(one: &Condition<'_>, other: &Condition<'_>) -> bool {
    let linked = |c: &Condition<'_>| {
        let name = c.key.to_ascii_lowercase();
        let caller = name.starts_with("aws:principal") || matches!(name.as_str(), "aws:userid" | "aws:username");
        let network = matches!(name.as_str(), "aws:sourcevpc" | "aws:sourcevpce" | "aws:sourceip" | "aws:vpcsourceip");
        if caller { 1 } else { i32::from(network) * 2 }
    };
    one.is_about(other.key) || (linked(one) != 0 && linked(one) == linked(other))
}

/// A star alone: another check says what is left of the condition then.
fn is_star(condition: &Condition<'_>) -> bool {
    let patterns = matches!(condition.operator.comparison, Comparison::Glob | Comparison::Arn);
    patterns && matches!(condition.values.as_slice(), [value] if value.scalar() == "*")
}
