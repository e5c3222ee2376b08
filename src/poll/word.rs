//! The admin's word against the machine's: stories taken apart and put together, copies that are none.
//!
//! Each word is a note in the store, `word/…`, and holds for good: what is remembered of words and stories is told of
//! it whenever it is made, so that it outlives restarts, rebuilds and polls. Items keep their ids whatever is said.

use super::recall::Recall;
use super::reprints::rewrite;
use crate::html;
use crate::identify;
use crate::model::word::{Text, Verdict, Word};
use crate::model::{Carrier, Entry, InStory, Item, ItemNumber, Key, Reason, SourceId, StoryId, Timestamp};
use crate::store::{Changes, Channel, Error, Listing, Note, Store, StoredItem, story_became};
use std::sync::Arc;

/// What the notes' names begin with.
const WORDS: &str = "word/";

/// Characters of a text that are kept with a word.
const KEPT: usize = 4000;

/// Items of a story that a word touches, at most.
const MOST: usize = 5000;

/// Of the others of a story that an item is split from, so many are told as pairs.
const PAIRS: usize = 8;

/// What a word did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// In words.
    pub reason: String,
    /// To be published anew.
    pub touched: Vec<Channel>,
}

/// Why a word has no effect, in words.
pub type Refusal = String;

/// All words given so far, the earliest first.
pub async fn words(store: &dyn Store) -> Result<Vec<Word>, Error> {
    let notes = store.notes(WORDS).await?.into_iter();
    Ok(notes
        .filter_map(|note| postcard::from_bytes(&note.bytes).ok())
        .collect())
}

/// Takes an item out of its story: it tells one of its own from now on.
pub async fn split(
    store: &dyn Store,
    recall: &Arc<Recall>,
    stored: &StoredItem,
    now: Timestamp,
) -> Result<Result<Done, Refusal>, Error> {
    recall.make(store).await?;
    let Some(story) = stored.item.story.as_ref().map(|story| story.id) else {
        return Ok(Err("it belongs to no story".to_owned()));
    };
    let others: Vec<StoredItem> = members(store, story)
        .await?
        .into_iter()
        .filter(|other| other.number != stored.number)
        .collect();
    if others.is_empty() {
        return Ok(Err(
            "no other item tells its story; a source that carried it wrongly is split off by the link it shows it at".to_owned(),
        ));
    }
    // First the words: should all else fail, the next start finds them.
    let pairs = others.iter().take(PAIRS).map(|other| Word {
        at: now,
        verdict: Verdict::TwoStories,
        one: text_of(&stored.item),
        other: text_of(&other.item),
    });
    note(store, pairs.collect()).await?;
    let own = recall.split(stored, story, now);
    let mut touched = rewrite(store, &[stored.number], now, |item| {
        item.is_shared = item.carriers.len() > 1;
        item.story = Some(InStory {
            id: own,
            reason: Reason::new("the admin took it out of another story"),
        });
    })
    .await?;
    if let [other] = others.as_slice() {
        touched.extend(
            rewrite(store, &[other.number], now, |item| {
                item.is_shared = item.carriers.len() > 1
            })
            .await?,
        );
    }
    let reason = format!(
        "it tells a story of its own now, {own}; {} others stay in {story}",
        others.len()
    );
    Ok(Ok(Done { reason, touched }))
}

/// Takes a source's copy away from an item: listed again, it is an item of its own.
pub async fn split_copy(
    store: &dyn Store,
    recall: &Arc<Recall>,
    stored: &StoredItem,
    copy: &Carrier,
    now: Timestamp,
) -> Result<Done, Error> {
    recall.make(store).await?;
    let word = Word {
        at: now,
        verdict: Verdict::TwoArticles,
        one: text_of(&stored.item),
        other: Text {
            id: stored.item.id.clone(),
            source: copy.source,
            guid: copy.guid.clone(),
            link: copy.link.clone(),
            published: copy.first_seen,
            ..Text::default()
        },
    };
    recall.keep_apart(&word, stored.number);
    note(store, vec![word]).await?;
    let is_alone = match &stored.item.story {
        Some(story) => members(store, story.id).await?.len() < 2,
        None => true,
    };
    let touched = rewrite(store, &[stored.number], now, |item| {
        item.carriers.retain(|carrier| carrier.source != copy.source);
        item.is_shared = !is_alone || item.carriers.len() > 1;
    })
    .await?;
    // The source is asked for its whole document, where it would say that nothing has changed.
    let mut state = store.state(copy.source).await?.as_ref().clone();
    state.validators = Default::default();
    state.body_digest = None;
    let changes = Changes {
        source: copy.source,
        at: now,
        state: Some(state),
        ..Changes::default()
    };
    store.commit(changes).await?;
    let reason = "its source carries it no more; listed again, it becomes an item of its own".to_owned();
    Ok(Done { reason, touched })
}

