//! Asking a matcher of a subject: three-valued, with the places that decided.

use super::eval_json as json;
use super::expr::{ActionSpec, Count, Many, Matcher, Part, QuestionSpec};
use super::leaf::{account_in, text_holds};
use super::question;
use super::subject::{Item, Subject, Trace, Weight};
use super::witness;
use crate::algebra::{Answer, Layer, Question, Truth, ask, layered, resource_set};
use crate::catalog;
use crate::document::Node;
use crate::policy::principal::PrincipalType;
use crate::policy::{Effect, Policy, PolicyKind, Statement};
use crate::text::glob::{Case, matches};
use std::collections::{BTreeMap, BTreeSet};

/// Whether the matcher holds for the subject.
pub fn eval<'d>(matcher: &Matcher, subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> Truth {
    match matcher {
        Matcher::All(all) => every(all, subject, trace),
        Matcher::Any(any) => some(any, subject, trace),
        Matcher::Not(inner) => !eval(inner, subject, trace),
        Matcher::Constant(value) => Truth::from(*value),
        Matcher::It(inner) => eval(inner, subject, trace),
        Matcher::Statement(inner) => match subject.statement {
            Some(statement) => eval(inner, subject.of_statement(statement), trace),
            None => Truth::False,
        },
        // The subject stays at hand: `same_as: it` asks for its statement.
        Matcher::Document(inner) => eval(inner, Subject { item: Item::Documents, ..subject }, trace),
        Matcher::Statements(many, inner) => {
            let all = subject.statements().map(|s| subject.of_statement(s));
            quantify(*many, inner, all, trace)
        }
        Matcher::Parts(many, part, inner) => match subject.statement {
            Some(statement) => quantify(*many, inner, parts(subject, statement, *part).into_iter(), trace),
            None => Truth::False,
        },
        Matcher::Count(count) => counted(count, subject, trace),
        Matcher::Grants(spec) => asked(spec, subject, trace, &GRANTS),
        Matcher::Denies(spec) => asked(spec, subject, trace, &DENIES),
        Matcher::Inherited(kind, inner) => inherited(*kind, inner, subject),
        Matcher::AttachedTo(test) => subject.site().map_or(Truth::Unknown, |site| test.test(&site.file, &site.context)),
        Matcher::Path(test) => json::path(test, subject, trace),
        Matcher::Fact(test) => json::fact(test, subject, trace),
        Matcher::Effect(..) | Matcher::Sid(..) | Matcher::Has(..) | Matcher::BoundedBy(..) => match subject.statement {
            Some(statement) => of_statement(matcher, statement, trace),
            None => Truth::False,
        },
        Matcher::Actions(..) | Matcher::Resources(..) | Matcher::Shape(..) | Matcher::Negated(..) | Matcher::Text(..) => {
            of_element(matcher, subject, trace)
        }
        Matcher::PrincipalType(..) | Matcher::PrincipalForm(..) | Matcher::PrincipalAccount(..) => {
            of_principal(matcher, subject, trace)
        }
        Matcher::Key(..)
        | Matcher::Operator(..)
        | Matcher::KnownOperator(..)
        | Matcher::IfExists(..)
        | Matcher::Quantifier(..)
        | Matcher::Values(..) => Truth::from(of_condition(matcher, subject, trace)),
    }
}

fn every<'d>(all: &[Matcher], subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> Truth {
    let mark = trace.mark();
    let mut truth = Truth::True;
    for matcher in all {
        let before = trace.mark();
        let shown = trace.witness.take();
        match eval(matcher, subject, trace) {
            Truth::False => {
                // What held so far is not why it fails.
                trace.forget(mark, before);
                return Truth::False;
            }
            other => truth = truth.and(other),
        }
        trace.witness = shown.or(trace.witness.take());
    }
    truth
}

fn some<'d>(any: &[Matcher], subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> Truth {
    let mark = trace.mark();
    let mut truth = Truth::False;
    for matcher in any {
        let before = trace.mark();
        let shown = trace.witness.take();
        match eval(matcher, subject, trace) {
            Truth::True => {
                trace.forget(mark, before);
                return Truth::True;
            }
            other => truth = truth.or(other),
        }
        trace.witness = shown.or(trace.witness.take());
    }
    truth
}

