//! Which stories a term was lately said in.

use super::postings::{Once, Postings};
use super::vector::Vector;
use crate::model::{ItemNumber, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

/// A term of more items than this tells no stories apart: it is not looked at.
const MAX_ITEMS: usize = 400;

/// Terms by which an item is found, its heaviest.
const TERMS: usize = 64;

/// Postings looked at for one item: the rarest words name a story, and what is left tells little.
const MAX_VISITED: usize = 4_000;

/// The heaviest terms of the items of the last days, and the story of each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    postings: Postings<1>,
    /// The story of each item, in the order of their arrival.
    stories: VecDeque<(ItemNumber, Timestamp)>,
    gone: u32,
}

/// What speaks for a story.
#[derive(Default)]
struct Votes {
    sum: f32,
    /// The term that was counted last: several items of a story that share it count once.
    last: Option<u32>,
}

impl Votes {
    fn count(&mut self, term: u32, weight: f32) {
        if self.last != Some(term) {
            self.last = Some(term);
            self.sum += weight;
        }
    }
}

impl Index {
    /// The stories that share the heaviest terms, the likeliest first, at most so many. `current` tells what a story
    /// has become part of.
    pub(super) fn likely(
        &self,
        vector: &Vector,
        most: usize,
        current: impl Fn(ItemNumber) -> ItemNumber,
    ) -> Vec<ItemNumber> {
        let mut votes: HashMap<ItemNumber, Votes, BuildHasherDefault<Once>> = HashMap::default();
        let mut items = Vec::new();
        let mut visited = 0;
        for (term, weight) in vector.heaviest(TERMS) {
            self.postings.rare(term, MAX_ITEMS, &mut items);
            for story in items.iter().filter_map(|item| self.story(*item)) {
                votes
                    .entry(current(story))
                    .or_default()
                    .count(term, weight * weight);
            }
            visited += items.len();
            if visited > MAX_VISITED {
                break;
            }
        }
        let mut likely: Vec<(f32, ItemNumber)> = votes
            .into_iter()
            .map(|(story, votes)| (votes.sum, story))
            .collect();
        let order = |one: &(f32, ItemNumber), other: &(f32, ItemNumber)| {
            other.0.total_cmp(&one.0).then(one.1.cmp(&other.1))
        };
        if likely.len() > most {
            likely.select_nth_unstable_by(most, order);
            likely.truncate(most);
        }
        likely.sort_unstable_by(order);
        likely.into_iter().map(|(_, story)| story).collect()
    }

    /// An item was placed into a story.
    pub(super) fn add(&mut self, story: ItemNumber, vector: &Vector, time: Timestamp) {
        let place = self
            .gone
            .saturating_add(u32::try_from(self.stories.len()).unwrap_or(u32::MAX));
        let terms: Vec<u32> = vector.heaviest(TERMS).into_iter().map(|(term, _)| term).collect();
        self.postings.add(place, &terms, time);
        self.stories.push_back((story, time));
    }

    /// Forgets items from before this time.
    pub(super) fn forget(&mut self, oldest: Timestamp) {
        while self
            .stories
            .pop_front_if(|&mut (_, time)| time < oldest)
            .is_some()
        {
            self.gone = self.gone.saturating_add(1);
        }
        self.postings.forget(oldest);
    }

    fn story(&self, item: u32) -> Option<ItemNumber> {
        let place = usize::try_from(item.checked_sub(self.gone)?).ok()?;
        self.stories.get(place).map(|&(story, _)| story)
    }
}
