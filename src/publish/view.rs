//! What of the configuration shapes the published documents, with the numbers and names the store gave.
//!
//! A changed view makes every document anew; anything of `feeds.toml` that is not in here changes no byte.

use super::clean;
use crate::config::{Config, Hot};
use crate::model::{Category, ContentLevel, SourceId};
use crate::store::Registered;
use chrono_tz::Tz;
use std::collections::HashMap;
use std::time::Duration;
use url::Url;

/// The part of the configuration that readers can see.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// What the river is called.
    pub title: String,
    /// Where readers reach it, ending in `/`: every published address begins with it.
    pub url: Url,
    /// BCP 47: the language of pages and feeds.
    pub language: String,
    /// The zone of the times on pages; absent: UTC.
    pub timezone: Option<Tz>,
    /// The newest items in a feed.
    pub items: usize,
    /// And all that arrived within this time of the newest arrival.
    pub window: Duration,
    /// At most so many entries of one source in a feed; 0: no limit.
    pub per_source: usize,
    /// How the hot ranking is made.
    pub hot: Hot,
    /// Search engines may list the pages of stories.
    pub lists_stories: bool,
    /// The WebSub hubs that documents name.
    pub hubs: Vec<String>,
    /// The categories, in the file's order.
    pub categories: Vec<Category>,
    /// The sources, in the file's order.
    pub sources: Vec<SourceView>,
    by_id: HashMap<SourceId, usize>,
    by_name: HashMap<String, usize>,
}

/// A source as readers meet it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceView {
    /// The store's number.
    pub id: SourceId,
    /// Its name, which is its path.
    pub name: String,
    /// Its configured address, without user name, password and query values that look secret.
    pub url: String,
    /// Its order is a vote for the hot ranking, and it has no documents of its own.
    pub is_ranking: bool,
    /// Its fixed categories.
    pub categories: Vec<String>,
    /// How much of its items is published.
    pub content: ContentLevel,
    /// BCP 47, where the admin wrote it.
    pub language: Option<String>,
    /// How much its publisher counts in the hot ranking.
    pub weight: u32,
}

impl View {
    /// The view of `config`, whose sources the store knows as `registered`. A source that the store does not
    /// know is left out.
    pub fn new(config: &Config, registered: &[Registered]) -> Self {
        let by_identity: HashMap<&str, &Registered> = registered
            .iter()
            .map(|source| (source.identity.as_str(), source))
            .collect();
        let sources = config.sources.iter().filter_map(|source| {
            let registered = by_identity.get(source.identity.as_str())?;
            Some(SourceView {
                id: registered.id,
                name: registered.name.clone(),
                url: clean::without_secrets(&source.url),
                is_ranking: source.is_ranking(),
                categories: source.categories.clone(),
                content: source.content,
                language: source.language.clone(),
                weight: source.weight,
            })
        });
        let view = Self {
            title: clean::line(&config.site.title),
            url: config.site.url.clone(),
            language: clean::language(&config.site.language).unwrap_or_else(|| "en".to_owned()),
            timezone: config.site.timezone,
            items: config.publish.items,
            window: config.publish.window,
            per_source: config.publish.per_source,
            hot: config.hot,
            lists_stories: config.story.is_indexed,
            hubs: (config.websub.hubs.iter())
                .filter_map(|hub| clean::address(hub))
                .collect(),
            categories: config
                .categories
                .iter()
                .map(|category| category.category.clone())
                .collect(),
            sources: Vec::new(),
            by_id: HashMap::new(),
            by_name: HashMap::new(),
        };
        view.with_sources(sources.collect())
    }

    /// The same view with other sources.
    #[must_use]
    pub fn with_sources(mut self, sources: Vec<SourceView>) -> Self {
        let places = || sources.iter().enumerate();
        self.by_id = places().map(|(place, source)| (source.id, place)).collect();
        self.by_name = places()
            .map(|(place, source)| (source.name.clone(), place))
            .collect();
        self.sources = sources;
        self
    }

    /// The source of this number.
    pub fn source(&self, id: SourceId) -> Option<&SourceView> {
        self.sources.get(*self.by_id.get(&id)?)
    }

    /// The source of this name, if it has documents of its own.
    pub fn source_named(&self, name: &str) -> Option<&SourceView> {
        let source = self.sources.get(*self.by_name.get(name)?);
        source.filter(|source| !source.is_ranking)
    }

    /// The sources that have documents of their own, in the file's order.
    pub fn published_sources(&self) -> impl Iterator<Item = &SourceView> {
        self.sources.iter().filter(|source| !source.is_ranking)
    }

    /// The category of this name.
    pub fn category(&self, name: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.name == name)
    }

    /// The category that was once called so.
    pub fn category_once(&self, alias: &str) -> Option<&Category> {
        self.categories
            .iter()
            .find(|category| category.aliases.iter().any(|name| name == alias))
    }

    /// The path of `site.url` without its last `/`: what every path served begins with.
    pub fn prefix(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// The absolute address of a path that begins with `/`.
    pub fn address(&self, path: &str) -> String {
        let site = self.url.as_str();
        let end = site.find(['?', '#']).unwrap_or(site.len());
        let site = site.get(..end).unwrap_or(site).trim_end_matches('/');
        format!("{site}{path}")
    }
}
