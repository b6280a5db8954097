//! The grammar of policies: elements that are missing, unknown, doubled, empty, or of the wrong JSON type.
//!
//! IAM User Guide, "Grammar of the IAM JSON policy language".

use super::code::Code;
use super::label::Labels;
use super::subject::Subject;
use crate::document::{Kind, Node};
use crate::policy::PolicyKind;
use crate::policy::intrinsic::{choice, is_intrinsic};
use crate::text::suggest::did_you_mean;

const POLICY_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// The whole document.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    let root = subject.root;
    let broken = root.document().problems().iter().find(|p| p.code.is_syntax());
    if let Some(problem) = broken {
        out.add(Code::JsonSyntaxError, root).text("").other(problem.message.clone()).hint(Some(problem.help.clone()));
    }
    // What a broken text seems to lack may stand in the part that could not be read.
    let whole = broken.is_none();
    if root.kind() != Kind::Object {
        wrong_type(root, "an object", out);
        return;
    }
    if subject.policy.is_lone_statement() {
        return one(subject, root, whole, out);
    }
    let mut version = None;
    let mut statements = None;
    for (key, value) in root.members() {
        match key.scalar() {
            "Version" => version = Some(value),
            "Id" => text(value, out),
            "Statement" => statements = Some(value),
            unknown => {
                out.add(Code::InvalidPolicyElement, key).hint(did_you_mean(unknown, POLICY_ELEMENTS));
            }
        }
    }
    if whole || version.is_some() {
        check_version(root, version, out);
    }
    let Some(statements) = statements else {
        let spelled_otherwise = root.members().any(|(key, _)| key.scalar().eq_ignore_ascii_case("Statement"));
        if whole && !spelled_otherwise {
            out.add(Code::MissingStatement, root);
        }
        return;
    };
    if whole && statements.kind() == Kind::Array && statements.elements().next().is_none() {
        out.add(Code::MissingStatement, statements).text("Statement");
    }
    if statements.is_scalar() {
        return wrong_type(statements, "an object or a list of objects", out);
    }
    each(subject, statements, whole, out);
}

/// Every statement, on both sides of a template's conditions.
fn each<'d>(subject: Subject<'_, 'd>, statements: Node<'d>, whole: bool, out: &mut Labels<'d>) {
    for statement in statements.one_or_many() {
        if let Some(branches) = choice(statement) {
            branches.into_iter().for_each(|branch| each(subject, branch, whole, out));
        } else if statement.kind() != Kind::Object {
            wrong_type(statement, "an object", out);
        } else if !is_intrinsic(statement) {
            one(subject, statement, whole, out);
        }
    }
}

fn one<'d>(subject: Subject<'_, 'd>, statement: Node<'d>, whole: bool, out: &mut Labels<'d>) {
    if whole {
        missing(subject, statement, out);
    }
    check_statement(statement, out);
}

fn check_version<'d>(root: Node<'d>, version: Option<Node<'d>>, out: &mut Labels<'d>) {
    let Some(value) = version else {
        out.add(Code::MissingVersion, root);
        return;
    };
    match value.as_str() {
        Some("2012-10-17" | "2008-10-17") => {}
        Some(_) => {
            out.add(Code::InvalidVersion, value);
        }
        None => text(value, out),
    }
}

fn wrong_type<'d>(node: Node<'d>, expected: &'static str, out: &mut Labels<'d>) {
    if !is_intrinsic(node) {
        out.add(Code::DataTypeMismatch, node).text(json_type(node)).other(expected);
    }
}

fn json_type(node: Node<'_>) -> &'static str {
    match node.kind() {
        Kind::Null => "null",
        Kind::True | Kind::False => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "a list",
        Kind::Object => "an object",
    }
}

fn text<'d>(node: Node<'d>, out: &mut Labels<'d>) {
    if node.kind() != Kind::String {
        wrong_type(node, "a string", out);
    }
}

fn check_statement<'d>(node: Node<'d>, out: &mut Labels<'d>) {
    for (key, value) in node.members() {
        match key.scalar() {
            "Sid" => text(value, out),
            "Effect" => effect(value, out),
            "Action" | "NotAction" => {
                empty_list(Code::EmptyArrayAction, key, value, out);
                strings(value, out);
            }
            "Resource" | "NotResource" => {
                empty_list(Code::EmptyArrayResource, key, value, out);
                strings(value, out);
            }
            "Principal" | "NotPrincipal" => principal(key, value, out),
            "Condition" => condition(key, value, out),
            unknown => {
                out.add(Code::InvalidPolicyElement, key).hint(did_you_mean(unknown, STATEMENT_ELEMENTS));
            }
        }
    }
}

