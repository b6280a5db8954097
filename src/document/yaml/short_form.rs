//! Short tags of CloudFormation templates: `!Ref x` is read as `{"Ref": "x"}`, so that nothing else needs to know that
//! YAML has a second spelling.
//!
//! CloudFormation User Guide, "Intrinsic function reference".

use super::{Builder, MAX_DEPTH, Open};
use crate::document::node::{Kind, Text};
use crate::document::problem::ProblemCode;
use crate::span::Span;
use crate::text::suggest::nearest;
use saphyr_parser::{ScalarStyle, Tag};

/// Functions whose long form is `Fn::` and the name.
const FUNCTIONS: [&str; 18] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
];

/// Those whose long form is something else.
const OTHERS: [(&str, &str); 3] = [("Ref", "Ref"), ("Condition", "Condition"), ("Transform", "Fn::Transform")];

impl Builder<'_> {
    /// Open the object that a short tag stands for, with its key; the value comes next, and the answer is its place. `None`
    /// when it is too deep for that, and a null stands instead. `style` is that of a scalar.
    pub(super) fn enter_function(&mut self, tag: Option<&Tag>, span: Span, style: Option<ScalarStyle>) -> Option<Span> {
        // `!!str` is YAML's own, and a lone `!` only says that `12` is text.
        let plain = |tag: &Tag| tag.is_yaml_core_schema() || (tag.handle.is_empty() && tag.suffix == "!");
        let Some(tag) = tag.filter(|tag| self.template && !plain(tag)) else { return Some(span) };
        if self.at_key() {
            if style.is_some() {
                let help = "use text as the key";
                self.problem(ProblemCode::Yaml, span, "an intrinsic function cannot be a key", help);
            }
            return Some(span);
        }
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            self.problem(ProblemCode::TooDeep, span, &message, "flatten the document");
            self.push(Kind::Null, span, Text::Source(span));
            return None;
        }
        let written = tag.to_string();
        let long = self.long_form(tag, &written, span);
        let id = self.push(Kind::Object, span, Text::Source(Span::default()));
        self.open.push(Open { id, kind: Kind::Object, children: 0, function: true });
        let start = self.decoded.len();
        self.decoded.push_str(&long);
        self.push(Kind::String, span, Text::Decoded(Span::new(start, self.decoded.len())));
        Some(self.behind_tag(&written, span, style))
    }

    /// Close the object of a short tag, when its value has been read.
    pub(super) fn leave_function(&mut self) {
        if self.open.last().is_some_and(|open| open.function && open.children > 1) {
            self.close(self.last_end);
        }
    }

    /// The place of a value alone: the scanner's span starts with its tag.
    fn behind_tag(&self, written: &str, span: Span, style: Option<ScalarStyle>) -> Span {
        let end = span.range().end;
        let whole = self.text.get(span.range()).unwrap_or_default();
        // An anchor in front of the tag leaves the two together.
        let Some(mut rest) = whole.strip_prefix(written) else { return span };
        if matches!(style, Some(ScalarStyle::Literal | ScalarStyle::Folded)) {
            // Behind the line of the `|`.
            rest = rest.split_once('\n').map_or("", |(_, lines)| lines);
        }
        rest = rest.trim_start();
        while style.is_none_or(|s| s == ScalarStyle::Plain) && rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, lines)| lines).trim_start();
        }
        Span::new(end - rest.len(), end)
    }

    fn long_form(&mut self, tag: &Tag, written: &str, span: Span) -> String {
        let name = tag.suffix.as_str();
        if let Some((_, long)) = OTHERS.iter().find(|(short, _)| *short == name) {
            return (*long).to_owned();
        }
        if !FUNCTIONS.contains(&name) || tag.handle != "!" {
            let help = match nearest(name, FUNCTIONS.into_iter().chain(OTHERS.map(|(short, _)| short))) {
                Some(near) => format!("did you mean `!{near}`?"),
                None => format!("write the long form if it is one: `Fn::{name}: …`"),
            };
            let message = format!("`{written}` is no intrinsic function of CloudFormation");
            self.problem(ProblemCode::UnknownTag, span, &message, &help);
        }
        format!("Fn::{name}")
    }
}
