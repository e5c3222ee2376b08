//! Our own look at a feed in XML: RSS of every version, RDF, Atom 1.0 and 0.3, CDF.
//!
//! It reads what `feed-rs` drops or mangles (`source`, `isPermaLink`, the raw guid, `sy:*`, `skipHours`, markup in
//! a `description`, dates in the source's zone, …), and it reads documents that `feed-rs` refuses: nothing in a
//! document makes it fail, and one bad entry costs no other. What the document says of itself is read here, of an
//! entry in [`entry`]; what modules say, in [`extras`]; how texts and files are written, in [`text`] and [`media`].

mod entry;
mod extras;
mod head;
pub(super) mod media;
mod text;

use super::bounds;
use super::namespace::Space;
use super::node::Node;
use super::tree::{Document, Outer, Step};
use super::{Quirks, address, line};
use crate::model::{Entry, Feed, FeedFormat, Timestamp};
use crate::text::date;
use chrono_tz::Tz;
use text::Kind;
use url::Url;

/// What was seen.
#[derive(Debug)]
pub(super) struct Look {
    /// The feed; empty where there was none.
    pub(super) feed: Feed,
    /// The name of the outermost element, in lower case.
    pub(super) root: Option<String>,
    /// Whether the document is one that costs other readers quadratic time.
    pub(super) is_hazardous: bool,
}

impl Look {
    /// Whether the look came away with less than a feed says: no entry, or one without a word in it.
    pub(super) fn is_doubtful(&self) -> bool {
        let says_nothing = |entry: &Entry| {
            entry.title.is_none()
                && entry.summary.is_none()
                && entry.content.is_none()
                && entry.link.is_none()
                && entry.enclosures.is_empty()
        };
        let entries = &self.feed.entries;
        !self.is_hazardous && (entries.is_empty() || entries.iter().any(says_nothing))
    }
}

/// What the reader must know beside the document.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// Where the document was found.
    pub(super) url: Option<Url>,
    /// What a date without a zone means; none: UTC.
    pub(super) zone: Option<Tz>,
}

/// Where in the document something stands: what its addresses are relative to.
#[derive(Clone, Debug, Default)]
struct Place {
    /// `xml:base`, absolute, of the innermost element that has one.
    explicit: Option<Url>,
    /// What counts where no `xml:base` is in force.
    fallback: Option<Url>,
}

impl Place {
    fn link_base(&self) -> Option<&Url> {
        self.explicit.as_ref().or(self.fallback.as_ref())
    }

    /// The place inside an element with this `xml:base`.
    fn inside(&self, written: Option<&str>) -> Self {
        if written.is_none() {
            return self.clone();
        }
        let explicit = address::base(written, self.link_base());
        Self {
            explicit,
            fallback: self.fallback.clone(),
        }
    }
}

/// Reads the whole of `text`.
pub(super) fn read(text: &str, surroundings: &Surroundings, quirks: &mut Quirks) -> Look {
    let mut document = Document::new(text);
    let mut reader = Reader::new(surroundings, quirks);
    while let Some(step) = document.step() {
        match step {
            Step::Open(outer) => reader.open(&outer, document.depth()),
            Step::Close => reader.places.truncate(document.depth() + 1),
            Step::Node(node) => reader.node(&node),
        }
    }
    reader.finish(&document)
}

struct Reader<'c> {
    quirks: &'c mut Quirks,
    zone: Option<Tz>,
    document_url: Option<Url>,
    /// The feed's own page, as written and read.
    page: (String, Option<Url>),
    /// The place outside of everything, then that inside each open outer element.
    places: Vec<Place>,
    root: Option<String>,
    is_feed: bool,
    text_kind: Kind,
    feed: Feed,
    head: head::Draft,
    entries_seen: usize,
}

impl<'c> Reader<'c> {
    fn new(surroundings: &Surroundings, quirks: &'c mut Quirks) -> Self {
        let outside = Place {
            explicit: None,
            fallback: surroundings.url.clone(),
        };
        Self {
            quirks,
            zone: surroundings.zone,
            document_url: surroundings.url.clone(),
            page: (String::new(), None),
            places: vec![outside],
            root: None,
            is_feed: false,
            text_kind: Kind::Html,
            feed: Feed::default(),
            head: head::Draft::default(),
            entries_seen: 0,
        }
    }

    fn place(&mut self) -> Place {
        let mut place = self.places.last().cloned().unwrap_or_default();
        // The page of an RSS feed is what its authors have in mind when they write a relative link; Atom is
        // relative to its own address (RFC 4287 2).
        if self.feed.format != FeedFormat::Atom || place.fallback.is_none() {
            let page = self
                .feed
                .link
                .as_deref()
                .or(self.feed.self_link.as_deref())
                .unwrap_or_default();
            if self.page.0 != page {
                self.page = (page.to_owned(), Url::parse(page).ok());
            }
            place.fallback = self.page.1.clone().or(place.fallback);
        }
        place
    }

