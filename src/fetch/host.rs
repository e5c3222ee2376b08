//! Turns at a host: never more than `per_host` requests under way at one, and none while it rests.
//!
//! Counted by the host that is actually asked: after a redirect that is another one.

use super::{Error, LONGEST_RETRY_AFTER};
use crate::model::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All hosts that are being asked or waited for, and those that asked for rest.
#[derive(Debug)]
pub(super) struct Hosts {
    per_host: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    busy: HashMap<String, Busy>,
    resting: HashMap<String, Timestamp>,
}

#[derive(Debug)]
struct Busy {
    turns: Arc<Semaphore>,
    /// Who has a turn or waits for one; the entry leaves with the last of them.
    guests: usize,
}

/// A turn at a host, given back when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
    _guest: Guest,
}

#[derive(Debug)]
struct Guest {
    hosts: Arc<Hosts>,
    host: String,
}

impl Hosts {
    pub(super) fn new(per_host: usize) -> Arc<Self> {
        Arc::new(Self {
            per_host: per_host.max(1),
            table: Mutex::default(),
        })
    }

    /// Waits for a turn, first come, first served. A host that rests is not waited for; it may begin to rest
    /// while we wait, so it is asked about again with the turn in hand.
    pub(super) async fn turn(
        self: &Arc<Self>,
        host: &str,
        now: impl Fn() -> Timestamp,
    ) -> Result<Turn, Error> {
        self.check_rest(host, now())?;
        let (guest, turns) = self.enter(host);
        let permit = turns.acquire_owned().await.map_err(|_| Error::Internal {
            host: host.to_owned(),
            why: "the queue for this host was closed".to_owned(),
        })?;
        self.check_rest(host, now())?;
        Ok(Turn {
            _permit: permit,
            _guest: guest,
        })
    }

    /// A request would get its turn at once.
    pub(super) fn is_free(&self, host: &str) -> bool {
        let table = self.lock();
        table
            .busy
            .get(host)
            .is_none_or(|busy| busy.guests < self.per_host)
    }

    /// Lets a host rest until then. An earlier, longer word stays.
    pub(super) fn rest(&self, host: &str, until: Timestamp, now: Timestamp) {
        let mut table = self.lock();
        table.resting.retain(|_, end| *end > now);
        let end = table.resting.entry(host.to_owned()).or_insert(until);
        *end = until.max(*end);
    }

    fn check_rest(&self, host: &str, now: Timestamp) -> Result<(), Error> {
        // No rest is longer than this: one that seems so comes from a clock that was turned back since.
        let latest = now.plus(LONGEST_RETRY_AFTER);
        match self.lock().resting.get(host) {
            Some(until) if (now..=latest).contains(until) && *until != now => Err(Error::HostRests {
                host: host.to_owned(),
                until: *until,
            }),
            _ => Ok(()),
        }
    }

    fn enter(self: &Arc<Self>, host: &str) -> (Guest, Arc<Semaphore>) {
        let mut table = self.lock();
        let busy = table.busy.entry(host.to_owned()).or_insert_with(|| Busy {
            turns: Arc::new(Semaphore::new(self.per_host)),
            guests: 0,
        });
        busy.guests += 1;
        let guest = Guest {
            hosts: Arc::clone(self),
            host: host.to_owned(),
        };
        (guest, Arc::clone(&busy.turns))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing in here can panic half way, so a poisoned table is a whole one.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut table = self.hosts.lock();
        if let Some(busy) = table.busy.get_mut(&self.host) {
            busy.guests = busy.guests.saturating_sub(1);
            if busy.guests == 0 {
                table.busy.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    fn at(seconds: i64) -> impl Fn() -> Timestamp {
        move || Timestamp::from_seconds(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_so_many_are_at_one_host_and_others_are_free() {
        let hosts = Hosts::new(2);
        let first = hosts.turn("a", at(0)).await.unwrap();
        let _second = hosts.turn("a", at(0)).await.unwrap();
        assert!(!hosts.is_free("a"));
        assert!(hosts.is_free("b"));
        hosts.turn("b", at(0)).await.unwrap();
        let third = hosts.turn("a", at(0));
        tokio::pin!(third);
        assert!(timeout(Duration::from_secs(9), &mut third).await.is_err());
        drop(first);
        third.await.unwrap();
    }

    #[tokio::test]
    async fn a_host_nobody_asks_leaves_no_trace() {
        let hosts = Hosts::new(1);
        drop(hosts.turn("a", at(0)).await.unwrap());
        assert!(hosts.lock().busy.is_empty());
    }

    #[tokio::test]
    async fn a_resting_host_is_not_asked_until_its_time_is_over() {
        let hosts = Hosts::new(1);
        hosts.rest("a", Timestamp::from_seconds(50), Timestamp::from_seconds(1));
        hosts.rest("a", Timestamp::from_seconds(20), Timestamp::from_seconds(1));
        let refused = hosts.turn("a", at(49)).await.unwrap_err();
        assert_eq!(refused.retry_after(), Some(Timestamp::from_seconds(50)));
        assert!(hosts.turn("a", at(50)).await.is_ok());
        assert!(hosts.turn("a", at(-99_999_999)).await.is_ok());
        assert!(hosts.turn("b", at(2)).await.is_ok());
    }
}
