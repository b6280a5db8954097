//! Tests of the YAML parser.

use super::*;
use crate::document::Node;
use proptest::prelude::*;

fn at<'d>(document: &'d Document, pointer: &str) -> Node<'d> {
    crate::document::path::resolve(document.root().unwrap(), pointer).unwrap()
}

fn source<'d>(document: &'d Document, node: Node<'_>) -> &'d str {
    document.text().get(node.span().range()).unwrap()
}

fn codes(document: &Document) -> Vec<&'static str> {
    document.problems().iter().map(|p| p.code.as_str()).collect()
}

/// Every span lies in the text on character borders, every subtree within its parent.
fn check(document: &Document) {
    for id in 0..document.len() as u32 {
        let node = document.node(id).unwrap();
        assert!(document.text().get(node.span().range()).is_some(), "{node:?}");
        assert!(node.subtree_end() as usize <= document.len() && node.subtree_end() > id);
        let parts = if node.kind() == Kind::Object { node.members().count() * 2 } else { node.elements().count() };
        assert!(parts < node.subtree_end().saturating_sub(id) as usize || parts == 0);
        let _ = node.scalar();
    }
    for problem in document.problems() {
        assert!(document.text().get(problem.span.range()).is_some(), "{problem:?}");
    }
}

#[test]
fn block_and_flow_with_spans_in_bytes() {
    let text = "# ü\r\nid: größer  # why\r\nkind: [a, \"b\\n\", 'it''s' ]\r\nmap:\r\n  x: 1\r\n  ü: {y: ~}\r\nend: z\r\n";
    let document = parse(text.to_owned());
    check(&document);
    assert_eq!(document.problems(), []);
    assert_eq!(source(&document, at(&document, "/id")), "größer");
    assert!(!at(&document, "/id").is_decoded());
    assert_eq!(source(&document, at(&document, "/kind")), "[a, \"b\\n\", 'it''s' ]");
    assert_eq!(at(&document, "/kind/1").as_str(), Some("b\n"));
    assert_eq!(source(&document, at(&document, "/kind/1")), "\"b\\n\"");
    assert_eq!(at(&document, "/kind/2").as_str(), Some("it's"));
    assert_eq!(source(&document, at(&document, "/map")), "x: 1\r\n  ü: {y: ~}");
    assert_eq!(at(&document, "/map/ü/y").kind(), Kind::Null);
    assert_eq!(source(&document, at(&document, "/end")), "z");
    let (key, _) = at(&document, "/map").members().nth(1).unwrap();
    assert_eq!(source(&document, key), "ü");
}

#[test]
fn scalars_follow_the_core_schema() {
    let text = "[null, ~, true, FALSE, yes, 1, -2.5e3, 012345678901, 0x1F, .inf, 1_000, 2027-02-01, 'true', \"1\", vpce-0a, 1.2.3, e3, '.']";
    let document = parse(text.to_owned());
    let kinds: Vec<_> = document.root().unwrap().elements().map(Node::kind).collect();
    use Kind::{False, Null, Number, String, True};
    let text = [String; 8];
    assert_eq!(kinds[..10], [Null, Null, True, False, String, Number, Number, Number, Number, Number]);
    assert_eq!(kinds[10..], text);
    assert_eq!(document.root().unwrap().elements().nth(7).unwrap().scalar(), "012345678901");
    let document = parse("a: !!str 12\nb: !Sub true\nc:\n".to_owned());
    assert_eq!(at(&document, "/a").as_str(), Some("12"));
    assert_eq!(at(&document, "/b").as_str(), Some("true"));
    assert_eq!(at(&document, "/c").scalar(), "null");
}

#[test]
fn block_scalars_are_one_node() {
    let text = "doc: |\n  {\"a\":\n   1}\nfold: >-\n  one\n  two\nlast: x\n";
    let document = parse(text.to_owned());
    check(&document);
    assert_eq!(at(&document, "/doc").as_str(), Some("{\"a\":\n 1}\n"));
    assert_eq!(source(&document, at(&document, "/doc")), "{\"a\":\n   1}\n");
    assert_eq!(at(&document, "/fold").as_str(), Some("one two"));
    assert_eq!(source(&document, at(&document, "/last")), "x");
}

#[test]
fn json_is_yaml() {
    let text = "{\n\t\"a\": [1, 2.0, true, null],\n\t\"b\\u0041\": \"c\\/\"\n}\n";
    let document = parse(text.to_owned());
    check(&document);
    assert_eq!(codes(&document), [""; 0]);
    assert_eq!(at(&document, "/bA").as_str(), Some("c/"));
}

#[test]
fn duplicates_point_at_both() {
    let document = parse("a: 1\nb: 2\n'a': 3\n".to_owned());
    let problem = &document.problems()[0];
    assert_eq!(problem.code, ProblemCode::DuplicateKey);
    assert_eq!(problem.span, Span::new(10, 13));
    assert_eq!(problem.related.as_ref().unwrap().0, Span::new(0, 1));
}

#[test]
fn what_cannot_be_pointed_at_is_refused() {
    for (text, message) in [
        ("a: &x 1\nb: *x\n", "aliases are not supported"),
        ("a: 1\n---\nb: 2\n", "a second document starts here"),
        ("? [a]\n: 1\nb: 2\n", "a list or a mapping cannot be a key"),
        ("a: 1\n\0b: 2\n", "NUL character"),
    ] {
        let document = parse(text.to_owned());
        check(&document);
        assert_eq!(document.problems()[0].message, message, "{text:?}");
    }
    for text in ["", "\n# only a comment\n", "  \n"] {
        assert_eq!(codes(&parse(text.to_owned())), ["empty-file"], "{text:?}");
    }
}

#[test]
fn a_scan_error_keeps_what_was_read() {
    for text in
        ["a: 1\nb: [2, 3\nc: 4\n", "a: 1\n\tb: 2\n", "a: 'x\n", "a: {b: c\n", "a: 1\n  b: 2\n", "a: \"\\ud83d\"\n", "a: @x"]
    {
        let document = parse(text.to_owned());
        check(&document);
        assert_eq!(codes(&document), ["yaml"], "{text:?} {:?}", document.root());
        assert_eq!(document.root().unwrap().kind(), Kind::Object, "{text:?}");
    }
}

#[test]
fn depth_is_limited() {
    for text in
        ["[".repeat(200) + &"]".repeat(200), "- ".repeat(5000) + "x", "{a: ".repeat(150) + &"}".repeat(150), "[".repeat(100_000)]
    {
        let document = parse(text);
        check(&document);
        assert!(!document.problems().is_empty());
    }
}

proptest! {
    #[test]
    fn any_text_parses(text in "\\PC*|[-a{}\\[\\]:,&*!|>'\"%@#? \t\r\n\u{feff}ü\\\\0~<.]{0,60}") {
        check(&parse(text));
    }

    #[test]
    fn any_bytes_parse(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&parse(String::from_utf8_lossy(&bytes).into_owned()));
    }
}
