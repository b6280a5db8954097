//! Policies that leave nobody who may change them, proved.
//!
//! Amazon S3 API Reference, "PutBucketPolicy": the root user of the owning account may replace and delete a bucket policy
//! whatever the policy says. AWS KMS Developer Guide, "Key policies": without a key policy that allows it nobody has access
//! to a key, the root user and the creator of the key included.

use super::code::Code;
use super::label::Labels;
use super::proof_plain::is_plain;
use super::subject::Subject;
use crate::document::Node;
use crate::policy::principal::PrincipalType;
use crate::policy::{Effect, PolicyKind, Statement};
use crate::proof::{Engine, Lock, Lockout, World, is_locked};

/// A kind of resource with a policy that can lock.
struct Locking {
    resource_type: &'static str,
    service: &'static str,
    actions: &'static [&'static str],
    lock: Lock,
    said: &'static str,
}

const LOCKING: [Locking; 2] = [
    Locking {
        resource_type: "AWS::S3::Bucket",
        service: "s3",
        actions: &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
        lock: Lock::Denied,
        said: "this policy denies s3:PutBucketPolicy and s3:DeleteBucketPolicy to every principal: only the root user of the \
               owning account can replace or remove it",
    },
    Locking {
        resource_type: "AWS::KMS::Key",
        service: "kms",
        actions: &["kms:PutKeyPolicy"],
        lock: Lock::NotAllowed,
        said: "this policy lets nobody call kms:PutKeyPolicy, the root user included: without AWS Support the key \
               cannot be managed any more",
    },
];

/// One resource policy.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    if subject.kind != PolicyKind::ResourcePolicy || !out.wants(&[Code::PolicyLockout]) {
        return;
    }
    let Some(locking) = LOCKING.iter().find(|l| is_of(subject, l)) else { return };
    let unclear: Vec<usize> =
        subject.statements().enumerate().filter(|(_, s)| !is_plain(subject, s)).map(|(number, _)| number).collect();
    if locking.lock == Lock::NotAllowed && !unclear.is_empty() {
        return;
    }
    let bucket = if locking.lock == Lock::Denied { bucket(subject) } else { None };
    if locking.lock == Lock::Denied && bucket.is_none() {
        return;
    }
    let mut engine = Engine::typed(World::Closed);
    let mut locks = |without: &[usize]| {
        let resource = bucket.as_deref();
        is_locked(
            &mut engine,
            &Lockout { policy: subject.policy, without, actions: locking.actions, resource, lock: locking.lock },
        )
    };
    if !locks(&unclear) {
        return;
    }
    // The statements that are to blame are those without which it would not lock.
    let mut without = unclear;
    let mut blamed: Vec<Node<'d>> = Vec::new();
    for (number, statement) in subject.statements().enumerate().filter(|(_, s)| s.is(Effect::Deny)) {
        without.push(number);
        if !locks(&without) {
            without.pop();
            blamed.push(statement.node);
        }
    }
    if blamed.is_empty() && !is_whole(subject) {
        return;
    }
    let all = subject.policy.node.get("Statement").unwrap_or(subject.root);
    let label = out.add(Code::PolicyLockout, blamed.first().copied().unwrap_or(all)).text(locking.said);
    for node in blamed.into_iter().skip(1) {
        label.related(node, "together with this one");
    }
}

/// Not the policy of an endpoint, and no part of a policy, as far as can be seen: those allow everybody, or only services.
fn is_whole(subject: Subject<'_, '_>) -> bool {
    let mut named = subject.statements().filter(|s| s.is(Effect::Allow)).flat_map(|s| s.principals.iter().flat_map(|e| &e.items));
    let denies_only = subject.statements().all(|s| s.is(Effect::Deny));
    denies_only || (named.clone().all(|p| p.kind != PrincipalType::Anyone) && named.any(|p| p.kind == PrincipalType::Aws))
}

/// Attached to such a resource, as is known or as every action tells.
fn is_of(subject: Subject<'_, '_>, locking: &Locking) -> bool {
    let own = |s: &Statement<'_>| {
        let actions = s.actions.as_ref().map_or(&[][..], |e| e.items.as_slice());
        !actions.is_empty() && actions.iter().all(|a| a.service().eq_ignore_ascii_case(locking.service))
    };
    let statements = &subject.policy.statements;
    match subject.resource_type {
        Some(name) => name == locking.resource_type && !statements.is_empty(),
        None => !statements.is_empty() && statements.iter().all(own) && (locking.service != "s3" || bucket(subject).is_some()),
    }
}

/// The one bucket that all resources of a policy lie in.
fn bucket(subject: Subject<'_, '_>) -> Option<String> {
    let mut names = subject.statements().flat_map(|s| s.resources.iter().flat_map(|e| &e.items)).map(|r| {
        let end = r.text.find('/').unwrap_or(r.text.len());
        r.text.get(..end).unwrap_or_default()
    });
    let first = names.next()?;
    let bucket = first.split(":::").nth(1).filter(|name| !name.is_empty() && !name.contains(['*', '?', '$', ':']))?;
    (names.all(|name| name == first) && first.starts_with("arn:") && !bucket.is_empty()).then(|| first.to_owned())
}
