//! Where an export contradicts itself, or lists what nobody can read: whatever hangs on it is not known. An export is often
//! put together by a script, and what a script lost must not turn into "nothing is attached there".

use crate::document::{Kind, Node};
use std::collections::{BTreeMap, BTreeSet};

/// What of an export is in doubt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Units and accounts of which nothing tells what they hang in, or what is attached to them: their ids.
    pub unsettled: BTreeSet<String>,
    /// Those of them that are said to be in several places, or in none: where they hang is not known at all.
    pub torn: BTreeSet<String>,
    /// Policies with several texts: their ids.
    pub ambiguous: BTreeSet<String>,
    /// Entries were lost: there is more in the organization than is known.
    pub is_partial: bool,
    /// What to say of it, in the order of the export.
    pub said: Vec<Doubt>,
}

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The number of the node to point at.
    pub node: u32,
    /// What is wrong.
    pub reason: String,
}

/// The lists of an export, with the members that an entry cannot do without.
const LISTS: [(&str, &[&str]); 6] = [
    ("Roots", &["Id"]),
    ("OrganizationalUnits", &["Id"]),
    ("Accounts", &["Id"]),
    ("Policies", &["Id", "Arn", "Type"]),
    ("PolicyAttachments", &["PolicyId", "TargetId"]),
    ("DelegatedAdministrators", &["Id"]),
];

/// What of an export is in doubt.
pub(super) fn look(root: Node<'_>) -> Doubts {
    let mut out = Doubts::default();
    for (list, members) in LISTS {
        out.entries(root, list, members);
    }
    if root.get("PolicyAttachments").is_none() {
        out.say(root, "the export does not tell what is attached where: it has no `PolicyAttachments`".to_owned());
        out.unsettled.extend(["Roots", "OrganizationalUnits", "Accounts"].iter().flat_map(|list| ids(root, list)));
    }
    let roots: BTreeSet<String> = ids(root, "Roots").collect();
    out.parentless(root, &roots);
    for list in ["OrganizationalUnits", "Accounts"] {
        out.places(root, list);
    }
    out.texts(root);
    out
}

fn text<'d>(node: Node<'d>, key: &str) -> Option<&'d str> {
    node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty())
}

fn entries<'d>(root: Node<'d>, list: &str) -> impl Iterator<Item = Node<'d>> + use<'d> {
    root.get(list).filter(|node| node.kind() == Kind::Array).into_iter().flat_map(Node::elements)
}

fn ids<'d>(root: Node<'d>, list: &str) -> impl Iterator<Item = String> + use<'d> {
    entries(root, list).filter_map(|node| text(node, "Id").map(str::to_owned))
}

impl Doubts {
    fn say(&mut self, node: Node<'_>, reason: String) {
        self.said.push(Doubt { node: node.id(), reason });
    }

