use super::*;
use crate::algebra::Who;
use crate::document::{Document, json};
use crate::policy::{PolicyKind, parse};

fn question(action: &str) -> Question {
    Question {
        actions: vec![action.to_owned()],
        resources: vec!["*".to_owned()],
        by_resource_type: false,
        who: Who::Anyone,
        when: Vec::new(),
        except: Vec::new(),
        explicit: false,
        kind: Some(PolicyKind::ServiceControlPolicy),
        account: None,
    }
}

/// Levels of policies, each by its statements; a level that starts with `+` is open.
fn answer<T>(levels: &[&[&str]], test: impl FnOnce(&[Layer<'_, '_>]) -> T) -> T {
    let document = |statements: &&str| {
        let statements = statements.trim_start_matches('+');
        json::parse(format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#))
    };
    let documents: Vec<Vec<Document>> = levels.iter().map(|level| level.iter().map(document).collect()).collect();
    let policies: Vec<Vec<Policy<'_>>> =
        documents.iter().map(|level| level.iter().map(|d| parse(d.root().unwrap()).0).collect()).collect();
    let layers: Vec<Layer<'_, '_>> = policies
        .iter()
        .zip(levels)
        .map(|(own, texts)| Layer { policies: own.iter().collect(), open: texts.iter().any(|t| t.starts_with('+')) })
        .collect();
    test(&layers)
}

fn held(levels: &[&[&str]], action: &str) -> bool {
    answer(levels, |layers| {
        let answer = denies(layers, &question(action));
        assert!(answer.truth == Truth::True || answer.witness.is_some(), "no witness: {levels:?}");
        let granted = grants(layers, &question(action)).truth;
        assert_eq!(granted == Truth::True, answer.truth == Truth::False, "{levels:?}");
        answer.truth == Truth::True
    })
}

const FULL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const EC2_S3: &str = r#"{"Effect":"Allow","Action":["ec2:*","s3:*"],"Resource":"*"}"#;
const EC2_ONLY: &str = r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#;
const S3_ONLY: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
const DENY_RUN: &str = r#"{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*"}"#;

#[test]
fn a_deny_at_any_level_stops() {
    assert!(held(&[&[FULL], &[FULL, DENY_RUN], &[FULL]], "ec2:RunInstances"));
    assert!(!held(&[&[FULL], &[FULL, DENY_RUN], &[FULL]], "ec2:StopInstances"));
    assert!(!held(&[], "ec2:RunInstances"));
}

#[test]
fn every_level_must_allow() {
    assert!(held(&[&[FULL], &[S3_ONLY], &[FULL]], "ec2:RunInstances"));
    assert!(!held(&[&[FULL], &[EC2_ONLY], &[EC2_S3]], "ec2:RunInstances"));
    // Each level allows something, together they allow nothing.
    assert!(held(&[&[EC2_ONLY], &[S3_ONLY]], "ec2:*"));
    assert!(held(&[&[EC2_ONLY], &[S3_ONLY]], "s3:*"));
    // Within a level either policy will do.
    assert!(!held(&[&[EC2_ONLY, S3_ONLY], &[S3_ONLY]], "s3:GetObject"));
    // A level of Denies alone allows nothing, unless it is known to stand beside an Allow of everything.
    assert!(held(&[&[FULL], &[DENY_RUN]], "s3:GetObject"));
    assert!(!held(&[&[FULL], &[&format!("+{DENY_RUN}")]], "s3:GetObject"));
    assert!(held(&[&[FULL], &[&format!("+{DENY_RUN}")]], "ec2:RunInstances"));
}

#[test]
fn no_single_level_shows_what_two_do_together() {
    let west =
        r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}"#;
    let east =
        r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}}"#;
    assert!(held(&[&[west], &[east]], "ec2:RunInstances"));
    assert!(!held(&[&[west], &[west]], "ec2:RunInstances"));
    assert!(!held(&[&[west], &[east, west]], "ec2:RunInstances"));
    let no_west =
        r#"{"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}"#;
    assert!(held(&[&[west], &[FULL, no_west]], "ec2:RunInstances"));
}

#[test]
fn what_is_missing_is_missing_at_every_level() {
    let run_stop = r#"{"Effect":"Allow","Action":["ec2:RunInstances","ec2:StopInstances"],"Resource":"*"}"#;
    let stop_start = r#"{"Effect":"Allow","Action":["ec2:StopInstances","ec2:StartInstances"],"Resource":"*"}"#;
    answer(&[&[run_stop], &[stop_start]], |layers| {
        let answer = denies(layers, &question("ec2:StopInstances"));
        assert_eq!((answer.truth, answer.missing), (Truth::False, vec!["ec2:StopInstances".to_owned()]));
    });
}

#[test]
fn a_condition_on_the_account_covers_the_account() {
    let own = r#"{"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}"#;
    let ask = |account: Option<&str>| {
        let question = Question { account: account.map(str::to_owned), ..question("ec2:RunInstances") };
        answer(&[&[FULL, own]], |layers| denies(layers, &question).truth)
    };
    assert_eq!(ask(Some("111122223333")), Truth::True);
    assert_eq!(ask(Some("444455556666")), Truth::False);
    assert_eq!(ask(None), Truth::False);
}
