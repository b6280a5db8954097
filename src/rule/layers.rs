//! Control policies that bind a subject from outside of its document: those of its account, or of the unit or account that
//! a rule about targets is asked of.

use crate::algebra::Layer;
use crate::algebra::action_set::reaches;
use crate::extract::Site;
use crate::policy::{Effect, PolicyKind};
use std::sync::Arc;

/// What is attached to the root, to an organizational unit, or to an account.
#[derive(Clone, Debug, Default)]
pub struct Level<'d> {
    /// Its policies.
    pub sites: Vec<Arc<Site<'d>>>,
    /// It allows everything, whatever its policies say.
    pub open: bool,
}

/// The control policies of one kind on the way from the root down.
#[derive(Clone, Debug)]
pub struct Layers<'d> {
    /// Service control policies or resource control policies.
    pub kind: PolicyKind,
    /// From the root down; levels that say the same may be left out.
    pub levels: Vec<Level<'d>>,
    /// Something that is attached is not known, so that only what is stopped in any case counts.
    pub absent: bool,
    /// The account whose principals are meant, where that makes a difference.
    pub account: Option<String>,
}

impl<'d> Layers<'d> {
    /// Every policy, level after level.
    pub fn sites(&self) -> Vec<&Site<'d>> {
        self.levels.iter().flat_map(|level| &level.sites).map(|site| &**site).collect()
    }

    /// False only when no Deny of any level is about some of these actions.
    pub(super) fn may_deny(&self, actions: &[String]) -> bool {
        let sites = self.levels.iter().flat_map(|level| &level.sites);
        let mut statements = sites.filter_map(|site| site.policy.as_ref()).flat_map(|policy| &policy.statements);
        statements.any(|statement| {
            let speaks = |own| actions.iter().any(|action| reaches(action, own));
            statement.is(Effect::Deny) && statement.actions.as_ref().is_some_and(speaks)
        })
    }

    /// The same as the questions take it. Of resource control policies only Denies count: `RCPFullAWSAccess` is attached
    /// everywhere and cannot be detached.
    pub(super) fn layers(&self) -> Vec<Layer<'_, 'd>> {
        let open = self.kind == PolicyKind::ResourceControlPolicy;
        self.levels.iter().map(|level| layer(level, open)).collect()
    }
}

fn layer<'a, 'd>(level: &'a Level<'d>, open: bool) -> Layer<'a, 'd> {
    Layer { policies: level.sites.iter().filter_map(|site| site.policy.as_ref()).collect(), open: open || level.open }
}

/// What binds the owner of a policy, where an organization tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a, 'd> {
    /// Service control policies that bind the principals of its account.
    pub scps: Option<&'a Layers<'d>>,
    /// Resource control policies that bind the resources of its account.
    pub rcps: Option<&'a Layers<'d>>,
}
