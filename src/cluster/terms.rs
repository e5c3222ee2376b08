//! What a text is about, as terms: each character and each pair of joined characters of a script without spaces, each
//! word of the others; and how common each term is.

use super::postings::Once;
use super::vector::Vector;
use crate::text::sketch::sorted_by_digest;
use crate::text::units::{Kind, Units, combine};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

/// Units of the text that are looked at: what a story is about stands at its beginning.
const MAX_UNITS: usize = 1_500;

/// A term of the title counts as so many of the text.
const IN_TITLE: f32 = 3.0;

/// Terms kept of one text.
const MAX_TERMS: usize = 150;

/// Slots of the table of how common terms are. Terms that share a slot share its count, which costs little.
const SLOTS: u32 = 1 << 19;

/// After so many texts all counts are halved, so that what was said long ago weighs less.
const MAX_TEXTS: u32 = 1 << 16;

/// The least weight of a term that is in every text.
const FLOOR: f32 = 0.35;

/// How much the second mention adds, against the first.
const AGAIN: f32 = 0.9;

/// Words that say nothing of what a text is about, in Chinese and English: a young store could not know it yet.
static COMMON: LazyLock<HashSet<u32, BuildHasherDefault<Once>>> =
    LazyLock::new(|| Units::of(include_str!("common.txt")).digests().collect());

/// The terms of an item's words with how often each is there, sorted by term.
pub(super) fn terms(title: &Units, text: &Units) -> Vec<(u32, f32)> {
    let units = (title.all.len() + text.all.len()).min(MAX_UNITS);
    let mut said: Vec<(u32, f32)> = Vec::with_capacity(units * 2);
    for (units, times) in [(title, IN_TITLE), (text, 1.0)] {
        let mut before: Option<u32> = None;
        for unit in units.all.iter().take(MAX_UNITS) {
            let is_character = unit.kind == Kind::Character;
            if COMMON.contains(&unit.digest) {
                // A pair that ends in such a character says nothing; one that begins with it may.
                before = is_character.then_some(unit.stem);
                continue;
            }
            said.push((unit.stem, times));
            if let Some(before) = before.filter(|_| is_character && unit.is_joined) {
                said.push((combine(before, unit.stem), times));
            }
            before = is_character.then_some(unit.stem);
        }
    }
    let mut said = sorted_by_digest(said, |&(term, _)| term);
    said.dedup_by(|again, first| {
        let is_same = again.0 == first.0;
        if is_same {
            first.1 += again.1;
        }
        is_same
    });
    said
}

/// How many of the texts read so far hold a term, in a table of fixed size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Frequencies {
    texts: u32,
    slots: Vec<u16>,
}

impl Default for Frequencies {
    fn default() -> Self {
        let slots = usize::try_from(SLOTS).unwrap_or_default();
        Self {
            texts: 0,
            slots: vec![0; slots],
        }
    }
}

impl Frequencies {
    /// Counts a text.
    pub(super) fn add(&mut self, terms: &[(u32, f32)]) {
        self.texts += 1;
        for (term, _) in terms {
            if let Some(count) = self.slots.get_mut(slot(*term)) {
                *count = count.saturating_add(1);
            }
        }
        if self.texts >= MAX_TEXTS {
            self.texts /= 2;
            self.slots.iter_mut().for_each(|count| *count /= 2);
        }
    }

    /// Weighs the terms of a text: what is often in it and rare elsewhere weighs most.
    pub(super) fn weigh(&self, terms: &[(u32, f32)]) -> Vector {
        let number = |count: u32| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
        let texts = 1.0 + number(self.texts);
        let weigh = |&(term, count): &(u32, f32)| {
            let with = 1.0 + f32::from(self.slots.get(slot(term)).copied().unwrap_or_default());
            let rarity = (texts / with).max(1.0).ln() + FLOOR;
            (term, (1.0 + AGAIN * count.ln()) * rarity)
        };
        Vector::new(terms.iter().map(weigh).collect()).unit(MAX_TERMS)
    }
}

fn slot(term: u32) -> usize {
    usize::try_from(term % SLOTS).unwrap_or_default()
}
