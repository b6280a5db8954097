//! Literals: what one element or condition says of one field of a request. Equal ones are one, by number.

use super::actions::ActionSet;
use super::hash::Map;
use super::pattern::{Pattern, Reading, Variables, variable_text};
use super::value::Atom;
use crate::policy::condition::Quantifier;
use std::collections::BTreeSet;

/// The number of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LiteralId(pub u32);

/// The number of a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u32);

/// What a literal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The action.
    Action,
    /// The resource.
    Resource,
    /// Who calls.
    Principal,
    /// A condition key.
    Key(KeyId),
}

/// Whom one entry of `Principal` names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    /// `*`.
    Everyone,
    /// Everybody of an account.
    Account(String),
    /// A user, role or session.
    Arn(String),
    /// A service.
    Service(String),
    /// An identity provider.
    Provider(String),
    /// An S3 canonical user.
    Canonical(String),
    /// What is left of a deleted principal, or nothing that can be: nobody.
    Nobody(String),
    /// Known only when a template is deployed.
    Unknown(String),
}

/// A condition on a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Test {
    /// Set operator.
    pub quantifier: Quantifier,
    /// True for values outside of the atom.
    pub negated: bool,
    /// True when a request without the key fulfils it.
    pub at_absent: bool,
    /// The values.
    pub atom: Atom,
}

/// What a literal says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The action is one of these, or none.
    Actions(ActionSet, bool),
    /// The resource matches one of these, or none.
    Resources(Vec<Pattern>, bool),
    /// The caller is one of these, or none (`NotPrincipal`).
    Principals(Vec<Named>, bool),
    /// The caller is one of these, or none; in a Deny, where exempting somebody takes more than naming them.
    DenyPrincipals(Vec<Named>, bool),
    /// The key fulfils a condition.
    Key(Test),
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Literal {
    /// The field.
    pub field: Field,
    /// What it says.
    pub meaning: Meaning,
    /// A variable without a default under a negation: whether the statement counts at all when it has no value is not
    /// told by the documentation.
    pub doubtful: bool,
}

/// A literal that holds or not.
pub type Sense = (LiteralId, bool);

/// All literals, keys and variables that were met.
#[derive(Debug, Default)]
pub struct Table {
    literals: Vec<Literal>,
    numbers: Map<Literal, LiteralId>,
    /// In lower case, and as first met.
    keys: Vec<(String, String)>,
    key_numbers: Map<String, KeyId>,
    variables: Vec<String>,
    variable_numbers: Map<String, u32>,
    /// Values chosen for variables while policies are compiled, `None` for absent; others are symbols.
    pub chosen: Map<String, Option<String>>,
    /// Values that variables have in every request of the question.
    pub known: Map<String, String>,
    /// Some literal names an action that the catalogue does not have.
    pub unlisted: bool,
    /// Variables that surely have a value, though it is not known: their defaults say nothing.
    pub there: BTreeSet<String>,
    /// Texts are read as the documentation tells, even where a proof would hold in other readings too.
    pub concrete: bool,
}

impl Table {
    /// Read variables as symbols again.
    pub fn choose_nothing(&mut self) {
        self.chosen.clear();
        self.known.clear();
        self.there.clear();
        self.concrete = false;
    }

    /// Read variables of which the value is known as that.
    pub fn know(&mut self, known: &[super::known::Known]) {
        let certain = known.iter().filter(|one| !one.list && !one.or_absent);
        self.known = certain.map(|one| (one.name(), one.value.clone())).collect();
    }

    /// The number of a literal.
    pub fn literal(&mut self, literal: Literal) -> LiteralId {
        if let Some(id) = self.numbers.get(&literal) {
            return *id;
        }
        let id = LiteralId(u32::try_from(self.literals.len()).unwrap_or(u32::MAX));
        self.unlisted |= matches!(&literal.meaning, Meaning::Actions(set, _) if !set.extra.is_empty());
        self.literals.push(literal.clone());
        self.numbers.insert(literal, id);
        id
    }

