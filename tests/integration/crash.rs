//! Audits that are killed while they write their history, and several at once: what is remembered is a run or it is not,
//! never half of one.

use crate::audit::Org;
use crate::common::command;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Findings that a run has to write about: enough for pages to leave the cache before the transaction ends.
const MANY: i64 = 10_000;

const HISTORY: &str = ".palisade/history.sqlite";

/// An organization with a history in which many findings stand that the next run will not find any more.
fn busy() -> Org {
    let org = Org::new();
    org.audit(1, &[]).ends(1);
    let history = Connection::open(org.sandbox.path().join(HISTORY)).unwrap();
    let copies = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
         INSERT INTO finding (subject, fingerprint, rule, severity, message, account, resource, resource_type, policy, file,
             pointer, embedded, accepted, first_run, last_run)
         SELECT subject, printf('%032x', i), rule, severity, message || ' in a text of some length ' || i, account, resource,
             resource_type, policy, 'gone.json', pointer, embedded, 0, first_run, last_run
         FROM n, (SELECT * FROM finding LIMIT 1)"
    );
    history.execute_batch(&copies).unwrap();
    org
}

/// What a history remembers: runs, findings that count, findings that are gone. Panics on a damaged one.
fn remembered(history: &Path) -> (i64, i64, i64) {
    let history = Connection::open(history).unwrap();
    let count = |query: &str| history.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    let verdict: String = history.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    (
        count("SELECT count(*) FROM run"),
        count("SELECT count(*) FROM finding WHERE resolved_run IS NULL"),
        count("SELECT count(*) FROM finding WHERE resolved_run = (SELECT max(id) FROM run)"),
    )
}

fn journal(history: &Path) -> PathBuf {
    PathBuf::from(format!("{}-journal", history.display()))
}

fn start(org: &Org, day: u32) -> Child {
    let as_of = format!("2026-01-{day:02}");
    let select = "pass-role-with-star-in-resource,full-admin";
    let mut command = command(org.sandbox.path());
    command.args(["audit", "snap", "--select", select, "--since-last", "--as-of", &as_of]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Wait until a run writes; false when it ended before anybody saw it write.
fn writes(child: &mut Child, history: &Path) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(120) {
        if journal(history).exists() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    panic!("the audit neither writes nor ends");
}

/// How long a run writes.
fn writing_time(org: &Org) -> Duration {
    let history = org.sandbox.path().join(HISTORY);
    let mut child = start(org, 2);
    assert!(writes(&mut child, &history), "nothing was written");
    let start = Instant::now();
    while journal(&history).exists() {
        std::thread::sleep(Duration::from_micros(200));
    }
    let time = start.elapsed();
    assert!(child.wait().unwrap().success());
    time
}

#[test]
fn a_run_that_is_killed_is_remembered_as_a_whole_or_not_at_all() {
    const ROUNDS: u32 = 9;
    let org = busy();
    let history = org.sandbox.path().join(HISTORY);
    let pristine = std::fs::read(&history).unwrap();
    let before = remembered(&history);
    assert_eq!(before, (1, MANY + 2, 0));
    let time = writing_time(&org);
    let after = remembered(&history);
    assert_eq!(after, (2, 2, MANY));
    let aside = org.sandbox.path().join("copy.sqlite");
    let mut cut = 0;
    for round in 0..ROUNDS {
        std::fs::write(&history, &pristine).unwrap();
        let mut child = start(&org, 2);
        if !writes(&mut child, &history) {
            // It was too fast to be caught, and is a run like any other.
            child.wait().unwrap();
            continue;
        }
        std::thread::sleep(time * round / (ROUNDS - 2));
        child.kill().unwrap();
        child.wait().unwrap();
        // What is there is looked at in a copy, so that palisade itself has to mend it.
        std::fs::copy(&history, &aside).unwrap();
        std::fs::remove_file(journal(&aside)).ok();
        let hot = std::fs::copy(journal(&history), journal(&aside)).is_ok();
        cut += u32::from(hot);
        let now = remembered(&aside);
        assert!(now == before || now == after, "round {round}: {now:?}");
        assert!(!hot || now == before, "round {round}: the journal was there, and the run counts");
        let run = org.audit(3, &["--since-last"]).ends(0);
        assert_eq!(run.stderr, "", "round {round}");
        let since = if now == before { "since 2026-01-01T00:00:00Z (run 1)" } else { "since 2026-01-02T00:00:00Z (run 2)" };
        let run = run.says(since);
        if now == before {
            run.says(&format!("{MANY} resolved"));
            assert_eq!(remembered(&history), after);
        } else {
            run.does_not_say("resolved");
            assert_eq!(remembered(&history), (3, 2, 0));
        }
        assert!(!journal(&history).exists());
    }
    assert!(cut > 0, "only {cut} of {ROUNDS} rounds caught a run while it wrote");
    let kept = std::fs::read_dir(history.parent().unwrap()).unwrap().count();
    assert_eq!(kept, 1, "something was put aside");
}

/// The very first run lays the history out: a file that is there and empty is no damaged one.
#[test]
fn a_first_run_that_is_killed_leaves_room_for_the_next() {
    for round in 0..8 {
        let org = Org::new();
        let history = org.sandbox.path().join(HISTORY);
        let mut child = start(&org, 1);
        let begun = Instant::now();
        while !history.exists() && begun.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_millis(round));
        child.kill().unwrap();
        child.wait().unwrap();
        let run = org.audit(2, &[]).ends(1);
        assert_eq!(run.stderr, "", "round {round}");
        let (runs, counting, _) = remembered(&history);
        assert!((runs == 1 || runs == 2) && counting == 2, "round {round}: {runs} runs, {counting} findings");
        assert_eq!(std::fs::read_dir(history.parent().unwrap()).unwrap().count(), 1, "round {round}");
    }
}

/// Audits that run at once each wait for their turn; the history has every run that did not say otherwise.
#[test]
fn audits_at_the_same_time_take_turns() {
    let org = busy();
    let history = org.sandbox.path().join(HISTORY);
    let children: Vec<Child> = (2..6).map(|day| start(&org, day)).collect();
    let mut kept = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        match output.status.code() {
            // What is known is no news.
            Some(0) => {
                assert_eq!(stderr, "");
                kept += 1;
            }
            // Without the history everything is new.
            Some(1) => {
                assert!(stderr.contains("is in use by another run") && stderr.contains("wait until"), "{stderr}");
                assert!(stdout.contains("[full-admin]"), "{stdout}");
            }
            other => panic!("{other:?}: {stdout}\n{stderr}"),
        }
    }
    assert!(kept >= 1);
    let (runs, counting, _) = remembered(&history);
    assert_eq!((runs, counting), (1 + kept, 2));
    let history = Connection::open(&history).unwrap();
    let resolved: i64 = history.query_row("SELECT count(*) FROM finding WHERE resolved_run = 2", [], |row| row.get(0)).unwrap();
    assert_eq!(resolved, MANY, "the first of them resolved everything");
}
