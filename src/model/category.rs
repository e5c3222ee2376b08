//! Categories and what puts an item into one.

use super::Reason;
use serde::{Deserialize, Serialize};

/// A category as declared in `feeds.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Category {
    /// Its path segment.
    pub name: String,
    /// What people read; the name where none was given.
    pub title: String,
    /// A sentence about it.
    pub description: Option<String>,
    /// Old names, answered with 301.
    pub aliases: Vec<String>,
    /// At most so many entries of one source in its feeds; 0: no limit.
    pub per_source: usize,
}

/// One item's place in one category.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The category's name.
    pub category: String,
    /// 1 for the admin's and the source's word, less for a guess.
    pub confidence: f32,
    /// Which source, section, rule or words said so.
    pub reason: Reason,
}
