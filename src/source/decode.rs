//! Bytes to text. Policies are UTF-8; what editors and consoles write instead is decoded and reported.

use crate::document::{Problem, ProblemCode};
use crate::span::Span;

/// Runs of invalid bytes listed per file.
const MAX_RUNS: usize = 20;

/// Stands for each invalid byte (the control character SUBSTITUTE): one byte for one byte, so that offsets stay true.
pub const SUBSTITUTE: char = '\u{1A}';

/// Decode to UTF-8. Well-formed UTF-8 is handed on without a copy.
pub fn decode(bytes: Vec<u8>) -> (String, Vec<Problem>) {
    match sniff(&bytes) {
        Encoding::Utf8 => utf8(bytes),
        Encoding::Utf8Mark => {
            let (text, mut problems) = utf8(bytes.get(3..).unwrap_or_default().to_vec());
            let help = "save the file as UTF-8 without BOM: AWS refuses a policy that starts with one";
            let mark =
                Problem::new(ProblemCode::ByteOrderMark, Span::default(), "byte order mark before the first character", help);
            problems.insert(0, mark);
            (text, problems)
        }
        Encoding::Utf16 { big, mark } => utf16(bytes.get(mark..).unwrap_or_default(), big),
        Encoding::Utf32 => {
            let help = "save the file as UTF-8 without BOM";
            let problem = Problem::new(ProblemCode::InvalidUtf8, Span::default(), "UTF-32 text cannot be read", help);
            (String::new(), vec![problem])
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf8Mark,
    Utf16 {
        big: bool,
        /// Bytes of the byte order mark.
        mark: usize,
    },
    Utf32,
}

/// Tells the encoding by the byte order mark, or by where the NULs are: JSON and YAML start with two ASCII characters.
fn sniff(bytes: &[u8]) -> Encoding {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Encoding::Utf8Mark,
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Encoding::Utf32,
        [0xFF, 0xFE, ..] => Encoding::Utf16 { big: false, mark: 2 },
        [0xFE, 0xFF, ..] => Encoding::Utf16 { big: true, mark: 2 },
        [1..=255, 0, 0, 0, ..] | [0, 0, 0, 1..=255, ..] => Encoding::Utf32,
        [1..=255, 0, 1..=255, 0, ..] => Encoding::Utf16 { big: false, mark: 0 },
        [0, 1..=255, 0, 1..=255, ..] => Encoding::Utf16 { big: true, mark: 0 },
        _ => Encoding::Utf8,
    }
}

fn utf8(bytes: Vec<u8>) -> (String, Vec<Problem>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, Vec::new()),
        Err(error) => mend(error.as_bytes()),
    }
}

/// Replace what is not UTF-8, byte for byte, and report each run of it once.
fn mend(bytes: &[u8]) -> (String, Vec<Problem>) {
    let mut text = String::with_capacity(bytes.len());
    let mut runs: Vec<(usize, usize, u8)> = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let Some(&first) = chunk.invalid().first() else { continue };
        let start = text.len();
        text.extend(chunk.invalid().iter().map(|_| SUBSTITUTE));
        match runs.last_mut() {
            Some((_, end, _)) if *end == start => *end = text.len(),
            Some(_) | None => runs.push((start, text.len(), first)),
        }
    }
    let mut problems: Vec<Problem> = runs.iter().take(MAX_RUNS).map(|&run| invalid(run)).collect();
    if let Some(&(start, end, _)) = runs.get(MAX_RUNS) {
        let message = format!("{} more places are not UTF-8", runs.len() - MAX_RUNS);
        let help = "save the file as UTF-8";
        problems.push(Problem::new(ProblemCode::TooManyProblems, Span::new(start, end), message, help));
    }
    (text, problems)
}

fn invalid((start, end, first): (usize, usize, u8)) -> Problem {
    let message = match end - start {
        1 => format!("the byte 0x{first:02X} is not UTF-8"),
        n => format!("{n} bytes, the first 0x{first:02X}, are not UTF-8"),
    };
    let help = match first {
        0x91 | 0x92 => "save the file as UTF-8; this looks like a typographic apostrophe in Windows-1252: write `'`",
        0x93 | 0x94 => "save the file as UTF-8; this looks like a typographic quote in Windows-1252: write `\"`",
        _ => "save the file as UTF-8",
    };
    Problem::new(ProblemCode::InvalidUtf8, Span::new(start, end), message, help)
}

