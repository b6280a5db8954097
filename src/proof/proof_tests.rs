//! The engine against the evaluator: a proof is right when no request of a large sample shows the contrary, and laws hold
//! that need no oracle.

use super::random::{TARGETS, VALUES, policy};
use super::*;
use crate::document::{Document, json};
use crate::evaluate::{Caller, CallerKind, ContextValue, Request};
use crate::policy::parse::parse;
use crate::policy::{Policy, PolicyKind};
use proptest::prelude::*;
use serde_json::{Value, json};

fn document(value: &Value) -> Document {
    json::parse(value.to_string())
}

fn read(document: &Document) -> Policy<'_> {
    let (policy, problems) = parse(document.root().unwrap());
    assert!(problems.is_empty(), "{problems:?}");
    policy
}

pub(super) fn prove(old: &Value, new: &Value, kind: PolicyKind) -> Proof {
    prove_with(&mut Engine::new(World::Closed), old, new, kind)
}

fn prove_with(engine: &mut Engine, old: &Value, new: &Value, kind: PolicyKind) -> Proof {
    let (old, new) = (document(old), document(new));
    let (old, new) = (read(&old), read(&new));
    no_new_access(engine, &NewAccess { old: Input::new(&[&old]), new: Input::new(&[&new]), kind })
}

/// Who calls in requests of the sample.
fn callers(everyone: bool) -> Vec<Caller> {
    let of = |kind, arn: &str, session: Option<&str>| Caller {
        kind,
        arn: arn.to_owned(),
        account: arn.split(':').nth(4).map(str::to_owned),
        session_name: session.map(str::to_owned),
    };
    let mut all = vec![
        of(CallerKind::RoleSession, "arn:aws:iam::111122223333:role/r", Some("s")),
        of(CallerKind::RoleSession, "arn:aws:iam::111122223333:role/r", Some("t")),
        of(CallerKind::RoleSession, "arn:aws:iam::111122223333:role/p/r", Some("s")),
        of(CallerKind::RoleSession, "arn:aws:iam::444455556666:role/r", Some("s")),
        of(CallerKind::User, "arn:aws:iam::444455556666:user/u", None),
        of(CallerKind::User, "arn:aws:iam::777788889999:user/b", None),
    ];
    if everyone {
        all.push(of(CallerKind::Root, "arn:aws:iam::111122223333:root", None));
        all.push(Caller::anonymous());
        all.push(Caller { kind: CallerKind::Service, arn: "s3.amazonaws.com".into(), account: None, session_name: None });
    }
    all
}

/// A simple generator of numbers: the sample is the same for each pair, whatever proptest does.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Requests that can be: what the engine takes for impossible does not occur.
pub(super) fn sample(count: usize, everyone: bool) -> Vec<Request> {
    let mut dice = Dice(88_172_645_463_325_252);
    let callers = callers(everyone);
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        let (action, resources) = TARGETS[dice.below(TARGETS.len())];
        let caller = callers[dice.below(callers.len())].clone();
        let signed = caller.account.is_some();
        let mut context = std::collections::BTreeMap::new();
        for (key, values) in VALUES {
            let always = ["aws:SecureTransport", "aws:CurrentTime", "aws:EpochTime"].contains(&key);
            let of_principal = key.starts_with("aws:Principal") || key == "aws:userid";
            if (!always && dice.below(2) == 0) || (of_principal && !signed) {
                continue;
            }
            let mut pick = || values[dice.below(values.len())].to_owned();
            let value = match key {
                "aws:TagKeys" => ContextValue::Many(if pick() == "a" { vec![pick()] } else { vec![pick(), pick()] }),
                _ => ContextValue::One(pick()),
            };
            context.insert(key.to_owned(), value);
        }
        if signed {
            context.entry("aws:userid".to_owned()).or_insert_with(|| ContextValue::One("AIDA".into()));
        }
        if context.contains_key("aws:SourceVpc") {
            context.entry("aws:SourceVpce".to_owned()).or_insert_with(|| ContextValue::One("b".into()));
        }
        if context.contains_key("aws:SourceIp") {
            context.remove("aws:VpcSourceIp");
        }
        let resource = resources[dice.below(resources.len())].to_owned();
        out.push(Request { caller, action: action.to_owned(), resource, resource_account: None, context });
    }
    out
}

