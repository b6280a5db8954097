use super::*;
use crate::document::{Origin, json};
use crate::extract::Base;
use crate::organization::Loaded;
use crate::organization::load::of_document;
use crate::policy::PolicyKind;
use crate::proof::{Asked, Engine, Verdict, World};
use serde_json::{Value, json as value};
use std::sync::Arc;

pub(super) const ROOT: &str = "r-1";

/// An organization that is put together piece by piece.
#[derive(Default)]
pub(super) struct Builder {
    units: Vec<Value>,
    accounts: Vec<Value>,
    policies: Vec<Value>,
    attached: Vec<Value>,
    types: Vec<Value>,
    management: Option<String>,
}

fn type_name(kind: PolicyKind) -> &'static str {
    crate::organization::tree::type_of(kind)
}

impl Builder {
    pub fn new() -> Self {
        let on = |name: &str| value!({ "Type": name, "Status": "ENABLED" });
        Self { types: vec![on("SERVICE_CONTROL_POLICY"), on("RESOURCE_CONTROL_POLICY")], ..Self::default() }
    }

    pub fn unit(mut self, id: &str, parent: &str) -> Self {
        self.units.push(value!({ "Id": id, "Name": id.trim_start_matches("ou-"), "ParentId": parent }));
        self.attach("p-FullAWSAccess", id)
    }

    pub fn account(mut self, id: &str, parent: &str) -> Self {
        self.accounts.push(value!({ "Id": id, "Name": format!("name-{id}"), "ParentId": parent }));
        self.attach("p-FullAWSAccess", id)
    }

    pub fn attach(mut self, policy: &str, target: &str) -> Self {
        self.attached.push(value!({ "PolicyId": policy, "TargetId": target }));
        self
    }

    pub fn policy(self, id: &str, kind: PolicyKind, content: &Value) -> Self {
        self.raw(id, kind, &content.to_string())
    }

    pub fn raw(mut self, id: &str, kind: PolicyKind, content: &str) -> Self {
        let kind = type_name(kind);
        let arn = format!("arn:aws:organizations::999999999999:policy/o-1/{}/{id}", kind.to_ascii_lowercase());
        self.policies.push(value!({ "PolicySummary": { "Id": id, "Name": id, "Arn": arn, "Type": kind }, "Content": content }));
        self
    }

    /// A service control policy with one Deny.
    pub fn deny(self, id: &str, statement: Value) -> Self {
        self.policy(id, PolicyKind::ServiceControlPolicy, &policy_of(vec![denying(statement)]))
    }

    pub fn text(&self) -> String {
        let full = policy_of(vec![value!({ "Effect": "Allow", "Action": "*", "Resource": "*" })]);
        let summary = value!({ "Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY",
            "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess" });
        let mut policies = vec![value!({ "PolicySummary": summary, "Content": full.to_string() })];
        policies.extend(self.policies.iter().cloned());
        let mut attached = vec![value!({ "PolicyId": "p-FullAWSAccess", "TargetId": ROOT })];
        attached.extend(self.attached.iter().cloned());
        value!({
            "Organization": { "Id": "o-1", "MasterAccountId": self.management.as_deref().unwrap_or("999999999999") },
            "Roots": [{ "Id": ROOT, "Name": "Root", "PolicyTypes": self.types }],
            "OrganizationalUnits": self.units, "Accounts": self.accounts, "Policies": policies, "PolicyAttachments": attached,
        })
        .to_string()
    }

    pub fn loaded(&self) -> Loaded {
        let base = Base::new("organization.json".into(), json::parse(self.text()), Origin::default());
        of_document(Arc::new(base)).expect("an organization")
    }
}

pub(super) fn denying(mut statement: Value) -> Value {
    let object = statement.as_object_mut().expect("an object");
    object.insert("Effect".into(), "Deny".into());
    object.entry("Resource").or_insert("*".into());
    statement
}

pub(super) fn policy_of(statements: Vec<Value>) -> Value {
    value!({ "Version": "2012-10-17", "Statement": statements })
}

/// What is asked in most tests.
pub(super) struct Ask<'a> {
    pub actions: &'a [&'a str],
    pub except: &'a [&'a str],
    pub scope: &'a [&'a str],
}

pub(super) const STOP: Ask<'_> = Ask { actions: &["rekognition:StopProject*"], except: &[], scope: &[] };

pub(super) fn covered(builder: &Builder, ask: &Ask<'_>) -> Coverage {
    asked_of(&builder.loaded(), ask)
}

