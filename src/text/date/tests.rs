use super::parse;
use chrono_tz::Tz;
use proptest::prelude::*;

fn utc(text: &str) -> Option<String> {
    parse(text, None).map(|time| time.to_rfc3339())
}

fn within(text: &str, zone: Tz) -> Option<String> {
    parse(text, Some(zone)).map(|time| time.to_rfc3339())
}

#[track_caller]
fn all(pairs: &[(&str, &str)]) {
    for (text, expected) in pairs {
        assert_eq!(utc(text).as_deref(), Some(*expected), "{text}");
    }
}

#[test]
fn the_standards_forms_are_read() {
    all(&[
        ("Sun, 22 Nov 2026 08:30:00 GMT", "2026-11-22T08:30:00Z"),
        ("22 Nov 2026 08:30 +0800", "2026-11-22T00:30:00Z"),
        ("Sunday, 22-Nov-26 08:30:00 GMT", "2026-11-22T08:30:00Z"),
        ("Sun Nov 22 08:30:00 2026", "2026-11-22T08:30:00Z"),
        ("Sun Nov  1 08:30:00 +0100 2026", "2026-11-01T07:30:00Z"),
        ("2026-11-22T08:30:00Z", "2026-11-22T08:30:00Z"),
        ("2026-11-22t08:30:00.25z", "2026-11-22T08:30:00.250Z"),
        ("2026-11-22T08:30:00,5+08:00", "2026-11-22T00:30:00.500Z"),
        ("2026-11-22T08:30:00.123456789-0500", "2026-11-22T13:30:00.123Z"),
        ("2026-11-22T08:30+05:30", "2026-11-22T03:00:00Z"),
        ("2026-11-22 T 08:30:00 -05:00", "2026-11-22T13:30:00Z"),
        ("20261122T083000Z", "2026-11-22T08:30:00Z"),
        ("2026-11-22T083000+01:00", "2026-11-22T07:30:00Z"),
        ("2026-11-22", "2026-11-22T00:00:00Z"),
        ("20261122", "2026-11-22T00:00:00Z"),
        ("261122", "2026-11-22T00:00:00Z"),
        ("2026-326", "2026-11-22T00:00:00Z"),
        ("26326", "2026-11-22T00:00:00Z"),
        ("2026-W47-7", "2026-11-22T00:00:00Z"),
        ("2026-11", "2026-11-01T00:00:00Z"),
        ("2026", "2026-01-01T00:00:00Z"),
    ]);
}

#[test]
fn seconds_and_milliseconds_since_1970_are_read() {
    all(&[
        ("1795336200", "2026-11-22T08:30:00Z"),
        ("1795336200.75", "2026-11-22T08:30:00Z"),
        ("1795336200250", "2026-11-22T08:30:00.250Z"),
    ]);
}

#[test]
fn chinese_japanese_and_korean_forms_are_read_in_their_zone() {
    for text in [
        "2022-02-28 11:30:00",
        "2022/2/28 11:30",
        "2022.02.28 11:30",
        "2022年02月28日 11:30",
        "2022年2月28日11时30分",
        "2022年2月28日 星期一 上午11:30",
        "２０２２年２月２８日　１１：３０",
        "Mon, 28 Feb 2022 11:30:00 CST",
        "周一, 28 Feb 2022 11:30:00",
    ] {
        assert_eq!(
            within(text, Tz::Asia__Shanghai).as_deref(),
            Some("2022-02-28T03:30:00Z"),
            "{text}"
        );
    }
    let shanghai = |text| within(text, Tz::Asia__Shanghai);
    assert_eq!(
        shanghai("2022年2月28日 下午3:05").as_deref(),
        Some("2022-02-28T07:05:00Z")
    );
    assert_eq!(
        shanghai("2022年2月28日 凌晨12:05").as_deref(),
        Some("2022-02-27T16:05:00Z")
    );
    assert_eq!(shanghai("2022年2月28日").as_deref(), Some("2022-02-27T16:00:00Z"));
    assert_eq!(
        utc("2022年2月28日 11:30").as_deref(),
        Some("2022-02-28T11:30:00Z")
    );
    assert_eq!(
        utc("2022-02-28 오후 11:30:00").as_deref(),
        Some("2022-02-28T14:30:00Z")
    );
    assert_eq!(
        utc("2022년 2월 28일 11시 30분").as_deref(),
        Some("2022-02-28T02:30:00Z")
    );
}

#[test]
fn cst_is_china_standard_time_only_at_home() {
    let text = "Mon, 28 Feb 2022 11:30:00 CST";
    assert_eq!(
        within(text, Tz::Asia__Taipei).as_deref(),
        Some("2022-02-28T03:30:00Z")
    );
    assert_eq!(
        within(text, Tz::Europe__Berlin).as_deref(),
        Some("2022-02-28T17:30:00Z")
    );
    assert_eq!(utc(text).as_deref(), Some("2022-02-28T17:30:00Z"));
}

#[test]
fn zones_are_known_by_name_region_and_offset() {
    all(&[
        ("Sun, 22 Nov 2026 08:30:00 EST", "2026-11-22T13:30:00Z"),
        ("Sun, 22 Nov 2026 08:30:00 PT", "2026-11-22T16:30:00Z"),
        ("Sun, 22 Nov 2026 08:30:00 MESZ", "2026-11-22T06:30:00Z"),
        (
            "Sun, 22 Nov 2026 08:30:00 America/Los_Angeles",
            "2026-11-22T16:30:00Z",
        ),
        ("Sun, 22 Nov 2026 08:30:00 Etc/GMT", "2026-11-22T08:30:00Z"),
        ("Sun, 22 Nov 2026 08:30:00 GMT-07:00", "2026-11-22T15:30:00Z"),
        ("Sun, 22 Nov 2026 08:30:00 UTC+8", "2026-11-22T00:30:00Z"),
        ("Sun, 22 Nov 2026 08:30:00 +0800 (CST)", "2026-11-22T00:30:00Z"),
        ("2026-11-22T08:30:00-05:00Z", "2026-11-22T13:30:00Z"),
        (
            "Sun Nov 22 2026 08:30:00 GMT+0100 (Central European Standard Time)",
            "2026-11-22T07:30:00Z",
        ),
    ]);
}

