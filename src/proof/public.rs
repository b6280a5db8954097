//! Does a policy let strangers in? AWS calls the question CheckNoPublicAccess.
//!
//! IAM Access Analyzer API Reference, "CheckNoPublicAccess"; Amazon S3 User Guide, "Blocking public access to your Amazon S3
//! storage", "The meaning of public". A stranger signs nothing, or belongs to an account that the policy does not name. Keys
//! that tell who and where somebody is have a value that the policy does not write out; keys that callers choose are free.

use super::callers::Scope;
use super::certificate::Certificate;
use super::compile::{Input, plain};
use super::engine::Engine;
use super::granted::Asked;
use super::literal::{Field, KeyId, Literal, Meaning, Sense, Table, Test};
use super::pattern::{Pattern, Reading, Symbol};
use super::problem::{Decided, Obligation, Problem, Ready, decide};
use super::replay;
use super::scalar::Net;
use super::value::Atom;
use super::verdict::{Proof, Verdict};
use crate::evaluate::Request;
use crate::policy::PolicyKind;
use crate::policy::arn::{Arn, is_account_id};
use crate::policy::condition::Quantifier;

/// Keys that tell who or where somebody is: a written-out value is somebody known.
const TRUSTED: [&str; 19] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "elasticfilesystem:accessedviamounttarget",
    "elasticfilesystem:accesspointarn",
    "lambda:sourcefunctionarn",
];

/// Those whose value is always the ARN of one sort of resource, named without colons.
const OF_ONE_FORM: [&str; 2] = ["s3:dataaccesspointarn", "elasticfilesystem:accesspointarn"];

/// Addresses up to which a range is somebody's: a /8 in IPv4, a /32 in IPv6.
const MOST_FOUR: u128 = 1 << 24;
const MOST_SIX: u128 = 1 << 96;

/// One policy.
#[derive(Debug)]
pub struct Public<'a, 'd> {
    /// The policy.
    pub policy: Input<'a, 'd>,
    /// A role is assumed with `sts` actions, by somebody who signs; providers whom nobody named are no strangers.
    trust: bool,
    /// Only this access, where not all of it is meant.
    asked: Option<&'a Asked>,
    /// Only requests from these addresses; an empty list stands for requests that carry none.
    from: Option<Vec<Net>>,
}

impl<'a, 'd> Public<'a, 'd> {
    /// The question.
    pub fn new(policy: Input<'a, 'd>, kind: PolicyKind) -> Self {
        Self { policy, trust: kind == PolicyKind::TrustPolicy, asked: None, from: None }
    }
}

impl Problem for Public<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let boxes = self.policy.boxes(table);
        let mut known = known(table, boxes.allow.iter().chain(&boxes.deny).flat_map(|b| &b.parts).map(|(id, _)| *id));
        if self.trust {
            let asked = Asked { actions: vec!["sts:*".to_owned()], resources: Vec::new() };
            known.extend(asked.senses(table));
            let account = table.key("aws:PrincipalAccount");
            known.push(table.present(account));
        }
        if let Some(nets) = &self.from {
            let key = table.key("aws:SourceIp");
            known.push(match nets.as_slice() {
                [] => {
                    let (id, there) = table.present(key);
                    (id, !there)
                }
                nets => (table.literal(of_key(key, Atom::Address(nets.to_vec()))), true),
            });
        }
        known.extend(self.asked.into_iter().flat_map(|asked| asked.senses(table)));
        let obligations = boxes.allow.iter().map(|allow| {
            let mut obligation = Obligation::new(&[allow], &boxes.deny);
            obligation.within.extend(&known);
            obligation
        });
        let obligations = obligations.collect();
        Ready { obligations, scope: Scope::Stranger, variables: boxes.variables.clone() }
    }

    fn is_shown_by(&self, request: &Request) -> bool {
        replay::surely_allowed(self.policy.policies, request)
    }
}

