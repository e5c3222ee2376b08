//! Any text is a date in its bounds or none, and a date in a standard's form is the instant that was written.

use crate::budget;
use chrono::{DateTime, Datelike, FixedOffset, TimeZone};
use newsriver::text::date;
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "2026",
    "-",
    "11",
    "25",
    "T",
    " ",
    ":",
    "08",
    "30",
    "Z",
    "+08:00",
    "-0500",
    "GMT",
    "CST",
    "EST",
    "Mon",
    ",",
    "Tue,",
    "Nov",
    "November",
    "3rd",
    "年",
    "月",
    "日",
    "上午",
    "下午",
    "星期三",
    "오전",
    "오후",
    "昨天",
    "/",
    ".",
    "99999999999999999999",
    "24:00:00",
    "23:59:60",
    "0000",
    "32",
    "13",
    "am",
    "PM",
    "UTC+14",
    "+25:00",
    "de",
    "enero",
    "février",
    "März",
    "1e9",
    "1700000000",
    "１２",
    "\u{0}",
    "(",
    ")",
    "[Asia/Shanghai]",
    "W47-3",
    "0.5",
    "AD",
    "Z+1",
];

/// 1970 to 9999.
const SECONDS: std::ops::Range<i64> = 0..253_402_300_800;

#[test]
fn any_text_is_a_date_within_bounds_or_none() {
    let pieces = prop_oneof![4 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    let texts = prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat());
    let zones = prop::sample::select(
        &[
            None,
            Some(chrono_tz::Asia::Shanghai),
            Some(chrono_tz::America::New_York),
            Some(chrono_tz::Pacific::Apia),
        ][..],
    );
    budget::run(2, 8000, &(texts, zones), |(text, zone)| {
        if let Some(time) = date::parse(&text, zone) {
            // A zone may lie a day before the first or behind the last.
            assert!(
                (SECONDS.start - 86_400..SECONDS.end + 86_400).contains(&time.seconds()),
                "{text:?} is {time:?}"
            );
            assert_eq!(date::parse(&text, zone), Some(time));
        }
        Ok(())
    });
}

#[test]
fn a_date_in_a_standard_s_form_is_the_instant_that_was_written() {
    let instants = (SECONDS, -14 * 60..=14 * 60_i32);
    budget::run(2, 4000, &instants, |(seconds, offset_minutes)| {
        let offset = FixedOffset::east_opt(offset_minutes * 60).unwrap();
        let written: DateTime<FixedOffset> = offset.timestamp_opt(seconds, 0).unwrap();
        if !(1970..=9999).contains(&written.year()) {
            return Ok(());
        }
        for text in [
            written.to_rfc3339(),
            written.to_rfc2822(),
            written.format("%Y-%m-%d %H:%M:%S %z").to_string(),
            written.format("%A, %d-%b-%Y %H:%M:%S %z").to_string(),
            written.format("%d %B %Y %H:%M:%S %:z").to_string(),
            written.format("%Y年%m月%d日 %H:%M:%S %:z").to_string(),
        ] {
            assert_eq!(
                date::parse(&text, None).map(|time| time.seconds()),
                Some(seconds),
                "{text}"
            );
        }
        Ok(())
    });
}
