//! Why a call did not answer, told from its error code: what AWS said, the operation and the request's id, and nothing of
//! the request or the answer itself, which may hold policies.

use super::operation::Op;
use crate::source::SourceError;
use crate::source::snapshot::State;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use thiserror::Error;

/// Why a fetch did not begin, or could not write.
#[derive(Debug, Error)]
pub enum FetchError {
    /// It was asked wrongly, or nobody let it in.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// The next step.
        help: String,
    },
    /// The disk.
    #[error(transparent)]
    Disk(#[from] SourceError),
}

impl FetchError {
    pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: help.into() }
    }
}

/// What sort of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sort {
    /// AWS refused.
    Denied,
    /// AWS asked to slow down, to the end of the attempts.
    Throttled,
    /// The credentials are no longer good: nothing else will work either.
    Expired,
    /// AWS does not know the credentials.
    Unknown,
    /// What was asked for is not there.
    Absent,
    /// The place to go on from is no longer good.
    Token,
    /// The endpoint does not know the operation.
    Unsupported,
    /// It lies in another region.
    Elsewhere,
    /// The answer could not be read: cut off, or not what it should be.
    Garbled,
    /// No connection.
    Network,
    /// The disk.
    Disk,
    /// Anything else.
    Other,
}

/// Why a call did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What sort.
    pub sort: Sort,
    /// The error code, where there is one.
    pub code: Option<String>,
    /// In words, with the operation.
    pub message: String,
    /// The next step, where the sort does not tell enough.
    pub help: Option<String>,
    /// The region that answers instead.
    pub region: Option<String>,
}

/// What an endpoint says to credentials of an account that has not enabled its region.
///
/// AWS Account Management Reference Guide, "Enable or disable AWS Regions in your account".
const NOT_ENABLED: [&str; 2] = ["UnrecognizedClientException", "InvalidClientTokenId"];

/// Longest message of AWS that is passed on, in characters.
const LONGEST: usize = 400;

const EXPIRED: [&str; 4] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];
const UNKNOWN: [&str; 7] = [
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidToken",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
];
const THROTTLED: [&str; 11] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "SlowDown",
];
const DENIED: [&str; 7] = [
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedForDependencyException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "AuthorizationErrorException",
    "AllAccessDisabled",
];
const TOKEN: [&str; 4] = ["InvalidNextTokenException", "InvalidPaginationTokenException", "InvalidNextToken", "InvalidMarker"];
const UNSUPPORTED: [&str; 6] = [
    "UnknownOperationException",
    "UnknownOperation",
    "InvalidAction",
    "NotImplemented",
    "NotImplementedException",
    "UnsupportedAPIEndpoint",
];
const ELSEWHERE: [&str; 3] = ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"];

/// The sort of an error code and status.
pub fn sort(code: Option<&str>, status: u16) -> Sort {
    let Some(code) = code else {
        return match status {
            429 => Sort::Throttled,
            401 | 403 => Sort::Denied,
            301 => Sort::Elsewhere,
            404 | 500..=599 => Sort::Unsupported,
            _ => Sort::Other,
        };
    };
    let lists: [(&[&str], Sort); 7] = [
        (&EXPIRED, Sort::Expired),
        (&UNKNOWN, Sort::Unknown),
        (&THROTTLED, Sort::Throttled),
        (&DENIED, Sort::Denied),
        (&TOKEN, Sort::Token),
        (&UNSUPPORTED, Sort::Unsupported),
        (&ELSEWHERE, Sort::Elsewhere),
    ];
    if let Some((_, sort)) = lists.iter().find(|(codes, _)| codes.contains(&code)) {
        return *sort;
    }
    if code.starts_with("NoSuch")
        || code.ends_with("NotFoundError")
        || code.contains("NotFound")
        || code.ends_with("NotInUseException")
    {
        return Sort::Absent;
    }
    if status == 429 { Sort::Throttled } else { Sort::Other }
}

impl Trouble {
    /// Something that no answer of AWS says.
    pub fn new(sort: Sort, message: impl Into<String>) -> Self {
        Self { sort, code: None, message: message.into(), help: None, region: None }
    }

