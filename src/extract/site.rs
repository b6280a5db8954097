//! A policy in its place: the tree, the kind, and what is known about whose it is.

use super::facts::Fact;
use crate::document::Node;
use crate::finding::PolicyIdentity;
use crate::policy::context::Context;
use crate::policy::{Policy, PolicyKind};
use std::sync::Arc;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocumentKind {
    /// A policy.
    Policy(PolicyKind),
    /// A configuration item of AWS Config.
    ConfigItem,
    /// What is set on a resource.
    Settings,
    /// Any other JSON.
    Other,
}

impl DocumentKind {
    /// The name used in rules and summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy(kind) => kind.as_str(),
            Self::ConfigItem => "config-item",
            Self::Settings => "settings",
            Self::Other => "other",
        }
    }
}

/// One policy, or one record that rules can be about.
#[derive(Clone, Debug)]
pub struct Site<'d> {
    /// The file it came from.
    pub file: Arc<str>,
    /// The object; `None` for a resource that has no policy.
    pub root: Option<Node<'d>>,
    /// What it is.
    pub kind: DocumentKind,
    /// True when nothing said so and the kind was a guess.
    pub assumed: bool,
    /// The policy, when it is one.
    pub policy: Option<Policy<'d>>,
    /// What is set on the resource, for [`DocumentKind::Settings`].
    pub facts: &'d [Fact],
    /// Whose it is.
    pub context: Context,
}

impl Site<'_> {
    /// File name without folders and extensions.
    pub fn stem(&self) -> &str {
        stem(&self.file)
    }

    /// The best name for the policy.
    pub fn name(&self) -> &str {
        let attached = self.context.attached_to.as_ref().map(|a| a.name.as_str()).filter(|n| !n.is_empty());
        self.context.name.as_deref().or(attached).unwrap_or_else(|| self.stem())
    }

    /// The name of the role, user or group, as far as it is known; else the best name there is.
    pub fn principal_name(&self) -> &str {
        let attached = self.context.attached_to.as_ref().map(|a| a.name.as_str()).filter(|n| !n.is_empty());
        attached.or(self.context.name.as_deref()).unwrap_or_else(|| self.stem())
    }

    /// The name of the resource it is attached to.
    pub fn attachment_name(&self) -> &str {
        let last = self.context.resource.as_deref().and_then(|arn| arn.rsplit([':', '/']).next());
        last.or(self.context.name.as_deref()).unwrap_or_else(|| self.stem())
    }

    /// Who it is, for reports and fingerprints.
    pub fn identity(&self) -> PolicyIdentity {
        let kind = match self.kind {
            DocumentKind::Policy(kind) => Some(kind),
            DocumentKind::ConfigItem | DocumentKind::Settings | DocumentKind::Other => None,
        };
        let attached = self.context.attached_to.as_ref().map(|a| a.name.clone()).filter(|n| !n.is_empty());
        PolicyIdentity {
            kind,
            resource_type: self.context.resource_type.clone(),
            account: self.context.account.clone(),
            resource: self.context.resource.clone(),
            name: self.context.name.clone().or(attached),
            sid: None,
        }
    }
}

/// File name without folders and without `.json`, `.yaml`, `.gz`.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    let name = name.strip_suffix(".gz").unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}
