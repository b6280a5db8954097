use super::super::testing::told;
use super::unknown_version;
use crate::document::json;

/// A policy as a string in a string.
const TEXT: &str = r#""{\"Statement\":[]}""#;

/// A plan of resources given as `type.name {values}`, with what is computed and what is configured.
fn plan(resources: &[(&str, &str)], unknown: &[(&str, &str)], configuration: &str) -> String {
    let resource = |(address, values): &(&str, &str)| {
        let kind = address.split('.').next().unwrap();
        format!(r#"{{"address": "{address}", "mode": "managed", "type": "{kind}", "values": {values}}}"#)
    };
    let change = |(address, after): &(&str, &str)| {
        format!(r#"{{"address": "{address}", "change": {{"actions": ["create"], "after_unknown": {after}}}}}"#)
    };
    let resources = resources.iter().map(resource).collect::<Vec<_>>().join(",");
    let changes = unknown.iter().map(change).collect::<Vec<_>>().join(",");
    let text = format!(
        r#"{{"format_version": "1.2", "planned_values": {{"root_module": {{"resources": [{resources}]}}}},
          "resource_changes": [{changes}], "configuration": {{"root_module": {configuration}}}}}"#
    );
    text.replace("TEXT", TEXT)
}

/// The configuration of one resource, with an argument that refers to others.
fn refers(address: &str, argument: &str, references: &str) -> String {
    format!(r#"{{"address": "{address}", "expressions": {{"{argument}": {{"references": [{references}]}}}}}}"#)
}

fn found(text: &str) -> String {
    told(text).strip_prefix("Terraform plan").unwrap_or_else(|| panic!("{text}")).trim_start().to_owned()
}

#[test]
fn versions_of_the_form() {
    let of = |version: &str| json::parse(format!(r#"{{"format_version": "{version}", "planned_values": {{}}}}"#));
    assert!(unknown_version(of("0.2").root().unwrap()).is_none());
    assert!(unknown_version(of("1.9").root().unwrap()).is_none());
    assert_eq!(unknown_version(of("9.0").root().unwrap()).unwrap().scalar(), "9.0");
    assert!(unknown_version(json::parse(r#"{"format_version": "9.0"}"#.to_owned()).root().unwrap()).is_none());
    assert_eq!(told(r#"{"format_version": "1.0"}"#), "nothing");
}

#[test]
fn a_role_with_everything_that_is_its_own() {
    let values = r#"{"name": "app", "path": "/svc/", "tags": {"k": "v"}, "assume_role_policy": TEXT,
      "inline_policy": [{"name": "in", "policy": TEXT}], "managed_policy_arns": ["arn:aws:iam::aws:policy/A"],
      "permissions_boundary": "arn:aws:iam::111122223333:policy/edge"}"#;
    let expected = "role terraform:aws_iam_role.r path /svc/ k=v
  subject missing - - app - - - - of app at /planned_values/root_module/resources/0/address
  own text trust-policy - app - - - - of app at /planned_values/root_module/resources/0/values/assume_role_policy!
  inline text identity-policy - in - - - - of app at /planned_values/root_module/resources/0/values/inline_policy/0/policy!
  attached arn:aws:iam::aws:policy/A
  boundary arn:aws:iam::111122223333:policy/edge";
    assert_eq!(found(&plan(&[("aws_iam_role.r", values)], &[], "{}")), expected);
}

#[test]
fn attachments_by_name_and_by_reference() {
    let resources = [
        ("aws_iam_role.r", r#"{"name": "app", "assume_role_policy": TEXT}"#),
        ("aws_iam_user.u", r#"{"name": "ann"}"#),
        ("aws_iam_policy.p", r#"{"name": "p", "policy": TEXT}"#),
        ("aws_iam_role_policy.i", r#"{"name": "own", "policy": TEXT}"#),
        ("aws_iam_role_policy_attachment.a", r#"{"role": "app"}"#),
        ("aws_iam_user_policy_attachment.b", r#"{"user": "ann", "policy_arn": "arn:aws:iam::aws:policy/B"}"#),
        ("aws_iam_policy_attachment.c", r#"{"users": ["ann"], "roles": [], "policy_arn": "arn:aws:iam::aws:policy/C"}"#),
        ("aws_iam_user_group_membership.g", r#"{"user": "ann", "groups": ["ops"]}"#),
        ("aws_iam_group_policy.x", r#"{"group": "elsewhere", "policy": TEXT}"#),
    ];
    let configuration = format!(
        r#"{{"resources": [{}, {}]}}"#,
        refers("aws_iam_role_policy.i", "role", r#""aws_iam_role.r.id", "aws_iam_role.r""#),
        refers("aws_iam_role_policy_attachment.a", "policy_arn", r#""aws_iam_policy.p.arn", "aws_iam_policy.p""#)
    );
    let at = "at /planned_values/root_module/resources";
    let expected = format!(
        "role terraform:aws_iam_role.r path -
  subject missing - - app - - - - of app {at}/0/address
  own text trust-policy - app - - - - of app {at}/0/values/assume_role_policy!
  inline text identity-policy - own - - - - of app {at}/3/values/policy!
  attached terraform:aws_iam_policy.p
user terraform:aws_iam_user.u path -
  subject missing - - ann - - - - of ann {at}/1/address
  attached arn:aws:iam::aws:policy/B
  attached arn:aws:iam::aws:policy/C
  group ops
managed terraform:aws_iam_policy.p attachments - boundaries - old 0
  default text identity-policy - p - - - - {at}/2/values/policy!
text identity-policy - aws_iam_group_policy.x - - - - of elsewhere {at}/8/values/policy!"
    );
    let unknown =
        [("aws_iam_role_policy.i", r#"{"role": true}"#), ("aws_iam_role_policy_attachment.a", r#"{"policy_arn": true}"#)];
    assert_eq!(found(&plan(&resources, &unknown, &configuration)), expected);
}

#[test]
fn policies_of_resources() {
    let cases = [
        ("aws_s3_bucket_policy", r#"{"bucket": "b", "policy": TEXT}"#, "resource-policy AWS::S3::Bucket b arn:aws:s3:::b - -"),
        ("aws_kms_key", r#"{"policy": TEXT}"#, "resource-policy AWS::KMS::Key aws_kms_key.x - - -"),
        (
            "aws_sns_topic_policy",
            r#"{"arn": "arn:aws:sns:eu-west-1:111122223333:t", "policy": TEXT}"#,
            "resource-policy AWS::SNS::Topic aws_sns_topic_policy.x arn:aws:sns:eu-west-1:111122223333:t \
             111122223333 eu-west-1",
        ),
        ("aws_sqs_queue", r#"{"name": "q", "policy": TEXT}"#, "resource-policy AWS::SQS::Queue q - - -"),
        ("aws_vpc_endpoint", r#"{"policy": TEXT}"#, "vpc-endpoint-policy AWS::EC2::VPCEndpoint aws_vpc_endpoint.x - - -"),
        ("aws_glacier_vault", r#"{"name": "v", "access_policy": TEXT}"#, "resource-policy AWS::Glacier::Vault v - - -"),
        (
            "aws_opensearch_domain_policy",
            r#"{"domain_name": "d", "access_policies": TEXT}"#,
            "resource-policy AWS::OpenSearchService::Domain d - - -",
        ),
        (
            "aws_organizations_policy",
            r#"{"name": "o", "content": TEXT, "type": "RESOURCE_CONTROL_POLICY"}"#,
            "resource-control-policy - o - - -",
        ),
        ("aws_organizations_policy", r#"{"name": "o", "content": TEXT}"#, "service-control-policy - o - - -"),
        ("aws_new_thing", r#"{"name": "n", "access_policy": TEXT, "filter_policy": "{\"a\":1}"}"#, "- - n - - -"),
    ];
    for (kind, values, expected) in cases {
        let told = found(&plan(&[(&format!("{kind}.x"), values)], &[], "{}"));
        assert!(told.starts_with(&format!("text {expected} - at ")), "{kind}: {told}");
        assert_eq!(told.lines().count(), 1, "{kind}: {told}");
    }
    let tag = plan(&[("aws_organizations_policy.x", r#"{"content": TEXT, "type": "TAG_POLICY"}"#)], &[], "{}");
    assert_eq!(found(&tag), "");
}

#[test]
fn a_computed_policy_is_unknown_where_somebody_set_it() {
    let resources = [("aws_sns_topic_policy.t", "{}"), ("aws_kms_key.set", "{}"), ("aws_kms_key.unset", "{}")];
    let unknown = [
        ("aws_sns_topic_policy.t", r#"{"policy": true}"#),
        ("aws_kms_key.set", r#"{"policy": true}"#),
        ("aws_kms_key.unset", r#"{"policy": true}"#),
    ];
    let configuration = format!(
        r#"{{"resources": [{}, {{"address": "aws_kms_key.unset", "expressions": {{}}}}]}}"#,
        refers("aws_kms_key.set", "policy", r#""var.p""#)
    );
    let at = "at /planned_values/root_module/resources";
    let expected = format!(
        "unknown resource-policy AWS::SNS::Topic aws_sns_topic_policy.t - - - - {at}/0/address
unknown resource-policy AWS::KMS::Key aws_kms_key.set - - - - {at}/1/address"
    );
    assert_eq!(found(&plan(&resources, &unknown, &configuration)), expected);
}

#[test]
fn a_bucket_without_a_policy_is_told() {
    let bucket = ("aws_s3_bucket.b", r#"{"bucket": "name"}"#);
    let missing = "missing resource-policy AWS::S3::Bucket name arn:aws:s3:::name - - - \
         at /planned_values/root_module/resources/0/address";
    assert_eq!(found(&plan(&[bucket], &[], "{}")), missing);
    let by_name = found(&plan(&[bucket, ("aws_s3_bucket_policy.p", r#"{"bucket": "name", "policy": TEXT}"#)], &[], "{}"));
    assert!(!by_name.contains("missing"), "{by_name}");
    let policy = ("aws_s3_bucket_policy.p", r#"{"policy": TEXT}"#);
    let unknown = [("aws_s3_bucket_policy.p", r#"{"bucket": true}"#)];
    let configuration =
        format!(r#"{{"resources": [{}]}}"#, refers("aws_s3_bucket_policy.p", "bucket", r#""aws_s3_bucket.b.id""#));
    let by_reference = found(&plan(&[bucket, policy], &unknown, &configuration));
    assert!(by_reference.starts_with("text resource-policy AWS::S3::Bucket name arn:aws:s3:::name"), "{by_reference}");
    assert!(!by_reference.contains("missing"), "{by_reference}");
    // Whose policy it is cannot be told: it may be this bucket's.
    let anybody = found(&plan(&[bucket, policy], &unknown, "{}"));
    assert!(!anybody.contains("missing"), "{anybody}");
}

#[test]
fn references_lead_through_modules() {
    let text = r#"{"format_version": "1.2", "planned_values": {"root_module": {"child_modules": [
      {"resources": [{"address": "module.store[\"a\"].aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket",
        "values": {"bucket": "name"}}]},
      {"resources": [{"address": "module.guard.aws_s3_bucket_policy.p", "mode": "managed", "type": "aws_s3_bucket_policy",
        "values": {"policy": TEXT}}]}]}},
      "configuration": {"root_module": {"module_calls": {
        "store": {"module": {"outputs": {"id": {"expression": {"references": ["aws_s3_bucket.b.id", "aws_s3_bucket.b"]}}},
          "resources": [{"address": "aws_s3_bucket.b", "expressions": {}}]}},
        "guard": {"expressions": {"bucket": {"references": ["module.store[\"a\"].id", "module.store"]}},
          "module": {"resources": [{"address": "aws_s3_bucket_policy.p",
            "expressions": {"bucket": {"references": ["var.bucket"]}}}]}}}}}}"#;
    let told = found(&text.replace("TEXT", TEXT));
    assert!(told.starts_with("text resource-policy AWS::S3::Bucket name arn:aws:s3:::name"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn settings_of_buckets() {
    let resources = [
        (
            "aws_s3_bucket_server_side_encryption_configuration.e",
            r#"{"bucket": "n", "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms",
              "kms_master_key_id": null}]}]}"#,
        ),
        ("aws_s3_bucket_public_access_block.p", r#"{"bucket": "n", "block_public_acls": true, "block_public_policy": false}"#),
        ("aws_s3_account_public_access_block.p", r#"{"ignore_public_acls": true}"#),
        ("aws_s3_bucket_acl.a", r#"{"bucket": "n", "acl": "public-read"}"#),
        ("aws_s3_bucket_versioning.v", r#"{"bucket": "n", "versioning_configuration": [{"status": "Enabled"}]}"#),
        ("aws_s3_bucket_logging.l", r#"{"bucket": "n", "target_bucket": "logs"}"#),
    ];
    let unknown = [(
        "aws_s3_bucket_server_side_encryption_configuration.e",
        r#"{"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": true}]}]}"#,
    )];
    let told = found(&plan(&resources, &unknown, "{}"));
    for line in [
        "settings - AWS::S3::Bucket n arn:aws:s3:::n - - - at /planned_values/root_module/resources/0/address",
        "s3.bucket.encryption.algorithm aws:kms at",
        "s3.bucket.encryption.key unknown at",
        "s3.bucket.public_access_block.block_public_acls true at",
        "s3.bucket.public_access_block.block_public_policy false at",
        "s3.bucket.public_access_block.restrict_public_buckets unset at",
        "settings - AWS::S3::AccountPublicAccessBlock - - - - - at",
        "s3.account.public_access_block.ignore_public_acls true at",
        "s3.bucket.acl.public true at",
        "s3.bucket.versioning Enabled at",
        "s3.bucket.logging.target logs at",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

#[test]
fn a_document_that_a_resource_has_is_not_told_twice() {
    let document = |name: &str, sid: &str| {
        format!(
            r#"{{"address": "data.aws_iam_policy_document.{name}", "mode": "data", "type": "aws_iam_policy_document",
              "values": {{"json": "{{\n  \"Statement\": [{{\"Sid\": \"{sid}\"}}]\n}}"}}}}"#
        )
    };
    let used = plan(&[("aws_sqs_queue.q", r#"{"name": "q", "policy": "{\"Statement\":[{\"Sid\":\"a\"}]}"}"#)], &[], "{}");
    let documents = [document("a", "a"), document("b", "b"), document("c", "b")].join(",");
    let text =
        used.replacen('{', &format!(r#"{{"prior_state": {{"values": {{"root_module": {{"resources": [{documents}]}}}}}},"#), 1);
    let at = "at /planned_values/root_module/resources/0/values/policy!";
    let expected = format!(
        "text resource-policy AWS::SQS::Queue q - - - - {at}
text - - data.aws_iam_policy_document.b - - - - at /prior_state/values/root_module/resources/1/values/json!"
    );
    assert_eq!(found(&text), expected);
}

#[test]
fn a_state_repeats_policies_and_is_read_once() {
    let text = r#"{"format_version": "1.0", "values": {"root_module": {"resources": [
      {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket",
        "values": {"bucket": "n", "id": "n", "policy": TEXT}},
      {"address": "aws_s3_bucket_policy.p", "mode": "managed", "type": "aws_s3_bucket_policy",
        "values": {"bucket": "n", "policy": TEXT}},
      {"address": "aws_iam_role.r", "mode": "managed", "type": "aws_iam_role", "values": {"name": "r",
        "arn": "arn:aws:iam::111122223333:role/r", "inline_policy": [{"name": "i", "policy": TEXT}]}},
      {"address": "aws_iam_role_policy.i", "mode": "managed", "type": "aws_iam_role_policy",
        "values": {"role": "r", "name": "i", "policy": TEXT}}]}}}"#;
    let told = found(&text.replace("TEXT", TEXT));
    let expected = "role arn:aws:iam::111122223333:role/r path -
  subject missing - - r arn:aws:iam::111122223333:role/r 111122223333 - - of r at /values/root_module/resources/2/address
  inline text identity-policy - i arn:aws:iam::111122223333:role/r 111122223333 - - of r \
at /values/root_module/resources/2/values/inline_policy/0/policy!
text resource-policy AWS::S3::Bucket n arn:aws:s3:::n - - - at /values/root_module/resources/1/values/policy!";
    assert_eq!(told, expected);
}

#[test]
fn a_plan_of_changes_alone_is_read() {
    let text = r#"{"format_version": "1.0", "resource_changes": [
      {"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue",
        "change": {"actions": ["update"], "after": {"name": "q", "policy": TEXT}}},
      {"address": "aws_sqs_queue.gone", "mode": "managed", "type": "aws_sqs_queue",
        "change": {"actions": ["delete"], "before": {"name": "q", "policy": TEXT}, "after": null}}]}"#;
    let told = found(&text.replace("TEXT", TEXT));
    assert_eq!(told, "text resource-policy AWS::SQS::Queue q - - - - at /resource_changes/0/change/after/policy!");
}
