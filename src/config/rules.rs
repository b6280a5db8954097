//! `rules` and `overrides`: severity, on or off, and parameters of rules.

use super::read::Reader;
use crate::document::{Kind, Node};
use crate::finding::{RuleId, Severity};
use crate::policy::Context;
use crate::span::{Span, Spanned};
use crate::text::glob::{self, Case};
use crate::text::value::{ParamData, ParamValue};
use globset::GlobMatcher;

/// What the project file says about one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetting {
    /// The rule, as written.
    pub id: Spanned<String>,
    /// Whether it is applied; `None` leaves that as it is.
    pub enabled: Option<bool>,
    /// Its severity here.
    pub severity: Option<Severity>,
    /// Its parameters, not yet checked against their types.
    pub params: Vec<(Spanned<String>, ParamValue)>,
}

/// Settings that hold for some policies only.
#[derive(Clone, Debug)]
pub struct Override {
    /// One of these must match, unless there is none.
    files: Vec<GlobMatcher>,
    accounts: Vec<String>,
    ous: Vec<GlobMatcher>,
    /// Where it stands.
    pub span: Span,
    /// The settings.
    pub rules: Vec<RuleSetting>,
}

impl Override {
    /// True when the settings hold for a policy of this file and context. What is not known never matches.
    pub fn applies(&self, file: &str, context: &Context) -> bool {
        let file_fits = self.files.is_empty() || self.files.iter().any(|f| f.is_match(file));
        let account = context.account.as_deref();
        let account_fits = self.accounts.is_empty()
            || account.is_some_and(|id| self.accounts.iter().any(|a| glob::matches(a, id, Case::Sensitive)));
        let ou_fits = self.ous.is_empty() || context.ou.as_deref().is_some_and(|ou| self.ous.iter().any(|o| in_ou(o, ou)));
        file_fits && account_fits && ou_fits
    }
}

/// `/sandbox/**` means everything in that unit: those below it, and what hangs on it directly.
fn in_ou(pattern: &GlobMatcher, ou: &str) -> bool {
    pattern.is_match(ou) || pattern.is_match(format!("{ou}/-"))
}

pub(super) fn read<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> Vec<RuleSetting> {
    let entries = reader.entries(node, "rules");
    entries.into_iter().map(|(key, value)| setting(reader, key, value)).collect()
}

fn setting<'d>(reader: &mut Reader<'d>, key: Node<'d>, value: Node<'d>) -> RuleSetting {
    let id = Spanned { value: RuleId::canonical(key.scalar()).into_owned(), span: key.span() };
    let mut setting = RuleSetting { id, enabled: None, severity: None, params: Vec::new() };
    match value.kind() {
        Kind::True | Kind::False => setting.enabled = value.as_bool(),
        Kind::Object => {
            for (name, value) in reader.members(value, key.scalar(), &["severity", "enabled", "params"]) {
                match name {
                    "enabled" => setting.enabled = reader.bool(value, name),
                    "severity" => severity(reader, value, &mut setting),
                    _ => setting.params = params(reader, value),
                }
            }
        }
        Kind::String | Kind::Number | Kind::Array | Kind::Null => severity(reader, value, &mut setting),
    }
    setting
}

fn severity<'d>(reader: &mut Reader<'d>, node: Node<'d>, setting: &mut RuleSetting) {
    // YAML of today reads these as words, YAML of yesterday as booleans: both are meant.
    if let Some(word @ ("on" | "off")) = node.as_str() {
        setting.enabled = Some(word == "on");
        return;
    }
    let words = ["on", "off", "info", "low", "medium", "high", "critical"];
    setting.severity = reader.choice(node, "severity", &words);
}

fn params<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> Vec<(Spanned<String>, ParamValue)> {
    let entries = reader.entries(node, "params");
    let read = entries.into_iter().filter_map(|(key, node)| {
        let name = Spanned { value: key.scalar().to_owned(), span: key.span() };
        Some((name, value(reader, key.scalar(), node)?))
    });
    read.collect()
}

/// A parameter as written.
fn value<'d>(reader: &mut Reader<'d>, name: &str, node: Node<'d>) -> Option<ParamValue> {
    let text = node.scalar().to_owned();
    let data = match node.kind() {
        Kind::String => ParamData::String(text),
        Kind::True => ParamData::Bool(true),
        Kind::False => ParamData::Bool(false),
        Kind::Number => match text.parse() {
            Ok(value) => ParamData::Int { value, text },
            Err(_) => {
                reader.problem(node, format!("`{text}` is not a whole number"), "write a whole number, or put text in quotes");
                return None;
            }
        },
        Kind::Array => {
            let items: Vec<Node<'d>> = node.elements().collect();
            ParamData::List(items.into_iter().filter_map(|item| value(reader, name, item)).collect())
        }
        Kind::Null | Kind::Object => {
            let help = "write text, a number, true, false or a list";
            reader.problem(node, format!("parameter `{name}` has no value that a rule can take"), help);
            return None;
        }
    };
    Some(ParamValue { data, span: node.span() })
}

pub(super) fn read_overrides<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> Vec<Override> {
    let items = reader.list(node, "overrides");
    items.into_iter().map(|item| one_override(reader, item)).collect()
}

fn one_override<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> Override {
    let mut found = Override { files: Vec::new(), accounts: Vec::new(), ous: Vec::new(), span: node.span(), rules: Vec::new() };
    let members = reader.members(node, "overrides", &["file", "account", "ou", "rules"]);
    let has = |keys: &[&str]| members.iter().any(|(key, _)| keys.contains(key));
    if node.kind() == Kind::Object && !has(&["file", "account", "ou"]) {
        reader.problem(node, "this override does not say where it holds", "add `file`, `account` or `ou`, or move it to `rules`");
    }
    if node.kind() == Kind::Object && !has(&["rules"]) {
        reader.problem(node, "this override has no `rules`", "add `rules`, or remove the override");
    }
    for (key, value) in members {
        match key {
            "file" => found.files = reader.path_globs(value, key),
            "account" => found.accounts = reader.texts(value, key).into_iter().map(|a| a.value).collect(),
            "ou" => found.ous = reader.path_globs(value, key),
            _ => found.rules = read(reader, value),
        }
    }
    found
}
