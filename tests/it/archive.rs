//! The archive by month: everything for who comes late, standing still for who has it.

mod parts;

use crate::publishing::{FEEDS, Site, document, item};
use newsriver::model::{Item, SourceId, Timestamp};
use newsriver::publish::{Coding, Found, Publisher};
use newsriver::store::{Changes, Keep, Store};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const DAY: u64 = 86_400;

/// 2026-11-22, when the tests begin, as a day since the epoch.
const TODAY: i64 = 20_779;

/// An item of finance that surfaced so many days before the tests begin.
fn aged(number: u32, days: i64) -> Item {
    let time = Timestamp::from_seconds((TODAY - days) * 86_400 + 3600 + i64::from(number % 1000));
    Item {
        published: Some(time),
        updated: time,
        first_seen: time,
        surfaced: time,
        is_backlog: true,
        ..item(number, 0)
    }
}

/// What a document says: its entries, and its links by relation.
struct Read {
    ids: Vec<String>,
    links: BTreeMap<String, String>,
    is_archive: bool,
}

fn read(path: &str, text: &str) -> Read {
    let links: Vec<(String, String)>;
    let ids: Vec<String>;
    let is_archive;
    if path.ends_with("atom.xml") {
        let feed: atom_syndication::Feed = text.parse().unwrap();
        links = feed
            .links
            .iter()
            .map(|link| (link.rel.clone(), link.href.clone()))
            .collect();
        ids = feed.entries.into_iter().map(|entry| entry.id).collect();
        // In the head, before the entries (RFC 4287, appendix B).
        let head = text.split("<entry>").next().unwrap();
        is_archive = head.contains("<fh:archive/>") && head.contains("xmlns:fh=");
    } else if path.ends_with("rss.xml") {
        let channel: rss::Channel = text.parse().unwrap();
        let atom = channel.atom_ext.unwrap();
        links = atom
            .links
            .iter()
            .map(|link| (link.rel.clone(), link.href.clone()))
            .collect();
        ids = channel
            .items
            .into_iter()
            .map(|item| item.guid.unwrap().value)
            .collect();
        is_archive = channel.extensions.contains_key("fh");
    } else {
        let feed: serde_json::Value = serde_json::from_str(text).unwrap();
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let own = &feed["_newsriver"];
        let found = [
            ("self", &feed["feed_url"]),
            ("prev-archive", &feed["next_url"]),
            ("next-archive", &own["next_archive"]),
            ("current", &own["current"]),
        ];
        links = found
            .iter()
            .filter_map(|(rel, value)| Some(((*rel).to_owned(), text(value)?)))
            .collect();
        let items = feed["items"].as_array().unwrap();
        ids = items.iter().filter_map(|item| text(&item["id"])).collect();
        is_archive = own["archive"] == true;
    }
    Read {
        ids,
        links: links.into_iter().collect(),
        is_archive,
    }
}

async fn at(publisher: &Publisher, path: &str) -> Read {
    let document = document(publisher, path).await;
    read(path, std::str::from_utf8(document.identity()).unwrap())
}

fn path_of(address: &str) -> String {
    address.strip_prefix("https://river.example").unwrap().to_owned()
}

/// The documents from this one on, as `prev-archive` leads: each path with what it says.
async fn follow(publisher: &Publisher, path: &str) -> Vec<(String, Read)> {
    let mut path = path.to_owned();
    let mut chain = Vec::new();
    loop {
        let read = at(publisher, &path).await;
        assert_eq!(path_of(&read.links["self"]), path, "a document says where it is");
        let previous = read.links.get("prev-archive").map(|address| path_of(address));
        chain.push((path, read));
        match previous {
            Some(previous) => path = previous,
            None => return chain,
        }
        assert!(chain.len() < 100, "the chain ends");
    }
}

async fn status(publisher: &Publisher, path: &str) -> u16 {
    match publisher.find(path).await.unwrap() {
        Found::Document(_) => 200,
        Found::Moved(_) => 301,
        Found::Nothing(status, _) => status.as_u16(),
    }
}

