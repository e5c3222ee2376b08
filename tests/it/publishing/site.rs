//! A site over a store in memory: what the tests publish, and how they read it.

use newsriver::clock::{Clock, ManualClock};
use newsriver::config;
use newsriver::model::{
    Carrier, Enclosure, Item, Label, Link, Origin, Person, Reason, SourceId, Tag, Timestamp,
};
use newsriver::publish::{Document, Found, Publisher, View};
use newsriver::store::{Changes, MemoryStore, Receipt, SourceClaim, Store};
use std::path::Path;
use std::sync::Arc;
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
pub(super) fn rich() -> Item {
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

pub(super) async fn text(publisher: &Publisher, path: &str) -> String {
    String::from_utf8(document(publisher, path).await.identity().to_vec()).unwrap()
}

/// One element a line, so that a snapshot reads well.
pub(super) fn lines(markup: &str) -> String {
    markup.replace("><", ">\n<")
}

pub(super) async fn example() -> (Site, Publisher) {
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
