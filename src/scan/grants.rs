//! Which statement of a policy grants what a finding of IAM Access Analyzer tells of.

use crate::document::Node;
use crate::extract::access_analyzer::Told;
use crate::policy::principal::PrincipalType;
use crate::policy::{ActionPattern, Effect, Policy, Principal, Statement};
use crate::text::glob::{Case, matches};

/// How well a statement fits; greater is better.
pub(super) type Fit = (usize, usize, usize);

/// A place that grants it.
pub(super) struct Hit<'d, 'p> {
    pub fit: Fit,
    pub statement: &'p Statement<'d>,
    /// The smallest part of the statement that does.
    pub node: Node<'d>,
    /// A second part, and why it is shown.
    pub also: Option<(Node<'d>, &'static str)>,
}

/// Statements of a resource's policy that let a principal in, best first.
pub(super) fn access<'d, 'p>(policy: &'p Policy<'d>, told: &Told) -> Vec<Hit<'d, 'p>> {
    let mut hits: Vec<Hit<'d, 'p>> = allows(policy).filter_map(|statement| lets_in(statement, told)).collect();
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.fit));
    hits
}

fn allows<'d, 'p>(policy: &'p Policy<'d>) -> impl Iterator<Item = &'p Statement<'d>> {
    policy.statements.iter().filter(|statement| statement.is(Effect::Allow))
}

fn lets_in<'d, 'p>(statement: &'p Statement<'d>, told: &Told) -> Option<Hit<'d, 'p>> {
    let element = statement.principals.as_ref()?;
    let (exact, node) = if element.negated {
        // Everybody else: no entry names who comes in.
        (0, element.value)
    } else {
        let best = element.items.iter().map(|item| (fit_of(item, told), item)).max_by_key(|(fit, _)| *fit)?;
        (best.0?, best.1.node)
    };
    let (granted, action) = actions(statement, &told.actions)?;
    let named = |key: &str| statement.conditions.iter().any(|condition| condition.is_about(key));
    let bound = told.conditions.iter().filter(|(key, _)| named(key)).count();
    // Of two that let anyone in, the one without a condition does it.
    let free = usize::from(told.conditions.is_empty() && statement.conditions.is_empty());
    let also = action.map(|node| (node, "for this action"));
    Some(Hit { fit: (granted, exact, bound + free), statement, node, also })
}

/// How closely an entry of `Principal` names one of those who may; `None` when it does not let them in.
fn fit_of(item: &Principal<'_>, told: &Told) -> Option<usize> {
    if item.text == "*" && item.kind != PrincipalType::Service {
        return Some(if told.public == Some(true) { 3 } else { 1 });
    }
    let fit = |(_, value): &(String, String)| {
        let account = |text: &str| text.split(':').nth(4).filter(|a| a.len() == 12).unwrap_or(text).to_owned();
        let whole = |text: &str| text.len() == 12 || text.ends_with(":root");
        match () {
            () if value == item.text => Some(3),
            () if whole(item.text) && whole(value) && account(item.text) == account(value) => Some(3),
            // A role of an account that is trusted as a whole.
            () if whole(item.text) && account(item.text) == account(value) => Some(2),
            () => None,
        }
    };
    // What does not name who may can be anybody outside.
    if told.principals.is_empty() { Some(0) } else { told.principals.iter().filter_map(fit).max() }
}

/// How many of some actions a statement is about, and the entry that has the most of them. All fit, when none are named.
fn actions<'d>(statement: &Statement<'d>, wanted: &[String]) -> Option<(usize, Option<Node<'d>>)> {
    let element = statement.actions.as_ref()?;
    if wanted.is_empty() {
        return Some((1, element.items.first().map(|item| item.node)));
    }
    let is_met = |item: &ActionPattern<'_>, action: &str| matches(item.text, action, Case::Insensitive);
    let met = |action: &&String| element.items.iter().any(|item| is_met(item, action)) != element.negated;
    let count = wanted.iter().filter(met).count();
    let of_item = |item: &ActionPattern<'_>| wanted.iter().filter(|action| is_met(item, action)).count();
    let best = match element.negated {
        true => Some(element.value),
        // Of equals the first.
        false => element.items.iter().rev().max_by_key(|item| of_item(item)).map(|item| item.node),
    };
    (count > 0).then_some((count, best))
}

