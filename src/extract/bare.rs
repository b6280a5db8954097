//! Documents that are a policy, or one configuration item of AWS Config.

use super::infer;
use super::site::{DocumentKind, Site};
use crate::document::{Document, Kind, Node, Problem};
use crate::policy::context::Context;
use crate::policy::parse;
use std::sync::Arc;

/// What was found in a document.
#[derive(Debug)]
pub struct Extraction<'d> {
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

/// Recognise a document by its content.
pub fn recognise<'d>(document: &'d Document, hints: Hints) -> Extraction<'d> {
    let mut out = Extraction { sites: Vec::new(), problems: Vec::new() };
    let Some(root) = document.root() else { return out };
    if root.kind() != Kind::Object && hints.context.kind.is_none() {
        return out;
    }
    if is_config_item(root) && !is_policy(root) && hints.context.kind.is_none() {
        out.sites.push(config_item(root, hints));
    } else if is_policy(root) || hints.context.kind.is_some() {
        let (policy, problems) = parse(root);
        out.problems = problems;
        let mut context = hints.context;
        let (kind, assumed) = infer::kind(&policy, &context, &hints.file);
        infer::complete(&policy, kind, &mut context);
        let kind = DocumentKind::Policy(kind);
        out.sites.push(Site { file: hints.file, root: Some(root), kind, assumed, policy: Some(policy), context });
    }
    out
}

/// A `Statement`, however it is spelled; or a lone statement somebody forgot to wrap.
fn is_policy(root: Node<'_>) -> bool {
    let has = |name: &str| root.members().any(|(key, _)| key.scalar().eq_ignore_ascii_case(name));
    let near = || root.members().any(|(key, _)| strsim::damerau_levenshtein(key.scalar(), "Statement") <= 2);
    has("Statement") || (has("Version") && near()) || (has("Effect") && (has("Action") || has("NotAction")))
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
    Site { file: hints.file, root: Some(root), kind: DocumentKind::ConfigItem, assumed: false, policy: None, context }
}
