//! Hot lists: sources whose order is a vote for the hot ranking, and which publish nothing.
//!
//! The votes of a list are a note of the store, so that they outlive restarts and go with their source. An entry
//! means an item by its address, or by its title as a reprint without text does; what means none yet is looked up
//! again at each poll, also when the list has not changed, because a list may be quicker than the feeds.

use super::desks::Panicked;
use super::outcome::{self, Arrived};
use super::reprints::{named, rewrite};
use super::{Document, Poller, Visited, our_fault};
use crate::cluster::{self, Read};
use crate::identify::{self, Keys};
use crate::model::{
    Entry, Feed, Item, ItemNumber, Key, Outcome, Response, Source, SourceId, SourceState, Timestamp, Vote,
};
use crate::store::{Changes, Channel, Error, Note, Store};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// What the notes' names begin with.
const NOTES: &str = "votes/";

/// So many places of a list are votes.
const PLACES: usize = 100;

/// What has left its list is remembered for so long: older terms do not count in the hot ranking.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

/// Votes of a list that are remembered, at most.
const MOST: usize = 1000;

fn name(source: SourceId) -> String {
    format!("{NOTES}{:010}", source.0)
}

/// The votes of all lists that were read.
pub async fn votes(store: &dyn Store) -> Result<Vec<(SourceId, Vec<Vote>)>, Error> {
    let notes = store.notes(NOTES).await?.into_iter();
    // One that cannot be read is as one that was never written.
    Ok(notes
        .filter_map(|note| {
            let source = note.name.strip_prefix(NOTES)?.parse().ok()?;
            Some((SourceId(source), postcard::from_bytes(&note.bytes).ok()?))
        })
        .collect())
}

/// The votes of one list; none: it was never read as a list.
pub async fn votes_of(store: &dyn Store, source: SourceId) -> Result<Option<Vec<Vote>>, Error> {
    let notes = store.notes(&name(source)).await?;
    Ok(notes
        .first()
        .and_then(|note| postcard::from_bytes(&note.bytes).ok()))
}

/// Forgets the votes of whatever is none of these sources' rankings any more. One that is a feed now is asked for its
/// whole document: what it listed was never published.
pub(crate) async fn forget_votes(
    store: &dyn Store,
    sources: &[Arc<Source>],
    now: Timestamp,
) -> Result<(), Error> {
    for (id, _) in votes(store).await? {
        let source = sources.iter().find(|source| source.id == id);
        if source.is_some_and(|source| source.is_ranking()) {
            continue;
        }
        if source.is_some() {
            let state = store.state(id).await?;
            let changes = Changes {
                source: id,
                at: now,
                state: Some(as_unread(&state)),
                ..Changes::default()
            };
            store.commit(changes).await?;
        }
        store
            .note(vec![Note {
                name: name(id),
                bytes: Vec::new(),
            }])
            .await?;
    }
    Ok(())
}

/// What is remembered of a source, but for that by which it would say that nothing has changed.
fn as_unread(state: &SourceState) -> SourceState {
    SourceState {
        validators: Default::default(),
        body_digest: None,
        ..state.clone()
    }
}

impl Poller {
    /// The state that a poll of a list begins from: one that was never read as a list is asked for its whole document.
    pub(super) async fn as_list(
        &self,
        source: &Source,
        state: Arc<SourceState>,
    ) -> Result<Arc<SourceState>, Error> {
        if votes_of(self.store.as_ref(), source.id).await?.is_some() {
            return Ok(state);
        }
        Ok(Arc::new(as_unread(&state)))
    }

