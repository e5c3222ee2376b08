//! Articles that polls are about to bring, found by shared hashes.

use crate::cluster::{Article, compare};
use std::collections::{BTreeMap, HashMap};

/// The articles of each ticket, and which hash stands in which.
#[derive(Default)]
pub(super) struct Rivals {
    newest: u64,
    articles: BTreeMap<u64, Vec<Article>>,
    places: HashMap<u32, Vec<(u64, usize)>>,
}

impl Rivals {
    /// A new ticket, younger than all others.
    pub(super) fn enter(&mut self, articles: &[Article]) -> u64 {
        self.newest += 1;
        for (place, article) in articles.iter().enumerate() {
            for hash in hashes(article) {
                self.places.entry(hash).or_default().push((self.newest, place));
            }
        }
        self.articles.insert(self.newest, articles.to_vec());
        self.newest
    }

    /// One of these articles is like one of an older ticket.
    pub(super) fn has_older(&self, ticket: u64, articles: &[Article]) -> bool {
        articles.iter().any(|article| {
            let found = hashes(article)
                .filter_map(|hash| self.places.get(&hash))
                .flatten();
            let mut older: Vec<(u64, usize)> = found.copied().filter(|&(other, _)| other < ticket).collect();
            older.sort_unstable();
            older.dedup();
            older.iter().any(|(other, place)| {
                let other = self.articles.get(other).and_then(|articles| articles.get(*place));
                other.is_some_and(|other| compare(article, other, false).is_some())
            })
        })
    }

    /// The ticket is given back.
    pub(super) fn leave(&mut self, ticket: u64) {
        for article in self.articles.remove(&ticket).unwrap_or_default() {
            for hash in hashes(&article) {
                if let Some(places) = self.places.get_mut(&hash) {
                    places.retain(|&(other, _)| other != ticket);
                    if places.is_empty() {
                        self.places.remove(&hash);
                    }
                }
            }
        }
    }
}

fn hashes(article: &Article) -> impl Iterator<Item = u32> {
    article
        .text
        .sketch()
        .iter()
        .chain(article.headline.windows())
        .copied()
}
