//! Sources that came due while nobody asked: after a restart, after the machine slept, after the clock was set forward.
//!
//! All of them at once would be a stampede, on their hosts and on ours. They come one after the other, the most overdue
//! first, as `schedule::catch_up` says; what comes due meanwhile is asked in its own time.

use crate::model::{Source, SourceId, SourceState, Timestamp};
use crate::schedule;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;
use tokio::time::Instant;

/// Those who wait, each with its moment. By the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Late {
    order: BTreeSet<(Instant, SourceId)>,
    waiting: HashSet<SourceId>,
}

/// One that is overdue: since when, and the time that was planned between its polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Overdue {
    due: Timestamp,
    source: SourceId,
    gap: Duration,
}

impl Overdue {
    pub(super) fn of(source: &Source, state: &SourceState) -> Self {
        let planned = state.last_polled.map(|last| state.next_due.since(last));
        Self {
            due: state.next_due,
            source: source.id,
            gap: planned.unwrap_or(source.interval).max(source.min_interval),
        }
    }
}

impl Late {
    /// These are all overdue, and came to light now.
    pub(super) fn add(&mut self, mut overdue: Vec<Overdue>, now: Instant) {
        overdue.sort_unstable();
        let gaps: Vec<Duration> = overdue.iter().map(|one| one.gap).collect();
        for (one, wait) in overdue.iter().zip(schedule::catch_up(&gaps)) {
            if self.waiting.insert(one.source) {
                self.order.insert((now + wait, one.source));
            }
        }
    }

    /// It waits here.
    pub(super) fn has(&self, source: SourceId) -> bool {
        self.waiting.contains(&source)
    }

    /// When the next one's moment comes.
    pub(super) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(moment, _)| *moment)
    }

    /// The next one whose moment has come.
    pub(super) fn take(&mut self, now: Instant) -> Option<SourceId> {
        let (moment, source) = *self.order.first()?;
        if moment > now {
            return None;
        }
        self.order.remove(&(moment, source));
        self.waiting.remove(&source);
        Some(source)
    }
}
