//! Text on its way into the page: HTML, and JSON that sits in a script element.

use crate::finding::{Severity, Standing};
use crate::report::escape::{terminal, terminal_lines, xml};
use crate::report::sarif_rules::is_link;
use serde_json::Value;
use std::fmt::Write;

/// Text or an attribute.
pub fn text(text: &str) -> String {
    xml(text)
}

/// A line of prose: what stands between backticks becomes code.
pub fn prose(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return xml(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (i, piece) in pieces.iter().enumerate() {
        if i.is_multiple_of(2) {
            out.push_str(&xml(piece));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "<code>{}</code>", xml(piece));
        }
    }
    out
}

/// Paragraphs of prose.
pub fn paragraphs(text: &str) -> String {
    let parts = text.split("\n\n").map(|p| p.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    parts.filter(|p| !p.is_empty()).map(|p| format!("<p>{}</p>", prose(&p))).collect()
}

/// A link, where the address is one; the bare text otherwise.
pub fn link(address: &str) -> String {
    if is_link(address) { format!("<a href=\"{0}\" rel=\"noreferrer noopener\">{0}</a>", xml(address)) } else { xml(address) }
}

/// The word of a severity in its color.
pub fn badge(severity: Severity) -> String {
    format!("<span class=\"badge {severity}\">{severity}</span>")
}

/// A number with separators: `20,000`.
pub fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// The day and minute of an RFC 3339 time, as a `time` element; as it is when it is none.
pub fn when(at: &str) -> String {
    let shown = minute(at);
    if shown == at { xml(at) } else { format!("<time datetime=\"{}\">{}</time>", xml(at), xml(&shown)) }
}

/// `2026-11-26 01:06 UTC` of `2026-11-26T01:06:47Z`.
pub fn minute(at: &str) -> String {
    match (at.get(..10), at.get(10..11), at.get(11..16), at.ends_with('Z')) {
        (Some(day), Some("T"), Some(minute), true) => format!("{day} {minute} UTC"),
        _ => at.to_owned(),
    }
}

/// The letter of a standing in the page's data, its symbol and its word.
pub fn standing(standing: Standing) -> (char, char, &'static str) {
    match standing {
        Standing::Held => ('h', '✓', "held"),
        Standing::Open => ('o', '✕', "open"),
        Standing::Undecided => ('u', '?', "undecided"),
        Standing::Unbound => ('b', '○', "not bound"),
        Standing::NotApplicable => ('n', '–', "not applicable"),
    }
}

/// Text of one line for the page's data: invisible and reordering characters are made visible here, once.
pub fn seen(text: &str) -> String {
    terminal(text)
}

/// The same for text of several lines.
pub fn seen_lines(text: &str) -> String {
    terminal_lines(text)
}

/// JSON that can stand in a script element: it can neither end the element nor open a comment in it.
pub fn script_json(value: &Value) -> String {
    let json = value.to_string();
    let mut out = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail. These stand only within JSON strings.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scripts_cannot_be_ended_by_their_data() {
        let value = json!(["</script><img src=x onerror=alert(1)>", "<!--<script>", "a\u{2028}b\u{2029}&amp;"]);
        let text = script_json(&value);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "it reads back as it was");
    }

    #[test]
    fn prose_is_text_with_code() {
        assert_eq!(prose("`s3:*` on <b>"), "<code>s3:*</code> on &lt;b&gt;");
        assert_eq!(prose("odd ` tick"), "odd ` tick");
        assert_eq!(prose("`<i>`"), "<code>&lt;i&gt;</code>");
        assert_eq!(paragraphs("a\nb\n\n\n\nc"), "<p>a b</p><p>c</p>");
    }

    #[test]
    fn only_addresses_are_linked() {
        assert!(
            link("https://docs.aws.amazon.com/a?b=c&d=e").starts_with("<a href=\"https://docs.aws.amazon.com/a?b=c&amp;d=e\"")
        );
        for bad in ["javascript:alert(1)", "https://x\" onclick=\"y", "data:text/html,x", "//x"] {
            assert!(!link(bad).contains("<a"), "{bad}");
        }
    }

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!([0, 999, 1000, 20_000, 1_234_567].map(number), ["0", "999", "1,000", "20,000", "1,234,567"]);
        assert_eq!(minute("2026-11-26T01:06:47Z"), "2026-11-26 01:06 UTC");
        assert_eq!(minute("2026-11-26T01:06:47+01:00"), "2026-11-26T01:06:47+01:00");
        assert_eq!(minute("yesterday"), "yesterday");
        assert_eq!(minute("ääääääääääääääää"), "ääääääääääääääää");
    }
}
