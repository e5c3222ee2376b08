//! The configuration after checking: every default filled in, every value known to be good.

use super::terms::{Filter, MatchRule};
use crate::model::{Category, ContentLevel, Source};
use chrono_tz::Tz;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// A `feeds.toml` in which nothing is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file it came from.
    pub path: PathBuf,
    /// `[site]`.
    pub site: Site,
    /// `[server]`.
    pub server: Server,
    /// `[store]`.
    pub store: StoreConfig,
    /// `[fetch]`.
    pub fetch: Fetch,
    /// `[publish]`.
    pub publish: Publish,
    /// `[story]`.
    pub story: Story,
    /// `[hot]`.
    pub hot: Hot,
    /// `[websub]`.
    pub websub: WebSub,
    /// `[filter]`.
    pub filter: Filter,
    /// The filters of single sources, by their identity.
    pub source_filters: Vec<(String, Filter)>,
    /// `[categorize]`.
    pub categorize: Categorize,
    /// `[[example]]`, in the file's order.
    pub examples: Vec<Example>,
    /// `[[category]]`, in the file's order.
    pub categories: Vec<CategoryConfig>,
    /// `[[source]]`, in the file's order. `id` is 0 and `name` is the wanted one until the store has registered them.
    pub sources: Vec<Source>,
}

/// `[site]`: how the river presents itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// What people read.
    pub title: String,
    /// As readers reach it, ending in `/`: its path is the prefix of all routes.
    pub url: Url,
    /// BCP 47: the language of the pages.
    pub language: String,
    /// The zone of dates that name none and of times on pages; absent when not written.
    pub timezone: Option<Tz>,
    /// Who to write to.
    pub contact: Option<String>,
}

/// `[server]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// `HOST:PORT`.
    pub listen: String,
}

/// `[store]`.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreConfig {
    /// The folder, absolute or relative to the working directory (already resolved against the file).
    pub path: PathBuf,
    /// Items that no source has listed for so long leave.
    pub retention: Duration,
    /// The bound on the whole folder, in bytes.
    pub max_size_bytes: u64,
}

/// `[fetch]`: what holds for every source that does not say otherwise, and the bounds on all together.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetch {
    /// Polls under way at once.
    pub concurrency: usize,
    /// Polls under way at one host.
    pub per_host: usize,
    /// A body's bound in bytes, before and after decompression.
    pub max_body_bytes: u64,
    /// What decoded bodies in flight share, in bytes.
    pub memory_bytes: u64,
    /// The bound on one whole poll.
    pub timeout: Duration,
    /// The first guess of the pace.
    pub interval: Duration,
    /// Never asked twice within this.
    pub min_interval: Duration,
    /// The ceiling of pace and back-off.
    pub max_interval: Duration,
    /// Loopback and private addresses may be asked.
    pub allow_private_networks: bool,
    /// Sources may be files of this machine.
    pub allow_files: bool,
}

/// `[publish]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Publish {
    /// The newest items in a feed.
    pub items: usize,
    /// And all that arrived within this time, up to 500.
    pub window: Duration,
    /// At most so many of one source in a feed; 0: no limit.
    pub per_source: usize,
    /// How much of an item is published.
    pub content: ContentLevel,
    /// One entry for an article and its reprints; else one for each.
    pub collapses_duplicates: bool,
}

/// `[story]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Search engines may list the pages of stories.
    pub is_indexed: bool,
}

/// `[hot]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hot {
    /// Stories at most.
    pub items: usize,
    /// After so long a publisher's word counts half.
    pub half_life: Duration,
    /// Publishers that a story needs.
    pub publishers: usize,
    /// Stories that one source leads, at most; 0: no limit.
    pub per_source: usize,
}

/// `[websub]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebSub {
    /// The hubs that documents name.
    pub hubs: Vec<String>,
}

/// `[categorize]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Categorize {
    /// Learn, and sort by what was learned.
    pub learned: bool,
    /// From this confidence on a learned category holds.
    pub floor: f32,
    /// The admin wrote it: it holds, however many answers are wrong.
    pub is_floor_written: bool,
}

/// `[[example]]`: a line whose category is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// A declared category.
    pub category: String,
    /// As a title has it.
    pub title: String,
    /// Some of the text.
    pub text: Option<String>,
}

/// `[[category]]` with what puts items into it.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryConfig {
    /// The category itself.
    pub category: Category,
    /// `match`.
    pub rule: MatchRule,
    /// Section names of the sources' own that mean this category.
    pub sections: Vec<String>,
    /// What does not come into it.
    pub filter: Filter,
}
