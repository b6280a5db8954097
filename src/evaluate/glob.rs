//! Wildcards, the evaluator's own: `*` any run of characters, `?` exactly one. The time is at worst the product of the two
//! lengths.

/// One piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Char(char),
    /// Exactly one character.
    One,
    /// Any run of characters, the empty one included.
    Any,
}

impl Token {
    /// A character of a pattern.
    pub(super) fn of(c: char) -> Self {
        match c {
            '*' => Self::Any,
            '?' => Self::One,
            c => Self::Char(c),
        }
    }
}

/// Whether a pattern as written fits a text.
pub(super) fn plain(pattern: &str, text: &str) -> bool {
    matches(pattern.chars().map(Token::of), text, |a, b| a == b)
}

/// The same, letter case ignored.
pub(super) fn ignoring_case(pattern: &str, text: &str) -> bool {
    matches(pattern.chars().map(Token::of), text, |a, b| a.eq_ignore_ascii_case(&b))
}

/// Whether tokens fit a text.
pub(super) fn tokens(pattern: &[Token], text: &str) -> bool {
    matches(pattern.iter().copied(), text, |a, b| a == b)
}

/// Only the last `*` is ever tried again: what stands before it has matched as early as it can.
fn matches<P>(pattern: P, text: &str, same: impl Fn(char, char) -> bool) -> bool
where
    P: Iterator<Item = Token> + Clone,
{
    let (mut pattern, mut rest) = (pattern, text.chars());
    let mut again: Option<(P, std::str::Chars<'_>)> = None;
    loop {
        let mut after = pattern.clone();
        let step = match (after.next(), rest.clone().next()) {
            (Some(Token::Any), _) => {
                if after.clone().next().is_none() {
                    return true;
                }
                again = Some((after.clone(), rest.clone()));
                pattern = after;
                continue;
            }
            (None, None) => return true,
            (Some(Token::One), Some(_)) => true,
            (Some(Token::Char(wanted)), Some(found)) => same(wanted, found),
            (None, Some(_)) | (Some(Token::One | Token::Char(_)), None) => false,
        };
        if step {
            pattern = after;
            rest.next();
            continue;
        }
        // The star takes one character more.
        let Some((after_star, from)) = &mut again else { return false };
        if from.next().is_none() {
            return false;
        }
        (pattern, rest) = (after_star.clone(), from.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "ab", true),
            ("?", "", false),
            ("?", "é", true),
            ("??", "é", false),
            ("a*", "a", true),
            ("a*b*c", "axbxbc", true),
            ("a*b*c", "axbxb", false),
            ("*ab", "aab", true),
            ("*a?b*", "xaabb", true),
            ("a*b", "ab:/b", true),
            ("A", "a", false),
            ("*", "*", true),
            ("arn:*", "*", false),
        ] {
            assert_eq!(plain(pattern, text), fits, "{pattern} {text}");
            assert_eq!(tokens(&pattern.chars().map(Token::of).collect::<Vec<_>>(), text), fits, "{pattern} {text}");
        }
        assert!(ignoring_case("S3:get*", "s3:GetObject") && !ignoring_case("s3:Get?", "s3:Get"));
        // A star in a text that was put in is a character.
        assert!(!tokens(&[Token::Char('*')], "a") && tokens(&[Token::Char('*')], "*"));
    }

    #[test]
    fn many_stars_cost_no_more_than_the_product() {
        let (pattern, text) = (format!("{}b", "a*".repeat(2000)), "a".repeat(4000));
        assert!(!plain(&pattern, &text));
    }
}
