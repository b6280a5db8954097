//! Tests of the project file and of its schema.

use super::*;
use crate::document::{Document, Kind, Node, Problem};
use crate::policy::PolicyKind;
use crate::policy::context::PrincipalKind;
use crate::text::value::ParamData;
use serde_json::{Map, Value, json};
use time::macros::date;

const FULL: &str = r#"
extends:
  - palisade:recommended
  - ./rules
select: [full-admin, "pass-role-*"]
ignore: style
fail_on: high
exclude: [fixtures/bad]
baseline: .palisade-baseline.json
allow_permanent: false
max_days: 90
strict: true
context:
  - file: "**/*.json"
    account: "{dir}"
    partition: aws
  - file: ["policies/consumers/*.json", "x.json"]
    kind: identity-policy
    account: 011122223333
    region: eu-west-1
    ou: /workloads/prod
    org_id: o-exampleorgid
    attached_to: { type: role, name: "{stem}-role", path: /consumer/, tags: { rekognition-access: consumer } }
  - file: buckets/*.json
    kind: resource-policy
    resource_type: AWS::S3::Bucket
    attachment: { arn: "arn:aws:s3:::{stem}", name: "{stem}" }
rules:
  pass-role-any: off
  full-admin: critical
  s3-plain-http: { severity: low, enabled: true, params: { accept_rcp: true, days: 7, ids: ["a", 12] } }
overrides:
  - ou: /sandbox/**
    account: ["1111*"]
    rules: { full-admin: low }
  - file: legacy/**
    rules: { full-admin: { severity: info } }
suppressions:
  - rule: another-accounts-root
    where: { account: "111122223333", role: vendor-backup, sid: Vendor, file: "a/*.json", resource: "*", name: x, fingerprint: ab }
    reason: "Vendor cannot send ExternalId until Q1"
    owner: storage-team
    ticket: SEC-1841
    expires: 2027-02-01
"#;

fn run(text: &str) -> (Config, Document, Vec<Problem>) {
    parse("palisade.yaml".into(), text.to_owned(), date!(2026 - 11 - 23))
}

fn problems(text: &str) -> Vec<(String, String, String)> {
    let (_, document, problems) = run(text);
    let at = |p: &Problem| document.text().get(p.span.range()).unwrap().to_owned();
    problems.iter().map(|p| (at(p), p.message.clone(), p.help.clone())).collect()
}

fn to_json(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::True => json!(true),
        Kind::False => json!(false),
        Kind::Number => node.scalar().parse::<i64>().map_or_else(|_| json!(node.scalar().parse::<f64>().unwrap()), |n| json!(n)),
        Kind::String => json!(node.scalar()),
        Kind::Array => node.elements().map(to_json).collect(),
        Kind::Object => Value::Object(node.members().map(|(k, v)| (k.scalar().to_owned(), to_json(v))).collect::<Map<_, _>>()),
    }
}

#[test]
fn a_full_file_is_read() {
    let (config, document, problems) = run(FULL);
    assert_eq!(problems, []);
    assert_eq!(config.extends[1].value, "./rules");
    assert_eq!(document.text().get(config.extends[1].span.range()).unwrap(), "./rules");
    assert_eq!(config.ignore[0].value, "style");
    assert_eq!((config.fail_on, config.max_days, config.strict), (Some(FailOn::At(Severity::High)), 90, true));
    assert_eq!(config.rules[0].enabled, Some(false));
    assert_eq!(config.rules[1].severity, Some(Severity::Critical));
    let params: Vec<_> = config.rules[2].params.iter().map(|(name, value)| (name.value.as_str(), value.to_string())).collect();
    assert_eq!(params, [("accept_rcp", "true".into()), ("days", "7".into()), ("ids", "a, 12".into())]);
    let ParamData::List(ids) = &config.rules[2].params[2].1.data else { panic!() };
    assert_eq!(document.text().get(ids[1].span.range()).unwrap(), "12");
    let suppression = &config.suppressions[0];
    assert_eq!(suppression.wheres.len(), 7);
    assert_eq!(suppression.expires, Some(date!(2027 - 02 - 01)));
    assert_eq!(suppression.place.pointer, "/suppressions/0/rule");
    let excerpt = &suppression.place.excerpt;
    assert_eq!(excerpt.text.get(excerpt.span.range()).unwrap(), "another-accounts-root");
    assert_eq!((suppression.place.start.line, suppression.place.start.column), (excerpt.first_line, 11));
}

#[test]
fn contexts_are_laid_over_each_other() {
    let (config, ..) = run(FULL);
    let context = config.context_for("policies/consumers/cats.json.gz");
    assert_eq!(context, Context::default());
    let context = config.context_for("policies/consumers/cats.json");
    assert_eq!(context.account.as_deref(), Some("011122223333"));
    assert_eq!(context.partition.as_deref(), Some("aws"));
    assert_eq!(context.kind, Some(PolicyKind::IdentityPolicy));
    let attached = context.attached_to.unwrap();
    assert_eq!((attached.kind, attached.name.as_str()), (Some(PrincipalKind::Role), "cats-role"));
    assert_eq!(attached.tags["rekognition-access"], "consumer");
    let context = config.context_for("accounts/111122223333/a.b.json");
    assert_eq!(context.account.as_deref(), Some("111122223333"));
    // A file name that looks like a placeholder stays a file name.
    let context = config.context_for("buckets/{dir}.json");
    assert_eq!(context.resource.as_deref(), Some("arn:aws:s3:::{dir}"));
    assert_eq!(context.name.as_deref(), Some("{dir}"));
}

#[test]
fn overrides_hold_where_they_say() {
    let (config, ..) = run(FULL);
    let at = |account: &str, ou: &str| Context { account: Some(account.into()), ou: Some(ou.into()), ..Context::default() };
    let sandbox = &config.overrides[0];
    assert!(sandbox.applies("x", &at("111122223333", "/sandbox/a")));
    assert!(sandbox.applies("x", &at("111122223333", "/sandbox")));
    assert!(!sandbox.applies("x", &at("111122223333", "/sandbox-2")));
    assert!(!sandbox.applies("x", &at("222222223333", "/sandbox/a")));
    assert!(!sandbox.applies("x", &Context::default()));
    assert!(config.overrides[1].applies("legacy/a/b.json", &Context::default()));
    assert!(!config.overrides[1].applies("a.json", &Context::default()));
}

#[test]
fn nothing_written_is_every_default() {
    for text in ["", "# later\n", "{}", "rules:\nsuppressions:\n"] {
        let (config, _, problems) = run(text);
        assert_eq!(problems, [], "{text:?}");
        assert_eq!((config.max_days, config.fail_on, config.strict), (MAX_DAYS, None, false));
    }
}

#[test]
fn every_mistake_is_pointed_at() {
    for (text, at, message, help) in [
        ("ignroe: [a]", "ignroe", "unknown key `ignroe`", "did you mean `ignore`?"),
        ("- a", "- a", "`palisade.yaml` must be a mapping, not a list", "write a mapping"),
        ("strict: yes", "yes", "`strict` must be true or false, not text", "write true or false"),
        ("fail_on: hihg", "hihg", "`hihg` is not a known `fail_on`", "did you mean `high`?"),
        ("max_days: 0", "0", "`max_days` must be a whole number from 1 on", "write 180, for example"),
        ("max_days: '9'", "'9'", "`max_days` must be a whole number from 1 on", "write 180, for example"),
        ("select: [[a]]", "[a]", "`select` must be text, not a list", "write text"),
        ("rules: {a: hot}", "hot", "`hot` is not a known `severity`", "one of on, off, info, low, medium, high, critical"),
        ("rules: {a: {parms: {}}}", "parms", "unknown key `parms`", "did you mean `params`?"),
        ("rules: {a: {params: {b: 1.5}}}", "1.5", "`1.5` is not a whole number", "write a whole number, or put text in quotes"),
        ("rules: {a: 1, a: 2}", "1", "`1` is not a known `severity`", "one of on, off, info, low, medium, high, critical"),
        (
            "context: [{file: '['}]",
            "'['",
            "`[` is not a valid pattern: unclosed character class; missing ']'",
            "`*` matches within a folder, `**` across folders, `[ab]` a set, `{a,b}` a choice",
        ),
        (
            "context: [{kind: scp}]",
            "{kind: scp}",
            "this entry does not say which files it is about",
            "add `file`: a pattern such as `policies/**/*.json`",
        ),
        (
            "context: [{file: a, name: '{steem}'}]",
            "'{steem}'",
            "`{steem}` holds an unknown placeholder",
            "did you mean `{stem}`?",
        ),
        ("context: [{file: a, account: 123}]", "123", "`123` is no `account`", "an account id is 12 digits"),
        (
            "context: [{file: a, kind: trust}]",
            "trust",
            "`trust` is not a known `kind`",
            "one of identity-policy, permissions-boundary, session-policy, trust-policy, resource-policy, vpc-endpoint-policy, service-control-policy, resource-control-policy",
        ),
        (
            "overrides: [{rules: {}}]",
            "{rules: {}}",
            "this override does not say where it holds",
            "add `file`, `account` or `ou`, or move it to `rules`",
        ),
        (
            "suppressions: [{reason: a, expires: 2026-12-01}]",
            "{reason: a, expires: 2026-12-01}",
            "this suppression names no `rule`",
            "add `rule`: a rule's id, or a pattern of ids",
        ),
        (
            "suppressions: [{rule: r, expires: 2026-12-01}]",
            "r",
            "this suppression gives no `reason`",
            "add `reason`: why is the risk accepted?",
        ),
        (
            "suppressions: [{rule: r, reason: a}]",
            "r",
            "this suppression never expires",
            "add `expires: YYYY-MM-DD`, or set `allow_permanent: true` at the top level",
        ),
        (
            "suppressions: [{rule: r, reason: a, expires: 2026-02-30}]",
            "2026-02-30",
            "`2026-02-30` is not a date",
            "write a day of the calendar as YYYY-MM-DD",
        ),
        (
            "suppressions: [{rule: r, reason: a, expires: 2027-11-23}]",
            "2027-11-23",
            "`expires` is 365 days ahead, more than `max_days` (180) allows",
            "choose 2027-05-22 or earlier, or raise `max_days`",
        ),
        (
            "suppressions: [{rule: r, reason: ' ', expires: 2026-12-01}]",
            "' '",
            "`reason` is empty",
            "write a value, or remove the key",
        ),
        (
            "select: *",
            "*",
            "not valid YAML: while scanning an anchor or alias, did not find expected alphabetic or numeric character",
            "put text that starts with `*` in quotes",
        ),
    ] {
        let found = problems(text);
        assert!(found.contains(&(at.into(), message.into(), help.into())), "{text}: {found:#?}");
    }
    let permanent = "allow_permanent: true\nsuppressions: [{rule: r, reason: a}]";
    assert_eq!(problems(permanent), []);
}

fn schema() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/palisade.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let keys: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert!(KEYS.iter().all(|k| keys.iter().any(|s| s == k)) && keys.len() == KEYS.len());
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_schema_says_what_the_reader_says() {
    let schema = schema();
    let (_, document, _) = run(FULL);
    let full = to_json(document.root().unwrap());
    let errors: Vec<_> = schema.iter_errors(&full).map(|e| e.to_string()).collect();
    assert_eq!(errors, [""; 0]);
    for text in [
        "ignroe: [a]",
        "strict: yes",
        "fail_on: hihg",
        "max_days: 0",
        "select: [[a]]",
        "rules: {a: hot}",
        "rules: {a: {parms: {}}}",
        "rules: {a: {params: {b: 1.5}}}",
        "context: [{kind: scp}]",
        "context: [{file: a, attached_to: {typ: role}}]",
        "overrides: [{rules: {}}]",
        "suppressions: [{reason: a}]",
        "suppressions: [{rule: r, reason: a, until: 2026-12-01}]",
    ] {
        let (_, document, problems) = run(text);
        assert!(!problems.is_empty(), "{text}");
        assert!(!schema.is_valid(&to_json(document.root().unwrap())), "{text}");
    }
    for text in ["{}", "rules:\n", "rules: {a: false}", "allow_permanent: true\nsuppressions: [{rule: r, reason: a}]"] {
        let (_, document, problems) = run(text);
        assert_eq!(problems, [], "{text}");
        assert!(schema.is_valid(&to_json(document.root().unwrap())), "{text}");
    }
}
