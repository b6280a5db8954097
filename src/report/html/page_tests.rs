//! What must hold of the page as a whole. `PALISADE_HTML_OUT=FOLDER` also leaves sample pages there, for a browser.

use super::*;
use crate::audit::Audit;
use crate::report::options::Options;
use crate::report::{audit_sample, sample};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn shown(audit: &Audit) -> String {
    let mut out = Vec::new();
    let options = Options { version: "0.0.0", ..Options::default() };
    write(audit, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no `{from}`"));
    rest.split_once(to).unwrap_or_else(|| panic!("no `{to}` after `{from}`")).0
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "<script type=\"application/json\" id=\"data\">", "</script>")).unwrap()
}

/// Tags of a page, scripts and style left out.
fn tags(page: &str) -> Vec<&str> {
    let body = page.split("<style>").next().unwrap().to_owned() + page.split("</style>").nth(1).unwrap();
    let (body, _) = body.split_once("<script").unwrap();
    let length = body.len();
    // The same bytes, from the page itself.
    let skipped = page.find("</style>").unwrap() + "</style>".len();
    let head = page.find("<style>").unwrap();
    let first = page.get(..head).unwrap();
    let second = page.get(skipped..skipped + length - head).unwrap();
    [first, second].iter().flat_map(|part| part.split('<').skip(1)).map(|tag| tag.split('>').next().unwrap()).collect()
}

fn audits() -> Vec<(&'static str, Audit)> {
    let mut alone = Audit::alone(sample::outcome(), "policies", audit_sample::AT);
    alone.outcome.incomplete.clear();
    let empty = Audit::alone(crate::finding::Outcome::default(), "", "");
    vec![
        ("audit", audit_sample::audit()),
        ("hostile", audit_sample::hostile()),
        ("alone", alone),
        ("empty", empty),
        ("large", audit_sample::large(20_000, 1_000, 20)),
    ]
}

#[test]
fn the_page_runs_its_own_style_and_script_and_nothing_else() {
    let page = shown(&audit_sample::audit());
    let policy = between(&page, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    let style = hash(between(&page, "<style>", "</style>"));
    let script = hash(between(&page, "\n<script>", "</script>"));
    assert_eq!(
        policy,
        format!("default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'")
    );
}

#[test]
fn nothing_in_the_page_would_need_an_exception() {
    for (name, audit) in audits().into_iter().take(4) {
        let page = shown(&audit);
        for tag in tags(&page) {
            // What stands in quotes is no attribute.
            let bare = tag.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
            let attributes = bare.split_whitespace().skip(1).filter_map(|a| a.split_once('=')).map(|(key, _)| key);
            let bad: Vec<&str> = attributes.filter(|key| *key == "style" || key.starts_with("on") || *key == "src").collect();
            assert!(bad.is_empty(), "{name}: <{tag}>");
            let word = tag.split([' ', '/']).find(|w| !w.is_empty()).unwrap_or_default();
            assert!(!matches!(word, "img" | "iframe" | "object" | "embed" | "base" | "form"), "{name}: <{tag}>");
        }
        assert_eq!(page.matches("<script").count(), 2, "{name}");
        assert_eq!(page.matches("</script").count(), 2, "{name}");
    }
    let script = include_str!("script.js");
    for bad in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "XMLHttpRequest", "import("]
    {
        assert!(!script.contains(bad), "{bad}");
    }
    assert!(!include_str!("style.css").contains("url("), "a style that loads something");
}

