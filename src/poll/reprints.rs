//! The step of a poll that goes by words: which new entries repeat an item, and the stories of the others.

use super::desks::Panicked;
use super::recall::{Ticket, read_item};
use super::{Document, Poller};
use crate::cluster::{Article, Copy, Read, decide};
use crate::html;
use crate::identify::{Decision, Keys, Texts, Verdict};
use crate::model::{
    Entry, InStory, Item, ItemNumber, Key, KnownLink, Reason, Source, SourceId, StoryId, Timestamp,
};
use crate::store::{Changes, Channel, Edit, Error, Store, StoredItem, story_became};
use crate::text::units::Units;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What was found out about the new entries of a document, from deciding to the commit.
#[derive(Default)]
pub(super) struct Words {
    /// Held until the commit, so that no other poll brings the same meanwhile.
    ticket: Option<Ticket>,
    /// The stories of the new items, by the place of the entry. They stay when the poll must decide again.
    pub(super) stories: HashMap<usize, Told>,
    /// The articles of the new items, in the order of their entries.
    articles: Vec<(usize, Article)>,
    /// Stories that became part of another.
    merged: Vec<(ItemNumber, ItemNumber)>,
}

/// The story of a new item.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) story: InStory,
    /// Another item has told it before.
    pub(super) is_shared: bool,
}

impl Words {
    /// Entries that became no items after all: only what got a number is remembered.
    pub(super) fn leave_out(&mut self, places: &HashSet<usize>) {
        self.articles.retain(|(place, _)| !places.contains(place));
    }

    /// Lets other polls go on: this one will decide again.
    pub(super) fn give_way(&mut self) {
        self.ticket = None;
    }
}

impl Poller {
    /// Turns verdicts on new entries into duplicates where their words repeat an item, and finds the stories of the
    /// others. Waits while another poll is about to bring the same. An error inside: the stations panicked.
    pub(super) async fn compare_words(
        &self,
        source: &Source,
        (document, texts): (&Arc<Document>, Texts),
        decisions: &mut [Decision],
        words: &mut Words,
        now: Timestamp,
    ) -> Result<Result<(), Panicked>, Error> {
        // What a first try held is given back before anybody is waited for.
        words.give_way();
        words.articles.clear();
        if !self.collapses_duplicates {
            for (decision, keys) in decisions.iter_mut().zip(&document.keys) {
                if matches!(decision.verdict, Verdict::Duplicate(_)) {
                    keep_apart(decision, keys, "duplicates are kept apart");
                }
            }
        }
        // Made at once, where it is not yet: the admin's words are in it.
        self.recall.make(self.store.as_ref()).await?;
        let apart = self.keep_copies_apart(source.id, document, decisions);
        let places: Vec<usize> = (0..)
            .zip(decisions.iter())
            .filter(|(_, one)| one.verdict == Verdict::New)
            .map(|(place, _)| place)
            .collect();
        if places.is_empty() {
            return Ok(Ok(()));
        }
        let (read, id) = (Arc::clone(document), source.id);
        let mut reads = match self
            .desks
            .run(move || read_entries(&read, &places, texts, id, now))
            .await
        {
            Ok(reads) => reads,
            Err(panic) => return Ok(Err(panic)),
        };
        let articles: Arc<[Article]> = reads.iter().map(|(_, read)| read.article.clone()).collect();
        let ticket = self.recall.enter(Arc::clone(&articles));
        if self.collapses_duplicates {
            ticket.turn().await;
            let taken = decisions.iter().filter_map(named).chain(apart).collect();
            let copies = match self.copies(&ticket, source.id, articles, taken, now).await? {
                Ok(copies) => copies,
                Err(panic) => return Ok(Err(panic)),
            };
            let mut copies = copies.into_iter();
            reads.retain(
                |(place, _)| match (copies.next().flatten(), decisions.get_mut(*place)) {
                    (Some((copy, story)), Some(decision)) => {
                        decision.verdict = Verdict::Duplicate(copy.of);
                        decision.reason = copy.rung.reason();
                        if let Some(story) = story {
                            ticket.touch(story, now);
                        }
                        false
                    }
                    _ => true,
                },
            );
        }
        for (place, read) in reads {
            let article = if words.stories.contains_key(&place) {
                read.article
            } else {
                let (placed, article) = ticket.place(read, now);
                words.merged.extend(placed.merged);
                let told = Told {
                    is_shared: placed.is_sequel,
                    story: InStory {
                        id: StoryId(placed.story.0),
                        reason: placed.reason,
                    },
                };
                words.stories.insert(place, told);
                article
            };
            words.articles.push((place, article));
        }
        words.ticket = Some(ticket);
        Ok(Ok(()))
    }

