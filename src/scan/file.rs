//! One file: read, parse, recognise, judge by every rule about its kind, and place what was found.

use super::Scan;
use crate::algebra::Truth;
use crate::check::Code;
use crate::document::{Document, Problem, ProblemCode, json, yaml};
use crate::extract::{DocumentKind, Extraction, Hints, Site, recognise};
use crate::finding::place::Placer;
use crate::finding::{Finding, Incomplete, Label, Outcome, RuleId, Severity};
use crate::policy::{Context, PolicyKind};
use crate::rule::registry::Active;
use crate::rule::{Judgement, Raised, checked, judge};
use crate::source::{self, Entry, SourceError, SourceFile};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A document that is judged once more, together with its neighbours.
pub(super) struct Kept {
    pub file: Arc<str>,
    pub document: Document,
    pub context: Context,
}

/// What one file gave.
#[derive(Default)]
pub(super) struct FileResult {
    pub findings: Vec<Finding>,
    pub incomplete: Vec<Incomplete>,
    pub unrecognised: Option<Arc<str>>,
    pub documents: usize,
    pub policies: BTreeMap<(String, bool), usize>,
    pub statements: usize,
    pub not_applicable: Vec<RuleId>,
    pub undecided: Vec<RuleId>,
    pub kept: Option<Kept>,
}

impl FileResult {
    /// Add it to what the other files gave.
    pub fn add_to(self, outcome: &mut Outcome) {
        outcome.findings.extend(self.findings);
        outcome.incomplete.extend(self.incomplete);
        let coverage = &mut outcome.coverage;
        coverage.unrecognised.extend(self.unrecognised);
        coverage.documents += self.documents;
        coverage.statements += self.statements;
        for (kind, count) in self.policies {
            *coverage.policies.entry(kind).or_default() += count;
        }
        for rule in self.undecided {
            *coverage.undecided.entry(rule).or_default() += 1;
        }
        for rule in self.not_applicable {
            *coverage.not_applicable.entry(rule).or_default() += 1;
        }
    }
}

/// Read and check a file on disk.
pub(super) fn read(scan: &Scan<'_>, entry: &Entry) -> FileResult {
    match source::disk::read(entry, &scan.walk) {
        Ok(file) => check(scan, file, entry.explicit),
        Err(error) => FileResult { incomplete: vec![unreadable(&error)], ..FileResult::default() },
    }
}

/// An input that could not be read at all.
pub fn unreadable(error: &SourceError) -> Incomplete {
    Incomplete {
        file: error.name().clone(),
        code: None,
        reason: error.to_string(),
        help: error.help(),
        location: None,
        related: Vec::new(),
    }
}

/// Check a text. `explicit` tells that the user named this very file.
pub(super) fn check(scan: &Scan<'_>, source: SourceFile, explicit: bool) -> FileResult {
    let SourceFile { name, text, problems: mut mistakes } = source;
    let yaml_file = [".yaml", ".yml"].iter().any(|e| name.to_ascii_lowercase().ends_with(e));
    let document = if yaml_file { yaml::parse(text) } else { json::parse(text) };
    let context = scan.context_of(&name);
    let Extraction { sites, problems } = recognise(&document, Hints { file: name.clone(), context: context.clone() });
    // Bytes that were not UTF-8 stand as SUB in the text; they were reported when it was decoded.
    let undecoded = mistakes.iter().any(|p| p.code == ProblemCode::InvalidUtf8);
    let again = |p: &&Problem| undecoded && p.code == ProblemCode::ControlCharacter && p.message.contains("U+001A");
    mistakes.extend(document.problems().iter().filter(|p| !again(p)).cloned());
    mistakes.extend(problems);
    let mut result = FileResult::default();
    let placer = Placer::new(&document, name.clone());
    if sites.is_empty() && !worth_reporting(&document, &mistakes, explicit) {
        result.unrecognised = Some(name);
        return result;
    }
    if sites.is_empty() {
        no_json(scan, &document, &mistakes, &placer, &mut result);
    }
    result.documents = 1;
    result.incomplete = mistakes.iter().map(|p| incomplete(p, &placer, &name)).collect();
    if sites.is_empty() && mistakes.is_empty() {
        result.documents = 0;
        result.unrecognised = Some(name);
        return result;
    }
    for site in &sites {
        *result.policies.entry((site.kind.as_str().to_owned(), site.assumed)).or_default() += 1;
        result.statements += site.policy.as_ref().map_or(0, |p| p.statements.len());
        judge_site(scan, site, &placer, &mut result);
    }
    let set = sites
        .iter()
        .any(|s| matches!(s.kind, DocumentKind::Policy(PolicyKind::ServiceControlPolicy | PolicyKind::ResourceControlPolicy)));
    drop(sites);
    drop(placer);
    if set {
        result.kept = Some(Kept { file: name, document, context });
    }
    result
}

