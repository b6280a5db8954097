use super::super::settings::{Settings, Source};
use super::super::testing::*;
use super::*;
use crate::source::snapshot::{Manifest, State};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf")
}

fn entry(call: &Call, name: &str) -> Value {
    json!({"ARN": arn(&call.account, region(call), name), "Name": name, "CreatedDate": 1_766_000_000.0,
           "Description": "hunter2", "Tags": [{"Key": "team", "Value": "lake"}, {"Key": "Password", "Value": "hunter2"}]})
}

/// Two secrets in `eu-west-1` of the other account, behind an empty page; the second has no policy.
fn lake(call: &Call) -> Option<Reply> {
    let there = call.account == OTHER && region(call) == "eu-west-1";
    match call.op.as_str() {
        "ListSecrets" if there && call.body["NextToken"].is_null() => Some(ok(json!({"SecretList": [], "NextToken": "more"}))),
        "ListSecrets" if there => Some(ok(json!({"SecretList": [entry(call, "lake/open"), entry(call, "lake/plain")]}))),
        "GetResourcePolicy" if call.body["SecretId"].as_str()?.contains("open") => {
            let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
            Some(ok(json!({"ARN": call.body["SecretId"], "Name": "lake/open", "ResourcePolicy": policy})))
        }
        "GetResourcePolicy" => Some(ok(json!({"ARN": call.body["SecretId"], "Name": "lake/plain"}))),
        _ => None,
    }
}

/// Secrets alone, of the organization.
fn secrets_of(folder: &Path) -> Settings {
    let sources = [Source::Organizations, Source::SecretsManager].into();
    Settings { sources, role_name: Some("Audit".into()), ..settings(folder) }
}

/// Accounts and regions in which secrets were asked for.
fn asked(fake: &Fake) -> BTreeSet<String> {
    let log = fake.log.lock().unwrap();
    let lists = log.iter().filter(|call| call.op == "ListSecrets");
    lists.map(|call| format!("{} {}", call.account, region(call))).collect()
}

