//! Policy text is hostile: it may try to move the cursor, to reorder what is read, to start a workflow command or to
//! open a tag. Each kind of output has its way of making that visible instead.

use std::fmt::Write;

/// True for characters that a terminal acts upon, or that are there without being seen.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Columns a tab is shown as.
const TAB: &str = "    ";

/// An escaped text that remembers where each byte of the original went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    /// Safe to print.
    pub text: String,
    /// Pairs of original and escaped offset; between two pairs both run in step.
    steps: Vec<(usize, usize)>,
}

impl Visible {
    /// Where byte `offset` of the original stands in `text`; an offset inside a character means its start.
    pub fn map(&self, offset: usize) -> usize {
        let after = self.steps.partition_point(|&(from, _)| from <= offset);
        let (from, to) = after.checked_sub(1).and_then(|i| self.steps.get(i)).copied().unwrap_or_default();
        let limit = self.steps.get(after).map_or(self.text.len(), |&(_, to)| to);
        let mut mapped = (to + (offset - from)).min(limit);
        while !self.text.is_char_boundary(mapped) {
            mapped -= 1;
        }
        mapped
    }
}

/// Escape one line for a terminal: hostile characters as `\u{202e}`, tabs as spaces. Line breaks are hostile as well.
pub fn visible(line: &str) -> Visible {
    let mut out = Visible { text: String::with_capacity(line.len()), steps: Vec::new() };
    for (at, c) in line.char_indices() {
        if !is_hostile(c) {
            out.text.push(c);
            continue;
        }
        out.steps.push((at, out.text.len()));
        push_visible(&mut out.text, c);
        out.steps.push((at + c.len_utf8(), out.text.len()));
    }
    out
}

fn push_visible(out: &mut String, c: char) {
    if c == '\t' {
        out.push_str(TAB);
    } else {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
    }
}

/// Escape a text that must stay on one line of a terminal.
pub fn terminal(text: &str) -> String {
    map_chars(text, |out, c| if is_hostile(c) { push_visible(out, c) } else { out.push(c) })
}

/// The same for text of several lines, such as advice.
pub fn terminal_lines(text: &str) -> String {
    map_chars(text, |out, c| if is_hostile(c) && c != '\n' { push_visible(out, c) } else { out.push(c) })
}

/// Escape the message of a GitHub workflow command; line breaks survive encoded.
pub fn github_message(text: &str) -> String {
    map_chars(text, |out, c| match c {
        '%' => out.push_str("%25"),
        '\r' => out.push_str("%0D"),
        '\n' => out.push_str("%0A"),
        c if is_hostile(c) => push_visible(out, c),
        c => out.push(c),
    })
}

/// Escape a property of a GitHub workflow command.
pub fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Escape text or an attribute of XML or HTML. Line breaks become character references, which are safe in both.
pub fn xml(text: &str) -> String {
    map_chars(text, |out, c| match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\n' => out.push_str("&#10;"),
        // No spelling of these is allowed in XML 1.0.
        '\u{fffe}' | '\u{ffff}' => {}
        c if is_hostile(c) => push_visible(out, c),
        c => out.push(c),
    })
}

/// One line of prose in Markdown: what stands between backticks becomes code, all else is literal.
pub fn markdown(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) || pieces.iter().skip(1).step_by(2).any(|code| code.trim().is_empty()) {
        return markdown_literal(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (i, piece) in pieces.iter().enumerate() {
        out.push_str(&if i.is_multiple_of(2) { markdown_literal(piece) } else { markdown_code(piece) });
    }
    out
}

/// Escape everything that Markdown, GitHub and GitLab give a meaning to, mentions and bare links included.
pub fn markdown_literal(text: &str) -> String {
    let mut previous = ' ';
    map_chars(text, |out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A mention or a reference is looked for after escapes are resolved; an empty comment keeps it apart.
            '@' | '#' | '!' | '%' | '$' => {
                out.push('\\');
                out.push(c);
                out.push_str("<!-- -->");
            }
            '/' if previous == ':' => out.push_str("<!-- -->/"),
            '.' if previous.eq_ignore_ascii_case(&'w') => out.push_str("<!-- -->."),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '|' | '~' | '^' | '=' => {
                out.push('\\');
                out.push(c);
            }
            '+' | '-' if out.is_empty() => {
                out.push('\\');
                out.push(c);
            }
            c if is_hostile(c) => {
                let mut shown = String::new();
                push_visible(&mut shown, c);
                out.push_str(&shown.replace('\\', "\\\\").replace('{', "\\{").replace('}', "\\}"));
            }
            c => out.push(c),
        }
        previous = c;
    })
}