/// A site whose items surfaced so many days ago, numbered from 1 in the order given.
async fn site_of(days: &[i64]) -> (Site, Publisher) {
    let site = Site::new().await;
    site.view(FEEDS).await;
    let items = days.iter().zip(1..).map(|(days, number)| aged(number, *days));
    site.commit(items.collect()).await;
    let publisher = site.publisher(FEEDS).await;
    (site, publisher)
}

#[tokio::test]
async fn a_new_subscriber_can_have_everything() {
    let days: Vec<i64> = (0..300).map(|number| number * number % 400).collect();
    let (_site, publisher) = site_of(&days).await;
    let expected: BTreeSet<String> = (1..=300).map(|number| item(number, 0).id).collect();
    for path in [
        "/atom.xml",
        "/rss.xml",
        "/feed.json",
        "/finance/atom.xml",
        "/finance/rss.xml",
        "/finance/feed.json",
    ] {
        let chain = follow(&publisher, path).await;
        let (_, current) = &chain[0];
        assert_eq!(current.ids.len(), 50);
        let months = &chain[1..];
        assert_eq!(months.len(), 13, "{path}");
        let archived: Vec<&String> = months.iter().flat_map(|(_, month)| &month.ids).collect();
        assert_eq!(archived.len(), 300, "{path}: each item stands in one month");
        let archived: BTreeSet<String> = archived.into_iter().cloned().collect();
        assert_eq!(archived, expected, "{path}");
        for (place, (_, month)) in months.iter().enumerate() {
            assert_eq!(path_of(&month.links["current"]), path);
            let newer = place.checked_sub(1).map(|place| months[place].0.clone());
            let next = month.links.get("next-archive").map(|address| path_of(address));
            assert_eq!(next, newer, "next-archive leads back");
            assert_eq!(
                month.is_archive,
                place > 0,
                "the month that goes on is no archive yet"
            );
        }
        assert!(!current.is_archive && !current.links.contains_key("current"));
    }
}

#[tokio::test]
async fn a_month_holds_what_surfaced_in_it() {
    let (_site, publisher) = site_of(&[0, 21, 22, 51, 52, 53, 300]).await;
    let ids = |numbers: &[u32]| -> Vec<String> { numbers.iter().map(|number| item(*number, 0).id).collect() };
    assert_eq!(at(&publisher, "/2026/11/atom.xml").await.ids, ids(&[1, 2]));
    assert_eq!(
        at(&publisher, "/finance/2026/10/feed.json").await.ids,
        ids(&[3, 4, 5])
    );
    assert_eq!(at(&publisher, "/2026/09/rss.xml").await.ids, ids(&[6]));
    assert_eq!(
        status(&publisher, "/%E7%A7%91%E6%8A%80/2026/11/atom.xml").await,
        404
    );
    assert_eq!(status(&publisher, "/2026/08/atom.xml").await, 404);
    assert_eq!(status(&publisher, "/2026/12/atom.xml").await, 404);
}

#[tokio::test]
async fn a_closed_month_stands_still_while_news_comes_in() {
    let (site, publisher) = site_of(&[0, 40, 41, 80]).await;
    let paths = [
        "/2026/10/atom.xml",
        "/2026/10/",
        "/finance/2026/09/rss.xml",
        "/finance/2026/10/feed.json",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(document(&publisher, path).await);
    }
    for minutes in 1..4 {
        site.clock.advance(Duration::from_secs(60));
        let receipt = site.commit(vec![item(10 + minutes, i64::from(minutes))]).await;
        publisher.refresh(&receipt.touched).await.unwrap();
        for (path, before) in paths.iter().zip(&before) {
            let now = document(&publisher, path).await;
            assert!(std::sync::Arc::ptr_eq(before, &now), "{path} was made anew");
        }
    }
    assert_eq!(at(&publisher, "/2026/11/atom.xml").await.ids.len(), 4);
    site.clock.advance(Duration::from_secs(90 * DAY));
    drop(publisher);
    let publisher = site.publisher(FEEDS).await;
    for (path, before) in paths.iter().zip(&before) {
        let after = document(&publisher, path).await;
        assert_eq!(before.etag(Coding::Gzip), after.etag(Coding::Gzip), "{path}");
        assert_eq!(before.last_modified(), after.last_modified(), "{path}");
    }
}

