//! One HTTP answer as a value, and what a conditional request makes of it (RFC 9110 13).

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// What the origin answers at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; what is none counts as 500.
    pub status: u16,
    /// Header fields, sent in this order. What is no valid field is left out.
    pub headers: Vec<(String, String)>,
    /// The bytes as they go over the wire: nothing is compressed on the way.
    pub body: Bytes,
}

impl Answer {
    /// 200 with these bytes and header fields.
    pub fn ok(body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Self {
        Self::with_status(200, body, headers)
    }

    /// Any status with these bytes and header fields.
    pub fn with_status(status: u16, body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter();
        Self {
            status,
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.into(),
        }
    }

    /// A redirect.
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::with_status(status, Bytes::new(), &[("Location", to)])
    }

    /// The first field of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What a request with these fields gets: this answer, or 304 with its fields and no body.
    ///
    /// `If-None-Match` decides alone when it is there; else `If-Modified-Since`, which matches the very date that
    /// this answer carries or a later one. An answer that is no 200 or has no validators is always given whole.
    #[must_use]
    pub fn conditional(self, request: &HeaderMap) -> Self {
        if self.status == 200 && self.is_fresh_for(request) {
            self.not_modified()
        } else {
            self
        }
    }

    /// 304 with the fields of this answer that a 304 carries.
    #[must_use]
    pub fn not_modified(self) -> Self {
        let kept = self.headers.into_iter().filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            !name.starts_with("content-") && name != "transfer-encoding"
        });
        Self {
            status: 304,
            headers: kept.collect(),
            body: Bytes::new(),
        }
    }

    fn is_fresh_for(&self, request: &HeaderMap) -> bool {
        let wanted: Vec<&[u8]> = values(request, http::header::IF_NONE_MATCH);
        if !wanted.is_empty() {
            let Some(etag) = self.header("etag") else {
                return false;
            };
            return wanted.iter().any(|list| names_etag(list, etag));
        }
        let since = values(request, http::header::IF_MODIFIED_SINCE).first().copied();
        match (since, self.header("last-modified")) {
            (Some(since), Some(modified)) => since == modified.as_bytes() || !is_before(since, modified),
            _ => false,
        }
    }

    /// The fields as hyper wants them.
    pub(super) fn header_map(&self) -> HeaderMap {
        let fields = self.headers.iter().filter_map(|(name, value)| {
            let name = HeaderName::try_from(name.as_str()).ok()?;
            let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
            Some((name, value))
        });
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(name, value);
        }
        map
    }
}

/// What goes wrong on purpose at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status and an empty body instead of the answer.
    Status(u16),
    /// The answer, so much later.
    Delay(Duration),
    /// The request is read and never answered.
    Hang,
    /// The whole length is announced, so many bytes of the body are sent, and the connection is closed.
    Cut(usize),
}

fn values(headers: &HeaderMap, name: HeaderName) -> Vec<&[u8]> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes).collect()
}

/// Weak comparison (RFC 9110 8.8.3.2) with each of a list of tags. A comma inside a tag splits it, as no test needs one.
fn names_etag(list: &[u8], etag: &str) -> bool {
    let list = String::from_utf8_lossy(list);
    let list = list.trim();
    // Our own tags need not be well-formed: one that comes back as it went out is known whatever it looks like.
    list == "*" || opaque(list) == opaque(etag) || tags(list).any(|tag| opaque(tag) == opaque(etag))
}

/// Weak comparison (RFC 9110 8.8.3.2) leaves the prefix aside.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// The members of a list: commas within quotes are part of a tag.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    list.split(move |character| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    })
    .map(str::trim)
}

/// `since` lies before `modified`; a date that is none lies before everything.
fn is_before(since: &[u8], modified: &str) -> bool {
    let read = |text: &str| chrono::DateTime::parse_from_rfc2822(text).ok();
    match (read(&String::from_utf8_lossy(since)), read(modified)) {
        (Some(since), Some(modified)) => since < modified,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 22 Nov 2026 08:30:00 GMT";

    fn status(request: &[(&str, &str)], answer: &[(&str, &str)]) -> u16 {
        let fields = Answer::ok("", request).header_map();
        Answer::ok("body", answer).conditional(&fields).status
    }

    #[test]
    fn a_tag_that_matches_gets_304_and_decides_alone() {
        let answer = [("ETag", "\"a\""), ("Last-Modified", DATE)];
        assert_eq!(status(&[("If-None-Match", "\"a\"")], &answer), 304);
        assert_eq!(status(&[("If-None-Match", "\"b\", W/\"a\"")], &answer), 304);
        let odd = [("ETag", "\"a, b\"")];
        assert_eq!(status(&[("If-None-Match", "W/\"a, b\"")], &odd), 304);
        assert_eq!(status(&[("If-None-Match", "\"c\", \"a, b\"")], &odd), 304);
        assert_eq!(status(&[("If-None-Match", "\"a\", \"b\"")], &odd), 200);
        let bare = [("ETag", "a,b")];
        assert_eq!(status(&[("If-None-Match", "a,b")], &bare), 304);
        let other = [("If-None-Match", "\"b\""), ("If-Modified-Since", DATE)];
        assert_eq!(status(&other, &answer), 200);
    }

    #[test]
    fn a_date_matches_itself_and_later_ones() {
        let answer = [("Last-Modified", DATE)];
        assert_eq!(status(&[("If-Modified-Since", DATE)], &answer), 304);
        let later = [("If-Modified-Since", "Sun, 22 Nov 2026 08:30:01 GMT")];
        assert_eq!(status(&later, &answer), 304);
        let earlier = [("If-Modified-Since", "Sun, 22 Nov 2026 08:29:59 GMT")];
        assert_eq!(status(&earlier, &answer), 200);
        assert_eq!(status(&[("If-Modified-Since", "yesterday")], &answer), 200);
        assert_eq!(status(&[("If-Modified-Since", DATE)], &[]), 200);
    }

    #[test]
    fn a_304_keeps_the_validators_and_drops_the_body() {
        let answer = Answer::ok("body", &[("ETag", "\"a\""), ("Content-Type", "text/xml")]).not_modified();
        assert_eq!(answer.header("etag"), Some("\"a\""));
        assert_eq!(answer.header("content-type"), None);
        assert!(answer.body.is_empty());
    }
}
