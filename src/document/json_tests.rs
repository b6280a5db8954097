//! Tests of the JSON parser: the tree, each mistake with its place, and that nothing it is fed can break it.

use super::*;
use crate::document::Node;
use proptest::prelude::*;

fn codes(text: &str) -> Vec<&'static str> {
    parse(text.to_owned()).problems().iter().map(|p| p.code.as_str()).collect()
}

/// The tree as strict JSON text, to compare with what serde_json reads.
fn render(node: Node<'_>) -> serde_json::Value {
    use serde_json::Value;
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Number => serde_json::from_str(node.scalar()).unwrap(),
        Kind::String => Value::String(node.scalar().to_owned()),
        Kind::Array => Value::Array(node.elements().map(render).collect()),
        Kind::Object => Value::Object(node.members().map(|(k, v)| (k.scalar().to_owned(), render(v))).collect()),
    }
}

fn tree(text: &str) -> serde_json::Value {
    let document = parse(text.to_owned());
    document.root().map_or(serde_json::Value::Null, render)
}

#[test]
fn reads_strict_json() {
    let text = r#" {"a": [1, -2.5e3, true, false, null, "x\u00e9\ud83d\ude00\n\/", {}], "b": {"c": []}} "#;
    assert_eq!(codes(text), Vec::<&str>::new());
    assert_eq!(tree(text), serde_json::from_str::<serde_json::Value>(text).unwrap());
}

