//! The cron scheduler: it only wakes things. One heartbeat a second drives our own due-queue; housekeeping
//! runs by the hour. Nothing else is put into it: its repeated jobs die after one stall, and it keeps a zone as
//! the offset it had when the job was made (see `docs/decisions`).

use super::engine::Engine;
use crate::model::{StoryId, in_words};
use crate::store::{self, Channel, Error, Housekept, Keep};
use anyhow::Context;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};

/// Every second: seconds, minutes, hours, day, month, weekday.
const EVERY_SECOND: &str = "* * * * * *";

/// Seven minutes past each hour, when nobody else's jobs run.
const EVERY_HOUR: &str = "0 7 * * * *";

/// How often house is kept where commands poll.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// The file in the store's folder whose time says when house was kept last.
const MARKER: &str = "house-kept";

/// The longest wait for the scheduler's word to keep house.
const WITHOUT_WORD: Duration = Duration::from_secs(2 * 3600);

/// Each full hour, by which rankings are compared.
const FULL_HOUR: &str = "0 0 * * * *";

/// Every ten minutes: whether it is time to learn.
const EVERY_TEN_MINUTES: &str = "30 */10 * * * *";

/// Events the scheduler may have under way before it forgets some; its own default of 200 loses jobs.
const CHANNEL_SIZE: usize = 4096;

/// What the scheduler wakes.
pub(super) struct Wakes {
    /// Once a second.
    pub(super) due: Arc<Notify>,
    /// Once an hour.
    pub(super) housekeeping: Arc<Notify>,
    /// At each full hour.
    pub(super) ranking: Arc<Notify>,
    /// Every ten minutes.
    pub(super) learning: Arc<Notify>,
}

/// Starts the scheduler.
pub(super) async fn start(wakes: &Wakes) -> anyhow::Result<JobScheduler> {
    let scheduler = JobScheduler::new_with_channel_size(CHANNEL_SIZE)
        .await
        .context("cannot start the scheduler")?;
    // One after the other: adding side by side loses jobs without a word.
    for (pattern, woken) in [
        (EVERY_SECOND, &wakes.due),
        (EVERY_HOUR, &wakes.housekeeping),
        (FULL_HOUR, &wakes.ranking),
        (EVERY_TEN_MINUTES, &wakes.learning),
    ] {
        let woken = Arc::clone(woken);
        let job = Job::new(pattern, move |_, _| woken.notify_one()).context("cannot make a scheduled job")?;
        scheduler.add(job).await.context("cannot add a scheduled job")?;
    }
    scheduler.start().await.context("cannot start the scheduler")?;
    Ok(scheduler)
}

/// Has the rankings made anew at each full hour: what became of a story's place within an hour and a day is said by
/// the hour.
pub(super) async fn rank(engine: Arc<Engine>, woken: Arc<Notify>) {
    loop {
        woken.notified().await;
        engine.touched.add(vec![Channel::Shared]);
    }
}

/// Lets old items go and keeps the store in its bounds, each time it is woken.
pub(super) async fn housekeep(engine: Arc<Engine>, woken: Arc<Notify>) {
    loop {
        tokio::select! {
            () = woken.notified() => {}
            // The scheduler goes by the calendar: where that is turned back it is silent until the day comes again.
            () = tokio::time::sleep(WITHOUT_WORD) => {}
        }
        if let Err(error) = keep_house(&engine).await {
            let words = in_words(&error);
            tracing::error!("housekeeping failed; it is tried again in an hour: {words}");
        }
    }
}

/// Keeps house for a command that polls without a daemon, where that was done last an hour ago or more. Failures are told
/// in the log.
pub async fn keep_house_if_due(engine: &Engine) {
    let marker = engine.setup().config.store.path.join(MARKER);
    let kept = std::fs::metadata(marker)
        .and_then(|marker| marker.modified())
        .ok();
    let age = kept.and_then(|kept| kept.elapsed().ok());
    if age.is_none_or(|age| age >= AN_HOUR)
        && let Err(error) = keep_house(engine).await
    {
        let words = in_words(&error);
        tracing::error!("housekeeping failed; it is tried again with the next poll: {words}");
    }
}

/// One housekeeping, and what it did.
pub(super) async fn keep_house(engine: &Engine) -> Result<Housekept, Error> {
    let setup = engine.setup();
    let config = &setup.config.store;
    let keep = Keep {
        retention: config.retention,
        max_size_bytes: config.max_size_bytes,
    };
    let kept = engine.store.housekeep(keep, engine.clock.now()).await?;
    if kept.purged > 0 || kept.compacted {
        tracing::info!(purged = kept.purged, compacted = kept.compacted, "kept house");
    }
    let gone = StoryId::first_at(engine.clock.now().minus(config.retention));
    let forgotten = store::stories_forgotten(engine.store.as_ref(), gone).await?;
    if !forgotten.is_empty() {
        engine.store.note(forgotten).await?;
    }
    engine.touched.add(kept.touched.clone());
    // Only commands read it; where it cannot be written they keep house more often.
    drop(std::fs::write(config.path.join(MARKER), ""));
    Ok(kept)
}
