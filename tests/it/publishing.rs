//! What is published: every form valid and stable, whatever is stored.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what the tests set up themselves must work"
)]

mod anything;
mod modules;
mod round_trip;
mod site;
mod steady;
mod warnings;

pub(crate) use site::{FEEDS, Site, document, item};
use site::{START, example, lines, rich, text};

use newsriver::model::{Carrier, Enclosure, Item, ItemNumber, Person, SourceId, SourceState, Tag, Timestamp};
use newsriver::publish::{Coding, Found, Publisher};
use newsriver::store::{Changes, Channel, Edit, Store};
use std::sync::Arc;
use std::time::Duration;

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
