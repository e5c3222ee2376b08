//! What a hot list says of an entry: a vote for the hot ranking, and no publication.

use super::{ItemNumber, Timestamp};
use serde::{Deserialize, Serialize};

/// An entry of a hot list, and the item that it means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Plain text.
    pub title: String,
    /// Its page.
    pub link: Option<String>,
    /// Where it stands in the newest list, from 1; none: it stands there no more.
    pub place: Option<u32>,
    /// The best place it had.
    pub best: u32,
    /// When it was first seen in the list.
    pub since: Timestamp,
    /// When it was missed first; it may come back.
    pub left: Option<Timestamp>,
    /// The item it means, once there is one.
    pub item: Option<ItemNumber>,
}