    /// What the admin says is no copy becomes an item of its own. Answers what such entries are no copies of.
    fn keep_copies_apart(
        &self,
        source: SourceId,
        document: &Document,
        decisions: &mut [Decision],
    ) -> Vec<ItemNumber> {
        let mut all = Vec::new();
        for (decision, keys) in decisions.iter_mut().zip(&document.keys) {
            let apart = self.recall.apart(source, keys);
            if named(decision).is_some_and(|item| apart.contains(&item)) {
                keep_apart(decision, keys, "the admin says that it is another article");
            }
            all.extend(apart);
        }
        all
    }

    /// What each of the articles repeats, with the story of that, by the texts of the stored items. An item that the
    /// source lists already, or that another entry of the document is, is not repeated: what one source lists as two is two.
    pub(super) async fn copies(
        &self,
        ticket: &Ticket,
        source: SourceId,
        articles: Arc<[Article]>,
        mut taken: HashSet<ItemNumber>,
        now: Timestamp,
    ) -> Result<Result<Vec<Option<(Copy, Option<StoryId>)>>, Panicked>, Error> {
        let candidates = ticket.candidates(&articles, now);
        let mut numbers: Vec<ItemNumber> = candidates
            .iter()
            .flat_map(|found| found.likely.iter().copied())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() {
            return Ok(Ok(vec![None; articles.len()]));
        }
        let stored: Vec<StoredItem> = self.store.items(&numbers).await?.into_iter().flatten().collect();
        let comparing = self.desks.run(move || {
            let is_carried = |item: &Item| item.carriers.iter().any(|carrier| carrier.source == source);
            let others = || stored.iter().filter(|stored| !is_carried(&stored.item));
            let texts: HashMap<ItemNumber, Article> = others()
                .map(|stored| (stored.number, read_item(&stored.item, stored.number).article))
                .collect();
            let stories: HashMap<ItemNumber, StoryId> = others()
                .filter_map(|stored| Some((stored.number, stored.item.story.as_ref()?.id)))
                .collect();
            articles
                .iter()
                .zip(&candidates)
                .map(|(article, found)| {
                    let free = found.likely.iter().filter(|number| !taken.contains(number));
                    let copy = decide(article, found, free.filter_map(|number| texts.get(number)))?;
                    taken.insert(copy.of);
                    Some((copy, stories.get(&copy.of).copied()))
                })
                .collect()
        });
        Ok(comparing.await)
    }

    /// The commit went well: its new items are remembered, those of merged stories are told so, and those that began
    /// a story that others tell now. Answers the channels that this touches.
    pub(super) async fn remember_words(
        &self,
        words: Words,
        numbers: &[ItemNumber],
        now: Timestamp,
    ) -> Vec<Channel> {
        let Words {
            ticket,
            mut stories,
            articles,
            merged,
        } = words;
        let learned = articles
            .into_iter()
            .zip(numbers)
            .filter_map(|((place, article), number)| {
                Some((article, *number, stories.remove(&place)?.story.id))
            });
        let merged_notes: Vec<_> = merged
            .iter()
            .map(|(gone, into)| story_became(StoryId(gone.0), StoryId(into.0)))
            .collect();
        let gone: Vec<(Vec<ItemNumber>, StoryId)> = match &ticket {
            Some(ticket) => merged
                .iter()
                .map(|(gone, into)| (ticket.members(*gone), StoryId(into.0)))
                .collect(),
            None => Vec::new(),
        };
        let begun = match ticket {
            Some(ticket) => ticket.learn(learned.collect(), now),
            None => Vec::new(),
        };
        let mut touched = Vec::new();
        // An item that changes meanwhile, each time it is tried, costs a line on a page: the next start finds it.
        if !merged_notes.is_empty() && self.store.note(merged_notes).await.is_err() {
            tracing::warn!(
                "that stories became one could not be noted: pages of the old ones are not led on"
            );
        }
        for (members, into) in gone {
            let renamed = rewrite(self.store.as_ref(), &members, now, |item| {
                item.is_shared = true;
                item.story = Some(InStory {
                    id: into,
                    reason: Reason::new("two stories had grown alike and became one"),
                });
            });
            touched.extend(renamed.await.unwrap_or_default());
        }
        let shared = rewrite(self.store.as_ref(), &begun, now, |item| item.is_shared = true);
        touched.extend(shared.await.unwrap_or_default());
        touched
    }
}