#[tokio::test]
async fn a_back_fill_shows_in_the_month_it_belongs_to() {
    let (site, publisher) = site_of(&[0, 40]).await;
    let before = document(&publisher, "/finance/2026/10/atom.xml").await;
    site.clock.advance(Duration::from_secs(60));
    let receipt = site.commit(vec![aged(7, 41), aged(8, 200)]).await;
    publisher.refresh(&receipt.touched).await.unwrap();
    let after = document(&publisher, "/finance/2026/10/atom.xml").await;
    assert_ne!(before.etag(Coding::Identity), after.etag(Coding::Identity));
    assert!(after.since() > before.since());
    let chain = follow(&publisher, "/finance/atom.xml").await;
    let paths: Vec<&str> = chain.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/finance/atom.xml",
            "/finance/2026/11/atom.xml",
            "/finance/2026/10/atom.xml",
            "/finance/2026/05/atom.xml"
        ]
    );
}

#[tokio::test]
async fn an_edit_shows_in_its_month() {
    let (site, publisher) = site_of(&[0, 40]).await;
    let before = document(&publisher, "/2026/10/atom.xml").await;
    let stored = site
        .store
        .items(&[newsriver::model::ItemNumber(2)])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let edited = Item {
        title: "Corrected".into(),
        ..Item::clone(&stored.item)
    };
    let changes = Changes {
        source: SourceId(1),
        at: newsriver::clock::Clock::now(&*site.clock),
        edits: vec![newsriver::store::Edit {
            number: stored.number,
            version: stored.version,
            item: edited,
        }],
        ..Changes::default()
    };
    let receipt = site.store.commit(changes).await.unwrap();
    publisher.refresh(&receipt.touched).await.unwrap();
    let after = document(&publisher, "/2026/10/atom.xml").await;
    assert_ne!(before.etag(Coding::Identity), after.etag(Coding::Identity));
    assert!(
        std::str::from_utf8(after.identity())
            .unwrap()
            .contains("Corrected")
    );
}

