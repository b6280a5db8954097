//! `denies` against an evaluator written on its own: where it says that every request is denied, no request the
//! evaluator can think of gets through.

use super::*;
use crate::algebra::{When, WhenTest};
use crate::document::json;
use crate::policy::parse;
use proptest::prelude::*;
use serde_json::{Value, json};

const ACTIONS: [&str; 5] = ["zz:StopOne", "zz:StopTwo", "zz:Start", "yy:Stop", "zz:Stop"];
const RESOURCES: [&str; 4] = ["arn:p/a", "arn:p/b", "arn:q", "*"];
const PRINCIPALS: [&str; 3] =
    ["arn:aws:iam::111122223333:role/ops", "arn:aws:iam::111122223333:role/dev", "arn:aws:iam::111122223333:user/ops"];
const ENDPOINTS: [Option<&str>; 4] = [None, Some("vpce-1"), Some("vpce-2"), Some("VPCE-1")];

struct Request {
    action: &'static str,
    resource: &'static str,
    principal: &'static str,
    endpoint: Option<&'static str>,
}

fn requests() -> impl Iterator<Item = Request> {
    ACTIONS.into_iter().flat_map(|action| {
        RESOURCES.into_iter().flat_map(move |resource| {
            PRINCIPALS.into_iter().flat_map(move |principal| {
                ENDPOINTS.into_iter().map(move |endpoint| Request { action, resource, principal, endpoint })
            })
        })
    })
}

/// Wildcards by recursion, nothing shared with the code under test.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some('*'), _) => glob(&pattern[1..], text) || (!text.is_empty() && glob(pattern, &text[1..])),
        (Some('?'), Some(_)) => glob(&pattern[1..], &text[1..]),
        (Some(p), Some(t)) if p == t => glob(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn like(pattern: &str, text: &str) -> bool {
    glob(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().map(|v| v.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

fn denied(policy: &Value, request: &Request) -> bool {
    policy["Statement"].as_array().unwrap().iter().any(|s| {
        let part = |name: &str, text: &str, fold: bool| {
            let hit = |v: &Value| {
                strings(v).into_iter().any(|p| if fold { like(&p.to_lowercase(), &text.to_lowercase()) } else { like(p, text) })
            };
            match (s.get(name), s.get(format!("Not{name}"))) {
                (Some(v), _) => hit(v),
                (None, Some(v)) => !hit(v),
                (None, None) => true,
            }
        };
        s["Effect"] == "Deny"
            && part("Action", request.action, true)
            && part("Resource", request.resource, false)
            && s.get("Condition").is_none_or(|c| c.as_object().unwrap().iter().all(|(op, keys)| holds(op, keys, request)))
    })
}

fn holds(operator: &str, keys: &Value, request: &Request) -> bool {
    keys.as_object().unwrap().iter().all(|(key, values)| {
        let value = if key.eq_ignore_ascii_case("aws:PrincipalArn") { Some(request.principal) } else { request.endpoint };
        let values = strings(values);
        let (for_any, operator) = match operator.split_once(':') {
            Some(("ForAnyValue", rest)) => (true, rest),
            Some((_, rest)) if value.is_none() => {
                return {
                    let _ = rest;
                    true
                };
            }
            Some((_, rest)) => (false, rest),
            None => (false, operator),
        };
        let Some(value) = value else {
            return match operator {
                "Null" => values.contains(&"true"),
                _ if for_any => operator.ends_with("IfExists"),
                _ => operator.contains("Not") || operator.ends_with("IfExists"),
            };
        };
        match operator.trim_end_matches("IfExists") {
            "Null" => values.contains(&"false"),
            "StringEquals" => values.contains(&value),
            "StringNotEquals" => !values.contains(&value),
            "StringLike" => values.iter().any(|v| like(v, value)),
            "StringNotLike" => !values.iter().any(|v| like(v, value)),
            other => panic!("{other}"),
        }
    })
}

fn condition() -> impl Strategy<Value = Value> {
    let operator = prop::sample::select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringNotEqualsIfExists",
        "StringEqualsIfExists",
        "ForAnyValue:StringNotEquals",
        "ForAllValues:StringNotEquals",
        "ForAllValues:StringEquals",
    ]);
    let key = prop::sample::select(vec!["aws:SourceVpce", "AWS:sourcevpce", "aws:PrincipalArn"]);
    let values = prop::collection::vec(
        prop::sample::select(vec![
            "vpce-1",
            "vpce-2",
            "vpce-*",
            "arn:aws:iam::111122223333:role/ops",
            "arn:aws:iam::*:role/*",
            "*",
        ]),
        1..3,
    );
    let plain = (operator, key, values).prop_map(|(o, k, v)| json!({ o: { k: v } }));
    let null = prop::bool::ANY.prop_map(|b| json!({ "Null": { "aws:SourceVpce": b.to_string() } }));
    prop_oneof![4 => plain, 1 => null]
}

fn statement() -> impl Strategy<Value = Value> {
    let actions = prop::collection::vec(
        prop::sample::select(vec!["zz:Stop*", "zz:*", "*", "zz:StopOne", "ZZ:stop?*", "yy:*", "zz:Start"]),
        1..3,
    );
    let resources = prop::collection::vec(prop::sample::select(vec!["*", "arn:p/*", "arn:p/a", "arn:q", "arn:*"]), 1..3);
    let effect = prop::sample::select(vec!["Deny", "Deny", "Deny", "Allow"]);
    (effect, actions, prop::bool::weighted(0.2), resources, prop::bool::weighted(0.2), prop::option::weighted(0.6, condition()))
        .prop_map(|(effect, actions, not_action, resources, not_resource, condition)| {
            let mut s = json!({ "Effect": effect });
            s[if not_action { "NotAction" } else { "Action" }] = json!(actions);
            s[if not_resource { "NotResource" } else { "Resource" }] = json!(resources);
            if let Some(condition) = condition {
                s["Condition"] = condition;
            }
            s
        })
}

fn questions() -> impl Strategy<Value = (Question, usize)> {
    let set = || vec!["vpce-1".to_owned(), "vpce-2".to_owned()];
    let whens = [
        None,
        Some(WhenTest::Absent),
        Some(WhenTest::Equals("vpce-1".to_owned())),
        Some(WhenTest::NotWithin { set: set(), or_absent: true }),
        Some(WhenTest::Within(set())),
    ];
    let targets = vec![("zz:Stop*", "*"), ("zz:StopOne", "arn:p/*"), ("zz:*", "arn:p/a"), ("zz:Stop*", "arn:*")];
    (0..whens.len(), prop::sample::select(targets), prop::bool::ANY).prop_map(move |(when, (action, resource), exempt)| {
        let test = whens[when].clone();
        let question = Question {
            actions: vec![action.to_owned()],
            resources: vec![resource.to_owned()],
            by_resource_type: false,
            who: Who::Anyone,
            when: test.into_iter().map(|test| When { key: "aws:SourceVpce".to_owned(), test }).collect(),
            except: if exempt { vec!["arn:aws:iam::111122223333:role/ops".to_owned()] } else { Vec::new() },
            explicit: true,
            kind: None,
            account: None,
        };
        (question, when)
    })
}

/// Whether a request is one the question asks about.
fn asked(question: &Question, when: usize, request: &Request) -> bool {
    let known = matches!(request.endpoint, Some("vpce-1" | "vpce-2"));
    like(&question.actions[0], request.action)
        && like(&question.resources[0], request.resource)
        && !question.except.iter().any(|e| like(e, request.principal))
        && match when {
            0 => true,
            1 => request.endpoint.is_none(),
            2 => request.endpoint == Some("vpce-1"),
            3 => !known,
            _ => known,
        }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 4_000 } else { 40_000 }))]

    #[test]
    fn never_a_wrong_pass(statements in prop::collection::vec(statement(), 1..4), (question, when) in questions()) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let document = json::parse(policy.to_string());
        let (read, problems) = parse(document.root().unwrap());
        prop_assert!(problems.is_empty());
        let all: Vec<_> = read.statements.iter().collect();
        let decided = crate::algebra::ask::denies(&[&read], &question);
        if let Some(witness) = &decided.witness {
            prop_assert!(!crate::evaluate::decide(&read, witness).applied.iter().any(|a| a.perhaps(Effect::Deny)));
        }
        let by_text = denies(&all, &question).truth == Truth::True;
        prop_assert!(!by_text || decided.truth == Truth::True);
        if decided.truth == Truth::True {
            for request in requests().filter(|r| asked(&question, when, r)) {
                prop_assert!(
                    denied(&policy, &request),
                    "{policy} lets {} on {} by {} from {:?} through: {question:?}",
                    request.action, request.resource, request.principal, request.endpoint
                );
            }
        }
    }
}

