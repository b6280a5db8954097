//! Whether one of some words stands in a text, letter case ignored: one pass, no building of automata.

/// Words, in lower case.
#[derive(Clone, Debug)]
pub struct Words {
    /// Those of two bytes or more.
    words: Vec<String>,
    /// Some word is empty, and so stands in every text.
    always: bool,
    /// The words of a single byte, in both letter cases.
    bytes: Vec<u8>,
    /// Bit `a ^ b << 2` of some word's first two bytes, hashed: rules out nearly every place of a text.
    pairs: Box<[u64; 64]>,
}

/// The slot of two bytes, letter case ignored.
fn pair(a: u8, b: u8) -> usize {
    (usize::from(a | 32) ^ (usize::from(b | 32) << 4)) & 4095
}

impl Words {
    /// Compile some words; an empty word stands in every text, no word at all in none.
    pub fn new(words: Vec<String>) -> Self {
        let words: Vec<String> = words.into_iter().map(|w| w.to_ascii_lowercase()).collect();
        let mut pairs = Box::new([0u64; 64]);
        for word in &words {
            if let [a, b, ..] = word.as_bytes()
                && let Some(slot) = pairs.get_mut(pair(*a, *b) / 64)
            {
                *slot |= 1 << (pair(*a, *b) % 64);
            }
        }
        let always = words.iter().any(String::is_empty);
        let mut bytes: Vec<u8> = Vec::new();
        for word in &words {
            if let [byte] = word.as_bytes() {
                bytes.extend([*byte, byte.to_ascii_uppercase()]);
            }
        }
        bytes.sort_unstable();
        bytes.dedup();
        let words = words.into_iter().filter(|w| w.len() > 1).collect();
        Self { words, always, bytes, pairs }
    }

    /// Whether one of them stands in the text.
    pub fn any_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let here =
            |at: usize, word: &str| bytes.get(at..at + word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word.as_bytes()));
        let may_start = |a: u8, b: u8| self.pairs.get(pair(a, b) / 64).is_some_and(|slot| slot >> (pair(a, b) % 64) & 1 == 1);
        let long = |(at, two): (usize, &[u8])| {
            matches!(two, [a, b] if may_start(*a, *b)) && self.words.iter().any(|word| here(at, word))
        };
        self.always || self.bytes.iter().any(|b| memchr::memchr(*b, bytes).is_some()) || bytes.windows(2).enumerate().any(long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_words_in_any_case() {
        let words = Words::new(vec!["your".into(), "##".into(), "ä".into(), "<".into()]);
        assert!(words.any_in("arn:aws:s3:::YOUR-bucket"));
        assert!(words.any_in("a##"));
        assert!(words.any_in("xäy"));
        assert!(words.any_in("<"));
        assert!(!words.any_in("yoür #a#"));
        assert!(!words.any_in(""));
        assert!(!Words::new(Vec::new()).any_in("a"));
        assert!(Words::new(vec![String::new()]).any_in(""));
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(words in proptest::collection::vec("[aAb<-]{0,3}", 0..4), text in "[abAB<-]{0,12}") {
            let lower = text.to_ascii_lowercase();
            let plain = words.iter().any(|w| lower.contains(&w.to_ascii_lowercase()));
            prop_assert_eq!(Words::new(words).any_in(&text), plain);
        }
    }
}
