//! Tests of templates.

use super::*;
use crate::document::{Origin, json, path, yaml};
use crate::extract::facts::Setting;
use crate::extract::found::Base;
use crate::extract::{Extraction, Principal, extract};
use crate::policy::PolicyKind;
use crate::policy::context::PrincipalKind;

fn read(text: &str) -> Extraction {
    let file = if text.trim_start().starts_with('{') { "t.json" } else { "t.yaml" };
    let document = if file == "t.json" { json::parse(text.to_owned()) } else { yaml::parse_template(text.to_owned()) };
    assert_eq!(document.problems(), []);
    extract(Arc::new(Base::new(file.into(), document, Origin::default())), &Context::default())
}

fn pointer(place: &Place) -> String {
    let root = place.base().document.root().unwrap();
    path::pointer(&path::steps(root, place.node()).0)
}

fn source(place: &Place) -> String {
    place.base().document.text()[place.node().span().range()].to_owned()
}

/// Body, kind, name and what it belongs to, in one line.
fn show(found: &Found) -> String {
    let context = &found.context;
    let (body, place) = match &found.body {
        Body::Tree(place) => ("tree", pointer(place)),
        Body::Text(_, embedding) => ("text", embedding.text()),
        Body::Missing(place) => ("missing", pointer(place)),
        Body::Unknown(place) => ("unknown", pointer(place)),
        Body::Record(place) => ("record", pointer(place)),
        Body::Settings(place, _) => ("settings", pointer(place)),
    };
    let kind = context.kind.map_or("-", PolicyKind::as_str);
    let attached = context.attached_to.as_ref().map(|a| format!("{}:{}", a.kind.map_or("", PrincipalKind::as_str), a.name));
    let belongs = attached.or(context.resource.clone()).or(context.resource_type.clone()).unwrap_or_default();
    format!("{body} {kind} {} {belongs} {place}", context.name.as_deref().unwrap_or_default())
}

fn resources(entities: &[Entity]) -> Vec<String> {
    let found = entities.iter().filter_map(|e| match e {
        Entity::Resource(_, found) => Some(found),
        Entity::Principal(..) | Entity::Managed(..) => None,
    });
    found.flatten().map(show).collect()
}

fn principals<'a>(entities: &'a [Entity]) -> Vec<&'a Principal> {
    let one = |e: &'a Entity| match e {
        Entity::Principal(_, principal) => Some(&**principal),
        Entity::Resource(..) | Entity::Managed(..) => None,
    };
    entities.iter().filter_map(one).collect()
}

fn texts(list: &[Arc<str>]) -> Vec<&str> {
    list.iter().map(|text| &**text).collect()
}

const IAM: &str = r#"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      Path: /svc/
      Tags: [{Key: team, Value: a}, {Key: env, Value: !Ref Env}]
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: ec2.amazonaws.com}}
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess
        - !Join ['', ['arn:', !Ref AWS::Partition, ':iam::aws:policy/service-role/X']]
        - !Ref Managed
        - !If [C, 'arn:aws:iam::123456789012:policy/a', !Ref AWS::NoValue]
        - !Ref Parameter
        - !Sub arn:aws:iam::${AWS::AccountId}:policy/p/named
      PermissionsBoundary: !Sub arn:aws:iam::${AWS::AccountId}:policy/edge
      Policies:
        - PolicyName: one
          PolicyDocument: {Statement: []}
        - !If
          - C
          - PolicyName: !Sub x-${AWS::Region}
            PolicyDocument: !If [C, {Statement: []}, !Ref Doc]
          - !Ref AWS::NoValue
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: '{"Statement":[]}'
      Users: [!Ref User, external]
  Named:
    Type: AWS::IAM::ManagedPolicy
    Properties: {ManagedPolicyName: named, PolicyDocument: {Statement: []}}
  User:
    Type: AWS::IAM::User
    Properties:
      Groups: [!Ref Group, outside, grp]
  Group: {Type: AWS::IAM::Group, Properties: {GroupName: grp}}
  Inline:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: inline
      Roles: [app, !Ref Elsewhere]
      Groups: [!Ref Group]
      PolicyDocument: {Statement: [{Effect: Deny}]}
  Outside:
    Type: AWS::IAM::RolePolicy
    Properties: {RoleName: foreign, PolicyName: !Ref P, PolicyDocument: {Statement: []}}
  Add:
    Type: AWS::IAM::UserToGroupAddition
    Properties: {GroupName: more, Users: [!Ref User]}
"#;

