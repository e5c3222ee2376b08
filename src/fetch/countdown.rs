//! The bound on one whole poll: a clock that runs while the other side is busy and stands while we are.

use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Counts down from a poll's `timeout`.
#[derive(Debug)]
pub(super) struct Countdown {
    limit: Duration,
    end: Option<Instant>,
}

/// The time was over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Over;

impl Countdown {
    /// Starts now. A limit no clock can reach is no limit.
    pub(super) fn start(limit: Duration) -> Self {
        Self {
            limit,
            end: Instant::now().checked_add(limit),
        }
    }

    /// What it counted down from.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Waits for the other side, at most until the time is over.
    pub(super) async fn run<T>(&self, work: impl Future<Output = T>) -> Result<T, Over> {
        match self.end {
            Some(end) => timeout_at(end, work).await.map_err(|_| Over),
            None => Ok(work.await),
        }
    }

    /// Waits for something of ours (a turn, memory): the clock stands meanwhile.
    pub(super) async fn stopped<T>(&mut self, wait: impl Future<Output = T>) -> T {
        let since = Instant::now();
        let value = wait.await;
        self.end = self.end.and_then(|end| end.checked_add(since.elapsed()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn the_clock_stands_while_we_wait_for_ourselves() {
        let mut countdown = Countdown::start(Duration::from_secs(10));
        countdown.run(sleep(Duration::from_secs(6))).await.unwrap();
        countdown.stopped(sleep(Duration::from_secs(3600))).await;
        countdown.run(sleep(Duration::from_secs(3))).await.unwrap();
        assert_eq!(countdown.run(sleep(Duration::from_secs(2))).await, Err(Over));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_beyond_all_clocks_is_none() {
        let countdown = Countdown::start(Duration::MAX);
        assert_eq!(countdown.run(async { 1 }).await, Ok(1));
    }
}
