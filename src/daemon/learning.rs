//! Learning categories from the store's own items, and sorting the others by what was learned.
//!
//! A round begins at the start, at night, and when a tenth of the items is new: it collects examples, learns a
//! model off the async threads, keeps it in a file of the store's folder, puts it in force, and goes through the
//! stored items once. The file is no record of anything: without it, the next round makes it anew.

use super::engine::{Engine, Setup};
use super::filed::{self, Filings};
use super::sections;
use super::sorting::{self, Pages, Sorter, is_sure, plain};
pub(super) use crate::categorize::learned::Model;
use crate::categorize::learned::{CategoryFigures, Example, Floor, Unsorted};
use crate::categorize::teaching::{Lesson, Lessons, MOST_OF_CATEGORY};
use crate::config::{Categorize, Config};
use crate::model::{Item, Label, Source, Timestamp, in_words};
use crate::store::{Store, StoredItem};
use anyhow::Context;
use arc_swap::ArcSwapOption;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The model's file in the store's folder.
const FILE: &str = "learned";

/// Of the newest items so many are looked at for examples.
const LOOKED_AT: usize = 200_000;

/// Of the answers for examples that were held back so large a share is to be right, where the admin does not write a
/// floor. What comes is a little stranger than they were: of its answers about 95 in 100 are.
const RIGHT: f32 = 0.97;

/// A model is as old as this at most, when there is anything new to learn from.
const OLDEST: Duration = Duration::from_secs(86_400);

/// The model in force, and what is known about it.
#[derive(Default)]
pub struct Learned {
    /// In force; absent: nothing is learned.
    pub model: Arc<ArcSwapOption<Model>>,
    note: Mutex<Note>,
    /// How far the stored items are gone through.
    sorting: Mutex<Option<(u64, u64)>>,
    /// How often something was sorted behind the back of those who go through the items.
    disturbed: Mutex<u64>,
    /// Somebody learns in the background whenever it is rung for.
    is_watched: AtomicBool,
}

/// Where learning stands.
#[derive(Clone, Debug, Default)]
struct Note {
    words: String,
    head: Head,
}

/// What stands before the model in its file.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Head {
    at: Timestamp,
    /// How many items there were.
    items: u64,
    /// A digest of what the admin taught, and from which confidence on it speaks.
    taught: u64,
}

/// Learning as `status` tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearnedStatus {
    /// Where it stands, in words.
    pub words: String,
    /// So many of so many stored items are sorted anew so far; absent: all are.
    #[serde(default)]
    pub sorting: Option<(u64, u64)>,
    /// Of each learned category how good the answers for it are, by examples that were held back.
    pub categories: Vec<LearnedCategory>,
}

/// How well one category is told from the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearnedCategory {
    /// Its name.
    pub name: String,
    /// Items it was learned from.
    pub examples: u32,
    /// The share of them that would have been found.
    pub recall: f32,
    /// The share of right answers among those for it at the floor.
    pub precision: f32,
}

impl Learned {
    /// Where learning stands.
    pub fn status(&self) -> LearnedStatus {
        let categories = self.model.load().as_ref().map_or_else(Vec::new, |model| {
            let told = |(name, figures): (&String, &CategoryFigures)| LearnedCategory {
                name: name.clone(),
                examples: figures.examples,
                recall: figures.recall(),
                precision: figures.precision(),
            };
            model
                .categories
                .iter()
                .zip(&model.figures.categories)
                .map(told)
                .collect()
        });
        LearnedStatus {
            words: self.note().words,
            sorting: *self.sorting.lock().unwrap_or_else(PoisonError::into_inner),
            categories,
        }
    }

    fn note(&self) -> Note {
        self.note.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, note: Note) {
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }

    /// When and from what the model in force was learned.
    pub(super) fn model_of(&self) -> Option<impl Debug> {
        self.model.load().as_ref().map(|_| self.note().head)
    }

