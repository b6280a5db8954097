//! What changed since the run before.

use super::markup::{badge, number, prose, standing, text, when};
use super::summary::MOST;
use super::tree::Tree;
use crate::audit::model::Turn;
use crate::audit::{Audit, Change, ChangeKind, Gone};
use crate::finding::Standing;
use crate::report::audit_words::OTHER_RULES;
use std::io::{Result, Write};

/// Write the section; nothing in the first run.
pub fn write(audit: &Audit, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    let Some(drift) = &audit.drift else { return Ok(()) };
    writeln!(out, "<section id=\"changes\" aria-labelledby=\"changes-title\"><h2 id=\"changes-title\">What changed</h2>")?;
    writeln!(
        out,
        "<p class=\"fine\">Compared with run {} of {}.</p>\n<ul class=\"delta\">",
        drift.since.id,
        when(&drift.since.at)
    )?;
    let button = |n: usize, state: &str, title: &str| match n {
        0 => format!("<li><b>0</b> {title}</li>"),
        n => format!("<li><button type=\"button\" data-state=\"{state}\"><b>{}</b> {title}</button></li>", number(n)),
    };
    writeln!(out, "{}", button(drift.new.len(), "new", "new"))?;
    if !drift.reopened.is_empty() {
        writeln!(out, "{}", button(drift.reopened.len(), "reopened", "back again"))?;
    }
    writeln!(out, "<li><b>{}</b> resolved</li>", number(drift.resolved.len()))?;
    writeln!(out, "{}", button(drift.changed.len(), "changed", "with another severity or message"))?;
    let counts = [
        (drift.accepted.len(), "accepted since"),
        (drift.unseen.len(), "not looked for again"),
        (drift.unasked.len(), "of rules that did not run"),
    ];
    for (n, title) in counts.iter().filter(|(n, _)| *n > 0) {
        writeln!(out, "<li><b>{}</b> {title}</li>", number(*n))?;
    }
    writeln!(out, "</ul>")?;
    if drift.rules_changed {
        writeln!(out, "<p class=\"note\">Of the rules {}.</p>", text(OTHER_RULES))?;
    }
    if drift.tree_unknown {
        let note = "The organization was not compared: one of the two runs could not read it.";
        writeln!(out, "<p class=\"note\">{note}</p>")?;
    }
    turns(&drift.turns, tree, out)?;
    changes(&drift.changes, out)?;
    gone("Resolved", "", &drift.resolved, out)?;
    let note = "What they stood in could not be read this time. They are neither resolved nor counted.";
    gone("Not looked for again", note, &drift.unseen, out)?;
    let note = "Their rules did not run this time. They are neither resolved nor counted.";
    gone("Of rules that did not run", note, &drift.unasked, out)?;
    writeln!(out, "</section>")
}

