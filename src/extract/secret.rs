//! Whose policy an item about a secret tells of. AWS Config records a secret without its policy, and the policy as a thing
//! of its own, where a recorder covers that type; a snapshot holds both in one item. So a policy has a key of its own: no
//! record of the secret hides it, and of several that tell of it, or that there is none, the newest counts.
//!
//! AWS CloudFormation User Guide, "AWS::SecretsManager::ResourcePolicy", whose `SecretId` AWS Config records.

use super::entity::Identity;
use crate::policy::Context;

/// The type of the resource that the policy belongs to.
const SECRET: &str = "AWS::SecretsManager::Secret";

/// The policy alone.
const POLICY: &str = "AWS::SecretsManager::ResourcePolicy";

/// A secret, as what its policy is judged within.
pub struct Secret {
    /// Whose the policy is.
    pub context: Context,
    /// The policy, told from the record of the secret.
    pub identity: Identity,
}

impl Secret {
    /// The secret that an item of this type speaks of; `id` is its `SecretId`. None for other types, and where no ARN tells
    /// which secret it is.
    pub fn of(item: (&Identity, &Context), id: Option<String>) -> Option<Self> {
        let (record, context) = item;
        let resource = match context.resource_type.as_deref()? {
            SECRET => context.resource.clone()?,
            POLICY => id.into_iter().chain(context.resource.clone()).find(|id| id.starts_with("arn:"))?,
            _ => return None,
        };
        let account = context.account.as_deref().unwrap_or_default();
        let key = Some(format!("{account}|{SECRET}|{resource}#policy").into());
        let identity = Identity { key, recorded: record.recorded.clone() };
        let context = Context { resource: Some(resource), resource_type: Some(SECRET.to_owned()), ..context.clone() };
        Some(Self { context, identity })
    }
}
