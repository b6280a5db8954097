//! Condition keys against the actions, services and kind of policy they are used with.
//!
//! Service Authorization Reference, condition keys of each action; IAM User Guide, "AWS global condition context keys".

use super::action::{may_be, named_actions};
use super::code::Code;
use super::label::{Labels, about};
use super::subject::{Subject, texts};
use crate::catalog::Action;
use crate::policy::condition::{Comparison, Quantifier};
use crate::policy::{Condition, Effect, PolicyKind, Statement};
use crate::text::glob::has_wildcard;

/// Every condition of a statement.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    for condition in &statement.conditions {
        if condition.is_about("s3:ResourceAccount") && is_s3(subject) {
            let kind = subject.resource_type.unwrap_or_default().to_owned();
            about(out.add(Code::IrrelevantConditionKeyInPolicy, condition.key_node), condition).other(kind);
        }
        if subject.catalog.table("untrusted-keys").has(condition.key) && !for_a_service(statement) {
            about(out.add(Code::UntrustworthyConditionKey, condition.key_node), condition);
        }
        endpoint_key(subject, statement, condition, out);
        companion(subject, statement, condition, out);
        prefix(statement, condition, out);
        attributes(statement, condition, out);
        unsupported(subject, statement, condition, out);
    }
}

fn is_s3(subject: Subject<'_, '_>) -> bool {
    let s3 = ["AWS::S3::Bucket", "AWS::S3::AccessPoint", "AWS::S3::MultiRegionAccessPoint"];
    subject.kind == PolicyKind::ResourcePolicy && subject.resource_type.is_some_and(|t| s3.contains(&t))
}

/// Services put their caller's account into `aws:Referer`; that is weak in another way, and said elsewhere.
fn for_a_service(statement: &Statement<'_>) -> bool {
    let principal = statement.node.get("Principal");
    principal.is_some_and(|p| p.members().next().is_some() && p.members().all(|(sort, _)| sort.scalar() == "Service"))
}

/// Keys of VPC endpoints that only some services set.
fn endpoint_key<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, condition: &Condition<'d>, out: &mut Labels<'d>) {
    let table = if condition.is_about("aws:VpceAccount") || condition.is_about("aws:VpceOrgPaths") {
        "vpce-account-services"
    } else if condition.is_about("aws:VpceOrgID") {
        "vpce-org-id-services"
    } else {
        return;
    };
    let Some(actions) = &statement.actions else { return };
    let services = subject.catalog.table(table);
    let outside = |text: &str| {
        let service = text.split(':').next().unwrap_or_default();
        text.eq_ignore_ascii_case("iam:PassRole") || has_wildcard(service) || !services.has(service)
    };
    let action = actions.items.iter().find(|a| outside(a.text));
    if actions.negated {
        about(out.add(Code::UseConditionKeyOnlyWithSupportedServices, condition.key_node), condition).other("NotAction");
    } else if let Some(action) = action {
        about(out.add(Code::UseConditionKeyOnlyWithSupportedServices, condition.key_node), condition)
            .other(action.text)
            .related(action.node, "for this action");
    }
}

/// Keys that have an effect only beside another action: AWS names no list, these follow from what the keys are.
fn companion<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, condition: &Condition<'d>, out: &mut Labels<'d>) {
    if !statement.is(Effect::Allow) || condition.operator.comparison == Comparison::Null {
        return;
    }
    let head = condition.key.split_inclusive('/').next().unwrap_or_default();
    let needed = if condition.is_about("sts:SourceIdentity") {
        "sts:SetSourceIdentity"
    } else if condition.is_about("sts:TransitiveTagKeys")
        || (subject.is_trust() && (condition.is_about("aws:TagKeys") || head.eq_ignore_ascii_case("aws:RequestTag/")))
    {
        "sts:TagSession"
    } else {
        return;
    };
    let Some(actions) = statement.actions.as_ref().filter(|a| !a.negated) else { return };
    let assumes = actions.items.iter().any(|a| may_be(a.text, "sts:AssumeRole*"));
    if assumes && !actions.items.iter().any(|a| may_be(a.text, needed)) {
        about(out.add(Code::MissingActionForConditionKey, condition.key_node), condition).other(needed);
    }
}

