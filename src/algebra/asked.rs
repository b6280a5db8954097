//! A question as a statement of its own, so that the engine and the evaluator read it like any policy: an Allow of exactly
//! the requests that are asked about. It has no `Version`, so that nothing in it is a variable.

use super::action_set::real_actions;
use super::question::{Question, When, WhenTest, Who};
use crate::catalog::{self, KeyType};
use crate::policy::arn::has_variable;
use crate::policy::condition::Comparison;
use crate::policy::{Policy, PolicyKind};
use crate::proof::Scope;
use crate::text::glob::has_wildcard;
use std::fmt::Write;

/// The requests of a question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    /// The statement, without what is asked of actions and resources.
    pub restrictions: String,
    /// Action globs; true for those that name actions the catalogue does not have, too.
    pub actions: Vec<(String, bool)>,
    /// Resource globs.
    pub resources: Vec<String>,
    /// Every action must have a resource and every resource an action.
    pub each: bool,
    /// Whose requests.
    pub scope: Scope,
}

impl Asked {
    /// Of a question about some policies.
    pub fn new(question: &Question, policies: &[&Policy<'_>]) -> Self {
        let mut restrictions = String::new();
        if let Who::Listed(list) = &question.who {
            principals(list, &mut restrictions);
        }
        let mut parts: Vec<(&str, &str, Vec<String>)> = Vec::new();
        for when in &question.when {
            conditions(when, policies, &mut parts);
        }
        if !question.except.is_empty() {
            parts.push(("StringNotLike", "aws:PrincipalArn", question.except.clone()));
        }
        if !parts.is_empty() {
            // An operator may come twice; every one of them counts.
            let one = |(operator, key, values): &(&str, &str, Vec<String>)| {
                format!("{}:{{{}:{}}}", quoted(operator), quoted(key), list(values))
            };
            let all: Vec<String> = parts.iter().map(one).collect();
            _ = write!(restrictions, ",\"Condition\":{{{}}}", all.join(","));
        }
        let open = |glob: &String| has_wildcard(glob) && real_actions(glob).is_none_or(|mut real| real.next().is_none());
        Self {
            restrictions,
            actions: question.actions.iter().map(|glob| (glob.clone(), open(glob))).collect(),
            resources: question.resources.clone(),
            each: !question.by_resource_type,
            scope: scope(question),
        }
    }

    /// As a policy.
    pub fn policy(&self) -> String {
        let actions: Vec<&String> = self.actions.iter().map(|(glob, _)| glob).collect();
        format!(
            "{{\"Statement\":{{\"Effect\":\"Allow\",\"Action\":{},\"Resource\":{}{}}}}}",
            list(&actions),
            list(&self.resources),
            self.restrictions
        )
    }

    /// Questions of which none may be about nothing: the whole, or one for each glob.
    pub fn pieces(&self) -> Vec<Self> {
        if !self.each || (self.actions.len() < 2 && self.resources.len() < 2) {
            return vec![self.clone()];
        }
        let of_action = self.actions.iter().map(|glob| Self { actions: vec![glob.clone()], ..self.clone() });
        let of_resource = self.resources.iter().map(|glob| Self { resources: vec![glob.clone()], ..self.clone() });
        of_action.chain(of_resource).collect()
    }
}

fn scope(question: &Question) -> Scope {
    match (question.kind, &question.account) {
        (Some(PolicyKind::ServiceControlPolicy), Some(account)) => Scope::Member(account.clone()),
        (kind, _) => kind.map_or(Scope::Everyone, crate::proof::scope_of),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let all: Vec<String> = texts.iter().map(|t| quoted(t.as_ref())).collect();
    format!("[{}]", all.join(","))
}

/// Principals by what they look like. Among everybody, nobody needs to be named.
fn principals(who: &[String], out: &mut String) {
    if who.iter().any(|w| w == "*") {
        return;
    }
    let sort = |text: &str| {
        if text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn") {
            "Service"
        } else if text.contains(":saml-provider/")
            || text.contains(":oidc-provider/")
            || (text.contains('.') && !text.contains(':'))
        {
            "Federated"
        } else {
            "AWS"
        }
    };
    let of = |name: &str| -> Option<String> {
        let fits: Vec<&String> = who.iter().filter(|w| sort(w) == name).collect();
        (!fits.is_empty()).then(|| format!("{}:{}", quoted(name), list(&fits)))
    };
    let all: Vec<String> = ["AWS", "Service", "Federated"].into_iter().filter_map(of).collect();
    _ = write!(out, ",\"Principal\":{{{}}}", all.join(","));
}

/// How a key is compared, for a value inside and outside of a set.
fn operators(key: &str, values: &[String]) -> (&'static str, &'static str) {
    let known = catalog::current().key(key);
    if known.is_some_and(catalog::ConditionKey::is_list) {
        return ("ForAllValues:StringLike", "ForAllValues:StringNotLike");
    }
    let address = |text: &String| text.split('/').next().is_some_and(|a| a.parse::<std::net::IpAddr>().is_ok());
    match known.map(catalog::ConditionKey::kind) {
        Some(KeyType::IpAddress) if values.iter().all(address) => ("IpAddress", "NotIpAddress"),
        Some(KeyType::Numeric) if values.iter().all(|v| v.parse::<f64>().is_ok()) => ("NumericEquals", "NumericNotEquals"),
        _ => ("StringLike", "StringNotLike"),
    }
}

fn conditions<'q>(when: &'q When, policies: &[&Policy<'_>], out: &mut Vec<(&'static str, &'q str, Vec<String>)>) {
    let key = when.key.as_str();
    let there = || ("Null", key, vec!["false".to_owned()]);
    match &when.test {
        WhenTest::Absent => out.push(("Null", key, vec!["true".to_owned()])),
        WhenTest::Equals(value) => {
            let known = catalog::current().key(key);
            let boolean = known.is_some_and(|k| k.kind() == KeyType::Bool && !k.is_list());
            let operator = match operators(key, std::slice::from_ref(value)).0 {
                "StringLike" if boolean && matches!(value.as_str(), "true" | "false") => "Bool",
                "StringLike" => "StringEquals",
                "ForAllValues:StringLike" => "ForAllValues:StringEquals",
                other => other,
            };
            out.extend([(operator, key, vec![value.clone()]), there()]);
        }
        WhenTest::Within(set) => out.extend([(operators(key, set).0, key, set.clone()), there()]),
        WhenTest::NotWithin { set, or_absent } => {
            out.push((operators(key, set).1, key, set.clone()));
            out.extend((!or_absent).then(there));
        }
        WhenTest::NotLiteral { or_absent } => {
            let operator = match operators(key, &["?".to_owned()]).1 {
                "ForAllValues:StringNotLike" => "ForAllValues:StringNotEquals",
                _ => "StringNotEquals",
            };
            out.push((operator, key, named(key, policies)));
            out.extend((!or_absent).then(there));
        }
    }
}

/// The concrete values that policies compare a key with.
fn named(key: &str, policies: &[&Policy<'_>]) -> Vec<String> {
    let mut out = Vec::new();
    let all = policies.iter().flat_map(|p| &p.statements).flat_map(|s| &s.conditions);
    for condition in all.filter(|c| c.is_about(key)) {
        let globs = match condition.operator.comparison {
            Comparison::Text => false,
            Comparison::Glob | Comparison::Arn => true,
            _ => continue,
        };
        let texts = condition.values.iter().filter(|v| v.is_scalar()).map(|v| v.scalar());
        let open = |t: &str| t.is_empty() || has_variable(t) || (globs && has_wildcard(t));
        let concrete = texts.filter(|t| !open(t));
        out.extend(concrete.map(str::to_owned));
    }
    out.sort_unstable();
    out.dedup();
    out
}
