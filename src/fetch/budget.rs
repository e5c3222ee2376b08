//! The memory that bodies in flight share (`[fetch] memory`).
//!
//! Most bodies take from the common pool: what their `Content-Length` says, or a little, and more as they grow.
//! Holding some while waiting for more is how such schemes lock up, so nobody does: a body that cannot grow waits
//! for the one wide lane, which is kept aside and holds a body of any allowed size, packed and unpacked. Whoever has
//! the lane needs nothing further and always gets done, so everybody does.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What permits count, so that 32 bits of them are enough for any machine.
const UNIT_BYTES: u64 = 4096;

/// The shared memory, handed out in shares.
#[derive(Debug)]
pub(super) struct Budget {
    common: Arc<Semaphore>,
    common_units: u32,
    lane: Arc<Semaphore>,
}

/// One body's part of the budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    place: Place,
    units: u32,
}

#[derive(Debug)]
enum Place {
    Nothing,
    Common(OwnedSemaphorePermit),
    /// Held for its drop alone.
    Lane {
        _permit: OwnedSemaphorePermit,
    },
}

impl Budget {
    /// Keeps the lane (twice `max_body_bytes`: a body packed and unpacked) aside of `memory_bytes`.
    ///
    /// A memory smaller than the lane leaves the lane alone: bodies pass one by one, and one of them may take
    /// more than the memory named.
    pub(super) fn new(memory_bytes: u64, max_body_bytes: u64) -> Self {
        let common_units = units_of(memory_bytes.saturating_sub(max_body_bytes.saturating_mul(2)));
        Self {
            common: Arc::new(Semaphore::new(common_units as usize)),
            common_units,
            lane: Arc::new(Semaphore::new(1)),
        }
    }

    /// A first share; waits until there is one. It is asked for while nothing is held.
    pub(super) async fn claim(&self, bytes: u64) -> Share {
        let units = units_of(bytes);
        if units > self.common_units {
            return self.lane_share().await;
        }
        match Arc::clone(&self.common).acquire_many_owned(units).await {
            Ok(permit) => Share {
                place: Place::Common(permit),
                units,
            },
            // Only a closed semaphore refuses, and this one is never closed.
            Err(_) => Share::nothing(),
        }
    }

    /// Makes a share as large as `bytes` if that can be had at once.
    pub(super) fn try_grow(&self, share: &mut Share, bytes: u64) -> bool {
        let more = units_of(bytes).saturating_sub(share.units);
        if more == 0 {
            return true;
        }
        let Ok(extra) = Arc::clone(&self.common).try_acquire_many_owned(more) else {
            return false;
        };
        match &mut share.place {
            Place::Common(permit) => permit.merge(extra),
            Place::Nothing => share.place = Place::Common(extra),
            Place::Lane { .. } => {}
        }
        share.units = share.units.saturating_add(more);
        true
    }

    /// Makes a share as large as `bytes`, waiting for the lane where the common pool has too little.
    pub(super) async fn grow(&self, share: &mut Share, bytes: u64) {
        if !self.try_grow(share, bytes) {
            // What is held stays held until the lane is there: the bytes it stands for are in memory.
            *share = self.lane_share().await;
        }
    }

    async fn lane_share(&self) -> Share {
        match Arc::clone(&self.lane).acquire_owned().await {
            Ok(permit) => Share {
                place: Place::Lane { _permit: permit },
                units: u32::MAX,
            },
            Err(_) => Share::nothing(),
        }
    }
}

impl Share {
    /// For answers without a body.
    pub(super) fn nothing() -> Self {
        Self {
            place: Place::Nothing,
            units: 0,
        }
    }
}

fn units_of(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const KIB: u64 = 1024;

    #[tokio::test(start_paused = true)]
    async fn a_claim_waits_until_others_have_given_back() {
        let budget = Budget::new(192 * KIB, 64 * KIB);
        let first = budget.claim(64 * KIB).await;
        let second = budget.claim(40 * KIB);
        tokio::pin!(second);
        assert!(timeout(Duration::from_secs(1), &mut second).await.is_err());
        drop(first);
        assert!(timeout(Duration::from_secs(1), &mut second).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_that_all_want_more_get_done_one_after_another() {
        let budget = Arc::new(Budget::new(192 * KIB, 64 * KIB));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let budget = Arc::clone(&budget);
            tasks.spawn(async move {
                let mut share = budget.claim(4 * KIB).await;
                tokio::task::yield_now().await;
                budget.grow(&mut share, 32 * KIB).await;
                tokio::task::yield_now().await;
                budget.grow(&mut share, 64 * KIB).await;
            });
        }
        let all = async { while tasks.join_next().await.is_some() {} };
        assert!(timeout(Duration::from_secs(5), all).await.is_ok());
        assert_eq!(budget.common.available_permits(), 16);
        assert_eq!(budget.lane.available_permits(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_tiny_memory_still_lets_one_body_pass_at_a_time() {
        let budget = Budget::new(1, 64 * KIB);
        let share = budget.claim(64 * KIB).await;
        assert!(timeout(Duration::from_secs(1), budget.claim(KIB)).await.is_err());
        drop(share);
        assert!(timeout(Duration::from_secs(1), budget.claim(KIB)).await.is_ok());
    }
}
