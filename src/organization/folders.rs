//! An organization as folders: a folder is an organizational unit, or an account when its name holds an account id; the
//! control policies in it are attached to it. The folder that is named is the root.
//!
//! ```text
//! org/deny-leaving.json                     attached to the root
//! org/Workloads/Prod/scp/deny-regions.json  attached to the unit /Workloads/Prod
//! org/Workloads/Prod/111122223333.json      attached to an account of that unit
//! org/Workloads/Prod/shop-111122223333/…    the same, with a name and several policies
//! ```

use super::load::Loaded;
use super::tree::{Account, ControlPolicy, Unit, Written, type_of};
use crate::document::{Origin, json, yaml};
use crate::extract::site::stem;
use crate::extract::{Base, Body, DocumentKind, Entity, Found, Hints, extract, policy_site};
use crate::finding::Incomplete;
use crate::policy::arn::is_account_id;
use crate::policy::{Context, PolicyKind};
use crate::source::stream::Content;
use crate::source::{self, Entry, SourceError, WalkOptions};
use std::path::Path;
use std::sync::Arc;

/// Id of the root.
const ROOT: &str = "/";

/// Folders that only sort policies: what is in them is attached to what they stand in.
const SORTING: [&str; 11] = [
    "scp",
    "scps",
    "rcp",
    "rcps",
    "policies",
    "service-control-policies",
    "resource-control-policies",
    "service_control_policies",
    "resource_control_policies",
    "service-control-policy",
    "resource-control-policy",
];

/// What a folder or file stands for.
struct Target {
    /// Id of the unit or account.
    id: String,
    is_account: bool,
}

/// Read a tree of folders.
///
/// # Errors
/// When a folder or a file in it cannot be read.
pub(super) fn load(root: &Path, walk: &WalkOptions, said: &dyn Fn(&str) -> Context) -> Result<Loaded, SourceError> {
    let mut out = Loaded { prefix: source::walk::prefix(root), ..Loaded::default() };
    out.organization.of_folders = true;
    let unit = Unit { id: ROOT.to_owned(), name: "Root".to_owned(), ..Unit::default() };
    out.organization.units.insert(ROOT.to_owned(), unit);
    for folder in source::walk::folders(root, walk)? {
        out.target(&folder);
    }
    let expanded = source::expand(&[root.to_path_buf()], walk);
    if let Some(error) = expanded.errors.into_iter().next() {
        return Err(error);
    }
    for entry in &expanded.entries {
        out.file(entry, walk, said)?;
    }
    out.place_the_rest();
    Ok(out)
}

/// The account id in a name, and what is left of the name: `111122223333`, `shop-111122223333`, `111122223333_shop`.
fn account_in(name: &str) -> Option<(&str, &str)> {
    let apart = |c: char| matches!(c, '-' | '_' | '.' | ' ' | '(' | ')');
    let front = name.get(..12).filter(|id| is_account_id(id)).zip(name.get(12..));
    let back = name.trim_end_matches(')');
    let back = back.len().checked_sub(12).and_then(|at| back.get(at..).filter(|id| is_account_id(id)).zip(back.get(..at)));
    let front = front.filter(|(_, rest)| rest.is_empty() || rest.starts_with(apart));
    let back = back.filter(|(_, rest)| rest.ends_with(apart));
    front.or(back).map(|(id, rest)| (id, rest.trim_matches(apart)))
}

