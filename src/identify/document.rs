//! One document's entries beside each other: which are listed twice, and which guids and addresses several of
//! them share, so that they tell none of them apart.

use super::change;
use super::key::Keys;
use super::likeness::{Likeness, Wording};
use crate::model::{Entry, Key};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// The entries of one document with their keys.
pub(super) struct Document<'a> {
    pub(super) entries: &'a [Entry],
    pub(super) keys: &'a [Keys],
    /// The earlier entry that each one repeats.
    same_as: Vec<Option<usize>>,
    shared_guids: HashSet<Key>,
    shared_places: HashSet<Key>,
    texts: &'a Texts,
    wordings: Vec<OnceCell<Wording>>,
}

/// The texts of the entries of one document, plain and folded: each is read when it is first asked for, and once.
#[derive(Debug)]
pub struct Texts(Vec<OnceCell<String>>);

impl Texts {
    /// Of so many entries, none of them read yet.
    pub fn of(entries: &[Entry]) -> Self {
        Self(vec![OnceCell::new(); entries.len()])
    }

    /// Gives away the text of the entry at this place; none where nobody has asked for it.
    pub fn take(&mut self, place: usize) -> Option<String> {
        self.0.get_mut(place)?.take()
    }

    fn folded(&self, place: usize, entry: &Entry) -> Option<&str> {
        let text = self.0.get(place)?.get_or_init(|| change::folded(entry));
        Some(text)
    }
}

impl<'a> Document<'a> {
    /// Compares each entry with the first of its guid and the first of its address: time in proportion to length.
    pub(super) fn new(entries: &'a [Entry], keys: &'a [Keys], texts: &'a Texts) -> Self {
        let mut document = Self {
            entries,
            keys,
            same_as: vec![None; keys.len()],
            shared_guids: HashSet::new(),
            shared_places: HashSet::new(),
            texts,
            wordings: vec![OnceCell::new(); keys.len()],
        };
        let mut first: HashMap<Key, usize> = HashMap::with_capacity(keys.len() * 2);
        for (place, own) in keys.iter().enumerate() {
            let earlier = |key: Option<Key>| key.and_then(|key| first.get(&key).copied());
            let bare = (own.guid.is_none() && own.place.is_none()).then_some(own.digest);
            let by_guid = earlier(own.guid);
            let by_place = earlier(own.place);
            let twin = earlier(bare)
                .or_else(|| by_guid.filter(|&other| document.is_same_by_guid(place, other)))
                .or_else(|| by_place.filter(|&other| document.is_same_by_place(place, other)));
            if let Some(twin) = twin {
                if let Some(same_as) = document.same_as.get_mut(place) {
                    *same_as = Some(twin);
                }
                continue;
            }
            if by_guid.is_some() {
                document.shared_guids.extend(own.guid);
            }
            if by_place.is_some() {
                document.shared_places.extend(own.place);
            }
            for key in [own.guid, own.place, bare].into_iter().flatten() {
                first.entry(key).or_insert(place);
            }
        }
        document
    }

    /// The earlier entry that this one repeats.
    pub(super) fn twin(&self, place: usize) -> Option<usize> {
        self.same_as.get(place).copied().flatten()
    }

    /// Another entry of this document has the same guid and is another article.
    pub(super) fn shares_guid(&self, own: &Keys) -> bool {
        own.guid.is_some_and(|guid| self.shared_guids.contains(&guid))
    }

    /// Another entry of this document has the same address and is another article.
    pub(super) fn shares_place(&self, own: &Keys) -> bool {
        own.place.is_some_and(|place| self.shared_places.contains(&place))
    }

    /// The entry's title and text, prepared for comparing; made when first asked for.
    pub(super) fn wording(&self, place: usize) -> Option<&Wording> {
        let entry = self.entries.get(place)?;
        let wording = || {
            let title = entry.title.as_deref().unwrap_or_default();
            Wording::new(title, self.folded(place).unwrap_or_default())
        };
        Some(self.wordings.get(place)?.get_or_init(wording))
    }

    /// The entry's text, plain and folded.
    fn folded(&self, place: usize) -> Option<&str> {
        self.texts.folded(place, self.entries.get(place)?)
    }

    /// Digest of what the entry's text says.
    pub(super) fn text(&self, place: usize) -> Option<u32> {
        Some(change::text_digest(self.folded(place)?))
    }

    fn likeness(&self, place: usize, other: usize) -> Likeness {
        match (self.wording(place), self.wording(other)) {
            (Some(left), Some(right)) => left.likeness(right),
            _ => Likeness::Unclear,
        }
    }

    /// With one guid and one link, or none, two entries are one unless their words differ; with one guid and two
    /// links they are two unless word for word the same, with words enough to tell.
    fn is_same_by_guid(&self, place: usize, other: usize) -> bool {
        let (Some(own), Some(others)) = (self.keys.get(place), self.keys.get(other)) else {
            return false;
        };
        if own.link == others.link {
            return own.fingerprint == others.fingerprint || self.likeness(place, other) == Likeness::Same;
        }
        let body = |place: usize| self.entries.get(place).map(change::body);
        own.title == others.title && body(place) == body(other) && self.has_same_words(place, other, false)
    }

    /// With one link two entries are one when their titles are and their texts do not object; under two guids the
    /// texts must agree: podcasts link every episode to one page.
    fn is_same_by_place(&self, place: usize, other: usize) -> bool {
        let guid = |place: usize| self.keys.get(place).and_then(|keys| keys.guid);
        let have_two_guids = guid(place).is_some() && guid(other).is_some();
        self.has_same_words(place, other, !have_two_guids)
    }

    /// Title and text say that the two entries are one.
    pub(super) fn is_same_in_words(&self, place: usize, other: usize) -> bool {
        self.has_same_words(place, other, false)
    }

    /// `if_unclear` is the answer where the titles are one and the texts are too short to tell.
    fn has_same_words(&self, place: usize, other: usize, if_unclear: bool) -> bool {
        let (Some(own), Some(others)) = (self.keys.get(place), self.keys.get(other)) else {
            return false;
        };
        if own.fingerprint == others.fingerprint {
            return true;
        }
        let has_title = self.entries.get(place).is_some_and(|entry| entry.title.is_some());
        if !has_title || own.title != others.title {
            return false;
        }
        match (self.wording(place), self.wording(other)) {
            (Some(left), Some(right)) => left.has_like_text(right).unwrap_or(if_unclear),
            _ => false,
        }
    }
}
