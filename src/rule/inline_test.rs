//! The tests inside a rule file: each case is judged with its own parameters and context and compared with what it
//! expects, places included.

use super::applies::OTHER_ACCOUNT;
use super::compile::compile;
use super::inline_given::Given;
use super::inline_settings;
use super::judge::judge_within;
use super::meta::ForEach;
use super::param::value_of;
use super::raised::Judgement;
use crate::document::{Document, Node, json, path, yaml};
use crate::extract::{DocumentKind, Hints, Site, recognise};
use crate::finding::Confidence;
use crate::policy::context::{AttachedTo, Context};
use crate::text::value::ParamValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Date;

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// What it expects: `pass`, `fail`, `not_applicable`, `unknown`.
    pub expected: String,
    /// Why it does not hold; `None` when it does.
    pub failure: Option<String>,
}

/// Run every inline test of a rule file.
pub fn run(text: &str) -> Vec<CaseResult> {
    let document = yaml::parse(text.to_owned());
    let Some(tests) = document.root().and_then(|r| r.get("tests")) else { return Vec::new() };
    tests.elements().map(|case| run_case(&document, case)).collect()
}

fn run_case(rule_file: &Document, case: Node<'_>) -> CaseResult {
    let text = |key: &str| case.get(key).map(|n| n.scalar().to_owned()).unwrap_or_default();
    let (name, expected) = (text("name"), text("expect"));
    let failure = judged(rule_file, case, &expected).err();
    CaseResult { name, expected, failure }
}

/// What came out of one case.
#[derive(Default)]
pub(super) struct Seen {
    verdict: &'static str,
    pointers: Vec<String>,
    /// The other places of each finding.
    related: Vec<String>,
    messages: Vec<String>,
}

impl Seen {
    pub(super) fn of(verdict: &'static str) -> Self {
        Self { verdict, ..Self::default() }
    }

    /// Something that is said of a target.
    pub(super) fn told(verdict: &'static str, related: Vec<String>, message: String) -> Self {
        Self { verdict, related, messages: vec![message], pointers: Vec::new() }
    }

    /// Take in what came out of another resource of the same document; the worst stands.
    pub(super) fn add(&mut self, other: Self) {
        let rank = |verdict: &str| ["not_applicable", "pass", "undecided", "unknown", "fail"].iter().position(|v| *v == verdict);
        if rank(other.verdict) > rank(self.verdict) {
            self.verdict = other.verdict;
        }
        self.pointers.extend(other.pointers);
        self.related.extend(other.related);
        self.messages.extend(other.messages);
    }
}

fn judged(rule_file: &Document, case: Node<'_>, expected: &str) -> Result<(), String> {
    let given = case.get("given");
    let params: BTreeMap<String, ParamValue> = given
        .and_then(|g| g.get("params"))
        .map(|p| p.members().map(|(k, v)| (k.scalar().to_owned(), value_of(v))).collect())
        .unwrap_or_default();
    let compiled = compile(rule_file, "test", &params);
    if let Some(problem) = compiled.problems.first() {
        return Err(format!("the rule does not compile: {}; {}", problem.message, problem.help));
    }
    if let Some(error) = compiled.param_errors.first() {
        return Err(error.clone());
    }
    if let Some(param) = compiled.missing_params.first() {
        return Err(format!("the case must give parameter `{param}`"));
    }
    let Some(rule) = compiled.rule else { return Err("the rule does not compile".to_owned()) };
    let texts: Vec<&str> = match (case.get("doc"), case.get("docs")) {
        (_, Some(docs)) => docs.elements().map(Node::scalar).collect(),
        (Some(doc), None) => doc.as_str().into_iter().collect(),
        (None, None) => Vec::new(),
    };
    let documents: Vec<Document> = texts.iter().map(|t| json::parse((*t).to_owned())).collect();
    let default_kind = rule.applies_to.kinds.first().copied();
    let default_type = rule.applies_to.resource_types.as_ref().and_then(|t| t.first()).cloned();
    let context = context_of(given, default_kind, default_type);
    let file: Arc<str> = given.and_then(|g| g.get("file")).map_or("policy.json", Node::scalar).into();
    if default_kind == Some(DocumentKind::Settings) {
        let today = given.and_then(|g| g.get("today")).map(day).transpose()?;
        return compare(case, expected, inline_settings::judged(&rule, &texts, &file, &context, today)?);
    }
    let levels = Given::read(given);
    let bound = levels.bound();
    if rule.for_each == ForEach::OrgTarget && levels.is_some() {
        if !documents.is_empty() {
            return Err("the control policies of a target stand in `given` already; leave out `doc`".to_owned());
        }
        let kind = default_kind.unwrap_or(DocumentKind::Other);
        let owner = Site { file, root: None, kind, assumed: false, policy: None, facts: &[], context };
        return compare(case, expected, bound.target(&rule, &owner)?);
    }
    let mut sites: Vec<Site<'_>> = Vec::new();
    for document in &documents {
        let mut found = recognise(document, Hints { file: file.clone(), context: context.clone() });
        if found.sites.is_empty() && rule.check == Some(crate::check::Code::JsonSyntaxError) {
            // A text that is no JSON at all has no place for a policy.
            let broken = Seen { verdict: "fail", pointers: vec![String::new()], ..Seen::default() };
            let whole = Seen::of("pass");
            return compare(case, expected, if document.problems().is_empty() { whole } else { broken });
        }
        if found.sites.is_empty() {
            return Err("the document of the case is not recognised".to_owned());
        }
        sites.append(&mut found.sites);
    }
    if documents.is_empty() {
        let kind = default_kind.unwrap_or(DocumentKind::Other);
        sites.push(Site { file, root: None, kind, assumed: false, policy: None, facts: &[], context });
    }
    let sites: Vec<&Site<'_>> = sites.iter().collect();
    let judgement = judge_within(&rule, &sites, true, bound.around());
    compare(case, expected, seen(judgement, rule.meta.confidence, pointer_of))
}

