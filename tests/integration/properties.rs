//! What must hold of any input: no panic, spans in bounds, agreement with a second JSON reader, and verdicts that depend on
//! meaning alone.

use palisade::audit::Audit;
use palisade::config::Config;
use palisade::document::{Document, Kind, Node, ProblemCode, json, path, yaml};
use palisade::extract::{Hints, recognise};
use palisade::finding::Outcome;
use palisade::policy::{Context, PolicyKind};
use palisade::report::{self, Format, Options};
use palisade::rule::registry::Wishes;
use palisade::rule::{Judgement, Registry, judge};
use palisade::scan::Scan;
use palisade::source::{WalkOptions, decode, stream};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| Registry::build(&[], &Wishes::default()).expect("the bundled rules compile"));

/// The same cases on every run, so that a change is to blame when one fails; with `PROPTEST_CASES` set, so many new ones.
fn cases() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let rng_seed = if asked { RngSeed::Random } else { RngSeed::Fixed(2) };
    ProptestConfig { failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

/// The whole pipeline over some bytes, as `check -` does it.
fn checked(bytes: Vec<u8>, kind: Option<PolicyKind>) -> Outcome {
    let name = "any.json".into();
    let content = stream::open(&name, Box::new(std::io::Cursor::new(bytes)), 0, 1 << 30);
    let config = Config::default();
    let scan = Scan {
        cards: false,
        excerpts: true,
        registry: &REGISTRY,
        config: &config,
        organization: None,
        context: Context { kind, ..Context::default() },
        walk: WalkOptions::default(),
        project_name: &str::to_owned,
        progress: &|_| {},
        review: None,
        baseline: None,
        today: time::macros::date!(2026 - 09 - 01),
        whole: true,
    };
    match content {
        Ok(content) => scan.content(content, &name),
        Err(_) => Outcome::default(),
    }
}

/// Every format over an outcome; the text of all of them.
fn reported(outcome: &Outcome) -> Vec<u8> {
    let mut out = Vec::new();
    let audit = Audit::alone(outcome.clone(), "a file", "2026-09-01T00:00:00Z");
    for format in Format::ALL {
        let options = Options { verbose: true, ..Options::default() };
        report::render(format, &audit, &options, &mut out).expect("writing to memory works");
    }
    out
}

/// Spans lie in the text, on characters, and children in their parents.
fn well_spanned(document: &Document) {
    for id in 0..u32::try_from(document.len()).expect("small") {
        let node = document.node(id).expect("a node");
        assert!(document.text().get(node.span().range()).is_some(), "{node:?} lies outside");
        let children = node.elements().chain(node.members().flat_map(|(k, v)| [k, v]));
        for child in children {
            assert!(
                node.span().start <= child.span().start && child.span().end <= node.span().end,
                "{child:?} is not in {node:?}"
            );
            let (steps, on_key) = path::steps(node, child);
            assert!(steps.len() == 1 || on_key, "{child:?} has no place in {node:?}");
        }
    }
    for problem in document.problems() {
        let places = std::iter::once(problem.span).chain(problem.related.iter().map(|(span, _)| *span));
        for span in places {
            assert!(document.text().get(span.range()).is_some(), "{problem:?} points outside");
        }
        assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{problem:?} is of no help");
    }
}

fn everything(bytes: &[u8]) -> Outcome {
    let (text, _) = decode(bytes.to_vec());
    well_spanned(&json::parse(text.clone()));
    well_spanned(&yaml::parse(text));
    for kind in [
        Some(PolicyKind::IdentityPolicy),
        Some(PolicyKind::TrustPolicy),
        Some(PolicyKind::ResourcePolicy),
        Some(PolicyKind::ServiceControlPolicy),
    ] {
        checked(bytes.to_vec(), kind);
    }
    let outcome = checked(bytes.to_vec(), None);
    let output = reported(&outcome);
    let output = String::from_utf8(output).expect("reports are UTF-8");
    // Lines of CSV end in two characters.
    let raw = output.replace("\r\n", "\n").chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(raw, None, "a control character reached a report");
    outcome
}

/// Text near the grammar of JSON, where parsers go wrong.
fn jsonish() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        8 => prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\n", " ", "'", "“", "”", "\"Statement\"", "\"Effect\":\"Allow\"", "\"Action\":",
            "\"Resource\":\"*\"", "\"*\"", "iam:PassRole", "null", "true", "-1.5e3", "01", "//", "/*", "*/", "#", "\\u00e9", "\\ud83d",
            "\\uDE00", "\u{feff}", "\0", "\u{1b}", "\t", "\u{2028}", "\"Condition\":{\"StringEquals\":{\"aws:SourceVpce\":\"x\"}}",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

/// A policy with some bytes replaced, removed or put in.
fn broken_policy() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0..6_usize, prop::collection::vec(any::<u8>(), 0..4));
    (policy(), prop::collection::vec(edit, 1..4), any::<bool>()).prop_map(|(policy, edits, pretty)| {
        let mut bytes = if pretty { serde_json::to_vec_pretty(&policy) } else { serde_json::to_vec(&policy) }.expect("JSON");
        for (at, cut, put) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, put);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        everything(&bytes);
    }

    #[test]
    fn anything_near_json_is_read(text in jsonish()) {
        everything(text.as_bytes());
    }

    #[test]
    fn broken_policies_are_read_and_never_green(bytes in broken_policy()) {
        let outcome = everything(&bytes);
        if serde_json::from_slice::<Value>(&bytes).is_err_and(|e| !e.to_string().contains("out of range")) {
            prop_assert!(!outcome.incomplete.is_empty(), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_second_reader_agrees_on_what_is_json(text in jsonish()) {
        let ours = json::parse(text.clone());
        let mistakes = ours.problems().iter().any(|p| p.code != ProblemCode::DuplicateKey);
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => {
                prop_assert!(!mistakes, "{text:?}: {:?}", ours.problems());
                prop_assert!(ours.root().is_some_and(|root| same(root, &value)), "{text:?}");
            }
            Err(error) => prop_assert!(mistakes || error.to_string().contains("out of range"), "{text:?} is not JSON: {error}"),
        }
    }

    #[test]
    fn values_survive_writing_and_reading(policy in policy()) {
        for text in [policy.to_string(), serde_json::to_string_pretty(&policy).expect("JSON")] {
            let document = json::parse(text);
            prop_assert!(document.problems().is_empty());
            prop_assert!(same(document.root().expect("a value"), &policy));
        }
    }

    #[test]
    fn layout_order_lists_of_one_and_letter_case_change_no_verdict(policy in policy(), seed in any::<u64>()) {
        let want = verdicts(&policy.to_string());
        for (what, text) in [
            ("layout", serde_json::to_string_pretty(&policy).expect("JSON")),
            ("order of keys", reversed(&policy).to_string()),
            ("lists of one", listed(&policy, true).to_string()),
            ("single values", listed(&policy, false).to_string()),
            ("case of actions", recased(&policy, &mut seed.clone()).to_string()),
        ] {
            let got = verdicts(&text);
            if what == "order of keys" {
                // Of two places that say the same, the first in the text is shown.
                prop_assert_eq!(by_statement(&got), by_statement(&want), "{} changed a verdict:\n{}\n{}", what, policy, text);
            } else {
                prop_assert_eq!(&got, &want, "{} changed a verdict:\n{}\n{}", what, policy, text);
            }
        }
    }
}

/// A tree holds the same as a value.
fn same(node: Node<'_>, value: &Value) -> bool {
    match value {
        Value::Null => node.kind() == Kind::Null,
        Value::Bool(flag) => node.as_bool() == Some(*flag),
        Value::Number(number) => serde_json::from_str::<serde_json::Number>(node.scalar()).is_ok_and(|n| n == *number),
        Value::String(text) => node.as_str() == Some(text),
        Value::Array(items) => node.elements().count() == items.len() && node.elements().zip(items).all(|(n, v)| same(n, v)),
        Value::Object(map) => map.iter().all(|(key, v)| node.get(key).is_some_and(|n| same(n, v))),
    }
}

type Verdicts = BTreeSet<(PolicyKind, String, String)>;

/// Rule and place of everything that is found, as each kind of policy; places do without the index of a first element,
/// which comes and goes with the list around it.
fn verdicts(text: &str) -> Verdicts {
    let document = json::parse(text.to_owned());
    let mut found = BTreeSet::new();
    for kind in PolicyKind::ALL {
        let context = Context { kind: Some(kind), account: Some("111122223333".into()), ..Context::default() };
        let extraction = recognise(&document, Hints { file: "roles/cats-consumer.json".into(), context });
        for site in &extraction.sites {
            let alone = [site];
            for active in REGISTRY.about(site.kind) {
                let Judgement::Fail(raised) = judge(active.rule(), &alone, true) else { continue };
                for raised in raised {
                    let place = raised.node.zip(site.root).map(|(node, root)| path::pointer(&path::steps(root, node).0));
                    let place = place.unwrap_or_default().split('/').filter(|step| *step != "0").collect::<Vec<_>>().join("/");
                    found.insert((kind, active.head.id.to_string(), place));
                }
            }
        }
    }
    found
}

/// The same with places cut down to their statements.
fn by_statement(verdicts: &Verdicts) -> Verdicts {
    let cut = |place: &str| {
        let steps = place.split('/').enumerate();
        let kept = steps.take_while(|(i, step)| *i < 2 || step.parse::<usize>().is_ok());
        kept.map(|(_, step)| step).collect::<Vec<_>>().join("/")
    };
    verdicts.iter().map(|(kind, rule, place)| (*kind, rule.clone(), cut(place))).collect()
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().rev().map(|(k, v)| (k.clone(), reversed(v))).collect::<Map<_, _>>().into(),
        Value::Array(items) => items.iter().map(reversed).collect(),
        _ => value.clone(),
    }
}

