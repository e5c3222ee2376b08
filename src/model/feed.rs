//! What a document says, as read: a feed and its entries, before we decide anything about them.

use super::{Extras, Show, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The family a document was written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeedFormat {
    /// RSS 0.91 to 2.0.
    #[default]
    Rss,
    /// RSS 0.90 and 1.0, which are RDF.
    Rdf,
    /// Atom 1.0 (RFC 4287) and 0.3.
    Atom,
    /// JSON Feed 1.0 and 1.1.
    JsonFeed,
}

impl FeedFormat {
    /// The name people use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rss => "RSS",
            Self::Rdf => "RSS 1.0 (RDF)",
            Self::Atom => "Atom",
            Self::JsonFeed => "JSON Feed",
        }
    }
}

/// A feed as its document says it. Addresses are absolute where a base was known; times are instants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feed {
    /// The family of the document.
    pub format: FeedFormat,
    /// The feed's own permanent id (Atom `id`; RSS and JSON Feed have none).
    pub id: Option<String>,
    /// Plain text.
    pub title: Option<String>,
    /// Plain text: Atom `subtitle`, RSS and JSON Feed `description`.
    pub description: Option<String>,
    /// The page the feed belongs to (`alternate`).
    pub link: Option<String>,
    /// Where the feed says it lives (`self`, JSON Feed `feed_url`).
    pub self_link: Option<String>,
    /// WebSub hubs.
    pub hubs: Vec<String>,
    /// BCP 47, as written.
    pub language: Option<String>,
    /// Who made the feed as a whole.
    pub authors: Vec<Person>,
    /// When the feed says it last changed.
    pub updated: Option<Timestamp>,
    /// A large picture: RSS `image`, Atom `logo`, JSON Feed `icon`.
    pub image: Option<String>,
    /// A small picture: Atom `icon`, JSON Feed `favicon`.
    pub icon: Option<String>,
    /// Plain text: RSS `copyright`, Atom and Dublin Core `rights`.
    pub rights: Option<String>,
    /// The program that wrote the document.
    pub generator: Option<String>,
    /// The feed's own tags.
    pub tags: Vec<Tag>,
    /// RSS `ttl`, in minutes; absent when it was no sensible number.
    pub ttl_minutes: Option<u32>,
    /// RSS `skipHours`, 0 to 23, GMT.
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`, 0 = Monday.
    pub skip_days: Vec<u8>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency`.
    pub update_period: Option<UpdatePeriod>,
    /// What podcast modules say of the feed; absent where they say nothing.
    pub show: Option<Box<Show>>,
    /// Addresses of the licences of all entries.
    pub licenses: Vec<String>,
    /// In the document's own order.
    pub entries: Vec<Entry>,
}

/// How often a feed says it changes (RSS 1.0 syndication module).
pub type UpdatePeriod = Duration;

/// When a document asks to be read again: kept between polls, because an answer without body repeats nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// RSS `ttl`, in minutes.
    pub ttl_minutes: Option<u32>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency`.
    pub update_period: Option<UpdatePeriod>,
    /// RSS `skipHours`, GMT; 24 means 0.
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`, 0 = Monday.
    pub skip_days: Vec<u8>,
}

impl Feed {
    /// The feed's word on when to come back.
    pub fn hints(&self) -> Hints {
        Hints {
            ttl_minutes: self.ttl_minutes,
            update_period: self.update_period,
            skip_hours: self.skip_hours.clone(),
            skip_days: self.skip_days.clone(),
        }
    }
}