/// A broken file that no rule can read: worth a word when it was named, when it is empty, or when it looks like a policy.
fn worth_reporting(document: &Document, mistakes: &[Problem], explicit: bool) -> bool {
    let unread = |p: &Problem| {
        matches!(
            p.code,
            ProblemCode::Empty | ProblemCode::TooDeep | ProblemCode::TooLarge | ProblemCode::InvalidUtf8 | ProblemCode::Utf16
        )
    };
    let words = ["Statement", "statement", "\"Effect\"", "\"Action\"", "\"Principal\"", "\"2012-10-17\"", "arn:aws"];
    let policy_like = || words.iter().any(|word| document.text().contains(word));
    !mistakes.is_empty() && (explicit || mistakes.iter().any(unread) || policy_like())
}

fn incomplete(problem: &Problem, placer: &Placer<'_>, file: &Arc<str>) -> Incomplete {
    let related =
        problem.related.iter().map(|(span, message)| Label { message: message.clone(), location: placer.mistake(*span) });
    Incomplete {
        file: file.clone(),
        code: Some(problem.code),
        reason: problem.message.clone(),
        help: problem.help.clone(),
        location: Some(placer.mistake(problem.span)),
        related: related.collect(),
    }
}

fn judge_site<'d>(scan: &Scan<'_>, site: &Site<'d>, placer: &Placer<'d>, result: &mut FileResult) {
    let said = built_in(scan, site, placer, result);
    let alone = [site];
    for active in scan.registry.about(site.kind) {
        if active.head.about_sets {
            continue;
        }
        let Some(severity) = scan.severity(active, site) else { continue };
        match judge(active.rule(), &alone, active.asked_for) {
            Judgement::Pass => {}
            Judgement::Undecided => result.undecided.push(active.head.id.clone()),
            Judgement::NotApplicable => result.not_applicable.push(active.head.id.clone()),
            Judgement::Fail(raised) => {
                let news = raised.iter().filter(|r| !repeats(&active.rule().meta.same_as, r, &said));
                result.findings.extend(news.map(|r| finding(active, severity, r, placer)));
            }
        }
    }
}

/// What the built-in checks reported: the rule, and the statement it is about.
type Said = Vec<(RuleId, Option<u32>)>;

/// Whether a rule would say once more what a built-in check has said of the same statement.
fn repeats(same_as: &[RuleId], raised: &Raised<'_, '_>, said: &Said) -> bool {
    let statement = raised.statement.map(|s| s.node.id());
    said.iter().any(|(rule, at)| same_as.contains(rule) && *at == statement)
}

/// The built-in checks, in one walk.
fn built_in<'d>(scan: &Scan<'_>, site: &Site<'d>, placer: &Placer<'d>, result: &mut FileResult) -> Said {
    let mut said = Said::new();
    let Some(checks) = scan.registry.checks(site.kind) else { return said };
    for label in checked::labels(site, checks.codes, &checks.limits) {
        for active in scan.registry.checking(checks, label.code) {
            // A broken text is incomplete already; it is a finding as well for those who want Access Analyzer's view.
            let told = label.code == Code::JsonSyntaxError && !active.selected;
            if told || active.rule().applies_to.test(site) != Truth::True {
                continue;
            }
            let Some(severity) = scan.severity(active, site) else { continue };
            let raised = checked::raise(active.rule(), site, &label);
            said.push((active.head.id.clone(), raised.statement.map(|s| s.node.id())));
            result.findings.push(finding(active, severity, &raised, placer));
        }
    }
    said
}

