//! What hangs together over items and files: attached policies, groups, newer and older records, what is missing.

use super::*;

/// Findings of one rule in some files, and the JSON.
fn check(files: &[(&str, String)], rule: &str) -> (Vec<String>, Value) {
    let sandbox = Sandbox::with(&[]);
    files.iter().for_each(|(name, text)| {
        if name.ends_with(".gz") {
            sandbox.write(name, gzip(text.as_bytes()));
        } else {
            sandbox.write(name, text);
        }
    });
    let run = sandbox.run(&["check", "--format", "json", "--select", rule]);
    (lines_of(&sandbox, &run), run.json())
}

fn attaches(name: &str, policy: &str) -> Value {
    role_item(name, &json!({"attachedManagedPolicies": [{"policyArn": arn("policy", policy), "policyName": policy}]}))
}

fn in_account(region: &str, day: u8) -> String {
    SNAPSHOT
        .replace("eu-west-1", region)
        .replace("2026/8/20", &format!("2026/8/{day}"))
        .replace("20260820", &format!("202608{day}"))
}

#[test]
fn a_managed_policy_is_judged_for_whom_it_is_attached_to() {
    let rule = "rekognition-source-vpce-unbound";
    let statement = json!([{"Effect": "Allow", "Action": "rekognition:DetectCustomLabels", "Resource": "*"}]);
    let unbound = json!({"Version": "2012-10-17", "Statement": statement});
    let place = |item: usize| {
        format!(
            "identity-policy of {} named p in {ACCOUNT} at /configurationItems/{item}/configuration/policyVersionList/1/\
             document \
             > /Statement/0/Action: ",
            arn("role", "rek-consumer-1")
        )
    };
    let one = |found: Vec<String>, item: usize| {
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&place(item)), "{found:?}");
    };
    let (role, policy) = (attaches("rek-consumer-1", "p"), policy_item("p", &unbound, 1));
    one(check(&[(SNAPSHOT, snapshot(&[role.clone(), policy.clone()]))], rule).0, 1);
    // In another file of the account.
    let files = [
        (&*in_account("us-east-1", 20), snapshot(std::slice::from_ref(&role))),
        (SNAPSHOT, snapshot(std::slice::from_ref(&policy))),
    ];
    one(check(&files, rule).0, 0);
    // Attached to nothing; and only the version in force counts.
    let idle = policy_item("idle", &unbound, 0);
    let (found, report) = check(&[(SNAPSHOT, snapshot(&[idle]))], rule);
    assert_eq!((found.len(), &report["documents"]["not_in_force"]), (0, &json!(2)), "{report}");
    // Global items stand in the files of several regions.
    let both = snapshot(&[role.clone(), policy.clone()]);
    let files = [(&*in_account("us-east-1", 20), both.clone()), (SNAPSHOT, both)];
    one(check(&files, rule).0, 1);
    // A Deny elsewhere makes good what is inline.
    let inline = json!({"rolePolicyList": [{"policyName": "inline", "policyDocument": percent(&unbound)}],
        "attachedManagedPolicies": [{"policyArn": arn("policy", "deny")}]});
    let condition = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}});
    let deny = json!([{"Effect": "Deny", "Action": "rekognition:*", "Resource": "*", "Condition": condition}]);
    let deny = policy_item("deny", &json!({"Version": "2012-10-17", "Statement": deny}), 1);
    let (found, _) = check(&[(SNAPSHOT, snapshot(&[role_item("rek-consumer-1", &inline)]))], rule);
    assert_eq!(found.len(), 1, "{found:?}");
    let (found, _) = check(&[(SNAPSHOT, snapshot(&[role_item("rek-consumer-1", &inline), deny]))], rule);
    assert!(found.is_empty(), "{found:?}");
    // What is not there is listed.
    let (found, report) = check(&[(SNAPSHOT, snapshot(&[attaches("rek-consumer-1", "elsewhere")]))], rule);
    assert_eq!((found.len(), &report["documents"]["absent"]), (0, &json!([arn("policy", "elsewhere")])), "{report}");
}

