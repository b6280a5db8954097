//! A file that is read whole: a policy, a template, an answer of the AWS CLI.

use super::file::{Parsed, Reader, tell_inside, with_those_of};
use super::judge::{finding, tell};
use crate::check::Code;
use crate::document::{Document, Origin, Problem, ProblemCode, json, yaml};
use crate::extract::{Base, DocumentKind, Entity, Extraction, Site, extract, mistakes_of_shape, unknown_plan_version};
use crate::finding::place::Placer;
use crate::policy::{Context, PolicyKind};
use crate::rule::checked;
use crate::source::{self, SourceFile};
use std::sync::Arc;

impl Reader<'_, '_> {
    /// A file that was read whole.
    pub(super) fn whole(&mut self, source: SourceFile, explicit: bool) {
        let name = source.name.clone();
        let Understood { base, layout, entities, mistakes, yaml } = understand(source, &self.judge.context_of(&name));
        let document = &base.document;
        if layout.is_none() && !worth_reporting(document, &mistakes, explicit, yaml) {
            self.result.unrecognised.push(name);
            return;
        }
        let placer = Placer::new(document, name.clone());
        if layout.is_none() {
            self.no_json(document, &mistakes, &placer);
        }
        tell(mistakes.iter(), &placer, &mut self.result);
        match layout {
            Some(layout) => {
                tell_inside(&base, &mut self.result);
                self.result.documents += 1;
                *self.result.layouts.entry(layout).or_default() += 1;
            }
            None if mistakes.is_empty() => self.result.unrecognised.push(name.clone()),
            None => self.result.documents += 1,
        }
        self.entities(vec![Parsed { offset: 0, entities, layout, incomplete: Vec::new() }], &name);
    }

    /// A text in which not even a policy can be seen is a syntax error to those who ask for that check.
    fn no_json(&mut self, document: &Document, mistakes: &[Problem], placer: &Placer<'_>) {
        let scan = self.judge.scan;
        let Some(problem) = mistakes.iter().find(|p| p.code.is_syntax()) else { return };
        let kind = DocumentKind::Policy(scan.context.kind.unwrap_or(PolicyKind::IdentityPolicy));
        let context = self.judge.context_of(placer.file());
        let site =
            Site { file: placer.file().clone(), root: document.root(), kind, assumed: true, policy: None, facts: &[], context };
        let Some(checks) = scan.registry.checks(kind) else { return };
        for active in scan.registry.checking(checks, Code::JsonSyntaxError).filter(|active| active.selected) {
            let Some(severity) = scan.severity(active, &site) else { continue };
            let raised = checked::syntax_error(active.rule(), &site, problem);
            self.result.findings.push((None, finding(active, severity, &raised, None, |_| placer)));
        }
    }
}

/// A file that was parsed, and what it speaks of.
pub(super) struct Understood {
    pub base: Arc<Base>,
    pub layout: Option<&'static str>,
    pub entities: Vec<Entity>,
    /// What is wrong with its text.
    pub mistakes: Vec<Problem>,
    pub yaml: bool,
}

/// Parse a file that was read whole, and recognise it. `context` is what was said of it from outside.
pub(super) fn understand(source: SourceFile, context: &Context) -> Understood {
    let SourceFile { name, text, problems: mut mistakes } = source;
    let yaml = is_yaml(&name, &text);
    let document = if yaml { yaml::parse_template(text) } else { json::parse(text) };
    mistakes = with_those_of(&document, mistakes);
    let base = Arc::new(Base::new(name, document, Origin::default()));
    let Extraction { layout, entities } = extract(base.clone(), context);
    if layout.is_none() {
        // Tags of other programs; only in a template they are mistakes.
        mistakes.retain(|p| p.code != ProblemCode::UnknownTag);
    }
    if layout.is_some_and(|layout| layout != "policy") {
        // AWS is never handed this file itself, and it could be read.
        mistakes.retain(|p| !matches!(p.code, ProblemCode::Utf16 | ProblemCode::ByteOrderMark));
    }
    if layout.is_some() {
        mistakes.extend(base.document.root().map(mistakes_of_shape).unwrap_or_default());
    }
    mistakes.extend(base.document.root().and_then(unknown_plan_version).map(|node| {
        let message = format!("a plan of format version {}: palisade knows 0 and 1", node.scalar());
        let help = "update palisade, or write the plan with a terraform of before; it was read as far as it is understood";
        Problem::new(ProblemCode::UnknownVersion, node.span(), message, help)
    }));
    Understood { base, layout, entities, mistakes, yaml }
}

fn is_yaml(name: &str, text: &str) -> bool {
    let name = name.trim_end_matches(".gz").to_ascii_lowercase();
    let by_name = [".yaml", ".yml", ".template"].iter().any(|e| name.ends_with(e));
    // What comes down a pipe has no name to tell.
    let by_content = || name == source::stdin::NAME && starts_like_yaml(text);
    (by_name && !text.trim_start().starts_with('{')) || by_content()
}

/// A first line with a key and a colon, both without quotes: no JSON starts like that.
fn starts_like_yaml(text: &str) -> bool {
    let skipped = |line: &&str| line.is_empty() || line.starts_with(['#', '%']) || *line == "---";
    let first = text.lines().map(str::trim).find(|line| !skipped(line)).unwrap_or_default();
    let word = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    first.split_once(':').is_some_and(|(key, rest)| word(key) && (rest.is_empty() || rest.starts_with(' ')))
}

/// A broken file that no rule can read: worth a word when it was named, when it is empty, or when it looks like a policy.
pub(super) fn worth_reporting(document: &Document, mistakes: &[Problem], explicit: bool, yaml: bool) -> bool {
    let unread = |p: &Problem| {
        matches!(
            p.code,
            ProblemCode::Empty | ProblemCode::TooDeep | ProblemCode::TooLarge | ProblemCode::InvalidUtf8 | ProblemCode::Utf16
        )
    };
    // Much is written in YAML that is none (templates of templates) and that has to do with AWS.
    let of_yaml = ["AWSTemplateFormatVersion", "AWS::IAM::", "PolicyDocument:", "Effect: Allow", "Effect: Deny"];
    let of_json = ["Statement", "statement", "\"Effect\"", "\"Action\"", "\"Principal\"", "\"2012-10-17\"", "arn:aws"];
    let words = if yaml { &of_yaml[..] } else { &of_json[..] };
    let policy_like = || words.iter().any(|word| document.text().contains(word));
    !mistakes.is_empty() && (explicit || mistakes.iter().any(unread) || policy_like())
}