pub(super) fn asked_of(loaded: &Loaded, ask: &Ask<'_>) -> Coverage {
    assuming(loaded, ask, &[])
}

/// The same where some condition keys have a value.
pub(super) fn assuming(loaded: &Loaded, ask: &Ask<'_>, assume: &[(String, String)]) -> Coverage {
    let texts = Texts::of(&loaded.texts);
    let controls = texts.controls(&loaded.organization);
    let own = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect::<Vec<String>>();
    let asked = Asked { actions: own(ask.actions), resources: Vec::new() };
    let (except, scope) = (own(ask.except), own(ask.scope));
    let worlds = [World::Closed, World::Open];
    let organization = &loaded.organization;
    let question = Question { organization, asked: &asked, except: &except, scope: &scope, worlds: &worlds };
    let mut engine = Engine::typed(World::Closed);
    engine.assume = assume.to_vec();
    cover(&mut engine, &question, &controls)
}

/// `FAIL 1,2` for each group.
fn told(coverage: &Coverage) -> Vec<String> {
    let short = |id: &String| id.trim_end_matches('0').to_owned();
    let one = |g: &Group| format!("{} {}", g.verdict.as_str(), g.accounts.iter().map(short).collect::<Vec<_>>().join(","));
    coverage.groups.iter().map(one).collect()
}

const A: &str = "100000000000";
const B: &str = "200000000000";
const C: &str = "300000000000";
const D: &str = "400000000000";

/// A and B in one unit, C in another, D below the root.
fn four() -> Builder {
    Builder::new().unit("ou-x", ROOT).unit("ou-y", ROOT).account(A, "ou-x").account(B, "ou-x").account(C, "ou-y").account(D, ROOT)
}

fn stop() -> Value {
    value!({ "Action": "rekognition:StopProject*" })
}

#[test]
fn a_deny_holds_all_below_it_and_nobody_else() {
    for (target, wanted) in [
        (ROOT, vec!["PASS 1,2,3,4"]),
        ("ou-x", vec!["FAIL 3,4", "PASS 1,2"]),
        (A, vec!["FAIL 2,3,4", "PASS 1"]),
        ("ou-nowhere", vec!["FAIL 1,2,3,4"]),
    ] {
        let coverage = covered(&four().deny("p-stop", stop()).attach("p-stop", target), &STOP);
        assert_eq!(told(&coverage), wanted, "{target}");
    }
}

#[test]
fn what_no_level_allows_is_held() {
    let only = value!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
    let scp = PolicyKind::ServiceControlPolicy;
    let mut builder = four().policy("p-s3", scp, &policy_of(vec![only])).attach("p-s3", "ou-x");
    // Beside what allows everything it takes nothing away.
    assert_eq!(told(&covered(&builder, &STOP)), ["FAIL 1,2,3,4"]);
    builder.attached.retain(|a| !(a["TargetId"] == "ou-x" && a["PolicyId"] == "p-FullAWSAccess"));
    let coverage = covered(&builder, &STOP);
    assert_eq!(told(&coverage), ["FAIL 3,4", "PASS 1,2"]);
    assert_eq!(coverage.groups[1].held[0].by, None);
}

#[test]
fn a_witness_is_of_an_account_of_its_group() {
    let coverage = covered(&four().deny("p-stop", stop()).attach("p-stop", "ou-x"), &STOP);
    let request = coverage.groups[0].witness.as_ref().expect("a request");
    assert_eq!(request.caller.account.as_deref(), Some(C));
    assert!(request.resource.contains(C), "{}", request.resource);
    assert_eq!(request.resource_account.as_deref(), Some(C));
}

#[test]
fn accounts_that_a_policy_tells_apart_are_told_apart() {
    let condition = value!({ "ArnNotLike": { "aws:PrincipalArn": format!("arn:aws:iam::{A}:role/*") } });
    let builder = four().deny("p-but", value!({ "Action": "rekognition:*", "Condition": condition })).attach("p-but", "ou-x");
    assert_eq!(told(&covered(&builder, &STOP)), ["FAIL 3,4", "FAIL 1", "PASS 2"]);
    let condition = value!({ "StringNotEquals": { "aws:PrincipalAccount": B } });
    let builder = four().deny("p-but", value!({ "Action": "rekognition:*", "Condition": condition })).attach("p-but", "ou-x");
    assert_eq!(told(&covered(&builder, &STOP)), ["FAIL 3,4", "FAIL 2", "PASS 1"]);
}

