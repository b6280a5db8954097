//! Who is a stranger: the cases of the documentation, and those next to them.

use super::*;
use crate::document::json;
use crate::policy::parse;
use crate::proof::World;

fn verdict(principal: &str, condition: &str) -> Verdict {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject",
        "Resource":"arn:aws:s3:::b/*","Condition":{condition}}}]}}"#
    );
    proof(&text).verdict
}

fn proof(text: &str) -> Proof {
    let document = json::parse(text.to_owned());
    let (policy, problems) = parse(document.root().unwrap());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = [&policy];
    no_public_access(&mut Engine::new(World::Closed), Input::new(&policies), PolicyKind::ResourcePolicy)
}

#[test]
fn a_condition_that_tells_who_somebody_is_keeps_strangers_out() {
    for condition in [
        r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
        r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}"#,
        r#"{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#,
        r#"{"StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}"#,
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}"#,
        r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::bucket"}}"#,
        r#"{"StringLike":{"aws:userid":"AROAEXAMPLEEXAMPLE:*"}}"#,
        r#"{"StringEquals":{"kms:CallerAccount":"111122223333"}}"#,
        r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:*:111122223333:accesspoint/*"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["54.0.0.0/8"]}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}"#,
        r#"{"Bool":{"elasticfilesystem:AccessedViaMountTarget":"true"}}"#,
        r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"StringLike":{"aws:Referer":"*"}}"#,
    ] {
        assert_eq!(verdict(r#""*""#, condition), Verdict::Pass, "{condition}");
    }
}

#[test]
fn one_that_everybody_can_fulfil_does_not() {
    for condition in [
        "{}",
        r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
        r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#,
        r#"{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}"#,
        r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin"}}"#,
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}"#,
        r#"{"StringLike":{"aws:Referer":"https://example.com/*"}}"#,
        r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:*:*:accesspoint/*"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
        r#"{"StringEquals":{"aws:PrincipalTag/team":"a"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"54.0.0.0/7"}}"#,
        r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"2001:d00::/24"}}"#,
        r#"{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#,
    ] {
        assert_eq!(verdict(r#""*""#, condition), Verdict::Fail, "{condition}");
    }
}

#[test]
fn who_is_named_is_no_stranger() {
    for principal in [
        r#"{"AWS":"111122223333"}"#,
        r#"{"AWS":["arn:aws:iam::111122223333:role/r"]}"#,
        r#"{"Service":"sns.amazonaws.com"}"#,
        r#"{"Federated":"accounts.google.com"}"#,
    ] {
        assert_eq!(verdict(principal, "{}"), Verdict::Pass, "{principal}");
    }
    assert_eq!(verdict(r#"{"AWS":"*"}"#, "{}"), Verdict::Fail);
    let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/u"},
        "Action":"s3:*","Resource":"*"}]}"#;
    assert_eq!(proof(other).verdict, Verdict::Fail);
}

#[test]
fn a_deny_counts() {
    let text = |deny: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}},
            {{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{deny}}}]}}"#
        )
    };
    let outside = r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#;
    assert_eq!(proof(&text(outside)).verdict, Verdict::Pass);
    let insecure = r#"{"Bool":{"aws:SecureTransport":"false"}}"#;
    assert_eq!(proof(&text(insecure)).verdict, Verdict::Fail);
}
