//! How fast proofs and requests are decided, as ratios to parsing the policies with `serde_json` in the same run.
//!
//! ```text
//! cargo bench --bench proofs
//! PALISADE_BENCH_CORPUS=some/folder/of/policies PALISADE_BENCH_PAIRS=60000 cargo bench --bench proofs
//! ```
//!
//! Without a corpus one is made. Policies are compiled once, pairs are drawn from a fixed sequence, and percentiles are of
//! the pairs. This is no test: nothing fails when a mark is missed.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may give up")]

use palisade::document::{Document, Origin, json};
use palisade::evaluate::{Caller, CallerKind, Request, decide};
use palisade::extract::Base;
use palisade::guardrail::{Question, Texts, cover};
use palisade::organization;
use palisade::policy::{Policy, PolicyKind, parse};
use palisade::proof::{
    Asked, Compiled, Engine, Guardrail, Input, Level, NewAccess, Proof, Verdict, World, guardrail, no_new_access,
};
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[allow(dead_code, reason = "snapshots are made for the other benchmark")]
mod corpus;

fn main() {
    let scratch = tempfile::tempdir().expect("a folder for a corpus");
    let folder =
        std::env::var_os("PALISADE_BENCH_CORPUS").map_or_else(|| corpus::make(&scratch.path().join("corpus")), PathBuf::from);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).expect("a folder").flatten().map(|e| e.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    let texts: Vec<String> = paths.iter().map(|path| fs::read_to_string(path).expect("a policy")).collect();
    let reference = reference(&texts);
    println!("{} policies; serde_json needs {reference:?} for one in the mean\n", texts.len());
    let documents: Vec<Document> = texts.into_iter().map(json::parse).collect();
    let policies: Vec<Policy<'_>> = documents.iter().filter_map(|d| Some(parse(d.root()?).0)).collect();
    pairs(&policies, reference);
    stress();
    organization();
    accounts();
    requests(&policies, reference);
}

/// What parsing one policy takes.
fn reference(texts: &[String]) -> Duration {
    let start = Instant::now();
    for text in texts {
        black_box(serde_json::from_str::<serde_json::Value>(text).ok());
    }
    start.elapsed() / u32::try_from(texts.len().max(1)).unwrap_or(1)
}

/// A fixed sequence of numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (n as u64)).unwrap_or(0)
    }
}

fn pairs(policies: &[Policy<'_>], reference: Duration) {
    let mut engine = Engine::new(World::Closed);
    let lists: Vec<Vec<&Policy<'_>>> = policies.iter().map(|p| vec![p]).collect();
    let start = Instant::now();
    let compiled: Vec<Compiled> = lists.iter().map(|list| engine.compile(list)).collect();
    println!("compiling all of them: {:?}, {:.1}x parsing", start.elapsed(), ratio(start.elapsed(), reference * count(policies)));
    let total = std::env::var("PALISADE_BENCH_PAIRS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let mut dice = Dice(88_172_645_463_325_252);
    let mut drawn: Vec<(usize, usize)> = (0..total).map(|_| (dice.below(policies.len()), dice.below(policies.len()))).collect();
    let prove = |engine: &mut Engine, (old, new): (usize, usize)| {
        let input = |at: usize| Input { policies: &lists[at], compiled: Some(&compiled[at]) };
        no_new_access(engine, &NewAccess { old: input(old), new: input(new), kind: PolicyKind::IdentityPolicy })
    };
    let mut unknown = [[0usize; 2]; 2];
    let variables = |(old, new): (usize, usize)| !compiled[old].variables.is_empty() || !compiled[new].variables.is_empty();
    let mut times = Vec::with_capacity(drawn.len());
    for pair in drawn.clone() {
        let start = Instant::now();
        let proof = prove(&mut engine, pair);
        times.push(start.elapsed());
        let row = &mut unknown[usize::from(variables(pair))];
        row[0] += 1;
        row[1] += usize::from(proof.verdict == Verdict::Unknown);
    }
    told(&format!("{total} random pairs"), times, reference);
    for (row, title) in unknown.iter().zip(["without variables", "with variables"]) {
        println!("  undecided {title}: {} of {}", row[1], row[0]);
    }
    drawn.truncate(0);
    drawn.extend((0..policies.len()).map(|at| (at, at)));
    let mut wrong = 0;
    let times = drawn.iter().map(|pair| {
        let start = Instant::now();
        wrong += usize::from(prove(&mut engine, *pair).verdict != Verdict::Pass);
        start.elapsed()
    });
    told("each policy and itself", times.collect(), reference);
    println!("  not proved: {wrong}");
}

fn count(policies: &[Policy<'_>]) -> u32 {
    u32::try_from(policies.len()).unwrap_or(1)
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(f64::EPSILON)
}

fn told(title: &str, mut times: Vec<Duration>, reference: Duration) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 1000).min(times.len() - 1)];
    let shares = [("p50", 500), ("p90", 900), ("p99", 990), ("max", 1000)];
    let parts = shares.map(|(name, share)| format!("{name} {:?} = {:.2}x", at(share), ratio(at(share), reference)));
    println!("{title}: {}", parts.join(", "));
}

