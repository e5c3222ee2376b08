//! The nouns of newsriver: plain values with public fields, no input or output.
//!
//! Everything a station hands to the next is one of these. They carry no behaviour beyond what their own
//! fields can answer, so that each rule elsewhere can be tested with literals.

mod access;
mod category;
mod extras;
mod feed;
mod item;
mod month;
mod poll;
mod reason;
mod response;
mod rewrite;
mod rhythm;
mod source;
mod story;
mod time;
mod vote;

/// The admin's word on two texts, against the machine's.
pub mod word;

pub use access::{Access, HeaderField, Login};
pub use category::{Category, Label};
pub use extras::{
    Chapters, Credit, Extras, InReplyTo, Media, MediaContent, Participant, Point, Show, Soundbite, Thumbnail,
    Transcript,
};
pub use feed::{
    Enclosure, Entry, Feed, FeedFormat, Hints, Link, Person, Quirk, Tag, UpdatePeriod, on_one_line,
};
pub use item::{Carrier, Item, ItemNumber, Key, KeyKind, KnownLink, Later, MOST_SURFACED_BEFORE, Origin};
pub use month::Month;
pub use poll::{Outcome, PollRecord};
pub use reason::{Reason, in_words};
pub use response::{Hop, Response, Validators};
pub use rewrite::{Rewrite, TitlePrefix};
pub use rhythm::Rhythm;
pub use source::{ContentLevel, Dropped, FeedHead, Moving, Source, SourceId, SourceKind, SourceState};
pub use story::{InStory, StoryId};
pub use time::Timestamp;
pub use vote::Vote;
