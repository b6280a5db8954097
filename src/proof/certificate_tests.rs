//! Certificates of the engine before the checker: those it writes are accepted, and what was changed so that the claim is
//! false is refused.

use super::certificate::{Subject, file};
use super::*;
use crate::certificate::{Checker, Failure, verify};
use crate::document::{Document, json};
use crate::policy::parse::parse;
use crate::policy::{Policy, PolicyKind};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const PAIRS: &str = include_str!("../../tests/oracle/pairs.jsonl");

fn read(document: &Document) -> Policy<'_> {
    parse(document.root().unwrap()).0
}

/// The answer, with a certificate where it is PASS.
fn prove(engine: &mut Engine, old: &Value, new: &Value, kind: PolicyKind) -> (Verdict, Option<Value>) {
    let (old, new) = (json::parse(old.to_string()), json::parse(new.to_string()));
    let (old, new) = (read(&old), read(&new));
    engine.certify = true;
    let proof = no_new_access(engine, &NewAccess { old: Input::new(&[&old]), new: Input::new(&[&new]), kind });
    let subjects = [Subject { side: "old", name: "old", policy: &old }, Subject { side: "new", name: "new", policy: &new }];
    let claim = proof.certificate.map(|certificate| certificate.claim("no-new-access", kind, &subjects));
    assert_eq!(claim.is_some(), proof.verdict == Verdict::Pass);
    (proof.verdict, claim)
}

/// Random pairs of policies that pass.
fn claims(pairs: usize, engine: &mut Engine) -> Vec<Value> {
    let mut runner = TestRunner::deterministic();
    let one = |at: usize| {
        let principal = at.is_multiple_of(2);
        let kind = if principal { PolicyKind::ResourcePolicy } else { PolicyKind::IdentityPolicy };
        let (old, new) = tests::pair(principal).new_tree(&mut runner).unwrap().current();
        prove(engine, &old, &new, kind).1
    };
    (0..pairs).filter_map(one).collect()
}

fn check(checker: &mut Checker, claim: &Value) -> Result<(), Failure> {
    checker.verify(&file(std::slice::from_ref(claim))).map(|_| ())
}

#[test]
fn every_pass_that_another_solver_agrees_with_is_accepted() {
    let mut engine = Engine::new(World::Closed);
    let pairs = PAIRS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let claims: Vec<Value> =
        pairs.filter_map(|pair| prove(&mut engine, &pair["old"], &pair["new"], PolicyKind::IdentityPolicy).1).collect();
    assert!(claims.len() > 300);
    let verified = verify(&file(&claims)).unwrap();
    assert_eq!((verified.claims, verified.assumed.len()), (claims.len(), 1));
    assert_eq!(verified.about[0], "no-new-access of the old `old` and the new `new`, as identity-policy");
}

#[test]
fn every_pass_of_random_pairs_is_accepted() {
    let pairs = std::env::var("PALISADE_PROOF_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let claims = claims(pairs, &mut Engine::new(World::Closed));
    assert!(claims.len() > pairs / 2);
    let mut checker = Checker::default();
    for claim in &claims {
        let answer = check(&mut checker, claim);
        assert_eq!(answer, Ok(()), "{}\n{}", claim["policies"][0]["document"], claim["policies"][1]["document"]);
    }
}

/// Texts of a policy that may be changed, as pointers.
fn texts(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::String(_) => out.push(at),
        Value::Array(all) => all.iter().enumerate().for_each(|(i, one)| texts(one, format!("{at}/{i}"), out)),
        Value::Object(map) => map
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "Version" | "Effect" | "Sid"))
            .for_each(|(key, one)| texts(one, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out)),
        _ => {}
    }
}

