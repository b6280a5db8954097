//! Buckets of one account, in the form of configuration items: policy, default encryption, public access block.
//!
//! Amazon S3 API Reference, "ListBuckets", "GetBucketPolicy", "GetBucketEncryption", "GetPublicAccessBlock". That a bucket
//! has none of something is an error code of its own.

use super::client::Session;
use super::context::Context;
use super::error::{Sort, Trouble};
use super::operation::Op;
use super::settings::OVERALL;
use super::unit::{self, Many, Page, Tally};
use crate::catalog::partition::Partition;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{PublicAccessBlockConfiguration, ServerSideEncryptionConfiguration};
use aws_smithy_types::date_time::Format;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

/// Most a page may hold.
const PAGE: i32 = 1_000;

/// The units whose records are buckets in full.
pub const UNITS: &str = "s3/bucket/";

/// Fetch an account.
pub async fn fetch(context: &Context<'_>, session: &Session) -> Many {
    let client = Client::new(&session.config);
    let client = &client;
    let list = |token: Option<String>| async move {
        let request = client.list_buckets().max_buckets(PAGE).set_continuation_token(token);
        let send = |c| request.clone().customize().interceptor(c).send();
        let (out, _) = context.aws.call(session, Op::ListBuckets, send).await?;
        let owner = out.owner().and_then(|o| o.id()).map(str::to_owned);
        let line = |bucket: &aws_sdk_s3::types::Bucket| {
            let made = bucket.creation_date().and_then(|d| d.fmt(Format::DateTime).ok());
            json!({ "name": bucket.name(), "region": bucket.bucket_region(), "made": made, "owner": owner }).to_string()
        };
        let lines = out.buckets().iter().map(line).collect();
        Ok(Page { lines, next: out.continuation_token().filter(|t| !t.is_empty()).map(str::to_owned) })
    };
    let name = format!("s3/list/{}", session.account);
    let listed = unit::pages(context, &name, list).await;
    let records = match unit::records(&context.store.parts, &name) {
        Ok(records) => records,
        Err(error) => return Many::failed(error.into()),
    };
    let work = records.iter().map(|record| bucket(context, session, record));
    let width = context.settings.concurrency.max(1) * OVERALL;
    Many::of(listed, stream::iter(work).buffered(width).collect().await)
}

/// What the units of an account's buckets start with.
pub fn units(account: &str) -> String {
    format!("{UNITS}{account}/")
}

/// What is on disk of an account, when that is all there is.
pub fn on_disk(context: &Context<'_>, account: &str) -> Option<Tally> {
    let parts = &context.store.parts;
    let name = format!("s3/list/{account}");
    unit::whole(parts, &name)?;
    let mut items = 0;
    for record in unit::records(parts, &name).ok()? {
        let bucket = record.get("name").and_then(Value::as_str).unwrap_or_default();
        items += unit::whole(parts, &format!("{}{bucket}", units(account)))?.items;
    }
    Some(Tally { items, trouble: None })
}

/// One bucket: a unit with one record.
async fn bucket(context: &Context<'_>, session: &Session, listed: &Value) -> (String, Tally) {
    let name = listed.get("name").and_then(Value::as_str).unwrap_or_default();
    let unit = format!("{}{name}", units(&session.account));
    let read = |_| async move {
        let region = region(context, session, listed).await?;
        let session = &session.in_region(&region);
        let client = Client::new(&session.config);
        let policy = policy(context, session, (&client, name)).await?;
        let encryption = encryption(context, session, (&client, name)).await?;
        let block = block(context, session, (&client, name)).await?;
        let partition = Partition::of_region(&region).unwrap_or(Partition::Aws);
        Ok(Page::one(&json!({
            "configurationItemVersion": "1.3",
            "configurationItemCaptureTime": context.started,
            "configurationItemStatus": "OK",
            "awsAccountId": session.account,
            "resourceType": "AWS::S3::Bucket",
            "resourceId": name,
            "resourceName": name,
            "ARN": format!("arn:{}:s3:::{name}", partition.as_str()),
            "awsRegion": region,
            "resourceCreationTime": listed.get("made"),
            "configuration": { "name": name, "owner": { "id": listed.get("owner") }, "creationDate": listed.get("made") },
            "supplementaryConfiguration": {
                "BucketPolicy": { "policyText": policy },
                "ServerSideEncryptionConfiguration": { "rules": encryption },
                "PublicAccessBlockConfiguration": block,
            },
        })))
    };
    (name.to_owned(), unit::pages(context, &unit, read).await)
}

