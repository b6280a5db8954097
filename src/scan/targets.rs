//! Rules about targets, where an organization is known: every organizational unit and account is asked for, with the control
//! policies on the way from the root down to it. Targets that have the same are asked about once.
//!
//! The root is judged as well, for the map of guardrails; it is no target of findings. The management account is bound by
//! none, and in a suspended account nobody can call anything: neither is reported.

use super::judge::{Judge, finding};
use super::path_key::Paths;
use super::result::FileResult;
use super::surroundings::{Bound, KINDS};
use super::verdict::RuleIndex;
use crate::algebra::Truth;
use crate::document::{Node, json};
use crate::extract::{DocumentKind, Site};
use crate::finding::place::Placer;
use crate::finding::{Finding, Standing, TargetVerdict};
use crate::organization::tree::type_of;
use crate::organization::{AccountState, Organization};
use crate::policy::arn::Arn;
use crate::policy::{Context, PolicyKind};
use crate::rule::judge::is_wanted;
use crate::rule::registry::Active;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Ask the rules about targets of every organization that is checked.
pub(super) fn judge(judge: &Judge<'_>) -> FileResult {
    let mut result = FileResult::default();
    for bound in judge.around.organizations.iter().filter(|bound| bound.source.checked) {
        let nowhere = json::parse(String::new());
        let folder: Arc<str> = bound.source.loaded.prefix.trim_end_matches('/').into();
        let nowhere = Placer::new(&nowhere, folder).showing(false);
        let map = Map { judge, bound, placers: placers(judge, bound), nowhere };
        for kind in KINDS {
            let document = DocumentKind::Policy(kind);
            for (index, active) in judge.scan.registry.numbered(document).filter(|(_, active)| active.head.about_sets) {
                map.rule(index, active, kind, &mut result);
            }
        }
    }
    result
}

/// What places things of an organization: its documents, and the texts in their strings.
fn placers<'d>(judge: &Judge<'_>, bound: &'d Bound<'_>) -> HashMap<usize, Placer<'d>> {
    let shown = judge.scan.excerpts;
    let documents = bound.source.loaded.documents.values();
    let whole = documents.map(|base| Placer::within(&base.document, base.file.clone(), base.origin.clone()).showing(shown));
    let all = whole.chain(bound.texts.iter().map(|text| text.opened.placer(shown)));
    all.map(|placer| (std::ptr::from_ref(placer.document()).addr(), placer)).collect()
}

struct Map<'j, 'd> {
    judge: &'j Judge<'j>,
    bound: &'j Bound<'d>,
    /// By where their documents stand in memory.
    placers: HashMap<usize, Placer<'j>>,
    /// For a target that is written nowhere: a folder without a policy.
    nowhere: Placer<'j>,
}

/// A unit or an account as a subject.
struct Target<'d> {
    id: Arc<str>,
    site: Site<'d>,
    /// How it stands whatever the policies say.
    fixed: Option<Standing>,
    /// It is the root.
    is_root: bool,
}

