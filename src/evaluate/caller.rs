//! Principal elements: whether they reach the caller, and how.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal" and "AWS JSON policy elements: NotPrincipal".

use super::request::{Caller, CallerKind};
use super::truth::{Cause, Match, Miss, Strength, Why};
use super::view::View;
use crate::policy::arn::Arn;
use crate::policy::principal::{Principal, PrincipalForm, PrincipalType};
use crate::policy::{Effect, Statement};

/// Whether a statement's principal element fits the caller; a statement without one fits everybody.
pub(super) fn judge<'d>(statement: &Statement<'d>, view: &View<'_>) -> Match<'d> {
    let Some(element) = &statement.principals else { return Match::Yes(Strength::Direct) };
    let caller = &view.request().caller;
    let miss = Match::No(Miss { node: element.value, why: Why::Principal });
    let found = element.items.iter().filter_map(|item| strength(item, caller));
    if !element.negated {
        if let Some(strongest) = found.max() {
            return Match::Yes(strongest);
        }
        let computed = element.items.iter().find(|item| is_computed(item));
        return computed.map_or(miss, |item| Match::doubt(item.node, Cause::Template));
    }
    let listed = Listed::of(found);
    if let Some(item) = element.items.iter().find(|item| is_computed(item)).filter(|_| listed.is_nothing()) {
        return Match::Unknown(Strength::Everyone, super::truth::Doubt { node: item.node, cause: Cause::Template });
    }
    if !statement.is(Effect::Deny) {
        // Everybody else.
        return if listed.is_nothing() { Match::Yes(Strength::Everyone) } else { miss };
    }
    if view.is_bounded() || listed.is_nothing() {
        return Match::Yes(Strength::Everyone);
    }
    if listed.spares(caller.kind) {
        return miss;
    }
    Match::Unknown(Strength::Everyone, super::truth::Doubt { node: element.value, cause: Cause::NotPrincipal })
}

/// Which of the things a caller is are listed.
#[derive(Clone, Copy, Default)]
struct Listed {
    direct: bool,
    role: bool,
    account: bool,
    everyone: bool,
}

impl Listed {
    fn of(found: impl Iterator<Item = Strength>) -> Self {
        let mut out = Self::default();
        for strength in found {
            match strength {
                Strength::Account => out.account = true,
                Strength::Role => out.role = true,
                Strength::Everyone => out.everyone = true,
                Strength::Direct => out.direct = true,
            }
        }
        out
    }

    fn is_nothing(self) -> bool {
        !(self.direct || self.role || self.account || self.everyone)
    }

    /// Whether a `NotPrincipal` that denies surely leaves the caller alone: everything the caller is must be listed.
    fn spares(self, kind: CallerKind) -> bool {
        self.everyone
            || match kind {
                CallerKind::RoleSession | CallerKind::Role => self.direct && self.role && self.account,
                CallerKind::User | CallerKind::FederatedUser => self.direct && self.account,
                CallerKind::Root | CallerKind::WebIdentity | CallerKind::Saml | CallerKind::Service | CallerKind::Anonymous => {
                    self.direct
                }
            }
    }
}

/// A template computes it.
fn is_computed(principal: &Principal<'_>) -> bool {
    principal.text.contains("${")
}

/// How one principal reaches the caller. Names are compared exactly, path included; the unique id that is left of a deleted
/// principal reaches nobody.
pub(super) fn strength(principal: &Principal<'_>, caller: &Caller) -> Option<Strength> {
    match principal.kind {
        PrincipalType::Anyone => Some(Strength::Everyone),
        PrincipalType::Service => {
            let named = principal.text == caller.arn || principal.text == "*";
            (caller.kind == CallerKind::Service && named).then_some(Strength::Direct)
        }
        PrincipalType::Federated => {
            let provider = matches!(caller.kind, CallerKind::WebIdentity | CallerKind::Saml);
            (provider && (principal.text == caller.arn || principal.text == "*")).then_some(Strength::Direct)
        }
        // Which account a canonical user id belongs to stands in no policy: it is a caller of its own.
        PrincipalType::Canonical => {
            let same = caller.kind == CallerKind::User && caller.account.is_none() && principal.text == caller.arn;
            same.then_some(Strength::Direct)
        }
        PrincipalType::Aws => aws(principal, caller),
    }
}

fn aws(principal: &Principal<'_>, caller: &Caller) -> Option<Strength> {
    if !caller.kind.has_account() {
        return None;
    }
    match principal.form {
        PrincipalForm::AccountRoot => {
            let same = principal.account().is_some_and(|account| caller.account.as_deref() == Some(account));
            let strength = if caller.kind == CallerKind::Root { Strength::Direct } else { Strength::Account };
            same.then_some(strength)
        }
        PrincipalForm::User => (caller.kind == CallerKind::User && principal.text == caller.arn).then_some(Strength::Direct),
        PrincipalForm::Role => {
            let session = matches!(caller.kind, CallerKind::RoleSession | CallerKind::Role);
            (session && principal.text == caller.arn).then_some(Strength::Role)
        }
        PrincipalForm::Session => is_session(principal.text, caller).then_some(Strength::Direct),
        PrincipalForm::UniqueId | PrincipalForm::Wildcard | PrincipalForm::Empty | PrincipalForm::Other => None,
    }
}

/// The ARN of a session has the role's name without its path.
fn is_session(text: &str, caller: &Caller) -> bool {
    if caller.kind == CallerKind::FederatedUser {
        return text == caller.arn;
    }
    let (Some(session), Some(role), Some(name)) = (Arn::parse(text), Arn::parse(&caller.arn), &caller.session_name) else {
        return false;
    };
    let Some((role_name, session_name)) = session.resource.strip_prefix("assumed-role/").and_then(|r| r.split_once('/')) else {
        return false;
    };
    caller.kind == CallerKind::RoleSession
        && (session.partition, session.account) == (role.partition, role.account)
        && role.resource.rsplit('/').next() == Some(role_name)
        && session_name == name
}
