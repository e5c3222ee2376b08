//! The pace after a good visit: the source's own rhythm, or what the source asks for if that is longer.
//!
//! How much is to be expected follows from the source's arrivals ([`tempo`]); when to ask follows from what is
//! expected ([`Tempo::gap`]): when the items that probably lie there unseen have waited, all together, for a fifth
//! of `interval`. So one source that brings a hundredth of what another brings is asked a tenth as often, and each is
//! asked more in the hours in which it publishes. One that nothing is known of is asked after `interval`.
//! Why so, and what it saves: `docs/decisions/013-the-pace.md`.

use super::dice::Dice;
use super::{Limits, Plan, Visit, hints, words};
use crate::model::{Rhythm, SourceState, Timestamp};
use std::time::Duration;

/// What is expected to wait before we ask: this share of `interval`.
const WAITING: f64 = 0.2;

/// Arrivals count for less the older they are: by a factor of e for every so many seconds. The habit of a source
/// changes over weeks.
const HABIT_SECONDS: f64 = 14.0 * 86_400.0;

/// And a burst passes in hours.
const BURST_SECONDS: f64 = 6.0 * 3600.0;

/// How much the last hours say of the next, beside the habit.
const BURST_WEIGHT: f64 = 0.3;

/// How far an arrival speaks for the hours around it (a standard deviation).
const HOURS_AROUND: f64 = 2.0;

/// What is to be known of a source begins with one arrival in so many intervals: that makes its first gap the interval.
const INTERVALS_BEFORE: f64 = (1.0 - BURST_WEIGHT) / (2.0 * WAITING);

/// Each hour of the day begins with so many arrivals, so that a few do not make a habit.
const ARRIVALS_BEFORE: f64 = 0.5;

const HOUR: f64 = 3600.0;

/// How much a source may be expected to bring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tempo {
    /// Arrivals a second, over the day.
    pub(super) rate: f64,
    /// How many times that in each hour of the day, GMT; 1 on the average.
    pub(super) hours: [f64; 24],
}

/// When to come back after a success. The back-off is over at once.
pub(super) fn after_success(
    limits: &Limits,
    state: &SourceState,
    visit: &Visit<'_>,
    now: Timestamp,
    dice: &mut Dice,
) -> Plan {
    let tempo = tempo(visit.rhythm, state.first_success, limits.interval, now);
    let own = tempo
        .gap(limits.interval.mul_f64(WAITING), now, limits.ceiling)
        .min(known_for(state, limits.interval, now));
    let own = dice.about(own.clamp(limits.floor, limits.ceiling), limits);
    let asked = hints::longest(visit.hints, visit.fresh_for)
        .map(|(wait, which)| (wait.min(limits.ceiling), which))
        .filter(|(wait, _)| *wait > own);
    let (gap, reason) = match asked {
        // Later than asked for, never earlier, and not all at once.
        Some((wait, which)) => (
            dice.between(wait, (wait + wait / 20).min(limits.ceiling)),
            format!("in {}: its {which} asks for it", words(wait)),
        ),
        None if visit.rhythm.arrivals().next().is_none() => (
            own,
            format!(
                "in {}: the pace of a source that has brought nothing yet",
                words(own)
            ),
        ),
        None => (own, format!("in {}: the pace, at {}", words(own), tempo.words())),
    };
    Plan {
        gap,
        backoff_ms: 0,
        reason,
    }
}

/// A rhythm is believed no further ahead than the source has been known: a new one is asked after one interval, then
/// after another, then after two, and so on out to its pace.
fn known_for(state: &SourceState, interval: Duration, now: Timestamp) -> Duration {
    state
        .first_success
        .map_or(interval, |first| now.since(first).max(interval))
}

/// What `rhythm` says of the time after `now`, where the source has been watched since `first_success`.
///
/// The rate is an estimate from the arrivals that the last weeks have seen, beginning with a guess that `interval`
/// stands for. Silence lowers it day by day, a burst raises it for hours.
pub(super) fn tempo(
    rhythm: &Rhythm,
    first_success: Option<Timestamp>,
    interval: Duration,
    now: Timestamp,
) -> Tempo {
    let ages: Vec<f64> = rhythm
        .arrivals()
        .map(|arrival| now.since(arrival).as_secs_f64())
        .collect();
    let oldest = ages.last().copied().unwrap_or_default();
    let watched = match first_success {
        // Nothing of before is remembered.
        Some(first) if !rhythm.is_full() => now.since(first).as_secs_f64().max(oldest),
        _ => oldest,
    };
    let fade = |age: f64, over: f64| (-age / over).exp();
    // The oldest arrival opens the time that is watched and is none within it.
    let within = ages.iter().filter(|age| **age < watched);
    let habit: f64 = within.map(|age| fade(*age, HABIT_SECONDS)).sum();
    let time = HABIT_SECONDS * (1.0 - fade(watched, HABIT_SECONDS));
    let habit = (1.0 + habit) / (INTERVALS_BEFORE * interval.as_secs_f64().max(0.001) + time);
    let burst: f64 = ages.iter().map(|age| fade(*age, BURST_SECONDS)).sum::<f64>() / BURST_SECONDS;
    Tempo {
        rate: habit + BURST_WEIGHT * (burst - habit),
        hours: hours_of(rhythm),
    }
}

