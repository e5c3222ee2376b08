//! Letting old items go, and keeping the folder small: purges by age and size, then compaction of what is mostly
//! dead.

use super::layout::Layout;
use super::writer::Work;
use super::{DurableStore, Weight, lock, opening, upkeep};
use crate::model::{ItemNumber, Timestamp};
use crate::store::coding::damaged;
use crate::store::journal::Reader;
use crate::store::leaving::Leaving;
use crate::store::{Channel, Error, Housekept, Keep, disk};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use tokio::sync::oneshot;

/// Items leave in slices, so that commits pass in between.
const SLICE: usize = 100;

/// What an item takes besides its packed text: lines in its lists; and its keys, which stay when it goes.
const LINES_BYTES: u64 = 200;
const KEYS_BYTES: u64 = 150;

/// What all that lives takes in both copies together, in halves of its own size.
const FOOTPRINT_HALVES: u64 = 9;

/// What compaction came down to: an estimate of what lives can be wrong, and compacting again would not help.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compacted {
    journal: Share,
    sled: Share,
}

/// Bytes a copy had when it had just been made anew, and what was estimated to live then.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    bytes: u64,
    live: u64,
}

impl Share {
    /// What the copy would have if it were made anew now; at least what is estimated to live.
    fn expected(self, live: u64) -> u64 {
        let scaled = u128::from(live) * u128::from(self.bytes) / u128::from(self.live.max(1));
        live.max(u64::try_from(scaled).unwrap_or(u64::MAX))
    }
}

/// One housekeeping, the whole way. What has left has left: a failure after that is told in the log, and what it was
/// about is done next time.
pub(super) async fn housekeep(store: &DurableStore, keep: Keep, now: Timestamp) -> Result<Housekept, Error> {
    let _turn = store.upkeep.lock().await;
    let mut done = Done::default();
    let compacted = match keep_house(store, keep, now, &mut done).await {
        Ok(compacted) => compacted,
        Err(error) if done.purged == 0 => return Err(error),
        Err(error) => {
            tracing::error!(
                error = opening::explained(&error),
                "housekeeping was not finished; items have left, and the rest is done next time"
            );
            false
        }
    };
    Ok(Housekept {
        purged: done.purged,
        touched: done.touched.into_iter().collect(),
        compacted,
    })
}

async fn keep_house(
    store: &DurableStore,
    keep: Keep,
    now: Timestamp,
    done: &mut Done,
) -> Result<bool, Error> {
    purge_aged(store, keep, now, done).await?;
    purge_oldest(store, keep.max_size_bytes, done).await?;
    let is_damaged = is_journal_damaged(store).await?;
    let live = live_bytes(store);
    let is_over = disk::bytes_in(&store.options.path) > keep.max_size_bytes;
    let compacted = *lock(&store.compacted);
    let closed_bytes = lock(&store.shared.tally).closed_bytes;
    let expected = compacted.journal.expected(live);
    let bound = if is_over {
        expected + expected / 5
    } else {
        2 * expected
    };
    let mut is_compacted = false;
    if is_damaged || closed_bytes > store.options.min_journal_bytes.max(bound) {
        is_compacted |= compact_journal(store, live).await?;
    }
    let sled_bytes = store.shared.generation()?.1.bytes();
    let expected = compacted.sled.expected(2 * live);
    let bound = if is_over {
        expected + expected / 5
    } else {
        (5 * live).max(expected + expected / 2)
    };
    if sled_bytes > store.options.min_sled_bytes.max(bound) {
        is_compacted |= compact_sled(store, live).await?;
    }
    Ok(is_compacted)
}

/// What all that lives takes once, about.
fn live_bytes(store: &DurableStore) -> u64 {
    items_bytes(store) + lock(&store.shared.tally).allocated * KEYS_BYTES
}

/// What the items that are there take once, about.
fn items_bytes(store: &DurableStore) -> u64 {
    let tally = *lock(&store.shared.tally);
    tally.live_bytes + tally.items * LINES_BYTES
}

/// Writing a copy anew needs room for it beside the old one.
fn has_room(store: &DurableStore, needed_bytes: u64) -> Result<bool, Error> {
    let free = disk::free_bytes(&store.options.path)?;
    let has_room = free > needed_bytes.saturating_add(store.options.headroom_bytes);
    if !has_room {
        let folder = store.options.path.display();
        tracing::warn!(store.path = %folder, needed_bytes, "the disk has no room to compact the store");
    }
    Ok(has_room)
}

#[derive(Default)]
struct Done {
    purged: usize,
    touched: BTreeSet<Channel>,
}

