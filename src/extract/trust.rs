//! Whom a role's trust policy lets in, as far as it tells what the role is for.
//!
//! IAM User Guide, "Roles terms and concepts" (delegation, trust policy).

use super::found::{Body, Found};
use crate::document::{Node, json};
use crate::policy::parse;
use crate::policy::principal::{PrincipalForm, PrincipalType};
use crate::policy::{Effect, Principal};

/// Whether the trust policy of a role lets a principal of another account assume it. `None` when the policy or the account
/// of the role is not known.
pub fn lets_others_in(trust: &Found, account: Option<&str>) -> Option<bool> {
    let account = account?;
    match &trust.body {
        Body::Tree(place) => Some(others(place.node(), account)),
        Body::Text(_, embedding) => {
            let text = embedding.text();
            // Most roles trust a service, and their policies need not be read twice.
            if !text.contains("AWS") && !text.contains("\"*\"") {
                return Some(false);
            }
            let document = json::parse(text);
            Some(others(document.root()?, account))
        }
        Body::Missing(_) | Body::Unknown(_) | Body::Record(_) | Body::Settings(..) => None,
    }
}

fn others(root: Node<'_>, account: &str) -> bool {
    let (policy, _) = parse(root);
    let allows = policy.statements.iter().filter(|s| s.is(Effect::Allow));
    let mut elements = allows.filter_map(|s| s.principals.as_ref());
    elements.any(|element| element.negated || element.items.iter().any(|principal| is_other(principal, account)))
}

fn is_other(principal: &Principal<'_>, account: &str) -> bool {
    match principal.kind {
        PrincipalType::Anyone => true,
        PrincipalType::Aws => {
            principal.form == PrincipalForm::Wildcard || principal.account().is_some_and(|other| other != account)
        }
        PrincipalType::Service | PrincipalType::Federated | PrincipalType::Canonical => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Origin;
    use crate::extract::found::{Base, Place};
    use crate::policy::Context;
    use std::sync::Arc;

    fn asked(statements: &str) -> Option<bool> {
        let text = format!(r#"{{"plain":{{"Statement":{statements}}},"text":{:?}}}"#, format!(r#"{{"Statement":{statements}}}"#));
        let base = Base::new("a.json".into(), json::parse(text), Origin::default());
        let root = Place::root(Arc::new(base)).unwrap();
        let answers = ["plain", "text"].map(|key| {
            let trust = root.get(key).unwrap().policy(None, Context::default()).unwrap();
            assert_eq!(lets_others_in(&trust, None), None);
            lets_others_in(&trust, Some("111122223333"))
        });
        assert_eq!(answers[0], answers[1], "{statements}");
        answers[0]
    }

    #[test]
    fn another_account_is_told_from_the_own_one_and_from_services() {
        let principal = |who: &str| asked(&format!(r#"[{{"Effect":"Allow","Principal":{who},"Action":"sts:AssumeRole"}}]"#));
        for who in [
            r#"{"AWS":"444455556666"}"#,
            r#"{"AWS":["111122223333","arn:aws:iam::444455556666:role/a"]}"#,
            r#""*""#,
            r#"{"AWS":"*"}"#,
        ] {
            assert_eq!(principal(who), Some(true), "{who}");
        }
        for who in [
            r#"{"AWS":"arn:aws:iam::111122223333:root"}"#,
            r#"{"Service":"ec2.amazonaws.com"}"#,
            r#"{"Federated":"arn:aws:iam::444455556666:saml-provider/a"}"#,
        ] {
            assert_eq!(principal(who), Some(false), "{who}");
        }
    }

    #[test]
    fn a_deny_lets_nobody_in() {
        assert_eq!(asked(r#"{"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}"#), Some(false));
        assert_eq!(asked(r#"{"Effect":"Allow","NotPrincipal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}"#), Some(true));
    }
}
