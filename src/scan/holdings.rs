//! The policies that findings of IAM Access Analyzer are about, read once more: those of the resources they name, and all
//! that a named role or user has. Only the accounts that are named are looked at, one after the other.

use super::file::{identity_of, unreadable};
use super::items::{BATCH, parse_item};
use super::judge::Judge;
use super::observed::Sighting;
use super::principals::{by_name, home_of, scoped};
use super::result::Rank;
use super::whole::understand;
use crate::extract::{Entity, Found, Managed, Principal};
use crate::policy::arn::is_account_id;
use crate::policy::context::PrincipalKind;
use crate::source::stream::Content;
use crate::source::{self, Entry};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What is wanted of the input.
struct Wanted<'o> {
    arns: BTreeSet<&'o str>,
    accounts: BTreeSet<&'o str>,
}

/// What some files hold of it.
#[derive(Default)]
pub(super) struct Holding {
    /// Policies and settings of resources, by ARN.
    pub resources: BTreeMap<String, Vec<Found>>,
    /// Roles and users, by ARN.
    pub principals: BTreeMap<String, Box<Principal>>,
    groups: Vec<Principal>,
    managed: Vec<Managed>,
}

impl Holding {
    /// Everything that lets a principal do something: inline and attached policies, its own and those of its groups.
    pub fn policies<'h>(&'h self, principal: &'h Principal) -> Vec<&'h Found> {
        let managed: HashMap<_, _> = self
            .managed
            .iter()
            .filter_map(|managed| managed.default.as_ref().map(|found| (scoped(found, &managed.id), found)))
            .collect();
        let groups = by_name(self.groups.iter());
        let of_groups = principal.groups.iter().filter_map(|name| {
            let known = groups.get(&(home_of(principal), name)).or_else(|| groups.get(&scoped(&principal.subject, name)));
            known.copied()
        });
        let mut out = Vec::new();
        for holder in std::iter::once(principal).chain(of_groups) {
            out.extend(&holder.inline);
            out.extend(holder.attached.iter().filter_map(|arn| managed.get(&scoped(&holder.subject, arn)).copied()));
        }
        out
    }
}

/// Read it.
pub(super) fn holdings(judge: &Judge<'_>, entries: &[Entry], sightings: &[Sighting]) -> Vec<Holding> {
    let mut wanted = Wanted { arns: BTreeSet::new(), accounts: BTreeSet::new() };
    for observed in sightings.iter().map(|sighting| &sighting.observed) {
        wanted.arns.insert(&observed.resource);
        wanted.arns.extend(observed.principals());
        let of_arns = observed.principals().chain([observed.resource.as_str()]).filter_map(|arn| arn.split(':').nth(4));
        wanted.accounts.extend(of_arns.chain(observed.account.as_deref()));
    }
    let mut groups: BTreeMap<Option<&str>, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        let account = named_after(&entry.name);
        if account.is_none_or(|account| wanted.accounts.contains(account)) {
            groups.entry(account).or_default().push(entry);
        }
    }
    let groups: Vec<Vec<&Entry>> = groups.into_values().collect();
    let one = |files: Vec<&Entry>| {
        let mut gathering = Gathering { judge, wanted: &wanted, newest: HashMap::new() };
        files.into_iter().for_each(|entry| gathering.file(entry));
        gathering.finish()
    };
    groups.into_par_iter().map(one).collect()
}

/// The account that a file is named after, itself or a folder of it.
fn named_after(name: &str) -> Option<&str> {
    name.split('/').map(|part| part.split('.').next().unwrap_or(part)).find(|part| is_account_id(part))
}

struct Gathering<'g> {
    judge: &'g Judge<'g>,
    wanted: &'g Wanted<'g>,
    /// The newest record of each thing.
    newest: HashMap<Arc<str>, (Rank, Entity)>,
}

impl Gathering<'_> {
    /// What cannot be read was told when the file was judged.
    fn file(&mut self, entry: &Entry) {
        let scan = self.judge.scan;
        let context = scan.context_of(&entry.name);
        match source::disk::open(entry, &scan.walk, &|_| {}) {
            Ok(Content::Whole(source)) => self.entities(understand(source, &context).entities, &entry.name, 0),
            Ok(Content::Items(mut stream)) => loop {
                let batch = stream.batch(BATCH);
                let Some(first) = batch.first() else { break };
                let lines = first.pointer.is_empty();
                let parse = |item| parse_item(item, &entry.name, &context, lines);
                let parsed: Vec<_> = batch.into_par_iter().map(parse).collect();
                parsed.into_iter().for_each(|one| self.entities(one.entities, &entry.name, one.offset));
            },
            Err(error) => drop(unreadable(&error)),
        }
    }

    fn entities(&mut self, entities: Vec<Entity>, file: &Arc<str>, offset: usize) {
        for (number, entity) in entities.into_iter().enumerate() {
            if !self.is_wanted(&entity) {
                continue;
            }
            let identity = identity_of(&entity);
            let rank = Rank::new(identity, file, offset);
            let key = identity.key.clone().unwrap_or_else(|| format!("{file}#{offset}#{number}").into());
            match self.newest.get(&key) {
                Some((known, _)) if *known >= rank => {}
                _ => drop(self.newest.insert(key, (rank, entity))),
            }
        }
    }

    fn is_wanted(&self, entity: &Entity) -> bool {
        match entity {
            Entity::Resource(_, found) => {
                found.iter().any(|f| f.context.resource.as_deref().is_some_and(|arn| self.wanted.arns.contains(arn)))
            }
            Entity::Principal(_, principal) => {
                principal.kind == PrincipalKind::Group || self.wanted.arns.contains(&*principal.id)
            }
            Entity::Managed(..) => true,
        }
    }

    fn finish(self) -> Holding {
        let mut out = Holding::default();
        let mut all: Vec<_> = self.newest.into_values().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, entity) in all {
            match entity {
                Entity::Resource(_, found) => {
                    for one in found {
                        let arn = one.context.resource.clone().unwrap_or_default();
                        out.resources.entry(arn).or_default().push(one);
                    }
                }
                Entity::Principal(_, principal) if principal.kind == PrincipalKind::Group => out.groups.push(*principal),
                Entity::Principal(_, principal) => drop(out.principals.insert(principal.id.to_string(), principal)),
                Entity::Managed(_, managed) => out.managed.push(*managed),
            }
        }
        out
    }
}
