//! What the W3C feed validator warns of and real feeds trip over: a test for each of its messages.

use super::{FEEDS, Site, item, text};
use newsriver::html;
use newsriver::model::{Enclosure, Item, Person, Tag, Timestamp};
use newsriver::publish::Publisher;

const FEED_PATHS: [&str; 6] = [
    "/atom.xml",
    "/rss.xml",
    "/feed.json",
    "/finance/atom.xml",
    "/source/alpha/rss.xml",
    "/2026/11/atom.xml",
];

/// Markup with all that validators and browsers fault.
const POISON: &str = "<p style=\"position:fixed\" onclick=\"x()\">one<script>alert(1)</script>\
    <a href=\"/two\">two</a><img src=\"three.png\" onerror=\"x()\"><form><input></form>\
    <iframe src=\"https://elsewhere.example/\"></iframe><table><p>four</table><li>five<b><p>six</b></p><blink>seven</blink>";

/// A publisher of these items.
async fn publisher(items: Vec<Item>) -> Publisher {
    let site = Site::new().await;
    site.view(FEEDS).await;
    site.commit(items).await;
    site.publisher(FEEDS).await
}

/// What a source can leave out or get wrong.
fn poor() -> Item {
    Item {
        id: "17".into(),
        title: String::new(),
        link: None,
        published: None,
        updated: Timestamp::from_seconds(0),
        authors: vec![
            Person {
                name: Some(" \u{0} ".into()),
                ..Person::default()
            },
            Person {
                name: Some("editor@alpha.example".into()),
                email: Some("editor@alpha.example".into()),
                ..Person::default()
            },
        ],
        tags: vec![Tag {
            term: "  ".into(),
            label: Some("<b>x</b>".into()),
            scheme: Some("no uri".into()),
        }],
        summary: None,
        content: None,
        enclosures: (0..10)
            .map(|number| Enclosure {
                url: format!("https://alpha.example/{number}.mp3"),
                mime_type: Some("mp3".into()),
                ..Enclosure::default()
            })
            .collect(),
        language: Some("klingon".into()),
        ..item(17, 3)
    }
}

async fn atom(publisher: &Publisher) -> atom_syndication::Feed {
    text(publisher, "/atom.xml").await.parse().unwrap()
}

async fn rss(publisher: &Publisher) -> rss::Channel {
    text(publisher, "/rss.xml").await.parse().unwrap()
}

/// `DuplicateUpdated`: equal instants have distinct fractions of a second, which never change.
#[tokio::test]
async fn no_two_entries_have_one_instant_of_change() {
    let publisher = publisher((1..=40).map(|number| item(number, 5)).collect()).await;
    let mut instants: Vec<_> = atom(&publisher)
        .await
        .entries
        .iter()
        .map(|entry| entry.updated)
        .collect();
    instants.sort_unstable();
    instants.dedup();
    assert_eq!(instants.len(), 40);
}

/// `SelfDoesntMatchLocation`, `MissingAtomSelfLink`.
#[tokio::test]
async fn every_feed_says_where_it_lies() {
    let publisher = publisher(vec![item(1, 1)]).await;
    for path in FEED_PATHS {
        let document = text(&publisher, path).await;
        let address = format!("https://river.example{path}");
        let said = if path.ends_with(".json") {
            format!("\"feed_url\":\"{address}\"")
        } else {
            format!("link href=\"{address}\" rel=\"self\"")
        };
        assert_eq!(document.matches(&said).count(), 1, "{path}: {document}");
    }
}

