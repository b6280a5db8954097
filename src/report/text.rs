//! The report for people: the source with carets, why it matters, how to mend it. The only file that knows ariadne.

use super::diagnostic::{Diagnostic, Note};
use super::escape::{terminal, terminal_lines};
use super::frame::{self, Content, MESSAGE, TITLE};
use super::level::{paint, sgr};
use super::options::Options;
use super::snippet::{Sheet, sheets};
use super::summary;
use super::wrap::{hanging, wrap};
use crate::finding::{Incomplete, Label, Outcome, Severity};
use ariadne::{CharSet, Color, Config, IndexType, LabelAttach, Report, ReportKind};
use std::fmt;
use std::io::{Error, Result, Write};

/// Write the whole report.
pub fn write(outcome: &Outcome, options: &Options, out: &mut dyn Write) -> Result<()> {
    for problem in outcome.unsaid() {
        write_diagnostic(&Diagnostic::of_problem("incomplete", problem), options, out)?;
    }
    for finding in &outcome.findings {
        if finding.suppressed.is_none() || options.verbose {
            write_diagnostic(&Diagnostic::of_finding(finding, options.quiet), options, out)?;
        }
    }
    if !options.quiet {
        for notice in &outcome.notices {
            write_diagnostic(&Diagnostic::of_notice(notice), options, out)?;
        }
    }
    summary::write(outcome, options, out)
}

/// Write one problem, such as a mistake in a rule file or in the project file; `kind` is the first word, say `error`.
pub fn write_problem(kind: &str, problem: &Incomplete, options: &Options, out: &mut dyn Write) -> Result<()> {
    write_diagnostic(&Diagnostic::of_problem(kind, problem), options, out)
}

/// Write one message with its source and a blank line after it.
pub fn write_diagnostic(diagnostic: &Diagnostic<'_>, options: &Options, out: &mut dyn Write) -> Result<()> {
    write_header(diagnostic, options, out)?;
    let labels: Vec<&Label> = diagnostic.primary.iter().chain(&diagnostic.related).collect();
    if !labels.is_empty() {
        write_source(&labels, diagnostic.severity, options, out)?;
    }
    write_notes(&diagnostic.notes, options, out)?;
    writeln!(out)
}

/// Write titled lines, their titles aligned.
pub(super) fn write_notes(notes: &[Note<'_>], options: &Options, out: &mut dyn Write) -> Result<()> {
    let indent = notes.iter().map(|note| note.title.len()).max().unwrap_or(0);
    notes.iter().try_for_each(|note| write_note(note, indent, options, out))
}

/// `error[rule-id] high: message`, wrapped.
pub(super) fn write_header(diagnostic: &Diagnostic<'_>, options: &Options, out: &mut dyn Write) -> Result<()> {
    let code = diagnostic.code.map(|code| format!("[{}]", terminal(code))).unwrap_or_default();
    let severity = diagnostic.severity.map(|severity| format!(" {severity}")).unwrap_or_default();
    let lead = format!("{}{code}{severity}:", terminal(diagnostic.kind));
    let file = match (diagnostic.file, &diagnostic.primary) {
        (Some(file), None) => format!(" {}:", terminal(file)),
        (Some(_) | None, _) => String::new(),
    };
    let whole = format!("{lead}{file} {}", terminal(diagnostic.message));
    for (i, line) in hanging(&whole, options.width, "    ").into_iter().enumerate() {
        match line.strip_prefix(&lead) {
            Some(rest) if i == 0 => {
                let lead = paint(&lead, header_sgr(diagnostic), options.color);
                writeln!(out, "{lead}{}", paint(rest, "1", options.color))?;
            }
            Some(_) | None => writeln!(out, "{}", paint(&line, "1", options.color))?,
        }
    }
    Ok(())
}

fn header_sgr(diagnostic: &Diagnostic<'_>) -> &'static str {
    match (diagnostic.severity, diagnostic.kind) {
        (Some(severity), _) => sgr(severity),
        (None, "notice" | "note") => "34",
        (None, "warning" | "UNKNOWN") => "33",
        (None, "PASS" | "ALLOW") => "32",
        (None, _) => "31",
    }
}

/// `  why: prose wrapped under itself`, then the block to copy.
fn write_note(note: &Note<'_>, indent: usize, options: &Options, out: &mut dyn Write) -> Result<()> {
    let title = format!("  {:>indent$}:", terminal(note.title));
    let hang = " ".repeat(title.len() + 1);
    let text = terminal_lines(&note.text);
    let paragraphs = text.lines().map(str::trim).filter(|line| !line.is_empty());
    // A link that is too long for the line stays beside its title.
    let lines = paragraphs.flat_map(|line| wrap(line, options.width.saturating_sub(hang.len())));
    for (i, line) in lines.enumerate() {
        if i == 0 {
            writeln!(out, "{} {line}", paint(&title, "1", options.color))?;
        } else {
            writeln!(out, "{hang}{line}")?;
        }
    }
    for line in terminal_lines(note.block).lines() {
        writeln!(out, "{}", format!("{hang}{line}").trim_end())?;
    }
    Ok(())
}

/// Number of a sheet; its name is put in when the drawing is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct SheetId(usize);

impl fmt::Display for SheetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TITLE}{}{TITLE}", self.0)
    }
}