fn quantify<'a, 'd: 'a>(
    many: Many,
    matcher: &Matcher,
    subjects: impl Iterator<Item = Subject<'a, 'd>>,
    trace: &mut Trace<'d>,
) -> Truth {
    let decisive = if many == Many::Every { Truth::False } else { Truth::True };
    let mark = trace.mark();
    let (mut unknown, mut decided, mut kept) = (false, false, 0);
    for subject in subjects {
        let before = trace.mark();
        let shown = trace.witness.take();
        let truth = eval(matcher, subject, trace);
        trace.witness = if truth == decisive { trace.witness.take().or(shown) } else { shown.or(trace.witness.take()) };
        if truth == decisive {
            // What the others said does not matter any more.
            trace.forget(mark + kept, before);
            if trace.mark() == mark + kept
                && let Some(node) = subject.node()
            {
                trace.add(Weight::Plain, node);
            }
            kept = trace.mark() - mark;
            decided = true;
            if many == Many::Some {
                return Truth::True;
            }
        }
        unknown |= truth == Truth::Unknown;
    }
    if decided {
        trace.forget(mark + kept, trace.mark());
        return Truth::False;
    }
    match many {
        _ if unknown => Truth::Unknown,
        Many::Some => Truth::False,
        Many::Every | Many::No => Truth::True,
    }
}

/// The parts of a statement as subjects.
pub fn parts<'a, 'd>(base: Subject<'a, 'd>, statement: &'a Statement<'d>, part: Part) -> Vec<Subject<'a, 'd>> {
    let make = |item| Subject { statement: Some(statement), item, ..base };
    match part {
        Part::Action => match &statement.actions {
            Some(element) if element.negated => vec![make(Item::NotActions(element))],
            Some(element) => element.items.iter().map(|i| make(Item::Action(i))).collect(),
            None => Vec::new(),
        },
        Part::Resource => match &statement.resources {
            Some(element) if element.negated => vec![make(Item::NotResources(element))],
            Some(element) => element.items.iter().map(|i| make(Item::Resource(i))).collect(),
            None => Vec::new(),
        },
        Part::Principal => match &statement.principals {
            Some(element) if element.negated => vec![make(Item::NotPrincipals(element))],
            Some(element) => element.items.iter().map(|i| make(Item::Principal(i))).collect(),
            None => Vec::new(),
        },
        Part::Condition => statement.conditions.iter().map(|c| make(Item::Condition(c))).collect(),
    }
}

fn of_statement<'d>(matcher: &Matcher, statement: &Statement<'d>, trace: &mut Trace<'d>) -> Truth {
    match matcher {
        Matcher::Effect(effect) => {
            if let Some((_, node)) = statement.effect {
                trace.add(Weight::Weak, node);
            }
            Truth::from(statement.is(*effect))
        }
        Matcher::Sid(globs) => {
            Truth::from(statement.sid.is_some_and(|sid| globs.iter().any(|g| matches(g, sid, Case::Sensitive))))
        }
        Matcher::Has(names) => {
            let found = statement.node.members().find(|(key, _)| names.iter().any(|n| n.eq_ignore_ascii_case(key.scalar())));
            if let Some((_, value)) = found {
                trace.add(Weight::Strong, value);
            }
            Truth::from(found.is_some())
        }
        Matcher::BoundedBy(bound) => {
            let mut evidence = Vec::new();
            let truth = bound.test(statement, &mut evidence);
            trace.extend(Weight::Plain, evidence);
            truth
        }
        _ => Truth::False,
    }
}

