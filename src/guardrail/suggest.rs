//! The control policy that would close the gap, of service or of resources: written, proved to close it, and measured against the quotas.

use super::accounts::Bearing;
use super::attach::{Below, Fallback, Target};
use super::judge::Pool;
use super::model::{Group, Question};
use crate::catalog::quota::{self, ControlQuota};
use crate::document::json;
use crate::policy::{PolicyKind, parse};
use crate::proof::{Engine, Input, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A policy to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The document.
    pub policy: Value,
    /// Its characters without white space.
    pub characters: usize,
}

/// What would close the gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Service control policies hold the principals of the accounts, resource control policies whoever reaches for their
    /// resources.
    pub kind: PolicyKind,
    /// Policies, each within the quota; more than one when there are too many actions for one.
    pub drafts: Vec<Draft>,
    /// With them attached, every open account is held: it was proved.
    pub proved: bool,
    /// Where to attach them: above every open account and above no other.
    pub attach_to: Vec<Target>,
    /// Fewer targets instead of those, which are above others as well; fewer with each.
    pub or_to: Vec<Fallback>,
    /// How many accounts are open.
    pub closes: usize,
    /// The quotas it was measured against.
    pub quota: ControlQuota,
}

/// Accounts that are open, with what bears on them.
pub(super) struct Open<'q> {
    pub bearing: Bearing,
    pub accounts: Vec<&'q str>,
}

/// What a suggestion is about: a kind of policies, and the accounts that they hold.
pub(super) struct Aim<'a> {
    pub kind: PolicyKind,
    pub held: BTreeSet<&'a str>,
}

impl<'a> Aim<'a> {
    /// For principals: what is held in whatever way needs nothing.
    pub fn at_principals(groups: &'a [Group]) -> Self {
        Self::of(PolicyKind::ServiceControlPolicy, groups, |group| group.verdict == Verdict::Pass)
    }

    /// For resources: only resource control policies hold those against everybody.
    pub fn at_resources(groups: &'a [Group]) -> Self {
        let kind = PolicyKind::ResourceControlPolicy;
        Self::of(kind, groups, |group| group.held.iter().any(|holds| holds.kind == PolicyKind::ResourceControlPolicy))
    }

    fn of(kind: PolicyKind, groups: &'a [Group], held: impl Fn(&Group) -> bool) -> Self {
        let accounts = groups.iter().filter(|group| held(group)).flat_map(|group| &group.accounts);
        Self { kind, held: accounts.map(String::as_str).collect() }
    }
}

