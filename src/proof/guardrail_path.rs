//! The same question for a thousand accounts: policies are compiled once, and the path of an account is a list of them for
//! each level.

use super::compile::{Boxed, Compiled, Input};
use super::engine::Engine;
use super::granted::Asked;
use super::guardrail::{obligations, scope_of, target, ways_through};
use super::known::{self, Known};
use super::literal::{Field, Literal, Meaning, Sense, Table};
use super::pattern::{Pattern, Symbol};
use super::problem::{Decided, Problem, Ready, clause, decide, is_impossible};
use super::replay;
use super::value::Atom;
use super::verdict::{Proof, Verdict};
use crate::evaluate::Request;
use crate::policy::{Policy, PolicyKind};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// The control policies above an account, and what they must stop.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a, 'd> {
    /// From the root to the account; of each level its policies, each by itself.
    pub levels: &'a [Vec<Input<'a, 'd>>],
    /// Service control policies or resource control policies.
    pub kind: PolicyKind,
    /// What must be stopped, as [`aim_at`] gives it.
    pub target: &'a [Sense],
    /// The account whose principals are meant; any when it is not told.
    pub account: Option<&'a str>,
    /// Condition keys of which the value is known. Policies that are compiled already were compiled knowing them.
    pub known: &'a [Known],
}

/// What must be stopped, for everybody but the exempt, as literals.
pub fn aim_at(engine: &mut Engine, asked: &Asked, except: &[String]) -> Vec<Sense> {
    engine.table.choose_nothing();
    target(&mut engine.table, asked, except)
}

impl Path<'_, '_> {
    /// Whether control policies of these levels let a request through, in the eyes of the evaluator.
    pub fn lets_through(levels: &[Vec<&Policy<'_>>], kind: PolicyKind, request: &Request) -> bool {
        if kind == PolicyKind::ResourceControlPolicy {
            return !levels.iter().any(|level| replay::perhaps_denied(level, request));
        }
        levels.iter().all(|level| replay::surely_allowed(level, request))
    }

    fn policies(&self) -> Vec<Vec<&Policy<'_>>> {
        self.levels.iter().map(|level| level.iter().flat_map(|input| input.policies.iter().copied()).collect()).collect()
    }
}

impl Problem for Path<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        table.know(self.known);
        let levels: Vec<Vec<Cow<'_, Compiled>>> =
            self.levels.iter().map(|level| level.iter().map(|input| input.boxes(table)).collect()).collect();
        // `RCPFullAWSAccess` is attached everywhere and cannot be detached: at no level is there an Allow to look for.
        let whole = self.kind == PolicyKind::ResourceControlPolicy;
        let allows = levels.iter().filter(|_| !whole).map(|level| level.iter().flat_map(|one| &one.allow).collect());
        let ways = ways_through(table, allows);
        let mut denies: Vec<&Boxed> = levels.iter().flatten().flat_map(|one| &one.deny).collect();
        // A policy that is attached at two levels denies once.
        let mut seen = BTreeSet::new();
        denies.retain(|deny| seen.insert(clause(deny)));
        let mut obligations = obligations(self.target, &ways, &denies);
        let read = levels.iter().flatten().flat_map(|one| one.read.iter().cloned()).collect();
        known::hold(table, self.known, &mut obligations, &read);
        let variables = levels.iter().flatten().flat_map(|one| one.variables.iter().cloned()).collect();
        Ready { obligations, scope: scope_of(self.kind, self.account), variables }
    }

    fn is_shown_by(&self, request: &Request) -> bool {
        Self::lets_through(&self.policies(), self.kind, request)
    }
}

/// Decide it: does everything that must be stopped end in a Deny, or without an Allow at some level? Statements that take
/// part are numbered over all policies of the levels.
pub fn guardrail_path(engine: &mut Engine, path: &Path<'_, '_>) -> Proof {
    let request = match decide(engine, path) {
        Decided::Pass(..) => return Proof::of(Verdict::Pass),
        Decided::Unknown(reason) => return Proof::unknown(reason),
        Decided::Fail(request) => *request,
    };
    let mut proof = Proof::of(Verdict::Fail);
    let mut first = 0;
    for level in path.policies() {
        proof.responsible.extend(replay::near_denies(&level, &request, first));
        proof.responsible.extend(replay::allowing(&level, &request, first));
        first += level.len();
    }
    proof.witness = Some(request);
    proof
}

