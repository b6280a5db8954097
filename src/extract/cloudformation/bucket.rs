//! What a template sets on a bucket. What it leaves out has a default of AWS.
//!
//! Amazon S3 User Guide, "Default encryption FAQ" and "Blocking public access to your Amazon S3 storage".

use super::{Resource, Template, missing, resource, value};
use crate::document::Kind;
use crate::extract::facts::{Fact, Setting};
use crate::extract::found::{Body, Found, Place};
use crate::extract::settings::{SWITCHES, fact, rules, switches, unset};
use crate::policy::intrinsic::{is_intrinsic, is_no_value};
use crate::policy::{Context, PolicyKind};

/// Its type.
pub(super) const TYPE: &str = "AWS::S3::Bucket";

/// Canned ACLs that reach everyone, or every AWS customer.
const PUBLIC: [&str; 3] = ["PublicRead", "PublicReadWrite", "AuthenticatedRead"];

/// The ARN of a bucket of this name.
pub(super) fn arn(name: &str, said: &Context) -> String {
    format!("arn:{}:s3:::{name}", said.partition.as_deref().unwrap_or("aws"))
}

/// The policy it lacks, and its settings.
pub(super) fn found(template: &Template<'_>, bucket: &Resource) -> Vec<Found> {
    let name = bucket.text("BucketName");
    let context = Context {
        resource_type: Some(TYPE.to_owned()),
        resource: name.as_ref().map(|name| arn(name, template.said)),
        name: name.or_else(|| Some(bucket.id.to_string())),
        ..template.context()
    };
    let settings = Found { body: Body::Settings(bucket.anchor.clone(), facts(bucket, &context)), context: context.clone() };
    if has_policy(template, bucket) {
        return vec![settings];
    }
    vec![missing(bucket, Context { kind: Some(PolicyKind::ResourcePolicy), ..context }), settings]
}

/// Whether a bucket policy of the template is about it.
fn has_policy(template: &Template<'_>, bucket: &Resource) -> bool {
    let about = |place: &Place| resource::protected(template, place, TYPE).is_some_and(|target| target.id == bucket.id);
    let policies = template.resources.iter().filter(|r| r.name == "AWS::S3::BucketPolicy");
    policies.flat_map(|policy| policy.list("Bucket")).any(|place| about(&place))
}

/// What stands at a path of properties.
enum Reached {
    /// This.
    Here(Place),
    /// Nothing.
    Absent,
    /// Only the deployment knows: a function stands on the way.
    Unknown(Place),
}

fn reach(bucket: &Resource, path: &[&str]) -> Reached {
    let Some(mut here) = bucket.properties.clone() else { return Reached::Absent };
    if is_intrinsic(here.node()) {
        return Reached::Unknown(here);
    }
    for step in path {
        match here.any(&[step]) {
            Some(next) if is_no_value(next.node()) => return Reached::Absent,
            Some(next) if is_intrinsic(next.node()) => return Reached::Unknown(next),
            Some(next) => here = next,
            None => return Reached::Absent,
        }
    }
    Reached::Here(here)
}

fn is(name: &'static str, value: &str, place: &Place) -> Fact {
    Fact { name, setting: Setting::Is(value.to_owned()), place: place.clone() }
}

fn unknown(name: &'static str, place: &Place) -> Fact {
    Fact { name, setting: Setting::Unknown, place: place.clone() }
}

fn facts(bucket: &Resource, context: &Context) -> Vec<Fact> {
    let mut facts = Vec::new();
    encryption(bucket, &mut facts);
    match reach(bucket, &["PublicAccessBlockConfiguration"]) {
        Reached::Here(block) => switches(&block, false, &mut facts),
        // New buckets have all four on since April 2023.
        Reached::Absent => facts.extend(SWITCHES.iter().map(|(_, name, _)| is(name, "true", &bucket.anchor))),
        Reached::Unknown(place) => facts.extend(SWITCHES.iter().map(|(_, name, _)| unknown(name, &place))),
    }
    let acl = "s3.bucket.acl.public";
    facts.push(match reach(bucket, &["AccessControl"]) {
        Reached::Here(place) => match value::literal(&place) {
            Some(canned) => is(acl, if PUBLIC.contains(&canned.as_str()) { "true" } else { "false" }, &place),
            None => unknown(acl, &place),
        },
        Reached::Absent => is(acl, "false", &bucket.anchor),
        Reached::Unknown(place) => unknown(acl, &place),
    });
    let versioning = "s3.bucket.versioning";
    facts.push(match reach(bucket, &["VersioningConfiguration", "Status"]) {
        Reached::Here(place) => fact(versioning, &place),
        Reached::Absent => unset(versioning, &bucket.anchor),
        Reached::Unknown(place) => unknown(versioning, &place),
    });
    facts.push(logging(bucket, context));
    facts
}

/// Default encryption; without it S3 encrypts with its own keys since January 2023.
fn encryption(bucket: &Resource, facts: &mut Vec<Fact>) {
    let names = ["s3.bucket.encryption.algorithm", "s3.bucket.encryption.key"];
    let path = ["BucketEncryption", "ServerSideEncryptionConfiguration"];
    let place = match reach(bucket, &path) {
        Reached::Here(list) => {
            let rule = list.elements().next().filter(|rule| !is_intrinsic(rule.node()));
            let by_default = rule.and_then(|rule| rule.any(&["ServerSideEncryptionByDefault"]));
            match (by_default, bucket.property("BucketEncryption")) {
                (Some(d), Some(encryption)) if !is_intrinsic(d.node()) => return rules(&encryption, &list, facts),
                (Some(_), _) => list,
                // A rule that only sets a bucket key.
                (None, _) if list.elements().next().is_some_and(|r| !is_intrinsic(r.node())) => return default(bucket, facts),
                (None, _) => list,
            }
        }
        Reached::Absent => return default(bucket, facts),
        Reached::Unknown(place) => place,
    };
    facts.extend(names.map(|name| unknown(name, &place)));
}

fn default(bucket: &Resource, facts: &mut Vec<Fact>) {
    facts.push(is("s3.bucket.encryption.algorithm", "AES256", &bucket.anchor));
    facts.push(unset("s3.bucket.encryption.key", &bucket.anchor));
}

fn logging(bucket: &Resource, context: &Context) -> Fact {
    let target = "s3.bucket.logging.target";
    match reach(bucket, &["LoggingConfiguration", "DestinationBucketName"]) {
        Reached::Here(place) => fact(target, &place),
        Reached::Unknown(place) => unknown(target, &place),
        Reached::Absent => match reach(bucket, &["LoggingConfiguration"]) {
            // Without a destination the bucket keeps its own logs.
            Reached::Here(place) if place.node().kind() == Kind::Object => {
                is(target, context.name.as_deref().unwrap_or_default(), &place)
            }
            Reached::Here(place) | Reached::Unknown(place) => unknown(target, &place),
            Reached::Absent => unset(target, &bucket.anchor),
        },
    }
}
