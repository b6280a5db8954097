use super::super::testing::*;
use super::*;
use serde_json::{Value, json};
use std::path::Path;

fn finding(code: &str) -> Value {
    json!({
        "findingDetails": "said", "findingType": "SECURITY_WARNING", "issueCode": code, "learnMoreLink": "https://example.com/",
        "locations": [{
            "path": [{"value": "Statement"}, {"index": 0}, {"key": "Action"}, {"substring": {"start": 1, "length": 2}}],
            "span": {"start": {"line": 1, "column": 2, "offset": 3}, "end": {"line": 4, "column": 5, "offset": 6}},
        }],
    })
}

fn document(kind: PolicyKind, resource_type: Option<&str>, text: &str) -> Document {
    Document { kind, resource_type: resource_type.map(str::to_owned), text: text.to_owned() }
}

#[test]
fn documents_are_judged_in_order_page_by_page() {
    let fake = Fake::new(|call| {
        if call.op != "ValidatePolicy" {
            return None;
        }
        let text = call.body["policyDocument"].as_str().unwrap();
        Some(match (text, query(call, "nextToken")) {
            ("long", None) => ok(json!({"findings": [], "nextToken": "1"})),
            ("long", Some(_)) => ok(json!({"findings": [finding("A"), finding("B")]})),
            ("refused", _) => error(403, "AccessDeniedException"),
            _ => ok(json!({"findings": []})),
        })
    });
    let documents = [
        document(PolicyKind::IdentityPolicy, None, "long"),
        document(PolicyKind::ServiceControlPolicy, None, "refused"),
        document(PolicyKind::ResourcePolicy, Some("AWS::S3::Bucket"), "fine"),
    ];
    let done = std::cell::Cell::new(0);
    let settings = settings(Path::new(""));
    let count = |n| done.set(done.get() + n);
    let work = with(&settings, fake.config(), &documents, &count);
    let answers = block_on(work).unwrap().unwrap();
    assert_eq!(done.get(), 3);
    let codes: Vec<_> = answers[0].as_ref().unwrap().iter().map(|f| f.issue_code.as_str()).collect();
    assert_eq!(codes, ["A", "B"]);
    let location = &answers[0].as_ref().unwrap()[0].locations[0];
    let path = [Step::Value("Statement".into()), Step::Index(0), Step::Key("Action".into()), Step::Substring(1, 2)];
    assert_eq!(location.path, path);
    assert_eq!(
        (location.start, location.end),
        (Point { line: 1, column: 2, offset: 3 }, Point { line: 4, column: 5, offset: 6 })
    );
    assert!(answers[1].as_ref().unwrap_err().message.starts_with("ValidatePolicy: AccessDeniedException"));
    assert_eq!(answers[2], Ok(Vec::new()));
}

#[test]
fn aws_is_told_what_it_can_use() {
    let of = |one: Document| {
        let (kind, resource) = kind(&one);
        format!("{} {}", kind.as_str(), resource.map(|r| r.as_str().to_owned()).unwrap_or_default())
    };
    assert_eq!(of(document(PolicyKind::TrustPolicy, None, "")), "RESOURCE_POLICY AWS::IAM::AssumeRolePolicyDocument");
    assert_eq!(of(document(PolicyKind::ResourcePolicy, Some("AWS::S3::Bucket"), "")), "RESOURCE_POLICY AWS::S3::Bucket");
    assert_eq!(of(document(PolicyKind::ResourcePolicy, Some("AWS::SQS::Queue"), "")), "RESOURCE_POLICY ");
    assert_eq!(of(document(PolicyKind::PermissionsBoundary, None, "")), "IDENTITY_POLICY ");
    assert_eq!(of(document(PolicyKind::ResourceControlPolicy, None, "")), "RESOURCE_CONTROL_POLICY ");
}