/// What one Deny does to what must be stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aimed {
    /// It may stop some of it.
    pub touches: bool,
    /// It surely stops all of it.
    pub stops_all: bool,
    /// Nodes of its elements and conditions, in the order of the statement, that are not shown to hold for all of it.
    pub leaving: Vec<u32>,
}

/// What was found out about single Denies of an organization already: its policies repeat one another.
#[derive(Debug, Default)]
pub struct Tried(HashMap<(PolicyKind, Vec<Sense>), bool>);

impl Tried {
    /// Whether no request at all fulfils some literals.
    fn is_impossible(&mut self, engine: &mut Engine, kind: PolicyKind, within: Vec<Sense>) -> bool {
        let ask = |(_, within): &(PolicyKind, Vec<Sense>)| is_impossible(engine, within, scope_of(kind, None));
        *self.0.entry((kind, within)).or_insert_with_key(ask)
    }
}

/// Look at one Deny: which of its elements and conditions leave some of what must be stopped.
pub fn aimed(
    engine: &mut Engine,
    deny: &Boxed,
    target: &[Sense],
    (kind, known): (PolicyKind, &[Known]),
    tried: &mut Tried,
) -> Aimed {
    engine.table.choose_nothing();
    let said = clause(deny).into_iter().chain(target.iter().copied());
    let facts = known::spoken_of(&mut engine.table, known, said, &BTreeSet::new());
    let with = |more: &[Sense]| target.iter().chain(&facts).chain(more).copied().collect::<Vec<Sense>>();
    let mut out = Aimed { touches: !tried.is_impossible(engine, kind, with(&clause(deny))), ..Aimed::default() };
    for (id, node) in &deny.parts {
        let doubtful = engine.table.get(*id).is_some_and(|literal| literal.doubtful);
        if doubtful || !tried.is_impossible(engine, kind, with(&[(*id, false)])) {
            out.leaving.push(*node);
        }
    }
    out.stops_all = out.touches && out.leaving.is_empty();
    out
}

/// Whether some literals can tell accounts apart: the callers' for service control policies, where only digits and paths of
/// units name accounts, those of the resources for resource control policies.
pub fn tells_accounts_apart(engine: &Engine, kind: PolicyKind, parts: impl Iterator<Item = Sense>) -> bool {
    let mut parts = parts;
    let of_resources = kind == PolicyKind::ResourceControlPolicy;
    let tells = |literal: &Literal| match of_resources {
        true => is_about_resource_accounts(&engine.table, literal),
        false => is_about_accounts(&engine.table, literal),
    };
    parts.any(|(id, _)| engine.table.get(id).is_some_and(tells))
}

fn is_about_resource_accounts(table: &Table, literal: &Literal) -> bool {
    let Field::Key(key) = literal.field else { return false };
    matches!(table.key_name(key), "aws:resourceaccount" | "aws:resourceorgpaths")
}

fn is_about_accounts(table: &Table, literal: &Literal) -> bool {
    let (test, key) = match (&literal.meaning, literal.field) {
        (Meaning::Principals(list, _) | Meaning::DenyPrincipals(list, _), _) => {
            return list.iter().any(|named| *named != super::literal::Named::Everyone);
        }
        (Meaning::Key(test), Field::Key(key)) => (test, table.key_name(key)),
        _ => return false,
    };
    match (key, &test.atom) {
        ("aws:principalarn", Atom::Text(patterns)) => patterns.iter().any(names_an_account),
        ("aws:principalaccount" | "aws:principalorgpaths" | "aws:userid", Atom::Anything | Atom::Nothing) => false,
        ("aws:principalaccount" | "aws:principalorgpaths" | "aws:userid", _) => true,
        ("aws:principalarn", Atom::Opaque(_)) => true,
        _ => false,
    }
}

/// True for a pattern over ARNs with a digit where the account stands, or that has no such place.
fn names_an_account(pattern: &Pattern) -> bool {
    let mut fields = pattern.symbols.split(|symbol| *symbol == Symbol::Char(':'));
    let account = fields.nth(4);
    let is_arn = fields.next().is_some();
    let digit = |symbol: &Symbol| matches!(symbol, Symbol::Char(c) if c.is_ascii_digit()) || matches!(symbol, Symbol::Digit);
    match account.filter(|_| is_arn) {
        Some(account) => account.iter().any(digit),
        None => pattern.symbols.iter().any(digit),
    }
}
