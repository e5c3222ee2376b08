//! What can be asked of the store's lists.

use super::placing;
use crate::model::{Item, ItemNumber, SourceId, StoryId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A list of items, newest first by `surfaced`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Channel {
    /// All items.
    River,
    /// Those of one category, by name.
    Category(String),
    /// Those that one source has carried.
    Source(SourceId),
    /// Those whose story others tell too ([`crate::model::Item::is_shared`]).
    Shared,
    /// Those of one story that others tell too.
    Story(StoryId),
}

impl Channel {
    /// The channels that an item is listed in.
    pub fn of(item: &Item) -> BTreeSet<Self> {
        placing::channels(item)
    }
}

/// A place in a list, which stays right while items arrive: just after this item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// Its `surfaced`.
    pub surfaced: Timestamp,
    /// Its number.
    pub number: ItemNumber,
}

/// One line of a list: what choosing and ordering need, without reading the item.
///
/// Lists are ordered by `surfaced`, then, within one instant, the earlier number first (document order, then
/// arrival), all read newest instant first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Which item.
    pub number: ItemNumber,
    /// The time it is ordered by.
    pub surfaced: Timestamp,
    /// When we first saw it.
    pub first_seen: Timestamp,
    /// It came with its source's first successful poll or with a back-fill.
    pub is_backlog: bool,
    /// The item's version: another one means other content.
    pub version: u64,
}

impl Listing {
    /// The place just after this line.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            surfaced: self.surfaced,
            number: self.number,
        }
    }
}
