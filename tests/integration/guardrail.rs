//! `palisade prove guardrail` of an organization: what a person sees, what a machine reads, and what is wrong with the input.

use crate::common::Sandbox;
use insta::assert_snapshot;
use serde_json::{Value, json};

const STOP: &str = "rekognition:StopProject*";
const GLASS: &str = "arn:aws:iam::*:role/break-glass";

fn guard(condition: &Value) -> String {
    let statement = json!({ "Sid": "NoStop", "Effect": "Deny", "Action": STOP, "Resource": "*", "Condition": condition });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn but(role: &str) -> Value {
    json!({ "ArnNotLike": { "aws:PrincipalArn": format!("arn:aws:iam::*:role/{role}") } })
}

fn policy(id: &str, content: &str) -> Value {
    let arn = format!("arn:aws:organizations::999999999999:policy/o-1/service_control_policy/{id}");
    json!({ "PolicySummary": { "Id": id, "Name": id, "Type": "SERVICE_CONTROL_POLICY", "Arn": arn }, "Content": content })
}

fn unit(id: &str, name: &str) -> Value {
    json!({ "Id": id, "Name": name, "ParentId": "r-1" })
}

fn account(id: &str, name: &str, parent: &str) -> Value {
    json!({ "Id": id, "Name": name, "ParentId": parent, "Status": "ACTIVE" })
}

/// `Guarded` has the guardrail, `Half` one that exempts too much, `Free` none.
fn organization() -> Value {
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let attached = |policy: &str, target: &str| json!({ "PolicyId": policy, "TargetId": target });
    let all = ["r-1", "ou-1", "ou-2", "ou-3", "111111111111", "222222222222", "333333333333", "444444444444"];
    let mut attachments: Vec<_> = all.iter().map(|target| attached("p-FullAWSAccess", target)).collect();
    attachments.extend([attached("p-guard", "ou-1"), attached("p-half", "ou-2")]);
    json!({
        "Organization": { "Id": "o-1", "MasterAccountId": "999999999999" },
        "Roots": [{ "Id": "r-1", "Name": "Root", "PolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }] }],
        "OrganizationalUnits": [unit("ou-1", "Guarded"), unit("ou-2", "Half"), unit("ou-3", "Free")],
        "Accounts": [
            account("111111111111", "one", "ou-1"),
            account("222222222222", "two", "ou-1"),
            account("333333333333", "three", "ou-2"),
            account("444444444444", "four", "ou-3"),
            account("999999999999", "payer", "r-1"),
        ],
        "Policies": [
            policy("p-FullAWSAccess", full),
            policy("p-guard", &guard(&but("break-glass"))),
            policy("p-half", &guard(&but("break-glass*"))),
        ],
        "PolicyAttachments": attachments,
    })
}

fn sandbox() -> Sandbox {
    Sandbox::with(&[("organization.json", &format!("{:#}", organization()))])
}

/// The question that is asked in most tests.
fn ask(sandbox: &Sandbox, more: &[&str]) -> crate::common::Run {
    let question = ["prove", "guardrail", "organization.json", "--action", STOP, "--except-principal", GLASS];
    sandbox.run(&[&question[..], more].concat())
}

#[test]
#[allow(clippy::too_many_lines, reason = "one picture of everything that is told")]
fn a_person_sees_what_is_open_why_and_what_closes_it() {
    assert_snapshot!(ask(&sandbox(), &[]).ends(1).stdout, @r##"
    PASS[guardrail]: 2 accounts in /Guarded are held
             by: service control policy `NoStop` of `p-guard`
                 (organization.json:84:62)

    FAIL[guardrail]: account 333333333333 (three) in /Half lets it through
        request: role-session arn:aws:iam::333333333333:role/break-glassx, session session calls rekognition:StopProjectVersion on arn:aws:rekognition:us-east-1:333333333333:project/x/version/x/x
        nearest: `NoStop` of `p-half` (organization.json:93:213) is above them, but
                 its `ArnNotLike` on `aws:PrincipalArn` exempts
                 `arn:aws:iam::*:role/break-glass*`
             or: `NoStop` of `p-guard` (organization.json:84:62) would stop all of
                 it, but is attached to /Guarded, not above these accounts
        ╭─[ organization.json:93:213 ]
        │  string at /Policies/2/Content shown decoded, at
        │  /Statement/0/Condition/ArnNotLike/aws:PrincipalArn
        │
      9 │       "Condition": {
     10 │         "ArnNotLike": {
     11 │           "aws:PrincipalArn": "arn:aws:iam::*:role/break-glass*"
        │                               ┬─────────────────────────────────
        │                               ╰── its `ArnNotLike` on `aws:PrincipalArn`
        │                                   exempts
        │                                   `arn:aws:iam::*:role/break-glass*`
     12 │         }
    ────╯

    FAIL[guardrail]: account 444444444444 (four) in /Free lets it through
        request: role-session arn:aws:iam::444444444444:role/x, session session calls rekognition:StopProjectVersion on arn:aws:rekognition:us-east-1:444444444444:project/x/version/x/x
        nearest: `NoStop` of `p-guard` (organization.json:84:62) would stop all of
                 it, but is attached to /Guarded, not above these accounts

    help: with this service control policy attached the 2 open accounts are held: proved
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "Guardrail",
              "Effect": "Deny",
              "Action": "rekognition:StopProject*",
              "Resource": "*",
              "Condition": {
                "ArnNotLike": {
                  "aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"
                }
              }
            }
          ]
        }
           size: 207 of 10,240 characters; 307 with its line breaks and spaces,
                 which count too
      attach to: /Half, /Free: above every open account and no other
          or to: the root: above 2 accounts that are held already as well, for which
                 nothing changes

    FAIL[guardrail]: no control policy binds the management account 999999999999
           help: keep work out of it; `--accept-structural` lets it pass

        asked: `rekognition:StopProject*` on any resource, by any principal of the
               account but `arn:aws:iam::*:role/break-glass`
       beyond: no control policy binds service-linked roles
       beyond: service control policies do not bind principals of other
               organizations, AWS services and anonymous callers: what a resource
               policy lets them do is not stopped; resource control policies do not
               bind `rekognition`
      assumed: any name in the form of an action is one, those to come as well
      assumed: a resource has a form that the catalogue gives for its action
    FAIL: 2 held, 2 open, 0 not decided of 4 accounts, 1 not bound
    "##);
}

#[test]
fn a_held_organization_is_told_in_a_few_lines() {
    let run = ask(&sandbox(), &["--scope", "Guarded", "--accept-structural"]).ends(0);
    assert_snapshot!(run.stdout, @r##"
    PASS[guardrail]: 2 accounts in /Guarded are held
             by: service control policy `NoStop` of `p-guard`
                 (organization.json:84:62)

        asked: `rekognition:StopProject*` on any resource, by any principal of the
               account but `arn:aws:iam::*:role/break-glass`
       beyond: no control policy binds the management account 999999999999
       beyond: no control policy binds service-linked roles
       beyond: service control policies do not bind principals of other
               organizations, AWS services and anonymous callers: what a resource
               policy lets them do is not stopped; resource control policies do not
               bind `rekognition`
      assumed: any name in the form of an action is one, those to come as well
      assumed: a resource has a form that the catalogue gives for its action
    PASS: 2 held, 0 open, 0 not decided of 2 accounts
    "##);
}

#[test]
fn a_comment_has_a_table_and_the_policy() {
    assert_snapshot!(ask(&sandbox(), &["--format", "markdown", "--scope", "Half,Guarded"]).ends(1).stdout, @r##"
    **FAIL**: 2 held, 1 open, 0 not decided of 3 accounts

    Asked: `rekognition:StopProject*` on any resource, by any principal of the account but `arn:aws:iam::*:role/break-glass`

    | | accounts | in | request | nearest Deny, or what holds them |
    | --- | --- | --- | --- | --- |
    | **FAIL** | `333333333333` | `/Half` | `role-session arn:aws:iam::333333333333:role/break-glassx, session session calls rekognition:StopProjectVersion on arn:aws:rekognition:us-east-1:333333333333:project/x/version/x/x` | `NoStop` of `p-half` \(organization.json:93:213\) is above them, but its `ArnNotLike` on `aws:PrincipalArn` exempts `arn:aws:iam::*:role/break-glass*`<br>`NoStop` of `p-guard` \(organization.json:84:62\) would stop all of it, but is attached to /Guarded, not above these accounts |
    | **PASS** | `111111111111`<br>`222222222222` | `/Guarded` |  | service control policy `NoStop` of `p-guard` \(organization.json:84:62\) |

    - beyond: no control policy binds the management account 999999999999
    - beyond: no control policy binds service-linked roles
    - beyond: service control policies do not bind principals of other organizations, AWS services and anonymous callers: what a resource policy lets them do is not stopped; resource control policies do not bind `rekognition`

    ### What would close it (proved to close it)

    ```json
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Guardrail",
          "Effect": "Deny",
          "Action": "rekognition:StopProject*",
          "Resource": "*",
          "Condition": {
            "ArnNotLike": {
              "aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"
            }
          }
        }
      ]
    }
    ```


    207 of 10,240 characters; 307 with its line breaks and spaces, which count too. Attach to /Half.

    <sub>assumed: any name in the form of an action is one, those to come as well</sub>
    <sub>assumed: a resource has a form that the catalogue gives for its action</sub>
    "##);
}

#[test]
fn verbose_names_every_account() {
    let run = ask(&sandbox(), &["--verbose"]).ends(1);
    run.says("111111111111 (one), 222222222222 (two)");
}

#[test]
fn json_has_every_account_and_is_as_its_schema_promises() {
    let schema = include_str!("../../schemas/prove-v1.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).expect("a schema")).expect("a schema");
    let mut full = organization();
    for n in 0..10 {
        let id = format!("p-{n}");
        full["Policies"]
            .as_array_mut()
            .expect("a list")
            .push(policy(&id, &guard(&json!({ "Null": { "aws:SourceVpce": "true" } }))));
        full["PolicyAttachments"].as_array_mut().expect("a list").push(json!({ "PolicyId": id, "TargetId": "ou-3" }));
    }
    let lost = organization().to_string().replace("\"p-half\",\"TargetId\"", "\"p-lost\",\"TargetId\"");
    for (text, more, code) in [
        (organization().to_string(), &[][..], 1),
        (organization().to_string(), &["--scope", "Guarded"], 0),
        (organization().to_string(), &["--world", "closed", "--accept-structural"], 1),
        (of_buckets().to_string(), &["--action", "s3:DeleteBucket"], 1),
        (full.to_string(), &[], 1),
        (lost, &["--scope", "Half"], 4),
    ] {
        let sandbox = Sandbox::with(&[("organization.json", &text)]);
        let run = ask(&sandbox, &[more, &["--format", "json"]].concat()).ends(code);
        let errors: Vec<String> = schema.iter_errors(&run.json()).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{more:?}: {errors:#?}\n{}", run.stdout);
    }
    let json = ask(&sandbox(), &["--format", "json"]).json();
    assert_eq!((&json["verdict"], &json["verb"]), (&json!("FAIL"), &json!("guardrail")));
    let guardrail = &json["guardrail"];
    assert_eq!(guardrail["accounts"], json!({ "held": 2, "open": 2, "undecided": 0, "bound": 4 }));
    let groups = guardrail["groups"].as_array().expect("a list");
    let of = |verdict: &str| -> Vec<&Value> {
        let own = groups.iter().filter(|group| group["verdict"] == verdict);
        own.flat_map(|group| group["accounts"].as_array().expect("a list")).map(|account| &account["id"]).collect()
    };
    assert_eq!(
        (of("FAIL"), of("PASS")),
        (vec![&json!("333333333333"), &json!("444444444444")], vec![&json!("111111111111"), &json!("222222222222")])
    );
    let suggestion = &guardrail["suggestion"];
    assert_eq!((&suggestion["proved"], &suggestion["quota"]["characters"]), (&json!(true), &json!(10240)));
    let to: Vec<&Value> = suggestion["attach_to"].as_array().expect("a list").iter().map(|target| &target["path"]).collect();
    assert_eq!(to, ["/Half", "/Free"]);
}

#[test]
fn the_policy_that_is_suggested_passes_the_question() {
    let sandbox = sandbox();
    let json = ask(&sandbox, &["--format", "json"]).json();
    let mut closed = organization();
    let drafted = json["guardrail"]["suggestion"]["policies"][0]["policy"].to_string();
    closed["Policies"].as_array_mut().expect("a list").push(policy("p-new", &drafted));
    for target in json["guardrail"]["suggestion"]["attach_to"].as_array().expect("a list") {
        closed["PolicyAttachments"]
            .as_array_mut()
            .expect("a list")
            .push(json!({ "PolicyId": "p-new", "TargetId": target["id"] }));
    }
    sandbox.write("organization.json", closed.to_string());
    ask(&sandbox, &["--accept-structural"]).ends(0).says("PASS: 4 held");
    sandbox.write("p.json", drafted);
    // By itself it is a service control policy that the linter has nothing against.
    sandbox.run(&["check", "p.json", "--kind", "service-control-policy", "--select", "access-analyzer"]).ends(0);
}

/// Everybody is held as a principal, and nobody as an outsider.
fn of_buckets() -> Value {
    let mut export = organization();
    let on = json!({ "Type": "RESOURCE_CONTROL_POLICY", "Status": "ENABLED" });
    export["Roots"][0]["PolicyTypes"].as_array_mut().expect("a list").push(on);
    export["Policies"][1]["Content"] = json!(guard(&but("break-glass")).replace(STOP, "s3:DeleteBucket"));
    export["PolicyAttachments"].as_array_mut().expect("a list").push(json!({ "PolicyId": "p-guard", "TargetId": "r-1" }));
    export
}

fn ask_of_buckets(sandbox: &Sandbox, more: &[&str]) -> crate::common::Run {
    let question = ["prove", "guardrail", "organization.json", "--action", "s3:DeleteBucket", "--accept-structural"];
    sandbox.run(&[&question[..], more].concat())
}

#[test]
fn outsiders_are_kept_out_by_another_policy() {
    let sandbox = Sandbox::with(&[("organization.json", &format!("{:#}", of_buckets()))]);
    let run = ask_of_buckets(&sandbox, &["--except-principal", GLASS]).ends(0);
    assert_snapshot!(run.stdout, @r##"
    PASS[guardrail]: 4 accounts in /Free, /Guarded, /Half are held
             by: service control policy `NoStop` of `p-guard`
                 (organization.json:88:62)

    help: with this resource control policy attached nobody can do it to resources of the 4 accounts, outsiders and AWS services included: proved
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "Guardrail",
              "Effect": "Deny",
              "Principal": "*",
              "Action": "s3:DeleteBucket",
              "Resource": "*",
              "Condition": {
                "ArnNotLike": {
                  "aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"
                }
              }
            }
          ]
        }
           size: 214 of 5,120 characters; 322 with its line breaks and spaces, which
                 count too
      attach to: the root: above every one of these accounts and no other

        asked: `s3:DeleteBucket` on any resource, by any principal of the account
               but `arn:aws:iam::*:role/break-glass`
       beyond: no control policy binds the management account 999999999999; keep
               work out of it; `--accept-structural` lets it pass
       beyond: no control policy binds service-linked roles
       beyond: service control policies do not bind principals of other
               organizations, AWS services and anonymous callers: what a resource
               policy lets them do is not stopped; no resource control policy stops
               them either; a resource control policy with the same Deny would
      assumed: any name in the form of an action is one, those to come as well
      assumed: a resource has a form that the catalogue gives for its action
    PASS: 4 held, 0 open, 0 not decided of 4 accounts, 1 not bound
    "##);
    let markdown = ask_of_buckets(&sandbox, &["--except-principal", GLASS, "--format", "markdown"]).ends(0);
    markdown.says("### What would stop everybody else too, as a resource control policy (proved)").says("Attach to the root.");
}

#[test]
fn the_resource_control_policy_that_is_suggested_holds_and_passes_the_linter() {
    let sandbox = Sandbox::with(&[("organization.json", &of_buckets().to_string())]);
    let json = ask_of_buckets(&sandbox, &["--format", "json"]).ends(1).json();
    let suggestion = &json["guardrail"]["suggestion_for_resources"];
    assert_eq!((&suggestion["kind"], &suggestion["quota"]["characters"]), (&json!("resource-control-policy"), &json!(5120)));
    let drafted = suggestion["policies"][0]["policy"].to_string();
    let mut closed = of_buckets();
    let mut new = policy("p-rcp", &drafted);
    new["PolicySummary"]["Type"] = json!("RESOURCE_CONTROL_POLICY");
    closed["Policies"].as_array_mut().expect("a list").push(new);
    let attached = closed["PolicyAttachments"].as_array_mut().expect("a list");
    attached.push(json!({ "PolicyId": "p-rcp", "TargetId": suggestion["attach_to"][0]["id"] }));
    sandbox.write("organization.json", closed.to_string());
    let run = ask_of_buckets(&sandbox, &[]).ends(0).says("by: resource control policy `Guardrail` of `p-rcp`");
    run.does_not_say("help:");
    sandbox.write("p.json", drafted);
    sandbox.run(&["check", "p.json", "--kind", "resource-control-policy", "--select", "access-analyzer"]).ends(0);
}

#[test]
fn what_cannot_be_read_leaves_only_its_accounts_undecided() {
    let mut lost = organization();
    lost["Policies"][2]["Content"] = json!("");
    let sandbox = Sandbox::with(&[("organization.json", &lost.to_string())]);
    let run = ask(&sandbox, &["--scope", "Half"]).ends(4).complains("`p-half` is attached to 1 target");
    run.says("UNKNOWN[guardrail]").says("the text of the attached policy `p-half` is not here");
    ask(&sandbox, &[]).ends(1).says("2 held, 1 open, 1 not decided");
    ask(&sandbox, &["--scope", "Guarded"]).ends(0);
    let mut broken = organization();
    broken["Policies"][2]["Content"] = json!("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\"");
    sandbox.write("organization.json", broken.to_string());
    ask(&sandbox, &["--scope", "Half"]).ends(4).says("`p-half` has mistakes").complains("incomplete");
    // The export itself may have lost anything.
    sandbox.write("organization.json", organization().to_string().replace("\"Accounts\":[", "\"Accounts\":"));
    let run = ask(&sandbox, &[]).ends(4).complains("no answer");
    assert_eq!(run.stdout, "");
}

#[test]
fn a_tree_that_leads_to_no_root_passes_nothing() {
    let mut ring = organization();
    ring["OrganizationalUnits"][1]["ParentId"] = json!("ou-2");
    let sandbox = Sandbox::with(&[("organization.json", &ring.to_string())]);
    ask(&sandbox, &["--scope", "333333333333"]).ends(4).says("it is not known what is attached above");
}

#[test]
fn an_export_that_contradicts_itself_passes_nothing_that_hangs_on_it() {
    let asked = |change: &dyn Fn(&mut Value), scope: &str| {
        let mut organization = organization();
        change(&mut organization);
        let sandbox = Sandbox::with(&[("organization.json", &organization.to_string())]);
        ask(&sandbox, &["--scope", scope])
    };
    // The guardrail is there, and nothing tells what it is attached to: no level of all policies together.
    let unattached = |o: &mut Value| drop(o.as_object_mut().unwrap().remove("PolicyAttachments"));
    asked(&unattached, "Guarded").ends(4).says("UNKNOWN[guardrail]").complains("does not tell what is attached where");
    let twice = |o: &mut Value| o["Accounts"].as_array_mut().unwrap().push(account("444444444444", "four", "ou-1"));
    asked(&twice, "444444444444").ends(4).says("UNKNOWN[guardrail]").complains("`444444444444` is listed twice");
    asked(&twice, "111111111111").ends(0);
    // An account that could not be read may be open.
    let number = |o: &mut Value| o["Accounts"][0]["Id"] = json!(111_111_111_111_u64);
    asked(&number, "Guarded").ends(4).says("1 held").complains("an entry of `Accounts` has no text as its `Id`");
    let other = |o: &mut Value| o["Policies"].as_array_mut().unwrap().push(policy("p-guard", "{\"Statement\":[]}"));
    asked(&other, "Guarded").ends(4).says("UNKNOWN[guardrail]").complains("the policy `p-guard` is listed twice");
}

#[test]
fn a_unit_of_the_scope_that_nobody_is_in_is_asked_about_itself() {
    let mut empty = organization();
    empty["Accounts"] = json!([account("444444444444", "four", "ou-3")]);
    let sandbox = Sandbox::with(&[("organization.json", &empty.to_string())]);
    ask(&sandbox, &["--scope", "Guarded"]).ends(0).says("PASS: 1 held, 0 open, 0 not decided of 1 unit");
    let run = ask(&sandbox, &["--scope", "Half"]).ends(1);
    run.says("FAIL[guardrail]: /Half lets it through").says("attach to: /Half: above every open account");
    // Whoever is asked about all is asked about accounts.
    ask(&sandbox, &[]).ends(1).says("0 held, 1 open, 0 not decided of 1 account");
}

#[test]
fn a_misspelled_action_is_asked_about_and_told() {
    let sandbox = sandbox();
    let run = |action: &str, more: &[&str]| {
        sandbox.run(&[&["prove", "guardrail", "organization.json", "--action", action, "--scope", "Guarded"], more].concat())
    };
    let told =
        run("rekogniton:StopProject*", &[]).ends(1).complains("warning: no action `rekogniton:StopProject*` in the catalogue");
    told.complains("did you mean the service `rekognition`?");
    run("rekogniton:StopProject*", &["--world", "closed"]).ends(2).complains("error: no action");
    // Whoever asks about actions to come means them.
    assert_eq!(run("rekogniton:StopProject*", &["--world", "open"]).stderr, "");
    assert_eq!(run(STOP, &["--except-principal", GLASS]).ends(0).stderr, "");
}

#[test]
fn scopes_are_checked_word_for_word() {
    let sandbox = sandbox();
    for (scope, word) in
        [("Gaurded", "did you mean `Guarded`"), ("/Fre", "did you mean `/Free`"), ("zzzzzzzz", "name the id of an account")]
    {
        ask(&sandbox, &["--scope", scope]).ends(2).complains(&format!("`{scope}`")).complains(word);
        // One that is right does not make good one that is not.
        ask(&sandbox, &["--scope", scope, "--scope", "Guarded"]).ends(2).complains(word);
    }
    for scope in ["/Guarded", "ou-1", "one,two", "111111111111"] {
        ask(&sandbox, &["--scope", scope]).ends(0);
    }
}

#[test]
fn a_snapshot_without_its_organization_is_no_answer() {
    let manifest = |state: &str| {
        let source = json!({ "source": "organizations", "state": state, "reason": "AccessDeniedException", "help": "allow it", "items": 0 });
        json!({ "palisade_snapshot": 1, "started": "2026-11-26T00:00:00Z", "finished": "2026-11-26T00:01:00Z", "sources": [source] }).to_string()
    };
    let run = |sandbox: &Sandbox| sandbox.run(&["prove", "guardrail", "snap", "--action", STOP, "--except-principal", GLASS]);
    let sandbox = Sandbox::with(&[("snap/manifest.json", &manifest("denied"))]);
    run(&sandbox).ends(4).complains("AccessDeniedException").complains("allow it");
    sandbox.write("snap/manifest.json", manifest("complete"));
    run(&sandbox).ends(3).complains("has no `organization.json`");
    sandbox.write("snap/manifest.json", r#"{"palisade_snapshot":99,"sources":[]}"#);
    run(&sandbox).ends(4).complains("layout 99").complains("update palisade");
    // With it, but not in full: what passes could be all there is.
    let mut held = organization();
    held["Accounts"].as_array_mut().expect("a list").retain(|a| a["ParentId"] == "ou-1");
    sandbox.write("snap/organization.json", held.to_string());
    sandbox.write("snap/manifest.json", manifest("throttled"));
    run(&sandbox).ends(4).complains("not complete").says("2 held");
    sandbox.write("snap/manifest.json", manifest("complete"));
    run(&sandbox).ends(0);
}

#[test]
fn folders_mirror_the_tree() {
    let sandbox = Sandbox::with(&[
        ("org/Guarded/stop.json", &guard(&but("break-glass"))),
        ("org/Guarded/111111111111/none.txt", ""),
        ("org/Free/shop-444444444444/half.json", &guard(&but("break-glass*"))),
    ]);
    let question = ["--action", STOP, "--except-principal", GLASS];
    let run = sandbox.run(&[&["prove", "guardrail", "org"], &question[..]].concat()).ends(1);
    run.says("PASS[guardrail]: account 111111111111 in /Guarded is held")
        .says("account 444444444444 (shop) in /Free lets it through");
    // Without accounts the units stand for those to come, once it is said that the folders are a tree.
    let sandbox = Sandbox::with(&[("org/A/stop.json", &guard(&but("break-glass"))), ("org/B/half.json", &guard(&but("*")))]);
    let run = sandbox.run(&[&["prove", "guardrail", "--organization", "org"], &question[..]].concat()).ends(1);
    run.says("PASS[guardrail]: /A is held").says("FAIL[guardrail]: /B lets it through").says("attach to: /B");
}

#[test]
fn folders_that_were_not_read_in_full_pass_nothing() {
    let stop = guard(&but("break-glass"));
    let sandbox =
        Sandbox::with(&[("org/stop.json", &stop), ("org/A/111111111111/none.txt", ""), ("org/B/111111111111/x.json", "")]);
    let run = |sandbox: &Sandbox| sandbox.run(&["prove", "guardrail", "org", "--action", STOP, "--except-principal", GLASS]);
    run(&sandbox).ends(4).complains("stands in `/A` and in `/B`").says("2 held, 0 open, 0 not decided of 1 account and 1 unit");
    let sandbox = Sandbox::with(&[
        ("org/stop.json", &stop),
        ("org/A/111111111111/cut.json", "{\"Version\": \"2012-10-17\", \"Statement\": ["),
    ]);
    run(&sandbox).ends(4).complains("cut.json");
    sandbox.write("org/A/111111111111/cut.json", &stop);
    run(&sandbox).ends(0);
}

#[test]
fn an_organization_is_asked_by_itself() {
    let sandbox = sandbox();
    sandbox.write("guard.json", guard(&but("break-glass")));
    ask(&sandbox, &["guard.json"]).ends(2).complains("one of them is an organization");
    ask(&sandbox, &["--organization", "organization.json"]).ends(2).complains("cannot be used with");
    let args = ["prove", "guardrail", "--organization", "guard.json", "--action", STOP];
    sandbox.run(&args).ends(2).complains("`guard.json` is no organization");
    sandbox.run(&["prove", "guardrail", "--organization", "nowhere", "--action", STOP]).ends(3).complains("nowhere");
}

#[test]
fn a_commit_is_asked_like_a_file() {
    let sandbox = sandbox();
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git").current_dir(sandbox.path()).args(args).output().expect("git");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::remove_dir_all(sandbox.path().join(".git")).expect("a folder");
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "one"]);
    sandbox.write("organization.json", "{}");
    let args = ["prove", "guardrail", "git:main:organization.json", "--action", STOP, "--except-principal", GLASS];
    sandbox.run(&args).ends(1).says("2 held, 2 open");
}

#[test]
fn hostile_names_reach_no_output() {
    let mut hostile = organization();
    hostile["Accounts"][3]["Name"] = json!("\u{1b}[31mfour\u{7}\n::error::x");
    hostile["OrganizationalUnits"][2]["Name"] = json!("Fr|ee\u{202e}<b>");
    let sandbox = Sandbox::with(&[("organization.json", &hostile.to_string())]);
    for format in ["text", "json", "markdown"] {
        let run = ask(&sandbox, &["--format", format]).ends(1);
        assert!(!run.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{}", run.stdout);
        assert!(!run.stdout.lines().any(|line| line.starts_with("::error")), "{}", run.stdout);
    }
    // Where it is no code it is escaped.
    ask(&sandbox, &["--format", "markdown"]).does_not_say("to /Fr|ee").does_not_say("[31m");
}

#[test]
fn formats_and_certificates_say_what_they_cannot_do() {
    let sandbox = sandbox();
    sandbox.write("guard.json", guard(&but("break-glass")));
    let plain = ["prove", "guardrail", "guard.json", "--action", STOP, "--except-principal", GLASS];
    sandbox.run(&plain).ends(0);
    sandbox.run(&[&plain[..], &["--format", "markdown"]].concat()).ends(2).complains("for the guardrail of an organization");
    ask(&sandbox, &["--certificate", "c.json"]).ends(1).complains("no certificate was written");
    ask(&sandbox, &["--certificate", "c.json", "--scope", "Guarded"]).ends(2).complains("cannot be written down");
}

/// Rules about units and the question about an organization agree on whose principals they are.
#[test]
fn rules_know_the_organization_as_well() {
    let mut export = organization();
    let full = export["Policies"][0].clone();
    for (condition, held) in [
        (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), true),
        (json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-2" } }), true),
        (json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }), false),
        (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-2" } }), false),
    ] {
        export["Policies"] = json!([full.clone(), policy("p-guard", &guard(&condition)), policy("p-half", &guard(&condition))]);
        export["PolicyAttachments"].as_array_mut().expect("a list").push(json!({ "PolicyId": "p-guard", "TargetId": "r-1" }));
        let sandbox = Sandbox::with(&[("organization.json", &export.to_string())]);
        let code = i32::from(!held);
        let prove = ["prove", "guardrail", "organization.json", "--action", STOP, "--accept-structural"];
        sandbox.run(&prove).ends(code);
        let actions = "project-lifecycle-not-denied.actions=rekognition:StopProject*";
        let rule = ["--select", "project-lifecycle-not-denied", "--param", actions];
        let break_glass = ["--param", "project-lifecycle-not-denied.break_glass="];
        let run = sandbox.run(&[&["check", "organization.json"], &rule[..], &break_glass[..]].concat());
        assert_eq!(run.code, code, "{condition}:\n{}{}", run.stdout, run.stderr);
    }
}
