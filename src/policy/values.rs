//! The values of a statement's elements: actions, resources and principals, written out or computed by a template.

use super::arn::{has_dollar_brace, has_variable};
use super::intrinsic::{choice, is_intrinsic, is_no_value, substitution};
use super::model::{ActionPattern, ArnPattern, Element};
use super::parse::{element, grammar, unknown_element};
use super::principal::Principal;
use crate::document::{Kind, Node, Problem};

/// Stands for what is known only when a template is deployed; read as a policy variable, which may be any text.
const UNKNOWN: &str = "${unknown}";

/// One value of an element.
struct Entry<'d> {
    text: &'d str,
    node: Node<'d>,
    /// The text comes from a function of the template.
    computed: bool,
}

/// The strings of a value or list; anything else is reported.
fn strings<'d>(value: Node<'d>, what: &str, problems: &mut Vec<Problem>) -> Vec<Entry<'d>> {
    let mut out = Vec::new();
    if is_no_value(value) {
        // The element falls away as a whole, which no policy means.
        out.push(Entry { text: UNKNOWN, node: value, computed: true });
        return out;
    }
    value.one_or_many().for_each(|node| entry(node, what, &mut out, problems));
    out
}

fn entry<'d>(node: Node<'d>, what: &str, out: &mut Vec<Entry<'d>>, problems: &mut Vec<Problem>) {
    if let Some(text) = node.as_str() {
        out.push(Entry { text, node, computed: false });
    } else if is_no_value(node) {
        // In a list it is as if it were not there.
    } else if let Some(branches) = choice(node) {
        branches.into_iter().flat_map(Node::one_or_many).for_each(|value| entry(value, what, out, problems));
    } else if let Some(text) = substitution(node) {
        out.push(Entry { text: text.scalar(), node: text, computed: true });
    } else if is_intrinsic(node) {
        out.push(Entry { text: UNKNOWN, node, computed: true });
    } else {
        let message = format!("an entry of `{what}` that is not a string");
        grammar(node, message, "write it as a string in double quotes", problems);
        // Whatever was meant, it is not nothing: a Deny on `NotResource` must not cover it.
        out.push(Entry { text: UNKNOWN, node, computed: false });
    }
}

/// `Action` or `NotAction`.
pub(super) fn actions<'d>(
    key: Node<'d>,
    value: Node<'d>,
    negated: bool,
    problems: &mut Vec<Problem>,
) -> Element<'d, ActionPattern<'d>> {
    let mut items = Vec::new();
    for Entry { text, node, computed } in strings(value, key.scalar(), problems) {
        let unknown = text == UNKNOWN || (computed && has_dollar_brace(text));
        if !unknown {
            items.push(ActionPattern { text, node });
            continue;
        }
        if computed {
            let message = format!("an entry of `{}` that is known only when the template is deployed", key.scalar());
            grammar(node, message, "check the deployed policy, or write the action out", problems);
        }
        // An exemption nobody knows may exempt everything.
        if negated {
            items.push(ActionPattern { text: "*", node });
        }
    }
    Element { key, value, negated, items }
}

/// `Resource` or `NotResource`.
pub(super) fn resources<'d>(
    key: Node<'d>,
    value: Node<'d>,
    negated: bool,
    problems: &mut Vec<Problem>,
) -> Element<'d, ArnPattern<'d>> {
    let items = strings(value, key.scalar(), problems)
        .into_iter()
        .map(|Entry { text, node, .. }| ArnPattern { text, node, variable: has_variable(text) })
        .collect();
    Element { key, value, negated, items }
}

/// `Principal` or `NotPrincipal`.
pub(super) fn principals<'d>(
    key: Node<'d>,
    value: Node<'d>,
    negated: bool,
    problems: &mut Vec<Problem>,
) -> Element<'d, Principal<'d>> {
    let mut items = Vec::new();
    principal(key, value, &mut items, problems);
    Element { key, value, negated, items }
}

fn principal<'d>(key: Node<'d>, value: Node<'d>, items: &mut Vec<Principal<'d>>, problems: &mut Vec<Problem>) {
    if let Some(branches) = choice(value) {
        branches.into_iter().filter(|b| !is_no_value(*b)).for_each(|b| principal(key, b, items, problems));
    } else if value.kind() == Kind::Object && !is_intrinsic(value) {
        for (sort, values) in value.members() {
            let known = ["AWS", "Service", "Federated", "CanonicalUser"];
            if element(sort, &known, problems).is_none() {
                unknown_element(sort, "a principal", &known, problems);
            }
            let what = format!("{}.{}", key.scalar(), sort.scalar());
            let all = strings(values, &what, problems);
            items.extend(all.into_iter().map(|e| Principal::read(sort.scalar(), e.text, e.node)));
        }
    } else {
        let all = strings(value, key.scalar(), problems);
        items.extend(all.into_iter().map(|e| Principal::read("", e.text, e.node)));
    }
}
