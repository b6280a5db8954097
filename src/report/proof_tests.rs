//! Answers as they are drawn and as JSON.

use super::super::proof_json;
use super::super::sample::{CONSUMER, HOSTILE, is_tame};
use super::*;
use crate::document::{Document, json};
use crate::policy::parse;
use crate::proof::Responsible;
use serde_json::Value;
use std::collections::BTreeMap;

fn request() -> Request {
    let one = |text: &str| ContextValue::One(text.to_owned());
    Request {
        caller: Caller {
            kind: CallerKind::RoleSession,
            arn: "arn:aws:iam::111122223333:role/consumer".to_owned(),
            account: Some("111122223333".to_owned()),
            session_name: Some("s".to_owned()),
        },
        action: "rekognition:DetectCustomLabels".to_owned(),
        resource: "arn:aws:rekognition:us-east-1:111122223333:project/a/version/b/1".to_owned(),
        resource_account: Some("111122223333".to_owned()),
        context: BTreeMap::from([
            ("aws:SourceVpce".to_owned(), one("vpce-1")),
            ("aws:TagKeys".to_owned(), ContextValue::Many(vec!["a".to_owned(), "b".to_owned()])),
        ]),
    }
}

/// A failed comparison of a policy with one that is the same but for its name.
fn answer(document: &Document, change: impl FnOnce(&mut Proof)) -> Answer {
    let root = document.root().unwrap();
    let (policy, _) = parse(root);
    let node = |name: &str| {
        let statement = policy.statements.first().unwrap().node;
        statement.get(name).unwrap_or(statement).id()
    };
    let part = |policy, name: &str, note: &str| Responsible { policy, statement: 0, node: node(name), note: note.to_owned() };
    let mut proof = Proof {
        certificate: None,
        verdict: Verdict::Fail,
        witness: Some(request()),
        responsible: vec![
            part(1, "Resource", "allows it"),
            part(1, "Resource", "allows it"),
            part(1, "Resource", "on every project"),
            part(0, "Action", "does not apply: the action differs"),
            part(7, "Action", "nobody handed this one in"),
        ],
        reason: None,
        assumptions: vec!["the actions of the catalogue of 2026-09-26".to_owned()],
    };
    change(&mut proof);
    let (old, new) = (Placer::new(document, "old.json".into()), Placer::new(document, "new.json".into()));
    let exhibit = |name: &str, placer| Exhibit { name: name.to_owned(), policy: &policy, placer };
    let exhibits = [exhibit("old.json", &old), exhibit("new.json", &new)];
    Answer::new("no-new-access", proof, &exhibits).about("new.json", |verdict| match verdict {
        Verdict::Pass => "every request that `new.json` allows is allowed by `old.json` too".to_owned(),
        Verdict::Fail => "`new.json` allows a request that `old.json` does not".to_owned(),
        Verdict::Unknown => "it could not be decided whether `new.json` allows more than `old.json`".to_owned(),
    })
}

fn consumer(change: impl FnOnce(&mut Proof)) -> Answer {
    answer(&json::parse(CONSUMER.to_owned()), change)
}

fn unknown() -> Answer {
    consumer(|proof| {
        proof.verdict = Verdict::Unknown;
        proof.witness = None;
        proof.responsible.truncate(1);
        proof.reason = Some("the pattern holds the variable `${aws:username}`".to_owned());
    })
}

fn pass() -> Answer {
    consumer(|proof| {
        proof.verdict = Verdict::Pass;
        proof.witness = None;
        proof.responsible.clear();
    })
}