pub(super) fn counter_example(old: &Value, new: &Value, sample: &[Request]) -> Option<Request> {
    let (old, new) = (document(old), document(new));
    let (old, new) = ([&read(&old)], [&read(&new)]);
    sample.iter().find(|r| replay::surely_allowed(&new, r) && replay::surely_not_allowed(&old, r)).cloned()
}

/// Policies as they come, and policies that are like each other, where most of the proofs are.
pub fn pair(principal: bool) -> impl Strategy<Value = (Value, Value)> {
    (policy(principal), policy(principal), 0..5usize, any::<prop::sample::Index>()).prop_map(|(a, b, how, index)| {
        let statements = |v: &Value| v["Statement"].as_array().unwrap().clone();
        let make = |list: Vec<Value>| json!({ "Version": "2012-10-17", "Statement": list });
        let (mut x, y) = (statements(&a), statements(&b));
        match how {
            0 => (a, b),
            // New is old without a condition, or with something more.
            1 => {
                let at = index.index(x.len());
                x[at].as_object_mut().unwrap().remove("Condition");
                (a, make(x))
            }
            2 => (make(x.iter().cloned().chain(y).collect()), a),
            3 => (a, make(x.iter().cloned().chain(y.into_iter().filter(|s| s["Effect"] == "Deny")).collect())),
            _ => {
                let at = index.index(x.len());
                x[at]["Resource"] = json!("arn:aws:s3:::a/*");
                x[at].as_object_mut().unwrap().remove("NotResource");
                (a, make(x))
            }
        }
    })
}

pub(super) fn cases() -> u32 {
    // A number in the environment for long runs; the default is enough for every change.
    std::env::var("PALISADE_PROOF_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn identity_proofs_stand_against_the_evaluator((old, new) in pair(false)) {
        let proof = prove(&old, &new, PolicyKind::IdentityPolicy);
        if proof.verdict == Verdict::Pass {
            let found = counter_example(&old, &new, &sample(600, false));
            prop_assert!(found.is_none(), "{old}\n{new}\n{found:?}");
        }
    }

    #[test]
    fn resource_proofs_stand_against_the_evaluator((old, new) in pair(true)) {
        let proof = prove(&old, &new, PolicyKind::ResourcePolicy);
        if proof.verdict == Verdict::Pass {
            let found = counter_example(&old, &new, &sample(600, true));
            prop_assert!(found.is_none(), "{old}\n{new}\n{found:?}");
        }
    }

    #[test]
    fn a_policy_gives_nothing_new_over_itself(own in policy(true)) {
        prop_assert_eq!(prove(&own, &own, PolicyKind::ResourcePolicy).verdict, Verdict::Pass);
    }

    #[test]
    fn order_and_a_further_deny_give_nothing_new(own in policy(false), more in policy(false)) {
        let list = own["Statement"].as_array().unwrap().clone();
        let denies = more["Statement"].as_array().unwrap().iter().filter(|s| s["Effect"] == "Deny").cloned();
        let new: Vec<Value> = list.into_iter().rev().chain(denies).collect();
        let new = json!({ "Version": "2012-10-17", "Statement": new });
        prop_assert_eq!(prove(&own, &new, PolicyKind::IdentityPolicy).verdict, Verdict::Pass);
    }
}

