//! Articles that polls are about to bring, found by shared hashes.

use crate::cluster::{Article, compare};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The articles of each ticket.
#[derive(Default)]
pub(super) struct Rivals {
    newest: u64,
    tickets: BTreeMap<u64, Arc<Entered>>,
}

/// What one ticket is about to bring.
pub(super) struct Entered {
    articles: Arc<[Article]>,
    /// Which hash stands in the article of which place, sorted.
    hashes: Vec<(u32, usize)>,
}

impl Entered {
    pub(super) fn new(articles: Arc<[Article]>) -> Self {
        let with_place = |(place, article)| hashes(article).map(move |hash| (hash, place));
        let mut hashes: Vec<(u32, usize)> = articles.iter().enumerate().flat_map(with_place).collect();
        hashes.sort_unstable();
        Self { articles, hashes }
    }

    /// One of these articles is like one of the other's.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let mut pairs = Vec::new();
        let (mut own, mut others) = (self.hashes.as_slice(), other.hashes.as_slice());
        while let (Some((hash, place)), Some((other_hash, _))) = (own.first(), others.first()) {
            match hash.cmp(other_hash) {
                Ordering::Less => own = own.get(1..).unwrap_or_default(),
                Ordering::Greater => others = others.get(1..).unwrap_or_default(),
                Ordering::Equal => {
                    let same = others.iter().take_while(|(other, _)| other == hash);
                    pairs.extend(same.map(|(_, other)| (*place, *other)));
                    own = own.get(1..).unwrap_or_default();
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs.iter().any(|&(place, other_place)| {
            match (self.articles.get(place), other.articles.get(other_place)) {
                (Some(article), Some(other)) => compare(article, other, false).is_some(),
                _ => false,
            }
        })
    }
}

impl Rivals {
    /// A new ticket, younger than all others.
    pub(super) fn enter(&mut self, entered: Arc<Entered>) -> u64 {
        self.newest += 1;
        self.tickets.insert(self.newest, entered);
        self.newest
    }

    /// What a ticket is about to bring, and what those with older ones are; none when it is the oldest.
    pub(super) fn older(&self, ticket: u64) -> Option<(Arc<Entered>, Vec<Arc<Entered>>)> {
        let own = self.tickets.get(&ticket)?;
        let older: Vec<_> = self
            .tickets
            .range(..ticket)
            .map(|(_, entered)| Arc::clone(entered))
            .collect();
        (!older.is_empty()).then(|| (Arc::clone(own), older))
    }

    /// The ticket is given back.
    pub(super) fn leave(&mut self, ticket: u64) {
        self.tickets.remove(&ticket);
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
