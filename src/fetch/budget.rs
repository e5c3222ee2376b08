//! The memory that bodies in flight share (`[fetch] memory`).
//!
//! Small bodies have a pool of their own, so that no large one ever keeps them waiting. Larger ones take from the common
//! pool: what their `Content-Length` says, or a little, and more as they grow. Holding some while waiting for more is
//! how such schemes lock up, so nobody does: a body that cannot grow waits for the one wide lane, which is kept aside
//! and holds a body of any allowed size, packed and unpacked. Whoever has the lane needs nothing further and always gets
//! done, so everybody does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What permits count, so that 32 bits of them are enough for any machine.
const UNIT_BYTES: u64 = 4096;

/// Bodies up to this size are small: most feeds are.
const SMALL_BYTES: u64 = 256 * 1024;

/// The shared memory, handed out in shares.
#[derive(Debug)]
pub(super) struct Budget {
    small: Arc<Semaphore>,
    common: Arc<Semaphore>,
    common_units: u32,
    lane: Arc<Semaphore>,
    /// Bodies that wait for the common pool or the lane.
    waiting: AtomicUsize,
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
    Small(OwnedSemaphorePermit),
    Common(OwnedSemaphorePermit),
    /// Held for its drop alone.
    Lane {
        _permit: OwnedSemaphorePermit,
    },
}

impl Budget {
    /// Keeps the lane (twice `max_body_bytes`: a body packed and unpacked) aside of `memory_bytes`, and of the rest up
    /// to a half for the small bodies of `at_once` fetches.
    ///
    /// A memory smaller than the lane leaves the lane alone: bodies pass one by one, and one of them may take
    /// more than the memory named.
    pub(super) fn new(memory_bytes: u64, max_body_bytes: u64, at_once: usize) -> Self {
        let rest = memory_bytes.saturating_sub(max_body_bytes.saturating_mul(2));
        let small = (rest / 2).min(SMALL_BYTES.saturating_mul(at_once as u64));
        let common_units = units_of(rest.saturating_sub(small));
        Self {
            small: Arc::new(Semaphore::new(units_of(small) as usize)),
            common: Arc::new(Semaphore::new(common_units as usize)),
            common_units,
            lane: Arc::new(Semaphore::new(1)),
            waiting: AtomicUsize::new(0),
        }
    }

    /// A first share; waits until there is one. It is asked for while nothing is held.
    pub(super) async fn claim(&self, bytes: u64) -> Share {
        let mut share = Share::nothing();
        if self.try_grow(&mut share, bytes) {
            return share;
        }
        let units = units_of(bytes);
        if units > self.common_units {
            return self.lane_share().await;
        }
        let _waiting = Waiting::among(&self.waiting);
        if let Ok(permit) = Arc::clone(&self.common).acquire_many_owned(units).await {
            share = Share {
                place: Place::Common(permit),
                units,
            };
        }
        // Only a closed semaphore refuses, and this one is never closed.
        share
    }

    /// Makes a share as large as `bytes` if that can be had at once.
    pub(super) fn try_grow(&self, share: &mut Share, bytes: u64) -> bool {
        let units = units_of(bytes);
        let more = units.saturating_sub(share.units);
        if more == 0 {
            return true;
        }
        match &mut share.place {
            Place::Lane { .. } => return true,
            Place::Common(permit) => match Arc::clone(&self.common).try_acquire_many_owned(more) {
                Ok(extra) => permit.merge(extra),
                Err(_) => return false,
            },
            Place::Small(permit) if bytes <= SMALL_BYTES => {
                match Arc::clone(&self.small).try_acquire_many_owned(more) {
                    Ok(extra) => permit.merge(extra),
                    Err(_) => return false,
                }
            }
            Place::Nothing | Place::Small(_) => match self.try_take(bytes) {
                Some(place) => share.place = place,
                None => return false,
            },
        }
        share.units = units;
        true
    }

    /// Room for a whole body at once. What a small one held before is given back only after.
    fn try_take(&self, bytes: u64) -> Option<Place> {
        let units = units_of(bytes);
        if bytes <= SMALL_BYTES
            && let Ok(permit) = Arc::clone(&self.small).try_acquire_many_owned(units)
        {
            return Some(Place::Small(permit));
        }
        let permit = Arc::clone(&self.common).try_acquire_many_owned(units).ok()?;
        Some(Place::Common(permit))
    }

    /// Makes a share as large as `bytes`, waiting for the lane where the common pool has too little.
    pub(super) async fn grow(&self, share: &mut Share, bytes: u64) {
        if !self.try_grow(share, bytes) {
            // What is held stays held until the lane is there: the bytes it stands for are in memory.
            *share = self.lane_share().await;
        }
    }

    /// Others wait for what this share takes from them.
    pub(super) fn is_wanted(&self, share: &Share) -> bool {
        matches!(share.place, Place::Common(_) | Place::Lane { .. })
            && self.waiting.load(Ordering::Relaxed) > 0
    }

    async fn lane_share(&self) -> Share {
        let _waiting = Waiting::among(&self.waiting);
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

/// One who waits, for as long as this lives.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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

    const MIB: u64 = 1024 * KIB;

    #[tokio::test(start_paused = true)]
    async fn a_claim_waits_until_others_have_given_back() {
        let budget = Budget::new(4 * MIB, MIB, 0);
        let first = budget.claim(MIB).await;
        let _other = budget.claim(MIB).await;
        let second = budget.claim(MIB);
        tokio::pin!(second);
        assert!(timeout(Duration::from_secs(1), &mut second).await.is_err());
        assert!(budget.is_wanted(&first));
        drop(first);
        assert!(timeout(Duration::from_secs(1), &mut second).await.is_ok());
        assert!(!budget.is_wanted(&_other));
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_that_all_want_more_get_done_one_after_another() {
        let budget = Arc::new(Budget::new(8 * MIB, 2 * MIB, 8));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let budget = Arc::clone(&budget);
            tasks.spawn(async move {
                let mut share = budget.claim(64 * KIB).await;
                tokio::task::yield_now().await;
                budget.grow(&mut share, MIB).await;
                tokio::task::yield_now().await;
                budget.grow(&mut share, 2 * MIB).await;
            });
        }
        let all = async { while tasks.join_next().await.is_some() {} };
        assert!(timeout(Duration::from_secs(5), all).await.is_ok());
        assert_eq!(
            budget.small.available_permits() + budget.common.available_permits(),
            1024
        );
        assert_eq!(budget.lane.available_permits(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_never_keep_small_ones_waiting() {
        let budget = Budget::new(96 * MIB, 16 * MIB, 128);
        let mut held = Vec::new();
        // All that the common pool and the lane have.
        for _ in 0..2 {
            held.push(budget.claim(16 * MIB).await);
        }
        held.push(budget.claim(64 * MIB).await);
        for _ in 0..128 {
            let mut share = budget.claim(64 * KIB).await;
            assert!(budget.try_grow(&mut share, SMALL_BYTES));
            held.push(share);
        }
        assert!(timeout(Duration::from_secs(1), budget.claim(MIB)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_tiny_memory_still_lets_one_body_pass_at_a_time() {
        let budget = Budget::new(1, 64 * KIB, 128);
        let share = budget.claim(64 * KIB).await;
        assert!(timeout(Duration::from_secs(1), budget.claim(KIB)).await.is_err());
        drop(share);
        assert!(timeout(Duration::from_secs(1), budget.claim(KIB)).await.is_ok());
    }
}
