//! Letting old items go, and keeping the folder small: purges by age and size, then compaction of what is mostly
//! dead.

use super::layout::Layout;
use super::writer::Work;
use super::{DurableStore, Tally, Weight, lock, opening, upkeep};
use crate::model::{ItemNumber, Timestamp};
use crate::store::coding::damaged;
use crate::store::journal::Reader;
use crate::store::leaving::Leaving;
use crate::store::{Channel, Error, Housekept, Keep, disk};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use tokio::sync::oneshot;

/// Items leave in slices, so that commits pass in between.
const SLICE: usize = 100;

/// What an item takes besides its packed text: lines in its lists; and its keys, which stay when it goes.
const LINES_BYTES: u64 = 200;
const KEYS_BYTES: u64 = 150;

/// What both copies together take, in halves of what is counted once: a packed text lies in the journal and beside sled;
/// rows take some 190 bytes each in sled, however short they are.
const TEXTS_HALVES: u64 = 5;
const ROWS_HALVES: u64 = 9;

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
    purge_oldest(store, keep.max_size_bytes, None, done).await?;
    let is_damaged = is_journal_damaged(store).await?;
    let mut is_compacted = compact(store, keep.max_size_bytes, is_damaged).await?;
    let bulk = Bulk::of(store, keep.max_size_bytes)?;
    if bulk.is_over && bulk.is_tight() {
        // There is nothing dead in it: what lives takes more than was thought. Now that is known.
        let taken_bytes = bulk.journal_bytes + bulk.sled_bytes;
        purge_oldest(store, keep.max_size_bytes, Some(taken_bytes), done).await?;
        is_compacted |= compact(store, keep.max_size_bytes, false).await?;
    }
    Ok(is_compacted)
}

/// How large both copies are, and how large is too large.
struct Bulk {
    /// The folder has outgrown `max_size`.
    is_over: bool,
    live_bytes: u64,
    journal_bytes: u64,
    journal_bound: u64,
    sled_bytes: u64,
    sled_bound: u64,
}

impl Bulk {
    fn of(store: &DurableStore, max_size_bytes: u64) -> Result<Self, Error> {
        let live_bytes = live_bytes(store);
        let folder_bytes = disk::bytes_in(&store.options.path);
        let is_over = folder_bytes > max_size_bytes;
        let compacted = *lock(&store.compacted);
        let tally = *lock(&store.shared.tally);
        let journal = compacted.journal.expected(live_bytes);
        let sled = compacted.sled.expected(2 * live_bytes);
        // A folder that is too large is made smaller whatever its size; else small ones are not worth the work.
        let (journal_bytes, journal_bound, sled_bound) = if is_over {
            (tally.journal_bytes, journal + journal / 5, sled + sled / 5)
        } else {
            let least = &store.options;
            let sled = (5 * live_bytes).max(sled + sled / 2);
            (
                tally.closed_bytes,
                least.min_journal_bytes.max(2 * journal),
                least.min_sled_bytes.max(sled),
            )
        };
        let sled_bytes = store.shared.generation()?.1.bytes();
        tracing::debug!(
            live_bytes,
            folder_bytes,
            journal_bytes,
            sled_bytes,
            "how large the store is"
        );
        Ok(Self {
            is_over,
            live_bytes,
            journal_bytes,
            journal_bound,
            sled_bytes,
            sled_bound,
        })
    }

    /// Making it anew would not help.
    fn is_tight(&self) -> bool {
        self.journal_bytes <= self.journal_bound && self.sled_bytes <= self.sled_bound
    }
}

/// Writes anew what is mostly dead, or damaged.
async fn compact(store: &DurableStore, max_size_bytes: u64, is_damaged: bool) -> Result<bool, Error> {
    let mut is_compacted = false;
    let bulk = Bulk::of(store, max_size_bytes)?;
    // sled is made from the journal, dead bytes and all.
    let is_first = bulk.is_over && bulk.sled_bytes > bulk.sled_bound;
    if is_damaged || is_first || bulk.journal_bytes > bulk.journal_bound {
        is_compacted |= compact_journal(store, bulk.live_bytes).await?;
    }
    let bulk = Bulk::of(store, max_size_bytes)?;
    if bulk.sled_bytes > bulk.sled_bound {
        is_compacted |= compact_sled(store, bulk.live_bytes).await?;
    }
    Ok(is_compacted)
}

/// What all that lives takes once, about.
fn live_bytes(store: &DurableStore) -> u64 {
    let tally = *lock(&store.shared.tally);
    tally.live_bytes + tally.items * LINES_BYTES + tally.allocated * KEYS_BYTES
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
/// `taken_bytes`: what both copies take where nothing in them is dead; else that is estimated.
async fn purge_oldest(
    store: &DurableStore,
    max_size_bytes: u64,
    taken_bytes: Option<u64>,
    done: &mut Done,
) -> Result<(), Error> {
    let tally = *lock(&store.shared.tally);
    let estimated = (items_footprint(tally) + known_footprint(tally)).max(1);
    // A fifth more, which compaction leaves alone.
    let taken = taken_bytes
        .map_or(estimated, |bytes| bytes + bytes / 5)
        .max(estimated);
    let scaled = |bytes: u64| {
        let scaled = u128::from(bytes) * u128::from(taken) / u128::from(estimated);
        u64::try_from(scaled).unwrap_or(u64::MAX)
    };
    let known_bytes = scaled(known_footprint(tally));
    let bound_bytes = room_for_items(max_size_bytes, known_bytes + bytes_beside(store));
    if known_bytes > max_size_bytes / 2 {
        tracing::warn!(
            store.path = %store.options.path.display(), known_bytes, max_size_bytes,
            "what must be kept to know items again takes more than half of max_size; give it more"
        );
    }
    loop {
        let tally = *lock(&store.shared.tally);
        if tally.items == 0 || scaled(items_footprint(tally)) <= bound_bytes {
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

/// What the items that are there take in both copies, about.
fn items_footprint(tally: Tally) -> u64 {
    (tally.live_bytes * TEXTS_HALVES + tally.items * LINES_BYTES * ROWS_HALVES) / 2
}

/// What is known of all there ever were takes in both copies, about.
fn known_footprint(tally: Tally) -> u64 {
    tally.allocated * KEYS_BYTES * ROWS_HALVES / 2
}

/// What lies in the folder beside both copies: what is remembered of texts, the reserve. A copy that has just given way to
/// another one may still be there, and counts for nothing.
fn bytes_beside(store: &DurableStore) -> u64 {
    let folder = &store.options.path;
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let others = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name != "journal" && !name.starts_with("sled-")
    });
    others.map(|entry| disk::bytes_of(&entry)).sum()
}

/// What `max_size` leaves to the items beside all else, what is known of all there ever were above all: at least half of it.
fn room_for_items(max_size_bytes: u64, other_bytes: u64) -> u64 {
    max_size_bytes.saturating_sub(other_bytes).max(max_size_bytes / 2)
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
