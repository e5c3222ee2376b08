//! Whose turn it is: which sources are due, and which are under way under a lease.
//!
//! Lives in memory only: after a restart nobody is under way, and `next_due` comes from the states.

use crate::model::{SourceId, SourceState, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// The due queue and the leases.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// When each source asks to be polled; gone ones have none.
    next_due: HashMap<SourceId, Option<Timestamp>>,
    /// The sources that may be claimed.
    polled: BTreeSet<SourceId>,
    /// Those of `polled` that are neither gone nor under way, by their time.
    queue: BTreeSet<(Timestamp, SourceId)>,
    /// Until when those under way are kept from others.
    leases: HashMap<SourceId, Timestamp>,
    /// The same, the first to end first.
    ends: BTreeSet<(Timestamp, SourceId)>,
}

impl Turns {
    /// Exactly these sources may be claimed from now on.
    pub(super) fn set_polled(&mut self, polled: impl IntoIterator<Item = SourceId>) {
        self.polled = polled.into_iter().collect();
        self.leases.retain(|source, _| self.polled.contains(source));
        self.ends.retain(|(_, source)| self.polled.contains(source));
        self.queue.clear();
        for source in &self.polled {
            if !self.leases.contains_key(source)
                && let Some(due) = self.due_of(*source)
            {
                self.queue.insert((due, *source));
            }
        }
    }

    /// A source's state as committed.
    pub(super) fn set_state(&mut self, source: SourceId, state: &SourceState) {
        self.leave_queue(source);
        let due = (!state.is_gone).then_some(state.next_due);
        self.next_due.insert(source, due);
        self.enter_queue(source);
    }

    /// The source was committed to: its lease is over.
    pub(super) fn release(&mut self, source: SourceId) {
        if let Some(until) = self.leases.remove(&source) {
            self.ends.remove(&(until, source));
        }
        self.enter_queue(source);
    }

    /// Takes up to `limit` due sources, the most overdue first.
    pub(super) fn take(&mut self, now: Timestamp, lease: Duration, limit: usize) -> Vec<SourceId> {
        // One that is longer than a lease was given by a clock that has been turned back since.
        let latest = now.plus(lease);
        let over = self.ends.iter().take_while(|(until, _)| *until <= now);
        let ahead = self.ends.iter().rev().take_while(|(until, _)| *until > latest);
        let expired: Vec<SourceId> = over.chain(ahead).map(|(_, source)| *source).collect();
        for source in expired {
            self.release(source);
        }
        let due: Vec<(Timestamp, SourceId)> = self
            .queue
            .iter()
            .take_while(|(due, _)| *due <= now)
            .take(limit)
            .copied()
            .collect();
        for entry in &due {
            self.queue.remove(entry);
            self.leases.insert(entry.1, latest);
            self.ends.insert((latest, entry.1));
        }
        due.into_iter().map(|(_, source)| source).collect()
    }

    /// When it is due; the beginning of time for one never polled, `None` for one that is gone.
    fn due_of(&self, source: SourceId) -> Option<Timestamp> {
        self.next_due
            .get(&source)
            .copied()
            .unwrap_or(Some(Timestamp::default()))
    }

    fn leave_queue(&mut self, source: SourceId) {
        if let Some(due) = self.due_of(source) {
            self.queue.remove(&(due, source));
        }
    }

    fn enter_queue(&mut self, source: SourceId) {
        if self.polled.contains(&source)
            && !self.leases.contains_key(&source)
            && let Some(due) = self.due_of(source)
        {
            self.queue.insert((due, source));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn due(seconds: i64) -> SourceState {
        SourceState {
            next_due: at(seconds),
            ..SourceState::default()
        }
    }

    #[test]
    fn the_most_overdue_goes_first_and_one_under_way_is_not_taken_again() {
        let mut turns = Turns::default();
        turns.set_polled([SourceId(1), SourceId(2), SourceId(3)]);
        turns.set_state(SourceId(1), &due(20));
        turns.set_state(SourceId(2), &due(10));
        turns.set_state(SourceId(3), &due(99));
        assert_eq!(turns.take(at(30), LEASE, 9), [SourceId(2), SourceId(1)]);
        assert_eq!(turns.take(at(30), LEASE, 9), []);
        turns.set_state(SourceId(2), &due(40));
        turns.release(SourceId(2));
        assert_eq!(turns.take(at(50), LEASE, 9), [SourceId(2)]);
        assert_eq!(turns.take(at(90), LEASE, 9), [SourceId(1)], "its lease ran out");
    }

    #[test]
    fn a_clock_that_is_turned_back_makes_no_lease_longer() {
        let mut turns = Turns::default();
        turns.set_polled([SourceId(1)]);
        turns.set_state(SourceId(1), &due(10));
        assert_eq!(turns.take(at(9000), LEASE, 9), [SourceId(1)]);
        assert_eq!(turns.take(at(9001), LEASE, 9), []);
        assert_eq!(turns.take(at(20), LEASE, 9), [SourceId(1)]);
        assert_eq!(turns.take(at(21), LEASE, 9), []);
    }

    #[test]
    fn gone_and_left_out_sources_are_never_taken() {
        let mut turns = Turns::default();
        turns.set_polled([SourceId(1)]);
        turns.set_state(SourceId(2), &due(0));
        let gone = SourceState {
            is_gone: true,
            ..SourceState::default()
        };
        turns.set_state(SourceId(1), &gone);
        assert_eq!(turns.take(at(1), LEASE, 9), []);
        turns.set_polled([SourceId(2)]);
        assert_eq!(turns.take(at(1), LEASE, 9), [SourceId(2)]);
    }
}
