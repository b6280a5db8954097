//! A value of a rule parameter as somebody wrote it, before it is checked against the parameter's type.

use crate::span::Span;
use std::fmt;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamData {
    /// Text.
    String(String),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number. Text parameters accept it too: an account id without quotes is one.
    Int {
        /// Its value.
        value: i64,
        /// Its digits as written, leading zeros included.
        text: String,
    },
    /// A list.
    List(Vec<ParamValue>),
}

/// A value and its place; the place is empty for one from the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamValue {
    /// What was written.
    pub data: ParamData,
    /// Where.
    pub span: Span,
}

impl ParamValue {
    /// Text without a place.
    pub fn string(text: &str) -> Self {
        Self { data: ParamData::String(text.to_owned()), span: Span::default() }
    }

    /// As it would be written down, so that two values are the same when this is.
    pub fn written(&self) -> String {
        match &self.data {
            ParamData::String(text) => format!("{text:?}"),
            ParamData::Int { text, .. } => text.clone(),
            ParamData::Bool(value) => value.to_string(),
            ParamData::List(items) => format!("[{}]", items.iter().map(Self::written).collect::<Vec<_>>().join(",")),
        }
    }

    /// The text of a string or of a number.
    pub fn as_text(&self) -> Option<&str> {
        match &self.data {
            ParamData::String(text) | ParamData::Int { text, .. } => Some(text),
            ParamData::Bool(_) | ParamData::List(_) => None,
        }
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            ParamData::Bool(value) => Some(value),
            ParamData::String(_) | ParamData::Int { .. } | ParamData::List(_) => None,
        }
    }

    /// The value of a whole number.
    pub fn as_int(&self) -> Option<i64> {
        match self.data {
            ParamData::Int { value, .. } => Some(value),
            ParamData::String(_) | ParamData::Bool(_) | ParamData::List(_) => None,
        }
    }

    /// The elements of a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.data {
            ParamData::List(items) => Some(items),
            ParamData::String(_) | ParamData::Bool(_) | ParamData::Int { .. } => None,
        }
    }

    /// What it is, for messages: `text`, `a boolean`, `a whole number`, `a list`.
    pub fn type_name(&self) -> &'static str {
        match self.data {
            ParamData::String(_) => "text",
            ParamData::Bool(_) => "a boolean",
            ParamData::Int { .. } => "a whole number",
            ParamData::List(_) => "a list",
        }
    }
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            ParamData::String(text) | ParamData::Int { text, .. } => f.write_str(text),
            ParamData::Bool(value) => write!(f, "{value}"),
            ParamData::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    item.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}
