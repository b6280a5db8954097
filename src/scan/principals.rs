//! Principals with everything that is attached to them: inline policies, the version in force of managed ones, groups and
//! boundary. Rules are asked of all of it together; a managed policy that nobody has is not in force.

use super::judge::{Ask, Judge};
use super::principal_set::Set;
use super::result::{FileResult, Record};
use super::verdict::Verdict;
use crate::extract::{Body, DocumentKind, Entity, Found, Managed, Principal};
use crate::policy::PolicyKind;
use crate::policy::context::{Context, PrincipalKind};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Principals by their keys, each with the record that tells of it.
type Principals = BTreeMap<Arc<str>, (Arc<Record>, Box<Principal>)>;

/// What must wait until everything of an account was read.
#[derive(Default)]
pub(super) struct Waiting {
    principals: Principals,
    managed: BTreeMap<Arc<str>, (Arc<Record>, Box<Managed>)>,
    /// What the principals that wait no longer have attached, and what bounds them.
    attached: HashSet<Name>,
    boundaries: HashSet<Name>,
    /// How many principals still waited when some were let go.
    left: usize,
}

/// Principals wait at least until there are so many.
const MANY: usize = 4096;

impl Waiting {
    /// Keep an entity; of two records of one thing the newer one.
    pub fn keep(&mut self, name: Arc<str>, record: Arc<Record>, entity: Entity) {
        match entity {
            Entity::Principal(_, principal) => newer(&mut self.principals, name, (record, principal)),
            Entity::Managed(_, managed) => newer(&mut self.managed, name, (record, managed)),
            Entity::Resource(..) => {}
        }
    }

    /// Put two together.
    pub fn merge(mut self, other: Self) -> Self {
        other.principals.into_iter().for_each(|(name, principal)| newer(&mut self.principals, name, principal));
        other.managed.into_iter().for_each(|(name, managed)| newer(&mut self.managed, name, managed));
        self.attached.extend(other.attached);
        self.boundaries.extend(other.boundaries);
        self
    }

    /// Judge the principals of whom everything is known already, and let them go: a file of millions of items is not held.
    pub fn settle(&mut self, judge: &Judge<'_>) -> FileResult {
        // Those that could not be let go are not looked at again for every few that come.
        if self.principals.len() < MANY.max(2 * self.left) {
            return FileResult::default();
        }
        let known: HashSet<Scoped<'_>> =
            self.managed.values().filter_map(|(_, m)| Some(scoped(m.default.as_ref()?, &m.id))).collect();
        let groups = by_name(self.principals.values().map(|(_, principal)| &**principal));
        let is_ready = |principal: &Principal| {
            let at_hand = |arn: &Arc<str>| is_of_aws(arn) || known.contains(&scoped(&principal.subject, arn));
            let here = |group: &&Principal| group.attached.iter().all(at_hand);
            let groups = principal.groups.iter().all(|name| groups.get(&(home_of(principal), name)).is_some_and(here));
            principal.kind != PrincipalKind::Group && groups && principal.attached.iter().all(at_hand)
        };
        let names: HashSet<Arc<str>> =
            self.principals.iter().filter(|(_, (_, principal))| is_ready(principal)).map(|(name, _)| name.clone()).collect();
        let (ready, waiting): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.principals).into_iter().partition(|(name, _)| names.contains(name));
        self.principals = waiting;
        self.left = self.principals.len();
        let ready = Self { principals: ready, ..Self::default() };
        let joined = Joined::new(&ready, self, judge);
        let principals: Vec<_> = ready.principals.values().collect();
        let result = in_turn(&principals, |(record, principal), result| joined.principal(judge, record, principal, result));
        let used = |principal: &Principal, id: &Arc<str>| {
            let (scope, _) = scoped(&principal.subject, id);
            (Arc::from(scope), id.clone())
        };
        for (_, principal) in &principals {
            self.attached.extend(principal.attached.iter().map(|arn| used(principal, arn)));
            self.boundaries.extend(principal.boundary.iter().map(|arn| used(principal, arn)));
        }
        result
    }

    /// Join and judge.
    pub fn judge(&self, judge: &Judge<'_>) -> FileResult {
        let joined = Joined::new(self, self, judge);
        let principals: Vec<_> = self.principals.values().collect();
        let of_principals =
            in_turn(&principals, |(record, principal), result| joined.principal(judge, record, principal, result));
        let managed: Vec<_> = self.managed.values().collect();
        let of_managed = in_turn(&managed, |(record, managed), result| joined.managed(judge, record, managed, result));
        of_principals.merge(of_managed)
    }
}

