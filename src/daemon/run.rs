//! Starting everything in order, and ending it in the opposite one.

use super::engine::Engine;
use super::health::{self, Newest};
use super::jobs::{self, Wakes};
use super::workers::{self, Beat};
use super::{control, learning, refresh, reload, systemd};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::model::Timestamp;
use crate::model::in_words;
use crate::serve;
use anyhow::Context;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The day this version was made. A clock before it is wrong, and what it would stamp would be wrong for good.
const MADE: Timestamp = Timestamp::from_seconds(1_795_305_600);

/// How long answers under way may take to finish once we are told to end.
const DRAIN: Duration = Duration::from_secs(4);

/// What a run needs.
pub struct Options {
    /// The checked configuration.
    pub config: Config,
    /// Ends the run.
    pub stop: CancellationToken,
    /// Called once with the address that is served.
    pub announce: Box<dyn FnOnce(SocketAddr) + Send>,
}

/// The daemon: polls, stores, publishes and serves until it is told to stop.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let Options {
        config,
        stop,
        announce,
    } = options;
    // First of all: a SIGHUP while we start must not end us.
    let hangups = reload::hangups()?;
    let clock = SystemClock;
    if !wait_for_a_sane_clock(&clock, &stop).await {
        return Ok(());
    }
    let listen = config.server.listen.clone();
    let socket = control::socket_path(&config.store.path);
    let opening = async {
        let engine = Engine::open(config, Arc::new(clock)).await?;
        engine.plan_polls().await?;
        anyhow::Ok(engine)
    };
    let engine = tokio::select! {
        biased;
        // What was being opened is as after a kill, which costs nothing.
        () = stop.cancelled() => return Ok(()),
        opened = opening => opened?,
    };
    let ended = serve_until_stopped(&engine, &listen, &socket, &stop, announce, hangups).await;
    // Whatever ended it: what was acknowledged is written out and the end marked clean.
    let closed = engine
        .close()
        .await
        .context("the store could not be closed cleanly");
    ended.and(closed)
}

async fn serve_until_stopped(
    engine: &Arc<Engine>,
    listen: &str,
    socket: &std::path::Path,
    stop: &CancellationToken,
    announce: Box<dyn FnOnce(SocketAddr) + Send>,
    hangups: Signal,
) -> anyhow::Result<()> {
    let listener = listener(listen).await?;
    let address = listener.local_addr()?;
    let control = control::listen(socket)?;
    let marks = Arc::new(systemd::Marks::default());
    let serving = CancellationToken::new();
    let newest = Arc::new(Newest::default());
    let wakes = Wakes {
        due: Arc::new(Notify::new()),
        housekeeping: Arc::new(Notify::new()),
        ranking: Arc::new(Notify::new()),
        learning: Arc::new(Notify::new()),
    };
    // Once at the start: there may be items to learn from already.
    wakes.learning.notify_one();

    let server = {
        let (publisher, newest) = (Arc::clone(engine.publisher().await?), Arc::clone(&newest));
        let marks = Arc::clone(&marks);
        let health: serve::HealthReport = Arc::new(move || newest.get());
        let alive: serve::Heartbeat = Arc::new(move || marks.serving());
        tokio::spawn(serve::run(listener, publisher, health, alive, serving.clone()))
    };
    let mut scheduler = jobs::start(&wakes).await?;
    let polling = {
        let marks = Arc::clone(&marks);
        let beat = Beat {
            due: Arc::clone(&wakes.due),
            alive: Arc::new(move || marks.polling()),
        };
        tokio::spawn(workers::poll(Arc::clone(engine), beat, stop.clone()))
    };
    let publishing = tokio::spawn(refresh::publish(Arc::clone(engine), stop.clone()));
    let housekeeping = tokio::spawn(jobs::housekeep(Arc::clone(engine), wakes.housekeeping));
    let ranking = tokio::spawn(jobs::rank(Arc::clone(engine), wakes.ranking));
    let learning = tokio::spawn(learning::watch(Arc::clone(engine), wakes.learning, stop.clone()));
    let counting = tokio::spawn(health::watch(Arc::clone(engine), newest, stop.clone()));
    let commands = tokio::spawn(control::serve(control, Arc::clone(engine), stop.clone()));
    let reloads = tokio::spawn(reload::watch(Arc::clone(engine), hangups, stop.clone()));
    let watching = tokio::spawn(systemd::watch(marks, stop.clone()));

    say_where(engine, address);
    announce(address);
    systemd::ready();
    systemd::status(&format!("serving on http://{address}/"));

    let failure = watch_over(engine, stop, polling, server, &serving).await;
    systemd::stopping();
    housekeeping.abort();
    ranking.abort();
    let _ = scheduler.shutdown().await;
    for task in [publishing, counting, commands, watching, reloads, learning] {
        let _ = task.await;
    }
    let _ = std::fs::remove_file(socket);
    failure
}

/// Waits for the stop, or for the end of a loop that should not end; then drains the server.
async fn watch_over(
    engine: &Engine,
    stop: &CancellationToken,
    mut polling: tokio::task::JoinHandle<()>,
    mut server: tokio::task::JoinHandle<()>,
    serving: &CancellationToken,
) -> anyhow::Result<()> {
    let failure = tokio::select! {
        // First in turn: a loop that ended because it was told to is no failure.
        biased;
        () = stop.cancelled() => Ok(()),
        ended = &mut polling => Err(anyhow::anyhow!("the poll loop ended by itself: {ended:?}")),
        ended = &mut server => Err(anyhow::anyhow!("the serve loop ended by itself: {ended:?}")),
        // Nothing is stored any more, and nothing but another opening helps: whoever watches over us starts us again.
        () = engine.broken.cancelled() => Err(anyhow::anyhow!(
            engine.troubles().store.unwrap_or_else(|| "the store takes no writes any more".to_owned())
        )),
    };
    stop.cancel();
    serving.cancel();
    if !polling.is_finished() {
        let _ = (&mut polling).await;
    }
    if !server.is_finished() && tokio::time::timeout(DRAIN, &mut server).await.is_err() {
        server.abort();
    }
    failure
}

fn say_where(engine: &Engine, address: SocketAddr) {
    let setup = engine.setup();
    tracing::info!(
        sources = setup.sources.len(),
        categories = setup.config.categories.len(),
        "newsriver {} serves on http://{address}/",
        env!("CARGO_PKG_VERSION")
    );
}

/// The socket systemd hands over, else the configured address.
async fn listener(listen: &str) -> anyhow::Result<TcpListener> {
    if let Some(handed) = systemd::listener().context("the socket that systemd hands over cannot be used")? {
        return Ok(handed);
    }
    TcpListener::bind(listen).await.map_err(|error| {
        let remedy = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program serves there; stop it, or change [server] listen"
            }
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need the right to; choose a higher one",
            _ => "check [server] listen",
        };
        anyhow::anyhow!("cannot listen on {listen}: {}; {remedy}", in_words(&error))
    })
}

/// False: told to stop meanwhile.
async fn wait_for_a_sane_clock(clock: &dyn Clock, stop: &CancellationToken) -> bool {
    let mut said = false;
    while clock.now() < MADE {
        if !said {
            tracing::warn!(
                "the clock says {}, before this version was made; waiting for it to be set",
                clock.now()
            );
            systemd::status("waiting for the clock to be set");
            said = true;
        }
        tokio::select! {
            () = stop.cancelled() => return false,
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
        }
    }
    !stop.is_cancelled()
}
