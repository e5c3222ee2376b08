//! Which stories are hot: from the store's items that share their story to ranked ones with what became of them.
//!
//! All of it follows from the items, and from the votes of hot lists that the store keeps, so that a restart changes nothing; what was read of an item is kept for as long
//! as it has its version. Once an hour the ranking is noted in the store, and a standing is held against the notes of
//! the hour before and of the day before: between the hours time alone changes nothing.

use super::channel::Subject;
use super::standing::{Standing, Was};
use super::view::{SourceView, View};
use crate::cluster::hot::{self, Candidate, Rules, Telling, Term};
use crate::cluster::owner;
use crate::model::{Item, ItemNumber, SourceId, StoryId, Timestamp, Vote};
use crate::poll;
use crate::store::{self, Channel, Listing, Note, Store, StoredItem};
use crate::text::outlet;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// How far before the newest arrival a telling still counts. At the usual half-life that is a hundred-millionth.
const REACH: Duration = Duration::from_secs(7 * 86_400);

/// Lines looked at, at most.
const DEEPEST: usize = 50_000;

/// Lines and items read at once.
const PAGE: usize = 500;

/// Places of a ranking that are noted.
const NOTED: usize = 500;

/// Hours for which the notes are kept.
const KEPT: i64 = 8 * 24;

/// What the notes' names begin with.
const NOTES: &str = "hot/";

/// What ranking needs to remember.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    told: HashMap<ItemNumber, Told>,
    /// What hot lists say of items.
    votes: Votes,
    /// The rankings at the full hours, by the hour since the epoch; none before they were read.
    past: Option<BTreeMap<i64, Rankings>>,
}

/// What hot lists say, by the item that they mean.
type Votes = HashMap<ItemNumber, Vec<Telling>>;

/// The stories of each ranking, the hottest first, by the tag of its subject.
type Rankings = BTreeMap<String, Vec<StoryId>>;

/// What one item adds to its story.
#[derive(Clone, Debug)]
struct Told {
    line: Listing,
    story: StoryId,
    lead: SourceId,
    categories: BTreeSet<String>,
    tellings: Vec<Telling>,
}

/// A story in a ranking.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The item that stands for it: its first, so that it stays the same while the story goes on.
    pub(crate) line: Listing,
    /// Where it stands.
    pub(crate) standing: Standing,
}

impl Desk {
    /// Reads what has changed, and notes the ranking when an hour has begun.
    pub(crate) async fn refresh(
        &mut self,
        store: &dyn Store,
        view: &View,
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let lines = lines(store).await?;
        let mut told = HashMap::with_capacity(lines.len());
        let mut missing = Vec::new();
        for line in lines {
            match self.told.remove(&line.number) {
                Some(known) if known.line == line => drop(told.insert(line.number, known)),
                _ => missing.push(line),
            }
        }
        for lines in missing.chunks(PAGE) {
            let numbers: Vec<ItemNumber> = lines.iter().map(|line| line.number).collect();
            let items = store.items(&numbers).await?;
            for (line, stored) in lines.iter().zip(items) {
                if let Some(read) = stored.and_then(|stored| Told::new(*line, &stored.item, view)) {
                    told.insert(line.number, read);
                }
            }
        }
        self.told = told;
        self.votes = by_item(&poll::votes(store).await?, view);
        self.note(store, view, hour_of(now)).await
    }

    /// The hottest stories of a subject, at most so many as the view wants.
    pub(crate) fn places(&self, category: Option<&str>, view: &View, now: Timestamp) -> Vec<Place> {
        let stories = self.stories(category);
        let tag = Subject::Hot(category.map(str::to_owned)).tag();
        let was = |hours: i64, story: StoryId| {
            let past = self
                .past
                .as_ref()
                .and_then(|past| past.get(&(hour_of(now) - hours)));
            let Some(ranking) = past.and_then(|rankings| rankings.get(&tag)) else {
                return Was::Unknown;
            };
            let place = ranking.iter().position(|ranked| *ranked == story);
            place.map_or(Was::Absent, |place| Was::At(place + 1))
        };
        ranking(&stories, &self.votes, view, view.hot.items)
            .into_iter()
            .enumerate()
            .filter_map(|(place, ranked)| {
                let line = stories.get(&ranked.story)?.first()?.line;
                let standing = Standing {
                    rank: place + 1,
                    publishers: ranked.publishers,
                    hour: was(1, ranked.story),
                    day: was(24, ranked.story),
                };
                Some(Place { line, standing })
            })
            .collect()
    }

