//! The store that survives: the journal acknowledges, sled answers, each can be made from the other.
//!
//! One thread writes (`writer`); readers read sled from wherever they are. It promises that what was answered is
//! there after a kill or a power cut, and that damage to either copy is found, said and mended from the other.

mod housekeeping;
mod layout;
mod opening;
mod plan;
mod prepare;
mod upkeep;
mod writer;

use super::naming::Roll;
use super::packing::Packing;
use super::sled::{Generation, Meta, words_of};
use super::turns::Turns;
use super::{
    Changes, Channel, Cursor, Error, Figures, Housekept, Keep, Listing, Note, Receipt, Registered,
    SourceClaim, Stamp, Store, StoreIdentity, StoredItem, disk,
};
use crate::model::{ItemNumber, Key, KnownLink, SourceId, SourceState, Timestamp};
use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use housekeeping::Compacted;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Semaphore, oneshot};
use writer::{Reply, Request, Work, Writer};

/// Requests that may wait for the writer; more wait before they are handed over.
const QUEUE: usize = 256;

/// How a store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Its folder, made with its parents where missing.
    pub path: PathBuf,
    /// The authority of our `tag:` ids, a host name, fixed when the store is made and disregarded ever after.
    pub authority: String,
    /// The day of those ids, when the store is made.
    pub now: Timestamp,
    /// What sled may keep in memory, in bytes. It takes up to three times that while all is read.
    pub cache_bytes: u64,
    /// The journal begins a new file at this size, in bytes.
    pub segment_bytes: u64,
    /// Nothing is written while the disk has fewer bytes left than this: sled must never meet a full disk.
    pub headroom_bytes: u64,
    /// Closed files of the journal smaller than this together are not worth writing anew, in bytes.
    pub min_journal_bytes: u64,
    /// A sled folder smaller than this is not worth making anew, in bytes.
    pub min_sled_bytes: u64,
    /// After an end that was not clean, a sled file up to this size is made anew rather than recovered, in bytes:
    /// that takes a moment, and the journal is believed more than sled.
    pub max_distrusted_bytes: u64,
}

impl Options {
    /// The store in `path`, with the sizes that the measurements speak for.
    pub fn new(path: impl Into<PathBuf>, authority: impl Into<String>, now: Timestamp) -> Self {
        Self {
            path: path.into(),
            authority: authority.into(),
            now,
            cache_bytes: 64 << 20,
            segment_bytes: 4 << 20,
            headroom_bytes: 16 << 20,
            min_journal_bytes: 8 << 20,
            min_sled_bytes: 256 << 20,
            max_distrusted_bytes: 24 << 20,
        }
    }
}

/// Opens the durable store in a folder, or makes it. Takes as long as what must be mended takes; blocks.
pub fn open(options: Options) -> Result<Arc<dyn Store>, Error> {
    let opened = opening::open(&options)?;
    let folder = opened.layout.folder.clone();
    for words in &opened.words {
        tracing::warn!(store.path = %folder.display(), "{words}");
    }
    let shared = Arc::new(Shared::new(&opened));
    let identity = opened.title.identity.clone();
    let packing = Arc::clone(&opened.packing);
    let writer = Writer::new(opened, options.clone(), Arc::clone(&shared))?;
    let (requests, queue) = mpsc::channel();
    let thread = thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || writer.run(&queue))
        .map_err(|source| disk::error("cannot start a thread for", &folder, source))?;
    Ok(Arc::new(DurableStore {
        identity,
        options,
        packing,
        shared,
        requests,
        places: Arc::new(Semaphore::new(QUEUE)),
        thread: Mutex::new(Some(thread)),
        upkeep: tokio::sync::Mutex::new(()),
        checked: AtomicUsize::new(0),
        compacted: Mutex::default(),
    }))
}

