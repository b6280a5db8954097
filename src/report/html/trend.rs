//! The runs so far: findings by severity as columns, guardrails as a line, and the same as a table.

use super::markup::{minute, number, text, when};
use crate::audit::Run;
use crate::finding::Severity;
use std::fmt::Write as _;
use std::io::{Result, Write};

/// Runs shown at most, the latest ones.
const MOST: usize = 30;
/// Width and height of the drawing, its margins on the left and below.
const SIZE: (usize, usize) = (680, 190);
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
    writeln!(out, "</ul>\n<figure>{}</figure>", drawing(runs))?;
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

fn drawing(runs: &[Run]) -> String {
    let most = ceiling(runs.iter().map(total).max().unwrap_or(0).max(1));
    let (width, height) = SIZE;
    let room = (width - MARGIN.0, height - MARGIN.1 - TOP);
    let floor = TOP + room.1;
    let step = room.0 / runs.len().max(1);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"trend-name trend-words\"><title id=\"trend-name\">Findings by severity in the last {} runs</title><desc id=\"trend-words\">{}</desc>",
        runs.len(),
        words(runs)
    );
    for (part, of) in [(0, 2), (1, 2), (2, 2)] {
        let y = floor - room.1 * part / of;
        let value = most * part / of;
        // Half of an odd number is none.
        let label = if value * of == most * part { number(value) } else { String::new() };
        let _ = write!(svg, "<path class=\"grid\" d=\"M{0} {y}H{width}\"/><text x=\"{1}\" y=\"{2}\" text-anchor=\"end\">{label}</text>", MARGIN.0, MARGIN.0 - 8, y + 4);
    }
    let bar = (step * 3 / 5).clamp(3, 46);
    let every = runs.len().div_ceil(8);
    for (i, run) in runs.iter().enumerate() {
        let x = MARGIN.0 + step * i + (step.saturating_sub(bar)) / 2;
        let mut below = 0;
        for (severity, n) in &run.by_severity {
            // Both ends are rounded, not the height, so that parts neither overlap nor leave gaps.
            let (from, to) = (floor - room.1 * below / most, floor - room.1 * (below + n) / most);
            below += n;
            if from > to {
                let _ = write!(svg, "<rect class=\"bar {severity}\" x=\"{x}\" y=\"{to}\" width=\"{bar}\" height=\"{}\"/>", from - to);
            }
        }
        let middle = x + bar / 2;
        if (runs.len() - 1 - i).is_multiple_of(every) {
            let day = run.at.get(5..10).unwrap_or_default();
            let _ = write!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>", floor + 16, text(day));
        }
        if !run.complete {
            let _ = write!(svg, "<text class=\"bang\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">incomplete</text>", floor + 30);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// The first and the last run in words.
fn words(runs: &[Run]) -> String {
    let one = |run: &Run| format!("{} findings on {}", number(total(run)), text(&minute(&run.at)));
    match (runs.first(), runs.last()) {
        (Some(first), Some(last)) => format!("From {} to {}.", one(first), one(last)),
        (_, _) => String::new(),
    }
}

fn table(runs: &[Run], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "<details><summary>The same as a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Runs\"><table>")?;
    let severities: Vec<String> = Severity::ALL.iter().rev().map(|s| format!("<th scope=\"col\">{s}</th>")).collect();
    writeln!(out, "<thead><tr><th scope=\"col\">Run</th>{}<th scope=\"col\">all</th><th scope=\"col\">guardrails held</th><th scope=\"col\">read</th></tr></thead><tbody>", severities.concat())?;
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
        let svg = drawing(&audit_sample::audit().trend);
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
