//! What is remembered of the words of the last weeks: by it a poll finds what its new entries repeat, and their story.
//!
//! It lies in memory, is written to a file beside the store from time to time and at the end, and is made again from
//! the stored items where that file is missing, damaged or behind: nothing rests on it that is not in the items.
//!
//! Polls go on at the same time. Each one enters with the articles it is about to bring and gets a ticket; when an
//! article is like one that a poll with an older ticket is about to bring, it waits until that one is committed or
//! given up. Nobody waits for a younger ticket, so that no two wait for each other.

mod keep;
mod rivals;

use super::word::{Apart, keys_of_copy};
use crate::cluster::{Article, Candidates, Placed, Read, Stories, Window};
use crate::identify::Keys;
use crate::model::word::Word;
use crate::model::{ItemNumber, SourceId, StoryId, Timestamp};
use crate::store::{Error, Store, StoredItem};
pub(super) use keep::read_item;
use rivals::{Entered, Rivals};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OnceCell};

/// What the polls of one store remember together.
#[derive(Default)]
pub struct Recall {
    file: Option<PathBuf>,
    made: OnceCell<()>,
    state: Mutex<State>,
    left: Notify,
}

#[derive(Default)]
struct State {
    remembered: Remembered,
    rivals: Rivals,
    /// Articles learned since the file was written.
    unsaved: usize,
}

/// What goes into the file.
#[derive(Default, Serialize, Deserialize)]
struct Remembered {
    window: Window,
    stories: Stories,
    /// The newest item that is in here.
    last: ItemNumber,
    /// The newest story name given.
    last_name: u64,
    /// The items of each open story.
    members: BTreeMap<ItemNumber, Vec<ItemNumber>>,
    /// Copies that the admin says are none. Kept as words, and told again at each start.
    #[serde(skip)]
    apart: Vec<Apart>,
}

