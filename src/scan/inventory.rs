//! Who has which policies: users and roles with what is attached to them, to their groups, and what bounds them.

use super::principals::{by_name, group_arn, home_of, scoped};
use crate::extract::{Managed, Principal};
use crate::policy::context::{AttachedTo, PrincipalKind};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Something that has policies, or is one that can be attached; its policies by where they were put when they were read.
pub(super) enum Member {
    Principal { principal: Box<Principal>, own: Range<usize>, inline: Range<usize> },
    Managed { managed: Box<Managed>, default: Range<usize> },
}

/// A policy that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its ARN or name.
    pub id: Arc<str>,
    /// Its number among the policies that were read; `None` when its text is not there.
    pub policy: Option<usize>,
}

/// A user or a role.
#[derive(Clone, Debug)]
pub struct Holder {
    /// User or role.
    pub kind: PrincipalKind,
    /// Its ARN, or a name that is unique in its document.
    pub id: Arc<str>,
    /// Its name, path and tags.
    pub named: AttachedTo,
    /// The account, where it is known.
    pub account: Option<String>,
    /// The partition, where it is known.
    pub partition: Option<String>,
    /// Its trust policy, for a role.
    pub trust: Option<usize>,
    /// Inline policies, attached ones, and those of its groups.
    pub policies: Vec<Attachment>,
    /// Groups of which nothing is known.
    pub absent_groups: Vec<Arc<str>>,
    /// Its permissions boundary.
    pub boundary: Option<Attachment>,
    /// Whether the source would tell a boundary.
    pub tells_boundary: bool,
}

/// Who has what.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Users and roles, sorted by ARN.
    pub holders: Vec<Holder>,
    /// Policies that belong to somebody, or can be attached to somebody, by their numbers.
    pub claimed: BTreeSet<usize>,
}

impl Inventory {
    /// Put together what was read; `places` tells where a policy has come to stand, and nothing for one that is out of date.
    pub(super) fn join(members: &[Member], places: &[Option<usize>]) -> Self {
        let at = |range: &Range<usize>| range.clone().filter_map(|n| places.get(n).copied().flatten()).collect::<Vec<usize>>();
        let mut out = Self::default();
        let mut managed = HashMap::new();
        let mut inline_of = HashMap::new();
        let mut principals: Vec<(&Principal, &Range<usize>)> = Vec::new();
        for member in members {
            match member {
                Member::Managed { managed: policy, default } => {
                    let numbers = at(default);
                    out.claimed.extend(&numbers);
                    if let (Some(found), Some(number)) = (&policy.default, numbers.first()) {
                        managed.insert(scoped(found, &policy.id), *number);
                    }
                }
                Member::Principal { principal, own, inline } => {
                    out.claimed.extend(at(own).into_iter().chain(at(inline)));
                    inline_of.insert(std::ptr::from_ref::<Principal>(principal), at(inline));
                    principals.push((principal, own));
                }
            }
        }
        let groups = by_name(principals.iter().map(|(principal, _)| *principal));
        let attachment = |principal: &Principal, id: &Arc<str>| {
            let policy = managed.get(&scoped(&principal.subject, id)).copied();
            Attachment { id: id.clone(), policy }
        };
        let all_of = |principal: &Principal| {
            let own = inline_of.get(&std::ptr::from_ref(principal)).into_iter().flatten();
            let inline = own.map(|number| Attachment { id: principal.id.clone(), policy: Some(*number) });
            inline.chain(principal.attached.iter().map(|id| attachment(principal, id))).collect::<Vec<_>>()
        };
        for (principal, own) in principals.iter().filter(|(p, _)| p.kind != PrincipalKind::Group) {
            let context = &principal.subject.context;
            let mut policies = all_of(principal);
            let mut absent_groups = Vec::new();
            for name in &principal.groups {
                let known = groups.get(&(home_of(principal), name)).or_else(|| groups.get(&scoped(&principal.subject, name)));
                match known {
                    Some(group) => policies.extend(all_of(group)),
                    None => absent_groups.push(group_arn(principal, name)),
                }
            }
            out.holders.push(Holder {
                kind: principal.kind,
                id: principal.id.clone(),
                named: context.attached_to.clone().unwrap_or_default(),
                account: context.account.clone(),
                partition: context.partition.clone(),
                trust: at(own).first().copied(),
                policies,
                absent_groups,
                boundary: principal.boundary.as_ref().map(|id| attachment(principal, id)),
                tells_boundary: principal.tells_boundary,
            });
        }
        out.settle();
        out
    }

    /// Sort, and put together what several records tell of one principal: one source may have the policies and another the
    /// boundary.
    fn settle(&mut self) {
        self.holders.sort_by(|a, b| a.id.cmp(&b.id));
        self.holders.dedup_by(|later, first| {
            let same = later.id == first.id && later.id.starts_with("arn:");
            if same {
                first.add(later);
            }
            same
        });
    }
}

impl Holder {
    /// What another record of the same principal tells.
    fn add(&mut self, other: &Self) {
        for attachment in &other.policies {
            if !self.policies.contains(attachment) {
                self.policies.push(attachment.clone());
            }
        }
        self.absent_groups.extend(other.absent_groups.iter().cloned());
        self.trust = self.trust.or(other.trust);
        self.boundary = self.boundary.take().or_else(|| other.boundary.clone());
        self.tells_boundary |= other.tells_boundary;
    }

    /// Its ARN: the account of one that is known by its name only is taken to be this one.
    pub fn arn(&self, account: &str) -> String {
        if self.id.starts_with("arn:") {
            return self.id.to_string();
        }
        let path = self.named.path.as_deref().unwrap_or("/");
        let name = if self.named.name.is_empty() { &*self.id } else { &self.named.name };
        let account = self.account.as_deref().unwrap_or(account);
        format!("arn:{}:iam::{account}:{}{path}{name}", self.partition.as_deref().unwrap_or("aws"), self.kind)
    }
}
