//! Patterns with `*` (any run) and `?` (exactly one character) as sets of strings: does one match a text, contain
//! another, or overlap another. All three are bounded by the product of the lengths.
//!
//! IAM User Guide, "IAM JSON policy elements: Resource" and "…: Action": these are the only wildcards.

/// Whether letters differ by case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Resources, most values.
    Sensitive,
    /// Actions, condition keys. ASCII only, as AWS names are.
    Insensitive,
}

impl Case {
    fn same(self, a: u8, b: u8) -> bool {
        match self {
            Self::Sensitive => a == b,
            Self::Insensitive => a.eq_ignore_ascii_case(&b),
        }
    }
}

/// True when the text holds a wildcard.
pub fn has_wildcard(pattern: &str) -> bool {
    memchr::memchr2(b'*', b'?', pattern.as_bytes()).is_some()
}

/// True when `pattern` matches the literal `text`.
pub fn matches(pattern: &str, text: &str, case: Case) -> bool {
    walk(pattern.as_bytes(), text.as_bytes(), case, false)
}

/// True when every string that `inner` matches is matched by `outer`.
///
/// Sound: never true wrongly. It may miss a containment that needs `*?` and `?*` to be seen as one.
pub fn contains(outer: &str, inner: &str, case: Case) -> bool {
    walk(outer.as_bytes(), inner.as_bytes(), case, true)
}

/// Greedy match with one point of return, linear but for runs of near misses. With `inner_is_glob`, wildcards of the
/// text are symbols that only `*` (or `?` for `?`) of the pattern may consume.
fn walk(pattern: &[u8], text: &[u8], case: Case, inner_is_glob: bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let Some(&c) = text.get(t) else {
            return pattern.get(p..).unwrap_or_default().iter().all(|&b| b == b'*');
        };
        let advanced = match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some(b'?') if !(inner_is_glob && c == b'*') => Some(char_len(c)),
            Some(&b) if b != b'?' && case.same(b, c) && !(inner_is_glob && (c == b'*' || c == b'?')) => Some(1),
            Some(_) | None => None,
        };
        match (advanced, retry) {
            (Some(n), _) => {
                p += 1;
                t += n;
            }
            (None, Some((back, from))) => {
                p = back;
                t = from + 1;
                retry = Some((back, t));
            }
            (None, None) => return false,
        }
    }
}

/// Bytes of the UTF-8 character that starts with `first`.
fn char_len(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

/// True when some string is matched by both.
pub fn overlaps(a: &str, b: &str, case: Case) -> bool {
    if a == "*" || b == "*" {
        return true;
    }
    // Where both are still literal they must be alike: this decides nearly every question.
    for (x, y) in a.bytes().zip(b.bytes()) {
        if matches!(x, b'*' | b'?') || matches!(y, b'*' | b'?') {
            break;
        }
        if !case.same(x, y) {
            return false;
        }
    }
    match (has_wildcard(a), has_wildcard(b)) {
        (false, false) => a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(x, y)| case.same(x, y)),
        (true, false) => matches(a, b, case),
        (false, true) => matches(b, a, case),
        (true, true) => both_overlap(a.as_bytes(), b.as_bytes(), case),
    }
}

fn both_overlap(a: &[u8], b: &[u8], case: Case) -> bool {
    let wild = |c: u8| c == b'*' || c == b'?';
    // Literal heads and tails decide nearly every question.
    let head = a.iter().zip(b).take_while(|&(&x, &y)| !wild(x) && !wild(y)).all(|(&x, &y)| case.same(x, y));
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|&(&x, &y)| !wild(x) && !wild(y)).all(|(&x, &y)| case.same(x, y));
    if !head || !tail {
        return false;
    }
    // `head*` meets whatever can begin with the head or be its beginning, which was just seen.
    let open_end = |g: &[u8]| g.ends_with(b"*") && memchr::memchr(b'*', g) == Some(g.len() - 1);
    let single = |c: &[u8]| memchr::memchr(b'?', c).is_none();
    if single(a) && single(b) && (open_end(a) || open_end(b)) {
        return true;
    }
    if b.len() < 128 { rows_of_bits(a, b, case) } else { rows(a, b, case) }
}

/// [`rows`] with a row in one number: bit `j` is set when the prefix of `a` read so far and `b[..j]` have a string in common.
fn rows_of_bits(a: &[u8], b: &[u8], case: Case) -> bool {
    let positions = |wanted: &dyn Fn(u8) -> bool| {
        b.iter().enumerate().filter(|(_, c)| wanted(**c)).fold(0u128, |mask, (i, _)| mask | (2u128 << i))
    };
    let stars = positions(&|c| c == b'*');
    let singles = positions(&|c| c == b'?');
    let all = u128::MAX >> (127 - b.len());
    // A star of `b` may stand for nothing, and stars in a row too.
    let spread = |mut row: u128, above: u128| {
        row |= stars & (above | (above << 1));
        loop {
            let more = row | (stars & (row << 1));
            if more == row {
                return row & all;
            }
            row = more;
        }
    };
    let mut row = spread(1, 1);
    for &x in a {
        row = match x {
            // Everything from the first prefix on.
            b'*' if row == 0 => 0,
            b'*' => (u128::MAX << row.trailing_zeros()) & all,
            b'?' => spread((row << 1) & !stars & all, row),
            x => spread((row << 1) & (singles | positions(&|c| c != b'*' && c != b'?' && case.same(x, c))), row),
        };
        if row == 0 {
            return false;
        }
    }
    row >> b.len() & 1 == 1
}

