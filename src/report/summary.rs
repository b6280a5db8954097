//! The coverage lines: what was looked at and what came of it, so that silence cannot be mistaken for success.

use super::escape::terminal;
use super::level::{paint, sgr};
use super::options::Options;
use super::wrap::hanging;
use crate::finding::model::{Online, Suppressed};
use crate::finding::{Outcome, Severity};
use std::collections::BTreeSet;
use std::io::{Result, Write};

/// Write the closing lines of a text report.
pub fn write(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    let mut lines = Vec::new();
    if options.verbose {
        lines.extend(details(outcome));
    }
    if !options.quiet {
        lines.push(coverage(outcome));
        lines.extend(undecided(outcome));
        lines.extend(left_out(outcome));
        lines.extend(archived(outcome));
    }
    for line in lines {
        write_wrapped(&line, options.width, out)?;
    }
    for line in wrap(&result(outcome, options.fail_on), options.width) {
        writeln!(out, "{}", color_severities(&line, options.color))?;
    }
    if let Some(warning) = incomplete(outcome) {
        for line in wrap(&warning, options.width) {
            writeln!(out, "{}", paint(&line, "1;31", options.color))?;
        }
    }
    Ok(())
}

/// What was looked at: documents, policies by kind, statements, rules.
pub fn coverage(outcome: &Outcome) -> String {
    let seen = &outcome.coverage;
    let mut kinds = Vec::new();
    for ((kind, assumed), count) in &seen.policies {
        let assumed = if *assumed { " assumed" } else { "" };
        kinds.push(format!("{count} {}{assumed}", terminal(kind)));
    }
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let unrecognised = match seen.unrecognised.len() {
        0 => String::new(),
        n => format!("; {} unrecognised", count(n, "file", "files")),
    };
    format!(
        "{}{}, {}{kinds}, {}; {} applied{unrecognised}",
        count(seen.documents, "document", "documents"),
        layouts(outcome),
        count(outcome.policies(), "policy", "policies"),
        count(seen.statements, "statement", "statements"),
        count(seen.rules, "rule", "rules"),
    )
}

/// What the documents were, unless all of them were policies by themselves.
fn layouts(outcome: &Outcome) -> String {
    let layouts = &outcome.coverage.layouts;
    if layouts.keys().all(|name| *name == "policy") {
        return String::new();
    }
    let parts: Vec<String> = layouts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    format!(" ({})", parts.join(", "))
}

/// What was seen and not judged, or not seen: policies that are not in force, texts that the input does not have.
pub fn left_out(outcome: &Outcome) -> Option<String> {
    let seen = &outcome.coverage;
    let policies = |n: usize| count(n, "policy", "policies");
    let parts = [
        (seen.unknown, format!("{} known only when deployed", policies(seen.unknown))),
        (seen.absent.len(), format!("{} that the input lacks", count(seen.absent.len(), "attachment", "attachments"))),
        (seen.idle, format!("{} not in force", policies(seen.idle))),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect();
    (!parts.is_empty()).then(|| format!("not judged: {}", parts.join(", ")))
}

/// Findings of Access Analyzer that are none because somebody archived them.
pub fn archived(outcome: &Outcome) -> Option<String> {
    let are = match outcome.coverage.archived {
        0 => return None,
        1 => "1 archived finding of Access Analyzer is".to_owned(),
        n => format!("{n} archived findings of Access Analyzer are"),
    };
    Some(format!("{are} left out"))
}

/// Rules that some policy gave no answer to: not a finding, and not an all-clear either.
pub fn undecided(outcome: &Outcome) -> Option<String> {
    let rules = &outcome.coverage.undecided;
    let list: Vec<String> = rules.iter().map(|(id, n)| format!("{} {n}", terminal(id.as_str()))).collect();
    let hint = "the text does not tell; the account, resource or role can be said in palisade.yaml";
    (!list.is_empty()).then(|| format!("not decided: {} ({hint})", list.join(", ")))
}

/// What came of asking AWS itself.
pub fn online(outcome: &Outcome) -> Option<String> {
    let online = outcome.coverage.online?;
    let parts =
        [(online.confirmed, "confirmed"), (online.added, "told by AWS alone"), (online.not_reported, "not reported by AWS")];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", count(n, "finding", "findings")))
        .collect();
    let parts = match (parts.is_empty(), online.unanswered) {
        (true, 0) => "nothing to add".to_owned(),
        (true, n) if n == online.policies => "no answer".to_owned(),
        (true, n) => format!("nothing to add; no answer about {n}"),
        (false, 0) => parts.join(", "),
        (false, n) => format!("{}; no answer about {n}", parts.join(", ")),
    };
    Some(format!("ValidatePolicy of {}: {parts}", count(online.policies, "policy", "policies")))
}

/// What AWS says of a finding, where that is worth a word.
pub fn second_opinion(online: Online) -> Option<&'static str> {
    match online {
        Online::Added => Some("told by ValidatePolicy alone"),
        Online::NotReported => Some("ValidatePolicy has this check and does not report it here"),
        Online::Confirmed => None,
    }
}

