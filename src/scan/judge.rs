//! One thing that was found, judged by every rule about its kind, and what is said of it placed in its file.

use super::Scan;
use super::observed::{Observed, Sighting};
use super::open::{Opened, other};
use super::result::{FileResult, Record};
use super::surroundings::Surroundings;
use super::verdict::{RuleIndex, Verdict, Verdicts};
use crate::algebra::Truth;
use crate::check::{Code, Codes};
use crate::document::{Node, Problem};
use crate::extract::facts::{dated, other_bases};
use crate::extract::{Base, Body, DocumentKind, Found, Site, blocks_account};
use crate::finding::place::Placer;
use crate::finding::{Finding, Incomplete, Label, RuleId, Severity};
use crate::policy::context::PrincipalKind;
use crate::policy::{Context, PolicyKind};
use crate::rule::registry::Active;
use crate::rule::{Judgement, Raised, checked, judge_within};
use std::sync::Arc;

/// Which questions are asked of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// All of them.
    Everything,
    /// The built-in checks, which speak of its text. The rules are asked of all policies of its principal together.
    Checks,
    /// None: only what rules would have to say is wanted.
    Nothing,
}

/// What judges.
pub(super) struct Judge<'s> {
    pub scan: &'s Scan<'s>,
    pub around: &'s Surroundings<'s>,
    pub verdicts: Verdicts,
}

/// Something found, in the middle of being judged.
struct Case<'c, 'd> {
    site: &'c Site<'d>,
    placer: &'c Placer<'d>,
    /// For the strings of its document that hold its settings.
    inside: &'c [Placer<'d>],
    anchor: Option<Node<'d>>,
    record: Option<&'c Arc<Record>>,
}

impl<'s> Judge<'s> {
    pub fn new(scan: &'s Scan<'s>, around: &'s Surroundings<'s>) -> Self {
        Self { scan, around, verdicts: Verdicts::new() }
    }

    /// What was said of a file from outside: by the command line, the project file, the tree of folders it stands in.
    pub fn context_of(&self, file: &str) -> Context {
        let mut context = self.scan.context_of(file);
        self.around.said(&mut context, file);
        context
    }

    /// Judge one thing by itself.
    pub fn alone(&self, found: &Found, record: Option<&Arc<Record>>, result: &mut FileResult) {
        match &found.body {
            Body::Tree(_) | Body::Text(..) => {
                self.policy(found, Ask::Everything, record, result);
            }
            Body::Unknown(_) => result.unknown += 1,
            Body::Missing(_) => {
                let kind = DocumentKind::Policy(found.context.kind.unwrap_or(PolicyKind::ResourcePolicy));
                self.other(found, &other(found, kind, None, &[]), record, result);
            }
            Body::Record(place) if self.asks(DocumentKind::ConfigItem) => {
                self.other(found, &other(found, DocumentKind::ConfigItem, Some(place.node()), &[]), record, result);
            }
            Body::Settings(place, facts) if self.asks(DocumentKind::Settings) => {
                let observed = Observed::of(place, facts, found);
                if observed.as_ref().is_some_and(Observed::is_archived) && self.asks_access_analyzer() {
                    result.archived.push(record.cloned());
                }
                if blocks_account(facts) {
                    result.blocked.extend(found.context.account.as_deref().map(Arc::from));
                }
                let facts = dated(facts, self.scan.today);
                let site = other(found, DocumentKind::Settings, Some(place.node()), &facts);
                let before = result.findings.len();
                self.other(found, &site, record, result);
                if let Some(observed) = observed {
                    let said = result.findings.split_off(before).into_iter();
                    let sighting = |(record, finding)| Sighting { record, finding, observed: observed.clone() };
                    result.observed.extend(said.map(sighting));
                }
            }
            Body::Record(_) | Body::Settings(..) => {}
        }
    }

    /// Whether a rule speaks of what was found.
    pub fn applies(&self, rule: RuleIndex, kind: DocumentKind, found: &Found) -> bool {
        let active = self.scan.registry.rule(rule);
        active.is_some_and(|active| active.rule().applies_to.test_of(kind, found.file(), &found.context) == Truth::True)
    }

