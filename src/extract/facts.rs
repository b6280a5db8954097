//! What is set on a resource, in one form whatever said so: a Config item, an answer of the AWS CLI or a template. A rule
//! asks for a fact by its name and never sees the layout.

use super::found::{Base, Place};
use std::sync::Arc;
use time::Date;

/// What is known of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// It has this value; numbers and booleans as JSON writes them.
    Is(String),
    /// It is not set, and the source would say if it were.
    Unset,
    /// The source does not tell, or tells only when a template is deployed.
    Unknown,
}

/// One setting of a resource.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its name, such as `s3.bucket.encryption.algorithm`; [`NAMES`] has them all.
    pub name: &'static str,
    /// Its value.
    pub setting: Setting,
    /// What says so.
    pub place: Place,
}

/// Every fact that a rule can ask for, with what it holds.
pub const NAMES: [(&str, &str); 23] = [
    ("s3.bucket.encryption.algorithm", "default encryption: `AES256`, `aws:kms` or `aws:kms:dsse`"),
    ("s3.bucket.encryption.key", "ARN or id of the KMS key of the default encryption"),
    ("s3.bucket.public_access_block.block_public_acls", "`true` or `false`"),
    ("s3.bucket.public_access_block.ignore_public_acls", "`true` or `false`"),
    ("s3.bucket.public_access_block.block_public_policy", "`true` or `false`"),
    ("s3.bucket.public_access_block.restrict_public_buckets", "`true` or `false`"),
    ("s3.bucket.acl.public", "`true` when the ACL grants something to everyone or to every AWS customer"),
    ("s3.bucket.versioning", "`Enabled` or `Suspended`"),
    ("s3.bucket.logging.target", "name of the bucket that receives the access logs"),
    ("s3.account.public_access_block.block_public_acls", "`true` or `false`"),
    ("s3.account.public_access_block.ignore_public_acls", "`true` or `false`"),
    ("s3.account.public_access_block.block_public_policy", "`true` or `false`"),
    ("s3.account.public_access_block.restrict_public_buckets", "`true` or `false`"),
    ("iam.user.console_access", "`true` when the user has a password"),
    ("iam.user.mfa", "`true` when the user has an MFA device"),
    ("iam.user.access_keys.active", "number of active access keys"),
    ("iam.user.access_keys.created", "day the oldest active access key was made, `YYYY-MM-DD`"),
    ("iam.user.access_keys.age_days", "days since then, counted to the day of the check"),
    (
        "access_analyzer.finding",
        "type of a finding of IAM Access Analyzer: `ExternalAccess`, `InternalAccess`, `UnusedIAMRole`, \
         `UnusedIAMUserAccessKey`, `UnusedIAMUserPassword` or `UnusedPermission`",
    ),
    ("access_analyzer.status", "`ACTIVE`, `ARCHIVED` or `RESOLVED`"),
    ("access_analyzer.public", "`true` when it tells of access for anyone"),
    ("access_analyzer.writes", "`true` when some action in it does more than read and list"),
    ("access_analyzer.summary", "what it says, in words"),
];

/// The facts of a resource, with those that hang on the day.
pub fn dated(facts: &[Fact], today: Date) -> Vec<Fact> {
    let mut all = facts.to_vec();
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let made = facts.iter().find(|f| f.name == "iam.user.access_keys.created");
    if let Some(fact) = made {
        let setting = match &fact.setting {
            Setting::Is(day) => match day.get(..10).map(|day| Date::parse(day, format)) {
                Some(Ok(day)) => Setting::Is((today - day).whole_days().to_string()),
                Some(Err(_)) | None => Setting::Unknown,
            },
            other => other.clone(),
        };
        all.push(Fact { name: "iam.user.access_keys.age_days", setting, place: fact.place.clone() });
    }
    all
}

/// The documents in which facts stand, besides that of their resource: settings are often JSON in a string.
pub fn other_bases<'f>(facts: &'f [Fact], home: &Arc<Base>) -> Vec<&'f Arc<Base>> {
    let mut all: Vec<&Arc<Base>> = Vec::new();
    for base in facts.iter().map(|fact| fact.place.base()) {
        if !Arc::ptr_eq(base, home) && !all.iter().any(|known| Arc::ptr_eq(known, base)) {
            all.push(base);
        }
    }
    all
}
