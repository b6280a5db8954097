use super::*;
use crate::document::json;
use crate::span::Span;
use proptest::prelude::*;
use serde_json::{Value, json};

fn start() -> Origin {
    Origin::default()
}

/// The characters of a file from one place to another.
fn slice(text: &str, from: Position, to: Position) -> &str {
    &text[from.offset..to.offset]
}

#[test]
fn a_place_is_found_through_percent_encoding() {
    let text = "{\n  \"policyDocument\": \"%7B%22Action%22%3A%22s3%3AGet%2A%22%7D\"}".to_owned();
    let outer = json::parse(text.clone());
    let (embedding, encoding) = start().open(outer.root().unwrap().get("policyDocument").unwrap()).unwrap();
    assert_eq!((encoding, embedding.text().as_str()), (Encoding::Percent, "{\"Action\":\"s3:Get*\"}"));
    let from = embedding.position(11);
    let to = embedding.position(17);
    assert_eq!((from.line, from.column), (2, 43));
    assert_eq!(slice(&text, from, to), "s3%3AGet");
}

#[test]
fn a_string_that_was_cut_off_is_decoded_as_far_as_it_goes() {
    let decoded = r#"{"Action":"s3"#;
    for text in [r#"{"p": "%7B%22Action%22%3A%22s3"#, r#"{"p": "{\"Action\":\"s3"#] {
        let outer = json::parse(text.to_owned());
        let (embedding, _) = start().open(outer.root().unwrap().get("p").unwrap()).unwrap();
        assert_eq!(embedding.text(), decoded);
        let at = decoded.find("s3").unwrap();
        assert_eq!(slice(text, embedding.position(at), embedding.position(at + 2)), "s3");
    }
}

#[test]
fn a_place_is_found_through_strings_in_strings() {
    let policy = "{\"Sid\":\"ä\\n\"}";
    let item = json!({ "policyText": policy }).to_string();
    let text = json!({ "invokingEvent": item }).to_string();
    let outer = json::parse(text.clone());
    let (first, _) = start().open(outer.root().unwrap().get("invokingEvent").unwrap()).unwrap();
    let middle = json::parse(first.text());
    let origin = Origin::Embedded(first);
    let (second, _) = origin.open(middle.root().unwrap().get("policyText").unwrap()).unwrap();
    assert_eq!(second.text(), policy);
    let at = policy.find('ä').unwrap();
    assert_eq!(slice(&text, second.position(at), second.position(at + 2)), "ä");
    let pointers = Origin::Embedded(second).pointers("/Sid".to_owned());
    assert_eq!(pointers, ["/invokingEvent", "/policyText", "/Sid"]);
}

#[test]
fn the_end_of_a_text_is_the_end_of_its_string() {
    let text = json!({ "a": "{}" }).to_string();
    let outer = json::parse(text.clone());
    let (inner, _) = start().open(outer.root().unwrap().get("a").unwrap()).unwrap();
    assert_eq!(slice(&text, inner.position(0), inner.position(2)), "{}");
    assert_eq!(inner.position(99), inner.position(2));
}

#[test]
fn a_part_of_a_file_counts_from_its_start() {
    let origin = Origin::part(Position { offset: 100, line: 7, column: 5 }, "/configurationItems/3".to_owned());
    let text = "{\n \"a\": 1}";
    let lines = LineIndex::new(text);
    assert_eq!(origin.position(text, &lines, 0), Position { offset: 100, line: 7, column: 5 });
    assert_eq!(origin.position(text, &lines, 3), Position { offset: 103, line: 8, column: 2 });
    assert_eq!(origin.pointers("/a".to_owned()), ["/configurationItems/3/a"]);
}

fn percent(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Wrap a text in strings: `true` percent-encodes it first.
fn wrapped(inner: &str, layers: &[bool]) -> String {
    layers.iter().fold(inner.to_owned(), |text, encode| {
        let text = if *encode { percent(&text) } else { text };
        json!({ "k": text }).to_string()
    })
}

proptest! {
    /// Every character of the innermost text is found where it stands in the file, however it was wrapped.
    #[test]
    fn every_character_is_found(chars in "[a-zA-Z\"\\\\ /%:ä–😀\n\t{}]{0,40}", layers in proptest::collection::vec(any::<bool>(), 1..4)) {
        let inner = json!({ "v": chars }).to_string();
        let file = wrapped(&inner, &layers);
        let mut document = json::parse(file.clone());
        let mut origin = start();
        for _ in &layers {
            let (embedding, encoding) = origin.open(document.root().unwrap().get("k").unwrap()).unwrap();
            prop_assert_ne!(encoding, Encoding::Opaque);
            let text = embedding.text();
            origin = Origin::Embedded(embedding);
            document = json::parse(text);
        }
        prop_assert_eq!(document.text(), inner.as_str());
        let lines = LineIndex::new(document.text());
        let ends: Vec<usize> = inner.char_indices().map(|(i, _)| i).chain([inner.len()]).collect();
        let places: Vec<Position> = ends.iter().map(|i| origin.position(&inner, &lines, *i)).collect();
        let whole = slice(&file, places[0], *places.last().unwrap());
        prop_assert_eq!(places.windows(2).map(|w| slice(&file, w[0], w[1])).collect::<String>(), whole.to_owned());
        // What stands there decodes to the character.
        for (pair, c) in places.windows(2).zip(inner.chars()) {
            let mut text = slice(&file, pair[0], pair[1]).to_owned();
            for encoded in layers.iter().rev() {
                text = serde_json::from_str::<Value>(&format!("\"{text}\"")).unwrap().as_str().unwrap().to_owned();
                if *encoded {
                    text = percent::decode(&text);
                }
            }
            prop_assert_eq!(text, c.to_string());
        }
        prop_assert!(Span::new(0, file.len()).len() >= whole.len());
    }
}

#[test]
fn a_place_is_found_through_escapes_of_escapes() {
    let policy = "{\"Sid\":\"ä\\n\\\\x/😀\"}";
    let once = json!(policy).to_string();
    let bare = once[1..once.len() - 1].replace('/', "\\/");
    let text = json!({ "policy": bare }).to_string();
    let outer = json::parse(text.clone());
    let (embedding, encoding) = start().open(outer.root().unwrap().get("policy").unwrap()).unwrap();
    assert_eq!((encoding, embedding.text().as_str()), (Encoding::Escaped, policy));
    let at = policy.find("Sid").unwrap();
    assert_eq!(slice(&text, embedding.position(at), embedding.position(at + 4)), "Sid\\\\\\\"");
    let at = policy.find('/').unwrap();
    assert_eq!(slice(&text, embedding.position(at), embedding.position(at + 1)), "\\\\/");
}
