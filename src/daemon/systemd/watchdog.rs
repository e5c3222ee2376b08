//! The watchdog: systemd is told that all is well only while every loop that matters moves.
//!
//! A ping from a timer alone would prove that a timer runs. Here the loop that polls and the loop that serves each
//! move a mark, and one that stands still stops the pings within the period, so that systemd restarts us.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// The marks of the two loops without which the daemon is none. Each is to be moved at least three times a period
/// (each second suits any period that systemd is likely to be given). Both have just moved when they are made.
#[derive(Debug)]
pub(in crate::daemon) struct Marks {
    start: Instant,
    polling: Mark,
    serving: Mark,
}

/// Milliseconds from the marks' start to the last move of one.
#[derive(Debug, Default)]
struct Mark(AtomicU64);

impl Default for Marks {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            polling: Mark::default(),
            serving: Mark::default(),
        }
    }
}

impl Marks {
    /// The loop that polls is alive.
    pub(in crate::daemon) fn polling(&self) {
        self.polling.move_to(self.start.elapsed());
    }

    /// The loop that serves is alive.
    pub(in crate::daemon) fn serving(&self) {
        self.serving.move_to(self.start.elapsed());
    }

    /// When each last moved, to the millisecond, with its name for the log.
    fn last(&self) -> [(&'static str, Instant); 2] {
        [
            ("poll", self.start + self.polling.elapsed()),
            ("serve", self.start + self.serving.elapsed()),
        ]
    }
}

impl Mark {
    fn move_to(&self, elapsed: Duration) {
        let elapsed = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_max(elapsed, Ordering::Relaxed);
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// May systemd be told at `now` that all is well? Only when every mark lies less than `period` back.
fn may_ping(now: Instant, marks: &[Instant], period: Duration) -> bool {
    marks
        .iter()
        .all(|mark| now.saturating_duration_since(*mark) < period)
}

/// Keeps systemd's watchdog fed, three times a period, while both loops move, until `stop`. Where systemd does not
/// watch (`WATCHDOG_USEC`), there is nothing to do. Ending takes less than a period, so it needs no feeding.
pub(in crate::daemon) async fn watch(marks: Arc<Marks>, stop: CancellationToken) {
    if let Some(period) = sd_notify::watchdog_enabled().filter(|period| !period.is_zero()) {
        let ping = || super::send(&[sd_notify::NotifyState::Watchdog]);
        keep_alive(period, &marks, &stop, ping).await;
    }
}

/// The same within this period, saying so by `ping`.
pub(in crate::daemon) async fn keep_alive(
    period: Duration,
    marks: &Marks,
    stop: &CancellationToken,
    ping: impl Fn(),
) {
    let mut ticks = tokio::time::interval((period / 3).max(Duration::from_millis(1)));
    // After a suspended machine wakes, one ping is enough.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_alive = true;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let now = Instant::now();
        let last = marks.last();
        let is_alive = may_ping(now, &last.map(|(_, mark)| mark), period);
        if is_alive {
            ping();
        } else if was_alive {
            report_stall(&last, now, period);
        }
        was_alive = is_alive;
    }
}

fn report_stall(last: &[(&'static str, Instant)], now: Instant, period: Duration) {
    for (name, mark) in last {
        let since = now.saturating_duration_since(*mark);
        if since >= period {
            tracing::error!(
                loop.name = name,
                duration_ms = since.as_millis(),
                "a loop stands still; systemd is no longer told that all is well and will restart the daemon"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(30);

    #[test]
    fn a_ping_needs_every_mark_within_the_period() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(may_ping(at(29), &[at(0), at(20)], PERIOD));
        assert!(
            !may_ping(at(30), &[at(0), at(20)], PERIOD),
            "the first stands still"
        );
        assert!(
            !may_ping(at(30), &[at(20), at(0)], PERIOD),
            "the second stands still"
        );
        assert!(may_ping(at(50), &[at(21), at(49)], PERIOD));
    }

    #[test]
    fn a_mark_ahead_of_now_is_a_mark_of_now() {
        let now = Instant::now();
        assert!(may_ping(now, &[now + Duration::from_millis(1)], PERIOD));
    }

    #[tokio::test(start_paused = true)]
    async fn each_mark_moves_by_itself() {
        let marks = Marks::default();
        let [(_, polled), (_, served)] = marks.last();
        tokio::time::advance(Duration::from_secs(5)).await;
        marks.polling();
        let [(_, polled_later), (_, served_later)] = marks.last();
        assert_eq!(polled_later, polled + Duration::from_secs(5));
        assert_eq!(served_later, served);
        marks.serving();
        assert_eq!(marks.last()[1].1, served + Duration::from_secs(5));
    }

    /// Pings in each ten seconds of two minutes, when `poll` and `serve` say until which second each loop moves.
    async fn pings(poll: u64, serve: u64) -> Vec<usize> {
        let (marks, stop) = (Marks::default(), CancellationToken::new());
        let start = Instant::now();
        let pinged = std::cell::RefCell::new(vec![0; 13]);
        let loops = async {
            for second in 0..=120 {
                tokio::time::sleep_until(start + Duration::from_secs(second)).await;
                if second <= poll {
                    marks.polling();
                }
                if second <= serve {
                    marks.serving();
                }
            }
            stop.cancel();
        };
        let count = || {
            let tens = usize::try_from(start.elapsed().as_secs() / 10).unwrap();
            pinged.borrow_mut()[tens] += 1;
        };
        tokio::join!(loops, keep_alive(PERIOD, &marks, &stop, count));
        pinged.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn while_both_loops_move_there_are_three_pings_a_period() {
        assert_eq!(pings(120, 120).await[..12], [1; 12]);
    }

    #[tokio::test(start_paused = true)]
    async fn either_loop_standing_still_alone_stops_the_pings_within_the_period() {
        // The last move is at second 45, so the pings end before second 75.
        for (poll, serve) in [(45, 120), (120, 45)] {
            assert_eq!(pings(poll, serve).await, [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
        }
    }
}