fn policy(statements: &str) -> Document {
    json::parse(format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#))
}

/// Shapes that blow up where one is careless.
fn stress() {
    let allow = |action: &str, resource: &str, condition: &str| {
        format!(r#"{{"Effect":"Allow","Action":{action},"Resource":{resource},"Condition":{condition}}}"#)
    };
    let list = |n: usize, text: &dyn Fn(usize) -> String| {
        let all: Vec<String> = (0..n).map(|i| format!("{:?}", text(i))).collect();
        format!("[{}]", all.join(","))
    };
    let joined = |n: usize, text: &dyn Fn(usize) -> String| (0..n).map(text).collect::<Vec<_>>().join(",");
    let tag = |values: String| format!(r#"{{"StringEquals":{{"aws:PrincipalTag/t":{values}}}}}"#);
    println!();
    for n in [500usize, 2000] {
        let old = policy(&allow(r#""s3:*""#, r#""*""#, &tag(list(n, &|i| format!("v{i}")))));
        let new = policy(&allow(r#""s3:*""#, r#""*""#, &tag(list(n, &|i| format!("v{}", n - 1 - i)))));
        row(&format!("{n} condition values, reordered"), &old, &new, Verdict::Pass);
        let name = |i: usize| format!("arn:aws:s3:::bucket{i}/*");
        let old = policy(&joined(n, &|i| allow(r#""s3:GetObject""#, &format!("{:?}", name(i)), "{}")));
        let new = policy(&allow(r#""s3:GetObject""#, &list(n, &name), "{}"));
        row(&format!("{n} resources against {n} statements"), &old, &new, Verdict::Pass);
    }
    for n in [50usize, 100] {
        let deny = |i: usize| {
            format!(
                r#"{{"Effect":"Deny","NotAction":"s3:Get{i}","Resource":"arn:aws:s3:::b{i}/*","Condition":{{
                "StringNotEquals":{{"aws:PrincipalTag/a":"x{i}","aws:PrincipalTag/b":"y{i}"}}}}}}"#
            )
        };
        let everything = allow(r#""*""#, r#""*""#, "{}");
        let new = policy(&format!("{everything},{}", joined(n, &deny)));
        let old = policy(&allow(r#""s3:*""#, r#""*""#, "{}"));
        row(&format!("{n} Denies with NotAction and two negated conditions"), &old, &new, Verdict::Fail);
    }
    let denies = |n: usize| {
        joined(n, &|i| {
            format!(
                r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"StringLike":{{"aws:PrincipalTag/t":"*{}*"}}}}}}"#,
                char::from(b'a' + u8::try_from(i).unwrap_or(0))
            )
        })
    };
    let everything = allow(r#""s3:*""#, r#""*""#, "{}");
    let new = policy(&format!("{everything},{}", denies(24)));
    let merged = list(24, &|i| format!("*{}*", char::from(b'a' + u8::try_from(i).unwrap_or(0))));
    let old = policy(&format!(
        r#"{everything},{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"StringLike":{{"aws:PrincipalTag/t":{merged}}}}}}}"#
    ));
    row("24 infix patterns in 24 Denies and in one", &old, &new, Verdict::Pass);
    let all = joined(8, &|i| format!(r#""s3:x{i}":"*{}*""#, char::from(b'a' + u8::try_from(i).unwrap_or(0))));
    let old = policy(&allow(r#""s3:*""#, r#""*""#, &format!(r#"{{"StringLike":{{{all}}}}}"#)));
    row("8 infix patterns at once", &old, &old, Verdict::Pass);
    let guards = |skip: usize| {
        joined(20, &|i| {
            let team = if i == skip { "*" } else { "t*" };
            format!(
                r#"{{"Effect":"Deny","Action":["rekognition:Stop*","s3:Delete*"],"Resource":"*","Condition":{{
                "StringNotLike":{{"aws:PrincipalTag/k{i}":"{team}"}},"ArnNotLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/break-glass{i}"}}}}}}"#
            )
        })
    };
    let old = policy(&format!("{everything},{}", guards(99)));
    let new = policy(&format!("{everything},{}", guards(3)));
    row("20 Denies of a kind, one wider", &old, &new, Verdict::Fail);
    row("20 Denies of a kind, the same", &old, &old, Verdict::Pass);
}

fn row(title: &str, old: &Document, new: &Document, wanted: Verdict) {
    let (Some(a), Some(b)) = (old.root(), new.root()) else { return };
    let ((a, _), (b, _)) = (parse(a), parse(b));
    let (a, b) = ([&a], [&b]);
    let mut engine = Engine::new(World::Closed);
    let (old, new) = (engine.compile(&a), engine.compile(&b));
    let question = NewAccess {
        old: Input { policies: &a, compiled: Some(&old) },
        new: Input { policies: &b, compiled: Some(&new) },
        kind: PolicyKind::IdentityPolicy,
    };
    let start = Instant::now();
    let proof: Proof = no_new_access(&mut engine, &question);
    let right = if proof.verdict == wanted { "" } else { "  (another verdict than expected)" };
    println!("{title}: {:?} {}{right}", start.elapsed(), proof.verdict.as_str());
}

/// 1,000 accounts under 40 distinct paths of control policies.
fn organization() {
    let full = policy(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let guards: Vec<Document> = (0..40)
        .map(|i| {
            policy(&format!(
                r#"{{"Effect":"Deny","Action":"rekognition:StopProject*","Resource":"*","Condition":{{"ArnNotLike":{{
                "aws:PrincipalArn":["arn:aws:iam::*:role/break-glass","arn:aws:iam::*:role/team{i}/*"]}}}}}},
                {{"Effect":"Deny","NotAction":["iam:*","s3:*","rekognition:*"],"Resource":"*"}},
                {{"Effect":"Deny","Action":"rekognition:*","Resource":"*","Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#
            ))
        })
        .collect();
    let (Some(full), all) =
        (full.root().map(|r| parse(r).0), guards.iter().filter_map(|d| Some(parse(d.root()?).0)).collect::<Vec<_>>())
    else {
        return;
    };
    let asked = Asked { actions: vec!["rekognition:StopProjectVersion".into()], resources: Vec::new() };
    let mut engine = Engine::new(World::Closed);
    let start = Instant::now();
    let mut failed = 0;
    for (i, guard) in all.iter().enumerate() {
        let levels = [Level { policies: vec![&full, guard], first: 0 }, Level { policies: vec![&full], first: 2 }];
        let except = ["arn:aws:iam::*:role/break-glass".to_owned(), format!("arn:aws:iam::*:role/team{i}/*")];
        let except = if i % 2 == 0 { &except[..] } else { &except[..1] };
        let question =
            Guardrail { levels: &levels, kind: PolicyKind::ServiceControlPolicy, asked: &asked, except, account: None };
        failed += usize::from(guardrail(&mut engine, &question).verdict == Verdict::Fail);
    }
    println!(
        "\na guardrail over 40 distinct paths (1,000 accounts grouped): {:?}, {failed} let something through",
        start.elapsed()
    );
}

/// A guardrail over 1,000 accounts of an export: units four deep, 60 control policies on them, every account with one of its
/// own now and then. The reference is what `serde_json` needs to parse the same export.
fn accounts() {
    let text = export();
    let start = Instant::now();
    black_box(serde_json::from_str::<serde_json::Value>(&text).expect("an export"));
    let reference = start.elapsed();
    let start = Instant::now();
    let base = Arc::new(Base::new("organization.json".into(), json::parse(text.clone()), Origin::default()));
    let loaded = organization::load::of_document(base).expect("an organization");
    let texts = Texts::of(&loaded.texts);
    let controls = texts.controls(&loaded.organization);
    let read = start.elapsed();
    let asked = Asked { actions: vec!["rekognition:StopProject*".into()], resources: Vec::new() };
    let except = ["arn:aws:iam::*:role/break-glass".to_owned()];
    let worlds = [World::Closed, World::Open];
    let question = Question { organization: &loaded.organization, asked: &asked, except: &except, scope: &[], worlds: &worlds };
    let start = Instant::now();
    let coverage = cover(&mut Engine::typed(World::Closed), &question, &controls);
    let spent = start.elapsed();
    println!("\na guardrail over an export of {} accounts and {} control policies:", coverage.accounts(), controls.len());
    println!("  parsing it with serde_json (reference): {reference:?} for {} bytes", text.len());
    println!("  reading the tree and the policies: {read:?} = {:.2}x", ratio(read, reference));
    println!(
        "  judging every account, with the nearest Deny and what closes the gap: {spent:?} = {:.2}x; {} groups, {} open",
        ratio(spent, reference),
        coverage.groups.len(),
        coverage.count(Verdict::Fail)
    );
}

/// An organization of 1,000 accounts.
fn export() -> String {
    let mut dice = Dice(2_463_534_242);
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let listed = |id: &str, content: &str| {
        serde_json::json!({ "PolicySummary": { "Id": id, "Name": id, "Type": "SERVICE_CONTROL_POLICY",
            "Arn": format!("arn:aws:organizations::999999999999:policy/o-1/service_control_policy/{id}") }, "Content": content })
    };
    let mut policies = vec![listed("p-FullAWSAccess", full)];
    for i in 0..60 {
        let own = match i % 6 {
            0 => r#""Action":"rekognition:StopProject*","Resource":"*""#.to_owned(),
            1 => r#""NotAction":["iam:*","sts:*","rekognition:*"],"Resource":"*""#.to_owned(),
            2 => format!(r#""Action":"rekognition:*","Resource":"arn:aws:rekognition:*:*:project/prod{i}-*""#),
            3 => format!(r#""Action":["ec2:*","s3:Delete*","kms:Schedule{i}*"],"Resource":"*","Condition":{{"StringNotEquals":{{"aws:RequestedRegion":"eu-west-1"}}}}"#),
            4 => format!(r#""Action":"*","Resource":"*","Condition":{{"ArnLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/old{i}"}}}}"#),
            _ => r#""Action":"rekognition:*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/break-glass"}}"#.to_owned(),
        };
        policies
            .push(listed(&format!("p-{i}"), &format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny",{own}}}]}}"#)));
    }
    let attached = |policy: &str, target: &str| serde_json::json!({ "PolicyId": policy, "TargetId": target });
    let mut attachments = vec![attached("p-FullAWSAccess", "r-1")];
    let mut units: Vec<serde_json::Value> = Vec::new();
    for i in 0..80 {
        let parent = if i < 10 { "r-1".to_owned() } else { format!("ou-{}", dice.below(i)) };
        units.push(serde_json::json!({ "Id": format!("ou-{i}"), "Name": format!("unit {i}"), "ParentId": parent }));
        attachments.push(attached("p-FullAWSAccess", &format!("ou-{i}")));
        attachments.push(attached(&format!("p-{}", dice.below(60)), &format!("ou-{i}")));
    }
    let mut accounts = Vec::new();
    for i in 0..1000u64 {
        let id = format!("{}", 100_000_000_000 + i * 7919);
        attachments.push(attached("p-FullAWSAccess", &id));
        if dice.below(10) == 0 {
            attachments.push(attached(&format!("p-{}", dice.below(60)), &id));
        }
        accounts.push(serde_json::json!({ "Id": id, "Name": format!("account {i}"), "ParentId": format!("ou-{}", dice.below(80)), "Status": "ACTIVE" }));
    }
    let value = serde_json::json!({
        "Organization": { "Id": "o-1", "MasterAccountId": "999999999999" }, "Roots": [{ "Id": "r-1", "Name": "Root" }],
        "OrganizationalUnits": units, "Accounts": accounts, "Policies": policies, "PolicyAttachments": attachments,
    });
    format!("{value:#}")
}

/// Concrete requests.
fn requests(policies: &[Policy<'_>], reference: Duration) {
    let request = Request {
        caller: Caller {
            kind: CallerKind::RoleSession,
            arn: "arn:aws:iam::111122223333:role/app".into(),
            account: Some("111122223333".into()),
            session_name: Some("s".into()),
        },
        action: "s3:GetObject".into(),
        resource: "arn:aws:s3:::bucket/key".into(),
        resource_account: None,
        context: BTreeMap::new(),
    };
    let start = Instant::now();
    let mut allowed = 0;
    let rounds = 20;
    for _ in 0..rounds {
        allowed += policies.iter().filter(|policy| decide(policy, &request).is_allowed()).count();
    }
    let one = start.elapsed() / (rounds * count(policies));
    let rate = 1.0 / one.as_secs_f64();
    println!("a request against a policy: {one:?} = {:.3}x, {rate:.0} a second ({allowed} allowed)", ratio(one, reference));
}
