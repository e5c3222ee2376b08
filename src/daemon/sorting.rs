//! Stored items, sorted anew when what sorts them has changed: another `feeds.toml`, or another learned model.
//!
//! It is done page by page in the background, each page in one commit that gives way to polls; nothing is lost or
//! published twice, an item only moves. Where it got to the end, a mark beside the store says by what the items are
//! sorted: a run that was broken off, or a `feeds.toml` that was changed while nothing ran, is made up for at the next
//! start. The mark is no record of anything: without it the items are gone through once more.

use super::engine::{Engine, Setup};
use super::filed::Filings;
use crate::categorize::{Categorizer, Subject};
use crate::html;
use crate::model::{Item, Label, Reason, Source, SourceId};
use crate::store::{Changes, Channel, Cursor, Edit, Error, Store, StoredItem};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::xxh3_64;

/// The mark's file in the store's folder.
const FILE: &str = "sorted";

/// Items are gone through so many at a time.
const PAGE: usize = 500;

/// A line of progress each time so much time has passed.
const PROGRESS: Duration = Duration::from_secs(2);

/// A commit that others were quicker than is tried again so often; the next round comes anyway.
const TRIES: usize = 5;

/// Gives each stored item the categories that it would get now, unless that was done. What does not move is not
/// written.
pub(super) async fn sort(engine: &Arc<Engine>, stop: &CancellationToken) -> anyhow::Result<()> {
    let setup = engine.setup();
    let mark = mark(engine, &setup);
    let path = setup.config.store.path.join(FILE);
    let disturbed = *engine.learned.disturbed();
    if std::fs::read_to_string(&path).is_ok_and(|known| known == mark) {
        return Ok(());
    }
    let of = engine.store.figures().await?.items;
    let (mut pages, mut changed, mut is_whole) = (Pages::default(), 0, true);
    let mut told = Instant::now();
    if of > 0 {
        tracing::info!(
            of,
            "sorting the stored items into categories, since what sorts them has changed"
        );
    }
    loop {
        let page = pages.next(&*engine.store).await?;
        if page.is_empty() {
            break;
        }
        // Another reload has rung for a run of its own.
        if stop.is_cancelled() || engine.setup().sorting() != setup.sorting() {
            engine.learned.set_sorting(None);
            return Ok(());
        }
        match sort_page(engine, &setup, page).await? {
            Some(moved) => changed += moved,
            None => is_whole = false,
        }
        engine.learned.set_sorting(Some((pages.seen as u64, of)));
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            tracing::info!(
                seen = pages.seen,
                of,
                changed,
                "sorting the stored items into categories"
            );
        }
    }
    engine.learned.set_sorting(None);
    if pages.seen > 0 {
        tracing::info!(
            seen = pages.seen,
            changed,
            "the stored items are sorted into categories"
        );
    }
    let still = engine.learned.disturbed();
    if is_whole && *still == disturbed {
        // Without it they are gone through once more, which moves nothing.
        let _ = std::fs::write(&path, mark);
    }
    Ok(())
}

/// Where there is no item yet, all that come are sorted as they come: there is nothing to go through afterwards.
pub(super) async fn begin(engine: &Engine) -> Result<(), Error> {
    let figures = engine.store.figures().await?;
    if figures.items + figures.tombstones == 0 {
        let setup = engine.setup();
        // Without it they are gone through once, which moves nothing.
        let _ = std::fs::write(setup.config.store.path.join(FILE), mark(engine, &setup));
    }
    Ok(())
}

/// Something was sorted by a configuration that is not in force any more: the items are to be gone through again.
pub(super) fn disturb(engine: &Engine) {
    let mut disturbed = engine.learned.disturbed();
    *disturbed += 1;
    let _ = std::fs::remove_file(engine.setup().config.store.path.join(FILE));
}

/// By what items are sorted now, in a few characters.
fn mark(engine: &Engine, setup: &Setup) -> String {
    let learned = engine.learned.model_of();
    let by = format!("{:016x} {learned:?}", setup.sorting());
    format!("{:016x}\n", xxh3_64(by.as_bytes()))
}

