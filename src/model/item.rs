//! What we keep and publish.

use super::{Enclosure, Extras, InStory, Label, Link, Person, Reason, SourceId, Tag, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The most by which an item's `surfaced` lies before its `first_seen`, backlog aside: the slowest pace, a day, and
/// an hour. What an outage of days brings late surfaces when it arrives, so that a feed's window, which is looked for
/// among what surfaced lately, passes nobody by.
pub const MOST_SURFACED_BEFORE: Duration = Duration::from_secs(25 * 3600);

/// The store's number of an item: given at its first commit, growing, never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemNumber(pub u64);

/// The feed or outlet an item is credited to (`atom:source`, RSS `source`): not always the source that was polled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Plain text.
    pub title: Option<String>,
    /// The feed's own id.
    pub id: Option<String>,
    /// Its page.
    pub link: Option<String>,
    /// The address of its feed.
    pub feed_url: Option<String>,
}

/// A source that has listed an item, remembered for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Which source.
    pub source: SourceId,
    /// The guid by which that source calls it.
    pub guid: Option<String>,
    /// The address at which that source shows it.
    pub link: Option<String>,
    /// When we first saw it there; of a copy that came with its source's first poll, when that says that it told it.
    pub first_seen: Timestamp,
    /// Why it was taken for this item.
    pub reason: Reason,
}

/// One item as kept. Text is sanitized and absolute; times are settled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The permanent id we publish: the origin's own where it is an absolute URI, else a `tag:` of ours.
    pub id: String,
    /// Plain text, one line, never empty (made from the text where the source gave none).
    pub title: String,
    /// The page of the item, absolute.
    pub link: Option<String>,
    /// Other links with their relation.
    pub links: Vec<Link>,
    /// The feed or outlet that is credited.
    pub origin: Origin,
    /// As the origin says, never later than `first_seen`.
    pub published: Option<Timestamp>,
    /// When its text last changed in a way worth telling; `published` or `first_seen` until then.
    pub updated: Timestamp,
    /// When we first saw it.
    pub first_seen: Timestamp,
    /// The time it is ordered by, fixed at the first commit (DESIGN: Order).
    pub surfaced: Timestamp,
    /// It came with its source's first successful poll or with a back-fill, and so passes no window.
    pub is_backlog: bool,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// The source's own tags.
    pub tags: Vec<Tag>,
    /// Our categories, each with its reason.
    pub labels: Vec<Label>,
    /// Sanitized HTML.
    pub summary: Option<String>,
    /// Sanitized HTML: the whole text.
    pub content: Option<String>,
    /// Attached files.
    pub enclosures: Vec<Enclosure>,
    /// A picture that stands for it.
    pub image: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// The page of the comments.
    pub comments: Option<String>,
    /// Plain text.
    pub rights: Option<String>,
    /// What modules (media, podcasts, places, licences, threads) said besides; absent where they said nothing.
    pub extras: Option<Box<Extras>>,
    /// Every source that has listed it; the first one leads.
    pub carriers: Vec<Carrier>,
    /// The story it belongs to.
    pub story: Option<InStory>,
    /// Why it counts as an item of its own.
    pub reason: Reason,
    /// Others tell its story too: another item, or another source that carries this one. Like all that came later, it
    /// is kept behind the other fields ([`Later`]).
    #[serde(skip)]
    pub is_shared: bool,
    /// The outlet whose text it is, as the text itself says (来源), where that is not the source's own.
    #[serde(skip)]
    pub outlet: Option<String>,
    /// The admin's word put it into its categories: nothing else moves it.
    #[serde(skip)]
    pub is_filed: bool,
}

/// What an item came to have after stores were first written: it stands behind the item, and one that was written
/// before has none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// [`Item::is_shared`].
    pub is_shared: bool,
    /// [`Item::outlet`].
    pub outlet: Option<String>,
}

impl Item {
    /// The names of the categories it is in.
    pub fn categories(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(|label| label.category.as_str())
    }
}

/// By what an entry is recognized: a 128-bit digest of one identifying text, with its kind mixed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub u128);

/// What kind of text a `Key` was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyKind {
    /// A guid, which belongs to its source.
    Guid,
    /// A canonical address, the same for all sources.
    Address,
    /// An id that is an absolute http(s), `tag:` or `urn:uuid:` URI, the same for all sources.
    GlobalId,
    /// A canonical address within its source: what this very source last said there.
    Place,
    /// Title and content of an entry that has neither guid nor link, within its source.
    Digest,
}

/// What the store remembers under a `Key`. It outlives the item: a purged item never returns as new.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownLink {
    /// Which item.
    pub item: ItemNumber,
    /// Digest of the entry as last read under this key (before sanitizing), by which an unchanged one is known.
    pub digest: u64,
    /// Digest of the canonical link last read under this key; 0: none.
    pub link: u64,
    /// Digests of the different titles read under this key, the newest last, at most three: a key that has
    /// named three titles names no single article any more.
    pub titles: Vec<u32>,
    /// Digests of the different texts read under this key, the newest last, at most three: a text that comes back
    /// is no news.
    pub texts: Vec<u32>,
}
