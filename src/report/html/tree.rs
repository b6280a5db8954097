//! Where accounts and findings hang in the organization: the rows of the map, and whose a finding is.

use crate::audit::Audit;
use crate::finding::{Finding, Standing};
use crate::organization::Organization;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A row of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Id of a unit or an account.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How deep below the root.
    pub depth: usize,
    /// A unit, or else an account.
    pub unit: bool,
    /// The row of the unit above.
    pub parent: Option<usize>,
}

/// The organization as rows, and look-ups in it.
#[derive(Debug, Default)]
pub struct Tree<'a> {
    /// Units and accounts, each below its unit, by name.
    pub rows: Vec<Row<'a>>,
    /// Rows by id.
    by_id: HashMap<&'a str, usize>,
    /// Rows by ARN.
    by_arn: HashMap<&'a str, usize>,
    /// Guardrails, by id.
    pub guardrails: Vec<&'a str>,
    /// Verdicts by row and guardrail.
    standings: HashMap<(usize, usize), Standing>,
}

impl<'a> Tree<'a> {
    /// Of an audit. Accounts that only findings name come last, in no unit.
    pub fn of(audit: &'a Audit) -> Self {
        let mut tree = Self::default();
        if let Some(organization) = &audit.organization {
            tree.grow(organization);
        }
        let named: BTreeSet<&str> = audit.outcome.findings.iter().filter_map(|f| f.policy.account.as_deref()).collect();
        let targets: BTreeSet<&str> = audit.outcome.targets.iter().map(|t| t.target.as_ref()).collect();
        for id in named.union(&targets) {
            if !tree.by_id.contains_key(id) {
                tree.push(
                    Row { id, name: "", depth: 0, unit: id.starts_with("r-") || id.starts_with("ou-"), parent: None },
                    None,
                );
            }
        }
        let rules: BTreeSet<&str> = audit.outcome.targets.iter().map(|t| t.rule.as_str()).collect();
        tree.guardrails = rules.into_iter().collect();
        let columns: HashMap<&str, usize> = tree.guardrails.iter().enumerate().map(|(i, id)| (*id, i)).collect();
        for verdict in &audit.outcome.targets {
            let (row, column) = (tree.by_id.get(verdict.target.as_ref()), columns.get(verdict.rule.as_str()));
            if let (Some(&row), Some(&column)) = (row, column) {
                tree.standings.insert((row, column), verdict.standing);
            }
        }
        tree
    }

    fn push(&mut self, row: Row<'a>, arn: Option<&'a str>) -> usize {
        let at = self.rows.len();
        self.by_id.insert(row.id, at);
        if let Some(arn) = arn {
            self.by_arn.insert(arn, at);
        }
        self.rows.push(row);
        at
    }

    /// Depth first, without recursion: the data may be nested as deep as it likes, and may run in rings.
    fn grow(&mut self, organization: &'a Organization) {
        let mut units: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for unit in organization.units.values() {
            let above = unit.parent.as_deref().filter(|p| organization.units.contains_key(*p));
            units.entry(above).or_default().push(&unit.id);
        }
        let mut accounts: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for account in organization.accounts.values() {
            let above = account.parent.as_deref().filter(|p| organization.units.contains_key(*p));
            accounts.entry(above).or_default().push(&account.id);
        }
        let unit_name = |id: &str| organization.units.get(id).map_or("", |u| u.name.as_str());
        let account_name = |id: &str| organization.accounts.get(id).map_or("", |a| a.name.as_str());
        units.values_mut().for_each(|list| list.sort_by_key(|id| std::cmp::Reverse((unit_name(id), *id))));
        accounts.values_mut().for_each(|list| list.sort_by_key(|id| (account_name(id), *id)));
        let mut waiting: Vec<(&str, Option<usize>, usize)> =
            units.get(&None).into_iter().flatten().map(|id| (*id, None, 0)).collect();
        // Units in a ring hang below no root; each that was not met stands by itself.
        let rest: Vec<&str> = organization.units.keys().map(String::as_str).rev().collect();
        let mut left = rest.into_iter();
        loop {
            while let Some((id, parent, depth)) = waiting.pop() {
                let Some(unit) = organization.units.get(id).filter(|_| !self.by_id.contains_key(id)) else { continue };
                let at = self.push(Row { id, name: &unit.name, depth, unit: true, parent }, unit.arn.as_deref());
                self.add_accounts(accounts.get(&Some(id)), organization, Some(at), depth + 1);
                waiting.extend(units.get(&Some(id)).into_iter().flatten().map(|id| (*id, Some(at), depth + 1)));
            }
            match left.next() {
                Some(id) => waiting.push((id, None, 0)),
                None => break,
            }
        }
        self.add_accounts(accounts.get(&None), organization, None, 0);
    }