    /// Whether there are rules about a kind of document.
    pub fn asks(&self, kind: DocumentKind) -> bool {
        self.scan.registry.about(kind).next().is_some()
    }

    /// Whether there are rules about findings of Access Analyzer.
    fn asks_access_analyzer(&self) -> bool {
        self.scan.registry.about(DocumentKind::Settings).any(|active| active.head.id.as_str().starts_with("access-analyzer-"))
    }

    /// Something without a policy: only rules speak of it.
    fn other<'d>(&self, found: &'d Found, site: &Site<'d>, record: Option<&Arc<Record>>, result: &mut FileResult) {
        let opened = Opened::new(found);
        let Opened::Placed(place) = &opened else { return };
        let of = |base: &'d Arc<Base>| {
            Placer::within(&base.document, base.file.clone(), base.origin.clone()).showing(self.scan.excerpts)
        };
        let placer = opened.placer(self.scan.excerpts);
        let inside: Vec<Placer<'_>> = other_bases(site.facts, place.base()).into_iter().map(of).collect();
        let case = Case { site, placer: &placer, inside: &inside, anchor: Some(place.node()), record };
        let mut ignored = Verdict::default();
        self.rules(&case, None, Ask::Everything, &Said::new(), &mut ignored, result);
        ignored.not_applicable.iter().for_each(|rule| result.not_applicable.add(*rule));
    }

    /// A policy: what is known of its text already is not asked again.
    pub fn policy(&self, found: &Found, ask: Ask, record: Option<&Arc<Record>>, result: &mut FileResult) -> Arc<Verdict> {
        let key = self.verdicts.key(found, self.scan.registry);
        if let Some(known) = key.and_then(|key| self.verdicts.get(key)) {
            if ask == Ask::Nothing {
                return known;
            }
            known.count(result);
            // Others are asked about this very text.
            if self.scan.review.is_some() || !self.is_silent(&known, found, ask, result) {
                let opened = Opened::new(found);
                let placer = opened.placer(self.scan.excerpts);
                if let Some((site, problems)) = opened.policy(found) {
                    tell_of(found, opened.mistakes().iter().chain(&problems), &placer, result);
                    let case = Case { site: &site, placer: &placer, inside: &[], anchor: None, record };
                    self.questions(&case, Some(&known), ask, result);
                }
            }
            return known;
        }
        let opened = Opened::new(found);
        let placer = opened.placer(self.scan.excerpts);
        tell_of(found, opened.mistakes().iter(), &placer, result);
        let Some((site, problems)) = opened.policy(found) else { return Arc::default() };
        tell_of(found, problems.iter(), &placer, result);
        let case = Case { site: &site, placer: &placer, inside: &[], anchor: None, record };
        let mut verdict = self.questions(&case, None, ask, result);
        verdict.broken = !opened.mistakes().is_empty() || !problems.is_empty();
        verdict.count(result);
        if let DocumentKind::Policy(PolicyKind::ServiceControlPolicy | PolicyKind::ResourceControlPolicy) = site.kind {
            result.sets.push(found.clone());
        }
        let verdict = Arc::new(verdict);
        if let Some(key) = key {
            self.verdicts.set(key, verdict.clone());
        }
        verdict
    }

    /// Whether nothing more can be said of a known text in this place.
    fn is_silent(&self, known: &Verdict, found: &Found, ask: Ask, result: &mut FileResult) -> bool {
        if known.broken || !known.codes.is_empty() {
            return false;
        }
        if ask == Ask::Checks {
            return true;
        }
        let Some(kind) = known.kind else { return true };
        let applies = |rule: &RuleIndex| self.applies(*rule, kind, found);
        if known.rules.iter().any(applies) {
            return false;
        }
        known.rules.iter().for_each(|rule| result.not_applicable.add(*rule));
        true
    }

    fn questions(&self, case: &Case<'_, '_>, known: Option<&Verdict>, ask: Ask, result: &mut FileResult) -> Verdict {
        let site = case.site;
        let mut verdict = Verdict {
            kind: Some(site.kind),
            assumed: site.assumed,
            statements: site.policy.as_ref().map_or(0, |p| p.statements.len()),
            ..Verdict::default()
        };
        let before = result.findings.len();
        let said = self.checks(case, known, &mut verdict, result);
        if known.is_none() || ask == Ask::Everything {
            self.rules(case, known, ask, &said, &mut verdict, result);
        }
        let mut raised: Vec<&mut Finding> = result.findings.iter_mut().skip(before).map(|(_, finding)| finding).collect();
        let more = self.scan.review(site, case.placer, &mut raised);
        result.findings.extend(more.into_iter().map(|finding| (case.record.cloned(), finding)));
        verdict
    }

    /// The built-in checks, in one walk.
    fn checks(&self, case: &Case<'_, '_>, known: Option<&Verdict>, verdict: &mut Verdict, result: &mut FileResult) -> Said {
        let mut said = Said::new();
        let registry = self.scan.registry;
        let Some(checks) = registry.checks(case.site.kind) else { return said };
        let wanted = known.map_or(checks.codes, |known| known.codes);
        if wanted.is_empty() {
            return said;
        }
        let mut found = Codes::default();
        for label in checked::labels(case.site, wanted, &checks.limits) {
            found.insert(label.code);
            for active in registry.checking(checks, label.code) {
                // A broken text is incomplete already; it is a finding as well for those who want Access Analyzer's view.
                let told = label.code == Code::JsonSyntaxError && !active.selected;
                if told || active.rule().applies_to.test(case.site) != Truth::True {
                    continue;
                }
                let Some(severity) = self.scan.severity(active, case.site) else { continue };
                let raised = checked::raise(active.rule(), case.site, &label);
                said.push((active.head.id.clone(), raised.statement.map(|s| s.node.id())));
                case.push(active, severity, &raised, result);
            }
        }
        verdict.codes = found;
        said
    }

    #[allow(clippy::too_many_arguments, reason = "what is asked, of what, and where the answers go")]
    fn rules(
        &self,
        case: &Case<'_, '_>,
        known: Option<&Verdict>,
        ask: Ask,
        said: &Said,
        verdict: &mut Verdict,
        result: &mut FileResult,
    ) {
        let alone = [case.site];
        let around = self.around.around(&case.site.context, &case.site.file);
        for (index, active) in self.scan.registry.numbered(case.site.kind) {
            if active.head.about_sets || known.is_some_and(|known| !known.rules.contains(&index)) {
                continue;
            }
            let rule = active.rule();
            let judgement = judge_within(rule, &alone, active.asked_for, around);
            if known.is_none() {
                let concerned = case.site.policy.as_ref().is_none_or(|policy| rule.may_concern(policy));
                verdict.remember(index, rule.reach, &judgement, concerned);
            }
            // What the text alone decides is counted with its verdict.
            let by_place = rule.reach.owner && (known.is_some() || verdict.rules.last() == Some(&index));
            if by_place && ask == Ask::Everything {
                match judgement {
                    Judgement::NotApplicable => result.not_applicable.add(index),
                    Judgement::Undecided => result.undecided.add(index),
                    Judgement::Pass | Judgement::Fail(_) => {}
                }
            }
            if let (Judgement::Fail(raised), Ask::Everything) = (&judgement, ask) {
                let Some(severity) = self.scan.severity(active, case.site) else { continue };
                let news = raised.iter().filter(|one| !repeats(&rule.meta.same_as, one, said));
                news.for_each(|one| case.push(active, severity, one, result));
            }
        }
    }
}

