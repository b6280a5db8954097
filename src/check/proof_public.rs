//! Public access in the sense of AWS, proved with a request of a stranger.
//!
//! Amazon S3 User Guide, "The meaning of public"; IAM Access Analyzer API Reference, "CheckNoPublicAccess".

use super::code::Code;
use super::label::Labels;
use super::proof_plain::is_plain;
use super::subject::Subject;
use crate::evaluate::CallerKind;
use crate::policy::{Effect, PolicyKind};
use crate::proof::{Engine, Input, Verdict, World, no_public_access};

/// One resource or trust policy.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    let open = matches!(subject.kind, PolicyKind::ResourcePolicy | PolicyKind::TrustPolicy);
    if !open || !out.wants(&[Code::OpenToStrangers]) {
        return;
    }
    // What cannot be read may deny: then nothing is claimed.
    if subject.statements().any(|s| s.is(Effect::Deny) && !is_plain(subject, s)) {
        return;
    }
    let policies = [subject.policy];
    let proof = no_public_access(&mut Engine::typed(World::Closed), Input::new(&policies), subject.kind);
    let (Verdict::Fail, Some(witness)) = (proof.verdict, proof.witness) else { return };
    let who = match witness.caller.kind {
        CallerKind::Anonymous => "an anonymous caller",
        _ => "a principal of any account",
    };
    let text = format!("{who} may call {} on `{}`", witness.action, witness.resource);
    for part in &proof.responsible {
        let statement = subject.policy.statements.get(part.statement).filter(|s| s.is(Effect::Allow) && is_plain(subject, s));
        if let Some(statement) = statement {
            let node = statement.principals.as_ref().map_or(statement.node, |e| e.value);
            out.add(Code::OpenToStrangers, node).text(text.clone());
        }
    }
}
