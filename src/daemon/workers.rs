//! The poll loop: at each beat, due sources are claimed through the store, and polled side by side as their hosts
//! are free.

use super::engine::Engine;
use super::late::{Late, Overdue};
use super::waiting::Waiting;
use crate::config;
use crate::health::one_line;
use crate::model::{Outcome, PollRecord, SourceId, Timestamp};
use futures_util::FutureExt;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
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

/// The longest wait for a beat of the scheduler.
const WITHOUT_BEAT: Duration = Duration::from_secs(2);

/// Where the clock goes on by more between two beats, nobody asked for so long: the machine slept, or the clock was set.
const PAUSE: Duration = Duration::from_secs(10);

/// A clock that goes back by so much is set, not adjusted.
const TURNED_BACK: Duration = Duration::from_secs(60);

/// Polls until `stop`; polls under way are then dropped whole, since nothing of them is committed.
pub(super) async fn poll(engine: Arc<Engine>, beat: Beat, stop: CancellationToken) {
    let mut floor = Floor::default();
    let mut latest = engine.clock.now();
    // What is due at first came due while no daemon ran.
    let mut is_after_pause = true;
    loop {
        (beat.alive)();
        let late = floor.late.next();
        let is_beat = tokio::select! {
            () = stop.cancelled() => break,
            () = beat.due.notified() => true,
            // The scheduler goes by the calendar: where that is turned back it is silent until the day comes again.
            () = tokio::time::sleep(WITHOUT_BEAT) => true,
            Some(ended) = floor.polls.join_next(), if !floor.polls.is_empty() => {
                floor.take_leave(&engine, ended);
                while let Some(ended) = floor.polls.try_join_next() {
                    floor.take_leave(&engine, ended);
                }
                false
            }
            () = until(late) => false,
        };
        if is_beat {
            let now = engine.clock.now();
            is_after_pause |= now.since(latest) > PAUSE;
            if now.plus(TURNED_BACK) < latest {
                follow_the_clock(&engine, latest, now).await;
            }
            latest = now;
            floor.claim_due(&engine, is_after_pause).await;
            is_after_pause = false;
        }
        floor.start_late(&engine).await;
        floor.start_free(&engine);
    }
    floor.polls.shutdown().await;
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// The clock was turned back: what was planned by it moves along.
async fn follow_the_clock(engine: &Engine, before: Timestamp, now: Timestamp) {
    tracing::warn!("the clock was turned back from {before} to {now}; what is planned moves along");
    if let Err(error) = engine.plan_polls().await {
        let words = crate::model::in_words(&error);
        tracing::error!("what is planned could not be moved: {words}");
    }
}

/// Polls begun and not ended: more than may ask at once, since some only wait for their turn at a slow host.
pub(super) fn polls_at_once(config: &config::Fetch) -> usize {
    config.concurrency.saturating_mul(8).max(1)
}

/// Polls of one host begun and not ended: while some are asked, as many are read and stored.
fn polls_of_a_host(config: &config::Fetch) -> usize {
    config.per_host.saturating_mul(2).max(1)
}

/// How a poll of a source ended: told, not needed after all, or in a panic.
type Ended = (SourceId, thread::Result<Option<PollRecord>>);

/// What is due, waiting and under way.
#[derive(Default)]
struct Floor {
    polls: JoinSet<Ended>,
    waiting: Waiting,
    late: Late,
    /// Claimed for a configuration that is not in force yet: a reload makes sources known to the store first.
    early: HashSet<SourceId>,
    teller: Teller,
}

impl Floor {
    /// Takes what is due from the store. All of it: a claim of the most overdue alone might see one slow host for ever.
    async fn claim_due(&mut self, engine: &Engine, is_after_pause: bool) {
        let setup = engine.setup();
        let lease = setup.config.fetch.timeout + LEASE_BEYOND_TIMEOUT;
        match engine.store.claim(engine.clock.now(), lease, usize::MAX).await {
            Ok(due) if is_after_pause => self.let_wait(engine, due).await,
            Ok(due) => self.early.extend(due),
            Err(error) => {
                let words = crate::model::in_words(&error);
                tracing::error!("due sources cannot be claimed: {words}");
            }
        }
        for id in std::mem::take(&mut self.early) {
            self.line_up(engine, id).await;
        }
        self.waiting.try_all();
    }

    /// What came due while nobody asked does not come all at once.
    async fn let_wait(&mut self, engine: &Engine, due: Vec<SourceId>) {
        let setup = engine.setup();
        let (mut overdue, mut known) = (Vec::new(), 0_usize);
        for id in due.into_iter().filter(|id| !self.waiting.has(*id)) {
            match (setup.source(id), engine.store.state(id).await) {
                (Some(source), Ok(state)) => {
                    known += usize::from(state.last_polled.is_some());
                    overdue.push(Overdue::of(source, &state));
                }
                _ => drop(self.early.insert(id)),
            }
        }
        // A source that was never asked is new, and nobody's pause.
        if known > 1 {
            tracing::info!(
                overdue = known,
                "sources came due while nobody asked; they are asked one after the other"
            );
        }
        self.late.add(overdue, Instant::now());
    }

    /// This source is due: it waits for its host.
    async fn line_up(&mut self, engine: &Engine, id: SourceId) {
        match engine.setup().source(id) {
            Some(_) if self.waiting.has(id) || self.late.has(id) => {}
            Some(source) => self.waiting.add(id, engine.host_of(source).await),
            None => drop(self.early.insert(id)),
        }
    }

    async fn start_late(&mut self, engine: &Engine) {
        let now = Instant::now();
        while let Some(id) = self.late.take(now) {
            self.line_up(engine, id).await;
        }
    }

    /// Begins what waits for a host that is free, as far as there are places.
    fn start_free(&mut self, engine: &Arc<Engine>) {
        let setup = engine.setup();
        let (most, most_of_a_host) = (
            polls_at_once(&setup.config.fetch),
            polls_of_a_host(&setup.config.fetch),
        );
        while self.polls.len() < most {
            let Some(id) = self.waiting.take(most_of_a_host, |host| setup.is_free(host)) else {
                return;
            };
            // It may have left the file while it waited.
            let Some(source) = setup.source(id).cloned() else {
                self.waiting.ended(id);
                continue;
            };
            let engine = Arc::clone(engine);
            self.polls.spawn(async move {
                let polled = AssertUnwindSafe(engine.poll_due(&source)).catch_unwind().await;
                (id, polled)
            });
        }
    }

    fn take_leave(&mut self, engine: &Engine, ended: Result<Ended, JoinError>) {
        // A panic is caught before it ends the task, and nobody ends one from outside.
        let Ok((id, polled)) = ended else { return };
        self.waiting.ended(id);
        match polled {
            Ok(Some(record)) => self.teller.tell(engine, &record),
            Ok(None) => {}
            Err(_) => {
                let setup = engine.setup();
                let name = setup.source(id).map_or("", |source| source.name.as_str());
                tracing::error!(source.name = %name, "a poll ended in a panic; its source is asked again later");
            }
        }
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
    fn tell(&mut self, engine: &Engine, record: &PollRecord) {
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
            Outcome::Refused if !record.was_asked => {
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