fn drawn(answers: &[Answer]) -> String {
    let mut out = Vec::new();
    write(answers, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn as_json(answers: &[Answer]) -> String {
    let mut out = Vec::new();
    proof_json::write(answers, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn schema_errors(text: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/prove-v1.schema.json")).unwrap();
    let instance: Value = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(&instance).map(|e| format!("{e} at {}", e.instance_path())).collect()
}

#[test]
fn a_failure_shows_the_request_and_the_statements() {
    insta::assert_snapshot!(drawn(&[consumer(|_| ())]), @r#"
    FAIL[no-new-access]: `new.json` allows a request that `old.json` does not
      request:
        principal  role-session arn:aws:iam::111122223333:role/consumer, session s
        action     rekognition:DetectCustomLabels
        resource   arn:aws:rekognition:us-east-1:111122223333:project/a/version/b/1
        context    aws:SourceVpce = "vpce-1"
                   aws:TagKeys = ["a", "b"]
       ╭─[ new.json:8:19 ]
       │
     6 │       "Effect": "Allow",
     7 │       "Action": "rekognition:DetectCustomLabels",
     8 │       "Resource": "arn:aws:rekognition:us-east-1:111122223333:project/*"
       │                   ┬─────────────────────────────────────────────────────
       │                   ╰── allows it; on every project
     9 │     }
       │
       ├─[ old.json:7:17 ]
       │
     5 │       "Sid": "Detect",
     6 │       "Effect": "Allow",
     7 │       "Action": "rekognition:DetectCustomLabels",
       │                 ┬───────────────────────────────
       │                 ╰── does not apply: the action differs
     8 │       "Resource": "arn:aws:rekognition:us-east-1:111122223333:project/*"
    ───╯
      assumed: the actions of the catalogue of 2026-09-26
    "#);
}

#[test]
fn what_is_not_known_says_why() {
    insta::assert_snapshot!(drawn(&[unknown()]), @r#"
    UNKNOWN[no-new-access]: it could not be decided whether `new.json` allows more
        than `old.json`
       ╭─[ new.json:8:19 ]
       │
     6 │       "Effect": "Allow",
     7 │       "Action": "rekognition:DetectCustomLabels",
     8 │       "Resource": "arn:aws:rekognition:us-east-1:111122223333:project/*"
       │                   ┬─────────────────────────────────────────────────────
       │                   ╰── allows it
     9 │     }
    ───╯
          why: the pattern holds the variable `${aws:username}`
      assumed: the actions of the catalogue of 2026-09-26
    "#);
}

#[test]
fn a_proof_is_one_line_and_what_it_rests_on() {
    insta::assert_snapshot!(drawn(&[pass()]), @r#"
    PASS[no-new-access]: every request that `new.json` allows is allowed by
        `old.json` too
      assumed: the actions of the catalogue of 2026-09-26
    "#);
}

#[test]
fn of_many_answers_those_that_pass_are_counted() {
    let text = drawn(&[pass(), unknown(), pass()]);
    assert!(text.starts_with("UNKNOWN[no-new-access]: ") && !text.contains("PASS["), "{text}");
    assert!(text.ends_with("\nUNKNOWN: 2 PASS, 0 FAIL, 1 UNKNOWN of 3 questions\n"), "{text}");
}

#[test]
fn json_keeps_to_its_schema() {
    let many = [pass(), consumer(|_| ()), unknown()];
    for answers in [&many[..], &many[..1], &many[1..2], &many[2..]] {
        let text = as_json(answers);
        assert_eq!(schema_errors(&text), Vec::<String>::new(), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.get("answers").is_some(), answers.len() > 1);
    }
    let value: Value = serde_json::from_str(&as_json(&many)).unwrap();
    assert_eq!((&value["verdict"], &value["answers"][0]["verdict"]), (&"FAIL".into(), &"PASS".into()));
    assert_eq!(value["witness"]["principal"]["type"], "role-session");
    assert_eq!(value["witness"]["context"]["aws:TagKeys"], serde_json::json!(["a", "b"]));
    assert_eq!(value["responsible"][0]["location"]["pointer"], "/Statement/0/Resource");
    assert_eq!(value["responsible"][0]["sid"], "Detect");
}

#[test]
fn an_anonymous_caller_is_null() {
    let answer = consumer(|proof| proof.witness = Some(Request { caller: Caller::anonymous(), ..request() }));
    assert!(drawn(std::slice::from_ref(&answer)).contains("principal  anonymous"));
    let value: Value = serde_json::from_str(&as_json(&[answer])).unwrap();
    assert_eq!(value["witness"]["principal"], Value::Null);
}

#[test]
fn hostile_text_stays_text() {
    let policy = serde_json::json!({ "Statement": { "Sid": HOSTILE, "Effect": "Allow", "Action": HOSTILE, "Resource": "*" } });
    let mut answer = answer(&json::parse(policy.to_string()), |proof| {
        proof.reason = Some(HOSTILE.to_owned());
        proof.assumptions = vec![HOSTILE.to_owned()];
        proof.responsible[0].note = HOSTILE.to_owned();
        let request = proof.witness.as_mut().unwrap();
        request.resource = HOSTILE.to_owned();
        request.caller.arn = HOSTILE.to_owned();
        request.context.insert(HOSTILE.to_owned(), ContextValue::One(HOSTILE.to_owned()));
    });
    (answer.subject, answer.sentence) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    assert!(is_tame(&drawn(std::slice::from_ref(&answer))));
    assert!(is_tame(&as_json(&[answer.clone(), answer])));
}
