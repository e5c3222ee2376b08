//! What is published: every form valid and stable, whatever is stored.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what the tests set up themselves must work"
)]

mod modules;
mod round_trip;
mod warnings;

use crate::support::double::Disk;
use newsriver::clock::{Clock, ManualClock};
use newsriver::config;
use newsriver::model::{
    Carrier, Enclosure, Item, ItemNumber, Label, Link, Origin, Person, Reason, SourceId, SourceState, Tag,
    Timestamp,
};
use newsriver::publish::{Coding, Document, Found, Publisher, View};
use newsriver::store::{Changes, Channel, Edit, MemoryStore, Receipt, SourceClaim, Store};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// 2026-11-22T08:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_795_334_400);

pub(crate) const FEEDS: &str = r#"
[site]
title = "Newsriver"
url = "https://river.example/"
language = "en"
timezone = "Asia/Shanghai"

[publish]
items = 50

[[category]]
name = "finance"
title = "财经"
description = "Markets and money"
aliases = ["money"]

[[category]]
name = "科技"

[[source]]
name = "alpha"
url = "https://alpha.example/feed.xml"
category = "finance"

[[source]]
name = "beta"
url = "https://beta.example/atom?token=s3cret"
category = "科技"

[[source]]
name = "gamma"
url = "https://gamma.example/rss"
"#;

/// A store with what `FEEDS` names, a clock, and what makes documents of them.
pub(crate) struct Site {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let store = Arc::new(MemoryStore::new("river.example", START));
        let clock = Arc::new(ManualClock::at(START));
        Self { store, clock }
    }

    /// The view of a `feeds.toml`, its sources known to the store.
    pub(crate) async fn view(&self, feeds: &str) -> View {
        let (config, _) = config::check_text(Path::new("feeds.toml"), feeds).unwrap();
        let claims = config.sources.iter().map(|source| SourceClaim {
            was: None,
            identity: source.identity.clone(),
            name: source.name.clone(),
            is_written: true,
            enabled: true,
        });
        let registered = self
            .store
            .register(claims.collect(), self.clock.now())
            .await
            .unwrap();
        View::new(&config, &registered)
    }

    pub(crate) async fn publisher(&self, feeds: &str) -> Publisher {
        let view = self.view(feeds).await;
        let store: Arc<dyn Store> = self.store.clone();
        Publisher::new(store, view, self.clock.clone()).await.unwrap()
    }

    /// One poll of the items' first carrier that found them new.
    pub(crate) async fn commit(&self, items: Vec<Item>) -> Receipt {
        let changes = Changes {
            source: items.first().map_or(SourceId(1), |item| item.carriers[0].source),
            at: self.clock.now(),
            new_items: items,
            ..Changes::default()
        };
        self.store.commit(changes).await.unwrap()
    }
}

/// An item of the first source with this number of minutes after [`START`] as its times.
pub(crate) fn item(number: u32, minutes: i64) -> Item {
    let time = START.plus(Duration::from_secs(minutes as u64 * 60));
    Item {
        id: format!("https://alpha.example/{number}"),
        title: format!("Item {number}"),
        link: Some(format!("https://alpha.example/{number}")),
        origin: Origin {
            title: Some("Alpha Times".into()),
            id: Some("https://alpha.example/".into()),
            link: Some("https://alpha.example/".into()),
            feed_url: Some("https://alpha.example/feed.xml".into()),
        },
        published: Some(time),
        updated: time,
        first_seen: time,
        surfaced: time,
        labels: vec![Label {
            category: "finance".into(),
            confidence: 1.0,
            reason: Reason::new("its source is about finance"),
        }],
        content: Some(format!("<p>Text of item {number}.</p>")),
        carriers: vec![Carrier {
            source: SourceId(1),
            link: Some(format!("https://alpha.example/{number}")),
            first_seen: time,
            ..Carrier::default()
        }],
        ..Item::default()
    }
}

