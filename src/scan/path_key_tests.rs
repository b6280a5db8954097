use super::*;
use crate::document::{Origin, json as parse};
use crate::extract::{Base, DocumentKind};
use crate::finding::Standing;
use crate::organization::load::of_document;
use crate::policy::Context;
use crate::rule::registry::Wishes;
use crate::rule::{Registry, RuleSource};
use crate::scan::known::{Known, Source};
use crate::scan::surroundings::Surroundings;
use serde_json::{Value, json};

const SCP: &str = "SERVICE_CONTROL_POLICY";

fn statement(effect: &str, action: &Value, condition: &Value) -> Value {
    let mut out = json!({ "Effect": effect, "Action": action, "Resource": "*" });
    if !condition.is_null() {
        out["Condition"] = condition.clone();
    }
    out
}

fn policy(id: &str, statements: &[Value]) -> Value {
    let arn = format!("arn:aws:organizations::999999999999:policy/o-1/service_control_policy/{id}");
    let content = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    json!({ "PolicySummary": { "Id": id, "Arn": arn, "Name": id, "Type": SCP }, "Content": content })
}

fn full() -> Value {
    policy("p-full", &[statement("Allow", &json!("*"), &Value::Null)])
}

/// An organization of one unit below the root, and accounts with policies of their own.
fn organization(policies: &[Value], unit: &[&str], accounts: &[Vec<String>]) -> Value {
    let id = |n: usize| format!("{:012}", 100_000_000_000 + n);
    let all: Vec<Value> = (0..accounts.len()).map(|n| json!({ "Id": id(n), "Arn": id(n), "ParentId": "ou-1" })).collect();
    let attach = |policy: &str, target: &str| json!({ "PolicyId": policy, "TargetId": target });
    let mut attachments = vec![attach("p-full", "r-1"), attach("p-full", "ou-1")];
    attachments.extend(unit.iter().map(|policy| attach(policy, "ou-1")));
    for (n, own) in accounts.iter().enumerate() {
        attachments.push(attach("p-full", &id(n)));
        attachments.extend(own.iter().map(|policy| attach(policy, &id(n))));
    }
    json!({ "Organization": { "Id": "o-1" }, "Roots": [{ "Id": "r-1" }], "OrganizationalUnits": [{ "Id": "ou-1", "ParentId": "r-1" }],
        "Accounts": all, "Policies": policies.iter().chain([&full()]).collect::<Vec<_>>(), "PolicyAttachments": attachments })
}

const RULE: &str = r#"
palisade: 1
id: trails-can-be-stopped
title: Trails can be stopped
severity: high
message: "{target.name}: {missing.actions}"
applies_to: { kind: [scp] }
for_each: org-target
assert: { denies: { actions: ["cloudtrail:StopLogging"] } }
"#;

/// How many questions were put for all accounts, and how they stand.
fn asked(rule: &str, organization: &Value) -> (usize, Vec<Standing>) {
    let source = RuleSource { name: "rule.yaml".into(), text: rule.to_owned() };
    let registry = Registry::build(&[source], &Wishes { select: vec!["trails-*".to_owned()], ..Wishes::default() }).unwrap();
    let base = Base::new("organization.json".into(), parse::parse(organization.to_string()), Origin::default());
    let loaded = of_document(Arc::new(base)).unwrap();
    let mut known = Known::default();
    known.organizations.push(Source { loaded, checked: true });
    let texts = known.opened();
    let around = Surroundings::new(&known, &texts);
    let bound = &around.organizations[0];
    let rule = registry.rules()[0].rule();
    let mut paths = Paths::new(rule, bound, PolicyKind::ServiceControlPolicy);
    let context = Context::default();
    let kind = DocumentKind::Policy(PolicyKind::ServiceControlPolicy);
    let owner = Site { file: "f".into(), root: None, kind, assumed: false, policy: None, facts: &[], context };
    let standings = bound.source.loaded.organization.accounts.keys().map(|id| paths.ask(id, &owner).answer.standing).collect();
    (paths.count(), standings)
}

