//! The string theory against every word of a small alphabet, and the laws of containment.

use super::*;
use crate::proof::pattern::Reading;
use proptest::prelude::*;

fn glob(text: &str) -> Pattern {
    Pattern::read(text, Reading::Glob, false, None).unwrap()
}

fn folded(text: &str) -> Pattern {
    Pattern::read(text, Reading::Glob, true, None).unwrap()
}

/// Every word of up to six letters.
fn words() -> Vec<String> {
    let mut out = vec![String::new()];
    let mut last = out.clone();
    for _ in 0..6 {
        last = last.iter().flat_map(|w| ["a", "b", "A", ":"].map(|c| format!("{w}{c}"))).collect();
        out.extend(last.iter().cloned());
    }
    out
}

fn patterns() -> impl Strategy<Value = Vec<Pattern>> {
    let one = ("[ab*?A]{0,5}", any::<bool>()).prop_map(|(text, fold)| if fold { folded(&text) } else { glob(&text) });
    prop::collection::vec(one, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_with_every_short_word(within in prop::collection::vec(patterns(), 0..3), without in prop::collection::vec(patterns(), 0..3)) {
        let inside: Vec<&[Pattern]> = within.iter().map(Vec::as_slice).collect();
        let outside: Vec<&[Pattern]> = without.iter().map(Vec::as_slice).collect();
        let holds = |w: &str| inside.iter().all(|u| u.iter().any(|p| p.matches(w))) && !outside.iter().any(|u| u.iter().any(|p| p.matches(w)));
        match solve(&inside, &outside, Side::Over) {
            Solved::Some(text) => prop_assert!(holds(&text), "{text}"),
            Solved::None => {
                let found = words().into_iter().find(|w| holds(w));
                prop_assert!(found.is_none(), "{found:?}");
            }
            Solved::Unknown(why) => prop_assert!(false, "{why}"),
        }
    }

    #[test]
    fn containment_and_meeting_are_sound(a in "[ab*?A:]{0,6}", b in "[ab*?A:]{0,6}", fold in any::<(bool, bool)>()) {
        let read = |t: &str, f: bool| if f { folded(t) } else { glob(t) };
        let (a, b) = (read(&a, fold.0), read(&b, fold.1));
        let (contains, meets) = (a.contains(&b), a.may_meet(&b));
        for word in words() {
            let (x, y) = (a.matches(&word), b.matches(&word));
            prop_assert!(!contains || !y || x, "{word}");
            prop_assert!(meets || !x || !y, "{word}");
        }
    }

    #[test]
    fn fields_of_an_arn_stay_apart(a in "[ab*?]{0,2}(:[ab*?]{0,2}){5,6}", b in "[ab*?]{0,2}(:[ab*?]{0,2}){5,6}") {
        let read = |t: &str| Pattern::read(t, Reading::Arn, false, None).unwrap();
        let (x, y) = (read(&a), read(&b));
        match solve(&[std::slice::from_ref(&x), std::slice::from_ref(&y)], &[], Side::Over) {
            Solved::Some(text) => {
                prop_assert!(x.matches(&text) && y.matches(&text), "{text}");
                prop_assert!(x.may_meet(&y));
                let apart = |t: &str| t.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
                for (pattern, text) in apart(&a).iter().zip(apart(&text)) {
                    prop_assert!(glob(pattern).matches(&text));
                }
            }
            Solved::None => prop_assert!(!x.contains(&y)),
            Solved::Unknown(why) => prop_assert!(false, "{why}"),
        }
    }
}

#[test]
fn two_patterns_cover_a_third_together() {
    let union = [glob("a"), glob("a?*")];
    assert_eq!(solve(&[&[glob("a*")]], &[&union], Side::Over), Solved::None);
    let halves = [glob("*a*"), glob("b*"), glob("")];
    assert_eq!(solve(&[&[glob("*")]], &[&halves], Side::Over), Solved::Some("x".to_owned()));
}

#[test]
fn question_marks_are_characters_and_not_bytes() {
    assert!(glob("?").matches("ü") && !glob("??").matches("ü"));
}
