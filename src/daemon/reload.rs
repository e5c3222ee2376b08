//! A changed `feeds.toml`: taken whole, or not at all.
//!
//! A save, SIGHUP and the control socket all end here. What is wrong is said once, in the log and on the status
//! page, and the daemon goes on as before.

use super::engine::Engine;
use super::systemd;
use crate::config;
use crate::model::in_words;
use anyhow::Context;
use notify::{RecursiveMode, Watcher};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Editors write in several steps: the file is read when it has been quiet so long.
const QUIET: Duration = Duration::from_millis(500);

/// Reads the file again and puts it in force, or says what is wrong and keeps the old.
pub(super) async fn reload(engine: &Arc<Engine>) -> Result<(), String> {
    let _one_at_a_time = engine.reloading.lock().await;
    let path = engine.setup().config.path.clone();
    let loaded = tokio::task::spawn_blocking(move || config::load(&path)).await;
    let outcome = match loaded {
        Err(panic) => Err(format!("newsriver itself failed while reading it: {panic}")),
        Ok(Err(problems)) => Err(problems.to_string()),
        Ok(Ok((config, warnings))) => {
            warnings
                .iter()
                .for_each(|warning| tracing::warn!("{}", warning.line("feeds.toml")));
            take(engine, config).await
        }
    };
    match &outcome {
        Ok(()) => {
            engine.set_trouble(|troubles| troubles.config = None);
            tracing::info!(sources = engine.setup().sources.len(), "feeds.toml taken");
        }
        Err(words) => {
            if engine.troubles().config.as_deref() != Some(words) {
                tracing::error!(
                    "feeds.toml was changed but not taken, everything goes on as before: {words}"
                );
            }
            engine.set_trouble(|troubles| troubles.config = Some(words.clone()));
        }
    }
    outcome
}

async fn take(engine: &Arc<Engine>, config: config::Config) -> Result<(), String> {
    let old = engine.setup();
    if config.store != old.config.store && config.store.path != old.config.store.path {
        return Err("[store] path cannot change while newsriver runs; restart it".to_owned());
    }
    if config.sources.is_empty() && !old.config.sources.is_empty() {
        return Err(
            "it names no source any more, as a file that is being written does; to poll nothing, give each source \
             `enabled = false`"
                .to_owned(),
        );
    }
    if config.server.listen != old.config.server.listen {
        tracing::warn!("[server] listen takes effect at the next start");
    }
    engine
        .reload(config)
        .await
        .map_err(|error| in_words(error.as_ref()))
}

/// SIGHUP, from now on taken as a word to read the file again, where it would have ended the process before.
pub(super) fn hangups() -> anyhow::Result<Signal> {
    signal(SignalKind::hangup()).context("cannot listen for SIGHUP")
}

/// Watches the file and SIGHUP until `stop`.
pub(super) async fn watch(engine: Arc<Engine>, mut hangup: Signal, stop: CancellationToken) {
    let changed = Arc::new(Notify::new());
    let path = engine.setup().config.path.clone();
    // Kept alive for as long as we watch.
    let _watcher = watch_file(&path, Arc::clone(&changed));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = hangup.recv() => {}
            () = changed.notified() => {}
        }
        // A storm of signals or saves is one reload.
        let quiet = tokio::time::sleep(QUIET);
        tokio::pin!(quiet);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut quiet => break,
                _ = hangup.recv() => {}
                () = changed.notified() => quiet.as_mut().reset(tokio::time::Instant::now() + QUIET),
            }
        }
        systemd::reloading();
        let _ = reload(&engine).await;
        systemd::ready();
    }
}

/// Watches the folder, since editors put a new file in the old one's place.
fn watch_file(path: &Path, changed: Arc<Notify>) -> Option<notify::RecommendedWatcher> {
    let path = std::path::absolute(path).ok()?;
    let folder = path.parent()?.to_owned();
    let name = path.file_name()?.to_owned();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        let is_ours = event
            .paths
            .iter()
            .any(|touched| touched.file_name() == Some(&name));
        if is_ours && !event.kind.is_access() {
            changed.notify_one();
        }
    });
    let started = watcher.and_then(|mut watcher| {
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    match started {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(
                "{} is not watched for changes ({error}); send SIGHUP after a change",
                path.display()
            );
            None
        }
    }
}
