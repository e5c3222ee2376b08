//! Making the documents, beside the writers they rest on with the same content.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use newsriver::clock::ManualClock;
use newsriver::config;
use newsriver::model::{Carrier, Item, Origin, SourceId, Timestamp};
use newsriver::publish::{Found, Publisher, View};
use newsriver::store::{Changes, MemoryStore, SourceClaim, Store};
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;

const START: Timestamp = Timestamp::from_seconds(1_795_334_400);

/// A site of one source with so many items of some 3 KiB, all of them in its river.
pub(crate) struct Site {
    pub(crate) runtime: Runtime,
    store: Arc<MemoryStore>,
    view: View,
}

impl Site {
    pub(crate) fn new(items: u64) -> Option<Self> {
        let feeds = format!(
            "[site]\nurl = \"https://river.example/\"\n[publish]\nitems = {items}\n\
             [[source]]\nname = \"alpha\"\nurl = \"https://alpha.example/feed.xml\"\n"
        );
        let (config, _) = config::check_text(Path::new("feeds.toml"), &feeds).ok()?;
        let runtime = Runtime::new().ok()?;
        let store = Arc::new(MemoryStore::new("river.example", START));
        let claims = config.sources.iter().map(|source| SourceClaim {
            was: None,
            identity: source.identity.clone(),
            name: source.name.clone(),
            is_written: true,
            enabled: true,
        });
        let registered = runtime.block_on(store.register(claims.collect(), START)).ok()?;
        let changes = Changes {
            source: SourceId(1),
            at: START,
            new_items: (0..items).map(item).collect(),
            ..Changes::default()
        };
        runtime.block_on(store.commit(changes)).ok()?;
        let view = View::new(&config, &registered);
        Some(Self { runtime, store, view })
    }

    pub(crate) fn publisher(&self) -> Option<Publisher> {
        let clock = Arc::new(ManualClock::at(START));
        let made = Publisher::new(self.store.clone(), self.view.clone(), clock);
        self.runtime.block_on(made).ok()
    }

    fn document(&self, path: &str) -> Option<String> {
        let publisher = self.publisher()?;
        match self.runtime.block_on(publisher.find(path)).ok()? {
            Found::Document(document) => String::from_utf8(document.identity().to_vec()).ok(),
            _ => None,
        }
    }
}

fn item(number: u64) -> Item {
    let time = Timestamp::from_seconds(START.seconds() + i64::try_from(number).unwrap_or(0));
    let link = format!("https://alpha.example/{number}");
    let paragraph = "<p>The river of news <a href=\"https://a.example/?x=1&amp;y=2\">runs on</a>，新闻之河川流不息。</p>\n";
    Item {
        id: link.clone(),
        title: format!("Item {number} & what it says"),
        origin: Origin {
            title: Some("Alpha".into()),
            feed_url: Some("https://alpha.example/feed.xml".into()),
            ..Origin::default()
        },
        published: Some(time),
        updated: time,
        first_seen: time,
        surfaced: time,
        content: Some(paragraph.repeat(25)),
        carriers: vec![Carrier {
            source: SourceId(1),
            link: Some(link.clone()),
            ..Carrier::default()
        }],
        link: Some(link),
        ..Item::default()
    }
}

/// Entries from stored items, then page, RSS, Atom and JSON Feed of them: the whole of a start.
#[divan::bench(args = [50, 500])]
fn a_river_in_four_forms(bencher: Bencher<'_, '_>, items: u64) {
    let Some(site) = Site::new(items) else { return };
    bencher
        .counter(ItemsCount::new(items))
        .bench_local(|| black_box(site.publisher().is_some()));
}

/// One document of the archive, made on demand: the month of all these items, its list read and its items made anew.
#[divan::bench(args = ["/2026/11/atom.xml", "/2026/11/rss.xml", "/2026/11/feed.json", "/2026/11/"])]
fn a_month(bencher: Bencher<'_, '_>, path: &str) {
    let Some(site) = Site::new(500) else { return };
    bencher
        .counter(ItemsCount::new(500_u32))
        .with_inputs(|| site.publisher())
        .bench_local_values(|publisher| {
            let publisher = publisher?;
            black_box(site.runtime.block_on(publisher.find(path)).ok())
        });
}

/// `serde_json` alone, writing what it has read of our document.
#[divan::bench]
fn json_alone(bencher: Bencher<'_, '_>) {
    let document = Site::new(500).and_then(|site| site.document("/feed.json"));
    let Some(feed) = document.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok()) else {
        return;
    };
    bencher
        .counter(ItemsCount::new(500_u32))
        .bench_local(|| black_box(serde_json::to_vec(&feed).map(|bytes| bytes.len()).ok()));
}

/// `rss` alone, writing what it has read of our document.
#[divan::bench]
fn rss_alone(bencher: Bencher<'_, '_>) {
    let document = Site::new(500).and_then(|site| site.document("/rss.xml"));
    let Some(channel) = document.and_then(|text| text.parse::<rss::Channel>().ok()) else {
        return;
    };
    bencher
        .counter(ItemsCount::new(500_u32))
        .bench_local(|| black_box(channel.write_to(Vec::new()).map(|bytes| bytes.len()).ok()));
}

/// `atom_syndication` alone, writing what it has read of our document.
#[divan::bench]
fn atom_alone(bencher: Bencher<'_, '_>) {
    let document = Site::new(500).and_then(|site| site.document("/atom.xml"));
    let Some(feed) = document.and_then(|text| text.parse::<atom_syndication::Feed>().ok()) else {
        return;
    };
    bencher
        .counter(ItemsCount::new(500_u32))
        .bench_local(|| black_box(feed.write_to(Vec::new()).map(|bytes| bytes.len()).ok()));
}