    /// So many of so many items are gone through; none: nothing is being sorted.
    pub(super) fn set_sorting(&self, progress: Option<(u64, u64)>) {
        *self.sorting.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    pub(super) fn disturbed(&self) -> MutexGuard<'_, u64> {
        self.disturbed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up the model that an earlier run kept, where it is of these categories.
    pub fn take_up(&self, store: &Path, declared: &[String]) {
        let Ok(bytes) = std::fs::read(store.join(FILE)) else {
            return;
        };
        let Ok((head, bytes)) = postcard::take_from_bytes::<Head>(&bytes) else {
            return;
        };
        if let Some(model) = Model::from_bytes(bytes).filter(|model| is_of(model, declared)) {
            self.put(Some(model), head);
        }
    }

    fn put(&self, model: Option<Model>, head: Head) {
        if let Some(model) = &model {
            let figures = &model.figures;
            let per_cent = |share: f32| (share * 100.0).round();
            let words = format!(
                "learned at {} from {} items of {} categories{}: of those held back, {} % were found; {} % were \
                 sure enough (from {} % on), {} % of them rightly",
                head.at,
                figures.examples,
                model.categories.len(),
                unsorted(figures.unsorted),
                per_cent(figures.accuracy()),
                per_cent(figures.coverage()),
                per_cent(figures.floor),
                per_cent(figures.precision()),
            );
            self.say(Note { words, head });
        }
        self.model.store(model.map(Arc::new));
    }
}

/// How many items taught along, as a part of a sentence.
fn unsorted(count: u32) -> String {
    match count {
        0 => String::new(),
        count => format!(" and {count} of none"),
    }
}

/// All categories of the model are still there.
fn is_of(model: &Model, declared: &[String]) -> bool {
    model.categories.iter().all(|name| declared.contains(name))
}

/// Learns when it is time to, each time it is woken, until `stop`; and goes through the items after a reload.
pub(super) async fn watch(engine: Arc<Engine>, woken: Arc<Notify>, stop: CancellationToken) {
    engine.learned.is_watched.store(true, Ordering::Relaxed);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = woken.notified() => {}
            () = engine.relabel.notified() => {
                tell(after_reload(&engine, &stop).await);
                continue;
            }
        }
        tell(round(&engine, &stop).await);
    }
}

/// Has what the admin said learned: in the background where a daemon runs, else here and now.
pub(super) async fn heed(engine: &Arc<Engine>) -> anyhow::Result<()> {
    engine.relabel.notify_one();
    if engine.learned.is_watched.load(Ordering::Relaxed) {
        return Ok(());
    }
    round(engine, &CancellationToken::new()).await
}

/// Learns for a command that polls without a daemon, if it is time to. Failures are told in the log.
pub async fn learn_if_due(engine: &Arc<Engine>) {
    tell(round(engine, &CancellationToken::new()).await);
}

fn tell(outcome: anyhow::Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(
            "categories could not be learned; it is tried again later: {}",
            in_words(error.as_ref())
        );
    }
}

/// Learns, if it is time to, and has the stored items sorted as they would be now.
pub async fn round(engine: &Arc<Engine>, stop: &CancellationToken) -> anyhow::Result<()> {
    let setup = engine.setup();
    let learned = &engine.learned;
    if let Some(words) = not_wanted(&setup, learned) {
        if learned.model.swap(None).is_some() || learned.note().words != words {
            learned.say(Note {
                words: words.to_owned(),
                ..Note::default()
            });
        }
        sorting::sort(engine, stop).await?;
        return sections::look_daily(engine).await;
    }
    // What was changed while nothing ran is sorted before it is learned from.
    sorting::sort(engine, stop).await?;
    let said = filed::lessons(&*engine.store, &setup.config).await?;
    let head = head(engine, &said).await?;
    let before = learned.note().head;
    let is_time = match learned.model.load().as_ref() {
        Some(model) => {
            let has_grown = head.items >= before.items + (before.items / 10).max(1);
            let is_old = head.at.since(before.at) >= OLDEST && head.items != before.items;
            has_grown || is_old || !is_of(model, &setup.names())
        }
        // Not while there is nothing new to look at.
        None => head.items != before.items,
    };
    let is_time = is_time || head.taught != before.taught;
    if is_time {
        learn(engine, said, head).await?;
    }
    sorting::sort(engine, stop).await?;
    if is_time {
        sections::look(engine).await?;
    }
    Ok(())
}

