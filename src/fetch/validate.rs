//! Policies judged by AWS itself: ValidatePolicy of IAM Access Analyzer, a second opinion on every policy.
//!
//! IAM Access Analyzer API Reference, "ValidatePolicy". It is asked for text alone: no policy in the account is touched.

use super::client::{self, Aws, Session};
use super::error::{FetchError, Sort, Trouble};
use super::operation::Op;
use super::runner::block_on;
use super::settings::{OVERALL, Settings};
use crate::policy::PolicyKind;
use crate::scan::review::{self, Question, Remark, Step};
use aws_config::SdkConfig;
use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{
    PathElement, PolicyType, ValidatePolicyFinding, ValidatePolicyFindingType, ValidatePolicyResourceType,
};
use futures_util::stream::{self, StreamExt};
use std::cell::RefCell;

/// Most a page may hold.
const PAGE: i32 = 100;

/// Most pages of one document.
const PAGES: usize = 1_000;

/// Ask AWS about policies. There is one answer for each, in the same order: its findings, or why there is no answer.
///
/// # Errors
/// When nobody lets the caller in.
pub fn validate(
    settings: &Settings,
    questions: &[Question],
    progress: &dyn Fn(usize),
) -> Result<Vec<Result<Vec<Remark>, Trouble>>, FetchError> {
    block_on(async {
        let config = client::load(settings, client::http()).await;
        with(settings, config, questions, progress).await
    })?
}

/// The same with settings of the SDK from elsewhere.
pub(super) async fn with(
    settings: &Settings,
    config: SdkConfig,
    questions: &[Question],
    progress: &dyn Fn(usize),
) -> Result<Vec<Result<Vec<Remark>, Trouble>>, FetchError> {
    let aws = Aws::connect(settings, config).await?;
    let session = &aws.own;
    let client = Client::new(&session.config);
    let refused: RefCell<Option<Trouble>> = RefCell::default();
    let (aws, client, refused) = (&aws, &client, &refused);
    let work = questions.iter().map(|question| async move {
        let before = refused.borrow().clone();
        let answer = match before {
            // Who may not ask once may not ask ten thousand times.
            Some(trouble) => Err(trouble),
            None => one(aws, session, client, question).await.map_err(told),
        };
        if let Err(trouble) = &answer
            && trouble.sort == Sort::Denied
        {
            refused.replace(Some(trouble.clone()));
        }
        progress(1);
        answer
    });
    Ok(stream::iter(work).buffered(settings.concurrency.max(1) * OVERALL).collect().await)
}

/// With the next step of who asks, and fetches nothing.
fn told(trouble: Trouble) -> Trouble {
    let help = match trouble.sort {
        Sort::Denied => "allow the caller `access-analyzer:ValidatePolicy`, then run again",
        Sort::Throttled => "run again with a lower `--concurrency`, or `--retry adaptive`",
        Sort::Expired | Sort::Unknown => "sign in again, then run again",
        Sort::Unsupported | Sort::Garbled | Sort::Network => {
            "check `AWS_ENDPOINT_URL`, the connection and any proxy, then run again"
        }
        Sort::Absent | Sort::Token | Sort::Elsewhere | Sort::Disk | Sort::Other => {
            "run again; the code is explained in the API reference of IAM Access Analyzer"
        }
    };
    trouble.help(help)
}

/// The sort of policy as AWS asks for it.
fn kind(question: &Question) -> (PolicyType, Option<ValidatePolicyResourceType>) {
    let resource = || {
        let named = question.resource_type.as_deref().map(ValidatePolicyResourceType::from);
        // Most types have no checks of their own, and naming them is an error.
        named.filter(|t| ValidatePolicyResourceType::values().contains(&t.as_str()))
    };
    match question.kind {
        PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy => {
            (PolicyType::IdentityPolicy, None)
        }
        PolicyKind::TrustPolicy => (PolicyType::ResourcePolicy, Some(ValidatePolicyResourceType::RoleTrust)),
        PolicyKind::ResourcePolicy | PolicyKind::VpcEndpointPolicy => (PolicyType::ResourcePolicy, resource()),
        PolicyKind::ServiceControlPolicy => (PolicyType::ServiceControlPolicy, None),
        PolicyKind::ResourceControlPolicy => (PolicyType::ResourceControlPolicy, None),
    }
}

async fn one(aws: &Aws, session: &Session, client: &Client, question: &Question) -> Result<Vec<Remark>, Trouble> {
    let (policy_type, resource_type) = kind(question);
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client
            .validate_policy()
            .policy_document(&question.text)
            .policy_type(policy_type.clone())
            .set_validate_policy_resource_type(resource_type.clone())
            .max_results(PAGE)
            .set_next_token(token.clone());
        let send = |c| request.clone().customize().interceptor(c).send();
        let (out, _) = aws.call(session, Op::ValidatePolicy, send).await?;
        all.extend(out.findings().iter().map(remark));
        let next = out.next_token.filter(|t| !t.is_empty());
        if next.is_none() || next == token {
            break;
        }
        token = next;
    }
    Ok(all)
}

fn remark(finding: &ValidatePolicyFinding) -> Remark {
    use ValidatePolicyFindingType as Type;
    Remark {
        code: finding.issue_code().to_owned(),
        sort: match finding.finding_type() {
            Type::Error => review::Sort::Error,
            Type::SecurityWarning => review::Sort::SecurityWarning,
            Type::Suggestion => review::Sort::Suggestion,
            // Of a sort that is newer than this version nothing is known but that it is worth a look.
            _ => review::Sort::Warning,
        },
        message: finding.finding_details().to_owned(),
        url: finding.learn_more_link().to_owned(),
        places: finding.locations().iter().map(|location| location.path().iter().map(step).collect()).collect(),
    }
}

fn step(element: &PathElement) -> Step {
    match element {
        PathElement::Index(at) => usize::try_from(*at).map_or(Step::Within, Step::Index),
        PathElement::Key(name) => Step::Key(name.clone()),
        PathElement::Value(name) => Step::Value(name.clone()),
        _ => Step::Within,
    }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
