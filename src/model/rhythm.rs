//! When a source brought something: its newest arrivals, in some two hundred bytes.

use super::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many arrivals are remembered: enough to tell the hours of the day apart, few enough to forget an old habit.
const KEPT: usize = 64;

/// The times at which a source's newest items arrived, to the second. What arrives within one second counts once.
///
/// Kept as the steps from each arrival to the next, which take a byte or two each where absolute times take nine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    newest: Option<Timestamp>,
    /// Seconds between neighbours, oldest first.
    steps: Vec<u32>,
}

impl Rhythm {
    /// The rhythm with these arrivals besides, in any order.
    #[must_use]
    pub fn with(&self, arrivals: impl IntoIterator<Item = Timestamp>) -> Self {
        let mut seconds: Vec<i64> = arrivals.into_iter().map(Timestamp::seconds).collect();
        if seconds.is_empty() {
            return self.clone();
        }
        seconds.extend(self.arrivals().map(Timestamp::seconds));
        Self::of(seconds)
    }

    /// The arrivals, newest first.
    pub fn arrivals(&self) -> impl Iterator<Item = Timestamp> {
        let older = self
            .steps
            .iter()
            .rev()
            .scan(self.newest.unwrap_or_default(), |at, step| {
                *at = at.minus(Duration::from_secs(u64::from(*step)));
                Some(*at)
            });
        self.newest.into_iter().chain(older)
    }

    /// It holds as many as are kept: there may have been older ones.
    pub fn is_full(&self) -> bool {
        self.steps.len() + 1 >= KEPT
    }

    /// The rhythm without what lies after `now`: a clock that was wrong has stamped it.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Self {
        Self::of(
            self.arrivals()
                .filter(|arrival| *arrival <= now)
                .map(Timestamp::seconds)
                .collect(),
        )
    }

    fn of(mut seconds: Vec<i64>) -> Self {
        seconds.sort_unstable();
        seconds.dedup();
        let kept = seconds
            .get(seconds.len().saturating_sub(KEPT)..)
            .unwrap_or_default();
        let steps = kept.iter().zip(kept.iter().skip(1)).map(|(earlier, later)| {
            // A step of more than 136 years is none that anybody waits for.
            u32::try_from(later.saturating_sub(*earlier)).unwrap_or(u32::MAX)
        });
        Self {
            newest: kept.last().copied().map(Timestamp::from_seconds),
            steps: steps.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn seconds(rhythm: &Rhythm) -> Vec<i64> {
        rhythm.arrivals().map(Timestamp::seconds).collect()
    }

    #[test]
    fn arrivals_come_back_in_order_whatever_the_order_they_came_in() {
        let rhythm = Rhythm::default()
            .with([at(50), at(-7), at(50)])
            .with([at(9), at(400)]);
        assert_eq!(seconds(&rhythm), [400, 50, 9, -7]);
        assert_eq!(seconds(&rhythm.until(at(50))), [50, 9, -7]);
        assert_eq!(rhythm.with([]), rhythm);
        assert!(seconds(&Rhythm::default()).is_empty());
        assert_eq!(seconds(&Rhythm::default().with([at(0)])), [0]);
    }

    #[test]
    fn the_newest_are_kept_in_few_bytes() {
        let hourly = Rhythm::default().with((0..1000).map(|hour| at(1_795_336_200 + hour * 3600)));
        assert!(hourly.is_full());
        assert_eq!(hourly.arrivals().count(), KEPT);
        assert_eq!(hourly.arrivals().next(), Some(at(1_795_336_200 + 999 * 3600)));
        let bytes = postcard::to_stdvec(&hourly).unwrap();
        assert!(bytes.len() < 150, "{}", bytes.len());
        assert_eq!(postcard::from_bytes::<Rhythm>(&bytes).unwrap(), hourly);
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        let extremes = Rhythm::default().with([Timestamp(i64::MIN), Timestamp(i64::MAX), at(5)]);
        assert_eq!(extremes.arrivals().count(), 3);
    }
}
