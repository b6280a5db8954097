//! The runs so far: findings by severity as columns, open guardrails, and the same as a table.

use super::markup::{minute, number, text, when};
use crate::audit::Run;
use crate::finding::Severity;
use std::fmt::Write as _;
use std::io::{Result, Write};

/// Runs shown at most, the latest ones.
const MOST: usize = 30;
/// Width and height of the drawing, its margins on the left and below.
const SIZE: (usize, usize) = (560, 190);
const MARGIN: (usize, usize) = (52, 34);
const TOP: usize = 8;

/// Write the section; nothing before the second run.
pub fn write(trend: &[Run], out: &mut dyn Write) -> Result<()> {
    if trend.len() < 2 {
        return Ok(());
    }
    let runs = trend.get(trend.len().saturating_sub(MOST)..).unwrap_or(trend);
    writeln!(out, "<section id=\"trend\" aria-labelledby=\"trend-title\"><h2 id=\"trend-title\">Trend</h2>")?;
    if runs.len() < trend.len() {
        writeln!(out, "<p class=\"fine\">The latest {} of {} runs.</p>", runs.len(), number(trend.len()))?;
    }
    write!(out, "<ul class=\"legend\" aria-hidden=\"true\">")?;
    for severity in Severity::ALL.iter().rev() {
        write!(out, "<li><span class=\"swatch {severity}\"></span>{severity}</li>")?;
    }
    writeln!(out, "</ul>\n<div class=\"charts\">")?;
    for chart in std::iter::once(findings(runs)).chain(guardrails(runs)) {
        writeln!(out, "<figure><figcaption>{}</figcaption>{}</figure>", chart.name, drawing(&chart))?;
    }
    writeln!(out, "</div>")?;
    table(runs, out)?;
    writeln!(out, "</section>")
}

fn total(run: &Run) -> usize {
    run.by_severity.values().sum()
}

/// The first round number that is not below `most`: 1, 2 or 5 times a power of ten.
fn ceiling(most: usize) -> usize {
    let mut power = 1_usize;
    loop {
        for step in [1, 2, 5] {
            let round = power.saturating_mul(step);
            if round >= most {
                return round;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// What stands in one column of a drawing: classes and amounts, from the floor up.
type Parts<'a> = Vec<(&'a str, usize)>;

/// A drawing of some runs: its name, its words, and the columns.
struct Chart<'a> {
    id: &'a str,
    name: String,
    words: String,
    columns: Vec<(&'a Run, Parts<'a>)>,
}

fn findings(runs: &[Run]) -> Chart<'_> {
    let parts = |run: &Run| run.by_severity.iter().map(|(severity, n)| (severity.as_str(), *n)).collect();
    Chart {
        id: "trend-findings",
        name: format!("Findings by severity in {} runs", runs.len()),
        words: words(runs, "findings", total),
        columns: runs.iter().map(|run| (run, parts(run))).collect(),
    }
}

/// Places in the map of guardrails through which a request gets; nothing where no run had a map.
fn guardrails(runs: &[Run]) -> Option<Chart<'_>> {
    let open = |run: &Run| run.guardrails.1.saturating_sub(run.guardrails.0);
    runs.iter().any(|run| run.guardrails.1 > 0).then(|| Chart {
        id: "trend-guardrails",
        name: format!("Open guardrails in {} runs", runs.len()),
        words: words(runs, "open guardrails", open),
        columns: runs.iter().map(|run| (run, vec![("open", open(run))])).collect(),
    })
}

