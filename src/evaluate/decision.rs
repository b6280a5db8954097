//! The answer to a request: the verdict, the layer that gave it, and the statements that decided.

use super::layers::{Layers, Missing, Outcome, Reading, Relation, Scenario};
use super::request::Request;
use super::truth::{Cause, Doubt, Strength};
use crate::policy::{Effect, PolicyKind};
use std::fmt;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is allowed.
    Allow,
    /// A statement denies it.
    DenyExplicit,
    /// Some layer that would have to allow it does not.
    DenyImplicit,
    /// It depends on what AWS leaves open, or on what cannot be read.
    Unknown,
}

impl Verdict {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::DenyExplicit => "DENY_EXPLICIT",
            Self::DenyImplicit => "DENY_IMPLICIT",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A statement that decides, by group and place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deciding {
    /// Which group of [`Layers::groups`].
    pub(super) group: usize,
    /// Which of its applied statements.
    pub(super) applied: usize,
}

/// A verdict and all it rests on.
#[derive(Clone, Debug)]
pub struct Ruling<'s, 'd> {
    /// The verdict.
    pub verdict: Verdict,
    /// The layer that gave it.
    pub layer: PolicyKind,
    /// Every layer that was asked.
    pub layers: Layers<'s, 'd>,
    /// The group that gave it, in [`Layers::groups`].
    pub group: usize,
    pub(super) deciding: Vec<Deciding>,
}

/// Judge a request that is [completed](Request::completed).
///
/// # Errors
/// When an account is missing on which the answer depends.
pub fn rule<'s, 'd>(scenario: &'s Scenario<'d>, request: &Request) -> Result<Ruling<'s, 'd>, Missing> {
    let layers = Layers::ask(scenario, request)?;
    let (narrow, strict) = layers.outcome(Reading::Narrow);
    let (wide, lenient) = layers.outcome(Reading::Wide);
    let (verdict, group) = match (wide, narrow) {
        (Outcome::Allow, Outcome::Allow) => (Verdict::Allow, strict),
        (Outcome::Allow, Outcome::ExplicitDeny | Outcome::ImplicitDeny) => (Verdict::Unknown, strict),
        (Outcome::ExplicitDeny, _) => (Verdict::DenyExplicit, lenient),
        // Whatever an undecided Deny does, something has to allow it and nothing can.
        (Outcome::ImplicitDeny, _) => (Verdict::DenyImplicit, lenient),
    };
    let layer = layers.groups.get(group).map_or(PolicyKind::IdentityPolicy, |g| g.layer);
    let deciding = deciding(&layers, verdict);
    Ok(Ruling { verdict, layer, layers, group, deciding })
}

/// The statements that decide: those that allow on the sides that have to, those that deny, those in doubt.
fn deciding(layers: &Layers<'_, '_>, verdict: Verdict) -> Vec<Deciding> {
    let resource = layers.groups.len().saturating_sub(1);
    let mut out = Vec::new();
    for (group, of) in layers.groups.iter().enumerate() {
        for (applied, statement) in of.applied.iter().enumerate() {
            let counts = match verdict {
                Verdict::Allow => {
                    let grants = group == resource || of.layer == PolicyKind::IdentityPolicy;
                    let idle = group == resource
                        && layers.relation == Relation::SameAccount
                        && statement.strength == Strength::Account
                        && !layers.resource_must_allow;
                    grants && !idle && statement.surely(Effect::Allow)
                }
                Verdict::DenyExplicit => statement.surely(Effect::Deny),
                Verdict::DenyImplicit => false,
                Verdict::Unknown => {
                    let everyone = group == resource && statement.strength == Strength::Everyone;
                    statement.doubt.is_some() || (everyone && layers.caps() && statement.surely(Effect::Allow))
                }
            };
            if counts {
                out.push(Deciding { group, applied });
            }
        }
    }
    out
}

impl<'d> Ruling<'_, 'd> {
    /// What cannot be decided, the first of it.
    pub fn doubt(&self) -> Option<Doubt<'d>> {
        if self.verdict != Verdict::Unknown {
            return None;
        }
        let applied = self.deciding.iter().filter_map(|d| self.layers.groups.get(d.group)?.applied.get(d.applied));
        applied.map(|a| a.doubt.unwrap_or(Doubt { node: a.node, cause: Cause::EveryoneCapped })).next()
    }
}
