//! Configuration items as a snapshot keeps them: in the form in which AWS Config delivers them to a bucket, whichever way
//! they came, and without the members in which people keep secrets.
//!
//! AWS Config Developer Guide, "Components of a configuration item" and "Example configuration snapshot".

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::macros::format_description;

/// Members that often hold secrets, in lower case: dropped wherever they stand in a configuration.
const SECRET: [&str; 22] = [
    "accesstoken",
    "apikey",
    "authtoken",
    "clientsecret",
    "connectionstring",
    "credentials",
    "environment",
    "environmentvariables",
    "masteruserpassword",
    "oauthtoken",
    "password",
    "privatekey",
    "secret",
    "secretaccesskey",
    "secretbinary",
    "secretkey",
    "secrets",
    "secretstring",
    "sessiontoken",
    "stagevariables",
    "userdata",
    "variables",
];

/// What the types of secrets start with: next to a secret people write into its description what belongs into it.
const SECRETS: &str = "AWS::SecretsManager::";

/// The members of an item in the spelling of delivered files, each with that of the API, in the order of the files.
const MEMBERS: [(&str, &str); 16] = [
    ("configurationItemVersion", "version"),
    ("configurationItemCaptureTime", "configurationItemCaptureTime"),
    ("configurationStateId", "configurationStateId"),
    ("configurationItemStatus", "configurationItemStatus"),
    ("awsAccountId", "accountId"),
    ("resourceType", "resourceType"),
    ("resourceId", "resourceId"),
    ("resourceName", "resourceName"),
    ("ARN", "arn"),
    ("awsRegion", "awsRegion"),
    ("availabilityZone", "availabilityZone"),
    ("resourceCreationTime", "resourceCreationTime"),
    ("relationships", "relationships"),
    ("tags", "tags"),
    ("configuration", "configuration"),
    ("supplementaryConfiguration", "supplementaryConfiguration"),
];

/// One item in the form of delivered files; `None` when it is no object.
pub fn normal(item: Value) -> Option<Value> {
    let Value::Object(mut item) = item else { return None };
    let of_secret = item.get("resourceType").and_then(Value::as_str).is_some_and(|kind| kind.starts_with(SECRETS));
    let mut out = Map::new();
    for (name, other) in MEMBERS {
        let Some(value) = item.remove(name).or_else(|| item.remove(other)) else { continue };
        let value = match name {
            "configurationItemCaptureTime" | "resourceCreationTime" => instant(value),
            "configuration" if of_secret => undescribed(scrubbed(opened(value))),
            "configuration" => scrubbed(opened(value)),
            "supplementaryConfiguration" => match opened(value) {
                Value::Object(parts) => Value::Object(parts.into_iter().map(|(k, v)| (k, opened(v))).collect()),
                other => other,
            },
            _ => value,
        };
        let value = if name == "supplementaryConfiguration" { scrubbed(value) } else { value };
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    }
    Some(Value::Object(out))
}

/// JSON in a string becomes what it says; a policy in its own encoding stays as it is.
fn opened(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    if !text.trim_start().starts_with(['{', '[']) {
        return value;
    }
    serde_json::from_str(text).unwrap_or(value)
}

/// Seconds since 1970, as the API tells them, become RFC 3339, as the files have it.
fn instant(value: Value) -> Value {
    let Some(seconds) = value.as_f64() else { return value };
    // Milliseconds are as exact as AWS is.
    #[allow(clippy::cast_possible_truncation, reason = "a time of this age of the world fits")]
    let nanos = ((seconds * 1e3).round() as i128) * 1_000_000;
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let text = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|t| t.format(format).ok());
    text.map_or(value, Value::String)
}

