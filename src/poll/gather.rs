//! From verdicts to one `Changes`: what becomes an item, what changes one, what is only remembered.

mod sorting;
mod text;

use super::outcome::Arrived;
use super::reprints::Told;
use super::{Document, lead};
use crate::categorize::Categorizer;
use crate::identify::{self, Decision, Keys, Verdict};
use crate::model::{
    Carrier, Dropped, Entry, Extras, Item, ItemNumber, Key, KnownLink, MOST_SURFACED_BEFORE, Origin, Reason,
    Source, SourceId, SourceState, Timestamp,
};
use crate::store::{Changes, Edit, LinkChange, StoreIdentity, StoredItem, Target};
use crate::text::outlet;
use sorting::sort;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use text::Text;

/// How long before the source's previous successful poll a date may lie and still order the item (DESIGN: Order).
const PLAUSIBLE_BEFORE: Duration = Duration::from_secs(3600);

/// The stored items that the verdicts change, by number.
pub(super) type Stored = HashMap<ItemNumber, StoredItem>;

/// The items whose present form the changes are made from.
pub(super) fn numbers_to_edit(decisions: &[Decision]) -> Vec<ItemNumber> {
    let mut numbers: Vec<_> = decisions
        .iter()
        .filter_map(|decision| match decision.verdict {
            Verdict::Update { item, .. } | Verdict::Duplicate(item) => Some(item),
            Verdict::New | Verdict::Known(_) | Verdict::SameAs(_) => None,
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Everything the gathering of one document's changes rests on.
pub(super) struct Gathering {
    pub(super) source: Source,
    pub(super) state: SourceState,
    pub(super) document: Arc<Document>,
    pub(super) decisions: Vec<Decision>,
    pub(super) known: HashMap<Key, KnownLink>,
    pub(super) stored: Stored,
    pub(super) categorizer: Arc<Categorizer>,
    pub(super) identity: StoreIdentity,
    /// The stories of the new items, by the place of the entry.
    pub(super) stories: HashMap<usize, Told>,
    pub(super) priorities: Arc<HashMap<SourceId, usize>>,
    pub(super) now: Timestamp,
}

/// The changes, and how many items they alter.
pub(super) struct Gathered {
    pub(super) changes: Changes,
    pub(super) updated: usize,
    pub(super) arrived: Arrived,
    /// The entries that filters kept out, with their places in the document.
    pub(super) dropped: Vec<(usize, Dropped)>,
    /// The items that get another text.
    pub(super) reworded: Vec<ItemNumber>,
}

impl Gathered {
    /// The outcome in words: `25 entries, 3 new, 1 updated`.
    pub(super) fn words(&self, document: &Document) -> String {
        let new = self.changes.new_items.len();
        let mut words = format!(
            "{} entries, {new} new, {} updated",
            document.feed.entries.len(),
            self.updated
        );
        if !self.dropped.is_empty() {
            words.push_str(&format!(", {} dropped", self.dropped.len()));
        }
        if !document.quirks.is_empty() {
            words.push_str(&format!(", {} quirks", document.quirks.len()));
        }
        words
    }
}

impl Gathering {
    /// Nothing to sanitize: no verdict makes or alters an item.
    pub(super) fn is_at_rest(&self) -> bool {
        self.decisions
            .iter()
            .all(|decision| matches!(decision.verdict, Verdict::Known(_) | Verdict::SameAs(_)))
    }

    /// An item of this document is one that the source listed last time; any will do where it never listed one.
    fn is_in_common(&self, targets: &[Target]) -> bool {
        let before: HashSet<ItemNumber> = self.state.listed.iter().copied().collect();
        if before.is_empty() && self.state.items_total == 0 {
            return !targets.is_empty();
        }
        targets
            .iter()
            .any(|target| matches!(target, Target::Known(item) if before.contains(item)))
    }

    /// Puts the verdicts into one `Changes`.
    pub(super) fn gather(self) -> Gathered {
        let mut collector = Collector {
            gathering: &self,
            changes: Changes::default(),
            edits: HashMap::new(),
            order: Vec::new(),
            updated: 0,
            targets: Vec::new(),
            arrivals: Vec::new(),
            dropped: Vec::new(),
        };
        let document = Arc::clone(&self.document);
        let entries = document
            .feed
            .entries
            .iter()
            .zip(&document.keys)
            .zip(&self.decisions);
        for (place, ((entry, keys), decision)) in entries.enumerate() {
            collector.take(place, entry, keys, decision);
        }
        collector.finish()
    }
}

struct Collector<'a> {
    gathering: &'a Gathering,
    changes: Changes,
    edits: HashMap<ItemNumber, Edit>,
    order: Vec<ItemNumber>,
    updated: usize,
    arrivals: Vec<Timestamp>,
    /// Of each entry its item; none for one that is kept out.
    targets: Vec<Option<Target>>,
    dropped: Vec<(usize, Dropped)>,
}

impl Collector<'_> {
    fn take(&mut self, place: usize, entry: &Entry, keys: &Keys, decision: &Decision) {
        if matches!(decision.verdict, Verdict::New | Verdict::Duplicate(_)) {
            let Gathering { state, now, .. } = self.gathering;
            self.arrivals.push(surfaced(entry, state, *now));
        }
        let target = match decision.verdict {
            Verdict::New => {
                let text = Text::of(entry);
                let title = text.title(entry);
                if let Some(reason) = self.refusal(entry, &title, &text.plain) {
                    self.keep_out(place, entry, title, reason);
                    return;
                }
                let mut item = self.new_item(entry, keys, decision, (title, text));
                if let Some(told) = self.gathering.stories.get(&place) {
                    item.story = Some(told.story.clone());
                    item.is_shared = told.is_shared;
                }
                let target = Target::New(self.changes.new_items.len());
                let own = identify::key_of_id(&item.id);
                let link = KnownLink {
                    digest: keys.fingerprint,
                    link: keys.link,
                    titles: vec![keys.title],
                    ..KnownLink::default()
                };
                self.remember(own, target, link);
                self.changes.new_items.push(item);
                target
            }
            Verdict::Known(number) => Target::Known(number),
            Verdict::Update { item, is_telling } => {
                self.update(item, entry, is_telling);
                Target::Known(item)
            }
            Verdict::Duplicate(number) => {
                self.carry(number, entry, keys, decision);
                Target::Known(number)
            }
            // A later entry of the document with an earlier one's identity tells nothing of its own.
            Verdict::SameAs(earlier) => match self.targets.get(earlier) {
                Some(Some(target)) => *target,
                Some(None) | None => {
                    self.targets.push(None);
                    return;
                }
            },
        };
        self.targets.push(Some(target));
        for (key, link) in &decision.links {
            self.remember(*key, target, link.clone());
        }
        for key in &decision.rests_on {
            self.changes
                .rests_on
                .push((*key, self.gathering.known.get(key).cloned()));
        }
    }

    /// Remembers a link, unless it is known just so already.
    fn remember(&mut self, key: Key, target: Target, link: KnownLink) {
        if let Target::Known(item) = target
            && self.gathering.known.get(&key) == Some(&KnownLink { item, ..link.clone() })
        {
            return;
        }
        self.changes.links.push(LinkChange { key, target, link });
    }

    fn new_item(
        &self,
        entry: &Entry,
        keys: &Keys,
        decision: &Decision,
        (title, text): (String, Text),
    ) -> Item {
        let Gathering {
            source, state, now, ..
        } = self.gathering;
        let published = entry.published.map(|published| published.min(*now));
        let labels = self.labels(entry, &title, &text.plain);
        let head = self.gathering.document.head();
        let carrier = self.carrier(entry, decision.reason.clone());
        Item {
            id: self.id(entry, keys, decision),
            title,
            link: entry.link.clone(),
            links: entry.links.clone(),
            origin: entry.origin.clone().unwrap_or_else(|| Origin {
                title: head.title.clone(),
                id: head.id.clone(),
                link: head.link.clone(),
                feed_url: Some(source.url.clone()),
            }),
            published,
            updated: entry
                .updated
                .filter(|updated| updated <= now)
                .max(published)
                .unwrap_or(*now),
            first_seen: *now,
            surfaced: surfaced(entry, state, *now),
            is_backlog: state.first_success.is_none(),
            authors: if entry.authors.is_empty() {
                head.authors
            } else {
                entry.authors.clone()
            },
            tags: entry.tags.clone(),
            labels,
            summary: text.summary,
            content: text.content,
            enclosures: entry.enclosures.clone(),
            image: entry.image.clone(),
            language: entry
                .language
                .clone()
                .or_else(|| source.language.clone())
                .or(head.language),
            comments: entry.comments.clone(),
            rights: entry.rights.clone().or(head.rights),
            extras: extras(entry, &head.licenses),
            carriers: vec![carrier],
            story: None,
            reason: decision.reason.clone(),
            is_shared: false,
            is_filed: false,
            outlet: outlet::of(&text.plain),
        }
    }

    /// Its own id where that means the same everywhere, else a `tag:` of ours from what identifies it.
    fn id(&self, entry: &Entry, keys: &Keys, decision: &Decision) -> String {
        let own = entry.guid.as_deref().filter(|_| keys.global.is_some());
        if let Some(own) = own.filter(|_| !decision.own_id_is_taken) {
            return own.to_owned();
        }
        // A guid is the source's own, an address everybody's: either makes an id as long as it is this item's alone.
        // Feeds that link all their items to one page are not rare.
        let is_its = |key: &Key| decision.links.iter().any(|(its, _)| its == key);
        let its = keys.guid.or(keys.address).filter(is_its);
        let specific = match its.filter(|_| !decision.own_id_is_taken) {
            Some(key) => format!("item/{:032x}", key.0),
            None => format!("item/{:032x}/{:016x}", keys.digest.0, keys.fingerprint),
        };
        self.gathering.identity.tag(&specific)
    }

    fn carrier(&self, entry: &Entry, reason: Reason) -> Carrier {
        Carrier {
            source: self.gathering.source.id,
            guid: entry.guid.clone(),
            link: entry.link.clone(),
            first_seen: self.gathering.now,
            reason,
        }
    }

    /// The entry's text stands for the item only when its source leads: else two sources would write to and fro.
    fn update(&mut self, number: ItemNumber, entry: &Entry, is_telling: bool) {
        let source = self.gathering.source.id;
        let now = self.gathering.now;
        let text = Text::of(entry);
        let title = text.title(entry);
        let labels = self.labels(entry, &title, &text.plain);
        let extras = extras(entry, &self.gathering.document.feed.licenses);
        let Some(edit) = self.edit(number) else { return };
        let item = &mut edit.item;
        if item
            .carriers
            .first()
            .is_none_or(|leading| leading.source != source)
        {
            return;
        }
        item.title = title;
        item.link = entry.link.clone().or_else(|| item.link.take());
        item.links.clone_from(&entry.links);
        item.summary = text.summary;
        item.content = text.content;
        item.tags.clone_from(&entry.tags);
        item.enclosures.clone_from(&entry.enclosures);
        item.image.clone_from(&entry.image);
        item.extras = extras;
        item.outlet = outlet::of(&text.plain);
        if !entry.authors.is_empty() {
            item.authors.clone_from(&entry.authors);
        }
        sort(item, labels);
        if is_telling {
            let said = entry
                .updated
                .filter(|updated| *updated <= now && *updated > item.updated);
            item.updated = said.unwrap_or(now);
        }
        self.updated += 1;
    }

    /// Another source carries the item: it is remembered, its categories hold besides, and its copy may lead.
    fn carry(&mut self, number: ItemNumber, entry: &Entry, keys: &Keys, decision: &Decision) {
        let text = Text::of(entry);
        let title = text.title(entry);
        let mut copy = self.new_item(entry, keys, decision, (title, text));
        let source = self.gathering.source.id;
        let priorities = Arc::clone(&self.gathering.priorities);
        let Some(edit) = self.edit(number) else { return };
        if edit.item.carriers.iter().any(|known| known.source == source) {
            return;
        }
        if copy.is_backlog {
            // What a new source told days ago it did not tell now; but a copy is younger than what it repeats.
            let seen = edit.item.carriers.iter().map(|carrier| carrier.first_seen);
            let original = seen.min().unwrap_or_default().plus(Duration::from_millis(1));
            for carrier in &mut copy.carriers {
                carrier.first_seen = copy.surfaced.max(original);
            }
        }
        sort(&mut edit.item, copy.labels.clone());
        edit.item.is_shared = true;
        if lead::takes_the_lead(&edit.item, &copy, &priorities) {
            edit.item = lead::led_by(std::mem::take(&mut edit.item), copy);
        } else {
            edit.item.carriers.extend(copy.carriers);
        }
    }

    /// The item's edit, begun from its stored form; none when it was purged.
    fn edit(&mut self, number: ItemNumber) -> Option<&mut Edit> {
        if !self.edits.contains_key(&number) {
            let stored = self.gathering.stored.get(&number)?;
            let item = Item::clone(&stored.item);
            self.edits.insert(
                number,
                Edit {
                    number,
                    version: stored.version,
                    item,
                },
            );
            self.order.push(number);
        }
        self.edits.get_mut(&number)
    }

    fn finish(mut self) -> Gathered {
        let stored = &self.gathering.stored;
        let mut reworded = Vec::new();
        for number in self.order {
            let Some(edit) = self.edits.remove(&number) else {
                continue;
            };
            let has_its_text =
                |old: &Item| old.content == edit.item.content && old.summary == edit.item.summary;
            if !stored
                .get(&number)
                .is_some_and(|stored| has_its_text(&stored.item))
            {
                reworded.push(number);
            }
            if stored.get(&number).is_none_or(|stored| *stored.item != edit.item) {
                self.changes.edits.push(edit);
            }
        }
        let mut seen = HashSet::new();
        let mut listed: Vec<Target> = self.targets.into_iter().flatten().collect();
        listed.retain(|target| seen.insert(*target));
        let arrived = Arrived {
            new: self.changes.new_items.len(),
            times: self.arrivals,
            is_in_common: self.gathering.is_in_common(&listed),
        };
        self.changes.listed = Some(listed);
        Gathered {
            changes: self.changes,
            updated: self.updated,
            arrived,
            dropped: self.dropped,
            reworded,
        }
    }
}

/// What modules say of the entry; a licence of the feed is that of each entry that names none (RFC 4946 2).
fn extras(entry: &Entry, licenses: &[String]) -> Option<Box<Extras>> {
    let mut extras = entry.extras.clone();
    if !licenses.is_empty() && extras.as_ref().is_none_or(|extras| extras.licenses.is_empty()) {
        extras.get_or_insert_default().licenses = licenses.to_vec();
    }
    extras
}

/// The time an item is ordered by (DESIGN: Order): the origin's where that is plausible, else now. What a source
/// that had not answered for days brings surfaces now, too: further down nobody would find it.
fn surfaced(entry: &Entry, state: &SourceState, now: Timestamp) -> Timestamp {
    let said = entry.published.or(entry.updated).filter(|said| *said <= now);
    match (said, state.first_success, state.last_success) {
        (Some(said), None, _) => said,
        (Some(said), _, Some(previous))
            if said >= previous.minus(PLAUSIBLE_BEFORE) && said >= now.minus(MOST_SURFACED_BEFORE) =>
        {
            said
        }
        _ => now,
    }
}