    /// The items of each story, the first one first; of a category those stories that have an item in it.
    fn stories(&self, category: Option<&str>) -> BTreeMap<StoryId, Vec<&Told>> {
        let mut stories: BTreeMap<StoryId, Vec<&Told>> = BTreeMap::new();
        for told in self.told.values() {
            stories.entry(told.story).or_default().push(told);
        }
        let is_of = |told: &Told| category.is_none_or(|name| told.categories.contains(name));
        stories.retain(|_, told| told.iter().any(|told| is_of(told)));
        for told in stories.values_mut() {
            // In a category, an item that is in it stands for the story.
            told.sort_unstable_by_key(|told| (!is_of(told), told.line.surfaced, told.line.number));
        }
        stories
    }

    /// Notes the rankings of this hour, unless that is done, and lets those go that are too old.
    async fn note(&mut self, store: &dyn Store, view: &View, hour: i64) -> Result<(), store::Error> {
        if self.past.is_none() {
            self.past = Some(read_notes(store).await?);
        }
        let is_noted = self.past.as_ref().is_some_and(|past| past.contains_key(&hour));
        if is_noted {
            return Ok(());
        }
        let categories = view.categories.iter().map(|category| Some(category.name.clone()));
        let rankings: Rankings = std::iter::once(None)
            .chain(categories)
            .map(|category| {
                let ranked = ranking(&self.stories(category.as_deref()), &self.votes, view, NOTED);
                let stories = ranked.into_iter().map(|ranked| ranked.story).collect();
                (Subject::Hot(category).tag(), stories)
            })
            .collect();
        let past = self.past.get_or_insert_default();
        let old: Vec<i64> = past.range(..hour - KEPT).map(|(hour, _)| *hour).collect();
        let mut notes: Vec<Note> = old
            .iter()
            .map(|hour| Note {
                name: name_of(*hour),
                bytes: Vec::new(),
            })
            .collect();
        // Numbers and names always can be written.
        notes.extend(postcard::to_stdvec(&rankings).ok().map(|bytes| Note {
            name: name_of(hour),
            bytes,
        }));
        store.note(notes).await?;
        for hour in old {
            past.remove(&hour);
        }
        past.insert(hour, rankings);
        Ok(())
    }
}

fn ranking(
    stories: &BTreeMap<StoryId, Vec<&Told>>,
    votes: &Votes,
    view: &View,
    most: usize,
) -> Vec<hot::Ranked> {
    let candidates: Vec<Candidate> = stories
        .iter()
        .map(|(story, told)| Candidate {
            story: *story,
            lead: told.first().map(|told| told.lead).unwrap_or_default(),
            tellings: told
                .iter()
                .flat_map(|told| {
                    let votes = votes.get(&told.line.number).into_iter().flatten();
                    told.tellings.iter().chain(votes).cloned()
                })
                .collect(),
        })
        .collect();
    let rules = Rules {
        half_life: view.hot.half_life,
        publishers: view.hot.publishers,
        per_source: view.hot.per_source,
        most,
    };
    hot::rank(&candidates, rules)
}

/// The lines of items that share their story, as far back as they count.
async fn lines(store: &dyn Store) -> Result<Vec<Listing>, store::Error> {
    let mut lines: Vec<Listing> = Vec::new();
    loop {
        let before = lines.last().map(Listing::cursor);
        let read = store.list(&Channel::Shared, before, PAGE).await?;
        let is_end = read.len() < PAGE;
        lines.extend(read);
        let since = lines.first().map(|line| line.surfaced.minus(REACH));
        let is_beyond = |line: &Listing| since.is_none_or(|since| line.surfaced < since);
        if is_end || lines.len() >= DEEPEST || lines.last().is_none_or(is_beyond) {
            lines.retain(|line| !is_beyond(line));
            return Ok(lines);
        }
    }
}

async fn read_notes(store: &dyn Store) -> Result<BTreeMap<i64, Rankings>, store::Error> {
    let notes = store.notes(NOTES).await?.into_iter();
    // One that cannot be read is as one that was never written.
    Ok(notes
        .filter_map(|note| {
            let hour = note.name.strip_prefix(NOTES)?.parse().ok()?;
            Some((hour, postcard::from_bytes(&note.bytes).ok()?))
        })
        .collect())
}