/// Single values as lists of one, or lists of one as single values, wherever IAM reads both alike.
fn listed(value: &Value, wrap: bool) -> Value {
    let Value::Object(map) = value else { return value.clone() };
    let member = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("Version" | "Id" | "Sid" | "Effect", _) => value.clone(),
            ("Principal" | "NotPrincipal", Value::String(_)) => value.clone(),
            ("Statement", Value::Array(items)) => one_or_list(items.iter().map(|s| listed(s, wrap)).collect(), wrap),
            ("Statement", statement) => one_or_list(vec![listed(statement, wrap)], wrap),
            (_, Value::Object(_)) => listed(value, wrap),
            (_, Value::Array(items)) => one_or_list(items.clone(), wrap),
            (_, scalar) => one_or_list(vec![scalar.clone()], wrap),
        };
        (key.clone(), value)
    };
    map.iter().map(member).collect::<Map<_, _>>().into()
}

fn one_or_list(mut items: Vec<Value>, wrap: bool) -> Value {
    if items.len() == 1 && !wrap { items.remove(0) } else { Value::Array(items) }
}

/// Actions in other letter case.
fn recased(value: &Value, seed: &mut u64) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let action = matches!(key.as_str(), "Action" | "NotAction");
                (key.clone(), if action { shuffled(value, seed) } else { recased(value, seed) })
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(|v| recased(v, seed)).collect(),
        _ => value.clone(),
    }
}

