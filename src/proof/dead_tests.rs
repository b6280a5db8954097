//! What is said to have no effect, against the evaluator and a sample of requests.

use super::super::World;
use super::super::random::policy;
use super::super::tests::sample;
use super::*;
use crate::document::json;
use crate::evaluate::{Match, statement_matches};
use crate::policy::Statement;
use crate::policy::parse::parse;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

static SAMPLES: LazyLock<[Vec<Request>; 2]> = LazyLock::new(|| [sample(2000, false), sample(2000, true)]);

fn fits(statement: &Statement<'_>, request: &Request) -> (bool, bool) {
    let found = statement_matches(Some("2012-10-17"), statement, request);
    (matches!(found, Match::Yes(_)), !matches!(found, Match::No(_)))
}

/// What is said, and whether a request shows the contrary.
type Claim<'a> = (String, Box<dyn Fn(&Request) -> bool + 'a>);

/// Whatever is said of the statements of a policy holds for every request of the sample.
fn check(text: String, everyone: bool) -> Result<(), TestCaseError> {
    let document = json::parse(text);
    let (policy, _) = parse(document.root().unwrap());
    let kind = if everyone { PolicyKind::ResourcePolicy } else { PolicyKind::IdentityPolicy };
    let mut engine = Engine::typed(World::Closed);
    let statements = Statements::new(&mut engine, &policy, kind);
    let all: Vec<usize> = (0..policy.statements.len()).collect();
    let mut claims: Vec<Claim<'_>> = Vec::new();
    for (number, own) in policy.statements.iter().enumerate() {
        engine.world = World::Closed;
        let parts = statements.parts(&engine, number);
        if statements.excludes(&mut engine, number, &parts) {
            claims.push((format!("{number} never"), Box::new(move |r| fits(own, r).0)));
        }
        for at in 0..own.conditions.len() {
            let others: Vec<Part> = parts.iter().copied().filter(|p| *p != Part::Condition(at)).collect();
            if statements.implies(&mut engine, number, &others, Part::Condition(at)) {
                let mut without = own.clone();
                without.conditions.remove(at);
                claims.push((format!("{number} holds {at}"), Box::new(move |r| fits(&without, r).0 && !fits(own, r).1)));
            }
        }
        engine.world = World::Open;
        let others: Vec<usize> = all.iter().copied().filter(|n| *n != number).collect();
        if let Some(by) = statements.covered(&mut engine, number, &others) {
            let by: Vec<&Statement<'_>> = by.iter().map(|n| &policy.statements[*n]).collect();
            claims.push((format!("{number} covered"), Box::new(move |r| fits(own, r).0 && !by.iter().any(|s| fits(s, r).1))));
        }
    }
    let requests = &SAMPLES[usize::from(everyone)];
    for request in requests.iter().filter(|_| !claims.is_empty()) {
        for (name, is_wrong) in &claims {
            prop_assert!(!is_wrong(request), "{name}: {request:?}\n{}", document.text());
        }
    }
    Ok(())
}

/// With one more statement: the first, under the conditions of the last instead of its own or none. There is more to say then.
fn with_alike(mut policy: Value) -> Value {
    let all = policy["Statement"].as_array_mut().unwrap();
    let (mut more, last) = (all[0].clone(), all[all.len() - 1].get("Condition").cloned());
    let own = more.as_object_mut().unwrap();
    own.remove("Condition");
    own.extend(last.map(|condition| ("Condition".to_owned(), condition)));
    all.push(more);
    policy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_said_of_identity_policies_holds(value in policy(false)) {
        check(with_alike(value).to_string(), false)?;
    }

    #[test]
    fn what_is_said_of_resource_policies_holds(value in policy(true)) {
        check(with_alike(value).to_string(), true)?;
    }
}

#[test]
fn the_fewest_statements_are_named() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},
        {"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
        {"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/*"},
        {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
    let document = json::parse(text.to_owned());
    let (policy, _) = parse(document.root().unwrap());
    let mut engine = Engine::new(World::Open);
    let statements = Statements::new(&mut engine, &policy, PolicyKind::IdentityPolicy);
    assert_eq!(statements.covered(&mut engine, 0, &[1, 2]), None);
    assert_eq!(statements.covered(&mut engine, 0, &[1, 2, 3]), Some(vec![1, 3]));
    assert_eq!(statements.with(Effect::Deny).collect::<Vec<_>>(), [3]);
}
