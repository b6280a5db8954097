//! Do control policies stop what they are there to stop, for everybody but those who are exempt?
//!
//! AWS Organizations User Guide, "SCP evaluation": at each level from the root to the account some policy must allow, and
//! none may deny. Resource control policies bind whoever calls.

use super::callers::Scope;
use super::compile::{Boxed, Compiled, plain};
use super::engine::Engine;
use super::granted::Asked;
use super::literal::{Field, Literal, Meaning, Sense, Table, Test};
use super::pattern::{Pattern, Reading};
use super::problem::{Decided, Obligation, Problem, Ready, clause, decide, joined};
use super::replay;
use super::value::Atom;
use super::verdict::{Proof, Responsible, Verdict};
use crate::evaluate::Request;
use crate::policy::condition::Quantifier;
use crate::policy::{Policy, PolicyKind};

/// The policies of one level: the root, an organizational unit, an account.
#[derive(Clone, Debug)]
pub struct Level<'a, 'd> {
    /// The policies attached there.
    pub policies: Vec<&'a Policy<'d>>,
    /// Where the first of them stands in the numbering of the answer.
    pub first: usize,
}

/// What must be stopped, and by what.
#[derive(Debug)]
pub struct Guardrail<'a, 'd> {
    /// From the root to the account.
    pub levels: &'a [Level<'a, 'd>],
    /// Service control policies or resource control policies.
    pub kind: PolicyKind,
    /// What must be stopped.
    pub asked: &'a Asked,
    /// ARNs of exempt principals, as globs.
    pub except: &'a [String],
    /// The account whose principals are meant; any when it is not known.
    pub account: Option<&'a str>,
}

/// Ways to pick one Allow of each level up to which all are looked at.
pub(super) const WAYS: usize = 4096;

impl Guardrail<'_, '_> {
    fn compiled(&self, table: &mut Table) -> Vec<Compiled> {
        self.levels.iter().map(|level| super::compile::compile(table, &level.policies)).collect()
    }
}

/// What must be stopped: the access, for callers that are none of those who are exempt.
pub(super) fn target(table: &mut Table, asked: &Asked, except: &[String]) -> Vec<Sense> {
    let mut out = asked.senses(table);
    let mut exempt: Vec<Pattern> = Vec::new();
    for text in except {
        exempt.extend(Pattern::read(text, Reading::Glob, false, None));
    }
    if !exempt.is_empty() {
        exempt.sort_unstable();
        exempt.dedup();
        let key = table.key("aws:PrincipalArn");
        let test = Test { quantifier: Quantifier::Any, negated: false, at_absent: false, atom: Atom::Text(exempt) };
        out.push((table.literal(plain(Field::Key(key), Meaning::Key(test))), false));
    }
    out
}

/// True for an Allow of everything.
pub(super) fn is_everything(table: &Table, boxed: &Boxed) -> bool {
    boxed.parts.iter().all(|(id, _)| match table.get(*id) {
        Some(Literal { meaning: Meaning::Actions(set, false), .. }) => set.names("any:Thing") && set.names("Other:thing2"),
        Some(Literal { meaning: Meaning::Resources(patterns, false), .. }) => patterns.iter().any(Pattern::is_everything),
        _ => false,
    })
}

/// The Allows of a level that matter: one of everything makes the others needless.
fn allows<'c>(table: &Table, level: Vec<&'c Boxed>) -> Vec<&'c Boxed> {
    match level.iter().find(|boxed| is_everything(table, boxed)) {
        Some(whole) => vec![whole],
        None => level,
    }
}

/// Every way to pick one Allow of each level, up to more than [`WAYS`]. Without levels that is one way, which picks nothing.
pub(super) fn ways<'c>(table: &Table, levels: impl IntoIterator<Item = &'c Compiled>) -> Vec<Vec<&'c Boxed>> {
    ways_through(table, levels.into_iter().map(|level| level.allow.iter().collect()))
}

/// The same by the Allows of each level.
pub(super) fn ways_through<'c>(table: &Table, levels: impl IntoIterator<Item = Vec<&'c Boxed>>) -> Vec<Vec<&'c Boxed>> {
    let mut ways: Vec<Vec<&Boxed>> = vec![Vec::new()];
    for level in levels {
        let allows = allows(table, level);
        let next =
            ways.iter().flat_map(|way| allows.iter().map(move |allow| way.iter().copied().chain([*allow]).collect::<Vec<_>>()));
        ways = next.take(WAYS + 1).collect();
    }
    ways
}

