//! Laws that need no oracle, and mutants that an oracle can tell: what is changed must be noticed.

use super::tests::{counter_example, prove, sample};
use super::*;
use crate::policy::PolicyKind;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::random::policy;

fn of(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statements(policy: &Value) -> Vec<Value> {
    policy["Statement"].as_array().unwrap().clone()
}

fn both(a: &Value, b: &Value) -> [Verdict; 2] {
    let kind = if a.to_string().contains("Principal\":{") { PolicyKind::ResourcePolicy } else { PolicyKind::IdentityPolicy };
    [prove(a, b, kind).verdict, prove(b, a, kind).verdict]
}

const SAME: [Verdict; 2] = [Verdict::Pass, Verdict::Pass];

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(tests::cases() / 3))]

    #[test]
    fn lists_are_unions(own in policy(false)) {
        let split = statements(&own).into_iter().flat_map(|s| {
            let of_action: Vec<Value> = match s.get("Action") {
                Some(actions) => list(actions).into_iter().map(|a| { let mut s = s.clone(); s["Action"] = a; s }).collect(),
                None => vec![s],
            };
            of_action.into_iter().flat_map(|s| match s.get("Resource") {
                Some(resources) => list(resources).into_iter().map(|r| { let mut s = s.clone(); s["Resource"] = r; s }).collect(),
                None => vec![s],
            })
        });
        prop_assert_eq!(both(&own, &of(split.collect())), SAME);
    }

    #[test]
    fn names_case_order_and_repetition_say_nothing(own in policy(true)) {
        let mut all = statements(&own);
        for (i, s) in all.iter_mut().enumerate() {
            s["Sid"] = json!(format!("Name{i}"));
            for key in ["Action", "NotAction"] {
                if let Some(actions) = s.get(key).map(list) {
                    let louder = actions.iter().rev().map(|a| json!(a.as_str().unwrap().to_uppercase()));
                    let value = louder.collect();
                    s[key] = value;
                }
            }
        }
        let twice: Vec<Value> = all.iter().rev().chain(&all).cloned().collect();
        prop_assert_eq!(both(&own, &of(twice)), SAME);
    }

    #[test]
    fn what_is_not_named_is_everything_without_it(own in policy(false), at in any::<prop::sample::Index>()) {
        let mut all = statements(&own);
        let at = at.index(all.len());
        let mut plain = all[at].clone();
        let object = plain.as_object_mut().unwrap();
        let named = object.remove("Action").or_else(|| object.remove("NotAction")).unwrap();
        // A condition would have to hold for both halves.
        object.remove("Condition");
        object.insert("Effect".into(), json!("Allow"));
        let mut not = plain.clone();
        not["NotAction"] = named.clone();
        all.retain(|s| s["Effect"] == "Deny");
        let mut whole = plain.clone();
        whole["Action"] = json!("*");
        let mut deny = plain;
        deny["Action"] = named;
        deny["Effect"] = json!("Deny");
        let denies = all.clone();
        let a = of(denies.iter().cloned().chain([not]).collect());
        let b = of(denies.into_iter().chain([whole, deny]).collect());
        prop_assert_eq!(both(&a, &b), SAME);
    }

    #[test]
    fn if_exists_is_absent_or_as_without(own in policy(false)) {
        let mut split = Vec::new();
        for s in statements(&own) {
            let condition = s.get("Condition").and_then(Value::as_object).cloned().unwrap_or_default();
            let Some((operator, keys)) = condition.iter().find(|(o, _)| o.ends_with("IfExists") && !o.contains(':')) else {
                split.push(s);
                continue;
            };
            // Of several keys under the operator only the first is taken apart.
            let mut keys = keys.as_object().unwrap().clone();
            let (key, values) = keys.iter().next().map(|(k, v)| (k.clone(), v.clone())).unwrap();
            keys.remove(&key);
            let mut rest = condition.clone();
            if keys.is_empty() { rest.remove(operator); } else { rest.insert(operator.clone(), Value::Object(keys)); }
            let plain = operator.trim_end_matches("IfExists").to_owned();
            for (extra, value) in [("Null".to_owned(), json!("true")), (plain, values)] {
                let mut part = s.clone();
                let mut block = rest.clone();
                let slot = block.entry(extra).or_insert_with(|| json!({}));
                if slot.get(&key).is_some() {
                    // Two tests of one key under one operator cannot be written.
                    return Ok(());
                }
                slot[&key] = value;
                part["Condition"] = Value::Object(block);
                split.push(part);
            }
        }
        let verdicts = both(&own, &of(split));
        prop_assert!(!verdicts.contains(&Verdict::Fail), "{verdicts:?}");
    }

    #[test]
    fn any_and_all_are_duals(values in prop::collection::vec("[abc]{1,2}", 1..3)) {
        let allow = |condition: Value| json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition });
        let deny = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": { "ForAnyValue:StringEquals": { "aws:TagKeys": values } } });
        let a = of(vec![allow(json!({})), deny]);
        let b = of(vec![allow(json!({ "ForAllValues:StringNotEquals": { "aws:TagKeys": values } }))]);
        prop_assert_eq!(both(&a, &b), SAME);
    }

    #[test]
    fn passing_is_transitive(a in policy(false), b in policy(false), c in policy(false)) {
        // A name that the catalogue does not have is an action where somebody spells it out: these would be two worlds.
        if [&a, &b, &c].iter().any(|p| p.to_string().contains("s3:PutNewThing")) {
            return Ok(());
        }
        let more = of(statements(&a).into_iter().chain(statements(&b)).filter(|s| s["Effect"] == "Allow").collect());
        let kind = PolicyKind::IdentityPolicy;
        let pass = |old: &Value, new: &Value| prove(old, new, kind).verdict == Verdict::Pass;
        for (x, y, z) in [(&more, &a, &b), (&a, &b, &c), (&more, &b, &a)] {
            if pass(x, y) && pass(y, z) {
                prop_assert!(pass(x, z), "{x}\n{y}\n{z}");
            }
        }
    }
}