/// The claim with something changed in its policies, all else as it was.
fn changed(claim: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    for side in 0..2 {
        let pointer = format!("/policies/{side}/document/Statement");
        let count = claim.pointer(&pointer).and_then(Value::as_array).map_or(0, Vec::len);
        for at in 0..count {
            // Gone, or there and about nothing.
            let mut gone = claim.clone();
            gone.pointer_mut(&pointer).unwrap().as_array_mut().unwrap().remove(at);
            out.push(gone);
            let mut idle = claim.clone();
            let statement = idle.pointer_mut(&format!("{pointer}/{at}")).unwrap();
            statement.as_object_mut().unwrap().remove("NotAction");
            statement["Action"] = json!("sqs:SendMessage");
            out.push(idle);
            let mut free = claim.clone();
            free.pointer_mut(&format!("{pointer}/{at}")).unwrap().as_object_mut().unwrap().remove("Condition");
            out.push(free);
        }
        let mut places = Vec::new();
        texts(&claim["policies"][side]["document"], format!("/policies/{side}/document"), &mut places);
        for place in places {
            let mut other = claim.clone();
            let value = other.pointer_mut(&place).unwrap();
            *value = json!(if value == "*" { "a" } else { "*" });
            out.push(other);
        }
    }
    out
}

#[test]
fn what_is_changed_so_that_the_claim_is_false_is_refused() {
    let mut engine = Engine::new(World::Closed);
    let mut checker = Checker::default();
    let (mut wrong, mut right) = (0, 0);
    for claim in claims(15, &mut engine) {
        for claim in changed(&claim) {
            let [old, new] = [0, 1].map(|side| claim["policies"][side]["document"].clone());
            let kind: PolicyKind = claim["kind"].as_str().unwrap().parse().unwrap();
            let verdict = prove(&mut engine, &old, &new, kind).0;
            let answer = check(&mut checker, &claim);
            if verdict == Verdict::Fail {
                assert!(matches!(answer, Err(Failure::Refused(_))), "{old}\n{new}");
                wrong += 1;
            }
            right += usize::from(answer.is_ok());
        }
    }
    assert!(wrong > 20 && right > 60, "{wrong} false claims, {right} that still hold");
}

fn two(old: Value, new: Value) -> Value {
    let [old, new] = [old, new].map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }));
    prove(&mut Engine::new(World::Closed), &old, &new, PolicyKind::IdentityPolicy).1.expect("a PASS")
}

/// Three obligations, one with a split of its own.
fn example() -> Value {
    let over = |effect: &str, resource: &str| json!({ "Effect": effect, "Action": "s3:*", "Resource": resource });
    let mut near = over("Allow", "arn:aws:s3:::a/*");
    near["Condition"] = json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } });
    two(
        json!([over("Allow", "arn:aws:s3:::a/*"), over("Deny", "arn:aws:s3:::a/secret/*")]),
        json!([near, over("Allow", "arn:aws:s3:::a/b"), over("Deny", "arn:aws:s3:::a/secret*")]),
    )
}

