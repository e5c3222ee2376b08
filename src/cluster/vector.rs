//! Terms with weights, and how alike two texts are by them.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Terms with their weights, sorted by term.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Vector(Vec<(u32, f32)>);

impl Vector {
    /// Of terms that differ, sorted.
    pub(super) fn new(terms: Vec<(u32, f32)>) -> Self {
        Self(terms)
    }

    /// The sum of the products of the weights of common terms.
    pub(super) fn dot(&self, other: &Self) -> f32 {
        let (few, many) = if self.0.len() <= other.0.len() {
            (&self.0, &other.0)
        } else {
            (&other.0, &self.0)
        };
        let mut sum = 0.0;
        let mut rest = many.iter().peekable();
        for &(term, weight) in few {
            while rest.next_if(|&&(other, _)| other < term).is_some() {}
            if let Some(&(_, other)) = rest.next_if(|&&(other, _)| other == term) {
                sum += weight * other;
            }
        }
        sum
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
            self.0.iter_mut().for_each(|(_, weight)| *weight /= norm);
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
        terms.sort_unstable_by(heavier);
        terms.truncate(most);
        terms
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
        assert_eq!(one.dot(&other), 8.0);
        assert_eq!(other.dot(&one), 8.0);
        let mut sum = one.clone();
        sum.add(&other);
        assert_eq!(sum, vector(&[(1, 1.0), (3, 5.0), (4, 9.0), (5, 4.5)]));
        sum.keep(2);
        assert_eq!(sum, vector(&[(3, 5.0), (4, 9.0)]));
        assert_eq!(one.heaviest(2), [(5, 4.0), (3, 2.0)]);
        assert!((one.unit(9).norm() - 1.0).abs() < 1e-6);
        assert_eq!(Vector::default().unit(3), Vector::default());
    }
}
