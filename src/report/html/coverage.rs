//! The map of guardrails without scripts: a row a unit or account, a column a guardrail. With scripts the same is built
//! from the data, foldable and with links to the findings.

use super::markup::{standing, text};
use super::tree::Tree;
use crate::audit::Audit;
use crate::finding::Standing;
use std::io::{Result, Write};

/// What the symbols mean.
const LEGEND: [(Standing, &str); 5] = [
    (Standing::Held, "every request it is about is stopped"),
    (Standing::Open, "a request gets through"),
    (Standing::Undecided, "it cannot be told"),
    (Standing::Unbound, "the management account: no control policy binds it"),
    (Standing::NotApplicable, "the guardrail does not speak of it"),
];

/// Write the section; nothing where no guardrail was looked at.
pub fn write(audit: &Audit, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    if tree.guardrails.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<section id=\"coverage\" aria-labelledby=\"coverage-title\"><h2 id=\"coverage-title\">Guardrail coverage</h2>"
    )?;
    write!(out, "<ul class=\"legend\">")?;
    for (one, meaning) in LEGEND {
        let (letter, symbol, word) = standing(one);
        write!(
            out,
            "<li><span class=\"cell {letter}\" aria-hidden=\"true\">{symbol}</span> <b>{word}</b> <span>{meaning}</span></li>"
        )?;
    }
    writeln!(out, "</ul>\n<div id=\"map-tools\" class=\"tools\"></div>")?;
    writeln!(
        out,
        "<div id=\"map\" class=\"scroll map\" tabindex=\"0\" role=\"region\" aria-labelledby=\"coverage-title\"></div>"
    )?;
    writeln!(out, "<noscript>")?;
    table(audit, tree, out)?;
    writeln!(out, "</noscript></section>")
}

fn table(audit: &Audit, tree: &Tree<'_>, out: &mut dyn Write) -> Result<()> {
    write!(out, "<div class=\"scroll map\"><table><thead><tr><th scope=\"col\">Unit or account</th>")?;
    for rule in &tree.guardrails {
        write!(out, "<th scope=\"col\" class=\"rule\"><span>{}</span></th>", text(rule))?;
    }
    writeln!(out, "</tr></thead><tbody>")?;
    let alone = audit.organization.is_none();
    for (i, row) in tree.rows.iter().enumerate() {
        let cells: Vec<Option<Standing>> = (0..tree.guardrails.len()).map(|g| tree.standing(i, g)).collect();
        // Without an organization the rows are all accounts that have a finding; most have no guardrail.
        if alone && cells.iter().all(Option::is_none) {
            continue;
        }
        let class = if row.unit { "unit" } else { "account" };
        let depth = row.depth.min(9);
        write!(
            out,
            "<tr class=\"{class}\"><th scope=\"row\" class=\"d{depth}\">{} <small>{}</small></th>",
            text(row.name),
            text(row.id)
        )?;
        for cell in cells {
            match cell {
                Some(one) => {
                    let (letter, symbol, word) = standing(one);
                    write!(out, "<td class=\"{letter}\">{symbol} {word}</td>")?;
                }
                None => write!(out, "<td></td>")?,
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")
}