fn drawing(chart: &Chart<'_>) -> String {
    let most = ceiling(chart.columns.iter().map(|(_, parts)| parts.iter().map(|(_, n)| n).sum()).max().unwrap_or(0).max(1));
    let (width, height) = SIZE;
    let room = (width - MARGIN.0, height - MARGIN.1 - TOP);
    let floor = TOP + room.1;
    let step = room.0 / chart.columns.len().max(1);
    let (id, name, words) = (chart.id, &chart.name, &chart.words);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id} {id}-words\"><title id=\"{id}\">{name}</title><desc id=\"{id}-words\">{words}</desc>"
    );
    for part in [0, 1, 2] {
        let y = floor - room.1 * part / 2;
        // Half of an odd number is none.
        let label = if (most * part).is_multiple_of(2) { number(most * part / 2) } else { String::new() };
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{} {y}H{width}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{label}</text>",
            MARGIN.0,
            MARGIN.0 - 8,
            y + 4
        );
    }
    let bar = (step * 3 / 5).clamp(3, 46);
    let every = chart.columns.len().div_ceil(6);
    for (i, (run, parts)) in chart.columns.iter().enumerate() {
        let x = MARGIN.0 + step * i + (step.saturating_sub(bar)) / 2;
        let mut below = 0;
        for (class, n) in parts {
            // Both ends are rounded, not the height, so that parts neither overlap nor leave gaps.
            let (from, to) = (floor - room.1 * below / most, floor - room.1 * (below + n) / most);
            below += n;
            if from > to {
                let _ =
                    write!(svg, "<rect class=\"bar {class}\" x=\"{x}\" y=\"{to}\" width=\"{bar}\" height=\"{}\"/>", from - to);
            }
        }
        let labelled = (chart.columns.len() - 1 - i).is_multiple_of(every);
        under(&mut svg, run, (x + bar / 2, floor), labelled);
    }
    svg.push_str("</svg>");
    svg
}

/// The day below a column, and a mark when the run was incomplete.
fn under(svg: &mut String, run: &Run, (middle, floor): (usize, usize), labelled: bool) {
    if labelled {
        let day = run.at.get(5..10).unwrap_or_default();
        let _ = write!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>", floor + 16, text(day));
    }
    if !run.complete {
        let mark = if labelled { "incomplete" } else { "!" };
        let _ = write!(svg, "<text class=\"bang\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{mark}</text>", floor + 30);
    }
}

/// The first and the last run in words.
fn words(runs: &[Run], what: &str, of: fn(&Run) -> usize) -> String {
    let one = |run: &Run| format!("{} {what} on {}", number(of(run)), text(&minute(&run.at)));
    match (runs.first(), runs.last()) {
        (Some(first), Some(last)) => format!("From {} to {}.", one(first), one(last)),
        (_, _) => String::new(),
    }
}

fn table(runs: &[Run], out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "<details><summary>The same as a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Runs\"><table>"
    )?;
    let severities: Vec<String> = Severity::ALL.iter().rev().map(|s| format!("<th scope=\"col\">{s}</th>")).collect();
    writeln!(
        out,
        "<thead><tr><th scope=\"col\">Run</th>{}<th scope=\"col\">all</th><th scope=\"col\">guardrails held</th><th scope=\"col\">read</th></tr></thead><tbody>",
        severities.concat()
    )?;
    for run in runs.iter().rev() {
        let cells: Vec<String> = Severity::ALL
            .iter()
            .rev()
            .map(|s| format!("<td class=\"n\">{}</td>", number(run.by_severity.get(s).copied().unwrap_or_default())))
            .collect();
        let (held, all) = run.guardrails;
        let guardrails = if all == 0 { "–".to_owned() } else { format!("{} of {}", number(held), number(all)) };
        let read = if run.complete { "complete" } else { "incomplete" };
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th>{}<td class=\"n\">{}</td><td class=\"n\">{guardrails}</td><td>{read}</td></tr>",
            when(&run.at),
            cells.concat(),
            number(total(run)),
        )?;
    }
    writeln!(out, "</tbody></table></div></details>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::audit_sample;

    #[test]
    fn the_scale_ends_at_a_round_number() {
        assert_eq!([1, 2, 3, 7, 10, 11, 21, 99, 501].map(ceiling), [1, 2, 5, 10, 10, 20, 50, 100, 1000]);
    }

    #[test]
    fn parts_stand_on_each_other() {
        let audit = audit_sample::audit();
        let svg = drawing(&findings(&audit.trend));
        let number = |part: &str, key: &str| -> usize {
            let (_, rest) = part.split_once(&format!("{key}=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let bars: Vec<&str> = svg.split("<rect").skip(1).collect();
        assert_eq!(bars.len(), 8);
        for pair in bars.windows(2).filter(|p| number(p[0], " x") == number(p[1], " x")) {
            assert_eq!(number(pair[1], " y") + number(pair[1], "height"), number(pair[0], " y"));
        }
        assert_eq!(svg.matches("incomplete").count(), 1);
    }
}
