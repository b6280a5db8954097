//! A mistake in the text of a document: what it is, where, and its cure.

use crate::span::Span;

/// What kind of mistake; the kebab-case name is printed and stays stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemCode {
    /// A comma before a closing bracket.
    TrailingComma,
    /// Two values or members without a comma between them.
    MissingComma,
    /// A comma where a value should stand.
    ExtraComma,
    /// A key without a colon.
    MissingColon,
    /// A key or an array element without a value.
    MissingValue,
    /// `“ ” ‘ ’ « »` and their kin used as quotation marks.
    TypographicQuote,
    /// `'…'` used as quotation marks.
    SingleQuote,
    /// A comment, which JSON does not have.
    Comment,
    /// A string that is never closed on its line.
    UnclosedString,
    /// `[` without `]`.
    UnclosedBracket,
    /// `{` without `}`.
    UnclosedBrace,
    /// A closing bracket that closes nothing.
    UnexpectedCloser,
    /// Text after the end of the value.
    TextAfterValue,
    /// An escape that JSON does not have, or half a surrogate pair.
    BadEscape,
    /// A control character inside a string, or NUL anywhere.
    ControlCharacter,
    /// A word without quotes: `True`, `None`, `Allow`.
    BareWord,
    /// A number JSON cannot spell.
    BadNumber,
    /// Any other character that cannot stand here.
    UnexpectedCharacter,
    /// The same key twice in one object.
    DuplicateKey,
    /// A UTF-8 byte order mark.
    ByteOrderMark,
    /// UTF-16 instead of UTF-8.
    Utf16,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// Nothing to read.
    Empty,
    /// Nested deeper than the limit.
    TooDeep,
    /// Larger than the limit.
    TooLarge,
    /// The YAML reader gave up.
    Yaml,
    /// A YAML tag that CloudFormation does not have.
    UnknownTag,
    /// A document of a version that is not known.
    UnknownVersion,
    /// Well-formed, but not the grammar of a policy.
    PolicyGrammar,
    /// A rule file that is not a rule.
    Rule,
    /// A scenario or a request that is none.
    Scenario,
    /// More mistakes than are listed.
    TooManyProblems,
}

impl ProblemCode {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrailingComma => "trailing-comma",
            Self::MissingComma => "missing-comma",
            Self::ExtraComma => "extra-comma",
            Self::MissingColon => "missing-colon",
            Self::MissingValue => "missing-value",
            Self::TypographicQuote => "typographic-quote",
            Self::SingleQuote => "single-quote",
            Self::Comment => "comment",
            Self::UnclosedString => "unclosed-string",
            Self::UnclosedBracket => "unclosed-bracket",
            Self::UnclosedBrace => "unclosed-brace",
            Self::UnexpectedCloser => "unexpected-closer",
            Self::TextAfterValue => "text-after-value",
            Self::BadEscape => "bad-escape",
            Self::ControlCharacter => "control-character",
            Self::BareWord => "bare-word",
            Self::BadNumber => "bad-number",
            Self::UnexpectedCharacter => "unexpected-character",
            Self::DuplicateKey => "duplicate-key",
            Self::ByteOrderMark => "byte-order-mark",
            Self::Utf16 => "utf-16",
            Self::InvalidUtf8 => "invalid-utf-8",
            Self::Empty => "empty-file",
            Self::TooDeep => "too-deep",
            Self::TooLarge => "too-large",
            Self::Yaml => "yaml",
            Self::UnknownTag => "unknown-tag",
            Self::UnknownVersion => "unknown-version",
            Self::PolicyGrammar => "policy-grammar",
            Self::Rule => "rule",
            Self::Scenario => "scenario",
            Self::TooManyProblems => "too-many-problems",
        }
    }
}

impl ProblemCode {
    /// True for what makes a text no JSON.
    pub fn is_syntax(self) -> bool {
        match self {
            Self::DuplicateKey
            | Self::TooDeep
            | Self::TooLarge
            | Self::Yaml
            | Self::UnknownTag
            | Self::UnknownVersion
            | Self::PolicyGrammar
            | Self::Rule
            | Self::Scenario
            | Self::TooManyProblems => false,
            Self::TrailingComma
            | Self::MissingComma
            | Self::ExtraComma
            | Self::MissingColon
            | Self::MissingValue
            | Self::TypographicQuote
            | Self::SingleQuote
            | Self::Comment
            | Self::UnclosedString
            | Self::UnclosedBracket
            | Self::UnclosedBrace
            | Self::UnexpectedCloser
            | Self::TextAfterValue
            | Self::BadEscape
            | Self::ControlCharacter
            | Self::BareWord
            | Self::BadNumber
            | Self::UnexpectedCharacter
            | Self::ByteOrderMark
            | Self::Utf16
            | Self::InvalidUtf8
            | Self::Empty => true,
        }
    }

    /// True when the tree is what the author meant all the same, so that what it says can be relied on.
    pub fn is_mended(self) -> bool {
        matches!(
            self,
            Self::TrailingComma
                | Self::MissingComma
                | Self::ExtraComma
                | Self::TypographicQuote
                | Self::SingleQuote
                | Self::Comment
                | Self::ByteOrderMark
                | Self::DuplicateKey
                | Self::UnknownTag
                | Self::UnknownVersion
                | Self::PolicyGrammar
        )
    }
}

/// One mistake with its cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub code: ProblemCode,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// Where; empty spans are insertion points.
    pub span: Span,
    /// A second place that explains the first, such as the bracket that was never closed.
    pub related: Option<(Span, String)>,
}

impl Problem {
    /// A problem at one place.
    pub fn new(code: ProblemCode, span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: help.into(), span, related: None }
    }

    /// The same with a second place.
    pub fn with_related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related = Some((span, message.into()));
        self
    }
}
