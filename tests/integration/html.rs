//! The HTML report and the exports from the command line, as a person meets them.

use crate::common::{Run, Sandbox};
use serde_json::Value;

const HOSTILE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "</script><img src=x onerror=alert(1)>",
      "Effect": "Allow",
      "Action": "iam:PassRole",
      "Resource": "*"
    }
  ]
}
"#;

const PLAIN: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}"#;

fn check(format: &str, policies: &[(&str, &str)]) -> Run {
    let sandbox = Sandbox::with(policies);
    sandbox.run(&["check", "--as-of", "2026-11-26", "--account", "111122223333", "--format", format])
}

/// The data in the page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").expect("the data begins");
    let (json, _) = rest.split_once("</script>").expect("the data ends");
    serde_json::from_str(json).expect("the data is JSON")
}

#[test]
fn a_page_has_the_finding_with_its_source() {
    let run = check("html", &[("a.json", HOSTILE)]).ends(1);
    let data = data(&run.stdout);
    let rule = data["rules"].as_array().and_then(|all| all.iter().position(|r| r[0] == "pass-role-with-star-in-resource"));
    let mut findings = data["findings"].as_array().expect("findings").iter();
    let finding = findings.find(|f| rule.is_some_and(|rule| f[0] == rule)).expect("the finding");
    let text = |at: usize| data["texts"][usize::try_from(finding[at].as_u64().expect("a number")).expect("small")].clone();
    assert_eq!(text(15), "a.json:7:17");
    assert_eq!(text(11), "</script><img src=x onerror=alert(1)>");
    let sheet = &data["sheets"][usize::try_from(finding[13][0][0].as_u64().expect("a number")).expect("small")];
    let source = sheet[2].as_str().expect("a text");
    let mark: Vec<usize> =
        sheet[3][0].as_array().expect("a mark").iter().filter_map(|n| usize::try_from(n.as_u64()?).ok()).collect();
    assert_eq!(&source[mark[0]..mark[1]], "\"iam:PassRole\"");
    assert!(!run.stdout.contains("<img"));
    assert_eq!(run.stdout.matches("</script>").count(), 2);
    run.says("<title>palisade: .</title>").says("2026-11-26 00:00 UTC");
}

#[test]
fn a_page_over_something_unread_says_so() {
    let run = check("html", &[("cut.json", "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",")]);
    run.ends(4).says("This report is incomplete").says("cut.json:1:").does_not_say(">complete<");
    check("html", &[("a.json", HOSTILE)]).says(">complete<").does_not_say("This report is incomplete");
}

#[test]
fn exports_name_the_resource_and_what_is_wrong() {
    let csv = check("csv", &[("a.json", PLAIN)]).ends(1).stdout;
    let mut lines = csv.lines();
    assert!(lines.next().expect("a head").starts_with("record,status,severity,rule,"));
    assert!(lines.next().expect("a finding").starts_with("finding,open,high,pass-role-with-star-in-resource,security,high,"));

    let event = check("ocsf", &[("a.json", PLAIN)]).ends(1).json();
    assert_eq!(event["type_uid"], 200_301);
    assert_eq!(event["severity"], "High");
    assert_eq!(event["compliance"]["control"], "pass-role-with-star-in-resource");
    assert_eq!(event["cloud"]["account"]["uid"], "111122223333");
    assert_eq!(event["time"], 1_795_651_200_000_u64);

    let batch = check("asff", &[("a.json", PLAIN)]).ends(1).json();
    let finding = &batch[0];
    assert_eq!(finding["ProductArn"], "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default");
    assert_eq!(finding["Severity"]["Label"], "HIGH");
    assert_eq!(finding["Compliance"]["Status"], "FAILED");
    assert_eq!(finding["UpdatedAt"], "2026-11-26T00:00:00Z");
}

#[test]
fn exports_over_something_unread_are_no_all_clear() {
    let cut = [("cut.json", "{\"Statement\":[{\"Effect\":\"Allow\",")];
    check("csv", &cut).says("\r\nincomplete,");
    check("ocsf", &cut).says("\"status\":\"Unknown\"");
    check("asff", &cut).says("\"Status\":\"NOT_AVAILABLE\"");
}
