//! Whether a certificate shows what it claims.
//!
//! What no-new-access takes is worked out here, from the policies alone. Of other questions the certificate says itself what
//! there is to show; that is checked, and the answer tells what was taken as stated.

use super::caller::{Scope, callers};
use super::literal::{Field, Literal, Meaning, Sense, Set, Test, literals, presence};
use super::pattern::{Pattern, Reading};
use super::read::{Case, Claim, Obligation, Own, Term, read};
use super::target::Targets;
use super::tree::{Shown, walk};
use crate::catalog;
use crate::document::{Document, json};
use crate::policy::condition::Quantifier;
use crate::policy::parse::parse;
use crate::policy::{Effect, Policy, PolicyKind};
use std::collections::{BTreeMap, BTreeSet};

/// What is said of a certificate that does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The file is no certificate.
    Broken(String),
    /// It does not show what it claims: where, and why.
    Refused(String),
}

/// What is said of one that does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many claims it holds.
    pub claims: usize,
    /// What each is about: the documents that it holds itself.
    pub about: Vec<String>,
    /// What the claims rest on, and what was taken as stated.
    pub assumed: Vec<String>,
}

/// Facts about requests: AWS global condition context keys. `aws:SourceVpc` and `aws:SourceVpce` come together through an
/// endpoint; `aws:SourceIp` is not there when `aws:VpcSourceIp` is.
fn fact(name: &str) -> Option<[Literal; 2]> {
    match name {
        "source-vpc-without-source-vpce" => Some([presence("aws:SourceVpc", true), presence("aws:SourceVpce", false)]),
        "source-ip-with-vpc-source-ip" => Some([presence("aws:SourceIp", true), presence("aws:VpcSourceIp", true)]),
        _ => None,
    }
}

/// Check a certificate.
///
/// # Errors
/// When it is none, or does not show what it claims.
pub fn verify(text: &str) -> Result<Verified, Failure> {
    Checker::default().verify(text)
}

/// Checks certificates; what it looked up in the catalogue it need not look up again.
#[derive(Debug, Default)]
pub struct Checker {
    targets: Targets,
}

impl Checker {
    /// Check one.
    ///
    /// # Errors
    /// When it is none, or does not show what it claims.
    pub fn verify(&mut self, text: &str) -> Result<Verified, Failure> {
        let claims = read(text).map_err(Failure::Broken)?;
        let mut assumed = BTreeSet::new();
        for (number, claim) in claims.iter().enumerate() {
            let place = if claims.len() > 1 { format!("certificate {number}: ") } else { String::new() };
            check(claim, &mut self.targets, &mut assumed).map_err(|why| Failure::Refused(format!("{place}{why}")))?;
        }
        let about = claims.iter().map(about).collect();
        Ok(Verified { claims: claims.len(), about, assumed: assumed.into_iter().collect() })
    }
}

/// The question and the policies by their names.
fn about(claim: &Claim) -> String {
    let names: Vec<String> = claim.policies.iter().map(|policy| format!("the {} `{}`", policy.side, policy.name)).collect();
    let names = if names.is_empty() { "no policy".to_owned() } else { names.join(" and ") };
    format!("{} of {names}, as {}", claim.verb, claim.kind)
}

/// One claim with its policies.
struct Checked<'a> {
    claim: &'a Claim,
    policies: Vec<Policy<'a>>,
}

fn check(claim: &Claim, targets: &mut Targets, assumed: &mut BTreeSet<String>) -> Result<(), String> {
    let documents: Vec<Document> = claim.policies.iter().map(|p| json::parse(p.text.clone())).collect();
    let mut policies = Vec::with_capacity(documents.len());
    for (document, written) in documents.iter().zip(&claim.policies) {
        let root = document.root().filter(|_| document.problems().is_empty());
        let (policy, problems) = root.map(parse).ok_or_else(|| format!("`{}` does not parse", written.name))?;
        if let Some(problem) = problems.first() {
            return Err(format!("`{}` is no policy that is read in full: {}", written.name, problem.message));
        }
        policies.push(policy);
    }
    let checked = Checked { claim, policies };
    checked.variables()?;
    for (number, case) in claim.cases.iter().enumerate() {
        let place = if claim.cases.len() > 1 { format!("case {number}, ") } else { String::new() };
        checked.case(case, targets, assumed).map_err(|why| format!("{place}{why}"))?;
    }
    let world =
        if claim.open_world { "actions to come count too" } else { "actions exist as in the catalogue or as policies name them" };
    assumed.insert(format!("{world}; the catalogue is that of {}", catalog::date()));
    if claim.typed {
        assumed.insert("a resource has a form that the catalogue gives for its action".to_owned());
    }
    if claim.catalog != catalog::date() {
        assumed.insert(format!("the certificate was made with the catalogue of {}", claim.catalog));
    }
    Ok(())
}

