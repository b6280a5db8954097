//! Policy and statement. Lists everywhere, letter case and spelling left as written: comparing folds it, so the
//! original is always at hand for pointing.

use super::condition::Condition;
use super::principal::Principal;
use crate::document::Node;

/// `Effect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Grants, unless something denies.
    Allow,
    /// Denies, whatever grants.
    Deny,
}

/// An element with its `Not…` form: `Action` and `NotAction`, `Resource` and `NotResource`, `Principal` and `NotPrincipal`.
#[derive(Clone, Debug)]
pub struct Element<'d, T> {
    /// The key.
    pub key: Node<'d>,
    /// The value as written: one, a list, or a map for principals.
    pub value: Node<'d>,
    /// True for the `Not…` form: everything but the items.
    pub negated: bool,
    /// The values, one by one.
    pub items: Vec<T>,
}

/// One entry of `Action` or `NotAction`: a glob over `service:Name`, letter case ignored.
#[derive(Clone, Copy, Debug)]
pub struct ActionPattern<'d> {
    /// As written.
    pub text: &'d str,
    /// Where.
    pub node: Node<'d>,
}

impl<'d> ActionPattern<'d> {
    /// The part before the colon; the whole text when there is none.
    pub fn service(&self) -> &'d str {
        self.text.split(':').next().unwrap_or_default()
    }
}

/// One entry of `Resource` or `NotResource`: a glob over whole ARNs, letter case kept.
#[derive(Clone, Copy, Debug)]
pub struct ArnPattern<'d> {
    /// As written.
    pub text: &'d str,
    /// Where.
    pub node: Node<'d>,
    /// Holds `${…}`: its value is known only when a request is made.
    pub variable: bool,
}

/// Which services a statement can touch, as a 64-bit filter: one bit a service, collisions only cost time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Services(pub u64);

impl Services {
    /// Every service.
    pub const ALL: Self = Self(u64::MAX);

    /// The bit of one service prefix; all bits when the prefix has a wildcard.
    pub fn of(prefix: &str) -> Self {
        if crate::text::glob::has_wildcard(prefix) || prefix.is_empty() {
            return Self::ALL;
        }
        let hash = prefix
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3));
        Self(1 << (hash >> 58))
    }

    /// Both.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// False only when some service of `other` is surely not in this.
    pub fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// False only when no service is in both.
    pub fn may_meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement<'d> {
    /// The whole object.
    pub node: Node<'d>,
    /// `Sid`.
    pub sid: Option<&'d str>,
    /// `Effect` and where; `None` when it is missing or neither `Allow` nor `Deny`.
    pub effect: Option<(Effect, Node<'d>)>,
    /// `Action` or `NotAction`.
    pub actions: Option<Element<'d, ActionPattern<'d>>>,
    /// `Resource` or `NotResource`; absent in trust policies.
    pub resources: Option<Element<'d, ArnPattern<'d>>>,
    /// `Principal` or `NotPrincipal`; absent in identity policies, boundaries and SCPs.
    pub principals: Option<Element<'d, Principal<'d>>>,
    /// The value of `Condition`.
    pub condition_node: Option<Node<'d>>,
    /// Every operator and key, ANDed.
    pub conditions: Vec<Condition<'d>>,
    /// Services it can touch.
    pub services: Services,
}

impl Statement<'_> {
    /// True when this statement's effect is `effect`; a broken `Effect` is neither.
    pub fn is(&self, effect: Effect) -> bool {
        self.effect.is_some_and(|(e, _)| e == effect)
    }
}

/// One policy document.
#[derive(Clone, Debug)]
pub struct Policy<'d> {
    /// The whole object.
    pub node: Node<'d>,
    /// `Version`; without it AWS reads the policy as 2008-10-17, which knows no variables.
    pub version: Option<&'d str>,
    /// In the order of the text.
    pub statements: Vec<Statement<'d>>,
}

impl Policy<'_> {
    /// True for a statement that stands where a policy is meant, and AWS makes the policy around it.
    pub fn is_lone_statement(&self) -> bool {
        self.statements.first().is_some_and(|statement| statement.node.id() == self.node.id())
    }
}
