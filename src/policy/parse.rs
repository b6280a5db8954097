//! Node to policy. What does not fit the grammar is reported and the rest is kept.
//!
//! IAM User Guide, "Grammar of the IAM JSON policy language".

use super::arn::has_variable;
use super::condition::{Comparison, Condition, Operator};
use super::model::{ActionPattern, ArnPattern, Effect, Element, Policy, Services, Statement};
use super::principal::Principal;
use crate::document::{Kind, Node, Problem, ProblemCode};
use crate::text::suggest::nearest;

/// Mistakes listed per policy.
const MAX_PROBLEMS: usize = 100;

const POLICY_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Read a policy from an object node.
pub fn parse(node: Node<'_>) -> (Policy<'_>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut policy = Policy { node, version: None, statements: Vec::new() };
    let mut has_statement = false;
    for (key, value) in node.members() {
        match element(key, &POLICY_ELEMENTS, &mut problems) {
            Some("Version") => policy.version = value.as_str(),
            Some("Statement") => {
                has_statement = true;
                statements(value, &mut policy, &mut problems);
            }
            Some(_) => {}
            None => unknown_element(key, "a policy", &POLICY_ELEMENTS, &mut problems),
        }
    }
    if !has_statement {
        let message = "a policy without `Statement`";
        grammar(node, message, "add `\"Statement\": […]`: without it the policy neither allows nor denies", &mut problems);
    }
    (policy, problems)
}

fn grammar(node: Node<'_>, message: impl Into<String>, help: impl Into<String>, problems: &mut Vec<Problem>) {
    match problems.len() {
        0..MAX_PROBLEMS => problems.push(Problem::new(ProblemCode::PolicyGrammar, node.span(), message, help)),
        MAX_PROBLEMS => {
            let message = "more mistakes follow and are not listed";
            problems.push(Problem::new(ProblemCode::TooManyProblems, node.span(), message, "mend the first ones and run again"));
        }
        _ => {}
    }
}

/// The element a key spells; another letter case is reported and read all the same.
fn element(key: Node<'_>, known: &[&'static str], problems: &mut Vec<Problem>) -> Option<&'static str> {
    let text = key.scalar();
    let name = known.iter().find(|name| name.eq_ignore_ascii_case(text))?;
    if *name != text {
        grammar(key, format!("`{text}` is not how AWS spells this element"), format!("write `{name}`"), problems);
    }
    Some(name)
}

fn unknown_element(key: Node<'_>, of: &str, known: &[&str], problems: &mut Vec<Problem>) {
    let text = key.scalar();
    let help = match nearest(text, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("remove it: {of} has only {}", known.join(", ")),
    };
    grammar(key, format!("`{text}` is not an element of {of}"), help, problems);
}

fn statements<'d>(value: Node<'d>, policy: &mut Policy<'d>, problems: &mut Vec<Problem>) {
    if value.is_scalar() {
        return grammar(
            value,
            "`Statement` is neither an object nor a list of objects",
            "write `{ \"Effect\": …, \"Action\": … }`",
            problems,
        );
    }
    for node in value.one_or_many() {
        if node.kind() == Kind::Object {
            policy.statements.push(statement(node, problems));
        } else {
            grammar(node, "a statement that is not an object", "write `{ \"Effect\": …, \"Action\": … }`", problems);
        }
    }
}

fn statement<'d>(node: Node<'d>, problems: &mut Vec<Problem>) -> Statement<'d> {
    let mut out = Statement {
        node,
        sid: None,
        effect: None,
        actions: None,
        resources: None,
        principals: None,
        condition_node: None,
        conditions: Vec::new(),
        services: Services::default(),
    };
    let mut has_effect = false;
    for (key, value) in node.members() {
        match element(key, &STATEMENT_ELEMENTS, problems) {
            Some("Sid") => out.sid = value.as_str(),
            Some("Effect") => {
                has_effect = true;
                out.effect = effect(value, problems);
            }
            Some(name @ ("Action" | "NotAction")) => {
                check_twin(out.actions.as_ref().map(|e| e.negated), name, key, problems);
                out.actions = Some(actions(key, value, name == "NotAction", problems));
            }
            Some(name @ ("Resource" | "NotResource")) => {
                check_twin(out.resources.as_ref().map(|e| e.negated), name, key, problems);
                out.resources = Some(resources(key, value, name == "NotResource", problems));
            }
            Some(name @ ("Principal" | "NotPrincipal")) => {
                check_twin(out.principals.as_ref().map(|e| e.negated), name, key, problems);
                out.principals = Some(principals(key, value, name == "NotPrincipal", problems));
            }
            Some(_) => {
                out.condition_node = Some(value);
                out.conditions = conditions(value, problems);
            }
            None => unknown_element(key, "a statement", &STATEMENT_ELEMENTS, problems),
        }
    }
    if !has_effect {
        grammar(node, "a statement without `Effect`", "add `\"Effect\": \"Allow\"` or `\"Effect\": \"Deny\"`", problems);
    }
    match &out.actions {
        None => grammar(node, "a statement without `Action` or `NotAction`", "add the actions it is about", problems),
        Some(element) if element.negated => out.services = Services::ALL,
        Some(element) => {
            out.services = element.items.iter().fold(Services::default(), |all, a| all.with(Services::of(a.service())))
        }
    }
    out
}

