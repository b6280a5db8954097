//! Rules about an account or organizational unit: without organization data, the SCPs of one folder are what is attached
//! to one target, and so are its RCPs.

use super::Scan;
use super::file::{FileResult, Kept, finding};
use crate::extract::{DocumentKind, Hints, Site, recognise};
use crate::finding::place::Placer;
use crate::rule::{self, Judgement};
use std::collections::BTreeMap;

/// Judge every folder's set.
pub(super) fn judge(scan: &Scan<'_>, mut kept: Vec<Kept>) -> FileResult {
    let mut result = FileResult::default();
    let about_sets = scan.registry.rules().iter().any(|a| a.head.about_sets);
    if !about_sets || kept.is_empty() {
        return result;
    }
    kept.sort_by(|a, b| a.file.cmp(&b.file));
    let sites: Vec<Site<'_>> = kept
        .iter()
        .flat_map(|k| recognise(&k.document, Hints { file: k.file.clone(), context: k.context.clone() }).sites)
        .collect();
    let mut sets: BTreeMap<(&str, DocumentKind, Option<&str>), Vec<&Site<'_>>> = BTreeMap::new();
    for site in &sites {
        let key = (folder(&site.file), site.kind, site.context.ou.as_deref());
        sets.entry(key).or_default().push(site);
    }
    for ((_, kind, _), set) in &sets {
        judge_set(scan, *kind, set, &kept, &mut result);
    }
    result
}

fn judge_set<'d>(scan: &Scan<'_>, kind: DocumentKind, set: &[&Site<'d>], kept: &'d [Kept], result: &mut FileResult) {
    for active in scan.registry.about(kind).filter(|a| a.head.about_sets) {
        let Some(severity) = set.first().and_then(|site| scan.severity(active, site)) else { continue };
        match rule::judge(active.rule(), set, active.asked_for) {
            Judgement::Pass => {}
            Judgement::Undecided => result.undecided.push(active.head.id.clone()),
            Judgement::NotApplicable => result.not_applicable.push(active.head.id.clone()),
            Judgement::Fail(raised) => {
                for one in raised {
                    let Some(home) = kept.iter().find(|k| k.file == one.site.file) else { continue };
                    let placer = Placer::new(&home.document, home.file.clone());
                    result.findings.push(finding(active, severity, &one, &placer));
                }
            }
        }
    }
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
