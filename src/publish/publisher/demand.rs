//! Documents that are made when somebody asks: those of sources, of the archive, and the subscription lists.
//!
//! Each is kept in the bounded cache with what it rests on. While that stays, it is given out as it is; when it has
//! changed, what the document shows is looked at again.

use super::{Found, Publisher, Shelf, TURNS, blocking, composed};
use crate::model::{FeedHead, Month};
use crate::publish::archive::{self, Chain, Volume};
use crate::publish::cache::Basis;
use crate::publish::channel::{Form, Subject};
use crate::publish::document::{Document, Draft};
use crate::publish::error::Error;
use crate::publish::lists;
use crate::publish::press::{self, Copy, Entries, Leads};
use crate::store::Channel;
use http::StatusCode;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

impl Publisher {
    /// From now on what is made on demand of these lists must be looked at again.
    pub(super) fn note_lists(&self, touched: &[Channel]) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        // Stories count as one list: there are too many of them.
        for channel in touched
            .iter()
            .filter(|channel| !matches!(channel, Channel::Story(_)))
        {
            *lists.entry(channel.clone()).or_default() += 1;
        }
    }

    pub(super) async fn of_source(
        &self,
        shelf: &Shelf,
        subject: Subject,
        form: Form,
    ) -> Result<Arc<Document>, Error> {
        let Subject::Source(source, _) = &subject else {
            return self.list(shelf, subject.path(form)).await;
        };
        let path = subject.path(form);
        let state = self.store.state(*source).await?;
        let basis = self.basis(shelf, Some(&subject), head_of(&state.head));
        if let Some(document) = self.cached(&path, basis) {
            return Ok(document);
        }
        let _turn = self.turn(&path).await;
        // Taken before the list is read: what changes after that shows in the next look.
        let basis = self.basis(shelf, Some(&subject), head_of(&state.head));
        if let Some(document) = self.cached(&path, basis) {
            return Ok(document);
        }
        let lines = press::choose(self.store.as_ref(), &subject, &shelf.view, &mut Leads::new()).await?;
        let copy = Copy {
            pieces: press::gather(self.store.as_ref(), &lines, &Entries::new()).await?,
            view: Arc::clone(&shelf.view),
            identity: self.store.identity().clone(),
            head: Some(state.head.clone()),
            chain: Chain::default(),
            standings: HashMap::new(),
            subject,
        };
        let (_, drafts) = composed(copy, &[form]).await?;
        self.keep(drafts, basis, &path).await
    }

    /// A document of the archive. When its list has changed, the lines are read again, which is cheap; it is made
    /// anew only when they are others, or others hang beside it in the archive.
    pub(super) async fn of_archive(
        &self,
        shelf: &Shelf,
        subject: Subject,
        volume: Volume,
        form: Form,
    ) -> Result<Found, Error> {
        let path = subject.archived(volume, form);
        let at_hand = |now: Basis| {
            let (document, rests_on) = self.cache.get(&path)?;
            (rests_on.view == now.view && rests_on.list == now.list).then_some(document)
        };
        let now = self.basis(shelf, Some(&subject), 0);
        if let Some(document) = at_hand(now) {
            return Ok(Found::Document(document));
        }
        let _turn = self.turn(&path).await;
        // Taken before the list is read: what changes after that shows in the next look.
        let now = self.basis(shelf, Some(&subject), 0);
        if let Some(document) = at_hand(now) {
            return Ok(Found::Document(document));
        }
        let store = self.store.as_ref();
        let channel = subject.channel();
        let Some((lines, chain)) = archive::open(store, &self.lengths, &channel, volume).await? else {
            return self.no_volume(shelf, volume, &path).await;
        };
        let mut shown = DefaultHasher::new();
        (lines.iter().map(|line| (line.number, line.version))).for_each(|line| line.hash(&mut shown));
        chain.hash(&mut shown);
        let basis = Basis {
            head: shown.finish(),
            ..now
        };
        if let Some((document, rests_on)) = self.cache.get(&path)
            && (rests_on.view, rests_on.head) == (basis.view, basis.head)
        {
            self.cache.put(Arc::clone(&document), basis);
            return Ok(Found::Document(document));
        }
        let copy = Copy {
            pieces: press::gather(store, &lines, &Entries::new()).await?,
            view: Arc::clone(&shelf.view),
            identity: store.identity().clone(),
            head: None,
            chain,
            standings: HashMap::new(),
            subject,
        };
        let (_, drafts) = composed(copy, &[form]).await?;
        Ok(Found::Document(self.keep(drafts, basis, &path).await?))
    }

    /// Where a document of the archive would be: gone, if there ever was one. Not every document was asked for
    /// while it could be had, so what is older than all that is kept counts as gone too.
    async fn no_volume(&self, shelf: &Shelf, volume: Volume, path: &str) -> Result<Found, Error> {
        let is_gone = self.stamps.knows(path)
            || (volume.part.is_none()
                && volume.month < Month::of(self.clock.now())
                && !archive::reaches(self.store.as_ref(), &Channel::River, volume.month).await?
                && self.store.figures().await?.tombstones > 0);
        Ok(if is_gone {
            Found::Nothing(StatusCode::GONE, shelf.notices.gone.clone())
        } else {
            Found::Nothing(StatusCode::NOT_FOUND, shelf.notices.missing.clone())
        })
    }

    pub(super) async fn list(&self, shelf: &Shelf, path: String) -> Result<Arc<Document>, Error> {
        let basis = self.basis(shelf, None, 0);
        if let Some(document) = self.cached(&path, basis) {
            return Ok(document);
        }
        let _turn = self.turn(&path).await;
        if let Some(document) = self.cached(&path, basis) {
            return Ok(document);
        }
        let (view, of) = (Arc::clone(&shelf.view), path.clone());
        let draft = blocking(&path, move || {
            let is_feeds = of == lists::FEEDS;
            let bytes = if is_feeds {
                lists::feeds(&view)
            } else {
                lists::sources(&view)
            };
            Ok(Draft::new(of, lists::CONTENT_TYPE, bytes))
        })
        .await?;
        self.keep(vec![draft], basis, &path).await
    }

    pub(super) fn basis(&self, shelf: &Shelf, subject: Option<&Subject>, head: u64) -> Basis {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let list = subject.and_then(|subject| lists.get(&subject.channel()).copied());
        Basis {
            view: shelf.generation,
            list: list.unwrap_or_default(),
            head,
        }
    }

    fn cached(&self, path: &str, basis: Basis) -> Option<Arc<Document>> {
        let (document, rests_on) = self.cache.get(path)?;
        (rests_on == basis).then_some(document)
    }

    pub(super) async fn turn(&self, path: &str) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let place = usize::try_from(xxh3_64(path.as_bytes())).unwrap_or(0) % TURNS;
        Some(self.turns.get(place)?.lock().await)
    }

    /// Keeps the one document made on demand; where its bytes are those of before, the one of before, with its
    /// compressed forms.
    pub(super) async fn keep(
        &self,
        drafts: Vec<Draft>,
        basis: Basis,
        path: &str,
    ) -> Result<Arc<Document>, Error> {
        let present = self.cache.get(path).map(|(document, _)| document);
        let mut documents = self.aged(drafts).await?;
        let made = documents.pop().ok_or_else(|| Error::Broken {
            path: path.to_owned(),
            why: "no document came out".to_owned(),
        })?;
        let document = present
            .filter(|present| present.digest() == made.digest())
            .unwrap_or(made);
        self.cache.put(Arc::clone(&document), basis);
        Ok(document)
    }
}

/// A digest of what a source says of itself, as far as its documents show it.
fn head_of(head: &FeedHead) -> u64 {
    head.title.as_deref().map_or(0, |title| xxh3_64(title.as_bytes()))
}