fn told(manifest: &Manifest) -> Vec<String> {
    let of_secrets = manifest.sources.iter().filter(|s| s.source == "secrets-manager");
    let line = |s: &crate::source::snapshot::SourceState| {
        let about = [s.account.clone(), s.region.clone(), s.what.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        format!("{about}: {} {} {}", s.state.as_str(), s.items, s.reason.clone().unwrap_or_default()).trim_end().to_owned()
    };
    of_secrets.map(line).collect()
}

#[test]
fn policies_are_written_and_nothing_that_may_be_secret() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(lake);
    let manifest = fake.fetch(&secrets_of(dir.path())).unwrap();
    assert_eq!(told(&manifest), ["111111111111 eu-west-1: complete 0", "222222222222 eu-west-1: complete 2"]);
    let all = files(dir.path());
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(names, ["organization.json", "secrets-manager/222222222222.jsonl.gz"]);
    insta::assert_snapshot!(all["secrets-manager/222222222222.jsonl.gz"].replace(manifest.started.as_str(), "NOW"), @r#"
    {"configurationItemVersion":"1.3","configurationItemCaptureTime":"NOW","configurationItemStatus":"OK","awsAccountId":"222222222222","resourceType":"AWS::SecretsManager::Secret","resourceId":"arn:aws:secretsmanager:eu-west-1:222222222222:secret:lake/open-AbCdEf","resourceName":"lake/open","ARN":"arn:aws:secretsmanager:eu-west-1:222222222222:secret:lake/open-AbCdEf","awsRegion":"eu-west-1","resourceCreationTime":"2025-12-17T19:33:20Z","tags":{"team":"lake"},"configuration":{"ARN":"arn:aws:secretsmanager:eu-west-1:222222222222:secret:lake/open-AbCdEf","Name":"lake/open"},"supplementaryConfiguration":{"ResourcePolicy":"{\"Version\":\"2012-10-17\",\"Statement\":[]}"}}
    {"configurationItemVersion":"1.3","configurationItemCaptureTime":"NOW","configurationItemStatus":"OK","awsAccountId":"222222222222","resourceType":"AWS::SecretsManager::Secret","resourceId":"arn:aws:secretsmanager:eu-west-1:222222222222:secret:lake/plain-AbCdEf","resourceName":"lake/plain","ARN":"arn:aws:secretsmanager:eu-west-1:222222222222:secret:lake/plain-AbCdEf","awsRegion":"eu-west-1","resourceCreationTime":"2025-12-17T19:33:20Z","tags":{"team":"lake"},"configuration":{"ARN":"arn:aws:secretsmanager:eu-west-1:222222222222:secret:lake/plain-AbCdEf","Name":"lake/plain"},"supplementaryConfiguration":{"ResourcePolicy":null}}
    "#);
    assert!(all.values().all(|text| !text.contains("hunter2")));
    assert_eq!(fake.count("GetResourcePolicy"), 2);
    // The caller's own account is read by the caller.
    assert_eq!(fake.count("AssumeRole"), 1);
    let of_secrets = |op: &str| ["ListSecrets", "GetResourcePolicy"].contains(&op);
    assert!(fake.log.lock().unwrap().iter().all(|c| of_secrets(&c.op) || !c.path.contains("secretsmanager")));
}

#[test]
fn every_account_is_asked_where_config_told_of_anything() {
    let dir = tempfile::tempdir().unwrap();
    // Roles say `global`; their list says where they were recorded.
    let fake = Fake::new(|call| match call.op.as_str() {
        "ListAggregateDiscoveredResources" if call.body["ResourceType"] == "AWS::IAM::Role" => {
            let mut id = identifier(OTHER, "AWS::IAM::Role", "r");
            id["SourceRegion"] = json!("us-east-1");
            Some(ok(json!({"ResourceIdentifiers": [id]})))
        }
        "BatchGetAggregateResourceConfig" if call.text.contains("AWS::IAM::Role") => {
            let mut item = item(OTHER, "AWS::IAM::Role", "r");
            item["awsRegion"] = json!("global");
            Some(ok(json!({"BaseConfigurationItems": [item]})))
        }
        _ => lake(call),
    });
    let all = Settings { role_name: Some("Audit".into()), ..settings(&dir.path().join("a")) };
    let manifest = fake.fetch(&all).unwrap();
    assert_eq!(open(&manifest), "");
    // Buckets of both accounts lie in eu-west-1, as Config says.
    let wanted = ["111111111111 eu-west-1", "222222222222 eu-west-1", "222222222222 us-east-1"];
    assert_eq!(asked(&fake).into_iter().collect::<Vec<_>>(), wanted);
    assert!(files(&dir.path().join("a")).contains_key("secrets-manager/222222222222.jsonl.gz"));
    // Those that are named take their place.
    let fake = Fake::new(lake);
    let named = Settings { regions: vec!["eu-north-1".into()], out: dir.path().join("b"), ..all.clone() };
    fake.fetch(&named).unwrap();
    assert_eq!(asked(&fake).into_iter().collect::<Vec<_>>(), ["111111111111 eu-north-1", "222222222222 eu-north-1"]);
    // Other types were asked for.
    let fake = Fake::new(lake);
    let keys = Settings { types: vec!["AWS::KMS::Key".into()], out: dir.path().join("c"), ..all };
    fake.fetch(&keys).unwrap();
    assert_eq!(fake.count("ListSecrets"), 0);
}

#[test]
fn a_region_that_is_not_enabled_is_no_gap_unless_config_tells_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let fake = || Fake::new(|call| (call.op == "ListSecrets").then(|| error(400, "UnrecognizedClientException")));
    let named = Settings { regions: vec!["me-south-1".into()], ..secrets_of(&dir.path().join("a")) };
    let manifest = fake().fetch(&named).unwrap();
    assert!(manifest.is_complete());
    assert_eq!(told(&manifest)[1], "222222222222 me-south-1: complete 0 not available: the account has not enabled this region");
    // There is something: then the keys are at fault.
    let default = Settings { role_name: Some("Audit".into()), ..settings(&dir.path().join("b")) };
    let manifest = fake().fetch(&default).unwrap();
    let told = told(&manifest);
    assert!(told.iter().all(|line| line.contains("eu-west-1: denied 0 ListSecrets: UnrecognizedClientException")), "{told:?}");
    assert_eq!(told.len(), 2);
}

