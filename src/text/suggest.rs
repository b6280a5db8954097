//! The near miss: "did you mean …?" for rule ids, keys and file names.

/// The candidate closest to `word`, when one is close enough to be a slip of the fingers. Letter case is ignored; of
/// equally close ones the first in alphabetical order is taken, so that the answer never depends on their order.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            // So many characters must differ at least; most candidates need no closer look.
            let (short, long) = (candidate.len().min(word.len()), candidate.len().max(word.len()));
            let allowed = (long / 3).max(1);
            if word.is_ascii()
                && candidate.is_ascii()
                && (long - short > allowed || letters_apart(&word, candidate) > 2 * allowed)
            {
                return None;
            }
            let lower = candidate.to_lowercase();
            let distance = strsim::osa_distance(&word, &lower);
            // A third of the longer word may differ; beyond that a suggestion is a guess.
            let allowed = (length.max(lower.chars().count()) / 3).max(1);
            (distance <= allowed && distance < length).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// By how much the counts of letters differ; one edit changes it by at most two. ASCII only, letter case ignored.
fn letters_apart(a: &str, b: &str) -> usize {
    let mut counts = [0i16; 32];
    for (text, step) in [(a, 1), (b, -1)] {
        for byte in text.bytes() {
            if let Some(slot) = counts.get_mut(usize::from(byte & 31)) {
                *slot += step;
            }
        }
    }
    counts.iter().map(|n| usize::from(n.unsigned_abs())).sum()
}

/// The sentence for a help line, empty when nothing is close.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_guesses_are_not() {
        let ids = ["full-admin", "pass-role-any", "public-bucket-policy"];
        assert_eq!(nearest("pass-role-anny", ids), Some("pass-role-any"));
        assert_eq!(nearest("Public-Buckt-Policy", ids), Some("public-bucket-policy"));
        assert_eq!(nearest("kms-key-open", ids), None);
        assert_eq!(nearest("x", ["a", "b"]), None);
        assert_eq!(nearest("ignroe", ["select", "ignore"]), Some("ignore"));
        assert_eq!(nearest("ab", ["ad", "ac"]), Some("ac"));
        assert_eq!(did_you_mean("fulladmin", ids).unwrap(), "did you mean `full-admin`?");
    }
}
