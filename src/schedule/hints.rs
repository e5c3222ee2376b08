//! What a source asks for: how long to stay away, and in which hours.

use crate::model::{Hints, Timestamp};
use std::time::Duration;

const HOUR_SECONDS: i64 = 3600;

/// The longest of all that ask for a wait, and its name.
pub(super) fn longest(hints: &Hints, fresh_for: Option<Duration>) -> Option<(Duration, &'static str)> {
    let ttl = hints
        .ttl_minutes
        .map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
    [
        (fresh_for, "max-age"),
        (ttl, "ttl"),
        (hints.update_period, "updatePeriod"),
    ]
    .into_iter()
    .filter_map(|(wait, name)| Some((wait?, name)))
    .max_by_key(|(wait, _)| *wait)
}

/// `due` itself, or the end of the silence it falls into: `skipHours` and `skipDays` in GMT (RSS 2.0). What would
/// allow no hour at all, or no day, counts as not said.
pub(super) fn past_silence(hints: &Hints, due: Timestamp) -> Timestamp {
    let hours = mask(&hints.skip_hours, 24, |hour| if hour == 24 { 0 } else { hour });
    let days = mask(&hints.skip_days, 7, |day| day);
    if hours == 0 && days == 0 {
        return due;
    }
    let is_silent = |hour: i64| {
        // The first of January 1970 was a Thursday, 3 when Monday is 0.
        let day = (hour.div_euclid(24) + 3).rem_euclid(7);
        hours >> hour.rem_euclid(24) & 1 == 1 || days >> day & 1 == 1
    };
    let first = due.seconds().div_euclid(HOUR_SECONDS);
    // Some day and some hour are allowed, so a week has an allowed hour.
    match (first..=first.saturating_add(7 * 24)).find(|hour| !is_silent(*hour)) {
        Some(hour) if hour > first => Timestamp::from_seconds(hour.saturating_mul(HOUR_SECONDS)),
        _ => due,
    }
}

/// A bit for each value named; none when all are, or none is.
fn mask(values: &[u8], count: u8, read: impl Fn(u8) -> u8) -> u32 {
    let mask = values
        .iter()
        .map(|value| read(*value))
        .filter(|value| *value < count)
        .fold(0, |mask, value| mask | 1 << value);
    if mask == (1 << count) - 1 { 0 } else { mask }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Sun, 22 Nov 2026 08:30:00 GMT
    const SUNDAY: Timestamp = Timestamp::from_seconds(1_795_336_200);

    fn silence(skip_hours: &[u8], skip_days: &[u8]) -> String {
        let hints = Hints {
            skip_hours: skip_hours.to_vec(),
            skip_days: skip_days.to_vec(),
            ..Hints::default()
        };
        past_silence(&hints, SUNDAY).to_rfc3339()
    }

    #[test]
    fn silence_ends_with_the_hour_or_the_day() {
        assert_eq!(silence(&[8], &[]), "2026-11-22T09:00:00Z");
        assert_eq!(silence(&[8, 9, 10, 200], &[]), "2026-11-22T11:00:00Z");
        assert_eq!(silence(&[], &[6]), "2026-11-23T00:00:00Z");
        assert_eq!(silence(&[24, 1], &[6, 0]), "2026-11-24T02:00:00Z");
        assert_eq!(silence(&[7], &[0]), SUNDAY.to_rfc3339());
    }

    #[test]
    fn a_silence_without_end_counts_as_not_said() {
        let all_hours: Vec<u8> = (1..=24).collect();
        assert_eq!(silence(&all_hours, &[]), SUNDAY.to_rfc3339());
        assert_eq!(silence(&[], &[0, 1, 2, 3, 4, 5, 6]), SUNDAY.to_rfc3339());
        let all_but_one: Vec<u8> = (0..24).filter(|hour| *hour != 5).collect();
        assert_eq!(silence(&all_but_one, &[0, 1, 2, 3, 4, 6]), "2026-11-28T05:00:00Z");
    }

    #[test]
    fn the_longest_wait_counts() {
        let hints = Hints {
            ttl_minutes: Some(60),
            update_period: Some(Duration::from_secs(86_400)),
            ..Hints::default()
        };
        let fresh = Some(Duration::from_secs(600));
        let day = Duration::from_secs(86_400);
        assert_eq!(longest(&hints, fresh), Some((day, "updatePeriod")));
        assert_eq!(longest(&Hints::default(), None), None);
    }
}