#[test]
fn principals_have_what_the_template_gives_them() {
    let extraction = read(IAM);
    assert_eq!(extraction.layout, Some("CloudFormation template"));
    let all = principals(&extraction.entities);
    let [role, user, group] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((role.kind, &*role.id), (PrincipalKind::Role, "template:Role"));
    let properties = "/Resources/Role/Properties";
    let own: Vec<_> = role.own.iter().map(show).collect();
    assert_eq!(own, [format!("tree trust-policy app role:app {properties}/AssumeRolePolicyDocument")]);
    let inline: Vec<_> = role.inline.iter().map(show).collect();
    assert_eq!(
        inline,
        [
            format!("tree identity-policy one role:app {properties}/Policies/0/PolicyDocument"),
            format!("tree identity-policy Role role:app {properties}/Policies/1/Fn::If/1/PolicyDocument/Fn::If/1"),
            format!("unknown identity-policy Role role:app {properties}/Policies/1/Fn::If/1/PolicyDocument/Fn::If/2"),
            "tree identity-policy inline role:app /Resources/Inline/Properties/PolicyDocument".to_owned(),
        ]
    );
    assert_eq!(
        texts(&role.attached),
        [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:iam::aws:policy/service-role/X",
            "template:Managed",
            "arn:aws:iam::123456789012:policy/a",
            "template:Named"
        ]
    );
    assert_eq!(role.boundary.as_deref(), Some("arn:aws:iam::${AWS::AccountId}:policy/edge"));
    let attached = role.subject.context.attached_to.as_ref().unwrap();
    assert_eq!(attached.path.as_deref(), Some("/svc/"));
    assert_eq!((attached.tags["team"].as_str(), attached.tags["env"].as_str()), ("a", "${Env}"));
    assert_eq!(show(&role.subject), "missing - app role:app /Resources/Role/Type");
    assert_eq!(
        (texts(&user.attached), texts(&user.groups)),
        (vec!["template:Managed"], vec!["template:Group", "outside", "more"])
    );
    assert_eq!(
        group.inline.iter().map(show).collect::<Vec<_>>(),
        ["tree identity-policy inline group:grp /Resources/Inline/Properties/PolicyDocument"]
    );
    assert_eq!(
        resources(&extraction.entities),
        ["tree identity-policy Outside role:foreign /Resources/Outside/Properties/PolicyDocument"]
    );
    let one = |e: &Entity| match e {
        Entity::Managed(_, managed) => Some((managed.id.to_string(), show(managed.default.as_ref().unwrap()))),
        Entity::Resource(..) | Entity::Principal(..) => None,
    };
    let managed: Vec<_> = extraction.entities.iter().filter_map(one).collect();
    let [first, second] = managed.as_slice() else { panic!("{managed:?}") };
    assert_eq!((first.0.as_str(), first.1.as_str()), ("template:Managed", "text identity-policy Managed  {\"Statement\":[]}"));
    assert_eq!(second.0, "template:Named");
}

