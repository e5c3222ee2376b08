//! What the daemon and systemd say to each other: ready, reloading, stopping, a line of status, the watchdog, and
//! the socket that systemd may hand over.
//!
//! Where no `NOTIFY_SOCKET` is set, all of this says nothing and costs nothing. A notification that cannot be
//! delivered is logged and no reason to stop. Environment variables are read and never changed.

mod watchdog;

#[cfg(test)]
pub(super) use watchdog::keep_alive;
pub(super) use watchdog::{Marks, watch};

use listenfd::ListenFd;
use sd_notify::NotifyState;
use std::io;
use tokio::net::TcpListener;

/// The daemon answers readers. To be sent once its socket is answered from, and again when a reload is over.
pub(super) fn ready() {
    send(&[NotifyState::Ready]);
}

/// A reload begins; [`ready`] ends it. Carries the monotonic time, without which systemd 253 and later, for units of
/// `Type=notify-reload`, would take an old `READY=1` for the end of this reload.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(error) => {
            tracing::warn!(%error, "systemd was not told of the reload: the monotonic clock cannot be read")
        }
    }
}

/// The daemon is ending.
pub(super) fn stopping() {
    send(&[
        NotifyState::Stopping,
        NotifyState::Status("finishing what is under way"),
    ]);
}

/// A line for `systemctl status`. Only the first line of `text` is sent, as a line break would end the message.
pub(super) fn status(text: &str) {
    send(&[NotifyState::Status(first_line(text))]);
}

/// The listening socket that systemd handed over (`LISTEN_FDS`); `None` when there is none. Of several, the first TCP
/// socket counts. An error means that what was handed over cannot be listened on. To be called within a tokio runtime.
pub(super) fn listener() -> io::Result<Option<TcpListener>> {
    let mut handed_over = ListenFd::from_env();
    let mut refusal = None;
    for index in 0..handed_over.len() {
        match handed_over.take_tcp_listener(index) {
            Ok(Some(listener)) => {
                listener.set_nonblocking(true)?;
                return TcpListener::from_std(listener).map(Some);
            }
            Ok(None) => {}
            Err(error) => refusal = Some(error),
        }
    }
    refusal.map_or(Ok(None), Err)
}

fn send(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be notified; it may take the daemon for hung");
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(first_line("12 sources\nREADY=1"), "12 sources");
        assert_eq!(first_line(""), "");
    }

    #[test]
    fn without_systemd_nothing_is_handed_over() {
        // `cargo test` is not started by systemd; where it is, the socket is not meant for us.
        if std::env::var_os("LISTEN_FDS").is_none() {
            assert!(listener().unwrap().is_none());
        }
    }
}