#[test]
fn the_management_account_is_a_gap_and_no_group() {
    let mut builder = four().deny("p-stop", stop()).attach("p-stop", ROOT);
    builder.management = Some(D.to_owned());
    let coverage = covered(&builder, &STOP);
    assert_eq!(told(&coverage), ["PASS 1,2,3"]);
    let gap = coverage.gaps.iter().find(|g| g.code == GapCode::ManagementAccount).expect("a gap");
    assert!(gap.fails && gap.accounts == [D]);
    // Outside of the scope it fails nothing.
    let coverage = covered(&builder, &Ask { scope: &["ou-x"], ..STOP });
    assert!(coverage.gaps.iter().all(|gap| !gap.fails));
}

#[test]
fn nothing_is_held_by_policies_that_are_switched_off() {
    let mut builder = four().deny("p-stop", stop()).attach("p-stop", ROOT);
    builder.types.remove(0);
    let coverage = covered(&builder, &STOP);
    assert_eq!(told(&coverage), ["FAIL 1,2,3,4"]);
    assert!(coverage.gaps[0].fails && coverage.gaps[0].code == GapCode::ServiceControlPoliciesOff);
    // One more would bind nobody either.
    assert!(coverage.suggestion.is_none());
}

#[test]
fn without_a_text_only_those_below_it_are_in_doubt() {
    let scp = PolicyKind::ServiceControlPolicy;
    for content in ["", "{\"Statement\":[{\"Effect\":\"Deny\"", r#"{"Version":"2012-10-17","Statement":[{"Effect":"deny"}]}"#] {
        let builder = four().raw("p-lost", scp, content).attach("p-lost", "ou-x");
        let coverage = covered(&builder, &STOP);
        assert_eq!(told(&coverage), ["FAIL 3,4", "UNKNOWN 1,2"], "{content}");
        let reason = coverage.groups[1].reason.as_deref().expect("a reason");
        assert!(reason.contains("`p-lost`"), "{reason}");
        // Whatever it says, it cannot take a Deny away.
        let coverage = covered(&builder.deny("p-stop", stop()).attach("p-stop", "ou-x"), &STOP);
        assert_eq!(told(&coverage), ["FAIL 3,4", "PASS 1,2"], "{content}");
    }
    // Attached, and not even listed.
    assert_eq!(told(&covered(&four().attach("p-gone", "ou-x"), &STOP)), ["FAIL 3,4", "UNKNOWN 1,2"]);
}

#[test]
fn a_ring_leads_to_no_root() {
    let builder = Builder::new().unit("ou-a", "ou-b").unit("ou-b", "ou-a").account(A, "ou-a").account(B, ROOT);
    let coverage = covered(&builder, &STOP);
    assert_eq!(told(&coverage), ["FAIL 2", "UNKNOWN 1"]);
    let builder = builder.deny("p-stop", stop()).attach("p-stop", "ou-b");
    assert_eq!(told(&covered(&builder, &STOP)), ["FAIL 2", "PASS 1"]);
}

#[test]
fn a_scope_that_names_nothing_is_told() {
    let coverage = covered(&four(), &Ask { scope: &["/x", "nowhere"], ..STOP });
    assert_eq!((told(&coverage), coverage.nowhere), (vec!["FAIL 1,2".to_owned()], vec!["nowhere".to_owned()]));
}

#[test]
fn exemptions_are_taken_as_they_are_meant() {
    let but = |role: &str| {
        value!({ "Action": "rekognition:StopProject*",
            "Condition": { "ArnNotLike": { "aws:PrincipalArn": format!("arn:aws:iam::*:role/{role}") } } })
    };
    let ask = Ask { except: &["arn:aws:iam::*:role/break-glass"], ..STOP };
    let builder = four().deny("p-own", but("break-glass")).deny("p-wide", but("break-glass*")).deny("p-none", stop());
    let coverage = covered(&four().deny("p-own", but("break-glass")).attach("p-own", ROOT), &ask);
    assert_eq!((told(&coverage), coverage.unused.len()), (vec!["PASS 1,2,3,4".to_owned()], 0));
    let coverage = covered(&builder.attach("p-wide", "ou-x").attach("p-none", "ou-y").attach("p-own", D), &ask);
    assert_eq!(told(&coverage), ["FAIL 1,2", "PASS 3", "PASS 4"]);
    // C would be held without the exemption, D not.
    assert!(coverage.unused.is_empty());
    assert_eq!(
        coverage.groups[0].nearest[0].why,
        ["its `ArnNotLike` on `aws:PrincipalArn` exempts `arn:aws:iam::*:role/break-glass*`"]
    );
    let coverage = covered(&four().deny("p-none", stop()).attach("p-none", ROOT), &ask);
    assert_eq!(coverage.unused, ["arn:aws:iam::*:role/break-glass"]);
}

