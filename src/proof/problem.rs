//! A question as obligations: boxes that must lie in others. Deciding it, instantiating variables, replaying the witness.

use super::callers::{Class, Mentions, Scope};
use super::compile::{Boxed, Compiled};
use super::engine::Engine;
use super::hash::Map;
use super::leaf::Model;
use super::literal::{Field, KeyId, Meaning, Sense, Table};
use super::pattern::{Pattern, Symbol};
use super::search::{Clause, Outcome, Query, Tree, axioms, find};
use super::strings::{Side, Solved};
use super::value::Atom;
use crate::evaluate::{ContextValue, Request};
use crate::policy::arn::Arn;
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

/// How many ways to choose variables are tried.
const CHOICES: usize = 40;

/// Up to so many variables, their presence is told apart.
const APART: usize = 3;

/// Whether there is a request at all that fulfils some literals.
pub fn is_possible(engine: &mut Engine, within: &[Sense], scope: Scope) -> bool {
    let obligation = Obligation { within: within.to_vec(), ..Obligation::default() };
    let ready = Ready { obligations: vec![obligation], scope, variables: BTreeSet::new() };
    let facts: Vec<Clause> = axioms(&mut engine.table).into_iter().map(|(_, clause)| clause).collect();
    let classes = classes(engine, &ready, &[]);
    let query = Query { within, avoid: &facts, classes: &classes, side: Side::Under };
    matches!(find(engine, query), Outcome::Found(_))
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

/// A proof for each way in which variables are there or not: who has no user name is no user.
fn by_presence(engine: &mut Engine, problem: &dyn Problem, ready: &Ready) -> Option<Vec<Case>> {
    let names: Vec<&String> = ready.variables.iter().collect();
    if names.is_empty() || names.len() > APART {
        return None;
    }
    let mut cases = Vec::new();
    for mask in 0..1u32 << names.len() {
        engine.table.choose_nothing();
        let mut pins = Vec::with_capacity(names.len());
        let mut variables = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let there = mask >> at & 1 == 1;
            let key = engine.table.key(name);
            let (id, _) = engine.table.present(key);
            pins.push((id, there));
            if there {
                engine.table.there.insert((*name).clone());
            } else {
                engine.table.chosen.insert((*name).clone(), None);
            }
            variables.push(((*name).clone(), there));
        }
        let ready = problem.ready(&mut engine.table);
        let Attempt::Met(trees, facts) = attempt(engine, problem, &ready, Side::Over, &pins) else { return None };
        cases.push(Case { variables, ready, trees, facts });
    }
    Some(cases)
}

/// What a variable is taken to be.
#[derive(Clone, Debug)]
enum Taken {
    /// Nothing: it has no value.
    Absent,
    /// This value.
    Is(String),
    /// A value that the question does not write out.
    Other,
}

/// Up to so many combinations of values are told apart.
const COMBINATIONS: usize = 64;

/// A proof for each value that conditions write out for a variable, for any other, and for none. No tree is kept: there is
/// no certificate for it.
fn by_value(engine: &mut Engine, problem: &dyn Problem, ready: &Ready) -> Option<Vec<Case>> {
    let names: Vec<&String> = ready.variables.iter().collect();
    let mut ways: Vec<Vec<Taken>> = vec![Vec::new()];
    let mut written: Vec<Vec<Pattern>> = Vec::new();
    for name in &names {
        let values = written_out(engine, ready, name);
        let mut options = vec![Taken::Absent, Taken::Other];
        options.extend(values.iter().map(|value| Taken::Is(value.show())));
        written.push(values);
        if ways.len() * options.len() > COMBINATIONS {
            return None;
        }
        ways = ways.iter().flat_map(|way| options.iter().map(|o| way.iter().chain([o]).cloned().collect())).collect();
    }
    for way in ways.iter().filter(|_| !names.is_empty()) {
        engine.table.choose_nothing();
        let mut pins = Vec::new();
        for ((name, taken), written) in names.iter().zip(way).zip(&written) {
            let key = engine.table.key(name);
            let (present, _) = engine.table.present(key);
            pins.push((present, !matches!(taken, Taken::Absent)));
            let value = match taken {
                Taken::Absent => Some(None),
                Taken::Is(value) => {
                    pins.push(engine.table.among(key, vec![Pattern::exact(value, false)]));
                    Some(Some(value.clone()))
                }
                Taken::Other => {
                    if !written.is_empty() {
                        let (among, _) = engine.table.among(key, written.clone());
                        pins.push((among, false));
                    }
                    engine.table.there.insert((*name).clone());
                    None
                }
            };
            if let Some(value) = value {
                engine.table.chosen.insert((*name).clone(), value);
            }
        }
        let ready = problem.ready(&mut engine.table);
        let Attempt::Met(..) = attempt(engine, problem, &ready, Side::Over, &pins) else { return None };
    }
    (!names.is_empty()).then(Vec::new)
}

