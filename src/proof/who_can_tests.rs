//! Who can: each layer by itself, and random inventories against the evaluator.

use super::super::actions::World;
use super::super::random::policy;
use super::super::tests::sample;
use super::*;
use crate::document::{Document, json};
use crate::evaluate::{Attached, Caller, CallerKind};
use crate::policy::parse::parse;
use crate::text::glob::{Case as Letters, matches};
use proptest::prelude::*;
use serde_json::{Value, json};

const USER: &str = "arn:aws:iam::111122223333:user/team/u";
const ROLE: &str = "arn:aws:iam::111122223333:role/r";
const OTHER: &str = "arn:aws:iam::444455556666:role/r";

/// Policies as JSON, by layer.
#[derive(Clone, Debug, Default)]
struct Given {
    identity: Vec<Value>,
    boundary: Option<Value>,
    resource: Option<Value>,
    scps: Vec<Value>,
    rcps: Vec<Value>,
}

struct Documents(Vec<Document>, [usize; 5]);

impl Given {
    fn documents(&self) -> Documents {
        let layers: [Vec<&Value>; 5] = [
            self.identity.iter().collect(),
            self.boundary.iter().collect(),
            self.resource.iter().collect(),
            self.scps.iter().collect(),
            self.rcps.iter().collect(),
        ];
        let counts = layers.each_ref().map(Vec::len);
        Documents(layers.into_iter().flatten().map(|v| json::parse(v.to_string())).collect(), counts)
    }
}

impl Documents {
    fn scenario(&self) -> Scenario<'_> {
        let read = |document| {
            let document: &Document = document;
            let (policy, problems) = parse(document.root().unwrap());
            assert!(problems.is_empty(), "{problems:?}");
            Attached { policy, name: "p".into(), file: "p".into() }
        };
        let mut all = self.0.iter().map(read);
        let [identity, boundary, resource, scps, rcps] = self.1;
        Scenario {
            identity: all.by_ref().take(identity).collect(),
            boundaries: all.by_ref().take(boundary).collect(),
            resource: all.by_ref().take(resource).next(),
            scps: all.by_ref().take(scps).map(|one| vec![one]).collect(),
            rcps: all.by_ref().take(rcps).map(|one| vec![one]).collect(),
            ..Scenario::default()
        }
    }
}

fn asked(action: &str, resource: &str) -> Asked {
    Asked { actions: vec![action.to_owned()], resources: vec![resource.to_owned()] }
}

fn found(given: &Given, who: &Who, asked: &Asked, owner: Option<&str>) -> Possible {
    let documents = given.documents();
    let scenario = documents.scenario();
    let case = Case { scenario: &scenario, asked, owner, who, known: true };
    possible(&mut Engine::typed(World::Closed), &case)
}

/// `yes`, `no` or `?`, with what the first way takes.
fn told(given: &Given, who: &str, (action, resource): (&str, &str), owner: Option<&str>) -> String {
    let found = found(given, &Who::Arn(who.to_owned()), &asked(action, resource), owner);
    match (found.ways.first(), &found.unknown) {
        (Some(way), _) => format!("yes {}", way.conditions.join("; ")).trim().to_owned(),
        (None, Some(_)) => "?".to_owned(),
        (None, None) => "no".to_owned(),
    }
}

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }] })
}

fn resource(effect: &str, principal: Value, condition: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": effect, "Principal": principal, "Action": "*", "Resource": "*", "Condition": condition }] })
}

const OBJECT: (&str, &str) = ("s3:GetObject", "arn:aws:s3:::data/a");
const HERE: Option<&str> = Some("111122223333");

