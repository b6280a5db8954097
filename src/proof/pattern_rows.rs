//! Patterns compared prefix by prefix: exact where runs that stay in their field make the quick ways unsure.

use super::pattern::{Symbol, covers, meet};

/// Whether a run of the outer pattern may take this symbol.
fn run_covers(run: Symbol, inner: Symbol) -> bool {
    match run {
        Symbol::Run => true,
        _ => match inner {
            Symbol::Char(c) => c != ':',
            Symbol::Digit | Symbol::OneInField | Symbol::RunInField => true,
            Symbol::One | Symbol::Run | Symbol::Variable(_) => false,
        },
    }
}

/// Containment with two kinds of runs, by prefixes.
pub(super) fn contains_rows(outer: &[Symbol], inner: &[Symbol], fold: bool) -> bool {
    // row[p]: the outer pattern up to p takes the inner one as far as it was read.
    let mut row = start_row(outer);
    for symbol in inner {
        let mut next = vec![false; outer.len() + 1];
        for (p, own) in outer.iter().enumerate() {
            let here = row.get(p).copied().unwrap_or(false);
            let below = row.get(p + 1).copied().unwrap_or(false);
            let left = next.get(p).copied().unwrap_or(false);
            let taken = if own.is_run() {
                left || ((here || below) && run_covers(*own, *symbol))
            } else {
                here && covers(*own, *symbol, fold)
            };
            if let Some(slot) = next.get_mut(p + 1) {
                *slot = taken;
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

fn start_row(outer: &[Symbol]) -> Vec<bool> {
    let mut row = vec![false; outer.len() + 1];
    let mut open = true;
    if let Some(first) = row.first_mut() {
        *first = true;
    }
    for (p, own) in outer.iter().enumerate() {
        open &= own.is_run();
        if let Some(slot) = row.get_mut(p + 1) {
            *slot = open;
        }
    }
    row
}

/// Whether a text is in the set, by prefixes of the pattern.
pub(super) fn matches_rows(symbols: &[Symbol], chars: &[char], fold: bool) -> bool {
    let mut row = start_row(symbols);
    for c in chars {
        let mut next = vec![false; symbols.len() + 1];
        for (p, own) in symbols.iter().enumerate() {
            let here = row.get(p).copied().unwrap_or(false);
            let below = row.get(p + 1).copied().unwrap_or(false);
            let left = next.get(p).copied().unwrap_or(false);
            let taken = if own.is_run() { left || ((here || below) && own.takes(*c, fold)) } else { here && own.takes(*c, fold) };
            if let Some(slot) = next.get_mut(p + 1) {
                *slot = taken;
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

/// Whether two patterns have a text in common, by prefixes.
pub(super) fn meet_rows(a: &[Symbol], b: &[Symbol], fold: bool) -> bool {
    let open = |s: Symbol| s.is_run() || matches!(s, Symbol::Variable(_));
    // A run that stays in its field takes no colon.
    let takes = |run: Symbol, other: Symbol| !matches!((run, other), (Symbol::RunInField, Symbol::Char(':')));
    let mut row = vec![false; b.len() + 1];
    let mut lead = true;
    if let Some(first) = row.first_mut() {
        *first = true;
    }
    for (j, y) in b.iter().enumerate() {
        lead &= open(*y);
        if let Some(slot) = row.get_mut(j + 1) {
            *slot = lead;
        }
    }
    for x in a {
        let mut next = vec![false; b.len() + 1];
        if let (Some(first), true) = (next.first_mut(), open(*x)) {
            *first = row.first().copied().unwrap_or(false);
        }
        for (j, y) in b.iter().enumerate() {
            let diagonal = row.get(j).copied().unwrap_or(false);
            let above = row.get(j + 1).copied().unwrap_or(false);
            let left = next.get(j).copied().unwrap_or(false);
            let fits = match (open(*x), open(*y)) {
                (false, false) => diagonal && meet(*x, *y, fold),
                // `above`: the run of `b` takes x; `left`: it takes nothing.
                (false, true) => (above || diagonal) && takes(*y, *x) || left,
                (true, false) => (left || diagonal) && takes(*x, *y) || above,
                (true, true) => above || left || diagonal,
            };
            if let Some(slot) = next.get_mut(j + 1) {
                *slot = fits;
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}
