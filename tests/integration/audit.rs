//! Audits: what is remembered, what changed between two of them, and what is said when something could not be read.

use crate::common::Sandbox;
use serde_json::{Value, json};

const A: &str = "111122223333";
const B: &str = "444455556666";

/// A small organization as a snapshot; tests change it and write it again.
pub struct Org {
    pub sandbox: Sandbox,
    tree: Value,
    roles: Vec<(String, String, Value)>,
    sources: Vec<Value>,
}

fn deny(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "Guard", "Effect": "Deny", "Action": [action, "rekognition:StopProjectVersion"], "Resource": "*" }] })
}

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }] })
}

impl Org {
    pub fn new() -> Self {
        let policy = |id: &str, name: &str, content: Value| {
            json!({ "PolicySummary": { "Id": id, "Arn": format!("arn:aws:organizations::999999999999:policy/o-demo/service_control_policy/{id}"),
                "Name": name, "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false }, "Content": content })
        };
        let tree = json!({
            "Organization": { "Id": "o-demo", "MasterAccountId": "999999999999" },
            "Roots": [{ "Id": "r-1", "Arn": "arn:aws:organizations::999999999999:root/o-demo/r-1", "Name": "Root" }],
            "OrganizationalUnits": [
                { "Id": "ou-work", "Arn": "arn:aws:organizations::999999999999:ou/o-demo/ou-work", "Name": "Work", "ParentId": "r-1" },
                { "Id": "ou-play", "Arn": "arn:aws:organizations::999999999999:ou/o-demo/ou-play", "Name": "Play", "ParentId": "r-1" },
            ],
            "Accounts": [
                { "Id": A, "Arn": format!("arn:aws:organizations::999999999999:account/o-demo/{A}"), "Name": "shop", "Status": "ACTIVE", "ParentId": "ou-work" },
                { "Id": B, "Arn": format!("arn:aws:organizations::999999999999:account/o-demo/{B}"), "Name": "web", "Status": "ACTIVE", "ParentId": "ou-play" },
            ],
            "Policies": [policy("p-1", "guard", deny("rekognition:CreateProject")), policy("p-2", "spare", deny("rekognition:DeleteProject"))],
            "PolicyAttachments": [{ "PolicyId": "p-1", "TargetId": "ou-work" }, { "PolicyId": "p-2", "TargetId": "ou-play" }],
            "DelegatedAdministrators": [],
        });
        let role = |account: &str, name: &str, policy: Value| (account.to_owned(), name.to_owned(), policy);
        let roles = vec![
            role(A, "deploy", allow("iam:PassRole", "*")),
            role(A, "reader", allow("s3:GetObject", "arn:aws:s3:::data/*")),
            role(B, "admin", allow("*", "*")),
        ];
        let complete = |source: &str, account: Value| json!({ "source": source, "account": account, "region": null, "what": null, "state": "complete", "items": 1, "reason": null, "help": null });
        let sources = vec![complete("organizations", Value::Null), complete("iam", A.into()), complete("iam", B.into())];
        let org = Self { sandbox: Sandbox::with(&[]), tree, roles, sources };
        org.write();
        org
    }

    fn write(&self) {
        self.write_to("snap");
    }

    fn write_to(&self, folder: &str) {
        self.sandbox.write(&format!("{folder}/organization.json"), self.tree.to_string());
        for account in [A, B] {
            let denied = self.sources.iter().any(|s| s["account"] == account && s["state"] != "complete");
            let file = self.sandbox.path().join(format!("{folder}/iam/{account}.json"));
            if denied {
                std::fs::remove_file(file).ok();
                continue;
            }
            let of = self.roles.iter().filter(|(own, ..)| own == account);
            let details: Vec<Value> = of
                .map(|(_, name, policy)| {
                    json!({ "Path": "/", "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": format!("arn:aws:iam::{account}:role/{name}"),
                        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
                            "Principal": { "Service": "ec2.amazonaws.com" } }] },
                        "RolePolicyList": [{ "PolicyName": "inline", "PolicyDocument": policy }], "AttachedManagedPolicies": [], "Tags": [],
                        "InstanceProfileList": [] })
                })
                .collect();
            let answer = json!({ "AccountId": account, "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": details, "Policies": [] });
            self.sandbox.write(&format!("{folder}/iam/{account}.json"), answer.to_string());
        }
        let manifest = json!({ "palisade_snapshot": 1, "started": "2026-01-01T00:00:00Z", "finished": "2026-01-01T00:10:00Z",
            "caller": { "account": "999999999999" }, "sources": self.sources });
        self.sandbox.write(&format!("{folder}/manifest.json"), manifest.to_string());
    }

