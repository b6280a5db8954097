//! The tree: root, organizational units, accounts, and attachments by id.
//!
//! AWS Organizations User Guide, "SCP evaluation": what binds an account is attached to it, or to anything above it.

use super::doubt::{self, Doubts};
use crate::document::{Kind, Node};
use crate::policy::PolicyKind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// The file's name.
    pub file: Arc<str>,
    /// The number of a node in its document.
    pub node: u32,
}

/// The root or an organizational unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// `r-…` or `ou-…`; of a folder, its path from the root.
    pub id: String,
    /// Its ARN, where the export has one.
    pub arn: Option<String>,
    /// Its name.
    pub name: String,
    /// What it belongs to; none for the root.
    pub parent: Option<String>,
}

/// Whether somebody can work in an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AccountState {
    /// Somebody can, or nothing says otherwise. An account that is about to be closed or opened counts as one.
    #[default]
    Active,
    /// AWS has closed or suspended it: no principal of it can call anything.
    Suspended,
}

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// 12 digits.
    pub id: String,
    /// Its ARN, where the export has one.
    pub arn: Option<String>,
    /// Its name.
    pub name: String,
    /// What it belongs to.
    pub parent: Option<String>,
    /// Whether somebody can work in it.
    pub state: AccountState,
}

/// A policy of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPolicy {
    /// Its ARN; of a policy in a folder, the name of its file.
    pub arn: String,
    /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY`, or another type of Organizations.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its text is there. Those of `FullAWSAccess` and `RCPFullAWSAccess` are known all the same.
    pub has_text: bool,
}

/// An organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organization {
    /// `o-…`, where the export has it.
    pub id: Option<String>,
    /// The account that no service control policy binds.
    pub management_account: Option<String>,
    /// Root and units, by id.
    pub units: BTreeMap<String, Unit>,
    /// Accounts, by id.
    pub accounts: BTreeMap<String, Account>,
    /// Ids of the policies attached to a target, by its id.
    pub attached: BTreeMap<String, BTreeSet<String>>,
    /// The policies, by id.
    pub policies: BTreeMap<String, ControlPolicy>,
    /// Services that an account administers for the organization, by its id. Control policies bind it like any other.
    pub delegated: BTreeMap<String, BTreeSet<String>>,
    /// Types of policies that are switched on; `None` where nothing tells, and then all of them are.
    pub enabled: Option<BTreeSet<String>>,
    /// It was read from folders: a level that only denies stands beside `FullAWSAccess`, which nobody keeps in a file.
    pub of_folders: bool,
    /// Where units, accounts and policies are written, by id: the value to point at.
    pub written: BTreeMap<String, Written>,
    /// What of the export contradicts itself or could not be read.
    pub doubts: Doubts,
}

/// Longest path that is followed: Organizations nests units five deep.
const DEEPEST: usize = 64;

fn text(node: Node<'_>, key: &str) -> Option<String> {
    node.get(key).and_then(Node::as_str).filter(|t| !t.is_empty()).map(str::to_owned)
}

fn list<'d>(root: Node<'d>, key: &str) -> impl Iterator<Item = Node<'d>> + use<'d> {
    root.get(key).into_iter().flat_map(Node::elements)
}

/// The word that Organizations uses for a kind of control policy.
pub fn type_of(kind: PolicyKind) -> &'static str {
    if kind == PolicyKind::ResourceControlPolicy { "RESOURCE_CONTROL_POLICY" } else { "SERVICE_CONTROL_POLICY" }
}

impl Organization {
    /// From an export as `fetch` writes it; `None` for anything else.
    pub fn read(root: Node<'_>) -> Option<Self> {
        Self::read_from(root, &Arc::from(""))
    }

    /// The same, from a file of this name.
    pub fn read_from(root: Node<'_>, file: &Arc<str>) -> Option<Self> {
        if !is_export(root) {
            return None;
        }
        let described = root.get("Organization");
        let mut out = Self {
            id: described.and_then(|o| text(o, "Id")),
            management_account: described.and_then(|o| text(o, "MasterAccountId").or_else(|| text(o, "ManagementAccountId"))),
            enabled: enabled(root),
            doubts: doubt::look(root),
            ..Self::default()
        };
        for node in list(root, "Roots").chain(list(root, "OrganizationalUnits")) {
            out.unit(node, file);
        }
        for node in list(root, "Accounts") {
            out.account(node, file);
        }
        for node in list(root, "PolicyAttachments") {
            if let (Some(policy), Some(target)) = (text(node, "PolicyId"), text(node, "TargetId")) {
                out.attached.entry(target).or_default().insert(policy);
            }
        }
        for node in list(root, "Policies") {
            out.policy(node, file);
        }
        for node in list(root, "DelegatedAdministrators") {
            let Some(id) = text(node, "Id") else { continue };
            let services = list(node, "DelegatedServices").filter_map(service);
            out.delegated.entry(id).or_default().extend(services);
        }
        Some(out)
    }

    fn place(&mut self, id: &str, node: Node<'_>, file: &Arc<str>) {
        let shown = node.get("Arn").or_else(|| node.get("Id")).unwrap_or(node);
        self.written.insert(id.to_owned(), Written { file: file.clone(), node: shown.id() });
    }

    fn unit(&mut self, node: Node<'_>, file: &Arc<str>) {
        let Some(id) = text(node, "Id") else { return };
        self.place(&id, node, file);
        let name = text(node, "Name").unwrap_or_else(|| id.clone());
        // What is torn hangs in something, and nobody can say in what.
        let parent = if self.doubts.torn.contains(&id) { Some(String::new()) } else { text(node, "ParentId") };
        self.units.insert(id.clone(), Unit { id, arn: text(node, "Arn"), name, parent });
    }

    fn account(&mut self, node: Node<'_>, file: &Arc<str>) {
        let Some(id) = text(node, "Id") else { return };
        self.place(&id, node, file);
        let name = text(node, "Name").unwrap_or_else(|| id.clone());
        let is_torn = self.doubts.torn.contains(&id);
        let parent = text(node, "ParentId").filter(|_| !is_torn);
        // `State` takes the place of `Status`, and tells more.
        let state = match text(node, "State").or_else(|| text(node, "Status")).as_deref() {
            Some("SUSPENDED" | "CLOSED") if !is_torn => AccountState::Suspended,
            Some(_) | None => AccountState::Active,
        };
        let account = Account { id: id.clone(), arn: text(node, "Arn"), name, parent, state };
        self.accounts.insert(id, account);
    }

    fn policy(&mut self, node: Node<'_>, file: &Arc<str>) {
        let summary = node.get("PolicySummary").unwrap_or(node);
        if let (Some(id), Some(arn), Some(kind)) = (text(summary, "Id"), text(summary, "Arn"), text(summary, "Type")) {
            self.place(&id, summary, file);
            let name = text(summary, "Name").unwrap_or_else(|| id.clone());
            let content = node.get("Content");
            let is_clear = !self.doubts.ambiguous.contains(&id);
            let has_text =
                is_clear && content.is_some_and(|c| c.kind() == Kind::Object || c.as_str().is_some_and(|t| !t.trim().is_empty()));
            self.policies.insert(id, ControlPolicy { arn, kind, name, has_text });
        }
    }

    /// What binds a unit or an account: the ids from the root down to itself. A ring in the data ends the walk.
    pub fn path(&self, id: &str) -> Vec<String> {
        let mut out = vec![id.to_owned()];
        let mut parent = self.accounts.get(id).map(|a| a.parent.clone()).or_else(|| self.units.get(id).map(|u| u.parent.clone()));
        while let Some(Some(up)) = parent {
            if out.len() >= DEEPEST || out.contains(&up) {
                break;
            }
            parent = self.units.get(&up).map(|u| u.parent.clone());
            out.push(up);
        }
        out.reverse();
        out
    }

    /// Whether it is known what is attached above a unit or an account: its path leads up to a root, and nothing on it is in
    /// doubt.
    pub fn is_rooted(&self, id: &str) -> bool {
        self.leads_up(id) && self.path(id).iter().all(|id| self.is_settled(id))
    }

    /// Whether nothing about a unit or an account itself is in doubt.
    pub fn is_settled(&self, id: &str) -> bool {
        !self.doubts.unsettled.contains(id)
    }

    /// Whether the path of a unit or an account leads up to a root: not so in an export that lacks a unit.
    pub fn leads_up(&self, id: &str) -> bool {
        self.path(id).first().and_then(|top| self.units.get(top)).is_some_and(|unit| unit.parent.is_none())
    }

    /// The path of a unit by names, such as `/workloads/prod`; the root is `/`. Of an account it is that of its unit.
    pub fn named_path(&self, id: &str) -> String {
        let names =
            self.path(id).into_iter().filter_map(|id| self.units.get(&id).filter(|u| u.parent.is_some()).map(|u| u.name.clone()));
        format!("/{}", names.collect::<Vec<_>>().join("/"))
    }

    /// ARNs of the policies of one type attached to each of some targets; of a policy that is not listed, its id.
    pub fn levels(&self, path: &[String], kind: &str) -> Vec<Vec<String>> {
        let arn = |id: &str| self.policies.get(id).map_or_else(|| id.to_owned(), |policy| policy.arn.clone());
        path.iter().map(|target| self.attached_to(target, kind).into_iter().map(arn).collect()).collect()
    }

    /// Ids of the policies of one type attached to a target itself. One that is not listed may be of any type.
    pub fn attached_to(&self, target: &str, kind: &str) -> Vec<&str> {
        let full_access = |id: &str| is_full_access(id) && (id == RCP_FULL_ACCESS) != (kind == "RESOURCE_CONTROL_POLICY");
        let fits = |id: &&str| self.policies.get(*id).map_or(!full_access(id), |policy| policy.kind == kind);
        self.attached.get(target).into_iter().flatten().map(String::as_str).filter(fits).collect()
    }

    /// True for a type of policies that is switched on.
    pub fn is_enabled(&self, kind: &str) -> bool {
        self.enabled.as_ref().is_none_or(|enabled| enabled.contains(kind))
    }

    /// Control policies that are attached and of which no text is there, each with the ids of its targets.
    pub fn absent(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut out: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (target, policies) in &self.attached {
            for id in policies.iter().filter(|id| self.is_absent(id)) {
                out.entry(id).or_default().insert(target);
            }
        }
        out
    }

    /// True for a control policy of which no text is there.
    pub fn is_absent(&self, policy: &str) -> bool {
        let of_ours = |kind: &str| matches!(kind, "SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY");
        !is_full_access(policy) && self.policies.get(policy).is_none_or(|known| of_ours(&known.kind) && !known.has_text)
    }

    /// Whether an account is in a scope: its id, ARN or name, or the id, ARN, name or path of a unit above it.
    pub fn is_within(&self, account: &str, scope: &str) -> bool {
        let own = |a: &Account| a.name == scope || a.arn.as_deref() == Some(scope);
        account == scope
            || self.accounts.get(account).is_some_and(own)
            || self.path(account).iter().any(|id| self.is_unit(id, scope))
    }

    /// Whether a unit is meant by its id, ARN, name or path.
    pub fn is_unit(&self, id: &str, named: &str) -> bool {
        let by_path = || {
            let wanted = named.trim_end_matches('/');
            self.named_path(id) == if wanted.is_empty() { "/" } else { wanted }
        };
        let Some(unit) = self.units.get(id) else { return false };
        id == named || unit.name == named || unit.arn.as_deref() == Some(named) || (named.starts_with('/') && by_path())
    }

    /// Ids of the roots.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.units.values().filter(|unit| unit.parent.is_none()).map(|unit| unit.id.as_str())
    }
}

/// True for a document that tells of an organization: what is attached where, or the tree with something beside it, which
/// single answers of `aws organizations` have not.
fn is_export(root: Node<'_>) -> bool {
    let has = |key: &str| root.get(key).is_some();
    let tree = has("OrganizationalUnits") || has("Accounts");
    has("PolicyAttachments") || (tree && (has("Policies") || has("Organization") || has("Roots")))
}

const SCP_FULL_ACCESS: &str = "p-FullAWSAccess";
const RCP_FULL_ACCESS: &str = "p-RCPFullAWSAccess";

/// True for the ids of the policies that AWS keeps and attaches itself; they allow everything, and their text is known.
pub fn is_full_access(policy: &str) -> bool {
    matches!(policy, SCP_FULL_ACCESS | RCP_FULL_ACCESS)
}

/// A service of a delegated administrator: a name, or the object that the API answers with.
fn service(node: Node<'_>) -> Option<String> {
    node.as_str().map(str::to_owned).or_else(|| text(node, "ServicePrincipal"))
}

/// The types that the roots have switched on, where a root tells them.
fn enabled(root: Node<'_>) -> Option<BTreeSet<String>> {
    let told: Vec<Node<'_>> = list(root, "Roots").filter_map(|r| r.get("PolicyTypes")).collect();
    let on = |node: &Node<'_>| node.get("Status").and_then(Node::as_str).is_none_or(|status| status == "ENABLED");
    let types = told.iter().flat_map(|types| types.elements()).filter(on).filter_map(|node| text(node, "Type"));
    let types: BTreeSet<String> = types.collect();
    (!told.is_empty()).then_some(types)
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