/// Pairs that were once taken for PASS, with a request that shows the contrary.
#[test]
fn what_was_once_passed_and_should_not() {
    let on = |resource: &str, condition: Value| json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource, "Condition": condition });
    let policy = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let user = Caller {
        kind: CallerKind::User,
        arn: "arn:aws:iam::111122223333:user/bob".to_owned(),
        account: Some("111122223333".to_owned()),
        session_name: None,
    };
    let ask = |action: &str, resource: &str, context: &[(&str, &str)]| Request {
        caller: user.clone(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        resource_account: None,
        context: context.iter().map(|(k, v)| ((*k).to_owned(), ContextValue::One((*v).to_owned()))).collect(),
    };
    let level = "aws:PrincipalTag/level";
    let there = || json!([on("*", json!({ "Null": { level: "false" } }))]);
    let letters = "ACDGLPRSTU".chars().map(|c| format!("sqs:{c}*")).collect::<Vec<_>>();
    let all = || json!({ "Effect": "Allow", "Action": "sqs:*", "Resource": "*" });
    let object = "arn:aws:s3:::b/bob";
    let cases = [
        // The value of a variable, letter case ignored, is more than the value.
        (
            json!([on("*", json!({ "StringEquals": { "aws:SourceVpce": "${aws:username}" } }))]),
            json!([on("*", json!({ "StringEqualsIgnoreCase": { "aws:SourceVpce": "${aws:username}" } }))]),
            ask("s3:GetObject", object, &[("aws:username", "bob"), ("aws:SourceVpce", "BOB")]),
        ),
        // Before the fifth colon a variable is text.
        (
            json!([on("*/${aws:username}", json!({}))]),
            json!([on("arn:aws:s3:::b/${aws:username}", json!({}))]),
            ask("s3:GetObject", object, &[("aws:username", "bob")]),
        ),
        // ARN operators match ARNs alone.
        (
            json!([on("*", json!({ "ArnLike": { "aws:SourceArn": "*:*:*:*:*:*" } }))]),
            json!([on("*", json!({ "StringLike": { "aws:SourceArn": "*:*:*:*:*:*" } }))]),
            ask("s3:GetObject", object, &[("aws:SourceArn", "a:b:c:d:e:f")]),
        ),
        // A tag need be no number, and neither true nor false.
        (
            json!([
                on("*", json!({ "NumericLessThan": { level: "5" } })),
                on("*", json!({ "NumericGreaterThanEquals": { level: "5" } })),
            ]),
            there(),
            ask("s3:GetObject", object, &[(level, "high")]),
        ),
        (
            json!([on("*", json!({ "Bool": { level: ["true", "false"] } }))]),
            there(),
            ask("s3:GetObject", object, &[(level, "high")]),
        ),
        // Letter case counts in the default of a variable.
        (
            json!([on("arn:aws:s3:::b/${aws:PrincipalTag/level, 'admin'}", json!({}))]),
            json!([on("arn:aws:s3:::b/${aws:PrincipalTag/level, 'Admin'}", json!({}))]),
            ask("s3:GetObject", "arn:aws:s3:::b/Admin", &[]),
        ),
        // Nothing says that a name has a character.
        (
            json!([on("arn:aws:s3:::b/?*", json!({}))]),
            json!([on("arn:aws:s3:::b/*", json!({}))]),
            ask("s3:GetObject", "arn:aws:s3:::b/", &[]),
        ),
        // An action that some policy names exists.
        (
            json!([{ "Effect": "Allow", "Action": letters, "Resource": "*" }]),
            json!([all(), { "Effect": "Deny", "Action": "sqs:ZNew", "Resource": "*", "Condition": { "Null": { level: "false" } } }]),
            ask("sqs:ZNew", "arn:aws:sqs:us-east-1:111122223333:q", &[]),
        ),
    ];
    for (old, new, request) in cases {
        let (old, new) = (policy(old), policy(new));
        assert!(counter_example(&old, &new, std::slice::from_ref(&request)).is_some(), "{old}\n{new}\n{request:?}");
        let verdict = prove(&old, &new, PolicyKind::IdentityPolicy).verdict;
        assert_ne!(verdict, Verdict::Pass, "{old}\n{new}");
    }
    // Nothing tells the ARN of a canonical user.
    let named = json!({ "Effect": "Allow", "Principal": { "CanonicalUser": "abc" }, "Action": "s3:*", "Resource": "*" });
    let mut deny = named.clone();
    deny["Effect"] = json!("Deny");
    deny["Condition"] = json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333:*" } });
    let verdict = prove(&policy(json!([named, deny])), &policy(json!([named])), PolicyKind::ResourcePolicy).verdict;
    assert_ne!(verdict, Verdict::Pass);
}

