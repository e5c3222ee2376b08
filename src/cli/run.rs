//! `newsriver run`: the daemon.

use super::{owner, terminal};
use crate::daemon::{self, Options, shutdown};
use crate::model::in_words;
use std::path::Path;
use std::process::ExitCode;

/// Runs until SIGTERM or Ctrl-C.
pub(super) fn run(path: &Path) -> ExitCode {
    let config = match owner::load(path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    terminal::log_as_daemon();
    let result = owner::runtime().map_err(anyhow::Error::from).and_then(|runtime| {
        let ended = runtime.block_on(async {
            let stop = shutdown::on_signal()?;
            daemon::run(Options {
                config,
                stop,
                announce: Box::new(|_| {}),
            })
            .await
        });
        runtime.shutdown_background();
        ended
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(in_words(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