#[test]
fn what_is_missing_is_said_and_only_that_is_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let whole = Fake::new(lake);
    let settings =
        |out: &str| Settings { regions: vec!["eu-west-1".into(), "us-east-1".into()], ..secrets_of(&dir.path().join(out)) };
    let started = whole.fetch(&settings("whole")).unwrap().started;
    let broken = Arc::new(AtomicBool::new(true));
    let switch = broken.clone();
    let fake = Fake::new(move |call| {
        let refused = (call.op == "GetResourcePolicy" && call.text.contains("plain"))
            || (call.op == "ListSecrets" && call.account == OTHER && region(call) == "us-east-1");
        if refused && switch.load(Ordering::SeqCst) { Some(error(400, "AccessDeniedException")) } else { lake(call) }
    });
    let manifest = fake.fetch(&settings("part")).unwrap();
    insta::assert_snapshot!(open(&manifest), @r"
    secrets-manager 222222222222 eu-west-1 lake/plain: denied: GetResourcePolicy: AccessDeniedException: AccessDeniedException was said (request request-1)
    secrets-manager 222222222222 us-east-1: denied: ListSecrets: AccessDeniedException: AccessDeniedException was said (request request-1)
    ");
    let help = manifest.sources.iter().find(|s| s.state == State::Denied).and_then(|s| s.help.clone()).unwrap();
    assert!(help.contains("--print-policy=role"), "{help}");
    let part = &files(&dir.path().join("part"))["secrets-manager/222222222222.jsonl.gz"];
    // One whose policy may not be read is not one without.
    assert!(part.contains("lake/open") && !part.contains("lake/plain"), "{part}");
    broken.store(false, Ordering::SeqCst);
    fake.log.lock().unwrap().clear();
    let resumed = fake.fetch(&Settings { resume: true, ..settings("part") }).unwrap();
    assert_eq!(open(&resumed), "");
    assert_eq!(asked(&fake).into_iter().collect::<Vec<_>>(), ["222222222222 us-east-1"]);
    assert_eq!(fake.count("GetResourcePolicy"), 1);
    let text = |out: &str, time: &str| files(&dir.path().join(out))["secrets-manager/222222222222.jsonl.gz"].replace(time, "NOW");
    assert_eq!(text("part", &resumed.started), text("whole", &started));
}

#[test]
fn one_that_was_deleted_meanwhile_is_gone_and_long_names_are_no_trouble() {
    let dir = tempfile::tempdir().unwrap();
    let long = "x".repeat(512);
    let fake = Fake::new(move |call| match call.op.as_str() {
        "ListSecrets" => Some(ok(json!({"SecretList": [entry(call, &long), entry(call, "gone")]}))),
        "GetResourcePolicy" if call.text.contains("gone") => Some(error(400, "ResourceNotFoundException")),
        _ => lake(call),
    });
    // Without a role the caller's own account is read, and others are nobody's business.
    let manifest = fake.fetch(&Settings { sources: [Source::SecretsManager].into(), ..settings(dir.path()) }).unwrap();
    assert_eq!(told(&manifest), ["111111111111 eu-west-1: complete 1"]);
    assert_eq!(files(dir.path())["secrets-manager/111111111111.jsonl.gz"].lines().count(), 1);
    assert_eq!(fake.count("AssumeRole"), 0);
}

#[test]
fn a_replica_that_refuses_has_the_policy_of_its_primary() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(|call| match (call.op.as_str(), region(call)) {
        ("ListSecrets", at) => {
            let mut one = entry(call, "lake/open");
            one["PrimaryRegion"] = json!(if at == "us-east-1" { "eu-central-1" } else { "https://x" });
            Some(ok(json!({"SecretList": [one]})))
        }
        ("GetResourcePolicy", "us-east-1" | "us-west-2") => Some(error(400, "InvalidParameterException")),
        _ => lake(call),
    });
    let regions = vec!["us-east-1".into(), "us-west-2".into()];
    let manifest = fake.fetch(&Settings { sources: [Source::SecretsManager].into(), regions, ..settings(dir.path()) }).unwrap();
    let log = fake.log.lock().unwrap();
    let primary = log.iter().find(|call| call.op == "GetResourcePolicy" && region(call) == "eu-central-1").unwrap();
    assert_eq!(primary.body["SecretId"], arn(OWN, "eu-central-1", "lake/open"));
    let text = &files(dir.path())["secrets-manager/111111111111.jsonl.gz"];
    assert!(text.contains("us-east-1") && text.contains("Statement") && !text.contains("us-west-2"), "{text}");
    assert!(told(&manifest)[2].contains("us-west-2 lake/open: failed 0 GetResourcePolicy: InvalidParameterException"));
}

#[test]
fn where_nobody_may_enter_it_is_said_once() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(|call| if call.op == "AssumeRole" { Some(xml_error(403, "AccessDenied")) } else { lake(call) });
    let named = Settings { regions: vec!["eu-west-1".into(), "us-east-1".into()], ..secrets_of(dir.path()) };
    let told = told(&fake.fetch(&named).unwrap());
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[2].starts_with("222222222222: denied 0 AssumeRole: AccessDenied"), "{told:?}");
}