/// The literals of every statement of every policy.
type Boxes = Vec<Vec<Vec<Literal>>>;

impl<'a> Checked<'a> {
    /// The cases tell apart every way in which variables have values.
    fn variables(&self) -> Result<(), String> {
        let Some(first) = self.claim.cases.first() else { return Err("there is no case".to_owned()) };
        let names: BTreeSet<&String> = first.variables.iter().map(|(name, _)| name).collect();
        let mut seen = BTreeSet::new();
        for case in &self.claim.cases {
            let own: BTreeSet<(&String, bool)> = case.variables.iter().map(|(name, there)| (name, *there)).collect();
            if own.len() != names.len() || own.iter().any(|(name, _)| !names.contains(name)) {
                return Err("the cases are not about the same variables".to_owned());
            }
            seen.insert(own);
        }
        let ways = u32::try_from(names.len()).ok().and_then(|n| 2usize.checked_pow(n));
        if ways == Some(seen.len()) { Ok(()) } else { Err("a case is missing".to_owned()) }
    }

    fn case(&self, case: &Case, targets: &mut Targets, assumed: &mut BTreeSet<String>) -> Result<(), String> {
        let known: BTreeMap<String, bool> = case.variables.iter().cloned().collect();
        let of = |policy: &Policy<'_>| policy.statements.iter().map(|s| literals(policy, s, &known)).collect();
        let boxes: Boxes = self.policies.iter().map(of).collect();
        let mut pins: Vec<Literal> = case.variables.iter().map(|(name, there)| presence(name, *there)).collect();
        for (key, value) in &self.claim.assume {
            assumed.insert(format!("`{key}` is `{value}`"));
            pins.push(is_value(key, value));
        }
        let mut extra = Vec::new();
        for term in case.obligations.iter().flat_map(|o| o.within.iter().chain(&o.avoid)) {
            extra.push(self.own(term)?);
        }
        let all: Vec<&Literal> =
            boxes.iter().flatten().flatten().chain(extra.iter().flatten().map(|(own, _)| own)).chain(&pins).collect();
        targets.begin(all.iter().map(|literal| &literal.meaning), (self.claim.open_world, self.claim.typed));
        let scope = self.scope(assumed);
        let callers = callers(&scope, &all);
        let mut extra = extra.iter();
        for (number, obligation) in case.obligations.iter().enumerate() {
            let mut senses = |term: &Term| -> Result<Vec<Sense<'_>>, String> {
                let own = extra.next().map_or(&[][..], Vec::as_slice);
                match term {
                    Term::Statement(policy, statement) => {
                        let stated = boxes.get(*policy).and_then(|p| p.get(*statement));
                        let stated = stated.ok_or_else(|| format!("obligation {number}: there is no such statement"))?;
                        Ok(stated.iter().map(|literal| (literal, true)).collect())
                    }
                    Term::Fact(_) | Term::Literals(_) => Ok(own.iter().map(|(literal, holds)| (literal, *holds)).collect()),
                }
            };
            let mut within = Vec::new();
            for term in &obligation.within {
                within.extend(senses(term)?);
            }
            within.extend(pins.iter().map(|literal| (literal, true)));
            let avoid = obligation.avoid.iter().map(&mut senses).collect::<Result<Vec<_>, _>>()?;
            walk(&Shown { within, avoid, callers: &callers }, &obligation.nodes, targets)
                .map_err(|(node, why)| format!("obligation {number} ({}), node {node}: {why}", self.about(obligation)))?;
        }
        self.complete(case, assumed)
    }

    /// Whose requests are meant: the kind tells it, and of other questions the certificate.
    fn scope(&self, assumed: &mut BTreeSet<String>) -> Scope {
        if self.claim.verb != NO_NEW_ACCESS {
            assumed.insert(format!("whose requests are meant is taken as stated: {:?}", self.claim.callers));
            return self.claim.callers.clone();
        }
        match self.claim.kind {
            PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy => Scope::Identity,
            PolicyKind::ServiceControlPolicy => Scope::Principals,
            PolicyKind::TrustPolicy
            | PolicyKind::ResourcePolicy
            | PolicyKind::VpcEndpointPolicy
            | PolicyKind::ResourceControlPolicy => Scope::Everyone,
        }
    }

    /// For people: the statements that hold.
    fn about(&self, obligation: &Obligation) -> String {
        let one = |term: &Term| match term {
            Term::Statement(policy, statement) => {
                let name = self.claim.policies.get(*policy).map_or("", |p| p.name.as_str());
                format!("statement {statement} of `{name}`")
            }
            Term::Fact(name) => name.clone(),
            Term::Literals(_) => "literals of the question".to_owned(),
        };
        obligation.within.iter().map(one).collect::<Vec<_>>().join(" and ")
    }

    /// The literals of a term that is no statement.
    fn own(&self, term: &Term) -> Result<Vec<(Literal, bool)>, String> {
        match term {
            Term::Statement(..) => Ok(Vec::new()),
            Term::Fact(name) => match fact(name) {
                Some(both) => Ok(both.into_iter().map(|literal| (literal, true)).collect()),
                None => Err(format!("`{name}` is no fact that is known")),
            },
            Term::Literals(all) => Ok(all.iter().map(|(own, holds)| (literal(own), *holds)).collect()),
        }
    }

    /// Whether the obligations are all there are.
    fn complete(&self, case: &Case, assumed: &mut BTreeSet<String>) -> Result<(), String> {
        if self.claim.verb != NO_NEW_ACCESS {
            for obligation in &case.obligations {
                assumed.insert(format!("`{}` is taken to ask for no request in {}", self.claim.verb, self.about(obligation)));
            }
            return Ok(());
        }
        if let Some(odd) = self.claim.policies.iter().find(|p| p.side != "old" && p.side != "new") {
            return Err(format!("`{}` is neither old nor new", odd.name));
        }
        let (allows, denies) = (self.statements("new", Effect::Allow), self.statements("old", Effect::Deny));
        let new_denies = self.statements("new", Effect::Deny);
        let both: Vec<(usize, usize)> = new_denies.iter().copied().chain(self.statements("old", Effect::Allow)).collect();
        for allow in &allows {
            if !met(case, &[*allow], &both) {
                return Err(format!("nothing is shown for the Allow of {}", self.at(*allow)));
            }
            for deny in &denies {
                if !met(case, &[*allow, *deny], &new_denies) {
                    let (allow, deny) = (self.at(*allow), self.at(*deny));
                    return Err(format!("nothing is shown for the Allow of {allow} where the Deny of {deny} kept it out"));
                }
            }
        }
        Ok(())
    }

    fn at(&self, (policy, statement): (usize, usize)) -> String {
        self.about(&Obligation { within: vec![Term::Statement(policy, statement)], avoid: Vec::new(), nodes: Vec::new() })
    }

    fn statements(&self, side: &str, effect: Effect) -> Vec<(usize, usize)> {
        let of = self.claim.policies.iter().zip(&self.policies).enumerate().filter(|(_, (written, _))| written.side == side);
        let all =
            of.flat_map(|(p, (_, policy))| policy.statements.iter().enumerate().map(move |(s, statement)| (p, s, statement)));
        all.filter(|(.., statement)| statement.is(effect)).map(|(p, s, _)| (p, s)).collect()
    }
}

