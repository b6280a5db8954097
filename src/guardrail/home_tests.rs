//! What is known of the organization decides conditions on it, and only those.

use super::model::{Coverage, Group};
use super::tests::{Ask, Builder, ROOT, STOP, covered, denying, policy_of};
use super::texts::{Text, Texts};
use crate::evaluate::ContextValue;
use crate::organization::Loaded;
use crate::policy::PolicyKind;
use crate::proof::{Path, Verdict};
use serde_json::{Value, json as value};

const A: &str = "100000000000";
const B: &str = "200000000000";
const C: &str = "300000000000";

/// A and B in two units, C below the root; the organization is `o-1`.
fn three() -> Builder {
    Builder::new().unit("ou-x", ROOT).unit("ou-y", "ou-x").account(A, "ou-x").account(B, "ou-y").account(C, ROOT)
}

fn stop(condition: Value) -> Value {
    value!({ "Action": "rekognition:StopProject*", "Condition": condition })
}

fn told(coverage: &Coverage) -> String {
    let short = |id: &String| id.trim_end_matches('0').to_owned();
    let one = |g: &Group| format!("{} {}", g.verdict.as_str(), g.accounts.iter().map(short).collect::<Vec<_>>().join(","));
    coverage.groups.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The answer with one Deny at the root.
fn with(condition: Value) -> Coverage {
    covered(&three().deny("p-stop", stop(condition)).attach("p-stop", ROOT), &STOP)
}

#[test]
fn principals_of_the_accounts_are_in_the_organization() {
    for (condition, wanted) in [
        // For everybody of this organization: all of them.
        (value!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), "PASS 1,2,3"),
        (value!({ "StringLike": { "aws:PrincipalOrgId": "o-*" } }), "PASS 1,2,3"),
        (value!({ "ForAnyValue:StringEquals": { "aws:PrincipalOrgID": ["o-2", "o-1"] } }), "PASS 1,2,3"),
        (value!({ "Null": { "aws:PrincipalOrgID": "false" } }), "PASS 1,2,3"),
        // For whoever is in none but another: nobody of it is.
        (value!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-2" } }), "PASS 1,2,3"),
        // Near misses: these Denies spare the organization itself.
        (value!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }), "FAIL 1,2,3"),
        (value!({ "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-1" } }), "FAIL 1,2,3"),
        (value!({ "StringNotLike": { "aws:PrincipalOrgID": ["o-2", "o-?"] } }), "FAIL 1,2,3"),
        (value!({ "StringEquals": { "aws:PrincipalOrgID": "o-2" } }), "FAIL 1,2,3"),
        (value!({ "StringEquals": { "aws:PrincipalOrgID": "O-1" } }), "FAIL 1,2,3"),
        (value!({ "Null": { "aws:PrincipalOrgID": "true" } }), "FAIL 1,2,3"),
        // Whose the resource is stays open to service control policies: it can be anybody's.
        (value!({ "StringEquals": { "aws:ResourceOrgID": "o-1" } }), "FAIL 1,2,3"),
        (value!({ "StringNotEquals": { "aws:ResourceOrgID": "${aws:PrincipalOrgID}" } }), "FAIL 1,2,3"),
        // A variable with the same value.
        (value!({ "StringEquals": { "aws:PrincipalOrgID": "${aws:PrincipalOrgID}" } }), "PASS 1,2,3"),
        (value!({ "StringNotEquals": { "aws:PrincipalTag/home": "${aws:PrincipalOrgID}" } }), "FAIL 1,2,3"),
    ] {
        assert_eq!(told(&with(condition.clone())), wanted, "{condition}");
    }
}

