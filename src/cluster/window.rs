//! What is remembered of the articles of the last three weeks, to find the one that a new article repeats.
//!
//! Memory is bounded by what is in the window: some 330 bytes an article. No text lies here: candidates are named by
//! number, and whoever asks brings their texts for the exact check.

use super::article::{Article, MIN_SHINGLES};
use super::marks::Marks;
use super::postings::Postings;
use super::reprint::{self, Rung, TITLE_REACH, apart};
use crate::model::{ItemNumber, Timestamp};
use crate::text::sketch::SKETCH;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// How long an article is remembered.
pub const WINDOW: Duration = Duration::from_secs(21 * 86_400);

/// A hash that so many articles share is boilerplate.
const MAX_POSTINGS: usize = 40;

/// So many candidates are checked by their texts.
const MAX_CANDIDATES: usize = 5;

/// Of those that no more than one hash speaks for, so many: nearly all of them share a phrase and no more.
const MAX_BY_ONE_HASH: usize = 2;

/// A title that came again after so long is that of a column, or of a daily report.
const ANOTHER_DAY: Duration = Duration::from_secs(18 * 3600);

/// What is known of the articles of the window.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Window {
    rows: VecDeque<Row>,
    /// How many rows have left: the place of the first that is still there.
    gone: u32,
    /// Sketches of texts, and whole titles.
    texts: Postings<7>,
    titles: Postings<7>,
    /// Stretches of titles; only those of the last day and a half are asked for.
    headlines: Postings<1>,
    /// How many hashes speak for each row while candidates are looked for, and nothing otherwise.
    #[serde(skip)]
    votes: Vec<u8>,
    /// What the newest are known by not to be copies, since the start.
    #[serde(skip)]
    marks: Marks,
}

/// Places of rows, and how many hashes speak for each.
type Votes = Vec<(u32, u8)>;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Row {
    number: ItemNumber,
    time: Timestamp,
    arrived: Timestamp,
    /// How many stretches its title has.
    windows: u8,
    /// How many shingles its text has, up to the greatest number there is room for.
    shingles: u16,
}

/// What a new article may repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// The likeliest first.
    pub likely: Vec<ItemNumber>,
    /// The very title came on another day too: it says nothing by itself.
    pub is_daily: bool,
}

/// What a new article was found to repeat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Copy {
    /// The article.
    pub of: ItemNumber,
    /// How they are one.
    pub rung: Rung,
}

impl Window {
    /// The articles that this one, arriving now, may repeat, by shared hashes.
    pub fn candidates(&mut self, article: &Article, now: Timestamp) -> Candidates {
        let oldest = now.minus(WINDOW);
        let titles = self.like_titles(article);
        let mut found = Vec::new();
        let mut votes = Votes::default();
        for hash in article.text.sketch() {
            self.texts.rare(*hash, MAX_POSTINGS, &mut found);
            self.vote(&found, &mut votes);
        }
        self.count(&mut votes);
        votes.retain(|&(place, votes)| {
            self.row(place).is_some_and(|row| {
                row.arrived >= oldest
                    && (votes >= votes_owed(article.text.len(), usize::from(row.shingles))
                        || titles.iter().any(|&(titled, _)| titled == place))
            })
        });
        let by_one_hash = votes.iter().filter(|&&(_, votes)| votes == 1).count();
        let by_text = (votes.len() - by_one_hash + MAX_BY_ONE_HASH).min(MAX_CANDIDATES);
        let by_text = ranked(votes).into_iter().take(by_text);
        let by_title = self.by_title(article, titles);
        let mut likely: Vec<ItemNumber> = Vec::new();
        for place in by_text.chain(by_title.into_iter().take(MAX_CANDIDATES)) {
            if let Some(row) = self.row(place)
                && !likely.contains(&row.number)
                && self.marks.may_be_one(article, self.followed_by(place))
            {
                likely.push(row.number);
            }
        }
        Candidates {
            likely,
            is_daily: self.is_daily(article),
        }
    }

    /// The articles of the last day and a half whose titles may agree, and how many stretches they share.
    fn like_titles(&mut self, article: &Article) -> Votes {
        let own = article.headline.windows();
        let mut votes = Votes::default();
        let mut found = Vec::new();
        for hash in own {
            self.headlines.newest(*hash, MAX_POSTINGS, &mut found);
            self.vote(&found, &mut votes);
        }
        self.count(&mut votes);
        votes.retain(|&(place, votes)| {
            self.row(place).is_some_and(|row| {
                let few = usize::from(row.windows).min(own.len());
                usize::from(votes) * 2 >= few && apart(row.time, article.time) <= TITLE_REACH
            })
        });
        votes
    }

    /// A hash speaks for the rows at these places.
    fn vote(&mut self, found: &[u32], votes: &mut Votes) {
        self.votes.resize(self.rows.len(), 0);
        for &place in found {
            let row = usize::try_from(place.wrapping_sub(self.gone)).unwrap_or(usize::MAX);
            if let Some(count) = self.votes.get_mut(row) {
                if *count == 0 {
                    votes.push((place, 0));
                }
                *count = count.saturating_add(1);
            }
        }
    }