#[test]
fn a_written_zone_wins_over_the_sources() {
    let text = "2026-11-22T08:30:00Z";
    assert_eq!(within(text, Tz::Asia__Shanghai).as_deref(), Some(text));
}

#[test]
fn clocks_that_change_skip_and_repeat_an_hour() {
    let berlin = |text| within(text, Tz::Europe__Berlin);
    assert_eq!(
        berlin("2026-03-29 02:30:00").as_deref(),
        Some("2026-03-29T01:30:00Z")
    );
    assert_eq!(
        berlin("2026-10-25 02:30:00").as_deref(),
        Some("2026-10-25T00:30:00Z")
    );
    assert_eq!(
        berlin("2026-07-01 12:00").as_deref(),
        Some("2026-07-01T10:00:00Z")
    );
}

#[test]
fn months_are_known_in_many_languages() {
    all(&[
        ("Di, 23 März 2027 10:00:00 +0100", "2027-03-23T09:00:00Z"),
        ("mar., 01 déc. 2026 16:11:02 +0000", "2026-12-01T16:11:02Z"),
        ("14 juillet 2026", "2026-07-14T00:00:00Z"),
        ("14 juin 2026", "2026-06-14T00:00:00Z"),
        ("3 août 2026", "2026-08-03T00:00:00Z"),
        ("5 de enero de 2026", "2026-01-05T00:00:00Z"),
        ("7 ottobre 2026", "2026-10-07T00:00:00Z"),
        ("2026-július-13T9:15-05:00", "2026-07-13T14:15:00Z"),
        ("11 июля 2026 12:00", "2026-07-11T12:00:00Z"),
        ("Κυρ, 12 Ιούλ 2026 12:00:00 EST", "2026-07-12T17:00:00Z"),
    ]);
}

#[test]
fn loose_forms_are_read() {
    all(&[
        ("November 22, 2026", "2026-11-22T00:00:00Z"),
        ("Sunday, November 22, 2026 - 3:09pm", "2026-11-22T15:09:00Z"),
        ("Nov. 22, 2026, 10:57 a.m.", "2026-11-22T10:57:00Z"),
        ("Sun, 22nd Nov 2026 3 PM", "2026-11-22T15:00:00Z"),
        ("Sun,22 Nov 2026 00:03:02 +0000", "2026-11-22T00:03:02Z"),
        ("Thurs, 22 Nov 26 8:5:2 GMT", "2026-11-22T08:05:02Z"),
        ("22 Nov 26 1530 GMT", "2026-11-22T15:30:00Z"),
        ("11/22/2026 4:20 pm PST", "2026-11-23T00:20:00Z"),
        ("Sun, 22/11/2026", "2026-11-22T00:00:00Z"),
        ("Fri, 06/11/2026", "2026-11-06T00:00:00Z"),
        ("Thu, 06/11/2026", "2026-06-11T00:00:00Z"),
        ("22.11.26", "2026-11-22T00:00:00Z"),
        ("26-11-22", "2026-11-22T00:00:00Z"),
        ("22-11-2026 08:30", "2026-11-22T08:30:00Z"),
        ("Sun, 22 11 2026 08:51:49 +0100", "2026-11-22T07:51:49Z"),
    ]);
}

#[test]
fn odd_times_mean_what_a_clock_would_show_next() {
    all(&[
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"),
        ("2026-12-31T24:00:00Z", "2027-01-01T00:00:00Z"),
        ("Fri, 22 Nov 2026 13:30:00 PM", "2026-11-22T13:30:00Z"),
        ("2026-11-22T08:30:00+25:00", "2026-11-22T08:30:00Z"),
    ]);
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "24",
        "soon",
        "yesterday",
        "3 分钟前",
        "32 January 2026",
        "2026-02-30",
        "2026-13-01T00:00:00Z",
        "2026-11-22T25:14:55Z",
        "2026-11-22T08:75:00Z",
        "Sun, 22 Nov 0000 08:30:00 GMT",
        "Sun, 22 Nov 99999 08:30:00 GMT",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "2月28日 11:30",
        "11-22T08:30:00Z",
        "99999999999999999999",
        "4294967295-4294967295-4294967295",
    ] {
        assert_eq!(utc(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,40}", pieces in "[0-9:/+. TZapm年月日时-]{0,40}") {
        for text in [text, pieces] {
            for zone in [None, Some(Tz::Europe__Berlin)] {
                if let Some(time) = parse(&text, zone) {
                    prop_assert!(time.millis() >= 0);
                }
            }
        }
    }

    #[test]
    fn what_we_write_we_read(millis in 0_i64..253_402_300_799_999) {
        let time = crate::model::Timestamp::from_millis(millis);
        prop_assert_eq!(parse(&time.to_rfc3339(), None), Some(time));
        let second = crate::model::Timestamp::from_seconds(time.seconds());
        prop_assert_eq!(parse(&time.to_http_date(), Some(Tz::Asia__Shanghai)), Some(second));
    }
}