/// Every prefix of one against every prefix of the other.
fn rows(a: &[u8], b: &[u8], case: Case) -> bool {
    // reachable[j]: the prefix of `a` read so far and `b[..j]` have a string in common.
    let mut reachable = vec![false; b.len() + 1];
    for (j, slot) in reachable.iter_mut().enumerate() {
        *slot = b.get(..j).is_some_and(|head| head.iter().all(|&c| c == b'*'));
    }
    for &x in a {
        let mut next = vec![false; b.len() + 1];
        let mut left = false;
        for (j, slot) in next.iter_mut().enumerate() {
            let above = reachable.get(j).copied().unwrap_or(false);
            let y = j.checked_sub(1).and_then(|k| b.get(k)).copied();
            let diagonal = j.checked_sub(1).and_then(|k| reachable.get(k)).copied().unwrap_or(false);
            *slot = match (x, y) {
                (b'*', Some(_)) => above || left || diagonal,
                (b'*', None) => above,
                (_, Some(b'*')) => above || left || diagonal,
                (_, Some(y)) => diagonal && (x == b'?' || y == b'?' || case.same(x, y)),
                (_, None) => false,
            };
            left = *slot;
        }
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_as_iam_does() {
        let yes = [("s3:Get*", "s3:GetObject"), ("*", ""), ("a?c", "abc"), ("a?c", "aäc"), ("*:*", "s3:x"), ("**a", "bba")];
        let no = [("s3:Get*", "s3:PutObject"), ("a?c", "ac"), ("", "a"), ("a", "A"), ("?", "")];
        for (p, t) in yes {
            assert!(matches(p, t, Case::Sensitive), "{p} {t}");
        }
        for (p, t) in no {
            assert!(!matches(p, t, Case::Sensitive), "{p} {t}");
        }
        assert!(matches("S3:get*", "s3:GetObject", Case::Insensitive));
    }

    #[test]
    fn a_glob_is_not_a_text() {
        assert!(contains("rekognition:*Project*", "rekognition:StopProject*", Case::Insensitive));
        assert!(!contains("a?c", "a*c", Case::Sensitive));
        assert!(!contains("abc", "a?c", Case::Sensitive));
        assert!(contains("a*", "a?c", Case::Sensitive));
        assert!(!overlaps("a*b", "b*", Case::Sensitive));
        assert!(overlaps("a*b", "*cb", Case::Sensitive));
        assert!(overlaps("*", "?", Case::Sensitive));
        assert!(!overlaps("a?", "a", Case::Sensitive));
    }

    fn words(n: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..n {
            last = last.iter().flat_map(|w| ["a", "b"].map(|c| format!("{w}{c}"))).collect();
            all.extend(last.clone());
        }
        all
    }

    proptest! {
        /// Against brute force over every word of an alphabet of two letters.
        #[test]
        fn sets_agree_with_brute_force(a in "[ab*?]{0,5}", b in "[ab*?]{0,5}") {
            let words = words(7);
            let in_a: Vec<bool> = words.iter().map(|w| matches(&a, w, Case::Sensitive)).collect();
            let in_b: Vec<bool> = words.iter().map(|w| matches(&b, w, Case::Sensitive)).collect();
            let meet = in_a.iter().zip(&in_b).any(|(x, y)| *x && *y);
            prop_assert_eq!(overlaps(&a, &b, Case::Sensitive), meet, "{} {}", a, b);
            if contains(&a, &b, Case::Sensitive) {
                prop_assert!(in_a.iter().zip(&in_b).all(|(x, y)| *x || !*y), "{} {}", a, b);
            }
        }

        /// The two ways to compare two globs give one answer.
        #[test]
        fn rows_agree_with_rows_of_bits(a in "[ab*?]{0,9}", b in "[ab*?]{0,9}") {
            let (x, y) = (a.as_bytes(), b.as_bytes());
            prop_assert_eq!(rows(x, y, Case::Sensitive), rows_of_bits(x, y, Case::Sensitive), "{} {}", a, b);
        }

        #[test]
        fn everything_contains_itself(a in "[ab*?]{0,8}") {
            prop_assert!(contains(&a, &a, Case::Sensitive));
            prop_assert!(contains("*", &a, Case::Sensitive));
        }
    }
}
