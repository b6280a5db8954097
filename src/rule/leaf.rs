//! Tests of single texts and accounts, for policies and for JSON alike.

use super::expr::{AccountRef, TextTest};
use crate::algebra::Truth;
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
pub fn account_in(account: &str, accounts: &[AccountRef], own: Option<&str>) -> Truth {
    let each = accounts.iter().map(|a| match (a, own) {
        (AccountRef::Id(id), _) => Truth::from(matches(id, account, Case::Sensitive)),
        (AccountRef::Own, Some(own)) => Truth::from(own == account),
        (AccountRef::Own, None) => Truth::Unknown,
    });
    each.max().unwrap_or(Truth::False)
}
