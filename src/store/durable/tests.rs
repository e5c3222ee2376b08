use super::*;
use crate::store::contract::{self, at};
use crate::store::{Keep, disk};
use std::path::Path;
use std::time::Duration;

fn options(path: &Path) -> Options {
    Options {
        cache_bytes: 8 << 20,
        ..Options::new(path, "example.org", at(1_795_336_200))
    }
}

#[tokio::test]
async fn it_does_what_any_store_owes() {
    let folder = tempfile::tempdir().unwrap();
    let count = AtomicU64::new(0);
    contract::hold(|| async {
        let name = count.fetch_add(1, Ordering::SeqCst).to_string();
        open(options(&folder.path().join(name))).unwrap()
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_outgrew_its_bound_comes_back_within_it_and_stays_nearly_full() {
    const BOUND: u64 = 32 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = open(options(&path)).unwrap();
    let mut number = 0;
    while disk::bytes_in(&path) < BOUND + BOUND / 4 {
        let items = (0..500).map(|_| {
            number += 1;
            // It hardly packs.
            let word = |word| xxhash_rust::xxh3::xxh3_64(format!("{number} {word}").as_bytes());
            let words: Vec<String> = (0..60).map(|at| format!("{:x}", word(at))).collect();
            crate::model::Item {
                content: Some(words.join(" ")),
                ..contract::item(&number.to_string(), number, "news")
            }
        });
        contract::add(&*store, items.collect()).await;
    }
    let keep = Keep {
        retention: Duration::from_secs(86_400 * 365),
        max_size_bytes: BOUND,
    };
    for _ in 0..3 {
        store.housekeep(keep, at(number)).await.unwrap();
    }
    let bytes = disk::bytes_in(&path);
    let kept = store.figures().await.unwrap().items;
    assert!(bytes <= BOUND, "{bytes} of {BOUND}");
    assert!(kept * 2 > number as u64, "{kept} of {number} items are kept");
    let again = store.housekeep(keep, at(number)).await.unwrap();
    assert_eq!((again.purged, again.compacted), (0, false), "then it is at rest");
    store.close().await.unwrap();
}
