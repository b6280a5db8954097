//! Accounts by what binds them: of each level above an account only what bears on the question counts, so that a thousand
//! accounts are a few questions.
//!
//! AWS Organizations User Guide, "SCP evaluation": at each level some policy must allow, and none of any level may deny.

use super::model::Question;
use super::texts::{Control, Text};
use crate::organization::{Organization, tree};
use crate::policy::{Effect, PolicyKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What bears on an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bearing {
    /// Different levels of service control policies, each the numbers of those that matter. A level that allows everything
    /// and denies nothing of what is asked is left out.
    pub levels: BTreeSet<Vec<usize>>,
    /// Resource control policies that may deny some of it, of all levels.
    pub of_resources: BTreeSet<usize>,
    /// Policies of all levels with a Deny that comes near: they decide nothing, and tell why nothing is denied.
    pub near: BTreeSet<usize>,
    /// The path leads up to a root: nothing of it is missing.
    pub rooted: bool,
}

/// What one policy says of the question.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// It allows everything.
    pub allows_everything: bool,
    /// It may deny some of it.
    pub may_deny: bool,
    /// It denies something of the services that are asked about.
    pub is_near: bool,
    /// Its text is there.
    pub known: bool,
}

/// Which policies bind whom.
pub(super) struct Binding<'q, 'c, 'd> {
    organization: &'q Organization,
    controls: &'c [Control<'d>],
    weights: &'c [Weight],
    /// Numbers of the policies by kind and id.
    numbers: BTreeMap<(PolicyKind, &'c str), usize>,
    /// Kinds that are switched on.
    on: BTreeSet<PolicyKind>,
    /// Of units, what bears on whoever is in them.
    units: BTreeMap<&'q str, Bearing>,
}

