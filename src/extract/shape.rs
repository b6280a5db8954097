//! Values of the wrong type in records of AWS: a list that is none, a document that is a number. Nothing is read of such a
//! value, and a resource without policies must not be what is left.
//!
//! AWS Config Developer Guide, "Components of a configuration item"; IAM API Reference, "GetAccountAuthorizationDetails".

use super::{authorization, config_item};
use crate::document::{Kind, Node, Problem, ProblemCode, embed};

/// Members of what IAM describes that are lists, in the spellings of AWS Config and of the API, with the member of each
/// entry that is a policy.
const LISTS: [(&str, &str, &[&str]); 6] = [
    ("rolePolicyList", "RolePolicyList", &["policyDocument", "PolicyDocument"]),
    ("userPolicyList", "UserPolicyList", &["policyDocument", "PolicyDocument"]),
    ("groupPolicyList", "GroupPolicyList", &["policyDocument", "PolicyDocument"]),
    ("policyVersionList", "PolicyVersionList", &["document", "Document"]),
    ("attachedManagedPolicies", "AttachedManagedPolicies", &[]),
    ("groupList", "GroupList", &[]),
];

/// What has the wrong type in a document: a configuration item, a list of them, or what IAM tells of an account.
pub fn mistakes(root: Node<'_>) -> Vec<Problem> {
    let mut out = Vec::new();
    if config_item::is_item(root) {
        item(root, &mut out);
    } else if authorization::is_details(root) {
        details(root, &mut out);
    } else {
        let lists = ["configurationItems", "ConfigurationItems", "baseConfigurationItems", "BaseConfigurationItems"];
        let items = lists.iter().filter_map(|key| root.get(key)).flat_map(Node::elements);
        items.filter(|node| config_item::is_item(*node)).for_each(|node| item(node, &mut out));
    }
    out
}

fn problem(node: Node<'_>, message: String, help: &str) -> Problem {
    Problem::new(ProblemCode::PolicyGrammar, node.span(), message, help)
}

/// A configuration item: `configuration` is an object, or a string with one.
fn item(node: Node<'_>, out: &mut Vec<Problem>) {
    let Some(configuration) = node.get("configuration") else { return };
    let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
    match configuration.kind() {
        Kind::Object => described(configuration, out),
        Kind::String if embed::holds_json(configuration) => {}
        Kind::Null => {
            // Of what is deleted or not recorded AWS Config has none; of anything else it left out what was too large.
            let status = text("configurationItemStatus");
            let is_there = matches!(status, "OK" | "ResourceDiscovered");
            let elsewhere = || node.get("supplementaryConfiguration").is_some_and(|s| s.kind() != Kind::Null);
            let resource_type = text("resourceType");
            let asked = resource_type.starts_with("AWS::IAM::") || (config_item::may_have_policy(resource_type) && !elsewhere());
            if is_there && asked {
                let message = "the item has no `configuration`, and the resource is there".to_owned();
                out.push(problem(configuration, message, "fetch the item again: what the resource allows is not known"));
            }
        }
        Kind::String | Kind::Array | Kind::Number | Kind::True | Kind::False => {
            let message = "`configuration` is no object".to_owned();
            out.push(problem(configuration, message, "fetch the item again: nothing of it was read"));
        }
    }
}

/// What `get-account-authorization-details` tells.
fn details(root: Node<'_>, out: &mut Vec<Problem>) {
    for key in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
        let Some(list) = root.get(key) else { continue };
        if !is_list(list) {
            out.push(problem(list, format!("`{key}` is no list"), "fetch the account again: nothing of it was read"));
        }
        for entry in list.elements() {
            if entry.get("Arn").and_then(Node::as_str).is_none() {
                let message = format!("an entry of `{key}` has no text as its `Arn`");
                out.push(problem(entry, message, "fetch the account again: the entry was not read"));
            } else {
                described(entry, out);
            }
        }
    }
}

