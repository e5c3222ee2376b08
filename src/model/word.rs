//! The admin's word on two texts, against the machine's.

use super::{SourceId, Timestamp};
use serde::{Deserialize, Serialize};

/// What the admin says of two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// They tell one story.
    OneStory,
    /// They tell two stories.
    TwoStories,
    /// They are two articles, and not one and its copy.
    TwoArticles,
}

/// One of the two, as it was when the word was given: it is told even when the item has left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The item's id; of a copy that of the item it was a copy of.
    pub id: String,
    /// The source that brought it.
    pub source: SourceId,
    /// That source's guid of it.
    pub guid: Option<String>,
    /// Where that source shows it.
    pub link: Option<String>,
    /// When it was published, else first seen.
    pub published: Timestamp,
    /// Plain text; nothing for a copy, whose words are not kept.
    pub title: String,
    /// Plain text, its beginning; nothing for a copy.
    pub text: String,
}

/// The admin's word: what holds from then on, whatever the machine finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// When it was given; a later word overrules an earlier one.
    pub at: Timestamp,
    /// What it says.
    pub verdict: Verdict,
    /// Of which texts.
    pub one: Text,
    /// And which other.
    pub other: Text,
}