/// How much more than the average each hour of the day brings.
fn hours_of(rhythm: &Rhythm) -> [f64; 24] {
    let mut counts = [0.0; 24];
    for arrival in rhythm.arrivals() {
        let hour = arrival.seconds().rem_euclid(86_400) / 3600;
        if let Some(count) = usize::try_from(hour).ok().and_then(|hour| counts.get_mut(hour)) {
            *count += 1.0;
        }
    }
    let around: [f64; 24] = std::array::from_fn(|apart| {
        let apart = apart.min(24 - apart) as f64 / HOURS_AROUND;
        (-apart * apart / 2.0).exp() / (HOURS_AROUND * std::f64::consts::TAU.sqrt())
    });
    let hours: [f64; 24] = std::array::from_fn(|hour| {
        let shares = counts.iter().zip(around.iter().cycle().skip(24 - hour));
        ARRIVALS_BEFORE + shares.map(|(count, share)| count * share).sum::<f64>()
    });
    let average = hours.iter().sum::<f64>() / 24.0;
    hours.map(|weight| weight / average)
}

impl Tempo {
    /// How long from `now` until the items that are expected to have come have waited for `waiting` all together;
    /// `ceiling` at most.
    ///
    /// While the rate is r, items come in as r times t and wait r times t squared over two: solved hour by hour.
    pub(super) fn gap(&self, waiting: Duration, now: Timestamp, ceiling: Duration) -> Duration {
        let (waiting, ceiling) = (waiting.as_secs_f64(), ceiling.as_secs_f64());
        let into_the_day = now.millis().rem_euclid(86_400_000) as f64 / 1000.0;
        let mut hour = (into_the_day / HOUR) as usize;
        let mut left_of_hour = HOUR * (hour as f64 + 1.0) - into_the_day;
        let (mut gone, mut there, mut waited) = (0.0, 0.0, 0.0);
        while gone < ceiling {
            let rate = self.rate * self.hours.get(hour % 24).copied().unwrap_or(1.0);
            let end = waited + there * left_of_hour + rate * left_of_hour * left_of_hour / 2.0;
            if end >= waiting {
                let missing = waiting - waited;
                let root = (there * there + 2.0 * rate * missing).sqrt();
                // The same as (root - there) / rate, without its cancellation.
                let within = if missing > 0.0 {
                    2.0 * missing / (root + there)
                } else {
                    0.0
                };
                return Duration::from_secs_f64((gone + within).min(ceiling));
            }
            (gone, waited, there) = (gone + left_of_hour, end, there + rate * left_of_hour);
            (hour, left_of_hour) = (hour + 1, HOUR);
        }
        Duration::from_secs_f64(ceiling)
    }

    /// `about 12 items a day`, `about an item in 9 days`.
    pub(super) fn words(&self) -> String {
        let a_day = self.rate * 86_400.0;
        match a_day {
            9.5.. => format!("about {a_day:.0} items a day"),
            1.5.. => format!("about {a_day:.1} items a day"),
            // What rounds to one day is said so.
            0.667.. => "about an item a day".to_owned(),
            _ => format!("about an item in {:.0} days", 1.0 / a_day.max(1e-6)),
        }
    }

    /// The hours, GMT, in which two thirds and more of the day's items come, as `06:00 to 18:00 GMT`; `None` where they
    /// come at all hours.
    pub(super) fn busy_hours(&self) -> Option<String> {
        const SHARE: f64 = 24.0 * 2.0 / 3.0;
        let from = |start: usize, length: usize| -> f64 {
            let around = self.hours.iter().cycle().skip(start).take(length);
            around.sum()
        };
        // The shortest stretch of the day that holds so much.
        let (length, start) = (1..=12).find_map(|length| {
            let best = (0..24).max_by(|a, b| from(*a, length).total_cmp(&from(*b, length)))?;
            (from(best, length) >= SHARE).then_some((length, best))
        })?;
        Some(format!("{start:02}:00 to {:02}:00 GMT", (start + length) % 24))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_336_200); // Sun, 22 Nov 2026 08:30:00 GMT
    const MINUTE: Duration = Duration::from_secs(60);

