//! Every source of policies, read by the whole program: whose policy it is, and the place in the file, through whatever the
//! policy was wrapped in. Bad input is told where it is bad, and the rest is checked all the same.

mod attached;
mod broken;
mod layouts;
mod secrets;

use crate::common::{Run, Sandbox};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{Read, Write as _};

const ACCOUNT: &str = "111122223333";
const SNAPSHOT: &str = "AWSLogs/111122223333/Config/eu-west-1/2026/8/20/ConfigSnapshot/\
                        111122223333_Config_eu-west-1_ConfigSnapshot_20260820T042704Z_x.json.gz";

/// Any role may be passed: `pass-role-with-star-in-resource` at the action.
fn pass_role() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]})
}

/// Everyone may do it: `resource-policy-open-to-everyone` at the principal.
fn open(action: &str, resource: &str) -> Value {
    let statement = json!([{"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}]);
    json!({"Version": "2012-10-17", "Statement": statement})
}

fn trusts_everyone() -> Value {
    let statement = json!([{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]);
    json!({"Version": "2012-10-17", "Statement": statement})
}

/// Percent-encoded as IAM does it: everything but letters, digits and `-_.~`.
fn percent(policy: &Value) -> String {
    let mut out = String::new();
    for byte in policy.to_string().bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("into memory");
        }
    }
    out
}

fn text(value: &Value) -> String {
    value.to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

/// A configuration item as it is delivered.
fn item(resource_type: &str, arn: &str, name: &str, configuration: &Value) -> Value {
    json!({
        "relatedEvents": [],
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": "2026-08-20T04:27:04.000Z",
        "configurationItemStatus": "OK",
        "awsAccountId": ACCOUNT,
        "resourceType": resource_type,
        "resourceId": format!("ID-{name}"),
        "resourceName": name,
        "ARN": arn,
        "awsRegion": "eu-west-1",
        "configuration": configuration,
        "supplementaryConfiguration": {},
    })
}

fn role_item(name: &str, more: &Value) -> Value {
    let mut configuration = json!({"roleName": name, "path": "/", "rolePolicyList": [], "attachedManagedPolicies": []});
    for (key, value) in more.as_object().expect("an object") {
        configuration[key] = value.clone();
    }
    item("AWS::IAM::Role", &arn("role", name), name, &configuration)
}

fn inline_role(name: &str) -> Value {
    role_item(name, &json!({"rolePolicyList": [{"policyName": "inline", "policyDocument": percent(&pass_role())}]}))
}

fn policy_item(name: &str, document: &Value, attachments: usize) -> Value {
    let old = json!({"versionId": "v1", "isDefaultVersion": false, "document": percent(&trusts_everyone())});
    let now = json!({"versionId": "v2", "isDefaultVersion": true, "document": percent(document)});
    let configuration = json!({"policyName": name, "attachmentCount": attachments, "permissionsBoundaryUsageCount": 0,
        "defaultVersionId": "v2", "policyVersionList": [old, now]});
    item("AWS::IAM::Policy", &arn("policy", name), name, &configuration)
}

fn bucket_item(policy: &Value) -> Value {
    let mut bucket = item("AWS::S3::Bucket", "arn:aws:s3:::b", "b", &json!({"name": "b"}));
    bucket["supplementaryConfiguration"] = json!({"BucketPolicy": {"policyText": policy}});
    bucket
}

fn snapshot(items: &[Value]) -> String {
    let items: Vec<String> = items.iter().map(Value::to_string).collect();
    broken_snapshot(&items)
}

fn broken_snapshot(items: &[String]) -> String {
    format!("{{\"fileVersion\":\"1.0\",\"configSnapshotId\":\"s\",\"configurationItems\":[{}]}}", items.join(",\n"))
}

/// The text of a file as the program counts it: unpacked, UTF-8.
fn decoded(sandbox: &Sandbox, name: &str) -> String {
    let bytes = std::fs::read(sandbox.path().join(name)).expect("a file that was reported");
    let bytes = if name.ends_with(".gz") {
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut out).expect("gzip");
        out
    } else {
        bytes
    };
    match &bytes[..] {
        [0xFF, 0xFE, rest @ ..] => {
            let units: Vec<u16> = rest.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
            String::from_utf16(&units).expect("UTF-16")
        }
        _ => String::from_utf8(bytes).expect("UTF-8"),
    }
}

/// What stands at a location, after a look at whether its line and column are those of its offset.
fn text_at<'t>(whole: &'t str, location: &Value) -> &'t str {
    let at = |end: &str| {
        let offset = usize::try_from(location[end]["offset"].as_u64().expect("an offset")).expect("small");
        let before = &whole[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        assert_eq!((&location[end]["line"], &location[end]["column"]), (&json!(line), &json!(column)), "{location}");
        offset
    };
    &whole[at("start")..at("end")]
}

fn shortened(text: &str) -> String {
    if text.len() > 40 { format!("{}…", &text[..40]) } else { text.to_owned() }
}

/// A finding in one line: whose policy, where in the file, where in the policy, and what stands there.
fn line(sandbox: &Sandbox, finding: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let policy = &finding["policy"];
    let location = &finding["location"];
    let file = location["file"].as_str().expect("a file");
    let whole = decoded(sandbox, file);
    let there = text_at(&whole, location);
    let embedded = match &location["embedded"] {
        Value::Null => String::new(),
        inner => {
            let via = inner["via"].as_array().into_iter().flatten().map(|v| format!(" > {}", word(v)));
            format!("{} > {}", via.collect::<String>(), word(&inner["pointer"]))
        }
    };
    let on = location["on"].as_str().map(|on| format!(" ({on})")).unwrap_or_default();
    format!(
        "{} of {} named {} in {} at {}{embedded}{on}: {}",
        word(&policy["kind"]),
        word(&policy["resource"]),
        word(&policy["name"]),
        word(&policy["account"]),
        word(&location["pointer"]),
        shortened(there)
    )
}

fn lines_of(sandbox: &Sandbox, run: &Run) -> Vec<String> {
    let report = run.json();
    let mut lines: Vec<String> =
        report["findings"].as_array().expect("findings").iter().map(|finding| line(sandbox, finding)).collect();
    lines.sort();
    lines
}

/// What one rule says about a file alone.
#[track_caller]
fn says(name: &str, bytes: impl AsRef<[u8]>, rule: &str, wanted: &[&str]) {
    let sandbox = Sandbox::with(&[]);
    sandbox.write(name, bytes);
    let run = sandbox.run(&["check", "--format", "json", "--select", rule]);
    assert_eq!(lines_of(&sandbox, &run), wanted, "{}\n{}", run.stderr, run.stdout);
    assert_eq!(run.code, i32::from(!wanted.is_empty()), "{}", run.stdout);
}

const PASS: &str = "pass-role-with-star-in-resource";
const OPEN: &str = "resource-policy-open-to-everyone";
const TLS: &str = "bucket-without-tls-only";

fn plan(version: &str) -> Value {
    json!({"format_version": version, "planned_values": {"root_module": {"resources": [{
        "address": "aws_iam_policy.p", "mode": "managed", "type": "aws_iam_policy", "name": "p",
        "values": {"name": "pass", "policy": text(&pass_role())}}]}}})
}