#[test]
fn policies_stand_with_what_they_protect() {
    let text = r#"{"Resources":{
        "Bucket":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"logs"}},
        "BucketPolicy":{"Type":"AWS::S3::BucketPolicy",
            "Properties":{"Bucket":{"Ref":"Bucket"},"PolicyDocument":{"Statement":[]}}},
        "Other":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":{"Ref":"Parameter"},"PolicyDocument":{"Ref":"D"}}},
        "Topics":{"Type":"AWS::SNS::TopicPolicy",
            "Properties":{"Topics":["arn:aws:sns:eu-west-1:123456789012:t"],"PolicyDocument":{"Statement":[]}}},
        "Queue":{"Type":"AWS::SQS::Queue"},
        "QueuePolicy":{"Type":"AWS::SQS::QueuePolicy",
            "Properties":{"Queues":[{"Ref":"Queue"}],"PolicyDocument":{"Statement":[]}}},
        "Key":{"Type":"AWS::KMS::Key","Properties":{"KeyPolicy":{"Statement":[]}}},
        "Secret":{"Type":"AWS::SecretsManager::ResourcePolicy",
            "Properties":{"SecretId":"db","ResourcePolicy":{"Statement":[]}}},
        "Endpoint":{"Type":"AWS::EC2::VPCEndpoint","Properties":{"PolicyDocument":"{\"Statement\":[]}"}},
        "Logs":{"Type":"AWS::Logs::ResourcePolicy",
            "Properties":{"PolicyName":"l","PolicyDocument":{"Fn::Sub":"{\"Statement\":[]}"}}},
        "Table":{"Type":"AWS::DynamoDB::Table","Properties":{"ResourcePolicy":{"PolicyDocument":{"Statement":[]}}}},
        "Bus":{"Type":"AWS::Events::EventBusPolicy","Properties":{"StatementId":"s","Statement":{"Effect":"Allow"}}},
        "Scp":{"Type":"AWS::Organizations::Policy",
            "Properties":{"Name":"scp","Type":"SERVICE_CONTROL_POLICY","Content":{"Statement":[]}}},
        "Rcp":{"Type":"AWS::Organizations::Policy",
            "Properties":{"Type":"RESOURCE_CONTROL_POLICY","Content":{"Fn::ToJsonString":{"Statement":[]}}}},
        "Tags":{"Type":"AWS::Organizations::Policy","Properties":{"Type":"TAG_POLICY","Content":{"tags":{}}}},
        "Set":{"Type":"AWS::SSO::PermissionSet","Properties":{"Name":"set","InlinePolicy":{"Statement":[]}}},
        "Things":{"Type":"AWS::IoT::Policy","Properties":{"PolicyDocument":{"Statement":[]}}},
        "Fn::ForEach::Keys":["K",["a"],{"Key${K}":{"Type":"AWS::KMS::Key","Properties":{"KeyPolicy":{"Statement":[]}}}}]}}"#;
    let at = |id: &str, property: &str| format!("/Resources/{id}/Properties/{property}");
    assert_eq!(
        resources(&read(text).entities),
        [
            "settings - logs arn:aws:s3:::logs /Resources/Bucket/Type".to_owned(),
            format!("tree resource-policy logs arn:aws:s3:::logs {}", at("BucketPolicy", "PolicyDocument")),
            format!("unknown resource-policy Other AWS::S3::Bucket {}", at("Other", "PolicyDocument")),
            format!("tree resource-policy t arn:aws:sns:eu-west-1:123456789012:t {}", at("Topics", "PolicyDocument")),
            format!("tree resource-policy Queue AWS::SQS::Queue {}", at("QueuePolicy", "PolicyDocument")),
            format!("tree resource-policy Key AWS::KMS::Key {}", at("Key", "KeyPolicy")),
            format!("tree resource-policy db AWS::SecretsManager::Secret {}", at("Secret", "ResourcePolicy")),
            "text vpc-endpoint-policy Endpoint AWS::EC2::VPCEndpoint {\"Statement\":[]}".to_owned(),
            "text resource-policy l AWS::Logs::ResourcePolicy {\"Statement\":[]}".to_owned(),
            format!("tree resource-policy Table AWS::DynamoDB::Table {}", at("Table", "ResourcePolicy/PolicyDocument")),
            format!("tree resource-policy Bus AWS::Events::EventBus {}", at("Bus", "Statement")),
            format!("tree service-control-policy scp  {}", at("Scp", "Content")),
            format!("tree resource-control-policy Rcp  {}", at("Rcp", "Content/Fn::ToJsonString")),
            format!("tree identity-policy set  {}", at("Set", "InlinePolicy")),
            "tree resource-policy Key${K} AWS::KMS::Key /Resources/Fn::ForEach::Keys/2/Key${K}/Properties/KeyPolicy".to_owned(),
        ]
    );
}

/// The facts of the only bucket, as `last part of the name = value`.
fn facts(properties: &str) -> Vec<String> {
    let extraction = read(&format!("Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {properties}\n"));
    let Some(Entity::Resource(_, found)) = extraction.entities.first() else { panic!() };
    let Some(Body::Settings(_, facts)) = found.iter().map(|f| &f.body).find(|b| matches!(b, Body::Settings(..))) else {
        panic!()
    };
    facts
        .iter()
        .map(|fact| {
            let name = fact.name.trim_start_matches("s3.bucket.").trim_start_matches("public_access_block.");
            let value = match &fact.setting {
                Setting::Is(text) => text,
                Setting::Unset => "unset",
                Setting::Unknown => "unknown",
            };
            format!("{name}={value} {}", source(&fact.place))
        })
        .collect()
}

