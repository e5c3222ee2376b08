//! The pages of stories, made when somebody asks.

use super::{Found, Publisher, Shelf, blocking};
use crate::model::{ItemNumber, StoryId};
use crate::publish::cache::Basis;
use crate::publish::channel::{Form, Subject, story_path};
use crate::publish::document::Draft;
use crate::publish::entry::Entry;
use crate::publish::error::Error;
use crate::publish::page;
use crate::store::{Channel, Listing};
use http::StatusCode;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Items of a story on its page, the newest so many besides its first.
const MOST: usize = 200;

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
        // All stories count as one list.
        let stories = Subject::Hot(None);
        if let Some(document) = at_hand(self.basis(shelf, Some(&stories), 0)) {
            return Ok(Found::Document(document));
        }
        let _turn = self.turn(&path).await;
        let now = self.basis(shelf, Some(&stories), 0);
        let lines = store.list(&Channel::Story(story), None, MOST).await?;
        if lines.is_empty() {
            return self.no_story(shelf, story, &path).await;
        }
        let hot = self.hot.load_full();
        let basis = Basis {
            head: shown(&lines, &hot),
            ..now
        };
        if let Some((document, rests_on)) = self.cache.get(&path)
            && (rests_on.view, rests_on.head) == (basis.view, basis.head)
        {
            self.cache.put(Arc::clone(&document), basis);
            return Ok(Found::Document(document));
        }
        // Oldest first, as they are told.
        let numbers: Vec<ItemNumber> = lines.iter().rev().map(|line| line.number).collect();
        let items: Vec<_> = store.items(&numbers).await?.into_iter().flatten().collect();
        let (view, identity, of) = (Arc::clone(&shelf.view), store.identity().clone(), path.clone());
        let draft = blocking(&path, move || {
            let entries: Vec<Arc<Entry>> = items
                .iter()
                .map(|stored| Arc::new(Entry::new(stored, &view, &identity)))
                .collect();
            let bytes = page::story::write(story, &entries, &hot, &view);
            Ok(Draft {
                is_unlisted: !view.lists_stories,
                ..Draft::new(of, Form::Page.content_type(), bytes)
            })
        })
        .await?;
        Ok(Found::Document(self.keep(vec![draft], basis, &path).await?))
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

/// A digest of what the page shows.
fn shown(lines: &[Listing], hot: &[(String, String)]) -> u64 {
    let mut shown = DefaultHasher::new();
    for line in lines {
        (line.number, line.version).hash(&mut shown);
    }
    hot.hash(&mut shown);
    shown.finish()
}
