//! Entries that another entry covers, and statements that say what another says.

use super::code::Code;
use super::label::Labels;
use super::subject::Subject;
use crate::document::Node;
use crate::finding::fingerprint::normalise_statement;
use crate::policy::Statement;
use crate::text::glob::{Case, contains, has_wildcard};
use std::collections::HashMap;
use std::hash::Hasher;

/// Comparisons spent on one list: enough for any policy AWS takes; tidiness is not worth more.
const MOST: usize = 2_000_000;

/// The lists of a statement.
pub(super) fn lists<'d>(statement: &Statement<'d>, out: &mut Labels<'d>) {
    if let Some(element) = statement.actions.as_ref().filter(|e| e.items.len() > 1) {
        let items: Vec<_> = element.items.iter().filter(|i| i.node.as_str().is_some()).map(|i| (i.text, i.node)).collect();
        groups(Code::RedundantAction, &items, Case::Insensitive, out);
    }
    if let Some(element) = statement.resources.as_ref().filter(|e| e.items.len() > 1) {
        let items: Vec<_> = element.items.iter().filter(|i| i.node.as_str().is_some()).map(|i| (i.text, i.node)).collect();
        groups(Code::RedundantResource, &items, Case::Sensitive, out);
    }
}

/// Up to so many comparisons a list is compared entry by entry; beyond, it is put in order first.
const FEW: usize = 4096;

/// One label for each entry that covers others.
fn groups<'d>(code: Code, items: &[(&'d str, Node<'d>)], case: Case, out: &mut Labels<'d>) {
    if !out.wants(&[code]) {
        return;
    }
    let text = |i: usize| items.get(i).map_or("", |(text, _)| *text);
    let mut found = Coverers { by: vec![None; items.len()], some: false };
    same_text(items, case, &mut found);
    let patterns: Vec<usize> = (0..items.len()).filter(|i| found.is_open(*i) && has_wildcard(text(*i))).collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    let sorted = patterns.len() * items.len() > FEW;
    if sorted {
        order.sort_by(|a, b| folded(text(*a), text(*b), case).then(a.cmp(b)));
    }
    let mut spent = 0;
    for w in patterns {
        let pattern = text(w);
        if !found.is_open(w) {
            continue;
        }
        // In the order, what a pattern covers stands together behind its literal start.
        let head = pattern.split(['*', '?']).next().unwrap_or_default();
        let from = if sorted { order.partition_point(|i| folded(text(*i), head, case).is_lt()) } else { 0 };
        for &i in order.get(from..).unwrap_or_default() {
            if !starts(text(i), head, case) {
                if sorted {
                    break;
                }
                continue;
            }
            spent += 1;
            let covers = i != w && found.is_open(i) && contains(pattern, text(i), case);
            // Two spellings of one set cover each other; the first of them stays.
            if covers && !(w > i && contains(text(i), pattern, case)) {
                found.set(i, w);
            }
        }
        if spent > MOST {
            break;
        }
    }
    if found.some {
        report(code, items, &found.by, out);
    }
}

