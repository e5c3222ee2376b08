//! Which of a date's numbers is the year, which the month, which the day.

use super::calendar::{date, day_of_week, day_of_year, falls_on, full_year};
use super::names;
use super::scan::{Scanned, Token};
use chrono::NaiveDate;

/// A number of a date: its value, its digits, and the sign behind it.
#[derive(Clone, Copy)]
struct Part {
    value: u32,
    digits: usize,
    sign: char,
}

impl Part {
    fn is_year(self) -> bool {
        self.digits == 4 || self.value > 31
    }

    fn year(self) -> u32 {
        full_year(self.value, self.digits)
    }
}

impl Scanned<'_> {
    /// The date, once time and offset are taken out.
    pub(super) fn date(&self) -> Option<NaiveDate> {
        if let Some(date) = self.date_with_units() {
            return Some(date);
        }
        let parts = self.parts();
        match (self.month(), parts.as_slice()) {
            (Some(month), [year]) if year.digits == 4 => date(year.value, month, 1),
            (Some(month), [year, day]) if year.digits == 4 => date(year.value, month, day.value),
            (Some(month), [day, year]) if day.is_year() && !year.is_year() => {
                date(day.year(), month, year.value)
            }
            (Some(month), [day, year]) => date(year.year(), month, day.value),
            (None, [only]) => compact(*only),
            (None, [year, ordinal]) if ordinal.digits == 3 => day_of_year(year.year(), ordinal.value),
            (None, [year, month]) if year.digits == 4 => date(year.value, month.value, 1),
            (None, [year, week, day]) if self.has_week() => day_of_week(year.value, week.value, day.value),
            (None, [first, second, third]) => self.three(*first, *second, *third),
            _ => None,
        }
    }

    /// `2022年2月28日`.
    fn date_with_units(&self) -> Option<NaiveDate> {
        let of = |wanted: char| {
            self.tokens.windows(3).find_map(|window| match *window {
                [Token::Number(value, digits), Token::Unit(unit), _] if unit == wanted => {
                    Some((value, digits))
                }
                [Token::Number(value, digits), Token::Blank, Token::Unit(unit)] if unit == wanted => {
                    Some((value, digits))
                }
                [_, Token::Number(value, digits), Token::Unit(unit)] if unit == wanted => {
                    Some((value, digits))
                }
                _ => None,
            })
        };
        let (year, digits) = of('y')?;
        let (month, _) = of('m')?;
        date(full_year(year, digits), month, of('d').map_or(1, |(day, _)| day))
    }

    /// The last word that names a month: `mar` is also a Tuesday in French, and weekdays come first.
    pub(super) fn month(&self) -> Option<u32> {
        self.tokens.iter().rev().find_map(|token| match token {
            Token::Word(word) => names::month(word),
            _ => None,
        })
    }

    fn has_week(&self) -> bool {
        self.tokens.contains(&Token::Word("w"))
    }

    fn parts(&self) -> Vec<Part> {
        let numbered = self
            .tokens
            .iter()
            .enumerate()
            .filter_map(|(place, token)| match *token {
                Token::Number(value, digits) => Some((place, value, digits)),
                _ => None,
            });
        let part = |(place, value, digits)| Part {
            value,
            digits,
            sign: match self.at(place + 1) {
                Token::Sign(sign) => sign,
                _ => ' ',
            },
        };
        numbered.map(part).collect()
    }

    /// Three numbers and no name of a month.
    fn three(&self, first: Part, second: Part, third: Part) -> Option<NaiveDate> {
        if first.digits == 4 || first.value > 31 {
            return date(first.year(), second.value, third.value);
        }
        let (year, first, second, sign) = (third.year(), first.value, second.value, first.sign);
        let day_first = date(year, second, first);
        let month_first = date(year, first, second);
        match sign {
            // 03-12-31: ISO 8601 without a century.
            '-' if third.digits <= 2 => date(full_year(first, 2), second, third.value).or(day_first),
            '/' => match (month_first, day_first, self.weekday()) {
                (Some(_), Some(day_first), Some(weekday)) if falls_on(day_first, weekday) => Some(day_first),
                (month_first, day_first, _) => month_first.or(day_first),
            },
            _ => day_first.or(month_first),
        }
    }
}

/// A date in one number (ISO 8601, basic form): `20031231`, `031231`, `2003365`, `03365`, `2003`; with a time:
/// `20031231101455` has its time cut off here and is read as its day.
fn compact(part: Part) -> Option<NaiveDate> {
    let value = part.value;
    match part.digits {
        8 => date(value / 10_000, value / 100 % 100, value % 100),
        7 => day_of_year(value / 1000, value % 1000),
        6 => date(full_year(value / 10_000, 2), value / 100 % 100, value % 100),
        5 => day_of_year(full_year(value / 1000, 2), value % 1000),
        4 => date(value, 1, 1),
        _ => None,
    }
}
