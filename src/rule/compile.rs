//! A rule file to a rule. Every mistake is reported at its own line; a rule with one is not run.

use super::applies::applies_to;
use super::compiler::Compiler;
use super::expr::{Matcher, Part};
use super::matcher::{Scope, compile as matcher};
use super::meta::{FixSpec, ForEach, Otherwise, Rule, RuleMeta, Status};
use super::param::{ParamSpec, resolve};
use super::prefilter::Prefilter;
use super::reach::{Digits, Reach};
use super::template::{edit_text, plain_text};
use crate::check::Code;
use crate::document::{Document, Kind, Node, Problem, ProblemCode};
use crate::finding::model::FixSafety;
use crate::finding::{Category, Confidence, RuleId, Severity};
use crate::text::suggest::did_you_mean;
use crate::text::value::ParamValue;
use std::collections::BTreeMap;
use std::sync::Arc;

const FIELDS: [&str; 29] = [
    "palisade",
    "id",
    "title",
    "severity",
    "confidence",
    "category",
    "status",
    "message",
    "rationale",
    "remediation",
    "references",
    "compliance",
    "tags",
    "params",
    "applies_to",
    "default_when",
    "for_each",
    "check",
    "aws_type",
    "same_as",
    "define",
    "where",
    "assert",
    "on_empty",
    "on_missing",
    "on_unknown",
    "fix",
    "tests",
    "redirects",
];

/// A rule, or what is wrong with its file.
#[derive(Debug)]
pub struct Compiled {
    /// Present unless there are problems.
    pub rule: Option<Rule>,
    /// At their places in the rule file.
    pub problems: Vec<Problem>,
    /// What is wrong with the parameter values that were given; not the rule's fault.
    pub param_errors: Vec<String>,
    /// Required parameters without a value: the rule cannot run.
    pub missing_params: Vec<String>,
}

/// Compile a rule file with some parameter values.
pub fn compile(document: &Document, pack: &str, overrides: &BTreeMap<String, ParamValue>) -> Compiled {
    let mut out = match document.root() {
        Some(root) => compile_node(root, pack, overrides, false),
        None => Compiled { rule: None, problems: Vec::new(), param_errors: Vec::new(), missing_params: Vec::new() },
    };
    if !document.problems().is_empty() {
        out.problems.splice(0..0, document.problems().iter().cloned());
        out.rule = None;
    } else if document.is_empty() {
        let span = crate::span::Span::default();
        out.problems.push(Problem::new(ProblemCode::Rule, span, "an empty file is not a rule", "start with `palisade: 1`"));
    }
    out
}

/// Compile the mapping of a rule; `trusted` for the bundled ones.
pub fn compile_node(root: Node<'_>, pack: &str, overrides: &BTreeMap<String, ParamValue>, trusted: bool) -> Compiled {
    let mut out = Compiled { rule: None, problems: Vec::new(), param_errors: Vec::new(), missing_params: Vec::new() };
    if root.kind() != Kind::Object {
        let problem =
            Problem::new(ProblemCode::Rule, root.span(), "not a rule: no mapping at the top", "start with `palisade: 1`");
        out.problems.push(problem);
        return out;
    }
    let specs: Vec<ParamSpec> = root.get("params").map(|p| read_params(p, &mut out.problems)).unwrap_or_default();
    let (params, errors, missing) = resolve(&specs, overrides);
    out.param_errors = errors;
    out.missing_params.clone_from(&missing);
    let unset = specs.iter().filter(|s| !params.contains_key(&s.name)).map(|s| s.name.clone()).collect();
    let mut c = Compiler {
        trusted,
        problems: std::mem::take(&mut out.problems),
        params,
        unset,
        defines: BTreeMap::new(),
        uses: 0,
        expanding: Vec::new(),
    };
    let rule = read(&mut c, root, pack);
    out.problems = c.problems;
    out.rule = rule.filter(|_| out.problems.is_empty());
    out
}

fn read_params(node: Node<'_>, problems: &mut Vec<Problem>) -> Vec<ParamSpec> {
    node.members().map(|(name, spec)| ParamSpec::read(name, spec, problems)).collect()
}

