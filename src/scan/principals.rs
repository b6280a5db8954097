//! Principals with everything that is attached to them: inline policies, the version in force of managed ones, groups and
//! boundary. Rules are asked of all of it together; a managed policy that nobody has is not in force.

use super::judge::{Ask, Judge, finding};
use super::open::{Opened, other};
use super::result::{FileResult, Record};
use super::verdict::RuleIndex;
use crate::algebra::Truth;
use crate::document::Node;
use crate::extract::{Body, DocumentKind, Entity, Found, Managed, Principal, Site};
use crate::finding::place::Placer;
use crate::policy::PolicyKind;
use crate::policy::context::{Context, PrincipalKind};
use crate::rule::registry::Active;
use crate::rule::{self, Judgement};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What must wait until everything of an account was read.
#[derive(Default)]
pub(super) struct Waiting {
    principals: BTreeMap<Arc<str>, (Arc<Record>, Box<Principal>)>,
    managed: BTreeMap<Arc<str>, (Arc<Record>, Box<Managed>)>,
}

impl Waiting {
    /// Keep an entity; of two records of one thing the newer one.
    pub fn keep(&mut self, record: Arc<Record>, entity: Entity) {
        match entity {
            Entity::Principal(_, principal) => newer(&mut self.principals, record, principal),
            Entity::Managed(_, managed) => newer(&mut self.managed, record, managed),
            Entity::Resource(..) => {}
        }
    }

    /// Put two together.
    pub fn merge(mut self, other: Self) -> Self {
        other.principals.into_values().for_each(|(record, principal)| newer(&mut self.principals, record, principal));
        other.managed.into_values().for_each(|(record, managed)| newer(&mut self.managed, record, managed));
        self
    }

    /// Join and judge.
    pub fn judge(&self, judge: &Judge<'_>) -> FileResult {
        let joined = Joined::new(self);
        let principals: Vec<_> = self.principals.values().collect();
        let of_principals = in_turn(&principals, |(record, principal)| joined.principal(judge, record, principal));
        let managed: Vec<_> = self.managed.values().collect();
        let of_managed = in_turn(&managed, |(record, managed)| joined.managed(judge, record, managed));
        of_principals.merge(of_managed)
    }
}

fn newer<T>(all: &mut BTreeMap<Arc<str>, (Arc<Record>, T)>, record: Arc<Record>, thing: T) {
    match all.get_mut(&record.0) {
        Some(known) if known.0.1 >= record.1 => {}
        Some(known) => *known = (record, thing),
        None => {
            all.insert(record.0.clone(), (record, thing));
        }
    }
}

/// On several threads when that is worth it; the order of the results is that of the things.
fn in_turn<T: Sync>(all: &[T], one: impl Fn(&T) -> FileResult + Sync) -> FileResult {
    if all.len() < 64 {
        return all.iter().map(one).fold(FileResult::default(), FileResult::merge);
    }
    all.par_chunks(32)
        .map(|chunk| chunk.iter().map(&one).fold(FileResult::default(), FileResult::merge))
        .reduce(FileResult::default, FileResult::merge)
}

/// Who has what.
struct Joined<'w> {
    managed: HashMap<&'w str, &'w Managed>,
    /// Groups by account and name, and by ARN.
    groups: HashMap<(&'w str, &'w str), &'w Principal>,
    attached: BTreeSet<&'w str>,
    boundaries: BTreeSet<&'w str>,
}

impl<'w> Joined<'w> {
    fn new(waiting: &'w Waiting) -> Self {
        let principals = || waiting.principals.values().map(|(_, principal)| &**principal);
        let groups = principals().filter(|p| p.kind == PrincipalKind::Group).flat_map(|group| {
            let account = account_of(group);
            [((account, name_of(group)), group), ((account, &*group.id), group)]
        });
        Self {
            managed: waiting.managed.values().map(|(_, managed)| (&*managed.id, &**managed)).collect(),
            groups: groups.collect(),
            attached: principals().flat_map(|p| &p.attached).map(|arn| &**arn).collect(),
            boundaries: principals().filter_map(|p| p.boundary.as_deref()).collect(),
        }
    }

    fn principal(&self, judge: &Judge<'_>, record: &Arc<Record>, principal: &Principal) -> FileResult {
        let mut result = FileResult::default();
        let record = Some(record);
        principal.own.iter().for_each(|found| judge.alone(found, record, &mut result));
        self.without_boundary(judge, record, principal, &mut result);
        let mut asked = BTreeSet::new();
        for inline in &principal.inline {
            if matches!(inline.body, Body::Unknown(_)) {
                result.unknown += 1;
                continue;
            }
            asked.extend(&judge.policy(inline, Ask::Checks, record, &mut result).whole);
        }
        let mut own: Vec<Found> =
            principal.inline.iter().filter(|found| !matches!(found.body, Body::Unknown(_))).cloned().collect();
        own.extend(self.attached(principal, &principal.subject.context, &mut result));
        let mut shared = Vec::new();
        for name in &principal.groups {
            let Some(group) = self.groups.get(&(account_of(principal), &**name)) else { continue };
            let inline = group.inline.iter().map(|found| renamed(found, &principal.subject.context));
            shared
                .push((*group, inline.chain(self.attached(group, &principal.subject.context, &mut result)).collect::<Vec<_>>()));
        }
        // What is attached was read with its own record; its verdict is at hand.
        let mut scratch = FileResult::default();
        let others = own.iter().skip(principal.inline.len()).chain(shared.iter().flat_map(|(_, all)| all));
        for found in others {
            asked.extend(&judge.policy(found, Ask::Nothing, None, &mut scratch).whole);
        }
        let subject = other(&principal.subject, DocumentKind::Policy(PolicyKind::IdentityPolicy), None, &[]);
        let applies = |rule: &RuleIndex| {
            judge.scan.registry.rule(*rule).is_some_and(|active| active.rule().applies_to.test(&subject) == Truth::True)
        };
        asked.retain(applies);
        if !asked.is_empty() {
            Set { judge, record, own: &own, shared: &shared }.judge(&asked, &mut result);
        }
        result
    }

