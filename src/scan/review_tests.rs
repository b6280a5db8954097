use super::*;
use crate::config::Config;
use crate::finding::Outcome;
use crate::policy::Context;
use crate::rule::registry::Wishes;
use crate::rule::{Registry, RuleSource};
use crate::source::SourceFile;
use crate::source::stream::Content;
use std::sync::Mutex;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Sid":"A","Effect":"Allow","Action":"iam:PassRole","Resource":"*"},
  {"Sid":"B","Effect":"Allow","Action":["s3:GetObject","s3:GetObject"],"Resource":"*"}]}"#;

fn value(name: &str) -> Step {
    Step::Value(name.to_owned())
}

fn remark(code: &str, places: &[Vec<Step>]) -> Remark {
    Remark {
        code: code.to_owned(),
        sort: Sort::Warning,
        message: "they say so.".to_owned(),
        url: "https://example.com/".to_owned(),
        places: places.to_vec(),
    }
}

fn check(text: &str, kind: PolicyKind, wishes: &Wishes, reviewer: &Reviewer<'_>) -> Outcome {
    let registry = Registry::build(&[] as &[RuleSource], wishes).unwrap();
    let scan = Scan {
        registry: &registry,
        config: &Config::default(),
        context: Context { kind: Some(kind), ..Context::default() },
        cards: false,
        excerpts: false,
        organization: None,
        walk: Default::default(),
        project_name: &|file| file.to_owned(),
        progress: &|_| (),
        review: Some(reviewer),
        baseline: None,
        today: time::macros::date!(2026 - 01 - 01),
        whole: false,
    };
    let name: Arc<str> = if text.starts_with('{') { "p.json" } else { "p.yaml" }.into();
    let file = SourceFile { name: name.clone(), text: text.to_owned(), problems: Vec::new() };
    scan.content(Content::Whole(file), &name)
}

/// `rule place online`, a line each.
fn told(remarks: Vec<Remark>, wishes: &Wishes) -> String {
    let remarks: Arc<[Remark]> = remarks.into();
    let outcome = check(POLICY, PolicyKind::IdentityPolicy, wishes, &|_, _| Some(remarks.clone()));
    let line = |f: &Finding| {
        let online = f.online.map_or("-", Online::as_str);
        format!("{} {} {online} {}\n", f.rule, f.primary.location.pointer, f.policy.sid.as_deref().unwrap_or("-"))
    };
    outcome.findings.iter().map(line).collect()
}

fn only_access_analyzer() -> Wishes {
    Wishes { select: vec!["access-analyzer".to_owned()], ..Wishes::default() }
}

#[test]
fn what_both_say_of_a_statement_is_one_finding() {
    let of_list = remark("REDUNDANT_ACTION", &[vec![value("Statement"), Step::Index(1), value("Action"), Step::Index(0)]]);
    let pass_role = remark("PASS_ROLE_WITH_STAR_IN_RESOURCE", &[vec![value("Statement"), Step::Index(0), value("Resource")]]);
    insta::assert_snapshot!(told(vec![of_list, pass_role], &only_access_analyzer()), @r"
    pass-role-with-star-in-resource /Statement/0/Action confirmed A
    redundant-action /Statement/1/Action/1 confirmed B
    ");
}

#[test]
fn the_same_of_another_statement_is_another_finding() {
    let elsewhere = remark("PASS_ROLE_WITH_STAR_IN_RESOURCE", &[vec![value("Statement"), Step::Index(1), value("Resource")]]);
    insta::assert_snapshot!(told(vec![elsewhere], &only_access_analyzer()), @r"
    pass-role-with-star-in-resource /Statement/0/Action not-reported A
    redundant-action /Statement/1/Action/1 not-reported B
    pass-role-with-star-in-resource /Statement/1/Resource added B
    ");
}

#[test]
fn what_only_they_know_is_told_with_the_place_as_far_as_it_can_be_followed() {
    let places = [
        vec![value("statement"), Step::Index(1), Step::Key("Resource".to_owned())],
        vec![value("Statement"), Step::Index(9), value("Resource")],
        vec![value("Nothing")],
        Vec::new(),
    ];
    let mut all: Vec<Remark> = places.iter().map(|place| remark("OF_NEXT_YEAR!<b>", std::slice::from_ref(place))).collect();
    all.push(remark("WHOLE", &[]));
    let shown = told(all, &only_access_analyzer());
    insta::assert_snapshot!(shown, @r"
    of-next-year--b-  added -
    of-next-year--b-  added -
    whole  added -
    of-next-year--b- /Statement added -
    pass-role-with-star-in-resource /Statement/0/Action not-reported A
    redundant-action /Statement/1/Action/1 not-reported B
    of-next-year--b- /Statement/1/Resource added B
    ");
}

#[test]
fn a_rule_that_is_not_wanted_is_not_wanted_from_others_either() {
    let wishes = Wishes { select: vec!["redundant-action".to_owned()], ..Wishes::default() };
    let pass_role = remark("PASS_ROLE_WITH_STAR_IN_RESOURCE", &[vec![value("Statement"), Step::Index(0)]]);
    insta::assert_snapshot!(told(vec![pass_role], &wishes), @"redundant-action /Statement/1/Action/1 not-reported B");
}

#[test]
fn without_an_answer_nothing_is_claimed() {
    let outcome = check(POLICY, PolicyKind::IdentityPolicy, &only_access_analyzer(), &|_, _| None);
    assert!(!outcome.findings.is_empty() && outcome.findings.iter().all(|f| f.online.is_none()));
}

#[test]
fn what_is_asked_is_the_policy_as_json_and_nothing_that_is_unknown_or_broken() {
    let asked = |text: &str| {
        let seen = Mutex::new(Vec::new());
        check(text, PolicyKind::ResourcePolicy, &Wishes::default(), &|question, file| {
            seen.lock().unwrap().push(format!("{file} {} {}", question.kind, question.text));
            None
        });
        seen.into_inner().unwrap()
    };
    let plain = "Statement:\n  Effect: Deny\n  Principal: '*'\n  Action: s3:*\n  Resource: arn:aws:s3:::b/*\n";
    let json = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}"#;
    assert_eq!(asked(plain), [format!("p.yaml resource-policy {json}")]);
    assert_eq!(asked(&json.replace("\"arn:aws:s3:::b/*\"", "{\"Fn::Sub\":\"x\"}")), Vec::<String>::new());
    assert_eq!(asked(&json.replace("\"Action\":", "\"Action\"")), Vec::<String>::new());
}

#[test]
fn a_policy_that_stands_in_many_places_is_marked_in_each() {
    let role = |name: &str| {
        let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}"#;
        serde_json::json!({
            "RoleName": name, "RoleId": name, "Path": "/", "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy}],
        })
    };
    let text = serde_json::json!({
        "UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [role("a"), role("b"), role("c")],
    });
    let said: Arc<[Remark]> = vec![remark("PASS_ROLE_WITH_STAR_IN_RESOURCE", &[]), remark("NEW", &[])].into();
    let registry = only_access_analyzer();
    let outcome = check(&text.to_string(), PolicyKind::IdentityPolicy, &registry, &|question, _| {
        question.text.contains("PassRole").then(|| said.clone())
    });
    let marks = |online: Online| outcome.findings.iter().filter(|f| f.online == Some(online)).count();
    assert_eq!((marks(Online::Confirmed), marks(Online::Added)), (3, 3));
}
