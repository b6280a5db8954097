//! Targets that have the same control policies, as far as a rule can tell: of a thousand accounts most differ only in
//! policies that are about something else.

use super::surroundings::Bound;
use crate::algebra::action_set::reaches;
use crate::algebra::layered::allows_everything;
use crate::document::Node;
use crate::extract::Site;
use crate::organization::tree::type_of;
use crate::policy::{Effect, PolicyKind, Statement};
use crate::rule::target::{Answer, ask};
use crate::rule::{Layers, Level, Rule};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// What is the same for all targets of one key.
pub(super) struct Shared<'d> {
    pub layers: Layers<'d>,
    pub answer: Answer<'d>,
}

/// What a policy has to say of what a rule asks.
#[derive(Clone, Copy, Debug, Default)]
struct Bearing {
    /// It allows everything.
    everything: bool,
    /// It may allow some of it.
    allows: bool,
    /// It may deny some of it.
    denies: bool,
    /// What it says may be true of one account and not of another.
    tells_accounts_apart: bool,
}

/// What an answer hangs on. Policies are numbered by their texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Key {
    absent: bool,
    account: Option<String>,
    /// Policies with a Deny that counts, at whatever level.
    denies: BTreeSet<usize>,
    /// Levels that do not allow everything, with the policies whose Allow counts.
    tight: BTreeSet<Vec<usize>>,
    /// The levels as they are, for rules that look at the policies themselves.
    exact: Vec<(bool, Vec<usize>)>,
}

/// The questions of one rule.
pub(super) struct Paths<'r, 'd> {
    rule: &'r Rule,
    bound: &'r Bound<'d>,
    kind: PolicyKind,
    /// The first policy with each text.
    texts: Vec<Arc<Site<'d>>>,
    /// The number of a policy's text, by where its site stands in memory.
    numbers: HashMap<usize, usize>,
    /// Of each text; `None` where the rule looks at the policies themselves.
    bearings: Option<Vec<Bearing>>,
    known: HashMap<Key, Rc<Shared<'d>>>,
}

impl<'r, 'd> Paths<'r, 'd> {
    pub fn new(rule: &'r Rule, bound: &'r Bound<'d>, kind: PolicyKind) -> Self {
        let mut by_text: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut texts, mut numbers) = (Vec::new(), HashMap::new());
        for site in bound.sites.values() {
            let number = *by_text.entry(text(site)).or_insert_with(|| {
                texts.push(site.clone());
                texts.len() - 1
            });
            numbers.insert(Arc::as_ptr(site).addr(), number);
        }
        let actions = rule.asked_actions();
        let bearings = actions.map(|actions| texts.iter().map(|site| bearing(site, &actions)).collect());
        Self { rule, bound, kind, texts, numbers, bearings, known: HashMap::new() }
    }

    /// The answer for a target.
    pub fn ask(&mut self, target: &str, owner: &Site<'d>) -> Rc<Shared<'d>> {
        let organization = &self.bound.source.loaded.organization;
        let enabled = organization.is_enabled(type_of(self.kind));
        let mut layers = self.bound.layers(target, self.kind);
        layers.levels.retain(|_| enabled);
        let account = organization.accounts.contains_key(target).then_some(target);
        let key = self.key(&layers, account);
        if let Some(shared) = self.known.get(&key) {
            return shared.clone();
        }
        let layers = self.layers(&key);
        let shared = Rc::new(Shared { answer: ask(self.rule, owner, &layers), layers });
        self.known.insert(key, shared.clone());
        shared
    }

    /// How many questions were put.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.known.len()
    }

    fn key(&self, layers: &Layers<'d>, account: Option<&str>) -> Key {
        let mut key = Key { absent: layers.absent, ..Key::default() };
        let Some(bearings) = &self.bearings else {
            key.account = account.map(str::to_owned);
            key.exact = layers.levels.iter().map(|level| (level.open, self.numbers(level).collect())).collect();
            return key;
        };
        let bearing = |number: usize| bearings.get(number).copied().unwrap_or_default();
        let mut apart = false;
        for level in &layers.levels {
            let own: BTreeSet<usize> = self.numbers(level).collect();
            key.denies.extend(own.iter().copied().filter(|number| bearing(*number).denies));
            let open = level.open || self.kind == PolicyKind::ResourceControlPolicy;
            if !open && !own.iter().any(|number| bearing(*number).everything) {
                let allowing = own.iter().copied().filter(|number| bearing(*number).allows);
                key.tight.insert(allowing.collect());
            }
        }
        for number in key.denies.iter().chain(key.tight.iter().flatten()) {
            apart |= bearing(*number).tells_accounts_apart;
        }
        key.account = account.filter(|_| apart).map(str::to_owned);
        key
    }

    fn numbers<'k>(&'k self, level: &'k Level<'d>) -> impl Iterator<Item = usize> + use<'k, 'r, 'd> {
        level.sites.iter().filter_map(|site| self.numbers.get(&Arc::as_ptr(site).addr()).copied())
    }

    /// Levels that say what a key says.
    fn layers(&self, key: &Key) -> Layers<'d> {
        let level = |open: bool, numbers: &mut dyn Iterator<Item = usize>| Level {
            sites: numbers.filter_map(|number| self.texts.get(number).cloned()).collect(),
            open,
        };
        let mut levels: Vec<Level<'d>> = Vec::new();
        if !key.denies.is_empty() {
            levels.push(level(true, &mut key.denies.iter().copied()));
        }
        levels.extend(key.tight.iter().map(|numbers| level(false, &mut numbers.iter().copied())));
        levels.extend(key.exact.iter().map(|(open, numbers)| level(*open, &mut numbers.iter().copied())));
        Layers { kind: self.kind, levels, absent: key.absent, account: key.account.clone() }
    }
}

/// The text of a policy, as it is written.
fn text<'d>(site: &Site<'d>) -> &'d str {
    let written = |node: Node<'d>| node.document().text().get(node.span().range());
    site.root.and_then(written).unwrap_or_default()
}

fn bearing(site: &Site<'_>, actions: &[&str]) -> Bearing {
    let mut out = Bearing::default();
    let statements = site.policy.iter().flat_map(|policy| &policy.statements);
    for statement in statements {
        let speaks = statement.actions.as_ref().is_some_and(|own| actions.iter().any(|action| reaches(action, own)));
        if !speaks {
            continue;
        }
        out.everything |= allows_everything(statement);
        out.allows |= statement.is(Effect::Allow);
        out.denies |= statement.is(Effect::Deny);
        out.tells_accounts_apart |= tells_accounts_apart(statement);
    }
    out
}

/// Whether what it says may be true of one account's requests and not of another's.
fn tells_accounts_apart(statement: &Statement<'_>) -> bool {
    let by_key =
        |key: &str| key.eq_ignore_ascii_case("aws:PrincipalAccount") || key.eq_ignore_ascii_case("aws:PrincipalOrgPaths");
    let by_value = |text: &str| text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= MANY_DIGITS);
    let resources = statement.resources.iter().flat_map(|element| &element.items);
    if resources.into_iter().any(|resource| by_value(resource.text)) {
        return true;
    }
    let mut conditions = statement.conditions.iter();
    conditions.any(|c| by_key(c.key) || c.values.iter().any(|value| value.is_scalar() && by_value(value.scalar())))
}

/// A run of digits that may be part of an account's id: a glob may hold some of them.
const MANY_DIGITS: usize = 3;

#[cfg(test)]
#[path = "path_key_tests.rs"]
mod tests;
