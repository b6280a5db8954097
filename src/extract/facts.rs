//! What is set on a resource, in one form whatever said so: a Config item, an answer of the AWS CLI or a template. A rule
//! asks for a fact by its name and never sees the layout.

use super::found::Place;

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
pub const NAMES: [(&str, &str); 18] = [
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
];
