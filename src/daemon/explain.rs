//! `newsriver why`: how an item came to be here, or how a source stands, from the reasons kept with them.

use super::engine::{Engine, Setup};
use super::filed::Filings;
use super::sorting::Sorter;
use crate::health::SourceHealth;
use crate::identify;
use crate::model::{Dropped, Entry, Item, ItemNumber, Key, Source, SourceId, Vote};
use crate::poll;
use crate::publish;
use crate::store::{Channel, StoredItem};
use anyhow::Context;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Items of a story that are looked at.
const STORY_ITEMS: usize = 500;

/// Items shown for a source.
const NEWEST: usize = 5;

/// Entries of a hot list that are shown.
const LISTED: usize = 20;

/// Explains an item by its id or link, or a source by its name.
pub(super) async fn why(engine: &Engine, text: &str) -> anyhow::Result<Value> {
    let setup = engine.setup();
    let explaining = Explaining::new(engine, &setup).await?;
    if let Some(source) = setup.named(text) {
        let state = engine.store.state(source.id).await?;
        let lines = engine
            .store
            .list(&Channel::Source(source.id), None, NEWEST)
            .await?;
        let numbers: Vec<_> = lines.iter().map(|line| line.number).collect();
        let newest = engine.store.items(&numbers).await?;
        let newest: Vec<Value> = newest
            .iter()
            .flatten()
            .map(|stored| explaining.item(stored))
            .collect();
        let status = SourceHealth::of(source, &state, engine.clock.now());
        let list = hot_list(engine, source.id).await?;
        return Ok(json!({ "source": status, "newest": newest, "hot_list": list }));
    }
    let Some(number) = number_of(engine, text).await? else {
        let words = no_item(engine, &setup, text).await?;
        return Ok(json!({ "gone": { "words": words.with_context(|| nothing(&setup, text))? } }));
    };
    match engine.store.items(&[number]).await?.into_iter().flatten().next() {
        Some(stored) => {
            let mut item = explaining.item(&stored);
            if let (Some(fields), Some(hot)) = (item.as_object_mut(), hot(engine, &stored.item).await?) {
                fields.insert("hot".to_owned(), hot);
            }
            Ok(json!({ "item": item }))
        }
        None => Ok(json!({ "gone": { "number": number, "words": left(number) } })),
    }
}

/// The item of an id or link, also one that has left.
pub(super) async fn number_of(engine: &Engine, text: &str) -> anyhow::Result<Option<ItemNumber>> {
    let keys: Vec<Key> = std::iter::once(identify::key_of_id(text))
        .chain(identify::key_of_address(text))
        .collect();
    let known = engine.store.known(&keys).await?;
    Ok(known.into_iter().flatten().map(|link| link.item).next())
}

/// What its story comes to in the hot ranking, term by term, where others tell that story too.
async fn hot(engine: &Engine, item: &Item) -> anyhow::Result<Option<Value>> {
    let Some(story) = item.story.as_ref().filter(|_| item.is_shared) else {
        return Ok(None);
    };
    let lines = engine
        .store
        .list(&Channel::Story(story.id), None, STORY_ITEMS)
        .await?;
    let numbers: Vec<ItemNumber> = lines.iter().map(|line| line.number).collect();
    let items: Vec<StoredItem> = engine
        .store
        .items(&numbers)
        .await?
        .into_iter()
        .flatten()
        .collect();
    let view = engine.view().await?;
    let votes = poll::votes(&*engine.store).await?;
    let Some(heat) = publish::heat(&items, &votes, &view, engine.clock.now()) else {
        return Ok(None);
    };
    let terms: Vec<Value> = heat
        .terms
        .iter()
        .map(|(term, now)| {
            json!({
                "publisher": term.publisher,
                "since": term.since.to_rfc3339(),
                "share": term.share,
                "is_copy": term.is_copy,
                "place": term.place,
                "now": now,
            })
        })
        .collect();
    Ok(Some(
        json!({ "score": heat.score, "needs": view.hot.publishers, "terms": terms }),
    ))
}

/// The first entries of a hot list, with the items that they mean; null for a source that is none.
async fn hot_list(engine: &Engine, source: SourceId) -> anyhow::Result<Value> {
    let Some(votes) = poll::votes_of(&*engine.store, source).await? else {
        return Ok(Value::Null);
    };
    let listed: Vec<Vote> = votes
        .into_iter()
        .filter(|vote| vote.place.is_some())
        .take(LISTED)
        .collect();
    let numbers: Vec<ItemNumber> = listed.iter().filter_map(|vote| vote.item).collect();
    let items = engine.store.items(&numbers).await?.into_iter().flatten();
    let ids: HashMap<ItemNumber, String> = items
        .map(|stored| (stored.number, stored.item.id.clone()))
        .collect();
    Ok(listed
        .iter()
        .map(|vote| {
            json!({
                "place": vote.place,
                "best": vote.best,
                "since": vote.since.to_rfc3339(),
                "title": vote.title,
                "link": vote.link,
                "item": vote.item.and_then(|item| ids.get(&item)),
            })
        })
        .collect())
}