#[test]
fn identity_policies_boundary_and_levels_all_have_to_allow() {
    let mut given = Given { identity: vec![allow("s3:*", "*")], ..Given::default() };
    assert_eq!(told(&given, USER, OBJECT, HERE), "yes");
    given.boundary = Some(allow("sqs:*", "*"));
    assert_eq!(told(&given, USER, OBJECT, HERE), "no");
    given.boundary = Some(allow("s3:Get*", "*"));
    given.scps = vec![allow("*", "*"), allow("ec2:*", "*")];
    assert_eq!(told(&given, USER, OBJECT, HERE), "no");
    given.scps = vec![allow("*", "*"), allow("s3:*", "*")];
    given.scps[1]["Statement"][0]["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } });
    assert_eq!(told(&given, USER, OBJECT, HERE), "yes aws:RequestedRegion StringEquals eu-west-1");
    assert_eq!(told(&given, "arn:aws:iam::111122223333:role/aws-service-role/x/r", OBJECT, HERE), "yes");
}

#[test]
fn a_deny_of_the_resource_stands_against_all_and_its_way_out_is_told() {
    let mut given = Given { identity: vec![allow("*", "*")], ..Given::default() };
    given.resource = Some(resource("Deny", json!("*"), json!({ "Bool": { "aws:SecureTransport": "false" } })));
    assert_eq!(told(&given, ROLE, OBJECT, HERE), "yes aws:SecureTransport = true, or else it is denied");
    given.resource = Some(resource("Deny", json!({ "AWS": ROLE }), json!({})));
    assert_eq!(told(&given, ROLE, OBJECT, HERE), "no");
    assert_eq!(told(&given, USER, OBJECT, HERE), "yes");
}

#[test]
fn who_is_named_gets_past_the_boundary_and_a_role_does_not() {
    let mut given = Given { boundary: Some(allow("sqs:*", "*")), ..Given::default() };
    for (name, who, wanted) in [
        (json!({ "AWS": USER }), USER, "yes"),
        (json!({ "AWS": ROLE }), ROLE, "no"),
        (json!({ "AWS": "arn:aws:sts::111122223333:assumed-role/r/s" }), ROLE, "yes"),
        (json!({ "AWS": "111122223333" }), USER, "no"),
        (json!("*"), USER, "?"),
    ] {
        given.resource = Some(resource("Allow", name.clone(), json!({})));
        assert_eq!(told(&given, who, OBJECT, HERE), wanted, "{name}");
    }
    given.boundary = None;
    given.resource = Some(resource("Allow", json!({ "AWS": ROLE }), json!({})));
    assert_eq!(told(&given, ROLE, OBJECT, HERE), "yes");
    given.resource = Some(resource("Allow", json!({ "AWS": "111122223333" }), json!({})));
    assert_eq!(told(&given, ROLE, OBJECT, HERE), "no");
}

#[test]
fn from_another_account_both_sides_have_to_allow() {
    let mut given = Given { identity: vec![allow("s3:*", "*")], ..Given::default() };
    assert_eq!(told(&given, OTHER, OBJECT, HERE), "no");
    given.resource = Some(resource("Allow", json!({ "AWS": "444455556666" }), json!({})));
    assert_eq!(told(&given, OTHER, OBJECT, HERE), "yes");
    given.rcps = vec![resource("Deny", json!("*"), json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }))];
    assert_eq!(told(&given, OTHER, OBJECT, HERE), "yes aws:PrincipalOrgID = o-1, or else it is denied");
    given.identity.clear();
    assert_eq!(told(&given, OTHER, OBJECT, HERE), "no");
}

#[test]
fn a_key_is_used_by_whom_its_policy_lets() {
    let key = ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1");
    let mut given = Given { identity: vec![allow("kms:*", "*")], ..Given::default() };
    assert_eq!(told(&given, ROLE, key, HERE), "no");
    given.resource = Some(resource("Allow", json!({ "AWS": "111122223333" }), json!({})));
    assert_eq!(told(&given, ROLE, key, HERE), "yes");
    given.identity.clear();
    assert_eq!(told(&given, ROLE, key, HERE), "no");
    given.resource = Some(resource("Allow", json!({ "AWS": ROLE }), json!({ "Bool": { "aws:ViaAWSService": "true" } })));
    assert_eq!(told(&given, ROLE, key, HERE), "yes aws:ViaAWSService Bool true");
}

