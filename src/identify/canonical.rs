//! Canonical addresses: one text for all the addresses under which a page is linked to.
//!
//! What is left out stands in `canonical.txt` beside this file. Two addresses with one canonical form are one page;
//! the form itself is for comparing only, it is never asked for nor published.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::LazyLock;
use url::Url;

/// The canonical form of `url`: `example.org/a?id=5`. Without scheme, user, default port, `www.` and its like, index
/// page, final slash, tracking parameters and fragment (save `#!…` and `#/…`, which say which page it is); the rest
/// of the query sorted, percent-encoding in one spelling. None for what is no http or https address.
pub fn address(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?.trim_end_matches('.');
    let mut canonical = String::with_capacity(url.as_str().len());
    canonical.push_str(without_prefixes(host));
    if let Some(port) = url.port() {
        // Writing to a String does not fail.
        let _ = write!(canonical, ":{port}");
    }
    push_path(&mut canonical, url.path());
    push_query(&mut canonical, url.query().unwrap_or_default());
    if let Some(fragment) = url.fragment().filter(|fragment| fragment.starts_with(['!', '/'])) {
        canonical.push('#');
        canonical.push_str(fragment);
    }
    Some(canonical)
}

/// The host without `www.`, `m.` and so on, as long as a name with a dot is left.
fn without_prefixes(host: &str) -> &str {
    let mut host = host;
    let shorter = |host: &'_ str| -> Option<usize> {
        let prefix = RULES.hosts.iter().find(|prefix| host.starts_with(**prefix))?;
        host.get(prefix.len()..)?.contains('.').then_some(prefix.len())
    };
    while let Some(length) = shorter(host) {
        host = host.get(length..).unwrap_or(host);
    }
    host
}

fn push_path(canonical: &mut String, path: &str) {
    let begin = canonical.len();
    push_normalized(canonical, path);
    // A session in the path (`/a;jsessionid=1f`).
    let sessions = canonical
        .get(begin..)
        .and_then(|path| path.to_ascii_lowercase().find(";jsessionid="));
    if let Some(place) = sessions {
        canonical.truncate(begin + place);
    }
    let mut path = canonical.get(begin..).unwrap_or_default();
    if let Some((folder, page)) = path.rsplit_once('/')
        && RULES.indexes.contains(page.to_ascii_lowercase().as_str())
    {
        path = folder;
    }
    path = path.trim_end_matches('/');
    for suffix in &RULES.suffixes {
        path = path.strip_suffix(suffix).unwrap_or(path);
    }
    let length = path.trim_end_matches('/').len();
    canonical.truncate(begin + length);
}

fn push_query(canonical: &mut String, query: &str) {
    let mut pairs: Vec<String> = query
        .split('&')
        .map(|pair| {
            let mut normalized = String::with_capacity(pair.len());
            push_normalized(&mut normalized, pair);
            normalized
        })
        .filter(|pair| !pair.is_empty() && !is_tracking(pair.split('=').next().unwrap_or_default()))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    for (place, pair) in pairs.iter().enumerate() {
        canonical.push(if place == 0 { '?' } else { '&' });
        canonical.push_str(pair);
    }
}

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // `&amp;` that was escaped twice leaves `amp;` before the name.
    let name = name.strip_prefix("amp;").unwrap_or(&name);
    RULES.names.contains(name)
        || RULES
            .beginnings
            .iter()
            .any(|beginning| name.starts_with(beginning))
}

/// Percent-encoding in one spelling (RFC 3986 6.2.2): unreserved characters plain, hex digits in capitals.
fn push_normalized(to: &mut String, text: &str) {
    let mut rest = text;
    while let Some((plain, encoded)) = rest.split_once('%') {
        to.push_str(plain);
        let digits = encoded
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match digits {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                to.push(char::from(byte))
            }
            Some(byte) => {
                let _ = write!(to, "%{byte:02X}");
            }
            None => to.push('%'),
        }
        rest = if digits.is_some() {
            encoded.get(2..).unwrap_or_default()
        } else {
            encoded
        };
    }
    to.push_str(rest);
}