/// Changes that mostly let more in.
fn mutants(policy: &Value) -> Vec<Value> {
    let all = statements(policy);
    let mut out = Vec::new();
    for at in 0..all.len() {
        let mut change = |edit: &dyn Fn(&mut Value)| {
            let mut changed = all.clone();
            edit(&mut changed[at]);
            if changed != all {
                out.push(of(changed));
            }
        };
        if all[at]["Effect"] == "Deny" {
            change(&|s| {
                s.as_object_mut().unwrap().remove("NotAction");
                s["Action"] = json!("s3:NoSuchThing");
            });
        }
        change(&|s| {
            if s.get("Resource").is_some() {
                s["Resource"] = json!("arn:aws:s3:::a*")
            }
        });
        change(&|s| {
            if s.get("Action").is_some() {
                s["Action"] = json!("s3:*")
            }
        });
        change(&|s| _ = s.as_object_mut().unwrap().remove("Condition"));
        let operators: Vec<String> =
            all[at].get("Condition").and_then(Value::as_object).map(|c| c.keys().cloned().collect()).unwrap_or_default();
        for operator in operators.iter().filter(|o| *o != "Null") {
            if !operator.ends_with("IfExists") {
                let relaxed = format!("{operator}IfExists");
                change(&|s| {
                    let block = s["Condition"].as_object_mut().unwrap();
                    if !block.contains_key(&relaxed) {
                        let keys = block.remove(operator).unwrap();
                        block.insert(relaxed.clone(), keys);
                    }
                });
            }
            // One value of a list less: a negated operator lets more in then.
            change(&|s| {
                for values in s["Condition"][operator].as_object_mut().unwrap().values_mut() {
                    if let Some(list) = values.as_array_mut().filter(|l| l.len() > 1) {
                        list.pop();
                    }
                }
            });
        }
    }
    out
}

#[test]
fn mutants_are_noticed() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let sample = sample(400, false);
    let (mut shown, mut noticed, mut unsure, mut all) = (0, 0, 0, 0);
    for _ in 0..tests::cases() / 4 {
        let own = policy(false).new_tree(&mut runner).unwrap().current();
        for mutant in mutants(&own) {
            all += 1;
            let verdict = prove(&own, &mutant, PolicyKind::IdentityPolicy).verdict;
            unsure += usize::from(verdict == Verdict::Unknown);
            if let Some(request) = counter_example(&own, &mutant, &sample) {
                shown += 1;
                assert_ne!(verdict, Verdict::Pass, "{own}\n{mutant}\n{request:?}");
                noticed += usize::from(verdict == Verdict::Fail);
            }
        }
    }
    assert!(all > 200 && shown > 50, "{all} mutants, {shown} that the sample tells");
    assert_eq!(noticed, shown, "what the sample tells is never left undecided");
    assert!(unsure * 50 < all, "{unsure} of {all} are undecided");
}
