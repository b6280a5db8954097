//! What changed between two trees of an organization: accounts and units that came, went or moved, control policies that
//! were attached, detached, or say something else.

use super::model::{Change, ChangeKind};
use super::tree::{Control, Member, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// Every change, sorted. What comes or goes with its target, such as the policies of an account that was closed, is not
/// told once more.
pub fn between(old: &Tree, new: &Tree) -> Vec<Change> {
    let mut out = Vec::new();
    accounts(old, new, &mut out);
    units(old, new, &mut out);
    administrators(old, new, &mut out);
    policies(old, new, &mut out);
    types(old, new, &mut out);
    attachments(old, new, &mut out);
    out.sort();
    out
}

fn change(kind: ChangeKind, subject: &str, name: String, before: Option<String>, after: Option<String>) -> Change {
    Change { kind, subject: subject.to_owned(), name, before, after }
}

fn parent_path(tree: &Tree, member: &Member) -> Option<String> {
    member.parent.as_deref().map(|parent| tree.path(parent))
}

fn accounts(old: &Tree, new: &Tree, out: &mut Vec<Change>) {
    for (id, account) in &new.accounts {
        let name = account.name.clone();
        let here = parent_path(new, account);
        match old.accounts.get(id) {
            None => out.push(change(ChangeKind::AccountAdded, id, name, None, here)),
            Some(was) => {
                if was.parent != account.parent {
                    out.push(change(ChangeKind::AccountMoved, id, name.clone(), parent_path(old, was), here));
                }
                match (was.suspended, account.suspended) {
                    (Some(false), Some(true)) => out.push(change(ChangeKind::AccountSuspended, id, name.clone(), None, None)),
                    (Some(true), Some(false)) => out.push(change(ChangeKind::AccountReopened, id, name.clone(), None, None)),
                    _ => {}
                }
                if was.name != name {
                    out.push(change(ChangeKind::AccountRenamed, id, name.clone(), Some(was.name.clone()), Some(name)));
                }
            }
        }
    }
    for (id, was) in gone(&old.accounts, &new.accounts) {
        out.push(change(ChangeKind::AccountRemoved, id, was.name.clone(), parent_path(old, was), None));
    }
}

/// Services that accounts administer for the organization; those of accounts that came or went are told with them.
fn administrators(old: &Tree, new: &Tree, out: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (&old.delegated, &new.delegated) else { return };
    let none = BTreeSet::new();
    for (id, account) in new.accounts.iter().filter(|(id, _)| old.accounts.contains_key(*id)) {
        let (was, is) = (before.get(id).unwrap_or(&none), after.get(id).unwrap_or(&none));
        let name = || account.name.clone();
        for service in was.difference(is) {
            out.push(change(ChangeKind::AdministratorRemoved, id, name(), Some(service.clone()), None));
        }
        for service in is.difference(was) {
            out.push(change(ChangeKind::AdministratorAdded, id, name(), None, Some(service.clone())));
        }
    }
}

/// Types of control policies that the root switched on or off.
fn types(old: &Tree, new: &Tree, out: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (&old.enabled, &new.enabled) else { return };
    let root = new.units.iter().find(|(_, unit)| unit.parent.is_none()).map_or("", |(id, _)| id.as_str());
    let words = |kind: &str| format!("{} policies", kind.trim_end_matches("_POLICY").replace('_', " ").to_lowercase());
    for kind in before.difference(after) {
        out.push(change(ChangeKind::PolicyTypeDisabled, root, words(kind), None, None));
    }
    for kind in after.difference(before) {
        out.push(change(ChangeKind::PolicyTypeEnabled, root, words(kind), None, None));
    }
}

fn units(old: &Tree, new: &Tree, out: &mut Vec<Change>) {
    for (id, unit) in &new.units {
        let here = new.path(id);
        match old.units.get(id) {
            None => out.push(change(ChangeKind::UnitAdded, id, here.clone(), None, Some(here))),
            Some(was) => {
                let both = || (here.clone(), Some(old.path(id)), Some(here.clone()));
                if was.parent != unit.parent {
                    let (name, before, after) = both();
                    out.push(change(ChangeKind::UnitMoved, id, name, before, after));
                }
                if was.name != unit.name {
                    let (name, before, after) = both();
                    out.push(change(ChangeKind::UnitRenamed, id, name, before, after));
                }
            }
        }
    }
    for (id, _) in gone(&old.units, &new.units) {
        out.push(change(ChangeKind::UnitRemoved, id, old.path(id), Some(old.path(id)), None));
    }
}

fn policies(old: &Tree, new: &Tree, out: &mut Vec<Change>) {
    for (id, policy) in &new.policies {
        let name = titled(policy);
        match old.policies.get(id) {
            None => out.push(change(ChangeKind::PolicyCreated, id, name.clone(), None, Some(name))),
            Some(was) => {
                if was.name != policy.name {
                    out.push(change(ChangeKind::PolicyRenamed, id, name.clone(), Some(titled(was)), Some(name.clone())));
                }
                // A text that one of the two exports lacks is no change.
                if was.hash.is_some() && policy.hash.is_some() && was.hash != policy.hash {
                    out.push(change(ChangeKind::PolicyChanged, id, name, None, None));
                }
            }
        }
    }
    for (id, was) in gone(&old.policies, &new.policies) {
        out.push(change(ChangeKind::PolicyDeleted, id, titled(was), Some(titled(was)), None));
    }
}

fn attachments(old: &Tree, new: &Tree, out: &mut Vec<Change>) {
    let none = BTreeSet::new();
    let targets = |tree: &Tree| -> BTreeSet<String> { tree.units.keys().chain(tree.accounts.keys()).cloned().collect() };
    let named = |tree: &Tree, id: &String| tree.policies.get(id).map_or_else(|| id.clone(), titled);
    for target in targets(old).intersection(&targets(new)) {
        let before = old.attached.get(target).unwrap_or(&none);
        let after = new.attached.get(target).unwrap_or(&none);
        let name = new.name_of(target);
        for id in before.difference(after) {
            out.push(change(ChangeKind::PolicyDetached, target, name.clone(), Some(named(old, id)), None));
        }
        for id in after.difference(before) {
            out.push(change(ChangeKind::PolicyAttached, target, name.clone(), None, Some(named(new, id))));
        }
    }
}

/// Members of the old that the new lacks.
fn gone<'t, T>(old: &'t BTreeMap<String, T>, new: &'t BTreeMap<String, T>) -> impl Iterator<Item = (&'t String, &'t T)> {
    old.iter().filter(|(id, _)| !new.contains_key(*id))
}

