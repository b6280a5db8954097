//! Findings of IAM Access Analyzer, moved from the line that tells of them to the statement that grants what they tell of.

use super::grants::{self, Fit, Hit};
use super::holdings::{Holding, holdings};
use super::judge::Judge;
use super::open::Opened;
use super::result::{FileResult, Record};
use crate::extract::access_analyzer::{FINDING, Told};
use crate::extract::{Body, Fact, Found, Place, Principal};
use crate::finding::fingerprint::fingerprint;
use crate::finding::place::Placer;
use crate::finding::{Finding, Label, Location};
use crate::policy::{Policy, PolicyKind};
use crate::source::Entry;
use std::cmp::Reverse;
use std::sync::Arc;

/// Other places that grant the same, shown at most.
const OTHERS: usize = 4;

/// What a finding of Access Analyzer tells.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub told: Told,
    /// ARN of the resource, role or user.
    pub resource: String,
    /// Whose it is.
    pub account: Option<String>,
}

/// A judgement about a finding of Access Analyzer, before its place is known.
pub(super) struct Sighting {
    pub record: Option<Arc<Record>>,
    pub finding: Finding,
    pub observed: Observed,
}

/// A place that grants what was observed.
struct Spot {
    fit: Fit,
    label: Label,
    also: Option<Label>,
    kind: Option<PolicyKind>,
    name: Option<String>,
    sid: Option<String>,
}

impl Observed {
    /// Of settings that are such a finding.
    pub fn of(place: &Place, facts: &[Fact], found: &Found) -> Option<Self> {
        facts.first().filter(|fact| fact.name == FINDING)?;
        let resource = found.context.resource.clone().unwrap_or_default();
        Some(Self { told: Told::read(place.node()), resource, account: found.context.account.clone() })
    }

    /// Somebody has looked at it and put it away.
    pub fn is_archived(&self) -> bool {
        self.told.status == "ARCHIVED"
    }

    /// ARNs of principals that it names.
    pub fn principals(&self) -> impl Iterator<Item = &str> {
        self.told.principals.iter().map(|(_, value)| value.as_str()).filter(|value| value.starts_with("arn:"))
    }

    /// What stays the same while the finding is the same: not what was used meanwhile, nor when.
    fn identity(&self) -> String {
        let told = &self.told;
        let mut parts: Vec<String> = [&told.principals, &told.conditions]
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{key}={value}"))
            .chain(told.service.clone())
            .chain(told.access_key.clone())
            .collect();
        parts.sort();
        format!("{}|{}", told.finding_type, parts.join("|"))
    }
}

/// Find their places, and count them among the findings.
pub(super) fn settle(judge: &Judge<'_>, entries: &[Entry], result: &mut FileResult) {
    if result.observed.is_empty() {
        return;
    }
    let mut sightings = std::mem::take(&mut result.observed);
    let held = holdings(judge, entries, &sightings);
    for sighting in &mut sightings {
        let spots = spots(judge, &sighting.observed, &held);
        complete(&mut sighting.finding, &sighting.observed, spots);
    }
    result.findings.extend(sightings.into_iter().map(|sighting| (sighting.record, sighting.finding)));
}