/// Pairs that were once left open.
#[test]
fn what_was_once_unknown_and_need_not_be() {
    let on = |effect: &str, resource: &str| json!({ "Effect": effect, "Action": "s3:GetObject", "Resource": resource });
    let policy = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    // A variable with a default is the one without, and more.
    let (plain, more) = ("arn:aws:s3:::b/${aws:PrincipalTag/t}", "arn:aws:s3:::b/${aws:PrincipalTag/T,'none'}");
    let all = on("Allow", "*");
    let pairs = [
        (json!([on("Allow", more)]), json!([on("Allow", plain)]), Verdict::Pass),
        (json!([on("Allow", plain)]), json!([on("Allow", more)]), Verdict::Fail),
        (json!([all, on("Deny", plain)]), json!([all, on("Deny", more)]), Verdict::Pass),
        (json!([on("Allow", more)]), json!([on("Allow", "arn:aws:s3:::b/${aws:PrincipalTag/t, 'none'}")]), Verdict::Pass),
    ];
    for (old, new, verdict) in pairs {
        assert_eq!(
            prove(&policy(old.clone()), &policy(new.clone()), PolicyKind::IdentityPolicy).verdict,
            verdict,
            "{old}\n{new}"
        );
    }
    // What a condition says of a variable: another letter case, a wildcard, another account.
    let when = |resource: &str, condition: Value| {
        policy(json!([{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource, "Condition": condition }]))
    };
    for condition in [
        json!({ "StringEqualsIgnoreCase": { "aws:PrincipalTag/t": "x" } }),
        json!({ "StringLike": { "aws:PrincipalTag/t": "x*" } }),
    ] {
        let proof = prove(&policy(json!([on("Allow", "arn:aws:s3:::b/x")])), &when(plain, condition), PolicyKind::IdentityPolicy);
        assert_eq!(proof.verdict, Verdict::Fail);
    }
    let same = when("*", json!({ "StringEquals": { "aws:ResourceAccount": "${aws:PrincipalAccount}" } }));
    let one = when("*", json!({ "StringEquals": { "aws:ResourceAccount": "111122223333" } }));
    assert_eq!(prove(&same, &one, PolicyKind::IdentityPolicy).verdict, Verdict::Fail);
    // Somebody else of an account than the one who is named, whatever the name; and somebody known by a canonical id.
    let to =
        |effect: &str, principal: Value| json!({ "Effect": effect, "Action": "s3:*", "Resource": "*", "Principal": principal });
    let account = to("Allow", json!({ "AWS": "111122223333" }));
    for (kind, name) in [("role", "x"), ("role", "other"), ("user", "x")] {
        let deny = to("Deny", json!({ "AWS": format!("arn:aws:iam::111122223333:{kind}/{name}") }));
        let proof = prove(&policy(json!([deny])), &policy(json!([account, deny])), PolicyKind::ResourcePolicy);
        assert_eq!(proof.verdict, Verdict::Fail, "{kind}/{name}");
    }
    // A resource's account that the request does not tell.
    let own =
        |condition: Value| policy(json!([{ "Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": condition }]));
    let old = own(json!({ "StringEquals": { "aws:ResourceAccount": "111122223333" } }));
    assert_eq!(prove(&old, &own(json!({})), PolicyKind::IdentityPolicy).verdict, Verdict::Fail);
    let canonical = policy(json!([account, to("Allow", json!({ "CanonicalUser": "79a59d" }))]));
    assert_eq!(prove(&policy(json!([account])), &canonical, PolicyKind::ResourcePolicy).verdict, Verdict::Fail);
}