/// The request that gets through is one that can be made: of this organization.
#[test]
fn witnesses_carry_the_organization() {
    let home = |condition: Value, key: &str| {
        let coverage = with(condition);
        let request = coverage.groups[0].witness.clone().expect("a request");
        request.context.get(key).cloned()
    };
    let one = |text: &str| Some(ContextValue::One(text.to_owned()));
    let spared = value!({ "StringNotEquals": { "aws:PrincipalOrgID": ["o-1", "o-2"] } });
    assert_eq!(home(spared, "aws:PrincipalOrgID"), one("o-1"));
    // Of the two ways out only one is left, and the variable in it has the value of the organization.
    let both = value!({ "StringNotEquals": { "aws:PrincipalTag/home": "${aws:PrincipalOrgID}" } });
    assert_eq!(home(both.clone(), "aws:PrincipalTag/home"), one("o-1"));
    assert_eq!(home(both, "aws:PrincipalOrgID"), one("o-1"));
    // One that never applies here is no reason to leave out what keeps it from applying.
    let above = value!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } });
    let builder = three().deny("p-void", stop(above)).attach("p-void", ROOT);
    let tagged = value!({ "StringNotEquals": { "aws:PrincipalTag/a": "b" } });
    let loaded = builder.deny("p-tag", stop(tagged)).attach("p-tag", ROOT).loaded();
    let texts = Texts::of(&loaded.texts);
    let controls = texts.controls(&loaded.organization);
    let policies = controls.iter().filter_map(|c| match &c.text {
        Text::Read(policy) if c.kind == PolicyKind::ServiceControlPolicy => Some(policy),
        _ => None,
    });
    let policies: Vec<_> = policies.collect();
    assert_eq!(policies.len(), 3);
    let request = super::tests::asked_of(&loaded, &STOP).groups[0].witness.clone().expect("a request");
    assert!(Path::lets_through(&[policies], PolicyKind::ServiceControlPolicy, &request), "{request:?}");
    // Nothing is said of it where nobody asks.
    assert_eq!(home(value!({ "Bool": { "aws:ViaAWSService": "true" } }), "aws:PrincipalOrgID"), None);
}

#[test]
fn without_the_id_of_the_organization_it_is_open() {
    let mut loaded =
        three().deny("p-stop", stop(value!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }))).attach("p-stop", ROOT).loaded();
    let ask = |loaded: &Loaded| told(&super::tests::asked_of(loaded, &STOP));
    assert_eq!(ask(&loaded), "PASS 1,2,3");
    loaded.organization.id = None;
    assert_eq!(ask(&loaded), "FAIL 1,2,3");
}

/// What the question assumes wins: else it would be about no request at all.
#[test]
fn what_is_assumed_is_not_overruled() {
    let builder =
        three().deny("p-stop", stop(value!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }))).attach("p-stop", ROOT);
    let other = [("aws:principalorgid".to_owned(), "o-2".to_owned())];
    assert_eq!(told(&super::tests::assuming(&builder.loaded(), &STOP, &other)), "FAIL 1,2,3");
    let own = [("aws:PrincipalOrgID".to_owned(), "o-1".to_owned())];
    assert_eq!(told(&super::tests::assuming(&builder.loaded(), &STOP, &own)), "PASS 1,2,3");
}

