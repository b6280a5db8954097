//! A rule in force. Bundled rules are known by a line of an index and compiled when they are first asked: a run over one
//! policy pays for the few rules about its kind, not for all.

use super::compile::compile_node;
use super::expr::Matcher;
use super::meta::{AppliesTo, ForEach, Otherwise, Rule, RuleMeta, Status};
use super::prefilter::Prefilter;
use super::reach::{Digits, Reach};
use crate::check::Code;
use crate::document::{Node, json};
use crate::extract::DocumentKind;
use crate::finding::{Category, Confidence, RuleId, Severity};
use crate::policy::PolicyKind;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// What selecting and indexing need to know of a rule.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its id.
    pub id: RuleId,
    /// Its pack.
    pub pack: Arc<str>,
    /// How bad, by its file.
    pub severity: Severity,
    /// Life cycle.
    pub status: Status,
    /// Words to select it by.
    pub tags: Vec<Arc<str>>,
    /// Kinds of document; empty for any policy.
    pub kinds: Vec<DocumentKind>,
    /// Its built-in check.
    pub check: Option<Code>,
    /// The `limit` parameter of a rule about sizes.
    pub limit: Option<usize>,
    /// It is about sets of documents.
    pub about_sets: bool,
    /// Runs only when its pack, a tag or itself is asked for.
    pub on_request: bool,
    /// Parameters that must be given.
    pub required: Vec<String>,
}

impl Head {
    /// Of a compiled rule.
    pub fn of(rule: &Rule, missing: &[String]) -> Self {
        let meta = &rule.meta;
        Self {
            id: meta.id.clone(),
            pack: meta.pack.clone(),
            severity: meta.severity,
            status: meta.status,
            tags: meta.tags.clone(),
            kinds: rule.applies_to.kinds.clone(),
            check: rule.check,
            limit: super::checked::limit(rule),
            about_sets: rule.for_each == ForEach::OrgTarget,
            on_request: meta.on_request,
            required: missing.to_vec(),
        }
    }

    /// One line of the index: what is usual is left out.
    pub fn to_json(&self) -> Value {
        let tags: Vec<&str> = self.tags.iter().map(|t| &**t).collect();
        let numbers = KINDS.iter().enumerate().filter(|(_, kind)| self.kinds.contains(kind));
        let kinds: String = numbers.filter_map(|(i, _)| char::from_digit(u32::try_from(i).unwrap_or(0), 16)).collect();
        let fields = [
            ("id", json!(self.id.as_str()), true),
            ("pack", json!(&*self.pack), true),
            ("severity", json!(self.severity.as_str()), true),
            ("status", json!(status_name(self.status)), self.status != Status::Stable),
            ("tags", json!(tags.join(" ")), !tags.is_empty()),
            ("kinds", json!(kinds), !self.kinds.is_empty()),
            ("check", json!(self.check.map(Code::as_str)), self.check.is_some()),
            ("limit", json!(self.limit), self.limit.is_some()),
            ("about_sets", json!(true), self.about_sets),
            ("on_request", json!(true), self.on_request),
            ("required", json!(self.required), !self.required.is_empty()),
        ];
        Value::Object(fields.into_iter().filter(|(.., wanted)| *wanted).map(|(k, v, _)| (k.to_owned(), v)).collect())
    }

    /// Read one line of the index.
    pub fn read(entry: Node<'_>) -> Self {
        // In the order it was written; the index is ours.
        let mut head = Self {
            id: RuleId::new(""),
            pack: "".into(),
            severity: Severity::Medium,
            status: Status::Stable,
            tags: Vec::new(),
            kinds: Vec::new(),
            check: None,
            limit: None,
            about_sets: false,
            on_request: false,
            required: Vec::new(),
        };
        for (key, value) in entry.members() {
            let text = value.scalar();
            match key.scalar() {
                "id" => head.id = RuleId::new(text),
                "pack" => head.pack = text.into(),
                "severity" => head.severity = text.parse().unwrap_or(Severity::Medium),
                "status" => head.status = status_named(text),
                "tags" => head.tags = text.split(' ').map(Arc::from).collect(),
                "kinds" => head.kinds = text.chars().filter_map(|c| KINDS.get(c.to_digit(16)? as usize).copied()).collect(),
                "check" => head.check = text.parse().ok(),
                "limit" => head.limit = text.parse().ok(),
                "about_sets" => head.about_sets = value.as_bool() == Some(true),
                "on_request" => head.on_request = value.as_bool() == Some(true),
                "required" => head.required = value.elements().map(|n| n.scalar().to_owned()).collect(),
                _ => {}
            }
        }
        head
    }

