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

fn question(kind: PolicyKind, resource_type: Option<&str>, text: &str) -> Question {
    Question { kind, resource_type: resource_type.map(str::to_owned), text: text.to_owned() }
}

#[test]
fn policies_are_judged_in_order_page_by_page() {
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
    let questions = [
        question(PolicyKind::IdentityPolicy, None, "long"),
        question(PolicyKind::ResourcePolicy, Some("AWS::S3::Bucket"), "fine"),
        question(PolicyKind::ServiceControlPolicy, None, "refused"),
    ];
    let done = std::cell::Cell::new(0);
    let settings = settings(Path::new(""));
    let count = |n| done.set(done.get() + n);
    let work = with(&settings, fake.config(), &questions, &count);
    let answers = block_on(work).unwrap().unwrap();
    assert_eq!(done.get(), 3);
    let remarks = answers[0].as_ref().unwrap();
    assert_eq!(remarks.iter().map(|r| r.code.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    let path = vec![Step::Value("Statement".into()), Step::Index(0), Step::Key("Action".into()), Step::Within];
    assert_eq!((remarks[0].sort, &remarks[0].places), (review::Sort::SecurityWarning, &vec![path]));
    assert!(answers[2].as_ref().unwrap_err().message.starts_with("ValidatePolicy: AccessDeniedException"));
    assert_eq!(answers[1], Ok(Vec::new()));
}

#[test]
fn who_may_not_ask_stops_asking() {
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = calls.clone();
    let fake = Fake::new(move |call| {
        (call.op == "ValidatePolicy").then(|| {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            error(403, "AccessDeniedException")
        })
    });
    let questions: Vec<_> = (0..500).map(|n| question(PolicyKind::IdentityPolicy, None, &n.to_string())).collect();
    let settings = settings(Path::new(""));
    let answers = block_on(with(&settings, fake.config(), &questions, &|_| ())).unwrap().unwrap();
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 500);
    assert!(answers[499].as_ref().unwrap_err().next_step().starts_with("allow the caller `access-analyzer:ValidatePolicy`"));
    let calls = calls.load(std::sync::atomic::Ordering::SeqCst);
    assert!((1..=settings.concurrency * OVERALL).contains(&calls), "{calls}");
}

#[test]
fn aws_is_told_what_it_can_use() {
    let of = |one: Question| {
        let (kind, resource) = kind(&one);
        format!("{} {}", kind.as_str(), resource.map(|r| r.as_str().to_owned()).unwrap_or_default())
    };
    assert_eq!(of(question(PolicyKind::TrustPolicy, None, "")), "RESOURCE_POLICY AWS::IAM::AssumeRolePolicyDocument");
    assert_eq!(of(question(PolicyKind::ResourcePolicy, Some("AWS::S3::Bucket"), "")), "RESOURCE_POLICY AWS::S3::Bucket");
    assert_eq!(of(question(PolicyKind::ResourcePolicy, Some("AWS::SQS::Queue"), "")), "RESOURCE_POLICY ");
    assert_eq!(of(question(PolicyKind::PermissionsBoundary, None, "")), "IDENTITY_POLICY ");
    assert_eq!(of(question(PolicyKind::ResourceControlPolicy, None, "")), "RESOURCE_CONTROL_POLICY ");
}
