//! What the evaluator says of a part of a policy: it matches, it does not, or nobody can tell, each with its place.

use super::view::View;
use crate::document::Node;
use std::fmt;

/// Three-valued: what the documentation of AWS leaves open is neither true nor false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It matches.
    True,
    /// It does not.
    False,
    /// Nobody can tell.
    Unknown,
}

/// How a principal element reaches the caller. What a resource policy grants depends on it.
///
/// IAM User Guide, "Policy evaluation logic", "Identity-based policies and resource-based policies".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// Through the account: it may hand the permission on to the caller.
    Account,
    /// Through the role whose session calls.
    Role,
    /// As one of everybody.
    Everyone,
    /// By its own name.
    Direct,
}

/// Which literal of a statement does not fit the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The action is not among those it is about.
    Action,
    /// The resource is not.
    Resource,
    /// The caller is not.
    Principal,
    /// The condition key is absent from the request.
    Absent,
    /// The condition key is there, and should not be.
    Present,
    /// The condition key has another value.
    Value,
    /// The condition key has a list of values, and the operator compares one.
    List,
}

/// A literal that does not match, and with it the statement.
#[derive(Clone, Copy, Debug)]
pub struct Miss<'d> {
    /// Where: the value of the element, or the condition key.
    pub node: Node<'d>,
    /// Why.
    pub why: Why,
}

impl Miss<'_> {
    /// The same in words, with what the request has instead.
    pub fn note(&self, view: &View<'_>) -> String {
        let key = self.node.scalar();
        match self.why {
            Why::Action => format!("does not apply: it is not about `{}`", view.request().action),
            Why::Resource => format!("does not apply: it is not about `{}`", view.resource()),
            Why::Principal => "does not apply: it does not name the caller".to_owned(),
            Why::Absent => format!("does not apply: `{key}` is absent from the request"),
            Why::Present => format!("does not apply: the request has `{key}`"),
            Why::List => format!("does not apply: `{key}` is a list, which this operator compares with nothing"),
            Why::Value => {
                let values = view.values(key).map(|v| v.iter().collect::<Vec<_>>().join("`, `")).unwrap_or_default();
                format!("does not apply: `{key}` is `{values}`")
            }
        }
    }
}

/// What cannot be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A policy variable without a value and without a default, where something is excluded: AWS says that the statement
    /// might be invalid, and does not say whether it then matches.
    Variable,
    /// `NotPrincipal` with `Deny` that lists some of what the caller is, but not session, role and account alike.
    NotPrincipal,
    /// `*` in a resource policy when a permissions boundary or a session policy does not allow.
    EveryoneCapped,
    /// An operator AWS does not have.
    Operator,
    /// Known only when a template is deployed.
    Template,
    /// Not the grammar of a policy.
    Grammar,
}

impl Cause {
    /// In a few words, for the place itself.
    pub fn brief(self) -> &'static str {
        match self {
            Self::Variable => "has no value in the request",
            Self::NotPrincipal => "lists the caller in part",
            Self::EveryoneCapped => "allows it to everybody",
            Self::Operator => "AWS has no such condition operator",
            Self::Template => "known only when the template is deployed",
            Self::Grammar => "not the grammar of a policy",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable => {
                "a policy variable has no value in the request, and AWS does not say whether the statement then applies"
            }
            Self::NotPrincipal => {
                "`NotPrincipal` lists the caller in part: without session, role and account alike AWS may deny it all the same"
            }
            Self::EveryoneCapped => {
                "the resource policy allows `*`, and AWS does not say whether the permissions boundary or session policy still caps that"
            }
            Self::Operator => "AWS has no such condition operator",
            Self::Template => "a value is known only when the template is deployed",
            Self::Grammar => "the statement is not the grammar of a policy",
        })
    }
}

/// A literal that cannot be decided.
#[derive(Clone, Copy, Debug)]
pub struct Doubt<'d> {
    /// Where.
    pub node: Node<'d>,
    /// What.
    pub cause: Cause,
}

/// Whether a literal or a statement matches.
#[derive(Clone, Copy, Debug)]
pub enum Match<'d> {
    /// It does; for a principal element, how.
    Yes(Strength),
    /// It does not, whatever is in doubt besides.
    No(Miss<'d>),
    /// It may.
    Unknown(Strength, Doubt<'d>),
}

impl<'d> Match<'d> {
    /// Without the reasons.
    pub fn truth(&self) -> Truth {
        match self {
            Self::Yes(_) => Truth::True,
            Self::No(_) => Truth::False,
            Self::Unknown(..) => Truth::Unknown,
        }
    }

    /// A literal that matches or does not.
    pub(super) fn of(holds: bool, node: Node<'d>, why: Why) -> Self {
        if holds { Self::Yes(Strength::Direct) } else { Self::No(Miss { node, why }) }
    }

    /// A literal nobody can decide.
    pub(super) fn doubt(node: Node<'d>, cause: Cause) -> Self {
        Self::Unknown(Strength::Direct, Doubt { node, cause })
    }
}