/// `SCP deny-training`.
fn titled(policy: &Control) -> String {
    let word = match policy.kind.as_str() {
        "SERVICE_CONTROL_POLICY" => "SCP",
        "RESOURCE_CONTROL_POLICY" => "RCP",
        _ => "policy",
    };
    format!("{word} {}", policy.name)
}

#[cfg(test)]
mod tests {
    use super::super::tree::tests::{export, tree};
    use super::*;

    fn told(edit: impl FnOnce(&mut Tree)) -> Vec<String> {
        let old = tree(&export(r#"{"Statement":[{"Effect":"Deny","Action":"a:X","Resource":"*"}]}"#));
        let mut new = old.clone();
        edit(&mut new);
        let show = |c: Change| {
            let part = |p: Option<String>| p.unwrap_or_else(|| "-".into());
            format!("{} {} {} {} {}", c.kind.as_str(), c.subject, c.name, part(c.before), part(c.after))
        };
        between(&old, &new).into_iter().map(show).collect()
    }

    #[test]
    fn each_change_is_told_once() {
        assert!(told(|_| {}).is_empty());
        let moved = told(|t| t.accounts.get_mut("111122223333").unwrap().parent = Some("ou-1".into()));
        assert_eq!(moved, ["account-moved 111122223333 shop /Work/Prod /Work"]);
        let detached = told(|t| t.attached.clear());
        assert_eq!(detached, ["policy-detached ou-1 /Work SCP deny -"]);
        let renamed = told(|t| t.units.get_mut("ou-2").unwrap().name = "Live".into());
        assert_eq!(renamed, ["unit-renamed ou-2 /Work/Live /Work/Prod /Work/Live"], "its accounts did not move");
        let lifted = told(|t| t.units.get_mut("ou-2").unwrap().parent = Some("r-1".into()));
        assert_eq!(lifted, ["unit-moved ou-2 /Prod /Work/Prod /Prod"]);
        let changed = told(|t| t.policies.get_mut("p-1").unwrap().hash = Some("other".into()));
        assert_eq!(changed, ["policy-changed p-1 SCP deny - -"]);
        assert!(told(|t| t.policies.get_mut("p-1").unwrap().hash = None).is_empty());
    }

    #[test]
    fn what_is_switched_off_suspended_or_delegated_is_told() {
        let both = |edit: fn(&mut Tree)| (told(edit), edit);
        let (suspended, suspend) = both(|t| t.accounts.get_mut("111122223333").unwrap().suspended = Some(true));
        assert_eq!(suspended, ["account-suspended 111122223333 shop - -"]);
        let old = tree(&export("{}"));
        let mut new = old.clone();
        suspend(&mut new);
        assert_eq!(between(&new, &old)[0].kind, ChangeKind::AccountReopened);
        let off = told(|t| t.enabled = Some(["RESOURCE_CONTROL_POLICY".to_owned()].into()));
        assert_eq!(
            off,
            ["policy-type-disabled r-1 service control policies - -", "policy-type-enabled r-1 resource control policies - -"]
        );
        let delegated = told(|t| t.delegated = Some([("111122223333".into(), ["sso.amazonaws.com".to_owned()].into())].into()));
        assert_eq!(delegated, ["administrator-added 111122223333 shop - sso.amazonaws.com"]);
        // What one of the two does not tell is no change: not of an older history, not of an export that lacks it.
        assert!(told(|t| (t.enabled, t.delegated) = (None, None)).is_empty());
        assert!(told(|t| t.accounts.values_mut().for_each(|a| a.suspended = None)).is_empty());
    }

    #[test]
    fn what_goes_with_its_target_is_not_told_again() {
        let removed = told(|t| {
            t.units.retain(|id, _| id != "ou-1");
            t.attached.clear();
        });
        assert_eq!(removed, ["unit-removed ou-1 /Work /Work -"]);
        let deleted = told(|t| {
            t.policies.clear();
            t.attached.clear();
        });
        assert_eq!(deleted, ["policy-deleted p-1 SCP deny SCP deny -", "policy-detached ou-1 /Work SCP deny -"]);
        let added = told(|t| {
            t.accounts.insert("444455556666".into(), Member { name: "new".into(), parent: Some("ou-2".into()), suspended: None });
            t.attached.insert("444455556666".into(), ["p-1".to_owned()].into());
        });
        assert_eq!(added, ["account-added 444455556666 new - /Work/Prod"]);
    }
}
