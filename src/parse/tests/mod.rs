//! The whole way from bytes to a feed.

mod modules;

use super::*;
use crate::model::{Entry, FeedFormat, Timestamp};
use proptest::prelude::*;
use std::time::Duration;

fn feed(text: &str) -> (Feed, Vec<Quirk>) {
    feed_at(text.as_bytes(), None)
}

fn feed_at(bytes: &[u8], url: Option<&str>) -> (Feed, Vec<Quirk>) {
    read(&Input {
        bytes,
        url,
        ..Input::default()
    })
    .unwrap()
}

fn entry(inside: &str) -> Entry {
    let text = format!("<rss version='2.0'><channel><title>t</title><item>{inside}</item></channel></rss>");
    feed(&text).0.entries.remove(0)
}

fn atom_entry(inside: &str) -> Entry {
    let text = format!(
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://a.example/b/'><entry>{inside}</entry></feed>"
    );
    feed(&text).0.entries.remove(0)
}

fn titles(feed: &Feed) -> Vec<&str> {
    feed.entries
        .iter()
        .filter_map(|entry| entry.title.as_deref())
        .collect()
}

#[test]
fn a_feed_that_names_no_language_has_that_of_its_answer() {
    let language = |text: &str, header| {
        let input = Input {
            bytes: text.as_bytes(),
            content_language: Some(header),
            ..Input::default()
        };
        read(&input).unwrap().0.language
    };
    let silent = "<rss><channel><title>t</title></channel></rss>";
    assert_eq!(language(silent, " zh-CN ").as_deref(), Some("zh-CN"));
    assert_eq!(language(silent, "de, en"), None);
    assert_eq!(language(silent, "x\"y"), None);
    let spoken = "<rss><channel><language>fr</language></channel></rss>";
    assert_eq!(language(spoken, "en").as_deref(), Some("fr"));
}

#[test]
fn what_an_rss_channel_says_of_itself_is_read() {
    let (feed, quirks) = feed(
        "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/' xmlns:atom='http://www.w3.org/2005/Atom'>
         <channel><title>River &amp;amp; Co</title><link>http://a.example/</link><description>about</description>
         <atom:link rel='self' href='http://a.example/rss'/><atom:link rel='hub' href='http://hub.example/'/>
         <language>zh-CN</language><ttl>90</ttl><skipHours><hour>24</hour><hour>3</hour><hour>99</hour></skipHours>
         <skipDays><day>Sunday</day><day>Monday</day></skipDays><sy:updatePeriod>daily</sy:updatePeriod>
         <sy:updateFrequency>4</sy:updateFrequency><copyright>© them</copyright>
         <image><url>http://a.example/i.png</url><title>other</title></image>
         <managingEditor>ada@a.example (Ada)</managingEditor></channel></rss>",
    );
    assert_eq!(quirks, []);
    assert_eq!(feed.title.as_deref(), Some("River & Co"));
    assert_eq!(feed.link.as_deref(), Some("http://a.example/"));
    assert_eq!(feed.self_link.as_deref(), Some("http://a.example/rss"));
    assert_eq!(feed.hubs, ["http://hub.example/"]);
    assert_eq!(feed.language.as_deref(), Some("zh-CN"));
    assert_eq!(
        (feed.ttl_minutes, feed.skip_hours, feed.skip_days),
        (Some(90), vec![0, 3], vec![0, 6])
    );
    assert_eq!(feed.update_period, Some(Duration::from_secs(6 * 3600)));
    assert_eq!(feed.image.as_deref(), Some("http://a.example/i.png"));
    assert_eq!(feed.authors[0].name.as_deref(), Some("Ada"));
}

#[test]
fn hints_that_make_no_sense_count_as_absent() {
    let hours: String = (0..24).map(|hour| format!("<hour>{hour}</hour>")).collect();
    for ttl in ["-5", "1000000000000000000000000000000", "soon", "1.5", "0"] {
        let text = format!(
            "<rss version='2.0'><channel><ttl>{ttl}</ttl><skipHours>{hours}</skipHours></channel></rss>"
        );
        let (feed, _) = feed(&text);
        assert_eq!((feed.ttl_minutes, feed.skip_hours), (None, vec![]), "{ttl}");
    }
}