/// Entries of the same text: the first stays.
fn same_text(items: &[(&str, Node<'_>)], case: Case, found: &mut Coverers) {
    let hash = |text: &str| {
        let mut hasher = std::hash::DefaultHasher::new();
        match case {
            Case::Sensitive => hasher.write(text.as_bytes()),
            Case::Insensitive => {
                for chunk in text.as_bytes().chunks(16) {
                    let mut lower = [0u8; 16];
                    for (slot, byte) in lower.iter_mut().zip(chunk) {
                        *slot = byte.to_ascii_lowercase();
                    }
                    hasher.write(&lower);
                }
            }
        }
        hasher.finish()
    };
    let mut all: Vec<(u64, usize)> = items.iter().enumerate().map(|(i, (text, _))| (hash(text), i)).collect();
    all.sort_unstable();
    let mut first: Option<(u64, usize)> = None;
    for (hash, i) in all {
        let text = |i: usize| items.get(i).map_or("", |(text, _)| *text);
        match first {
            Some((same, before)) if same == hash && folded(text(before), text(i), case).is_eq() => found.set(i, before),
            Some(_) | None => first = Some((hash, i)),
        }
    }
}

/// Entry to the one that covers it.
struct Coverers {
    by: Vec<Option<usize>>,
    some: bool,
}

impl Coverers {
    fn is_open(&self, i: usize) -> bool {
        self.by.get(i).is_some_and(Option::is_none)
    }

    fn set(&mut self, i: usize, by: usize) {
        if let Some(slot) = self.by.get_mut(i) {
            *slot = Some(by);
            self.some = true;
        }
    }
}

/// Texts compared byte by byte, letters folded where case does not count.
fn folded(a: &str, b: &str, case: Case) -> std::cmp::Ordering {
    match case {
        Case::Sensitive => a.cmp(b),
        Case::Insensitive => a.bytes().map(|b| b.to_ascii_lowercase()).cmp(b.bytes().map(|b| b.to_ascii_lowercase())),
    }
}

fn starts(text: &str, head: &str, case: Case) -> bool {
    let start = text.as_bytes().get(..head.len());
    start.is_some_and(|start| match case {
        Case::Sensitive => start == head.as_bytes(),
        Case::Insensitive => start.eq_ignore_ascii_case(head.as_bytes()),
    })
}

fn report<'d>(code: Code, items: &[(&'d str, Node<'d>)], coverer: &[Option<usize>], out: &mut Labels<'d>) {
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (i, found) in coverer.iter().enumerate() {
        let Some(mut top) = *found else { continue };
        // What covers may be covered itself: the widest entry is the one to keep.
        for _ in 0..items.len() {
            match coverer.get(top).copied().flatten() {
                Some(next) => top = next,
                None => break,
            }
        }
        members.entry(top).or_default().push(i);
    }
    for (top, covered) in members {
        let (Some((wide, wide_node)), Some((text, node))) = (items.get(top), covered.first().and_then(|i| items.get(*i))) else {
            continue;
        };
        let label = out.add(code, *node).text(*text).other(*wide).count(covered.len() + 1);
        let mut others: Vec<(usize, Node<'d>, &'static str)> = vec![(top, *wide_node, "this one covers it")];
        others.extend(covered.iter().skip(1).filter_map(|i| items.get(*i).map(|(_, n)| (*i, *n, "covered as well"))));
        others.sort_by_key(|(i, ..)| *i);
        for (_, node, word) in others {
            label.related(node, word);
        }
    }
}

/// Statements that are equal but for `Sid`, order and letter case.
pub(super) fn statements<'d>(subject: Subject<'_, 'd>, out: &mut Labels<'d>) {
    if subject.policy.statements.len() < 2 || !out.wants(&[Code::RedundantStatement]) {
        return;
    }
    // Most statements differ in their first entries already; only those that do not are compared as a whole.
    let signature = |s: &Statement<'_>| {
        let actions = s.actions.as_ref().map(|e| (e.negated, e.items.len(), e.items.iter().map(|i| i.text.len()).sum::<usize>()));
        let resources =
            s.resources.as_ref().map(|e| (e.negated, e.items.len(), e.items.iter().map(|i| i.text.len()).sum::<usize>()));
        (s.effect.map(|(e, _)| e), actions, resources, s.conditions.len())
    };
    let mut alike: HashMap<_, Vec<&Statement<'d>>> = HashMap::new();
    for statement in subject.statements() {
        alike.entry(signature(statement)).or_default().push(statement);
    }
    for group in alike.into_values().filter(|g| g.len() > 1) {
        let mut first: HashMap<String, Node<'d>> = HashMap::new();
        for statement in group {
            let text = normalise_statement(statement.node);
            if let Some(before) = first.get(&text) {
                let index = subject.policy.statements.iter().position(|s| s.node.id() == before.id()).unwrap_or(0);
                let place = format!("$.Statement[{index}]");
                out.add(Code::RedundantStatement, statement.node).text("").other(place).related(*before, "the first of the two");
            } else {
                first.insert(text, statement.node);
            }
        }
    }
}
