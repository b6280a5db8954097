//! Documents judged by AWS itself: ValidatePolicy of IAM Access Analyzer, for comparing its findings with ours by place.
//!
//! IAM Access Analyzer API Reference, "ValidatePolicy". It is asked for text alone: no policy in the account is touched.

use super::client::{self, Aws, Session};
use super::error::{FetchError, Trouble};
use super::operation::Op;
use super::runner::block_on;
use super::settings::{OVERALL, Settings};
use crate::policy::PolicyKind;
use aws_config::SdkConfig;
use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{PathElement, PolicyType, ValidatePolicyFinding, ValidatePolicyResourceType};
use futures_util::stream::{self, StreamExt};

/// Most a page may hold.
const PAGE: i32 = 100;

/// Most pages of one document.
const PAGES: usize = 1_000;

/// A document to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What sort of policy.
    pub kind: PolicyKind,
    /// What a resource policy is attached to, such as `AWS::S3::Bucket`.
    pub resource_type: Option<String>,
    /// The policy.
    pub text: String,
}

/// What a finding of AWS points at, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An element of a list, from 0.
    Index(i32),
    /// The name of a member.
    Key(String),
    /// The value of a member.
    Value(String),
    /// A part of a text: its first character, from 0, and how many.
    Substring(i32, i32),
    /// A step that this version does not know.
    Unknown,
}

/// A place in the text, as AWS counts it: lines from 1, columns and offsets from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The line.
    pub line: i32,
    /// The column.
    pub column: i32,
    /// Characters from the start of the text.
    pub offset: i32,
}

/// What a finding points at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Through the document.
    pub path: Vec<Step>,
    /// Where it begins.
    pub start: Point,
    /// Where it ends.
    pub end: Point,
}

/// A finding of AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Such as `PASS_ROLE_WITH_STAR_IN_RESOURCE`: the id of our rule in capitals.
    pub issue_code: String,
    /// `ERROR`, `SECURITY_WARNING`, `WARNING` or `SUGGESTION`.
    pub finding_type: String,
    /// In words.
    pub message: String,
    /// Where AWS explains it.
    pub learn_more: String,
    /// What it points at.
    pub locations: Vec<Location>,
}

/// Ask AWS about documents. There is one answer for each, in the same order: its findings, or why there is no answer.
///
/// # Errors
/// When nobody lets the caller in.
pub fn validate(
    settings: &Settings,
    documents: &[Document],
    progress: &dyn Fn(usize),
) -> Result<Vec<Result<Vec<Judged>, Trouble>>, FetchError> {
    block_on(async {
        let config = client::load(settings, client::http()).await;
        with(settings, config, documents, progress).await
    })?
}

/// The same with settings of the SDK from elsewhere.
pub(super) async fn with(
    settings: &Settings,
    config: SdkConfig,
    documents: &[Document],
    progress: &dyn Fn(usize),
) -> Result<Vec<Result<Vec<Judged>, Trouble>>, FetchError> {
    let aws = Aws::connect(settings, config).await?;
    let session = &aws.own;
    let client = Client::new(&session.config);
    let (aws, client) = (&aws, &client);
    let work = documents.iter().map(|document| async move {
        let answer = one(aws, session, client, document).await;
        progress(1);
        answer
    });
    Ok(stream::iter(work).buffered(settings.concurrency.max(1) * OVERALL).collect().await)
}

/// The sort of policy as AWS asks for it.
fn kind(document: &Document) -> (PolicyType, Option<ValidatePolicyResourceType>) {
    let resource = || {
        let named = document.resource_type.as_deref().map(ValidatePolicyResourceType::from);
        // Most types have no checks of their own, and naming them is an error.
        named.filter(|t| ValidatePolicyResourceType::values().contains(&t.as_str()))
    };
    match document.kind {
        PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy => {
            (PolicyType::IdentityPolicy, None)
        }
        PolicyKind::TrustPolicy => (PolicyType::ResourcePolicy, Some(ValidatePolicyResourceType::RoleTrust)),
        PolicyKind::ResourcePolicy | PolicyKind::VpcEndpointPolicy => (PolicyType::ResourcePolicy, resource()),
        PolicyKind::ServiceControlPolicy => (PolicyType::ServiceControlPolicy, None),
        PolicyKind::ResourceControlPolicy => (PolicyType::ResourceControlPolicy, None),
    }
}

async fn one(aws: &Aws, session: &Session, client: &Client, document: &Document) -> Result<Vec<Judged>, Trouble> {
    let (policy_type, resource_type) = kind(document);
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client
            .validate_policy()
            .policy_document(&document.text)
            .policy_type(policy_type.clone())
            .set_validate_policy_resource_type(resource_type.clone())
            .max_results(PAGE)
            .set_next_token(token.clone());
        let send = |c| request.clone().customize().interceptor(c).send();
        let (out, _) = aws.call(session, Op::ValidatePolicy, send).await?;
        all.extend(out.findings().iter().map(judged));
        let next = out.next_token.filter(|t| !t.is_empty());
        if next.is_none() || next == token {
            break;
        }
        token = next;
    }
    Ok(all)
}

fn judged(finding: &ValidatePolicyFinding) -> Judged {
    let point = |p: Option<&aws_sdk_accessanalyzer::types::Position>| {
        p.map(|p| Point { line: p.line(), column: p.column(), offset: p.offset() }).unwrap_or_default()
    };
    let location = |l: &aws_sdk_accessanalyzer::types::Location| Location {
        path: l.path().iter().map(step).collect(),
        start: point(l.span().and_then(|s| s.start())),
        end: point(l.span().and_then(|s| s.end())),
    };
    Judged {
        issue_code: finding.issue_code().to_owned(),
        finding_type: finding.finding_type().as_str().to_owned(),
        message: finding.finding_details().to_owned(),
        learn_more: finding.learn_more_link().to_owned(),
        locations: finding.locations().iter().map(location).collect(),
    }
}

fn step(element: &PathElement) -> Step {
    match element {
        PathElement::Index(at) => Step::Index(*at),
        PathElement::Key(name) => Step::Key(name.clone()),
        PathElement::Value(name) => Step::Value(name.clone()),
        PathElement::Substring(part) => Step::Substring(part.start(), part.length()),
        _ => Step::Unknown,
    }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
