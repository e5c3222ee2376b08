//! Links to a place in the text they stand in: `#note`.
//!
//! Such an address is resolved by no base (RFC 3986, 4.4), and many documents name a base that is not the page of the
//! entry. It is kept as it is written until the text is published, and then leads to that place on the entry's page:
//! names of places are not kept, and where entries stand one below the other they would not be one text's alone.

use super::absolute::readable;
use std::borrow::Cow;
use url::Url;

/// `address` where it leads to a place in the same text, else none.
pub(super) fn place(address: &str) -> Option<String> {
    let address = readable(address.trim());
    address.starts_with('#').then(|| address.into_owned())
}

/// How the sanitizer begins the address of such a link.
const LINK: &str = " href=\"#";

/// Sanitized `markup` with such links leading to `page`; to nowhere when there is none.
pub fn lead_places_to<'m>(markup: &'m str, page: Option<&str>) -> Cow<'m, str> {
    if memchr::memmem::find(markup.as_bytes(), LINK.as_bytes()).is_none() {
        return Cow::Borrowed(markup);
    }
    let page = page.and_then(|page| Url::parse(page).ok());
    let mut led = String::with_capacity(markup.len() + 64);
    let mut rest = markup;
    // The sanitizer leaves no `<` in text; what a link begins with may stand there, or in the value of a title.
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at(start);
        led.push_str(text);
        let (tag, after) = tag.split_at(end_of_tag(tag));
        match tag
            .split_once(LINK)
            .filter(|(before, _)| has_whole_values(before))
        {
            Some((before, link)) => {
                let (place, others) = link.split_once('"').unwrap_or((link, ""));
                led.push_str(before);
                if let Some(page) = &page {
                    let mut target = page.clone();
                    target.set_fragment(Some(&super::unescape(place)));
                    led.push_str(" href=\"");
                    super::push_escaped(&mut led, target.as_str());
                    led.push('"');
                }
                led.push_str(others);
            }
            None => led.push_str(tag),
        }
        rest = after;
    }
    led.push_str(rest);
    Cow::Owned(led)
}

/// Where a tag that begins here ends; a `>` in the value of an attribute ends none.
fn end_of_tag(tag: &str) -> usize {
    let mut is_value = false;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'"' => is_value = !is_value,
            b'>' if !is_value => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

fn has_whole_values(before: &str) -> bool {
    before.matches('"').count().is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::super::sanitize;
    use super::*;

    const PAGE: Option<&str> = Some("https://example.org/a.html?x&y#top");

    #[test]
    fn a_link_to_a_place_in_its_text_stays_and_leads_to_the_page_when_published() {
        let kept = sanitize(
            "<a href=' #fn1\n'>1</a> <a href='b#fn1'>2</a> <img src='#x'>",
            Some("https://other.example/"),
        );
        let rel = "rel=\"noopener noreferrer nofollow\"";
        assert_eq!(
            kept,
            format!(
                "<a href=\"#fn1\" {rel}>1</a> <a href=\"https://other.example/b#fn1\" {rel}>2</a> <img src=\"https://other.example/#x\">"
            )
        );
        assert_eq!(sanitize(&kept, None), kept);
        assert_eq!(
            lead_places_to(&kept, PAGE),
            kept.replace("\"#fn1\"", "\"https://example.org/a.html?x&amp;y#fn1\"")
        );
        assert_eq!(lead_places_to(&kept, None), kept.replace(" href=\"#fn1\"", ""));
    }

    #[test]
    fn what_only_looks_like_such_a_link_stays() {
        let kept = sanitize(
            "<p title='> href=\"#a\"'> href=\"#b\"<a title='<' href='#é \"c\"'>x</a>",
            None,
        );
        let led = lead_places_to(&kept, PAGE);
        assert!(
            led.contains("&quot;#a&quot;") && led.contains("> href=\"#b\""),
            "{led}"
        );
        assert!(
            led.contains("href=\"https://example.org/a.html?x&amp;y#%C3%A9%20%22c%22\""),
            "{led}"
        );
        let without = sanitize("<a href=x>#</a>", PAGE);
        assert!(matches!(lead_places_to(&without, PAGE), Cow::Borrowed(_)));
    }
}