/// Entries of `Action` that grant a service, or some actions of it, best first.
pub(super) fn permission<'d, 'p>(policy: &'p Policy<'d>, told: &Told) -> Vec<Hit<'d, 'p>> {
    let mut hits = Vec::new();
    let service = told.service.as_deref().unwrap_or_default();
    for statement in allows(policy) {
        let Some(element) = &statement.actions else { continue };
        if element.negated {
            let left = |action: &&String| !element.items.iter().any(|item| matches(item.text, action, Case::Insensitive));
            let granted = told.actions.iter().filter(left).count();
            let whole = told.actions.is_empty() && !element.items.iter().any(|item| grants_service(item, service));
            if granted > 0 || whole {
                hits.push(Hit { fit: (granted.max(1), 0, 0), statement, node: element.value, also: None });
            }
            continue;
        }
        for item in &element.items {
            let granted = told.actions.iter().filter(|action| matches(item.text, action, Case::Insensitive)).count();
            let whole = told.actions.is_empty() && grants_service(item, service);
            if granted > 0 || whole {
                // `s3:PutObject` before `s3:*` before `*`: what names it can be taken out without harm to others.
                let named = usize::from(item.service().eq_ignore_ascii_case(service));
                let exact = usize::from(!item.text.contains(['*', '?']));
                hits.push(Hit { fit: (granted.max(1), named, exact), statement, node: item.node, also: None });
            }
        }
    }
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.fit));
    hits
}

fn grants_service(item: &ActionPattern<'_>, service: &str) -> bool {
    item.text == "*" || matches(item.service(), service, Case::Insensitive)
}