pub(super) fn seen<'a, 'd>(
    judgement: Judgement<'a, 'd>,
    own: Confidence,
    pointer_of: impl Fn(&Site<'d>, Node<'d>) -> Option<String>,
) -> Seen {
    match judgement {
        Judgement::NotApplicable => Seen::of("not_applicable"),
        Judgement::Undecided => Seen::of("undecided"),
        Judgement::Pass => Seen::of("pass"),
        Judgement::Fail(raised) => {
            // A rule whose own confidence is low cannot be told from one that is unsure.
            let unsure = own != Confidence::Low && raised.iter().all(|r| r.confidence == Confidence::Low);
            Seen {
                verdict: if unsure { "unknown" } else { "fail" },
                pointers: raised.iter().filter_map(|r| pointer_of(r.site, r.node?)).collect(),
                related: raised.iter().flat_map(|r| r.related.iter().filter_map(|(node, _)| pointer_of(r.site, *node))).collect(),
                messages: raised.into_iter().map(|r| r.message).collect(),
            }
        }
    }
}

fn pointer_of(site: &Site<'_>, node: Node<'_>) -> Option<String> {
    site.root.map(|root| path::pointer(&path::steps(root, node).0))
}

fn compare(case: Node<'_>, expected: &str, seen: Seen) -> Result<(), String> {
    let quiet = seen.verdict == "undecided" && (expected == "unknown" || expected == "pass");
    let same = seen.verdict == expected || quiet;
    if !same {
        let what = if seen.messages.is_empty() { String::new() } else { format!(": {}", seen.messages.join("; ")) };
        return Err(format!("expected {expected}, got {}{what}", seen.verdict));
    }
    if let Some(at) = case.get("at") {
        let want: Vec<String> = at.one_or_many().map(|n| n.scalar()).map(pointer).collect();
        if want != seen.pointers {
            return Err(format!("expected the place {}, got {}", want.join(", "), seen.pointers.join(", ")));
        }
    }
    if let Some(also) = case.get("also") {
        let want: Vec<String> = also.one_or_many().map(|n| n.scalar()).map(pointer).collect();
        if want != seen.related {
            return Err(format!("expected the other places {}, got {}", want.join(", "), seen.related.join(", ")));
        }
    }
    if let Some(part) = case.get("message_contains")
        && !part.one_or_many().all(|p| seen.messages.iter().any(|m| m.contains(p.scalar())))
    {
        return Err(format!("no message contains `{}`: {}", part.scalar(), seen.messages.join("; ")));
    }
    Ok(())
}

/// JSONPath of a singular place, or a JSON Pointer.
fn pointer(place: &str) -> String {
    path::pointer_of_json_path(place).unwrap_or_else(|| place.to_owned())
}

fn context_of(given: Option<Node<'_>>, kind: Option<DocumentKind>, resource_type: Option<String>) -> Context {
    let text = |node: Option<Node<'_>>, key: &str| node.and_then(|n| n.get(key)).map(|n| n.scalar().to_owned());
    let policy_kind = match kind {
        Some(DocumentKind::Policy(kind)) => Some(kind),
        Some(DocumentKind::ConfigItem | DocumentKind::Settings | DocumentKind::Other) | None => None,
    };
    let attachment = given.and_then(|g| g.get("attachment"));
    let attached = given.and_then(|g| g.get("attached_to"));
    let said_kind = text(given, "kind").and_then(|k| k.parse().ok());
    let is_resource = said_kind.or(policy_kind) == Some(crate::policy::PolicyKind::ResourcePolicy);
    Context {
        kind: said_kind.or(policy_kind),
        resource_type: text(given, "resource_type").or(resource_type.filter(|_| is_resource)),
        account: text(given, "account"),
        partition: text(given, "partition"),
        region: text(given, "region"),
        ou: text(given, "ou"),
        org_id: text(given, "org_id"),
        management_account: text(given, "management_account"),
        resource: text(attachment, "arn").or_else(|| text(given, "resource")),
        name: text(attachment, "name").or_else(|| text(given, "name")),
        attached_to: attached.map(|a| AttachedTo {
            kind: text(Some(a), "type").and_then(|t| t.parse().ok()),
            name: text(Some(a), "name").unwrap_or_default(),
            path: text(Some(a), "path"),
            tags: a.get("tags").or_else(|| a.get("tag")).map(tags).unwrap_or_default(),
            trusts_others: text(Some(a), "trusted_by").map(|word| word == OTHER_ACCOUNT),
        }),
    }
}

fn day(node: Node<'_>) -> Result<Date, String> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(node.scalar(), format).map_err(|_| format!("`{}` is not a day such as 2026-06-01", node.scalar()))
}

fn tags(node: Node<'_>) -> BTreeMap<String, String> {
    node.members().map(|(k, v)| (k.scalar().to_owned(), v.scalar().to_owned())).collect()
}