#[test]
fn buckets_tell_their_settings() {
    let default = "AWS::S3::Bucket";
    let switches = ["block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"];
    let mut want = vec![format!("encryption.algorithm=AES256 {default}"), format!("encryption.key=unset {default}")];
    want.extend(switches.iter().map(|name| format!("{name}=true {default}")));
    want.extend(["acl.public=false", "versioning=unset", "logging.target=unset"].map(|fact| format!("{fact} {default}")));
    assert_eq!(facts("{}"), want);
    let got = facts(
        "{BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', \
         KMSMasterKeyID: !Ref K}}]}, PublicAccessBlockConfiguration: {BlockPublicAcls: true, IgnorePublicAcls: false, \
         BlockPublicPolicy: !Ref X}, AccessControl: PublicRead, VersioningConfiguration: {Status: Enabled}, \
         LoggingConfiguration: {DestinationBucketName: logs}}",
    );
    let block = "{BlockPublicAcls: true, IgnorePublicAcls: false, BlockPublicPolicy: !Ref X}";
    assert_eq!(
        got,
        [
            "encryption.algorithm=aws:kms 'aws:kms'".to_owned(),
            "encryption.key=unknown !Ref K".to_owned(),
            "block_public_acls=true true".to_owned(),
            "ignore_public_acls=false false".to_owned(),
            "block_public_policy=unknown !Ref X".to_owned(),
            format!("restrict_public_buckets=unset {block}"),
            "acl.public=true PublicRead".to_owned(),
            "versioning=Enabled Enabled".to_owned(),
            "logging.target=logs logs".to_owned(),
        ]
    );
    let got = facts(
        "{BucketEncryption: !Ref E, AccessControl: !If [A, Private, PublicRead], LoggingConfiguration: {LogFilePrefix: x}}",
    );
    assert_eq!(got[0], "encryption.algorithm=unknown !Ref E");
    assert_eq!(got[6], "acl.public=unknown !If [A, Private, PublicRead]");
    assert_eq!(got[8], "logging.target=B {LogFilePrefix: x}");
}

#[test]
fn a_bucket_without_a_policy_says_so() {
    let bucket = r"Resources:
  B:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub '${AWS::StackName}-b'}
  P:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: ";
    let missing = "missing resource-policy B AWS::S3::Bucket /Resources/B/Type";
    for (reference, has) in
        [("!Ref B", true), ("!Sub '${B}'", true), ("!Sub '${AWS::StackName}-b'", true), ("!Ref Other", false), ("b", false)]
    {
        let extraction = read(&format!("{bucket}{reference}, PolicyDocument: {{Statement: []}}}}\n"));
        assert_eq!(resources(&extraction.entities).iter().any(|line| line == missing), !has, "{reference}");
    }
}

#[test]
fn sam_makes_roles() {
    let text = r"Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Tags: {team: a}
      Policies:
        - AmazonS3ReadOnlyAccess
        - arn:aws:iam::aws:policy/X
        - S3ReadPolicy: {BucketName: b}
        - Statement: [{Effect: Allow}]
        - !Ref Managed
  Single:
    Type: AWS::Serverless::Function
    Properties: {Policies: {Statement: []}}
  Given:
    Type: AWS::Serverless::Function
    Properties: {Role: arn, Policies: [X]}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: []}}}
  More:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: more, Roles: [!Ref FnRole], PolicyDocument: {Statement: []}}
";
    let extraction = read(text);
    let all = principals(&extraction.entities);
    let [first, single] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(&*first.id, "template:FnRole");
    assert_eq!(
        texts(&first.attached),
        ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/X", "template:Managed"]
    );
    let inline: Vec<_> = first.inline.iter().map(show).collect();
    assert_eq!(
        inline,
        [
            "tree identity-policy FnRolePolicy3 role:FnRole /Resources/Fn/Properties/Policies/3",
            "tree identity-policy more role:FnRole /Resources/More/Properties/PolicyDocument",
        ]
    );
    assert_eq!(first.subject.context.attached_to.as_ref().unwrap().tags["team"], "a");
    assert_eq!(single.inline.len(), 1);
    assert_eq!(resources(&extraction.entities), [""; 0]);
}

#[test]
fn only_templates_are_templates() {
    let is = |text: &str| is_template(json::parse(text.to_owned()).root().unwrap());
    assert!(is(r#"{"Resources":{"A":{"Type":"Custom::Thing"}}}"#));
    assert!(is(r#"{"AWSTemplateFormatVersion":"2010-09-09","Resources":{}}"#));
    for other in [
        r#"{"version":"21.0.0","artifacts":{"Tree":{"type":"cdk:tree","properties":{"file":"tree.json"}}}}"#,
        r#"{"version":"tree-0.1","tree":{"id":"App",
            "children":{"S":{"attributes":{"aws:cdk:cloudformation:type":"AWS::S3::Bucket"}}}}}"#,
        r#"{"version":"21.0.0","files":{"a":{"source":{"path":"S.template.json"}}},"dockerImages":{}}"#,
        r#"{"Resources":[{"Type":"AWS::S3::Bucket"}]}"#,
        r#"{"Resources":{"A":{"Type":"thing"}}}"#,
        r#"{"AWSTemplateFormatVersion":"2010-09-09"}"#,
    ] {
        assert!(!is(other), "{other}");
    }
    assert!(
        read("Resources:\n  A: {Type: 'AWS::S3::Bucket', Properties: !Ref X}\n  B: 1\n  C: {Type: [x]}\nOutputs: {}\n")
            .layout
            .is_some()
    );
}
