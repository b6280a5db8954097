//! Parameters: typed, with defaults and overrides; a value of the wrong type is an error before anything is checked.

use crate::document::{Kind, Node, Problem, ProblemCode};
use crate::policy::arn::is_account_id;
use crate::span::Span;
use crate::text::suggest::did_you_mean;
use crate::text::value::{ParamData, ParamValue};
use std::collections::BTreeMap;

/// Names of the scalar types.
const TYPES: [&str; 11] =
    ["string", "bool", "int", "account-id", "org-id", "ou-path", "vpce-id", "arn-glob", "action-glob", "glob", "service"];

/// Declaration of one parameter.
#[derive(Clone, Debug)]
pub struct ParamSpec {
    /// Name.
    pub name: String,
    /// One of the scalar types.
    pub scalar: String,
    /// `list<…>`.
    pub list: bool,
    /// Value when nobody says otherwise.
    pub default: Option<ParamValue>,
    /// Must be given.
    pub required: bool,
    /// For people.
    pub description: String,
    /// Where it is declared.
    pub span: Span,
}

/// A value read from a document.
pub fn value_of(node: Node<'_>) -> ParamValue {
    let data = match node.kind() {
        Kind::True => ParamData::Bool(true),
        Kind::False => ParamData::Bool(false),
        Kind::Number => match node.scalar().parse() {
            Ok(value) => ParamData::Int { value, text: node.scalar().to_owned() },
            Err(_) => ParamData::String(node.scalar().to_owned()),
        },
        Kind::Array => ParamData::List(node.elements().map(value_of).collect()),
        Kind::String | Kind::Null | Kind::Object => ParamData::String(node.scalar().to_owned()),
    };
    ParamValue { data, span: node.span() }
}

impl ParamSpec {
    /// Read a declaration.
    pub fn read(name: Node<'_>, node: Node<'_>, problems: &mut Vec<Problem>) -> Self {
        let declared = node.get("type").map_or("string", Node::scalar);
        let inner = declared.strip_prefix("list<").and_then(|t| t.strip_suffix('>'));
        let scalar = inner.unwrap_or(declared);
        let place = node.get("type").unwrap_or(name).span();
        if !TYPES.contains(&scalar) {
            let help =
                did_you_mean(scalar, TYPES).unwrap_or_else(|| format!("use one of {}, or list<…> of one", TYPES.join(", ")));
            problems.push(Problem::new(ProblemCode::Rule, place, format!("`{declared}` is not a parameter type"), help));
        }
        let spec = Self {
            name: name.scalar().to_owned(),
            scalar: scalar.to_owned(),
            list: inner.is_some(),
            default: node.get("default").map(value_of),
            required: node.get("required").and_then(Node::as_bool).unwrap_or(false),
            description: node.get("description").map_or_else(String::new, |d| d.scalar().to_owned()),
            span: name.span(),
        };
        if let Some(default) = &spec.default
            && let Err(message) = spec.check(default)
        {
            problems.push(Problem::new(ProblemCode::Rule, default.span, message, "make the default fit the type"));
        }
        spec
    }

    /// Whether a value fits; the error says why not.
    pub fn check(&self, value: &ParamValue) -> Result<(), String> {
        match (value.as_list(), self.list) {
            (Some(items), true) => items.iter().try_for_each(|item| self.check_scalar(item)),
            (None, false) => self.check_scalar(value),
            // One value where a list is asked for is a list of one, as everywhere in IAM.
            (None, true) => self.check_scalar(value),
            (Some(_), false) => Err(format!("parameter `{}` takes one {}, not a list", self.name, self.scalar)),
        }
    }

