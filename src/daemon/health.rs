//! Whether newsriver is well: `ok`, `degraded` with reasons, or unable to serve or store.

use super::engine::Engine;
use super::sources;
use crate::serve::Health;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// From this share of failing sources on, the river as a whole is degraded: a few are always down.
const MANY: f64 = 0.5;

/// Where those who may know are told more.
const LOOK: &str = "`newsriver status` and the log say why";

/// How often the sources are counted for `/healthz`.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// The health where so many of so many sources are failing.
pub(super) fn health(engine: &Engine, failing: usize, total: usize) -> Health {
    let troubles = engine.troubles();
    let mut reasons = Vec::new();
    if troubles.config.is_some() {
        reasons.push(format!("feeds.toml was changed but not taken; {LOOK}"));
    }
    if failing > 0 && failing as f64 >= total as f64 * MANY {
        reasons.push(format!("{failing} of {total} sources are failing"));
    }
    if troubles.store.is_some() {
        reasons.insert(0, format!("polls cannot be stored; {LOOK}"));
        return Health::Failing(reasons);
    }
    if reasons.is_empty() {
        Health::Well
    } else {
        Health::Degraded(reasons)
    }
}

/// What is wrong with newsriver itself, with the paths and lines that are not for everybody who asks `/healthz`.
pub(super) fn details(engine: &Engine) -> Vec<String> {
    let troubles = engine.troubles();
    // A fault in the file begins with the file's own name and line.
    let path = engine.setup().config.path.display().to_string();
    let config = troubles.config.map(|words| match words.starts_with(&path) {
        true => words,
        false => format!("feeds.toml: {words}"),
    });
    let store = troubles.store.map(|words| format!("store: {words}"));
    store.into_iter().chain(config).collect()
}

/// What is wrong, and the word for it.
pub(super) fn in_words(health: &Health) -> (&'static str, &[String]) {
    match health {
        Health::Well => ("ok", &[]),
        Health::Degraded(reasons) => ("degraded", reasons),
        Health::Failing(reasons) => ("failing", reasons),
    }
}

/// The newest health, for `/healthz` to answer without asking the store.
pub(super) struct Newest(Mutex<Health>);

impl Default for Newest {
    fn default() -> Self {
        Self(Mutex::new(Health::Well))
    }
}

impl Newest {
    pub(super) fn get(&self) -> Health {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Keeps the newest health until `stop`.
pub(super) async fn watch(engine: Arc<Engine>, newest: Arc<Newest>, stop: CancellationToken) {
    loop {
        let setup = engine.setup();
        let started = Instant::now();
        if let Ok(failing) = sources::in_trouble(&engine, &setup).await {
            *newest.0.lock().unwrap_or_else(PoisonError::into_inner) =
                health(&engine, failing, setup.sources.len());
        }
        // The more sources there are, the more a count costs: it may take a fiftieth of a thread.
        let rest = COUNT_EVERY.max(started.elapsed() * 50);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(rest) => {}
        }
    }
}
