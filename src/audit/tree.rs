//! The organization as the history keeps it: units, accounts, control policies by the meaning of their text, and what is
//! attached where.

use crate::document::{Node, json};
use crate::extract::{Body, Found};
use crate::finding::fingerprint::normalise_statement;
use crate::organization::load::Loaded;
use crate::organization::{Account, AccountState};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A unit or an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// The unit it belongs to; none for the root.
    pub parent: Option<String>,
    /// Of an account, whether AWS suspended or closed it; none where nothing tells.
    pub suspended: Option<bool>,
}

/// A policy of the organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY`, ….
    pub kind: String,
    /// Stands for what its statements mean: layout, order and `Sid` do not count. None when the export has no text.
    pub hash: Option<String>,
}

/// The tree at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Root and units, by id.
    pub units: BTreeMap<String, Member>,
    /// Accounts, by id.
    pub accounts: BTreeMap<String, Member>,
    /// Policies, by id.
    pub policies: BTreeMap<String, Control>,
    /// Ids of the policies attached to a target, by its id.
    pub attached: BTreeMap<String, BTreeSet<String>>,
    /// Types of policies that are switched on; none where nothing tells.
    pub enabled: Option<BTreeSet<String>>,
    /// Services that an account administers, by its id; none where nothing tells.
    pub delegated: Option<BTreeMap<String, BTreeSet<String>>>,
}

impl Tree {
    /// Of an organization that was read.
    pub fn of(loaded: &Loaded) -> Self {
        let from = &loaded.organization;
        let units = from.units.iter();
        let accounts = from.accounts.iter();
        let policies = from.policies.iter().map(|(id, policy)| {
            let hash = loaded.texts.get(id).and_then(meaning);
            (id.clone(), Control { name: policy.name.clone(), kind: policy.kind.clone(), hash })
        });
        let member =
            |name: &String, parent: &Option<String>| Member { name: name.clone(), parent: parent.clone(), suspended: None };
        let account = |a: &Account| {
            let suspended = Some(a.state == AccountState::Suspended);
            (a.id.clone(), Member { suspended, ..member(&a.name, &a.parent) })
        };
        // An export without the list does not say that nobody is one.
        let mut roots = loaded.documents.values().filter_map(|base| base.document.root());
        let told = roots.any(|root| root.get("DelegatedAdministrators").is_some());
        Self {
            units: units.map(|(id, u)| (id.clone(), member(&u.name, &u.parent))).collect(),
            accounts: accounts.map(|(_, a)| account(a)).collect(),
            policies: policies.collect(),
            attached: from.attached.clone(),
            enabled: from.enabled.clone(),
            delegated: told.then(|| from.delegated.clone()),
        }
    }

    /// The path of a unit by names, such as `/workloads/prod`; the root is `/`. A ring in the data ends the walk.
    pub fn path(&self, unit: &str) -> String {
        let mut ids = vec![unit];
        while let Some(parent) = ids.last().and_then(|id| self.units.get(*id)).and_then(|u| u.parent.as_deref()) {
            if ids.contains(&parent) {
                break;
            }
            ids.push(parent);
        }
        let named = ids.iter().rev().filter_map(|id| self.units.get(*id)).filter(|u| u.parent.is_some());
        format!("/{}", named.map(|u| u.name.as_str()).collect::<Vec<_>>().join("/"))
    }

    /// A unit by its path, an account by its name.
    pub fn name_of(&self, target: &str) -> String {
        self.accounts.get(target).map_or_else(|| self.path(target), |account| account.name.clone())
    }

    /// As JSON, for the history.
    pub fn to_json(&self) -> String {
        let members = |all: &BTreeMap<String, Member>| -> Map<String, Value> {
            all.iter().map(|(id, m)| (id.clone(), json!([m.name, m.parent, m.suspended]))).collect()
        };
        let policies: Map<String, Value> =
            self.policies.iter().map(|(id, p)| (id.clone(), json!([p.name, p.kind, p.hash]))).collect();
        let (units, accounts) = (members(&self.units), members(&self.accounts));
        json!({ "units": units, "accounts": accounts, "policies": policies, "attached": self.attached, "enabled": self.enabled,
            "delegated": self.delegated })
        .to_string()
    }

