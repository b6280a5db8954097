//! A rule about targets, asked of the control policies on the way from the root to an organizational unit or account. Most
//! of a thousand accounts have the same: the question is put once, and the answer is said of each of them.

use super::eval::{eval, is_about_denies};
use super::expr::{ActionSpec, Matcher};
use super::judge::{fixes, place, statement_of};
use super::layers::Layers;
use super::meta::{Otherwise, Rule};
use super::raised::Raised;
use super::subject::{Subject, Trace, Weight};
use super::template::fill;
use crate::algebra::Truth;
use crate::document::Node;
use crate::extract::Site;
use crate::finding::{Confidence, Standing};
use crate::policy::Statement;

/// How some control policies answer a rule.
#[derive(Debug)]
pub struct Answer<'d> {
    /// How the rule stands for whoever has them.
    pub standing: Standing,
    /// Something is to be reported.
    pub is_reported: bool,
    /// The Deny statements that come nearest, each with why it misses, the nearest first.
    pub nearest: Vec<(Node<'d>, &'static str)>,
    place: Option<Node<'d>>,
    confidence: Confidence,
    trace: Trace<'d>,
}

/// How many of the nearest statements are shown.
const SHOWN: usize = 3;

/// Ask a rule of what binds a target.
pub fn ask<'d>(rule: &Rule, owner: &Site<'d>, layers: &Layers<'d>) -> Answer<'d> {
    let sites = layers.sites();
    let subject = subject(owner, layers, &sites);
    let mut chosen = Trace::default();
    let applies = rule.filter.as_ref().map_or(Truth::True, |filter| eval(filter, subject, &mut chosen));
    let mut trace = Trace::default();
    let holds = if applies == Truth::False { Truth::True } else { eval(&rule.assert, subject, &mut trace) };
    let sure = !layers.absent || (rule.filter.is_none() && is_about_denies(&rule.assert));
    let standing = match (applies, holds) {
        (Truth::False, _) if sure => Standing::NotApplicable,
        (_, Truth::True) if sure => Standing::Held,
        (Truth::True, Truth::False) if !layers.absent => Standing::Open,
        _ => Standing::Undecided,
    };
    let is_reported = match standing {
        Standing::Open => true,
        // That something is attached and not known is said of the policy itself, once.
        Standing::Undecided => !layers.absent && rule.on_unknown != Otherwise::Pass,
        Standing::Held | Standing::Unbound | Standing::NotApplicable => false,
    };
    let unsure = standing == Standing::Undecided && rule.on_unknown != Otherwise::Fail;
    Answer {
        standing,
        is_reported,
        nearest: nearest(subject, &trace),
        place: place(subject, &chosen, &trace),
        confidence: if unsure { Confidence::Low } else { rule.meta.confidence },
        trace,
    }
}

impl<'d> Answer<'d> {
    /// What is to be said of a target that has these policies, pointed at where the target itself is written.
    pub fn raised<'a>(&self, rule: &Rule, owner: &'a Site<'d>, layers: &Layers<'d>) -> Raised<'a, 'd> {
        let sites = layers.sites();
        let subject = subject(owner, layers, &sites);
        Raised {
            site: owner,
            node: owner.root,
            related: self.nearest.clone(),
            statement: None,
            message: fill(&rule.meta.message, rule, subject, &self.trace, self.place),
            help: None,
            witness: self.trace.witness.as_deref().map(|witness| of_account(witness, rule, owner, layers)),
            confidence: self.confidence,
            fixes: fixes(rule, subject, &self.trace, self.place),
        }
    }
}

/// The account that requests come from and go to where nothing says which.
const SOME_ACCOUNT: &str = "111122223333";

/// A witness told of the target's own account, where every account would do.
fn of_account(witness: &str, rule: &Rule, owner: &Site<'_>, layers: &Layers<'_>) -> String {
    let account = owner.context.account.as_deref().filter(|_| layers.account.is_none() && rule.digits.are_blind_to(SOME_ACCOUNT));
    account.map_or_else(|| witness.to_owned(), |own| witness.replace(&format!(":{SOME_ACCOUNT}:"), &format!(":{own}:")))
}

fn subject<'a, 'd>(owner: &'a Site<'d>, layers: &'a Layers<'d>, sites: &'a [&'a Site<'d>]) -> Subject<'a, 'd> {
    Subject { owner: Some(owner), layers: Some(layers), ..Subject::documents(sites) }
}

/// What keeps the Deny statements that come nearest from counting.
fn nearest<'d>(subject: Subject<'_, 'd>, trace: &Trace<'d>) -> Vec<(Node<'d>, &'static str)> {
    let mut telling: Vec<Node<'d>> = trace.places.iter().filter(|(w, _)| *w > Weight::Weak).map(|(_, node)| *node).collect();
    // A condition or a resource in the way is nearer than actions that are left out.
    let rank = |node: &Node<'d>| {
        let statement = statement_of(subject, *node);
        let of_actions = statement.and_then(|s| s.actions.as_ref()).is_some_and(|e| e.value.id() == node.id());
        (statement.is_none(), of_actions)
    };
    telling.sort_by_key(rank);
    let mut out: Vec<(Node<'d>, &'static str)> = Vec::new();
    for node in telling {
        let same = |other: &Node<'d>| std::ptr::eq(other.document(), node.document()) && other.id() == node.id();
        let Some(statement) = statement_of(subject, node).filter(|_| !out.iter().any(|(other, _)| same(other))) else { continue };
        out.push((node, word(statement, node)));
        if out.len() == SHOWN {
            break;
        }
    }
    out
}

/// Why a Deny misses, by the element that is in the way.
fn word(statement: &Statement<'_>, node: Node<'_>) -> &'static str {
    let is = |value: Option<Node<'_>>| value.is_some_and(|value| value.id() == node.id());
    let of_caller = |key: &str| key.eq_ignore_ascii_case("aws:PrincipalArn") || key.eq_ignore_ascii_case("aws:PrincipalTag");
    if let Some(element) = statement.actions.as_ref().filter(|element| is(Some(element.value))) {
        if element.negated { "this Deny exempts it by name" } else { "this Deny leaves actions out" }
    } else if is(statement.resources.as_ref().map(|e| e.value)) {
        "this Deny is about fewer resources"
    } else if is(statement.principals.as_ref().map(|e| e.value)) {
        "this Deny exempts principals"
    } else if statement.conditions.iter().all(|c| of_caller(c.key)) && !statement.conditions.is_empty() {
        "this Deny exempts principals by its condition"
    } else {
        "this Deny holds under a condition only"
    }
}

impl Rule {
    /// The actions that the rule asks of targets, when all it asks is which requests get through: then policies that are
    /// about other actions make no difference. `None` when it looks at the policies themselves.
    pub fn asked_actions(&self) -> Option<Vec<&str>> {
        let mut out = Vec::new();
        let mut all = self.filter.iter().chain([&self.assert]);
        all.all(|matcher| collect(matcher, &mut out)).then_some(out)
    }
}

fn collect<'r>(matcher: &'r Matcher, out: &mut Vec<&'r str>) -> bool {
    match matcher {
        Matcher::All(all) | Matcher::Any(all) => all.iter().all(|inner| collect(inner, out)),
        Matcher::Not(inner) | Matcher::Document(inner) | Matcher::It(inner) => collect(inner, out),
        Matcher::Constant(_) => true,
        Matcher::Denies(spec) | Matcher::Grants(spec) => match &spec.actions {
            ActionSpec::Globs(globs) => {
                out.extend(globs.iter().map(String::as_str));
                true
            }
            ActionSpec::OfSubject => false,
        },
        _ => false,
    }
}
