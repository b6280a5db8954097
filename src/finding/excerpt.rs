//! The few lines around a place, cut out while the text is at hand: rendering then costs the same for a file of any
//! size, and no report keeps a source alive.

use crate::span::Span;

/// Some lines of source with one place marked in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The lines, joined by `\n`; not escaped.
    pub text: String,
    /// 1-based number of the first line, in the file or in the pretty-printed policy.
    pub first_line: usize,
    /// The place within `text`, bytes.
    pub span: Span,
    /// True when `text` is not the file's own text but the policy decoded and pretty-printed.
    pub decoded: bool,
}