/// Items that no active source has listed for the retention, those of a closed month together.
async fn purge_aged(store: &DurableStore, keep: Keep, now: Timestamp, done: &mut Done) -> Result<(), Error> {
    let deadline = now.minus(keep.retention);
    let aged = store
        .read(Weight::Heavy, |generation| {
            let mut leaving = Leaving::new(now, deadline);
            generation.each_left(|number, left| {
                leaving.ages(number, left);
                Ok(())
            })?;
            if leaving.may_wait() {
                generation.each_from_oldest(|line| Ok(leaving.stands(&line)))?;
            }
            Ok(leaving.end())
        })
        .await?;
    for slice in aged.chunks(SLICE) {
        purge(store, slice, Some(deadline), done).await?;
    }
    Ok(())
}

/// The oldest, when all that lives would not fit even without dead bytes. What is known of items that left stays for
/// good and cannot be purged, so it takes at most half of the room: a bound too small for it never empties the river.
async fn purge_oldest(store: &DurableStore, max_size_bytes: u64, done: &mut Done) -> Result<(), Error> {
    let footprint = |bytes: u64| bytes.saturating_mul(FOOTPRINT_HALVES) / 2;
    let known_bytes = footprint(lock(&store.shared.tally).allocated * KEYS_BYTES);
    let bound_bytes = room_for_items(max_size_bytes, known_bytes);
    if known_bytes > max_size_bytes / 2 {
        tracing::warn!(
            store.path = %store.options.path.display(), known_bytes, max_size_bytes,
            "what must be kept to know items again takes more than half of max_size; give it more"
        );
    }
    loop {
        let items_bytes = footprint(items_bytes(store));
        if lock(&store.shared.tally).items == 0 || items_bytes <= bound_bytes {
            return Ok(());
        }
        let oldest = store
            .read(Weight::Light, |generation| generation.oldest(SLICE))
            .await?;
        let numbers: Vec<ItemNumber> = oldest.iter().map(|line| line.number).collect();
        let before = done.purged;
        purge(store, &numbers, None, done).await?;
        if done.purged == before {
            return Ok(());
        }
    }
}

/// What `max_size` leaves to the items beside what is known of all there ever were: at least half of it.
fn room_for_items(max_size_bytes: u64, known_bytes: u64) -> u64 {
    max_size_bytes.saturating_sub(known_bytes).max(max_size_bytes / 2)
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

/// Puts a snapshot in the place of the journal's closed files. False: there is no room to.
async fn compact_journal(store: &DurableStore, live: u64) -> Result<bool, Error> {
    if !has_room(store, 2 * live)? {
        return Ok(false);
    }
    let current = store.shared.generation()?;
    let (writer, meta) = store.ask(Work::BeginSnapshot).await?;
    let snapshot = beside(move || upkeep::write_snapshot(writer, &current.1, &meta)).await?;
    let bytes = snapshot.bytes;
    store.ask(|reply| Work::Adopt(snapshot, reply)).await?;
    lock(&store.compacted).journal = Share { bytes, live };
    Ok(true)
}

/// Makes a generation from the journal, which has no dead pages. False: there is no room to.
async fn compact_sled(store: &DurableStore, live: u64) -> Result<bool, Error> {
    if !has_room(store, 5 * live)? {
        return Ok(false);
    }
    let (reader, until) = store.ask(Work::Roll).await?;
    let layout = Layout {
        folder: store.options.path.clone(),
    };
    let number = store.shared.next_generation();
    let path = layout.sled(number);
    let switched = build_and_switch(store, &layout, number, reader, until).await;
    if switched.is_err() {
        disk::remove(&path)?;
    }
    switched?;
    let bytes = store.shared.generation()?.1.bytes();
    lock(&store.compacted).sled = Share {
        bytes,
        live: 2 * live,
    };
    Ok(true)
}

async fn build_and_switch(
    store: &DurableStore,
    layout: &Layout,
    number: u64,
    reader: Reader,
    until: u64,
) -> Result<(), Error> {
    let path = layout.sled(number);
    let (title, cache_bytes) = (layout.title()?, store.options.cache_bytes);
    let packing = Arc::clone(&store.packing);
    let built = beside(move || {
        let title = title.ok_or_else(|| damaged("FORMAT"))?;
        upkeep::build(&path, cache_bytes, packing, &title, &reader, until)
    });
    let (generation, applier, findings) = built.await?;
    if let Some(finding) = findings.first() {
        return Err(damaged(&format!("the journal ({})", finding.words)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_the_past_never_takes_the_room_of_all_items() {
        assert_eq!(room_for_items(1000, 100), 900);
        assert_eq!(room_for_items(1000, 700), 500);
        assert_eq!(room_for_items(1000, u64::MAX), 500);
        assert_eq!(room_for_items(0, 0), 0);
    }
}
