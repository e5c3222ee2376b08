//! The configuration in force with all that is built from it: made whole beside the old one, then swapped.

use super::super::learning::{Learned, Model};
use super::super::moved;
use super::super::sorting::Sorter;
use super::Network;
use crate::categorize::Categorizer;
use crate::clock::Clock;
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::model::{Source, SourceId};
use crate::poll::{Desks, Poller, Recall};
use crate::publish::View;
use crate::store::{self, Registered, SourceClaim, Store};
use anyhow::Context;
use arc_swap::ArcSwapOption;
use std::collections::HashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The configuration in force with all that is built from it: swapped whole at a reload.
pub struct Setup {
    /// As checked.
    pub config: Config,
    /// The sources with the numbers and names the store gave them.
    pub sources: Vec<Arc<Source>>,
    by_id: HashMap<SourceId, Arc<Source>>,
    pub(super) poller: Poller,
}

/// The names of a configuration's categories.
pub(in crate::daemon) fn names(config: &Config) -> Vec<String> {
    let categories = config.categories.iter();
    categories.map(|own| own.category.name.clone()).collect()
}

/// What the categories of old names (`aliases`) are called now.
pub(in crate::daemon) fn renamed(config: &Config) -> HashMap<String, String> {
    let aliases = config.categories.iter().flat_map(|own| {
        let now = &own.category.name;
        own.category
            .aliases
            .iter()
            .map(|alias| (alias.clone(), now.clone()))
    });
    aliases.collect()
}

/// What a configuration sorts items by, with what is learned now or later.
pub(in crate::daemon) fn categorizer(config: &Config, model: Arc<ArcSwapOption<Model>>) -> Categorizer {
    let categorizer =
        Categorizer::new(&config.categories).with_filters(&config.filter, &config.source_filters);
    if config.categorize.learned {
        categorizer.with_learned(model, config.categorize.floor)
    } else {
        categorizer
    }
}

/// A setup takes hosts' turns and rests, and the memory of bodies under way, over from the one before, where their
/// bounds are the same.
fn shares_fetching(config: &Config, before: &Config) -> bool {
    let bounds = |config: &Config| {
        let fetch = &config.fetch;
        (
            fetch.concurrency,
            fetch.per_host,
            fetch.memory_bytes,
            fetch.max_body_bytes,
        )
    };
    bounds(config) == bounds(before)
}

impl Setup {
    /// A poll at this host would get its turn at once.
    pub(in crate::daemon) fn is_free(&self, host: &str) -> bool {
        self.poller.fetcher.is_free(host)
    }

    /// The active source of this number.
    pub fn source(&self, id: SourceId) -> Option<&Arc<Source>> {
        self.by_id.get(&id)
    }

    /// What sorts items into categories.
    pub fn categorizer(&self) -> &Categorizer {
        &self.poller.categorizer
    }

    /// The names of the categories.
    pub fn names(&self) -> Vec<String> {
        names(&self.config)
    }

    /// By what items are sorted.
    pub(in crate::daemon) fn sorter(&self) -> Sorter {
        Sorter {
            categorizer: Arc::clone(&self.poller.categorizer),
            names: self.names(),
            renamed: renamed(&self.config),
            sources: self.by_id.clone(),
        }
    }

    /// A digest of all that sorts items into categories: another one may put them elsewhere.
    pub(in crate::daemon) fn sorting(&self) -> u64 {
        let categories: Vec<_> = (self.config.categories.iter())
            .map(|config| {
                (
                    &config.category.name,
                    &config.category.aliases,
                    &config.rule,
                    &config.sections,
                    &config.filter,
                )
            })
            .collect();
        let sources: Vec<_> = (self.sources.iter())
            .map(|source| (source.id, &source.name, &source.categories))
            .collect();
        let learning = (&self.config.categorize, &self.config.examples);
        xxh3_64(format!("{categories:?} {learning:?} {sources:?}").as_bytes())
    }

    /// The active source of this name.
    pub fn named(&self, name: &str) -> Option<&Arc<Source>> {
        self.sources.iter().find(|source| source.name == name)
    }
}

/// Makes the sources of this configuration the active ones, in its order.
pub(super) async fn register(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Registered>, store::Error> {
    let former = moved::former_identities(config, store).await?;
    let claims = config
        .sources
        .iter()
        .map(|source| SourceClaim {
            was: former.get(&source.identity).cloned(),
            identity: source.identity.clone(),
            name: source.name.clone(),
            is_written: source.identity.starts_with("name:"),
            enabled: source.enabled,
        })
        .collect();
    store.register(claims, clock.now()).await
}

pub(super) async fn build(
    config: Config,
    store: &Arc<dyn Store>,
    network: &Network,
    clock: &Arc<dyn Clock>,
    recall: &Arc<Recall>,
    learned: &Learned,
    before: Option<&Setup>,
) -> anyhow::Result<Setup> {
    let registered = register(&config, store, clock).await?;
    let sources: Vec<_> = config
        .sources
        .iter()
        .zip(registered)
        .map(|(source, registered)| {
            Arc::new(Source {
                id: registered.id,
                name: registered.name,
                ..source.clone()
            })
        })
        .collect();
    for source in sources.iter().filter(|source| source.is_insecure()) {
        tracing::warn!(
            source.name = %source.name,
            "its certificate is NOT checked (`insecure_tls`): anybody on the way can read and forge what it sends"
        );
    }
    let (transport, site) = (network(&config), Some(&config.site));
    let fetcher = match before.filter(|before| shares_fetching(&config, &before.config)) {
        Some(before) => before.poller.fetcher.over(transport, site),
        None => Fetcher::new(&config.fetch, site, transport, Arc::clone(clock)),
    };
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let desks = Desks::new(processors).context("cannot start the threads that read documents")?;
    let categorizer = categorizer(&config, Arc::clone(&learned.model));
    let poller = Poller {
        store: Arc::clone(store),
        fetcher,
        clock: Arc::clone(clock),
        categorizer: Arc::new(categorizer),
        recall: Arc::clone(recall),
        collapses_duplicates: config.publish.collapses_duplicates,
        priorities: Arc::new(
            (sources.iter().filter(|source| source.priority > 0))
                .map(|source| (source.id, source.priority))
                .collect(),
        ),
        crowd: tokio::sync::Mutex::default(),
        desks,
    };
    let by_id = sources
        .iter()
        .map(|source| (source.id, Arc::clone(source)))
        .collect();
    Ok(Setup {
        config,
        sources,
        by_id,
        poller,
    })
}

pub(super) async fn view(setup: &Setup, store: &Arc<dyn Store>) -> anyhow::Result<View> {
    let registered: Vec<Registered> = store.sources().await?;
    Ok(View::new(&setup.config, &registered))
}
