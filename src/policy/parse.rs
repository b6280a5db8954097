//! Node to policy. What does not fit the grammar is reported and the rest is kept.
//!
//! IAM User Guide, "Grammar of the IAM JSON policy language".

use super::condition::{Comparison, Condition, Operator};
use super::intrinsic::{choice, chooses, is_no_value};
use super::model::{Effect, Policy, Services, Statement};
use super::values::{actions, principals, resources};
use crate::document::{Kind, Node, Problem, ProblemCode};
use crate::text::suggest::nearest;

pub(crate) use super::intrinsic::is_intrinsic;

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
                statements(value, false, &mut policy, &mut problems);
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

/// Read a statement that stands by itself, where AWS makes the policy around it.
pub fn parse_statement(node: Node<'_>) -> (Policy<'_>, Vec<Problem>) {
    let mut problems = Vec::new();
    let statements = vec![statement(node, false, &mut problems)];
    (Policy { node, version: Some("2012-10-17"), statements }, problems)
}

pub(super) fn grammar(node: Node<'_>, message: impl Into<String>, help: impl Into<String>, problems: &mut Vec<Problem>) {
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
pub(super) fn element(key: Node<'_>, known: &[&'static str], problems: &mut Vec<Problem>) -> Option<&'static str> {
    let text = key.scalar();
    let name = known.iter().find(|name| name.eq_ignore_ascii_case(text))?;
    if *name != text {
        grammar(key, format!("`{text}` is not how AWS spells this element"), format!("write `{name}`"), problems);
    }
    Some(name)
}

pub(super) fn unknown_element(key: Node<'_>, of: &str, known: &[&str], problems: &mut Vec<Problem>) {
    let text = key.scalar();
    let help = match nearest(text, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("remove it: {of} has only {}", known.join(", ")),
    };
    grammar(key, format!("`{text}` is not an element of {of}"), help, problems);
}

/// `conditional` tells that a condition of the template decides whether they are there.
fn statements<'d>(value: Node<'d>, conditional: bool, policy: &mut Policy<'d>, problems: &mut Vec<Problem>) {
    if value.is_scalar() {
        return grammar(
            value,
            "`Statement` is neither an object nor a list of objects",
            "write `{ \"Effect\": …, \"Action\": … }`",
            problems,
        );
    }
    for node in value.one_or_many() {
        if is_no_value(node) {
            continue;
        }
        if let Some(branches) = choice(node) {
            branches.into_iter().filter(|b| !is_no_value(*b)).for_each(|b| statements(b, true, policy, problems));
        } else if is_intrinsic(node) {
            grammar(node, "a statement that is known only when the template is deployed", "check the deployed policy", problems);
        } else if node.kind() == Kind::Object {
            policy.statements.push(statement(node, conditional, problems));
        } else {
            grammar(node, "a statement that is not an object", "write `{ \"Effect\": …, \"Action\": … }`", problems);
        }
    }
}

fn statement<'d>(node: Node<'d>, conditional: bool, problems: &mut Vec<Problem>) -> Statement<'d> {
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
    // Which values it has, or whether it is there at all, is not known: nothing may rely on such a Deny.
    if out.is(Effect::Deny) && (conditional || node.members().any(|(_, value)| chooses(value))) {
        out.conditions.push(unreadable(node, node));
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
    if is_intrinsic(value) {
        let message = "an effect that is known only when the template is deployed";
        grammar(value, message, "check the deployed policy, or write two statements", problems);
        return None;
    }
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

fn conditions<'d>(value: Node<'d>, problems: &mut Vec<Problem>) -> Vec<Condition<'d>> {
    let mut out = Vec::new();
    if is_intrinsic(value) {
        out.push(unreadable(value, value));
        return out;
    }
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
        if is_intrinsic(keys) {
            out.push(unreadable(operator_node, keys));
            continue;
        }
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

    #[test]
    fn functions_of_a_template_are_looked_into() {
        let text = r#"{"Statement":[
            {"Effect":"Allow","Action":{"Fn::Sub":"s3:GetObject"},"Principal":{"AWS":{"Fn::Sub":"arn:aws:iam::${AWS::AccountId}:root"}},
             "Resource":[{"Fn::Sub":["arn:${AWS::Partition}:s3:::${B}/*",{"B":"x"}]},{"Ref":"AWS::NoValue"},{"Ref":"X"},
                         {"Fn::If":["c",["a","b"],{"Fn::Sub":"${!aws:username}"}]}]},
            {"Fn::If":["c",{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Ref":"AWS::NoValue"}]},
            {"Effect":"Deny","Action":{"Fn::If":["c","a:b",{"Fn::Sub":"c:${D}"}]},"Resource":"*"},
            {"Ref":"Parameter"},
            {"Effect":"Allow","NotAction":{"Ref":"AWS::NoValue"},"Principal":{"Fn::If":["c","*",{"AWS":"1"}]},
             "Resource":"*","Condition":{"Fn::If":["c",{},{}]}}]}"#;
        let document = json::parse(text.to_owned());
        let (policy, problems) = parse(document.root().unwrap());
        let messages: Vec<_> = problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "an entry of `Action` that is known only when the template is deployed",
                "a statement that is known only when the template is deployed",
                "an entry of `NotAction` that is known only when the template is deployed",
            ]
        );
        let [first, lone, chosen, last] = policy.statements.as_slice() else { panic!("{:?}", policy.statements) };
        assert_eq!(first.actions.as_ref().unwrap().items[0].text, "s3:GetObject");
        let resources = &first.resources.as_ref().unwrap().items;
        let texts: Vec<_> = resources.iter().map(|r| (r.text, r.variable)).collect();
        let arn = "arn:${AWS::Partition}:s3:::${B}/*";
        assert_eq!(texts, [(arn, true), ("${unknown}", true), ("a", false), ("b", false), ("${!aws:username}", true)]);
        assert_eq!(resources[0].node.as_str(), Some(arn));
        let principal = &first.principals.as_ref().unwrap().items[0];
        assert_eq!((principal.form, principal.account()), (crate::policy::principal::PrincipalForm::AccountRoot, None));
        // Whether this Deny is there, or what the other denies, nobody knows.
        assert!(lone.is(Effect::Deny) && lone.conditions.len() == 1 && lone.condition_node.is_none());
        assert_eq!((chosen.actions.as_ref().unwrap().items.len(), chosen.conditions.len()), (1, 1));
        assert_eq!(last.principals.as_ref().unwrap().items.len(), 2);
        assert_eq!((last.actions.as_ref().unwrap().items[0].text, last.conditions.len()), ("*", 1));
        let (policy, problems) = parse_statement(document.root().unwrap().get("Statement").unwrap().elements().next().unwrap());
        assert!(policy.is_lone_statement() && problems.is_empty());
    }
}
