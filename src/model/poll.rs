//! The record of one poll.

use super::{Reason, SourceId, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a poll ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A document was read.
    Modified,
    /// 304.
    NotModified,
    /// 200 with the very bytes of last time.
    Unchanged,
    /// 410: gone for good.
    Gone,
    /// Not asked, or told not to ask: out of bounds, `Retry-After`, `min_interval`.
    Refused,
    /// Anything else: the network, the server, the document.
    Failed,
}

impl Outcome {
    /// The word that `poll`, `status` and the log print.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Modified => "modified",
            Self::NotModified => "not-modified",
            Self::Unchanged => "unchanged",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// The source answered as a healthy source does.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Modified | Self::NotModified | Self::Unchanged)
    }
}

/// One poll of one source, as told afterwards.
#[derive(Clone, Debug, PartialEq)]
pub struct PollRecord {
    /// Which source.
    pub source: SourceId,
    /// Its name.
    pub name: String,
    /// When it was asked.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// Items not seen before.
    pub new: usize,
    /// Items whose text changed.
    pub updated: usize,
    /// How long it took.
    pub took: Duration,
    /// A request went out, or would have but for what it was asked of. False: its time has not come.
    pub was_asked: bool,
    /// Why it ended so, or what was read.
    pub reason: Reason,
}
