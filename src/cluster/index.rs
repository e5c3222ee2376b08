//! Which stories a term was lately said in.

use super::postings::Postings;
use super::vector::Vector;
use crate::model::{ItemNumber, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// A term of more items than this tells no stories apart: it is not looked at.
const MAX_ITEMS: usize = 400;

/// Terms by which an item is found, its heaviest.
const TERMS: usize = 32;

/// Postings looked at for one item: the rarest words name a story, and what is left tells little.
const MAX_VISITED: usize = 2_000;

/// Items looked at for each story that is asked for: several may be of one.
const ITEMS_A_STORY: usize = 4;

/// The heaviest terms of the items of the last days, and the story of each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    postings: Postings<1>,
    /// The story of each item, in the order of their arrival.
    stories: VecDeque<(ItemNumber, Timestamp)>,
    gone: u32,
    /// What speaks for each item while stories are looked for, and nothing otherwise.
    #[serde(skip)]
    votes: Vec<f32>,
}

impl Index {
    /// The stories of the items that share the heaviest terms, the likeliest first, at most so many. `current` tells
    /// what a story has become part of.
    pub(super) fn likely(
        &mut self,
        vector: &Vector,
        most: usize,
        current: impl Fn(ItemNumber) -> ItemNumber,
    ) -> Vec<ItemNumber> {
        let mut likely = self.likely_items(vector, most * ITEMS_A_STORY);
        likely.sort_unstable_by(likelier);
        let mut stories = Vec::with_capacity(most);
        for story in likely
            .iter()
            .filter_map(|&(place, _)| Some(self.stories.get(place)?.0))
        {
            let story = current(story);
            if stories.len() < most && !stories.contains(&story) {
                stories.push(story);
            }
        }
        stories
    }

    /// The places of the items that share the heaviest terms, with what speaks for each: the likeliest, in any order.
    fn likely_items(&mut self, vector: &Vector, most: usize) -> Vec<(usize, f32)> {
        self.votes.resize(self.stories.len(), 0.0);
        let (mut items, mut touched) = (Vec::new(), Vec::new());
        let mut visited = 0;
        for (term, weight) in vector.heaviest(TERMS) {
            self.postings.rare(term, MAX_ITEMS, &mut items);
            visited += items.len();
            for place in items.iter().filter_map(|item| item.checked_sub(self.gone)) {
                let place = usize::try_from(place).unwrap_or(usize::MAX);
                if let Some(votes) = self.votes.get_mut(place) {
                    if *votes == 0.0 {
                        touched.push((place, 0.0));
                    }
                    *votes += weight * weight;
                }
            }
            if visited > MAX_VISITED {
                break;
            }
        }
        for (place, sum) in &mut touched {
            if let Some(votes) = self.votes.get_mut(*place) {
                *sum = std::mem::take(votes);
            }
        }
        if touched.len() > most {
            touched.select_nth_unstable_by(most, likelier);
            touched.truncate(most);
        }
        touched
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
}

/// By what speaks for an item, then the earliest.
fn likelier(one: &(usize, f32), other: &(usize, f32)) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}
