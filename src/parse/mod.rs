//! Bytes to a `Feed`: any feed, also a broken one.
//!
//! Bytes are decoded by what they are; then a reader of our own (`look`) goes over the text. It refuses nothing,
//! sees the raw guid and the raw date in the source's zone, and every entry of a document that is broken somewhere
//! else. Where it comes away with nothing, `feed-rs` is asked as well, behind `catch_unwind`, and completes what is
//! missing (`syndication`). JSON Feed is read by `json`.
//!
//! Promised: no input makes it panic, and time and memory are bounded by the length of the input; one bad entry
//! costs no other; addresses are absolute, `http` or `https`; titles are one line of plain text; whatever was odd
//! is told as a [`Quirk`]. Left to others: markup is handed on as written (`html::sanitize` is for those entries
//! that turn out new), and nothing here decides whether an entry is known.

mod address;
mod bounds;
mod discover;
mod entity;
mod json;
mod line;
mod look;
mod names;
mod namespace;
mod node;
mod odd;
mod person;
mod repair;
mod scan;
mod sniff;
mod syndication;
mod tree;
mod whole;

pub use discover::feed_behind;
pub use whole::{ends_within_an_entry, is_whole};

use crate::model::{Feed, Quirk, on_one_line};
use crate::text::{charset, legal, script};
use chrono_tz::Tz;
use std::borrow::Cow;
use url::Url;

/// What there is to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// The document, its content encoding undone.
    pub bytes: &'a [u8],
    /// The address that answered with it, for relative links.
    pub url: Option<&'a str>,
    /// `Content-Type` as it came, for its charset.
    pub content_type: Option<&'a str>,
    /// `Content-Language` as it came: the language of a feed that names none.
    pub content_language: Option<&'a str>,
    /// The zone the admin wrote for the source: what dates without a zone mean.
    pub timezone: Option<Tz>,
    /// The site's zone, where the source has none; none at all means UTC.
    pub site_timezone: Option<Tz>,
}

/// Why there is no feed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document is something else, said in words.
    #[error("{0}")]
    NotAFeed(String),
    /// It begins like JSON and is none.
    #[error("the document begins like JSON but is broken")]
    Json(#[source] serde_json::Error),
}

impl Error {
    /// The document is something else; `words` may quote it.
    fn not_a_feed(words: &str) -> Self {
        Self::NotAFeed(on_one_line(words, Quirk::MAX_BYTES))
    }
}

/// Reads a document. `Ok` means there is a feed, if an empty one; the quirks are what was odd about it, in words.
///
/// # Errors
///
/// When nothing in the document is a feed. The error says what the document is instead.
pub fn read(input: &Input<'_>) -> Result<(Feed, Vec<Quirk>), Error> {
    let mut quirks = Quirks::default();
    let http_charset = input.content_type.and_then(sniff::charset_of);
    let declared = sniff::declared_charset(input.bytes);
    let decoded = charset::decode(input.bytes, http_charset.as_deref(), declared.as_deref());
    if let Some(quirk) = decoded.quirk {
        quirks.add(|| quirk);
    }
    let mut text = legal::legal(&decoded.text);
    if matches!(text, Cow::Owned(_)) {
        quirks.add(|| "characters that XML forbids were left out".to_owned());
    }
    if let Some(mended) = without_controls(&text) {
        text = Cow::Owned(mended);
        quirks.add(|| {
            "control characters that windows-1252 writes quotes with were taken for those".to_owned()
        });
    }
    let surroundings = look::Surroundings {
        url: input.url.and_then(|url| Url::parse(url).ok()),
        zone: input
            .timezone
            .or(input.site_timezone)
            .or_else(|| script::is_simplified_chinese(&text).then_some(Tz::Asia__Shanghai)),
    };
    let mut feed = match sniff::shape(&text) {
        sniff::Shape::Json => json::read(&text, &surroundings, &mut quirks)?,
        sniff::Shape::Markup => markup(input.bytes, &text, &surroundings, &mut quirks)?,
        sniff::Shape::Neither => return Err(Error::not_a_feed(&sniff::describe(input.bytes, &text, None))),
    };
    if feed.language.is_none() {
        feed.language = input.content_language.and_then(only_language);
    }
    odd::entries(&feed, &mut quirks);
    Ok((feed, quirks.0))
}

fn markup(bytes: &[u8], text: &str, around: &look::Surroundings, quirks: &mut Quirks) -> Result<Feed, Error> {
    let mut look = look::read(text, around, quirks);
    let mut start = text;
    if look.root.is_none() {
        // Something else stands before the feed, or there is none.
        start = sniff::from_root(text);
        if start.len() == text.len() {
            return Err(Error::not_a_feed(&sniff::describe(bytes, text, None)));
        }
        look = look::read(start, around, quirks);
        if look.root.is_none() {
            return Err(Error::not_a_feed(&sniff::describe(bytes, text, None)));
        }
        quirks.add(|| "something else stands before the feed".to_owned());
    }
    if look.is_doubtful() {
        let seen = look.feed.clone();
        syndication::complete(start, &mut look, around);
        if look.feed != seen {
            quirks.add(|| "it says less than it seems to, and a second reader was asked".to_owned());
        }
    }
    Ok(look.feed)
}

/// The language of `Content-Language`, where it names one alone (RFC 9110 8.5: it lists those of all readers meant).
fn only_language(header: &str) -> Option<String> {
    let language = header.trim();
    let is_one = !language.is_empty()
        && language.len() <= 35
        && language
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_one.then(|| language.to_owned())
}

/// The text with U+0080 to U+009F, which nobody means, taken for the characters windows-1252 has there; `None` when
/// it has none of them.
fn without_controls(text: &str) -> Option<String> {
    let is_one = |at: usize| matches!(text.as_bytes().get(at + 1), Some(0x80..=0x9f));
    memchr::memchr_iter(0xc2, text.as_bytes()).find(|&at| is_one(at))?;
    Some(text.chars().map(entity::meant).collect())
}

/// What was odd, up to a bound.
#[derive(Debug, Default)]
struct Quirks(Vec<Quirk>);

impl Quirks {
    const MAX: usize = 50;

    /// Notes one more; past the bound it is not even put into words.
    fn add(&mut self, words: impl FnOnce() -> String) {
        if self.0.len() < Self::MAX {
            self.0.push(Quirk::new(&words()));
        }
    }
}

#[cfg(test)]
mod tests;
