//! The admin's word on the category of single items (`newsriver label ITEM CATEGORY`, and its undoing), and the
//! labelled lines of `feeds.toml`.
//!
//! Each word is a note of the store, kept for good, also when its item has left: it goes on teaching. An item that the
//! admin filed is in that category and no other, as long as `feeds.toml` has the category.

use super::control::instead;
use super::engine::{Engine, renamed};
use super::{explain, learning, sorting};
use crate::categorize::teaching::Lesson;
use crate::config::{Categorize, Config, Example};
use crate::model::{Item, ItemNumber, Label, Reason, Timestamp};
use crate::store::{Error, Note, Store};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The names of these notes begin so.
const NOTES: &str = "filed/";

/// A word counts for so many examples.
const IMPORTANCE: f32 = 5.0;

/// The number under which labelled lines teach, which no source has.
const NO_SOURCE: u32 = u32::MAX;

/// Characters of the item's text that are kept with the word.
const CHARACTERS: usize = 500;

/// What the admin said of an item, with what makes an example of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Filing {
    number: ItemNumber,
    category: String,
    at: Timestamp,
    source: u32,
    outlet: String,
    title: String,
    text: String,
}

impl Filing {
    /// Its label, in the category of this name.
    fn label(&self, category: &str) -> Label {
        Label {
            category: category.to_owned(),
            confidence: 1.0,
            reason: Reason::new(format!("filed by hand at {}", self.at)),
        }
    }

    /// What it teaches, and the outlet of its item.
    fn lesson(self) -> (Lesson, String) {
        let lesson = Lesson {
            categories: vec![self.category],
            source: self.source,
            title: self.title,
            text: self.text,
            importance: IMPORTANCE,
        };
        (lesson, self.outlet)
    }
}

/// All words that stand, by item.
#[derive(Debug, Default)]
pub(super) struct Filings(HashMap<ItemNumber, Filing>);

impl Filings {
    /// Reads them.
    pub(super) async fn read(store: &dyn Store) -> Result<Self, Error> {
        let notes = store.notes(NOTES).await?;
        let words = notes
            .iter()
            .filter_map(|note| postcard::from_bytes::<Filing>(&note.bytes).ok());
        Ok(Self(words.map(|word| (word.number, word)).collect()))
    }

    /// Where the admin filed an item, if that category is still there: `present` knows what it is called now.
    pub(super) fn label<'n>(
        &self,
        number: ItemNumber,
        present: impl Fn(&str) -> Option<&'n str>,
    ) -> Option<Label> {
        let word = self.0.get(&number)?;
        present(&word.category).map(|name| word.label(name))
    }

    /// All of them, in the order of their items.
    fn all(self) -> Vec<Filing> {
        let mut all: Vec<Filing> = self.0.into_values().collect();
        all.sort_by_key(|word| word.number);
        all
    }
}

/// What the admin teaches: the items filed by hand with the outlets they are credited to, then the labelled lines.
pub(super) async fn lessons(store: &dyn Store, config: &Config) -> Result<Vec<(Lesson, String)>, Error> {
    let renamed = renamed(config);
    let filed = Filings::read(store).await?.all().into_iter().map(|mut word| {
        if let Some(now) = renamed.get(&word.category) {
            word.category.clone_from(now);
        }
        word.lesson()
    });
    let lines = config.examples.iter().map(labelled_line);
    Ok(filed.chain(lines).collect())
}

/// A digest of what the admin teaches and asks for.
pub(super) fn digest(lessons: &[(Lesson, String)], asked: &Categorize) -> u64 {
    let told = |(lesson, outlet): &(Lesson, String)| {
        format!(
            "{:?} {:?} {:?} {outlet:?}\n",
            lesson.categories, lesson.title, lesson.text
        )
    };
    let told: String = lessons.iter().map(told).collect();
    xxh3_64(format!("{asked:?}\n{told}").as_bytes())
}

fn labelled_line(example: &Example) -> (Lesson, String) {
    let lesson = Lesson {
        categories: vec![example.category.clone()],
        source: NO_SOURCE,
        title: example.title.clone(),
        text: example.text.clone().unwrap_or_default(),
        importance: IMPORTANCE,
    };
    (lesson, String::new())
}

/// Files an item under a category, or takes back what was said of it; the item moves at once.
pub(super) async fn label(
    engine: &Arc<Engine>,
    text: &str,
    category: Option<String>,
) -> anyhow::Result<Value> {
    let setup = engine.setup();
    let declared = setup.names();
    let former = renamed(&setup.config);
    let category = category.map(|category| former.get(&category).cloned().unwrap_or(category));
    if let Some(category) = category.as_ref().filter(|category| !declared.contains(category)) {
        let instead = instead(category, declared.iter().map(String::as_str));
        anyhow::bail!("there is no category named {category}; {instead}");
    }
    let Some(number) = explain::number_of(engine, text).await? else {
        let no_item = explain::no_item(engine, &setup, text).await?;
        anyhow::bail!(no_item.unwrap_or_else(|| format!("{text} is neither the id nor the link of an item")));
    };
    let name = format!("{NOTES}{:020}", number.0);
    let stored = engine.store.items(&[number]).await?.into_iter().flatten().next();
    let bytes = match category {
        None => {
            let said = engine.store.notes(&name).await?;
            anyhow::ensure!(!said.is_empty(), "nothing was said of the category of {text}");
            Vec::new()
        }
        Some(category) => {
            let stored = stored
                .as_ref()
                .with_context(|| format!("{text} has left the store by age or size"))?;
            postcard::to_stdvec(&word(number, &stored.item, category, engine.clock.now()))?
        }
    };
    engine.store.note(vec![Note { name, bytes }]).await?;
    if let Some(stored) = stored {
        let moved = sorting::sort_page(engine, &setup, vec![stored]).await?;
        moved.context("others wrote to the item at the same time; say it again")?;
    }
    learning::heed(engine).await?;
    let items = engine.store.items(&[number]).await?;
    let item = items.into_iter().flatten().next();
    let categories: Vec<String> = item
        .iter()
        .flat_map(|stored| stored.item.categories())
        .map(str::to_owned)
        .collect();
    let title = item.map(|stored| stored.item.title.clone());
    Ok(json!({ "title": title, "categories": categories }))
}

fn word(number: ItemNumber, item: &Item, category: String, at: Timestamp) -> Filing {
    Filing {
        number,
        category,
        at,
        source: item.carriers.first().map_or(0, |carrier| carrier.source.0),
        outlet: item.origin.title.clone().unwrap_or_default(),
        title: item.title.clone(),
        text: sorting::plain(item).chars().take(CHARACTERS).collect(),
    }
}