fn of_element<'d>(matcher: &Matcher, subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> Truth {
    match matcher {
        Matcher::Actions(relation, set) => {
            let mut evidence = Vec::new();
            let truth = match (subject.item, subject.statement) {
                (Item::Action(action), _) => set.relate_one(*relation, action.text),
                (Item::NotActions(element), _) => set.relate(*relation, element, &mut evidence),
                (_, Some(statement)) if statement.services.may_meet(set.services()) => {
                    statement.actions.as_ref().is_some_and(|e| set.relate(*relation, e, &mut evidence))
                }
                (_, Some(_) | None) => false,
            };
            trace.extend(Weight::Strong, evidence);
            Truth::from(truth)
        }
        Matcher::Resources(relation, globs) => {
            let mut evidence = Vec::new();
            let truth = match (subject.item, subject.statement) {
                (Item::Resource(resource), _) => resource_set::relate_one(globs, *relation, resource),
                (Item::NotResources(element), _) => resource_set::relate(globs, *relation, Some(element), &mut evidence),
                (_, Some(statement)) => resource_set::relate(globs, *relation, statement.resources.as_ref(), &mut evidence),
                (_, None) => Truth::False,
            };
            trace.extend(Weight::Plain, evidence);
            truth
        }
        Matcher::Shape(shape) => match subject.item {
            Item::Resource(resource) => shape.test(resource.text).truth,
            _ => Truth::False,
        },
        Matcher::Negated(wanted) => {
            let negated = matches!(subject.item, Item::NotActions(_) | Item::NotResources(_) | Item::NotPrincipals(_));
            Truth::from(negated == *wanted)
        }
        Matcher::Text(test) => Truth::from(match subject.item {
            Item::Action(action) => text_holds(test, action.text, Case::Insensitive),
            Item::Resource(resource) => text_holds(test, resource.text, Case::Sensitive),
            Item::Principal(principal) => text_holds(test, principal.text, Case::Sensitive),
            // A text is what is written, so of a `Not…` any entry will do.
            Item::NotActions(element) => element.items.iter().any(|i| text_holds(test, i.text, Case::Insensitive)),
            Item::NotResources(element) => element.items.iter().any(|i| text_holds(test, i.text, Case::Sensitive)),
            Item::NotPrincipals(element) => element.items.iter().any(|i| text_holds(test, i.text, Case::Sensitive)),
            Item::Documents | Item::Statement | Item::Condition(_) | Item::Json(..) => false,
        }),
        _ => Truth::False,
    }
}

fn of_principal<'d>(matcher: &Matcher, subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> Truth {
    let principal = match subject.item {
        Item::Principal(principal) => principal,
        // Everybody but a few is everybody, anonymous included, when it is allowed.
        Item::NotPrincipals(_) => {
            let allowed = subject.statement.is_some_and(|s| s.is(Effect::Allow));
            return Truth::from(
                allowed && matches!(matcher, Matcher::PrincipalType(types) if types.contains(&PrincipalType::Anyone)),
            );
        }
        _ => return Truth::False,
    };
    trace.add(Weight::Plain, principal.node);
    match matcher {
        Matcher::PrincipalType(types) => Truth::from(types.contains(&principal.kind)),
        Matcher::PrincipalForm(forms) => Truth::from(forms.contains(&principal.form)),
        Matcher::PrincipalAccount(within, accounts) => {
            let Some(account) = principal.account() else { return Truth::False };
            let inside = account_in(account, accounts, subject.site().map(|s| &s.context));
            if *within { inside } else { !inside }
        }
        _ => Truth::False,
    }
}

fn of_condition<'d>(matcher: &Matcher, subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> bool {
    let Item::Condition(condition) = subject.item else { return false };
    match matcher {
        Matcher::Key(globs) => {
            trace.add(Weight::Plain, condition.key_node);
            globs.iter().any(|g| matches(g, condition.key, Case::Insensitive))
        }
        Matcher::Operator(names) => {
            trace.add(Weight::Plain, condition.operator_node);
            names.iter().any(|n| n.eq_ignore_ascii_case(condition.operator.base))
        }
        Matcher::KnownOperator(wanted) => {
            trace.add(Weight::Strong, condition.operator_node);
            // A condition that could not be read was reported as that; its operator is not the mistake.
            let readable = condition.key_node.id() != condition.operator_node.id();
            (condition.operator.base.is_empty() && readable) != *wanted
        }
        Matcher::IfExists(wanted) => condition.operator.if_exists == *wanted,
        Matcher::Quantifier(wanted) => condition.operator.quantifier == *wanted,
        Matcher::Values(all, test) => {
            let passes = |node: &Node<'d>| text_holds(test, node.scalar(), Case::Sensitive);
            // The values that decide: the ones that fail `every`, or the ones that pass `some`.
            trace.extend(Weight::Plain, condition.values.iter().filter(|v| passes(v) != *all).copied().collect());
            if *all { condition.values.iter().all(passes) } else { condition.values.iter().any(passes) }
        }
        _ => false,
    }
}

