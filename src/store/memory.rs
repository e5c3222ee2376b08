//! The store that forgets: everything in maps, nothing on disk.
//!
//! It is the plain telling of what a store owes, written apart from the durable one, which the property tests
//! hold against it. `newsriver` itself uses it where nothing is to be kept.

use super::naming::Roll;
use super::turns::Turns;
use super::{
    Changes, Channel, Cursor, Error, Figures, Housekept, Keep, Listing, Note, Receipt, Registered,
    SourceClaim, Stamp, Store, StoreIdentity, StoredItem, Target, placing,
};
use crate::model::{Item, ItemNumber, Key, KnownLink, Month, SourceId, SourceState, Timestamp};
use async_trait::async_trait;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    identity: StoreIdentity,
    shelves: Mutex<Shelves>,
}

#[derive(Debug, Default)]
struct Shelves {
    roll: Roll,
    turns: Turns,
    states: HashMap<SourceId, SourceState>,
    listed: BTreeMap<SourceId, Vec<ItemNumber>>,
    links: HashMap<Key, KnownLink>,
    items: BTreeMap<ItemNumber, StoredItem>,
    lists: BTreeMap<Channel, BTreeMap<(Reverse<Timestamp>, ItemNumber), Listing>>,
    left: BTreeMap<ItemNumber, Timestamp>,
    stamps: BTreeMap<String, Stamp>,
    notes: BTreeMap<String, Note>,
    allocated: u64,
}