/// Guardrails that stand otherwise, those that opened first.
fn turns(list: &[Turn], tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h3>Guardrails</h3><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Guardrails that stand otherwise\"><table>"
    )?;
    let columns = ["Unit or account", "Guardrail", "Before", "Now"].map(|c| format!("<th scope=\"col\">{c}</th>")).concat();
    writeln!(out, "<thead><tr>{columns}</tr></thead><tbody>")?;
    let mut sorted: Vec<&Turn> = list.iter().collect();
    sorted.sort_by_key(|turn| (turn.after != Standing::Open, turn.after != Standing::Undecided));
    for turn in sorted.into_iter().take(MOST) {
        let name = tree.row(&turn.target).and_then(|i| tree.rows.get(i)).map_or("", |row| row.name);
        let (name, id, rule) = (text(name), text(&turn.target), text(&turn.rule));
        let [before, after] = [turn.before, turn.after].map(|one| {
            let (letter, symbol, word) = standing(one);
            format!("<span class=\"cell {letter}\">{symbol} {word}</span>")
        });
        writeln!(out, "<tr><td>{name} <small>{id}</small></td><td>{rule}</td><td>{before}</td><td>{after}</td></tr>")?;
    }
    writeln!(out, "</tbody></table></div>")?;
    more(list.len(), out)
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::AccountAdded => "account added",
        ChangeKind::AccountRemoved => "account removed",
        ChangeKind::AccountMoved => "account moved",
        ChangeKind::AccountRenamed => "account renamed",
        ChangeKind::AccountSuspended => "account suspended",
        ChangeKind::AccountReopened => "account reopened",
        ChangeKind::AdministratorAdded => "administrator added",
        ChangeKind::AdministratorRemoved => "administrator removed",
        ChangeKind::UnitAdded => "unit added",
        ChangeKind::UnitRemoved => "unit removed",
        ChangeKind::UnitMoved => "unit moved",
        ChangeKind::UnitRenamed => "unit renamed",
        ChangeKind::PolicyCreated => "policy created",
        ChangeKind::PolicyDeleted => "policy deleted",
        ChangeKind::PolicyAttached => "policy attached",
        ChangeKind::PolicyDetached => "policy detached",
        ChangeKind::PolicyChanged => "policy changed",
        ChangeKind::PolicyRenamed => "policy renamed",
        ChangeKind::PolicyTypeDisabled => "policies switched off",
        ChangeKind::PolicyTypeEnabled => "policies switched on",
    }
}

fn changes(list: &[Change], out: &mut dyn Write) -> Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h3>In the organization</h3><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Changes of the organization\"><table>"
    )?;
    let columns = ["What", "Name", "Id", "Before", "After"].map(|c| format!("<th scope=\"col\">{c}</th>")).concat();
    writeln!(out, "<thead><tr>{columns}</tr></thead><tbody>")?;
    for change in list.iter().take(MOST) {
        let side = |s: &Option<String>| s.as_deref().map_or_else(|| "–".to_owned(), text);
        let (kind, name, id) = (word(change.kind), text(&change.name), text(&change.subject));
        let (before, after) = (side(&change.before), side(&change.after));
        writeln!(
            out,
            "<tr><td><b>{kind}</b></td><td>{name}</td><td><code>{id}</code></td><td>{before}</td><td>{after}</td></tr>"
        )?;
    }
    writeln!(out, "</tbody></table></div>")?;
    more(list.len(), out)
}

fn gone(title: &str, note: &str, list: &[Gone], out: &mut dyn Write) -> Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>{title} ({})</summary>", number(list.len()))?;
    if !note.is_empty() {
        writeln!(out, "<p class=\"fine\">{note}</p>")?;
    }
    writeln!(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><table>")?;
    let columns =
        ["Severity", "Finding", "Account", "Resource", "First seen"].map(|c| format!("<th scope=\"col\">{c}</th>")).concat();
    writeln!(out, "<thead><tr>{columns}</tr></thead><tbody>")?;
    let mut worst: Vec<&Gone> = list.iter().collect();
    worst.sort_by_key(|g| std::cmp::Reverse(g.severity));
    for one in worst.into_iter().take(MOST) {
        let side = |s: &Option<String>| s.as_deref().map_or_else(|| "–".to_owned(), text);
        let (severity, message, rule) = (badge(one.severity), prose(&one.message), text(&one.rule));
        let (account, resource, first) = (side(&one.account), side(&one.resource), when(&one.first_seen));
        writeln!(
            out,
            "<tr><td>{severity}</td><td>{message} <small>{rule}</small></td><td>{account}</td><td><code>{resource}</code></td><td>{first}</td></tr>"
        )?;
    }
    writeln!(out, "</tbody></table></div>")?;
    more(list.len(), out)?;
    writeln!(out, "</details>")
}

fn more(total: usize, out: &mut dyn Write) -> Result<()> {
    match total.saturating_sub(MOST) {
        0 => Ok(()),
        left => writeln!(out, "<p>and {} more; the JSON report lists all.</p>", number(left)),
    }
}
