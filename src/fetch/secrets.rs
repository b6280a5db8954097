//! Secrets of one account and region, in the form of configuration items: AWS Config records a secret, and not who may read
//! it. Their values are never asked for.
//!
//! AWS Secrets Manager API Reference, "ListSecrets", "GetResourcePolicy": a page may be empty and more may follow; a secret
//! without a policy is an answer without `ResourcePolicy`.

use super::client::Session;
use super::context::Context;
use super::error::{Sort, Trouble};
use super::item;
use super::operation::Op;
use super::settings::OVERALL;
use super::unit::{self, Many, Page, Tally};
use crate::catalog::partition::is_region;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{SecretListEntry, Tag};
use aws_smithy_types::date_time::Format;
use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Most a page may hold.
const PAGE: i32 = 100;

/// The units whose records are secrets with their policies.
pub const UNITS: &str = "secrets/policy/";

/// What a replica may say that is asked for what its primary holds.
const OF_REPLICA: &str = "InvalidParameterException";

fn list_unit(account: &str, region: &str) -> String {
    format!("secrets/list/{account}/{region}")
}

/// What the units of an account's secrets start with, in a region.
pub fn units(account: &str, region: &str) -> String {
    format!("{UNITS}{account}/{region}/")
}

/// The unit of a secret: a name of its own may be longer than that of a file.
fn unit(account: &str, region: &str, secret: &Value) -> String {
    let digest = Sha256::digest(word(secret, "arn").as_bytes());
    let short: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{short}", units(account, region))
}

fn word<'v>(secret: &'v Value, member: &str) -> &'v str {
    secret.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Fetch the region of the session.
pub async fn fetch(context: &Context<'_>, session: &Session) -> Many {
    let client = Client::new(&session.config);
    let client = &client;
    let list = |token: Option<String>| async move {
        let request = client.list_secrets().max_results(PAGE).set_next_token(token);
        let send = |c| request.clone().customize().interceptor(c).send();
        let (out, _) = context.aws.call(session, Op::ListSecrets, send).await?;
        let lines = out.secret_list().iter().map(|secret| listed(secret).to_string()).collect();
        Ok(Page { lines, next: out.next_token().filter(|t| !t.is_empty()).map(str::to_owned) })
    };
    let name = list_unit(&session.account, session.region());
    let listed = unit::pages(context, &name, list).await;
    let records = match unit::records(&context.store.parts, &name) {
        Ok(records) => records,
        Err(error) => return Many::failed(error.into()),
    };
    let work = records.iter().map(|record| secret(context, session, (client, record)));
    let width = context.settings.concurrency.max(1) * OVERALL;
    Many::of(listed, stream::iter(work).buffered(width).collect().await)
}

/// What is on disk of a region, when that is all there is.
pub fn on_disk(context: &Context<'_>, account: &str, region: &str) -> Option<Tally> {
    let parts = &context.store.parts;
    let name = list_unit(account, region);
    unit::whole(parts, &name)?;
    let mut items = 0;
    for record in unit::records(parts, &name).ok()? {
        items += unit::whole(parts, &unit(account, region, &record))?.items;
    }
    Some(Tally { items, trouble: None })
}

/// What is kept of an entry of the list. Descriptions are not: people write anything into them.
fn listed(secret: &SecretListEntry) -> Value {
    let made = secret.created_date().and_then(|date| date.fmt(Format::DateTime).ok());
    let tags: Map<String, Value> = secret.tags().iter().filter_map(plain).collect();
    json!({
        "arn": secret.arn(), "name": secret.name(), "made": made, "tags": tags, "configuration": with_what_is_there(&[
            ("ARN", secret.arn().map(Value::from)),
            ("Name", secret.name().map(Value::from)),
            ("KmsKeyId", secret.kms_key_id().map(Value::from)),
            ("RotationEnabled", secret.rotation_enabled().map(Value::from)),
            ("OwningService", secret.owning_service().map(Value::from)),
            ("PrimaryRegion", secret.primary_region().map(Value::from)),
        ]),
    })
}

fn with_what_is_there(members: &[(&str, Option<Value>)]) -> Map<String, Value> {
    members.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect()
}

/// A tag, unless its key is one under which people keep secrets.
fn plain(tag: &Tag) -> Option<(String, Value)> {
    let key = tag.key().filter(|key| !item::is_secret(key))?;
    Some((key.to_owned(), Value::from(tag.value().unwrap_or_default())))
}

/// One secret: a unit with one record.
async fn secret(context: &Context<'_>, session: &Session, (client, listed): (&Client, &Value)) -> (String, Tally) {
    let (account, region, arn) = (&session.account, session.region(), word(listed, "arn"));
    let read = |_| async move {
        let policy = match policy(context, session, (client, arn)).await {
            Err(trouble) if trouble.code.as_deref() == Some(OF_REPLICA) => of_primary(context, session, (listed, trouble)).await,
            answer => answer,
        };
        let policy = match policy {
            Ok(policy) => policy,
            // Deleted since the list was read.
            Err(trouble) if trouble.sort == Sort::Absent => return Ok(Page::default()),
            Err(trouble) => return Err(trouble),
        };
        Ok(Page::one(&json!({
            "configurationItemVersion": "1.3",
            "configurationItemCaptureTime": context.started,
            "configurationItemStatus": "OK",
            "awsAccountId": account,
            "resourceType": "AWS::SecretsManager::Secret",
            "resourceId": arn,
            "resourceName": listed.get("name"),
            "ARN": arn,
            "awsRegion": region,
            "resourceCreationTime": listed.get("made"),
            "tags": listed.get("tags"),
            "configuration": listed.get("configuration"),
            "supplementaryConfiguration": { "ResourcePolicy": policy },
        })))
    };
    let tally = unit::pages(context, &unit(account, region, listed), read).await;
    (word(listed, "name").to_owned(), tally)
}

async fn policy(context: &Context<'_>, session: &Session, at: (&Client, &str)) -> Result<Option<String>, Trouble> {
    let (client, arn) = at;
    let send = |c| client.get_resource_policy().secret_id(arn).customize().interceptor(c).send();
    let (out, _) = context.aws.call(session, Op::GetResourcePolicy, send).await?;
    Ok(out.resource_policy)
}

/// The policy of a replica that refuses to tell it: the primary's, which is replicated.
///
/// AWS Secrets Manager User Guide, "Replicate AWS Secrets Manager secrets across Regions".
async fn of_primary(
    context: &Context<'_>,
    session: &Session,
    (listed, trouble): (&Value, Trouble),
) -> Result<Option<String>, Trouble> {
    let primary = listed.pointer("/configuration/PrimaryRegion").and_then(Value::as_str).unwrap_or_default();
    if primary == session.region() || !is_region(primary) {
        return Err(trouble);
    }
    let arn = word(listed, "arn").replacen(&format!(":{}:", session.region()), &format!(":{primary}:"), 1);
    let session = session.in_region(primary);
    policy(context, &session, (&Client::new(&session.config), &arn)).await
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