/// What people write does count.
#[test]
fn plain_guards_are_seen() {
    let question = |when: Vec<When>, except: Vec<String>| Question {
        actions: vec!["rekognition:StopProject*".to_owned()],
        resources: vec!["*".to_owned()],
        by_resource_type: false,
        who: Who::Anyone,
        when,
        except,
        explicit: true,
        kind: None,
        account: None,
    };
    let outside = When { key: "aws:SourceVpce".to_owned(), test: WhenTest::NotLiteral { or_absent: true } };
    let ops = || vec!["arn:*:iam::*:role/ops".to_owned()];
    let cases = [
        (r#"{"Effect":"Deny","Action":"rekognition:StopProject*","Resource":"*"}"#, question(vec![], vec![]), true),
        (r#"{"Effect":"Deny","NotAction":["s3:*"],"Resource":"*"}"#, question(vec![], vec![]), true),
        (r#"{"Effect":"Deny","NotAction":["s3:*","rekognition:Stop*"],"Resource":"*"}"#, question(vec![], vec![]), false),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}"#,
            question(vec![outside.clone()], vec![]),
            true,
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotLike":{"aws:SourceVpce":"vpce-*"}}}"#,
            question(vec![outside], vec![]),
            false,
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ops"}}}"#,
            question(vec![], ops()),
            true,
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}}"#,
            question(vec![], ops()),
            false,
        ),
        (r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":"none"}"#, question(vec![], vec![]), false),
        (r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":[]}}"#, question(vec![], vec![]), false),
        (r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{}}"#, question(vec![], vec![]), true),
        (r#"{"Effect":"Deny","Action":"*","NotResource":[1]}"#, question(vec![], vec![]), false),
    ];
    for (statement, question, want) in cases {
        let document = json::parse(format!("{{\"Statement\":[{statement}]}}"));
        let (policy, _) = parse(document.root().unwrap());
        let all: Vec<_> = policy.statements.iter().collect();
        assert_eq!(denies(&all, &question).truth == Truth::True, want, "{statement}");
    }
}