struct DurableStore {
    identity: StoreIdentity,
    options: Options,
    packing: Arc<Packing>,
    shared: Arc<Shared>,
    requests: mpsc::Sender<Request>,
    places: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// One housekeeping at a time.
    upkeep: tokio::sync::Mutex<()>,
    /// Which of the journal's files is checked next.
    checked: AtomicUsize,
    /// What compaction came down to when it was last done.
    compacted: Mutex<Compacted>,
}

/// What readers and the writer share.
struct Shared {
    /// The sled that counts, with its number. `None` while there is none to read.
    current: ArcSwapOption<(u64, Arc<Generation>)>,
    turns: Mutex<Turns>,
    sources: Mutex<Vec<Registered>>,
    /// The newest generation number given.
    generations: AtomicU64,
    tally: Mutex<Tally>,
    opening: Mutex<Vec<String>>,
    /// Why the writer takes nothing any more.
    stopped: Mutex<Option<String>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    items: u64,
    allocated: u64,
    live_bytes: u64,
    journal_bytes: u64,
    closed_bytes: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn new(opened: &opening::Opened) -> Self {
        Self {
            current: ArcSwapOption::empty(),
            turns: Mutex::default(),
            sources: Mutex::default(),
            generations: AtomicU64::new(opened.number),
            tally: Mutex::default(),
            opening: Mutex::new(opened.words.clone()),
            stopped: Mutex::default(),
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        lock(&self.turns)
    }

    fn set_roll(&self, roll: &Roll) {
        *lock(&self.sources) = roll.iter().map(|enrolled| enrolled.registered.clone()).collect();
    }

    fn set_figures(&self, meta: &Meta, (journal_bytes, closed_bytes): (u64, u64)) {
        *lock(&self.tally) = Tally {
            items: meta.tally.items,
            allocated: meta.allocated,
            live_bytes: meta.tally.live_bytes,
            journal_bytes,
            closed_bytes,
        };
    }

    fn say(&self, words: String) {
        lock(&self.opening).push(words);
    }

    fn next_generation(&self) -> u64 {
        self.generations.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn generation(&self) -> Result<Arc<(u64, Arc<Generation>)>, Error> {
        self.current.load_full().ok_or_else(|| Error::Stopped {
            why: "it is being mended or was closed".to_owned(),
        })
    }
}

/// How long reading may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// Microseconds: done where the caller is.
    Light,
    /// Milliseconds or more: the runtime is told to run its other tasks elsewhere, where it can.
    Heavy,
}

impl Weight {
    /// The weight of reading so many items, when so many are still light.
    const fn of(count: usize, light: usize) -> Self {
        if count > light { Self::Heavy } else { Self::Light }
    }

    fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
        match (self, flavor) {
            (Self::Heavy, Ok(RuntimeFlavor::MultiThread)) => tokio::task::block_in_place(work),
            _ => work(),
        }
    }
}

/// Reading or writing sled met something that making it anew from the journal may mend.
fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Damaged { .. } | Error::Sled { .. })
}

impl DurableStore {
    /// Reads sled. Damage is mended from the journal, once, and read again.
    async fn read<T>(
        &self,
        weight: Weight,
        read: impl Fn(&Generation) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut is_second = false;
        loop {
            let current = self.shared.generation()?;
            let result = panic::catch_unwind(AssertUnwindSafe(|| weight.run(|| read(&current.1))));
            let (why, failed) = match result {
                Ok(Err(error)) if is_damage(&error) => (opening::explained(&error), error),
                Ok(result) => return result,
                Err(panic) => {
                    let why = words_of(&*panic);
                    (
                        why.clone(),
                        Error::Damaged {
                            what: format!("the sled store ({why})"),
                        },
                    )
                }
            };
            if is_second {
                return Err(failed);
            }
            is_second = true;
            let number = current.0;
            drop(current);
            self.ask(|reply| Work::Heal(number, why, reply)).await?;
        }
    }

