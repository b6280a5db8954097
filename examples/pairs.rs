//! Times the engine on pairs of policies.

use palisade::document::json;
use palisade::policy::{PolicyKind, parse::parse};
use palisade::proof::*;
use std::time::Instant;
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let n: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let docs: Vec<_> = names.iter().map(|p| json::parse(std::fs::read_to_string(p).unwrap())).collect();
    let policies: Vec<_> = docs.iter().map(|d| parse(d.root().unwrap()).0).collect();
    let mut engine = Engine::new(World::Closed);
    let t = Instant::now();
    let refs: Vec<Vec<_>> = policies.iter().map(|p| vec![p]).collect();
    let compiled: Vec<_> = refs.iter().map(|r| engine.compile(r)).collect();
    println!("{} policies compiled in {:?}", compiled.len(), t.elapsed());
    let mut x = 88172645463325252u64;
    let mut rnd = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    let mut times = Vec::new();
    let mut counts = [[0usize; 3]; 2];
    let mut slow = Vec::new();
    for k in 0..n {
        let (a, b) = ((rnd() % policies.len() as u64) as usize, (rnd() % policies.len() as u64) as usize);
        let (a, b) = if std::env::args().nth(3).is_some() { (k % policies.len(), k % policies.len()) } else { (a, b) };
        let q = NewAccess {
            old: Input { policies: &refs[a], compiled: Some(&compiled[a]) },
            new: Input { policies: &refs[b], compiled: Some(&compiled[b]) },
            kind: PolicyKind::IdentityPolicy,
        };
        let t = Instant::now();
        let p = no_new_access(&mut engine, &q);
        let e = t.elapsed();
        times.push(e);
        let vars = usize::from(!compiled[a].variables.is_empty() || !compiled[b].variables.is_empty());
        counts[vars][p.verdict as usize] += 1;
        slow.push((e, a, b, p.verdict));
        if p.verdict == Verdict::Unknown {
            println!("UNKNOWN {:?} {:?} {:?}", names[a].file_name().unwrap(), names[b].file_name().unwrap(), p.reason);
        }
    }
    times.sort();
    println!("p50 {:?} p90 {:?} p99 {:?} max {:?}", times[n / 2], times[n * 9 / 10], times[n * 99 / 100], times[n - 1]);
    println!("no vars P/F/U {:?}  vars {:?}", counts[0], counts[1]);
    slow.sort();
    for (e, a, b, v) in slow.iter().rev().take(6) {
        println!("{e:?} {:?} {:?} {v:?}", names[*a].file_name().unwrap(), names[*b].file_name().unwrap());
    }
}
