//! Where a policy has to be attached so that it is above some accounts and above no others, and whether there is room.
//!
//! AWS Organizations User Guide, "Quotas and service limits for AWS Organizations".

use super::accounts::members;
use super::texts::Control;
use crate::catalog::quota::ControlQuota;
use crate::organization::{Organization, tree};
use crate::policy::PolicyKind;
use std::collections::{BTreeMap, BTreeSet};

/// A unit or an account that a policy is to be attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub id: String,
    /// Open accounts it would close the gap for.
    pub closes: usize,
    /// Accounts that it would be above too, and that are not open: sorted ids.
    pub touches: Vec<String>,
    /// Policies of the kind attached to it already.
    pub attached: usize,
    /// Where the statement fits instead, when no further policy can be attached; the roomiest first.
    pub room: Option<Vec<Room>>,
}

/// A policy that is attached already and has room for the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its number among the policies of the organization.
    pub control: usize,
    /// Its characters with the statement.
    pub characters: usize,
    /// Other targets it is attached to: they would get the statement as well.
    pub also: Vec<String>,
}

/// Fewer targets, which are above accounts that are not open as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The targets.
    pub targets: Vec<Target>,
    /// Accounts they would be above too that are held already: nothing changes for them.
    pub held: usize,
    /// Accounts they would be above too that were not asked about, or are not decided: they would lose the access.
    pub others: usize,
}

/// Accounts below each unit that control policies bind.
pub(super) struct Below<'q> {
    organization: &'q Organization,
    units: BTreeMap<&'q str, BTreeSet<&'q str>>,
}

impl<'q> Below<'q> {
    /// Of an organization; units among those that are asked about stand for accounts to come.
    pub fn new(organization: &'q Organization, asked: &BTreeSet<&'q str>) -> Self {
        let mut inside: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let vacant = asked.iter().copied().filter(|id| organization.units.contains_key(*id));
        let bound =
            members(organization).into_iter().chain(vacant).filter(|id| organization.management_account.as_deref() != Some(*id));
        for id in bound {
            if let Some(unit) = organization.accounts.get(id).map_or(Some(id), |account| account.parent.as_deref()) {
                inside.entry(unit).or_default().push(id);
            }
        }
        let mut units: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (unit, accounts) in inside {
            for above in organization.path(unit) {
                if let Some((above, _)) = organization.units.get_key_value(&above) {
                    units.entry(above).or_default().extend(&accounts);
                }
            }
        }
        Self { organization, units }
    }

    /// The fewest targets that are above all of some accounts and above no others: units of which every account is one of
    /// them, as high as can be, and accounts by themselves.
    pub fn exactly(&self, wanted: &BTreeSet<&str>) -> BTreeSet<&'q str> {
        let full: BTreeSet<&str> =
            self.units.iter().filter(|(_, accounts)| accounts.is_subset(wanted)).map(|(unit, _)| *unit).collect();
        let own = |account: &str| self.organization.accounts.get_key_value(account).map(|(id, _)| id.as_str());
        let one = |account: &&str| {
            // A unit that nobody is in may stand beside others: only what is attached to itself is above no other.
            if !self.organization.of_folders
                && let Some((unit, _)) = self.organization.units.get_key_value(*account)
            {
                return Some(unit.as_str());
            }
            let path = self.organization.path(account);
            path.iter().find_map(|id| full.get(id.as_str()).copied()).or_else(|| own(account))
        };
        wanted.iter().filter_map(one).collect()
    }

    /// Units in which every account is open or held and most are open, each as high as can be below the root; accounts by
    /// themselves where there is no such unit.
    pub fn mostly(&self, wanted: &BTreeSet<&str>, held: &BTreeSet<&str>) -> BTreeSet<&'q str> {
        let fits = |accounts: &BTreeSet<&str>| {
            let open = accounts.intersection(wanted).count();
            2 * open >= accounts.len() && accounts.iter().all(|account| wanted.contains(account) || held.contains(account))
        };
        let is_root = |unit: &str| self.organization.units.get(unit).is_some_and(|u| u.parent.is_none());
        let all = self.units.iter().filter(|(unit, accounts)| !is_root(unit) && fits(accounts));
        let fitting: BTreeSet<&str> = all.map(|(unit, _)| *unit).collect();
        let own = |account: &str| self.organization.accounts.get_key_value(account).map(|(id, _)| id.as_str());
        let one = |account: &&str| {
            let path = self.organization.path(account);
            path.iter().find_map(|id| fitting.get(id.as_str()).copied()).or_else(|| own(account))
        };
        wanted.iter().filter_map(one).collect()
    }

    /// The lowest unit that is above all of some accounts.
    pub fn lowest_above(&self, wanted: &BTreeSet<&str>) -> Option<&'q str> {
        let above = self.units.iter().filter(|(_, accounts)| wanted.is_subset(accounts));
        above
            .min_by_key(|(unit, accounts)| (accounts.len(), std::cmp::Reverse(self.organization.path(unit).len())))
            .map(|(u, _)| *u)
    }

    /// A target with what it touches besides.
    pub fn target(&self, id: &str, kind: PolicyKind, wanted: &BTreeSet<&str>) -> Target {
        let below = self.units.get(id);
        let touches = below.into_iter().flatten().filter(|account| !wanted.contains(*account));
        let closes = below.map_or(1, |accounts| accounts.intersection(wanted).count());
        let attached = self.organization.attached_to(id, tree::type_of(kind)).len();
        Target { id: id.to_owned(), closes, touches: touches.map(|a| (*a).to_owned()).collect(), attached, room: None }
    }

    /// Say where a target that has its full number of policies has room for a statement of some characters.
    pub fn find_room(
        &self,
        target: &mut Target,
        controls: &[Control<'_>],
        (drafts, statement): (usize, usize),
        (kind, quota): (PolicyKind, ControlQuota),
    ) {
        if target.attached + drafts <= quota.attached {
            return;
        }
        let ids = self.organization.attached_to(&target.id, tree::type_of(kind));
        let mut room = Vec::new();
        for (at, control) in controls.iter().enumerate() {
            let own = control.kind == kind && ids.contains(&control.id.as_str()) && !control.is_of_aws();
            // A comma joins it to those before.
            let characters = control.characters + statement + 1;
            if own && control.characters > 0 && drafts == 1 && characters <= quota.characters {
                let others = self.organization.attached.iter().filter(|(id, all)| **id != target.id && all.contains(&control.id));
                room.push(Room { control: at, characters, also: others.map(|(id, _)| id.clone()).collect() });
            }
        }
        room.sort_by_key(|r| (r.also.len(), r.characters, r.control));
        target.room = Some(room);
    }
}