fn refusal(claim: &Value) -> String {
    match check(&mut Checker::default(), claim) {
        Err(Failure::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tree_that_lacks_something_is_refused() {
    let claim = example();
    assert_eq!(check(&mut Checker::default(), &claim), Ok(()));
    let obligations = claim["cases"][0]["obligations"].as_array().unwrap();
    assert_eq!(obligations.len(), 4);
    for (number, obligation) in obligations.iter().enumerate() {
        let mut less = claim.clone();
        less["cases"][0]["obligations"].as_array_mut().unwrap().remove(number);
        assert!(refusal(&less).starts_with("nothing is shown for the Allow of statement"), "{}", refusal(&less));
        for (at, node) in obligation["tree"].as_array().unwrap().iter().enumerate() {
            let pointer = format!("/cases/0/obligations/{number}/tree/{at}");
            let mut all = Vec::new();
            if node["cases"].is_array() {
                let mut less = claim.clone();
                less.pointer_mut(&pointer).unwrap()["cases"].as_array_mut().unwrap().pop();
                assert!(refusal(&less).ends_with("1 cases for 2 literals"));
                // A circle, a node that two share, a box and a node that are not there.
                all.extend([json!({ "avoid": node["avoid"], "cases": [0, 0] }), json!({ "avoid": 0, "cases": [1, 1] })]);
                all.extend([
                    json!({ "avoid": 99, "cases": node["cases"] }),
                    json!({ "avoid": node["avoid"], "cases": [99, 98] }),
                ]);
            } else {
                all.extend(["principal", "callers"].map(|closed| json!({ "closed": closed })));
                all.push(json!({ "closed": "key", "key": "aws:username" }));
                let other = if node["closed"] == "action" { "resource" } else { "action" };
                all.push(json!({ "closed": other }));
            }
            for node in all {
                let mut other = claim.clone();
                *other.pointer_mut(&pointer).unwrap() = node;
                refusal(&other);
            }
        }
    }
}

#[test]
fn what_may_not_be_said_is_refused() {
    let claim = example();
    let with = |pointer: &str, value: Value| {
        let mut other = claim.clone();
        *other.pointer_mut(pointer).expect(pointer) = value;
        refusal(&other)
    };
    // An Allow of the new policy is nothing to avoid, and neither is a literal of one's own; nothing may be added that holds.
    let first = "/cases/0/obligations/0";
    let own = json!({ "literals": [{ "action": ["*"], "negated": false, "holds": true }] });
    let tree = json!([{ "avoid": 0, "cases": [1] }, { "closed": "action" }]);
    for (part, term) in [
        ("avoid", json!({ "policy": 1, "statement": 0 })),
        ("avoid", own.clone()),
        ("within", json!({ "policy": 1, "statement": 1 })),
        ("within", json!({ "literals": [{ "resource": ["x"], "negated": false, "holds": true }] })),
        ("within", json!({ "fact": "source-ip-with-vpc-source-ip" })),
    ] {
        let mut list = claim.pointer(&format!("{first}/{part}")).unwrap().clone();
        list.as_array_mut().unwrap().push(term);
        let why = with(&format!("{first}/{part}"), list);
        assert!(why.starts_with("nothing is shown for the Allow"), "{why}");
    }
    with(first, json!({ "within": [{ "policy": 1, "statement": 0 }], "avoid": [own], "tree": tree }));
    with(&format!("{first}/avoid/0"), json!({ "fact": "nothing-is-public" }));
    with(&format!("{first}/avoid/0"), json!({ "policy": 7, "statement": 0 }));
    with(&format!("{first}/tree"), json!([]));
    with("/policies/0/side", json!("new"));
    with("/policies/1/side", json!("other"));
    with("/policies/1/document/Statement/0/Effect", json!("Permit"));
    with("/cases", json!([]));
    assert_eq!(with("/cases/0/variables", json!({ "aws:username": "absent" })), "a case is missing");
}

#[test]
fn other_questions_are_taken_as_stated() {
    let mut claim = example();
    claim["verb"] = json!("access-not-granted");
    let own = json!({ "literals": [
        { "action": ["s3:*"], "negated": true, "holds": true },
        { "key": "aws:username", "values": ["a*"], "quantifier": "any", "negated": false, "at_absent": false, "holds": false },
    ] });
    claim["cases"][0]["obligations"] = json!([
        { "within": [{ "policy": 1, "statement": 0 }, own], "avoid": [], "tree": [{ "closed": "action" }] },
    ]);
    let verified = verify(&file(&[claim.clone()])).unwrap();
    assert!(verified.assumed.iter().any(|a| a.contains("statement 0 of `new` and literals of the question")), "{verified:?}");
    claim["cases"][0]["obligations"][0]["tree"] = json!([{ "closed": "key", "key": "aws:username" }]);
    refusal(&claim);
}

#[test]
fn what_is_no_certificate_is_said() {
    for (text, why) in [
        ("", "it is no JSON"),
        ("[]", "no `schema_version`"),
        ("{\"schema_version\": 2}", "version 2"),
        ("{\"schema_version\": 1}", "`certificates` is missing"),
        ("{\"schema_version\": 1, \"certificates\": []}", "certifies nothing"),
        ("{\"schema_version\": 1, \"certificates\": [{\"kind\": \"x\"}]}", "`world` is missing"),
    ] {
        match verify(text) {
            Err(Failure::Broken(said)) => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?}"),
        }
    }
    let mut broken = example();
    broken["cases"][0]["obligations"][0]["tree"][0] = json!({ "closed": "somehow" });
    assert!(matches!(verify(&file(&[broken])), Err(Failure::Broken(_))));
}
