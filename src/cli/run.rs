//! `newsriver run`: the daemon.

use super::{owner, terminal};
use crate::daemon::{self, Options, shutdown};
use std::path::Path;
use std::process::ExitCode;

/// Runs until SIGTERM or Ctrl-C.
pub(super) fn run(path: &Path) -> ExitCode {
    let config = match owner::load(path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    terminal::log_as_daemon();
    owner::to_the_end(async {
        let stop = shutdown::on_signal()?;
        daemon::run(Options {
            config,
            stop,
            announce: Box::new(|_| {}),
        })
        .await
    })
}