fn of_key(key: KeyId, atom: Atom) -> Literal {
    let test = Test { quantifier: Quantifier::Any, negated: false, at_absent: false, atom };
    plain(Field::Key(key), Meaning::Key(test))
}

/// That no trusted key has a value the policy writes out.
fn known(table: &mut Table, literals: impl Iterator<Item = super::literal::LiteralId>) -> Vec<Sense> {
    let mut values: Vec<(KeyId, Vec<Pattern>)> = Vec::new();
    let mut told: Vec<KeyId> = Vec::new();
    for id in literals {
        let Some(literal) = table.get(id) else { continue };
        let (Field::Key(key), Meaning::Key(test)) = (literal.field, &literal.meaning) else { continue };
        let name = table.key_name(key);
        if !TRUSTED.contains(&name) {
            continue;
        }
        let found: Vec<Pattern> = match &test.atom {
            Atom::Text(patterns) => patterns.iter().flat_map(|p| somebody(name, p)).collect(),
            Atom::Bool(said) if said.contains(&true) => {
                told.push(key);
                continue;
            }
            _ => Vec::new(),
        };
        match values.iter_mut().find(|(own, _)| *own == key) {
            Some((_, all)) => all.extend(found),
            None => values.push((key, found)),
        }
    }
    told.sort_unstable();
    told.dedup();
    let mut out: Vec<Sense> = told.into_iter().map(|key| (table.literal(of_key(key, Atom::Bool(vec![true]))), false)).collect();
    for (key, mut patterns) in values {
        patterns.sort_unstable();
        patterns.dedup();
        if !patterns.is_empty() {
            out.push((table.literal(of_key(key, Atom::Text(patterns))), false));
        }
    }
    out
}

/// The values of a trusted key that a written one makes known: itself, and all of the account, organization or role that is
/// written out in it.
fn somebody(key: &str, pattern: &Pattern) -> Vec<Pattern> {
    let mut out = Vec::new();
    if pattern.is_exact() {
        out.push(pattern.clone());
    }
    let shown = pattern.show();
    // What stands before the first wildcard.
    let head = shown.split(['*', '?', '$']).next().unwrap_or_default();
    let all_behind = |start: &str| {
        let symbols = start.chars().map(Symbol::Char).chain([Symbol::Run]).collect();
        Pattern::new(symbols, pattern.fold)
    };
    if key.ends_with("orgpaths") {
        out.extend(head.split_once('/').map(|(organization, _)| all_behind(&format!("{organization}/"))));
    } else if key == "aws:userid" {
        out.extend(head.split_once(':').map(|(id, _)| all_behind(&format!("{id}:"))));
    } else if let Some(arn) = Arn::parse(&shown).filter(|arn| is_account_id(arn.account)) {
        out.extend(Pattern::read(&format!("arn:*:*:*:{}:*", arn.account), Reading::Arn, false, None));
        // Names of these have no colon: a wildcard that crosses one finds nobody else.
        if OF_ONE_FORM.contains(&key) && !pattern.has_variable() {
            out.push(pattern.clone());
        }
    }
    out
}

/// Decide it.
pub fn no_public_access(engine: &mut Engine, policy: Input<'_, '_>, kind: PolicyKind) -> Proof {
    no_public_access_to(engine, Public::new(policy, kind))
}

/// Decide it for some access only.
pub fn not_public(engine: &mut Engine, policy: Input<'_, '_>, kind: PolicyKind, asked: &Asked) -> Proof {
    no_public_access_to(engine, Public { asked: Some(asked), ..Public::new(policy, kind) })
}