    /// Whether the rule is about this kind of document at all.
    pub fn kind_fits(&self, kind: DocumentKind) -> bool {
        if self.kinds.is_empty() { matches!(kind, DocumentKind::Policy(_)) } else { self.kinds.contains(&kind) }
    }
}

const STATUSES: [(&str, Status); 3] =
    [("stable", Status::Stable), ("preview", Status::Preview), ("deprecated", Status::Deprecated)];

fn status_name(status: Status) -> &'static str {
    STATUSES.iter().find(|(_, s)| *s == status).map_or("stable", |(name, _)| name)
}

fn status_named(text: &str) -> Status {
    STATUSES.iter().find(|(name, _)| *name == text).map_or(Status::Stable, |(_, status)| *status)
}

/// Kinds of document by their number in the index.
const KINDS: [DocumentKind; 11] = [
    DocumentKind::Policy(PolicyKind::IdentityPolicy),
    DocumentKind::Policy(PolicyKind::PermissionsBoundary),
    DocumentKind::Policy(PolicyKind::SessionPolicy),
    DocumentKind::Policy(PolicyKind::TrustPolicy),
    DocumentKind::Policy(PolicyKind::ResourcePolicy),
    DocumentKind::Policy(PolicyKind::VpcEndpointPolicy),
    DocumentKind::Policy(PolicyKind::ServiceControlPolicy),
    DocumentKind::Policy(PolicyKind::ResourceControlPolicy),
    DocumentKind::ConfigItem,
    DocumentKind::Other,
    DocumentKind::Settings,
];

/// Where a rule comes from.
#[derive(Clone, Debug)]
enum Source {
    /// Compiled already.
    Compiled(Box<Rule>),
    /// A bundled one without parameters set: its JSON, compiled when it is needed.
    Bundled(&'static str, OnceLock<Box<Rule>>),
}

/// A rule that applies.
#[derive(Clone, Debug)]
pub struct Active {
    /// What selecting and indexing need.
    pub head: Head,
    source: Source,
    /// Severity in this run.
    pub severity: Severity,
    /// Somebody named it, its pack or its tag.
    pub asked_for: bool,
    /// The same, other than by listing its pack under `extends`.
    pub selected: bool,
}

impl Active {
    /// A rule that was compiled.
    pub fn compiled(head: Head, rule: Rule) -> Self {
        Self { severity: head.severity, head, source: Source::Compiled(Box::new(rule)), asked_for: false, selected: false }
    }

    /// A bundled rule by its JSON.
    pub fn bundled(head: Head, body: &'static str) -> Self {
        Self { severity: head.severity, head, source: Source::Bundled(body, OnceLock::new()), asked_for: false, selected: false }
    }

    /// The rule itself.
    pub fn rule(&self) -> &Rule {
        match &self.source {
            Source::Compiled(rule) => rule,
            Source::Bundled(body, cell) => cell.get_or_init(|| Box::new(self.compile(body))),
        }
    }

    fn compile(&self, body: &str) -> Rule {
        let document = json::parse(body.to_owned());
        let compiled = document.root().map(|root| compile_node(root, &self.head.pack, &BTreeMap::new(), true));
        let rule = compiled.and_then(|compiled| compiled.rule);
        // A test compiles every bundled rule, so that one is always there.
        rule.unwrap_or_else(|| never(&self.head))
    }
}

/// A rule that is about nothing.
fn never(head: &Head) -> Rule {
    Rule {
        meta: RuleMeta {
            id: head.id.clone(),
            pack: head.pack.clone(),
            title: "".into(),
            severity: head.severity,
            confidence: Confidence::Low,
            category: Category::Correctness,
            status: head.status,
            message: String::new(),
            rationale: "".into(),
            remediation: "".into(),
            references: Vec::new(),
            tags: Vec::new(),
            on_request: head.on_request,
            aws_type: None,
            same_as: Vec::new(),
            compliance: BTreeMap::new(),
        },
        params: BTreeMap::new(),
        applies_to: AppliesTo { files: Some(Vec::new()), ..AppliesTo::default() },
        check: head.check,
        default_when: None,
        for_each: ForEach::Document,
        prefilter: Prefilter::of(None),
        reach: Reach::default(),
        digits: Digits::default(),
        filter: None,
        assert: Matcher::Constant(true),
        on_empty: Otherwise::Pass,
        on_missing: Otherwise::Pass,
        on_unknown: Otherwise::Pass,
        fixes: Vec::new(),
    }
}
