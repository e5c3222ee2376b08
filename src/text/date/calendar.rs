//! A calendar date and a time of day made an instant.

use super::Offset;
use crate::model::Timestamp;
use chrono::{Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;

/// A time of day as written: 24:00 and a 60th second are allowed, as ISO 8601 and the leap seconds have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    pub(super) millisecond: u32,
}

/// Which half of the day a twelve-hour clock means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// a.m., 上午, 凌晨.
    Before,
    /// p.m., 下午, 晚上.
    After,
}

impl Time {
    /// The time on a 24-hour clock, if there is such a time. `13:05 PM` is read as 13:05.
    pub(super) fn in_half(mut self, half: Option<Half>) -> Option<Self> {
        match half {
            Some(Half::Before) if self.hour == 12 => self.hour = 0,
            Some(Half::After) if self.hour < 12 => self.hour += 12,
            _ => {}
        }
        let is_end_of_day = self.hour == 24 && self.minute == 0 && self.second == 0;
        let is_time = self.hour < 24 && self.minute < 60 && self.second <= 60;
        (is_time || is_end_of_day).then_some(self)
    }

    fn since_midnight(self) -> TimeDelta {
        TimeDelta::hours(self.hour.into())
            + TimeDelta::minutes(self.minute.into())
            + TimeDelta::seconds(self.second.into())
            + TimeDelta::milliseconds(self.millisecond.into())
    }
}

/// A time on somebody's wall.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    pub(super) date: NaiveDate,
    pub(super) time: Time,
}

impl Local {
    /// The instant by the offset written, else by `zone`, else in UTC.
    pub(super) fn instant(self, offset: Option<Offset>, zone: Option<Tz>) -> Option<Timestamp> {
        let wall = self
            .date
            .and_time(chrono::NaiveTime::MIN)
            .checked_add_signed(self.time.since_midnight())?;
        let utc = match (offset, zone) {
            (Some(Offset::Minutes(minutes)), _) => {
                wall.checked_sub_signed(TimeDelta::minutes(minutes.into()))?
            }
            (Some(Offset::Zone(zone)), _) | (None, Some(zone)) => in_zone(wall, zone)?,
            (None, None) => wall,
        };
        let millis = utc.and_utc().timestamp_millis();
        (millis >= 0).then_some(Timestamp::from_millis(millis))
    }
}

fn in_zone(wall: NaiveDateTime, zone: Tz) -> Option<NaiveDateTime> {
    let found = zone.from_local_datetime(&wall);
    match found {
        MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => Some(time.naive_utc()),
        // The clocks skipped it: count on from three hours earlier, by the offset that held then.
        MappedLocalTime::None => {
            let lead = TimeDelta::hours(3);
            let before = zone
                .from_local_datetime(&wall.checked_sub_signed(lead)?)
                .earliest()?;
            before.naive_utc().checked_add_signed(lead)
        }
    }
}

/// The date, if the calendar has it and it lies between 1970 and 9999.
pub(super) fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (1970..=9999).contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// The n-th day of a year (ISO 8601 ordinal dates).
pub(super) fn day_of_year(year: u32, ordinal: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (1970..=9999).contains(year))?;
    NaiveDate::from_yo_opt(year, ordinal)
}

/// A day of an ISO 8601 week, Monday = 1.
pub(super) fn day_of_week(year: u32, week: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (1970..=9999).contains(year))?;
    let weekday = Weekday::try_from(u8::try_from(day.checked_sub(1)?).ok()?).ok()?;
    NaiveDate::from_isoywd_opt(year, week, weekday)
}

/// Two digits of a year: up to 69 they mean this century (as POSIX has it).
pub(super) fn full_year(year: u32, digits: usize) -> u32 {
    match (digits, year) {
        (..=2, 0..=69) => year + 2000,
        (..=2, _) => year + 1900,
        // What some programs made of the year 2003 around the turn of the century.
        (3, 100..=169) => year + 1900,
        _ => year,
    }
}

/// The date falls on that weekday (0 = Monday).
pub(super) fn falls_on(date: NaiveDate, weekday: u32) -> bool {
    date.weekday().num_days_from_monday() == weekday
}
