//! Addresses made absolute.
//!
//! Only `http` and `https` come out: what else stands in a feed's links (`javascript:`, `file:`, `data:`) is no
//! address of a page, and the entry stays without it. An address that is absolute already stays as written, so
//! that it is published and compared as its source knows it.

use super::bounds;
use std::borrow::Cow;
use url::Url;

/// The address in `written`, absolute, at most 8 KiB; `None` when it is none, or relative with nothing to be relative to.
pub(super) fn absolute(written: &str, base: Option<&Url>) -> Option<String> {
    let address = tidy(written);
    if address.is_empty() || address.len() > bounds::MAX_ADDRESS_BYTES {
        return None;
    }
    match Url::parse(&address) {
        Ok(url) => is_web(&url).then(|| spaces_escaped(&address)),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let url = base?.join(&address).ok()?;
            is_web(&url).then(|| url.into())
        }
        Err(_) => None,
    }
}

/// What `written` makes of the base it stands in; the outer base where it is no address.
pub(super) fn base(written: Option<&str>, outer: Option<&Url>) -> Option<Url> {
    let Some(written) = written.map(tidy).filter(|written| !written.is_empty()) else {
        return outer.cloned();
    };
    let inner = match outer {
        Some(outer) => outer.join(&written).ok(),
        None => Url::parse(&written).ok(),
    };
    inner
        .filter(|url| is_web(url) && url.as_str().len() <= bounds::MAX_ADDRESS_BYTES)
        .or_else(|| outer.cloned())
}

/// The address without the blanks, line ends and tabs that pages are allowed to have in it.
fn tidy(written: &str) -> Cow<'_, str> {
    let trimmed = written.trim_matches(|character: char| character.is_whitespace() || character.is_control());
    if trimmed.bytes().any(|byte| matches!(byte, b'\n' | b'\r' | b'\t')) {
        Cow::Owned(
            trimmed
                .chars()
                .filter(|character| !matches!(character, '\n' | '\r' | '\t'))
                .collect(),
        )
    } else {
        Cow::Borrowed(trimmed)
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn spaces_escaped(address: &str) -> String {
    address.replace(' ', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_come_out_and_absolute_ones_as_written() {
        let base = Url::parse("http://a.example/b/c").ok();
        assert_eq!(
            absolute(" http://A.example ", None).as_deref(),
            Some("http://A.example")
        );
        assert_eq!(
            absolute("../d?e", base.as_ref()).as_deref(),
            Some("http://a.example/d?e")
        );
        assert_eq!(
            absolute("//x.example/y", base.as_ref()).as_deref(),
            Some("http://x.example/y")
        );
        for poison in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "mailto:a@b.example",
            "",
            "d",
        ] {
            assert_eq!(absolute(poison, None), None, "{poison}");
        }
        assert_eq!(absolute("java\nscript:alert(1)", base.as_ref()), None);
    }

    #[test]
    fn a_base_is_relative_to_the_base_around_it() {
        let outer = Url::parse("http://a.example/b/").ok();
        assert_eq!(
            base(Some("c/"), outer.as_ref()).map(String::from).as_deref(),
            Some("http://a.example/b/c/")
        );
        assert_eq!(base(Some("mailto:x"), outer.as_ref()), outer);
        assert_eq!(base(Some("c/"), None), None);
    }
}
