//! The pages of stories, made when somebody asks.

use super::{Found, Publisher, Shelf, blocking};
use crate::model::{Category, Item, ItemNumber, StoryId};
use crate::publish::cache::Basis;
use crate::publish::channel::{Form, Subject, story_path};
use crate::publish::document::Draft;
use crate::publish::entry::Entry;
use crate::publish::error::Error;
use crate::publish::page;
use crate::publish::page::story::Beside;
use crate::publish::related::related;
use crate::store::{Channel, Listing, StoredItem};
use http::StatusCode;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Items of a story on its page, the newest so many besides its first.
const MOST: usize = 200;

/// Of its category so many items before and after it are looked through for what speaks of the same. Once so many are
/// newer, what stands beside a story stays as it is.
const AROUND: usize = 60;

/// Picks from them.
const PICKS: usize = 5;

/// Lines read at once where all stories are looked for.
const PAGE: usize = 500;

impl Publisher {
    /// The page of a story that others tell too. Where one has become part of another, that one's; gone, when there
    /// was a page.
    pub(super) async fn of_story(&self, shelf: &Shelf, story: StoryId) -> Result<Found, Error> {
        let (store, path) = (self.store.as_ref(), story_path(story));
        let at_hand = |now: Basis| {
            let (document, rests_on) = self.cache.get(&path)?;
            (rests_on.view == now.view && rests_on.list == now.list).then_some(document)
        };
        if let Some(document) = at_hand(self.basis_of_story(shelf)) {
            return Ok(Found::Document(document));
        }
        let _turn = self.turn(&path).await;
        let now = self.basis_of_story(shelf);
        let lines = store.list(&Channel::Story(story), None, MOST).await?;
        if lines.is_empty() {
            return self.no_story(shelf, story, &path).await;
        }
        let hot = self.hot.load_full();
        let around = self.around(shelf, &lines).await?;
        let basis = Basis {
            head: shown(&lines, &hot, &around),
            ..now
        };
        if let Some((document, rests_on)) = self.cache.get(&path)
            && (rests_on.view, rests_on.head) == (basis.view, basis.head)
        {
            self.cache.put(Arc::clone(&document), basis);
            return Ok(Found::Document(document));
        }
        // Oldest first, as they are told.
        let items = self.read(lines.iter().rev()).await?;
        let (newer, older) = (
            self.read(around.newer.iter()).await?,
            self.read(around.older.iter()).await?,
        );
        let (view, identity, of) = (Arc::clone(&shelf.view), store.identity().clone(), path.clone());
        let draft = blocking(&path, move || {
            let made = |items: &[StoredItem]| -> Vec<Arc<Entry>> {
                let entry = |stored| Arc::new(Entry::new(stored, &view, &identity));
                items.iter().map(entry).collect()
            };
            let entries = made(&items);
            let beside = beside(&items, (&newer, &older), made, &hot, around.category);
            let bytes = page::story::write(story, &entries, &beside, &view);
            Ok(Draft {
                is_unlisted: !view.lists_stories,
                ..Draft::new(of, Form::Page.content_type(), bytes)
            })
        })
        .await?;
        Ok(Found::Document(self.keep(vec![draft], basis, &path).await?))
    }

    /// On what the page of a story rests: all stories and the river count as one list.
    fn basis_of_story(&self, shelf: &Shelf) -> Basis {
        let of = |subject| self.basis(shelf, Some(&subject), 0);
        let (stories, river) = (of(Subject::Hot(None)), of(Subject::River));
        Basis {
            list: stories.list + river.list,
            ..stories
        }
    }