#[test]
fn spans_cover_the_written_text() {
    let document = parse(r#"{"Action": ["s3:Get*", "a\tb"]}"#.to_owned());
    let root = document.root().unwrap();
    let (key, value) = root.members().next().unwrap();
    assert_eq!(&document.text()[key.span().range()], "\"Action\"");
    let last = value.elements().nth(1).unwrap();
    assert_eq!(&document.text()[last.span().range()], "\"a\\tb\"");
    assert_eq!(last.scalar(), "a\tb");
}

#[test]
fn duplicate_keys_survive_and_are_reported() {
    let document = parse(r#"{"a":1,"b":2,"a":3}"#.to_owned());
    assert_eq!(document.root().unwrap().members().count(), 3);
    assert_eq!(document.problems()[0].code, ProblemCode::DuplicateKey);
    assert_eq!(document.problems()[0].span, Span::new(13, 16));
    assert_eq!(document.problems()[0].related.as_ref().unwrap().0, Span::new(1, 4));
}

/// Each mistake: the text, what is reported, the tree all the same.
#[test]
fn mends_what_people_write() {
    let cases: &[(&str, &[&str], &str)] = &[
        (r#"["a","b",]"#, &["trailing-comma"], r#"["a","b"]"#),
        (r#"{"a":1,}"#, &["trailing-comma"], r#"{"a":1}"#),
        (r#"["a" "b"]"#, &["missing-comma"], r#"["a","b"]"#),
        ("{\"a\":1\n\"b\":2}", &["missing-comma"], r#"{"a":1,"b":2}"#),
        (r#"["a",,"b"]"#, &["extra-comma"], r#"["a","b"]"#),
        (r#"[,"a"]"#, &["extra-comma"], r#"["a"]"#),
        (r#"{"a" 1}"#, &["missing-colon"], r#"{"a":1}"#),
        (r#"{"a"=1}"#, &["missing-colon"], r#"{"a":1}"#),
        (r#"{"a":}"#, &["missing-value"], r#"{"a":null}"#),
        (r#"{"a":,"b":1}"#, &["missing-value"], r#"{"a":null,"b":1}"#),
        ("{“a”: “b”}", &["typographic-quote"; 4], r#"{"a":"b"}"#),
        ("{\"a”: \"b\"}", &["typographic-quote"], r#"{"a":"b"}"#),
        ("{\"a\": \"b”}", &["typographic-quote"], r#"{"a":"b"}"#),
        ("{'a': 'b'}", &["single-quote"; 2], r#"{"a":"b"}"#),
        ("// x\n{\"a\":1 /* y */}", &["comment"; 2], r#"{"a":1}"#),
        ("# x\n[1]", &["comment"], "[1]"),
        ("{\"a\": \"b\n}", &["unclosed-string"], r#"{"a":"b"}"#),
        ("{\"a\": \"b,\n\"c\": 1}", &["unclosed-string"], r#"{"a":"b","c":1}"#),
        (r#"["s3:Get, "s3:Put"]"#, &["unclosed-string"], ""),
        (r#"{"a":[1}"#, &["unclosed-bracket"], r#"{"a":[1]}"#),
        (r#"{"a":["x","y","b":"z"}"#, &["unclosed-bracket"], r#"{"a":["x","y"],"b":"z"}"#),
        ("{\"a\":[\"x\"\n\"b\":1}", &["unclosed-bracket", "missing-comma"], r#"{"a":["x"],"b":1}"#),
        (r#"[{"a":1]"#, &["unclosed-brace"], r#"[{"a":1}]"#),
        (r#"{"a":1"#, &["unclosed-brace"], r#"{"a":1}"#),
        (r#"{"a":1]}"#, &["unexpected-closer"], r#"{"a":1}"#),
        (r#"{"a":1} x"#, &["text-after-value"], r#"{"a":1}"#),
        (r#"{"a":1}}"#, &["text-after-value"], r#"{"a":1}"#),
        (r#"["\*"]"#, &["bad-escape"], r#"["*"]"#),
        (r#"["\ud800"]"#, &["bad-escape"], "[\"\u{FFFD}\"]"),
        ("[\"a\tb\"]", &["control-character"], r#"["a\tb"]"#),
        ("[\0 1]", &["control-character"], "[1]"),
        ("[True, None]", &["bare-word"; 2], "[true,null]"),
        ("{Effect: Allow}", &["bare-word"; 2], r#"{"Effect":"Allow"}"#),
        ("[s3:Get*]", &["bare-word"], r#"["s3:Get*"]"#),
        ("[012345678901]", &["bad-number"], r#"["012345678901"]"#),
        ("[1;2]", &["unexpected-character"], ""),
        ("", &["empty-file"], "null"),
        (" \n", &["empty-file"], "null"),
        ("[\u{a0}1]", &["unexpected-character"], "[1]"),
    ];
    for (text, want, want_tree) in cases {
        let got = codes(text);
        if want_tree.is_empty() {
            assert!(got.contains(&want[0]), "{text}: {got:?}");
            continue;
        }
        assert_eq!(&got[..], *want, "{text}");
        assert_eq!(tree(text), serde_json::from_str::<serde_json::Value>(want_tree).unwrap(), "{text}");
    }
}

#[test]
fn typographic_quote_that_is_never_closed() {
    let text = "{\"Statement\": [{\"Effect\": \"Deny\",\n \"Resource\": “*\n}]}";
    assert_eq!(codes(text), ["typographic-quote", "unclosed-string"]);
    assert_eq!(tree(text)["Statement"][0]["Resource"], "*");
}

#[test]
fn depth_has_a_limit() {
    let text = "[".repeat(100_000);
    assert!(codes(&text).contains(&"too-deep"));
    let text = format!("{}1{}", "[".repeat(MAX_DEPTH + 5), "]".repeat(MAX_DEPTH + 5));
    assert_eq!(codes(&text), ["too-deep"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 2_000 } else { 20_000 }))]

    /// Anything at all: no panic, every span in bounds and on character borders, the tree well nested.
    #[test]
    fn any_text_gives_a_sound_tree(text in "([\\[\\]{},:\"'“”\\\\ \n\t#/*a-z0-9.ä-]|true|null|\"Action\":|\\\\u[0-9a-f]{2,4}){0,60}") {
        sound(&text)?;
    }

    #[test]
    fn any_unicode_gives_a_sound_tree(text in any::<String>()) {
        sound(&text)?;
    }

    /// What serde_json reads, we read alike and without a complaint.
    #[test]
    fn agrees_with_serde_json(value in json_value()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(codes(&text), Vec::<&str>::new());
            prop_assert_eq!(tree(&text), value.clone());
        }
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|n| Value::Number(n.into())),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..8).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn sound(text: &str) -> Result<(), TestCaseError> {
    let document = parse(text.to_owned());
    for problem in document.problems() {
        prop_assert!(text.get(problem.span.range()).is_some(), "{:?}", problem);
        prop_assert!(!problem.message.is_empty() && !problem.help.is_empty());
    }
    if let Some(root) = document.root() {
        sound_node(text, root)?;
    } else {
        prop_assert!(!document.problems().is_empty());
    }
    // A text that is not strict JSON never passes without a word.
    if serde_json::from_str::<serde_json::Value>(text).is_err() {
        prop_assert!(!document.problems().is_empty(), "silent: {text:?}");
    }
    Ok(())
}

fn sound_node(text: &str, node: Node<'_>) -> Result<(), TestCaseError> {
    prop_assert!(text.get(node.span().range()).is_some());
    let children: Vec<_> = node.elements().chain(node.members().flat_map(|(k, v)| [k, v])).collect();
    for child in children {
        prop_assert!(node.span().contains(child.span()), "{:?} in {:?} of {text:?}", child, node);
        prop_assert!(child.subtree_end() <= node.subtree_end());
        sound_node(text, child)?;
    }
    Ok(())
}
