//! Each source: whose the policy is, and where it stands in the file.

use super::*;

#[test]
fn configuration_items_in_every_spelling() {
    let found = |at: &str, there: &str| {
        format!("identity-policy of {} named inline in {ACCOUNT} at {at} > /Statement/0/Action: {there}", arn("role", "r"))
    };
    let percented = "%22iam%3APassRole%22";
    let delivered = snapshot(&[item("AWS::EC2::VPC", "arn:x", "vpc", &json!({})), inline_role("r")]);
    let place = found("/configurationItems/1/configuration/rolePolicyList/0/policyDocument", percented);
    says(SNAPSHOT, gzip(delivered.as_bytes()), PASS, &[&place]);
    // A history file has the same form.
    says("111122223333_Config_eu-west-1_ConfigHistory_AWS::IAM::Role_x_1.json", &delivered, PASS, &[&place]);
    says(
        "lines.jsonl",
        format!("{}\n{}\n", json!({"a": 1}), inline_role("r")),
        PASS,
        &[&found("/configuration/rolePolicyList/0/policyDocument", percented)],
    );
    // GetResourceConfigHistory and BatchGetResourceConfig: the configuration is a string.
    for list in ["configurationItems", "baseConfigurationItems"] {
        let mut of_api = inline_role("r");
        of_api["configuration"] = Value::String(text(&of_api["configuration"]));
        of_api["accountId"] = of_api["awsAccountId"].take();
        of_api["arn"] = of_api["ARN"].take();
        let place = found(&format!("/{list}/0/configuration > /rolePolicyList/0/policyDocument"), percented);
        says("answer.json", text(&json!({list: [of_api], "nextToken": "t"})), PASS, &[&place]);
    }
    // SelectResourceConfig, also of an aggregator: the row is a string.
    let row = json!({"accountId": ACCOUNT, "arn": arn("role", "r"), "resourceType": "AWS::IAM::Role", "resourceName": "r",
        "configuration": inline_role("r")["configuration"]});
    let rows = json!({"Results": [text(&row)], "QueryInfo": {"SelectFields": []}});
    says("rows.json", text(&rows), PASS, &[&found("/Results/0 > /configuration/rolePolicyList/0/policyDocument", percented)]);
    // The event of a custom rule: a string with the item.
    let event = json!({"version": "1.0", "invokingEvent": text(&json!({"configurationItem": inline_role("r"),
        "messageType": "ConfigurationItemChangeNotification"})), "ruleParameters": "{}", "accountId": ACCOUNT});
    says(
        "event.json",
        text(&event),
        PASS,
        &[&found("/invokingEvent > /configurationItem/configuration/rolePolicyList/0/policyDocument", percented)],
    );
    // Plain strings and objects are read as well.
    let plain = role_item("r", &json!({"rolePolicyList": [{"policyName": "inline", "policyDocument": text(&pass_role())}]}));
    says("item.json", text(&plain), PASS, &[&found("/configuration/rolePolicyList/0/policyDocument", "\\\"iam:PassRole\\\"")]);
}