/// One entry as its document says it. Markup is as written: sanitizing is for those that turn out new.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// RSS `guid`, Atom and JSON Feed `id`, RDF `rdf:about`, trimmed; absent when empty.
    pub guid: Option<String>,
    /// RSS `isPermaLink` (true where the attribute is left out and the guid is an address).
    pub guid_is_permalink: bool,
    /// The page of the entry (`alternate`), absolute, http or https only.
    pub link: Option<String>,
    /// Other links with their relation (`related`, `via`, `replies`, …), absolute.
    pub links: Vec<Link>,
    /// Plain text, entities resolved, one line.
    pub title: Option<String>,
    /// HTML as written, or escaped text made HTML.
    pub summary: Option<String>,
    /// HTML as written, or escaped text made HTML.
    pub content: Option<String>,
    /// What relative addresses in the markup are relative to (`xml:base`, else the link, else the document's address).
    pub base: Option<String>,
    /// When the origin says it was published.
    pub published: Option<Timestamp>,
    /// When the origin says it last changed.
    pub updated: Option<Timestamp>,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// The source's own tags or sections.
    pub tags: Vec<Tag>,
    /// Attached files.
    pub enclosures: Vec<Enclosure>,
    /// A picture that stands for the entry.
    pub image: Option<String>,
    /// BCP 47, as written.
    pub language: Option<String>,
    /// The feed or outlet the document credits: `atom:source`, RSS `source`.
    pub origin: Option<super::Origin>,
    /// The page of the comments.
    pub comments: Option<String>,
    /// Plain text.
    pub rights: Option<String>,
    /// What modules say besides; absent where they say nothing.
    pub extras: Option<Box<Extras>>,
}

/// A person or outlet that wrote something. At least one field is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Plain text.
    pub name: Option<String>,
    /// A home page.
    pub uri: Option<String>,
    /// An address for mail. Read, shown by `preview`, never published.
    pub email: Option<String>,
}

/// A tag as the source gave it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tag {
    /// The word itself (Atom `term`, RSS text).
    pub term: String,
    /// What people read, where it differs (Atom `label`).
    pub label: Option<String>,
    /// The vocabulary (Atom `scheme`, RSS `domain`).
    pub scheme: Option<String>,
}

/// A file that belongs to an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Enclosure {
    /// Absolute, http or https.
    pub url: String,
    /// A media type; guessed from the name where the source gave none.
    pub mime_type: Option<String>,
    /// Size in bytes as the source says it.
    pub length: Option<u64>,
    /// Plain text.
    pub title: Option<String>,
    /// Playing time in seconds.
    pub duration_seconds: Option<u64>,
}

/// An address with its relation (RFC 4287 4.2.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// `related`, `via`, `replies`, …
    pub rel: String,
    /// Absolute.
    pub href: String,
    /// A media type.
    pub mime_type: Option<String>,
    /// Plain text.
    pub title: Option<String>,
}

/// Something that was wrong in a document that could still be read, in words
/// (`entry 3: the date "32 January" is no date`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quirk(pub String);

impl Quirk {
    /// The most that one says, in bytes.
    pub const MAX_BYTES: usize = 400;

    /// A quirk in these words, which may quote the document: on one line, without control characters, cut to
    /// [`Quirk::MAX_BYTES`].
    pub fn new(words: &str) -> Self {
        Self(on_one_line(words, Self::MAX_BYTES))
    }
}

/// Words that may quote what a stranger wrote, fit for a line of a log or a terminal: runs of blanks and line ends
/// become one space, control characters go, and what is longer than `most_bytes` ends in an ellipsis.
pub fn on_one_line(words: &str, most_bytes: usize) -> String {
    let mut line = String::with_capacity(words.len().min(most_bytes));
    for word in words.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|letter| !letter.is_control()));
        if line.len() > most_bytes {
            line.truncate(line.floor_char_boundary(most_bytes.saturating_sub('…'.len_utf8())));
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quirk_quotes_a_document_on_one_line() {
        assert_eq!(
            Quirk::new("\"https://j\u{8d}s\0\u{1b}[2J\n\n x\" is no version").0,
            "\"https://js[2J x\" is no version"
        );
        let long = Quirk::new(&"央".repeat(1000)).0;
        assert!(long.len() <= Quirk::MAX_BYTES && long.ends_with("央…"), "{long}");
        assert_eq!(
            Quirk::new(&"a".repeat(Quirk::MAX_BYTES)).0.len(),
            Quirk::MAX_BYTES
        );
    }
}
