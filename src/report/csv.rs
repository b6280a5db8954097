//! CSV as RFC 4180 has it: a line a finding, for spreadsheets. `docs/reports.md` promises the columns.
//!
//! Spreadsheets run what starts like a formula; such a cell begins with an apostrophe.

use super::escape::terminal;
use super::export::around;
use super::summary::suppression;
use crate::audit::Audit;
use crate::finding::{Finding, Incomplete};
use std::io::{Result, Write};

/// The columns, in this order; new ones come last.
pub const COLUMNS: [&str; 28] = [
    "record",
    "status",
    "severity",
    "rule",
    "category",
    "confidence",
    "message",
    "account",
    "account_name",
    "unit",
    "resource",
    "resource_type",
    "policy_kind",
    "policy_name",
    "sid",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "pointer",
    "embedded_pointer",
    "first_seen",
    "last_seen",
    "suppressed_reason",
    "help",
    "url",
    "fingerprint",
];

/// Write the findings, then what was not checked in full.
///
/// # Errors
/// When the writer refuses.
pub fn write(audit: &Audit, out: &mut dyn Write) -> Result<()> {
    line(&COLUMNS.map(str::to_owned), out)?;
    for found in &audit.outcome.findings {
        let status = match audit.standing_of(found) {
            "accepted" => "suppressed",
            // Without a history nothing is newer than anything else.
            "known" | "new" if audit.drift.is_none() || !audit.is_new(found) => "open",
            standing => standing,
        };
        line(&of_finding(audit, found, status), out)?;
    }
    for item in &audit.outcome.incomplete {
        line(&of_incomplete(item), out)?;
    }
    Ok(())
}

fn of_finding(audit: &Audit, found: &Finding, status: &str) -> [String; 28] {
    let (policy, place) = (&found.policy, &found.primary.location);
    let account = policy.account.clone().unwrap_or_default();
    let (name, unit) = around(audit.organization.as_ref(), &account);
    let path = unit.and_then(|(id, _)| Some(audit.organization.as_ref()?.named_path(id))).unwrap_or_default();
    let seen = audit.seen.get(&found.fingerprint);
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    let arc = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
    [
        "finding".to_owned(),
        status.to_owned(),
        found.severity.to_string(),
        found.rule.to_string(),
        found.category.to_string(),
        found.confidence.to_string(),
        found.message.clone(),
        account.clone(),
        name.unwrap_or_default().to_owned(),
        path,
        some(&policy.resource),
        some(&policy.resource_type),
        policy.kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        some(&policy.name),
        some(&policy.sid),
        place.file.to_string(),
        place.start.line.to_string(),
        place.start.column.to_string(),
        place.end.line.to_string(),
        place.end.column.to_string(),
        place.pointer.clone(),
        some(&place.embedded),
        seen.map(|s| s.first.clone()).unwrap_or_default(),
        seen.map(|s| s.last.clone()).unwrap_or_default(),
        found.suppressed.as_ref().map(suppression).unwrap_or_default(),
        arc(&found.help),
        arc(&found.url),
        found.fingerprint.clone(),
    ]
}

/// A record of its own, so that a file without findings is not mistaken for an all-clear.
fn of_incomplete(item: &Incomplete) -> [String; 28] {
    let mut cells: [String; 28] = Default::default();
    let place = item.location.as_ref();
    let number = |n: Option<usize>| n.map(|n| n.to_string()).unwrap_or_default();
    let values = [
        ("record", "incomplete".to_owned()),
        ("message", item.reason.clone()),
        ("file", item.file.to_string()),
        ("line", number(place.map(|p| p.start.line))),
        ("column", number(place.map(|p| p.start.column))),
        ("end_line", number(place.map(|p| p.end.line))),
        ("end_column", number(place.map(|p| p.end.column))),
        ("pointer", place.map(|p| p.pointer.clone()).unwrap_or_default()),
        ("help", item.help.clone()),
    ];
    for (name, value) in values {
        if let Some(cell) = COLUMNS.iter().position(|c| *c == name).and_then(|i| cells.get_mut(i)) {
            *cell = value;
        }
    }
    cells
}