#[test]
fn what_feed_rs_drops_is_read_all_the_same() {
    let entry = entry(
        "<guid isPermaLink='false'> 17 </guid><source url='http://o.example/rss'>Outlet</source>
         <description><p>naked <b>markup</b></p></description><comments>http://a.example/c</comments>
         <dc:subject>finance</dc:subject><category domain='d'>news</category>
         <author>记者张三丰和李四（zhang@example.com）</author>",
    );
    assert_eq!(entry.guid.as_deref(), Some("17"));
    assert!(!entry.guid_is_permalink);
    let origin = entry.origin.unwrap();
    assert_eq!(
        (origin.title.as_deref(), origin.feed_url.as_deref()),
        (Some("Outlet"), Some("http://o.example/rss"))
    );
    assert_eq!(entry.summary.as_deref(), Some("<p>naked <b>markup</b></p>"));
    assert_eq!(entry.comments.as_deref(), Some("http://a.example/c"));
    let terms: Vec<_> = entry
        .tags
        .iter()
        .map(|tag| (tag.term.as_str(), tag.scheme.as_deref()))
        .collect();
    assert_eq!(terms, [("finance", None), ("news", Some("d"))]);
    assert_eq!(entry.authors[0].name.as_deref(), Some("记者张三丰和李四"));
    assert_eq!(entry.authors[0].email.as_deref(), Some("zhang@example.com"));
}

#[test]
fn a_guid_is_a_permalink_unless_it_says_otherwise() {
    let by_default = entry("<guid>http://a.example/1</guid>");
    assert!(by_default.guid_is_permalink);
    assert_eq!(by_default.link.as_deref(), Some("http://a.example/1"));
    let denied = entry("<guid isPermaLink='false'>http://a.example/1</guid>");
    assert_eq!((denied.guid_is_permalink, denied.link), (false, None));
}

#[test]
fn atom_is_read_with_its_source_bases_and_types() {
    let entry = atom_entry(
        "<id>urn:x:1</id><title type='html'>A &amp;lt;b&amp;gt; &lt;i>c&lt;/i></title><link href='d'/>
         <link rel='related' href='/e' title='E'/><link rel='enclosure' href='f.mp3' length='12'/>
         <updated>2026-01-02T03:04:05+08:00</updated><content type='xhtml'><div><a href='g'>h</a></div></content>
         <source><id>urn:o</id><title>Origin</title><link rel='self' href='http://o.example/atom'/>
         <author><name>Ada</name></author></source>",
    );
    assert_eq!(entry.title.as_deref(), Some("A <b> c"));
    assert_eq!(entry.link.as_deref(), Some("http://a.example/b/d"));
    assert_eq!(
        (entry.links[0].rel.as_str(), entry.links[0].href.as_str()),
        ("related", "http://a.example/e")
    );
    let file = &entry.enclosures[0];
    assert_eq!(
        (file.url.as_str(), file.length, file.mime_type.as_deref()),
        ("http://a.example/b/f.mp3", Some(12), Some("audio/mpeg"))
    );
    assert_eq!(
        entry.updated.map(Timestamp::to_rfc3339).as_deref(),
        Some("2026-01-01T19:04:05Z")
    );
    assert_eq!(
        (entry.content.as_deref(), entry.base.as_deref()),
        (Some("<a href=\"g\">h</a>"), Some("http://a.example/b/"))
    );
    let origin = entry.origin.unwrap();
    assert_eq!(
        (origin.title.as_deref(), origin.id.as_deref()),
        (Some("Origin"), Some("urn:o"))
    );
    assert_eq!(
        entry.authors[0].name.as_deref(),
        Some("Ada"),
        "the source's author speaks for an entry without one"
    );
}

#[test]
fn old_and_odd_formats_are_read() {
    let (rdf, _) = feed(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>
         <channel rdf:about='http://a.example/'><title>R</title></channel>
         <item rdf:about='http://a.example/1'><title>one</title></item></rdf:RDF>",
    );
    assert_eq!((rdf.format, titles(&rdf)), (FeedFormat::Rdf, vec!["one"]));
    assert_eq!(rdf.entries[0].guid.as_deref(), Some("http://a.example/1"));
    assert_eq!(rdf.entries[0].link.as_deref(), Some("http://a.example/1"));
    let (old, _) = feed(
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title>two</title><issued>2004-01-02</issued></entry></feed>",
    );
    assert_eq!((old.format, titles(&old)), (FeedFormat::Atom, vec!["two"]));
    assert!(old.entries[0].published.is_some());
    for version in ["", " version='0.91'", " version='2.00'", " version='99'"] {
        let text = format!("<rss{version}><channel><item><title>three</title></item></channel></rss>");
        assert_eq!(titles(&feed(&text).0), ["three"], "{version}");
    }
}

