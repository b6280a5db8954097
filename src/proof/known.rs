//! Condition keys of which the value is known before anything is asked: the organization that the callers are in, or that
//! the resources are in.
//!
//! AWS global condition context keys: `aws:PrincipalOrgID` and `aws:PrincipalOrgPaths` are in every request of a principal
//! whose account is in an organization, `aws:ResourceOrgID`, `aws:ResourceOrgPaths` and `aws:ResourceAccount` in those on
//! resources of such an account.

use super::compile::plain;
use super::literal::{Field, Meaning, Sense, Table, Test};
use super::pattern::Pattern;
use super::problem::Obligation;
use super::value::Atom;
use crate::policy::condition::Quantifier;
use std::collections::BTreeSet;

/// A condition key with the one value that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The key, as it is documented.
    pub key: &'static str,
    /// Its value; of a key that comes as a list, the only one in it.
    pub value: String,
    /// It comes as a list.
    pub list: bool,
    /// Requests may do without it.
    pub or_absent: bool,
}

impl Known {
    /// The key in lower case.
    pub fn name(&self) -> String {
        self.key.to_lowercase()
    }

    /// That a request carries it, as literals.
    fn senses(&self, table: &mut Table) -> Vec<Sense> {
        let key = table.key(self.key);
        let test = |quantifier, at_absent| Test {
            quantifier,
            negated: false,
            at_absent,
            atom: Atom::Text(vec![Pattern::exact(&self.value, false)]),
        };
        let mut tests = vec![test(Quantifier::Any, self.or_absent)];
        if self.list {
            tests.push(test(Quantifier::All, true));
        }
        tests.into_iter().map(|test| (table.literal(plain(Field::Key(key), Meaning::Key(test))), true)).collect()
    }
}

/// What is known, of the keys that some literals or variables speak of: of others nothing needs to be said.
pub fn spoken_of(
    table: &mut Table,
    known: &[Known],
    said: impl Iterator<Item = Sense>,
    variables: &BTreeSet<String>,
) -> Vec<Sense> {
    if known.is_empty() {
        return Vec::new();
    }
    let fields: BTreeSet<Field> = said.filter_map(|(id, _)| table.get(id).map(|literal| literal.field)).collect();
    let met = |table: &Table, one: &Known| {
        let name = one.name();
        variables.contains(&name) || table.known_key(&name).is_some_and(|key| fields.contains(&Field::Key(key)))
    };
    let met: Vec<&Known> = known.iter().filter(|one| met(table, one)).collect();
    met.into_iter().flat_map(|one| one.senses(table)).collect()
}

/// Hold obligations to what is known.
pub fn hold(table: &mut Table, known: &[Known], obligations: &mut [Obligation], variables: &BTreeSet<String>) {
    for obligation in obligations {
        let said: Vec<Sense> = obligation.within.iter().chain(obligation.avoid.iter().flatten()).copied().collect();
        obligation.within.extend(spoken_of(table, known, said.into_iter(), variables));
    }
}