fn newer<T>(all: &mut BTreeMap<Arc<str>, (Arc<Record>, T)>, name: Arc<str>, thing: (Arc<Record>, T)) {
    match all.get_mut(&name) {
        Some(known) if known.0.rank >= thing.0.rank => {}
        Some(known) => *known = thing,
        None => {
            all.insert(name, thing);
        }
    }
}

/// On several threads when that is worth it; the order of the results is that of the things.
fn in_turn<T: Sync>(all: &[T], one: impl Fn(&T, &mut FileResult) + Sync) -> FileResult {
    let some = |part: &[T]| {
        let mut result = FileResult::default();
        part.iter().for_each(|thing| one(thing, &mut result));
        result
    };
    if all.len() < 64 { some(all) } else { all.par_chunks(32).map(some).reduce(FileResult::default, FileResult::merge) }
}

/// A name with what it is unique in: ARNs everywhere, the names of a template in its file.
pub(super) type Scoped<'w> = (&'w str, &'w str);

pub(super) fn scoped<'w>(found: &'w Found, id: &'w str) -> Scoped<'w> {
    if id.starts_with("arn:") { ("", id) } else { (found.file(), id) }
}

/// Groups by account and name, and by ARN.
pub(super) fn by_name<'w>(principals: impl Iterator<Item = &'w Principal>) -> HashMap<Scoped<'w>, &'w Principal> {
    let groups = principals.filter(|p| p.kind == PrincipalKind::Group);
    let named =
        groups.flat_map(|group| [(home_of(group), name_of(group)), scoped(&group.subject, &group.id)].map(|name| (name, group)));
    named.collect()
}

/// The same, kept.
type Name = (Arc<str>, Arc<str>);

/// Who has what.
struct Joined<'w> {
    /// The version in force, and what is known of its text.
    managed: HashMap<Scoped<'w>, (&'w Found, Arc<Verdict>)>,
    /// Groups by account and name, and by ARN.
    groups: HashMap<Scoped<'w>, &'w Principal>,
    attached: HashSet<Scoped<'w>>,
    boundaries: HashSet<Scoped<'w>>,
}

impl<'w> Joined<'w> {
    /// The principals of `waiting` with the managed policies of `all`.
    fn new(waiting: &'w Waiting, all: &'w Waiting, judge: &Judge<'_>) -> Self {
        let principals = || waiting.principals.values().map(|(_, principal)| &**principal);
        let attached = principals().flat_map(|p| p.attached.iter().map(|arn| scoped(&p.subject, arn)));
        let boundaries = principals().filter_map(|p| Some(scoped(&p.subject, p.boundary.as_deref()?)));
        let kept = |names: &'w HashSet<Name>| names.iter().map(|(scope, id)| (&**scope, &**id));
        let attached: HashSet<_> = attached.chain(kept(&waiting.attached)).collect();
        let boundaries = boundaries.chain(kept(&waiting.boundaries));
        let in_force = all.managed.values().filter_map(|(_, managed)| {
            let found = managed.default.as_ref()?;
            let name = scoped(found, &managed.id);
            let mut ignored = FileResult::default();
            let wanted = attached.contains(&name) && !matches!(found.body, Body::Unknown(_));
            // What it says is reported with the policy itself, after this.
            let verdict = if wanted { judge.policy(found, Ask::Nothing, None, &mut ignored) } else { Arc::default() };
            Some((name, (found, verdict)))
        });
        Self {
            managed: in_force.collect(),
            groups: by_name(all.principals.values().map(|(_, principal)| &**principal)),
            boundaries: boundaries.collect(),
            attached,
        }
    }

    fn principal(&self, judge: &Judge<'_>, record: &Arc<Record>, principal: &Principal, result: &mut FileResult) {
        let record = Some(record);
        principal.own.iter().for_each(|found| judge.alone(found, record, result));
        self.without_boundary(judge, record, principal, result);
        let mut asked = BTreeSet::new();
        for inline in &principal.inline {
            if matches!(inline.body, Body::Unknown(_)) {
                result.unknown += 1;
            } else {
                asked.extend(&judge.policy(inline, Ask::Checks, record, result).whole);
            }
        }
        let groups = principal.groups.iter().filter_map(|name| {
            let by_name = self.groups.get(&(home_of(principal), name));
            let known = by_name.or_else(|| self.groups.get(&scoped(&principal.subject, name))).copied();
            if known.is_none() {
                // Whatever the group may do, the user may: it was not looked at.
                result.absent.insert(group_arn(principal, name));
            }
            known
        });
        let groups: Vec<&Principal> = groups.collect();
        self.attached(principal, result).for_each(|(_, verdict)| asked.extend(&verdict.whole));
        for group in &groups {
            // Found and counted with the group itself.
            let mut ignored = FileResult::default();
            for inline in group.inline.iter().filter(|found| !matches!(found.body, Body::Unknown(_))) {
                asked.extend(&judge.policy(inline, Ask::Nothing, None, &mut ignored).whole);
            }
            self.attached(group, &mut ignored).for_each(|(_, verdict)| asked.extend(&verdict.whole));
        }
        let kind = DocumentKind::Policy(PolicyKind::IdentityPolicy);
        asked.retain(|rule| judge.applies(*rule, kind, &principal.subject));
        if asked.is_empty() {
            return;
        }
        let own = self.policies(principal, &principal.subject.context);
        let shared: Vec<_> = groups.iter().map(|group| (*group, self.policies(group, &principal.subject.context))).collect();
        Set { judge, record, own: &own, shared: &shared }.judge(&asked, result);
    }

