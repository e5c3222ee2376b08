//! A full disk costs no data and is said in one line; when there is room again, things go on by themselves.
//!
//! The disk is a small tmpfs. Where none may be mounted, these tests have nothing to stand on and end at once.

use super::world::{self, item};
use crate::support::disk::SmallDisk;
use newsriver::model::SourceId;
use newsriver::store::{Changes, Channel, Error, Options, Store};
use std::path::Path;
use std::sync::Arc;

fn open(folder: &Path, headroom_bytes: u64) -> Result<Arc<dyn Store>, Error> {
    newsriver::store::open(Options {
        headroom_bytes,
        ..world::options(folder)
    })
}

async fn add(store: &dyn Store, serial: u64) -> Result<(), Error> {
    let changes = Changes {
        source: SourceId(1),
        new_items: (0..10)
            .map(|index| item(&format!("{serial}-{index}"), 10, "news", 1, 4000))
            .collect(),
        ..Changes::default()
    };
    store.commit(changes).await.map(drop)
}

async fn count(store: &dyn Store) -> usize {
    let lines = store.list(&Channel::River, None, usize::MAX).await.unwrap();
    let numbers: Vec<_> = lines.iter().map(|line| line.number).collect();
    let items = store.items(&numbers).await.unwrap();
    items.into_iter().flatten().count()
}

#[tokio::test]
async fn a_full_disk_refuses_commits_in_words_and_heals_by_itself() {
    let Some(disk) = SmallDisk::mount(48) else { return };
    let store = open(&disk.store(), 4 << 20).unwrap();
    add(&*store, 0).await.unwrap();
    disk.fill_up(1 << 20);
    let error = add(&*store, 1).await.unwrap_err();
    assert!(
        error.is_temporary() && error.to_string().contains("is full"),
        "{error}"
    );
    assert_eq!(count(&*store).await, 10, "reading goes on");
    disk.free_up();
    add(&*store, 2).await.unwrap();
    assert_eq!(count(&*store).await, 20);
    store.close().await.unwrap();
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_disk_runs_full_in_the_midst() {
    for left in [100 << 10, 700 << 10, 1500 << 10, 3 << 20] {
        let Some(disk) = SmallDisk::mount(48) else { return };
        let store = open(&disk.store(), 0).unwrap();
        let mut acknowledged = 0;
        for serial in 0..20 {
            add(&*store, serial).await.unwrap();
            acknowledged += 10;
        }
        disk.fill_up(left);
        let mut refused = 0;
        for serial in 100..300 {
            match add(&*store, serial).await {
                Ok(()) => acknowledged += 10,
                Err(error) => {
                    assert!(
                        matches!(error, Error::Full { .. } | Error::Stopped { .. }),
                        "{error}"
                    );
                    refused += 1;
                }
            }
        }
        assert!(refused > 0, "{left} bytes are not enough for all");
        disk.free_up();
        if add(&*store, 1000).await.is_ok() {
            acknowledged += 10;
            assert!(count(&*store).await >= acknowledged);
        }
        let _ = store.close().await;
        drop(store);
        let store = open(&disk.store(), 0).unwrap();
        let found = count(&*store).await;
        assert!(
            found >= acknowledged,
            "{found} of {acknowledged} with {left} bytes left"
        );
        add(&*store, 1001).await.unwrap();
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn opening_on_a_full_disk_works_or_says_why_and_harms_nothing() {
    let Some(disk) = SmallDisk::mount(48) else { return };
    let store = open(&disk.store(), 0).unwrap();
    add(&*store, 0).await.unwrap();
    store.close().await.unwrap();
    disk.fill_up(0);
    match open(&disk.store(), 0) {
        Ok(store) => {
            assert_eq!(count(&*store).await, 10);
            let _ = store.close().await;
        }
        Err(error) => assert!(matches!(error, Error::Full { .. }), "{error}"),
    }
    disk.free_up();
    let store = open(&disk.store(), 0).unwrap();
    assert_eq!(count(&*store).await, 10);
    add(&*store, 1).await.unwrap();
    store.close().await.unwrap();
}
