//! One poll, the whole way of one source, on one screen: ask, read, recognize, sort, commit once.
//!
//! The stations are functions of what they are handed; this module hands it to them, gathers one
//! [`Changes`] and commits it. Whatever happens before the commit leaves no trace.

mod desks;
mod discover;
mod document;
mod dropped;
mod gather;
mod lead;
pub(crate) mod moves;
mod outcome;
mod recall;
mod reprints;
pub mod verify;
mod votes;
pub mod word;

pub use desks::Desks;
pub use dropped::dropped;
pub(crate) use votes::forget_votes;
pub use votes::{votes, votes_of};

use crate::categorize::Categorizer;
use crate::clock::Clock;
use crate::fetch::{self, Fetcher};
use crate::html;
use crate::identify::{self, Keys, Known, KnownText};
use crate::model::{
    Outcome, PollRecord, Reason, Response, Source, SourceId, SourceState, Timestamp, in_words,
};
use crate::store::{Changes, Channel, Error, Receipt, Store};
use bytes::Bytes;
use desks::{Panicked, Seat};
pub(crate) use document::Document;
use document::{Reader, Unread};
use gather::{Gathered, Gathering};
pub use recall::Recall;
use reprints::Words;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// After so many conflicts a poll waits for its turn among those that met some.
const CONFLICTS_IN_A_CROWD: usize = 2;

/// How long 304 after 304 is believed before the document is asked for whole: some servers say it for ever.
const TRUSTED_304: Duration = Duration::from_secs(8 * 86_400);

/// All that a poll needs besides its source.
pub struct Poller {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// How bytes are got.
    pub fetcher: Fetcher,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Which categories there are and what leads into them.
    pub categorizer: Arc<Categorizer>,
    /// What is remembered of the words of the last weeks.
    pub recall: Arc<Recall>,
    /// Articles that several sources carry become one item.
    pub collapses_duplicates: bool,
    /// The `priority` of each source that has one.
    pub priorities: Arc<HashMap<SourceId, usize>>,
    /// Held by the one poll of a crowd that decides now.
    pub crowd: tokio::sync::Mutex<()>,
    /// Where what burns time is done: parsing, deciding, sanitizing.
    pub desks: Desks,
}

/// What became of a poll: the record to tell, and the channels whose documents it touches.
#[derive(Clone, Debug, PartialEq)]
pub struct Polled {
    /// To be told.
    pub record: PollRecord,
    /// To be published anew.
    pub touched: Vec<Channel>,
}

/// Whether a source may be asked out of its turn (DESIGN 1, `poll`): pace, schedule and freshness are
/// disregarded; `min_interval`, `Retry-After` and 410 are kept, the last unless the source `is_named`.
pub fn may_ask(source: &Source, state: &SourceState, now: Timestamp, is_named: bool) -> Result<(), Reason> {
    if let Some(until) = state.not_before.filter(|until| *until > now) {
        return Err(Reason::new(format!(
            "it asked not to be asked before {until} (Retry-After)"
        )));
    }
    if state.is_gone && !is_named {
        return Err(Reason::new("it answered 410 Gone; name it to ask all the same"));
    }
    if let Some(next) = asked_too_soon(source, state, now) {
        return Err(Reason::new(format!(
            "it was asked less than min_interval ago; not before {next}"
        )));
    }
    Ok(())
}

/// When a source that was asked less than `min_interval` ago may be asked again. A poll that seems to lie in the
/// future is one that a wrong clock has stamped, and holds nothing up.
pub fn asked_too_soon(source: &Source, state: &SourceState, now: Timestamp) -> Option<Timestamp> {
    let last = state.last_polled.filter(|last| *last <= now)?;
    Some(last.plus(source.min_interval)).filter(|next| *next > now)
}