#[test]
fn accounts_are_told_apart_by_their_paths() {
    for (condition, wanted) in [
        (value!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-1/r-1/ou-x/*" } }), "FAIL 3 PASS 1,2"),
        (value!({ "ForAnyValue:StringEquals": { "aws:PrincipalOrgPaths": "o-1/r-1/ou-x/" } }), "FAIL 2,3 PASS 1"),
        (value!({ "ForAnyValue:StringEquals": { "aws:PrincipalOrgPaths": "o-1/r-1/ou-x/ou-y/" } }), "FAIL 1,3 PASS 2"),
        (value!({ "ForAllValues:StringNotLike": { "aws:PrincipalOrgPaths": "o-1/r-1/ou-x/*" } }), "FAIL 1,2 PASS 3"),
        (value!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-1/*" } }), "PASS 1,2,3"),
        // Near misses: no slash at the end, another organization, a single value of a key that comes as a list.
        (value!({ "ForAnyValue:StringEquals": { "aws:PrincipalOrgPaths": "o-1/r-1/ou-x" } }), "FAIL 1,2,3"),
        (value!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-2/*" } }), "FAIL 1,2,3"),
        (value!({ "StringLike": { "aws:PrincipalOrgPaths": "o-1/*" } }), "FAIL 1,2,3"),
    ] {
        assert_eq!(told(&with(condition.clone())), wanted, "{condition}");
    }
}

#[test]
fn an_account_of_which_the_path_is_not_known_stays_open() {
    let condition = value!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-1/*" } });
    let builder = Builder::new().unit("ou-a", "ou-gone").account(A, "ou-a").account(B, ROOT);
    let builder = builder.deny("p-stop", stop(condition)).attach("p-stop", ROOT).attach("p-stop", "ou-a");
    assert_eq!(told(&covered(&builder, &STOP)), "UNKNOWN 1 PASS 2");
}

const DELETE: Ask<'_> = Ask { actions: &["s3:DeleteBucket"], except: &[], scope: &[] };

/// The answer with one resource control policy at the root.
fn of_resources(condition: Value, ask: &Ask<'_>) -> String {
    let mut statement = denying(value!({ "Principal": "*", "Action": "s3:*", "Condition": condition }));
    statement["Principal"] = "*".into();
    let policy = policy_of(vec![statement]);
    told(&covered(&three().policy("p-rcp", PolicyKind::ResourceControlPolicy, &policy).attach("p-rcp", ROOT), ask))
}

#[test]
fn resources_of_the_accounts_are_in_the_organization_and_callers_may_not_be() {
    for (condition, wanted) in [
        (value!({ "StringEquals": { "aws:ResourceOrgID": "o-1" } }), "PASS 1,2,3"),
        (value!({ "StringEquals": { "aws:ResourceAccount": [A, B] } }), "FAIL 3 PASS 1,2"),
        (value!({ "StringNotEquals": { "aws:ResourceAccount": A } }), "FAIL 1 PASS 2,3"),
        (value!({ "ForAnyValue:StringLike": { "aws:ResourceOrgPaths": "o-1/r-1/ou-x/*" } }), "FAIL 3 PASS 1,2"),
        // Near misses: callers of elsewhere are bound too, and those of the organization are spared.
        (value!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), "FAIL 1,2,3"),
        (value!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }), "FAIL 1,2,3"),
        (value!({ "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "${aws:ResourceOrgID}" } }), "FAIL 1,2,3"),
        (value!({ "StringNotEquals": { "aws:ResourceOrgID": "o-1" } }), "FAIL 1,2,3"),
    ] {
        assert_eq!(of_resources(condition.clone(), &DELETE), wanted, "{condition}");
    }
    // An action that works on no resource need not tell whose it is.
    let condition = value!({ "StringEquals": { "aws:ResourceOrgID": "o-1" } });
    assert_eq!(of_resources(condition, &Ask { actions: &["s3:ListAllMyBuckets"], ..DELETE }), "FAIL 1,2,3");
    let condition = value!({ "StringEqualsIfExists": { "aws:ResourceOrgID": "o-1" } });
    assert_eq!(of_resources(condition, &Ask { actions: &["s3:ListAllMyBuckets"], ..DELETE }), "PASS 1,2,3");
}

/// A Deny that the organization makes certain is told to be the one that holds; one that it makes void, why it misses.
#[test]
fn what_holds_and_what_misses_is_named() {
    let coverage = with(value!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }));
    assert!(coverage.groups[0].held[0].by.is_some(), "{:?}", coverage.groups[0].held);
    let coverage = with(value!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }));
    let group = &coverage.groups[0];
    assert_eq!(group.nearest[0].why, ["its `StringNotEquals` on `aws:PrincipalOrgID` lets `o-1` through"]);
    assert!(coverage.suggestion.is_some_and(|s| s.proved) && coverage.groups[0].verdict == Verdict::Fail);
}
