//! What a commit costs: a first poll of one source, a poll with nothing new, many such polls at once.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench that cannot run should say so and stop"
)]

use divan::Bencher;
use futures_util::future::join_all;
use newsriver::model::{
    Carrier, Item, ItemNumber, Key, KnownLink, Label, Reason, SourceId, SourceState, Timestamp,
};
use newsriver::store::{Changes, LinkChange, MemoryStore, Options, Store, Target};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Runtime;

const ITEMS: usize = 25;
const POLLS: u32 = 1000;

/// A store on the disk, and what keeps its folder.
fn durable() -> (tempfile::TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let options = Options::new(
        folder.path(),
        "example.org",
        Timestamp::from_seconds(1_795_336_200),
    );
    let store = newsriver::store::open(options).expect("the store opens");
    (folder, store)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
}

/// A first poll: 25 items of 2.5 KB, two keys each, nothing ever the same twice.
fn first_poll(serial: u64) -> Changes {
    let mut random = fastrand::Rng::with_seed(serial);
    let source = SourceId(u32::try_from(serial % 1000).unwrap_or_default());
    let mut changes = Changes {
        source,
        state: Some(state(serial)),
        listed: Some((0..ITEMS).map(Target::New).collect()),
        ..Changes::default()
    };
    for index in 0..ITEMS {
        for _ in 0..2 {
            let key = Key(random.u128(..));
            changes.rests_on.push((key, None));
            changes.links.push(LinkChange {
                key,
                target: Target::New(index),
                link: KnownLink {
                    item: ItemNumber(0),
                    digest: random.u64(..),
                    link: random.u64(..),
                    titles: vec![random.u32(..)],
                    texts: vec![],
                },
            });
        }
        changes.new_items.push(item(&mut random, source));
    }
    changes
}

fn item(random: &mut fastrand::Rng, source: SourceId) -> Item {
    let surfaced = Timestamp::from_seconds(1_795_000_000 + random.i64(0..300_000));
    let mut content = String::new();
    while content.len() < 2500 {
        let syllables = ["ri", "ver", "mar", "ket", "ne", "ws", "粮食", "价格", "</p><p>"];
        content.push_str(syllables[random.usize(0..syllables.len())]);
        content.push_str(if random.u8(0..3) == 0 { " " } else { "" });
    }
    Item {
        id: format!("https://www.example.org/{}", random.u64(..)),
        title: content.chars().take(40).collect(),
        surfaced,
        first_seen: surfaced,
        labels: vec![Label {
            category: format!("category-{}", random.u8(0..12)),
            confidence: 1.0,
            reason: Reason::new("the source's own category"),
        }],
        carriers: vec![Carrier {
            source,
            ..Carrier::default()
        }],
        content: Some(content),
        ..Item::default()
    }
}

fn state(serial: u64) -> SourceState {
    SourceState {
        next_due: Timestamp::from_seconds(i64::try_from(serial).unwrap_or_default()),
        last_words: "304: nothing changed since the last poll".to_owned(),
        body_digest: Some(serial.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        ..SourceState::default()
    }
}

fn unchanged_poll(source: u32, serial: u64) -> Changes {
    Changes {
        source: SourceId(source),
        state: Some(state(serial)),
        ..Changes::default()
    }
}

fn bench_first_polls(bencher: Bencher, store: &dyn Store) {
    let runtime = runtime();
    let serial = AtomicU64::new(1);
    bencher
        .counter(divan::counter::ItemsCount::new(ITEMS))
        .with_inputs(|| first_poll(serial.fetch_add(1, Ordering::Relaxed)))
        .bench_values(|changes| runtime.block_on(store.commit(changes)).expect("it commits"));
}

#[divan::bench]
fn first_poll_of_25_items(bencher: Bencher) {
    let (_folder, store) = durable();
    bench_first_polls(bencher, &*store);
}

#[divan::bench]
fn first_poll_of_25_items_in_memory(bencher: Bencher) {
    bench_first_polls(bencher, &MemoryStore::new("example.org", Timestamp::default()));
}

#[divan::bench]
fn thousand_unchanged_polls_at_once(bencher: Bencher) {
    let (_folder, store) = durable();
    let runtime = runtime();
    let serial = AtomicU64::new(1);
    bencher.counter(divan::counter::ItemsCount::new(POLLS)).bench(|| {
        let serial = serial.fetch_add(1, Ordering::Relaxed);
        let commits = (0..POLLS).map(|source| store.commit(unchanged_poll(source, serial)));
        for receipt in runtime.block_on(join_all(commits)) {
            receipt.expect("it commits");
        }
    });
}

#[divan::bench]
fn one_unchanged_poll(bencher: Bencher) {
    let (_folder, store) = durable();
    let runtime = runtime();
    let serial = AtomicU64::new(1);
    bencher.bench(|| {
        let serial = serial.fetch_add(1, Ordering::Relaxed);
        runtime
            .block_on(store.commit(unchanged_poll(1, serial)))
            .expect("it commits")
    });
}

#[divan::bench]
fn newest_50_of_a_category_with_their_items(bencher: Bencher) {
    let (_folder, store) = durable();
    let runtime = runtime();
    for serial in 0..100 {
        runtime
            .block_on(store.commit(first_poll(serial)))
            .expect("it commits");
    }
    let channel = newsriver::store::Channel::Category("category-3".to_owned());
    bencher.bench(|| {
        runtime.block_on(async {
            let lines = store.list(&channel, None, 50).await.expect("it lists");
            let numbers: Vec<ItemNumber> = lines.iter().map(|line| line.number).collect();
            store.items(&numbers).await.expect("it reads")
        })
    });
}
