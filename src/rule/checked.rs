//! Rules whose question is a built-in check: from labels to what is raised.

use super::meta::Rule;
use super::raised::{Judgement, Raised};
use super::template::fill_with;
use crate::algebra::Truth;
use crate::catalog;
use crate::check::{self, Code, Codes, Label, Limits, Subject};
use crate::document::{Node, Problem};
use crate::extract::{DocumentKind, Site};
use crate::finding::Confidence;
use crate::policy::Statement;
use std::borrow::Cow;

/// Everything some checks have to say of a policy.
pub fn labels<'d>(site: &Site<'d>, wanted: Codes, limits: &Limits) -> Vec<Label<'d>> {
    let (DocumentKind::Policy(kind), Some(root), Some(policy)) = (site.kind, site.root, &site.policy) else {
        return Vec::new();
    };
    let resource_type = site.context.resource_type.as_deref();
    let account = site.context.account.as_deref();
    check::run(Subject { root, policy, kind, resource_type, account, catalog: catalog::current(), limits }, wanted)
}

/// Ask one rule of one policy.
pub fn judge<'a, 'd>(rule: &Rule, code: Code, site: &'a Site<'d>) -> Judgement<'a, 'd> {
    if rule.applies_to.test(site) != Truth::True {
        return Judgement::NotApplicable;
    }
    let mut wanted = Codes::default();
    wanted.insert(code);
    let mut limits = Limits::new();
    limits.extend(limit(rule).map(|limit| (code, limit)));
    let found = labels(site, wanted, &limits);
    if found.is_empty() { Judgement::Pass } else { Judgement::Fail(found.iter().map(|label| raise(rule, site, label)).collect()) }
}

/// The `limit` parameter of a rule about sizes.
pub fn limit(rule: &Rule) -> Option<usize> {
    rule.params.get("limit").and_then(|value| value.as_int()).and_then(|n| usize::try_from(n).ok())
}

/// A text that is no JSON, and in which no policy can be seen.
pub fn syntax_error<'a, 'd>(rule: &Rule, site: &'a Site<'d>, problem: &Problem) -> Raised<'a, 'd> {
    let message = fill_with(&rule.meta.message, |name| (name == "it.other").then_some(Cow::Borrowed(problem.message.as_str())));
    Raised {
        site,
        node: site.root,
        related: Vec::new(),
        statement: None,
        message,
        help: Some(problem.help.clone()),
        witness: None,
        confidence: rule.meta.confidence,
        fixes: Vec::new(),
    }
}

/// A label as a broken rule.
pub fn raise<'a, 'd>(rule: &Rule, site: &'a Site<'d>, label: &Label<'d>) -> Raised<'a, 'd> {
    let text = label.text.clone().unwrap_or_else(|| Cow::Borrowed(label.node.scalar()));
    let message = fill_with(&rule.meta.message, |name| match name {
        "it.text" => Some(Cow::Borrowed(&*text)),
        "it.key" => label.key.map(Cow::Borrowed),
        "it.operator" => label.operator.map(Cow::Borrowed),
        "it.other" => label.other.as_deref().map(Cow::Borrowed),
        "it.count" => label.count.map(|n| Cow::Owned(n.to_string())),
        _ => name.strip_prefix("params.").and_then(|p| rule.params.get(p)).map(|p| Cow::Owned(p.to_string())),
    });
    Raised {
        site,
        node: Some(label.node),
        related: label.related.clone(),
        statement: site.policy.as_ref().and_then(|policy| statement_of(&policy.statements, label.node)),
        message,
        help: label.hint.clone(),
        witness: None,
        confidence: if label.doubtful { Confidence::Low } else { rule.meta.confidence },
        fixes: Vec::new(),
    }
}

/// The statement a node lies in; statements stand in the order of the text.
fn statement_of<'a, 'd>(statements: &'a [Statement<'d>], node: Node<'d>) -> Option<&'a Statement<'d>> {
    let after = statements.partition_point(|s| s.node.id() <= node.id());
    statements.get(after.checked_sub(1)?).filter(|s| node.id() < s.node.subtree_end())
}
