//! Where an organization is read from: an export, a folder that holds one (a snapshot is such a folder), or folders that
//! mirror the tree.

use super::doubt::Doubt;
use super::folders;
use super::tree::{Organization, Written};
use crate::document::{Node, Origin, json};
use crate::extract::{Base, Found, Place, control_policies};
use crate::finding::Incomplete;
use crate::finding::place::Placer;
use crate::policy::Context;
use crate::source::stream::Content;
use crate::source::{self, Entry, SourceError, WalkOptions};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Name of the export in a folder.
pub const EXPORT: &str = "organization.json";

/// An organization with the documents it was read from.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The tree.
    pub organization: Organization,
    /// The documents, by the names of their files.
    pub documents: BTreeMap<Arc<str>, Arc<Base>>,
    /// The texts of its control policies, by their ids.
    pub texts: BTreeMap<String, Found>,
    /// What the names of the files it speaks of start with: its folder and a `/`, nothing for the current folder.
    pub prefix: String,
    /// What is missing or contradicts itself: with it the organization is not known in full.
    pub problems: Vec<Incomplete>,
}

/// The organization that a file or a folder tells; `None` for a file that is no export. `said` is what the project file
/// says of a file.
///
/// # Errors
/// When something of it cannot be read.
pub fn load(path: &Path, walk: &WalkOptions, said: &dyn Fn(&str) -> Context) -> Result<Option<Loaded>, SourceError> {
    let folder = source::walk::is_folder(path)?;
    for name in [EXPORT.to_owned(), format!("{EXPORT}.gz")] {
        let file = if folder { path.join(&name) } else { path.to_path_buf() };
        if folder && !file.exists() {
            continue;
        }
        let found = export(&source::walk::entry(&file), walk)?;
        if found.is_some() || !folder {
            return Ok(found);
        }
    }
    folders::load(path, walk, said).map(Some)
}

/// The organization in a file; `None` when it is no export.
///
/// # Errors
/// When it cannot be read.
pub fn export(entry: &Entry, walk: &WalkOptions) -> Result<Option<Loaded>, SourceError> {
    let Content::Whole(file) = source::disk::open(entry, walk, &|_| ())? else { return Ok(None) };
    // Much is named on the command line that is none; only what may be one is parsed.
    if !["\"PolicyAttachments\"", "\"OrganizationalUnits\"", "\"Accounts\""].iter().any(|key| file.text.contains(key)) {
        return Ok(None);
    }
    let base = Arc::new(Base::new(entry.name.clone(), json::parse(file.text), Origin::default()));
    Ok(of_document(base))
}

/// The organization in a document; `None` when it is no export.
pub fn of_document(base: Arc<Base>) -> Option<Loaded> {
    let root = Place::root(base.clone())?;
    let organization = Organization::read_from(root.node(), &base.file)?;
    let mut out = Loaded { prefix: prefix(&base.file), organization, ..Loaded::default() };
    out.texts.extend(control_policies(&root, &Context::default()));
    let ambiguous = &out.organization.doubts.ambiguous;
    out.texts.retain(|id, _| !ambiguous.contains(id));
    out.problems = doubts(&base, &out.organization);
    out.problems.extend(absent(&base, &out.organization));
    out.problems.extend(adrift(&base, &out.organization));
    out.documents.insert(base.file.clone(), base);
    Some(out)
}

/// What the names of files in the folder of a file start with.
fn prefix(file: &str) -> String {
    file.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}

/// Where the export contradicts itself, or has what nobody can read.
fn doubts(base: &Arc<Base>, organization: &Organization) -> Vec<Incomplete> {
    let placer = Placer::new(&base.document, base.file.clone());
    let one = |doubt: &Doubt| Incomplete {
        file: base.file.clone(),
        code: None,
        reason: doubt.reason.clone(),
        help: "write the export again, with `palisade fetch` or as `docs/organization.md` describes it".to_owned(),
        location: Some(placer.node(Some(base.document.node_or_null(doubt.node)))),
        related: Vec::new(),
        resource: None,
    };
    organization.doubts.said.iter().map(one).collect()
}

/// Of policies that are attached and have no text, one entry each.
fn absent(base: &Arc<Base>, organization: &Organization) -> Vec<Incomplete> {
    let placer = Placer::new(&base.document, base.file.clone());
    let attachments = base.document.root().and_then(|root| root.get("PolicyAttachments"));
    let mut mentions: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    for node in attachments.into_iter().flat_map(Node::elements).filter_map(|node| node.get("PolicyId")) {
        mentions.entry(node.scalar()).or_insert(node);
    }
    let one = |(id, targets): (&str, std::collections::BTreeSet<&str>)| {
        let listed = organization.written.get(id).map(|written| base.document.node_or_null(written.node));
        let name = organization.policies.get(id).map_or(id, |policy| policy.name.as_str());
        let count = targets.len();
        let plural = if count == 1 { "" } else { "s" };
        Incomplete {
            file: base.file.clone(),
            code: None,
            reason: format!("the control policy `{name}` is attached to {count} target{plural}, and its text is not here"),
            help:
                "fetch the organization with `organizations:DescribePolicy` allowed, or add the policy's `Content`; until then \
                   what it guards is not known"
                    .to_owned(),
            location: Some(placer.node(listed.or_else(|| mentions.get(id).copied()))),
            related: Vec::new(),
            resource: None,
        }
    };
    let told = |(id, _): &(&str, std::collections::BTreeSet<&str>)| organization.doubts.ambiguous.contains(*id);
    organization.absent().into_iter().filter(|absent| !told(absent)).map(one).collect()
}

/// Units and accounts of which the way up to the root is not told: what binds them is not known.
fn adrift(base: &Arc<Base>, organization: &Organization) -> Option<Incomplete> {
    let ids = organization.units.keys().chain(organization.accounts.keys());
    // What hangs on something in doubt was told with that.
    let told = |id: &&String| organization.path(id).iter().any(|above| organization.doubts.unsettled.contains(above));
    let mut lost = ids.filter(|id| !organization.leads_up(id) && !told(id));
    let first = lost.next()?;
    let more = match lost.count() {
        0 => String::new(),
        1 => " and one more".to_owned(),
        count => format!(" and {count} more"),
    };
    let node = organization.written.get(first).map(|written| base.document.node_or_null(written.node));
    Some(Incomplete {
        file: base.file.clone(),
        code: None,
        reason: format!("no way leads from `{first}`{more} up to a root"),
        help: "fetch the organization again: each unit and account has a `ParentId` that is listed; until then what binds \
               them is not known"
            .to_owned(),
        location: Some(Placer::new(&base.document, base.file.clone()).node(node)),
        related: Vec::new(),
        resource: None,
    })
}

impl Loaded {
    /// The document that something is written in, and its node there.
    pub fn node(&self, written: &Written) -> Option<(&Arc<Base>, Node<'_>)> {
        let base = self.documents.get(&written.file)?;
        Some((base, base.document.node_or_null(written.node)))
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