fn counted<'d>(count: &Count, subject: Subject<'_, 'd>, trace: &mut Trace<'d>) -> Truth {
    let mut nodes = Vec::new();
    let mut distinct: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for statement in subject.statements() {
        let here = match count.of {
            Some(part) => parts(subject, statement, part),
            None => vec![subject.of_statement(statement)],
        };
        for item in here {
            let mut ignored = Trace::default();
            if count.filter.as_ref().is_some_and(|f| eval(f, item, &mut ignored) != Truth::True) {
                continue;
            }
            if let Some((shape, per, what)) = &count.by_shape {
                let found = shape.test(&item.text());
                let value = |name: &String| found.parts.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
                let (Truth::True, Some(group), Some(value)) = (found.truth, per.iter().map(value).collect(), value(what)) else {
                    continue;
                };
                let seen = distinct.entry(group).or_default();
                let new = seen.insert(value);
                if new && count.max.is_some_and(|max| seen.len() > max) {
                    nodes.extend(item.node());
                }
            } else {
                nodes.extend(item.node());
            }
        }
    }
    let number = if count.by_shape.is_some() { distinct.values().map(BTreeSet::len).max().unwrap_or(0) } else { nodes.len() };
    trace.extend(Weight::Plain, nodes);
    Truth::from(count.min.is_none_or(|min| number >= min) && count.max.is_none_or(|max| number <= max))
}

/// A question as it is put to documents, and to the levels of an organization.
struct Asking {
    documents: for<'d> fn(&[&Policy<'d>], &Question) -> Answer<'d>,
    levels: for<'d> fn(&[Layer<'_, 'd>], &Question) -> Answer<'d>,
}

const DENIES: Asking = Asking { documents: ask::denies, levels: layered::denies };
const GRANTS: Asking = Asking { documents: ask::grants, levels: layered::grants };

fn asked<'a, 'd: 'a>(spec: &QuestionSpec, subject: Subject<'a, 'd>, trace: &mut Trace<'d>, asking: &Asking) -> Truth {
    let Some(question) = question::resolve(spec, subject) else { return Truth::Unknown };
    let answer = match subject.layers.filter(|_| matches!(subject.item, Item::Documents)) {
        Some(layers) if !binds(layers.kind, &question) => return Truth::False,
        Some(layers) => (asking.levels)(&layers.layers(), &question),
        None => {
            let policies: Vec<&Policy<'d>> = subject.sites.iter().filter_map(|site| site.policy.as_ref()).collect();
            (asking.documents)(&policies, &question)
        }
    };
    if !answer.missing.is_empty() {
        trace.missing = answer.missing;
    }
    if let Some(request) = &answer.witness {
        trace.witness = Some(witness::told(request, &question, subject));
    }
    if answer.truth != Truth::True || !matches!(subject.item, Item::Documents) {
        trace.extend(Weight::Strong, answer.evidence);
    }
    answer.truth
}

/// Whether policies of a kind bind every request of a question: resource control policies reach some services only.
///
/// AWS Organizations User Guide, "Resource control policies (RCPs)", list of services.
fn binds(kind: PolicyKind, question: &Question) -> bool {
    if kind != PolicyKind::ResourceControlPolicy {
        return true;
    }
    let services = catalog::current().table("rcp-services");
    question.actions.iter().all(|action| action.split_once(':').is_some_and(|(service, _)| services.has(service)))
}

/// The same asked of what binds the owner from outside. What decided is said nowhere in the policy itself, so that nothing
/// of it is remembered as a place to point at.
fn inherited(kind: PolicyKind, inner: &Matcher, subject: Subject<'_, '_>) -> Truth {
    let around = subject.around;
    let Some(layers) = (if kind == PolicyKind::ResourceControlPolicy { around.rcps } else { around.scps }) else {
        return Truth::False;
    };
    if kind == PolicyKind::ResourceControlPolicy
        && let Matcher::Denies(spec) = inner
        && let ActionSpec::Globs(actions) = &spec.actions
        && !layers.may_deny(actions)
    {
        // The usual case, of every bucket there is: nothing of it has to be proved.
        return if layers.absent { Truth::Unknown } else { Truth::False };
    }
    let sites = layers.sites();
    let truth = eval(inner, subject.inherited(layers, &sites), &mut Trace::default());
    match truth {
        // What the policies that are known stop is stopped; anything else may look different with the others.
        Truth::True if layers.absent && !is_about_denies(inner) => Truth::Unknown,
        Truth::False if layers.absent => Truth::Unknown,
        known => known,
    }
}

/// True for a matcher that another policy beside those which are known cannot make false.
pub(super) fn is_about_denies(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::All(all) | Matcher::Any(all) => all.iter().all(is_about_denies),
        Matcher::Document(inner) | Matcher::It(inner) => is_about_denies(inner),
        Matcher::Denies(_) | Matcher::Constant(_) => true,
        _ => false,
    }
}