impl Poller {
    /// Polls one source now. A failure of the source is part of the record; an error is ours: the store's.
    pub async fn poll(&self, source: &Source) -> Result<Polled, Error> {
        let started = tokio::time::Instant::now();
        let mut state = self.store.state(source.id).await?;
        if source.is_ranking() {
            state = self.as_list(source, state).await?;
        }
        let at = self.clock.now();
        let visited = self.visit(source, &state, at).await?;
        let record = PollRecord {
            source: source.id,
            name: source.name.clone(),
            at,
            outcome: visited.outcome,
            new: visited.new,
            updated: visited.updated,
            took: started.elapsed(),
            was_asked: visited.was_asked,
            reason: visited.reason,
        };
        Ok(Polled {
            record,
            touched: visited.touched,
        })
    }

    async fn visit(&self, source: &Source, state: &SourceState, at: Timestamp) -> Result<Visited, Error> {
        let mut request = fetch::Request::of(source, state);
        moves::address(source, state).clone_into(&mut request.url);
        if state
            .unchanged_since
            .is_some_and(|since| at.since(since) >= TRUSTED_304)
        {
            request = request.unconditional();
        }
        match self.fetcher.get(&request).await {
            Err(error) => self.failed(source, state, &error, in_words(&error)).await,
            // 203 is a 200 that a proxy on the way changed (RFC 9110 15.3.4).
            Ok(fetched) if matches!(fetched.response.status, 200 | 203) => {
                self.answered(source, state, fetched).await
            }
            // 304, and 204, which says as much (RFC 9110 15.3.5).
            Ok(fetched) => {
                let words = format!("nothing new ({})", fetched.response.status);
                self.at_rest(source, state, &fetched.response, Outcome::NotModified, words)
                    .await
            }
        }
    }

    /// A 200: the same bytes as last time, or a document to read.
    async fn answered(
        &self,
        source: &Source,
        state: &SourceState,
        mut fetched: fetch::Fetched,
    ) -> Result<Visited, Error> {
        let (body, seat) = match self.seated(&mut fetched).await {
            Ok(seated) => seated,
            Err(error) => return self.failed(source, state, &error, in_words(&error)).await,
        };
        let digest = xxh3_64(&body);
        if state.body_digest == Some(digest) {
            drop((body, seat));
            let words = "the same bytes as last time".to_owned();
            return self
                .at_rest(source, state, &fetched.response, Outcome::Unchanged, words)
                .await;
        }
        let mut reader = Reader::of(source, &fetched.response, body);
        reader.looks_on = discover::may_be_behind_a_page(source, state);
        let document = match self.desks.run(move || reader.read()).await {
            Ok(Ok(document)) => document,
            Ok(Err(Unread {
                named: Some(feed), ..
            })) => {
                // Whoever waits for another seat gives his own back first.
                drop((fetched, seat));
                return self.follow(source, state, feed).await;
            }
            Ok(Err(unread)) if source.is_ranking() => {
                let words = format!(
                    "{}; a ranking is read from RSS, Atom or JSON Feed alone",
                    unread.error
                );
                return self.unreadable(source, state, words).await;
            }
            Ok(Err(unread)) => return self.unreadable(source, state, unread.error.to_string()).await,
            Err(panic) => return self.unreadable(source, state, our_fault(&panic)).await,
        };
        let visited = if source.is_ranking() {
            self.take_votes(source, state, &fetched.response, document).await
        } else {
            self.take_in(source, state, &fetched.response, document).await
        };
        // The document's seat and share of the memory are given back only now that it is committed.
        drop((fetched, seat));
        visited
    }

    /// Takes a seat and unpacks the document.
    async fn seated(&self, fetched: &mut fetch::Fetched) -> Result<(Bytes, Option<Seat<'_>>), fetch::Error> {
        let seat = self.desks.seat().await;
        let (body, seat) = match fetched.decode_at_once().await {
            Some(body) => (body?, seat),
            None => {
                // The memory it waits for may be held by one that waits for a seat.
                drop(seat);
                (fetched.decode().await?, self.desks.seat().await)
            }
        };
        let seat = self.desks.seat_of(body.len(), seat).await;
        Ok((body, seat))
    }

