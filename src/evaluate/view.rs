//! A request as policies see it: the resource an action is evaluated against, and the context with the keys that AWS adds.
//!
//! IAM User Guide, "AWS global condition context keys" and "Single-valued vs. multivalued context keys".

use super::request::{CallerKind, ContextValue, Request};
use crate::catalog;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The values of a condition key in a request; never none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'v> {
    items: Items<'v>,
    /// The key arrives as a list, be it of one value.
    pub(super) list: bool,
}

#[derive(Clone, Copy, Debug)]
enum Items<'v> {
    One(&'v str),
    Many(&'v [String]),
}

impl<'v> Values<'v> {
    /// Each value.
    pub(super) fn iter(self) -> impl Iterator<Item = &'v str> {
        let (one, many): (_, &[String]) = match self.items {
            Items::One(text) => (Some(text), &[]),
            Items::Many(texts) => (None, texts),
        };
        one.into_iter().chain(many.iter().map(String::as_str))
    }

    /// The only value of a key that is not a list.
    pub(super) fn single(self) -> Option<&'v str> {
        if self.list { None } else { self.iter().next() }
    }
}

/// A request made ready for many statements.
#[derive(Clone, Debug)]
pub struct View<'r> {
    request: &'r Request,
    resource: &'r str,
    derived: Vec<(&'static str, Cow<'r, str>)>,
    bounded: bool,
}

impl<'r> View<'r> {
    /// Of a request by itself.
    pub fn new(request: &'r Request) -> Self {
        // Actions that can be scoped to no resource are asked about `*`, whatever the request names.
        let without_resource = catalog::current().action_named(&request.action).is_some_and(|a| a.types().next().is_none());
        let resource = if without_resource { "*" } else { &request.resource };
        Self { request, resource, derived: derived(request), bounded: false }
    }

    /// The same caller with a permissions boundary, which a `NotPrincipal` that denies does not spare.
    pub fn bounded(self, bounded: bool) -> Self {
        Self { bounded, ..self }
    }

    /// The request.
    pub fn request(&self) -> &'r Request {
        self.request
    }

    /// The resource that patterns are compared with.
    pub fn resource(&self) -> &'r str {
        self.resource
    }

    /// Whether the caller has a permissions boundary.
    pub(super) fn is_bounded(&self) -> bool {
        self.bounded
    }

    /// The values of a condition key, letter case ignored; `None` when it is absent.
    pub(super) fn values(&self, key: &str) -> Option<Values<'_>> {
        let items = match self.given(key) {
            Some(ContextValue::One(text)) => Items::One(text),
            Some(ContextValue::Many(texts)) => Items::Many(texts),
            None => Items::One(self.derived.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, v)| v.as_ref())?),
        };
        if matches!(items, Items::Many([])) {
            return None;
        }
        let list = match catalog::current().key(key) {
            Some(known) => known.is_list() || matches!(items, Items::Many([_, _, ..])),
            None => matches!(items, Items::Many(_)),
        };
        Some(Values { items, list })
    }

    /// What the request itself says of a key.
    fn given(&self, key: &str) -> Option<&'r ContextValue> {
        let context = &self.request.context;
        // Nearly always both are spelled as documented.
        context.get(key).or_else(|| context.iter().find(|(name, _)| same_key(name, key)).map(|(_, value)| value))
    }

    /// The context with the derived keys written into it.
    pub fn full_context(&self) -> BTreeMap<String, ContextValue> {
        let mut all = self.request.context.clone();
        for (name, value) in &self.derived {
            if self.given(name).is_none() {
                all.insert((*name).to_owned(), ContextValue::One(value.clone().into_owned()));
            }
        }
        all
    }
}

/// Condition keys are the same in any letter case, the tag key in them included.
pub(super) fn same_key(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}

/// The keys that AWS adds from what is known of caller and resource.
fn derived(request: &Request) -> Vec<(&'static str, Cow<'_, str>)> {
    let caller = &request.caller;
    let mut out: Vec<(&'static str, Cow<'_, str>)> = Vec::with_capacity(6);
    let kind = match caller.kind {
        CallerKind::User => Some("User"),
        CallerKind::RoleSession | CallerKind::Role => Some("AssumedRole"),
        CallerKind::Root => Some("Account"),
        CallerKind::FederatedUser => Some("FederatedUser"),
        CallerKind::Anonymous => Some("Anonymous"),
        CallerKind::WebIdentity | CallerKind::Saml | CallerKind::Service => None,
    };
    out.extend(kind.map(|kind| ("aws:PrincipalType", kind.into())));
    if caller.kind.has_account() {
        out.push(("aws:PrincipalArn", caller.arn.as_str().into()));
        out.push(("aws:PrincipalIsAWSService", "false".into()));
        out.extend(caller.account.as_deref().map(|account| ("aws:PrincipalAccount", account.into())));
    }
    match caller.kind {
        CallerKind::User => out.extend(caller.arn.rsplit('/').next().map(|name| ("aws:username", name.into()))),
        CallerKind::Root => out.extend(caller.account.as_deref().map(|account| ("aws:userid", account.into()))),
        CallerKind::Service => {
            out.push(("aws:PrincipalIsAWSService", "true".into()));
            out.push(("aws:PrincipalServiceName", caller.arn.as_str().into()));
        }
        CallerKind::RoleSession
        | CallerKind::Role
        | CallerKind::FederatedUser
        | CallerKind::WebIdentity
        | CallerKind::Saml
        | CallerKind::Anonymous => {}
    }
    out.extend(request.resource_account.as_deref().map(|account| ("aws:ResourceAccount", account.into())));
    out
}
