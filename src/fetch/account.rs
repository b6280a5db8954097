//! Into an account: by the caller's own rights where it is the caller's, by a role everywhere else.

use super::client::Session;
use super::context::Context;
use super::error::{Sort, Trouble};
use super::operation::Op;
use crate::catalog::partition::Partition;
use aws_credential_types::Credentials;
use std::time::SystemTime;

/// A session in an account.
///
/// # Errors
/// When the role may not be assumed, or no role is named.
pub async fn session(context: &Context<'_>, account: &str) -> Result<Session, Trouble> {
    let own = &context.aws.own;
    if own.account == account {
        return Ok(own.clone());
    }
    let Some(role) = context.settings.role_name.as_deref() else {
        let trouble = Trouble::new(Sort::Denied, "it is another account, and no role to assume there was named");
        return Err(trouble.help("name a role that every account has with `--role-name`"));
    };
    let partition = Partition::of_region(own.region()).unwrap_or(Partition::Aws);
    let client = aws_sdk_sts::Client::new(&own.config);
    let request = client
        .assume_role()
        .role_arn(format!("arn:{}:iam::{account}:role/{role}", partition.as_str()))
        .role_session_name("palisade-fetch")
        .set_external_id(context.settings.external_id.clone());
    // The raw answer holds the keys: it is not kept.
    let send = |_| request.clone().send();
    let (out, _) = context.aws.call(own, Op::AssumeRole, send).await.map_err(|trouble| match trouble.sort {
        Sort::Denied => trouble.help(format!(
            "see that the account has a role `{role}` whose trust policy names the caller, that its external id is \
             `--external-id`, and that the caller may assume it (`palisade fetch --print-policy`); then `--resume`"
        )),
        _ => trouble,
    })?;
    let missing = || Trouble::new(Sort::Garbled, format!("{}: the answer holds no keys", Op::AssumeRole));
    let keys = out.credentials().ok_or_else(missing)?;
    let until = SystemTime::try_from(*keys.expiration()).ok();
    let keys = Credentials::new(
        keys.access_key_id(),
        keys.secret_access_key(),
        Some(keys.session_token().to_owned()),
        until,
        "palisade-role",
    );
    Ok(own.assumed(account, keys))
}