/// What came of it: findings by severity, suppressed, incomplete.
pub fn result(outcome: &Outcome, fail_on: Option<Severity>) -> String {
    let by_severity = outcome.by_severity();
    let total: usize = by_severity.values().sum();
    let parts: Vec<String> =
        by_severity.iter().rev().filter(|(_, n)| **n > 0).map(|(severity, n)| format!("{n} {severity}")).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let failing: usize = by_severity.iter().filter(|(s, _)| fail_on.is_some_and(|f| **s >= f)).map(|(_, n)| n).sum();
    let below = match fail_on {
        Some(limit) if total > 0 && failing == 0 => format!(" (none at or above {limit})"),
        Some(_) => String::new(),
        None if total > 0 => " (none fails the run)".to_owned(),
        None => String::new(),
    };
    format!(
        "{}{parts}{below}; {} suppressed; {} incomplete",
        count(total, "finding", "findings"),
        outcome.suppressed(),
        incomplete_files(outcome).len()
    )
}

/// Said outright when something could not be read: whatever it holds was not checked.
pub fn incomplete(outcome: &Outcome) -> Option<String> {
    let files = incomplete_files(outcome).len();
    let what = match files {
        0 => return None,
        1 => "1 file was not checked in full, findings in it may be missing".to_owned(),
        n => format!("{n} files were not checked in full, findings in them may be missing"),
    };
    Some(format!("run incomplete: {what}"))
}

/// The files that could not be checked in full, each once.
pub fn incomplete_files(outcome: &Outcome) -> BTreeSet<&str> {
    outcome.incomplete.iter().map(|item| item.file.as_ref()).collect()
}

/// Why a finding does not count, in one line.
pub fn suppression(suppressed: &Suppressed) -> String {
    match suppressed {
        Suppressed::Baseline => "in the baseline".to_owned(),
        Suppressed::Config { reason, owner, ticket, expires } => {
            let part = |title: &str, value: &Option<String>| value.as_ref().map(|v| format!("; {title} {v}")).unwrap_or_default();
            format!("{reason}{}{}{}", part("owner", owner), part("ticket", ticket), part("until", expires))
        }
    }
}