impl<'q, 'c, 'd> Binding<'q, 'c, 'd> {
    pub fn new(organization: &'q Organization, controls: &'c [Control<'d>], weights: &'c [Weight]) -> Self {
        let numbers = controls.iter().enumerate().map(|(at, c)| ((c.kind, c.id.as_str()), at)).collect();
        let on = super::texts::KINDS.into_iter().filter(|kind| organization.is_enabled(tree::type_of(*kind))).collect();
        Self { organization, controls, weights, numbers, on, units: BTreeMap::new() }
    }

    /// What bears on an account, or on whoever comes into a unit.
    pub fn of_member(&mut self, account: &'q str) -> Bearing {
        if self.organization.units.contains_key(account) {
            return self.of_unit(account);
        }
        let mut bearing = match self.organization.accounts.get(account).and_then(|a| a.parent.as_deref()) {
            Some(unit) => self.of_unit(unit),
            None => Bearing::default(),
        };
        // Whether the unit leads up to a root is known.
        bearing.rooted &= self.organization.is_settled(account);
        self.add(account, &mut bearing);
        bearing
    }

    fn of_unit(&mut self, unit: &'q str) -> Bearing {
        if let Some(known) = self.units.get(unit) {
            return known.clone();
        }
        let mut bearing = Bearing { rooted: self.organization.is_rooted(unit), ..Bearing::default() };
        for id in self.organization.path(unit) {
            self.add(&id, &mut bearing);
        }
        self.units.insert(unit, bearing.clone());
        bearing
    }

    /// Add what is attached to a target itself.
    fn add(&self, target: &str, bearing: &mut Bearing) {
        if self.on.contains(&PolicyKind::ServiceControlPolicy) {
            let attached = self.attached(target, PolicyKind::ServiceControlPolicy);
            bearing.near.extend(attached.iter().filter(|at| self.weights.get(**at).is_some_and(|w| w.is_near)));
            let level = self.level(attached);
            let neutral = |at: &usize| self.weights.get(*at).is_some_and(|w| w.known && w.allows_everything && !w.may_deny);
            if !level.is_empty() && !level.iter().all(neutral) {
                bearing.levels.insert(level);
            }
        }
        if self.on.contains(&PolicyKind::ResourceControlPolicy) {
            let attached = self.attached(target, PolicyKind::ResourceControlPolicy);
            bearing.of_resources.extend(attached.into_iter().filter(|at| self.weights.get(*at).is_some_and(|w| w.may_deny)));
        }
    }

    /// Numbers of all service control policies attached to an account or above it.
    pub fn above(&self, account: &str) -> BTreeSet<usize> {
        let path = self.organization.path(account);
        path.iter().flat_map(|target| self.attached(target, PolicyKind::ServiceControlPolicy)).collect()
    }

    /// Numbers of the policies of a kind that are attached to a target itself.
    pub fn attached(&self, target: &str, kind: PolicyKind) -> Vec<usize> {
        let ids = self.organization.attached_to(target, tree::type_of(kind));
        ids.into_iter().filter_map(|id| self.numbers.get(&(kind, id)).copied()).collect()
    }

    /// The service control policies of one level that matter: one that allows everything stands for all that allow. A level
    /// without policies binds nothing: AWS keeps one attached everywhere while they are switched on.
    fn level(&self, attached: Vec<usize>) -> Vec<usize> {
        let mut all = attached;
        if self.organization.of_folders && !all.is_empty() && !all.iter().any(|at| self.may_allow(*at)) {
            all.extend(self.numbers.get(&(PolicyKind::ServiceControlPolicy, "")));
        }
        let weight = |at: &usize| self.weights.get(*at).copied().unwrap_or_default();
        let everything = all.iter().copied().find(|at| weight(at).known && weight(at).allows_everything && !weight(at).may_deny);
        let everything = everything.or_else(|| all.iter().copied().find(|at| weight(at).allows_everything));
        let matters = |at: &usize| weight(at).may_deny || everything.is_none() || everything == Some(*at);
        all.retain(matters);
        // All that only allow everything are one.
        let plain = self.numbers.get(&(PolicyKind::ServiceControlPolicy, "")).copied();
        for at in &mut all {
            if weight(at).known && weight(at).allows_everything && !weight(at).may_deny {
                *at = plain.unwrap_or(*at);
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    fn may_allow(&self, at: usize) -> bool {
        self.controls.get(at).is_none_or(|control| match &control.text {
            Text::Read(policy) | Text::Full(policy) => policy.statements.iter().any(|s| s.is(Effect::Allow)),
            Text::Absent | Text::Broken => true,
        })
    }
}

/// Accounts with others beside them that the same is attached to: each with one that stands for them. Of a thousand accounts
/// most have nothing of their own.
pub(super) fn neighbours<'q>(
    organization: &'q Organization,
    members: impl Iterator<Item = &'q str>,
) -> impl Iterator<Item = (&'q str, Vec<&'q str>)> {
    let mut all: HashMap<_, Vec<&str>> = HashMap::new();
    for id in members {
        let account = organization.accounts.get(id).filter(|_| organization.is_settled(id));
        let unit = account.map(|account| (account.parent.as_deref(), organization.attached.get(id)));
        // A unit, or what is in doubt, stands for itself.
        let own = if unit.is_none() { Some(id) } else { None };
        all.entry((unit, own)).or_default().push(id);
    }
    all.into_values().filter_map(|members| Some((*members.first()?, members)))
}

/// Accounts; of folders also units with nobody in them, which stand for accounts that nobody keeps a folder for.
pub(super) fn members(organization: &Organization) -> Vec<&str> {
    let mut out: Vec<&str> = organization.accounts.keys().map(String::as_str).collect();
    if organization.of_folders {
        let accounts = organization.accounts.values().filter_map(|a| a.parent.as_deref());
        let units = organization.units.values().filter_map(|u| u.parent.as_deref());
        let parents: BTreeSet<&str> = accounts.chain(units).collect();
        out.extend(organization.units.keys().map(String::as_str).filter(|id| !parents.contains(id)));
    }
    out
}

/// Ids of the accounts in a scope, and of its units that nobody is in; and the texts of it that name nothing.
pub(super) fn in_scope<'q>(question: &Question<'q>) -> (Vec<&'q str>, Vec<String>) {
    let organization = question.organization;
    let all = members(organization);
    if question.scope.is_empty() {
        return (all, Vec::new());
    }
    let mut nowhere = Vec::new();
    let mut units: BTreeSet<&str> = BTreeSet::new();
    let mut within: BTreeSet<&str> = BTreeSet::new();
    for text in question.scope {
        let meant: Vec<&str> =
            organization.units.keys().map(String::as_str).filter(|id| organization.is_unit(id, text)).collect();
        let own = |id: &&str| {
            organization.accounts.get(*id).is_some_and(|a| a.id == *text || a.name == *text || a.arn.as_deref() == Some(text))
        };
        let accounts: Vec<&str> = organization.accounts.keys().map(String::as_str).filter(own).collect();
        if meant.is_empty() && accounts.is_empty() {
            nowhere.push(text.clone());
        }
        units.extend(meant);
        within.extend(accounts);
    }
    let mut below: BTreeMap<&str, bool> = BTreeMap::new();
    let picked = all.into_iter().filter(|id| {
        let inside = |unit: &str| organization.path(unit).iter().any(|above| units.contains(above.as_str()));
        if organization.units.contains_key(*id) {
            return inside(id);
        }
        let parent = organization.accounts.get(*id).and_then(|a| a.parent.as_deref()).unwrap_or_default();
        within.contains(id) || *below.entry(parent).or_insert_with(|| inside(parent))
    });
    let mut picked: Vec<&str> = picked.collect();
    picked.extend(vacant(organization, &units));
    (picked, nowhere)
}

/// Units of a scope with nobody in them or below, which stand for accounts to come: a guardrail is put up before anybody
/// moves in.
fn vacant<'q>(organization: &'q Organization, scope: &BTreeSet<&'q str>) -> Vec<&'q str> {
    if organization.of_folders {
        return Vec::new();
    }
    let parents: BTreeSet<&str> = organization.accounts.values().filter_map(|a| a.parent.as_deref()).collect();
    let inhabited: BTreeSet<String> = parents.into_iter().flat_map(|unit| organization.path(unit)).collect();
    scope.iter().copied().filter(|unit| !inhabited.contains(*unit)).collect()
}