/// Draw the source. Numbers of lines, titles and messages are placeholders to ariadne, which can neither wrap a
/// message nor number the lines of an excerpt; `frame` fills them in.
pub(super) fn write_source(labels: &[&Label], severity: Option<Severity>, options: &Options, out: &mut dyn Write) -> Result<()> {
    let sheets = sheets(labels, options.width);
    let config = Config::new()
        .with_color(options.color)
        .with_index_type(IndexType::Byte)
        .with_char_set(CharSet::Unicode)
        .with_label_attach(LabelAttach::Start);
    let mut report = Report::build(ReportKind::Custom("", Color::Primary), (SheetId(0), 0..0)).with_config(config);
    let mut order = 0;
    for (number, sheet) in sheets.iter().enumerate() {
        for mark in &sheet.marks {
            let mut label = ariadne::Label::new((SheetId(number), mark.range.clone())).with_order(order);
            order += 1;
            label = match mark.label {
                Some(index) => label
                    .with_message(format!("{MESSAGE}{index}{MESSAGE}"))
                    .with_color(if index == 0 { primary_color(severity) } else { Color::Cyan })
                    .with_priority(if index == 0 { 2 } else { 1 }),
                None => label.with_color(Color::Fixed(249)),
            };
            report = report.with_label(label);
        }
    }
    let mut drawn = Vec::new();
    report.finish().write(sources(&sheets), &mut drawn)?;
    let drawn = String::from_utf8(drawn).map_err(Error::other)?;
    // The first line is ariadne's own header, which is colored even where color is off.
    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
    let messages: Vec<String> = labels.iter().map(|label| terminal(&label.message)).collect();
    let content = Content { sheets: &sheets, messages: &messages, width: options.width };
    out.write_all(frame::finish(body, &content).as_bytes())
}

fn sources(sheets: &[Sheet]) -> impl ariadne::Cache<SheetId> {
    ariadne::sources(sheets.iter().enumerate().map(|(number, sheet)| (SheetId(number), sheet.text.clone())))
}