    /// Read what [`Self::to_json`] wrote; `None` for anything else.
    pub fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let list = |key: &str| value.get(key).and_then(Value::as_object);
        let text = |value: &Value, at: usize| value.get(at).and_then(Value::as_str).map(str::to_owned);
        let members = |key: &str| -> Option<BTreeMap<String, Member>> {
            let suspended = |v: &Value| v.get(2).and_then(Value::as_bool);
            let member = |v: &Value| Some(Member { name: text(v, 0)?, parent: text(v, 1), suspended: suspended(v) });
            list(key)?.iter().map(|(id, v)| Some((id.clone(), member(v)?))).collect()
        };
        let control = |v: &Value| Some(Control { name: text(v, 0)?, kind: text(v, 1)?, hash: text(v, 2) });
        let ids =
            |v: &Value| -> Option<BTreeSet<String>> { v.as_array()?.iter().map(|id| Some(id.as_str()?.to_owned())).collect() };
        let listed = |key: &str| -> Option<BTreeMap<String, BTreeSet<String>>> {
            list(key)?.iter().map(|(id, v)| Some((id.clone(), ids(v)?))).collect()
        };
        Some(Self {
            units: members("units")?,
            accounts: members("accounts")?,
            policies: list("policies")?.iter().map(|(id, v)| Some((id.clone(), control(v)?))).collect::<Option<_>>()?,
            attached: listed("attached")?,
            // A history of before has neither.
            enabled: value.get("enabled").and_then(ids),
            delegated: listed("delegated"),
        })
    }
}

/// A hash of what a policy says: the same for texts that differ in layout, in order or in a `Sid`.
fn meaning(found: &Found) -> Option<String> {
    match &found.body {
        Body::Tree(place) => Some(hash(&statements(place.node()))),
        Body::Text(_, embedding) => {
            let text = embedding.text();
            let document = json::parse(text.clone());
            let policy = document.root().filter(|root| root.get("Statement").is_some());
            Some(policy.map_or_else(|| hash(&[text]), |root| hash(&statements(root))))
        }
        Body::Missing(_) | Body::Unknown(_) | Body::Record(_) | Body::Settings(..) => None,
    }
}

fn statements(policy: Node<'_>) -> Vec<String> {
    let statements = policy.get("Statement").into_iter().flat_map(Node::one_or_many);
    let mut out: Vec<String> = statements.map(normalise_statement).collect();
    out.sort();
    out
}

fn hash(parts: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // Length first: no two lists of parts give the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::document::Origin;
    use crate::extract::Base;
    use crate::organization::load;
    use std::sync::Arc;

    /// The tree of an export.
    pub fn tree(text: &str) -> Tree {
        let base = Base::new("organization.json".into(), json::parse(text.to_owned()), Origin::default());
        Tree::of(&load::of_document(Arc::new(base)).unwrap())
    }

    /// An export with one control policy of this text.
    pub fn export(content: &str) -> String {
        format!(
            r#"{{"Roots":[{{"Id":"r-1","Name":"Root","PolicyTypes":[{{"Type":"SERVICE_CONTROL_POLICY","Status":"ENABLED"}}]}}],
            "OrganizationalUnits":[{{"Id":"ou-1","Name":"Work","ParentId":"r-1"}},{{"Id":"ou-2","Name":"Prod","ParentId":"ou-1"}}],
            "Accounts":[{{"Id":"111122223333","Name":"shop","ParentId":"ou-2"}}],
            "Policies":[{{"PolicySummary":{{"Id":"p-1","Arn":"arn:aws:organizations::9:policy/p-1","Name":"deny","Type":"SERVICE_CONTROL_POLICY"}},"Content":{content}}}],
            "PolicyAttachments":[{{"PolicyId":"p-1","TargetId":"ou-1"}}],"DelegatedAdministrators":[]}}"#
        )
    }

    #[test]
    fn what_is_kept_is_read() {
        let tree = tree(&export(r#"{"Statement":[]}"#));
        assert_eq!(tree.path("ou-2"), "/Work/Prod");
        assert_eq!((tree.name_of("111122223333"), tree.name_of("r-1")), ("shop".into(), "/".into()));
        assert_eq!(Tree::from_json(&tree.to_json()), Some(tree));
        // One that was kept before accounts had a state.
        let old = r#"{"units":{"r-1":["Root",null]},"accounts":{"1":["a","r-1"]},"policies":{},"attached":{}}"#;
        let old = Tree::from_json(old).unwrap();
        assert_eq!((old.accounts["1"].suspended, old.enabled, old.delegated), (None, None, None));
        assert_eq!(Tree::from_json("{}"), None);
        assert_eq!(Tree::from_json("no"), None);
    }

    #[test]
    fn only_the_meaning_of_a_policy_counts() {
        let of = |content: &str| tree(&export(content)).policies["p-1"].hash.clone().unwrap();
        let one = r#"{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Action":["b:Y","a:X"],"Resource":"*"},{"Effect":"Deny","Action":"c:*","Resource":"*"}]}"#;
        let same = r#"{"Statement":[{"Effect":"Deny","Resource":"*","Action":"c:*"},{"Resource":["*"],"Effect":"Deny","Action":["a:x","b:y"]}]}"#;
        let other = r#"{"Statement":[{"Effect":"Deny","Action":"c:*","Resource":"*"},{"Effect":"Deny","Action":["a:X"],"Resource":"*"}]}"#;
        let text = Value::from(one).to_string();
        assert_eq!(of(one), of(same));
        assert_eq!(of(one), of(&text), "the same in a string");
        assert_ne!(of(one), of(other));
        assert_ne!(of("\"broken {\""), of("\"broken [\""));
    }
}
