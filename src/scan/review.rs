//! A second opinion: what somebody else says of the same policies, placed in their texts and put together with what the
//! rules say. Whom to ask, and how, is not known here.

use super::Scan;
use crate::check::Code;
use crate::document::{Kind, Node, write};
use crate::extract::Site;
use crate::finding::model::Online;
use crate::finding::place::Placer;
use crate::finding::{Category, Confidence, Finding, Label, Location, RuleId, Severity};
use crate::policy::intrinsic::is_intrinsic;
use crate::policy::{PolicyKind, Statement};
use crate::rule::registry::Active;
use std::sync::Arc;

/// A policy to be judged by somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// What sort of policy.
    pub kind: PolicyKind,
    /// What a resource policy is attached to, such as `AWS::S3::Bucket`.
    pub resource_type: Option<String>,
    /// The policy as JSON.
    pub text: String,
}

/// One step into a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An element of a list, from 0.
    Index(usize),
    /// The name of a member.
    Key(String),
    /// The value of a member.
    Value(String),
    /// A part of the text, or a step of a sort that is not known: the place is what was reached so far.
    Within,
}

/// What sort of remark, as IAM Access Analyzer sorts its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The policy does not work.
    Error,
    /// It gives away too much.
    SecurityWarning,
    /// It may not do what it says.
    Warning,
    /// It could be written better.
    Suggestion,
}

/// What somebody says of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Such as `PASS_ROLE_WITH_STAR_IN_RESOURCE`: the id of our rule in capitals.
    pub code: String,
    /// What sort.
    pub sort: Sort,
    /// In words.
    pub message: String,
    /// Where it is explained.
    pub url: String,
    /// What it is about; empty for the whole policy.
    pub places: Vec<Vec<Step>>,
}

/// Who is asked: a policy, and the file it stands in. `None` where there is no answer.
pub type Reviewer<'r> = dyn Fn(&Question, &Arc<str>) -> Option<Arc<[Remark]>> + Sync + 'r;

/// The question about a policy; none about a text with mistakes, or one that is known only when it is deployed.
fn question(site: &Site<'_>) -> Option<Question> {
    let (crate::extract::DocumentKind::Policy(kind), Some(root)) = (site.kind, site.root) else { return None };
    site.policy.as_ref()?;
    let document = root.document();
    if document.problems().iter().any(|problem| !problem.code.is_mended()) {
        return None;
    }
    let inside = (root.id()..root.subtree_end()).filter_map(|id| document.node(id));
    if inside.into_iter().any(|node| node.kind() == Kind::Object && is_intrinsic(node)) {
        return None;
    }
    Some(Question { kind, resource_type: site.context.resource_type.clone(), text: write::json(root) })
}

impl Scan<'_> {
    /// Ask about a policy of which the rules said `said`: mark what others say as well, and give what only they say.
    pub(super) fn review<'d>(&self, site: &Site<'d>, placer: &Placer<'d>, said: &mut [&mut Finding]) -> Vec<Finding> {
        let Some(reviewer) = self.review else { return Vec::new() };
        let Some(question) = question(site) else { return Vec::new() };
        let Some(remarks) = reviewer(&question, &site.file) else { return Vec::new() };
        for finding in said.iter_mut().filter(|finding| self.is_theirs(&finding.rule)) {
            finding.online = Some(Online::NotReported);
        }
        remarks.iter().filter_map(|remark| self.remark(remark, site, placer, said)).collect()
    }

    /// Whether the others have the check of a rule, too.
    fn is_theirs(&self, rule: &RuleId) -> bool {
        let active = self.registry.rules().iter().find(|active| active.head.id == *rule);
        active.is_some_and(|active| &*active.head.pack == "access-analyzer")
    }

    /// Mark the findings that say the same of the same place; a finding of its own when there are none.
    fn remark<'d>(&self, remark: &Remark, site: &Site<'d>, placer: &Placer<'d>, said: &mut [&mut Finding]) -> Option<Finding> {
        let root = site.root?;
        let code = remark.code.parse::<Code>().ok();
        let rules: Vec<&Active> =
            self.registry.rules().iter().filter(|active| code.is_some() && active.head.check == code).collect();
        let nodes: Vec<Node<'d>> = match remark.places.as_slice() {
            [] => vec![root],
            places => places.iter().map(|steps| walk(root, steps)).collect(),
        };
        let scopes: Vec<Location> = nodes.iter().map(|node| placer.node(Some(scope(site, *node).unwrap_or(root)))).collect();
        let mut known = false;
        for finding in said.iter_mut().filter(|finding| rules.iter().any(|active| active.head.id == finding.rule)) {
            if scopes.iter().any(|scope| overlap(&finding.primary.location, scope)) {
                finding.online = Some(Online::Confirmed);
                known = true;
            }
        }
        if known {
            return None;
        }
        let active = rules.first().copied();
        let severity = match (active, code) {
            (Some(active), _) => self.severity(active, site)?,
            // We know it, and the rule was not wanted.
            (None, Some(_)) => return None,
            (None, None) => severity(remark.sort),
        };
        Some(finding(remark, (active, severity), site, placer, &nodes))
    }
}