/// A code span that its content cannot leave, not even in a table: there a pipe ends the cell before code is looked for.
pub fn markdown_code(text: &str) -> String {
    let text = terminal(text).replace('|', "\\u{7c}");
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A fenced block that its content cannot leave.
pub fn markdown_block(text: &str, language: &str) -> String {
    let text = terminal_lines(text);
    let fence = "`".repeat((longest_run(&text, '`') + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|c| c != wanted).map(str::len).max().unwrap_or(0)
}

/// A relative URI of a `/` separated path.
pub fn uri_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for &byte in path.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn map_chars(text: &str, mut push: impl FnMut(&mut String, char)) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push(&mut out, c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_text_moves_no_cursor_and_reorders_nothing() {
        assert_eq!(terminal("a\x1b[2Jb\u{9b}c\u{202e}d\u{200b}e\u{2028}f\r\ng"), {
            "a\\u{1b}[2Jb\\u{9b}c\\u{202e}d\\u{200b}e\\u{2028}f\\u{d}\\u{a}g"
        });
        assert_eq!(terminal("a\tb ü 漢字 🚀"), "a    b ü 漢字 🚀");
        assert_eq!(terminal_lines("a\nb\u{85}"), "a\nb\\u{85}");
    }

    #[test]
    fn spans_follow_their_text_through_escaping() {
        let text = "\t\"a\u{202e}b\": \"\u{1b}x\"";
        let shown = visible(text);
        let from = text.find('b').unwrap();
        let at = shown.map(from);
        assert_eq!(shown.text.get(at..=at), Some("b"));
        let (from, to) = (text.find('\u{202e}').unwrap(), text.find('b').unwrap());
        assert_eq!(shown.text.get(shown.map(from)..shown.map(to)), Some("\\u{202e}"));
        assert_eq!(shown.map(from + 1), shown.map(from) + 1, "an offset inside a character stays in its escape");
        assert_eq!(shown.map(text.len()), shown.text.len());
        assert_eq!(shown.map(9_999), shown.text.len());
        assert_eq!(shown.map(0), 0);
    }

    #[test]
    fn workflow_commands_cannot_be_started() {
        assert_eq!(github_message("50%\r\n::error::x\x1b"), "50%25%0D%0A::error::x\\u{1b}");
        assert_eq!(github_property("a:b,c\nd"), "a%3Ab%2Cc%0Ad");
    }

    #[test]
    fn xml_keeps_to_its_character_set() {
        assert_eq!(xml("]]><a b=\"1\">&'\u{0}\u{ffff}\n"), "]]&gt;&lt;a b=&quot;1&quot;&gt;&amp;&#39;\\u{0}&#10;");
    }

    #[test]
    fn markdown_stays_text() {
        assert_eq!(markdown("`s3:*` on *all*"), "`s3:*` on \\*all\\*");
        assert_eq!(markdown("odd ` tick"), "odd \\` tick");
        assert_eq!(markdown_literal("@everyone"), "\\@<!-- -->everyone");
        assert_eq!(markdown_literal("<script>[a](b)|"), "&lt;script&gt;\\[a\\]\\(b\\)\\|");
        assert_eq!(markdown_literal("https://x www.y"), "https:<!-- -->//x www<!-- -->.y");
        assert_eq!(markdown_code("a``b"), "```a``b```");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_block("```\nx", "json"), "````json\n```\nx\n````\n");
        assert_eq!(markdown_code("a\\|b"), "`a\\\\u{7c}b`");
        assert_eq!(markdown_literal("a\nb"), "a\\\\u\\{a\\}b");
    }

    #[test]
    fn uris_are_relative_and_encoded() {
        assert_eq!(uri_path("a b/c:d/é#?.json"), "a%20b/c%3Ad/%C3%A9%23%3F.json");
    }
}
