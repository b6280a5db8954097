//! Markdown for a comment on a pull request: the result first, a table, details to unfold.

use super::escape::{markdown, markdown_block, markdown_code, terminal, xml};
use super::options::Options;
use super::sarif_rules::is_link;
use super::summary;
use crate::finding::{Finding, Incomplete, Location, Outcome, Severity};
use std::io::{Result, Write};

/// Findings shown at most.
const MOST: usize = 100;
/// Bytes after which no further details are unfolded: a comment on GitHub holds 65,536 characters.
const FULL: usize = 40_000;

/// Write the report.
pub fn write(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "### palisade: {}\n", markdown(&summary::result(outcome, options.fail_on)))?;
    if let Some(warning) = summary::incomplete(outcome) {
        writeln!(out, "> [!CAUTION]\n> {}\n", markdown(&warning))?;
    }
    writeln!(out, "{}\n", markdown(&summary::coverage(outcome)))?;
    if !outcome.incomplete.is_empty() {
        write_incomplete(&outcome.incomplete, out)?;
    }
    // The worst first: a reader of a comment may see no more than the top of it.
    let mut findings: Vec<&Finding> = outcome.active().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if !findings.is_empty() {
        write_table(&findings, out)?;
        write_details(&findings, out)?;
    }
    for notice in &outcome.notices {
        writeln!(out, "- {} ({}): {}", markdown(&notice.message), notice.code, markdown(&notice.help))?;
    }
    Ok(())
}

fn write_incomplete(items: &[Incomplete], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "| not checked in full | reason | help |\n| --- | --- | --- |")?;
    for item in items.iter().take(MOST) {
        let place = item.location.as_ref().map_or_else(|| markdown_code(&item.file), |place| markdown_code(&at(place)));
        write_row(&[&place, &markdown(&item.reason), &markdown(&item.help)], out)?;
    }
    write_more(items.len(), out)
}

fn write_table(findings: &[&Finding], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "| severity | rule | where | finding |\n| --- | --- | --- | --- |")?;
    for finding in findings.iter().take(MOST) {
        let severity = format!("{} {}", mark(finding.severity), finding.severity);
        let rule = markdown_code(finding.rule.as_str());
        let place = markdown_code(&at(&finding.primary.location));
        write_row(&[&severity, &rule, &place, &markdown(&finding.message)], out)?;
    }
    write_more(findings.len(), out)
}

fn write_row(cells: &[&str], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "| {} |", cells.join(" | "))
}

fn write_more(total: usize, out: &mut dyn Write) -> Result<()> {
    match total.saturating_sub(MOST) {
        0 => writeln!(out),
        more => writeln!(out, "\nand {more} more\n"),
    }
}