fn primary_color(severity: Option<Severity>) -> Color {
    match severity {
        Some(Severity::Critical | Severity::High) | None => Color::Red,
        Some(Severity::Medium) => Color::Yellow,
        Some(Severity::Low) => Color::Cyan,
        Some(Severity::Info) => Color::Blue,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, label, location, location_of};
    use super::*;
    use crate::finding::{Excerpt, Finding};
    use crate::span::Span;
    use std::sync::Arc;

    fn drawn(finding: &Finding, options: &Options) -> String {
        let mut out = Vec::new();
        write_diagnostic(&Diagnostic::of_finding(finding, false), options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn plain(finding: &Finding) -> String {
        drawn(finding, &Options::default())
    }

    /// A finding with nothing around it, to look at the source alone.
    fn bare(primary: Label) -> Finding {
        Finding { why: None, help: None, url: None, ..sample::finding("rule", Severity::High, "message", primary) }
    }

    fn widest(text: &str) -> usize {
        text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap_or(0)
    }

    #[test]
    fn two_labels_near_each_other() {
        insta::assert_snapshot!(plain(&sample::wildcard()), @r#"
        error[rekognition-project-wildcard] high: `rekognition:DetectCustomLabels` is
            granted on every project
           ╭─[ policies/consumer.json:8:19 ]
           │
         5 │       "Sid": "Detect",
         6 │       "Effect": "Allow",
         7 │       "Action": "rekognition:DetectCustomLabels",
           │                 ┬───────────────────────────────
           │                 ╰── the action it is granted for
         8 │       "Resource": "arn:aws:rekognition:us-east-1:111122223333:project/*"
           │                   ┬─────────────────────────────────────────────────────
           │                   ╰── `project/*` covers every project of the account,
           │                       present and future
         9 │     }
        ───╯
          why: A wildcard in place of the project name grants every model of the
               account, those trained later included.
          fix: name the project or the model version
          try: name one model version
               "arn:aws:rekognition:us-east-1:111122223333:project/NAME/version/VERSION/TIMESTAMP"
          see: https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html
        "#);
    }

    #[test]
    fn two_labels_far_apart() {
        let text = (1..=1200).map(|n| format!("  \"Sid{n}\": \"{n}\",\n")).collect::<String>();
        let mut finding = bare(label("shadows the later one", location("far.json", &text, "\"Sid7\"")));
        finding.related.push(label("", location("far.json", &text, "\"1100\"")));
        finding.related.push(label("and this is in another file", location("other.json", sample::CONSUMER, "\"Allow\"")));
        insta::assert_snapshot!(plain(&finding), @r#"
        error[rule] high: message
              ╭─[ far.json:7:3 ]
              │
            5 │   "Sid5": "5",
            6 │   "Sid6": "6",
            7 │   "Sid7": "7",
              │   ┬─────
              │   ╰── shadows the later one
            8 │   "Sid8": "8",
              │
              ├─[ far.json:1100:14 ]
              │
         1098 │   "Sid1098": "1098",
         1099 │   "Sid1099": "1099",
         1100 │   "Sid1100": "1100",
              │              ──────
         1101 │   "Sid1101": "1101",
              │
              ├─[ other.json:6:17 ]
              │
            4 │     {
            5 │       "Sid": "Detect",
            6 │       "Effect": "Allow",
              │                 ┬──────
              │                 ╰── and this is in another file
            7 │       "Action": "rekognition:DetectCustomLabels",
        ──────╯
        "#);
    }

    #[test]
    fn two_labels_on_one_line() {
        let text = "{ \"Effect\": \"Allow\", \"Action\": \"*\" }\n";
        let mut finding =
            bare(label("every action there is, those of services to come included", location("a.json", text, "\"*\"")));
        finding.related.push(label(
            "granted here, and the words about it go on for longer than the line",
            location("a.json", text, "\"Allow\""),
        ));
        insta::assert_snapshot!(plain(&finding), @r#"
        error[rule] high: message
           ╭─[ a.json:1:32 ]
           │
         1 │ { "Effect": "Allow", "Action": "*" }
           │             ┬──────            ┬──
           │             │                  ╰── every action there is, those of services
           │             │                      to come included
           │             │
           │             ╰── granted here, and the words about it go on for longer than
           │                 the line
        ───╯
        "#);
    }

    #[test]
    fn a_long_line_is_cut_around_the_label() {
        let text = format!("{{\"Action\": \"{}\", \"Resource\": \"*\", \"Sid\": \"{}\"}}", "s3:Get".repeat(17), "x".repeat(80));
        let text = plain(&bare(label("every resource", location("min.json", &text, "\"*\""))));
        assert!(widest(&text) <= 80, "{text}");
        insta::assert_snapshot!(text, @r#"
        error[rule] high: message
           ╭─[ min.json:1:130 ]
           │
         1 │ …ets3:Gets3:Gets3:Get", "Resource": "*", "Sid": "xxxxxxxxxxxxxxxxxxxxxxxxx…
           │                                     ┬──
           │                                     ╰── every resource
        ───╯
        "#);
    }

    #[test]
    fn a_message_at_the_right_edge_stands_before_its_arrow() {
        let text = format!("{{\"Sid\": \"{}\", \"Resource\": \"*\"}}\n", "x".repeat(40));
        let text = plain(&bare(label(
            "every resource of every account, those of strangers included",
            location("a.json", &text, "\"*\""),
        )));
        assert!(widest(&text) <= 80, "{text}");
        insta::assert_snapshot!(text, @r#"
        error[rule] high: message
           ╭─[ a.json:1:65 ]
           │
         1 │ {"Sid": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "Resource": "*"}
           │                                                                 ┬──
           │  every resource of every account, those of strangers included ──╯
        ───╯
        "#);
    }

    #[test]
    fn a_label_longer_than_the_page_is_cut() {
        let text = format!("{{\"Action\": \"{}\"}}", "s3:Get".repeat(40));
        let text = plain(&bare(label("long", location_of("min.json", &text, 11, text.len() - 1))));
        assert!(widest(&text) <= 80, "{text}");
        insta::assert_snapshot!(text, @r#"
        error[rule] high: message
           ╭─[ min.json:1:12 ]
           │
         1 │ …Action": "s3:Gets3:Gets3:Gets3:Gets3:Gets3:Gets3:Gets3:Gets3:Gets3:Gets3:…
           │           ┬────────────────────────────────────────────────────────────────
           │           ╰── long
        ───╯
        "#);
    }

    #[test]
    fn wide_characters_keep_their_columns() {
        let text = "{\n  \"名前\": \"読み取り専用\", \"🚀\": \"*\"\n}\n";
        let mut finding = bare(label("星 — everything", location("日本.json", text, "\"*\"")));
        finding.related.push(label("", location("日本.json", text, "\"読み取り専用\"")));
        insta::assert_snapshot!(plain(&finding), @r#"
        error[rule] high: message
           ╭─[ 日本.json:2:24 ]
           │
         1 │ {
         2 │   "名前": "読み取り専用", "🚀": "*"
           │           ──────────────        ┬──
           │                                 ╰── 星 — everything
         3 │ }
        ───╯
        "#);
    }

    #[test]
    fn a_block_of_lines() {
        let start = sample::CONSUMER.find("    {").unwrap() + 4;
        let end = sample::CONSUMER.find("    }").unwrap() + 5;
        let finding = bare(label("this statement is never reached", location_of("a.json", sample::CONSUMER, start, end)));
        insta::assert_snapshot!(plain(&finding), @r#"
        error[rule] high: message
            ╭─[ a.json:4:5 ]
            │
          2 │       "Version": "2012-10-17",
          3 │       "Statement": [
          4 │ ╭─▶     {
          5 │ │         "Sid": "Detect",
          6 │ │         "Effect": "Allow",
          7 │ │         "Action": "rekognition:DetectCustomLabels",
          8 │ │         "Resource": "arn:aws:rekognition:us-east-1:111122223333:projec…
          9 │ ├─▶     }
            │ │
            │ ╰── this statement is never reached
         10 │       ]
        ────╯
        "#);
    }

    #[test]
    fn a_long_block_of_lines_is_elided() {
        let text = format!("{{\n  \"Action\": [\n{}  ]\n}}\n", "    \"s3:Get*\",\n".repeat(30));
        let finding = bare(label("too many", location_of("a.json", &text, 14, text.len() - 3)));
        insta::assert_snapshot!(plain(&finding), @r#"
        error[rule] high: message
            ╭─[ a.json:2:13 ]
            │
          1 │     {
          2 │ ╭─▶   "Action": [
            ┆ ┆
         33 │ ├─▶   ]
            │ │
            │ ╰── too many
         34 │     }
        ────╯
        "#);
    }

    #[test]
    fn pretty_printed_policies_name_both_places() {
        let mut place = location("policy.json", sample::CONSUMER, "\"Allow\"");
        place.start = crate::span::Position { offset: 4511, line: 1, column: 4512 };
        place.pointer = "/Statement/0/Effect".into();
        let excerpt = Excerpt { decoded: true, ..(*place.excerpt).clone() };
        place.excerpt = Arc::new(excerpt);
        insta::assert_snapshot!(plain(&bare(label("", place.clone()))), @r#"
        error[rule] high: message
           ╭─[ policy.json:1:4512 (shown pretty-printed, at /Statement/0/Effect) ]
           │
         4 │     {
         5 │       "Sid": "Detect",
         6 │       "Effect": "Allow",
           │                 ───────
         7 │       "Action": "rekognition:DetectCustomLabels",
        ───╯
        "#);
        place.pointer = "/Resources/ConsumerRole/Properties/AssumeRolePolicyDocument".into();
        place.embedded = Some("/Statement/0/Effect".into());
        insta::assert_snapshot!(plain(&bare(label("", place))), @r#"
        error[rule] high: message
           ╭─[ policy.json:1:4512 ]
           │  string at /Resources/ConsumerRole/Properties/AssumeRolePolicyDocument
           │  shown decoded, at /Statement/0/Effect
           │
         4 │     {
         5 │       "Sid": "Detect",
         6 │       "Effect": "Allow",
           │                 ───────
         7 │       "Action": "rekognition:DetectCustomLabels",
        ───╯
        "#);
    }

    #[test]
    fn problems_are_drawn_alike() {
        let mut out = Vec::new();
        let mut problem = sample::incomplete();
        write_problem("error", &problem, &Options::default(), &mut out).unwrap();
        problem.location = None;
        write_problem("error", &problem, &Options::default(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        error[trailing-comma]: comma before `]`
           ╭─[ scp/deny.json:4:41 ]
           │
         2 │   "Version": "2012-10-17",
         3 │   "Statement": [
         4 │     {"Effect": "Deny", "Action": ["s3:*",], "Resource": "*"}
           │                                         ▲
         5 │   ]
        ───╯
          help: remove the comma

        error[trailing-comma]: scp/deny.json: comma before `]`
          help: remove the comma
        "#);
    }

    #[test]
    fn a_whole_run() {
        let mut out = Vec::new();
        write(&sample::outcome(), &Options::default(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        incomplete: policies/secret.json: permission denied
          help: make the file readable or exclude it in `palisade.yaml`

        incomplete[trailing-comma]: comma before `]`
           ╭─[ scp/deny.json:4:41 ]
           │
         2 │   "Version": "2012-10-17",
         3 │   "Statement": [
         4 │     {"Effect": "Deny", "Action": ["s3:*",], "Resource": "*"}
           │                                         ▲
         5 │   ]
        ───╯
          help: remove the comma

        warning[old-version] medium: the policy language version is not stated twice
           ╭─[ policies/consumer.json:2:14 ]
           │
         1 │ {
         2 │   "Version": "2012-10-17",
           │              ────────────
         3 │   "Statement": [
        ───╯
          why: A wildcard in place of the project name grants every model of the
               account, those trained later included.
          fix: name the project or the model version
          see: https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html

        error[rekognition-project-wildcard] high: `rekognition:DetectCustomLabels` is
            granted on every project
           ╭─[ policies/consumer.json:8:19 ]
           │
         5 │       "Sid": "Detect",
         6 │       "Effect": "Allow",
         7 │       "Action": "rekognition:DetectCustomLabels",
           │                 ┬───────────────────────────────
           │                 ╰── the action it is granted for
         8 │       "Resource": "arn:aws:rekognition:us-east-1:111122223333:project/*"
           │                   ┬─────────────────────────────────────────────────────
           │                   ╰── `project/*` covers every project of the account,
           │                       present and future
         9 │     }
        ───╯
          why: A wildcard in place of the project name grants every model of the
               account, those trained later included.
          fix: name the project or the model version
          try: name one model version
               "arn:aws:rekognition:us-east-1:111122223333:project/NAME/version/VERSION/TIMESTAMP"
          see: https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/tm-share.html

        notice[PAL902]: the suppression of `public-bucket-policy` matched nothing
           ╭─[ palisade.yaml:2:11 ]
           │
         1 │ suppress:
         2 │   - rule: public-bucket-policy
           │           ────────────────────
        ───╯
          help: remove it

        3 documents, 3 policies (2 identity-policy assumed, 1 trust-policy), 9
          statements; 41 rules applied; 1 file unrecognised
        2 findings: 1 high, 1 medium; 1 suppressed; 2 incomplete
        run incomplete: 2 files were not checked in full, findings in them may be
          missing
        "#);
    }

    #[test]
    fn color_adds_color_and_nothing_else() {
        let mut colored = Vec::new();
        write(&sample::outcome(), &Options { color: true, ..Options::default() }, &mut colored).unwrap();
        let colored = String::from_utf8(colored).unwrap();
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once('\x1b') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        let mut expected = Vec::new();
        write(&sample::outcome(), &Options::default(), &mut expected).unwrap();
        assert_eq!(plain, String::from_utf8(expected).unwrap());
        assert!(colored.contains("\x1b[31merror[rekognition-project-wildcard] high:\x1b[0m"));
    }

    #[test]
    fn hostile_text_is_drawn_visibly() {
        let mut out = Vec::new();
        write(&sample::hostile(), &Options { verbose: true, ..Options::default() }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(sample::is_tame(&text), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("::")));
    }

    #[test]
    fn no_excerpt_is_too_odd_to_draw() {
        let texts =
            ["", "\n", "\r\n\r\n", "a\u{2028}b\u{85}c", "\t\tx\u{202e}", "漢\u{301}字🚀", "x\n\n\ny", "\u{1}0\u{1}\u{2}1\u{2}"];
        for text in texts {
            for start in 0..=text.len() + 1 {
                for end in start..=text.len() + 2 {
                    let mut place = location_of("f", "x", 0, 0);
                    let span = Span::new(start, end);
                    place.excerpt = Arc::new(Excerpt { text: text.into(), first_line: 99, span, decoded: false });
                    let mut finding = bare(label("m", place.clone()));
                    finding.related.push(label("", place));
                    for width in [0, 30, 80] {
                        let drawn = drawn(&finding, &Options { width, ..Options::default() });
                        assert!(drawn.contains("╭─[ f:1:1 ]") && sample::is_tame(&drawn), "{text:?} {span:?}\n{drawn}");
                    }
                }
            }
        }
    }
}
