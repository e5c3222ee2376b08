//! The ids of entries and of the feeds they come from, as published.
//!
//! An id of the origin's own is kept byte for byte (RFC 4287 4.2.6) as long as it is a URI in canonical form;
//! any other becomes a `tag:` of ours, made from its digest: as stable, and two different ids stay different.
//! Raw IRIs and addresses like `HTTP://Example.org` fall to that rule because readers compare ids byte by byte
//! (RFC 4287 4.2.6.1) and caches, proxies and validators rewrite such ones.

use crate::store::StoreIdentity;
use unicode_normalization::is_nfc;
use xxhash_rust::xxh3::xxh3_128;

/// The id to publish for what is known under `id`; `kind` keeps the ids of entries and of feeds apart.
pub(crate) fn published(id: &str, kind: &str, identity: &StoreIdentity) -> String {
    if is_canonical(id) {
        return id.to_owned();
    }
    identity.tag(&format!("{kind}/{:032x}", xxh3_128(id.as_bytes())))
}

/// An absolute http, https, `tag:` or `urn:` URI that no normalization (RFC 3986 6.2) would change.
pub(crate) fn is_canonical(id: &str) -> bool {
    let Some((scheme, rest)) = id.split_once(':') else {
        return false;
    };
    let is_in_form = match scheme {
        "http" => is_canonical_address(rest, "80"),
        "https" => is_canonical_address(rest, "443"),
        "tag" => is_tag(rest),
        "urn" => is_urn(rest),
        _ => false,
    };
    is_in_form && id.matches('#').count() <= 1 && has_canonical_escapes(id)
}

fn is_canonical_address(rest: &str, default_port: &str) -> bool {
    let Some(rest) = rest.strip_prefix("//") else {
        return false;
    };
    let Some(path_start) = rest.find('/') else {
        return false;
    };
    let (authority, after) = rest.split_at(path_start);
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_host = !host.is_empty()
        && !host.ends_with('.')
        && host.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
        });
    let is_port = port.is_none_or(|port| {
        port != default_port
            && !port.starts_with('0')
            && (1..=5).contains(&port.len())
            && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    let path = after.split(['?', '#']).next().unwrap_or_default();
    let has_dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
    is_host && is_port && !has_dots
}

/// `AUTHORITY,DATE:SPECIFIC` (RFC 4151 2.1).
fn is_tag(rest: &str) -> bool {
    let Some((entity, _)) = rest.split_once(':') else {
        return false;
    };
    let Some((authority, date)) = entity.split_once(',') else {
        return false;
    };
    let (mailbox, host) = match authority.split_once('@') {
        Some((mailbox, host)) => (Some(mailbox), host),
        None => (None, authority),
    };
    let is_name = |part: &str, extra: &[u8]| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || extra.contains(&byte))
    };
    let is_date = date.split('-').enumerate().all(|(place, part)| {
        let digits = if place == 0 { 4 } else { 2 };
        place < 3 && part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_name(host, b".-") && mailbox.is_none_or(|name| is_name(name, b"-._")) && is_date
}

/// `NID:NSS` (RFC 8141 2); a `urn:uuid:` must hold a UUID.
fn is_urn(rest: &str) -> bool {
    let Some((namespace, specific)) = rest.split_once(':') else {
        return false;
    };
    let is_namespace = (2..=32).contains(&namespace.len())
        && !namespace.starts_with('-')
        && namespace
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_specific = !specific.is_empty()
        && specific
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"()+,.:=@;$_!*'-%".contains(&byte));
    let is_uuid = !namespace.eq_ignore_ascii_case("uuid")
        || (specific.len() == 36
            && specific.bytes().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            }));
    is_namespace && is_specific && is_uuid
}

/// Only characters of a URI; each escape in capitals, needed, and together they are text in form C.
fn has_canonical_escapes(id: &str) -> bool {
    let mut bytes = id.bytes();
    let mut decoded = Vec::with_capacity(id.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            if !byte.is_ascii_alphanumeric() && !b";/?:@&=+$.-_!~*'(),#".contains(&byte) {
                return false;
            }
            decoded.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (bytes.next().and_then(capital), bytes.next().and_then(capital)) else {
            return false;
        };
        let byte = high << 4 | low;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            return false;
        }
        decoded.push(byte);
    }
    std::str::from_utf8(&decoded).is_ok_and(is_nfc)
}

fn capital(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_ids_are_kept() {
        for id in [
            "http://example.org/?p=12",
            "https://example.org:8443/a/b.html#c",
            "https://example.org/%E6%96%B0?a=1&b=%2F",
            "tag:example.org,2026-11-22:a/b",
            "tag:ann@example.org,2026:x",
            "urn:uuid:60a76c80-d399-11d9-b93C-0003939e0af6",
            "urn:isbn:0451450523",
        ] {
            assert!(is_canonical(id), "{id}");
        }
    }

    #[test]
    fn ids_that_others_would_rewrite_get_a_tag_of_ours() {
        for id in [
            "http://example.org",
            "HTTP://example.org/",
            "http://Example.org/",
            "http://example.org:80/",
            "http://example.org/新",
            "http://example.org/%e6%96%b0",
            "http://example.org/%41",
            "http://example.org/a/../b",
            "http://example.org/a b",
            "http:///a",
            "tag:example.org:x",
            "urn:uuid:12",
            "doi:10.1000/182",
            "12345",
            "",
        ] {
            assert!(!is_canonical(id), "{id}");
        }
        let identity = StoreIdentity {
            authority: "river.example".into(),
            date: "2026-11-22".into(),
        };
        let one = published("12345", "item", &identity);
        assert!(one.starts_with("tag:river.example,2026-11-22:item/"), "{one}");
        assert!(is_canonical(&one));
        assert_ne!(one, published("12346", "item", &identity));
    }
}