impl Loaded {
    /// What a folder stands for, by its path from the root; units and accounts that are new are put into the tree.
    fn target(&mut self, folder: &str) -> Target {
        let mut here = Target { id: ROOT.to_owned(), is_account: false };
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            if here.is_account || SORTING.contains(&part.to_ascii_lowercase().as_str()) {
                continue;
            }
            here = match account_in(part) {
                Some((id, name)) => self.account(id, name, &here.id),
                None => self.unit(part, &here.id),
            };
        }
        here
    }

    fn unit(&mut self, name: &str, parent: &str) -> Target {
        let id = format!("{}/{name}", parent.trim_end_matches('/'));
        let unit = || Unit { id: id.clone(), arn: None, name: name.to_owned(), parent: Some(parent.to_owned()) };
        self.organization.units.entry(id.clone()).or_insert_with(unit);
        Target { id, is_account: false }
    }

    fn account(&mut self, id: &str, name: &str, parent: &str) -> Target {
        let known = self.organization.accounts.entry(id.to_owned()).or_insert_with(|| Account {
            id: id.to_owned(),
            name: id.to_owned(),
            parent: Some(parent.to_owned()),
            ..Account::default()
        });
        if known.name == known.id && !name.is_empty() {
            known.name = name.to_owned();
        }
        if known.parent.as_deref() != Some(parent) {
            let first = known.parent.clone().unwrap_or_default();
            let help = "an account belongs to one organizational unit; keep it in one folder";
            self.contradiction(format!("the account `{id}` stands in `{first}` and in `{parent}`"), help);
        }
        Target { id: id.to_owned(), is_account: true }
    }

    fn contradiction(&mut self, reason: String, help: &str) {
        let folder = self.prefix.trim_end_matches('/');
        let file: Arc<str> = if folder.is_empty() { ".".into() } else { folder.into() };
        if self.problems.iter().all(|known| known.reason != reason) {
            let help = help.to_owned();
            self.problems.push(Incomplete {
                file,
                code: None,
                reason,
                help,
                location: None,
                related: Vec::new(),
                resource: None,
            });
        }
    }

    /// A file: when it is a control policy, it is attached to what its folder stands for, or to the account it is named
    /// after.
    fn file(&mut self, entry: &Entry, walk: &WalkOptions, said: &dyn Fn(&str) -> Context) -> Result<(), SourceError> {
        let below = entry.name.strip_prefix(&self.prefix).unwrap_or(&entry.name).to_owned();
        let folder = below.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Content::Whole(file) = source::disk::open(entry, walk, &|_| ())? else { return Ok(()) };
        let is_yaml = [".yaml", ".yml"].iter().any(|e| entry.name.trim_end_matches(".gz").ends_with(e));
        let document = if is_yaml { yaml::parse(file.text) } else { json::parse(file.text) };
        let base = Arc::new(Base::new(entry.name.clone(), document, Origin::default()));
        let Some((kind, mut found)) = control_policy(&base, &said(&entry.name)) else { return Ok(()) };
        let mut target = self.target(folder);
        if let Some((id, name)) = account_in(stem(&below)).filter(|_| !target.is_account) {
            target = self.account(id, name, &target.id);
        }
        found.context.kind = Some(kind);
        if target.is_account {
            found.context.account = Some(target.id.clone());
        }
        found.context.ou.get_or_insert_with(|| self.organization.named_path(&target.id));
        let id = entry.name.to_string();
        let policy = ControlPolicy {
            arn: id.clone(),
            kind: type_of(kind).to_owned(),
            name: found.context.name.clone().unwrap_or_else(|| stem(&below).to_owned()),
            has_text: true,
        };
        let written = Written { file: entry.name.clone(), node: 0 };
        self.organization.written.entry(target.id.clone()).or_insert_with(|| written.clone());
        self.organization.written.insert(id.clone(), written);
        self.organization.policies.insert(id.clone(), policy);
        self.organization.attached.entry(target.id).or_default().insert(id.clone());
        self.texts.insert(id, found);
        self.documents.insert(entry.name.clone(), base);
        Ok(())
    }

    /// Units and accounts without a policy of their own are shown where that of the nearest one above them is written.
    fn place_the_rest(&mut self) {
        let organization = &self.organization;
        let ids = organization.units.keys().chain(organization.accounts.keys());
        let inherited = |id: &String| {
            let path = organization.path(id);
            let written = path.iter().rev().find_map(|above| organization.written.get(above))?;
            Some((id.clone(), written.clone()))
        };
        let all: Vec<_> = ids.filter_map(inherited).collect();
        for (id, written) in all {
            self.organization.written.entry(id).or_insert(written);
        }
    }
}

/// The control policy that a document is. One that nothing tells the kind of is taken for a service control policy: that
/// is what a file without principals is in the tree of an organization.
fn control_policy(base: &Arc<Base>, said: &Context) -> Option<(PolicyKind, Found)> {
    let extraction = extract(base.clone(), said);
    let Some([Entity::Resource(_, found)]) = (extraction.layout == Some("policy")).then_some(extraction.entities.as_slice())
    else {
        return None;
    };
    let [found] = found.as_slice() else { return None };
    let Body::Tree(place) = &found.body else { return None };
    let (site, _) = policy_site(place.node(), Hints { file: base.file.clone(), context: found.context.clone() });
    let kind = match (site.kind, site.assumed) {
        (DocumentKind::Policy(kind @ (PolicyKind::ServiceControlPolicy | PolicyKind::ResourceControlPolicy)), _) => kind,
        (DocumentKind::Policy(PolicyKind::IdentityPolicy), true) => PolicyKind::ServiceControlPolicy,
        _ => return None,
    };
    Some((kind, found.clone()))
}