#[test]
fn resource_control_policies_hold_what_they_bind() {
    let statement = value!({ "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*" });
    let rcp = PolicyKind::ResourceControlPolicy;
    let builder = four().policy("p-rcp", rcp, &policy_of(vec![statement])).attach("p-rcp", "ou-x");
    let coverage = covered(&builder, &Ask { actions: &["s3:DeleteBucket"], ..STOP });
    assert_eq!(told(&coverage), ["FAIL 3,4", "PASS 1,2"]);
    assert_eq!(coverage.groups[1].held.iter().map(|h| h.kind).collect::<Vec<_>>(), [rcp]);
    assert!(coverage.groups[1].reason.as_deref().is_some_and(|reason| reason.contains("alone")));
    // They do not bind Rekognition, whatever they say.
    let statement = value!({ "Effect": "Deny", "Principal": "*", "Action": "rekognition:*", "Resource": "*" });
    let builder = four().policy("p-rcp", rcp, &policy_of(vec![statement])).attach("p-rcp", ROOT);
    assert_eq!(told(&covered(&builder, &STOP)), ["FAIL 1,2,3,4"]);
    // One that exempts principals of the organization does not stop them.
    let condition = value!({ "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-1" } });
    let statement = value!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition });
    let builder = four().policy("p-rcp", rcp, &policy_of(vec![statement])).attach("p-rcp", ROOT);
    assert_eq!(told(&covered(&builder, &Ask { actions: &["s3:DeleteBucket"], ..STOP })), ["FAIL 1,2,3,4"]);
}

#[test]
fn the_nearest_deny_names_what_it_misses() {
    let near = |statement: Value| {
        let coverage = covered(&four().deny("p-near", statement).attach("p-near", ROOT), &STOP);
        let group = coverage.groups.iter().find(|g| g.verdict == Verdict::Fail).expect("open");
        let nearest = group.nearest.first().expect("a Deny");
        assert!(nearest.is_above && !nearest.stops_all);
        nearest.why.join("; ")
    };
    let stop = |condition: Value| value!({ "Action": "rekognition:StopProject*", "Condition": condition });
    for (statement, why) in [
        (
            value!({ "Action": ["rekognition:StopStreamProcessor", "rekognition:StartProject*"] }),
            "it does not name `rekognition:StopProjectVersion`",
        ),
        (value!({ "NotAction": ["iam:*", "rekognition:*"] }), "`NotAction` leaves out `rekognition:*`"),
        (value!({ "Action": "rekognition:StopProjectVersion" }), "it names actions of today, and not every one that may come"),
        (
            value!({ "Action": "rekognition:*", "Resource": "arn:aws:rekognition:*:*:project/prod-*" }),
            "it is only about `arn:aws:rekognition:*:*:project/prod-*`",
        ),
        (
            stop(value!({ "StringNotEquals": { "aws:RequestedRegion": ["eu-west-1", "eu-west-2"] } })),
            "its `StringNotEquals` on `aws:RequestedRegion` lets `eu-west-1`, `eu-west-2` through",
        ),
        (
            stop(value!({ "Bool": { "aws:MultiFactorAuthPresent": "false" } })),
            "its `Bool` on `aws:MultiFactorAuthPresent` holds only for `false`",
        ),
        (stop(value!({ "Null": { "aws:SourceVpce": "true" } })), "its `Null` on `aws:SourceVpce` holds only for `true`"),
    ] {
        assert_eq!(near(statement), why);
    }
    // A condition that always holds is no miss.
    let coverage = covered(
        &four().deny("p-near", stop(value!({ "StringLike": { "aws:PrincipalArn": "*" } }))).attach("p-near", ROOT),
        &STOP,
    );
    assert_eq!(told(&coverage), ["PASS 1,2,3,4"]);
    // One about other services says nothing.
    let coverage = covered(&four().deny("p-far", value!({ "Action": "s3:*" })).attach("p-far", ROOT), &STOP);
    assert!(coverage.groups[0].nearest.is_empty());
}

