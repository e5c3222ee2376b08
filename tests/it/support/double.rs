//! The double of a store that a test can make slow, full or stubborn. The unit tests of `daemon` and `tests/it` share
//! this file, so it names newsriver's modules from the root of whichever includes it.

use crate::model::{ItemNumber, Key, KnownLink, SourceId, SourceState, Timestamp};
use crate::store::{
    Changes, Channel, Cursor, Error, Figures, Housekept, Keep, Listing, MemoryStore, Note, Receipt,
    Registered, SourceClaim, Stamp, Store, StoreIdentity, StoredItem,
};
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A store in memory, and what goes wrong with its disk; nothing does until a test says so.
pub(crate) struct Disk {
    /// What it holds.
    pub(crate) memory: Arc<MemoryStore>,
    /// What each commit takes, in milliseconds.
    pub(crate) slowness: AtomicU64,
    /// Why it takes nothing any more.
    pub(crate) stopped: Mutex<Option<String>>,
    /// It has no room for a stamp.
    pub(crate) is_full: AtomicBool,
    /// How often a list was read.
    pub(crate) lists_read: AtomicUsize,
}

impl Disk {
    /// One that is well.
    pub(crate) fn over(memory: Arc<MemoryStore>) -> Arc<Self> {
        Arc::new(Self {
            memory,
            slowness: AtomicU64::default(),
            stopped: Mutex::default(),
            is_full: AtomicBool::default(),
            lists_read: AtomicUsize::default(),
        })
    }
}

#[async_trait]
impl Store for Disk {
    fn identity(&self) -> &StoreIdentity {
        self.memory.identity()
    }

    async fn register(&self, claims: Vec<SourceClaim>, now: Timestamp) -> Result<Vec<Registered>, Error> {
        self.memory.register(claims, now).await
    }

    async fn sources(&self) -> Result<Vec<Registered>, Error> {
        self.memory.sources().await
    }

    async fn state(&self, source: SourceId) -> Result<Arc<SourceState>, Error> {
        self.memory.state(source).await
    }

    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<SourceId>, Error> {
        self.memory.claim(now, lease, limit).await
    }

    async fn known(&self, keys: &[Key]) -> Result<Vec<Option<KnownLink>>, Error> {
        self.memory.known(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<Receipt, Error> {
        let slowness = self.slowness.load(Ordering::SeqCst);
        if slowness > 0 {
            tokio::time::sleep(Duration::from_millis(slowness)).await;
        }
        let stopped = self.stopped.lock().unwrap().clone();
        match stopped {
            Some(why) => Err(Error::Stopped { why }),
            None => self.memory.commit(changes).await,
        }
    }

    async fn list(
        &self,
        channel: &Channel,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Listing>, Error> {
        self.lists_read.fetch_add(1, Ordering::SeqCst);
        self.memory.list(channel, before, limit).await
    }

    async fn newer(&self, channel: &Channel, than: Cursor, limit: usize) -> Result<Vec<Listing>, Error> {
        self.memory.newer(channel, than, limit).await
    }

    async fn items(&self, numbers: &[ItemNumber]) -> Result<Vec<Option<StoredItem>>, Error> {
        self.memory.items(numbers).await
    }

    async fn stamps(&self) -> Result<Vec<Stamp>, Error> {
        self.memory.stamps().await
    }

    async fn stamp(&self, stamps: Vec<Stamp>) -> Result<(), Error> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(Error::Full { path: "store".into() });
        }
        self.memory.stamp(stamps).await
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<Note>, Error> {
        self.memory.notes(prefix).await
    }

    async fn note(&self, notes: Vec<Note>) -> Result<(), Error> {
        self.memory.note(notes).await
    }

    async fn housekeep(&self, keep: Keep, now: Timestamp) -> Result<Housekept, Error> {
        self.memory.housekeep(keep, now).await
    }

    async fn figures(&self) -> Result<Figures, Error> {
        let stopped = self.stopped.lock().unwrap().clone();
        Ok(Figures {
            stopped,
            ..self.memory.figures().await?
        })
    }

    async fn close(&self) -> Result<(), Error> {
        self.memory.close().await
    }
}