/// Both an element and its `Not…` form in one statement.
fn check_twin(before: Option<bool>, name: &str, key: Node<'_>, problems: &mut Vec<Problem>) {
    if before.is_some_and(|negated| negated != name.starts_with("Not")) {
        let plain = name.trim_start_matches("Not");
        grammar(
            key,
            format!("both `{plain}` and `Not{plain}` in one statement"),
            "keep one of them, or write two statements",
            problems,
        );
    }
}

fn effect<'d>(value: Node<'d>, problems: &mut Vec<Problem>) -> Option<(Effect, Node<'d>)> {
    let text = value.scalar();
    let effect = match text.trim() {
        t if t.eq_ignore_ascii_case("Allow") => Some(Effect::Allow),
        t if t.eq_ignore_ascii_case("Deny") => Some(Effect::Deny),
        _ => None,
    };
    if value.kind() != Kind::String || !matches!(text, "Allow" | "Deny") {
        let shown = if value.is_scalar() { format!("`{text}`") } else { "this".to_owned() };
        let help = match nearest(text, ["Allow", "Deny"]) {
            Some(name) => format!("write `\"{name}\"`"),
            None => "write `\"Allow\"` or `\"Deny\"`".to_owned(),
        };
        grammar(value, format!("{shown} is not an effect"), help, problems);
    }
    effect.map(|e| (e, value))
}

/// Stands for what is known only when a template is deployed; read as a policy variable, which may be any text.
const UNKNOWN: &str = "${unknown}";

/// `{"Ref": …}`, `{"Fn::Sub": …}`: a template's intrinsic function in the place of a value.
pub(crate) fn is_intrinsic(node: Node<'_>) -> bool {
    let mut members = node.members();
    let first = members.next().is_some_and(|(key, _)| key.scalar() == "Ref" || key.scalar().starts_with("Fn::"));
    first && members.next().is_none()
}

/// The strings of a value or list; anything else is reported.
fn strings<'d>(value: Node<'d>, what: &str, problems: &mut Vec<Problem>) -> Vec<(&'d str, Node<'d>)> {
    let mut out = Vec::new();
    for node in value.one_or_many() {
        match node.as_str() {
            Some(text) => out.push((text, node)),
            None if is_intrinsic(node) => out.push((UNKNOWN, node)),
            None => {
                let message = format!("an entry of `{what}` that is not a string");
                grammar(node, message, "write it as a string in double quotes", problems);
                // Whatever was meant, it is not nothing: a Deny on `NotResource` must not cover it.
                out.push((UNKNOWN, node));
            }
        }
    }
    out
}

fn actions<'d>(key: Node<'d>, value: Node<'d>, negated: bool, problems: &mut Vec<Problem>) -> Element<'d, ActionPattern<'d>> {
    let mut items = Vec::new();
    for (text, node) in strings(value, key.scalar(), problems) {
        if text != UNKNOWN {
            items.push(ActionPattern { text, node });
            continue;
        }
        if is_intrinsic(node) {
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

fn resources<'d>(key: Node<'d>, value: Node<'d>, negated: bool, problems: &mut Vec<Problem>) -> Element<'d, ArnPattern<'d>> {
    let items = strings(value, key.scalar(), problems)
        .into_iter()
        .map(|(text, node)| ArnPattern { text, node, variable: has_variable(text) })
        .collect();
    Element { key, value, negated, items }
}

fn principals<'d>(key: Node<'d>, value: Node<'d>, negated: bool, problems: &mut Vec<Problem>) -> Element<'d, Principal<'d>> {
    let mut items = Vec::new();
    if value.kind() == Kind::Object {
        for (sort, values) in value.members() {
            let known = ["AWS", "Service", "Federated", "CanonicalUser"];
            if element(sort, &known, problems).is_none() {
                unknown_element(sort, "a principal", &known, problems);
            }
            let what = format!("{}.{}", key.scalar(), sort.scalar());
            items.extend(
                strings(values, &what, problems).into_iter().map(|(text, node)| Principal::read(sort.scalar(), text, node)),
            );
        }
    } else {
        let all = strings(value, key.scalar(), problems);
        items.extend(all.into_iter().map(|(text, node)| Principal::read("", text, node)));
    }
    Element { key, value, negated, items }
}

