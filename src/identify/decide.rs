//! The verdicts.

use super::document::{Document, Texts};
use super::key::Keys;
use super::likeness::{Likeness, Wording};
use super::remember::{after, has_title, is_worn};
use super::{Decision, Known, KnownText, Verdict};
use crate::model::{Entry, ItemNumber, Key, KnownLink, Reason};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The items whose words [`decide`] needs to see beside what `links` says: few documents need any.
pub fn questions(entries: &[Entry], keys: &[Keys], links: &HashMap<Key, KnownLink>) -> Vec<ItemNumber> {
    let (no_texts, own) = (HashMap::new(), Texts::of(entries));
    let judge = Judge::new(Document::new(entries, keys, &own), links, &no_texts);
    for place in 0..keys.len() {
        if judge.document.twin(place).is_none() {
            judge.recognize(place);
        }
    }
    judge.asked.into_inner().into_iter().collect()
}

/// A verdict for each entry of one document, in its order. `keys` are those of `entries`, one each.
pub fn decide(entries: &[Entry], keys: &[Keys], known: &Known) -> Vec<Decision> {
    decide_by(entries, keys, known, &Texts::of(entries))
}

/// The same. The texts that had to be read for it are in `texts` afterwards.
pub fn decide_by(entries: &[Entry], keys: &[Keys], known: &Known, texts: &Texts) -> Vec<Decision> {
    let judge = Judge::new(Document::new(entries, keys, texts), &known.links, &known.texts);
    let mut claims = Claims::default();
    // Who has not changed comes first: an item is not taken from its own entry by one that only shares a key with it.
    let unchanged: Vec<_> = (0..keys.len())
        .map(|place| judge.claim_unchanged(place, &mut claims))
        .collect();
    unchanged
        .into_iter()
        .enumerate()
        .filter_map(|(place, found)| match found {
            Some((item, why)) => judge.known_item(place, item, why),
            None => judge.decide(place, &mut claims),
        })
        .collect()
}

/// What entries of the document have taken for themselves.
#[derive(Default)]
struct Claims {
    items: HashMap<ItemNumber, usize>,
    ids: HashSet<Key>,
}

/// What an entry is taken for, before what to remember is worked out.
enum Recognized {
    /// An item that this source lists.
    Ours(ItemNumber, &'static str),
    /// Another source's.
    Theirs(ItemNumber, &'static str),
    /// None known.
    Nobody(&'static str),
}

struct Judge<'a> {
    document: Document<'a>,
    links: &'a HashMap<Key, KnownLink>,
    texts: &'a HashMap<ItemNumber, KnownText>,
    asked: RefCell<BTreeSet<ItemNumber>>,
}

impl<'a> Judge<'a> {
    fn new(
        document: Document<'a>,
        links: &'a HashMap<Key, KnownLink>,
        texts: &'a HashMap<ItemNumber, KnownText>,
    ) -> Self {
        Self {
            document,
            links,
            texts,
            asked: RefCell::default(),
        }
    }

    fn link(&self, key: Option<Key>) -> Option<&'a KnownLink> {
        self.links.get(&key?)
    }

    fn decide(&self, place: usize, claims: &mut Claims) -> Option<Decision> {
        if let Some(twin) = self.document.twin(place) {
            return Some(same_as(twin));
        }
        let (item, is_ours, why) = match self.recognize(place)? {
            Recognized::Ours(item, why) => (item, true, why),
            Recognized::Theirs(item, why) => (item, false, why),
            Recognized::Nobody(why) => return self.new_item(place, claims, why),
        };
        if let Some(&other) = claims.items.get(&item) {
            return self.second(place, (item, other), claims);
        }
        claims.items.insert(item, place);
        if is_ours {
            self.known_item(place, item, why)
        } else {
            self.duplicate(place, item, why)
        }
    }

    /// The item that the entry is without a doubt, unless another entry is it already: of several that its keys name,
    /// with all it says, the first that is free.
    fn claim_unchanged(&self, place: usize, claims: &mut Claims) -> Option<(ItemNumber, &'static str)> {
        if self.document.twin(place).is_some() {
            return None;
        }
        let own = self.document.keys.get(place)?;
        let (item, why) = self
            .unchanged(own)
            .find(|(item, _)| !claims.items.contains_key(item))?;
        claims.items.insert(item, place);
        Some((item, why))
    }

    /// The items of this source that have last said all that the entry says, or have said it in these very words.
    fn unchanged(&self, own: &Keys) -> impl Iterator<Item = (ItemNumber, &'static str)> {
        let fingerprint = own.fingerprint;
        let named = [
            (self.link(own.guid), "its guid is known"),
            (self.known_place(own), "its address is known"),
        ];
        let named = named
            .into_iter()
            .filter_map(|(link, why)| Some((link?, why)))
            .filter(move |(link, _)| link.digest == fingerprint);
        let worded = self.links.get(&own.digest);
        named
            .chain(worded.map(|link| (link, "its very words are known")))
            .map(|(link, why)| (link.item, why))
    }

    /// What is known of its address within its source.
    fn known_place(&self, own: &Keys) -> Option<&'a KnownLink> {
        self.link(own.place).or_else(|| self.link(own.written))
    }

