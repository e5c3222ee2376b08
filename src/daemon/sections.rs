//! Sections that mixed sources name and `feeds.toml` does not map: each listed once in `status`, with the category that
//! its items most likely are of, so that one line of toml sorts them.
//!
//! They are looked for after each round of learning and kept in a file of the store's folder. It is no record of
//! anything: the next round makes it anew.

use super::engine::Engine;
use super::sorting::{Sorter, plain, subject};
use crate::config::CategoryConfig;
use crate::model::{Item, SourceId};
use crate::store::{Channel, StoredItem};
use crate::text::fold::fold;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;

/// The file in the store's folder.
const FILE: &str = "sections";

/// Of each mixed source so many of the newest items are looked at.
const NEWEST: usize = 300;

/// And of all of them together about so many.
const LOOKED_AT: usize = 30_000;

/// What fewer items have is a keyword rather than a section.
const FEWEST: u32 = 5;

/// So many are listed, those with the most items.
const MOST: usize = 20;

/// Where nothing is learned, they are looked for so often.
const A_DAY: Duration = Duration::from_secs(86_400);

/// A section that no category has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnknownSection {
    /// As its sources write it.
    pub section: String,
    /// The names of the sources that name it.
    pub sources: Vec<String>,
    /// Items that have it, of the newest ones.
    pub items: u32,
    /// What they most likely are of; none where nothing speaks for any.
    pub category: Option<String>,
    /// What to write into that category's table.
    pub toml: Option<String>,
}

impl UnknownSection {
    /// What it is, and what to do about it, in words.
    pub fn words(&self) -> String {
        let Self { section, items, .. } = self;
        let whose = self.sources.join(", ");
        let found = format!("{items} items of {whose} are in the section {section}, which no category has");
        match (&self.category, &self.toml) {
            (Some(category), Some(toml)) => {
                format!("{found}; most likely {category}: write {toml} under its name in [[category]]")
            }
            _ => format!("{found}; name it in `sections` of one"),
        }
    }
}

/// What is gathered of one section.
#[derive(Default)]
struct Found {
    spelling: String,
    sources: BTreeSet<String>,
    items: u32,
    votes: BTreeMap<String, f32>,
}

