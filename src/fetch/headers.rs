//! What response headers say about time: how long an answer is fresh, and when to come back.
//!
//! Junk counts as absent, and nothing overflows: a header is a hint, never a reason to fail.

use crate::model::{Timestamp, Validators};
use chrono::NaiveDateTime;
use http::HeaderMap;
use http::header::{
    AGE, AsHeaderName, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, DATE, ETAG, EXPIRES,
    LAST_MODIFIED, RETRY_AFTER,
};
use std::time::Duration;

/// `Retry-After` is obeyed up to here.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

/// Numbers of seconds with more digits (317 years) are junk.
const MOST_DIGITS: usize = 10;

/// What an answer's headers say, read once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) validators: Validators,
    pub(super) content_type: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) fresh_for: Option<Duration>,
    pub(super) retry_after: Option<Timestamp>,
}

pub(super) fn read(headers: &HeaderMap, now: Timestamp) -> Said {
    Said {
        validators: Validators {
            etag: bytes_of(headers, ETAG),
            last_modified: bytes_of(headers, LAST_MODIFIED),
        },
        content_type: text_of(headers, CONTENT_TYPE),
        content_language: text_of(headers, CONTENT_LANGUAGE),
        content_encoding: text_of(headers, CONTENT_ENCODING),
        fresh_for: fresh_for(headers, now),
        retry_after: retry_after(headers, now),
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110 10.2.3), at most [`LONGEST_RETRY_AFTER`] ahead.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let value = text_of(headers, RETRY_AFTER)?;
    let value = value.trim();
    let latest = now.plus(LONGEST_RETRY_AFTER);
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits to count is a wish for the longest rest.
        let wait = value.parse().map_or(LONGEST_RETRY_AFTER, Duration::from_secs);
        return Some(now.plus(wait).min(latest));
    }
    Some(http_date(value)?.clamp(now, latest))
}

/// How long the answer stays fresh for a private cache (RFC 9111 4.2.1), less its age: `max-age` before
/// `Expires`; `s-maxage` is for shared caches. `no-cache`, `no-store`, and directives that contradict each other
/// say nothing.
fn fresh_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let cache_control = directives(headers);
    let lifetime = match &cache_control {
        Directives::Silent => expires(headers, now)?,
        Directives::Unusable => return None,
        Directives::MaxAge(seconds) => Duration::from_secs(*seconds),
    };
    let age = match text_of(headers, AGE) {
        // An age too great to be read is too great for any lifetime.
        Some(age) if age.trim().len() > MOST_DIGITS => Duration::MAX,
        Some(age) => seconds_of(&age).map_or(Duration::ZERO, Duration::from_secs),
        None => Duration::ZERO,
    };
    Some(lifetime.saturating_sub(age))
}

enum Directives {
    Silent,
    Unusable,
    MaxAge(u64),
}

fn directives(headers: &HeaderMap) -> Directives {
    let mut found = Directives::Silent;
    for value in headers.get_all(CACHE_CONTROL) {
        for directive in value.to_str().unwrap_or_default().split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-cache" if argument.is_empty() => return Directives::Unusable,
                "no-store" => return Directives::Unusable,
                "max-age" => match (seconds_of(argument), &found) {
                    (Some(seconds), Directives::Silent) => found = Directives::MaxAge(seconds),
                    (Some(seconds), Directives::MaxAge(before)) if *before == seconds => {}
                    _ => return Directives::Unusable,
                },
                _ => {}
            }
        }
    }
    found
}

/// `Expires` less `Date`: both are the server's clock, so that ours need not agree with it.
fn expires(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let mut values = headers.get_all(EXPIRES).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    let end = http_date(value.to_str().ok()?.trim())?;
    let date = text_of(headers, DATE).and_then(|date| http_date(date.trim()));
    Some(end.since(date.unwrap_or(now)))
}

fn seconds_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let is_number = (1..=MOST_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The three forms of RFC 9110 5.6.7.
fn http_date(text: &str) -> Option<Timestamp> {
    const FORMS: [&str; 3] = [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    ];
    if text.len() > 64 {
        return None;
    }
    FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|time| Timestamp::from(time.and_utc()))
}

