//! Matchers about values: JSONPath, and settings by the names of their facts.

use super::compiler::Compiler;
use super::expr::{FactTest, Matcher, PathMany, PathTest, TextTest, ValueTest};
use super::matcher::{FACT, PATH, accounts, text_test};
use crate::document::Node;
use crate::extract::facts;
use crate::text::suggest::did_you_mean;

/// `{path: "$…", exists | equals | …, some | every}`.
pub(super) fn path<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Matcher {
    c.known_keys(node, &PATH, "a `path` matcher");
    let Some(path_node) = node.get("path") else { return Matcher::Constant(false) };
    let path = path_node.scalar().to_owned();
    if let Err(error) = jsonpath_rust::parser::parse_json_path(&path) {
        let line = error.to_string().lines().next().unwrap_or_default().trim().to_owned();
        c.problem(path_node, format!("`{path}` is not a JSONPath"), format!("see RFC 9535: {line}"));
        return Matcher::Constant(false);
    }
    let many = match (node.get("some").map(|n| c.bool(n)), node.get("every").map(|n| c.bool(n))) {
        (Some(true), _) => PathMany::Some,
        (_, Some(true)) => PathMany::Every,
        _ => PathMany::One,
    };
    let plural = path.contains('*') || path.contains("..") || path.contains('?') || path.contains(',') || path.contains(':');
    let counts = node.get("count").is_some() || node.get("exists").is_some();
    if plural && many == PathMany::One && !counts {
        c.problem(path_node, "this path can have several values", "add `some: true` or `every: true`");
    }
    match value_test(c, node) {
        Some(test) => Matcher::Path(Box::new(PathTest { path, many, test })),
        None => {
            c.problem(
                node,
                "`path` without a test",
                "add `exists`, `equals`, `in`, `glob`, `regex`, `lt`, `gt`, `arn` or `count`",
            );
            Matcher::Constant(false)
        }
    }
}

/// `{fact: s3.bucket.versioning, exists | equals | …}`.
pub(super) fn fact<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Matcher {
    c.known_keys(node, &FACT, "a `fact` matcher");
    let Some(name_node) = node.get("fact") else { return Matcher::Constant(false) };
    let name = name_node.scalar().to_owned();
    let names = facts::NAMES.map(|(name, _)| name);
    if !names.contains(&name.as_str()) {
        let help = did_you_mean(&name, names).unwrap_or_else(|| format!("use one of {}", names.join(", ")));
        c.problem(name_node, format!("no fact `{name}`"), help);
    }
    match value_test(c, node) {
        Some(test) => Matcher::Fact(Box::new(FactTest { name, test })),
        None => {
            c.problem(node, "`fact` without a test", "add `known`, `exists`, `equals`, `in`, `glob`, `regex`, `lt` or `gt`");
            Matcher::Constant(false)
        }
    }
}

fn value_test<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Option<ValueTest> {
    for (key, value) in node.members() {
        let test = match key.scalar() {
            "known" => ValueTest::Known(c.bool(value)),
            "exists" => ValueTest::Exists(c.bool(value)),
            "equals" | "in" => ValueTest::In(c.strings(value)),
            "glob" => ValueTest::Text(TextTest { glob: Some(c.strings(value)), ..TextTest::default() }),
            "regex" => ValueTest::Text(TextTest { regex: Some(c.regexes(value)), ..TextTest::default() }),
            "has_wildcard" => ValueTest::Text(TextTest { has_wildcard: Some(c.bool(value)), ..TextTest::default() }),
            "lt" => ValueTest::Less(decimal(c, value)),
            "gt" => ValueTest::Greater(decimal(c, value)),
            "count" => ValueTest::Count(value.get("min").and_then(|n| c.number(n)), value.get("max").and_then(|n| c.number(n))),
            "arn" => arn_test(c, value),
            "text" => ValueTest::Text(text_test(c, value)),
            _ => continue,
        };
        return Some(test);
    }
    None
}

fn decimal<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> f64 {
    let text = c.string(node);
    let number = text.parse().ok();
    // A parameter without a value is reported where the rule is used.
    if number.is_none() && !text.is_empty() {
        c.problem(node, format!("`{text}` is not a number"), "write a number such as `90`");
    }
    number.unwrap_or(f64::NAN)
}