/// `NotHtml`, `SecurityRisk`, `SecurityRiskAttr`, `DangerousStyleAttr`, `ContainsRelRef`.
#[tokio::test]
async fn markup_is_whole_harmless_and_absolute() {
    let clean = html::sanitize(POISON, Some("https://alpha.example/a/"));
    let poisoned = Item {
        content: Some(clean.clone()),
        ..item(1, 1)
    };
    let publisher = publisher(vec![poisoned]).await;
    let content = atom(&publisher).await.entries[0]
        .content
        .clone()
        .unwrap()
        .value
        .unwrap();
    assert_eq!(content, clean);
    assert_eq!(
        html::sanitize(&content, None),
        content,
        "a second look changes nothing"
    );
    for bad in [
        "style",
        "script",
        "onclick",
        "onerror",
        "<form",
        "<input",
        "<iframe",
        "<blink",
        "\"/two\"",
        "\"three.png\"",
    ] {
        assert!(!content.contains(bad), "{bad} is in {content}");
    }
    for word in [
        "one",
        "two",
        "four",
        "five",
        "six",
        "seven",
        "https://alpha.example/two",
    ] {
        assert!(content.contains(word), "{word} is not in {content}");
    }
}

/// `NonCanonicalURI`: ids in another spelling than the canonical one become ours.
#[tokio::test]
async fn ids_are_written_as_no_cache_would_rewrite_them() {
    let odd = [
        "HTTP://Alpha.example/A",
        "http://alpha.example",
        "http://alpha.example:80/",
        "http://alpha.example/%e4",
        "17",
    ];
    let items = odd.iter().zip(1..).map(|(id, number)| Item {
        id: (*id).into(),
        ..item(number, 1)
    });
    let publisher = publisher(items.collect()).await;
    for entry in atom(&publisher).await.entries {
        assert!(
            entry.id.starts_with("tag:river.example,2026-11-22:item/"),
            "{}",
            entry.id
        );
    }
}

/// `NotBlank`: author without a name, entry without a title, empty category.
#[tokio::test]
async fn nothing_is_blank() {
    let publisher = publisher(vec![poor()]).await;
    let entry = atom(&publisher).await.entries.remove(0);
    assert!(!entry.title.value.trim().is_empty());
    assert!(entry.authors.is_empty() && entry.source.unwrap().authors[0].name == "Alpha Times");
    assert!(
        entry
            .categories
            .iter()
            .all(|category| !category.term.trim().is_empty())
    );
    let item = rss(&publisher).await.items.remove(0);
    assert!(!item.title.unwrap().is_empty());
    assert!(
        item.categories
            .iter()
            .all(|category| !category.name.trim().is_empty())
    );
    assert!(
        item.dublin_core_ext
            .is_none_or(|extension| extension.creators.is_empty())
    );
}

/// `MissingTextualContent`.
#[tokio::test]
async fn every_entry_has_text() {
    let publisher = publisher(vec![poor()]).await;
    let entry = atom(&publisher).await.entries.remove(0);
    assert!(!entry.summary.unwrap().value.is_empty());
    let json: serde_json::Value = serde_json::from_str(&text(&publisher, "/feed.json").await).unwrap();
    assert!(!json["items"][0]["content_text"].as_str().unwrap().is_empty());
}

/// `InvalidAddrSpec`: RSS's `author` is an address for mail, so names stand in `dc:creator`.
#[tokio::test]
async fn names_are_creators_and_no_address_is_told() {
    let named = Item {
        authors: vec![Person {
            name: Some("王小明".into()),
            email: Some("wang@alpha.example".into()),
            ..Person::default()
        }],
        ..item(1, 1)
    };
    let publisher = publisher(vec![named, poor()]).await;
    let document = text(&publisher, "/rss.xml").await;
    assert!(document.contains("<dc:creator>王小明</dc:creator>"), "{document}");
    assert!(
        !document.contains("<author>") && !document.contains("@alpha"),
        "{document}"
    );
}

/// `MissingGuid`, `InvalidHttpGUID`, `NotSufficientlyUnique`: a guid is a permalink only where it is the link.
#[tokio::test]
async fn a_guid_says_whether_it_is_a_page() {
    let tagged = Item {
        id: "tag:alpha.example,2026:2".into(),
        ..item(2, 2)
    };
    let publisher = publisher(vec![item(1, 1), tagged, poor()]).await;
    for item in rss(&publisher).await.items {
        let guid = item.guid.unwrap();
        assert_eq!(guid.permalink, item.link == Some(guid.value.clone()), "{guid:?}");
        assert!(guid.value.len() > 8, "{guid:?}");
    }
}