#[test]
fn media_and_podcast_elements_become_files_and_pictures() {
    let entry = entry(
        "<enclosure url='http://a.example/p.mp3' length='99' type='audio/mpeg'/><itunes:duration>1:02</itunes:duration>
         <media:group><media:content url='http://a.example/v.mp4' fileSize='7' duration='30'/>
         <media:thumbnail url='http://a.example/t.jpg'/></media:group><itunes:image href='http://a.example/i.jpg'/>",
    );
    let files: Vec<_> = entry
        .enclosures
        .iter()
        .map(|file| (file.url.as_str(), file.length))
        .collect();
    assert_eq!(
        files,
        [
            ("http://a.example/p.mp3", Some(99)),
            ("http://a.example/v.mp4", Some(7))
        ]
    );
    assert_eq!(entry.enclosures[1].duration_seconds, Some(30));
    assert_eq!(entry.enclosures[1].mime_type.as_deref(), Some("video/mp4"));
    assert_eq!(entry.image.as_deref(), Some("http://a.example/t.jpg"));
}

#[test]
fn dates_without_a_zone_mean_the_source_s_and_cst_in_chinese_is_china_s() {
    let text = "<rss version='2.0'><channel><language>zh-cn</language><item><pubDate>2022-02-28 11:30:31</pubDate></item>
                <item><pubDate>Mon, 28 Feb 2022 11:30:31 CST</pubDate></item><item><pubDate>32 January</pubDate></item></channel></rss>";
    let input = Input {
        bytes: text.as_bytes(),
        timezone: Some(chrono_tz::Asia::Shanghai),
        ..Input::default()
    };
    let (feed, quirks) = read(&input).unwrap();
    let dates: Vec<_> = feed
        .entries
        .iter()
        .map(|entry| entry.published.map(Timestamp::to_rfc3339))
        .collect();
    assert_eq!(
        dates,
        [
            Some("2022-02-28T03:30:31Z".to_owned()),
            Some("2022-02-28T03:30:31Z".to_owned()),
            None
        ]
    );
    assert_eq!(quirks[0].0, "entry 3: the date \"32 January\" is no date");
}

#[test]
fn addresses_are_absolute_and_of_the_web_only() {
    let text = "<rss version='2.0'><channel><item><link>/x</link><description>y</description>
                <enclosure url='javascript:alert(1)'/></item></channel></rss>";
    let (feed, _) = feed_at(text.as_bytes(), Some("http://a.example/b/rss"));
    assert_eq!(feed.entries[0].link.as_deref(), Some("http://a.example/x"));
    assert_eq!(feed.entries[0].base.as_deref(), Some("http://a.example/x"));
    assert_eq!(feed.entries[0].enclosures, []);
    let poison = entry("<link>javascript:alert(1)</link><title>kept</title>");
    assert_eq!((poison.link, poison.title.as_deref()), (None, Some("kept")));
}

#[test]
fn what_is_odd_is_told_in_words() {
    let told = |text: &str| -> Vec<String> { feed(text).1.into_iter().map(|quirk| quirk.0).collect() };
    assert_eq!(
        told(
            "<rss><channel><item><title>AT&T &amp;&nbsp;&#0;&#xD800;</title><link>javascript:x</link><pubDate>2026-01-02</pubDate>
             </b></item><item><guid>1</guid><pubDate>2026-01-02</pubDate></item><item><guid>1</guid><title>x</title></item></channel></rss>"
        ),
        [
            "entry 1: the link \"javascript:x\" leads to no page",
            "1 tag is without a partner",
            "1 ampersand is not escaped",
            "1 entity reference is not declared (`&nbsp;` is HTML's, not XML's)",
            "2 references are to what XML has no character for, left out or replaced",
            "1 of 3 entries have neither an id nor a link: they are told apart by their text",
            "1 of 3 entries have no date: they are dated when they are first seen",
            "1 of 3 entries have neither a title nor a text",
            "several entries have the id \"1\"",
        ]
    );
    let sound = "<rss version='2.0'><channel><item><guid>1</guid><title>x &amp; y</title><pubDate>2026-01-02</pubDate></item></channel></rss>";
    assert_eq!(told(sound), [""; 0]);
    let long = format!(
        "<rss><channel><item><guid>1</guid><pubDate>2026-01-02</pubDate><title>{}</title></item></channel></rss>",
        "x".repeat(5000)
    );
    assert_eq!(
        told(&long),
        ["entry 1 is longer than an entry may be, and was cut"]
    );
}