    /// That a key is there.
    pub fn present(&mut self, key: KeyId) -> Sense {
        let test = Test { quantifier: Quantifier::Any, negated: false, at_absent: false, atom: Atom::Anything };
        (self.literal(Literal { field: Field::Key(key), meaning: Meaning::Key(test), doubtful: false }), true)
    }

    /// That a key has one of some values.
    pub fn among(&mut self, key: KeyId, values: Vec<Pattern>) -> Sense {
        let test = Test { quantifier: Quantifier::Any, negated: false, at_absent: false, atom: Atom::Text(values) };
        (self.literal(Literal { field: Field::Key(key), meaning: Meaning::Key(test), doubtful: false }), true)
    }

    /// That a key is absent, or has a value that none of some globs matches.
    pub fn outside(&mut self, key: KeyId, globs: &[String]) -> Sense {
        let mut patterns: Vec<Pattern> = globs.iter().filter_map(|g| Pattern::read(g, Reading::Glob, false, None)).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let test = Test { quantifier: Quantifier::Any, negated: true, at_absent: true, atom: Atom::Text(patterns) };
        (self.literal(Literal { field: Field::Key(key), meaning: Meaning::Key(test), doubtful: false }), true)
    }

    /// That an action is named by some globs. Those marked as open name any text that they match, not only what the
    /// catalogue knows.
    pub fn actions(&mut self, globs: &[(String, bool)]) -> Sense {
        let mut set = ActionSet::new(globs.iter().map(|(text, _)| text.as_str()));
        set.open(globs.iter().filter(|(_, open)| *open).map(|(text, _)| text.as_str()));
        (self.literal(Literal { field: Field::Action, meaning: Meaning::Actions(set, false), doubtful: false }), true)
    }

    /// How many literals there are.
    pub fn count(&self) -> usize {
        self.literals.len()
    }

    /// A literal by number.
    pub fn get(&self, id: LiteralId) -> Option<&Literal> {
        self.literals.get(id.0 as usize)
    }

    /// The number of a condition key, letter case ignored.
    pub fn key(&mut self, written: &str) -> KeyId {
        let name = written.to_lowercase();
        if let Some(id) = self.key_numbers.get(&name) {
            return *id;
        }
        let id = KeyId(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        self.keys.push((name.clone(), written.to_owned()));
        self.key_numbers.insert(name, id);
        id
    }

    /// The number of a key that was met.
    pub fn known_key(&self, name: &str) -> Option<KeyId> {
        self.key_numbers.get(name).copied()
    }

    /// The name of a key, in lower case.
    pub fn key_name(&self, id: KeyId) -> &str {
        self.keys.get(id.0 as usize).map_or("", |(name, _)| name.as_str())
    }

    /// The name of a key as it was first met.
    pub fn key_spelling(&self, id: KeyId) -> &str {
        self.keys.get(id.0 as usize).map_or("", |(_, written)| written.as_str())
    }

    /// The text of a variable.
    pub fn variable(&self, number: u32) -> &str {
        self.variables.get(number as usize).map_or("", String::as_str)
    }
}

impl Variables for Table {
    fn value(&self, key: &str) -> Option<Option<String>> {
        self.chosen.get(key).cloned().or_else(|| self.known.get(key).map(|value| Some(value.clone())))
    }

    fn number(&mut self, key: &str, default: Option<&str>) -> u32 {
        let default = default.filter(|_| !self.there.contains(key));
        self.number_of(&variable_text(key, default), false)
    }
}

impl Table {
    /// The number of a variable by its text; one in front of a resource's last field is not the same as one in it.
    pub fn number_of(&mut self, text: &str, in_front: bool) -> u32 {
        let text = if in_front { format!("{text} in front") } else { text.to_owned() };
        if let Some(number) = self.variable_numbers.get(&text) {
            return *number;
        }
        let number = u32::try_from(self.variables.len()).unwrap_or(u32::MAX);
        self.variables.push(text.clone());
        self.variable_numbers.insert(text, number);
        number
    }
}
