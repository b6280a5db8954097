//! What `palisade prove` asks the engine: one function a question.

use super::prove_terms::{Access, Terms};
use crate::certificate::{self, Failure};
use crate::document::{Document, Node, json};
use crate::policy::{Effect, Policy, PolicyKind, parse};
use crate::proof::{self, Granted, Minimised, NewAccess, Proof, Verdict};

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

/// A document with what allows everything in a kind of control policy.
pub(super) fn full_access(kind: PolicyKind) -> Document {
    let full = if kind == PolicyKind::ResourceControlPolicy { FULL_ACCESS } else { FULL_ACCESS_SCP };
    json::parse(full.to_owned())
}

/// Policies, and behind them what allows everything where they only deny.
pub(super) fn beside<'a, 'd>(
    mut policies: Vec<&'a Policy<'d>>,
    kind: PolicyKind,
    full: Option<&'a Policy<'d>>,
) -> Vec<&'a Policy<'d>> {
    if only_denies(&policies, kind) {
        policies.extend(full);
    }
    policies
}

/// Whether the old policies allow all that the new ones do.
pub fn no_new_access(old: &[&Policy<'_>], new: &[&Policy<'_>], kind: PolicyKind, terms: &Terms) -> Proof {
    let document = full_access(kind);
    let full = document.root().map(|root| parse(root).0);
    // Behind all others, so that the numbers of these stay.
    let before = beside(old.to_vec(), kind, full.as_ref());
    let after = beside(new.to_vec(), kind, full.as_ref());
    let question = NewAccess { old: proof::Input::new(&before), new: proof::Input::new(&after), kind };
    let mut proof = proof::no_new_access(&mut terms.engine(), &question);
    let added = before.len() - old.len();
    proof.responsible.retain(|part| !(part.policy >= old.len() && part.policy < before.len()));
    proof.responsible.iter_mut().filter(|part| part.policy >= before.len()).for_each(|part| part.policy -= added);
    if added > 0 || after.len() > new.len() {
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
pub fn no_public_access(policy: &Policy<'_>, kind: PolicyKind, terms: &Terms) -> Proof {
    proof::no_public_access(&mut terms.engine(), proof::Input::new(&[policy]), kind)
}

/// A smaller policy that allows the same, if there is one.
pub fn minimise(policy: Node<'_>, kind: PolicyKind, terms: &Terms) -> (Proof, Minimised) {
    let found = proof::minimise(&mut terms.engine(), policy, kind);
    let mut answer = match (&found.unknown, found.steps.is_empty()) {
        (_, false) => Proof::of(Verdict::Fail),
        (Some(step), true) => Proof::unknown(format!("not decided: {step}")),
        (None, true) => Proof::of(Verdict::Pass),
    };
    if !found.steps.is_empty() {
        answer.reason = Some(found.steps.join("; "));
    }
    (answer, found)
}

/// How many claims of a certificate are named.
const SHOWN: usize = 5;

/// Whether a certificate shows what it says.
///
/// # Errors
/// When it is none.
pub fn verify(text: &str) -> Result<Proof, String> {
    match certificate::verify(text) {
        Ok(verified) => {
            let rest = verified.about.len().saturating_sub(SHOWN);
            let mut about = verified.about.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
            if rest > 0 {
                about = format!("{about}; and {rest} more");
            }
            Ok(Proof { reason: Some(about), assumptions: verified.assumed, ..Proof::of(Verdict::Pass) })
        }
        Err(Failure::Refused(why)) => Ok(Proof { reason: Some(why), ..Proof::of(Verdict::Fail) }),
        Err(Failure::Broken(why)) => Err(why),
    }
}
