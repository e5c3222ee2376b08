//! Sources whose last answer is not in the store: not asked again at once.
//!
//! When a source is next due is kept with what it answered. Where the store refuses a write, or a poll ends in a panic,
//! nothing of that is kept, and the source would seem due as before. So each poll holds its source from its beginning
//! for `min_interval`, twice as long each time up to `max_interval`, and lets it go when its answer is stored.

use crate::model::{Source, SourceId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// No longer than this, whatever the file says: a sum that any monotonic clock can hold.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// The sources held. By the monotonic clock: whoever sets the clock does not set these free.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<HashMap<SourceId, Hold>>);

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Instant,
    gap: Duration,
}

impl Holds {
    /// A poll of this source begins. An error: how long it is still held.
    pub(super) fn begin(&self, source: &Source) -> Result<(), Duration> {
        self.begin_within(source.id, source.min_interval, source.max_interval)
    }

    fn begin_within(&self, source: SourceId, floor: Duration, ceiling: Duration) -> Result<(), Duration> {
        let now = Instant::now();
        let mut holds = self.lock();
        let before = holds.get(&source);
        if let Some(hold) = before.filter(|hold| hold.until > now) {
            return Err(hold.until - now);
        }
        let floor = floor.min(LONGEST);
        let gap = before.map_or(floor, |hold| {
            hold.gap
                .saturating_mul(2)
                .clamp(floor, ceiling.clamp(floor, LONGEST))
        });
        let until = now + gap;
        holds.insert(source, Hold { until, gap });
        Ok(())
    }

    /// What it answered is stored, and with it when it is due.
    pub(super) fn end(&self, source: SourceId) {
        self.lock().remove(&source);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SourceId, Hold>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const SOURCE: SourceId = SourceId(1);

    fn begin(holds: &Holds) -> Result<(), Duration> {
        holds.begin_within(SOURCE, Duration::from_secs(300), Duration::from_secs(1000))
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_stored_is_asked_again_later_and_later() {
        let holds = Holds::default();
        for gap in [300, 600, 1000, 1000] {
            assert_eq!(begin(&holds), Ok(()));
            assert_eq!(begin(&holds), Err(Duration::from_secs(gap)));
            tokio::time::advance(Duration::from_secs(gap)).await;
        }
        assert_eq!(begin(&holds), Ok(()));
        holds.end(SOURCE);
        assert_eq!(begin(&holds), Ok(()), "what is stored is not held");
        assert_eq!(begin(&holds), Err(Duration::from_secs(300)));
    }

    #[tokio::test(start_paused = true)]
    async fn no_interval_is_too_long_to_be_counted() {
        let holds = Holds::default();
        assert_eq!(holds.begin_within(SOURCE, Duration::MAX, Duration::ZERO), Ok(()));
        assert_eq!(
            holds.begin_within(SOURCE, Duration::MAX, Duration::ZERO),
            Err(LONGEST)
        );
    }
}