    /// A list was read: its order is what counts. The votes are written before the state that vouches for them.
    pub(super) async fn take_votes(
        &self,
        source: &Source,
        state: &SourceState,
        response: &Response,
        document: Document,
    ) -> Result<Visited, Error> {
        let now = self.clock.now();
        let before = votes_of(self.store.as_ref(), source.id).await?;
        let known = before.clone().unwrap_or_default();
        let (votes, arrived) = counted(source.id, known, &document, now);
        let (votes, touched) = match self.settle(source, before, votes, now).await? {
            Ok(settled) => settled,
            Err(panic) => return self.unreadable(source, state, our_fault(&panic)).await,
        };
        let words = in_words(&votes, arrived.times.len());
        let next = outcome::taken_in(source, state, response, (&document, &arrived, &words), now);
        self.commit_state(source, next, now).await?;
        Ok(Visited {
            touched,
            ..Visited::without_items(Outcome::Modified, words)
        })
    }

    /// The list has not changed: what meant no item may mean one now.
    pub(super) async fn look_again(&self, source: &Source, now: Timestamp) -> Result<Vec<Channel>, Error> {
        let Some(votes) = votes_of(self.store.as_ref(), source.id).await? else {
            return Ok(Vec::new());
        };
        let _seat = self.desks.seat().await;
        let settled = self.settle(source, Some(votes.clone()), votes, now).await?;
        Ok(settled.map_or_else(
            |panic| {
                tracing::warn!(source.name = %source.name, "its list was not looked up: {}", our_fault(&panic));
                Vec::new()
            },
            |(_, touched)| touched,
        ))
    }

    /// Finds the items of votes that have none, and keeps what is another than before. What a list of another owner
    /// votes for is told by others too. Answers the votes, and what is to be published anew.
    async fn settle(
        &self,
        source: &Source,
        before: Option<Vec<Vote>>,
        mut votes: Vec<Vote>,
        now: Timestamp,
    ) -> Result<Result<(Vec<Vote>, Vec<Channel>), Panicked>, Error> {
        if let Err(panic) = self.find_items(source, &mut votes, now).await? {
            return Ok(Err(panic));
        }
        if before.as_ref() == Some(&votes) {
            return Ok(Ok((votes, Vec::new())));
        }
        // Titles, addresses and numbers always can be written.
        let bytes = postcard::to_stdvec(&votes).unwrap_or_default();
        let name = name(source.id);
        self.store.note(vec![Note { name, bytes }]).await?;
        let listed = votes.iter().filter(|vote| vote.place.is_some());
        let numbers: Vec<ItemNumber> = listed.filter_map(|vote| vote.item).collect();
        let owner = cluster::owner(&source.url);
        let mut touched = rewrite(self.store.as_ref(), &numbers, now, |item| {
            item.is_shared |= is_told_by_others(item, owner.as_deref());
        })
        .await?;
        touched.push(Channel::Shared);
        Ok(Ok((votes, touched)))
    }

    async fn find_items(
        &self,
        source: &Source,
        votes: &mut [Vote],
        now: Timestamp,
    ) -> Result<Result<(), Panicked>, Error> {
        let is_open = |vote: &&mut Vote| vote.place.is_some() && vote.item.is_none();
        let mut open: Vec<&mut Vote> = votes.iter_mut().filter(is_open).collect();
        if open.is_empty() {
            return Ok(Ok(()));
        }
        let entries: Vec<Entry> = open.iter().map(|vote| entry(vote)).collect();
        let document = document_of(source.id, entries);
        let known = self.what_is_known(&document).await?;
        let (times, id) = (open.iter().map(|vote| vote.since).collect::<Vec<_>>(), source.id);
        let deciding = self.desks.run(move || {
            let decisions = identify::decide(&document.feed.entries, &document.keys, &known);
            let articles: Vec<_> = (document.feed.entries.iter().zip(times))
                .map(|(entry, since)| {
                    let title = entry.title.as_deref().unwrap_or_default();
                    Read::new(ItemNumber::default(), id.0, since, title, "").article
                })
                .collect();
            (decisions, articles)
        });
        let (decisions, articles) = match deciding.await {
            Ok(decided) => decided,
            Err(panic) => return Ok(Err(panic)),
        };
        self.recall.make(self.store.as_ref()).await?;
        // Nobody has to wait for a list: it brings nothing.
        let ticket = self.recall.enter([].into());
        let taken: HashSet<ItemNumber> = decisions.iter().filter_map(named).collect();
        let copies = match self
            .copies(&ticket, source.id, articles.into(), taken, now)
            .await?
        {
            Ok(copies) => copies,
            Err(panic) => return Ok(Err(panic)),
        };
        for ((vote, decision), copy) in open.iter_mut().zip(&decisions).zip(copies) {
            vote.item = named(decision).or(copy.map(|(copy, _)| copy.of));
        }
        Ok(Ok(()))
    }
}