    /// An entry whose keys name the item that another entry of the document is: the same again, or one of its own.
    fn second(
        &self,
        place: usize,
        (item, other): (ItemNumber, usize),
        claims: &mut Claims,
    ) -> Option<Decision> {
        if self.document.is_same_in_words(place, other) {
            // A later one has it only where it says what the item says already.
            return Some(if other < place {
                same_as(other)
            } else {
                Decision::known(item, "the document lists it again")
            });
        }
        self.new_item(
            place,
            claims,
            "its keys name an item that another entry of the document is",
        )
    }

    /// The ladder.
    fn recognize(&self, place: usize) -> Option<Recognized> {
        let own = self.document.keys.get(place)?;
        let by_guid = self.link(own.guid);
        let by_place = self.known_place(own);
        let rejected = match self.recognize_ours(place, own, by_guid, by_place) {
            Ok(Some((item, why))) => return Some(Recognized::Ours(item, why)),
            Ok(None) => None,
            Err(why) => Some(why),
        };
        let is_ours = |item: ItemNumber| {
            [by_guid, by_place]
                .into_iter()
                .flatten()
                .any(|link| link.item == item)
        };
        let theirs = |key: Option<Key>| {
            self.link(key)
                .filter(|link| !is_ours(link.item) && !is_worn(link, own))
                .map(|link| link.item)
        };
        if !self.document.shares_place(own)
            && let Some(item) = theirs(own.address)
        {
            return Some(Recognized::Theirs(
                item,
                "another source's item has the same address",
            ));
        }
        if !self.document.shares_guid(own)
            && let Some(item) = theirs(own.global)
        {
            return Some(Recognized::Theirs(item, "another source's item has the same id"));
        }
        Some(Recognized::Nobody(rejected.unwrap_or(
            "neither its guid nor its address nor its words were known",
        )))
    }

