//! The watchdog: systemd is told that all is well only while every loop that matters moves.
//!
//! A ping from a timer alone would prove that a timer runs. Here the loop that polls and the loop that serves each
//! move a [`Heartbeat`], and one that stands still stops the pings within the period, so that systemd restarts us.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// The sign of life of one loop. Clones move the same mark. A loop is to beat at least three times a period
/// (each second suits any period systemd is likely to be given).
#[derive(Clone, Debug)]
pub struct Heartbeat {
    name: &'static str,
    start: Instant,
    /// Milliseconds from `start` to the last beat.
    mark: Arc<AtomicU64>,
}

impl Heartbeat {
    /// One that has just beaten, of the loop called `name` in the log.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            start: Instant::now(),
            mark: Arc::default(),
        }
    }

    /// The loop is alive now.
    pub fn beat(&self) {
        let elapsed = self.start.elapsed().as_millis();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        self.mark.fetch_max(elapsed, Ordering::Relaxed);
    }

    /// When it last beat, to the millisecond.
    pub fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.mark.load(Ordering::Relaxed))
    }
}

/// The period within which systemd wants to hear of us (`WATCHDOG_USEC`); `None`: it does not listen.
pub fn period() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|period| !period.is_zero())
}

/// May systemd be told at `now` that all is well? Only when every mark lies less than `period` back.
pub fn may_ping(now: Instant, marks: &[Instant], period: Duration) -> bool {
    marks
        .iter()
        .all(|mark| now.saturating_duration_since(*mark) < period)
}

/// Keeps the watchdog fed, three times a period, while every heartbeat moves; until `shutdown` has been over for
/// good the caller keeps this running, as systemd goes on watching while we stop.
pub async fn keep_alive(period: Duration, heartbeats: Vec<Heartbeat>, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(period / 3);
    // After a suspended machine wakes, one ping is enough.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_alive = true;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.cancelled() => return,
        }
        let now = Instant::now();
        let marks: Vec<Instant> = heartbeats.iter().map(Heartbeat::last).collect();
        let is_alive = may_ping(now, &marks, period);
        if is_alive {
            super::send(&[sd_notify::NotifyState::Watchdog]);
        } else if was_alive {
            report_stall(&heartbeats, now, period);
        }
        was_alive = is_alive;
    }
}

fn report_stall(heartbeats: &[Heartbeat], now: Instant, period: Duration) {
    for heartbeat in heartbeats {
        let since = now.saturating_duration_since(heartbeat.last());
        if since >= period {
            tracing::error!(
                loop.name = heartbeat.name,
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
    async fn a_heartbeat_remembers_its_last_beat_through_any_clone() {
        let heartbeat = Heartbeat::new("poll");
        let first = heartbeat.last();
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(heartbeat.last(), first);
        heartbeat.clone().beat();
        assert_eq!(heartbeat.last(), first + Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn the_keeper_ends_with_the_daemon() {
        let shutdown = CancellationToken::new();
        let keeper = tokio::spawn(keep_alive(PERIOD, vec![Heartbeat::new("poll")], shutdown.clone()));
        tokio::time::advance(Duration::from_secs(100)).await;
        shutdown.cancel();
        assert!(keeper.await.is_ok());
    }
}