    /// Hands the writer a request and waits for its answer.
    async fn ask<T>(&self, work: impl FnOnce(Reply<T>) -> Work) -> Result<T, Error> {
        let gone = || Error::Stopped {
            why: "its writer has ended".to_owned(),
        };
        let permit = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_| gone())?;
        let (reply, answer) = oneshot::channel();
        let request = Request {
            work: work(reply),
            _permit: Some(permit),
        };
        self.requests.send(request).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

#[async_trait]
impl Store for DurableStore {
    fn identity(&self) -> &StoreIdentity {
        &self.identity
    }

    async fn register(&self, claims: Vec<SourceClaim>, now: Timestamp) -> Result<Vec<Registered>, Error> {
        self.ask(|reply| Work::Register(claims, now, reply)).await
    }

    async fn sources(&self) -> Result<Vec<Registered>, Error> {
        Ok(lock(&self.shared.sources).clone())
    }

    async fn state(&self, source: SourceId) -> Result<Arc<SourceState>, Error> {
        self.read(Weight::Light, |generation| generation.state(source))
            .await
            .map(Arc::new)
    }

    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<SourceId>, Error> {
        Ok(self.shared.turns().take(now, lease, limit))
    }

    async fn known(&self, keys: &[Key]) -> Result<Vec<Option<KnownLink>>, Error> {
        let weight = Weight::of(keys.len(), 500);
        self.read(weight, |generation| {
            keys.iter().map(|key| generation.known(*key)).collect()
        })
        .await
    }

    async fn commit(&self, changes: Changes) -> Result<Receipt, Error> {
        let weight = Weight::of(changes.new_items.len() + changes.edits.len(), 200);
        let texts = self
            .read(weight, |generation| prepare::texts(&changes, generation))
            .await?;
        let prepared = prepare::prepare(changes, texts);
        self.ask(|reply| Work::Commit(Box::new(prepared), reply)).await
    }

    async fn list(
        &self,
        channel: &Channel,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Listing>, Error> {
        self.read(Weight::of(limit, 500), |generation| {
            generation.list(channel, before, limit)
        })
        .await
    }

    async fn newer(&self, channel: &Channel, than: Cursor, limit: usize) -> Result<Vec<Listing>, Error> {
        self.read(Weight::of(limit, 500), |generation| {
            generation.newer(channel, than, limit)
        })
        .await
    }

    async fn items(&self, numbers: &[ItemNumber]) -> Result<Vec<Option<StoredItem>>, Error> {
        let weight = Weight::of(numbers.len(), 30);
        self.read(weight, |generation| {
            numbers.iter().map(|number| generation.item(*number)).collect()
        })
        .await
    }

    async fn stamps(&self) -> Result<Vec<Stamp>, Error> {
        self.read(Weight::Heavy, Generation::stamps).await
    }

    async fn stamp(&self, stamps: Vec<Stamp>) -> Result<(), Error> {
        self.ask(|reply| Work::Stamp(stamps, reply)).await
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<Note>, Error> {
        self.read(Weight::Light, |generation| generation.notes(prefix))
            .await
    }

    async fn note(&self, notes: Vec<Note>) -> Result<(), Error> {
        self.ask(|reply| Work::Note(notes, reply)).await
    }

    async fn housekeep(&self, keep: Keep, now: Timestamp) -> Result<Housekept, Error> {
        housekeeping::housekeep(self, keep, now).await
    }

    async fn figures(&self) -> Result<Figures, Error> {
        let tally = *lock(&self.shared.tally);
        Ok(Figures {
            items: tally.items,
            tombstones: tally.allocated.saturating_sub(tally.items),
            bytes_on_disk: disk::bytes_in(&self.options.path),
            journal_bytes: tally.journal_bytes,
            opening: lock(&self.shared.opening).clone(),
            stopped: lock(&self.shared.stopped).clone(),
        })
    }

    async fn close(&self) -> Result<(), Error> {
        let closed = self.ask(Work::Close).await;
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            drop(thread.join());
        }
        closed
    }
}

#[cfg(test)]
mod tests;
