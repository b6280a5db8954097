//! What binds a policy from outside: the account it belongs to hangs in an organization, and its control policies with it.

use super::known::{Known, Source, Text};
use crate::extract::{Entity, Found, Site};
use crate::organization::Organization;
use crate::organization::tree::{is_full_access, type_of};
use crate::policy::{Context, Effect, PolicyKind};
use crate::rule::{Around, Layers, Level};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The organizations of a run.
pub(super) struct Surroundings<'d> {
    pub known: &'d Known,
    pub organizations: Vec<Bound<'d>>,
}

/// An organization, its control policies ready to be asked.
pub(super) struct Bound<'d> {
    pub source: &'d Source,
    /// The texts of its control policies.
    pub texts: &'d [Text<'d>],
    /// The policies, by their ids.
    pub sites: BTreeMap<&'d str, Arc<Site<'d>>>,
    accounts: HashMap<&'d str, Inherited<'d>>,
}

/// What an account inherits.
struct Inherited<'d> {
    ou: String,
    scps: Option<Layers<'d>>,
    rcps: Option<Layers<'d>>,
}

/// The kinds of control policies.
pub(super) const KINDS: [PolicyKind; 2] = [PolicyKind::ServiceControlPolicy, PolicyKind::ResourceControlPolicy];

impl<'d> Surroundings<'d> {
    /// Of what is known, with the texts of its control policies.
    pub fn new(known: &'d Known, texts: &'d [Vec<Text<'d>>]) -> Self {
        let organizations = known.organizations.iter().zip(texts).map(|(source, texts)| Bound::new(source, texts));
        Self { known, organizations: organizations.collect() }
    }

    /// The organization that an account belongs to; of several that have it, the one whose folder is nearest to a file.
    fn of(&self, account: &str, file: &str) -> Option<(&Bound<'d>, &Inherited<'d>)> {
        let near = |bound: &Bound<'_>| {
            let prefix = &bound.source.loaded.prefix;
            if file.starts_with(prefix.as_str()) { prefix.len() + 1 } else { 0 }
        };
        // Of several that are equally near, the first.
        let all = self.organizations.iter().rev().filter_map(|bound| Some((bound, bound.accounts.get(account)?)));
        all.max_by_key(|(bound, _)| near(bound))
    }

    /// What binds the owner of a policy.
    pub fn around(&self, context: &Context, file: &str) -> Around<'_, 'd> {
        let inherited = context.account.as_deref().and_then(|account| self.of(account, file)).map(|(_, inherited)| inherited);
        inherited.map(|own| Around { scps: own.scps.as_ref(), rcps: own.rcps.as_ref() }).unwrap_or_default()
    }

    /// Note of everything that was found in a file where its account hangs, unless that was said already.
    pub fn complete(&self, entity: &mut Entity, file: &str) {
        if self.organizations.is_empty() {
            return;
        }
        let one = |found: &mut Found| self.place(&mut found.context, file);
        match entity {
            Entity::Resource(_, found) => found.iter_mut().for_each(one),
            Entity::Principal(_, principal) => {
                let principal = &mut **principal;
                let policies = principal.own.iter_mut().chain(&mut principal.inline);
                policies.chain([&mut principal.subject]).for_each(one);
            }
            Entity::Managed(_, managed) => managed.default.iter_mut().for_each(one),
        }
    }

    fn place(&self, context: &mut Context, file: &str) {
        let Some(account) = context.account.as_deref().filter(|_| context.ou.is_none()) else { return };
        let Some((bound, inherited)) = self.of(account, file) else { return };
        context.ou = Some(inherited.ou.clone());
        context.management_account.clone_from(&bound.source.loaded.organization.management_account);
        if context.org_id.is_none() {
            context.org_id.clone_from(&bound.source.loaded.organization.id);
        }
    }

    /// What a tree of folders says of a file in it: a control policy, and the unit it is attached to.
    pub fn said(&self, context: &mut Context, file: &str) {
        for source in self.known.organizations.iter().filter(|source| source.loaded.organization.of_folders) {
            if let Some(found) = source.loaded.texts.get(file) {
                context.kind = context.kind.or(found.context.kind);
                context.ou = context.ou.take().or_else(|| found.context.ou.clone());
            }
        }
    }

    /// True for a file that a known organization was read from: its control policies are asked by what they are attached to.
    pub fn has_file(&self, file: &str) -> bool {
        self.organizations.iter().any(|bound| bound.source.loaded.documents.contains_key(file))
    }
}

impl<'d> Bound<'d> {
    fn new(source: &'d Source, texts: &'d [Text<'d>]) -> Self {
        // What a text with mistakes would say is not known: it is like one that is not there.
        let site = |text: &'d Text<'d>| {
            let (site, problems) = text.opened.policy(text.found)?;
            (problems.is_empty() && text.opened.is_sound()).then(|| (text.id, Arc::new(site)))
        };
        let sites = texts.iter().filter_map(site).collect();
        let mut out = Self { source, texts, sites, accounts: HashMap::new() };
        let organization = &source.loaded.organization;
        out.accounts = organization.accounts.keys().map(|id| (id.as_str(), out.inherited(organization, id))).collect();
        out
    }

    fn inherited(&self, organization: &Organization, account: &str) -> Inherited<'d> {
        // Neither sort binds the management account: not its principals, and not its resources.
        let bound = organization.management_account.as_deref() != Some(account);
        let of = |kind| (bound && organization.is_enabled(type_of(kind))).then(|| self.layers(account, kind));
        let [scps, rcps] = KINDS.map(of);
        Inherited { ou: organization.named_path(account), scps, rcps }
    }

    /// The control policies of one kind on the way to a unit or an account. A level without any binds nothing: where the kind is
    /// switched on AWS keeps one attached everywhere.
    pub fn layers(&self, target: &str, kind: PolicyKind) -> Layers<'d> {
        let organization = &self.source.loaded.organization;
        let mut out = Layers { kind, levels: Vec::new(), absent: !organization.is_rooted(target), account: None };
        for above in organization.path(target) {
            let ids = organization.attached_to(&above, type_of(kind));
            if ids.is_empty() {
                continue;
            }
            let sites: Vec<Arc<Site<'d>>> = ids.iter().filter_map(|id| self.sites.get(id)).cloned().collect();
            let unknown = |id: &&str| !self.sites.contains_key(*id);
            let absent = ids.iter().any(|id| unknown(id) && !is_full_access(id));
            let full = ids.iter().any(|id| unknown(id) && is_full_access(id));
            let silent = organization.of_folders && !sites.iter().any(|site| allows(site));
            out.absent |= absent;
            out.levels.push(Level { sites, open: absent || full || silent });
        }
        out
    }
}

fn allows(site: &Site<'_>) -> bool {
    site.policy.as_ref().is_some_and(|policy| policy.statements.iter().any(|s| s.is(Effect::Allow)))
}
