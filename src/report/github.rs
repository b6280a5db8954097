//! GitHub Actions workflow commands: an annotation a finding, at its lines.

use super::escape::{github_message, github_property};
use super::level::Level;
use super::options::Options;
use super::summary;
use crate::finding::{Finding, Incomplete, Location, Notice, Outcome};
use std::io::{Result, Write};

/// Write the report.
pub fn write(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    for item in outcome.unsaid() {
        write_incomplete(item, out)?;
    }
    for finding in outcome.active() {
        write_finding(finding, out)?;
    }
    for notice in &outcome.notices {
        write_notice(notice, out)?;
    }
    let incomplete = summary::incomplete(outcome).map(|warning| format!("\n{warning}")).unwrap_or_default();
    let closing = format!("{}\n{}{incomplete}", summary::coverage(outcome), summary::result(outcome, options.fail_on));
    write_command("notice", &[("title", "palisade".to_owned())], &closing, out)
}

fn write_finding(finding: &Finding, out: &mut dyn Write) -> Result<()> {
    let mut properties = place(&finding.primary.location);
    properties.push(("title", format!("{} ({})", finding.rule, finding.severity)));
    let mut message = finding.message.clone();
    if !finding.primary.message.is_empty() {
        message.push_str(&format!("\n{}", finding.primary.message));
    }
    for (title, text) in [("why", &finding.why), ("fix", &finding.help), ("see", &finding.url)] {
        if let Some(text) = text {
            message.push_str(&format!("\n{title}: {text}"));
        }
    }
    write_command(command(Level::of(finding.severity)), &properties, &message, out)
}

fn write_incomplete(item: &Incomplete, out: &mut dyn Write) -> Result<()> {
    let mut properties = item.location.as_ref().map_or_else(|| vec![("file", item.file.to_string())], place);
    let code = item.code.map(|code| format!(" ({})", code.as_str())).unwrap_or_default();
    properties.push(("title", format!("not checked in full{code}")));
    write_command("error", &properties, &format!("{}\nhelp: {}", item.reason, item.help), out)
}

fn write_notice(notice: &Notice, out: &mut dyn Write) -> Result<()> {
    let mut properties = notice.location.as_ref().map(place).unwrap_or_default();
    properties.push(("title", notice.code.to_owned()));
    write_command("warning", &properties, &format!("{}\nhelp: {}", notice.message, notice.help), out)
}

fn command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    }
}

/// Columns are only understood when start and end are on one line.
fn place(location: &Location) -> Vec<(&'static str, String)> {
    let (start, end) = (location.start, location.end);
    let mut properties =
        vec![("file", location.file.to_string()), ("line", start.line.to_string()), ("endLine", end.line.to_string())];
    if start.line == end.line {
        properties.push(("col", start.column.to_string()));
        properties.push(("endColumn", end.column.to_string()));
    }
    properties
}

fn write_command(name: &str, properties: &[(&str, String)], message: &str, out: &mut dyn Write) -> Result<()> {
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", github_property(value))).collect();
    writeln!(out, "::{name} {}::{}", properties.join(","), github_message(message))
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
    fn an_annotation_a_finding() {
        insta::assert_snapshot!(shown(&sample::outcome()), @r"
        ::error file=policies/secret.json,title=not checked in full::permission denied%0Ahelp: make the file readable or exclude it in `palisade.yaml`
        ::error file=scp/deny.json,line=4,endLine=4,col=41,endColumn=42,title=not checked in full (trailing-comma)::comma before `]`%0Ahelp: remove the comma
        ::warning file=policies/consumer.json,line=2,endLine=2,col=14,endColumn=26,title=old-version (medium)::the policy language version is not stated twice%0Awhy: A wildcard in place of the project name grants every model of the account, those trained later included.%0Afix: name the project or the model version%0Asee: https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html
        ::error file=policies/consumer.json,line=8,endLine=8,col=19,endColumn=73,title=rekognition-project-wildcard (high)::`rekognition:DetectCustomLabels` is granted on every project%0A`project/*` covers every project of the account, present and future%0Awhy: A wildcard in place of the project name grants every model of the account, those trained later included.%0Afix: name the project or the model version%0Asee: https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html
        ::warning file=palisade.yaml,line=2,endLine=2,col=11,endColumn=31,title=PAL902::the suppression of `public-bucket-policy` matched nothing%0Ahelp: remove it
        ::notice title=palisade::3 documents, 3 policies (2 identity-policy assumed, 1 trust-policy), 9 statements; 41 rules applied; 1 file unrecognised%0A2 findings: 1 high, 1 medium; 1 suppressed; 2 incomplete%0Arun incomplete: 2 files were not checked in full, findings in them may be missing
        ");
    }

    #[test]
    fn hostile_text_starts_no_command() {
        let text = shown(&sample::hostile());
        assert!(sample::is_tame(&text), "{text}");
        assert_eq!(text.lines().count(), 5);
        for line in text.lines() {
            assert!(line.starts_with("::error ") || line.starts_with("::warning ") || line.starts_with("::notice "), "{line}");
            let properties = line.split("::").nth(1).unwrap();
            for property in properties.split_once(' ').unwrap().1.split(',') {
                let key = property.split_once('=').unwrap().0;
                assert!(["file", "line", "endLine", "col", "endColumn", "title"].contains(&key), "{key}");
            }
        }
    }
}
