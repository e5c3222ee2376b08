//! What is odd about a feed as a whole, said in words: what a source's admin would want to hear.

use super::{Quirks, line};
use crate::model::{Entry, Feed, FeedFormat};
use std::collections::HashSet;

/// A number of things, as a subject: `1 tag is`, `2 tags are`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun} is")
    } else {
        format!("{count} {noun}s are")
    }
}

/// Tells what the entries lack, or say twice.
pub(super) fn entries(feed: &Feed, quirks: &mut Quirks) {
    let entries = feed.entries.as_slice();
    let mut tell = |is_odd: &dyn Fn(&Entry) -> bool, words: &str| {
        let count = entries.iter().filter(|entry| is_odd(entry)).count();
        if count > 0 {
            quirks.add(|| format!("{count} of {} {words}", entries.len()));
        }
    };
    tell(
        &|entry| entry.guid.is_none() && entry.link.is_none(),
        "entries have neither an id nor a link: they are told apart by their text",
    );
    if feed.format == FeedFormat::Atom {
        tell(
            &|entry| entry.guid.is_none() && entry.link.is_some(),
            "entries have no id: they are told apart by their link",
        );
    }
    tell(
        &|entry| entry.published.is_none() && entry.updated.is_none(),
        "entries have no date: they are dated when they are first seen",
    );
    tell(
        &|entry| entry.title.is_none() && entry.summary.is_none() && entry.content.is_none(),
        "entries have neither a title nor a text",
    );
    let mut seen = HashSet::new();
    let guids = entries.iter().filter_map(|entry| entry.guid.as_deref());
    let repeated = guids.filter(|guid| !seen.insert(*guid)).collect::<Vec<_>>();
    if let Some(guid) = repeated.first() {
        quirks.add(|| format!("several entries have the id \"{}\"", line::shown(guid)));
    }
}
