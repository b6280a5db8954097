use super::super::operation::TABLE;
use super::super::settings::Source;
use super::super::testing::*;
use super::*;
use crate::source::snapshot::{self, Found, State};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) fn sandbox() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A list of roles in pages; `page` gives ids and the token that leads on.
pub(super) fn roles(call: &Call, page: impl Fn(&str) -> (Vec<&'static str>, Option<&'static str>)) -> Option<Reply> {
    if call.op != "ListAggregateDiscoveredResources" || call.body["ResourceType"] != "AWS::IAM::Role" {
        return None;
    }
    let (ids, next) = page(call.body["NextToken"].as_str().unwrap_or_default());
    let ids: Vec<Value> = ids.into_iter().map(|id| identifier(OWN, "AWS::IAM::Role", id)).collect();
    Some(ok(json!({"ResourceIdentifiers": ids, "NextToken": next})))
}

pub(super) fn only_config(folder: &Path) -> Settings {
    Settings { sources: [Source::Config].into(), types: vec!["AWS::IAM::Role".to_owned()], ..settings(folder) }
}

pub(super) fn usage(result: Result<Manifest, FetchError>) -> String {
    match result {
        Err(FetchError::Usage { message, help }) => format!("{message}\n  help: {help}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_organization_becomes_a_snapshot() {
    let dir = sandbox();
    let fake = Fake::new(|_| None);
    let all = Settings { role_name: Some("Audit".into()), ..settings(&dir.path().join("a")) };
    let manifest = fake.fetch(&all).unwrap();
    assert_eq!(open(&manifest), "");
    let first = files(&dir.path().join("a"));
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    insta::assert_snapshot!(names.join("\n"), @r"
    access-analyzer/222222222222.jsonl.gz
    config/111111111111.jsonl.gz
    config/222222222222.jsonl.gz
    organization.json
    ");
    insta::assert_snapshot!(first["config/222222222222.jsonl.gz"], @r#"
    {"configurationItemVersion":"1.3","configurationItemCaptureTime":"2025-12-17T19:33:20.500Z","configurationItemStatus":"OK","awsAccountId":"222222222222","resourceType":"AWS::IAM::Role","resourceId":"AWS::IAM::Role-222222222222","resourceName":"AWS::IAM::Role-222222222222","ARN":"arn:aws:x:eu-west-1:222222222222:AWS::IAM::Role-222222222222","awsRegion":"eu-west-1","configuration":{"name":"AWS::IAM::Role-222222222222"},"supplementaryConfiguration":{"Policy":{"Statement":[]}}}
    {"configurationItemVersion":"1.3","configurationItemCaptureTime":"2025-12-17T19:33:20.500Z","configurationItemStatus":"OK","awsAccountId":"222222222222","resourceType":"AWS::S3::Bucket","resourceId":"AWS::S3::Bucket-222222222222","resourceName":"AWS::S3::Bucket-222222222222","ARN":"arn:aws:x:eu-west-1:222222222222:AWS::S3::Bucket-222222222222","awsRegion":"eu-west-1","configuration":{"name":"AWS::S3::Bucket-222222222222"},"supplementaryConfiguration":{"Policy":{"Statement":[]}}}
    "#);
    // The two pages of a finding are one, and what is resolved is left out.
    let findings = &first["access-analyzer/222222222222.jsonl.gz"];
    assert_eq!(findings.lines().count(), 1);
    assert!(findings.contains(r#""kind":"external""#) && findings.matches("externalAccessDetails").count() == 2, "{findings}");
    // Another run gives the same bytes, and nothing is left of the work.
    fake.fetch(&Settings { out: dir.path().join("b"), ..all }).unwrap();
    assert_eq!(files(&dir.path().join("b")), first);
    assert!(!dir.path().join("a").join(".fetch").exists());
}

#[test]
fn the_organization_has_the_documented_shape() {
    let dir = sandbox();
    let fake = Fake::new(|_| None);
    fake.fetch(&Settings { sources: [Source::Organizations].into(), ..settings(dir.path()) }).unwrap();
    let text = &files(dir.path())["organization.json"];
    let value: Value = serde_json::from_str(text).unwrap();
    let lines = value.as_object().unwrap().iter().map(|(name, value)| format!("{name}: {value}"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    Organization: {"Id":"o-a","Arn":"arn:aws:organizations::111111111111:organization/o-a","MasterAccountId":"111111111111"}
    Roots: [{"Id":"r-a","Arn":"arn:aws:organizations::111111111111:root/o-a/r-a","Name":"Root","PolicyTypes":[]}]
    OrganizationalUnits: [{"Id":"ou-a-1","Arn":"arn:aws:organizations::111111111111:ou/o-a/ou-a-1","Name":"prod","ParentId":"r-a"}]
    Accounts: [{"Id":"111111111111","Arn":"arn:aws:organizations::111111111111:account/o-a/111111111111","Name":"n111111111111","Status":"ACTIVE","ParentId":"r-a"},{"Id":"222222222222","Arn":"arn:aws:organizations::111111111111:account/o-a/222222222222","Name":"n222222222222","Status":"ACTIVE","ParentId":"ou-a-1"}]
    Policies: [{"PolicySummary":{"Id":"p-1","Arn":"arn:aws:organizations::111111111111:policy/o-a/service_control_policy/p-1","Name":"p-1","Type":"SERVICE_CONTROL_POLICY","AwsManaged":false},"Content":"{\"Version\":\"2012-10-17\",\"Statement\":[]}"}]
    PolicyAttachments: [{"PolicyId":"p-1","TargetId":"ou-a-1","Type":"ORGANIZATIONAL_UNIT"}]
    DelegatedAdministrators: [{"Id":"222222222222","Arn":"arn:aws:organizations::111111111111:account/o-a/222222222222","Name":"n222222222222","Status":"ACTIVE","DelegatedServices":["config.amazonaws.com"]}]
    "#);
    let document = crate::document::json::parse(text.clone());
    let organization = crate::organization::Organization::read(document.root().unwrap()).unwrap();
    assert_eq!(organization.path(OTHER), ["r-a", "ou-a-1", OTHER]);
    assert_eq!(organization.attached["ou-a-1"], ["p-1".to_owned()].into());
}

#[test]
fn every_call_is_in_the_table() {
    let dir = sandbox();
    let fake = Fake::new(|_| None);
    for (at, settings) in [
        Settings { role_name: Some("Audit".into()), ..settings(Path::new("")) },
        Settings { sources: [Source::Iam, Source::S3].into(), role_name: Some("Audit".into()), ..settings(Path::new("")) },
        Settings { sources: [Source::Config].into(), query: true, ..settings(Path::new("")) },
    ]
    .into_iter()
    .enumerate()
    {
        let settings = Settings { out: dir.path().join(at.to_string()), ..settings };
        assert_eq!(open(&fake.fetch(&settings).unwrap()), "");
        let allowed: Vec<&str> = super::super::policy::operations(&settings).iter().map(|row| row.name).collect();
        let mut log = fake.log.lock().unwrap();
        for call in log.drain(..) {
            assert!(allowed.contains(&call.op.as_str()), "{} is called and in no policy", call.op);
        }
    }
    assert!(TABLE.len() > 20);
}

#[test]
fn empty_pages_lead_on() {
    let dir = sandbox();
    let fake = Fake::new(|call| {
        roles(call, |token| match token {
            "" => (vec![], Some("1")),
            "1" => (vec!["a"], Some("2")),
            "2" => (vec![], Some("3")),
            _ => (vec!["b", "a"], None),
        })
    });
    let manifest = fake.fetch(&only_config(dir.path())).unwrap();
    assert_eq!(open(&manifest), "");
    // `a` came from two regions: it is asked for once.
    assert_eq!(files(dir.path())["config/111111111111.jsonl.gz"].lines().count(), 2);
    assert_eq!(fake.count("BatchGetAggregateResourceConfig"), 2);
}

#[test]
fn a_list_without_end_ends() {
    let dir = sandbox();
    let fake = Fake::new(|call| roles(call, |token| (vec![], Some(if token == "a" { "b" } else { "a" }))));
    let manifest = fake.fetch(&only_config(dir.path())).unwrap();
    insta::assert_snapshot!(open(&manifest), @"config AWS::IAM::Role: failed: the list gave the same token twice: it has no end");
    assert!(fake.count("ListAggregateDiscoveredResources") < 5);
}

#[test]
fn throttling_is_waited_for_and_then_said() {
    let dir = sandbox();
    let twice = Fake::new(|call| (call.op == "ListRoots" && call.nth <= 2).then(|| error(400, "TooManyRequestsException")));
    let settings = Settings { sources: [Source::Organizations].into(), ..settings(&dir.path().join("a")) };
    assert_eq!(open(&twice.fetch(&settings).unwrap()), "");
    let always = Fake::new(|call| (call.op == "DescribePolicy").then(|| error(400, "ThrottlingException")));
    let settings = Settings { out: dir.path().join("b"), ..settings };
    let manifest = always.fetch(&settings).unwrap();
    insta::assert_snapshot!(open(&manifest), @"organizations service-control-policies: throttled: DescribePolicy: ThrottlingException: ThrottlingException was said (request request-1)");
    assert_eq!(always.count("DescribePolicy"), 3);
    // Where it is attached is known all the same.
    assert!(files(&dir.path().join("b"))["organization.json"].contains("PolicyAttachments"));
}

#[test]
fn what_is_on_disk_is_not_asked_for_again() {
    let dir = sandbox();
    let broken = Arc::new(AtomicBool::new(true));
    let switch = broken.clone();
    let fake = Fake::new(move |call| {
        let second = call.op == "BatchGetAggregateResourceConfig" && call.body.to_string().contains("\"b\"");
        if second && switch.load(Ordering::SeqCst) {
            return Some(error(400, "ThrottlingException"));
        }
        roles(call, |token| if token.is_empty() { (vec!["a"], Some("1")) } else { (vec!["b"], None) })
    });
    let first = only_config(dir.path());
    let manifest = fake.fetch(&first).unwrap();
    assert!(open(&manifest).contains("throttled"), "{}", open(&manifest));
    assert_eq!(files(dir.path())["config/111111111111.jsonl.gz"].lines().count(), 1, "what is there is written");
    assert!(usage(fake.fetch(&first)).contains("not finished"));
    broken.store(false, Ordering::SeqCst);
    fake.log.lock().unwrap().clear();
    let again = Settings { resume: true, ..settings(dir.path()) };
    let manifest = fake.fetch(&again).unwrap();
    assert_eq!(open(&manifest), "");
    assert_eq!(fake.count("ListAggregateDiscoveredResources"), 0);
    assert_eq!(fake.count("BatchGetAggregateResourceConfig"), 1);
    assert_eq!(files(dir.path())["config/111111111111.jsonl.gz"].lines().count(), 2);
    assert!(usage(fake.fetch(&again)).contains("no unfinished fetch"));
}

#[test]
fn a_token_of_yesterday_starts_its_list_anew() {
    let dir = sandbox();
    let late = Arc::new(AtomicBool::new(false));
    let switch = late.clone();
    let fake = Fake::new(move |call| {
        let late = switch.load(Ordering::SeqCst);
        if call.body["NextToken"] == "1" {
            return Some(error(400, if late { "InvalidNextTokenException" } else { "ThrottlingException" }));
        }
        roles(call, |token| match token {
            "" if late => (vec!["c"], Some("2")),
            "" => (vec!["a"], Some("1")),
            _ => (vec!["b"], None),
        })
    });
    assert!(open(&fake.fetch(&only_config(dir.path())).unwrap()).contains("throttled"));
    late.store(true, Ordering::SeqCst);
    let manifest = fake.fetch(&Settings { resume: true, ..settings(dir.path()) }).unwrap();
    assert_eq!(open(&manifest), "");
    let text = &files(dir.path())["config/111111111111.jsonl.gz"];
    // What was listed before and is no more is not in the snapshot either.
    let ids: Vec<_> = ["a", "b", "c"].into_iter().filter(|id| text.contains(&format!("\"resourceId\":\"{id}\""))).collect();
    assert_eq!(ids, ["b", "c"]);
}

#[test]
fn one_account_denied_others_go_on() {
    let dir = sandbox();
    let fake = Fake::new(|call| (call.op == "AssumeRole" && call.text.contains(OTHER)).then(|| xml_error(403, "AccessDenied")));
    let sources = [Source::Organizations, Source::Iam].into();
    let settings = Settings { sources, role_name: Some("Audit".into()), ..settings(dir.path()) };
    let manifest = fake.fetch(&settings).unwrap();
    insta::assert_snapshot!(open(&manifest), @"iam 222222222222: denied: AssumeRole: AccessDenied: no (request request-1)");
    assert_eq!(fake.count("AssumeRole"), 1, "a refusal is not repeated, and the own account needs no role");
    insta::assert_snapshot!(files(dir.path())["iam/111111111111.json.gz"], @r#"
    {"AccountId":"111111111111","UserDetailList":[
    ],"GroupDetailList":[
    ],"RoleDetailList":[
    {"Path":"/","RoleName":"a","RoleId":"A","Arn":"arn:aws:iam::111111111111:role/a","CreateDate":"2026-01-01T00:00:00Z","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[]},"InstanceProfileList":[],"RolePolicyList":[],"AttachedManagedPolicies":[],"Tags":[]}
    ,
    {"Path":"/","RoleName":"m","RoleId":"A","Arn":"arn:aws:iam::111111111111:role/m","CreateDate":"2026-01-01T00:00:00Z","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[]},"InstanceProfileList":[],"RolePolicyList":[],"AttachedManagedPolicies":[],"Tags":[]}
    ,
    {"Path":"/","RoleName":"z","RoleId":"A","Arn":"arn:aws:iam::111111111111:role/z","CreateDate":"2026-01-01T00:00:00Z","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[]},"InstanceProfileList":[],"RolePolicyList":[],"AttachedManagedPolicies":[],"Tags":[]}
    ],"Policies":[]}
    "#);
    let manifest = manifest.sources.iter().find(|s| s.state == State::Denied).unwrap();
    assert!(manifest.help.as_ref().unwrap().contains("trust policy"));
}

#[test]
fn iam_is_asked_for_what_a_recorder_leaves_out() {
    let dir = sandbox();
    let fake = Fake::new(|_| None);
    let sources = [Source::Organizations, Source::Config, Source::Iam].into();
    let settings = Settings { sources, role_name: Some("Audit".into()), ..settings(dir.path()) };
    assert_eq!(open(&fake.fetch(&settings).unwrap()), "");
    let log = fake.log.lock().unwrap();
    let asked: Vec<_> = log.iter().filter(|c| c.op == "GetAccountAuthorizationDetails").collect();
    assert_eq!(asked.len(), 2, "both accounts have roles in Config, and no user");
    for call in asked {
        let wanted = ["=User", "=Group", "=LocalManagedPolicy"].iter().all(|name| call.text.contains(name));
        assert!(wanted && !call.text.contains("=Role"), "{}", call.text);
    }
    assert!(!files(dir.path()).keys().any(|name| name.starts_with("iam/")), "there was nothing of it");
}

#[test]
fn which_accounts_lack_something_is_not_guessed() {
    let dir = sandbox();
    let broken = Arc::new(AtomicBool::new(true));
    let switch = broken.clone();
    let fake = Fake::new(move |call| {
        let bad = call.body["ResourceType"] == "AWS::S3::Bucket" && switch.load(Ordering::SeqCst);
        bad.then(|| error(400, "ThrottlingException"))
    });
    let settings = Settings { role_name: Some("Audit".into()), ..settings(dir.path()) };
    let manifest = fake.fetch(&settings).unwrap();
    insta::assert_snapshot!(open(&manifest), @r"
    config AWS::S3::Bucket: throttled: ListAggregateDiscoveredResources: ThrottlingException: ThrottlingException was said (request request-1)
    iam accounts that Config lacks: pending: not asked before AWS Config is read in full
    s3 accounts that Config lacks: pending: not asked before AWS Config is read in full
    ");
    assert_eq!((fake.count("GetAccountAuthorizationDetails"), fake.count("ListBuckets")), (0, 0));
    assert_eq!(fake.count("ListSecrets"), 2, "secrets do not wait");
    broken.store(false, Ordering::SeqCst);
    assert_eq!(open(&fake.fetch(&Settings { resume: true, ..settings }).unwrap()), "");
    assert!(!files(dir.path()).keys().any(|name| name.starts_with("s3/")), "Config told of all buckets");
}

#[test]
fn expired_credentials_stop_everything_and_lose_nothing() {
    let dir = sandbox();
    let expired = Arc::new(AtomicBool::new(true));
    let switch = expired.clone();
    let fake = Fake::new(move |call| {
        let bad = call.op == "BatchGetAggregateResourceConfig" || call.op == "ListPolicies";
        (bad && switch.load(Ordering::SeqCst)).then(|| error(400, "ExpiredTokenException"))
    });
    let all = Settings { role_name: Some("Audit".into()), ..settings(dir.path()) };
    let manifest = fake.fetch(&all).unwrap();
    let open_now = open(&manifest);
    assert!(open_now.contains("config AWS::IAM::Role: pending") && open_now.contains("pending: ListPolicies"), "{open_now}");
    let bad = fake.count("BatchGetAggregateResourceConfig") + fake.count("ListPolicies");
    assert!(bad <= 2, "{bad}: nothing more is tried");
    let help = manifest.sources.iter().find(|s| s.state == State::Pending).and_then(|s| s.help.clone()).unwrap();
    assert!(help.contains("sign in again"), "{help}");
    assert!(manifest.sources.iter().all(|s| s.state != State::NotRecorded), "what was not read is not taken for absent");
    expired.store(false, Ordering::SeqCst);
    let manifest = fake.fetch(&Settings { resume: true, ..settings(dir.path()) }).unwrap();
    assert_eq!(open(&manifest), "");
}

#[test]
fn damaged_answers_are_asked_for_again() {
    let dir = sandbox();
    for (at, (status, body)) in
        [(200, &b"{\"BaseConfigurationItems\":[{\"acc"[..]), (200, b"\xFF\xFE\x00"), (500, b"<html><h1>500</h1>")]
            .into_iter()
            .enumerate()
    {
        let reply = Reply { status, body: body.to_vec(), region: None };
        let once = {
            let reply = reply.clone();
            Fake::new(move |call| (call.op == "BatchGetAggregateResourceConfig" && call.nth == 1).then(|| reply.clone()))
        };
        let settings = only_config(&dir.path().join(format!("once{at}")));
        assert_eq!(open(&once.fetch(&settings).unwrap()), "", "{at}");
        let always = Fake::new(move |call| (call.op == "BatchGetAggregateResourceConfig").then(|| reply.clone()));
        let settings = only_config(&dir.path().join(format!("always{at}")));
        let said = open(&always.fetch(&settings).unwrap());
        assert!(said.starts_with("config AWS::IAM::Role: failed: BatchGetAggregateResourceConfig: "), "{said}");
        assert!(!said.contains("<html>") && always.count("BatchGetAggregateResourceConfig") < 20, "{said}");
    }
}

#[test]
fn what_a_batch_leaves_out_is_asked_for_again() {
    let dir = sandbox();
    let fake = Fake::new(|call| match call.op.as_str() {
        "BatchGetAggregateResourceConfig" if call.nth < 3 => Some(batch(call, |id| id == "a")),
        _ => roles(call, |_| (vec!["a", "b"], None)),
    });
    assert_eq!(open(&fake.fetch(&only_config(&dir.path().join("1"))).unwrap()), "");
    let fake = Fake::new(|call| match call.op.as_str() {
        "BatchGetAggregateResourceConfig" => Some(batch(call, |id| id == "a")),
        _ => roles(call, |_| (vec!["a", "b\u{1b}[2J"], None)),
    });
    let manifest = fake.fetch(&only_config(&dir.path().join("2"))).unwrap();
    insta::assert_snapshot!(open(&manifest), @r"config AWS::IAM::Role: failed: BatchGetAggregateResourceConfig: 1 resources were left out of every answer, such as `b\u{1b}[2J`");
    assert_eq!(fake.count("BatchGetAggregateResourceConfig"), 4);
    assert_eq!(manifest.sources.iter().map(|s| s.items).sum::<u64>(), 1);
    // Asked again, it is asked for the rest alone.
    fake.log.lock().unwrap().clear();
    fake.fetch(&Settings { resume: true, ..settings(&dir.path().join("2")) }).unwrap();
    let log = fake.log.lock().unwrap();
    let batch = log.iter().find(|c| c.op == "BatchGetAggregateResourceConfig").unwrap();
    assert_eq!(batch.body["ResourceIdentifiers"].as_array().unwrap().len(), 1);
}

#[test]
fn nobody_is_let_in_without_being_told_why() {
    let dir = sandbox();
    let folder = dir.path().join("s");
    let settings = settings(&folder);
    for (code, wanted) in [
        (
            "InvalidClientTokenId",
            "AWS does not say who is calling: GetCallerIdentity: InvalidClientTokenId (request request-1)\n  help: check the credentials, and that region `eu-west-1` is enabled",
        ),
        (
            "ExpiredToken",
            "AWS does not say who is calling: GetCallerIdentity: ExpiredToken (request request-1)\n  help: sign in again; with IAM Identity Center: `aws sso login`",
        ),
    ] {
        let fake = Fake::new(move |call| (call.op == "GetCallerIdentity").then(|| xml_error(403, code)));
        assert_eq!(usage(fake.fetch(&settings)), wanted);
    }
    let fake = Fake::new(|_| None);
    let nowhere = fake.config().to_builder().region(None).build();
    assert!(usage(run_with(&settings, nowhere, &mut |_| {})).starts_with("no region is set"));
    let nobody = fake.config().to_builder();
    let nobody = {
        let mut nobody = nobody;
        nobody.set_credentials_provider(None);
        nobody.build()
    };
    assert!(usage(run_with(&settings, nobody, &mut |_| {})).starts_with("there are no AWS credentials"));
    assert!(!folder.exists());
}

#[test]
fn no_secret_is_in_any_file_or_word() {
    let dir = sandbox();
    let fake = Fake::new(|call| match call.op.as_str() {
        // What AWS may say of a signature holds the token.
        "ListBuckets" => Some(s3_error(403, "SignatureDoesNotMatch").with_body(SECRETS[2])),
        "ListPolicies" => Some(error(400, "AccessDeniedException")),
        _ => None,
    });
    let mut told = String::new();
    let sources = [Source::Organizations, Source::Config, Source::Iam, Source::S3].into();
    let settings = Settings {
        sources,
        role_name: Some("Audit".into()),
        external_id: Some("own-external-id".into()),
        ..settings(dir.path())
    };
    let manifest = fake.fetch_telling(&settings, &mut |event| told.push_str(&format!("{event:?}"))).unwrap();
    assert!(!manifest.is_complete());
    let mut all = files(dir.path());
    all.insert("manifest".to_owned(), snapshot::render(&manifest));
    all.insert("told".to_owned(), told);
    assert!(all.keys().any(|name| name.starts_with(".fetch")), "the work is looked at as well");
    for (name, text) in &all {
        for secret in SECRETS.iter().chain(&["ASIA222222222222", "own-external-id", "hunter2"]) {
            assert!(!text.contains(secret), "{name} holds {secret}:\n{text}");
        }
    }
}

#[test]
fn an_older_snapshot_gives_way_when_the_new_one_is_whole() {
    let dir = sandbox();
    let fake = Fake::new(|_| None);
    let both = Settings { sources: [Source::Organizations, Source::AccessAnalyzer].into(), ..settings(dir.path()) };
    fake.fetch(&both).unwrap();
    assert!(dir.path().join("access-analyzer").exists());
    let less = Settings { sources: [Source::Organizations].into(), ..settings(dir.path()) };
    fake.fetch(&less).unwrap();
    assert!(!dir.path().join("access-analyzer").exists(), "what the manifest does not speak of is not there");
    let Found::Read(manifest) = snapshot::manifest(dir.path()) else { panic!() };
    assert!(manifest.sources.iter().all(|s| s.source == "organizations"));
}

#[test]
fn queries_give_the_same_items() {
    let dir = sandbox();
    let fake = Fake::new(|_| None);
    let manifest = fake.fetch(&Settings { query: true, ..only_config(dir.path()) }).unwrap();
    assert_eq!(open(&manifest), "");
    let text = &files(dir.path())["config/111111111111.jsonl.gz"];
    assert!(text.contains(r#""configuration":{"name":"q"}"#) && !text.contains("hunter2"), "{text}");
}