/// How often a change to items is tried where others change them meanwhile.
const TRIES: usize = 5;

/// Changes items as they are now; those that are so already are left alone. Answers the channels that this touches.
pub(crate) async fn rewrite(
    store: &dyn Store,
    numbers: &[ItemNumber],
    now: Timestamp,
    change: impl Fn(&mut Item) + Send + Sync,
) -> Result<Vec<Channel>, Error> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let mut tries = 1;
    loop {
        let stored = store.items(numbers).await?.into_iter().flatten();
        let edits = stored.filter_map(|stored| {
            let mut item = Item::clone(&stored.item);
            change(&mut item);
            (item != *stored.item).then_some(Edit {
                number: stored.number,
                version: stored.version,
                item,
            })
        });
        let changes = Changes {
            at: now,
            edits: edits.collect(),
            ..Changes::default()
        };
        if changes.edits.is_empty() {
            return Ok(Vec::new());
        }
        match store.commit(changes).await {
            Err(Error::Conflict) if tries < TRIES => tries += 1,
            done => return Ok(done?.touched),
        }
    }
}

/// The item that a verdict names.
pub(super) fn named(decision: &Decision) -> Option<ItemNumber> {
    match decision.verdict {
        Verdict::Known(item) | Verdict::Update { item, .. } | Verdict::Duplicate(item) => Some(item),
        Verdict::New | Verdict::SameAs(_) => None,
    }
}

/// The new entries, to be compared, with their places. Their texts, read for the verdicts, are used up by it.
fn read_entries(
    document: &Document,
    places: &[usize],
    mut texts: Texts,
    source: SourceId,
    now: Timestamp,
) -> Vec<(usize, Read)> {
    let entries = &document.feed.entries;
    let mut read = |place: usize| {
        let folded = texts.take(place).filter(|text| !text.trim().is_empty());
        Some((place, read_entry(entries.get(place)?, folded, source, now)))
    };
    places.iter().filter_map(|place| read(*place)).collect()
}

/// An entry, to be compared; `folded` is its text where that was read for the verdict.
fn read_entry(entry: &Entry, folded: Option<String>, source: SourceId, now: Timestamp) -> Read {
    let written = |markup: &Option<String>| {
        let text = markup.as_deref().map(html::plain);
        text.filter(|text| !text.trim().is_empty())
    };
    let units = match folded {
        Some(folded) => Units::of_folded(&folded),
        None => {
            let text = written(&entry.content).or_else(|| written(&entry.summary));
            Units::of(&text.unwrap_or_default())
        }
    };
    let time = entry.published.map_or(now, |published| published.min(now));
    let title = entry.title.as_deref().unwrap_or_default();
    Read::of_units(ItemNumber::default(), source.0, time, title, units)
}

/// An item that another source brought becomes one of this source's own: found again by its guid, its place or its
/// words within the source, and by nothing that is the same for all.
fn keep_apart(decision: &mut Decision, keys: &Keys, why: &str) {
    let known = |key: &Key| decision.links.iter().find(|(known, _)| known == key);
    // What is known and unchanged brings no links of its own.
    let fresh = || KnownLink {
        digest: keys.fingerprint,
        link: keys.link,
        titles: vec![keys.title],
        ..KnownLink::default()
    };
    let mut own: Vec<Key> = keys.guid.into_iter().chain(keys.place).collect();
    if own.is_empty() {
        own.push(keys.digest);
    }
    let links = own
        .iter()
        .map(|key| (*key, known(key).map_or_else(fresh, |(_, link)| link.clone())))
        .collect();
    for key in own {
        if !decision.rests_on.contains(&key) {
            decision.rests_on.push(key);
        }
    }
    decision.reason = Reason::new(format!("{}; {why}", decision.reason));
    decision.verdict = Verdict::New;
    decision.own_id_is_taken = true;
    decision.links = links;
}
