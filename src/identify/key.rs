//! By what an entry is recognized.

use super::canonical;
use super::change;
use super::rewrite::Written;
use crate::html;
use crate::model::{Entry, Key, KeyKind, SourceId};
use crate::text::fold::fold;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// So much of its text stands in for the title of an entry that has none.
const UNTITLED_CHARS: usize = 80;

/// All by which one entry can be recognized, and digests of what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Its guid, within its source.
    pub guid: Option<Key>,
    /// Its canonical address, within its source.
    pub place: Option<Key>,
    /// The same of the address that the source wrote, where the admin has that rewritten.
    pub written: Option<Key>,
    /// Its canonical address, the same for all sources.
    pub address: Option<Key>,
    /// Its guid where that is an absolute http(s), `tag:` or `urn:uuid:` URI: the same for all sources.
    pub global: Option<Key>,
    /// Its title, text and page, within its source: for entries that nothing else tells apart.
    pub digest: Key,
    /// Digest of all that we keep of it, as written: equal means unchanged. Guid, dates, and what follows a `?`
    /// inside a tag are not in it, because they change by themselves with every poll in too many feeds.
    pub fingerprint: u64,
    /// Digest of the canonical address; 0: none.
    pub link: u64,
    /// Digest of the folded title; of the beginning of the text where there is none.
    pub title: u32,
}

impl Keys {
    /// Every key under which something may be known.
    pub fn all(&self) -> impl Iterator<Item = Key> {
        let named = [self.guid, self.place, self.written, self.address, self.global];
        named.into_iter().flatten().chain([self.digest])
    }
}

/// The keys of one entry of `source`.
pub fn keys(source: SourceId, entry: &Entry) -> Keys {
    rewritten_keys(source, entry, None)
}

/// The same of an entry that the admin has rewritten, with what it said before. Title and words are remembered as the
/// source writes them, so that a rewrite that comes or goes is no news.
pub fn rewritten_keys(source: SourceId, entry: &Entry, written: Option<&Written>) -> Keys {
    let guid = entry
        .guid
        .as_deref()
        .map(str::trim)
        .filter(|guid| !guid.is_empty());
    let page = entry.link.as_deref().or(guid.filter(|_| entry.guid_is_permalink));
    let canonical = page.and_then(canonical::address);
    let said = written.map_or(&entry.title, |written| &written.title).as_deref();
    let stood_at = written
        .and_then(|written| written.link.as_deref())
        .and_then(canonical::address)
        .or_else(|| canonical.clone());
    let place = |address: &str| within(KeyKind::Place, source, [address]);
    Keys {
        guid: guid.map(|guid| within(KeyKind::Guid, source, [guid])),
        place: canonical.as_deref().map(place),
        written: stood_at.as_deref().filter(|_| stood_at != canonical).map(place),
        address: canonical
            .as_deref()
            .map(|address| everywhere(KeyKind::Address, address)),
        global: guid.filter(|guid| is_global(guid)).map(key_of_id),
        digest: digest(source, said.unwrap_or_default(), entry, stood_at.as_deref()),
        fingerprint: change::fingerprint(entry, canonical.as_deref()),
        link: canonical
            .as_deref()
            .map_or(0, |address| xxh3_64(address.as_bytes()).max(1)),
        title: match said {
            Some(text) => title(text),
            None => title(&html::excerpt(change::body(entry), UNTITLED_CHARS)),
        },
    }
}

/// The key of an id that is the same for all sources; also how an item is found by the id it is published with.
pub fn key_of_id(id: &str) -> Key {
    everywhere(KeyKind::GlobalId, id.trim())
}

/// The key of an address, in any of its spellings; none for what is no http or https address.
pub fn key_of_address(url: &str) -> Option<Key> {
    Some(everywhere(KeyKind::Address, &canonical::address(url)?))
}

/// Digest of a title, the same for all its spellings.
pub(super) fn title(title: &str) -> u32 {
    short(fold(title).split_whitespace())
}

/// Digest of words, in 32 bits.
pub(super) fn short<'a>(words: impl Iterator<Item = &'a str>) -> u32 {
    let mut line = String::new();
    for word in words {
        line.push_str(word);
        line.push('\n');
    }
    // The lower half is as good as any.
    u32::try_from(xxh3_64(line.as_bytes()) & u64::from(u32::MAX)).unwrap_or_default()
}