    /// With a next step of its own.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// From an error of the SDK.
    pub fn of<E: ProvideErrorMetadata>(op: Op, error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(context) => {
                let raw = context.raw();
                let status = raw.status().as_u16();
                let meta = context.err().meta();
                let code = meta.code().filter(|c| !c.is_empty());
                if code.is_none() && raw.status().is_success() {
                    return Self::unread(op, status);
                }
                let id = meta.extra("aws_request_id").map(|id| format!(" (request {})", short(id))).unwrap_or_default();
                let sort = sort(code, status);
                // What AWS says of credentials it does not take may hold parts of the signed request.
                let quiet = matches!(sort, Sort::Unknown | Sort::Expired);
                let said = meta.message().filter(|_| !quiet).map(|m| format!(": {}", short(m))).unwrap_or_default();
                let what = code.map_or_else(|| format!("HTTP status {status} without an error code"), str::to_owned);
                let region = raw.headers().get("x-amz-bucket-region").map(str::to_owned);
                Self {
                    sort,
                    code: code.map(str::to_owned),
                    message: format!("{op}: {}{said}{id}", short(&what)),
                    help: None,
                    region,
                }
            }
            SdkError::ResponseError(context) => {
                let status = context.raw().status().as_u16();
                Self::unread(op, status)
            }
            SdkError::TimeoutError(_) => Self::new(Sort::Network, format!("{op}: no answer in time")),
            SdkError::DispatchFailure(failure) => {
                let kind = if failure.is_timeout() {
                    "no connection in time"
                } else if failure.is_io() {
                    "no connection, or it broke off"
                } else if failure.is_user() {
                    "the request could not be sent"
                } else {
                    return Self::new(Sort::Unknown, format!("{op}: no usable credentials, or no connection"));
                };
                Self::new(Sort::Network, format!("{op}: {kind}"))
            }
            _ => Self::new(Sort::Other, format!("{op}: the request could not be made")),
        }
    }

    /// An answer that is none of AWS, or not whole.
    fn unread(op: Op, status: u16) -> Self {
        if status >= 400 {
            return Self::new(sort(None, status), format!("{op}: HTTP status {status} without an error code"));
        }
        Self::new(Sort::Garbled, format!("{op}: the answer could not be read: it is cut off or damaged"))
    }

    /// True where the region is not enabled for the account, so that there is nothing to read: its endpoint does not know the
    /// credentials. Those that no region takes do not get that far.
    pub fn is_of_region(&self) -> bool {
        self.code.as_deref().is_some_and(|code| NOT_ENABLED.contains(&code))
    }

    /// How the manifest tells it.
    pub fn state(&self) -> State {
        match self.sort {
            Sort::Denied | Sort::Unknown => State::Denied,
            Sort::Throttled => State::Throttled,
            Sort::Expired => State::Pending,
            Sort::Absent
            | Sort::Token
            | Sort::Unsupported
            | Sort::Elsewhere
            | Sort::Garbled
            | Sort::Network
            | Sort::Disk
            | Sort::Other => State::Failed,
        }
    }

    /// The next step.
    pub fn next_step(&self) -> String {
        if let Some(help) = &self.help {
            return help.clone();
        }
        match self.sort {
            Sort::Denied => "give the caller what `palisade fetch --print-policy` prints, then `--resume`",
            Sort::Throttled => "`--resume` with a lower `--concurrency`, or `--retry adaptive`",
            Sort::Expired => "sign in again, then `--resume`: what was read is kept",
            Sort::Unknown => "check the credentials and that the region is enabled for the account, then `--resume`",
            Sort::Unsupported => "the answer is no error of AWS: check `AWS_ENDPOINT_URL` and any proxy, then `--resume`",
            Sort::Elsewhere => "name the region it lies in with `--region`",
            Sort::Garbled | Sort::Network => "check the connection and any proxy, then `--resume`",
            Sort::Disk => "see that the folder can be written to and the disk is not full, then `--resume`",
            Sort::Absent | Sort::Token | Sort::Other => {
                "`--resume` asks again; the code is explained in the service's API reference"
            }
        }
        .to_owned()
    }
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self::new(Sort::Disk, error.to_string())
    }
}

/// What AWS said, on one line, of bearable length, and harmless in a terminal.
fn short(text: &str) -> String {
    let shown: String = text.chars().take(LONGEST).collect();
    let dots = if shown.len() < text.len() { "…" } else { "" };
    crate::report::escape::terminal(&format!("{}{dots}", shown.replace(['\n', '\r'], " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted() {
        for (code, status, wanted) in [
            (Some("AccessDeniedException"), 400, Sort::Denied),
            (Some("Throttling"), 400, Sort::Throttled),
            (Some("TooManyRequestsException"), 400, Sort::Throttled),
            (Some("SomethingNew"), 429, Sort::Throttled),
            (Some("ExpiredTokenException"), 400, Sort::Expired),
            (Some("NoSuchBucketPolicy"), 404, Sort::Absent),
            (Some("ServerSideEncryptionConfigurationNotFoundError"), 404, Sort::Absent),
            (Some("ValidationException"), 400, Sort::Other),
            (None, 403, Sort::Denied),
            (None, 500, Sort::Unsupported),
        ] {
            assert_eq!(sort(code, status), wanted, "{code:?} {status}");
        }
    }

    #[test]
    fn messages_stay_on_one_line_and_move_no_cursor() {
        let text = short(&format!("a\nb\u{1b}[2J{}", "x".repeat(1000)));
        assert!(!text.contains(['\n', '\u{1b}']) && text.chars().count() < 450, "{text}");
    }
}