    /// Recognizes the entries, gathers the changes and commits them; again when another poll was quicker.
    async fn take_in(
        &self,
        source: &Source,
        state: &SourceState,
        response: &Response,
        document: Document,
    ) -> Result<Visited, Error> {
        let document = Arc::new(document);
        let mut conflicts = 0;
        let mut turn = None;
        let mut wording = Words::default();
        loop {
            let now = self.clock.now();
            let gathered = match self.decide(source, state, &document, &mut wording, now).await? {
                Ok(gathered) => gathered,
                Err(panic) => return self.unreadable(source, state, our_fault(&panic)).await,
            };
            let words = gathered.words(&document);
            let (new, updated) = (gathered.changes.new_items.len(), gathered.updated);
            let brought = (&*document, &gathered.arrived, words.as_str());
            let next = outcome::taken_in(source, state, response, brought, now);
            let changes = Changes {
                source: source.id,
                at: now,
                state: Some(next),
                ..gathered.changes
            };
            self.recall.reworded(&gathered.reworded);
            match self.store.commit(changes).await {
                Err(Error::Conflict) => {
                    wording.give_way();
                    conflicts += 1;
                }
                Err(error) => return Err(error),
                Ok(Receipt { numbers, mut touched }) => {
                    let places: HashSet<usize> = gathered.dropped.iter().map(|(place, _)| *place).collect();
                    wording.leave_out(&places);
                    self.remember_dropped(source, gathered.dropped).await;
                    touched.extend(self.remember_words(wording, &numbers, now).await);
                    let reason = Reason::new(words);
                    return Ok(Visited {
                        outcome: Outcome::Modified,
                        was_asked: true,
                        new,
                        updated,
                        reason,
                        touched,
                    });
                }
            }
            // A hundred sources that list one article would overtake each other for ever: from here on one at a time.
            if conflicts == CONFLICTS_IN_A_CROWD && turn.is_none() {
                turn = Some(self.crowd.lock().await);
            }
        }
    }

    /// The changes that this document makes to what is known now; an error when the stations panicked on it.
    async fn decide(
        &self,
        source: &Source,
        state: &SourceState,
        document: &Arc<Document>,
        wording: &mut Words,
        now: Timestamp,
    ) -> Result<Result<Gathered, Panicked>, Error> {
        let known = self.what_is_known(document).await?;
        let read = Arc::clone(document);
        let deciding = self.desks.run(move || {
            let entries = &read.feed.entries;
            let texts = identify::Texts::of(entries);
            let decisions = identify::decide_by(entries, &read.keys, &known, &texts);
            (decisions, texts, known.links)
        });
        let (mut decisions, texts, known) = match deciding.await {
            Ok(decided) => decided,
            Err(panic) => return Ok(Err(panic)),
        };
        if let Err(panic) = self
            .compare_words(source, (document, texts), &mut decisions, wording, now)
            .await?
        {
            return Ok(Err(panic));
        }
        let gathering = Gathering {
            stories: wording.stories.clone(),
            priorities: Arc::clone(&self.priorities),
            source: source.clone(),
            state: state.clone(),
            document: Arc::clone(document),
            stored: self.items_to_edit(&decisions).await?,
            decisions,
            known,
            categorizer: Arc::clone(&self.categorizer),
            identity: self.store.identity().clone(),
            now,
        };
        if gathering.is_at_rest() {
            return Ok(Ok(gathering.gather()));
        }
        Ok(self.desks.run(move || gathering.gather()).await)
    }

    async fn what_is_known(&self, document: &Document) -> Result<Known, Error> {
        let mut keys: Vec<_> = document.keys.iter().flat_map(Keys::all).collect();
        keys.sort_unstable();
        keys.dedup();
        let answers = self.store.known(&keys).await?;
        let links: HashMap<_, _> = keys
            .into_iter()
            .zip(answers)
            .filter_map(|(key, link)| Some((key, link?)))
            .collect();
        let questions = identify::questions(&document.feed.entries, &document.keys, &links);
        let mut texts = HashMap::new();
        if !questions.is_empty() {
            for stored in self.store.items(&questions).await?.into_iter().flatten() {
                let item = &stored.item;
                let text = item
                    .content
                    .as_deref()
                    .or(item.summary.as_deref())
                    .map(html::plain)
                    .unwrap_or_default();
                let known = KnownText {
                    title: item.title.clone(),
                    text,
                };
                texts.insert(stored.number, known);
            }
        }
        Ok(Known { links, texts })
    }

