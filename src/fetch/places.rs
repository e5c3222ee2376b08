//! Places in `concurrency`: so many requests are under way at once, and those whose source is slow step aside.
//!
//! A source that has not answered within a moment would otherwise keep its place for the whole `timeout`, and sixty-four
//! of them would keep everybody out. There are as many places aside as there are places; when those are full too, the
//! slow ones keep theirs.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Nearly all sources have answered by then.
const PATIENCE: Duration = Duration::from_secs(3);

/// All places.
#[derive(Debug)]
pub(super) struct Places {
    quick: Arc<Semaphore>,
    aside: Arc<Semaphore>,
}

/// One place, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// Held for its drop alone. Only a closed semaphore refuses one, and these are never closed.
    permit: Option<OwnedSemaphorePermit>,
    aside: Arc<Semaphore>,
}

impl Places {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            quick: Arc::new(Semaphore::new(concurrency.max(1))),
            aside: Arc::new(Semaphore::new(concurrency.max(1))),
        }
    }

    /// Waits for a place, first come, first served.
    pub(super) async fn take(&self) -> Place {
        Place {
            permit: Arc::clone(&self.quick).acquire_owned().await.ok(),
            aside: Arc::clone(&self.aside),
        }
    }
}

impl Place {
    /// Does this work in the place, and aside when it takes long.
    pub(super) async fn hold<T>(mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let patience = async {
            tokio::time::sleep(PATIENCE).await;
            Arc::clone(&self.aside).acquire_owned().await.ok()
        };
        let aside = tokio::select! {
            done = &mut work => return done,
            aside = patience => aside,
        };
        self.permit = aside;
        work.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn the_slow_step_aside_and_the_quick_pass() {
        let places = Places::new(2);
        let begun = Instant::now();
        let slow = |_| async { places.take().await.hold(sleep(Duration::from_secs(30))).await };
        let quick = async {
            tokio::task::yield_now().await;
            places.take().await.hold(sleep(Duration::from_millis(10))).await;
            begun.elapsed().as_secs()
        };
        let all_slow = futures_util::future::join_all((0..2).map(slow));
        let (_, quick) = tokio::join!(all_slow, quick);
        assert_eq!(quick, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn never_more_than_twice_as_many_are_under_way() {
        let places = Places::new(2);
        let begun = Instant::now();
        let slow = |_| async {
            places.take().await.hold(sleep(Duration::from_secs(30))).await;
            begun.elapsed().as_secs()
        };
        let ends = futures_util::future::join_all((0..6).map(slow)).await;
        // Two at once, two more three seconds later; the last two get the places that the first ones leave.
        assert_eq!(ends, [30, 30, 33, 33, 60, 60]);
    }
}