/// The texts that conditions compare a variable's key with, whole and in one letter case.
fn written_out(engine: &Engine, ready: &Ready, name: &str) -> Vec<Pattern> {
    let Some(key) = engine.table.known_key(name) else { return Vec::new() };
    let mut out: Vec<Pattern> = Vec::new();
    for id in literals(ready) {
        let Some(literal) = engine.table.get(id).filter(|l| l.field == Field::Key(key)) else { continue };
        if let Meaning::Key(test) = &literal.meaning
            && let Atom::Text(patterns) = &test.atom
        {
            out.extend(patterns.iter().filter(|p| p.is_exact() && !p.fold).cloned());
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// What one try led to.
enum Attempt {
    Met(Vec<Tree>, Vec<&'static str>),
    Shown(Box<Request>),
    Open(&'static str),
}

/// The reason when a model was found that the evaluator does not take.
const DOUBTED: &str = "";

fn attempt(engine: &mut Engine, problem: &dyn Problem, ready: &Ready, side: Side, pins: &[Sense]) -> Attempt {
    let mut pins = pins.to_vec();
    for (key, value) in engine.assume.clone() {
        let key = engine.table.key(&key);
        pins.push(engine.table.among(key, vec![Pattern::exact(&value, false)]));
    }
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

/// With every variable given a value, and only requests that are surely meant.
fn concretely(engine: &mut Engine, problem: &dyn Problem, ready: &Ready) -> Option<Box<Request>> {
    for choice in choices(engine, ready) {
        engine.table.chosen = choice.clone();
        engine.table.concrete = true;
        let concrete = problem.ready(&mut engine.table);
        let mut pins = Vec::with_capacity(choice.len());
        for (name, value) in &choice {
            let key = engine.table.key(name);
            pins.push(match value {
                Some(value) => engine.table.among(key, vec![Pattern::exact(value, false)]),
                None => {
                    let (id, there) = engine.table.present(key);
                    (id, !there)
                }
            });
        }
        pins.sort_unstable();
        for side in [Side::Under, Side::Over] {
            if let Attempt::Shown(request) = attempt(engine, problem, &concrete, side, &pins) {
                return Some(request);
            }
        }
    }
    None
}

/// Values for variables: one that nobody wrote, pieces of what policies write, and none.
fn choices(engine: &Engine, ready: &Ready) -> Vec<Map<String, Option<String>>> {
    let usual = |name: &str| match name {
        n if n.ends_with("account") => "111122223333",
        n if n.ends_with("arn") => "arn:aws:iam::111122223333:role/x",
        _ => "some-value",
    };
    let base: Map<String, Option<String>> =
        ready.variables.iter().map(|name| (name.clone(), Some(usual(name).to_owned()))).collect();
    let elsewhere = |name: &String| name.ends_with("account").then(|| "444455556666".to_owned());
    let other = base.iter().map(|(name, value)| (name.clone(), elsewhere(name).or_else(|| value.clone()))).collect();
    let mut out = vec![base.clone(), other];
    if ready.variables.is_empty() {
        return vec![base];
    }
    let fragments = fragments(engine, ready);
    for value in fragments.into_iter().map(Some).chain([None]) {
        for name in &ready.variables {
            let mut choice = base.clone();
            choice.insert(name.clone(), value.clone());
            out.push(choice);
        }
        if ready.variables.len() > 1 {
            out.push(ready.variables.iter().map(|name| (name.clone(), value.clone())).collect());
        }
        if out.len() > CHOICES {
            break;
        }
    }
    // Absent last, but always.
    out.push(ready.variables.iter().map(|name| (name.clone(), None)).collect());
    out
}

/// What stands between separators in the patterns of a question.
fn fragments(engine: &Engine, ready: &Ready) -> Vec<String> {
    let mut out = BTreeSet::new();
    let mut add = |pattern: &Pattern, whole: bool| {
        if whole {
            out.extend(pattern.samples());
        }
        for piece in pattern.symbols.split(|s| matches!(s, Symbol::Char('/' | ':'))) {
            let text: Option<String> = piece.iter().map(|s| if let Symbol::Char(c) = s { Some(*c) } else { None }).collect();
            let usual = ["arn", "aws", "s3", ""];
            out.extend(text.filter(|t| !usual.contains(&t.as_str())));
        }
    };
    for id in literals(ready) {
        match engine.table.get(id).map(|l| &l.meaning) {
            Some(Meaning::Resources(patterns, _)) => patterns.iter().for_each(|p| add(p, false)),
            Some(Meaning::Key(test)) => {
                if let Atom::Text(patterns) = &test.atom {
                    patterns.iter().for_each(|p| add(p, true));
                }
            }
            _ => {}
        }
    }
    out.into_iter().collect()
}

fn literals(ready: &Ready) -> BTreeSet<super::literal::LiteralId> {
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

/// A request as a person would write it down.
fn witness(engine: &mut Engine, ready: &Ready, classes: &[Class], model: &Model) -> Option<Request> {
    let class = classes.get(model.class)?;
    let always = always_there(engine, ready, model);
    let engine = &*engine;
    let text = |name: &str| {
        let id = engine.table.known_key(name)?;
        model.keys.iter().find(|(key, _)| *key == id).and_then(|(_, value)| match value {
            Some(ContextValue::One(text)) => Some(text.as_str()),
            Some(ContextValue::Many(_)) | None => None,
        })
    };
    let user = text("aws:username");
    let caller = class.caller(text("aws:principalarn"), text("aws:principalaccount"), user);
    let own_name = caller.arn.rsplit('/').next().unwrap_or_default();
    let spelled = |key: KeyId| {
        let written = engine.table.key_spelling(key);
        let known = engine.catalog.key(written).filter(|k| !k.is_template());
        known.map_or_else(|| written.to_owned(), |k| k.name().to_owned())
    };
    let mut context = std::collections::BTreeMap::new();
    for (key, value) in model.keys.iter().chain(&always) {
        // The resource's account is said to be absent: the evaluator takes it from the ARN otherwise.
        let absent = || (engine.table.key_name(*key) == "aws:resourceaccount").then(|| ContextValue::Many(Vec::new()));
        let Some(value) = value.clone().or_else(absent) else { continue };
        // What follows from the caller need not be said.
        let follows = match engine.table.key_name(*key) {
            "aws:principalarn" => text("aws:principalarn") == Some(caller.arn.as_str()),
            "aws:principalaccount" => text("aws:principalaccount") == caller.account.as_deref(),
            "aws:principaltype" | "aws:principalisawsservice" | "aws:principalservicename" => true,
            "aws:username" => user == Some(own_name),
            _ => false,
        };
        if !follows {
            context.insert(spelled(*key), value);
        }
    }
    let account = Arn::parse(&model.resource).map(|a| a.account).filter(|a| crate::policy::arn::is_account_id(a));
    Some(Request {
        caller,
        action: model.action.clone(),
        resource_account: account.map(str::to_owned),
        resource: model.resource.clone(),
        context,
    })
}

/// Keys that every request carries and the question speaks of, where nothing was asked of them in the end.
fn always_there(engine: &mut Engine, ready: &Ready, model: &Model) -> Vec<(KeyId, Option<ContextValue>)> {
    let mut out = Vec::new();
    for id in literals(ready) {
        let Field::Key(key) = engine.field(id) else { continue };
        let known = model.keys.iter().chain(&out).any(|(own, _)| *own == key);
        if !known
            && engine.is_always_there(key)
            && let Solved::Some(value) = engine.solve_key(key, &[], Side::Over)
        {
            out.push((key, value));
        }
    }
    out
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