    /// The stored items that a verdict changes.
    async fn items_to_edit(&self, decisions: &[identify::Decision]) -> Result<gather::Stored, Error> {
        let numbers = gather::numbers_to_edit(decisions);
        if numbers.is_empty() {
            return Ok(gather::Stored::default());
        }
        let stored = self.store.items(&numbers).await?;
        Ok(stored
            .into_iter()
            .flatten()
            .map(|stored| (stored.number, stored))
            .collect())
    }

    /// A success that brings nothing: 304, or the same bytes. Newer validators replace the old (RFC 9111 4.3.4).
    async fn at_rest(
        &self,
        source: &Source,
        state: &SourceState,
        response: &Response,
        outcome: Outcome,
        words: String,
    ) -> Result<Visited, Error> {
        let now = self.clock.now();
        let mut next = outcome::at_success(state, response, now, outcome, &words);
        next.unchanged_since = match outcome {
            Outcome::NotModified => state.unchanged_since.or(Some(now)),
            _ => None,
        };
        // What has not changed since the last poll lists what that listed.
        moves::after_success(
            source,
            state,
            &mut next,
            response,
            response.status != 204 && !state.listed.is_empty(),
        );
        outcome::pace(source, &mut next, state, (outcome, Some(response), None), now);
        self.commit_state(source, next, now).await?;
        let touched = if source.is_ranking() {
            self.look_again(source, now).await?
        } else {
            Vec::new()
        };
        Ok(Visited {
            touched,
            ..Visited::without_items(outcome, words)
        })
    }

    /// The source could not be asked, or answered with an error; told in these words.
    async fn failed(
        &self,
        source: &Source,
        state: &SourceState,
        error: &fetch::Error,
        words: String,
    ) -> Result<Visited, Error> {
        let now = self.clock.now();
        let outcome = match error {
            _ if error.is_gone() => Outcome::Gone,
            _ if error.is_refusal() => Outcome::Refused,
            _ => Outcome::Failed,
        };
        let mut next = outcome::at_failure(state, now, outcome, words, error.is_temporary());
        next.is_gone = outcome == Outcome::Gone;
        if !error.was_asked() {
            // Nothing was sent: it is neither a failure of this source nor a poll of it.
            (next.failures, next.last_polled) = (state.failures, state.last_polled);
        }
        next.not_before = error.retry_after().filter(|until| *until > now);
        outcome::pace(
            source,
            &mut next,
            state,
            (outcome, None, error.retry_after()),
            now,
        );
        let words = next.last_words.clone();
        self.commit_state(source, next, now).await?;
        Ok(Visited {
            was_asked: error.was_asked(),
            ..Visited::without_items(outcome, words)
        })
    }

    /// The document is no feed: a problem, not an update. Validators stay those of the last good one.
    async fn unreadable(
        &self,
        source: &Source,
        state: &SourceState,
        words: String,
    ) -> Result<Visited, Error> {
        let now = self.clock.now();
        let mut next = outcome::at_failure(state, now, Outcome::Failed, words, false);
        outcome::pace(source, &mut next, state, (Outcome::Failed, None, None), now);
        let words = next.last_words.clone();
        self.commit_state(source, next, now).await?;
        Ok(Visited::without_items(Outcome::Failed, words))
    }

    async fn commit_state(&self, source: &Source, state: SourceState, now: Timestamp) -> Result<(), Error> {
        let changes = Changes {
            source: source.id,
            at: now,
            state: Some(state),
            ..Changes::default()
        };
        self.store.commit(changes).await.map(|_| ())
    }
}

struct Visited {
    outcome: Outcome,
    was_asked: bool,
    new: usize,
    updated: usize,
    reason: Reason,
    touched: Vec<Channel>,
}

impl Visited {
    fn without_items(outcome: Outcome, words: String) -> Self {
        Self {
            outcome,
            was_asked: true,
            new: 0,
            updated: 0,
            reason: Reason::new(words),
            touched: Vec::new(),
        }
    }
}

fn our_fault(panic: &Panicked) -> String {
    let words = &panic.0;
    format!("newsriver itself failed on this document: {words}; please report it")
}
