//! Whether what is stored fits together, and how it is put right: items, what identifies them, their stories, the
//! lists they stand in, and what is remembered of their words.
//!
//! What is damaged in the store's files is found and mended by the store itself; here is what could be wrong in
//! records that are whole.

use super::recall::Recall;
use super::reprints::rewrite;
use super::word::keys_of_copy;
use crate::identify;
use crate::model::word::Text;
use crate::model::{Carrier, Entry, Item, ItemNumber, Key, KnownLink, StoryId, Timestamp};
use crate::store::{Changes, Channel, Cursor, Error, LinkChange, Listing, Store, StoredItem, Target};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Items read at once.
const PAGE: usize = 256;

/// Of each kind of fault so many are told one by one.
const TOLD: usize = 20;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Items looked at.
    pub items: usize,
    /// Lines of lists looked at.
    pub lines: usize,
    /// Faults, at most twenty of each kind told, in words.
    pub faults: Vec<String>,
    /// All of them.
    pub count: usize,
    /// Items whose identity, and items whose story, was put right.
    pub repaired: (usize, usize),
    /// Faults that cannot be put right here.
    pub left: usize,
    /// To be published anew.
    pub touched: Vec<Channel>,
}

/// Looks at every item, and puts right what can be when that is asked for. `progress` is told how many of how many
/// items are done.
pub async fn verify(
    store: &dyn Store,
    recall: &Recall,
    is_repairing: bool,
    now: Timestamp,
    progress: &(dyn Fn(usize, usize) + Send + Sync),
) -> Result<Verified, Error> {
    let mut check = Check::default();
    let of = usize::try_from(store.figures().await?.items).unwrap_or(usize::MAX);
    let mut before = None;
    loop {
        let lines = store.list(&Channel::River, before, PAGE).await?;
        let numbers: Vec<ItemNumber> = lines.iter().map(|line| line.number).collect();
        let items = store.items(&numbers).await?;
        let mut links = Vec::new();
        for (line, stored) in lines.iter().zip(items) {
            match stored {
                Some(stored) => links.extend(check.item(store, line, &stored).await?),
                None => check.fault(
                    "item",
                    false,
                    format!("item {} stands in the river and is not there", line.number.0),
                ),
            }
        }
        if is_repairing && !links.is_empty() {
            check.verified.repaired.0 += links
                .iter()
                .map(|link| link.target)
                .collect::<std::collections::HashSet<_>>()
                .len();
            let changes = Changes {
                at: now,
                links,
                ..Changes::default()
            };
            store.commit(changes).await?;
        }
        progress(check.verified.items, of);
        before = lines.last().map(Listing::cursor);
        if lines.len() < PAGE {
            break;
        }
    }
    check.stories(store, is_repairing, now).await?;
    check.lists(store).await?;
    if let Err(words) = recall.check() {
        check.fault("memory", is_repairing, words);
    }
    if is_repairing {
        // All of it follows from the items: made anew, it is right.
        recall.remake(store).await?;
    }
    Ok(check.verified)
}

#[derive(Default)]
struct Check {
    verified: Verified,
    of_kind: HashMap<&'static str, usize>,
    /// The items of each story: which, whether it says that others tell it, whether several carry it.
    stories: BTreeMap<StoryId, Vec<(ItemNumber, bool, bool)>>,
    /// What each list must hold.
    lists: BTreeMap<Channel, BTreeSet<Cursor>>,
}

impl Check {
    fn fault(&mut self, kind: &'static str, is_mended: bool, words: String) {
        self.verified.count += 1;
        self.verified.left += usize::from(!is_mended);
        let told = self.of_kind.entry(kind).or_default();
        *told += 1;
        if *told <= TOLD {
            self.verified.faults.push(words);
        }
    }

