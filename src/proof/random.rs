//! Random policies and requests over a small world, for tests: every operator, quantifier and element, few values.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Actions of two services, with and without resource types, and patterns over them.
const ACTIONS: [&str; 12] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:*Object",
    "s3:Get*",
    "s3:*",
    "*",
    "S3:getobject",
    "sqs:SendMessage",
    "sqs:*",
    "s3:ListAllMyBuckets",
    "s3:PutNewThing",
];
const RESOURCES: [&str; 11] = [
    "*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b/x?",
    "arn:aws:s3:::b/xy",
    "arn:aws:s3:::*/x*",
    "arn:aws:sqs:*:111122223333:q",
    "arn:aws:sqs:us-east-1:*:q*",
    "arn:aws:s3:::a/${aws:username}/*",
];
const PRINCIPALS: [&str; 7] = [
    "*",
    "111122223333",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:role/r",
    "arn:aws:iam::444455556666:user/u",
    "arn:aws:sts::111122223333:assumed-role/r/s",
    "arn:aws:iam::111122223333:role/p/r",
];

fn one_or_many(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec(prop::sample::select(values), 1..3).prop_map(|all| match all.as_slice() {
        [one] => json!(one),
        all => json!(all),
    })
}

/// An operator family: base operators, key, values.
type Family = (&'static [&'static str], &'static [&'static str], &'static [&'static str]);