fn utf16(bytes: &[u8], big: bool) -> (String, Vec<Problem>) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
    let mut text = String::with_capacity(pairs.len());
    let mut broken: Option<Span> = None;
    let substitute = |text: &mut String, broken: &mut Option<Span>| {
        broken.get_or_insert(Span::new(text.len(), text.len() + 1));
        text.push(SUBSTITUTE);
    };
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(c) => text.push(c),
            Err(_) => substitute(&mut text, &mut broken),
        }
    }
    if !rest.is_empty() {
        substitute(&mut text, &mut broken);
    }
    let order = if big { "big" } else { "little" };
    let message = format!("the file is UTF-16 ({order} endian), not UTF-8");
    let help = "save the file as UTF-8 without BOM; places count in the text after decoding";
    let mut problems = vec![Problem::new(ProblemCode::Utf16, Span::default(), message, help)];
    if let Some(span) = broken {
        let message = "half a character: the file is damaged here";
        problems.push(Problem::new(ProblemCode::InvalidUtf8, span, message, "restore the file, and save it as UTF-8"));
    }
    (text, problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes(problems: &[Problem]) -> Vec<&'static str> {
        problems.iter().map(|p| p.code.as_str()).collect()
    }

    fn utf16_bytes(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    #[test]
    fn utf_8_passes_and_its_mark_is_reported() {
        assert_eq!(decode("{\"ü\":1}".into()), ("{\"ü\":1}".to_owned(), vec![]));
        let (text, problems) = decode(b"\xEF\xBB\xBF{}".to_vec());
        assert_eq!((text.as_str(), codes(&problems)), ("{}", vec!["byte-order-mark"]));
        assert_eq!(decode(Vec::new()), (String::new(), vec![]));
    }

    #[test]
    fn utf_16_is_decoded_with_and_without_mark() {
        for big in [false, true] {
            let body = utf16_bytes("{\"ü😀\":1}", big);
            for mark in [&[][..], if big { &[0xFE, 0xFF] } else { &[0xFF, 0xFE] }] {
                let (text, problems) = decode([mark, &body].concat());
                assert_eq!((text.as_str(), codes(&problems)), ("{\"ü😀\":1}", vec!["utf-16"]));
            }
        }
        let mut cut = utf16_bytes("{\"a\"", false);
        cut.push(b'x');
        let (text, problems) = decode(cut);
        assert_eq!((text.as_str(), codes(&problems)), ("{\"a\"\u{1A}", vec!["utf-16", "invalid-utf-8"]));
    }

    #[test]
    fn utf_32_is_refused() {
        for bytes in [&b"\xFF\xFE\0\0{\0\0\0"[..], b"\0\0\xFE\xFF\0\0\0{", b"{\0\0\0}\0\0\0", b"\0\0\0{\0\0\0}"] {
            let (text, problems) = decode(bytes.to_vec());
            assert_eq!((text.as_str(), codes(&problems)), ("", vec!["invalid-utf-8"]));
        }
    }

    #[test]
    fn invalid_bytes_keep_their_offsets() {
        let bytes = b"{\x93a\x94: \xC3\xC3\xFF\xE2\x82}".to_vec();
        let (text, problems) = decode(bytes.clone());
        assert_eq!(text.len(), bytes.len());
        let spans: Vec<_> = problems.iter().map(|p| p.span.range()).collect();
        assert_eq!(spans, [1..2, 3..4, 6..11]);
        assert!(problems[0].help.contains("typographic quote"));
        assert_eq!(problems[2].message, "5 bytes, the first 0xC3, are not UTF-8");
        let (_, problems) = decode(b"a\xFF".repeat(30));
        assert_eq!(problems.len(), MAX_RUNS + 1);
        assert_eq!(problems[MAX_RUNS].message, "10 more places are not UTF-8");
    }

    proptest! {
        #[test]
        fn any_bytes_decode(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let encoding = sniff(&bytes);
            let (text, problems) = decode(bytes.clone());
            for problem in &problems {
                prop_assert!(text.get(problem.span.range()).is_some());
            }
            if encoding == Encoding::Utf8 {
                prop_assert_eq!(text.len(), bytes.len());
                prop_assert_eq!(problems.is_empty(), std::str::from_utf8(&bytes).is_ok());
            } else {
                prop_assert!(!problems.is_empty());
            }
        }
    }
}
