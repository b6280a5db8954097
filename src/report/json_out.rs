//! Writing JSON so that it is safe to print: characters a terminal would act upon are spelled as `\u` escapes, which
//! changes no value.

use super::escape::is_hostile;
use serde_json::Value;
use std::io::{Result, Write};

/// Write one value on one line, without a line break.
pub fn write_value(value: &Value, out: &mut dyn Write) -> Result<()> {
    write_text(&value.to_string(), out)
}

/// Write one value over several lines, the last one without its end.
pub fn write_pretty(value: &Value, out: &mut dyn Write) -> Result<()> {
    for (number, line) in format!("{value:#}").lines().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        write_text(line, out)?;
    }
    Ok(())
}

/// JSON without line breaks holds no hostile character outside of strings, so all may be escaped alike.
fn write_text(mut rest: &str, out: &mut dyn Write) -> Result<()> {
    while let Some(at) = rest.find(is_hostile) {
        let (plain, tail) = rest.split_at(at);
        out.write_all(plain.as_bytes())?;
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        rest = chars.as_str();
    }
    out.write_all(rest.as_bytes())
}

/// Write an array with its elements one a line, each made only when it is its turn.
pub fn write_array(values: impl Iterator<Item = Value>, out: &mut dyn Write) -> Result<()> {
    let mut before = "[\n";
    for value in values {
        out.write_all(before.as_bytes())?;
        write_value(&value, out)?;
        before = ",\n";
    }
    out.write_all(if before == "[\n" { b"[]" } else { b"\n]" })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HOSTILE, is_tame};
    use super::*;

    #[test]
    fn hostile_characters_are_escaped_and_read_back() {
        let value = Value::from(format!("{HOSTILE}\u{e0001}\u{7f}"));
        let mut out = Vec::new();
        write_value(&value, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(is_tame(&text));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        let mut out = Vec::new();
        write_pretty(&serde_json::json!({ "a": [value] }), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().count() == 5 && text.lines().all(is_tame));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["a"][0], value);
    }
}