    fn open(&mut self, outer: &Outer<'_>, depth: usize) {
        let attribute = |name: &str| {
            outer
                .attributes
                .iter()
                .find(|(written, _)| written.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_ref())
        };
        if self.root.is_none() {
            self.root = Some(outer.name.clone().into_owned());
            self.feed.format = match outer.name.as_ref() {
                "feed" => FeedFormat::Atom,
                "rdf" => FeedFormat::Rdf,
                _ => FeedFormat::Rss,
            };
            if self.feed.format == FeedFormat::Atom {
                self.text_kind = Kind::Text;
            }
        }
        // An RDF document is a feed only if it has a channel or items.
        self.is_feed |= outer.name != "rdf";
        if self.feed.language.is_none() {
            self.feed.language = attribute("xml:lang").and_then(head::language);
        }
        let place = self
            .places
            .last()
            .cloned()
            .unwrap_or_default()
            .inside(attribute("xml:base"));
        if outer.name == "channel" {
            self.head.open_channel(&mut self.feed, &place, attribute);
        }
        self.places.truncate(depth);
        self.places.push(place);
    }

    fn node(&mut self, node: &Node<'_>) {
        let is_entry = matches!(node.name.as_ref(), "item" | "entry")
            && matches!(node.space, Space::Core | Space::Other);
        if self.root.is_none() {
            // A lone entry is a document of its own (RFC 4287 2).
            self.root = Some(node.name.clone().into_owned());
            self.is_feed = node.name == "entry" && is_entry;
            self.feed.format = FeedFormat::Atom;
            self.text_kind = Kind::Text;
        }
        if is_entry {
            self.entry(node);
        } else if self.root.as_deref() != Some("entry") {
            self.head(node);
        }
    }

    fn entry(&mut self, node: &Node<'_>) {
        self.is_feed = true;
        self.entries_seen += 1;
        let place = self.place();
        let mut entry = entry::read(self, node, &place);
        if bounds::entry(&mut entry) {
            let entry = self.whereabouts();
            self.quirks
                .add(|| format!("{entry} is longer than an entry may be, and was cut"));
        }
        self.feed.entries.push(entry);
        if self.feed.entries.len() >= 2 * bounds::MAX_ENTRIES {
            bounds::newest(&mut self.feed.entries);
        }
    }

    /// The instant in a date's element; a quirk when it is no date.
    fn date(&mut self, node: &Node<'_>) -> Option<Timestamp> {
        let written = node
            .word()
            .or_else(|| node.attribute("value").map(str::to_owned))?;
        self.date_of(&written)
    }

    fn date_of(&mut self, written: &str) -> Option<Timestamp> {
        let time = date::parse(written, self.zone_for(written));
        if time.is_none() && !written.trim().is_empty() {
            let where_it_is = self.whereabouts();
            self.quirks
                .add(|| format!("{where_it_is}: the date \"{}\" is no date", line::shown(written)));
        }
        time
    }

    /// `CST` in a feed that is written in Chinese is China's time, whatever zone is set.
    fn zone_for(&self, written: &str) -> Option<Tz> {
        let is_chinese = || {
            let language = self.feed.language.as_deref().unwrap_or_default();
            language
                .get(..2)
                .is_some_and(|start| start.eq_ignore_ascii_case("zh"))
        };
        if written.contains("CST") && is_chinese() {
            Some(chrono_tz::Asia::Shanghai)
        } else {
            self.zone
        }
    }

    fn whereabouts(&self) -> String {
        if self.entries_seen == 0 {
            "the feed".to_owned()
        } else {
            format!("entry {}", self.entries_seen)
        }
    }

    fn finish(mut self, document: &Document<'_>) -> Look {
        self.is_feed |= document.is_declared() && self.root.as_deref() == Some("rdf");
        self.head.finish(&mut self.feed);
        bounds::newest(&mut self.feed.entries);
        bounds::head(&mut self.feed);
        let (seen, kept) = (self.entries_seen, self.feed.entries.len());
        if seen > kept {
            self.quirks
                .add(|| format!("the document has {seen} entries, of which the newest {kept} are read"));
        }
        if document.is_cut() {
            self.quirks
                .add(|| "the document ends before its feed does".to_owned());
        }
        document.oddities(self.quirks);
        Look {
            root: self.root.filter(|_| self.is_feed),
            feed: self.feed,
            is_hazardous: document.is_hazardous() || seen > kept,
        }
    }
}