fn no_public_access_to(engine: &mut Engine, question: Public<'_, '_>) -> Proof {
    let policy = question.policy;
    let request = match decide(engine, &question) {
        Decided::Pass(cases) => {
            return Proof { certificate: Certificate::of(engine, &cases), ..Proof::of(Verdict::Pass) };
        }
        Decided::Unknown(reason) => return Proof::unknown(reason),
        Decided::Fail(request) => request,
    };
    let nets = addresses_of(engine, policy);
    if nets.is_empty() {
        return shown(policy, *request);
    }
    // Addresses are somebody's when they are few: who comes from none of them, or without one, comes from anywhere.
    match decide(engine, &Public { from: Some(Vec::new()), ..question }) {
        Decided::Fail(request) => return shown(policy, *request),
        Decided::Unknown(reason) => return Proof::unknown(reason),
        Decided::Pass(..) => {}
    }
    let mut sums = [0u128; 2];
    let mut widest: Option<(u128, Request)> = None;
    for cell in cells(&nets) {
        match decide(engine, &Public { from: Some(vec![cell]), ..question }) {
            Decided::Pass(..) => {}
            Decided::Unknown(reason) => return Proof::unknown(reason),
            Decided::Fail(request) => {
                let width = cell.width().saturating_add(1);
                let [four, six] = &mut sums;
                let sum = if cell.six { six } else { four };
                *sum = sum.saturating_add(width);
                let rank = if cell.six { width >> 72 } else { width };
                if widest.as_ref().is_none_or(|(most, _)| rank > *most) {
                    widest = Some((rank, *request));
                }
            }
        }
    }
    let [four, six] = sums;
    match widest {
        Some((_, request)) if four > MOST_FOUR || six > MOST_SIX => shown(policy, request),
        _ => {
            let mut proof = Proof::of(Verdict::Pass);
            let told = [(four, "IPv4"), (six, "IPv6")].into_iter().filter(|(count, _)| *count > 0);
            let told: Vec<String> = told.map(|(count, family)| format!("{count} {family} addresses")).collect();
            proof.assumptions.push(format!("whoever comes from the addresses it names is no stranger: {}", told.join(", ")));
            proof
        }
    }
}

fn shown(policy: Input<'_, '_>, request: Request) -> Proof {
    let mut proof = Proof::of(Verdict::Fail);
    proof.responsible = replay::allowing(policy.policies, &request, 0);
    proof.responsible.extend(replay::near_denies(policy.policies, &request, 0));
    proof.witness = Some(request);
    proof
}

/// Every range that the policy compares `aws:SourceIp` with.
fn addresses_of(engine: &mut Engine, policy: Input<'_, '_>) -> Vec<Net> {
    let boxes = policy.boxes(&mut engine.table);
    let mut out = Vec::new();
    for (id, _) in boxes.allow.iter().chain(&boxes.deny).flat_map(|b| &b.parts) {
        let Some(literal) = engine.table.get(*id) else { continue };
        let (Field::Key(key), Meaning::Key(test)) = (literal.field, &literal.meaning) else { continue };
        if let ("aws:sourceip", Atom::Address(nets)) = (engine.table.key_name(key), &test.atom) {
            out.extend(nets);
        }
    }
    out
}

/// Addresses that are never seen from the internet.
const PRIVATE: [&str; 9] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "100.64.0.0/10",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

/// The address space cut where any range begins or ends, without private ranges.
fn cells(nets: &[Net]) -> Vec<Net> {
    let private: Vec<Net> = PRIVATE.iter().filter_map(|text| Net::parse(text)).collect();
    let mut out = Vec::new();
    for six in [false, true] {
        let top = if six { u128::MAX } else { u128::from(u32::MAX) };
        let all = nets.iter().chain(&private).filter(|net| net.six == six);
        let mut starts: Vec<u128> = all.flat_map(|net| [Some(net.low), net.high.checked_add(1)]).flatten().collect();
        starts.push(0);
        starts.retain(|start| *start <= top);
        starts.sort_unstable();
        starts.dedup();
        for (at, low) in starts.iter().enumerate() {
            let high = starts.get(at + 1).map_or(top, |next| next - 1);
            let cell = Net { low: *low, high, six };
            if !private.iter().any(|net| net.six == six && net.low <= cell.low && cell.high <= net.high) {
                out.push(cell);
            }
        }
    }
    out
}

#[cfg(test)]
#[path = "public_tests.rs"]
mod tests;