fn write_details(findings: &[&Finding], out: &mut dyn Write) -> Result<()> {
    let mut used = 0;
    let shown = findings.len().min(MOST);
    for (written, finding) in findings.iter().take(MOST).enumerate() {
        let text = details(finding);
        used += text.len();
        if used > FULL {
            return writeln!(out, "Details of {} more findings are left out to keep this short.\n", shown - written);
        }
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// One finding to unfold. The summary is HTML, the rest Markdown.
fn details(finding: &Finding) -> String {
    let place = &finding.primary.location;
    let mut text = format!(
        "<details><summary>{} <b>{}</b> <code>{}</code> at <code>{}</code></summary>\n\n{}\n\n",
        mark(finding.severity),
        finding.severity,
        xml(finding.rule.as_str()),
        xml(&at(place)),
        markdown(&finding.message),
    );
    text.push_str(&source(place));
    if !finding.primary.message.is_empty() {
        text.push_str(&format!("{}\n\n", markdown(&finding.primary.message)));
    }
    for (title, body) in [("Why", &finding.why), ("Fix", &finding.help)] {
        if let Some(body) = body {
            let lines: Vec<String> = body.lines().map(|line| markdown(line.trim())).collect();
            text.push_str(&format!("**{title}:** {}\n\n", lines.join(" ")));
        }
    }
    for fix in &finding.fixes {
        text.push_str(&format!("{}:\n\n", markdown(&fix.title)));
        if !fix.text.is_empty() {
            text.push_str(&format!("{}\n", markdown_block(&fix.text, "json")));
        }
    }
    for related in &finding.related {
        let message = if related.message.is_empty() { "see also" } else { &related.message };
        text.push_str(&format!("- {}: {}\n", markdown_code(&at(&related.location)), markdown(message)));
    }
    if !finding.related.is_empty() {
        text.push('\n');
    }
    match &finding.url {
        Some(url) if is_link(url) => text.push_str(&format!("<{url}>\n\n")),
        Some(url) => text.push_str(&format!("{}\n\n", markdown(url))),
        None => {}
    }
    text.push_str("</details>\n\n");
    text
}

/// The marked lines, so that a reader need not open the file; long ones are cut.
fn source(place: &Location) -> String {
    let excerpt = &place.excerpt;
    let before = excerpt.text.get(..excerpt.span.range().start).unwrap_or_default().matches('\n').count();
    let height = place.end.line.saturating_sub(place.start.line).min(9) + 1;
    let lines: Vec<String> = excerpt.text.lines().skip(before).take(height).map(shortened).collect();
    if lines.is_empty() { String::new() } else { format!("{}\n", markdown_block(&lines.join("\n"), "json")) }
}

fn shortened(line: &str) -> String {
    const LONGEST: usize = 200;
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

fn at(place: &Location) -> String {
    format!("{}:{}:{}", terminal(&place.file), place.start.line, place.start.column)
}

fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🟣",
        Severity::High => "🔴",
        Severity::Medium => "🟠",
        Severity::Low => "🟡",
        Severity::Info => "🔵",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn shown(outcome: &Outcome) -> String {
        let mut out = Vec::new();
        write(outcome, &Options::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn result_table_details() {
        insta::assert_snapshot!(shown(&sample::outcome()), @r#"
        ### palisade: 2 findings: 1 high, 1 medium; 1 suppressed; 2 incomplete

        > [!CAUTION]
        > run incomplete: 2 files were not checked in full, findings in them may be missing

        3 documents, 3 policies \(2 identity-policy assumed, 1 trust-policy\), 9 statements; 41 rules applied; 1 file unrecognised

        | not checked in full | reason | help |
        | --- | --- | --- |
        | `policies/secret.json` | permission denied | make the file readable or exclude it in `palisade.yaml` |
        | `scp/deny.json:4:41` | comma before `]` | remove the comma |

        | severity | rule | where | finding |
        | --- | --- | --- | --- |
        | 🔴 high | `rekognition-project-wildcard` | `policies/consumer.json:8:19` | `rekognition:DetectCustomLabels` is granted on every project |
        | 🟠 medium | `old-version` | `policies/consumer.json:2:14` | the policy language version is not stated twice |

        <details><summary>🔴 <b>high</b> <code>rekognition-project-wildcard</code> at <code>policies/consumer.json:8:19</code></summary>

        `rekognition:DetectCustomLabels` is granted on every project

        ```json
              "Resource": "arn:aws:rekognition:us-east-1:111122223333:project/*"
        ```

        `project/*` covers every project of the account, present and future

        **Why:** A wildcard in place of the project name grants every model of the account, those trained later included.

        **Fix:** name the project or the model version

        name one model version:

        ```json
        "arn:aws:rekognition:us-east-1:111122223333:project/NAME/version/VERSION/TIMESTAMP"
        ```

        - `policies/consumer.json:7:17`: the action it is granted for

        <https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html>

        </details>

        <details><summary>🟠 <b>medium</b> <code>old-version</code> at <code>policies/consumer.json:2:14</code></summary>

        the policy language version is not stated twice

        ```json
          "Version": "2012-10-17",
        ```

        **Why:** A wildcard in place of the project name grants every model of the account, those trained later included.

        **Fix:** name the project or the model version

        <https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html>

        </details>

        - the suppression of `public-bucket-policy` matched nothing (PAL902): remove it
        "#);
    }

    #[test]
    fn a_hundred_findings_are_enough() {
        let mut outcome = sample::outcome();
        outcome.findings = vec![sample::wildcard(); 130];
        let text = shown(&outcome);
        assert!(text.contains("\nand 30 more\n"));
        assert!(text.contains("more findings are left out"));
        assert!(text.len() < 65_536, "{}", text.len());
    }

    /// What is left when fenced blocks and code spans are taken out.
    fn outside_code(text: &str) -> String {
        let mut prose = String::new();
        let mut fence = None;
        for line in text.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                Some(open) if ticks >= open && line.len() == ticks => fence = None,
                None if ticks >= 3 && !line.trim_start_matches('`').contains('`') => fence = Some(ticks),
                Some(_) => {}
                None => {
                    prose.push_str(&without_spans(line));
                    prose.push('\n');
                }
            }
        }
        prose
    }

    fn without_spans(line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            let (prose, code) = rest.split_at(at);
            out.push_str(prose);
            let tail = code.trim_start_matches('`');
            let ticks = "`".repeat(code.len() - tail.len());
            rest = tail.split_once(&ticks).unwrap_or_else(|| panic!("a code span is never closed: {line}")).1;
        }
        out + rest
    }

    #[test]
    fn hostile_text_is_shown_as_text() {
        let text = shown(&sample::hostile());
        assert!(sample::is_tame(&text), "{text}");
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
        for row in &rows {
            let cells = row.replace("\\|", "").matches('|').count() - 1;
            assert!(cells == 3 || cells == 4, "{row}");
        }
        // The summary of a detail is HTML: its text stands in `<code>`, where no mention and no link is looked for.
        let prose = outside_code(&text);
        for line in prose.lines().filter(|line| !line.starts_with("<details>")) {
            // Links that were checked by `is_link` stand alone in angle brackets; the hostile one is not among them.
            for bad in ["<script", "](", "://", "@everyone"] {
                assert!(!line.contains(bad), "{line}");
            }
        }
        assert!(!prose.contains("<script"));
    }
}
