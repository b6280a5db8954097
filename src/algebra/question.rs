//! What `grants` and `denies` ask: which requests, under which restrictions.

use crate::policy::PolicyKind;

/// A restriction of the requests that a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The condition key.
    pub key: String,
    /// What it holds.
    pub test: WhenTest,
}

/// What a key holds in the requests of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhenTest {
    /// This value.
    Equals(String),
    /// One of these.
    Within(Vec<String>),
    /// None of these; with `or_absent`, also requests without the key.
    NotWithin {
        /// Globs.
        set: Vec<String>,
        /// Requests without the key too.
        or_absent: bool,
    },
    /// Anything but the concrete values that the policy itself names.
    NotLiteral {
        /// Requests without the key too.
        or_absent: bool,
    },
    /// Nothing.
    Absent,
}

/// Whose requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Anyone,
    /// These principals, as written in a policy.
    Listed(Vec<String>),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Action globs.
    pub actions: Vec<String>,
    /// Resource globs; a bucket and its objects are `arn` and `arn/*`.
    pub resources: Vec<String>,
    /// Pair S3 actions with the sort of ARN they act on: the resources are one bucket and its objects.
    pub by_resource_type: bool,
    /// Whose requests.
    pub who: Who,
    /// Restrictions, ANDed.
    pub when: Vec<When>,
    /// Principals that may be exempt.
    pub except: Vec<String>,
    /// Only explicit Deny counts.
    pub explicit: bool,
    /// The kind of policy that is asked, which tells who can call; `None` for everybody.
    pub kind: Option<PolicyKind>,
    /// The account whose principals are meant, where service control policies of that account are asked.
    pub account: Option<String>,
}