fn line(cells: &[String], out: &mut dyn Write) -> Result<()> {
    let cells: Vec<String> = cells.iter().map(|c| cell(c)).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// One cell: visible, harmless, quoted where it must be.
fn cell(text: &str) -> String {
    // Blanks before a formula do not keep every spreadsheet from running it.
    let formula =
        text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) || text.starts_with(['\t', '\r', '\n']);
    // Prose of several lines is joined: a line of its own in a build log could be taken for a command.
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = if text.contains('\n') { terminal(&joined) } else { terminal(text) };
    let guarded = if formula { format!("'{shown}") } else { shown };
    if guarded.contains(['"', ',', '\n', '\r']) || guarded.starts_with(' ') || guarded.ends_with(' ') {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::super::{audit_sample, sample};
    use super::*;

    fn shown(audit: &Audit) -> String {
        let mut out = Vec::new();
        write(audit, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// RFC 4180, section 2, read strictly.
    fn parse(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
                '"' if quoted => {
                    quoted = false;
                    assert!(matches!(chars.peek(), Some(',' | '\r') | None), "text after a quote");
                }
                '"' => {
                    assert!(cell.is_empty(), "a quote in a bare cell");
                    quoted = true;
                }
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted => {
                    assert_eq!(chars.next(), Some('\n'));
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                c => {
                    assert!(quoted || c != '\n', "a bare line break");
                    cell.push(c);
                }
            }
        }
        assert!(row.is_empty() && cell.is_empty() && !quoted, "the last line ends");
        rows
    }

    #[test]
    fn a_line_a_finding() {
        let rows = parse(&shown(&audit_sample::audit()));
        assert_eq!(rows[0], COLUMNS);
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
        let brief: Vec<String> =
            rows.iter().map(|r| [&r[0], &r[1], &r[2], &r[3], &r[8], &r[9], &r[22]].map(String::as_str).join(" | ")).collect();
        insta::assert_snapshot!(brief.join("\n"), @r"
        record | status | severity | rule | account_name | unit | first_seen
        finding | reopened | high | rekognition-project-wildcard | ml-central | /Workloads | 2026-11-24T01:06:47Z
        finding | new | critical | project-lifecycle-not-denied |  |  | 2026-11-26T01:06:47Z
        finding | changed | medium | old-version | shop | /Workloads/Prod | 2026-11-24T01:06:47Z
        finding | suppressed | critical | full-admin | web | /Workloads/Prod | 2026-11-24T01:06:47Z
        ");
    }

    #[test]
    fn what_was_not_checked_is_in_it() {
        let audit = Audit { outcome: sample::outcome(), ..Audit::default() };
        let rows = parse(&shown(&audit));
        let unread: Vec<&Vec<String>> = rows.iter().filter(|r| r[0] == "incomplete").collect();
        assert_eq!(unread.len(), 2);
        assert_eq!(
            [&unread[1][6], &unread[1][15], &unread[1][16], &unread[1][25]],
            ["comma before `]`", "scp/deny.json", "4", "remove the comma"]
        );
    }

    #[test]
    fn formulas_do_not_run() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "  =1", "\t=1", "\r=1", "\tx", "＝1"] {
            let cell = cell(text);
            assert!(cell.trim_start_matches('"').starts_with('\''), "{text:?} is written as {cell}");
        }
        for text in ["a=1", "1-1", "arn:aws:s3:::x", "/Statement/0", ""] {
            assert_eq!(cell(text), text);
        }
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("a\n::error::b\u{202e}\n"), "a ::error::b\\u{202e}");
    }

    #[test]
    fn hostile_text_stays_in_its_cell() {
        let text = shown(&audit_sample::hostile());
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{200b}', '\u{2028}', '\t']));
        let rows = parse(&text);
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
        assert!(rows.iter().skip(1).flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
    }
}
