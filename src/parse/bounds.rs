//! How much of one document is kept, whatever it says.

use crate::model::{Entry, Extras, Feed, Person, Timestamp};
use std::cmp::Reverse;

/// Entries of one document: the newest.
pub(super) const MAX_ENTRIES: usize = 10_000;
/// A title and other words of one line, in bytes.
pub(super) const MAX_TITLE_BYTES: usize = 4 * 1024;
/// A media type, a role, a language: a single word, in bytes.
pub(super) const MAX_WORD_BYTES: usize = 256;
/// A text, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 2 * 1024 * 1024;
/// A summary beside a text, in bytes.
const MAX_SUMMARY_BYTES: usize = 64 * 1024;
/// An id or a link, in bytes.
pub(super) const MAX_ADDRESS_BYTES: usize = 8 * 1024;
/// Categories of one entry.
pub(super) const MAX_TAGS: usize = 64;
/// Enclosures and further links of one entry.
pub(super) const MAX_ENCLOSURES: usize = 32;
/// Licences of one entry, and places to give for a podcast.
pub(super) const MAX_LICENSES: usize = 8;
/// Authors of one entry.
pub(super) const MAX_AUTHORS: usize = 64;

/// Cuts `text` to `bytes`, on a character boundary.
pub(super) fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
    }
}

fn cut_some(text: &mut Option<String>, bytes: usize) {
    if let Some(text) = text {
        cut(text, bytes);
    }
}

fn cut_people(people: &mut Vec<Person>) {
    people.truncate(MAX_AUTHORS);
    for person in people {
        cut_some(&mut person.name, MAX_TITLE_BYTES);
        cut_some(&mut person.uri, MAX_ADDRESS_BYTES);
        cut_some(&mut person.email, MAX_TITLE_BYTES);
    }
}

/// Keeps every field of an entry within its bound; true when anything was lost. Links need none: no longer one is
/// ever read.
pub(super) fn entry(entry: &mut Entry) -> bool {
    let is_longer =
        |text: &Option<String>, bytes: usize| text.as_ref().is_some_and(|text| text.len() > bytes);
    let is_over = is_longer(&entry.guid, MAX_ADDRESS_BYTES)
        || is_longer(&entry.title, MAX_TITLE_BYTES)
        || is_longer(&entry.summary, MAX_TEXT_BYTES)
        || is_longer(&entry.content, MAX_TEXT_BYTES)
        || entry.tags.len() > MAX_TAGS;
    cut_some(&mut entry.guid, MAX_ADDRESS_BYTES);
    cut_some(&mut entry.title, MAX_TITLE_BYTES);
    // The bound may lie behind a blank.
    if let Some(title) = &mut entry.title {
        title.truncate(title.trim_end().len());
    }
    cut_some(&mut entry.summary, MAX_TEXT_BYTES);
    cut_some(&mut entry.content, MAX_TEXT_BYTES);
    cut_some(&mut entry.rights, MAX_TITLE_BYTES);
    cut_some(&mut entry.language, 64);
    entry.links.truncate(MAX_ENCLOSURES);
    entry.enclosures.truncate(MAX_ENCLOSURES);
    for enclosure in &mut entry.enclosures {
        cut_some(&mut enclosure.title, MAX_TITLE_BYTES);
        cut_some(&mut enclosure.mime_type, MAX_WORD_BYTES);
    }
    entry.tags.truncate(MAX_TAGS);
    for tag in &mut entry.tags {
        cut(&mut tag.term, MAX_TITLE_BYTES);
        cut_some(&mut tag.label, MAX_TITLE_BYTES);
        cut_some(&mut tag.scheme, MAX_ADDRESS_BYTES);
    }
    cut_people(&mut entry.authors);
    if let Some(extras) = &mut entry.extras {
        cut_extras(extras);
    }
    if let Some(origin) = &mut entry.origin {
        cut_some(&mut origin.title, MAX_TITLE_BYTES);
        cut_some(&mut origin.id, MAX_ADDRESS_BYTES);
    }
    is_over
}