/// Another than the owner of the list carries it.
fn is_told_by_others(item: &Item, owner: Option<&str>) -> bool {
    let own = |link: &Option<String>| link.as_deref().and_then(cluster::owner);
    item.carriers
        .iter()
        .any(|carrier| owner.is_none() || own(&carrier.link).as_deref() != owner)
}

fn entry(vote: &Vote) -> Entry {
    Entry {
        title: Some(vote.title.clone()),
        link: vote.link.clone(),
        ..Entry::default()
    }
}

/// A document of these entries alone.
fn document_of(source: SourceId, entries: Vec<Entry>) -> Document {
    Document {
        keys: entries
            .iter()
            .map(|entry| identify::keys(source, entry))
            .collect(),
        feed: Feed {
            entries,
            ..Feed::default()
        },
        quirks: Vec::new(),
        digest: 0,
        is_whole: true,
    }
}

/// The votes after this document, those of its list first and in its order, and what it brought.
fn counted(source: SourceId, before: Vec<Vote>, document: &Document, now: Timestamp) -> (Vec<Vote>, Arrived) {
    let mut places: HashMap<Key, usize> = HashMap::new();
    for place in document.keys.iter().filter_map(|keys| keys.place) {
        *places.entry(place).or_default() += 1;
    }
    // Where a whole list links to one page, its entries are told apart by their titles.
    let key = |keys: &Keys| {
        let is_its = |place: &Key| places.get(place).is_none_or(|count| *count == 1);
        keys.place.filter(is_its).unwrap_or(keys.digest)
    };
    let mut known: HashMap<Key, Vote> = HashMap::new();
    let mut order = Vec::new();
    for vote in before {
        let key = key(&identify::keys(source, &entry(&vote)));
        if known.insert(key, vote).is_none() {
            order.push(key);
        }
    }
    let mut votes: Vec<Vote> = Vec::new();
    let mut arrived = Arrived::default();
    let mut seen = HashSet::new();
    for listed in &document.feed.entries {
        let title = listed.title.as_deref().unwrap_or_default().trim();
        if title.is_empty() || votes.len() == PLACES {
            continue;
        }
        let place = u32::try_from(votes.len() + 1).unwrap_or(u32::MAX);
        let new = Vote {
            title: title.to_owned(),
            link: listed.link.clone(),
            place: Some(place),
            best: place,
            since: now,
            left: None,
            item: None,
        };
        let key = key(&identify::keys(source, &entry(&new)));
        if !seen.insert(key) {
            continue;
        }
        votes.push(match known.remove(&key) {
            Some(vote) => {
                arrived.is_in_common = true;
                Vote {
                    best: vote.best.min(place),
                    since: vote.since,
                    item: vote.item,
                    ..new
                }
            }
            None => {
                arrived.times.push(now);
                new
            }
        });
    }
    let missed = order.into_iter().filter_map(|key| known.remove(&key));
    votes.extend(missed.filter_map(|mut vote| {
        // Of a document that was cut short the end is missing, and not the entries.
        if document.is_whole {
            vote.left = vote.left.or(Some(now));
            vote.place = None;
        }
        vote.left
            .is_none_or(|left| now.since(left) < KEPT)
            .then_some(vote)
    }));
    votes.truncate(MOST);
    (votes, arrived)
}

