//! Addresses made absolute, and only those a reader may be led to.

use std::borrow::Cow;
use url::Url;

/// Which addresses a place allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// http and https: what is fetched or opened as a page.
    Web,
    /// Those and mailto: what stands in a text.
    WebOrMail,
}

/// `address` made absolute by `base`; none when it is not absolute without one, or leads to anything that `scheme`
/// does not allow (`javascript:`, `data:`, `file:`). Blanks and line ends in it are taken as a browser takes them.
pub fn absolute(address: &str, base: Option<&Url>, scheme: Scheme) -> Option<String> {
    let address = readable(address.trim());
    if address.is_empty() {
        return None;
    }
    let url = match base {
        Some(base) => base.join(&address).ok()?,
        None => Url::parse(&address).ok()?,
    };
    let is_allowed = match url.scheme() {
        "http" | "https" => url.has_host(),
        "mailto" => scheme == Scheme::WebOrMail,
        _ => false,
    };
    is_allowed.then(|| url.into())
}

/// Some feeds write `http:///example.org` or `http:\\example.org`, which browsers forgive, and some leave a
/// backslash or tab inside; the parser forgives all of these too, so that here only controls have to go.
pub(super) fn readable(address: &str) -> Cow<'_, str> {
    if address.contains(|letter: char| letter.is_control()) {
        Cow::Owned(address.chars().filter(|letter| !letter.is_control()).collect())
    } else {
        Cow::Borrowed(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(address: &str) -> Option<String> {
        let base = Url::parse("https://example.org/news/2026/a.html").ok();
        absolute(address, base.as_ref(), Scheme::Web)
    }

    #[test]
    fn relative_addresses_are_resolved() {
        assert_eq!(
            web("../b.html?x=1#y").as_deref(),
            Some("https://example.org/news/b.html?x=1#y")
        );
        assert_eq!(
            web("//cdn.example.org/i.png").as_deref(),
            Some("https://cdn.example.org/i.png")
        );
        assert_eq!(
            web(" /a b\n.png ").as_deref(),
            Some("https://example.org/a%20b.png")
        );
        assert_eq!(
            web("#note").as_deref(),
            Some("https://example.org/news/2026/a.html#note")
        );
    }

    #[test]
    fn only_addresses_a_reader_may_follow_are_left() {
        for address in [
            "javascript:alert(1)",
            " java\nscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://example.org/1",
            "",
            "http://",
        ] {
            assert_eq!(web(address), None, "{address:?}");
        }
        assert_eq!(absolute("a.html", None, Scheme::Web), None);
        assert_eq!(absolute("mailto:a@example.org", None, Scheme::Web), None);
        let mail = absolute("mailto:a@example.org", None, Scheme::WebOrMail);
        assert_eq!(mail.as_deref(), Some("mailto:a@example.org"));
    }
}
