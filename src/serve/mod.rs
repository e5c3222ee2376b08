//! HTTP: the published documents, to whoever asks, well or badly.
//!
//! `router` turns a request into an answer; `conditional` and `negotiate` read what the reader has and takes;
//! `headers` says what goes with each answer; `connection` bounds what one reader can hold; [`run`] accepts.
//!
//! It promises that ready documents are sent without work or copying, that no reader can hold up another or
//! keep a connection for ever, and that only what is published is served. Published addresses never come from
//! a request. It leaves what lies where to [`crate::publish`], and TLS and access to a proxy in front.

mod conditional;
mod connection;
mod headers;
mod negotiate;
mod router;

pub use connection::Limits;

use crate::publish::Publisher;
use connection::Connections;
use router::Router;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How well the whole is, as `/healthz` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// All is well: 200.
    Well,
    /// It works, and something should be looked at: 200, with the reasons.
    Degraded(Vec<String>),
    /// It cannot serve or cannot store: 503, with the reasons.
    Failing(Vec<String>),
}

/// Asked at each `/healthz`.
pub type HealthReport = Arc<dyn Fn() -> Health + Send + Sync>;

/// Called at least once a second as long as connections are accepted: the mark for a watchdog.
pub type Heartbeat = Arc<dyn Fn() + Send + Sync>;

/// Serves until `shutdown` is cancelled, then lets the answers under way finish for a few seconds.
pub async fn run(
    listener: TcpListener,
    publisher: Arc<Publisher>,
    health: HealthReport,
    heartbeat: Heartbeat,
    shutdown: CancellationToken,
) {
    run_within(
        Limits::default(),
        listener,
        publisher,
        health,
        heartbeat,
        shutdown,
    )
    .await;
}

/// [`run`] within other limits.
pub async fn run_within(
    limits: Limits,
    listener: TcpListener,
    publisher: Arc<Publisher>,
    health: HealthReport,
    heartbeat: Heartbeat,
    shutdown: CancellationToken,
) {
    let mut connections =
        Connections::new(limits, Arc::new(Router::new(publisher, health)), shutdown.clone());
    let permits = Arc::new(Semaphore::new(limits.connections));
    let mut beat = tokio::time::interval(Duration::from_millis(500));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut door = Door::default();
    heartbeat();
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            _ = beat.tick() => heartbeat(),
            () = connections.reaped() => {}
            (stream, permit) = door.accept(&listener, &permits) => connections.serve(stream, permit),
        }
    }
    drop(listener);
    connections.drain(&heartbeat).await;
}

/// Accepting, through whatever the operating system answers.
#[derive(Default)]
struct Door {
    /// The last attempt failed: said once, not ten times a second.
    is_stuck: bool,
}

impl Door {
    /// The next connection, when there is room for one. Safe to drop and call again.
    async fn accept(
        &mut self,
        listener: &TcpListener,
        permits: &Arc<Semaphore>,
    ) -> (TcpStream, Option<OwnedSemaphorePermit>) {
        // The semaphore is never closed, so there is always a permit in the end.
        let permit = Arc::clone(permits).acquire_owned().await.ok();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    self.is_stuck = false;
                    return (stream, permit);
                }
                Err(error) if is_of_the_other_side(&error) => {}
                Err(error) => {
                    // Mostly EMFILE or ENFILE: some descriptors come free in a moment.
                    if !self.is_stuck {
                        tracing::warn!(%error, "no connection can be accepted at the moment; trying again");
                    }
                    self.is_stuck = true;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

/// The reader went away before we came.
fn is_of_the_other_side(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
