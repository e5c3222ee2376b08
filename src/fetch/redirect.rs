//! Where a redirect leads (RFC 9110 10.2.2, 15.4), and whether we go there.

use super::{Error, address};
use http::HeaderMap;
use http::header::LOCATION;
use url::Url;

/// Hops that one poll follows.
pub const MOST_HOPS: usize = 10;

/// Longer addresses are traps, not addresses.
const LONGEST_LOCATION: usize = 8 * 1024;

/// The next address of a redirecting answer; `None` when the status is no redirect to follow.
pub(super) fn target(from: &Url, status: u16, headers: &HeaderMap) -> Option<Result<Url, Error>> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = headers.get(LOCATION)?.as_bytes();
    Some(resolve(from, location).map_err(|why| Error::BadRedirect {
        host: address::host_of(from),
        why,
    }))
}

fn resolve(from: &Url, location: &[u8]) -> Result<Url, String> {
    if location.len() > LONGEST_LOCATION {
        return Err("its address is longer than 8 KiB".to_owned());
    }
    let location = text_of(location);
    let location = location.trim();
    if location.is_empty() {
        return Err("its address is empty".to_owned());
    }
    let mut next = from.join(location).map_err(|error| error.to_string())?;
    address::clean(&mut next).map_err(str::to_owned)?;
    Ok(next)
}

/// Servers write UTF-8 here, or Latin-1; neither is allowed and both are meant.
fn text_of(location: &[u8]) -> String {
    match std::str::from_utf8(location) {
        Ok(text) => text.to_owned(),
        Err(_) => location.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn lead(status: u16, location: &[u8]) -> Option<Result<Url, Error>> {
        let from = Url::parse("https://example.org/a/b/feed?x=1").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_bytes(location).unwrap());
        target(&from, status, &headers)
    }

    #[test]
    fn a_location_is_resolved_and_loses_its_fragment() {
        for (location, want) in [
            ("../c/./d?y=2#top", "https://example.org/a/c/d?y=2"),
            ("/feed", "https://example.org/feed"),
            ("?page=2", "https://example.org/a/b/feed?page=2"),
            ("//other.example/x", "https://other.example/x"),
            ("http://user:pw@other.example/", "http://other.example/"),
            ("/财经", "https://example.org/%E8%B4%A2%E7%BB%8F"),
        ] {
            let next = lead(301, location.as_bytes()).unwrap().unwrap();
            assert_eq!(next.as_str(), want);
        }
        let latin = lead(308, b"/caf\xe9").unwrap().unwrap();
        assert_eq!(latin.as_str(), "https://example.org/caf%C3%A9");
    }

    #[test]
    fn only_the_web_is_followed() {
        for location in [
            "file:///etc/passwd",
            "data:text/plain,x",
            "ftp://example.org/",
            "gopher://example.org/",
            "javascript:alert(1)",
            "//",
            "http://",
            "",
            "  ",
        ] {
            assert!(
                matches!(lead(302, location.as_bytes()), Some(Err(_))),
                "{location:?}"
            );
        }
        assert!(lead(302, &[b'a'; 9000]).unwrap().is_err());
    }

    #[test]
    fn other_statuses_and_a_missing_location_are_no_redirect() {
        for status in [200, 300, 304, 305, 306, 404] {
            assert!(lead(status, b"/x").is_none());
        }
        let from = Url::parse("https://example.org/").unwrap();
        assert!(target(&from, 301, &HeaderMap::new()).is_none());
    }
}
