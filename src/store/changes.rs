//! One poll's writes: everything a poll decided, committed at once.

use super::Channel;
use crate::model::{Item, ItemNumber, Key, KnownLink, SourceId, SourceState, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// All that one poll (or one admin's word) changes. Whole or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The source polled.
    pub source: SourceId,
    /// When.
    pub at: Timestamp,
    /// Its new state, validators included; `listed` inside is ignored, see [`Changes::listed`].
    pub state: Option<SourceState>,
    /// What its document listed, in document order, when it was read; the items that left the list begin to age.
    pub listed: Option<Vec<Target>>,
    /// Items not seen before, in the order in which they are to be numbered.
    pub new_items: Vec<Item>,
    /// Items that changed, whole.
    pub edits: Vec<Edit>,
    /// What is to be known under which key from now on.
    pub links: Vec<LinkChange>,
    /// What `known` answered for the keys that the verdicts rested on.
    pub rests_on: Vec<(Key, Option<KnownLink>)>,
}

/// An item, before or after it has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// One that the store has.
    Known(ItemNumber),
    /// The n-th of [`Changes::new_items`].
    New(usize),
}

/// A changed item. `surfaced` must be what it was: order is fixed at the first commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Which.
    pub number: ItemNumber,
    /// The version that was read; another one now is a conflict.
    pub version: u64,
    /// As it is to be.
    pub item: Item,
}

/// A key and what it names from now on (`link.item` is ignored: `target` says it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkChange {
    /// The key.
    pub key: Key,
    /// The item it names.
    pub target: Target,
    /// Digests by which the entry is known again.
    pub link: KnownLink,
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The numbers of the new items, in their order.
    pub numbers: Vec<ItemNumber>,
    /// The channels whose lists or entries changed.
    pub touched: Vec<Channel>,
}

/// An item as the store has it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredItem {
    /// Its number.
    pub number: ItemNumber,
    /// Grows with each edit.
    pub version: u64,
    /// The item.
    pub item: Arc<Item>,
}

/// A source asking for its number and name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceClaim {
    /// `name:…` or `url:…`.
    pub identity: String,
    /// The identity it had before it moved: where the new one is not known yet, the source of this one takes it on.
    pub was: Option<String>,
    /// The name written, or the one made from the address.
    pub name: String,
    /// A written name is given as it is; a made one yields to one that is taken.
    pub is_written: bool,
    /// False: has a number and a name, but is never claimed.
    pub enabled: bool,
}

/// A source with its number and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its number.
    pub id: SourceId,
    /// Its identity.
    pub identity: String,
    /// Its name.
    pub name: String,
    /// It stands in `feeds.toml` now.
    pub is_active: bool,
}

/// What another station remembers that is neither a source nor an item: snapshots of a ranking, the admin's word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it is found by: `hot/…`, `word/…`; without NUL.
    pub name: String,
    /// What it says, as whoever wrote it wrote it; none: it is there no more.
    pub bytes: Vec<u8>,
}

/// When a document's present bytes first existed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its path, as served.
    pub path: String,
    /// Digest of its bytes.
    pub digest: u128,
    /// Its `Last-Modified`.
    pub since: Timestamp,
}
