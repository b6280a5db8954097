//! Secrets in a snapshot: AWS Config records them without their policies, or their policies by themselves, and
//! `secrets-manager/` holds both. Each policy is judged once, whichever record is the newer one.

use super::*;

const FOREIGN: &str = "secret-open-to-foreign-root";
const RULE: &str = "secret-rotates";
const NAME: &str = "lake/warehouse";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:lake/warehouse-AbCdEf";
const OURS: &str = "snap/secrets-manager/111122223333.jsonl.gz";
const CONFIG: &str = "snap/config/111122223333.jsonl.gz";
/// Before and after what `item` says of itself.
const OLDER: &str = "2026-08-19T00:00:00Z";
const NEWER: &str = "2026-08-21T00:00:00Z";

fn trusts(principal: &Value) -> Value {
    let statement =
        json!([{"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]);
    json!({"Version": "2012-10-17", "Statement": statement})
}

fn foreign() -> Value {
    trusts(&json!({"AWS": "arn:aws:iam::444455556666:root"}))
}

fn named() -> Value {
    trusts(&json!({"AWS": "arn:aws:iam::444455556666:role/reader"}))
}

/// As `palisade fetch` writes it.
fn ours(policy: Option<Value>, captured: &str) -> Value {
    let configuration = json!({"ARN": SECRET, "Name": NAME, "RotationEnabled": false});
    let mut secret = item("AWS::SecretsManager::Secret", SECRET, NAME, &configuration);
    secret["configurationItemCaptureTime"] = json!(captured);
    secret["supplementaryConfiguration"] = json!({"ResourcePolicy": policy.map(|policy| text(&policy))});
    secret
}

/// As AWS Config records it: without its policy.
fn bare() -> Value {
    item("AWS::SecretsManager::Secret", SECRET, NAME, &json!({"Name": NAME, "RotationEnabled": false}))
}

/// The policy as AWS Config records it.
fn apart(policy: &Value) -> Value {
    item("AWS::SecretsManager::ResourcePolicy", SECRET, SECRET, &json!({"SecretId": SECRET, "ResourcePolicy": policy}))
}

fn snapshot_of(config: &[Value], secrets: &[Value]) -> Sandbox {
    let manifest = json!({"palisade_snapshot": 1, "started": NEWER, "finished": NEWER, "sources": []});
    let sandbox = Sandbox::with(&[("snap/manifest.json", &text(&manifest))]);
    // A fetch writes no file without a record.
    for (name, items) in [(CONFIG, config), (OURS, secrets)].into_iter().filter(|(_, items)| !items.is_empty()) {
        let lines: String = items.iter().map(|item| format!("{item}\n")).collect();
        sandbox.write(name, gzip(lines.as_bytes()));
    }
    sandbox
}

/// What a rule finds, and in which file.
fn found(sandbox: &Sandbox, options: &[&str]) -> Vec<String> {
    let run = sandbox.run(&[&["check", "snap", "--format", "json"], options].concat());
    assert_eq!(run.json()["documents"]["incomplete"], json!([]), "{}", run.stdout);
    let mut lines: Vec<String> = run.json()["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| format!("{}: {}", finding["location"]["file"].as_str().expect("a file"), line(sandbox, finding)))
        .collect();
    lines.sort();
    lines
}

#[track_caller]
fn says_of(config: &[Value], secrets: &[Value], wanted: &[&str]) {
    assert_eq!(found(&snapshot_of(config, secrets), &["--select", FOREIGN]), wanted);
}

fn at(file: &str, place: &str, named: &str) -> String {
    let (embedded, quote) = if file == OURS { (" > /", "\\\"") } else { ("/", "\"") };
    let there = shortened(&format!("{quote}arn:aws:iam::444455556666:root{quote}"));
    format!(
        "{file}: resource-policy of {SECRET} named {named} in {ACCOUNT} at {place}{embedded}Statement/0/Principal/AWS: {there}"
    )
}

#[test]
fn a_policy_is_judged_where_it_stands_beside_a_record_without_it() {
    let place = at(OURS, "/supplementaryConfiguration/ResourcePolicy", NAME);
    for captured in [OLDER, NEWER] {
        says_of(&[bare()], &[ours(Some(foreign()), captured)], &[&place]);
        says_of(&[], &[ours(Some(foreign()), captured)], &[&place]);
        says_of(&[bare()], &[ours(Some(named()), captured)], &[]);
        says_of(&[bare()], &[ours(None, captured)], &[]);
    }
    // Everybody: another rule, and nothing of low confidence about a secret that has a named reader.
    let everybody = snapshot_of(&[bare()], &[ours(Some(trusts(&json!("*"))), NEWER)]);
    let open = found(&everybody, &["--select", OPEN]);
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0].ends_with(" > /Statement/0/Principal: \\\"*\\\""), "{open:?}");
    assert_eq!(found(&snapshot_of(&[bare()], &[ours(Some(named()), NEWER)]), &[]), [""; 0]);
}

#[test]
fn a_policy_that_config_records_by_itself_is_the_same_one() {
    let apart_at = at(CONFIG, "/configuration/ResourcePolicy", SECRET);
    let ours_at = at(OURS, "/supplementaryConfiguration/ResourcePolicy", NAME);
    // AWS Config alone: the rules about secrets hold for it.
    says_of(&[bare(), apart(&foreign())], &[], &[&apart_at]);
    // Both tell: once, from the newer record.
    says_of(&[bare(), apart(&foreign())], &[ours(Some(foreign()), NEWER)], &[&ours_at]);
    says_of(&[bare(), apart(&foreign())], &[ours(Some(foreign()), OLDER)], &[&apart_at]);
    // It was mended, or taken away, since AWS Config saw it; or after the fetch.
    says_of(&[apart(&foreign())], &[ours(Some(named()), NEWER)], &[]);
    says_of(&[apart(&foreign())], &[ours(None, NEWER)], &[]);
    says_of(&[apart(&named())], &[ours(Some(foreign()), OLDER)], &[]);
    says_of(&[apart(&foreign())], &[ours(None, OLDER)], &[&apart_at]);
    // What is deleted is gone.
    let deleted = |item: Value| {
        let mut gone = item;
        gone["configurationItemStatus"] = json!("ResourceDeleted");
        gone["configuration"] = Value::Null;
        gone
    };
    for gone in [deleted(bare()), deleted(apart(&foreign()))] {
        says_of(std::slice::from_ref(&gone), &[ours(Some(foreign()), OLDER)], &[]);
        says_of(&[gone], &[ours(Some(foreign()), NEWER)], &[&ours_at]);
    }
    // Another secret is another one.
    let mut other = ours(Some(foreign()), NEWER);
    other["ARN"] = json!(SECRET.replace("warehouse", "other"));
    assert_eq!(found(&snapshot_of(&[apart(&foreign())], &[other]), &["--select", FOREIGN]).len(), 2);
}

#[test]
fn the_record_of_config_is_asked_about_the_secret_itself() {
    let rule = format!(
        "palisade: 1\nid: {RULE}\ntitle: A secret that does not rotate\nseverity: low\nmessage: it does not rotate\n\
         rationale: It should.\nremediation: Have it rotate.\napplies_to:\n  kind: [config-item]\n  resource_type: \
         [AWS::SecretsManager::Secret]\nfor_each: {{ jsonpath: \"$.configuration\" }}\nassert: {{ path: \"$.RotationEnabled\", equals: true }}\n"
    );
    for captured in [OLDER, NEWER] {
        for (config, file) in [(&[bare()][..], CONFIG), (&[], OURS)] {
            let sandbox = snapshot_of(config, &[ours(Some(foreign()), captured)]);
            sandbox.write("rules/secret.yaml", &rule);
            let found = found(&sandbox, &["--rules", "rules", "--select", RULE]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(&format!("{file}: ")), "{found:?}");
        }
    }
}

#[test]
fn what_access_analyzer_finds_points_into_the_policy() {
    let details = json!({"externalAccessDetails": {"principal": {"AWS": "444455556666"}, "action": ["secretsmanager:GetSecretValue"],
        "isPublic": false, "condition": {}, "sources": [{"type": "POLICY"}]}});
    let finding = json!({"id": "f-1", "resource": SECRET, "resourceType": "AWS::SecretsManager::Secret", "status": "ACTIVE",
        "resourceOwnerAccount": ACCOUNT, "findingType": "ExternalAccess", "updatedAt": NEWER, "findingDetails": [details]});
    let line = json!({"analyzer": {"arn": "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/a", "type": "ACCOUNT"},
        "account": ACCOUNT, "region": "eu-west-1", "kind": "external", "finding": finding});
    let sandbox = snapshot_of(&[bare()], &[ours(Some(foreign()), OLDER)]);
    sandbox.write("snap/access-analyzer/111122223333.jsonl.gz", gzip(format!("{line}\n").as_bytes()));
    let found = found(&sandbox, &["--select", "access-analyzer-external-access"]);
    assert_eq!(found, [at(OURS, "/supplementaryConfiguration/ResourcePolicy", NAME)]);
}
