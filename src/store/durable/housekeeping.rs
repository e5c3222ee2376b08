//! Letting old items go, and keeping the folder small: purges by age and size, then compaction of what is mostly
//! dead.

use super::writer::Work;
use super::{DurableStore, lock, opening, upkeep};
use crate::model::{ItemNumber, Timestamp};
use crate::store::journal::SnapshotWriter;
use crate::store::sled::{Generation, Meta};
use crate::store::{Channel, Error, Housekept, Keep, disk};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use tokio::sync::oneshot;

/// Items leave in slices, so that commits pass in between.
const SLICE: usize = 100;

/// What a live byte takes in sled just after compaction, with its lines and keys, and in the journal.
const FOOTPRINT: u64 = 4;

/// One housekeeping, the whole way.
pub(super) async fn housekeep(store: &DurableStore, keep: Keep, now: Timestamp) -> Result<Housekept, Error> {
    let _turn = store.upkeep.lock().await;
    let mut done = Done::default();
    purge_aged(store, keep, now, &mut done).await?;
    purge_oldest(store, keep.max_size_bytes, &mut done).await?;
    let is_damaged = is_journal_damaged(store).await?;
    let is_over = disk::bytes_in(&store.options.path) > keep.max_size_bytes;
    let mut compacted = false;
    let tally = *lock(&store.shared.tally);
    let live = tally.live_bytes + tally.live_bytes / 4;
    let is_mostly_dead = tally.closed_bytes > store.options.min_journal_bytes.max(2 * live);
    if is_damaged || is_mostly_dead || (is_over && tally.closed_bytes > live) {
        compact_journal(store).await?;
        compacted = true;
    }
    let sled_bytes = store.shared.generation()?.1.bytes();
    let bound = if is_over {
        3 * tally.live_bytes
    } else {
        5 * tally.live_bytes
    };
    if sled_bytes > store.options.min_sled_bytes.max(bound) {
        compact_sled(store).await?;
        compacted = true;
    }
    Ok(Housekept {
        purged: done.purged,
        touched: done.touched.into_iter().collect(),
        compacted,
    })
}

#[derive(Default)]
struct Done {
    purged: usize,
    touched: BTreeSet<Channel>,
}

/// Items that no active source has listed for the retention.
async fn purge_aged(store: &DurableStore, keep: Keep, now: Timestamp, done: &mut Done) -> Result<(), Error> {
    let deadline = now.minus(keep.retention);
    let aged = store
        .read(|generation| {
            let mut aged = Vec::new();
            generation.each_left(|number, left| {
                if left <= deadline {
                    aged.push(number);
                }
                Ok(())
            })?;
            Ok(aged)
        })
        .await?;
    for slice in aged.chunks(SLICE) {
        purge(store, slice, Some(deadline), done).await?;
    }
    Ok(())
}

/// The oldest, when all that lives would not fit even without dead bytes.
async fn purge_oldest(store: &DurableStore, max_size_bytes: u64, done: &mut Done) -> Result<(), Error> {
    loop {
        let tally = *lock(&store.shared.tally);
        if tally.items == 0 || tally.live_bytes.saturating_mul(FOOTPRINT) <= max_size_bytes {
            return Ok(());
        }
        let oldest = store.read(|generation| generation.oldest(SLICE)).await?;
        let numbers: Vec<ItemNumber> = oldest.iter().map(|line| line.number).collect();
        let before = done.purged;
        purge(store, &numbers, None, done).await?;
        if done.purged == before {
            return Ok(());
        }
    }
}

async fn purge(
    store: &DurableStore,
    numbers: &[ItemNumber],
    deadline: Option<Timestamp>,
    done: &mut Done,
) -> Result<(), Error> {
    let numbers = numbers.to_vec();
    let (purged, touched) = store.ask(|reply| Work::Purge(numbers, deadline, reply)).await?;
    done.purged += purged;
    done.touched.extend(touched);
    Ok(())
}

/// Checks one file of the journal, the next one each time: what rots on the disk is found while sled still has it.
async fn is_journal_damaged(store: &DurableStore) -> Result<bool, Error> {
    let reader = store.ask(Work::Read).await?;
    let turn = store.checked.fetch_add(1, Ordering::Relaxed);
    let findings = beside(move || reader.check(turn)).await?;
    for finding in &findings {
        let words = format!(
            "{}; the journal is written anew from what sled has",
            finding.words
        );
        tracing::error!(store.path = %store.options.path.display(), "{words}");
        store.shared.say(words);
    }
    Ok(!findings.is_empty())
}

/// Puts a snapshot in the place of the journal's closed files.
async fn compact_journal(store: &DurableStore) -> Result<(), Error> {
    let current = store.shared.generation()?;
    let (writer, meta) = store.ask(Work::BeginSnapshot).await?;
    let write = move |generation: Arc<Generation>, writer: SnapshotWriter, meta: Meta| {
        upkeep::write_snapshot(writer, &generation, &meta)
    };
    let snapshot = beside(move || write(Arc::clone(&current.1), writer, meta)).await?;
    store.ask(|reply| Work::Adopt(snapshot, reply)).await
}

/// Makes a generation from the journal, which has no dead bytes.
async fn compact_sled(store: &DurableStore) -> Result<(), Error> {
    let (reader, until) = store.ask(Work::Roll).await?;
    let layout = super::layout::Layout {
        folder: store.options.path.clone(),
    };
    let number = store.shared.next_generation();
    let path = layout.sled(number);
    let (title, cache_bytes) = (layout.title()?, store.options.cache_bytes);
    let packing = Arc::clone(&store.packing);
    let built = beside(move || {
        let title = title.ok_or_else(|| Error::Damaged {
            what: "FORMAT".to_owned(),
        })?;
        upkeep::build(&path, cache_bytes, packing, &title, &reader, until)
    })
    .await;
    let (generation, applier, findings) = built?;
    if let Some(finding) = findings.first() {
        drop((generation, applier));
        disk::remove(&layout.sled(number))?;
        return Err(Error::Damaged {
            what: format!("the journal ({})", finding.words),
        });
    }
    store
        .ask(|reply| Work::Switch(number, Box::new(applier), generation, reply))
        .await
}

/// Runs long work on a thread of its own.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (reply, answer) = oneshot::channel();
    let spawned = thread::Builder::new()
        .name("store-upkeep".to_owned())
        .spawn(move || drop(reply.send(work())));
    spawned.map_err(|error| Error::Stopped {
        why: format!("no thread could be started: {}", opening::explained(&error)),
    })?;
    answer.await.map_err(|_| Error::Damaged {
        what: "the sled store (reading all of it ended in a panic)".to_owned(),
    })?
}