impl<'d> Case<'_, 'd> {
    fn push(&self, active: &Active, severity: Severity, raised: &Raised<'_, 'd>, result: &mut FileResult) {
        let finding = finding(active, severity, raised, self.anchor, |node| self.placer_of(node));
        result.findings.push((self.record.cloned(), finding));
    }

    fn placer_of(&self, node: Option<Node<'d>>) -> &Placer<'d> {
        let holds = |p: &&Placer<'d>| node.is_some_and(|n| std::ptr::eq(p.document(), n.document()));
        self.inside.iter().find(holds).unwrap_or(self.placer)
    }
}

/// Whether a rule would say once more what a built-in check has said of the same statement.
fn repeats(same_as: &[RuleId], raised: &Raised<'_, '_>, said: &Said) -> bool {
    let statement = raised.statement.map(|s| s.node.id());
    said.iter().any(|(rule, at)| same_as.contains(rule) && *at == statement)
}

/// A judgement as a finding with its place. `placer` gives what places a node; `anchor` is the place of a resource that
/// has no policy.
pub(super) fn finding<'p, 'd: 'p>(
    active: &Active,
    severity: Severity,
    raised: &Raised<'_, 'd>,
    anchor: Option<Node<'d>>,
    placer: impl Fn(Option<Node<'d>>) -> &'p Placer<'d>,
) -> Finding {
    let meta = &active.rule().meta;
    let mut policy = raised.site.identity();
    policy.sid = raised.statement.and_then(|s| s.sid).map(str::to_owned);
    let related = raised
        .related
        .iter()
        .map(|(node, word)| Label { message: (*word).to_owned(), location: placer(Some(*node)).node(Some(*node)) });
    let node = raised.node.or(anchor);
    let home = placer(node);
    Finding {
        rule: meta.id.clone(),
        severity,
        category: meta.category,
        confidence: raised.confidence,
        message: raised.message.clone(),
        why: Some(meta.rationale.clone()).filter(|t| !t.is_empty()),
        help: help(raised, &meta.remediation),
        url: meta.references.first().cloned(),
        primary: Label { message: String::new(), location: home.node(node) },
        related: related.collect(),
        fingerprint: home.fingerprint(&meta.id, &policy, raised.statement.map(|s| s.node), &raised.site.file),
        policy,
        suppressed: None,
        fixes: raised.fixes.clone(),
        online: None,
    }
}

