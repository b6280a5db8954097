//! Answers about settings of buckets and users, as facts.

use super::resource;
use crate::document::Kind;
use crate::extract::entity::Entity;
use crate::extract::facts::{Fact, Setting};
use crate::extract::found::{Body, Found, Place};
use crate::extract::settings::{fact, public_grant, rules, switches, unset};
use crate::policy::Context;
use crate::policy::context::{AttachedTo, PrincipalKind};

/// The settings an answer speaks of.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    let users = users(root, said);
    if !users.is_empty() {
        return users;
    }
    let mut facts = Vec::new();
    let resource_type = match s3(root, &mut facts) {
        true => "AWS::S3::AccountPublicAccessBlock",
        false => "AWS::S3::Bucket",
    };
    if facts.is_empty() {
        return Vec::new();
    }
    let context = Context { resource_type: Some(resource_type.to_owned()), kind: None, ..said.clone() };
    vec![resource([Found { body: Body::Settings(root.clone(), facts), context }])]
}

/// Settings of a bucket, whose name no answer has; true when they are those of an account.
fn s3(root: &Place, facts: &mut Vec<Fact>) -> bool {
    let object = |name: &str| root.any(&[name]).filter(|place| place.node().kind() == Kind::Object);
    if let Some(encryption) = object("ServerSideEncryptionConfiguration") {
        rules(&encryption, &encryption, facts);
    }
    if let Some(block) = object("PublicAccessBlockConfiguration") {
        // S3 and S3 Control answer alike; only who saved the answer knows.
        let file = root.base().file.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let account = file.contains("account");
        switches(&block, account, facts);
        return account;
    }
    if let (Some(_), Some(grants)) = (root.any(&["Owner"]), root.any(&["Grants"])) {
        facts.push(public_grant(&grants.elements().collect::<Vec<_>>(), &grants));
    }
    if let Some(target) = object("LoggingEnabled").and_then(|logging| logging.any(&["TargetBucket"])) {
        facts.push(fact("s3.bucket.logging.target", &target));
    }
    let only = root.node().members().all(|(key, _)| matches!(key.scalar(), "Status" | "MFADelete"));
    let status = root.any(&["Status"]).filter(|s| only && matches!(s.node().scalar(), "Enabled" | "Suspended"));
    facts.extend(status.map(|status| fact("s3.bucket.versioning", &status)));
    false
}

fn users(root: &Place, said: &Context) -> Vec<Entity> {
    let mut all = Vec::new();
    if let Some(profile) = root.any(&["LoginProfile"]) {
        all.extend(user(&profile, said, |place| vec![is("iam.user.console_access", "true", place)]));
    }
    for device in first_of_users(root, "MFADevices") {
        all.extend(user(&device, said, |place| vec![is("iam.user.mfa", "true", place)]));
    }
    let keys = root.list(&["AccessKeyMetadata"]);
    for first in first_of_users(root, "AccessKeyMetadata") {
        let name = first.text(&["UserName"]);
        let active = |key: &&Place| key.text(&["UserName"]) == name && key.text(&["Status"]).as_deref() == Some("Active");
        let active: Vec<&Place> = keys.iter().filter(active).collect();
        all.extend(user(&first, said, |place| access_keys(&active, place)));
    }
    all
}

/// The first entry of each user.
fn first_of_users(root: &Place, member: &str) -> Vec<Place> {
    let mut seen = Vec::new();
    let mut new = |entry: &Place| {
        let name = entry.text(&["UserName"]);
        let new = !seen.contains(&name);
        seen.push(name);
        new
    };
    root.list(&[member]).into_iter().filter(|entry| new(entry)).collect()
}

fn user(entry: &Place, said: &Context, facts: impl Fn(&Place) -> Vec<Fact>) -> Option<Entity> {
    let anchor = entry.any(&["UserName"])?;
    let name = anchor.node().as_str()?.to_owned();
    let attached_to = AttachedTo { kind: Some(PrincipalKind::User), name: name.clone(), ..AttachedTo::default() };
    let context = Context {
        kind: None,
        resource_type: Some("AWS::IAM::User".to_owned()),
        name: Some(name),
        attached_to: Some(attached_to),
        ..said.clone()
    };
    let facts = facts(&anchor);
    Some(resource([Found { body: Body::Settings(anchor, facts), context }]))
}

fn is(name: &'static str, value: &str, place: &Place) -> Fact {
    Fact { name, setting: Setting::Is(value.to_owned()), place: place.clone() }
}

fn access_keys(active: &[&Place], anchor: &Place) -> Vec<Fact> {
    // Times are ISO 8601 in one time zone, so that texts compare as times.
    let made = active.iter().filter_map(|key| key.any(&["CreateDate"])).min_by_key(|date| date.node().scalar().to_owned());
    let created = made.map_or_else(
        || unset("iam.user.access_keys.created", anchor),
        |date| is("iam.user.access_keys.created", &date.node().scalar().chars().take(10).collect::<String>(), &date),
    );
    vec![is("iam.user.access_keys.active", &active.len().to_string(), anchor), created]
}