/// Everything an item can have.
fn rich() -> Item {
    Item {
        id: "tag:beta.example,2026:bank/7".into(),
        title: "央行：利率 < 3% & 汇率稳定".into(),
        link: Some("https://beta.example/银行/7?a=1&b=2".into()),
        links: vec![Link {
            rel: "via".into(),
            href: "https://wire.example/7".into(),
            ..Link::default()
        }],
        origin: Origin {
            title: Some("Beta 日报".into()),
            ..Origin::default()
        },
        updated: START.plus(Duration::from_secs(7200)),
        authors: vec![Person {
            name: Some("王小明".into()),
            uri: Some("https://beta.example/wang".into()),
            email: Some("wang@beta.example".into()),
        }],
        tags: vec![Tag {
            term: "banks".into(),
            label: Some("Banks".into()),
            scheme: Some("https://beta.example/tags".into()),
        }],
        summary: Some("<p>央行今天公布了<b>利率</b>。</p>".into()),
        content: Some("<p>央行今天公布了利率，]]&gt; 汇率保持稳定。</p>".into()),
        enclosures: vec![
            Enclosure {
                url: "https://beta.example/7.mp3".into(),
                mime_type: Some("audio/mpeg".into()),
                length: Some(12_345),
                duration_seconds: Some(61),
                ..Enclosure::default()
            },
            Enclosure {
                url: "https://beta.example/7.pdf".into(),
                ..Enclosure::default()
            },
        ],
        image: Some("https://beta.example/7.jpg".into()),
        language: Some("zh-CN".into()),
        comments: Some("https://beta.example/7#comments".into()),
        rights: Some("© Beta".into()),
        carriers: vec![
            Carrier {
                source: SourceId(2),
                link: Some("https://beta.example/7".into()),
                ..Carrier::default()
            },
            Carrier {
                source: SourceId(3),
                link: Some("https://gamma.example/reprint/7".into()),
                ..Carrier::default()
            },
        ],
        ..item(7, 30)
    }
}

pub(crate) async fn document(publisher: &Publisher, path: &str) -> Arc<Document> {
    match publisher.find(path).await.unwrap() {
        Found::Document(document) => document,
        other => panic!("{path}: {other:?}"),
    }
}

async fn text(publisher: &Publisher, path: &str) -> String {
    String::from_utf8(document(publisher, path).await.identity().to_vec()).unwrap()
}

/// One element a line, so that a snapshot reads well.
fn lines(markup: &str) -> String {
    markup.replace("><", ">\n<")
}

async fn example() -> (Site, Publisher) {
    let site = Site::new().await;
    site.view(FEEDS).await;
    let plain = Item {
        language: Some("en".into()),
        content: None,
        summary: Some("A summary &amp; nothing else.".into()),
        ..item(1, 1)
    };
    let bare = Item {
        id: "no uri at all".into(),
        title: "How to close a </b> & live".into(),
        link: None,
        published: None,
        content: None,
        labels: Vec::new(),
        ..item(2, 60 * 20)
    };
    site.commit(vec![plain, rich(), bare]).await;
    let publisher = site.publisher(FEEDS).await;
    (site, publisher)
}

#[tokio::test]
async fn rss_is_written_so() {
    let (_, publisher) = example().await;
    insta::assert_snapshot!(lines(&text(&publisher, "/rss.xml").await));
}

#[tokio::test]
async fn atom_is_written_so() {
    let (_, publisher) = example().await;
    insta::assert_snapshot!(lines(&text(&publisher, "/atom.xml").await));
}

#[tokio::test]
async fn json_feed_is_written_so() {
    let (_, publisher) = example().await;
    let feed: serde_json::Value = serde_json::from_str(&text(&publisher, "/feed.json").await).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&feed).unwrap());
}

#[tokio::test]
async fn a_page_is_written_so() {
    let (_, publisher) = example().await;
    insta::assert_snapshot!(lines(&text(&publisher, "/finance/").await));
}

#[tokio::test]
async fn subscription_lists_hold_every_feed_and_no_secret() {
    let (_, publisher) = example().await;
    insta::assert_snapshot!(text(&publisher, "/opml.xml").await);
    let sources = text(&publisher, "/sources.opml").await;
    assert!(
        sources.contains("https://beta.example/atom?token=***"),
        "{sources}"
    );
    assert!(!sources.contains("s3cret"));
}