/// What IAM describes: its lists are lists, and their policies objects or strings.
fn described(node: Node<'_>, out: &mut Vec<Problem>) {
    document(node, &["assumeRolePolicyDocument", "AssumeRolePolicyDocument"], out);
    for (small, capital, policy) in LISTS {
        let Some(list) = node.get(small).or_else(|| node.get(capital)) else { continue };
        if !is_list(list) {
            let message = format!("`{small}` is no list");
            out.push(problem(list, message, "fetch the record again: nothing of the list was read"));
        }
        list.elements().for_each(|entry| document(entry, policy, out));
    }
}

fn document(node: Node<'_>, keys: &[&str], out: &mut Vec<Problem>) {
    let Some(policy) = keys.iter().find_map(|key| node.get(key)) else { return };
    if matches!(policy.kind(), Kind::Number | Kind::True | Kind::False) {
        let message = format!("`{}` is no policy", policy.scalar());
        out.push(problem(policy, message, "a policy is an object, or a string with one: fetch the record again"));
    }
}

/// A list, a string with one, or nothing.
fn is_list(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Array | Kind::Null => true,
        Kind::String => embed::holds_json(node),
        Kind::Object | Kind::Number | Kind::True | Kind::False => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    fn said(text: &str) -> Vec<String> {
        let document = json::parse(text.to_owned());
        mistakes(document.root().unwrap()).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn items_in_order_have_none() {
        for text in [
            r#"{"resourceType":"AWS::IAM::Role","configuration":{"rolePolicyList":[{"policyDocument":"%7B%7D"}],"assumeRolePolicyDocument":{},"attachedManagedPolicies":null}}"#,
            r#"{"resourceType":"AWS::IAM::Role","configuration":"{\"rolePolicyList\":[]}"}"#,
            r#"{"resourceType":"AWS::IAM::Role","configurationItemStatus":"ResourceDeleted","configuration":null}"#,
            r#"{"resourceType":"AWS::EC2::Instance","configurationItemStatus":"OK","configuration":null}"#,
            r#"{"resourceType":"AWS::S3::Bucket","configurationItemStatus":"OK","configuration":null,"supplementaryConfiguration":{}}"#,
            r#"{"resourceType":"AWS::IAM::Role","configuration":{"rolePolicyList":"[]"}}"#,
            r#"{"UserDetailList":[],"RoleDetailList":[{"Arn":"arn:aws:iam::1:role/a","RolePolicyList":[{"PolicyDocument":{}}]}],"Policies":null}"#,
            r#"{"configurationItems":[{"resourceType":"AWS::SQS::Queue","configuration":{}}]}"#,
            r#"{"Version":"2012-10-17","Statement":5}"#,
        ] {
            assert_eq!(said(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn values_of_the_wrong_type_are_named() {
        for (text, wanted) in [
            (r#"{"resourceType":"AWS::IAM::Role","configuration":5}"#, "`configuration` is no object"),
            (r#"{"resourceType":"AWS::IAM::Role","configuration":"gone"}"#, "`configuration` is no object"),
            (
                r#"{"resourceType":"AWS::IAM::Role","configurationItemStatus":"OK","configuration":null,"supplementaryConfiguration":{}}"#,
                "the item has no `configuration`, and the resource is there",
            ),
            (r#"{"resourceType":"AWS::IAM::Role","configuration":{"rolePolicyList":{"a":1}}}"#, "`rolePolicyList` is no list"),
            (r#"{"resourceType":"AWS::IAM::Role","configuration":{"assumeRolePolicyDocument":17}}"#, "`17` is no policy"),
            (
                r#"{"resourceType":"AWS::IAM::User","configuration":{"userPolicyList":[{"policyDocument":true}]}}"#,
                "`true` is no policy",
            ),
            (r#"{"resourceType":"AWS::IAM::Policy","configuration":{"policyVersionList":[{"document":1}]}}"#, "`1` is no policy"),
            (r#"{"UserDetailList":5,"RoleDetailList":[]}"#, "`UserDetailList` is no list"),
            (r#"{"UserDetailList":[],"RoleDetailList":[{"Arn":1}]}"#, "an entry of `RoleDetailList` has no text as its `Arn`"),
            (
                r#"{"configurationItems":[{"resourceType":"AWS::SQS::Queue","configuration":true}]}"#,
                "`configuration` is no object",
            ),
        ] {
            assert_eq!(said(text), [wanted], "{text}");
        }
    }
}
