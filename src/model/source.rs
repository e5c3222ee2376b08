//! What `feeds.toml` names and the daemon polls.

use super::{
    Access, Hints, ItemNumber, Outcome, Person, Quirk, Reason, Rewrite, Rhythm, Show, Timestamp, Validators,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The store's number of a source: given at first sight, never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub u32);

/// How much of an item is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ContentLevel {
    /// Everything the source gave.
    #[default]
    Full,
    /// The summary, made from the text where there is none.
    Summary,
    /// Title and link.
    Title,
}

/// What a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// Its entries are published.
    #[default]
    Feed,
    /// A hot list: its order is a vote, and it publishes nothing.
    Ranking,
}

/// A source as configured, every default filled in. Its number and name come from the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The store's number.
    pub id: SourceId,
    /// Its name: written, or made from the address and fixed at first sight.
    pub name: String,
    /// What makes it itself: `name:…` when a name is written, else `url:…`.
    pub identity: String,
    /// The configured address.
    pub url: String,
    /// What it is.
    pub kind: SourceKind,
    /// Its fixed categories.
    pub categories: Vec<String>,
    /// False: kept, shown, not polled.
    pub enabled: bool,
    /// The first guess of its pace.
    pub interval: Duration,
    /// Never asked twice within this.
    pub min_interval: Duration,
    /// The ceiling of pace and back-off.
    pub max_interval: Duration,
    /// A cron pattern of five or six fields, in `timezone`, instead of the pace.
    pub schedule: Option<String>,
    /// The zone the admin wrote for it, for dates that name none and for `schedule`; absent: the site's.
    pub timezone: Option<Tz>,
    /// The site's zone if written there: what dates without a zone fall back to when the source has none.
    pub site_timezone: Option<Tz>,
    /// The bound on one whole poll.
    pub timeout: Duration,
    /// How much of its items is published.
    pub content: ContentLevel,
    /// Whose copy of an article leads: the greatest.
    pub priority: usize,
    /// How much its publisher counts in the hot ranking.
    pub weight: u32,
    /// BCP 47, where the admin says what the source does not.
    pub language: Option<String>,
    /// Loopback and private addresses may be asked.
    pub allow_private_networks: bool,
    /// What its entries lose on the way in, where the admin says something about that.
    pub rewrite: Option<Arc<Rewrite>>,
    /// How it is asked, where the admin says something about that.
    pub access: Option<Arc<Access>>,
}

impl Source {
    /// Its order is a vote for the hot ranking, and it publishes nothing.
    pub fn is_ranking(&self) -> bool {
        self.kind == SourceKind::Ranking
    }

    /// Its certificate is not checked.
    pub fn is_insecure(&self) -> bool {
        self.access.as_ref().is_some_and(|access| access.insecure_tls)
    }
}

/// What a source's last good document said of the feed as a whole: what its entries credit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedHead {
    /// Plain text.
    pub title: Option<String>,
    /// The feed's own id.
    pub id: Option<String>,
    /// Its page.
    pub link: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Who made the feed.
    pub authors: Vec<Person>,
    /// Plain text.
    pub rights: Option<String>,
    /// Plain text.
    pub description: Option<String>,
    /// A picture.
    pub image: Option<String>,
    /// Addresses of the licences of all entries.
    pub licenses: Vec<String>,
    /// What podcast modules say of the feed.
    pub show: Option<Box<Show>>,
}

/// A permanent redirect that is not believed yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// Where it led.
    pub to: String,
    /// Polls in a row that served a feed there with an item in common.
    pub polls: u32,
}

/// All that is remembered of a source between polls. Kept in the store, written with the poll's items in one commit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// The configured address when it was last asked: what is remembered of moves and of 410 holds for this one alone.
    pub url: String,
    /// Validators of the newest answer from which every item is safe.
    pub validators: Validators,
    /// The address those validators belong to.
    pub validators_url: Option<String>,
    /// Digest of the newest body, by which the same bytes under a new ETag are known.
    pub body_digest: Option<u64>,
    /// The newest body was cut short: whoever meets it again is not to believe its validators.
    pub is_cut: bool,
    /// What the newest good document said of the feed.
    pub head: FeedHead,
    /// When it is to be asked next; the beginning of time: never asked.
    pub next_due: Timestamp,
    /// Why then, in words.
    pub next_why: String,
    /// `max-age` or `Expires` of its newest answer: fresh until then.
    pub fresh_until: Option<Timestamp>,
    /// `Retry-After`: not before this, whoever asks.
    pub not_before: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// The last gap chosen by back-off, in milliseconds: the next one grows from it.
    pub backoff_ms: u64,
    /// The last failure may pass without anybody's doing.
    pub is_temporary: bool,
    /// 410: not asked again until the admin touches it.
    pub is_gone: bool,
    /// Where it has moved for good, or where the page at the configured address says that the feed is: asked instead.
    pub moved_to: Option<String>,
    /// Where it seems to be moving.
    pub moving: Option<Moving>,
    /// When it was last asked.
    pub last_polled: Option<Timestamp>,
    /// When it last answered well (a document, 304, or the same bytes).
    pub last_success: Option<Timestamp>,
    /// When it first answered well: from then on its items are news.
    pub first_success: Option<Timestamp>,
    /// When its newest items arrived.
    pub rhythm: Rhythm,
    /// When it last brought a new item.
    pub last_new: Option<Timestamp>,
    /// Since when it has answered 304 without a break.
    pub unchanged_since: Option<Timestamp>,
    /// How the last poll ended.
    pub last_outcome: Option<Outcome>,
    /// The same in words, for `status`.
    pub last_words: String,
    /// What its newest good document says about when to ask again.
    pub hints: Hints,
    /// What was wrong in the newest document that could still be read (at most ten).
    pub quirks: Vec<Quirk>,
    /// The items its newest document lists, in document order: they do not age.
    pub listed: Vec<ItemNumber>,
    /// Items it has brought in all.
    pub items_total: u64,
}

/// An entry that a filter kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Plain text.
    pub title: String,
    /// Its page.
    pub link: Option<String>,
    /// As its source calls it.
    pub guid: Option<String>,
    /// Which rule kept it out.
    pub reason: Reason,
}

#[cfg(test)]
impl Source {
    /// A source at this address with the usual settings, for tests.
    pub(crate) fn at(url: &str) -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            id: SourceId(1),
            name: "a".into(),
            identity: "name:a".into(),
            url: url.into(),
            kind: SourceKind::Feed,
            categories: Vec::new(),
            enabled: true,
            interval: minutes(30),
            min_interval: minutes(5),
            max_interval: minutes(24 * 60),
            schedule: None,
            timezone: None,
            site_timezone: None,
            timeout: minutes(1),
            content: ContentLevel::Full,
            priority: 0,
            weight: 1,
            language: None,
            allow_private_networks: false,
            rewrite: None,
            access: None,
        }
    }
}
