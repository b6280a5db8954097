//! A question as obligations: boxes that must lie in others; deciding it, and replaying the witness.

use super::callers::{Class, Mentions, Scope};
use super::compile::{Boxed, Compiled};
use super::engine::Engine;
use super::literal::{Field, LiteralId, Meaning, Sense, Table};
use super::pattern::Pattern;
use super::search::{Clause, Outcome, Query, Tree, axioms, find};
use super::strings::Side;
use super::value::Atom;
use super::variables::{by_presence, by_value, concretely};
use super::witness::witness;
use crate::evaluate::Request;
use std::collections::BTreeSet;

/// No request may be in all of `within` and in none of `avoid`.
#[derive(Clone, Debug, Default)]
pub struct Obligation {
    /// What must hold.
    pub within: Vec<Sense>,
    /// What must not hold as a whole, each.
    pub avoid: Vec<Clause>,
    /// The boxes that `within` was made of: policy and statement.
    pub of: Vec<(usize, usize)>,
    /// The boxes that `avoid` was made of; what stands after them are facts about requests.
    pub but: Vec<(usize, usize)>,
    /// How many literals of `within` are those boxes'; what stands after them is the question's own.
    pub boxed: usize,
}

impl Obligation {
    /// All of some boxes, but none of others.
    pub fn new<'b>(within: &[&'b Boxed], avoid: impl IntoIterator<Item = &'b Boxed>) -> Self {
        let mut out = Self { of: within.iter().map(|b| (b.policy, b.statement)).collect(), ..Self::default() };
        out.within.extend(within.iter().flat_map(|b| clause(b)));
        out.boxed = out.within.len();
        for boxed in avoid {
            out.avoid.push(clause(boxed));
            out.but.push((boxed.policy, boxed.statement));
        }
        out
    }
}

/// A box as literals that hold.
pub fn clause(boxed: &Boxed) -> Clause {
    boxed.parts.iter().map(|(id, _)| (*id, true)).collect()
}

/// A question made ready for the engine.
#[derive(Clone, Debug)]
pub struct Ready {
    /// All of them must be met.
    pub obligations: Vec<Obligation>,
    /// Who can call.
    pub scope: Scope,
    /// Keys of variables.
    pub variables: BTreeSet<String>,
}

/// A question.
pub trait Problem {
    /// Compile it. Variables become what the table has chosen for them.
    fn ready(&self, table: &mut Table) -> Ready;

    /// Whether this request shows that the answer is no, in the eyes of the evaluator.
    fn is_shown_by(&self, request: &Request) -> bool;
}

/// Part of a proof: some variables have no value, the others any.
#[derive(Clone, Debug)]
pub struct Case {
    /// Keys of variables, and whether they have a value; none where that is not told apart.
    pub variables: Vec<(String, bool)>,
    /// What was to be shown then.
    pub ready: Ready,
    /// A tree for each obligation.
    pub trees: Vec<Tree>,
    /// Facts about requests that stand after the boxes to avoid, by their names.
    pub facts: Vec<&'static str>,
}

/// What was decided.
#[derive(Clone, Debug)]
pub enum Decided {
    /// Every obligation is met, in every case.
    Pass(Vec<Case>),
    /// A request that shows the contrary.
    Fail(Box<Request>),
    /// Not decided.
    Unknown(String),
}

/// Whether there is a request at all that fulfils some literals.
pub fn is_possible(engine: &mut Engine, within: &[Sense], scope: Scope) -> bool {
    let obligation = Obligation { within: within.to_vec(), ..Obligation::default() };
    let ready = Ready { obligations: vec![obligation], scope, variables: BTreeSet::new() };
    let facts: Vec<Clause> = axioms(&mut engine.table).into_iter().map(|(_, clause)| clause).collect();
    let classes = classes(engine, &ready, &[]);
    let query = Query { within, avoid: &facts, classes: &classes, side: Side::Under };
    matches!(find(engine, query), Outcome::Found(_))
}

/// Whether it is shown that no request at all fulfils some literals, on the terms of the engine.
pub fn is_impossible(engine: &mut Engine, within: &[Sense], scope: Scope) -> bool {
    let mut within = within.to_vec();
    within.extend(assumed(engine));
    let obligation = Obligation { within: within.clone(), ..Obligation::default() };
    let ready = Ready { obligations: vec![obligation], scope, variables: BTreeSet::new() };
    let facts: Vec<Clause> = axioms(&mut engine.table).into_iter().map(|(_, clause)| clause).collect();
    let classes = classes(engine, &ready, &[]);
    engine.spelled = spelled(&engine.table, &ready);
    let query = Query { within: &within, avoid: &facts, classes: &classes, side: Side::Over };
    matches!(find(engine, query), Outcome::Closed(_))
}

/// What is assumed of every request, as literals.
fn assumed(engine: &mut Engine) -> Vec<Sense> {
    let mut out = Vec::new();
    for (key, value) in engine.assume.clone() {
        let key = engine.table.key(&key);
        out.push(engine.table.among(key, vec![Pattern::exact(&value, false)]));
    }
    out
}