impl MemoryStore {
    /// An empty store whose `tag:` ids are `authority`'s as of `now`.
    pub fn new(authority: &str, now: Timestamp) -> Self {
        Self {
            identity: StoreIdentity::new(authority, now),
            shelves: Mutex::default(),
        }
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn identity(&self) -> &StoreIdentity {
        &self.identity
    }

    async fn register(&self, claims: Vec<SourceClaim>, now: Timestamp) -> Result<Vec<Registered>, Error> {
        let mut shelves = self.shelves();
        let held = shelves.held();
        let registered = shelves.roll.register(&claims);
        shelves.age(&held, now);
        let polled: Vec<SourceId> = shelves.roll.polled().collect();
        shelves.turns.set_polled(polled);
        Ok(registered)
    }

    async fn sources(&self) -> Result<Vec<Registered>, Error> {
        let shelves = self.shelves();
        Ok(shelves
            .roll
            .iter()
            .map(|enrolled| enrolled.registered.clone())
            .collect())
    }

    async fn state(&self, source: SourceId) -> Result<Arc<SourceState>, Error> {
        let shelves = self.shelves();
        let mut state = shelves.states.get(&source).cloned().unwrap_or_default();
        state.listed = shelves.listed.get(&source).cloned().unwrap_or_default();
        Ok(Arc::new(state))
    }

    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<SourceId>, Error> {
        Ok(self.shelves().turns.take(now, lease, limit))
    }

    async fn known(&self, keys: &[Key]) -> Result<Vec<Option<KnownLink>>, Error> {
        let shelves = self.shelves();
        Ok(keys.iter().map(|key| shelves.links.get(key).cloned()).collect())
    }

    async fn commit(&self, changes: Changes) -> Result<Receipt, Error> {
        self.shelves().commit(changes)
    }

    async fn list(
        &self,
        channel: &Channel,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Listing>, Error> {
        let shelves = self.shelves();
        let lines = shelves.lists.get(channel).into_iter().flatten();
        let is_after = |line: &Listing| match before {
            None => true,
            Some(before) => (Reverse(line.surfaced), line.number) > (Reverse(before.surfaced), before.number),
        };
        Ok(lines
            .map(|(_, line)| *line)
            .filter(is_after)
            .take(limit)
            .collect())
    }

    async fn newer(&self, channel: &Channel, than: Cursor, limit: usize) -> Result<Vec<Listing>, Error> {
        let shelves = self.shelves();
        let lines = shelves.lists.get(channel).into_iter();
        let before = (Reverse(than.surfaced), than.number);
        Ok(lines
            .flat_map(|lines| lines.range(..before).rev())
            .map(|(_, line)| *line)
            .take(limit)
            .collect())
    }

    async fn items(&self, numbers: &[ItemNumber]) -> Result<Vec<Option<StoredItem>>, Error> {
        let shelves = self.shelves();
        Ok(numbers
            .iter()
            .map(|number| shelves.items.get(number).cloned())
            .collect())
    }

    async fn stamps(&self) -> Result<Vec<Stamp>, Error> {
        Ok(self.shelves().stamps.values().cloned().collect())
    }

    async fn stamp(&self, stamps: Vec<Stamp>) -> Result<(), Error> {
        let mut shelves = self.shelves();
        for stamp in stamps {
            shelves.stamps.insert(stamp.path.clone(), stamp);
        }
        Ok(())
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<Note>, Error> {
        let shelves = self.shelves();
        let notes = shelves.notes.values();
        Ok(notes
            .filter(|note| note.name.starts_with(prefix))
            .cloned()
            .collect())
    }

    async fn note(&self, notes: Vec<Note>) -> Result<(), Error> {
        let mut shelves = self.shelves();
        for note in notes {
            if note.bytes.is_empty() {
                shelves.notes.remove(&note.name);
            } else {
                shelves.notes.insert(note.name.clone(), note);
            }
        }
        Ok(())
    }

    async fn housekeep(&self, keep: Keep, now: Timestamp) -> Result<Housekept, Error> {
        Ok(self.shelves().housekeep(keep, now))
    }

    async fn figures(&self) -> Result<Figures, Error> {
        let shelves = self.shelves();
        let items = shelves.items.len() as u64;
        Ok(Figures {
            items,
            tombstones: shelves.allocated.saturating_sub(items),
            ..Figures::default()
        })
    }

    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl Shelves {
    fn commit(&mut self, changes: Changes) -> Result<Receipt, Error> {
        self.check(&changes)?;
        let held = self.held();
        let mut receipt = Receipt::default();
        let mut touched = BTreeSet::new();
        for item in changes.new_items {
            self.allocated += 1;
            let number = ItemNumber(self.allocated);
            receipt.numbers.push(number);
            touched.extend(self.place(number, 1, item));
        }
        let edits: BTreeMap<ItemNumber, Item> = changes
            .edits
            .into_iter()
            .map(|edit| (edit.number, edit.item))
            .collect();
        for (number, item) in edits {
            touched.extend(self.edit(number, item));
        }
        let number_of = |target: Target| match target {
            Target::Known(number) => Some(number),
            Target::New(index) => receipt.numbers.get(index).copied(),
        };
        for change in changes.links {
            if let Some(item) = number_of(change.target) {
                self.links.insert(change.key, KnownLink { item, ..change.link });
            }
        }
        if let Some(targets) = changes.listed {
            let mut seen = HashSet::new();
            let numbers = targets.into_iter().filter_map(number_of);
            let list = numbers.filter(|number| seen.insert(*number)).collect();
            self.listed.insert(changes.source, list);
        }
        if let Some(state) = changes.state {
            self.turns.set_state(changes.source, &state);
            self.states.insert(changes.source, state);
        }
        self.age_with(&held, &receipt.numbers, changes.at);
        self.turns.release(changes.source);
        receipt.touched = touched.into_iter().collect();
        Ok(receipt)
    }

    fn check(&self, changes: &Changes) -> Result<(), Error> {
        let rests = changes
            .rests_on
            .iter()
            .all(|(key, link)| self.links.get(key) == link.as_ref());
        let current = changes.edits.iter().all(|edit| {
            self.items
                .get(&edit.number)
                .is_some_and(|stored| stored.version == edit.version)
        });
        if rests && current {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    fn place(&mut self, number: ItemNumber, version: u64, item: Item) -> BTreeSet<Channel> {
        let line = Listing {
            number,
            surfaced: item.surfaced,
            first_seen: item.first_seen,
            is_backlog: item.is_backlog,
            version,
        };
        let channels = placing::channels(&item);
        for channel in &channels {
            let list = self.lists.entry(channel.clone()).or_default();
            list.insert((Reverse(item.surfaced), number), line);
        }
        let stored = StoredItem {
            number,
            version,
            item: Arc::new(item),
        };
        self.items.insert(number, stored);
        channels
    }

    fn displace(&mut self, number: ItemNumber) -> BTreeSet<Channel> {
        let Some(stored) = self.items.remove(&number) else {
            return BTreeSet::new();
        };
        let channels = placing::channels(&stored.item);
        for channel in &channels {
            if let Some(list) = self.lists.get_mut(channel) {
                list.remove(&(Reverse(stored.item.surfaced), number));
            }
        }
        channels
    }

    fn edit(&mut self, number: ItemNumber, mut item: Item) -> BTreeSet<Channel> {
        let Some(old) = self.items.get(&number).cloned() else {
            return BTreeSet::new();
        };
        item.surfaced = old.item.surfaced;
        if item == *old.item {
            return BTreeSet::new();
        }
        let mut touched = self.displace(number);
        touched.extend(self.place(number, old.version + 1, item));
        touched
    }

    /// What some active source lists.
    fn held(&self) -> HashSet<ItemNumber> {
        let active = self
            .listed
            .iter()
            .filter(|(source, _)| self.roll.is_active(**source));
        active.flat_map(|(_, list)| list.iter().copied()).collect()
    }

    /// Items that were held and are not any more begin to age; those held again stop.
    fn age(&mut self, held_before: &HashSet<ItemNumber>, now: Timestamp) {
        self.age_with(held_before, &[], now);
    }

    fn age_with(&mut self, held_before: &HashSet<ItemNumber>, new: &[ItemNumber], now: Timestamp) {
        let held = self.held();
        for number in held_before.iter().chain(new) {
            if !held.contains(number) && self.items.contains_key(number) {
                self.left.insert(*number, now);
            }
        }
        for number in &held {
            self.left.remove(number);
        }
    }

    fn housekeep(&mut self, keep: Keep, now: Timestamp) -> Housekept {
        let deadline = now.minus(keep.retention);
        let mut aged: BTreeMap<ItemNumber, Month> = BTreeMap::new();
        let mut unripe: BTreeSet<Month> = BTreeSet::new();
        for (number, left) in &self.left {
            let Some(month) = self
                .items
                .get(number)
                .map(|stored| Month::of(stored.item.surfaced))
            else {
                continue;
            };
            if *left <= deadline {
                aged.insert(*number, month);
            } else if month < Month::of(now) {
                unripe.insert(month);
            }
        }
        aged.retain(|_, month| !unripe.contains(month));
        let mut leaving: Vec<ItemNumber> = aged.into_keys().collect();
        let mut touched = BTreeSet::new();
        let mut purged = 0;
        loop {
            for number in leaving.drain(..) {
                purged += 1;
                self.left.remove(&number);
                touched.extend(self.displace(number));
            }
            if self.bytes() <= keep.max_size_bytes {
                break;
            }
            let oldest = self
                .lists
                .get(&Channel::River)
                .and_then(|list| list.keys().next_back());
            match oldest {
                Some((_, number)) => leaving.push(*number),
                None => break,
            }
        }
        Housekept {
            purged,
            touched: touched.into_iter().collect(),
            compacted: false,
        }
    }

    fn bytes(&self) -> u64 {
        let texts = self.items.values().map(|stored| {
            let item = &stored.item;
            let parts = [
                item.content.as_deref(),
                item.summary.as_deref(),
                Some(item.title.as_str()),
            ];
            parts.into_iter().flatten().map(str::len).sum::<usize>() as u64
        });
        texts.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_does_what_any_store_owes() {
        crate::store::contract::hold(|| async {
            Arc::new(MemoryStore::new("example.org", Timestamp::default())) as Arc<dyn Store>
        })
        .await;
    }
}