/// What follows from the value a condition gives a variable, or from its having one.
#[test]
fn variables_are_told_apart_by_value() {
    let on = |resource: Value| json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource });
    let when = |mut statement: Value, condition: Value| {
        statement["Condition"] = condition;
        statement
    };
    let of = |statement: Value| json!({ "Version": "2012-10-17", "Statement": [statement] });
    let plain = of(on(json!("arn:aws:s3:::b/${aws:PrincipalTag/a}/*")));
    let pinned = |values: Value| {
        let condition = json!({ "StringEquals": { "aws:PrincipalTag/a": values } });
        of(when(on(json!("arn:aws:s3:::b/${aws:PrincipalTag/a}/*")), condition))
    };
    let named = of(on(json!(["arn:aws:s3:::b/x/*", "arn:aws:s3:::b/y/*"])));
    let verdict = |old: &Value, new: &Value| prove(old, new, PolicyKind::IdentityPolicy).verdict;
    assert_eq!(verdict(&named, &pinned(json!("x"))), Verdict::Pass);
    assert_eq!(verdict(&named, &pinned(json!(["x", "y"]))), Verdict::Pass);
    assert_eq!(verdict(&named, &pinned(json!(["x", "z"]))), Verdict::Fail);
    assert_eq!(verdict(&named, &plain), Verdict::Fail);
    let default = of(on(json!("arn:aws:s3:::b/${aws:PrincipalTag/a, 'pub'}/*")));
    assert_eq!(verdict(&default, &plain), Verdict::Pass);
    assert_eq!(verdict(&plain, &default), Verdict::Fail);
}

/// A statement that may be void binds no resource: what stands behind the variable says nothing of services.
#[test]
fn what_may_be_void_binds_nothing() {
    let old = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": "true" } } },
        { "Effect": "Allow", "Action": "sqs:*", "NotResource": ["arn:aws:s3:::b/x?", "arn:aws:s3:::a/${aws:username}/*"] },
    ] });
    let new = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*" },
    ] });
    let mut engine = Engine::typed(World::Closed);
    assert_eq!(prove_with(&mut engine, &old, &new, PolicyKind::IdentityPolicy).verdict, Verdict::Unknown);
}

/// AWS's own checks compare texts: that an action does not work on such a resource counts only where it is asked for.
#[test]
fn forms_of_resources_count_when_asked_for() {
    let of = |resource: &str| {
        json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource },
    ] })
    };
    let (old, new) = (of("arn:aws:s3:::b/*"), of("arn:aws:s3:::b*"));
    let proof = prove(&of("arn:aws:s3:::b*/*"), &new, PolicyKind::IdentityPolicy);
    assert!(!proof.witness.unwrap().resource.contains('/'));
    let mut typed = Engine::typed(World::Closed);
    assert_eq!(prove_with(&mut typed, &of("arn:aws:s3:::b*/*"), &new, PolicyKind::IdentityPolicy).verdict, Verdict::Pass);
    assert_eq!(prove_with(&mut typed, &old, &new, PolicyKind::IdentityPolicy).verdict, Verdict::Fail);
}

/// `*` among services is any service.
#[test]
fn any_service_is_every_service() {
    let of = |principal: Value| {
        json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": "*" },
    ] })
    };
    let any = of(json!({ "Service": "*" }));
    let one = of(json!({ "Service": "sns.amazonaws.com" }));
    let verdict = |old: &Value, new: &Value| prove(old, new, PolicyKind::ResourcePolicy).verdict;
    assert_eq!((verdict(&any, &one), verdict(&one, &any)), (Verdict::Pass, Verdict::Fail));
    assert_eq!(verdict(&of(json!("*")), &any), Verdict::Pass);
}