fn read<'d>(c: &mut Compiler<'d>, root: Node<'d>, pack: &str) -> Option<Rule> {
    c.known_keys(root, &FIELDS, "a rule");
    if let Some(version) = root.get("palisade")
        && version.scalar() != "1"
    {
        c.problem(
            version,
            format!("language version `{}` is not known", version.scalar()),
            "write `palisade: 1`, or update palisade",
        );
    }
    if let Some(define) = root.get("define") {
        c.defines = define.members().map(|(k, v)| (k.scalar(), v)).collect();
    }
    let meta = read_meta(c, root, pack);
    let for_each = root.get("for_each").map_or(ForEach::Statement, |n| read_subject(c, n));
    let scope = match &for_each {
        ForEach::Document | ForEach::OrgTarget | ForEach::Attachment => Scope::Document,
        ForEach::Statement => Scope::Statement,
        ForEach::Part(part) => Scope::Part(*part),
        ForEach::JsonPath(..) => Scope::Json,
    };
    let applies = root.get("applies_to").map(|n| applies_to(c, n)).unwrap_or_default();
    let default_when = root.get("default_when").map(|n| matcher(c, n, Scope::Document));
    let filter = root.get("where").map(|n| matcher(c, n, scope));
    let check = root.get("check").and_then(|n| read_check(c, root, n));
    let assert = match root.get("assert") {
        Some(node) => matcher(c, node, scope),
        None if check.is_some() => Matcher::Constant(true),
        None => return None,
    };
    let fixes = root.get("fix").map(|n| read_fixes(c, n)).unwrap_or_default();
    let otherwise = |c: &mut Compiler<'d>, key: &str, default| root.get(key).map_or(Some(default), |n| read_otherwise(c, n));
    let mut reach = Reach::of(&applies, &for_each, [default_when.as_ref(), filter.as_ref(), Some(&assert)]);
    let digits = Digits::of(root, &c.params);
    reach.owner |= digits.any;
    Some(Rule {
        reach,
        digits,
        meta,
        applies_to: applies,
        check,
        default_when,
        for_each,
        prefilter: Prefilter::of(filter.as_ref()),
        filter,
        assert,
        on_empty: otherwise(c, "on_empty", Otherwise::Pass)?,
        on_missing: otherwise(c, "on_missing", Otherwise::Pass)?,
        on_unknown: otherwise(c, "on_unknown", Otherwise::Report)?,
        fixes,
        params: c.params.clone(),
    })
}

fn read_meta<'d>(c: &mut Compiler<'d>, root: Node<'d>, pack: &str) -> RuleMeta {
    for required in ["palisade", "id", "title", "severity", "message", "assert"] {
        let instead = required == "assert" && root.get("check").is_some();
        if root.get(required).is_none() && !instead {
            c.problem(root, format!("a rule without `{required}`"), format!("add `{required}: …`"));
        }
    }
    let text = |key: &str| root.get(key).map(|n| plain_text(n.scalar())).unwrap_or_default();
    let list = |c: &mut Compiler<'d>, key: &str| -> Vec<Arc<str>> {
        root.get(key).map(|n| c.strings(n)).unwrap_or_default().iter().map(|s| Arc::from(s.as_str())).collect()
    };
    let severities: Vec<_> = Severity::ALL.iter().map(|v| (v.as_str(), *v)).collect();
    let confidences: Vec<_> = Confidence::ALL.iter().map(|v| (v.as_str(), *v)).collect();
    let categories: Vec<_> = Category::ALL.iter().map(|v| (v.as_str(), *v)).collect();
    let statuses = [("stable", Status::Stable), ("preview", Status::Preview), ("deprecated", Status::Deprecated)];
    // A wrong word is reported and stands for the default, so that the rest of the file is looked at as well.
    let severity = word(c, root, "severity", &severities).unwrap_or(Severity::Medium);
    let confidence = word(c, root, "confidence", &confidences).unwrap_or(Confidence::High);
    let category = word(c, root, "category", &categories).unwrap_or(Category::Security);
    let status = word(c, root, "status", &statuses).unwrap_or(Status::Stable);
    let compliance = root.get("compliance").map(|n| n.members().map(|(k, v)| (k.scalar().to_owned(), c.strings(v))).collect());
    RuleMeta {
        id: RuleId::new(root.get("id").map_or("", Node::scalar)),
        pack: pack.into(),
        title: text("title").into(),
        severity,
        confidence,
        category,
        status,
        message: text("message"),
        rationale: text("rationale").into(),
        remediation: text("remediation").into(),
        references: list(c, "references"),
        tags: list(c, "tags"),
        same_as: list(c, "same_as").iter().map(|id| RuleId::new(id)).collect(),
        on_request: false,
        aws_type: root.get("aws_type").map(|n| Arc::from(n.scalar())),
        compliance: compliance.unwrap_or_default(),
    }
}