#[test]
fn the_name_of_a_user_fills_its_variables() {
    let given = Given { identity: vec![allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")], ..Given::default() };
    for (who, resource, wanted) in [
        (USER, "arn:aws:s3:::home/u/a", "yes"),
        (USER, "arn:aws:s3:::home/v/a", "no"),
        (USER, "arn:aws:s3:::home/*", "yes"),
        (ROLE, "arn:aws:s3:::home/*", "no"),
    ] {
        assert_eq!(told(&given, who, ("s3:GetObject", resource), HERE), wanted, "{who} {resource}");
    }
}

#[test]
fn ways_are_told_by_statement_and_capped() {
    let statement = |tag: usize| {
        json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": { "StringEquals": { "aws:PrincipalTag/t": format!("{tag}") } } })
    };
    let statements: Vec<Value> = (0..6).map(statement).collect();
    let given = Given { identity: vec![json!({ "Version": "2012-10-17", "Statement": statements })], ..Given::default() };
    let found = found(&given, &Who::Arn(USER.to_owned()), &asked("s3:GetObject", "arn:aws:s3:::a/*"), HERE);
    assert_eq!((found.ways.len(), found.capped), (4, true));
}

#[test]
fn what_adds_nothing_is_not_told() {
    let mut narrow = allow("s3:GetObject", "*");
    narrow["Statement"][0]["Condition"] = json!({ "StringEquals": { "aws:PrincipalTag/t": "a" } });
    let mut given = Given { identity: vec![narrow.clone(), allow("s3:*", "*")], ..Given::default() };
    given.resource = Some(resource("Allow", json!({ "AWS": USER }), json!({})));
    let who = Who::Arn(USER.to_owned());
    let ways = |given: &Given, (action, resource)| found(given, &who, &asked(action, resource), HERE).ways.len();
    assert_eq!(ways(&given, OBJECT), 1);
    given.identity = vec![narrow];
    assert_eq!(ways(&given, OBJECT), 1);
    given.resource = None;
    given.identity.push(allow("s3:GetObject", "arn:aws:s3:::data/b"));
    assert_eq!(ways(&given, OBJECT), 1);
    assert_eq!(ways(&given, ("s3:GetObject", "arn:aws:s3:::data/*")), 2);
    // By name the user gets past the boundary, which is another way.
    given.boundary = Some(allow("s3:GetObject", "arn:aws:s3:::data/a"));
    given.resource = Some(resource("Allow", json!({ "AWS": USER }), json!({})));
    assert_eq!(ways(&given, OBJECT), 2);
}

#[test]
fn some_access_can_be_by_nobody() {
    let mut engine = Engine::typed(World::Closed);
    assert!(is_possible_at_all(&mut engine, &asked("s3:GetObject", "arn:aws:s3:::a/*")));
    assert!(!is_possible_at_all(&mut engine, &asked("s3:GetObject", "arn:aws:sqs:eu-west-1:111122223333:q")));
}

const ASKED: [(&str, &str); 7] = [
    ("s3:GetObject", "arn:aws:s3:::a/x"),
    ("s3:GetObject", "arn:aws:s3:::*"),
    ("s3:*Object", "arn:aws:s3:::b/*"),
    ("s3:ListBucket", "arn:aws:s3:::a*"),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q"),
    ("sqs:*", "*"),
    ("s3:ListAllMyBuckets", "*"),
];

fn callers() -> Vec<(Who, Vec<Caller>)> {
    let of = |kind, arn: &str, session: Option<&str>| Caller {
        kind,
        arn: arn.to_owned(),
        account: arn.split(':').nth(4).map(str::to_owned),
        session_name: session.map(str::to_owned),
    };
    let role = |arn: &str| vec![of(CallerKind::RoleSession, arn, Some("s")), of(CallerKind::RoleSession, arn, Some("t"))];
    let user = "arn:aws:iam::444455556666:user/u";
    let pathed = "arn:aws:iam::111122223333:role/p/r";
    vec![
        (Who::Arn(ROLE.to_owned()), role(ROLE)),
        (Who::Arn(pathed.to_owned()), role(pathed)),
        (Who::Arn(OTHER.to_owned()), role(OTHER)),
        (Who::Arn(user.to_owned()), vec![of(CallerKind::User, user, None)]),
        (Who::Arn(USER.to_owned()), vec![of(CallerKind::User, USER, None)]),
        (Who::Holder("111122223333".to_owned()), [role(ROLE), vec![of(CallerKind::User, USER, None)]].concat()),
    ]
}

fn inventory() -> impl Strategy<Value = Given> {
    let some = |principal, most: usize| prop::collection::vec(policy(principal), 0..most);
    (some(false, 3), prop::option::weighted(0.3, policy(false)), prop::option::of(policy(true)), some(false, 2), some(true, 2))
        .prop_map(|(identity, boundary, resource, scps, rcps)| Given { identity, boundary, resource, scps, rcps })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_inventories_are_told_as_the_evaluator_has_them(given in inventory(), at in 0..ASKED.len(), owned in any::<bool>()) {
        let (action, resource) = ASKED[at];
        let asked = asked(action, resource);
        let owner = if owned { HERE } else { Some("444455556666") };
        let documents = given.documents();
        let scenario = documents.scenario();
        let mut engine = Engine::typed(World::Closed);
        let requests = sample(1500, false);
        for (who, callers) in callers() {
            let case = Case { scenario: &scenario, asked: &asked, owner, who: &who, known: true };
            agrees(&mut engine, &case, (&callers, &requests))?;
        }
        // Strangers, whose own policies allow all.
        let full = json::parse(allow("*", "*").to_string());
        let policy = parse(full.root().unwrap()).0;
        let open = Scenario { identity: vec![Attached { policy, name: "f".into(), file: "f".into() }], scps: Vec::new(), boundaries: Vec::new(), ..scenario };
        let stranger = "arn:aws:iam::777788889999:role/x";
        let stranger = Caller {
            kind: CallerKind::RoleSession,
            arn: stranger.to_owned(),
            account: Some("777788889999".to_owned()),
            session_name: Some("s".to_owned()),
        };
        let case = Case { scenario: &open, asked: &asked, owner, who: &Who::Anyone, known: false };
        agrees(&mut engine, &case, (&[stranger, Caller::anonymous()], &requests))?;
    }
}

/// Every way is allowed, and where there is none no request of the sample is.
fn agrees(engine: &mut Engine, case: &Case<'_, '_>, (callers, requests): (&[Caller], &[Request])) -> Result<(), TestCaseError> {
    let found = possible(engine, case);
    let (action, resource) = (&case.asked.actions[0], &case.asked.resources[0]);
    for way in &found.ways {
        prop_assert_eq!(rule(case.scenario, &way.witness).unwrap().verdict, Verdict::Allow);
        prop_assert!(matches(action, &way.witness.action, Letters::Insensitive));
    }
    if !found.ways.is_empty() || found.unknown.is_some() {
        return Ok(());
    }
    for request in requests {
        let account = request.resource.split(':').nth(4).filter(|id| !id.is_empty());
        let fits = matches(action, &request.action, Letters::Insensitive)
            && matches(resource, &request.resource, Letters::Sensitive)
            && account.is_none_or(|id| Some(id) == case.owner);
        for caller in callers.iter().filter(|_| fits) {
            let mut request = request.clone();
            request.caller = caller.clone();
            request.resource_account = case.owner.map(str::to_owned);
            if caller.account.is_none() {
                request.context.retain(|key, _| !key.starts_with("aws:Principal") && key != "aws:userid");
            }
            let verdict = rule(case.scenario, &request).unwrap().verdict;
            prop_assert!(verdict != Verdict::Allow, "{:?} {request:?}", case.who);
        }
    }
    Ok(())
}