/// Sorts these items; answers how many that moved, none where others were quicker each time.
pub(super) async fn sort_page(
    engine: &Engine,
    setup: &Arc<Setup>,
    mut page: Vec<StoredItem>,
) -> anyhow::Result<Option<usize>> {
    for _ in 0..TRIES {
        let (sorter, numbers) = (
            setup.sorter(),
            page.iter().map(|stored| stored.number).collect::<Vec<_>>(),
        );
        // Read after the items: a word that comes later meets the item's new version, or is met as a conflict here.
        let words = Filings::read(&*engine.store).await?;
        let sort = move || {
            let edit = |stored: &StoredItem| relabelled(stored, sorter.labels(&words, stored));
            page.iter().filter_map(edit).collect::<Vec<_>>()
        };
        let edits = tokio::task::spawn_blocking(sort).await?;
        if edits.is_empty() {
            return Ok(Some(0));
        }
        let changed = edits.len();
        let changes = Changes {
            source: SourceId(0),
            at: engine.clock.now(),
            edits,
            ..Changes::default()
        };
        match engine.store.commit(changes).await {
            Ok(receipt) => {
                engine.touched.add(receipt.touched);
                return Ok(Some(changed));
            }
            // A poll has changed one of them meanwhile.
            Err(Error::Conflict) => {
                page = engine
                    .store
                    .items(&numbers)
                    .await?
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// What a configuration puts items into categories by.
pub(super) struct Sorter {
    /// Its rules, sections and filters, and what was learned.
    pub(super) categorizer: Arc<Categorizer>,
    /// The names of its categories.
    pub(super) names: Vec<String>,
    /// What the categories of old names are called now.
    pub(super) renamed: HashMap<String, String>,
    /// Its sources, by the store's numbers.
    pub(super) sources: HashMap<SourceId, Arc<Source>>,
}

impl Sorter {
    /// What a category of this name, which may be an old one, is called now; none where there is none any more.
    fn present(&self, name: &str) -> Option<&str> {
        let known = self.names.iter().find(|known| *known == name);
        known.or_else(|| self.renamed.get(name)).map(String::as_str)
    }

    /// The categories that an item would get now, and whether the admin filed it there. Each of its sources has its say;
    /// what a source said that is in `feeds.toml` no more holds as long as its categories do.
    pub(super) fn labels(&self, words: &Filings, stored: &StoredItem) -> (Vec<Label>, bool) {
        let item = &stored.item;
        if let Some(label) = words.label(stored.number, |name| self.present(name)) {
            return (vec![label], true);
        }
        let text = plain(item);
        let mut labels: Vec<Label> = Vec::new();
        let mut is_left = true;
        for source in self.carriers(item) {
            is_left = false;
            let more = self
                .categorizer
                .sure(&subject(item, &text, &source.name, &source.categories));
            let is_new = |label: &Label| !labels.iter().any(|known| known.category == label.category);
            let more: Vec<Label> = more.into_iter().filter(is_new).collect();
            labels.extend(more);
        }
        if is_left && !item.is_filed {
            let kept = item
                .labels
                .iter()
                .filter(|label| is_sure(label))
                .filter_map(|label| {
                    Some(Label {
                        category: self.present(&label.category)?.to_owned(),
                        ..label.clone()
                    })
                });
            for label in kept {
                if labels.iter().all(|known| known.category != label.category) {
                    labels.push(label);
                }
            }
        }
        if labels.is_empty() {
            labels = self.categorizer.guessed(&subject(item, &text, "", &[]));
        }
        (labels, false)
    }

    /// Categories that the item is not in though a word or what was learned speaks for them, and why.
    pub(super) fn not_in(&self, words: &Filings, stored: &StoredItem) -> Vec<(String, Reason)> {
        let item = &stored.item;
        if words.label(stored.number, |name| self.present(name)).is_some() {
            return Vec::new();
        }
        let text = plain(item);
        let mut found: Vec<(String, Reason)> = Vec::new();
        for source in self.carriers(item) {
            let subject = subject(item, &text, &source.name, &source.categories);
            found.extend(self.categorizer.kept_out(&subject));
        }
        if item.labels.is_empty() {
            let guess = self.categorizer.not_guessed(&subject(item, &text, "", &[]));
            found.extend(guess);
        }
        let mut told: HashSet<String> = item.categories().map(str::to_owned).collect();
        found.retain(|(name, _)| told.insert(name.clone()));
        found
    }

    /// Why none of its sources may bring the item; none where one of them may, or none of them is there any more.
    pub(super) fn refusal(&self, item: &Item) -> Option<Reason> {
        let text = plain(item);
        let mut reason = None;
        for source in self.carriers(item) {
            let subject = subject(item, &text, &source.name, &source.categories);
            let own = self.categorizer.refusal(&source.identity, &subject)?;
            reason.get_or_insert(own);
        }
        reason
    }

    fn carriers<'s>(&'s self, item: &'s Item) -> impl Iterator<Item = &'s Arc<Source>> {
        item.carriers
            .iter()
            .filter_map(|carrier| self.sources.get(&carrier.source))
    }
}

/// What rules are asked about, as far as it is stored.
pub(super) fn subject<'s>(
    item: &'s Item,
    text: &'s str,
    source_name: &'s str,
    fixed: &'s [String],
) -> Subject<'s> {
    Subject {
        source_name,
        fixed,
        tags: &item.tags,
        title: &item.title,
        text,
        url: item.link.as_deref().unwrap_or_default(),
        outlet: item.origin.title.as_deref().unwrap_or_default(),
        authors: &item.authors,
        language: item.language.as_deref().unwrap_or_default(),
    }
}

/// The edit that puts an item where it belongs now; none where it is there already.
fn relabelled(stored: &StoredItem, (labels, is_filed): (Vec<Label>, bool)) -> Option<Edit> {
    let names = |labels: &[Label]| {
        labels
            .iter()
            .map(|label| label.category.clone())
            .collect::<Vec<_>>()
    };
    if names(&labels) == names(&stored.item.labels) && is_filed == stored.item.is_filed {
        return None;
    }
    let item = Item {
        labels,
        is_filed,
        ..Item::clone(&stored.item)
    };
    Some(Edit {
        number: stored.number,
        version: stored.version,
        item,
    })
}

/// All items, page by page, the newest first.
#[derive(Default)]
pub(super) struct Pages {
    before: Option<Cursor>,
    /// Lines of those so far.
    pub(super) seen: usize,
}

impl Pages {
    /// The next page; empty at the end.
    pub(super) async fn next(&mut self, store: &dyn Store) -> Result<Vec<StoredItem>, Error> {
        let lines = store.list(&Channel::River, self.before, PAGE).await?;
        let Some(last) = lines.last() else {
            return Ok(Vec::new());
        };
        self.before = Some(last.cursor());
        self.seen += lines.len();
        let numbers: Vec<_> = lines.iter().map(|line| line.number).collect();
        Ok(store.items(&numbers).await?.into_iter().flatten().collect())
    }
}

/// The admin's or the source's word, no guess.
pub(super) fn is_sure(label: &Label) -> bool {
    label.confidence >= 1.0
}

/// Its text without markup.
pub(super) fn plain(item: &Item) -> String {
    let markup = item.content.as_deref().or(item.summary.as_deref());
    markup.map(html::plain).unwrap_or_default()
}