fn arn_test<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> ValueTest {
    c.known_keys(node, &["service", "account"], "`arn`");
    ValueTest::Arn {
        service: node.get("service").map(|n| c.string(n)),
        within: node.get("account").and_then(|n| n.get("within")).map(|n| accounts(c, n)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::inline_test::run;

    /// Why a case does not hold, for a rule that asserts this of a user's access keys.
    fn failure(matcher: &str, doc: &str, expect: &str) -> Option<String> {
        let text = format!(
            "palisade: 1\nid: t\ntitle: t\nseverity: low\nmessage: m\napplies_to: {{ kind: settings }}\nfor_each: attachment\n\
             assert: {{ {matcher} }}\ntests:\n  - name: n\n    given: {{ today: 2026-06-01 }}\n    expect: {expect}\n    doc: '{doc}'\n"
        );
        run(&text).remove(0).failure
    }

    const KEYS: &str =
        r#"{"AccessKeyMetadata": [{"UserName": "ana", "Status": "Active", "CreateDate": "2026-01-01T00:00:00Z"}]}"#;
    const NONE: &str = r#"{"AccessKeyMetadata": [{"UserName": "ana", "Status": "Inactive"}]}"#;

    #[test]
    fn a_fact_is_true_false_or_unknown() {
        let created = "fact: iam.user.access_keys.created";
        let cases = [
            ("exists: true", "pass", "fail"),
            ("exists: false", "fail", "pass"),
            ("known: true", "pass", "pass"),
            ("known: false", "fail", "fail"),
            ("equals: '2026-01-01'", "pass", "fail"),
            ("in: ['x', '2026-01-01']", "pass", "fail"),
            ("in: []", "fail", "fail"),
            ("glob: 2026-*", "pass", "fail"),
            ("regex: '^2025'", "fail", "fail"),
        ];
        for (test, set, unset) in cases {
            let matcher = format!("{created}, {test}").replace('\'', "\"");
            assert_eq!(failure(&matcher, KEYS, set), None, "{test}");
            assert_eq!(failure(&matcher, NONE, unset), None, "{test} where it is not set");
            // An answer about access keys says nothing of a password.
            let other = matcher.replace("access_keys.created", "console_access");
            let untold = match test {
                "known: true" => "fail",
                "known: false" => "pass",
                _ => "unknown",
            };
            assert_eq!(failure(&other, KEYS, untold), None, "{test} where nobody tells");
            let not = format!("not: {{ {other} }}");
            let opposite = ["pass", "fail"].into_iter().find(|v| *v != untold).filter(|_| untold != "unknown");
            assert_eq!(failure(&not, KEYS, opposite.unwrap_or("unknown")), None, "not {test}");
        }
    }

    #[test]
    fn numbers_compare_as_numbers() {
        for (test, expect) in [("gt: 90", "pass"), ("gt: 151", "fail"), ("lt: 1000", "pass"), ("equals: \"151\"", "pass")] {
            let matcher = format!("fact: iam.user.access_keys.age_days, {test}");
            assert_eq!(failure(&matcher, KEYS, expect), None, "{test}");
        }
        // No active key has no age: it is neither old nor young.
        for test in ["gt: 0", "lt: 9999"] {
            assert_eq!(failure(&format!("fact: iam.user.access_keys.age_days, {test}"), NONE, "fail"), None, "{test}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_fact_is_said() {
        let cases = [
            ("fact: s3.bucket.versionin, equals: Enabled", "no fact `s3.bucket.versionin`; did you mean `s3.bucket.versioning`?"),
            ("fact: s3.bucket.versioning", "`fact` without a test; add `known`,"),
            ("fact: s3.bucket.versioning, equal: Enabled", "`equal` is not known in a `fact` matcher; did you mean `equals`?"),
            ("fact: iam.user.access_keys.age_days, gt: many", "`many` is not a number; write a number such as `90`"),
        ];
        for (matcher, wanted) in cases {
            let said = failure(matcher, KEYS, "pass").unwrap_or_default();
            assert!(said.contains(wanted), "{said}");
        }
    }

    #[test]
    fn a_document_without_such_settings_is_not_applicable() {
        let user = r#"{"LoginProfile": {"UserName": "ana"}}"#;
        assert_eq!(failure("fact: iam.user.console_access, equals: \"true\"", user, "pass"), None);
        let policy = r#"{"Version": "2012-10-17", "Statement": []}"#;
        assert_eq!(failure("fact: iam.user.console_access, exists: true", policy, "not_applicable"), None);
        let nothing = failure("fact: iam.user.console_access, exists: true", "{}", "not_applicable");
        assert_eq!(nothing.as_deref(), Some("the document of the case is not recognised"));
    }
}