#[test]
fn hostile_text_stays_text() {
    let page = shown(&audit_sample::hostile());
    assert!(sample::is_tame(&page), "invisible and reordering characters are shown");
    assert!(!page.contains("<img"));
    assert!(!page.contains("<script>alert"));
    let data = data(&page);
    let texts: Vec<&str> = data["texts"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
    assert!(texts.iter().any(|t| t.contains("</script><img src=x onerror=alert(1)>")), "it reads back as it was");
}

#[test]
fn data_is_written_once() {
    let one = shown(&audit_sample::large(2_000, 10, 3)).len();
    let two = shown(&audit_sample::large(4_000, 10, 3)).len();
    let each = (two - one) / 2_000;
    assert!(each < 260, "{each} bytes for a finding whose texts are known");
}

#[test]
fn findings_refer_to_what_is_there() {
    for (name, audit) in audits().into_iter().take(4) {
        let data = data(&shown(&audit));
        let length = |key: &str| data[key].as_array().unwrap().len() as u64;
        assert_eq!(length("findings"), audit.outcome.findings.len() as u64, "{name}");
        for finding in data["findings"].as_array().unwrap() {
            assert_eq!(finding.as_array().unwrap().len(), 23);
            assert!(finding[0].as_u64().unwrap() < length("rules"));
            for text in [4, 5, 6, 7, 9, 10, 11, 12, 15, 16, 18, 20, 22] {
                assert!(finding[text].as_u64().unwrap() < length("texts"), "{name}: {text} of {finding}");
            }
            assert!(finding[8].as_i64().unwrap() < length("rows").cast_signed());
            for sheet in finding[13].as_array().unwrap() {
                assert!(sheet[0].as_u64().unwrap() < length("sheets"));
            }
        }
    }
}

#[test]
fn marks_count_as_scripts_do() {
    let mut audit = audit_sample::audit();
    audit.outcome.findings.truncate(1);
    let text = "{\"🚀ü\": \"here\"}\n";
    audit.outcome.findings[0].primary.location = sample::location("f", text, "\"here\"");
    audit.outcome.findings[0].related.clear();
    let sheet = data(&shown(&audit))["sheets"][0].clone();
    assert_eq!(sheet[3][0], serde_json::json!([8, 14, 0]));
}

#[test]
fn an_incomplete_audit_says_so_first() {
    let page = shown(&audit_sample::audit());
    let banner = page.find("This report is incomplete").unwrap();
    assert!(banner < page.find("id=\"summary\"").unwrap());
    assert!(page.contains("AccessDenied: not authorized"));
    assert!(page.contains("let the auditor&#39;s role be assumed there"));
    let mut complete = audit_sample::audit();
    complete.sources.clear();
    assert!(!shown(&complete).contains("incomplete</h2>"));
    complete.outcome.incomplete = sample::outcome().incomplete;
    complete.outcome.findings.clear();
    let page = shown(&complete);
    assert!(page.contains("scp/deny.json:4:41") && page.contains("remove the comma"));
    assert!(page.contains("No findings in what could be read"), "no all-clear over something unread");
}

#[test]
fn without_scripts_the_page_can_be_read() {
    let page = shown(&audit_sample::audit());
    let map = between(&page, "<noscript>", "</noscript>");
    for part in ["Sandbox", "project-lifecycle-not-denied", "✕ open", "✓ held", "○ not bound", "? undecided"] {
        assert!(map.contains(part), "{part}");
    }
    let findings = page.rsplit("<noscript>").next().unwrap();
    assert!(findings.contains("<mark>&quot;arn:aws:rekognition:us-east-1:111122223333:project/*&quot;</mark>"), "{findings}");
    let worst = findings.find("can still be allowed").unwrap();
    assert!(worst < findings.find("is granted on every project").unwrap(), "the worst comes first");
}

#[test]
fn equal_audits_make_equal_pages() {
    assert!(shown(&audit_sample::large(500, 30, 4)) == shown(&audit_sample::large(500, 30, 4)));
}

#[test]
fn sections_are_there_when_they_have_something_to_say() {
    let sections = |audit: &Audit| -> Vec<String> {
        shown(audit).split("<section id=\"").skip(1).map(|s| s.split('"').next().unwrap().to_owned()).collect()
    };
    assert_eq!(sections(&audit_sample::audit()), ["summary", "coverage", "changes", "trend", "findings", "rules", "accounts"]);
    assert_eq!(sections(&Audit::default()), ["summary", "findings"]);
}

#[test]
fn sample_pages_for_a_browser() {
    let Some(folder) = std::env::var_os("PALISADE_HTML_OUT") else { return };
    for (name, audit) in audits() {
        let path = std::path::Path::new(&folder).join(format!("{name}.html"));
        crate::source::write_atomic(&path, shown(&audit).as_bytes()).unwrap();
    }
}
