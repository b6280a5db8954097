//! Documents that are a policy, or one configuration item of AWS Config.

use super::infer;
use super::layout::is_policy;
use super::site::{DocumentKind, Site};
use crate::document::{Document, Kind, Node, Problem};
use crate::policy::context::Context;
use crate::policy::{parse, parse_statement};
use std::sync::Arc;

/// What was recognised in a document that is one thing.
#[derive(Debug)]
pub struct Recognised<'d> {
    /// Policies and records; empty when nothing was recognised.
    pub sites: Vec<Site<'d>>,
    /// What does not fit the grammar of a policy.
    pub problems: Vec<Problem>,
}

/// What was said about a file from outside.
#[derive(Clone, Debug)]
pub struct Hints {
    /// The file's name.
    pub file: Arc<str>,
    /// From the command line and the project file.
    pub context: Context,
}

/// Recognise a document that is a policy or a configuration item by itself.
pub fn recognise<'d>(document: &'d Document, hints: Hints) -> Recognised<'d> {
    let mut out = Recognised { sites: Vec::new(), problems: Vec::new() };
    let Some(root) = document.root() else { return out };
    if root.kind() != Kind::Object && hints.context.kind.is_none() {
        return out;
    }
    if is_config_item(root) && !is_policy(root) && hints.context.kind.is_none() {
        out.sites.push(config_item(root, hints));
    } else if is_policy(root) || hints.context.kind.is_some() {
        let (site, problems) = policy_site(root, hints);
        out.sites.push(site);
        out.problems = problems;
    }
    out
}

/// The policy at a node, its kind inferred where nothing says it; and what does not fit the grammar of a policy.
pub fn policy_site(root: Node<'_>, hints: Hints) -> (Site<'_>, Vec<Problem>) {
    let mut context = hints.context;
    let (policy, problems) = if is_event_bus_statement(root, &context) { parse_statement(root) } else { parse(root) };
    let (kind, assumed) = infer::kind(&policy, &context, &hints.file);
    infer::complete(&policy, kind, &mut context);
    let kind = DocumentKind::Policy(kind);
    (Site { file: hints.file, root: Some(root), kind, assumed, policy: Some(policy), facts: &[], context }, problems)
}

/// `AWS::Events::EventBusPolicy` holds one statement, and EventBridge makes the policy.
fn is_event_bus_statement(root: Node<'_>, context: &Context) -> bool {
    let bus = context.resource_type.as_deref() == Some("AWS::Events::EventBus");
    bus && root.get("Statement").is_none() && root.get("Effect").is_some()
}

fn is_config_item(root: Node<'_>) -> bool {
    let has = |name: &str| root.get(name).is_some();
    has("resourceType") && (has("configuration") || has("supplementaryConfiguration"))
}

fn config_item<'d>(root: Node<'d>, hints: Hints) -> Site<'d> {
    let text = |names: [&str; 2]| names.iter().find_map(|n| root.get(n)).and_then(Node::as_str).map(str::to_owned);
    let mut context = hints.context;
    context.resource_type = context.resource_type.or_else(|| text(["resourceType", "resourceType"]));
    context.account = context.account.or_else(|| text(["awsAccountId", "accountId"]));
    context.region = context.region.or_else(|| text(["awsRegion", "region"]));
    context.resource = context.resource.or_else(|| text(["ARN", "arn"]));
    context.name = context.name.or_else(|| text(["resourceName", "resourceId"]));
    Site { file: hints.file, root: Some(root), kind: DocumentKind::ConfigItem, assumed: false, policy: None, facts: &[], context }
}