/// Without the members that often hold secrets. Policies are left whole: they are what is read, and hold none.
fn scrubbed(value: Value) -> Value {
    match value {
        Value::Object(members) if members.contains_key("Statement") => Value::Object(members),
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(name, _)| !is_secret(name));
            Value::Object(kept.map(|(name, value)| (name, scrubbed(value))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(scrubbed).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// Without what people wrote about it in their own words.
fn undescribed(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    Value::Object(members.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("description")).collect())
}

/// True for names under which people keep secrets.
pub fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET.contains(&plain.as_str())
}

/// The account of an item.
pub fn account(item: &Value) -> Option<&str> {
    item.get("awsAccountId").and_then(Value::as_str)
}

/// What an item is sorted and known by: two items with the same first four parts are one resource, and the last one is the
/// newest.
pub fn key(item: &Value) -> String {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = text("resourceType");
    let region = if super::types::is_global(kind) { "" } else { text("awsRegion") };
    let id = if text("ARN").is_empty() { text("resourceId") } else { text("ARN") };
    format!("{kind}\u{1}{region}\u{1}{id}\u{1}{}", text("resourceId"))
}

/// When an item was recorded.
pub fn recorded(item: &Value) -> &str {
    item.get("configurationItemCaptureTime").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_of_the_api_becomes_an_item_of_a_file() {
        let item = json!({
            "arn": "arn:aws:iam::1:role/a", "accountId": "1", "configurationItemCaptureTime": 1_766_000_000.123,
            "configuration": "{\"roleName\":\"a\",\"assumeRolePolicyDocument\":\"%7B%7D\"}",
            "supplementaryConfiguration": {"Policy": "{\"a\":1}", "Plain": "text", "Broken": "{"},
            "resourceType": "AWS::IAM::Role", "version": "1.3", "configurationItemMD5Hash": "x",
        });
        assert_eq!(
            normal(item).unwrap().to_string(),
            r#"{"configurationItemVersion":"1.3","configurationItemCaptureTime":"2025-12-17T19:33:20.123Z","awsAccountId":"1","resourceType":"AWS::IAM::Role","ARN":"arn:aws:iam::1:role/a","configuration":{"roleName":"a","assumeRolePolicyDocument":"%7B%7D"},"supplementaryConfiguration":{"Policy":{"a":1},"Plain":"text","Broken":"{"}}"#
        );
        assert!(normal(json!("x")).is_none());
    }

    #[test]
    fn secrets_are_dropped_and_policies_are_not() {
        let item = json!({
            "resourceType": "AWS::Lambda::Function",
            "configuration": {
                "role": "r", "environment": {"variables": {"DB": "hunter2"}}, "Environment_Variables": ["hunter2"],
                "containers": [{"name": "c", "user-data": "hunter2"}],
            },
            "supplementaryConfiguration": {
                "Policy": "{\"Statement\":[{\"Condition\":{\"StringEquals\":{\"secret\":\"kept\"}}}]}",
                "MasterUserPassword": "hunter2",
            },
        });
        let text = normal(item).unwrap().to_string();
        let secret = json!({"resourceType": "AWS::SecretsManager::Secret", "configuration": "{\"Name\":\"n\",\"Description\":\"hunter2\"}"});
        let text = text + &normal(secret).unwrap().to_string();
        let other = json!({"resourceType": "AWS::KMS::Key", "configuration": {"description": "kept as well"}});
        let text = text + &normal(other).unwrap().to_string();
        assert!(!text.contains("hunter2") && text.contains("kept as well") && text.contains(r#""Name":"n""#), "{text}");
        assert!(text.contains("kept") && text.contains(r#""name":"c""#) && text.contains(r#""role":"r""#), "{text}");
    }

    #[test]
    fn regions_tell_resources_apart_unless_they_are_global() {
        let of = |kind: &str, region: &str| key(&json!({"resourceType": kind, "awsRegion": region, "resourceId": "x"}));
        assert_eq!(of("AWS::IAM::Role", "us-east-1"), of("AWS::IAM::Role", "eu-west-1"));
        assert_ne!(of("AWS::KMS::Key", "us-east-1"), of("AWS::KMS::Key", "eu-west-1"));
    }
}