/// `DuplicateEnclosure`, `MissingAttribute`, `InvalidIntegerAttribute`, `InvalidMIMEAttribute`: one enclosure with a
/// length (0 where it is not known) and a type; the other nine files in Media RSS.
#[tokio::test]
async fn ten_files_are_one_enclosure_and_nine_contents() {
    let publisher = publisher(vec![poor()]).await;
    let document = text(&publisher, "/rss.xml").await;
    assert_eq!(document.matches("<enclosure ").count(), 1);
    assert_eq!(document.matches("<media:content ").count(), 9);
    assert!(
        document.contains(
            "<enclosure url=\"https://alpha.example/0.mp3\" length=\"0\" type=\"application/octet-stream\"/>"
        ),
        "{document}"
    );
    let entry = atom(&publisher).await.entries.remove(0);
    assert_eq!(
        entry.links.iter().filter(|link| link.rel == "enclosure").count(),
        10
    );
}

/// `InvalidRFC2822Date`, `ImplausibleDate`: an item without a date, or with one of 1970, has the time it was seen.
#[tokio::test]
async fn every_date_is_whole_and_plausible() {
    let publisher = publisher(vec![poor()]).await;
    let item = rss(&publisher).await.items.remove(0);
    assert_eq!(item.pub_date.as_deref(), Some("Sun, 22 Nov 2026 08:03:00 GMT"));
    let entry = atom(&publisher).await.entries.remove(0);
    assert_eq!(entry.published.unwrap().timestamp(), entry.updated.timestamp());
}

/// `InvalidLanguage`.
#[tokio::test]
async fn a_language_that_does_not_exist_is_not_named() {
    let publisher = publisher(vec![poor()]).await;
    for path in FEED_PATHS {
        assert!(!text(&publisher, path).await.contains("klingon"), "{path}");
    }
}

/// `MissingOutlineType`: each feed of a subscription list has one.
#[tokio::test]
async fn every_outline_of_a_feed_has_its_type() {
    let publisher = publisher(vec![item(1, 1)]).await;
    for path in ["/opml.xml", "/sources.opml"] {
        let list = text(&publisher, path).await;
        assert!(list.contains("xmlUrl="));
        assert_eq!(
            list.matches("xmlUrl=").count(),
            list.matches("type=\"rss\"").count(),
            "{list}"
        );
    }
}

/// Extensions of JSON Feed begin with an underscore.
#[tokio::test]
async fn json_feed_has_only_its_own_words_and_ours_behind_an_underscore() {
    const OF_FEED: [&str; 9] = [
        "version",
        "title",
        "home_page_url",
        "feed_url",
        "description",
        "language",
        "next_url",
        "hubs",
        "items",
    ];
    const OF_ITEM: [&str; 13] = [
        "id",
        "url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "image",
        "date_published",
        "date_modified",
        "authors",
        "tags",
        "language",
        "attachments",
    ];
    let publisher = publisher(vec![item(1, 1), poor(), super::rich()]).await;
    for path in ["/feed.json", "/2026/11/feed.json"] {
        let feed: serde_json::Value = serde_json::from_str(&text(&publisher, path).await).unwrap();
        for name in feed.as_object().unwrap().keys() {
            assert!(
                OF_FEED.contains(&name.as_str()) || name.starts_with('_'),
                "{name}"
            );
        }
        for item in feed["items"].as_array().unwrap() {
            for name in item.as_object().unwrap().keys() {
                assert!(
                    OF_ITEM.contains(&name.as_str()) || name.starts_with('_'),
                    "{name}"
                );
            }
        }
    }
}
