//! What makes a finding the same one as yesterday: the rule, the policy and the meaning of the blamed statement; never
//! its line, its order, its spelling or its `Sid`.

use super::model::{Finding, PolicyIdentity, RuleId};
use crate::document::{Kind, Node};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// 32 hexadecimal digits. `statement` is what [`normalise_statement`] gives; `fallback`, usually the file, counts only
/// for a policy that has neither an ARN nor a name.
pub fn fingerprint(rule: &RuleId, policy: &PolicyIdentity, statement: &str, fallback: &str) -> String {
    let (sort, identity) = match (&policy.resource, &policy.name) {
        (Some(resource), _) => ("resource", resource.as_str()),
        (None, Some(name)) => ("name", name.as_str()),
        (None, None) => ("fallback", fallback),
    };
    let account = policy.account.as_deref().unwrap_or_default();
    let kind = policy.kind.map_or("", |kind| kind.as_str());
    let mut hash = Sha256::new();
    for part in ["palisade-1", rule.as_str(), account, sort, identity, kind, statement] {
        // Length first: no two lists of parts give the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut hex = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// How a node is brought into its one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A statement: its members decide.
    Statement,
    /// As written, keys sorted.
    Plain,
    /// A value or a list that means a set.
    Set,
    /// The same, letter case without meaning.
    LowerSet,
    /// Principal types with sets.
    Principal,
    /// Condition operators.
    Condition,
    /// Condition keys, letter case without meaning, with sets.
    ConditionKeys,
}

/// The canonical text of a statement: equal for statements that differ only in layout, order, letter case where it has
/// no meaning, `Sid`, and a single value against a list of one.
pub fn normalise_statement(node: Node<'_>) -> String {
    let mut out = String::new();
    write_form(&mut out, node, Form::Statement);
    out
}

fn write_form(out: &mut String, node: Node<'_>, form: Form) {
    match form {
        Form::Set | Form::LowerSet => write_set(out, node, form == Form::LowerSet),
        Form::Principal if node.is_scalar() => {
            // `"Principal": "*"` is short for every principal of type AWS.
            out.push_str("{\"AWS\":");
            write_set(out, node, false);
            out.push_str(",}");
        }
        Form::Statement | Form::Plain | Form::Principal | Form::Condition | Form::ConditionKeys => match node.kind() {
            Kind::Object => write_members(out, node, form),
            Kind::Array => {
                out.push('[');
                for element in node.elements() {
                    write_form(out, element, form);
                    out.push(',');
                }
                out.push(']');
            }
            Kind::Null | Kind::True | Kind::False | Kind::Number => out.push_str(node.scalar()),
            Kind::String => quote(out, node.scalar()),
        },
    }
}

fn write_members(out: &mut String, node: Node<'_>, form: Form) {
    let mut members: Vec<(String, String)> = node
        .members()
        .filter(|(key, _)| !(form == Form::Statement && key.scalar() == "Sid"))
        .map(|(key, value)| {
            let mut text = String::new();
            write_form(&mut text, value, form_of(form, key.scalar()));
            let key = if form == Form::ConditionKeys { key.scalar().to_lowercase() } else { key.scalar().to_owned() };
            (key, text)
        })
        .collect();
    members.sort();
    out.push('{');
    for (key, value) in members {
        quote(out, &key);
        out.push(':');
        out.push_str(&value);
        out.push(',');
    }
    out.push('}');
}

/// The form of the value under `key` in an object of this form.
fn form_of(parent: Form, key: &str) -> Form {
    match parent {
        Form::Statement => match key {
            "Action" | "NotAction" => Form::LowerSet,
            "Resource" | "NotResource" => Form::Set,
            "Principal" | "NotPrincipal" => Form::Principal,
            "Condition" => Form::Condition,
            _ => Form::Plain,
        },
        Form::Principal | Form::ConditionKeys => Form::Set,
        Form::Condition => Form::ConditionKeys,
        Form::Plain | Form::Set | Form::LowerSet => Form::Plain,
    }
}

fn write_set(out: &mut String, node: Node<'_>, lower: bool) {
    let mut values: Vec<String> = node
        .one_or_many()
        .map(|value| {
            let mut text = String::new();
            match value.is_scalar() {
                // A condition reads `true` and `"true"` alike.
                true if lower => quote(&mut text, &value.scalar().to_lowercase()),
                true => quote(&mut text, value.scalar()),
                false => write_form(&mut text, value, Form::Plain),
            }
            text
        })
        .collect();
    values.sort();
    values.dedup();
    out.push('[');
    out.push_str(&values.join(","));
    out.push(']');
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// Number the equal findings of each document, in the order given: the second gets `-2`, the third `-3`.
pub fn number_duplicates(findings: &mut [Finding]) {
    let mut seen: HashMap<(Arc<str>, String), usize> = HashMap::new();
    for finding in findings {
        let key = (finding.primary.location.file.clone(), finding.fingerprint.clone());
        let count = seen.entry(key).or_default();
        *count += 1;
        if *count > 1 {
            finding.fingerprint = format!("{}-{count}", finding.fingerprint);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::document::yaml::parse;
    use crate::finding::{Category, Confidence, Label, Location, Severity};
    use crate::policy::PolicyKind;

    /// A finding for tests of this folder.
    pub fn finding(rule: &str, file: &str, fingerprint: &str) -> Finding {
        let location = Location {
            file: file.into(),
            start: Default::default(),
            end: Default::default(),
            pointer: String::new(),
            embedded: None,
            via: Vec::new(),
            on_key: false,
            excerpt: Default::default(),
        };
        Finding {
            rule: RuleId::new(rule),
            severity: Severity::High,
            category: Category::Security,
            confidence: Confidence::High,
            message: format!("{rule} is broken"),
            why: None,
            help: None,
            url: None,
            primary: Label { message: String::new(), location },
            related: Vec::new(),
            policy: PolicyIdentity::default(),
            fingerprint: fingerprint.to_owned(),
            suppressed: None,
            fixes: Vec::new(),
            online: None,
        }
    }

    fn normal(text: &str) -> String {
        normalise_statement(parse(text.to_owned()).root().unwrap())
    }

    #[test]
    fn layout_order_and_case_do_not_count() {
        let a = r#"{"Sid":"A","Effect":"Allow","Action":"S3:GetObject","Resource":["b","a","a"],"Principal":"*",
            "Condition":{"StringEquals":{"AWS:SourceVpce":"x"},"Bool":{"aws:SecureTransport":true}}}"#;
        let b = r#"{"Condition":{"Bool":{"aws:securetransport":["true"]},"StringEquals":{"aws:sourcevpce":["x"]}},
            "Principal":{"AWS":["*"]},"Resource":["a","b"],"Action":["s3:getobject"],"Effect":"Allow","Sid":"B"}"#;
        assert_eq!(normal(a), normal(b));
    }

    #[test]
    fn meaning_counts() {
        let base = normal(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::A"}"#);
        for other in [
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::A"}"#,
            r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"arn:aws:s3:::A"}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a"}"#,
            r#"{"Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"arn:aws:s3:::A"}"#,
            r#"{"Effect":"Allow","Action":"s3:*\",\"x","Resource":"arn:aws:s3:::A"}"#,
        ] {
            assert_ne!(normal(other), base);
        }
    }

    #[test]
    fn the_policy_and_the_rule_count_and_the_file_only_at_need() {
        let named = PolicyIdentity { kind: Some(PolicyKind::TrustPolicy), name: Some("r".into()), ..Default::default() };
        let rule = RuleId::new("full-admin");
        let print = fingerprint(&rule, &named, "{}", "a.json");
        assert_eq!((print.len(), print == fingerprint(&rule, &named, "{}", "b.json")), (32, true));
        let bare = PolicyIdentity { name: None, ..named.clone() };
        assert_ne!(fingerprint(&rule, &bare, "{}", "a.json"), fingerprint(&rule, &bare, "{}", "b.json"));
        assert_ne!(fingerprint(&rule, &bare, "{}", "r"), fingerprint(&rule, &named, "{}", "r"));
        assert_ne!(fingerprint(&RuleId::new("x"), &named, "{}", "a.json"), print);
        let elsewhere = PolicyIdentity { account: Some("111122223333".into()), ..named };
        assert_ne!(fingerprint(&rule, &elsewhere, "{}", "a.json"), print);
    }

    #[test]
    fn duplicates_are_numbered_within_a_file() {
        let mut all = [finding("r", "a", "f"), finding("r", "b", "f"), finding("r", "a", "f"), finding("r", "a", "f")];
        number_duplicates(&mut all);
        assert_eq!(all.map(|f| f.fingerprint), ["f", "f", "f-2", "f-3"]);
    }
}