#[test]
fn a_deny_that_hangs_elsewhere_is_found() {
    let coverage = covered(&four().deny("p-stop", stop()).attach("p-stop", "ou-y"), &STOP);
    let nearest = &coverage.groups[0].nearest[0];
    assert!(nearest.stops_all && !nearest.is_above && nearest.attached == ["ou-y"]);
    let coverage = covered(&four().deny("p-stop", stop()), &STOP);
    assert!(coverage.groups[0].nearest[0].attached.is_empty());
}

/// The gap is closed when the policy is attached to where it is said.
#[test]
fn what_is_suggested_closes_the_gap() {
    let ask = Ask { except: &["arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/ops/*"], ..STOP };
    let builder = || four().deny("p-stop", stop()).attach("p-stop", A);
    let coverage = covered(&builder(), &ask);
    let suggestion = coverage.suggestion.expect("a policy");
    assert!(suggestion.proved);
    let targets: Vec<&str> = suggestion.attach_to.iter().map(|t| t.id.as_str()).collect();
    assert_eq!((targets.as_slice(), suggestion.closes), (&[B, D, "ou-y"][..], 3));
    let scp = PolicyKind::ServiceControlPolicy;
    let mut closed = builder().policy("p-new", scp, &suggestion.drafts[0].policy);
    for target in targets {
        closed = closed.attach("p-new", target);
    }
    assert_eq!(covered(&closed, &ask).verdict(), Verdict::Pass);
    // Who is exempt still gets through.
    assert_eq!(covered(&closed, &STOP).verdict(), Verdict::Fail);
    // To the root it touches the one that is held already.
    let root = &suggestion.or_to.last().expect("another way");
    assert_eq!((root.targets[0].id.as_str(), root.held, root.others), (ROOT, 1, 0));
}

/// Whoever is held as a principal may be reached from outside: that is another policy, measured against its own quota.
#[test]
fn what_binds_everybody_is_suggested_for_services_that_can_be_bound() {
    let rcp = PolicyKind::ResourceControlPolicy;
    let ask = Ask { actions: &["s3:DeleteBucket"], except: &["arn:aws:iam::*:role/break-glass"], scope: &[] };
    let spared = value!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/break-glass" } });
    let held = || four().deny("p-scp", value!({ "Action": "s3:Delete*", "Condition": spared })).attach("p-scp", ROOT);
    let coverage = covered(&held(), &ask);
    assert_eq!((coverage.verdict(), coverage.suggestion.is_none()), (Verdict::Pass, true));
    let suggestion = coverage.for_resources.expect("a policy");
    assert_eq!((suggestion.kind, suggestion.proved, suggestion.closes), (rcp, true, 4));
    assert_eq!((suggestion.quota.characters, suggestion.quota.attached), (5120, 5));
    assert_eq!(suggestion.drafts[0].policy["Statement"][0]["Principal"], "*");
    assert_eq!(suggestion.attach_to.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), [ROOT]);
    // It does what it says, and then there is nothing to suggest.
    let closed = held().policy("p-rcp", rcp, &suggestion.drafts[0].policy).attach("p-rcp", ROOT);
    let coverage = covered(&closed, &ask);
    assert!(coverage.for_resources.is_none() && coverage.groups.iter().all(|group| group.held.iter().any(|h| h.kind == rcp)));
    // Some of the accounts have it already; half of it is none.
    let half = policy_of(vec![denying(value!({ "Principal": "*", "Action": "s3:DeleteBucket" }))]);
    let coverage = covered(&held().policy("p-rcp", rcp, &half).attach("p-rcp", "ou-x"), &ask);
    let targets: Vec<String> = coverage.for_resources.expect("a policy").attach_to.into_iter().map(|t| t.id).collect();
    assert_eq!(targets, [D, "ou-y"]);
    let objects = denying(value!({ "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::a*" }));
    let coverage = covered(&held().policy("p-rcp", rcp, &policy_of(vec![objects])).attach("p-rcp", ROOT), &ask);
    assert_eq!(coverage.for_resources.map(|s| (s.proved, s.closes)), Some((true, 4)));
}

