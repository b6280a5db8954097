//! A subtree printed over several lines, with the place of one node in it: what is shown when the source itself is one
//! long line.

use super::node::{Kind, Node};
use crate::span::Span;

/// Longest line; longer strings are cut around nothing, so that a caret always has room.
const WIDTH: usize = 120;

/// Print `root`; returns the text and where `target` stands in it.
pub fn print(root: Node<'_>, target: Node<'_>) -> (String, Span) {
    let mut printer = Printer { out: String::new(), target: target.id(), found: Span::default() };
    printer.node(root, 0);
    (printer.out, printer.found)
}

struct Printer {
    out: String,
    target: u32,
    found: Span,
}

impl Printer {
    fn node(&mut self, node: Node<'_>, depth: usize) {
        let start = self.out.len();
        match node.kind() {
            Kind::Array if node.elements().next().is_none() => self.out.push_str("[]"),
            Kind::Object if node.members().next().is_none() => self.out.push_str("{}"),
            Kind::Array => {
                self.out.push('[');
                for (i, element) in node.elements().enumerate() {
                    self.break_line(i, depth + 1);
                    self.node(element, depth + 1);
                }
                self.close(depth, ']');
            }
            Kind::Object => {
                self.out.push('{');
                for (i, (key, value)) in node.members().enumerate() {
                    self.break_line(i, depth + 1);
                    self.node(key, depth + 1);
                    self.out.push_str(": ");
                    self.node(value, depth + 1);
                }
                self.close(depth, '}');
            }
            Kind::String => self.out.push_str(&quoted(node.scalar())),
            Kind::Null | Kind::True | Kind::False | Kind::Number => self.out.push_str(node.scalar()),
        }
        if node.id() == self.target {
            self.found = Span::new(start, self.out.len());
        }
    }

    fn break_line(&mut self, position: usize, depth: usize) {
        self.out.push_str(if position == 0 { "\n" } else { ",\n" });
        (0..depth).for_each(|_| self.out.push_str("  "));
    }

    fn close(&mut self, depth: usize, bracket: char) {
        self.out.push('\n');
        (0..depth).for_each(|_| self.out.push_str("  "));
        self.out.push(bracket);
    }
}

/// A JSON string, its middle left out when it is long.
fn quoted(text: &str) -> String {
    let count = text.chars().count();
    if count <= WIDTH {
        return serde_json::Value::from(text).to_string();
    }
    let head: String = text.chars().take(WIDTH * 2 / 3).collect();
    let tail: String = text.chars().skip(count - WIDTH / 3).collect();
    serde_json::Value::from(format!("{head}…{tail}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    #[test]
    fn finds_the_node_in_what_it_printed() {
        let document = json::parse(r#"{"a":[1,{"b":"x\"y"}],"c":{}}"#.to_owned());
        let root = document.root().unwrap();
        let target = root.get("a").unwrap().elements().nth(1).unwrap().get("b").unwrap();
        let (text, span) = print(root, target);
        assert_eq!(&text[span.range()], r#""x\"y""#);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, serde_json::from_str::<serde_json::Value>(document.text()).unwrap());
    }
}
