//! The rules and the accounts with what was found of each; every number leads to its findings.

use super::markup::{badge, number, paragraphs, seen, text};
use super::summary::references;
use super::tree::Tree;
use crate::audit::Audit;
use crate::finding::{Finding, RuleCard, Severity, Standing};
use std::collections::{BTreeMap, HashMap};
use std::io::{Result, Write};

/// What was found of one rule or account.
#[derive(Default)]
struct Tally {
    by_severity: BTreeMap<Severity, usize>,
    new: usize,
}

impl Tally {
    fn add(&mut self, found: &Finding, new: bool) {
        *self.by_severity.entry(found.severity).or_default() += 1;
        self.new += usize::from(new);
    }

    fn total(&self) -> usize {
        self.by_severity.values().sum()
    }

    /// A cell a severity, the worst first.
    fn cells(&self) -> String {
        let one = |s: &Severity| match self.by_severity.get(s) {
            Some(n) => format!("<td class=\"n\">{}</td>", number(*n)),
            None => "<td class=\"n zero\">·</td>".to_owned(),
        };
        Severity::ALL.iter().rev().map(one).collect()
    }
}

fn severity_columns() -> String {
    Severity::ALL.iter().rev().map(|s| format!("<th scope=\"col\" class=\"n\">{s}</th>")).collect()
}

/// A button that filters.
fn button(key: &str, value: &str, title: &str) -> String {
    format!("<button type=\"button\" class=\"link\" data-{key}=\"{}\">{}</button>", text(&seen(value)), text(title))
}

/// How a guardrail stands: counts of its cells.
fn standings(tree: &Tree<'_>, cells: impl Iterator<Item = Standing>) -> String {
    let (mut held, mut open, mut undecided) = (0_usize, 0_usize, 0_usize);
    for cell in cells {
        match cell {
            Standing::Held => held += 1,
            Standing::Open => open += 1,
            Standing::Undecided => undecided += 1,
            Standing::Unbound | Standing::NotApplicable => {}
        }
    }
    let parts = [(held, "held"), (open, "open"), (undecided, "undecided")];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", number(*n))).collect();
    if parts.is_empty() || tree.guardrails.is_empty() { "–".to_owned() } else { parts.join(", ") }
}

/// The section of the rules that have a finding or a standing.
pub fn rules(audit: &Audit, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    let mut tallies: BTreeMap<&str, Tally> = tree.guardrails.iter().map(|id| (*id, Tally::default())).collect();
    for found in audit.outcome.active() {
        tallies.entry(found.rule.as_str()).or_default().add(found, audit.is_new(found));
    }
    if tallies.is_empty() {
        return Ok(());
    }
    let cards: HashMap<&str, &RuleCard> = audit.outcome.rules.iter().map(|c| (c.id.as_str(), c)).collect();
    writeln!(out, "<section id=\"rules\" aria-labelledby=\"rules-title\"><h2 id=\"rules-title\">By rule</h2>")?;
    writeln!(
        out,
        "<p class=\"fine\">{} rules were applied; those with a finding or a place in the map are listed.</p>",
        number(audit.outcome.coverage.rules)
    )?;
    writeln!(
        out,
        "<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-labelledby=\"rules-title\"><table><thead><tr><th scope=\"col\">Rule</th><th scope=\"col\" class=\"n\">all</th>{}<th scope=\"col\" class=\"n\">new</th><th scope=\"col\">guardrail</th></tr></thead><tbody>",
        severity_columns()
    )?;
    let mut sorted: Vec<(&str, Tally)> = tallies.into_iter().collect();
    sorted.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.by_severity.keys().max().copied(), tally.total())));
    for (id, tally) in sorted {
        let column = tree.guardrails.iter().position(|g| *g == id);
        let cells = (0..tree.rows.len()).filter_map(|row| tree.standing(row, column?));
        let (all, new) = (number(tally.total()), number(tally.new));
        let standing = standings(tree, cells);
        let about = cards.get(id).map(|card| about(card)).unwrap_or_default();
        writeln!(
            out,
            "<tr><th scope=\"row\">{}{about}</th><td class=\"n\">{all}</td>{}<td class=\"n\">{new}</td><td>{standing}</td></tr>",
            button("rule", id, id),
            tally.cells()
        )?;
    }
    writeln!(out, "</tbody></table></div></section>")
}

fn about(card: &RuleCard) -> String {
    format!(
        "<details><summary>{}</summary>{} {} {}{}<ul>{}</ul></details>",
        text(&card.title),
        badge(card.severity),
        text(card.category.as_str()),
        paragraphs(&card.rationale),
        paragraphs(&card.remediation),
        references(&card.references)
    )
}

/// The section of the accounts.
pub fn accounts(audit: &Audit, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    let mut tallies: HashMap<usize, Tally> = HashMap::new();
    for found in audit.outcome.active() {
        if let Some(row) = tree.row_of(found) {
            tallies.entry(row).or_default().add(found, audit.is_new(found));
        }
    }
    let mut rows: Vec<(usize, Tally)> = tree.accounts().map(|(i, _)| (i, tallies.remove(&i).unwrap_or_default())).collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_by_key(|(i, tally)| {
        let worst: Vec<usize> =
            Severity::ALL.iter().rev().map(|s| tally.by_severity.get(s).copied().unwrap_or_default()).collect();
        (std::cmp::Reverse(worst), *i)
    });
    writeln!(out, "<section id=\"accounts\" aria-labelledby=\"accounts-title\"><h2 id=\"accounts-title\">By account</h2>")?;
    writeln!(
        out,
        "<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-labelledby=\"accounts-title\"><table><thead><tr><th scope=\"col\">Account</th><th scope=\"col\">Unit</th><th scope=\"col\" class=\"n\">all</th>{}<th scope=\"col\" class=\"n\">new</th><th scope=\"col\">guardrails</th></tr></thead><tbody>",
        severity_columns()
    )?;
    for (i, tally) in rows {
        let Some(row) = tree.rows.get(i) else { continue };
        let cells = (0..tree.guardrails.len()).filter_map(|g| tree.standing(i, g));
        let name = if row.name.is_empty() { row.id } else { row.name };
        let id = if row.name.is_empty() { String::new() } else { format!(" <small>{}</small>", text(row.id)) };
        let (all, new) = (number(tally.total()), number(tally.new));
        let (path, standing) = (text(&tree.path(i)), standings(tree, cells));
        writeln!(
            out,
            "<tr><th scope=\"row\">{}{id}</th><td>{path}</td><td class=\"n\">{all}</td>{}<td class=\"n\">{new}</td><td>{standing}</td></tr>",
            button("row", row.id, name),
            tally.cells()
        )?;
    }
    writeln!(out, "</tbody></table></div></section>")
}