/// A rule of one's own about users, so that it is asked of what their groups give them.
const ABOUT_USERS: &str = "\
palisade: 1
id: user-may-detect
title: A user may detect labels
severity: high
category: guardrail
message: \"{principal.name} may use `{it.text}`\"
rationale: Users come through roles.
remediation: Take it away.
applies_to:
  kind: [identity-policy]
  attached_to: { type: [user] }
for_each: statement
where:
  effect: Allow
  actions: { touches: [\"rekognition:DetectCustomLabels\"] }
assert:
  document:
    denies: { actions: [\"rekognition:DetectCustomLabels\"], resources: [\"*\"], principals: anyone }
";

#[test]
fn a_user_has_what_its_group_has() {
    let statement = |effect: &str| json!([{"Effect": effect, "Action": "rekognition:DetectCustomLabels", "Resource": "*"}]);
    let policy = |effect: &str| percent(&json!({"Version": "2012-10-17", "Statement": statement(effect)}));
    let list = |effect: &str| json!([{"policyName": "inline", "policyDocument": policy(effect)}]);
    let group = json!({"groupName": "g", "path": "/", "groupPolicyList": list("Allow"), "attachedManagedPolicies": []});
    let group = item("AWS::IAM::Group", &arn("group", "g"), "g", &group);
    let user = |own: Value| {
        let user = json!({"userName": "u", "path": "/", "groupList": ["g"], "userPolicyList": own,
            "attachedManagedPolicies": []});
        item("AWS::IAM::User", &arn("user", "u"), "u", &user)
    };
    let found = |own: Value| {
        let sandbox = Sandbox::with(&[("rules/own.yaml", ABOUT_USERS)]);
        sandbox.write(SNAPSHOT, gzip(snapshot(&[user(own), group.clone()]).as_bytes()));
        let run = sandbox.run(&["check", "AWSLogs", "--rules", "rules", "--format", "json", "--select", "user-may-detect"]);
        lines_of(&sandbox, &run)
    };
    let place = format!(
        "identity-policy of {} named inline in {ACCOUNT} at /configurationItems/1/configuration/groupPolicyList/0/\
         policyDocument \
         > /Statement/0/Action: ",
        arn("user", "u")
    );
    let of_group = found(json!([]));
    assert!(of_group.len() == 1 && of_group[0].starts_with(&place), "{of_group:?}");
    // What the user is denied does not come back with the group.
    let denied = found(list("Deny"));
    assert!(denied.is_empty(), "{denied:?}");
}

#[test]
fn newer_records_take_the_place_of_older_ones() {
    let good = role_item("r", &json!({}));
    let dated = |mut item: Value, day: u8| {
        item["configurationItemCaptureTime"] = json!(format!("2026-08-{day}T04:27:04.000Z"));
        item
    };
    let files = [
        (&*in_account("eu-west-1", 20), snapshot(&[dated(inline_role("r"), 20)])),
        (&*in_account("eu-west-1", 21), snapshot(&[dated(good, 21)])),
    ];
    assert!(check(&files, PASS).0.is_empty());
    let mut gone = inline_role("r");
    gone["configurationItemStatus"] = json!("ResourceDeleted");
    gone["configuration"] = Value::Null;
    let (old, gone) = (dated(inline_role("r"), 20), dated(gone, 21));
    assert_eq!(check(&[("history.json", snapshot(std::slice::from_ref(&old)))], PASS).0.len(), 1);
    for items in [[old.clone(), gone.clone()], [gone, old]] {
        assert!(check(&[("history.json", snapshot(&items))], PASS).0.is_empty());
    }
}

#[test]
fn a_bucket_without_a_policy_is_told_where_the_policy_would_be() {
    let (found, _) = check(&[(SNAPSHOT, snapshot(&[bucket_item(&Value::Null)]))], TLS);
    let place = "/configurationItems/0/supplementaryConfiguration/BucketPolicy/policyText: null";
    assert_eq!(found, [format!("resource-policy of arn:aws:s3:::b named b in {ACCOUNT} at {place}")]);
}

/// Names of a template are unique in it alone: two templates with a policy of the same name keep their own.
#[test]
fn names_of_two_templates_do_not_mix() {
    let template = |action: &str| {
        json!({ "Resources": {
            "P": { "Type": "AWS::IAM::ManagedPolicy", "Properties": { "PolicyDocument": { "Version": "2012-10-17",
                "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } } } },
            "R": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": action.replace(':', "-"), "ManagedPolicyArns": [{ "Ref": "P" }],
                "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] } } } } })
    };
    let sandbox = Sandbox::with(&[]);
    sandbox.write("a.json", template("iam:PassRole").to_string());
    sandbox.write("b.json", template("s3:GetObject").to_string());
    let report = sandbox.run(&["check", "--select", PASS, "--format", "json"]).ends(1).json();
    let files: Vec<&str> =
        report["findings"].as_array().expect("a list").iter().filter_map(|f| f["location"]["file"].as_str()).collect();
    assert_eq!(files, ["a.json"]);
}

/// What an SCP of an export guards hangs on where it is attached: no finding, and no all-clear.
#[test]
fn guardrails_of_an_export_are_not_decided() {
    let summary = json!({ "Id": "p-1", "Arn": "arn:aws:organizations::111122223333:policy/o-x/service_control_policy/p-1",
        "Name": "guard", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false });
    let content =
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Action": "rekognition:*", "Resource": "*" } });
    let sandbox = Sandbox::with(&[]);
    let export = json!({ "Policies": [{ "PolicySummary": summary, "Content": content.to_string() }] });
    sandbox.write("organization.json", export.to_string());
    let run = sandbox.run(&["check", "organization.json"]).ends(0);
    run.says("not decided: project-lifecycle-not-denied 1");
}

/// A policy of AWS gives what it gives to the role that has it; how AWS wrote it is nobody's to mend.
#[test]
fn policies_of_aws_are_judged_with_their_principals_only() {
    let arn_of_aws = "arn:aws:iam::aws:policy/AdministratorAccess";
    let sandbox = Sandbox::with(&[]);
    let document = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let details = json!({
        "RoleDetailList": [{ "RoleName": "r", "Arn": arn("role", "r"), "Path": "/", "RolePolicyList": [],
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] },
            "AttachedManagedPolicies": [{ "PolicyName": "AdministratorAccess", "PolicyArn": arn_of_aws }] }],
        "Policies": [{ "PolicyName": "AdministratorAccess", "Arn": arn_of_aws, "DefaultVersionId": "v1", "AttachmentCount": 1,
            "PolicyVersionList": [{ "VersionId": "v1", "IsDefaultVersion": true, "Document": document }] }] });
    sandbox.write("details.json", details.to_string());
    let report = sandbox.run(&["check", "--select", "full-admin,missing-version", "--format", "json"]).ends(1).json();
    let found: Vec<_> =
        report["findings"].as_array().expect("a list").iter().map(|f| (&f["rule"], &f["policy"]["resource"])).collect();
    assert_eq!(found, [(&json!("full-admin"), &json!(arn("role", "r")))]);
}

/// Equal texts in many accounts are judged once, by whichever thread comes first; nobody can tell which.
#[test]
fn threads_change_nothing() {
    let sandbox = Sandbox::with(&[]);
    let root = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:GetObject",
        "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Resource": "arn:aws:s3:::data/*" } });
    for account in 0..24 {
        let id = format!("{:012}", 248_163_590_711u64 + account);
        let items =
            [role_item("a", &json!({})), inline_role("b"), inline_role("c-consumer"), bucket_item(&json!(root.to_string()))];
        let text = snapshot(&items).replace("111122223333", &id);
        sandbox.write(&format!("AWSLogs/{id}/Config/us-east-1/2026/8/20/ConfigSnapshot/s.json"), text);
    }
    let alone = sandbox.run(&["check", "--format", "json", "--fail-on", "none", "--jobs", "1"]).ends(0).stdout;
    for _ in 0..6 {
        let together = sandbox.run(&["check", "--format", "json", "--fail-on", "none", "--jobs", "4"]).ends(0).stdout;
        assert!(alone == together, "two runs differ");
    }
}
