//! All policies of a principal, asked together.

use super::judge::{Judge, finding};
use super::open::{Opened, other};
use super::result::{FileResult, Record};
use super::verdict::RuleIndex;
use crate::algebra::Truth;
use crate::document::Node;
use crate::extract::{DocumentKind, Found, Principal, Site};
use crate::finding::place::Placer;
use crate::policy::PolicyKind;
use crate::rule::registry::Active;
use crate::rule::{self, Judgement};
use std::collections::BTreeSet;
use std::sync::Arc;

/// All policies of a principal.
pub(super) struct Set<'a> {
    pub judge: &'a Judge<'a>,
    pub record: Option<&'a Arc<Record>>,
    pub own: &'a [Found],
    /// Those of its groups.
    pub shared: &'a [(&'a Principal, Vec<Found>)],
}

impl Set<'_> {
    /// Ask these rules of them.
    pub fn judge(&self, asked: &BTreeSet<RuleIndex>, result: &mut FileResult) {
        let shared = self.shared.iter().flat_map(|(group, all)| all.iter().map(move |found| (Some(*group), found)));
        let all = self.own.iter().map(|found| (None, found)).chain(shared);
        let opened: Vec<_> = all.map(|(group, found)| (group, found, Opened::new(found))).collect();
        // A text without any value was told where it stands.
        let opened: Vec<_> = opened.iter().filter(|(.., opened)| opened.node().is_some()).collect();
        let placers: Vec<Placer<'_>> = opened.iter().map(|(.., opened)| opened.placer(self.judge.scan.excerpts)).collect();
        let sites: Vec<Site<'_>> =
            opened.iter().filter_map(|(_, found, opened)| opened.policy(found)).map(|(site, _)| site).collect();
        let refs: Vec<&Site<'_>> = sites.iter().collect();
        let Some(first) = placers.first() else { return };
        let around = sites.first().map(|site| self.judge.around.around(&site.context, &site.file)).unwrap_or_default();
        for active in asked.iter().filter_map(|index| self.judge.scan.registry.rule(*index)) {
            let Some(severity) = sites.first().and_then(|site| self.judge.scan.severity(active, site)) else { continue };
            let judgement = rule::judge_within(active.rule(), &refs, active.asked_for, around);
            let Judgement::Fail(raised) = judgement else { continue };
            for one in raised {
                let at = sites.iter().position(|site| std::ptr::eq(site, one.site)).unwrap_or(0);
                let group = opened.get(at).and_then(|(group, ..)| *group);
                if group.is_some_and(|group| asked_of(active, group)) {
                    continue;
                }
                let home = placers.get(at).unwrap_or(first);
                let placer = |node: Option<Node<'_>>| {
                    let holds = |p: &&Placer<'_>| node.is_some_and(|n| std::ptr::eq(p.document(), n.document()));
                    placers.iter().find(holds).unwrap_or(home)
                };
                result.findings.push((self.record.cloned(), finding(active, severity, &one, None, placer)));
            }
        }
    }
}

/// Whether a rule is asked of the policies of this principal.
fn asked_of(active: &Active, principal: &Principal) -> bool {
    let kind = DocumentKind::Policy(PolicyKind::IdentityPolicy);
    active.rule().applies_to.test(&other(&principal.subject, kind, None, &[])) == Truth::True
}
