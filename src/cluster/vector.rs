//! Terms with weights, and how alike two texts are by them.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Weights are whole numbers of such parts, so that sums of them are exact and few bytes hold one.
pub(super) const PARTS: f32 = 32_768.0;

/// Terms with their weights, sorted by term.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub(super) struct Vector(Vec<(u32, f32)>);

/// As it is kept: of each term how far it lies from the one before, and the parts of its weight.
#[derive(Serialize, Deserialize)]
struct Packed(Vec<(u32, u32)>);

impl From<Vector> for Packed {
    fn from(vector: Vector) -> Self {
        let mut before = 0;
        let pack = |(term, weight): (u32, f32)| {
            let step = term.wrapping_sub(before);
            before = term;
            // Never below nought, and far from what is too much.
            (step, (weight * PARTS).round() as u32)
        };
        Self(vector.0.into_iter().map(pack).collect())
    }
}

impl From<Packed> for Vector {
    fn from(packed: Packed) -> Self {
        let mut term = 0_u32;
        let unpack = |(step, parts): (u32, u32)| {
            term = term.wrapping_add(step);
            (term, parts as f32 / PARTS)
        };
        Self(packed.0.into_iter().map(unpack).collect())
    }
}

impl Vector {
    /// Of terms that differ, sorted.
    pub(super) fn new(terms: Vec<(u32, f32)>) -> Self {
        Self(terms)
    }

    /// Its terms with their weights, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, f32)> {
        self.0.iter().copied()
    }

    /// Its length.
    pub(super) fn norm(&self) -> f32 {
        self.0
            .iter()
            .map(|(_, weight)| weight * weight)
            .sum::<f32>()
            .sqrt()
    }

    /// Of length 1, made of its heaviest terms.
    pub(super) fn unit(mut self, most: usize) -> Self {
        self.keep(most);
        let norm = self.norm();
        if norm > 0.0 {
            let round = |weight: f32| (weight / norm * PARTS).round() / PARTS;
            self.0.iter_mut().for_each(|(_, weight)| *weight = round(*weight));
        }
        self
    }

    /// Drops the lightest terms beyond so many.
    pub(super) fn keep(&mut self, most: usize) {
        if self.0.len() > most {
            self.0.select_nth_unstable_by(most, heavier);
            self.0.truncate(most);
            self.0.shrink_to_fit();
            self.0.sort_unstable_by_key(|&(term, _)| term);
        }
    }

    /// Adds another's weights.
    pub(super) fn add(&mut self, other: &Self) {
        let mut sum = Vec::with_capacity(self.0.len() + other.0.len());
        let mut rest = other.0.iter().copied().peekable();
        for &(term, weight) in &self.0 {
            while let Some(before) = rest.next_if(|&(other, _)| other < term) {
                sum.push(before);
            }
            let same = rest.next_if(|&(other, _)| other == term);
            sum.push((term, weight + same.map_or(0.0, |(_, weight)| weight)));
        }
        sum.extend(rest);
        self.0 = sum;
    }

    /// Its heaviest terms with their weights, the heaviest first.
    pub(super) fn heaviest(&self, most: usize) -> Vec<(u32, f32)> {
        let mut terms = self.0.clone();
        if terms.len() > most {
            terms.select_nth_unstable_by(most, heavier);
            terms.truncate(most);
        }
        terms.sort_unstable_by(heavier);
        terms
    }
}

/// Slots of a [`Lookup`]: many more than a text or a story has terms.
const SLOTS: usize = 2048;

/// A vector laid out for being multiplied with many others.
pub(super) struct Lookup {
    slots: Vec<(u32, f32)>,
}

impl Lookup {
    /// Terms beyond half the slots are left out: those of a text or a story are fewer.
    pub(super) fn new(vector: &Vector) -> Self {
        let mut lookup = Self {
            slots: vec![(0, 0.0); SLOTS],
        };
        let terms = vector.0.iter().filter(|(_, weight)| *weight != 0.0);
        for &(term, weight) in terms.take(SLOTS / 2) {
            let place = lookup.place(term);
            if let Some(slot) = lookup.slots.get_mut(place) {
                *slot = (term, weight);
            }
        }
        lookup
    }

    /// The sum of the products of the weights of common terms.
    pub(super) fn dot(&self, other: &Vector) -> f32 {
        self.sum(other.iter())
    }

    /// The same with the terms of another and their weights.
    pub(super) fn sum(&self, other: impl Iterator<Item = (u32, f32)>) -> f32 {
        let with = |(term, weight): (u32, f32)| {
            let slot = self.slots.get(self.place(term));
            slot.map_or(0.0, |&(_, own)| own * weight)
        };
        other.map(with).sum()
    }

    /// Where the term stands, or would.
    fn place(&self, term: u32) -> usize {
        let mut place = usize::try_from(term).unwrap_or_default() % SLOTS;
        while let Some(&(other, weight)) = self.slots.get(place)
            && weight != 0.0
            && other != term
        {
            place = (place + 1) % SLOTS;
        }
        place
    }
}

fn heavier(one: &(u32, f32), other: &(u32, f32)) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(terms: &[(u32, f32)]) -> Vector {
        Vector::new(terms.to_vec())
    }

    #[test]
    fn products_sums_and_cuts_go_by_term() {
        let (one, other) = (
            vector(&[(1, 1.0), (3, 2.0), (5, 4.0)]),
            vector(&[(3, 3.0), (4, 9.0), (5, 0.5)]),
        );
        assert_eq!(Lookup::new(&one).dot(&other), 8.0);
        assert_eq!(Lookup::new(&other).dot(&one), 8.0);
        // Terms that want one slot.
        let crowded = vector(&[(7, 1.0), (2055, 2.0), (4103, 4.0)]);
        assert_eq!(
            Lookup::new(&crowded).dot(&vector(&[(2055, 3.0), (4103, 1.0), (6151, 9.0)])),
            10.0
        );
        let mut sum = one.clone();
        sum.add(&other);
        assert_eq!(sum, vector(&[(1, 1.0), (3, 5.0), (4, 9.0), (5, 4.5)]));
        sum.keep(2);
        assert_eq!(sum, vector(&[(3, 5.0), (4, 9.0)]));
        assert_eq!(one.heaviest(2), [(5, 4.0), (3, 2.0)]);
        let unit = one.unit(9);
        assert!((unit.norm() - 1.0).abs() < 1e-4);
        // What is kept is what was, to the last bit.
        for kept in [unit, other] {
            assert_eq!(Vector::from(Packed::from(kept.clone())), kept);
        }
        assert_eq!(Vector::default().unit(3), Vector::default());
    }
}
