//! Certificates of the engine before the checker: those it writes are accepted, and what is changed so that the claim is
//! false is refused.

use super::certificate::{Subject, file};
use super::random::policy;
use super::*;
use crate::certificate::{Failure, verify};
use crate::document::{Document, json};
use crate::policy::parse::parse;
use crate::policy::{Policy, PolicyKind};
use proptest::prelude::*;
use serde_json::{Value, json};

const PAIRS: &str = include_str!("../../tests/oracle/pairs.jsonl");

fn read(document: &Document) -> Policy<'_> {
    parse(document.root().unwrap()).0
}

/// A certificate, where the answer is PASS.
fn certificate(engine: &mut Engine, old: &Value, new: &Value, kind: PolicyKind) -> Option<Value> {
    let (old, new) = (json::parse(old.to_string()), json::parse(new.to_string()));
    let (old, new) = (read(&old), read(&new));
    engine.certify = true;
    let proof = no_new_access(engine, &NewAccess { old: Input::new(&[&old]), new: Input::new(&[&new]), kind });
    if proof.verdict != Verdict::Pass {
        return None;
    }
    let subjects = [Subject { side: "old", name: "old", policy: &old }, Subject { side: "new", name: "new", policy: &new }];
    Some(proof.certificate.expect("a certificate of every PASS").claim("no-new-access", kind, &subjects))
}

#[test]
fn another_solvers_pairs() {
    let mut engine = Engine::new(World::Closed);
    let mut claims = Vec::new();
    let mut refused = Vec::new();
    for line in PAIRS.lines() {
        let pair: Value = serde_json::from_str(line).unwrap();
        let Some(claim) = certificate(&mut engine, &pair["old"], &pair["new"], PolicyKind::IdentityPolicy) else { continue };
        if std::env::var("PALISADE_ONE").is_ok() {
            if let Err(why) = verify(&file(std::slice::from_ref(&claim))) {
                refused.push(format!("{}: {why:?}\n{line}", pair["id"]));
            }
        }
        claims.push(claim);
    }
    println!("{} {}", claims.len(), refused.len());
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    let t = std::time::Instant::now();
    println!("{:?}", verify(&file(&claims)));
    println!("{:?}", t.elapsed());
}