/// Why nothing is to be learned, in words. What was learned while some source needed it stays: its items are there.
fn not_wanted(setup: &Setup, learned: &Learned) -> Option<&'static str> {
    let is_mixed = |source: &Arc<Source>| source.categories.is_empty() && !source.is_ranking();
    if !setup.config.categorize.learned {
        Some("turned off by `learned` in [categorize]")
    } else if learned.model.load().is_none() && !setup.sources.iter().any(is_mixed) {
        Some("nothing is learned: every source has its categories, and no item waits for one")
    } else {
        None
    }
}

/// Sorts the stored items by another configuration, learns from them as they are now, and sorts those that nobody's
/// word sorts.
pub async fn after_reload(engine: &Arc<Engine>, stop: &CancellationToken) -> anyhow::Result<()> {
    sorting::sort(engine, stop).await?;
    let setup = engine.setup();
    if not_wanted(&setup, &engine.learned).is_none() && !stop.is_cancelled() {
        let said = filed::lessons(&*engine.store, &setup.config).await?;
        let head = head(engine, &said).await?;
        learn(engine, said, head).await?;
    }
    round(engine, stop).await?;
    sections::look(engine).await
}

/// What a model that is learned now is learned from.
async fn head(engine: &Engine, said: &[(Lesson, String)]) -> anyhow::Result<Head> {
    Ok(Head {
        at: engine.clock.now(),
        items: engine.store.figures().await?.items,
        taught: filed::digest(said, &engine.setup().config.categorize),
    })
}

/// Learns a model from what the admin said and from the items, and puts it in force; none where there is too little
/// to learn from.
async fn learn(engine: &Arc<Engine>, said: Vec<(Lesson, String)>, head: Head) -> anyhow::Result<()> {
    let setup = engine.setup();
    let collected = collect(&*engine.store, said, &setup.names(), None).await?;
    let lessons = match collected.chosen() {
        Ok(lessons) => lessons,
        Err(words) => {
            engine.learned.model.store(None);
            engine.learned.say(Note {
                words: format!("nothing is learned: {words}"),
                head,
            });
            return Ok(());
        }
    };
    let floor = floor(&setup.config.categorize);
    let path = setup.config.store.path.clone();
    let started = std::time::Instant::now();
    let model = tokio::task::spawn_blocking(move || {
        let model = model_of(&lessons, floor);
        if let Some(model) = &model {
            keep(&path, model, &head)?;
        }
        anyhow::Ok(model)
    });
    let model = model.await?.context("cannot keep the learned model")?;
    engine.learned.put(model, head);
    let duration_ms = started.elapsed().as_millis() as u64;
    tracing::info!(duration_ms, "categories: {}", engine.learned.note().words);
    Ok(())
}

/// The lessons of the admin and of the newest items: as they are sorted, or as they would be.
async fn collect(
    store: &dyn Store,
    said: Vec<(Lesson, String)>,
    declared: &[String],
    sorted_by: Option<Arc<(Sorter, Filings)>>,
) -> anyhow::Result<Lessons> {
    let mut lessons = Lessons::default();
    let mut add = |of: Vec<(Lesson, String)>| {
        for (mut lesson, outlet) in of {
            let is_unsorted = lesson.categories.is_empty();
            lesson.categories.retain(|category| declared.contains(category));
            if is_unsorted || !lesson.categories.is_empty() {
                lessons.add(lesson, &outlet);
            }
        }
        lessons.len()
    };
    add(said);
    let mut pages = Pages::default();
    while pages.seen < LOOKED_AT {
        let page = pages.next(store).await?;
        if page.is_empty() {
            break;
        }
        let sorted_by = sorted_by.clone();
        let of_page = tokio::task::spawn_blocking(move || {
            let of_item = |stored: &StoredItem| match sorted_by.as_deref() {
                Some((sorter, words)) => {
                    let (labels, is_filed) = sorter.labels(words, stored);
                    lesson(&stored.item, &labels, is_filed)
                }
                None => lesson(&stored.item, &stored.item.labels, stored.item.is_filed),
            };
            page.iter().filter_map(of_item).collect::<Vec<_>>()
        });
        if add(of_page.await?) >= MOST_OF_CATEGORY * declared.len() * 2 {
            break;
        }
    }
    Ok(lessons)
}