    fn check_scalar(&self, value: &ParamValue) -> Result<(), String> {
        let text = value.as_text();
        let fits = match self.scalar.as_str() {
            "bool" => value.as_bool().is_some(),
            "int" => value.as_int().is_some(),
            "account-id" => text.is_some_and(is_account_id),
            "org-id" => text.is_some_and(|t| t.starts_with("o-") && t.len() > 2),
            "vpce-id" => text.is_some_and(|t| t.starts_with("vpce-")),
            // Several in one text would be a pattern that nothing fits, and a rule that asks for nothing.
            "arn-glob" => text.is_some_and(|t| t == "*" || (t.starts_with("arn:") && !several(t).any(|p| p.starts_with("arn:")))),
            "action-glob" => {
                text.is_some_and(|t| t == "*" || (t.contains(':') && !t.contains([',', ';']) && !t.contains(char::is_whitespace)))
            }
            "ou-path" => text.is_some_and(|t| t.starts_with('/') || t.starts_with("o-")),
            _ => text.is_some(),
        };
        if fits {
            return Ok(());
        }
        let list = self.list && text.is_some_and(|t| several(t).next().is_some());
        let hint = if list { "; a list is written `[a, b]`" } else { "" };
        Err(format!("parameter `{}` takes {}, not `{value}`{hint}", self.name, self.expected()))
    }

    /// A rule about actions with none of them always holds: that is no way to switch it off.
    fn asks_for_nothing(&self, value: &ParamValue) -> Option<String> {
        let none = |value: &ParamValue| value.as_list().is_some_and(<[_]>::is_empty);
        let wants = self.scalar == "action-glob" && self.list && self.default.as_ref().is_some_and(|default| !none(default));
        let name = &self.name;
        (wants && none(value))
            .then(|| format!("parameter `{name}` has no action, and the rule would hold whatever a policy says"))
    }

    fn expected(&self) -> &str {
        match self.scalar.as_str() {
            "bool" => "true or false",
            "int" => "a whole number",
            "account-id" => "an account id of 12 digits",
            "org-id" => "an organization id (`o-…`)",
            "vpce-id" => "a VPC endpoint id (`vpce-…`)",
            "arn-glob" => "an ARN with or without wildcards",
            "action-glob" => "an action such as `s3:Get*`",
            "ou-path" => "an organizational unit's path (`/…`)",
            other => other,
        }
    }
}

/// What stands behind the commas of a text.
fn several(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';']).skip(1).map(str::trim)
}

/// The values in force: overrides over defaults. A required parameter without a value leaves its name in the error list.
pub fn resolve(
    specs: &[ParamSpec],
    overrides: &BTreeMap<String, ParamValue>,
) -> (BTreeMap<String, ParamValue>, Vec<String>, Vec<String>) {
    let mut values = BTreeMap::new();
    let mut errors = Vec::new();
    let mut missing = Vec::new();
    for name in overrides.keys() {
        if !specs.iter().any(|s| s.name == *name) {
            let known: Vec<_> = specs.iter().map(|s| s.name.as_str()).collect();
            let hint = did_you_mean(name, known.iter().copied());
            let hint =
                hint.unwrap_or_else(|| format!("it has {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }));
            errors.push(format!("no parameter `{name}`: {hint}"));
        }
    }
    for spec in specs {
        // Nothing where a list is asked for is a list of none.
        let empty = |value: &&ParamValue| spec.list && value.as_text().is_some_and(str::is_empty);
        let given = overrides.get(&spec.name);
        if let Some(value) = given.filter(empty) {
            errors.extend(spec.asks_for_nothing(&ParamValue { data: ParamData::List(Vec::new()), span: value.span }));
            values.insert(spec.name.clone(), ParamValue { data: ParamData::List(Vec::new()), span: value.span });
            continue;
        }
        match given.or(spec.default.as_ref()) {
            Some(value) => {
                errors.extend(spec.check(value).err().or_else(|| spec.asks_for_nothing(value)));
                let single = spec.list && value.as_list().is_none();
                let value = if single {
                    ParamValue { data: ParamData::List(vec![value.clone()]), span: value.span }
                } else {
                    value.clone()
                };
                values.insert(spec.name.clone(), value);
            }
            None if spec.required => missing.push(spec.name.clone()),
            None => {}
        }
    }
    (values, errors, missing)
}