/// For each way an obligation: what must be stopped, of what it allows, is denied.
pub(super) fn obligations(target: &[Sense], ways: &[Vec<&Boxed>], denies: &[&Boxed]) -> Vec<Obligation> {
    let one = |way: &Vec<&Boxed>| {
        let mut obligation = Obligation::default();
        obligation.within.extend(target);
        obligation.within.extend(way.iter().flat_map(|boxed| clause(boxed)));
        obligation.avoid.extend(denies.iter().map(|deny| clause(deny)));
        obligation
    };
    let mut obligations: Vec<Obligation> = ways.iter().take(WAYS).map(one).collect();
    if ways.len() > WAYS {
        // Too many to look at: nothing is proved, what is found is still right.
        obligations.push(Obligation { within: target.to_vec(), ..Obligation::default() });
    }
    obligations
}

/// Whom control policies of a kind bind.
pub(super) fn scope_of(kind: PolicyKind, account: Option<&str>) -> Scope {
    match (kind, account) {
        (PolicyKind::ResourceControlPolicy, _) => Scope::Everyone,
        (_, Some(account)) => Scope::Member(account.to_owned()),
        (_, None) => Scope::Principals,
    }
}

impl Problem for Guardrail<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let levels = self.compiled(table);
        let target = target(table, self.asked, self.except);
        // `RCPFullAWSAccess` is attached everywhere and cannot be detached: at no level is there an Allow to look for.
        let whole = self.kind == PolicyKind::ResourceControlPolicy;
        let ways = ways(table, levels.iter().filter(|_| !whole));
        let denies: Vec<&Boxed> = levels.iter().flat_map(|level| &level.deny).collect();
        let obligations = obligations(&target, &ways, &denies);
        let scope = scope_of(self.kind, self.account);
        let parts: Vec<&Compiled> = levels.iter().collect();
        Ready { obligations, scope, variables: joined(&parts) }
    }

    fn is_shown_by(&self, request: &Request) -> bool {
        let denied = |level: &Level<'_, '_>| replay::perhaps_denied(&level.policies, request);
        if self.kind == PolicyKind::ResourceControlPolicy {
            return !self.levels.iter().any(denied);
        }
        self.levels.iter().all(|level| replay::surely_allowed(&level.policies, request))
    }
}

/// Decide it: does everything that is asked end in a Deny, or without an Allow at some level?
pub fn guardrail(engine: &mut Engine, question: &Guardrail<'_, '_>) -> Proof {
    match decide(engine, question) {
        Decided::Pass(..) => Proof::of(Verdict::Pass),
        Decided::Unknown(reason) => Proof::unknown(reason),
        Decided::Fail(request) => {
            let mut proof = Proof::of(Verdict::Fail);
            for level in question.levels {
                proof.responsible.extend(replay::near_denies(&level.policies, &request, level.first));
            }
            for level in question.levels {
                proof.responsible.extend(replay::allowing(&level.policies, &request, level.first));
            }
            proof.witness = Some(*request);
            proof
        }
    }
}

/// Exemptions that are never needed: what they exempt is stopped all the same.
pub fn unused_exemptions(engine: &mut Engine, question: &Guardrail<'_, '_>) -> Vec<String> {
    let mut out = Vec::new();
    for exempt in question.except {
        let others: Vec<String> = question.except.iter().filter(|e| *e != exempt).cloned().collect();
        let without = Guardrail { except: &others, levels: question.levels, ..*question };
        if matches!(decide(engine, &without), Decided::Pass(..)) {
            out.push(exempt.clone());
        }
    }
    out
}

/// Denies that another takes the place of: the guardrail holds without them.
pub fn needless_denies(engine: &mut Engine, question: &Guardrail<'_, '_>) -> Vec<Responsible> {
    let mut out = Vec::new();
    for (at, level) in question.levels.iter().enumerate() {
        for (number, policy) in level.policies.iter().enumerate() {
            for (statement, found) in policy.statements.iter().enumerate() {
                if !found.is(crate::policy::Effect::Deny) {
                    continue;
                }
                let mut slim = (*policy).clone();
                slim.statements.remove(statement);
                let mut levels: Vec<Level<'_, '_>> = question.levels.to_vec();
                if let Some(slot) = levels.get_mut(at).and_then(|l| l.policies.get_mut(number)) {
                    *slot = &slim;
                }
                let without = Guardrail { levels: &levels, ..*question };
                if matches!(decide(engine, &without), Decided::Pass(..)) {
                    let note = "the guardrail holds without this Deny".to_owned();
                    out.push(Responsible { policy: level.first + number, statement, node: found.node.id(), note });
                }
            }
        }
    }
    out
}

/// Whether a policy that was compiled allows everything: of a thousand accounts most differ only in policies that say
/// nothing of what is asked.
pub fn allows_everything(engine: &Engine, compiled: &Compiled) -> bool {
    compiled.allow.iter().any(|boxed| is_everything(&engine.table, boxed))
}