#[test]
fn answers_of_iam() {
    let role = arn("role", "r");
    let identity = |at: &str, there: &str| format!("identity-policy of {role} named inline in {ACCOUNT} at {at}: {there}");
    for (document, inner, there) in [
        (pass_role(), "/Statement/0/Action", "\"iam:PassRole\""),
        (Value::String(percent(&pass_role())), " > /Statement/0/Action", "%22iam%3APassRole%22"),
    ] {
        let details = json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{
            "RoleName": "r", "Path": "/", "Arn": role, "AttachedManagedPolicies": [], "AssumeRolePolicyDocument": {},
            "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": document}]}]});
        let at = format!("/RoleDetailList/0/RolePolicyList/0/PolicyDocument{inner}");
        says("details.json", text(&details), PASS, &[&identity(&at, there)]);
        let inline = json!({"RoleName": "r", "PolicyName": "inline", "PolicyDocument": document});
        let at = format!("identity-policy of - named inline in - at /PolicyDocument{inner}: {there}");
        says("get-role-policy.json", text(&inline), PASS, &[&at]);
        let version = json!({"PolicyVersion": {"Document": document, "VersionId": "v1", "IsDefaultVersion": true}});
        let at = format!("identity-policy of - named - in - at /PolicyVersion/Document{inner}: {there}");
        says("get-policy-version.json", text(&version), PASS, &[&at]);
    }
    let answer = json!({"Role": {"RoleName": "r", "Path": "/", "Arn": role, "AssumeRolePolicyDocument": trusts_everyone()}});
    let trust = format!(
        "trust-policy of {role} named r in {ACCOUNT} at /Role/AssumeRolePolicyDocument/\
         Statement/0/Principal/AWS: \"*\""
    );
    says("get-role.json", text(&answer), "public-trust-policy", &[&trust]);
}

#[test]
fn answers_about_resources() {
    let case = |answer: Value, wanted: &str, rule: &str| says("answer.json", text(&answer), rule, &[wanted]);
    let everyone = "> /Statement/0/Principal: \\\"*\\\"";
    let policy = |action: &str| text(&open(action, "*"));
    case(
        json!({"Attributes": {"QueueArn": "arn:aws:sqs:eu-west-1:111122223333:q", "Policy": policy("sqs:SendMessage")}}),
        &format!(
            "resource-policy of arn:aws:sqs:eu-west-1:111122223333:q named - in {ACCOUNT} at \
             /Attributes/Policy {everyone}"
        ),
        OPEN,
    );
    case(
        json!({"Attributes": {"TopicArn": "arn:aws:sns:eu-west-1:111122223333:t", "Policy": policy("sns:Publish")}}),
        &format!(
            "resource-policy of arn:aws:sns:eu-west-1:111122223333:t named - in {ACCOUNT} at \
             /Attributes/Policy {everyone}"
        ),
        OPEN,
    );
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:f";
    case(
        json!({"Policy": text(&open("lambda:InvokeFunction", function)), "RevisionId": "1"}),
        &format!("resource-policy of - named - in - at /Policy {everyone}"),
        OPEN,
    );
    case(
        json!({"registryId": ACCOUNT, "repositoryName": "r", "policyText": policy("ecr:BatchGetImage")}),
        &format!("resource-policy of - named r in {ACCOUNT} at /policyText {everyone}"),
        OPEN,
    );
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s";
    case(
        json!({"ARN": secret, "Name": "s", "ResourcePolicy": policy("secretsmanager:GetSecretValue")}),
        &format!("resource-policy of {secret} named s in {ACCOUNT} at /ResourcePolicy {everyone}"),
        OPEN,
    );
    case(
        json!({"Policy": policy("kms:Decrypt"), "PolicyName": "default"}),
        &format!("resource-policy of - named - in - at /Policy {everyone}"),
        "kms-key-open-to-everyone",
    );
    case(
        json!({"Policy": text(&open("s3:GetObject", "arn:aws:s3:::b/*"))}),
        "resource-policy of arn:aws:s3:::b named - in - at /Policy > : {\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\…",
        TLS,
    );
}

