use super::super::testing::{lines, read_as, read_said, told};
use crate::policy::{Context, PolicyKind};

/// A policy as a string in a string.
const TEXT: &str = r#""{\"Statement\":[]}""#;

fn answer(text: &str) -> String {
    let text = text.replace("TEXT", TEXT);
    told(&text).strip_prefix("AWS CLI output\n").unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[test]
fn iam_policies() {
    let version = r#"{"PolicyVersion": {"Document": {"Statement": []}, "VersionId": "v1", "IsDefaultVersion": false}}"#;
    assert_eq!(answer(version), "tree identity-policy - - - - - - at /PolicyVersion/Document");
    let inline = r#"{"RoleName": "r", "PolicyName": "p", "PolicyDocument": {"Statement": []}}"#;
    assert_eq!(answer(inline), "tree identity-policy - p - - - - of r at /PolicyDocument");
    assert_eq!(answer(r#"{"InlinePolicy": TEXT}"#), "text identity-policy - - - - - - at /InlinePolicy!");
}

#[test]
fn iam_subjects() {
    let role = r#"{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r", "Path": "/", "AssumeRolePolicyDocument": TEXT,
      "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/b"}, "Tags": [{"Key": "k", "Value": "v"}]}"#;
    let expected = "role arn:aws:iam::111122223333:role/r path / k=v
  subject missing - - r arn:aws:iam::111122223333:role/r 111122223333 - - of r at /Role/RoleName
  own text trust-policy - r arn:aws:iam::111122223333:role/r 111122223333 - - of r at /Role/AssumeRolePolicyDocument!
  boundary arn:aws:iam::aws:policy/b";
    assert_eq!(answer(&format!(r#"{{"Role": {role}}}"#)), expected);
    assert_eq!(answer(&format!(r#"{{"Roles": [{role}]}}"#)), expected.replace("/Role/", "/Roles/0/"));
    let users = answer(r#"{"Users": [{"UserName": "u", "Arn": "arn:aws:iam::111122223333:user/u"}]}"#);
    assert!(users.starts_with("user arn:aws:iam::111122223333:user/u path -"), "{users}");
    let policy = r#"{"Policy": {"PolicyName": "p", "Arn": "arn:aws:iam::111122223333:policy/p", "DefaultVersionId": "v1"}}"#;
    assert_eq!(answer(policy), "managed arn:aws:iam::111122223333:policy/p attachments - boundaries - old 0");
}

#[test]
fn resource_policies() {
    const RP: &str = "text resource-policy";
    let cases = [
        (r#"{"Policy": TEXT}"#, "text - - - - - - - at /Policy!".to_owned()),
        (r#"{"Policy": TEXT, "RevisionId": "1"}"#, "text - - - - - - - at /Policy!".to_owned()),
        (r#"{"Policy": TEXT, "PolicyName": "default"}"#, format!("{RP} AWS::KMS::Key - - - - - at /Policy!")),
        (
            r#"{"Attributes": {"Policy": TEXT, "QueueArn": "arn:aws:sqs:eu-west-1:111122223333:q"}}"#,
            format!(
                "{RP} AWS::SQS::Queue - arn:aws:sqs:eu-west-1:111122223333:q 111122223333 eu-west-1 - at /Attributes/Policy!"
            ),
        ),
        (
            r#"{"Attributes": {"Policy": TEXT, "TopicArn": "arn:aws:sns:eu-west-1:111122223333:t", "Owner": "111122223333"}}"#,
            format!(
                "{RP} AWS::SNS::Topic - arn:aws:sns:eu-west-1:111122223333:t 111122223333 eu-west-1 - at /Attributes/Policy!"
            ),
        ),
        (
            r#"{"registryId": "111122223333", "repositoryName": "r", "policyText": TEXT}"#,
            format!("{RP} AWS::ECR::Repository r - 111122223333 - - at /policyText!"),
        ),
        (
            r#"{"registryId": "111122223333", "policyText": TEXT}"#,
            format!("{RP} AWS::ECR::RegistryPolicy - - 111122223333 - - at /policyText!"),
        ),
        (
            r#"{"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s", "Name": "s", "ResourcePolicy": TEXT}"#,
            format!(
                "{RP} AWS::SecretsManager::Secret s arn:aws:secretsmanager:eu-west-1:111122223333:secret:s 111122223333 \
                 eu-west-1 - at /ResourcePolicy!"
            ),
        ),
        (r#"{"FileSystemId": "fs-1", "Policy": TEXT}"#, format!("{RP} AWS::EFS::FileSystem fs-1 - - - - at /Policy!")),
        (
            r#"{"BackupVaultName": "v", "Policy": TEXT,
              "BackupVaultArn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"}"#,
            format!(
                "{RP} AWS::Backup::BackupVault v arn:aws:backup:eu-west-1:111122223333:backup-vault:v 111122223333 \
                 eu-west-1 - at /Policy!"
            ),
        ),
        (
            r#"{"Name": "b", "Arn": "arn:aws:events:eu-west-1:111122223333:event-bus/b", "Policy": TEXT}"#,
            format!(
                "{RP} AWS::Events::EventBus b arn:aws:events:eu-west-1:111122223333:event-bus/b 111122223333 eu-west-1 - \
                 at /Policy!"
            ),
        ),
        (r#"{"policy": {"Policy": TEXT}}"#, format!("{RP} AWS::Glacier::Vault - - - - - at /policy/Policy!")),
        (
            r#"{"resourcePolicies": [{"policyName": "l", "policyDocument": TEXT}]}"#,
            format!("{RP} AWS::Logs::ResourcePolicy l - - - - at /resourcePolicies/0/policyDocument!"),
        ),
        (
            r#"{"policy": {"document": TEXT, "resourceArn": "arn:aws:codeartifact:eu-west-1:111122223333:domain/d"}}"#,
            format!(
                "{RP} AWS::CodeArtifact::Domain - arn:aws:codeartifact:eu-west-1:111122223333:domain/d 111122223333 \
                 eu-west-1 - at /policy/document!"
            ),
        ),
        (r#"{"PolicyInJson": TEXT, "PolicyHash": "x"}"#, format!("{RP} - - - - - - at /PolicyInJson!")),
    ];
    for (text, expected) in cases {
        assert_eq!(answer(text), expected, "{text}");
    }
}

#[test]
fn domains_differ_by_their_engine() {
    let domain = |version: &str| {
        let text = r#"{"DomainStatusList": [{"ARN": "arn:aws:es:eu-west-1:111122223333:domain/d", "DomainName": "d",
          "VERSION": "7.9", "AccessPolicies": TEXT}]}"#;
        answer(&text.replace("VERSION", version))
    };
    assert!(domain("EngineVersion").starts_with("text resource-policy AWS::OpenSearchService::Domain d arn"));
    assert!(domain("ElasticsearchVersion").starts_with("text resource-policy AWS::Elasticsearch::Domain d arn"));
}

#[test]
fn endpoints_have_their_region_from_the_service() {
    let text = r#"{"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "OwnerId": "111122223333", "PolicyDocument": TEXT,
      "ServiceName": "com.amazonaws.eu-west-1.s3"}, {"VpcEndpointId": "vpce-2", "OwnerId": "111122223333"}]}"#;
    let expected =
        "text vpc-endpoint-policy AWS::EC2::VPCEndpoint vpce-1 - 111122223333 eu-west-1 - at /VpcEndpoints/0/PolicyDocument!";
    assert_eq!(answer(text), expected);
}

#[test]
fn policies_of_api_gateway_are_escaped_once_more() {
    let api = r#"{"id": "a", "name": "api", "endpointConfiguration": {}, "policy": "{\\\"Statement\\\":[]}"}"#;
    let expected = "text resource-policy AWS::ApiGateway::RestApi api - - - - at /policy!";
    assert_eq!(answer(api), expected);
    assert_eq!(answer(&format!(r#"{{"items": [{api}]}}"#)), expected.replace("/policy", "/items/0/policy"));
}

#[test]
fn settings_of_buckets() {
    let encryption = r#"{"ServerSideEncryptionConfiguration": {"Rules": [
      {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}}"#;
    let encryption = answer(encryption);
    let by_default = "/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault/SSEAlgorithm";
    assert!(encryption.starts_with("settings - AWS::S3::Bucket - - - - - at"), "{encryption}");
    assert!(encryption.contains(&format!("s3.bucket.encryption.algorithm aws:kms at {by_default}")), "{encryption}");
    assert!(encryption.contains("s3.bucket.encryption.key unset at /ServerSideEncryptionConfiguration"), "{encryption}");
    let acl = r#"{"Owner": {"ID": "x"}, "Grants": [{"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}}]}"#;
    assert!(answer(acl).contains("s3.bucket.acl.public true at /Grants/0"));
    assert!(answer(r#"{"Status": "Enabled", "MFADelete": "Disabled"}"#).contains("s3.bucket.versioning Enabled at /Status"));
    assert!(answer(r#"{"LoggingEnabled": {"TargetBucket": "logs"}}"#).contains("s3.bucket.logging.target logs"));
    assert_eq!(told(r#"{"Status": "Enabled", "Other": 1}"#), "nothing");
}

#[test]
fn the_file_name_tells_a_block_of_an_account() {
    let text = r#"{"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}"#;
    let told = |file: &str| read_as(file, text).entities.iter().flat_map(lines).collect::<String>();
    assert!(told("a/block.json").contains("s3.bucket.public_access_block.block_public_acls true"));
    assert!(told("a/block.json").contains("s3.bucket.public_access_block.block_public_policy unset"));
    assert!(told("a/account-block.json").contains("s3.account.public_access_block.block_public_acls true"));
}

#[test]
fn settings_of_users() {
    let keys = r#"{"AccessKeyMetadata": [
      {"UserName": "u", "AccessKeyId": "A", "Status": "Active", "CreateDate": "2024-05-01T10:00:00+00:00"},
      {"UserName": "u", "AccessKeyId": "B", "Status": "Active", "CreateDate": "2020-05-01T10:00:00+00:00"},
      {"UserName": "u", "AccessKeyId": "C", "Status": "Inactive", "CreateDate": "2010-05-01T10:00:00+00:00"}]}"#;
    let expected = "settings - AWS::IAM::User u - - - - at /AccessKeyMetadata/0/UserName
  iam.user.access_keys.active 2 at /AccessKeyMetadata/0/UserName
  iam.user.access_keys.created 2020-05-01 at /AccessKeyMetadata/1/CreateDate";
    let told = answer(keys);
    let (head, facts) = told.split_once('\n').unwrap();
    assert!(head.starts_with("settings - AWS::IAM::User u"), "{head}");
    assert!(facts.starts_with(expected.split_once('\n').unwrap().1), "{facts}");
    assert!(answer(r#"{"LoginProfile": {"UserName": "u"}}"#).contains("iam.user.console_access true"));
    assert!(answer(r#"{"MFADevices": [{"UserName": "u"}, {"UserName": "u"}]}"#).contains("iam.user.mfa true"));
}

#[test]
fn policies_under_known_names_are_found_anywhere() {
    let text = r#"{"tool": {"roles": [{"Name": "r", "Arn": "arn:aws:iam::111122223333:role/r",
      "AssumeRolePolicyDocument": {"Statement": []}, "extra": {"policy": TEXT}}]}}"#;
    let expected =
        "tree trust-policy - r arn:aws:iam::111122223333:role/r 111122223333 - - at /tool/roles/0/AssumeRolePolicyDocument
text - - - - - - - at /tool/roles/0/extra/policy!";
    assert_eq!(answer(text), expected);
}

#[test]
fn other_documents_are_nothing() {
    for text in [
        r#"{"name": "app", "version": "1.0.0", "scripts": {"test": "x"}, "policy": "strict"}"#,
        r#"{"compilerOptions": {"strict": true}, "Document": {"a": 1}, "Content": "{\"a\":1}"}"#,
        r#"{"Role": "admin", "User": {"id": 1}, "Attributes": {"Policy": "x"}, "items": [{"id": 1}]}"#,
        r#"{"policy": {"Policy": "x"}, "Policies": [], "PolicyName": "default"}"#,
    ] {
        assert_eq!(told(text), "nothing", "{text}");
    }
}

#[test]
fn a_subject_that_a_query_left_alone_is_known_by_its_arn() {
    let roles = r#"[{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r", "AssumeRolePolicyDocument": TEXT}]"#;
    let expected = "role arn:aws:iam::111122223333:role/r path -
  subject missing - - r arn:aws:iam::111122223333:role/r 111122223333 - - of r at /0/RoleName
  own text trust-policy - r arn:aws:iam::111122223333:role/r 111122223333 - - of r at /0/AssumeRolePolicyDocument!";
    assert_eq!(answer(roles), expected);
}

#[test]
fn what_was_said_of_a_file_holds_for_a_policy_and_not_for_a_trust_policy() {
    let said = Context { kind: Some(PolicyKind::PermissionsBoundary), ..Context::default() };
    let told = |text: &str| read_said("a.json", text, &said).entities.iter().flat_map(lines).collect::<String>();
    let version = r#"{"PolicyVersion": {"Document": {"Statement": []}, "VersionId": "v1", "IsDefaultVersion": true}}"#;
    assert!(told(version).starts_with("tree permissions-boundary"));
    let role = r#"{"Role": {"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r",
      "AssumeRolePolicyDocument": {"Statement": []}}}"#;
    assert!(told(role).contains("tree trust-policy"));
}