#[tokio::test]
async fn a_month_that_left_is_gone_and_the_chain_ends_before_it() {
    let (site, publisher) = site_of(&[0, 1, 40, 80, 81]).await;
    assert_eq!(status(&publisher, "/finance/2026/09/atom.xml").await, 200);
    // The newest two are listed still; the others left the lists when they were committed.
    let listed = [1, 2].map(|number| newsriver::store::Target::Known(newsriver::model::ItemNumber(number)));
    let changes = Changes {
        source: SourceId(1),
        at: newsriver::clock::Clock::now(&*site.clock),
        listed: Some(listed.to_vec()),
        ..Changes::default()
    };
    site.store.commit(changes).await.unwrap();
    site.clock.advance(Duration::from_secs(181 * DAY));
    let keep = Keep {
        retention: Duration::from_secs(180 * DAY),
        max_size_bytes: u64::MAX,
    };
    let kept = site
        .store
        .housekeep(keep, newsriver::clock::Clock::now(&*site.clock))
        .await
        .unwrap();
    assert_eq!(kept.purged, 3);
    publisher.refresh(&kept.touched).await.unwrap();
    let chain = follow(&publisher, "/finance/atom.xml").await;
    assert_eq!(
        chain.len(),
        2,
        "{:?}",
        chain.iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
    for path in [
        "/finance/2026/09/atom.xml",
        "/finance/2026/09/",
        "/2026/10/feed.json",
        "/2026/09/rss.xml",
    ] {
        assert_eq!(status(&publisher, path).await, 410, "{path}");
    }
    assert_eq!(
        status(&publisher, "/2027/08/atom.xml").await,
        404,
        "a month to come"
    );
    let page = document(&publisher, "/finance/").await;
    let page = std::str::from_utf8(page.identity()).unwrap();
    assert!(
        page.contains("/finance/2026/11/") && !page.contains("/finance/2026/09/"),
        "{page}"
    );
}

#[tokio::test]
async fn months_follow_their_category() {
    let (site, publisher) = site_of(&[0, 40]).await;
    assert_eq!(status(&publisher, "/money/2026/10/atom.xml").await, 301);
    document(&publisher, "/finance/2026/10/atom.xml").await;
    let without = FEEDS
        .replace("name = \"finance\"", "name = \"other\"")
        .replace("aliases = [\"money\"]\n", "")
        .replace("category = \"finance\"", "category = \"other\"");
    publisher.reload(site.view(&without).await).await.unwrap();
    assert_eq!(status(&publisher, "/finance/2026/10/atom.xml").await, 410);
    assert_eq!(status(&publisher, "/2026/10/atom.xml").await, 200);
}

#[tokio::test]
async fn export_writes_the_archive_too() {
    let (_site, publisher) = site_of(&[0, 40, 80]).await;
    let folder = tempfile::tempdir().unwrap();
    publisher.export(folder.path(), &|_, _| {}).await.unwrap();
    for path in [
        "2026/11/atom.xml",
        "2026/10/index.html",
        "finance/2026/09/feed.json",
        "finance/2026/10/rss.xml",
    ] {
        let written = std::fs::read(folder.path().join(path)).unwrap();
        let served = document(&publisher, &format!("/{}", path.trim_end_matches("index.html"))).await;
        assert_eq!(&written[..], &served.identity()[..], "{path}");
    }
}

#[tokio::test]
async fn pages_lead_to_the_months_and_back() {
    let (_site, publisher) = site_of(&[0, 40, 80]).await;
    let page = |path: &'static str| {
        let publisher = &publisher;
        async move { String::from_utf8(document(publisher, path).await.identity().to_vec()).unwrap() }
    };
    let river = page("/").await;
    assert!(
        river.contains("<a href=\"/2026/10/\">October 2026</a>"),
        "{river}"
    );
    let month = page("/finance/2026/10/").await;
    for part in [
        "<title>October 2026 · 财经 · Newsriver</title>",
        "<a rel=\"prev\" href=\"/finance/2026/09/\">Earlier: September 2026</a>",
        "<a rel=\"next\" href=\"/finance/2026/11/\">Later: November 2026</a>",
        "<a href=\"/finance/\">Latest news</a>",
        "<a href=\"/finance/atom.xml\">Atom</a>",
        "<link rel=\"canonical\" href=\"https://river.example/finance/2026/10/\">",
    ] {
        assert!(month.contains(part), "{part} is not in {month}");
    }
}

#[tokio::test]
async fn hubs_are_named_in_every_feed() {
    let site = Site::new().await;
    let feeds = format!("{FEEDS}\n[websub]\nhubs = [\"https://hub.example/\", \"https://中.example/\"]\n");
    site.view(&feeds).await;
    site.commit(vec![aged(1, 0), aged(2, 40)]).await;
    let publisher = site.publisher(&feeds).await;
    for path in [
        "/atom.xml",
        "/finance/rss.xml",
        "/feed.json",
        "/2026/10/atom.xml",
        "/source/alpha/rss.xml",
    ] {
        let document = document(&publisher, path).await;
        let text = std::str::from_utf8(document.identity()).unwrap();
        assert!(
            text.contains("hub") && text.contains("\"https://hub.example/\""),
            "{path}: {text}"
        );
        assert!(text.contains("\"https://xn--fiq.example/\""), "{path}: {text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_surfaced_when_is_once_in_the_chain(days in prop::collection::vec(-40_i64..20_000, 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_site, publisher) = site_of(&days).await;
            let chain: Vec<Read> = {
                let mut path = "/feed.json".to_owned();
                let mut chain = Vec::new();
                loop {
                    let read = at(&publisher, &path).await;
                    let previous = read.links.get("prev-archive").map(|address| path_of(address));
                    chain.push(read);
                    let Some(previous) = previous else { break };
                    path = previous;
                }
                chain
            };
            let mut archived: Vec<&String> = chain[1..].iter().flat_map(|month| &month.ids).collect();
            prop_assert_eq!(archived.len(), days.len());
            archived.sort_unstable();
            archived.dedup();
            prop_assert_eq!(archived.len(), days.len());
            Ok(())
        })?;
    }
}