/// Rules that had nothing to look at and files that hold no policy.
fn details(outcome: &Outcome) -> Vec<String> {
    let seen = &outcome.coverage;
    let mut lines = Vec::new();
    if !seen.not_applicable.is_empty() {
        let rules: Vec<String> = seen.not_applicable.iter().map(|(id, n)| format!("{} {n}", terminal(id.as_str()))).collect();
        lines.push(format!("policies with nothing to look at, per rule: {}", rules.join(", ")));
    }
    if !seen.absent.is_empty() {
        let arns: Vec<String> = seen.absent.iter().map(|arn| terminal(arn)).collect();
        lines.push(format!("attachments that the input lacks: {}", arns.join(", ")));
    }
    if !seen.unrecognised.is_empty() {
        let files: Vec<String> = seen.unrecognised.iter().map(|file| terminal(file)).collect();
        lines.push(format!("no policy recognised in: {}", files.join(", ")));
    }
    lines
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn write_wrapped(line: &str, width: usize, out: &mut dyn Write) -> Result<()> {
    for line in wrap(line, width) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn wrap(line: &str, width: usize) -> Vec<String> {
    hanging(line, width, "  ")
}

/// Color `1 high` and its like.
fn color_severities(line: &str, color: bool) -> String {
    let mut line = line.to_owned();
    if color {
        for &severity in Severity::ALL {
            let name = format!(" {severity}");
            line = line.replace(&name, &format!(" {}", paint(severity.as_str(), sgr(severity), true)));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::online as online_of;
    use super::*;
    use crate::finding::outcome::OnlineCoverage;

    fn shown(outcome: &Outcome, options: &Options) -> String {
        let mut out = Vec::new();
        write(outcome, options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_empty_run_still_says_what_it_did() {
        insta::assert_snapshot!(shown(&Outcome::default(), &Options::default()), @r"
        0 documents, 0 policies, 0 statements; 0 rules applied
        0 findings; 0 suppressed; 0 incomplete
        ");
    }

    #[test]
    fn a_second_opinion_is_summed_up() {
        let told = |policies, unanswered, confirmed, added, not_reported| {
            let online = Some(OnlineCoverage { policies, unanswered, confirmed, added, not_reported });
            let coverage = crate::finding::Coverage { online, ..Default::default() };
            online_of(&Outcome { coverage, ..Outcome::default() }).unwrap()
        };
        assert_eq!(
            told(9, 1, 1, 2, 3),
            "ValidatePolicy of 9 policies: 1 finding confirmed, 2 findings told by AWS alone, 3 findings not reported by AWS; \
             no answer about 1"
        );
        assert_eq!(told(1, 0, 0, 0, 0), "ValidatePolicy of 1 policy: nothing to add");
        assert_eq!(told(2, 2, 0, 0, 0), "ValidatePolicy of 2 policies: no answer");
        assert_eq!(told(2, 1, 0, 0, 0), "ValidatePolicy of 2 policies: nothing to add; no answer about 1");
        assert_eq!(online_of(&Outcome::default()), None);
    }

    #[test]
    fn kinds_are_listed_and_assumptions_named() {
        insta::assert_snapshot!(shown(&sample::outcome(), &Options::default()), @r"
        3 documents, 3 policies (2 identity-policy assumed, 1 trust-policy), 9
          statements; 41 rules applied; 1 file unrecognised
        2 findings: 1 high, 1 medium; 1 suppressed; 2 incomplete
        run incomplete: 2 files were not checked in full, findings in them may be
          missing
        ");
    }

    #[test]
    fn verbose_names_what_was_passed_over() {
        let options = Options { verbose: true, width: 60, ..Options::default() };
        insta::assert_snapshot!(shown(&sample::outcome(), &options), @r"
        policies with nothing to look at, per rule:
          public-bucket-policy 3, public-trust-policy 2
        no policy recognised in: package.json
        3 documents, 3 policies (2 identity-policy assumed, 1
          trust-policy), 9 statements; 41 rules applied; 1 file
          unrecognised
        2 findings: 1 high, 1 medium; 1 suppressed; 2 incomplete
        run incomplete: 2 files were not checked in full, findings
          in them may be missing
        ");
    }

    #[test]
    fn quiet_keeps_the_result_and_the_warning() {
        let options = Options { quiet: true, ..Options::default() };
        insta::assert_snapshot!(shown(&sample::outcome(), &options), @r"
        2 findings: 1 high, 1 medium; 1 suppressed; 2 incomplete
        run incomplete: 2 files were not checked in full, findings in them may be
          missing
        ");
    }

    #[test]
    fn findings_below_the_limit_are_said_to_be() {
        let mut outcome = sample::outcome();
        outcome.incomplete.clear();
        assert!(result(&outcome, Some(Severity::Critical)).contains("(none at or above critical)"));
        assert!(result(&outcome, None).contains("(none fails the run)"));
    }
}
