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

/// The heaviest terms of the items of the last days, and the story of each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    postings: Postings,
    /// The story of each item, in the order of their arrival.
    stories: VecDeque<(ItemNumber, Timestamp)>,
    gone: u32,
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
        let mut votes: HashMap<ItemNumber, f32, BuildHasherDefault<Once>> = HashMap::default();
        let (mut items, mut stories) = (Vec::new(), Vec::new());
        for (term, weight) in vector.heaviest(TERMS) {
            self.postings.find(term, MAX_ITEMS, &mut items);
            if items.len() > MAX_ITEMS {
                continue;
            }
            stories.clear();
            stories.extend(items.iter().filter_map(|item| self.story(*item)).map(&current));
            stories.sort_unstable();
            stories.dedup();
            for story in &stories {
                *votes.entry(*story).or_default() += weight * weight;
            }
        }
        let mut likely: Vec<(f32, ItemNumber)> =
            votes.into_iter().map(|(story, votes)| (votes, story)).collect();
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