/// Looks for them and keeps what it found.
pub(super) async fn look(engine: &Engine) -> anyhow::Result<()> {
    let setup = engine.setup();
    let mut found: HashMap<String, Found> = HashMap::new();
    let mut seen = 0;
    let mixed = setup.sources.iter().filter(|source| source.categories.is_empty());
    for source in mixed.take_while(|_| !setup.config.categories.is_empty()) {
        if seen >= LOOKED_AT {
            break;
        }
        let page = newest(engine, source.id).await?;
        seen += page.len();
        let (sorter, name) = (setup.sorter(), source.name.clone());
        let so_far = std::mem::take(&mut found);
        let gather = move || {
            page.iter().fold(so_far, |found, stored| {
                gather(found, &sorter, &name, &stored.item)
            })
        };
        found = tokio::task::spawn_blocking(gather).await?;
    }
    let listed = listed(found, &setup.config.categories);
    let path = setup.config.store.path.join(FILE);
    std::fs::write(&path, serde_json::to_vec(&listed)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The same, unless it was done within a day.
pub(super) async fn look_daily(engine: &Engine) -> anyhow::Result<()> {
    let path = engine.setup().config.store.path.join(FILE);
    let looked = std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let age = looked.and_then(|looked| looked.elapsed().ok());
    if age.is_some_and(|age| age < A_DAY) {
        return Ok(());
    }
    look(engine).await
}

/// Those that were found last and are still unknown.
pub(super) fn known(engine: &Engine) -> Vec<UnknownSection> {
    let setup = engine.setup();
    let mut listed = read(&setup.config.store.path).unwrap_or_default();
    listed.retain(|own| !setup.categorizer().knows_section(&own.section));
    listed
}

fn read(store: &Path) -> Option<Vec<UnknownSection>> {
    serde_json::from_slice(&std::fs::read(store.join(FILE)).ok()?).ok()
}

/// The newest items that have their tags from the source: what it carries as a copy has those of another.
async fn newest(engine: &Engine, source: SourceId) -> anyhow::Result<Vec<StoredItem>> {
    let lines = engine.store.list(&Channel::Source(source), None, NEWEST).await?;
    let numbers: Vec<_> = lines.iter().map(|line| line.number).collect();
    let leads = |stored: &StoredItem| {
        let lead = stored.item.carriers.first();
        lead.is_some_and(|carrier| carrier.source == source)
    };
    let items = engine.store.items(&numbers).await?.into_iter().flatten();
    Ok(items.filter(leads).collect())
}

fn gather(
    mut found: HashMap<String, Found>,
    sorter: &Sorter,
    source: &str,
    item: &Item,
) -> HashMap<String, Found> {
    let names = item
        .tags
        .iter()
        .map(|tag| tag.label.as_deref().unwrap_or(&tag.term));
    let unknown: BTreeMap<String, &str> = names
        .filter(|name| !sorter.categorizer.knows_section(name))
        .map(|name| (fold(name), name))
        .filter(|(folded, _)| !folded.trim().is_empty())
        .collect();
    if unknown.is_empty() {
        return found;
    }
    let votes: Vec<(String, f32)> = if item.labels.is_empty() {
        let text = plain(item);
        let likeliest = sorter.categorizer.likeliest(&subject(item, &text, source, &[]));
        likeliest.into_iter().collect()
    } else {
        item.categories().map(|name| (name.to_owned(), 1.0)).collect()
    };
    for (folded, name) in unknown {
        let own = found.entry(folded).or_default();
        if own.spelling.is_empty() {
            name.clone_into(&mut own.spelling);
        }
        own.sources.insert(source.to_owned());
        own.items += 1;
        for (category, weight) in &votes {
            *own.votes.entry(category.clone()).or_default() += weight;
        }
    }
    found
}

/// Those with items enough, the most first.
fn listed(found: HashMap<String, Found>, categories: &[CategoryConfig]) -> Vec<UnknownSection> {
    let mut listed: Vec<UnknownSection> = found
        .into_values()
        .filter(|own| own.items >= FEWEST)
        .map(|own| {
            let likely = likely(&own, categories);
            UnknownSection {
                category: likely.map(|config| config.category.name.clone()),
                toml: likely.map(|config| toml(&config.sections, &own.spelling)),
                section: own.spelling,
                sources: own.sources.into_iter().collect(),
                items: own.items,
            }
        })
        .collect();
    listed.sort_by(|one, other| (other.items, &one.section).cmp(&(one.items, &other.section)));
    listed.truncate(MOST);
    listed
}

/// The category of the same name, else the one that most of its items are in or would be.
fn likely<'c>(own: &Found, categories: &'c [CategoryConfig]) -> Option<&'c CategoryConfig> {
    let folded = fold(&own.spelling);
    let is_called = |config: &&CategoryConfig| {
        fold(&config.category.name) == folded || fold(&config.category.title) == folded
    };
    let most = || {
        let mut votes: Vec<(&String, &f32)> = own.votes.iter().collect();
        votes.sort_by(|one, other| other.1.total_cmp(one.1));
        let (name, _) = *votes.first()?;
        categories.iter().find(|config| config.category.name == *name)
    };
    categories.iter().find(is_called).or_else(most)
}

/// `sections = ["Finance", "Money"]`: those that the category has, and this one.
fn toml(before: &[String], section: &str) -> String {
    let names: Vec<String> = before
        .iter()
        .map(String::as_str)
        .chain([section])
        // What JSON writes for a text is TOML too.
        .map(|name| serde_json::Value::from(name).to_string())
        .collect();
    format!("sections = [{}]", names.join(", "))
}