    /// `count` arrivals, each `every` before the next, the newest `ago`.
    fn regular(count: u32, every: Duration, ago: Duration) -> Rhythm {
        Rhythm::default().with((0..count).map(|n| NOW.minus(ago + every * n)))
    }

    fn gap(rhythm: &Rhythm) -> Duration {
        let interval = 30 * MINUTE;
        tempo(rhythm, None, interval, NOW).gap(interval.mul_f64(WAITING), NOW, 100 * 24 * 60 * MINUTE)
    }

    #[test]
    fn the_gap_goes_with_the_root_of_the_time_between_arrivals() {
        let hourly = regular(200, 60 * MINUTE, 30 * MINUTE);
        let four_hourly = regular(200, 240 * MINUTE, 120 * MINUTE);
        let (often, seldom) = (gap(&hourly), gap(&four_hourly));
        let ratio = seldom.as_secs_f64() / often.as_secs_f64();
        assert!((1.6..2.4).contains(&ratio), "{often:?} {seldom:?}");
        assert!(often > 20 * MINUTE && often < 40 * MINUTE, "{often:?}");
    }

    #[test]
    fn silence_moves_the_next_poll_out_day_by_day() {
        let gaps: Vec<Duration> = [0, 1, 3, 10, 40]
            .map(|days| gap(&regular(40, 120 * MINUTE, 60 * MINUTE + days * 24 * 60 * MINUTE)))
            .into();
        assert!(gaps.is_sorted(), "{gaps:?}");
        assert!(gaps[4] > gaps[0] * 4, "{gaps:?}");
    }

    #[test]
    fn a_burst_brings_the_next_poll_closer_and_passes() {
        let calm = regular(20, 24 * 60 * MINUTE, 12 * 60 * MINUTE);
        let burst = calm.with((0..10).map(|n| NOW.minus(MINUTE * 3 * n)));
        assert!(gap(&burst) < gap(&calm) / 3, "{:?} {:?}", gap(&burst), gap(&calm));
        let later = NOW.plus(36 * 60 * MINUTE);
        let after = tempo(&burst, None, 30 * MINUTE, later);
        let during = tempo(&burst, None, 30 * MINUTE, NOW);
        assert!(after.rate < during.rate / 3.0, "{} {}", after.rate, during.rate);
    }

    #[test]
    fn the_hours_in_which_a_source_publishes_are_asked_more() {
        // Three items a day, between six and nine in the morning, GMT.
        let times = (1..=20).flat_map(|day| (0..3).map(move |hour| (day, hour)));
        let morning = NOW.minus(150 * MINUTE);
        let rhythm = Rhythm::default()
            .with(times.map(|(day, hour)| morning.minus(24 * 60 * MINUTE * day).plus(60 * MINUTE * hour)));
        let tempo = tempo(&rhythm, None, 30 * MINUTE, NOW);
        let at = |hours: u32| {
            let from = NOW.plus(60 * MINUTE * hours);
            tempo.gap(450 * Duration::from_secs(1), from, 24 * 60 * MINUTE)
        };
        // From half past nine in the evening the night is slept through; from half past five the morning is not.
        assert!(at(13) > at(21) * 2, "{:?} {:?}", at(13), at(21));
        assert_eq!(tempo.busy_hours().as_deref(), Some("05:00 to 11:00 GMT"));
        assert_eq!(
            super::tempo(&Rhythm::default(), None, MINUTE, NOW).busy_hours(),
            None
        );
    }

    #[test]
    fn a_source_of_which_nothing_is_known_is_asked_after_the_interval() {
        let interval = 30 * MINUTE;
        let unknown = tempo(&Rhythm::default(), None, interval, NOW);
        let gap = unknown.gap(interval.mul_f64(WAITING), NOW, 24 * 60 * MINUTE);
        assert!(gap.abs_diff(interval) < MINUTE / 60, "{gap:?}");
        let silent = tempo(
            &Rhythm::default(),
            Some(NOW.minus(30 * 24 * 60 * MINUTE)),
            interval,
            NOW,
        );
        assert_eq!(silent.words(), "about an item in 18 days");
        let at = |a_day: f64| Tempo {
            rate: a_day / 86_400.0,
            ..silent
        };
        let words = [30.0, 2.0, 0.7, 0.6].map(|a_day| at(a_day).words());
        let want = [
            "30 items a day",
            "2.0 items a day",
            "an item a day",
            "an item in 2 days",
        ];
        assert_eq!(words, want.map(|words| format!("about {words}")));
    }
}