/// Elements that a statement lacks, or has in both forms. An element in another letter case is wrong, but not missing.
fn missing<'d>(subject: Subject<'_, 'd>, node: Node<'d>, out: &mut Labels<'d>) {
    let kind = subject.kind;
    let mut first: [Option<Node<'d>>; STATEMENT_ELEMENTS.len()] = Default::default();
    for (key, _) in node.members() {
        let name = key.scalar();
        let at = STATEMENT_ELEMENTS.iter().position(|known| known.eq_ignore_ascii_case(name));
        if let Some(seen) = at.and_then(|at| first.get_mut(at)) {
            seen.get_or_insert(key);
        }
    }
    let [_, effect, principal, not_principal, action, not_action, resource, not_resource, _] = first;
    if effect.is_none() {
        out.add(Code::MissingEffect, node);
    }
    let needed = [
        (Code::MissingAction, "Action", action, not_action, true),
        (
            Code::MissingResource,
            "Resource",
            resource,
            not_resource,
            kind != PolicyKind::TrustPolicy && !is_of_repository(subject, node),
        ),
        (Code::MissingPrincipal, "Principal", principal, not_principal, kind.has_principal()),
    ];
    for (code, name, plain, negated, wanted) in needed {
        match (plain, negated) {
            (None, None) if wanted => {
                out.add(code, node);
            }
            (Some(plain), Some(negated)) => {
                out.add(Code::UnsupportedElementCombination, negated).other(name).related(plain, "together with this");
            }
            _ => {}
        }
    }
}

/// Policies of ECR repositories have no `Resource`: they are about the repository that holds them. Amazon ECR User Guide,
/// "Private repository policies".
fn is_of_repository(subject: Subject<'_, '_>, statement: Node<'_>) -> bool {
    let ecr = |action: Node<'_>| action.as_str().is_some_and(|a| a.starts_with("ecr:") || a.starts_with("ecr-public:"));
    let only_ecr = || statement.get("Action").is_some_and(|actions| actions.one_or_many().all(ecr));
    subject.kind == PolicyKind::ResourcePolicy
        && subject
            .resource_type
            .map_or_else(only_ecr, |name| name == "AWS::ECR::Repository" || name == "AWS::ECR::PublicRepository")
}

fn effect<'d>(value: Node<'d>, out: &mut Labels<'d>) {
    match value.as_str() {
        Some("Allow" | "Deny") => {}
        Some(word) => {
            out.add(Code::InvalidEffect, value).hint(did_you_mean(word, ["Allow", "Deny"]));
        }
        None => text(value, out),
    }
}

fn empty_list<'d>(code: Code, key: Node<'d>, value: Node<'d>, out: &mut Labels<'d>) {
    if value.kind() == Kind::Array && value.elements().next().is_none() {
        out.add(code, value).text(key.scalar());
    }
}

/// One string or a list of them.
fn strings<'d>(value: Node<'d>, out: &mut Labels<'d>) {
    if value.kind() == Kind::Array {
        value.elements().for_each(|item| text(item, out));
    } else if value.kind() != Kind::String {
        wrong_type(value, "a string or a list of strings", out);
    }
}

fn principal<'d>(key: Node<'d>, value: Node<'d>, out: &mut Labels<'d>) {
    match value.kind() {
        Kind::String => {}
        Kind::Object if is_intrinsic(value) => {}
        Kind::Object => {
            if value.members().next().is_none() {
                out.add(Code::EmptyObjectPrincipal, value).text(key.scalar());
            }
            for (sort, values) in value.members() {
                empty_list(Code::EmptyArrayPrincipal, sort, values, out);
                strings(values, out);
            }
        }
        Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::Array => wrong_type(value, "a string or an object", out),
    }
}

fn condition<'d>(key: Node<'d>, value: Node<'d>, out: &mut Labels<'d>) {
    if value.kind() != Kind::Object {
        return wrong_type(value, "an object", out);
    }
    if value.members().next().is_none() {
        out.add(Code::EmptyObjectCondition, value).text(key.scalar());
    }
    if is_intrinsic(value) {
        return;
    }
    for (operator, keys) in value.members().filter(|(_, keys)| !is_intrinsic(*keys)) {
        if keys.kind() != Kind::Object {
            wrong_type(keys, "an object", out);
        } else if keys.members().next().is_none() {
            out.add(Code::EmptyObjectCondition, keys).text(operator.scalar());
        }
        for (_, values) in keys.members() {
            let items = values.kind() == Kind::Array;
            for item in values.one_or_many() {
                if item.kind() == Kind::Null || !item.is_scalar() {
                    let expected = if items {
                        "a string, a number or a boolean"
                    } else {
                        "a string, a number, a boolean, or a list of those"
                    };
                    wrong_type(item, expected, out);
                }
            }
        }
    }
}