#[test]
fn long_fields_are_cut_and_entries_beside_them_stand() {
    let text = format!(
        "<rss version='2.0'><channel><item><title>{}</title></item><item><title>x</title>{}</item></channel></rss>",
        "字".repeat(100_000),
        "<category>c</category><category>d</category>".repeat(1_000)
    );
    let (feed, _) = feed(&text);
    assert!(
        feed.entries[0]
            .title
            .as_ref()
            .is_some_and(|title| title.len() <= bounds::MAX_TITLE_BYTES)
    );
    assert_eq!(feed.entries[1].title.as_deref(), Some("x"));
}

#[test]
fn entities_and_declarations_fetch_and_grow_nothing() {
    let text = "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>
                <rss version='2.0'><channel><item><title>&a; &b; &f; &eacute;</title></item></channel></rss>";
    assert_eq!(titles(&feed(text).0), ["ha &b; &f; é"]);
}

#[test]
fn what_is_no_feed_is_refused_in_words() {
    let words = |bytes: &[u8]| {
        read(&Input {
            bytes,
            ..Input::default()
        })
        .unwrap_err()
        .to_string()
    };
    assert_eq!(words(b""), "the document is empty");
    assert!(
        words(b"<!DOCTYPE html><html><head><title>Log in</title></head></html>")
            .contains("an HTML page (\"Log in\")")
    );
    assert!(
        words(b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'></urlset>").contains("a sitemap")
    );
    assert!(words(b"{\"a\":1}").contains("JSON"));
    assert!(words(&[0, 1, 2, 3, 250, 251, 0, 7]).contains("not text"));
}

/// A document of every family, for mutation.
const VALID: [&str; 3] = [
    "<?xml version='1.0'?><rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'><channel><title>t</title><item><guid>1</guid>\
     <title>a &amp; b</title><description><![CDATA[<p>x</p>]]></description><pubDate>Mon, 02 Jan 2006 15:04:05 GMT</pubDate>\
     <media:content url='http://a.example/v.mp4'/><author>a@b.example (c)</author></item><item><title>2</title></item></channel></rss>",
    "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:f</id><entry><id>urn:e</id><title type='html'>&lt;b&gt;t</title>\
     <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>x<br/></p></div></content><updated>2026-01-02T03:04:05Z</updated>\
     <link href='http://a.example/'/><source><title>s</title></source></entry></feed>",
    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[{\"id\":1,\"content_html\":\"<p>x\",\"authors\":[{\"name\":\"a\"}]}]}",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        any::<u8>(),
        0..4_u8,
    );
    (0..VALID.len(), prop::collection::vec(change, 1..12)).prop_map(|(which, changes)| {
        let mut bytes = VALID[which].as_bytes().to_vec();
        for (at, other, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.truncate(at.max(1)),
                _ => {
                    let piece = bytes[at.min(other)..at.max(other)].to_vec();
                    bytes.splice(other..other, piece);
                }
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        _ = read(&Input { bytes: &bytes, url: Some("http://a.example/"), ..Input::default() });
    }

    #[test]
    fn no_markup_makes_it_panic(text in "(<[/!?]?[a-z:]{0,4}[ =\"'a-z]{0,6}[/]?>|&#?[a-z0-9]{0,6};?|\\PC){0,200}") {
        for root in ["rss", "feed", "channel"] {
            let text = format!("<{root}><item>{text}</item><entry>{text}");
            _ = read(&Input { bytes: text.as_bytes(), ..Input::default() });
        }
    }

    #[test]
    fn no_change_to_a_feed_makes_it_panic(bytes in mutated()) {
        _ = read(&Input { bytes: &bytes, url: Some("http://a.example/"), ..Input::default() });
    }
}