    /// Entries that lack what tells them, said once for each list.
    fn entries(&mut self, root: Node<'_>, list: &str, members: &[&str]) {
        let Some(node) = root.get(list) else { return };
        if node.kind() != Kind::Array {
            self.is_partial = true;
            self.say(node, format!("`{list}` is no list: nothing of it was read"));
            return;
        }
        let lacks = |entry: &Node<'_>| {
            let told = entry.get("PolicySummary").filter(|_| list == "Policies").unwrap_or(*entry);
            members.iter().find(|key| text(told, key).is_none()).copied()
        };
        let mut lost = node.elements().filter_map(|entry| Some((entry, lacks(&entry)?)));
        let Some((first, key)) = lost.next() else { return };
        let more = match lost.count() {
            0 => String::new(),
            1 => ", and one more like it".to_owned(),
            count => format!(", and {count} more like it"),
        };
        self.is_partial = true;
        self.say(first, format!("an entry of `{list}` has no text as its `{key}`{more}: it was not read"));
    }

    /// Units that hang in nothing and are no root.
    fn parentless(&mut self, root: Node<'_>, roots: &BTreeSet<String>) {
        for unit in entries(root, "OrganizationalUnits").filter(|unit| text(*unit, "ParentId").is_none()) {
            let Some(id) = text(unit, "Id").filter(|id| !roots.contains(*id) && !id.starts_with("r-")) else { continue };
            self.unsettled.insert(id.to_owned());
            if self.torn.insert(id.to_owned()) {
                self.say(unit, format!("the unit `{id}` has no `ParentId`: what is attached above it is not known"));
            }
        }
    }

    /// Units and accounts that are listed twice and stand in different places, or in different states.
    fn places(&mut self, root: Node<'_>, list: &str) {
        let mut known: BTreeMap<&str, [Option<&str>; 2]> = BTreeMap::new();
        for entry in entries(root, list) {
            let Some(id) = text(entry, "Id") else { continue };
            let own = [text(entry, "ParentId"), text(entry, "State").or_else(|| text(entry, "Status"))];
            if *known.entry(id).or_insert(own) == own {
                continue;
            }
            self.unsettled.insert(id.to_owned());
            if self.torn.insert(id.to_owned()) {
                self.say(entry, format!("`{id}` is listed twice in `{list}`, and not alike: what binds it is not known"));
            }
        }
    }

    /// Policies that are listed twice with different texts.
    fn texts(&mut self, root: Node<'_>) {
        let mut known: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for entry in entries(root, "Policies") {
            let Some(id) = text(entry.get("PolicySummary").unwrap_or(entry), "Id") else { continue };
            let content = entry.get("Content").and_then(|node| node.document().text().get(node.span().range()));
            if *known.entry(id).or_insert(content) != content && self.ambiguous.insert(id.to_owned()) {
                self.say(entry, format!("the policy `{id}` is listed twice with different texts: neither was taken"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    fn said(text: &str) -> (Vec<String>, Doubts) {
        let document = json::parse(text.to_owned());
        let doubts = look(document.root().unwrap());
        (doubts.said.iter().map(|doubt| doubt.reason.clone()).collect(), doubts)
    }

    #[test]
    fn an_export_in_order_is_beyond_doubt() {
        let (reasons, doubts) = said(
            r#"{"Roots":[{"Id":"r-1"}],"OrganizationalUnits":[{"Id":"ou-1","ParentId":"r-1"},{"Id":"ou-1","ParentId":"r-1","Name":"again"}],
            "Accounts":[{"Id":"111122223333","ParentId":"ou-1"},{"Id":"111122223333","ParentId":"ou-1"}],
            "Policies":[{"PolicySummary":{"Id":"p-1","Arn":"a","Type":"T"},"Content":"{}"},{"Id":"p-1","Arn":"a","Type":"T","Content":"{}"}],
            "PolicyAttachments":[{"PolicyId":"p-1","TargetId":"r-1"}]}"#,
        );
        assert_eq!((reasons, doubts), (Vec::new(), Doubts::default()));
    }

    #[test]
    fn entries_that_cannot_be_read_are_told_once_for_each_list() {
        let (reasons, doubts) = said(
            r#"{"Roots":{"Id":"r-1"},"Accounts":[{"Id":111122223333},null,"x",{"Id":"444455556666","ParentId":"r-1"}],
            "Policies":[{"PolicySummary":{"Id":"p-1","Type":"T"}}],"PolicyAttachments":[{"PolicyId":"p-1"}]}"#,
        );
        assert_eq!(
            reasons,
            [
                "`Roots` is no list: nothing of it was read",
                "an entry of `Accounts` has no text as its `Id`, and 2 more like it: it was not read",
                "an entry of `Policies` has no text as its `Arn`: it was not read",
                "an entry of `PolicyAttachments` has no text as its `TargetId`: it was not read",
            ]
        );
        assert!(doubts.is_partial && doubts.unsettled.is_empty());
    }

    #[test]
    fn contradictions_unsettle_what_they_are_about() {
        let (reasons, doubts) = said(
            r#"{"Roots":[{"Id":"r-1"}],"OrganizationalUnits":[{"Id":"ou-1","ParentId":"r-1"},{"Id":"ou-2","ParentId":null},{"Id":"r-2"}],
            "Accounts":[{"Id":"1","ParentId":"ou-1"},{"Id":"1","ParentId":"r-1"},{"Id":"1","ParentId":"ou-2"},
                {"Id":"2","ParentId":"r-1","Status":"ACTIVE"},{"Id":"2","ParentId":"r-1","Status":"SUSPENDED"}],
            "Policies":[{"Id":"p-1","Arn":"a","Type":"T","Content":"{}"},{"Id":"p-1","Arn":"a","Type":"T","Content":"{\"Statement\":[]}"}],
            "PolicyAttachments":[]}"#,
        );
        assert_eq!(
            reasons,
            [
                "the unit `ou-2` has no `ParentId`: what is attached above it is not known",
                "`1` is listed twice in `Accounts`, and not alike: what binds it is not known",
                "`2` is listed twice in `Accounts`, and not alike: what binds it is not known",
                "the policy `p-1` is listed twice with different texts: neither was taken",
            ]
        );
        assert_eq!(doubts.unsettled, doubts.torn);
        assert_eq!(doubts.torn.into_iter().collect::<Vec<_>>(), ["1", "2", "ou-2"]);
        assert_eq!(doubts.ambiguous.into_iter().collect::<Vec<_>>(), ["p-1"]);
        assert!(!doubts.is_partial);
    }

    #[test]
    fn without_attachments_nothing_is_settled() {
        let (reasons, doubts) = said(r#"{"Roots":[{"Id":"r-1"}],"Accounts":[{"Id":"1","ParentId":"r-1"}],"Policies":[]}"#);
        assert_eq!(reasons, ["the export does not tell what is attached where: it has no `PolicyAttachments`"]);
        assert_eq!(doubts.unsettled.into_iter().collect::<Vec<_>>(), ["1", "r-1"]);
        assert!(doubts.torn.is_empty());
    }
}
