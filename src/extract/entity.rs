//! What a document speaks of: resources, principals with what is attached to them, managed policies. Several records of
//! the same thing are known by their keys.

use super::found::Found;
use crate::policy::context::PrincipalKind;
use std::sync::Arc;

/// Which thing a record is about, and how new the record is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// Account, type and ARN; `None` for what cannot be told apart.
    pub key: Option<Arc<str>>,
    /// When it was recorded, as ISO 8601 text or epoch seconds; texts of one source compare by age.
    pub recorded: Arc<str>,
}

/// A thing that a document speaks of.
#[derive(Clone, Debug)]
pub enum Entity {
    /// A resource, or a policy by itself: everything about it.
    Resource(Identity, Vec<Found>),
    /// A role, user or group.
    Principal(Identity, Box<Principal>),
    /// A managed policy.
    Managed(Identity, Box<Managed>),
}

/// A role, user or group, with its policies.
#[derive(Clone, Debug)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// Its ARN, or a name that is unique in its document.
    pub id: Arc<str>,
    /// Its trust policy, settings and records: everything that is about it alone.
    pub own: Vec<Found>,
    /// Its inline policies.
    pub inline: Vec<Found>,
    /// ARNs of attached managed policies.
    pub attached: Vec<Arc<str>>,
    /// Groups of a user: names or ARNs.
    pub groups: Vec<Arc<str>>,
    /// ARN of its permissions boundary.
    pub boundary: Option<Arc<str>>,
    /// Whether the source would tell a boundary, so that one that is not there is none.
    pub tells_boundary: bool,
    /// The principal as a subject of rules about what is attached: no policy, only a place and a context.
    pub subject: Found,
}

/// A managed policy.
#[derive(Clone, Debug)]
pub struct Managed {
    /// Its ARN, or a name that is unique in its document.
    pub id: Arc<str>,
    /// The version in force; `None` when the document does not have it.
    pub default: Option<Found>,
    /// Principals it is attached to, where the data counts them.
    pub attachments: Option<u64>,
    /// Principals that have it as a boundary, where the data counts them.
    pub boundaries: Option<u64>,
    /// Versions that are not in force.
    pub old_versions: usize,
}
