//! One rule, one document (or set): which subjects break it, and where.

use super::checked;
use super::eval::{eval, parts};
use super::eval_json::{plain, select};
use super::layers::Around;
use super::meta::{ForEach, Otherwise, Rule};
use super::raised::{Judgement, Raised};
use super::subject::{Item, Subject, Trace, Weight};
use super::template::fill;
use crate::algebra::Truth;
use crate::document::Node;
use crate::extract::Site;
use crate::finding::Confidence;
use crate::finding::model::Fix;
use crate::policy::{Effect, Statement};
use std::collections::HashSet;
use std::sync::Arc;

/// Ask a rule of some documents. `asked_for` tells that somebody named the rule, its pack or its tag.
pub fn judge<'a, 'd>(rule: &Rule, sites: &'a [&'a Site<'d>], asked_for: bool) -> Judgement<'a, 'd> {
    judge_within(rule, sites, asked_for, Around::default())
}

/// The same where it is known what binds their owner from outside.
pub fn judge_within<'a, 'd>(
    rule: &Rule,
    sites: &'a [&'a Site<'d>],
    asked_for: bool,
    around: Around<'a, 'd>,
) -> Judgement<'a, 'd> {
    let base = Subject { around, ..Subject::documents(sites) };
    let Some(site) = base.site() else { return Judgement::NotApplicable };
    if let Some(code) = rule.check {
        return checked::judge(rule, code, site);
    }
    if rule.applies_to.test(site) != Truth::True {
        return Judgement::NotApplicable;
    }
    if site.root.is_none() {
        return missing(rule, base, site);
    }
    if !asked_for && !is_wanted(rule, sites) {
        return Judgement::NotApplicable;
    }
    let mut run = Run { rule, undecided: false, raised: Vec::new(), seen: HashSet::new(), subjects: 0 };
    subjects(rule, base, |subject| run.subject(subject));
    if let (ForEach::JsonPath(path, decode), Some(root)) = (&rule.for_each, site.root) {
        let value = plain(root, *decode);
        for (value, node) in select(path, &value, root) {
            run.json(site, Subject { item: Item::Json(value, node), ..base });
        }
    }
    run.finish(base)
}

/// Whether a rule that nobody asked for is about some documents: `default_when`.
pub fn is_wanted<'d>(rule: &Rule, sites: &[&Site<'d>]) -> bool {
    let holds = |matcher| eval(matcher, Subject::documents(sites), &mut Trace::default()) == Truth::True;
    rule.default_when.as_ref().is_none_or(holds)
}

/// Every subject that is part of a policy.
fn subjects<'a, 'd>(rule: &Rule, base: Subject<'a, 'd>, mut each: impl FnMut(Subject<'a, 'd>)) {
    let admitted = |statement: &&'a Statement<'d>| rule.prefilter.admits(statement);
    match &rule.for_each {
        ForEach::Document | ForEach::OrgTarget | ForEach::Attachment => each(base),
        ForEach::Statement => base.statements().filter(admitted).for_each(|s| each(base.of_statement(s))),
        ForEach::Part(part) => {
            for statement in base.statements().filter(admitted) {
                parts(base, statement, *part).into_iter().for_each(&mut each);
            }
        }
        ForEach::JsonPath(..) => {}
    }
}

/// One subject and what was said of it.
#[derive(Debug)]
pub struct Explained<'d> {
    /// The subject.
    pub node: Option<Node<'d>>,
    /// Its text.
    pub text: String,
    /// `where`.
    pub applies: Truth,
    /// `assert`; `None` when `where` was false.
    pub holds: Option<Truth>,
    /// What decided `assert`, or `where` when that was false.
    pub reasons: Vec<Node<'d>>,
}

/// A rule on some documents, step by step.
#[derive(Debug)]
pub struct Explanation<'d> {
    /// `applies_to`.
    pub applies: Truth,
    /// Every subject.
    pub subjects: Vec<Explained<'d>>,
}

