//! `suppressions`: accepted risks, each with a reason and an end.

use super::read::Reader;
use crate::document::{Kind, Node};
use crate::finding::RuleId;
use crate::finding::suppress::{Suppression, Where};
use time::{Date, Duration};

const KEYS: [&str; 6] = ["rule", "where", "reason", "owner", "ticket", "expires"];
const WHERE_KEYS: [&str; 7] = ["account", "role", "name", "sid", "file", "resource", "fingerprint"];

/// How long suppressions may run.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub allow_permanent: bool,
    pub max_days: u16,
}

pub(super) fn read<'d>(reader: &mut Reader<'d>, node: Node<'d>, limits: Limits) -> Vec<Suppression> {
    let items = reader.list(node, "suppressions");
    items.into_iter().filter_map(|item| one(reader, item, limits)).collect()
}

fn one<'d>(reader: &mut Reader<'d>, node: Node<'d>, limits: Limits) -> Option<Suppression> {
    let members = reader.members(node, "suppressions", &KEYS);
    if node.kind() != Kind::Object {
        return None;
    }
    let of = |wanted: &str| members.iter().rev().find(|(key, _)| *key == wanted).map(|(_, value)| *value);
    // Blame the rule's name rather than the whole entry: it is short and says which entry is meant.
    let short = of("rule").unwrap_or(node);
    let mut text = |key: &str| of(key).and_then(|value| reader.text(value, key)).map(str::to_owned);
    let (rule, reason, owner, ticket) = (text("rule"), text("reason"), text("owner"), text("ticket"));
    if of("rule").is_none() {
        reader.problem(node, "this suppression names no `rule`", "add `rule`: a rule's id, or a pattern of ids");
    }
    if of("reason").is_none() {
        reader.problem(short, "this suppression gives no `reason`", "add `reason`: why is the risk accepted?");
    }
    let expires = match of("expires") {
        Some(value) => reader.date(value, "expires").inspect(|&date| check_end(reader, value, date, limits)),
        None => {
            if !limits.allow_permanent {
                let help = "add `expires: YYYY-MM-DD`, or set `allow_permanent: true` at the top level";
                reader.problem(short, "this suppression never expires", help);
            }
            None
        }
    };
    let wheres = of("where").map(|value| wheres(reader, value)).unwrap_or_default();
    let place = reader.place(short);
    let rule = rule.map(|rule| RuleId::canonical(&rule).into_owned());
    Some(Suppression { rule: rule?, wheres, reason: reason?, owner, ticket, expires, place })
}

fn check_end<'d>(reader: &mut Reader<'d>, node: Node<'d>, date: Date, limits: Limits) {
    let last = reader.today.saturating_add(Duration::days(limits.max_days.into()));
    if date > last {
        let days = (date - reader.today).whole_days();
        let message = format!("`expires` is {days} days ahead, more than `max_days` ({}) allows", limits.max_days);
        reader.problem(node, message, format!("choose {last} or earlier, or raise `max_days`"));
    }
}

fn wheres<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> Vec<Where> {
    let members = reader.members(node, "where", &WHERE_KEYS);
    let read = members.into_iter().filter_map(|(key, value)| {
        if key == "file" {
            return reader.path_glob(value, key).map(Where::File);
        }
        let pattern = reader.text(value, key)?.to_owned();
        Some(match key {
            "account" => Where::Account(pattern),
            "role" => Where::Role(pattern),
            "name" => Where::Name(pattern),
            "sid" => Where::Sid(pattern),
            "resource" => Where::Resource(pattern),
            _ => Where::Fingerprint(pattern),
        })
    });
    read.collect()
}
