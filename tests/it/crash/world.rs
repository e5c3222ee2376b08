//! What the tests of the store share: items to put in, and everything there is to see as one value.

use newsriver::model::{
    Carrier, Item, ItemNumber, Key, KnownLink, Label, Reason, SourceId, SourceState, Timestamp,
};
use newsriver::store::{Channel, Listing, Options, Registered, Stamp, Store, StoreIdentity, StoredItem};
use std::path::Path;
use std::sync::Arc;

pub(super) const CATEGORIES: [&str; 3] = ["news", "财经", ""];
pub(super) const SOURCES: u32 = 4;
pub(super) const KEYS: u128 = 40;

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// Small files, so that a few hundred items fill several, and everything is worth compacting.
pub(super) fn options(folder: &Path) -> Options {
    Options {
        cache_bytes: 8 << 20,
        segment_bytes: 64 << 10,
        min_journal_bytes: 0,
        min_sled_bytes: 0,
        max_distrusted_bytes: 0,
        ..Options::new(folder, "example.org", at(1_795_336_200))
    }
}

pub(super) fn open(folder: &Path) -> Arc<dyn Store> {
    newsriver::store::open(options(folder)).expect("the store opens by itself")
}

/// An item whose text is `bytes` long and hard to compress, as texts are.
pub(super) fn item(title: &str, surfaced: i64, category: &str, source: u32, bytes: usize) -> Item {
    let seed = title
        .bytes()
        .fold(7, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
    let mut random = fastrand::Rng::with_seed(seed);
    let text: String = std::iter::repeat_with(|| random.alphanumeric())
        .take(bytes)
        .collect();
    Item {
        id: format!("tag:example.org,2026:{title}"),
        title: title.to_owned(),
        link: Some(format!("https://www.example.org/{title}")),
        surfaced: at(surfaced),
        first_seen: at(surfaced + 3),
        updated: at(surfaced),
        labels: vec![Label {
            category: category.to_owned(),
            confidence: 1.0,
            reason: Reason::new("its source belongs there"),
        }],
        carriers: vec![Carrier {
            source: SourceId(source),
            guid: Some(title.to_owned()),
            ..Carrier::default()
        }],
        content: Some(text),
        ..Item::default()
    }
}

/// Everything a store says.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    identity: StoreIdentity,
    sources: Vec<Registered>,
    states: Vec<Arc<SourceState>>,
    known: Vec<Option<KnownLink>>,
    lists: Vec<(Channel, Vec<Listing>)>,
    items: Vec<Option<StoredItem>>,
    stamps: Vec<Stamp>,
    counts: (u64, u64),
}

pub(super) async fn look(store: &dyn Store) -> Seen {
    let mut channels = vec![Channel::River];
    channels.extend(CATEGORIES.map(|name| Channel::Category(name.to_owned())));
    channels.extend((1..=SOURCES).map(|id| Channel::Source(SourceId(id))));
    let mut lists = Vec::new();
    for channel in channels {
        let lines = store.list(&channel, None, usize::MAX).await.unwrap();
        lists.push((channel, lines));
    }
    let mut states = Vec::new();
    for id in 1..=SOURCES {
        states.push(store.state(SourceId(id)).await.unwrap());
    }
    let keys: Vec<Key> = (0..KEYS).map(Key).collect();
    let figures = store.figures().await.unwrap();
    let numbers: Vec<ItemNumber> = (0..=figures.items + figures.tombstones + 1)
        .map(ItemNumber)
        .collect();
    Seen {
        identity: store.identity().clone(),
        sources: store.sources().await.unwrap(),
        states,
        known: store.known(&keys).await.unwrap(),
        lists,
        items: store.items(&numbers).await.unwrap(),
        stamps: store.stamps().await.unwrap(),
        counts: (figures.items, figures.tombstones),
    }
}
