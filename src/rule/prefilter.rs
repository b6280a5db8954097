//! What a statement must have for a rule's `where` to hold, read off the matcher once: most statements are passed over
//! by two comparisons, which is why a thousand rules cost little more than ten.

use super::expr::Matcher;
use crate::algebra::Relation;
use crate::policy::model::Services;
use crate::policy::{Effect, Statement};

/// Necessary conditions, not sufficient ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefilter {
    services: Services,
    /// The statement must reach every one of the services, not just some.
    all_of_them: bool,
    effect: Option<Effect>,
}

impl Default for Prefilter {
    fn default() -> Self {
        Self { services: Services::ALL, all_of_them: false, effect: None }
    }
}

impl Prefilter {
    /// Read off a `where`.
    pub fn of(filter: Option<&Matcher>) -> Self {
        let mut out = Self::default();
        if let Some(matcher) = filter {
            out.narrow(matcher);
        }
        out
    }

    fn narrow(&mut self, matcher: &Matcher) {
        match matcher {
            Matcher::All(all) => all.iter().for_each(|m| self.narrow(m)),
            Matcher::It(inner) | Matcher::Statement(inner) => self.narrow(inner),
            Matcher::Effect(effect) => self.effect = Some(*effect),
            // One service set is enough; two would have to be met apart, which one mask cannot say.
            Matcher::Actions(Relation::Touches, set) if self.services == Services::ALL => self.services = set.services(),
            Matcher::Actions(Relation::Covers, set) if self.services == Services::ALL => {
                self.services = set.services();
                self.all_of_them = true;
            }
            _ => {}
        }
    }

    /// False only when `where` is surely false for every subject of this statement.
    pub fn admits(&self, statement: &Statement<'_>) -> bool {
        let services =
            if self.all_of_them { statement.services.holds(self.services) } else { statement.services.may_meet(self.services) };
        services && self.effect.is_none_or(|effect| statement.is(effect))
    }
}
