//! Whether newsriver is well: `ok`, `degraded` with reasons, or unable to serve or store.

use super::engine::Engine;
use super::sources;
use crate::serve::Health;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// From this share of failing sources on, the river as a whole is degraded: a few are always down.
const MANY: f64 = 0.5;

/// How often the sources are counted for `/healthz`.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// The health where so many of so many sources are failing.
pub(super) fn health(engine: &Engine, failing: usize, total: usize) -> Health {
    let troubles = engine.troubles();
    let mut reasons = Vec::new();
    if let Some(words) = &troubles.config {
        reasons.push(format!("feeds.toml was changed but not taken: {words}"));
    }
    if failing > 0 && failing as f64 >= total as f64 * MANY {
        reasons.push(format!("{failing} of {total} sources are failing"));
    }
    if let Some(words) = troubles.store {
        reasons.insert(0, format!("polls cannot be stored: {words}"));
        return Health::Failing(reasons);
    }
    if reasons.is_empty() {
        Health::Well
    } else {
        Health::Degraded(reasons)
    }
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
        if let Ok(failing) = sources::in_trouble(&engine, &setup).await {
            *newest.0.lock().unwrap_or_else(PoisonError::into_inner) =
                health(&engine, failing, setup.sources.len());
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(COUNT_EVERY) => {}
        }
    }
}