#[test]
fn endpoints_and_organizations() {
    let wide = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObjekt", "Resource": "*"}]});
    let organizations = "arn:aws:organizations::999988887777:policy/o-abc/service_control_policy/p-1";
    let described = json!({"PolicySummary": {"Id": "p-1", "Arn": organizations, "Name": "guard",
        "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false}, "Content": text(&wide)});
    let place = |at: &str| {
        format!(
            "service-control-policy of {organizations} named guard in 999988887777 at {at}Content > \
             /Statement/0/Action: \\\"s3:GetObjekt\\\""
        )
    };
    says("describe-policy.json", text(&json!({"Policy": described})), "invalid-action", &[&place("/Policy/")]);
    let whole = json!({"Roots": [{"Id": "r-1", "Arn": "arn:aws:organizations::999988887777:root/o-abc/r-1"}],
        "Policies": [described], "Accounts": []});
    says("organization.json", text(&whole), "invalid-action", &[&place("/Policies/0/")]);
    let endpoint = json!({"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT,
        "ServiceName": "com.amazonaws.eu-west-1.s3", "PolicyDocument": text(&open("s3:GetObjekt", "*"))}]});
    says(
        "endpoints.json",
        text(&endpoint),
        "invalid-action",
        &[&format!(
            "vpc-endpoint-policy of - named vpce-1 in {ACCOUNT} at /VpcEndpoints/0/PolicyDocument > \
             /Statement/0/Action: \\\"s3:GetObjekt\\\""
        )],
    );
}

#[test]
fn yaml_comes_down_a_pipe_as_well() {
    let policy = "# what\n---\nVersion: \"2012-10-17\"\nStatement:\n  - {Effect: Allow, Action: iam:PassRole, Resource: '*'}\n";
    let sandbox = Sandbox::with(&[]);
    for args in [&["check", "-", "--select", PASS][..], &["check", "-", "--select", PASS, "--stdin-filename", "x.yaml"]] {
        crate::common::run_with_stdin(sandbox.path(), args, policy.as_bytes()).ends(1).says("0 incomplete");
    }
}

#[test]
fn templates() {
    let yaml = "\
AWSTemplateFormatVersion: \"2010-09-09\"
Resources:
  Worker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: []}
      Policies:
        - PolicyName: inline
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
              - Effect: Allow
                Action: iam:PassRole
                Resource: \"*\"
              - Effect: Allow
                Action: s3:GetObject
                Resource: !Sub \"${Bucket.Arn}/*\"
  Bucket:
    Type: AWS::S3::Bucket
";
    let place =
        "identity-policy of - named inline in - at /Resources/Worker/Properties/Policies/0/PolicyDocument/Statement/0/Action: ";
    says("template.yaml", yaml, PASS, &[&format!("{place}iam:PassRole")]);
    let template = json!({"Resources": {"Worker": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker",
        "AssumeRolePolicyDocument": {}, "Policies": [{"PolicyName": "inline", "PolicyDocument": pass_role()}]}}}});
    says("template.json", text(&template), PASS, &[&format!("{place}\"iam:PassRole\"")]);
    let sam = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - S3ReadPolicy: {BucketName: b}
        - Version: \"2012-10-17\"
          Statement:
            - Effect: Allow
              Action: iam:PassRole
              Resource: '*'
";
    says(
        "sam.yaml",
        sam,
        PASS,
        &["identity-policy of - named HelloRolePolicy1 in - at \
                                  /Resources/Hello/Properties/Policies/1/Statement/0/Action: iam:PassRole"],
    );
    let policy = "Version: \"2012-10-17\"\nStatement:\n  - Effect: Allow\n    Action: iam:PassRole\n    Resource: '*'\n";
    says("policy.yaml", policy, PASS, &["identity-policy of - named - in - at /Statement/0/Action: iam:PassRole"]);
}

#[test]
fn plans() {
    let place = "identity-policy of - named pass in - at \
                 /planned_values/root_module/resources/0/values/policy > /Statement/0/Action: \\\"iam:PassRole\\\"";
    says("plan.json", text(&plan("1.2")), PASS, &[place]);
    // As PowerShell redirects it: the plan is read, and the encoding is told.
    let sandbox = Sandbox::with(&[]);
    let units = serde_json::to_string_pretty(&plan("1.2")).expect("JSON").replace('\n', "\r\n");
    let bytes: Vec<u8> = std::iter::once(0xFEFF).chain(units.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    sandbox.write("plan.json", bytes);
    let run = sandbox.run(&["check", "--format", "json", "--select", PASS]);
    assert_eq!(lines_of(&sandbox, &run), [place], "{}", run.stdout);
}
