//! Any bytes are a feed within its bounds, or an error in one line.

use crate::{budget, seeds};
use newsriver::model::{Entry, Feed, Quirk};
use newsriver::parse::{Input, read};
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "<item>",
    "</item>",
    "<entry>",
    "</entry>",
    "<title>",
    "</title>",
    "<description>",
    "<content type=\"xhtml\">",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE rss [<!ENTITY a \"b\">]>",
    "&a;",
    "&",
    "&#0;",
    "&#xD800;",
    "&nbsp;",
    "<?xml version=\"1.0\" encoding=\"gbk\"?>",
    "<rss version=\"2.0\">",
    "<channel>",
    "<feed xmlns=\"http://www.w3.org/2005/Atom\">",
    "<rdf:RDF>",
    "xmlns:media=\"http://search.yahoo.com/mrss/\"",
    "xml:base=\"../x\"",
    "xml:base=\"//[::1\"",
    "<media:group>",
    "<media:content url=\"x\" duration=\"99999999999999999999\"/>",
    "<itunes:duration>:::",
    "<author>记者（a@b.com）",
    "<guid isPermaLink=\"true\">",
    "<link href=\"javascript:x\"/>",
    "<pubDate>32 January",
    "<georss:point>1e999 -0",
    "<geo:lat>NaN</geo:lat>",
    "<enclosure url=\"x\" length=\"-1\"/>",
    "<podcast:soundbite startTime=\"1.9999999999\" duration=\"é\"/>",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "=\"",
    "='",
    "/>",
    "<",
    ">",
    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":",
    "]}",
    ",",
    "\":",
    "null",
    "1e400",
    "-",
    "<a b=\"<c>\" d='",
    "<ttl>99999999999",
    "<skipHours><hour>24",
    "<category domain=\"x\">",
    "</a:b:c>",
    "<x:y:z>",
    "<:>",
    "<\u{301}>",
];

/// Whether every part is what it is promised to be.
fn assert_kept(feed: &Feed) {
    assert!(feed.entries.len() <= 10_000);
    for line in [&feed.title, &feed.description, &feed.rights, &feed.generator]
        .into_iter()
        .flatten()
    {
        assert!(!line.contains('\n') && !line.is_empty(), "{line:?}");
    }
    for address in [&feed.link, &feed.self_link, &feed.image, &feed.icon]
        .into_iter()
        .flatten()
    {
        assert_is_address(address);
    }
    for entry in &feed.entries {
        assert_entry_kept(entry);
    }
}

fn assert_entry_kept(entry: &Entry) {
    assert!(
        entry
            .guid
            .as_ref()
            .is_none_or(|guid| !guid.is_empty() && guid.len() <= 8192)
    );
    let title = entry.title.as_deref().unwrap_or("x");
    assert!(!title.is_empty() && title.len() <= 4096 && !title.contains('\n') && title.trim() == title);
    for markup in [&entry.summary, &entry.content].into_iter().flatten() {
        assert!(markup.len() <= 2 * 1024 * 1024);
    }
    let files = entry.enclosures.iter().map(|file| &file.url);
    let links = entry.links.iter().map(|link| &link.href);
    for address in files
        .chain(links)
        .chain(&entry.link)
        .chain(&entry.comments)
        .chain(&entry.image)
    {
        assert_is_address(address);
    }
    assert!(
        entry.enclosures.len() <= 32
            && entry.tags.len() <= 64
            && entry.authors.len() <= 64
            && entry.links.len() <= 32
    );
    if let Some(extras) = &entry.extras {
        assert!(extras.media.len() <= 33 && extras.people.len() <= 64 && extras.licenses.len() <= 8);
        if let Some(point) = extras.point {
            assert!(point.latitude.abs() <= 90.0 && point.longitude.abs() <= 180.0);
        }
        let contents = extras.media.iter().flat_map(|media| &media.contents);
        for content in contents {
            assert_is_address(&content.url);
        }
    }
}

fn assert_is_address(address: &str) {
    let start = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    assert!(
        start.starts_with("http:") || start.starts_with("https:"),
        "{address}"
    );
    assert!(address.len() <= 64 * 1024);
}

fn hold(bytes: &[u8], content_type: Option<&str>) {
    let input = Input {
        bytes,
        content_type,
        url: Some("http://origin.example/a/feed.xml"),
        ..Input::default()
    };
    match read(&input) {
        Ok((feed, quirks)) => {
            assert_kept(&feed);
            assert!(quirks.len() <= 50);
            for quirk in &quirks {
                assert!(
                    !quirk.0.contains(char::is_control) && quirk.0.len() <= Quirk::MAX_BYTES,
                    "{quirk:?}"
                );
            }
            let (again, _) = read(&input).unwrap();
            assert_eq!(
                format!("{again:?}"),
                format!("{feed:?}"),
                "the same bytes are the same feed"
            );
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
    }
}

#[test]
fn any_bytes_are_a_feed_within_bounds_or_an_error_in_a_line() {
    let types = prop::sample::select(
        &[
            None,
            Some("text/xml; charset=gbk"),
            Some("application/json"),
            Some("text/html; charset=utf-16le"),
        ][..],
    );
    let documents = (seeds::documents(PIECES), types);
    budget::run(2, 400, &documents, |(bytes, content_type)| {
        hold(&bytes, content_type);
        Ok(())
    });
}

#[test]
fn any_heap_of_markup_is_read() {
    let heap = prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat());
    budget::run(2, 400, &heap, |text| {
        hold(format!("<rss><channel>{text}").as_bytes(), None);
        hold(text.as_bytes(), None);
        Ok(())
    });
}
