//! Dates as people write them: the standards' forms (RFC 822, 850, 1123, 3339, ISO 8601, asctime), the Unix epoch,
//! and what pages and feeds really say, in Chinese, Japanese, Korean and the larger languages of Europe.
//!
//! A weekday is believed in one case only, to tell `3/4/2024` from `4/3/2024`; a wrong one changes nothing.
//! What is no date is `None`, never a guess: no "now", no default. Relative times (`3 分钟前`) are no dates.

mod calendar;
mod names;
mod order;
mod scan;
mod zone;

use crate::model::Timestamp;
use calendar::Local;
use chrono_tz::Tz;
use scan::Scanned;
use zone::Offset;

/// Longer texts are no dates.
const MAX_BYTES: usize = 128;

/// Reads a date. `zone` is what a date without a zone means (`None`: UTC), and `CST` means +08:00 where that zone
/// is a Chinese one. A date without a time is midnight. Years from 1970 to 9999; anything else is no date.
/// A local time that a change of the clocks skips is read by the offset before the change, one that comes twice
/// as the first.
pub fn parse(text: &str, zone: Option<Tz>) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() < 4 || text.len() > MAX_BYTES {
        return None;
    }
    let is_korean = text.chars().any(|letter| ('가'..='힣').contains(&letter));
    let text = scan::plain(text);
    if let Some(instant) = epoch(&text) {
        return Some(instant);
    }
    let mut scanned = Scanned::new(&text);
    let time = scanned.take_time();
    let offset = scanned.take_offset(zone, time.is_some());
    let half = scanned.half_of_day();
    let local = Local {
        date: scanned.date()?,
        time: time.unwrap_or_default().in_half(half)?,
    };
    // Korean pages name no zone, and their language is spoken in one.
    let korean = (is_korean && zone.is_none()).then_some(Offset::Zone(Tz::Asia__Seoul));
    local.instant(offset.or(korean), zone)
}

/// Seconds (9 or 10 digits), milliseconds (13) or microseconds (16) since 1970, with or without a fraction.
fn epoch(text: &str) -> Option<Timestamp> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => whole,
        Some(_) => return None,
        None => text,
    };
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9 | 10 => Some(Timestamp::from_seconds(number)),
        13 => Some(Timestamp::from_millis(number)),
        16 => Some(Timestamp::from_millis(number / 1000)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
