//! What a rule's answer hangs on besides the text of one policy: whose the policy is, and what else its owner has. Of a
//! text that stands in a thousand places, a rule that looks no further is asked once.

use super::expr::{AccountRef, Many, Matcher, Part, QuestionSpec, ResourceSpec};
use super::meta::{AppliesTo, ForEach, Rule};
use super::prefilter::Prefilter;
use crate::document::Node;
use crate::policy::Policy;
use crate::policy::arn::is_account_id;
use crate::text::glob::{Case, matches};
use crate::text::value::ParamValue;
use std::collections::{BTreeMap, BTreeSet};

/// How far a rule looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// It asks whose the policy is: name, tags, file, the resource it is attached to. The owner's account may be asked
    /// for all the same: it is part of what a text is known by.
    pub owner: bool,
    /// It asks of all policies of the owner together.
    pub whole: bool,
    /// It asks what binds the owner from outside.
    pub inherits: bool,
}

impl Reach {
    /// Read off the parts of a rule.
    pub fn of<'m>(applies: &AppliesTo, for_each: &ForEach, matchers: impl IntoIterator<Item = Option<&'m Matcher>>) -> Self {
        let mut out = Self { owner: asks_owner(applies), ..Self::default() };
        out.whole = matches!(for_each, ForEach::Document | ForEach::OrgTarget | ForEach::Attachment);
        for matcher in matchers.into_iter().flatten() {
            out.look(matcher);
        }
        out
    }

    fn look(&mut self, matcher: &Matcher) {
        match matcher {
            Matcher::All(all) | Matcher::Any(all) => all.iter().for_each(|m| self.look(m)),
            Matcher::Not(inner) | Matcher::Statement(inner) | Matcher::It(inner) | Matcher::Parts(_, _, inner) => {
                self.look(inner)
            }
            Matcher::Document(inner) | Matcher::Statements(_, inner) => {
                self.whole = true;
                self.look(inner);
            }
            Matcher::Count(count) => {
                self.whole = true;
                count.filter.iter().for_each(|m| self.look(m));
            }
            Matcher::Grants(spec) | Matcher::Denies(spec) => {
                self.whole = true;
                self.owner |= asks_whose(spec);
            }
            Matcher::Fact(_) | Matcher::AttachedTo(_) => self.owner = true,
            Matcher::PrincipalAccount(_, accounts) => self.owner |= accounts.contains(&AccountRef::Management),
            Matcher::Inherited(..) => {
                self.owner = true;
                self.inherits = true;
            }
            Matcher::Constant(_)
            | Matcher::Effect(_)
            | Matcher::Sid(_)
            | Matcher::Has(_)
            | Matcher::Actions(..)
            | Matcher::Resources(..)
            | Matcher::Shape(_)
            | Matcher::Negated(_)
            | Matcher::Text(_)
            | Matcher::PrincipalType(_)
            | Matcher::PrincipalForm(_)
            | Matcher::Path(_)
            | Matcher::BoundedBy(_)
            | Matcher::Key(_)
            | Matcher::Operator(_)
            | Matcher::KnownOperator(_)
            | Matcher::IfExists(_)
            | Matcher::Quantifier(_)
            | Matcher::Values(..) => {}
        }
    }

    /// Whether the text of one policy is all it looks at.
    pub fn is_local(self) -> bool {
        !self.owner && !self.whole
    }
}

fn asks_owner(applies: &AppliesTo) -> bool {
    let attached = applies.attached_to.is_some();
    let here = applies.files.is_some() || applies.accounts.is_some() || applies.ous.is_some() || applies.partitions.is_some();
    attached || here || applies.unless.as_ref().is_some_and(|unless| asks_owner(unless))
}

fn asks_whose(spec: &QuestionSpec) -> bool {
    spec.resources == ResourceSpec::Attachment
}

/// What the constants of a rule say about account ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digits {
    /// Runs of digits that are written out: an account whose id has one in it is not like any other.
    pub runs: BTreeSet<String>,
    /// Some constant may fit one id and not another in a way that runs do not tell.
    pub any: bool,
}

