//! Buckets of a plan: those without a policy, and settings that resources of their own give them.

use super::plan::{Plan, Resource, Value};
use super::policy::protected;
use super::table::{ROWS, Row};
use crate::extract::entity::{Entity, Identity};
use crate::extract::facts::{Fact, Setting};
use crate::extract::found::{Body, Found, Place};
use crate::extract::owner;
use crate::extract::settings::{fact, public_grant, switches, unset};
use crate::policy::{Context, PolicyKind};

/// Reads the facts of a resource.
type Read = fn(&Resource) -> Vec<Fact>;

/// A bucket's settings by the resource types that make them.
const SETTINGS: [(&str, Read); 6] = [
    ("aws_s3_bucket_server_side_encryption_configuration", encryption),
    ("aws_s3_bucket_public_access_block", |resource| block(resource, false)),
    ("aws_s3_account_public_access_block", |resource| block(resource, true)),
    ("aws_s3_bucket_acl", acl),
    ("aws_s3_bucket_versioning", versioning),
    ("aws_s3_bucket_logging", logging),
];

/// Buckets without a policy, and settings.
pub fn entities(plan: &Plan) -> Vec<Entity> {
    let mut all = lacking(plan);
    for (kind, read) in SETTINGS {
        for resource in plan.of(kind) {
            let facts = read(resource);
            if !facts.is_empty() {
                all.push(Found { body: Body::Settings(resource.anchor.clone(), facts), context: context(plan, resource) });
            }
        }
    }
    all.into_iter().map(|found| Entity::Resource(Identity::default(), vec![found])).collect()
}

fn lacking(plan: &Plan) -> Vec<Found> {
    let Some(row) = ROWS.iter().find(|row| row.kind == "aws_s3_bucket_policy") else { return Vec::new() };
    let mut covered: Vec<&str> = Vec::new();
    for policy in plan.of(row.kind) {
        let buckets = protected(plan, policy, row);
        if buckets.is_empty() && policy.text(row.name).is_none() {
            // A policy of some bucket, and nothing tells of which: any of them may have it.
            return Vec::new();
        }
        covered.extend(buckets.iter().map(|bucket| bucket.address.as_str()));
    }
    let lacks = |bucket: &&Resource| {
        let own = match plan.value(bucket, "policy") {
            Value::Known(place) => !place.node().scalar().trim().is_empty(),
            Value::Unknown => plan.configuration.sets(&bucket.address, "policy") == Some(true),
            Value::Unset => false,
        };
        !own && !covered.contains(&bucket.address.as_str())
    };
    let missing = |bucket: &Resource| Found {
        body: Body::Missing(bucket.anchor.clone()),
        context: Context { kind: Some(PolicyKind::ResourcePolicy), ..of_bucket(plan, bucket.text("bucket"), bucket) },
    };
    plan.of("aws_s3_bucket").filter(lacks).map(missing).collect()
}

fn of_bucket(plan: &Plan, name: Option<String>, resource: &Resource) -> Context {
    let arn = name.as_ref().map(|name| format!("arn:aws:s3:::{name}"));
    Context {
        name: name.or_else(|| Some(resource.address.clone())),
        resource_type: Some("AWS::S3::Bucket".to_owned()),
        ..owner::by_arn(&plan.said, arn)
    }
}

/// Whose a setting is.
fn context(plan: &Plan, resource: &Resource) -> Context {
    if resource.kind == "aws_s3_account_public_access_block" {
        let account = resource.text("account_id").or_else(|| plan.said.account.clone());
        let resource_type = Some("AWS::S3::AccountPublicAccessBlock".to_owned());
        return Context { name: account.clone(), account, resource_type, ..plan.said.clone() };
    }
    let row = Row { kind: "", policy: "", protects: "AWS::S3::Bucket", name: "bucket", arn: "", of: "aws_s3_bucket" };
    let buckets = protected(plan, resource, &row);
    let bucket = if let [bucket] = buckets.as_slice() { Some(*bucket) } else { None };
    let name = resource.text("bucket").or_else(|| bucket.and_then(|b| b.text("bucket")));
    of_bucket(plan, name, bucket.unwrap_or(resource))
}

/// A fact of a value in an argument; `argument` tells whether what is not there will be known later.
fn told(name: &'static str, value: Option<Place>, resource: &Resource, argument: &str) -> Fact {
    match value {
        Some(place) => fact(name, &place),
        None if resource.is_unknown(argument) => Fact { name, setting: Setting::Unknown, place: resource.anchor.clone() },
        None => unset(name, &resource.anchor),
    }
}

fn encryption(resource: &Resource) -> Vec<Fact> {
    let rule = resource.block("rule");
    let default = rule.and_then(|r| r.list(&["apply_server_side_encryption_by_default"]).into_iter().next());
    let value = |key: &str| default.as_ref().and_then(|d| d.any(&[key])).filter(|v| !v.node().scalar().is_empty());
    vec![
        told("s3.bucket.encryption.algorithm", value("sse_algorithm"), resource, "rule"),
        told("s3.bucket.encryption.key", value("kms_master_key_id"), resource, "rule"),
    ]
}

fn block(resource: &Resource, account: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(values) = &resource.values {
        switches(values, account, &mut facts);
    }
    // A switch that a variable of a later run sets is neither on nor off.
    for fact in &mut facts {
        let argument = fact.name.rsplit('.').next().unwrap_or_default();
        if fact.setting == Setting::Unset && resource.is_unknown(argument) {
            fact.setting = Setting::Unknown;
        }
    }
    facts
}

fn acl(resource: &Resource) -> Vec<Fact> {
    const NAME: &str = "s3.bucket.acl.public";
    if let Some(canned) = resource.get("acl") {
        // Amazon S3 User Guide, "Canned ACL".
        let public = matches!(canned.node().scalar(), "public-read" | "public-read-write" | "authenticated-read");
        return vec![Fact { name: NAME, setting: Setting::Is(public.to_string()), place: canned }];
    }
    let grants = resource.block("access_control_policy").map(|policy| policy.list(&["grant"]));
    let Some(grants) = grants else { return vec![told(NAME, None, resource, "access_control_policy")] };
    let grantees: Vec<Place> = grants.iter().flat_map(|grant| grant.list(&["grantee"])).collect();
    vec![public_grant(&grantees, &resource.anchor)]
}

fn versioning(resource: &Resource) -> Vec<Fact> {
    let status = resource.block("versioning_configuration").and_then(|block| block.any(&["status"]));
    // `Disabled` is Terraform's word for a bucket that never had versions.
    let status = status.filter(|status| status.node().scalar() != "Disabled");
    vec![told("s3.bucket.versioning", status, resource, "versioning_configuration")]
}

fn logging(resource: &Resource) -> Vec<Fact> {
    vec![told("s3.bucket.logging.target", resource.get("target_bucket"), resource, "target_bucket")]
}
