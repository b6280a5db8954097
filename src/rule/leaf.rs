//! Tests of single texts and accounts, for policies and for JSON alike.

use super::expr::{AccountRef, TextTest};
use crate::algebra::Truth;
use crate::policy::Context;
use crate::text::glob::{Case, has_wildcard, matches};

/// Whether a text passes every test that is given.
pub fn text_holds(test: &TextTest, text: &str, case: Case) -> bool {
    let glob = |g: &String| matches(g, text, case);
    let equal = |e: &String| e == text || (case == Case::Insensitive && e.eq_ignore_ascii_case(text));
    test.equals.as_ref().is_none_or(|all| all.iter().any(equal))
        && test.glob.as_ref().is_none_or(|all| all.iter().any(glob))
        && test.contains.as_ref().is_none_or(|words| words.any_in(text))
        && test.regex.as_ref().is_none_or(|all| all.iter().any(|r| r.is_match(text)))
        && test.has_wildcard.is_none_or(|wanted| has_wildcard(text) == wanted)
}

/// Whether an account is among some; `Unknown` when that hangs on the own account, which nobody told.
pub fn account_in(account: &str, accounts: &[AccountRef], whose: Option<&Context>) -> Truth {
    let each = accounts.iter().map(|a| match a {
        AccountRef::Id(id) => Truth::from(matches(id, account, Case::Sensitive)),
        AccountRef::Own => whose.and_then(|w| w.account.as_deref()).map_or(Truth::Unknown, |own| Truth::from(own == account)),
        // Without an organization nobody is known to manage it.
        AccountRef::Management => Truth::from(whose.and_then(|w| w.management_account.as_deref()) == Some(account)),
    });
    each.max().unwrap_or(Truth::False)
}
