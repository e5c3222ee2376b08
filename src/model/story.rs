//! Which story an item belongs to.

use super::{Reason, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A story's name: given when it begins, growing with time, for good after three days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoryId(pub u64);

/// Names given in one millisecond before they run ahead of the clock.
const NAMES_A_MILLISECOND: u64 = 1024;

impl StoryId {
    /// The first name of a moment.
    pub fn first_at(time: Timestamp) -> Self {
        let millis = u64::try_from(time.millis()).unwrap_or(0);
        Self(millis.saturating_mul(NAMES_A_MILLISECOND))
    }
}

/// An item's place in a story.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InStory {
    /// Which story.
    pub id: StoryId,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for StoryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}", self.0)
    }
}
