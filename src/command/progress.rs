//! A progress bar for work over a second, on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts bytes of files; shows itself only when the work is slow and somebody is watching.
pub struct Progress {
    total: u64,
    done: AtomicU64,
    started: Instant,
    bar: OnceLock<ProgressBar>,
    watched: bool,
}

impl Progress {
    /// For `total` bytes; `watched` tells that standard error is a terminal.
    pub fn new(total: u64, watched: bool) -> Self {
        Self { total, done: AtomicU64::new(0), started: Instant::now(), bar: OnceLock::new(), watched }
    }

    /// So many more bytes are done.
    pub fn tick(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if !self.watched || self.started.elapsed() < Duration::from_secs(1) {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::new(self.total);
            let style = ProgressStyle::with_template("checking {bar:30} {bytes}/{total_bytes}, {eta} left");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_position(done);
    }

    /// Take the bar away.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
