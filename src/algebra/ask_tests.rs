//! What no single Deny shows by its text, and what only looks like it.

use super::*;
use crate::algebra::{Bound, When, WhenTest, bound::Inside};
use crate::policy::{PolicyKind, parse};
use serde_json::{Value, json};

fn question(kind: PolicyKind) -> Question {
    Question {
        actions: vec!["rekognition:StopProject*".to_owned()],
        resources: vec!["*".to_owned()],
        by_resource_type: false,
        who: Who::Anyone,
        when: Vec::new(),
        except: Vec::new(),
        explicit: true,
        kind: Some(kind),
        account: None,
    }
}

fn scp() -> Question {
    question(PolicyKind::ServiceControlPolicy)
}

fn with(statements: &Value, test: impl FnOnce(&Policy<'_>)) {
    let document = json::parse(json!({ "Version": "2012-10-17", "Statement": statements }).to_string());
    let (policy, _) = parse(document.root().unwrap());
    test(&policy);
}

#[track_caller]
fn denied(statements: &Value, question: &Question, want: bool) {
    with(statements, |policy| {
        let answer = denies(&[policy], question);
        assert_eq!(answer.truth == Truth::True, want, "{statements} {:?}", answer.witness);
        assert_eq!(answer.witness.is_none(), want, "{statements}");
    });
}

fn deny(condition: &Value) -> Value {
    json!({ "Effect": "Deny", "Action": "rekognition:*", "Resource": "*", "Condition": condition })
}

fn when(key: &str, test: WhenTest) -> Vec<When> {
    vec![When { key: key.to_owned(), test }]
}

#[test]
fn denies_cover_together() {
    let tag = "aws:PrincipalTag/env";
    let present = deny(&json!({ "StringLike": { tag: "*" } }));
    denied(&json!([present, deny(&json!({ "Null": { tag: "true" } }))]), &scp(), true);
    denied(&json!([present, deny(&json!({ "StringNotLike": { tag: "*" } }))]), &scp(), true);
    denied(&json!([present]), &scp(), false);
    let ranges = |texts: &Value| deny(&json!({ "IpAddress": { "aws:SourceIp": texts } }));
    let inside = Question { when: when("aws:SourceIp", WhenTest::Within(vec!["10.0.0.0/8".to_owned()])), ..scp() };
    denied(&json!([ranges(&json!("10.0.0.0/9")), ranges(&json!("10.128.0.0/9"))]), &inside, true);
    denied(&json!([ranges(&json!(["10.0.0.0/9", "10.128.0.0/10"]))]), &inside, false);
    let outside = WhenTest::NotWithin { set: vec!["10.0.0.0/8".to_owned()], or_absent: true };
    let outside = Question { when: when("aws:SourceIp", outside), ..scp() };
    let not = |range: &str| deny(&json!({ "NotIpAddress": { "aws:SourceIp": range } }));
    denied(&json!([not("10.0.0.0/16")]), &outside, true);
    denied(&json!([not("10.0.0.0/7")]), &outside, false);
}

#[test]
fn conditions_that_always_hold_do_not_matter() {
    let tags = "aws:RequestTag/x";
    denied(&json!([deny(&json!({ "StringLikeIfExists": { tags: "*" } }))]), &scp(), true);
    denied(&json!([deny(&json!({ "ForAllValues:StringLike": { "aws:TagKeys": "*" } }))]), &scp(), true);
    denied(&json!([deny(&json!({ "Bool": { "aws:SecureTransport": ["true", "false"] } }))]), &scp(), true);
    denied(&json!([deny(&json!({ "Bool": { "aws:SecureTransport": "false" } }))]), &scp(), false);
    let plain = Question { when: when("aws:SecureTransport", WhenTest::Equals("false".to_owned())), ..scp() };
    denied(&json!([deny(&json!({ "Bool": { "aws:SecureTransport": "false" } }))]), &plain, true);
    denied(&json!([deny(&json!({ "BoolIfExists": { "aws:SecureTransport": "FALSE" } }))]), &plain, true);
    denied(&json!([deny(&json!({ "NumericLessThan": { "s3:TlsVersion": "1.2" } }))]), &plain, false);
}

#[test]
fn exemptions_by_arn_and_no_further() {
    let ops = |list: &[&str]| Question { except: list.iter().map(|s| (*s).to_owned()).collect(), ..scp() };
    let but = |key: &str, value: &str| deny(&json!({ "ArnNotLike": { key: value } }));
    let arn = "arn:aws:iam::*:role/ops";
    denied(&json!([but("aws:PrincipalArn", arn)]), &ops(&["arn:*:iam::*:role/ops"]), true);
    denied(&json!([but("aws:PrincipalArn", "arn:aws:iam::*:role/ops*")]), &ops(&["arn:*:iam::*:role/ops"]), false);
    denied(&json!([but("aws:PrincipalArn", arn)]), &ops(&[]), false);
    // Two exemptions, and a Deny for each of the other.
    let two = json!([but("aws:PrincipalArn", arn), but("aws:PrincipalArn", "arn:aws:iam::*:role/dev")]);
    denied(&two, &ops(&[]), true);
    denied(&json!([deny(&json!({ "StringNotEquals": { "aws:PrincipalTag/ops": "1" } }))]), &ops(&[arn]), false);
}

#[test]
fn actions_of_the_catalogue_and_resources_that_they_have() {
    let on = |resource: &Value| json!([{ "Effect": "Deny", "Action": "rekognition:Stop*", "Resource": resource }]);
    denied(
        &on(&json!("arn:*:rekognition:*:*:project/*")),
        &Question { actions: vec!["rekognition:StopProjectVersion".into()], ..scp() },
        true,
    );
    denied(&on(&json!("arn:aws:rekognition:*:111122223333:project/*")), &scp(), false);
    // Every service by name is not every service there will be.
    let each: Vec<String> = crate::catalog::services().map(|s| format!("{s}:*")).collect();
    let everything = Question { actions: vec!["*".into()], ..scp() };
    denied(&json!([{ "Effect": "Deny", "Action": each, "Resource": "*" }]), &everything, false);
    let halves = json!([{ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }, { "Effect": "Deny", "NotAction": "s3:*", "Resource": "*" }]);
    denied(&halves, &everything, true);
    let unknown = Question { actions: vec!["nosuchservice:Stop*".into()], ..scp() };
    denied(
        &json!([{ "Effect": "Deny", "Action": ["nosuchservice:StopA", "nosuchservice:StopB"], "Resource": "*" }]),
        &unknown,
        false,
    );
}

/// A name with a mistake in it is about nothing, and nothing is denied by that.
#[test]
fn a_question_about_nothing_is_not_passed() {
    let s3 = json!([{ "Effect": "Deny", "Action": "rekognition:*", "Resource": "arn:aws:rekognition:*:*:project/a" }]);
    for resource in ["arn:aws:s3:::bucket", "arn:aws:rekognition:project"] {
        let question = Question { resources: vec![resource.to_owned(), "arn:aws:rekognition:*:*:project/a".to_owned()], ..scp() };
        with(&s3, |policy| assert_ne!(denies(&[policy], &question).truth, Truth::True, "{resource}"));
    }
    let nobody = Question { who: Who::Listed(vec!["AROAEXAMPLEEXAMPLE".to_owned()]), ..question(PolicyKind::ResourcePolicy) };
    let named = json!([{ "Effect": "Deny", "Action": "*", "Resource": "*", "Principal": { "AWS": "111122223333" } }]);
    with(&named, |policy| assert_ne!(denies(&[policy], &nobody).truth, Truth::True));
}

/// Exceptions that only a deployed template has may be any.
#[test]
fn exceptions_that_are_not_known_may_be_any() {
    let reference = json!({ "Ref": "X" });
    for element in ["NotAction", "NotResource", "NotPrincipal"] {
        for value in [reference.clone(), json!([reference]), json!(["a:b", reference])] {
            let value = if element == "NotPrincipal" { json!({ "AWS": value }) } else { value };
            let mut statement = json!({ "Effect": "Deny", "Resource": "*", "Action": "*" });
            let plain = element.trim_start_matches("Not");
            statement.as_object_mut().unwrap().remove(plain);
            statement[element] = value;
            let asked = question(PolicyKind::ResourcePolicy);
            with(&json!([statement]), |policy| assert_ne!(denies(&[policy], &asked).truth, Truth::True, "{statement}"));
        }
    }
}

#[test]
fn silence_denies_where_nothing_else_is_asked() {
    let implicit = Question { explicit: false, ..question(PolicyKind::IdentityPolicy) };
    let allow =
        |condition: &Value| json!({ "Effect": "Allow", "Action": "rekognition:*", "Resource": "*", "Condition": condition });
    let bound = allow(&json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } }));
    let outside = Question { when: when("aws:SourceVpce", WhenTest::NotLiteral { or_absent: true }), ..implicit.clone() };
    denied(&json!([bound]), &outside, true);
    denied(&json!([bound]), &implicit, false);
    denied(&json!([allow(&json!({ "StringEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }))]), &outside, false);
    // A variable may be anything, and what a template computes is not known.
    let own = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*" });
    let object =
        Question { actions: vec!["s3:GetObject".into()], resources: vec!["arn:aws:s3:::b/*".into()], ..implicit.clone() };
    denied(&json!([own]), &object, false);
    let computed = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": { "Fn::Sub": "arn:aws:s3:::${B}/*" } });
    let document = json::parse(json!({ "Statement": [computed] }).to_string());
    let (policy, _) = parse(document.root().unwrap());
    assert_ne!(denies(&[&policy], &object).truth, Truth::True);
}

#[test]
fn grants_names_a_request() {
    let asked = Question { explicit: false, ..question(PolicyKind::IdentityPolicy) };
    let allow = json!({ "Effect": "Allow", "Action": "rekognition:*", "Resource": "*", "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } });
    let half = json!({ "Effect": "Deny", "Action": "rekognition:*", "Resource": "*", "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } });
    with(&json!([allow]), |policy| {
        let answer = grants(&[policy], &asked);
        assert_eq!(answer.truth, Truth::True);
        assert!(answer.witness.unwrap().context.contains_key("aws:MultiFactorAuthPresent"));
    });
    with(&json!([allow, half]), |policy| assert_eq!(grants(&[policy], &asked).truth, Truth::False));
    with(&json!([half]), |policy| assert_eq!(grants(&[policy], &asked).truth, Truth::False));
}

#[test]
fn conditions_bind_together() {
    let key = "aws:SourceVpce";
    let bound = Bound { keys: vec![key.to_owned()], inside: Inside::Globs(vec!["vpce-1".to_owned(), "vpce-2".to_owned()]) };
    let cases = [
        (json!({ "StringLike": { key: "vpce-?" }, "StringEqualsIfExists": { key: ["vpce-1", "vpce-2"] } }), true),
        (json!({ "StringEqualsIfExists": { key: ["vpce-1"] }, "Null": { key: "false" } }), true),
        (json!({ "StringEquals": { key: ["vpce-1", "vpce-9"] }, "StringNotEquals": { key: "vpce-9" } }), true),
        (json!({ "StringEquals": { key: ["vpce-1", "vpce-9"] }, "StringNotEqualsIfExists": { key: "vpce-8" } }), false),
        (json!({ "StringEqualsIfExists": { key: "vpce-1" }, "StringNotEquals": { key: "vpce-9" } }), false),
        (json!({ "StringEquals": { key: "vpce-9" }, "StringNotEquals": { key: "vpce-9" } }), false),
    ];
    for (condition, want) in cases {
        with(&json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }]), |policy| {
            let mut evidence = Vec::new();
            assert_eq!(bound.test(&policy.statements[0], &mut evidence) == Truth::True, want, "{condition}");
        });
    }
}
