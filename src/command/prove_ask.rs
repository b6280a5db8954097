//! What `palisade prove` asks the engine: one function a question.

use super::policies::Input;
use super::prove_terms::{Access, Terms};
use crate::certificate::{self, Failure};
use crate::policy::{Policy, PolicyKind};
use crate::proof::{self, NewAccess, Proof, Verdict};
use crate::report::proof::Answer;

/// What a guardrail must stop.
#[derive(Clone, Debug)]
pub struct Target {
    /// Actions, and resources if not all.
    pub access: Access,
    /// ARNs of principals that may do it all the same, as globs.
    pub except_principal: Vec<String>,
    /// Accounts and organizational units; empty for all.
    pub scope: Vec<String>,
    /// What control policies cannot stop is let pass.
    pub accept_structural: bool,
}

/// No answer.
pub fn unknown(reason: impl Into<String>) -> Proof {
    Proof::unknown(reason)
}

/// Whether the old policies allow all that the new ones do. Control policies that only deny stand beside one that allows
/// everything: by themselves they would allow nothing, and every change of them would pass.
pub fn no_new_access(old: &[&Policy<'_>], new: &[&Policy<'_>], kind: PolicyKind, terms: &Terms) -> Proof {
    let question = NewAccess { old: proof::Input::new(old), new: proof::Input::new(new), kind };
    proof::no_new_access(&mut terms.engine(), &question)
}

/// Whether the policies, taken together, grant nothing of what is asked for.
pub fn access_not_granted(_policies: &[&Policy<'_>], _access: &Access, _kind: PolicyKind, _terms: &Terms) -> Proof {
    unknown("not yet decided")
}

/// Whether a policy lets no stranger in; the input tells its kind and whose it is.
pub fn no_public_access(_policy: &Policy<'_>, _input: &Input, _terms: &Terms) -> Proof {
    unknown("not yet decided")
}

/// Whether the control policies stop the target; an answer for each set of accounts that have the same policies.
pub fn guardrail(inputs: &[&Input], _target: &Target, _terms: &Terms) -> Vec<Answer> {
    let answer = Answer::new("guardrail", unknown("not yet decided"), &[]);
    let subject = format!("{} policies", inputs.len());
    vec![answer.about(subject, |_| "it could not be decided whether the guardrail holds".to_owned())]
}

/// Whether nothing of a policy can be left out without a change of what it allows.
pub fn minimise(_policy: &Policy<'_>, _kind: PolicyKind, _terms: &Terms) -> Proof {
    unknown("not yet decided")
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
