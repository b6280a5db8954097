//! What a check may look at: one policy, what is known of it, and the catalogue.

use super::code::Code;
use crate::catalog::{Catalog, ConditionKey, KeyType};
use crate::document::Node;
use crate::policy::condition::{Comparison, Quantifier};
use crate::policy::{Condition, Effect, Policy, PolicyKind, Statement};
use std::collections::BTreeMap;

/// Limits that the project file can override, by check.
pub type Limits = BTreeMap<Code, usize>;

/// One policy.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a, 'd> {
    /// The object as written.
    pub root: Node<'d>,
    /// The same as a policy.
    pub policy: &'a Policy<'d>,
    /// Its kind.
    pub kind: PolicyKind,
    /// CloudFormation type of the resource it is attached to.
    pub resource_type: Option<&'a str>,
    /// Account that owns it.
    pub account: Option<&'a str>,
    /// Facts of AWS.
    pub catalog: &'static Catalog,
    /// Sizes.
    pub limits: &'a Limits,
}

impl<'a, 'd> Subject<'a, 'd> {
    /// A role trust policy.
    pub fn is_trust(self) -> bool {
        self.kind == PolicyKind::TrustPolicy
    }

    /// Attached to a principal.
    pub fn is_identity(self) -> bool {
        matches!(self.kind, PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy)
    }

    /// Its statements.
    pub fn statements(self) -> impl Iterator<Item = &'a Statement<'d>> + Clone {
        self.policy.statements.iter()
    }

    /// `Version` is 2012-10-17, which knows variables.
    pub fn knows_variables(self) -> bool {
        self.policy.version == Some("2012-10-17")
    }
}

/// The values of a condition that are text of the policy, not of a template.
pub fn texts<'a, 'd>(condition: &'a Condition<'d>) -> impl Iterator<Item = (&'d str, Node<'d>)> + use<'a, 'd> {
    condition.values.iter().filter(|v| v.is_scalar()).map(|v| (v.scalar(), *v))
}

/// A condition with what the catalogue says of its key.
#[derive(Clone, Copy, Debug)]
pub struct Keyed<'a, 'd> {
    /// The statement.
    pub statement: &'a Statement<'d>,
    /// The condition.
    pub condition: &'a Condition<'d>,
    /// Its key, when it is known.
    pub key: Option<ConditionKey>,
}

impl Keyed<'_, '_> {
    /// Type of the key's values.
    pub fn kind(&self) -> Option<KeyType> {
        self.key.map(ConditionKey::kind)
    }

    /// Compared with `*` and `?` as text.
    pub fn is_like(&self) -> bool {
        self.condition.operator.comparison == Comparison::Glob
    }

    /// Compared as text, with or without wildcards.
    pub fn is_text(&self) -> bool {
        matches!(self.condition.operator.comparison, Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob)
    }

    /// The set operator.
    pub fn quantifier(&self) -> Quantifier {
        self.condition.operator.quantifier
    }

    /// The statement allows.
    pub fn allows(&self) -> bool {
        self.statement.is(Effect::Allow)
    }

    /// The key is this one, letter case ignored.
    pub fn is(&self, key: &str) -> bool {
        self.condition.is_about(key)
    }
}

/// A condition of the statement about this key, whatever the operator.
pub fn has_key(statement: &Statement<'_>, key: &str) -> bool {
    statement.conditions.iter().any(|c| c.is_about(key))
}

/// A condition of the statement about one of these keys.
pub fn has_any_key(statement: &Statement<'_>, keys: &[&str]) -> bool {
    keys.iter().any(|key| has_key(statement, key))
}
