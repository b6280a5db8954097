//! Whether one of some words stands in a text, letter case ignored: one pass, no building of automata.

/// Words, in lower case.
#[derive(Clone, Debug)]
pub struct Words {
    words: Vec<String>,
    /// Bit `b` of `starts[b / 64]`: some word starts with byte `b`.
    starts: [u64; 4],
}

impl Words {
    /// Compile some words; an empty word stands in every text, no word at all in none.
    pub fn new(words: Vec<String>) -> Self {
        let words: Vec<String> = words.into_iter().map(|w| w.to_ascii_lowercase()).collect();
        let mut starts = [0u64; 4];
        for first in words.iter().filter_map(|w| w.bytes().next()) {
            for byte in [first, first.to_ascii_uppercase()] {
                if let Some(slot) = starts.get_mut(usize::from(byte >> 6)) {
                    *slot |= 1 << (byte & 63);
                }
            }
        }
        Self { words, starts }
    }

    /// Whether one of them stands in the text.
    pub fn any_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let starts = |b: u8| self.starts.get(usize::from(b >> 6)).is_some_and(|slot| slot >> (b & 63) & 1 == 1);
        let here = |at: usize, b: u8, word: &str| {
            word.as_bytes().first() == Some(&b.to_ascii_lowercase())
                && bytes.get(at..at + word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word.as_bytes()))
        };
        self.words.iter().any(String::is_empty)
            || bytes.iter().enumerate().any(|(at, b)| starts(*b) && self.words.iter().any(|word| here(at, *b, word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words_in_any_case() {
        let words = Words::new(vec!["your".into(), "##".into(), "ä".into()]);
        assert!(words.any_in("arn:aws:s3:::YOUR-bucket"));
        assert!(words.any_in("a##"));
        assert!(words.any_in("xäy"));
        assert!(!words.any_in("yoür #a#"));
        assert!(!words.any_in(""));
        assert!(!Words::new(Vec::new()).any_in("a"));
    }
}