fn shuffled(value: &Value, seed: &mut u64) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|v| shuffled(v, seed)).collect(),
        Value::String(text) => {
            let mut flip = |c: char| {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if *seed >> 63 == 0 { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }
            };
            Value::from(text.chars().map(&mut flip).collect::<String>())
        }
        _ => value.clone(),
    }
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

/// One value or a list.
fn some(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![one_of(words).prop_map(Value::from), prop::collection::vec(one_of(words), 1..4).prop_map(Value::from)]
}

const ACTIONS: &[&str] = &[
    "*",
    "iam:*",
    "iam:PassRole",
    "iam:Pass*",
    "s3:GetObject",
    "s3:PutObject",
    "s3:*",
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:*",
    "rekognition:DetectCustomLabels",
    "rekognition:StopProject*",
    "rekognition:*",
    "kms:Decrypt",
    "kms:*",
    "ec2:RunInstances",
    "lambda:CreateFunction",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::data",
    "arn:aws:s3:::data/*",
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:iam::*:role/*",
    "arn:aws:rekognition:eu-west-1:111122223333:project/*",
    "arn:aws:rekognition:eu-west-1:111122223333:project/cats/version/a/1",
    "arn:aws:rekognition:eu-west-1:111122223333:project/cats/version/b/2",
    "arn:aws:rekognition:111122223333:eu-west-1:project/cats/version/a/1",
    "arn:aws:s3:::<your-bucket>/*",
    "",
];
const PRINCIPALS: &[&str] = &[
    "*",
    "111122223333",
    "arn:aws:iam::444455556666:root",
    "arn:aws:iam::444455556666:role/app",
    "arn:aws:iam::123456789012:user/YOUR-USER",
    "",
];
const SERVICES: &[&str] = &["rekognition.amazonaws.com", "s3.amazonaws.com", "lambda.amazonaws.com", ""];
const PROVIDERS: &[&str] = &[
    "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
    "cognito-identity.amazonaws.com",
    "arn:aws:iam::111122223333:saml-provider/x",
];
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringEqualsIfExists",
    "ForAnyValue:StringEquals",
    "ForAllValues:StringEquals",
    "ArnLike",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "StringEqualsIgnoreCase",
];
const KEYS: &[&str] = &[
    "aws:SourceVpce",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:PrincipalOrgID",
    "aws:SecureTransport",
    "aws:SourceIp",
    "sts:ExternalId",
    "iam:PassedToService",
    "s3:x-amz-acl",
    "aws:MultiFactorAuthPresent",
    "token.actions.githubusercontent.com:sub",
    "token.actions.githubusercontent.com:aud",
];
const VALUES: &[&str] = &[
    "*",
    "vpce-0a1b2c3d",
    "111122223333",
    "o-example123",
    "true",
    "false",
    "10.0.0.0/8",
    "repo:org/app:*",
    "repo:*",
    "sts.amazonaws.com",
    "bucket-owner-full-control",
    "arn:aws:s3:::data",
    "${aws:username}",
];

fn condition() -> impl Strategy<Value = Value> {
    let block = prop::collection::btree_map(one_of(KEYS), some(VALUES), 1..3);
    prop::collection::btree_map(one_of(OPERATORS), block, 1..3).prop_map(|map| json!(map))
}

fn principal() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(json!("*")),
        4 => some(PRINCIPALS).prop_map(|v| json!({ "AWS": v })),
        2 => some(SERVICES).prop_map(|v| json!({ "Service": v })),
        2 => some(PROVIDERS).prop_map(|v| json!({ "Federated": v })),
        1 => (some(PRINCIPALS), some(SERVICES)).prop_map(|(a, s)| json!({ "AWS": a, "Service": s })),
    ]
}

fn statement() -> impl Strategy<Value = Value> {
    let sid = prop::option::of(one_of(&["A", "B", "AllowAll"]));
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let action = (prop_oneof![6 => Just("Action"), 1 => Just("NotAction")], some(ACTIONS));
    let resource = prop::option::weighted(0.8, (prop_oneof![6 => Just("Resource"), 1 => Just("NotResource")], some(RESOURCES)));
    let who = prop::option::weighted(0.5, (prop_oneof![6 => Just("Principal"), 1 => Just("NotPrincipal")], principal()));
    (sid, effect, action, resource, who, prop::option::of(condition())).prop_map(
        |(sid, effect, action, resource, who, condition)| {
            let mut map = Map::new();
            map.extend(sid.map(|sid| ("Sid".to_owned(), Value::from(sid))));
            map.insert("Effect".into(), effect.into());
            let pairs = who.into_iter().chain([action]).chain(resource);
            map.extend(pairs.map(|(key, value)| (key.to_owned(), value)));
            map.extend(condition.map(|c| ("Condition".to_owned(), c)));
            Value::Object(map)
        },
    )
}

fn policy() -> impl Strategy<Value = Value> {
    let statements = prop_oneof![statement(), prop::collection::vec(statement(), 1..4).prop_map(Value::from)];
    statements.prop_map(|s| json!({ "Version": "2012-10-17", "Statement": s }))
}

/// Two Deny statements that fall short, the longer one in bytes differing with the layout.
#[test]
fn the_blamed_place_does_not_depend_on_layout() {
    let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Deny", "Action": ["rekognition:StopProject*"], "Condition": { "StringEqualsIfExists": { "aws:PrincipalOrgID": ["o-a"] } } },
        { "Effect": "Deny", "Principal": { "Federated": provider }, "Action": "*" },
    ] });
    let want = verdicts(&policy.to_string());
    assert_eq!(verdicts(&serde_json::to_string_pretty(&policy).expect("JSON")), want);
}
