//! JUnit XML for test dashboards: a suite a file, a failure a finding, an error for what could not be checked.

use super::escape::xml;
use super::options::Options;
use super::summary;
use crate::finding::{Finding, Incomplete, Outcome};
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// The cases of one file.
#[derive(Default)]
struct Suite<'a> {
    incomplete: Vec<&'a Incomplete>,
    findings: Vec<&'a Finding>,
}

impl Suite<'_> {
    fn skipped(&self) -> usize {
        self.findings.iter().filter(|finding| finding.suppressed.is_some()).count()
    }

    fn failures(&self) -> usize {
        self.findings.len() - self.skipped()
    }
}

/// Write the report.
pub fn write(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    let mut suites: BTreeMap<&str, Suite<'_>> = BTreeMap::new();
    for item in &outcome.incomplete {
        suites.entry(&item.file).or_default().incomplete.push(item);
    }
    for finding in &outcome.findings {
        suites.entry(&finding.primary.location.file).or_default().findings.push(finding);
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let empty = usize::from(suites.is_empty());
    writeln!(
        out,
        "<testsuites name=\"palisade\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">",
        outcome.findings.len() + outcome.incomplete.len() + empty,
        outcome.active().count(),
        outcome.incomplete.len(),
        outcome.suppressed(),
    )?;
    if suites.is_empty() {
        let name = format!("{}; {}", summary::coverage(outcome), summary::result(outcome, options.fail_on));
        writeln!(out, "  <testsuite name=\"palisade\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0\">")?;
        writeln!(out, "    <testcase name=\"{}\" classname=\"palisade\" time=\"0\"/>", xml(&name))?;
        writeln!(out, "  </testsuite>")?;
    }
    for (file, suite) in &suites {
        write_suite(file, suite, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(file: &str, suite: &Suite<'_>, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">",
        xml(file),
        suite.findings.len() + suite.incomplete.len(),
        suite.failures(),
        suite.incomplete.len(),
        suite.skipped(),
    )?;
    for item in &suite.incomplete {
        write_error(file, item, out)?;
    }
    for finding in &suite.findings {
        write_case(file, finding, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_error(file: &str, item: &Incomplete, out: &mut dyn Write) -> Result<()> {
    let code = item.code.map_or("unreadable", |code| code.as_str());
    let place = item.location.as_ref().map_or(String::new(), |l| format!(" at {}:{}", l.start.line, l.start.column));
    let line = item.location.as_ref().map_or(1, |l| l.start.line);
    write_open(file, &format!("{code}{place}"), line, out)?;
    let message = xml(&item.reason);
    writeln!(out, "      <error type=\"incomplete\" message=\"{message}\">{message}\nhelp: {}</error>", xml(&item.help))?;
    writeln!(out, "    </testcase>")
}

fn write_case(file: &str, finding: &Finding, out: &mut dyn Write) -> Result<()> {
    let start = finding.primary.location.start;
    write_open(file, &format!("{} at {}:{}", finding.rule, start.line, start.column), start.line, out)?;
    if let Some(suppressed) = &finding.suppressed {
        writeln!(out, "      <skipped message=\"{}\"/>", xml(&summary::suppression(suppressed)))?;
    } else {
        let message = xml(&finding.message);
        write!(out, "      <failure type=\"{}\" message=\"{message}\">", finding.severity)?;
        write!(out, "{}:{}:{}: {}: {message}", xml(file), start.line, start.column, finding.severity)?;
        for (title, text) in [("why", &finding.why), ("fix", &finding.help), ("see", &finding.url)] {
            if let Some(text) = text {
                write!(out, "\n{title}: {}", xml(text))?;
            }
        }
        writeln!(out, "</failure>")?;
    }
    writeln!(out, "    </testcase>")
}

fn write_open(file: &str, name: &str, line: usize, out: &mut dyn Write) -> Result<()> {
    let file = xml(file);
    writeln!(out, "    <testcase name=\"{}\" classname=\"{file}\" file=\"{file}\" line=\"{line}\" time=\"0\">", xml(name))
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
    fn a_suite_a_file() {
        insta::assert_snapshot!(shown(&sample::outcome()), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="palisade" tests="5" failures="2" errors="2" skipped="1" time="0">
          <testsuite name="policies/consumer.json" tests="3" failures="2" errors="0" skipped="1" time="0">
            <testcase name="full-admin at 2:14" classname="policies/consumer.json" file="policies/consumer.json" line="2" time="0">
              <skipped message="break-glass role; owner platform; until 2027-01-31"/>
            </testcase>
            <testcase name="old-version at 2:14" classname="policies/consumer.json" file="policies/consumer.json" line="2" time="0">
              <failure type="medium" message="the policy language version is not stated twice">policies/consumer.json:2:14: medium: the policy language version is not stated twice
        why: A wildcard in place of the project name grants every model of the account, those trained later included.
        fix: name the project or the model version
        see: https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html</failure>
            </testcase>
            <testcase name="rekognition-project-wildcard at 8:19" classname="policies/consumer.json" file="policies/consumer.json" line="8" time="0">
              <failure type="high" message="`rekognition:DetectCustomLabels` is granted on every project">policies/consumer.json:8:19: high: `rekognition:DetectCustomLabels` is granted on every project
        why: A wildcard in place of the project name grants every model of the account, those trained later included.
        fix: name the project or the model version
        see: https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html</failure>
            </testcase>
          </testsuite>
          <testsuite name="policies/secret.json" tests="1" failures="0" errors="1" skipped="0" time="0">
            <testcase name="unreadable" classname="policies/secret.json" file="policies/secret.json" line="1" time="0">
              <error type="incomplete" message="permission denied">permission denied
        help: make the file readable or exclude it in `palisade.yaml`</error>
            </testcase>
          </testsuite>
          <testsuite name="scp/deny.json" tests="1" failures="0" errors="1" skipped="0" time="0">
            <testcase name="trailing-comma at 4:41" classname="scp/deny.json" file="scp/deny.json" line="4" time="0">
              <error type="incomplete" message="comma before `]`">comma before `]`
        help: remove the comma</error>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn nothing_found_is_one_passing_case() {
        insta::assert_snapshot!(shown(&Outcome::default()), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="palisade" tests="1" failures="0" errors="0" skipped="0" time="0">
          <testsuite name="palisade" tests="1" failures="0" errors="0" skipped="0" time="0">
            <testcase name="0 documents, 0 policies, 0 statements; 0 rules applied; 0 findings; 0 suppressed; 0 incomplete" classname="palisade" time="0"/>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn hostile_text_opens_no_element() {
        let text = shown(&sample::hostile());
        assert!(sample::is_tame(&text), "{text}");
        assert!(!text.contains("<script") && !text.contains("]]>"));
        let opened: Vec<&str> = text.split('<').skip(1).map(|tag| tag.split([' ', '>', '/']).next().unwrap()).collect();
        for tag in opened {
            assert!(["?xml", "testsuites", "testsuite", "testcase", "failure", "error", "skipped", ""].contains(&tag), "{tag}");
        }
    }
}