    /// What is missing of an item's identity.
    async fn item(
        &mut self,
        store: &dyn Store,
        line: &Listing,
        stored: &StoredItem,
    ) -> Result<Vec<LinkChange>, Error> {
        self.verified.items += 1;
        let item = &stored.item;
        if (line.version, line.surfaced) != (stored.version, item.surfaced) {
            self.fault(
                "line",
                false,
                format!("the river's line of {} is of another version", item.id),
            );
        }
        for channel in Channel::of(item) {
            self.lists.entry(channel).or_default().insert(line.cursor());
        }
        if let Some(story) = &item.story {
            let entry = (stored.number, item.is_shared, item.carriers.len() > 1);
            self.stories.entry(story.id).or_default().push(entry);
        }
        let wanted = wanted(item);
        let keys: Vec<Key> = wanted.iter().map(|(key, _)| *key).collect();
        let known = store.known(&keys).await?;
        let mut missing = Vec::new();
        for ((key, link), known) in wanted.into_iter().zip(known) {
            // A guid may have gone over to another item; what nobody knows would come back as new.
            if known.is_none() {
                missing.push(LinkChange {
                    key,
                    target: Target::Known(stored.number),
                    link,
                });
            }
        }
        if !missing.is_empty() {
            let words = format!(
                "{} is not known by {} of its keys: it would come back as new",
                item.id,
                missing.len()
            );
            self.fault("identity", true, words);
        }
        Ok(missing)
    }

    async fn stories(&mut self, store: &dyn Store, is_repairing: bool, now: Timestamp) -> Result<(), Error> {
        let mut shared = Vec::new();
        for (story, items) in std::mem::take(&mut self.stories) {
            for (number, is_shared, is_carried) in &items {
                // The other way round is well: those who told it too may have left.
                if (items.len() > 1 || *is_carried) && !is_shared {
                    let words = format!(
                        "others tell the story {story} of item {}, and it does not know",
                        number.0
                    );
                    self.fault("story", true, words);
                    shared.push(*number);
                }
            }
        }
        if is_repairing && !shared.is_empty() {
            self.verified.repaired.1 = shared.len();
            for numbers in shared.chunks(PAGE) {
                let touched = rewrite(store, numbers, now, |item| item.is_shared = true).await?;
                self.verified.touched.extend(touched);
            }
            // Those that moved stand in other lists now.
            self.lists
                .retain(|channel, _| !matches!(channel, Channel::Shared | Channel::Story(_)));
        }
        Ok(())
    }

    async fn lists(&mut self, store: &dyn Store) -> Result<(), Error> {
        for (channel, mut wanted) in std::mem::take(&mut self.lists) {
            let mut before = None;
            loop {
                let lines = store.list(&channel, before, PAGE).await?;
                self.verified.lines += lines.len();
                for line in &lines {
                    let is_expected = wanted.remove(&line.cursor()) || channel == Channel::River;
                    if !is_expected && !is_in(store, line.number, &channel).await? {
                        let words = format!("{channel:?} lists item {}, which is not in it", line.number.0);
                        self.fault("list", false, words);
                    }
                }
                before = lines.last().map(Listing::cursor);
                if lines.len() < PAGE {
                    break;
                }
            }
            for cursor in wanted {
                if is_in(store, cursor.number, &channel).await? {
                    let number = cursor.number.0;
                    let words = format!("{channel:?} does not list item {number}, which is in it");
                    self.fault("list", false, words);
                }
            }
        }
        Ok(())
    }
}

/// An item belongs into a list now: polls go on meanwhile.
async fn is_in(store: &dyn Store, number: ItemNumber, channel: &Channel) -> Result<bool, Error> {
    let stored = store.items(&[number]).await?.into_iter().flatten().next();
    Ok(stored.is_some_and(|stored| Channel::of(&stored.item).contains(channel)))
}

/// The keys by which an item must be known, with what would be remembered under each.
fn wanted(item: &Item) -> Vec<(Key, KnownLink)> {
    let entry = |carrier: &Carrier| Entry {
        guid: carrier.guid.clone(),
        link: carrier.link.clone(),
        title: Some(item.title.clone()),
        content: item.content.clone(),
        summary: item.summary.clone(),
        ..Entry::default()
    };
    let mut wanted = vec![(identify::key_of_id(&item.id), KnownLink::default())];
    for carrier in &item.carriers {
        let keys = identify::keys(carrier.source, &entry(carrier));
        let link = KnownLink {
            digest: keys.fingerprint,
            link: keys.link,
            titles: vec![keys.title],
            ..KnownLink::default()
        };
        let copy = Text {
            source: carrier.source,
            guid: carrier.guid.clone(),
            link: carrier.link.clone(),
            ..Text::default()
        };
        wanted.extend(keys_of_copy(&copy).into_iter().map(|key| (key, link.clone())));
    }
    wanted
}