    /// What stands beside its first item in the category of that; in the river, where that is in none.
    async fn around(&self, shelf: &Shelf, lines: &[Listing]) -> Result<Around, Error> {
        let Some(first) = lines.last() else {
            return Ok(Around::default());
        };
        let stored = self.read(std::iter::once(first)).await?;
        let category = stored.first().and_then(|stored| {
            let mut names = stored.item.categories();
            names.find_map(|name| shelf.view.category(name)).cloned()
        });
        let channel = match &category {
            Some(category) => Channel::Category(category.name.clone()),
            None => Channel::River,
        };
        let own: BTreeSet<ItemNumber> = lines.iter().map(|line| line.number).collect();
        let others = |mut lines: Vec<Listing>| {
            lines.retain(|line| !own.contains(&line.number));
            lines
        };
        let (store, place) = (self.store.as_ref(), first.cursor());
        Ok(Around {
            newer: others(store.newer(&channel, place, AROUND).await?),
            older: others(store.list(&channel, Some(place), AROUND).await?),
            category,
        })
    }

    async fn read<'a>(&self, lines: impl Iterator<Item = &'a Listing>) -> Result<Vec<StoredItem>, Error> {
        let numbers: Vec<ItemNumber> = lines.map(|line| line.number).collect();
        Ok(self.store.items(&numbers).await?.into_iter().flatten().collect())
    }

    async fn no_story(&self, shelf: &Shelf, story: StoryId, path: &str) -> Result<Found, Error> {
        if let Some(into) = self.store.story_after(story).await? {
            return Ok(Found::Moved(format!(
                "{}{}",
                shelf.view.prefix(),
                story_path(into)
            )));
        }
        Ok(if self.stamps.knows(path) {
            Found::Nothing(StatusCode::GONE, shelf.notices.gone.clone())
        } else {
            Found::Nothing(StatusCode::NOT_FOUND, shelf.notices.missing.clone())
        })
    }

    /// All stories that have a page.
    pub(super) async fn stories(&self) -> Result<BTreeSet<StoryId>, Error> {
        let mut stories = BTreeSet::new();
        let mut before = None;
        loop {
            let lines = self.store.list(&Channel::Shared, before, PAGE).await?;
            let numbers: Vec<ItemNumber> = lines.iter().map(|line| line.number).collect();
            let items = self.store.items(&numbers).await?.into_iter().flatten();
            stories.extend(items.filter_map(|stored| Some(stored.item.story.as_ref()?.id)));
            before = lines.last().map(Listing::cursor);
            if lines.len() < PAGE {
                return Ok(stories);
            }
        }
    }
}

/// What stands beside a story in its category, the nearest first.
#[derive(Default)]
struct Around {
    category: Option<Category>,
    newer: Vec<Listing>,
    older: Vec<Listing>,
}

/// What the page shows beside the story of these items.
fn beside(
    story: &[StoredItem],
    (newer, older): (&[StoredItem], &[StoredItem]),
    made: impl Fn(&[StoredItem]) -> Vec<Arc<Entry>>,
    hot: &[(String, String)],
    category: Option<Category>,
) -> Beside {
    let one = |items: &[StoredItem]| made(items.get(..1).unwrap_or_default()).pop();
    // The nearest two stand there already.
    let others: Vec<&StoredItem> = newer.iter().skip(1).chain(older.iter().skip(1)).collect();
    let own: Vec<&Item> = story.iter().map(|stored| &*stored.item).collect();
    let items: Vec<&Item> = others.iter().map(|stored| &*stored.item).collect();
    let picks: Vec<StoredItem> = related(&own, &items, PICKS)
        .into_iter()
        .filter_map(|place| others.get(place).copied().cloned())
        .collect();
    Beside {
        related: made(&picks),
        hot: hot.to_vec(),
        next: one(newer),
        previous: one(older),
        category,
    }
}

/// A digest of what the page shows.
fn shown(lines: &[Listing], hot: &[(String, String)], around: &Around) -> u64 {
    let mut shown = DefaultHasher::new();
    for lines in [lines, &around.newer, &around.older] {
        lines.len().hash(&mut shown);
        for line in lines {
            (line.number, line.version).hash(&mut shown);
        }
    }
    let category = around.category.as_ref();
    category.map(|category| &category.name).hash(&mut shown);
    hot.hash(&mut shown);
    shown.finish()
}