/// What would close the gap of the accounts that are open; none when there is no such account, or nothing that a policy can
/// say closes it.
pub(super) fn suggest(
    engine: &mut Engine,
    question: &Question<'_>,
    pool: &Pool<'_, '_>,
    open: &[Open<'_>],
    aim: &Aim<'_>,
) -> Option<Suggestion> {
    let Aim { kind, held } = aim;
    let (kind, held) = (*kind, held);
    let open: Vec<&Open<'_>> = open.iter().filter(|o| o.accounts.iter().any(|a| !held.contains(a))).collect();
    let wanted: BTreeSet<&str> = open.iter().flat_map(|o| o.accounts.iter().copied()).collect();
    let of_resources = kind == PolicyKind::ResourceControlPolicy;
    let on = question.organization.is_enabled(crate::organization::tree::type_of(kind));
    if wanted.is_empty() || !on || (of_resources && !pool.binds_resources) {
        return None;
    }
    let quota = if of_resources { quota::RESOURCE_CONTROL_POLICIES } else { quota::SERVICE_CONTROL_POLICIES };
    let drafts = drafts(question, (kind, quota))?;
    let documents: Vec<_> = drafts.iter().map(|draft| json::parse(draft.policy.to_string())).collect();
    let policies: Vec<_> = documents.iter().filter_map(|d| Some(parse(d.root()?).0)).collect();
    let singles: Vec<_> = policies.iter().map(|policy| [policy]).collect();
    let known = pool.home.known(kind, None);
    let compiled: Vec<_> = singles.iter().map(|single| engine.compile_knowing(single, &known)).collect();
    let more: Vec<Input<'_, '_>> = singles
        .iter()
        .zip(&compiled)
        .map(|(single, boxes)| Input { policies: single.as_slice(), compiled: Some(boxes) })
        .collect();
    // What holds whoever is bound by nothing else holds everybody: further levels only take away.
    let alone = pool.is_held_with(engine, &Bearing::default(), kind, &more);
    let proved = alone || open.iter().all(|o| pool.is_held_with(engine, &o.bearing, kind, &more));
    let below = Below::new(question.organization, &wanted);
    let statement = drafts.first().and_then(|d| d.policy.get("Statement")?.get(0)).map_or(0, |s| s.to_string().chars().count());
    let measured = |id: &str| {
        let mut target = below.target(id, kind, &wanted);
        below.find_room(&mut target, pool.controls, (drafts.len(), statement), (kind, quota));
        target
    };
    let all = |ids: BTreeSet<&str>| {
        let mut targets: Vec<Target> = ids.into_iter().map(measured).collect();
        targets.sort_by(|a, b| b.closes.cmp(&a.closes).then_with(|| a.id.cmp(&b.id)));
        targets
    };
    let attach_to = all(below.exactly(&wanted));
    let mut or_to: Vec<Fallback> = Vec::new();
    for ids in [below.mostly(&wanted, held), below.lowest_above(&wanted).into_iter().collect()] {
        let fewest = or_to.last().map_or(attach_to.len(), |other| other.targets.len());
        if !ids.is_empty() && ids.len() < fewest {
            let targets = all(ids);
            let touched: BTreeSet<&str> = targets.iter().flat_map(|t| &t.touches).map(String::as_str).collect();
            let (held, others) = (touched.intersection(held).count(), touched.difference(held).count());
            or_to.push(Fallback { targets, held, others });
        }
    }
    Some(Suggestion { kind, drafts, proved, attach_to, or_to, closes: wanted.len(), quota })
}

/// One policy, or as many as the actions need.
fn drafts(question: &Question<'_>, (kind, quota): (PolicyKind, ControlQuota)) -> Option<Vec<Draft>> {
    // More policies than can be attached to anything are none to suggest.
    let letters: usize = question.asked.actions.iter().map(|action| action.chars().count() + 3).sum();
    if letters > quota.characters * (quota.attached - 1) {
        return None;
    }
    let mut out = Vec::new();
    let everything = ["*".to_owned()];
    let mut rest: &[String] = if question.asked.actions.is_empty() { &everything } else { &question.asked.actions };
    while !rest.is_empty() {
        let mut take = rest.len();
        let draft = loop {
            let draft = draft(question, kind, rest.get(..take)?);
            if draft.characters <= quota.characters {
                break draft;
            }
            // One action that does not fit is none to suggest.
            if take < 2 {
                return None;
            }
            // Closer to what fits each time.
            take = (take * quota.characters / draft.characters).clamp(1, take - 1);
        };
        out.push(draft);
        rest = rest.get(take..)?;
    }
    Some(out)
}

fn draft(question: &Question<'_>, kind: PolicyKind, actions: &[String]) -> Draft {
    let one_or_all = |all: &[String]| match all {
        [one] => Value::from(one.as_str()),
        several => several.iter().map(String::as_str).collect(),
    };
    let everything = ["*".to_owned()];
    let resources = if question.asked.resources.is_empty() { &everything[..] } else { &question.asked.resources };
    let mut statement = json!({ "Sid": "Guardrail", "Effect": "Deny" });
    if let Some(object) = statement.as_object_mut() {
        if kind == PolicyKind::ResourceControlPolicy {
            // AWS takes no other principal in one.
            object.insert("Principal".to_owned(), "*".into());
        }
        object.insert("Action".to_owned(), one_or_all(actions));
        object.insert("Resource".to_owned(), one_or_all(resources));
    }
    if let (false, Some(object)) = (question.except.is_empty(), statement.as_object_mut()) {
        // ARN operators compare field by field; a pattern that is no whole ARN matches nothing there.
        let arns = question.except.iter().all(|text| crate::policy::arn::fields(text).is_some());
        let operator = if arns { "ArnNotLike" } else { "StringNotLike" };
        object.insert("Condition".to_owned(), json!({ operator: { "aws:PrincipalArn": one_or_all(question.except) } }));
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    Draft { characters: policy.to_string().chars().count(), policy }
}
