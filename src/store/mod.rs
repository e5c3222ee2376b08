//! What must survive: sources, items, what is known of them, and when each document came to be.
//!
//! [`Store`] says intentions, not tables, and has two backends: `sled` (behind the journal that is the
//! acknowledgement) and `memory`, the oracle of the property tests. `contract` holds what any backend owes.
//!
//! What `commit` has answered survives `kill -9` and power loss; what it has not answered is there whole or not at all.

mod changes;
mod coding;
#[cfg(test)]
mod contract;
mod disk;
mod durable;
mod error;
mod journal;
mod leaving;
mod memory;
mod naming;
mod packing;
mod placing;
mod query;
mod sled;
mod turns;

pub use changes::{
    Changes, Edit, LinkChange, Note, Receipt, Registered, SourceClaim, Stamp, StoredItem, Target,
};
pub use durable::{Options, open};
pub use error::Error;
pub use memory::MemoryStore;
pub use query::{Channel, Cursor, Listing};

use crate::model::{ItemNumber, Key, KnownLink, SourceId, SourceState, StoryId, Timestamp};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// A store of items. All methods may be called from many tasks at once; writes are put in one order inside.
#[async_trait]
pub trait Store: Send + Sync {
    /// What was fixed when the store was first opened: the authority and date of the `tag:` ids we make.
    fn identity(&self) -> &StoreIdentity;

    /// Makes exactly these sources the active ones, giving each a number and a name at first sight
    /// (the same ones ever after; `-2` and so on when a made name is taken). Sources left out stop being
    /// claimed, and what they listed begins to age at `now`. Answers in the order of `claims`.
    async fn register(&self, claims: Vec<SourceClaim>, now: Timestamp) -> Result<Vec<Registered>, Error>;

    /// All sources ever seen that still have a state, with their names, active or not.
    async fn sources(&self) -> Result<Vec<Registered>, Error>;

    /// What is remembered of one source; the default for one never polled.
    async fn state(&self, source: SourceId) -> Result<Arc<SourceState>, Error>;

    /// Takes up to `limit` active sources whose `next_due` has come, the most overdue first, and keeps others
    /// from taking them until they are committed to or `lease` is over. Sources that are gone are left out.
    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<SourceId>, Error>;

    /// What is known under each key, in the order of `keys`.
    async fn known(&self, keys: &[Key]) -> Result<Vec<Option<KnownLink>>, Error>;

    /// One poll's writes, whole or not at all. `Error::Conflict` when something it rests on changed since:
    /// then nothing was written, and the caller decides again.
    async fn commit(&self, changes: Changes) -> Result<Receipt, Error>;

    /// The newest first, from just after `before`.
    async fn list(
        &self,
        channel: &Channel,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Listing>, Error>;

    /// Those that stand before a place in the same list, the nearest first.
    async fn newer(&self, channel: &Channel, than: Cursor, limit: usize) -> Result<Vec<Listing>, Error>;

    /// The items of these numbers, in their order; `None` where one was purged.
    async fn items(&self, numbers: &[ItemNumber]) -> Result<Vec<Option<StoredItem>>, Error>;

    /// When each document's present bytes first existed, by its path.
    async fn stamps(&self) -> Result<Vec<Stamp>, Error>;

    /// Remembers stamps, one a path.
    async fn stamp(&self, stamps: Vec<Stamp>) -> Result<(), Error>;

    /// The notes whose names begin so, by name.
    async fn notes(&self, prefix: &str) -> Result<Vec<Note>, Error>;

    /// Remembers notes, one a name, all or none; those without bytes are forgotten.
    async fn note(&self, notes: Vec<Note>) -> Result<(), Error>;

    /// The story that this one has become part of, and was noted so by [`story_became`].
    async fn story_after(&self, story: StoryId) -> Result<Option<StoryId>, Error> {
        let notes = self.notes(&note_of_story(story)).await?;
        let into = notes
            .first()
            .and_then(|note| note.bytes.as_slice().try_into().ok());
        Ok(into.map(|bytes| StoryId(u64::from_be_bytes(bytes))))
    }

    /// Lets old items go and keeps the folder in its bounds. Purged items stay known by their keys.
    async fn housekeep(&self, keep: Keep, now: Timestamp) -> Result<Housekept, Error>;

    /// Figures for `status` and the log.
    async fn figures(&self) -> Result<Figures, Error>;

    /// Writes everything out and marks a clean end. Nothing may be called afterwards.
    async fn close(&self) -> Result<(), Error>;
}

/// The part of our `tag:` ids (RFC 4151) that never changes, whatever becomes of `site.url`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StoreIdentity {
    /// A host name, without port.
    pub authority: String,
    /// `2026-11-22`: a day on which that authority was ours.
    pub date: String,
}

impl StoreIdentity {
    /// The identity of a store that is first opened at `now`.
    pub fn new(authority: &str, now: Timestamp) -> Self {
        Self {
            authority: authority.to_owned(),
            date: now.to_utc().format("%Y-%m-%d").to_string(),
        }
    }

    /// `tag:AUTHORITY,DATE:SPECIFIC`.
    pub fn tag(&self, specific: &str) -> String {
        format!("tag:{},{}:{specific}", self.authority, self.date)
    }
}

/// What to write so that nothing is known any more of what became part of another before this story's time.
pub(crate) async fn stories_forgotten(store: &dyn Store, before: StoryId) -> Result<Vec<Note>, Error> {
    let oldest = note_of_story(before);
    let notes = store.notes("story/").await?.into_iter();
    Ok(notes
        .filter(|note| note.name < oldest)
        .map(|note| Note {
            bytes: Vec::new(),
            ..note
        })
        .collect())
}

/// The note that a story has become part of another: whoever asks for its page is led to that one's.
pub fn story_became(story: StoryId, into: StoryId) -> Note {
    Note {
        name: note_of_story(story),
        bytes: into.0.to_be_bytes().to_vec(),
    }
}

fn note_of_story(story: StoryId) -> String {
    format!("story/{:016x}", story.0)
}

/// How long and how much the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Items that no source has listed for so long leave. Those of a closed month leave together, when the last of
    /// them may; what a source lists stays.
    pub retention: Duration,
    /// And the oldest leave sooner when the folder would outgrow this many bytes.
    pub max_size_bytes: u64,
}

/// What housekeeping did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Housekept {
    /// Items that left.
    pub purged: usize,
    /// The channels that lost one.
    pub touched: Vec<Channel>,
    /// The journal or the sled file was written anew.
    pub compacted: bool,
}

/// The store in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Figures {
    /// Items kept.
    pub items: u64,
    /// Items that left but stay known.
    pub tombstones: u64,
    /// Bytes of the whole folder.
    pub bytes_on_disk: u64,
    /// Bytes of the journal alone.
    pub journal_bytes: u64,
    /// What opening had to do, in words; empty after a clean end.
    pub opening: Vec<String>,
    /// Why no write is taken any more until the store is opened anew.
    pub stopped: Option<String>,
}