#[test]
fn policies_about_something_else_make_no_question() {
    let noise: Vec<Value> =
        (0..40).map(|n| policy(&format!("p-{n}"), &[statement("Deny", &json!(format!("ec2:Run{n}*")), &Value::Null)])).collect();
    let accounts: Vec<Vec<String>> = (0..300).map(|n| vec![format!("p-{}", n % 40), format!("p-{}", n * 7 % 40)]).collect();
    let (count, standings) = asked(RULE, &organization(&noise, &[], &accounts));
    assert_eq!((count, standings.len()), (1, 300));
    assert!(standings.iter().all(|s| *s == Standing::Open));
    let mut guarded = noise.clone();
    guarded.push(policy("p-guard", &[statement("Deny", &json!("cloudtrail:*"), &Value::Null)]));
    guarded.push(policy("p-list", &[statement("Allow", &json!(["s3:*"]), &Value::Null)]));
    let mut accounts = accounts;
    accounts[3].push("p-guard".to_owned());
    let (count, standings) = asked(RULE, &organization(&guarded, &[], &accounts));
    assert_eq!(count, 2);
    assert_eq!(standings.iter().filter(|s| **s == Standing::Held).count(), 1);
    assert_eq!(standings[3], Standing::Held);
}

#[test]
fn equal_texts_are_one_policy() {
    let guard = [statement("Deny", &json!("cloudtrail:*"), &Value::Null)];
    let copies: Vec<Value> = (0..10).map(|n| policy(&format!("p-{n}"), &guard)).collect();
    let accounts: Vec<Vec<String>> = (0..10).map(|n| vec![format!("p-{n}")]).collect();
    let (count, standings) = asked(RULE, &organization(&copies, &[], &accounts));
    assert_eq!(count, 1);
    assert!(standings.iter().all(|s| *s == Standing::Held));
}

#[test]
fn accounts_are_told_apart_where_a_condition_does() {
    let of = |key: &str, value: &str| statement("Deny", &json!("cloudtrail:*"), &json!({ "StringLike": { key: value } }));
    let (first, second) = ("100000000000", "100000000001");
    for (key, value) in [("aws:PrincipalAccount", first.to_owned()), ("aws:PrincipalArn", format!("arn:*:*::{first}:*"))] {
        let own = policy("p-own", &[of(key, &value)]);
        let (count, standings) = asked(RULE, &organization(&[own], &["p-own"], &[vec![], vec![]]));
        assert_eq!((count, standings), (2, vec![Standing::Held, Standing::Open]), "{key} {value} {second}");
    }
    let role = policy("p-own", &[of("aws:PrincipalArn", "arn:aws:iam::*:role/x")]);
    assert_eq!(asked(RULE, &organization(&[role], &["p-own"], &[vec![], vec![]])).0, 1);
}

#[test]
fn a_rule_about_the_policies_themselves_sees_all_of_them() {
    let rule = RULE.replace(
        "assert: { denies: { actions: [\"cloudtrail:StopLogging\"] } }",
        "assert: { no_statement: { some_action: { text: { equals: [\"ec2:Run1*\"] } } } }",
    );
    let noise: Vec<Value> =
        (0..3).map(|n| policy(&format!("p-{n}"), &[statement("Deny", &json!(format!("ec2:Run{n}*")), &Value::Null)])).collect();
    let accounts = vec![vec!["p-0".to_owned()], vec!["p-1".to_owned()], vec!["p-2".to_owned(), "p-1".to_owned()]];
    let (_, standings) = asked(&rule, &organization(&noise, &[], &accounts));
    assert_eq!(standings, [Standing::Held, Standing::Open, Standing::Open]);
}

#[test]
fn what_is_absent_leaves_it_open_unless_a_deny_decides() {
    let guard = policy("p-guard", &[statement("Deny", &json!("cloudtrail:*"), &Value::Null)]);
    let accounts = vec![vec!["p-gone".to_owned()], vec!["p-gone".to_owned(), "p-guard".to_owned()], vec![]];
    let (_, standings) = asked(RULE, &organization(&[guard], &[], &accounts));
    assert_eq!(standings, [Standing::Undecided, Standing::Held, Standing::Open]);
}