/// A field that holds one of some words; `None` when it is absent, or wrong and reported.
fn word<'d, T: Copy>(c: &mut Compiler<'d>, root: Node<'d>, key: &str, all: &[(&str, T)]) -> Option<T> {
    let node = root.get(key)?;
    c.word(node, node.scalar(), all, &format!("known as a {key}"))
}

/// A built-in check stands in the place of everything that says what is looked at.
fn read_check<'d>(c: &mut Compiler<'d>, root: Node<'d>, node: Node<'d>) -> Option<Code> {
    for other in ["assert", "where", "for_each", "default_when", "on_empty", "on_missing", "on_unknown"] {
        if let Some(other_node) = root.get(other) {
            c.problem(other_node, format!("`{other}` beside `check`"), "a built-in check says itself what it looks at");
        }
    }
    let text = node.scalar();
    let code = text.parse().ok();
    if code.is_none() {
        let names = Code::ALL.iter().map(|code| code.as_str());
        let help = did_you_mean(text, names).unwrap_or_else(|| "see the rules of the pack `access-analyzer`".to_owned());
        c.problem(node, format!("no built-in check `{text}`"), help);
    }
    code
}

fn read_subject<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> ForEach {
    if node.kind() == Kind::Object {
        c.known_keys(node, &["jsonpath", "decode"], "`for_each`");
        let path = node.get("jsonpath").map(|n| c.string(n)).unwrap_or_default();
        if let Err(error) = jsonpath_rust::parser::parse_json_path(&path) {
            let line = error.to_string().lines().next().unwrap_or_default().trim().to_owned();
            c.problem(node, format!("`{path}` is not a JSONPath"), format!("see RFC 9535: {line}"));
        }
        let decode = node.get("decode").is_some_and(|n| c.word(n, n.scalar(), &[("embedded-json", ())], "a decoding").is_some());
        return ForEach::JsonPath(path, decode);
    }
    let all = [
        ("document", ForEach::Document),
        ("statement", ForEach::Statement),
        ("action", ForEach::Part(Part::Action)),
        ("resource", ForEach::Part(Part::Resource)),
        ("principal", ForEach::Part(Part::Principal)),
        ("condition", ForEach::Part(Part::Condition)),
        ("org-target", ForEach::OrgTarget),
        ("attachment", ForEach::Attachment),
    ];
    let names: Vec<_> = all.iter().enumerate().map(|(i, (name, _))| (*name, i)).collect();
    let index = c.word(node, node.scalar(), &names, "something a rule can be about").unwrap_or(0);
    all.into_iter().nth(index).map_or(ForEach::Document, |(_, subject)| subject)
}

fn read_otherwise<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Option<Otherwise> {
    let all = [("pass", Otherwise::Pass), ("ignore", Otherwise::Pass), ("report", Otherwise::Report), ("fail", Otherwise::Fail)];
    c.word(node, node.scalar(), &all, "known here")
}

fn read_fixes<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Vec<FixSpec> {
    let mut out = Vec::new();
    for fix in node.one_or_many() {
        c.known_keys(fix, &["title", "safety", "edit"], "a fix");
        let all: Vec<_> = FixSafety::ALL.iter().map(|s| (s.as_str(), *s)).collect();
        let safety = fix.get("safety").and_then(|n| c.word(n, n.scalar(), &all, "a safety")).unwrap_or(FixSafety::Suggest);
        let title = fix.get("title").map(|n| n.scalar().to_owned()).unwrap_or_default();
        let text = fix.get("edit").map(|n| edit_text(c, n)).unwrap_or_default();
        out.push(FixSpec { title, safety, text });
    }
    out
}