    /// Which item of this source the entry is; none, or why the one that its keys name is not it.
    fn recognize_ours(
        &self,
        place: usize,
        own: &Keys,
        by_guid: Option<&KnownLink>,
        by_place: Option<&KnownLink>,
    ) -> Result<Option<(ItemNumber, &'static str)>, &'static str> {
        if let Some(unchanged) = self.unchanged(own).next() {
            return Ok(Some(unchanged));
        }
        let guid_tells = |link: &&KnownLink| !self.document.shares_guid(own) || link.link == own.link;
        let place_tells = !self.document.shares_place(own);
        match (by_guid.filter(guid_tells), by_place.filter(|_| place_tells)) {
            (Some(guid), Some(address)) if guid.item == address.item => {
                self.by_both(place, own, guid, address)
            }
            (Some(guid), Some(address)) => {
                // Two items: the one that has had this title, else the one whose guid last stood at this link.
                let is_guids = has_title(guid, own) || (!has_title(address, own) && guid.link == own.link);
                if is_guids {
                    self.by_guid(place, own, guid)
                } else {
                    self.by_place(place, own, address)
                }
            }
            (Some(guid), None) => self.by_guid(place, own, guid),
            (None, Some(address)) => self.by_place(place, own, address),
            (None, None) if by_guid.is_some() || by_place.is_some() => {
                Err("several entries of the document share its guid or its address")
            }
            (None, None) => Ok(None),
        }
    }

    fn by_both(
        &self,
        place: usize,
        own: &Keys,
        guid: &KnownLink,
        address: &KnownLink,
    ) -> Result<Option<(ItemNumber, &'static str)>, &'static str> {
        let is_worn = is_worn(guid, own) && is_worn(address, own);
        if is_worn && self.likeness(place, guid.item) == Likeness::Other {
            return Err("its guid and address have named three titles, and its words are new");
        }
        Ok(Some((guid.item, "its guid and its address are known")))
    }

    fn by_guid(
        &self,
        place: usize,
        own: &Keys,
        guid: &KnownLink,
    ) -> Result<Option<(ItemNumber, &'static str)>, &'static str> {
        let accepted = Ok(Some((guid.item, "its guid is known")));
        if has_title(guid, own) {
            return accepted;
        }
        if is_worn(guid, own) {
            return match self.likeness(place, guid.item) {
                Likeness::Same => accepted,
                _ => Err("its guid has named three titles and is no identity any more"),
            };
        }
        if guid.link == own.link || self.likeness(place, guid.item) == Likeness::Same {
            return accepted;
        }
        Err("its guid names another article: another link, another title, another text")
    }

    fn by_place(
        &self,
        place: usize,
        own: &Keys,
        address: &KnownLink,
    ) -> Result<Option<(ItemNumber, &'static str)>, &'static str> {
        let accepted = Ok(Some((address.item, "its address is known")));
        let has_own_guid = own.guid.is_some();
        if has_title(address, own) {
            return if has_own_guid && self.has_other_text(place, address.item) {
                Err("its address names another article: another guid, another text")
            } else {
                accepted
            };
        }
        let likeness = || self.likeness(place, address.item);
        if is_worn(address, own) {
            return match likeness() {
                Likeness::Same => accepted,
                _ => Err("its address has named three titles and is no identity any more"),
            };
        }
        if has_own_guid && likeness() == Likeness::Other {
            return Err("its address names another article: another guid, another title, another text");
        }
        accepted
    }

    /// The entry's words beside the item's; unclear when those are not known.
    fn likeness(&self, place: usize, item: ItemNumber) -> Likeness {
        self.compare(place, item, |new, old| new.likeness(old))
            .unwrap_or(Likeness::Unclear)
    }

    fn has_other_text(&self, place: usize, item: ItemNumber) -> bool {
        self.compare(place, item, |new, old| new.has_like_text(old) == Some(false))
            .unwrap_or(false)
    }

    fn compare<T>(
        &self,
        place: usize,
        item: ItemNumber,
        with: impl Fn(&Wording, &Wording) -> T,
    ) -> Option<T> {
        self.asked.borrow_mut().insert(item);
        let known = self.texts.get(&item)?;
        let old = Wording::new(&known.title, &known.text);
        Some(with(self.document.wording(place)?, &old))
    }

    /// This item, changed or not.
    fn known_item(&self, place: usize, item: ItemNumber, why: &'static str) -> Option<Decision> {
        let own = self.document.keys.get(place)?;
        let of_item = |key: Option<Key>| {
            let key = key?;
            let link = self.links.get(&key).filter(|link| link.item == item)?;
            Some((key, link))
        };
        let ours: Vec<(Key, &KnownLink)> = [own.guid, own.place, own.written, Some(own.digest)]
            .into_iter()
            .filter_map(of_item)
            .collect();
        if ours.iter().any(|(_, link)| link.digest == own.fingerprint) {
            return Some(Decision::known(item, why));
        }
        let text = self.document.text(place)?;
        let has_new_title = !ours.iter().any(|(_, link)| has_title(link, own));
        let has_new_text = !ours.iter().any(|(_, link)| link.texts.contains(&text));
        let newest =
            |link: &&KnownLink| link.texts.last() == Some(&text) && link.titles.last() == Some(&own.title);
        let what = match (has_new_title, has_new_text) {
            (true, true) => "its title and text changed",
            (true, false) => "its title changed",
            (false, true) => "its text changed",
            (false, false) if ours.iter().any(|(_, link)| newest(link)) => {
                "only its link, markup, pictures, tags or counters changed"
            }
            (false, false) => "an earlier wording came back",
        };
        let known = ours.first().map(|&(_, link)| link);
        let mut links: Vec<(Key, KnownLink)> = ours
            .iter()
            .map(|&(key, link)| (key, after(Some(link), item, own, text)))
            .collect();
        // It moved: the new address is its own from now on, unless that is somebody's already.
        if !self.document.shares_place(own) {
            let unknown = [own.place, own.address].into_iter().flatten();
            let unknown = unknown.filter(|key| !self.links.contains_key(key));
            links.extend(unknown.map(|key| (key, after(known, item, own, text))));
        }
        Some(Decision {
            verdict: Verdict::Update {
                item,
                is_telling: has_new_title || has_new_text,
            },
            reason: Reason::new(format!("{why}; {what}")),
            own_id_is_taken: false,
            rests_on: links.iter().map(|&(key, _)| key).collect(),
            links,
        })
    }

    /// Another source's item, which this source lists too.
    fn duplicate(&self, place: usize, item: ItemNumber, why: &'static str) -> Option<Decision> {
        let own = self.document.keys.get(place)?;
        let text = self.document.text(place)?;
        let mut links = Vec::new();
        for key in [own.guid, own.place, own.address, own.global]
            .into_iter()
            .flatten()
        {
            let before = self.links.get(&key);
            let is_shared_by_us = if own.place == Some(key) || own.address == Some(key) {
                self.document.shares_place(own)
            } else {
                self.document.shares_guid(own)
            };
            let is_its = before.is_none_or(|link| link.item == item && !has_title(link, own));
            if is_its && !is_shared_by_us {
                links.push((key, after(before, item, own, text)));
            }
        }
        if !links
            .iter()
            .any(|(key, _)| own.guid == Some(*key) || own.place == Some(*key))
        {
            links.push((own.digest, after(None, item, own, text)));
        }
        Some(Decision {
            verdict: Verdict::Duplicate(item),
            reason: Reason::new(why),
            own_id_is_taken: false,
            rests_on: self.looked_at(own, &links),
            links,
        })
    }

    /// An item of its own.
    fn new_item(&self, place: usize, claims: &mut Claims, why: &'static str) -> Option<Decision> {
        let own = self.document.keys.get(place)?;
        let text = self.document.text(place)?;
        let mut is_free = |key: &Key| !self.links.contains_key(key) && claims.ids.insert(*key);
        let guid = own.guid.filter(&mut is_free);
        let global = own.global.filter(&mut is_free);
        let own_id_is_taken =
            (own.guid.is_some() && guid.is_none()) || (own.global.is_some() && global.is_none());
        let shares_place = self.document.shares_place(own);
        let page = own.place.filter(|_| !shares_place).filter(&mut is_free);
        let written = own.written.filter(|_| !shares_place).filter(&mut is_free);
        let address = own.address.filter(|_| !shares_place).filter(&mut is_free);
        // What neither guid nor address will find again is found by its words.
        let is_found_by_guid = guid.is_some() && !self.document.shares_guid(own);
        let words = (!is_found_by_guid && page.is_none()).then_some(own.digest);
        let link = after(None, ItemNumber::default(), own, text);
        let keys = [guid, page, written, address, global, words]
            .into_iter()
            .flatten();
        let links: Vec<(Key, KnownLink)> = keys.map(|key| (key, link.clone())).collect();
        Some(Decision {
            verdict: Verdict::New,
            reason: Reason::new(why),
            own_id_is_taken,
            rests_on: self.looked_at(own, &links),
            links,
        })
    }

    /// The keys whose state the verdict rests on: those that name the entry, and those to be written.
    fn looked_at(&self, own: &Keys, links: &[(Key, KnownLink)]) -> Vec<Key> {
        let named = [own.guid, own.place, own.written, own.address, own.global]
            .into_iter()
            .flatten();
        let mut keys: Vec<Key> = named.chain(links.iter().map(|&(key, _)| key)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

impl Decision {
    fn known(item: ItemNumber, why: &'static str) -> Self {
        Self {
            verdict: Verdict::Known(item),
            reason: Reason::new(format!("{why}; nothing changed")),
            own_id_is_taken: false,
            links: Vec::new(),
            rests_on: Vec::new(),
        }
    }
}

fn same_as(earlier: usize) -> Decision {
    Decision {
        verdict: Verdict::SameAs(earlier),
        reason: Reason::new("the document lists it twice"),
        own_id_is_taken: false,
        links: Vec::new(),
        rests_on: Vec::new(),
    }
}