/// Which filter made no item of the entry with this link or guid, in words.
pub(super) async fn no_item(engine: &Engine, setup: &Setup, text: &str) -> anyhow::Result<Option<String>> {
    let dropped = dropped(engine, setup, text).await?;
    Ok(dropped
        .map(|(source, dropped)| format!("{} of {source} is no item: {}", dropped.title, dropped.reason)))
}

/// The entry with this link or guid that a filter kept out of its source's newest document.
async fn dropped(engine: &Engine, setup: &Setup, text: &str) -> anyhow::Result<Option<(String, Dropped)>> {
    for source in &setup.sources {
        let dropped = poll::dropped(&*engine.store, source.id).await?;
        let address = address_here(source, text);
        let is_it = |dropped: &&Dropped| {
            let own = dropped.link.as_deref().and_then(identify::key_of_address);
            dropped.guid.as_deref() == Some(text)
                || dropped.link.as_deref() == Some(text)
                || (own.is_some() && own == address)
        };
        if let Some(dropped) = dropped.iter().find(is_it) {
            return Ok(Some((source.name.clone(), dropped.clone())));
        }
    }
    Ok(None)
}

/// The key of an address, which may be as the source writes it: before its `rewrite`.
fn address_here(source: &Source, text: &str) -> Option<Key> {
    let mut entry = Entry {
        link: Some(text.to_owned()),
        ..Entry::default()
    };
    if let Some(rewrite) = &source.rewrite {
        identify::Rewriter::new(rewrite).apply(&mut entry);
    }
    identify::key_of_address(entry.link.as_deref()?)
}

fn nothing(setup: &Setup, text: &str) -> String {
    format!(
        "{text} is neither the id nor the link of an item, nor the name of one of the {} sources",
        setup.sources.len()
    )
}

fn left(number: ItemNumber) -> String {
    format!(
        "item {} has left the store by age or size; it stays known, and does not come back as new",
        number.0
    )
}

/// What items are explained by.
struct Explaining {
    /// The names of the sources, also of those that are in `feeds.toml` no more.
    names: HashMap<SourceId, String>,
    words: Filings,
    /// None where there are no categories that an item could be in.
    sorter: Option<Sorter>,
}

impl Explaining {
    async fn new(engine: &Engine, setup: &Setup) -> anyhow::Result<Self> {
        let sources = engine.store.sources().await?.into_iter();
        Ok(Self {
            names: sources.map(|source| (source.id, source.name)).collect(),
            words: Filings::read(&*engine.store).await?,
            sorter: (!setup.config.categories.is_empty()).then(|| setup.sorter()),
        })
    }

    /// Which categories might have the item and have not, with their reasons; null where there are none.
    fn not_in(&self, stored: &StoredItem) -> Value {
        let Some(sorter) = &self.sorter else {
            return Value::Null;
        };
        let not_in = sorter.not_in(&self.words, stored).into_iter();
        not_in
            .map(|(category, why)| json!({ "category": category, "why": why }))
            .collect()
    }

    fn item(&self, stored: &StoredItem) -> Value {
        let item: &Item = &stored.item;
        let name = |id: &SourceId| {
            self.names
                .get(id)
                .cloned()
                .unwrap_or_else(|| format!("source {}", id.0))
        };
        let carriers: Vec<_> = item
            .carriers
            .iter()
            .map(|carrier| {
                json!({
                    "source": name(&carrier.source),
                    "guid": carrier.guid,
                    "link": carrier.link,
                    "first_seen": carrier.first_seen.to_rfc3339(),
                    "why": carrier.reason,
                })
            })
            .collect();
        let categories: Vec<_> = item
        .labels
        .iter()
        .map(|label| json!({ "category": label.category, "confidence": label.confidence, "why": label.reason }))
        .collect();
        json!({
            "number": stored.number,
            "id": item.id,
            "title": item.title,
            "link": item.link,
            "origin": item.origin.title,
            "published": item.published.map(|time| time.to_rfc3339()),
            "updated": item.updated.to_rfc3339(),
            "first_seen": item.first_seen.to_rfc3339(),
            "surfaced": item.surfaced.to_rfc3339(),
            "why": item.reason,
            "outlet": item.outlet,
            "story": item.story.as_ref().map(|story| json!({ "id": story.id.to_string(), "why": story.reason })),
            "carried_by": carriers,
            "categories": categories,
            "not_in": self.not_in(stored),
        })
    }
}
