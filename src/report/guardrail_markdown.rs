//! The guardrail of an organization for a comment or a ticket.

use super::escape::{markdown, markdown_block, markdown_code};
use super::guardrail::{View, request_line};
use crate::guardrail::{Group, Suggestion};
use crate::proof::Verdict;
use std::io::{Result, Write};

/// Accounts that are named in a cell.
const NAMED: usize = 10;

/// Write it.
pub fn write(view: &View<'_>, out: &mut dyn Write) -> Result<()> {
    let count = |verdict| view.coverage.count(verdict);
    writeln!(
        out,
        "**{}**: {} held, {} open, {} not decided of {} accounts\n\nAsked: {}\n",
        view.verdict().as_str(),
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Unknown),
        view.coverage.accounts(),
        markdown(&view.question())
    )?;
    writeln!(out, "| | accounts | in | request | nearest Deny, or what holds them |\n| --- | --- | --- | --- | --- |")?;
    for group in &view.coverage.groups {
        write_group(view, group, out)?;
    }
    writeln!(out)?;
    for gap in &view.coverage.gaps {
        let word = if gap.fails && !view.accepts_structural { "**not held**" } else { "beyond" };
        writeln!(out, "- {word}: {}", markdown(&gap.says))?;
    }
    if let Some(suggestion) = &view.coverage.suggestion {
        let word = if suggestion.proved { "proved to close it" } else { "not proved to close it" };
        write_suggestion(view, suggestion, &format!("What would close it ({word})"), out)?;
    }
    if let Some(suggestion) = &view.coverage.for_resources {
        let word = if suggestion.proved { "proved" } else { "not proved" };
        write_suggestion(
            view,
            suggestion,
            &format!("What would stop everybody else too, as a resource control policy ({word})"),
            out,
        )?;
    }
    writeln!(out)?;
    for assumption in view.assumptions {
        writeln!(out, "<sub>assumed: {}</sub>", markdown(assumption))?;
    }
    Ok(())
}

fn write_suggestion(view: &View<'_>, suggestion: &Suggestion, title: &str, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n### {title}\n")?;
    for draft in &suggestion.drafts {
        writeln!(out, "{}", markdown_block(&format!("{:#}", draft.policy), "json"))?;
    }
    let (size, targets) = (view.size(suggestion), view.attach(&suggestion.attach_to, true));
    writeln!(out, "\n{}. Attach to {}.", markdown(&size), markdown(&targets))?;
    for full in view.full(suggestion) {
        writeln!(out, "- {}", markdown(&full))?;
    }
    Ok(())
}

fn write_group(view: &View<'_>, group: &Group, out: &mut dyn Write) -> Result<()> {
    let mut accounts: Vec<String> = group.accounts.iter().take(NAMED).map(|id| markdown_code(id)).collect();
    accounts.extend((group.accounts.len() > NAMED).then(|| format!("and {} more", group.accounts.len() - NAMED)));
    let units: Vec<String> = view.targets(&group.units).iter().map(|unit| markdown_code(unit)).collect();
    let request = group.witness.as_ref().map_or_else(String::new, |request| markdown_code(&request_line(request)));
    let mut why: Vec<String> = group.held.iter().map(|holds| markdown(&view.holds(holds))).collect();
    why.extend(group.nearest.iter().map(|n| markdown(&format!("{} {}", view.cite(n.spot), view.misses(n)))));
    why.extend(group.reason.iter().map(|reason| markdown(reason)));
    let word = group.verdict.as_str();
    let (units, why) = (units.join("<br>"), why.join("<br>"));
    writeln!(out, "| **{word}** | {} | {units} | {request} | {why} |", accounts.join("<br>"))
}