    /// Audit it on a day of January 2026; a few rules only, so that others may come and go.
    pub fn audit(&self, day: u32, more: &[&str]) -> crate::common::Run {
        let as_of = format!("2026-01-{day:02}");
        let select = "pass-role-with-star-in-resource,full-admin";
        let mut args = vec!["audit", "snap", "--as-of", &as_of];
        if !more.contains(&"--select") {
            args.extend(["--select", select]);
        }
        args.extend(more);
        self.sandbox.run(&args)
    }

    fn json(&self, day: u32) -> Value {
        let report = self.audit(day, &["--format", "json"]).json();
        valid(&report);
        report
    }
}

#[track_caller]
fn valid(report: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/audit-v1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(report).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// What changed, by name, without the run it is compared with.
fn drift(report: &Value) -> String {
    let drift = &report["drift"];
    let message = |fingerprint: &Value| {
        let found = report["findings"].as_array().unwrap().iter().find(|f| f["fingerprint"] == *fingerprint).unwrap();
        format!(
            "{} {} {}",
            found["rule"].as_str().unwrap(),
            found["severity"].as_str().unwrap(),
            found["policy"]["resource"].as_str().unwrap()
        )
    };
    let mut lines = Vec::new();
    for list in ["new", "reopened", "accepted"] {
        lines.extend(drift[list].as_array().unwrap().iter().map(|f| format!("{list}: {}", message(f))));
    }
    for one in drift["changed"].as_array().unwrap() {
        lines.push(format!("changed: {} from {}", message(&one["fingerprint"]), one["before"]["severity"].as_str().unwrap()));
    }
    for list in ["resolved", "unseen", "not_asked"] {
        lines.extend(
            drift[list]
                .as_array()
                .unwrap()
                .iter()
                .map(|g| format!("{list}: {} {}", g["rule"].as_str().unwrap(), g["resource"].as_str().unwrap())),
        );
    }
    for change in drift["organization"].as_array().unwrap() {
        let word = |key: &str| change[key].as_str().unwrap_or("-").to_owned();
        lines.push(format!("{}: {} {} -> {}", word("kind"), word("name"), word("before"), word("after")));
    }
    lines.extend(drift["guardrails"].as_array().unwrap().iter().map(|t| t.to_string()));
    if drift["organization_compared"] == false {
        lines.push("tree not compared".to_owned());
    }
    lines.join("\n")
}

#[test]
fn the_first_run_is_told_as_such() {
    let org = Org::new();
    let run = org.audit(1, &["--since-last"]).ends(1);
    insta::assert_snapshot!(run.stdout, @r#"
    audit of o-demo at 2026-01-01T00:00:00Z, run 1
      tree      2 accounts in 2 units
      read      4 documents (2 account authorization details, 1 organization, 1
                snapshot manifest), 8 policies (3 identity-policy, 2
                service-control-policy, 3 trust-policy), 8 statements; 2 rules
                applied
      findings  2 high

    error[full-admin] high: `*` on every resource, without a condition: every action
        is allowed
        ╭─[ snap/iam/444455556666.json:1:462 ]
        │  shown pretty-printed, at
        │  /RoleDetailList/0/RolePolicyList/0/PolicyDocument/Statement/0/Action
        │
     29 │               {
     30 │                 "Effect": "Allow",
     31 │                 "Action": "*",
        │                           ───
     32 │                 "Resource": "*"
        │                             ┬──
        │                             ╰── on this resource
     33 │               }
    ────╯
      why: Whoever takes over the principal has the whole account: data, keys, logs,
           and the means to stay. Such a grant is right for a handful of break-glass
           roles and wrong in any policy that was meant for a job.
      fix: List the actions the job needs. IAM Access Analyzer can propose them from
           CloudTrail. Where an administrator is intended, attach the managed policy
           AdministratorAccess to that one role, require MFA, and suppress this
           finding there.
      see: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html

    error[pass-role-with-star-in-resource] high: `iam:PassRole` on `*` hands any
        role to any service
        ╭─[ snap/iam/111122223333.json:1:465 ]
        │  shown pretty-printed, at
        │  /RoleDetailList/0/RolePolicyList/0/PolicyDocument/Statement/0/Action
        │
     29 │               {
     30 │                 "Effect": "Allow",
     31 │                 "Action": "iam:PassRole",
        │                           ──────────────
     32 │                 "Resource": "*"
        │                             ┬──
        │                             ╰── on every resource
     33 │               }
    ────╯
      why: Whoever passes a role to a function or an instance runs code as that
           role. With every role to choose from, the deploy key that leaks at night
           starts a function as the administrator, and nothing in its own policies
           says that it could. An IfExists operator on iam:PassedToService does not
           close this: it is true when the key is absent.
      fix: List the roles in Resource, or bind the statement with StringEquals on
           iam:PassedToService.
      see: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-security-warning-pass-role-with-star-in-resource

    2 findings: 2 high; 0 suppressed; 0 incomplete
    "#);
    assert!(org.sandbox.path().join(".palisade/history.sqlite").exists());
    let report = org.json(2);
    assert_eq!(report["run"]["id"], 2);
    assert_eq!(report["trend"].as_array().unwrap().len(), 2);
    assert_eq!(report["findings"][0]["standing"], "known");
    assert_eq!(report["findings"][0]["first_seen"], "2026-01-01T00:00:00Z");
}

#[test]
fn nothing_changed_is_nothing_told() {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    assert_eq!(drift(&org.json(2)), "");
    org.audit(3, &["--since-last"]).ends(0).says("no finding changed").says("2 known findings are not shown");
    org.audit(4, &[]).ends(1);
}

#[test]
fn white_space_and_order_are_no_change() {
    let mut org = Org::new();
    let two = json!({ "Statement": [
        { "Effect": "Allow", "Action": ["iam:PassRole", "s3:GetObject"], "Resource": ["*"] }, { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*" }] });
    org.roles[0].2 = two;
    org.write();
    org.audit(1, &[]).ends(1);
    org.roles[0].2 = json!({ "Statement": [
        { "Resource": "*", "Action": "iam:PassRole", "Effect": "Allow" }, { "Sid": "Now", "Resource": "*", "Effect": "Allow", "Action": ["s3:getobject", "iam:passrole"] }] });
    org.roles.reverse();
    org.tree["Policies"][0]["Content"] = Value::from(format!(
        "{:#}",
        json!({ "Statement": { "Resource": ["*"], "Sid": "Other", "Effect": "Deny",
        "Action": ["rekognition:StopProjectVersion", "rekognition:CreateProject"] } })
    ));
    org.tree["Accounts"].as_array_mut().unwrap().reverse();
    org.write();
    assert_eq!(drift(&org.json(2)), "");
    // The same in a folder of another name.
    org.write_to("other");
    let report = org
        .sandbox
        .run(&[
            "audit",
            "other",
            "--as-of",
            "2026-01-03",
            "--format",
            "json",
            "--select",
            "pass-role-with-star-in-resource,full-admin",
        ])
        .ends(1)
        .json();
    assert_eq!(drift(&report), "");
    assert_eq!(report["run"]["id"], 3);
}

#[test]
fn a_control_policy_is_detached() {
    let mut org = Org::new();
    org.audit(1, &[]).ends(1);
    org.tree["PolicyAttachments"].as_array_mut().unwrap().remove(0);
    org.write();
    assert_eq!(drift(&org.json(2)), "policy-detached: /Work SCP guard -> -");
    org.tree["PolicyAttachments"].as_array_mut().unwrap().push(json!({ "PolicyId": "p-1", "TargetId": A }));
    org.tree["Policies"][1]["Content"] = deny("rekognition:TagResource");
    org.write();
    assert_eq!(drift(&org.json(3)), "policy-attached: shop - -> SCP guard\npolicy-changed: SCP spare - -> -");
    org.audit(4, &["--since-last"]).ends(0);
}

#[test]
fn what_is_suspended_switched_off_or_delegated_is_drift() {
    let mut org = Org::new();
    org.tree["Roots"][0]["PolicyTypes"] = json!([{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }]);
    org.tree["DelegatedAdministrators"] = json!([]);
    org.write();
    org.audit(1, &[]).ends(1);
    org.tree["Accounts"][0]["Status"] = "SUSPENDED".into();
    org.tree["DelegatedAdministrators"] =
        json!([{ "Id": A, "DelegatedServices": [{ "ServicePrincipal": "sso.amazonaws.com" }] }]);
    org.write();
    assert_eq!(drift(&org.json(2)), "account-suspended: shop - -> -\nadministrator-added: shop - -> sso.amazonaws.com");
    org.tree["Roots"][0]["PolicyTypes"] = json!([]);
    org.write();
    assert_eq!(drift(&org.json(3)), "policy-type-disabled: service control policies - -> -");
    let run = org.audit(4, &["--since-last"]).ends(0);
    run.says("no finding changed");
    org.tree["Roots"][0]["PolicyTypes"] = json!([{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }]);
    org.tree["Accounts"][0]["Status"] = "ACTIVE".into();
    org.write();
    let run = org.audit(5, &["--format", "markdown"]);
    run.says("was opened again").says("service control policies were switched on");
}

#[test]
fn accounts_and_units_move() {
    let mut org = Org::new();
    org.audit(1, &[]).ends(1);
    org.tree["Accounts"][0]["ParentId"] = "ou-play".into();
    org.write();
    assert_eq!(drift(&org.json(2)), "account-moved: shop /Work -> /Play");
    org.tree["OrganizationalUnits"][1]["Name"] = "Sandbox".into();
    org.tree["OrganizationalUnits"].as_array_mut().unwrap().push(json!({ "Id": "ou-new", "Name": "New", "ParentId": "ou-work" }));
    org.tree["Accounts"].as_array_mut().unwrap().remove(0);
    org.write();
    let wanted =
        "account-removed: shop /Play -> -\nunit-added: /Work/New - -> /Work/New\nunit-renamed: /Sandbox /Play -> /Sandbox";
    assert_eq!(drift(&org.json(3)), wanted);
}

#[test]
fn findings_come_go_and_come_back() {
    let mut org = Org::new();
    org.audit(1, &[]).ends(1);
    org.roles.push((A.into(), "fresh".into(), allow("*", "*")));
    let removed = org.roles.remove(2);
    org.write();
    let report = org.json(2);
    let fresh = format!("new: full-admin high arn:aws:iam::{A}:role/fresh");
    assert_eq!(drift(&report), format!("{fresh}\nresolved: full-admin arn:aws:iam::{B}:role/admin"));
    org.audit(3, &["--since-last"]).ends(0);
    org.roles.push(removed);
    org.write();
    let text = org.audit(4, &["--since-last"]).ends(1);
    insta::assert_snapshot!(text.stdout, @r#"
    audit of o-demo at 2026-01-04T00:00:00Z, run 4
      tree      2 accounts in 2 units
      read      4 documents (2 account authorization details, 1 organization, 1
                snapshot manifest), 10 policies (4 identity-policy, 2
                service-control-policy, 4 trust-policy), 10 statements; 2 rules
                applied
      findings  3 high

    since 2026-01-03T00:00:00Z (run 3): findings: 1 back again

    error[full-admin] high: `*` on every resource, without a condition: every action
        is allowed
        ╭─[ snap/iam/444455556666.json:1:462 ]
        │  shown pretty-printed, at
        │  /RoleDetailList/0/RolePolicyList/0/PolicyDocument/Statement/0/Action
        │
     29 │               {
     30 │                 "Effect": "Allow",
     31 │                 "Action": "*",
        │                           ───
     32 │                 "Resource": "*"
        │                             ┬──
        │                             ╰── on this resource
     33 │               }
    ────╯
      why: Whoever takes over the principal has the whole account: data, keys, logs,
           and the means to stay. Such a grant is right for a handful of break-glass
           roles and wrong in any policy that was meant for a job.
      fix: List the actions the job needs. IAM Access Analyzer can propose them from
           CloudTrail. Where an administrator is intended, attach the managed policy
           AdministratorAccess to that one role, require MFA, and suppress this
           finding there.
      see: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
      seen: reopened, first seen 2026-01-01T00:00:00Z

    2 known findings are not shown; `-v` shows everything

    3 findings: 3 high; 0 suppressed; 0 incomplete
    "#);
    let markdown = org.audit(5, &["--format", "markdown"]).ends(1);
    insta::assert_snapshot!(markdown.stdout, @r"
    ## Audit of `o-demo`: 3 findings: 3 high; 0 suppressed; 0 incomplete

    2026-01-05T00:00:00Z, run 5. 4 documents \(2 account authorization details, 1 organization, 1 snapshot manifest\), 10 policies \(4 identity-policy, 2 service-control-policy, 4 trust-policy\), 10 statements; 2 rules applied

    ### Since 2026-01-04T00:00:00Z \(run 4\): no finding changed

    ### Findings

    | severity | rule | finding | where |
    | --- | --- | --- | --- |
    | high | `full-admin` | `*` on every resource, without a condition: every action is allowed | `arn:aws:iam::111122223333:role/fresh` at `snap/iam/111122223333.json:1:1434` and 1 more in 1 account |
    | high | `pass-role-with-star-in-resource` | `iam:PassRole` on `*` hands any role to any service | `arn:aws:iam::111122223333:role/deploy` at `snap/iam/111122223333.json:1:465` |
    ");
}

#[test]
fn what_could_not_be_read_is_not_gone() {
    let mut org = Org::new();
    org.audit(1, &[]).ends(1);
    org.sources[2]["state"] = "denied".into();
    org.sources[2]["reason"] = "AccessDenied: not authorized to perform sts:AssumeRole".into();
    org.write();
    let report = org.json(2);
    assert_eq!(drift(&report), format!("unseen: full-admin arn:aws:iam::{B}:role/admin"));
    assert_eq!(report["run"]["complete"], false);
    let run = org.audit(3, &["--since-last"]).ends(4);
    insta::assert_snapshot!(run.stdout, @r"
    audit of o-demo at 2026-01-03T00:00:00Z, run 3
      tree      2 accounts in 2 units
      read      3 documents (1 account authorization details, 1 organization, 1
                snapshot manifest), 6 policies (2 identity-policy, 2
                service-control-policy, 2 trust-policy), 6 statements; 2 rules
                applied
      findings  1 high

    since 2026-01-02T00:00:00Z (run 2): findings: 1 not looked for again
      unseen    high `full-admin`: `*` on every resource, without a condition: every
                action is allowed (`arn:aws:iam::444455556666:role/admin`, since
                2026-01-01)

    1 known finding is not shown; `-v` shows everything

    not read in full
                snap/manifest.json: iam of 444455556666 was denied: AccessDenied:
                not authorized to perform sts:AssumeRole
      help      allow what `palisade fetch --print-policy` lists, and run `palisade
                fetch` again with `--resume`

    1 finding: 1 high; 0 suppressed; 1 incomplete
    run incomplete: 1 file was not checked in full, findings in it may be missing
    ");
    // It is read again, and was there all the time.
    org.sources[2]["state"] = "complete".into();
    org.write();
    assert_eq!(drift(&org.json(4)), "");
    // And when it is read and gone, it is gone.
    org.roles.remove(2);
    org.write();
    assert_eq!(drift(&org.json(5)), format!("resolved: full-admin arn:aws:iam::{B}:role/admin"));
}

#[test]
fn a_broken_file_hides_what_stood_in_it() {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    org.sandbox.write(&format!("snap/iam/{B}.json"), "{ \"RoleDetailList\": [ {");
    org.sandbox.write("snap/organization.json", &org.tree.to_string()[..400]);
    let report = org.json(2);
    assert_eq!(drift(&report), format!("unseen: full-admin arn:aws:iam::{B}:role/admin\ntree not compared"));
    org.write();
    assert_eq!(drift(&org.json(3)), "");
}

/// One policy with a mistake leaves the other resources of its file alone; a managed policy is about whoever has it.
#[test]
fn a_broken_policy_hides_what_stood_at_its_resource() {
    let mut org = Org::new();
    let wide = allow("*", "*");
    org.roles.extend(["first", "second"].map(|name| (A.to_owned(), name.to_owned(), wide.clone())));
    org.write();
    org.audit(1, &[]).ends(1);
    // What is wrong with the first role's policy hides its grant; the second is repaired, and the pass role gone.
    let broken = json!({ "Version": "2012-10-17", "Statement": [{ "Action": "*", "Resource": "*" }] });
    for (_, name, policy) in &mut org.roles {
        match name.as_str() {
            "first" => *policy = broken.clone(),
            "second" | "deploy" => *policy = allow("s3:GetObject", "arn:aws:s3:::data/*"),
            _ => {}
        }
    }
    org.write();
    let report = org.json(2);
    assert_eq!(report["run"]["complete"], false);
    let resolved = ["full-admin", "pass-role-with-star-in-resource"].map(|rule| {
        let role = if rule == "full-admin" { "second" } else { "deploy" };
        format!("resolved: {rule} arn:aws:iam::{A}:role/{role}")
    });
    assert_eq!(drift(&report), format!("{}\nunseen: full-admin arn:aws:iam::{A}:role/first", resolved.join("\n")));
    // A text in a string is no other matter.
    org.roles.iter_mut().filter(|(_, name, _)| name == "first").for_each(|(.., policy)| *policy = json!("{\"Statement\": [{"));
    org.roles.retain(|(_, name, _)| name != "second");
    org.write();
    assert_eq!(drift(&org.json(3)), format!("unseen: full-admin arn:aws:iam::{A}:role/first"));
    // Mended, and without the grant.
    org.roles.retain(|(_, name, _)| name != "first");
    org.write();
    assert_eq!(drift(&org.json(4)), format!("resolved: full-admin arn:aws:iam::{A}:role/first"));
}

#[test]
fn a_snapshot_that_did_not_end_tells_of_nothing_that_is_gone() {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    std::fs::remove_dir_all(org.sandbox.path().join("snap/iam")).unwrap();
    let manifest = |version: u32, end: &str| {
        org.sandbox.write(
            "snap/manifest.json",
            format!(r#"{{"palisade_snapshot":{version},"started":"2026-01-01T00:00:00Z","finished":{end},"sources":[]}}"#),
        );
    };
    manifest(1, "null");
    org.audit(2, &["--since-last"]).ends(4).says("2 not looked for again").says("the fetch of this snapshot");
    manifest(2, "\"2026-01-01T00:00:00Z\"");
    org.audit(3, &["--since-last"]).ends(4).says("a newer palisade wrote this snapshot");
    // Without a word of the manifest an account's file that is not there is not read either.
    manifest(1, "\"2026-01-01T00:00:00Z\"");
    org.audit(4, &["--since-last"]).ends(4).says("2 not looked for again").says("a finding stood in it before");
    org.write();
    assert_eq!(drift(&org.json(5)), "");
}

#[test]
fn rules_that_did_not_run_resolve_nothing() {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    let run = org.audit(2, &["--select", "full-admin", "--format", "json"]).ends(1);
    assert_eq!(drift(&run.json()), format!("not_asked: pass-role-with-star-in-resource arn:aws:iam::{A}:role/deploy"));
    assert_eq!(drift(&org.json(3)), "");
}

/// The rules themselves can change between two runs: what they are set to, and what the user's own say.
#[test]
fn other_rules_are_told() {
    let org = Org::new();
    let said = |day: u32, more: &[&str]| {
        let report = org.audit(day, &[more, &["--format", "json"]].concat()).json();
        valid(&report);
        report["drift"]["rules_changed"].clone()
    };
    let select = ["--select", "full-admin,project-lifecycle-not-denied"];
    let with = |param: &'static str| [&select[..], &["--param", param]].concat();
    let actions = "project-lifecycle-not-denied.actions=rekognition:StopProject*";
    assert_eq!(said(1, &select), Value::Null, "nothing to compare with");
    assert_eq!(said(2, &select), false);
    assert_eq!(said(3, &with(actions)), true, "a parameter");
    assert_eq!(said(4, &with(actions)), false);
    assert_eq!(said(5, &with("project-lifecycle-not-denied.actions=rekognition:StopProjectVersion")), true, "its value");
    assert_eq!(said(6, &select), true, "the default again");
    org.sandbox.write("palisade.yaml", "rules:\n  full-admin: { severity: medium }\n");
    assert_eq!(said(7, &select), true, "a severity");
    assert_eq!(said(8, &["--select", "full-admin"]), true, "one rule less");
    let own = |severity: &str| {
        let text = format!(
            "palisade: 1\nid: own\ntitle: Own\nseverity: {severity}\ncategory: style\nrationale: r\nremediation: m\nwhere: {{ effect: Allow }}\nassert: \
             {{ effect: Deny }}\nmessage: m\n"
        );
        org.sandbox.write("own.yaml", text);
    };
    let rules = ["--select", "full-admin,own", "--rules", "own.yaml"];
    own("low");
    assert_eq!((said(9, &rules), said(10, &rules)), (json!(true), json!(false)));
    let text = org.sandbox.read("own.yaml").replace("message: m", "message: n");
    org.sandbox.write("own.yaml", text);
    assert_eq!(said(11, &rules), true, "the text of a rule");
    // People are told as well.
    own("low");
    org.audit(12, &rules).says("  rules     others are in force");
    org.audit(13, &[&rules[..], &["--format", "markdown"]].concat()).does_not_say("others are in force");
    own("info");
    org.audit(14, &[&rules[..], &["--format", "markdown"]].concat()).says("- rules: others are in force");
    own("low");
    org.audit(15, &[&rules[..], &["--format", "html"]].concat()).says("Of the rules others are in force");
}

#[test]
fn accepted_findings_are_not_new_and_count_again_when_the_time_is_over() {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    let until = "suppressions:\n  - rule: full-admin\n    where: { role: admin }\n    reason: the administrators\n    owner: security\n    expires: 2026-01-10\n";
    org.sandbox.write("palisade.yaml", until);
    let admin = format!("arn:aws:iam::{B}:role/admin");
    assert_eq!(drift(&org.json(2)), format!("accepted: full-admin high {admin}"));
    assert_eq!(drift(&org.json(3)), "");
    assert_eq!(drift(&org.json(11)), format!("reopened: full-admin high {admin}"));
    org.sandbox.write("palisade.yaml", "rules:\n  full-admin: { severity: medium }\n");
    assert_eq!(drift(&org.json(12)), format!("changed: full-admin medium {admin} from high"));
    org.audit(13, &["--since-last"]).ends(0);
}

#[test]
fn subjects_do_not_mix() {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    org.audit(2, &["--subject", "other", "--since-last"]).ends(1).says("audit of other").does_not_say("since 2026-01-01");
    org.audit(3, &["--since-last"]).ends(0).says("since 2026-01-01T00:00:00Z (run 1)");
}

#[test]
fn a_history_that_is_none_is_kept_aside() {
    let org = Org::new();
    let path = org.sandbox.path().join("h.sqlite");
    for _ in 0..2 {
        std::fs::write(&path, "no database at all, but a text that somebody may want to keep").unwrap();
        let run = org.audit(1, &["--history", "h.sqlite", "--since-last"]).ends(1);
        run.complains("is kept as `h.sqlite.corrupt-20").complains("there is nothing to compare it with");
    }
    let names: Vec<String> = std::fs::read_dir(org.sandbox.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("corrupt"))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    org.audit(2, &["--history", "h.sqlite", "--since-last"]).ends(0);
}

#[test]
fn a_history_that_cannot_be_written_hides_no_finding() {
    let org = Org::new();
    org.sandbox.write("file", "");
    org.audit(1, &["--history", "file/h.sqlite"]).ends(1).says("[full-admin]").complains("error: cannot write `file`");
    org.audit(1, &["--history", "file/h.sqlite", "--fail-on", "none"]).ends(4);
    org.audit(1, &["--no-history"]).ends(1).says("audit of o-demo at 2026-01-01T00:00:00Z\n");
    org.audit(1, &["--no-history", "--since-last"]).ends(2);
    assert!(!org.sandbox.path().join(".palisade").exists());
}

#[test]
fn another_run_is_waited_for_and_then_named() {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    let other = rusqlite::Connection::open(org.sandbox.path().join(".palisade/history.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    org.audit(2, &["--fail-on", "none"])
        .ends(4)
        .says("[full-admin]")
        .complains("is in use by another run")
        .complains("wait until");
    other.execute_batch("ROLLBACK").unwrap();
    // A reader does not stand in the way, and a newer layout is not touched.
    let reader = other.prepare("SELECT count(*) FROM run").unwrap().query_row([], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(reader, 1);
    org.audit(2, &["--fail-on", "none"]).ends(0);
    other.pragma_update(None, "user_version", 99).unwrap();
    org.audit(3, &["--fail-on", "none"]).ends(4).complains("has layout 99, this palisade knows 2").complains("was not touched");
}

#[test]
fn several_reports_come_out_of_one_run() {
    let org = Org::new();
    let run = org
        .audit(1, &["--report", "json=a.json", "--report", "sarif=a.sarif", "--output", "a.md", "--format", "markdown"])
        .ends(1);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    run.complains("audit of o-demo");
    valid(&serde_json::from_str(&org.sandbox.read("a.json")).unwrap());
    assert!(org.sandbox.read("a.sarif").contains("\"2.1.0\"") && org.sandbox.read("a.md").starts_with("## Audit of `o-demo`"));
    org.audit(1, &["--report", "jsn=a.json"]).ends(2).complains("did you mean `json`");
    org.audit(1, &["--report", "json"]).ends(2).complains("FORMAT=FILE");
    org.audit(1, &["--report", "json=a", "--output", "a"]).ends(2).complains("two reports go to `a`");
    // A report that cannot be written leaves its run out of the history: what is new stays new.
    let before = org.json(2)["run"]["id"].as_i64().unwrap();
    org.roles_with_fresh();
    org.audit(3, &["--since-last", "--report", "json=no/such/a.json"]).ends(2).complains("cannot write");
    assert_eq!(org.json(4)["run"]["id"].as_i64().unwrap(), before + 1);
}

impl Org {
    fn roles_with_fresh(&self) {
        let mut roles = self.roles.clone();
        roles.push((A.into(), "fresh".into(), allow("*", "*")));
        let other = Self { sandbox: Sandbox::with(&[]), tree: self.tree.clone(), roles, sources: self.sources.clone() };
        other.write();
        self.sandbox.write(&format!("snap/iam/{A}.json"), other.sandbox.read(&format!("snap/iam/{A}.json")));
    }
}

#[test]
fn there_must_be_something_to_audit() {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    org.sandbox.run(&["audit", "nowhere"]).ends(3).complains("`nowhere` does not exist");
    // Part of what was named is not there: the rest is told, and nothing is gone.
    let run = org.audit(2, &["snapp", "--since-last"]).ends(4);
    run.complains("did you mean `snap`");
    org.sandbox.run(&["audit", "--fetch"]).ends(2).complains("palisade audit FOLDER --fetch");
    org.sandbox.run(&["audit", "snap", "--role-name", "x"]).ends(2).complains("--fetch");
    if cfg!(not(feature = "aws")) {
        org.sandbox.run(&["audit", "snap", "--fetch"]).ends(2).complains("aws");
    }
}
