//! A document on its way from bytes to what `identify` is asked about: read off the async threads, keys made.

use crate::identify::{self, Keys, Rewriter};
use crate::model::{Feed, FeedHead, Quirk, Response, Source};
use crate::parse;
use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

/// A document as read, with what identifies each of its entries.
pub(crate) struct Document {
    pub(crate) feed: Feed,
    pub(crate) quirks: Vec<Quirk>,
    pub(crate) keys: Vec<Keys>,
    pub(crate) digest: u64,
    pub(crate) is_whole: bool,
}

impl Document {
    /// What its entries credit.
    pub(super) fn head(&self) -> FeedHead {
        FeedHead {
            title: self.feed.title.clone(),
            id: self.feed.id.clone(),
            link: self.feed.link.clone(),
            language: self.feed.language.clone(),
            authors: self.feed.authors.clone(),
            rights: self.feed.rights.clone(),
            description: self.feed.description.clone(),
            image: self.feed.image.clone(),
            licenses: self.feed.licenses.clone(),
            show: self.feed.show.clone(),
        }
    }
}

/// A body that is no feed.
#[derive(Debug)]
pub(super) struct Unread {
    /// What it is instead.
    pub(super) error: parse::Error,
    /// The address of the feed that it names, where it is a page and that was looked for.
    pub(super) named: Option<String>,
}

/// A body on its way to becoming a document, off the async threads.
pub(super) struct Reader {
    /// Where the body is a page: look for the feed that it names.
    pub(super) looks_on: bool,
    response: Response,
    source: Source,
    body: Bytes,
}

impl Reader {
    /// Of the answer its head alone is kept beside the body.
    pub(super) fn of(source: &Source, answer: &Response, body: Bytes) -> Self {
        Self {
            looks_on: false,
            response: Response {
                body: Bytes::new(),
                ..answer.clone()
            },
            source: source.clone(),
            body,
        }
    }

    /// Reads the feed. The body is let go before anything else is done with what it said.
    pub(super) fn read(self) -> Result<Document, Unread> {
        let input = parse::Input {
            bytes: &self.body,
            url: Some(&self.response.url),
            content_type: self.response.content_type.as_deref(),
            content_language: self.response.content_language.as_deref(),
            timezone: self.source.timezone,
            site_timezone: self.source.site_timezone,
        };
        let (mut feed, quirks) = parse::read(&input).map_err(|error| Unread {
            error,
            named: self.looks_on.then(|| parse::feed_behind(&input)).flatten(),
        })?;
        let is_whole = parse::is_whole(&self.body);
        if !is_whole && parse::ends_within_an_entry(&self.body) {
            // Half an entry would be another one once the rest of it comes.
            feed.entries.pop();
        }
        let rewriter = self.source.rewrite.as_deref().map(Rewriter::new);
        let keys = feed
            .entries
            .iter_mut()
            .map(|entry| {
                let written = rewriter.as_ref().map(|rewriter| rewriter.apply(entry));
                identify::rewritten_keys(self.source.id, entry, written.as_ref())
            })
            .collect();
        Ok(Document {
            feed,
            quirks,
            keys,
            digest: xxh3_64(&self.body),
            is_whole,
        })
    }
}