    fn add_accounts(&mut self, ids: Option<&Vec<&'a str>>, organization: &'a Organization, parent: Option<usize>, depth: usize) {
        for id in ids.into_iter().flatten() {
            if let Some(account) = organization.accounts.get(*id).filter(|_| !self.by_id.contains_key(id)) {
                self.push(Row { id, name: &account.name, depth, unit: false, parent }, account.arn.as_deref());
            }
        }
    }

    /// The row of an id.
    pub fn row(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The row a finding belongs to: what it is about, where that is a unit or an account, or else its account.
    pub fn row_of(&self, finding: &Finding) -> Option<usize> {
        let about = finding.policy.resource.as_deref().and_then(|arn| self.by_arn.get(arn).copied());
        about.or_else(|| finding.policy.account.as_deref().and_then(|id| self.row(id)))
    }

    /// How a guardrail stands for a row.
    pub fn standing(&self, row: usize, guardrail: usize) -> Option<Standing> {
        self.standings.get(&(row, guardrail)).copied()
    }

    /// Cells that are held, and all that are held or open.
    pub fn held(&self) -> (usize, usize) {
        let count = |wanted| self.standings.values().filter(|s| **s == wanted).count();
        let held = count(Standing::Held);
        (held, held + count(Standing::Open))
    }

    /// Accounts among the rows.
    pub fn accounts(&self) -> impl Iterator<Item = (usize, &Row<'a>)> {
        self.rows.iter().enumerate().filter(|(_, row)| !row.unit)
    }

    /// The path of a row by names: `Workloads / Prod`.
    pub fn path(&self, row: usize) -> String {
        let mut names = Vec::new();
        let mut at = self.rows.get(row).and_then(|r| r.parent);
        // The root says nothing; a parent always stands before its rows, so this ends.
        while let Some(above) = at.and_then(|i| self.rows.get(i)) {
            if above.parent.is_some() {
                names.push(above.name);
            }
            at = above.parent;
        }
        names.reverse();
        names.join(" / ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::audit_sample;

    #[test]
    fn rows_stand_below_their_unit_by_name() {
        let audit = audit_sample::audit();
        let tree = Tree::of(&audit);
        let shown: Vec<String> = tree.rows.iter().map(|r| format!("{}{}", "  ".repeat(r.depth), r.name)).collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        Root
          management
          Sandbox
            play
          Workloads
            ml-central
            Prod
              shop
              web
        ");
        assert_eq!(tree.path(tree.row("333333333333").unwrap()), "Workloads / Prod");
    }

    #[test]
    fn findings_about_a_unit_hang_at_the_unit() {
        let audit = audit_sample::audit();
        let tree = Tree::of(&audit);
        let about: Vec<&str> =
            audit.outcome.findings.iter().filter_map(|f| tree.row_of(f)).map(|row| tree.rows[row].name).collect();
        assert_eq!(about, ["ml-central", "Sandbox", "shop", "web"]);
        assert_eq!(tree.held(), (4, 6));
    }

    #[test]
    fn rings_and_orphans_are_rows_once() {
        let mut audit = audit_sample::audit();
        let organization = audit.organization.as_mut().unwrap();
        organization.units.get_mut("r-0001").unwrap().parent = Some("ou-prod".into());
        organization.accounts.get_mut("333333333333").unwrap().parent = Some("ou-gone".into());
        let (units, accounts) = (organization.units.len(), organization.accounts.len());
        let tree = Tree::of(&audit);
        assert_eq!(tree.rows.len(), units + accounts);
        for (i, row) in tree.rows.iter().enumerate() {
            assert!(row.parent.is_none_or(|p| p < i), "a parent stands before its rows");
        }
    }
}
