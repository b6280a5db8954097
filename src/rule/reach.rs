//! What a rule's answer hangs on besides the text of one policy: whose the policy is, and what else its owner has. Of a
//! text that stands in a thousand places, a rule that looks no further is asked once.

use super::expr::{AccountRef, Many, Matcher, QuestionSpec, ResourceSpec, ValueTest};
use super::meta::{AppliesTo, ForEach, Rule};
use super::prefilter::Prefilter;
use crate::document::Node;
use crate::policy::Policy;
use crate::text::value::ParamValue;
use std::collections::BTreeMap;

/// How far a rule looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// It asks whose the policy is: account, name, tags, file, the resource it is attached to.
    pub owner: bool,
    /// It asks of all policies of the owner together.
    pub whole: bool,
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
            Matcher::PrincipalAccount(_, accounts) => self.owner |= accounts.contains(&AccountRef::Own),
            Matcher::Path(test) => {
                self.owner |= matches!(&test.test, ValueTest::Arn { within, .. } if within.contains(&AccountRef::Own));
            }
            Matcher::Fact(_) => self.owner = true,
            Matcher::Constant(_)
            | Matcher::Inherited
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

/// Whether a rule may treat two accounts differently because of what their ids are: some constant of it spells digits of
/// one. Only then does the answer change when an owner's id is read as another's throughout a policy.
pub(super) fn tells_accounts_apart(rule: Node<'_>, params: &BTreeMap<String, ParamValue>) -> bool {
    let parts = ["applies_to", "default_when", "define", "where", "assert"];
    parts.iter().filter_map(|part| rule.get(part)).any(|node| names_account(node, false))
        || params.values().any(value_names_account)
}

fn names_account(node: Node<'_>, pattern: bool) -> bool {
    let in_members = || node.members().any(|(key, value)| names_account(value, key.scalar() == "regex"));
    let in_elements = || node.elements().any(|value| names_account(value, pattern));
    if node.is_scalar() { spells_digits(node.scalar(), pattern) } else { in_members() || in_elements() }
}

fn value_names_account(value: &ParamValue) -> bool {
    let in_text = value.as_text().is_some_and(|text| spells_digits(text, true));
    in_text || value.as_list().is_some_and(|list| list.iter().any(value_names_account))
}

/// Three digits in a row, or one beside a wildcard; in a regular expression any digit.
fn spells_digits(text: &str, pattern: bool) -> bool {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let wild = |i: usize| bytes.get(i).is_some_and(|b| matches!(b, b'*' | b'?'));
    (0..bytes.len()).any(|i| digit(i) && (pattern || (digit(i + 1) && digit(i + 2)) || wild(i + 1)) || (wild(i) && digit(i + 1)))
}

impl Rule {
    /// False only when the rule surely has nothing to look at in this policy, whoever has it.
    pub fn may_concern(&self, policy: &Policy<'_>) -> bool {
        match &self.for_each {
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
