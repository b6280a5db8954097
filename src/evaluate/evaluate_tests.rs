use super::*;
use crate::document::{Node, json};
use crate::policy::{Policy, parse};
use std::collections::BTreeMap;

const ROLE: &str = "arn:aws:iam::111122223333:role/team/app";

fn context(node: Option<Node<'_>>) -> BTreeMap<String, ContextValue> {
    let value = |v: Node<'_>| match v.kind() {
        crate::document::Kind::Array => ContextValue::Many(v.elements().map(|e| e.scalar().to_owned()).collect()),
        _ => ContextValue::One(v.scalar().to_owned()),
    };
    node.into_iter().flat_map(Node::members).map(|(k, v)| (k.scalar().to_owned(), value(v))).collect()
}

fn caller(kind: CallerKind, arn: &str, session: Option<&str>) -> Caller {
    let account = kind.has_account().then(|| "111122223333".to_owned());
    Caller { kind, arn: arn.to_owned(), account, session_name: session.map(str::to_owned) }
}

fn request(action: &str, resource: &str, keys: &str) -> Request {
    let document = json::parse(keys.to_owned());
    Request {
        caller: caller(CallerKind::RoleSession, ROLE, Some("s1")),
        action: action.to_owned(),
        resource: resource.to_owned(),
        resource_account: None,
        context: context(document.root()),
    }
}