    /// The version in force of the managed policies of a principal, in the surroundings of another.
    fn attached(&self, principal: &Principal, context: &Context, result: &mut FileResult) -> Vec<Found> {
        let mut all = Vec::new();
        for arn in &principal.attached {
            match self.managed.get(&**arn).map(|managed| &managed.default) {
                Some(Some(found)) if matches!(found.body, Body::Unknown(_)) => {}
                Some(Some(found)) => all.push(renamed(found, context)),
                Some(None) | None => {
                    result.absent.insert(arn.clone());
                }
            }
        }
        all
    }

    /// A role or user without a boundary is a subject of rules about boundaries.
    fn without_boundary(&self, judge: &Judge<'_>, record: Option<&Arc<Record>>, principal: &Principal, result: &mut FileResult) {
        if principal.boundary.is_some() || !principal.tells_boundary || principal.kind == PrincipalKind::Group {
            return;
        }
        let context = Context { kind: Some(PolicyKind::PermissionsBoundary), ..principal.subject.context.clone() };
        judge.alone(&principal.subject.with(context), record, result);
    }

    fn managed(&self, judge: &Judge<'_>, record: &Arc<Record>, managed: &Managed) -> FileResult {
        let mut result = FileResult { idle: managed.old_versions, ..FileResult::default() };
        let record = Some(record);
        let Some(found) = &managed.default else { return result };
        if matches!(found.body, Body::Unknown(_)) {
            result.unknown += 1;
            return result;
        }
        let attached = self.attached.contains(&*managed.id);
        let boundary = self.boundaries.contains(&*managed.id);
        if boundary {
            let context = Context { kind: Some(PolicyKind::PermissionsBoundary), ..found.context.clone() };
            judge.alone(&found.with(context), record, &mut result);
        }
        if attached {
            judge.policy(found, Ask::Checks, record, &mut result);
        } else if !boundary {
            if managed.attachments == Some(0) && managed.boundaries.unwrap_or(0) == 0 {
                result.idle += 1;
            } else {
                judge.alone(found, record, &mut result);
            }
        }
        result
    }
}

fn account_of(principal: &Principal) -> &str {
    principal.subject.context.account.as_deref().unwrap_or_default()
}

fn name_of(principal: &Principal) -> &str {
    principal.subject.context.attached_to.as_ref().map(|a| a.name.as_str()).unwrap_or_default()
}

/// A policy in the surroundings of a principal, by its own name.
fn renamed(found: &Found, context: &Context) -> Found {
    found.with(Context { kind: found.context.kind, name: found.context.name.clone(), ..context.clone() })
}

/// All policies of a principal.
struct Set<'a> {
    judge: &'a Judge<'a>,
    record: Option<&'a Arc<Record>>,
    own: &'a [Found],
    /// Those of its groups.
    shared: &'a [(&'a Principal, Vec<Found>)],
}

impl Set<'_> {
    fn judge(&self, asked: &BTreeSet<RuleIndex>, result: &mut FileResult) {
        let shared = self.shared.iter().flat_map(|(group, all)| all.iter().map(move |found| (Some(*group), found)));
        let all = self.own.iter().map(|found| (None, found)).chain(shared);
        let opened: Vec<_> = all.map(|(group, found)| (group, found, Opened::new(found))).collect();
        // A text without any value was told where it stands.
        let opened: Vec<_> = opened.iter().filter(|(.., opened)| opened.node().is_some()).collect();
        let placers: Vec<Placer<'_>> = opened.iter().map(|(.., opened)| opened.placer()).collect();
        let sites: Vec<Site<'_>> =
            opened.iter().filter_map(|(_, found, opened)| opened.policy(found)).map(|(site, _)| site).collect();
        let refs: Vec<&Site<'_>> = sites.iter().collect();
        let Some(first) = placers.first() else { return };
        for active in asked.iter().filter_map(|index| self.judge.scan.registry.rule(*index)) {
            let Some(severity) = sites.first().and_then(|site| self.judge.scan.severity(active, site)) else { continue };
            let Judgement::Fail(raised) = rule::judge(active.rule(), &refs, active.asked_for) else { continue };
            for one in raised {
                let at = sites.iter().position(|site| std::ptr::eq(site, one.site)).unwrap_or(0);
                let group = opened.get(at).and_then(|(group, ..)| *group);
                if group.is_some_and(|group| asked_of(active, group)) {
                    continue;
                }
                let home = placers.get(at).unwrap_or(first);
                let placer = |node: Option<Node<'_>>| {
                    let holds = |p: &&Placer<'_>| node.is_some_and(|n| std::ptr::eq(p.document(), n.document()));
                    placers.iter().find(holds).unwrap_or(home)
                };
                result.findings.push((self.record.cloned(), finding(active, severity, &one, None, placer)));
            }
        }
    }
}

/// Whether a rule is asked of the policies of this principal.
fn asked_of(active: &Active, principal: &Principal) -> bool {
    let kind = DocumentKind::Policy(PolicyKind::IdentityPolicy);
    active.rule().applies_to.test(&other(&principal.subject, kind, None, &[])) == Truth::True
}