/// A text in which not even a policy can be seen is a syntax error to those who ask for that check.
fn no_json(scan: &Scan<'_>, document: &Document, mistakes: &[Problem], placer: &Placer<'_>, result: &mut FileResult) {
    let Some(problem) = mistakes.iter().find(|p| p.code.is_syntax()) else { return };
    let kind = DocumentKind::Policy(scan.context.kind.unwrap_or(PolicyKind::IdentityPolicy));
    let site = Site {
        file: placer.file().clone(),
        root: document.root(),
        kind,
        assumed: true,
        policy: None,
        context: scan.context_of(placer.file()),
    };
    let Some(checks) = scan.registry.checks(kind) else { return };
    for active in scan.registry.checking(checks, Code::JsonSyntaxError).filter(|active| active.selected) {
        let Some(severity) = scan.severity(active, &site) else { continue };
        let raised = checked::syntax_error(active.rule(), &site, problem);
        result.findings.push(finding(active, severity, &raised, placer));
    }
}

/// A judgement as a finding with its place.
pub(super) fn finding<'d>(active: &Active, severity: Severity, raised: &Raised<'_, 'd>, placer: &Placer<'d>) -> Finding {
    let meta = &active.rule().meta;
    let mut policy = raised.site.identity();
    policy.sid = raised.statement.and_then(|s| s.sid).map(str::to_owned);
    let related =
        raised.related.iter().map(|(node, word)| Label { message: (*word).to_owned(), location: placer.node(Some(*node)) });
    Finding {
        rule: meta.id.clone(),
        severity,
        category: meta.category,
        confidence: raised.confidence,
        message: raised.message.clone(),
        why: Some(meta.rationale.clone()).filter(|t| !t.is_empty()),
        help: help(raised.help.as_deref(), &meta.remediation),
        url: meta.references.first().cloned(),
        primary: Label { message: String::new(), location: placer.node(raised.node) },
        related: related.collect(),
        fingerprint: placer.fingerprint(&meta.id, &policy, raised.statement.map(|s| s.node), &raised.site.file),
        policy,
        suppressed: None,
        fixes: raised.fixes.clone(),
    }
}

/// The near miss before the general advice.
fn help(hint: Option<&str>, remediation: &Arc<str>) -> Option<Arc<str>> {
    match (hint, remediation.is_empty()) {
        (None, true) => None,
        (None, false) => Some(remediation.clone()),
        (Some(hint), true) => Some(hint.into()),
        (Some(hint), false) => {
            let stop = if hint.ends_with(['.', '?', '!', ':']) { "" } else { "." };
            Some(format!("{hint}{stop} {remediation}").into())
        }
    }
}

impl Scan<'_> {
    /// What the command line and the project file say of a file; the command line wins.
    fn context_of(&self, file: &str) -> Context {
        let mut context = self.config.context_for(&(self.project_name)(file));
        let said = &self.context;
        context.kind = said.kind.or(context.kind);
        context.resource_type = said.resource_type.clone().or(context.resource_type);
        context.account = said.account.clone().or(context.account);
        context
    }

    /// The severity of a rule for a site; `None` when an override switches it off there.
    pub(super) fn severity(&self, active: &Active, site: &Site<'_>) -> Option<Severity> {
        let mut severity = active.severity;
        if self.config.overrides.is_empty() {
            return Some(severity);
        }
        let name = (self.project_name)(&site.file);
        for change in self.config.overrides.iter().filter(|o| o.applies(&name, &site.context)) {
            for setting in change.rules.iter().filter(|s| s.id.value == active.head.id.as_str()) {
                if setting.enabled == Some(false) {
                    return None;
                }
                severity = setting.severity.unwrap_or(severity);
            }
        }
        Some(severity)
    }
}
