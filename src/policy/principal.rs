//! `Principal`: who a statement speaks of.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal".

use super::arn::{Arn, is_account_id};
use crate::document::Node;

/// The sort of principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalType {
    /// Account, user, role or session.
    Aws,
    /// An AWS service.
    Service,
    /// SAML, OIDC or a web identity provider.
    Federated,
    /// S3 canonical user id.
    Canonical,
    /// `*`: everyone, anonymous included.
    Anyone,
}

/// How an AWS principal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalForm {
    /// `123456789012` or `arn:…:iam::123456789012:root`: the whole account.
    AccountRoot,
    /// `arn:…:iam::…:role/…`.
    Role,
    /// `arn:…:iam::…:user/…`.
    User,
    /// `arn:…:sts::…:assumed-role/…` or `federated-user/…`.
    Session,
    /// `AIDA…`, `AROA…`: what is left of a deleted principal.
    UniqueId,
    /// `*`.
    Wildcard,
    /// Nothing between the quotes.
    Empty,
    /// Anything else.
    Other,
}

/// One principal of a statement.
#[derive(Clone, Copy, Debug)]
pub struct Principal<'d> {
    /// As written.
    pub text: &'d str,
    /// Where.
    pub node: Node<'d>,
    /// The sort.
    pub kind: PrincipalType,
    /// The form.
    pub form: PrincipalForm,
}

impl<'d> Principal<'d> {
    /// Read one value under `Principal.<key>`, or a bare `"Principal": "…"` with an empty key.
    pub fn read(key: &str, text: &'d str, node: Node<'d>) -> Self {
        let wildcard = text == "*";
        let kind = match key.to_ascii_lowercase().as_str() {
            "service" => PrincipalType::Service,
            "federated" => PrincipalType::Federated,
            "canonicaluser" => PrincipalType::Canonical,
            _ if wildcard => PrincipalType::Anyone,
            _ => PrincipalType::Aws,
        };
        Self { text, node, kind, form: form(text) }
    }

    /// The 12-digit account the principal belongs to.
    pub fn account(&self) -> Option<&'d str> {
        if is_account_id(self.text) {
            return Some(self.text);
        }
        Arn::parse(self.text).map(|arn| arn.account).filter(|account| is_account_id(account))
    }
}

fn form(text: &str) -> PrincipalForm {
    if text.trim().is_empty() {
        return PrincipalForm::Empty;
    }
    if text == "*" {
        return PrincipalForm::Wildcard;
    }
    if is_account_id(text) {
        return PrincipalForm::AccountRoot;
    }
    let Some(arn) = Arn::parse(text) else {
        let unique = text.len() >= 16 && (text.starts_with("AIDA") || text.starts_with("AROA"));
        return if unique { PrincipalForm::UniqueId } else { PrincipalForm::Other };
    };
    match (arn.service, arn.resource.split('/').next().unwrap_or_default()) {
        ("iam", "root") => PrincipalForm::AccountRoot,
        ("iam", "role") => PrincipalForm::Role,
        ("iam", "user") => PrincipalForm::User,
        ("sts", "assumed-role" | "federated-user") => PrincipalForm::Session,
        _ => PrincipalForm::Other,
    }
}