/// Say what a rule makes of each subject, whether or not `applies_to` holds.
pub fn explain<'a, 'd>(rule: &Rule, sites: &'a [&'a Site<'d>]) -> Explanation<'d> {
    let base = Subject::documents(sites);
    let mut out = Explanation { applies: base.site().map_or(Truth::False, |s| rule.applies_to.test(s)), subjects: Vec::new() };
    let nodes = |trace: &Trace<'d>| trace.places.iter().map(|(_, node)| *node).collect::<Vec<_>>();
    let mut one = |subject: Subject<'_, 'd>| {
        let mut trace = Trace::default();
        let applies = rule.filter.as_ref().map_or(Truth::True, |f| eval(f, subject, &mut trace));
        let mut holds = None;
        if applies != Truth::False {
            trace = Trace::default();
            holds = Some(eval(&rule.assert, subject, &mut trace));
        }
        out.subjects.push(Explained { node: subject.node(), text: subject.text(), applies, holds, reasons: nodes(&trace) });
    };
    subjects(rule, base, &mut one);
    if let (ForEach::JsonPath(path, decode), Some(root)) = (&rule.for_each, base.site().and_then(|s| s.root)) {
        let value = plain(root, *decode);
        for (value, node) in select(path, &value, root) {
            one(Subject { item: Item::Json(value, node), ..base });
        }
    }
    out
}

fn missing<'a, 'd>(rule: &Rule, base: Subject<'a, 'd>, site: &'a Site<'d>) -> Judgement<'a, 'd> {
    if rule.reach.inherits {
        // What binds a resource from outside binds one without a policy as well.
        match eval(&rule.assert, base, &mut Trace::default()) {
            Truth::True => return Judgement::Pass,
            Truth::Unknown if rule.on_unknown == Otherwise::Pass => return Judgement::Undecided,
            Truth::Unknown | Truth::False => {}
        }
    }
    match rule.on_missing {
        Otherwise::Pass => Judgement::NotApplicable,
        Otherwise::Report | Otherwise::Fail => {
            let trace = Trace::default();
            Judgement::Fail(vec![Raised {
                site,
                node: None,
                related: Vec::new(),
                statement: None,
                message: fill(&rule.meta.message, rule, base, &trace, None),
                help: None,
                witness: None,
                confidence: rule.meta.confidence,
                fixes: fixes(rule, base, &trace, None),
            }])
        }
    }
}

pub(super) fn fixes(rule: &Rule, subject: Subject<'_, '_>, trace: &Trace<'_>, place: Option<Node<'_>>) -> Vec<Fix> {
    let fill = |text: &str| fill(text, rule, subject, trace, place);
    rule.fixes.iter().map(|f| Fix { title: f.title.clone(), safety: f.safety, text: fill(&f.text) }).collect()
}

struct Run<'r, 'a, 'd> {
    rule: &'r Rule,
    undecided: bool,
    raised: Vec<Raised<'a, 'd>>,
    /// File, node and message of what was raised: a thing is said once.
    seen: HashSet<(Arc<str>, Option<u32>, String)>,
    subjects: usize,
}

impl<'a, 'd> Run<'_, 'a, 'd> {
    fn subject(&mut self, subject: Subject<'a, 'd>) {
        let mut chosen = Trace::default();
        let applies = self.rule.filter.as_ref().map_or(Truth::True, |f| eval(f, subject, &mut chosen));
        if applies == Truth::False {
            return;
        }
        self.subjects += 1;
        let mut trace = Trace::default();
        let holds = eval(&self.rule.assert, subject, &mut trace);
        let broken = match (applies, holds) {
            (_, Truth::True) => return,
            (Truth::True, Truth::False) => Truth::True,
            _ => Truth::Unknown,
        };
        if broken == Truth::Unknown && self.rule.on_unknown == Otherwise::Pass {
            self.undecided = true;
            return;
        }
        self.raise(subject, broken, &chosen, &trace);
    }

    /// The value of a JSON subject lives only as long as the loop, so what is raised speaks of its documents.
    fn json(&mut self, site: &'a Site<'d>, subject: Subject<'_, 'd>) {
        let applies = self.rule.filter.as_ref().map_or(Truth::True, |f| eval(f, subject, &mut Trace::default()));
        if applies == Truth::False {
            return;
        }
        self.subjects += 1;
        let mut trace = Trace::default();
        let holds = eval(&self.rule.assert, subject, &mut trace);
        let sure = holds == Truth::False && applies == Truth::True;
        if holds == Truth::True || (!sure && self.rule.on_unknown == Otherwise::Pass) {
            return;
        }
        let node = trace.smallest().or(subject.node());
        self.push(Raised {
            site,
            node,
            related: Vec::new(),
            statement: None,
            message: fill(&self.rule.meta.message, self.rule, subject, &trace, node),
            help: None,
            witness: None,
            confidence: if sure { self.rule.meta.confidence } else { Confidence::Low },
            fixes: fixes(self.rule, subject, &trace, node),
        });
    }

    fn raise(&mut self, subject: Subject<'a, 'd>, broken: Truth, chosen: &Trace<'d>, trace: &Trace<'d>) {
        let node = place(subject, chosen, trace);
        let Some(site) = node.and_then(|n| holder(subject, n)).or(subject.site()) else { return };
        let unsure = broken == Truth::Unknown && self.rule.on_unknown != Otherwise::Fail;
        let statement = subject.statement.or_else(|| node.and_then(|n| statement_of(subject, n)));
        let raised = Raised {
            site,
            node,
            related: related(subject, node, chosen, trace),
            statement,
            message: fill(&self.rule.meta.message, self.rule, subject, trace, node),
            help: None,
            witness: trace.witness.clone().or_else(|| chosen.witness.clone()),
            confidence: if unsure { Confidence::Low } else { self.rule.meta.confidence },
            fixes: fixes(self.rule, subject, trace, node),
        };
        self.push(raised);
    }

    fn push(&mut self, raised: Raised<'a, 'd>) {
        let key = (raised.site.file.clone(), raised.node.map(Node::id), raised.message.clone());
        if self.seen.insert(key) {
            self.raised.push(raised);
        }
    }

    fn finish(mut self, base: Subject<'a, 'd>) -> Judgement<'a, 'd> {
        if self.subjects == 0 {
            if self.rule.on_empty == Otherwise::Pass {
                return Judgement::NotApplicable;
            }
            self.raise(base, Truth::True, &Trace::default(), &Trace::default());
        }
        match (self.raised.is_empty(), self.undecided) {
            (false, _) => Judgement::Fail(self.raised),
            (true, true) => Judgement::Undecided,
            (true, false) => Judgement::Pass,
        }
    }
}

