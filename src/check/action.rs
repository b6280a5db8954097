//! `Action` and `NotAction`: services and names that exist, and actions that fit where the policy is attached.
//!
//! Service Authorization Reference.

use super::attached::{self, AttachedType};
use super::code::Code;
use super::label::Labels;
use super::subject::Subject;
use crate::catalog::{Catalog, Service};
use crate::policy::arn::has_dollar_brace;
use crate::policy::{ActionPattern, Statement};
use crate::text::glob::{Case, has_wildcard, overlaps};
use crate::text::suggest::{did_you_mean, nearest};

/// Actions a role trust policy can speak of.
pub(super) const TRUST_ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

/// Every action of a statement.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let Some(element) = &statement.actions else { return };
    let attached = subject.resource_type.and_then(attached::of);
    let scp = out.wants(&[Code::ScpSyntaxErrorActionWildcard]);
    // The services of a list repeat: the last one is remembered.
    let mut last: Option<(&str, Option<Service>)> = None;
    for action in &element.items {
        if action.node.as_str().is_none() || has_dollar_brace(action.text) {
            continue;
        }
        let Some((prefix, name)) = action.text.split_once(':') else {
            if !is_everything(action.text) {
                without_service(subject.catalog, action, out);
            }
            continue;
        };
        let wild = has_wildcard(action.text);
        if wild && has_wildcard(prefix) {
            if !is_everything(action.text) {
                out.add(Code::WildcardInServiceName, action.node).other(prefix);
            }
        } else if wild || subject.catalog.action_named(action.text).is_none() {
            let service = match last {
                Some((before, service)) if before == prefix => service,
                _ => subject.catalog.service(prefix),
            };
            last = Some((prefix, service));
            match service {
                None if subject.catalog.table("retired-services").has(prefix) => {}
                None => {
                    unknown_service(subject.catalog, action, prefix, out);
                    continue;
                }
                Some(service) if !has_wildcard(name) && !subject.catalog.table("actions").has(action.text) => {
                    unknown_name(service, action, name, out);
                    continue;
                }
                Some(_) => {}
            }
        }
        where_attached(subject, attached, action, out);
        if scp {
            scp_wildcard(action, out);
        }
    }
}

/// `*`, `**`, `*:*`: every action.
pub(super) fn is_everything(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b == b'*' || b == b':') && text.matches(':').count() <= 1
}

/// True when a written action can be this one: `service:Name` in full.
pub(super) fn may_be(written: &str, action: &str) -> bool {
    overlaps(written, action, Case::Insensitive)
}

fn without_service<'d>(catalog: &'static Catalog, action: &ActionPattern<'d>, out: &mut Labels<'d>) {
    if has_wildcard(action.text) {
        return;
    }
    let hint = catalog.service(action.text).map(|s| format!("did you mean `{}:*`?", s.prefix()));
    out.add(Code::InvalidAction, action.node).other("").hint(hint);
}

fn unknown_service<'d>(catalog: &'static Catalog, action: &ActionPattern<'d>, prefix: &'d str, out: &mut Labels<'d>) {
    if !out.wants(&[Code::InvalidServiceInAction]) {
        return;
    }
    let hint = did_you_mean(prefix, catalog.services().map(Service::prefix));
    out.add(Code::InvalidServiceInAction, action.node).other(prefix).hint(hint);
}

fn unknown_name<'d>(service: Service, action: &ActionPattern<'d>, name: &'d str, out: &mut Labels<'d>) {
    if out.wants(&[Code::InvalidAction]) {
        let near = nearest(name, service.actions().map(crate::catalog::Action::name));
        let hint = near.map(|near| format!("did you mean `{}:{near}`?", service.prefix()));
        out.add(Code::InvalidAction, action.node).other(service.prefix()).hint(hint);
    }
}

/// An action of another service than the resource's can never match there.
fn where_attached<'d>(
    subject: Subject<'_, 'd>,
    attached: Option<&'static AttachedType>,
    action: &ActionPattern<'d>,
    out: &mut Labels<'d>,
) {
    if subject.is_trust() {
        if !TRUST_ACTIONS.iter().any(|known| may_be(action.text, known)) {
            out.add(Code::UnsupportedActionInPolicy, action.node).other("AWS::IAM::AssumeRolePolicyDocument");
        }
        return;
    }
    if let Some(attached) = attached
        && !attached.may_have_action(subject.catalog, action.text)
    {
        out.add(Code::UnsupportedActionInPolicy, action.node).other(attached.name);
    }
}

/// The syntax that Organizations asked for until 2025: `*` alone or as the last character.
fn scp_wildcard<'d>(action: &ActionPattern<'d>, out: &mut Labels<'d>) {
    let head = action.text.strip_suffix(['*', '?']).unwrap_or(action.text);
    if action.text != "*" && has_wildcard(head) {
        out.add(Code::ScpSyntaxErrorActionWildcard, action.node);
    }
}

/// The written actions of an Allow or Deny that are not wildcards, with what the catalogue has of them.
pub(super) fn named_actions<'a, 'd>(
    catalog: &'static Catalog,
    statement: &'a Statement<'d>,
) -> impl Iterator<Item = (&'a ActionPattern<'d>, crate::catalog::Action)> {
    let items = statement.actions.iter().filter(|e| !e.negated).flat_map(|e| &e.items);
    items.filter_map(move |item| {
        let action = if has_wildcard(item.text) { None } else { catalog.action_named(item.text) };
        Some((item, action?))
    })
}
