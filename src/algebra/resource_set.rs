//! Sets of resources that a rule names, against the `Resource` or `NotResource` of a statement.
//!
//! AWS matches a plain glob over the whole ARN, so that is what is compared. A policy variable stands for any text.

use super::truth::{Relation, Truth};
use crate::document::Node;
use crate::policy::arn::{Arn, widened};
use crate::policy::{ArnPattern, Element};
use crate::text::glob::{Case, contains, has_wildcard, overlaps};

/// How the resources of a statement relate to some globs. No element at all (trust policies) means every resource.
pub fn relate<'d>(
    globs: &[String],
    relation: Relation,
    element: Option<&Element<'d, ArnPattern<'d>>>,
    evidence: &mut Vec<Node<'d>>,
) -> Truth {
    let Some(element) = element else { return Truth::from(relation != Relation::Within) };
    if element.negated {
        evidence.push(element.value);
        return match relation {
            Relation::Touches => any(globs.iter().map(|g| !contained(g, &element.items))),
            Relation::Covers => every(globs.iter().map(|g| apart(g, &element.items))),
            Relation::Within => Truth::from(globs.iter().any(|g| g == "*")),
        };
    }
    let scored: Vec<_> = element.items.iter().map(|item| (item.node, relate_one(globs, relation, item))).collect();
    let truth = match relation {
        Relation::Touches => any(scored.iter().map(|(_, t)| *t)),
        Relation::Within => every(scored.iter().map(|(_, t)| *t)),
        Relation::Covers => every(globs.iter().map(|g| contained(g, &element.items))),
    };
    let wanted = |t: Truth| if relation == Relation::Within { t != Truth::True } else { t != Truth::False };
    evidence.extend(scored.into_iter().filter(|(_, t)| wanted(*t)).map(|(node, _)| node));
    truth
}

/// Whether some ARN is matched by a written resource and by a rule's glob.
///
/// As plain globs, `arn:aws:s3:::b/*` and `arn:*:rekognition:*` overlap in an object whose key holds colons. A rule
/// means the fields of ARNs; only a wildcard that the policy has before the resource field may run across them.
fn arns_overlap(text: &str, glob: &str) -> bool {
    if !overlaps(text, glob, Case::Sensitive) {
        return false;
    }
    let (Some(a), Some(b)) = (Arn::parse(text), Arn::parse(glob)) else { return true };
    let head = [(a.partition, b.partition), (a.service, b.service), (a.region, b.region), (a.account, b.account)];
    let by_field = head.iter().all(|(x, y)| overlaps(x, y, Case::Sensitive)) && overlaps(a.resource, b.resource, Case::Sensitive);
    by_field || head.iter().any(|(x, _)| has_wildcard(x))
}

/// How one written resource relates to some globs.
pub fn relate_one(globs: &[String], relation: Relation, item: &ArnPattern<'_>) -> Truth {
    if !item.variable {
        return Truth::from(match relation {
            Relation::Touches => globs.iter().any(|g| arns_overlap(item.text, g)),
            Relation::Covers => globs.iter().all(|g| contains(item.text, g, Case::Sensitive)),
            Relation::Within => globs.iter().any(|g| contains(g, item.text, Case::Sensitive)),
        });
    }
    let wide = widened(item.text);
    match relation {
        Relation::Touches if !globs.iter().any(|g| arns_overlap(&wide, g)) => Truth::False,
        Relation::Within if globs.iter().any(|g| contains(g, &wide, Case::Sensitive)) => Truth::True,
        Relation::Covers if !globs.iter().all(|g| contains(&wide, g, Case::Sensitive)) => Truth::False,
        Relation::Touches | Relation::Within | Relation::Covers => Truth::Unknown,
    }
}

/// Whether `glob` lies inside the union of the items, as far as one item alone contains it.
pub fn contained(glob: &str, items: &[ArnPattern<'_>]) -> Truth {
    any(items.iter().map(|item| relate_one(std::slice::from_ref(&glob.to_owned()), Relation::Covers, item)))
}

/// Whether `glob` has nothing in common with any item.
pub fn apart(glob: &str, items: &[ArnPattern<'_>]) -> Truth {
    !any(items.iter().map(|item| relate_one(std::slice::from_ref(&glob.to_owned()), Relation::Touches, item)))
}

fn any(mut truths: impl Iterator<Item = Truth>) -> Truth {
    let mut best = Truth::False;
    for truth in truths.by_ref() {
        best = best.or(truth);
        if best == Truth::True {
            break;
        }
    }
    best
}

fn every(truths: impl Iterator<Item = Truth>) -> Truth {
    truths.fold(Truth::True, Truth::and)
}