/// The place to point at: the smallest thing in the subject's own statement that made `assert` false; else the subject,
/// or for a whole statement what made `where` true.
pub(super) fn place<'d>(subject: Subject<'_, 'd>, chosen: &Trace<'d>, trace: &Trace<'d>) -> Option<Node<'d>> {
    let own = |node: &Node<'d>| subject.statement.is_none_or(|s| inside(s.node, *node));
    let mut blamed = trace.clone();
    blamed.places.retain(|(_, node)| own(node));
    let whole = matches!(subject.item, Item::Statement | Item::Documents);
    let smallest = blamed.smallest();
    let strongest = || chosen.strongest().filter(|_| whole);
    // Without anything to blame in the statement, an effect is still better than a whole statement.
    smallest.or_else(strongest).or(subject.node())
}

pub(super) fn inside<'d>(outer: Node<'d>, node: Node<'d>) -> bool {
    std::ptr::eq(outer.document(), node.document()) && outer.id() <= node.id() && node.id() < outer.subtree_end()
}

/// The document of a set that a node belongs to.
fn holder<'a, 'd>(subject: Subject<'a, 'd>, node: Node<'d>) -> Option<&'a Site<'d>> {
    subject.sites.iter().copied().find(|site| site.root.is_some_and(|root| inside(root, node)))
}

pub(super) fn statement_of<'a, 'd>(subject: Subject<'a, 'd>, node: Node<'d>) -> Option<&'a Statement<'d>> {
    let own = subject.statement.filter(|s| inside(s.node, node));
    own.or_else(|| subject.statements().find(|s| inside(s.node, node)))
}

/// Up to three more places, each with a word on what it is.
pub(super) fn related<'d>(
    subject: Subject<'_, 'd>,
    primary: Option<Node<'d>>,
    chosen: &Trace<'d>,
    trace: &Trace<'d>,
) -> Vec<(Node<'d>, &'static str)> {
    let mut out: Vec<(Node<'d>, &'static str)> = Vec::new();
    let all = trace.places.iter().chain(&chosen.places).filter(|(weight, _)| *weight > Weight::Weak);
    for (_, node) in all {
        let overlaps = |other: Node<'d>| inside(other, *node) || inside(*node, other);
        if primary.is_some_and(overlaps) || out.iter().any(|(n, _)| overlaps(*n)) {
            continue;
        }
        let Some(statement) = statement_of(subject, *node) else { continue };
        out.push((*node, word(statement, *node)));
        if out.len() == 3 {
            break;
        }
    }
    out
}

fn word(statement: &Statement<'_>, node: Node<'_>) -> &'static str {
    let within = |element: Option<Node<'_>>| element.is_some_and(|e| inside(e, node));
    if statement.is(Effect::Deny) {
        "this Deny does not cover it"
    } else if within(statement.actions.as_ref().map(|e| e.value)) {
        "for this action"
    } else if within(statement.resources.as_ref().map(|e| e.value)) {
        "on this resource"
    } else if within(statement.principals.as_ref().map(|e| e.value)) {
        "for this principal"
    } else {
        "under this condition"
    }
}
