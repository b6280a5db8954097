//! What changed since the run before, put together for reports.

use super::matching::{Known, Matched, Turnout};
use super::model::{Drift, Gone, Run, Turn, Was};
use super::reading::Looked;
use crate::finding::coverage::TargetVerdict;
use std::collections::BTreeMap;

/// The findings' part of it.
pub(super) fn drift(since: Run, matched: &Matched<'_>) -> Drift {
    let mut out = Drift { since, ..Drift::default() };
    for pair in &matched.pairs {
        let fingerprint = pair.finding.fingerprint.clone();
        match pair.turnout {
            // One that is accepted from the start is no news.
            Turnout::New if pair.finding.suppressed.is_some() => {}
            Turnout::New => out.new.push(fingerprint),
            Turnout::Back => out.reopened.push(fingerprint),
            Turnout::Accepted => out.accepted.push(fingerprint),
            Turnout::Changed => {
                let was = pair.known.map(|known| Was { severity: known.severity, message: known.message.clone() });
                out.was.extend(was.map(|was| (fingerprint.clone(), was)));
                out.changed.push(fingerprint);
            }
            Turnout::Same => {}
        }
    }
    for (known, looked) in matched.absent.iter().filter(|(known, _)| !known.accepted) {
        let list = match looked {
            Looked::For => &mut out.resolved,
            Looked::Unread => &mut out.unseen,
            Looked::Unasked => &mut out.unasked,
        };
        list.push(gone(known));
    }
    for list in [&mut out.new, &mut out.reopened, &mut out.accepted, &mut out.changed] {
        list.sort();
    }
    for list in [&mut out.resolved, &mut out.unseen, &mut out.unasked] {
        list.sort_by(|a, b| (b.severity, &a.rule, a).cmp(&(a.severity, &b.rule, b)));
    }
    out
}

fn gone(known: &Known) -> Gone {
    Gone {
        fingerprint: known.fingerprint.clone(),
        severity: known.severity,
        rule: known.rule.clone(),
        message: known.message.clone(),
        account: known.account.clone(),
        resource: known.resource.clone(),
        first_seen: known.first_seen.clone(),
    }
}

/// Guardrails that stand otherwise, sorted. A target that is new, or gone, is told as such and not here.
pub(super) fn turns(old: &[TargetVerdict], new: &[TargetVerdict]) -> Vec<Turn> {
    let before: BTreeMap<_, _> = old.iter().map(|cell| ((&cell.rule, &cell.target), cell.standing)).collect();
    let turned = new.iter().filter_map(|cell| {
        let before = *before.get(&(&cell.rule, &cell.target))?;
        (before != cell.standing).then(|| Turn {
            rule: cell.rule.to_string(),
            target: cell.target.to_string(),
            before,
            after: cell.standing,
        })
    });
    let mut out: Vec<Turn> = turned.collect();
    out.sort();
    out
}
