//! What a rule's answer hangs on besides the text of one policy: whose the policy is, and what else its owner has. Of a
//! text that stands in a thousand places, a rule that looks no further is asked once.

use super::expr::{AccountRef, Many, Matcher, QuestionSpec, ResourceSpec, ValueTest};
use super::meta::{AppliesTo, ForEach, Rule};
use super::prefilter::Prefilter;
use crate::policy::Policy;

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