/// A Deny for some prefixes is passed by leaving the prefix out, and an Allow for all but some grants the rest.
fn prefix<'d>(statement: &Statement<'d>, condition: &Condition<'d>, out: &mut Labels<'d>) {
    let text = matches!(condition.operator.comparison, Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob);
    if condition.is_about("s3:prefix") && text && statement.effect.is_some() {
        let unsafe_form = statement.is(Effect::Deny) != condition.operator.negated;
        if unsafe_form {
            let other = if statement.is(Effect::Deny) { "Deny" } else { "Allow" };
            about(out.add(Code::S3PrefixInNegativeContext, condition.key_node), condition).other(other);
        }
    }
}

/// Without `dynamodb:Select` a request that names no attribute gets them all.
fn attributes<'d>(statement: &Statement<'d>, condition: &Condition<'d>, out: &mut Labels<'d>) {
    const READS: [&str; 6] = [
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:TransactGetItems",
        "dynamodb:PartiQLSelect",
    ];
    if !condition.is_about("dynamodb:Attributes") || !statement.is(Effect::Allow) {
        return;
    }
    let reads =
        statement.actions.as_ref().is_none_or(|e| e.negated || e.items.iter().any(|a| READS.iter().any(|r| may_be(a.text, r))));
    let selects = |c: &Condition<'_>| {
        c.is_about("dynamodb:Select")
            && matches!(c.operator.base, "StringEquals" | "StringEqualsIgnoreCase" | "StringLike")
            && c.operator.quantifier != Quantifier::All
            && texts(c).all(|(text, _)| text == "SPECIFIC_ATTRIBUTES")
    };
    if reads && !statement.conditions.iter().any(selects) {
        about(out.add(Code::DynamodbAttributesWithoutSelect, condition.key_node), condition);
    }
}

/// Keys of requests that list: beside any other action they are a mistake beyond doubt, whatever else the statement names.
const KEYS_OF_LISTS: [&str; 3] = ["s3:prefix", "s3:delimiter", "s3:max-keys"];

/// Access Analyzer reports next to nothing here, and the public reference is known to leave keys out: only a key of the
/// action's own service that some action of it takes, while no action of the statement does.
fn unsupported<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, condition: &Condition<'d>, out: &mut Labels<'d>) {
    let global = condition.key.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("aws:"));
    let asked = out.wants(&[Code::UnsupportedActionForConditionKey]);
    if !asked || global || condition.operator.comparison == Comparison::Null {
        return;
    }
    let key_name = condition.key.to_ascii_lowercase();
    let Some((prefix, name)) = key_name.split_once(':') else { return };
    // The reference gives the keys of AWS Marketplace to few of the actions that take them.
    if prefix == "aws-marketplace" || name.contains("tag") || condition.operator.if_exists || condition.operator.negated {
        return;
    }
    let Some(key) = subject.catalog.key(condition.key) else { return };
    let Some(elements) = statement.actions.as_ref().filter(|e| !e.negated) else { return };
    let own = |action: &Action| action.service().prefix() == prefix;
    let named: Vec<_> = named_actions(subject.catalog, statement).filter(|(_, a)| own(a)).collect();
    // Entries that reach into the service by wildcard, or that nobody knows, may take the key.
    let reach = |text: &str| may_be(text.split(':').next().unwrap_or_default(), prefix);
    let complete = elements.items.iter().filter(|a| reach(a.text)).count() == named.len();
    let strangers: Vec<_> = named.iter().filter(|(_, a)| !a.takes(key)).collect();
    let mixed = !complete || strangers.len() < named.len();
    if mixed && !KEYS_OF_LISTS.contains(&key_name.as_str()) {
        return;
    }
    let Some((first, action)) = strangers.first() else { return };
    if action.service().actions().any(|a| a.takes(key)) {
        let label = about(out.add(Code::UnsupportedActionForConditionKey, first.node), condition);
        for (item, _) in strangers.iter().skip(1) {
            label.related(item.node, "nor does this action");
        }
        label.related(condition.key_node, "this condition key");
    }
}