impl<'j> Map<'j, '_> {
    fn organization(&self) -> &'j Organization {
        &self.bound.source.loaded.organization
    }

    fn rule(&self, index: RuleIndex, active: &Active, kind: PolicyKind, result: &mut FileResult) {
        let rule = active.rule();
        let all: Vec<&Site<'_>> =
            self.bound.sites.values().map(|site| &**site).filter(|site| site.kind == DocumentKind::Policy(kind)).collect();
        if !active.asked_for && !is_wanted(rule, &all) {
            result.not_applicable.add(index);
            return;
        }
        let mut paths = Paths::new(rule, self.bound, kind);
        for target in self.targets(kind) {
            let severity = self.judge.scan.severity(active, &target.site);
            let applies = rule.applies_to.test(&target.site) == Truth::True;
            let standing = match (target.fixed, severity) {
                (Some(standing), Some(_)) if applies => standing,
                (None, Some(severity)) if applies => {
                    let shared = paths.ask(&target.id, &target.site);
                    if shared.answer.is_reported && !target.is_root {
                        let raised = shared.answer.raised(rule, &target.site, &shared.layers);
                        let finding = finding(active, severity, &raised, None, |node| self.placer(node));
                        result.findings.push((None, self.completed(finding, kind)));
                    }
                    shared.answer.standing
                }
                _ => Standing::NotApplicable,
            };
            if standing == Standing::Undecided {
                result.undecided.add(index);
            }
            result.targets.push(TargetVerdict { rule: active.head.id.clone(), target: target.id, standing });
        }
    }

    /// With a word on the organization where that is the reason.
    fn completed(&self, mut finding: Finding, kind: PolicyKind) -> Finding {
        if !self.organization().is_enabled(type_of(kind)) {
            let root = self.organization().roots().next().and_then(|root| self.node(root));
            let message = "policies of this kind are not switched on for the root".to_owned();
            let location = self.placer(root).node(root);
            finding.related.insert(0, crate::finding::Label { message, location });
        }
        finding
    }

    fn node(&self, id: &str) -> Option<Node<'j>> {
        let loaded = &self.bound.source.loaded;
        loaded.organization.written.get(id).and_then(|written| loaded.node(written)).map(|(_, node)| node)
    }

    fn placer(&self, node: Option<Node<'j>>) -> &Placer<'j> {
        let found = node.and_then(|node| self.placers.get(&std::ptr::from_ref(node.document()).addr()));
        found.unwrap_or(&self.nowhere)
    }

    /// Every unit and account, sorted by id.
    fn targets(&self, kind: PolicyKind) -> Vec<Target<'j>> {
        let organization = self.organization();
        let mut out = BTreeMap::new();
        for unit in organization.units.values() {
            let path = organization.named_path(&unit.id);
            let context = Context { ou: Some(path), ..self.context(kind, &unit.id, unit.arn.as_ref(), &unit.name) };
            let target = self.target(&unit.id, context, None, unit.parent.is_none());
            out.insert(unit.id.as_str(), target);
        }
        for account in organization.accounts.values() {
            let known = self.context(kind, &account.id, account.arn.as_ref(), &account.name);
            let path = organization.named_path(&account.id);
            let context = Context { account: Some(account.id.clone()), ou: Some(path), ..known };
            let fixed = if organization.management_account.as_ref() == Some(&account.id) {
                Some(Standing::Unbound)
            } else {
                (account.state == AccountState::Suspended).then_some(Standing::NotApplicable)
            };
            out.insert(account.id.as_str(), self.target(&account.id, context, fixed, false));
        }
        out.into_values().collect()
    }

    /// What is known of a target; one without an ARN is known by its place in the tree.
    fn context(&self, kind: PolicyKind, id: &str, arn: Option<&String>, name: &str) -> Context {
        let organization = self.organization();
        Context {
            kind: Some(kind),
            name: Some(if organization.of_folders && id.starts_with('/') { id.to_owned() } else { name.to_owned() }),
            partition: arn.and_then(|arn| Arn::parse(arn)).map(|arn| arn.partition.to_owned()),
            resource: arn.cloned(),
            org_id: organization.id.clone(),
            ..Context::default()
        }
    }

    fn target(&self, id: &str, context: Context, fixed: Option<Standing>, is_root: bool) -> Target<'j> {
        let loaded = &self.bound.source.loaded;
        let written = loaded.organization.written.get(id);
        let folder = || loaded.prefix.trim_end_matches('/').into();
        let site = Site {
            file: written.map_or_else(folder, |written| written.file.clone()),
            root: self.node(id),
            kind: DocumentKind::Policy(context.kind.unwrap_or(PolicyKind::ServiceControlPolicy)),
            assumed: false,
            policy: None,
            facts: &[],
            context,
        };
        Target { id: id.into(), site, fixed, is_root }
    }
}
