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

#[test]
fn short_tags_become_their_long_form() {
    let text = r"Resources:
  B: !Sub 'arn:${AWS::Partition}:s3:::ü'
  C: !If
    - Prod
    - !GetAtt A.Arn
    - {a: !Ref X }
  D: !Join [ '', [ !Ref Y, b ] ]
  E: !Transform
    Name: N
  F: !Condition G
  H: !Foo 1
  I: !GetAZs
  J: !!str 12
  K: !Sub |
    a
    b
  L: !Sub # why
    - c
last: 1
";
    let document = parse_template(text.to_owned());
    check(&document);
    let tree = |pointer: &str| (at(&document, pointer).scalar(), source(&document, at(&document, pointer)));
    assert_eq!(tree("/Resources/B/Fn::Sub"), ("arn:${AWS::Partition}:s3:::ü", "'arn:${AWS::Partition}:s3:::ü'"));
    assert_eq!(tree("/Resources/B"), ("", "!Sub 'arn:${AWS::Partition}:s3:::ü'"));
    let (key, _) = at(&document, "/Resources/B").members().next().unwrap();
    assert_eq!((key.scalar(), source(&document, key)), ("Fn::Sub", "!Sub 'arn:${AWS::Partition}:s3:::ü'"));
    assert_eq!(tree("/Resources/C/Fn::If/1/Fn::GetAtt"), ("A.Arn", "A.Arn"));
    assert_eq!(tree("/Resources/C").1, "!If\n    - Prod\n    - !GetAtt A.Arn\n    - {a: !Ref X }");
    assert_eq!(tree("/Resources/C/Fn::If/2/a/Ref"), ("X", "X"));
    assert_eq!(tree("/Resources/C/Fn::If/2/a"), ("", "!Ref X"));
    assert_eq!(tree("/Resources/D/Fn::Join/1/0/Ref"), ("Y", "Y"));
    assert_eq!(tree("/Resources/D/Fn::Join/1/1"), ("b", "b"));
    assert_eq!(tree("/Resources/E/Fn::Transform/Name"), ("N", "N"));
    assert_eq!(tree("/Resources/F/Condition"), ("G", "G"));
    assert_eq!(tree("/Resources/H/Fn::Foo"), ("1", "1"));
    assert_eq!(at(&document, "/Resources/I/Fn::GetAZs").as_str(), Some(""));
    assert_eq!(at(&document, "/Resources/J").as_str(), Some("12"));
    assert_eq!(tree("/Resources/K/Fn::Sub"), ("a\nb\n", "a\n    b\n"));
    assert_eq!(tree("/Resources/L/Fn::Sub"), ("", "- c"));
    assert_eq!(tree("/Resources/L"), ("", "!Sub # why\n    - c"));
    assert_eq!(tree("/last"), ("1", "1"));
    let problem = &document.problems()[0];
    assert_eq!(problem.message, "`!Foo` is no intrinsic function of CloudFormation");
    assert_eq!(problem.help, "write the long form if it is one: `Fn::Foo: …`");
    assert_eq!(document.text().get(problem.span.range()), Some("!Foo 1"));
    assert_eq!(document.problems().len(), 1);
}

#[test]
fn short_tags_keep_the_limits() {
    let document = parse_template("a: !Sbu x\nb: !Sub {x: 1, x: 2}\n!Ref c: 1\n".to_owned());
    check(&document);
    let messages: Vec<_> = document.problems().iter().map(|p| (p.message.as_str(), p.help.as_str())).collect();
    assert_eq!(
        messages,
        [
            ("`!Sbu` is no intrinsic function of CloudFormation", "did you mean `!Sub`?"),
            ("duplicate key `x`", "merge the two, or remove one"),
            ("an intrinsic function cannot be a key", "use text as the key"),
        ]
    );
    assert_eq!(at(&document, "/c").scalar(), "1");
    for depth in [62, 63, 64, 65, 200] {
        let text = "[!If ".repeat(depth) + "[!Ref x, y]" + &"]".repeat(depth) + "\n";
        let document = parse_template(text);
        check(&document);
        assert_eq!(codes(&document).contains(&"too-deep"), depth > 63, "{depth} {:?}", document.problems());
    }
    // What a mistake cut off is closed all the same.
    for text in ["a: !Sub [x", "a: !Ref", "a: !Sub {b: !If [", "- !Ref x\n- !Sub\n  - 'y", "!Ref", "!Sub\n- a\n- b\n"] {
        let document = parse_template(text.to_owned());
        check(&document);
        assert!(document.root().is_some(), "{text}");
    }
    // A plain reading leaves tags alone.
    assert_eq!(at(&parse("a: !Ref true\n".to_owned()), "/a").as_str(), Some("true"));
}

proptest! {
    #[test]
    fn any_template_parses(text in "[-a{}\\[\\]:,&*!|>'\"%@#? \t\nR]{0,40}|((- |a: |\\[|\\]|\\{|\\}|, |!Ref |!If |x|\n| |#|'){0,30})") {
        check(&parse_template(text));
    }

    #[test]
    fn any_text_parses(text in "\\PC*|[-a{}\\[\\]:,&*!|>'\"%@#? \t\r\n\u{feff}ü\\\\0~<.]{0,60}") {
        check(&parse(text));
    }

    #[test]
    fn any_bytes_parse(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&parse(String::from_utf8_lossy(&bytes).into_owned()));
    }
}