struct Rules {
    hosts: Vec<&'static str>,
    indexes: HashSet<&'static str>,
    suffixes: Vec<&'static str>,
    names: HashSet<&'static str>,
    beginnings: Vec<&'static str>,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mut rules = Rules {
        hosts: Vec::new(),
        indexes: HashSet::new(),
        suffixes: Vec::new(),
        names: HashSet::new(),
        beginnings: Vec::new(),
    };
    for line in include_str!("canonical.txt").lines() {
        match line.split_once(' ') {
            Some(("host", prefix)) => rules.hosts.push(prefix),
            Some(("index", page)) => drop(rules.indexes.insert(page)),
            Some(("suffix", suffix)) => rules.suffixes.push(suffix),
            Some(("drop", name)) => match name.strip_suffix('*') {
                Some(beginning) => rules.beginnings.push(beginning),
                None => drop(rules.names.insert(name)),
            },
            _ => {}
        }
    }
    rules
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_of_one_page_have_one_form() {
        let page = "example.org/news/a.html?aid=7&id=5";
        for url in [
            "https://example.org/news/a.html?id=5&aid=7",
            "http://www.example.org/news/a.html?aid=7&id=5#comments",
            "https://m.example.org:443/news/a.html?utm_source=rss&id=5&aid=7&utm_medium=x",
            "https://user:word@wap.example.org./news/%61.html?spm=1.2&from=timeline&id=5&aid=7&fbclid=z",
            "HTTPS://WWW.EXAMPLE.ORG/news/a.html?id=5&amp;utm_source=y&aid=7&gclid",
        ] {
            assert_eq!(address(url).as_deref(), Some(page), "{url}");
        }
    }

    #[test]
    fn folders_indexes_and_amp_pages_are_the_page() {
        for url in [
            "https://example.org/a",
            "https://example.org/a/",
            "https://example.org/a/index.html",
            "https://example.org/a/Index.HTM?",
            "https://amp.example.org/a/amp/",
            "https://example.org/a?amp=1",
            "https://example.org/a;jsessionid=1F?ref=x",
        ] {
            assert_eq!(address(url).as_deref(), Some("example.org/a"), "{url}");
        }
        assert_eq!(
            address("https://www.example.org/").as_deref(),
            Some("example.org")
        );
    }

    #[test]
    fn what_tells_pages_apart_stays() {
        let forms: HashSet<_> = [
            "https://example.org/?p=1",
            "https://example.org/?p=2",
            "https://example.org/?p=2&page=2",
            "https://example.org:8080/?p=1",
            "https://news.example.org/?p=1",
            "https://example.org/#!/a",
            "https://example.org/#/b",
            "https://example.org/A",
            "https://example.org/a",
            "https://example.org/a?id=%2F",
            "https://example.org/a?id=/",
        ]
        .map(|url| address(url).unwrap())
        .into();
        assert_eq!(forms.len(), 11);
    }

    #[test]
    fn short_hosts_keep_their_prefix_and_other_schemes_have_no_form() {
        assert_eq!(address("http://www.com/a").as_deref(), Some("www.com/a"));
        assert_eq!(address("http://m.cn/").as_deref(), Some("m.cn"));
        for url in [
            "mailto:a@example.org",
            "tag:example.org,2026:1",
            "",
            "a/b",
            "javascript:x",
        ] {
            assert_eq!(address(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn the_form_of_a_form_is_itself(
            url in "https?://(www\\.|m\\.)?[a-z]{1,5}\\.(org|cn)(/([a-zA-Z0-9;.]|%[0-9A-F]{2}){0,6}){0,4}/?(\\?([a-z_]{1,5}=?([a-z0-9+]|%[0-9A-F]{2}){0,3}&?){0,4})?(#[!/a-z]{0,3})?"
        ) {
            if let Some(form) = address(&url) {
                prop_assert_eq!(address(&format!("https://{form}")), Some(form));
            }
        }
    }
}
