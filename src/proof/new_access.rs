//! Does new allow a request that old does not? AWS calls the question CheckNoNewAccess.
//!
//! IAM Access Analyzer API Reference, "CheckNoNewAccess". Policies are looked at by themselves; several are one list of
//! statements.

use super::callers::Scope;
use super::certificate::Certificate;
use super::compile::Input;
use super::engine::Engine;
use super::literal::Table;
use super::problem::{Decided, Obligation, Problem, Ready, decide, joined};
use super::replay;
use super::verdict::{Proof, Verdict};
use crate::evaluate::Request;
use crate::policy::PolicyKind;

/// Old and new policies of one kind.
#[derive(Debug)]
pub struct NewAccess<'a, 'd> {
    /// What there was.
    pub old: Input<'a, 'd>,
    /// What there is to be.
    pub new: Input<'a, 'd>,
    /// Their kind.
    pub kind: PolicyKind,
}

/// Whose requests a kind of policy is about.
pub fn scope_of(kind: PolicyKind) -> Scope {
    match kind {
        PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy => Scope::Identity,
        PolicyKind::ServiceControlPolicy => Scope::Principals,
        PolicyKind::TrustPolicy
        | PolicyKind::ResourcePolicy
        | PolicyKind::VpcEndpointPolicy
        | PolicyKind::ResourceControlPolicy => Scope::Everyone,
    }
}

impl Problem for NewAccess<'_, '_> {
    fn ready(&self, table: &mut Table) -> Ready {
        let (old, new) = (self.old.boxes(table), self.new.boxes(table));
        let mut obligations = Vec::new();
        // Policies are numbered over both sides, the old ones first.
        let before = self.old.policies.len();
        let mut add = |mut obligation: Obligation| {
            let new_boxes = obligation.of.iter_mut().take(1).chain(obligation.but.iter_mut().take(new.deny.len()));
            new_boxes.for_each(|(policy, _)| *policy += before);
            obligations.push(obligation);
        };
        for allow in &new.allow {
            add(Obligation::new(&[allow], new.deny.iter().chain(&old.allow)));
        }
        for deny in &old.deny {
            for allow in &new.allow {
                add(Obligation::new(&[allow, deny], &new.deny));
            }
        }
        Ready { obligations, scope: scope_of(self.kind), variables: joined(&[&old, &new]) }
    }

    fn is_shown_by(&self, request: &Request) -> bool {
        replay::surely_allowed(self.new.policies, request) && replay::surely_not_allowed(self.old.policies, request)
    }
}

/// Decide it. Policies are numbered in the answer, the old ones first.
pub fn no_new_access(engine: &mut Engine, question: &NewAccess<'_, '_>) -> Proof {
    match decide(engine, question) {
        Decided::Pass(cases) => Proof { certificate: Certificate::of(engine, &cases), ..Proof::of(Verdict::Pass) },
        Decided::Unknown(reason) => Proof::unknown(reason),
        Decided::Fail(request) => {
            let mut proof = Proof::of(Verdict::Fail);
            proof.responsible = replay::allowing(question.new.policies, &request, question.old.policies.len());
            proof.responsible.extend(replay::denying(question.old.policies, &request, 0));
            proof.responsible.extend(replay::near_misses(question.old.policies, &request, 0));
            proof.witness = Some(*request);
            proof
        }
    }
}
