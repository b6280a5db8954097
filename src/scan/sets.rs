//! Rules about an account or organizational unit: without organization data, the SCPs of one folder are what is attached
//! to one target, and so are its RCPs. What policies out of an export guard hangs on where they are attached, and is not decided.

use super::judge::{Judge, finding};
use super::open::Opened;
use super::result::FileResult;
use crate::document::Node;
use crate::extract::{Body, DocumentKind, Found, Site};
use crate::finding::place::Placer;
use crate::rule::{self, Judgement};
use std::collections::BTreeMap;

/// Judge every folder's set.
pub(super) fn judge(judge: &Judge<'_>, mut found: Vec<Found>) -> FileResult {
    let mut result = FileResult::default();
    let about_sets = judge.scan.registry.rules().iter().any(|a| a.head.about_sets);
    if !about_sets || found.is_empty() {
        return result;
    }
    // Those of a known organization are asked by what they are attached to.
    found.retain(|f| !judge.around.has_file(f.file()));
    let is_file = |f: &Found| matches!(&f.body, Body::Tree(place) if place.node().id() == 0);
    found.iter().filter(|f| !is_file(f)).for_each(|f| undecided(judge, f, &mut result));
    found.retain(is_file);
    found.sort_by(|a, b| a.file().cmp(b.file()));
    let opened: Vec<Opened<'_>> = found.iter().map(Opened::new).collect();
    let placers: Vec<Placer<'_>> = opened.iter().map(|o| o.placer(judge.scan.excerpts)).collect();
    let sites: Vec<Site<'_>> = opened.iter().zip(&found).filter_map(|(o, f)| o.policy(f)).map(|(site, _)| site).collect();
    let mut sets: BTreeMap<(&str, DocumentKind, Option<&str>), Vec<&Site<'_>>> = BTreeMap::new();
    for site in &sites {
        let key = (folder(&site.file), site.kind, site.context.ou.as_deref());
        sets.entry(key).or_default().push(site);
    }
    for ((_, kind, _), set) in &sets {
        judge_set(judge, *kind, set, &placers, &mut result);
    }
    result
}

/// A policy of an export guards what it is attached to, together with what is attached above; none of that is known here.
fn undecided(judge: &Judge<'_>, found: &Found, result: &mut FileResult) {
    let opened = Opened::new(found);
    let Some((site, _)) = opened.policy(found) else { return };
    for (index, active) in judge.scan.registry.numbered(site.kind).filter(|(_, a)| a.head.about_sets) {
        match rule::judge(active.rule(), &[&site], active.asked_for) {
            Judgement::NotApplicable => result.not_applicable.add(index),
            Judgement::Pass | Judgement::Undecided | Judgement::Fail(_) => result.undecided.add(index),
        }
    }
}

fn judge_set<'d>(judge: &Judge<'_>, kind: DocumentKind, set: &[&Site<'d>], placers: &[Placer<'d>], result: &mut FileResult) {
    for (index, active) in judge.scan.registry.numbered(kind).filter(|(_, a)| a.head.about_sets) {
        let Some(severity) = set.first().and_then(|site| judge.scan.severity(active, site)) else { continue };
        match rule::judge(active.rule(), set, active.asked_for) {
            Judgement::Pass => {}
            Judgement::Undecided => result.undecided.add(index),
            Judgement::NotApplicable => result.not_applicable.add(index),
            Judgement::Fail(raised) => {
                for one in raised {
                    let Some(home) = placers.iter().find(|p| *p.file() == one.site.file) else { continue };
                    let holds = |p: &&Placer<'d>, n: Node<'d>| std::ptr::eq(p.document(), n.document());
                    let placer = |node: Option<Node<'d>>| node.and_then(|n| placers.iter().find(|p| holds(p, n))).unwrap_or(home);
                    result.findings.push((None, finding(active, severity, &one, None, placer)));
                }
            }
        }
    }
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