    /// The version in force of the managed policies of a principal.
    fn attached<'p>(
        &'p self,
        principal: &'p Principal,
        result: &'p mut FileResult,
    ) -> impl Iterator<Item = (&'p Found, &'p Verdict)> + use<'p, 'w> {
        principal.attached.iter().filter_map(|arn| {
            let known = self.managed.get(&scoped(&principal.subject, arn));
            if known.is_none() {
                result.absent.insert(arn.clone());
            }
            known.map(|(found, verdict)| (*found, &**verdict)).filter(|(found, _)| !matches!(found.body, Body::Unknown(_)))
        })
    }

    /// All policies of a principal, in the surroundings of one who has them.
    fn policies(&self, principal: &Principal, context: &Context) -> Vec<Found> {
        let mut ignored = FileResult::default();
        let inline = principal.inline.iter().filter(|found| !matches!(found.body, Body::Unknown(_)));
        let attached = self.attached(principal, &mut ignored).map(|(found, _)| found);
        inline.chain(attached).map(|found| renamed(found, context)).collect()
    }

    /// A role or user without a boundary is a subject of rules about boundaries.
    fn without_boundary(&self, judge: &Judge<'_>, record: Option<&Arc<Record>>, principal: &Principal, result: &mut FileResult) {
        if principal.boundary.is_some() || !principal.tells_boundary || principal.kind == PrincipalKind::Group {
            return;
        }
        let context = Context { kind: Some(PolicyKind::PermissionsBoundary), ..principal.subject.context.clone() };
        judge.alone(&principal.subject.with(context), record, result);
    }

    fn managed(&self, judge: &Judge<'_>, record: &Arc<Record>, managed: &Managed, result: &mut FileResult) {
        if is_of_aws(&managed.id) {
            // What it gives to a principal is judged with the principal; how it is written is not the user's to mend.
            let known = managed.default.as_ref().and_then(|found| self.managed.get(&scoped(found, &managed.id)));
            known.iter().for_each(|(_, verdict)| verdict.count(result));
            return;
        }
        result.idle += managed.old_versions;
        let record = Some(record);
        let Some(found) = &managed.default else { return };
        if matches!(found.body, Body::Unknown(_)) {
            result.unknown += 1;
            return;
        }
        let name = scoped(found, &managed.id);
        let attached = self.attached.contains(&name);
        let boundary = self.boundaries.contains(&name);
        if boundary {
            let context = Context { kind: Some(PolicyKind::PermissionsBoundary), ..found.context.clone() };
            judge.alone(&found.with(context), record, result);
        }
        if attached {
            judge.policy(found, Ask::Checks, record, result);
        } else if !boundary {
            if managed.attachments == Some(0) && managed.boundaries.unwrap_or(0) == 0 {
                result.idle += 1;
            } else {
                judge.alone(found, record, result);
            }
        }
    }
}

/// True for the managed policies that AWS keeps: `arn:aws:iam::aws:policy/…`.
pub(super) fn is_of_aws(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/")
}

/// Where a principal's name is unique: its account, or the file of a template.
pub(super) fn home_of(principal: &Principal) -> &str {
    principal.subject.context.account.as_deref().unwrap_or_else(|| principal.subject.file())
}

/// The ARN of a group that is known by its name.
pub(super) fn group_arn(user: &Principal, name: &Arc<str>) -> Arc<str> {
    let context = &user.subject.context;
    match (&context.account, name.starts_with("arn:")) {
        (Some(account), false) => {
            format!("arn:{}:iam::{account}:group/{name}", context.partition.as_deref().unwrap_or("aws")).into()
        }
        _ => name.clone(),
    }
}

fn name_of(principal: &Principal) -> &str {
    principal.subject.context.attached_to.as_ref().map(|a| a.name.as_str()).unwrap_or_default()
}

/// A policy in the surroundings of a principal, by its own name.
fn renamed(found: &Found, context: &Context) -> Found {
    found.with(Context { kind: found.context.kind, name: found.context.name.clone(), ..context.clone() })
}
