//! Do policies grant nothing of some access? AWS calls the question CheckAccessNotGranted.
//!
//! IAM Access Analyzer API Reference, "CheckAccessNotGranted" and "Access": actions and resources are unions; access under
//! conditions counts as granted.

use super::actions::ActionSet;
use super::certificate::Certificate;
use super::compile::{Input, plain};
use super::engine::Engine;
use super::literal::{Field, Meaning, Sense, Table};
use super::new_access::scope_of;
use super::pattern::{Pattern, Reading};
use super::problem::{Decided, Obligation, Problem, Ready, decide};
use super::replay;
use super::verdict::{Proof, Verdict};
use crate::evaluate::Request;
use crate::policy::PolicyKind;

/// Actions on resources; an empty list stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Action globs.
    pub actions: Vec<String>,
    /// Resource globs.
    pub resources: Vec<String>,
}

impl Asked {
    /// As literals that must hold.
    pub fn senses(&self, table: &mut Table) -> Vec<Sense> {
        let mut out = Vec::new();
        if !self.actions.is_empty() {
            let set = ActionSet::new(self.actions.iter().map(String::as_str));
            out.push((table.literal(plain(Field::Action, Meaning::Actions(set, false))), true));
        }
        if !self.resources.is_empty() {
            let read = |text: &String| Pattern::read(text, Reading::Glob, false, None);
            let mut patterns: Vec<Pattern> = self.resources.iter().filter_map(read).collect();
            patterns.sort_unstable();
            patterns.dedup();
            out.push((table.literal(plain(Field::Resource, Meaning::Resources(patterns, false))), true));
        }
        out
    }
}

/// Policies of one kind, taken together, and the access.
#[derive(Debug)]
pub struct Granted<'a, 'd> {
    /// The policies.
    pub policies: Input<'a, 'd>,
    /// The access.
    pub asked: &'a Asked,
    /// Their kind.
    pub kind: PolicyKind,
    /// Only this statement that allows, by its number among them.
    pub only: Option<usize>,
}

impl Problem for Granted<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let boxes = self.policies.boxes(table);
        let asked = self.asked.senses(table);
        let allows = boxes.allow.iter().enumerate().filter(|(at, _)| self.only.is_none_or(|only| only == *at));
        let obligations = allows.map(|(_, allow)| {
            let mut obligation = Obligation::new(&[allow], &boxes.deny);
            obligation.within.extend(&asked);
            obligation
        });
        let obligations = obligations.collect();
        Ready { obligations, scope: scope_of(self.kind), variables: boxes.variables.clone() }
    }

    fn is_shown_by(&self, request: &Request) -> bool {
        replay::surely_allowed(self.policies.policies, request)
    }
}

/// Pairs of action and statement that are told.
const TOLD: usize = 50;

/// Decide it. A failure names every statement that grants, with the actions.
pub fn access_not_granted(engine: &mut Engine, question: &Granted<'_, '_>) -> Proof {
    let request = match decide(engine, question) {
        Decided::Pass(cases) => {
            return Proof { certificate: Certificate::of(engine, &cases), ..Proof::of(Verdict::Pass) };
        }
        Decided::Unknown(reason) => return Proof::unknown(reason),
        Decided::Fail(request) => request,
    };
    let mut proof = Proof::of(Verdict::Fail);
    let compiled = question.policies.boxes(&mut engine.table).into_owned();
    let single: Vec<Asked> = match question.asked.actions.as_slice() {
        [] => vec![question.asked.clone()],
        actions => {
            let one = |action: &String| Asked { actions: vec![action.clone()], resources: question.asked.resources.clone() };
            actions.iter().take(TOLD).map(one).collect()
        }
    };
    for (at, boxed) in compiled.allow.iter().enumerate() {
        let mut granted: Vec<String> = Vec::new();
        for asked in &single {
            let part = Granted { policies: question.policies, asked, kind: question.kind, only: Some(at) };
            if let Decided::Fail(shown) = decide(engine, &part) {
                granted.push(asked.actions.first().map_or_else(|| format!("`{}`", shown.action), |a| format!("`{a}`")));
            }
        }
        if !granted.is_empty() {
            proof.responsible.push(super::verdict::Responsible {
                policy: boxed.policy,
                statement: boxed.statement,
                node: boxed.parts.first().map_or(boxed.node, |(_, node)| *node),
                note: format!("grants {}", granted.join(", ")),
            });
        }
        if proof.responsible.len() > TOLD {
            break;
        }
    }
    proof.responsible.extend(replay::near_denies(question.policies.policies, &request, 0));
    proof.witness = Some(*request);
    proof
}