fn name_of(hour: i64) -> String {
    format!("{NOTES}{hour:010}")
}

fn hour_of(now: Timestamp) -> i64 {
    now.seconds().div_euclid(3600)
}

impl Told {
    /// None for an item without a story.
    fn new(line: Listing, item: &Item, view: &View) -> Option<Self> {
        Some(Self {
            line,
            story: item.story.as_ref()?.id,
            lead: item
                .carriers
                .first()
                .map(|carrier| carrier.source)
                .unwrap_or_default(),
            categories: item.categories().map(str::to_owned).collect(),
            tellings: tellings(item, view),
        })
    }
}

/// What a story comes to in the hot ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// The sum of the decayed terms.
    pub score: f64,
    /// Each publisher's term with what it comes to now, the greatest first.
    pub terms: Vec<(Term, f64)>,
}

/// What the story of these items comes to at `now`, with the votes of these hot lists, however many publishers tell it;
/// none where nobody who counts does.
pub fn heat(
    items: &[StoredItem],
    votes: &[(SourceId, Vec<Vote>)],
    view: &View,
    now: Timestamp,
) -> Option<Heat> {
    let mut votes = by_item(votes, view);
    let tellings: Vec<Telling> = items
        .iter()
        .flat_map(|stored| {
            let votes = votes.remove(&stored.number).unwrap_or_default();
            tellings(&stored.item, view).into_iter().chain(votes)
        })
        .collect();
    let half_life = view.hot.half_life;
    let terms = hot::terms(&tellings, half_life);
    let score_of = |terms: &[Term]| Some(hot::score(hot::heat(terms, half_life)?, now, half_life));
    let score = score_of(&terms)?;
    let mut terms: Vec<(Term, f64)> = terms
        .into_iter()
        .filter_map(|term| Some((term.clone(), score_of(&[term])?)))
        .collect();
    terms.sort_by(|one, other| other.1.total_cmp(&one.1));
    Some(Heat { score, terms })
}

/// Who told an item, and whether as its own. Sources that are not polled any more say nothing.
fn tellings(item: &Item, view: &View) -> Vec<Telling> {
    let first = item.carriers.iter().map(|carrier| carrier.first_seen).min();
    let mut has_original = false;
    let mut carriers: Vec<_> = item.carriers.iter().collect();
    carriers.sort_by_key(|carrier| carrier.first_seen);
    carriers
        .into_iter()
        .filter_map(|carrier| {
            let source = view.source(carrier.source)?;
            let by_link = carrier.link.as_deref().and_then(owner);
            let is_first = Some(carrier.first_seen) == first && !has_original;
            has_original |= is_first;
            Some(Telling {
                publisher: by_link.unwrap_or_else(|| publisher(source)),
                since: if is_first {
                    item.surfaced
                } else {
                    carrier.first_seen
                },
                weight: source.weight,
                is_copy: !is_first || is_credited_elsewhere(item, &source.name),
                place: None,
            })
        })
        .collect()
}

/// Whose a source is. A host that is a number says nothing of an owner: there each source is its own.
fn publisher(source: &SourceView) -> String {
    owner(&source.url).unwrap_or_else(|| format!("source {}", source.name))
}

/// What hot lists say of items. Lists that are not polled any more say nothing.
fn by_item(votes: &[(SourceId, Vec<Vote>)], view: &View) -> Votes {
    let mut of_items = Votes::new();
    for (source, votes) in votes {
        let Some(source) = view.source(*source).filter(|source| source.is_ranking) else {
            continue;
        };
        let publisher = publisher(source);
        for vote in votes {
            let Some(item) = vote.item else { continue };
            of_items.entry(item).or_default().push(Telling {
                publisher: publisher.clone(),
                since: vote.since,
                weight: source.weight,
                is_copy: false,
                place: Some(vote.best),
            });
        }
    }
    of_items
}

/// The text says itself that it is another outlet's.
fn is_credited_elsewhere(item: &Item, source: &str) -> bool {
    let Some(credited) = &item.outlet else {
        return false;
    };
    let own = [item.origin.title.as_deref(), Some(source)];
    !own.into_iter()
        .flatten()
        .any(|name| outlet::is_same(name, credited))
}
