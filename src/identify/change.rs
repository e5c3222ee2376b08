//! Changed, and worth telling?
//!
//! A change is told (it moves `updated`) when title or text say something else than before. It is noise when only
//! blanks, case, markup, pictures, tags or counters ("17 comments") differ, or when an earlier wording comes back.

use super::key::short;
use crate::html;
use crate::model::Entry;
use crate::text::fold::fold;
use crate::text::tokens::words;
use xxhash_rust::xxh3::Xxh3;

/// The fuller of the two texts an entry may have.
pub(super) fn body(entry: &Entry) -> &str {
    let content = entry
        .content
        .as_deref()
        .filter(|content| !content.trim().is_empty());
    content.or(entry.summary.as_deref()).unwrap_or_default()
}

/// Digest of all that is kept of an entry, as written, save what its source counts (comments); see [`super::Keys::fingerprint`].
pub(super) fn fingerprint(entry: &Entry, canonical: Option<&str>) -> u64 {
    let mut hasher = Xxh3::new();
    let mut field = |text: Option<&str>| {
        let text = text.unwrap_or_default();
        hasher.update(&text.len().to_le_bytes());
        hasher.update(text.as_bytes());
    };
    field(entry.title.as_deref());
    field(canonical.or(entry.link.as_deref()));
    for person in &entry.authors {
        field(person.name.as_deref());
        field(person.uri.as_deref());
    }
    for tag in &entry.tags {
        field(Some(&tag.term));
        field(tag.label.as_deref());
    }
    for link in &entry.links {
        field(Some(&link.rel));
        field(Some(&link.href));
    }
    for enclosure in &entry.enclosures {
        field(Some(without_query(&enclosure.url)));
        field(enclosure.mime_type.as_deref());
        field(enclosure.title.as_deref());
    }
    field(entry.image.as_deref().map(without_query));
    field(entry.language.as_deref());
    field(entry.rights.as_deref());
    field(entry.comments.as_deref());
    if let Some(extras) = &entry.extras {
        let files = extras.transcripts.iter().map(|transcript| &transcript.url);
        let chapters = extras.chapters.iter().map(|chapters| &chapters.url);
        for address in files.chain(chapters).chain(&extras.licenses) {
            field(Some(without_query(address)));
        }
    }
    for markup in [&entry.summary, &entry.content] {
        hasher.update(&[u8::from(markup.is_some())]);
        update_markup(&mut hasher, markup.as_deref().unwrap_or_default());
    }
    hasher.digest()
}

/// Feeds sign and count the addresses of their pictures and links anew with every answer.
fn without_query(address: &str) -> &str {
    address.split('?').next().unwrap_or_default()
}

/// What stands between the tags of a piece of markup, as written.
pub(super) fn between_tags(markup: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(markup);
    std::iter::from_fn(move || {
        let here = rest?;
        let Some(place) = memchr::memchr(b'<', here.as_bytes()) else {
            rest = None;
            return Some(here);
        };
        let (text, tag) = here.split_at(place);
        rest = memchr::memchr(b'>', tag.as_bytes()).and_then(|end| tag.get(end + 1..));
        Some(text)
    })
}

/// Hashes markup, leaving out what follows a `?` in the attributes of tags.
fn update_markup(hasher: &mut Xxh3, markup: &str) {
    let mut rest = markup;
    while let Some(place) = memchr::memchr(b'<', rest.as_bytes()) {
        let (text, tag) = rest.split_at(place);
        hasher.update(text.as_bytes());
        let end = memchr::memchr(b'>', tag.as_bytes()).map_or(tag.len(), |end| end + 1);
        let (tag, after) = tag.split_at(end);
        let mut pieces = tag.split('?');
        hasher.update(pieces.next().unwrap_or_default().as_bytes());
        for piece in pieces {
            let query_end = piece.find(['"', '\'', ' ', '>', '#']).unwrap_or(piece.len());
            hasher.update(piece.get(query_end..).unwrap_or_default().as_bytes());
        }
        rest = after;
    }
    hasher.update(rest.as_bytes());
    hasher.update(&[0]);
}

/// The fuller text of an entry, plain and folded.
pub(super) fn folded(entry: &Entry) -> String {
    fold(&html::plain(body(entry)))
}