/// Statements of a principal's policies that let it use a resource, best first.
pub(super) fn reach<'d, 'p>(policy: &'p Policy<'d>, told: &Told, resource: &str) -> Vec<Hit<'d, 'p>> {
    let hit = |statement: &'p Statement<'d>| {
        let element = statement.resources.as_ref()?;
        let covers = |text: &str| {
            // `arn:aws:s3:::lake/*` is of the bucket that the finding names.
            matches(text, resource, Case::Sensitive) || text.strip_suffix("/*").is_some_and(|bucket| bucket == resource)
        };
        let item = element.items.iter().find(|item| covers(item.text));
        if item.is_some() == element.negated {
            return None;
        }
        let (granted, action) = actions(statement, &told.actions)?;
        let named = usize::from(item.is_some_and(|item| item.text != "*"));
        let node = action.unwrap_or(statement.node);
        let also = item.map(|item| (item.node, "on this resource"));
        Some(Hit { fit: (granted, named, 0), statement, node, also })
    };
    let mut hits: Vec<Hit<'d, 'p>> = allows(policy).filter_map(hit).collect();
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.fit));
    hits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;
    use crate::policy::parse;

    fn shown(policy: &str, look: impl Fn(&Policy<'_>) -> Vec<String>) -> Vec<String> {
        let document = json::parse(policy.to_owned());
        let (policy, problems) = parse(document.root().unwrap());
        assert!(problems.is_empty(), "{problems:?}");
        look(&policy)
    }

    fn texts(hits: &[Hit<'_, '_>]) -> Vec<String> {
        let text = |node: Node<'_>| if node.is_scalar() { node.scalar().to_owned() } else { "(list)".to_owned() };
        hits.iter().map(|h| format!("{}: {}", h.statement.sid.unwrap_or("-"), text(h.node))).collect()
    }

    fn told(public: bool, principal: &str, actions: &[&str]) -> Told {
        Told {
            public: Some(public),
            principals: vec![("AWS".into(), principal.into())],
            actions: actions.iter().map(|a| (*a).to_owned()).collect(),
            ..Told::default()
        }
    }

    const BUCKET: &str = r#"{"Statement":[
        {"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"},
        {"Sid":"Net","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},
        {"Sid":"All","Effect":"Allow","Principal":{"AWS":["111122223333","*"]},"Action":["s3:ListBucket","s3:GetObject"],"Resource":"*"},
        {"Sid":"Two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::777788889999:role/x"]},"Action":"s3:*","Resource":"*"},
        {"Sid":"Svc","Effect":"Allow","Principal":{"Service":"*"},"Action":"s3:*","Resource":"*"}]}"#;

    #[test]
    fn the_statement_that_lets_somebody_in() {
        let who = |told: Told| shown(BUCKET, |policy| texts(&access(policy, &told)).into_iter().take(1).collect());
        assert_eq!(who(told(true, "*", &["s3:GetObject"])), ["All: *"]);
        let mut bound = told(true, "*", &["s3:GetObject"]);
        bound.conditions.push(("aws:SourceIp".into(), "10.0.0.0/8".into()));
        assert_eq!(who(bound), ["Net: *"]);
        assert_eq!(who(told(false, "444455556666", &["s3:PutObject"])), ["Two: arn:aws:iam::444455556666:root"]);
        assert_eq!(
            who(told(false, "arn:aws:iam::444455556666:role/r", &["s3:PutObject"])),
            ["Two: arn:aws:iam::444455556666:root"]
        );
        assert_eq!(
            who(told(false, "arn:aws:iam::777788889999:role/x", &["s3:GetObject"])),
            ["Two: arn:aws:iam::777788889999:role/x"]
        );
        assert!(who(told(false, "arn:aws:iam::777788889999:role/y", &["s3:PutObject"])).is_empty());
    }

    #[test]
    fn the_entry_that_grants_what_was_not_used() {
        let policy = r#"{"Statement":[
            {"Sid":"Wide","Effect":"Allow","Action":"*","Resource":"*"},
            {"Sid":"S3","Effect":"Allow","Action":["sqs:SendMessage","s3:Put*","s3:putobject"],"Resource":"*"},
            {"Sid":"Not","Effect":"Allow","NotAction":"s3:*","Resource":"*"},
            {"Sid":"No","Effect":"Deny","Action":"s3:PutObject","Resource":"*"}]}"#;
        let told = |service: &str, actions: &[&str]| Told {
            service: Some(service.into()),
            actions: actions.iter().map(|a| (*a).to_owned()).collect(),
            ..Told::default()
        };
        let all = |told: Told| shown(policy, |policy| texts(&permission(policy, &told)));
        assert_eq!(all(told("s3", &["s3:PutObject"])), ["S3: s3:putobject", "S3: s3:Put*", "Wide: *"]);
        assert_eq!(all(told("sqs", &[])), ["S3: sqs:SendMessage", "Wide: *", "Not: s3:*"]);
        assert_eq!(all(told("ec2", &[])), ["Wide: *", "Not: s3:*"]);
    }

    #[test]
    fn the_statement_with_which_a_principal_reaches_a_resource() {
        let policy = r#"{"Statement":[
            {"Sid":"Other","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"},
            {"Sid":"Any","Effect":"Allow","Action":"s3:Get*","Resource":"*"},
            {"Sid":"Lake","Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::lake/*"]},
            {"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake"}]}"#;
        let told = told(false, "arn:aws:iam::1:role/r", &["s3:GetObject"]);
        let all = shown(policy, |policy| texts(&reach(policy, &told, "arn:aws:s3:::lake")));
        assert_eq!(all, ["Lake: s3:GetObject", "Any: s3:Get*"]);
    }
}
