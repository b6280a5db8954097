//! Wrapping prose to a number of columns, the same way everywhere.

use textwrap::{Options, WordSeparator, WordSplitter};

/// Wrap one paragraph; words stay whole, so that ARNs and links can be copied.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    hanging(text, width, "")
}

/// The same, with every line but the first indented.
pub fn hanging(text: &str, width: usize, indent: &str) -> Vec<String> {
    let options = Options::new(width.max(20))
        .subsequent_indent(indent)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .word_separator(WordSeparator::AsciiSpace);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}
