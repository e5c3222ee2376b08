//! What a `feeds.toml` would change among the stored items, without changing any: for `newsriver check --against store`.
//!
//! Each item is sorted as it would be after a reload, also by what would be learned then, and beside what it is now.
//! Filters only keep out what comes; a stored item that they would not let in any more is told all the same.

use super::engine::{Engine, authority, categorizer, names, renamed};
use super::filed::Filings;
use super::learning::{self, Learned};
use super::moved;
use super::sorting::{Pages, Sorter};
use crate::categorize::Subject;
use crate::config::{self, Config};
use crate::model::{Item, Label, Source, SourceId, Timestamp};
use crate::poll::dropped;
use crate::store::{self, Store, StoredItem};
use anyhow::Context;
use arc_swap::ArcSwapOption;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Differences that wait for whoever takes them.
pub const WAITING: usize = 64;

/// What would become of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Into other categories.
    Moved,
    /// Into categories, from none.
    Added,
    /// Out of all categories.
    Removed,
    /// A filter would not let it in any more.
    Dropped,
    /// A filter would let it in, which keeps it out now.
    LetIn,
}

/// One line of the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What would become of it.
    pub fate: Fate,
    /// Plain text.
    pub title: String,
    /// Its page.
    pub link: Option<String>,
    /// Its categories now.
    pub from: Vec<String>,
    /// Its categories then.
    pub to: Vec<String>,
    /// What says so; empty where nothing does any more.
    pub why: String,
}

/// Compares for a command that finds no daemon: opens the store, under its lock.
pub async fn compare_alone(
    config: &Config,
    now: Timestamp,
    found: mpsc::Sender<Difference>,
) -> anyhow::Result<()> {
    let path = &config.store.path;
    anyhow::ensure!(
        path.is_dir(),
        "there is no store at {} to compare with; `newsriver run` makes it",
        path.display()
    );
    let options = store::Options::new(path, authority(config), now);
    let store = tokio::task::spawn_blocking(move || store::open(options)).await??;
    let learned = Learned::default();
    learned.take_up(path, &names(config));
    let compared = compare(&store, config, &learned, None, found).await;
    store.close().await?;
    compared
}

/// Compares for a daemon: by the text of a file, against the one in force.
pub(super) async fn compare_text(
    engine: &Engine,
    path: &Path,
    text: &str,
    found: mpsc::Sender<Difference>,
) -> anyhow::Result<()> {
    let (config, _) = config::check_text(path, text).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let in_force = engine.setup().sorter();
    compare(&engine.store, &config, &engine.learned, Some(&in_force), found).await
}

/// Goes through all items, and no faster than the differences are taken, so that a page of them is all that is held;
/// nobody takes them any more: that is the end of it. What `in_force` would not let in either is no difference.
async fn compare(
    store: &Arc<dyn Store>,
    config: &Config,
    learned: &Learned,
    in_force: Option<&Sorter>,
    found: mpsc::Sender<Difference>,
) -> anyhow::Result<()> {
    let words = || Filings::read(&**store);
    let sources = sources(config, store).await?;
    let sorter = |model: Option<Arc<_>>| Sorter {
        categorizer: Arc::new(categorizer(config, Arc::new(ArcSwapOption::new(model)))),
        names: names(config),
        renamed: renamed(config),
        sources: sources.clone(),
    };
    let unlearned = Arc::new((sorter(None), words().await?));
    let model = learning::foreseen(&**store, config, learned, unlearned).await?;
    let (sorter, words) = (sorter(model), words().await?);
    let mut pages = Pages::default();
    loop {
        let page = pages.next(&**store).await?;
        if page.is_empty() {
            break;
        }
        // A page takes some tens of milliseconds.
        let differences: Vec<Difference> = page
            .iter()
            .filter_map(|stored| difference(&sorter, &words, in_force, stored))
            .collect();
        for difference in differences {
            if found.send(difference).await.is_err() {
                return Ok(());
            }
        }
        tokio::task::yield_now().await;
    }
    for (id, source) in &sorter.sources {
        for entry in dropped(&**store, *id).await? {
            let subject = Subject {
                source_name: &source.name,
                fixed: &source.categories,
                title: &entry.title,
                url: entry.link.as_deref().unwrap_or_default(),
                ..Subject::default()
            };
            if sorter.categorizer.refusal(&source.identity, &subject).is_none() {
                let labels = sorter.categorizer.labels(&subject);
                let difference = Difference {
                    fate: Fate::LetIn,
                    title: entry.title.clone(),
                    link: entry.link.clone(),
                    from: Vec::new(),
                    to: in_names(&labels),
                    why: format!("now {}", entry.reason),
                };
                if found.send(difference).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn difference(
    sorter: &Sorter,
    words: &Filings,
    in_force: Option<&Sorter>,
    stored: &StoredItem,
) -> Option<Difference> {
    let item = &stored.item;
    let told = |fate, to: &[Label], why: String| Difference {
        fate,
        title: item.title.clone(),
        link: item.link.clone(),
        from: in_names(&item.labels),
        to: in_names(to),
        why,
    };
    let is_new = |item: &Item| in_force.is_none_or(|before| before.refusal(item).is_none());
    if let Some(reason) = sorter.refusal(item).filter(|_| is_new(item)) {
        return Some(told(Fate::Dropped, &[], reason.0));
    }
    let (labels, _) = sorter.labels(words, stored);
    if in_names(&labels) == in_names(&item.labels) {
        return None;
    }
    let fate = match (item.labels.is_empty(), labels.is_empty()) {
        (true, _) => Fate::Added,
        (false, true) => Fate::Removed,
        (false, false) => Fate::Moved,
    };
    let is_kept = |label: &&Label| item.labels.iter().any(|known| known.category == label.category);
    let why: Vec<&str> = labels
        .iter()
        .filter(|label| !is_kept(label))
        .map(|label| label.reason.as_str())
        .collect();
    Some(told(fate, &labels, why.join("; ")))
}

fn in_names(labels: &[Label]) -> Vec<String> {
    labels.iter().map(|label| label.category.clone()).collect()
}

/// The configuration's sources that the store knows, by their numbers there.
async fn sources(config: &Config, store: &Arc<dyn Store>) -> anyhow::Result<HashMap<SourceId, Arc<Source>>> {
    let former = moved::former_identities(config, store).await?;
    let registered = store.sources().await.context("cannot read the sources")?;
    let known: HashMap<&str, _> = registered
        .iter()
        .map(|known| (known.identity.as_str(), known))
        .collect();
    let found = config.sources.iter().filter_map(|source| {
        let own = known.get(source.identity.as_str());
        let known = own.or_else(|| known.get(former.get(&source.identity)?.as_str()))?;
        let source = Source {
            id: known.id,
            name: known.name.clone(),
            ..source.clone()
        };
        Some((known.id, Arc::new(source)))
    });
    Ok(found.collect())
}
