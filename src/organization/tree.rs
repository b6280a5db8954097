//! The tree from an export: root, organizational units, accounts, and attachments by id.
//!
//! AWS Organizations User Guide, "SCP evaluation": what binds an account is attached to it, or to anything above it.

use crate::document::Node;
use std::collections::{BTreeMap, BTreeSet};

/// The root or an organizational unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// `r-…` or `ou-…`.
    pub id: String,
    /// Its ARN, where the export has one.
    pub arn: Option<String>,
    /// Its name.
    pub name: String,
    /// What it belongs to; none for the root.
    pub parent: Option<String>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// 12 digits.
    pub id: String,
    /// Its ARN, where the export has one.
    pub arn: Option<String>,
    /// Its name.
    pub name: String,
    /// What it belongs to.
    pub parent: Option<String>,
}

/// An organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organization {
    /// The account that no service control policy binds.
    pub management_account: Option<String>,
    /// Root and units, by id.
    pub units: BTreeMap<String, Unit>,
    /// Accounts, by id.
    pub accounts: BTreeMap<String, Account>,
    /// Ids of the policies attached to a target, by its id.
    pub attached: BTreeMap<String, BTreeSet<String>>,
    /// ARN and type of each policy, by id.
    pub policies: BTreeMap<String, (String, String)>,
}

fn text(node: Node<'_>, key: &str) -> Option<String> {
    node.get(key).and_then(Node::as_str).filter(|t| !t.is_empty()).map(str::to_owned)
}

impl Organization {
    /// From an export as `fetch` writes it; `None` when it tells no attachments.
    pub fn read(root: Node<'_>) -> Option<Self> {
        let attachments = root.get("PolicyAttachments")?;
        let list = |key: &str| root.get(key).into_iter().flat_map(Node::elements);
        let mut out = Self {
            management_account: root
                .get("Organization")
                .and_then(|o| text(o, "MasterAccountId").or_else(|| text(o, "ManagementAccountId"))),
            ..Self::default()
        };
        for node in list("Roots").chain(list("OrganizationalUnits")) {
            let Some(id) = text(node, "Id") else { continue };
            let name = text(node, "Name").unwrap_or_else(|| id.clone());
            let unit = Unit { id: id.clone(), arn: text(node, "Arn"), name, parent: text(node, "ParentId") };
            out.units.insert(id, unit);
        }
        for node in list("Accounts") {
            let Some(id) = text(node, "Id") else { continue };
            let name = text(node, "Name").unwrap_or_else(|| id.clone());
            let account = Account { id: id.clone(), arn: text(node, "Arn"), name, parent: text(node, "ParentId") };
            out.accounts.insert(id, account);
        }
        for node in attachments.elements() {
            if let (Some(policy), Some(target)) = (text(node, "PolicyId"), text(node, "TargetId")) {
                out.attached.entry(target).or_default().insert(policy);
            }
        }
        for node in list("Policies") {
            let summary = node.get("PolicySummary").unwrap_or(node);
            if let (Some(id), Some(arn), Some(kind)) = (text(summary, "Id"), text(summary, "Arn"), text(summary, "Type")) {
                out.policies.insert(id, (arn, kind));
            }
        }
        Some(out)
    }

    /// What binds a unit or an account: the ids from the root down to itself. A ring in the data ends the walk.
    pub fn path(&self, id: &str) -> Vec<String> {
        let mut out = vec![id.to_owned()];
        let mut parent = self.accounts.get(id).map(|a| a.parent.clone()).or_else(|| self.units.get(id).map(|u| u.parent.clone()));
        while let Some(Some(up)) = parent {
            if out.contains(&up) {
                break;
            }
            parent = self.units.get(&up).map(|u| u.parent.clone());
            out.push(up);
        }
        out.reverse();
        out
    }

    /// The path of a unit by names, such as `/workloads/prod`; the root is `/`.
    pub fn named_path(&self, id: &str) -> String {
        let names =
            self.path(id).into_iter().filter_map(|id| self.units.get(&id).filter(|u| u.parent.is_some()).map(|u| u.name.clone()));
        format!("/{}", names.collect::<Vec<_>>().join("/"))
    }

    /// ARNs of the policies of one type attached to each of some targets.
    pub fn levels(&self, path: &[String], kind: &str) -> Vec<Vec<String>> {
        let of = |target: &String| -> Vec<String> {
            let ids = self.attached.get(target).into_iter().flatten();
            ids.filter_map(|id| self.policies.get(id)).filter(|(_, own)| own == kind).map(|(arn, _)| arn.clone()).collect()
        };
        path.iter().map(of).collect()
    }

    /// Whether an account is in a scope: its id, or the id, name or path of a unit above it.
    pub fn is_within(&self, account: &str, scope: &str) -> bool {
        account == scope
            || self.path(account).iter().any(|id| {
                id == scope
                    || self.units.get(id).is_some_and(|u| u.name == scope || u.arn.as_deref() == Some(scope))
                    || (self.units.contains_key(id) && self.named_path(id) == scope.trim_end_matches('/'))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    #[test]
    fn paths_lead_from_the_root_and_rings_end() {
        let text = r#"{"Organization":{"MasterAccountId":"999999999999"},"Roots":[{"Id":"r-1","Name":"Root"}],
            "OrganizationalUnits":[{"Id":"ou-1","Name":"Work","ParentId":"r-1"},{"Id":"ou-2","Name":"Prod","ParentId":"ou-1"},
                {"Id":"ou-3","Name":"Loop","ParentId":"ou-3"}],
            "Accounts":[{"Id":"111122223333","Name":"a","ParentId":"ou-2"},{"Id":"444455556666","ParentId":"ou-3"}],
            "Policies":[{"PolicySummary":{"Id":"p-1","Arn":"arn:aws:organizations::aws:policy/service_control_policy/p-1","Type":"SERVICE_CONTROL_POLICY"}}],
            "PolicyAttachments":[{"PolicyId":"p-1","TargetId":"ou-1"}]}"#;
        let document = json::parse(text.to_owned());
        let organization = Organization::read(document.root().unwrap()).unwrap();
        assert_eq!(organization.path("111122223333"), ["r-1", "ou-1", "ou-2", "111122223333"]);
        assert_eq!(organization.path("444455556666"), ["ou-3", "444455556666"]);
        assert_eq!(organization.named_path("ou-2"), "/Work/Prod");
        let levels = organization.levels(&organization.path("111122223333"), "SERVICE_CONTROL_POLICY");
        assert_eq!(levels.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 0, 0]);
        for scope in ["ou-1", "Prod", "/Work/Prod", "111122223333", "r-1"] {
            assert!(organization.is_within("111122223333", scope), "{scope}");
        }
        assert!(!organization.is_within("111122223333", "Loop"));
        assert_eq!(Organization::read(json::parse("{}".into()).root().unwrap()), None);
    }
}