/// What the only statement of a policy says: `T`, `F` or `U`.
fn statement(version: &str, body: &str, request: &Request) -> char {
    let document = json::parse(format!(r#"{{"Version":"{version}","Statement":[{{"Effect":"Allow",{body}}}]}}"#));
    assert!(document.problems().is_empty(), "{body}: {:?}", document.problems());
    let (policy, _) = parse(document.root().unwrap());
    letter(statement_matches(policy.version, &policy.statements[0], request).truth())
}

fn letter(truth: Truth) -> char {
    match truth {
        Truth::True => 'T',
        Truth::False => 'F',
        Truth::Unknown => 'U',
    }
}

/// One condition against one context.
#[track_caller]
fn condition(operator: &str, key: &str, wanted: &str, keys: &str, expected: char) {
    let body = format!(r#""Action":"*","Resource":"*","Condition":{{"{operator}":{{"{key}":{wanted}}}}}"#);
    let found = statement("2012-10-17", &body, &request("s3:GetObject", "arn:aws:s3:::b/k", keys));
    assert_eq!(found, expected, "{operator} {key} {wanted} on {keys}");
}

#[test]
fn every_operator_with_one_value() {
    // Operator, policy value, request value that fits, one that does not.
    for (operator, wanted, fits, other) in [
        ("StringEquals", r#""a*""#, "a*", "ab"),
        ("StringEquals", r#""a""#, "a", "A"),
        ("StringEqualsIgnoreCase", r#""aÉ""#, "AÉ", "b"),
        ("StringLike", r#""a?c*""#, "abcd", "ac"),
        ("ArnEquals", r#""arn:aws:s3:::b*""#, "arn:aws:s3:::b/x:y", "arn:aws:s3:::c"),
        ("ArnLike", r#""arn:aws:sns:*:1:t""#, "arn:aws:sns:eu-west-1:1:t", "arn:aws:sns:eu:west:1:t"),
        ("IpAddress", r#""10.0.0.0/8""#, "10.2.3.4", "11.0.0.1"),
        ("IpAddress", r#""10.0.0.0/8""#, "10.2.3.4", "not an address"),
        ("Bool", "true", "TRUE", "false"),
        ("Bool", r#""False""#, "false", "no"),
        ("BinaryEquals", r#""QQ==""#, "QQ==", "Qg=="),
        ("NumericEquals", r#""10""#, "10.0", "11"),
        ("NumericLessThan", "10", "9.99", "10"),
        ("NumericLessThanEquals", "10", "10", "10.01"),
        ("NumericGreaterThan", "10", "11", "10"),
        ("NumericGreaterThanEquals", "10", "10", "ten"),
        ("DateEquals", r#""2024-01-01""#, "2024-01-01T00:00:00Z", "2024-01-02"),
        ("DateLessThan", r#""2024-01-01""#, "2023-12-31T23:59:59Z", "2024-01-01"),
        ("DateLessThanEquals", r#""2024-01-01""#, "1704067200", "1704067201"),
        ("DateGreaterThan", r#""2024-01-01""#, "2024-01-01T00:00:00.5Z", "2024-01-01"),
        ("DateGreaterThanEquals", r#""2024-01-01""#, "2024-01-01", "soon"),
    ] {
        // A key the catalogue does not have is taken as it comes.
        let (yes, no) = (format!(r#"{{"x:key":"{fits}"}}"#), format!(r#"{{"X:KEY":"{other}"}}"#));
        condition(operator, "x:key", wanted, &yes, 'T');
        condition(operator, "x:key", wanted, &no, 'F');
        condition(operator, "x:key", wanted, "{}", 'F');
        condition(&format!("{operator}IfExists"), "x:key", wanted, "{}", 'T');
        condition(&format!("{operator}IfExists"), "x:key", wanted, &no, 'F');
        let lists = |keys: &[&str]| format!(r#"{{"x:key":["{}"]}}"#, keys.join(r#"",""#));
        condition(operator, "x:key", wanted, &lists(&[fits]), 'F');
        let any = format!("ForAnyValue:{operator}");
        condition(&any, "x:key", wanted, &lists(&[other, fits]), 'T');
        condition(&any, "x:key", wanted, &lists(&[other]), 'F');
        condition(&any, "x:key", wanted, &yes, 'T');
        condition(&any, "x:key", wanted, r#"{"x:key":[]}"#, 'F');
        let all = format!("ForAllValues:{operator}");
        condition(&all, "x:key", wanted, &lists(&[other, fits]), 'F');
        condition(&all, "x:key", wanted, &lists(&[fits, fits]), 'T');
        condition(&all, "x:key", wanted, "{}", 'T');
        condition(&all, "x:key", wanted, r#"{"x:key":[]}"#, 'T');
    }
}

#[test]
fn every_negated_operator() {
    for (operator, wanted, fits, other) in [
        ("StringNotEquals", r#"["a*","b"]"#, "a*", "ab"),
        ("StringNotEqualsIgnoreCase", r#"["a","b"]"#, "B", "c"),
        ("StringNotLike", r#"["a*","b"]"#, "abc", "bb"),
        ("ArnNotEquals", r#""arn:aws:s3:::b*""#, "arn:aws:s3:::b/x", "no ARN"),
        ("ArnNotLike", r#""arn:aws:s3:::b*""#, "arn:aws:s3:::b/x", "arn:aws:s3:::c"),
        ("NotIpAddress", r#"["10.0.0.0/8","11.0.0.0/8"]"#, "11.2.3.4", "12.0.0.1"),
        ("NotIpAddress", r#""10.0.0.0/8""#, "10.2.3.4", "nowhere"),
        ("NumericNotEquals", "10", "10.0", "ten"),
        ("DateNotEquals", r#""2024-01-01""#, "2024-01-01", "soon"),
    ] {
        let (hit, free) = (format!(r#"{{"x:key":"{fits}"}}"#), format!(r#"{{"x:key":"{other}"}}"#));
        condition(operator, "x:key", wanted, &hit, 'F');
        condition(operator, "x:key", wanted, &free, 'T');
        condition(operator, "x:key", wanted, "{}", 'T');
        condition(&format!("{operator}IfExists"), "x:key", wanted, "{}", 'T');
        condition(&format!("{operator}IfExists"), "x:key", wanted, &hit, 'F');
        // A list is nothing to compare with.
        condition(operator, "x:key", wanted, &format!(r#"{{"x:key":["{other}"]}}"#), 'F');
        let both = format!(r#"{{"x:key":["{fits}","{other}"]}}"#);
        condition(&format!("ForAnyValue:{operator}"), "x:key", wanted, &both, 'T');
        condition(&format!("ForAnyValue:{operator}"), "x:key", wanted, &hit, 'F');
        condition(&format!("ForAnyValue:{operator}"), "x:key", wanted, "{}", 'F');
        condition(&format!("ForAllValues:{operator}"), "x:key", wanted, &both, 'F');
        condition(&format!("ForAllValues:{operator}"), "x:key", wanted, &free, 'T');
        condition(&format!("ForAllValues:{operator}"), "x:key", wanted, "{}", 'T');
    }
}

#[test]
fn presence_and_lists_by_the_catalogue() {
    condition("Null", "aws:TokenIssueTime", "true", "{}", 'T');
    condition("Null", "aws:TokenIssueTime", r#""False""#, "{}", 'F');
    condition("Null", "aws:TokenIssueTime", "false", r#"{"aws:tokenissuetime":"2024-01-01"}"#, 'T');
    condition("Null", "aws:TagKeys", "true", r#"{"aws:TagKeys":[]}"#, 'T');
    condition("Null", "aws:TokenIssueTime", r#"["true","false"]"#, "{}", 'T');
    condition("Null", "aws:TokenIssueTime", r#""perhaps""#, "{}", 'F');
    condition("NullIfExists", "aws:TokenIssueTime", "true", "{}", 'U');
    // A key of lists is a list even of one value, and one of single values has the only value of a list.
    condition("StringEquals", "aws:TagKeys", r#""a""#, r#"{"aws:TagKeys":"a"}"#, 'F');
    condition("StringNotEquals", "aws:TagKeys", r#""b""#, r#"{"aws:TagKeys":"a"}"#, 'F');
    condition("StringNotEquals", "aws:TagKeys", r#""b""#, "{}", 'T');
    condition("ForAnyValue:StringEquals", "aws:TagKeys", r#""a""#, r#"{"aws:TagKeys":"a"}"#, 'T');
    condition("StringEquals", "aws:SourceVpce", r#""v""#, r#"{"aws:SourceVpce":["v"]}"#, 'T');
    condition("StringEquals", "aws:SourceVpce", r#""v""#, r#"{"aws:SourceVpce":["v","w"]}"#, 'F');
    condition("StringEquals", "aws:PrincipalTag/Team", r#""a""#, r#"{"AWS:principaltag/TEAM":"a"}"#, 'T');
    condition(
        "StringEquals",
        "aws:PrincipalTag/Größe",
        r#""a""#,
        r#"{"aws:PrincipalTag/GRÖSSE":"b","aws:PrincipalTag/GRÖßE":"a"}"#,
        'T',
    );
    condition("StringEquals", "aws:SourceVpce", "[]", r#"{"aws:SourceVpce":"v"}"#, 'F');
    condition("StringNotEquals", "aws:SourceVpce", "[]", r#"{"aws:SourceVpce":"v"}"#, 'T');
    condition("StringEqals", "aws:SourceVpce", r#""v""#, r#"{"aws:SourceVpce":"v"}"#, 'U');
    condition("ArnLike", "aws:SourceArn", r#""*""#, r#"{"aws:SourceArn":"arn:aws:s3:::b"}"#, 'F');
    condition("ArnNotLike", "aws:SourceArn", r#""*""#, r#"{"aws:SourceArn":"arn:aws:s3:::b"}"#, 'T');
    condition("StringEquals", "aws:SourceVpce", r#"{"Ref":"Vpce"}"#, r#"{"aws:SourceVpce":"v"}"#, 'U');
    condition("StringEquals", "aws:SourceVpce", r#"["v",{"Ref":"Vpce"}]"#, r#"{"aws:SourceVpce":"v"}"#, 'T');
}

#[test]
fn variables_put_literal_text_in() {
    let keys = r#"{"aws:PrincipalTag/a":"x*","aws:PrincipalTag/l":["1","2"],"aws:PrincipalTag/arn":"arn:aws:s3:::b/k"}"#;
    let star = r#"{"aws:PrincipalTag/a":"x*","k:v":"x*"}"#;
    let xyz = r#"{"aws:PrincipalTag/a":"x*","k:v":"xyz"}"#;
    let tag = r#""${aws:PrincipalTag/a}""#;
    condition("StringLike", "k:v", tag, star, 'T');
    condition("StringLike", "k:v", tag, xyz, 'F');
    condition("StringEquals", "k:v", r#""${AWS:principaltag/A}""#, star, 'T');
    condition("StringLike", "k:v", r#""x${*}""#, star, 'T');
    condition("StringLike", "k:v", r#""x${*}""#, xyz, 'F');
    condition("StringEquals", "k:v", r#""${$}{a}${?}""#, r#"{"k:v":"${a}?"}"#, 'T');
    condition("StringEquals", "k:v", r#""a${b""#, r#"{"k:v":"a${b"}"#, 'T');
    condition("StringEquals", "k:v", r#""${aws:PrincipalTag/no, 'it} is'}""#, r#"{"k:v":"it} is"}"#, 'T');
    condition(
        "ArnEquals",
        "k:v",
        r#""${aws:PrincipalTag/arn}""#,
        r#"{"aws:PrincipalTag/arn":"arn:aws:s3:::b","k:v":"arn:aws:s3:::b"}"#,
        'T',
    );
    // Without a value: a pattern fits nothing, and an exclusion is anybody's guess.
    let no = r#""${aws:PrincipalTag/no}""#;
    condition("StringEquals", "k:v", no, xyz, 'F');
    condition("StringEquals", "k:v", r#"["${aws:PrincipalTag/no}","xyz"]"#, xyz, 'T');
    condition("StringNotEquals", "k:v", no, xyz, 'U');
    condition("StringNotEquals", "k:v", r#"["${aws:PrincipalTag/no}","xyz"]"#, xyz, 'F');
    condition("StringNotEquals", "k:v", no, "{}", 'U');
    condition("ForAnyValue:StringNotEquals", "k:v", no, r#"{"k:v":["a"]}"#, 'U');
    condition("ForAllValues:StringNotEquals", "k:v", no, r#"{"k:v":["a"]}"#, 'U');
    condition("ForAllValues:StringEquals", "k:v", no, r#"{"k:v":["a"]}"#, 'F');
    condition("StringEquals", "k:v", r#""${aws:PrincipalTag/l}""#, r#"{"aws:PrincipalTag/l":["1","2"],"k:v":"1"}"#, 'F');
    // Operators without variables, and versions without them.
    condition("NumericEquals", "k:v", r#""${k:v}""#, r#"{"k:v":"1"}"#, 'F');
    let body = format!(r#""Action":"*","Resource":"*","Condition":{{"StringEquals":{{"k:v":{tag}}}}}"#);
    let literal = request("s3:GetObject", "*", r#"{"k:v":"${aws:PrincipalTag/a}","aws:PrincipalTag/a":"x"}"#);
    assert_eq!((statement("2008-10-17", &body, &literal), statement("2012-10-17", &body, &literal)), ('T', 'F'));
    for (element, pattern, resource, expected) in [
        ("Resource", "arn:aws:s3:::b/${aws:PrincipalTag/a}/*", "arn:aws:s3:::b/x*/1", 'T'),
        ("Resource", "arn:aws:s3:::b/${aws:PrincipalTag/a}/*", "arn:aws:s3:::b/xy/1", 'F'),
        ("Resource", "arn:aws:s3:::b/${aws:PrincipalTag/no}/*", "arn:aws:s3:::b//1", 'F'),
        ("NotResource", "arn:aws:s3:::b/${aws:PrincipalTag/no}/*", "arn:aws:s3:::b//1", 'U'),
        ("NotResource", "arn:aws:s3:::b/${aws:PrincipalTag/a}/*", "arn:aws:s3:::b/x*/1", 'F'),
        ("Resource", "arn:aws:s3:${aws:PrincipalTag/a}::b", "arn:aws:s3:x*::b", 'F'),
        ("Resource", "${aws:PrincipalTag/a}", "x*", 'F'),
    ] {
        let body = format!(r#""Action":"*","{element}":"{pattern}""#);
        assert_eq!(statement("2012-10-17", &body, &request("s3:GetObject", resource, keys)), expected, "{pattern} {resource}");
    }
}

#[test]
fn actions_and_resources() {
    let object = "arn:aws:s3:::b/k";
    for (body, action, resource, expected) in [
        (r#""Action":"S3:get*","Resource":"*""#, "s3:GetObject", object, 'T'),
        (r#""Action":"s3:GetObjec?","Resource":"*""#, "s3:GetObject", object, 'T'),
        (r#""NotAction":["iam:*","s3:Put*"],"Resource":"*""#, "s3:GetObject", object, 'T'),
        (r#""NotAction":"s3:*","Resource":"*""#, "s3:GetObject", object, 'F'),
        (r#""Action":[],"Resource":"*""#, "s3:GetObject", object, 'F'),
        (r#""NotAction":[],"Resource":"*""#, "s3:GetObject", object, 'T'),
        (r#""Action":"*","Resource":"arn:aws:S3:::b/*""#, "s3:GetObject", object, 'F'),
        (r#""Action":"*","Resource":"arn:*:k""#, "s3:GetObject", "arn:aws:x:a:b:k", 'T'),
        (r#""Action":"*","NotResource":"arn:aws:s3:::b/*""#, "s3:GetObject", object, 'F'),
        (r#""Action":"*","NotResource":"arn:aws:s3:::c/*""#, "s3:GetObject", object, 'T'),
        // Actions without resource types are asked about `*`, whatever the request names.
        (r#""Action":"*","Resource":"arn:aws:s3:::*""#, "s3:ListAllMyBuckets", "arn:aws:s3:::b", 'F'),
        (r#""Action":"*","Resource":"*""#, "s3:ListAllMyBuckets", "arn:aws:s3:::b", 'T'),
        (r#""Action":"*","NotResource":"arn:aws:s3:::b""#, "s3:ListAllMyBuckets", "arn:aws:s3:::b", 'T'),
        (r#""Action":"*","Resource":"arn:aws:new:::x""#, "new:Action", "arn:aws:new:::x", 'T'),
        (r#""Action":"*","Resource":{"Ref":"Bucket"}"#, "s3:GetObject", object, 'U'),
        (r#""Action":"*","Resource":{"Fn::Sub":"arn:aws:s3:::${Bucket}/*"}"#, "s3:GetObject", object, 'U'),
        (r#""Action":"iam:*","Resource":{"Ref":"Bucket"}"#, "s3:GetObject", object, 'F'),
        (r#""Resource":"*""#, "s3:GetObject", object, 'U'),
    ] {
        assert_eq!(statement("2012-10-17", body, &request(action, resource, "{}")), expected, "{body}");
    }
}

#[test]
fn principals_of_every_form() {
    use CallerKind::*;
    let role = || caller(RoleSession, ROLE, Some("s1"));
    let user = || caller(User, "arn:aws:iam::111122223333:user/ann", None);
    let session = "arn:aws:sts::111122223333:assumed-role/app/s1";
    let federated = "arn:aws:sts::111122223333:federated-user/bob";
    let service = || caller(Service, "sns.amazonaws.com", None);
    let oidc = || caller(WebIdentity, "arn:aws:iam::111122223333:oidc-provider/host", None);
    let root = "arn:aws:iam::111122223333:root";
    use Strength::{Account, Direct, Everyone, Role as ByRole};
    let aws = |text: &str| format!(r#"{{"AWS":"{text}"}}"#);
    for (written, caller, expected) in [
        (r#""*""#.to_owned(), Caller::anonymous(), Some(Everyone)),
        (aws("*"), Caller::anonymous(), Some(Everyone)),
        (aws("111122223333"), role(), Some(Account)),
        (aws(root), user(), Some(Account)),
        (aws(root), caller(Root, root, None), Some(Direct)),
        (aws("444455556666"), role(), None),
        (aws(root), Caller::anonymous(), None),
        (aws(ROLE), role(), Some(ByRole)),
        (aws(ROLE), caller(Role, ROLE, None), Some(ByRole)),
        (aws("arn:aws:iam::111122223333:role/app"), role(), None),
        (aws(session), role(), Some(Direct)),
        (aws("arn:aws:sts::111122223333:assumed-role/app/s2"), role(), None),
        (aws("arn:aws-cn:sts::111122223333:assumed-role/app/s1"), role(), None),
        (aws(session), caller(Role, ROLE, None), None),
        (aws("arn:aws:iam::111122223333:user/ann"), user(), Some(Direct)),
        (aws("arn:aws:iam::111122223333:user/*"), user(), None),
        (aws(federated), caller(FederatedUser, federated, None), Some(Direct)),
        (aws("AIDAEXAMPLEEXAMPLE12"), user(), None),
        (r#"{"Service":"sns.amazonaws.com"}"#.to_owned(), service(), Some(Direct)),
        (r#"{"Service":"sqs.amazonaws.com"}"#.to_owned(), service(), None),
        (r#"{"Service":"sns.amazonaws.com"}"#.to_owned(), role(), None),
        (r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/host"}"#.to_owned(), oidc(), Some(Direct)),
        (r#"{"Federated":"cognito-identity.amazonaws.com"}"#.to_owned(), oidc(), None),
        (r#"{"CanonicalUser":"79a59d"}"#.to_owned(), role(), None),
        (r#"{"AWS":["111122223333","arn:aws:iam::111122223333:role/team/app"]}"#.to_owned(), role(), Some(ByRole)),
    ] {
        let text = format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{written},"Action":"*","Resource":"*"}}}}"#);
        let document = json::parse(text);
        let (policy, _) = parse(document.root().unwrap());
        let request = Request { caller, ..request("s3:GetObject", "arn:aws:s3:::b/k", "{}") };
        let answer = decide(&policy, &request);
        assert_eq!(answer.applied.first().map(|a| a.strength), expected, "{written} {:?}", request.caller);
    }
}

#[test]
fn everybody_else() {
    let all = r#"["111122223333","arn:aws:iam::111122223333:role/team/app","arn:aws:sts::111122223333:assumed-role/app/s1"]"#;
    let asked = |effect: &str, listed: &str, caller: Caller, bounded: bool| {
        let text =
            format!(r#"{{"Statement":{{"Effect":"{effect}","NotPrincipal":{{"AWS":{listed}}},"Action":"*","Resource":"*"}}}}"#);
        let document = json::parse(text);
        let (policy, _) = parse(document.root().unwrap());
        let request = Request { caller, ..request("s3:GetObject", "arn:aws:s3:::b/k", "{}") };
        let view = View::new(&request).bounded(bounded);
        letter(statement::judge(policy.version, &policy.statements[0], &view).truth())
    };
    let role = || caller(CallerKind::RoleSession, ROLE, Some("s1"));
    assert_eq!(asked("Deny", all, role(), false), 'F');
    assert_eq!(asked("Deny", all, role(), true), 'T');
    assert_eq!(asked("Deny", r#""111122223333""#, role(), false), 'U');
    assert_eq!(asked("Deny", r#"["111122223333","arn:aws:iam::111122223333:role/team/app"]"#, role(), false), 'U');
    assert_eq!(asked("Deny", r#""444455556666""#, role(), false), 'T');
    assert_eq!(asked("Deny", all, Caller::anonymous(), false), 'T');
    assert_eq!(asked("Deny", r#""*""#, role(), false), 'F');
    assert_eq!(asked("Allow", r#""111122223333""#, role(), false), 'F');
    assert_eq!(asked("Allow", r#""444455556666""#, role(), false), 'T');
    assert_eq!(asked("Allow", r#""444455556666""#, Caller::anonymous(), false), 'T');
}

#[test]
fn keys_that_aws_adds() {
    let of = |caller: Caller, keys: &str| {
        let mut request = request("s3:GetObject", "*", keys);
        request.caller = caller;
        request.resource_account = Some("444455556666".to_owned());
        let all = View::new(&request).full_context();
        let text = |value: &ContextValue| match value {
            ContextValue::One(text) => text.clone(),
            ContextValue::Many(texts) => texts.join(","),
        };
        all.iter().map(|(key, value)| format!("{}={}", key.trim_start_matches("aws:"), text(value))).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        of(caller(CallerKind::RoleSession, ROLE, Some("s1")), "{}"),
        "PrincipalAccount=111122223333 PrincipalArn=arn:aws:iam::111122223333:role/team/app PrincipalIsAWSService=false \
         PrincipalType=AssumedRole ResourceAccount=444455556666"
    );
    assert_eq!(
        of(caller(CallerKind::User, "arn:aws:iam::111122223333:user/x/ann", None), r#"{"aws:principalARN":[]}"#),
        "PrincipalAccount=111122223333 PrincipalIsAWSService=false PrincipalType=User ResourceAccount=444455556666 \
         principalARN= username=ann"
    );
    assert_eq!(
        of(caller(CallerKind::Root, "arn:aws:iam::111122223333:root", None), "{}"),
        "PrincipalAccount=111122223333 PrincipalArn=arn:aws:iam::111122223333:root PrincipalIsAWSService=false \
         PrincipalType=Account ResourceAccount=444455556666 userid=111122223333"
    );
    assert_eq!(of(Caller::anonymous(), "{}"), "PrincipalType=Anonymous ResourceAccount=444455556666");
    assert_eq!(
        of(caller(CallerKind::Service, "sns.amazonaws.com", None), "{}"),
        "PrincipalIsAWSService=true PrincipalServiceName=sns.amazonaws.com ResourceAccount=444455556666"
    );
}

#[test]
fn policies_in_isolation() {
    let decided = |statements: &str, keys: &str| {
        let document = json::parse(format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
        let (policy, _) = parse(document.root().unwrap());
        decide(&policy, &request("s3:GetObject", "arn:aws:s3:::b/k", keys)).decision
    };
    let allow = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    let deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"k:v":"${k:w}"}}}"#;
    let maybe = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"k:v":"${k:w}"}}}"#;
    let both = format!("{allow},{deny}");
    assert_eq!(decided(allow, "{}"), Decision::Allow);
    assert_eq!(decided(r#"{"Effect":"Allow","Action":"iam:*","Resource":"*"}"#, "{}"), Decision::ImplicitDeny);
    assert_eq!(decided(&both, r#"{"k:v":"1","k:w":"1"}"#), Decision::Allow);
    assert_eq!(decided(&both, r#"{"k:v":"1","k:w":"2"}"#), Decision::ExplicitDeny);
    assert_eq!(decided(&both, r#"{"k:v":"1"}"#), Decision::Unknown);
    assert_eq!(decided(deny, r#"{"k:v":"1"}"#), Decision::ImplicitDeny);
    assert_eq!(decided(maybe, r#"{"k:v":"1"}"#), Decision::Unknown);
    assert_eq!(decided(&format!("{maybe},{allow}"), r#"{"k:v":"1"}"#), Decision::Allow);
    assert_eq!(decided(r#"{"Effect":"Perhaps","Action":"*","Resource":"*"}"#, "{}"), Decision::Unknown);
    let documents = [allow, deny].map(|s| json::parse(format!(r#"{{"Version":"2012-10-17","Statement":{s}}}"#)));
    let policies: Vec<Policy<'_>> = documents.iter().map(|d| parse(d.root().unwrap()).0).collect();
    let answer = decide_all(&policies, &request("s3:GetObject", "arn:aws:s3:::b/k", r#"{"k:v":"1","k:w":"2"}"#));
    assert_eq!(answer.decision, Decision::ExplicitDeny);
    assert_eq!(answer.applied.iter().map(|a| (a.policy, a.statement)).collect::<Vec<_>>(), [(0, 0), (1, 0)]);
}

/// Wildcards by the book, exponential and plain.
fn slow(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), None) => slow(rest, text),
        (Some(('*', rest)), Some((_, tail))) => slow(rest, text) || slow(pattern, tail),
        (Some((p, rest)), Some((t, tail))) => (*p == '?' || p == t) && slow(rest, tail),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

proptest::proptest! {
    #[test]
    fn wildcards_are_those_of_the_book(pattern in "[ab?*é]{0,7}", text in "[abé]{0,8}") {
        let chars = |t: &str| t.chars().collect::<Vec<_>>();
        proptest::prop_assert_eq!(glob::plain(&pattern, &text), slow(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn no_text_is_too_odd(policy in ".{0,40}|[$\\{}',:*?a]{0,20}|[0-9TZ:./eE+-]{0,24}", value in ".{0,40}|[0-9TZ:./eE+-]{0,24}") {
        let keys = serde_json::json!({ "k:v": value, "k:l": [value] }).to_string();
        let request = request("s3:GetObject", &value, &keys);
        for operator in crate::policy::condition::operator_names() {
            for set in ["", "ForAnyValue:", "ForAllValues:"] {
                let body = serde_json::json!({ "Effect": "Allow", "Action": "*", "Resource": policy,
                    "Condition": { format!("{set}{operator}"): { "k:v": policy, "k:l": [policy] } } });
                let document = json::parse(serde_json::json!({ "Version": "2012-10-17", "Statement": body }).to_string());
                let (policy, _) = parse(document.root().unwrap());
                let _ = decide(&policy, &request);
            }
        }
    }

    #[test]
    fn a_negated_operator_is_the_contrary(wanted in proptest::collection::vec("[ab*?]{0,3}", 0..3), seen in proptest::option::of("[ab]{0,3}")) {
        let keys = seen.map_or_else(|| "{}".to_owned(), |seen| serde_json::json!({ "k:v": seen }).to_string());
        let request = request("s3:GetObject", "*", &keys);
        for (positive, negated) in [("StringEquals", "StringNotEquals"), ("StringLike", "StringNotLike"),
            ("ForAnyValue:StringLike", "ForAllValues:StringNotLike"), ("ForAllValues:StringEquals", "ForAnyValue:StringNotEquals")] {
            let of = |operator: &str| {
                let body = format!(r#""Action":"*","Resource":"*","Condition":{{"{operator}":{{"k:v":{}}}}}"#, serde_json::json!(wanted));
                statement("2012-10-17", &body, &request)
            };
            proptest::prop_assert_ne!(of(positive), of(negated));
        }
    }
}