/// The near miss before the general advice, a request that shows the trouble after it.
fn help(raised: &Raised<'_, '_>, remediation: &Arc<str>) -> Option<Arc<str>> {
    if raised.help.is_none() && raised.witness.is_none() {
        return Some(remediation.clone()).filter(|text| !text.is_empty());
    }
    let shown = raised.witness.as_ref().map(|witness| format!("As it is, {witness}."));
    let parts = [raised.help.as_deref(), Some(&**remediation), shown.as_deref()];
    let mut out = String::new();
    for part in parts.into_iter().flatten().filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push_str(if out.ends_with(['.', '?', '!', ':']) { " " } else { ". " });
        }
        out.push_str(part);
    }
    Some(out.into())
}

/// What the built-in checks reported: the rule, and the statement it is about.
type Said = Vec<(RuleId, Option<u32>)>;

/// Report mistakes of a text.
pub(super) fn tell<'p>(problems: impl Iterator<Item = &'p Problem>, placer: &Placer<'_>, result: &mut FileResult) {
    result.incomplete.extend(problems.map(|problem| incomplete(problem, placer)));
}

/// The same of the text of a policy: where it belongs to one resource alone, nothing else is in doubt.
fn tell_of<'p>(found: &Found, problems: impl Iterator<Item = &'p Problem>, placer: &Placer<'_>, result: &mut FileResult) {
    let resource = alone(found);
    result.incomplete.extend(problems.map(|problem| Incomplete { resource: resource.clone(), ..incomplete(problem, placer) }));
}

/// The ARN of the only resource that a policy says anything of. Members of a group, and whoever a managed or a control policy
/// is attached to, stand elsewhere.
fn alone(found: &Found) -> Option<String> {
    let context = &found.context;
    let kind = context.attached_to.as_ref().and_then(|attached| attached.kind);
    let is_own = match (kind, context.resource_type.as_deref()) {
        (Some(PrincipalKind::Role | PrincipalKind::User), _) => true,
        (Some(PrincipalKind::Group), _) | (None, None) => false,
        (None, Some(resource_type)) => {
            !resource_type.starts_with("AWS::IAM::") && !resource_type.starts_with("AWS::Organizations::")
        }
    };
    context.resource.clone().filter(|resource| is_own && resource.starts_with("arn:"))
}

/// A mistake of a text as something that could not be read.
pub(super) fn incomplete(problem: &Problem, placer: &Placer<'_>) -> Incomplete {
    let related =
        problem.related.iter().map(|(span, message)| Label { message: message.clone(), location: placer.mistake(*span) });
    Incomplete {
        file: placer.file().clone(),
        code: Some(problem.code),
        reason: problem.message.clone(),
        help: problem.help.clone(),
        location: Some(placer.mistake(problem.span)),
        related: related.collect(),
        resource: None,
    }
}