/// The outcome in words: `50 places, 3 of them new; 12 mean stored items`.
fn in_words(votes: &[Vote], new: usize) -> String {
    let listed = || votes.iter().filter(|vote| vote.place.is_some());
    let meant = listed().filter(|vote| vote.item.is_some()).count();
    format!(
        "{} places, {new} of them new; {meant} mean stored items",
        listed().count()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: SourceId = SourceId(3);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_795_336_200 + seconds)
    }

    fn list(entries: &[(&str, &str)]) -> Document {
        let entries: Vec<Entry> = entries
            .iter()
            .map(|(title, link)| Entry {
                title: Some((*title).to_owned()),
                link: (!link.is_empty()).then(|| (*link).to_owned()),
                ..Entry::default()
            })
            .collect();
        document_of(HERE, entries)
    }

    fn told(votes: &[Vote]) -> Vec<(&str, Option<u32>, u32, i64)> {
        let since = |vote: &Vote| vote.since.seconds() - at(0).seconds();
        votes
            .iter()
            .map(|vote| (vote.title.as_str(), vote.place, vote.best, since(vote)))
            .collect()
    }

    #[test]
    fn a_vote_keeps_its_first_time_and_its_best_place() {
        let first = list(&[("one", "http://a.org/1"), ("two", "http://a.org/2")]);
        let (votes, arrived) = counted(HERE, Vec::new(), &first, at(0));
        assert_eq!(told(&votes), [("one", Some(1), 1, 0), ("two", Some(2), 2, 0)]);
        assert_eq!((arrived.times.len(), arrived.is_in_common), (2, false));
        // The title of an entry may change; its address says which it is.
        let second = list(&[("two, hotter", "http://a.org/2?utm_source=x"), ("new", "")]);
        let (votes, arrived) = counted(HERE, votes, &second, at(60));
        assert_eq!(
            told(&votes),
            [
                ("two, hotter", Some(1), 1, 0),
                ("new", Some(2), 2, 60),
                ("one", None, 1, 0)
            ]
        );
        assert_eq!((arrived.times.len(), arrived.is_in_common), (1, true));
        assert_eq!(votes[2].left, Some(at(60)));
        // What comes back is the same vote still, until it was away for a week.
        let back = list(&[("new", ""), ("one", "http://a.org/1")]);
        let (again, _) = counted(HERE, votes.clone(), &back, at(3600));
        assert_eq!(told(&again)[1], ("one", Some(2), 1, 0));
        let (gone, _) = counted(HERE, votes, &list(&[("new", "")]), at(8 * 86_400));
        assert_eq!(told(&gone).len(), 2, "only what left a week ago is forgotten");
    }

    #[test]
    fn a_list_that_links_to_one_page_is_told_apart_by_its_titles() {
        let document = list(&[("one", "http://a.org/hot"), ("two", "http://a.org/hot")]);
        let (votes, _) = counted(HERE, Vec::new(), &document, at(0));
        assert_eq!(told(&votes).len(), 2);
        let turned = list(&[("two", "http://a.org/hot"), ("one", "http://a.org/hot")]);
        let (votes, arrived) = counted(HERE, votes, &turned, at(60));
        assert_eq!(told(&votes), [("two", Some(1), 1, 0), ("one", Some(2), 1, 0)]);
        assert!(arrived.times.is_empty());
    }

    #[test]
    fn what_a_document_cut_short_does_not_list_has_not_left() {
        let whole = list(&[("one", "http://a.org/1"), ("two", "http://a.org/2")]);
        let (votes, _) = counted(HERE, Vec::new(), &whole, at(0));
        let mut cut = list(&[("one", "http://a.org/1")]);
        cut.is_whole = false;
        let (votes, _) = counted(HERE, votes, &cut, at(60));
        assert_eq!(votes[1].place, Some(2));
        assert_eq!(votes[1].left, None);
    }

    #[test]
    fn an_empty_list_takes_no_vote_away() {
        let (votes, _) = counted(HERE, Vec::new(), &list(&[("one", "http://a.org/1")]), at(0));
        let (votes, _) = counted(HERE, votes, &list(&[]), at(60));
        assert_eq!(told(&votes), [("one", None, 1, 0)]);
    }
}