#[tokio::test]
async fn a_page_speaks_the_language_of_the_site() {
    let (_, publisher) = {
        let site = Site::new().await;
        let feeds = FEEDS.replace("language = \"en\"", "language = \"zh-CN\"");
        site.view(&feeds).await;
        site.commit(vec![rich()]).await;
        let publisher = site.publisher(&feeds).await;
        (site, publisher)
    };
    let page = text(&publisher, "/").await;
    for words in [
        "<html lang=\"zh-CN\">",
        "2026年11月22日 星期日",
        "订阅",
        "同见于",
        "16:30",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
}

#[tokio::test]
async fn no_mail_address_is_published() {
    let site = Site::new().await;
    site.view(FEEDS).await;
    let person = |name: &str| Person {
        name: Some(name.into()),
        email: Some("secret@alpha.example".into()),
        ..Person::default()
    };
    let item = Item {
        authors: vec![person("Ann"), person("ann@alpha.example")],
        ..item(1, 1)
    };
    site.commit(vec![item]).await;
    let publisher = site.publisher(FEEDS).await;
    for path in ["/", "/rss.xml", "/atom.xml", "/feed.json"] {
        let text = text(&publisher, path).await;
        assert!(!text.contains('@'), "{text}");
        assert!(path == "/" || text.contains("Ann"), "{text}");
    }
}

#[tokio::test]
async fn time_alone_changes_no_byte() {
    let (site, publisher) = example().await;
    let before = document(&publisher, "/source/alpha/atom.xml").await;
    site.clock.advance(Duration::from_secs(400 * 86400));
    let all = [
        Channel::River,
        Channel::Category("finance".into()),
        Channel::Source(SourceId(1)),
    ];
    assert_eq!(publisher.refresh(&all).await.unwrap(), 0);
    let after = document(&publisher, "/source/alpha/atom.xml").await;
    assert!(Arc::ptr_eq(&before, &after));
}

#[tokio::test]
async fn validators_hold_over_a_restart_and_a_change_elsewhere() {
    let (site, publisher) = example().await;
    let paths = [
        "/",
        "/rss.xml",
        "/finance/atom.xml",
        "/source/beta/feed.json",
        "/opml.xml",
        "/robots.txt",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(document(&publisher, path).await);
    }
    drop(publisher);
    site.clock.advance(Duration::from_secs(3600));
    let publisher = site.publisher(&FEEDS.replace("items = 50", "items = 51")).await;
    for (path, before) in paths.iter().zip(before) {
        let after = document(&publisher, path).await;
        for coding in Coding::ALL {
            assert_eq!(before.etag(coding), after.etag(coding), "{path}");
        }
        assert_eq!(before.last_modified(), after.last_modified(), "{path}");
    }
}

#[tokio::test]
async fn a_commit_changes_what_it_touched_and_nothing_else() {
    let (site, publisher) = example().await;
    let other = document(&publisher, "/%E7%A7%91%E6%8A%80/atom.xml").await;
    let before = document(&publisher, "/finance/atom.xml").await;
    let listed = document(&publisher, "/source/alpha/rss.xml").await;
    site.clock.advance(Duration::from_secs(5));
    let receipt = site.commit(vec![item(9, 1300)]).await;
    // River and finance, each in four forms.
    assert_eq!(publisher.refresh(&receipt.touched).await.unwrap(), 8);
    let after = document(&publisher, "/finance/atom.xml").await;
    assert_ne!(before.etag(Coding::Identity), after.etag(Coding::Identity));
    assert!(after.since() > before.since());
    assert!(Arc::ptr_eq(
        &other,
        &document(&publisher, "/%E7%A7%91%E6%8A%80/atom.xml").await
    ));
    let relisted = text(&publisher, "/source/alpha/rss.xml").await;
    assert!(relisted.contains("Item 9"));
    assert_ne!(
        listed.etag(Coding::Gzip),
        document(&publisher, "/source/alpha/rss.xml")
            .await
            .etag(Coding::Gzip)
    );
}

#[tokio::test]
async fn entries_updated_in_one_second_differ_for_good() {
    let site = Site::new().await;
    site.view(FEEDS).await;
    site.commit((1..=20).map(|number| item(number, 5)).collect())
        .await;
    let few = site
        .publisher(&FEEDS.replace("items = 50", "items = 3\nwindow = \"0s\""))
        .await;
    let many = site.publisher(FEEDS).await;
    let updated = |feed: &str| -> Vec<(String, String)> {
        let feed: atom_syndication::Feed = feed.parse().unwrap();
        let entries = feed.entries.into_iter();
        entries
            .map(|entry| (entry.id, entry.updated.to_rfc3339()))
            .collect()
    };
    let many = updated(&text(&many, "/atom.xml").await);
    let few = updated(&text(&few, "/atom.xml").await);
    let distinct: std::collections::HashSet<_> = many.iter().map(|(_, updated)| updated).collect();
    assert_eq!((many.len(), distinct.len()), (20, 20));
    assert!(
        !few.is_empty() && few.iter().all(|entry| many.contains(entry)),
        "{few:?} {many:?}"
    );
}

#[tokio::test]
async fn a_source_publishes_no_more_than_its_level() {
    let long = format!("<p>{}</p>", "A sentence of many. ".repeat(60));
    let site = Site::new().await;
    for (level, has_text, has_all) in [
        ("title", false, false),
        ("summary", true, false),
        ("full", true, true),
    ] {
        let feeds = FEEDS.replace("items = 50", &format!("items = 50\ncontent = \"{level}\""));
        site.view(&feeds).await;
        if level == "title" {
            site.commit(vec![Item {
                content: Some(long.clone()),
                ..item(1, 1)
            }])
            .await;
        }
        let publisher = site.publisher(&feeds).await;
        for path in ["/rss.xml", "/atom.xml", "/feed.json", "/"] {
            let text = text(&publisher, path).await;
            assert_eq!(text.contains("A sentence of many."), has_text, "{level} {path}");
            assert_eq!(
                text.matches("A sentence").count() >= 60,
                has_all && path != "/",
                "{level} {path}"
            );
            assert!(text.contains("Item 1"));
        }
    }
}

#[tokio::test]
async fn the_items_of_a_removed_source_keep_their_titles_and_no_more() {
    let site = Site::new().await;
    site.publisher(FEEDS).await;
    site.commit(vec![item(1, 1)]).await;
    let without = FEEDS.replace("alpha", "omega");
    let publisher = site.publisher(&without).await;
    for path in ["/rss.xml", "/atom.xml", "/feed.json", "/"] {
        let document = text(&publisher, path).await;
        assert!(document.contains("Item 1"), "{path}");
        assert!(!document.contains("Text of item 1"), "{path}");
    }
}

#[tokio::test]
async fn endless_articles_are_shown_in_short_once_a_document_is_full() {
    let site = Site::new().await;
    let publisher = site.publisher(FEEDS).await;
    let long = |number: u32| Item {
        content: Some(format!(
            "<p>Begin {number}.</p><p>{}</p>",
            "long ".repeat(400_000)
        )),
        ..item(number, i64::from(number))
    };
    let receipt = site.commit((1..=12).map(long).collect()).await;
    publisher.refresh(&receipt.touched).await.unwrap();
    let document = text(&publisher, "/atom.xml").await;
    assert!(document.len() < 20 << 20, "{}", document.len());
    assert_eq!(document.matches("<entry>").count(), 12);
    assert!(document.contains("Begin 1."), "the last one has its beginning");
}

#[tokio::test]
async fn an_empty_river_has_a_date_that_stays() {
    let site = Site::new().await;
    let publisher = site.publisher(FEEDS).await;
    let atom = text(&publisher, "/atom.xml").await;
    assert!(
        atom.contains("<updated>2026-11-22T00:00:00+00:00</updated>"),
        "{atom}"
    );
    assert!(
        text(&publisher, "/")
            .await
            .contains("Nothing has arrived here yet.")
    );
}

#[tokio::test]
async fn one_source_fills_no_feed_that_bounds_it() {
    let site = Site::new().await;
    let feeds = FEEDS.replace("items = 50", "items = 10\nper_source = 2");
    site.view(&feeds).await;
    site.commit(
        (1..=9)
            .map(|number| item(number, 100 + i64::from(number)))
            .collect(),
    )
    .await;
    let of_gamma = Item {
        carriers: vec![Carrier {
            source: SourceId(3),
            ..Carrier::default()
        }],
        ..item(20, 1)
    };
    site.commit(vec![of_gamma]).await;
    let publisher = site.publisher(&feeds).await;
    let river = feed_rs::parser::parse(text(&publisher, "/atom.xml").await.as_bytes()).unwrap();
    let titles: Vec<_> = river
        .entries
        .iter()
        .map(|entry| entry.title.clone().unwrap().content)
        .collect();
    assert_eq!(titles, ["Item 9", "Item 8", "Item 20"]);
    let own = feed_rs::parser::parse(text(&publisher, "/source/alpha/atom.xml").await.as_bytes()).unwrap();
    assert_eq!(own.entries.len(), 9);
}

#[tokio::test]
async fn a_removed_category_is_gone_and_a_renamed_one_moved_even_after_a_restart() {
    let (site, publisher) = example().await;
    let fewer = FEEDS
        .replace("name = \"科技\"", "name = \"tech\"\naliases = [\"科技\"]")
        .replace("category = \"科技\"", "category = \"tech\"")
        .replace("category = \"finance\"\n", "")
        .replace("[[category]]\nname = \"finance\"\ntitle = \"财经\"\ndescription = \"Markets and money\"\naliases = [\"money\"]", "");
    publisher.reload(site.view(&fewer).await).await.unwrap();
    for publisher in [publisher, site.publisher(&fewer).await] {
        let status = |found| match found {
            Found::Nothing(status, _) => status.as_u16(),
            other => panic!("{other:?}"),
        };
        assert_eq!(status(publisher.find("/finance/atom.xml").await.unwrap()), 410);
        assert_eq!(status(publisher.find("/weather/atom.xml").await.unwrap()), 404);
        let Found::Moved(to) = publisher.find("/%E7%A7%91%E6%8A%80/atom.xml").await.unwrap() else {
            panic!("not moved");
        };
        assert_eq!(to, "/tech/atom.xml");
    }
}

#[tokio::test]
async fn an_edit_shows_under_the_same_id() {
    let (site, publisher) = example().await;
    let stored = site
        .store
        .items(&[ItemNumber(1)])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let edited = Item {
        title: "Item 1, corrected".into(),
        updated: START.plus(Duration::from_secs(86400)),
        ..stored.item.as_ref().clone()
    };
    let changes = Changes {
        source: SourceId(1),
        edits: vec![Edit {
            number: stored.number,
            version: stored.version,
            item: edited,
        }],
        ..Changes::default()
    };
    let receipt = site.store.commit(changes).await.unwrap();
    assert!(publisher.refresh(&receipt.touched).await.unwrap() > 0);
    let feed: atom_syndication::Feed = text(&publisher, "/atom.xml").await.parse().unwrap();
    let entry = feed
        .entries
        .iter()
        .find(|entry| entry.id == stored.item.id)
        .unwrap();
    assert_eq!(entry.title.value, "Item 1, corrected");
    assert_eq!(feed.updated, entry.updated);
}

#[tokio::test]
async fn a_source_is_called_what_it_calls_itself_now() {
    let (site, publisher) = example().await;
    assert!(
        text(&publisher, "/source/alpha/")
            .await
            .contains("<h1 dir=\"auto\">alpha</h1>")
    );
    let mut state = SourceState::default();
    state.head.title = Some("The <Alpha> Times".into());
    let changes = Changes {
        source: SourceId(1),
        state: Some(state),
        ..Changes::default()
    };
    site.store.commit(changes).await.unwrap();
    let page = text(&publisher, "/source/alpha/").await;
    assert!(
        page.contains("<h1 dir=\"auto\">The &lt;Alpha&gt; Times</h1>"),
        "{page}"
    );
}

#[tokio::test]
async fn export_writes_the_same_bytes_and_tidies_only_what_is_its_own() {
    let (site, publisher) = example().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.txt"), "keep").unwrap();
    let first = publisher.export(folder.path(), &|_, _| {}).await.unwrap();
    assert!(first.written > 20 && first.removed == 0, "{first:?}");
    for (file, path) in [
        ("index.html", "/"),
        ("finance/rss.xml", "/finance/rss.xml"),
        ("科技/feed.json", "/%E7%A7%91%E6%8A%80/feed.json"),
        ("source/gamma/index.html", "/source/gamma/"),
        ("sources.opml", "/sources.opml"),
    ] {
        let written = std::fs::read(folder.path().join(file)).unwrap();
        assert_eq!(&written, document(&publisher, path).await.identity(), "{file}");
    }
    let again = publisher.export(folder.path(), &|_, _| {}).await.unwrap();
    assert_eq!(
        (again.written, again.unchanged, again.removed),
        (0, first.written, 0)
    );
    let without_gamma = FEEDS.split("[[source]]\nname = \"gamma\"").next().unwrap();
    publisher.reload(site.view(without_gamma).await).await.unwrap();
    let third = publisher.export(folder.path(), &|_, _| {}).await.unwrap();
    assert_eq!(third.removed, 4);
    assert!(!folder.path().join("source/gamma").exists());
    assert!(folder.path().join("mine.txt").exists());
}

#[tokio::test]
async fn a_prefix_stands_in_every_address() {
    let site = Site::new().await;
    let feeds = FEEDS.replace("https://river.example/", "https://river.example/news/");
    site.view(&feeds).await;
    site.commit(vec![item(1, 1)]).await;
    let publisher = site.publisher(&feeds).await;
    let atom = text(&publisher, "/news/finance/atom.xml").await;
    assert!(
        atom.contains("href=\"https://river.example/news/finance/atom.xml\" rel=\"self\""),
        "{atom}"
    );
    let page = text(&publisher, "/news/").await;
    assert!(page.contains("href=\"/news/finance/\"") && page.contains("href=\"/news/assets/style-"));
}

#[tokio::test]
async fn a_full_disk_leaves_the_documents_and_what_it_held_up_is_made_up_for() {
    let site = Site::new().await;
    let view = site.view(FEEDS).await;
    site.commit(vec![item(1, 1)]).await;
    let store = Disk::over(site.store.clone());
    let publisher = Publisher::new(store.clone(), view, site.clock.clone())
        .await
        .unwrap();
    let before = document(&publisher, "/atom.xml").await;
    store.is_full.store(true, Ordering::SeqCst);
    let receipt = site.commit(vec![item(2, 2)]).await;
    let error = publisher.refresh(&receipt.touched).await.unwrap_err();
    assert!(error.is_temporary());
    let other = site.view(&FEEDS.replace("Newsriver", "Other")).await;
    assert!(publisher.reload(other).await.is_err());
    assert!(Arc::ptr_eq(&before, &document(&publisher, "/atom.xml").await));
    store.is_full.store(false, Ordering::SeqCst);
    assert!(publisher.refresh(&[]).await.unwrap() > 0);
    let after = text(&publisher, "/atom.xml").await;
    assert!(after.contains("Item 2") && !after.contains("Other"));
}

/// Text with everything in it that has ever broken a document.
fn hostile_text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "]]>",
        "<![CDATA[",
        "&",
        "&amp;",
        "&#0;",
        "<script>alert(1)</script>",
        "</item>",
        "</entry>",
        "\u{0}",
        "\u{b}",
        "\u{1b}[31m",
        "\u{fffe}",
        "\u{ffff}",
        "\u{fffd}",
        "\u{fdd0}",
        "\u{fdd1}",
        "\u{85}",
        "\u{202e}",
        "שלום",
        "مرحبا",
        "🌊",
        "👩‍👩‍👧",
        "央行",
        "\"",
        "'",
        "<",
        ">",
        "--",
        "\r\n",
        "\n",
        "\t",
        " ",
        "e\u{301}",
        "\u{1f600}",
        "{",
        "}",
        "\\",
        "\\u0000",
        "%",
        "a",
        "B",
    ]);
    prop_oneof![
        4 => prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
        1 => ".{0,40}",
        1 => Just("字".repeat(20_000)),
    ]
}