/// Decide a question.
pub fn decide(engine: &mut Engine, problem: &dyn Problem) -> Decided {
    engine.table.choose_nothing();
    let ready = problem.ready(&mut engine.table);
    let why = match attempt(engine, problem, &ready, Side::Over, &[]) {
        Attempt::Met(trees, facts) => return Decided::Pass(vec![Case { variables: Vec::new(), ready, trees, facts }]),
        Attempt::Shown(request) => return Decided::Fail(request),
        Attempt::Open(why) => why,
    };
    let shown = concretely(engine, problem, &ready);
    let apart = |engine: &mut Engine| by_presence(engine, problem, &ready).or_else(|| by_value(engine, problem, &ready));
    let cases = if shown.is_none() { apart(engine) } else { None };
    engine.table.choose_nothing();
    match (shown, cases) {
        (Some(request), _) => Decided::Fail(request),
        (None, Some(cases)) => Decided::Pass(cases),
        (None, None) => Decided::Unknown(reason_for(engine, &ready, why)),
    }
}

/// What one try led to.
pub(super) enum Attempt {
    /// Every obligation is met; a tree for each, and the facts that were used.
    Met(Vec<Tree>, Vec<&'static str>),
    /// A request shows the contrary, and the evaluator agrees.
    Shown(Box<Request>),
    /// Not decided, and why.
    Open(&'static str),
}

/// The reason when a model was found that the evaluator does not take.
const DOUBTED: &str = "";

pub(super) fn attempt(engine: &mut Engine, problem: &dyn Problem, ready: &Ready, side: Side, pins: &[Sense]) -> Attempt {
    let mut pins = pins.to_vec();
    pins.extend(assumed(engine));
    let facts = axioms(&mut engine.table);
    let classes = classes(engine, ready, &pins);
    engine.spelled = spelled(&engine.table, ready);
    let mut trees = Vec::with_capacity(ready.obligations.len());
    let mut open = None;
    for obligation in &ready.obligations {
        let within: Vec<Sense> = obligation.within.iter().chain(&pins).copied().collect();
        let avoid: Vec<Clause> = obligation.avoid.iter().chain(facts.iter().map(|(_, clause)| clause)).cloned().collect();
        match find(engine, Query { within: &within, avoid: &avoid, classes: &classes, side }) {
            Outcome::Closed(tree) => trees.push(tree),
            Outcome::Open(why) => open = Some(why),
            Outcome::Found(model) => match witness(engine, ready, &classes, &model) {
                Some(request) if problem.is_shown_by(&request) => return Attempt::Shown(Box::new(request)),
                _ => open = open.or(Some(DOUBTED)),
            },
        }
    }
    open.map_or_else(|| Attempt::Met(trees, facts.iter().map(|(name, _)| *name).collect()), Attempt::Open)
}

pub(super) fn literals(ready: &Ready) -> BTreeSet<LiteralId> {
    let all = ready.obligations.iter().flat_map(|o| o.within.iter().chain(o.avoid.iter().flatten()));
    all.map(|(id, _)| *id).collect()
}

/// Actions that the catalogue does not have and the question names outright.
fn spelled(table: &Table, ready: &Ready) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for id in if table.unlisted { literals(ready) } else { BTreeSet::new() } {
        if let Some(Meaning::Actions(set, _)) = table.get(id).map(|l| &l.meaning) {
            out.extend(set.extra.iter().cloned());
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// The callers that a question tells apart. Where nothing is said of them, one stands for all.
pub fn classes(engine: &Engine, ready: &Ready, pins: &[Sense]) -> Vec<Class> {
    let mut mentions = Mentions::default();
    let mut asked = ready.scope != Scope::Identity && ready.scope != Scope::Principals;
    for id in literals(ready).into_iter().chain(pins.iter().map(|(id, _)| *id)) {
        let Some(literal) = engine.table.get(id) else { continue };
        match (&literal.meaning, literal.field) {
            (Meaning::Principals(list, _) | Meaning::DenyPrincipals(list, _), _) => {
                asked = true;
                list.iter().for_each(|named| mentions.add(named));
            }
            (Meaning::Key(test), Field::Key(key)) => {
                let name = engine.table.key_name(key);
                asked |= name.starts_with("aws:principal") || matches!(name, "aws:userid" | "aws:username");
                if let (Atom::Text(patterns), "aws:principalarn" | "aws:principalaccount") = (&test.atom, name) {
                    patterns.iter().for_each(|p| mentions.value(p));
                }
            }
            _ => {}
        }
    }
    let mut classes = mentions.classes(&ready.scope);
    if !asked {
        classes.truncate(1);
    }
    classes
}

/// Names the construct that kept a question open.
fn reason_for(engine: &Engine, ready: &Ready, why: &'static str) -> String {
    if why != DOUBTED {
        return why.to_owned();
    }
    for id in literals(ready) {
        match engine.table.get(id).map(|l| &l.meaning) {
            Some(Meaning::Key(test)) if matches!(test.atom, Atom::Opaque(_)) => {
                let Atom::Opaque(text) = &test.atom else { continue };
                return format!("nothing is known of the condition `{text}`");
            }
            Some(Meaning::DenyPrincipals(..)) => {
                return "a Deny with `NotPrincipal` that lists only some of the ARNs somebody is known by".to_owned();
            }
            _ => {}
        }
    }
    match ready.variables.iter().next() {
        Some(name) => format!("it depends on the value of the variable `${{{name}}}`"),
        None => "the request that was found is not confirmed by the evaluator".to_owned(),
    }
}

/// The variables of several policies.
pub fn joined(parts: &[&Compiled]) -> BTreeSet<String> {
    parts.iter().flat_map(|part| part.variables.iter().cloned()).collect()
}