/// A finding that only they have.
fn finding<'d>(
    remark: &Remark,
    (active, severity): (Option<&Active>, Severity),
    site: &Site<'d>,
    placer: &Placer<'d>,
    nodes: &[Node<'d>],
) -> Finding {
    let meta = active.map(|active| &active.rule().meta);
    let rule = meta.map_or_else(|| RuleId::new(&id_of(&remark.code)), |meta| meta.id.clone());
    let statement = nodes.first().and_then(|node| statement_of(site, *node));
    let mut policy = site.identity();
    policy.sid = statement.and_then(|s| s.sid).map(str::to_owned);
    let mut labels =
        nodes.iter().map(|node| Label { message: String::new(), location: placer.node(Some(*node)) }).collect::<Vec<_>>();
    let related = labels.split_off(labels.len().min(1));
    let root = Label { message: String::new(), location: placer.node(site.root) };
    Finding {
        severity,
        category: meta.map_or_else(|| category(remark.sort), |meta| meta.category),
        confidence: Confidence::High,
        message: remark.message.trim_end_matches('.').to_owned(),
        why: meta.map(|meta| meta.rationale.clone()).filter(|text| !text.is_empty()),
        help: meta.map(|meta| meta.remediation.clone()).filter(|text| !text.is_empty()),
        url: Some(remark.url.as_str().into()).filter(|url: &Arc<str>| !url.is_empty()),
        primary: labels.pop().unwrap_or(root),
        related,
        fingerprint: placer.fingerprint(&rule, &policy, statement.map(|s| s.node), &site.file),
        rule,
        policy,
        suppressed: None,
        fixes: Vec::new(),
        online: Some(Online::Added),
    }
}

/// Their code as the id of a rule: small letters, digits and hyphens, whatever they send.
fn id_of(code: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    code.chars().take(100).map(plain).collect()
}

fn severity(sort: Sort) -> Severity {
    match sort {
        Sort::Error | Sort::SecurityWarning => Severity::High,
        Sort::Warning => Severity::Medium,
        Sort::Suggestion => Severity::Low,
    }
}

fn category(sort: Sort) -> Category {
    match sort {
        Sort::Error | Sort::Warning => Category::Correctness,
        Sort::SecurityWarning => Category::Security,
        Sort::Suggestion => Category::Style,
    }
}

/// As far as the steps lead. A list of one may be written without its brackets.
fn walk<'d>(root: Node<'d>, steps: &[Step]) -> Node<'d> {
    let mut here = root;
    for step in steps {
        let next = match step {
            Step::Index(0) if here.kind() != Kind::Array => Some(here),
            Step::Index(at) => here.elements().nth(*at),
            Step::Key(name) => member(here, name).map(|(key, _)| key),
            Step::Value(name) => member(here, name).map(|(_, value)| value),
            Step::Within => None,
        };
        let Some(next) = next else { break };
        here = next;
    }
    here
}

fn member<'d>(object: Node<'d>, name: &str) -> Option<(Node<'d>, Node<'d>)> {
    let exact = object.members().find(|(key, _)| key.scalar() == name);
    exact.or_else(|| object.members().find(|(key, _)| key.scalar().eq_ignore_ascii_case(name)))
}

fn statement_of<'s, 'd>(site: &'s Site<'d>, node: Node<'d>) -> Option<&'s Statement<'d>> {
    let holds = |s: &&Statement<'d>| s.node.id() <= node.id() && node.id() < s.node.subtree_end();
    site.policy.iter().flat_map(|policy| &policy.statements).find(holds)
}

/// Where somebody may say the same in other words: the statement.
fn scope<'d>(site: &Site<'d>, node: Node<'d>) -> Option<Node<'d>> {
    statement_of(site, node).map(|statement| statement.node)
}

fn overlap(a: &Location, b: &Location) -> bool {
    a.file == b.file
        && a.start.offset < b.end.offset.max(b.start.offset + 1)
        && b.start.offset < a.end.offset.max(a.start.offset + 1)
}

#[cfg(test)]
#[path = "review_tests.rs"]
mod tests;
