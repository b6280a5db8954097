//! `Sid`: characters, uniqueness.
//!
//! IAM User Guide, "IAM JSON policy elements: Sid".

use super::code::Code;
use super::label::Labels;
use super::subject::Subject;
use crate::document::Node;
use crate::policy::PolicyKind;
use crate::policy::arn::has_dollar_brace;
use std::collections::HashMap;

/// All `Sid`s of the policy.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    // IAM and Organizations read the grammar strictly; S3, SQS and KMS accept blanks and more.
    let (strict, duplicate) = match subject.kind {
        PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy => {
            (true, Code::UniqueSidsRequired)
        }
        PolicyKind::ServiceControlPolicy => (true, Code::UniqueSidsRecommended),
        PolicyKind::TrustPolicy
        | PolicyKind::ResourcePolicy
        | PolicyKind::VpcEndpointPolicy
        | PolicyKind::ResourceControlPolicy => (false, Code::UniqueSidsRecommended),
    };
    let mut first: HashMap<&str, Node<'d>> = HashMap::new();
    for statement in subject.statements() {
        let Some(node) = statement.node.get("Sid").filter(|n| n.as_str().is_some()) else { continue };
        let sid = node.scalar();
        if sid.is_empty() {
            out.add(Code::EmptySidValue, node);
            continue;
        }
        if strict && !sid.bytes().all(|b| b.is_ascii_alphanumeric()) && !has_dollar_brace(sid) {
            let wrong: String = sid.chars().filter(|c| !c.is_ascii_alphanumeric()).take(1).collect();
            out.add(Code::UnsupportedSid, node).other(wrong);
        }
        if let Some(before) = first.get(sid) {
            out.add(duplicate, node).related(*before, "the first one");
        } else {
            first.insert(sid, node);
        }
    }
}