    /// All have spoken.
    fn count(&mut self, votes: &mut Votes) {
        for (place, votes) in votes {
            let row = usize::try_from(place.wrapping_sub(self.gone)).unwrap_or(usize::MAX);
            *votes = self.votes.get_mut(row).map(std::mem::take).unwrap_or_default();
        }
    }

    /// Those of them where this or the other has no text.
    fn by_title(&self, article: &Article, mut titles: Votes) -> Vec<u32> {
        if article.has_text() {
            titles.retain(|&(place, _)| {
                self.row(place)
                    .is_some_and(|row| usize::from(row.shingles) < MIN_SHINGLES)
            });
        }
        ranked(titles)
    }

    fn is_daily(&self, article: &Article) -> bool {
        let mut found = Vec::new();
        self.titles.newest(whole_title(article), MAX_POSTINGS, &mut found);
        let times = || {
            found
                .iter()
                .filter_map(|place| self.row(*place))
                .map(|row| row.time)
        };
        let is_of_two_days = match (times().min(), times().max()) {
            (Some(first), Some(last)) => last.since(first) > ANOTHER_DAY,
            _ => false,
        };
        is_of_two_days || times().any(|time| apart(time, article.time) > TITLE_REACH)
    }

    /// Remembers an article that repeats none. `arrived` never goes back.
    pub fn add(&mut self, article: &Article, arrived: Timestamp) {
        self.forget(arrived);
        let place = self
            .gone
            .saturating_add(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        let windows = article.headline.windows();
        self.rows.push_back(Row {
            number: article.number,
            time: article.time,
            arrived,
            windows: u8::try_from(windows.len()).unwrap_or(u8::MAX),
            shingles: u16::try_from(article.text.len()).unwrap_or(u16::MAX),
        });
        self.marks.add(article, self.rows.len());
        self.texts.add(place, article.text.sketch(), arrived);
        if !article.headline.is_empty() {
            self.titles.add(place, &[whole_title(article)], arrived);
            self.headlines.add(place, windows, arrived);
        }
    }

    /// These have other texts from now on: they are found as they came, and compared as they are.
    pub fn reworded(&mut self, numbers: &[ItemNumber]) {
        let newest = self.rows.iter().rev().enumerate().take(self.marks.len());
        let theirs = newest.filter(|(_, row)| numbers.contains(&row.number));
        self.marks.take_off(theirs.map(|(followed_by, _)| followed_by));
    }

    /// How many articles are remembered.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// None is remembered.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows have come after this one.
    fn followed_by(&self, place: u32) -> usize {
        let row = usize::try_from(place.wrapping_sub(self.gone)).unwrap_or_default();
        self.rows.len().saturating_sub(row + 1)
    }

    fn row(&self, place: u32) -> Option<&Row> {
        self.rows
            .get(usize::try_from(place.checked_sub(self.gone)?).ok()?)
    }

    fn forget(&mut self, now: Timestamp) {
        let oldest = now.minus(WINDOW);
        while self.rows.pop_front_if(|row| row.arrived < oldest).is_some() {
            self.gone = self.gone.saturating_add(1);
        }
        self.texts.forget(oldest);
        self.titles.forget(oldest);
        self.headlines.forget(now.minus(TITLE_REACH));
    }
}

/// What the article repeats, among the candidates whose texts were brought.
pub fn decide<'a>(
    article: &Article,
    candidates: &Candidates,
    texts: impl Iterator<Item = &'a Article>,
) -> Option<Copy> {
    let mut best: Option<Copy> = None;
    for other in texts {
        if let Some(rung) = reprint::compare(article, other, candidates.is_daily) {
            let is_better = best.is_none_or(|best| rung.weight() > best.rung.weight());
            if is_better {
                best = Some(Copy {
                    of: other.number,
                    rung,
                });
            }
        }
    }
    best
}

/// How many hashes the sketches of two texts of so many shingles share at the least, when they are one article by
/// their texts alone. A hash of both is in both sketches when it is small enough for that of the longer text. Sketches
/// are samples: what is asked for is so much less than what is expected that one in a hundred, at the very bound, is missed.
fn votes_owed(one: usize, other: usize) -> u8 {
    let (few, many) = (one.min(other), one.max(other).max(SKETCH));
    // Of what the shorter text has, three fifths are in both.
    match few * SKETCH * 3 / (many * 5) {
        0..6 => 1,
        6..12 => 2,
        _ => 3,
    }
}

/// Places by votes, then the earliest.
fn ranked(mut votes: Votes) -> Vec<u32> {
    votes.sort_unstable_by_key(|&(place, votes)| (Reverse(votes), place));
    votes.into_iter().map(|(place, _)| place).collect()
}

fn whole_title(article: &Article) -> u32 {
    let digest = xxh3_64(article.headline.letters().as_bytes());
    u32::try_from(digest >> 32).unwrap_or_default()
}