/// Digest of what an entry's folded text says to a reader: its words, whatever their case, markup and blanks, counters
/// left out.
pub(super) fn text_digest(folded: &str) -> u32 {
    let mut said = Vec::with_capacity(folded.len() / 3);
    said.extend(words(folded));
    let words: Vec<&str> = said;
    let said = words
        .iter()
        .enumerate()
        .filter(|&(place, word)| !is_counter(&words, place, word));
    short(said.map(|(_, word)| *word))
}

/// A number beside a word that things are counted with, at most one word between: `17 new comments`, `阅读量 300`.
/// `5 %` and `3 killed` are no counters.
fn is_counter(words: &[&str], place: usize, word: &str) -> bool {
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (before, after) = (
        words.get(..place).unwrap_or_default(),
        words.get(place + 1..).unwrap_or_default(),
    );
    COUNTED.iter().any(|counted| {
        let follows = |skipped: usize| {
            after
                .get(skipped..)
                .is_some_and(|after| after.starts_with(counted))
        };
        let precedes = |skipped: usize| {
            let end = before.len().checked_sub(skipped);
            end.and_then(|end| before.get(..end))
                .is_some_and(|before| before.ends_with(counted))
        };
        follows(0) || follows(1) || precedes(0) || precedes(1)
    })
}

/// What sites count beside their texts, in folded words.
const COUNTED: &[&[&str]] = &[
    &["comment"],
    &["comments"],
    &["views"],
    &["reads"],
    &["likes"],
    &["shares"],
    &["replies"],
    &["points"],
    &["upvotes"],
    &["ago"],
    &["kommentare"],
    &["commentaires"],
    &["阅", "读"],
    &["浏", "览"],
    &["评", "论"],
    &["点", "击"],
    &["点", "赞"],
    &["转", "发"],
    &["收", "藏"],
    &["回", "复"],
    &["人", "气"],
    &["分", "钟", "前"],
    &["小", "时", "前"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(content: &str) -> Entry {
        Entry {
            content: Some(content.into()),
            ..Entry::default()
        }
    }

    fn text_digest_of(content: &str) -> u32 {
        text_digest(&folded(&entry(content)))
    }

    fn fingerprint_of(content: &str) -> u64 {
        fingerprint(&entry(content), None)
    }

    #[test]
    fn a_fingerprint_sees_every_word_and_tag_and_no_signature() {
        let base = fingerprint_of("<p>a <img src=\"/i.png?sign=1\"> b?c</p>");
        assert_eq!(base, fingerprint_of("<p>a <img src=\"/i.png?sign=2&x\"> b?c</p>"));
        for other in [
            "<p>a <img src=\"/j.png?sign=1\"> b?c</p>",
            "<p>a <img src=\"/i.png?sign=1\" alt> b?c</p>",
            "<p>a <img src=\"/i.png?sign=1\"> b?d</p>",
            "<div>a <img src=\"/i.png?sign=1\"> b?c</div>",
        ] {
            assert_ne!(base, fingerprint_of(other), "{other}");
        }
    }

    #[test]
    fn dates_and_guids_leave_the_fingerprint_alone() {
        let mut moved = entry("a");
        moved.published = Some(crate::model::Timestamp::from_seconds(5));
        moved.guid = Some("x".into());
        assert_eq!(fingerprint(&moved, None), fingerprint_of("a"));
        moved.title = Some("t".into());
        assert_ne!(fingerprint(&moved, None), fingerprint_of("a"));
    }

    #[test]
    fn blanks_case_markup_and_counters_say_nothing() {
        let base = text_digest_of("<p>Prices rose 5 % today.</p><p>17 comments, 阅读 300</p>");
        for same in [
            "<div>prices  rose <b>5</b> % today. <br>18 Comments, 閱讀 3456</div>",
            "Prices rose 5 % today. 0 comments, 阅读 1",
        ] {
            assert_eq!(text_digest_of(same), base, "{same}");
        }
        for other in [
            "Prices rose 6 % today. 17 comments, 阅读 300",
            "Prices fell 5 % today. 17 comments, 阅读 300",
        ] {
            assert_ne!(text_digest_of(other), base, "{other}");
        }
    }
}