impl Recall {
    /// Kept in this file; in memory alone without one.
    pub fn new(file: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self {
            file,
            ..Self::default()
        })
    }

    /// Reads the file, and the stored items that it does not know; at the first call alone.
    pub(in crate::poll) async fn make(&self, store: &dyn Store) -> Result<(), Error> {
        self.made.get_or_try_init(|| self.load(store)).await.map(|_| ())
    }

    /// Enters with articles that are about to be brought.
    pub(super) fn enter(self: &Arc<Self>, articles: Arc<[Article]>) -> Ticket {
        let entered = Arc::new(Entered::new(articles));
        let number = self.state().rivals.enter(entered);
        Ticket {
            recall: Arc::clone(self),
            number,
        }
    }

    /// The texts of these items are about to change.
    pub(super) fn reworded(&self, numbers: &[ItemNumber]) {
        if !numbers.is_empty() {
            self.state().remembered.window.reworded(numbers);
        }
    }

    /// The admin takes an item out of its story: the name of its own.
    pub(in crate::poll) fn split(&self, stored: &StoredItem, story: StoryId, now: Timestamp) -> StoryId {
        let mut state = self.state();
        let remembered = &mut state.remembered;
        let own = remembered.new_name(now);
        let mut read = read_item(&stored.item, stored.number);
        read.article.number = own;
        remembered.stories.split(&read, ItemNumber(story.0), own);
        if let Some(members) = remembered.members.get_mut(&ItemNumber(story.0)) {
            members.retain(|member| *member != stored.number);
        }
        remembered.members.insert(own, vec![stored.number]);
        state.unsaved += 1;
        StoryId(own.0)
    }

    /// The admin makes one story of two.
    pub(in crate::poll) fn unite(&self, into: StoryId, gone: StoryId, now: Timestamp) {
        let mut state = self.state();
        let remembered = &mut state.remembered;
        let (into, gone) = (ItemNumber(into.0), ItemNumber(gone.0));
        remembered.stories.unite(into, gone, now);
        if into != gone {
            let more = remembered.members.remove(&gone).unwrap_or_default();
            remembered.members.entry(into).or_default().extend(more);
        }
        state.unsaved += 1;
    }

    /// The admin says that what a source lists is no copy of an item.
    pub(in crate::poll) fn keep_apart(&self, word: &Word, item: ItemNumber) {
        self.state().remembered.keep_apart(word, item);
    }

    /// The items that an entry of this source, known by these keys, is no copy of.
    pub(in crate::poll) fn apart(&self, source: SourceId, keys: &Keys) -> Vec<ItemNumber> {
        let state = self.state();
        let own = [keys.guid, keys.place];
        let apart =
            state.remembered.apart.iter().filter(|apart| {
                apart.source == source && apart.keys.iter().any(|key| own.contains(&Some(*key)))
            });
        apart.map(|apart| apart.item).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A poll's place among those that bring articles. Dropping it lets the others go on.
pub(super) struct Ticket {
    recall: Arc<Recall>,
    number: u64,
}

impl Ticket {
    /// Waits until no poll with an older ticket is about to bring what is like an article of this one.
    pub(super) async fn turn(&self) {
        loop {
            let mut left = pin!(self.recall.left.notified());
            left.as_mut().enable();
            let Some((own, older)) = self.recall.state().rivals.older(self.number) else {
                return;
            };
            // Compared while others go on.
            if !older.iter().any(|older| own.is_like(older)) {
                return;
            }
            left.await;
        }
    }

    /// The stored items that each article may repeat.
    pub(super) fn candidates(&self, articles: &[Article], now: Timestamp) -> Vec<Candidates> {
        let mut state = self.recall.state();
        let window = &mut state.remembered.window;
        articles
            .iter()
            .map(|article| window.candidates(article, now))
            .collect()
    }

    /// Places an article that repeats none into a story: its name, why, and what became part of what meanwhile. Gives
    /// the article back.
    pub(super) fn place(&self, mut read: Read, now: Timestamp) -> (Placed, Article) {
        let mut state = self.recall.state();
        let remembered = &mut state.remembered;
        read.article.number = remembered.new_name(now);
        (remembered.stories.place(&read), read.article)
    }

    /// A copy of an item of this story was found.
    pub(super) fn touch(&self, story: StoryId, now: Timestamp) {
        self.recall
            .state()
            .remembered
            .stories
            .touch(ItemNumber(story.0), now);
    }

    /// The articles are committed, under these numbers and in these stories. Answers the items of stories that have a
    /// second one now.
    pub(super) fn learn(
        self,
        learned: Vec<(Article, ItemNumber, StoryId)>,
        now: Timestamp,
    ) -> Vec<ItemNumber> {
        let mut begun = Vec::new();
        {
            let mut state = self.recall.state();
            state.unsaved += learned.len();
            for (mut article, number, story) in learned {
                article.number = number;
                let story = ItemNumber(story.0);
                state.remembered.learn(&article, story, now);
                begun.extend(state.remembered.pair(story));
            }
        }
        self.recall.save_when_due();
        begun
    }

    /// The items of a story that has become part of another.
    pub(super) fn members(&self, story: ItemNumber) -> Vec<ItemNumber> {
        self.recall
            .state()
            .remembered
            .members
            .get(&story)
            .cloned()
            .unwrap_or_default()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.recall.state().rivals.leave(self.number);
        self.recall.left.notify_waiters();
    }
}

impl Remembered {
    fn new_name(&mut self, now: Timestamp) -> ItemNumber {
        let by_clock = StoryId::first_at(now);
        self.last_name = by_clock.0.max(self.last_name.saturating_add(1));
        ItemNumber(self.last_name)
    }

    fn keep_apart(&mut self, word: &Word, item: ItemNumber) {
        self.apart.push(Apart {
            source: word.other.source,
            keys: keys_of_copy(&word.other),
            item,
        });
    }

    /// The items of a story that has two: its first becomes one of several with the second.
    fn pair(&self, story: ItemNumber) -> Vec<ItemNumber> {
        let members = self.members.get(&story).filter(|members| members.len() == 2);
        members.cloned().unwrap_or_default()
    }

    fn learn(&mut self, article: &Article, story: ItemNumber, now: Timestamp) {
        self.window.add(article, now);
        self.last = self.last.max(article.number);
        // Nearly all have one, and room for more is made in fours.
        let members = self.members.entry(story);
        members
            .or_insert_with(|| Vec::with_capacity(1))
            .push(article.number);
        // Stories are named by time: the oldest names are those of closed ones.
        while self.members.len() > 2 * self.stories.open() + 1000 {
            self.members.pop_first();
        }
    }
}

#[cfg(test)]
mod tests;