/// Keeps what modules say within its bounds. How many there are of each was bounded as they were read.
fn cut_extras(extras: &mut Extras) {
    let lines = [
        &mut extras.podcast_title,
        &mut extras.podcast_author,
        &mut extras.podcast_subtitle,
        &mut extras.place,
    ];
    for line in lines {
        cut_some(line, MAX_TITLE_BYTES);
    }
    cut_some(&mut extras.podcast_summary, MAX_SUMMARY_BYTES);
    for media in &mut extras.media {
        cut_some(&mut media.title, MAX_TITLE_BYTES);
        cut_some(&mut media.description, MAX_SUMMARY_BYTES);
        cut_some(&mut media.rating, MAX_WORD_BYTES);
        cut_some(&mut media.copyright, MAX_TITLE_BYTES);
        for credit in &mut media.credits {
            cut(&mut credit.name, MAX_TITLE_BYTES);
            cut_some(&mut credit.role, MAX_WORD_BYTES);
            cut_some(&mut credit.scheme, MAX_WORD_BYTES);
        }
    }
    for person in &mut extras.people {
        cut(&mut person.name, MAX_TITLE_BYTES);
        cut_some(&mut person.role, MAX_WORD_BYTES);
        cut_some(&mut person.group, MAX_WORD_BYTES);
    }
    for soundbite in &mut extras.soundbites {
        cut_some(&mut soundbite.title, MAX_TITLE_BYTES);
    }
}

/// Keeps what the feed says of itself within its bounds.
pub(super) fn head(feed: &mut Feed) {
    for line in [
        &mut feed.id,
        &mut feed.title,
        &mut feed.rights,
        &mut feed.generator,
        &mut feed.language,
    ] {
        cut_some(line, MAX_TITLE_BYTES);
    }
    cut_some(&mut feed.description, MAX_SUMMARY_BYTES);
    feed.hubs.truncate(MAX_ENCLOSURES);
    feed.tags.truncate(MAX_TAGS);
    cut_people(&mut feed.authors);
}

/// Keeps the newest entries, in the order of the document. One without a date counts as new as its neighbour before it.
pub(super) fn newest(entries: &mut Vec<Entry>) {
    if entries.len() <= MAX_ENTRIES {
        return;
    }
    let mut last = Timestamp(i64::MAX);
    let mut ranks: Vec<(Reverse<Timestamp>, usize)> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            last = entry.published.or(entry.updated).unwrap_or(last);
            (Reverse(last), index)
        })
        .collect();
    ranks.sort_unstable();
    let mut is_kept = vec![false; entries.len()];
    for (_, index) in ranks.into_iter().take(MAX_ENTRIES) {
        if let Some(kept) = is_kept.get_mut(index) {
            *kept = true;
        }
    }
    let mut kept = is_kept.into_iter();
    entries.retain(|_| kept.next().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_on_a_character() {
        let mut text = "中文".to_owned();
        cut(&mut text, 4);
        assert_eq!(text, "中");
    }

    #[test]
    fn a_title_that_is_cut_ends_in_no_blank() {
        let word = "a".repeat(MAX_TITLE_BYTES - 1);
        let mut long = Entry {
            title: Some(format!("{word} and more")),
            ..Entry::default()
        };
        assert!(entry(&mut long));
        assert_eq!(long.title, Some(word));
    }

    #[test]
    fn of_too_many_entries_the_newest_stay_in_order() {
        let entry = |day: i64| Entry {
            published: Some(Timestamp::from_seconds(day)),
            ..Entry::default()
        };
        let mut entries: Vec<Entry> = (0..10_002).map(entry).collect();
        newest(&mut entries);
        assert_eq!(entries.len(), MAX_ENTRIES);
        assert_eq!(entries[0].published, Some(Timestamp::from_seconds(2)));
    }
}
