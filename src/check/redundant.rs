//! Entries that another entry covers, and statements that say what another says.

use super::code::Code;
use super::label::Labels;
use super::subject::Subject;
use crate::document::Node;
use crate::finding::fingerprint::normalise_statement;
use crate::policy::Statement;
use crate::policy::intrinsic::chooses;
use crate::text::glob::{Case, contains, has_wildcard};
use std::collections::HashMap;

/// Comparisons spent on one list: enough for any policy AWS takes; tidiness is not worth more.
const MOST: usize = 2_000_000;

/// The lists of a statement; not those of which a template takes one part or the other.
pub(super) fn lists<'d>(statement: &Statement<'d>, out: &mut Labels<'d>) {
    if let Some(element) = statement.actions.as_ref().filter(|e| e.items.len() > 1 && !chooses(e.value)) {
        let items: Vec<_> = element.items.iter().filter(|i| i.node.as_str().is_some()).map(|i| (i.text, i.node)).collect();
        groups(Code::RedundantAction, &items, Case::Insensitive, out);
    }
    if let Some(element) = statement.resources.as_ref().filter(|e| e.items.len() > 1 && !chooses(e.value)) {
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
    // The first eight bytes of every entry: nearly every pair differs there.
    let keys: Vec<u64> = items.iter().map(|(text, _)| key(text.as_bytes(), case)).collect();
    let mut spent = 0;
    for w in patterns {
        let pattern = text(w);
        if !found.is_open(w) {
            continue;
        }
        // In the order, what a pattern covers stands together behind its literal start.
        let head = pattern.split(['*', '?']).next().unwrap_or_default();
        // `head*` covers all that starts so.
        let open_end = pattern.len() == head.len() + 1 && pattern.ends_with('*');
        let wanted = key(head.as_bytes(), case);
        let mask = if head.len() >= 8 { u64::MAX } else { (1u64 << (head.len() * 8)) - 1 };
        let from = if sorted { order.partition_point(|i| folded(text(*i), head, case).is_lt()) } else { 0 };
        for &i in order.get(from..).unwrap_or_default() {
            if !sorted && keys.get(i).is_some_and(|k| (k ^ wanted) & mask != 0) {
                continue;
            }
            if !starts(text(i), head, case) {
                if sorted {
                    break;
                }
                continue;
            }
            spent += 1;
            let covers = i != w && found.is_open(i) && (open_end || contains(pattern, text(i), case));
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

/// The first eight bytes, letters folded where case does not count.
fn key(text: &[u8], case: Case) -> u64 {
    let mut bytes = [0u8; 8];
    for (slot, byte) in bytes.iter_mut().zip(text) {
        *slot = if case == Case::Insensitive { byte.to_ascii_lowercase() } else { *byte };
    }
    u64::from_le_bytes(bytes)
}

/// Entries of the same text: the first stays.
fn same_text(items: &[(&str, Node<'_>)], case: Case, found: &mut Coverers) {
    // Equal hashes are looked at again, so a cheap one does.
    let hash = |text: &str| {
        let chunks = text.as_bytes().chunks(8);
        chunks.fold(text.len() as u64, |h, chunk| (h.rotate_left(5) ^ key(chunk, case)).wrapping_mul(0x517c_c1b7_2722_0a95))
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
        let by = if text.eq_ignore_ascii_case(wide) { "another entry of the same text".to_owned() } else { format!("`{wide}`") };
        let label = out.add(code, *node).text(*text).other(by).count(covered.len() + 1);
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
    // Most statements differ in a few numbers already; only those that do not are compared as a whole.
    let signature = |s: &Statement<'_>| {
        let length = |texts: &mut dyn Iterator<Item = &str>| texts.map(str::len).sum::<usize>();
        let actions = s.actions.as_ref().map_or((0, 0), |e| (e.items.len(), length(&mut e.items.iter().map(|i| i.text))));
        let resources = s.resources.as_ref().map_or((0, 0), |e| (e.items.len(), length(&mut e.items.iter().map(|i| i.text))));
        (s.effect.map(|(e, _)| e), actions, resources, s.conditions.len())
    };
    let mut alike: Vec<_> = subject.statements().map(|s| (signature(s), s)).collect();
    alike.sort_by_key(|(signature, s)| (*signature, s.node.id()));
    for group in alike.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() > 1) {
        let mut first: HashMap<String, Node<'d>> = HashMap::new();
        for (_, statement) in group {
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