/// The model that a configuration would have learned: the one in force where that is of its categories and of what the
/// admin teaches, else one that is learned for this. `sorter` knows of no model.
pub(super) async fn foreseen(
    store: &dyn Store,
    config: &Config,
    learned: &Learned,
    sorter: Arc<(Sorter, Filings)>,
) -> anyhow::Result<Option<Arc<Model>>> {
    if !config.categorize.learned {
        return Ok(None);
    }
    let said = filed::lessons(store, config).await?;
    let names = &sorter.0.names;
    let in_force = learned.model.load_full();
    if let Some(model) = in_force.filter(|model| is_of(model, names))
        && learned.note().head.taught == filed::digest(&said, &config.categorize)
    {
        return Ok(Some(model));
    }
    let Ok(lessons) = collect(store, said, names, Some(Arc::clone(&sorter)))
        .await?
        .chosen()
    else {
        return Ok(None);
    };
    let floor = floor(&config.categorize);
    let model = tokio::task::spawn_blocking(move || model_of(&lessons, floor)).await?;
    Ok(model.map(Arc::new))
}

/// What the admin wrote, else what makes a guess about as good as a word.
fn floor(categorize: &Categorize) -> Floor {
    Floor {
        least: categorize.floor,
        precision: if categorize.is_floor_written { 0.0 } else { RIGHT },
    }
}

fn model_of(lessons: &[Lesson], floor: Floor) -> Option<Model> {
    let names = lessons.iter().flat_map(|lesson| &lesson.categories);
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let place: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
    let places = |lesson: &Lesson| -> Vec<usize> {
        let categories = lesson.categories.iter();
        categories
            .filter_map(|category| place.get(category.as_str()).copied())
            .collect()
    };
    let places: Vec<Vec<usize>> = lessons.iter().map(places).collect();
    let (mut examples, mut unsorted) = (Vec::new(), Vec::new());
    for (lesson, categories) in lessons.iter().zip(&places) {
        let (title, text) = (lesson.title.as_str(), lesson.text.as_str());
        if categories.is_empty() {
            unsorted.push(Unsorted { title, text });
        } else {
            examples.push(Example {
                categories,
                title,
                text,
                importance: lesson.importance,
                group: lesson.source,
            });
        }
    }
    Model::learn(names.clone(), &examples, &unsorted, floor)
}

/// Writes the file beside the old one and puts it in its place.
fn keep(store: &Path, model: &Model, head: &Head) -> anyhow::Result<()> {
    let path: PathBuf = store.join(FILE);
    let beside = path.with_extension("new");
    let mut bytes = postcard::to_stdvec(head)?;
    bytes.extend(model.to_bytes());
    std::fs::write(&beside, bytes).with_context(|| format!("cannot write {}", beside.display()))?;
    std::fs::rename(&beside, &path).with_context(|| format!("cannot write {}", path.display()))
}

/// What an item teaches, and its outlet: that it is in the categories that the admin or its source put it into, or, in
/// none, what is to be sorted.
fn lesson(item: &Item, labels: &[Label], is_filed: bool) -> Option<(Lesson, String)> {
    if is_filed {
        // The admin's word on it is a lesson already.
        return None;
    }
    let sure = labels.iter().filter(|label| is_sure(label));
    let lesson = Lesson {
        categories: sure.map(|label| label.category.clone()).collect(),
        source: item.carriers.first()?.source.0,
        title: item.title.clone(),
        text: plain(item),
        importance: 1.0,
    };
    Some((lesson, item.origin.title.clone().unwrap_or_default()))
}