/// Near misses: what such policies do not bind, and where they are switched off.
#[test]
fn nothing_is_suggested_that_would_bind_nobody() {
    for actions in [&["rekognition:StopProject*"][..], &["s3:DeleteBucket", "rekognition:StopProject*"], &["kms:Retire*"], &["*"]]
    {
        assert!(covered(&four(), &Ask { actions, ..STOP }).for_resources.is_none(), "{actions:?}");
    }
    let ask = Ask { actions: &["s3:DeleteBucket"], ..STOP };
    let mut builder = four();
    builder.types.pop();
    let coverage = covered(&builder, &ask);
    assert!(coverage.for_resources.is_none() && coverage.suggestion.is_some());
    // Five are the most that can be attached, and what AWS attaches counts.
    let rcp = PolicyKind::ResourceControlPolicy;
    let mut builder = four().attach("p-RCPFullAWSAccess", ROOT);
    let other = denying(value!({ "Principal": "*", "Action": "sqs:*", "Sid": "x".repeat(5000) }));
    for n in 0..4 {
        let id = format!("p-{n}");
        builder = builder.policy(&id, rcp, &policy_of(vec![other.clone()])).attach(&id, ROOT);
    }
    let target = &covered(&builder, &ask).for_resources.expect("a policy").attach_to[0];
    assert_eq!((target.id.as_str(), target.attached), (ROOT, 5));
    assert!(target.room.as_ref().is_some_and(Vec::is_empty), "{target:?}");
}

/// A service control policy of this length is one; a resource control policy is two.
#[test]
fn the_quota_is_that_of_the_kind() {
    let actions: Vec<String> = (0..200).map(|n| format!("s3:GetSomethingWithAVeryLongName{n}")).collect();
    let names: Vec<&str> = actions.iter().map(String::as_str).collect();
    let coverage = covered(&four(), &Ask { actions: &names, ..STOP });
    let (principals, resources) = (coverage.suggestion.expect("policies"), coverage.for_resources.expect("policies"));
    assert_eq!((principals.drafts.len(), resources.drafts.len()), (1, 2));
    assert!(principals.proved && resources.proved && resources.drafts.iter().all(|d| d.characters <= 5120));
}

#[test]
fn what_is_out_of_scope_is_not_touched_unsaid() {
    let coverage = covered(&four(), &Ask { scope: &["ou-x", D], ..STOP });
    let suggestion = coverage.suggestion.expect("a policy");
    let targets: Vec<&str> = suggestion.attach_to.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(targets, ["ou-x", D]);
    let root = suggestion.or_to.last().expect("another way");
    assert_eq!((root.held, root.others, root.targets[0].touches.as_slice()), (0, 1, &[C.to_owned()][..]));
}

#[test]
fn many_actions_become_several_policies_within_the_quota() {
    let actions: Vec<String> = (0..600).map(|n| format!("s3:GetSomethingWithAVeryLongName{n}")).collect();
    let names: Vec<&str> = actions.iter().map(String::as_str).collect();
    let coverage = covered(&four(), &Ask { actions: &names, ..STOP });
    let suggestion = coverage.suggestion.expect("policies");
    assert!(suggestion.drafts.len() > 1 && suggestion.proved);
    let fits = |d: &Draft| d.characters <= suggestion.quota.characters && d.policy.to_string().chars().count() == d.characters;
    assert!(suggestion.drafts.iter().all(fits));
    let listed: usize = suggestion.drafts.iter().map(|d| d.policy["Statement"][0]["Action"].as_array().map_or(1, Vec::len)).sum();
    assert_eq!(listed, 600);
}

#[test]
fn a_target_with_its_full_number_tells_where_there_is_room() {
    let mut builder = four();
    for n in 0..9 {
        let long = "x".repeat(if n == 4 { 100 } else { 10_100 });
        builder = builder.deny(&format!("p-{n}"), value!({ "Sid": long, "Action": "s3:*" })).attach(&format!("p-{n}"), ROOT);
    }
    let coverage = covered(&builder.attach("p-4", "ou-x"), &STOP);
    let target = &coverage.suggestion.expect("a policy").attach_to[0];
    assert_eq!((target.id.as_str(), target.attached), (ROOT, 10));
    let room = target.room.as_ref().expect("full");
    assert_eq!((room.len(), room[0].also.as_slice()), (1, &["ou-x".to_owned()][..]));
}

#[test]
fn a_thousand_accounts_are_one_question() {
    let mut builder = Builder::new();
    for n in 0..1000 {
        builder = builder.account(&format!("{:012}", 100_000_000_000u64 + n), ROOT);
    }
    let coverage = covered(&builder, &STOP);
    assert_eq!((coverage.groups.len(), coverage.count(Verdict::Fail)), (1, 1000));
    assert_eq!(coverage.suggestion.expect("a policy").attach_to.len(), 1);
}
