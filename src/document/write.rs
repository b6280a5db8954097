//! A subtree as JSON on one line: what others are asked about, whatever format it was written in.

use super::node::{Kind, Node};

/// Write a node. Members keep their order, and doubles among them stay; numbers stay as they were written.
pub fn json(node: Node<'_>) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

fn write(node: Node<'_>, out: &mut String) {
    match node.kind() {
        Kind::Array => {
            out.push('[');
            for (at, element) in node.elements().enumerate() {
                comma(at, out);
                write(element, out);
            }
            out.push(']');
        }
        Kind::Object => {
            out.push('{');
            for (at, (key, value)) in node.members().enumerate() {
                comma(at, out);
                string(key.scalar(), out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Kind::String => string(node.scalar(), out),
        Kind::Null | Kind::True | Kind::False | Kind::Number => out.push_str(node.scalar()),
    }
}

fn comma(at: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
}

fn string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use crate::document::{json, yaml};

    #[test]
    fn json_stays_what_it_was() {
        let text = r#"{"a":[1.50,"x\"\\\u0007é",{}],"a":null,"b":[],"c":true}"#;
        assert_eq!(super::json(json::parse(text.to_owned()).root().unwrap()), text);
    }

    #[test]
    fn yaml_becomes_json() {
        let text = "Version: '2012-10-17'\nStatement:\n  - Effect: Allow\n    Action: [a, b]\n    Yes: true\n";
        let written = super::json(yaml::parse(text.to_owned()).root().unwrap());
        assert_eq!(written, r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a","b"],"Yes":true}]}"#);
    }
}