/// Every place, the best first.
fn spots(judge: &Judge<'_>, observed: &Observed, held: &[Holding]) -> Vec<Spot> {
    let told = &observed.told;
    let mut spots = Vec::new();
    for holding in held {
        let principal = holding.principals.get(observed.resource.as_str());
        match told.finding_type.as_str() {
            "ExternalAccess" | "InternalAccess" => {
                let by_policy = told.sources.is_empty() || told.sources.iter().any(|source| source == "POLICY");
                let own = principal.into_iter().flat_map(|principal| &principal.own);
                let resource = holding.resources.get(observed.resource.as_str()).into_iter().flatten();
                for found in own.chain(resource).filter(|_| by_policy) {
                    look(judge, found, &mut spots, |policy| grants::access(policy, told));
                }
                if told.finding_type == "InternalAccess" {
                    for principal in observed.principals().filter_map(|arn| holding.principals.get(arn)) {
                        let reach = |found: &Found, spots: &mut Vec<Spot>| {
                            look(judge, found, spots, |policy| grants::reach(policy, told, &observed.resource));
                        };
                        holding.policies(principal).iter().for_each(|found| reach(found, &mut spots));
                    }
                }
            }
            "UnusedPermission" => {
                for found in principal.map(|principal| holding.policies(principal)).unwrap_or_default() {
                    look(judge, found, &mut spots, |policy| grants::permission(policy, told));
                }
            }
            _ => spots.extend(principal.and_then(|principal| subject(judge, principal))),
        }
    }
    spots.sort_by(|a, b| {
        let key = |spot: &Spot| (Reverse(spot.fit), spot.label.location.file.clone(), spot.label.location.start);
        key(a).cmp(&key(b))
    });
    // A record that is in two files is one.
    spots.dedup_by(|a, b| a.label.location.file == b.label.location.file && a.label.location.start == b.label.location.start);
    spots
}

/// The places in one policy.
fn look(judge: &Judge<'_>, found: &Found, spots: &mut Vec<Spot>, ask: impl for<'d, 'p> Fn(&'p Policy<'d>) -> Vec<Hit<'d, 'p>>) {
    if !matches!(found.body, Body::Tree(_) | Body::Text(..)) {
        return;
    }
    let opened = Opened::new(found);
    let placer = opened.placer(judge.scan.excerpts);
    let Some((site, _)) = opened.policy(found) else { return };
    let Some(policy) = &site.policy else { return };
    let identity = site.identity();
    spots.extend(ask(policy).into_iter().map(|hit| Spot {
        fit: hit.fit,
        label: Label { message: "granted here".to_owned(), location: placer.node(Some(hit.node)) },
        also: hit.also.map(|(node, word)| Label { message: word.to_owned(), location: placer.node(Some(node)) }),
        kind: identity.kind,
        name: identity.name.clone(),
        sid: hit.statement.sid.map(str::to_owned),
    }));
}

/// A role or user as a whole.
fn subject(judge: &Judge<'_>, principal: &Principal) -> Option<Spot> {
    let Body::Missing(place) = &principal.subject.body else { return None };
    let base = place.base();
    let placer = Placer::within(&base.document, base.file.clone(), base.origin.clone()).showing(judge.scan.excerpts);
    let location = placer.node(Some(place.node()));
    let name = principal.subject.context.attached_to.as_ref().map(|attached| attached.name.clone());
    Some(Spot { fit: (0, 0, 0), label: Label { message: String::new(), location }, also: None, kind: None, name, sid: None })
}

/// Point a finding at the best place; at what Access Analyzer says where there is none.
fn complete(finding: &mut Finding, observed: &Observed, spots: Vec<Spot>) {
    finding.fingerprint = fingerprint(&finding.rule, &finding.policy, &observed.identity(), &finding.primary.location.file);
    let mut spots = spots.into_iter();
    let Some(best) = spots.next() else {
        let word = "No statement in the input grants this, so the finding points at what Access Analyzer says.";
        let help = finding.help.as_deref().map_or_else(|| word.to_owned(), |help| format!("{help} {word}"));
        finding.help = Some(help.into());
        return;
    };
    let said: Location = std::mem::replace(&mut finding.primary, best.label).location;
    finding.related.extend(best.also);
    let others = spots.take(OTHERS).map(|spot| Label { message: "and here".to_owned(), location: spot.label.location });
    finding.related.extend(others);
    finding.related.push(Label { message: "what Access Analyzer says".to_owned(), location: said });
    finding.policy.kind = best.kind;
    finding.policy.sid = best.sid;
    finding.policy.name = best.name.or(finding.policy.name.take());
}