/// Makes one story of those of two items; the older one's name stays.
pub async fn merge(
    store: &dyn Store,
    recall: &Arc<Recall>,
    (one, other): (&StoredItem, &StoredItem),
    now: Timestamp,
) -> Result<Result<Done, Refusal>, Error> {
    recall.make(store).await?;
    let (Some(first), Some(second)) = (&one.item.story, &other.item.story) else {
        return Ok(Err("one of them belongs to no story".to_owned()));
    };
    if one.number == other.number {
        return Ok(Err("both are one item".to_owned()));
    }
    let word = Word {
        at: now,
        verdict: Verdict::OneStory,
        one: text_of(&one.item),
        other: text_of(&other.item),
    };
    note(store, vec![word]).await?;
    let (into, gone) = (first.id.min(second.id), first.id.max(second.id));
    recall.unite(into, gone, now);
    if into == gone {
        let reason = format!("both told the story {into} already; that is the admin's word now");
        return Ok(Ok(Done {
            reason,
            touched: Vec::new(),
        }));
    }
    let mut numbers: Vec<ItemNumber> = members(store, gone)
        .await?
        .iter()
        .map(|stored| stored.number)
        .collect();
    numbers.extend([one.number, other.number]);
    numbers.sort_unstable();
    numbers.dedup();
    let touched = rewrite(store, &numbers, now, |item| {
        item.is_shared = true;
        if item.story.as_ref().is_none_or(|story| story.id != into) {
            item.story = Some(InStory {
                id: into,
                reason: Reason::new("the admin made one story of two"),
            });
        }
    })
    .await?;
    store.note(vec![story_became(gone, into)]).await?;
    let reason = format!("they tell one story now, {into}");
    Ok(Ok(Done { reason, touched }))
}

/// The items that a story with a page has.
async fn members(store: &dyn Store, story: StoryId) -> Result<Vec<StoredItem>, Error> {
    let lines = store.list(&Channel::Story(story), None, MOST).await?;
    let numbers: Vec<ItemNumber> = lines.iter().map(|line: &Listing| line.number).collect();
    Ok(store.items(&numbers).await?.into_iter().flatten().collect())
}

async fn note(store: &dyn Store, words: Vec<Word>) -> Result<(), Error> {
    let notes = words.iter().enumerate().filter_map(|(place, word)| {
        Some(Note {
            name: format!("{WORDS}{:016x}-{place}", word.at.millis()),
            // Texts always can be written.
            bytes: postcard::to_stdvec(word).ok()?,
        })
    });
    store.note(notes.collect()).await
}

fn text_of(item: &Item) -> Text {
    let lead = item.carriers.first();
    let text = item
        .content
        .as_deref()
        .or(item.summary.as_deref())
        .map(html::plain);
    Text {
        id: item.id.clone(),
        source: lead.map(|carrier| carrier.source).unwrap_or_default(),
        guid: lead.and_then(|carrier| carrier.guid.clone()),
        link: item.link.clone(),
        published: item.published.unwrap_or(item.first_seen),
        title: item.title.clone(),
        text: text.unwrap_or_default().chars().take(KEPT).collect(),
    }
}

/// By what a copy is known again within its source: its guid and its place.
pub(super) fn keys_of_copy(copy: &Text) -> Vec<Key> {
    let entry = Entry {
        guid: copy.guid.clone(),
        link: copy.link.clone(),
        ..Entry::default()
    };
    let keys = identify::keys(copy.source, &entry);
    keys.guid.into_iter().chain(keys.place).collect()
}

/// The item of a text, if it is known still.
pub(super) async fn number_of(store: &dyn Store, text: &Text) -> Result<Option<ItemNumber>, Error> {
    let known = store.known(&[identify::key_of_id(&text.id)]).await?;
    Ok(known.into_iter().flatten().next().map(|link| link.item))
}

/// The source of a copy and by what it is known there, with the item that it is none of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Apart {
    pub(super) source: SourceId,
    pub(super) keys: Vec<Key>,
    pub(super) item: ItemNumber,
}