/// A guid that means the same whoever says it. Anything else (`1`, `post-7`) belongs to its source.
fn is_global(guid: &str) -> bool {
    let begins = |scheme: &str| {
        guid.get(..scheme.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    begins("tag:") || begins("urn:uuid:") || begins("http://") || begins("https://")
}

/// Title and text. Where the entry has a page this is wanted only when page and guid both fail to tell entries
/// apart, so that it may be cheap; else it is all there is, and blanks, case and markup must not matter. Tags count
/// nowhere: a picture's address that is signed anew for each request must not make an entry new.
fn digest(source: SourceId, title: &str, entry: &Entry, page: Option<&str>) -> Key {
    let body = change::body(entry);
    if let Some(page) = page {
        let parts = [title, page].into_iter().chain(change::between_tags(body));
        return within(KeyKind::Digest, source, parts);
    }
    let text = fold(&html::plain(body));
    within(KeyKind::Digest, source, [fold(title).as_str(), &text])
}

fn within<'a>(kind: KeyKind, source: SourceId, parts: impl IntoIterator<Item = &'a str>) -> Key {
    let mut hasher = Xxh3::new();
    hasher.update(&[number(kind)]);
    hasher.update(&source.0.to_le_bytes());
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    Key(hasher.digest128())
}

fn everywhere(kind: KeyKind, text: &str) -> Key {
    let mut hasher = Xxh3::new();
    hasher.update(&[number(kind)]);
    hasher.update(text.as_bytes());
    Key(hasher.digest128())
}

/// What is mixed into a key for its kind. Stored for good: never change one.
const fn number(kind: KeyKind) -> u8 {
    match kind {
        KeyKind::Guid => 1,
        KeyKind::Address => 2,
        KeyKind::GlobalId => 3,
        KeyKind::Digest => 4,
        KeyKind::Place => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(guid: &str, link: &str) -> Entry {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Entry {
            guid: some(guid),
            link: some(link),
            title: some("Title"),
            ..Entry::default()
        }
    }

    const HERE: SourceId = SourceId(1);
    const THERE: SourceId = SourceId(2);

    #[test]
    fn a_guid_belongs_to_its_source_and_an_address_to_all() {
        let (here, there) = (
            keys(HERE, &entry("1", "http://a.org/1")),
            keys(THERE, &entry("1", "http://a.org/1")),
        );
        assert_ne!(here.guid, there.guid);
        assert_ne!(here.place, there.place);
        assert_eq!(here.address, there.address);
        assert_eq!((here.global, there.global), (None, None));
    }

    #[test]
    fn only_ids_of_the_whole_world_are_shared() {
        for id in [
            "tag:a.org,2026:1",
            "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
            "HTTP://a.org/1",
            "https://a.org/1",
        ] {
            let (here, there) = (keys(HERE, &entry(id, "")), keys(THERE, &entry(id, "")));
            assert_eq!(here.global, there.global);
            assert_eq!(here.global, Some(key_of_id(id)));
        }
        for id in ["1", "post-7", "urn:isbn:1", "ftp://a.org/1", "/a"] {
            assert_eq!(keys(HERE, &entry(id, "")).global, None);
        }
    }

    #[test]
    fn blanks_round_a_guid_and_tracking_in_a_link_make_no_difference() {
        let plain = keys(HERE, &entry("1", "http://a.org/1"));
        let other = keys(HERE, &entry(" 1\n", "https://www.a.org/1?utm_source=rss#top"));
        assert_eq!(plain, other);
        assert_eq!(plain.address, key_of_address("http://m.a.org/1/"));
    }

    #[test]
    fn a_permalink_guid_stands_in_for_a_link() {
        let mut bare = entry("http://a.org/1", "");
        assert_eq!(keys(HERE, &bare).address, None);
        bare.guid_is_permalink = true;
        assert_eq!(keys(HERE, &bare).address, key_of_address("http://a.org/1"));
    }

    #[test]
    fn an_entry_without_a_page_is_digested_by_its_words() {
        let with = |content: &str, title: &str| {
            keys(
                HERE,
                &Entry {
                    title: Some(title.into()),
                    content: Some(content.into()),
                    ..Entry::default()
                },
            )
        };
        let plain = with("<p>some words</p>", "Title");
        assert_eq!(plain.digest, with("some  <b>Words</b>", "TITLE").digest);
        assert_ne!(plain.digest, with("other words", "Title").digest);
        assert_ne!(plain.digest, with("some words", "Other").digest);
    }
}