/// The question of which all is worked out.
const NO_NEW_ACCESS: &str = "no-new-access";

/// Some obligation is about just these statements, and avoids nothing but what may be avoided.
fn met(case: &Case, within: &[(usize, usize)], may: &[(usize, usize)]) -> bool {
    let statement = |term: &Term| if let Term::Statement(p, s) = term { Some((*p, *s)) } else { None };
    case.obligations.iter().any(|obligation| {
        let own: Option<BTreeSet<(usize, usize)>> = obligation.within.iter().map(statement).collect();
        own == Some(within.iter().copied().collect())
            && obligation.avoid.iter().all(|term| match term {
                Term::Statement(p, s) => may.contains(&(*p, *s)),
                Term::Fact(_) => true,
                Term::Literals(_) => false,
            })
    })
}

/// That a key is there and has this value.
fn is_value(key: &str, value: &str) -> Literal {
    let set = Set::Text(vec![Pattern::exact(value)]);
    let test = Test { quantifier: Quantifier::Any, negated: false, at_absent: false, set };
    Literal { field: Field::Key(key.to_lowercase()), meaning: Meaning::Key(test), doubtful: false }
}

/// A literal that no statement has.
fn literal(own: &Own) -> Literal {
    let read = |texts: &[String]| -> Vec<Pattern> {
        let none = BTreeMap::new();
        texts.iter().filter_map(|text| Pattern::read(text, Reading::Glob, false, Some(&none))).collect()
    };
    let (field, meaning) = match own {
        Own::Action(names, negated) => (Field::Action, Meaning::Actions(names.clone(), *negated)),
        Own::Resource(texts, negated) => (Field::Resource, Meaning::Resources(read(texts), *negated)),
        Own::Key { key, values, negated, at_absent, quantifier } => {
            let set = values.as_ref().map_or(Set::Everything, |texts| Set::Text(read(texts)));
            let test = Test { quantifier: *quantifier, negated: *negated, at_absent: *at_absent, set };
            (Field::Key(key.to_lowercase()), Meaning::Key(test))
        }
    };
    Literal { field, meaning, doubtful: false }
}
