//! A bar on a terminal for what takes longer than a second; elsewhere nothing.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::thread;
use std::time::Duration;

/// What is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// The bar's clock goes on while nothing else does.
const TICK: Duration = Duration::from_millis(200);

/// A bar on standard error, where that is a terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Begins: the bar shows itself after a second.
    pub(super) fn begin() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if stderr().is_terminal() {
            let shown = bar.clone();
            thread::spawn(move || {
                thread::sleep(PATIENCE);
                if !shown.is_finished() {
                    shown.set_draw_target(ProgressDrawTarget::stderr());
                    shown.enable_steady_tick(TICK);
                }
            });
        }
        Self(bar)
    }

    /// So many of so many are done.
    pub(super) fn tell(&self, done: usize, of: usize) {
        if self.0.length().is_none() {
            let style = ProgressStyle::with_template("{elapsed} {wide_bar} {pos}/{len} {msg}");
            self.0
                .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        self.0.set_length(of as u64);
        self.0.set_position(done as u64);
    }

    /// In a few words, how it goes.
    pub(super) fn say(&self, words: String) {
        self.0.set_message(words);
    }

    /// Writes something else between.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
