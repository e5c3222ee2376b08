//! `schedule`: cron patterns of five or six fields (seconds first, and optional), in the source's time zone.
//!
//! croner reads the pattern; the search is ours, because a zone's clock is turned twice a year and each kind of
//! pattern wants something else then. One with fixed hours and minutes means points of the day: in the night when the
//! clock goes forward it comes right after the gap, and in the night with an hour twice it comes once. One with a `*` or
//! a step there means a rhythm, which goes on through both.

use crate::model::Timestamp;
use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use std::time::Duration;

/// A pattern for a day that comes at all comes within so many days (a 29 February on a given weekday, over 2100).
const MOST_DAYS: usize = 366 * 41;

/// Transitions of a zone's clock that one search passes at most.
const MOST_TURNS: usize = 400;

/// Why a pattern is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error(
        "{pattern:?} is no cron pattern: {why}; write five fields (minute hour day month weekday), or six with the seconds first"
    )]
    BadPattern {
        /// What was written.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A pattern that was read.
#[derive(Clone, Debug)]
pub struct Cron {
    inner: croner::Cron,
    hours: u64,
    minutes: u64,
    seconds: u64,
    is_rhythm: bool,
}

/// Reads a pattern of five or six fields, or a nickname (`@daily`).
pub fn parse(pattern: &str) -> Result<Cron, Error> {
    let refuse = |why: String| Error::BadPattern {
        pattern: pattern.chars().take(100).collect(),
        why,
    };
    if pattern.len() > 1000 {
        return Err(refuse("it is too long".to_owned()));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Disallowed)
        .build();
    let inner = parser.parse(pattern).map_err(|error| refuse(error.to_string()))?;
    let values = |most: u32, is_in: &dyn Fn(u32) -> bool| {
        (0..most)
            .filter(|value| is_in(*value))
            .fold(0, |mask, value| mask | 1u64 << value)
    };
    Ok(Cron {
        hours: values(24, &|hour| inner.pattern.hour_match(hour).unwrap_or(false)),
        minutes: values(60, &|minute| inner.pattern.minute_match(minute).unwrap_or(false)),
        seconds: values(60, &|second| inner.pattern.second_match(second).unwrap_or(false)),
        is_rhythm: is_rhythm(pattern),
        inner,
    })
}

/// Whether a field of the time of day is a `*` or has a step.
fn is_rhythm(pattern: &str) -> bool {
    let pattern = pattern.trim().to_ascii_lowercase();
    if pattern.starts_with('@') {
        return pattern == "@hourly";
    }
    let fields: Vec<&str> = pattern.split_whitespace().collect();
    let of_the_time = fields.len().saturating_sub(3);
    fields
        .iter()
        .take(of_the_time)
        .any(|field| field.contains(['*', '/', '?']))
}

impl Cron {
    /// The first time after `after` (to the second), by the wall clock of `zone`; `None` when there is none.
    pub fn next(&self, after: Timestamp, zone: Tz) -> Option<Timestamp> {
        let after = DateTime::<Utc>::from_timestamp(after.seconds(), 0)?;
        let found = if self.is_rhythm {
            self.next_beat(after, zone)
        } else {
            self.next_point(after, zone)
        };
        found.map(Timestamp::from)
    }

    /// A point of the day: found on the calendar, then looked up in the zone.
    fn next_point(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let mut from = after.with_timezone(&zone).naive_local();
        loop {
            let wall = self.next_wall(from)?;
            let instant = match zone.from_local_datetime(&wall) {
                LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.with_timezone(&Utc),
                LocalResult::None => end_of_gap(wall, zone)?,
            };
            if instant > after {
                return Some(instant);
            }
            from = wall.checked_add_signed(chrono::TimeDelta::seconds(1))?;
        }
    }

    /// A beat of a rhythm: found along the real time, from one turn of the clock to the next.
    fn next_beat(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let mut from = after.checked_add_signed(chrono::TimeDelta::seconds(1))?;
        for _ in 0..MOST_TURNS {
            let wall_now = from.with_timezone(&zone).naive_local();
            let wall = self.next_wall(wall_now)?;
            let candidate = from.checked_add_signed(wall - wall_now)?;
            match first_turn(from, candidate, zone) {
                Some(turn) => from = turn,
                None => return Some(candidate),
            }
        }
        None
    }

    /// The first time of the calendar, `from` included, that the pattern names.
    fn next_wall(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let mut date = from.date();
        let mut time = Some(from.time());
        for _ in 0..MOST_DAYS {
            if self.has_day(date)
                && let Some(found) = self.next_time(time.unwrap_or(NaiveTime::MIN))
            {
                return Some(date.and_time(found));
            }
            time = None;
            date = date.checked_add_days(Days::new(1))?;
        }
        None
    }

    fn has_day(&self, date: NaiveDate) -> bool {
        let pattern = &self.inner.pattern;
        pattern.month_match(date.month()).unwrap_or(false)
            && pattern
                .day_match(date.year(), date.month(), date.day())
                .unwrap_or(false)
    }

    /// The first time of a day, `from` included.
    fn next_time(&self, from: NaiveTime) -> Option<NaiveTime> {
        use chrono::Timelike;
        let (mut minute_from, mut second_from) = (from.minute(), from.second());
        let mut hour = next_bit(self.hours, from.hour())?;
        if hour != from.hour() {
            (minute_from, second_from) = (0, 0);
        }
        loop {
            if let Some((minute, second)) = self.next_minute(minute_from, second_from) {
                return NaiveTime::from_hms_opt(hour, minute, second);
            }
            hour = next_bit(self.hours, hour + 1)?;
            (minute_from, second_from) = (0, 0);
        }
    }

    fn next_minute(&self, from: u32, second_from: u32) -> Option<(u32, u32)> {
        let minute = next_bit(self.minutes, from)?;
        let second_from = if minute == from { second_from } else { 0 };
        if let Some(second) = next_bit(self.seconds, second_from) {
            return Some((minute, second));
        }
        Some((next_bit(self.minutes, minute + 1)?, next_bit(self.seconds, 0)?))
    }
}

/// The lowest bit of `mask` from `from` on.
fn next_bit(mask: u64, from: u32) -> Option<u32> {
    let rest = mask.checked_shr(from)?;
    (rest != 0).then(|| from + rest.trailing_zeros())
}

/// The first instant after a wall time that the zone's clock leaves out.
fn end_of_gap(wall: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    // A day to each side: Samoa once left out a whole one.
    let day = chrono::TimeDelta::hours(26);
    let before = zone.from_utc_datetime(&wall.checked_sub_signed(day)?);
    let after = wall.checked_add_signed(day)?.and_utc();
    first_turn(before.with_timezone(&Utc), after, zone)
}

/// The first instant after `from`, up to `to`, at which the zone's clock has been turned.
fn first_turn(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    use chrono::Offset;
    let offset = |time: i64| -> Option<i32> {
        let time = DateTime::<Utc>::from_timestamp(time, 0)?;
        Some(
            zone.offset_from_utc_datetime(&time.naive_utc())
                .fix()
                .local_minus_utc(),
        )
    };
    // A zone's clock is never turned twice within a step of this length without being seen.
    let step = i64::try_from(Duration::from_secs(12 * 3600).as_secs()).ok()?;
    let (mut low, end) = (from.timestamp(), to.timestamp());
    let here = offset(low)?;
    while low < end {
        let mut high = low.saturating_add(step).min(end);
        if offset(high)? == here {
            low = high;
            continue;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if offset(middle)? == here {
                low = middle;
            } else {
                high = middle;
            }
        }
        return DateTime::<Utc>::from_timestamp(high, 0);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    fn run(pattern: &str, zone: Tz, from: &str, count: usize) -> Vec<String> {
        let cron = parse(pattern).unwrap();
        let mut now = at(from);
        let mut times = Vec::new();
        for _ in 0..count {
            now = cron.next(now, zone).unwrap();
            let local = now.to_utc().with_timezone(&zone);
            times.push(local.format("%m-%d %H:%M:%S%:z").to_string());
        }
        times
    }

    #[test]
    fn five_fields_and_six_are_read_and_others_refused() {
        let zone = Tz::Asia__Shanghai;
        assert_eq!(
            run("0 */10 6-23 * * *", zone, "2026-11-22T23:45:00+08:00", 2),
            ["11-22 23:50:00+08:00", "11-23 06:00:00+08:00"]
        );
        assert_eq!(
            run("30 8 * * MON", zone, "2026-11-22T00:00:00+08:00", 2),
            ["11-23 08:30:00+08:00", "11-30 08:30:00+08:00"]
        );
        assert_eq!(
            run("15,45 59 23 31 12 *", zone, "2026-11-22T00:00:00+08:00", 3),
            [
                "12-31 23:59:15+08:00",
                "12-31 23:59:45+08:00",
                "12-31 23:59:15+08:00"
            ]
        );
        for junk in ["", "* * * *", "* * * * * * *", "61 * * * *", "a b c d e", "@now"] {
            assert!(parse(junk).is_err(), "{junk:?}");
        }
    }

    #[test]
    fn a_point_in_the_hour_left_out_comes_right_after_it() {
        assert_eq!(
            run("30 2 * * *", Tz::Europe__Berlin, "2026-03-27T12:00:00Z", 4),
            [
                "03-28 02:30:00+01:00",
                "03-29 03:00:00+02:00",
                "03-30 02:30:00+02:00",
                "03-31 02:30:00+02:00"
            ]
        );
    }

    #[test]
    fn a_point_in_the_doubled_hour_comes_once() {
        assert_eq!(
            run("30 2 * * *", Tz::Europe__Berlin, "2026-10-24T12:00:00Z", 2),
            ["10-25 02:30:00+02:00", "10-26 02:30:00+01:00"]
        );
        assert_eq!(
            run("0 30 2,14 * * *", Tz::Europe__Berlin, "2026-10-25T00:45:00Z", 2),
            ["10-25 14:30:00+01:00", "10-26 02:30:00+01:00"]
        );
    }

    #[test]
    fn a_rhythm_goes_on_through_both() {
        let spring = run("*/10 * * * *", Tz::Europe__Berlin, "2026-03-29T00:45:00Z", 3);
        assert_eq!(
            spring,
            [
                "03-29 01:50:00+01:00",
                "03-29 03:00:00+02:00",
                "03-29 03:10:00+02:00"
            ]
        );
        let cron = parse("*/10 * * * *").unwrap();
        for start in ["2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z"] {
            let mut now = at(start);
            for _ in 0..72 {
                let next = cron.next(now, Tz::Europe__Berlin).unwrap();
                assert_eq!(next.since(now).as_secs(), 600, "{now}");
                now = next;
            }
        }
        assert_eq!(
            run("0 2 * * *", Tz::Europe__Berlin, "2026-03-28T12:00:00Z", 1),
            ["03-29 03:00:00+02:00"]
        );
        assert_eq!(
            run("*/30 2 * * *", Tz::Europe__Berlin, "2026-10-24T12:00:00Z", 5),
            [
                "10-25 02:00:00+02:00",
                "10-25 02:30:00+02:00",
                "10-25 02:00:00+01:00",
                "10-25 02:30:00+01:00",
                "10-26 02:00:00+01:00"
            ]
        );
    }

    #[test]
    fn odd_zones_are_right_too() {
        // Half an hour on, and a day that never was.
        assert_eq!(
            run("15 2 * * *", Tz::Australia__Lord_Howe, "2026-10-03T00:00:00Z", 2),
            ["10-04 02:30:00+11:00", "10-05 02:15:00+11:00"]
        );
        assert_eq!(
            run("0 12 * * *", Tz::Pacific__Apia, "2011-12-29T23:00:00Z", 2),
            ["12-31 00:00:00+14:00", "12-31 12:00:00+14:00"]
        );
    }

    #[test]
    fn rare_days_are_found_and_impossible_ones_given_up() {
        let leap = run("0 0 29 2 *", Tz::UTC, "2026-01-01T00:00:00Z", 1);
        assert_eq!(leap, ["02-29 00:00:00+00:00"]);
        let never = parse("0 0 30 2 *").unwrap();
        assert_eq!(never.next(at("2026-01-01T00:00:00Z"), Tz::UTC), None);
        let end = parse("* * * * *").unwrap();
        assert_eq!(end.next(Timestamp::from_millis(i64::MAX), Tz::UTC), None);
    }
}
