//! What a person or a script sees: lines on standard output, trouble on standard error, the log.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The log's level when `NEWSRIVER_LOG` does not say otherwise.
const USUAL: &str = "info,sled=warn,tokio_cron_scheduler=warn,hyper=warn,reqwest=warn";

/// Prints a line. A reader that has gone away is no failure of ours.
pub(super) fn line(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Says what went wrong, in one line.
pub(super) fn complain(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "newsriver: {text}");
}

/// Starts the log: to the journal under systemd, else to standard error.
pub(super) fn log_as_daemon() {
    let filter = || EnvFilter::try_from_env("NEWSRIVER_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL));
    if std::env::var_os("JOURNAL_STREAM").is_some()
        && let Ok(journal) = tracing_journald::layer()
    {
        let _ = tracing_subscriber::registry()
            .with(filter())
            .with(journal)
            .try_init();
        return;
    }
    let colours =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(colours)
        .with_target(false);
    let _ = tracing_subscriber::registry()
        .with(filter())
        .with(lines)
        .try_init();
}

/// Starts the log of a command: warnings and worse, unless `NEWSRIVER_LOG` asks for more.
pub(super) fn log_as_command() {
    let filter =
        EnvFilter::try_from_env("NEWSRIVER_LOG").unwrap_or_else(|_| EnvFilter::new("warn,sled=error"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false);
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