/// Where the bucket lies: as the list says, or as it says itself.
async fn region(context: &Context<'_>, session: &Session, listed: &Value) -> Result<String, Trouble> {
    if let Some(region) = listed.get("region").and_then(Value::as_str) {
        return Ok(region.to_owned());
    }
    let name = listed.get("name").and_then(Value::as_str).unwrap_or_default();
    let client = Client::new(&session.config);
    let send = |c| client.get_bucket_location().bucket(name).customize().interceptor(c).send();
    let (out, _) = context.aws.call(session, Op::GetBucketLocation, send).await?;
    // Two names from before there were regions.
    Ok(match out.location_constraint().map(|l| l.as_str()) {
        None | Some("") => "us-east-1".to_owned(),
        Some("EU") => "eu-west-1".to_owned(),
        Some(region) => region.to_owned(),
    })
}

/// What an answer holds, or that there is none of it.
fn optional<T>(answer: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(value) => Ok(Some(value)),
        // The bucket itself being gone is another matter.
        Err(trouble) if trouble.sort == Sort::Absent && trouble.code.as_deref() != Some("NoSuchBucket") => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

type At<'a> = (&'a Client, &'a str);

async fn policy(context: &Context<'_>, session: &Session, at: At<'_>) -> Result<Option<String>, Trouble> {
    let send = |c| at.0.get_bucket_policy().bucket(at.1).customize().interceptor(c).send();
    let answer = optional(context.aws.call(session, Op::GetBucketPolicy, send).await)?;
    Ok(answer.and_then(|(out, _)| out.policy))
}

async fn encryption(context: &Context<'_>, session: &Session, at: At<'_>) -> Result<Vec<Value>, Trouble> {
    let send = |c| at.0.get_bucket_encryption().bucket(at.1).customize().interceptor(c).send();
    let answer = optional(context.aws.call(session, Op::GetBucketEncryption, send).await)?;
    Ok(answer.and_then(|(out, _)| out.server_side_encryption_configuration).map(rules).unwrap_or_default())
}

fn rules(configuration: ServerSideEncryptionConfiguration) -> Vec<Value> {
    let rule = |rule: aws_sdk_s3::types::ServerSideEncryptionRule| {
        let default = rule.apply_server_side_encryption_by_default();
        json!({
            "applyServerSideEncryptionByDefault": default.map(|d| json!({
                "sseAlgorithm": d.sse_algorithm().as_str(), "kmsMasterKeyID": d.kms_master_key_id(),
            })),
            "bucketKeyEnabled": rule.bucket_key_enabled().unwrap_or_default(),
        })
    };
    configuration.rules.into_iter().map(rule).collect()
}

async fn block(context: &Context<'_>, session: &Session, at: At<'_>) -> Result<Option<Value>, Trouble> {
    let send = |c| at.0.get_public_access_block().bucket(at.1).customize().interceptor(c).send();
    let answer = optional(context.aws.call(session, Op::GetPublicAccessBlock, send).await)?;
    Ok(answer.and_then(|(out, _)| out.public_access_block_configuration).map(|b| switches(&b)))
}

fn switches(block: &PublicAccessBlockConfiguration) -> Value {
    json!({
        "blockPublicAcls": block.block_public_acls().unwrap_or_default(),
        "ignorePublicAcls": block.ignore_public_acls().unwrap_or_default(),
        "blockPublicPolicy": block.block_public_policy().unwrap_or_default(),
        "restrictPublicBuckets": block.restrict_public_buckets().unwrap_or_default(),
    })
}