prop_compose! {
    fn hostile_item()(
        title in hostile_text(),
        content in prop::option::of(hostile_text()),
        summary in prop::option::of(hostile_text()),
        author in hostile_text(),
        tag in hostile_text(),
        id in prop::option::of(hostile_text()),
        link in prop_oneof![
            Just(None),
            Just(Some("https://alpha.example/a b?x=<y>&z=[1]".to_owned())),
            Just(Some("javascript:alert(1)".to_owned())),
            hostile_text().prop_map(Some),
        ],
        enclosures in 0_usize..10,
        minutes in -40_000_000_i64..4_000_000,
        language in prop::option::of(hostile_text()),
    ) -> Item {
        let mut item = item(0, 1);
        let time = Timestamp::from_seconds(START.seconds() + minutes * 60);
        item.title = title;
        item.content = content;
        item.summary = summary;
        item.authors = vec![Person { name: Some(author.clone()), uri: Some(author), email: None }];
        item.tags = vec![Tag { term: tag.clone(), label: Some(tag.clone()), scheme: Some(tag) }];
        item.id = id.unwrap_or_else(|| "https://alpha.example/x".into());
        item.link = link;
        item.published = Some(time);
        item.updated = time;
        item.language = language;
        item.enclosures = (0..enclosures)
            .map(|number| Enclosure { url: format!("https://alpha.example/{number}.mp3"), ..Enclosure::default() })
            .collect();
        item
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is stored, every form is read by readers that are not ours, with as many entries as there were,
    /// and all forms agree on ids, links and dates.
    #[test]
    fn anything_stored_comes_out_well_formed(items in prop::collection::vec(hostile_item(), 1..6)) {
        let count = items.len();
        let items: Vec<Item> = items
            .into_iter()
            .enumerate()
            .map(|(place, item)| Item { id: format!("{}{place}", item.id), ..item })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let site = Site::new().await;
            site.view(FEEDS).await;
            site.commit(items).await;
            let publisher = site.publisher(FEEDS).await;
            let atom: atom_syndication::Feed = text(&publisher, "/atom.xml").await.parse().unwrap();
            let rss: rss::Channel = text(&publisher, "/rss.xml").await.parse().unwrap();
            let json: serde_json::Value = serde_json::from_str(&text(&publisher, "/feed.json").await).unwrap();
            let json = json["items"].as_array().unwrap();
            assert_eq!((atom.entries.len(), rss.items.len(), json.len()), (count, count, count));
            for ((entry, item), object) in atom.entries.iter().zip(&rss.items).zip(json) {
                let link = entry.links.iter().find(|link| link.rel == "alternate").map(|link| link.href.as_str());
                assert_eq!(object["id"], entry.id.as_str());
                assert_eq!(item.guid.as_ref().unwrap().value, entry.id);
                assert_eq!(object["url"].as_str(), link);
                assert_eq!(item.link.as_deref(), link);
                assert!(!entry.title.value.is_empty());
                let published = entry.published.unwrap();
                let of_json = object["date_published"].as_str().unwrap();
                assert_eq!(chrono::DateTime::parse_from_rfc3339(of_json).unwrap(), published);
                let of_rss = item.pub_date.as_deref().unwrap();
                assert_eq!(chrono::DateTime::parse_from_rfc2822(of_rss).unwrap(), published);
            }
            for path in ["/atom.xml", "/rss.xml", "/feed.json"] {
                let read = feed_rs::parser::parse(document(&publisher, path).await.identity().as_ref()).unwrap();
                assert_eq!(read.entries.len(), count, "{path}");
            }
            let page = text(&publisher, "/").await;
            assert_eq!(page.matches("<article>").count(), count);
            assert!(!page.contains("<script"));
        });
    }

    /// What is ordinary comes back word for word.
    #[test]
    fn what_is_published_is_what_others_read(
        title in "[a-zA-Z0-9央行利率&<>' ]{1,40}[a-z]",
        content in "[a-zA-Z央行]{1,60}",
        minutes in 0_i64..500_000,
    ) {
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        let item = Item {
            title: title.clone(),
            content: Some(format!("<p>{content}</p>")),
            ..item(5, minutes)
        };
        let (time, id) = (item.published.unwrap(), item.id.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let site = Site::new().await;
            site.view(FEEDS).await;
            site.commit(vec![item]).await;
            let publisher = site.publisher(FEEDS).await;
            for path in ["/atom.xml", "/rss.xml", "/feed.json"] {
                let read = feed_rs::parser::parse(document(&publisher, path).await.identity().as_ref()).unwrap();
                let entry = &read.entries[0];
                let read_title = entry.title.clone().unwrap().content;
                // RSS cannot say that a title is text: what would pass for markup is escaped for readers of HTML,
                // as is any `&` for readers of Atom titles typed as HTML.
                let unescaped = read_title.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace("&amp;", "&");
                assert!(read_title == title || unescaped == title, "{path}: {read_title} for {title}");
                assert_eq!(entry.id, id);
                assert_eq!(entry.links[0].href, id);
                assert_eq!(entry.published.unwrap().timestamp(), time.seconds());
                let body = entry.content.as_ref().and_then(|content| content.body.clone()).unwrap();
                assert_eq!(body, format!("<p>{content}</p>"));
            }
        });
    }
}
