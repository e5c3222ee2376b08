//! Every table and key of `feeds.toml`, once: its name, what it may hold, its default and what it is for.
//!
//! The checker reads files by these lists, the JSON Schema and `docs/feeds-toml.md` are written from them.
//! A key whose part of newsriver does not exist yet stands here too, as [`Kind::Later`]: it is refused by name.

mod river;
mod sources;

pub(crate) use river::{CATEGORIZE, FETCH, FILTER, HOT, PUBLISH, SERVER, SITE, STORE, STORY, WEBSUB};
pub(crate) use sources::{CATEGORY, EXAMPLE, SOURCE};

/// A table of the file.
#[derive(Debug)]
pub(crate) struct Table {
    /// As written between the brackets.
    pub(crate) name: &'static str,
    /// `[[name]]`: one for each thing it describes.
    pub(crate) is_list: bool,
    /// What it is for, in whole sentences.
    pub(crate) about: &'static str,
    /// Its keys, in the order in which people are told of them.
    pub(crate) keys: &'static [Key],
}

/// A key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    /// As written.
    pub(crate) name: &'static str,
    /// What it may hold.
    pub(crate) kind: Kind,
    /// What holds when it is not written.
    pub(crate) default: Default,
    /// What it is for, in whole sentences.
    pub(crate) about: &'static str,
}

/// What holds when a key is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Default {
    /// It must be written.
    Required,
    /// This value, as it would be written in TOML.
    Is(&'static str),
    /// Nothing in particular, or another key's value: said in words.
    Otherwise(&'static str),
}

/// What a key may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of text.
    Text,
    /// Text of one or several lines.
    Passage,
    /// The address of this site.
    SiteAddress,
    /// The address of a source.
    SourceAddress,
    /// A language, BCP 47.
    Language,
    /// An IANA time zone.
    Zone,
    /// A cron pattern of five or six fields.
    Cron,
    /// `HOST:PORT`.
    Listen,
    /// A folder.
    Folder,
    /// A file that holds a secret or certificates.
    File,
    /// The value of a header field: visible ASCII and blanks.
    FieldValue,
    /// `{ NAME = "value", … }`: header fields.
    Fields,
    /// The address of a proxy.
    ProxyAddress,
    /// The name of a source: one path segment.
    SourceName,
    /// The name of a category: one path segment that no page of ours has.
    CategoryName,
    /// A list of such names.
    CategoryNames,
    /// The name of a declared category, or a list of them.
    CategoryReferences,
    /// A list of texts.
    Texts,
    /// A list of addresses.
    Addresses,
    /// A share from 0 to 1.
    Share,
    /// A rule, or a list of terms of which one suffices.
    Filter,
    /// `{ title = […], parameters = […] }`.
    Rewrite,
    /// `{ any = […], all = […], none = […], threshold = … }`.
    Rule,
    /// `true` or `false`.
    Switch,
    /// A whole number in these bounds.
    Count(u64, u64),
    /// A duration in these bounds, in milliseconds.
    Duration(u64, u64),
    /// A size in these bounds, in bytes.
    Size(u64, u64),
    /// One of the first words; the second ones come with a later version.
    Choice(&'static [&'static str], &'static [&'static str]),
    /// Comes with a later version.
    Later,
}

const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;
const DAY: u64 = 24 * HOUR;
/// A year as durations are read: 365 days and a quarter.
const YEAR: u64 = 31_557_600 * SECOND;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const fn key(name: &'static str, kind: Kind, default: Default, about: &'static str) -> Key {
    Key {
        name,
        kind,
        default,
        about,
    }
}

const fn later(name: &'static str) -> Key {
    key(name, Kind::Later, Default::Otherwise(""), "")
}

/// The words of `content`.
const CONTENT: Kind = Kind::Choice(&["full", "summary", "title"], &[]);

/// All tables that this version serves, in the order of the shipped file.
pub(crate) static TABLES: [&Table; 13] = [
    &SITE,
    &SERVER,
    &STORE,
    &FETCH,
    &PUBLISH,
    &STORY,
    &HOT,
    &WEBSUB,
    &FILTER,
    &CATEGORIZE,
    &CATEGORY,
    &EXAMPLE,
    &SOURCE,
];

/// Words for a key that people bring from elsewhere, in any table that has the key.
pub(crate) static SYNONYMS: [(&str, &str); 12] = [
    ("link", "url"),
    ("href", "url"),
    ("feed", "url"),
    ("address", "url"),
    ("cron", "schedule"),
    ("tz", "timezone"),
    ("zone", "timezone"),
    ("lang", "language"),
    ("ttl", "interval"),
    ("port", "listen"),
    ("email", "contact"),
    ("rules", "match"),
];

impl Table {
    /// The key of this name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// `[site]` or `[[source]]`.
    pub(crate) fn header(&self) -> String {
        if self.is_list {
            format!("[[{}]]", self.name)
        } else {
            format!("[{}]", self.name)
        }
    }
}

impl Key {
    /// This version serves it.
    pub(crate) fn is_served(&self) -> bool {
        self.kind != Kind::Later
    }
}