const FAMILIES: [Family; 9] = [
    (
        &[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        &["aws:SourceVpce", "aws:PrincipalTag/team", "s3:prefix"],
        &["a", "ab", "A", "a*", "*b", "?", "*", "${aws:PrincipalTag/team}"],
    ),
    (&["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"], &["aws:TagKeys"], &["a", "b", "a*", "*"]),
    (&["Bool"], &["aws:SecureTransport", "aws:MultiFactorAuthPresent"], &["true", "false"]),
    (
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["s3:max-keys"],
        &["1", "1.5", "2", "10"],
    ),
    (
        &["IpAddress", "NotIpAddress"],
        &["aws:SourceIp", "aws:VpcSourceIp"],
        &["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "203.0.113.7", "::/0"],
    ),
    (
        &["DateLessThan", "DateGreaterThan", "DateEquals", "DateLessThanEquals", "DateGreaterThanEquals", "DateNotEquals"],
        &["aws:CurrentTime", "aws:TokenIssueTime"],
        &["2026-01-01T00:00:00Z", "2026-06-01", "1780000000"],
    ),
    (
        &["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"],
        &["aws:PrincipalArn", "aws:SourceArn"],
        &["arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/r", "arn:aws:iam::111122223333:role/r", "arn:aws:*:*:*:*"],
    ),
    (
        &["StringEquals", "StringNotEquals", "StringLike"],
        &["aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:username"],
        &["111122223333", "444455556666", "4*", "u"],
    ),
    (
        &["Null"],
        &["aws:SourceVpce", "aws:TagKeys", "aws:SecureTransport", "aws:SourceVpc", "aws:PrincipalTag/team", "aws:username"],
        &["true", "false"],
    ),
];

fn condition() -> impl Strategy<Value = (String, String, Value)> {
    prop::sample::select(&FAMILIES[..]).prop_flat_map(|(operators, keys, values)| {
        let quantifier = prop::sample::select(&["", "", "", "ForAnyValue:", "ForAllValues:"][..]);
        let if_exists = prop::sample::select(&["", "", "IfExists"][..]);
        let parts = (prop::sample::select(operators), quantifier, if_exists, prop::sample::select(keys), one_or_many(values));
        parts.prop_map(|(base, quantifier, if_exists, key, values)| {
            let operator = if base == "Null" { base.to_owned() } else { format!("{quantifier}{base}{if_exists}") };
            (operator, key.to_owned(), values)
        })
    })
}

fn statement(principal: bool) -> impl Strategy<Value = Value> {
    let head = (
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.15),
        one_or_many(&ACTIONS),
        prop::bool::weighted(0.15),
        one_or_many(&RESOURCES),
    );
    let who = (prop::bool::weighted(0.15), one_or_many(&PRINCIPALS));
    (head, who, prop::collection::vec(condition(), 0..3)).prop_map(
        move |((deny, not_action, actions, not_resource, resources), (not_principal, who), conditions)| {
            let mut out = Map::new();
            out.insert("Effect".into(), json!(if deny { "Deny" } else { "Allow" }));
            out.insert(if not_action { "NotAction" } else { "Action" }.into(), actions);
            out.insert(if not_resource { "NotResource" } else { "Resource" }.into(), resources);
            if principal {
                out.insert(if not_principal { "NotPrincipal" } else { "Principal" }.into(), json!({ "AWS": who }));
            }
            let mut block = Map::new();
            for (operator, key, values) in conditions {
                let keys = block.entry(operator).or_insert_with(|| json!({}));
                if let Some(keys) = keys.as_object_mut() {
                    keys.insert(key, values);
                }
            }
            if !block.is_empty() {
                out.insert("Condition".into(), Value::Object(block));
            }
            Value::Object(out)
        },
    )
}

/// A policy, with principals or without.
pub fn policy(principal: bool) -> impl Strategy<Value = Value> {
    prop::collection::vec(statement(principal), 1..4)
        .prop_map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// Every value that may matter for each key, absent ones besides.
pub const VALUES: [(&str, &[&str]); 17] = [
    ("aws:SourceVpce", &["a", "ab", "A", "b", "cb", "abc"]),
    ("aws:SourceVpc", &["vpc"]),
    ("aws:PrincipalTag/team", &["a", "ab", "A", "b", "c"]),
    ("s3:prefix", &["a", "ab", "A", "b", "xyz"]),
    ("aws:TagKeys", &["a", "b", "ab", "c"]),
    ("aws:SecureTransport", &["true", "false"]),
    ("aws:MultiFactorAuthPresent", &["true", "false"]),
    ("s3:max-keys", &["0", "1", "1.2", "1.5", "1.7", "2", "5", "10", "11"]),
    ("aws:SourceIp", &["10.0.0.1", "10.1.2.3", "203.0.113.7", "203.0.113.8", "2001:db8::1"]),
    ("aws:VpcSourceIp", &["10.0.0.1", "10.1.2.3", "203.0.113.7", "2001:db8::1"]),
    (
        "aws:CurrentTime",
        &["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z", "2030-01-01T00:00:00Z"],
    ),
    ("aws:TokenIssueTime", &["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2030-01-01T00:00:00Z"]),
    ("aws:SourceArn", &["arn:aws:iam::111122223333:role/r", "arn:aws:iam::444455556666:role/r", "arn:aws:s3:::b", "none"]),
    ("aws:PrincipalOrgID", &["111122223333", "444455556666", "o-1"]),
    ("aws:EpochTime", &["1780000000"]),
    ("aws:userid", &["AROAX:s"]),
    ("aws:RequestedRegion", &["us-east-1"]),
];

/// Actions of requests, each with resources it works on.
pub const TARGETS: [(&str, &[&str]); 6] = [
    (
        "s3:GetObject",
        &[
            "arn:aws:s3:::a/x",
            "arn:aws:s3:::b/xy",
            "arn:aws:s3:::b/x",
            "arn:aws:s3:::c/xyz",
            "arn:aws:s3:::a/u/z",
            "arn:aws:s3:::a/b/q",
            "arn:aws:s3:::ab/x",
        ],
    ),
    ("s3:PutObject", &["arn:aws:s3:::a/x", "arn:aws:s3:::b/xy", "arn:aws:s3:::a/u/z"]),
    ("s3:ListBucket", &["arn:aws:s3:::a", "arn:aws:s3:::ab", "arn:aws:s3:::c"]),
    (
        "sqs:SendMessage",
        &[
            "arn:aws:sqs:us-east-1:111122223333:q",
            "arn:aws:sqs:eu-west-1:111122223333:q",
            "arn:aws:sqs:us-east-1:444455556666:qq",
            "arn:aws:sqs:us-east-1:444455556666:z",
        ],
    ),
    ("s3:ListAllMyBuckets", &["*"]),
    ("s3:PutNewThing", &["arn:aws:s3:::a", "x"]),
];
