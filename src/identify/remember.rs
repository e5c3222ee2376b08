//! What a key remembers of the entries read under it.

use super::key::Keys;
use crate::model::{ItemNumber, KnownLink};

/// A key that has named so many titles names no single article any more.
const MAX_TITLES: usize = 3;

/// The link as it is to be remembered after this entry: `before` is what was known under the key.
pub(super) fn after(before: Option<&KnownLink>, item: ItemNumber, own: &Keys, text: u32) -> KnownLink {
    let (titles, texts) = before.map_or((&[][..], &[][..]), |link| (&link.titles, &link.texts));
    KnownLink {
        item,
        digest: own.fingerprint,
        link: own.link,
        titles: with(titles, own.title),
        texts: with(texts, text),
    }
}

/// The key has named three titles, and this is none of them.
pub(super) fn is_worn(link: &KnownLink, own: &Keys) -> bool {
    link.titles.len() >= MAX_TITLES && !has_title(link, own)
}

/// The entry's title was read under this key before.
pub(super) fn has_title(link: &KnownLink, own: &Keys) -> bool {
    link.titles.contains(&own.title)
}

/// The newest last; the oldest goes when there are too many.
fn with(digests: &[u32], newest: u32) -> Vec<u32> {
    let others = digests.iter().copied().filter(|&digest| digest != newest);
    let mut all: Vec<u32> = others.chain([newest]).collect();
    let surplus = all.len().saturating_sub(MAX_TITLES);
    all.drain(..surplus);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_newest_are_remembered_each_once() {
        assert_eq!(with(&[], 1), [1]);
        assert_eq!(with(&[1, 2], 1), [2, 1]);
        assert_eq!(with(&[1, 2, 3], 4), [2, 3, 4]);
    }
}
