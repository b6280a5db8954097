//! Settings of resources as facts, however a source spells them. Names and values are those of [`super::facts::NAMES`].

use super::facts::{Fact, Setting};
use super::found::Place;
use crate::document::Kind;

/// The four switches of a public access block: how Config, the CLI and Terraform spell them, and their facts for buckets
/// and accounts.
pub const SWITCHES: [(&[&str], &str, &str); 4] = [
    (
        &["blockPublicAcls", "BlockPublicAcls", "block_public_acls"],
        "s3.bucket.public_access_block.block_public_acls",
        "s3.account.public_access_block.block_public_acls",
    ),
    (
        &["ignorePublicAcls", "IgnorePublicAcls", "ignore_public_acls"],
        "s3.bucket.public_access_block.ignore_public_acls",
        "s3.account.public_access_block.ignore_public_acls",
    ),
    (
        &["blockPublicPolicy", "BlockPublicPolicy", "block_public_policy"],
        "s3.bucket.public_access_block.block_public_policy",
        "s3.account.public_access_block.block_public_policy",
    ),
    (
        &["restrictPublicBuckets", "RestrictPublicBuckets", "restrict_public_buckets"],
        "s3.bucket.public_access_block.restrict_public_buckets",
        "s3.account.public_access_block.restrict_public_buckets",
    ),
];

/// The facts of a configuration item.
pub fn of_config_item(resource_type: &str, configuration: Option<&Place>, supplementary: Option<&Place>) -> Vec<Fact> {
    let mut facts = Vec::new();
    match (resource_type, configuration, supplementary) {
        ("AWS::S3::Bucket", _, Some(supplementary)) => bucket(supplementary, &mut facts),
        ("AWS::S3::AccountPublicAccessBlock", Some(configuration), _) => switches(configuration, true, &mut facts),
        _ => {}
    }
    facts
}

/// A fact of a value that stands here.
pub fn fact(name: &'static str, place: &Place) -> Fact {
    let node = place.node();
    let setting = match node.kind() {
        Kind::Null => Setting::Unset,
        Kind::Object | Kind::Array => Setting::Unknown,
        Kind::String | Kind::Number | Kind::True | Kind::False => Setting::Is(node.scalar().to_owned()),
    };
    Fact { name, setting, place: place.clone() }
}

/// A fact of something that is not set, and the place that would say so.
pub fn unset(name: &'static str, place: &Place) -> Fact {
    Fact { name, setting: Setting::Unset, place: place.clone() }
}

/// The switches of a public access block; one that is not there is off.
pub fn switches(block: &Place, account: bool, facts: &mut Vec<Fact>) {
    for (spellings, of_bucket, of_account) in SWITCHES {
        let name = if account { of_account } else { of_bucket };
        facts.push(block.any(spellings).map_or_else(|| unset(name, block), |value| fact(name, &value)));
    }
}

/// True for facts of an account's public access block with all four switches on.
pub fn blocks_account(facts: &[Fact]) -> bool {
    let is_on = |name: &str| facts.iter().any(|f| f.name == name && matches!(&f.setting, Setting::Is(word) if word == "true"));
    SWITCHES.iter().all(|(_, _, name)| is_on(name))
}

fn bucket(supplementary: &Place, facts: &mut Vec<Fact>) {
    if let Some(encryption) = supplementary.get("ServerSideEncryptionConfiguration") {
        rules(&encryption.read(), &encryption, facts);
    }
    match supplementary.get("PublicAccessBlockConfiguration") {
        Some(block) if block.node().kind() != Kind::Null => switches(&block.read(), false, facts),
        Some(block) => SWITCHES.iter().for_each(|(_, name, _)| facts.push(unset(name, &block))),
        // Config leaves it out where the bucket has none. A row of a query may not have selected it, but then it lacks
        // more that every bucket has.
        None if supplementary.get("AccessControlList").is_some() && supplementary.get("BucketPolicy").is_some() => {
            SWITCHES.iter().for_each(|(_, name, _)| facts.push(unset(name, supplementary)));
        }
        None => {}
    }
    if let Some(acl) = supplementary.get("AccessControlList") {
        let inner = acl.read();
        let grants = inner.list(&["grantList", "Grants", "grants"]);
        facts.push(public_grant(&grants, &acl));
    }
    if let Some(versioning) = supplementary.get("BucketVersioningConfiguration") {
        let inner = versioning.read();
        let status = inner.any(&["status", "Status"]).filter(|s| s.node().scalar() != "Off");
        facts.push(status.map_or_else(|| unset("s3.bucket.versioning", &versioning), |s| fact("s3.bucket.versioning", &s)));
    }
    if let Some(logging) = supplementary.get("BucketLoggingConfiguration") {
        let inner = logging.read();
        let target = inner.any(&["destinationBucketName", "DestinationBucketName"]);
        facts.push(target.map_or_else(|| unset("s3.bucket.logging.target", &logging), |t| fact("s3.bucket.logging.target", &t)));
    }
}

/// Default encryption: `rules` with `applyServerSideEncryptionByDefault`, in the spellings of Config and of the API.
pub fn rules(encryption: &Place, anchor: &Place, facts: &mut Vec<Fact>) {
    let rule = encryption.list(&["rules", "Rules", "ServerSideEncryptionConfiguration"]).into_iter().next();
    let default = rule.and_then(|r| {
        r.any(&["applyServerSideEncryptionByDefault", "ApplyServerSideEncryptionByDefault", "ServerSideEncryptionByDefault"])
    });
    let value = |keys: &[&str]| default.as_ref().and_then(|d| d.any(keys));
    let algorithm = value(&["sseAlgorithm", "SSEAlgorithm", "sse_algorithm"]);
    let key = value(&["kmsMasterKeyID", "KMSMasterKeyID", "kms_master_key_id"]);
    let names = ["s3.bucket.encryption.algorithm", "s3.bucket.encryption.key"];
    for (name, place) in names.into_iter().zip([algorithm, key]) {
        facts.push(place.map_or_else(|| unset(name, anchor), |place| fact(name, &place)));
    }
}

/// Whether some grant reaches everyone: S3 User Guide, "Access control list (ACL) overview", "Amazon S3 predefined groups".
pub fn public_grant(grants: &[Place], anchor: &Place) -> Fact {
    let reaches = |grant: &Place| {
        let grantee = grant.any(&["grantee", "Grantee"]).map_or_else(|| grant.clone(), |g| g.opened());
        let text = grantee.text(&["uri", "URI", "identifier"]).or_else(|| grantee.node().as_str().map(str::to_owned));
        text.is_some_and(|t| t.ends_with("AllUsers") || t.ends_with("AuthenticatedUsers"))
    };
    let public = grants.iter().find(|grant| reaches(grant));
    let setting = Setting::Is(public.is_some().to_string());
    Fact { name: "s3.bucket.acl.public", setting, place: public.cloned().unwrap_or_else(|| anchor.clone()) }
}
