//! Sizes: how long a policy may be where it is attached.
//!
//! IAM User Guide, "IAM and AWS STS quotas"; Organizations User Guide, "Quotas for AWS Organizations"; Amazon S3 User
//! Guide, "Bucket policies". White space counts where AWS stores the text as it is.

use super::code::Code;
use super::label::Labels;
use super::subject::Subject;
use crate::policy::PolicyKind;

/// Compare the policy with the quota of its kind.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    let (code, spaces) = match subject.kind {
        PolicyKind::IdentityPolicy | PolicyKind::PermissionsBoundary | PolicyKind::SessionPolicy => {
            (Code::PolicySizeExceedsIdentityPolicyQuota, false)
        }
        PolicyKind::TrustPolicy => (Code::PolicySizeExceedsRoleTrustPolicyQuota, false),
        PolicyKind::ResourcePolicy | PolicyKind::VpcEndpointPolicy => (Code::PolicySizeExceedsResourcePolicyQuota, true),
        PolicyKind::ServiceControlPolicy => (Code::PolicySizeExceedsScpQuota, true),
        PolicyKind::ResourceControlPolicy => (Code::PolicySizeExceedsRcpQuota, true),
    };
    let Some(limit) = subject.limits.get(&code).copied() else { return };
    let limit = if code == Code::PolicySizeExceedsResourcePolicyQuota { limit.max(wider(subject.resource_type)) } else { limit };
    let document = subject.root.document();
    // A file that is the policy is stored with the white space around it; but for the one line end that editors add.
    let alone = document.root().is_some_and(|root| root.id() == subject.root.id());
    let text = if alone {
        document.text().strip_suffix('\n').unwrap_or(document.text())
    } else {
        document.text().get(subject.root.span().range()).unwrap_or_default()
    };
    // Shorter in bytes is shorter in characters.
    if text.len() <= limit {
        return;
    }
    let size = match code {
        // Buckets are measured in bytes.
        Code::PolicySizeExceedsResourcePolicyQuota => text.len(),
        _ if spaces => text.chars().count(),
        _ if text.is_ascii() => text.len() - blanks(text.as_bytes()),
        _ => text.chars().filter(|c| !c.is_whitespace()).count(),
    };
    if size > limit {
        out.add(code, subject.root).text("").count(size).other(limit.to_string());
    }
}

/// Resources whose policies may be larger than those of buckets. AWS KMS Developer Guide, "Resource quotas"; Amazon SNS
/// API Reference, SetTopicAttributes.
fn wider(resource_type: Option<&str>) -> usize {
    match resource_type {
        Some("AWS::KMS::Key") => 32_768,
        Some("AWS::SNS::Topic") => 30_720,
        Some(_) | None => 0,
    }
}

/// White space in ASCII text, in steps that a compiler makes wide ones of.
fn blanks(bytes: &[u8]) -> usize {
    let blank = |b: &u8| u8::from(matches!(*b, b' ' | b'\n' | b'\r' | b'\t' | 0x0B | 0x0C));
    bytes.chunks(255).map(|chunk| usize::from(chunk.iter().map(blank).sum::<u8>())).sum()
}
