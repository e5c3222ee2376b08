//! `newsriver split`, `merge` and `pairs`: the admin's word, given to whoever owns the store.

use super::engine::Engine;
use crate::identify;
use crate::model::word::{Text, Verdict, Word};
use crate::model::{Carrier, Key, SourceId};
use crate::poll::word;
use crate::store::StoredItem;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Takes the item of this id or link out of its story; a link at which another source shows a copy takes that copy
/// away from it.
pub(super) async fn split(engine: &Engine, item: &str) -> anyhow::Result<Value> {
    let stored = find(engine, item).await?;
    let now = engine.clock.now();
    let done = match copy(&stored, item) {
        Some(copy) => word::split_copy(engine.store.as_ref(), &engine.recall, &stored, copy, now).await?,
        None => match word::split(engine.store.as_ref(), &engine.recall, &stored, now).await? {
            Ok(done) => done,
            Err(refusal) => bail!("{item} cannot be split: {refusal}"),
        },
    };
    engine.touched.add(done.touched);
    Ok(json!({ "item": stored.item.id, "title": stored.item.title, "words": done.reason }))
}

/// Makes one story of those of two items.
pub(super) async fn merge(engine: &Engine, one: &str, other: &str) -> anyhow::Result<Value> {
    let (first, second) = (find(engine, one).await?, find(engine, other).await?);
    let pair = (&first, &second);
    let merged = word::merge(engine.store.as_ref(), &engine.recall, pair, engine.clock.now()).await?;
    let done = match merged {
        Ok(done) => done,
        Err(refusal) => bail!("{one} and {other} cannot be merged: {refusal}"),
    };
    engine.touched.add(done.touched);
    Ok(json!({ "items": [first.item.id, second.item.id], "words": done.reason }))
}

/// Every word given so far, as labelled pairs.
pub(super) async fn pairs(engine: &Engine) -> anyhow::Result<Vec<Value>> {
    let sources = engine.store.sources().await?.into_iter();
    let names: HashMap<SourceId, String> = sources.map(|source| (source.id, source.name)).collect();
    let words = word::words(engine.store.as_ref()).await?;
    Ok(words.iter().map(|word| pair(word, &names)).collect())
}

fn pair(word: &Word, names: &HashMap<SourceId, String>) -> Value {
    let text = |text: &Text| {
        json!({
            "id": text.id,
            "url": text.link,
            "guid": text.guid,
            "source": names.get(&text.source),
            "published": text.published.to_rfc3339(),
            "title": Some(&text.title).filter(|title| !title.is_empty()),
            "text": Some(&text.text).filter(|text| !text.is_empty()),
        })
    };
    let (key, is_so) = match word.verdict {
        Verdict::OneStory => ("same_story", true),
        Verdict::TwoStories => ("same_story", false),
        Verdict::TwoArticles => ("same_article", false),
    };
    json!({ "a": text(&word.one), "b": text(&word.other), key: is_so, "at": word.at.to_rfc3339() })
}

/// The stored item of this id or link.
async fn find(engine: &Engine, text: &str) -> anyhow::Result<StoredItem> {
    let keys: Vec<Key> = std::iter::once(identify::key_of_id(text))
        .chain(identify::key_of_address(text))
        .collect();
    let known = engine.store.known(&keys).await?;
    let number = known
        .into_iter()
        .flatten()
        .map(|link| link.item)
        .next()
        .with_context(|| format!("{text} is neither the id nor the link of an item"))?;
    let stored = engine.store.items(&[number]).await?.into_iter().flatten().next();
    stored.with_context(|| format!("the item of {text} has left the store"))
}

/// The copy that a link means: another source's than the one that leads, where the item's own link is another.
fn copy<'a>(stored: &'a StoredItem, link: &str) -> Option<&'a Carrier> {
    let wanted = identify::key_of_address(link)?;
    let is_at = |link: &Option<String>| link.as_deref().and_then(identify::key_of_address) == Some(wanted);
    if stored.item.id == link || is_at(&stored.item.link) {
        return None;
    }
    let mut copies = stored.item.carriers.iter().skip(1);
    copies.find(|carrier| is_at(&carrier.link))
}