impl Digits {
    /// Read off a rule file and the values of its parameters.
    pub(super) fn of(rule: Node<'_>, params: &BTreeMap<String, ParamValue>) -> Self {
        let mut out = Self::default();
        let parts = ["applies_to", "default_when", "define", "where", "assert"];
        parts.iter().filter_map(|part| rule.get(part)).for_each(|node| out.node(node, false));
        params.values().for_each(|value| out.value(value));
        out
    }

    fn node(&mut self, node: Node<'_>, pattern: bool) {
        if node.is_scalar() {
            self.text(node.scalar(), pattern);
        }
        node.members().for_each(|(key, value)| self.node(value, key.scalar() == "regex"));
        node.elements().for_each(|value| self.node(value, pattern));
    }

    fn value(&mut self, value: &ParamValue) {
        if let Some(text) = value.as_text() {
            self.text(text, true);
        }
        value.as_list().unwrap_or_default().iter().for_each(|value| self.value(value));
    }

    fn text(&mut self, text: &str, pattern: bool) {
        if !text.bytes().any(|b| b.is_ascii_digit()) {
            return;
        }
        if pattern {
            // Any digit whatever, and how often: the same of every id.
            let counts = text.split('{').map(|part| match part.split_once('}') {
                Some((count, rest)) if count.bytes().all(|b| b.is_ascii_digit() || b == b',') => rest,
                Some(_) | None => part,
            });
            let left = counts.collect::<Vec<_>>().join("{").replace("0-9", "");
            if !is_account_id(text) {
                self.any |= left.bytes().any(|b| b.is_ascii_digit());
                return;
            }
        }
        let wild = |c: char| matches!(c, '*' | '?');
        for run in text.split(|c: char| !c.is_ascii_digit() && !wild(c)) {
            match run.bytes().filter(u8::is_ascii_digit).count() {
                0 => {}
                n if n < run.len() => self.any = true,
                1 | 2 => {}
                _ => {
                    self.runs.insert(run.to_owned());
                }
            }
        }
    }

    /// Both.
    pub fn merge(&mut self, other: &Self) {
        self.runs.extend(other.runs.iter().cloned());
        self.any |= other.any;
    }

    /// Whether an account is like any other to the rules: what they say of a policy holds of its copy in another one.
    pub fn are_blind_to(&self, account: &str) -> bool {
        !self.runs.iter().any(|run| account.contains(run.as_str()) || run.contains(account))
    }
}

impl Rule {
    /// False only when the rule surely has nothing to look at in this policy, whoever has it.
    pub fn may_concern(&self, policy: &Policy<'_>) -> bool {
        match &self.for_each {
            ForEach::Part(Part::Condition) => {
                let keys = self.filter.as_ref().and_then(needed_keys);
                let mut conditions = policy.statements.iter().flat_map(|s| &s.conditions);
                conditions.any(|c| keys.is_none_or(|keys| keys.iter().any(|k| matches(k, c.key, Case::Insensitive))))
            }
            ForEach::Statement | ForEach::Part(_) => policy.statements.iter().any(|s| self.prefilter.admits(s)),
            ForEach::Document => match &self.filter {
                Some(Matcher::Statements(Many::Some, inner)) => {
                    let needed = Prefilter::of(Some(inner));
                    policy.statements.iter().any(|s| needed.admits(s))
                }
                Some(_) | None => true,
            },
            ForEach::OrgTarget | ForEach::Attachment | ForEach::JsonPath(..) => true,
        }
    }
}

/// The condition keys one of which a condition must have to be a subject.
fn needed_keys(filter: &Matcher) -> Option<&[String]> {
    match filter {
        Matcher::Key(globs) => Some(globs),
        Matcher::It(inner) => needed_keys(inner),
        Matcher::All(all) => all.iter().find_map(needed_keys),
        _ => None,
    }
}
