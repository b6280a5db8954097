//! Verdicts of another solver on pairs of policies; `tests/oracle/generate.py` tells how they were made.

use palisade::document::json;
use palisade::policy::PolicyKind;
use palisade::policy::parse::parse;
use palisade::proof::{Engine, Input, NewAccess, Verdict, World, no_new_access};

/// One pair a line.
const PAIRS: &str = include_str!("../oracle/pairs.jsonl");

#[test]
fn another_solver_agrees() {
    let mut engine = Engine::new(World::Closed);
    let (mut wrong, mut undecided, mut counts) = (Vec::new(), Vec::new(), [0usize; 2]);
    for line in PAIRS.lines() {
        let document = json::parse(line.to_owned());
        assert!(document.problems().is_empty(), "{line}");
        let root = document.root().expect("a line is an object");
        let text = |key: &str| root.get(key).expect("a member").scalar();
        let [old, new] = ["old", "new"].map(|side| {
            let (policy, problems) = parse(root.get(side).expect("a policy"));
            assert!(problems.is_empty(), "{}: {problems:?}", text("id"));
            policy
        });
        let (old, new) = ([&old], [&new]);
        let question = NewAccess { old: Input::new(&old), new: Input::new(&new), kind: PolicyKind::IdentityPolicy };
        let proof = no_new_access(&mut engine, &question);
        let wanted = if text("verdict") == "PASS" { Verdict::Pass } else { Verdict::Fail };
        counts[usize::from(wanted == Verdict::Fail)] += 1;
        if proof.verdict == Verdict::Unknown {
            undecided.push(format!("{}: {}", text("id"), proof.reason.unwrap_or_default()));
        } else if proof.verdict != wanted {
            wrong.push(format!("{}: {} instead of {}\n  {line}", text("id"), proof.verdict.as_str(), wanted.as_str()));
        }
        assert_eq!(proof.verdict == Verdict::Fail, proof.witness.is_some(), "a request for each FAIL: {}", text("id"));
    }
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(undecided.is_empty(), "{} pairs are undecided:\n{}", undecided.len(), undecided.join("\n"));
    assert!(counts.iter().all(|count| *count > 200), "the pairs are lopsided: {counts:?}");
}
