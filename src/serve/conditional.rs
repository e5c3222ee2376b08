//! Conditional requests (RFC 9110 13): does the reader have it already?

use crate::model::Timestamp;
use crate::publish::{Coding, Document};
use chrono::{DateTime, NaiveDateTime};
use http::{HeaderMap, HeaderValue, header};

/// What the conditions of a GET or HEAD come to (13.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send it.
    Send,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

/// Weighs the conditions against the representation that would be sent.
pub(super) fn weigh(headers: &HeaderMap, document: &Document, coding: Coding) -> Verdict {
    let etag = document.etag(coding);
    if headers.contains_key(header::IF_MATCH) {
        if !lists(headers, header::IF_MATCH, etag, |tag| tag) {
            return Verdict::Failed;
        }
    } else if let Some(date) = headers.get(header::IF_UNMODIFIED_SINCE).and_then(instant)
        && document.since().seconds() > date.seconds()
    {
        return Verdict::Failed;
    }
    // With If-None-Match there, If-Modified-Since is not looked at, whatever either says.
    let has_it = if headers.contains_key(header::IF_NONE_MATCH) {
        lists(headers, header::IF_NONE_MATCH, etag, weak)
    } else {
        headers.get(header::IF_MODIFIED_SINCE).is_some_and(|date| {
            date == document.last_modified()
                || instant(date).is_some_and(|date| document.since().seconds() <= date.seconds())
        })
    };
    if has_it {
        Verdict::NotModified
    } else {
        Verdict::Send
    }
}

/// Is `etag` among the entity tags of this header, or does it say `*`? `opaque` is applied to each tag first.
///
/// Our own tags have no comma in them, so a tag that has one is cut in two and still equals none of ours.
fn lists(
    headers: &HeaderMap,
    name: header::HeaderName,
    etag: &HeaderValue,
    opaque: fn(&[u8]) -> &[u8],
) -> bool {
    headers.get_all(name).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .map(|tag| opaque(tag.trim_ascii()))
            .any(|tag| tag == b"*" || tag == etag.as_bytes())
    })
}

/// Weak comparison (8.8.3.2) regards the opaque part alone.
fn weak(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// An HTTP-date in any of its three forms (5.6.7); `None` for junk.
fn instant(value: &HeaderValue) -> Option<Timestamp> {
    let text = value.to_str().ok()?.trim();
    if let Ok(time) = DateTime::parse_from_rfc2822(text) {
        return Some(time.to_utc().into());
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|time| time.and_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_all_three_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            let value = HeaderValue::from_str(text).unwrap();
            assert_eq!(
                instant(&value),
                Some(Timestamp::from_seconds(784_111_777)),
                "{text}"
            );
        }
        for junk in ["yesterday", "", "Sun, 99 Nov 1994 08:49:37 GMT", "\"abc\""] {
            assert_eq!(instant(&HeaderValue::from_str(junk).unwrap()), None, "{junk}");
        }
    }

    #[test]
    fn a_tag_is_found_in_a_list_weak_or_not() {
        let etag = HeaderValue::from_static("\"abc\"");
        let found = |name, text: &'static str, opaque| {
            let mut headers = HeaderMap::new();
            headers.append(&name, HeaderValue::from_static("\"other\""));
            headers.append(&name, HeaderValue::from_static(text));
            lists(&headers, name, &etag, opaque)
        };
        for list in ["\"abc\"", "\"x\", W/\"abc\"", "*", " W/\"abc\" ,\"y\""] {
            assert!(found(header::IF_NONE_MATCH, list, weak), "{list}");
        }
        for list in ["abc", "\"ab\"", "\"abc", "", "W/abc", "\"a,b\""] {
            assert!(!found(header::IF_NONE_MATCH, list, weak), "{list}");
        }
        assert!(!found(header::IF_MATCH, "W/\"abc\"", |tag| tag));
    }
}
