//! What `palisade prove` asks the engine: one function a question.

use super::prove_terms::{Access, Terms};
use crate::document::json;
use crate::policy::{Effect, Policy, PolicyKind, parse};
use crate::proof::{self, Granted, NewAccess, Proof};

/// No answer.
pub fn unknown(reason: impl Into<String>) -> Proof {
    Proof::unknown(reason)
}

/// What stands beside control policies that only deny: by themselves they would allow nothing, and every change of them
/// would pass. `RCPFullAWSAccess` is attached everywhere; AWS attaches `FullAWSAccess` until somebody takes it away.
pub(super) const FULL_ACCESS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// The same for service control policies, which have no principals.
pub(super) const FULL_ACCESS_SCP: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Whether a list of control policies lacks what allows.
pub(super) fn only_denies(policies: &[&Policy<'_>], kind: PolicyKind) -> bool {
    let allows = || policies.iter().any(|p| p.statements.iter().any(|s| s.is(Effect::Allow)));
    match kind {
        PolicyKind::ResourceControlPolicy => true,
        PolicyKind::ServiceControlPolicy => !allows(),
        _ => false,
    }
}

/// Whether the old policies allow all that the new ones do.
pub fn no_new_access(old: &[&Policy<'_>], new: &[&Policy<'_>], kind: PolicyKind, terms: &Terms) -> Proof {
    let full = if kind == PolicyKind::ResourceControlPolicy { FULL_ACCESS } else { FULL_ACCESS_SCP };
    let document = json::parse(full.to_owned());
    let full = document.root().map(|root| parse(root).0);
    let with = |own: &[&Policy<'_>]| only_denies(own, kind).then_some(full.as_ref()).flatten();
    let (beside_old, beside_new) = (with(old), with(new));
    // Behind all others, so that the numbers of these stay.
    let before: Vec<&Policy<'_>> = old.iter().copied().chain(beside_old).collect();
    let after: Vec<&Policy<'_>> = new.iter().copied().chain(beside_new).collect();
    let question = NewAccess { old: proof::Input::new(&before), new: proof::Input::new(&after), kind };
    let mut proof = proof::no_new_access(&mut terms.engine(), &question);
    let added = before.len() - old.len();
    proof.responsible.retain(|part| !(part.policy >= old.len() && part.policy < before.len()));
    proof.responsible.iter_mut().filter(|part| part.policy >= before.len()).for_each(|part| part.policy -= added);
    if beside_old.is_some() || beside_new.is_some() {
        proof.assumptions.push("control policies that only deny stand beside one that allows everything".to_owned());
    }
    proof
}

/// Whether the policies, taken together, grant nothing of what is asked for.
pub fn access_not_granted(policies: &[&Policy<'_>], access: &Access, kind: PolicyKind, terms: &Terms) -> Proof {
    let asked = access.asked();
    let question = Granted { policies: proof::Input::new(policies), asked: &asked, kind, only: None };
    proof::access_not_granted(&mut terms.engine(), &question)
}

/// Whether a policy lets no stranger in.
pub fn no_public_access(policy: &Policy<'_>, terms: &Terms) -> Proof {
    proof::no_public_access(&mut terms.engine(), proof::Input::new(&[policy]))
}

/// Whether nothing of a policy can be left out without a change of what it allows.
pub fn minimise(_policy: &Policy<'_>, _kind: PolicyKind, _terms: &Terms) -> Proof {
    unknown("not yet decided")
}

/// Whether a certificate shows what it says.
pub fn verify(_certificate: &str) -> Proof {
    unknown("not yet decided")
}