fn text_of(headers: &HeaderMap, name: impl AsHeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn bytes_of(headers: &HeaderMap, name: impl AsHeaderName) -> Option<Vec<u8>> {
    let value = headers.get(name)?.as_bytes();
    (!value.is_empty()).then(|| value.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_336_200); // Sun, 22 Nov 2026 08:30:00 GMT

    fn said(lines: &[(&'static str, &str)]) -> Said {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        read(&headers, NOW)
    }

    fn wait(value: &str) -> Option<Duration> {
        said(&[("retry-after", value)])
            .retry_after
            .map(|until| until.since(NOW))
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(wait(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            wait("Sun, 22 Nov 2026 09:30:00 GMT"),
            Some(Duration::from_secs(3600))
        );
        assert_eq!(
            wait("Sunday, 22-Nov-26 08:31:00 GMT"),
            Some(Duration::from_secs(60))
        );
        assert_eq!(wait("Sun Nov 22 08:31:00 2026"), Some(Duration::from_secs(60)));
        assert_eq!(wait("Sun, 22 Nov 2020 09:30:00 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn a_retry_after_without_end_is_a_week_and_junk_is_nothing() {
        assert_eq!(wait("1234567890123456789012345"), Some(LONGEST_RETRY_AFTER));
        assert_eq!(wait("99999999"), Some(LONGEST_RETRY_AFTER));
        assert_eq!(wait("Fri, 22 Nov 2086 09:30:00 GMT"), Some(LONGEST_RETRY_AFTER));
        for junk in ["-5", "soon", "1e3", "", " ", "1.5", "+3", "١٢٠"] {
            let value = HeaderValue::from_bytes(junk.as_bytes()).unwrap();
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
            assert_eq!(retry_after(&headers, NOW), None, "{junk:?}");
        }
    }

    #[test]
    fn max_age_wins_over_expires_and_age_is_subtracted() {
        let fresh = said(&[
            ("cache-control", "public, s-maxage=9, max-age=600"),
            ("expires", "Sun, 22 Nov 2026 12:30:00 GMT"),
            ("age", "100"),
        ]);
        assert_eq!(fresh.fresh_for, Some(Duration::from_secs(500)));
        let old = said(&[("cache-control", "max-age=60"), ("age", "99999999999999999999")]);
        assert_eq!(old.fresh_for, Some(Duration::ZERO));
    }

    #[test]
    fn expires_counts_from_the_servers_own_clock() {
        let fresh = said(&[
            ("date", "Sun, 22 Nov 2026 08:00:00 GMT"),
            ("expires", "Sun, 22 Nov 2026 08:10:00 GMT"),
        ]);
        assert_eq!(fresh.fresh_for, Some(Duration::from_secs(600)));
    }

    #[test]
    fn junk_about_freshness_says_nothing() {
        for lines in [
            &[("expires", "0")][..],
            &[("expires", "-1")],
            &[("expires", "\"Sun, 22 Nov 2026 12:30:00 GMT\"")],
            &[
                ("expires", "Sun, 22 Nov 2026 12:30:00 GMT"),
                ("expires", "Sun, 22 Nov 2026 13:30:00 GMT"),
            ],
            &[("cache-control", "max-age=99999999999999999999")],
            &[("cache-control", "max-age=-60")],
            &[("cache-control", "max-age=\"60\"")],
            &[("cache-control", "max-age")],
            &[("cache-control", "max-age=60, max-age=3600")],
            &[("cache-control", "no-cache, max-age=60")],
            &[("cache-control", "s-maxage=60")],
        ] {
            assert_eq!(said(lines).fresh_for, None, "{lines:?}");
        }
    }

    #[test]
    fn validators_are_kept_as_bytes_whatever_they_are() {
        let said = said(&[("etag", "W/unquoted é"), ("last-modified", "last week")]);
        assert_eq!(said.validators.etag.as_deref(), Some("W/unquoted é".as_bytes()));
        assert_eq!(said.validators.last_modified.as_deref(), Some(&b"last week"[..]));
    }
}
