//! How fast palisade is, as ratios to a plain reader measured in the same run: absolute times say more about the machine.
//!
//! ```text
//! cargo bench --bench ratios
//! PALISADE_BENCH_CORPUS=some/folder/of/policies cargo bench --bench ratios
//! PALISADE_BENCH_SNAPSHOTS=some/tree/of/snapshots cargo bench --bench ratios
//! ```
//!
//! Without a corpus one is made: some 1,600 policies, 5 MB, in the shape of AWS managed policies, the same on every run.
//! Rounds alternate between the two sides and the median counts. CPU times need Linux; elsewhere the clock stands in.
//! This is no test: nothing fails when a ratio is missed.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(clippy::expect_used, reason = "a benchmark may give up")]

use palisade::audit::Audit;
use palisade::config::Config;
use palisade::document::json;
use palisade::policy::Context;
use palisade::report::{self, Format, Options};
use palisade::rule::Registry;
use palisade::rule::registry::Wishes;
use palisade::scan::Scan;
use palisade::source::{self, WalkOptions};
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

mod corpus;

const ROUNDS: usize = 9;
/// Times one process is started for one figure.
const STARTS: u32 = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("--hello") => println!("hello"),
        Some("--unpack") => println!("{}", unpack_all(Path::new(arguments.get(2).map_or(".", String::as_str)))),
        Some("--parse") => println!("{}", parse_all(Path::new(arguments.get(2).map_or(".", String::as_str)))),
        _ => measure(),
    }
}

/// The reference program: read and parse every file of a folder.
fn parse_all(folder: &Path) -> usize {
    let parsed = |path: &PathBuf| fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    files(folder).iter().filter_map(parsed).filter(|value| value.get("Statement").is_some()).count()
}

/// The reference program for snapshots: unpack and parse every packed file below a folder.
fn unpack_all(folder: &Path) -> usize {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path()) {
        if entry.is_dir() {
            bytes += unpack_all(&entry);
        } else if entry.extension().is_some_and(|e| e == "gz") {
            let mut text = Vec::new();
            let packed = fs::File::open(entry).expect("a file");
            flate2::read::MultiGzDecoder::new(packed).read_to_end(&mut text).expect("gzip data");
            bytes += text.len();
            black_box(serde_json::from_slice::<serde_json::Value>(&text).expect("JSON"));
        }
    }
    bytes
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the corpus is a folder").flatten().map(|e| e.path());
    let mut files: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files
}

fn measure() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder =
        std::env::var_os("PALISADE_BENCH_CORPUS").map_or_else(|| corpus::make(&scratch.path().join("corpus")), PathBuf::from);
    let texts: Vec<String> = files(&folder).iter().filter_map(|p| fs::read_to_string(p).ok()).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("corpus: {} policies, {:.2} MB, {}", texts.len(), bytes as f64 / 1e6, folder.display());
    in_process(&folder, &texts, bytes);
    whole_process(&folder);
    one_small_file(scratch.path());
    let told = std::env::var_os("PALISADE_BENCH_SNAPSHOTS").map(PathBuf::from);
    snapshots(&told.unwrap_or_else(|| corpus::snapshots::make(&scratch.path().join("snapshots"), &texts)));
}

/// A tree of AWS Config snapshots against unpacking and parsing the same bytes.
fn snapshots(folder: &Path) {
    let folder = folder.to_string_lossy();
    println!("\n{:52} {:>12} {:>12}", "a tree of packed snapshots, by the clock", "palisade", "gunzip+serde");
    let ours = || finish(palisade(&["--jobs", "2", &folder]));
    let theirs = || finish(reference(&["--unpack", &folder]));
    let (wall, one) = alternate(&ours, &theirs, clock);
    row("(e) two threads; the reference has one", wall, one, "at most 1x");
    let (spent, one) = alternate(&ours, &theirs, cpu_of_children);
    row("    CPU", spent, one, "");
    if let Some(peak) = peak(palisade(&["--jobs", "2", &folder])) {
        println!("{:52} {:9.2} MiB   at most 200 MB", "    peak resident memory", peak as f64 / 1024.0);
    }
}

/// One line of the table.
fn row(what: &str, ours: f64, reference: f64, mark: &str) {
    println!("{what:52} {:9.2} ms {:9.2} ms {:6.2}x   {mark}", ours * 1e3, reference * 1e3, ours / reference);
}

fn in_process(folder: &Path, texts: &[String], bytes: usize) {
    // One thread, so that the CPU time is that of the work and not of the hand-over.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("a pool");
    let serde = || {
        for text in texts {
            black_box(serde_json::from_str::<serde_json::Value>(text).ok());
        }
    };
    let spanned = || {
        for text in texts {
            black_box(json::parse(text.clone()));
        }
    };
    println!("\n{:52} {:>12} {:>12}", "in process, CPU of one pass over the corpus", "palisade", "serde_json");
    // The kernel counts a running thread only at its ticks, so a measurement is many passes.
    let (ours, reference) = alternate(&times(20, spanned), &times(20, serde), cpu);
    let (ours, reference) = (ours / 20.0, reference / 20.0);
    row("(a) parse into a spanned tree", ours, reference, "at most 1.25x");
    let speed = |seconds: f64| bytes as f64 / 1e6 / seconds;
    println!("{:52} {:7.0} MB/s {:7.0} MB/s", "", speed(ours), speed(reference));
    let registry = Registry::build(&[], &Wishes::default()).expect("the bundled rules compile");
    let whole = || check(folder, &registry);
    let (ours, reference) = alternate(&times(10, whole), &times(10, serde), cpu);
    let (ours, reference) = (ours / 10.0, reference / 10.0);
    row("(b) read, parse, judge by every rule, report", ours, reference, "at most 4x, then 2x");
    // Where the time goes: reading and recognising alone, with one rule that finds next to nothing, and with a pack.
    for (what, select) in [("one rule", "empty-principal"), ("Access Analyzer's checks", "access-analyzer")] {
        let wishes = Wishes { select: vec![select.to_owned()], ..Wishes::default() };
        let registry = Registry::build(&[], &wishes).expect("the bundled rules compile");
        let (ours, reference) = alternate(&times(10, || check(folder, &registry)), &times(10, serde), cpu);
        row(&format!("    the same with {what} only"), ours / 10.0, reference / 10.0, "");
    }
    let compile = || {
        black_box(Registry::build(&[], &Wishes::default()).is_ok());
    };
    let (ours, _) = alternate(&times(200, compile), &|| {}, cpu);
    println!(
        "{:52} {:9.2} ms",
        format!("    besides, compiling {} rules, once a run", registry.rules().len()),
        ours / 200.0 * 1e3
    );
}