fn conditions<'d>(value: Node<'d>, problems: &mut Vec<Problem>) -> Vec<Condition<'d>> {
    let mut out = Vec::new();
    if value.kind() != Kind::Object {
        grammar(
            value,
            "`Condition` is not an object",
            "write `{ \"StringEquals\": { \"aws:PrincipalOrgID\": \"o-…\" } }`",
            problems,
        );
        out.push(unreadable(value, value));
        return out;
    }
    for (operator_node, keys) in value.members() {
        if keys.kind() != Kind::Object {
            let help = "write `{ \"aws:SourceVpce\": \"vpce-…\" }`";
            grammar(keys, "a condition operator without condition keys", help, problems);
            out.push(unreadable(operator_node, keys));
        }
        // An operator nobody knows is a finding of the rules; here it is a condition of which nothing is known.
        let operator = Operator::parse(operator_node.scalar());
        for (key_node, value_node) in keys.members() {
            let values: Vec<_> = value_node.one_or_many().collect();
            if values.iter().any(|v| !v.is_scalar() && !is_intrinsic(*v)) {
                grammar(value_node, "a condition value that is not a string", "write a string or a list of strings", problems);
            }
            out.push(Condition { operator_node, operator, key_node, key: key_node.scalar(), value_node, values });
        }
    }
    out
}

/// A condition of which nothing can be known: it may narrow a Deny in any way, and binds no Allow.
fn unreadable<'d>(operator_node: Node<'d>, value_node: Node<'d>) -> Condition<'d> {
    let operator = Operator { comparison: Comparison::Unknown, ..Operator::parse(operator_node.scalar()) };
    Condition { operator_node, operator, key_node: operator_node, key: "", value_node, values: vec![value_node] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    fn problems(text: &str) -> Vec<String> {
        let document = json::parse(text.to_owned());
        parse(document.root().unwrap()).1.into_iter().map(|p| format!("{}: {}", p.message, p.help)).collect()
    }

    #[test]
    fn a_statement_object_and_single_values_read_like_lists() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"s3:*","Resource":["a","${aws:username}"],
            "Principal":{"AWS":["123456789012","*"]},"Condition":{"Bool":{"aws:SecureTransport":false}}}}"#;
        let document = json::parse(text.to_owned());
        let (policy, problems) = parse(document.root().unwrap());
        assert!(problems.is_empty());
        let statement = &policy.statements[0];
        assert!(statement.is(Effect::Deny) && statement.services == Services::ALL);
        assert!(statement.actions.as_ref().unwrap().negated);
        assert!(statement.resources.as_ref().unwrap().items[1].variable);
        assert_eq!(statement.principals.as_ref().unwrap().items[0].account(), Some("123456789012"));
        assert_eq!(statement.conditions[0].values[0].scalar(), "false");
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_cure() {
        assert_eq!(
            problems(r#"{"Statment":[]}"#),
            [
                "`Statment` is not an element of a policy: did you mean `Statement`?",
                "a policy without `Statement`: add `\"Statement\": […]`: without it the policy neither allows nor denies",
            ]
        );
        let got =
            problems(r#"{"Statement":[{"effect":"allow","Actoin":"s3:*","Resource":1,"Condition":{"StringEqual":{"a":"b"}}}]}"#);
        assert_eq!(
            got,
            [
                "`effect` is not how AWS spells this element: write `Effect`",
                "`allow` is not an effect: write `\"Allow\"`",
                "`Actoin` is not an element of a statement: did you mean `Action`?",
                "an entry of `Resource` that is not a string: write it as a string in double quotes",
                "a statement without `Action` or `NotAction`: add the actions it is about",
            ]
        );
        assert_eq!(problems(r#"{"Statement":[{"Effect":"Allow","Action":"a:b","NotAction":"c:d"}]}"#).len(), 1);
        assert_eq!(problems(r#"{"Statement":"x"}"#).len(), 1);
    }
}
