//! The text of a policy value with its variables put in. What is put in is literal: a `*` in a tag value is no wildcard.
//!
//! IAM User Guide, "IAM policy elements: Variables and tags".

use super::glob::{self, Token};
use super::view::View;
use crate::policy::arn::{fields, has_dollar_brace};

/// A policy value, ready to be compared.
#[derive(Clone, Debug)]
pub(super) enum Text<'p> {
    /// As written; `*` and `?` are wildcards where the operator has any.
    Plain(&'p str),
    /// With values put in.
    Tokens(Vec<Token>),
    /// It has a variable without a value.
    Unresolved,
}

/// The version of the policy language that has variables.
const WITH_VARIABLES: &str = "2012-10-17";

/// Whether a policy of this version has variables.
pub(super) fn has_variables(version: Option<&str>) -> bool {
    version == Some(WITH_VARIABLES)
}

impl<'p> Text<'p> {
    /// The value of a condition.
    pub(super) fn read(text: &'p str, version: Option<&str>, view: &View<'_>) -> Self {
        Self::after(text, 0, version, view)
    }

    /// A resource, in which variables may stand after the fifth colon.
    pub(super) fn resource(text: &'p str, version: Option<&str>, view: &View<'_>) -> Self {
        let start = fields(text).map_or(text.len(), |[.., last]| text.len() - last.len());
        Self::after(text, start, version, view)
    }

    fn after(text: &'p str, start: usize, version: Option<&str>, view: &View<'_>) -> Self {
        if !has_dollar_brace(text) || !has_variables(version) {
            return Self::Plain(text);
        }
        let (head, mut rest) = text.split_at_checked(start).unwrap_or((text, ""));
        let mut out: Vec<Token> = head.chars().map(Token::of).collect();
        while let Some((before, body)) = rest.split_once("${") {
            out.extend(before.chars().map(Token::of));
            let Some((variable, after)) = closed(body) else {
                out.extend("${".chars().map(Token::Char));
                rest = body;
                continue;
            };
            if !substitute(variable, view, &mut out) {
                return Self::Unresolved;
            }
            rest = after;
        }
        out.extend(rest.chars().map(Token::of));
        Self::Tokens(out)
    }

    /// Whether it fits with its wildcards; `None` when it has no value.
    pub(super) fn fits(&self, text: &str) -> Option<bool> {
        match self {
            Self::Plain(pattern) => Some(glob::plain(pattern, text)),
            Self::Tokens(pattern) => Some(glob::tokens(pattern, text)),
            Self::Unresolved => None,
        }
    }

    /// The characters it is made of, wildcards being characters; `None` when it has no value.
    pub(super) fn literal(&self) -> Option<String> {
        match self {
            Self::Plain(text) => Some((*text).to_owned()),
            Self::Tokens(tokens) => Some(tokens.iter().map(character).collect()),
            Self::Unresolved => None,
        }
    }

    /// Whether it is this text, character by character.
    pub(super) fn equals(&self, text: &str) -> Option<bool> {
        match self {
            Self::Plain(own) => Some(*own == text),
            Self::Tokens(tokens) => Some(tokens.iter().map(character).eq(text.chars())),
            Self::Unresolved => None,
        }
    }

    /// Whether it fits an ARN field by field: wildcards stay within their field, but for the last one, which may hold colons.
    pub(super) fn fits_arn(&self, arn: &str) -> Option<bool> {
        let wanted = arn.splitn(6, ':');
        let is_arn = wanted.clone().count() == 6 && arn.starts_with("arn:");
        match self {
            Self::Unresolved => None,
            Self::Plain(pattern) => {
                let own = pattern.splitn(6, ':');
                Some(is_arn && own.clone().count() == 6 && own.zip(wanted).all(|(pattern, text)| glob::plain(pattern, text)))
            }
            Self::Tokens(pattern) => {
                let colon = |token: &Token| *token == Token::Char(':');
                let mut own = pattern.splitn(6, colon).zip(wanted);
                let six = pattern.iter().filter(|token| colon(token)).count() >= 5;
                Some(is_arn && six && own.all(|(pattern, text)| glob::tokens(pattern, text)))
            }
        }
    }
}

fn character(token: &Token) -> char {
    match token {
        Token::Char(c) => *c,
        Token::One => '?',
        Token::Any => '*',
    }
}

/// What stands before the closing brace, and what after; a default in quotes may hold braces.
fn closed(body: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (at, c) in body.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '}' if !quoted => return Some((body.get(..at)?, body.get(at + 1..)?)),
            _ => {}
        }
    }
    body.split_once('}')
}

/// Put the value of `key` or `key, 'default'` in; false when there is none.
fn substitute(variable: &str, view: &View<'_>, out: &mut Vec<Token>) -> bool {
    if let "*" | "?" | "$" = variable {
        out.extend(variable.chars().map(Token::Char));
        return true;
    }
    let (key, default) = match variable.split_once(',') {
        Some((key, text)) => (key, text.trim().strip_prefix('\'').and_then(|t| t.strip_suffix('\''))),
        None => (variable, None),
    };
    let value = match view.values(key.trim()) {
        Some(values) => values.single(),
        None => default,
    };
    out.extend(value.into_iter().flat_map(str::chars).map(Token::Char));
    value.is_some()
}