fn check(folder: &Path, registry: &Registry) {
    let config = Config::default();
    let scan = Scan {
        registry,
        config: &config,
        cards: false,
        excerpts: false,
        organization: None,
        context: Context::default(),
        walk: WalkOptions::default(),
        project_name: &str::to_owned,
        progress: &|_| {},
        review: None,
        baseline: None,
        today: time::macros::date!(2026 - 01 - 01),
        whole: true,
    };
    let entries = source::expand(&[folder.to_path_buf()], &scan.walk).entries;
    let outcome = scan.files(&entries);
    let mut out = Vec::new();
    report::render(Format::Concise, &Audit::alone(outcome, "managed", ""), &Options::default(), &mut out)
        .expect("writing to memory works");
    black_box(out);
}

fn palisade(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
    command.arg("check").args(["--no-config", "--format", "concise"]).args(arguments);
    command
}

fn reference(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the benchmark knows itself"));
    command.args(arguments);
    command
}

fn start(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

fn finish(command: Command) {
    let _ = start(command).wait();
}

fn whole_process(folder: &Path) {
    let folder = folder.to_string_lossy();
    println!("\n{:52} {:>12} {:>12}", "whole process over the corpus", "palisade", "serde_json");
    let ours = times(8, || finish(palisade(&["--jobs", "1", &folder])));
    let theirs = times(8, || finish(reference(&["--parse", &folder])));
    let (ours, theirs) = alternate(&ours, &theirs, cpu_of_children);
    row("(c) CPU, one thread", ours / 8.0, theirs / 8.0, "at most 4x, then 2x");
    let with_jobs = |jobs: &'static str| {
        let folder = folder.clone();
        move || finish(palisade(&["--jobs", jobs, &folder]))
    };
    let (two, one) = alternate(&with_jobs("2"), &with_jobs("1"), clock);
    println!(
        "{:52} {:9.2} ms {:9.2} ms {:6.2}x   at least 1.7x on two idle cores",
        "    by the clock, two threads, one",
        two * 1e3,
        one * 1e3,
        one / two
    );
    if let Some(peak) = peak(palisade(&["--jobs", "1", &folder])) {
        println!("{:52} {:9.2} MiB   at most 16 MiB", "    peak resident memory, one thread", peak as f64 / 1024.0);
    }
}

fn one_small_file(scratch: &Path) {
    let file = scratch.join("one.json");
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}"#;
    fs::write(&file, policy).expect("a policy");
    let file = file.to_string_lossy();
    println!("\n{:52} {:>12} {:>12}", "one small policy", "palisade", "hello world");
    let ours = times(STARTS, || finish(palisade(&[&file])));
    let theirs = times(STARTS, || finish(reference(&["--hello"])));
    let (ours, theirs) = alternate(&ours, &theirs, cpu_of_children);
    row("(d) CPU of the whole process", ours / f64::from(STARTS), theirs / f64::from(STARTS), "at most 4 ms, then 2x");
}

/// The same, several times over.
fn times(count: u32, run: impl Fn()) -> impl Fn() {
    move || (0..count).for_each(|_| run())
}

/// Median seconds of each side, in alternating rounds.
fn alternate(ours: &dyn Fn(), theirs: &dyn Fn(), now: fn() -> Duration) -> (f64, f64) {
    let timed = |run: &dyn Fn()| {
        let before = now();
        run();
        now().saturating_sub(before).as_secs_f64()
    };
    ours();
    theirs();
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (timed(ours), timed(theirs))).collect();
    let side = |pick: fn(&(f64, f64)) -> f64| median(rounds.iter().map(pick).collect());
    (side(|r| r.0), side(|r| r.1))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// CPU time of every thread of this process, in nanoseconds where the system counts them.
fn cpu() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let spent =
        |task: fs::DirEntry| fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok();
    let nanoseconds: u64 = tasks.filter_map(spent).sum();
    if nanoseconds == 0 { clock() } else { Duration::from_nanos(nanoseconds) }
}

/// CPU time of all children that have ended: fields 16 and 17 of `/proc/self/stat`, in ticks of 10 ms.
fn cpu_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the name in brackets and may hold blanks.
    let fields: BTreeMap<usize, u64> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .enumerate()
        .filter_map(|(i, f)| Some((i + 3, f.parse().ok()?)))
        .collect();
    match (fields.get(&16), fields.get(&17)) {
        (Some(user), Some(system)) => Duration::from_millis((user + system) * 10),
        _ => clock(),
    }
}

fn clock() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Peak resident kB of a process, read while it runs.
fn peak(command: Command) -> Option<u64> {
    let mut child = start(command);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while let Ok(None) = child.try_wait() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let now: Option<u64> = line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(now);
    }
    peak
}
