//! One line a finding, in the form that editors and CI logs make clickable: `file:line:col: severity: message [rule]`.

use super::escape::terminal;
use super::level::{paint, sgr};
use super::options::Options;
use super::summary;
use crate::finding::{Finding, Incomplete, Location, Notice, Outcome};
use std::io::{Result, Write};

/// Write the report.
pub fn write(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    for item in outcome.unsaid() {
        write_incomplete(item, options, out)?;
    }
    for finding in &outcome.findings {
        write_finding(finding, options, out)?;
    }
    if !options.quiet {
        for notice in &outcome.notices {
            write_notice(notice, options, out)?;
        }
    }
    summary::write(outcome, options, out)
}

fn write_finding(finding: &Finding, options: &Options, out: &mut dyn Write) -> Result<()> {
    let suppressed = match &finding.suppressed {
        Some(_) if !options.verbose => return Ok(()),
        Some(suppressed) => format!(" (suppressed: {})", terminal(&summary::suppression(suppressed))),
        None => String::new(),
    };
    let severity = paint(finding.severity.as_str(), sgr(finding.severity), options.color);
    let rule = terminal(finding.rule.as_str());
    writeln!(out, "{}: {severity}: {} [{rule}]{suppressed}", place(&finding.primary.location), terminal(&finding.message))
}

fn write_incomplete(item: &Incomplete, options: &Options, out: &mut dyn Write) -> Result<()> {
    let place = item.location.as_ref().map_or_else(|| terminal(&item.file), place);
    let code = item.code.map(|code| format!(" [{}]", code.as_str())).unwrap_or_default();
    let kind = paint("incomplete", "31", options.color);
    writeln!(out, "{place}: {kind}: {}; {}{code}", terminal(&item.reason), terminal(&item.help))
}

fn write_notice(notice: &Notice, options: &Options, out: &mut dyn Write) -> Result<()> {
    let place = notice.location.as_ref().map(|location| format!("{}: ", place(location))).unwrap_or_default();
    let kind = paint("notice", "34", options.color);
    writeln!(out, "{place}{kind}: {}; {} [{}]", terminal(&notice.message), terminal(&notice.help), notice.code)
}

fn place(location: &Location) -> String {
    format!("{}:{}:{}", terminal(&location.file), location.start.line, location.start.column)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn shown(outcome: &Outcome, options: &Options) -> String {
        let mut out = Vec::new();
        write(outcome, options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_a_finding() {
        insta::assert_snapshot!(shown(&sample::outcome(), &Options::default()), @r"
        policies/secret.json: incomplete: permission denied; make the file readable or exclude it in `palisade.yaml`
        scp/deny.json:4:41: incomplete: comma before `]`; remove the comma [trailing-comma]
        policies/consumer.json:2:14: medium: the policy language version is not stated twice [old-version]
        policies/consumer.json:8:19: high: `rekognition:DetectCustomLabels` is granted on every project [rekognition-project-wildcard]
        palisade.yaml:2:11: notice: the suppression of `public-bucket-policy` matched nothing; remove it [PAL902]
        3 documents, 3 policies (2 identity-policy assumed, 1 trust-policy), 9
          statements; 41 rules applied; 1 file unrecognised
        2 findings: 1 high, 1 medium; 1 suppressed; 2 incomplete
        run incomplete: 2 files were not checked in full, findings in them may be
          missing
        ");
    }

    #[test]
    fn verbose_shows_what_was_suppressed() {
        let options = Options { verbose: true, ..Options::default() };
        assert!(
            shown(&sample::outcome(), &options)
                .contains("[full-admin] (suppressed: break-glass role; owner platform; until 2027-01-31)")
        );
    }

    #[test]
    fn hostile_text_stays_on_its_line() {
        let text = shown(&sample::hostile(), &Options::default());
        assert!(sample::is_tame(&text), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains("dir/a")).count(), 4);
        assert!(!text.lines().any(|line| line.starts_with("::")));
    }
}
