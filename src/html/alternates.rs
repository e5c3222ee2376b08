//! The feeds that a page names: `<link rel="alternate" type="application/rss+xml" href="…">` (RSS autodiscovery).

use super::absolute::{Scheme, absolute};
use super::entities::unescape_attribute;
use super::scan::{Attributes, Piece, Scanner, is_raw};
use url::Url;

/// Pages have these in their head; whatever stands further back is not looked for.
const MOST_PAGE_BYTES: usize = 1 << 20;

/// Feeds of one page.
const MOST: usize = 32;

/// A feed as a page names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternate {
    /// Absolute, http or https.
    pub address: String,
    /// What the page calls it, if anything.
    pub title: Option<String>,
}

/// The feeds that a page at `address` names, in its order, each once; those of comments last.
pub fn alternates(page: &str, address: Option<&Url>) -> Vec<Alternate> {
    let page = page
        .get(..page.floor_char_boundary(MOST_PAGE_BYTES))
        .unwrap_or(page);
    let mut scanner = Scanner::new(page);
    let mut base = address.cloned();
    let mut found: Vec<Alternate> = Vec::new();
    while let Some(piece) = scanner.next() {
        let Piece::Start(name, attributes) = piece else {
            continue;
        };
        if name.eq_ignore_ascii_case("base") {
            let href = value_of(attributes, "href");
            base = href.and_then(|href| outer(&href, address)).or(base);
        } else if name.eq_ignore_ascii_case("link") {
            let alternate = alternate(attributes, base.as_ref());
            let is_new = |one: &Alternate| found.iter().all(|known| known.address != one.address);
            found.extend(alternate.filter(is_new));
            if found.len() == MOST {
                break;
            }
        } else if is_raw(name) {
            scanner.skip_element(name);
        }
    }
    found.sort_by_key(is_of_comments);
    found
}

fn alternate(attributes: Attributes<'_>, base: Option<&Url>) -> Option<Alternate> {
    let rel = value_of(attributes, "rel")?.to_ascii_lowercase();
    let mut words = rel.split_ascii_whitespace();
    if !words.any(|word| word == "alternate") || rel.contains("stylesheet") {
        return None;
    }
    let kind = value_of(attributes, "type")?.to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !matches!(
        kind,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/feed+json"
            | "application/rdf+xml"
            | "text/rss+xml"
    ) {
        return None;
    }
    let address = absolute(&value_of(attributes, "href")?, base, Scheme::Web)?;
    let title = value_of(attributes, "title").filter(|title| !title.trim().is_empty());
    Some(Alternate { address, title })
}

fn value_of(mut attributes: Attributes<'_>, name: &str) -> Option<String> {
    let (_, value) = attributes.find(|(written, _)| written.eq_ignore_ascii_case(name))?;
    Some(unescape_attribute(value).into_owned())
}

fn outer(href: &str, address: Option<&Url>) -> Option<Url> {
    Url::parse(&absolute(href, address, Scheme::Web)?).ok()
}

/// Blogs name the comments on all articles beside the articles.
fn is_of_comments(alternate: &Alternate) -> bool {
    let title = alternate.title.as_deref().unwrap_or_default().to_lowercase();
    title.contains("comment")
        || title.contains("评论")
        || alternate.address.to_ascii_lowercase().contains("comments")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let address = Url::parse("http://example.org/news/").unwrap();
        let all = alternates(page, Some(&address));
        all.into_iter().map(|alternate| alternate.address).collect()
    }

    #[test]
    fn feeds_are_found_in_the_order_of_the_page_and_comments_last() {
        let page = "<html><head><link rel=alternate type='application/rss+xml' title='Comments' href='/c'>\
            <LINK REL='Alternate' TYPE='application/atom+xml; charset=utf-8' HREF='feed?a=1&amp;b=2'>\
            <link rel='alternate' type='application/feed+json' href='//other.example/feed.json'>\
            <link rel='alternate' type='application/atom+xml' href='feed?a=1&amp;b=2'></head>";
        assert_eq!(
            found(page),
            [
                "http://example.org/news/feed?a=1&b=2",
                "http://other.example/feed.json",
                "http://example.org/c"
            ]
        );
    }

    #[test]
    fn what_is_no_feed_and_what_is_not_said_is_not_found() {
        for page in [
            "<link rel=alternate hreflang=de href=/de>",
            "<link rel=alternate type=text/html href=/m>",
            "<link rel=stylesheet type=application/rss+xml href=/x>",
            "<link rel=alternate type=application/rss+xml href='file:///etc/passwd'>",
            "<link rel=alternate type=application/rss+xml href='javascript:1'>",
            "<link rel=alternate type=application/rss+xml>",
            "<!-- <link rel=alternate type=application/rss+xml href=/x> -->",
            "<script>'<link rel=alternate type=application/rss+xml href=/x>'</script>",
        ] {
            assert!(found(page).is_empty(), "{page}");
        }
    }

    #[test]
    fn a_base_counts() {
        let page = "<base href='https://cdn.example/a/'><link rel=alternate type=application/rss+xml href=b>";
        assert_eq!(found(page), ["https://cdn.example/a/b"]);
    }
}
