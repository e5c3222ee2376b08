//! The poll loop: at each beat, due sources are claimed through the store and polled side by side.

use super::engine::Engine;
use crate::config;
use crate::model::{Outcome, PollRecord, SourceId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Beyond a source's own timeout: what reading and committing may take before another may claim it.
const LEASE_BEYOND_TIMEOUT: Duration = Duration::from_secs(120);

/// What the loop is driven and watched by.
pub(super) struct Beat {
    /// The scheduler's heartbeat.
    pub(super) due: Arc<Notify>,
    /// Called at every round: the watchdog's mark.
    pub(super) alive: Arc<dyn Fn() + Send + Sync>,
}

/// Polls until `stop`; polls under way are then dropped whole, since nothing of them is committed.
pub(super) async fn poll(engine: Arc<Engine>, beat: Beat, stop: CancellationToken) {
    let mut polls: JoinSet<PollRecord> = JoinSet::new();
    let mut teller = Teller::default();
    loop {
        (beat.alive)();
        tokio::select! {
            () = stop.cancelled() => break,
            () = beat.due.notified() => {}
            Some(ended) = polls.join_next(), if !polls.is_empty() => {
                teller.tell(&engine, ended);
                while let Some(ended) = polls.try_join_next() {
                    teller.tell(&engine, ended);
                }
            }
        }
        start_due(&engine, &mut polls).await;
    }
    polls.shutdown().await;
}

/// Polls begun and not ended: more than may ask at once, since some only wait for their turn at a slow host.
pub(super) fn polls_at_once(config: &config::Fetch) -> usize {
    config.concurrency.saturating_mul(8).max(1)
}

async fn start_due(engine: &Arc<Engine>, polls: &mut JoinSet<PollRecord>) {
    let setup = engine.setup();
    let free = polls_at_once(&setup.config.fetch).saturating_sub(polls.len());
    if free == 0 {
        return;
    }
    let lease = setup.config.fetch.timeout + LEASE_BEYOND_TIMEOUT;
    let due = match engine.store.claim(engine.clock.now(), lease, free).await {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(
                "due sources cannot be claimed: {}",
                crate::model::in_words(&error)
            );
            return;
        }
    };
    for id in due {
        let Some(source) = setup.source(id).cloned() else {
            continue;
        };
        let engine = Arc::clone(engine);
        polls.spawn(async move { engine.poll(&source).await });
    }
}

/// Tells of polls in the log: a failure when it begins or changes, not once a poll.
#[derive(Default)]
struct Teller {
    failing: HashMap<SourceId, String>,
    polled: usize,
    reached: usize,
    said_no_network: bool,
}

impl Teller {
    fn tell(&mut self, engine: &Engine, ended: Result<PollRecord, tokio::task::JoinError>) {
        match ended {
            Ok(record) => self.tell_record(engine, &record),
            Err(error) if error.is_panic() => {
                tracing::error!("a poll ended in a panic; its source is asked again later: {error}");
            }
            Err(_) => {}
        }
    }

    fn tell_record(&mut self, engine: &Engine, record: &PollRecord) {
        let duration_ms = record.took.as_millis() as u64;
        let name = record.name.as_str();
        match record.outcome {
            outcome if outcome.is_success() => {
                self.reached += 1;
                if self.failing.remove(&record.source).is_some() {
                    tracing::info!(source.name = %name, "answers again");
                }
                if record.new + record.updated > 0 {
                    tracing::info!(source.name = %name, new = record.new, updated = record.updated, duration_ms, "polled");
                } else {
                    tracing::debug!(source.name = %name, duration_ms, "polled: {}", record.reason);
                }
            }
            Outcome::Refused if record.took.is_zero() => {
                tracing::debug!(source.name = %name, "not polled: {}", record.reason);
            }
            _ => {
                let words = record.reason.as_str().to_owned();
                if self.failing.get(&record.source) != Some(&words) {
                    tracing::warn!(source.name = %name, duration_ms, "{}", one_line(&words));
                    self.failing.insert(record.source, words);
                }
            }
        }
        self.polled += 1;
        self.say_when_nothing_was_reached(engine);
    }

    /// Once, after a first round in which no source answered: most likely there is no network at all.
    fn say_when_nothing_was_reached(&mut self, engine: &Engine) {
        let setup = engine.setup();
        let enabled = setup.sources.iter().filter(|source| source.enabled);
        // Those with a schedule may not come up for hours: they are not waited for.
        let all = enabled.filter(|source| source.schedule.is_none()).count();
        if !self.said_no_network && self.reached == 0 && self.polled >= all && all > 0 {
            self.said_no_network = true;
            tracing::warn!(
                "none of the {all} sources could be reached; is there a network here? \
                 `newsriver demo` (or `cargo run --release -- demo`) shows the whole system without one"
            );
        }
    }
}

/// Line ends and control characters from outside shown as text: one event, one line.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            if character.is_control() {
                character.escape_default().collect::<Vec<_>>()
            } else {
                vec![character]
            }
        })
        .collect()
}
