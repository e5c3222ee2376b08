//! A calendar month in UTC: what the archive is cut by.
//!
//! In UTC whatever zone the pages speak in, so that another `timezone` moves no item from one document to another.

use super::Timestamp;
use chrono::{Datelike, NaiveDate};
use std::fmt;

/// A month of the years 1 to 9999. Instants before that belong to its first month, later ones to its last, so that
/// the months together hold every instant once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since January of the year 0.
    count: i32,
}

impl Month {
    /// January of the year 1.
    pub const FIRST: Self = Self { count: 12 };

    /// December of the year 9999.
    pub const LAST: Self = Self {
        count: 9999 * 12 + 11,
    };

    /// The month of this year and number, January being 1.
    pub fn new(year: i32, number: u32) -> Option<Self> {
        let number = i32::try_from(number).ok()?;
        ((1..=9999).contains(&year) && (1..=12).contains(&number)).then_some(Self {
            count: year * 12 + number - 1,
        })
    }

    /// The month this instant is in.
    pub fn of(time: Timestamp) -> Self {
        if time < Self::FIRST.next().start() {
            return Self::FIRST;
        }
        if time >= Self::LAST.start() {
            return Self::LAST;
        }
        let date = time.to_utc();
        Self::new(date.year(), date.month()).unwrap_or(Self::FIRST)
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.count / 12
    }

    /// January is 1.
    pub fn number(self) -> u32 {
        u32::try_from(self.count % 12 + 1).unwrap_or(1)
    }

    /// The month after this one; the last one stays.
    #[must_use]
    pub fn next(self) -> Self {
        let count = self.count + 1;
        Self { count }.min(Self::LAST)
    }

    /// The month halfway between this one and a later one, rounded down.
    #[must_use]
    pub fn halfway(self, later: Self) -> Self {
        Self {
            count: self.count + (later.count - self.count) / 2,
        }
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        if self == Self::FIRST {
            return Timestamp::from_millis(i64::MIN);
        }
        NaiveDate::from_ymd_opt(self.year(), self.number(), 1)
            .and_then(|date| date.and_hms_opt(0, 0, 0))
            .map(|time| time.and_utc().into())
            .unwrap_or_default()
    }

    /// Its last instant.
    pub fn end(self) -> Timestamp {
        if self == Self::LAST {
            return Timestamp::from_millis(i64::MAX);
        }
        Timestamp::from_millis(self.next().start().millis() - 1)
    }
}

/// `2026-11`.
impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year(), self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_with_its_days() {
        let month = Month::of(Timestamp::from_seconds(1_795_336_200));
        assert_eq!(month.to_string(), "2026-11");
        assert_eq!(month.start().to_rfc3339(), "2026-11-01T00:00:00Z");
        assert_eq!(month.end().to_rfc3339(), "2026-11-30T23:59:59.999Z");
        assert_eq!(month.next().next().to_string(), "2027-01");
        assert_eq!(Month::of(month.start()), month);
        assert_eq!(Month::of(month.end()), month);
        assert_eq!(
            Month::of(month.end().plus(std::time::Duration::from_millis(1))),
            month.next()
        );
    }

    #[test]
    fn every_instant_is_in_one_month() {
        let at = Timestamp::from_millis;
        assert_eq!(Month::of(at(i64::MIN)), Month::FIRST);
        assert_eq!(Month::of(at(i64::MAX)), Month::LAST);
        assert_eq!(Month::of(Month::LAST.start()), Month::LAST);
        assert_eq!(Month::of(at(-1)).to_string(), "1969-12");
        assert_eq!(Month::LAST.next(), Month::LAST);
    }

    #[test]
    fn only_months_of_the_calendar_have_a_name() {
        assert_eq!(
            Month::new(2026, 11).map(|month| (month.year(), month.number())),
            Some((2026, 11))
        );
        for (year, number) in [(2026, 0), (2026, 13), (0, 1), (10_000, 1)] {
            assert_eq!(Month::new(year, number), None);
        }
    }

    #[test]
    fn halfway_lies_between() {
        let (from, to) = (Month::new(2026, 1).unwrap(), Month::new(2026, 4).unwrap());
        assert_eq!(from.halfway(to).to_string(), "2026-02");
        assert_eq!(from.halfway(from), from);
    }
}
