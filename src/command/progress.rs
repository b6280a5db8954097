//! A progress bar for work over a second, on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Counts files; shows itself only when the work is slow and somebody is watching.
pub struct Progress {
    total: usize,
    done: AtomicUsize,
    started: Instant,
    bar: OnceLock<ProgressBar>,
    watched: bool,
}

impl Progress {
    /// For `total` files; `watched` tells that standard error is a terminal.
    pub fn new(total: usize, watched: bool) -> Self {
        Self { total, done: AtomicUsize::new(0), started: Instant::now(), bar: OnceLock::new(), watched }
    }

    /// One more file is done.
    pub fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.watched || self.started.elapsed() < Duration::from_secs(1) {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::new(self.total as u64);
            let style = ProgressStyle::with_template("checking {bar:30} {pos}/{len} files, {eta} left");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_position(done as u64);
    }

    /// Take the bar away.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
